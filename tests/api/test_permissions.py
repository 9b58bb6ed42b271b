"""What callers may do as they are told it: permissions, explanations that hold, and changed policies rehearsed."""

from __future__ import annotations

import re
import uuid
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

from brokerbook.access.conditions import parsed
from brokerbook.access.operations import OPERATIONS
from brokerbook.kinds import KINDS
from make import SERVICES, fresh, made, path_of, ref

if TYPE_CHECKING:
    import httpx

    from conftest import Client, Server

P = "/api/v1/permissions"
POLICIES = "/api/v1/policies"
SERVICE = "messagingService"


def rule(effect: str, *operations: str, resources: tuple[str, ...] = (SERVICE,), **more: Any) -> dict[str, Any]:
    return {
        "name": fresh("rule"),
        "effect": effect,
        "operations": list(operations),
        "resources": list(resources),
    } | more


def policy_of(client: Client, *rules: dict[str, Any]) -> dict[str, Any]:
    return made(client, "policy", rules=list(rules))


def role_of(client: Client, *rules: dict[str, Any]) -> dict[str, Any]:
    return made(client, "role", policies=[policy_of(client, *rules)["fullyQualifiedName"]])


def person(server: Server, *roles: dict[str, Any], **more: Any) -> Client:
    return server.as_user(fresh("person"), roles=[role["id"] for role in roles], **more)


def himself(client: Client) -> dict[str, Any]:
    return client.get("/api/v1/users/loggedInUser").json()


def change(client: Client, kind: str, entity: dict[str, Any], **fields: Any) -> None:
    patch = [{"op": "add", "path": f"/{field}", "value": value} for field, value in fields.items()]
    response = client.patch(f"{path_of(kind)}/{entity['id']}", json=patch)
    assert response.status_code == 200, response.text


def fault(response: httpx.Response, status: int) -> str:
    assert response.status_code == status, response.text
    return response.json()["message"]


def answer(response: httpx.Response) -> Any:
    assert response.status_code == 200, response.text
    return response.json()


