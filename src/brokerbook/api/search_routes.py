"""Search: OpenMetadata's routes over its search engine, answered from the catalog's own index; and a plain one of ours."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import msgspec

from brokerbook.api import query
from brokerbook.api.http import JSON, Request, Response, json_response
from brokerbook.api.read_routes import viewer
from brokerbook.api.routing import JSON_TYPE, Route
from brokerbook.engine import search, search_fields, search_hits, search_index, search_summary
from brokerbook.engine.search_text import Term
from brokerbook.errors import BadRequest
from brokerbook.model.decoding import decode
from brokerbook.model.search import every
from brokerbook.model.search_answers import (
    AggregateRequest,
    AggregationsAnswer,
    Document,
    SearchAnswer,
    SearchSummary,
)
from brokerbook.model.wire import Paging

if TYPE_CHECKING:
    from brokerbook.engine.search_hits import Asked
    from brokerbook.model.search import Condition
    from brokerbook.store.database import Tx

_NO_STORE = (b"cache-control", b"no-store")
_PATH = "/api/v1/search"
_EVERYWHERE = "all"
_MOST_BUCKETS = 1000
_MOST_FOUND = 100


def _deleted(request: Request, *, default: bool | None) -> bool | None:
    text = request.query.get("deleted", "").lower()
    if text not in ("", "true", "false"):
        raise BadRequest("[query param deleted must be true or false]")
    return default if not text else text == "true"


def _asked(
    request: Request, *, index: str | None = None, text: str | None = None, deleted: bool | None = False
) -> Asked:
    """What the query's parameters ask for; `deleted` is meant where they do not say it."""
    asked = request.query
    if text is None:
        text = asked.get("q", "")
    offset = query.integer(request, "from", 0, 0, search.MOST)
    after = request.every("search_after")
    order = search.order(asked.get("sort_field", ""), asked.get("sort_order", "") or "desc", after)
    return search_hits.Asked(
        indexes=index or asked.get("index", "") or _EVERYWHERE,
        text=text,
        filters=tuple(asked[name] for name in ("query_filter", "post_filter") if asked.get(name)),
        deleted=_deleted(request, default=deleted),
        order=order,
        offset=0 if after else offset,
        size=query.integer(request, "size", 10, 0, search.MOST),
        include=tuple(request.every("include_source_fields")),
        exclude=tuple(request.every("exclude_source_fields")),
        with_source=asked.get("fetch_source", "").lower() != "false",
        facets=search_hits.FACETS if request.flag("include_aggregations") else (),
    )


async def _answered(request: Request, asked: Asked, field: tuple[str, Term] | None = None) -> Response:
    """Brings the index up to date, then searches: for a value in a field, or for the text."""
    began = time.monotonic()
    reader = viewer(request)

    def found(tx: Tx) -> dict[str, Any]:
        sought: Condition | None = None
        if field is not None:
            meant = search_fields.meant(tx, field[0], [field[1]], whole=True)
            sought = every(False if meant is None else meant, search_hits.wanted(tx, asked))
        answer = search_hits.answer(tx, reader, asked, sought)
        return {"timed_out": search_index.count_waiting(tx) > 0, **answer}

    answer = await request.context.search_index.search(found)
    return json_response({"took": round((time.monotonic() - began) * 1000), **answer}, headers=[_NO_STORE])


async def get_query(request: Request) -> Response:
    """GET: a search with a text, filters, an order and a window."""
    return await _answered(request, _asked(request, deleted=None))


async def get_field_query(request: Request) -> Response:
    """GET: what has, in a field, a whole value that a pattern with `*` and `?` means."""
    name, value = request.query.get("fieldName", "") or "fullyQualifiedName", request.query.get("fieldValue", "")
    if len(value) > search_hits.LONGEST_VALUE:
        raise BadRequest(f"[query param fieldValue may have {search_hits.LONGEST_VALUE} characters at most]")
    return await _answered(request, _asked(request, text=""), (name, Term(value)))


async def get_document(request: Request) -> Response:
    """GET of one document."""
    entity_id = query.uuid_in_path(request)
    reader = viewer(request)

    def found(tx: Tx) -> dict[str, Any]:
        return search_hits.document(tx, reader, request.params["index"], entity_id)

    return json_response(await request.context.database.read(found), headers=[_NO_STORE])


# counts


