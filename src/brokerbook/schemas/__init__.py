"""Schemas: what the text of an Avro, Protobuf or JSON schema says, as a tree of fields. Pure.

Every field that OpenMetadata's own client finds in a text is found under the same path, with the same type; what that
client loses is kept as further fields, displays and descriptions (docs/decisions/0021-schema-parsers.md). Nothing is
ever fetched: what a text refers to outside of itself stays unknown, and the note says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from brokerbook.schemas import avro, json_schema, protobuf
from brokerbook.schemas.tree import Full, Tree, Unreadable

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["LONGEST_TEXT", "Parsed", "fields_of"]

LONGEST_TEXT = 1_000_000
"""Characters; a longer text is not read at all."""

_GROWN: dict[str, Callable[[Tree, str, str], None]] = {
    "Avro": lambda tree, text, _: avro.grow(tree, text),
    "JSON": lambda tree, text, _: json_schema.grow(tree, text),
    "Protobuf": protobuf.grow,
}


class Parsed(NamedTuple):
    """What a text says."""

    fields: list[dict[str, Any]]
    """One root, or several, or none: `{name, dataType, dataTypeDisplay?, displayName?, description?, children?}`."""
    note: str | None
    """Why there are no fields or not all of them, in sentences; `None` if the whole text is told."""


def fields_of(schema_type: str, text: str, *, topic: str) -> Parsed:
    """The fields of a schema of type Avro, Protobuf or JSON; of any other type, and of an empty text, there are none.

    `topic` is the topic's name: it chooses among the messages of a Protobuf file. Never raises for what a text holds;
    the work and the size of what is returned are bounded whatever it holds.
    """
    grow = _GROWN.get(schema_type)
    if grow is None or not text.strip():
        return Parsed([], None)
    if len(text) > LONGEST_TEXT:
        return Parsed([], f"The schema was not read: its text has more than {LONGEST_TEXT:,} characters.")
    tree = Tree()
    try:
        grow(tree, text.removeprefix("\ufeff"), topic)
    except Full as full:
        tree.tell(str(full))
    except Unreadable as fault:
        return Parsed([], f"The schema could not be read as {schema_type}: {fault}")
    except RecursionError:
        return Parsed([], f"The schema could not be read as {schema_type}: it is nested too deep.")
    if not tree.fields and tree.note is None and text.strip() != "[]":  # such as a union of nothing inside an object
        return Parsed([], f"The schema could not be read as {schema_type}: there is no type in it.")
    return Parsed(tree.fields, tree.note)
