"""The logs of runs: taken in batches, kept in whole lines, read by line.

Rules: contract, "ProgressUpdate, metrics, logs". What is kept is bounded: of each log the last lines, and of each
pipeline the logs that were written to last.
"""

from __future__ import annotations

import base64
import binascii
import zlib
from typing import TYPE_CHECKING, NamedTuple

from brokerbook.engine import pipeline_runs, run_secrets
from brokerbook.errors import EntityNotFound, PayloadTooLarge
from brokerbook.model.pipeline_run import ENDED, LogPage
from brokerbook.store import pipeline_logs as store
from brokerbook.store import pipeline_runs as runs_store
from brokerbook.store.pipeline_logs import Log, Part

if TYPE_CHECKING:
    from collections.abc import Iterator

    from brokerbook.access.actor import Actor
    from brokerbook.engine.write import Work
    from brokerbook.model.pipeline_run import LogBatch
    from brokerbook.store.database import Tx
    from brokerbook.store.entities import EntityRow

LARGEST_BATCH = 8 * 1024 * 1024
"""Characters of one batch, unpacked."""
LARGEST_LOG = 8 * 1024 * 1024
"""Bytes of one run's log that are kept; then the oldest lines go."""
MOST_LOGS = 20
"""The logs of a pipeline that are kept."""
_PART = 256 * 1024  # characters: what goes at once when a log grows too long
_GZIP = 31  # zlib's word for "with gzip's header"
_TASKS = {
    "TestSuite": "test_suite_task",
    "dataInsight": "data_insight_task",
    "elasticSearchReindex": "elasticsearch_reindex_task",
    "autoClassification": "auto_classification_task",
    "metadata": "ingestion_task",
    "policyAgent": "policy_agent_task",
}


def task(pipeline_type: str) -> str:
    """What the task of a pipeline of this type is called, under which its last log is told."""
    return _TASKS.get(pipeline_type, f"{pipeline_type}_task")


def content(batch: LogBatch) -> str:
    """The lines of a batch, unpacked; what cannot be unpacked as it came. Never reads more than is allowed."""
    text = batch.logs or ""
    if batch.compressed:
        text = _unpacked(text)
    if len(text) > LARGEST_BATCH:
        raise PayloadTooLarge(f"The logs are larger than the limit of {LARGEST_BATCH} characters. Send them in parts.")
    text = text.replace("\x00", "�").replace("\r\n", "\n")
    return f"[{batch.connectorId}] {text}" if text and batch.connectorId else text


def _unpacked(text: str) -> str:
    try:
        packed = base64.b64decode(text, validate=True)
        inflating = zlib.decompressobj(_GZIP)
        found = inflating.decompress(packed, LARGEST_BATCH + 1)
        if len(found) > LARGEST_BATCH:
            raise PayloadTooLarge(
                f"The logs unpack to more than the limit of {LARGEST_BATCH} bytes. Send them in parts."
            )
        return found.decode("utf-8", "replace") if inflating.eof else text
    except (binascii.Error, ValueError, zlib.error):
        return text


def append(work: Work, key: str, run_id: str, text: str) -> EntityRow:
    """Adds lines to a run's log; a log that was closed is open again. No text adds nothing."""
    row = pipeline_runs.allowed(work.tx, work.actor, key, "EditAll")
    if not text:
        return row
    text = run_secrets.masking(work.tx, work.sealer, row)(text)
    known = store.find(work.tx, row.id, run_id) or Log(0, 0, work.now, None)
    lines, size = known.lines, known.bytes
    for part in _parts(text if text.endswith("\n") else f"{text}\n", lines):
        store.add(work.tx, row.id, run_id, part)
        lines, size = part.first_line + part.lines, size + len(part.text.encode())
    if size > LARGEST_LOG:
        size -= store.drop_oldest(work.tx, row.id, run_id, size - LARGEST_LOG)
    store.put(work.tx, row.id, run_id, Log(lines, size, work.now, None))
    _heard(work, row, run_id)
    return row


