"""Topics: what a request may say, what comes of it, and what lies with their service."""

from __future__ import annotations

import json

import pytest

from make import BROKER, SERVICES, fresh, made, make, path_of
from strict import fault

TOPICS = path_of("topic")


def get(client, topic, query=""):
    return client.get(f"{TOPICS}/{topic['id']}{query}").json()


def test_a_topic_shows_its_service_and_its_defaults(client):
    topic = made(client, "topic", name="a.b")
    assert topic["fullyQualifiedName"] == f'{BROKER}."a.b"'
    assert topic["service"]["fullyQualifiedName"] == BROKER
    assert topic["service"]["href"].endswith(topic["service"]["id"])
    assert (topic["serviceType"], topic["retentionSize"], topic["cleanupPolicies"]) == ("Kafka", -1, [])
    assert client.get(f"{TOPICS}/name/{topic['fullyQualifiedName']}").json()["id"] == topic["id"]


def test_a_topic_shows_what_its_service_is_called_now(client):
    service = made(client, "messagingService")
    topic = made(client, "topic", service=service["name"])
    patch = [{"op": "add", "path": "/displayName", "value": "Orders"}]
    client.patch(f"{SERVICES}/{service['id']}", json=patch)
    assert get(client, topic)["service"]["displayName"] == "Orders"
    assert client.get(f"{TOPICS}?service={service['name']}").json()["data"][0]["service"]["displayName"] == "Orders"


@pytest.mark.parametrize(
    ("field", "sent", "kept"),
    [
        ("partitions", "3", 3),
        ("partitions", 1.5, 1),
        ("retentionTime", "86400000", 86400000),
        ("retentionTime", "0.5", 0.5),
        ("retentionSize", "-1", -1),
        ("maximumMessageSize", "1048588", 1048588),
        ("minimumInSyncReplicas", "1", 1),
        ("replicationFactor", 2, 2),
    ],
)
def test_numbers_may_come_as_text(client, field, sent, kept):
    assert made(client, "topic", **{field: sent})[field] == kept


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"partitions": 0}, "[query param partitions must be greater than or equal to 1]"),
        ({"partitions": "many"}, "partitions has to be a number"),
        ({"partitions": True}, "partitions"),
        ({"partitions": None}, "partitions"),
        ({"retentionTime": "nan"}, "retentionTime has to be a number"),
        ({"maximumMessageSize": "1e99"}, "maximumMessageSize is too large"),
        ({"cleanupPolicies": ["shred"]}, "delete, compact"),
        ({"sourceHash": ""}, "sourceHash"),
        ({"sourceHash": "x" * 33}, "sourceHash"),
        ({"messageSchema": {"schemaType": "XML"}}, "Avro, Protobuf, JSON, Other, None"),
        ({"messageSchema": {"schemaFields": [{"name": "a", "dataType": "NUMBER"}]}}, "RECORD"),
        ({"messageSchema": {"schemaFields": [{"name": "", "dataType": "INT"}]}}, "name"),
        ({"lifeCycle": {"created": {}}}, "timestamp"),
        ({"more": 1}, "more"),
    ],
)
@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_a_topic_that_cannot_be_is_400_with_the_reason(client, method, fields, sentence):
    asked = make("topic", **fields)
    assert sentence in fault(client.request(method, TOPICS, json=asked), 400)
    assert client.get(f"{TOPICS}/name/{BROKER}.{asked['name']}").status_code == 404


def test_a_topic_without_a_service_is_400_and_of_one_that_is_not_there_404(client):
    asked = make("topic")
    missing = {key: value for key, value in asked.items() if key != "service"}
    assert "service must not be null" in fault(client.post(TOPICS, json=missing), 400)
    answer = client.post(TOPICS, json=asked | {"service": "nowhere"})
    assert fault(answer, 404, "ENTITY_NOT_FOUND") == "messagingService instance for nowhere not found"


def test_a_deleted_service_takes_its_topics_along_and_brings_them_back(client):
    service = made(client, "messagingService")
    topic = made(client, "topic", service=service["name"])
    assert fault(client.delete(f"{SERVICES}/{service['id']}"), 400) == "messagingService is not empty"
    client.delete(f"{SERVICES}/{service['id']}?recursive=true")
    assert client.get(f"{TOPICS}/{topic['id']}").status_code == 404
    shown = get(client, topic, "?include=deleted")
    assert (shown["deleted"], shown["service"]["deleted"], shown["version"]) == (True, True, 0.2)
    asked = make("topic", service=service["name"])
    assert client.post(TOPICS, json=asked).status_code == 404
    client.put(f"{SERVICES}/restore", json={"id": service["id"]})
    assert get(client, topic)["version"] == 0.3
    client.delete(f"{SERVICES}/{service['id']}?recursive=true&hardDelete=true")
    assert client.get(f"{TOPICS}/{topic['id']}?include=all").status_code == 404


