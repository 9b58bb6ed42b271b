"""The query parameters that many routes share, parsed once and typed; what is wrong with one is a BadRequest."""

from __future__ import annotations

import base64
import binascii
import functools
import re
from typing import TYPE_CHECKING

import msgspec

from brokerbook.engine.history import Moment, Place
from brokerbook.engine.listing import Cursor
from brokerbook.engine.read import NO_FIELDS, Fields, parsed_fields
from brokerbook.errors import BadRequest, RouteNotFound
from brokerbook.kinds import KINDS

if TYPE_CHECKING:
    from brokerbook.api.http import Request
    from brokerbook.kinds.kind import Kind

_UUID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\Z")
_INTEGER = re.compile(r"[+-]?[0-9]{1,19}\Z")
_MOMENT = re.compile(r"([0-9]{1,18}):([^:]*):([0-9]{1,9}):([A-Za-z]*)\Z")
_PLACE = re.compile(r"events:(-?[0-9]{1,18}):([0-9]{1,18})\Z")
_INCLUDES = {"all": "all", "deleted": "deleted", "non-deleted": "non-deleted", "non_deleted": "non-deleted"}


def uuid_in_path(request: Request, name: str = "id") -> str:
    """A path's UUID in lower case; what is none names no route (ruling 9)."""
    text = request.params[name]
    if not _UUID.match(text):
        raise RouteNotFound
    return text.lower()


def uuid_in_query(request: Request, name: str) -> str | None:
    """A UUID in the query, in lower case; None if there is none."""
    text = request.query.get(name, "")
    if text and not _UUID.match(text):
        raise BadRequest(f"[query param {name} must be a UUID]")
    return text.lower() or None


def uuids(request: Request, name: str) -> list[str]:
    """The UUIDs of a parameter that may be there several times, or hold several with commas between them."""
    texts = [part for text in request.every(name) for part in text.split(",") if part]
    if not texts:
        raise BadRequest(f"[query param {name} must not be null]")
    if bad := [text for text in texts if not _UUID.match(text)]:
        raise BadRequest(f"[query param {name} must be UUIDs, which {bad[0][:80]} is not]")
    return [text.lower() for text in texts]


def include(request: Request) -> str:
    """Which entities may be seen: `non-deleted`, `deleted` or `all`."""
    text = request.query.get("include", "")
    if not text:
        return "non-deleted"
    try:
        return _INCLUDES[text.lower()]
    except KeyError:
        raise BadRequest("query param include must be one of [all, deleted, non-deleted]") from None


def fields(request: Request, kind: Kind) -> Fields:
    """The links that the caller asks for."""
    text = request.query.get("fields")
    return _fields(kind.name, text) if text else NO_FIELDS


@functools.lru_cache(maxsize=256)
def _fields(kind: str, text: str) -> Fields:
    return parsed_fields(KINDS[kind], text)


def integer(request: Request, name: str, default: int, low: int, high: int) -> int:
    """A whole number between two bounds, the default if it is absent or empty."""
    text = request.query.get(name, "").strip()
    if not text:
        return default
    if not _INTEGER.match(text):
        raise BadRequest(f"[query param {name} must be a whole number]")
    value = int(text)
    if value < low:
        raise BadRequest(f"[query param {name} must be greater than or equal to {low}]")
    if value > high:
        raise BadRequest(f"[query param {name} must be less than or equal to {high}]")
    return value


def cursors(request: Request, list_name: str) -> tuple[Cursor | None, Cursor | None]:
    """(after, before) of a list; at most one of them may be given."""
    query = request.query
    if "before" in query and "after" in query:
        raise BadRequest("Only one of before or after query parameter allowed")
    after, before = query.get("after"), query.get("before")
    return (
        _cursor(after, list_name) if after else None,
        _cursor(before, list_name) if before else None,
    )


def encoded(cursor: Cursor | None, list_name: str) -> str | None:
    """A cursor as clients send it back: base64url, which needs no encoding in a query."""
    if cursor is None:
        return None
    text = msgspec.json.encode({"name": cursor.name, "id": cursor.id, "list": list_name})
    return base64.urlsafe_b64encode(text).decode().rstrip("=")


def _unpacked(text: str) -> bytes:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise BadRequest("The cursor is not one that this list gave.") from None


class _Place(msgspec.Struct):
    name: str
    id: str
    list: str | None = None


def _cursor(text: str, list_name: str) -> Cursor:
    try:
        found = msgspec.json.decode(_unpacked(text), type=_Place)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise BadRequest("The cursor is not one that this list gave.") from None
    if found.list not in (None, list_name):
        raise BadRequest("The cursor is another list's.")
    if not _UUID.match(found.id):
        raise BadRequest("The cursor is not one that this list gave.")
    return Cursor(found.name, found.id)


def moments(request: Request, list_name: str) -> tuple[Moment | None, Moment | None]:
    """(after, before) of a history."""
    query = request.query
    if "before" in query and "after" in query:
        raise BadRequest("Only one of before or after query parameter allowed")
    after, before = query.get("after"), query.get("before")
    return (_moment(after, list_name) if after else None, _moment(before, list_name) if before else None)


def encoded_moment(moment: Moment | None, list_name: str) -> str | None:
    """A history's cursor: base64url of time, id, version and whose history it is."""
    if moment is None:
        return None
    text = f"{moment.updated_at}:{moment.id}:{moment.version}:{list_name}"
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _moment(text: str, list_name: str) -> Moment:
    try:
        found = _MOMENT.match(_unpacked(text).decode())
    except (BadRequest, UnicodeDecodeError):
        found = None
    if found is None:
        raise BadRequest(f"Cursor is not a valid cursor: {text}")
    at, entity_id, version, name = found.groups()
    if name != list_name:
        raise BadRequest("The cursor is another list's.")
    return Moment(int(at), entity_id, int(version))


def event_place(request: Request) -> Place | None:
    """The place among the events that the query's `after` says; it stands above the time."""
    text = request.query.get("after")
    if not text:
        return None
    try:
        found = _PLACE.match(_unpacked(text).decode())
    except UnicodeDecodeError:
        found = None
    if found is None:
        raise BadRequest("The cursor is not one that this list gave.")
    return Place(int(found[1]), int(found[2]))


def encoded_place(place: Place | None) -> str | None:
    """A place among the events as a cursor."""
    if place is None:
        return None
    return base64.urlsafe_b64encode(f"events:{place.timestamp}:{place.seq}".encode()).decode().rstrip("=")
