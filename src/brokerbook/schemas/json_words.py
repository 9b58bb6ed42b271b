"""What a JSON schema says of one value in few words: its data type, how that is displayed, and facts beyond it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from brokerbook.schemas.json_references import References, reference
from brokerbook.schemas.json_text import as_list, as_object

if TYPE_CHECKING:
    from collections.abc import Iterator

TYPES = {
    "string": "STRING",
    "number": "FLOAT",
    "integer": "INT",
    "boolean": "BOOLEAN",
    "null": "NULL",
    "object": "RECORD",
    "array": "ARRAY",
}
_CHOICES = ("oneOf", "anyOf", "allOf")
_MOST_WORDS = 20
_MOST_VALUES = 200
_LONGEST_VALUE = 100


def data_type(schema: dict[str, Any]) -> str:
    """The data type that OpenMetadata's client gives to a property; where it loses the property, the fitting one."""
    if "oneOf" in schema and isinstance(schema["oneOf"], list):
        return "RECORD" if object_choice(schema) is not None else "UNKNOWN"
    declared = schema.get("type")
    if isinstance(declared, list):
        return "UNION"
    found = TYPES.get(declared, "UNKNOWN") if isinstance(declared, str) else "UNKNOWN"
    return "MAP" if found == "RECORD" and is_map(schema) else found


def root_type(schema: dict[str, Any], references: References) -> str:
    """The data type of a whole document: also where only what it refers to, or what is in it, tells."""
    plain = references.plain(schema)
    for part in (schema, plain):
        declared = part.get("type")
        if isinstance(declared, str) and declared in TYPES:
            return "MAP" if part is not schema and declared == "object" and is_map(part) else TYPES[declared]
        if declared == "unknown":
            return "UNKNOWN"
        if isinstance(declared, list):
            return "UNION"
    if "properties" in plain or as_list(plain.get("allOf")):
        return "RECORD"
    return "UNION" if as_list(plain.get("oneOf")) or as_list(plain.get("anyOf")) else "UNKNOWN"


def is_map(schema: dict[str, Any]) -> bool:
    """Whether an object names no property and says what any property holds."""
    if isinstance(schema.get("properties"), dict):
        return False
    more = schema.get("additionalProperties")
    return more is True or isinstance(more, dict) or isinstance(schema.get("patternProperties"), dict)


def object_choice(schema: dict[str, Any]) -> dict[str, Any] | None:
    """The first branch of `oneOf` that is an object."""
    branches = map(as_object, as_list(schema.get("oneOf")) or ())
    return next((branch for branch in branches if branch and branch.get("type") == "object"), None)


def display(schema: dict[str, Any], kind: str, references: References) -> str | None:
    """How that data type is displayed where it does not say all: items, branches, what is referred to."""
    if kind == "ARRAY":
        return f"ARRAY<{_items(schema, references)}>"
    if kind in {"UNION", "UNKNOWN"}:
        word = _word(schema, references)
        return None if word == "UNKNOWN" else word
    return None


def facts(plain: dict[str, Any]) -> Iterator[str]:
    """What narrows the values, in sentences; of a schema that is not only a reference."""
    if isinstance(plain.get("format"), str):
        yield f"Format: {plain['format'][:_LONGEST_VALUE]}."
    values = [plain["const"]] if "const" in plain else as_list(plain.get("enum"))
    if values:
        shown = ", ".join(_shown(value) for value in values[:_MOST_VALUES])
        yield f"Values: {shown}{', …' if len(values) > _MOST_VALUES else ''}."


def _items(schema: dict[str, Any], references: References, *, inner: bool = False) -> str:
    """What an array holds; as OpenMetadata's client says it, where it says it."""
    items = as_object(schema.get("items"))
    if items is not None:
        declared = items.get("type")
        types = as_list(declared)
        if types is not None:
            return _union(types)
        return TYPES.get(declared, "UNKNOWN") if isinstance(declared, str) else "UNKNOWN"
    several = as_list(schema.get("items")) or as_list(schema.get("prefixItems"))
    return "UNKNOWN" if inner or not several else ",".join(_words(several, references))


def _union(types: list[Any]) -> str:
    known = dict.fromkeys(TYPES[name] for name in types if isinstance(name, str) and name in TYPES)
    return f"UNION<{','.join(known)}>"


def _word(schema: Any, references: References, *, inner: bool = False) -> str:
    """The data type of a value with what it is made of, but not with what that is made of in turn."""
    object_ = as_object(schema)
    if object_ is None:
        return "UNKNOWN"
    plain = references.plain(object_)
    declared = plain.get("type")
    types = as_list(declared)
    if types is not None:
        return _union(types)
    if isinstance(declared, str) and declared in TYPES:
        if declared == "array":
            return f"ARRAY<{_items(plain, references, inner=inner)}>"
        return "MAP" if declared == "object" and is_map(plain) else TYPES[declared]
    if isinstance(plain.get("properties"), dict):
        return "RECORD"
    for key in _CHOICES:
        branches = as_list(plain.get(key))
        if branches:
            words = ["…"] if inner else _words(branches, references)
            return words[0] if key == "allOf" and len(set(words)) == 1 else f"{key}<{','.join(words)}>"
    if "enum" in plain or "const" in plain:
        return "ENUM"
    return (reference(plain) or "UNKNOWN")[:_LONGEST_VALUE]


def _words(schemas: list[Any], references: References) -> list[str]:
    words = [_word(schema, references, inner=True) for schema in schemas[:_MOST_WORDS]]
    return [*words, "…"] if len(schemas) > _MOST_WORDS else words


def _shown(value: Any) -> str:
    if isinstance(value, dict | list):
        return "{…}" if isinstance(value, dict) else "[…]"
    shown = value if isinstance(value, str) else json.dumps(value)
    return shown if len(shown) <= _LONGEST_VALUE else f"{shown[:_LONGEST_VALUE]}…"
