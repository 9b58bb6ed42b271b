"""OpenMetadata's own ingestion, run again and again against a catalog while the topics on a broker come and go."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from ingest.registry import CREDENTIALS
from ingest.story import (
    INVOICE,
    INVOICES,
    KEPT,
    LINES,
    ORDER_WITH_NOTE,
    ORDERS,
    PAYMENTS,
    SAMPLES,
    Json,
    Run,
    World,
    world,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.slow

PIPELINE = "kafka.meta"
NO_TOPIC = ("GET", "/api/v1/topics/name/{name}", 404)


@dataclass
class Both:
    """The runs of one time: for a service with all that ingestion offers, and for one with as little as it can do."""

    full: Run
    bare: Run


def ingested(there: World, *, stored: bool = False, by_command: bool = False, **workflow: Any) -> Both:
    """Both runs, the first by the command or not, with the connection that the catalog has stored or not."""
    connection = None if stored else there.connection(registry=True)
    workflow = {"ingestionPipelineFQN": PIPELINE} | workflow
    full = there.ingest("kafka", connection, by_command=by_command, workflow=workflow, generateSampleData=True)
    return Both(full, there.ingest("bare", there.connection(registry=False), markDeletedTopics=False))


@pytest.fixture(scope="module")
def there(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world(tmp_path_factory.mktemp("world")) as made:
        yield made


@pytest.fixture(scope="module")
def first(there: World) -> Both:
    return ingested(there)


@pytest.fixture(scope="module")
def edited(there: World, first: Both) -> dict[str, Json]:
    """The topics after people have written on some of them."""
    assert first.full.live == KEPT
    tag = {"tagFQN": "Tier.Tier1", "source": "Classification", "labelType": "Manual", "state": "Confirmed"}
    orders = there.get("/topics/name/kafka.orders", fields="*")
    there.patch(
        f"/topics/{orders['id']}",
        {"op": "add", "path": "/description", "value": "Sold goods."},
        {"op": "add", "path": "/tags", "value": [tag]},
        {"op": "add", "path": "/messageSchema/schemaFields/0/children/0/tags", "value": [tag]},
        {"op": "add", "path": "/messageSchema/schemaFields/0/children/1/description", "value": "Who pays."},
    )
    fleeting = there.get("/topics/name/kafka.fleeting")
    there.patch(f"/topics/{fleeting['id']}", {"op": "add", "path": "/description", "value": "Comes and goes."})
    return there.topics("kafka")


@pytest.fixture(scope="module")
def second(there: World, edited: dict[str, Json]) -> Both:
    assert edited
    return ingested(there)


@pytest.fixture(scope="module")
def third(there: World, second: Both) -> Both:
    """After a topic came, one went, one got another schema and one another configuration."""
    assert second
    hand = there.hand
    hand("make", topics=[{"name": "invoices"}])
    hand("register", subject="invoices-value", schema_type="AVRO", text=json.dumps(INVOICE))
    hand("produce", topic="invoices", messages=INVOICES, encoding="avro")
    hand("register", subject="orders-value", schema_type="AVRO", text=json.dumps(ORDER_WITH_NOTE))
    hand("configure", topic="lines", config={"retention.ms": "3600000"})
    hand("drop", names=["fleeting"])
    return ingested(there, by_command=True, enableStreamableLogs=True)


@pytest.fixture(scope="module")
def fourth(there: World, third: Both) -> Both:
    """After the topic that went has come back; with the connection, passwords and all, that the catalog has stored."""
    assert third
    there.hand("make", topics=[{"name": "fleeting"}])
    there.hand("produce", topic="fleeting", messages=LINES, encoding="text")
    return ingested(there, stored=True)


@pytest.fixture(params=["first", "second", "third", "fourth"])
def each(request: pytest.FixtureRequest) -> Both:
    return request.getfixturevalue(request.param)


def fields(topic: Json) -> dict[str, str]:
    """The type of each field of a topic's messages by its path."""
    found: dict[str, str] = {}

    def walk(nodes: list[Json], above: str) -> None:
        for node in nodes:
            path = f"{above}{node['name']}"
            found[path] = node["dataType"]
            assert node["fullyQualifiedName"] == f"{topic['fullyQualifiedName']}.{path}"
            walk(node.get("children") or [], f"{path}.")

    walk(topic["messageSchema"]["schemaFields"], "")
    return found


def changed(topic: Json) -> dict[str, set[str]]:
    """What a topic's last change has added, updated and taken away."""
    return {
        kind: {change["name"] for change in topic["changeDescription"].get(kind) or []}
        for kind in ("fieldsAdded", "fieldsUpdated", "fieldsDeleted")
    }


def test_every_run_succeeds(each: Both):
    for run in (each.full, each.bare):
        assert run.code == 0, run.told


