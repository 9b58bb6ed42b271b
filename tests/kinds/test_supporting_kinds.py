"""What is special about the kinds that a service refers to: users, teams, domains, classifications and tags."""

from __future__ import annotations

import base64
import time

import pytest

from brokerbook.access.actor import Actor
from brokerbook.engine import json_patch, upsert
from brokerbook.engine.write import Work
from brokerbook.kinds.messaging_service import MESSAGING_SERVICE
from make import LABELS, SERVICES, fresh, made, make, path_of, prepare, ref

PASSWORD = "Secret-word-1"


def refusal(client, kind, **fields):
    response = client.post(path_of(kind), json=make(kind, **fields))
    assert response.status_code == 400, response.text
    return response.json()["message"]


# users


def test_a_user_may_come_with_a_password_and_log_in(client):
    chosen = {"createPasswordType": "ADMIN_CREATE", "password": PASSWORD, "confirmPassword": PASSWORD}
    user = made(client, "user", **chosen)
    assert PASSWORD not in str(user)
    body = {"email": user["email"], "password": base64.b64encode(PASSWORD.encode()).decode()}
    assert client.bare.post(f"{path_of('user')}/login", json=body, token=None).status_code == 200
    other = make("user", **chosen)
    assert client.put(path_of("user"), json=other).status_code == 201
    # a PUT over a user who is there does not touch his password
    client.put(
        path_of("user"),
        json=make("user", name=user["name"]) | chosen | {"password": "Other-word-2", "confirmPassword": "Other-word-2"},
    )
    assert client.bare.post(f"{path_of('user')}/login", json=body, token=None).status_code == 200


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"password": PASSWORD}, "createPasswordType ADMIN_CREATE only"),
        ({"createPasswordType": "ADMIN_CREATE", "password": PASSWORD}, "Password and Confirm Password should be same."),
        ({"createPasswordType": "ADMIN_CREATE", "password": "weak", "confirmPassword": "weak"}, "Password must be"),
        (
            {"createPasswordType": "ADMIN_CREATE", "password": PASSWORD, "confirmPassword": PASSWORD, "isBot": True},
            "can have no password",
        ),
        ({"email": "nobody"}, "email must match"),
        ({"email": "a@b.c" + "d" * 130}, "email size must be"),
    ],
)
def test_what_a_user_may_not_come_with_is_400(client, fields, said):
    assert said in refusal(client, "user", **fields)


def test_a_users_teams_show_on_both_sides(client):
    team = made(client, "team")
    user = made(client, "user", teams=[team["id"]])
    assert [item["id"] for item in user["teams"]] == [team["id"]]
    assert [item["id"] for item in client.get(f"{path_of('team')}/{team['id']}?fields=users").json()["users"]] == [
        user["id"]
    ]
    named = made(client, "team", users=[user["id"]])
    teams = client.get(f"{path_of('user')}/{user['id']}?fields=teams").json()["teams"]
    assert {item["id"] for item in teams} == {team["id"], named["id"]}


def test_a_user_shows_what_he_owns_and_follows(client):
    user = made(client, "user")
    owned, followed = made(client, "messagingService", owners=[ref(user)]), made(client, "messagingService")
    client.put(f"{SERVICES}/{followed['id']}/followers", json=user["id"])
    shown = client.get(f"{path_of('user')}/{user['id']}?fields=owns,follows").json()
    assert [(item["type"], item["id"]) for item in shown["owns"]] == [("messagingService", owned["id"])]
    assert [item["id"] for item in shown["follows"]] == [followed["id"]]


def test_only_an_administrator_makes_administrators_and_bots(as_bot, client):
    for field in ("isAdmin", "isBot"):
        asked = make("user", **{field: True})
        for method in ("POST", "PUT"):
            assert as_bot.request(method, path_of("user"), json=asked).status_code == 403
        user = made(client, "user")
        operation = {"op": "replace", "path": f"/{field}", "value": True}
        assert as_bot.patch(f"{path_of('user')}/{user['id']}", json=[operation]).status_code == 403
    assert made(client, "user", isAdmin=True)["isAdmin"] is True


