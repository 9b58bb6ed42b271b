"""Versions, sessions and history of messaging services: contract, "Versioning"; cases 85, 86, 97, 125 to 128."""

from __future__ import annotations

import itertools
import json
import time

import pytest

from brokerbook.engine import version
from make import SERVICES, fresh, kafka, made, make, path_of, ref


def described(client, entity, value, path="/description"):
    operation = {"op": "add", "path": path, "value": value}
    return client.patch(f"{SERVICES}/{entity['id']}", json=[operation])


def read(client, entity):
    return client.get(f"{SERVICES}/{entity['id']}?fields=*").json()


def numbers(client, entity):
    texts = client.get(f"{SERVICES}/{entity['id']}/versions").json()["versions"]
    return [json.loads(text)["version"] for text in texts]


@pytest.fixture
def service(client):
    return made(client, "messagingService")


# sessions


def test_patches_of_one_person_within_ten_minutes_are_one_version(client, service):
    assert described(client, service, "first").json()["version"] == 0.2
    second = described(client, service, "Shown", "/displayName").json()
    assert second["version"] == 0.2
    assert second["changeDescription"]["fieldsAdded"] == [{"name": "displayName", "newValue": "Shown"}]
    assert second["changeDescription"]["previousVersion"] == 0.2
    whole = read(client, service)
    assert [change["name"] for change in whole["changeDescription"]["fieldsAdded"]] == ["displayName", "description"]
    assert whole["changeDescription"]["previousVersion"] == 0.1
    assert whole["incrementalChangeDescription"]["fieldsAdded"] == [{"name": "displayName", "newValue": "Shown"}]
    assert numbers(client, service) == [0.2, 0.1]
    assert "description" not in client.get(f"{SERVICES}/{service['id']}/versions/0.1").json()


def test_a_session_tells_the_first_and_the_last_value(client, service):
    client.put(SERVICES, json=make("messagingService", name=service["name"], description="before"))
    for text in ("one", "two", "three"):
        described(client, service, text)
    # the PUT has made 0.2, which the patches go on with
    change = read(client, service)["changeDescription"]
    assert change["fieldsAdded"] == [{"name": "description", "newValue": "three"}]
    assert change["previousVersion"] == 0.1


def test_a_put_or_another_person_or_the_bot_makes_a_version_of_its_own(client, as_bot, server, service):
    other = server.as_user("second-admin", isAdmin=True)
    described(client, service, "first")
    assert described(other, service, "second").json()["version"] == 0.3
    assert described(as_bot, service, "third").json()["version"] == 0.4
    assert described(as_bot, service, "fourth").json()["version"] == 0.4
    body = client.put(SERVICES, json=make("messagingService", name=service["name"], description="fifth")).json()
    assert body["version"] == 0.5


def test_patches_outside_a_session_are_versions(client, service, monkeypatch):
    described(client, service, "first")
    time.sleep(0.01)
    monkeypatch.setattr(version, "SESSION_MS", 5)
    assert described(client, service, "second").json()["version"] == 0.3
    assert numbers(client, service) == [0.3, 0.2, 0.1]


def test_undoing_a_session_takes_the_version_back(client, service):
    before = read(client, service)
    described(client, service, "first")
    undone = client.patch(f"{SERVICES}/{service['id']}", json=[{"op": "remove", "path": "/description"}])
    assert undone.headers["x-openmetadata-change"] == "entityNoChange"
    assert undone.json()["version"] == 0.1
    assert "changeDescription" not in undone.json()
    assert read(client, service) == before
    assert numbers(client, service) == [0.1]
    assert described(client, service, "again").json()["version"] == 0.2


def test_undoing_what_was_done_to_owners_tags_and_domains_is_seen(client):
    user, tag, domain = made(client, "user"), made(client, "tag"), made(client, "domain")
    service = made(
        client,
        "messagingService",
        owners=[ref(user)],
        tags=[{"tagFQN": tag["fullyQualifiedName"], "labelType": "Automated"}],
        domains=[domain["fullyQualifiedName"]],
    )
    before = read(client, service)
    path = f"{SERVICES}/{service['id']}"
    for field in ("owners", "tags", "domains"):
        client.patch(path, json=[{"op": "remove", "path": f"/{field}/0"}])
        client.patch(path, json=[{"op": "add", "path": f"/{field}/0", "value": before[field][0]}])
        assert read(client, service) == before, field
    assert numbers(client, service) == [0.1]


