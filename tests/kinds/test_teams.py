"""Teams: which may lie below which, what they show of each other, what becomes of them when one is deleted."""

from __future__ import annotations

from typing import Any

import pytest

from make import SERVICES, fresh, made, make, path_of, ref
from strict import fault

TEAMS = "/api/v1/teams"
ORGANIZATION = "Organization"
TYPES = ["Group", "Department", "Division", "BusinessUnit"]
PARENTS = {
    "Group": {"Department", "Division", "BusinessUnit"},
    "Department": {"Department", "Division", "BusinessUnit"},
    "Division": {"Division", "BusinessUnit"},
    "BusinessUnit": {"BusinessUnit"},
}
"""Type → the types of the teams that it may lie below, besides the organization."""
NO_CHILDREN = "Team of type Group can't have children of type team. Only users are allowed as part of the team"


def team(client: Any, kind: str = "Department", **more: Any) -> dict[str, Any]:
    return made(client, "team", teamType=kind, **more)


def shown(client: Any, one: dict[str, Any], fields: str) -> dict[str, Any]:
    response = client.get(f"{TEAMS}/{one['id']}?fields={fields}")
    assert response.status_code == 200, response.text
    return response.json()


def names(references: list[dict[str, Any]]) -> list[str]:
    return [reference["name"] for reference in references]


def parents(client: Any, one: dict[str, Any]) -> list[str]:
    return names(shown(client, one, "parents")["parents"])


def children(client: Any, one: dict[str, Any]) -> list[str]:
    return names(shown(client, one, "children")["children"])


def patched(client: Any, one: dict[str, Any], *operations: tuple[str, str, Any]) -> Any:
    body = [{"op": op, "path": path} | ({} if op == "remove" else {"value": value}) for op, path, value in operations]
    return client.patch(f"{TEAMS}/{one['id']}", json=body)


# which may lie below which


@pytest.mark.parametrize("child", TYPES)
@pytest.mark.parametrize("parent", TYPES)
def test_a_team_lies_below_teams_of_some_types_only(client, parent, child):
    above = team(client, parent)
    response = client.post(TEAMS, json=make("team", teamType=child, parents=[above["id"]]))
    if parent in PARENTS[child]:
        assert names(response.json()["parents"]) == [above["name"]]
    else:
        name = response.request.content.decode().split('"name":"')[1].split('"')[0]
        assert fault(response, 400) == (
            f"Team {above['name']} of type {parent} can't be of parent of team {name} of type {child}"
        )


@pytest.mark.parametrize("child", TYPES)
@pytest.mark.parametrize("parent", TYPES)
def test_a_team_takes_teams_of_some_types_only_below_it(client, parent, child):
    below = team(client, child)
    asked = make("team", teamType=parent, children=[below["id"]])
    response = client.post(TEAMS, json=asked)
    if parent in PARENTS[child]:
        assert response.status_code == 201
        assert parents(client, below) == [asked["name"]]
    elif parent == "Group":
        assert fault(response, 400) == NO_CHILDREN
    else:
        assert fault(response, 400) == (
            f"Team {asked['name']} of type {parent} can't have child team {below['name']} of type {child}"
        )
        assert parents(client, below) == [ORGANIZATION]


def test_a_group_may_not_even_name_no_children(client):
    assert fault(client.post(TEAMS, json=make("team", children=[])), 400) == NO_CHILDREN
    group = team(client, "Group")
    assert fault(client.put(TEAMS, json=make("team", name=group["name"], children=[])), 400) == NO_CHILDREN
    below = team(client, "Group")
    assert fault(patched(client, group, ("add", "/children", [ref(below, "team")])), 400) == NO_CHILDREN


@pytest.mark.parametrize("kind", ["Division", "BusinessUnit"])
def test_some_types_lie_below_one_team_only(client, kind):
    one, two = (team(client, "BusinessUnit") for _ in range(2))
    said = f"Team of type {kind} can have only 1 parents"
    both = make("team", teamType=kind, parents=[one["id"], two["id"]])
    assert fault(client.post(TEAMS, json=both), 400) == said
    child = team(client, kind, parents=[one["id"]])
    assert fault(patched(client, child, ("add", "/parents/-", ref(two, "team"))), 400) == said
    assert fault(patched(client, two, ("add", "/children", [ref(child, "team")])), 400) == said
    assert fault(client.post(TEAMS, json=make("team", teamType="BusinessUnit", children=[child["id"]])), 400) == said
    assert names(patched(client, child, ("replace", "/parents", [ref(two, "team")])).json()["parents"]) == [two["name"]]


