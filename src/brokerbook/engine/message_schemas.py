"""Schemas of messages as documents hold them and as answers show them.

A document holds, first of all, the hashes of the schema's text and of its fields; what they stand for is stored once. An
answer is put together from text: the fields are stored as the wire shows them, but for the topic's name in theirs.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from threading import Lock
from typing import TYPE_CHECKING, Any

import msgspec

from brokerbook.engine import refs
from brokerbook.kinds.topic import Field, Prepared
from brokerbook.model.schema_fields import EMPTY_TEXT, NO_TEXT, SHOWN_ROOT, Schema, check_size, schema, shown
from brokerbook.model.schema_fields import taken as fields_taken
from brokerbook.store import contents, relations

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from brokerbook.engine.refs import Links
    from brokerbook.kinds.kind import Document, Kind
    from brokerbook.model.schema_fields import FieldLabel
    from brokerbook.store.database import Tx

FIELD = "messageSchema"
LABELS = "fieldLabels"
_LABELLED = ":labelled"
_START = f'{{"{FIELD}":"'
_ENTITY = ',"entity":'
_CHANGED = '"name":"messageSchema.schemaText"'
_FQN = re.compile(r'"fullyQualifiedName":"((?:[^"\\]|\\.)*)"')
_MOST_KEPT = 8 * 1024 * 1024
"""Bytes of contents that a process keeps at hand."""


Parts = list[str]
"""A content, parted where the topic's name belongs; one without fields is one part."""


class _Kept:
    """Contents that were read lately, by hash: what a hash stands for never changes."""

    def __init__(self) -> None:
        self._parts: OrderedDict[str, Parts] = OrderedDict()
        self._size = 0
        self._lock = Lock()

    def many(self, tx: Tx, hashes: Iterable[str]) -> dict[str, Parts]:
        found: dict[str, Parts] = {}
        lacking: list[str] = []
        for key in hashes:
            if (parts := self._parts.get(key)) is not None:
                found[key] = parts
            else:
                lacking.append(key)
        if lacking:
            for key, text in contents.find(tx, lacking).items():
                found[key] = text.split(SHOWN_ROOT)
                self._keep(key, found[key])
        return found

    def _keep(self, key: str, parts: Parts) -> None:
        size = _size(parts)
        if size > _MOST_KEPT // 8:
            return
        with self._lock:  # several threads read
            if key in self._parts:
                return
            self._parts[key] = parts
            self._size += size
            while self._size > _MOST_KEPT:
                self._size -= _size(self._parts.popitem(last=False)[1])


def _size(parts: Parts) -> int:
    return sum(map(len, parts)) + 60 * len(parts)


_kept = _Kept()
_NO_FIELDS: Parts = ["[]"]


class _Parts:
    """A reference taken apart."""

    __slots__ = ("fields", "labelled", "text", "type")

    def __init__(self, ref: str) -> None:
        self.labelled = ref.endswith(_LABELLED)
        self.text, self.type, self.fields = ref.removesuffix(_LABELLED).split(":")

    @property
    def hashes(self) -> list[str]:
        return [key for key in (self.text, self.fields) if len(key) > 1]


def hashes(ref: str) -> list[str]:
    """What the text and the fields of a schema, given by what a document refers to it by, are stored under."""
    return _Parts(ref).hashes


def everything(tx: Tx, kind: Kind, text: str) -> str:
    """A stored document with all its schemas in it."""
    return with_further(tx, whole(tx, text)) if kind.schema is not None else text


def has_labels(text: str) -> bool:
    """Whether a stored document says that fields of its schema have labels."""
    return text.startswith(_START) and _reference(text).labelled


def fields_hash(ref: str) -> str:
    """What the fields of a schema, given by what a document refers to it by, are stored under."""
    return _Parts(ref).fields


def opened(tx: Tx, kind: Kind, document: Document) -> Document:
    """A stored document with its schema in it."""
    if kind.schema is not None and isinstance(ref := document.get(kind.schema), str):
        document[kind.schema] = find(tx, ref)
    return document


def find(tx: Tx, ref: str) -> Schema:
    """The schema that a document refers to; what is gone, since nobody needed it any more, is left out."""
    parts = _Parts(ref)
    known = _kept.many(tx, parts.hashes)
    values: dict[str, Any] = {}
    if parts.text != NO_TEXT and (parts.text == EMPTY_TEXT or parts.text in known):
        values["schemaText"] = msgspec.json.decode(known[parts.text][0]) if parts.text else ""
    if parts.type:
        values["schemaType"] = parts.type
    values["schemaFields"] = msgspec.json.decode(SHOWN_ROOT.join(known.get(parts.fields, _NO_FIELDS)))
    return Schema(values, ref.removesuffix(_LABELLED))


