"""What holds for any text of a schema: it is read in a bounded number of steps into a bounded tree, and nothing is raised."""

from __future__ import annotations

import itertools
import json
import string
from typing import Any

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from brokerbook.schemas import LONGEST_TEXT, Parsed, fields_of
from brokerbook.schemas.tree import DEEPEST, LONGEST_NAME, LONGEST_PATH, MOST_CHARACTERS, MOST_FIELDS
from pure_schemas import count, depth

TYPES = ("Avro", "JSON", "Protobuf")
DATA_TYPES = """
    RECORD NULL BOOLEAN INT LONG BYTES FLOAT DOUBLE TIMESTAMP TIMESTAMPZ TIME DATE STRING ARRAY MAP ENUM UNION FIXED
    ERROR UNKNOWN
"""


def check(parsed: Parsed) -> None:
    """What holds for the fields of any schema."""

    def walk(fields: list[dict[str, Any]], path: int) -> int:
        names = [field["name"] for field in fields]
        assert len(set(names)) == len(names)
        characters = 0
        for field in fields:
            assert 1 <= len(field["name"]) <= LONGEST_NAME
            assert path + len(field["name"]) <= LONGEST_PATH
            assert field["dataType"] in DATA_TYPES.split()
            texts = [value for key, value in field.items() if key != "children"]
            assert all(texts)
            characters += sum(map(len, texts)) + walk(field.get("children", []), path + len(field["name"]) + 1)
        return characters

    assert walk(parsed.fields, 0) <= MOST_CHARACTERS * 2
    assert count(parsed.fields) <= MOST_FIELDS
    assert depth(parsed.fields) <= DEEPEST
    msgspec.json.encode(parsed)
    assert parsed.note is None or (parsed.note.endswith(".") and len(parsed.note) < 2000)


def repeated(schema_type: str, number: int) -> str:
    """A schema of that many fields."""
    match schema_type:
        case "Avro":
            fields = [{"name": f"f{n}", "type": "int"} for n in range(number)]
            return json.dumps({"type": "record", "name": "R", "fields": fields})
        case "JSON":
            return json.dumps({"type": "object", "properties": {f"f{n}": {"type": "null"} for n in range(number)}})
        case _:
            return f"message M {{{' '.join(f'bool f{n} = {n};' for n in range(number))}}}"


def doubling(schema_type: str, levels: int) -> str:
    """A schema of as many types as there are levels, each of which has two fields of the next."""
    names = [f"R{n}" for n in range(levels + 1)]
    pairs = list(itertools.pairwise(names))
    match schema_type:
        case "Avro":
            return json.dumps(
                [
                    {"type": "record", "name": one, "fields": [{"name": f, "type": next_} for f in "ab"]}
                    for one, next_ in pairs
                ]
                + [{"type": "record", "name": names[-1], "fields": []}]
            )
        case "JSON":
            definitions = {
                one: {"type": "object", "properties": {f: {"$ref": f"#/$defs/{next_}"} for f in "ab"}}
                for one, next_ in pairs
            }
            return json.dumps({"$ref": "#/$defs/R0", "$defs": {**definitions, names[-1]: {"type": "string"}}})
        case _:
            messages = "".join(f"message {one} {{ {next_} a = 1; {next_} b = 2; }}" for one, next_ in pairs)
            return f"{messages} message {names[-1]} {{}} message Orders {{ R0 r = 1; bool last = 2; }}"


@pytest.mark.parametrize("schema_type", TYPES)
def test_a_text_too_long_is_refused_unread(schema_type: str):
    parsed = fields_of(schema_type, "[" * (LONGEST_TEXT + 1), topic="t")
    assert parsed == ([], "The schema was not read: its text has more than 1,000,000 characters.")


@pytest.mark.parametrize("schema_type", TYPES)
def test_of_very_many_fields_the_first_are_told(schema_type: str):
    parsed = fields_of(schema_type, repeated(schema_type, 12_000), topic="t")
    check(parsed)
    assert count(parsed.fields) == MOST_FIELDS
    assert [field["name"] for field in parsed.fields[0]["children"][:2]] == ["f0", "f1"]
    assert parsed.note == "Only the first 10,000 fields are told."


