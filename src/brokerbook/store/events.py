"""What happened, in the order of commits. An event is a row of the transaction that it tells of."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from brokerbook.store.database import array

if TYPE_CHECKING:
    from collections.abc import Sequence

    from brokerbook.store.database import Tx


class EventRow(NamedTuple):
    """One change event: `doc` is the event as the wire shows it."""

    type: str
    kind: str
    entity_id: str
    timestamp: int
    doc: str


_INSERT = (
    "INSERT INTO event (type, kind, entity_id, timestamp, doc) VALUES (:type, :kind, :entity_id, :timestamp, :doc)"
)
# A time-ordered page; the caller filters by type and kind while it reads.
_SINCE = (
    "SELECT doc FROM event WHERE timestamp >= :since AND (type || ' ' || kind) IN (SELECT value FROM json_each(:wanted))"
    " ORDER BY timestamp, seq LIMIT :limit"
)


def insert(tx: Tx, rows: Sequence[EventRow]) -> None:
    """Adds events."""
    tx.many(_INSERT, [row._asdict() for row in rows])


def since(tx: Tx, timestamp: int, wanted: Sequence[tuple[str, str]], limit: int) -> list[str]:
    """The events of these (type, kind) pairs from a time on, oldest first, as JSON texts."""
    pairs = array(f"{event_type} {kind}" for event_type, kind in wanted)
    return [doc for (doc,) in tx.all(_SINCE, {"since": timestamp, "wanted": pairs, "limit": limit})]
