"""The `extension` of an entity, which holds the values of its custom properties: checked when it changes.

An entity of a kind without an extension, or one whose extension stays as it is, costs nothing here. The properties of a
kind are read once for all rows of a bulk request, as is what the values refer to.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, cast

import msgspec

from brokerbook.access import policy
from brokerbook.engine import facts, refs
from brokerbook.engine.refs import Targets
from brokerbook.errors import EntityNotFound
from brokerbook.kinds import KINDS
from brokerbook.kinds.type import TYPE
from brokerbook.model.property_types import REFERENCES, Property, checked, same
from brokerbook.store import entities

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from brokerbook.engine.computed import Values
    from brokerbook.engine.write import Work
    from brokerbook.kinds.kind import Document, Kind
    from brokerbook.store.database import Tx
    from brokerbook.store.entities import EntityRow

_FIELD = "extension"


class _Extended(msgspec.Struct):
    extension: Any = None


class _Config(msgspec.Struct):
    config: Any = None


class _Defined(msgspec.Struct):
    name: str
    propertyType: _Named
    customPropertyConfig: _Config | None = None


class _Named(msgspec.Struct):
    name: str


class _Type(msgspec.Struct):
    customProperties: list[_Defined] = []


_extended = msgspec.json.Decoder(_Extended)
_type = msgspec.json.Decoder(_Type)


def check(work: Work, targets: Targets, kind: Kind, before: Document | None, after: Document) -> None:
    """Refuses values that the kind's custom properties do not allow, and puts the others into the form they are stored in.

    An extension without any value is none. What a value refers to anew has to be there and the caller's to see.
    """
    given: Document | None = after.get(_FIELD)
    if given is None:
        return
    stored = _object((before or {}).get(_FIELD))
    if stored and (given is stored or same(given, stored)):
        return
    properties = _properties(targets, kind.name)
    found = checked(properties, given, stored)
    for field, value in found.items():
        if field in properties and properties[field].type in REFERENCES and value is not stored.get(field):
            found[field] = _resolved(work, targets, value, stored.get(field))
    if found:
        after[_FIELD] = found
    else:
        del after[_FIELD]


def _properties(targets: Targets, kind: str) -> Mapping[str, Property]:
    try:
        return _defined(targets.by_fqn(TYPE.name, kind).doc)
    except EntityNotFound:
        return {}


@functools.lru_cache(maxsize=64)
def _defined(doc: str) -> Mapping[str, Property]:
    return {
        item.name: Property(item.propertyType.name, item.customPropertyConfig and item.customPropertyConfig.config)
        for item in _type.decode(doc).customProperties
    }


def _resolved(work: Work, targets: Targets, value: Any, stored: Any) -> Any:
    """References with the names of what they refer to; whoever refers to anything anew has to see it."""
    known = {(item["type"], item["id"]): item for item in _references(stored)}
    found = [
        known.get((item["type"], item["id"])) or _named(work, targets.by_id(item["type"], item["id"]))
        for item in _references(value)
    ]
    return found if isinstance(value, list) else found[0]


def _named(work: Work, row: EntityRow) -> Document:
    policy.check(work.actor, ("ViewBasic",), facts.of_row(work.tx, KINDS[row.kind], row))
    return {"id": row.id, "type": row.kind, "name": row.name, "fullyQualifiedName": row.fqn}


def _references(value: Any) -> list[Document]:
    """The references that a value is made of; what was stored before its property was defined may be anything."""
    items = cast("list[Any]", value) if isinstance(value, list) else [value]
    objects = [cast("Document", item) for item in items if isinstance(item, dict)]
    return [item for item in objects if isinstance(item.get("id"), str) and isinstance(item.get("type"), str)]


def _object(value: Any) -> Document:
    return cast("Document", value) if isinstance(value, dict) else {}


# reading


def shown(tx: Tx, ids: Sequence[str]) -> Values:
    """The extensions of entities of one kind, with what they refer to as it is now; what is deleted is left out."""
    rows = entities.find_many(tx, ids)
    found = {row.id: own for row in rows.values() if (own := _object(_extended.decode(row.doc).extension))}
    if not found:
        return {}
    kind = rows[next(iter(found))].kind
    referring = [name for name, known in _properties(Targets(tx), kind).items() if known.type in REFERENCES]
    named = {item["id"] for own in found.values() for name in referring for item in _references(own.get(name))}
    if named:
        live = {row.id: _reference(row) for row in entities.find_many(tx, named).values() if not row.deleted}
        for own in found.values():
            for name in own.keys() & set(referring):
                _refresh(own, name, live)
    return {entity_id: own for entity_id, own in found.items() if own}


def _reference(row: EntityRow) -> Document:
    """How a value shows what it refers to: whoever reads it may not read that, so it is not described."""
    return {key: value for key, value in refs.reference(row).items() if key != "description"}


def _refresh(own: Document, name: str, live: Mapping[str, Document]) -> None:
    current = [live[item["id"]] for item in _references(own[name]) if item["id"] in live]
    if isinstance(own[name], list):
        own[name] = current
    elif current:
        own[name] = current[0]
    else:
        del own[name]
