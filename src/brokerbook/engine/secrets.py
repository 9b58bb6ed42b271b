"""Secrets: taken out of documents when written, sealed in a place of their own, put back for those who may see them.

A document holds the mask wherever a secret is; the secrets of one entity are sealed together with AES-256-GCM under
the catalog's current key, bound to the entity's id. So documents, versions, events and logs are clean by construction.
"""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from brokerbook.engine import redaction
from brokerbook.errors import BadRequest, CatalogError
from brokerbook.store import secrets as store

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    from brokerbook.kinds.kind import Document, Kind
    from brokerbook.store.database import Tx

MASK = "*********"
_THEIR_MASK = "**********"
"""What OpenMetadata's Python client writes into a patch in the place of any secret, a new one too: never a secret."""
Path = tuple[str | int, ...]
Secrets = dict[Path, str]
"""Where a secret lies in a document → its clear text."""

CURRENT_KEY = "secrets_key"
"""The name, among the catalog's single values, of the id of the key that seals."""
_unpack = msgspec.json.Decoder(list[tuple[list[str | int], str]])
_NONCE_BYTES = 12
_DIGEST_BYTES = 16


class Keyring(Protocol):
    """The keys that seal, by id; `reload` looks again where they come from."""

    @property
    def keys(self) -> Mapping[str, bytes]: ...

    def reload(self) -> None: ...


class Sealer:
    """Seals and unseals the secrets of entities."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring
        self._ciphers: dict[str, AESGCM] = {}
        pepper = next(iter(keyring.keys.values()))
        self._digest_key = hashlib.blake2b(pepper, person=b"put-digest").digest()

    def seal(self, tx: Tx, entity_id: str, secrets: Secrets) -> None:
        """Stores an entity's secrets under the current key; none at all removes what was stored."""
        if not secrets:
            store.delete(tx, entity_id)
            return
        key_id = store.meta(tx, CURRENT_KEY) or next(iter(self._keyring.keys))
        store.put(tx, entity_id, key_id, self.sealed(key_id, entity_id, _packed(secrets)))

    def seal_new(self, tx: Tx, secrets: Mapping[str, Secrets]) -> None:
        """Stores the secrets of entities that had none, by their ids."""
        if not secrets:
            return
        key_id = store.meta(tx, CURRENT_KEY) or next(iter(self._keyring.keys))
        store.put_many(tx, key_id, [(eid, self.sealed(key_id, eid, _packed(found))) for eid, found in secrets.items()])

    def sealed(self, key_id: str, entity_id: str, clear: bytes) -> bytes:
        """Bytes sealed under a key, bound to an id."""
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._cipher(key_id).encrypt(nonce, clear, entity_id.encode())

    def unsealed(self, key_id: str, entity_id: str, sealed: bytes) -> bytes:
        """The bytes that were sealed; a key that is not there or not the same is a CatalogError without details."""
        from cryptography.exceptions import InvalidTag  # noqa: PLC0415  as below

        try:
            return self._cipher(key_id).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], entity_id.encode())
        except InvalidTag:
            raise CatalogError(f"The secrets of {entity_id} cannot be unsealed with the key {key_id}.") from None

    def unseal(self, tx: Tx, entity_id: str) -> Secrets:
        """An entity's stored secrets; empty if it has none."""
        found = store.find(tx, entity_id)
        return unpacked(self.unsealed(found[0], entity_id, found[1])) if found else {}

    def unseal_many(self, tx: Tx, ids: list[str]) -> dict[str, Secrets]:
        """As `unseal`, for many entities; those without secrets are left out."""
        found = store.find_many(tx, ids)
        return {eid: unpacked(self.unsealed(key_id, eid, sealed)) for eid, (key_id, sealed) in found.items()}

    def put_digest(self, body: bytes, *, is_bot: bool) -> bytes:
        """A keyed digest by which a repeated PUT is recognised; without the key it tells nothing about the body."""
        digest = hashlib.blake2b(body, key=self._digest_key, digest_size=_DIGEST_BYTES)
        if is_bot:
            digest.update(b"\x00bot")
        return digest.digest()

    def _cipher(self, key_id: str) -> AESGCM:
        cipher = self._ciphers.get(key_id)
        if cipher is None:
            from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415  a tenth of a start

            if key_id not in self._keyring.keys:
                self._keyring.reload()
            if key_id not in self._keyring.keys:
                raise CatalogError(f"The secrets key {key_id} is not available.")
            cipher = self._ciphers[key_id] = AESGCM(self._keyring.keys[key_id])
        return cipher


def _packed(secrets: Secrets) -> bytes:
    return msgspec.json.encode([[list(path), value] for path, value in secrets.items()])


def unpacked(clear: bytes) -> Secrets:
    """The inverse of how secrets are sealed."""
    return {tuple(path): value for path, value in _unpack.decode(clear)}


def split(kind: Kind, document: Document, stored: Secrets) -> tuple[Document, Secrets]:
    """The document with masks, and its secrets.

    In what programs report, secrets are masked wherever they stand. A mask in the document stands for the stored secret; where none is stored it is a BadRequest. The mask of a free-form
    list or map is matched by its place.
    """
    paths = kind.secret_paths(document)
    if not paths:
        return document, {}
    masked = document
    secrets: Secrets = {}
    for path in paths:
        value = at(document, path)
        if is_mask(value):
            if path not in stored:
                place = ".".join(str(step) for step in path)
                raise BadRequest(
                    f"{place} is the mask {value}, but no secret is stored there that it could stand for. Send the secret."
                )
            value = stored[path]
        secrets[path] = value
        masked = placed(masked, path, MASK)
    if reports := kind.reports & masked.keys():
        sought = redaction.sought(secrets.values())
        masked = masked | {field: redaction.redacted(masked[field], sought, MASK) for field in reports}
    return masked, secrets


def joined(document: Document, secrets: Secrets) -> Document:
    """The document with its secrets in clear text; one that is no longer there is passed over."""
    if not secrets:
        return document
    clear = document
    for path, value in secrets.items():
        holder: Any = clear
        try:
            for step in path:
                holder = holder[step]
        except (KeyError, IndexError, TypeError):
            continue
        if holder == MASK:
            clear = placed(clear, path, value)
    return clear


def is_mask(value: Any) -> bool:
    """Whether a value stands for a secret."""
    return value in (MASK, _THEIR_MASK)


def at(document: Document, path: Path) -> Any:
    """What lies at a path that the document has."""
    value: Any = document
    for step in path:
        value = value[step]
    return value


def placed(holder: Any, path: Path, value: str) -> Any:
    """A copy of a document with one value replaced; what lies off the path is shared with the original."""
    if not path:
        return value
    copied: Any = holder.copy()
    copied[path[0]] = placed(holder[path[0]], path[1:], value)
    return copied


def reseal(sealer: Sealer, key_id: str, limit: int) -> Callable[[Tx], int]:
    """A unit of work that seals up to `limit` secrets anew under a key; returns how many there were."""

    def work(tx: Tx) -> int:
        rows = store.sealed_otherwise(tx, key_id, limit)
        for entity_id, old_key, sealed in rows:
            clear = sealer.unsealed(old_key, entity_id, sealed)
            store.put(tx, entity_id, key_id, sealer.sealed(key_id, entity_id, clear))
        return len(rows)

    return work
