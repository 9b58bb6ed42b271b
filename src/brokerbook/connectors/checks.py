"""Checks a config against its platform's struct and says, property by property, what is wrong with it.

The straight way is three calls of msgspec; only when they refuse is the config gone through once more, to drop nulls
and to find words for the fault. An error names properties and what is allowed, and never repeats a value.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from brokerbook.connectors import secrecy
from brokerbook.connectors.shapes import Shape, variant

if TYPE_CHECKING:
    from brokerbook.connectors.base import Json

Document = dict[str, Any]

_WHITESPACE = b" \t\r\n"
_KEY_SHOWN = 80


class Fault(Exception):
    """What is wrong with a config: the property's path, and why."""

    def __init__(self, path: secrecy.Path, reason: str) -> None:
        super().__init__(reason)
        self.path = path
        self.reason = reason


class UnknownProperty(Fault):
    """A property that the platform does not have; `reason` lists those it has."""


def checked_config(shape: Shape, config: bytes | msgspec.Raw | Mapping[str, Any]) -> Document:
    """The config with defaults, in the struct's order; or a Fault."""
    try:
        given = _decoded(bytes(config)) if isinstance(config, bytes | msgspec.Raw) else _copied(config)
        document = _converted(shape, given)
        _refuse_unsealable(shape, document)
    except RecursionError:
        raise Fault((), "is nested too deep") from None
    _refuse_credentials(shape, document, ())
    return document


def words(path: secrecy.Path) -> str:
    """A path as people write it: `awsConfig.endPointURL`, `topicFilterPattern.includes[0]`."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        else:
            shown = step if len(step) <= _KEY_SHOWN else f"{step[:_KEY_SHOWN]}…"
            text += f".{shown}" if text else shown
    return text


def _converted(shape: Shape, given: Document) -> Document:
    try:
        struct = msgspec.convert(given, shape.struct)
    except msgspec.ValidationError:
        given = _cleaned(shape, given, ())
        try:
            struct = msgspec.convert(given, shape.struct)
        except msgspec.ValidationError as error:
            # Each property is right by itself: a struct's own rule about several of them spoke.
            reason, _, place = str(error).partition(" - at `$.")
            raise Fault((place.rstrip("`"),) if place else (), reason) from None
    document: Document = msgspec.to_builtins(struct)
    if shape.extras:
        extras = {name: value for name, value in given.items() if name not in shape.properties and value is not None}
        document.update(msgspec.to_builtins(extras))
    return document


def _cleaned(shape: Shape, given: Mapping[str, Any], path: secrecy.Path) -> Document:
    """The object without its nulls and with its tag; raises the first fault in it."""
    cleaned: Document = {} if shape.tag is None else {"type": shape.tag}
    for name, value in given.items():
        known = shape.properties.get(name)
        if known is None:
            if shape.extras:
                cleaned[name] = value
            elif shape.tag is None or name != "type":
                raise UnknownProperty((*path, name), f"Known fields: {', '.join(shape.names)}")
        elif value is None:
            continue
        elif known.inner:
            cleaned[name] = _cleaned_object(known.inner, value, (*path, name), known.wanted)
        else:
            try:
                msgspec.convert({name: value}, shape.struct)
            except msgspec.ValidationError as error:
                raise Fault((*path, name + _place_inside(error)), known.wanted) from None
            cleaned[name] = value
    return cleaned


def _cleaned_object(shapes: tuple[Shape, ...], value: Json, path: secrecy.Path, wanted: str) -> Document:
    if not isinstance(value, dict):
        raise Fault(path, wanted)
    shape = variant(shapes, value)
    if shape is None:
        raise Fault((*path, "type"), f"must be one of {', '.join(str(shape.tag) for shape in shapes)}")
    return _cleaned(shape, value, path)


def _place_inside(error: msgspec.ValidationError) -> str:
    """Which item of a list or object is meant: `[3]`, `[...]`, or nothing."""
    _, _, place = str(error).rpartition(" - at `$.")
    return place[place.index("[") : -1] if "[" in place else ""


def _refuse_unsealable(shape: Shape, document: Document) -> None:
    names = [name for name in document if name not in shape.properties] if shape.extras else shape.free
    for name in names:
        if name in document:
            fault = secrecy.unsealable({name: document[name]}, ())
            if fault is not None:
                raise Fault(fault, "must be a string, because its name says that it is a secret")


def _refuse_credentials(shape: Shape, document: Mapping[str, Any], path: secrecy.Path) -> None:
    for name, address in shape.addresses:
        value = document.get(name)
        if value and "@" in value and secrecy.holds_credentials(value, bare_user_is_secret=address.bare_user_is_secret):
            raise Fault((*path, name), f"may not hold credentials; put credentials into {address.instead} instead")
    for known in shape.guarded:
        inside = document.get(known.name)
        if inside:
            inner = variant(known.inner, inside)
            if inner is not None:
                _refuse_credentials(inner, inside, (*path, known.name))


def _copied(config: Mapping[str, Any]) -> Document:
    # A patched document can hold anything in place of the object that it should.
    if not isinstance(config, Mapping):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise Fault((), "must be an object")
    return dict(config)


def _decoded(text: bytes) -> Document:
    try:
        tree: Json = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise Fault((), "is not valid JSON") from None
    if not isinstance(tree, dict):
        raise Fault((), "must be an object")
    # Without whitespace every key ends in `":`. Text inside strings may look alike, which only costs the slow look.
    if text.translate(None, _WHITESPACE).count(b'":') != len(tree) + _count_keys(tree.values()):
        _refuse_duplicates(text)
    return tree


def _count_keys(values: Iterable[Json]) -> int:
    count = 0
    for value in values:
        if isinstance(value, dict):
            count += len(value) + _count_keys(value.values())
        elif isinstance(value, list):
            count += _count_keys(value)
    return count


def _refuse_duplicates(text: bytes) -> None:
    def once(pairs: list[tuple[str, Any]]) -> None:
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise Fault((key,), "is given more than once")
            seen.add(key)

    # Only keys matter here, so numbers need no reading.
    json.loads(text, object_pairs_hook=once, parse_int=len, parse_float=len)
