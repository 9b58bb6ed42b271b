"""Kills a real server in the middle of concurrent writes of every kind: what was answered is there, whole."""

from __future__ import annotations

import contextlib
import itertools
import random
import sqlite3
import threading
import time
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from brokerbook.engine.secrets import Sealer
from brokerbook.engine.verify import problems
from brokerbook.settings import Settings
from brokerbook.store import visit
from brokerbook.store.keyring import Keyring
from processes import PATCH, SERVICES, Process, secret_of, service, token

if TYPE_CHECKING:
    from pathlib import Path

ROUNDS = 8
WORKERS = 6
PATIENCE = 20
TAG = {"tagFQN": "Sensitivity.High", "source": "Classification", "labelType": "Manual", "state": "Confirmed"}


@dataclass(frozen=True)
class State:
    """What a service is, as far as this test changes it."""

    description: str
    secret: str
    deleted: bool = False
    owned: bool = False
    tagged: bool = False
    followed: bool = False


@dataclass
class Known:
    """What a worker knows of one of its services. `None` among the states: it is not there."""

    name: str
    id: str = ""
    version: float | None = None
    """That of the last answer; None if a later write may have changed it."""
    may_be: list[State | None] = field(default_factory=lambda: [None])
    events: Counter[str] = field(default_factory=Counter)
    open_events: Counter[str] = field(default_factory=Counter)
    """Of writes that were not answered: they may have happened."""
    given_up: bool = False
    """It was deleted, or is to be: the worker leaves it alone."""


