"""How far runs are, and what they do on the way: contract, "ProgressUpdate, metrics, logs"."""

from __future__ import annotations

import json
import time
import uuid
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

from brokerbook.api import streams
from brokerbook.engine import pipeline_progress
from conftest import Client, running
from make import fresh, kafka, made, path_of, prepare, ref
from strict import fault

if TYPE_CHECKING:
    from collections.abc import Iterator

PIPELINES = path_of("ingestionPipeline")
MASK = "*********"


@pytest.fixture(scope="module")
def client(as_admin):
    return as_admin.bare


@pytest.fixture(scope="module")
def bot(as_bot):
    return as_bot.bare


@pytest.fixture
def pipeline(client):
    return made(client, "ingestionPipeline")


@pytest.fixture
def run():
    return str(uuid.uuid4())


@pytest.fixture(scope="module")
def listening() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(4) as pool:
        yield pool


def path(pipeline: dict[str, Any], run: str, below: str = "progress") -> str:
    return f"{PIPELINES}/{below}/{quote(pipeline['fullyQualifiedName'], safe='')}/{run}"


def stream_of(pipeline: dict[str, Any], run: str) -> str:
    return f"{PIPELINES}/progress/{quote(pipeline['fullyQualifiedName'], safe='')}/stream/{run}"


def service_stream(service: str) -> str:
    return f"{PIPELINES}/progress/service/messagingService/{quote(service, safe='')}/stream"


def update(run: str, kind: str, **fields: Any) -> dict[str, Any]:
    return {"runId": run, "timestamp": 5, "updateType": kind} | fields


def tell(client: Any, pipeline: dict[str, Any], said: dict[str, Any]) -> None:
    answer = client.put(path(pipeline, said["runId"]), json=said)
    assert (answer.status_code, answer.content) == (200, b"")


def events(answer: Any) -> list[dict[str, Any]]:
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/event-stream"
    return [json.loads(line.removeprefix("data: ")) for line in answer.text.split("\n\n") if line.startswith("data: ")]


def opened(server: Any, listening: ThreadPoolExecutor, client: Any, where: str) -> Future[Any]:
    """A stream that is open by now; its answer comes when it has ended."""
    before = server.catalog.context.streams
    answer = listening.submit(client.get, where)
    until = time.monotonic() + 20
    while server.catalog.context.streams == before and not answer.done():
        assert time.monotonic() < until
        time.sleep(0.01)
    return answer


# one run


def test_an_open_stream_tells_each_update_and_closes_after_the_last(server, listening, client, bot, pipeline, run):
    answer = opened(server, listening, client, stream_of(pipeline, run))
    tree = {"label": "", "expected": 3, "processed": 0, "children": [{"label": "orders", "active": True}]}
    said = [
        update(run, "DISCOVERY", globalCounters=[{"entityType": "Topic", "done": 0, "total": 3}]),
        update(run, "PROCESSING", progress=tree, currentEntity="a.b"),
        update(run, "PIPELINE_COMPLETE", totalAssetsIngested=3),
    ]
    for one in said:
        tell(bot, pipeline, one)
    assert events(answer.result(20)) == said


@pytest.mark.parametrize("kind", ["PIPELINE_COMPLETE", "ERROR"])
def test_a_stream_of_a_run_that_is_over_tells_the_last_known_state_and_ends(client, bot, pipeline, run, kind):
    tell(bot, pipeline, update(run, "PROCESSING"))
    tell(bot, pipeline, update(run, kind, message="m"))
    assert events(client.get(stream_of(pipeline, run))) == [update(run, kind, message="m")]


def test_a_late_listener_begins_with_the_last_known_state(server, listening, client, bot, pipeline, run):
    tell(bot, pipeline, update(run, "DISCOVERY"))
    tell(bot, pipeline, update(run, "PROCESSING"))
    answer = opened(server, listening, client, stream_of(pipeline, run))
    tell(bot, pipeline, update(run, "ERROR"))
    assert events(answer.result(20)) == [update(run, "PROCESSING"), update(run, "ERROR")]


