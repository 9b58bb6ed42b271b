"""The fields of a schema as a tree: taken from requests, merged with what is stored, compared, shown. Pure.

A field is a JSON object as the wire has it. Its `fullyQualifiedName` begins with `ROOT` where it is stored, in the place
of the topic's, so that topics with the same schema have the same fields; its labels are stored apart, by its path.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from brokerbook.errors import BadRequest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

ROOT = "\x01"
"""Stands for the fully qualified name of the topic."""
SHOWN_ROOT = f'"fullyQualifiedName":{msgspec.json.encode(ROOT).decode()[:-1]}'
"""The same at the start of a stored field's name, as JSON: in no text that a user writes can it stand like this."""
MOST_FIELDS = 20_000
_TEXTS = ("dataTypeDisplay", "displayName", "description")

Fields = list[dict[str, Any]]


Given = Any
"""A field as a request gives it: a struct with the wire's names."""


class FieldLabel(msgspec.Struct, frozen=True):
    """A label that is asked for on a field."""

    field: str
    label: Any


class Schema(dict[str, Any]):
    """A schema: `schemaText`, `schemaType` and `schemaFields`, as stored. Never changed once it is made."""

    __slots__ = ("contents", "ref")

    def __init__(self, values: Mapping[str, Any], ref: str, contents: tuple[tuple[str, str], ...] = ()) -> None:
        super().__init__(values)
        self.ref = ref
        """What a document holds in its place: the hash of the text, the type and the hash of the fields."""
        self.contents = contents
        """What these hashes stand for, if it may have to be stored."""

    def __deepcopy__(self, memo: dict[int, Any]) -> dict[str, Any]:
        """What a patch is applied to is a copy, and no stored schema any more."""
        import copy  # noqa: PLC0415  nothing else here copies

        return copy.deepcopy(dict(self), memo)


NO_TEXT, EMPTY_TEXT, NO_FIELDS = "-", "", ""


def schema(text: str | None, schema_type: str | None, fields: Fields) -> Schema:
    """A schema with the contents to be stored for it."""
    contents: list[tuple[str, str]] = []
    text_ref = NO_TEXT if text is None else EMPTY_TEXT
    if text:
        contents.append(_content(msgspec.json.encode(text)))
        text_ref = contents[-1][0]
    fields_ref = NO_FIELDS
    if fields:
        contents.append(_content(msgspec.json.encode(fields)))
        fields_ref = contents[-1][0]
    values: dict[str, Any] = {}
    if text is not None:
        values["schemaText"] = text
    if schema_type is not None:
        values["schemaType"] = schema_type
    return Schema(values | {"schemaFields": fields}, f"{text_ref}:{schema_type or ''}:{fields_ref}", tuple(contents))


def _content(encoded: bytes) -> tuple[str, str]:
    return hashlib.sha256(encoded).hexdigest(), encoded.decode()


def part(name: str) -> str:
    """A field's name as a part of a fully qualified one; unlike an entity's it may be anything."""
    if "." in name or '"' in name:
        doubled = name.replace('"', '""')
        return f'"{doubled}"'
    return name


def taken(fields: Iterable[Given], labels: list[FieldLabel], above: str = ROOT) -> Fields:
    """Fields as they are stored; what they are labelled with is added to `labels`."""
    found: Fields = []
    for given in fields:
        name = given.name
        fqn = f"{above}.{part(name)}"
        field: dict[str, Any] = {"name": name, "dataType": given.dataType}
        if given.dataTypeDisplay is not None:
            field["dataTypeDisplay"] = given.dataTypeDisplay
        if given.displayName is not None:
            field["displayName"] = given.displayName
        if given.description is not None:
            field["description"] = _safe(given.description)
        field["fullyQualifiedName"] = fqn
        field["tags"] = []
        if given.tags:
            labels += [FieldLabel(fqn[2:], label) for label in given.tags]
        if given.children is not None:
            field["children"] = taken(given.children, labels, fqn)
        found.append(field)
    return found


def check_size(fields: Sequence[Given]) -> None:
    """Refuses more fields than a topic may have."""
    if (n := _count(fields)) > MOST_FIELDS:
        raise BadRequest(f"The messageSchema has {n} fields; a topic may have at most {MOST_FIELDS}.")


def _count(fields: Sequence[Given]) -> int:
    return len(fields) + sum(_count(field.children) for field in fields if field.children)


def _safe(text: str) -> str:
    if "<" not in text and "]" not in text:
        return text
    from brokerbook.model import markdown  # noqa: PLC0415  its patterns take a fifth of a start to compile

    return markdown.safe(text)


def _exact(field: Mapping[str, Any]) -> tuple[str, str]:
    return field["name"], field["dataType"]


def _caseless(field: Mapping[str, Any]) -> tuple[str, str]:
    return field["name"].lower(), field["dataType"]


