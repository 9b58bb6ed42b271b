"""Avro's types as a schema's JSON declares them, references not yet followed.

Lenient: what breaks a rule of Avro without hiding what is meant (names, symbols, defaults) is read as it is meant.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

from brokerbook.schemas.json_text import as_list, as_object, as_text

PRIMITIVES = frozenset({"null", "boolean", "int", "long", "float", "double", "bytes", "string"})
DEEPEST = 150
"""Types inside each other; whoever walks a type may recurse."""


class Field(NamedTuple):
    name: str
    type: Type
    doc: str | None


@dataclass(eq=False, slots=True)
class Simple:
    """A primitive, an enum, a fixed, or an unknown type."""

    kind: str
    name: str | None = None
    doc: str | None = None
    facts: tuple[str, ...] = ()
    """What there is to say beyond the kind, in sentences."""


@dataclass(eq=False, slots=True)
class Record:
    kind: str
    """`record` or `error`."""
    name: str
    namespace: str | None
    doc: str | None
    fields: list[Field]

    @property
    def full_name(self) -> str:
        return f"{self.namespace}.{self.name}" if self.namespace else self.name


@dataclass(eq=False, slots=True)
class Array:
    items: Type
    kind: str = "array"


@dataclass(eq=False, slots=True)
class Map:
    values: Type
    kind: str = "map"


@dataclass(eq=False, slots=True)
class Union:
    branches: list[Type]
    kind: str = "union"


@dataclass(eq=False, slots=True)
class Reference:
    """A name that stands for a type."""

    name: str
    """As it is written."""
    keys: tuple[_Key, ...]
    """What it may mean, the likeliest first."""
    kind: str = "unknown"


Type = Simple | Record | Array | Map | Union | Reference
_Key = tuple[str | None, str]  # a namespace and a name: joined, one long namespace would be copied for each name in it


class Types:
    """Reads types and keeps those that have names."""

    def __init__(self) -> None:
        self._named: dict[_Key, Simple | Record] = {}
        self.too_deep = False
        """Whether types were left out because they lie too deep."""
        self._primitives = {name: Simple(name) for name in PRIMITIVES}

    def read(self, data: Any, namespace: str | None = None, depth: int = 0) -> Type:
        """The type that a JSON value declares."""
        if isinstance(data, str):
            return _reference(data, namespace)
        if depth > DEEPEST:
            self.too_deep = True
            return Simple("unknown")
        branches = as_list(data)
        if branches is not None:
            return Union([self.read(branch, namespace, depth + 1) for branch in branches])
        declared = as_object(data)
        return Simple("unknown") if declared is None else self._declared(declared, namespace, depth)

    def resolved(self, type_: Type) -> Simple | Record | Array | Map | Union | Reference:
        """The type that a reference stands for, or the reference if nothing has that name; other types as they are."""
        if not isinstance(type_, Reference):
            return type_
        for key in type_.keys:
            found = self._named.get(key)
            if found is not None:
                return found
        return self._primitives.get(type_.name) or type_

    def _declared(self, data: dict[str, Any], namespace: str | None, depth: int) -> Type:
        kind = data.get("type")
        if not isinstance(kind, str):  # a type that is wrapped once more than need be
            return self.read(kind, namespace, depth + 1)
        match kind:
            case "record" | "error":
                return self._record(kind, data, namespace, depth)
            case "enum" | "fixed":
                return self._simple(kind, data, namespace)
            case "array":
                return Array(self.read(data.get("items"), namespace, depth + 1))
            case "map":
                return Map(self.read(data.get("values"), namespace, depth + 1))
            case "error_union":
                branches = ["string", *(as_list(data.get("declared_errors")) or ())]
                return Union([self.read(branch, namespace, depth + 1) for branch in branches])
            case _ if kind in PRIMITIVES:
                return Simple(kind, facts=_logical(data))
            case _:
                return _reference(kind, namespace)

    def _record(self, kind: str, data: dict[str, Any], namespace: str | None, depth: int) -> Record:
        space, name = _key(data, namespace)
        record = Record(kind, name, space, as_text(data.get("doc")), [])
        self._named.setdefault((space, name), record)
        for field in map(as_object, as_list(data.get("fields")) or ()):
            field_name = as_text(field.get("name")) if field else None
            if field and field_name:
                type_ = self.read(field.get("type"), space, depth + 1)
                record.fields.append(Field(field_name, type_, as_text(field.get("doc"))))
        return record

    def _simple(self, kind: str, data: dict[str, Any], namespace: str | None) -> Simple:
        space, name = _key(data, namespace)
        facts: list[str] = []
        symbols = as_list(data.get("symbols"))
        if kind == "enum" and symbols is not None:
            facts.append(f"Symbols of {name}: {', '.join(filter(None, map(as_text, symbols)))}.")
        size = data.get("size")
        if kind == "fixed" and isinstance(size, int):
            facts.append(f"Size of {name}: {size} bytes.")
        simple = Simple(kind, name, as_text(data.get("doc")), (*facts, *_logical(data)))
        self._named.setdefault((space, name), simple)
        return simple


def _reference(name: str, namespace: str | None) -> Reference:
    space, dot, short = name.rpartition(".")
    if dot:
        return Reference(name, ((space or None, short),))
    return Reference(name, ((namespace, name), (None, name)) if namespace else ((None, name),))


def _key(data: dict[str, Any], namespace: str | None) -> _Key:
    """The namespace and the short name of a named type."""
    name = as_text(data.get("name")) or str(data["type"])
    space, dot, short = name.rpartition(".")
    if dot and short:
        return space or None, short
    return as_text(data.get("namespace")) or namespace, name


def _logical(data: dict[str, Any]) -> tuple[str, ...]:
    logical = data.get("logicalType")
    if not isinstance(logical, str):
        return ()
    numbers = [str(data[key]) for key in ("precision", "scale") if isinstance(data.get(key), int)]
    return (f"Logical type: {logical}({', '.join(numbers)})." if numbers else f"Logical type: {logical}.",)