def test_an_undo_within_a_later_session_goes_back_to_its_own_start(client, as_bot, service):
    described(as_bot, service, "bot's")
    described(client, service, "person's")
    before = described(client, service, "bot's").json()
    assert before["version"] == 0.2
    assert read(client, service)["updatedBy"] == "ingestion-bot"
    assert numbers(client, service) == [0.2, 0.1]


def test_a_session_that_touched_a_secret_is_never_taken_back(client, as_bot):
    service = made(client, "messagingService", connection=kafka(saslPassword="first"))
    for secret in ("second", "first"):
        described(client, service, secret, "/connection/config/saslPassword")
    assert read(client, service)["version"] == 0.2
    assert read(as_bot, service)["connection"]["config"]["saslPassword"] == "first"
    names = [change["name"] for change in read(client, service)["changeDescription"]["fieldsUpdated"]]
    assert names == ["connection"]


def test_what_was_deleted_meanwhile_is_not_told_as_the_sessions_doing(client):
    user = made(client, "user")
    service = made(client, "messagingService", owners=[ref(user)])
    described(client, service, "first")
    client.delete(f"{path_of('user')}/{user['id']}")
    described(client, service, "second")
    change = read(client, service)["changeDescription"]
    assert change["fieldsDeleted"] == []
    assert [field["name"] for field in change["fieldsAdded"]] == ["description"]


def test_an_edit_after_a_restore_goes_on_with_its_version(client, service):
    client.delete(f"{SERVICES}/{service['id']}")
    client.put(f"{SERVICES}/restore", json={"id": service["id"]})
    assert described(client, service, "first").json()["version"] == 0.3
    names = {change["name"] for change in read(client, service)["changeDescription"]["fieldsUpdated"]}
    assert names == {"deleted"}
    assert numbers(client, service) == [0.3, 0.2, 0.1]


def test_a_test_result_makes_no_version_and_survives_an_undo(client, service):
    described(client, service, "first")
    client.put(f"{SERVICES}/{service['id']}/testConnectionResult", json={"status": "Failed", "steps": []})
    client.patch(f"{SERVICES}/{service['id']}", json=[{"op": "remove", "path": "/description"}])
    assert read(client, service)["version"] == 0.1
    assert read(client, service)["testConnectionResult"]["status"] == "Failed"


# versions


def test_the_list_holds_json_texts_newest_first_with_what_belonged_to_each(client):
    asked = make("messagingService")
    entity = client.put(SERVICES, json=asked).json()
    users = [made(client, "user") for _ in range(2)]
    for user in users:
        client.put(SERVICES, json=asked | {"owners": [ref(user)]})
    client.put(SERVICES, json=asked | {"description": "d"})
    history = client.get(f"{SERVICES}/{entity['id']}/versions").json()
    assert set(history) == {"entityType", "versions"}
    assert all(isinstance(text, str) for text in history["versions"])
    versions = [json.loads(text) for text in history["versions"]]
    assert [found["version"] for found in versions] == [0.4, 0.3, 0.2, 0.1]
    owners = [[owner["id"] for owner in found["owners"]] for found in versions]
    assert owners == [[users[1]["id"]], [users[1]["id"]], [users[0]["id"]], []]


def test_versions_of_a_deleted_service_can_be_read(client, service):
    client.delete(f"{SERVICES}/{service['id']}")
    assert numbers(client, service) == [0.2, 0.1]
    assert client.get(f"{SERVICES}/{service['id']}/versions/0.2").json()["deleted"] is True
    assert client.get(f"{SERVICES}/{service['id']}/versions/0.1").json()["deleted"] is False


def test_paging_parameters_of_newer_clients_are_ignored(client, service):
    plain = client.get(f"{SERVICES}/{service['id']}/versions").json()
    assert client.get(f"{SERVICES}/{service['id']}/versions?limit=1&offset=0&fieldChanged=x").json() == plain


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("0.1", 200), ("0.10", 200), ("9.9", 404), ("0.15", 404), ("-0.1", 404), ("1e308", 400), ("9" * 400, 404),
        ("abc", 400), ("0.1.2", 400), ("NaN", 400), ("Infinity", 400), ("0_1", 400), ("%D9%A3", 400), ("%20", 400),
    ],
)  # fmt: skip
def test_a_version_in_a_path_is_a_number(client, service, text, status):
    assert client.get(f"{SERVICES}/{service['id']}/versions/{text}").status_code == status


