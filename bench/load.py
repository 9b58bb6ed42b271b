"""The load tool: wrk with our scripts, on the core that the server does not use."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from machine import HERE, BenchError

if TYPE_CHECKING:
    from machine import Server

_HOW = "wrk is needed (https://github.com/wg/wrk). Install it: `apt-get install wrk`, or `brew install wrk` on macOS."


@dataclass(frozen=True)
class Measured:
    """What one run of the load tool has seen; times in milliseconds."""

    requests: int
    rate: float
    """Requests per second."""
    p50: float
    p99: float
    busy: float
    """The server's processor time as a share of the run: well below 1 means that something else was the limit."""


def ensure_wrk() -> str:
    """The load tool's version; installs it where that is possible without asking."""
    if shutil.which("wrk") is None and os.geteuid() == 0 and shutil.which("apt-get"):
        print("Installing wrk from Debian's packages …", flush=True)
        for words in (["update", "-qq"], ["install", "-y", "-qq", "--no-install-recommends", "wrk"]):
            subprocess.run(["apt-get", *words], check=False, timeout=300, stdout=subprocess.DEVNULL)
    found = shutil.which("wrk")
    if found is None:
        raise BenchError(_HOW)
    shown = subprocess.run([found, "-v"], capture_output=True, text=True, check=False, timeout=10).stdout
    return shown.partition("Copyright")[0].strip()


def run(script: str, server: Server, connections: int, seconds: int, options: dict[str, Any]) -> Measured:
    """Drives a server with one of the scripts; any answer that is an error ends the measurement."""
    words = [f"{key}={value}" for key, value in options.items()]
    used = server.cpu_seconds()
    done = subprocess.run(
        [
            "wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s", "-s", f"{script}.lua",
            f"http://127.0.0.1:{server.port}", "--", *words,
        ],
        capture_output=True, text=True, cwd=HERE, check=False, timeout=seconds + 60,
    )  # fmt: skip
    used = server.cpu_seconds() - used
    report = done.stdout.splitlines()[-1] if done.stdout else ""
    if done.returncode or not report.startswith("{"):
        raise BenchError(f"wrk with {script}.lua failed:\n{done.stdout[-1000:]}{done.stderr[-1000:]}")
    found = json.loads(report)
    if found["refused"] or found["broken"] or not found["requests"]:
        raise BenchError(
            f"wrk with {script}.lua: of {found['requests']} requests {found['refused']} were answered with an error and "
            f"{found['broken']} not at all. The server's log ends with:\n{server.log.read_text()[-1500:]}"
        )
    elapsed = found["duration"] / 1e6
    return Measured(
        found["requests"], found["requests"] / elapsed, found["p50"] / 1000, found["p99"] / 1000, used / elapsed
    )
