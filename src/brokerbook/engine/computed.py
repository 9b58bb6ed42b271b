"""Fields that some kinds show and nothing stores: counts, inherited roles, a team's members below it.

A field of a kind that is computed stands in `COMPUTED` with the function that gives its values for many entities at
once, so that a list costs a fixed number of queries. Such a function may also look at the links that are shown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from brokerbook.engine import counts, extensions, latest_runs, parents, people, subscriptions, votes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from brokerbook.engine.refs import Links
    from brokerbook.kinds.kind import Kind
    from brokerbook.store.database import Tx

Values = dict[str, Any]
"""Entity id → the field's value as JSON; references in it are without `href`; absent: the field is not shown."""

COMPUTED: Mapping[str, Mapping[str, Callable[[Tx, Sequence[str]], Values]]] = {
    "domain": {"childrenCount": counts.below, "assets": counts.first_assets("domains")},
    "dataProduct": {"assets": counts.first_assets("dataProducts")},
    "classification": {"termCount": counts.below, "usageCount": counts.usage},
    "glossary": {"termCount": counts.below, "usageCount": counts.usage},
    "glossaryTerm": {"childrenCount": counts.below, "usageCount": counts.usage},
    "tag": {"usageCount": counts.usage, "disabled": counts.disabled},
    "ingestionPipeline": {"pipelineStatuses": latest_runs.shown},
    "user": {
        "inheritedRoles": people.inherited_roles,
        "inheritedPersonas": people.inherited_personas,
        "lastLoginTime": people.last_logins,
        "lastActivityTime": people.last_activities,
    },
    "team": {
        "childrenCount": people.children_counts,
        "userCount": people.user_counts,
        "descendantTeams": people.descendants,
        "inheritedRoles": people.upper_roles,
    },
    "eventSubscription": {"destinations": subscriptions.with_status},
}
"""Kind → field → its values for these ids."""

WHEREVER: Mapping[str, Callable[[Tx, Sequence[str]], Values]] = {"extension": extensions.shown, "votes": votes.values}
"""Field → its values, for each kind that has the field."""

ALWAYS: Mapping[str, frozenset[str]] = {
    "tag": frozenset({"disabled"}),
}
"""Kind → the computed fields that every answer shows."""

BY_NAME = frozenset({"assets"})
"""Those that `*` leaves out, because they may be many."""

BROUGHT: Mapping[str, Mapping[str, str]] = {
    "user": {"roles": "inheritedRoles", "personas": "inheritedPersonas"},
    "team": {"defaultRoles": "inheritedRoles"},
    "eventSubscription": {"statusDetails": "destinations"},
}
"""Kind → field → the computed field that whoever asks for it gets as well."""

ADJUSTED: Mapping[str, Callable[[Tx, dict[str, Links], frozenset[str]], None]] = {
    "user": people.adjust_users,
    "team": people.adjust_teams,
}
"""Kind → what adjusts the links (of the wanted fields) that are shown of entities, by id: a user without teams is in the
organization."""


def fields(kind: Kind) -> frozenset[str]:
    """The computed fields of a kind."""
    shown = frozenset({kind.shows_parent}) if kind.shows_parent else frozenset[str]()
    return frozenset(COMPUTED.get(kind.name, ())) | (WHEREVER.keys() & kind.fields) | shown


def with_brought(kind: Kind, wanted: Sequence[str]) -> list[str]:
    """The wanted fields, and those that come with them."""
    brought = BROUGHT.get(kind.name, {})
    return [*wanted, *(brought[field] for field in wanted if field in brought)]


def inner(kind: Kind) -> frozenset[str]:
    """What may be asked for though it is no field of the entity itself, but stands in what comes with it."""
    return frozenset(BROUGHT.get(kind.name, ())) - kind.fields


def replaces(kind: Kind, shown: Iterable[str]) -> bool:
    """Whether any of the fields that are shown stands in the place of a stored one."""
    own = COMPUTED.get(kind.name)
    return own is not None and any(field in own and field in kind.plain for field in shown)


def always(kind: Kind) -> frozenset[str]:
    """Those of them that every answer shows."""
    found = ALWAYS.get(kind.name, frozenset[str]())
    return found | {kind.shows_parent} if kind.shows_parent else found


def values(tx: Tx, kind: Kind, ids: Sequence[str], wanted: Iterable[str]) -> dict[str, dict[str, Any]]:
    """For each entity the computed fields that are wanted."""
    found: dict[str, dict[str, Any]] = {entity_id: {} for entity_id in ids}
    known = {**WHEREVER, **COMPUTED.get(kind.name, {})}
    if kind.shows_parent:
        known[kind.shows_parent] = parents.shown
    for field in wanted:
        if field in known:
            for entity_id, value in known[field](tx, ids).items():
                found[entity_id][field] = value
    return found


def adjust(tx: Tx, kind: Kind, links: dict[str, Links], wanted: frozenset[str]) -> None:
    """Adjusts what is shown of the links of entities, by id."""
    if kind.name in ADJUSTED:
        ADJUSTED[kind.name](tx, links, wanted)
