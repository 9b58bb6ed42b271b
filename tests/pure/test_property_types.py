"""Values of custom properties: for each type what fits, what does not, and in which words it is refused."""

from __future__ import annotations

from typing import Any

import pytest

from brokerbook.errors import BadRequest
from brokerbook.model.property_types import PROPERTY_TYPES, Property, check_config, checked

COLOURS = {"values": ["red", "green", "blue"], "multiSelect": True}
TABLE = {"columns": ["name", "phone"]}
SOMEBODY = {"id": "0b6a9f4e-7a43-4c1e-9f55-5f0c6d1f2a11", "type": "user"}


def check(kind: str, value: Any, config: Any = None) -> Any:
    """The value of a property `it` of that type as it is stored."""
    return checked({"it": Property(kind, config)}, {"it": value}, {})["it"]


def refusal(kind: str, value: Any, config: Any = None) -> str:
    with pytest.raises(BadRequest) as raised:
        check(kind, value, config)
    return raised.value.message


@pytest.mark.parametrize(
    ("kind", "config", "value"),
    [
        ("integer", None, 7),
        ("integer", None, -(2**63)),
        ("number", None, 7),
        ("number", None, 7.5),
        ("string", None, ""),
        ("markdown", None, "**so**"),
        ("sqlQuery", None, "select 1"),
        ("email", None, "amy@example.com"),
        ("duration", None, "P23DT23H"),
        ("duration", None, "PT0.5S"),
        ("duration", None, "P2W"),
        ("timestamp", None, 1700000000000),
        ("timeInterval", None, {"start": 1, "end": 2}),
        ("date-cp", "yyyy-MM-dd", "2024-02-29"),
        ("dateTime-cp", "yyyy-MM-dd HH:mm", "2024-02-29 23:59"),
        ("time-cp", "HH:mm", "23:59"),
        ("enum", COLOURS, []),
        ("enum", COLOURS, ["blue", "red"]),
        ("enum", {"values": ["red"]}, ["red"]),
        ("entityReference", None, SOMEBODY),
        ("entityReference", ["user", "team"], SOMEBODY),
        ("entityReferenceList", ["user"], [SOMEBODY]),
        ("table-cp", TABLE, {"columns": ["name", "phone"], "rows": [{"name": "Amy", "phone": "17"}, {"name": "Bo"}]}),
        ("table-cp", TABLE, {"columns": ["name"], "rows": []}),
        ("hyperlink-cp", None, {"url": "https://example.com/a?b", "displayText": "There"}),
        ("hyperlink-cp", None, {"url": "mailto:amy@example.com"}),
    ],
)
def test_a_value_that_fits_is_stored_as_it_is(kind: str, config: Any, value: Any):
    assert check(kind, value, config) == value


def test_every_type_has_a_value_that_fits_and_one_that_does_not():
    tried = {
        mark.args[1][place][0]
        for test in (test_a_value_that_fits_is_stored_as_it_is, test_a_value_of_another_json_type_is_told_of)
        for mark in test.pytestmark  # type: ignore[reportFunctionMemberAccess]
        for place in range(len(mark.args[1]))
    }
    assert tried == PROPERTY_TYPES.keys()


@pytest.mark.parametrize(
    ("kind", "value", "found", "expected"),
    [
        ("integer", "7", "string", "integer"),
        ("integer", True, "boolean", "integer"),
        ("integer", 7.5, "number", "integer"),
        ("number", "7", "string", "number"),
        ("string", 7, "integer", "string"),
        ("markdown", [], "array", "string"),
        ("sqlQuery", {}, "object", "string"),
        ("email", 7, "integer", "string"),
        ("duration", 7, "integer", "string"),
        ("timestamp", "2024", "string", "integer"),
        ("timeInterval", 7, "integer", "object"),
        ("date-cp", 7, "integer", "string"),
        ("dateTime-cp", 7, "integer", "string"),
        ("time-cp", 7, "integer", "string"),
        ("enum", "red", "string", "array"),
        ("entityReference", "amy", "string", "object"),
        ("entityReferenceList", SOMEBODY, "object", "array"),
        ("table-cp", [], "array", "object"),
        ("hyperlink-cp", "https://example.com", "string", "object"),
    ],
)
def test_a_value_of_another_json_type_is_told_of(kind: str, value: Any, found: str, expected: str):
    assert refusal(kind, value, COLOURS) == f"Custom field it has invalid JSON [: {found} found, {expected} expected]"


