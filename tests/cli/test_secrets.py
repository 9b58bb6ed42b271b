"""`brokerbook secrets rotate`: every secret stays readable, wherever it is interrupted and whoever writes meanwhile."""

from __future__ import annotations

import random
import shutil
import subprocess
import threading
import time
from typing import TYPE_CHECKING

import pytest

import sample
from brokerbook.engine import rotation
from brokerbook.engine.secrets import Sealer
from brokerbook.settings import Settings
from brokerbook.store.keyring import Keyring, new_key
from conftest import Client, running
from make import SERVICES
from processes import COMMAND, environment, secret_of, service, serving, succeeded, token

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from commands import Commands
    from processes import Process


def keys(data: Path) -> list[str]:
    return list(Keyring(Settings(data=data)).keys)


def clear(data: Path, **settings: str) -> str:
    """The secret of `orders` as the bot reads it."""
    with running(data, **settings) as server:
        found = Client(server, server.token("ingestion-bot")).get(f"{SERVICES}/name/orders")
        return secret_of(found.json())


def test_a_new_key_takes_the_place_of_the_old_one(commands: Commands):
    (old,) = keys(commands.data)
    commands.done("secrets", "rotate")
    (new,) = keys(commands.data)
    assert new != old
    assert clear(commands.data) == sample.SECRET
    assert commands.done("verify")


def test_the_key_file_stays_private(commands: Commands):
    commands.done("secrets", "rotate")
    assert (commands.data / "secrets.key").stat().st_mode & 0o777 == 0o600


def test_what_was_done_is_told(commands: Commands):
    (old,) = keys(commands.data)
    said = commands("secrets", "rotate").stderr
    (new,) = keys(commands.data)
    assert said == (
        f"Sealed the secrets of 2 entities anew; all are sealed with the key {new}.\n"
        f"Dropped from the file {commands.data}/secrets.key: {old}.\n"
    )


def added(data: Path) -> str:
    """Killed when the key was in the file, and nothing else was done."""
    return Keyring(Settings(data=data)).add()


def begun(data: Path) -> str:
    """Killed when the catalog's word was changed."""
    return rotation.begin(data, Keyring(Settings(data=data))).key_id


def halfway(data: Path) -> str:
    """Killed when some secrets were sealed anew."""
    keyring = Keyring(Settings(data=data))
    started = rotation.begin(data, keyring)
    assert rotation.step(data, Sealer(keyring), started) == 1
    return started.key_id


def sealed(data: Path) -> str:
    """Killed when all were."""
    keyring = Keyring(Settings(data=data))
    started = rotation.begin(data, keyring)
    while rotation.step(data, Sealer(keyring), started):
        pass
    return started.key_id


def dropped(data: Path) -> str:
    """Killed when the old key had left the file, before that was written down."""
    key_id = sealed(data)
    Keyring(Settings(data=data)).keep({key_id})
    return key_id


@pytest.mark.parametrize("killed", [added, begun, halfway, sealed, dropped])
def test_an_interrupted_rotation_is_readable_and_goes_on(
    commands: Commands, monkeypatch: pytest.MonkeyPatch, killed: Callable[[Path], str]
):
    monkeypatch.setattr(rotation, "BATCH", 1)
    key_id = killed(commands.data)
    assert clear(commands.data) == sample.SECRET
    assert commands.done("verify")
    commands.done("secrets", "rotate")
    assert keys(commands.data) == [key_id]
    assert clear(commands.data) == sample.SECRET
    assert commands.done("verify")
    commands.done("secrets", "rotate")
    assert keys(commands.data) != [key_id]


def test_a_missing_key_stops_it_before_anything_changes(commands: Commands):
    lost = (commands.data / "secrets.key").read_text()
    (old,) = keys(commands.data)
    (commands.data / "secrets.key").write_text(new_key())
    said = commands.refused("secrets", "rotate")
    assert said.startswith(f"Secrets are sealed with the key {old}, which is not in the file")
    (commands.data / "secrets.key").write_text(lost)
    assert commands.done("verify")


