"""What a stored version and an event show of an entity: its document with what it refers to, without addresses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from brokerbook.engine import message_schemas, parents, refs
from brokerbook.engine.state import shown_links, spliced

if TYPE_CHECKING:
    from brokerbook.engine.refs import Links
    from brokerbook.kinds.kind import Document, Kind
    from brokerbook.store.database import Tx
    from brokerbook.store.entities import EntityRow


def text(
    tx: Tx,
    kind: Kind,
    row: EntityRow,
    links: Links,
    more: Document | None = None,
    *,
    parent: EntityRow | None = None,
) -> str:
    """The entity as JSON text; `more` is shown besides its links. Its parent is looked up unless it is at hand."""
    shown = shown_links(kind, links)
    if message_schemas.is_labelled(row.doc):
        shown.setdefault(message_schemas.LABELS, [])  # else a version would show the labels of later
    if kind.shows_parent and row.parent_id is not None:
        shown[kind.shows_parent] = refs.reference(parent) if parent else parents.reference(tx, row.parent_id)
    return spliced(row.doc, shown | more if more else shown)
