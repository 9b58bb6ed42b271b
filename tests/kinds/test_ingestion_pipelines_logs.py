"""The logs that runs send: contract, "ProgressUpdate, metrics, logs"."""

from __future__ import annotations

import base64
import gzip
import json
import re
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import quote

import pytest

from brokerbook.api import streams
from brokerbook.engine import pipeline_logs
from brokerbook.store import pipeline_logs as store
from conftest import Client, running
from make import fresh, kafka, made, path_of, prepare, ref
from strict import fault

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


def log(pipeline: dict[str, Any], run: str | None = None) -> str:
    below = f"{PIPELINES}/logs/{quote(pipeline['fullyQualifiedName'], safe='')}"
    return f"{below}/{run}" if run is not None else below


def packed(text: str) -> str:
    return base64.b64encode(gzip.compress(text.encode())).decode()


def send(client: Any, pipeline: dict[str, Any], run: str, said: Any) -> Any:
    answer = client.post(log(pipeline, run), json=said)
    assert (answer.status_code, answer.content) == (200, b""), answer.text
    return answer


def text_of(client: Any, pipeline: dict[str, Any], run: str, **params: Any) -> str:
    return client.get(log(pipeline, run), params=params).json()["logs"]


# what is taken


def test_lines_are_kept_in_order_with_who_sent_them(client, bot, pipeline, run):
    send(bot, pipeline, run, {"logs": "one\ntwo\n", "connectorId": "host-1", "lineCount": 2, "timestamp": 5})
    send(bot, pipeline, run, {"logs": "three", "compressed": False})
    assert client.get(log(pipeline, run)).json() == {"logs": "[host-1] one\ntwo\nthree\n", "total": "3"}


def test_a_session_is_named_in_a_cookie(bot, client, run):
    service = made(client, "messagingService", name=f"a.b{fresh()}")
    pipeline = made(client, "ingestionPipeline", name="me-ta", service=ref(service, "messagingService"))
    answer = send(bot, pipeline, run, {"logs": "x"})
    session = re.sub(r"[^A-Za-z0-9]", "_", pipeline["fullyQualifiedName"])
    assert answer.headers["set-cookie"] == f"PIPELINE_SESSION={session}_{run}; Path=/; Max-Age=86400"


def test_packed_lines_are_unpacked(client, bot, pipeline, run):
    send(bot, pipeline, run, {"logs": packed("grüße\nzwei\n"), "compressed": True})
    assert text_of(client, pipeline, run) == "grüße\nzwei\n"


def test_a_bare_text_is_a_batch_too(client, bot, pipeline, run):
    send(bot, pipeline, run, "just a line")
    assert text_of(client, pipeline, run) == "just a line\n"


@pytest.mark.parametrize(
    "said", ["not base64!", "YWJj", packed("cut off" * 99)[:40]], ids=["text", "no gzip", "cut off"]
)
def test_what_cannot_be_unpacked_is_kept_as_it_came(client, bot, pipeline, run, said):
    send(bot, pipeline, run, {"logs": said, "compressed": True})
    assert text_of(client, pipeline, run) == f"{said}\n"


@pytest.mark.parametrize("said", [{}, {"logs": ""}, {"logs": None}, {"connectorId": "host-1", "timestamp": 5}, ""])
def test_no_lines_are_no_fault_and_leave_nothing(client, bot, pipeline, run, said):
    send(bot, pipeline, run, said)
    assert client.get(log(pipeline)).json() == {"runs": []}


@pytest.mark.parametrize("said", [[1], 7, True, ["a"]])
def test_what_is_neither_lines_nor_a_batch_is_refused(client, bot, pipeline, run, said):
    assert fault(bot.post(log(pipeline, run), json=said), 400) == "Invalid log data format"
    assert client.get(log(pipeline)).json() == {"runs": []}


@pytest.mark.parametrize("said", [{"logs": "x", "colour": 1}, {"logs": ["x"]}, {"logs": "x", "timestamp": "soon"}])
def test_a_batch_that_cannot_be_is_refused(bot, pipeline, run, said):
    fault(bot.post(log(pipeline, run), json=said), 400)


