"""Streams of how far the runs of ingestion pipelines are: of one run, or of all runs of a service's pipelines."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from brokerbook.api import query, streams
from brokerbook.api.pipeline_routes import PATH
from brokerbook.api.routing import Route
from brokerbook.engine import pipeline_progress
from brokerbook.engine.pipeline_runs import KIND
from brokerbook.model.pipeline_run import ProgressUpdate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from brokerbook.api.http import Request, Stream
    from brokerbook.engine.pipeline_progress import Watched
    from brokerbook.store.pipeline_runs import Update


async def stream_run(request: Request) -> Stream:
    """GET of a run's progress: the last known, then each update until the run is over."""
    key, run_id = request.params["nameOrId"], query.uuid_in_path(request, "runId")
    watched = await request.context.database.read(
        lambda tx: pipeline_progress.watched_run(tx, request.actor, key, run_id)
    )
    return _progress(request, watched)


async def stream_service(request: Request) -> Stream:
    """GET of the progress of all runs of a service: it goes on when one of them is over."""
    params = request.params
    watched = await request.context.database.read(
        lambda tx: pipeline_progress.watched_service(tx, request.actor, params["serviceType"], params["serviceFqn"])
    )
    return _progress(request, watched)


def _progress(request: Request, watched: Watched) -> Stream:
    database = request.context.database
    seq = -1

    async def poll() -> tuple[Sequence[bytes], bool]:
        nonlocal seq
        found = database.peek(
            lambda tx: (
                pipeline_progress.last_known(tx, watched) if seq < 0 else pipeline_progress.since(tx, watched, seq)
            )
        )
        seq = found[-1].seq if found else max(seq, 0)
        is_over = watched.run_id is not None and any(update.is_last for update in found)
        return [_told(watched, update) for update in found], is_over

    return streams.events(request.context, poll)


def _told(watched: Watched, update: Update) -> bytes:
    """An update; of one of several runs, with whose it is."""
    if watched.run_id is not None:
        return update.doc.encode()
    pipeline = watched.names[update.entity_id]
    event = msgspec.Raw(update.doc.encode())
    return msgspec.json.encode({"pipelineFqn": pipeline, "runId": update.run_id, "event": event})


ROUTES = (
    Route(
        "GET", f"{PATH}/progress/{{nameOrId}}/stream/{{runId}}", stream_run, "Follow the progress of a run",
        answers={200: ProgressUpdate}, produces=streams.TYPE, kind=KIND.name,
    ),
    Route(
        "GET", f"{PATH}/progress/service/{{serviceType}}/{{serviceFqn}}/stream", stream_service,
        "Follow the progress of all runs of a service",
        answers={200: ProgressUpdate}, produces=streams.TYPE, kind=KIND.name,
    ),
)  # fmt: skip
