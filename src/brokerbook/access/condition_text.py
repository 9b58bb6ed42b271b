"""Conditions as text: how they are written, and the tree that a parser makes of them. Pure.

    condition = both { "||" both }          also `or`
    both      = negated { "&&" negated }    also `and`
    negated   = { "!" } operand             also `not`
    operand   = "(" condition ")" | "true" | "false" | name "(" [ argument { "," argument } ] ")"
    argument  = 'text' | "text"             a quote inside is written twice

Words in any case; blanks are free. Text or a number in the place of an operand, and a condition in the place of an
argument, have a place in the tree too, so that what is wrong with them can be said better than "syntax error". Bounds:
`LONGEST` characters, `DEEPEST` parentheses inside each other with a function in them, `MOST_ARGUMENTS` in a call; the
parser recurses no deeper.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from brokerbook.errors import BadRequest

if TYPE_CHECKING:
    from collections.abc import Callable

LONGEST = 4000
DEEPEST = 32
MOST_ARGUMENTS = 100


@dataclass(frozen=True, slots=True)
class Constant:
    """`true` or `false`; `start` is here and below the index of the first character."""

    value: bool
    start: int


@dataclass(frozen=True, slots=True)
class Number:
    """A number, which nothing takes."""

    start: int


@dataclass(frozen=True, slots=True)
class Quoted:
    """Text in quotes; `value` without them."""

    value: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Call:
    """A function with its arguments."""

    name: str
    arguments: tuple[Node, ...]
    start: int


@dataclass(frozen=True, slots=True)
class Not:
    """The contrary of its part."""

    part: Node
    start: int


@dataclass(frozen=True, slots=True)
class And:
    """All of two or more parts."""

    parts: tuple[Node, ...]
    start: int


@dataclass(frozen=True, slots=True)
class Or:
    """One of two or more parts."""

    parts: tuple[Node, ...]
    start: int


Node = Constant | Number | Quoted | Call | Not | And | Or


def tree(text: str) -> Node:
    """What the text says; BadRequest, with the position, if it is no condition."""
    return _Parser(text).condition()


def unparsable(start: int, why: str) -> BadRequest:
    """That a condition is not written as one; `start` is the index of the character where that shows."""
    return BadRequest(f"Failed to parse - position {start + 1}: {why}")


def unevaluable(start: int, why: str) -> BadRequest:
    """That a condition is written well and has no meaning; `start` is the index of the character where that shows."""
    return BadRequest(f"Failed to evaluate - position {start + 1}: {why}")


def quoted(value: str, quote: str) -> str:
    """The text that stands for a value, in quotes of that kind."""
    return quote + value.replace(quote, quote * 2) + quote


# No two alternatives begin alike and nothing is tried twice: a text of any kind is read in one pass.
_TOKEN = re.compile(
    r"""[ \t\r\n]*+(?:(?P<word>[A-Za-z_][A-Za-z0-9_]*+)|(?P<number>[0-9]++)"""
    r"""|(?P<text>'(?:[^']|'')*+'|"(?:[^"]|"")*+")|(?P<mark>&&|\|\||[!(),])|(?P<other>.))""",
    re.DOTALL,
)
_WORDS = {"and": "&&", "or": "||", "not": "!"}
_CONSTANTS = {"true": True, "false": False}
# In expressions of the language that OpenMetadata uses these reach classes; here they are not even names.
_NO_NAMES = frozenset({"T", "new"})
_OPERAND = "a function, true, false, ! or ("
_LONGEST_SHOWN = 30


class _Token(NamedTuple):
    kind: str
    """`word`, `number`, `text`, `end`, `other`, or the mark itself; `and`, `or`, `not` count as their marks."""
    text: str
    start: int
    end: int

    @property
    def shown(self) -> str:
        if self.kind == "end":
            return "the end"
        return self.text if len(self.text) <= _LONGEST_SHOWN else f"{self.text[:_LONGEST_SHOWN]}…"


