"""Edges between entities: which ids an entity's fields refer to."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from brokerbook.store.database import array

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from brokerbook.store.database import Tx


class Edge(NamedTuple):
    """An edge with what is shown of the entity at its other end."""

    entity_id: str
    relation: str
    data: str | None
    target_id: str
    kind: str
    name: str
    fqn: str
    deleted: bool
    doc: str


_SHOWN = "e.id, e.kind, e.name, e.fqn, e.deleted, e.doc"
_OF = (
    f"SELECT r.entity_id, r.relation, r.data, {_SHOWN} FROM relation r JOIN entity e ON e.id = r.target_id"
    " WHERE r.entity_id = :id"
)
_OF_MANY = (
    f"SELECT r.entity_id, r.relation, r.data, {_SHOWN} FROM relation r JOIN entity e ON e.id = r.target_id"
    " WHERE r.entity_id IN (SELECT value FROM json_each(:ids))"
)
_TO_MANY = (
    f"SELECT r.target_id, r.relation, r.data, {_SHOWN} FROM relation r JOIN entity e ON e.id = r.entity_id"
    " WHERE r.target_id IN (SELECT value FROM json_each(:ids))"
    " AND r.relation IN (SELECT value FROM json_each(:relations))"
)

# What the entities above these have, the nearest first: `entity_id` is the one below. The parents are looked up one by
# one, or SQLite scans all entities to join them.
_ABOVE_MANY = (
    "WITH RECURSIVE up (origin, id, distance) AS ("
    " SELECT value, (SELECT parent_id FROM entity WHERE id = value), 1 FROM json_each(:ids)"
    " UNION ALL SELECT up.origin, (SELECT parent_id FROM entity WHERE id = up.id), up.distance + 1 FROM up"
    " WHERE up.id IS NOT NULL)"
    f" SELECT up.origin, r.relation, r.data, {_SHOWN}, up.distance FROM relation r JOIN up ON up.id = r.entity_id"
    " JOIN entity e ON e.id = r.target_id WHERE r.entity_id IN (SELECT id FROM up)"
    " AND r.relation IN (SELECT value FROM json_each(:relations)) ORDER BY up.distance"
)
_NAMED_OF_MANY = (
    f"SELECT r.entity_id, r.relation, r.data, {_SHOWN} FROM relation r JOIN entity e ON e.id = r.target_id"
    " WHERE r.entity_id IN (SELECT value FROM json_each(:ids))"
    " AND r.relation IN (SELECT value FROM json_each(:relations))"
)
_LABELS_OF_MANY = (
    f"SELECT r.entity_id, r.relation, r.data, {_SHOWN} FROM relation r JOIN entity e ON e.id = r.target_id"
    " WHERE r.entity_id IN (SELECT value FROM json_each(:ids)) AND r.relation = 'tags'"
)


_PARENTS = (
    f"SELECT c.id, '', NULL, {_SHOWN} FROM json_each(:ids) j CROSS JOIN entity c ON c.id = j.value"
    " JOIN entity e ON e.id = c.parent_id"
)


def of(tx: Tx, entity_id: str) -> list[Edge]:
    """Every edge from one entity."""
    return [Edge._make(row) for row in tx.all(_OF, {"id": entity_id})]


def of_many(tx: Tx, ids: Iterable[str]) -> list[Edge]:
    """Every edge from these entities."""
    return [Edge._make(row) for row in tx.all(_OF_MANY, {"ids": array(ids)})]


def parents(tx: Tx, ids: Iterable[str]) -> list[Edge]:
    """What each of these entities lies in, as an edge to it; deleted ones too."""
    return [Edge._make(row) for row in tx.all(_PARENTS, {"ids": array(ids)})]


def to_many(tx: Tx, ids: Iterable[str], fields: Iterable[str]) -> list[Edge]:
    """The edges of these fields to these entities: `entity_id` is the one that is referred to, the rest shows who refers."""
    return [Edge._make(row) for row in tx.all(_TO_MANY, {"ids": array(ids), "relations": array(fields)})]


_TARGETS = (
    "SELECT target_id FROM relation WHERE entity_id IN (SELECT value FROM json_each(:ids)) AND relation = :relation"
)


def targets(tx: Tx, ids: Iterable[str], field: str) -> list[str]:
    """The ids that a field of these entities refers to."""
    return [row[0] for row in tx.all(_TARGETS, {"ids": array(ids), "relation": field})]


_TOUCH = (
    "INSERT INTO meta (name, value) VALUES ('reference_epoch', :value)"
    " ON CONFLICT (name) DO UPDATE SET value = excluded.value"
)
EPOCH = "SELECT value FROM meta WHERE name = 'reference_epoch'"
"""A text that is another one after every change of what others show of an entity that is no asset."""


def touch(tx: Tx) -> None:
    """Says that something is shown differently from now on where others refer to it."""
    tx.run(_TOUCH, {"value": os.urandom(16).hex()})


# The ids come first in the plan: an edge is sought for each, and nothing is scanned. One row tells of all, because the
# driver lets other threads run before each row, which costs more than the row.
_OUTGOING = (
    "SELECT json_group_array(json_array(j.key, r.relation, r.target_id, r.data)) FROM json_each(:ids) j"
    " CROSS JOIN relation r ON r.entity_id = j.value"
)
_TARGETS_SHOWN = (
    "SELECT json_group_array(json_array(e.id, e.kind, e.name, e.fqn, e.deleted, e.doc)) FROM json_each(:ids) j"
    " CROSS JOIN entity e ON e.id = j.value"
)
_edges = msgspec.json.Decoder(list[tuple[int, str, str, str | None]])
_targets = msgspec.json.Decoder(list[tuple[str, str, str, str, int, str]])


def outgoing(tx: Tx, ids: Sequence[str]) -> list[tuple[int, str, str, str | None]]:
    """Every edge from these entities, bare: (place of the entity in `ids`, field, target id, data)."""
    row = tx.one(_OUTGOING, {"ids": array(ids)})
    return _edges.decode(row[0]) if row is not None else []


def targets_shown(tx: Tx, ids: Iterable[str]) -> list[tuple[str, str, str, str, int, str]]:
    """What is shown of these entities where others refer to them: (id, kind, name, fqn, deleted, doc)."""
    row = tx.one(_TARGETS_SHOWN, {"ids": array(ids)})
    return _targets.decode(row[0]) if row is not None else []


def above_many(tx: Tx, ids: Iterable[str], fields: Iterable[str]) -> list[tuple[Edge, int]]:
    """The edges of these fields from what lies above these entities, with how far above, the nearest first."""
    found = tx.all(_ABOVE_MANY, {"ids": array(ids), "relations": array(fields)})
    return [(Edge._make(row[:-1]), row[-1]) for row in found]


def named_of_many(tx: Tx, ids: Iterable[str], names: Iterable[str]) -> list[Edge]:
    """The edges of these names from these entities."""
    return [Edge._make(row) for row in tx.all(_NAMED_OF_MANY, {"ids": array(ids), "relations": array(names)})]


_STARTING_WITH = (
    f"SELECT r.entity_id, r.relation, r.data, {_SHOWN} FROM json_each(:ids) j CROSS JOIN relation r"
    " ON r.entity_id = j.value AND r.relation >= :start AND r.relation < :end JOIN entity e ON e.id = r.target_id"
)


def starting_with(tx: Tx, ids: Iterable[str], start: str) -> list[Edge]:
    """The edges from these entities whose names begin with a text that ends in a slash."""
    params = {"ids": array(ids), "start": start, "end": start[:-1] + chr(ord("/") + 1)}
    return [Edge._make(row) for row in tx.all(_STARTING_WITH, params)]


def labels_of_many(tx: Tx, ids: Iterable[str]) -> list[Edge]:
    """The labels of these entities."""
    return [Edge._make(row) for row in tx.all(_LABELS_OF_MANY, {"ids": array(ids)})]


_INSERT = (
    "INSERT INTO relation (entity_id, relation, target_id, data) VALUES (:entity_id, :relation, :target_id, :data)"
    " ON CONFLICT (entity_id, relation, target_id) DO UPDATE SET data = excluded.data"
)
_DELETE = "DELETE FROM relation WHERE entity_id = :entity_id AND relation = :relation AND target_id = :target_id"


def insert(tx: Tx, edges: Sequence[tuple[str, str, str, str | None]]) -> None:
    """Adds edges (entity id, relation, target id, data); one that is there takes the new data."""
    if edges:
        tx.many(_INSERT, [{"entity_id": e, "relation": r, "target_id": t, "data": data} for e, r, t, data in edges])


def delete(tx: Tx, edges: Sequence[tuple[str, str, str]]) -> None:
    """Removes edges (entity id, relation, target id)."""
    if edges:
        tx.many(_DELETE, [{"entity_id": e, "relation": r, "target_id": t} for e, r, t in edges])


# What has one live owner, and he is it. Written so that only what he owns is looked at.
_OWNED_ALONE = (
    "FROM relation r JOIN entity e ON e.id = r.entity_id AND e.deleted = 0"
    " WHERE r.target_id = :user_id AND r.relation = 'owners'"
    " AND NOT EXISTS (SELECT 1 FROM relation o JOIN entity t ON t.id = o.target_id AND t.deleted = 0"
    " WHERE o.entity_id = e.id AND o.relation = 'owners' AND o.target_id <> :user_id)"
)
_COUNT_OWNED_ALONE = f"SELECT e.kind, COUNT(*) {_OWNED_ALONE} GROUP BY e.kind ORDER BY e.kind"
_PAGE_OWNED_ALONE = f"SELECT e.id {_OWNED_ALONE} AND (e.name, e.id) > (:name, :id) ORDER BY e.name, e.id LIMIT :limit"


def count_owned_alone(tx: Tx, user_id: str) -> dict[str, int]:
    """How many live entities of each kind have no live owner but this one."""
    return dict(tx.all(_COUNT_OWNED_ALONE, {"user_id": user_id}))


def owned_alone(tx: Tx, user_id: str, *, limit: int, after: tuple[str, str] = ("", "")) -> list[str]:
    """The ids of those entities in the order of (name, id), from behind a place on."""
    name, last_id = after
    return [
        row[0] for row in tx.all(_PAGE_OWNED_ALONE, {"user_id": user_id, "name": name, "id": last_id, "limit": limit})
    ]