def referred(field: str, document: Document, links: Links, was: str) -> Document:
    """A document with what its schema is found by in the schema's place; `was` is what is stored of it, if anything.

    What has had labels goes on to be looked at for some: they come back when a deleted tag does.
    """
    found = document.get(field)
    if not isinstance(found, Schema):
        return document
    return {**document, field: found.ref + (_LABELLED if links.get(LABELS) or is_labelled(was) else "")}


def is_labelled(text: str) -> bool:
    """Whether the fields of a stored document's schema have labels, or have had some."""
    return text.startswith(_START) and _reference(text).labelled


def brought(request: Any) -> int:
    """How many characters the contents have that a request, once it is prepared, brings along; of most kinds none."""
    given, further = getattr(request, FIELD, None), getattr(request, "schemas", None)
    contents = given.schema.contents if isinstance(given, Prepared) else ()
    return sum(len(text) for _, text in (*contents, *getattr(further, "contents", ())))


def needed(kind: Kind, document: Document) -> list[tuple[str, str]]:
    """The contents that have to be stored for a document, each with its hash."""
    if kind.schema is None:
        return []
    return [
        content for field in (kind.schema, *kind.by_name) for content in getattr(document.get(field), "contents", ())
    ]


def whole(tx: Tx, text: str, links: Links | None = None) -> str:
    """A stored document, or a snapshot of one, with its schema in it; others are as they are.

    `links` saves looking up the labels of fields where they are at hand.
    """
    return whole_many(tx, [text], links)[0] if text.startswith(_START) or _CHANGED in text else text


def whole_many(tx: Tx, texts: Sequence[str], links: Links | None = None) -> list[str]:
    """The same of many, with two queries at most."""
    refers = [_reference(text) if text.startswith(_START) else None for text in texts]
    hashes = {key for parts in refers if parts is not None for key in parts.hashes}
    known = _kept.many(tx, hashes) if hashes else {}
    found = [text if parts is None else _joined(text, parts, known) for text, parts in zip(texts, refers, strict=True)]
    told = [_CHANGED in text for text in texts]
    if any(parts is not None and parts.labelled for parts in refers):
        _label(tx, found, refers, links)
    return [_with_texts(tx, text) if changed else text for text, changed in zip(found, told, strict=True)]


def _reference(text: str) -> _Parts:
    return _Parts(text[len(_START) : text.index('"', len(_START))])


def _joined(text: str, parts: _Parts, known: Mapping[str, Parts]) -> str:
    rest = text[text.index('"', len(_START)) + 1 :]
    fields = known.get(parts.fields, _NO_FIELDS)
    name = _FQN.search(rest)
    shown_fields = f'"fullyQualifiedName":"{name[1] if name else ""}'.join(fields)
    schema_text = '""' if parts.text == EMPTY_TEXT else known[parts.text][0] if parts.text in known else None
    said = f'"schemaText":{schema_text},' if schema_text is not None else ""
    typed = f'"schemaType":"{parts.type}",' if parts.type else ""
    return f'{{"messageSchema":{{{said}{typed}"schemaFields":{shown_fields}}}{rest}'


def with_further(tx: Tx, text: str) -> str:
    """A document with its further schemas in place of what they are found by."""
    document: Document = msgspec.json.decode(text)
    further: list[Document] = document.get("schemas") or []
    for item in further:
        found = find(tx, item.pop("schema"))
        item.update(found)
        item["schemaFields"] = shown(found["schemaFields"], document["fullyQualifiedName"], {})
    return msgspec.json.encode(document).decode() if further else text


def whole_event(tx: Tx, text: str) -> str:
    """A stored event with the schema in the entity that it shows, which stands at its end.

    Nothing before it has a key of that name outside of a text; what is in the entity may be anything.
    """
    before, shows, entity = text.partition(_ENTITY)
    told = f"{before}{shows}{whole(tx, entity[:-1])}}}" if shows else text
    return _with_texts(tx, told) if _CHANGED in before else told


# labels of fields