def test_runs_of_one_pipeline_are_told_apart(client, bot, pipeline, run):
    tell(bot, pipeline, update(run, "PIPELINE_COMPLETE", message="mine"))
    tell(bot, pipeline, update(str(uuid.uuid4()), "ERROR", message="another's"))
    assert [event["message"] for event in events(client.get(stream_of(pipeline, run)))] == ["mine"]


def test_progress_is_there_after_a_restart(tmp_path, run):
    with running(tmp_path) as server:
        admin = Client(server, server.token("admin"))
        prepare(admin)
        pipeline = made(admin, "ingestionPipeline")
        tell(admin, pipeline, update(run, "PIPELINE_COMPLETE"))
    with running(tmp_path) as server:
        answer = Client(server, server.token("admin")).get(stream_of(pipeline, run))
        assert events(answer) == [update(run, "PIPELINE_COMPLETE")]


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"updateType": None}, "updateType"),
        ({"updateType": "GUESSING"}, "DISCOVERY, PROCESSING, STEP_COMPLETE, PIPELINE_COMPLETE, ERROR"),
        ({"timestamp": None}, "timestamp"),
        ({"colour": 1}, 'Unrecognized field "colour"'),
        ({"progress": {"children": [{"colour": 1}]}}, 'Unrecognized field "colour"'),
        ({"runId": "00000000-0000-4000-8000-000000000007"}, "another run"),
    ],
)
def test_progress_that_cannot_be_is_refused(bot, pipeline, run, change, named):
    said = {key: value for key, value in (update(run, "DISCOVERY") | change).items() if value is not None}
    assert named in fault(bot.put(path(pipeline, run), json=said), 400)


def test_progress_of_what_is_not_there_is_404(client, bot, pipeline, run):
    nowhere = {"fullyQualifiedName": "svc.nope"}
    fault(bot.put(path(nowhere, run), json=update(run, "DISCOVERY")), 404, "ENTITY_NOT_FOUND")
    fault(bot.put(path(pipeline, "nope"), json=update("nope", "DISCOVERY")), 404, "NOT_FOUND")
    fault(client.get(stream_of(nowhere, run)), 404, "ENTITY_NOT_FOUND")
    fault(client.get(stream_of(pipeline, "nope")), 404, "NOT_FOUND")
    fault(client.get(service_stream("nope")), 404, "ENTITY_NOT_FOUND")
    fault(client.get(f"{PIPELINES}/progress/service/databaseService/x/stream"), 404, "ENTITY_NOT_FOUND")


def test_the_state_itself_is_no_resource_that_could_be_read(client, pipeline, run):
    fault(client.get(path(pipeline, run)), 405, "METHOD_NOT_ALLOWED")


def test_only_the_last_updates_of_a_run_are_kept(server, bot, pipeline, run):
    for number in range(pipeline_progress.MOST_UPDATES + 3):
        tell(bot, pipeline, update(run, "PROCESSING", message=str(number)))
    query = "SELECT COUNT(*), MIN(doc) FROM pipeline_progress WHERE run_id = :run"
    n, _ = server.run(server.catalog.context.database.read(lambda tx: tx.one(query, {"run": run})))
    assert n == pipeline_progress.MOST_UPDATES


def test_an_update_that_is_too_large_is_refused(bot, pipeline, run):
    said = update(run, "PROCESSING", message="x" * pipeline_progress.LARGEST_UPDATE)
    fault(bot.put(path(pipeline, run), json=said), 413, "PAYLOAD_TOO_LARGE")


def test_no_secret_of_the_service_is_kept_with_progress(client, bot, run):
    service = made(client, "messagingService", connection=kafka(saslPassword="s3rvice-pass"))
    pipeline = made(client, "ingestionPipeline", service=ref(service, "messagingService"))
    tell(bot, pipeline, update(run, "ERROR", message="refused: s3rvice-pass"))
    assert events(client.get(stream_of(pipeline, run)))[0]["message"] == f"refused: {MASK}"


