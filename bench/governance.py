"""Who may do what, measured: reads of an ordinary user in a large organisation, lists with references, renames."""

from __future__ import annotations

import contextlib
import http.client
import json
import random
import statistics
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import load
from bodies import PATH, name
from machine import HERE, BenchError, Client, bare, on_server_core, output, serving
from organisation import CLASSIFICATION, CONSUMER, INSIDER, NAMED, SHARED, Shape, filled, owners, tags
from rounds import PER_HOP, Sample, bearer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from load import Measured

CONNECTIONS = 32
LIST = 100
LIST_CONNECTIONS = 4
FIELDS = "fields=owners,tags,domains"
REPEATS = 5
_TAG_PATH = "/api/v1/tags/name/"
_BEFORE_SECONDS = 2.0
_AFTER_SECONDS = 0.2  # a rename may cost what comes after it
_WITHIN_SECONDS = 600


@dataclass(frozen=True)
class Organisation:
    """A loaded data directory that no server runs on, and tokens for it."""

    shape: Shape
    data: Path
    seconds: float
    """How long it took to fill it."""
    admin: str
    consumer: str
    insider: str


def loaded(folder: Path, services: int, tell: Callable[[str], None]) -> Organisation:
    """Makes a catalog with that many services and what belongs to them, through the API."""
    shape = Shape(services)
    data = folder / f"organisation-{services}"
    with serving(data, folder / f"organisation-{services}.log") as server:
        server.wait("/api/v1/system/version", {})
        admin = output("token", "admin", "--data", str(data))
        began = time.perf_counter()
        filled(Client(server.port, bearer(admin)), shape, lambda step: tell(f"loading {shape}: {step}"))
        seconds = time.perf_counter() - began
    people = (output("token", user, "--data", str(data)) for user in (CONSUMER, INSIDER))
    return Organisation(shape, data, seconds, admin, *people)