def test_versions_of_what_is_not_there_are_404(client):
    nobody = "00000000-0000-4000-8000-000000000000"
    for path in ("versions", "versions/0.1"):
        response = client.get(f"{SERVICES}/{nobody}/{path}")
        assert response.status_code == 404
        assert response.json()["message"] == f"messagingService instance for {nobody} not found"


# history


@pytest.fixture(scope="module")
def span(server, as_admin):
    """Seven versions of three services, and the time span that holds them alone."""
    del server
    time.sleep(0.005)
    start = time.time_ns() // 1_000_000
    prefix = fresh("h")
    for name, count in ((f"{prefix}a", 3), (f"{prefix}b", 1), (f"{prefix}c", 3)):
        asked = make("messagingService", name=name)
        for number in range(count):
            as_admin.put(SERVICES, json=asked | {"description": f"d{number}"})
    end = time.time_ns() // 1_000_000
    time.sleep(0.005)
    return {"startTs": start, "endTs": end}, prefix


def walked(client, span, limit, direction="after", cursor=None):
    pages = []
    while True:
        params = span | {"limit": limit} | ({direction: cursor} if cursor else {})
        page = client.get(f"{SERVICES}/history", params=params).json()
        pages.append(page)
        cursor = page["paging"].get(direction)
        if cursor is None:
            return pages


def keys(page):
    return [(row["name"], row["version"]) for row in page["data"]]


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 500])
def test_history_is_walked_newest_first_and_back(client, span, limit):
    bounds, prefix = span
    forth = walked(client, bounds, limit)
    rows = list(itertools.chain.from_iterable(map(keys, forth)))
    assert len(rows) == len(set(rows)) == 7
    assert {name.removeprefix(prefix) for name, _ in rows} == {"a", "b", "c"}
    times = [row["updatedAt"] for page in forth for row in page["data"]]
    assert times == sorted(times, reverse=True)
    assert all(page["paging"]["total"] == 7 for page in forth)
    assert "before" not in forth[0]["paging"]
    if len(forth) > 1:
        back = walked(client, bounds, limit, "before", forth[-1]["paging"]["before"])
        assert [keys(page) for page in back] == [keys(page) for page in forth[-2::-1]]


def test_a_history_without_a_span_is_empty(client, span):
    del span
    assert client.get(f"{SERVICES}/history").json() == {"data": [], "paging": {"total": 0}}


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("limit=0", "[query param limit must be greater than or equal to 1]"),
        ("limit=501", "[query param limit must be less than or equal to 500]"),
        ("startTs=x", "[query param startTs must be a whole number]"),
        ("startTs=99999999999999999999", "startTs"),
        ("after=x&before=y", "Only one of before or after query parameter allowed"),
        ("after=%25", "Cursor is not a valid cursor: %"),
        ("after=abcd", "Cursor is not a valid cursor: abcd"),
        ("after=OTk5OTk5OTk5OTk5OTk5OTk5OTk6eDox", "Cursor is not a valid cursor"),
    ],
)
def test_a_wrong_question_about_history_is_400(client, query, said):
    response = client.get(f"{SERVICES}/history?{query}")
    assert response.status_code == 400
    assert said in response.json()["message"]


def test_cursors_of_other_lists_and_histories_are_refused(client, span):
    bounds, _ = span
    cursor = client.get(f"{SERVICES}/history", params=bounds | {"limit": 1}).json()["paging"]["after"]
    other = client.get(f"{path_of('user')}/history", params=bounds | {"after": cursor})
    assert (other.status_code, other.json()["message"]) == (400, "The cursor is another list's.")
    assert client.get(SERVICES, params={"after": cursor}).status_code == 400
    of_list = client.get(f"{SERVICES}?limit=1").json()["paging"]["after"]
    assert client.get(f"{SERVICES}/history", params=bounds | {"after": of_list}).status_code == 400
