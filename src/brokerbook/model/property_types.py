"""The types that custom properties may have: what their values and their configuration have to look like. Pure.

Types, values and texts: contract, "Types and custom properties" and "Domains, data products, extension". The references
in values are checked for their form here; whether what they name is there, the engine knows.
"""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn, cast

import msgspec

from brokerbook.errors import BadRequest
from brokerbook.model import date_patterns

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Json = dict[str, Any]

MOST_COLUMNS = 3
_LARGEST_INTEGER = 2**63 - 1
_SHORTEST_EMAIL, _LONGEST_EMAIL = 6, 127
_EMAIL = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+\Z")
_DURATION = re.compile(
    r"P(?=\d|T\d)(?:\d+Y)?(?:\d+M)?(?:\d+W)?(?:\d+D)?(?:T(?=\d)(?:\d+H)?(?:\d+M)?(?:\d+(?:\.\d+)?S)?)?\Z", re.ASCII
)
_URL = re.compile(
    r"(?:https?|ftp)://[^\s\x00-\x1f\x7f/][^\s\x00-\x1f\x7f]*\Z|mailto:[^\s\x00-\x1f\x7f]+\Z", re.IGNORECASE
)


class Property(NamedTuple):
    """A custom property, as its values see it: the name of its type, and its configuration."""

    type: str
    config: Any = None


class PropertyType(NamedTuple):
    """A type of custom properties."""

    description: str
    schema: Json
    """The JSON Schema of its values."""
    check: Callable[[str, Any, Any], Any]
    """From a property's name, its configuration and a value: the value as it is stored, or a BadRequest."""
    check_config: Callable[[str, Json | None], None]
    """Refuses a `customPropertyConfig` that the type, whose name is told, cannot have; None: there is none."""


def checked(properties: Mapping[str, Property], given: Mapping[str, Any], stored: Mapping[str, Any]) -> Json:
    """An extension as it is stored, or a BadRequest; a null says that there is no value.

    Only what differs from the stored extension is checked: what was right when it was written does not stand in the way
    of a change of something else.
    """
    found: Json = {}
    for field, value in given.items():
        if value is None:
            continue
        if field in stored and same(stored[field], value):
            found[field] = stored[field]
        elif field in properties:
            kind, config = properties[field]
            found[field] = PROPERTY_TYPES[kind].check(field, config, value)
        else:
            raise BadRequest(f"Unknown custom field {field[:256]}")
    return found


def check_config(kind: str, config: Json | None) -> None:
    """Refuses the `customPropertyConfig` of a property of this type if it cannot be one."""
    PROPERTY_TYPES[kind].check_config(kind, config)


def same(one: Any, other: Any) -> bool:
    """Whether two values are the same JSON; 1, 1.0 and true are not."""
    return one == other and msgspec.json.encode(one, order="sorted") == msgspec.json.encode(other, order="sorted")


# values: what any JSON is

_JSON_TYPES: dict[type, str] = {
    bool: "boolean", int: "integer", float: "number", str: "string", list: "array", dict: "object", type(None): "null",
}  # fmt: skip


def _invalid(field: str, fault: str) -> NoReturn:
    raise BadRequest(f"Custom field {field} has invalid JSON [{fault}]")


def _expected(field: str, value: Any, wanted: type, place: str = "") -> None:
    if type(value) is not wanted:
        _invalid(field, f"{place}: {_JSON_TYPES[type(value)]} found, {_JSON_TYPES[wanted]} expected")


def _known_keys(field: str, value: Json, keys: tuple[str, ...]) -> None:
    for key in value:
        if key not in keys:
            _invalid(field, f": only {' and '.join(keys)} are expected")


# values: each type's


def _text(field: str, _config: Any, value: Any) -> str:
    _expected(field, value, str)
    return value


def _markdown(field: str, _config: Any, value: Any) -> str:
    _expected(field, value, str)
    from brokerbook.model import markdown  # noqa: PLC0415  its patterns take a fifth of a start to compile

    return markdown.safe(value)


def _like(pattern: re.Pattern[str], fault: str, field: str, _config: Any, value: Any) -> str:
    _expected(field, value, str)
    if not pattern.match(value):
        _invalid(field, f": {fault}")
    return value


def _email(field: str, _config: Any, value: Any) -> str:
    _expected(field, value, str)
    if not (_SHORTEST_EMAIL <= len(value) <= _LONGEST_EMAIL and _EMAIL.match(value)):
        _invalid(field, ": an e-mail address is expected")
    return value


def _integer(field: str, _config: Any, value: Any, place: str = "") -> int:
    _expected(field, value, int, place)
    if not -_LARGEST_INTEGER - 1 <= value <= _LARGEST_INTEGER:
        _invalid(field, f"{place}: an integer of 64 bits is expected")
    return value


