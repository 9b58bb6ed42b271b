"""Event subscriptions: what is asked for and what is kept, what they can be about, how many events wait."""

from __future__ import annotations

from typing import Any

import pytest

from brokerbook.kinds import KINDS
from make import SERVICES, fresh, made, make, path_of, prepare, ref
from strict import fault

PATH = path_of("eventSubscription")
ADDRESS = "https://hooks.example.com/catalog"


def webhook(endpoint: str = ADDRESS, **config: Any) -> dict[str, Any]:
    return {"category": "External", "type": "Webhook", "config": {"endpoint": endpoint} | config}


def subscription(client: Any, **fields: Any) -> dict[str, Any]:
    return made(client, "eventSubscription", **fields)


def chosen(name: str, argument: str = "", *values: str, **more: Any) -> dict[str, Any]:
    arguments = {"arguments": [{"name": argument, "input": list(values)}]} if argument else {}
    return {"name": name} | arguments | more


def test_a_new_one_has_rules_for_its_resources_an_id_for_each_destination_and_the_defaults(client):
    found = subscription(client, resources=["messagingService"], destinations=[webhook()])
    assert found["filteringRules"] == {"resources": ["messagingService"], "rules": [], "actions": []}
    assert "resources" not in found
    (destination,) = found["destinations"]
    assert len(destination["id"]) == 36
    assert destination == webhook() | {
        "id": destination["id"],
        "timeout": 10,
        "readTimeout": 12,
        "enabled": True,
        "notifyDownstream": False,
    }
    given = {key: found[key] for key in ("enabled", "batchSize", "provider", "retries", "pollInterval", "alertType")}
    assert given == {
        "enabled": True, "batchSize": 10, "provider": "user", "retries": 3, "pollInterval": 10,
        "alertType": "Notification",
    }  # fmt: skip
    assert client.get(f"{PATH}/{found['id']}").json()["destinations"] == found["destinations"]


def test_several_resources_are_taken_and_each_counts_once(client):
    found = subscription(client, resources=["user", "messagingService", "user"])
    assert found["filteringRules"]["resources"] == ["user", "messagingService"]


@pytest.mark.parametrize("resources", [{}, {"resources": None}, {"resources": []}])
def test_no_resource_is_refused(client, resources):
    asked = make("eventSubscription")
    del asked["resources"]
    said = fault(client.post(PATH, json=asked | resources), 400)
    assert said == "One resource can be specified. Zero or Multiple resources are not supported."


def test_a_resource_that_there_is_not_is_refused_with_where_to_look(client):
    said = fault(client.post(PATH, json=make("eventSubscription", resources=["messagingService", "bananas"])), 400)
    assert said == (
        "There is no resource bananas for alerts of type Notification. "
        "See GET /api/v1/events/subscriptions/Notification/resources."
    )
    found = subscription(client)
    patch = [{"op": "replace", "path": "/filteringRules/resources", "value": ["bananas"]}]
    assert "There is no resource bananas" in fault(client.patch(f"{PATH}/{found['id']}", json=patch), 400)


def test_filters_are_kept_in_the_order_of_their_names_with_the_rules_that_follow(client):
    filters = [
        chosen("filterByUpdaterIsBot", effect="exclude"),
        chosen("filterByFqn", "fqnList", "orders", "it's", prefixCondition="OR"),
    ]
    found = subscription(client, input={"filters": filters})
    assert found["input"] == {
        "filters": [
            filters[1] | {"effect": "include"},
            filters[0] | {"prefixCondition": "AND", "arguments": []},
        ],
        "actions": [],
    }
    rules = [(rule["name"], rule["effect"], rule["condition"]) for rule in found["filteringRules"]["rules"]]
    assert rules == [
        ("filterByFqn", "include", "matchAnyEntityFqn({'orders','it''s'})"),
        ("filterByUpdaterIsBot", "exclude", "isBot()"),
    ]


