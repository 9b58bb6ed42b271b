"""Plants a marker in every place where a secret can lie, and looks for it wherever it must not be."""

from __future__ import annotations

import base64
import json
import re
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from brokerbook import connectors
from brokerbook.connectors import SERVICE_TYPES
from processes import PATCH, SERVICES, Process, succeeded, token

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import httpx

    from brokerbook.connectors.shapes import Shape

MARK = "mArK3r"
FORMS = [
    MARK.encode(),
    *(base64.b64encode(b"\0" * shift + MARK.encode() * 3)[4:20] for shift in range(3)),
]
WAYS = ("post", "put", "patch", "bulk")
WHO = ("admin", "ingestion-bot")
PASSWORD = f"{MARK}-Passw0rd-of-a-user"

Config = dict[str, Any]


# where secrets can lie


def places(shape: Shape, mark: Iterator[str]) -> Iterator[Config]:
    """A config for each place in a shape where a secret can lie, with a marker there and nothing else."""
    for name in shape.secrets:
        yield {name: next(mark)}
    for name in shape.free:
        if shape.struct.__name__ != "GcpExternalAccount":
            yield {name: {"sasl.password": next(mark), "deep": [{"api.token": next(mark)}]}}
            yield {name: {"url": f"https://user:{next(mark)}@host"}}
    for known in shape.objects:
        for inner in known.inner:
            tag = {"type": inner.tag} if inner.tag is not None else {}
            yield from ({known.name: tag | config} for config in places(inner, mark))
    if shape.extras:
        yield {"clientSecret": next(mark), "more": {"passwords": [next(mark), {"x": next(mark)}]}}
        yield {"note": f"user=a;password={next(mark)}"}


def flat(config: Config) -> Config:
    """The config as a service type takes it whose free objects hold texts only."""
    options = config.get("connectionOptions")
    if options is not None:
        config = config | {"connectionOptions": {k: v for k, v in options.items() if isinstance(v, str)}}
    return config


def configs(way: str) -> Iterator[tuple[str, str, Config]]:
    """Service type, name and config of one service for each place."""
    for service_type in SERVICE_TYPES:
        mark = (f"{MARK}-{way}-{service_type}-{n}" for n in range(1000))
        for number, config in enumerate(places(connectors._SHAPES[service_type], mark)):
            yield service_type, f"{service_type}-{number}-{way}", flat(config)


def body(service_type: str, name: str, config: Config) -> Config:
    return {"name": name, "serviceType": service_type, "connection": {"config": config}}


def marks(value: Any) -> set[str]:
    return set(re.findall(rf"{MARK}-[\w-]+", json.dumps(value)))


# who sees what


class Watched:
    """Every answer that was given, with whether it may hold a marker."""

    def __init__(self) -> None:
        self.leaks: list[str] = []
        self.statuses: dict[int, int] = {}

    def check(self, response: httpx.Response) -> None:
        response.read()
        status = response.status_code
        self.statuses[status] = self.statuses.get(status, 0) + 1
        request = response.request
        headers = "\n".join(f"{name}: {value}" for name, value in response.headers.items())
        place = f"{request.method} {request.url.path} {status}"
        if found_in(headers.encode()):
            self.leaks.append(f"{place}: a header")
        sealed_for_all = status >= 400 or re.search(r"/(versions|history|events|bulk)\b", request.url.path)
        if (sealed_for_all or self._is_person(request)) and (found := found_in(response.content)):
            self.leaks.append(f"{place}: {found}")
        if status >= 500:
            self.leaks.append(f"{place}: an internal error")

    def _is_person(self, request: httpx.Request) -> bool:
        return request.headers.get("x-who") != "ingestion-bot"


def found_in(content: bytes) -> bytes | None:
    """What stands around the first marker."""
    for form in FORMS:
        if (at := content.find(form)) >= 0:
            return content[max(0, at - 120) : at + 40]
    return None


