"""Entities of one kind as trees: a page of those at the top, or right below one, and all that lies below these."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from brokerbook.store import predicates
from brokerbook.store.database import array

if TYPE_CHECKING:
    from collections.abc import Iterable

    from brokerbook.access.predicates import Predicate
    from brokerbook.store.database import Tx


class Node(NamedTuple):
    """What a tree shows of an entity."""

    id: str
    parent_id: str | None
    name: str
    fqn: str
    doc: str


_NODE = "entity.id, entity.parent_id, entity.name, entity.fqn, entity.doc"
_TOP = (
    f"SELECT {_NODE} FROM entity WHERE entity.kind = :kind AND entity.deleted = 0{{where}}"
    " ORDER BY entity.name, entity.id LIMIT :limit OFFSET :offset"
)
_COUNT_TOP = "SELECT COUNT(*) FROM entity WHERE entity.kind = :kind AND entity.deleted = 0{where}"
# What is not meant is left out with all that lies below it.
_BELOW = (
    "WITH RECURSIVE below (id) AS (SELECT value FROM json_each(:ids) UNION ALL"
    " SELECT entity.id FROM below JOIN entity ON entity.parent_id = below.id"
    " WHERE entity.kind = :kind AND entity.deleted = 0{where})"
    f" SELECT {_NODE} FROM below JOIN entity ON entity.id = below.id"
    " WHERE entity.id NOT IN (SELECT value FROM json_each(:ids)) ORDER BY entity.name, entity.id"
)


def top(
    tx: Tx, kind: str, predicate: Predicate, inherited: frozenset[str], *, limit: int, offset: int
) -> tuple[list[Node], int]:
    """The live entities of a kind that the predicate means, by name, from an offset; and how many there are."""
    params: dict[str, Any] = {"kind": kind, "limit": limit, "offset": offset}
    where = predicates.where(predicate, inherited, params)
    total = tx.one(_COUNT_TOP.format(where=where), params)
    rows = tx.all(_TOP.format(where=where), params) if limit else []
    return [Node._make(row) for row in rows], total[0] if total else 0


def below(tx: Tx, kind: str, ids: Iterable[str], predicate: Predicate, inherited: frozenset[str]) -> list[Node]:
    """All live entities of a kind that the predicate means and that lie below these, by name."""
    params: dict[str, Any] = {"kind": kind, "ids": array(ids)}
    where = predicates.where(predicate, inherited, params)
    return [Node._make(row) for row in tx.all(_BELOW.format(where=where), params)]
