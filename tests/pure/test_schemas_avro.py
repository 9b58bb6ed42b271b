"""Avro schemas as fields: what OpenMetadata's client finds in them, and what it loses."""

from __future__ import annotations

import json
from typing import Any

import pytest

from brokerbook.schemas import fields_of
from pure_schemas import read, tree


def record(*fields: dict[str, Any], name: str = "R", **more: Any) -> dict[str, Any]:
    return {"type": "record", "name": name, "fields": list(fields), **more}


def avro(*fields: dict[str, Any], **more: Any) -> str:
    return read("Avro", json.dumps(record(*fields, **more)))


def of(type_: Any) -> str:
    """What a field of that type in a record looks like."""
    first, *lines = avro({"name": "f", "type": type_}).split("\n")
    assert first == "R RECORD"
    return "\n".join(line[2:] for line in lines)


ADDRESS = record({"name": "city", "type": "string"}, name="Address", doc="adr")


def test_a_record_is_the_root_and_its_fields_lie_below():
    text = (
        '{"type":"record","name":"Order","namespace":"shop","doc":"an order","fields":['
        '{"name":"id","type":"long","doc":"key"},{"name":"s","type":"string","default":"x"}]}'
    )
    assert read("Avro", text) == tree("""
        Order RECORD "an order"
          id LONG [long] "key"
          s STRING [string]
    """)


def test_unions_name_their_branches_and_hold_their_records():
    text = (
        '{"type":"record","name":"U","fields":[{"name":"a","type":["null","string"]},'
        '{"name":"c","type":["null","int","string"]},'
        '{"name":"d","type":["null",{"type":"record","name":"Addr","doc":"adr","fields":[{"name":"zip","type":"string"}]}]},'
        '{"name":"g","type":["null","Addr","int"]}]}'
    )
    assert read("Avro", text) == tree("""
        U RECORD
          a UNION [UNION<null,string>]
          c UNION [UNION<null,int,string>]
          d UNION [UNION<null,record>]
            Addr RECORD "adr"
              zip STRING [string]
          g UNION [UNION<null,record,int>]
            Addr RECORD "adr"
              zip STRING [string]
    """)


def test_logical_types_symbols_and_the_values_of_maps_are_kept():
    text = (
        '{"type":"record","name":"L","fields":[{"name":"ts","type":{"type":"long","logicalType":"timestamp-millis"}},'
        '{"name":"en","type":{"type":"enum","name":"Color","symbols":["R","G"]}},'
        '{"name":"m","type":{"type":"map","values":"string"}}]}'
    )
    assert read("Avro", text) == tree("""
        L RECORD
          ts LONG [long] "Logical type: timestamp-millis."
          en ENUM [enum] "Symbols of Color: R, G."
          m MAP [map]
            value STRING [string]
    """)


def test_a_record_that_is_used_again_is_told_again():
    text = (
        '{"type":"record","name":"R","fields":[{"name":"addr","doc":"where","type":{"type":"record","name":"Address",'
        '"doc":"adr type","fields":[{"name":"city","type":"string"}]}},{"name":"items","type":{"type":"array","items":'
        '{"type":"record","name":"Item","doc":"line","fields":[{"name":"sku","type":"string"}]}}},'
        '{"name":"addr2","type":"Address"}]}'
    )
    assert read("Avro", text) == tree("""
        R RECORD
          addr RECORD "where"
            Address RECORD "adr type"
              city STRING [string]
          items ARRAY [ARRAY<record>]
            Item RECORD "line"
              sku STRING [string]
          addr2 RECORD
            Address RECORD "adr type"
              city STRING [string]
    """)


@pytest.mark.parametrize("name", ["null", "boolean", "int", "long", "float", "double", "bytes", "string"])
def test_a_primitive_is_displayed_as_it_is_written(name: str):
    assert of(name) == f"f {name.upper()} [{name}]"


