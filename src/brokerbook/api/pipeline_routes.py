"""Routes that only ingestion pipelines have: what is reported of their runs, and the orchestrator that there is none of.

A pipeline is named by its fully qualified name, or by its id. Logs and streams have modules of their own.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec

from brokerbook.api import entity_routes, query
from brokerbook.api.entity_routes import answered, work, written
from brokerbook.api.http import JSON, Request, Response, json_response
from brokerbook.api.routing import JSON_TYPE, NOTHING, Route
from brokerbook.engine import pipeline_progress, pipeline_runs
from brokerbook.engine.pipeline_runs import KIND
from brokerbook.errors import BadRequest
from brokerbook.kinds.ingestion_pipeline import IngestionPipeline
from brokerbook.model.decoding import decode
from brokerbook.model.orchestration import PipelineServiceClientResponse
from brokerbook.model.pipeline_run import (
    OperationMetricsAggregation,
    OperationMetricsBatch,
    PipelineStatus,
    ProgressUpdate,
)
from brokerbook.model.wire import ChangeEvent, Paging, Preview, Uuid

if TYPE_CHECKING:
    from brokerbook.store.database import Tx

PATH = f"/api{KIND.path}"
_CHANGED = (b"x-openmetadata-change", b"entityFieldsChanged")
_NO_STORE = (b"cache-control", b"no-store")
_FAR = 2**62
_TEXT = (b"content-type", b"text/plain; charset=utf-8")
DONE = Response(200, [], b"")

# statuses


async def put_status(request: Request) -> Response:
    """PUT of what a run has to say; again replaces it as a whole."""
    said = decode(await request.body(), PipelineStatus)
    key = request.params["nameOrId"]
    told = await request.context.database.write(lambda tx: pipeline_runs.report(work(request, tx), key, said))
    return Response(201, [JSON, _CHANGED], told.encode())


async def get_statuses(request: Request) -> Response:
    """GET of statuses, newest first: the last few, or all of a time span."""
    start, end = (
        query.integer(request, name, 0, -_FAR, _FAR) if request.query.get(name) else None
        for name in ("startTs", "endTs")
    )
    limit = query.integer(request, "limit", 1, 1, _FAR) if request.query.get("limit") else None
    key = request.params["nameOrId"]
    texts = await request.context.database.read(
        lambda tx: pipeline_runs.listed(tx, request.actor, key, start=start, end=end, limit=limit)
    )
    before, after = (str(bound) if bound is not None else None for bound in (start, end))
    paging = msgspec.json.encode(Paging(total=len(texts), before=before, after=after)).decode()
    return Response(200, [JSON, _NO_STORE], f'{{"data":[{",".join(texts)}],"paging":{paging}}}'.encode())


async def get_status(request: Request) -> Response:
    """GET of one run's status; of a run that nobody knows, nothing: the client takes a 404 for a lost pipeline."""
    key, run_id = request.params["nameOrId"], request.params["runId"]
    text = await request.context.database.read(lambda tx: pipeline_runs.one(tx, request.actor, key, run_id))
    if text is None:
        return Response(204, [], b"")
    return Response(200, [JSON, _NO_STORE], text.encode())


async def delete_statuses(request: Request) -> Response:
    """DELETE of every run of a pipeline."""
    entity_id = query.uuid_in_path(request, "nameOrId")
    return answered(request, await written(request, KIND, lambda work: pipeline_runs.remove_all(work, entity_id)))


async def delete_status(request: Request) -> Response:
    """DELETE of one run."""
    entity_id, run_id = query.uuid_in_path(request, "nameOrId"), request.params["runId"]
    await request.context.database.write(lambda tx: pipeline_runs.remove(work(request, tx), entity_id, run_id))
    return Response(204, [], b"")


# progress and operations


async def put_progress(request: Request) -> Response:
    """PUT of how far a run is."""
    said = decode(await request.body(), ProgressUpdate)
    key, run_id = request.params["nameOrId"], query.uuid_in_path(request, "runId")
    await request.context.database.write(lambda tx: pipeline_progress.update(work(request, tx), key, run_id, said))
    return DONE


async def post_metrics(request: Request) -> Response:
    """POST of operations that a run has done."""
    said = decode(await request.body(), OperationMetricsBatch)
    key, run_id = request.params["nameOrId"], query.uuid_in_path(request, "runId")
    await request.context.database.write(lambda tx: pipeline_progress.add(work(request, tx), key, run_id, said))
    return DONE


async def get_metrics(request: Request) -> Response:
    """GET of all operations of a run, summed up."""
    key, run_id = request.params["nameOrId"], query.uuid_in_path(request, "runId")
    found = await request.context.database.read(lambda tx: pipeline_progress.operations(tx, request.actor, key, run_id))
    return json_response(found, headers=[_NO_STORE])


# an orchestrator, of which there is none

