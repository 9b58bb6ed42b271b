"""Sample data of topics: the last messages that somebody brought, as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from brokerbook.store.database import Tx

_FIND = "SELECT doc FROM sample_data WHERE entity_id = :id"
_KEEP = (
    "INSERT INTO sample_data (entity_id, doc) VALUES (:id, :doc)"
    " ON CONFLICT (entity_id) DO UPDATE SET doc = excluded.doc"
)
_DELETE = "DELETE FROM sample_data WHERE entity_id = :id"


def find(tx: Tx, entity_id: str) -> str | None:
    """A topic's sample data, if it has any."""
    row = tx.one(_FIND, {"id": entity_id})
    return row[0] if row else None


def keep(tx: Tx, entity_id: str, doc: str) -> None:
    """Stores sample data in the place of what was there."""
    tx.run(_KEEP, {"id": entity_id, "doc": doc})


def delete(tx: Tx, entity_id: str) -> None:
    """Removes it."""
    tx.run(_DELETE, {"id": entity_id})
