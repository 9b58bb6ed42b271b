"""What is refused of users: who may change whom, closed teams, and what is left of users who go."""

from __future__ import annotations

from typing import Any

import pytest

from make import SERVICES, fresh, made, make, path_of, ref
from strict import fault

USERS = "/api/v1/users"
TEAMS = "/api/v1/teams"


def me(client: Any) -> dict[str, Any]:
    return client.get(f"{USERS}/loggedInUser").json()


def patched(client: Any, user: dict[str, Any], op: str, path: str, value: Any = None) -> Any:
    operation = {"op": op, "path": path} | ({} if op == "remove" else {"value": value})
    return client.patch(f"{USERS}/{user['id']}", json=[operation])


@pytest.fixture
def powerless(server: Any, client: Any) -> Any:
    """Somebody to whom no policy allows any edit, not even of what he owns."""
    rule = {"name": "view", "effect": "allow", "operations": ["ViewAll"], "resources": ["All"]}
    client.patch(
        f"{TEAMS}/name/Organization",
        json=[
            {"op": "replace", "path": "/policies", "value": []},
            {"op": "replace", "path": "/defaultRoles", "value": []},
        ],
    )
    policy = made(client, "policy", rules=[rule])
    role = made(client, "role", policies=[policy["fullyQualifiedName"]])
    yield server.as_user(fresh("powerless"), roles=[role["id"]])
    organization = [
        {"op": "add", "path": f"/{field}/0", "value": {"type": kind, "name": name}}
        for field, kind, name in (
            ("policies", "policy", "OrganizationPolicy"),
            ("defaultRoles", "role", "DataConsumer"),
        )
    ]
    assert client.patch(f"{TEAMS}/name/Organization", json=organization).status_code == 200


# one's own record


OWN = [
    ("displayName", "Me"),
    ("description", "That's me."),
    ("timezone", "Europe/Paris"),
    ("profile", {"images": {"image": "https://example.com/me.png"}}),
    ("personaPreferences", [{"personaId": "00000000-0000-4000-8000-000000000001", "personaName": "p"}]),
]


@pytest.mark.parametrize(("field", "value"), OWN)
def test_everybody_says_what_concerns_himself_alone(powerless, client, field, value):
    user = me(powerless)
    body = patched(powerless, user, "add", f"/{field}", value).json()
    assert body[field] == value
    assert body["updatedBy"] == user["name"]
    other = made(client, "user")
    assert patched(powerless, other, "add", f"/{field}", value).status_code == 403


def test_everybody_puts_his_own_record_and_nobody_elses(powerless, client):
    user = me(powerless)
    asked = {"name": user["name"], "email": user["email"], "displayName": "Put", "isAdmin": False}
    assert powerless.put(USERS, json=asked).json()["displayName"] == "Put"
    roles = [role["id"] for role in client.get(f"{USERS}/{user['id']}?fields=roles").json()["roles"]]
    assert powerless.put(USERS, json=asked | {"roles": roles, "description": "again"}).status_code == 200
    other = made(client, "user")
    refused = powerless.put(USERS, json=asked | {"name": other["name"], "email": other["email"]})
    assert "operations [EditAll] not allowed" in fault(refused, 403, "FORBIDDEN")
    assert powerless.post(USERS, json=make("user")).status_code == 403


@pytest.mark.parametrize(
    ("field", "value"),
    [("isAdmin", True), ("isBot", True), ("allowImpersonation", True), ("roles", None)],
)
def test_only_an_administrator_gives_what_gives_power(powerless, client, field, value):
    user, other = me(powerless), made(client, "user")
    if field == "roles":
        value = [ref(made(client, "role"), "role")]
    for whom in (user, other):
        for op, path in (("add", f"/{field}"), ("replace", f"/{field}")):
            assert fault(patched(powerless, whom, op, path, value), 403, "FORBIDDEN").endswith("is not admin")
    if field == "roles":
        assert fault(patched(powerless, user, "add", "/roles/0", value[0]), 403, "FORBIDDEN").endswith("is not admin")
        asked = {"roles": [value[0]["id"]]}
    else:
        asked = {field: value} if field != "allowImpersonation" else {}
    if asked:
        refused = powerless.put(USERS, json={"name": user["name"], "email": user["email"]} | asked)
        assert refused.status_code == 403


