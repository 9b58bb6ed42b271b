"""A server whose disk is full, or cannot be written: it says so, goes on reading, loses nothing, recovers by itself."""

from __future__ import annotations

import asyncio
import itertools
import os
import resource
import subprocess
import threading
import time
from typing import TYPE_CHECKING, Any, Protocol

import pytest

from brokerbook.access.actor import Actor
from brokerbook.engine import jobs
from brokerbook.store import sqlite
from conftest import Client, running
from processes import PATCH, SERVICES, command, secret_of, service, serving, succeeded, token

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import httpx

    from processes import Process

PATIENCE = 20


class Disk(Protocol):
    """A place for a data directory whose room can be taken away."""

    place: Path

    def fill(self, process: Process) -> None: ...
    def free(self, process: Process) -> None: ...


class SmallDisk:
    """A file system of a few megabytes; only root may mount one."""

    def __init__(self, place: Path) -> None:
        self.place = place
        place.mkdir()
        mount = ["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", place]
        if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode != 0:
            pytest.skip("mounting a disk is not allowed here")

    def fill(self, _: Process | None = None) -> None:
        with (self.place / "filler").open("wb", buffering=0) as filler:
            try:
                while True:
                    filler.write(b"x" * 4096)
            except OSError:
                pass

    def free(self, _: Process | None = None) -> None:
        (self.place / "filler").unlink()

    def remount(self, how: str) -> None:
        subprocess.run(["mount", "-o", f"remount,{how}", self.place], check=True)

    def close(self) -> None:
        subprocess.run(["umount", "-l", self.place], check=True)


class Limit:
    """A limit on the size of the files that a process may write: every write fails, as on a broken disk."""

    def __init__(self, place: Path) -> None:
        self.place = place
        place.mkdir()

    def fill(self, process: Process) -> None:
        self._limit(process, 0)

    def free(self, process: Process) -> None:
        self._limit(process, resource.RLIM_INFINITY)

    def _limit(self, process: Process, size: int) -> None:
        resource.prlimit(process.popen.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))

    def close(self) -> None: ...


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[SmallDisk]:
    disk = SmallDisk(tmp_path / "disk")
    yield disk
    disk.close()


@pytest.fixture(params=[SmallDisk, Limit])
def disk(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Disk]:
    disk = request.param(tmp_path / "disk")
    yield disk
    disk.close()


def refusal(answer: httpx.Response) -> str:
    """The message of a 503 that is as it should be."""
    assert answer.status_code == 503, answer.text
    body = answer.json()
    assert body.keys() == {"code", "errorType", "message"}
    assert (body["code"], body["errorType"]) == (503, "SERVICE_UNAVAILABLE")
    assert 1 <= int(answer.headers["retry-after"]) <= 60
    return body["message"]


class Writer(threading.Thread):
    """Writes of every kind, one after the other, and what became of each."""

    def __init__(self, process: Process, bearer: str, number: int) -> None:
        super().__init__(daemon=True)
        self.client = process.client(bearer)
        self.number = number
        self.done: dict[str, tuple[str, str]] = {}
        """Name to secret and description, of what was answered with success."""
        self.deleted: set[str] = set()
        self.refused = 0
        self.faults: list[str] = []
        self.stopping = threading.Event()

    def run(self) -> None:
        with self.client:
            self._write()

    def _write(self) -> None:
        for n in itertools.count():
            if self.stopping.is_set():
                return
            name = f"w{self.number}-{n}"
            row = service(name, f"secret {name}", description="made")
            calls: list[tuple[str, str, Any]] = [("POST", SERVICES, row), ("PUT", SERVICES, row)]
            made = self._send(*calls[n % 2]) if n % 3 else self._send("PUT", f"{SERVICES}/bulk", [row])
            if made is None:
                continue
            self.done[name] = (f"secret {name}", "made")
            patch = [{"op": "replace", "path": "/description", "value": "patched"}]
            if self._send("PATCH", f"{SERVICES}/name/{name}", patch, PATCH):
                self.done[name] = (f"secret {name}", "patched")
            if self._send("PUT", SERVICES, row | {"connection": service(name, "other")["connection"]}):
                self.done[name] = ("other", "made")
            if n % 4 == 0 and self._send("DELETE", f"{SERVICES}/name/{name}?hardDelete=true", None):
                del self.done[name]
                self.deleted.add(name)

    def _send(self, method: str, path: str, body: Any, headers: Any = None) -> Any:
        answer = self.client.request(method, path, json=body, headers=headers)
        if answer.status_code == 503:
            refusal(answer)
            self.refused += 1
            time.sleep(0.01)
            return None
        if answer.status_code >= 300:
            self.faults.append(f"{method} {path}: {answer.status_code} {answer.text}")
        return answer.json()


