"""What is reported of the runs of ingestion pipelines: contract, "PipelineStatus and steps"."""

from __future__ import annotations

import time
import uuid
from typing import Any
from urllib.parse import quote

import pytest

from brokerbook.engine import latest_runs, pipeline_runs
from brokerbook.store import pipeline_runs as store
from conftest import Client, running
from make import SERVICES, fresh, kafka, made, path_of, prepare, ref
from strict import check_event, fault

PIPELINES = path_of("ingestionPipeline")
NOBODY = "00000000-0000-4000-8000-000000000007"
MASK = "*********"
STATUS_KEYS = {"runId", "pipelineState", "startDate", "timestamp", "endDate", "status", "config", "metadata"}


@pytest.fixture(scope="module")
def client(as_admin):
    return as_admin.bare


@pytest.fixture(scope="module")
def bot(as_bot):
    return as_bot.bare


@pytest.fixture
def pipeline(client):
    return made(client, "ingestionPipeline")


def path(pipeline: dict[str, Any]) -> str:
    return f"{PIPELINES}/{quote(pipeline['fullyQualifiedName'], safe='')}/pipelineStatus"


def status(timestamp: Any = 1, **fields: Any) -> dict[str, Any]:
    return {"runId": str(uuid.uuid4()), "pipelineState": "running", "timestamp": timestamp} | fields


def report(client: Any, pipeline: dict[str, Any], said: dict[str, Any]) -> Any:
    response = client.put(path(pipeline), json=said)
    assert response.status_code == 201, response.text
    return response.json()


def listed(client: Any, pipeline: dict[str, Any], **params: Any) -> list[dict[str, Any]]:
    body = client.get(path(pipeline), params=params).json()
    assert body["paging"]["total"] == len(body["data"])
    assert all(set(row) <= STATUS_KEYS for row in body["data"])
    return body["data"]


# one run


def test_a_run_is_reported_and_read_as_it_was_sent(bot, pipeline):
    steps = [
        {
            "name": "Kafka",
            "records": 3,
            "errors": 0,
            "failures": [{"name": "a", "error": "b", "stackTrace": "c"}],
            "progress": {key: {"total": 7, "processed": 0} for key in ("topics", "schemas", "samples")},
            "operationMetrics": {"api": {"GET": {"Topic": {"count": 2, "avgTimeMs": 1.5}}}},
            "sourceTimeMs": 12.25,
        }
    ]
    said = status(5, startDate=4, endDate=6, status=steps, config={"a": {"b": [1]}}, metadata={})
    report(bot, pipeline, said)
    answer = bot.get(f"{path(pipeline)}/{said['runId']}")
    assert (answer.status_code, answer.json()) == (200, said)


def test_nulls_that_a_client_sends_are_not_repeated(bot, pipeline):
    said = status(5)
    report(bot, pipeline, said | {"endDate": None, "status": None, "config": None})
    assert bot.get(f"{path(pipeline)}/{said['runId']}").json() == said


def test_a_second_report_of_a_run_replaces_the_first_as_a_whole(bot, pipeline):
    said = status(5, metadata={"a": 1})
    report(bot, pipeline, said)
    ended = {"runId": said["runId"].upper(), "pipelineState": "success", "timestamp": 6}
    report(bot, pipeline, ended)
    assert listed(bot, pipeline) == [ended]


def test_a_report_is_told_as_a_change_that_makes_no_version(bot, client, pipeline):
    said = status(5)
    first = bot.put(path(pipeline), json=said)
    assert first.headers["x-openmetadata-change"] == "entityFieldsChanged"
    told = first.json()
    check_event(told)
    assert (told["eventType"], told["entityId"], told["userName"]) == ("entityUpdated", pipeline["id"], "ingestion-bot")
    assert told["currentVersion"] == told["previousVersion"] == 0.1
    assert told["changeDescription"]["fieldsUpdated"] == [{"name": "pipelineStatus", "newValue": said}]
    ended = said | {"pipelineState": "success"}
    again = report(bot, pipeline, ended)
    assert again["changeDescription"]["fieldsUpdated"] == [
        {"name": "pipelineStatus", "newValue": ended, "oldValue": said}
    ]
    events = client.get(f"/api/v1/events?entityUpdated=ingestionPipeline&timestamp={told['timestamp']}").json()["data"]
    assert {told["id"], again["id"]} <= {event["id"] for event in events}
    assert client.get(f"{PIPELINES}/{pipeline['id']}").json()["version"] == 0.1


def test_a_run_that_nobody_knows_is_an_empty_answer_and_no_404(bot, pipeline):
    answer = bot.get(f"{path(pipeline)}/{uuid.uuid4()}")
    assert (answer.status_code, answer.content) == (204, b"")


def test_what_can_be_no_run_is_404(bot, pipeline):
    fault(bot.get(f"{path(pipeline)}/nope"), 404, "NOT_FOUND")


def test_a_run_may_be_called_otherwise_than_by_a_uuid(bot, pipeline):
    said = status(5, runId="scheduled__2026-01-01")
    report(bot, pipeline, said)
    assert bot.get(f"{path(pipeline)}/scheduled__2026-01-01").json() == said