def _number(field: str, config: Any, value: Any) -> float:
    if type(value) is int:
        return _integer(field, config, value)
    _expected(field, value, float)
    return value


def _date(field: str, config: Any, value: Any) -> str:
    _expected(field, value, str)
    if not date_patterns.matches(config, value):
        raise BadRequest(f"Custom field {field} value is not as per defined format {config}")
    return value


def _interval(field: str, config: Any, value: Any) -> Json:
    _expected(field, value, dict)
    _known_keys(field, value, ("start", "end"))
    return {key: _integer(field, config, value[key], f"/{key}") for key in value}


def _choice(field: str, config: Any, value: Any) -> list[str]:
    _expected(field, value, list)
    for place, item in enumerate(value):
        _expected(field, item, str, f"/{place}")
    chosen = sorted(set(value))
    if len(chosen) > 1 and not config.get("multiSelect"):
        raise BadRequest(f"Only one value allowed for non-multiSelect {field} property")
    if unknown := [item for item in chosen if item not in config["values"]]:
        raise BadRequest(f"Values '[{', '.join(unknown)}]' not supported for property {field}")
    return chosen


def _reference(field: str, config: Any, value: Any, place: str = "") -> Json:
    _expected(field, value, dict, place)
    for key in ("id", "type"):
        if key not in value:
            _invalid(field, f"{place}: {key} is missing")
        _expected(field, value[key], str, f"{place}/{key}")
    if config and value["type"] not in config:
        _invalid(field, f"{place}/type: one of {', '.join(config)} is expected")
    return {"id": value["id"].lower(), "type": value["type"]}


def _references(field: str, config: Any, value: Any) -> list[Json]:
    _expected(field, value, list)
    found = [_reference(field, config, item, f"/{place}") for place, item in enumerate(value)]
    return list({item["id"]: item for item in found}.values())


def _table(field: str, config: Any, value: Any) -> Json:
    _expected(field, value, dict)
    _known_keys(field, value, ("columns", "rows"))
    defined: list[str] = config["columns"]
    columns, rows = value.get("columns"), value.get("rows", [])
    _expected(field, columns, list, "/columns")
    _expected(field, rows, list, "/rows")
    if not columns or len(set(map(str, columns))) != len(columns):
        _invalid(field, "/columns: the names of one to three columns, each once, are expected")
    if undefined := [str(column) for column in columns if column not in defined]:
        _invalid(field, f"/columns: expected {', '.join(defined)}, found {', '.join(undefined)[:256]}")
    for place, row in enumerate(rows):
        _expected(field, row, dict, f"/rows/{place}")
        for column, cell in row.items():
            if column not in defined:
                _invalid(field, f"/rows/{place}: expected {', '.join(defined)}, found {column[:256]}")
            _expected(field, cell, str, f"/rows/{place}/{column}")
    return {"columns": columns, "rows": rows}


def _link(field: str, _config: Any, value: Any) -> Json:
    _expected(field, value, dict)
    _known_keys(field, value, ("url", "displayText"))
    _expected(field, value.get("url"), str, "/url")
    if not _URL.match(value["url"]):
        _invalid(field, "/url: an address that begins with https://, http://, ftp:// or mailto: is expected")
    if value.get("displayText") is None:
        return {"url": value["url"]}
    _expected(field, value["displayText"], str, "/displayText")
    return {"url": value["url"], "displayText": value["displayText"]}


# configurations


def _no_config(kind: str, config: Json | None) -> None:
    if config is not None and config.get("config") is not None:
        raise BadRequest(f"A custom property of type {kind} takes no configuration. Leave customPropertyConfig out.")


def _texts(value: Any) -> list[str] | None:
    """The value if it is a list of texts none of which is empty."""
    if not isinstance(value, list):
        return None
    items = cast("list[Any]", value)
    return items if all(isinstance(item, str) and item for item in items) else None


def _choice_config(_kind: str, config: Json | None) -> None:
    if config is None:
        raise BadRequest("Enum Custom Property Type must have EnumConfig.")
    known = _object(config)
    values = _texts(known.get("values"))
    if not values:
        raise BadRequest("Enum Custom Property Type must have EnumConfig populated with values.")
    if len(set(values)) != len(values):
        raise BadRequest("Enum Custom Property values cannot have duplicates.")
    _config_keys("enum", known, {"values": list, "multiSelect": bool})


def _date_config(name: str, letters: frozenset[str], _kind: str, config: Json | None) -> None:
    pattern = config.get("config") if config is not None else None
    if pattern is None:
        raise BadRequest(f"Invalid {name} format must have Config populated with format.")
    if not isinstance(pattern, str) or not date_patterns.is_pattern(pattern, letters):
        shown = pattern[: date_patterns.LONGEST_PATTERN] if isinstance(pattern, str) else "a text is expected"
        raise BadRequest(f"Invalid {name} format: {shown}")


