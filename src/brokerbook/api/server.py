"""The ASGI application: finds the route, the caller, runs the handler, turns errors into answers, tells the telemetry.

Every route is denied unless its caller is known or the route says `open`; a path that is no route is denied alike.
What a token is limited to is checked here as well, before any handler runs.
"""

from __future__ import annotations

import itertools
import logging
import secrets
import time
import traceback
from typing import TYPE_CHECKING, Any

from brokerbook.access.scope import check_route
from brokerbook.api.auth import ForeignToken
from brokerbook.api.errors import response_of
from brokerbook.api.http import Request, Response, Stream
from brokerbook.api.routing import JSON_TYPE
from brokerbook.api.streams import admitted, told
from brokerbook.errors import CatalogError, NotAcceptable, UnsupportedMediaType

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from brokerbook.api.context import Context
    from brokerbook.api.routing import Route, Router
    from brokerbook.api.telemetry import Telemetry

_log = logging.getLogger(__name__)
_MOST_FROM_ANYBODY = 64 * 1024  # a login is small; nobody unknown is to make us read more
_NOSNIFF = (b"x-content-type-options", b"nosniff")


class Api:
    """The API as an ASGI application."""

    def __init__(self, router: Router, context: Context, telemetry: Telemetry) -> None:
        self.router = router
        self.context = context
        self.lifespan: Callable[[Any, Any], Awaitable[None]] = _no_lifespan
        """What begins and ends with the server, as ASGI's lifespan protocol has it."""
        self._telemetry = telemetry
        self._prefix = secrets.token_hex(4)
        self._numbers = itertools.count(1)

    async def __call__(
        self, scope: dict[str, Any], receive: Callable[[], Awaitable[Any]], send: Callable[[Any], Awaitable[None]]
    ) -> None:
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self.lifespan(receive, send)
            return
        started = time.perf_counter()
        number = f"{self._prefix}{next(self._numbers):08x}"
        request = Request(scope, receive, self.context)
        route: Route | None = None
        try:
            try:
                route = self._find(request)
                self._admit(request, route)
            except ForeignToken:
                await self.context.authenticator.welcome(request)
                route = self._find(request)
                self._admit(request, route)
            answer = route.handler(request)
            response: Response | Stream = answer if type(answer) is Response else await answer
            if type(response) is Stream:
                admitted(self.context)
        except CatalogError as error:
            response = response_of(error)
            if error.__cause__ is not None:
                _log.warning("request %s: %s: %r", number, error.message, error.__cause__)
        except Exception as error:  # noqa: BLE001  the last resort: logged, never shown
            response = response_of(error)
            # The exception's own text may repeat what the caller sent; its type and place say enough.
            frames = "".join(traceback.format_tb(error.__traceback__))
            _log.error("request %s failed with %s\n%s", number, type(error).__name__, frames)
        if isinstance(response, Stream):
            self._telemetry.record(request, route, number, response.status, 0, time.perf_counter() - started)
            headers = [*response.headers, (b"x-request-id", number.encode()), _NOSNIFF]
            await told(self.context, response._replace(headers=headers), scope["method"], receive, send)
            return
        status, headers, body = response
        headers = [*headers, (b"content-length", b"%d" % len(body)), (b"x-request-id", number.encode()), _NOSNIFF]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body if scope["method"] != "HEAD" else b""})
        self._telemetry.record(request, route, number, status, len(body), time.perf_counter() - started)

    def _find(self, request: Request) -> Route:
        """The route of a request; what is none is nobody's business but a known caller's."""
        try:
            route, request.params = self.router.match(request.method, request.scope["raw_path"])
        except CatalogError:
            request.actor = self.context.authenticator.actor(request)
            raise
        return route

    def _admit(self, request: Request, route: Route) -> None:
        """Lets a request through to its route: its caller is known, what it brings and wants is what the route has."""
        headers = request.headers
        if not route.open:
            request.actor = actor = self.context.authenticator.actor(request)
            if actor.scope is not None and not route.any_scope:
                check_route(actor, actor.scope, route.method, route.kind)
        else:
            request.most_bytes = _MOST_FROM_ANYBODY
        if route.consumes is not None:
            _check_content_type(headers.get(b"content-type"), route.consumes)
        accepted = headers.get(b"accept")
        if accepted is not None and accepted != b"*/*" and not _accepts(accepted, route.produces.encode()):
            raise NotAcceptable


async def _no_lifespan(_receive: Any, _send: Any) -> None:
    """Nothing begins or ends."""


def _check_content_type(given: bytes | None, wanted: bytes) -> None:
    if given is not None and given != wanted and given.split(b";", 1)[0].strip().lower() != wanted:
        raise UnsupportedMediaType


def _accepts(accepted: bytes, produced: bytes) -> bool:
    # The few answers that are plain text go to JSON clients as well: they ask for JSON on every route.
    whole, _, _ = produced.partition(b"/")
    for part in accepted.lower().split(b","):
        media, *parameters = (piece.strip() for piece in part.split(b";"))
        if media in (produced, JSON_TYPE, b"application/*", b"*/*", whole + b"/*", b"*") and b"q=0" not in parameters:
            return True
    return False
