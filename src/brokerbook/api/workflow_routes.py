"""Starting a workflow; the routes that workflows share with all kinds are in `entity_routes`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from brokerbook.api import query
from brokerbook.api.entity_routes import work
from brokerbook.api.http import Response, json_response
from brokerbook.api.routing import Route
from brokerbook.engine import workflows
from brokerbook.kinds.workflow import WORKFLOW
from brokerbook.model.orchestration import PipelineServiceClientResponse

if TYPE_CHECKING:
    from brokerbook.api.http import Request


async def trigger(request: Request) -> Response:
    entity_id = query.uuid_in_path(request)
    return json_response(
        await request.context.database.read(lambda tx: workflows.trigger(work(request, tx), entity_id))
    )


ROUTES = (
    Route(
        "POST", f"/api{WORKFLOW.path}/trigger/{{id}}", trigger, "Start a workflow, if an orchestrator is connected",
        answers={200: PipelineServiceClientResponse}, kind=WORKFLOW.name,
    ),
)  # fmt: skip
