"""The runs of ingestion pipelines: what their statuses say. Progress is in `pipeline_progress`, logs in `pipeline_logs`.

Rules: contract, "PipelineStatus and steps". A run is upserted by its id; what it reports makes no version. Kept are the
newest runs of each pipeline, through a soft delete too; a hard one removes them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

from brokerbook.access import policy
from brokerbook.engine import events, facts, latest_runs, read, run_secrets, snapshots, veil
from brokerbook.engine.state import load
from brokerbook.engine.write import Outcome
from brokerbook.errors import PayloadTooLarge, RouteNotFound
from brokerbook.kinds import KINDS
from brokerbook.store import pipeline_runs as store

if TYPE_CHECKING:
    from brokerbook.access.actor import Actor
    from brokerbook.engine.write import Work
    from brokerbook.kinds.kind import Document
    from brokerbook.model.pipeline_run import PipelineStatus
    from brokerbook.store.database import Tx
    from brokerbook.store.entities import EntityRow

KIND = KINDS["ingestionPipeline"]
REPORT = "EditIngestionPipelineStatus"

MOST_RUNS = 500
"""The runs of a pipeline that are kept: those of which something was heard last."""
LARGEST_STATUS = 1024 * 1024
"""Bytes of one run's status."""
_UUID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\Z")


def find(tx: Tx, key: str, *, include: str = "non-deleted") -> EntityRow:
    """A pipeline by its fully qualified name, or by its id."""
    if _UUID.match(key):
        return read.find(tx, KIND, entity_id=key.lower(), include=include)
    return read.find(tx, KIND, name=key, include=include)


def allowed(tx: Tx, actor: Actor, key: str, operation: str) -> EntityRow:
    """A live pipeline to which the caller may do something."""
    row = find(tx, key)
    policy.check(actor, (operation,), facts.of_row(tx, KIND, row))
    return row


def run_key(run_id: str) -> str:
    """A run's id as it is looked up: the case of a UUID tells nothing."""
    return run_id.lower() if _UUID.match(run_id) else run_id


def heard(work: Work, row: EntityRow, run_id: str) -> None:
    """Notes that a run has reported something; of too many, the one that was silent for longest goes."""
    store.touch(work.tx, row.id, run_id, work.now)
    _drop_old(work, row)


def _drop_old(work: Work, row: EntityRow) -> None:
    if old := store.beyond(work.tx, row.id, MOST_RUNS):
        store.forget(work.tx, row.id, old)


def report(work: Work, key: str, said: PipelineStatus) -> str:
    """Stores the status of a run in the place of the one that it had; returns the change event as JSON text."""
    row = allowed(work.tx, work.actor, key, REPORT)
    status: Document = msgspec.to_builtins(said)
    for field in ("config", "metadata"):
        if field in status:
            status[field] = run_secrets.free_form(status[field])
    status = run_secrets.masking(work.tx, work.sealer, row)(status)
    text = msgspec.json.encode(status).decode()
    check_size(text, LARGEST_STATUS, f"The status of run {said.runId}")
    run_id = run_key(said.runId)
    before = store.status(work.tx, row.id, run_id)
    store.put(work.tx, store.Run(row.id, run_id, work.now, said.timestamp, said.pipelineState, text))
    _drop_old(work, row)
    changed: Document = {"name": "pipelineStatus", "newValue": status}
    if before is not None:
        changed["oldValue"] = msgspec.json.decode(before)
    return _event(work, row, changed)


def _event(work: Work, row: EntityRow, changed: Document) -> str:
    change: Document = {
        "fieldsAdded": [],
        "fieldsUpdated": [changed],
        "fieldsDeleted": [],
        "previousVersion": row.version / 10,
    }
    links = load(work.tx, work.sealer, KIND, row).state.links
    whole = snapshots.text(work.tx, KIND, row, links)
    told = events.row(work, KIND, row, "entityUpdated", whole, links, change=change)
    events.emit(work, told)
    return veil.drawn_event(work.tx, work.actor, KIND, row, told.doc)


def listed(tx: Tx, actor: Actor, key: str, *, start: int | None, end: int | None, limit: int | None) -> list[str]:
    """Statuses as JSON, newest first: all in a time span (epoch milliseconds), or the newest few."""
    row = allowed(tx, actor, key, "ViewBasic")
    most = MOST_RUNS if start is not None or end is not None else latest_runs.SHOWN
    return store.statuses(
        tx,
        row.id,
        start=start if start is not None else 0,
        end=end if end is not None else 2**62,
        limit=min(limit, most) if limit is not None else most,
        queued_since=latest_runs.queued_since(),
    )


def one(tx: Tx, actor: Actor, key: str, run_id: str) -> str | None:
    """The status of a run as JSON; None if nothing is known of it. What can be no run's id names no route."""
    row = allowed(tx, actor, key, "ViewAll")
    found = store.status(tx, row.id, run_key(run_id))
    if found is None and not _UUID.match(run_id):
        raise RouteNotFound
    return found


def remove_all(work: Work, entity_id: str) -> Outcome:
    """Removes every run of a pipeline, which stays as it is."""
    row = allowed(work.tx, work.actor, entity_id, "Delete")
    store.forget_all(work.tx, row.id)
    return _as_it_is(work, row)


def remove(work: Work, entity_id: str, run_id: str) -> None:
    """Removes a run with its progress and logs; one that is not known is gone already."""
    row = allowed(work.tx, work.actor, entity_id, "Delete")
    store.forget(work.tx, row.id, [run_key(run_id)])


def _as_it_is(work: Work, row: EntityRow) -> Outcome:
    state = load(work.tx, work.sealer, KIND, row).state
    return Outcome(KIND, row, row.doc, state.links, state.secrets, "entityNoChange")


def forget(work: Work, row: EntityRow, hard: bool) -> None:  # noqa: FBT001  as for every kind
    """Removes the runs of a pipeline that goes for good."""
    if hard:
        store.forget_all(work.tx, row.id)


def check_force(actor: Actor) -> None:
    """Refuses a delete with force to all but administrators."""
    policy.check_admin(actor)


def check_size(text: str, most: int, what: str) -> None:
    """Refuses a text that is longer than `most` bytes."""
    if len(text) > most or len(text.encode()) > most:
        raise PayloadTooLarge(f"{what} is larger than the limit of {most} bytes.")


class _Said(msgspec.Struct):
    pipelineType: str


_said = msgspec.json.Decoder(_Said)


def type_of(row: EntityRow) -> str:
    """The type of a pipeline."""
    return _said.decode(row.doc).pipelineType