def test_a_patch_of_the_input_changes_the_rules_and_one_of_the_rules_does_not(client):
    found = subscription(client, input={"filters": [chosen("filterByUpdaterIsBot")]})
    path = f"{PATH}/{found['id']}"
    rule = [{"op": "replace", "path": "/filteringRules/rules/0/condition", "value": "true"}]
    assert client.patch(path, json=rule).headers["x-openmetadata-change"] == "entityNoChange"
    value = {"filters": [chosen("filterByEventType", "eventTypeList", "entityCreated")]}
    patched = client.patch(path, json=[{"op": "replace", "path": "/input", "value": value}]).json()
    assert [one["condition"] for one in patched["filteringRules"]["rules"]] == ["matchAnyEventType({'entityCreated'})"]
    emptied = client.patch(path, json=[{"op": "remove", "path": "/input"}]).json()
    assert emptied["filteringRules"]["rules"] == []


@pytest.mark.parametrize(
    ("filters", "said"),
    [
        ([chosen("filterByMood")], "Give Resource doesn't support the filter filterByMood"),
        (
            [chosen("filterByEntityId", "entityIdList", "x")],
            "Give Resource doesn't support the filter filterByEntityId",
        ),
        ([chosen("filterByFqn")], "Input for argument fqnList is missing"),
        ([chosen("filterByFqn", "fqnList")], "Input for argument fqnList is missing"),
        ([chosen("filterByFqn", "nameList", "x")], "Input for argument fqnList is missing"),
        (
            [chosen("filterByUpdaterIsBot", "list", "x")],
            "The filter filterByUpdaterIsBot has no argument list; it has none.",
        ),
    ],
    ids=["unknown", "of another resource", "no argument", "an empty one", "another one", "one too many"],
)
def test_filters_that_the_resource_does_not_have_are_refused(client, filters, said):
    asked = make("eventSubscription", input={"filters": filters})
    assert fault(client.post(PATH, json=asked), 400) == said
    assert client.get(f"{PATH}/name/{asked['name']}").status_code == 404


def test_each_resource_has_to_have_the_filter(client):
    filters = [chosen("filterByOwnerName", "ownerNameList", "amy")]
    subscription(client, resources=["messagingService"], input={"filters": filters})
    asked = make("eventSubscription", resources=["messagingService", "role"], input={"filters": filters})
    assert fault(client.post(PATH, json=asked), 400) == "Give Resource doesn't support the filter filterByOwnerName"


def test_all_has_every_filter_and_an_action_is_none_of_a_notification(client):
    filters = [chosen("filterByEntityId", "entityIdList", "x")]
    assert subscription(client, resources=["all"], input={"filters": filters})["input"]["filters"]
    asked = make("eventSubscription", input={"actions": [chosen("GetTopicSchemaChanges")]})
    assert fault(client.post(PATH, json=asked), 400) == "Give Resource doesn't support the action GetTopicSchemaChanges"


def test_a_put_keeps_what_it_leaves_out_and_says_anew_what_it_is_about(client):
    name = fresh("alert")
    asked = {"name": name, "alertType": "Notification", "resources": ["user"]}
    more = {
        "enabled": False,
        "retries": 7,
        "destinations": [webhook()],
        "input": {"filters": [chosen("filterByUpdaterIsBot")]},
    }
    first = client.put(PATH, json=asked | more).json()
    second = client.put(PATH, json=asked | {"resources": ["team"]}).json()
    assert (second["enabled"], second["retries"]) == (False, 7)
    assert second["destinations"] == first["destinations"]
    assert second["input"] == {"filters": [], "actions": []}
    assert second["filteringRules"] == {"resources": ["team"], "rules": [], "actions": []}


