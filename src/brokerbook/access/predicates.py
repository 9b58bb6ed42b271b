"""Which entities of a kind are meant: what a list shows is said as a predicate, which the store turns into SQL.

A predicate is True, False, a leaf, or made of others. `conjunction`, `disjunction` and `negation` fold what is constant.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Has:
    """Refers, in a field, to one of these ids; with None, to anything. What is inherited counts."""

    relation: str
    ids: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Tagged:
    """Carries the tag of that fully qualified name; one that a term brings along counts."""

    fqn: str


@dataclass(frozen=True, slots=True)
class OwnedIn:
    """Is owned by one of these teams, or by a user who is in one of them."""

    team_ids: frozenset[str]


@dataclass(frozen=True, slots=True)
class IsOne:
    """Is one of these."""

    ids: frozenset[str]


@dataclass(frozen=True, slots=True)
class IsAdminUser:
    """Is a user who administers."""


@dataclass(frozen=True, slots=True)
class InService:
    """Is, or lies in, a messaging service with one of these names, types, tags or fully qualified names."""

    what: Literal["name", "type", "tag", "fqn"]
    values: frozenset[str]


@dataclass(frozen=True, slots=True)
class Says:
    """Has this value in a plain field of its document; False and absent are the same."""

    field: str
    value: bool | str


@dataclass(frozen=True, slots=True)
class Below:
    """Lies below the entity of that fully qualified name, at any depth."""

    fqn: str


@dataclass(frozen=True, slots=True)
class ChildOf:
    """Lies right below the entity of that id; with None, below none."""

    parent_id: str | None


@dataclass(frozen=True, slots=True)
class AllOf:
    """All of these hold."""

    parts: tuple[Predicate, ...]


@dataclass(frozen=True, slots=True)
class OneOf:
    """One of these holds."""

    parts: tuple[Predicate, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """It does not hold."""

    part: Predicate


Predicate = (
    bool | Has | Tagged | OwnedIn | IsOne | IsAdminUser | InService | Says | Below | ChildOf | AllOf | OneOf | Not
)


def conjunction(*predicates: Predicate) -> Predicate:
    """All of them."""
    parts = tuple(dict.fromkeys(p for p in predicates if p is not True))
    if any(part is False for part in parts):
        return False
    return True if not parts else parts[0] if len(parts) == 1 else AllOf(parts)


def disjunction(*predicates: Predicate) -> Predicate:
    """At least one of them."""
    parts = tuple(dict.fromkeys(p for p in predicates if p is not False))
    if any(part is True for part in parts):
        return True
    return False if not parts else parts[0] if len(parts) == 1 else OneOf(parts)


def negation(predicate: Predicate) -> Predicate:
    """Not that."""
    if isinstance(predicate, bool):
        return not predicate
    return predicate.part if isinstance(predicate, Not) else Not(predicate)