@pytest.mark.parametrize(
    ("field", "value"),
    [("email", "else@example.com"), ("name", "somebodyelse"), ("externalId", "1"), ("isEmailVerified", True)],
)
def test_nobody_says_of_himself_who_he_is(server, client, field, value):
    # the organization's policy lets everybody edit all of his own record
    plain = server.as_user(fresh("plain"))
    user = me(plain)
    assert fault(patched(plain, user, "add", f"/{field}", value), 403, "FORBIDDEN").endswith("is not admin")
    assert client.get(f"{USERS}/{user['id']}").json()["version"] == 0.1
    assert patched(client, user, "add", f"/{field}", value).status_code == 200


def test_nobody_puts_himself_into_a_domain(server, client):
    plain, domain = server.as_user(fresh("plain")), made(client, "domain")
    user = me(plain)
    refused = patched(plain, user, "add", "/domains/0", ref(domain, "domain"))
    assert fault(refused, 403, "FORBIDDEN").endswith("is not admin")
    asked = {"name": user["name"], "email": user["email"], "domains": [domain["name"]]}
    assert fault(plain.put(USERS, json=asked), 403, "FORBIDDEN").endswith("is not admin")


def test_what_a_policy_denies_stays_denied_of_ones_own_record(server, client):
    rule = {"name": "no names", "effect": "deny", "operations": ["EditDisplayName"], "resources": ["user"]}
    policy = made(client, "policy", rules=[rule])
    role = made(client, "role", policies=[policy["fullyQualifiedName"]])
    limited = server.as_user(fresh("limited"), roles=[role["id"]])
    user = me(limited)
    said = fault(patched(limited, user, "add", "/displayName", "x"), 403, "FORBIDDEN")
    assert f"operation EditDisplayName denied by role {role['name']}" in said
    put = limited.put(USERS, json={"name": user["name"], "email": user["email"], "displayName": "x"})
    assert put.status_code == 403
    assert patched(limited, user, "add", "/description", "x").status_code == 200


# joining and leaving


def test_everybody_joins_and_leaves_open_teams(powerless, client):
    user, team = me(powerless), made(client, "team")
    body = patched(powerless, user, "add", "/teams/-", ref(team, "team")).json()
    assert [item["id"] for item in body["teams"]] == [team["id"]]
    body = patched(powerless, user, "remove", "/teams/0").json()
    assert [item["name"] for item in body["teams"]] == ["Organization"]


def test_only_an_administrator_puts_users_into_closed_teams_and_takes_them_out(powerless, client):
    user, team = me(powerless), made(client, "team", isJoinable=False)
    refused = patched(powerless, user, "add", "/teams/0", ref(team, "team"))
    assert fault(refused, 403, "FORBIDDEN").endswith("is not admin")
    asked = {"name": user["name"], "email": user["email"], "teams": [team["id"]]}
    assert powerless.put(USERS, json=asked).status_code == 403
    assert patched(client, user, "add", "/teams/0", ref(team, "team")).status_code == 200
    assert patched(powerless, user, "remove", "/teams/0").status_code == 403
    assert patched(powerless, user, "add", "/timezone", "Asia/Tokyo").status_code == 200
    assert patched(client, user, "remove", "/teams/0").status_code == 200


def test_a_team_is_not_added_twice(client):
    team = made(client, "team", displayName="The Best")
    user = made(client, "user", teams=[team["id"]])
    said = f"User '{user['name']}' is already part of the team 'The Best'"
    assert fault(patched(client, user, "add", "/teams/0", ref(team, "team")), 400) == said
    assert fault(patched(client, user, "add", "/teams/-", ref(team, "team") | {"id": team["id"].upper()}), 400) == said
    same = patched(client, user, "replace", "/teams", [ref(team, "team")])
    assert same.headers["x-openmetadata-change"] == "entityNoChange"


