"""JSON schemas as fields: what OpenMetadata's client finds in them, and what it loses."""

from __future__ import annotations

import json
from typing import Any

import pytest

from brokerbook.schemas import fields_of
from brokerbook.schemas.tree import LONGEST_NAME
from pure_schemas import read, tree


def drawn(schema: Any) -> str:
    return read("JSON", json.dumps(schema))


def of(schema: Any, **more: Any) -> str:
    """What a property with that schema in an object looks like."""
    first, *lines = drawn({"type": "object", "properties": {"f": schema}} | more).split("\n")
    assert first in {"default RECORD", "default RECORD ()"}
    return "\n".join(line[2:] for line in lines)


ADDRESS = {"type": "object", "title": "Address", "description": "adr", "properties": {"city": {"type": "string"}}}


def test_the_properties_of_an_object_lie_below_it():
    schema = {
        "title": "Order",
        "type": "object",
        "description": "o",
        "properties": {
            "id": {"type": "integer", "title": "ID", "description": "key"},
            "tags": {"type": "array", "items": {"type": "string"}},
            "its": {"type": "array", "items": {"type": "object", "properties": {"q": {"type": "integer"}}}},
            "m": {"type": "object", "additionalProperties": {"type": "string"}},
        },
    }
    assert drawn(schema) == tree("""
        Order RECORD "o"
          id INT {ID} "key"
          tags ARRAY [ARRAY<STRING>]
          its ARRAY [ARRAY<RECORD>]
            q INT
          m MAP
            value STRING
    """)


def test_type_lists_are_unions_and_an_object_among_choices_is_told():
    schema = {
        "type": "object",
        "properties": {
            "nul": {"type": ["string", "null"]},
            "one": {
                "oneOf": [
                    {"type": "null"},
                    {"type": "object", "title": "T", "description": "D", "properties": {"x": {"type": "string"}}},
                ]
            },
            "any": {"anyOf": [{"type": "string"}]},
        },
    }
    assert drawn(schema) == tree("""
        default RECORD
          nul UNION [UNION<STRING,NULL>]
          one RECORD {T} "D"
            x STRING
          any UNKNOWN [anyOf<STRING>]
    """)


