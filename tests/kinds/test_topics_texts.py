"""Texts of schemas that the server reads: into fields, with a note where it cannot; the key's schema, and those of records."""

from __future__ import annotations

import json

import msgspec
import pytest

from brokerbook.kinds.topic import TOPIC, CreateTopic
from make import made, make, path_of
from strict import fault

TOPICS = path_of("topic")
AVRO = json.dumps({"type": "record", "name": "Order", "fields": [{"name": "id", "type": "long", "doc": "key"}]})
PROTOBUF = 'syntax = "proto3"; message Order { int64 id = 1; }'
JSON = json.dumps({"title": "Order", "type": "object", "properties": {"id": {"type": "integer"}}})


def get(client, topic, query=""):
    return client.bare.get(f"{TOPICS}/{topic['id']}{query}").json()


@pytest.mark.parametrize(
    ("schema_type", "text", "data_type"), [("Avro", AVRO, "LONG"), ("Protobuf", PROTOBUF, "INT"), ("JSON", JSON, "INT")]
)
def test_a_text_that_comes_without_fields_is_read(client, schema_type, text, data_type):
    given = {"schemaType": schema_type, "schemaText": text}
    for more in ({}, {"schemaFields": []}):
        topic = made(client, "topic", messageSchema=given | more)
        (root,) = topic["messageSchema"]["schemaFields"]
        assert (root["name"], root["dataType"]) == ("Order", "RECORD")
        assert root["children"][0]["dataType"] == data_type
        assert root["children"][0]["fullyQualifiedName"] == f"{topic['fullyQualifiedName']}.Order.id"


def test_fields_that_come_with_a_text_are_stored_as_they_are(client):
    fields = [{"name": "other", "dataType": "STRING"}]
    given = {"schemaType": "Avro", "schemaText": AVRO, "schemaFields": fields}
    topic = made(client, "topic", messageSchema=given)
    assert [field["name"] for field in topic["messageSchema"]["schemaFields"]] == ["other"]


def test_a_text_of_another_type_is_kept_unread(client):
    topic = made(client, "topic", messageSchema={"schemaType": "Other", "schemaText": AVRO})
    assert topic["messageSchema"] == {"schemaType": "Other", "schemaText": AVRO, "schemaFields": []}


def test_a_text_that_cannot_be_read_is_kept_with_a_note(client):
    asked = make("topic", messageSchema={"schemaType": "Avro", "schemaText": "{nonsense"})
    topic = client.post(TOPICS, json=asked).json()
    assert topic["messageSchema"] == {"schemaType": "Avro", "schemaText": "{nonsense", "schemaFields": []}
    assert "schemaNote" not in get(client, topic)
    assert "schemaNote" not in get(client, topic, "?fields=*")
    assert get(client, topic, "?fields=schemaNote")["schemaNote"]
    client.put(TOPICS, json=asked | {"messageSchema": {"schemaType": "Avro", "schemaText": AVRO}})
    assert "schemaNote" not in get(client, topic, "?fields=schemaNote")


def test_the_note_stays_as_long_as_the_text_that_it_is_about(client):
    topic = made(client, "topic", messageSchema={"schemaText": "{", "schemaType": "Avro"})
    for given in ({"schemaType": "Avro"}, {}):
        client.put(TOPICS, json=make("topic", name=topic["name"], messageSchema=given))
        shown = get(client, topic, "?fields=schemaNote")
        assert (shown["messageSchema"]["schemaText"], bool(shown["schemaNote"])) == ("{", True)


def test_further_schemas_are_read_before_the_request_has_its_turn_to_be_written():
    further = [{"schemaText": '"string"', "schemaType": "Avro"}]
    asked = TOPIC.prepared(msgspec.convert(make("topic", schemas=further), CreateTopic))
    assert len(asked.schemas.contents) == 2
    assert TOPIC.derive(asked, False)["schemas"] is asked.schemas  # noqa: FBT003


def test_what_people_said_survives_that_the_server_reads_the_schema_again(client):
    asked = make("topic", messageSchema={"schemaType": "Avro", "schemaText": AVRO})
    topic = client.post(TOPICS, json=asked).json()
    field = "/messageSchema/schemaFields/0/children/0"
    patch = [
        {"op": "add", "path": f"{field}/tags/0", "value": {"tagFQN": "Tier.Tier1"}},
        {"op": "add", "path": f"{field}/displayName", "value": "Id"},
    ]
    client.patch(f"{TOPICS}/{topic['id']}", json=patch)
    more = json.loads(AVRO)
    more["fields"].append({"name": "amount", "type": "double"})
    again = client.put(TOPICS, json=asked | {"messageSchema": {"schemaType": "Avro", "schemaText": json.dumps(more)}})
    first, second = again.json()["messageSchema"]["schemaFields"][0]["children"]
    assert (first["displayName"], first["tags"][0]["tagFQN"]) == ("Id", "Tier.Tier1")
    assert second["name"] == "amount"


# made to hurt

