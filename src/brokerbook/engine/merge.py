"""Stored and requested to next: what a PUT does to an entity that exists. Pure.

Rules: contract, "PUT semantics", rulings 5 and 13. A PUT never removes what links an entity to others; a person's PUT
removes a description or display name by leaving it out; a bot never overwrites what is there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from brokerbook.engine.diff import COMMON
from brokerbook.engine.refs import order
from brokerbook.engine.state import State
from brokerbook.kinds.kind import FIELD_LABELS
from brokerbook.model import schema_fields

if TYPE_CHECKING:
    from brokerbook.engine.refs import Item, Links
    from brokerbook.kinds.kind import Document, Kind
    from brokerbook.model.schema_fields import Schema

_NOTE = "schemaNote"
_NOT_FOR_BOTS = frozenset({"extension"})
"""Plain fields that a bot's PUT leaves as they are, there or not."""


def put(kind: Kind, stored: State, asked: Document, links: Links, *, is_bot: bool, override: bool = False) -> State:
    """The entity after a PUT: `asked` holds the plain fields given, `links` the links given.

    With `override` a bot's values replace those that are there, tags too; what it leaves out stays.
    Secrets are the stored ones still; the caller splits the result's document against them.
    """
    document = _document(kind, stored, asked, is_bot=is_bot, override=override)
    merged = dict(stored.links)
    for field, items in links.items():
        link, there = kind.link_of[field], stored.links.get(field, [])
        if link.union_on_put and not override:
            merged[field] = _union(there, items)
        elif link.given == "relations":
            merged[field] = _related(there, items)
        elif override or not (is_bot and there and not link.bot_may_replace):
            merged[field] = items
    if kind.schema is not None and (labels := merged.get(FIELD_LABELS.field)):
        schema: Document = document.get(kind.schema) or {}
        merged[FIELD_LABELS.field] = _on_fields(labels, schema_fields.paths(schema.get("schemaFields", [])))
    return State(document, merged, stored.secrets)


def _on_fields(labels: list[Item], paths: set[str]) -> list[Item]:
    """The labels of those fields that there are, also of one whose name is written in another case now."""
    spelled = {path.lower(): path for path in paths}
    found: dict[tuple[str, str], Item] = {}
    for item in labels:
        field = item.shown["field"]
        path = field if field in paths else spelled.get(field.lower())
        if path is not None:
            found.setdefault((path, item.id), item._replace(shown=item.shown | {"field": path}))
    return sorted(found.values(), key=order)


def _document(kind: Kind, stored: State, asked: Document, *, is_bot: bool, override: bool) -> Document:
    document = {
        key: value
        for key, value in stored.document.items()
        if key not in kind.replaced_on_put and (is_bot or key not in kind.removed_on_put)
    }
    if kind.schema in asked:
        document.pop(_NOTE, None)  # what cannot be read of the text is told anew
    for field, value in asked.items():
        if field in COMMON or field in kind.immutable:
            continue
        if is_bot and not override and _is_kept(kind, stored, field):
            continue
        document[field] = value
    if kind.schema in asked and kind.schema in stored.document:
        keep = is_bot and not override
        document[kind.schema] = _schema(stored.document[kind.schema], asked[kind.schema], keep=keep)
        if document[kind.schema] is stored.document[kind.schema] and not asked[kind.schema].get("schemaText"):
            document |= {field: stored.document[field] for field in (_NOTE,) if field in stored.document}
    if "deleted" in document:
        document["deleted"] = False
    return document


def _is_kept(kind: Kind, stored: State, field: str) -> bool:
    """Whether a bot's PUT leaves the field as it is."""
    return field in _NOT_FOR_BOTS or (field in kind.removed_on_put and bool(stored.document.get(field)))


def _schema(stored: Schema, asked: Schema, *, keep: bool) -> Schema:
    """The schema asked for, whose fields keep what is known of them; the stored one if there is no difference.

    One without text and without fields says nothing, and what is stored stays: a registry that could not be asked must not
    look like one that has no schema. How a bot says that a type is displayed counts if the text is another one.
    """
    text = asked.get("schemaText") or stored.get("schemaText")
    if not asked["schemaFields"] and text == stored.get("schemaText"):
        return stored
    same = text == stored.get("schemaText")
    fields: schema_fields.Fields = asked["schemaFields"]
    if fields != stored["schemaFields"]:
        fields = schema_fields.merged(stored["schemaFields"], fields, keep=keep, keep_display=keep and same)
    schema_type = asked.get("schemaType") if asked.get("schemaText") else stored.get("schemaType")
    found = schema_fields.schema(text, schema_type or asked.get("schemaType"), fields)
    return stored if found == stored else found


def _related(there: list[Item], given: list[Item]) -> list[Item]:
    """A request to create says what is related and not how: what is related already stays so, in all its types."""
    named, known = {item.id for item in given}, {item.id for item in there}
    kept = [item for item in there if item.id in named] + [item for item in given if item.id not in known]
    return sorted(kept, key=lambda item: (item.shown["term"]["name"], item.id, item.shown["relationType"]))


def _union(there: list[Item], given: list[Item]) -> list[Item]:
    items = {(item.shown.get("field"), item.id): item for item in (*given, *there)}
    return sorted(items.values(), key=order)
