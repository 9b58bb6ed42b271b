"""Types: which types of entities there are and which custom properties theirs have; which types a property may have."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from brokerbook.errors import BadRequest
from brokerbook.kinds.kind import DATA_PRODUCTS, DOMAINS, Document, Kind, copied
from brokerbook.model.wire import Entity, EntityName, EntityReference, Fqn, Markdown, Wire

Category = Literal["field", "entity"]
PropertyName = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=256,
        # no quotes, slashes, tildes and dollars: names stand in JSON Pointers and in paths of the database
        pattern=r"^[A-Za-z0-9][A-Za-z0-9 _\-.,;%#@!'(){}\[\]|=+?`]*$(?!\s)",
        description="Begins with a letter or digit; unique among the properties of a type of entities.",
    ),
]
_NAME = re.compile(r"\w+\Z")


class CustomPropertyConfig(Wire, frozen=True, kw_only=True):
    """What values are allowed: of an `enum` its values, of a date its pattern, of a table its columns, and so on."""

    config: Any = None


class CustomProperty(Wire, frozen=True, kw_only=True):
    """A property that the entities of one type may have, in their `extension`."""

    name: PropertyName
    description: Markdown
    propertyType: EntityReference
    displayName: str | None = None
    customPropertyConfig: CustomPropertyConfig | None = None


class CreateType(Wire, frozen=True, kw_only=True):
    """What POST and PUT take."""

    name: EntityName
    description: Markdown
    nameSpace: str
    schema: Annotated[str, Meta(description="A JSON Schema, as JSON text.")]
    displayName: str | None = None
    category: Category | None = None
    domains: list[Fqn] | None = None


class Type(Entity, frozen=True, kw_only=True):
    """A type of entities, with their custom properties, or a type that such a property may have; no soft delete."""

    description: Markdown
    category: Category
    nameSpace: str
    schema: str | None = None
    customProperties: list[CustomProperty] | None = None
    domains: list[EntityReference] | None = None
    dataProducts: list[EntityReference] | None = None


def derive(create: CreateType, updating: bool) -> Document:  # noqa: FBT001
    """The type that the request asks for."""
    if not updating and not _NAME.match(create.name):
        raise BadRequest(r'[query param name must match "^[\w]+$"]')
    _check_schema(create.schema)
    document: Document = {
        "name": create.name,
        "description": create.description,
        "nameSpace": create.nameSpace,
        "schema": create.schema,
    }
    return document | copied(create, "displayName", "category")


def recheck(_stored: Document, patched: Document) -> Document:
    """A patched type, whose schema still has to be one."""
    if "schema" in patched:
        _check_schema(patched["schema"])
    return patched


def conflict(stored: Document, asked: Document) -> None:
    """Refuses a PUT that makes a type of entities a type of fields, or the other way round."""
    if asked.get("category", stored["category"]) != stored["category"]:
        raise BadRequest(f"The type {stored['name']} is of the category {stored['category']}, which cannot change.")


def _check_schema(text: str) -> None:
    try:
        schema: Any = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        schema = None
    if not isinstance(schema, dict):
        raise BadRequest("schema has to be a JSON Schema as a text: a JSON object, such as {}.")


TYPE = Kind(
    name="type",
    path="/v1/metadata/types",
    entity=Type,
    create=CreateType,
    derive=derive,
    recheck=recheck,
    conflict=conflict,
    links=(DOMAINS, DATA_PRODUCTS),
    defaults={"category": "field"},
    immutable=frozenset({"category"}),
)
