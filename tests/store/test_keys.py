"""Keys that are lost, wrong or malformed stop the start, say what to do, and change nothing."""

from __future__ import annotations

import base64
import hashlib
import re
from typing import TYPE_CHECKING, Any

import pytest

from brokerbook import app
from brokerbook.errors import StartupError
from brokerbook.settings import Settings
from brokerbook.store.keyring import new_key
from conftest import Client, running
from processes import SERVICES, command, secret_of, service, serving, succeeded, token

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A catalog with a secret in it."""
    data = tmp_path / "data"
    data.mkdir()
    with running(data) as server:
        Client(server, server.token("admin")).post(SERVICES, json=service("orders")).raise_for_status()
    return data


def secret(data: Path, **settings: Any) -> str:
    with running(data, **settings) as server:
        bot = Client(server, server.token("ingestion-bot"))
        return secret_of(bot.get(f"{SERVICES}/name/orders").json())


def contents(data: Path) -> dict[str, str]:
    """What lies in a data directory, but for what SQLite keeps while the file is open."""
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in data.iterdir()
        if not path.name.endswith(("-wal", "-shm"))
    }


def refused(data: Path, **settings: Any) -> str:
    """Why a server does not start; it has changed nothing then."""
    before = contents(data)
    with pytest.raises(StartupError) as refusal:
        app.create_app(Settings(data=data, **settings)).close()
    assert contents(data) == before
    return str(refusal.value)


def key_of(data: Path) -> str:
    return (data / "secrets.key").read_text().strip()


# lost and wrong keys


def test_a_lost_key_stops_the_start_and_what_to_do_is_told(data: Path, tmp_path: Path) -> None:
    (data / "secrets.key").rename(tmp_path / "mislaid")
    message = refused(data)
    assert re.search(r"sealed with the key [0-9a-f]{16}, which is not in the file .*secrets\.key\. Put", message)
    assert "Nothing was changed" in message
    assert not (data / "secrets.key").exists()
    (tmp_path / "mislaid").rename(data / "secrets.key")
    assert secret(data) == "s3cret-word"


def test_another_key_stops_the_start(data: Path) -> None:
    right = key_of(data)
    other = new_key()
    (data / "secrets.key").write_text(other)
    message = refused(data)
    assert "Put that key back" in message
    assert other not in message
    (data / "secrets.key").write_text(f"{other}\n{right}\n")
    assert secret(data) == "s3cret-word"


@pytest.mark.parametrize(
    "content",
    [
        b"hush-hush", b"c2hvcnQ=", b"\xff\xfe\x00", "schlüssel".encode(), base64.b64encode(b"x" * 33),
        base64.b64encode(b"x" * 31), b"=" * 44, base64.b64encode(b"x" * 32)[:-1],
    ],
)  # fmt: skip
def test_a_malformed_key_stops_the_start_and_is_not_shown(data: Path, content: bytes) -> None:
    (data / "secrets.key").write_bytes(content)
    message = refused(data)
    assert "is not 32 bytes in base64. Make one with `openssl rand -base64 32`, or correct it." in message
    assert content.decode("latin-1") not in message


def test_an_empty_key_file_is_a_lost_key(data: Path) -> None:
    (data / "secrets.key").write_text("\n")
    assert "Put that key back" in refused(data)


def test_a_key_file_that_cannot_be_read_is_named(data: Path) -> None:
    (data / "secrets.key").unlink()
    (data / "secrets.key").mkdir()
    with pytest.raises(StartupError, match=r"secrets\.key cannot be read"):
        app.create_app(Settings(data=data)).close()


@pytest.mark.slow
def test_the_command_tells_of_a_lost_key_in_one_line(data: Path) -> None:
    (data / "secrets.key").unlink()
    done = command("serve", "--data", data, "--port", "0")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.count("\n") == 1
    assert "Put that key back" in done.stderr


# other sources of keys


def setting(key: str) -> dict[str, str]:
    return {"secrets_key": key}


def printed(key: str) -> dict[str, str]:
    return {"secrets_key_command": f"echo {key}"}


@pytest.mark.parametrize("source", [setting, printed])
def test_a_key_may_come_from_elsewhere_and_is_not_written_down(tmp_path: Path, source: Any) -> None:
    key, other = new_key(), new_key()
    with running(tmp_path, **source(key)) as server:
        Client(server, server.token("admin")).post(SERVICES, json=service("orders")).raise_for_status()
    assert not (tmp_path / "secrets.key").exists()
    assert all(key.encode() not in path.read_bytes() for path in tmp_path.iterdir())
    assert secret(tmp_path, **source(key)) == "s3cret-word"
    assert secret(tmp_path, **source(f"{other},{key}")) == "s3cret-word"
    for wrong in (source(other), {}):
        assert "Put that key back" in refused(tmp_path, **wrong)
    assert not (tmp_path / "secrets.key").exists()


@pytest.mark.parametrize("key", ["hush-hush", "schlüssel", "c2hvcnQ="])
@pytest.mark.parametrize("source", [setting, printed])
def test_a_malformed_key_from_elsewhere_is_not_shown(data: Path, source: Any, key: str) -> None:
    message = refused(data, **source(key))
    assert "not 32 bytes in base64" in message
    assert key not in message


@pytest.mark.parametrize(("asked", "words"), [("echo hush; exit 3", "failed"), ("kill -9 $$", "failed")])
def test_a_command_that_fails_stops_the_start_and_what_it_printed_is_not_shown(
    data: Path, asked: str, words: str
) -> None:
    message = refused(data, secrets_key_command=asked)
    assert message == f"The command in the setting secrets_key_command {words}."


def test_a_command_that_prints_no_key_stops_the_first_start(tmp_path: Path) -> None:
    for _ in range(2):
        with pytest.raises(StartupError, match="no secrets key in the command"):
            app.create_app(Settings(data=tmp_path, secrets_key_command="true")).close()
    assert not (tmp_path / "secrets.key").exists()
    with running(tmp_path, secrets_key=new_key()) as server:
        assert server.catalog.password is not None, "nothing was seeded by the starts that failed"


@pytest.fixture
def outside(tmp_path: Path) -> Iterator[Path]:
    directory = tmp_path / "vault"
    directory.mkdir()
    yield directory / "catalog.key"
    assert (directory / "catalog.key").stat().st_mode & 0o777 == 0o600


def test_a_key_file_may_lie_elsewhere(tmp_path: Path, outside: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    with running(data, secrets_key_file=outside) as server:
        Client(server, server.token("admin")).post(SERVICES, json=service("orders")).raise_for_status()
    assert not (data / "secrets.key").exists()
    assert secret(data, secrets_key_file=outside) == "s3cret-word"


# a new key while serving


@pytest.mark.slow
def test_a_rotation_while_serving_loses_nothing_and_the_old_key_opens_nothing(data: Path) -> None:
    old = key_of(data)
    with serving(data) as process, process.client(token(data, "ingestion-bot")) as bot:
        rows = [service(f"s{n}", f"secret-{n}") for n in range(300)]
        bot.put(f"{SERVICES}/bulk", json=rows).raise_for_status()
        succeeded("secrets", "rotate", "--data", data)
        bot.put(SERVICES, json=service("after", "secret-after")).raise_for_status()
        page = bot.get(SERVICES, params={"limit": "1000"}).json()["data"]
        expected = {f"s{n}": f"secret-{n}" for n in range(300)} | {"orders": "s3cret-word", "after": "secret-after"}
        assert {entity["name"]: secret_of(entity) for entity in page} == expected
    assert key_of(data) != old
    succeeded("verify", "--data", data)
    (data / "secrets.key").write_text(old)
    assert "Put that key back" in refused(data)