def _parts(text: str, first_line: int) -> Iterator[Part]:
    """The lines of a text in parts of a size that can go at once; a line that is too long for one is broken."""
    start = 0
    while start < len(text):
        end = text.rfind("\n", start, start + _PART + 1)
        whole = end >= 0
        end = end if whole else start + _PART
        part = f"{text[start:end]}\n"
        yield Part(first_line, n := part.count("\n"), part)
        first_line, start = first_line + n, end + whole


def close(work: Work, key: str, run_id: str) -> None:
    """Says that no more lines come; of a run without a log, that it has an empty one."""
    row = pipeline_runs.allowed(work.tx, work.actor, key, "EditAll")
    known = store.find(work.tx, row.id, run_id) or Log(0, 0, work.now, None)
    store.put(work.tx, row.id, run_id, known._replace(closed_at=work.now))
    _heard(work, row, run_id)


def _heard(work: Work, row: EntityRow, run_id: str) -> None:
    for old in store.runs(work.tx, row.id, MOST_LOGS + 1)[MOST_LOGS:]:
        store.forget(work.tx, row.id, old)
    pipeline_runs.heard(work, row, run_id)


def runs(tx: Tx, actor: Actor, key: str, limit: int) -> list[str]:
    """The runs that have logs, the one that was written to last first."""
    row = pipeline_runs.allowed(tx, actor, key, "ViewAll")
    return store.runs(tx, row.id, limit)


class Lines(NamedTuple):
    """Lines as text, the number of the one after them, how many there are in all, and how many are kept no more."""

    text: str
    following: int
    total: int
    lost: int


def page(tx: Tx, actor: Actor, key: str, run_id: str, *, start: int, limit: int) -> LogPage:
    """Some lines of a run's log, from one on; a run without a log has none."""
    row = pipeline_runs.allowed(tx, actor, key, "ViewAll")
    return _page(lines(tx, row.id, run_id, start=start, limit=limit))


def _page(found: Lines) -> LogPage:
    after = str(found.following) if found.following < found.total else None
    return LogPage(logs=found.text, after=after, total=str(found.total))


def last(tx: Tx, actor: Actor, key: str, *, start: int, limit: int) -> tuple[str, str, LogPage | None]:
    """(type of the pipeline, run, some lines) of the log that was written to last; None if there is none."""
    row = pipeline_runs.allowed(tx, actor, key, "ViewAll")
    pipeline_type = pipeline_runs.type_of(row)
    found = store.runs(tx, row.id, 1)
    if not found:
        return pipeline_type, "", None
    return pipeline_type, found[0], _page(lines(tx, row.id, found[0], start=start, limit=limit))


def whole_last(tx: Tx, actor: Actor, key: str) -> tuple[str, str]:
    """(run, all lines that are kept) of the log that was written to last; EntityNotFound if there is none."""
    row = pipeline_runs.allowed(tx, actor, key, "ViewAll")
    found = store.runs(tx, row.id, 1)
    if not found:
        raise EntityNotFound(f"No run of {row.fqn} has a log.")
    return found[0], lines(tx, row.id, found[0], start=0, limit=2**62).text


def lines(tx: Tx, entity_id: str, run_id: str, *, start: int, limit: int) -> Lines:
    """Lines of a log from one on. Where some of those are kept no more, a line says so in their place."""
    log = store.find(tx, entity_id, run_id)
    if log is None:
        return Lines("", start, 0, 0)
    texts: list[str] = []
    following, lost = start, 0
    for part in store.parts(tx, entity_id, run_id, start):
        if part.first_line > following:
            lost = part.first_line - following
            texts.append(f"[{lost} older lines are no longer kept]\n")
            following = part.first_line
        first, most = following - part.first_line, limit - (following - start - lost)
        every = part.text.split("\n", min(first + most, part.lines))[first:-1]
        texts += (f"{line}\n" for line in every)
        following += len(every)
        if following - start - lost >= limit:
            break
    return Lines("".join(texts), following, log.lines, lost)


def is_over(tx: Tx, entity_id: str, run_id: str) -> bool:
    """Whether no more lines are to be expected: the log was closed, or the run has ended."""
    log = store.find(tx, entity_id, run_id)
    return (log is not None and log.closed_at is not None) or runs_store.state(tx, entity_id, run_id) in ENDED
