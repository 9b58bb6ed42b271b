"""A backup taken while clients write: a server on what is restored from it knows all that was answered before."""

from __future__ import annotations

import itertools
import threading
from typing import TYPE_CHECKING

import httpx
import pytest

from processes import PATCH, SERVICES, Process, secret_of, service, serving, succeeded, token

if TYPE_CHECKING:
    from pathlib import Path


class Writer(threading.Thread):
    """Creates, patches and changes services, and remembers what was answered, in order."""

    def __init__(self, process: Process, bearer: str, number: int) -> None:
        super().__init__(daemon=True)
        self.process, self.bearer, self.number = process, bearer, number
        self.answered: dict[str, str] = {}
        """Name to its description, which its secret says too."""
        self.stopping = threading.Event()
        self.fault: httpx.HTTPStatusError | None = None

    def run(self) -> None:
        try:
            self._write()
        except httpx.HTTPStatusError as error:
            self.fault = error

    def _write(self) -> None:
        with self.process.client(self.bearer) as client:
            for n in itertools.count():
                if self.stopping.is_set():
                    return
                name = f"w{self.number}-{n}"
                client.post(SERVICES, json=service(name, "word first", description="first")).raise_for_status()
                self.answered[name] = "first"
                body = service(name, "word second", description="second", displayName=name)
                client.put(SERVICES, json=body).raise_for_status()
                self.answered[name] = "second"
                patch = [
                    {"op": "replace", "path": "/description", "value": "third"},
                    {"op": "replace", "path": "/connection/config/saslPassword", "value": "word third"},
                ]
                client.patch(f"{SERVICES}/name/{name}", json=patch, headers=PATCH).raise_for_status()
                self.answered[name] = "third"


ORDER = ("first", "second", "third")


@pytest.mark.slow
def test_a_backup_under_load_holds_what_was_answered_and_old_tokens_open_it(tmp_path: Path) -> None:
    data, elsewhere, saved = tmp_path / "data", tmp_path / "elsewhere", tmp_path / "saved"
    with serving(data) as process:
        admin, bot = token(data), token(data, "ingestion-bot")
        writers = [Writer(process, admin, number) for number in range(4)]
        for writer in writers:
            writer.start()
        try:
            succeeded("backup", tmp_path / "warm", "--data", data)
            before = {name: state for writer in writers for name, state in list(writer.answered.items())}
            succeeded("backup", saved, "--data", data)
        finally:
            for writer in writers:
                writer.stopping.set()
                writer.join(20)
    assert before
    assert [writer.fault for writer in writers] == [None] * 4
    succeeded("restore", saved, "--data", elsewhere)
    succeeded("verify", "--data", elsewhere)
    with serving(elsewhere) as process, process.client(bot) as client, process.client(admin) as person:
        page = client.get(SERVICES, params={"limit": "100000"}).raise_for_status().json()["data"]
        there = {entity["name"]: entity for entity in page}
        for name, state in before.items():
            assert ORDER.index(there[name]["description"]) >= ORDER.index(state)
        for entity in page:
            assert secret_of(entity) == f"word {entity['description']}", "the secret and the document are of one moment"
        name, entity = next(iter(there.items()))
        assert secret_of(person.get(f"{SERVICES}/name/{name}").raise_for_status().json()) == "*********"
        versions = person.get(f"{SERVICES}/{entity['id']}/versions").raise_for_status().json()["versions"]
        assert versions
        person.post(SERVICES, json=service("after")).raise_for_status()
    succeeded("verify", "--data", elsewhere)


@pytest.mark.slow
def test_a_restore_while_serving_under_load_leaves_a_sound_catalog_that_serves(tmp_path: Path) -> None:
    data, saved = tmp_path / "data", tmp_path / "saved"
    with serving(data) as process:
        admin, bot = token(data), token(data, "ingestion-bot")
        with process.client(admin) as client:
            client.post(SERVICES, json=service("kept", "old secret")).raise_for_status()
            succeeded("backup", saved, "--data", data)
            client.put(SERVICES, json=service("kept", "new secret")).raise_for_status()
        writers = [Writer(process, admin, number) for number in range(2)]
        for writer in writers:
            writer.start()
        try:
            succeeded("restore", saved, "--data", data, "--yes")
            succeeded("verify", "--data", data)
        finally:
            for writer in writers:
                writer.stopping.set()
                writer.join(20)
        # what a writer was changing may be gone with the restore; nothing else may go wrong
        assert {writer.fault.response.status_code for writer in writers if writer.fault} <= {404}
        with process.client(bot) as client:
            assert secret_of(client.get(f"{SERVICES}/name/kept").raise_for_status().json()) == "old secret"
            client.post(SERVICES, json=service("after", "newest")).raise_for_status()
            assert secret_of(client.get(f"{SERVICES}/name/after").json()) == "newest"
    succeeded("verify", "--data", data)
