"""Topics whose fields the catalog reads from a text, beside those that OpenMetadata's client reads from it."""

from __future__ import annotations

import json

import pytest

from make import fresh, made, make, path_of

TOPICS = path_of("topic")
TAG = {"tagFQN": "Tier.Tier1"}
AVRO = json.dumps(
    {
        "type": "record",
        "name": "Order",
        "fields": [
            {"name": "id", "type": "long"},
            {
                "name": "to",
                "type": {"type": "record", "name": "Address", "fields": [{"name": "city", "type": "string"}]},
            },
            {"name": "by", "type": "Address"},
        ],
    }
)
BY_CLIENT = [
    {
        "name": "Order",
        "dataType": "RECORD",
        "children": [
            {"name": "id", "dataType": "LONG", "dataTypeDisplay": "long", "description": "The key.", "tags": [TAG]},
            {
                "name": "to",
                "dataType": "RECORD",
                "children": [
                    {
                        "name": "Address",
                        "dataType": "RECORD",
                        "children": [
                            {"name": "city", "dataType": "STRING", "dataTypeDisplay": "string", "tags": [TAG]},
                        ],
                    }
                ],
            },
            {"name": "by", "dataType": "RECORD", "children": [{"name": "Address", "dataType": "RECORD"}]},
        ],
    }
]
"""The fields that OpenMetadata's client makes of the text, described and labelled."""


def fields_of(topic):
    """Every field of a topic, by its path below the topic."""
    found = {}

    def walk(fields):
        for field in fields:
            found[field["fullyQualifiedName"].removeprefix(topic["fullyQualifiedName"] + ".")] = field
            walk(field.get("children", []))

    walk(topic["messageSchema"]["schemaFields"])
    return found


@pytest.mark.parametrize(
    ("schema_type", "text", "paths"),
    [
        ("Avro", AVRO, ["Order", "Order.id", "Order.to", "Order.to.Address", "Order.to.Address.city",
                        "Order.by", "Order.by.Address", "Order.by.Address.city"]),
        ("JSON", '{"type": "object", "properties": {"a.b": {"type": "null"}}}', ["default", 'default."a.b"']),
        ("Protobuf", "message M { google.protobuf.Duration d = 1; }", ["M", "M.d", "M.d.seconds", "M.d.nanos"]),
        ("Avro", "{", []),
        ("Other", AVRO, []),
    ],
)  # fmt: skip
def test_a_text_without_fields_is_read(client, schema_type, text, paths):
    topic = made(client, "topic", messageSchema={"schemaText": text, "schemaType": schema_type})
    assert list(fields_of(topic)) == paths
    assert topic["messageSchema"]["schemaText"] == text


def test_the_name_of_the_topic_chooses_the_message(client):
    name = fresh("order_line_v")
    message = name.title().replace("_", "")
    text = f"message Other {{}} message {message} {{ bool here = 1; }}"
    topic = made(client, "topic", name=name, messageSchema={"schemaText": text, "schemaType": "Protobuf"})
    assert list(fields_of(topic)) == [message, f"{message}.here"]


def test_what_was_said_of_a_clients_fields_survives_that_the_catalog_reads_the_text(client, as_bot):
    given = {"schemaText": AVRO, "schemaType": "Avro"}
    topic = made(client, "topic", messageSchema=given | {"schemaFields": BY_CLIENT})
    answer = as_bot.put(TOPICS, json=make("topic", name=topic["name"], messageSchema=given))
    assert answer.status_code == 200, answer.text
    before, after = fields_of(topic), fields_of(answer.json())
    assert before.keys() < after.keys()
    for path, field in before.items():
        for key in ("dataType", "dataTypeDisplay", "description", "tags"):
            assert after[path].get(key) == field.get(key), (path, key)
    assert after["Order.to.Address.city"]["tags"][0]["tagFQN"] == "Tier.Tier1"


def test_a_text_that_means_endlessly_many_fields_is_taken(client):
    types = [
        {"type": "record", "name": f"R{n}", "fields": [{"name": f, "type": f"R{n + 1}"} for f in "ab"]}
        for n in range(50)
    ]
    text = json.dumps([*types, {"type": "record", "name": "R50", "fields": []}])
    topic = made(client, "topic", messageSchema={"schemaText": text, "schemaType": "Avro"})
    assert len(fields_of(topic)) == 10_000
    assert client.get(f"{TOPICS}/{topic['id']}").status_code == 200


def test_a_tree_as_deep_as_it_may_be_is_taken(client):
    text = '"int"'
    for n in range(100):
        text = f'{{"type":"record","name":"R{n}","fields":[{{"name":"f","type":{text}}}]}}'
    topic = made(client, "topic", messageSchema={"schemaText": text, "schemaType": "Avro"})
    assert len(fields_of(topic)) == 60