def test_a_small_body_that_unpacks_to_too_much_is_refused(client, bot, pipeline, run):
    bomb = packed("\0" * (pipeline_logs.LARGEST_BATCH + 1))
    assert len(bomb) < 100_000
    answer = bot.post(log(pipeline, run), json={"logs": bomb, "compressed": True})
    assert "unpack to more than the limit" in fault(answer, 413, "PAYLOAD_TOO_LARGE")
    assert client.get(log(pipeline)).json() == {"runs": []}


def test_a_batch_that_is_too_large_as_it_is_is_refused(bot, pipeline, run):
    answer = bot.post(log(pipeline, run), json={"logs": "x" * (pipeline_logs.LARGEST_BATCH + 1)})
    fault(answer, 413, "PAYLOAD_TOO_LARGE")


def test_logs_of_what_is_not_there_are_404(client, bot, pipeline, run):
    nowhere = {"fullyQualifiedName": "svc.nope"}
    fault(bot.post(log(nowhere, run), json={"logs": "x"}), 404, "ENTITY_NOT_FOUND")
    fault(bot.post(f"{log(nowhere, run)}/close", json={}), 404, "ENTITY_NOT_FOUND")
    fault(client.get(log(nowhere, run)), 404, "ENTITY_NOT_FOUND")
    fault(client.get(log(nowhere)), 404, "ENTITY_NOT_FOUND")
    fault(client.get(log(pipeline, "nope")), 404, "NOT_FOUND")
    fault(bot.post(log(pipeline, "nope"), json={"logs": "x"}), 404, "NOT_FOUND")


def test_the_names_that_the_client_does_not_encode_are_understood(client, bot, run):
    service = made(client, "messagingService", name=f"a.b/c{fresh()}")
    pipeline = made(client, "ingestionPipeline", name="me/ta x", service=ref(service, "messagingService"))
    raw = f"{PIPELINES}/logs/{pipeline['fullyQualifiedName'].replace(' ', '%20')}"
    assert '"a.b/c' in raw
    assert bot.post(f"{raw}/{run}", json={"logs": "x"}).status_code == 200
    assert bot.post(f"{raw}/{run}/close", json={}).status_code == 200
    assert client.get(f"{raw}/{run}").json()["logs"] == "x\n"
    assert client.get(f"{raw}/last").json()["ingestion_task"] == "x\n"
    assert text_of(client, pipeline, run) == "x\n"


# what is read


def test_lines_are_read_page_by_page(client, bot, pipeline, run):
    for start in range(0, 10, 3):
        send(bot, pipeline, run, {"logs": "".join(f"{number}\n" for number in range(start, min(start + 3, 10)))})
    texts: list[str] = []
    page = client.get(log(pipeline, run), params={"limit": 4}).json()
    texts.append(page["logs"])
    while after := page.get("after"):
        page = client.get(log(pipeline, run), params={"limit": 4, "after": after}).json()
        texts.append(page["logs"])
        assert page["total"] == "10"
    assert texts == ["0\n1\n2\n3\n", "4\n5\n6\n7\n", "8\n9\n"]
    assert text_of(client, pipeline, run, offset=8) == "8\n9\n"
    assert client.get(log(pipeline, run), params={"after": 99}).json() == {"logs": "", "total": "10"}


def test_a_run_without_a_log_has_no_lines(client, pipeline, run):
    assert client.get(log(pipeline, run)).json() == {"logs": "", "total": "0"}


@pytest.mark.parametrize("query", ["limit=0", "limit=x", "after=-1", "after=x"])
def test_a_place_that_is_none_is_refused(client, pipeline, run, query):
    assert "query param" in fault(client.get(f"{log(pipeline, run)}?{query}"), 400)


def test_the_runs_with_logs_are_listed_the_last_one_first(client, bot, pipeline):
    runs = [str(uuid.uuid4()) for _ in range(3)]
    for run in (*runs, runs[0]):
        send(bot, pipeline, run, {"logs": "x"})
    listed = client.get(log(pipeline)).json()["runs"]
    assert set(listed) == set(runs)
    assert len(client.get(log(pipeline), params={"limit": 2}).json()["runs"]) == 2


def test_the_last_log_is_found_by_name_and_by_id_under_its_task(client, bot, run):
    pipeline = made(client, "ingestionPipeline", pipelineType="autoClassification")
    send(bot, pipeline, run, {"logs": "one\ntwo\n"})
    whole = {"auto_classification_task": "one\ntwo\n", "total": "2"}
    for key in (quote(pipeline["fullyQualifiedName"], safe=""), pipeline["id"]):
        assert client.get(f"{PIPELINES}/logs/{key}/last").json() == whole
    paged = client.get(f"{PIPELINES}/logs/{pipeline['id']}/last?limit=1").json()
    assert paged == {"auto_classification_task": "one\n", "after": "1", "total": "2"}


