"""What ingestion pipelines report of their runs: statuses, the last updates of progress, and operations summed up.

Entity ids are pipelines'. A run's id is text; whose runs it is among, the pipeline says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from brokerbook.store.database import array

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from brokerbook.store.database import Tx


class Run(NamedTuple):
    """A run: when it was last heard of, and its status (JSON), if there is one, with the time and state in it."""

    entity_id: str
    run_id: str
    touched_at: int
    timestamp: int | None
    state: str | None
    doc: str | None


_PUT = (
    "INSERT INTO pipeline_run (entity_id, run_id, touched_at, timestamp, state, doc)"
    " VALUES (:entity_id, :run_id, :touched_at, :timestamp, :state, :doc)"
    " ON CONFLICT (entity_id, run_id) DO UPDATE SET touched_at = excluded.touched_at,"
    " timestamp = excluded.timestamp, state = excluded.state, doc = excluded.doc"
)
_TOUCH = (
    "INSERT INTO pipeline_run (entity_id, run_id, touched_at) VALUES (:entity_id, :run_id, :now)"
    " ON CONFLICT (entity_id, run_id) DO UPDATE SET touched_at = excluded.touched_at"
)
_STATUS = "SELECT doc FROM pipeline_run WHERE entity_id = :entity_id AND run_id = :run_id"
_STATE = "SELECT state FROM pipeline_run WHERE entity_id = :entity_id AND run_id = :run_id"


def put(tx: Tx, run: Run) -> None:
    """Stores a run's status in the place of the one that it had."""
    tx.run(_PUT, run._asdict())


def touch(tx: Tx, entity_id: str, run_id: str, now: int) -> None:
    """Notes that something was heard of a run."""
    tx.run(_TOUCH, {"entity_id": entity_id, "run_id": run_id, "now": now})


def status(tx: Tx, entity_id: str, run_id: str) -> str | None:
    """A run's status, or None if there is none."""
    row = tx.one(_STATUS, {"entity_id": entity_id, "run_id": run_id})
    return row[0] if row is not None else None


def state(tx: Tx, entity_id: str, run_id: str) -> str | None:
    """The state that a run's status says, if any."""
    row = tx.one(_STATE, {"entity_id": entity_id, "run_id": run_id})
    return row[0] if row is not None else None


_SHOWN = "(state IS NULL OR state <> 'queued' OR timestamp >= :queued_since)"
_STATUSES = (
    f"SELECT doc FROM pipeline_run WHERE entity_id = :entity_id AND timestamp BETWEEN :start AND :end AND {_SHOWN}"
    " ORDER BY timestamp DESC, run_id DESC LIMIT :limit"
)
# Which they are, the index says alone; only their documents are read.
_NEWEST = (
    "SELECT r.entity_id, r.doc FROM (SELECT entity_id, run_id, ROW_NUMBER() OVER"
    " (PARTITION BY entity_id ORDER BY timestamp DESC, run_id DESC) AS place FROM pipeline_run"
    f" WHERE entity_id IN (SELECT value FROM json_each(:ids)) AND timestamp IS NOT NULL AND {_SHOWN}) AS placed"
    " JOIN pipeline_run r ON r.entity_id = placed.entity_id AND r.run_id = placed.run_id"
    " WHERE place <= :limit ORDER BY r.entity_id, place"
)


def statuses(tx: Tx, entity_id: str, *, start: int, end: int, limit: int, queued_since: int) -> list[str]:
    """The statuses in a time span, newest first; without those that have been queued since before a time."""
    params = {"entity_id": entity_id, "start": start, "end": end, "limit": limit, "queued_since": queued_since}
    return [doc for (doc,) in tx.all(_STATUSES, params)]


def newest(tx: Tx, ids: Iterable[str], *, limit: int, queued_since: int) -> list[tuple[str, str]]:
    """As `statuses`, the newest of many pipelines: (entity id, status)."""
    return [(e, doc) for e, doc in tx.all(_NEWEST, {"ids": array(ids), "limit": limit, "queued_since": queued_since})]


_PARTS = ("pipeline_progress", "pipeline_metric", "pipeline_log", "pipeline_log_part", "pipeline_run")
_FORGET = tuple(
    f"DELETE FROM {table} WHERE entity_id = :entity_id AND run_id IN (SELECT value FROM json_each(:run_ids))"
    for table in _PARTS
)
_FORGET_ALL = tuple(f"DELETE FROM {table} WHERE entity_id = :entity_id" for table in _PARTS)
_BEYOND = (
    "SELECT run_id FROM pipeline_run WHERE entity_id = :entity_id"
    " ORDER BY touched_at DESC, run_id DESC LIMIT 1000000 OFFSET :most"
)


def forget(tx: Tx, entity_id: str, run_ids: Sequence[str]) -> None:
    """Removes runs of a pipeline with all that belongs to them."""
    for statement in _FORGET:
        tx.run(statement, {"entity_id": entity_id, "run_ids": array(run_ids)})


def forget_all(tx: Tx, entity_id: str) -> None:
    """Removes every run of a pipeline."""
    for statement in _FORGET_ALL:
        tx.run(statement, {"entity_id": entity_id})


def beyond(tx: Tx, entity_id: str, most: int) -> list[str]:
    """The runs of a pipeline besides the `most` of which something was heard last."""
    return [run_id for (run_id,) in tx.all(_BEYOND, {"entity_id": entity_id, "most": most})]


# progress


class Update(NamedTuple):
    """One update of a run's progress (JSON), and the number by which it comes after others."""

    seq: int
    entity_id: str
    run_id: str
    is_last: int
    doc: str


