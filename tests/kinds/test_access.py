"""Who may do what by policies: roles, teams, owners, domains, conditions, deny rules, and what lists show."""

from __future__ import annotations

from typing import Any

import pytest

from conftest import Client
from make import SERVICES, fresh, made, make, path_of, ref
from strict import fault

JWT = {"authType": "JWT", "config": {"JWTTokenExpiry": "Unlimited"}}


def rule(effect: str, *operations: str, resources: tuple[str, ...] = ("messagingService",), **more: Any) -> Any:
    return {
        "name": fresh("rule"),
        "effect": effect,
        "operations": list(operations),
        "resources": list(resources),
    } | more


def role_of(client: Any, *rules: Any) -> dict[str, Any]:
    policy = made(client, "policy", rules=list(rules))
    return made(client, "role", policies=[policy["fullyQualifiedName"]])


def person(server: Any, *roles: Any, **more: Any) -> Any:
    return server.as_user(fresh("person"), roles=[role["id"] for role in roles], **more)


def machine(client: Any, server: Any, *rules: Any) -> Any:
    user = made(client, "user", isBot=True, authenticationMechanism=JWT, roles=[role_of(client, *rules)["id"]])
    made(client, "bot", botUser=user["name"])
    return Client(server, server.token(user["name"]))


def user_of(client: Any) -> dict[str, Any]:
    return client.get("/api/v1/users/loggedInUser").json()


def patch(client: Any, service: dict[str, Any], path: str, value: Any) -> Any:
    return client.patch(f"{SERVICES}/{service['id']}", json=[{"op": "add", "path": path, "value": value}])


def seen(client: Any, **params: Any) -> tuple[set[str], int]:
    body = client.get(SERVICES, params={"limit": 1000} | params).json()
    return {row["id"] for row in body["data"]}, body["paging"]["total"]


# what the seeded roles may do (contract, "What the default subjects can do")


def test_a_plain_user_describes_and_labels_but_neither_names_nor_deletes(client, server):
    plain, service = person(server), made(client, "messagingService")
    assert plain.get(f"{SERVICES}/{service['id']}?fields=*").status_code == 200
    assert patch(plain, service, "/description", "d").status_code == 200
    assert patch(plain, service, "/tags", [{"tagFQN": "Tier.Tier1"}]).status_code == 200
    for path, operation in (("/displayName", "EditDisplayName"), ("/domains", "EditDomains"), ("/style", "EditAll")):
        assert f"operations [{operation}] not allowed" in fault(patch(plain, service, path, None), 403, "FORBIDDEN")
    assert "[Delete]" in fault(plain.delete(f"{SERVICES}/{service['id']}"), 403, "FORBIDDEN")
    assert "[Create]" in fault(plain.post(SERVICES, json=make("messagingService")), 403, "FORBIDDEN")


def test_anybody_may_give_an_owner_to_what_has_none(client, server):
    plain, service = person(server), made(client, "messagingService")
    mine = [ref(user_of(plain))]
    assert patch(plain, service, "/owners", mine).status_code == 200
    other = person(server)
    assert "[EditOwners]" in fault(patch(other, service, "/owners", [ref(user_of(other))]), 403, "FORBIDDEN")


def test_an_owner_does_everything_but_create(client, server):
    owner = person(server)
    service = made(client, "messagingService", owners=[ref(user_of(owner))])
    assert patch(owner, service, "/displayName", "Mine").status_code == 200
    assert owner.put(SERVICES, json=make("messagingService", name=service["name"])).status_code == 200
    assert owner.delete(f"{SERVICES}/{service['id']}").status_code == 200
    assert "[Create]" in fault(owner.post(SERVICES, json=make("messagingService")), 403, "FORBIDDEN")


def test_whoever_is_in_the_owning_team_or_below_it_is_an_owner(client, server):
    department = made(client, "team", teamType="Department")
    group = made(client, "team", parents=[department["id"]])
    member = person(server, teams=[group["id"]])
    stranger = person(server)
    service = made(client, "messagingService", owners=[ref(group, "team")])
    assert patch(member, service, "/displayName", "Ours").status_code == 200
    fault(patch(stranger, service, "/displayName", "Theirs"), 403, "FORBIDDEN")


def test_a_steward_names_and_gives_owners(client, server):
    roles = client.get(f"{path_of('role')}/name/DataSteward").json()
    steward, service = person(server, roles), made(client, "messagingService")
    assert patch(steward, service, "/displayName", "Named").status_code == 200
    assert patch(steward, service, "/owners", [ref(user_of(steward))]).status_code == 200
    fault(patch(person(server, roles), service, "/domains", []), 403, "FORBIDDEN")


