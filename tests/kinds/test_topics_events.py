"""What events tell of topics and their schemas."""

from __future__ import annotations

import pytest

from make import made, make, path_of

TOPICS = path_of("topic")


def told(client, topic, kind_of_event="entityCreated"):
    answer = client.get(f"/api/v1/events?{kind_of_event}=topic&timestamp=0")
    assert answer.status_code == 200, answer.text
    return [event for event in answer.json()["data"] if event["entityId"] == topic["id"]]


@pytest.mark.parametrize("value", ["x", "a:b:c:d", ":::"])
def test_what_a_user_writes_is_taken_for_no_schema(client, value):
    config = {"entity": {"messageSchema": value}}
    topic = made(client, "topic", topicConfig=config)
    (event,) = told(client, topic)
    assert event["entity"]["topicConfig"] == config


def test_nobody_reads_anothers_schema_through_an_event(client):
    made(client, "topic", messageSchema={"schemaText": "a secret schema", "schemaType": "Other"})
    database = client.bare.server.catalog.context.database
    for (key,) in database.peek(lambda tx: tx.all("SELECT hash FROM content", {})):
        topic = made(client, "topic", topicConfig={"entity": {"messageSchema": f"{key}:Avro:{key}"}})
        assert "a secret schema" not in str(told(client, topic))


def test_an_event_shows_the_schema_and_nothing_that_only_reads_show_which_ask_for_it(client):
    further = [{"role": "key", "schemaText": '"string"', "schemaType": "Avro"}]
    schema = {"schemaText": "{", "schemaType": "Avro"}
    topic = made(client, "topic", messageSchema=schema, schemas=further, topicConfig={"schemas": "mine"})
    (event,) = told(client, topic)
    assert event["entity"]["messageSchema"] == schema | {"schemaFields": []}
    assert event["entity"]["topicConfig"] == {"schemas": "mine"}
    assert {"schemas", "schemaNote"}.isdisjoint(event["entity"])


def test_a_schema_that_is_taken_back_at_once_is_told_of_in_words(client):
    topic = made(client, "topic")
    client.put(TOPICS, json=make("topic", name=topic["name"], partitions=2))
    given = {"schemaText": "some text", "schemaType": "Other"}
    path = f"{TOPICS}/{topic['id']}"
    client.patch(path, json=[{"op": "add", "path": "/messageSchema", "value": given}])
    client.patch(path, json=[{"op": "remove", "path": "/messageSchema"}])
    texts = [
        change[side]
        for event in told(client, topic, "entityUpdated")
        for part in event["changeDescription"].values()
        if isinstance(part, list)
        for change in part
        for side in ("oldValue", "newValue")
        if change["name"] == "messageSchema.schemaText" and side in change
    ]
    assert texts == ["some text", "some text"]