def test_what_a_bot_does_in_a_persons_name_says_both(client, server):
    context, acting = server.catalog.context, Actor("1", "admin", is_admin=True, is_bot=False, impersonated_by="helper")
    asked = make("messagingService")

    def write_twice(tx):
        work = Work(tx, acting, context.sealer, time.time_ns() // 1_000_000)
        for text in ("first", "second"):
            request = MESSAGING_SERVICE.create(**asked, description=text)
            upsert.put(work, MESSAGING_SERVICE, request)

    started = time.time_ns() // 1_000_000
    server.run(context.database.write(write_twice))
    path = f"{SERVICES}/name/{asked['name']}"
    entity = client.get(path).json()
    assert (entity["version"], entity["updatedBy"], entity["impersonatedBy"]) == (0.2, "admin", "helper")
    own = client.patch(path, json=[{"op": "replace", "path": "/description", "value": "own"}]).json()
    assert own["version"] == 0.3, "the person's own edit is another session"
    assert "impersonatedBy" not in own
    query = f"entityCreated=messagingService&entityUpdated=messagingService&timestamp={started}"
    told = client.get(f"/api/v1/events?{query}").json()["data"]
    by = [(event["userName"], event.get("impersonatedBy")) for event in told if event["entityId"] == entity["id"]]
    assert by == [("admin", "helper"), ("admin", "helper"), ("admin", None)]


# teams


def test_there_is_one_organization_and_groups_have_no_teams_below(client):
    assert "Only one Organization" in refusal(client, "team", teamType="Organization")
    child = made(client, "team")
    assert "can't have children" in refusal(client, "team", teamType="Group", children=[child["id"]])


def test_parents_and_children_of_teams_show_on_both_sides(client):
    child = made(client, "team", teamType="Department")
    parent = made(client, "team", teamType="Division", children=[child["id"]])
    shown = client.get(f"{path_of('team')}/{child['id']}?fields=parents").json()
    assert [item["id"] for item in shown["parents"]] == [parent["id"]]
    shown = client.get(f"{path_of('team')}/{parent['id']}?fields=children").json()
    assert [item["id"] for item in shown["children"]] == [child["id"]]


def test_a_team_shows_what_it_owns(client):
    team = made(client, "team")
    service = made(client, "messagingService", owners=[ref(team, "team")])
    shown = client.get(f"{path_of('team')}/{team['id']}?fields=owns").json()
    assert [item["id"] for item in shown["owns"]] == [service["id"]]


# domains


def test_a_domain_lies_below_another_and_goes_with_it(client):
    top = made(client, "domain", name=fresh("to.p"))
    below = made(client, "domain", parent=top["fullyQualifiedName"])
    assert below["fullyQualifiedName"] == f"{top['fullyQualifiedName']}.{below['name']}"
    path = f"{path_of('domain')}/{top['id']}"
    children = client.get(f"{path}?fields=children").json()["children"]
    assert [item["id"] for item in children] == [below["id"]]
    assert client.get(f"{path_of('domain')}/{below['id']}?fields=parent").json()["parent"]["id"] == top["id"]
    client.delete(path)
    assert client.get(f"{path_of('domain')}/{below['id']}").status_code == 404


def test_a_parent_that_is_not_there_is_404(client):
    for kind, fields in (
        ("domain", {"parent": "nope"}),
        ("tag", {"parent": f"{LABELS}.nope"}),
        ("tag", {"classification": "nope"}),
    ):
        assert client.post(path_of(kind), json=make(kind, **fields)).status_code == 404


def test_experts_are_named_and_reviewers_referred_to(client):
    user = made(client, "user")
    domain = made(client, "domain", experts=[user["name"]])
    assert [item["id"] for item in domain["experts"]] == [user["id"]]
    product = made(client, "dataProduct", domains=[domain["name"]], reviewers=[ref(user)])
    assert [item["id"] for item in product["reviewers"]] == [user["id"]]
    wrong = refusal(client, "dataProduct", reviewers=[ref(domain, "domain")])
    assert wrong == "Reviewers can only be a Team or User. Given Reviewer Type : domain"
    assert "reviewers.type must not be null" in refusal(client, "dataProduct", reviewers=[{"id": user["id"]}])
    assert "reviewers.id must not be null" in refusal(client, "dataProduct", reviewers=[{"type": "user"}])


def test_a_reference_without_an_id_is_found_by_its_name(client):
    user = made(client, "user")
    for reference in ({"type": "user", "name": user["name"]}, {"type": "user", "fullyQualifiedName": user["name"]}):
        assert made(client, "messagingService", owners=[reference])["owners"][0]["id"] == user["id"]


# classifications and tags


def test_a_tag_needs_a_classification_and_a_parent_in_it(client):
    prepare(client)
    assert "classification must not be null" in refusal(client, "tag", classification=None)
    other = made(client, "classification")
    above = made(client, "tag", classification=other["name"])
    assert "is not a tag of the classification" in refusal(client, "tag", parent=above["fullyQualifiedName"])


def test_tags_lie_below_tags_and_are_deleted_and_restored_with_them(client):
    classification = made(client, "classification")["name"]
    one = made(client, "tag", classification=classification)
    two = made(client, "tag", classification=classification, parent=one["fullyQualifiedName"])
    three = made(client, "tag", classification=classification, parent=two["fullyQualifiedName"])
    assert three["fullyQualifiedName"] == f"{classification}.{one['name']}.{two['name']}.{three['name']}"
    assert (three["parent"]["id"], three["classification"]["name"]) == (two["id"], classification)
    path = f"{path_of('tag')}/{one['id']}"
    children = client.get(f"{path}?fields=children").json()["children"]
    assert [item["id"] for item in children] == [two["id"]]
    service = made(client, "messagingService", tags=[{"tagFQN": three["fullyQualifiedName"]}])
    assert client.delete(f"{path}?recursive=true").status_code == 200
    assert client.get(f"{SERVICES}/{service['id']}?fields=tags").json()["tags"] == []
    assert client.get(f"{path_of('tag')}/{three['id']}").status_code == 404
    client.put(f"{path_of('tag')}/restore", json={"id": one["id"]})
    assert client.get(f"{path_of('tag')}/{three['id']}").json()["version"] == 0.3
    assert len(client.get(f"{SERVICES}/{service['id']}?fields=tags").json()["tags"]) == 1
    client.delete(f"{path}?recursive=true&hardDelete=true")
    assert client.get(f"{path_of('tag')}/{three['id']}?include=all").status_code == 404


def test_a_tag_in_a_disabled_classification_cannot_be_given(client):
    classification = made(client, "classification")
    tag = made(client, "tag", classification=classification["name"])
    service = made(client, "messagingService", tags=[{"tagFQN": tag["fullyQualifiedName"]}])
    client.patch(
        f"{path_of('classification')}/{classification['id']}",
        json=[{"op": "replace", "path": "/disabled", "value": True}],
    )
    label = {"tagFQN": tag["fullyQualifiedName"]}
    assert client.post(SERVICES, json=make("messagingService", tags=[label])).status_code == 400
    # where it is already, it stays
    other = made(client, "tag")["fullyQualifiedName"]
    kept = client.put(SERVICES, json=make("messagingService", name=service["name"], tags=[{"tagFQN": other}]))
    assert len(kept.json()["tags"]) == 2


def test_a_renamed_tag_shows_its_new_words_at_once(client):
    tag = made(client, "tag")
    service = made(client, "messagingService", tags=[{"tagFQN": tag["fullyQualifiedName"]}])
    client.patch(f"{path_of('tag')}/{tag['id']}", json=[{"op": "add", "path": "/displayName", "value": "New"}])
    assert client.get(f"{SERVICES}/{service['id']}?fields=tags").json()["tags"][0]["displayName"] == "New"


@pytest.mark.parametrize(
    ("tag", "operation"), [("Tier.Tier1", "EditTier"), ("Certification.Gold", "EditCertification")]
)
def test_special_tags_need_a_right_of_their_own(client, server, tag, operation):
    rule = {"name": "not these", "effect": "deny", "operations": [operation], "resources": ["messagingService"]}
    denying = made(client, "policy", rules=[rule])
    role = made(client, "role", policies=[denying["fullyQualifiedName"]])
    limited = server.as_user(fresh("limited"), roles=[role["id"]])
    service = made(client, "messagingService")
    other = made(client, "tag")["fullyQualifiedName"]
    for fqn, status in ((tag, 403), (other, 200)):
        label = [{"op": "add", "path": "/tags/0", "value": {"tagFQN": fqn}}]
        response = limited.patch(f"{SERVICES}/{service['id']}", json=label)
        assert response.status_code == status, response.text
        assert status == 200 or f"operation {operation} denied by role {role['name']}" in response.json()["message"]


def test_a_patch_may_not_copy_a_document_beyond_its_bound(client, monkeypatch):
    monkeypatch.setattr(json_patch, "LARGEST_DOCUMENT", 5000)
    service = made(client, "messagingService", description="d" * 3000)
    copy = {"op": "copy", "from": "/description", "path": "/displayName"}
    response = client.patch(f"{SERVICES}/{service['id']}", json=[copy])
    assert response.status_code == 400
    assert response.json()["message"] == "The patched document would be larger than 5000 bytes."