def _paired(old: Fields, new: Fields) -> tuple[list[dict[str, Any] | None], Fields]:
    """For each new field the old one that it is, if it is one; and the old ones that are there no more.

    The name and the type make it the same. A name may be written in another case, unless there is a field that is called
    just so; of several that are called alike the first is the first.
    """
    found: list[dict[str, Any] | None] = [None] * len(new)
    left = old
    for key in (_exact, _caseless):
        waiting: dict[tuple[str, str], Fields] = {}
        for field in reversed(left):
            waiting.setdefault(key(field), []).append(field)
        for place, field in enumerate(new):
            if found[place] is None and (alike := waiting.get(key(field))):
                found[place] = alike.pop()
        there = {id(field) for fields in waiting.values() for field in fields}
        left = [field for field in left if id(field) in there]
    return found, left


def merged(stored: Fields, asked: Fields, *, keep: bool, keep_display: bool) -> Fields:
    """The fields asked for with what is known of those that are there already.

    What is asked for without a description or display name keeps those that are stored; with `keep` it does in any case.
    """
    known, _ = _paired(stored, asked)
    return [
        _merged(there, field, keep=keep, keep_display=keep_display) for there, field in zip(known, asked, strict=True)
    ]


def _merged(stored: dict[str, Any] | None, asked: dict[str, Any], *, keep: bool, keep_display: bool) -> dict[str, Any]:
    if stored is None:
        return asked
    texts: dict[str, Any] = {}
    for key in _TEXTS:
        kept = keep_display if key == "dataTypeDisplay" else keep or key not in asked
        value = stored.get(key) if kept and stored.get(key) else asked.get(key)
        if value is not None:
            texts[key] = value
    field: dict[str, Any] = {"name": asked["name"], "dataType": asked["dataType"], **texts}
    field |= {"fullyQualifiedName": asked["fullyQualifiedName"], "tags": []}
    if "children" in asked:
        there: Fields = stored.get("children") or []
        field["children"] = merged(there, asked["children"], keep=keep, keep_display=keep_display)
    return field


def paths(fields: Fields) -> set[str]:
    """The paths of all fields: their fully qualified names below the topic's."""
    found: set[str] = set()
    for field in fields:
        found.add(field["fullyQualifiedName"][2:])
        if children := field.get("children"):
            found |= paths(children)
    return found


class Compared(Protocol):
    """Where differences are written down."""

    added: list[dict[str, Any]]
    updated: list[dict[str, Any]]
    deleted: list[dict[str, Any]]
    breaking: bool


def compare(change: Compared, old: Schema | None, new: Schema | None, fqn: str) -> None:
    """Writes down what turns one schema of the topic `fqn` into another; a field that is gone is a breaking change."""
    before: dict[str, Any] = old or {}
    after: dict[str, Any] = new or {}
    if before == after:
        return
    name = "messageSchema"
    hashes = [_text_value(one) for one in (old, new)]
    if before.get("schemaText") != after.get("schemaText"):
        _scalar(change, f"{name}.schemaText", *hashes)
    _scalar(change, f"{name}.schemaType", before.get("schemaType"), after.get("schemaType"))
    _compare(change, before.get("schemaFields", []), after.get("schemaFields", []), fqn, f"{name}.schemaFields")


def _text_value(one: Schema | None) -> Any:
    """A text in a change: by its hash, since it is stored already; an empty one as it is."""
    text = one.get("schemaText") if one is not None else None
    return {"content": one.ref.partition(":")[0]} if one is not None and text else text


def _scalar(change: Compared, name: str, before: Any, after: Any) -> None:
    if before == after:
        return
    if before is None:
        change.added.append({"name": name, "newValue": after})
    elif after is None:
        change.deleted.append({"name": name, "oldValue": before})
    else:
        change.updated.append({"name": name, "oldValue": before, "newValue": after})


def _compare(change: Compared, old: Fields, new: Fields, fqn: str, name: str) -> None:
    if old == new:
        return
    before, deleted = _paired(old, new)
    if added := [field for there, field in zip(before, new, strict=True) if there is None]:
        change.added.append({"name": name, "newValue": _told(added, fqn)})
    if deleted:
        change.deleted.append({"name": name, "oldValue": _told(deleted, fqn)})
        change.breaking = True
    for there, field in zip(before, new, strict=True):
        if there is not None and there != field:
            below = f"{name}.{part(field['name'])}"
            for text in ("name", *_TEXTS):
                _scalar(change, f"{below}.{text}", there.get(text), field.get(text))
            _compare(change, there.get("children") or [], field.get("children") or [], fqn, below)


def _told(fields: Fields, fqn: str) -> str:
    return msgspec.json.encode(shown(fields, fqn, {})).decode()


def shown(fields: Fields, fqn: str, labels: Mapping[str, Sequence[dict[str, Any]]]) -> Fields:
    """Fields as the wire shows them: with the names that they have in a topic, and the labels of each."""
    found: Fields = []
    for field in fields:
        path = field["fullyQualifiedName"][1:]
        one = field | {"fullyQualifiedName": fqn + path, "tags": list(labels.get(path[1:], ()))}
        if field.get("children"):
            one["children"] = shown(field["children"], fqn, labels)
        found.append(one)
    return found
