"""Followers, and the result of testing a connection: contract, "Sub-resources" and "TestConnectionResult"."""

from __future__ import annotations

import pytest

from make import SERVICES, made, make, path_of

NOBODY = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def service(client):
    return made(client, "messagingService")


def followers(client, service):
    shown = client.get(f"{SERVICES}/{service['id']}?fields=followers").json()["followers"]
    return [reference["id"] for reference in shown]


def events_of(client, service):
    told = client.get(f"/api/v1/events?entityUpdated=messagingService&timestamp={service['updatedAt']}").json()["data"]
    return [event for event in told if event["entityId"] == service["id"]]


def test_following_is_told_as_an_event_and_makes_no_version(client, service):
    user = made(client, "user")
    response = client.put(f"{SERVICES}/{service['id']}/followers", json=user["id"])
    assert response.status_code == 200
    assert response.headers["x-openmetadata-change"] == "entityFieldsChanged"
    event = response.json()
    assert event["eventType"] == "entityUpdated"
    assert event["entityFullyQualifiedName"] == service["name"]
    assert (event["previousVersion"], event["currentVersion"]) == (0.1, 0.1)
    added = event["changeDescription"]["fieldsAdded"]
    assert [change["name"] for change in added] == ["followers"]
    assert [reference["id"] for reference in added[0]["newValue"]] == [user["id"]]
    assert [reference["id"] for reference in event["entity"]["followers"]] == [user["id"]]
    shown = client.get(f"{SERVICES}/{service['id']}").json()
    assert (shown["version"], shown["updatedAt"]) == (0.1, service["updatedAt"])
    assert events_of(client, service) == [event]


def test_following_and_leaving_twice_is_no_fault_and_told_once(client, service):
    user = made(client, "user")
    for _ in range(2):
        assert client.put(f"{SERVICES}/{service['id']}/followers", json=user["id"]).status_code == 200
        assert followers(client, service) == [user["id"]]
    for _ in range(2):
        response = client.delete(f"{SERVICES}/{service['id']}/followers/{user['id']}")
        assert response.status_code == 200
        assert response.json()["changeDescription"]["fieldsDeleted"][0]["name"] == "followers"
        assert followers(client, service) == []
    assert len(events_of(client, service)) == 2


def test_an_id_is_the_same_in_capitals(client, service):
    user = made(client, "user")
    assert client.put(f"{SERVICES}/{service['id']}/followers", json=user["id"].upper()).status_code == 200
    assert followers(client, service) == [user["id"]]
    assert client.delete(f"{SERVICES}/{service['id'].upper()}/followers/{user['id'].upper()}").status_code == 200
    assert followers(client, service) == []


def test_only_the_user_himself_or_an_administrator_sets_a_follower(client, as_bot, as_user, service):
    me = client.get(f"{path_of('user')}/name/reader").json()["id"]
    other = made(client, "user")["id"]
    assert as_user.put(f"{SERVICES}/{service['id']}/followers", json=me).status_code == 200
    assert as_user.delete(f"{SERVICES}/{service['id']}/followers/{me}").status_code == 200
    for caller, name in ((as_user, "reader"), (as_bot, "ingestion-bot")):
        for response in (
            caller.put(f"{SERVICES}/{service['id']}/followers", json=other),
            caller.delete(f"{SERVICES}/{service['id']}/followers/{other}"),
        ):
            assert response.status_code == 403
            assert response.json()["message"] == f"Principal: CatalogPrincipal{{name='{name}'}} is not admin"


def test_unknown_and_deleted_users_cannot_follow(client, service):
    path = f"{SERVICES}/{service['id']}/followers"
    unknown = client.put(path, json=NOBODY)
    assert (unknown.status_code, unknown.json()["message"]) == (404, f"user instance for {NOBODY} not found")
    gone = made(client, "user")
    client.delete(f"{path_of('user')}/{gone['id']}")
    deleted = client.put(path, json=gone["id"])
    assert (deleted.status_code, deleted.json()["message"]) == (400, f"User {gone['name']} is deleted")
    assert client.delete(f"{path}/{NOBODY}").status_code == 404
    wrong = client.delete(f"{path}/nope")
    assert (wrong.status_code, wrong.json()["message"]) == (404, "HTTP 404 Not Found")


@pytest.mark.parametrize("body", [NOBODY, "", "null", '{"id":"x"}', "[]", "5"])
def test_a_follower_is_named_by_a_json_text(client, service, body):
    assert client.put(f"{SERVICES}/{service['id']}/followers", content=body).status_code == 400


