"""Change events of messaging services: contract, "Change events"."""

from __future__ import annotations

import pytest

from make import SERVICES, kafka, made, make

EVERYTHING = "entityCreated=*&entityUpdated=*&entityRestored=*&entityDeleted=*"


def told(client, entity, query=EVERYTHING):
    events = client.get(f"/api/v1/events?{query}&timestamp={entity['updatedAt']}").json()["data"]
    return [event for event in events if event["entityId"] == entity["id"]]


@pytest.fixture
def lived(client):
    """A service to which everything has happened."""
    asked = make("messagingService", connection=kafka(saslPassword="t0p-s3cret"))
    entity = client.post(SERVICES, json=asked).json()
    path = f"{SERVICES}/{entity['id']}"
    client.put(SERVICES, json=asked | {"description": "d"})
    client.put(SERVICES, json=asked | {"description": "d"})
    client.patch(path, json=[{"op": "add", "path": "/displayName", "value": "Shown"}])
    client.patch(path, json=[])
    client.delete(path)
    client.delete(path)
    client.put(f"{SERVICES}/restore", json={"id": entity["id"]})
    client.delete(f"{path}?hardDelete=true")
    return entity


def test_each_change_is_one_event_in_order_and_what_changes_nothing_none(client, lived):
    found = told(client, lived)
    assert [(event["eventType"], event["previousVersion"], event["currentVersion"]) for event in found] == [
        ("entityCreated", 0.1, 0.1),
        ("entityUpdated", 0.1, 0.2),
        ("entityUpdated", 0.2, 0.2),
        ("entitySoftDeleted", 0.2, 0.3),
        ("entityRestored", 0.3, 0.4),
        ("entityDeleted", 0.4, 0.4),
    ]
    times = [event["timestamp"] for event in found]
    assert times == sorted(times)
    assert {event["userName"] for event in found} == {"admin"}
    assert len({event["id"] for event in found}) == len(found)


def test_an_event_shows_the_entity_after_the_change_and_no_secret(client, lived):
    found = told(client, lived)
    assert [event["entity"]["version"] for event in found] == [0.1, 0.2, 0.2, 0.3, 0.4, 0.4]
    assert "t0p-s3cret" not in str(found)
    assert found[0]["entity"]["connection"]["config"]["saslPassword"] == "*********"
    assert found[3]["entity"]["deleted"] is True


def test_an_event_tells_what_the_request_changed(client, lived):
    found = told(client, lived)
    assert "changeDescription" not in found[0]
    assert found[1]["changeDescription"]["fieldsAdded"] == [{"name": "description", "newValue": "d"}]
    assert found[2]["changeDescription"]["fieldsAdded"] == [{"name": "displayName", "newValue": "Shown"}]
    deleted = {"name": "deleted", "oldValue": False, "newValue": True}
    assert found[3]["changeDescription"]["fieldsUpdated"] == [deleted]


@pytest.mark.parametrize(
    ("parameter", "types"),
    [
        ("entityCreated", ["entityCreated"]),
        ("entityUpdated", ["entityUpdated", "entityUpdated"]),
        ("entityRestored", ["entityRestored"]),
        ("entityDeleted", ["entitySoftDeleted", "entityDeleted"]),
    ],
)
@pytest.mark.parametrize("value", ["messagingService", "*", "user,messagingService", " messagingService , user"])
def test_events_are_chosen_by_what_happened_to_which_kinds(client, lived, parameter, types, value):
    assert [event["eventType"] for event in told(client, lived, f"{parameter}={value}")] == types
    assert told(client, lived, f"{parameter}=user") == []


def test_nothing_asked_for_is_nothing_told(client, lived):
    assert told(client, lived, "x=y") == []
    future = client.get(f"/api/v1/events?{EVERYTHING}&timestamp=99999999999999").json()
    assert future == {"data": [], "paging": {"total": 0}}


def test_an_unknown_kind_is_400(client):
    response = client.get("/api/v1/events?entityCreated=user,nope")
    assert response.status_code == 400
    assert response.json()["message"] == "Invalid entity nope in query param entityCreated"
    assert client.get("/api/v1/events?timestamp=x").status_code == 400


def test_an_event_names_the_domains_of_the_entity(client):
    domain = made(client, "domain")
    asked = make("messagingService", domains=[domain["fullyQualifiedName"]])
    entity = client.post(SERVICES, json=asked).json()
    client.patch(f"{SERVICES}/{entity['id']}", json=[{"op": "add", "path": "/description", "value": "d"}])
    client.delete(f"{SERVICES}/{entity['id']}")
    assert [event["domains"] for event in told(client, entity)] == [[domain["id"]]] * 3
    without = made(client, "messagingService")
    assert "domains" not in told(client, without)[0]


def test_a_recursive_delete_says_so(client):
    entity = made(client, "messagingService")
    client.delete(f"{SERVICES}/{entity['id']}?recursive=true")
    assert told(client, entity)[-1]["recursive"] is True


def test_a_refused_change_is_no_event(client):
    entity = made(client, "messagingService")
    client.patch(f"{SERVICES}/{entity['id']}", json=[{"op": "add", "path": "/owners", "value": [{"id": "x"}]}])
    client.put(SERVICES, json=make("messagingService", name=entity["name"], serviceType="Nats"))
    assert [event["eventType"] for event in told(client, entity)] == ["entityCreated"]


def test_the_bots_changes_are_told_in_its_name_and_masked(as_bot, client):
    entity = made(as_bot, "messagingService", connection=kafka(saslPassword="t0p-s3cret"))
    assert entity["connection"]["config"]["saslPassword"] == "t0p-s3cret"
    found = told(client, entity)
    assert found[0]["userName"] == "ingestion-bot"
    assert found[0]["entity"]["connection"]["config"]["saslPassword"] == "*********"
    # events are written once for all: the bot reads the mask here too
    assert told(as_bot, entity) == found