class Place:
    """A running server with a client for each caller, all of them watched."""

    def __init__(self, directory: Path) -> None:
        self.data = directory / "data"
        self.process = Process(self.data, log_level="debug")
        self.watched = Watched()
        self.tokens = {who: token(self.data, who) for who in WHO}
        self.clients = {
            who: self.process.client(text, event_hooks={"response": [self.watched.check]})
            for who, text in self.tokens.items()
        }
        for who, client in self.clients.items():
            client.headers["x-who"] = who

    def close(self) -> None:
        for client in self.clients.values():
            client.close()
        if self.process.popen.poll() is None:
            self.process.stop()


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    place = Place(tmp_path_factory.mktemp("canary"))
    try:
        for who in WHO:
            plant(place.clients[who], who)
        misuse(place)
        yield place
    finally:
        place.close()


def plant(client: httpx.Client, who: str) -> None:
    rows: list[Config] = []
    for way in WAYS:
        for service_type, name, config in configs(f"{way}-{who}"):
            asked = body(service_type, name, config)
            if way == "bulk":
                rows.append(asked)
            elif way == "patch":
                made = client.post(SERVICES, json=body(service_type, name, {})).json()
                operations = [{"op": "add", "path": "/connection", "value": {"config": config}}]
                answer = client.patch(f"{SERVICES}/{made['id']}", json=operations, headers=PATCH)
                assert answer.status_code == 200, answer.text
            else:
                answer = client.request(way.upper(), SERVICES, json=asked)
                assert answer.status_code == 201, answer.text
    answer = client.put(f"{SERVICES}/bulk", json=rows).json()
    assert answer["status"] == "success", answer["failedRequest"]
    assert client.put(f"{SERVICES}/bulk", json=rows).json()["status"] == "success"


def spoilt(service_type: str, config: Config) -> list[Any]:
    """Create bodies that are refused, with the markers of a config in them."""
    mark = next(iter(marks(config)))
    good = body(service_type, f"spoilt-{service_type}", config)
    wrong = [
        good | {"nonsense": mark},
        good | {"saslPassword": mark},
        good | {"connection": mark},
        good | {"connection": {"config": mark}},
        good | {"connection": {"config": [config]}},
        good | {"connection": {"confg": config}},
        good | {"conection": {"config": config}},
        good | {"serviceType": f"{service_type}{mark}"},
        good | {"name": "a::b"},
        good | {"owners": [{"id": "00000000-0000-0000-0000-000000000000", "type": "user"}]},
        good | {"connection": {"config": nested(config, lambda text: [text])}},
        good | {"connection": {"config": nested(config, lambda text: {"deeper": text})}},
        good | {"connection": {"config": config | {"type": mark}}},
        good | {"connection": {"config": config | {"supportsMetadataExtraction": mark}}},
        good | {"connection": {"config": config | {"topicFilterPattern": {"includes": mark}}}},
    ]
    if service_type != "CustomMessaging":
        wrong.append(good | {"connection": {"config": config | {"nonsense": mark}}})
    for name, inside in ADDRESSES.get(service_type, {}).items():
        wrong.append(good | {"connection": {"config": config | {name: inside.replace("MARK", mark)}}})
    return [mark, [mark], {"password": mark}, *wrong]


ADDRESSES = {
    "Kafka": {"bootstrapServers": "user:MARK@host:9092", "schemaRegistryURL": "https://user:MARK@host", "securityProtocol": "MARK"},
    "Redpanda": {"bootstrapServers": "a:1,user:MARK@host:9092", "saslMechanism": "MARK"},
    "Nats": {"natsServers": "nats://MARK@host:4222"},
    "PubSub": {"hostPort": "user:MARK@host"},
}  # fmt: skip


def nested(value: Any, change: Any) -> Any:
    """The value with every text with a marker in it changed."""
    if isinstance(value, dict):
        return {key: nested(inside, change) for key, inside in value.items()}
    if isinstance(value, list):
        return [nested(inside, change) for inside in value]
    return change(value) if isinstance(value, str) and MARK in value else value


