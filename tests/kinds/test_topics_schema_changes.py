"""What changed between two versions of a topic's schema, and whom it breaks."""

from __future__ import annotations

import json

import pytest

from make import made, make, path_of
from strict import fault

TOPICS = path_of("topic")


def avro(*fields):
    found = [{"name": name, "type": "string"} | ({"default": ""} if optional else {}) for name, optional in fields]
    return {"schemaType": "Avro", "schemaText": json.dumps({"type": "record", "name": "R", "fields": found})}


ONE, MORE, LESS = avro(("a", False)), avro(("a", False), ("b", False)), avro(("b", True))


@pytest.fixture
def topic(client):
    """Version 0.1 has one field; 0.2 one more, without a default; 0.3 another description."""
    asked = make("topic", messageSchema=ONE)
    found = client.post(TOPICS, json=asked).json()
    client.put(TOPICS, json=asked | {"messageSchema": MORE})
    client.put(TOPICS, json=asked | {"messageSchema": MORE, "description": "d"})
    return found


def changes(client, topic, query=""):
    return client.bare.get(f"{TOPICS}/{topic['id']}/schemaChanges{query}").json()


def test_without_numbers_it_is_the_last_change_of_the_schema(client, topic):
    found = changes(client, topic)
    assert (found["fromVersion"], found["toVersion"]) == (0.1, 0.2)
    assert found["comparison"]["compatible"] == {"backward": False, "forward": True, "full": False}
    (change,) = found["comparison"]["changes"]
    assert (change["path"], change["change"], change["breaks"]) == ("R.b", "added", ["writers"])


def test_any_two_versions_are_compared(client, topic):
    back = changes(client, topic, "?from=0.2&to=0.1")["comparison"]
    assert back["compatible"] == {"backward": True, "forward": False, "full": False}
    assert changes(client, topic, "?from=0.2&to=0.3")["comparison"]["changes"] == []


def test_a_candidate_is_compared_and_not_stored(client, topic):
    path = f"{TOPICS}/{topic['id']}/schemaChanges"
    found = client.bare.post(path, json={"schemaText": LESS["schemaText"]}).json()
    assert "toVersion" not in found
    assert found["comparison"]["compatible"] == {"backward": True, "forward": False, "full": False}
    other = client.bare.post(path, json={"schemaText": "{}", "schemaType": "JSON"}).json()
    assert other["comparison"]["note"] == "Not compared: one schema is Avro, the other JSON."
    assert client.get(f"{TOPICS}/{topic['id']}").json()["version"] == 0.3


def test_a_topic_without_a_schema_has_nothing_to_compare(client):
    found = changes(client, made(client, "topic"))
    assert found["comparison"] == {
        "schemaType": "None",
        "changes": [],
        "note": "Not compared: one of them has no text.",
    }


def test_a_version_that_is_not_there_is_told(client, topic):
    path = f"{TOPICS}/{topic['id']}/schemaChanges"
    assert "version 9.9 not found" in fault(client.get(f"{path}?from=9.9"), 404, "ENTITY_NOT_FOUND")
    assert fault(client.get(f"{path}?to=x"), 400) == 'For input string: "x"'
