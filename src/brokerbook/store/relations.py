"""Edges between entities: which ids an entity's fields refer to."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

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
)


def of(tx: Tx, entity_id: str) -> list[Edge]:
    """Every edge from one entity."""
    return [Edge._make(row) for row in tx.all(_OF, {"id": entity_id})]


def of_many(tx: Tx, ids: Iterable[str]) -> list[Edge]:
    """Every edge from these entities."""
    return [Edge._make(row) for row in tx.all(_OF_MANY, {"ids": array(ids)})]


def to_many(tx: Tx, ids: Iterable[str]) -> list[Edge]:
    """Every edge to these entities: `entity_id` is the one that is referred to, the rest shows who refers."""
    return [Edge._make(row) for row in tx.all(_TO_MANY, {"ids": array(ids)})]


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