@pytest.mark.parametrize(
    ("type_", "expected"),
    [
        ({"type": "string", "logicalType": "uuid"}, 'f STRING [string] "Logical type: uuid."'),
        (
            {"type": "bytes", "logicalType": "decimal", "precision": 10, "scale": 2},
            'f BYTES [bytes] "Logical type: decimal(10, 2)."',
        ),
        (
            ["null", {"type": "int", "logicalType": "date"}],
            'f UNION [UNION<null,int>] "Logical type: date."',
        ),
        (
            {"type": "fixed", "name": "Hash", "size": 16, "doc": "MD5"},
            'f FIXED [fixed] "MD5||Size of Hash: 16 bytes."',
        ),
        (
            {"type": "array", "items": {"type": "enum", "name": "E", "symbols": ["A"]}},
            'f ARRAY [ARRAY<enum>] "Symbols of E: A."',
        ),
    ],
)
def test_what_narrows_a_type_is_in_the_description(type_: Any, expected: str):
    assert of(type_) == expected


@pytest.mark.parametrize(
    ("type_", "display"),
    [
        ({"type": "array", "items": "string"}, "ARRAY<string>"),
        ({"type": "array", "items": {"type": "array", "items": "int"}}, "ARRAY<ARRAY<int>>"),
        ({"type": "array", "items": ["null", "string"]}, "ARRAY<UNION<null,string>>"),
        (["null", {"type": "array", "items": "int"}], "UNION<null,ARRAY<int>>"),
        ([{"type": "array", "items": "int"}, "null"], "UNION<ARRAY<int>,null>"),
        (["null", "int", {"type": "array", "items": "int"}], "UNION<null,int,array>"),
        (["int"], "UNION<int>"),
        ([], "UNION<>"),
    ],
)
def test_arrays_and_unions_of_simple_types_have_no_children(type_: Any, display: str):
    assert of(type_) == f"f {display.partition('<')[0]} [{display}]"


def test_the_record_in_nested_arrays_and_unions_lies_directly_below_the_field():
    nested = ["null", {"type": "array", "items": {"type": "array", "items": ["null", ADDRESS]}}]
    assert of(nested) == tree("""
        f UNION [UNION<null,ARRAY<ARRAY<UNION<null,record>>>>]
          Address RECORD "adr"
            city STRING [string]
    """)


def test_a_union_holds_each_of_its_records_and_maps():
    other = record({"name": "x", "type": "int"}, name="Other")
    assert of([ADDRESS, other, {"type": "map", "values": "long"}]) == tree("""
        f UNION [UNION<record,record,map>]
          Address RECORD "adr"
            city STRING [string]
          Other RECORD
            x INT [int]
          value LONG [long]
    """)


def test_two_records_of_one_short_name_in_a_union_are_told_apart_by_their_full_names():
    one, two = ADDRESS | {"namespace": "a"}, ADDRESS | {"namespace": "b"}
    assert of([one, two]) == tree("""
        f UNION [UNION<record,record>]
          Address RECORD "adr"
            city STRING [string]
          b.Address RECORD "adr"
            city STRING [string]
    """)


def test_a_map_of_records_holds_the_record_below_its_value():
    assert of({"type": "map", "values": ADDRESS}) == tree("""
        f MAP [map]
          value RECORD
            Address RECORD "adr"
              city STRING [string]
    """)


def test_an_error_is_a_record_by_another_name():
    error = {"type": "error", "name": "Fault", "fields": []}
    assert read("Avro", json.dumps(error)) == "Fault ERROR ()"
    assert of(["null", error]) == tree("""
        f UNION [UNION<null,error>]
          Fault ERROR ()
    """)
    assert of(error) == tree("""
        f RECORD
          Fault RECORD ()
    """)


@pytest.mark.parametrize(
    ("root", "expected"),
    [
        ("string", "default STRING [string]"),
        ({"type": "enum", "name": "a.Color", "symbols": ["R", "G"]}, 'Color ENUM [enum] "Symbols of Color: R, G."'),
        ({"type": "array", "items": "int"}, "default ARRAY [ARRAY<int>]"),
        ({"type": "map", "values": "int"}, "default MAP [map]\n  value INT [int]"),
        (["null", "string"], "null NULL [null]\nstring STRING [string]"),
        (
            [record(name="A"), record(name="B", namespace="x"), record(name="B", namespace="y")],
            "A RECORD ()\nB RECORD ()\ny.B RECORD ()",
        ),
    ],
)
def test_a_root_that_is_no_record_is_told_too(root: Any, expected: str):
    assert read("Avro", json.dumps(root)) == expected


