"""Who is in a team: said from the team's side and from the user's, by requests of both, with and without versions."""

from __future__ import annotations

from typing import Any

import pytest

from brokerbook.store.sqlite import SqliteTx
from make import fresh, made, make, path_of, ref
from strict import fault

TEAMS = "/api/v1/teams"
USERS = "/api/v1/users"


def group(client: Any, **more: Any) -> dict[str, Any]:
    return made(client, "team", **more)


def ids(references: list[dict[str, Any]]) -> list[str]:
    return [reference["id"] for reference in references]


def members(client: Any, team: dict[str, Any]) -> set[str]:
    return set(ids(client.get(f"{TEAMS}/{team['id']}?fields=users").json()["users"]))


def put(client: Any, team: dict[str, Any], *users: dict[str, Any]) -> Any:
    return client.put(f"{TEAMS}/{team['id']}/users", json=[ref(user) for user in users])


def people(client: Any, number: int) -> list[dict[str, Any]]:
    return [made(client, "user") for _ in range(number)]


# the routes


def test_a_put_of_users_replaces_all_who_are_in_a_group(client):
    one, two, three = people(client, 3)
    team = group(client, users=[one["id"], two["id"]])
    response = put(client, team, two, three)
    assert (response.status_code, response.headers["x-openmetadata-change"]) == (200, "entityFieldsChanged")
    told = response.json()
    assert (told["eventType"], told["entityType"], told["entityId"]) == ("entityUpdated", "team", team["id"])
    change = told["changeDescription"]
    assert [(field["name"], ids(field["newValue"])) for field in change["fieldsAdded"]] == [("users", [three["id"]])]
    assert [(field["name"], ids(field["oldValue"])) for field in change["fieldsDeleted"]] == [("users", [one["id"]])]
    assert set(ids(told["entity"]["users"])) == members(client, team) == {two["id"], three["id"]}
    assert client.get(f"{TEAMS}/{team['id']}").json()["version"] == 0.1
    assert put(client, team).status_code == 200
    assert members(client, team) == set()


def test_a_user_is_taken_out_of_a_group_by_himself(client):
    one, two = people(client, 2)
    team = group(client, users=[one["id"], two["id"]])
    told = client.delete(f"{TEAMS}/{team['id']}/users/{one['id']}").json()
    assert ids(told["changeDescription"]["fieldsDeleted"][0]["oldValue"]) == [one["id"]]
    assert members(client, team) == {two["id"]}
    again = client.delete(f"{TEAMS}/{team['id']}/users/{one['id']}").json()
    assert again["changeDescription"]["fieldsDeleted"] == []


def test_what_changes_nothing_is_no_event(client):
    (user,) = people(client, 1)
    team = group(client, users=[user["id"]])
    put(client, team, user)
    query = f"entityUpdated=team&timestamp={team['updatedAt']}"
    told = client.get(f"/api/v1/events?{query}").json()["data"]
    assert [event for event in told if event["entityId"] == team["id"]] == []


@pytest.mark.parametrize("kind", ["Department", "Division", "BusinessUnit", "Organization"])
def test_only_of_groups(client, kind):
    (user,) = people(client, 1)
    name = "Organization" if kind == "Organization" else group(client, teamType=kind)["name"]
    team = client.get(f"{TEAMS}/name/{name}").json()
    said = f"Team is of type {kind}. Users can be updated only in team of type Group."
    assert fault(put(client, team, user), 400) == said
    assert fault(client.delete(f"{TEAMS}/{team['id']}/users/{user['id']}"), 400) == said


def test_users_who_are_not_there_are_404_and_nobody_joins(client):
    one, gone = people(client, 2)
    team = group(client)
    client.delete(f"{USERS}/{gone['id']}")
    said = f"user instance for {gone['id']} not found"
    assert fault(put(client, team, one, gone), 404, "ENTITY_NOT_FOUND") == said
    assert fault(client.delete(f"{TEAMS}/{team['id']}/users/{gone['id']}"), 404, "ENTITY_NOT_FOUND") == said
    assert members(client, team) == set()
    nobody = {"id": "00000000-0000-4000-8000-000000000007"}
    assert put(client, nobody, one).status_code == 404


