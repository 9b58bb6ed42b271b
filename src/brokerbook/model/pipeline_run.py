"""What ingestion pipelines report of their runs, and what is told of it: statuses, progress, metrics, logs.

Contract, "PipelineStatus and steps" and "ProgressUpdate, metrics, logs". A number that was not sent is not shown.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from brokerbook.model.wire import Wire

Moment = Annotated[int, Meta(ge=0, le=2**53, description="Epoch milliseconds.")]
Count = Annotated[int, Meta(ge=-(2**53), le=2**53)]
Text = Annotated[str, Meta(max_length=512)]
RunId = Annotated[str, Meta(min_length=1, max_length=256, description="A UUID, most often.")]
PipelineState = Literal["queued", "success", "failed", "running", "partialSuccess", "stopped"]
ENDED = frozenset({"success", "failed", "partialSuccess", "stopped"})
"""The states in which a run is over."""


class StackTraceError(Wire, frozen=True, kw_only=True):
    """What went wrong with one asset."""

    name: str
    error: str
    stackTrace: str | None = None


class StepProgress(Wire, frozen=True, kw_only=True):
    total: Count | None = None
    processed: Count | None = None
    estimatedRemainingSeconds: Count | None = None


class OperationSummary(Wire, frozen=True, kw_only=True):
    """How often an operation was done, and how long it took, in milliseconds."""

    count: Count | None = None
    totalTimeMs: int | float | None = None
    avgTimeMs: int | float | None = None
    minTimeMs: int | float | None = None
    maxTimeMs: int | float | None = None


Summaries = dict[str, dict[str, dict[str, OperationSummary]]]
"""Category → operation → type of entity → its summary."""


class StepSummary(Wire, frozen=True, kw_only=True):
    """What one step of a run did."""

    name: str
    records: Count | None = None
    updated_records: Count | None = None
    warnings: Count | None = None
    errors: Count | None = None
    filtered: Count | None = None
    failures: list[StackTraceError] | None = None
    progress: dict[str, StepProgress] | None = None
    operationMetrics: Summaries | None = None
    sourceTimeMs: int | float | None = None
    sinkTimeMs: int | float | None = None


class PipelineStatus(Wire, frozen=True, kw_only=True):
    """One run of a pipeline; its `runId` says which."""

    runId: RunId
    pipelineState: PipelineState | None = None
    startDate: Moment | None = None
    timestamp: Moment
    endDate: Moment | None = None
    status: list[StepSummary] | None = None
    config: dict[str, Any] | None = None
    metadata: dict[str, Any] | None = None


class ProgressNode(Wire, frozen=True, kw_only=True):
    """How far a run is with what lies below one thing."""

    label: str | None = None
    entityType: str | None = None
    processed: Count | None = None
    expected: Count | None = None
    active: bool | None = None
    overflow: Count | None = None
    children: list[ProgressNode] | None = None


class GlobalCounter(Wire, frozen=True, kw_only=True):
    entityType: str | None = None
    done: Count | None = None
    total: Count | None = None


class ProgressUpdate(Wire, frozen=True, kw_only=True):
    """How far a run is."""

    runId: RunId
    timestamp: Moment
    updateType: Literal["DISCOVERY", "PROCESSING", "STEP_COMPLETE", "PIPELINE_COMPLETE", "ERROR"]
    stepName: str | None = None
    progress: ProgressNode | None = None
    globalCounters: list[GlobalCounter] | None = None
    estimatedSecondsRemaining: Count | None = None
    totalAssetsIngested: Count | None = None
    currentEntity: str | None = None
    message: str | None = None


LAST_UPDATES = frozenset({"PIPELINE_COMPLETE", "ERROR"})
"""The types of updates after which no other comes."""


class OperationMetric(Wire, frozen=True, kw_only=True):
    """One operation of a run."""

    category: Text
    operation: Text
    timestamp: Moment
    entityType: Text | None = None
    entityFqn: str | None = None
    durationMs: Annotated[int, Meta(ge=0, le=2**40)] | None = None
    success: bool | None = None
    errorMessage: str | None = None
    metadata: dict[str, Any] | None = None


class OperationMetricsBatch(Wire, frozen=True, kw_only=True):
    """Operations of one step of a run."""

    runId: RunId
    stepName: str
    batchTimestamp: Moment | None = None
    metrics: list[OperationMetric]


class OperationMetricsAggregation(Wire, frozen=True, kw_only=True):
    """All operations of a run, summed up by what they were."""

    runId: RunId
    timestamp: Moment
    byCategory: Summaries | None = None
    totalOperations: Count
    totalSuccessful: Count
    totalFailed: Count


class LogBatch(Wire, frozen=True, kw_only=True):
    """Lines of a run's log; `compressed` says that they are gzipped and in base64."""

    logs: str | None = None
    timestamp: Moment | None = None
    connectorId: Annotated[str, Meta(max_length=256)] | None = None
    compressed: bool = False
    lineCount: Count | None = None


class LogPage(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Lines of a run's log, where they go on, and how many there are in all."""

    logs: str
    after: str | None = None
    total: str | None = None


class LogRuns(Wire, frozen=True):
    """The runs that have logs, the newest first."""

    runs: list[str]


class LogStreamEvent(Wire, frozen=True, kw_only=True):
    """What a stream of a log tells."""

    eventType: Literal["logs", "complete", "error"]
    runId: str | None = None
    logs: str | None = None
    after: str | None = None
    replay: bool = False
    truncated: bool = False
    reason: Literal["runFinished", "idleTimeout", "maxDuration", "maxBytes"] | None = None
    message: str | None = None


class Said(Wire, frozen=True):
    """A sentence."""

    message: str
