"""Callers, entities, conditions and predicates as tests of access control take them: made by hand, or by chance.

`chosen` takes a predicate at its word, as a store does that lists what it means.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Protocol

from hypothesis import strategies as st

from brokerbook.access import predicates as p
from brokerbook.access.condition_text import quoted
from brokerbook.access.conditions import FUNCTIONS, Service

if TYPE_CHECKING:
    from collections.abc import Mapping
    from random import Random

    from brokerbook.access.predicates import Predicate

NOTHING: frozenset[str] = frozenset()
TEAMS_OF = {"u1": frozenset({"t1"})}
"""The teams that users are in."""


@dataclass(frozen=True)
class Somebody:
    id: str = "u1"
    team_ids: frozenset[str] = NOTHING
    team_names: frozenset[str] = NOTHING
    role_names: frozenset[str] = NOTHING
    domain_ids: frozenset[str] = NOTHING


@dataclass(frozen=True)
class Entity:
    kind: str = "messagingService"
    id: str | None = "e"
    fqn: str = "e"
    owner_ids: frozenset[str] = NOTHING
    reviewer_ids: frozenset[str] = NOTHING
    domain_ids: frozenset[str] = NOTHING
    tag_fqns: frozenset[str] = NOTHING
    is_admin_user: bool = False
    service: Service | None = None

    @property
    def owner_team_ids(self) -> frozenset[str]:
        return self.owner_ids | frozenset().union(*(TEAMS_OF.get(owner, NOTHING) for owner in self.owner_ids))


@dataclass(frozen=True)
class Attached:
    team_id: str | None = None
    below: frozenset[str] = NOTHING


def some(*values: str) -> frozenset[str]:
    return frozenset(values)


# by chance

KINDS = ("messagingService", "topic", "user", "domain", "tag", "team")
TAGS = ("A", "A.x", "it's", 'B."c.d"')
WORDS = ("T1", "R1", "s1", "Kafka", "it's")


def subset(*values: str) -> st.SearchStrategy[frozenset[str]]:
    return st.frozensets(st.sampled_from(values), max_size=3)


CALLERS = st.builds(
    Somebody,
    st.sampled_from(["u1", "u2"]),
    subset("t1", "t2", "up"),
    subset("T1", "T2"),
    subset("R1", "R2"),
    subset("d1", "d2"),
)
ATTACHED = st.builds(Attached, st.sampled_from(["t1", "up"]) | st.none(), subset("t1", "t2", "up"))
SERVICES = st.none() | st.builds(
    Service, st.sampled_from(["s1", "s2"]), st.sampled_from(["Kafka", "Nats"]), subset(*TAGS)
)


@dataclass(frozen=True)
class Stored:
    """An entity as a store has it: what it refers to, nothing that only follows from it."""

    kind: str
    id: str
    refers: dict[str, frozenset[str]] = field(hash=False)
    tag_fqns: frozenset[str]
    is_admin: bool
    service: Service | None
    fqn: str = "e"
    parent_id: str | None = None
    says: Mapping[str, Any] = field(default_factory=dict, hash=False)

    @property
    def owner_team_ids(self) -> frozenset[str]:
        return self.facts().owner_team_ids

    @property
    def service_fqn(self) -> str:
        return self.fqn.partition(".")[0] if self.kind in {"messagingService", "topic"} else ""

    def facts(self) -> Entity:
        found = Entity(
            self.kind,
            self.id,
            self.fqn,
            owner_ids=self.refers["owners"],
            reviewer_ids=self.refers["reviewers"],
            domain_ids=self.refers["domains"],
            tag_fqns=self.tag_fqns,
            is_admin_user=self.kind == "user" and self.is_admin,
            service=self.service,
        )
        return replace(found, domain_ids=found.domain_ids | {self.id}) if self.kind == "domain" else found


ENTITIES = st.builds(
    Stored,
    st.sampled_from(KINDS),
    st.sampled_from(["u1", "u2", "t1", "d1", "e"]),
    st.fixed_dictionaries(
        {"owners": subset("u1", "u2", "t1", "t2", "up"), "reviewers": subset("u1", "t1"), "domains": subset("d1", "d2")}
    ),
    subset(*TAGS),
    st.booleans(),
    SERVICES,
    st.sampled_from(["s1", "s2", "s1.t"]),
)


class Known(Protocol):
    """What a store knows of an entity."""

    @property
    def id(self) -> str: ...
    @property
    def fqn(self) -> str: ...
    @property
    def parent_id(self) -> str | None: ...
    @property
    def refers(self) -> Mapping[str, frozenset[str]]: ...
    @property
    def says(self) -> Mapping[str, Any]: ...
    @property
    def tag_fqns(self) -> frozenset[str]: ...
    @property
    def owner_team_ids(self) -> frozenset[str]: ...
    @property
    def is_admin(self) -> bool: ...
    @property
    def service(self) -> Service | None: ...
    @property
    def service_fqn(self) -> str: ...


def chosen(found: Predicate, entity: Known) -> bool:
    """Whether a store that takes the predicate at its word would list the entity."""
    match found:
        case bool():
            return found
        case p.AllOf(parts):
            return all(chosen(part, entity) for part in parts)
        case p.OneOf(parts):
            return any(chosen(part, entity) for part in parts)
        case p.Not(part):
            return not chosen(part, entity)
        case p.Has() | p.Tagged() | p.OwnedIn() | p.InService():
            return _refers(found, entity)
        case _:
            return _is(found, entity)


def _is(leaf: p.IsOne | p.IsAdminUser | p.Says | p.Below | p.ChildOf, entity: Known) -> bool:
    match leaf:
        case p.IsOne(ids):
            return entity.id in ids
        case p.IsAdminUser():
            return entity.is_admin
        case p.Says(name, value):
            return (entity.says.get(name) or False) == value
        case p.Below(fqn):
            return entity.fqn.startswith(f"{fqn}.")
        case p.ChildOf(parent_id):
            return entity.parent_id == parent_id


def _refers(leaf: p.Has | p.Tagged | p.OwnedIn | p.InService, entity: Known) -> bool:
    match leaf:
        case p.Has(relation, ids):
            return bool(entity.refers[relation] if ids is None else entity.refers[relation] & ids)
        case p.Tagged(fqn):
            return fqn in entity.tag_fqns
        case p.OwnedIn(team_ids):
            return not entity.owner_team_ids.isdisjoint(team_ids)
        case p.InService(what, values):
            service = entity.service or Service("", "", NOTHING)
            known = {"name": some(service.name), "type": some(service.type), "tag": service.tag_fqns}
            return bool(values & (known | {"fqn": some(entity.service_fqn)})[what])


Said = tuple[Any, ...]
"""A condition as it is meant: ("true",), ("call", name, values), ("!", one), ("&&", one, …), ("||", one, …)."""

CALLS = st.one_of(
    *(
        st.just(("call", function.name, ()))
        if function.takes is None
        else st.tuples(
            st.just("call"),
            st.just(function.name),
            st.lists(st.sampled_from(TAGS if function.takes == "tag" else WORDS), max_size=3).map(tuple),
        )
        for function in FUNCTIONS
    )
)
CONDITIONS: st.SearchStrategy[Said] = st.recursive(
    st.sampled_from([("true",), ("false",)]) | CALLS,
    lambda inner: (
        st.tuples(st.just("!"), inner)
        | st.tuples(st.sampled_from(["&&", "||"]), inner, inner)
        | st.tuples(st.sampled_from(["&&", "||"]), inner, inner, inner)
    ),
    max_leaves=8,
)
QUOTES = ("'", '"')
BINDS = {"||": 0, "&&": 1, "!": 2}
SPELT = {"||": ("||", " or ", "\nOR\t"), "&&": ("&&", " and ", " && "), "!": ("!", " not ", "! ")}


def written(said: Said, style: Random, around: int = 0) -> str:
    """One of the ways to write it: blanks, quotes and words by chance, parentheses where they are needed or by chance."""
    sign, *parts = said
    if sign == "call":
        name, values = parts
        listed = style.choice((",", " , ")).join(quoted(value, style.choice(QUOTES)) for value in values)
        text = f"{name}{style.choice(('(', ' ( '))}{listed})"
    elif sign == "!":
        text = style.choice(SPELT["!"]) + written(parts[0], style, 2)
    elif parts:
        # the same sign within itself needs no parentheses either, since it does not matter how they stand
        text = style.choice(SPELT[sign]).join(written(part, style, BINDS[sign]) for part in parts)
    else:
        text = sign
    needed = BINDS.get(sign, 3) < around
    return f"({text})" if needed or style.random() < 0.1 else text
