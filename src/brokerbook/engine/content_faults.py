"""What can be wrong with contents that are stored once: gone while somebody needs them, damaged, or needed by nobody."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import msgspec

from brokerbook.engine import message_schemas
from brokerbook.store import contents
from brokerbook.store import verify as store

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from brokerbook.kinds.kind import Document, Kind
    from brokerbook.store.database import Tx


def lacking(tx: Tx, kind: Kind, entity_id: str, texts: Sequence[str]) -> Iterator[str]:
    """What an entity's documents, the current one and those of earlier versions, refer to and cannot be found."""
    if kind.schema is None:
        return
    hashes = {key for text in texts for key in _hashes(kind, text)}
    if not hashes:
        return
    there = contents.find(tx, hashes)
    if gone := sorted(hashes - there.keys()):
        yield f"what its schema is made of, {', '.join(gone)}, is not there."
    if unnoted := sorted(hashes - store.contents_of(tx, entity_id)):
        yield f"it is not noted that it needs {', '.join(unnoted)}."


def _hashes(kind: Kind, text: str) -> list[str]:
    try:
        document: Document = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return []  # told of elsewhere
    found = [document.get(kind.schema or "")] + [item.get("schema") for item in document.get("schemas") or ()]
    return [key for ref in found if isinstance(ref, str) for key in message_schemas.hashes(ref)]


def problems(tx: Tx) -> Iterator[str]:
    """Contents that are not what their hash says, and those that nobody needs."""
    for key, doc in store.contents(tx):
        if hashlib.sha256(doc.encode()).hexdigest() != key:
            yield f"The content {key} is damaged."
    for key in store.unneeded_contents(tx):
        yield f"Nobody needs the content {key} any more."
