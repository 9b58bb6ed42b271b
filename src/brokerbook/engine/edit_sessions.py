"""What an edit within a session is compared with: the entity as it was before the session. Rules: contract, "Consolidation"."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import msgspec

from brokerbook.engine import message_schemas, refs
from brokerbook.engine.state import State

if TYPE_CHECKING:
    from brokerbook.engine.state import Loaded
    from brokerbook.kinds.kind import Document, Kind
    from brokerbook.store.database import Tx

_FIELDS, _TAGS = "messageSchema.schemaFields.", ".tags"


def start(tx: Tx, kind: Kind, base_text: str, found: Loaded, state: State) -> State:
    """The entity before the session, from its archived version; `found` is now, `state` what it is to be.

    Archived versions hold no secrets: if the session has touched them already, they count as changed until it ends.
    What a link has lost since without the session's doing, because it was deleted, is nothing that the session changed.
    """
    document = message_schemas.opened(tx, kind, msgspec.json.decode(base_text))
    links: refs.Links = {}
    described: Document = found.state.document.get("changeDescription") or {}
    deleted = {change["name"]: change["oldValue"] for change in described.get("fieldsDeleted", ())}
    for link in kind.links:
        shown = document.pop(link.field, None)
        if link.reverse:
            continue
        if not link.on_write:
            links[link.field] = found.state.links.get(link.field, [])
            continue
        both = (*found.state.links.get(link.field, ()), *state.links.get(link.field, ()))
        known = {refs.key(item.shown): item.id for item in both}
        taken = _field_labels(deleted) if link.given == "fieldLabels" else _items(deleted.get(link.field))
        by_session = {refs.key(item): (item.get("term") or item).get("id", refs.key(item)) for item in taken}
        items = cast("list[Document]", shown if isinstance(shown, list) else [shown] if shown else [])
        links[link.field] = [
            refs.Item(ids[key], item, refs.data_of(item))
            for item in items
            if (key := refs.key(item)) in (ids := by_session | known)
        ]
    touched = any(change["name"] == kind.sealed for change in described.get("fieldsUpdated", ()))
    return State(document, links, {("touched in this session",): ""} if touched else found.state.secrets)


def _items(told: Any) -> list[Document]:
    return msgspec.json.decode(told or "[]")


def _field_labels(deleted: dict[str, Any]) -> list[Document]:
    """The labels of fields that changes tell of; what is told under such a name and is no label is a field."""
    return [
        {"field": name.removeprefix(_FIELDS).removesuffix(_TAGS), "label": item}
        for name, told in deleted.items()
        if name.startswith(_FIELDS) and name.endswith(_TAGS)
        for item in _items(told)
        if "tagFQN" in item
    ]


def tells_of_others(kind: Kind, stored: Document, links: refs.Links) -> bool:
    """Whether a version's change is, or is to be, of what is stored at the other ends of links: versions hold none."""
    if not kind.settable:
        return False
    described: Document = stored.get("changeDescription") or {}
    told = {change["name"] for part in ("fieldsAdded", "fieldsDeleted") for change in described.get(part, ())}
    return any(link.field in links or link.field in told for link in kind.settable)