_LAST_SEQ = "SELECT COALESCE(MAX(seq), 0) FROM pipeline_progress"
_ADD_UPDATE = (
    "INSERT INTO pipeline_progress (seq, entity_id, run_id, is_last, doc)"
    " VALUES (:seq, :entity_id, :run_id, :is_last, :doc)"
)
_DROP_UPDATES = (
    "DELETE FROM pipeline_progress WHERE entity_id = :entity_id AND run_id = :run_id AND seq <="
    " (SELECT seq FROM pipeline_progress WHERE entity_id = :entity_id AND run_id = :run_id"
    " ORDER BY seq DESC LIMIT 1 OFFSET :most)"
)
_COLUMNS = "seq, entity_id, run_id, is_last, doc"
_NEWEST_UPDATE = (
    f"SELECT {_COLUMNS} FROM pipeline_progress WHERE entity_id = :entity_id AND run_id = :run_id"
    " ORDER BY seq DESC LIMIT 1"
)
_UPDATES = (
    f"SELECT {_COLUMNS} FROM pipeline_progress WHERE entity_id = :entity_id AND run_id = :run_id AND seq > :seq"
    " ORDER BY seq LIMIT :limit"
)
_NEWEST_UPDATES = (
    f"SELECT {_COLUMNS} FROM pipeline_progress WHERE seq IN (SELECT MAX(seq) FROM pipeline_progress"
    " WHERE entity_id IN (SELECT value FROM json_each(:ids)) GROUP BY entity_id) ORDER BY seq"
)
_UPDATES_OF_MANY = (
    f"SELECT {_COLUMNS} FROM pipeline_progress WHERE seq > :seq"
    " AND entity_id IN (SELECT value FROM json_each(:ids)) ORDER BY seq LIMIT :limit"
)


def add_update(tx: Tx, update: Update, *, most: int) -> None:
    """Adds an update after all others, whatever its `seq` says if that is not above theirs; keeps the `most` newest."""
    row = tx.one(_LAST_SEQ)
    seq = max(update.seq, (row[0] if row is not None else 0) + 1)
    tx.run(_ADD_UPDATE, update._replace(seq=seq)._asdict())
    tx.run(_DROP_UPDATES, {"entity_id": update.entity_id, "run_id": update.run_id, "most": most})


def newest_update(tx: Tx, entity_id: str, run_id: str) -> Update | None:
    """The last known progress of a run."""
    row = tx.one(_NEWEST_UPDATE, {"entity_id": entity_id, "run_id": run_id})
    return Update._make(row) if row is not None else None


def updates(tx: Tx, entity_id: str, run_id: str, *, after: int, limit: int) -> list[Update]:
    """The updates of a run after a number, in order."""
    params = {"entity_id": entity_id, "run_id": run_id, "seq": after, "limit": limit}
    return [Update._make(row) for row in tx.all(_UPDATES, params)]


def newest_updates(tx: Tx, ids: Iterable[str]) -> list[Update]:
    """The last known progress of each of these pipelines."""
    return [Update._make(row) for row in tx.all(_NEWEST_UPDATES, {"ids": array(ids)})]


def updates_of_many(tx: Tx, ids: Iterable[str], *, after: int, limit: int) -> list[Update]:
    """The updates of these pipelines after a number, in order."""
    return [Update._make(r) for r in tx.all(_UPDATES_OF_MANY, {"ids": array(ids), "seq": after, "limit": limit})]


# operations


class Operations(NamedTuple):
    """How often a run did something: `timed` of `n` times said how long it took, in milliseconds."""

    category: str
    operation: str
    entity_type: str
    n: int
    failed: int
    timed: int
    total_ms: int
    min_ms: int | None
    max_ms: int | None


_ADD_OPERATIONS = (
    "INSERT INTO pipeline_metric (entity_id, run_id, category, operation, entity_type, n, failed, timed, total_ms,"
    " min_ms, max_ms) VALUES (:entity_id, :run_id, :category, :operation, :entity_type, :n, :failed, :timed, :total_ms,"
    " :min_ms, :max_ms) ON CONFLICT (entity_id, run_id, category, operation, entity_type) DO UPDATE SET"
    " n = pipeline_metric.n + excluded.n, failed = pipeline_metric.failed + excluded.failed,"
    " timed = pipeline_metric.timed + excluded.timed, total_ms = pipeline_metric.total_ms + excluded.total_ms,"
    " min_ms = CASE WHEN excluded.min_ms < COALESCE(pipeline_metric.min_ms, excluded.min_ms + 1)"
    " THEN excluded.min_ms ELSE pipeline_metric.min_ms END,"
    " max_ms = CASE WHEN excluded.max_ms > COALESCE(pipeline_metric.max_ms, excluded.max_ms - 1)"
    " THEN excluded.max_ms ELSE pipeline_metric.max_ms END"
)
_OPERATIONS = (
    "SELECT category, operation, entity_type, n, failed, timed, total_ms, min_ms, max_ms FROM pipeline_metric"
    " WHERE entity_id = :entity_id AND run_id = :run_id ORDER BY category, operation, entity_type"
)


def add_operations(tx: Tx, entity_id: str, run_id: str, found: Sequence[Operations]) -> None:
    """Adds to what a run has done."""
    if found:
        tx.many(_ADD_OPERATIONS, [{"entity_id": entity_id, "run_id": run_id} | one._asdict() for one in found])


def operations(tx: Tx, entity_id: str, run_id: str) -> list[Operations]:
    """What a run has done."""
    return [Operations._make(row) for row in tx.all(_OPERATIONS, {"entity_id": entity_id, "run_id": run_id})]
