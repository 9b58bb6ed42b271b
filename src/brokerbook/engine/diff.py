"""What changed between two states of an entity, as the wire tells it. Pure.

Fields: contract, "changeDescription". Items of lists are compared by what they are, so order alone is no change.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from brokerbook.model import schema_fields

if TYPE_CHECKING:
    from brokerbook.engine.refs import Item
    from brokerbook.engine.state import State
    from brokerbook.kinds.kind import Document, Kind

COMMON = frozenset(
    {
        "id",
        "name",
        "fullyQualifiedName",
        "version",
        "updatedAt",
        "updatedBy",
        "impersonatedBy",
        "href",
        "changeDescription",
        "incrementalChangeDescription",
    }
)
"""Plain fields that every kind has and that no comparison looks at."""

_SEALED_CHANGE = {"oldValue": '"old-encrypted-value"', "newValue": '"new-encrypted-value"'}


class Change:
    """Added, updated and deleted fields; empty lists where there is none."""

    __slots__ = ("added", "breaking", "deleted", "updated")

    def __init__(self) -> None:
        self.added: list[Document] = []
        self.updated: list[Document] = []
        self.deleted: list[Document] = []
        self.breaking = False
        """Whether a field of a schema is gone, on which readers may rely."""

    def __bool__(self) -> bool:
        return bool(self.added or self.updated or self.deleted)

    @property
    def fields(self) -> set[str]:
        """The names of what changed."""
        return {change["name"] for change in (*self.added, *self.updated, *self.deleted)}

    def description(self, previous: int, summary: Document | None = None) -> Document:
        """The change as the wire's changeDescription over a version (in tenths)."""
        described: Document = {
            "fieldsAdded": self.added,
            "fieldsUpdated": self.updated,
            "fieldsDeleted": self.deleted,
            "previousVersion": previous / 10,
        }
        if summary:
            described["changeSummary"] = summary
        return described


def changes(kind: Kind, old: State, new: State) -> Change | None:
    """What turns `old` into `new`, or None if nothing that a version records did."""
    change = Change()
    _compare_fields(change, kind, old, new)
    _compare_links(change, kind, old, new)
    return change or None


def _compare_fields(change: Change, kind: Kind, old: State, new: State) -> None:
    if old.document.get("name") != new.document.get("name"):
        change.updated.append({"name": "name", "oldValue": old.document["name"], "newValue": new.document["name"]})
    for field in kind.plain:
        if field in COMMON or field in kind.unversioned:
            continue
        before, after = old.document.get(field), new.document.get(field)
        if field == kind.schema:
            schema_fields.compare(change, before, after, old.document["fullyQualifiedName"])
            continue
        if field == kind.sealed:
            if before != after or old.secrets != new.secrets:
                change.updated.append({"name": field} | _SEALED_CHANGE)
            continue
        if before == after:
            continue
        if before is None:
            change.added.append({"name": field, "newValue": _value(after)})
        elif after is None:
            change.deleted.append({"name": field, "oldValue": _value(before)})
        else:
            change.updated.append({"name": field, "oldValue": _value(before), "newValue": _value(after)})


def _compare_links(change: Change, kind: Kind, old: State, new: State) -> None:
    for link in kind.links:
        if not link.versioned or (link.reverse and link.field not in new.links):
            continue
        before_items, after_items = old.links.get(link.field, []), new.links.get(link.field, [])
        if link.given == "fieldLabels":
            _compare_labels(change, before_items, after_items)
            continue
        if added := _only(after_items, before_items):
            change.added.append({"name": link.field, "newValue": _texts(added)})
        if deleted := _only(before_items, after_items):
            change.deleted.append({"name": link.field, "oldValue": _texts(deleted)})


def _compare_labels(change: Change, before: list[Item], after: list[Item]) -> None:
    """The labels of each field, under the name of the field's own tags."""
    if before == after:
        return
    for path in sorted({item.shown["field"] for item in (*before, *after)}):
        old, new = ([item for item in items if item.shown["field"] == path] for items in (before, after))
        name = f"messageSchema.schemaFields.{path}.tags"
        if added := _only(new, old):
            change.added.append({"name": name, "newValue": _texts([item["label"] for item in added])})
        if deleted := _only(old, new):
            change.deleted.append({"name": name, "oldValue": _texts([item["label"] for item in deleted])})


def _value(value: Any) -> Any:
    return msgspec.json.encode(value).decode() if isinstance(value, (dict, list)) else value


def _only(items: list[Item], others: list[Item]) -> list[Document]:
    if not items:
        return []
    known = {(item.id, item.data) for item in others}
    return [item.shown for item in items if (item.id, item.data) not in known]


def _texts(items: list[Document]) -> str:
    return msgspec.json.encode(items).decode()
