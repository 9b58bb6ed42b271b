"""What an entity is found by: its names, what it says of itself, and the fields of its schema.

What it refers to is not among it: owners, tags and domains are looked up by their names of now when somebody searches.
"""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING

import msgspec

from brokerbook.engine import message_schemas
from brokerbook.store import contents
from brokerbook.store.search_index import Entry

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from brokerbook.store.database import Tx
    from brokerbook.store.entities import EntityRow


class _Field(msgspec.Struct):
    name: str
    displayName: str | None = None
    children: list[_Field] | None = None


class _Further(msgspec.Struct):
    schema: str


class _Said(msgspec.Struct):
    displayName: str | None = None
    description: str | None = None
    serviceType: str | None = None
    email: str | None = None
    synonyms: list[str] | None = None
    messageSchema: str | None = None
    schemas: list[_Further] | None = None


_log = logging.getLogger(__name__)
_said = msgspec.json.Decoder(_Said)
_fields = msgspec.json.Decoder(list[_Field])
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def entries(tx: Tx, rows: Sequence[EntityRow]) -> list[Entry]:
    """What these entities are found by."""
    said = [_read(row) for row in rows]
    names = _names(tx, {key for one in said for key in _hashes(one)})
    return [_entry(row, one, names) for row, one in zip(rows, said, strict=True)]


def field_names(tx: Tx, rows: Sequence[EntityRow]) -> list[list[str]]:
    """Of each entity the names of the fields in its schemas, in their order, at any depth."""
    said = [_read(row) for row in rows]
    names = _names(tx, {key for one in said for key in _hashes(one)})
    return [list(dict.fromkeys(name for key in _hashes(one) for name in names[key])) for one in said]


def _read(row: EntityRow) -> _Said:
    """A document; one that cannot be read is found by its names alone, and keeps no other from being found."""
    try:
        return _said.decode(row.doc)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        _log.warning("the document of %s %s cannot be read, and is searched by its names only", row.kind, row.id)
        return _Said()


def _entry(row: EntityRow, said: _Said, names: Mapping[str, Sequence[str]]) -> Entry:
    title = said.displayName or ""
    fields = dict.fromkeys(name for key in _hashes(said) for name in names[key])
    return Entry(
        entity_id=row.id,
        kind=row.kind,
        deleted=row.deleted,
        parent_id=row.parent_id,
        service_type=said.serviceType,
        name=row.name.lower(),
        title=(title or row.name).lower(),
        fqn=row.fqn.lower(),
        name_words=_parted(row.name),
        title_words=_parted(title),
        description=said.description or "",
        path=row.fqn,
        fields=" ".join(map(_parted, fields)),
        more=" ".join([*(said.synonyms or ()), *([said.email] if said.email else ())]),
    )


def _hashes(said: _Said) -> list[str]:
    """What the fields of an entity's schemas are stored under."""
    refs = [*([said.messageSchema] if said.messageSchema else ()), *(further.schema for further in said.schemas or ())]
    return [message_schemas.fields_hash(ref) for ref in refs]


def _names(tx: Tx, hashes: Iterable[str]) -> dict[str, list[str]]:
    """The names of the fields that are stored under each hash: many entities may have the same."""
    wanted = list(hashes)
    found = contents.find(tx, wanted) if wanted else {}
    return {key: _named(key, found[key]) if key in found else [] for key in wanted}


def _named(key: str, text: str) -> list[str]:
    try:
        return list(_walked(_fields.decode(text)))
    except (msgspec.MsgspecError, UnicodeDecodeError):
        _log.warning("the fields %s cannot be read, and nothing is found by their names", key)
        return []


def _walked(fields: list[_Field]) -> Iterator[str]:
    waiting = list(reversed(fields))
    while waiting:
        field = waiting.pop()
        yield field.name
        if field.displayName:
            yield field.displayName
        waiting += reversed(field.children or ())


def _parted(name: str) -> str:
    """A name, and the words that it is made of where capitals alone tell them apart: `customerId` says `customer Id`."""
    if name.islower():
        return name
    parted = _HUMP.sub(" ", name)
    return name if parted == name else f"{name} {parted}"