def test_departments_and_groups_lie_below_several(client):
    one, two = (team(client, "Division") for _ in range(2))
    for kind in ("Department", "Group"):
        below = team(client, kind, parents=[one["id"], two["id"]])
        assert parents(client, below) == sorted([one["name"], two["name"]])


def test_a_chain_of_teams_shows_from_both_ends(client):
    unit = team(client, "BusinessUnit")
    division = team(client, "Division", parents=[unit["id"]])
    department = team(client, "Department", parents=[division["id"]])
    group = team(client, "Group", parents=[department["id"]])
    assert [parents(client, one) for one in (group, department, division, unit)] == [
        [department["name"]], [division["name"]], [unit["name"]], [ORGANIZATION],
    ]  # fmt: skip
    found = shown(client, unit, "children,descendantTeams,childrenCount")
    assert names(found["children"]) == [division["name"]]
    assert names(found["descendantTeams"]) == sorted([division["name"], department["name"], group["name"]])
    assert found["childrenCount"] == 1


def test_children_and_users_named_in_requests_show_in_their_answers(client):
    child, user = team(client, "Group"), made(client, "user")
    created = team(client, children=[child["id"]], users=[user["id"]])
    assert (names(created["children"]), names(created["users"])) == ([child["name"]], [user["name"]])
    answer = patched(client, created, ("remove", "/children/0", None)).json()
    assert answer["children"] == []
    assert "users" not in answer


@pytest.mark.parametrize("field", ["parents", "children", "users", "defaultRoles", "policies", "defaultPersona"])
def test_what_a_team_names_has_to_be_there(client, field):
    nobody = "00000000-0000-4000-8000-000000000007"
    kind = {"users": "user", "defaultRoles": "role", "policies": "policy", "defaultPersona": "persona"}.get(
        field, "team"
    )
    asked = make("team", teamType="Department") | {field: nobody if field == "defaultPersona" else [nobody]}
    said = f"{kind} instance for {nobody} not found"
    assert fault(client.post(TEAMS, json=asked), 404, "ENTITY_NOT_FOUND") == said
    assert client.get(f"{TEAMS}/name/{asked['name']}").status_code == 404
    there = team(client)
    value = ref({"id": nobody}, kind)
    response = patched(client, there, ("add", f"/{field}", value if field == "defaultPersona" else [value]))
    assert fault(response, 404, "ENTITY_NOT_FOUND") == said
    assert shown(client, there, "")["version"] == 0.1


# in circles


def test_a_team_lies_neither_below_itself_nor_below_what_lies_below_it(client):
    top = team(client)
    middle = team(client, parents=[top["id"]])
    low = team(client, parents=[middle["id"]])
    for one, wrong in ((top, top), (top, middle), (top, low), (middle, low)):
        assert f"{wrong['name']} cannot be a parent of the team" in fault(
            patched(client, one, ("replace", "/parents", [ref(wrong, "team")])), 400
        )
        again = make("team", name=one["name"], teamType="Department", parents=[wrong["id"]])
        assert "cannot be a parent" in fault(client.put(TEAMS, json=again), 400)
    for one, wrong in ((low, low), (low, middle), (low, top)):
        assert f"{wrong['name']} cannot be a child of the team" in fault(
            patched(client, one, ("add", "/children", [ref(wrong, "team")])), 400
        )
    asked = make("team", teamType="Department", parents=[low["id"]], children=[top["id"]])
    assert "cannot be a child" in fault(client.post(TEAMS, json=asked), 400)
    assert (parents(client, top), parents(client, low)) == ([ORGANIZATION], [middle["name"]])


def test_teams_have_a_depth(client):
    above, depth = team(client), 1
    while (response := client.post(TEAMS, json=make("team", teamType="Department", parents=[above["id"]]))).is_success:
        above, depth = response.json(), depth + 1
    assert fault(response, 400) == "Teams cannot be nested deeper than 64 levels."
    assert depth == 64
    rows = client.bare.get(f"{TEAMS}/hierarchy?limit=1000").json()["data"]
    found: int = max(_depth(row) for row in rows)
    assert found == 64


