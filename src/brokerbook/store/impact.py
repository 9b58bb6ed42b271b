"""What hangs on an entity: everything below it, and everything that refers to any of that; counted, and the first names."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from brokerbook.store.database import Row, Tx
    from brokerbook.store.entities import EntityRow

_BELOW = (
    "WITH RECURSIVE below (id) AS (SELECT :id UNION ALL SELECT e.id FROM below JOIN entity e ON e.parent_id = below.id)"
)
_FIRST = 10
_DESCENDANTS = (
    f"{_BELOW}, found AS (SELECT e.kind, e.fqn, ROW_NUMBER() OVER (PARTITION BY e.kind ORDER BY e.fqn) AS place,"
    " COUNT(*) OVER (PARTITION BY e.kind) AS n FROM below JOIN entity e ON e.id = below.id WHERE e.id <> :id)"
    f" SELECT kind, '', n, fqn FROM found WHERE place <= {_FIRST} ORDER BY kind, place"
)
# What lies below refers to what is above it; that is told of already.
_REFERRING = (
    f"{_BELOW}, found AS (SELECT e.kind, r.relation, e.fqn,"
    " ROW_NUMBER() OVER (PARTITION BY e.kind, r.relation ORDER BY e.fqn) AS place,"
    " COUNT(*) OVER (PARTITION BY e.kind, r.relation) AS n"
    " FROM below JOIN relation r ON r.target_id = below.id JOIN entity e ON e.id = r.entity_id"
    " WHERE r.entity_id NOT IN (SELECT id FROM below))"
    f" SELECT kind, relation, n, fqn FROM found WHERE place <= {_FIRST} ORDER BY kind, relation, place"
)
_LINEAGE = f"{_BELOW} SELECT id FROM below WHERE id <> :id"


class Touched(NamedTuple):
    """Entities of one kind that hang on another: through a field, or (empty) because they lie below it."""

    kind: str
    field: str
    n: int
    first: list[str]
    """The first fully qualified names, ten at most."""


def below(tx: Tx, entity_id: str) -> list[Touched]:
    """What lies below an entity, deleted or not."""
    return _grouped(tx.all(_DESCENDANTS, {"id": entity_id}))


def referring(tx: Tx, entity_id: str) -> list[Touched]:
    """What refers to an entity, or to anything below it."""
    return _grouped(tx.all(_REFERRING, {"id": entity_id}))


def _grouped(rows: list[Row]) -> list[Touched]:
    found: dict[tuple[str, str], Touched] = {}
    for kind, field, n, fqn in rows:
        found.setdefault((kind, field), Touched(kind, field, n, [])).first.append(fqn)
    return list(found.values())


def ids_below(tx: Tx, entity_id: str) -> list[str]:
    """The ids of everything below an entity, the nearest first."""
    return [row[0] for row in tx.all(_LINEAGE, {"id": entity_id})]


_MOVE = "UPDATE entity SET fqn = :fqn, doc = :doc, put_digest = NULL WHERE id = :id"
_REPLACE_TARGET = (
    "UPDATE relation SET target_id = :new WHERE relation = :relation AND target_id = :old"
    " AND entity_id IN (SELECT value FROM json_each(:ids))"
)


def move(tx: Tx, rows: list[EntityRow]) -> None:
    """Writes the fully qualified names and documents of entities whose place has changed."""
    tx.many(_MOVE, [{"id": row.id, "fqn": row.fqn, "doc": row.doc} for row in rows])


def replace_target(tx: Tx, ids: str, relation: str, *, old: str, new: str) -> None:
    """Lets entities (ids as `database.array`) that refer in a field to one entity refer to another."""
    tx.run(_REPLACE_TARGET, {"ids": ids, "relation": relation, "old": old, "new": new})