def test_an_unknown_pipeline_is_404_to_all_of_it(bot):
    below = f"{PIPELINES}/svc.nope/pipelineStatus"
    run = uuid.uuid4()
    for answer in (bot.put(below, json=status()), bot.get(below), bot.get(f"{below}/{run}")):
        assert fault(answer, 404, "ENTITY_NOT_FOUND") == "ingestionPipeline instance for svc.nope not found"
    fault(bot.delete(f"{PIPELINES}/{NOBODY}/pipelineStatus"), 404, "ENTITY_NOT_FOUND")
    fault(bot.delete(f"{PIPELINES}/{NOBODY}/pipelineStatus/{run}"), 404, "ENTITY_NOT_FOUND")
    fault(bot.delete(f"{PIPELINES}/nope/pipelineStatus"), 404, "NOT_FOUND")


@pytest.mark.parametrize(
    ("said", "named"),
    [
        (status(foo=1), 'Unrecognized field "foo"'),
        (status(pipelineState="sleeping"), "queued, success, failed, running, partialSuccess, stopped"),
        ({"runId": NOBODY}, "[query param timestamp must not be null]"),
        ({"timestamp": 1}, "[query param runId must not be null]"),
        (status(timestamp="soon"), "timestamp must be a whole number"),
        (status(status=[{"records": 1}]), "name must not be null"),
        (status(status=[{"name": "x", "colour": 1}]), 'Unrecognized field "colour"'),
        ([], "must be an object"),
    ],
)
def test_a_report_that_says_what_it_cannot_is_refused_and_not_kept(bot, pipeline, said, named):
    assert named in fault(bot.put(path(pipeline), json=said), 400)
    assert listed(bot, pipeline) == []


def test_a_report_that_is_too_large_is_refused(bot, pipeline):
    answer = bot.put(path(pipeline), json=status(config={"a": "x" * pipeline_runs.LARGEST_STATUS}))
    assert "larger than the limit" in fault(answer, 413, "PAYLOAD_TOO_LARGE")
    assert listed(bot, pipeline) == []


# many runs


def test_a_list_without_a_time_span_is_of_the_newest_five(bot, pipeline):
    for timestamp in (30, 70, 10, 50, 20, 60, 40):
        report(bot, pipeline, status(timestamp))
    assert [row["timestamp"] for row in listed(bot, pipeline)] == [70, 60, 50, 40, 30]
    assert [row["timestamp"] for row in listed(bot, pipeline, limit=2)] == [70, 60]
    assert [row["timestamp"] for row in listed(bot, pipeline, limit=6)] == [70, 60, 50, 40, 30]


def test_a_time_span_gives_all_in_it_and_is_repeated(bot, pipeline):
    for timestamp in range(1, 8):
        report(bot, pipeline, status(timestamp * 10))
    body = bot.get(path(pipeline), params={"startTs": 30, "endTs": 40}).json()
    assert [row["timestamp"] for row in body["data"]] == [40, 30]
    assert body["paging"] == {"total": 2, "before": "30", "after": "40"}
    assert [row["timestamp"] for row in listed(bot, pipeline, startTs=10)] == [70, 60, 50, 40, 30, 20, 10]
    assert [row["timestamp"] for row in listed(bot, pipeline, endTs=20)] == [20, 10]
    assert [row["timestamp"] for row in listed(bot, pipeline, startTs=10, endTs=70, limit=3)] == [70, 60, 50]


def test_a_limit_below_one_is_refused(bot, pipeline):
    message = fault(bot.get(path(pipeline), params={"limit": 0}), 400)
    assert message == "[query param limit must be greater than or equal to 1]"


def test_a_run_that_was_queued_for_too_long_is_listed_no_more(bot, pipeline):
    now = time.time_ns() // 1_000_000
    old, new = now - latest_runs.QUEUED_MS - 1000, now - 1000
    forgotten = status(old, pipelineState="queued")
    for said in (forgotten, status(old, pipelineState="failed"), status(new, pipelineState="queued")):
        report(bot, pipeline, said)
    assert [row["pipelineState"] for row in listed(bot, pipeline)] == ["queued", "failed"]
    shown = bot.get(f"{PIPELINES}/{pipeline['id']}?fields=pipelineStatuses").json()["pipelineStatuses"]
    assert [row["pipelineState"] for row in shown] == ["queued", "failed"]
    assert bot.get(f"{path(pipeline)}/{forgotten['runId']}").json() == forgotten


def test_the_pipeline_shows_the_newest_five_if_it_is_asked_to(client, bot, pipeline):
    others = made(client, "ingestionPipeline")
    for timestamp in range(1, 8):
        report(bot, pipeline, status(timestamp))
    entity = f"{PIPELINES}/{pipeline['id']}"
    assert "pipelineStatuses" not in client.get(entity).json()
    assert "pipelineStatuses" not in client.get(f"{entity}?fields=owners").json()
    for fields in ("pipelineStatuses", "*"):
        shown = client.get(f"{entity}?fields={fields}").json()["pipelineStatuses"]
        assert [row["timestamp"] for row in shown] == [7, 6, 5, 4, 3]
    rows = client.get(f"{PIPELINES}?fields=pipelineStatuses&limit=1000").json()["data"]
    found = {row["id"]: [status["timestamp"] for status in row["pipelineStatuses"]] for row in rows}
    assert found[pipeline["id"]] == [7, 6, 5, 4, 3]
    assert found[others["id"]] == []


