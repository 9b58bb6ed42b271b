"""Which changes of Avro schemas break whom: the specification's schema resolution in both directions."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from brokerbook.schemas.compatibility import between
from brokerbook.schemas.compatibility_changes import DEEPEST, LONGEST_TEXT, MOST_CHANGES


def record(*fields: Any, name: str = "R", **more: Any) -> dict[str, Any]:
    return {"type": "record", "name": name, "fields": list(fields), **more}


def f(name: str, type_: Any = "string", **more: Any) -> dict[str, Any]:
    return {"name": name, "type": type_, **more}


def enum(*symbols: str, name: str = "E", **more: Any) -> dict[str, Any]:
    return {"type": "enum", "name": name, "symbols": list(symbols), **more}


def fixed(size: int, name: str = "F", **more: Any) -> dict[str, Any]:
    return {"type": "fixed", "name": name, "size": size, **more}


def logical(type_: str, name: str, **more: Any) -> dict[str, Any]:
    return {"type": type_, "logicalType": name, **more}


def told(old: Any, new: Any) -> list[str]:
    """Each change as `path change: breaks`; checks that the levels follow from them."""
    found = between("Avro", json.dumps(old), json.dumps(new))
    assert found.compatible is not None, found.note
    broken = {each for change in found.changes for each in change.breaks}
    levels = found.compatible
    assert (levels.backward, levels.forward, levels.full) == (
        "writers" not in broken,
        "readers" not in broken,
        not broken,
    )
    return [f"{change.path} {change.change}: {' '.join(change.breaks)}".rstrip() for change in found.changes]


DEFAULT = {"default": "x"}
NODE, LIST = record(f("v", "int"), f("next", ["null", "R"])), record(f("v", "long"), f("next", ["null", "R"]))

CASES: dict[str, tuple[Any, Any, list[str]]] = {
    "a field with a default is added": (record(f("a")), record(f("a"), f("b", **DEFAULT)), ["R.b added:"]),
    "a field without a default is added": (record(f("a")), record(f("a"), f("b")), ["R.b added: writers"]),
    "a field whose default is null is added": (record(), record(f("b", ["null", "int"], default=None)), ["R.b added:"]),
    "a field with a default is removed": (record(f("a"), f("b", **DEFAULT)), record(f("a")), ["R.b removed:"]),
    "a field without a default is removed": (record(f("a"), f("b")), record(f("a")), ["R.b removed: readers"]),
    "fields change their order": (record(f("a"), f("b")), record(f("b"), f("a")), []),
    "only documentation changes": (record(f("a", doc="x"), doc="x"), record(f("a", doc="y"), doc="z"), []),
    "a default is taken away": (record(f("a", **DEFAULT)), record(f("a")), ["R.a changed:"]),
    "a default changes from zero to false": (
        record(f("a", "int", default=0)), record(f("a", "int", default=False)), ["R.a changed:"],
    ),
    "int becomes long": (record(f("a", "int")), record(f("a", "long")), ["R.a widened: readers"]),
    "int becomes double": (record(f("a", "int")), record(f("a", "double")), ["R.a widened: readers"]),
    "long becomes float": (record(f("a", "long")), record(f("a", "float")), ["R.a widened: readers"]),
    "double becomes float": (record(f("a", "double")), record(f("a", "float")), ["R.a narrowed: writers"]),
    "string becomes bytes": (record(f("a", "string")), record(f("a", "bytes")), ["R.a changed:"]),
    "string becomes int": (record(f("a", "string")), record(f("a", "int")), ["R.a changed: readers writers"]),
    "boolean becomes int": (record(f("a", "boolean")), record(f("a", "int")), ["R.a changed: readers writers"]),
    "a field may be null now": (record(f("a")), record(f("a", ["null", "string"])), ["R.a widened: readers"]),
    "a field may no longer be null": (record(f("a", ["null", "string"])), record(f("a")), ["R.a narrowed: writers"]),
    "a union changes its order": (record(f("a", ["null", "int"])), record(f("a", ["int", "null"])), []),
    "a union gets what its other branch reads": (["null", "long"], ["null", "long", "int"], [" widened:"]),
    "in a union int becomes long": (["null", "int"], ["null", "long"], [" changed: readers"]),
    "in a union long becomes int": (["null", "long"], ["null", "int"], [" changed: writers"]),
    "items widen": (
        record(f("a", {"type": "array", "items": "int"})), record(f("a", {"type": "array", "items": "long"})),
        ["R.a widened: readers"],
    ),
    "a map's values change": (
        record(f("a", {"type": "map", "values": "int"})), record(f("a", {"type": "map", "values": "string"})),
        ["R.a.* changed: readers writers"],
    ),
    "an array becomes a map": (
        {"type": "array", "items": "int"}, {"type": "map", "values": "int"}, [" changed: readers writers"],
    ),
    "a symbol is added": (enum("A"), enum("A", "B"), ["E widened: readers"]),
    "a symbol is added where readers have a default": (
        enum("A", default="A"), enum("A", "B", default="A"), ["E widened:"],
    ),
    "a symbol is removed": (enum("A", "B"), enum("A"), ["E narrowed: writers"]),
    "a symbol is removed and there is a default": (
        enum("A", "B"), enum("A", default="A"), ["E narrowed:", "E changed:"],
    ),
    "a default that is no symbol is none": (enum("A", default="Z"), enum("A", "B", default="Z"), ["E widened: readers"]),
    "a fixed type changes its size": (fixed(4), fixed(8), ["F changed: readers writers"]),
    "a record is renamed": (record(name="A"), record(name="B"), ["B renamed: readers writers"]),
    "a record is renamed and keeps the old name as an alias": (
        record(name="A"), record(name="B", aliases=["A"]), ["B renamed: readers"],
    ),
    "a record moves to another namespace": (record(name="a.R"), record(name="b.R"), ["R renamed:"]),
    "an enum is renamed": (enum("A", name="E"), enum("A", name="D"), ["D renamed: readers writers"]),
    "a field is renamed": (record(f("a")), record(f("b")), ["R.b added: writers", "R.a removed: readers"]),
    "a field is renamed with an alias": (record(f("a")), record(f("b", aliases=["a"])), ["R.b renamed: readers"]),
    "a field that has a default is renamed with an alias": (
        record(f("a", **DEFAULT)), record(f("b", aliases=["a"])), ["R.b renamed:"],
    ),
    "a field is renamed to what was its alias": (record(f("a", aliases=["b"])), record(f("b")), ["R.b renamed: writers"]),
    "a field is renamed with an alias and widened": (
        record(f("a", "int", default=0)), record(f("b", "long", aliases=["a"])), ["R.b renamed:", "R.b widened:"],
    ),
    "a field that reads what another field wrote is added": (
        record(f("a", "int")), record(f("a", "int"), f("b", "string", aliases=["a"])),
        ["R.b added:", "R.b changed: writers"],
    ),
    "a nested record gets a field": (
        record(f("r", record(name="I"))), record(f("r", record(f("x"), name="I"))), ["R.r.x added: writers"],
    ),
    "a record in a union gets a field": (
        record(f("r", ["null", record(name="I")])), record(f("r", ["null", record(f("x"), name="I")])),
        ["R.r.x added: writers"],
    ),
    "a record that contains itself changes": (NODE, LIST, ["R.v widened: readers"]),
    "names follow the namespace around them": (
        record(f("e", enum("A")), f("again", "E"), name="n.R"), record(f("e", enum("A")), f("again", "n.E"), name="n.R"), [],
    ),
    "two logical types differ": (
        logical("long", "timestamp-millis"), logical("long", "timestamp-micros"), [" changed: readers writers"],
    ),
    "a logical type is added": ("long", logical("long", "timestamp-millis"), [" changed:"]),
    "a logical type that nobody knows changes": (logical("long", "a"), logical("long", "b"), []),
    "a logical type on what it cannot stand on is ignored": (logical("string", "date"), "string", []),
    "a decimal changes its scale": (
        logical("bytes", "decimal", precision=9, scale=2), logical("bytes", "decimal", precision=9, scale=3),
        [" changed: readers writers"],
    ),
    "a decimal writes out the scale that it has anyway": (
        logical("bytes", "decimal", precision=9), logical("bytes", "decimal", precision=9, scale=0), [],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new", "expected"), CASES.values(), ids=CASES.keys())
def test_a_change_breaks_whom_schema_resolution_says(old: Any, new: Any, expected: list[str]):
    assert told(old, new) == expected


def test_the_answer_on_the_wire_has_levels_changes_and_messages():
    old, new = record(f("a", "int")), record(f("a", "long"), f("b"))
    assert msgspec.to_builtins(between("Avro", json.dumps(old), json.dumps(new))) == {
        "schemaType": "Avro",
        "compatible": {"backward": False, "forward": False, "full": False},
        "changes": [
            {"path": "R.a", "change": "widened", "message": "int became long", "breaks": ["readers"]},
            {
                "path": "R.b",
                "change": "added",
                "message": "the field, which has no default, was added",
                "breaks": ["writers"],
            },
        ],
    }


def test_a_name_that_the_texts_do_not_define_is_compared_by_name_and_told_of():
    found = between("Avro", json.dumps(record(f("a", "x.Other"))), json.dumps(record(f("a", "x.Other"))))
    assert (found.changes, found.note) == ([], "Not in the texts and therefore not compared: x.Other.")
    assert told(record(f("a", "x.Other")), record(f("a", "x.Third"))) == ["R.a renamed: readers writers"]


def test_changes_beyond_the_most_are_counted_and_still_decide():
    many = [f(f"f{number}", **DEFAULT) for number in range(MOST_CHANGES + 20)]
    found = between("Avro", json.dumps(record()), json.dumps(record(*many, f("last"))))
    assert len(found.changes) == MOST_CHANGES
    assert found.note == "21 more changes are not listed."
    assert found.compatible is not None
    assert not found.compatible.backward


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{", "it is not JSON"),
        ("", "it is not JSON"),
        ("[" * 100_000, "it is not JSON"),
        ("5", "5 is no type of Avro"),
        ('{"type": "record", "name": "R", "fields": [{"name": "a"}]}', "a field of R has no name or no type"),
        ('{"type": "record", "fields": []}', "a type record has no name"),
        ('{"type": "fixed", "name": "F"}', "a fixed type has no size"),
        ('{"type": "enum", "name": "E", "symbols": 5}', "`symbols` is no list"),
        ('{"type": "array"}', "an array does not say of what"),
        ('["int", ["null"]]', "a union stands in a union"),
        ('["int", "int"]', "a union has int twice"),
        (json.dumps(record(f("a"), f("a"))), "R has two fields named a"),
        (json.dumps([record(), record(f("x"))]), "R is defined twice"),
    ],
)
def test_of_what_is_no_schema_nothing_is_claimed(text: str, why: str):
    for pair in ((text, '"int"'), ('"int"', text)):
        found = between("Avro", *pair)
        assert (found.compatible, found.changes, found.note) == (None, [], f"Not compared: {why}.")


def test_of_a_schema_beyond_the_bounds_nothing_is_claimed():
    deep: Any = "int"
    for _ in range(DEEPEST + 1):
        deep = {"type": "array", "items": deep}
    assert between("Avro", json.dumps(deep), json.dumps(deep)).compatible is None
    assert between("Avro", '"int"', " " * (LONGEST_TEXT + 1)).compatible is None
    assert between("Avro", '"int"', '"\ud800"').compatible is None
    # two unions whose branches would all have to be tried against each other
    wide = [[record(f("x", "int"), name=f"{letter}{number}") for number in range(3000)] for letter in "ab"]
    assert between("Avro", json.dumps(wide[0]), json.dumps(wide[1])).compatible is None


def test_of_a_type_of_schema_without_rules_nothing_is_claimed():
    found = between("Other", "a", "b")
    assert (found.compatible, found.note) == (None, "Schemas of this type have no rules of compatibility.")


PRIMITIVES = st.sampled_from(["null", "boolean", "int", "long", "float", "double", "bytes", "string"])
TYPES = st.recursive(
    PRIMITIVES,
    lambda inner: (
        st.builds(lambda items: {"type": "array", "items": items}, inner)
        | st.builds(lambda values: {"type": "map", "values": values}, inner)
        | st.lists(PRIMITIVES, unique=True, min_size=1)
    ),
    max_leaves=5,
)
FIELDS = st.dictionaries(st.sampled_from("abcdef"), TYPES, max_size=5)


@settings(deadline=None)
@given(FIELDS)
def test_a_schema_has_no_changes_to_itself(fields: dict[str, Any]):
    schema = record(*(f(name, type_) for name, type_ in fields.items()))
    assert told(schema, schema) == []


@settings(deadline=None)
@given(FIELDS, PRIMITIVES)
def test_a_field_with_a_default_more_is_compatible_both_ways(fields: dict[str, Any], type_: str):
    old = [f(name, each) for name, each in fields.items()]
    new = [*old, f("more", ["null", *({type_} - {"null"})], default=None)]
    assert told(record(*old), record(*new)) == ["R.more added:"]
    assert told(record(*new), record(*old)) == ["R.more removed:"]


@settings(deadline=None)
@given(FIELDS, FIELDS)
def test_who_is_broken_one_way_round_is_the_other_one_the_other_way_round(one: dict[str, Any], other: dict[str, Any]):
    old, new = (record(*(f(name, type_) for name, type_ in fields.items())) for fields in (one, other))
    there = between("Avro", json.dumps(old), json.dumps(new)).compatible
    back = between("Avro", json.dumps(new), json.dumps(old)).compatible
    assert there is not None
    assert back is not None
    assert (there.backward, there.forward) == (back.forward, back.backward)


WORDS = st.sampled_from(
    ["type", "name", "fields", "items", "values", "symbols", "record", "enum", "array", "int", "R", "size"]
)
ANYTHING = st.recursive(
    WORDS | st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=5),
    max_leaves=12,
)


@settings(deadline=None)
@given(ANYTHING, ANYTHING)
def test_no_json_makes_it_fail(old: Any, new: Any):
    assert between("Avro", json.dumps(old), json.dumps(new)).schemaType == "Avro"


@settings(deadline=None)
@given(st.text())
def test_no_text_makes_it_fail(text: str):
    assert between("Avro", text, '"int"').schemaType == "Avro"
