"""What a catalog begins with: it is there, it is upgraded, and what people did to it stays."""

from __future__ import annotations

from typing import Any

import msgspec

from brokerbook.engine import seed, seeds
from conftest import Client, running
from make import path_of


def found(client: Any, kind: str, name: str, **params: Any) -> Any:
    return client.get(f"{path_of(kind)}/name/{name}", params=params).json()


def test_the_organization_gives_everybody_the_consumer_role_and_the_owner_rules(client):
    team = found(client, "team", "Organization", fields="policies,defaultRoles")
    assert team["teamType"] == "Organization"
    assert [policy["name"] for policy in team["policies"]] == ["OrganizationPolicy"]
    assert [role["name"] for role in team["defaultRoles"]] == ["DataConsumer"]


def test_policies_have_the_rules_of_the_contract(client):
    rules = {rule["name"]: rule for rule in found(client, "policy", "OrganizationPolicy")["rules"]}
    assert rules["OrganizationPolicy-Owner-Rule"] == {
        "name": "OrganizationPolicy-Owner-Rule",
        "effect": "allow",
        "operations": ["Delete", "EditAll", "ViewAll"],
        "resources": ["All"],
        "condition": "isOwner()",
    }
    assert rules["OrganizationPolicy-NoOwner-Rule"]["operations"] == ["EditOwners"]
    domain_only = found(client, "policy", "DomainOnlyAccessPolicy")
    assert (domain_only["provider"], domain_only["allowDelete"]) == ("user", True)
    assert found(client, "policy", "TeamOnlyPolicy")["allowDelete"] is False


def test_each_bot_has_a_user_with_its_role(client):
    for name, (role, _) in seeds._BOTS.items():
        bot = found(client, "bot", name)
        assert (bot["provider"], bot["botUser"]["name"]) == ("system", name.lower())
        user = found(client, "user", name, fields="roles")
        assert user["isBot"]
        assert [one["name"] for one in user["roles"]] == [role]


def test_classifications_and_their_tags_are_the_systems(client):
    for name, (_, exclusive, tags) in seeds._CLASSIFICATIONS.items():
        classification = found(client, "classification", name)
        assert (classification["provider"], classification["mutuallyExclusive"]) == ("system", exclusive)
        for tag, (_, color) in tags.items():
            shown = found(client, "tag", f"{name}.{tag}")
            assert (shown["provider"], shown.get("style", {}).get("color")) == ("system", color)


def test_a_newer_text_comes_to_what_nobody_touched_and_to_nothing_else(tmp_path, monkeypatch):
    with running(tmp_path) as server:
        client = Client(server, server.token("admin"))
        policy = found(client, "policy", "DomainOnlyAccessPolicy")
        role = found(client, "role", "DomainOnlyAccessRole")
        assert client.delete(f"{path_of('role')}/{role['id']}?hardDelete=true").status_code == 200
        assert client.delete(f"{path_of('policy')}/{policy['id']}?hardDelete=true").status_code == 200
        pii = found(client, "classification", "PII")
        mine = [{"op": "replace", "path": "/description", "value": "Ours."}]
        client.patch(f"{path_of('classification')}/{pii['id']}", json=mine)

    def newer() -> list[seeds.Seed]:
        return [
            one._replace(request=msgspec.structs.replace(one.request, description="Newer."))
            if one.kind.name == "classification"
            else one
            for one in original()
        ]

    original = seeds.classifications
    monkeypatch.setattr(seeds, "classifications", newer)
    with running(tmp_path) as server:
        client = Client(server, server.token("admin"))
        tier = found(client, "classification", "Tier")
        assert (tier["description"], tier["version"]) == ("Newer.", 0.2)
        assert found(client, "classification", "PII")["description"] == "Ours."
        for kind, name in (("role", "DomainOnlyAccessRole"), ("policy", "DomainOnlyAccessPolicy")):
            assert client.get(f"{path_of(kind)}/name/{name}").status_code == 404
        assert client.put(path_of("classification"), json={"name": "Tier", "description": "x"}).status_code == 200
        assert server.run(server.catalog.context.database.read(seed.is_current))


def test_a_start_with_nothing_new_changes_nothing(tmp_path):
    with running(tmp_path) as server:
        client = Client(server, server.token("admin"))
        before = client.get("/api/v1/events?entityCreated=*&entityUpdated=*&timestamp=0").json()["data"]
    with running(tmp_path) as server:
        client = Client(server, server.token("admin"))
        after = client.get("/api/v1/events?entityCreated=*&entityUpdated=*&timestamp=0").json()["data"]
    assert [event["id"] for event in before] == [event["id"] for event in after]
