"""Fields in lineage: which ones an entity has, and what an edge says of which field is made of which.

An edge keeps the names of fields below those of its ends, so that it goes on to hold when one of these is renamed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from brokerbook.engine import message_schemas
from brokerbook.kinds import KINDS
from brokerbook.model import schema_fields

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from brokerbook.kinds.kind import Document
    from brokerbook.model.lineage import ColumnLineage
    from brokerbook.store.database import Tx
    from brokerbook.store.entities import EntityRow
    from brokerbook.store.lineage import FieldMap


class _Further(msgspec.Struct):
    schema: str


class _Topic(msgspec.Struct):
    messageSchema: str | None = None
    schemas: list[_Further] | None = None


_topic = msgspec.json.Decoder(_Topic)


def field_paths(tx: Tx, row: EntityRow) -> set[str]:
    """The names, below the entity's own, of all its fields, nested ones too; none if its kind has no fields."""
    if KINDS[row.kind].schema is None:
        return set()
    said = _topic.decode(row.doc)
    refs = [said.messageSchema] if said.messageSchema is not None else []
    refs += [further.schema for further in said.schemas or ()]
    return {path for ref in refs for path in schema_fields.paths(message_schemas.find(tx, ref)["schemaFields"])}


def kept(tx: Tx, asked: Sequence[ColumnLineage], start: EntityRow, end: EntityRow) -> FieldMap:
    """What an edge keeps of the entries that a client sends: only what names fields that its ends have."""
    if not asked:
        return []
    from_fields, to_fields = field_paths(tx, start), field_paths(tx, end)
    found: FieldMap = []
    for entry in asked:
        made_of = [path(name, start) for name in dict.fromkeys(entry.fromColumns or ())]
        made_of = [name for name in made_of if name in from_fields]
        to = path(entry.toColumn or "", end)
        if made_of and to in to_fields:
            found.append((made_of, to, entry.function))
    return found


def path(fqn: str, row: EntityRow) -> str:
    """A field's name below its entity's, from its fully qualified one; empty if it is another entity's."""
    return fqn[len(row.fqn) + 1 :] if fqn.startswith(f"{row.fqn}.") else ""


def shown(fields: FieldMap, from_fqn: str, to_fqn: str) -> list[Document]:
    """What an edge says of fields, as clients read it."""
    found: list[Document] = []
    for made_of, to, function in fields:
        entry: Document = {"fromColumns": [f"{from_fqn}.{name}" for name in made_of], "toColumn": f"{to_fqn}.{to}"}
        found.append(entry if function is None else entry | {"function": function})
    return found


def reached(fields: FieldMap, at: Iterable[str], *, downstream: bool) -> set[str]:
    """From fields at one end of an edge, those at its other end that are made of them (or, upstream, make them).

    What holds a field, and what lies in it, counts as the field.
    """
    known = set(at)
    if downstream:
        return {to for made_of, to, _ in fields if any(_meets(name, known) for name in made_of)}
    return {name for made_of, to, _ in fields if _meets(to, known) for name in made_of}


def _meets(name: str, known: set[str]) -> bool:
    return name in known or any(name.startswith(f"{one}.") or one.startswith(f"{name}.") for one in known)