def by_operation(found: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {entry["operation"]: entry for entry in found["permissions"]}


def accesses(found: dict[str, Any]) -> dict[str, str]:
    return {operation: entry["access"] for operation, entry in by_operation(found).items()}


# permissions


def test_there_is_an_answer_for_every_kind_and_it_is_the_one_of_that_kind(as_user):
    body = answer(as_user.get(P))
    assert [one["resource"] for one in body["data"]] == sorted(KINDS)
    assert body["paging"] == {"total": len(KINDS)}
    for one in body["data"]:
        assert answer(as_user.get(f"{P}/{one['resource']}")) == one


def test_an_administrator_may_do_everything_and_no_rule_is_named(client):
    for one in answer(client.get(P))["data"]:
        assert [sorted(entry) for entry in one["permissions"]] == [["access", "operation"]] * len(one["permissions"])
        assert set(accesses(one).values()) == {"allow"}


def test_an_entry_names_the_rule_with_its_policy_and_its_role(as_user):
    found = by_operation(answer(as_user.get(f"{P}/{SERVICE}")))
    described = found["EditDescription"]
    assert (described["access"], described["policy"], described["role"]) == (
        "allow", "DataConsumerPolicy", "DataConsumer",
    )  # fmt: skip
    assert described["rule"]["name"] == "DataConsumerPolicy-EditRule"
    assert described["rule"]["effect"] == "allow"
    assert "EditDescription" in described["rule"]["operations"]
    assert found["Delete"]["access"] == "conditionalAllow"
    assert (found["Delete"]["policy"], found["Delete"]["rule"]["condition"]) == ("OrganizationPolicy", "isOwner()")
    assert "role" not in found["Delete"]
    assert found["Create"] == {"operation": "Create", "access": "notAllow"}


@pytest.mark.parametrize(
    ("rules", "access"),
    [
        ((), "conditionalAllow"),
        ((rule("deny", "Delete", condition="noOwner()"),), "conditionalDeny"),
        ((rule("deny", "Delete", condition="noOwner()"), rule("allow", "Delete")), "allow"),
        ((rule("deny", "Delete"), rule("allow", "Delete")), "deny"),
        ((rule("deny", "Delete", resources=("domain",)),), "conditionalAllow"),
    ],
)
def test_of_a_kind_the_strongest_rule_is_told(client, server, rules, access):
    roles = [role_of(client, *({**one, "name": fresh("rule")} for one in rules))] if rules else []
    assert accesses(answer(person(server, *roles).get(f"{P}/{SERVICE}")))["Delete"] == access


def test_of_an_entity_conditions_are_evaluated(client, server):
    owner, other = person(server), person(server)
    service = made(client, SERVICE, owners=[ref(himself(owner))])
    mine, theirs = (accesses(answer(one.get(f"{P}/{SERVICE}/{service['id']}"))) for one in (owner, other))
    assert (mine["EditAll"], mine["Delete"], mine["Create"]) == ("allow", "allow", "notAllow")
    assert (theirs["EditAll"], theirs["Delete"], theirs["EditTags"]) == ("notAllow", "notAllow", "allow")
    assert set(mine.values()) | set(theirs.values()) == {"allow", "notAllow"}


def test_an_entity_is_asked_about_by_name_as_by_id(client, as_user):
    service = made(client, SERVICE, name=fresh("a.b"))
    by_id = answer(as_user.get(f"{P}/{SERVICE}/{service['id']}"))
    for name in (service["name"], service["fullyQualifiedName"]):
        assert answer(as_user.get(f"{P}/{SERVICE}/name/{quote(name, safe='')}")) == by_id


def test_a_policy_of_the_owning_team_is_told_to_outsiders_of_the_entity(client, server):
    denying = policy_of(client, rule("deny", "EditTags", condition="!matchTeam()"))
    team = made(client, "team", policies=[denying["id"]])
    service = made(client, SERVICE, owners=[ref(team, "team")])
    entry = by_operation(answer(person(server).get(f"{P}/{SERVICE}/{service['id']}")))["EditTags"]
    assert (entry["access"], entry["policy"]) == ("deny", denying["name"])
    member = person(server, teams=[team["id"]])
    assert accesses(answer(member.get(f"{P}/{SERVICE}/{service['id']}")))["EditTags"] == "allow"


def test_a_policy_that_is_switched_off_is_not_told_of(client, server):
    denying = policy_of(client, rule("deny", "EditTags"))
    limited = person(server, made(client, "role", policies=[denying["name"]]))
    assert accesses(answer(limited.get(f"{P}/{SERVICE}")))["EditTags"] == "deny"
    change(client, "policy", denying, enabled=False)
    assert accesses(answer(limited.get(f"{P}/{SERVICE}")))["EditTags"] == "allow"


@pytest.mark.parametrize("path", ["", f"/{SERVICE}", f"/{SERVICE}/{{id}}", f"/{SERVICE}/name/{{name}}"])
def test_only_an_administrator_asks_for_somebody_else(client, server, path):
    service = made(client, SERVICE)
    path = P + path.format(**service)
    steward = answer(client.get(f"{path_of('role')}/name/DataSteward"))
    other = person(server, steward)
    name = himself(other)["name"]
    message = fault(person(server).get(path, params={"user": name}), 403)
    assert message.endswith(" is not admin")
    own = answer(other.get(path))
    assert answer(client.get(path, params={"user": name})) == own
    assert answer(other.get(path, params={"user": name.upper()})) == own


def test_what_is_not_there_is_not_found(client):
    assert fault(client.get(f"{P}/castle"), 404) == "Resource type castle not found"
    assert fault(client.get(f"{P}/castle/{uuid.UUID(int=7)}"), 404) == "Resource type castle not found"
    assert "messagingService instance for none" in fault(client.get(f"{P}/{SERVICE}/name/none"), 404)
    assert "user instance for none not found" in fault(client.get(P, params={"user": "none"}), 404)
    fault(client.get(f"{P}/{SERVICE}/{uuid.UUID(int=7)}"), 404)


# what policies say by themselves


def test_policies_are_told_by_themselves(client):
    one, other = policy_of(client, rule("allow", "Delete")), policy_of(client, rule("deny", "EditAll"))
    body = answer(client.get(f"{P}/policies", params={"ids": [one["id"], other["id"]]}))
    assert body["paging"]["total"] == len(body["data"]) == len(KINDS)
    of = {found["resource"]: found["permissions"] for found in body["data"]}
    assert of["domain"] == []
    told = {(entry["operation"], entry["access"], entry["policy"]) for entry in of[SERVICE]}
    assert ("Delete", "allow", one["name"]) in told
    assert ("EditTags", "deny", other["name"]) in told
    assert all("role" not in entry for entry in of[SERVICE])


def test_who_may_not_see_a_policy_is_not_told_what_it_says(client, server):
    policy = policy_of(client, rule("allow", "Delete"))
    limited = person(server, role_of(client, rule("deny", "ViewAll", resources=("policy",))))
    message = fault(limited.get(f"{P}/policies", params={"ids": policy["id"]}), 403)
    assert "operation ViewAll denied by role" in message
    assert policy["name"] not in message


def test_a_policy_that_is_not_there_is_not_found(client):
    fault(client.get(f"{P}/policies", params={"ids": str(uuid.UUID(int=7))}), 404)


# for those who write policies


def test_every_function_of_conditions_is_described(client):
    found = {one["name"]: one for one in answer(client.get(f"{POLICIES}/functions"))["data"]}
    assert found.keys() >= {
        "noOwner", "isOwner", "isReviewer", "hasDomain", "noDomain", "matchAllTags", "matchAnyTag",
        "matchAnyCertification", "matchTeam", "inAnyTeam", "hasAnyRole", "isAdminUser", "isTaskFiler",
        "isTaskAssignee", "isTaskReviewer", "matchAnyServiceTag", "matchAnyServiceName", "matchAnyServiceType",
        "matchAnyServiceEnvironment",
    }  # fmt: skip
    for function in found.values():
        assert function["description"]
        assert isinstance(function["input"], str)
        assert function["examples"]
        for example in function["examples"]:
            assert function["name"] in parsed(example).text


def test_resources_come_with_the_operations_that_are_asked_about_them(client):
    found = {one["name"]: one["operations"] for one in answer(client.get(f"{POLICIES}/resources"))["data"]}
    assert found.keys() >= {*KINDS, "all", "topic"}
    assert {"Create", "Delete", "EditAll", "ViewAll", "ViewBasic", "EditOwners", "EditTags"} <= set(found[SERVICE])
    assert "EditTags" not in found["role"]
    assert all(set(operations) <= OPERATIONS for operations in found.values())


def test_what_resources_are_named_rules_may_name(client):
    names = [one["name"] for one in answer(client.get(f"{POLICIES}/resources"))["data"]]
    policy = policy_of(client, rule("allow", "ViewAll", resources=tuple(name for name in names if name != "all")))
    assert set(policy["rules"][0]["resources"]) == set(names) - {"all"}


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("noOwner()", None),
        ("isOwner() && !matchAnyTag('Tier.Tier1')", None),
        ("hasAnyRole('DataSteward') || inAnyTeam('Organization')", None),
        ("nope(", "Failed to parse - "),
        ("nope()", "Failed to evaluate - "),
        ("matchAnyTag('No.Such')", "Failed to evaluate - "),
        ("inAnyTeam('none')", "Failed to evaluate - "),
        ("T(java.lang.Runtime).getRuntime()", "Failed to parse - "),
    ],
)
def test_a_condition_is_validated_before_it_is_saved(client, text, start):
    response = client.get(f"{POLICIES}/validation/condition/{quote(text, safe='')}")
    if start is None:
        assert (response.status_code, response.content) == (204, b"")
    else:
        assert fault(response, 400).startswith(start)


