"""A Protobuf file as messages and enums with their numbers: what the rules of compatibility look at.

Read is what decides on the wire: numbers, types, labels, oneofs, what is reserved. Services, extensions and options that
say nothing of that are stepped over. Each token of the text is looked at once.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, field
from math import inf

from brokerbook.schemas.compatibility_changes import DEEPEST, Unreadable, shown

SCALARS = frozenset({
    "double", "float", "int32", "int64", "uint32", "uint64", "sint32", "sint64", "fixed32", "fixed64", "sfixed32",
    "sfixed64", "bool", "string", "bytes",
})  # fmt: skip
_LABELS = frozenset({"optional", "required", "repeated"})
_HIGHEST = 536_870_911
_LONGEST_NUMBER = 20


@dataclass(slots=True, eq=False)
class Field:
    """A message's field. `type` is a scalar, `message`, `group`, `enum`, or `elsewhere` for a name the text lacks."""

    name: str
    number: int
    written: str
    """Its type as it is written."""
    label: str
    """`optional`, `required`, `repeated`, or empty."""
    oneof: str | None = None
    packed: bool = False
    """Whether many of its values are written as one; only numbers can be."""
    default: str | None = None
    type: str = ""
    target: Message | Enum | None = None

    @property
    def title(self) -> str:
        """Its type as messages name it."""
        return shown(self.target.name if self.target else self.written.removeprefix("."))


@dataclass(slots=True, eq=False)
class Reserved:
    """Numbers and names that must not be used again."""

    ranges: list[tuple[int, int]] = field(default_factory=list[tuple[int, int]])
    """From the first to the last number; sorted once the text is read."""
    names: set[str] = field(default_factory=set[str])

    def holds(self, number: int) -> bool:
        """Whether a number is reserved; ranges do not overlap in a file that compiles."""
        at = bisect_right(self.ranges, (number, inf)) - 1
        return at >= 0 and self.ranges[at][1] >= number


@dataclass(slots=True, eq=False)
class Message:
    """A message; `name` has the messages around it and not the package."""

    name: str
    fields: dict[int, Field] = field(default_factory=dict[int, Field])
    reserved: Reserved = field(default_factory=Reserved)


@dataclass(slots=True, eq=False)
class Enum:
    """An enum; a closed one, which proto2 has, knows no other values than its own."""

    name: str
    closed: bool
    values: dict[int, list[str]] = field(default_factory=dict[int, list[str]])
    """From a number to its names, in the text's order."""
    reserved: Reserved = field(default_factory=Reserved)


@dataclass(slots=True, eq=False)
class File:
    """What a text declares; names are those within its package."""

    syntax: str = "proto2"
    package: str = ""
    messages: dict[str, Message] = field(default_factory=dict[str, Message])
    enums: dict[str, Enum] = field(default_factory=dict[str, Enum])


def parsed(text: str) -> File:
    """What a text declares; Unreadable, with the line, if it is no Protobuf."""
    return _Reader(text).file()


# No two alternatives begin alike: a text of any kind is cut in one pass.
_TOKEN = re.compile(
    r"""\s++|(?://[^\n]*+|/\*(?:[^*]|\*(?!/))*+\*/)|(?P<token>[A-Za-z_][A-Za-z0-9_]*+|[0-9][0-9A-Za-z_.]*+"""
    r"""|"(?:[^"\\\n]|\\.)*+"|'(?:[^'\\\n]|\\.)*+'|[-{}()\[\]<>=;,.:+])|(?P<other>.)""",
    re.DOTALL,
)
_OPEN, _CLOSE = frozenset("{[("), frozenset("}])")