def test_a_member_who_was_deleted_breaks_nothing_and_comes_back_as_one(client):
    one, gone = people(client, 2)
    team = group(client, users=[one["id"], gone["id"]])
    client.delete(f"{USERS}/{gone['id']}")
    assert put(client, team, one).status_code == 200
    patch = [{"op": "add", "path": "/description", "value": "d"}]
    assert client.patch(f"{TEAMS}/{team['id']}", json=patch).status_code == 200
    assert members(client, team) == {one["id"]}
    client.put(f"{USERS}/restore", json={"id": gone["id"]})
    assert members(client, team) == {one["id"], gone["id"]}


def test_who_may_edit_a_team_says_who_is_in_it(client, server):
    leader, stranger = server.as_user(fresh("leader")), server.as_user(fresh("stranger"))
    owner = leader.get(f"{USERS}/loggedInUser").json()
    (user,) = people(client, 1)
    team = group(client, owners=[ref(owner)], isJoinable=False)
    assert "operations [EditUsers] not allowed" in fault(put(stranger, team, user), 403, "FORBIDDEN")
    assert stranger.delete(f"{TEAMS}/{team['id']}/users/{user['id']}").status_code == 403
    assert put(leader, team, user).status_code == 200
    assert leader.delete(f"{TEAMS}/{team['id']}/users/{user['id']}").status_code == 200


def test_what_a_group_gives_is_there_at_the_next_request(client, server):
    member = server.as_user(fresh("member"))
    user = member.get(f"{USERS}/loggedInUser").json()
    rule = {"name": "make", "effect": "allow", "operations": ["Create"], "resources": ["domain"]}
    policy = made(client, "policy", rules=[rule])
    role = made(client, "role", policies=[policy["fullyQualifiedName"]])
    team = group(client, defaultRoles=[role["id"]])
    assert member.post(path_of("domain"), json=make("domain")).status_code == 403
    put(client, team, user)
    assert member.post(path_of("domain"), json=make("domain")).status_code == 201
    put(client, team)
    assert member.post(path_of("domain"), json=make("domain")).status_code == 403


def test_nobody_locks_himself_out_of_policies_by_leaving_a_team(client, server):
    steward = server.as_user(fresh("steward"))
    user = steward.get(f"{USERS}/loggedInUser").json()
    rule = {"name": "all", "effect": "allow", "operations": ["All"], "resources": ["policy", "team"]}
    policy = made(client, "policy", rules=[rule])
    role = made(client, "role", policies=[policy["fullyQualifiedName"]])
    team = group(client, defaultRoles=[role["id"]], users=[user["id"]])
    said = fault(put(steward, team), 400)
    assert said.startswith(f"After this change {user['name']} could edit no policy any more")
    assert members(client, team) == {user["id"]}
    assert put(client, team).status_code == 200


# a team's other requests


def test_a_patch_of_users_lets_them_join_and_leave_and_makes_a_version(client):
    one, two = people(client, 2)
    team = group(client, users=[one["id"]])
    path = f"{TEAMS}/{team['id']}"
    body = client.patch(path, json=[{"op": "add", "path": "/users/-", "value": ref(two)}]).json()
    assert body["version"] == 0.2
    assert set(ids(body["users"])) == members(client, team) == {one["id"], two["id"]}
    (added,) = body["changeDescription"]["fieldsAdded"]
    assert added["name"] == "users"
    assert two["id"] in added["newValue"]
    position = ids(body["users"]).index(one["id"])
    body = client.patch(path, json=[{"op": "remove", "path": f"/users/{position}"}]).json()
    assert (body["version"], members(client, team)) == (0.3, {two["id"]})
    assert [change["name"] for change in body["changeDescription"]["fieldsDeleted"]] == ["users"]
    same = client.patch(path, json=[{"op": "replace", "path": "/users", "value": [ref(two)]}])
    assert same.headers["x-openmetadata-change"] == "entityNoChange"
    for user in (one, two):
        assert client.get(f"{USERS}/{user['id']}").json()["version"] == 0.1


