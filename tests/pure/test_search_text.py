"""The language of a search's text: what each spelling asks for."""

from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brokerbook.engine.search_text import Term, parsed, says
from brokerbook.errors import BadRequest
from brokerbook.model.search import AllOf, Contains, Is, Not, OneOf, Pattern, Words, every, without

KNOWN = {"name", "email.keyword", "owners.name"}


def leaf(field: str, term: Term):
    if not field:
        return says(term)
    return Is("name", (term.pattern,)) if field in KNOWN else None


def meant(text: str, default: Literal["AND", "OR"] = "AND"):
    return parsed(text, leaf, default=default)


a, b, d = Words("a"), Words("b"), Words("d")


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        ("", True),
        ("*", True),
        ("a", a),
        ("a b", AllOf((a, b))),
        ("a AND b", AllOf((a, b))),
        ("a OR b", OneOf((a, b))),
        ("a OR b AND d", OneOf((a, AllOf((b, d))))),
        ("(a OR b) AND d", AllOf((OneOf((a, b)), d))),
        ("NOT a", Not(a)),
        ("b NOT a", AllOf((b, Not(a)))),
        ("a and b", AllOf((a, Words("and"), b))),
        ('"a b"', Words("a b")),
        ('"a \\" b"', Words('a " b')),
        ('"a* b"', Words("a* b")),
        ("ord*", Words("ord", prefix=True)),
        ("*der*", Contains("%der%")),
        ("o*r", Contains("%o%r%")),
        ("o?r", Contains("%o_r%")),
        ("100%*x", Contains("%100\\%%x%")),
        ("svc.orders-v1", Words("svc.orders-v1")),
        ("o\\*r", Words("o*r")),
        ("name:a", Is("name", (Pattern("a"),))),
        ('owners.name:"Ann Lee"', Is("name", (Pattern("ann lee"),))),
        ("email.keyword:a.b+c@example.com", Is("name", (Pattern("a.b+c@example.com"),))),
        ("name:o_r*", Is("name", (Pattern("o\\_r%", like=True),))),
        ("name:(a OR b)", OneOf((Is("name", (Pattern("a"),)), Is("name", (Pattern("b"),))))),
        ("unknown:a", Words("unknown:a")),
    ],
)
def test_a_text_asks_for(text: str, condition: object):
    assert meant(text) == condition


def test_words_are_joined_by_or_where_that_is_the_default():
    assert meant("a b AND d", "OR") == OneOf((a, AllOf((b, d))))


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        ("(a b", AllOf((a, b))),
        ("a) b", AllOf((a, b))),
        ("a AND", a),
        ("OR a", a),
        ("a NOT", a),
        ('"a b', Words("a b")),
        ("name:", True),
        ("- --", True),
        ("a ()", a),
    ],
)
def test_what_is_not_well_formed_is_taken_for_its_words(text: str, condition: object):
    assert meant(text) == condition


@given(st.text(alphabet='ab:.*?"\\() \tANDORT', max_size=60))
def test_no_text_is_too_odd_to_be_read(text: str):
    meant(text)
    meant(text, "OR")


@pytest.mark.parametrize("text", ["a " * 300, "x" * 4001, "(" * 30 + "a" + ")" * 30])
def test_a_text_that_would_cost_too_much_is_refused(text: str):
    with pytest.raises(BadRequest):
        meant(text)


def test_what_is_constant_folds():
    assert every(a, every(a, b)) == AllOf((a, b))
    assert every() is True
    assert every(a, without(every())) is False
    assert without(without(a)) == a