def _depth(node: dict[str, Any]) -> int:
    return 1 + max((_depth(child) for child in node["children"]), default=0)


# other types


def test_a_group_stays_one_and_what_has_children_becomes_none(client):
    group = team(client, "Group")
    change = ("replace", "/teamType", "Department")
    assert fault(patched(client, group, change), 400) == "Team of type Group cannot be updated"
    asked = make("team", name=group["name"], teamType="Department")
    assert fault(client.put(TEAMS, json=asked), 400) == "Team of type Group cannot be updated"
    above = team(client)
    team(client, "Group", parents=[above["id"]])
    refused = patched(client, above, ("replace", "/teamType", "Group"))
    assert fault(refused, 400) == "A team with children cannot be updated to type Group"
    empty = team(client)
    assert patched(client, empty, ("replace", "/teamType", "Group")).json()["teamType"] == "Group"


def test_a_team_of_another_type_has_to_fit_where_it_lies(client):
    unit = team(client, "BusinessUnit")
    below = team(client, "BusinessUnit", parents=[unit["id"]])
    said = fault(patched(client, unit, ("replace", "/teamType", "Division")), 400)
    assert said == (f"Team {unit['name']} of type Division can't have child team {below['name']} of type BusinessUnit")
    division = team(client, "Division", parents=[unit["id"]])
    department = team(client, "Department", parents=[division["id"]])
    said = fault(patched(client, department, ("replace", "/teamType", "BusinessUnit")), 400)
    assert f"Team {division['name']} of type Division can't be of parent of team {department['name']}" in said
    assert patched(client, department, ("replace", "/teamType", "Division")).status_code == 200


def test_a_team_keeps_a_type(client):
    assert patched(client, team(client), ("remove", "/teamType", None)).json()["teamType"] == "Department"


# the organization


def organization(client: Any) -> dict[str, Any]:
    return client.get(f"{TEAMS}/name/{ORGANIZATION}").json()


def test_there_is_one_organization_and_it_stays_as_it_is(client):
    one, said = organization(client), "Only one Organization is allowed. New Organization type can't be created"
    for method, name in (("POST", fresh("o")), ("PUT", fresh("o")), ("PUT", ORGANIZATION)):
        assert fault(client.request(method, TEAMS, json=make("team", name=name, teamType=ORGANIZATION)), 400) == said
    assert fault(patched(client, team(client), ("replace", "/teamType", ORGANIZATION)), 400) == said
    assert client.put(TEAMS, json=make("team", name=team(client)["name"], teamType=ORGANIZATION)).status_code == 400
    for hard in ("true", "false"):
        refused = client.delete(f"{TEAMS}/{one['id']}?hardDelete={hard}&recursive=true")
        assert fault(refused, 400) == "Organization team type can't be deleted"
    assert client.delete(f"{TEAMS}/async/{one['id']}").status_code == 400
    below = team(client)
    said = fault(patched(client, one, ("add", "/parents", [ref(below, "team")])), 400)
    assert said == "Team of type Organization can't have a parent team"
    said = fault(patched(client, one, ("replace", "/name", "Company")), 400)
    assert said == "System entity [Organization] of type team can not be renamed."
    assert fault(patched(client, one, ("replace", "/teamType", "Group")), 400) == (
        "Team of type Organization cannot be updated"
    )
    assert patched(client, one, ("add", "/description", "All of us.")).json()["description"] == "All of us."
    assert organization(client)["teamType"] == ORGANIZATION


def test_the_organization_is_the_parent_of_whoever_has_none_and_is_not_stored(client):
    one = team(client, parents=[organization(client)["id"]])
    assert names(one["parents"]) == [ORGANIZATION]
    versions = client.get(f"{TEAMS}/{one['id']}/versions/0.1").json()
    assert versions["parents"] == []
    reference = shown(client, one, "parents")["parents"][0]
    below = team(client, "Division")
    body = patched(client, one, ("replace", "/parents", [reference, ref(below, "team")])).json()
    assert names(body["parents"]) == [below["name"]]
    body = patched(client, one, ("replace", "/parents", [ref(organization(client), "team")])).json()
    assert names(body["parents"]) == [ORGANIZATION]
    same = client.put(TEAMS, json=make("team", name=one["name"], teamType="Department", parents=[reference["id"]]))
    assert same.headers["x-openmetadata-change"] == "entityNoChange"


