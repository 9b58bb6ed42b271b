"""Real servers and commands in processes of their own, for what cannot be seen from inside one."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

if TYPE_CHECKING:
    from collections.abc import Generator

COMMAND = Path(sys.executable).with_name("brokerbook")
SERVICES = "/api/v1/services/messagingServices"
_ADDRESS = re.compile(r"at (http://127\.0\.0\.1:\d+)")
_START_SECONDS = 20


def environment(**more: str) -> dict[str, str]:
    """The environment of this process without any settings in it, and with these."""
    return {name: value for name, value in os.environ.items() if not name.startswith("BROKERBOOK_")} | more


def command(*arguments: str | Path, **env: str) -> subprocess.CompletedProcess[str]:
    """Runs `brokerbook` with these arguments to its end."""
    return subprocess.run(
        [COMMAND, *map(str, arguments)],
        env=environment(**env), capture_output=True, text=True, timeout=60, check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip


def succeeded(*arguments: str | Path, **env: str) -> str:
    """What a command that has to succeed prints."""
    done = command(*arguments, **env)
    assert done.returncode == 0, done.stderr
    return done.stdout


def token(data: Path, name: str = "admin", **env: str) -> str:
    """A token as `brokerbook token` gives it."""
    return succeeded("token", name, "--data", data, **env).strip()


class Process:
    """A server that listens on a port of the system's choice; what it prints lies beside its data directory."""

    def __init__(
        self, data: Path, *, env: dict[str, str] | None = None, log_level: str = "warning", prefix: tuple[str, ...] = (),
    ) -> None:  # fmt: skip
        self.data = data
        self.output = data.with_name(f"{data.name}.out")
        self.errors = data.with_name(f"{data.name}.err")
        with self.output.open("wb") as out, self.errors.open("ab") as err:
            self.popen = subprocess.Popen(
                [*prefix, COMMAND, "serve", "--data", data, "--port", "0", "--log-level", log_level],
                env=environment(**(env or {})), stdin=subprocess.DEVNULL, stdout=out, stderr=err,
            )  # fmt: skip
        self.address = self._announced()

    def _announced(self) -> str:
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline and self.popen.poll() is None:
            text = self.output.read_text()
            if (found := _ADDRESS.search(text)) and "curl" in text:
                return found[1]
            time.sleep(0.01)
        self.kill()
        raise AssertionError(f"the server did not start: {self.errors.read_text()}")

    def client(self, bearer: str | None, **more: Any) -> httpx.Client:
        """A client that sends this token."""
        headers = {"Authorization": f"Bearer {bearer}"} if bearer is not None else {}
        return httpx.Client(base_url=self.address, headers=headers, timeout=30, **more)

    def kill(self) -> None:
        """Ends it as a power cut does."""
        self.popen.kill()
        self.popen.wait()

    def stop(self) -> int:
        """Ends it as a supervisor does; returns its exit code."""
        self.popen.send_signal(signal.SIGTERM)
        try:
            return self.popen.wait(30)
        finally:
            self.kill()


@contextlib.contextmanager
def serving(data: Path, **more: Any) -> Generator[Process]:
    """A server for as long as the block lasts."""
    process = Process(data, **more)
    try:
        yield process
    finally:
        if process.popen.poll() is None:
            process.stop()


def service(name: str, secret: str = "s3cret-word", **more: Any) -> dict[str, Any]:
    """A create body for a Kafka service with a secret."""
    config = {"bootstrapServers": "broker:9092", "saslUsername": "reader", "saslPassword": secret}
    return {"name": name, "serviceType": "Kafka", "connection": {"config": config}} | more


def secret_of(entity: dict[str, Any]) -> str:
    """The secret in a service made by `service`."""
    return entity["connection"]["config"]["saslPassword"]


PATCH = {"Content-Type": "application/json-patch+json"}
