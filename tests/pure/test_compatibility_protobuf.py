"""Which changes of Protobuf files break whom: those after which the binary form cannot be read."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from brokerbook.schemas.compatibility import Comparison, between

PROTO2, PROTO3 = 'syntax = "proto2";\n', 'syntax = "proto3";\n'


def compared(old: str, new: str) -> Comparison:
    found = between("Protobuf", old, new)
    assert found.compatible is not None, found.note
    broken = {each for change in found.changes for each in change.breaks}
    levels = found.compatible
    assert (levels.backward, levels.forward, levels.full) == (
        "writers" not in broken,
        "readers" not in broken,
        not broken,
    )
    return found


def told(old: str, new: str) -> list[str]:
    """Each change as `path change: breaks`; checks that the levels follow from them."""
    return [f"{each.path} {each.change}: {' '.join(each.breaks)}".rstrip() for each in compared(old, new).changes]


def m(body: str) -> str:
    return f"message M {{ {body} }}"


CASES: dict[str, tuple[str, str, list[str]]] = {
    "a field is added": (m("int32 a = 1;"), m("int32 a = 1; string b = 2;"), ["M.b added:"]),
    "a field is removed": (m("int32 a = 1; string b = 2;"), m("int32 a = 1;"), ["M.b removed:"]),
    "a reserved number is used again": (
        m("reserved 2 to 4;"), m("int32 a = 3;"), ["M.a added: writers", "M removed:"],
    ),
    "a number is used again for another type": (
        m("int32 a = 1;"), m("string b = 1;"), ["M.b renamed:", "M.b changed: readers writers"],
    ),
    "a field is renamed": (m("int32 a = 1;"), m("int32 b = 1;"), ["M.b renamed:"]),
    "a field gets another number": (m("int32 a = 1;"), m("int32 a = 2;"), ["M.a moved: readers writers"]),
    "two fields change their numbers": (
        m("int32 a = 1; int32 b = 2;"), m("int32 b = 1; int32 a = 2;"),
        ["M.a moved: readers writers", "M.b moved: readers writers", "M.b renamed:", "M.a renamed:"],
    ),
    "only order, comments and options change": (
        m("int32 a = 1; string b = 2; // one\n"), m("/* two */ string b = 2 [deprecated = true]; int32 a = 1;"), [],
    ),
    "int32 becomes int64": (m("int32 a = 1;"), m("int64 a = 1;"), ["M.a changed:"]),
    "int32 becomes bool": (m("int32 a = 1;"), m("bool a = 1;"), ["M.a changed:"]),
    "int32 becomes sint32": (m("int32 a = 1;"), m("sint32 a = 1;"), ["M.a changed: readers writers"]),
    "sint32 becomes sint64": (m("sint32 a = 1;"), m("sint64 a = 1;"), ["M.a changed:"]),
    "fixed32 becomes sfixed32": (m("fixed32 a = 1;"), m("sfixed32 a = 1;"), ["M.a changed:"]),
    "fixed32 becomes fixed64": (m("fixed32 a = 1;"), m("fixed64 a = 1;"), ["M.a changed: readers writers"]),
    "fixed32 becomes float": (m("fixed32 a = 1;"), m("float a = 1;"), ["M.a changed: readers writers"]),
    "float becomes double": (m("float a = 1;"), m("double a = 1;"), ["M.a changed: readers writers"]),
    "string becomes bytes": (m("string a = 1;"), m("bytes a = 1;"), ["M.a changed:"]),
    "bytes become a message": (
        m("bytes a = 1; message I {}"), m("I a = 1; message I {}"), ["M.a changed:"],
    ),
    "string becomes a message": (
        m("string a = 1; message I {}"), m("I a = 1; message I {}"), ["M.a changed: readers writers"],
    ),
    "an enum becomes int32": (
        m("E a = 1; enum E { X = 0; }"), m("int32 a = 1; enum E { X = 0; }"), ["M.a changed:"],
    ),
    "a number becomes repeated": (m("int32 a = 1;"), m("repeated int32 a = 1;"), ["M.a changed: readers"]),
    "a number becomes repeated and is not packed": (
        m("int32 a = 1;"), m("repeated int32 a = 1 [packed = false];"), ["M.a changed:"],
    ),
    "a number is no longer repeated": (m("repeated int32 a = 1;"), m("int32 a = 1;"), ["M.a changed: writers"]),
    "a string becomes repeated": (m("string a = 1;"), m("repeated string a = 1;"), ["M.a changed:"]),
    "a string is no longer repeated": (m("repeated string a = 1;"), m("string a = 1;"), ["M.a changed:"]),
    "a field tells whether it is set": (m("int32 a = 1;"), m("optional int32 a = 1;"), ["M.a changed:"]),
    "one field moves into a new oneof": (
        m("int32 a = 1; int32 b = 2;"), m("oneof o { int32 a = 1; } int32 b = 2;"), [],
    ),
    "two fields move into a new oneof": (
        m("int32 a = 1; int32 b = 2;"), m("oneof o { int32 a = 1; int32 b = 2; }"), ["M.o narrowed: writers"],
    ),
    "a field moves into a oneof that is there": (
        m("oneof o { int32 a = 1; } int32 b = 2;"), m("oneof o { int32 a = 1; int32 b = 2; }"), ["M.o narrowed: writers"],
    ),
    "a oneof is dissolved": (
        m("oneof o { int32 a = 1; int32 b = 2; }"), m("int32 a = 1; int32 b = 2;"), ["M.o widened: readers"],
    ),
    "a oneof is renamed": (
        m("oneof o { int32 a = 1; int32 b = 2; }"), m("oneof p { int32 a = 1; int32 b = 2; }"), [],
    ),
    "a field is added to a oneof": (
        m("oneof o { int32 a = 1; }"), m("oneof o { int32 a = 1; int32 b = 2; }"), ["M.b added: readers"],
    ),
    "a field is removed from a oneof": (
        m("oneof o { int32 a = 1; int32 b = 2; }"), m("oneof o { int32 a = 1; }"), ["M.b removed: writers"],
    ),
    "a oneof is added with its fields": (m("int32 a = 1;"), m("int32 a = 1; oneof o { int32 b = 2; int32 c = 3; }"), [
        "M.b added:", "M.c added:",
    ]),
    "a nested message gets a field": (
        m("I i = 1; message I {}"), m("I i = 1; message I { int32 x = 1; }"), ["M.I.x added:"],
    ),
    "a field gets a message of another name that holds the same": (
        m("I i = 1; message I { int32 x = 1; }"), m("J i = 1; message J { int32 x = 1; }"),
        ["M.i changed:", "M.J added:", "M.I removed:"],
    ),
    "a field gets a message of another name that holds something else": (
        m("I i = 1; message I { int32 x = 1; }"), m("J i = 1; message J { string x = 1; }"),
        ["M.i changed:", "M.i.x changed: readers writers", "M.J added:", "M.I removed:"],
    ),
    "a map's values change": (
        m("map<string, int32> a = 1;"), m("map<string, string> a = 1;"),
        ["M.a changed:", "M.a.value changed: readers writers"],
    ),
    "a map stays, and the message of its values changes": (
        m("map<string, I> a = 1; message I { int32 x = 1; }"), m("map<string, I> a = 1; message I { string x = 1; }"),
        ["M.I.x changed: readers writers"],
    ),
    "a map is written out": (
        m("map<string, int32> a = 1;"), m("repeated P a = 1; message P { string key = 1; int32 value = 2; }"),
        ["M.a changed:", "M.P added:"],
    ),
    "a message that nothing else uses is removed": (
        "message M {} message N { int32 a = 1; }", "message M {}", ["N removed: writers"],
    ),
    "a message is added": ("message M {}", "message M {} message N { int32 a = 1; }", ["N added:"]),
    "the only message is renamed": (m("int32 a = 1;"), "message N { int32 a = 1; }", ["N renamed:"]),
    "another message takes the place of the only one": (
        m("int32 a = 1;"), "message N { string a = 1; }", ["N added:", "M removed: writers"],
    ),
    "a value is added to an open enum": ("enum E { A = 0; }", "enum E { A = 0; B = 1; }", ["E.B widened:"]),
    "a value is removed from an open enum": ("enum E { A = 0; B = 1; }", "enum E { A = 0; }", ["E.B narrowed:"]),
    "a value is renamed": ("enum E { A = 0; B = 1; }", "enum E { A = 0; C = 1; }", ["E.C renamed:"]),
    "a value gets a second name": (
        "enum E { A = 0; B = 1; }", "enum E { option allow_alias = true; A = 0; B = 1; C = 1; }", [],
    ),
    "a value gets another number": (
        "enum E { A = 0; B = 1; }", "enum E { A = 0; B = 2; }", ["E.B moved: readers writers"],
    ),
    "an enum is removed": ("message M {} enum E { A = 0; }", "message M {}", ["E removed:"]),
    "the package changes, and names with it": (
        "package a.b; message M { .a.b.M m = 1; b.M n = 2; }", "package c; message M { M m = 1; c.M n = 2; }",
        [" changed:", "M.n changed: readers writers"],
    ),
    "names are looked for from the inside out": (
        "message I { int32 x = 1; } message M { I i = 1; message I { string y = 1; } }",
        "message I { int32 x = 1; } message M { M.I i = 1; message I { string y = 1; } }", [],
    ),
    "services, extensions and options of any kind are stepped over": (
        m("int32 a = 1;"),
        (
            'import "x.proto"; option (o) = { a: [1, "}"] }; service S { rpc R (M) returns (M) { option x = 1; } }'
            "message M { option (y).z = -1; int32 a = 1 [(v) = {p: 'x;]'}, json_name = \"b\"]; extensions 9 to max; }"
        ),
        [],
    ),
}  # fmt: skip

CASES2: dict[str, tuple[str, str, list[str]]] = {
    "a required field is added": (m(""), m("required int32 a = 1;"), ["M.a added: writers"]),
    "a required field is removed": (m("required int32 a = 1;"), m(""), ["M.a removed: readers"]),
    "a field becomes required": (m("optional int32 a = 1;"), m("required int32 a = 1;"), ["M.a changed: writers"]),
    "a field is no longer required": (m("required int32 a = 1;"), m("optional int32 a = 1;"), ["M.a changed: readers"]),
    "a number becomes repeated, not packed": (m("optional int32 a = 1;"), m("repeated int32 a = 1;"), ["M.a changed:"]),
    "a number becomes repeated and packed": (
        m("optional int32 a = 1;"), m("repeated int32 a = 1 [packed=true];"), ["M.a changed: readers"],
    ),
    "a default changes": (
        m("optional int32 a = 1 [default = 1];"), m("optional int32 a = 1 [default = 2];"), ["M.a changed:"],
    ),
    "a value is added to a closed enum": ("enum E { A = 0; }", "enum E { A = 0; B = 0x1; }", ["E.B widened: readers"]),
    "a value is removed from a closed enum": (
        "enum E { A = 0; B = -1; }", "enum E { A = 0; reserved -1; }", ["E.B narrowed: writers"],
    ),
    "a group gets a field": (
        m("optional group G = 1 { optional int32 x = 1; }"),
        m("optional group G = 1 { optional int32 x = 1; optional int32 y = 2; }"), ["M.G.y added:"],
    ),
    "a group becomes a message": (
        m("optional group G = 1 {}"), m("optional G g = 1; message G {}"), ["M.g changed: readers writers"],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new", "expected"), CASES.values(), ids=CASES.keys())
def test_a_change_of_proto3_breaks_whom_it_keeps_from_reading(old: str, new: str, expected: list[str]):
    assert told(PROTO3 + old, PROTO3 + new) == expected


@pytest.mark.parametrize(("old", "new", "expected"), CASES2.values(), ids=CASES2.keys())
def test_a_change_of_proto2_breaks_whom_it_keeps_from_reading(old: str, new: str, expected: list[str]):
    assert told(PROTO2 + old, PROTO2 + new) == expected


def test_the_syntax_alone_breaks_nobody_and_what_follows_from_it_is_told():
    found = told(
        PROTO2 + "enum E { A = 0; } message M { repeated int32 a = 1; }",
        PROTO3 + "enum E { A = 0; } message M { repeated int32 a = 1; }",
    )
    assert found == [" changed:", "E changed:"]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("int32 a = 1;", "int32 b = 1;", "a became b; the binary form is the same, the JSON form is not"),
        (
            "int32 a = 1;",
            "",
            "the field 1 was removed; 1 is not reserved, so that it could be used again for something else",
        ),
        ("int32 a = 1;", 'reserved 1; reserved "a";', "the field 1 was removed"),
        (
            'reserved "a";',
            "int32 a = 1;",
            "the field 1 was added; its name was reserved, old JSON may hold something else under it",
        ),
    ],
)
def test_a_message_says_what_a_reader_has_to_know(old: str, new: str, message: str):
    assert compared(PROTO3 + m(old), PROTO3 + m(new)).changes[0].message == message


def test_a_type_that_is_imported_is_compared_by_name_and_told_of():
    one, other = PROTO3 + m("x.A a = 1;"), PROTO3 + m("x.B a = 1;")
    assert compared(one, one).note == "Not in the texts and therefore not compared: x.A."
    assert told(one, other) == ["M.a changed: readers writers"]


def test_types_that_the_language_brings_need_no_note():
    text = PROTO3 + m("google.protobuf.Timestamp t = 1;")
    assert compared(text, text).note is None


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "it declares no message"),
        ("message M {", "line 1: expected a name, found the end"),
        ("message M {\n int32 a 1; }", "line 2: expected =, found 1"),
        ("message M { int32 a = 0; }", "line 1: 0 is no number for a field"),
        ("message M { int32 a = x; }", "line 1: expected a number, found x"),
        ("message M { int32 a = 1; int32 b = 1; }", "line 1: two fields of M have the number 1"),
        ("message M {} enum M { A = 0; }", "line 1: M is declared twice"),
        ('{"type": "record"}', "line 1: expected ;, found {"),
        ("message M {\n\n § }", "line 3: § is not expected"),
        ("message M { " * 100 + "}" * 100, "line 1: messages are nested more than 80 deep"),
    ],
)
def test_of_what_is_no_schema_nothing_is_claimed(text: str, why: str):
    for pair in ((text, m("")), (m(""), text)):
        found = between("Protobuf", *pair)
        assert (found.compatible, found.changes, found.note) == (None, [], f"Not compared: {why}.")


def test_of_schemas_beyond_the_bounds_nothing_is_claimed():
    large = "message M {" + "".join(f"int32 f{number}=1{number:05};" for number in range(30_000)) + "}"
    found = between("Protobuf", large, large)
    assert (found.compatible, found.note) == (None, "Not compared: the schemas are too large to be compared.")


TYPES = st.sampled_from(["int32", "uint64", "bool", "string", "bytes", "double", "sint64", "fixed32", "M", "E", "repeated int32", "repeated M", "map<string, M>", "optional string"])  # fmt: skip
FIELDS = st.dictionaries(
    st.integers(1, 6), st.tuples(st.sampled_from(["a", "b", "c"]), TYPES, st.booleans()), max_size=5
)


def written(fields: dict[int, tuple[str, str, bool]]) -> str:
    plain, together = "", ""
    for number, (name, type_, alone) in fields.items():
        field = f"{type_} {name}{number} = {number};"
        if alone or " " in type_:
            plain += field
        else:
            together += field
    oneof = f"oneof o {{ {together} }}" if together else ""
    return PROTO3 + "enum E { X = 0; } " + m(plain + oneof)


@settings(deadline=None)
@given(FIELDS)
def test_a_schema_has_no_changes_to_itself(fields: dict[int, tuple[str, str, bool]]):
    assert told(written(fields), written(fields)) == []


@settings(deadline=None)
@given(FIELDS, TYPES)
def test_a_field_more_is_compatible_both_ways(fields: dict[int, tuple[str, str, bool]], type_: str):
    old, new = written(fields), written(fields | {9: ("more", type_, True)})
    assert told(old, new) == ["M.more9 added:"]
    assert told(new, old) == ["M.more9 removed:"]


@settings(deadline=None)
@given(FIELDS, FIELDS)
def test_who_is_broken_one_way_round_is_the_other_one_the_other_way_round(
    one: dict[int, tuple[str, str, bool]], other: dict[int, tuple[str, str, bool]]
):
    there, back = (
        compared(*pair).compatible for pair in ((written(one), written(other)), (written(other), written(one)))
    )
    assert there is not None
    assert back is not None
    assert (there.backward, there.forward) == (back.forward, back.backward)


TOKENS = st.sampled_from(["message", "enum", "oneof", "map", "reserved", "option", "M", "int32", "{", "}", "[", "]", "<", ">", "=", ";", ",", ".", "1", "0x", "to", "max", '"a"', "-", "group", "extend", "//", "/*", "\n"])  # fmt: skip


@settings(deadline=None)
@given(st.lists(TOKENS, max_size=40).map(" ".join) | st.text())
def test_no_text_makes_it_fail(text: str):
    assert between("Protobuf", text, m("int32 a = 1;")).schemaType == "Protobuf"
