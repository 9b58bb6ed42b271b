"""What changed between two versions of a topic's schema, or would with another one, and whom it breaks."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec

from brokerbook.access import policy
from brokerbook.engine import facts, message_schemas, read, version
from brokerbook.errors import BadRequest, EntityNotFound
from brokerbook.kinds.topic import TOPIC, SchemaType
from brokerbook.model.wire import Wire
from brokerbook.schemas.compatibility import Comparison, between
from brokerbook.store import versions

if TYPE_CHECKING:
    from brokerbook.engine.read import Viewer
    from brokerbook.kinds.kind import Document
    from brokerbook.model.schema_fields import Schema
    from brokerbook.store.database import Tx
    from brokerbook.store.entities import EntityRow


class Candidate(Wire, frozen=True, kw_only=True):
    """A schema that a topic might get; without a type it has the one that the topic's schema has."""

    schemaText: str
    schemaType: SchemaType | None = None


class SchemaChanges(Wire, frozen=True, kw_only=True):
    """Two versions of a topic, or one and a candidate (`to` is absent then), and what changed between their schemas."""

    fromVersion: float
    toVersion: float | None = None
    comparison: Comparison


class Pair(NamedTuple):
    """Two schemas to be compared: their texts, the type of the new one, and the versions that they are of."""

    old: str
    new: str
    schema_type: str
    old_type: str
    from_version: float
    to_version: float | None


def of_versions(tx: Tx, viewer: Viewer, entity_id: str, first: str, last: str) -> Pair:
    """The schemas of two versions; without numbers, of the one that brought the schema's text and of the one before it."""
    row = _viewable(tx, viewer, entity_id)
    new = _at(tx, row, last) if last else _current(row)
    came, before = _came(tx, row, new)
    if not last:
        new = came
    old = _at(tx, row, first) if first else before
    to_version = new["version"]
    return _pair(_schema(tx, old), _schema(tx, new), old["version"], to_version)


def of_candidate(tx: Tx, viewer: Viewer, entity_id: str, candidate: Candidate) -> Pair:
    """The current schema and another one."""
    row = _viewable(tx, viewer, entity_id)
    document = _current(row)
    schema = _schema(tx, document)
    schema_type = candidate.schemaType or schema.get("schemaType") or "None"
    old_type = schema.get("schemaType") or schema_type
    return Pair(schema.get("schemaText") or "", candidate.schemaText, schema_type, old_type, document["version"], None)


def compared(pair: Pair) -> SchemaChanges:
    """What changed. It takes time: not for the thread that answers others meanwhile."""
    if pair.old_type != pair.schema_type:
        comparison = Comparison(
            schemaType=pair.schema_type,
            changes=[],
            note=f"Not compared: one schema is {pair.old_type}, the other {pair.schema_type}.",
        )
    elif not (pair.old and pair.new):
        comparison = Comparison(schemaType=pair.schema_type, changes=[], note="Not compared: one of them has no text.")
    else:
        comparison = between(pair.schema_type, pair.old, pair.new)
    return SchemaChanges(fromVersion=pair.from_version, toVersion=pair.to_version, comparison=comparison)


def _viewable(tx: Tx, viewer: Viewer, entity_id: str) -> EntityRow:
    row = read.find(tx, TOPIC, entity_id=entity_id, include="all")
    policy.check(viewer.actor, ("ViewBasic",), facts.of_row(tx, TOPIC, row))
    return row


def _current(row: EntityRow) -> Document:
    return msgspec.json.decode(row.doc)


def _at(tx: Tx, row: EntityRow, text: str) -> Document:
    try:
        number = version.parsed(text)
    except ValueError:
        raise BadRequest(f'For input string: "{text[:80]}"') from None
    if number == row.version:
        return _current(row)
    stored = versions.find(tx, row.id, number)
    if stored is None:
        raise EntityNotFound(f"{TOPIC.name} instance for {row.id} and version {text} not found")
    return msgspec.json.decode(stored)


def _came(tx: Tx, row: EntityRow, new: Document) -> tuple[Document, Document]:
    """The version that brought the text which a version's schema has, and the one before; the same twice if it is the first."""
    came = new
    text = _text_of(new)
    for stored in versions.of(tx, row.id):
        document: Document = msgspec.json.decode(stored)
        if document["version"] >= new["version"]:
            continue
        if _text_of(document) != text:
            return came, document
        came = document
    return came, came


def _text_of(document: Document) -> str:
    return document.get(message_schemas.FIELD, "").partition(":")[0]


def _schema(tx: Tx, document: Document) -> Schema | Document:
    return message_schemas.opened(tx, TOPIC, document).get(message_schemas.FIELD) or {}


def _pair(old: Document, new: Document, from_version: float, to_version: float) -> Pair:
    return Pair(
        old.get("schemaText") or "",
        new.get("schemaText") or "",
        new.get("schemaType") or "None",
        old.get("schemaType") or "None",
        from_version,
        to_version,
    )
