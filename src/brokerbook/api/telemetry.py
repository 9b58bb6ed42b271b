"""What is told of each request: one line in the log, and numbers for Prometheus.

This is on the way of every request, so counting is an addition in a list, and the lines of all requests that are
answered in one turn of the event loop are put together and written at once.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from bisect import bisect_left
from itertools import accumulate
from typing import TYPE_CHECKING

import msgspec

from brokerbook import __version__
from brokerbook.api import logs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from prometheus_client import Metric

    from brokerbook.api.http import Request
    from brokerbook.api.logs import Sink
    from brokerbook.api.routing import Route
    from brokerbook.settings import Settings
    from brokerbook.store.sqlite import SqliteDatabase

SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Upper bounds of the latency histogram's buckets; one more bucket holds what is above."""

NO_ROUTE = "(none)"
"""Stands for the route where a request has none. What callers make up must not become series of their own."""

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_LONGEST_PATH = 512


class Line(msgspec.Struct, gc=False):
    """A request as its log line tells it: never a header, the query or a body."""

    ts: str
    level: str
    id: str
    method: str
    path: str
    route: str
    status: int
    ms: float
    bytes: int
    user: str | None
    remote: str | None


_Told = tuple["Request", str, str, int, int, float]
"""Request, route's template, number, status, size, seconds."""


class Telemetry:
    """Counts requests and tells of them; all on the event loop's thread."""

    def __init__(self, settings: Settings, database: SqliteDatabase, sink: Sink | None = None) -> None:
        self.database = database
        self.sink = sink or logs.sink()
        self.series: dict[tuple[str, str, int], list[float]] = {}
        """(route's template, method, status) → a count for each bucket, and behind them the sum of all seconds."""
        self._tells_all = logs.LEVELS[settings.log_level] <= logs.LEVELS["info"]
        self._encode: Callable[[Iterable[Line]], bytes] = (
            msgspec.json.Encoder().encode_lines if settings.log_format == "json" else _as_text
        )
        self._told: list[_Told] = []

    def record(
        self, request: Request, route: Route | None, number: str, status: int, size: int, seconds: float
    ) -> None:
        """Tells of one answered request."""
        method = request.method
        if route is not None:
            template = route.template
        else:
            template = NO_ROUTE
            if method not in _METHODS:
                method = "(other)"
        series = self.series.get((template, method, status))
        if series is None:
            series = self.series[template, method, status] = [0.0] * (len(SECONDS) + 2)
        series[bisect_left(SECONDS, seconds)] += 1
        series[-1] += seconds
        if self._tells_all or _is_ours(status):
            told = self._told
            if not told:
                # Most often more requests are answered in this turn of the loop: one write tells of all of them.
                with contextlib.suppress(RuntimeError):  # without a loop the next flush tells
                    asyncio.get_running_loop().call_soon(self.flush)
            told.append((request, template, number, status, size, seconds))

    def flush(self) -> None:
        """Hands the lines of what was recorded so far to the sink."""
        if self._told:
            told, self._told = self._told, []
            ts = logs.timestamp(time.time())
            self.sink.write(self._encode([_line(ts, each) for each in told]))

    def metrics(self) -> bytes:
        """All numbers in Prometheus's text format, version 0.0.4; may run on any thread."""
        from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest  # noqa: PLC0415

        registry = CollectorRegistry(auto_describe=False)
        ProcessCollector(registry=registry)
        registry.register(_Collector(self))  # pyright: ignore[reportArgumentType]  # a collector needs no base
        return generate_latest(registry)


def _is_ours(status: int) -> bool:
    """Whether an answer is a failure of the server's. 501 is none: what is not offered is refused on purpose."""
    return status >= 500 and status != 501


def _line(ts: str, told: _Told) -> Line:
    request, template, number, status, size, seconds = told
    scope = request.scope
    actor = request.known_actor
    client = scope.get("client")
    path = scope["raw_path"][:_LONGEST_PATH].decode("ascii", "backslashreplace")
    return Line(
        ts,
        "error" if _is_ours(status) else "info",
        number,
        request.method,
        path if "eyJ" not in path else logs.redacted(path),
        template,
        status,
        int(seconds * 1e6) / 1000,
        size,
        None if actor is None else actor.name,
        None if client is None else client[0],
    )


def _as_text(lines: Iterable[Line]) -> bytes:
    return "".join(
        f"{line.ts} {line.level:7} {line.method} {logs.shown(line.path)} {line.status} {line.ms:.1f}ms {line.bytes}B "
        f"{logs.shown(line.user or '-')} {line.remote or '-'} {line.id}\n"
        for line in lines
    ).encode()


class _Collector:
    """Makes Prometheus's families out of what was counted, when they are asked for."""

    def __init__(self, telemetry: Telemetry) -> None:
        self._telemetry = telemetry

    def collect(self) -> Iterator[Metric]:
        from prometheus_client.core import (  # noqa: PLC0415
            CounterMetricFamily,
            GaugeMetricFamily,
            HistogramMetricFamily,
            InfoMetricFamily,
        )

        # A copy at one go: the event loop goes on counting meanwhile.
        counted = {key: tuple(series) for key, series in list(self._telemetry.series.items())}
        requests = CounterMetricFamily(
            "brokerbook_http_requests", "Requests answered.", labels=["route", "method", "status"]
        )
        by_route: dict[tuple[str, str], Sequence[float]] = {}
        for (template, method, status), series in counted.items():
            requests.add_metric([template, method, str(status)], sum(series[:-1]))
            others = by_route.get((template, method), [0.0] * len(series))
            by_route[template, method] = [one + other for one, other in zip(series, others, strict=True)]
        yield requests
        latency = HistogramMetricFamily(
            "brokerbook_http_request_duration_seconds",
            "Seconds from a request to its answer.",
            labels=["route", "method"],
        )
        for labels, series in by_route.items():
            latency.add_metric(labels, _buckets([*map(str, SECONDS), "+Inf"], series[:-1]), series[-1])
        yield latency

        database = self._telemetry.database
        yield GaugeMetricFamily("brokerbook_writer_queue_length", "Writes that wait for the writer.", database.waiting)
        groups = HistogramMetricFamily("brokerbook_commit_writes", "Writes that shared one durable commit.")
        sizes = list(database.group_sizes)
        bounds = [*(str(2**power) for power in range(len(sizes))), "+Inf"]
        groups.add_metric([], _buckets(bounds, [*sizes, 0]), database.grouped)
        yield groups
        yield CounterMetricFamily(
            "brokerbook_commit_failures",
            "Commits that the storage refused; nothing of them was kept.",
            database.failures,
        )
        files = GaugeMetricFamily("brokerbook_database_bytes", "Size of the database's files.", labels=["file"])
        files.add_metric(["main"], _size(database.path))
        files.add_metric(["wal"], _size(database.path.with_name(f"{database.path.name}-wal")))
        yield files
        yield CounterMetricFamily(
            "brokerbook_log_lines_dropped", "Log lines that nobody read in time.", self._telemetry.sink.dropped
        )
        yield InfoMetricFamily("brokerbook", "What runs.", {"version": __version__})


def _buckets(bounds: Sequence[str], counts: Sequence[float]) -> list[tuple[str, float]]:
    """Prometheus's buckets: each counts what is below its bound, the smaller ones included."""
    return list(zip(bounds, accumulate(counts), strict=True))


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
