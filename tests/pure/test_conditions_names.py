"""What conditions name, and how they follow when it is renamed or deleted; the list of functions for editors."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from brokerbook.access.condition_text import quoted
from brokerbook.access.conditions import FUNCTIONS, arguments, parsed, renamed
from brokerbook.errors import BadRequest


def test_every_argument_is_told_with_what_it_names_and_where_it_stands():
    text = "!hasAnyRole('r') && (inAnyTeam(\"t\") || matchAnyTag('A.b', 'it''s')) && matchAnyServiceName('s')"
    found = arguments(parsed(text))
    assert [(argument.kind, argument.value) for argument in found] == [
        ("role", "r"),
        ("team", "t"),
        ("tag", "A.b"),
        ("tag", "it's"),
        ("text", "s"),
    ]
    assert [text[argument.start : argument.end] for argument in found] == ["'r'", '"t"', "'A.b'", "'it''s'", "'s'"]


def test_a_condition_without_arguments_names_nothing():
    assert arguments(parsed("true || !(isOwner() && matchAnyTag())")) == ()


@pytest.mark.parametrize(
    ("function", "kind"),
    [
        ("matchAllTags", "tag"),
        ("matchAnyTag", "tag"),
        ("matchAnyCertification", "tag"),
        ("matchAnyServiceTag", "tag"),
        ("hasAnyRole", "role"),
        ("inAnyTeam", "team"),
        ("matchAnyServiceName", "text"),
        ("matchAnyServiceType", "text"),
        ("matchAnyServiceEnvironment", "text"),
    ],
)
def test_each_function_with_arguments_names_one_kind_of_thing(function: str, kind: str):
    start = len(function) + 1
    assert arguments(parsed(f"{function}('x')")) == ((kind, "x", start, start + 3),)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("matchAnyTag('A.b')", "matchAnyTag('Z')"),
        ('matchAnyTag("A.b")', 'matchAnyTag("Z")'),
        ("matchAnyTag('x', 'A.b','y')", "matchAnyTag('x', 'Z','y')"),
        ("matchAnyTag('A.b.c', 'A.bc', 'A.b.c.d', 'A', 'XA.b')", "matchAnyTag('Z.c', 'A.bc', 'Z.c.d', 'A', 'XA.b')"),
        (" ! matchAllTags( 'A.b' )||isOwner() ", " ! matchAllTags( 'Z' )||isOwner() "),
        ("matchAnyTag('A.b') && matchAnyCertification('A.b')", "matchAnyTag('Z') && matchAnyCertification('Z')"),
        ("matchAnyServiceTag('A.b') || hasAnyRole('A.b')", "matchAnyServiceTag('Z') || hasAnyRole('A.b')"),
        ("inAnyTeam('A.b') && matchAnyServiceName('A.b')", "inAnyTeam('A.b') && matchAnyServiceName('A.b')"),
        ("matchAnyTag('a.b', 'A.b ')", "matchAnyTag('a.b', 'A.b ')"),
        ("isOwner()", "isOwner()"),
    ],
)
def test_a_renamed_tag_is_named_anew_with_those_below_it_and_the_rest_stays(text: str, expected: str):
    assert renamed(text, "tag", "A.b", "Z") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("matchAnyTag('A','b')", "matchAnyTag('b')"),
        ("matchAnyTag('b','A')", "matchAnyTag('b')"),
        ("matchAnyTag( 'a' , 'A' , 'b' )", "matchAnyTag( 'a' , 'b' )"),
        ("matchAnyTag( 'A' , 'a' ,  'b' )", "matchAnyTag( 'a' ,  'b' )"),
        ("matchAnyTag('A.x', 'a', 'A.y.z')", "matchAnyTag('a')"),
        ("matchAnyTag('A')", "matchAnyTag()"),
        ("matchAnyTag( 'A' , 'A.x' ) && matchAllTags('A', 'B')", "matchAnyTag(  ) && matchAllTags()"),
        ("matchAnyTag('b') && hasAnyRole('A')", "matchAnyTag('b') && hasAnyRole('A')"),
    ],
)
def test_a_deleted_tag_is_named_no_more_nor_those_below_it(text: str, expected: str):
    assert renamed(text, "tag", "A", None) == expected


@pytest.mark.parametrize(("kind", "function"), [("role", "hasAnyRole"), ("team", "inAnyTeam")])
def test_roles_and_teams_follow_by_their_whole_name_only(kind: str, function: str):
    text = f"{function}('A', 'A.b')"
    assert renamed(text, kind, "A", "Z") == f"{function}('Z', 'A.b')"
    assert renamed(text, kind, "A", None) == f"{function}('A.b')"


def test_the_new_name_is_written_so_that_it_is_read_as_it_is():
    assert renamed("matchAnyTag('a', \"a\")", "tag", "a", 'it\'s "b"') == 'matchAnyTag(\'it\'\'s "b"\', "it\'s ""b""")'


def test_a_name_that_is_written_with_doubled_quotes_is_found():
    assert renamed("inAnyTeam('it''s')", "team", "it's", "b") == "inAnyTeam('b')"


def test_a_name_that_would_make_a_condition_too_long_is_refused():
    text = "matchAnyTag('a')"
    longest = "z" * (4000 - len(text) + 1)
    assert len(renamed(text, "tag", "a", longest)) == 4000
    with pytest.raises(BadRequest, match=r"^a cannot be named zz.*longer than 4000 characters"):
        renamed(text, "tag", "a", longest + "z")


NAMES = st.sampled_from(["a", "a.b", "a.b.c", "ab", "b", "it's", 'x."y.z"', ""])
LISTS = st.lists(
    st.tuples(st.sampled_from(["matchAnyTag", "hasAnyRole"]), st.lists(NAMES, max_size=4)), min_size=1, max_size=4
)


@settings(deadline=None)
@given(LISTS, st.sampled_from("'\""), NAMES, NAMES | st.none())
def test_after_a_rename_exactly_the_named_arguments_have_changed(
    calls: list[tuple[str, list[str]]], quote: str, old: str, new: str | None
):
    text = " && ".join(f"{name}({', '.join(quoted(value, quote) for value in values)})" for name, values in calls)

    def after(name: str, value: str) -> list[str]:
        below = value.startswith(old + ".")
        if name != "matchAnyTag" or (value != old and not below):
            return [value]
        return [] if new is None else [new + value[len(old) :]]

    expected = [value for name, values in calls for one in values for value in after(name, one)]
    found = renamed(text, "tag", old, new)
    assert [argument.value for argument in arguments(parsed(found))] == expected
    if expected == [value for _, values in calls for value in values]:
        assert found == text


def test_the_functions_of_the_contract_are_all_there():
    assert {function.name for function in FUNCTIONS} == {
        "noOwner", "isOwner", "isReviewer", "hasDomain", "noDomain", "matchAllTags", "matchAnyTag",
        "matchAnyCertification", "matchTeam", "inAnyTeam", "hasAnyRole", "isAdminUser", "isTaskFiler",
        "isTaskAssignee", "isTaskReviewer", "matchAnyServiceTag", "matchAnyServiceName", "matchAnyServiceType",
        "matchAnyServiceEnvironment",
    }  # fmt: skip


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.name)
def test_a_function_is_shown_with_examples_that_can_be_parsed(function):
    shown = function.shown()
    assert set(shown) - {"parameterInputType"} == {"name", "input", "description", "examples"}
    assert all(shown.values())
    assert (shown.get("parameterInputType") == "NotRequired") == (shown["input"] == "none")
    for example in shown["examples"]:
        assert shown["name"] in example
        assert bool(arguments(parsed(example))) == (shown["input"] != "none")
