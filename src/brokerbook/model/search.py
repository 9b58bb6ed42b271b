"""What a search asks for, as a condition on indexed entities: made from texts and JSON, turned into SQL by the store.

A condition is True, False, a leaf, or made of others; `every`, `any_of` and `without` fold what is constant.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

Column = Literal["name", "title", "description", "path", "fields", "more"]
"""Where words stand: the name, the display name, the description, the fully qualified name, the fields of a schema
(their names), and what else a kind is found by."""
COLUMNS: tuple[Column, ...] = ("name", "title", "description", "path", "fields", "more")
Key = Literal["id", "kind", "name", "fqn", "title", "service_type", "deleted"]
"""A whole value that an entity has one of."""


class Pattern(NamedTuple):
    """A value to compare whole, whatever its case: a text, or, if `like`, what SQL's LIKE takes."""

    text: str
    like: bool = False


@dataclass(frozen=True, slots=True)
class Words:
    """Says these words, one after the other, in one of the columns (none given: in any); the last may go on."""

    text: str
    columns: tuple[Column, ...] = ()
    prefix: bool = False


@dataclass(frozen=True, slots=True)
class Contains:
    """Has a piece of text that a pattern means somewhere in one of the columns (none given: in any)."""

    pattern: str
    columns: tuple[Column, ...] = ()


@dataclass(frozen=True, slots=True)
class Is:
    """Has a value that one of the patterns means."""

    key: Key
    patterns: tuple[Pattern, ...]


@dataclass(frozen=True, slots=True)
class Says:
    """Has, in a plain field of its document, one of the values; with None, any. Only entities of these kinds have it."""

    path: str
    kinds: tuple[str, ...]
    patterns: tuple[Pattern, ...] | None


@dataclass(frozen=True, slots=True)
class Refers:
    """Refers, in a field, to one of these; with None, to anything.

    Entities of the `inheriting` kinds that say nothing have it from above.
    """

    field: str
    ids: tuple[str, ...] | None
    inheriting: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LiesIn:
    """Lies right below one of these, or, with None, in any service."""

    ids: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class AllOf:
    """All of these hold."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class OneOf:
    """One of these holds."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """It does not hold."""

    part: Condition


Condition = bool | Words | Contains | Is | Says | Refers | LiesIn | AllOf | OneOf | Not


def every(*conditions: Condition) -> Condition:
    """All of them."""
    parts: list[Condition] = []
    for condition in conditions:
        parts += condition.parts if isinstance(condition, AllOf) else [condition]
    kept = tuple(dict.fromkeys(part for part in parts if part is not True))
    if any(part is False for part in kept):
        return False
    return True if not kept else kept[0] if len(kept) == 1 else AllOf(kept)


def any_of(*conditions: Condition) -> Condition:
    """At least one of them."""
    kept = tuple(dict.fromkeys(part for part in conditions if part is not False))
    if any(part is True for part in kept):
        return True
    return False if not kept else kept[0] if len(kept) == 1 else OneOf(kept)


def without(condition: Condition) -> Condition:
    """Not that."""
    if isinstance(condition, bool):
        return not condition
    return condition.part if isinstance(condition, Not) else Not(condition)


def positive(condition: Condition) -> list[Words | Contains]:
    """The words and pieces of text that speak for what is found, in their order."""
    match condition:
        case Words() | Contains():
            return [condition]
        case AllOf(parts) | OneOf(parts):
            return [words for part in parts for words in positive(part)]
        case _:
            return []
