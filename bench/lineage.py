"""Lineage, measured: graphs of depth 3 in a catalog with 100,000 edges, where each topic flows into 50 others.

    .venv/bin/python bench/lineage.py [--topics 2000] [--fan-out 50] [--repeats 15]

Edges are stated in this process, through the engine; what is measured are whole requests to `brokerbook serve`, one after
another, on connections of their own. Milliseconds: the median, the slowest, and the server's processor time for one,
which is what to look at where other programs run.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import statistics
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from machine import BenchError, Client, output, serving

from brokerbook import app
from brokerbook.access.actor import SYSTEM
from brokerbook.engine import lineage
from brokerbook.engine.lineage_details import Ends
from brokerbook.engine.write import Work
from brokerbook.model.lineage import ColumnLineage, LineageDetails
from brokerbook.settings import Settings
from brokerbook.store import entities

if TYPE_CHECKING:
    from collections.abc import Sequence

    from brokerbook.store.database import Tx
    from brokerbook.store.entities import EntityRow

TARGET_MS = 50
SERVICES = 4
FIELDS = 20
BATCH = 5000
PATH = "/api/v1/lineage"


def _json(value: object) -> bytes:
    return json.dumps(value).encode()


def _topics(client: Client, count: int) -> None:
    """Topics in several services, each with a record of twenty fields and an owner."""
    users = [{"name": f"user{n}", "email": f"user{n}@example.com"} for n in range(20)]
    client.call("PUT", "/api/v1/users/bulk", _json(users))
    owners = [client.call("GET", f"/api/v1/users/name/{user['name']}")["id"] for user in users]
    for n in range(SERVICES):
        asked = {"name": f"bus{n}", "serviceType": "Kafka"}
        client.call("PUT", "/api/v1/services/messagingServices", _json(asked), 201)
    children = [{"name": f"f{n}", "dataType": "STRING"} for n in range(FIELDS)]
    schema = {
        "schemaType": "Avro",
        "schemaText": "",
        "schemaFields": [{"name": "R", "dataType": "RECORD", "children": children}],
    }
    for first in range(0, count, 500):
        rows = [
            {
                "name": f"t{n}",
                "service": f"bus{n % SERVICES}",
                "partitions": 3,
                "messageSchema": schema,
                "owners": [{"id": owners[n % len(owners)], "type": "user"}],
            }
            for n in range(first, min(first + 500, count))
        ]
        if (result := client.call("PUT", "/api/v1/topics/bulk", _json(rows)))["status"] != "success":
            raise BenchError(f"Topics were not made: {json.dumps(result)[:500]}")


def _edges(data: Path, count: int, fan_out: int) -> float:
    """States the edges, each with what one field is made of; returns the seconds that it took."""
    catalog = app.create_app(Settings(data=data, log_level="error"))
    draw = random.Random(7)
    database = catalog.context.database
    rows = database.peek(lambda tx: [row for row in entities.of_kind(tx, "topic") if row.name.startswith("t")])
    rows.sort(key=lambda row: int(row.name[1:]))
    pairs = [(start, end) for start in range(count) for end in draw.sample(range(count), fan_out)]

    def state(tx: Tx, some: Sequence[tuple[int, int]]) -> None:
        work = Work(tx, SYSTEM, catalog.context.sealer, time.time_ns() // 1_000_000)
        for start, end in some:
            lineage.put(work, Ends(rows[start], rows[end]), _details(rows[start], rows[end], end % FIELDS))

    async def all_of_them() -> None:
        for first in range(0, len(pairs), BATCH):
            await database.write(lambda tx, first=first: state(tx, pairs[first : first + BATCH]))

    began = time.perf_counter()
    asyncio.run(all_of_them())
    catalog.close()
    return time.perf_counter() - began


def _details(start: EntityRow, end: EntityRow, n: int) -> LineageDetails:
    entry = ColumnLineage(fromColumns=[f"{start.fqn}.R.f{n}"], toColumn=f"{end.fqn}.R.f{n}")
    return LineageDetails(source="PipelineLineage", sqlQuery="INSERT INTO b SELECT * FROM a", columnsLineage=[entry])


def _timed(client: Client, path: str, repeats: int) -> tuple[float, float, bytes]:
    """(median, slowest) in milliseconds, and the last answer."""
    times: list[float] = []
    content = b""
    for _ in range(repeats + 1):
        began = time.perf_counter()
        status, _, content = client.raw("GET", path)
        times.append((time.perf_counter() - began) * 1000)
        if status not in {200, 400}:
            raise BenchError(f"{path} was answered {status}: {content[:300]!r}")
    return statistics.median(times[1:]), max(times[1:]), content


def _requests(fan_out: int) -> list[tuple[str, str]]:
    one, name = "graph/topic/name/bus0.t0", "topic/name/bus0.t0"
    down = "upstreamDepth=0&downstreamDepth=3"
    return [
        (f"clients' lineage, depth 1 ({fan_out} edges each way)", name),
        ("graph, depth 3 down, 200 nodes", f"{one}?{down}"),
        ("graph, depth 3 both ways, 200 nodes each", f"{one}?upstreamDepth=3&downstreamDepth=3"),
        ("graph, depth 3 down, 1000 nodes", f"{one}?{down}&limit=1000"),
        ("graph of a field, depth 3 down, 200 nodes", f"{one}?{down}&field=bus0.t0.R.f3"),
        ("impact, depth 3, 200 nodes", "impact/topic/name/bus0.t0?downstreamDepth=3&limit=200"),
        ("impact, everything, 1000 nodes", "impact/topic/name/bus0.t0"),
        ("graph of a service, depth 3", f"graph/messagingService/name/bus0?{down}"),
        ("clients' lineage, depth 3, refused: too large", f"{name}?{down}"),
    ]


def _told(content: bytes) -> str:
    answer = json.loads(content)
    if "edges" in answer:
        return f"{len(answer['nodes'])} nodes, {len(answer['edges'])} edges{', cut' if answer['cut'] else ''}"
    if "owners" in answer:
        return f"{answer['total']} entities of {len(answer['owners'])} owners{', cut' if answer['cut'] else ''}"
    return f"{len(answer['nodes'])} nodes" if "nodes" in answer else f"{answer['code']}"


def main() -> None:
    """Fills a catalog in a temporary folder, measures, prints a table."""
    parser = argparse.ArgumentParser(description="Measures graphs of lineage.")
    parser.add_argument("--topics", type=int, default=2000)
    parser.add_argument("--fan-out", type=int, default=50)
    parser.add_argument("--repeats", type=int, default=15)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        data, log = Path(folder) / "data", Path(folder) / "server.log"
        with serving(data, log) as server:
            server.wait("/api/v1/system/version", {})
            headers = {"Authorization": f"Bearer {output('token', 'admin', '--data', str(data))}"}
            _topics(Client(server.port, headers), given.topics)
        seconds = _edges(data, given.topics, given.fan_out)
        count = given.topics * given.fan_out
        print(f"{count} edges among {given.topics} topics, stated in {seconds:.1f} s; target {TARGET_MS} ms")
        with serving(data, log) as server:
            server.wait("/api/v1/system/version", {})
            client = Client(server.port, headers)
            for called, path in _requests(given.fan_out):
                used = server.cpu_seconds()
                median, slowest, content = _timed(client, f"{PATH}/{path}", given.repeats)
                cpu = (server.cpu_seconds() - used) * 1000 / (given.repeats + 1)
                told = f"{_told(content)}, {len(content) // 1000} kB"
                print(f"{called:<48} {median:>8.1f} {slowest:>8.1f} {cpu:>8.1f}   {told}")


if __name__ == "__main__":
    main()
