"""The language of a search's text: words, phrases, `field:value`, `part*`, AND, OR, NOT and parentheses. Pure.

Whatever is not well formed is taken for words; no text is refused but one that is too long.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal, NamedTuple

from brokerbook.errors import BadRequest
from brokerbook.model.search import Contains, Pattern, Words, any_of, every, without

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from brokerbook.model.search import Column, Condition

LONGEST = 4000
MOST_TERMS = 250
DEEPEST = 20
_TOKEN = re.compile(r'\s+|([()])|((?:[A-Za-z_][\w.]*:)?)("(?:\\.|[^"\\])*"?|(?:\\.|[^\s()"])+)?', re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_PIECE = re.compile(r"\\(.)|([*?])|([^\\*?]+|\\)", re.DOTALL)


class Term(NamedTuple):
    """A word or a phrase as it was typed, with its backslashes; in a phrase `*` and `?` stand for themselves."""

    raw: str
    is_phrase: bool = False

    @property
    def text(self) -> str:
        """What it says."""
        return _ESCAPED.sub(r"\1", self.raw)

    @property
    def has_wildcards(self) -> bool:
        """Whether it leaves something open."""
        return not self.is_phrase and any(wild for _, wild, _ in _PIECE.findall(self.raw))

    @property
    def begins(self) -> str | None:
        """What it says before a `*` at its end, if it leaves nothing else open."""
        if self.is_phrase or not self.raw.endswith("*") or self.raw.endswith("\\*"):
            return None
        first = Term(self.raw[:-1])
        return None if first.has_wildcards else first.text

    @property
    def pattern(self) -> Pattern:
        """It as a whole value."""
        if not self.has_wildcards:
            return Pattern(self.text.lower())
        return Pattern(like(self.raw), like=True)


def like(raw: str) -> str:
    """A text with `*`, `?` and backslashes as SQL's LIKE has it, in lower case."""
    found: list[str] = []
    for escaped, wild, plain in _PIECE.findall(raw):
        if wild:
            if wild == "?" or found[-1:] != ["%"]:
                found.append("_" if wild == "?" else "%")
        else:
            found.append(literal(escaped or plain))
    return "".join(found)


def literal(text: str) -> str:
    """A text that stands for itself in SQL's LIKE, in lower case."""
    return re.sub(r"([\\%_])", r"\\\1", text.lower())


def says(term: Term, columns: Iterable[Column] = (), *, prefix: bool = False) -> Condition:
    """What says a word, or what has a piece of text; what holds no letter and no digit asks for nothing."""
    chosen = tuple(columns)
    if not any(map(str.isalnum, term.text)):
        return True
    if (begins := term.begins) is not None:
        return Words(begins, chosen, prefix=True)
    if term.has_wildcards:
        return Contains(f"%{like(term.raw).strip('%')}%", chosen)
    return Words(term.text, chosen, prefix=prefix and not term.is_phrase)


Leaf = "Callable[[str, Term], Condition | None]"
"""From a field (empty: none is named) and a term: what is meant; None: there is no such field."""


class _Token(NamedTuple):
    mark: str
    """`(`, `)`, or empty."""
    field: str
    term: Term | None


def _tokens(text: str) -> list[_Token]:
    found: list[_Token] = []
    for match in _TOKEN.finditer(text):
        mark, field, said = match.groups()
        if mark:
            found.append(_Token(mark, "", None))
        elif said and said.startswith('"'):
            found.append(_Token("", field[:-1], Term(said[1:].removesuffix('"'), is_phrase=True)))
        elif said:
            found.append(_Token("", field[:-1], Term(said)))
        elif field:
            found.append(_Token("", field[:-1], None))
    if len(found) > MOST_TERMS:
        raise BadRequest(f"The search has {len(found)} words and signs; at most {MOST_TERMS} are allowed.")
    return found


def parsed(text: str, leaf: Callable[[str, Term], Condition | None], *, default: Literal["AND", "OR"]) -> Condition:
    """What a text asks for; words without a sign between them are joined by the default."""
    if len(text) > LONGEST:
        raise BadRequest(f"The search has {len(text)} characters; at most {LONGEST} are allowed.")
    return _Parser(_tokens(text), leaf, default).whole()


class _Parser:
    """Reads tokens from left to right; AND binds closer than OR, NOT closer than both."""

    def __init__(self, tokens: list[_Token], leaf: Callable[[str, Term], Condition | None], default: str) -> None:
        self._tokens = tokens
        self._leaf = leaf
        self._default = default
        self._at = 0

    def whole(self) -> Condition:
        found: list[Condition] = []
        while self._at < len(self._tokens):
            found.append(self._either("", 0))
            if self._sign() == ")":
                self._at += 1  # it closes nothing
        return every(*found)

    def _sign(self) -> str:
        """The next token if it is a sign: a parenthesis, or a word in capitals that joins others."""
        if self._at >= len(self._tokens):
            return ""
        token = self._tokens[self._at]
        if token.mark:
            return token.mark
        word = token.term.raw if token.term is not None and not token.field and not token.term.is_phrase else ""
        return word if word in ("AND", "OR", "NOT") else ""

    def _either(self, field: str, depth: int) -> Condition:
        found: list[Condition] = []
        while self._at < len(self._tokens) and self._sign() != ")":
            if self._sign() == "OR":
                self._at += 1
            else:
                found.append(self._both(field, depth))
        return any_of(*found) if found else True

    def _both(self, field: str, depth: int) -> Condition:
        """What is joined by AND; at least one token is taken."""
        found: list[Condition] = []
        while self._at < len(self._tokens):
            sign = self._sign()
            if sign in ("OR", ")"):
                break
            if sign == "AND":
                self._at += 1
                continue
            found.append(self._one(field, depth))
            if self._default == "OR" and self._sign() not in ("AND", "OR", ")"):
                break
        return every(*found)

    def _one(self, field: str, depth: int) -> Condition:
        sign = self._sign()
        token = self._tokens[self._at]
        self._at += 1
        if sign == "NOT":
            if self._at >= len(self._tokens) or self._sign() in ("AND", "OR", ")"):
                return True
            return without(self._one(field, depth))
        if sign == "(":
            return self._group(field, depth)
        if token.term is None:
            return self._group(token.field, depth, opened=False)
        meant = self._leaf(token.field or field, token.term)
        if meant is None:
            said = Term(f"{token.field or field}:{token.term.raw}", token.term.is_phrase)
            meant = self._leaf("", said)
        return True if meant is None else meant

    def _group(self, field: str, depth: int, *, opened: bool = True) -> Condition:
        """What stands in parentheses; `field:` counts for all of it."""
        if not opened:
            if self._sign() != "(":
                return True
            self._at += 1
        if depth >= DEEPEST:
            raise BadRequest(f"The search has parentheses nested deeper than {DEEPEST}.")
        found = self._either(field, depth + 1)
        if self._sign() == ")":
            self._at += 1
        return found
