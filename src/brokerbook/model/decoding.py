"""From JSON to structs, with the contract's sentences for what is wrong: the one place that knows msgspec's own words.

Beyond msgspec's checks: nesting of at most 100 levels and no NUL in any text (a lone surrogate and a number that is
not finite are refused by msgspec itself). No message repeats a value: it could be a secret.
"""

from __future__ import annotations

import functools
import json
import re
from itertools import accumulate
from typing import TYPE_CHECKING, Any, Literal, TypeVar, get_args, get_origin, get_type_hints

import msgspec

from brokerbook.errors import BadRequest

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

DEEPEST = 100
# A text that never ends runs to the end: looking for its end again from every quote in it would take forever.
_STRINGS = re.compile(rb'"[^"]*"?')
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
_STEPS = bytes.maketrans(b"[{]}", b"\x02\x02\x00\x00")
_NO_STRUCTURE = bytes(byte for byte in range(256) if byte not in b'[]{}"')
# The keys of objects that hold secrets, or hold such an object: given twice, one of the two would go unseen.
_GUARDED = frozenset({"connection", "config"})


@functools.cache
def _decoder(kind: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(kind, strict=False)


def decode(body: bytes, kind: type[T]) -> T:
    """The struct that a request's body holds; anything wrong with it is a BadRequest."""
    check_depth(body)
    try:
        value: T = _decoder(kind).decode(body)
    except msgspec.ValidationError as error:
        raise BadRequest(sentence(str(error), kind)) from None
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise BadRequest(_not_json(body, error)) from None
    if b"\\u0000" in body:
        check_texts(msgspec.json.decode(body))
    if body.count(b'"connection"') > 1 or body.count(b'"config"') > 1:
        check_duplicates(body, _GUARDED)
    return value


def elements(body: bytes) -> list[bytes]:
    """The elements of a body that must be an array, each as its own JSON text; what is in them is not looked at."""
    try:
        found = [bytes(raw) for raw in _decoder(list[msgspec.Raw]).decode(body)]
    except msgspec.ValidationError as error:
        raise BadRequest(sentence(str(error), list)) from None
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise BadRequest(_not_json(body, error)) from None
    for text in found:  # most have few brackets; to look at them one by one is much faster than at all of them
        check_depth(text, DEEPEST - 1)
    return found


def converted(value: Any, kind: type[T]) -> T:
    """The struct that already decoded JSON holds; anything wrong with it is a BadRequest."""
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        raise BadRequest(sentence(str(error), kind)) from None


def check_depth(body: bytes, deepest: int = DEEPEST) -> None:
    """Refuses JSON nested beyond 100 levels."""
    if body.count(b"[") + body.count(b"{") <= deepest:
        return
    # What is escaped goes first, so that each quote that is left begins or ends a string; then all but quotes and brackets.
    bare = body.replace(rb"\\", b"").replace(rb"\"", b"").translate(None, _NO_STRUCTURE)
    steps = _STRINGS.sub(b"", bare).translate(_STEPS, b'"')
    if steps and max(accumulate(map((-1, 0, 1).__getitem__, steps))) > deepest:
        raise BadRequest(f"The body is nested deeper than {DEEPEST} levels.")


def check_duplicates(body: bytes, keys: frozenset[str] | None = None) -> None:
    """Refuses JSON in which an object gives a key twice: any key, or one of `keys`. The body is known to be JSON."""

    def once(pairs: list[tuple[str, Any]]) -> None:
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen and (keys is None or key in keys):
                raise BadRequest(f'"{key[:80]}" is given more than once.')
            seen.add(key)

    # Only keys matter here, so numbers need no reading.
    json.loads(body, object_pairs_hook=once, parse_int=len, parse_float=len)


def check_texts(value: Any) -> None:
    """Refuses a NUL in any text, keys included."""
    if isinstance(value, str):
        if "\x00" in value:
            raise BadRequest("A text in the body holds a NUL character.")
    elif isinstance(value, dict):
        for key, item in value.items():  # type: ignore[reportUnknownVariableType]
            check_texts(key)
            check_texts(item)
    elif isinstance(value, (list, tuple)):
        for item in value:  # type: ignore[reportUnknownVariableType]
            check_texts(item)


def _not_json(body: bytes, error: Exception) -> str:
    if not body.strip():
        return "The request has no body; JSON is expected."
    if _SURROGATE.search(body):
        return "Unable to process JSON: a text in the body may hold half of a surrogate pair."
    return f"Unable to process JSON: {error}"


_PATH = re.compile(r" - at `(key in )?\$(?P<path>.*)`$")
_MISSING = re.compile(r"Object missing required field `(?P<field>[^`]*)`")
_UNKNOWN = re.compile(r"Object contains unknown field `(?P<field>[^`]*)`")
_LENGTH = re.compile(r"Expected `str` of length (?P<bound>[<>]=) (?P<size>\d+)")
_ITEMS = re.compile(r"Expected `array` of length (?P<bound>[<>]=) (?P<size>\d+)")
_PATTERN = re.compile(r"Expected `str` matching regex '(?P<pattern>.*)'")
_RANGE = re.compile(r"Expected `(?:int|float)` (?P<bound>[<>]=) (?P<size>-?\d+)")
_TYPE = re.compile(r"Expected `(?P<expected>[^`]*)`, got `(?P<got>[^`]*)`")


def sentence(text: str, kind: Any) -> str:
    """The contract's sentence for a msgspec message about a value of type `kind`."""
    place = _PATH.search(text)
    path = place["path"].lstrip(".") if place else ""
    name = path or "body"
    for pattern, words in _SENTENCES:
        if (match := pattern.match(text)) is not None:
            return words(match, path, name, kind)
    return text


def _missing(match: re.Match[str], path: str, _name: str, _kind: Any) -> str:
    field = f"{path}.{match['field']}" if path else match["field"]
    return f"[query param {field} must not be null]"


def _unknown(match: re.Match[str], path: str, _name: str, kind: Any) -> str:
    field, owner = match["field"], _at(kind, path)
    known = [f.encode_name for f in msgspec.structs.fields(owner)] if _is_struct(owner) else []
    listed = ", ".join(f'"{key}"' for key in known)
    where = f" at {path}" if path else ""
    return f'Unrecognized field "{field}"{where}, not marked as ignorable ({len(known)} known properties: {listed})'


def _null(match: re.Match[str], _path: str, name: str, _kind: Any) -> str:
    if match["got"] == "null":
        return f"[query param {name} must not be null]"
    if name == "body":
        return f"The body must be {_article(match['expected'])}, not {_article(match['got'])}."
    return f"{name} must be {_article(match['expected'])}, not {_article(match['got'])}."


def _enum(_match: re.Match[str], path: str, name: str, kind: Any) -> str:
    allowed = [str(value) for value in _literals(_at(kind, path))]
    return f"{name} has a value that is not allowed. Allowed values are: {', '.join(allowed)}"


_SENTENCES: list[tuple[re.Pattern[str], Callable[[re.Match[str], str, str, Any], str]]] = [
    (_MISSING, _missing),
    (_UNKNOWN, _unknown),
    (_LENGTH, lambda m, _p, n, _k: f"[query param {n} size must be {_bound(m)} {m['size']} characters]"),
    (_ITEMS, lambda m, _p, n, _k: f"[query param {n} size must be {_bound(m)} {m['size']} items]"),
    (_PATTERN, lambda m, _p, n, _k: f'[query param {n} must match "{m["pattern"]}"]'),
    (_RANGE, lambda m, _p, n, _k: f"[query param {n} must be {_compared(m)} {m['size']}]"),
    (_TYPE, _null),
    (re.compile("Invalid enum value"), _enum),
]


def _bound(match: re.Match[str]) -> str:
    return "at least" if match["bound"] == ">=" else "at most"


def _compared(match: re.Match[str]) -> str:
    return "greater than or equal to" if match["bound"] == ">=" else "less than or equal to"


_WORDS = {
    "str": "a text", "int": "a whole number", "float": "a number", "bool": "true or false", "object": "an object",
    "array": "an array", "null": "null",
}  # fmt: skip


def _article(types: str) -> str:
    return " or ".join(_WORDS.get(word.strip(), word.strip()) for word in types.split("|") if word.strip() != "null")


def _is_struct(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, msgspec.Struct)


def _at(kind: Any, path: str) -> Any:
    """The type that stands at a msgspec path such as `owners[...].id`."""
    for step in re.findall(r"[^.\[\]]+|\[[^\]]*\]", path):
        kind = _without_null(kind)
        if step.startswith("[") or step == "...":
            arguments = get_args(kind)
            kind = arguments[-1] if arguments else Any
        elif _is_struct(kind):
            kind = get_type_hints(kind, include_extras=True).get(step, Any)
        else:
            return Any
    return _without_null(kind)


def _without_null(kind: Any) -> Any:
    arguments = [a for a in get_args(kind) if a is not type(None)]
    if get_origin(kind) is not None and type(None) in get_args(kind) and arguments:
        return _without_null(arguments[0])
    return get_args(kind)[0] if hasattr(kind, "__metadata__") else kind


def _literals(kind: Any) -> tuple[Any, ...]:
    return get_args(kind) if get_origin(kind) is Literal else ()