def test_what_is_not_there_or_deleted_cannot_be_followed(client, service):
    user = made(client, "user")["id"]
    assert client.put(f"{SERVICES}/{NOBODY}/followers", json=user).status_code == 404
    client.delete(f"{SERVICES}/{service['id']}")
    assert client.put(f"{SERVICES}/{service['id']}/followers", json=user).status_code == 404


def test_a_deleted_follower_is_hidden_until_he_is_restored(client, service):
    user = made(client, "user")
    client.put(f"{SERVICES}/{service['id']}/followers", json=user["id"])
    client.delete(f"{path_of('user')}/{user['id']}")
    assert followers(client, service) == []
    client.put(f"{path_of('user')}/restore", json={"id": user["id"]})
    assert followers(client, service) == [user["id"]]


def test_followers_are_shown_when_asked_for_and_never_changed_by_a_patch(client, service):
    user = made(client, "user")
    client.put(f"{SERVICES}/{service['id']}/followers", json=user["id"])
    path = f"{SERVICES}/{service['id']}"
    for operation in ({"op": "remove", "path": "/followers/0"}, {"op": "add", "path": "/followers", "value": []}):
        response = client.patch(path, json=[operation])
        assert response.headers["x-openmetadata-change"] == "entityNoChange"
        assert "followers" not in response.json()
    assert followers(client, service) == [user["id"]]
    assert "followers" not in client.get(path).json()


# the result of testing the connection

RESULT = {
    "lastUpdatedAt": 1790000000000,
    "status": "Failed",
    "steps": [
        {"name": "GetTopics", "mandatory": True, "passed": True},
        {
            "name": "CheckSchemaRegistry",
            "mandatory": False,
            "passed": False,
            "message": "no registry",
            "errorLog": "refused",
            "status": "Skipped",
            "skipReason": "ConnectionNotEstablished",
            "diagnosis": {"title": "t", "remediation": "r", "docUrl": "https://docs.example"},
            "durationMs": 12,
            "executedCommand": "ls",
            "resultSummary": "none",
        },
    ],
}


def test_a_test_result_is_stored_and_shown_and_makes_neither_version_nor_event(client, service):
    path = f"{SERVICES}/{service['id']}"
    response = client.put(f"{path}/testConnectionResult", json=RESULT)
    assert response.status_code == 200
    assert response.json()["testConnectionResult"] == RESULT
    shown = client.get(path).json()
    assert shown["testConnectionResult"] == RESULT
    assert (shown["version"], shown["updatedAt"], shown["updatedBy"]) == (0.1, service["updatedAt"], "admin")
    assert "changeDescription" not in shown
    assert events_of(client, service) == []


def test_a_new_test_result_replaces_the_old_one(client, service):
    path = f"{SERVICES}/{service['id']}/testConnectionResult"
    client.put(path, json=RESULT)
    later = client.put(path, json={"lastUpdatedAt": 5, "status": "Successful", "steps": []}).json()
    assert later["testConnectionResult"] == {"lastUpdatedAt": 5, "status": "Successful", "steps": []}


def test_a_test_result_without_a_time_is_of_now(client, service):
    result = client.put(f"{SERVICES}/{service['id']}/testConnectionResult", json={}).json()["testConnectionResult"]
    assert result["steps"] == []
    assert result["lastUpdatedAt"] >= service["updatedAt"]


@pytest.mark.parametrize(
    "body",
    [
        {"steps": None},
        {"steps": [{"name": "x"}]},
        {"steps": [{"name": "x", "mandatory": True, "passed": True, "more": 1}]},
        {"status": "Perfect", "steps": []},
        {"more": 1},
        [],
        None,
    ],
)
def test_a_test_result_of_another_shape_is_400(client, service, body):
    assert client.put(f"{SERVICES}/{service['id']}/testConnectionResult", json=body).status_code == 400


def test_a_test_result_needs_a_live_service_and_the_right_to_create(client, as_bot, as_user, service):
    path = f"{SERVICES}/{service['id']}/testConnectionResult"
    refused = as_user.put(path, json=RESULT)
    assert (refused.status_code, "[Create]" in refused.json()["message"]) == (403, True)
    assert as_bot.put(path, json=RESULT).status_code == 200
    assert client.put(f"{SERVICES}/{NOBODY}/testConnectionResult", json=RESULT).status_code == 404
    client.delete(f"{SERVICES}/{service['id']}")
    assert client.put(path, json=RESULT).status_code == 404


def test_an_unchanged_put_shows_the_test_result_too(client):
    asked = make("messagingService")
    entity = client.put(SERVICES, json=asked).json()
    client.put(f"{SERVICES}/{entity['id']}/testConnectionResult", json=RESULT)
    for _ in range(2):
        assert client.put(SERVICES, json=asked).json()["testConnectionResult"] == RESULT
