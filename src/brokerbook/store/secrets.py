"""Sealed secrets, one blob for each entity that has some; and which key seals them now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from brokerbook.store.database import array

if TYPE_CHECKING:
    from collections.abc import Iterable

    from brokerbook.store.database import Tx

_FIND = "SELECT key_id, sealed FROM secret WHERE entity_id = :id"
_FIND_MANY = "SELECT entity_id, key_id, sealed FROM secret WHERE entity_id IN (SELECT value FROM json_each(:ids))"
_PUT = (
    "INSERT INTO secret (entity_id, key_id, sealed) VALUES (:entity_id, :key_id, :sealed)"
    " ON CONFLICT (entity_id) DO UPDATE SET key_id = excluded.key_id, sealed = excluded.sealed"
)
_DELETE = "DELETE FROM secret WHERE entity_id = :id"


def find(tx: Tx, entity_id: str) -> tuple[str, bytes] | None:
    """The id of the sealing key and the sealed bytes."""
    row = tx.one(_FIND, {"id": entity_id})
    return (row[0], row[1]) if row else None


def find_many(tx: Tx, ids: Iterable[str]) -> dict[str, tuple[str, bytes]]:
    """As `find`, for many entities, by id."""
    return {row[0]: (row[1], row[2]) for row in tx.all(_FIND_MANY, {"ids": array(ids)})}


def put(tx: Tx, entity_id: str, key_id: str, sealed: bytes) -> None:
    """Stores an entity's sealed secrets in place of any that it had."""
    tx.run(_PUT, {"entity_id": entity_id, "key_id": key_id, "sealed": sealed})


def put_many(tx: Tx, key_id: str, sealed: list[tuple[str, bytes]]) -> None:
    """Stores (entity id, sealed secrets) of many entities."""
    tx.many(_PUT, [{"entity_id": entity_id, "key_id": key_id, "sealed": blob} for entity_id, blob in sealed])


def delete(tx: Tx, entity_id: str) -> None:
    """Forgets an entity's secrets."""
    tx.run(_DELETE, {"id": entity_id})


_META = "SELECT value FROM meta WHERE name = :name"
_SET_META = (
    "INSERT INTO meta (name, value) VALUES (:name, :value) ON CONFLICT (name) DO UPDATE SET value = excluded.value"
)


def meta(tx: Tx, name: str) -> str | None:
    """A single value of the catalog."""
    row = tx.one(_META, {"name": name})
    return row[0] if row else None


def set_meta(tx: Tx, name: str, value: str) -> None:
    """Sets a single value of the catalog."""
    tx.run(_SET_META, {"name": name, "value": value})


_SEALED_OTHERWISE = (
    "SELECT entity_id, key_id, sealed FROM secret WHERE key_id < :key_id OR key_id > :key_id LIMIT :limit"
)
_KEYS = "SELECT DISTINCT key_id FROM secret"


def sealed_otherwise(tx: Tx, key_id: str, limit: int) -> list[tuple[str, str, bytes]]:
    """Secrets that another key than this one seals: (entity id, key id, sealed)."""
    return [(e, k, s) for e, k, s in tx.all(_SEALED_OTHERWISE, {"key_id": key_id, "limit": limit})]


def key_ids(tx: Tx) -> set[str]:
    """The keys that seal something."""
    return {key_id for (key_id,) in tx.all(_KEYS)}
