"""Earlier versions of entities: what each was, as whole documents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from brokerbook.store import predicates

if TYPE_CHECKING:
    from collections.abc import Sequence

    from brokerbook.access.predicates import Predicate
    from brokerbook.store.database import Row, Tx
    from brokerbook.store.entities import EntityRow

_ARCHIVE = (
    "INSERT INTO version (entity_id, version, kind, updated_at, doc)"
    " VALUES (:entity_id, :version, :kind, :updated_at, :doc)"
)
_VERSIONS = "SELECT doc FROM version WHERE entity_id = :id ORDER BY version DESC"
_VERSION = "SELECT doc FROM version WHERE entity_id = :id AND version = :version"
_DROP_VERSION = "DELETE FROM version WHERE entity_id = :id AND version = :version"


def archive(tx: Tx, rows: Sequence[tuple[EntityRow, str]]) -> None:
    """Keeps what entities were: for each, the row and its whole document."""
    tx.many(
        _ARCHIVE,
        [
            {"entity_id": r.id, "version": r.version, "kind": r.kind, "updated_at": r.updated_at, "doc": doc}
            for r, doc in rows
        ],
    )


def of(tx: Tx, entity_id: str) -> list[str]:
    """The documents of the earlier versions, newest first."""
    return [doc for (doc,) in tx.all(_VERSIONS, {"id": entity_id})]


def find(tx: Tx, entity_id: str, version: int) -> str | None:
    """The document of one earlier version."""
    row = tx.one(_VERSION, {"id": entity_id, "version": version})
    return row[0] if row else None


def drop(tx: Tx, entity_id: str, version: int) -> None:
    """Forgets an earlier version that is the current one again."""
    tx.run(_DROP_VERSION, {"id": entity_id, "version": version})


# current = 1 marks the entity's row: its links are to be resolved now
_ALL_VERSIONS = (
    "SELECT updated_at, id, version, doc, 1 FROM entity"
    " WHERE kind = :kind AND updated_at BETWEEN :start AND :end AND {bound}{{where}}"
    " UNION ALL SELECT updated_at, entity_id, version, doc, 0 FROM version"
    " WHERE kind = :kind AND updated_at BETWEEN :start AND :end AND {version_bound}{{among}}"
    " ORDER BY 1 {order}, 2 {order}, 3 {order} LIMIT :limit"
)
_AMONG = " AND entity_id IN (SELECT id FROM entity WHERE kind = :kind{where})"
_HISTORY = _ALL_VERSIONS.format(
    bound="(updated_at, id, version) < (:at, :id, :version)",
    version_bound="(updated_at, entity_id, version) < (:at, :id, :version)",
    order="DESC",
)
_HISTORY_BACK = _ALL_VERSIONS.format(
    bound="(updated_at, id, version) > (:at, :id, :version)",
    version_bound="(updated_at, entity_id, version) > (:at, :id, :version)",
    order="ASC",
)
_COUNT_HISTORY = (
    "SELECT (SELECT COUNT(*) FROM entity WHERE kind = :kind AND updated_at BETWEEN :start AND :end{where})"
    " + (SELECT COUNT(*) FROM version WHERE kind = :kind AND updated_at BETWEEN :start AND :end{among})"
)


def history(
    tx: Tx,
    kind: str,
    *,
    start: int,
    end: int,
    limit: int,
    position: tuple[int, str, int],
    backward: bool,
    predicate: Predicate = True,
    inherited: frozenset[str] = frozenset(),
) -> tuple[list[Row], int]:
    """Versions of all entities of a kind that are meant, in a time span: (updated_at, id, version, doc, current).

    Newest first and older than `position`; or, backward, oldest first and newer than it. And how many there are in all.
    """
    at, entity_id, version = position
    params: dict[str, Any] = {
        "kind": kind, "start": start, "end": end, "at": at, "id": entity_id, "version": version, "limit": limit,
    }  # fmt: skip
    where = predicates.where(predicate, inherited, params)
    among = _AMONG.format(where=where) if where else ""
    statement = _HISTORY_BACK if backward else _HISTORY
    rows = tx.all(statement.format(where=where, among=among), params)
    total = tx.one(_COUNT_HISTORY.format(where=where, among=among), params)
    return rows, total[0] if total else 0
