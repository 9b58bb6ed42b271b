"""Contents that are stored once, however many entities have them: by the hash of what they hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

from brokerbook.store.database import array

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from brokerbook.store.database import Tx

_FIND = "SELECT hash, doc FROM content WHERE hash IN (SELECT value FROM json_each(:hashes))"
_INSERT = "INSERT INTO content (hash, doc) VALUES (:hash, :doc) ON CONFLICT DO NOTHING"
_USE = "INSERT INTO content_use (entity_id, hash) VALUES (:entity_id, :hash) ON CONFLICT DO NOTHING"
_USERS = "SELECT entity_id FROM content_use WHERE hash = :hash ORDER BY entity_id LIMIT :limit"

Content = tuple[str, str]
"""A hash, and what it stands for."""


def find(tx: Tx, hashes: Iterable[str]) -> dict[str, str]:
    """What these hashes stand for; one that stands for nothing is left out."""
    return dict(tx.all(_FIND, {"hashes": array(hashes)}))


def keep(tx: Tx, needed: Sequence[tuple[str, Content]]) -> None:
    """Stores what entities, by id, need from now on, unless it is there."""
    if needed:
        new = dict(content for _, content in needed)
        tx.many(_INSERT, [{"hash": key, "doc": doc} for key, doc in new.items()])
        tx.many(_USE, [{"entity_id": entity_id, "hash": key} for entity_id, (key, _) in needed])


def users(tx: Tx, key: str, limit: int) -> list[str]:
    """The ids of entities that need something, or did in an earlier version."""
    return [row[0] for row in tx.all(_USERS, {"hash": key, "limit": limit})]