async def _counted(request: Request, asked: Asked, field: str, containing: str, *, suggest: bool) -> Response:
    reader = viewer(request)

    def found(tx: Tx) -> dict[str, Any]:
        counts = search_hits.counted(tx, reader, asked, field, containing)
        named = {f"sterms#{field}": counts}
        return {"aggregations": named | ({"suggest": counts} if suggest else {})}

    return json_response(await request.context.search_index.search(found), headers=[_NO_STORE])


async def get_aggregate(request: Request) -> Response:
    """GET: the commonest values of a field among what a text finds."""
    asked = _asked(request)
    if asked.size > _MOST_BUCKETS:
        raise BadRequest(f"[query param size must be less than or equal to {_MOST_BUCKETS}]")
    field = request.query.get("field", "") or "name.keyword"
    return await _counted(request, asked, field, request.query.get("value", ""), suggest=True)


async def post_aggregate(request: Request) -> Response:
    """POST: the same, asked for in a body."""
    said = decode(await request.body(), AggregateRequest)
    size = said.size if said.size is not None else 10
    asked = _asked(request, index=said.index or _EVERYWHERE, text=said.query or "")
    asked = asked._replace(size=size, deleted=said.deleted or False)
    return await _counted(request, asked, said.fieldName or "name.keyword", said.fieldValue or "", suggest=False)


# our own


async def get_summary(request: Request) -> Response:
    """GET: references to what a text finds, with where it stands, and what there is to narrow it down by."""
    asked = search_summary.Asked(
        text=request.query.get("q", ""),
        kinds=_several(request, "kind"),
        filters={name: _several(request, name) for name in search_summary.FILTERS},
        include=query.include(request),
        limit=query.integer(request, "limit", 10, 0, _MOST_FOUND),
        offset=query.integer(request, "offset", 0, 0, search.MOST),
        with_facets=request.query.get("facets", "").lower() != "false",
    )
    reader = viewer(request)

    def found(tx: Tx) -> tuple[search_summary.Answer, int]:
        return search_summary.answer(tx, reader, asked), search_index.count_waiting(tx)

    answer, behind = await request.context.search_index.search(found)
    following, preceding = asked.offset + asked.limit, max(0, asked.offset - asked.limit)
    paging = Paging(
        total=answer.total,
        after=str(following) if asked.limit and following < answer.total else None,
        before=str(preceding) if asked.offset > 0 else None,
    )
    body = {"data": answer.data, "paging": paging, "facets": answer.facets, "behind": behind}
    return Response(200, [JSON, _NO_STORE], msgspec.json.encode(body))


def _several(request: Request, name: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text for text in request.every(name) if text))


# the table

_WINDOW = ("from", "size", "deleted", "index")
_SOURCE = ("fetch_source", "include_source_fields", "exclude_source_fields")

ROUTES = (
    Route(
        "GET", _PATH, get_summary, "Search the catalog", answers={200: SearchSummary}, any_scope=True,
        query=("q", "kind", *search_summary.FILTERS, "include", "limit", "offset", "facets"),
    ),
    Route(
        "GET", f"{_PATH}/query", get_query, "Search as OpenMetadata's clients do", answers={200: SearchAnswer},
        any_scope=True,
        query=(
            "q", *_WINDOW, "search_after", "sort_field", "sort_order", "track_total_hits", "query_filter",
            "post_filter", *_SOURCE, "include_aggregations",
        ),
    ),
    Route(
        "GET", f"{_PATH}/fieldQuery", get_field_query, "Search for a value in a field", answers={200: SearchAnswer},
        any_scope=True, query=("fieldName", "fieldValue", *_WINDOW),
    ),
    Route(
        "GET", f"{_PATH}/get/{{index}}/doc/{{id}}", get_document, "Get an entity as the search shows it",
        answers={200: Document}, any_scope=True,
    ),
    Route(
        "GET", f"{_PATH}/aggregate", get_aggregate, "Count what a search finds by a field",
        answers={200: AggregationsAnswer}, any_scope=True, query=("q", "index", "field", "value", "size", "deleted", "sourceFields"),
    ),
    Route(
        "POST", f"{_PATH}/aggregate", post_aggregate, "Count what a search finds by a field, asked in a body",
        consumes=JSON_TYPE, body=AggregateRequest, answers={200: AggregationsAnswer},
    ),
)  # fmt: skip
