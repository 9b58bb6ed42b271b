"""Storing what an entity refers to from now on, and what follows of that for others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from brokerbook.engine import refs
from brokerbook.engine.state import edge_changes
from brokerbook.store import entities, relations

if TYPE_CHECKING:
    from brokerbook.engine.write import Work
    from brokerbook.kinds.kind import Kind


def store(work: Work, kind: Kind, entity_id: str, before: refs.Links, after: refs.Links) -> bool:
    """Stores the difference between two states of an entity's links; whether there is any.

    What leaves a data product is no output port of it any more.
    """
    added, removed = edge_changes(before, after)
    relations.insert(work.tx, refs.edge_rows(kind, entity_id, added))
    relations.delete(work.tx, [row[:3] for row in refs.edge_rows(kind, entity_id, removed)])
    left = [item.id for field, item in removed if field == "dataProducts"]
    relations.delete(work.tx, [(product_id, "outputPorts", entity_id) for product_id in left])
    settable = {link.field for link in kind.settable}
    if others := [item.id for field, item in (*added, *removed) if field in settable]:
        entities.forget_digests(work.tx, others)
    return bool(added or removed)