def test_a_pipeline_that_never_ran_has_no_last_log(client, pipeline):
    assert client.get(f"{log(pipeline)}/last").json() == {}
    assert "No run of" in fault(client.get(f"{log(pipeline)}/last/download"), 404, "ENTITY_NOT_FOUND")


def test_the_last_log_is_a_file(client, bot, pipeline, run):
    send(bot, pipeline, run, {"logs": "one\ntwo"})
    answer = client.get(f"{log(pipeline)}/last/download", headers={"Accept": "*/*"})
    assert (answer.content, answer.headers["content-type"]) == (b"one\ntwo\n", "application/octet-stream")
    assert answer.headers["content-disposition"] == f'attachment; filename="{run}.log"'


# what is kept


def test_of_a_log_that_is_too_long_the_last_lines_are_kept_and_it_is_said(client, bot, pipeline, run):
    line = "x" * 1023
    lines = pipeline_logs.LARGEST_LOG // 1024
    send(bot, pipeline, run, {"logs": packed("first\n" + f"{line}\n" * (lines - 600)), "compressed": True})
    send(bot, pipeline, run, {"logs": packed(f"{line}\n" * 700 + "last\n"), "compressed": True})
    page = client.get(log(pipeline, run), params={"limit": 1}).json()
    lost = re.match(r"\[(\d+) older lines are no longer kept\]\n", page["logs"])
    assert lost
    assert page["total"] == str(lines + 102)
    assert page["after"] == str(int(lost[1]) + 1)
    whole = client.get(f"{log(pipeline)}/last/download").text
    assert whole.endswith(f"{line}\nlast\n")
    assert "first" not in whole
    assert pipeline_logs.LARGEST_LOG // 2 < len(whole) <= pipeline_logs.LARGEST_LOG + 100


def test_a_line_without_an_end_is_broken(client, bot, pipeline, run):
    send(bot, pipeline, run, {"logs": "y" * 600_000})
    page = client.get(log(pipeline, run)).json()
    assert (page["total"], page["logs"].replace("\n", "")) == ("3", "y" * 600_000)


def test_of_too_many_logs_those_go_that_were_not_written_to_for_longest(server, client, bot, pipeline, run):
    def fill(tx):
        for number in range(pipeline_logs.MOST_LOGS):
            store.add(tx, pipeline["id"], str(number), store.Part(0, 1, "x\n"))
            store.put(tx, pipeline["id"], str(number), store.Log(1, 2, 1000 - number, None))

    server.run(server.catalog.context.database.write(fill))
    send(bot, pipeline, run, {"logs": "x"})
    kept = client.get(log(pipeline), params={"limit": 1000}).json()["runs"]
    assert kept == [run, *map(str, range(pipeline_logs.MOST_LOGS - 1))]
    query = "SELECT COUNT(*) FROM pipeline_log_part WHERE entity_id = :id"
    (n,) = server.run(server.catalog.context.database.read(lambda tx: tx.one(query, {"id": pipeline["id"]})))
    assert n == pipeline_logs.MOST_LOGS


def test_logs_are_there_after_a_restart(tmp_path, run):
    with running(tmp_path) as server:
        admin = Client(server, server.token("admin"))
        prepare(admin)
        pipeline = made(admin, "ingestionPipeline")
        send(admin, pipeline, run, {"logs": "one"})
    with running(tmp_path) as server:
        assert text_of(Client(server, server.token("admin")), pipeline, run) == "one\n"