def test_the_organization_holds_every_team_without_parents(client):
    top = team(client)
    below = team(client, parents=[top["id"]])
    found = shown(client, organization(client), "children,childrenCount,descendantTeams,inheritedRoles")
    assert top["name"] in names(found["children"])
    assert below["name"] not in names(found["children"])
    assert found["childrenCount"] == len(found["children"])
    assert {top["name"], below["name"]} <= set(names(found["descendantTeams"]))
    assert ORGANIZATION not in names(found["descendantTeams"])
    assert found["inheritedRoles"] == []
    refused = patched(client, organization(client), ("add", "/children/-", ref(below, "team")))
    assert "Every team without parents lies below Organization" in fault(refused, 400)
    member = patched(client, organization(client), ("add", "/users", [ref(made(client, "user"))]))
    assert "Whoever is in no other team is in Organization" in fault(member, 400)
    unchanged = patched(client, organization(client), ("remove", "/children/0", None))
    assert unchanged.headers["x-openmetadata-change"] == "entityNoChange"


# what a team gives and owns


def test_a_team_shows_the_default_roles_of_all_above_it(client):
    roles = [made(client, "role") for _ in range(3)]
    unit = team(client, "BusinessUnit", defaultRoles=[roles[0]["id"]])
    division = team(client, "Division", parents=[unit["id"]], defaultRoles=[roles[1]["id"]])
    group = team(client, "Group", parents=[division["id"]], defaultRoles=[roles[2]["id"]])
    found = shown(client, group, "defaultRoles")
    assert names(found["defaultRoles"]) == [roles[2]["name"]]
    assert names(found["inheritedRoles"]) == ["DataConsumer", *sorted(role["name"] for role in roles[:2])]
    client.delete(f"{path_of('role')}/{roles[0]['id']}")
    assert names(shown(client, group, "inheritedRoles")["inheritedRoles"]) == ["DataConsumer", roles[1]["name"]]
    assert "inheritedRoles" not in shown(client, group, "parents")


def test_a_patch_gives_and_takes_default_roles_and_policies(client):
    one, role, policy = team(client), made(client, "role"), made(client, "policy")
    body = patched(
        client, one, ("add", "/defaultRoles/0", ref(role, "role")), ("add", "/policies/0", ref(policy, "policy"))
    ).json()
    assert (names(body["defaultRoles"]), names(body["policies"])) == ([role["name"]], [policy["name"]])
    body = patched(client, one, ("remove", "/policies/0", None)).json()
    assert (names(body["defaultRoles"]), body["policies"]) == ([role["name"]], [])


def test_what_is_worked_out_for_a_team_is_silently_put_back(client):
    one = team(client)
    response = patched(client, one, ("add", "/userCount", 7), ("remove", "/inheritedRoles/0", None))
    assert response.headers["x-openmetadata-change"] == "entityNoChange"


def test_a_team_owns_what_names_it_and_only_groups_do(client):
    group = team(client, "Group")
    service = made(client, "messagingService", owners=[ref(group, "team")])
    assert [item["id"] for item in shown(client, group, "owns")["owns"]] == [service["id"]]
    refused = client.post(SERVICES, json=make("messagingService", owners=[ref(team(client), "team")]))
    assert "Team of type Department can't own entities" in fault(refused, 400)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"email": "nobody"}, "email must match"),
        ({"profile": {"images": {"image": "javascript:alert(1)"}}}, "profile.images.image must match"),
        ({"profile": {"colour": "red"}}, 'Unrecognized field "colour" at profile'),
    ],
)
def test_what_a_team_says_of_itself_is_checked(client, fields, said):
    assert said in fault(client.post(TEAMS, json=make("team", **fields)), 400)


def test_a_teams_profile_is_shown_when_asked_for(client):
    profile = {"images": {"image24": "https://example.com/24.png"}}
    one = team(client, profile=profile)
    assert one["profile"] == profile
    assert "profile" not in shown(client, one, "")
    assert shown(client, one, "profile")["profile"] == profile


# deleted


