"""Conditions of policies: a small language of our own. What they mean, which tags, roles and teams they name. Pure.

A condition is parsed once, into a tree and a test made of closures; nothing of what it says is ever run as a program.
How it is written: `condition_text`; what its functions mean: `condition_functions`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from brokerbook.access.condition_facts import Attachment, Caller, Facts, Service
from brokerbook.access.condition_functions import FUNCTIONS, ArgumentKind, Function, Meaning
from brokerbook.access.condition_text import (
    LONGEST,
    And,
    Call,
    Constant,
    Node,
    Not,
    Number,
    Or,
    Quoted,
    quoted,
    tree,
    unevaluable,
)
from brokerbook.access.predicates import conjunction, disjunction, negation
from brokerbook.errors import BadRequest

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from brokerbook.access.predicates import Predicate

__all__ = [
    "FUNCTIONS",
    "Argument",
    "Attachment",
    "Caller",
    "Condition",
    "Facts",
    "Function",
    "Service",
    "arguments",
    "holds",
    "parsed",
    "predicate",
    "renamed",
    "unevaluable",
]

_BY_NAME = {function.name: function for function in FUNCTIONS}


_ALL_OF = "matchAllTags"


class Argument(NamedTuple):
    """What one argument names, and where it stands with its quotes: `text[start:end]`."""

    kind: ArgumentKind
    value: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition that can be evaluated."""

    text: str
    root: Node
    meaning: Meaning = field(compare=False, repr=False)


@lru_cache(maxsize=1024)
def parsed(text: str) -> Condition:
    """The condition that a text says; BadRequest, with the position, if it says none.

    Whether the tags, roles and teams that it names exist is not known here: see `arguments` and `unevaluable`.
    """
    root = tree(text)
    return Condition(text, root, _meaning(root))


def holds(condition: Condition, caller: Caller, facts: Facts, attachment: Attachment) -> bool:
    """Whether it is true for the caller and an entity; only the facts that it needs are looked up."""
    return condition.meaning.test(caller, facts, attachment)


def predicate(condition: Condition, caller: Caller, kind: str, attachment: Attachment) -> Predicate:
    """For which entities of a kind `holds` is true, as far as that depends on the entity."""
    return condition.meaning.selection(caller, kind, attachment)


def arguments(condition: Condition) -> tuple[Argument, ...]:
    """What it names, in the order of the text, so that somebody can look whether it exists."""
    return tuple(
        Argument(kind, argument.value, argument.start, argument.end)
        for _, kind, listed in _calls(condition.root)
        for argument in listed
    )


def asks(condition: Condition, function: str) -> bool:
    """Whether a function is called anywhere in the condition."""
    waiting = [condition.root]
    while waiting:
        match waiting.pop():
            case Call(name, _):
                if name == function:
                    return True
            case Not(part):
                waiting.append(part)
            case And(parts) | Or(parts):
                waiting += parts
            case _:
                pass
    return False


def renamed(text: str, kind: str, old: str, new: str | None) -> str:
    """The condition after something that it may name was renamed, or is gone (None): everything else stays as it is.

    With a tag go those below it, whose names begin with its own. A function that loses its last argument is false from
    then on, and so is `matchAllTags` that loses any. BadRequest if the new name makes the condition too long.
    """
    pieces: list[str] = []
    end = 0
    for name, takes, listed in _calls(parsed(text).root):
        literals = [_after(text, argument, kind, old, new) for argument in listed] if takes == kind else []
        if name == _ALL_OF and "" in literals:
            literals = [""] * len(listed)  # nothing carries all of them any more: with fewer it would hold for more
        if any(literal is not None for literal in literals):
            pieces += (text[end : listed[0].start], _joined(text, listed, literals))
            end = listed[-1].end
    found = "".join((*pieces, text[end:]))
    if len(found) > LONGEST:
        raise BadRequest(
            f"{old} cannot be named {new}: a policy's condition that names it would be longer than {LONGEST} characters."
        )
    return found


def _after(text: str, argument: Quoted, kind: str, old: str, new: str | None) -> str | None:
    """The literal that stands for an argument from now on; empty if it is gone, None if it is not concerned."""
    below = kind == "tag" and argument.value.startswith(f"{old}.")
    if not below and argument.value != old:
        return None
    return "" if new is None else quoted(new + argument.value[len(old) :], text[argument.start])


def _joined(text: str, listed: tuple[Quoted, ...], literals: Sequence[str | None]) -> str:
    """The arguments that are left, each but the first after what stood between it and the one before."""
    pieces: list[str] = []
    for number, (argument, literal) in enumerate(zip(listed, literals, strict=True)):
        if literal == "":
            continue
        if pieces:
            pieces.append(text[listed[number - 1].end : argument.start])
        pieces.append(text[argument.start : argument.end] if literal is None else literal)
    return "".join(pieces)


def _calls(root: Node) -> Iterator[tuple[str, ArgumentKind, tuple[Quoted, ...]]]:
    """Each function with arguments, what they name, and the arguments; in the order of the text."""
    waiting = [root]
    while waiting:
        match waiting.pop():
            case Call(name, found):
                kind = _BY_NAME[name].takes
                if kind is not None:
                    yield name, kind, tuple(argument for argument in found if isinstance(argument, Quoted))
            case Not(part):
                waiting.append(part)
            case And(parts) | Or(parts):
                waiting += reversed(parts)
            case _:
                pass


def _meaning(node: Node) -> Meaning:
    """What a tree means; it is no deeper than the parser lets it be. BadRequest if it means nothing."""
    match node:
        case Constant(value):
            return Meaning(lambda _caller, _facts, _attachment: value, lambda _caller, _kind, _attachment: value)
        case Not(part):
            whole = _meaning(part)
            return Meaning(
                lambda caller, facts, attachment: not whole.test(caller, facts, attachment),
                lambda caller, kind, attachment: negation(whole.selection(caller, kind, attachment)),
            )
        case And(parts):
            each = tuple(map(_meaning, parts))
            return Meaning(
                lambda caller, facts, attachment: all(one.test(caller, facts, attachment) for one in each),
                lambda caller, kind, attachment: conjunction(
                    *(one.selection(caller, kind, attachment) for one in each)
                ),
            )
        case Or(parts):
            each = tuple(map(_meaning, parts))
            return Meaning(
                lambda caller, facts, attachment: any(one.test(caller, facts, attachment) for one in each),
                lambda caller, kind, attachment: disjunction(
                    *(one.selection(caller, kind, attachment) for one in each)
                ),
            )
        case Call():
            return _called(node)
        case Quoted() | Number():
            raise unevaluable(node.start, "expected something that is true or false, found a text or a number")


def _called(call: Call) -> Meaning:
    function = _BY_NAME.get(call.name)
    if function is None:
        raise unevaluable(call.start, f"there is no function {call.name}; GET /v1/policies/functions lists them")
    if function.takes is None and call.arguments:
        raise unevaluable(call.arguments[0].start, f"expected no argument, {call.name} takes none")
    values: list[str] = []
    for argument in call.arguments:
        if not isinstance(argument, Quoted):
            raise unevaluable(argument.start, f"expected text in quotes, {call.name} takes a {function.input}")
        values.append(argument.value)
    return function.means(tuple(values))