def misuse(place: Place) -> None:
    """Requests that go wrong with a marker in them; one that is taken after all is as good."""
    for client in place.clients.values():
        rows: list[Any] = []
        for service_type in SERVICE_TYPES:
            last = [config for kind, _, config in configs("misuse") if kind == service_type]
            for config in (last[0], last[-1]):
                rows += spoilt(service_type, config)
        for row in rows:
            client.post(SERVICES, json=row)
            client.put(SERVICES, json=row)
        client.put(f"{SERVICES}/bulk", json=rows)
        kafka = client.get(f"{SERVICES}/name/Kafka-0-post-admin").json()
        asked = body("Kafka", "Kafka-0-post-admin", {"saslPassword": f"{MARK}-again"})
        assert client.post(SERVICES, json=asked).status_code == 409
        assert client.put(SERVICES, json=asked | {"serviceType": "Redpanda"}).status_code == 400
        patches: list[Any] = [
            [{"op": "add", "path": path, "value": value}]
            for path in ("/connection/config/saslPassword", "/connection/config/nonsense", "/nonsense", "/connection")
            for value in (f"{MARK}-p", [f"{MARK}-p"], {"config": {"nonsense": f"{MARK}-p"}})
        ]
        patches += [
            [{"op": "test", "path": "/connection/config/saslPassword", "value": f"{MARK}-p"}],
            [{"op": "replace", "path": "/connection/config/consumerConfig/x", "value": f"{MARK}-p"}],
            [{"op": f"{MARK}-p", "path": "/description"}],
            [{"op": "add", "value": f"{MARK}-p"}],
            f"{MARK}-p",
        ]
        for operations in patches:
            client.patch(f"{SERVICES}/{kafka['id']}", json=operations, headers=PATCH)
        text = json.dumps(asked)
        for broken in (text[:-3], text + "x", text.replace('"saslPassword"', '"saslPassword": "a", "saslPassword"'),
                       text.replace(MARK, f"\\ud800{MARK}"), text.replace(MARK, f"\\u0000{MARK}")):  # fmt: skip
            for method, path in (("POST", SERVICES), ("PUT", SERVICES), ("PUT", f"{SERVICES}/bulk")):
                for sent in (broken, f"[{broken}]"):
                    client.request(method, path, content=sent, headers={"Content-Type": "application/json"})
        misuse_identity(client)


def misuse_identity(client: httpx.Client) -> None:
    user = {"name": "canary", "email": "canary@example.com", "createPasswordType": "ADMIN_CREATE"}
    passwords = {"password": PASSWORD, "confirmPassword": PASSWORD}
    client.post("/api/v1/users", json=user | passwords)
    client.post("/api/v1/users", json=user | passwords)
    client.post("/api/v1/users", json=user | {"password": PASSWORD, "confirmPassword": MARK})
    client.post("/api/v1/users", json=user | {"password": [PASSWORD]})
    client.put("/api/v1/users", json=user | passwords)
    client.put("/api/v1/users/bulk", json=[user | passwords, user | passwords | {"isAdmin": PASSWORD}])
    client.put("/api/v1/users/bulk", json=[user | passwords | {"email": "admin@x"}, {"name": 1} | passwords])
    for word in (PASSWORD, MARK):
        login = {"email": "canary@example.com", "password": base64.b64encode(word.encode()).decode()}
        client.post("/api/v1/auth/login", json=login)
        client.post("/api/v1/auth/login", json=login | {"password": word})
    for header in (f"Bearer {MARK}", f"Basic {MARK}", f"Bearer eyJhbGciOiJub25lIn0.{MARK}.", MARK):
        assert client.get(SERVICES, headers={"Authorization": header}).status_code == 401


# the sweep


