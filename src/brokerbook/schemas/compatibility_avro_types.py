"""An Avro schema as types that point to each other, names resolved: what the rules of compatibility look at."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, cast

import msgspec

from brokerbook.schemas.compatibility_changes import DEEPEST, Unreadable, shown

PRIMITIVE = frozenset({"null", "boolean", "int", "long", "float", "double", "bytes", "string"})
NAMED = frozenset({"record", "enum", "fixed", "reference"})
_LOGICAL = {
    "decimal": {"bytes", "fixed"},
    "big-decimal": {"bytes"},
    "uuid": {"string", "fixed"},
    "date": {"int"},
    "time-millis": {"int"},
    "time-micros": {"long"},
    "timestamp-millis": {"long"},
    "timestamp-micros": {"long"},
    "timestamp-nanos": {"long"},
    "local-timestamp-millis": {"long"},
    "local-timestamp-micros": {"long"},
    "local-timestamp-nanos": {"long"},
    "duration": {"fixed"},
}
"""The logical types that the specification defines, with what they stand on; readers ignore all others."""


@dataclass(slots=True, eq=False)
class Type:
    """One type; which of its parts are filled follows from its kind.

    `kind` is a primitive type, `record` (an error too), `enum`, `fixed`, `array`, `map`, `union`, or `reference`: a
    name that the text uses and does not define.
    """

    kind: str
    name: str = ""
    aliases: frozenset[str] = frozenset()
    fields: dict[str, Field] = field(default_factory=dict[str, "Field"])
    symbols: dict[str, None] = field(default_factory=dict[str, None])
    default: str | None = None
    size: int = 0
    items: Type | None = None
    branches: list[Type] = field(default_factory=list["Type"])
    logical: tuple[object, ...] | None = None

    @property
    def weight(self) -> int:
        """How much there is to look at in a comparison with it."""
        return 1 + len(self.fields) + len(self.symbols) + len(self.branches) + len(self.aliases)

    @property
    def title(self) -> str:
        """How messages name it."""
        if self.kind == "union":
            return " | ".join(branch.title for branch in self.branches[:10]) or "an empty union"
        if self.items is not None:
            return f"{self.kind} of {self.items.name or self.items.kind}"
        return shown(f"{self.kind} {self.name}" if self.kind in {"record", "enum", "fixed"} else self.name or self.kind)


@dataclass(slots=True, eq=False)
class Field:
    """A record's field; `default` is `UNSET` if it has none."""

    name: str
    aliases: frozenset[str]
    type: Type
    default: Any


def parsed(text: str) -> Type:
    """The type that a text defines; Unreadable if it is not Avro."""
    try:
        found = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError) as error:
        raise Unreadable("it is not JSON") from error
    return _Reader().type(found, "", 0)


class _Reader:
    def __init__(self) -> None:
        self._named: dict[str, Type] = {}

    def type(self, said: Any, namespace: str, depth: int) -> Type:
        if depth > DEEPEST:
            raise Unreadable(f"it has more than {DEEPEST} types inside each other")
        match said:
            case str():
                return self._by_name(said, namespace)
            case list():
                return self._union(cast("list[Any]", said), namespace, depth)
            case dict():
                return self._complex(cast("dict[str, Any]", said), namespace, depth)
            case _:
                raise Unreadable(f"{shown(said)} is no type of Avro")

    def _union(self, said: list[Any], namespace: str, depth: int) -> Type:
        branches = [self.type(branch, namespace, depth + 1) for branch in said]
        seen = set[tuple[str, str]]()
        for branch in branches:
            if branch.kind == "union":
                raise Unreadable("a union stands in a union")
            if (branch.kind, branch.name) in seen:
                raise Unreadable(f"a union has {branch.title} twice")
            seen.add((branch.kind, branch.name))
        return Type("union", branches=branches)

    def _by_name(self, name: str, namespace: str) -> Type:
        if name in PRIMITIVE:
            return Type(name)
        full = _full(name, namespace)
        return self._named.get(full) or self._named.get(name) or Type("reference", full)

    def _complex(self, said: dict[str, Any], namespace: str, depth: int) -> Type:
        kind = said.get("type")
        match kind:
            case "record" | "error":
                return self._record(said, namespace, depth)
            case "enum":
                symbols = dict.fromkeys(map(str, _list(said, "symbols")))
                default = said.get("default")
                return self._name(
                    Type("enum", symbols=symbols, default=default if default in symbols else None), said, namespace
                )
            case "fixed":
                size = said.get("size")
                if not isinstance(size, int):
                    raise Unreadable("a fixed type has no size")
                return self._name(Type("fixed", size=size, logical=_logical(said, "fixed")), said, namespace)
            case "array" | "map":
                items = "items" if kind == "array" else "values"
                if items not in said:
                    raise Unreadable(
                        f"an {kind} does not say of what" if kind == "array" else "a map does not say of what"
                    )
                return Type(kind, items=self.type(said[items], namespace, depth + 1))
            case str() if kind in PRIMITIVE:
                return Type(kind, logical=_logical(said, kind))
            case None:
                raise Unreadable("an object without a type")
            case _:
                return self.type(kind, namespace, depth + 1)

    def _record(self, said: dict[str, Any], namespace: str, depth: int) -> Type:
        record = self._name(Type("record"), said, namespace)
        inside = record.name.rpartition(".")[0]
        for each in _list(said, "fields"):
            told = cast("dict[str, Any]", each) if isinstance(each, dict) else {}
            name = told.get("name")
            if not isinstance(name, str) or "type" not in told:
                raise Unreadable(f"a field of {record.name} has no name or no type")
            if name in record.fields:
                raise Unreadable(f"{record.name} has two fields named {shown(name)}")
            record.fields[name] = Field(
                name,
                frozenset(map(str, _list(told, "aliases"))),
                self.type(told["type"], inside, depth + 1),
                told.get("default", msgspec.UNSET),
            )
        return record

    def _name(self, new: Type, said: dict[str, Any], namespace: str) -> Type:
        """Gives a type its name and makes it known; the fields of a record may speak of it."""
        name, space = said.get("name"), said.get("namespace")
        if not isinstance(name, str) or not name:
            raise Unreadable(f"a type {new.kind} has no name")
        new.name = _full(name, space if isinstance(space, str) else namespace)
        if new.name in self._named:
            raise Unreadable(f"{shown(new.name)} is defined twice")
        inside = new.name.rpartition(".")[0]
        new.aliases = frozenset(_full(str(alias), inside) for alias in _list(said, "aliases"))
        self._named[new.name] = new
        return new


def _full(name: str, namespace: str) -> str:
    return name if "." in name or not namespace else f"{namespace}.{name}"


def _list(said: dict[str, Any], key: str) -> list[Any]:
    found: Any = said.get(key, [])
    if not isinstance(found, list):
        raise Unreadable(f"`{key}` is no list")
    return cast("list[Any]", found)


def _logical(said: dict[str, Any], kind: str) -> tuple[object, ...] | None:
    """The logical type with what belongs to it, if it is one that readers know."""
    name = said.get("logicalType")
    if not isinstance(name, str) or kind not in _LOGICAL.get(name, ()):
        return None
    return (name, said.get("precision"), said.get("scale", 0)) if name == "decimal" else (name,)
