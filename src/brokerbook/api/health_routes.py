"""What supervisors and Prometheus ask: does the process live, can it serve, how much does it do.

`/readyz` tells the truth about storage. Once a commit has failed, the catalog is not ready until a write succeeds
again; since nobody may send writes to a server that is not ready, each question then makes one that changes nothing.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

from brokerbook.api.http import Response, json_response
from brokerbook.api.routing import Route
from brokerbook.errors import Unavailable
from brokerbook.model.wire import Wire

if TYPE_CHECKING:
    from collections.abc import Iterable

    from brokerbook.api.http import Request
    from brokerbook.settings import Settings

_PATIENCE_SECONDS = 2.0
_NOT_STORED = (b"cache-control", b"no-store")
_METRICS = "/metrics"


class Status(Wire, frozen=True):
    """All is well; what is not is told by an error."""

    status: str


def livez(_: Request) -> Response:
    """Answers as long as the event loop turns."""
    return json_response(Status(status="ok"), headers=[_NOT_STORED])


async def readyz(request: Request) -> Response:
    """503 with what is wrong by name, if requests cannot be served as they should."""
    database = request.context.database
    try:
        database.data_version()
    except Unavailable as error:
        raise Unavailable(f"reads: failing. {error.message}", error.retry_after) from error.__cause__
    if not database.writer_lives:
        raise Unavailable("writes: stopped. The writer has ended; the server must be started again.", 5)
    if database.failing is not None:
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                await database.touch()
        except Unavailable as error:
            raise Unavailable(f"writes: failing. {error.message}", error.retry_after) from error.__cause__
        except TimeoutError:
            raise Unavailable(f"writes: failing. {database.failing}", 5) from None
    return json_response(Status(status="ok"), headers=[_NOT_STORED])


async def metrics(request: Request) -> Response:
    """Prometheus's text format."""
    # Made on another thread: it takes milliseconds, and the first time the library is loaded.
    body = await asyncio.to_thread(request.context.telemetry.metrics)
    return Response(200, [(b"content-type", b"text/plain; version=0.0.4; charset=utf-8"), _NOT_STORED], body)


ROUTES = (
    Route("GET", "/livez", livez, "Whether the process lives", open=True, answers={200: Status}),
    Route("GET", "/readyz", readyz, "Whether requests can be served", open=True, answers={200: Status}),
    Route("GET", _METRICS, metrics, "Numbers for Prometheus", answers={200: str}, produces="text/plain"),
)


def opened(table: Iterable[Route], settings: Settings) -> list[Route]:
    """The route table with the metrics open to anybody, if the settings say so."""
    if settings.metrics_access != "open":
        return list(table)
    return [replace(route, open=True) if route.template == _METRICS else route for route in table]