def test_ingestion_creates_and_deletes_but_makes_no_bots(as_bot, client):
    service = as_bot.post(SERVICES, json=make("messagingService"))
    assert service.status_code == 201
    assert as_bot.delete(f"{SERVICES}/{service.json()['id']}").status_code == 200
    user = made(client, "user", isBot=True, authenticationMechanism=JWT)
    message = fault(as_bot.post(path_of("bot"), json=make("bot", botUser=user["name"])), 403, "FORBIDDEN")
    assert message.endswith(
        "operation Create denied by role IngestionBotRole, policy DefaultBotPolicy, rule BotRule-Deny"
    )


# rules


@pytest.mark.parametrize("path", [SERVICES, f"{SERVICES}/bulk"])
def test_a_bot_that_may_not_change_owners_leaves_those_that_are_there(client, server, path):
    bot = machine(client, server, rule("deny", "EditOwners"), rule("allow", "Create", "EditAll", "ViewAll"))
    steward, other = (ref(made(client, "user")) for _ in range(2))
    owned, free = made(client, "messagingService", owners=[steward]), made(client, "messagingService")
    for service, expected in ((owned, steward), (free, other)):
        body = make("messagingService", name=service["name"], displayName="Found", owners=[other])
        assert bot.put(path, json=[body] if path != SERVICES else body).status_code == 200
        after = client.get(f"{SERVICES}/{service['id']}?fields=owners").json()
        assert ([owner["id"] for owner in after["owners"]], after["displayName"]) == ([expected["id"]], "Found")


def test_a_bot_that_overrides_changes_owners_all_the_same(client, server):
    bot = machine(client, server, rule("deny", "EditOwners"), rule("allow", "Create", "EditAll", "ViewAll"))
    steward, other = (ref(made(client, "user")) for _ in range(2))
    service = made(client, "messagingService", owners=[steward])
    row = make("messagingService", name=service["name"], owners=[other])
    assert bot.put(f"{SERVICES}/bulk?overrideMetadata=true", json=[row]).json()["status"] == "success"
    after = client.get(f"{SERVICES}/{service['id']}?fields=owners").json()
    assert [owner["id"] for owner in after["owners"]] == [other["id"]]


def test_a_deny_rule_stands_above_every_allow_rule(client, server):
    role = role_of(client, rule("deny", "EditDescription"), rule("allow", "All"))
    limited, service = person(server, role), made(client, "messagingService")
    message = fault(patch(limited, service, "/description", "d"), 403, "FORBIDDEN")
    assert f"operation EditDescription denied by role {role['name']}" in message
    assert patch(limited, service, "/displayName", "d").status_code == 200


def test_a_condition_decides_for_each_entity(client, server):
    role = role_of(client, rule("allow", "EditDisplayName", condition="matchAnyTag('Tier.Tier1')"))
    limited = person(server, role)
    first = made(client, "messagingService", tags=[{"tagFQN": "Tier.Tier1"}])
    second = made(client, "messagingService", tags=[{"tagFQN": "Tier.Tier2"}])
    assert patch(limited, first, "/displayName", "d").status_code == 200
    fault(patch(limited, second, "/displayName", "d"), 403, "FORBIDDEN")


def test_a_role_of_a_team_above_comes_down_and_goes_with_the_team(client, server):
    role = role_of(client, rule("allow", "Create"))
    department = made(client, "team", teamType="Department", defaultRoles=[role["id"]])
    group = made(client, "team", parents=[department["id"]])
    member = person(server, teams=[group["id"]])
    assert member.post(SERVICES, json=make("messagingService")).status_code == 201
    client.delete(f"{path_of('team')}/{department['id']}?recursive=true")
    fault(member.post(SERVICES, json=make("messagingService")), 403, "FORBIDDEN")


def test_a_policy_that_is_switched_off_or_deleted_decides_nothing(client, server):
    denying = made(client, "policy", rules=[rule("deny", "ViewAll", "ViewBasic")])
    role = made(client, "role", policies=[denying["fullyQualifiedName"]])
    limited, service = person(server, role), made(client, "messagingService")
    path = f"{SERVICES}/{service['id']}"
    fault(limited.get(path), 403, "FORBIDDEN")
    off = [{"op": "replace", "path": "/enabled", "value": False}]
    assert client.patch(f"{path_of('policy')}/{denying['id']}", json=off).status_code == 200
    assert limited.get(path).status_code == 200
    on = [{"op": "replace", "path": "/enabled", "value": True}]
    client.patch(f"{path_of('policy')}/{denying['id']}", json=on)
    fault(limited.get(path), 403, "FORBIDDEN")
    client.delete(f"{path_of('policy')}/{denying['id']}?hardDelete=true")
    assert limited.get(path).status_code == 200


