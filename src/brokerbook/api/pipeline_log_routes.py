"""Routes of the logs that the runs of ingestion pipelines send: in batches, read by line, followed as they grow."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Any

import msgspec

from brokerbook.api import query, streams
from brokerbook.api.entity_routes import work
from brokerbook.api.http import Request, Response, Stream, json_response
from brokerbook.api.pipeline_routes import PATH
from brokerbook.api.routing import JSON_TYPE, NOTHING, Route
from brokerbook.engine import pipeline_logs, pipeline_runs
from brokerbook.engine.pipeline_runs import KIND
from brokerbook.errors import BadRequest
from brokerbook.model.decoding import decode
from brokerbook.model.pipeline_run import LogBatch, LogPage, LogRuns, LogStreamEvent, Said

if TYPE_CHECKING:
    from collections.abc import Sequence

    from brokerbook.store.database import Tx

_NO_STORE = (b"cache-control", b"no-store")
_LARGE_BODY = 64 * 1024  # above it, unpacking would hold up other requests and goes to a thread
_MOST_LINES = 100_000
_MOST_RUNS = 1000
_FAR = 2**53
_AT_ONCE = 1000
_BYTES = "application/octet-stream"


def _batch(body: bytes) -> str:
    """The lines of a body: an object, or just a text."""
    start = body.lstrip()[:1]
    if start == b'"':
        return pipeline_logs.content(LogBatch(logs=decode(body, str)))
    if start != b"{":
        raise BadRequest("Invalid log data format")
    return pipeline_logs.content(decode(body, LogBatch))


async def post_logs(request: Request) -> Response:
    """POST of lines; none at all is no fault, and stores nothing."""
    key, run_id = request.params["nameOrId"], query.uuid_in_path(request, "runId")
    body = await request.body()
    text = await asyncio.to_thread(_batch, body) if len(body) > _LARGE_BODY else _batch(body)
    row = await request.context.database.write(lambda tx: pipeline_logs.append(work(request, tx), key, run_id, text))
    session = re.sub(r"[^A-Za-z0-9]", "_", row.fqn)
    cookie = f"PIPELINE_SESSION={session}_{run_id}; Path=/; Max-Age=86400"
    return Response(200, [(b"set-cookie", cookie.encode())], b"")


async def close_log(request: Request) -> Response:
    """POST that says that a log is complete; what else it says is not looked at."""
    key, run_id = request.params["nameOrId"], query.uuid_in_path(request, "runId")
    await request.body()
    await request.context.database.write(lambda tx: pipeline_logs.close(work(request, tx), key, run_id))
    return json_response(Said("Log stream closed successfully"))


def _start(request: Request) -> int:
    """The line to begin with: after a page, or (the client's own word) so many lines on."""
    return query.integer(request, "after", query.integer(request, "offset", 0, 0, _FAR), 0, _FAR)


async def get_logs(request: Request) -> Response:
    """GET of some lines of a run's log."""
    key, run_id = request.params["nameOrId"], query.uuid_in_path(request, "runId")
    start, limit = _start(request), query.integer(request, "limit", 1000, 1, _MOST_LINES)
    page = await request.context.database.read(
        lambda tx: pipeline_logs.page(tx, request.actor, key, run_id, start=start, limit=limit)
    )
    return json_response(page, headers=[_NO_STORE])


async def get_runs(request: Request) -> Response:
    """GET of the runs that have logs."""
    key, limit = request.params["nameOrId"], query.integer(request, "limit", 10, 1, _MOST_RUNS)
    found = await request.context.database.read(lambda tx: pipeline_logs.runs(tx, request.actor, key, limit))
    return json_response(LogRuns(found), headers=[_NO_STORE])


async def get_last(request: Request) -> Response:
    """GET of some lines of the newest log, under the name of the pipeline's task."""
    key = request.params["nameOrId"]
    start, limit = _start(request), query.integer(request, "limit", 1000, 1, _MOST_LINES)
    pipeline_type, _, page = await request.context.database.read(
        lambda tx: pipeline_logs.last(tx, request.actor, key, start=start, limit=limit)
    )
    found: dict[str, str] = {}
    if page is not None:
        found[pipeline_logs.task(pipeline_type)] = page.logs
        found |= {name: value for name in ("after", "total") if (value := getattr(page, name)) is not None}
    return json_response(found, headers=[_NO_STORE])


async def download_last(request: Request) -> Response:
    """GET of all of the newest log, as a file."""
    key = request.params["nameOrId"]
    run_id, text = await request.context.database.read(lambda tx: pipeline_logs.whole_last(tx, request.actor, key))
    headers = [
        (b"content-type", _BYTES.encode()),
        (b"content-disposition", f'attachment; filename="{run_id}.log"'.encode()),
        _NO_STORE,
    ]
    return Response(200, headers, text.encode())


async def stream_logs(request: Request) -> Stream:
    """GET of a run's log as it grows, from a line on."""
    key, run_id = request.params["nameOrId"], query.uuid_in_path(request, "runId")
    line, database = _start(request), request.context.database
    row = await database.read(lambda tx: pipeline_runs.allowed(tx, request.actor, key, "ViewAll"))

    def grown(tx: Tx) -> tuple[pipeline_logs.Lines, bool]:
        found = pipeline_logs.lines(tx, row.id, run_id, start=line, limit=_AT_ONCE)
        return found, not found.text and pipeline_logs.is_over(tx, row.id, run_id)

    async def poll() -> tuple[Sequence[str], bool]:
        nonlocal line
        found, is_over = await database.read(grown)
        if is_over:
            return [streams.encoded(LogStreamEvent(eventType="complete", runId=run_id, reason="runFinished"))], True
        if not found.text:
            return [], False
        line = found.following
        told = LogStreamEvent(
            eventType="logs", runId=run_id, logs=found.text, after=str(line), truncated=found.lost > 0
        )
        return [streams.encoded(told)], False

    end = LogStreamEvent(eventType="complete", runId=run_id, reason="maxDuration")
    return streams.events(request.context, poll, streams.encoded(end))


_LOG = f"{PATH}/logs/{{nameOrId}}"
_RUN = f"{_LOG}/{{runId}}"
_LINES = ("after", "limit")


def _route(method: Any, template: str, handler: Any, summary: str, **more: Any) -> Route:
    return Route(method, template, handler, summary, kind=KIND.name, slashes="nameOrId", **more)


ROUTES = (
    _route(
        "POST", _RUN, post_logs, "Send lines of a run's log",
        consumes=JSON_TYPE, body=LogBatch, answers={200: NOTHING},
    ),
    _route(
        "POST", f"{_RUN}/close", close_log, "Say that a run's log is complete",
        consumes=JSON_TYPE, body=msgspec.Raw, answers={200: Said},
    ),
    _route("GET", _RUN, get_logs, "Get lines of a run's log", answers={200: LogPage}, query=_LINES),
    _route("GET", _LOG, get_runs, "List the runs that have logs", answers={200: LogRuns}, query=("limit",)),
    _route(
        "GET", f"{_LOG}/last", get_last, "Get lines of the newest log",
        answers={200: dict[str, str]}, query=_LINES,
    ),
    _route(
        "GET", f"{_LOG}/last/download", download_last, "Get the newest log as a file",
        answers={200: bytes}, produces=_BYTES,
    ),
    _route(
        "GET", f"{_LOG}/stream/{{runId}}", stream_logs, "Follow a run's log",
        answers={200: LogStreamEvent}, query=("after",), produces=streams.TYPE,
    ),
)  # fmt: skip
