"""Operation: health, metrics, and log lines that tell enough, never too much, and never stand in the way."""

from __future__ import annotations

import fcntl
import io
import json
import logging
import os
import re
import select
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from brokerbook.api import logs
from brokerbook.api.http import Request
from brokerbook.api.logs import Sink
from brokerbook.api.telemetry import NO_ROUTE, Telemetry
from brokerbook.settings import Settings
from conftest import Client, Server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SERVICES = "/api/v1/services/messagingServices"
TOKEN = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhZG1pbiJ9.c2lnbmF0dXJlLXNpZ25hdHVyZQ"


class Told(Sink):
    """Keeps what is written, piece by piece."""

    def __init__(self) -> None:
        super().__init__(None)
        self.written: list[bytes] = []

    def write(self, lines: bytes) -> None:
        self.written.append(lines)

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in b"".join(self.written).splitlines()]


@pytest.fixture
def told(server: Server) -> Iterator[Told]:
    """What the running catalog logs of requests from now on, at the level `info`."""
    telemetry = server.catalog.telemetry
    before, telemetry.sink = telemetry.sink, Told()
    telemetry._tells_all = True
    yield telemetry.sink
    telemetry.flush()
    telemetry.sink, telemetry._tells_all = before, False


@pytest.fixture
def root_logger() -> Iterator[logging.Logger]:
    """The root logger, put back as it was."""
    root, ours = logging.getLogger(), logging.getLogger("brokerbook")
    before = (root.handlers[:], root.level, ours.level)
    yield root
    root.handlers[:], root.level, ours.level = before
    root.setLevel(before[1])


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Server]:
    """A catalog of the test's own, to be harmed."""
    server = Server(Settings(data=tmp_path, log_level="error", metrics_access="open"))
    yield server
    server.close()


# health


def test_a_living_and_ready_catalog_says_so_to_anybody(client: Client):
    assert client.get("/livez", token=None).json() == {"status": "ok"}
    assert client.get("/readyz", token=None).json() == {"status": "ok"}


def test_a_catalog_that_cannot_write_is_not_ready_until_it_can_again(own: Server):
    client = Client(own, own.token("admin"))
    writer = own.catalog.context.database._writer
    writer.execute("PRAGMA query_only = ON")
    assert client.post(SERVICES, json={"name": "lost", "serviceType": "Kafka"}).status_code == 503
    for _ in range(2):
        answer = client.get("/readyz", token=None)
        assert answer.status_code == 503
        assert answer.json() == {
            "code": 503,
            "errorType": "SERVICE_UNAVAILABLE",
            "message": "writes: failing. The data directory is read-only: nothing was changed.",
        }
    assert client.get("/livez", token=None).status_code == 200
    assert client.get(SERVICES).json()["paging"]["total"] == 0
    writer.execute("PRAGMA query_only = OFF")
    assert client.get("/readyz", token=None).status_code == 200  # without any other write: it tried one itself
    assert client.post(SERVICES, json={"name": "kept", "serviceType": "Kafka"}).status_code == 201


def test_a_catalog_without_its_writer_is_not_ready(own: Server):
    database = own.catalog.context.database
    database._queue.put(None)
    database._thread.join()
    answer = Client(own, None).get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["message"].startswith("writes: stopped.")


# metrics


def samples(text: str) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def value(text: str, name: str, **labels: str) -> float:
    return samples(text).get((name, frozenset(labels.items())), 0.0)


def test_metrics_need_a_token_unless_the_settings_open_them(client: Client, own: Server):
    assert client.get("/metrics", token=None).status_code == 401
    assert client.get("/metrics").headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert Client(own, None).get("/metrics").status_code == 200


def test_metrics_count_requests_by_route_method_and_status(client: Client):
    template = f"{SERVICES}/name/{{name}}"
    before = client.get("/metrics").text
    for _ in range(3):
        client.get(f"{SERVICES}/name/nobody-has-this-name")
    after = client.get("/metrics").text
    for name, labels in [
        ("brokerbook_http_requests_total", {"route": template, "method": "GET", "status": "404"}),
        ("brokerbook_http_request_duration_seconds_count", {"route": template, "method": "GET"}),
        ("brokerbook_http_request_duration_seconds_bucket", {"route": template, "method": "GET", "le": "+Inf"}),
    ]:
        assert value(after, name, **labels) == value(before, name, **labels) + 3
    assert "nobody-has-this-name" not in after


def test_paths_and_methods_that_callers_make_up_are_one_series(client: Client):
    for number in range(3):
        client.get(f"/made/up/{number}")
        client.request(f"MADEUP{number}", "/made/up")
    text = client.get("/metrics").text
    assert value(text, "brokerbook_http_requests_total", route=NO_ROUTE, method="GET", status="404") >= 3
    assert value(text, "brokerbook_http_requests_total", route=NO_ROUTE, method="(other)", status="404") == 3
    assert "made/up" not in text
    assert "MADEUP" not in text


