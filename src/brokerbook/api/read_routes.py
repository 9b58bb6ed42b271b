"""Reading: the GET handlers that every kind has, and the change events."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from brokerbook.access import policy
from brokerbook.api import query
from brokerbook.api.http import JSON, Request, Response, json_response
from brokerbook.api.routing import Route
from brokerbook.engine import computed, filters, history, kept_answers, listing, read
from brokerbook.engine.kept_answers import Answer, etag
from brokerbook.engine.read import Viewer
from brokerbook.model.wire import ChangeEvent, Paging

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from brokerbook.kinds.kind import Kind
    from brokerbook.store.database import Tx

_NO_STORE = (b"cache-control", b"no-store")
_MOST_PER_PAGE = 1_000_000


def viewer(request: Request) -> Viewer:
    """Who reads, for the engine."""
    return Viewer(request.actor, request.base, request.context.sealer)


def get_entity(kind: Kind, request: Request) -> Response | Awaitable[Response]:
    """GET by id or by name: on the spot, or on a thread if something is asked for that has to be counted first."""
    return _get_counted(kind, request) if query.fields(request, kind).computed else get_one(kind, request)


async def _get_counted(kind: Kind, request: Request) -> Response:
    return _answered(request, await request.context.database.read(_finding(kind, request)))


def get_one(kind: Kind, request: Request, entity_id: str | None = None) -> Response:
    """GET by id or by name, as the path or the calling handler says: a point read, answered on the spot."""
    return _answered(request, request.context.database.peek(_finding(kind, request, entity_id)))


def _finding(kind: Kind, request: Request, entity_id: str | None = None) -> Callable[[Tx], bytes | Answer]:
    """What reads the entity's JSON; refuses at once what needs no look at the entity."""
    wanted = query.fields(request, kind)
    include = query.include(request)
    name = request.params.get("name")
    if name is None and entity_id is None:
        entity_id = query.uuid_in_path(request)
    # everybody may see his own record
    his = entity_id == request.actor.id or (
        kind.lower_names and name is not None and name.lower() == request.actor.name
    )
    settled = his or policy.check_kind(request.actor, wanted.operation, kind.name, entity_id or name)
    reader = viewer(request)

    def found(tx: Tx) -> bytes:
        row = read.find(tx, kind, entity_id=entity_id, name=name, include=include)
        if not settled:
            read.may_view(tx, reader, kind, row, wanted.operation)
        return read.one(tx, reader, kind, row, wanted)

    if kind.schema is not None and settled and not (wanted.links or wanted.computed):
        return lambda tx: kept_answers.plain(tx, reader, kind, entity_id=entity_id, name=name, include=include)
    more = wanted.links or wanted.computed or computed.always(kind) or kind.always
    if more or kind.veil is not None or request.actor.is_bot or not settled:
        return found
    return lambda tx: read.plain(tx, reader, kind, entity_id=entity_id, name=name, include=include)


def _answered(request: Request, found: bytes | Answer) -> Response:
    body, tag = (found.body, found.tag) if isinstance(found, Answer) else (found, etag(found))
    asked = request.headers.get(b"if-none-match")
    if asked is not None and _matches(asked, tag):
        return Response(304, [(b"etag", tag), _NO_STORE], b"")
    return Response(200, [JSON, (b"etag", tag), _NO_STORE], body)


def _matches(header: bytes, tag: bytes) -> bool:
    return any(part.strip().removeprefix(b"W/") in (tag, b"*") for part in header.split(b","))


async def get_page(kind: Kind, request: Request) -> Response:
    """GET of the collection: one page, in the order of names."""
    wanted = query.fields(request, kind)
    include = query.include(request)
    limit = query.integer(request, "limit", 10, 0, _MOST_PER_PAGE)
    after, before = query.cursors(request, kind.name)
    reader = viewer(request)

    def page(tx: Tx) -> bytes:
        meant = filters.meant(tx, kind, request.query)
        found = listing.page(
            tx, reader, kind, wanted, include=include, limit=limit, after=after, before=before, meant=meant
        )
        following, preceding = query.encoded(found.after, kind.name), query.encoded(found.before, kind.name)
        return _listed(found.bodies, found.total, following, preceding)

    return Response(200, [JSON, _NO_STORE], await request.context.database.read(page))


def _listed(texts: list[str], total: int, after: str | None, before: str | None) -> bytes:
    paging = msgspec.json.encode(Paging(total=total, after=after, before=before)).decode()
    return f'{{"data":[{",".join(texts)}],"paging":{paging}}}'.encode()


async def get_versions(kind: Kind, request: Request) -> Response:
    """GET of every version, newest first, each as JSON text."""
    entity_id = query.uuid_in_path(request)
    reader = viewer(request)
    texts = await request.context.database.read(lambda tx: history.versions(tx, reader, kind, entity_id))
    return json_response({"entityType": kind.name, "versions": texts})


async def get_version(kind: Kind, request: Request) -> Response:
    """GET of one version."""
    entity_id = query.uuid_in_path(request)
    reader = viewer(request)
    body = await request.context.database.read(
        lambda tx: history.one_version(tx, reader, kind, entity_id, request.params["version"])
    )
    return Response(200, [JSON, _NO_STORE], body)


async def get_history(kind: Kind, request: Request) -> Response:
    """GET of all versions of all entities of the kind within a time span, newest first."""
    far = 2**62
    start = query.integer(request, "startTs", 0, -far, far)
    end = query.integer(request, "endTs", 0, -far, far)
    limit = query.integer(request, "limit", 10, 1, 500)
    after, before = query.moments(request, kind.name)
    reader = viewer(request)

    def page(tx: Tx) -> bytes:
        bodies, total, following, preceding = history.history(
            tx, reader, kind, start=start, end=end, limit=limit, after=after, before=before
        )
        return _listed(
            bodies, total, query.encoded_moment(following, kind.name), query.encoded_moment(preceding, kind.name)
        )

    return Response(200, [JSON, _NO_STORE], await request.context.database.read(page))


async def get_events(request: Request) -> Response:
    """GET of change events since a time, chosen by what happened to which kinds; the total is that of the answer."""
    since = query.integer(request, "timestamp", 0, -(2**62), 2**62)
    limit = query.integer(request, "limit", history.MOST_EVENTS, 1, history.MOST_EVENTS)
    place = query.event_place(request) or history.Place(since)
    reader = viewer(request)
    texts, following = await request.context.database.read(
        lambda tx: history.events_since(tx, reader, place, request.query, limit=limit)
    )
    return Response(200, [JSON, _NO_STORE], _listed(texts, len(texts), query.encoded_place(following), None))


EVENT_ROUTES = (
    Route(
        "GET", "/api/v1/events", get_events, "List change events",
        answers={200: {"list": ChangeEvent}}, query=(*history.EVENT_FILTERS, "timestamp", "limit", "after"),
    ),
)  # fmt: skip