@pytest.mark.parametrize(
    ("type_", "data_type"),
    [("string", "STRING"), ("integer", "INT"), ("number", "FLOAT"), ("boolean", "BOOLEAN"), ("null", "NULL")],
)
def test_a_simple_type_has_a_data_type(type_: str, data_type: str):
    assert of({"type": type_}) == f"f {data_type}"


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"type": "string", "format": "date-time"}, 'f STRING "Format: date-time."'),
        ({"type": "string", "enum": ["a", "b"], "description": "D"}, 'f STRING "D||Values: a, b."'),
        ({"enum": ["a", 1, None, True, [1], {}]}, 'f UNKNOWN [ENUM] "Values: a, 1, null, true, […], {…}."'),
        ({"const": 5}, 'f UNKNOWN [ENUM] "Values: 5."'),
        ({"const": False}, 'f UNKNOWN [ENUM] "Values: false."'),
    ],
)
def test_what_narrows_the_values_is_in_the_description(schema: Any, expected: str):
    assert of(schema) == expected


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"type": "object", "properties": {}}, "f RECORD ()"),
        ({"type": "object"}, "f RECORD"),
        ({"type": "object", "additionalProperties": False}, "f RECORD"),
        ({"type": "object", "additionalProperties": True}, "f MAP"),
        ({"type": "object", "additionalProperties": ADDRESS}, 'f MAP\n  value RECORD {Address} "adr"\n    city STRING'),
        ({"type": "object", "patternProperties": {"^x-": {"type": "integer"}}}, "f MAP\n  ^x- INT"),
        (
            {"type": "object", "properties": {"a": {}}, "additionalProperties": {"type": "null"}},
            "f RECORD\n  a UNKNOWN\n  value NULL",
        ),
        ({"type": "object", "allOf": [ADDRESS]}, "f RECORD\n  city STRING"),
    ],
)
def test_objects_with_and_without_named_properties_are_told(schema: Any, expected: str):
    assert of(schema) == expected


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"type": "array", "items": {"type": "array", "items": {"type": "string"}}}, "f ARRAY [ARRAY<ARRAY>]"),
        ({"type": "array", "items": {"oneOf": [{"type": "string"}]}}, "f ARRAY [ARRAY<UNKNOWN>]"),
        ({"type": "array"}, "f ARRAY [ARRAY<UNKNOWN>]"),
        ({"type": "array", "items": True}, "f ARRAY [ARRAY<UNKNOWN>]"),
        ({"type": "array", "items": {"type": ["string", "null"]}}, "f ARRAY [ARRAY<UNION<STRING,NULL>>]"),
        ({"type": "array", "items": [{"type": "string"}, {"type": "integer"}]}, "f ARRAY [ARRAY<STRING,INT>]"),
        ({"type": "array", "prefixItems": [{"type": "number"}]}, "f ARRAY [ARRAY<FLOAT>]"),
        ({"type": "array", "items": {"type": "object"}}, "f ARRAY [ARRAY<RECORD>]"),
        ({"type": "array", "items": {"type": "array", "items": ADDRESS}}, "f ARRAY [ARRAY<ARRAY>]\n  city STRING"),
        (
            {"type": "array", "items": {"type": "object", "additionalProperties": {"type": "string"}}},
            "f ARRAY [ARRAY<RECORD>]\n  value STRING",
        ),
    ],
)
def test_an_array_tells_what_it_holds(schema: Any, expected: str):
    assert of(schema) == expected


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"anyOf": [ADDRESS, {"type": "null"}]}, "f UNKNOWN [anyOf<RECORD,NULL>]\n  city STRING"),
        ({"allOf": [ADDRESS, {"properties": {"x": {}}}]}, "f UNKNOWN [RECORD]\n  city STRING\n  x UNKNOWN"),
        ({"oneOf": [{"type": "string"}, {"type": "integer"}]}, "f UNKNOWN [oneOf<STRING,INT>]"),
        (
            {"oneOf": [ADDRESS, {"type": "object", "properties": {"city": {"type": "null"}, "x": {"type": "number"}}}]},
            'f RECORD {Address} "adr"\n  city STRING\n  x FLOAT',
        ),
        ({"title": "T", "oneOf": [ADDRESS]}, 'f RECORD {T} "adr"\n  city STRING'),
        ({"properties": {"x": {}}}, "f UNKNOWN [RECORD]\n  x UNKNOWN"),
        ({"if": {}, "then": {"properties": {"x": {}}}}, "f UNKNOWN\n  x UNKNOWN"),
        ({"type": ["object", "null"], "properties": {"x": {}}}, "f UNION [UNION<RECORD,NULL>]\n  x UNKNOWN"),
        ({}, "f UNKNOWN"),
        (True, "f UNKNOWN"),
        ({"type": "colour"}, "f UNKNOWN"),
    ],
)
def test_the_properties_of_all_branches_lie_below_the_field(schema: Any, expected: str):
    assert of(schema) == expected


@pytest.mark.parametrize("schema", [False, None, 5, "x", []])
def test_a_property_that_cannot_be_or_has_no_schema_is_no_field(schema: Any):
    assert of(schema) == ""


@pytest.mark.parametrize(
    ("ref", "definitions"),
    [
        ("#/definitions/Address", {"definitions": {"Address": ADDRESS}}),
        ("#/$defs/a~1b%20c~0", {"$defs": {"a/b c~": ADDRESS}}),
        ("#/x/1", {"x": [{}, ADDRESS]}),
        ("#address", {"$defs": {"A": ADDRESS | {"$anchor": "address"}}}),
        ("#address", {"definitions": {"A": ADDRESS | {"$id": "#address"}}}),
        ("http://a.example/order.json#/$defs/A", {"$id": "http://a.example/order.json", "$defs": {"A": ADDRESS}}),
    ],
)
def test_a_reference_into_the_text_is_followed(ref: str, definitions: Any):
    assert of({"$ref": ref}, **definitions) == 'f UNKNOWN [RECORD] {Address} "adr"\n  city STRING'


@pytest.mark.parametrize("ref", ["#/definitions/Gone", "other.json", "http://a.example/b.json#/c", "#gone", "#/x/99"])
def test_a_reference_out_of_the_text_is_not_followed_and_told(ref: str):
    schema = {"type": "object", "properties": {"f": {"$ref": ref}}, "x": []}
    assert drawn(schema) == f"default RECORD\n  f UNKNOWN [{ref}]"
    assert fields_of("JSON", json.dumps(schema), topic="t").note == f"Not defined in the text: {ref}."


