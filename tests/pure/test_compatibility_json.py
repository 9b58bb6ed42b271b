"""Which changes of JSON Schemas break whom: whether what one version allows is allowed by the other."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from brokerbook.schemas.compatibility import Comparison, between
from brokerbook.schemas.compatibility_changes import DEEPEST

S, INT, N, NULL = ({"type": kind} for kind in ("string", "integer", "number", "null"))
CLOSED = {"additionalProperties": False}


def o(*required: str, closed: bool = False, **properties: Any) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "object", "properties": properties}
    return schema | ({"required": list(required)} if required else {}) | (CLOSED if closed else {})


def arr(items: Any, **more: Any) -> dict[str, Any]:
    return {"type": "array", "items": items, **more}


def compared(old: Any, new: Any) -> Comparison:
    found = between("JSON", json.dumps(old), json.dumps(new))
    assert found.compatible is not None, found.note
    broken = {each for change in found.changes for each in change.breaks}
    levels = found.compatible
    assert (levels.backward, levels.forward, levels.full) == (
        "writers" not in broken,
        "readers" not in broken,
        not broken,
    )
    return found


def told(old: Any, new: Any) -> list[str]:
    """Each change as `path change: breaks`; checks that the levels follow from them."""
    return [f"{each.path} {each.change}: {' '.join(each.breaks)}".rstrip() for each in compared(old, new).changes]


def tree(value: Any) -> dict[str, Any]:
    node = o(v=value, left={"$ref": "#/$defs/node"})
    return {"$ref": "#/$defs/node", "$defs": {"node": {"anyOf": [NULL, node]}}}


def shapes(*names: str, **more: Any) -> dict[str, Any]:
    known = {name: o("kind", kind={"const": name}, size=more.get(name, INT)) for name in names}
    return {"oneOf": [{"$ref": f"#/definitions/{name}"} for name in names], "definitions": known}


CASES: dict[str, tuple[Any, Any, list[str]]] = {
    "an optional property is added": (o(a=S), o(a=S, b=INT), ["b added:"]),
    "an optional property is removed": (o(a=S, b=INT), o(a=S), ["b removed:"]),
    "an optional property is added to a closed schema": (
        o(a=S, closed=True), o(a=S, b=INT, closed=True), ["b added: readers"],
    ),
    "an optional property is removed from a closed schema": (
        o(a=S, b=INT, closed=True), o(a=S, closed=True), ["b removed: writers"],
    ),
    "a required property is added": (o(a=S), o("b", a=S, b=INT), ["b added: writers"]),
    "a required property is removed": (o("b", a=S, b=INT), o(a=S), ["b removed: readers"]),
    "a required property is added to a closed schema": (
        o(closed=True), o("b", b=INT, closed=True), ["b added: readers writers"],
    ),
    "a property is required now": (o(a=S), o("a", a=S), ["a narrowed: writers"]),
    "a property is no longer required": (o("a", a=S), o(a=S), ["a widened: readers"]),
    "a property that is not described is required": (o(), o("a"), ["a narrowed: writers"]),
    "a property that further ones allowed already is added": (
        o() | {"additionalProperties": S}, o(a=S) | {"additionalProperties": S}, ["a added:"],
    ),
    "a property of another type than further ones had is added": (
        o() | {"additionalProperties": S}, o(a=INT) | {"additionalProperties": S}, ["a added:", "a changed: readers writers"],
    ),
    "a schema is closed": (o(a=S), o(a=S, closed=True), [" narrowed: writers"]),
    "a schema is opened": (o(a=S, closed=True), o(a=S), [" widened: readers"]),
    "a schema is closed by unevaluatedProperties": (o(a=S), o(a=S) | {"unevaluatedProperties": False}, [" narrowed: writers"]),
    "further properties get a type": (o(), o() | {"additionalProperties": S}, ["* narrowed: writers"]),
    "further properties change their type": (
        o() | {"additionalProperties": S}, o() | {"additionalProperties": INT}, ["* changed: readers writers"],
    ),
    "properties of a pattern change their type": (
        {"patternProperties": {"^x": S}}, {"patternProperties": {"^x": INT}}, ["/^x/ changed: readers writers"],
    ),
    "names of properties get a limit": (o(), o() | {"propertyNames": {"maxLength": 3}}, ["names narrowed: writers"]),
    "a property requires another one": (
        o(), o() | {"dependentRequired": {"a": ["b"]}}, [" narrowed: writers"],
    ),
    "a dependency becomes one of a later draft": (
        o() | {"dependencies": {"a": ["b"]}}, o() | {"dependentRequired": {"a": ["b"]}}, [],
    ),
    "a property demands a schema": (
        o(), o() | {"dependentSchemas": {"a": o("b")}}, ["with a narrowed: writers", "with a.b narrowed: writers"],
    ),
    "a type is added": (o(a=S), o(a={"type": ["string", "null"]}), ["a widened: readers"]),
    "a type is removed": (o(a={"type": ["string", "null"]}), o(a=S), ["a narrowed: writers"]),
    "a type changes": (o(a=S), o(a=INT), ["a changed: readers writers"]),
    "integer becomes number": (o(a=INT), o(a=N), ["a widened: readers"]),
    "number becomes integer": (o(a=N), o(a=INT), ["a narrowed: writers"]),
    "a type is demanded where there was none": (o(a={}), o(a=S), ["a narrowed: writers"]),
    "a value is added to an enum": (o(a={"enum": ["x"]}), o(a={"enum": ["x", "y"]}), ["a widened: readers"]),
    "a value is removed from an enum": (o(a={"enum": ["x", "y"]}), o(a={"enum": ["y"]}), ["a narrowed: writers"]),
    "an enum of one becomes a constant": (o(a={"enum": [1]}), o(a={"const": 1.0}), []),
    "a constant changes": (o(a={"const": 1}), o(a={"const": 2}), ["a widened: readers", "a narrowed: writers"]),
    "true takes the place of one": (o(a={"enum": [1]}), o(a={"enum": [True]}), [
        "a changed: readers writers", "a widened: readers", "a narrowed: writers",
    ]),
    "values are no longer listed": (o(a={"enum": ["x"]}), o(a=S), ["a widened: readers"]),
    "values are listed": (o(a=S), o(a={"enum": ["x"]}), ["a narrowed: writers"]),
    "a minimum rises": (o(a=INT | {"minimum": 1}), o(a=INT | {"minimum": 2}), ["a narrowed: writers"]),
    "a maximum rises": (o(a=INT | {"maximum": 1}), o(a=INT | {"maximum": 2}), ["a widened: readers"]),
    "a minimum is added": (o(a=INT), o(a=INT | {"minimum": 2}), ["a narrowed: writers"]),
    "a maximum is removed": (o(a=INT | {"maximum": 2}), o(a=INT), ["a widened: readers"]),
    "a limit becomes exclusive": (o(a=N | {"minimum": 1}), o(a=N | {"exclusiveMinimum": 1}), ["a narrowed: writers"]),
    "an exclusive limit is written as in a later draft": (
        o(a=N | {"maximum": 1, "exclusiveMaximum": True}), o(a=N | {"exclusiveMaximum": 1}), [],
    ),
    "a limit for what cannot occur changes nothing": (o(a=S), o(a=S | {"minimum": 3, "maxItems": 2}), []),
    "a length may be greater": (o(a=S | {"maxLength": 5}), o(a=S | {"maxLength": 6}), ["a widened: readers"]),
    "a length must be greater": (o(a=S), o(a=S | {"minLength": 1}), ["a narrowed: writers"]),
    "there may be fewer properties": (o(), o() | {"maxProperties": 3}, [" narrowed: writers"]),
    "a number is a multiple of less": (o(a=INT | {"multipleOf": 4}), o(a=INT | {"multipleOf": 2}), ["a widened: readers"]),
    "a number is a multiple of a fraction": (o(a=N | {"multipleOf": 0.1}), o(a=N | {"multipleOf": 0.3}), ["a narrowed: writers"]),
    "a number is a multiple of something else": (
        o(a=INT | {"multipleOf": 4}), o(a=INT | {"multipleOf": 6}), ["a changed: readers writers"],
    ),
    "a pattern is added": (o(a=S), o(a=S | {"pattern": "^x"}), ["a narrowed: writers"]),
    "a pattern is removed": (o(a=S | {"pattern": "^x"}), o(a=S), ["a widened: readers"]),
    "a pattern is another": (o(a=S | {"pattern": "^x"}), o(a=S | {"pattern": "^y"}), ["a changed: readers writers"]),
    "a format is added, which is an annotation": (o(a=S), o(a=S | {"format": "date"}), ["a changed:"]),
    "items change their type": (o(a=arr(S)), o(a=arr(INT)), ["a changed: readers writers"]),
    "items of objects get a property": (o(a=arr(o(x=S))), o(a=arr(o(x=S, y=S))), ["a.y added:"]),
    "there may be fewer items": (arr(S), arr(S, maxItems=2), [" narrowed: writers"]),
    "items have to be unique": (arr(S), arr(S, uniqueItems=True), [" narrowed: writers"]),
    "an item has to be there": (arr(S), arr(S, contains={"const": "x"}), [" narrowed: writers"]),
    "a tuple is written as in a later draft": (
        {"items": [S, INT], "additionalItems": False}, {"prefixItems": [S, INT], "items": False}, [],
    ),
    "a tuple gets longer": (
        {"prefixItems": [S], "items": False}, {"prefixItems": [S, INT], "items": False}, ["1 widened: readers"],
    ),
    "an item of a tuple changes": ({"prefixItems": [S, INT]}, {"prefixItems": [S, S]}, ["1 changed: readers writers"]),
    "an alternative is added": (o(a={"anyOf": [S, INT]}), o(a={"anyOf": [S, INT, NULL]}), ["a widened: readers"]),
    "an alternative is removed": (o(a={"anyOf": [S, INT, NULL]}), o(a={"anyOf": [S, INT]}), ["a narrowed: writers"]),
    "alternatives change their order": (o(a={"oneOf": [S, INT]}), o(a={"oneOf": [INT, S]}), []),
    "an alternative that another one covers is added": ({"anyOf": [N, S]}, {"anyOf": [N, S, INT]}, [" widened:"]),
    "types are written as alternatives": (o(a={"type": ["string", "null"]}), o(a={"anyOf": [S, NULL]}), []),
    "a type becomes one of two alternatives": (o(a=S), o(a={"anyOf": [S, NULL]}), ["a widened: readers"]),
    "an alternative changes inside": (shapes("disc", "square"), shapes("disc", "square", disc=S), ["size changed: readers writers"]),
    "a kind of object is added": (shapes("disc"), shapes("disc", "square"), [" widened: readers"]),
    "what stands beside alternatives changes": (
        {"anyOf": [o("x"), o("y")], **o(v=INT)}, {"anyOf": [o("x"), o("y")], **o(v=S)}, ["v changed: readers writers"],
    ),
    "alternatives of the same title are compared by their place": (
        {"anyOf": [o(x=INT), o(x=NULL)]}, {"anyOf": [o(x=INT), o(x=S)]}, ["x changed: readers writers"],
    ),
    "what is written with allOf is written without": (
        {"allOf": [{"$ref": "#/$defs/base"}, o(b=INT)], "$defs": {"base": o("id", id=S)}}, o("id", id=S, b=INT), [],
    ),
    "a part of allOf changes": ({"allOf": [o(a=S), o(b=S)]}, {"allOf": [o(a=S), o(b=INT)]}, ["b changed: readers writers"]),
    "a part is added to allOf": ({"allOf": [S]}, {"allOf": [S, {"maxLength": 3}]}, [" narrowed: writers"]),
    "limits in allOf count together": (
        {"allOf": [INT | {"minimum": 1}, {"minimum": 3}]}, INT | {"minimum": 3}, [],
    ),
    "a closed part of allOf refuses what the others add": (
        {"allOf": [o(a=S, closed=True), o(b=S)]}, {"allOf": [o(a=S), o(b=S)]}, ["b widened: readers", " widened: readers"],
    ),
    "not excludes more": (o(a={"not": S}), o(a={"not": {"type": ["string", "null"]}}), ["a narrowed: writers"]),
    "not is removed": (o(a={"not": S}), o(a={}), ["a widened: readers"]),
    "a condition is added": (o(), o() | {"if": o("a"), "then": o("b")}, [" narrowed: writers"]),
    "a condition is another": (
        {"if": o("a"), "then": o("b")}, {"if": o("a"), "then": o("c")}, [" changed: readers writers"],
    ),
    "nothing is allowed any more": (True, False, [" narrowed: writers"]),
    "what was no value at all is one now": (o(a=False), o(a=S), ["a widened: readers"]),
    "a reference is written out": (
        o(a={"$ref": "#/$defs/x~1y"}) | {"$defs": {"x/y": S}}, o(a=S), [],
    ),
    "a reference leads to an anchor": ({"$ref": "#x", "$defs": {"y": S | {"$anchor": "x"}}}, S, []),
    "a reference leads to an identifier": ({"$ref": "http://e/x#", "$defs": {"y": S | {"$id": "http://e/x"}}}, S, []),
    "behind a reference something changes": (
        o(a={"$ref": "#/$defs/x"}) | {"$defs": {"x": S}}, o(a={"$ref": "#/$defs/x"}) | {"$defs": {"x": INT}},
        ["a changed: readers writers"],
    ),
    "beside a reference counts what stands there": (
        {"$ref": "#/$defs/x", "$defs": {"x": S}}, {"$ref": "#/$defs/x", "$defs": {"x": S}, "maxLength": 3},
        [" narrowed: writers"],
    ),
    "beside a reference of draft 7 nothing counts": (
        {"$schema": "http://json-schema.org/draft-07/schema#", "$ref": "#/d", "d": S},
        {"$schema": "http://json-schema.org/draft-07/schema#", "$ref": "#/d", "d": S, "maxLength": 3}, [],
    ),
    "a schema that contains itself changes": (tree(INT), tree(S), ["v changed: readers writers"]),
    "references lead in a circle": ({"$ref": "#/a", "a": {"$ref": "#/b"}, "b": {"$ref": "#/a"}}, {"$ref": "#"}, []),
    "only words for readers change": (
        o(a=S | {"title": "x", "default": "1"}), o(a=S | {"description": "y", "examples": ["2"]}), [],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new", "expected"), CASES.values(), ids=CASES.keys())
def test_a_change_breaks_whom_it_refuses(old: Any, new: Any, expected: list[str]):
    assert told(old, new) == expected


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (S, {"type": ["string", "null"]}, "null may occur now"),
        (S, INT, "string became integer"),
        (S | {"maxLength": 5}, S, "maxLength was 5 and is unset"),
        (N | {"minimum": 1}, N | {"exclusiveMinimum": 1.5}, "minimum was 1 and is 1.5 exclusive"),
        ({"enum": ["x", "y"]}, {"enum": ["x"]}, 'the value "y" was removed'),
        ({"enum": list(range(20))}, {"enum": [0]}, "the value 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 and 9 more was removed"),
        (shapes("disc"), shapes("disc", "square"), "an alternative was added: square"),
    ],
)
def test_a_message_says_what_was_and_what_is(old: Any, new: Any, message: str):
    assert [change.message for change in compared(old, new).changes] == [message]


def test_a_reference_out_of_the_text_is_compared_by_its_words_and_told_of():
    one, other = o(a={"$ref": "other.json#/x"}), o(a={"$ref": "other.json#/y"})
    assert compared(one, one).note == "Not in the texts and therefore not compared: other.json#/x."
    assert told(one, one) == []
    assert told(one, other) == ["a changed: readers writers"]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{", "it is not JSON"),
        ("", "it is not JSON"),
        ("[" * 100_000, "it is not JSON"),
        ("5", "a JSON Schema is an object, `true` or `false`"),
    ],
)
def test_of_what_is_no_schema_nothing_is_claimed(text: str, why: str):
    for pair in ((text, "{}"), ("{}", text)):
        found = between("JSON", *pair)
        assert (found.compatible, found.changes, found.note) == (None, [], f"Not compared: {why}.")


@pytest.mark.slow
def test_of_schemas_beyond_the_bounds_nothing_is_claimed():
    deep: Any = S
    for _ in range(DEEPEST + 1):
        deep = o(a=deep)
    wide = [{"anyOf": [o("k", k={"const": f"{letter}{number}"}) for number in range(400)]} for letter in "ab"]
    bomb: dict[str, Any] = {f"d{n}": {"allOf": [{"$ref": f"#/d{n + 1}"}, {"$ref": f"#/d{n + 2}"}]} for n in range(40)}
    many = {
        "properties": {f"p{n}": {"allOf": [{"$ref": "#/d"}], "minLength": n} for n in range(5000)},
        "d": {"allOf": [S] * 5000},
    }
    for old, new in ((deep, deep), (wide[0], wide[1]), (many, many)):
        assert between("JSON", json.dumps(old), json.dumps(new)).compatible is None
    assert told(bomb | {"$ref": "#/d0"}, bomb | {"$ref": "#/d0"}) == []


def test_schemas_that_refer_to_each_other_in_many_ways_are_compared_once():
    def knot(length: int) -> dict[str, Any]:
        def one(n: int) -> dict[str, Any]:
            following: dict[str, Any] = {f"x{step}": {"$ref": f"#/$defs/d{(n + step) % 12}"} for step in (1, 2, 5)}
            return {
                "anyOf": [
                    {"type": "object", "required": ["kind"], "properties": {"kind": {"const": n}} | following},
                    S | {"maxLength": length if n == 11 else 9},
                ]
            }

        return {"$ref": "#/$defs/d0", "$defs": {f"d{n}": one(n) for n in range(12)}}

    assert told(knot(1), knot(1)) == []
    levels = compared(knot(1), knot(2)).compatible
    assert levels is not None
    assert (levels.backward, levels.forward) == (True, False)


LEAVES: st.SearchStrategy[Any] = st.sampled_from(
    [S, INT, N, NULL, True, False, {"enum": ["a", 1]}, INT | {"minimum": 1}, S | {"maxLength": 2}, {"$ref": "#"}]
)
SCHEMAS = st.recursive(
    LEAVES,
    lambda inner: (
        st.builds(
            lambda properties, closed: o(closed=closed, **properties),
            st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
            st.booleans(),
        )
        | st.builds(arr, inner)
        | st.builds(
            lambda key, each: {key: each},
            st.sampled_from(["anyOf", "oneOf", "allOf"]),
            st.lists(inner, min_size=1, max_size=3),
        )
        | st.builds(lambda each: {"not": each}, inner)
    ),
    max_leaves=6,
)


@settings(deadline=None)  # the time is bounded by what is counted, and differs with the schemas
@given(SCHEMAS)
def test_a_schema_has_no_changes_to_itself(schema: Any):
    assert told(schema, schema) == []


@settings(deadline=None)  # the time is bounded by what is counted, and differs with the schemas
@given(st.dictionaries(st.sampled_from("abc"), SCHEMAS, max_size=3), LEAVES.filter(lambda each: each is not False))
def test_an_optional_property_more_is_compatible_both_ways(properties: dict[str, Any], more: Any):
    old, new = o(**properties), o(**properties, more=more)
    assert "more added:" in told(old, new)
    for pair in ((old, new), (new, old)):
        levels = compared(*pair).compatible
        assert levels is not None
        assert levels.full


@settings(deadline=None)  # the time is bounded by what is counted, and differs with the schemas
@given(SCHEMAS, SCHEMAS)
def test_who_is_broken_one_way_round_is_the_other_one_the_other_way_round(one: Any, other: Any):
    there, back = compared(one, other).compatible, compared(other, one).compatible
    assert there is not None
    assert back is not None
    assert (there.backward, there.forward) == (back.forward, back.backward)


WORDS = st.sampled_from([
    "type", "properties", "items", "required", "enum", "const", "anyOf", "allOf", "not", "$ref", "$id", "#", "#/a", "if",
    "then", "minimum", "multipleOf", "additionalProperties", "dependencies", "prefixItems", "exclusiveMinimum", "a", "string",
])  # fmt: skip
ANYTHING = st.recursive(
    WORDS | st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=5),
    max_leaves=12,
)


@settings(deadline=None)  # the time is bounded by what is counted, and differs with the schemas
@given(st.dictionaries(WORDS, ANYTHING, max_size=6), st.dictionaries(WORDS, ANYTHING, max_size=6))
def test_no_json_makes_it_fail(old: Any, new: Any):
    assert between("JSON", json.dumps(old), json.dumps(new)).schemaType == "JSON"


@settings(deadline=None)  # the time is bounded by what is counted, and differs with the schemas
@given(st.text())
def test_no_text_makes_it_fail(text: str):
    assert between("JSON", text, "{}").schemaType == "JSON"
