"""What a comparison of two versions of a schema is made of: the changes, who they break, and the bounds it keeps.

Breaks, in the terms of schema registries:

    breaks    who                                             the level that is lost     reader   data of
    writers   who still writes with the old schema cannot     backward compatibility     new      old
              be read with the new one
    readers   who still reads with the old schema cannot      forward compatibility      old      new
              read what is written with the new one

"Cannot read" is what the language's own rules say: data is refused, or is taken for another value than was written.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from brokerbook.model.wire import Wire

if TYPE_CHECKING:
    from collections.abc import Iterable

Breaks = Literal["readers", "writers"]
What = Literal["added", "removed", "renamed", "moved", "widened", "narrowed", "changed"]
"""`widened` allows more values than before, `narrowed` fewer; `moved` is the same thing at another place or number."""
Ways = frozenset[Breaks]

BOTH: Ways = frozenset(("readers", "writers"))
READERS: Ways = frozenset(("readers",))
WRITERS: Ways = frozenset(("writers",))
NOBODY: Ways = frozenset()

LONGEST_TEXT = 1_000_000
"""Characters of one schema's text."""
DEEPEST = 80
"""Types inside each other."""
MOST_COMPARISONS = 30_000
"""Pairs of types, and parts of them, that are looked at for one comparison."""
MOST_CHANGES = 500
"""The most changes that are listed; what follows still counts for whether the versions are compatible."""
_LONGEST_WORD = 200


class Change(Wire, frozen=True, kw_only=True):
    """One difference. `path` has the names from the root on, joined by dots; `breaks` is empty if it breaks nobody."""

    path: str
    change: What
    message: str
    breaks: list[Breaks]


class Unreadable(Exception):
    """A text is no schema of its language; the sentence says why."""


class TooLarge(Exception):
    """A comparison would take more than its bounds allow; the sentence says which."""


class Broken(Exception):
    """A change breaks somebody, where only that was asked."""


class Findings:
    """The changes of one comparison as they are found, and what it has cost so far.

    Without `listing` nothing is kept: the first change that breaks somebody raises Broken.
    """

    def __init__(self, *, listing: bool = True, comparisons: int = 0) -> None:
        self.listing = listing
        self.comparisons = comparisons
        self.changes: list[Change] = []
        self.broken: set[Breaks] = set()
        self.uncompared: dict[str, None] = {}
        """Names of what the texts refer to and do not hold."""
        self.left_out = 0

    def count(self, depth: int, weight: int = 1) -> None:
        """Counts a pair of types, with the number of their parts; TooLarge if it gets too many, or too deep."""
        self.comparisons += weight
        if self.comparisons > MOST_COMPARISONS:
            raise TooLarge("the schemas are too large to be compared")
        if depth > DEEPEST:
            raise TooLarge(f"the schemas have more than {DEEPEST} types inside each other")

    def add(self, path: str, change: What, message: str, breaks: Iterable[Breaks] = ()) -> None:
        """Notes a change; the same one right after itself is not noted again."""
        if not self.listing:
            if any(breaks):
                raise Broken
            return
        found = Change(path=path, change=change, message=message, breaks=sorted(breaks))
        self.broken.update(found.breaks)
        if len(self.changes) >= MOST_CHANGES:
            self.left_out += 1
        elif not self.changes or found != self.changes[-1]:
            self.changes.append(found)


def below(path: str, name: str) -> str:
    """The path of something inside of what is at a path."""
    name = shown(name)
    return f"{path}.{name}" if path else name


def shown(word: object) -> str:
    """A word of a schema as a message has it: not longer than a reader's line."""
    text = str(word)
    return text if len(text) <= _LONGEST_WORD else text[: _LONGEST_WORD - 1] + "…"


def listed(words: Iterable[object]) -> str:
    """Words as a message lists them: ten, and how many more there are."""
    every = [shown(word) for word in words]
    return ", ".join(every[:10]) + (f" and {len(every) - 10} more" if len(every) > 10 else "")