@pytest.mark.parametrize("schema_type", TYPES)
def test_a_short_text_that_means_endlessly_many_fields_is_cut(schema_type: str):
    parsed = fields_of(schema_type, doubling(schema_type, 50), topic="orders")
    check(parsed)
    assert count(parsed.fields) == MOST_FIELDS
    assert parsed.note
    assert parsed.note.startswith("Only the first 10,000 fields are told.")


def test_what_is_used_again_takes_no_room_from_what_comes_after_it():
    fields = [{"name": f"f{n}", "type": {"type": "record", "name": f"R{n}", "fields": [
        {"name": f, "type": f"R{n - 1}" if n else "int"} for f in "abc"]}} for n in range(30)]  # fmt: skip
    last = {"name": "last", "type": {"type": "record", "name": "Last", "fields": [{"name": "x", "type": "int"}]}}
    text = json.dumps({"type": "record", "name": "R", "fields": [*fields, last]})
    parsed = fields_of("Avro", text, topic="t")
    assert count(parsed.fields) == MOST_FIELDS
    assert parsed.fields[0]["children"][-1]["children"][0]["children"] == [
        {"name": "x", "dataType": "INT", "dataTypeDisplay": "int"}
    ]


def test_messages_are_told_level_by_level_so_that_a_cut_falls_far_down():
    parsed = fields_of("Protobuf", doubling("Protobuf", 50), topic="orders")
    assert [field["name"] for field in parsed.fields[0]["children"]] == ["r", "last"]


def test_a_text_that_repeats_a_long_description_is_cut():
    first = {"type": "record", "name": "X", "doc": "d" * 500_000, "fields": []}
    fields = [{"name": f"f{n}", "type": "X" if n else first} for n in range(1000)]
    parsed = fields_of("Avro", json.dumps({"type": "record", "name": "R", "fields": fields}), topic="t")
    check(parsed)
    assert parsed.note == "The fields end where their texts would have more than 2,000,000 characters."


def test_references_in_more_ways_than_there_is_time_are_cut():
    definitions = {
        f"d{n}": {"allOf": [{"$ref": f"#/$defs/d{n + 1}"}], "properties": {f"p{n}": {"$ref": "#/$defs/d0"}}}
        for n in range(3000)
    }
    parsed = fields_of("JSON", json.dumps({"$ref": "#/$defs/d0", "$defs": definitions}), topic="t")
    check(parsed)
    assert parsed.fields
    assert parsed.note == "The fields end where the schema had been followed for 200,000 steps."


def nested(schema_type: str, levels: int) -> str:
    match schema_type:
        case "Avro":
            text = '"int"'
            for n in range(levels):
                text = f'{{"type":"record","name":"R{n}","fields":[{{"name":"f","type":{text}}}]}}'
            return text
        case "JSON":
            return '{"type":"object","properties":{"f":' * levels + '{"type":"null"}' + "}}" * levels
        case _:
            inner = "".join(f"message M{n} {{ M{n + 1} f = 1;" for n in range(levels))
            return f"{inner} message M{levels} {{}} {'}' * levels}"


@pytest.mark.parametrize("schema_type", TYPES)
@pytest.mark.parametrize("levels", [30, 70, 140, 320, 5000])
def test_what_is_nested_deep_is_cut_or_refused_but_never_a_fault(schema_type: str, levels: int):
    parsed = fields_of(schema_type, nested(schema_type, levels)[:LONGEST_TEXT], topic="t")
    check(parsed)
    assert levels < DEEPEST or parsed.note


def test_types_of_avro_nested_too_deep_are_left_out_and_told():
    text = '{"type":"array","items":' * 300 + '"int"' + "}" * 300
    parsed = fields_of("Avro", text, topic="t")
    check(parsed)
    assert parsed.note == "Types more than 150 deep inside each other are left out."


@pytest.mark.parametrize("schema_type", ["Avro", "JSON"])
def test_a_path_too_long_for_a_qualified_name_is_cut_and_told(schema_type: str):
    name = "n" * LONGEST_NAME
    text = nested(schema_type, 25).replace('"f"', f'"{name}"')
    parsed = fields_of(schema_type, text, topic="t")
    check(parsed)
    assert parsed.note
    assert parsed.note.startswith("Left out, because it lies too deep, is what is below")


