"""The JSON Schemas of bodies and answers, made by msgspec from the structs and put into the words of OpenAPI 3.1.

Besides what msgspec says: a null is allowed where a request may send one and nowhere else, a connection's `config` is
one of the connectors' structs, and secrets are marked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import msgspec

from brokerbook import connectors
from brokerbook.kinds.messaging_service import Connection, CreateConnection
from brokerbook.model.wire import Paging

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

Json = dict[str, Any]

REF = "#/components/schemas/"
MASKED = "Sealed when stored; people read `*********` in its place."
_NULL: Json = {"type": "null"}


class Schemas:
    """The schemas of the types that routes read and answer, and the components that these refer to."""

    def __init__(self, bodies: Iterable[Any], answers: Iterable[Any]) -> None:
        read = list(dict.fromkeys(bodies))
        told = list(dict.fromkeys(answers))
        configs = {name: connectors.config_struct(name) for name in connectors.SERVICE_TYPES}
        types = [*read, *told, *configs.values()]
        schemas, components = msgspec.json.schema_components(types, ref_template=REF + "{name}")
        names = {struct.__name__: connection_name(struct) for struct in configs.values()}
        components = {names.get(name, name): _renamed(schema, names) for name, schema in components.items()}
        self._schemas = {
            kind: _without_nulls(_renamed(schema, names)) for kind, schema in zip(types, schemas, strict=True)
        }
        asked = _reached((self._schemas[kind] for kind in read), components)
        configured = _reached((self._schemas[kind] for kind in configs.values()), components)
        self.components: dict[str, Json] = {}
        """The named schemas, by name."""
        for name, schema in components.items():
            if name in configured:
                self.components[name] = _config(schema)
            elif name in asked:
                self.components[name] = _with_nulls(schema)
            else:
                self.components[name] = _without_nulls(schema)
        self._connect(list(names.values()))

    def of(self, kind: Any) -> Json:
        """The schema of one of the types."""
        return self._schemas[kind]

    def page_of(self, entity: type) -> Json:
        """The schema of a page of entities."""
        name = f"{entity.__name__}List"
        self.components[name] = {
            "title": name,
            "type": "object",
            "properties": {
                "data": {"type": "array", "items": self._schemas[entity]},
                "paging": self._schemas[Paging],
            },
            "required": ["data", "paging"],
            "additionalProperties": False,
        }
        return {"$ref": REF + name}

    def _connect(self, names: list[str]) -> None:
        """Says what a connection's `config` holds: any of the connectors' properties, by the service's type."""
        for struct in (CreateConnection, Connection):
            component = self.components.get(struct.__name__)
            if component is None:
                continue
            config: Json = {}
            if struct is CreateConnection:
                # Which one it has to be is said by `serviceType`; of a config without `type` several may be true.
                config["anyOf"] = [{"$ref": REF + name} for name in names]
            else:
                config["oneOf"] = [{"$ref": REF + name, "required": ["type"]} for name in names]
            config["description"] = "The properties of the service's type; those that are absent have their defaults."
            component["properties"]["config"] = config


def connection_name(struct: type) -> str:
    """How a connector's struct is called in public: `KafkaConnection`."""
    return f"{struct.__name__.removesuffix('Config')}Connection"


def _renamed(schema: Any, names: dict[str, str]) -> Any:
    """The schema with the components' public names in it."""
    if isinstance(schema, list):
        return [_renamed(item, names) for item in cast("list[Any]", schema)]
    if not isinstance(schema, dict):
        return schema
    found: Json = {}
    for key, value in cast("Json", schema).items():
        if isinstance(value, str):
            old = value.removeprefix(REF)
            found[key] = value.replace(old, names[old]) if old in names and (old != value or key == "title") else value
        elif value != [] or key != "required":
            found[key] = _renamed(value, names)
    values = found.get("enum")
    if isinstance(values, list) and all(isinstance(value, str) for value in cast("list[Any]", values)):
        found["type"] = "string"  # msgspec leaves it out; generators of clients want it
    return found


def _reached(schemas: Iterable[Json], components: dict[str, Json]) -> set[str]:
    """The names of all components that schemas refer to, directly or through others."""
    found: set[str] = set()
    waiting = [name for schema in schemas for name in _references(schema)]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += _references(components[name])
    return found


def _references(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        for key, value in cast("Json", schema).items():
            if key == "$ref":
                yield value.removeprefix(REF)
            else:
                yield from _references(value)
    elif isinstance(schema, list):
        for item in cast("list[Any]", schema):
            yield from _references(item)


def _properties(schema: Json, change: Callable[[Json], Json]) -> Json:
    """The object's schema with each property's changed."""
    if "properties" not in schema:
        return schema
    return schema | {"properties": {name: change(value) for name, value in schema["properties"].items()}}


def _with_nulls(schema: Json) -> Json:
    def with_null(value: Json) -> Json:
        return _nullable(_bare(value)) if _allows_null(value) else value

    return _properties(schema, with_null)


def _without_nulls(schema: Json) -> Json:
    def without_null(value: Json) -> Json:
        return _bare(value) if _allows_null(value) else value

    return _properties(schema, without_null)


def _config(schema: Json) -> Json:
    required = schema.get("required", [])
    properties: Json = {}
    for name, value in schema["properties"].items():
        known: Json = value
        if known.get("format") == "password":
            known = known | {"description": f"{known.get('description', '')} {MASKED}".strip(), "x-secret": True}
        properties[name] = known if name in required else _nullable(known)
    return schema | {"properties": properties}


def _allows_null(schema: Json) -> bool:
    return _NULL in schema.get("anyOf", ())


def _bare(schema: Json) -> Json:
    """A schema without the null that it allows, and without the default that this null is."""
    options = [option for option in schema["anyOf"] if option != _NULL]
    rest = {key: value for key, value in schema.items() if key != "anyOf" and (key != "default" or value is not None)}
    return {**options[0], **rest} if len(options) == 1 else {"anyOf": options, **rest}


def _nullable(schema: Json) -> Json:
    """The schema, or null."""
    if isinstance(schema.get("type"), str):
        values = {"enum": [*schema["enum"], None]} if "enum" in schema else {}
        return schema | {"type": [schema["type"], "null"]} | values
    if "$ref" in schema:
        about = {"description": schema["description"]} if "description" in schema else {}
        return {"anyOf": [{"$ref": schema["$ref"]}, _NULL], **about}
    if "anyOf" in schema and "discriminator" not in schema:
        return schema | {"anyOf": [*schema["anyOf"], _NULL]}
    if "discriminator" in schema:
        return {"anyOf": [schema, _NULL]}
    return schema
