"""How conditions are written: what can be parsed, and what is said of the rest, with the position."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from brokerbook.access.condition_text import And, Call, Constant, Node, Not, Number, Or, Quoted, tree
from brokerbook.access.conditions import parsed
from brokerbook.errors import BadRequest

OPERAND = "expected a function, true, false, ! or ("


def shape(node: Node) -> object:
    """The tree without positions."""
    match node:
        case Constant(value):
            return value
        case Call(name, arguments):
            return (name, *map(shape, arguments))
        case Quoted(value):
            return value
        case Not(part):
            return ("!", shape(part))
        case And(parts):
            return ("&&", *map(shape, parts))
        case Or(parts):
            return ("||", *map(shape, parts))
        case Number():
            return Number


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("true", True),
        ("FALSE", False),
        ("isOwner()", ("isOwner",)),
        (" \t\r\n isOwner\n(\t) ", ("isOwner",)),
        ("matchAnyTag('a')", ("matchAnyTag", "a")),
        ("matchAnyTag( \"a\" ,'b')", ("matchAnyTag", "a", "b")),
        ("matchAnyTag('it''s', \"a \"\"b\"\"\", '')", ("matchAnyTag", "it's", 'a "b"', "")),
        ("matchAnyTag('a\"b', \"it's\")", ("matchAnyTag", 'a"b', "it's")),
        ("matchAnyTag('größe && ) \\\\n')", ("matchAnyTag", "größe && ) \\\\n")),
        ("!a()", ("!", ("a",))),
        ("not a()", ("!", ("a",))),
        ("not(a())", ("!", ("a",))),
        ("!!a()", ("a",)),
        ("! not ! a()", ("!", ("a",))),
        ("notOwner()", ("notOwner",)),
        ("android()", ("android",)),
        ("a() && b() and c() AND d()", ("&&", ("a",), ("b",), ("c",), ("d",))),
        ("a()||b() or c() Or d()", ("||", ("a",), ("b",), ("c",), ("d",))),
        ("a() || b() && c()", ("||", ("a",), ("&&", ("b",), ("c",)))),
        ("a() && b() || c()", ("||", ("&&", ("a",), ("b",)), ("c",))),
        ("(a() || b()) && c()", ("&&", ("||", ("a",), ("b",)), ("c",))),
        ("!a() && b()", ("&&", ("!", ("a",)), ("b",))),
        ("!(a() && b())", ("!", ("&&", ("a",), ("b",)))),
        ("!a() || !b() && !c()", ("||", ("!", ("a",)), ("&&", ("!", ("b",)), ("!", ("c",))))),
        ("((a()))", ("a",)),
    ],
)
def test_not_binds_tighter_than_and_and_and_tighter_than_or(text: str, expected: object):
    assert shape(tree(text)) == expected


@pytest.mark.parametrize(
    ("text", "position", "why"),
    [
        ("", 1, f"{OPERAND}, found the end"),
        ("   ", 4, f"{OPERAND}, found the end"),
        ("nope(", 6, "expected text in quotes or ), found the end"),
        ("isOwner", 8, "expected ( after isOwner, found the end"),
        ("isOwner() isOwner()", 11, "expected &&, || or the end, found isOwner"),
        ("isOwner() &&", 13, f"{OPERAND}, found the end"),
        ("&& isOwner()", 1, f"{OPERAND}, found &&"),
        ("and('a')", 1, f"{OPERAND}, found and"),
        ("isOwner() & isOwner()", 11, "expected &&, || or the end, found &"),
        ("isOwner() | isOwner()", 11, "expected &&, || or the end, found |"),
        ("(isOwner()", 11, "expected &&, || or ), found the end"),
        ("isOwner())", 10, "expected &&, || or the end, found )"),
        ("()", 2, f"{OPERAND}, found )"),
        ("!", 2, f"{OPERAND}, found the end"),
        ("true()", 5, "expected &&, || or the end, found ("),
        ("matchAnyTag('a'", 16, "expected , or ), found the end"),
        ("matchAnyTag('a',)", 17, "expected text in quotes, found )"),
        ("matchAnyTag(,'a')", 13, "expected text in quotes, found ,"),
        ("matchAnyTag('a' 'b')", 17, "expected , or ), found 'b'"),
        ("matchAnyTag('a)", 13, "expected another ' where the text ends"),
        ("matchAnyTag(\"a')", 13, 'expected another " where the text ends'),
        ("matchAnyTag('a'')", 13, "expected another ' where the text ends"),
        ("matchAnyTag({'a'})", 13, "expected text in quotes, found {"),
        ("größe()", 3, "expected ( after gr, found ö"),
        (f"{'a' * 31}", 32, f"expected ( after {'a' * 30}…, found the end"),
    ],
)
def test_what_is_no_condition_is_refused_with_the_position_and_what_was_expected(text: str, position: int, why: str):
    with pytest.raises(BadRequest) as refused:
        parsed(text)
    assert refused.value.message == f"Failed to parse - position {position}: {why}"


@pytest.mark.parametrize(
    "text",
    [
        "T(java.lang.Runtime).getRuntime().exec('id')",
        "T('java.lang.Runtime')",
        "new java.lang.ProcessBuilder('id').start()",
        "new('x')",
        "#this",
        "#root.isOwner()",
        "@bean.isOwner()",
        "''.class",
        "isOwner().toString()",
        "noOwner() == true",
        "noOwner() eq true",
        "noOwner() ? isOwner() : false",
        "noOwner() ?: false",
        "1 + 1 > 1",
        "-1",
        "1.5",
        "{'a'}",
        "x = true",
        "a.isOwner()",
        "matchAnyTag(a)",
        "matchAnyTag(T(java.lang.System))",
        "matchAnyTag('a' + 'b')",
        "__import__('os').system('id')",
        "lambda: 0",
        "${isOwner()}",
        "isOwner(); isOwner()",
    ],
)
def test_nothing_of_a_larger_language_can_be_parsed(text: str):
    with pytest.raises(BadRequest, match=r"^Failed to parse - position "):
        parsed(text)


@pytest.mark.parametrize(
    ("text", "position", "why"),
    [
        ("foo()", 1, "there is no function foo; GET /v1/policies/functions lists them"),
        ("true || isowner()", 9, "there is no function isowner; GET /v1/policies/functions lists them"),
        ("noOwner('a')", 9, "expected no argument, noOwner takes none"),
        ("matchAnyTag(1)", 13, "expected text in quotes, matchAnyTag takes a list of tag FQNs"),
        ("hasAnyRole('a', true)", 17, "expected text in quotes, hasAnyRole takes a list of role names"),
        ("inAnyTeam(!noOwner())", 11, "expected text in quotes, inAnyTeam takes a list of team names"),
        ("'true'", 1, "expected something that is true or false, found a text or a number"),
        ("noOwner() && 1", 14, "expected something that is true or false, found a text or a number"),
        ("!'a'", 2, "expected something that is true or false, found a text or a number"),
    ],
)
def test_what_is_written_well_but_means_nothing_is_refused_with_the_position(text: str, position: int, why: str):
    with pytest.raises(BadRequest) as refused:
        parsed(text)
    assert refused.value.message == f"Failed to evaluate - position {position}: {why}"


def test_four_thousand_characters_are_parsed_and_one_more_is_not():
    longest = "true".ljust(4000)
    assert parsed(longest).root == Constant(value=True, start=0)
    with pytest.raises(BadRequest, match="position 4001: expected the end, since a condition has at most 4000 char"):
        parsed(longest + " ")


@pytest.mark.parametrize("inner", ["true", "isOwner()", "matchAnyTag('a')"])
def test_thirty_two_parentheses_inside_each_other_are_parsed_and_one_more_is_not(inner: str):
    assert shape(tree("(" * 32 + inner + ")" * 32)) == shape(tree(inner))
    with pytest.raises(BadRequest, match="position 33: expected at most 32 parentheses inside each other"):
        parsed("(" * 33 + inner + ")" * 33)


@pytest.mark.parametrize("opening", ["(", "!(", "f(", "true&&(", "f('a',"])
def test_however_deep_parentheses_are_opened_the_parser_stops_at_its_bound(opening: str):
    with pytest.raises(BadRequest, match="expected at most 32 parentheses"):
        parsed(opening * (4000 // len(opening)))


def test_parentheses_side_by_side_are_not_counted():
    assert len(tree(" && ".join(["(true)"] * 400)).parts) == 400  # pyright: ignore[reportAttributeAccessIssue]


def test_a_long_chain_is_as_deep_as_a_short_one():
    assert shape(tree("!" * 3996 + "true")) is True
    assert shape(tree("!" * 3995 + "true")) == ("!", True)


def test_a_hundred_arguments_are_taken_and_one_more_is_not():
    listed = ",".join(["'a'"] * 100)
    assert len(tree(f"f({listed})").arguments) == 100  # pyright: ignore[reportAttributeAccessIssue]
    with pytest.raises(BadRequest, match="position 402: expected \\) after 100 arguments"):
        parsed(f"f({listed},'a')")


@pytest.mark.parametrize(
    "text", ["'" * 3999, '"' + "'" * 3999, "'a" * 2000, "a" * 4000, "1" * 4000, " " * 4000, "&" * 4000]
)
def test_monotonous_text_is_refused(text: str):
    with pytest.raises(BadRequest):
        parsed(text)


def test_a_condition_is_parsed_once():
    assert parsed("isOwner() || noOwner()") is parsed("isOwner() || noOwner()")


PIECES = (
    "(",
    ")",
    "!",
    "&&",
    "||",
    "and",
    "not",
    ",",
    " ",
    "'a'",
    '"',
    "'",
    "true",
    "isOwner()",
    "noOwner",
    "f",
    "1",
    ".",
)


@settings(deadline=None)
@given(st.text(max_size=60) | st.lists(st.sampled_from(PIECES), max_size=40).map("".join))
def test_arbitrary_text_is_a_condition_or_refused_with_a_position_in_it(text: str):
    try:
        found = parsed(text)
    except BadRequest as refused:
        reason, _, rest = refused.message.partition(" - position ")
        assert reason in {"Failed to parse", "Failed to evaluate"}
        assert 1 <= int(rest.partition(":")[0]) <= len(text) + 1
    else:
        assert found.text == text
