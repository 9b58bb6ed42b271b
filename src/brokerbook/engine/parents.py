"""What an entity lies in, as its answers show it: looked up at each read, so that it is never stale."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from brokerbook.engine import refs
from brokerbook.store import entities, relations

if TYPE_CHECKING:
    from collections.abc import Sequence

    from brokerbook.engine.write import Work
    from brokerbook.kinds.kind import Document
    from brokerbook.store.database import Tx
    from brokerbook.store.entities import EntityRow


class _Service(msgspec.Struct):
    serviceType: str


_service = msgspec.json.Decoder(_Service)


def shown(tx: Tx, ids: Sequence[str]) -> dict[str, Any]:
    """A reference to what each entity lies in, by the entity's id."""
    return {edge.entity_id: refs.reference(edge, edge.target_id) for edge in relations.parents(tx, ids)}


def reference(tx: Tx, parent_id: str) -> Document | None:
    """A reference to what entities with this parent lie in; None if it is gone."""
    row = entities.find_many(tx, [parent_id]).get(parent_id)
    return refs.reference(row) if row is not None else None


def service_type(_work: Work, parent: EntityRow | None) -> Document:
    """What a new entity of a service has from it."""
    return {"serviceType": _service.decode(parent.doc).serviceType} if parent is not None else {}