def test_keys_in_a_setting_are_sealed_anew_under_the_first_one(commands: Commands):
    old = (commands.data / "secrets.key").read_text().strip()
    (commands.data / "secrets.key").unlink()
    new = new_key()
    said = commands("secrets", "rotate", BROKERBOOK_SECRETS_KEY=f"{new},{old}").stderr
    assert "The other keys in the setting secrets_key are no longer needed." in said
    assert clear(commands.data, secrets_key=new) == sample.SECRET
    assert commands.done("verify", BROKERBOOK_SECRETS_KEY=new)
    assert not (commands.data / "secrets.key").exists()


def test_with_one_key_in_a_setting_it_says_how_to_go_about_it(commands: Commands):
    key = (commands.data / "secrets.key").read_text().strip()
    said = commands("secrets", "rotate", BROKERBOOK_SECRETS_KEY=key).stderr
    assert "to rotate, put a new key in front of it first" in said


def test_the_status_shows_which_key_seals_what(commands: Commands):
    (old,) = keys(commands.data)
    new = added(commands.data)
    lines = commands.done("secrets", "status").splitlines()
    assert [line.split()[:2] for line in lines[1:]] == [[new, "not"], [old, "seals"]]
    assert lines[2].endswith("secrets of 2 entities")


def test_the_status_tells_of_a_missing_key(commands: Commands):
    (old,) = keys(commands.data)
    (commands.data / "secrets.key").write_text(new_key())
    assert commands.refused("secrets", "status").startswith(f"The key {old} is missing.")


@pytest.mark.slow
def test_a_server_with_keys_in_a_setting_has_to_know_them_first(data: Path):
    key = (data / "secrets.key").read_text().strip()
    setting = {"BROKERBOOK_SECRETS_KEY": key}
    with serving(data, env=setting):
        done = subprocess.run(
            [COMMAND, "secrets", "rotate", "--data", data],
            env=environment(**setting), capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False,
        )  # fmt: skip
    assert done.returncode == 1
    assert "the running server must have been started with the same keys. If it was, say so with --yes." in done.stderr


class Load:
    """A client that writes secrets and reads them back in clear text until it is told to stop."""

    def __init__(self, process: Process, bearer: str, number: int) -> None:
        self.written: dict[str, str] = {}
        self.faults: list[str] = []
        self._process, self._bearer, self._number = process, bearer, number
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        with self._process.client(self._bearer) as client:
            n = 0
            while not self._stop.is_set():
                n += 1
                name, secret = f"s{self._number}-{n % 50}", f"secret-{self._number}-{n}"
                answer = client.put(SERVICES, json=service(name, secret))
                if answer.status_code >= 400:
                    self.faults.append(answer.text)
                    continue
                self.written[name] = secret
                read = client.get(f"{SERVICES}/name/{name}")
                if read.status_code != 200 or secret_of(read.json()) != self.written[name]:
                    self.faults.append(read.text)

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()


@pytest.mark.slow
def test_it_may_be_killed_at_any_moment_while_the_server_writes(data: Path, tmp_path: Path):
    with serving(data) as process:
        bot = token(data, "ingestion-bot")
        with process.client(bot) as client:
            for start in range(0, 1000, 500):
                rows = [service(f"many-{n}", f"word-{n}") for n in range(start, start + 500)]
                client.put(f"{SERVICES}/bulk", json=rows).raise_for_status()
        loads = [Load(process, bot, number) for number in range(3)]
        try:
            for _ in range(8):
                rotating = subprocess.Popen(
                    [COMMAND, "secrets", "rotate", "--data", data],
                    env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                )  # fmt: skip
                time.sleep(0.25 + random.random() * 0.35)
                rotating.kill()
                rotating.wait()
            succeeded("secrets", "rotate", "--data", data)
        finally:
            for load in loads:
                load.stop()
        assert [fault for load in loads for fault in load.faults] == []
        assert len(keys(data)) == 1
        with process.client(bot) as client:
            assert secret_of(client.get(f"{SERVICES}/name/many-999").json()) == "word-999"
    succeeded("verify", "--data", shutil.copytree(data, tmp_path / "copy"))
