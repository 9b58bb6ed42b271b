"""Search over many topics, measured within the process: what a search takes, and what indexing costs the writes.

    .venv/bin/python bench/search.py [TOPICS]

Topics have schemas of 30 fields, all different. Searches are whole requests to the application, without a socket.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from brokerbook.app import create_app
from brokerbook.engine import identity
from brokerbook.engine import search_index as index
from brokerbook.settings import Settings
from brokerbook.store import search_index

if TYPE_CHECKING:
    from brokerbook.app import Catalog
    from brokerbook.store.database import Tx

FIELDS = 30
BULK = 500
REPEATS = 30
_TRIGGERS = ("entity_search_new", "entity_search_changed", "entity_search_gone")
_dice = random.Random(7)
WORDS = ["".join(_dice.choices("abcdefghijklmnoprstuvwz", k=_dice.randint(4, 9))) for _ in range(4000)]


def topic(number: int) -> dict[str, Any]:
    """A topic as a bulk request has it; its name says its number."""
    fields = [{"name": f"{_dice.choice(WORDS)}_{_dice.choice(WORDS)}", "dataType": "STRING"} for _ in range(FIELDS)]
    return {
        "name": f"{_dice.choice(WORDS)}.{_dice.choice(WORDS)}.t{number}",
        "service": "bench",
        "partitions": 12,
        "description": " ".join(_dice.choices(WORDS, k=12)),
        "messageSchema": {
            "schemaType": "Avro",
            "schemaText": json.dumps({"type": "record", "name": f"r{number}", "fields": fields}),
            "schemaFields": [{"name": "Record", "dataType": "RECORD", "children": fields}],
        },
    }


async def asked(catalog: Catalog, token: str, method: str, path: str, body: bytes = b"") -> Any:
    """The JSON of an answer, from the application itself."""
    path, _, query = path.partition("?")
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "scheme": "http",
        "path": path, "raw_path": path.encode(), "root_path": "", "query_string": query.encode(),
        "headers": [(b"host", b"127.0.0.1"), (b"authorization", f"Bearer {token}".encode()),
                    (b"content-type", b"application/json")],
        "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 1),
    }  # fmt: skip
    sent: list[Any] = []

    async def received() -> Any:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    await catalog.api(scope, received, send)
    content = b"".join(message.get("body", b"") for message in sent)
    if sent[0]["status"] >= 300:
        sys.exit(f"{method} {path} was answered {sent[0]['status']}: {content[:500]!r}")
    return json.loads(content)


async def written(catalog: Catalog, token: str, first: int, topics: int) -> tuple[float, float]:
    """Writes topics in bulk; the seconds, and the processor's, that it took."""
    bodies = [
        json.dumps([topic(number) for number in range(start, start + BULK)]).encode()
        for start in range(first, first + topics, BULK)
    ]
    began, busy = time.perf_counter(), time.process_time()
    for body in bodies:
        result = await asked(catalog, token, "PUT", "/api/v1/topics/bulk", body)
        if result["numberOfRowsFailed"]:
            sys.exit(f"Rows failed: {result['failedRequest'][0]}")
    return time.perf_counter() - began, time.process_time() - busy


def _told(what: str, topics: int, seconds: float, busy: float) -> None:
    print(f"{what:44} {topics / seconds:8,.0f} topics/s   {busy / topics * 1e6:6.0f} µs of processor each")