def readings(place: Place) -> None:
    """Every way to read what was planted."""
    for client in place.clients.values():
        for path in (SERVICES, "/api/v1/users"):
            for include in ("all", "deleted", "non-deleted"):
                client.get(path, params={"limit": "1000", "include": include, "fields": "*"})
            client.get(f"{path}/history", params={"startTs": "0", "endTs": "9999999999999", "limit": "500"})
        client.get("/api/v1/events", params={"timestamp": "0", "entityCreated": "*", "entityUpdated": "*"})
        for path in ("/metrics", "/api/openapi.json", "/api/docs", "/api/v1/system/version", "/readyz"):
            client.get(path)
    client = place.clients["admin"]
    for entity in client.get(SERVICES, params={"limit": "1000"}).json()["data"]:
        client.get(f"{SERVICES}/{entity['id']}/versions")
        client.get(f"{SERVICES}/{entity['id']}/versions/{entity['version']}")


@pytest.mark.slow
def test_no_answer_holds_a_secret_but_a_bots_own_reading(place: Place) -> None:
    readings(place)
    assert place.watched.leaks == [], "\n".join(place.watched.leaks)
    assert {200, 201, 400, 401, 409} <= place.watched.statuses.keys()


@pytest.mark.slow
def test_the_bot_reads_every_secret_that_was_planted(place: Place) -> None:
    page = place.clients["ingestion-bot"].get(SERVICES, params={"limit": "1000"}).json()["data"]
    there = {entity["name"]: entity for entity in page}
    for who in WHO:
        for way in WAYS:
            for _, name, config in configs(f"{way}-{who}"):
                if name != "Kafka-0-post-admin":  # that one was misused
                    assert marks(there[name]["connection"]["config"]) == marks(config), name


@pytest.mark.slow
def test_no_file_of_the_server_holds_a_secret_in_clear(place: Place, tmp_path: Path) -> None:
    with_keys, without = tmp_path / "with.backup", tmp_path / "without.backup"
    succeeded("backup", with_keys, "--data", place.data)
    succeeded("backup", without, "--data", place.data, "--without-keys")
    files = [path for path in place.data.iterdir() if path.is_file()]
    assert {"brokerbook.db", "brokerbook.db-wal"} <= {path.name for path in files}
    for path in [*files, with_keys, without, place.process.errors, place.process.output]:
        content = path.read_bytes()
        assert found_in(content) is None, path
        for text in place.tokens.values():
            assert text.rsplit(".", 1)[1].encode() not in content, path
    key = (place.data / "secrets.key").read_bytes().strip()
    assert key not in without.read_bytes()
    assert b"PRIVATE KEY" not in without.read_bytes()
    assert b'"level":"' in place.process.errors.read_bytes()


@pytest.mark.slow
def test_no_table_holds_a_secret_in_clear(place: Place) -> None:
    with closing(sqlite3.connect(place.data / "brokerbook.db")) as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        assert {"entity", "version", "event", "secret", "relation", "job", "credential", "token"} <= set(tables)
        for table in tables:
            for row in connection.execute(f"SELECT * FROM {table}"):
                for value in row:
                    content = value if isinstance(value, bytes) else str(value).encode()
                    assert found_in(content) is None, table


@pytest.mark.slow
def test_verify_finds_the_planted_catalog_sound(place: Place) -> None:
    assert found_in(succeeded("verify", "--data", place.data).encode()) is None


def test_every_place_of_every_service_type_is_planted() -> None:
    planted = [(service_type, config) for service_type, _, config in configs("x")]
    assert {service_type for service_type, _ in planted} == set(SERVICE_TYPES)
    for service_type, config in planted:
        checked = connectors.checked(service_type, "x", json.dumps(config).encode(), updating=False)
        secret = set()
        for path in connectors.secret_paths(service_type, checked):
            value: Any = checked
            for step in path:
                value = value[step]
            secret |= marks(value)
        assert secret == marks(config), config
