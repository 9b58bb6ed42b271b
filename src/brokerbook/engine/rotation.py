"""A new key for the secrets, beside a running server: begin, step until nothing is left, finish.

It may be killed anywhere and begun again. What keeps every secret readable: the new key is on disk before anything is
sealed under it; from then on the catalog's own word (`CURRENT_KEY`) makes servers seal under it; and an old key leaves
the file only inside a transaction that sees nothing sealed under it, while nobody can write. A server that meets a key
it does not know reads the file again. The caller holds `store.lock.keys`, so that no two commands do this at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from brokerbook.engine.secrets import CURRENT_KEY, reseal
from brokerbook.errors import StartupError
from brokerbook.store import secrets as store
from brokerbook.store import visit
from brokerbook.store.verify import sealed_counts

if TYPE_CHECKING:
    from pathlib import Path

    from brokerbook.engine.secrets import Sealer
    from brokerbook.store.keyring import Keyring

BATCH = 200
"""Secrets in one transaction: a few milliseconds that a running server's writers wait."""
ROTATING = "secrets_rotation"
"""The name, among the catalog's single values, of the key that an unfinished rotation leads to."""


class Rotation(NamedTuple):
    """A rotation that has begun: the key that it leads to, and how many entities' secrets are to be sealed anew."""

    key_id: str
    waiting: int
    resumed: bool
    """Whether it goes on with what an earlier command began."""


def begin(directory: Path, keyring: Keyring) -> Rotation:
    """Chooses the key and makes it the one to seal with: a new one, that of an unfinished rotation, or one added by hand.

    Keys that are not in a file of ours cannot be added to: there the first one given is the one to seal with.
    """
    keyring.reload()
    with visit.reading(directory) as tx:
        counts = sealed_counts(tx)
        current = store.meta(tx, CURRENT_KEY)
        unfinished = store.meta(tx, ROTATING) or None
    if missing := sorted(counts.keys() - keyring.keys.keys()):
        raise StartupError(
            f"Secrets are sealed with the key {', '.join(missing)}, which is not in {keyring.source}. "
            "Put that key back first. Nothing was changed."
        )
    first = next(iter(keyring.keys), None)
    if not keyring.in_file and first is not None:
        key_id = first
    elif unfinished is not None and unfinished in keyring.keys:
        key_id = unfinished
    elif first is not None and first != current:
        key_id = first  # killed between adding it and this
    else:
        key_id = keyring.add()
    with visit.writing(directory) as tx:
        store.set_meta(tx, CURRENT_KEY, key_id)
        store.set_meta(tx, ROTATING, key_id)
    waiting = sum(n for known, n in counts.items() if known != key_id)
    return Rotation(key_id, waiting, resumed=key_id == unfinished)


def step(directory: Path, sealer: Sealer, rotation: Rotation) -> int:
    """Seals some secrets anew; returns how many, 0 when none is left."""
    with visit.writing(directory) as tx:
        return reseal(sealer, rotation.key_id, BATCH)(tx)


def finish(directory: Path, keyring: Keyring, rotation: Rotation) -> list[str]:
    """Drops from our file the keys that seal nothing any more; returns their ids."""
    keyring.reload()
    dropped = [key_id for key_id in keyring.keys if key_id != rotation.key_id] if keyring.in_file else []
    with visit.writing(directory) as tx:
        used = sealed_counts(tx).keys() | {store.meta(tx, CURRENT_KEY)}
        if used - {rotation.key_id} or rotation.key_id not in keyring.keys:
            raise StartupError("The keys were changed by something else meanwhile. Give the command again.")
        if dropped:
            keyring.keep({rotation.key_id})
        store.set_meta(tx, ROTATING, "")
    return dropped
