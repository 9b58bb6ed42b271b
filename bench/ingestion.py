"""How much of the time of OpenMetadata's own ingestion is the catalog's: `metadata ingest` of a thousand topics.

    .venv/bin/python bench/ingestion.py [TOPICS]

Needs the client's environment (`make .client/.installed`). The topics lie on a broker, each with an Avro schema in a
registry; ingestion runs three times: for a new catalog, with nothing changed, with every schema changed.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path

from machine import HERE, cpu_seconds_of

sys.path.insert(0, str(HERE.parent / "tests"))
from ingest.story import ORDER, ORDER_WITH_NOTE, Json, World, empty

TOPICS = 1000
AIM = 0.1
"""The catalog's share of the time is to be below this."""


def main() -> None:
    """Measures and prints; see the top of this file."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else TOPICS
    names = [f"topic-{number:05}" for number in range(count)]
    with tempfile.TemporaryDirectory() as folder, empty(Path(folder)) as there:
        config = there.configuration("bench", there.connection(registry=True), {"ingestionPipelineFQN": "bench.meta"})
        there.hand("make", topics=[{"name": name} for name in names])
        print(f"metadata ingest of {count:,} topics")
        registered(there, names, ORDER)
        for what in ("all new", "unchanged", "all schemas changed"):
            if what == "all schemas changed":
                registered(there, names, ORDER_WITH_NOTE)
            measured(there, what, config, count)


def registered(there: World, names: list[str], schema: Json) -> None:
    """Gives each topic a schema of its own."""
    for name in names:
        there.hand(
            "register", subject=f"{name}-value", schema_type="AVRO", text=json.dumps(schema | {"namespace": name})
        )


def measured(there: World, what: str, config: Path, count: int) -> None:
    """Runs ingestion and prints what it took."""
    pid = there.server.popen.pid
    began, used = time.perf_counter(), cpu_seconds_of(pid)
    code, told = there.commanded(config)
    wall, cpu = time.perf_counter() - began, cpu_seconds_of(pid) - used
    if code:
        sys.exit(f"metadata ingest ended with {code}:\n{told[-3000:]}\n{errors(there)}")
    found = there.get("/topics", service="bench", limit=0)["paging"]["total"]
    if found != count:
        sys.exit(f"The catalog has {found} topics of {count}.")
    share = cpu / wall
    aim = "" if share < AIM else f", above the aim of {AIM:.0%}"
    print(f"  {what:20} {wall:6.1f} s, of which the catalog computed {cpu:5.2f} s: {share:.1%}{aim}", flush=True)


def errors(there: World) -> str:
    """What the catalog has logged of its own failures."""
    lines = there.server.errors.read_text("utf-8").splitlines()
    return "\n".join(line for line in lines if json.loads(line)["level"] == "error")[:5000]


if __name__ == "__main__":
    main()
