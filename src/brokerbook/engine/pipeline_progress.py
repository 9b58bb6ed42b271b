"""How far the runs of ingestion pipelines are, and what they have done on the way: updates, and operations summed up.

Of each run the last updates are kept, so that whoever listens misses none, whichever process it was that heard of it.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from brokerbook.access import policy
from brokerbook.engine import facts, pipeline_runs, read, run_secrets
from brokerbook.engine.pipeline_runs import KIND, REPORT
from brokerbook.errors import BadRequest, EntityNotFound
from brokerbook.kinds import KINDS
from brokerbook.model.pipeline_run import (
    LAST_UPDATES,
    OperationMetricsAggregation,
    OperationSummary,
    Summaries,
)
from brokerbook.store import entities
from brokerbook.store import pipeline_runs as store
from brokerbook.store.pipeline_runs import Operations, Update

if TYPE_CHECKING:
    from collections.abc import Mapping

    from brokerbook.access.actor import Actor
    from brokerbook.engine.write import Work
    from brokerbook.model.pipeline_run import OperationMetric, OperationMetricsBatch, ProgressUpdate
    from brokerbook.store.database import Tx

MOST_UPDATES = 50
"""The updates of a run that are kept: the newest."""
LARGEST_UPDATE = 256 * 1024
"""Bytes of one update."""
MOST_OPERATIONS = 1000
"""How many different operations of a run are told apart."""
OTHERS = "others"
"""What operations beyond those are summed up as."""
_AT_ONCE = 100


def update(work: Work, key: str, run_id: str, said: ProgressUpdate) -> None:
    """Notes how far a run is."""
    row = pipeline_runs.allowed(work.tx, work.actor, key, REPORT)
    _check_run(run_id, said.runId)
    told = run_secrets.masking(work.tx, work.sealer, row)(msgspec.to_builtins(said))
    text = msgspec.json.encode(told).decode()
    pipeline_runs.check_size(text, LARGEST_UPDATE, f"The progress of run {run_id}")
    # a time in microseconds, so that numbers go on rising when the last rows are gone
    new = Update(time.time_ns() // 1000, row.id, run_id, int(said.updateType in LAST_UPDATES), text)
    store.add_update(work.tx, new, most=MOST_UPDATES)
    pipeline_runs.heard(work, row, run_id)


def _check_run(run_id: str, said: str) -> None:
    if pipeline_runs.run_key(said) != run_id:
        raise BadRequest("runId names another run than the path does. Send the report to the path of its own run.")


class Watched(NamedTuple):
    """What a stream of progress tells of: a run of a pipeline, or (`run_id`: None) all runs of several."""

    names: Mapping[str, str]
    """Entity id → fully qualified name."""
    run_id: str | None


def watched_run(tx: Tx, actor: Actor, key: str, run_id: str) -> Watched:
    """One run, if the caller may see it; it need not be known yet."""
    row = pipeline_runs.allowed(tx, actor, key, "ViewAll")
    return Watched({row.id: row.fqn}, run_id)


def watched_service(tx: Tx, actor: Actor, service_type: str, fqn: str) -> Watched:
    """All runs of a service's pipelines, as far as the caller may see those."""
    kind = KINDS.get(service_type)
    if kind is None or KIND.name not in kind.children:
        raise EntityNotFound.of(service_type, fqn)
    service = read.find(tx, kind, name=fqn, include="non-deleted")
    policy.check(actor, ("ViewAll",), facts.of_row(tx, kind, service))
    rows = [row for row in entities.children(tx, service.id) if row.kind == KIND.name and not row.deleted]
    return Watched(
        {row.id: row.fqn for row in rows if policy.allows(actor, "ViewAll", facts.of_row(tx, KIND, row))}, None
    )


def last_known(tx: Tx, watched: Watched) -> list[Update]:
    """The last known progress of what is watched."""
    if watched.run_id is None:
        return store.newest_updates(tx, watched.names)
    found = store.newest_update(tx, next(iter(watched.names)), watched.run_id)
    return [found] if found is not None else []


def since(tx: Tx, watched: Watched, seq: int) -> list[Update]:
    """What has come after an update, in order."""
    if watched.run_id is None:
        return store.updates_of_many(tx, watched.names, after=seq, limit=_AT_ONCE)
    return store.updates(tx, next(iter(watched.names)), watched.run_id, after=seq, limit=_AT_ONCE)


# operations


def add(work: Work, key: str, run_id: str, said: OperationMetricsBatch) -> None:
    """Adds operations to what a run has done."""
    row = pipeline_runs.allowed(work.tx, work.actor, key, REPORT)
    _check_run(run_id, said.runId)
    known = {(one.category, one.operation, one.entity_type) for one in store.operations(work.tx, row.id, run_id)}
    mask = run_secrets.masking(work.tx, work.sealer, row)
    found: dict[tuple[str, str, str], Operations] = {}
    for metric in said.metrics:
        named = (metric.category, mask(metric.operation), metric.entityType or "")
        if named not in known and len(known) >= MOST_OPERATIONS:
            named = (OTHERS, OTHERS, "")
        known.add(named)
        found[named] = _summed(found.get(named), _counted(named, metric))
    store.add_operations(work.tx, row.id, run_id, list(found.values()))
    pipeline_runs.heard(work, row, run_id)


def _counted(named: tuple[str, str, str], metric: OperationMetric) -> Operations:
    took = metric.durationMs
    return Operations(*named, 1, int(metric.success is False), int(took is not None), took or 0, took, took)


def _summed(one: Operations | None, other: Operations) -> Operations:
    if one is None:
        return other
    low = [ms for ms in (one.min_ms, other.min_ms) if ms is not None]
    high = [ms for ms in (one.max_ms, other.max_ms) if ms is not None]
    return one._replace(
        n=one.n + other.n,
        failed=one.failed + other.failed,
        timed=one.timed + other.timed,
        total_ms=one.total_ms + other.total_ms,
        min_ms=min(low, default=None),
        max_ms=max(high, default=None),
    )


def operations(tx: Tx, actor: Actor, key: str, run_id: str) -> OperationMetricsAggregation:
    """All operations of a run, summed up; none if nothing was told of any."""
    row = pipeline_runs.allowed(tx, actor, key, "ViewAll")
    found: Summaries = {}
    n = failed = 0
    for one in store.operations(tx, row.id, run_id):
        n, failed = n + one.n, failed + one.failed
        summary = OperationSummary(
            count=one.n,
            totalTimeMs=one.total_ms,
            avgTimeMs=one.total_ms / one.timed if one.timed else None,
            minTimeMs=one.min_ms,
            maxTimeMs=one.max_ms,
        )
        found.setdefault(one.category, {}).setdefault(one.operation, {})[one.entity_type] = summary
    return OperationMetricsAggregation(
        runId=run_id,
        timestamp=time.time_ns() // 1_000_000,
        byCategory=found,
        totalOperations=n,
        totalSuccessful=n - failed,
        totalFailed=failed,
    )