async def writes(catalog: Catalog, token: str, topics: int, first: int) -> int:
    """The same writes with and without the index, in turns; returns how many were written."""
    database = catalog.context.database

    def drop(tx: Tx) -> list[str]:
        texts = [tx.one("SELECT sql FROM sqlite_master WHERE name = :name", {"name": name}) for name in _TRIGGERS]
        for name in _TRIGGERS:
            tx.run(f"DROP TRIGGER {name}")
        return [text[0] for text in texts if text]

    def make(tx: Tx, texts: list[str]) -> None:
        for text in texts:
            tx.run(text)
        tx.run("INSERT INTO search_queue (entity_id) SELECT id FROM entity WHERE kind = 'topic'")

    for _ in range(2):
        triggers = await database.write(drop)
        _told("bulk writes without an index", topics, *await written(catalog, token, first, topics))
        await database.write(lambda tx, texts=triggers: make(tx, texts))
        first += topics
        await database.write(lambda tx: tx.run("DELETE FROM search_queue"))
        _told("bulk writes that are queued for the index", topics, *await written(catalog, token, first, topics))
        first += topics
        indexing = asyncio.create_task(catalog.context.search_index.keep())
        took = await written(catalog, token, first, topics)
        indexing.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await indexing
        _told("  while the background indexes as well", topics, *took)
        first += topics
    await database.write(lambda tx: tx.run("DELETE FROM search_queue"))
    await database.write(lambda tx: tx.run("INSERT INTO search_queue (entity_id) SELECT id FROM entity"))
    return first


async def indexed(catalog: Catalog) -> None:
    """Indexes what waits, and says how fast."""
    database = catalog.context.database
    waiting = await database.read(search_index.count_waiting)
    began, busy = time.perf_counter(), time.process_time()
    while await database.write(index.index):
        pass
    _told("indexed afterwards", waiting, time.perf_counter() - began, time.process_time() - busy)


async def searches(catalog: Catalog, token: str, topics: int) -> None:
    """Searches of different kinds, each many times with other words."""
    plain = "/api/v1/search/query?index=topic_search_index&size=10&q="
    kinds = {
        "a word": lambda: plain + _dice.choice(WORDS),
        "two words": lambda: plain + quote(f"{_dice.choice(WORDS)} OR {_dice.choice(WORDS)}"),
        "a prefix of 4 letters": lambda: f"{plain}{_dice.choice(WORDS)[:4]}*",
        "a prefix of 2 letters": lambda: f"{plain}{_dice.choice(WORDS)[:2]}*",
        "a field of a schema": lambda: f"{plain}fieldNames:{_dice.choice(WORDS)}",
        "a whole name": lambda: f"{plain}name.keyword:*.t{_dice.randrange(topics)}",
        "a part of a word": lambda: f"{plain}*{_dice.choice(WORDS)[1:5]}*",
        "what every topic says": lambda: f"{plain}bench",
        "everything": lambda: f"{plain}*",
        "a field query, svc.name*": lambda: (
            "/api/v1/search/fieldQuery?index=topic_search_index&deleted=false&fieldName=fullyQualifiedName&fieldValue="
            + quote(f'bench."{_dice.choice(WORDS)}*')
        ),
        "a word, our own answer with counts": lambda: f"/api/v1/search?q={_dice.choice(WORDS)}",
        "a name that was just written": lambda: f"{plain}t{_dice.randrange(topics)}",
    }
    for what, path in kinds.items():
        took: list[float] = []
        found: list[int] = []
        for _ in range(REPEATS):
            began = time.perf_counter()
            answer = await asked(catalog, token, "GET", path())
            took.append((time.perf_counter() - began) * 1000)
            found.append(answer["hits"]["total"]["value"] if "hits" in answer else answer["paging"]["total"])
        p99 = statistics.quantiles(took, n=100)[98]
        middle = statistics.median(found)
        print(f"{what:36} p50 {statistics.median(took):7.1f} ms   p99 {p99:7.1f} ms   {middle:9,.0f} found")


async def run(data: Path, topics: int) -> None:
    catalog = create_app(Settings(data=data, log_level="error"))
    try:
        context = catalog.context
        token = await context.database.write(
            lambda tx: identity.issue_to(tx, context.signer, "admin", now=identity.now())
        )
        body = json.dumps({"name": "bench", "serviceType": "Kafka"}).encode()
        await asked(catalog, token, "PUT", "/api/v1/services/messagingServices", body)
        first = await writes(catalog, token, max(topics // 20, BULK), 0)
        await written(catalog, token, first, topics - first)
        await indexed(catalog)
        print(f"{topics:,} topics")
        await searches(catalog, token, topics)
    finally:
        catalog.close()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(run(Path(folder), int(sys.argv[1].replace("_", "")) if len(sys.argv) > 1 else 100_000))
