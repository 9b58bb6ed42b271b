"""When tokens were last used: noted in memory at each request, written down once a minute and at the end.

A process that is killed loses what it noted since; that is at most a minute.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from brokerbook.errors import Unavailable
from brokerbook.store import identity as store

if TYPE_CHECKING:
    from brokerbook.store.database import Database, Tx
    from brokerbook.store.identity import TokenRow

_log = logging.getLogger(__name__)
SECONDS = 60.0


class LastUse:
    """The uses of one process; all of it runs on the event loop's thread."""

    def __init__(self, database: Database) -> None:
        self.noted: dict[str, float] = {}
        """Token id → epoch seconds, not written yet. The authenticator stores into it at each request."""
        self._database = database

    def of(self, row: TokenRow) -> int | None:
        """When a token was last used, in epoch milliseconds; None: never."""
        noted = self.noted.get(row.id)
        return row.last_used_at if noted is None else int(noted * 1000)

    async def write(self) -> None:
        """Writes down what was noted; what the storage does not take now is kept for the next time."""
        noted, self.noted = self.noted, {}
        if not noted:
            return
        uses = {token_id: int(at * 1000) for token_id, at in noted.items()}

        def work(tx: Tx) -> None:
            store.note_uses(tx, uses)

        try:
            await self._database.write(work)
        except Unavailable as error:
            self.noted = noted | self.noted
            _log.warning("when tokens were last used is not written yet: %s", error.message)

    async def keep(self) -> None:
        """Writes every minute, until it is cancelled."""
        while True:
            await asyncio.sleep(SECONDS)
            await self.write()
