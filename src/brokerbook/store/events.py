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
# A page in the order of time: rows are read along the index until there are enough.
_SINCE = (
    "SELECT timestamp, seq, doc FROM event WHERE timestamp >= :since AND (timestamp, seq) > (:since, :seq)"
    " AND (type || ' ' || kind) IN (SELECT value FROM json_each(:wanted)){among} ORDER BY timestamp, seq LIMIT :limit"
)
_AMONG = " AND (kind <> {kind} OR entity_id IN (SELECT entity.id FROM entity WHERE entity.kind = {kind}{where}))"

# Events are in the order of `seq`; an entity's first one has the time of its first version.
_COUNT = """
SELECT COUNT(*) FROM event WHERE seq > COALESCE((
    SELECT MAX(seq) FROM event WHERE entity_id = :id AND type = 'entityCreated' AND timestamp = (
        SELECT MIN(updated_at) FROM (
            SELECT updated_at FROM version WHERE entity_id = :id UNION ALL SELECT updated_at FROM entity WHERE id = :id
        ) AS state
    )
), 0)"""
_OF_KINDS = " AND kind IN (SELECT value FROM json_each(:kinds))"


def insert(tx: Tx, rows: Sequence[EventRow]) -> None:
    """Adds events."""
    tx.many(_INSERT, [row._asdict() for row in rows])


class Told(NamedTuple):
    """An event and its place in time."""

    timestamp: int
    seq: int
    doc: str


def since(
    tx: Tx,
    place: tuple[int, int],
    wanted: Sequence[tuple[str, str]],
    limit: int,
    meant: Sequence[tuple[str, Predicate, frozenset[str]]] = (),
) -> list[Told]:
    """The events of these (type, kind) pairs behind a place (time, number), oldest first.

    `meant` limits kinds to the entities that a predicate means: (kind, predicate, the fields that it inherits).
    """
    pairs = array(f"{event_type} {kind}" for event_type, kind in wanted)
    params: dict[str, Any] = {"since": place[0], "seq": place[1], "wanted": pairs, "limit": limit}
    among = ""
    for kind, predicate, inherited in meant:
        name = f"k{len(params)}"
        params[name] = kind
        among += _AMONG.format(kind=f":{name}", where=predicates.where(predicate, inherited, params))
    return [Told._make(row) for row in tx.all(_SINCE.format(among=among), params)]


def count_since(tx: Tx, entity_id: str, kinds: Sequence[str] | None) -> int:
    """How many events there were of these kinds (None: of all) since an entity was created."""
    params = {"id": entity_id} | ({"kinds": array(kinds)} if kinds is not None else {})
    row = tx.one(_COUNT + (_OF_KINDS if kinds is not None else ""), params)
    return row[0] if row is not None else 0