def test_a_hard_delete_shows_the_topic_with_its_service_for_the_last_time(client):
    topic = made(client, "topic", messageSchema={"schemaText": "x", "schemaType": "Other"})
    gone = client.delete(f"{TOPICS}/{topic['id']}?hardDelete=true").json()
    assert gone["service"]["fullyQualifiedName"] == BROKER
    assert gone["messageSchema"]["schemaText"] == "x"


def test_a_topic_is_in_the_domain_of_its_service_unless_it_has_one_of_its_own(client):
    domain, other = made(client, "domain"), made(client, "domain")
    service = made(client, "messagingService", domains=[domain["name"]])
    topic = made(client, "topic", service=service["name"])
    (shown,) = get(client, topic, "?fields=domains")["domains"]
    assert (shown["name"], shown["inherited"]) == (domain["name"], True)
    assert topic["domains"] == [shown]
    patch = [{"op": "replace", "path": "/domains", "value": [{"id": other["id"], "type": "domain"}]}]
    (own,) = client.patch(f"{TOPICS}/{topic['id']}", json=patch).json()["domains"]
    assert own["name"] == other["name"]
    assert "inherited" not in own


def test_owners_are_not_inherited(client):
    owner = made(client, "user")
    service = made(client, "messagingService", owners=[{"id": owner["id"], "type": "user"}])
    assert get(client, made(client, "topic", service=service["name"]), "?fields=owners")["owners"] == []


def test_a_list_of_a_service_is_of_that_service_alone(client):
    one, other = made(client, "messagingService", name=fresh("s")), made(client, "messagingService")
    names = [made(client, "topic", service=one["name"])["name"] for _ in range(3)]
    made(client, "topic", service=other["name"])
    found = client.get(f"{TOPICS}?service={one['name']}&limit=2").json()
    assert (len(found["data"]), found["paging"]["total"]) == (2, 3)
    more = client.get(f"{TOPICS}?service={one['name']}&limit=2&after={found['paging']['after']}").json()
    assert [topic["name"] for topic in [*found["data"], *more["data"]]] == sorted(names)
    assert client.get(f"{TOPICS}?service=nowhere").json()["data"] == []


# PUT


def test_a_put_that_leaves_numbers_out_removes_them(client):
    asked = make("topic", replicationFactor=3, topicConfig={"a": 1}, retentionSize=5, cleanupPolicies=["delete"])
    client.post(TOPICS, json=asked)
    bare = {key: asked[key] for key in ("name", "service", "partitions")}
    topic = client.put(TOPICS, json=bare | {"partitions": 2}).json()
    change = topic["changeDescription"]
    assert {gone["name"] for gone in change["fieldsDeleted"]} == {"replicationFactor", "topicConfig"}
    updated = {one["name"]: one["newValue"] for one in change["fieldsUpdated"]}
    assert updated == {"partitions": 2, "retentionSize": -1, "cleanupPolicies": "[]"}
    assert topic["version"] == 0.2


def test_the_hash_of_the_source_makes_no_version(client):
    asked = make("topic", sourceHash="one")
    client.post(TOPICS, json=asked)
    topic = client.put(TOPICS, json=asked | {"sourceHash": "two"}).json()
    assert (topic["version"], topic["sourceHash"]) == (0.1, "two")


def test_a_service_cannot_be_patched_away(client):
    topic, other = made(client, "topic"), made(client, "messagingService")
    patch = [{"op": "replace", "path": "/service", "value": {"id": other["id"], "type": "messagingService"}}]
    answer = client.patch(f"{TOPICS}/{topic['id']}", json=patch)
    assert answer.headers["x-openmetadata-change"] == "entityNoChange"
    assert answer.json()["service"]["fullyQualifiedName"] == BROKER


def test_custom_properties_of_topics_are_checked_and_shown_on_request(client):
    kind = client.get("/api/v1/metadata/types/name/topic").json()
    integer = client.get("/api/v1/metadata/types/name/integer").json()
    name = fresh("property")
    defined = {"name": name, "description": "A number.", "propertyType": {"id": integer["id"], "type": "type"}}
    assert client.put(f"/api/v1/metadata/types/{kind['id']}", json=defined).status_code == 200
    topic = made(client, "topic", extension={name: 7})
    assert "extension" not in get(client, topic)
    assert get(client, topic, "?fields=extension")["extension"] == {name: 7}
    answer = client.post(TOPICS, json=make("topic", extension={"unknown": 1}))
    assert fault(answer, 400) == "Unknown custom field unknown"


