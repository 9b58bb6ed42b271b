"""What an entity is found by: its names, what it says of itself, and the fields of its schema.

What it refers to is not among it: owners, tags and domains are looked up by their names of now when somebody searches.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

from brokerbook.store.search_index import Entry

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from brokerbook.store.database import Tx
    from brokerbook.store.entities import EntityRow


class _Field(msgspec.Struct):
    name: str
    displayName: str | None = None
    children: list[_Field] | None = None


class _Schema(msgspec.Struct):
    schemaFields: list[_Field] | None = None


class _Said(msgspec.Struct):
    displayName: str | None = None
    description: str | None = None
    serviceType: str | None = None
    email: str | None = None
    synonyms: list[str] | None = None
    messageSchema: _Schema | None = None


_said = msgspec.json.Decoder(_Said)
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def entries(tx: Tx, rows: Sequence[EntityRow]) -> list[Entry]:  # noqa: ARG001  schemas may lie elsewhere
    """What these entities are found by."""
    return [_entry(row) for row in rows]


def _entry(row: EntityRow) -> Entry:
    said = _said.decode(row.doc)
    title = said.displayName or ""
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
        fields=" ".join(_parted(name) for name in dict.fromkeys(field_names(said.messageSchema))),
        more=" ".join([*(said.synonyms or ()), *([said.email] if said.email else ())]),
    )


def field_names(schema: _Schema | None) -> Iterator[str]:
    """The names of a schema's fields, in the order of the schema, at any depth."""
    waiting = list(reversed(schema.schemaFields or ())) if schema is not None else []
    while waiting:
        field = waiting.pop()
        yield field.name
        if field.displayName:
            yield field.displayName
        waiting += reversed(field.children or ())


def fields_of(document: str) -> list[str]:
    """The names of the fields in the schema that a stored document has."""
    return list(dict.fromkeys(field_names(_said.decode(document).messageSchema)))


def _parted(name: str) -> str:
    """A name, and the words that it is made of where capitals alone tell them apart: `customerId` says `customer Id`."""
    parted = _HUMP.sub(" ", name)
    return name if parted == name else f"{name} {parted}"