@pytest.mark.parametrize(
    ("kind", "config", "value", "place"),
    [
        ("integer", None, 2**63, ""),
        ("number", None, 2**64, ""),
        ("email", None, "amy", ""),
        ("email", None, "a@b.c", ""),
        ("email", None, "amy@example." + "c" * 120, ""),
        ("duration", None, "P", ""),
        ("duration", None, "P1DT", ""),
        ("duration", None, "23 days", ""),
        ("timeInterval", None, {"begin": 1}, ""),
        ("timeInterval", None, {"start": "1"}, "/start"),
        ("enum", COLOURS, ["red", 7], "/1"),
        ("entityReference", None, {"id": "x"}, ""),
        ("entityReference", None, {"type": "user"}, ""),
        ("entityReference", ["team"], SOMEBODY, "/type"),
        ("entityReferenceList", ["team"], [SOMEBODY], "/0/type"),
        ("table-cp", TABLE, {"rows": []}, "/columns"),
        ("table-cp", TABLE, {"columns": []}, "/columns"),
        ("table-cp", TABLE, {"columns": ["name", "name"]}, "/columns"),
        ("table-cp", TABLE, {"columns": ["age"]}, "/columns"),
        ("table-cp", TABLE, {"columns": [["name"]]}, "/columns"),
        ("table-cp", TABLE, {"columns": ["name"], "rows": [{"age": "7"}]}, "/rows/0"),
        ("table-cp", TABLE, {"columns": ["name"], "rows": [{"name": 7}]}, "/rows/0/name"),
        ("table-cp", TABLE, {"columns": ["name"], "more": 1}, ""),
        ("hyperlink-cp", None, {"displayText": "There"}, "/url"),
        ("hyperlink-cp", None, {"url": "javascript:alert(1)"}, "/url"),
        ("hyperlink-cp", None, {"url": "https://a b"}, "/url"),
        ("hyperlink-cp", None, {"url": "https://example.com", "displayText": 7}, "/displayText"),
    ],
)
def test_a_fault_within_a_value_is_told_of_with_its_place(kind: str, config: Any, value: Any, place: str):
    assert refusal(kind, value, config).startswith(f"Custom field it has invalid JSON [{place}: ")


def test_a_date_in_another_pattern_is_refused_with_the_pattern():
    expected = "Custom field it value is not as per defined format dd.MM.yyyy"
    assert refusal("date-cp", "2024-01-01", "dd.MM.yyyy") == expected


def test_only_the_values_of_an_enum_are_taken_sorted_and_each_once():
    assert check("enum", ["red", "blue", "red"], COLOURS) == ["blue", "red"]
    assert refusal("enum", ["red", "pink", "black"], COLOURS) == "Values '[black, pink]' not supported for property it"


def test_of_several_values_one_is_to_be_chosen_unless_the_enum_says_otherwise():
    one = {"values": ["red", "green"], "multiSelect": False}
    assert refusal("enum", ["red", "green"], one) == "Only one value allowed for non-multiSelect it property"


def test_markdown_is_made_safe():
    assert check("markdown", "a<script>b</script>c") == "ac"


def test_a_reference_is_reduced_to_what_says_whom_it_means():
    given = SOMEBODY | {"id": SOMEBODY["id"].upper(), "name": "old", "href": "http://elsewhere"}
    assert check("entityReference", given) == SOMEBODY
    assert check("entityReferenceList", [given, SOMEBODY]) == [SOMEBODY]


