"""What the fields of topics are labelled with, while tags go and return and fields and topics change."""

from __future__ import annotations

import json

import pytest

from make import made, make, path_of

TOPICS = path_of("topic")
TAGS = path_of("tag")


@pytest.fixture
def tag(client):
    return made(client, "tag", classification=made(client, "classification")["name"])


@pytest.fixture
def topic(client, tag):
    labels = [{"tagFQN": tag["fullyQualifiedName"]}]
    fields = [{"name": "Mail", "dataType": "STRING", "tags": labels}]
    return made(client, "topic", displayName="Orders", messageSchema={"schemaFields": fields})


def labels_of(topic):
    return {
        field["name"]: [label["tagFQN"] for label in field["tags"]] for field in topic["messageSchema"]["schemaFields"]
    }


def get(client, topic, below=""):
    return client.get(f"{TOPICS}/{topic['id']}{below}").json()


def patch(client, topic, *operations):
    answer = client.patch(f"{TOPICS}/{topic['id']}", json=list(operations))
    assert answer.status_code == 200, answer.text
    return answer.json()


def renamed(name):
    return {"op": "add", "path": "/displayName", "value": name}


UNLABELLED = {"op": "replace", "path": "/messageSchema/schemaFields/0/tags", "value": []}


def test_labels_come_back_with_a_deleted_tag_though_the_topic_has_changed(client, topic, tag):
    client.delete(f"{TAGS}/{tag['id']}")
    assert labels_of(patch(client, topic, renamed("x"))) == {"Mail": []}
    client.put(f"{TAGS}/restore", json={"id": tag["id"]})
    assert labels_of(get(client, topic)) == {"Mail": [tag["fullyQualifiedName"]]}


def test_a_version_shows_the_labels_that_fields_had_then(client, topic, tag):
    client.delete(f"{TAGS}/{tag['id']}")
    client.put(TOPICS, json=make("topic", name=topic["name"], displayName="x"))
    client.put(f"{TAGS}/restore", json={"id": tag["id"]})
    client.put(TOPICS, json=make("topic", name=topic["name"], displayName="y"))
    versions = [json.loads(text) for text in get(client, topic, "/versions")["versions"]]
    assert [labels_of(version)["Mail"] for version in versions] == [[tag["fullyQualifiedName"]]] * 2 + [[]]
    assert not any("fieldLabels" in version for version in versions)


def test_labels_follow_a_field_whose_name_is_written_otherwise(client, as_bot, topic, tag):
    fields = [{"name": "mail", "dataType": "STRING"}]
    as_bot.put(TOPICS, json=make("topic", name=topic["name"], messageSchema={"schemaFields": fields}))
    assert labels_of(get(client, topic)) == {"mail": [tag["fullyQualifiedName"]]}


def test_a_field_of_its_own_that_differs_in_case_gets_no_labels_of_another(client, as_bot, topic, tag):
    fields = [{"name": name, "dataType": "STRING"} for name in ("mail", "Mail")]
    as_bot.put(TOPICS, json=make("topic", name=topic["name"], messageSchema={"schemaFields": fields}))
    assert labels_of(get(client, topic)) == {"mail": [], "Mail": [tag["fullyQualifiedName"]]}


def test_a_label_taken_from_a_field_is_told_of_until_the_session_ends(client, topic, tag):
    client.put(TOPICS, json=make("topic", name=topic["name"], partitions=2, displayName="Orders"))
    patch(client, topic, UNLABELLED)
    patch(client, topic, renamed("x"))
    deleted = {change["name"]: change for change in get(client, topic)["changeDescription"]["fieldsDeleted"]}
    told = json.loads(deleted["messageSchema.schemaFields.Mail.tags"]["oldValue"])
    assert [label["tagFQN"] for label in told] == [tag["fullyQualifiedName"]]


def test_a_session_that_took_a_label_from_a_field_is_not_undone_by_undoing_the_rest(client, topic):
    client.put(TOPICS, json=make("topic", name=topic["name"], partitions=2, displayName="Orders"))
    before = patch(client, topic, UNLABELLED, renamed("x"))
    assert patch(client, topic, renamed("Orders"))["version"] == before["version"]
    assert len(get(client, topic, "/versions")["versions"]) == 2


def test_a_session_that_gives_a_label_back_is_undone(client, as_bot, topic, tag):
    as_bot.put(TOPICS, json=make("topic", name=topic["name"], partitions=2))
    patch(client, topic, UNLABELLED)
    labels = [{"tagFQN": tag["fullyQualifiedName"]}]
    assert patch(client, topic, UNLABELLED | {"value": labels})["version"] == 0.2
    assert labels_of(get(client, topic)) == {"Mail": [tag["fullyQualifiedName"]]}