def until(what: Any) -> None:
    deadline = time.monotonic() + PATIENCE
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.slow
def test_a_full_disk_is_told_reads_go_on_and_nothing_is_lost(disk: Disk) -> None:
    data = disk.place / "data"
    with serving(data) as process:
        bearer, bot = token(data), token(data, "ingestion-bot")
        with process.client(bearer) as client:
            kept = client.post(SERVICES, json=service("kept")).json()
            writers = [Writer(process, bearer, number) for number in range(4)]
            for writer in writers:
                writer.start()
            until(lambda: all(len(writer.done) > 3 for writer in writers))

            disk.fill(process)
            until(lambda: all(writer.refused > 3 for writer in writers))
            message = refusal(client.post(SERVICES, json=service("refused")))
            assert "nothing was changed" in message
            assert ("disk is full" in message) == isinstance(disk, SmallDisk)
            for path in (f"/{kept['id']}", "/name/kept", "?limit=5", f"/{kept['id']}/versions", "/history?startTs=0"):
                assert client.get(SERVICES + path).status_code == 200
            assert client.get("/api/v1/events?timestamp=0").status_code == 200
            assert client.get("/api/v1/search?q=kept").status_code == 200
            assert client.get("/livez").status_code == 200
            assert "writes: failing" in refusal(client.get("/readyz"))
            refusal(client.delete(f"{SERVICES}/async/{kept['id']}"))
            refusal(client.put(f"{SERVICES}/bulk", json=[service("refused")]))

            disk.free(process)
            until(lambda: client.get("/readyz").status_code == 200)
            before = [writer.refused for writer in writers]
            rounds = [len(writer.done) for writer in writers]
            until(lambda: all(len(writer.done) > many + 2 for writer, many in zip(writers, rounds, strict=True)))
            for writer in writers:
                writer.stopping.set()
                writer.join(PATIENCE)
            # beyond what was on its way just then, nobody was refused any more
            assert all(writer.refused <= many + 1 for writer, many in zip(writers, before, strict=True))
            assert [fault for writer in writers for fault in writer.faults] == []
        with process.client(bot) as client:
            page = client.get(SERVICES, params={"limit": "100000", "include": "all"}).json()["data"]
        there = {entity["name"]: (secret_of(entity), entity.get("description")) for entity in page}
        expected = {name: state for writer in writers for name, state in writer.done.items()}
        assert there == expected | {"kept": ("s3cret-word", None)}
        succeeded("verify", "--data", data)
    succeeded("verify", "--data", data)


@pytest.mark.slow
def test_a_catalog_on_a_disk_that_has_become_read_only_is_not_started_and_not_harmed(small_disk: SmallDisk) -> None:
    data = small_disk.place / "data"
    with serving(data) as process, process.client(token(data)) as client:
        client.post(SERVICES, json=service("kept")).raise_for_status()
    small_disk.remount("ro")
    done = command("serve", "--data", data, "--port", "0")
    assert done.returncode == 1
    assert "read-only" in done.stderr.lower()
    assert done.stderr.count("\n") == 1
    small_disk.remount("rw")
    with serving(data) as process, process.client(token(data)) as client:
        assert client.get(f"{SERVICES}/name/kept").status_code == 200


@pytest.mark.slow
@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_directory_that_this_user_may_not_write_to_stops_the_start(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir(mode=0o500)
    done = command("serve", "--data", data, "--port", "0")
    assert done.returncode == 1
    assert "may not write to the data directory" in done.stderr
    assert list(data.iterdir()) == []


def test_work_that_was_promised_is_done_when_the_storage_works_again(tmp_path: Path) -> None:
    with running(tmp_path) as server:
        client = Client(server, server.token("admin"))
        made = client.post(SERVICES, json=service("promised")).json()
        database, context = server.catalog.context.database, server.catalog.context
        actor = Actor(id=made["id"], name="admin", is_admin=True, is_bot=False)
        database.write_now(lambda _: database._writer.execute("PRAGMA query_only = ON"))
        with sqlite.transaction(tmp_path) as tx:
            work = jobs.Work(tx, actor, context.sealer, 1)
            jobs.promise(work, "a promise", "delete", "messagingService", made["id"], hard=True)

        async def wake() -> None:
            context.jobs.wake()
            await asyncio.sleep(0.1)

        server.run(wake())
        assert client.get(f"{SERVICES}/{made['id']}").status_code == 200
        assert refusal(client.post(SERVICES, json=service("other"))) is not None
        database._writer.execute("PRAGMA query_only = OFF")
        until(lambda: client.get(f"{SERVICES}/{made['id']}").status_code == 404)


def test_a_promise_that_cannot_be_kept_leaves_nothing_half_done_and_the_next_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running(tmp_path) as server:
        client = Client(server, server.token("admin"))
        first, second = (client.post(SERVICES, json=service(name)).json() for name in ("first", "second"))
        delete = jobs.remove.delete

        failures: list[Exception] = [ZeroDivisionError(), jobs.CatalogError("no")]

        def broken(work: Any, kind: Any, row: Any, **more: Any) -> Any:
            outcome = delete(work, kind, row, **more)
            if row.name == "first":
                raise failures.pop()
            return outcome

        monkeypatch.setattr(jobs.remove, "delete", broken)
        for _ in range(2):
            assert client.delete(f"{SERVICES}/async/{first['id']}").status_code == 202
        assert client.delete(f"{SERVICES}/async/{second['id']}").status_code == 202
        until(lambda: client.get(f"{SERVICES}/{second['id']}").status_code == 404)
        assert client.get(f"{SERVICES}/{first['id']}").json()["version"] == 0.1
        states = server.catalog.context.database.peek(lambda tx: tx.all("SELECT state FROM job ORDER BY created_at"))
        assert sorted(states) == [("done",), ("failed",), ("failed",)]
