"""Whoever searches finds, and is told the number of, what he may see and no more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from conftest import Client
from make import fresh, made, ref

if TYPE_CHECKING:
    from conftest import Server


def policy(admin: Client, condition: str | None = None, effect: str = "deny") -> str:
    rule: dict[str, Any] = {"name": "seeing", "effect": effect, "operations": ["ViewAll"], "resources": ["topic"]}
    if condition is not None:
        rule["condition"] = condition
    return made(admin, "policy", rules=[rule])["fullyQualifiedName"]


@pytest.fixture
def world(server: Server, as_admin: Client) -> tuple[str, Client, dict[str, Any]]:
    """A word that three topics say, and somebody who may see none that has the tag; the one that has it."""
    word = fresh("secretive")
    tag = made(as_admin, "tag")["fullyQualifiedName"]
    owner = made(as_admin, "user", name=fresh("hiddenowner"))
    hidden = made(as_admin, "topic", description=word, tags=[{"tagFQN": tag}], owners=[ref(owner)])
    for _ in range(2):
        made(as_admin, "topic", description=word)
    role = made(as_admin, "role", policies=[policy(as_admin, f"matchAnyTag('{tag}')")])
    client = server.as_user(fresh("reader"), roles=[role["id"]])
    return word, client, hidden | {"tag": tag, "owner": owner["name"]}


def test_what_a_caller_may_not_see_is_neither_found_nor_counted(
    as_admin: Client, world: tuple[str, Client, dict[str, Any]]
):
    word, client, hidden = world
    paths = {
        "own": f"/api/v1/search?q={word}",
        "query": f"/api/v1/search/query?q={word}&index=topic_search_index&include_aggregations=true",
        "owned": f"/api/v1/search/query?q=owners.name:{hidden['owner']}&index=topic_search_index",
        "field": f"/api/v1/search/fieldQuery?fieldName=name&fieldValue={hidden['name']}&index=topic_search_index",
        "aggregate": f"/api/v1/search/aggregate?q={word}&index=topic_search_index&field=name.keyword",
        "tags": f"/api/v1/search/aggregate?q={word}&index=topic_search_index&field=tags.tagFQN",
    }
    for what, path in paths.items():
        seen, answer = as_admin.get(path).text, client.get(path)
        assert answer.status_code == 200
        for telling in (hidden["id"], f'"{hidden["name"]}"', hidden["tag"]):
            assert telling not in answer.text, what
        assert any(telling in seen for telling in (hidden["id"], hidden["name"], hidden["tag"])), what
    assert client.get(paths["own"]).json()["paging"]["total"] == 2
    assert client.get(paths["query"]).json()["hits"]["total"]["value"] == 2
    assert client.get(paths["owned"]).json()["hits"]["total"]["value"] == 0
    assert client.get(f"/api/v1/search/get/all/doc/{hidden['id']}").status_code == 403


def test_a_right_that_is_taken_away_counts_at_the_next_search(
    server: Server, as_admin: Client, world: tuple[str, Client, dict[str, Any]]
):
    word, _, _ = world
    name = fresh("loser")
    client = server.as_user(name)
    assert client.get(f"/api/v1/search?q={word}").json()["paging"]["total"] == 3
    role = made(as_admin, "role", policies=[policy(as_admin)])
    user = as_admin.get(f"/api/v1/users/name/{name}").json()
    as_admin.patch(f"/api/v1/users/{user['id']}", json=[{"op": "add", "path": "/roles", "value": [ref(role, "role")]}])
    assert client.get(f"/api/v1/search?q={word}").json()["paging"]["total"] == 0


def test_a_token_for_one_service_finds_what_lies_in_it(server: Server, as_admin: Client):
    word = fresh("limited")
    service = made(as_admin, "messagingService")["name"]
    inside = made(as_admin, "topic", description=word, service=service)["name"]
    made(as_admin, "topic", description=word)
    asked = {"name": fresh("token"), "scopes": {"readOnly": True, "services": [service]}}
    token = as_admin.post("/api/v1/tokens", json=asked).json()["jwtToken"]
    limited = Client(server, token)
    answer = limited.get(f"/api/v1/search?q={word}").json()
    assert [entity["name"] for entity in answer["data"]] == [inside]
    assert answer["paging"]["total"] == 1
    counted = limited.get(f"/api/v1/search/aggregate?q={word}&field=entityType").json()["aggregations"]
    assert counted["sterms#entityType"]["buckets"] == [{"key": "topic", "doc_count": 1}]


def test_what_a_basic_view_does_not_show_is_no_field_of_a_search(as_admin: Client):
    made(as_admin, "user", profile={"images": {"image": "https://example.com/picture.png"}})
    asked = "/api/v1/search/query?index=user_search_index&q=profile.images.image.keyword:https*"
    assert as_admin.get(asked).json()["hits"]["total"]["value"] == 0
