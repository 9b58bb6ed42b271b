"""The processes that are measured and the machine that they run on: where they run, how much they use."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import platform
import shutil
import signal
import socket
import sqlite3
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Generator

HERE = Path(__file__).parent
ROOT = HERE.parent
BIN = Path(sys.executable).parent
_TICKS = os.sysconf("SC_CLK_TCK")
_PATIENCE_SECONDS = 30


class BenchError(Exception):
    """The measurement cannot be made, or what was measured is not what was meant."""


def cores() -> tuple[set[int], set[int]]:
    """(where the server runs, where the load comes from): one core each, or all for both where there is but one."""
    if not hasattr(os, "sched_getaffinity"):
        return set(), set()
    allowed = sorted(_ALLOWED)
    return ({allowed[0]}, {allowed[1]}) if len(allowed) > 1 else (set(allowed), set(allowed))


_ALLOWED = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set[int]()


@contextlib.contextmanager
def on_server_core() -> Generator[None]:
    """What is started within runs on the server's core for good; all else runs on the other."""
    server, load = cores()
    if server:
        os.sched_setaffinity(0, server)
    try:
        yield
    finally:
        if load:
            os.sched_setaffinity(0, load)


def environment() -> dict[str, str]:
    """The environment without the catalog's settings: what is measured are the defaults."""
    return {name: value for name, value in os.environ.items() if not name.startswith("BROKERBOOK_")}


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def cpu_seconds_of(pid: int) -> float:
    """The processor time that a process has used."""
    with contextlib.suppress(OSError):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS
    return 0.0


class Server:
    """A server process on its core; ends with the `with` block."""

    def __init__(self, command: list[str], port: int, log: Path) -> None:
        self.port = port
        self.log = log
        self._out: IO[bytes] = log.open("wb")
        with on_server_core():
            self.started = time.perf_counter()
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=self._out, stderr=self._out, env=environment()
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(_PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self._out.close()

    def wait(self, path: str, headers: dict[str, str]) -> float:
        """Waits for the first 200 of a GET; returns the seconds since the process was started."""
        deadline = self.started + _PATIENCE_SECONDS
        while time.perf_counter() < deadline:
            if self.process.poll() is not None:
                raise BenchError(f"The server ended with {self.process.returncode}:\n{self.log.read_text()[-2000:]}")
            with contextlib.suppress(OSError):
                Client(self.port, headers).call("GET", path)
                return time.perf_counter() - self.started
            time.sleep(0.002)
        raise BenchError(f"The server did not answer within {_PATIENCE_SECONDS} s:\n{self.log.read_text()[-2000:]}")

    def cpu_seconds(self) -> float:
        """The processor time that the process has used."""
        return cpu_seconds_of(self.process.pid)

    def memory(self) -> tuple[float, float]:
        """(resident now, most that was ever resident) in MB of 10⁶ bytes."""
        found = {"VmRSS": 0.0, "VmHWM": 0.0}
        with contextlib.suppress(OSError):
            for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
                key, _, value = line.partition(":")
                if key in found:
                    found[key] = int(value.split()[0]) * 1024 / 1e6
        return found["VmRSS"], found["VmHWM"]


class Client:
    """A caller, for what is checked and for single large requests: each on a connection of its own."""

    def __init__(self, port: int, headers: dict[str, str]) -> None:
        self._port = port
        self._headers = headers

    def raw(
        self, method: str, path: str, body: bytes | None = None, media: str = "application/json"
    ) -> tuple[int, list[tuple[str, str]], bytes]:
        """(status, headers, body) of an answer."""
        more = {"Content-Type": media} if body is not None else {}
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=300)
        with contextlib.closing(connection):
            connection.request(method, path, body, self._headers | more)
            answer = connection.getresponse()
            return answer.status, answer.getheaders(), answer.read()

    def call(self, method: str, path: str, body: bytes | None = None, status: int = 200) -> Any:
        """The JSON of an answer, which must have that status."""
        got, _, content = self.raw(method, path, body)
        if got != status:
            raise BenchError(f"{method} {path} was answered {got} instead of {status}: {content[:500]!r}")
        return json.loads(content)


def command(*words: str) -> list[str]:
    """A `brokerbook` command line of this environment."""
    program = BIN / "brokerbook"
    if not program.exists():
        raise BenchError(f"{program} is not there. `make bench` installs it.")
    return [str(program), *words]


def output(*words: str) -> str:
    """What a `brokerbook` command prints."""
    done = subprocess.run(command(*words), capture_output=True, text=True, timeout=60, check=False, env=environment())
    if done.returncode:
        raise BenchError(f"brokerbook {' '.join(words)} failed: {done.stderr[-1000:]}")
    return done.stdout.strip()


def serving(data: Path, log: Path) -> Server:
    """The catalog on a data directory, as `brokerbook serve` runs it when it is told nothing else."""
    port = free_port()
    return Server(command("serve", "--data", str(data), "--port", str(port)), port, log)


def bare(answer: dict[str, Any], folder: Path, called: str) -> Server:
    """The bare ASGI application that gives this answer, ready to be asked."""
    path = folder / f"{called}.json"
    path.write_text(json.dumps(answer))
    port = free_port()
    server = Server([sys.executable, str(HERE / "bare_asgi.py"), str(port), str(path)], port, folder / f"{called}.log")
    server.wait("/", {})
    return server


def copied(source: Path, target: Path) -> Path:
    """A copy of a folder that is on the disk for good, so that writing it out later disturbs no measurement."""
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(source, target)
    for path in target.rglob("*"):
        if path.is_file():
            with path.open("rb") as file:
                os.fsync(file.fileno())
    return target


def fsync_milliseconds(folder: Path) -> float:
    """How long a durable write of one page takes here: the median of a hundred."""
    times: list[float] = []
    path = folder / "fsync"
    with path.open("wb", buffering=0) as file:
        for _ in range(100):
            began = time.perf_counter()
            file.write(b"\0" * 4096)
            os.fsync(file.fileno())
            times.append(time.perf_counter() - began)
    path.unlink()
    return statistics.median(times) * 1000


def python_start_seconds() -> float:
    """How long an interpreter needs that does nothing: what no program of ours can be faster than."""
    times: list[float] = []
    for _ in range(7):
        with on_server_core():
            began = time.perf_counter()
            process = subprocess.Popen([sys.executable, "-c", "pass"])
        process.wait()
        times.append(time.perf_counter() - began)
    return statistics.median(times)


def described(folder: Path) -> dict[str, Any]:
    """What the figures depend on."""
    model = ""
    with contextlib.suppress(OSError):
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        model = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")
    server, load = cores()
    return {
        "processor": model or platform.machine(),
        "cores": {"server": sorted(server), "load": sorted(load)},
        "system": platform.platform(),
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "load_average": round(os.getloadavg()[0], 2),
        "fsync_ms": round(fsync_milliseconds(folder), 3),
        "python_start_s": round(python_start_seconds(), 3),
    }
