"""The parts of a data directory that commands work with: its keys, and transactions in the catalog's own name."""

# ruff: noqa: PLC0415

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING

from brokerbook.errors import StartupError

if TYPE_CHECKING:
    from collections.abc import Generator

    from brokerbook.access.tokens import Signer
    from brokerbook.engine.secrets import Sealer
    from brokerbook.engine.write import Work
    from brokerbook.settings import Settings

_NOTICED_SECONDS = 0.3
"""A running server looks for changes of users and tokens ten times a second."""


def now() -> int:
    """The time, in epoch milliseconds."""
    return time.time_ns() // 1_000_000


def sealer(settings: Settings) -> Sealer:
    """What seals secrets; a StartupError if there is no key."""
    from brokerbook.engine.secrets import Sealer
    from brokerbook.store.keyring import Keyring
    from brokerbook.store.visit import catalog

    catalog(settings.data)
    keyring = Keyring(settings)
    if not keyring.keys:
        raise StartupError(f"There is no secrets key in {keyring.source}. Put it back, from a backup if need be.")
    return Sealer(keyring)


def signer(settings: Settings) -> Signer:
    """What signs tokens; a StartupError if there is no key."""
    from brokerbook.access.tokens import Signer
    from brokerbook.store.visit import catalog

    catalog(settings.data)
    if not settings.token_key_file.is_file():
        raise StartupError(
            f"There is no key to sign tokens with in {settings.token_key_file}. Put it back from a backup; "
            "or start the server, which makes a new one: then no token that was given out works any more."
        )
    return Signer(settings.token_key_file.read_bytes(), issuer=settings.token_issuer)


@contextlib.contextmanager
def working(settings: Settings) -> Generator[Work]:
    """One transaction in which the catalog itself writes."""
    from brokerbook.access.actor import SYSTEM
    from brokerbook.engine.write import Work
    from brokerbook.store.visit import writing

    seals = sealer(settings)
    with writing(settings.data) as tx:
        yield Work(tx, SYSTEM, seals, now())


def settle(settings: Settings) -> None:
    """Waits until a running server has noticed that somebody may do less than before."""
    from brokerbook.store.lock import holder

    if holder(settings.data) is not None:
        time.sleep(_NOTICED_SECONDS)
