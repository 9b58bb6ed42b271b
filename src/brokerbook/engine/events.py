"""Change events: written as rows of the transaction that they tell of, so none is lost and none is told too early."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from brokerbook.engine.state import without
from brokerbook.model.ids import new_id
from brokerbook.store import events as store

if TYPE_CHECKING:
    from brokerbook.engine.refs import Links
    from brokerbook.engine.write import Work
    from brokerbook.kinds.kind import Document, Kind
    from brokerbook.store.entities import EntityRow


def event(
    work: Work,
    kind: Kind,
    row: EntityRow,
    event_type: str,
    links: Links,
    *,
    change: Document | None = None,
    recursive: bool | None = None,
) -> Document:
    """A ChangeEvent without its `entity`."""
    previous = change["previousVersion"] if change is not None else None
    found: Document = {
        "id": new_id(),
        "eventType": event_type,
        "entityType": kind.name,
        "entityId": row.id,
        "entityFullyQualifiedName": row.fqn,
        "previousVersion": previous if previous is not None else row.version / 10,
        "currentVersion": row.version / 10,
        "userName": work.actor.name,
        "timestamp": work.now,
    }
    if domains := links.get("domains"):
        found["domains"] = [item.id for item in domains]
    if work.actor.impersonated_by is not None:
        found["impersonatedBy"] = work.actor.impersonated_by
    if change is not None:
        found["changeDescription"] = change
    if recursive:
        found["recursive"] = True
    return found


def row(
    work: Work,
    kind: Kind,
    subject: EntityRow,
    event_type: str,
    whole: str,
    links: Links,
    *,
    change: Document | None = None,
    recursive: bool | None = None,
) -> store.EventRow:
    """An event that shows the entity as it is after the change (`whole`: JSON text with masks), to be written."""
    told = event(work, kind, subject, event_type, links, change=change, recursive=recursive)
    text = f'{msgspec.json.encode(told).decode()[:-1]},"entity":{without(whole, kind.by_name)}}}'
    return store.EventRow(event_type, kind.name, subject.id, work.now, text)


def bare_row(work: Work, kind: Kind, subject: EntityRow, event_type: str, *, change: Document) -> store.EventRow:
    """An event of something about an entity that leaves it as it is, and does not show it."""
    told = event(work, kind, subject, event_type, {}, change=change)
    return store.EventRow(event_type, kind.name, subject.id, work.now, msgspec.json.encode(told).decode())


def emit(work: Work, told: store.EventRow) -> None:
    """Writes an event."""
    store.insert(work.tx, [told])