class GovernanceRound:
    """Everything once, on a server that starts for it; nothing stays changed but versions of a tag and a team."""

    def __init__(self, organisation: Organisation, folder: Path, seconds: int) -> None:
        self.organisation = organisation
        self.shape = organisation.shape
        self.folder = folder
        self.seconds = seconds

    def samples(self, tell: Callable[[str], None]) -> Iterator[Sample]:
        """Measures; tells what it is at."""
        with serving(self.organisation.data, self.folder / "server.log") as self.server:
            self.server.wait("/api/v1/system/version", {})
            self.admin = self._client(self.organisation.admin)
            self.consumer = self._client(self.organisation.consumer)
            self._check()
            for step in (self._reads, self._lists, self._uses, self._grants, self._renames):
                tell(step.__name__.strip("_"))
                yield from step()
        tell("checks and queries")
        yield from self._within()

    def _client(self, token: str) -> Client:
        return Client(self.server.port, bearer(token))

    def _single(self, operation: str, value: float) -> Sample:
        return Sample(operation, self.shape.services, 0, value, 0, 0, 0)

    def _check(self) -> None:
        """The answers that are to be measured are those that are meant, and the consumer is no more than he seems."""
        last = self.shape.services - 1
        for client in (self.admin, self.consumer):
            found = client.call("GET", f"{PATH}/name/{name(last)}?{FIELDS}")
            owned = sorted(owner["fullyQualifiedName"] for owner in found["owners"])
            if owned != sorted(owner["fullyQualifiedName"] for owner in owners(self.shape, last)):
                raise BenchError(f"{name(last)} is owned by {owned}.")
            if sorted(tag["tagFQN"] for tag in found["tags"]) != tags(last) or len(found["domains"]) != 1:
                raise BenchError(f"GET with fields was answered with {json.dumps(found)[:500]}")
            if (total := client.call("GET", f"{PATH}?limit=1")["paging"]["total"]) != self.shape.services:
                raise BenchError(f"A list of all {self.shape.services} services says that there are {total}.")
        user = self.consumer.call("GET", "/api/v1/users/loggedInUser?fields=roles,teams")
        if user["name"] != CONSUMER or user["isAdmin"] or user["roles"] or not user["teams"]:
            raise BenchError(f"The consumer is {json.dumps(user)[:500]}")
        renamed = json.dumps([{"op": "add", "path": "/displayName", "value": "Mine"}]).encode()
        if (status := self._patched(self.consumer, f"{PATH}/name/{name(1)}", renamed)[0]) != 403:
            raise BenchError(f"The consumer's patch of a service that he does not own was answered {status}.")
        seen = self._client(self.organisation.insider).call("GET", f"{PATH}?limit=1")["paging"]["total"]
        if seen != self._seen():
            raise BenchError(f"Who sees one domain only is shown {seen} services instead of {self._seen()}.")

    def _seen(self) -> int:
        """How many services lie in the insider's domain: the first of all."""
        return -(-self.shape.services // self.shape.domains)

    @staticmethod
    def _patched(client: Client, path: str, operations: bytes) -> tuple[int, bytes]:
        status, _, content = client.raw("PATCH", path, operations, "application/json-patch+json")
        return status, content

    # reads

    def _drive(self, script: str, connections: int, token: str, options: dict[str, Any]) -> Measured:
        return load.run(script, self.server, connections, self.seconds, {"token": token} | options)

    def _sample(
        self, operation: str, measured: Measured, against: str, ceiling: Measured, *, connections: int, unit: int = 1
    ) -> Sample:
        return Sample(
            operation, self.shape.services, connections, measured.rate * unit, measured.p50, measured.p99,
            measured.busy, against, ceiling.rate * unit, ceiling.p99, ceiling.busy,
        )  # fmt: skip

    def _bare(self, client: Client, path: str, script: str, connections: int, options: dict[str, Any]) -> Measured:
        """The same answer from memory, at the same number of connections."""
        status, headers, content = client.raw("GET", path)
        kept = [[key.lower(), value] for key, value in headers if key.lower() not in PER_HOP]
        answer = {"status": status, "headers": kept, "body": content.decode()}
        with bare(answer, self.folder, "bare-governance") as server:
            given = {"token": self.organisation.admin} | options
            load.run(script, server, connections, 1, given)
            return load.run(script, server, connections, self.seconds, given)

    def _reads(self) -> Iterator[Sample]:
        admin, consumer = self.organisation.admin, self.organisation.consumer
        everything: dict[str, Any] = {"path": f"{PATH}/name/", "first": 0, "last": self.shape.services - 1}
        bare_get = self._bare(self.admin, f"{PATH}/name/{name(0)}", "get", CONNECTIONS, everything)
        self._drive("get", CONNECTIONS, admin, everything)  # warm
        # Each before the other once, so that a drift of the machine helps neither.
        first = [self._drive("get", CONNECTIONS, token, everything) for token in (admin, consumer)]
        second = [self._drive("get", CONNECTIONS, token, everything) for token in (consumer, admin)]
        for by_admin, by_consumer in (first, reversed(second)):
            yield self._sample("GET by name, administrator", by_admin, "bare ASGI", bare_get, connections=CONNECTIONS)
            yield self._sample(
                "GET by name, data consumer", by_consumer, "administrator", by_admin, connections=CONNECTIONS
            )
        some = everything | {"last": self._seen() - 1}
        got = self._drive("get", CONNECTIONS, self.organisation.insider, some)
        yield self._sample("GET by name, one domain only", got, "administrator", first[0], connections=CONNECTIONS)

    def _lists(self) -> Iterator[Sample]:
        consumer = self.organisation.consumer
        path = f"{PATH}?limit={LIST}"
        options = {"connections": LIST_CONNECTIONS, "unit": LIST}
        bare_list = self._bare(self.consumer, path, "page", LIST_CONNECTIONS, {"path": path})
        plain = self._drive("page", LIST_CONNECTIONS, consumer, {"path": path})
        yield self._sample("list of 100", plain, "bare ASGI", bare_list, **options)
        with_fields = self._drive("page", LIST_CONNECTIONS, consumer, {"path": f"{path}&{FIELDS}"})
        yield self._sample("list of 100 with references", with_fields, "list of 100", plain, **options)
        limited = self._drive("page", LIST_CONNECTIONS, self.organisation.insider, {"path": path})
        yield self._sample("list of 100, one domain only", limited, "list of 100", plain, **options)

    def _uses(self) -> Iterator[Sample]:
        """Single reads of what much refers to, and of what has things from above itself."""
        for operation, path in (
            ("GET of the tag of all, usageCount", f"{_TAG_PATH}{CLASSIFICATION}.{SHARED}?fields=usageCount"),
            ("GET of a nested domain, owners", f"/api/v1/domains/name/{self.shape.domain(1)}?fields=owners"),
        ):
            yield self._single(operation, statistics.median(self._asked(path) for _ in range(REPEATS)) * 1000)

    def _asked(self, path: str) -> float:
        """Seconds that one GET of the consumer takes."""
        began = time.perf_counter()
        self.consumer.call("GET", path)
        return time.perf_counter() - began

    def _grants(self) -> Iterator[Sample]:
        """What the first request after a change of a team costs, when who may do what is worked out anew."""
        times: list[float] = []
        for number in range(REPEATS):
            described = [{"op": "replace", "path": "/description", "value": f"Described for the {number}th time."}]
            path = f"/api/v1/teams/name/{self.shape.groups[0]}"
            status, content = self._patched(self.admin, path, json.dumps(described).encode())
            if status != 200:
                raise BenchError(f"PATCH of a team was answered {status}: {content[:500]!r}")
            times.append(self._asked(f"{PATH}/name/{name(0)}"))
        yield self._single("GET right after a team changed", statistics.median(times) * 1000)

    # renames

    def _renames(self) -> Iterator[Sample]:
        with Reader(self.server.port, self.organisation.consumer, self.shape.services - 1) as reader:
            time.sleep(_BEFORE_SECONDS)
            yield self._single("longest read before renames", reader.worst(0, time.perf_counter()) * 1000)
            for what, tag in (("tag of all services", SHARED), ("tag in policies", NAMED)):
                seconds, read = self._there_and_back(reader, tag)
                yield self._single(f"rename of the {what}", seconds)
                yield self._single(f"longest read, {what}", read * 1000)

    def _there_and_back(self, reader: Reader, tag: str) -> tuple[float, float]:
        """Renames a tag some times, and at last as it was; the longest seconds of a rename, and of a read meanwhile."""
        seconds: list[float] = []
        reads: list[float] = []
        old = tag
        for new in (*(f"{tag}{number}" for number in range(REPEATS)), tag):
            began = time.perf_counter()
            self._renamed(f"{CLASSIFICATION}.{old}", new)
            ended = time.perf_counter()
            shown = self.consumer.call("GET", f"{PATH}/name/{name(0)}?fields=tags")["tags"]
            if f"{CLASSIFICATION}.{new}" not in {label["tagFQN"] for label in shown}:
                raise BenchError(f"After the rename to {new} a read shows {shown}")
            time.sleep(_AFTER_SECONDS)
            seconds.append(ended - began)
            reads.append(reader.worst(began, ended + _AFTER_SECONDS))
            old = new
        return max(seconds), max(reads)

    def _renamed(self, fqn: str, new: str) -> None:
        operations = json.dumps([{"op": "replace", "path": "/name", "value": new}]).encode()
        status, content = self._patched(self.admin, _TAG_PATH + fqn, operations)
        if status != 200 or json.loads(content)["name"] != new:
            raise BenchError(f"The rename of {fqn} to {new} was answered {status}: {content[:500]!r}")

    # in the catalog's own process

    def _within(self) -> Iterator[Sample]:
        words = [str(self.organisation.data), self.organisation.consumer, str(self.shape.services)]
        with on_server_core():
            process = subprocess.Popen(
                [sys.executable, str(HERE / "within.py"), *words], stdout=subprocess.PIPE, text=True
            )
        shown, _ = process.communicate(timeout=_WITHIN_SECONDS)
        if process.returncode:
            raise BenchError("The checks could not be measured.")
        for operation, value in json.loads(shown).items():
            yield self._single(operation, value)


class Reader(threading.Thread):
    """A caller who reads one service after another, with its tags, until the `with` block ends."""

    def __init__(self, port: int, token: str, last: int) -> None:
        super().__init__(name="reader", daemon=True)
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self._headers = bearer(token)
        self._last = last
        self._going = True
        self._reads: list[tuple[float, float]] = []
        self._fault = ""

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._going = False
        self.join()
        if self._fault:
            raise BenchError(f"A read during the renames was answered {self._fault}")

    def run(self) -> None:
        with contextlib.closing(self._connection) as connection:
            while self._going:
                began = time.perf_counter()
                connection.request(
                    "GET", f"{PATH}/name/{name(random.randint(0, self._last))}?fields=tags", None, self._headers
                )
                answer = connection.getresponse()
                content = answer.read()
                self._reads.append((began, time.perf_counter()))
                if answer.status != 200:
                    self._fault = f"{answer.status}: {content[:500]!r}"
                    return

    def worst(self, start: float, end: float) -> float:
        """Seconds that the longest of the reads took that were on their way within a span of time."""
        found = [ended - began for began, ended in list(self._reads) if ended > start and began < end]
        if not found:
            raise BenchError("Nobody read while the tag was renamed.")
        return max(found)
