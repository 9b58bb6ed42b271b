"""Topics with schemas: bulk requests of new, unchanged and changed ones, and the read of one with many fields.

    .venv/bin/python bench/topics.py [TOPICS]

Needs `wrk`. The catalog runs on one core with its defaults; requests of a hundred topics come one after the other, on a
connection each, so the figures are wall time: what the catalog computes, what it waits for its disk, and the way there.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import load
from machine import Client, Server, bare, output, serving
from rounds import PER_HOP, bearer

if TYPE_CHECKING:
    from collections.abc import Callable

TOPICS = 10_000
AT_ONCE = 100
FIELDS = 30
MANY_FIELDS = 200
READ = 100
"""How many topics with many fields are read, at random."""
BULK = "/api/v1/topics/bulk"
SERVICES = "/api/v1/services/messagingServices"
CONNECTIONS = 32
SECONDS = 4


def schema(fields: int, number: int) -> dict[str, Any]:
    """An Avro schema of its own for each topic, with the fields that are in it."""
    names = [f"field_{place}" for place in range(fields)]
    record = {
        "type": "record",
        "name": "Event",
        "namespace": f"bench.topic{number}",
        "fields": [{"name": name, "type": "string", "doc": f"What {name} says of {number}."} for name in names],
    }
    children = [
        {
            "name": name,
            "dataType": "STRING",
            "dataTypeDisplay": "string",
            "description": f"What {name} says of {number}.",
        }
        for name in names
    ]
    root = {"name": "Event", "dataType": "RECORD", "children": children}
    return {"schemaText": json.dumps(record), "schemaType": "Avro", "schemaFields": [root]}


def topic(number: int, *, partitions: int = 6, source: str = "one") -> dict[str, Any]:
    """A row as ingestion sends it."""
    return {
        "name": f"topic-{number:06d}",
        "service": "bench",
        "partitions": partitions,
        "replicationFactor": 3,
        "retentionTime": "86400000",
        "cleanupPolicies": ["delete"],
        "topicConfig": {"cleanup.policy": "delete", "retention.ms": "86400000"},
        "messageSchema": schema(FIELDS, number),
        "sourceHash": f"{source}-{number}",
    }


def put(client: Client, rows: list[dict[str, Any]]) -> float:
    """Sends rows in requests of a hundred; the seconds that the requests took."""
    bodies = [json.dumps(rows[start : start + AT_ONCE]).encode() for start in range(0, len(rows), AT_ONCE)]
    began = time.perf_counter()
    for body in bodies:
        result = client.call("PUT", BULK, body)
        if result["status"] != "success":
            sys.exit(f"A bulk request was answered with {json.dumps(result)[:500]}")
    return time.perf_counter() - began


def shown(what: str, figure: str, wanted: str, *, met: bool) -> None:
    """Prints one line of the table."""
    print(f"| {what} | {figure} | {wanted}: {'met' if met else 'MISSED'} |", flush=True)


def measured_writes(client: Client, server: Server, count: int) -> None:
    """New, unchanged, and one in a hundred changed."""
    rows = [topic(number) for number in range(count)]
    steps: list[tuple[str, list[dict[str, Any]], Callable[[float], tuple[str, str, bool]]]] = [
        ("new topics, 30 fields", rows, lambda s: (f"{count / s:,.0f}/s", "3,000/s", count / s >= 3000)),
        ("unchanged", rows, lambda s: (f"{count / s:,.0f}/s", "15,000/s", count / s >= 15000)),
        (
            f"1 % of {count:,} changed",
            [topic(n, partitions=9, source="two") if n % 100 == 0 else row for n, row in enumerate(rows)],
            lambda s: (f"{s:.2f} s", "1.5 s", s < 1.5),
        ),
        (
            "all changed",
            [topic(n, partitions=12, source="three") for n in range(count)],
            lambda s: (f"{count / s:,.0f}/s", "no target", True),
        ),
    ]
    for what, sent, told in steps:
        used = server.cpu_seconds()
        seconds = put(client, sent)
        figure, wanted, met = told(seconds)
        shown(f"{what} ({server.cpu_seconds() - used:.1f} s of computing)", figure, wanted, met=met)


def measured_read(client: Client, server: Server, token: str, folder: Path) -> None:
    """GET by name of topics with 200 fields against the same bytes from memory."""
    rows = [
        {"name": f"kafka-{n:06d}", "service": "bench", "partitions": 1, "messageSchema": schema(MANY_FIELDS, n)}
        for n in range(READ)
    ]
    put(client, rows)
    path = "/api/v1/topics/name/bench."
    options = {"token": token, "path": path, "first": 0, "last": READ - 1}
    status, headers, content = client.raw("GET", f"{path}kafka-000000")
    kept = [[key.lower(), value] for key, value in headers if key.lower() not in PER_HOP]
    load.run("get", server, CONNECTIONS, 1, options)
    ours = load.run("get", server, CONNECTIONS, SECONDS, options)
    with bare({"status": status, "headers": kept, "body": content.decode()}, folder, "bare") as ceiling:
        load.run("get", ceiling, CONNECTIONS, 1, options)
        theirs = load.run("get", ceiling, CONNECTIONS, SECONDS, options)
    ratio = ours.rate / theirs.rate
    figure = f"{ours.rate:,.0f}/s, bare {theirs.rate:,.0f}/s: {ratio:.2f}"
    shown(f"GET by name, {MANY_FIELDS} fields, {len(content) / 1000:.0f} kB", figure, "0.5", met=ratio >= 0.5)


def main() -> None:
    """Measures and prints; see the top of this file."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else TOPICS
    load.ensure_wrk()
    with tempfile.TemporaryDirectory(dir=".") as place:
        folder = Path(place)
        data = folder / "data"
        with serving(data, folder / "server.log") as server:
            server.wait("/api/v1/system/version", {})
            token = output("token", "admin", "--data", str(data))
            client = Client(server.port, bearer(token))
            client.call("PUT", SERVICES, json.dumps({"name": "bench", "serviceType": "Kafka"}).encode(), 201)
            print("| what | figure | wanted |\n| --- | --- | --- |")
            measured_writes(client, server, count)
            measured_read(client, server, token, folder)
            size = (data / "brokerbook.db").stat().st_size / count
            print(f"\n{size:,.0f} bytes a topic in the database; {server.memory()[1]:.0f} MB resident at most")


if __name__ == "__main__":
    main()