def test_a_recursion_is_cut_where_it_begins_and_told():
    text = json.dumps(record({"name": "next", "type": ["null", "R"]}, {"name": "z", "type": "int"}, doc="node"))
    parsed = fields_of("Avro", text, topic="t")
    assert read("Avro", text) == tree("""
        R RECORD "node"
          next UNION [UNION<null,record>]
            R RECORD "node||Recursive: as R above."
          z INT [int]
    """)
    assert "children" not in parsed.fields[0]["children"][0]["children"][0]
    assert parsed.note == "Recursion is cut at R.next.R."


@pytest.mark.parametrize("way", [["null", "R"], "R", {"type": "array", "items": "R"}, {"type": "map", "values": "R"}])
def test_every_way_back_to_a_record_ends(way: Any):
    parsed = fields_of("Avro", json.dumps(record({"name": "f", "type": way})), topic="t")
    assert parsed.note
    assert parsed.note.startswith("Recursion is cut at R.f.")


def test_names_are_looked_up_in_the_namespace_around_them():
    inner = record({"name": "x", "type": "int"}, name="Inner", namespace="b.c")
    found = avro(
        {"name": "f", "type": inner},
        {"name": "g", "type": "b.c.Inner"},
        {"name": "h", "type": record({"name": "i", "type": "Inner"}, name="b.c.Beside")},
        {"name": "j", "type": "Inner"},
        namespace="a",
    )
    assert found == tree("""
        R RECORD
          f RECORD
            Inner RECORD
              x INT [int]
          g RECORD
            Inner RECORD
              x INT [int]
          h RECORD
            Beside RECORD
              i RECORD
                Inner RECORD
                  x INT [int]
          j UNKNOWN [Inner]
    """)


def test_a_type_may_be_used_before_it_is_declared():
    assert avro({"name": "a", "type": "Address"}, {"name": "b", "type": ADDRESS}).count("city STRING") == 2


def test_what_is_declared_elsewhere_is_unknown_and_told():
    text = json.dumps(record({"name": "a", "type": "x.Gone"}, {"name": "b", "type": ["null", "x.Gone"]}))
    parsed = fields_of("Avro", text, topic="t")
    assert read("Avro", text) == tree("""
        R RECORD
          a UNKNOWN [x.Gone]
          b UNION [UNION<null,x.Gone>]
    """)
    assert parsed.note == "Not defined in the text: x.Gone."


def test_what_other_writers_of_schemas_allow_is_read():
    assert avro(
        {"name": "a", "type": {"type": {"type": "int"}}}, {"name": "a-b", "type": {"type": ["null", "int"]}}
    ) == tree("""
        R RECORD
          a INT [int]
          a-b UNION [UNION<null,int>]
    """)
    text = '{"type":"record","name":"R","fields":[{"name":"a","type":"double","default":NaN}]}'
    assert read("Avro", text) == "R RECORD\n  a DOUBLE [double]"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{", "it is no JSON at line 1, column 2."),
        ('{"type":\n "record",}', "it is no JSON at line 2, column 11."),
        ("5", "it declares no type of Avro."),
        ("null", "it declares no type of Avro."),
        ("{}", "it declares no type of Avro."),
        ('"Order"', "it declares no type of Avro."),
        ('{"type": "object", "properties": {}}', "it declares no type of Avro."),
        ("[" * 100_000, "it is nested too deep."),
    ],
)
def test_what_is_no_avro_has_no_fields_and_the_note_says_why(text: str, why: str):
    assert fields_of("Avro", text, topic="t") == ([], f"The schema could not be read as Avro: {why}")


@pytest.mark.parametrize("fields", [None, {}, [None, 5, {}, {"name": 5, "type": "int"}, {"name": "", "type": "int"}]])
def test_fields_that_are_none_are_passed_over(fields: Any):
    assert read("Avro", json.dumps({"type": "record", "name": "R", "fields": fields})) == "R RECORD ()"


def test_documentation_that_is_no_text_is_passed_over():
    assert avro({"name": "a", "type": "int", "doc": 5}, doc=["x"]) == "R RECORD\n  a INT [int]"
