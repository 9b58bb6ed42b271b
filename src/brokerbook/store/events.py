"""What happened, in the order of commits. An event is a row of the transaction that it tells of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from brokerbook.store import predicates
from brokerbook.store.database import array

if TYPE_CHECKING:
    from collections.abc import Sequence

    from brokerbook.access.predicates import Predicate
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
    "{among} ORDER BY timestamp, seq LIMIT :limit"
)
_AMONG = " AND (kind <> {kind} OR entity_id IN (SELECT entity.id FROM entity WHERE entity.kind = {kind}{where}))"


def insert(tx: Tx, rows: Sequence[EventRow]) -> None:
    """Adds events."""
    tx.many(_INSERT, [row._asdict() for row in rows])


def since(
    tx: Tx,
    timestamp: int,
    wanted: Sequence[tuple[str, str]],
    limit: int,
    meant: Sequence[tuple[str, Predicate, frozenset[str]]] = (),
) -> list[str]:
    """The events of these (type, kind) pairs from a time on, oldest first, as JSON texts.

    `meant` limits kinds to the entities that a predicate means: (kind, predicate, the fields that it inherits).
    """
    pairs = array(f"{event_type} {kind}" for event_type, kind in wanted)
    params: dict[str, Any] = {"since": timestamp, "wanted": pairs, "limit": limit}
    among = ""
    for kind, predicate, inherited in meant:
        name = f"k{len(params)}"
        params[name] = kind
        among += _AMONG.format(kind=f":{name}", where=predicates.where(predicate, inherited, params))
    return [doc for (doc,) in tx.all(_SINCE.format(among=among), params)]