@pytest.mark.parametrize("field", ["teams", "roles"])
def test_what_a_user_names_has_to_be_there(client, field):
    nobody, kind = "00000000-0000-4000-8000-000000000007", field[:-1]
    said = f"{kind} instance for {nobody} not found"
    asked = make("user", **{field: [nobody]})
    assert fault(client.post(USERS, json=asked), 404, "ENTITY_NOT_FOUND") == said
    assert client.get(f"{USERS}/name/{asked['name']}").status_code == 404
    user = made(client, "user")
    refused = patched(client, user, "add", f"/{field}", [{"id": nobody, "type": kind}])
    assert fault(refused, 404, "ENTITY_NOT_FOUND") == said


# users who go


def references(client: Any, user: dict[str, Any]) -> dict[str, list[str]]:
    """Where a user stands: in a service, a domain, a glossary, a team and as its owner."""
    service = made(client, "messagingService", owners=[ref(user)])
    domain = made(client, "domain", experts=[user["name"]], owners=[ref(user)])
    glossary = made(client, "glossary", reviewers=[ref(user)], owners=[ref(user)])
    team = made(client, "team", users=[user["id"]], owners=[ref(user)])
    client.put(f"{SERVICES}/{service['id']}/followers", json=user["id"])
    return {
        f"{SERVICES}/{service['id']}": ["owners", "followers"],
        f"{path_of('domain')}/{domain['id']}": ["experts", "owners"],
        f"{path_of('glossary')}/{glossary['id']}": ["reviewers", "owners"],
        f"{TEAMS}/{team['id']}": ["users", "owners"],
    }


def standing(client: Any, places: dict[str, list[str]], user: dict[str, Any]) -> set[bool]:
    return {
        user["id"] in [item["id"] for item in client.get(f"{path}?fields={field}").json()[field]]
        for path, fields in places.items()
        for field in fields
    }


def test_a_user_who_is_gone_stands_nowhere_and_one_who_comes_back_everywhere(client):
    user = made(client, "user")
    places = references(client, user)
    assert standing(client, places, user) == {True}
    client.delete(f"{USERS}/{user['id']}")
    assert standing(client, places, user) == {False}
    client.put(f"{USERS}/restore", json={"id": user["id"]})
    assert standing(client, places, user) == {True}
    client.delete(f"{USERS}/{user['id']}?hardDelete=true")
    assert standing(client, places, user) == {False}
    refused = client.post(SERVICES, json=make("messagingService", owners=[ref(user)]))
    assert fault(refused, 404, "ENTITY_NOT_FOUND") == f"user instance for {user['id']} not found"


def test_an_owner_who_is_not_there_is_named_and_nothing_is_made(client):
    user = made(client, "user")
    client.delete(f"{USERS}/{user['id']}")
    asked = make("messagingService", owners=[ref(user)])
    assert (
        fault(client.post(SERVICES, json=asked), 404, "ENTITY_NOT_FOUND") == f"user instance for {user['id']} not found"
    )
    assert client.get(f"{SERVICES}/name/{asked['name']}").status_code == 404


def test_the_last_administrator_is_neither_deleted_nor_demoted_nor_made_a_bot(client):
    admin = client.get(f"{USERS}/name/admin").json()
    asked = {"name": "admin", "email": admin["email"]}
    for response in (
        client.delete(f"{USERS}/{admin['id']}"),
        client.delete(f"{USERS}/{admin['id']}?hardDelete=true"),
        client.put(USERS, json=asked | {"isAdmin": False}),
        patched(client, admin, "replace", "/isAdmin", False),  # noqa: FBT003
        patched(client, admin, "remove", "/isAdmin"),
        patched(client, admin, "replace", "/isBot", True),  # noqa: FBT003
    ):
        assert fault(response, 400) == "admin is the last administrator. Make another user one first."
    assert client.get(f"{USERS}/name/admin").json()["isAdmin"] is True
