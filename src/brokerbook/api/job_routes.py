"""What became of work that was promised with a 202: an asynchronous delete, restore, bulk request, export or import."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from brokerbook.api import query
from brokerbook.api.http import Request, Response, json_response
from brokerbook.api.read_routes import viewer
from brokerbook.api.routing import Route
from brokerbook.engine import csv_export, jobs

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from brokerbook.store.database import Tx

PATH = "/v1/jobs"


def get_job(request: Request) -> Response | Awaitable[Response]:
    """GET of a job, by whom it was promised to."""
    job_id = query.uuid_in_path(request)
    told = request.context.database.peek(lambda tx: jobs.told(tx, request.actor, job_id))
    return _with_file(request, told) if told.action == "export" else json_response(told)


async def _with_file(request: Request, told: jobs.Told) -> Response:
    """An export's file is not kept: it is made for whoever asks, who may have lost the right to it."""
    reader = viewer(request)

    def exported(tx: Tx) -> str:
        return csv_export.export(tx, reader, told.entityType, entity_id=told.entityId)

    text = await request.context.database.read(exported)
    return json_response(msgspec.structs.replace(told, exportedCsv=text), headers=[(b"cache-control", b"no-store")])


ROUTES = (
    Route("GET", f"/api{PATH}/{{id}}", get_job, "Get what became of work that was promised", answers={200: jobs.Told}),
)
