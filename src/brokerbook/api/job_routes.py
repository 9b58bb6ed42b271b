"""What became of work that was promised with a 202: an asynchronous delete, restore or bulk request."""

from __future__ import annotations

from brokerbook.api import query
from brokerbook.api.http import Request, Response, json_response
from brokerbook.api.routing import Route
from brokerbook.engine import jobs

PATH = "/v1/jobs"


def get_job(request: Request) -> Response:
    """GET of a job, by whom it was promised to."""
    job_id = query.uuid_in_path(request)
    return json_response(request.context.database.peek(lambda tx: jobs.told(tx, request.actor, job_id)))


ROUTES = (
    Route("GET", f"/api{PATH}/{{id}}", get_job, "Get what became of work that was promised", answers={200: jobs.Told}),
)