def test_what_is_no_property_is_refused():
    with pytest.raises(BadRequest, match=r"^Unknown custom field other$"):
        checked({"it": Property("string")}, {"it": "x", "other": 1}, {})


def test_a_null_is_no_value():
    assert checked({"it": Property("string")}, {"it": None, "other": None}, {"it": "x"}) == {}


def test_what_was_stored_before_is_not_looked_at_again():
    stored = {"gone": 1, "it": "not a number"}
    assert checked({"it": Property("integer")}, stored, stored) == stored
    with pytest.raises(BadRequest):
        checked({"it": Property("integer")}, stored | {"gone": 2}, stored)


def test_true_is_not_one():
    with pytest.raises(BadRequest):
        checked({"it": Property("integer")}, {"it": True}, {"it": 1})


# configurations


@pytest.mark.parametrize(
    ("kind", "config"),
    [
        ("string", None),
        ("string", {"config": None}),
        ("enum", {"config": COLOURS}),
        ("enum", {"config": {"values": ["one"]}}),
        ("date-cp", {"config": "yyyy-MM-dd"}),
        ("dateTime-cp", {"config": "yyyy-MM-dd'T'HH:mm"}),
        ("time-cp", {"config": "HH:mm"}),
        ("entityReference", None),
        ("entityReferenceList", {"config": ["user", "team"]}),
        ("table-cp", {"config": TABLE | {"minColumns": 1, "maxColumns": 3}}),
    ],
)
def test_a_configuration_that_fits_is_taken(kind: str, config: Any):
    check_config(kind, config)


@pytest.mark.parametrize(
    ("kind", "config", "message"),
    [
        ("enum", None, "Enum Custom Property Type must have EnumConfig."),
        ("enum", {}, "Enum Custom Property Type must have EnumConfig populated with values."),
        ("enum", {"config": "red"}, "Enum Custom Property Type must have EnumConfig populated with values."),
        ("enum", {"config": {"values": []}}, "Enum Custom Property Type must have EnumConfig populated with values."),
        ("enum", {"config": {"values": ["a", "a"]}}, "Enum Custom Property values cannot have duplicates."),
        (
            "enum",
            {"config": {"values": ["a"], "multiSelect": "yes"}},
            "Custom Property enum has invalid value multiSelect. Known are values, multiSelect.",
        ),
        ("date-cp", None, "Invalid date format must have Config populated with format."),
        ("dateTime-cp", {"config": None}, "Invalid dateTime format must have Config populated with format."),
        ("time-cp", None, "Invalid time format must have Config populated with format."),
        ("date-cp", {"config": "yyyy-gg"}, "Invalid date format: yyyy-gg"),
        ("dateTime-cp", {"config": "q"}, "Invalid dateTime format: q"),
        ("time-cp", {"config": "yyyy"}, "Invalid time format: yyyy"),
        ("time-cp", {"config": 7}, "Invalid time format: a text is expected"),
        ("table-cp", None, "Table Custom Property Type must have config populated."),
        ("table-cp", {"config": {"columns": ["a", "a"]}}, "Column names must be unique."),
        (
            "table-cp",
            {"config": {"columns": list("abcd")}},
            "Custom Property table has invalid value columns size must be between 1 and 3",
        ),
        (
            "entityReference",
            {"config": "user"},
            "The configuration of a custom property of type entityReference is a list of entity types.",
        ),
        (
            "string",
            {"config": "x"},
            "A custom property of type string takes no configuration. Leave customPropertyConfig out.",
        ),
    ],
)
def test_a_configuration_that_does_not_fit_is_refused(kind: str, config: Any, message: str):
    with pytest.raises(BadRequest) as raised:
        check_config(kind, config)
    assert raised.value.message == message