@pytest.mark.parametrize("hard", [True, False])
def test_the_children_of_a_deleted_team_come_to_lie_below_the_organization(client, hard):
    unit = team(client, "BusinessUnit")
    other = team(client, "Division", parents=[unit["id"]])
    gone = team(client, "Division", parents=[unit["id"]])
    lone = team(client, parents=[gone["id"]])
    twice = team(client, parents=[gone["id"], other["id"]])
    answer = client.delete(f"{TEAMS}/{gone['id']}?hardDelete={hard}").json()
    (lost,) = [change for change in answer["changeDescription"]["fieldsDeleted"] if change["name"] == "children"]
    assert lone["id"] in lost["oldValue"]
    assert parents(client, lone) == [ORGANIZATION]
    assert parents(client, twice) == [other["name"]]
    assert (lone["name"] in children(client, organization(client))) is True
    if hard:
        assert client.get(f"{TEAMS}/{gone['id']}?include=all").status_code == 404
        return
    assert children(client, unit) == [other["name"]]
    client.put(f"{TEAMS}/restore", json={"id": gone["id"]})
    assert parents(client, gone) == [unit["name"]]
    assert children(client, gone) == []


def test_a_delete_says_beforehand_which_teams_it_would_touch(client):
    gone = team(client, "Division")
    child = team(client, parents=[gone["id"]])
    told = client.bare.delete(f"{TEAMS}/{gone['id']}?dryRun=true&recursive=true").json()
    assert [(one["type"], one["field"], one["names"]) for one in told["touched"]] == [
        ("team", "parents", [child["name"]])
    ]
    assert parents(client, child) == [gone["name"]]


def test_members_stay_when_a_team_goes_and_are_in_it_again_when_it_is_back(client):
    role = made(client, "role")
    gone, user = team(client, "Group", defaultRoles=[role["id"]]), made(client, "user")
    client.put(f"{TEAMS}/{gone['id']}/users", json=[ref(user)])

    def teams_and_roles() -> tuple[list[str], list[str]]:
        body = client.get(f"/api/v1/users/{user['id']}?fields=teams,roles").json()
        return names(body["teams"]), names(body["inheritedRoles"])

    assert teams_and_roles() == ([gone["name"]], ["DataConsumer", role["name"]])
    client.delete(f"{TEAMS}/{gone['id']}")
    assert teams_and_roles() == ([ORGANIZATION], ["DataConsumer"])
    client.put(f"{TEAMS}/restore", json={"id": gone["id"]})
    assert teams_and_roles() == ([gone["name"]], ["DataConsumer", role["name"]])
    client.delete(f"{TEAMS}/{gone['id']}?hardDelete=true")
    assert teams_and_roles() == ([ORGANIZATION], ["DataConsumer"])


# lists and the tree


def test_teams_are_listed_by_parent_and_by_whether_they_can_be_joined(client):
    top = team(client)
    below = team(client, parents=[top["id"]], isJoinable=False)
    team(client, parents=[below["id"]])

    def listed(query: str) -> set[str]:
        return set(names(client.get(f"{TEAMS}?limit=1000&{query}").json()["data"]))

    assert listed(f"parentTeam={top['name']}") == {below["name"]}
    tops = listed(f"parentTeam={ORGANIZATION}")
    assert top["name"] in tops
    assert tops.isdisjoint({below["name"], ORGANIZATION})
    assert below["name"] in listed("isJoinable=false")
    assert below["name"] not in listed("isJoinable=true")
    refused = client.get(f"{TEAMS}?parentTeam=nope")
    assert fault(refused, 404, "ENTITY_NOT_FOUND") == "team instance for nope not found"


def tree(client: Any, query: str = "") -> dict[str, Any]:
    body = client.bare.get(f"{TEAMS}/hierarchy?limit=1000{query}").json()
    assert body["paging"]["total"] == len(body["data"])
    return {node["name"]: node for node in body["data"]}