def test_everything_of_a_run_goes_with_it_and_nothing_of_another(server, client, bot, pipeline, run):
    other = str(uuid.uuid4())
    name = quote(pipeline["fullyQualifiedName"], safe="")
    for one in (run, other):
        send(bot, pipeline, one, {"logs": "x"})
        bot.put(f"{PIPELINES}/progress/{name}/{one}", json={"runId": one, "timestamp": 1, "updateType": "ERROR"})
        metric = {"category": "c", "operation": "o", "timestamp": 1}
        bot.post(f"{PIPELINES}/metrics/{name}/{one}", json={"runId": one, "stepName": "s", "metrics": [metric]})
        bot.put(f"{PIPELINES}/{name}/pipelineStatus", json={"runId": one, "timestamp": 1})
    tables = ("pipeline_run", "pipeline_progress", "pipeline_metric", "pipeline_log", "pipeline_log_part")

    def counted(tx):
        query = "SELECT COUNT(*) FROM {} WHERE entity_id = :id"
        return [tx.one(query.format(table), {"id": pipeline["id"]})[0] for table in tables]

    count = server.catalog.context.database.read
    assert server.run(count(counted)) == [2] * 5
    client.delete(f"{PIPELINES}/{pipeline['id']}/pipelineStatus/{run}")
    assert server.run(count(counted)) == [1] * 5
    assert text_of(client, pipeline, other) == "x\n"
    client.delete(f"{PIPELINES}/{pipeline['id']}?hardDelete=true")
    assert server.run(count(counted)) == [0] * 5


def test_no_secret_of_the_service_is_kept_in_a_log(client, bot, run):
    service = made(client, "messagingService", connection=kafka(saslPassword="s3rvice-pass"))
    pipeline = made(client, "ingestionPipeline", service=ref(service, "messagingService"))
    send(bot, pipeline, run, {"logs": packed("sasl.password=s3rvice-pass\n" * 2), "compressed": True})
    assert text_of(client, pipeline, run) == f"sasl.password={MASK}\n" * 2


# as they grow


def followed(answer: Any) -> list[dict[str, Any]]:
    assert answer.status_code == 200, answer.text
    return [json.loads(line.removeprefix("data: ")) for line in answer.text.split("\n\n") if line.startswith("data: ")]


def stream_of(pipeline: dict[str, Any], run: str) -> str:
    return f"{log(pipeline)}/stream/{run}"


def close(client: Any, pipeline: dict[str, Any], run: str) -> None:
    answer = client.post(f"{log(pipeline, run)}/close", json={"connectorId": "host-1", "timestamp": 5})
    assert (answer.status_code, answer.json()) == (200, {"message": "Log stream closed successfully"})


def test_a_log_is_followed_until_it_is_closed(client, bot, pipeline, run):
    send(bot, pipeline, run, {"logs": "one\ntwo\n"})
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(client.get, stream_of(pipeline, run))
        send(bot, pipeline, run, {"logs": "three"})
        close(bot, pipeline, run)
        told = followed(answer.result(30))
    assert "".join(event.get("logs", "") for event in told) == "one\ntwo\nthree\n"
    assert {event["runId"] for event in told} == {run}
    assert told[-1] == {"eventType": "complete", "runId": run, "reason": "runFinished"}
    assert told[-2]["after"] == "3"


def test_a_log_is_followed_from_a_line_on(client, bot, pipeline, run):
    send(bot, pipeline, run, {"logs": "one\ntwo\nthree\n"})
    close(bot, pipeline, run)
    told = followed(client.get(stream_of(pipeline, run), params={"after": 2}))
    assert [event.get("logs") for event in told] == ["three\n", None]


def test_a_run_that_has_ended_is_followed_no_longer(client, bot, pipeline, run):
    send(bot, pipeline, run, {"logs": "one"})
    name = quote(pipeline["fullyQualifiedName"], safe="")
    said = {"runId": run, "timestamp": 1, "pipelineState": "failed"}
    assert bot.put(f"{PIPELINES}/{name}/pipelineStatus", json=said).status_code == 201
    assert [event["eventType"] for event in followed(client.get(stream_of(pipeline, run)))] == ["logs", "complete"]


def test_a_stream_that_is_too_old_says_so(client, pipeline, run, monkeypatch):
    monkeypatch.setattr(streams, "LONGEST_SECONDS", 0.0)
    told = followed(client.get(stream_of(pipeline, run)))
    assert told == [{"eventType": "complete", "runId": run, "reason": "maxDuration"}]


def test_a_closed_log_that_gets_more_lines_is_open_again(client, bot, pipeline, run, monkeypatch):
    close(bot, pipeline, run)
    send(bot, pipeline, run, {"logs": "more"})
    monkeypatch.setattr(streams, "LONGEST_SECONDS", 0.0)
    assert followed(client.get(stream_of(pipeline, run)))[-1]["reason"] == "maxDuration"
