"""Nobody makes more of himself than he is: what policies give to everybody leads to no right to change policies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from make import SERVICES, fresh, made, make, path_of, ref

if TYPE_CHECKING:
    from conftest import Client, Server

EVERYTHING = {"name": "everything", "effect": "allow", "operations": ["All"], "resources": ["All"]}


def himself(client: Client) -> dict[str, Any]:
    return client.get("/api/v1/users/loggedInUser").json()


def named(client: Client, kind: str, name: str) -> dict[str, Any]:
    return client.get(f"{path_of(kind)}/name/{name}").json()


def patch(client: Client, kind: str, entity: dict[str, Any], **fields: Any) -> None:
    """Tries it; whether it is let, what comes of it shows."""
    operations = [{"op": "add", "path": f"/{field}", "value": value} for field, value in fields.items()]
    client.patch(f"{path_of(kind)}/{entity['id']}", json=operations)


def changed_policy(client: Client, someone: Client) -> None:
    """He becomes the owner of a policy that applies to him, and changes its rules."""
    policy = made(client, "policy")
    role = made(client, "role", policies=[policy["name"]])
    patch(client, "user", himself(someone), roles=[ref(role, "role")])
    patch(someone, "policy", policy, owners=[ref(himself(someone))])
    patch(someone, "policy", policy, rules=[EVERYTHING])
    someone.put(path_of("policy"), json={"name": policy["name"], "rules": [EVERYTHING]})


def opened_team(client: Client, someone: Client) -> None:
    """He becomes the owner of a closed team with a role, opens it and joins it."""
    creating = made(client, "policy", rules=[EVERYTHING])
    role = made(client, "role", policies=[creating["name"]])
    team = made(client, "team", defaultRoles=[role["id"]], isJoinable=False)
    patch(someone, "team", team, owners=[ref(himself(someone))])
    patch(someone, "team", team, isJoinable=True)
    someone.put(f"{path_of('team')}/{team['id']}/users", json=[ref(himself(someone))])
    patch(someone, "user", himself(someone), teams=[ref(team, "team")])


def equipped_team(client: Client, someone: Client) -> None:
    """He becomes the owner of an open team, gives it a role or a policy and joins it."""
    creating = made(client, "policy", rules=[EVERYTHING])
    role = made(client, "role", policies=[creating["name"]])
    team = made(client, "team")
    patch(someone, "team", team, owners=[ref(himself(someone))])
    patch(someone, "team", team, defaultRoles=[ref(role, "role")])
    patch(someone, "team", team, policies=[ref(creating, "policy")])
    someone.put(path_of("team"), json=make("team", name=team["name"], defaultRoles=[role["id"]]))
    patch(someone, "user", himself(someone), teams=[ref(team, "team")])


def closed_team(client: Client, someone: Client) -> None:
    """He says of himself that he is in a closed team."""
    creating = made(client, "policy", rules=[EVERYTHING])
    team = made(client, "team", policies=[creating["id"]], isJoinable=False)
    user = himself(someone)
    patch(someone, "user", user, teams=[ref(team, "team")])
    someone.put(path_of("user"), json={"name": user["name"], "email": user["email"], "teams": [team["id"]]})


def roles_of_his_own(client: Client, someone: Client) -> None:
    """He gives himself a role, or makes himself an administrator."""
    role, user = named(client, "role", "IngestionBotRole"), himself(someone)
    patch(someone, "user", user, roles=[ref(role, "role")])
    patch(someone, "user", user, isAdmin=True)
    asked = {"name": user["name"], "email": user["email"]}
    someone.put(path_of("user"), json=asked | {"roles": [role["id"]]})
    someone.put(path_of("user"), json=asked | {"isAdmin": True})


@pytest.mark.parametrize("role", ["DataConsumer", "DataSteward"])
@pytest.mark.parametrize("tries", [changed_policy, opened_team, equipped_team, closed_team, roles_of_his_own])
def test_whatever_he_tries_he_creates_nothing_afterwards(client: Client, server: Server, tries: Any, role: str):
    someone = server.as_user(fresh("person"), roles=[named(client, "role", role)["id"]])
    assert someone.post(SERVICES, json=make("messagingService")).status_code == 403
    tries(client, someone)
    assert someone.post(SERVICES, json=make("messagingService")).status_code == 403


def test_who_is_kept_to_his_domain_does_not_change_what_keeps_him_there(client: Client, server: Server):
    domain = made(client, "domain")
    kept = server.as_user(fresh("person"), roles=[named(client, "role", "DomainOnlyAccessRole")["id"]])
    service = made(client, "messagingService", domains=[domain["fullyQualifiedName"]])
    assert kept.get(f"{SERVICES}/{service['id']}").status_code == 403
    patch(kept, "user", himself(kept), domains=[ref(domain, "domain")])
    patch(kept, "policy", named(client, "policy", "DomainOnlyAccessPolicy"), rules=[EVERYTHING])
    everything = kept.post(path_of("policy"), json=make("policy", rules=[EVERYTHING])).json()
    if "id" in everything:
        role = named(client, "role", "DomainOnlyAccessRole")
        patch(kept, "role", role, policies=[ref(everything, "policy")])
    assert kept.get(f"{SERVICES}/{service['id']}").status_code == 403


@pytest.mark.parametrize("fields", [{"email": "mine@example.com"}, {"name": "mine"}])
def test_who_may_edit_users_does_not_change_by_what_an_administrator_signs_in(
    client: Client, server: Server, fields: dict[str, str]
):
    editing = {"name": "users", "effect": "allow", "operations": ["EditAll", "Delete"], "resources": ["user"]}
    role = made(client, "role", policies=[made(client, "policy", rules=[editing])["name"]])
    someone = server.as_user(fresh("person"), roles=[role["id"]])
    boss = made(client, "user", isAdmin=True)
    before = client.get(f"{path_of('user')}/{boss['id']}").json()
    patch(someone, "user", boss, **fields)
    after = client.get(f"{path_of('user')}/{boss['id']}").json()
    assert (after["name"], after["email"]) == (before["name"], before["email"])
    assert someone.delete(f"{path_of('user')}/{boss['id']}").status_code == 403