def test_the_same_destination_keeps_its_id_whatever_comes_before_it(client):
    name = fresh("alert")
    other = webhook("https://hooks.example.com/other")
    first = client.put(PATH, json=make("eventSubscription", name=name, destinations=[webhook(), other])).json()
    again = client.put(PATH, json=make("eventSubscription", name=name, destinations=[other, webhook()])).json()
    assert [one["id"] for one in again["destinations"]] == [one["id"] for one in reversed(first["destinations"])]
    twice = client.put(PATH, json=make("eventSubscription", name=name, destinations=[webhook(), webhook()])).json()
    assert len({one["id"] for one in twice["destinations"]}) == 2


def test_an_id_that_is_given_is_kept_and_is_given_once(client):
    own = webhook() | {"id": "0B6A9F4E-7A43-4C1E-9F55-5F0C6D1F2A11"}
    assert subscription(client, destinations=[own])["destinations"][0]["id"] == own["id"].lower()
    said = fault(client.post(PATH, json=make("eventSubscription", destinations=[own, own])), 400)
    assert said == f"Two destinations have the id {own['id'].lower()}. Give each its own, or none."


def test_a_trigger_is_weekly_unless_said_and_a_custom_one_needs_its_expression(client):
    assert subscription(client, trigger={"triggerType": "RealTime"})["trigger"] == {
        "triggerType": "RealTime",
        "scheduleInfo": "Weekly",
    }
    custom = {"triggerType": "Scheduled", "scheduleInfo": "Custom"}
    said = fault(client.post(PATH, json=make("eventSubscription", trigger=custom)), 400)
    assert said == "A trigger with the scheduleInfo Custom needs a cronExpression."
    found = subscription(client, trigger=custom | {"cronExpression": "0 6 * * *"})
    assert found["trigger"]["cronExpression"] == "0 6 * * *"


def test_its_config_may_hold_no_secret(client):
    assert subscription(client, config={"workflow": {"step": 1}})["config"] == {"workflow": {"step": 1}}
    said = fault(client.post(PATH, json=make("eventSubscription", config={"a": {"password": "s3cret"}})), 400)
    assert said == "config.a.password looks like a secret; the place for one is the config of a destination."


def test_lists_are_filtered_by_type(client):
    mine = subscription(client, alertType="Custom")
    listed = client.get(f"{PATH}?alertType=Custom&limit=1000").json()["data"]
    assert mine["id"] in {row["id"] for row in listed}
    assert {row["alertType"] for row in listed} == {"Custom"}
    assert client.get(f"{PATH}?notificationTemplate={mine['id']}").json()["data"] == []
    said = fault(client.get(f"{PATH}?notificationTemplate=mine"), 400)
    assert said == "[query param notificationTemplate must be a UUID]"
    said = fault(client.get(f"{PATH}?alertType=Loud"), 400)
    assert said.startswith("query param alertType must be one of [Notification, ")


def test_a_delete_is_for_good(client):
    found = subscription(client)
    deleted = client.delete(f"{PATH}/{found['id']}")
    assert (deleted.status_code, deleted.headers["x-openmetadata-change"]) == (200, "entityDeleted")
    assert client.get(f"{PATH}/{found['id']}").status_code == 404


def test_the_history_of_all_is_not_offered(client):
    said = fault(client.get(f"{PATH}/history"), 501, "NOT_IMPLEMENTED")
    assert said == "History endpoint is not supported for Event Subscriptions"


def test_an_unknown_template_is_404(client):
    asked = make("eventSubscription", notificationTemplate={"id": "0b6a9f4e-7a43-4c1e-9f55-5f0c6d1f2a11"})
    assert fault(client.post(PATH, json=asked), 404, "ENTITY_NOT_FOUND").startswith(
        "notificationTemplate instance for "
    )


# resources


