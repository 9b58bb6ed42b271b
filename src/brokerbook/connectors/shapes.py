"""What can be known about a config struct before any config comes: its properties, and where secrets may lie.

Made once per struct from msgspec's own description of it, so that checking a config only looks things up.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from msgspec import inspect

if TYPE_CHECKING:
    from collections.abc import Mapping

    from brokerbook.connectors.base import Config


@dataclass(frozen=True, slots=True)
class Address:
    """A property that holds hosts or URLs, in which credentials are refused."""

    instead: str
    bare_user_is_secret: bool


@dataclass(frozen=True, slots=True)
class Property:
    """One property of a struct: what its value must be, in words, and what is special about it."""

    name: str
    wanted: str
    secret: bool = False
    free: bool = False
    address: Address | None = None
    inner: tuple[Shape, ...] = ()
    """The shapes that an object may have here: one, or several told apart by their tag."""


@dataclass(frozen=True, slots=True)
class Shape:
    """A struct's properties by name, and the same sorted by what has to be looked at."""

    struct: type[Config]
    tag: str | None
    properties: Mapping[str, Property]
    secrets: tuple[str, ...]
    free: tuple[str, ...]
    objects: tuple[Property, ...]
    addresses: tuple[tuple[str, Address], ...]
    guarded: tuple[Property, ...]
    """The objects in which there are addresses."""
    extras: bool
    """Whether properties that are not known are kept."""

    @property
    def names(self) -> list[str]:
        """All names that the object may have, the tag's included."""
        return ["type", *self.properties] if self.tag is not None else [*self.properties]


def shape_of(struct: type[Config]) -> Shape:
    """The shape of a struct and of everything inside it."""
    return _shape(cast("inspect.StructType", inspect.type_info(struct)))


def variant(shapes: tuple[Shape, ...], value: Mapping[str, Any]) -> Shape | None:
    """Which of several shapes an object has: by its tag, else by its properties; None if the tag is none of theirs.

    Without a tag the first shape wins that knows most of the properties, which is how OpenMetadata's client decides.
    """
    if len(shapes) == 1:
        return shapes[0]
    tag = value.get("type")
    if tag is not None:
        return next((shape for shape in shapes if shape.tag == tag), None)
    return max(shapes, key=lambda shape: len(shape.properties.keys() & value.keys()))


def _shape(described: inspect.StructType) -> Shape:
    properties = {field.encode_name: _property(field.encode_name, field.type) for field in described.fields}
    return Shape(
        struct=described.cls,  # pyright: ignore[reportArgumentType]  # every struct here is a Config
        tag=str(described.tag) if described.tag is not None else None,
        properties=properties,
        secrets=tuple(name for name, known in properties.items() if known.secret),
        free=tuple(name for name, known in properties.items() if known.free),
        objects=tuple(known for known in properties.values() if known.inner),
        addresses=tuple((name, known.address) for name, known in properties.items() if known.address is not None),
        guarded=tuple(
            known for known in properties.values() if any(inner.addresses or inner.guarded for inner in known.inner)
        ),
        extras=not described.forbid_unknown_fields,
    )


def _property(name: str, described: inspect.Type) -> Property:
    marks: dict[str, Any] = {}
    while isinstance(described, inspect.Metadata):
        marks.update(cast("dict[str, Any]", described.extra or {}))
        described = described.type
    options = described.types if isinstance(described, inspect.UnionType) else (described,)
    return Property(
        name=name,
        wanted=f"must be {' or '.join(dict.fromkeys(_words(option) for option in options))}",
        secret=bool(marks.get("secret")),
        free=isinstance(described, inspect.DictType),
        address=Address(marks["instead"], marks["bare_user_is_secret"]) if "instead" in marks else None,
        inner=tuple(_shape(option) for option in options if isinstance(option, inspect.StructType)),
    )


_WORDS: dict[type[inspect.Type], str] = {
    inspect.StrType: "a string",
    inspect.BoolType: "true or false",
    inspect.IntType: "a whole number",
    inspect.ListType: "a list of strings",
}


def _words(described: inspect.Type) -> str:
    match described:
        case inspect.LiteralType(values=(only,)):
            return str(only)
        case inspect.LiteralType(values=values):
            return f"one of {', '.join(map(str, values))}"
        case inspect.StrType(pattern=str()):
            return "an absolute URI, such as https://host:8081"
        case inspect.DictType(value_type=inspect.StrType()):
            return "an object whose values are strings"
        case _:
            return _WORDS.get(type(described), "an object")