def test_a_role_taken_away_is_gone_at_the_next_request(client, server):
    role = role_of(client, rule("allow", "Create"))
    limited = person(server, role)
    assert limited.post(SERVICES, json=make("messagingService")).status_code == 201
    user = user_of(limited)
    client.patch(f"{path_of('user')}/{user['id']}", json=[{"op": "replace", "path": "/roles", "value": []}])
    fault(limited.post(SERVICES, json=make("messagingService")), 403, "FORBIDDEN")


def test_each_row_of_a_bulk_request_is_checked_by_itself(client, server):
    owner = person(server)
    mine = made(client, "messagingService", owners=[ref(user_of(owner))])
    other = made(client, "messagingService")
    rows = [make("messagingService", name=one["name"], description="d") for one in (mine, other)]
    result = owner.put(f"{SERVICES}/bulk", json=rows).json()
    assert [row["request"] for row in result["successRequest"]] == [mine["name"]]
    assert result["failedRequest"][0]["status"] == 403
    assert result["failedRequest"][0]["message"].startswith("Permission denied: Principal: ")


# teams and domains that keep to themselves


def test_a_team_only_policy_keeps_what_a_team_owns_to_its_members(client, server):
    team_only = client.get(f"{path_of('policy')}/name/TeamOnlyPolicy").json()
    department = made(client, "team", teamType="Department", policies=[team_only["id"]])
    group = made(client, "team", parents=[department["id"]])
    member, stranger = person(server, teams=[group["id"]]), person(server)
    ours = made(client, "messagingService", owners=[ref(group, "team")])
    theirs = made(client, "messagingService")
    assert member.get(f"{SERVICES}/{ours['id']}").status_code == 200
    fault(member.get(f"{SERVICES}/{theirs['id']}"), 403, "FORBIDDEN")
    message = fault(stranger.get(f"{SERVICES}/{ours['id']}"), 403, "FORBIDDEN")
    assert message.endswith("operation ViewBasic denied policy TeamOnlyPolicy, rule TeamOnlyPolicy-Rule")
    assert stranger.get(f"{SERVICES}/{theirs['id']}").status_code == 200
    assert seen(member)[0] == {ours["id"]}
    assert ours["id"] not in seen(stranger)[0]
    assert theirs["id"] in seen(stranger)[0]


def test_who_is_kept_to_his_domain_sees_only_what_lies_in_it(client, server):
    role = client.get(f"{path_of('role')}/name/DomainOnlyAccessRole").json()
    domain, elsewhere = made(client, "domain"), made(client, "domain")
    kept = person(server, role, domains=[domain["fullyQualifiedName"]])
    inside = made(client, "messagingService", domains=[domain["fullyQualifiedName"]])
    outside = [made(client, "messagingService"), made(client, "messagingService", domains=[elsewhere["name"]])]
    assert kept.get(f"{SERVICES}/{inside['id']}?fields=*").status_code == 200
    for service in outside:
        message = fault(kept.get(f"{SERVICES}/{service['id']}"), 403, "FORBIDDEN")
        assert service["id"] not in message
    assert seen(kept) == ({inside["id"]}, 1)
    assert seen(kept, fields="owners,tags,domains") == ({inside["id"]}, 1)
    history = kept.get(f"{SERVICES}/history?startTs=0&endTs=99999999999999&limit=500").json()
    assert {row["id"] for row in history["data"]} == {inside["id"]}
    events = kept.get("/api/v1/events?entityCreated=messagingService&timestamp=0").json()["data"]
    assert {event["entityId"] for event in events} == {inside["id"]}


def test_a_list_pages_through_just_what_is_visible(client, server):
    tag = made(client, "tag")
    condition = f"!matchAnyTag('{tag['fullyQualifiedName']}')"
    role = role_of(client, rule("deny", "ViewAll", "ViewBasic", condition=condition))
    limited = person(server, role)
    label = [{"tagFQN": tag["fullyQualifiedName"]}]
    wanted = sorted(made(client, "messagingService", tags=label)["name"] for _ in range(5))
    made(client, "messagingService")
    found: list[str] = []
    after: dict[str, Any] = {}
    while True:
        body = limited.get(SERVICES, params={"limit": 2} | after).json()
        assert body["paging"]["total"] == 5
        found += [row["name"] for row in body["data"]]
        if "after" not in body["paging"]:
            break
        after = {"after": body["paging"]["after"]}
    assert found == wanted
    back = limited.get(SERVICES, params={"limit": 2, "before": body["paging"]["before"]}).json()
    assert [row["name"] for row in back["data"]] == wanted[2:4]
    assert limited.get(SERVICES, params={"limit": 0}).json()["paging"] == {"total": 5}


