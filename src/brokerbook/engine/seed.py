"""What a catalog holds from its first start: the administrator and the ingestion bot. Later starts change nothing."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from brokerbook.access import passwords, policy
from brokerbook.access.actor import SYSTEM
from brokerbook.engine import write
from brokerbook.engine.write import Work
from brokerbook.kinds.user import USER, CreateUser
from brokerbook.store import identity
from brokerbook.store import secrets as store

if TYPE_CHECKING:
    from brokerbook.engine.secrets import Sealer
    from brokerbook.store.database import Tx

ADMINISTRATOR = "admin"
_SEEDED = "seeded"
MAIL_DOMAIN = "brokerbook.local"


def is_done(tx: Tx) -> bool:
    """Whether this catalog has been started before."""
    return store.meta(tx, _SEEDED) is not None


def first_start(tx: Tx, sealer: Sealer, password: str) -> None:
    """Makes the administrator, with this password, and the ingestion bot, in the caller's transaction."""
    now = time.time_ns() // 1_000_000
    work = Work(tx, SYSTEM, sealer, now)
    made = write.create(
        work,
        USER,
        CreateUser(
            name=ADMINISTRATOR, email=f"{ADMINISTRATOR}@{MAIL_DOMAIN}", displayName="Administrator", isAdmin=True
        ),
    )
    identity.set_password(tx, made.row.id, passwords.hashed(password), now=now)
    write.create(
        work,
        USER,
        CreateUser(
            name=policy.INGESTION_BOT,
            email=f"{policy.INGESTION_BOT}@{MAIL_DOMAIN}",
            displayName="IngestionBot",
            description="Writes what ingestion finds; sees secrets in clear text.",
            isBot=True,
        ),
    )
    store.set_meta(tx, _SEEDED, str(now))