def _token(text: str, start: int) -> _Token:
    found = _TOKEN.match(text, start)
    if found is None:  # at most blanks are left
        return _Token("end", "", len(text), len(text))
    kind = str(found.lastgroup)
    part = found[kind]
    if kind == "mark":
        kind = part
    elif kind == "word":
        kind = _WORDS.get(part.lower(), kind)
    return _Token(kind, part, found.end() - len(part), found.end())


class _Parser:
    """Reads a text from left to right, one token ahead."""

    def __init__(self, text: str) -> None:
        if len(text) > LONGEST:
            raise unparsable(LONGEST, f"expected the end, since a condition has at most {LONGEST} characters")
        self._text = text
        self._token = _token(text, 0)
        self._depth = 0

    def condition(self) -> Node:
        found = self._either()
        if self._token.kind != "end":
            raise self._expected("&&, || or the end")
        return found

    def _either(self) -> Node:
        parts = self._parts("||", self._both)
        return parts[0] if len(parts) == 1 else Or(parts, parts[0].start)

    def _both(self) -> Node:
        parts = self._parts("&&", self._negated)
        return parts[0] if len(parts) == 1 else And(parts, parts[0].start)

    def _parts(self, mark: str, part: Callable[[], Node]) -> tuple[Node, ...]:
        parts = [part()]
        while self._took(mark):
            parts.append(part())
        return tuple(parts)

    def _negated(self) -> Node:
        start, negations = self._token.start, 0
        while self._took("!"):
            negations += 1
        operand = self._operand()
        return Not(operand, start) if negations % 2 else operand

    def _operand(self) -> Node:
        token = self._token
        if token.kind == "(":
            self._open(DEEPEST)
            found = self._either()
            self._close("&&, || or )")
            return found
        if token.kind == "word" and token.text not in _NO_NAMES:
            self._advance()
            constant = _CONSTANTS.get(token.text.lower())
            return self._call(token) if constant is None else Constant(constant, token.start)
        if token.kind == "text":
            self._advance()
            quote = token.text[0]
            return Quoted(token.text[1:-1].replace(quote * 2, quote), token.start, token.end)
        if token.kind == "number":
            self._advance()
            return Number(token.start)
        raise self._expected(_OPERAND)

    def _call(self, name: _Token) -> Call:
        if self._token.kind != "(":
            raise self._expected(f"( after {name.shown}")
        self._open(DEEPEST + 1)
        arguments = self._arguments()
        self._close(", or )")
        return Call(name.text, arguments, name.start)

    def _arguments(self) -> tuple[Node, ...]:
        if self._token.kind == ")":
            return ()
        arguments = [self._argument()]
        while self._token.kind == ",":
            if len(arguments) == MOST_ARGUMENTS:
                raise self._expected(f") after {MOST_ARGUMENTS} arguments, the most that a function takes")
            self._advance()
            arguments.append(self._argument())
        return tuple(arguments)

    def _argument(self) -> Node:
        if self._token.kind in {"end", "other", ",", ")"}:
            raise self._expected("text in quotes" if self._token.kind != "end" else "text in quotes or )")
        return self._either()

    def _open(self, deepest: int) -> None:
        if self._depth == deepest:
            raise self._expected(f"at most {DEEPEST} parentheses inside each other")
        self._depth += 1
        self._advance()

    def _close(self, expected: str) -> None:
        if not self._took(")"):
            raise self._expected(expected)
        self._depth -= 1

    def _took(self, mark: str) -> bool:
        if self._token.kind != mark:
            return False
        self._advance()
        return True

    def _advance(self) -> None:
        self._token = _token(self._text, self._token.end)

    def _expected(self, what: str) -> BadRequest:
        token = self._token
        if token.kind == "other" and token.text in {"'", '"'}:
            return unparsable(token.start, f"expected another {token.text} where the text ends")
        return unparsable(token.start, f"expected {what}, found {token.shown}")