def test_a_kind_of_which_nothing_may_be_seen_is_refused(client, server):
    role = role_of(client, rule("deny", "ViewAll", "ViewBasic", resources=("domain",)))
    limited = person(server, role)
    for path in (path_of("domain"), f"{path_of('domain')}?limit=0", f"{path_of('domain')}/history?startTs=0&endTs=1"):
        fault(limited.get(path), 403, "FORBIDDEN")
    assert limited.get(SERVICES).status_code == 200
    fault(limited.get("/api/v1/events?entityCreated=domain&timestamp=0"), 403, "FORBIDDEN")
    assert limited.get("/api/v1/events?entityCreated=*&timestamp=0").status_code == 200


def test_what_cannot_be_seen_cannot_be_followed(client, server):
    role = role_of(client, rule("deny", "ViewAll", "ViewBasic"))
    limited, service = person(server, role), made(client, "messagingService")
    user = user_of(limited)
    fault(limited.put(f"{SERVICES}/{service['id']}/followers", json=user["id"]), 403, "FORBIDDEN")


# locking oneself out


def test_nobody_takes_from_himself_the_right_to_edit_policies(client, server):
    policy = made(client, "policy", rules=[rule("allow", "All", resources=("policy",))])
    role = made(client, "role", policies=[policy["fullyQualifiedName"]])
    keeper = person(server, role)
    body = {"name": policy["name"], "rules": [rule("deny", "EditAll", resources=("All",))]}
    message = fault(keeper.put(path_of("policy"), json=body), 400)
    assert "could edit no policy any more" in message
    assert client.get(f"{path_of('policy')}/{policy['id']}").json()["version"] == 0.1
    assert client.put(path_of("policy"), json=body).status_code == 200


# what a policy may say


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"operations": ["Fly"]}, "unknown operation: Fly"),
        ({"resources": ["castle"]}, "unknown resource: castle"),
        ({"operations": []}, "names no operation"),
        ({"resources": []}, "names no resource"),
        ({"condition": "foo()"}, "Failed to evaluate - "),
        ({"condition": "isOwner("}, "Failed to parse - "),
        ({"condition": "matchAnyTag('No.Such')"}, "Failed to evaluate - tag instance for No.Such not found"),
        ({"condition": "inAnyTeam('nobody')"}, "Failed to evaluate - team instance for nobody not found"),
        ({"condition": "hasAnyRole('none')"}, "Failed to evaluate - role instance for none not found"),
        ({"condition": "T(java.lang.Runtime).getRuntime()"}, "Failed to parse - "),
    ],
)
def test_a_rule_that_cannot_be_is_400_and_says_why(client, change, sentence):
    body = make("policy", rules=[rule("allow", "ViewAll") | change])
    assert sentence in fault(client.post(path_of("policy"), json=body), 400)
    assert client.get(f"{path_of('policy')}/name/{body['name']}").status_code == 404


def test_rules_are_stored_in_their_shortest_form_and_in_order(client):
    one = rule("allow", "ViewBasic", "ViewAll", "EditTags", resources=("table", "all")) | {"name": "b"}
    two = rule("deny", "Delete", resources=("topic", "Domain".lower())) | {"name": "a"}
    policy = made(client, "policy", rules=[one, two])
    assert [found["name"] for found in policy["rules"]] == ["a", "b"]
    assert policy["rules"][1]["resources"] == ["All"]
    assert policy["rules"][1]["operations"] == ["EditTags", "ViewAll"]
    assert policy["rules"][0]["resources"] == ["domain", "topic"]


def test_seeded_roles_and_policies_stay(client):
    for kind, name in (("policy", "OrganizationPolicy"), ("role", "DataConsumer"), ("bot", "ingestion-bot")):
        entity = client.get(f"{path_of(kind)}/name/{name}").json()
        message = fault(client.delete(f"{path_of(kind)}/{entity['id']}?hardDelete=true&recursive=true"), 400)
        assert message == f"System entity [{name}] of type {kind} can not be deleted."


def test_a_role_needs_a_policy_and_a_policy_a_rule(client):
    sentence = fault(client.post(path_of("role"), json=make("role", policies=[])), 400)
    assert sentence == "At least one policy is required in a role"
    sentence = fault(client.post(path_of("policy"), json=make("policy", rules=[])), 400)
    assert sentence == "At least one rule is required in a policy"
    same = rule("allow", "ViewAll") | {"name": "same"}
    sentence = fault(client.put(path_of("policy"), json=make("policy", rules=[same, same])), 400)
    assert sentence == "Policy contains duplicate Rules. Please use unique name for Rules."