def test_metrics_tell_of_the_writer_and_its_files(client: Client):
    before = client.get("/metrics").text
    client.post(SERVICES, json={"name": "counted", "serviceType": "Kafka"})
    after = client.get("/metrics").text
    assert value(after, "brokerbook_writer_queue_length") == 0
    assert value(after, "brokerbook_commit_writes_count") == value(before, "brokerbook_commit_writes_count") + 1
    assert value(after, "brokerbook_commit_writes_sum") == value(before, "brokerbook_commit_writes_sum") + 1
    assert value(after, "brokerbook_commit_writes_bucket", le="1") >= 1
    assert value(after, "brokerbook_database_bytes", file="main") > 0
    assert value(after, "brokerbook_database_bytes", file="wal") > 0
    assert value(after, "process_resident_memory_bytes") > 0


def test_the_buckets_of_a_histogram_add_up(client: Client):
    client.get("/livez")
    buckets = [
        (float(dict(labels)["le"]), count)
        for (name, labels), count in samples(client.get("/metrics").text).items()
        if name == "brokerbook_http_request_duration_seconds_bucket" and ("route", "/livez") in labels
    ]
    counts = [count for _, count in sorted(buckets)]
    assert counts == sorted(counts)
    assert counts[-1] >= 1


# a request's line


def test_a_line_has_the_id_that_the_answer_carries(client: Client, told: Told):
    answer = client.get(f"{SERVICES}/name/nope")
    (line,) = told.lines()
    assert answer.status_code == 404
    assert line.pop("id") == answer.headers["x-request-id"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line.pop("ts"))
    assert line.pop("ms") >= 0
    assert line == {
        "level": "info",
        "method": "GET",
        "path": f"{SERVICES}/name/nope",
        "route": f"{SERVICES}/name/{{name}}",
        "status": 404,
        "bytes": len(answer.content),
        "user": "admin",
        "remote": "127.0.0.1",
    }


def test_a_line_holds_no_header_no_query_and_no_body(client: Client, told: Told):
    client.post(
        f"{SERVICES}?marker-query=1",
        json={"name": "told", "serviceType": "Kafka", "description": "marker-body"},
        headers={"X-Marker": "marker-header", "User-Agent": "marker-agent"},
    )
    assert told.lines()
    text = b"".join(told.written).decode()
    assert "marker" not in text
    assert client.token is not None
    assert client.token not in text


def test_a_token_in_a_path_is_blacked_out(client: Client, told: Told):
    client.get(f"/api/v1/{TOKEN}")
    (line,) = told.lines()
    assert line["path"] == f"/api/v1/{logs.REDACTED}"


def test_a_caller_who_is_not_known_has_no_name(client: Client, told: Told):
    client.get(SERVICES, token=None)
    assert told.lines()[0]["user"] is None


def recorder(level: str = "info", form: str = "json") -> tuple[Telemetry, Told]:
    told = Told()
    database: Any = None
    settings: Any = Settings(log_level=level, log_format=form)  # type: ignore[arg-type]
    return Telemetry(settings, database, told), told


def request(path: bytes = b"/livez", method: str = "GET") -> Request:
    scope = {"method": method, "raw_path": path, "query_string": b"", "headers": [], "client": ("10.0.0.1", 4711)}
    nothing: Any = None
    return Request(scope, nothing, nothing)


def test_the_lines_of_one_turn_of_the_loop_are_one_write():
    import asyncio

    telemetry, told = recorder()

    async def turns() -> None:
        for _ in range(2):
            for number in range(5):
                telemetry.record(request(), None, f"{number}", 200, 0, 0.001)
            await asyncio.sleep(0)

    asyncio.run(turns())
    assert [len(piece.splitlines()) for piece in told.written] == [5, 5]


def test_a_long_path_is_cut_and_cannot_break_a_line():
    for form in ("json", "text"):
        telemetry, told = recorder(form=form)
        telemetry.record(request(b"/\n\x1b[2J\xff" + b"a" * 5000), None, "1", 404, 0, 0.001)
        telemetry.flush()
        (piece,) = told.written
        assert piece.count(b"\n") == 1
        assert len(piece) < 1000
        assert piece.rstrip(b"\n").decode("ascii").isprintable()


@pytest.mark.parametrize(
    ("level", "wanted"),
    [("debug", [200, 404, 500, 501]), ("info", [200, 404, 500, 501]), ("warning", [500]), ("error", [500])],
)
def test_the_level_decides_which_requests_are_told_of(level: str, wanted: list[int]):
    telemetry, told = recorder(level)
    for status in (200, 404, 500, 501):
        telemetry.record(request(), None, "1", status, 0, 0.001)
    telemetry.flush()
    assert [line["status"] for line in told.lines()] == wanted
    assert {line["level"] for line in told.lines() if line["status"] == 500} == {"error"}


# where lines go


def small_pipe() -> tuple[int, int]:
    read, write = os.pipe()
    fcntl.fcntl(write, fcntl.F_SETPIPE_SZ, 4096)
    return read, write


