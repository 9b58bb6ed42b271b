"""Log lines: one form for all that the process tells, written so that telling never harms serving.

A line never holds a header, a query or a body. As a second line of defence, whatever looks like a token is blacked out
in every record, wherever it came from.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import logging
import os
import re
import select
import stat
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from brokerbook.settings import Settings

LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}

MOST_WAITING = 1024 * 1024  # bytes that wait for a reader; what comes above is dropped and counted
_AT_ONCE = 4096  # what a pipe that is ready takes without blocking (PIPE_BUF)
_LAST_SECONDS = 1.0

REDACTED = "[redacted]"
_TOKEN = re.compile(
    r"\b(?P<scheme>bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}"  # an Authorization header's value
    r"|\beyJ[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*){1,4}",  # a JSON Web Token, signed or not
    re.IGNORECASE,
)


def redacted(text: str) -> str:
    """The text with everything blacked out that looks like a token."""
    return _TOKEN.sub(lambda match: f"{match['scheme']} {REDACTED}" if match["scheme"] else REDACTED, text)


def timestamp(seconds: float) -> str:
    """An epoch time as log lines have it: ISO 8601 in UTC, with milliseconds."""
    whole = int(seconds)
    return f"{_to_second(whole)}.{int((seconds - whole) * 1000):03d}Z"


@functools.lru_cache(maxsize=4)
def _to_second(whole: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(whole))


def shown(text: str) -> str:
    """The text without characters that could forge a line or command a terminal."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in text)


class Sink:
    """Where lines go: a file descriptor that may be a file, a terminal or a pipe that nobody reads.

    Writing never raises and never waits: what cannot be written now is tried again with the next line, and at the end.
    """

    def __init__(self, descriptor: int | None) -> None:
        self.dropped = 0
        """Lines that could not be written: the descriptor is closed, or nobody reads."""
        self._waiting = bytearray()
        self._lock = threading.Lock()
        self._poll: select.poll | None = None
        self._descriptor: int | None = None
        with contextlib.suppress(OSError):
            if descriptor is not None:
                # A duplicate: should the original be closed, its number may come to mean another file.
                self._descriptor = os.dup(descriptor)
                if not stat.S_ISREG(os.fstat(self._descriptor).st_mode):
                    self._poll = select.poll()
                    self._poll.register(self._descriptor, select.POLLOUT)

    def write(self, lines: bytes) -> None:
        """Writes whole lines, or as much as can be written now."""
        with self._lock:
            if len(self._waiting) + len(lines) > MOST_WAITING:
                self.dropped += lines.count(b"\n")
            else:
                self._waiting += lines
            self._drain()

    def close(self) -> None:
        """Writes what waits, for at most a second, and lets go of the descriptor."""
        deadline = time.monotonic() + _LAST_SECONDS
        with self._lock:
            self._drain()
            while self._waiting and self._poll is not None and (left := deadline - time.monotonic()) > 0:
                self._poll.poll(left * 1000)
                self._drain()
            self._give_up()
            if self._descriptor is not None:
                os.close(self._descriptor)
                self._descriptor = None

    def _drain(self) -> None:
        if self._descriptor is None:
            self._give_up()
            return
        try:
            while self._waiting:
                if self._poll is None:
                    written = os.write(self._descriptor, self._waiting)
                elif self._poll.poll(0):
                    written = os.write(self._descriptor, self._waiting[:_AT_ONCE])
                else:
                    return
                del self._waiting[:written]
        except BlockingIOError:
            return
        except OSError:
            self._give_up()

    def _give_up(self) -> None:
        self.dropped += self._waiting.count(b"\n")
        self._waiting.clear()


class _JsonFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "ts": timestamp(record.created),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": redacted(record.getMessage()),
        }
        if record.exc_info:
            line["exception"] = redacted(self.formatException(record.exc_info))
        return msgspec.json.encode(line).decode()


class _TextFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        text = record.getMessage()
        if record.exc_info:
            text += f"\n{self.formatException(record.exc_info)}"
        # Lines after the first are set in, so that no text can pass for a line of its own.
        lines = "\n    ".join(shown(line) for line in redacted(text).splitlines())
        return f"{timestamp(record.created)} {record.levelname.lower():7} {record.name}: {lines}"


class _Handler(logging.Handler):
    def __init__(self, sink: Sink) -> None:
        super().__init__()
        self.sink = sink

    def emit(self, record: logging.LogRecord) -> None:
        try:
            line = self.format(record)
        except Exception as error:  # noqa: BLE001  telling must not harm what it tells about
            broken = logging.LogRecord(
                record.name, logging.ERROR, record.pathname, record.lineno,
                "a record cannot be formatted: %s", (type(error).__name__,), None,
            )  # fmt: skip
            line = self.format(broken)
        self.sink.write(line.encode("utf-8", "backslashreplace") + b"\n")


_sinks: list[Sink] = []


def sink() -> Sink:
    """Where this process's lines go: standard error, opened at first use."""
    if not _sinks:
        _sinks.append(Sink(_standard_error()))
        atexit.register(_sinks[0].close)
    return _sinks[0]


def _standard_error() -> int | None:
    try:
        return sys.__stderr__.fileno() if sys.__stderr__ is not None else None
    except (OSError, ValueError):
        return None


def configure(settings: Settings) -> None:
    """Sends every logger's records to the one sink, in the format and from the level that the settings say."""
    level = LEVELS[settings.log_level]
    handler = _Handler(sink())
    handler.setFormatter(_JsonFormatter() if settings.log_format == "json" else _TextFormatter())
    root = logging.getLogger()
    for other in root.handlers[:]:
        if isinstance(other, _Handler):
            root.removeHandler(other)
    root.addHandler(handler)
    # Libraries speak up when something is wrong; the server's good news is told by `serve` and by request lines.
    root.setLevel(max(level, logging.WARNING))
    logging.getLogger("brokerbook").setLevel(level)
