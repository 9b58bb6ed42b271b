"""The tree of fields while it grows: how a field is added, how much there may be, and what is told of what was cut."""

from __future__ import annotations

import hashlib
from collections import deque
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

MOST_FIELDS = 10_000
MOST_CHARACTERS = 2_000_000
"""Of all names, displays and descriptions together: one long description may be repeated by a short text."""
MOST_STEPS = 200_000
"""How many parts of a schema are looked at; a few lines can refer to each other in more ways than there is time."""
DEEPEST = 60
"""Levels; with the service and the topic it is as deep as a fully qualified name may be."""
LONGEST_PATH = 2500
"""Characters of all names from the root down, quoted and joined: leaves room for the service and the topic."""
LONGEST_NAME = 128

_TOLD = 3
_LONGEST_TOLD = 200
_CUT = "…"


class Unreadable(Exception):
    """The text is no schema; says why in a sentence."""


class Full(Exception):
    """The tree has as much as it may have; says so in a sentence."""


class Origin(NamedTuple):
    """A part of a schema, and that which led to it: another part of the same field, or of the field above."""

    part: object
    above: Origin | None


class Place:
    """A field of the tree with its way up to the root."""

    __slots__ = ("above", "depth", "field", "length", "names", "origin")

    def __init__(self, field: dict[str, Any], above: Place | None, depth: int, length: int) -> None:
        self.field = field
        self.above = above
        self.depth = depth
        self.length = length
        self.names: set[str] = set()
        """Of the children."""
        self.origin: Origin | None = above.origin if above else None
        """What the field was made of, as far as that can come again below it."""

    @property
    def path(self) -> str:
        """The names from the root down."""
        names: list[str] = []
        place = self
        while place.above is not None:
            names.append(place.field["name"])
            place = place.above
        return ".".join(reversed(names))


class Tree:
    """Fields, and what is still to be added below them."""

    def __init__(self) -> None:
        self.fields: list[dict[str, Any]] = []
        self.root = Place({"children": self.fields}, None, 0, 0)
        self._left = MOST_FIELDS
        self._characters = MOST_CHARACTERS
        self._steps = MOST_STEPS
        self._first: list[Callable[[], None]] = []
        self._later: deque[Callable[[], None]] = deque()
        self._notes: dict[str, None] = {}
        self._places: dict[str, list[str]] = {}

    def add(
        self,
        above: Place,
        name: str,
        data_type: str,
        *,
        display: str | None = None,
        title: str | None = None,
        description: str | None = None,
    ) -> Place | None:
        """The place of a new field below another; None if it has one of that name already, or lies too deep."""
        short = _short(_clean(name))
        if short in above.names:
            return None
        length = above.length + len(short) + short.count('"') + 3  # a dot, and quotes if there is a dot within
        if above.depth >= DEEPEST or length > LONGEST_PATH:
            self.tell_of("Left out, because it lies too deep, is what is below", above.path)
            return None
        if len(name) > LONGEST_NAME:
            title = title or name
            self.tell_of("A name too long is shortened below", above.path or "the root")
        field: dict[str, Any] = {"name": short, "dataType": data_type}
        for key, value in (("dataTypeDisplay", display), ("displayName", title), ("description", description)):
            if value:
                field[key] = _clean(value)
        self._take(sum(map(len, field.values())))
        above.names.add(short)
        above.field.setdefault("children", []).append(field)
        return Place(field, above, above.depth + 1, length)

    def describe(self, place: Place, sentence: str) -> None:
        """Adds a paragraph to what is said of a field."""
        self._characters -= len(sentence)
        place.field["description"] = paragraphs(place.field.get("description"), sentence) or ""

    def step(self, parts: int = 1) -> None:
        """Counts parts of the schema that are looked at; Full if there were too many."""
        self._steps -= parts
        if self._steps < 0:
            raise Full(f"The fields end where the schema had been followed for {MOST_STEPS:,} steps.")

    def within(self, origin: Origin | None, part: object) -> bool:
        """Whether that part of the schema is what led to a field, so that the field would repeat it."""
        while origin is not None:
            self.step()
            if origin.part is part:
                return True
            origin = origin.above
        return False

    def next(self, jobs: Iterable[Callable[[], None]]) -> None:
        """What to do next, in this order: what lies below is done before what comes after."""
        self._first.extend(reversed(list(jobs)))

    def later(self, job: Callable[[], None]) -> None:
        """What to do when nothing else is left, as far as there is room."""
        self._later.append(job)

    def grow(self) -> None:
        """Does all that is to be done; Full when there is no more room."""
        while self._first or self._later:
            job = self._first.pop() if self._first else self._later.popleft()
            job()

    def cut(self, place: Place, what: str) -> None:
        """Says, on the field and in the note, that it would repeat what lies above it."""
        self.describe(place, f"Recursive: as {what} above.")
        self.tell_of("Recursion is cut at", place.path)

    def tell(self, sentence: str) -> None:
        """Adds a sentence to the note, once."""
        self._notes[_clean(sentence)] = None

    def tell_of(self, what: str, where: str) -> None:
        """Adds to the note that something holds at one more place, or for one more name."""
        places = self._places.setdefault(what, [])
        where = _clean(where)
        places.append(where if len(where) <= _LONGEST_TOLD else where[:_LONGEST_TOLD] + _CUT)

    @property
    def note(self) -> str | None:
        """Everything that was told, in sentences."""
        sentences = list(self._notes)
        for what, places in self._places.items():
            distinct = list(dict.fromkeys(places))
            more = f" and {len(distinct) - _TOLD:,} more" if len(distinct) > _TOLD else ""
            sentences.append(f"{what} {', '.join(distinct[:_TOLD])}{more}.")
        return " ".join(sentences) or None

    def _take(self, characters: int) -> None:
        if not self._left:
            raise Full(f"Only the first {MOST_FIELDS:,} fields are told.")
        if characters > self._characters:
            raise Full(f"The fields end where their texts would have more than {MOST_CHARACTERS:,} characters.")
        self._left -= 1
        self._characters -= characters


def paragraphs(*texts: str | None) -> str | None:
    """One text of those that say something."""
    return "\n\n".join(text for text in texts if text) or None


def _short(name: str) -> str:
    """A name that fits: what is too long ends in a digest of the whole, so that two of them stay two."""
    if len(name) <= LONGEST_NAME:
        return name
    digest = hashlib.blake2s(name.encode("utf-8"), digest_size=4).hexdigest()
    return f"{name[: LONGEST_NAME - len(digest) - 1]}{_CUT}{digest}"


def _clean(text: str) -> str:
    """The text without halves of surrogate pairs, which JSON can spell and UTF-8 cannot."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")
