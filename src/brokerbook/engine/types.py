"""Types: what is checked of the custom properties that one defines, and the types that a catalog begins with.

Texts: contract, "Types and custom properties".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from brokerbook.access import scope
from brokerbook.engine.seeds import Seed
from brokerbook.errors import BadRequest
from brokerbook.kinds import KINDS
from brokerbook.kinds.type import TYPE, CreateType, CustomProperty
from brokerbook.model.decoding import converted
from brokerbook.model.property_types import PROPERTY_TYPES, check_config
from brokerbook.store import extensions

if TYPE_CHECKING:
    from brokerbook.engine.refs import Targets
    from brokerbook.engine.state import State
    from brokerbook.engine.write import Work
    from brokerbook.kinds.kind import Document
    from brokerbook.store.entities import EntityRow


def check(work: Work, targets: Targets, before: State | None, after: State) -> None:
    """Refuses custom properties that cannot be, and puts the others into the form in which they are stored.

    Whoever removes one removes its values: his token has to be for the entities that have them.
    """
    document = after.document
    given: list[Document] = document.get("customProperties") or []
    stored: list[Document] = (before.document.get("customProperties") or []) if before is not None else []
    if given != stored:
        properties = _properties(targets, document, {item["name"]: item for item in stored}, given)
        if gone := _gone(stored, properties):
            scope.check_kind(work.actor, document["name"], f"removing {gone[0]} removes its values")
        document["customProperties"] = properties
    if not given:
        document.pop("customProperties", None)


def _gone(stored: list[Document], properties: list[Document]) -> list[str]:
    return sorted({item["name"] for item in stored} - {item["name"] for item in properties})


def drop_values(work: Work, before: State, after: State) -> None:
    """Takes the values of a property that is no longer there from every entity; the type's event tells of the property."""
    old: list[Document] = before.document.get("customProperties") or []
    new: list[Document] = after.document.get("customProperties") or []
    for name in _gone(old, new):
        extensions.drop(work.tx, after.document["name"], name)


def _properties(
    targets: Targets, document: Document, stored: dict[str, Document], given: list[Document]
) -> list[Document]:
    if document["category"] == "field" and given:
        raise BadRequest("Only entity types can be extended and field types can't be extended")
    kind = KINDS.get(document["name"])
    if given and (kind is None or "extension" not in kind.fields):
        able = ", ".join(sorted(kind.name for kind in KINDS.values() if "extension" in kind.fields))
        raise BadRequest(f"Entities of type {document['name']} have no custom properties. Those of these have: {able}.")
    found: dict[str, Document] = {}
    for item in given:
        name = item["name"]
        if name in found:
            raise BadRequest(f"The custom property {name} is given more than once.")
        known = stored.get(name)
        if known is None or known != item:
            found[name] = _property(targets, document["name"], known, item)
        else:
            found[name] = known
    return [found[name] for name in sorted(found)]


def _property(targets: Targets, owner: str, stored: Document | None, given: Document) -> Document:
    asked = converted(given, CustomProperty)
    row = _property_type(targets, asked)
    if stored is not None and stored["propertyType"]["id"] != row.id:
        raise BadRequest(
            f"The custom property {asked.name} of {owner} is of type {stored['propertyType']['name']}, which cannot "
            "change. Remove it first, and its values with it."
        )
    document: Document = msgspec.to_builtins(asked)
    check_config(row.name, document.get("customPropertyConfig"))
    if not document.get("customPropertyConfig"):
        document.pop("customPropertyConfig", None)
    document["description"] = PROPERTY_TYPES["markdown"].check("description", None, asked.description)
    document["propertyType"] = {"id": row.id, "type": TYPE.name, "name": row.name, "fullyQualifiedName": row.fqn}
    return document


def _property_type(targets: Targets, asked: CustomProperty) -> EntityRow:
    reference = asked.propertyType
    if reference.id is not None:
        row = targets.by_id(TYPE.name, reference.id)
    elif (name := reference.fullyQualifiedName or reference.name) is not None:
        row = targets.by_fqn(TYPE.name, name)
    else:
        raise BadRequest("[query param propertyType.id must not be null]")
    if row.name not in PROPERTY_TYPES:
        known = ", ".join(sorted(PROPERTY_TYPES))
        raise BadRequest(f"A custom property cannot be of type {row.name}. It can be of: {known}.")
    return row


def check_delete(_: Work, row: EntityRow, _hard: bool) -> None:  # noqa: FBT001  as all such checks
    """Refuses to delete a type that entities or custom properties of this catalog may have."""
    if row.name in KINDS or row.name in PROPERTY_TYPES:
        raise BadRequest(f"System entity [{row.name}] of type {TYPE.name} can not be deleted.")


def seeds() -> list[Seed]:
    """A type for each kind of entities, and one for each that a custom property may have."""
    entity_types = [
        _seed(
            kind.name,
            "entity",
            "data",
            " ".join((kind.entity.__doc__ or "").split()),
            {"$ref": f"/api/openapi.json#/components/schemas/{kind.entity.__name__}"},
        )
        for kind in KINDS.values()
    ]
    field_types = [
        _seed(name, "field", "basic", found.description, found.schema) for name, found in PROPERTY_TYPES.items()
    ]
    return [*entity_types, *field_types]


def _seed(name: str, category: Any, name_space: str, description: str, schema: Document) -> Seed:
    request = CreateType(
        name=name,
        category=category,
        nameSpace=name_space,
        description=description,
        schema=msgspec.json.encode(schema).decode(),
    )
    return Seed(TYPE, request, {})
