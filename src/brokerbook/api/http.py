"""A request and a response as handlers see them: thin, lazy views over ASGI."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import parse_qsl, unquote_to_bytes

import msgspec

from brokerbook.errors import BadRequest, NotAuthenticated, PayloadTooLarge

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Mapping

    from brokerbook.access.actor import Actor
    from brokerbook.api.context import Context

Headers = list[tuple[bytes, bytes]]
JSON: tuple[bytes, bytes] = (b"content-type", b"application/json")
_HOST = re.compile(rb"[A-Za-z0-9.\-_:\[\]]{1,255}\Z")
_MOST_HOSTS = 64  # base URLs remembered; more names than this for one server means that somebody makes them up
_bases: dict[tuple[str, bytes], str] = {}


class Response(NamedTuple):
    """What a handler answers: a status, header pairs (lower-case names) and the whole body."""

    status: int
    headers: Headers
    body: bytes


class Stream(NamedTuple):
    """What a handler answers piece by piece, for as long as the caller listens; an empty piece is not sent."""

    status: int
    headers: Headers
    pieces: AsyncIterator[bytes]


def json_response(value: Any, status: int = 200, headers: Headers | None = None) -> Response:
    """A response that holds `value` as JSON."""
    return Response(status, [JSON, *(headers or ())], msgspec.json.encode(value))


class Request:
    """One HTTP request. `actor` is set before a handler runs, on every route that is not open."""

    __slots__ = (
        "_actor",
        "_query",
        "_receive",
        "context",
        "headers",
        "method",
        "most_bytes",
        "params",
        "raw_query",
        "scope",
    )

    def __init__(self, scope: Mapping[str, Any], receive: Callable[[], Awaitable[Any]], context: Context) -> None:
        self.scope = scope
        self.method: str = scope["method"]
        self.headers: dict[bytes, bytes] = dict(scope["headers"])
        self.raw_query: bytes = scope["query_string"]
        self.params: dict[str, str] = {}
        self.most_bytes: int | None = None
        self.context = context
        self._receive = receive
        self._query: dict[str, str] | None = None
        self._actor: Actor | None = None

    @property
    def actor(self) -> Actor:
        """The caller. Asking for him on an open route without a token is 401, never a guess."""
        if self._actor is None:
            raise NotAuthenticated("Not Authorized! Token not present")
        return self._actor

    @actor.setter
    def actor(self, actor: Actor) -> None:
        self._actor = actor

    @property
    def known_actor(self) -> Actor | None:
        """The caller if he is known, for the log."""
        return self._actor

    @property
    def query(self) -> dict[str, str]:
        """The query's parameters; of a repeated one the first counts, as the real server has it."""
        if self._query is None:
            self._query = dict(reversed(self._pairs())) if self.raw_query else {}
        return self._query

    def every(self, name: str) -> list[str]:
        """The values of a parameter that may be repeated, in order."""
        return [value for key, value in self._pairs() if key == name]

    def _pairs(self) -> list[tuple[str, str]]:
        try:
            return parse_qsl(
                self.raw_query.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=100
            )
        except ValueError as error:
            raise BadRequest("The query string is not valid percent-encoded UTF-8.") from error

    def flag(self, name: str) -> bool:
        """A boolean parameter: only the text `true`, in any case, is true."""
        return self.query.get(name, "").lower() == "true"

    @property
    def base(self) -> str:
        """The address that links are built on, without `/api`: as configured, else as the caller addressed us."""
        if (public := self.context.settings.public_url) is not None:
            return public
        scheme = self.scope.get("scheme", "http")
        host = self.headers.get(b"host", b"")
        base = _bases.get((scheme, host))
        if base is None:
            if not _HOST.match(host):
                server = self.scope.get("server") or ("127.0.0.1", 8585)
                return f"{scheme}://{server[0]}:{server[1]}"
            base = f"{scheme}://{host.decode('ascii')}"
            if len(_bases) < _MOST_HOSTS:
                _bases[(scheme, host)] = base
        return base

    async def body(self) -> bytes:
        """The whole body; one above the configured limit is refused before it is read."""
        limit = self.context.settings.max_body_bytes
        if self.most_bytes is not None:
            limit = min(limit, self.most_bytes)
        declared = self.headers.get(b"content-length")
        if declared is not None and declared.isdigit() and int(declared) > limit:
            raise PayloadTooLarge(f"The body has {int(declared)} bytes; the limit is {limit}.")
        message = await self._receive()
        body: bytes = message.get("body", b"")
        if not message.get("more_body"):
            if len(body) > limit:
                raise PayloadTooLarge(f"The body is larger than the limit of {limit} bytes.")
            return body
        chunks, size = [body], len(body)
        while message.get("more_body"):
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise BadRequest("The connection was closed before the body was complete.")
            chunk = message.get("body", b"")
            size += len(chunk)
            if size > limit:
                raise PayloadTooLarge(f"The body is larger than the limit of {limit} bytes.")
            chunks.append(chunk)
        return b"".join(chunks)


def unquoted(segment: bytes) -> str:
    """One path segment, percent-decoded; bytes that are not UTF-8 are a BadRequest."""
    try:
        return (unquote_to_bytes(segment) if b"%" in segment else segment).decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadRequest("The path is not valid percent-encoded UTF-8.") from error
