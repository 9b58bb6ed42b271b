"""What no request shows: how long a check takes, and how many queries a list needs. Run by governance.py.

    python within.py DATA TOKEN SERVICES

on a data directory that no server uses, with the token of an ordinary user; prints a JSON object, operation → value.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bodies import PATH, name

from brokerbook.access import policy
from brokerbook.api.http import Request
from brokerbook.app import create_app
from brokerbook.engine import facts, refs
from brokerbook.errors import NotAuthorized
from brokerbook.kinds import KINDS
from brokerbook.settings import Settings
from brokerbook.store import entities, relations, sqlite

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable

    from brokerbook.access.actor import Actor
    from brokerbook.app import Catalog
    from brokerbook.store.database import Tx

KIND = KINDS["messagingService"]
FIELDS = "fields=owners,tags,domains"
PAGES = (10, 100, 1000)
CHECKS = 20_000
ENTITIES = 500


class Queries:
    """Counts the queries of every connection that this process opens; transactions' begins and ends are none."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self._connect = sqlite.connect
        sqlite.connect = self._connected

    def _connected(self, path: Path, *, readonly: bool = False) -> sqlite3.Connection:
        connection = self._connect(path, readonly=readonly)
        connection.set_trace_callback(self._traced)
        return connection

    def _traced(self, text: str) -> None:
        if text.lstrip().upper().startswith(("SELECT", "WITH")):
            self.texts.append(text)

    def taken(self) -> list[str]:
        """The queries since it was asked last."""
        found, self.texts = self.texts, []
        return found


def asked(token: str, query: str) -> dict[str, Any]:
    """A GET of the collection, as ASGI has it."""
    return {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "http",
        "path": PATH, "raw_path": PATH.encode(), "root_path": "", "query_string": query.encode(),
        "headers": [(b"host", b"127.0.0.1"), (b"authorization", f"Bearer {token}".encode())],
        "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 1),
    }  # fmt: skip


async def _received() -> Any:
    return {"type": "http.request", "body": b"", "more_body": False}


async def answered(catalog: Catalog, token: str, query: str) -> Any:
    """The JSON of a list, from the application itself."""
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    await catalog.api(asked(token, query), _received, send)
    content = b"".join(message.get("body", b"") for message in sent)
    if sent[0]["status"] != 200:
        sys.exit(f"A list was answered {sent[0]['status']}: {content[:500]!r}")
    return json.loads(content)


async def queries(catalog: Catalog, counted: Queries, token: str, services: int) -> dict[str, float]:
    """For each size of page the most queries that one of the first three pages needed."""
    await answered(catalog, token, f"limit=1&{FIELDS}")  # the caller is known from now on, the reader's connection open
    found: dict[str, float] = {}
    for size in PAGES:
        if size > services:
            continue
        most: list[str] = []
        after = ""
        for _ in range(min(3, services // size)):
            counted.taken()
            page = await answered(catalog, token, f"limit={size}&{FIELDS}{after}")
            taken = counted.taken()
            if len(page["data"]) != size or not taken or not all(one["owners"] for one in page["data"]):
                sys.exit(f"A page of {size} holds {len(page['data'])}, {len(taken)} queries were counted.")
            most = max(most, taken, key=len)
            after = f"&after={page['paging'].get('after', '')}"
        found[f"queries for a list of {size:,}"] = len(most)
    return found


def microseconds(check: Callable[[int], None]) -> float:
    """How long one call takes, of many, once all that is remembered is remembered."""
    for number in range(ENTITIES):
        check(number)
    began = time.perf_counter()
    for number in range(CHECKS):
        check(number % ENTITIES)
    return (time.perf_counter() - began) / CHECKS * 1e6


def checks(tx: Tx, actor: Actor) -> dict[str, float]:
    """How long it takes to say whether the caller may do one operation on one of many services."""
    rows = list(entities.find_many_by_fqn(tx, KIND.name, [name(n) for n in range(ENTITIES * 2)]).values())
    links = [refs.loaded(KIND, relations.of(tx, row.id)) for row in rows]

    def allowed(operation: str, number: int) -> bool:
        return policy.allows(actor, operation, facts.of_row(tx, KIND, rows[number], links[number]))

    def run(operation: str, wanted: bool, *, read: bool = False) -> float:  # noqa: FBT001
        chosen = [n for n in range(len(rows)) if allowed(operation, n) is wanted]
        if not chosen:
            sys.exit(f"No service is there of which {operation} is {'allowed' if wanted else 'refused'}.")

        def check(number: int) -> None:
            place = chosen[number % len(chosen)]
            known = facts.of_row(tx, KIND, rows[place], None if read else links[place])
            try:
                policy.check(actor, (operation,), known)
            except NotAuthorized:
                if wanted:
                    raise
            else:
                if not wanted:
                    sys.exit(f"{operation} of {rows[place].name} is allowed.")

        return microseconds(check)

    return {
        "check, allowed without condition": run("ViewBasic", wanted=True),
        "check, allowed as the owner": run("EditAll", wanted=True),
        "check, refused": run("EditAll", wanted=False),
        "check, as owner, references read": run("EditAll", wanted=True, read=True),
    }


def main(data: Path, token: str, services: int) -> None:
    """Measures and prints."""
    settings = Settings(data=data, log_level="error")  # standard error is the run's own
    with contextlib.closing(create_app(settings)) as catalog:
        gc.freeze()
        actor = catalog.context.authenticator.actor(Request(asked(token, ""), _received, catalog.context))
        found: dict[str, float] = {"policies that apply to the consumer": len(actor.rights.grants)}
        found |= catalog.context.database.peek(lambda tx: checks(tx, actor))
    counted = Queries()  # of connections that are opened from now on; counting takes time
    with contextlib.closing(create_app(settings)) as catalog:
        found |= asyncio.run(queries(catalog, counted, token, services))
    print(json.dumps(found))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
