"""Fields of a Protobuf file: those of the message that is named like the topic, or of the only one.

The fields of a message lie directly below the field that holds it. Types of `google/protobuf` are known; what else is
imported has to be in the text.
"""

from __future__ import annotations

import functools
from functools import partial
from typing import TYPE_CHECKING

from brokerbook.schemas.protobuf_text import Enum, Field, File, Message, Scope, file_of
from brokerbook.schemas.tree import Origin, Place, Tree, Unreadable, paragraphs
from brokerbook.schemas.well_known import WELL_KNOWN

if TYPE_CHECKING:
    from collections.abc import Iterator

_SCALARS = {
    "double": "DOUBLE",
    "float": "FLOAT",
    "bool": "BOOLEAN",
    "string": "STRING",
    "bytes": "BYTES",
    **dict.fromkeys(("int32", "int64", "uint32", "uint64", "sint32", "sint64"), "INT"),
    **dict.fromkeys(("fixed32", "fixed64", "sfixed32", "sfixed64"), "FIXED"),
}
_KNOWN: tuple[list[str], ...] = ([], ["google"], ["google", "protobuf"])
"""The packages in which what `google/protobuf` declares has a name; others can name it from the top only."""
_SHOWN = 3
_MOST_VALUES = 200


def grow(tree: Tree, text: str, topic: str) -> None:
    """Adds what the schema of a topic says."""
    file = file_of(text)
    message = _root(file, topic)
    place = tree.add(tree.root, message.name, "RECORD", description=message.doc)
    if place:
        fields = _Fields(tree, file)
        tree.later(partial(fields.expand, place, message))
        tree.grow()


def message_name(topic: str) -> str:
    """How the message of a topic is named: `my_event` is `MyEvent`, `my-event` is `My-event`."""
    first, *others = topic.split("_")
    return first.capitalize() + "".join(part.title() for part in others)


def _root(file: File, topic: str) -> Message:
    named = file.messages.get(message_name(topic))
    if named is not None:
        return named
    if not file.messages:
        raise Unreadable("it declares no message.")
    if len(file.messages) > 1:
        names = list(file.messages)
        more = f" and {len(names) - _SHOWN:,} more" if len(names) > _SHOWN else ""
        shown = ", ".join(name[:100] for name in names[:_SHOWN])
        raise Unreadable(f"none of its messages ({shown}{more}) is named {message_name(topic)}, as the topic asks for.")
    return next(iter(file.messages.values()))


class _Fields:
    """Adds the fields of messages to a tree, level by level."""

    def __init__(self, tree: Tree, file: File) -> None:
        self._tree = tree
        self._file = file
        self._found: dict[tuple[int, str], Message | Enum | None] = {}

    def expand(self, place: Place, message: Message) -> None:
        """Adds the fields of a message below the field that holds it."""
        if self._tree.within(place.origin, message):
            self._tree.cut(place, message.name)
            return
        place.origin = Origin(message, place.origin)
        place.field["children"] = []
        for field in message.fields:
            self._field(place, field, message)

    def _field(self, above: Place, field: Field, scope: Message) -> None:
        self._tree.step()
        facts = [f"One of {field.oneof}."] if field.oneof else []
        if field.key is not None:
            place = self._tree.add(
                above, field.name, "RECORD", display=f"map<{field.key},{field.type}>", description=field.doc
            )
            if place:
                place.field["children"] = []
                self._typed(place, "key", field.key, scope)
                self._typed(place, "value", field.type, scope)
            return
        display = f"repeated {field.type}" if field.repeated else field.type
        delimited = self._file.delimited if field.delimited is None else field.delimited
        self._typed(
            above, field.name, field.type, scope,
            display=display, description=paragraphs(field.doc, *facts), group=field.group, delimited=delimited,
        )  # fmt: skip

    def _typed(
        self,
        above: Place,
        name: str,
        written: str,
        scope: Message,
        *,
        display: str | None = None,
        description: str | None = None,
        group: Message | None = None,
        delimited: bool = False,
    ) -> None:
        """Adds one field of a type, and what lies below it in due time."""
        found = group or (None if written in _SCALARS else self._type(written, scope))
        kind = _SCALARS.get(written, "UNKNOWN")
        if isinstance(found, Message):
            kind = "UNION" if delimited else "RECORD"
        elif isinstance(found, Enum):
            kind = "ENUM"
            more = ", …" if len(found.values) > _MOST_VALUES else ""
            description = paragraphs(description, f"Values: {', '.join(found.values[:_MOST_VALUES])}{more}.")
        elif kind == "UNKNOWN":
            self._tree.tell_of("Not defined in the text:", written)
        place = self._tree.add(above, name, kind, display=display or written, description=description)
        if place and isinstance(found, Message):
            self._tree.later(partial(self.expand, place, found))

    def _type(self, written: str, scope: Scope) -> Message | Enum | None:
        """The message or enum that a name stands for where it is written."""
        key = (id(scope), written)
        if key not in self._found:
            self._found[key] = next(self._candidates(written, scope), None)
        return self._found[key]

    def _candidates(self, written: str, scope: Scope) -> Iterator[Message | Enum]:
        absolute = written.startswith(".")
        parts = written.removeprefix(".").split(".")
        own, above = [] if absolute else [scope], scope.above
        while above is not None:
            if not absolute or above.above is None:
                own.append(above)
            above = above.above
        for place in own:
            yield from _inside(place, parts)
        path = [] if absolute else _path(scope)
        for known in _KNOWN:
            if path[: len(known)] == known:
                yield from _inside(_well_known(), [*known, *parts])


def _inside(scope: Scope, parts: list[str]) -> Iterator[Message | Enum]:
    found: Scope | Enum | None = scope
    for part in parts:
        found = found.inner.get(part) if isinstance(found, Scope) else None
    if isinstance(found, Message | Enum):
        yield found


def _path(scope: Scope) -> list[str]:
    names: list[str] = []
    while scope.above is not None:
        names.append(scope.name)
        scope = scope.above
    return names[::-1]


@functools.cache
def _well_known() -> Scope:
    """What `google/protobuf` declares."""
    return file_of(WELL_KNOWN).scope
