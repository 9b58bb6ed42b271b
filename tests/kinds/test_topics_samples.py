"""Sample data of topics."""

from __future__ import annotations

import uuid

from make import made, path_of
from strict import fault

TOPICS = path_of("topic")


def path(topic):
    return f"{TOPICS}/{topic['id']}/sampleData"


def test_messages_are_kept_and_replaced_without_a_version(client):
    topic = made(client, "topic")
    assert "sampleData" not in client.get(path(topic)).json()
    for messages in (["a", "b"], ["c"]):
        answer = client.put(path(topic), json={"messages": messages}).json()
        assert answer["sampleData"]["messages"] == messages
        assert client.get(path(topic)).json()["sampleData"]["messages"] == messages
    shown = client.get(f"{TOPICS}/{topic['id']}").json()
    assert shown["version"] == 0.1
    assert "sampleData" not in shown
    assert "sampleData" not in client.delete(path(topic)).json()
    assert client.delete(path(topic)).status_code == 200


def test_no_messages_are_an_empty_list(client):
    topic = made(client, "topic")
    assert client.put(path(topic), json={}).json()["sampleData"] == {"messages": []}


def test_messages_that_cannot_be_are_refused(client):
    topic = made(client, "topic")
    assert "more" in fault(client.put(path(topic), json={"messages": [], "more": 1}), 400)
    assert "at most 1000" in fault(client.put(path(topic), json={"messages": ["x"] * 1001}), 400)
    assert "larger than" in fault(client.put(path(topic), json={"messages": ["x" * 4_200_000]}), 400)
    assert client.put(f"{TOPICS}/{uuid.UUID(int=5)}/sampleData", json={"messages": []}).status_code == 404


def test_messages_go_with_the_topic(client):
    topic = made(client, "topic")
    client.put(path(topic), json={"messages": ["a"]})
    client.delete(f"{TOPICS}/{topic['id']}?hardDelete=true")
    database = client.bare.server.catalog.context.database
    found = database.peek(
        lambda tx: tx.one("SELECT COUNT(*) FROM sample_data WHERE entity_id = :id", {"id": topic["id"]})
    )
    assert found == (0,)


def test_what_is_sensitive_is_shown_to_owners_bots_and_administrators_only(client, as_bot, as_user):
    owner = client.bare.server.as_user("sample-owner")
    user = client.get("/api/v1/users/name/sample-owner").json()
    tags = [{"tagFQN": "PII.Sensitive"}]
    fields = [{"name": "mail", "dataType": "STRING", "tags": tags}]
    topic = made(client, "topic", owners=[{"id": user["id"], "type": "user"}], messageSchema={"schemaFields": fields})
    other = made(client, "topic", tags=tags)
    for one in (topic, other):
        client.put(path(one), json={"messages": ["amy@example.com"]})
        assert as_user.get(path(one)).json()["sampleData"]["messages"] == ["*********"]
        for caller in (client, as_bot):
            assert caller.get(path(one)).json()["sampleData"]["messages"] == ["amy@example.com"]
    assert owner.get(path(topic)).json()["sampleData"]["messages"] == ["amy@example.com"]


def test_what_a_glossary_term_makes_sensitive_is_shown_to_few_as_well(client, as_user):
    term = made(
        client,
        "glossaryTerm",
        glossary=made(client, "glossary")["name"],
        tags=[{"tagFQN": "PII.Sensitive"}],
    )
    label = {"tagFQN": term["fullyQualifiedName"], "source": "Glossary"}
    fields = [{"name": "mail", "dataType": "STRING", "tags": [label]}]
    for topic in (made(client, "topic", tags=[label]), made(client, "topic", messageSchema={"schemaFields": fields})):
        client.put(path(topic), json={"messages": ["amy@example.com"]})
        assert as_user.get(path(topic)).json()["sampleData"]["messages"] == ["*********"]
        assert client.get(path(topic)).json()["sampleData"]["messages"] == ["amy@example.com"]