def _label(tx: Tx, texts: list[str], refers: Sequence[_Parts | None], links: Links | None) -> None:
    """Puts the labels of fields into documents, in place."""
    documents: dict[int, Document] = {
        place: msgspec.json.decode(texts[place])
        for place, parts in enumerate(refers)
        if parts is not None and parts.labelled
    }
    labels: dict[int, dict[str, list[Document]]] = {}
    asked: dict[str, int] = {}
    for place, document in documents.items():
        if (said := document.pop(LABELS, None)) is not None:
            labels[place] = by_field(said)
        elif links is not None:
            labels[place] = by_field([item.shown for item in links.get(LABELS, ())])
        else:
            asked[document["id"]] = place
    if asked:
        labels |= {asked[entity_id]: found for entity_id, found in _stored_labels(tx, asked).items()}
    for place, document in documents.items():
        schema = document["messageSchema"]
        _put_in(schema["schemaFields"], len(document["fullyQualifiedName"]) + 1, labels.get(place, {}))
        texts[place] = msgspec.json.encode(document).decode()


def by_field(said: Iterable[Document]) -> dict[str, list[Document]]:
    """The labels of each field, by its path."""
    found: dict[str, list[Document]] = {}
    for item in said:
        found.setdefault(item["field"], []).append(item["label"])
    return found


def _put_in(fields: list[Document], start: int, labels: Mapping[str, list[Document]]) -> None:
    for field in fields:
        field["tags"] = labels.get(field["fullyQualifiedName"][start:], [])
        _put_in(field.get("children") or [], start, labels)


def _stored_labels(tx: Tx, ids: Iterable[str]) -> dict[str, dict[str, list[Document]]]:
    found: dict[str, list[refs.Item]] = {}
    for edge in relations.starting_with(tx, ids, f"{LABELS}/"):
        if not edge.deleted:
            found.setdefault(edge.entity_id, []).append(refs.field_label(edge))
    return {
        entity_id: by_field([item.shown for item in sorted(items, key=refs.order)])
        for entity_id, items in found.items()
    }


# changes


def _with_texts(tx: Tx, text: str) -> str:
    """A document or event that tells of a change of a schema's text, with the texts in place of their hashes."""
    document: Document = msgspec.json.decode(text)
    places = [
        (change, side)
        for change in _changes(document, document.get("entity") or {})
        for side in ("oldValue", "newValue")
        if change["name"] == "messageSchema.schemaText" and isinstance(change.get(side), dict)
    ]
    if not places:
        return text
    known = _kept.many(tx, {change[side]["content"] for change, side in places})
    for change, side in places:
        change[side] = msgspec.json.decode(known.get(change[side]["content"], ["null"])[0])
    return msgspec.json.encode(document).decode()


def _changes(*documents: Document) -> list[Document]:
    """Every change of a field that documents tell of."""
    found: list[Document] = []
    described: Document | None
    for document in documents:
        for described in (document.get("changeDescription"), document.get("incrementalChangeDescription")):
            for part in ("fieldsAdded", "fieldsUpdated", "fieldsDeleted"):
                found += described[part] if described else ()
    return found


# patches


def served(kind: Kind, document: Document) -> Document:
    """A document, its links among its fields, as a patch is written against it: the schema as a read shows it."""
    said = document.pop(LABELS, ())
    if kind.schema is None or kind.schema not in document:
        return document
    fields = shown(document[kind.schema]["schemaFields"], document["fullyQualifiedName"], by_field(said))
    return document | {kind.schema: dict(document[kind.schema]) | {"schemaFields": fields}}


def taken(kind: Kind, patched: Document) -> tuple[Schema, list[FieldLabel]]:
    """The schema of a patched document, and what its fields are to be labelled with."""
    given: Document = patched.get(kind.schema or "") or {}
    fields = msgspec.convert(given.get("schemaFields") or [], list[Field])
    check_size(fields)
    labels: list[FieldLabel] = []
    return schema(given.get("schemaText"), given.get("schemaType"), fields_taken(fields, labels)), labels


_STEP = re.compile(r"/schemaFields/[^/]+(?:/children/[^/]+)*/(description|displayName|tags)(?:/|$)")


def edited(kind: Kind, pointer: str) -> str:
    """The field whose right a change at a place of a document needs: of a schema's field it may be one of its own."""
    field, _, rest = pointer[1:].partition("/")
    if field == kind.schema and (found := _STEP.match(f"/{rest}")):
        return found[1]
    return field.replace("~1", "/").replace("~0", "~")