def test_the_first_run_is_refused_nothing_but_what_is_not_there_yet(first: Both):
    assert first.full.refused == {
        ("GET", "/api/v1/services/ingestionPipelines/name/{name}", 404),
        ("GET", "/api/v1/services/messagingServices/name/{name}", 404),
        NO_TOPIC,
    }
    assert first.bare.refused == {("GET", "/api/v1/services/messagingServices/name/{name}", 404), NO_TOPIC}


def test_later_runs_are_refused_only_topics_that_are_new(second: Both, third: Both, fourth: Both):
    assert (second.full.refused, second.bare.refused) == (set(), set())
    assert (third.full.refused, third.bare.refused) == ({NO_TOPIC}, {NO_TOPIC})
    assert (fourth.full.refused, fourth.bare.refused) == ({NO_TOPIC}, set())


def test_the_first_run_brings_every_topic_that_is_not_left_out(first: Both):
    assert (first.full.live, first.bare.live) == (KEPT, KEPT)


def test_a_topic_has_what_the_broker_knows_of_it(first: Both):
    orders, lines = first.full.topics["orders"], first.full.topics["lines"]
    assert (orders["partitions"], orders["replicationFactor"]) == (3, 1)
    assert sorted(orders["cleanupPolicies"]) == ["compact", "delete"]
    assert (orders["retentionTime"], lines["maximumMessageSize"]) == (86_400_000, 1_048_588)
    assert orders["topicConfig"]["retention.ms"] == "86400000"
    assert orders["service"]["fullyQualifiedName"] == "kafka"


def test_a_topic_has_the_fields_that_the_registry_knows(first: Both):
    schemas = {name: topic["messageSchema"] for name, topic in first.full.topics.items()}
    assert {name: schema["schemaType"] for name, schema in schemas.items()} == {
        "orders": "Avro", "payments.v1": "JSON", "shipments": "Protobuf", "lines": "Other", "fleeting": "Other",
    }  # fmt: skip
    assert fields(first.full.topics["orders"]) == {
        "Order": "RECORD",
        "Order.id": "LONG",
        "Order.customer": "RECORD",
        "Order.customer.Customer": "RECORD",
        "Order.customer.Customer.email": "STRING",
        "Order.items": "ARRAY",
    }
    assert fields(first.full.topics["payments.v1"]) == {
        "Payment": "RECORD", "Payment.amount": "FLOAT", "Payment.card": "RECORD", "Payment.card.last": "STRING",
    }  # fmt: skip
    assert fields(first.full.topics["shipments"]) == {
        "Shipments": "RECORD", "Shipments.order": "INT", "Shipments.to": "RECORD", "Shipments.to.city": "STRING",
    }  # fmt: skip
    assert fields(first.full.topics["lines"]) == {}


def test_without_a_registry_there_are_topics_without_fields(first: Both, third: Both):
    for run in (first.bare, third.bare):
        assert {topic["messageSchema"]["schemaType"] for topic in run.topics.values()} == {"Other"}


def test_samples_come_with_the_second_run(first: Both, second: Both):
    assert first.full.sampled == {}
    assert {name: len(messages) for name, messages in second.full.sampled.items()} == dict.fromkeys(KEPT, SAMPLES)


def test_samples_are_the_messages_on_the_broker(second: Both):
    sampled = second.full.sampled
    assert set(sampled["orders"]) <= {str(order) for order in ORDERS}
    assert set(sampled["payments.v1"]) <= {json.dumps(payment) for payment in PAYMENTS}
    assert set(sampled["lines"]) <= set(LINES)
    assert set(sampled["shipments"]) == {""}, "the client does not decode Protobuf"


def test_samples_are_not_taken_unless_asked_for(each: Both):
    assert each.bare.sampled == {}


def test_a_run_without_changes_changes_nothing(second: Both, edited: dict[str, Json], first: Both):
    def of(topics: dict[str, Json]) -> dict[str, Json]:
        return {name: topic | {"sampleData": None} for name, topic in topics.items()}

    assert of(second.full.topics) == of(edited)
    assert second.bare.topics == first.bare.topics


def test_topics_that_nothing_happened_to_keep_their_version(second: Both, third: Both, fourth: Both):
    for name in ("payments.v1", "shipments"):
        assert len({run.full.versions[name] for run in (second, third, fourth)}) == 1


def test_a_new_topic_is_brought(third: Both, fourth: Both):
    assert "invoices" in third.full.live
    assert fields(third.full.topics["invoices"]) == {"Invoice": "RECORD", "Invoice.total": "DOUBLE"}
    assert set(fourth.full.sampled["invoices"]) <= {str(invoice) for invoice in INVOICES}


