"""Keeps the search index: what has changed is indexed before somebody searches, or when nobody writes.

A write pays one small row in a queue. A search first indexes the newest changes, so whoever has written something finds
it; what a large import has left behind is indexed in the background, in pieces between which others write.
"""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING, TypeVar

from brokerbook.engine import search_words
from brokerbook.errors import CatalogError
from brokerbook.store import entities
from brokerbook.store import search_index as store

if TYPE_CHECKING:
    from collections.abc import Callable

    from brokerbook.store.database import Database, Tx

T = TypeVar("T")
_log = logging.getLogger(__name__)
PIECE = 250
"""Entities indexed in one transaction: some ten milliseconds."""
LONGEST_WAIT = 2.0
"""Seconds that a search waits for the index; what is older than what can be indexed in that time is missing then."""
IDLE_SECONDS = 0.5
"""Nobody has to have written for so long that the background indexes."""
MOST_BUSY = 20
"""After so many times of these it indexes a piece, however many write."""
LONGEST_SEARCH = 10.0
"""Seconds after which a search is given up: a few words can ask for more than anybody waits for."""
MOST_AT_ONCE = 2
"""Searches under way at once; one reader of the database is left to everybody else."""


def index(tx: Tx) -> bool:
    """Indexes a piece of what has changed, the newest first; whether anything is left."""
    waiting = store.newest(tx, PIECE)
    if waiting.ids:
        rows = entities.find_many(tx, waiting.ids)
        store.replace(tx, waiting.ids, search_words.entries(tx, list(rows.values())))
        store.done(tx, waiting)
    return store.is_behind(tx)


def count_waiting(tx: Tx) -> int:
    """How many changes are not indexed yet."""
    return store.count_waiting(tx)


class SearchIndex:
    """The index of one running catalog."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._turns = asyncio.Semaphore(MOST_AT_ONCE)

    async def search(self, found: Callable[[Tx], T]) -> T:
        """Reads the index once it is up to date, as far as somebody may wait for that; TooLong if it takes too long.

        While nothing can be written, it is read as it is: what an answer tells of what waits says so.
        """
        try:
            await self.catch_up()
        except CatalogError as error:
            _log.warning("what has changed is not indexed yet: %s", error.message)
        async with self._turns:
            return await self._database.read(found, seconds=LONGEST_SEARCH)

    async def catch_up(self) -> None:
        """Indexes what has changed, for as long as a search may wait."""
        behind = self._database.peek(store.is_behind)
        deadline = time.monotonic() + LONGEST_WAIT
        while behind and time.monotonic() < deadline:
            behind = await self._database.write(index)

    async def keep(self) -> None:
        """Indexes whenever nobody has written for a while, until it is cancelled; every now and then a piece anyhow."""
        written, busy = -1, 0
        while True:
            await asyncio.sleep(IDLE_SECONDS)
            busy = busy + 1 if self._database.grouped != written else 0
            if busy in (0, MOST_BUSY):
                try:
                    await self._index_while_quiet(pieces=1 if busy else None)
                except CatalogError as error:
                    _log.warning("what has changed is not indexed yet: %s", error.message)
                busy = 0
            written = self._database.grouped

    async def _index_while_quiet(self, pieces: int | None) -> None:
        database = self._database
        behind, done, before = database.peek(store.is_behind), 0, database.grouped
        while behind and done != pieces and not database.waiting and database.grouped <= before + done:
            behind = await database.write(index)
            done += 1