def test_a_recursion_is_cut_where_it_begins_and_told():
    node = {"properties": {"next": {"$ref": "#/definitions/Node"}, "z": {"type": "string"}}}
    schema = {"$ref": "#/definitions/Node", "definitions": {"Node": node}}
    assert drawn(schema) == tree("""
        default RECORD
          next UNKNOWN [RECORD] "Recursive: as #/definitions/Node above."
          z STRING
    """)
    assert fields_of("JSON", json.dumps(schema), topic="t").note == "Recursion is cut at default.next."


def test_a_definition_that_is_used_beside_itself_is_no_recursion():
    base = {"properties": {"id": {"type": "string"}}}
    schema = {
        "type": "object",
        "allOf": [{"$ref": "#/$defs/Base"}],
        "properties": {"parent": {"$ref": "#/$defs/Base"}},
        "$defs": {"Base": base},
    }
    assert drawn(schema) == tree("""
        default RECORD
          parent UNKNOWN [RECORD]
            id STRING
          id STRING
    """)
    assert fields_of("JSON", json.dumps(schema), topic="t").note is None


@pytest.mark.parametrize("schema", [{"$ref": "#"}, {"$ref": "#/a", "a": {"$ref": "#/b"}, "b": {"$ref": "#/a"}}])
def test_a_reference_that_leads_to_itself_ends(schema: Any):
    assert fields_of("JSON", json.dumps(schema | {"const": 1}), topic="t").fields[0]["dataType"] == "UNKNOWN"


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"type": "object"}, "default RECORD ()"),
        ({"type": "string", "title": "S"}, "S STRING ()"),
        ({"type": "object", "additionalProperties": True}, "default RECORD ()"),
        ({"type": "array", "items": ADDRESS}, "default ARRAY [ARRAY<RECORD>]\n  city STRING"),
        ({"type": ["object", "null"], "properties": {"x": {}}}, "default UNION [UNION<RECORD,NULL>]\n  x UNKNOWN"),
        ({"properties": {"x": {}}}, "default RECORD\n  x UNKNOWN"),
        ({"$ref": "#/$defs/A", "$defs": {"A": ADDRESS}}, 'Address RECORD "adr"\n  city STRING'),
        (
            {"oneOf": [ADDRESS, {"properties": {"x": {}}}]},
            "default UNION [oneOf<RECORD,RECORD>]\n  city STRING\n  x UNKNOWN",
        ),
        ({"allOf": [ADDRESS]}, "default RECORD\n  city STRING"),
        ({"type": "object", "title": 5, "description": []}, "default RECORD ()"),
        ({"type": "object", "title": ""}, "default RECORD ()"),
    ],
)
def test_any_root_that_says_something_is_told(schema: Any, expected: str):
    assert drawn(schema) == expected


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{", "it is no JSON at line 1, column 2."),
        ("[]", "it is no object."),
        ("true", "it is no object."),
        ("{}", "it says nothing of what it describes."),
        ('{"definitions": {"A": {"type": "object"}}}', "it says nothing of what it describes."),
        ('{"a":' * 100_000, "it is nested too deep."),
    ],
)
def test_what_is_no_json_schema_has_no_fields_and_the_note_says_why(text: str, why: str):
    assert fields_of("JSON", text, topic="t") == ([], f"The schema could not be read as JSON: {why}")


def test_a_name_too_long_is_shortened_to_one_that_stays_its_own():
    one, two = "n" * 200 + "1", "n" * 200 + "2"
    parsed = fields_of("JSON", json.dumps({"type": "object", "properties": {one: {"title": "T"}, two: {}}}), topic="t")
    first, second = parsed.fields[0]["children"]
    assert (len(first["name"]), len(second["name"])) == (LONGEST_NAME, LONGEST_NAME)
    assert first["name"] != second["name"]
    assert (first["displayName"], second["displayName"]) == ("T", two)
    assert parsed.note == "A name too long is shortened below default."


def test_a_name_of_no_characters_is_left_out_and_told():
    parsed = fields_of("JSON", '{"type":"object","properties":{"":{"type":"string"}}}', topic="t")
    assert parsed.fields == [{"name": "default", "dataType": "RECORD", "children": []}]
    assert parsed.note == "A property without a name is left out below default."


def test_a_name_may_hold_anything():
    assert of({"type": "object", "properties": {'a"b.c::\t': {"type": "null"}}}) == 'f RECORD\n  a"b.c::\t NULL'


def test_what_cannot_be_written_again_is_replaced():
    parsed = fields_of("JSON", r'{"type":"object","properties":{"\ud800":{"description":"\udfff"}}}', topic="t")
    assert parsed.fields[0]["children"] == [{"name": "?", "dataType": "UNKNOWN", "description": "?"}]