DEEP = '{"type":"array","items":' * 5000 + '"int"' + "}" * 5000
MANY = json.dumps({"type": "record", "name": "R", "fields": [{"name": f"f{n}", "type": "int"} for n in range(100_000)]})
RECURSIVE = json.dumps(
    {"type": "record", "name": "N", "fields": [{"name": "next", "type": ["null", "N"]}, {"name": "v", "type": "int"}]}
)
LAUGHS = json.dumps(
    {
        "title": "L", "type": "object", "properties": {"a": {"$ref": "#/$defs/d0"}},
        "$defs": {
            f"d{n}": {"type": "object", "properties": {k: {"$ref": f"#/$defs/d{n + 1}"} for k in "abcdefgh"}}
            for n in range(30)
        },
    }
)  # fmt: skip
REMOTE = json.dumps({"title": "R", "type": "object", "properties": {"a": {"$ref": "http://127.0.0.1:9/x.json"}}})


@pytest.mark.parametrize(
    ("schema_type", "text"),
    [
        ("Avro", DEEP),
        ("Avro", MANY),
        ("Avro", RECURSIVE),
        ("JSON", LAUGHS),
        ("JSON", REMOTE),
        ("JSON", json.dumps({"title": "x" * 500, "type": "object", "properties": {"y" * 500: {"type": "string"}}})),
        ("Protobuf", "message A {" * 3000),
        ("Protobuf", 'import "http://127.0.0.1/x.proto"; message A { x.B b = 1; }'),
        ("Avro", " " * 900_000 + "{"),
    ],
    ids=["deep", "many", "recursive", "laughs", "remote", "long names", "open", "import", "blank"],
)
def test_a_schema_made_to_hurt_is_kept_and_harms_nobody(client, schema_type, text):
    rows = [
        make("topic"),
        make("topic", messageSchema={"schemaType": schema_type, "schemaText": text}),
        make("topic", messageSchema={"schemaType": "Avro", "schemaText": AVRO}),
    ]
    result = client.put(f"{TOPICS}/bulk", json=rows).json()
    assert result["status"] == "success", result["failedRequest"]
    topic = client.get(f"{TOPICS}/name/{result['successRequest'][1]['request']}").json()
    assert topic["messageSchema"]["schemaText"] == text


# further schemas


def test_further_schemas_are_shown_to_whom_asks_for_them_alone(client):
    further = [
        {"role": "key", "schemaType": "Avro", "schemaText": AVRO, "subject": "orders-key"},
        {"schemaType": "JSON", "schemaText": JSON, "recordName": "Order"},
        {"schemaType": "Avro", "schemaText": "{nonsense", "subject": "broken"},
    ]
    asked = make("topic", schemas=further)
    topic = client.post(TOPICS, json=asked).json()
    for answer in (topic, get(client, topic), get(client, topic, "?fields=*"), client.put(TOPICS, json=asked).json()):
        assert "schemas" not in answer
    key, record, broken = get(client, topic, "?fields=schemas")["schemas"]
    assert (key["role"], key["subject"], key["schemaText"]) == ("key", "orders-key", AVRO)
    assert key["schemaFields"][0]["children"][0]["dataType"] == "LONG"
    assert (record["role"], record["recordName"]) == ("value", "Order")
    assert broken["note"]
    listed = client.bare.get(f"{TOPICS}?service={asked['service']}&fields=schemas&limit=1000").json()["data"]
    (found,) = [one for one in listed if one["id"] == topic["id"]]
    assert found["schemas"] == get(client, topic, "?fields=schemas")["schemas"]


def test_further_schemas_stay_when_a_put_says_nothing_of_them_and_go_when_it_says_none(client):
    asked = make("topic", schemas=[{"role": "key", "schemaType": "Avro", "schemaText": AVRO}])
    topic = client.post(TOPICS, json=asked).json()
    bare = {key: value for key, value in asked.items() if key != "schemas"}
    client.put(TOPICS, json=bare | {"partitions": 2})
    assert len(get(client, topic, "?fields=schemas")["schemas"]) == 1
    changed = client.put(TOPICS, json=bare | {"partitions": 2, "schemas": []}).json()
    assert changed["version"] == 0.3
    assert not get(client, topic, "?fields=schemas").get("schemas")
    first = client.bare.get(f"{TOPICS}/{topic['id']}/versions/0.1").json()
    assert "schemas" not in first


def test_further_schemas_are_not_patched(client):
    topic = client.post(TOPICS, json=make("topic", schemas=[{"schemaType": "Avro", "schemaText": AVRO}])).json()
    patch = [{"op": "add", "path": "/schemas", "value": []}]
    assert "cannot be patched" in fault(client.patch(f"{TOPICS}/{topic['id']}", json=patch), 400)
    client.patch(f"{TOPICS}/{topic['id']}", json=[{"op": "add", "path": "/description", "value": "d"}])
    assert len(get(client, topic, "?fields=schemas")["schemas"]) == 1
