"""The logs of runs, in parts of whole lines; lines are numbered from 0, and the oldest go when there are too many."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from brokerbook.store.database import Tx


class Log(NamedTuple):
    """A run's log: how many lines it ever had, how many bytes are kept, and when it was written to and closed (or not)."""

    lines: int
    bytes: int
    touched_at: int
    closed_at: int | None


class Part(NamedTuple):
    """Some lines that follow each other, from the one with that number on; each ends with a line end."""

    first_line: int
    lines: int
    text: str


_FIND = "SELECT lines, bytes, touched_at, closed_at FROM pipeline_log WHERE entity_id = :entity_id AND run_id = :run_id"
_PUT = (
    "INSERT INTO pipeline_log (entity_id, run_id, lines, bytes, touched_at, closed_at)"
    " VALUES (:entity_id, :run_id, :lines, :bytes, :touched_at, :closed_at)"
    " ON CONFLICT (entity_id, run_id) DO UPDATE SET lines = excluded.lines, bytes = excluded.bytes,"
    " touched_at = excluded.touched_at, closed_at = excluded.closed_at"
)
_ADD = (
    "INSERT INTO pipeline_log_part (entity_id, run_id, first_line, lines, bytes, text)"
    " VALUES (:entity_id, :run_id, :first_line, :lines, :bytes, :text)"
)
_OLDEST = (
    "SELECT first_line, bytes FROM pipeline_log_part WHERE entity_id = :entity_id AND run_id = :run_id"
    " ORDER BY first_line LIMIT 1"
)
_DROP = "DELETE FROM pipeline_log_part WHERE entity_id = :entity_id AND run_id = :run_id AND first_line = :first_line"
_AT = (
    "SELECT first_line, lines, text FROM pipeline_log_part WHERE entity_id = :entity_id AND run_id = :run_id"
    " AND first_line <= :line ORDER BY first_line DESC LIMIT 1"
)
_NEXT = (
    "SELECT first_line, lines, text FROM pipeline_log_part WHERE entity_id = :entity_id AND run_id = :run_id"
    " AND first_line >= :line ORDER BY first_line LIMIT 1"
)
_RUNS = (
    "SELECT run_id FROM pipeline_log WHERE entity_id = :entity_id ORDER BY touched_at DESC, run_id DESC LIMIT :limit"
)
_FORGET = tuple(
    f"DELETE FROM {table} WHERE entity_id = :entity_id AND run_id = :run_id"
    for table in ("pipeline_log", "pipeline_log_part")
)


def find(tx: Tx, entity_id: str, run_id: str) -> Log | None:
    """The log of a run."""
    row = tx.one(_FIND, {"entity_id": entity_id, "run_id": run_id})
    return Log._make(row) if row is not None else None


def put(tx: Tx, entity_id: str, run_id: str, log: Log) -> None:
    """Stores what is known of a run's log."""
    tx.run(_PUT, {"entity_id": entity_id, "run_id": run_id} | log._asdict())


def add(tx: Tx, entity_id: str, run_id: str, part: Part) -> None:
    """Adds lines."""
    size = len(part.text.encode())
    tx.run(_ADD, {"entity_id": entity_id, "run_id": run_id, "bytes": size} | part._asdict())


def drop_oldest(tx: Tx, entity_id: str, run_id: str, excess: int) -> int:
    """Removes the oldest parts of a log until so many bytes are gone; returns how many bytes went."""
    gone = 0
    key = {"entity_id": entity_id, "run_id": run_id}
    while gone < excess and (row := tx.one(_OLDEST, key)) is not None:
        tx.run(_DROP, key | {"first_line": row[0]})
        gone += row[1]
    return gone


def parts(tx: Tx, entity_id: str, run_id: str, line: int) -> Iterator[Part]:
    """What is kept from a line on, in order; the first part may begin before it."""
    key = {"entity_id": entity_id, "run_id": run_id}
    row = tx.one(_AT, key | {"line": line})
    if row is None or row[0] + row[1] <= line:
        row = tx.one(_NEXT, key | {"line": line})
    while row is not None:
        part = Part._make(row)
        yield part
        row = tx.one(_NEXT, key | {"line": part.first_line + part.lines})


def runs(tx: Tx, entity_id: str, limit: int) -> list[str]:
    """The runs of a pipeline that have logs, the one that was written to last first."""
    return [run_id for (run_id,) in tx.all(_RUNS, {"entity_id": entity_id, "limit": limit})]


def forget(tx: Tx, entity_id: str, run_id: str) -> None:
    """Removes the log of a run."""
    for statement in _FORGET:
        tx.run(statement, {"entity_id": entity_id, "run_id": run_id})