def test_what_was_done_to_the_data_is_shown_on_request(client):
    topic = made(client, "topic", lifeCycle={"created": {"timestamp": 5, "accessedByAProcess": "job"}})
    assert "lifeCycle" not in get(client, topic)
    assert get(client, topic, "?fields=lifeCycle")["lifeCycle"]["created"]["timestamp"] == 5


def test_votes_and_followers_show_the_whole_topic(client, as_user):
    topic = made(client, "topic", messageSchema={"schemaText": "x", "schemaType": "Other"})
    event = as_user.put(f"{TOPICS}/{topic['id']}/vote", json={"updatedVoteType": "votedUp"}).json()
    assert event["entity"]["messageSchema"]["schemaText"] == "x"
    assert event["entity"]["service"]["fullyQualifiedName"] == BROKER
    assert get(client, topic, "?fields=votes")["votes"]["upVotes"] == 1
    admin = client.get("/api/v1/users/name/admin").json()
    event = client.put(f"{TOPICS}/{topic['id']}/followers", json=admin["id"]).json()
    assert event["entity"]["messageSchema"]["schemaText"] == "x"
    assert get(client, topic, "?fields=followers")["followers"][0]["name"] == "admin"


def test_versions_and_events_show_the_service_and_the_schema(client):
    asked = make("topic", messageSchema={"schemaText": "one", "schemaType": "Other"})
    topic = client.post(TOPICS, json=asked).json()
    client.put(TOPICS, json=asked | {"messageSchema": {"schemaText": "two", "schemaType": "Other"}})
    newest, first = (json.loads(text) for text in client.get(f"{TOPICS}/{topic['id']}/versions").json()["versions"])
    assert (newest["messageSchema"]["schemaText"], first["messageSchema"]["schemaText"]) == ("two", "one")
    assert first["service"]["fullyQualifiedName"] == BROKER
    assert client.get(f"{TOPICS}/{topic['id']}/versions/0.1").json()["messageSchema"]["schemaText"] == "one"
    (change,) = newest["changeDescription"]["fieldsUpdated"]
    assert change == {"name": "messageSchema.schemaText", "oldValue": "one", "newValue": "two"}
    events = client.get(f"/api/v1/events?entityUpdated=topic&timestamp={topic['updatedAt']}").json()["data"]
    (event,) = [event for event in events if event["entityId"] == topic["id"]]
    assert event["entity"]["messageSchema"]["schemaText"] == "two"
    assert event["changeDescription"]["fieldsUpdated"] == [change]
    history = client.get(f"{TOPICS}/history?startTs={topic['updatedAt']}&endTs={2**50}&limit=500").json()["data"]
    texts = [one["messageSchema"]["schemaText"] for one in history if one["id"] == topic["id"]]
    assert texts == ["two", "one"]


def test_a_read_shows_each_change_of_the_topic_its_labels_and_its_service_at_once(client):
    service = made(client, "messagingService")
    fields = [{"name": "id", "dataType": "INT"}]
    topic = made(client, "topic", service=service["name"], messageSchema={"schemaText": "x", "schemaFields": fields})
    path, tags = f"{TOPICS}/{topic['id']}", []
    for number in range(3):
        words = [{"op": "add", "path": "/displayName", "value": f"Name {number}"}]
        first = client.get(path)
        assert client.get(path).headers["etag"] == first.headers["etag"]
        client.patch(f"{SERVICES}/{service['id']}", json=words)
        second = client.get(path)
        assert second.json()["service"]["displayName"] == f"Name {number}"
        client.patch(path, json=words)
        third = client.get(path)
        assert third.json()["displayName"] == f"Name {number}"
        tags += [first.headers["etag"], second.headers["etag"], third.headers["etag"]]
    assert len(set(tags)) == 7  # each round's first is the last one of the round before
    tag = made(client, "tag")
    pointer = "/messageSchema/schemaFields/0/tags/0"
    client.patch(path, json=[{"op": "add", "path": pointer, "value": {"tagFQN": tag["fullyQualifiedName"]}}])
    client.get(path)
    name = [{"op": "replace", "path": "/name", "value": fresh("renamed")}]
    client.patch(f"{path_of('tag')}/{tag['id']}", json=name)
    assert client.get(path).json()["messageSchema"]["schemaFields"][0]["tags"][0]["name"] == name[0]["value"]
    client.delete(path)
    assert client.get(path).status_code == 404
    assert client.get(f"{path}?include=all").json()["deleted"] is True
    missing = client.get(path, headers={"If-None-Match": tags[-1]})
    assert missing.status_code == 404