def test_every_kind_and_all_of_them_can_be_asked_about(client):
    page = client.bare.get(f"{PATH}/Notification/resources").json()
    found = {row["name"]: row for row in page["data"]}
    assert found.keys() == {"all", *KINDS}
    assert page["paging"]["total"] == len(found)
    names = {name: [one["name"] for one in row["supportedFilters"]] for name, row in found.items()}
    general = [
        "filterByEventType",
        "filterByFqn",
        "filterByGeneralMetadataEvents",
        "filterByUpdaterIsBot",
        "filterByUpdaterName",
    ]
    assert names["messagingService"] == ["filterByDomain", *general[:3], "filterByOwnerName", *general[3:]]
    assert names["all"] == sorted([*names["messagingService"], "filterByEntityId"])
    assert names["role"] == ["filterByDomain", *general]
    assert found["tag"]["containerEntities"] == ["classification", "tag"]
    assert "entitySoftDeleted" not in found["domain"]["supportedEventTypes"]
    assert "entitySoftDeleted" in found["messagingService"]["supportedEventTypes"]


def test_alerts_of_observability_are_about_what_is_observed(client):
    page = client.bare.get(f"{PATH}/Observability/resources").json()
    assert {row["name"] for row in page["data"]} == {"topic", "ingestionPipeline"} & KINDS.keys()
    for row in page["data"]:
        assert row["supportedActions"]
    said = fault(client.post(PATH, json=make("eventSubscription", alertType="Observability")), 400)
    assert said.endswith("See GET /api/v1/events/subscriptions/Observability/resources.")


@pytest.mark.parametrize("below", ["Loud/resources", "notification/resources"])
def test_other_types_have_no_resources(client, below):
    assert client.get(f"{PATH}/{below}").status_code == 404


# delivery


def test_a_destination_has_a_status_only_if_it_is_disabled_as_nothing_is_sent_yet(client):
    off = webhook("https://hooks.example.com/off") | {"enabled": False}
    found = subscription(client, destinations=[webhook(), off])
    on_id, off_id = (one["id"] for one in found["destinations"])
    for place in (f"{PATH}/{found['id']}", f"{PATH}/name/{found['name']}"):
        empty = client.get(f"{place}/status/{on_id}")
        assert (empty.status_code, empty.content) == (200, b"")
        assert client.bare.get(f"{place}/status/{off_id}").json() == {"status": "disabled"}
    asked = client.get(f"{PATH}/{found['id']}?fields=statusDetails").json()["destinations"]
    assert [one.get("statusDetails") for one in asked] == [None, {"status": "disabled"}]
    plain = client.get(f"{PATH}/{found['id']}").json()["destinations"]
    assert all("statusDetails" not in one for one in plain)
    listed = client.get(f"{PATH}?fields=owners,statusDetails&limit=1000").json()["data"]
    assert next(row for row in listed if row["id"] == found["id"])["destinations"] == asked


def test_all_destinations_of_a_disabled_subscription_are_disabled(client):
    found = subscription(client, destinations=[webhook()], enabled=False)
    path = f"{PATH}/{found['id']}/status/{found['destinations'][0]['id']}"
    assert client.bare.get(path).json() == {"status": "disabled"}


def test_the_status_of_what_is_not_there_is_404(client):
    found = subscription(client)
    nobody = "0b6a9f4e-7a43-4c1e-9f55-5f0c6d1f2a11"
    said = fault(client.get(f"{PATH}/{found['id']}/status/{nobody}"), 404, "ENTITY_NOT_FOUND")
    assert said == f"destination {nobody} of eventSubscription {found['name']} not found"
    assert client.get(f"{PATH}/{nobody}/status/{nobody}").status_code == 404
    assert client.get(f"{PATH}/{found['id']}/status/x").status_code == 404


def test_a_status_that_is_sent_is_not_kept(client):
    found = subscription(client, destinations=[webhook() | {"statusDetails": {"status": "active"}}])
    assert "statusDetails" not in found["destinations"][0]


def record(client: Any, found: dict[str, Any]) -> dict[str, int]:
    by_id = client.bare.get(f"{PATH}/id/{found['id']}/eventsRecord").json()
    assert client.bare.get(f"{PATH}/name/{found['name']}/eventsRecord").json() == by_id
    return by_id