# a service


def test_a_stream_of_a_service_tells_whose_each_update_is(server, listening, client, bot, monkeypatch):
    monkeypatch.setattr(streams, "LONGEST_SECONDS", 2.0)  # it goes on when a run is over
    service, elsewhere = made(client, "messagingService"), made(client, "ingestionPipeline")
    one, other = (made(client, "ingestionPipeline", service=ref(service, "messagingService")) for _ in range(2))
    runs = [str(uuid.uuid4()) for _ in range(3)]
    tell(bot, one, update(runs[0], "DISCOVERY"))
    answer = opened(server, listening, client, service_stream(service["fullyQualifiedName"]))
    tell(bot, one, update(runs[0], "PIPELINE_COMPLETE"))
    tell(bot, elsewhere, update(runs[2], "PROCESSING"))
    tell(bot, other, update(runs[1], "PROCESSING"))
    assert events(answer.result(30)) == [
        {"pipelineFqn": p["fullyQualifiedName"], "runId": run, "event": update(run, kind)}
        for p, run, kind in (
            (one, runs[0], "DISCOVERY"),
            (one, runs[0], "PIPELINE_COMPLETE"),
            (other, runs[1], "PROCESSING"),
        )
    ]


def test_a_stream_of_a_service_leaves_out_what_its_reader_may_not_see(server, client, bot, monkeypatch, run):
    monkeypatch.setattr(streams, "LONGEST_SECONDS", 0.0)
    service = made(client, "messagingService")
    seen, hidden = (made(client, "ingestionPipeline", service=ref(service, "messagingService")) for _ in range(2))
    for pipeline in (seen, hidden):
        tell(bot, pipeline, update(run, "PROCESSING", message=pipeline["name"]))
    owner = server.as_user(fresh("person"))
    user = owner.get("/api/v1/users/loggedInUser").json()
    owners = [{"op": "add", "path": "/owners", "value": [ref(user)]}]
    client.patch(f"{PIPELINES}/{hidden['id']}", json=owners)
    rule = {"name": "r", "effect": "deny", "operations": ["ViewAll"], "resources": ["ingestionPipeline"]}
    policy = made(client, "policy", rules=[rule | {"condition": "isOwner()"}])
    role = made(client, "role", policies=[policy["fullyQualifiedName"]])
    client.patch(f"/api/v1/users/{user['id']}", json=[{"op": "add", "path": "/roles", "value": [ref(role, "role")]}])
    told = events(owner.get(service_stream(service["fullyQualifiedName"])))
    assert [event["event"]["message"] for event in told] == [seen["name"]]


# streams


def test_a_quiet_stream_has_heartbeats_and_ends_when_it_is_too_old(client, pipeline, run, monkeypatch):
    monkeypatch.setattr(streams, "HEARTBEAT_SECONDS", 0.3)
    monkeypatch.setattr(streams, "POLL_SECONDS", 0.1)
    monkeypatch.setattr(streams, "LONGEST_SECONDS", 1.0)
    answer = client.get(stream_of(pipeline, run))
    assert answer.status_code == 200
    assert set(answer.text.split("\n\n")) == {": heartbeat", ""}


def test_a_stream_ends_when_the_server_is_about_to_stop(server, listening, client, pipeline, run, monkeypatch):
    answer = opened(server, listening, client, stream_of(pipeline, run))
    monkeypatch.setattr(server.catalog.context, "is_stopping", lambda: True)
    assert answer.result(20).text == ""


def test_one_stream_too_many_is_told_to_come_back(client, pipeline, run, monkeypatch, server):
    monkeypatch.setattr(streams, "MOST_STREAMS", server.catalog.context.streams)
    answer = client.get(stream_of(pipeline, run))
    fault(answer, 503, "SERVICE_UNAVAILABLE")
    assert answer.headers["retry-after"] == "30"