DISABLED = "Pipeline Client Disabled"
_RESPONSE = PipelineServiceClientResponse(code=200, platform="none", reason=DISABLED)


def get_orchestrator(_: Request) -> Response:
    """GET of how the orchestrator is."""
    return json_response(_RESPONSE, headers=[_NO_STORE])


def get_address(_: Request) -> Response:
    """GET of the orchestrator's address."""
    return Response(200, [_TEXT, _NO_STORE], DISABLED.encode())


async def orchestrate(operation: str, request: Request) -> Response:
    """POST of something to be done with a pipeline; there is nobody who could."""
    entity_id = query.uuid_in_path(request)
    await request.context.database.read(lambda tx: _allowed(tx, request, entity_id, operation))
    return json_response(_RESPONSE)


async def toggle(request: Request) -> Response:
    """POST to enable or disable a pipeline where it runs; it runs nowhere."""
    entity_id = query.uuid_in_path(request)
    await request.context.database.read(lambda tx: _allowed(tx, request, entity_id, "EditAll"))
    return Response(200, [_TEXT], DISABLED.encode())


async def deploy_many(request: Request) -> Response:
    """POST of the ids of pipelines to be deployed: an answer for each."""
    ids = [one.lower() for one in decode(await request.body(), list[Uuid])]

    def check(tx: Tx) -> None:
        for entity_id in dict.fromkeys(ids):
            _allowed(tx, request, entity_id, "Deploy")

    await request.context.database.read(check)
    return json_response([_RESPONSE] * len(ids))


def _allowed(tx: Tx, request: Request, entity_id: str, operation: str) -> None:
    pipeline_runs.allowed(tx, request.actor, entity_id, operation)


# deletes


async def delete_one(request: Request) -> Response:
    """DELETE by id; `force` says to go on without the orchestrator."""
    if request.flag("force"):
        if not request.flag("hardDelete"):
            raise BadRequest("Force deleting an ingestion pipeline requires hardDelete=true")
        pipeline_runs.check_force(request.actor)
    return await entity_routes.delete_one(KIND, request)


def _route(method: Any, below: str, handler: Any, summary: str, **more: Any) -> Route:
    if "body" in more:
        more["consumes"] = JSON_TYPE
    return Route(method, f"{PATH}{below}", handler, summary, kind=KIND.name, **more)


_STATUS = "/{nameOrId}/pipelineStatus"
_ONE_RUN = f"{_STATUS}/{{runId}}"
_RESPONSES = {200: PipelineServiceClientResponse}

ROUTES = (
    _route("PUT", _STATUS, put_status, "Report a run", body=PipelineStatus, answers={201: ChangeEvent}),
    _route(
        "GET", _STATUS, get_statuses, "List the runs of an ingestionPipeline",
        answers={200: {"list": PipelineStatus}}, query=("startTs", "endTs", "limit"),
    ),
    _route("GET", _ONE_RUN, get_status, "Get a run", answers={200: PipelineStatus, 204: None}),
    _route("DELETE", _STATUS, delete_statuses, "Forget all runs", answers={200: IngestionPipeline}),
    _route("DELETE", _ONE_RUN, delete_status, "Forget a run", answers={204: None}),
    _route(
        "PUT", "/progress/{nameOrId}/{runId}", put_progress, "Report how far a run is",
        body=ProgressUpdate, answers={200: NOTHING},
    ),
    _route(
        "POST", "/metrics/{nameOrId}/{runId}", post_metrics, "Report operations of a run",
        body=OperationMetricsBatch, answers={200: NOTHING},
    ),
    _route(
        "GET", "/metrics/{nameOrId}/{runId}", get_metrics, "Get the operations of a run, summed up",
        answers={200: OperationMetricsAggregation},
    ),
    _route("GET", "/status", get_orchestrator, "Get how the orchestrator is", answers=_RESPONSES),
    _route("GET", "/ip", get_address, "Get the orchestrator's address", answers={200: str}, produces="text/plain"),
    *(
        _route("POST", f"/{word}/{{id}}", partial(orchestrate, word.capitalize()), f"{word.capitalize()} an ingestionPipeline",
               answers=_RESPONSES)
        for word in ("deploy", "trigger", "kill")
    ),
    _route(
        "POST", "/toggleIngestion/{id}", toggle, "Enable or disable an ingestionPipeline where it runs",
        answers={200: str}, produces="text/plain",
    ),
    _route(
        "POST", "/bulk/deploy", deploy_many, "Deploy many ingestionPipelines",
        body=list[Uuid], answers={200: list[PipelineServiceClientResponse]},
    ),
    _route(
        "DELETE", "/{id}", delete_one, "Delete an ingestionPipeline by id",
        answers={200: (IngestionPipeline, Preview)}, query=("recursive", "hardDelete", "dryRun", "force"),
    ),
)  # fmt: skip
