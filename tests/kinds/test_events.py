"""`GET /v1/events`: which events are told, in which order, and how far one answer goes."""

from __future__ import annotations

from typing import Any

import pytest

from make import SERVICES, fresh, made, make
from strict import fault

EVENTS = "/api/v1/events"


@pytest.fixture(scope="module")
def bulk(client) -> tuple[int, list[str]]:
    """A time, and the names of many services that were all made at it."""
    rows = [make("messagingService", name=fresh("many")) for _ in range(7)]
    client.put(f"{SERVICES}/bulk", json=rows)
    first = client.get(f"{SERVICES}/name/{rows[0]['name']}").json()
    return first["updatedAt"], [row["name"] for row in rows]


def names(page: dict[str, Any]) -> list[str]:
    return [event["entity"]["name"] for event in page["data"]]


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 100])
def test_events_of_one_moment_are_told_page_by_page_each_once_and_in_order(client, bulk, limit):
    since, wanted = bulk
    found: list[str] = []
    query = f"entityCreated=messagingService&timestamp={since}&limit={limit}"
    page = client.get(f"{EVENTS}?{query}").json()
    while True:
        assert len(page["data"]) <= limit
        assert page["paging"]["total"] == len(page["data"])
        found += names(page)
        if "after" not in page["paging"]:
            break
        page = client.get(f"{EVENTS}?{query}&after={page['paging']['after']}").json()
    assert found[: len(wanted)] == wanted
    assert len(set(found)) == len(found)


def test_an_answer_holds_a_thousand_events_at_most(client):
    assert fault(client.get(f"{EVENTS}?limit=1001"), 400) == "[query param limit must be less than or equal to 1000]"
    assert fault(client.get(f"{EVENTS}?limit=0"), 400) == "[query param limit must be greater than or equal to 1]"


@pytest.mark.parametrize("cursor", ["x", "eyJuYW1lIjoiYSJ9", "ZXZlbnRzOjE6eA", "_w"])
def test_a_cursor_of_another_list_is_refused(client, cursor):
    said = fault(client.get(f"{EVENTS}?entityCreated=*&after={cursor}"), 400)
    assert said == "The cursor is not one that this list gave."


@pytest.mark.usefixtures("bulk")
def test_nothing_asked_for_is_nothing_told(client):
    for query in ("", "entityCreated=&entityUpdated=&entityRestored=&entityDeleted=", "timestamp=0"):
        assert client.get(f"{EVENTS}?{query}").json() == {"data": [], "paging": {"total": 0}}


def test_without_a_time_events_are_told_from_the_beginning(client, bulk):
    everything = client.get(f"{EVENTS}?entityCreated=messagingService").json()
    assert everything == client.get(f"{EVENTS}?entityCreated=messagingService&timestamp=0").json()
    assert set(bulk[1]) <= set(names(everything))


def test_a_list_of_kinds_and_a_star_are_taken_with_blanks_between(client, bulk):
    since, wanted = bulk
    found = client.get(EVENTS, params={"entityCreated": "user, messagingService", "timestamp": since}).json()
    assert names(found)[: len(wanted)] == wanted
    star = client.get(EVENTS, params={"entityCreated": "user,*", "timestamp": since}).json()
    assert names(star)[: len(wanted)] == wanted


@pytest.mark.parametrize("parameter", ["entityCreated", "entityUpdated", "entityRestored", "entityDeleted"])
def test_an_unknown_kind_is_named_with_its_parameter(client, parameter):
    said = fault(client.get(f"{EVENTS}?{parameter}=user,nope"), 400)
    assert said == f"Invalid entity nope in query param {parameter}"


def test_each_parameter_tells_of_its_own_events_only(client):
    service = made(client, "messagingService")
    path = f"{SERVICES}/{service['id']}"
    client.patch(path, json=[{"op": "add", "path": "/description", "value": "x"}])
    client.delete(path)
    client.put(f"{SERVICES}/restore", json={"id": service["id"]})
    client.delete(f"{path}?hardDelete=true")
    told = {
        parameter: [
            event["eventType"]
            for event in client.get(f"{EVENTS}?{parameter}=messagingService&timestamp={service['updatedAt']}").json()[
                "data"
            ]
            if event["entityId"] == service["id"]
        ]
        for parameter in ("entityCreated", "entityUpdated", "entityRestored", "entityDeleted")
    }
    assert told == {
        "entityCreated": ["entityCreated"],
        "entityUpdated": ["entityUpdated"],
        "entityRestored": ["entityRestored"],
        "entityDeleted": ["entitySoftDeleted", "entityDeleted"],
    }
