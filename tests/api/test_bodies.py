"""What bad bodies get: 400 with the reason, never a 500 (ruling 4)."""

from __future__ import annotations

import json
from typing import Any, cast

import pytest

from make import SERVICES, made, make
from strict import fault

DEEP = 200


@pytest.fixture(scope="module")
def service(client):
    return made(client, "messagingService")


@pytest.mark.parametrize("method", ["POST", "PUT"])
@pytest.mark.parametrize(
    "body",
    [
        "", " ", "null", "{", '{"name":', "[]", "5", '"x"', "true", "{'name': 'x'}", '{"name": "x",}', "\ufeff{}",
        '{"name": "x", "serviceType": "Kafka"} trailing', b"\xff\xfe", b'{"name": "\xff"}',
    ],
)  # fmt: skip
def test_a_body_that_is_no_json_object_is_400(client, method, body):
    fault(client.request(method, SERVICES, content=body), 400)


@pytest.mark.parametrize(
    "text",
    [
        '{"name": "\\u0000", "serviceType": "Kafka"}',
        '{"name": "x", "serviceType": "Kafka", "description": "a\\u0000b"}',
        '{"name": "x", "serviceType": "Kafka", "connection": {"config": {"saslUsername": "\\u0000"}}}',
        '{"name": "x", "serviceType": "Kafka", "connection": {"config": {"consumerConfig": {"\\u0000": 1}}}}',
        '{"name": "x", "serviceType": "CustomMessaging", "connection": {"config": {"a": [["\\u0000"]]}}}',
        '{"name": "x", "serviceType": "Kafka", "description": "\\ud800"}',
        '{"name": "x", "serviceType": "Kafka", "description": "\\udc00\\ud800"}',
        '{"name": "x", "serviceType": "Kafka", "connection": {"config": {"saslPassword": "\\ud800"}}}',
    ],
)
def test_text_with_nul_or_half_a_character_is_400(client, text):
    assert fault(client.post(SERVICES, content=text), 400)
    assert fault(client.put(SERVICES, content=text), 400)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "-1e999"])
@pytest.mark.parametrize(
    "place",
    [
        '{"name": "x", "serviceType": "Kafka", "connection": {"config": {"consumerConfig": {"a": %s}}}}',
        '{"name": "x", "serviceType": "CustomMessaging", "connection": {"config": {"a": [%s]}}}',
        '{"name": "x", "serviceType": "Kafka", "tags": [{"tagFQN": "a.b", "metadata": {"a": %s}}]}',
        '{"name": %s, "serviceType": "Kafka"}',
    ],
)
def test_numbers_that_are_not_finite_are_400(client, number, place):
    fault(client.post(SERVICES, content=place % number), 400)


def nested(depth):
    return "[" * depth + "]" * depth


@pytest.mark.parametrize(
    "body",
    [
        nested(101),
        nested(100_000),
        "[" * 100_000,
        '{"a":' * 101 + "1" + "}" * 101,
        f'{{"name": "x", "serviceType": "CustomMessaging", "connection": {{"config": {{"a": {nested(98)}}}}}}}',
        "[" * 101 + '"' + '\\"' * 100_000,
    ],
    ids=["lists", "very deep", "without an end", "objects", "in a config", "a text without an end"],
)
def test_nesting_beyond_a_hundred_levels_is_400(client, service, body):
    fault(client.post(SERVICES, content=body), 400)
    fault(client.put(f"{SERVICES}/bulk", content=body), 400)
    fault(client.patch(f"{SERVICES}/{service['id']}", content=body), 400)
    fault(client.put(f"{SERVICES}/{service['id']}/testConnectionResult", content=body), 400)


def test_a_hundred_levels_are_taken_and_brackets_in_texts_are_none(client):
    inside = json.loads(nested(97))
    config = {"config": {"a": inside}}
    made(client, "messagingService", serviceType="CustomMessaging", connection=config)
    made(client, "messagingService", description="[" * DEEP + '"\\"{' * DEEP)


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("displayName", 5, "displayName must be a text, not a whole number."),
        ("owners", {}, "owners must be an array, not an object."),
        ("tags", ["x"], "tags[0] must be an object"),
        ("tags", [{}], "tags[0].tagFQN must not be null"),
        ("domains", [""], "domains[0] size must be at least 1 characters"),
        ("domains", ["x" * 3073], "domains[0] size must be at most 3072 characters"),
        ("owners", [{"id": "x", "type": "user"}], "owners[0].id must match"),
        ("owners", [{"kind": "user"}], 'Unrecognized field "kind" at owners[0]'),
        ("style", {"color": []}, "style.color must be a text"),
    ],
)
def test_a_value_of_another_type_is_400_and_names_its_place(client, field, value, said):
    assert said in fault(client.post(SERVICES, json=make("messagingService", **{field: value})), 400)


def test_a_body_over_the_limit_is_413_before_it_is_read(tmp_path):
    from conftest import Client, running

    with running(tmp_path, max_body_bytes=1000) as server:
        admin = Client(server, server.token("admin"))
        small = make("messagingService", description="d" * 800)
        assert admin.post(SERVICES, json=small).status_code == 201
        large = json.dumps(make("messagingService", description="d" * 1000))
        read = []

        async def streamed():
            for chunk in (large[:600], large[600:]):
                read.append(chunk)
                yield chunk.encode()

        for method, path in (("POST", SERVICES), ("PUT", f"{SERVICES}/bulk")):
            message = fault(admin.request(method, path, content=large), 413, "PAYLOAD_TOO_LARGE")
            assert "1000" in message
            fault(admin.request(method, path, content=cast("Any", streamed())), 413, "PAYLOAD_TOO_LARGE")
        declared = {"Content-Length": "5000000"}
        read.clear()
        fault(
            admin.request("POST", SERVICES, content=cast("Any", streamed()), headers=declared), 413, "PAYLOAD_TOO_LARGE"
        )
        assert len(read) <= 1, "what is declared too large is not read"
        stranger = admin.request("POST", SERVICES, content=large, token=None)
        fault(stranger, 401, "UNAUTHORIZED")
