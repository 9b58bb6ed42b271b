"""Deleting the topics that a source no longer has."""

from __future__ import annotations

import pytest

from make import fresh, made, path_of
from strict import fault

TOPICS = path_of("topic")
STALE = f"{TOPICS}/deleteStale"


@pytest.fixture
def scene(client):
    """A service with three topics, one of them dotted."""
    service = made(client, "messagingService")
    topics = [made(client, "topic", service=service["name"], name=name) for name in ("a.b", "c", "d")]
    return service, topics


def delete(client, service, seen, **more):
    body = {"scopeFqn": service["fullyQualifiedName"], "scopeEntityType": "service", "seenFqns": seen} | more
    return client.delete(STALE, json=body)


def live(client, service):
    return [topic["name"] for topic in client.get(f"{TOPICS}?service={service['name']}").json()["data"]]


def test_what_was_not_seen_is_soft_deleted(client, scene):
    service, (seen, *_) = scene
    result = delete(client, service, [seen["fullyQualifiedName"]], recursive=True).json()
    assert (result["status"], result["numberOfRowsProcessed"], result["numberOfRowsPassed"]) == ("success", 2, 2)
    assert [row["request"] for row in result["successRequest"]] == [f"{service['name']}.c", f"{service['name']}.d"]
    assert live(client, service) == ["a.b"]
    gone = client.get(f"{TOPICS}/name/{service['name']}.c?include=deleted").json()
    assert gone["deleted"] is True
    assert delete(client, service, [seen["fullyQualifiedName"]]).json()["numberOfRowsProcessed"] == 0


def test_a_hard_one_leaves_nothing(client, scene):
    service, (seen, gone, _) = scene
    delete(client, service, [seen["fullyQualifiedName"]], hardDelete=True)
    assert client.get(f"{TOPICS}/{gone['id']}?include=all").status_code == 404


def test_a_dry_run_tells_the_same_and_deletes_nothing(client, scene):
    service, (seen, *_) = scene
    result = delete(client, service, [seen["fullyQualifiedName"]], dryRun=True).json()
    assert (result["dryRun"], result["numberOfRowsPassed"]) == (True, 2)
    assert live(client, service) == ["a.b", "c", "d"]


@pytest.mark.parametrize("seen", [[], None, ["", " "]])
def test_a_look_that_saw_nothing_deletes_nothing(client, scene, seen):
    service, _ = scene
    result = delete(client, service, seen).json()
    assert (result["status"], result["numberOfRowsProcessed"]) == ("success", 0)
    assert len(live(client, service)) == 3


def test_another_service_is_not_touched(client, scene):
    service, _ = scene
    other = made(client, "messagingService")
    topic = made(client, "topic", service=other["name"])
    assert delete(client, other, [topic["fullyQualifiedName"]]).json()["numberOfRowsProcessed"] == 0
    result = delete(client, {"fullyQualifiedName": "nowhere"}, ["nowhere.x"]).json()
    assert result["numberOfRowsProcessed"] == 0
    assert len(live(client, service)) == 3


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"scopeEntityType": "service"}, "scopeFqn is required for deleteStale"),
        ({"scopeFqn": "  ", "scopeEntityType": "service"}, "scopeFqn is required for deleteStale"),
        ({"scopeFqn": "x"}, "scopeEntityType is required for deleteStale"),
        ({"scopeFqn": "x", "scopeEntityType": "database"}, "Unsupported scopeEntityType 'database' for deleteStale"),
    ],
)
def test_a_request_that_does_not_say_what_about_is_400(client, body, message):
    assert fault(client.delete(STALE, json=body), 400) == message


def test_who_may_not_delete_is_refused_even_where_nothing_is_stale(as_user, client, scene):
    service, topics = scene
    answer = delete(as_user, service, [topic["fullyQualifiedName"] for topic in topics])
    assert "not allowed" in fault(answer, 403, "FORBIDDEN")
    assert "not allowed" in fault(delete(as_user, service, [], dryRun=True), 403, "FORBIDDEN")
    assert len(live(client, service)) == 3


def test_more_than_fit_into_one_transaction_are_deleted(client):
    service = made(client, "messagingService")
    rows = [{"name": f"t{n}", "service": service["name"], "partitions": 1} for n in range(450)]
    client.put(f"{TOPICS}/bulk", json=rows)
    result = delete(client, service, [f"{service['name']}.t0"]).json()
    assert result["numberOfRowsPassed"] == 449
    assert live(client, service) == ["t0"]


def test_a_token_for_a_service_learns_nothing_of_others_from_a_dry_run(client, scene):
    service, _ = scene
    other = made(client, "messagingService")
    theirs = made(client, "topic", service=other["name"])
    asked = {"name": fresh("token"), "scopes": {"services": [service["fullyQualifiedName"]]}}
    token = client.bare.post("/api/v1/tokens", json=asked).json()["jwtToken"]
    body = {"scopeEntityType": "service", "seenFqns": ["x"], "dryRun": True}
    refused = client.bare.delete(STALE, json=body | {"scopeFqn": other["fullyQualifiedName"]}, token=token)
    assert "a token that is not for" in fault(refused, 403, "FORBIDDEN")
    assert theirs["name"] not in refused.text
    found = client.bare.delete(STALE, json=body | {"scopeFqn": service["fullyQualifiedName"]}, token=token)
    assert found.json()["numberOfRowsPassed"] == 3


def test_a_dry_run_tells_what_would_be_refused(client, scene):
    service, (seen, *_) = scene
    rules = [
        {"name": "all", "effect": "allow", "resources": ["topic"], "operations": ["Delete"]},
        {
            "name": "not-the-important",
            "effect": "deny",
            "resources": ["topic"],
            "operations": ["Delete"],
            "condition": "matchAnyTag('Tier.Tier1')",
        },
    ]
    policy = made(client, "policy", rules=rules)
    role = made(client, "role", policies=[policy["fullyQualifiedName"]])
    keeper = client.bare.server.as_user(fresh("keeper"), roles=[role["id"]])
    tags = [{"tagFQN": "Tier.Tier1"}]
    topic = made(client, "topic", service=service["name"], tags=tags)
    for dry_run in (True, False):
        result = delete(keeper, service, [seen["fullyQualifiedName"]], dryRun=dry_run).json()
        assert [row["request"] for row in result["failedRequest"]] == [topic["fullyQualifiedName"]]
        assert (result["status"], result["numberOfRowsPassed"]) == ("partialSuccess", 2)
