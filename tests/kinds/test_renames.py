"""A new name: what refers to it shows it at the next read, what lies below moves along, history keeps the old one."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest

from make import SERVICES, fresh, made, make, path_of, ref
from strict import fault


def renamed(client: Any, kind: str, entity: dict[str, Any], name: str, **more: Any) -> Any:
    patch = [{"op": "replace", "path": "/name", "value": name}]
    return client.patch(f"{path_of(kind)}/{entity['id']}", json=patch, **more)


def by_name(client: Any, kind: str, fqn: str) -> Any:
    return client.get(f"{path_of(kind)}/name/{quote(fqn, safe='')}")


def tags_of(client: Any, service: dict[str, Any]) -> list[str]:
    return [tag["tagFQN"] for tag in client.get(f"{SERVICES}/{service['id']}?fields=tags").json()["tags"]]


def test_a_tag_takes_its_new_name_to_everything_that_carries_it(client):
    tag = made(client, "tag")
    service = made(client, "messagingService", tags=[{"tagFQN": tag["fullyQualifiedName"]}])
    name = fresh("new")
    answer = renamed(client, "tag", tag, name)
    assert answer.status_code == 200
    assert answer.json()["fullyQualifiedName"] == f"Labels.{name}"
    assert answer.json()["version"] == 0.2
    assert answer.json()["changeDescription"]["fieldsUpdated"] == [
        {"name": "name", "oldValue": tag["name"], "newValue": name}
    ]
    assert tags_of(client, service) == [f"Labels.{name}"]
    assert client.get(f"{SERVICES}/{service['id']}").json()["version"] == 0.1
    assert by_name(client, "tag", tag["fullyQualifiedName"]).status_code == 404
    versions = client.get(f"{path_of('tag')}/{tag['id']}/versions").json()["versions"]
    assert [json.loads(text)["name"] for text in versions] == [name, tag["name"]]


def test_what_lies_below_moves_along(client):
    classification = made(client, "classification")
    above = made(client, "tag", classification=classification["name"])
    below = made(client, "tag", classification=classification["name"], parent=above["fullyQualifiedName"])
    service = made(client, "messagingService", tags=[{"tagFQN": below["fullyQualifiedName"]}])
    name = fresh("with.dot")
    assert renamed(client, "classification", classification, name).status_code == 200
    fqn = f'"{name}".{above["name"]}.{below["name"]}'
    found = by_name(client, "tag", fqn).json()
    assert (found["id"], found["fullyQualifiedName"], found["version"]) == (below["id"], fqn, 0.1)
    assert found["classification"]["fullyQualifiedName"] == f'"{name}"'
    assert found["parent"]["fullyQualifiedName"] == f'"{name}".{above["name"]}'
    assert tags_of(client, service) == [fqn]


def test_a_sub_domain_and_what_lies_in_it_follow(client):
    domain = made(client, "domain")
    sub = made(client, "domain", parent=domain["fullyQualifiedName"])
    service = made(client, "messagingService", domains=[sub["fullyQualifiedName"]])
    product = made(client, "dataProduct", domains=[domain["fullyQualifiedName"]])
    name = fresh("region")
    assert renamed(client, "domain", domain, name).status_code == 200
    shown = client.get(f"{SERVICES}/{service['id']}?fields=domains").json()["domains"][0]
    assert (shown["id"], shown["fullyQualifiedName"]) == (sub["id"], f"{name}.{sub['name']}")
    product = client.get(f"{path_of('dataProduct')}/{product['id']}?fields=domains").json()
    assert (product["fullyQualifiedName"], product["domains"][0]["name"]) == (product["name"], name)


@pytest.mark.parametrize("kind", ["user", "team"])
def test_owners_show_their_new_names(client, kind):
    owner = made(client, kind)
    service = made(client, "messagingService", owners=[ref(owner, kind)])
    name = fresh("called")
    assert renamed(client, kind, owner, name).status_code == 200
    assert client.get(f"{SERVICES}/{service['id']}?fields=owners").json()["owners"][0]["name"] == name
    assert by_name(client, kind, name).json()["id"] == owner["id"]


def test_a_renamed_user_stays_logged_in_under_the_new_name(client, server):
    person = server.as_user(fresh("person"))
    user = person.get("/api/v1/users/loggedInUser").json()
    name = fresh("Renamed")
    assert renamed(client, "user", user, name).status_code == 200
    assert person.get("/api/v1/users/loggedInUser").json()["name"] == name.lower()


@pytest.mark.parametrize("kind", ["messagingService", "role", "policy", "bot"])
def test_names_of_other_kinds_are_put_back(client, kind):
    entity = made(client, kind)
    answer = renamed(client, kind, entity, fresh("other"))
    assert (answer.status_code, answer.json()["name"], answer.json()["version"]) == (200, entity["name"], 0.1)


def test_a_taken_name_is_400_and_changes_nothing(client):
    tag, other = made(client, "tag"), made(client, "tag")
    message = fault(renamed(client, "tag", tag, other["name"]), 400)
    assert other["fullyQualifiedName"] in message
    found = client.get(f"{path_of('tag')}/{tag['id']}").json()
    assert (found["name"], found["version"]) == (tag["name"], 0.1)


@pytest.mark.parametrize("name", ["", "a::b", "x" * 257, 'a"b'])
def test_a_name_that_cannot_be_is_400(client, name):
    tag = made(client, "tag")
    fault(renamed(client, "tag", tag, name), 400)


def test_a_seeded_tag_keeps_its_name(client):
    tier = by_name(client, "tag", "Tier.Tier1").json()
    assert fault(renamed(client, "tag", tier, "One"), 400) == "System entity [Tier1] of type tag can not be renamed."


def test_a_rename_needs_the_right_to_edit_everything(client, as_user):
    tag = made(client, "tag")
    assert "[EditAll]" in fault(renamed(as_user, "tag", tag, fresh()), 403, "FORBIDDEN")


def test_conditions_follow_the_names_that_they_mention(client):
    tag, team = made(client, "tag"), made(client, "team")
    condition = f"matchAnyTag('{tag['fullyQualifiedName']}') && inAnyTeam('{team['name']}')"
    rule = make("policy")["rules"][0] | {"condition": condition}
    policy = made(client, "policy", rules=[rule])
    one, two = fresh("tagged"), fresh("teamed")
    renamed(client, "tag", tag, one)
    renamed(client, "team", team, two)
    found = client.get(f"{path_of('policy')}/{policy['id']}").json()
    assert found["rules"][0]["condition"] == f"matchAnyTag('Labels.{one}') && inAnyTeam('{two}')"
    client.delete(f"{path_of('tag')}/{tag['id']}?hardDelete=true")
    found = client.get(f"{path_of('policy')}/{policy['id']}").json()
    assert found["rules"][0]["condition"] == f"matchAnyTag() && inAnyTeam('{two}')"
    again = {key: found[key] for key in ("name", "rules")} | {"description": "still one"}
    assert client.put(path_of("policy"), json=again).status_code == 200


def test_a_tag_moves_to_another_place_by_a_patch_of_its_parent(client):
    first, second = made(client, "classification"), made(client, "classification")
    above = made(client, "tag", classification=second["name"])
    tag = made(client, "tag", classification=first["name"])
    below = made(client, "tag", classification=first["name"], parent=tag["fullyQualifiedName"])
    patch = [{"op": "add", "path": "/parent", "value": ref(above, "tag")}]
    moved = client.patch(f"{path_of('tag')}/{tag['id']}", json=patch).json()
    assert moved["fullyQualifiedName"] == f"{above['fullyQualifiedName']}.{tag['name']}"
    assert moved["classification"]["id"] == second["id"]
    found = client.get(f"{path_of('tag')}/{below['id']}").json()
    assert found["fullyQualifiedName"] == f"{moved['fullyQualifiedName']}.{below['name']}"
    assert found["classification"]["id"] == second["id"]


def test_a_tag_cannot_lie_below_itself(client):
    tag = made(client, "tag")
    below = made(client, "tag", parent=tag["fullyQualifiedName"])
    for parent in (tag, below):
        patch = [{"op": "add", "path": "/parent", "value": ref(parent, "tag")}]
        assert "itself" in fault(client.patch(f"{path_of('tag')}/{tag['id']}", json=patch), 400)


# previews


def test_a_preview_of_a_rename_tells_what_would_show_it_and_changes_nothing(client):
    tag = made(client, "tag")
    label = [{"tagFQN": tag["fullyQualifiedName"]}]
    services = sorted(made(client, "messagingService", tags=label)["name"] for _ in range(12))
    answer = renamed(client.bare, "tag", tag, fresh("tried"), params={"dryRun": "true"})
    assert answer.status_code == 200
    seen = answer.json()
    assert (seen["dryRun"], seen["operation"], seen["entity"]["id"], seen["count"]) == (True, "rename", tag["id"], 12)
    assert seen["touched"] == [{"type": "messagingService", "field": "tags", "count": 12, "names": services[:10]}]
    assert client.get(f"{path_of('tag')}/{tag['id']}").json()["version"] == 0.1


def test_a_preview_of_a_delete_tells_what_lies_below_what_refers_and_which_policies_name_it(client):
    classification = made(client, "classification")
    tag = made(client, "tag", classification=classification["name"])
    made(client, "messagingService", tags=[{"tagFQN": tag["fullyQualifiedName"]}])
    rule = make("policy")["rules"][0] | {"condition": f"matchAnyTag('{tag['fullyQualifiedName']}')"}
    policy = made(client, "policy", rules=[rule])
    path = f"{path_of('classification')}/{classification['id']}?recursive=true&hardDelete=true&dryRun=true"
    seen = client.bare.delete(path).json()
    told = {(one["type"], one.get("field")): one["count"] for one in seen["touched"]}
    assert told == {("tag", None): 1, ("messagingService", "tags"): 1, ("policy", "condition"): 1}
    assert seen["touched"][-1]["names"] == [policy["name"]]
    assert client.get(f"{path_of('tag')}/{tag['id']}").status_code == 200


def test_a_preview_of_a_users_delete_tells_what_nobody_else_owns(client):
    leaver, other = made(client, "user"), made(client, "user")
    alone = made(client, "messagingService", owners=[ref(leaver)])
    made(client, "messagingService", owners=[ref(leaver), ref(other)])
    seen = client.bare.delete(f"{path_of('user')}/{leaver['id']}?dryRun=true").json()
    assert seen["touched"][0]["count"] == 2
    assert seen["alone"] == [{"type": "messagingService", "field": "owners", "count": 1, "names": [alone["name"]]}]


def test_what_refuses_a_delete_refuses_its_preview(client, as_user):
    classification = made(client, "classification")
    made(client, "tag", classification=classification["name"])
    path = f"{path_of('classification')}/{classification['id']}?dryRun=true"
    assert fault(client.bare.delete(path), 400) == "classification is not empty"
    fault(as_user.bare.delete(path), 403, "FORBIDDEN")
