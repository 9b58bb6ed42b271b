"""A wheel built from the project installs with `pip install` in an empty environment, and serves."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import venv
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

import brokerbook

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src/brokerbook"
START_SECONDS = 30

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT, cwd=folder)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def command(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The installed `brokerbook`, in an environment that holds nothing else but what the wheel asked for."""
    folder = tmp_path_factory.mktemp("installed")
    venv.create(folder / "env", with_pip=True)
    # The versions that the lock names, so that tomorrow's releases do not decide today's test.
    locked = re.findall(r"^[\w.-]+==[^\\\n]+", (ROOT / "requirements/runtime.txt").read_text("utf-8"), re.MULTILINE)
    (folder / "constraints.txt").write_text("\n".join(locked), "utf-8")
    pip = [folder / "env/bin/python", "-m", "pip", "--disable-pip-version-check"]
    run(*pip, "install", "--quiet", "--constraint", folder / "constraints.txt", wheel, cwd=folder)
    return folder / "env/bin/brokerbook"


@pytest.fixture
def server(command: Path, tmp_path: Path) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """A running `brokerbook serve` and its address."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    with (tmp_path / "server.log").open("wb") as log:
        process = subprocess.Popen(
            [command, "serve", "--data", tmp_path / "data", "--port", str(port)],
            cwd=tmp_path,
            env=environment(),
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        wait_until_up(process, address, tmp_path / "server.log")
        yield process, address
    finally:
        process.kill()
        process.wait()


def test_the_wheel_holds_everything_that_the_package_has(wheel: Path):
    files = {
        path.relative_to(PACKAGE.parent).as_posix()
        for path in PACKAGE.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert {"brokerbook/py.typed", "brokerbook/store/migrations/0001_catalog.sql"} <= files
    assert files <= set(zipfile.ZipFile(wheel).namelist())


def test_the_installed_command_knows_its_version(command: Path, tmp_path: Path):
    assert brokerbook.__version__ in run(command, "version", cwd=tmp_path)


def test_the_installed_server_answers_and_stops_when_asked(server: tuple[subprocess.Popen[bytes], str]):
    process, address = server
    version = json.loads(get(f"{address}/api/v1/system/version"))
    assert {"version", "revision", "timestamp"} == set(version)
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=START_SECONDS) == 0


def wait_until_up(process: subprocess.Popen[bytes], address: str, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            get(f"{address}/livez")
        except urllib.error.URLError:
            time.sleep(0.05)
        else:
            return
    pytest.fail(f"the server did not come up:\n{log.read_text('utf-8', 'replace')}")


def get(url: str) -> bytes:
    # No proxy: the server is on this machine, whatever the environment says about the others.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(url, timeout=5) as answer:
        return answer.read()


def run(*arguments: str | Path, cwd: Path) -> str:
    done = subprocess.run(
        arguments, cwd=cwd, env=environment(), check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def environment() -> dict[str, str]:
    """The environment of this process without what would lead the installed package back into the project or into other settings."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("BROKERBOOK_", "PYTHON")) and name != "VIRTUAL_ENV"
    }


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
