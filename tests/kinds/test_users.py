"""What users show: teams, roles, what they own, domains, when they were here; and how they are found and listed."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from make import SERVICES, fresh, made, make, path_of, ref
from strict import fault

USERS = "/api/v1/users"
TEAMS = "/api/v1/teams"
PASSWORD = "Secret-word-1"


def shown(client: Any, user: dict[str, Any], fields: str) -> dict[str, Any]:
    response = client.get(f"{USERS}/{user['id']}?fields={fields}")
    assert response.status_code == 200, response.text
    return response.json()


def names(references: list[dict[str, Any]]) -> list[str]:
    return [reference["name"] for reference in references]


def patched(client: Any, user: dict[str, Any], *operations: tuple[str, str, Any]) -> Any:
    body = [{"op": op, "path": path} | ({} if op == "remove" else {"value": value}) for op, path, value in operations]
    return client.patch(f"{USERS}/{user['id']}", json=body)


# names and addresses


def test_names_and_addresses_are_stored_in_lower_case_and_found_in_any(client):
    name = fresh("Amy")
    user = made(client, "user", name=name, email=f"{name}@X.io")
    assert (user["name"], user["email"]) == (name.lower(), f"{name}@x.io".lower())
    assert user["version"] == 0.1
    assert client.get(f"{USERS}/name/{name.upper()}").json()["id"] == user["id"]


def test_an_address_is_one_users_however_it_comes(client):
    holder, other = made(client, "user"), made(client, "user")
    taken = holder["email"].upper()
    for method in ("POST", "PUT"):
        refused = client.request(method, USERS, json=make("user", email=taken))
        assert fault(refused, 409, "ENTITY_ALREADY_EXISTS") == "Entity already exists"
    said = f"Entity already exists: another user has the email {holder['email']}."
    refused = client.put(USERS, json=make("user", name=other["name"], email=taken))
    assert fault(refused, 409, "ENTITY_ALREADY_EXISTS") == said
    assert fault(patched(client, other, ("replace", "/email", taken)), 409, "ENTITY_ALREADY_EXISTS") == said
    assert shown(client, other, "")["version"] == 0.1
    client.delete(f"{USERS}/{holder['id']}")
    assert client.post(USERS, json=make("user", email=taken)).status_code == 409
    client.delete(f"{USERS}/{holder['id']}?hardDelete=true")
    assert client.post(USERS, json=make("user", email=taken)).status_code == 201


@pytest.mark.parametrize("email", ["nobody", "a b@c", "a@b", "@b.c"])
def test_what_is_no_address_is_refused(client, email):
    said = fault(client.post(USERS, json=make("user", email=email)), 400)
    assert "email must match" in said or "email size must be" in said


# what is shown


def test_a_plain_read_shows_no_references_and_no_profile(client):
    profile = {
        "images": {"image": "https://example.com/me.png"},
        "subscription": {"slack": {"endpoint": "https://h.io/x"}},
    }
    user = made(client, "user", profile=profile, timezone="Europe/Paris", externalId="7", scimUserName="me")
    assert user["profile"] == profile
    found = shown(client, user, "")
    assert found.keys().isdisjoint({"teams", "roles", "inheritedRoles", "profile", "domains", "owns", "personas"})
    assert {key: found[key] for key in ("timezone", "externalId", "scimUserName", "isEmailVerified", "isBot")} == {
        "timezone": "Europe/Paris", "externalId": "7", "scimUserName": "me", "isEmailVerified": False, "isBot": False,
    }  # fmt: skip
    assert shown(client, user, "profile")["profile"] == profile
    (row,) = client.get(f"{USERS}?limit=1").json()["data"]
    assert "profile" not in row


@pytest.mark.parametrize(
    ("profile", "said"),
    [
        ({"images": {"image": "javascript:alert(1)"}}, "profile.images.image must match"),
        (
            {"subscription": {"slack": {"secretKey": "s3cret"}}},
            'Unrecognized field "secretKey" at profile.subscription',
        ),
    ],
)
def test_a_profile_holds_neither_scripts_nor_secrets(client, profile, said):
    message = fault(client.post(USERS, json=make("user", profile=profile)), 400)
    assert said in message
    assert "s3cret" not in message


def test_preferences_are_given_by_a_patch(client):
    user = made(client, "user")
    preferences = [{"personaId": "00000000-0000-4000-8000-000000000001", "personaName": "engineer", "appMode": "AI"}]
    body = patched(client, user, ("add", "/personaPreferences", preferences)).json()
    assert body["personaPreferences"] == shown(client, user, "")["personaPreferences"] == preferences
    refused = patched(client, user, ("add", "/personaPreferences", [{"personaName": "engineer"}]))
    assert "personaId must not be null" in fault(refused, 400)


def test_who_is_in_no_team_is_in_the_organization_which_is_never_stored(client):
    user, team = made(client, "user"), made(client, "team")
    assert names(user["teams"]) == ["Organization"]
    reference = shown(client, user, "teams")["teams"][0]
    assert reference["href"].endswith(f"/api/v1/teams/{reference['id']}")
    assert client.get(f"{USERS}/{user['id']}/versions/0.1").json()["teams"] == []
    same = patched(client, user, ("replace", "/teams", [reference]), ("remove", "/teams/0", None))
    assert same.headers["x-openmetadata-change"] == "entityNoChange"
    body = patched(client, user, ("add", "/teams/1", ref(team, "team"))).json()
    assert names(body["teams"]) == [team["name"]]
    put = make("user", name=user["name"], email=user["email"], teams=[reference["id"], team["id"]])
    assert client.put(USERS, json=put).headers["x-openmetadata-change"] == "entityNoChange"
    body = patched(client, user, ("replace", "/teams", [ref(reference, "team")])).json()
    assert names(body["teams"]) == ["Organization"]
    posted = made(client, "user", teams=[reference["id"], team["id"]])
    assert names(posted["teams"]) == [team["name"]]


def test_a_bot_in_no_team_is_in_none_and_shows_no_inherited_roles(client):
    bot = made(client, "user", isBot=True)
    assert bot["teams"] == []
    found = shown(client, bot, "teams,roles")
    assert (found["teams"], found["inheritedRoles"]) == ([], [])


def test_roles_bring_those_of_all_teams_above(client):
    roles = [made(client, "role") for _ in range(3)]
    unit = made(client, "team", teamType="BusinessUnit", defaultRoles=[roles[0]["id"]])
    group = made(client, "team", parents=[unit["id"]], defaultRoles=[roles[1]["id"]])
    user = made(client, "user", teams=[group["id"]], roles=[roles[2]["id"]])
    found = shown(client, user, "roles")
    assert names(found["roles"]) == [roles[2]["name"]]
    assert names(found["inheritedRoles"]) == ["DataConsumer", *sorted(role["name"] for role in roles[:2])]
    assert names(shown(client, made(client, "user"), "inheritedRoles")["inheritedRoles"]) == ["DataConsumer"]
    assert "inheritedRoles" not in shown(client, user, "teams")


def test_inherited_roles_that_come_back_are_not_stored(client):
    user = made(client, "user")
    found = shown(client, user, "roles")
    operations = [
        ("add", "/inheritedRoles/-", ref(made(client, "role"), "role")),
        ("remove", "/inheritedRoles/0", None),
    ]
    same = patched(client, user, *operations, ("add", "/inheritedRoles", []), ("add", "/inheritedPersonas", []))
    assert same.headers["x-openmetadata-change"] == "entityNoChange"
    assert shown(client, user, "roles") == found


def test_personas_are_none_and_one_that_is_named_is_404(client):
    user = made(client, "user")
    found = shown(client, user, "personas")
    assert (found["personas"], found["inheritedPersonas"]) == ([], [])
    nobody = {"id": "00000000-0000-4000-8000-000000000007", "type": "persona"}
    said = f"persona instance for {nobody['id']} not found"
    for fields in ({"personas": [nobody]}, {"defaultPersona": nobody}):
        assert fault(client.post(USERS, json=make("user", **fields)), 404, "ENTITY_NOT_FOUND") == said
    assert fault(patched(client, user, ("add", "/defaultPersona", nobody)), 404, "ENTITY_NOT_FOUND") == said


def test_a_user_owns_what_his_teams_own(client):
    team = made(client, "team")
    user = made(client, "user", teams=[team["id"]])
    own, teams = (
        made(client, "messagingService", owners=[ref(user)]),
        made(client, "messagingService", owners=[ref(team, "team")]),
    )
    gone = made(client, "messagingService", owners=[ref(team, "team")])
    client.delete(f"{SERVICES}/{gone['id']}")
    assert names(shown(client, user, "owns")["owns"]) == sorted([own["name"], teams["name"]])
    client.delete(f"{TEAMS}/{team['id']}")
    assert names(shown(client, user, "owns")["owns"]) == [own["name"]]


def test_domains_are_his_own_or_those_of_his_teams(client):
    one, two, three = (made(client, "domain") for _ in range(3))
    teams = [made(client, "team", domains=[one["name"]]), made(client, "team", domains=[one["name"], two["name"]])]
    user = made(client, "user", teams=[team["id"] for team in teams])
    found = shown(client, user, "domains")["domains"]
    assert [(item["name"], item["inherited"]) for item in found] == sorted([(one["name"], True), (two["name"], True)])
    same = patched(client, user, ("replace", "/domains", found))
    assert same.headers["x-openmetadata-change"] == "entityNoChange"
    body = patched(client, user, ("add", "/domains/-", ref(three, "domain"))).json()
    assert [(item["name"], "inherited" in item) for item in body["domains"]] == [(three["name"], False)]
    client.put(path_of("team"), json=make("team", name=teams[0]["name"]))
    patched(client, user, ("replace", "/domains", []))
    client.delete(f"{TEAMS}/{teams[1]['id']}")
    assert names(shown(client, user, "domains")["domains"]) == [one["name"]]


def test_the_organizations_domains_are_those_of_who_is_in_no_team(client):
    domain = made(client, "domain")
    path = f"{TEAMS}/name/Organization"
    user, bot = made(client, "user"), made(client, "user", isBot=True)
    client.patch(path, json=[{"op": "add", "path": "/domains", "value": [ref(domain, "domain")]}])
    assert names(shown(client, user, "domains")["domains"]) == [domain["name"]]
    assert shown(client, bot, "domains")["domains"] == []
    client.patch(path, json=[{"op": "remove", "path": "/domains/0"}])
    assert shown(client, user, "domains")["domains"] == []


def test_when_a_user_was_here_is_told_when_asked_for(client):
    chosen = {"createPasswordType": "ADMIN_CREATE", "password": PASSWORD, "confirmPassword": PASSWORD}
    user = made(client, "user", **chosen)
    assert (
        shown(client, user, "lastLoginTime,lastActivityTime").keys().isdisjoint({"lastLoginTime", "lastActivityTime"})
    )
    body = {"email": user["email"], "password": base64.b64encode(PASSWORD.encode()).decode()}
    assert client.bare.post(f"{USERS}/login", json=body, token=None).status_code == 200
    found = shown(client, user, "lastLoginTime,lastActivityTime")
    assert found["lastLoginTime"] >= user["updatedAt"]
    assert found["lastActivityTime"] >= found["lastLoginTime"]
    assert "lastLoginTime" not in shown(client, user, "teams")
    client.delete(f"{USERS}/{user['id']}?hardDelete=true")


def test_a_token_that_is_used_is_activity(client, server):
    name = fresh("busy")
    busy = server.as_user(name)
    busy.get(f"{USERS}/loggedInUser")
    server.run(server.catalog.context.last_use.write())
    user = client.get(f"{USERS}/name/{name}?fields=lastActivityTime,lastLoginTime").json()
    assert user["lastActivityTime"] >= user["updatedAt"]
    assert "lastLoginTime" not in user


def test_how_a_bot_proves_itself_is_no_field(client):
    user = made(client, "user")
    refused = client.get(f"{USERS}/{user['id']}?fields=authenticationMechanism")
    assert fault(refused, 400) == "Invalid field name authenticationMechanism"
    value = {"authType": "BASIC", "config": {}}
    same = patched(client, user, ("add", "/authenticationMechanism", value))
    assert same.headers["x-openmetadata-change"] == "entityNoChange"


# lists


def listed(client: Any, query: str, limit: int = 1000) -> list[str]:
    found: list[str] = []
    after = ""
    while True:
        body = client.get(f"{USERS}?limit={limit}&{query}{after}").json()
        found += names(body["data"])
        if "after" not in body["paging"]:
            assert body["paging"]["total"] == len(found)
            return found
        after = f"&after={body['paging']['after']}"


def test_flags_hold_across_pages(client):
    chief, bot, user = made(client, "user", isAdmin=True), made(client, "user", isBot=True), made(client, "user")
    everybody = set(listed(client, ""))
    for field, named in (("isAdmin", chief), ("isBot", bot)):
        yes, no = listed(client, f"{field}=true", 2), listed(client, f"{field}=false", 2)
        assert named["name"] in yes
        assert user["name"] in no
        assert set(yes).isdisjoint(no)
        assert {*yes, *no} == everybody
    client.delete(f"{USERS}/{chief['id']}?hardDelete=true")


def test_users_of_a_team_are_those_of_the_teams_below_it_too(client):
    unit = made(client, "team", teamType="BusinessUnit")
    group = made(client, "team", name=fresh("with.dot"), parents=[unit["id"]])
    one, two = made(client, "user", teams=[unit["id"]]), made(client, "user", teams=[group["id"]])
    alone, bot = made(client, "user"), made(client, "user", isBot=True)
    assert listed(client, f"team={unit['name']}", 1) == sorted([one["name"], two["name"]])
    assert listed(client, f"team={group['fullyQualifiedName']}") == [two["name"]]
    everybody = listed(client, "team=Organization")
    assert {one["name"], two["name"], alone["name"]} <= set(everybody)
    assert bot["name"] not in everybody
    refused = client.get(f"{USERS}?team=nope")
    assert fault(refused, 404, "ENTITY_NOT_FOUND") == "team instance for nope not found"