def test_a_version_that_tells_of_users_is_not_another_edits(client):
    (user,) = people(client, 1)
    team = group(client)
    path = f"{TEAMS}/{team['id']}"
    client.patch(path, json=[{"op": "add", "path": "/description", "value": "one"}])
    client.patch(path, json=[{"op": "add", "path": "/users", "value": [ref(user)]}])
    body = client.patch(path, json=[{"op": "add", "path": "/description", "value": "two"}]).json()
    assert body["version"] == 0.4
    versions = [client.get(f"{path}/versions/0.{number}").json() for number in (3, 4)]
    told = [
        {field["name"] for part in ("fieldsAdded", "fieldsUpdated") for field in version["changeDescription"][part]}
        for version in versions
    ]
    assert told == [{"users"}, {"description"}]


def test_a_put_of_a_team_replaces_the_users_that_it_names_and_keeps_them_if_it_names_none(client):
    one, two = people(client, 2)
    team = group(client, users=[one["id"]])
    asked = make("team", name=team["name"])
    changed = client.put(TEAMS, json=asked | {"users": [two["id"]]}).json()
    assert (changed["version"], ids(changed["users"])) == (0.2, [two["id"]])
    same = client.put(TEAMS, json=asked | {"users": [two["id"]]})
    assert same.headers["x-openmetadata-change"] == "entityNoChange"
    client.put(TEAMS, json=asked)
    assert members(client, team) == {two["id"]}


def test_a_users_unchanged_body_shows_the_teams_that_others_put_him_in(client):
    asked = make("user")
    user = client.put(USERS, json=asked).json()
    team = group(client)
    put(client, team, user)
    again = client.put(USERS, json=asked)
    assert again.headers["x-openmetadata-change"] == "entityNoChange"
    assert ids(again.json()["teams"]) == [team["id"]]


def test_rows_of_one_bulk_request_see_each_others_children(client):
    child = made(client, "team", teamType="Division")
    rows = [make("team", teamType="BusinessUnit", children=[child["id"]]) for _ in range(2)]
    result = client.put(f"{TEAMS}/bulk", json=rows).json()
    assert result["numberOfRowsPassed"] == 1
    assert "can have only 1 parents" in result["failedRequest"][0]["message"]


# counted


def test_users_are_counted_once_however_many_ways_lead_to_them(client):
    one, two, gone = people(client, 3)
    client.delete(f"{USERS}/{gone['id']}?hardDelete=false")
    top = made(client, "team", teamType="Division", users=[one["id"]])
    sides = [made(client, "team", teamType="Department", parents=[top["id"]]) for _ in range(2)]
    low = group(client, parents=[side["id"] for side in sides], users=[one["id"], two["id"]])
    for team, number in ((top, 2), (sides[0], 2), (low, 2), (group(client), 0)):
        assert client.get(f"{TEAMS}/{team['id']}?fields=userCount").json()["userCount"] == number
    client.delete(f"{TEAMS}/{low['id']}")
    assert client.get(f"{TEAMS}/{top['id']}?fields=userCount").json()["userCount"] == 1


def test_the_organization_counts_everybody_but_bots_that_are_in_no_team(client):
    def counted() -> int:
        return client.get(f"{TEAMS}/name/Organization?fields=userCount").json()["userCount"]

    before = counted()
    made(client, "user")
    bot = made(client, "user", isBot=True)
    assert counted() == before + 1
    group(client, users=[bot["id"]])
    assert counted() == before + 2


def test_a_page_of_teams_costs_the_same_number_of_queries_whatever_its_size(client, monkeypatch):
    fields = "parents,children,users,userCount,childrenCount,descendantTeams,defaultRoles,owns,owners"
    unit = made(client, "team", teamType="BusinessUnit")
    for _ in range(5):
        group(client, parents=[unit["id"]], users=[user["id"] for user in people(client, 2)])
    queries = _counted(monkeypatch)

    def needed(limit: int) -> int:
        queries.clear()
        assert client.get(f"{TEAMS}?limit={limit}&fields={fields}").status_code == 200
        return len(queries)

    # the changes above are noticed within a tenth of a second, and then it is looked up once more who asks
    numbers = {min(needed(limit) for _ in range(3)) for limit in (2, 1000)}
    assert len(numbers) == 1


def _counted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The queries for several rows that are run from now on."""
    seen: list[str] = []
    every = SqliteTx.all

    def counting(self: SqliteTx, sql: str, params: Any = None) -> Any:
        seen.append(sql)
        return every(self, sql, params or {})

    monkeypatch.setattr(SqliteTx, "all", counting)
    return seen
