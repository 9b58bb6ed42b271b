"""What callers are shown who may see that an entity is there, but may not view all of it: `Kind.veil` says how much."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from brokerbook.access import policy
from brokerbook.engine import facts
from brokerbook.store import entities

if TYPE_CHECKING:
    from collections.abc import Sequence

    from brokerbook.access.actor import Actor
    from brokerbook.kinds.kind import Document, Kind
    from brokerbook.store.database import Tx
    from brokerbook.store.entities import EntityRow


def drawn(tx: Tx, actor: Actor, kind: Kind, row: EntityRow, text: str) -> str:
    """An entity's JSON text, or one of its versions, as the caller may see it."""
    if kind.veil is None or policy.may_all(actor, "ViewAll", kind.name):
        return text
    if policy.allows(actor, "ViewAll", facts.of_row(tx, kind, row)):
        return text
    return msgspec.json.encode(kind.veil(msgspec.json.decode(text))).decode()


def drawn_over(tx: Tx, actor: Actor, kind: Kind, ids: Sequence[str], texts: Sequence[str]) -> list[str]:
    """The same of several entities, or versions of them."""
    if kind.veil is None or policy.may_all(actor, "ViewAll", kind.name):
        return list(texts)
    rows = entities.find_many(tx, ids)
    return [drawn(tx, actor, kind, rows[one], text) for one, text in zip(ids, texts, strict=True)]


def drawn_event(tx: Tx, actor: Actor, kind: Kind, row: EntityRow, text: str) -> str:
    """A change event's JSON text, with its entity as the caller may see it."""
    if kind.veil is None:
        return text
    told: Document = msgspec.json.decode(text)
    whole = msgspec.json.encode(told["entity"]).decode()
    seen = drawn(tx, actor, kind, row, whole)
    return text if seen == whole else msgspec.json.encode(told | {"entity": msgspec.Raw(seen.encode())}).decode()