class Worker(threading.Thread):
    """Writes until the server is gone, and remembers what it was told."""

    def __init__(self, number: int, client: httpx.Client, people: dict[str, str]) -> None:
        super().__init__(daemon=True)
        self.prefix, self.client, self.people = f"w{number}", client, people
        self.random = random.Random(random.random())
        self.numbers = itertools.count()
        self.services: list[Known] = []
        self.unexpected: list[str] = []
        self.answered = Counter[str]()

    def run(self) -> None:
        with contextlib.suppress(httpx.TransportError):
            while True:
                live = [known for known in self.services if not known.given_up]
                if len(live) < 4:
                    self.random.choice([self.create, self.put_new, self.bulk])()
                    continue
                known = self.random.choice(live)
                (state,) = known.may_be
                assert state is not None
                if state.deleted:
                    self.random.choice([self.restore, self.hard_delete])(known, state)
                    continue
                self.random.choice(
                    [self.put, self.put, self.patch, self.patch, self.follow, self.bulk, self.delete, self.delete_later]
                )(known, state)

    # a write, and what it makes

    def _write(self, what: str, changes: list[tuple[Known, State | None, str | None]], *call: Any, **more: Any) -> Any:
        for known, state, event in changes:
            known.may_be.append(state)
            known.version = None
            if event is not None:
                known.open_events[event] += 1
        response = self.client.request(*call, **more)
        if response.status_code >= 300:
            self.unexpected.append(f"{what}: {response.status_code} {response.text}")
            raise httpx.TransportError("the test has failed")
        self.answered[what] += 1
        for known, state, event in changes:
            known.may_be = [state]
            known.open_events.clear()
            if event is not None:
                known.events[event] += 1
        return response.json()

    def _new(self) -> tuple[Known, State]:
        known = Known(f"{self.prefix}-{next(self.numbers)}-{self.random.getrandbits(40):x}")
        self.services.append(known)
        return known, self._fresh()

    def _fresh(self, **more: Any) -> State:
        word = f"{self.random.getrandbits(64):x}"
        return State(f"said {word}", f"secret-{word}", **more)

    def create(self) -> None:
        known, state = self._new()
        body = service(known.name, state.secret, description=state.description)
        self._learn(known, self._write("create", [(known, state, "entityCreated")], "POST", SERVICES, json=body))

    def put_new(self) -> None:
        known, state = self._new()
        body = service(known.name, state.secret, description=state.description, tags=[TAG])
        change = (known, replace(state, tagged=True), "entityCreated")
        self._learn(known, self._write("put of a new one", [change], "PUT", SERVICES, json=body))

    def put(self, known: Known, state: State) -> None:
        fresh = self._fresh()
        after = replace(state, description=fresh.description, secret=fresh.secret)
        body = service(known.name, after.secret, description=after.description)
        self._learn(known, self._write("put", [(known, after, "entityUpdated")], "PUT", SERVICES, json=body))

    def patch(self, known: Known, state: State) -> None:
        after = replace(state, description=self._fresh().description, owned=not state.owned, tagged=not state.tagged)
        owners = [{"id": self.people["admin"], "type": "user"}] if after.owned else []
        operations = [
            {"op": "add", "path": "/description", "value": after.description},
            {"op": "add", "path": "/owners", "value": owners},
            {"op": "add", "path": "/tags", "value": [TAG] if after.tagged else []},
        ]
        change = (known, after, "entityUpdated")
        path = f"{SERVICES}/{known.id}"
        self._learn(known, self._write("patch", [change], "PATCH", path, json=operations, headers=PATCH))

    def follow(self, known: Known, state: State) -> None:
        # following again is no fault, and no event either
        change = (known, replace(state, followed=True), None if state.followed else "entityUpdated")
        version = known.version
        self._write("follow", [change], "PUT", f"{SERVICES}/{known.id}/followers", json=self.people["admin"])
        known.version = version

    def bulk(self, *also: Any) -> None:
        made = [self._new() for _ in range(4)]
        changes: list[tuple[Known, State | None, str | None]] = [(*one, "entityCreated") for one in made]
        if also:
            known, state = also
            changes.append((known, replace(state, **vars(self._fresh()) | {"owned": state.owned, "tagged": state.tagged,
                            "followed": state.followed}), "entityUpdated"))  # fmt: skip
        body = [service(k.name, s.secret, description=s.description) for k, s, _ in changes if s is not None]
        answer = self._write("bulk", changes, "PUT", f"{SERVICES}/bulk", json=body)
        if answer["status"] != "success":
            self.unexpected.append(str(answer))
        for known, _, _ in changes:
            self._learn(known, self.client.get(f"{SERVICES}/name/{known.name}").json())

    def delete(self, known: Known, state: State) -> None:
        after = replace(state, deleted=True)
        change = (known, after, "entitySoftDeleted")
        self._learn(known, self._write("soft delete", [change], "DELETE", f"{SERVICES}/{known.id}"))

    def restore(self, known: Known, state: State) -> None:
        change = (known, replace(state, deleted=False), "entityRestored")
        self._learn(known, self._write("restore", [change], "PUT", f"{SERVICES}/restore", json={"id": known.id}))

    def hard_delete(self, known: Known, _: State) -> None:
        known.given_up = True
        change = (known, None, "entityDeleted")
        self._write("hard delete", [change], "DELETE", f"{SERVICES}/{known.id}", params={"hardDelete": "true"})

    def delete_later(self, known: Known, state: State) -> None:
        known.given_up = True
        hard = self.random.random() < 0.5
        change = (known, None, "entityDeleted") if hard else (known, replace(state, deleted=True), "entitySoftDeleted")
        params = {"hardDelete": str(hard).lower()}
        self._write("async delete", [change], "DELETE", f"{SERVICES}/async/{known.id}", params=params)

    def _learn(self, known: Known, answer: dict[str, Any]) -> None:
        known.id, known.version = answer["id"], answer["version"]


# what is there afterwards


def found(entity: dict[str, Any]) -> State:
    return State(
        description=entity["description"],
        secret=secret_of(entity),
        deleted=entity["deleted"],
        owned=bool(entity.get("owners")),
        tagged=bool(entity.get("tags")),
        followed=bool(entity.get("followers")),
    )


