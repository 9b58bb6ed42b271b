"""Dates and times in a pattern of Java's `DateTimeFormatter`, as custom properties have them: is a text one? Pure.

Understood are the letters that the contract allows for each property type, text in single quotes, and anything that is
neither a letter nor one of `[]{}#`. Names of months and days are English. Each letter stands in one place only, so that
matching a text takes a bounded time.
"""

from __future__ import annotations

import calendar
import datetime as dt
import functools
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

DATE = frozenset("yMdEDWw")
TIME = frozenset("HhmsaS")
DATE_TIME = DATE | TIME | frozenset("XZ")

LONGEST_PATTERN = 100
_LONGEST_TEXT = 200
_PART = re.compile(r"([A-Za-z])\1*|'((?:[^']|'')*)'|([^A-Za-z'\[\]{}#])")
_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_SHORT_DAYS = "|".join(name[:3] for name in _DAYS)
# runs of letters that stand for words and offsets, as regular expressions
_WORDS = {
    "MMM": "|".join(name[:3] for name in _MONTHS),
    "MMMM": "|".join(_MONTHS),
    "E": _SHORT_DAYS,
    "EE": _SHORT_DAYS,
    "EEE": _SHORT_DAYS,
    "EEEE": "|".join(_DAYS),
    "a": "AM|PM",
    "X": r"Z|[+-]\d\d(?:\d\d)?",
    "XX": r"Z|[+-]\d{4}",
    "XXX": r"Z|[+-]\d\d:\d\d",
    "Z": r"[+-]\d{4}",
    "ZZ": r"[+-]\d{4}",
    "ZZZ": r"[+-]\d{4}",
    "ZZZZZ": r"Z|[+-]\d\d:\d\d",
}
# letter → how many digits at most, and the lowest and highest number
_NUMBERS = {
    "M": (2, 1, 12),
    "d": (2, 1, 31),
    "D": (3, 1, 366),
    "w": (2, 1, 53),
    "W": (1, 0, 6),
    "H": (2, 0, 23),
    "h": (2, 1, 12),
    "m": (2, 0, 59),
    "s": (2, 0, 59),
}
_LONGEST_YEAR = _LONGEST_FRACTION = 9


def is_pattern(pattern: str, letters: frozenset[str]) -> bool:
    """Whether it is a pattern whose letters, outside quotes, are all among these and at least one of which it has."""
    try:
        known = _compiled(pattern).groupindex
    except ValueError:
        return False
    return bool(known) and all(group[0] in letters for group in known)


def matches(pattern: str, text: str) -> bool:
    """Whether a text is a date or time in this pattern, and one that there is."""
    found = _compiled(pattern).fullmatch(text) if len(text) <= _LONGEST_TEXT else None
    if found is None:
        return False
    parts = {group[0]: value for group, value in found.groupdict().items()}
    numbers = {letter: int(value) for letter, value in parts.items() if letter in "yMdDwWHhms" and value.isdecimal()}
    if any(not low <= numbers[letter] <= high for letter, (_, low, high) in _NUMBERS.items() if letter in numbers):
        return False
    if "M" in parts and "M" not in numbers:
        numbers["M"] = next(n for n, name in enumerate(_MONTHS, 1) if name.startswith(parts["M"]))
    return _is_there(pattern, numbers, parts.get("E"))


def _is_there(pattern: str, numbers: dict[str, int], weekday: str | None) -> bool:
    """Whether a day, as far as it is given, is in the calendar and falls on the day of the week that is given."""
    year = numbers.get("y")
    if year is not None and re.search("(?<!y)yy(?!y)", pattern):
        year += 2000
    month, day = numbers.get("M", 1), numbers.get("d", 1)
    if year is None:
        year, weekday = 2000, None  # a leap year: the 29th of February of some year is a day
    if not dt.MINYEAR <= year <= dt.MAXYEAR:
        return False
    if numbers.get("D", 1) > 365 + calendar.isleap(year) or day > calendar.monthrange(year, month)[1]:
        return False
    if weekday is None or "M" not in numbers or "d" not in numbers:
        return True
    return _DAYS[dt.date(year, month, day).weekday()].startswith(weekday)


@functools.lru_cache(maxsize=128)
def _compiled(pattern: str) -> re.Pattern[str]:
    """The pattern as a regular expression with a group for each letter; what is no pattern is a ValueError."""
    if not 1 <= len(pattern) <= LONGEST_PATTERN:
        raise ValueError
    return re.compile("".join(_expressions(pattern)), re.ASCII)


def _expressions(pattern: str) -> Iterator[str]:
    place, seen = 0, set[str]()
    while place < len(pattern):
        part = _PART.match(pattern, place)
        if part is None:
            raise ValueError
        place = part.end()
        letter, quoted, literal = part.groups()
        if letter is None:
            yield re.escape(literal if quoted is None else quoted.replace("''", "'") or "'")
            continue
        if letter in seen:
            raise ValueError
        seen.add(letter)
        yield f"(?P<{letter}>{_expression(letter, part[0])})"


def _expression(letter: str, run: str) -> str:
    length = len(run)
    if run in _WORDS:
        return _WORDS[run]
    if letter in _NUMBERS and length <= _NUMBERS[letter][0]:
        return rf"\d{{{length},{_NUMBERS[letter][0]}}}"
    if letter == "y" and length <= _LONGEST_YEAR:
        return rf"\d{{{length}}}" if length in (2, 4) else rf"\d{{{length},{_LONGEST_YEAR}}}"
    if letter == "S" and length <= _LONGEST_FRACTION:
        return rf"\d{{{length}}}"
    raise ValueError(run)
