"""The text of a Protobuf file: its messages, their fields and enums, with the comments beside them.

Read is what tells of fields; options, services and extensions are stepped over. One pass from left to right: each token
is looked at once, nothing is tried twice.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import NamedTuple

from brokerbook.schemas.tree import Unreadable, paragraphs

DEEPEST = 60
"""Messages inside each other, and parts of a package's name; the compiler allows fewer messages."""


@dataclass(eq=False, slots=True)
class Scope:
    """Where names are: a file, a part of a package's name, a message."""

    name: str
    above: Scope | None
    inner: dict[str, Scope | Enum] = field(default_factory=dict)


@dataclass(eq=False, slots=True)
class Message(Scope):
    doc: str | None = None
    fields: list[Field] = field(default_factory=list)


@dataclass(eq=False, slots=True)
class Enum:
    name: str
    values: list[str] = field(default_factory=list)


class Field(NamedTuple):
    name: str
    type: str
    """As it is written; of a map the type of its values."""
    key: str | None
    """The type of a map's keys."""
    repeated: bool
    oneof: str | None
    group: Message | None
    """The message that a field of proto2 declares in its own place."""
    delimited: bool | None
    """Whether it is written like a group; None is as the file says."""
    doc: str | None


@dataclass(eq=False, slots=True)
class File:
    messages: dict[str, Message] = field(default_factory=dict)
    """Those that are in no other."""
    delimited: bool = False
    scope: Scope = field(default_factory=lambda: Scope("", None))


def file_of(text: str) -> File:
    """What a file declares; Unreadable, with the line, if it is not written as one."""
    return _Reader(text).file()


# Whatever no alternative knows ends the reading, so that no text is looked through for the same end again and again.
_TOKEN = re.compile(
    r"""(?P<space>\s++)|(?P<word>[A-Za-z_][A-Za-z0-9_]*+)|(?P<number>[0-9][0-9A-Za-z_.]*+)|(?P<mark>[{}()\[\]<>=;,.:+-])"""
    r"""|(?P<comment>//[^\n]*+|/\*(?:[^*]|\*(?!/))*+\*/)|(?P<text>"(?:[^"\\\n]|\\.)*+"|'(?:[^'\\\n]|\\.)*+')|(?P<other>.)""",
    re.DOTALL,
)
_COMMENT_EDGE = re.compile(r"^[ \t]*+(?:/{2,}+|/\*++|\*++(?!/))?+ ?|[ \t]*+(?:\*++/)?+[ \t\r]*+$")
_LABELS = frozenset({"optional", "required", "repeated"})
_OPEN, _CLOSE = frozenset("{[("), frozenset("}])")
_LONGEST_SHOWN = 30