def test_a_pipe_that_nobody_reads_holds_nothing_up():
    read, write = small_pipe()
    sink = Sink(write)
    line = b"x" * 99 + b"\n"
    written = threading.Thread(target=lambda: [sink.write(line * 100) for _ in range(300)], daemon=True)
    written.start()
    written.join(20)
    assert not written.is_alive()
    assert sink.dropped > 0
    got = bytearray()
    closing = threading.Thread(target=sink.close)
    closing.start()
    while closing.is_alive() or select.select([read], [], [], 0)[0]:
        if select.select([read], [], [], 0.05)[0]:
            got += os.read(read, 65536)
    closing.join()
    os.close(write)
    os.close(read)
    # What arrived are whole lines, and what did not was counted.
    assert got == line * (len(got) // len(line))
    assert len(got) // len(line) + sink.dropped == 300 * 100


def test_a_reader_that_went_away_and_a_closed_descriptor_are_no_errors():
    read, write = os.pipe()
    gone = Sink(write)
    os.close(read)
    gone.write(b"a\nb\n")
    assert gone.dropped == 2
    gone.close()
    os.close(write)
    closed = Sink(write)
    closed.write(b"a\n")
    closed.close()
    assert closed.dropped == 1
    assert Sink(None).dropped == 0


def test_a_descriptor_that_is_closed_behind_our_back_does_not_become_another_file(tmp_path: Path):
    log = os.open(tmp_path / "log", os.O_WRONLY | os.O_CREAT)
    sink = Sink(log)
    os.close(log)
    other = os.open(tmp_path / "other", os.O_WRONLY | os.O_CREAT)
    assert other == log
    sink.write(b"a line\n")
    sink.close()
    os.close(other)
    assert (tmp_path / "log").read_bytes() == b"a line\n"
    assert (tmp_path / "other").read_bytes() == b""


# every other record


@pytest.fixture
def configured(root_logger: logging.Logger, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Configures logging into a list of pieces."""
    assert root_logger.handlers  # pytest's own, which stay
    told = Told()
    monkeypatch.setattr(logs, "_sinks", [told])

    def configure(form: str, level: str = "info") -> Told:
        settings: Any = Settings(log_level=level, log_format=form)  # type: ignore[arg-type]
        logs.configure(settings)
        logs.configure(settings)  # twice is once
        return told

    return configure


def test_records_of_libraries_and_ours_have_the_same_form(configured: Any):
    told = configured("json")
    logging.getLogger("brokerbook.engine.jobs").info("promised work waits: %s", "for you")
    logging.getLogger("uvicorn.error").info("Started server process")
    logging.getLogger("uvicorn.error").warning("Invalid HTTP request received.")
    logging.getLogger("brokerbook").debug("not at this level")
    assert [(line["level"], line["logger"], line["message"]) for line in told.lines()] == [
        ("info", "brokerbook.engine.jobs", "promised work waits: for you"),
        ("warning", "uvicorn.error", "Invalid HTTP request received."),
    ]


@pytest.mark.parametrize("form", ["json", "text"])
def test_what_looks_like_a_token_is_blacked_out_in_every_record(configured: Any, form: str):
    told = configured(form)
    logger = logging.getLogger("brokerbook.anything")
    logger.warning("called with Authorization: Bearer %s", "opaque-token-0123456789")
    logger.warning({"token": TOKEN})
    try:
        raise ValueError(TOKEN)  # noqa: TRY301  its text is what this is about
    except ValueError:
        logger.exception("failed with %r", TOKEN.encode())
    text = b"".join(told.written).decode()
    assert text.count(logs.REDACTED) >= 4
    assert "opaque" not in text
    assert "c2lnbmF0dXJl" not in text
    assert "eyJ" not in text


def test_a_text_record_cannot_pass_for_two(configured: Any):
    told = configured("text")
    logging.getLogger("brokerbook").error("first\n2026-01-01T00:00:00.000Z error forged\x1b[2J")
    first, second = b"".join(told.written).decode().splitlines()
    assert re.match(r"\d{4}-\S+Z error   brokerbook: first$", first)
    assert second == r"    2026-01-01T00:00:00.000Z error forged\x1b[2J"


def test_a_record_that_cannot_be_formatted_is_told_of_and_harms_nobody(configured: Any):
    told = configured("json")
    broken = logging.LogRecord("brokerbook", logging.ERROR, __file__, 1, "%d of %d", ("one",), None)
    logging.getLogger().handlers[-1].emit(broken)
    assert told.lines()[0]["message"] == "a record cannot be formatted: TypeError"


def test_the_standard_error_is_used_and_opened_once(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(logs, "_sinks", [])
    first = logs.sink()
    assert logs.sink() is first
    first.close()
    monkeypatch.setattr(logs, "_sinks", [])
    monkeypatch.setattr(logs.sys, "__stderr__", io.StringIO())  # has no descriptor
    nowhere = logs.sink()
    nowhere.write(b"a line\n")
    assert nowhere.dropped == 1


def test_times_are_written_in_utc_with_milliseconds():
    assert logs.timestamp(0.0) == "1970-01-01T00:00:00.000Z"
    assert logs.timestamp(1_790_000_000.25) == "2026-09-21T14:13:20.250Z"
    assert logs.timestamp(time.time())[-1] == "Z"
