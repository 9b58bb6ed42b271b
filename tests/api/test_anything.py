"""Whatever is sent, the caller's mistake is his: requests near what is right, and never a 5xx (ruling 4)."""

from __future__ import annotations

import json
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import strict
from brokerbook.connectors import SERVICE_TYPES
from brokerbook.kinds import KINDS
from make import SERVICES, kafka, made, make, path_of

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=8),
    st.sampled_from(
        ["*********", "Kafka", "Labels.x", "00000000-0000-4000-8000-000000000000", "user", "a.b", '"', "::"]
    ),
)
KEYS = st.sampled_from(
    [
        "id",
        "type",
        "name",
        "tagFQN",
        "config",
        "connection",
        "saslPassword",
        "consumerConfig",
        "consumerConfigSSL",
        "sslKey",
        "topicFilterPattern",
        "includes",
        "href",
        "color",
        "0",
        "-",
        "steps",
        "status",
        "value",
    ]
)
ANYTHING = st.recursive(
    SCALARS, lambda inside: st.lists(inside, max_size=3) | st.dictionaries(KEYS, inside, max_size=3), max_leaves=8
)
calm = settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


def full(client):
    """A request with something in every field, and a secret."""
    tag, user, domain = made(client, "tag"), made(client, "user"), made(client, "domain")
    return make(
        "messagingService",
        connection=kafka(saslPassword="s3cret-word", consumerConfig={"a": ["b"], "token": "s3cret-word"}),
        description="d",
        tags=[{"tagFQN": tag["fullyQualifiedName"]}],
        owners=[{"id": user["id"], "type": "user"}],
        domains=[domain["fullyQualifiedName"]],
        style={"color": "red"},
    )


@pytest.fixture(scope="module")
def service(client):
    return made(client, "messagingService")


def check(response, kind="messagingService"):
    assert response.status_code < 500, response.text
    body = response.json()
    if response.status_code >= 400:
        strict.check_error(body, response.status_code)
    else:
        strict.check_answer(kind, body, domain=True)
    return body


def requests_of(kind):
    fields = sorted(field for field in KINDS[kind].create.__struct_fields__ if field != "password")
    return st.dictionaries(st.sampled_from(fields), ANYTHING, max_size=4)


@calm
@given(data=st.data())
def test_create_requests_of_every_kind(client, data):
    kind = data.draw(st.sampled_from(sorted(KINDS)))
    asked = make(kind) | data.draw(requests_of(kind))
    if kind == "user":
        asked["createPasswordType"] = None
    check(client.post(path_of(kind), json=asked), kind)
    check(client.put(path_of(kind), json=asked), kind)
    check(client.put(f"{path_of(kind)}/bulk", json=[asked, data.draw(ANYTHING)]), kind)


@calm
@given(service_type=st.sampled_from(SERVICE_TYPES), config=st.dictionaries(KEYS, ANYTHING, max_size=4))
def test_connections_of_every_type(client, service_type, config):
    asked = make("messagingService", serviceType=service_type, connection={"config": config})
    made_one = client.post(SERVICES, json=asked)
    body = check(made_one)
    if made_one.status_code == 201:
        same = client.put(SERVICES, json=asked | {"connection": body["connection"]})
        assert same.headers["x-openmetadata-change"] == "entityNoChange", "what is read can be put back"


POINTERS = st.lists(
    st.sampled_from(
        [
            "description",
            "owners",
            "tags",
            "0",
            "-",
            "id",
            "connection",
            "config",
            "saslPassword",
            "consumerConfig",
            "a",
            "token",
            "style",
            "color",
            "name",
            "domains",
            "deleted",
            "followers",
            "version",
            "serviceType",
            "testConnectionResult",
            "steps",
            "~0",
            "~1",
            "~2",
            "changeDescription",
            "pipelines",
            "",
        ]
    ),
    min_size=1,
    max_size=4,
).map(lambda parts: "/" + "/".join(parts))
OPERATIONS = st.fixed_dictionaries(
    {"op": st.sampled_from(["add", "remove", "replace", "move", "copy", "test"]), "path": POINTERS},
    optional={"value": ANYTHING, "from": POINTERS, "more": ANYTHING},
)


@pytest.fixture(scope="module")
def patched(client):
    """A service for people's patches, another for the bot's: it may copy what it alone sees."""
    asked = [full(client) for _ in range(2)]
    return [(one, client.post(SERVICES, json=one).json()) for one in asked]


@settings(calm, max_examples=150)
@given(operations=st.lists(OPERATIONS, max_size=4))
def test_patches(client, as_bot, patched, operations):
    for caller, (asked, service) in zip((client, as_bot), patched, strict=True):
        assert client.put(SERVICES, json=asked).status_code == 200
        path = f"{SERVICES}/{service['id']}"
        answer = caller.patch(path, content=json.dumps(operations))
        check(answer)
        shown = check(client.get(f"{path}?fields=*"))
        for key in ("id", "name", "fullyQualifiedName", "serviceType", "deleted", "href"):
            assert shown[key] == service[key]
        if caller is client:
            assert "s3cret-word" not in answer.text + json.dumps(shown) + client.get(f"{path}/versions").text
        else:
            assert "s3cret-word" not in json.dumps(shown.get("connection", {}))


@calm
@given(body=ANYTHING)
def test_small_bodies(client, service, body):
    path = f"{SERVICES}/{service['id']}"
    text = json.dumps(body)
    check(client.put(f"{path}/testConnectionResult", content=text))
    check(client.put(f"{path}/followers", content=text))
    check(client.put(f"{SERVICES}/restore", content=text))
    check(client.patch(path, content=text))
    check(client.put(f"{SERVICES}/bulk", content=text))


@calm
@given(content=st.binary(max_size=40))
def test_bytes(client, service, content):
    for method, path in (
        ("POST", SERVICES),
        ("PUT", SERVICES),
        ("PUT", f"{SERVICES}/bulk"),
        ("PATCH", f"{SERVICES}/{service['id']}"),
        ("PUT", f"{SERVICES}/{service['id']}/testConnectionResult"),
    ):
        check(client.request(method, path, content=content))


@calm
@given(
    below=st.sampled_from(["", "/history", "/{id}", "/{id}/versions", "/name/x", "/{id}/versions/0.1"]),
    query=st.dictionaries(
        st.sampled_from(
            ["fields", "include", "limit", "before", "after", "domain", "startTs", "endTs", "recursive", "async"]
        ),
        st.text(max_size=12) | st.sampled_from(["1", "-1", "*", "all", "owners", "eyJ9", "9" * 30]),
        max_size=4,
    ),
)
def test_queries(client, service, below, query):
    response = client.get(SERVICES + below.format(id=service["id"]), params=query)
    assert response.status_code < 500


@calm
@given(
    parts=st.lists(
        st.text(max_size=6) | st.sampled_from(["name", "versions", "async", "restore", "..", "0.1"]), max_size=4
    )
)
@pytest.mark.parametrize("method", ["GET", "DELETE", "PUT", "POST", "PATCH"])
def test_paths(client, service, method, parts):
    path = "/".join([SERVICES, *(quote(part.encode("utf-8", "replace"), safe="") for part in parts)])
    content = {"PATCH": "[]", "POST": "{}", "PUT": "{}"}.get(method)
    response = client.request(method, path, content=content)
    assert response.status_code < 500
    if response.status_code >= 400:
        strict.check_error(response.json(), response.status_code)
    assert client.get(f"{SERVICES}/{service['id']}").status_code == 200
