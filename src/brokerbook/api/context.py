"""What handlers work with: the open database, the settings and the keys, handed over once at the start."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from brokerbook.access.tokens import Signer
    from brokerbook.addresses import Reach
    from brokerbook.api.auth import Authenticator
    from brokerbook.api.openapi import Description
    from brokerbook.api.telemetry import Telemetry
    from brokerbook.engine.jobs import Jobs
    from brokerbook.engine.last_use import LastUse
    from brokerbook.engine.search_index import SearchIndex
    from brokerbook.engine.secrets import Sealer
    from brokerbook.engine.sign_in import SignIn
    from brokerbook.settings import Settings
    from brokerbook.store.sqlite import SqliteDatabase


@dataclass(slots=True)
class Context:
    """The parts of a running catalog, as `app.py` put them together."""

    settings: Settings
    database: SqliteDatabase
    sealer: Sealer
    signer: Signer
    sign_in: SignIn
    authenticator: Authenticator
    last_use: LastUse
    jobs: Jobs
    telemetry: Telemetry
    description: Description
    webhook_reach: Reach
    """Which addresses event subscriptions may have."""
    search_index: SearchIndex
    streams: int = 0
    """How many answers are being streamed by this process."""
    is_stopping: Callable[[], bool] = lambda: False
    """Whether the process is about to end: no stream is to hold it up."""