def test_the_tree_nests_teams_and_leaves_the_organization_out(client):
    unit = team(client, "BusinessUnit", displayName="Unit", description="d")
    one, two = (team(client, "Division", name=fresh(f"{unit['name']}-"), parents=[unit["id"]]) for _ in range(2))
    both = team(client, "Group", parents=[one["id"], two["id"]])
    found = tree(client)
    assert list(found) == sorted(found)
    assert ORGANIZATION not in found
    assert one["name"] not in found
    node = found[unit["name"]]
    assert {key: value for key, value in node.items() if key != "children"} == {
        "id": unit["id"], "name": unit["name"], "fullyQualifiedName": unit["name"], "teamType": "BusinessUnit",
        "isJoinable": True, "displayName": "Unit", "description": "d", "href": unit["href"],
    }  # fmt: skip
    assert names(node["children"]) == sorted([one["name"], two["name"]])
    assert [names(child["children"]) for child in node["children"]] == [[both["name"]]] * 2
    first = client.bare.get(f"{TEAMS}/hierarchy?limit=1").json()
    assert names(first["data"]) == [next(iter(found))]
    assert first["paging"]["total"] == len(found)


def test_the_tree_of_teams_to_join_keeps_what_leads_to_them(client):
    top = team(client, isJoinable=False)
    middle = team(client, parents=[top["id"]], isJoinable=False)
    low = team(client, "Group", parents=[middle["id"]])
    team(client, "Group", parents=[middle["id"]], isJoinable=False)
    lonely = team(client, isJoinable=False)
    found = tree(client, "&isJoinable=true")
    assert names(found[top["name"]]["children"][0]["children"]) == [low["name"]]
    assert lonely["name"] not in found
    assert lonely["name"] in tree(client, "&isJoinable=false")


def test_the_tree_shows_only_what_the_caller_may_see(client, server):
    hidden = team(client)
    team(client, parents=[hidden["id"]])
    owner = made(client, "user")
    client.patch(f"{TEAMS}/{hidden['id']}", json=[{"op": "add", "path": "/owners", "value": [ref(owner)]}])
    rule = {
        "name": "none",
        "effect": "deny",
        "operations": ["ViewAll"],
        "resources": ["team"],
        "condition": "!noOwner()",
    }
    denying = made(client, "policy", rules=[rule])
    role = made(client, "role", policies=[denying["fullyQualifiedName"]])
    limited = server.as_user(fresh("limited"), roles=[role["id"]])
    seen = limited.get(f"{TEAMS}/hierarchy?limit=1000").json()["data"]
    assert hidden["name"] in tree(client)
    assert hidden["name"] not in names(seen)


def test_a_graph_that_is_too_wide_for_a_tree_is_refused(client, monkeypatch):
    above = team(client)
    for _ in range(3):
        team(client, parents=[above["id"]])
    monkeypatch.setattr("brokerbook.engine.teams._MOST_PLACES", 3)
    assert "would show more than 3 teams" in fault(client.bare.get(f"{TEAMS}/hierarchy?limit=1000"), 400)


# who may


def test_who_owns_a_team_changes_it_but_gives_it_no_roles_and_no_other_place(client, server):
    leader = server.as_user(fresh("leader"))
    user = leader.get("/api/v1/users/loggedInUser").json()
    mine = team(client, "Department", owners=[ref(user)])
    above, role = team(client, "Division"), made(client, "role")
    assert patched(leader, mine, ("add", "/description", "d")).status_code == 200
    assert patched(leader, mine, ("add", "/isJoinable", False)).status_code == 200
    for path, reference in (("/defaultRoles", ref(role, "role")), ("/policies", ref(made(client, "policy"), "policy"))):
        refused = patched(leader, mine, ("add", path, [reference]))
        assert "operations [EditPolicy] not allowed" in fault(refused, 403, "FORBIDDEN")
    put = make("team", name=mine["name"], teamType="Department", defaultRoles=[role["id"]])
    assert "operations [EditPolicy] not allowed" in fault(leader.put(TEAMS, json=put), 403, "FORBIDDEN")
    moved = patched(leader, mine, ("replace", "/parents", [ref(above, "team")]))
    assert "operations [EditAll] not allowed" in fault(moved, 403, "FORBIDDEN")
    taken = patched(leader, mine, ("add", "/children", [ref(team(client, "Group"), "team")]))
    assert "operations [EditAll] not allowed" in fault(taken, 403, "FORBIDDEN")
    client.patch(f"{TEAMS}/{above['id']}", json=[{"op": "add", "path": "/owners", "value": [ref(user)]}])
    assert patched(leader, mine, ("replace", "/parents", [ref(above, "team")])).status_code == 200