def test_what_a_status_holds_is_shown_as_it_is_though_it_looks_like_a_reference(client, bot, pipeline):
    said = status(5, config={"source": {"id": NOBODY, "type": "user"}})
    report(bot, pipeline, said)
    shown = client.get(f"{PIPELINES}/{pipeline['id']}?fields=pipelineStatuses").json()["pipelineStatuses"]
    assert shown == [said]


def test_runs_cannot_be_written_into_the_pipeline(client, pipeline):
    operations = [{"op": "add", "path": "/pipelineStatuses", "value": []}]
    fault(client.patch(f"{PIPELINES}/{pipeline['id']}", json=operations), 400)
    fault(client.put(PIPELINES, json={"name": "x", "pipelineStatuses": []}), 400)


# runs that go


def test_one_run_is_forgotten_and_then_all(client, bot, pipeline):
    one, other = status(1), status(2)
    report(bot, pipeline, one)
    report(bot, pipeline, other)
    by_id = f"{PIPELINES}/{pipeline['id']}/pipelineStatus"
    for _ in range(2):
        gone = client.delete(f"{by_id}/{one['runId']}")
        assert (gone.status_code, gone.content) == (204, b"")
    assert listed(bot, pipeline) == [other]
    emptied = client.delete(by_id)
    assert (emptied.status_code, emptied.json()["id"]) == (200, pipeline["id"])
    assert listed(bot, pipeline) == []


def test_runs_outlive_a_soft_delete_and_not_a_hard_one(client, bot):
    service = made(client, "messagingService")
    asked = {"name": fresh("p"), "service": ref(service, "messagingService")}
    pipeline = made(client, "ingestionPipeline", **asked)
    report(bot, pipeline, status(1))
    client.delete(f"{PIPELINES}/{pipeline['id']}")
    fault(bot.put(path(pipeline), json=status(2)), 404, "ENTITY_NOT_FOUND")
    client.put(f"{PIPELINES}/restore", json={"id": pipeline["id"]})
    assert len(listed(bot, pipeline)) == 1
    client.delete(f"{SERVICES}/{service['id']}?hardDelete=true&recursive=true")
    service = made(client, "messagingService", name=service["name"])
    again = made(client, "ingestionPipeline", **asked | {"service": ref(service, "messagingService")})
    assert again["fullyQualifiedName"] == pipeline["fullyQualifiedName"]
    assert listed(bot, again) == []


def test_of_too_many_runs_those_go_of_which_nothing_was_heard_for_longest(server, bot, pipeline):
    def fill(tx):
        for number in range(pipeline_runs.MOST_RUNS):
            text = f'{{"runId":"{number}","timestamp":{number}}}'
            store.put(tx, store.Run(pipeline["id"], str(number), 1000 - number, number, None, text))

    server.run(server.catalog.context.database.write(fill))
    said = status(7)
    report(bot, pipeline, said)
    kept = {row["runId"] for row in listed(bot, pipeline, startTs=0, limit=100_000)}
    oldest = str(pipeline_runs.MOST_RUNS - 1)
    assert kept == {said["runId"], *map(str, range(pipeline_runs.MOST_RUNS))} - {oldest}


def test_runs_are_there_after_a_restart(tmp_path):
    with running(tmp_path) as server:
        admin = Client(server, server.token("admin"))
        prepare(admin)
        pipeline, said = made(admin, "ingestionPipeline"), status(5)
        report(admin, pipeline, said)
    with running(tmp_path) as server:
        assert listed(Client(server, server.token("admin")), pipeline) == [said]


# secrets


def test_no_secret_of_the_pipeline_or_its_service_is_kept_with_a_run(client, bot):
    service = made(client, "messagingService", connection=kafka(saslPassword="s3rvice-pass"))
    config = {"config": {"dbtConfigSource": {"dbtCloudAuthToken": "p1peline-token"}}}
    pipeline = made(client, "ingestionPipeline", service=ref(service, "messagingService"), sourceConfig=config)
    steps = [{"name": "Kafka", "failures": [{"name": "x", "error": "login with s3rvice-pass failed: p1peline-token"}]}]
    said = status(5, status=steps, config={"connection": {"password": "n0body-knows-it", "host": "h"}})
    told = report(bot, pipeline, said)
    found = listed(bot, pipeline)[0]
    assert found["status"][0]["failures"][0]["error"] == f"login with {MASK} failed: {MASK}"
    assert found["config"] == {"connection": {"password": MASK, "host": "h"}}
    assert told["changeDescription"]["fieldsUpdated"][0]["newValue"] == found
