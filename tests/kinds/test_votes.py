"""Votes for entities and against them."""

from __future__ import annotations

from typing import Any

import pytest

from brokerbook.kinds import KINDS
from make import fresh, made, path_of, prepare
from strict import fault

VOTED = [kind.name for kind in KINDS.values() if "votes" in kind.fields]
every_voted_kind = pytest.mark.parametrize("kind", VOTED)


@pytest.fixture(scope="module", autouse=True)
def _prepared(as_admin):
    prepare(as_admin)


def voted(caller: Any, kind: str, entity: dict[str, Any], said: str) -> Any:
    return caller.put(f"{path_of(kind)}/{entity['id']}/vote", json={"updatedVoteType": said})


def votes(client: Any, kind: str, entity: dict[str, Any]) -> tuple[int, int, list[str], list[str]]:
    found = client.get(f"{path_of(kind)}/{entity['id']}?fields=votes").json()["votes"]
    up, down = ([voter["name"] for voter in found[side]] for side in ("upVoters", "downVoters"))
    return (found["upVotes"], found["downVotes"], up, down)


def test_these_kinds_have_votes():
    assert VOTED == ["topic", "domain", "dataProduct", "glossary", "glossaryTerm"]


@every_voted_kind
def test_nobody_has_voted_at_first_and_nobody_is_told_without_asking(client, kind):
    entity = made(client, kind)
    assert votes(client, kind, entity) == (0, 0, [], [])
    assert "votes" not in client.get(f"{path_of(kind)}/{entity['id']}").json()


@every_voted_kind
def test_a_vote_is_changed_and_taken_back(client, as_user, kind):
    entity = made(client, kind)
    for said, wanted in (
        ("votedUp", (1, 0, ["reader"], [])),
        ("votedUp", (1, 0, ["reader"], [])),
        ("votedDown", (0, 1, [], ["reader"])),
        ("unVoted", (0, 0, [], [])),
        ("unVoted", (0, 0, [], [])),
    ):
        assert voted(as_user, kind, entity, said).status_code == 200
        assert votes(client, kind, entity) == wanted
    assert client.get(f"{path_of(kind)}/{entity['id']}").json()["version"] == 0.1


def test_a_body_without_a_vote_takes_it_back(client):
    glossary = made(client, "glossary")
    voted(client, "glossary", glossary, "votedUp")
    assert client.put(f"{path_of('glossary')}/{glossary['id']}/vote", json={}).status_code == 200
    assert votes(client, "glossary", glossary) == (0, 0, [], [])


@every_voted_kind
def test_the_answer_is_an_event_with_the_vote_and_the_whole_entity(client, kind):
    entity = made(client, kind)
    answer = voted(client, kind, entity, "votedUp")
    assert answer.headers["x-openmetadata-change"] == "entityFieldsChanged"
    event = answer.json()
    assert (event["eventType"], event["entityType"], event["entityId"]) == ("entityUpdated", kind, entity["id"])
    change = event["changeDescription"]
    assert change["fieldsUpdated"] == [{"name": "votes", "newValue": "votedUp"}]
    assert change["fieldsAdded"] == change["fieldsDeleted"] == []
    assert event["entity"]["name"] == entity["name"]
    assert event["entity"]["votes"]["upVotes"] == 1


def test_only_a_vote_that_changes_something_is_told_of(client):
    glossary = made(client, "glossary")
    for said in ("votedUp", "votedUp", "unVoted", "unVoted"):
        voted(client, "glossary", glossary, said)
    told = client.get(f"/api/v1/events?entityUpdated=glossary&timestamp={glossary['updatedAt']}").json()["data"]
    mine = [event["changeDescription"] for event in told if event["entityId"] == glossary["id"]]
    assert [change["fieldsUpdated"][0]["newValue"] for change in mine] == ["votedUp", "unVoted"]


def test_voters_show_their_addresses(client):
    glossary = made(client, "glossary")
    voted(client, "glossary", glossary, "votedUp")
    found = client.get(f"{path_of('glossary')}/{glossary['id']}?fields=votes").json()["votes"]["upVoters"]
    assert found[0]["href"].endswith(f"/users/{found[0]['id']}")


def test_a_vote_goes_with_its_voter(client, server):
    glossary = made(client, "glossary")
    name = fresh("voter")
    voter = server.as_user(name)
    voted(voter, "glossary", glossary, "votedDown")
    user = client.get(f"{path_of('user')}/name/{name}").json()
    client.delete(f"{path_of('user')}/{user['id']}")
    assert votes(client, "glossary", glossary) == (0, 0, [], [])
    client.put(f"{path_of('user')}/restore", json={"id": user["id"]})
    assert votes(client, "glossary", glossary) == (0, 1, [], [name])
    client.delete(f"{path_of('user')}/{user['id']}?hardDelete=true")
    assert votes(client, "glossary", glossary) == (0, 0, [], [])


def test_a_vote_that_there_is_not_is_refused(client):
    glossary = made(client, "glossary")
    assert "Allowed values are: votedUp, votedDown, unVoted" in fault(voted(client, "glossary", glossary, "loved"), 400)


def test_there_is_no_vote_for_what_is_not_there_or_has_none(client):
    missing = {"id": "00000000-0000-0000-0000-000000000007"}
    fault(voted(client, "glossary", missing, "votedUp"), 404, "ENTITY_NOT_FOUND")
    fault(voted(client, "messagingService", made(client, "messagingService"), "votedUp"), 404, "NOT_FOUND")