def test_a_stream_that_has_ended_counts_no_more(client, bot, pipeline, run, server):
    before = server.catalog.context.streams
    tell(bot, pipeline, update(run, "ERROR"))
    client.get(stream_of(pipeline, run))
    assert server.catalog.context.streams == before


# operations


def metric(operation: str, took: int | None, **fields: Any) -> dict[str, Any]:
    timed = {"durationMs": took} if took is not None else {}
    return {"category": "api_calls", "operation": operation, "timestamp": 5} | timed | fields


def batch(run: str, *metrics: dict[str, Any]) -> dict[str, Any]:
    return {"runId": run, "stepName": "Kafka", "metrics": list(metrics)}


def add(client: Any, pipeline: dict[str, Any], run: str, *metrics: dict[str, Any]) -> None:
    answer = client.post(path(pipeline, run, "metrics"), json=batch(run, *metrics))
    assert (answer.status_code, answer.content) == (200, b"")


def test_operations_are_summed_up_over_batches(client, bot, pipeline, run):
    add(
        bot,
        pipeline,
        run,
        metric("GET", 10, entityType="Topic"),
        metric("GET", 30, entityType="Topic"),
        metric("PUT", None),
    )
    add(bot, pipeline, run, metric("GET", 5, entityType="Topic", success=False, errorMessage="e"))
    found = client.get(path(pipeline, run, "metrics")).json()
    assert found["byCategory"] == {
        "api_calls": {
            "GET": {"Topic": {"count": 3, "totalTimeMs": 45, "avgTimeMs": 15.0, "minTimeMs": 5, "maxTimeMs": 30}},
            "PUT": {"": {"count": 1, "totalTimeMs": 0}},
        }
    }
    assert (found["totalOperations"], found["totalSuccessful"], found["totalFailed"]) == (4, 3, 1)
    assert found["runId"] == run


def test_a_duration_that_comes_later_is_the_shortest_and_the_longest(client, bot, pipeline, run):
    add(bot, pipeline, run, metric("GET", None))
    add(bot, pipeline, run, metric("GET", 7))
    add(bot, pipeline, run, metric("GET", None))
    summary = client.get(path(pipeline, run, "metrics")).json()["byCategory"]["api_calls"]["GET"][""]
    assert summary == {"count": 3, "totalTimeMs": 7, "avgTimeMs": 7.0, "minTimeMs": 7, "maxTimeMs": 7}


def test_a_run_of_which_no_operation_is_known_has_none(client, pipeline, run):
    found = client.get(path(pipeline, run, "metrics")).json()
    assert (found["byCategory"], found["totalOperations"]) == ({}, 0)


def test_operations_beyond_what_is_told_apart_are_summed_up_together(client, bot, pipeline, run):
    many = pipeline_progress.MOST_OPERATIONS
    add(bot, pipeline, run, *(metric(f"GET /{number}", 1) for number in range(many + 2)))
    add(bot, pipeline, run, metric("GET /0", 1), metric("GET /new", 1))
    found = client.get(path(pipeline, run, "metrics")).json()["byCategory"]
    assert found["others"]["others"][""]["count"] == 3
    assert found["api_calls"]["GET /0"][""]["count"] == 2
    assert len(found["api_calls"]) == many


@pytest.mark.parametrize("lacking", ["runId", "stepName", "metrics"])
def test_operations_that_lack_something_are_refused(bot, pipeline, run, lacking):
    said = batch(run, metric("GET", 1))
    del said[lacking]
    assert lacking in fault(bot.post(path(pipeline, run, "metrics"), json=said), 400)


def test_an_operation_that_cannot_be_leaves_nothing(client, bot, pipeline, run):
    said = batch(run, metric("GET", 1), {"category": "c", "operation": "o"})
    assert "timestamp" in fault(bot.post(path(pipeline, run, "metrics"), json=said), 400)
    assert client.get(path(pipeline, run, "metrics")).json()["totalOperations"] == 0