def test_who_may_edit_no_policy_has_no_condition_parsed(client, server):
    limited = person(server, role_of(client, rule("deny", "EditAll", resources=("policy",))))
    assert "operation EditAll denied" in fault(limited.get(f"{POLICIES}/validation/condition/nope("), 403)


# why: whatever an explanation says would change the decision, changes it


def explained(client: Client, operation: str, entity: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    of = {"resourceId": entity["id"]} if entity is not None else {}
    return answer(client.get(f"{P}/explain", params={"resource": SERVICE, "operation": operation} | of | more))


def ways(found: dict[str, Any]) -> str:
    return "\n".join(found["toChange"])


def test_an_administrator_is_told_so(client, server):
    boss = person(server, isAdmin=True)
    found = explained(boss, "Create")
    assert (found["allowed"], found["access"]) == (True, "allow")
    assert found["reason"] == f"{found['user']} is an administrator, who may do everything."
    assert found.keys().isdisjoint({"rule", "policy", "role", "team"})
    assert ways(found) == f"To limit {found['user']}, he must no longer be an administrator."
    change(client, "user", himself(boss), isAdmin=False)
    assert not explained(boss, "Create")["allowed"]


def named(found: dict[str, Any]) -> tuple[Any, ...]:
    """What led to a decision: rule, policy, role, team."""
    return (found["rule"]["name"], found["policy"], found.get("role"), found.get("team"))


def test_what_a_role_allows_ends_with_the_role_or_the_rule(client, server):
    policy = policy_of(client, rule("allow", "Create"))
    role = made(client, "role", policies=[policy["name"]])
    for undo in ("role", "rule"):
        someone = person(server, role)
        found = explained(someone, "Create")
        assert (found["allowed"], found["access"]) == (True, "allow")
        assert named(found) == (policy["rules"][0]["name"], policy["name"], role["name"], None)
        assert f"comes to {found['user']} with the role {role['name']}, allows it." in found["reason"]
        assert role["name"] in found["roles"]
        assert f"Take the role {role['name']} from {found['user']}." in found["toChange"]
        assert (
            f"Change the rule {policy['rules'][0]['name']} of the policy {policy['name']}, or its condition."
            in ways(found)
        )
        if undo == "role":
            change(client, "user", himself(someone), roles=[])
        else:
            change(client, "policy", policy, rules=[rule("allow", "Delete")])
        assert not explained(someone, "Create")["allowed"]


@pytest.mark.parametrize("undo", ["role", "team"])
def test_what_a_role_of_a_team_allows_ends_with_the_teams_role_or_with_the_team(client, server, undo):
    role = role_of(client, rule("allow", "Create"))
    department = made(client, "team", teamType="Department", defaultRoles=[role["id"]])
    group = made(client, "team", parents=[department["id"]])
    member = person(server, teams=[group["id"]])
    found = explained(member, "Create")
    assert found["allowed"]
    assert named(found)[2:] == (role["name"], department["name"])
    assert (
        f"with the role {role['name']}, a default role of the team {department['name']}, allows it." in found["reason"]
    )
    assert {department["name"], group["name"], "Organization"} == set(found["teams"])
    said = (
        f"Take the default role {role['name']} from the team {department['name']}, or {found['user']} out of that team."
    )
    assert said in found["toChange"]
    if undo == "role":
        change(client, "team", department, defaultRoles=[])
    else:
        change(client, "user", himself(member), teams=[])
    assert not explained(member, "Create")["allowed"]


def test_what_a_policy_of_a_team_allows_ends_when_it_is_detached(client, server):
    policy = policy_of(client, rule("allow", "Create"))
    team = made(client, "team", policies=[policy["id"]])
    member = person(server, teams=[team["id"]])
    found = explained(member, "Create")
    assert found["allowed"]
    assert named(found)[1:] == (policy["name"], None, team["name"])
    assert f"{policy['name']}, which is attached to the team {team['name']}, allows it." in found["reason"]
    assert f"Detach the policy {policy['name']} from the team {team['name']}." in found["toChange"]
    change(client, "team", team, policies=[])
    assert not explained(member, "Create")["allowed"]


def test_what_is_denied_is_told_with_what_denies_it(client, server):
    role = role_of(client, rule("deny", "EditDescription"))
    limited = person(server, role)
    found = explained(limited, "EditDescription")
    assert (found["allowed"], found["access"]) == (False, "deny")
    assert named(found)[2] == role["name"]
    assert "denies it, and what is denied stays denied whatever else allows it." in found["reason"]
    assert f"Take the role {role['name']} from {found['user']}." in found["toChange"]
    change(client, "user", himself(limited), roles=[])
    assert explained(limited, "EditDescription")["allowed"]


def test_what_the_owning_team_denies_is_told_to_an_outsider_of_the_entity(client, server):
    policy = policy_of(client, rule("deny", "EditTags", condition="!matchTeam()"))
    team = made(client, "team", policies=[policy["id"]])
    service = made(client, SERVICE, owners=[ref(team, "team")])
    outsider = person(server)
    found = explained(outsider, "EditTags", service)
    assert (found["allowed"], found["access"]) == (False, "deny")
    assert named(found)[1:] == (policy["name"], None, team["name"])
    assert f"Detach the policy {policy['name']} from the team {team['name']}." in found["toChange"]
    change(client, "team", team, policies=[])
    assert explained(outsider, "EditTags", service)["allowed"]


def test_in_general_a_condition_leaves_it_open_and_for_an_entity_it_is_decided(client, server):
    someone = person(server)
    open_question = explained(someone, "Delete")
    assert (open_question["allowed"], open_question["access"]) == (False, "conditionalAllow")
    assert "allows it for entities of which its condition holds." in open_question["reason"]
    assert open_question["rule"]["condition"] == "isOwner()"
    mine = made(client, SERVICE, owners=[ref(himself(someone))])
    found = explained(someone, "Delete", mine)
    assert (found["allowed"], found["access"]) == (True, "allow")
    assert found["entity"] == {"id": mine["id"], "type": SERVICE, "fullyQualifiedName": mine["fullyQualifiedName"]}
    role = role_of(client, rule("deny", "Delete", condition="isOwner()"))
    change(client, "user", himself(someone), roles=[ref(role, "role")])
    assert explained(someone, "Delete")["access"] == "conditionalDeny"
    assert explained(someone, "Delete", mine)["access"] == "deny"


def test_where_nothing_allows_it_a_condition_that_would_is_named(client, server):
    someone = person(server)
    service = made(client, SERVICE)
    found = explained(someone, "Delete", service)
    assert (found["allowed"], found["access"]) == (False, "notAllow")
    assert found["reason"].endswith(f" policies that apply to {found['user']} allows Delete here.")
    assert found.keys().isdisjoint({"rule", "policy", "role", "team"})
    said = "The rule OrganizationPolicy-Owner-Rule of the policy OrganizationPolicy would allow it if `isOwner()` held."
    assert said in found["toChange"]
    change(client, SERVICE, service, owners=[ref(himself(someone))])
    assert explained(someone, "Delete", service)["allowed"]


def test_where_nothing_allows_it_a_rule_more_does(client, server):
    policy = policy_of(client, rule("allow", "EditDomains"))
    someone = person(server, made(client, "role", policies=[policy["name"]]))
    found = explained(someone, "Create")
    assert f"Or give {found['user']} a role with a policy that allows Create on {SERVICE}." in found["toChange"]
    change(client, "policy", policy, rules=[rule("allow", "Create")])
    assert explained(someone, "Create")["allowed"]


@pytest.mark.parametrize("operation", ["Create", "EditDisplayName", "Delete", "EditDomains"])
def test_where_nothing_allows_it_each_role_that_is_named_does(client, server, operation):
    role_of(client, rule("allow", operation))
    name = himself(person(server))["name"]
    found = explained(client, operation, user=name, resourceId=made(client, SERVICE)["id"])
    (said,) = [way for way in found["toChange"] if way.startswith(f"Give {name} one of these roles")]
    roles = re.sub(r" \(and \d+ more\)", "", said.removesuffix(".")).split(": ")[1].split(", ")
    assert roles
    for role in roles:
        other = person(server, answer(client.get(f"{path_of('role')}/name/{role}")))
        assert explained(other, operation)["allowed"], role


def test_an_explanation_is_of_whom_an_administrator_asks_for(client, server):
    other = person(server)
    name = himself(other)["name"]
    assert explained(client, "Create", user=name) == explained(other, "Create")
    asked = {"resource": SERVICE, "operation": "Create", "user": name}
    assert fault(person(server).get(f"{P}/explain", params=asked), 403).endswith(" is not admin")
    assert answer(client.get(f"{P}/debug/evaluate", params=asked)) == explained(other, "Create")


@pytest.mark.parametrize(
    ("asked", "status", "sentence"),
    [
        ({"operation": "Create"}, 400, "[query param resource must not be null]"),
        ({"resource": SERVICE}, 400, "[query param operation must not be null]"),
        ({"resource": SERVICE, "operation": "Fly"}, 400, "There is no operation Fly."),
        ({"resource": "castle", "operation": "Create"}, 404, "Resource type castle not found"),
        ({"resource": SERVICE, "operation": "Create", "resourceName": "none"}, 404, "for none not found"),
        ({"resource": SERVICE, "operation": "Create", "user": "none"}, 404, "user instance for none not found"),
    ],
)
def test_what_cannot_be_explained_is_refused_with_what_is_missing(client, asked, status, sentence):
    assert sentence in fault(client.get(f"{P}/explain", params=asked), status)


def test_the_policies_of_a_caller_are_told_with_the_way_that_each_came(client, server):
    role = role_of(client, rule("allow", "Create"))
    attached = policy_of(client, rule("allow", "Delete"))
    team = made(client, "team", policies=[attached["id"]])
    someone = person(server, role, teams=[team["id"]])
    found = answer(someone.get(f"{P}/debug/me"))
    came = {one["policy"]: (one.get("role"), one.get("team")) for one in found["policies"]}
    assert came == {
        answer(client.get(f"{path_of('role')}/{role['id']}?fields=policies"))["policies"][0]["name"]: (
            role["name"],
            None,
        ),
        attached["name"]: (None, team["name"]),
        "DataConsumerPolicy": ("DataConsumer", "Organization"),
        "OrganizationPolicy": (None, "Organization"),
    }
    assert (found["isAdmin"], found["isBot"]) == (False, False)
    assert set(found["teams"]) == {team["name"], "Organization"}
    assert set(found["roles"]) == {role["name"], "DataConsumer"}
    assert all(one["rules"] for one in found["policies"])
    assert answer(client.get(f"{P}/debug/user/{found['user']}")) == found
    assert answer(someone.get(f"{P}/debug/user/{found['user']}")) == found
    assert fault(person(server).get(f"{P}/debug/user/{found['user']}"), 403).endswith(" is not admin")


# rehearsed


def rehearsed(client: Client, policy: dict[str, Any], *rules: dict[str, Any], last: int = 10_000, **more: Any) -> Any:
    """What a changed policy would have turned: (user, entity or kind, operation, before, after) of each."""
    asked = {"name": policy["name"], "rules": list(rules)} | more
    return answer(client.post(f"{POLICIES}/rehearse?last={last}", json=asked))


def turns(found: dict[str, Any]) -> list[tuple[str, ...]]:
    return [
        (
            case["user"],
            case.get("entity", {}).get("id", case["resource"]),
            case["operation"],
            case["before"],
            case["after"],
        )
        for case in found["turned"]
    ]


def try_name(client: Client, service: dict[str, Any], status: int) -> None:
    patch = [{"op": "add", "path": "/displayName", "value": "Shown"}]
    assert client.patch(f"{SERVICES}/{service['id']}", json=patch).status_code == status


def test_just_the_decisions_that_a_changed_policy_turns_are_told(client, server):
    tagged = "matchAnyTag('Tier.Tier1')"
    policy = policy_of(client, rule("allow", "EditDisplayName", condition=tagged))
    role = made(client, "role", policies=[policy["name"]])
    limited, other = person(server, role), person(server)
    first = made(client, SERVICE, tags=[{"tagFQN": "Tier.Tier1"}])
    second, third = made(client, SERVICE, tags=[{"tagFQN": "Tier.Tier2"}]), made(client, SERVICE)
    try_name(limited, first, 200)
    try_name(limited, second, 403)
    try_name(limited, third, 403)
    try_name(other, second, 403)
    name = himself(limited)["name"]
    found = rehearsed(
        client, policy, rule("allow", "EditDisplayName", condition="matchAnyTag('Tier.Tier2')") | {"name": "new"}
    )
    assert turns(found) == [
        (name, second["id"], "EditDisplayName", "notAllow", "allow"),
        (name, first["id"], "EditDisplayName", "allow", "notAllow"),
    ]
    assert found["policy"] == policy["name"]
    newest, oldest = found["turned"]
    assert (newest["rule"], newest["policy"]) == ("new", policy["name"])
    assert (oldest["rule"], oldest["policy"]) == (policy["rules"][0]["name"], policy["name"])
    assert newest["entity"] == {
        "id": second["id"], "type": SERVICE, "fullyQualifiedName": second["fullyQualifiedName"],
    }  # fmt: skip
    assert newest["at"] >= oldest["at"]


def test_a_rehearsal_changes_nothing(client, server):
    policy = policy_of(client, rule("allow", "EditDisplayName"))
    limited = person(server, made(client, "role", policies=[policy["name"]]))
    service = made(client, SERVICE)
    try_name(limited, service, 200)
    before = answer(client.get(f"{POLICIES}/{policy['id']}/versions"))
    for _ in range(2):
        assert len(rehearsed(client, policy, rule("deny", "EditDisplayName"))["turned"]) == 1
    assert answer(client.get(f"{POLICIES}/{policy['id']}/versions")) == before
    try_name(limited, service, 200)


def test_a_policy_switched_off_turns_what_it_had_decided(client, server):
    policy = policy_of(client, rule("allow", "EditDisplayName"))
    limited = person(server, made(client, "role", policies=[policy["name"]]))
    service = made(client, SERVICE)
    try_name(limited, service, 200)
    found = rehearsed(client, policy, *policy["rules"], enabled=False)
    assert turns(found) == [(himself(limited)["name"], service["id"], "EditDisplayName", "allow", "notAllow")]
    assert turns(rehearsed(client, policy, *policy["rules"])) == []


def test_a_case_is_told_once_however_often_it_was_decided(client, server):
    policy = policy_of(client, rule("allow", "EditDisplayName"))
    limited = person(server, made(client, "role", policies=[policy["name"]]))
    service = made(client, SERVICE)
    for _ in range(3):
        try_name(limited, service, 200)
    found = rehearsed(client, policy, rule("deny", "All"), last=3)
    assert (found["examined"], found["distinct"], len(found["turned"])) == (3, 1, 1)


def test_only_the_last_decisions_are_looked_at(client, server):
    policy = policy_of(client, rule("allow", "EditDisplayName"))
    limited = person(server, made(client, "role", policies=[policy["name"]]))
    services = [made(client, SERVICE) for _ in range(3)]
    for service in services:
        try_name(limited, service, 200)
    found = rehearsed(client, policy, rule("deny", "EditDisplayName"), last=2)
    assert [turn[1] for turn in turns(found)] == [services[2]["id"], services[1]["id"]]
    assert found["examined"] == 2


def test_what_was_asked_of_a_kind_as_a_whole_is_rehearsed_too(client, server):
    policy = policy_of(client, rule("allow", "EditDisplayName"))
    limited = person(server, made(client, "role", policies=[policy["name"]]))
    answer(limited.get(SERVICES))
    found = rehearsed(client, policy, rule("deny", "ViewAll"))
    assert turns(found) == [(himself(limited)["name"], SERVICE, "ViewBasic", "allow", "deny")]


def test_what_an_outsider_did_to_what_a_team_owns_is_rehearsed_with_the_teams_policy(client, server):
    policy = policy_of(client, rule("deny", "EditTags", condition="!matchTeam()"))
    team = made(client, "team", policies=[policy["id"]])
    service = made(client, SERVICE, owners=[ref(team, "team")])
    outsider = person(server)
    patch = [{"op": "add", "path": "/description", "value": "d"}]
    assert outsider.patch(f"{SERVICES}/{service['id']}", json=patch).status_code == 200
    found = rehearsed(client, policy, rule("deny", "EditDescription", condition="!matchTeam()"))
    assert turns(found) == [(himself(outsider)["name"], service["id"], "EditDescription", "allow", "deny")]


def test_what_has_gone_since_is_counted_and_not_told(client, server):
    policy = policy_of(client, rule("allow", "EditDisplayName"))
    limited = person(server, made(client, "role", policies=[policy["name"]]))
    gone, there = made(client, SERVICE), made(client, SERVICE)
    try_name(limited, gone, 200)
    try_name(limited, there, 200)
    client.delete(f"{SERVICES}/{gone['id']}?hardDelete=true")
    found = rehearsed(client, policy, rule("deny", "EditDisplayName"), last=2)
    assert (found["skipped"], [turn[1] for turn in turns(found)]) == (1, [there["id"]])
    client.delete(f"{path_of('user')}/{himself(limited)['id']}?hardDelete=true")
    found = rehearsed(client, policy, rule("deny", "EditDisplayName"), last=3)
    assert found["turned"] == []


def test_what_an_administrator_does_is_decided_by_no_policy_and_rehearsed_with_none(client):
    policy = policy_of(client, rule("allow", "EditDisplayName"))
    before = rehearsed(client, policy, rule("deny", "All"))["examined"]
    made(client, SERVICE)
    assert rehearsed(client, policy, rule("deny", "All"))["examined"] == before


def test_who_may_not_edit_the_policy_does_not_rehearse_it(client, server):
    policy = policy_of(client, rule("allow", "EditDisplayName"))
    asked = {"name": policy["name"], "rules": policy["rules"]}
    assert "[EditAll] not allowed" in fault(person(server).post(f"{POLICIES}/rehearse", json=asked), 403)
    editor = person(server, role_of(client, rule("allow", "EditAll", resources=("policy",))))
    assert answer(editor.post(f"{POLICIES}/rehearse", json=asked))["turned"] == []


@pytest.mark.parametrize(
    ("changed", "status", "sentence"),
    [
        ({"condition": "matchAnyTag('No.Such')"}, 400, "Failed to evaluate - tag instance for No.Such not found"),
        ({"condition": "foo()"}, 400, "Failed to evaluate - "),
        ({"condition": "isOwner("}, 400, "Failed to parse - "),
        ({"operations": ["Fly"]}, 400, "unknown operation: Fly"),
        ({"resources": ["castle"]}, 400, "unknown resource: castle"),
    ],
)
def test_a_policy_that_cannot_be_is_not_rehearsed(client, changed, status, sentence):
    policy = policy_of(client, rule("allow", "EditDisplayName"))
    asked = {"name": policy["name"], "rules": [rule("allow", "EditDisplayName") | changed]}
    assert sentence in fault(client.post(f"{POLICIES}/rehearse", json=asked), status)


def test_a_policy_that_is_not_there_is_not_rehearsed(client):
    asked = {"name": "none", "rules": [rule("allow", "ViewAll")]}
    assert "policy instance for none not found" in fault(client.post(f"{POLICIES}/rehearse", json=asked), 404)
    gone = policy_of(client, rule("allow", "ViewAll"))
    client.delete(f"{POLICIES}/{gone['id']}")
    fault(client.post(f"{POLICIES}/rehearse", json=asked | {"name": gone["name"]}), 404)


@pytest.mark.parametrize("last", ["0", "10001", "some"])
def test_how_many_decisions_are_looked_at_has_bounds(client, last):
    asked = {"name": "DataConsumerPolicy", "rules": [rule("allow", "ViewAll")]}
    assert "query param last must be" in fault(client.post(f"{POLICIES}/rehearse?last={last}", json=asked), 400)