def waiting(count: int) -> dict[str, int]:
    return {"totalEventsCount": count, "pendingEventsCount": count, "successfulEventsCount": 0, "failedEventsCount": 0}


def test_every_event_since_it_was_made_waits(client):
    prepare(client)
    made(client, "messagingService")
    services = subscription(client, resources=["messagingService"])
    several = subscription(client, resources=["messagingService", "domain"])
    everything = subscription(client, resources=["all"])
    assert record(client, services) == record(client, several) == record(client, everything) == waiting(0)
    service = made(client, "messagingService")
    client.patch(f"{SERVICES}/{service['id']}", json=[{"op": "add", "path": "/description", "value": "x"}])
    made(client, "domain")
    assert record(client, services) == waiting(2)
    assert record(client, several) == record(client, everything) == waiting(3)
    patch = [{"op": "add", "path": "/description", "value": "x"}]
    assert client.patch(f"{PATH}/{services['id']}", json=patch).json()["version"] == 0.2
    assert record(client, services) == waiting(2)


def test_a_test_message_needs_a_destination_and_is_answered_by_none_as_none_is_sent(client):
    path = f"{PATH}/testDestination"
    for body in ({}, {"destinations": []}):
        said = fault(client.post(path, json=body), 400)
        assert said == "At least one destination must be provided to send a test message."
    assert client.bare.post(path, json={"destinations": [webhook()]}).json() == []
    said = fault(client.post(path, json={"destinations": [webhook("https://127.0.0.1/")]}), 400)
    assert said.startswith("Invalid webhook endpoint URL: it has an address of this machine")


def test_who_may_not_see_it_sees_no_status_and_no_record(client, server):
    rule = {"name": "basic", "effect": "deny", "operations": ["ViewAll"], "resources": ["eventSubscription"]}
    policy = made(client, "policy", rules=[rule])
    role = made(client, "role", policies=[policy["fullyQualifiedName"]])
    limited = server.as_user("limited", roles=[role["id"]])
    found = subscription(client, destinations=[webhook()])
    path = f"{PATH}/{found['id']}"
    for refused in (
        path,
        f"{path}?fields=statusDetails",
        f"{path}/status/{found['destinations'][0]['id']}",
        f"{PATH}/id/{found['id']}/eventsRecord",
        f"{PATH}/Notification/resources",
    ):
        fault(limited.get(refused), 403, "FORBIDDEN")


def test_its_owner_may_change_it(client, server):
    owner = server.as_user("alerted")
    user = client.get("/api/v1/users/name/alerted").json()
    found = subscription(client, owners=[ref(user)])
    patch = [{"op": "replace", "path": "/batchSize", "value": 5}]
    assert owner.patch(f"{PATH}/{found['id']}", json=patch).json()["batchSize"] == 5
    assert client.get(f"{PATH}/{found['id']}?fields=owners").json()["owners"][0]["name"] == "alerted"


@pytest.mark.parametrize(
    ("field", "value"), [("batchSize", 0), ("retries", -1), ("pollInterval", 0), ("alertType", "Loud"), ("name", "")]
)
def test_values_out_of_bounds_are_refused(client, field, value):
    assert field in fault(client.post(PATH, json=make("eventSubscription") | {field: value}), 400)


def test_changes_of_topics_schemas_can_be_observed(client):
    filters = [chosen("filterByFqn", "fqnList", "orders.paid")]
    found = subscription(
        client,
        alertType="Observability",
        resources=["topic"],
        input={"filters": filters, "actions": [chosen("GetTopicSchemaChanges")]},
    )
    (action,) = found["filteringRules"]["actions"]
    assert (action["name"], action["condition"]) == ("GetTopicSchemaChanges", "matchAnyFieldChange({'messageSchema'})")