class _Reader:
    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens: list[str] = []
        self._starts: list[int] = []
        self._at = 0
        self._file = File()
        self._scopes: list[tuple[Message, Field]] = []
        for found in _TOKEN.finditer(text):
            if found.lastgroup == "other":
                raise self._fault(found.start(), f"{shown(found[0])} is not expected")
            if found.lastgroup == "token":
                self._tokens.append(found[0])
                self._starts.append(found.start())
        self._tokens.append("")
        self._starts.append(len(text))

    def file(self) -> File:
        while word := self._tokens[self._at]:
            match word:
                case "syntax" | "edition":
                    self._at += 1
                    self._expect("=")
                    said = self._take().strip("\"'")
                    self._file.syntax = said if word == "syntax" else f"edition {said}"
                    self._expect(";")
                case "package":
                    self._at += 1
                    self._file.package = self._dotted()
                    self._expect(";")
                case "import" | "option":
                    self._skip_to(";")
                case "service" | "extend":
                    self._skip_block()
                case _:
                    self._declaration("", 0)
        for message, each in self._scopes:
            self._resolve(message, each)
        if not self._file.messages and not self._file.enums:
            raise Unreadable("it declares no message")
        return self._file

    def _declaration(self, inside: str, depth: int) -> None:
        """A message, an enum or an empty statement."""
        if self._tokens[self._at] in {"export", "local"}:
            self._at += 1
        if self._took("message"):
            message = self._new_message(inside + self._name())
            self._body(message, depth)
        elif self._took("enum"):
            self._enum(inside + self._name())
        else:
            self._expect(";")

    def _new_message(self, name: str) -> Message:
        if name in self._file.messages or name in self._file.enums:
            raise self._fault(self._starts[self._at], f"{shown(name)} is declared twice")
        message = self._file.messages[name] = Message(name)
        return message

    def _body(self, message: Message, depth: int) -> None:
        if depth > DEEPEST:
            raise self._fault(self._starts[self._at], f"messages are nested more than {DEEPEST} deep")
        self._expect("{")
        while not self._took("}"):
            word, following = self._tokens[self._at], self._tokens[self._at + 1 : self._at + 2]
            if word in {"message", "enum"} or word == ";" or (word in {"export", "local"} and following != ["."]):
                self._declaration(message.name + ".", depth + 1)
            elif word == "oneof":
                self._at += 1
                self._oneof(message, self._name(), depth)
            elif word == "reserved":
                self._at += 1
                self._reserved(message.reserved)
            elif word in {"option", "extensions"}:
                self._skip_to(";")
            elif word == "extend":
                self._skip_block()
            else:
                self._field(message, None, depth)

    def _oneof(self, message: Message, name: str, depth: int) -> None:
        self._expect("{")
        while not self._took("}"):
            if self._tokens[self._at] == "option":
                self._skip_to(";")
            elif not self._took(";"):
                self._field(message, name, depth)

    def _field(self, message: Message, oneof: str | None, depth: int) -> None:
        label = self._take() if self._tokens[self._at] in _LABELS else ""
        group = self._tokens[self._at] == "group" and self._tokens[self._at + 1] != "."
        if self._tokens[self._at] == "map" and self._tokens[self._at + 1] == "<":
            self._map(message)
            return
        written = self._take() if group else self._dotted()
        name = self._name()
        number = self._field_number(message)
        options = self._options()
        found = Field(name, number, f"{message.name}.{name}" if group else written, label, oneof)
        if ("field_presence", "LEGACY_REQUIRED") in options:
            found.label = "required"
        packed = next((said == "true" for key, said in options if key == "packed"), self._file.syntax != "proto2")
        found.packed = packed and ("repeated_field_encoding", "EXPANDED") not in options
        found.default = next((said for key, said in options if key == "default"), None)
        message.fields[number] = found
        if group:
            found.name, found.type = name.lower(), "group"
            found.target = self._new_message(found.written)
            self._body(found.target, depth + 1)
        else:
            self._expect(";")
            self._scopes.append((message, found))

    def _map(self, message: Message) -> None:
        """A map, which is on the wire what it is declared to be: a repeated message of key and value."""
        self._at += 2
        key = self._dotted()
        self._expect(",")
        value = self._dotted()
        self._expect(">")
        name = self._name()
        number = self._field_number(message)
        self._options()
        self._expect(";")
        entry = Message(f"map<{key}, {value}>")
        entry.fields = {1: Field("key", 1, key, ""), 2: Field("value", 2, value, "")}
        message.fields[number] = Field(name, number, entry.name, "repeated", type="message", target=entry)
        self._scopes.extend((message, each) for each in entry.fields.values())

    def _field_number(self, message: Message) -> int:
        self._expect("=")
        start = self._starts[self._at]
        number = self._number()
        if not 0 < number <= _HIGHEST:
            raise self._fault(start, f"{number} is no number for a field")
        if number in message.fields:
            raise self._fault(start, f"two fields of {message.name} have the number {number}")
        return number

    def _options(self) -> list[tuple[str, str]]:
        """The options behind a field, each by the last part of its name, with the token that is its value."""
        if not self._took("["):
            return []
        start = self._at
        self._skip_to("]")
        tokens = self._tokens[start : self._at - 1]
        return [(tokens[at - 1], tokens[at + 1]) for at, each in enumerate(tokens[:-1]) if at and each == "="]

    def _enum(self, name: str) -> None:
        if name in self._file.messages or name in self._file.enums:
            raise self._fault(self._starts[self._at], f"{shown(name)} is declared twice")
        enum = self._file.enums[name] = Enum(name, self._file.syntax == "proto2")
        self._expect("{")
        while not self._took("}"):
            word, following = self._tokens[self._at], self._tokens[self._at + 1 : self._at + 2]
            if word == "reserved" and following != ["="]:
                self._at += 1
                self._reserved(enum.reserved)
            elif word == "option" and following != ["="]:
                self._skip_to(";")
            elif not self._took(";"):
                value = self._name()
                self._expect("=")
                enum.values.setdefault(self._number(), []).append(value)
                self._options()
                self._expect(";")

    def _reserved(self, reserved: Reserved) -> None:
        while True:
            word = self._tokens[self._at]
            if word[:1] in {"'", '"'} or word.isidentifier():
                reserved.names.add(self._take().strip("\"'"))
            else:
                first = last = self._number()
                if self._took("to"):
                    last = 2**31 if self._took("max") else self._number()
                reserved.ranges.append((first, last))
            if not self._took(","):
                break
        reserved.ranges.sort()
        self._expect(";")

    def _resolve(self, message: Message, found: Field) -> None:
        """Finds what a field's type is: from the message outwards, as the language says."""
        if found.written in SCALARS:
            found.type = found.written
            return
        written, package = found.written, self._file.package
        scope = [] if written.startswith(".") else message.name.split(".")
        name = written.removeprefix(".")
        whole = name.removeprefix(package + ".") if package else name
        for candidate in (*(".".join((*scope[:at], name)) for at in range(len(scope), -1, -1)), whole):
            found.target = self._file.messages.get(candidate) or self._file.enums.get(candidate)
            if found.target is not None:
                found.type = "message" if isinstance(found.target, Message) else "enum"
                return
        found.type = "elsewhere"

    # ----------------------------------------------------------------------------------------------------------- tokens

    def _number(self) -> int:
        negative = self._took("-")
        token, base = self._take(), 10
        if token[:2] in {"0x", "0X"}:
            base = 16
        elif token.startswith("0"):
            base = 8
        try:
            number = int(token[:_LONGEST_NUMBER], base)
        except ValueError:
            self._at -= 1
            raise self._unexpected("a number") from None
        return -number if negative else number

    def _dotted(self) -> str:
        parts = [""] if self._took(".") else []
        parts.append(self._name())
        while self._took("."):
            parts.append(self._name())
        return ".".join(parts)

    def _name(self) -> str:
        if not self._tokens[self._at].isidentifier():
            raise self._unexpected("a name")
        return self._take()

    def _skip_block(self) -> None:
        while self._tokens[self._at] not in {"{", ""}:
            self._at += 1
        self._expect("{")
        self._skip_to("}")

    def _skip_to(self, end: str) -> None:
        """Steps over everything up to and with that mark; what stands in brackets counts as one."""
        depth = 0
        while depth or self._tokens[self._at] != end:
            token = self._tokens[self._at]
            if not token:
                raise self._unexpected(end)
            depth += (token in _OPEN) - (token in _CLOSE)
            self._at += 1
        self._at += 1

    def _take(self) -> str:
        if not self._tokens[self._at]:
            raise self._unexpected("more")
        self._at += 1
        return self._tokens[self._at - 1]

    def _took(self, mark: str) -> bool:
        if self._tokens[self._at] != mark:
            return False
        self._at += 1
        return True

    def _expect(self, mark: str) -> None:
        if not self._took(mark):
            raise self._unexpected(mark)

    def _unexpected(self, expected: str) -> Unreadable:
        return self._fault(
            self._starts[self._at], f"expected {expected}, found {shown(self._tokens[self._at]) or 'the end'}"
        )

    def _fault(self, start: int, why: str) -> Unreadable:
        return Unreadable(f"line {self._text.count(chr(10), 0, start) + 1:,}: {why}")
