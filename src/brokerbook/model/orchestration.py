"""What is told of whatever starts programs, such as ingestion and workflows: an orchestrator, if there is one."""

from __future__ import annotations

from brokerbook.model.wire import Wire

NO_ORCHESTRATOR = "No orchestrator is connected: nothing is started from here. OpenMetadata's ingestion client runs it."


class PipelineServiceClientResponse(Wire, frozen=True, kw_only=True):
    """What an orchestrator answered: a status as HTTP has it, and why."""

    code: int
    platform: str
    reason: str | None = None
    version: str | None = None
    runId: str | None = None