def test_a_new_version_of_a_schema_adds_its_fields(third: Both):
    orders = third.full.topics["orders"]
    assert fields(orders)["Order.note"] == "UNION"
    assert changed(orders) == {
        "fieldsAdded": {"messageSchema.schemaFields.Order"},
        "fieldsUpdated": {"messageSchema.schemaText"},
        "fieldsDeleted": set(),
    }


def test_a_changed_configuration_arrives(third: Both):
    lines = third.full.topics["lines"]
    assert lines["retentionTime"] == 3_600_000
    assert {"retentionTime", "topicConfig"} <= changed(lines)["fieldsUpdated"]


def test_what_people_wrote_stays(edited: dict[str, Json], fourth: Both):
    assert edited["orders"]["description"] == "Sold goods."
    orders = fourth.full.topics["orders"]
    assert orders["description"] == "Sold goods."
    assert [tag["tagFQN"] for tag in orders["tags"]] == ["Tier.Tier1"]
    number, customer = orders["messageSchema"]["schemaFields"][0]["children"][:2]
    assert [tag["tagFQN"] for tag in number["tags"]] == ["Tier.Tier1"]
    assert customer["description"] == "Who pays."


def test_a_topic_that_is_gone_is_deleted_but_not_lost(third: Both):
    assert third.full.live == KEPT - {"fleeting"} | {"invoices"}
    assert third.full.topics["fleeting"]["deleted"] is True


def test_topics_that_are_gone_stay_where_ingestion_is_told_to_keep_them(third: Both):
    assert third.bare.live == KEPT | {"invoices"}


def test_a_topic_that_comes_back_is_the_one_it_was(edited: dict[str, Json], fourth: Both):
    fleeting = fourth.full.topics["fleeting"]
    assert fleeting["deleted"] is False
    assert fleeting["id"] == edited["fleeting"]["id"]
    assert fleeting["description"] == "Comes and goes."


def test_each_run_is_told_of_at_its_pipeline(there: World, first: Both, second: Both, third: Both, fourth: Both):
    runs = [run.full.id for run in (fourth, third, second, first)]
    told = there.get(f"/services/ingestionPipelines/{PIPELINE}/pipelineStatus")["data"]
    assert [status["runId"] for status in told] == runs
    assert {status["pipelineState"] for status in told} == {"success"}
    steps = {step["name"]: step for step in told[0]["status"]}
    assert steps["Kafka"]["errors"] == 0
    assert steps["OpenMetadata"]["records"] >= len(fourth.full.live)
    for status in told[:-1]:  # of a run that finds no pipeline the client tells no end
        assert status["startDate"] <= status["endDate"]
    pipeline = there.get(f"/services/ingestionPipelines/name/{PIPELINE}", fields="pipelineStatuses")
    assert [status["runId"] for status in pipeline["pipelineStatuses"]] == runs
    assert pipeline["service"]["fullyQualifiedName"] == "kafka"
    assert pipeline["sourceConfig"]["config"]["generateSampleData"] is True


def test_the_progress_of_a_run_is_kept(there: World, third: Both):
    path = f"/api/v1/services/ingestionPipelines/progress/{PIPELINE}/stream/{third.full.id}"
    with there.admin.stream("GET", path) as answer:
        told = next(json.loads(line[5:]) for line in answer.iter_lines() if line.startswith("data:"))
    assert (told["runId"], told["updateType"]) == (third.full.id, "PIPELINE_COMPLETE")


def test_what_a_run_logged_is_kept(there: World, third: Both):
    logs = there.get(f"/services/ingestionPipelines/logs/{PIPELINE}/{third.full.id}")["logs"]
    assert "Fetching topic schema invoices" in logs


def test_the_server_logs_no_error_and_no_secret(there: World, fourth: Both):
    assert fourth.full.code == 0
    logged = there.server.errors.read_text("utf-8")
    assert {json.loads(line)["level"] for line in logged.splitlines()} == {"info"}
    assert CREDENTIALS.partition(":")[2] not in logged


@pytest.mark.parametrize("outcome", ["Successful", "Failed"])
def test_a_connection_is_tested_by_the_client_on_request(there: World, outcome: str):
    registry = outcome == "Successful"  # for the client a check that cannot be made has failed
    asked = {
        "name": f"test-{outcome}",
        "workflowType": "TEST_CONNECTION",
        "request": {
            "connection": {"config": there.connection(registry=registry)},
            "serviceType": "Messaging",
            "connectionType": "Kafka",
        },
    }
    there.admin.post("/api/v1/automations/workflows", json=asked).raise_for_status()
    there.hand("test_connection", url=there.server.address, token=there.bot_token, name=asked["name"])
    told = there.get(f"/automations/workflows/name/{asked['name']}")
    assert (told["status"], told["response"]["status"]) == ("Successful", outcome)
    assert {step["name"]: step["passed"] for step in told["response"]["steps"]} == {
        "GetTopics": True, "CheckSchemaRegistry": registry,
    }  # fmt: skip
