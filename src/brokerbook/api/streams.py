"""Answers that go on for as long as the caller listens: server-sent events, which each process reads from the store.

A stream asks the store again and again, so that it does not matter which process was told. It ends by itself after a
while; whoever wants more asks again, and is admitted, or not, as any other.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from typing import TYPE_CHECKING, Any

import msgspec

from brokerbook.api.http import Stream
from brokerbook.errors import CatalogError, Unavailable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

    from brokerbook.api.context import Context

_log = logging.getLogger(__name__)

MOST_STREAMS = 256
"""How many one process serves at once."""
POLL_SECONDS = 0.5
HEARTBEAT_SECONDS = 25.0
LONGEST_SECONDS = 15 * 60.0
_GRACE_SECONDS = 60.0  # what a caller may take to read what he was sent last
_HEADERS = [
    (b"content-type", b"text/event-stream"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),  # a proxy that waits for the end of an answer would keep it all to itself
]
TYPE = "text/event-stream"


def admitted(context: Context) -> None:
    """Refuses one stream more than a process serves."""
    if context.streams >= MOST_STREAMS:
        raise Unavailable(f"{MOST_STREAMS} streams are open, which is the most. Try again later.", 30)


def events(
    context: Context,
    poll: Callable[[], Awaitable[tuple[Sequence[str | bytes], bool]]],
    at_the_end: str | None = None,
) -> Stream:
    """A stream of unnamed events, each a JSON text. `poll` gives what is new, and whether that is all.

    `at_the_end` is told last to a caller whose stream has become too old.
    """

    async def pieces() -> AsyncIterator[bytes]:
        began = told_at = time.monotonic()
        while True:
            found, is_all = await poll()
            for text in found:
                yield _event(text)
            if is_all:
                return
            now = time.monotonic()
            if context.is_stopping() or now - began > LONGEST_SECONDS:
                if at_the_end is not None:
                    yield _event(at_the_end)
                return
            if found:
                told_at = now
            elif now - told_at >= HEARTBEAT_SECONDS:
                told_at = now
                yield b": heartbeat\n\n"
            yield b""
            await asyncio.sleep(POLL_SECONDS)

    return Stream(200, _HEADERS, pieces())


def _event(text: str | bytes) -> bytes:
    data = text.encode() if isinstance(text, str) else text
    return b"data: " + data + b"\n\n"


def encoded(value: msgspec.Struct) -> str:
    """A struct as the text of an event."""
    return msgspec.json.encode(value).decode()


async def told(
    context: Context,
    stream: Stream,
    method: str,
    receive: Callable[[], Awaitable[Any]],
    send: Callable[[Any], Awaitable[None]],
) -> None:
    """Sends a stream until it ends or the caller is gone."""
    await send({"type": "http.response.start", "status": stream.status, "headers": stream.headers})
    context.streams += 1
    gone = asyncio.ensure_future(_gone(receive))
    try:
        async with asyncio.timeout(LONGEST_SECONDS + _GRACE_SECONDS):
            async for piece in stream.pieces:
                if gone.done() or method == "HEAD":
                    break
                if piece:
                    await send({"type": "http.response.body", "body": piece, "more_body": True})
            await send({"type": "http.response.body", "body": b""})
    except (CatalogError, TimeoutError) as error:  # what was begun cannot be taken back: the stream breaks off
        _log.warning("a stream broke off: %r", error)
        with contextlib.suppress(Exception):
            await send({"type": "http.response.body", "body": b""})
    finally:
        context.streams -= 1
        gone.cancel()


async def _gone(receive: Callable[[], Awaitable[Any]]) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
