"""One round: a copy of a loaded catalog, a server that starts on it, every operation, and its ceiling beside it."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import load
from bodies import PATH, Bodies, body, name, tagged_range
from machine import HERE, BenchError, Client, bare, copied, on_server_core, output, serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from load import Measured
    from machine import Server

PAGE = 1000
BULK = 1000
BULKS = 3
GROUP = 32
CONNECTIONS = (1, 8, 32, 64)
PAGE_CONNECTIONS = 4
TAG = "BenchTier.Gold"
PER_HOP = {"date", "connection", "transfer-encoding"}  # what uvicorn adds by itself


@dataclass(frozen=True)
class Sample:
    """One figure of one round. `ceiling` is the rate that it is compared with, measured just before or after."""

    operation: str
    size: int
    connections: int
    rate: float
    p50: float
    p99: float
    busy: float
    against: str = ""
    ceiling: float = 0.0
    ceiling_p99: float = 0.0
    ceiling_busy: float = 0.0


@dataclass(frozen=True)
class Catalog:
    """A loaded data directory that no server runs on: every round takes a copy."""

    size: int
    data: Path
    bodies: Bodies
    token: str
    bot_token: str


def bearer(token: str) -> dict[str, str]:
    """The headers of a caller."""
    return {"Authorization": f"Bearer {token}", "Accept": "*/*", "User-Agent": "bench"}


def loaded(folder: Path, size: int) -> Catalog:
    """Makes a catalog with that many services, through the API."""
    data = folder / f"catalog-{size}"
    with serving(data, folder / f"load-{size}.log") as server:
        server.wait("/api/v1/system/version", {})
        token = output("token", "admin", "--data", str(data))
        client = Client(server.port, bearer(token))
        owner = _made(client, "/api/v1/users", {"name": "bench-owner", "email": "bench-owner@example.com"})
        _made(client, "/api/v1/classifications", {"name": "BenchTier", "description": "How much a service matters."})
        tag = {"name": "Gold", "classification": "BenchTier", "description": "It matters much."}
        _made(client, "/api/v1/tags", tag)
        bodies = Bodies(folder / f"bodies-{size}", owner["id"], TAG)
        for start in range(0, size, BULK):
            _sent(client, bodies.loaded(size, range(start, min(start + BULK, size))))
        total = client.call("GET", f"{PATH}?limit=0")["paging"]["total"]
        if total != size:
            raise BenchError(f"The catalog of {size} services says that it has {total}.")
    return Catalog(size, data, bodies, token, output("token", "ingestion-bot", "--data", str(data)))


def _made(client: Client, path: str, document: dict[str, Any]) -> Any:
    return client.call("POST", path, json.dumps(document).encode(), 201)


def _sent(client: Client, rows: bytes) -> float:
    """Sends a bulk body, checks that every row passed, and returns the seconds that it took."""
    began = time.perf_counter()
    status, _, content = client.raw("PUT", f"{PATH}/bulk", rows)
    seconds = time.perf_counter() - began
    result = json.loads(content)
    if status != 200 or result["status"] != "success" or result["numberOfRowsFailed"]:
        raise BenchError(f"A bulk request was answered {status}: {content[:500]!r}")
    return seconds


class Round:
    """All operations, once, on a fresh copy of a catalog."""

    def __init__(self, catalog: Catalog, folder: Path, seconds: int, run: str) -> None:
        self.catalog = catalog
        self.size = catalog.size
        self.folder = folder
        self.seconds = seconds
        self.run = run
        self.data = copied(catalog.data, folder / "data")
        self.bare_data = copied(catalog.data, folder / "bare")

    def samples(self, tell: Callable[[str], None]) -> Iterator[Sample]:
        """Measures; tells what it is at."""
        tell("start")
        path = f"{PATH}/name/{name(0)}"
        with serving(self.data, self.folder / "server.log") as self.server:
            started = self.server.wait(path, bearer(self.catalog.token))
            yield self._single("start to first answer", started)
            self.client = Client(self.server.port, bearer(self.catalog.token))
            self._check(path)
            for step in (self._reads, self._unchanged, self._pages, self._bulk, self._creates):
                tell(step.__name__.strip("_"))
                yield from step()
            now, most = self.server.memory()
            yield self._single("memory after the run", now)
            yield self._single("memory at its most", most)

    def _single(self, operation: str, value: float) -> Sample:
        return Sample(operation, self.size, 0, value, 0, 0, 0)

    def _check(self, path: str) -> None:
        """The answers that are to be measured are the answers that are meant."""
        found = self.client.call("GET", path)
        if found["name"] != name(0) or "p4ss" in json.dumps(found):
            raise BenchError(f"GET of {name(0)} was answered with {json.dumps(found)[:500]}")
        tagged = tagged_range(self.size)[0]
        found = self.client.call("GET", f"{PATH}/name/{name(tagged)}?fields=owners,tags")
        if [tag["tagFQN"] for tag in found["tags"]] != [TAG] or len(found["owners"]) != 1:
            raise BenchError(f"GET with owners and tags was answered with {json.dumps(found)[:500]}")
        for of, number in ((self.catalog.bodies.plain, 1), (self.catalog.bodies.tagged, tagged)):
            status, headers, _ = self.client.raw("PUT", PATH, body(of, number, name(number)).encode())
            change = {key.lower(): value for key, value in headers}.get("x-openmetadata-change")
            if (status, change) != (200, "entityNoChange"):
                raise BenchError(f"PUT of {name(number)} as it is was answered {status} {change}")
        if Client(self.server.port, {}).raw("GET", path)[0] != 401:
            raise BenchError("The server answers callers without a token: authentication is off.")

    def _drive(
        self, script: str, connections: int, options: dict[str, Any], *, server: Server | None = None, seconds: int = 0
    ) -> Measured:
        options = {"token": self.catalog.token, "path": PATH} | options
        return load.run(script, server or self.server, connections, seconds or self.seconds, options)

    def _sample(
        self, operation: str, connections: int, measured: Measured, against: str, ceiling: Measured, *, unit: int = 1
    ) -> Sample:
        return Sample(
            operation, self.size, connections, measured.rate * unit, measured.p50, measured.p99, measured.busy,
            against, ceiling.rate * unit, ceiling.p99, ceiling.busy,
        )  # fmt: skip

    def _answer(self, path: str) -> dict[str, Any]:
        """An answer of the catalog, for the bare application to give."""
        status, headers, content = self.client.raw("GET", path)
        kept = [[key.lower(), value] for key, value in headers if key.lower() not in PER_HOP]
        return {"status": status, "headers": kept, "body": content.decode()}

    def _reads(self) -> Iterator[Sample]:
        everything: dict[str, Any] = {"path": f"{PATH}/name/", "first": 0, "last": self.size - 1}
        self._drive("get", 32, everything, seconds=1)  # warm
        with bare(self._answer(f"{PATH}/name/{name(0)}"), self.folder, "bare-get") as ceiling:
            self._drive("get", 32, everything, server=ceiling, seconds=1)
            for connections in CONNECTIONS:
                limit = self._drive("get", connections, everything, server=ceiling)
                got = self._drive("get", connections, everything)
                yield self._sample("GET by name", connections, got, "bare ASGI", limit)
                if connections == 32:
                    self.get = got
        tagged = tagged_range(self.size)
        some: dict[str, Any] = {"path": f"{PATH}/name/", "first": tagged[0], "last": tagged[-1]}
        got = self._drive("get", 32, some | {"query": "?fields=owners,tags"})
        yield self._sample("GET with owners and tags", 32, got, "GET", self.get)
        got = self._drive("get", 32, everything | {"token": self.catalog.bot_token})
        yield self._sample("GET by the bot, secrets clear", 32, got, "GET", self.get)

    def _unchanged(self) -> Iterator[Sample]:
        bodies, tagged = self.catalog.bodies, tagged_range(self.size)
        plain: dict[str, Any] = {"first": 0, "last": tagged[0] - 1}
        for operation, options in (
            ("PUT unchanged", plain | {"templates": bodies.plain_file}),
            (
                "PUT unchanged, owner and tag",
                {"first": tagged[0], "last": tagged[-1], "templates": bodies.tagged_file},
            ),
            ("PUT unchanged, in other bytes", plain | {"templates": bodies.respelt_file}),
        ):
            yield self._sample(operation, 32, self._drive("put", 32, options), "GET", self.get)

    def _pages(self) -> Iterator[Sample]:
        path = f"{PATH}?limit={PAGE}"
        page = self.client.call("GET", path)
        if len(page["data"]) != PAGE or page["paging"]["total"] != self.size:
            raise BenchError(f"A page of {PAGE} holds {len(page['data'])} of {page['paging']['total']}.")
        with bare(self._answer(path), self.folder, "bare-page") as ceiling:
            limit = self._drive("page", PAGE_CONNECTIONS, {"path": path}, server=ceiling)
        first = self._drive("page", PAGE_CONNECTIONS, {"path": path})
        yield self._sample("list, 1,000 a page", PAGE_CONNECTIONS, first, "bare ASGI", limit, unit=PAGE)
        if self.size < 10 * PAGE:
            return  # what lies behind nine tenths does not fill a page
        deep = path
        for _ in range(self.size * 9 // 10 // PAGE):
            deep = f"{path}&after={page['paging']['after']}"
            page = self.client.call("GET", deep)
        if page["data"][0]["name"] != name(self.size * 9 // 10) or len(page["data"]) != PAGE:
            raise BenchError(f"The deep page begins with {page['data'][0]['name']} and has {len(page['data'])} rows.")
        got = self._drive("page", PAGE_CONNECTIONS, {"path": deep})
        yield self._sample("list, the page at 90 %", PAGE_CONNECTIONS, got, "first page", first, unit=PAGE)

    def _bulk(self) -> Iterator[Sample]:
        sequence = self._last_event()
        requests = [self.catalog.bodies.fresh(f"bulk-{self.run}{i}", BULK) for i in range(BULKS)]
        first = [_sent(self.client, rows) for rows in requests]
        again = [_sent(self.client, rows) for rows in requests]
        if self._last_event() != sequence + BULKS * BULK:
            raise BenchError("Sending services again unchanged has written events.")
        limit = BULK / statistics.median(self._bare_writes(sequence, BULKS * BULK, BULK))
        rate = BULK / statistics.median(first)
        yield self._of_bulk("bulk, 1,000 new", first, "bare transaction", limit)
        yield self._of_bulk("bulk, 1,000 unchanged", again, "first send", rate)

    def _of_bulk(self, operation: str, seconds: list[float], against: str, ceiling: float) -> Sample:
        middle = statistics.median(seconds)
        return Sample(operation, self.size, 1, BULK / middle, middle * 1000, max(seconds) * 1000, 0, against, ceiling)

    def _creates(self) -> Iterator[Sample]:
        bodies = self.catalog.bodies
        for operation, file, run in (
            ("create", bodies.plain_file, f"new-{self.run}"),
            ("create, owner and tag", bodies.tagged_file, f"tagged-{self.run}"),
        ):
            sequence, total = self._last_event(), self._total()
            got = self._drive("create", GROUP, {"templates": file, "run": run})
            created = self._total() - total
            # When the time is over wrk leaves; what is on its way then is created, and not counted.
            if not got.requests <= created <= got.requests + GROUP:
                raise BenchError(f"{got.requests} creates were answered, and {created} services are there.")
            seconds = sum(self._bare_writes(sequence, created, GROUP))
            yield Sample(
                operation, self.size, GROUP, got.rate, got.p50, got.p99, got.busy, "bare SQLite", created / seconds
            )

    def _total(self) -> int:
        return self.client.call("GET", f"{PATH}?limit=0")["paging"]["total"]

    def _last_event(self) -> int:
        with contextlib.closing(sqlite3.connect(f"file:{self.data}/brokerbook.db?mode=ro", uri=True)) as database:
            return database.execute("SELECT MAX(seq) FROM event").fetchone()[0]

    def _bare_writes(self, after: int, count: int, group: int) -> list[float]:
        """Seconds that the bare loop needed for each group of the rows that the catalog has just written."""
        words = [
            str(self.data / "brokerbook.db"), str(self.bare_data / "brokerbook.db"), str(after), str(count), str(group),
        ]  # fmt: skip
        with on_server_core():
            process = subprocess.Popen(
                [sys.executable, str(HERE / "bare_sqlite.py"), *words], stdout=subprocess.PIPE, text=True
            )
        shown, _ = process.communicate(timeout=300)
        if process.returncode:
            raise BenchError("The bare SQLite loop failed.")
        found = json.loads(shown)
        if found["services"] != count:
            raise BenchError(f"The bare SQLite loop wrote {found['services']} services instead of {count}.")
        return found["seconds"]