def _reference_config(kind: str, config: Json | None) -> None:
    if config is None or config.get("config") is None:
        return
    if not _texts(config["config"]):
        raise BadRequest(f"The configuration of a custom property of type {kind} is a list of entity types.")


def _table_config(_kind: str, config: Json | None) -> None:
    if config is None or config.get("config") is None:
        raise BadRequest("Table Custom Property Type must have config populated.")
    known = _object(config)
    columns = _texts(known.get("columns")) or []
    if len(set(columns)) != len(columns):
        raise BadRequest("Column names must be unique.")
    if not 1 <= len(columns) <= MOST_COLUMNS:
        raise BadRequest(f"Custom Property table has invalid value columns size must be between 1 and {MOST_COLUMNS}")
    _config_keys("table", known, {"columns": list, "minColumns": int, "maxColumns": int})


def _object(config: Json) -> Json:
    found = config.get("config")
    return cast("Json", found) if isinstance(found, dict) else {}


def _config_keys(name: str, config: Json, known: dict[str, type]) -> None:
    for key, value in config.items():
        if key not in known or (value is not None and type(value) is not known[key]):
            raise BadRequest(f"Custom Property {name} has invalid value {key[:256]}. Known are {', '.join(known)}.")


def _string(**more: Any) -> Json:
    return {"type": "string", **more}


_REFERENCE: Json = {
    "type": "object",
    "properties": {"id": _string(format="uuid"), "type": _string()},
    "required": ["id", "type"],
}

PROPERTY_TYPES: dict[str, PropertyType] = {
    "integer": PropertyType("A whole number.", {"type": "integer"}, _integer, _no_config),
    "number": PropertyType("A number.", {"type": "number"}, _number, _no_config),
    "string": PropertyType("A text.", _string(), _text, _no_config),
    "markdown": PropertyType("A text in Markdown.", _string(), _markdown, _no_config),
    "sqlQuery": PropertyType("A query in SQL.", _string(), _text, _no_config),
    "email": PropertyType(
        "An e-mail address.",
        _string(format="email", minLength=_SHORTEST_EMAIL, maxLength=_LONGEST_EMAIL),
        _email,
        _no_config,
    ),
    "duration": PropertyType(
        "A duration in ISO 8601, such as P23DT23H.",
        _string(format="duration"),
        partial(_like, _DURATION, "a duration in ISO 8601 is expected, such as P23DT23H"),
        _no_config,
    ),
    "timestamp": PropertyType("A time in epoch milliseconds.", {"type": "integer"}, _integer, _no_config),
    "timeInterval": PropertyType(
        "A span of time between two times in epoch milliseconds.",
        {
            "type": "object",
            "properties": {"start": {"type": "integer"}, "end": {"type": "integer"}},
            "additionalProperties": False,
        },
        _interval,
        _no_config,
    ),
    "date-cp": PropertyType(
        "A date in the property's pattern.", _string(), _date, partial(_date_config, "date", date_patterns.DATE)
    ),
    "dateTime-cp": PropertyType(
        "A date and time in the property's pattern.",
        _string(),
        _date,
        partial(_date_config, "dateTime", date_patterns.DATE_TIME),
    ),
    "time-cp": PropertyType(
        "A time of day in the property's pattern.", _string(), _date, partial(_date_config, "time", date_patterns.TIME)
    ),
    "enum": PropertyType(
        "One or some of the property's values.", {"type": "array", "items": _string()}, _choice, _choice_config
    ),
    "entityReference": PropertyType("Another entity.", _REFERENCE, _reference, _reference_config),
    "entityReferenceList": PropertyType(
        "Other entities.", {"type": "array", "items": _REFERENCE}, _references, _reference_config
    ),
    "table-cp": PropertyType(
        "A small table with the property's columns.",
        {
            "type": "object",
            "properties": {
                "columns": {"type": "array", "items": _string(), "minItems": 1, "maxItems": MOST_COLUMNS},
                "rows": {"type": "array", "items": {"type": "object", "additionalProperties": _string()}},
            },
            "required": ["columns"],
            "additionalProperties": False,
        },
        _table,
        _table_config,
    ),
    "hyperlink-cp": PropertyType(
        "An address, and the text that is shown for it.",
        {
            "type": "object",
            "properties": {"url": _string(format="uri"), "displayText": _string()},
            "required": ["url"],
            "additionalProperties": False,
        },
        _link,
        _no_config,
    ),
}
"""By the name of the type."""

REFERENCES = frozenset({"entityReference", "entityReferenceList"})
"""The types whose values name other entities."""