class _Reader:
    """Reads the tokens of a text from left to right."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens: list[str] = []
        self._starts: list[int] = []
        self._before: dict[int, list[str]] = {}
        self._behind: dict[int, str] = {}
        self._at = 0
        self._depth = 0
        self._file = File()
        self._split()

    def _split(self) -> None:
        comments: list[str] = []  # that stand right before what comes next
        fresh = True  # whether a line begins here
        for found in _TOKEN.finditer(self._text):
            kind, part = found.lastgroup, found[0]
            if kind == "space":
                lines = part.count("\n")
                fresh = fresh or lines > 0
                if lines > 1:
                    comments = []
            elif kind == "comment":
                if fresh or not self._tokens:
                    comments.append(part)
                else:
                    self._behind[len(self._tokens) - 1] = part
            elif kind == "other":
                raise self._fault(found.start(), f"{part!r} is not expected.")
            else:
                if comments:
                    self._before[len(self._tokens)] = comments
                    comments = []
                fresh = False
                self._tokens.append(part)
                self._starts.append(found.start())
        # The end, as often as a step over what must be there and a look ahead may go beyond it.
        self._tokens += ["", "", ""]
        self._starts += [len(self._text)] * 3

    def file(self) -> File:
        scope = self._file.scope
        while self._tokens[self._at]:
            word = self._tokens[self._at]
            if word == "package":
                scope = self._package()
            elif word == "option":
                self._option()
            elif word in {"syntax", "edition", "import"}:
                self._skip()
            elif word in {"service", "extend"}:
                self._skip_block()
            else:
                self._declaration(scope)
        return self._file

    def _package(self) -> Scope:
        self._at += 1
        scope = self._file.scope
        parts = self._dotted().split(".")
        if len(parts) > DEEPEST:
            raise self._fault(self._starts[self._at], f"a package's name has at most {DEEPEST} parts.")
        for part in parts:
            inner = scope.inner.get(part)
            if not isinstance(inner, Scope):
                inner = scope.inner[part] = Scope(part, scope)
            scope = inner
        self._expect(";")
        return scope

    def _declaration(self, scope: Scope) -> None:
        """A message or an enum, where nothing else may stand."""
        if self._tokens[self._at] in {"export", "local"}:
            self._at += 1
        word = self._tokens[self._at]
        if word == "message":
            self._message(scope)
        elif word == "enum":
            self._enum(scope)
        else:
            self._expect(";")

    def _message(self, scope: Scope) -> None:
        start = self._at
        self._at += 1
        message = Message(self._name(), scope, doc=self._doc(start, start))
        scope.inner.setdefault(message.name, message)
        if self._depth == 0:
            self._file.messages.setdefault(message.name, message)
        self._body(message)

    def _body(self, message: Message) -> None:
        """What stands in the braces of a message or a group."""
        self._expect("{")
        self._depth += 1
        if self._depth > DEEPEST:
            raise self._fault(self._starts[self._at], f"messages are nested more than {DEEPEST} deep.")
        while not self._took("}"):
            word = self._tokens[self._at]
            if word in {"message", "enum", ";"} or (
                word in {"export", "local"} and self._tokens[self._at + 1] in {"message", "enum"}
            ):
                self._declaration(message)
            elif word == "oneof":
                self._oneof(message)
            elif word == "option":
                self._option()
            elif word in {"extensions", "reserved"}:
                self._skip()
            elif word == "extend":
                self._skip_block()
            else:
                self._field(message, None)
        self._depth -= 1

    def _oneof(self, message: Message) -> None:
        self._at += 1
        name = self._name()
        self._expect("{")
        while not self._took("}"):
            if self._tokens[self._at] == "option":
                self._skip()
            elif not self._took(";"):
                self._field(message, name)

    def _field(self, message: Message, oneof: str | None) -> None:
        start = self._at
        repeated = self._tokens[self._at] == "repeated"
        if self._tokens[self._at] in _LABELS:
            self._at += 1
        word, following = self._tokens[self._at : self._at + 2]
        if word == "group" and following != ".":
            self._group(message, start, repeated=repeated, oneof=oneof)
            return
        key = None
        if word == "map" and following == "<":
            self._at += 2
            key = self._dotted()
            self._expect(",")
            type_ = self._dotted()
            self._expect(">")
        else:
            type_ = self._dotted()
        name = self._name()
        delimited = self._number()
        self._expect(";")
        doc = self._doc(start, self._at - 1)
        message.fields.append(Field(name, type_, key, repeated, oneof, None, delimited, doc))

    def _group(self, message: Message, start: int, *, repeated: bool, oneof: str | None) -> None:
        self._at += 1
        group = Message(self._name(), message)
        self._number()
        message.inner.setdefault(group.name, group)
        doc = self._doc(start, start)
        message.fields.append(Field(group.name.lower(), group.name, None, repeated, oneof, group, True, doc))  # noqa: FBT003
        self._body(group)

    def _number(self) -> bool | None:
        """Steps over a field's number and options; returns what they say on how it is written."""
        self._expect("=")
        start = self._at
        self._at += 1
        if self._tokens[self._at] != "[":
            return None
        self._at += 1
        self._skip_to("]")
        return self._encoding(start)

    def _option(self) -> None:
        start = self._at
        self._skip()
        delimited = self._encoding(start)
        if delimited is not None and self._depth == 0:
            self._file.delimited = delimited

    def _encoding(self, start: int) -> bool | None:
        """Whether the options since a token say that a message is written like a group."""
        if self._at - start < 4:
            return None
        options = self._tokens[start : self._at]
        if "message_encoding" not in options:
            return None
        return "DELIMITED" in options

    def _enum(self, scope: Scope) -> None:
        self._at += 1
        enum = Enum(self._name())
        scope.inner.setdefault(enum.name, enum)
        self._expect("{")
        while not self._took("}"):
            word = self._tokens[self._at]
            if word not in {"option", "reserved", ";"} or self._tokens[self._at + 1] == "=":
                enum.values.append(self._name())
            self._skip()

    def _dotted(self) -> str:
        """A name of several parts, perhaps with a dot in front."""
        parts = [""] if self._took(".") else []
        parts.append(self._name())
        while self._took("."):
            parts.append(self._name())
        return ".".join(parts)

    def _name(self) -> str:
        word = self._tokens[self._at]
        if not word.isidentifier():
            raise self._unexpected("a name")
        self._at += 1
        return word

    def _skip(self) -> None:
        """Steps over a statement."""
        self._skip_to(";")

    def _skip_block(self) -> None:
        while self._tokens[self._at] not in {"{", ""}:
            self._at += 1
        self._expect("{")
        self._skip_to("}")

    def _skip_to(self, end: str) -> None:
        """Steps over everything up to and with that mark, brackets and what is in them included."""
        depth = 0
        while depth or self._tokens[self._at] != end:
            token = self._tokens[self._at]
            if not token:
                raise self._unexpected(end)
            depth += (token in _OPEN) - (token in _CLOSE)
            self._at += 1
        self._at += 1

    def _took(self, mark: str) -> bool:
        if self._tokens[self._at] != mark:
            return False
        self._at += 1
        return True

    def _expect(self, mark: str) -> None:
        if not self._took(mark):
            raise self._unexpected(mark)

    def _doc(self, start: int, end: int) -> str | None:
        """The comments right before one token and right behind another."""
        comments = [*self._before.get(start, ()), *([self._behind[end]] if end in self._behind else [])]
        return paragraphs("\n".join(line for comment in comments for line in _lines(comment)).strip())

    def _unexpected(self, expected: str) -> Unreadable:
        token = self._tokens[self._at]
        shown = token if len(token) <= _LONGEST_SHOWN else f"{token[:_LONGEST_SHOWN]}…"
        return self._fault(self._starts[self._at], f"expected {expected}, found {shown or 'the end'}.")

    def _fault(self, start: int, why: str) -> Unreadable:
        line = self._text.count("\n", 0, start) + 1
        return Unreadable(f"line {line:,}: {why}")


def _lines(comment: str) -> list[str]:
    return [_COMMENT_EDGE.sub("", line) for line in comment.split("\n")]