@pytest.mark.parametrize(
    "text",
    [
        "/*" * 100_000,
        "/* " * 100_000,
        '"' * 300_000,
        "option x = '" + "\\" * 300_000,
        "option x = " + "[" * 300_000,
        "message M { " + "a." * 100_000 + "b c = 1; }",
        "// x\n" * 60_000 + "message M {}",
        "message M { /*" + " *" * 100_000 + "*/ bool f = 1; }",
        "message M { //" + " " * 100_000 + "x" + " " * 100_000 + "y\n bool f = 1; }",
        "package a" + ".a" * 58 + ";" + "message M {" * 55 + "X f = 1;" * 20_000 + "}" * 55,
    ],
)
def test_a_text_made_to_be_slow_is_read_in_one_pass(text: str):
    check(fields_of("Protobuf", text, topic="t"))  # the square of its length would take minutes


@pytest.mark.parametrize("schema_type", ["Other", "None", "Thrift", ""])
def test_a_schema_of_another_type_has_no_fields(schema_type: str):
    assert fields_of(schema_type, "anything", topic="t") == ([], None)


@pytest.mark.parametrize("schema_type", TYPES)
@pytest.mark.parametrize("text", ["", " \n"])
def test_an_empty_text_has_no_fields(schema_type: str, text: str):
    assert fields_of(schema_type, text, topic="t") == ([], None)


# What parsers look for, so that random texts are not refused at once.
NAMES = st.sampled_from(
    ["A", "B", "x.A", "string", "int", "null", "", "n" * 200, 'q"', "#", "#/$defs/A", "#/properties"]
)
SCALARS = NAMES | st.none() | st.booleans() | st.integers(-5, 5) | st.floats() | st.text(max_size=3)
KEYS = """
    type name namespace fields items values symbols size doc logicalType precision properties additionalProperties
    patternProperties oneOf anyOf allOf $ref $defs enum const title description format prefixItems then
"""
KINDS = "record error enum fixed array map object string integer null error_union unknown"
PROPERTIES = st.sampled_from(KEYS.split())
VALUES = st.recursive(
    SCALARS | st.sampled_from(KINDS.split()),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(PROPERTIES | NAMES, inner, max_size=4)
        | st.builds(
            lambda kind, more: {**more, "type": kind},
            st.sampled_from(KINDS.split()),
            st.dictionaries(PROPERTIES, inner, max_size=5),
        )
    ),
    max_leaves=20,
)
TOKENS = """
    message enum oneof group map extend service option reserved package import syntax repeated optional M A x.A string
    int32 = 1 ; { } { } [ ] < > , . "text" // /* */ google.protobuf.Value edition export DELIMITED message_encoding
"""


def test_a_union_of_nothing_is_told():
    assert (
        fields_of("Avro", '{"type": []}', topic="t").note
        == "The schema could not be read as Avro: there is no type in it."
    )


@pytest.mark.parametrize("schema_type", ["Avro", "JSON"])
@given(value=VALUES)
def test_any_json_is_read_or_told_why_not(schema_type: str, value: Any):
    parsed = fields_of(schema_type, json.dumps(value), topic="t")
    check(parsed)
    assert parsed.fields or parsed.note or value == []


@given(
    tokens=st.lists(st.sampled_from(TOKENS.split()) | st.text(string.printable, max_size=2), max_size=60),
    topic=st.text(max_size=5),
)
@example(["message", "M", "{"], "")
@example(["message", "M", "{", "string", "x", "="], "")
def test_any_tokens_of_protobuf_are_read_or_told_why_not(tokens: list[str], topic: str):
    parsed = fields_of("Protobuf", " ".join(tokens), topic=topic)
    check(parsed)
    assert parsed.fields or parsed.note or not " ".join(tokens).strip()


@pytest.mark.parametrize("schema_type", TYPES)
@given(text=st.text(st.characters(codec=None), max_size=50))
def test_any_text_is_read_or_told_why_not(schema_type: str, text: str):
    check(fields_of(schema_type, text, topic="t"))


@pytest.mark.parametrize("schema_type", TYPES)
@given(data=st.data())
def test_any_beginning_of_a_schema_is_read_or_told_why_not(schema_type: str, data: st.DataObject):
    text = doubling(schema_type, 3)
    check(fields_of(schema_type, text[: data.draw(st.integers(0, len(text)))], topic="orders"))