def everything(client: httpx.Client) -> dict[str, dict[str, Any]]:
    params = {"fields": "owners,tags,followers", "include": "all", "limit": "1000"}
    entities: list[dict[str, Any]] = []
    while True:
        page = client.get(SERVICES, params=params).raise_for_status().json()
        entities += page["data"]
        if "after" not in page["paging"]:
            return {entity["name"]: entity for entity in entities}
        params["after"] = page["paging"]["after"]


def wait_for_promises(data: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    with contextlib.closing(sqlite3.connect(data / "brokerbook.db")) as connection:
        while connection.execute("SELECT count(*) FROM job WHERE state = 'waiting'").fetchone() != (0,):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        assert connection.execute("SELECT doc FROM job WHERE state = 'failed'").fetchall() == []


def events(data: Path) -> dict[str, Counter[str]]:
    counted: dict[str, Counter[str]] = {}
    with contextlib.closing(sqlite3.connect(data / "brokerbook.db")) as connection:
        for entity_id, kind in connection.execute("SELECT entity_id, type FROM event"):
            counted.setdefault(entity_id, Counter())[kind] += 1
    return counted


def verified(data: Path) -> list[str]:
    with visit.reading(data) as tx:
        return list(problems(tx, Sealer(Keyring(Settings(data=data)))))


def check(data: Path, client: httpx.Client, services: list[Known]) -> None:
    """Everything that was answered is there, whole; what was not answered is there whole or not at all."""
    wait_for_promises(data)
    assert verified(data) == []
    there, happened = everything(client), events(data)
    for known in services:
        entity = there.pop(known.name, None)
        assert (found(entity) if entity else None) in known.may_be, known
        if entity is not None:
            assert known.id in ("", entity["id"])
            known.id = entity["id"]
            assert known.version in (None, entity["version"]), known
        if not known.id:
            continue  # it was never there, as far as anybody knows
        seen = happened.get(known.id, Counter())
        assert known.events <= seen <= known.events + known.open_events, known
    assert there == {}, "something is there that nobody wrote"


def settle(data: Path, client: httpx.Client, services: list[Known]) -> None:
    """From now on what was in doubt is known."""
    there, happened = everything(client), events(data)
    for known in services:
        entity = there.get(known.name)
        known.may_be = [found(entity) if entity else None]
        known.events, known.open_events = happened.get(known.id, Counter()), Counter()


def prepare(process: Process, data: Path) -> dict[str, str]:
    """Tokens and ids by name, and the tag that services get."""
    tokens = {name: token(data, name) for name in ("admin", "ingestion-bot")}
    with process.client(tokens["admin"]) as client:
        for path, body in (
            ("/api/v1/classifications", {"name": "Sensitivity", "description": "How secret data is."}),
            ("/api/v1/tags", {"name": "High", "classification": "Sensitivity", "description": "Very."}),
        ):
            assert client.post(path, json=body).status_code == 201
        people = {"admin": client.get("/api/v1/users/name/admin").json()["id"]}
    return {f"token of {name}": text for name, text in tokens.items()} | people


@pytest.mark.slow
def test_a_killed_server_has_lost_nothing_that_it_answered(tmp_path: Path) -> None:
    data = tmp_path / "data"
    services: list[Known] = []
    answered: Counter[str] = Counter()
    known: dict[str, str] = {}
    for number in range(ROUNDS + 1):
        process = Process(data)
        try:
            known = known or prepare(process, data)
            with process.client(known["token of ingestion-bot"]) as client:
                check(data, client, services)
                settle(data, client, services)
            if number == ROUNDS:
                break
            workers = [Worker(n, process.client(known["token of admin"]), known) for n in range(WORKERS)]
            for worker in workers:
                worker.start()
            time.sleep(random.uniform(0.2, 0.9))
        finally:
            process.kill()
        for worker in workers:
            worker.join(PATIENCE)
            worker.client.close()
            assert worker.unexpected == []
            answered += worker.answered
            services += worker.services
    assert set(answered) == {
        "create", "put of a new one", "put", "patch", "follow", "bulk", "soft delete", "restore", "hard delete",
        "async delete",
    }  # fmt: skip
    assert sum(answered.values()) > 100
