"""Definitions of tests of connections, which every caller may read and nobody may change: they are part of the program."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from brokerbook.api import query
from brokerbook.api.http import Response, json_response
from brokerbook.api.routing import Route
from brokerbook.connectors.definitions import DEFINITIONS
from brokerbook.engine.listing import Cursor
from brokerbook.errors import EntityNotFound
from brokerbook.model.test_connection import TestConnectionDefinition
from brokerbook.model.wire import Paging

if TYPE_CHECKING:
    from brokerbook.api.http import Request

_KIND = "testConnectionDefinition"
_PATH = "/api/v1/services/testConnectionDefinitions"
_MOST_PER_PAGE = 1000


def _place(definition: TestConnectionDefinition) -> Cursor:
    return Cursor(definition.name, definition.id)


def _shown(request: Request, definition: TestConnectionDefinition) -> TestConnectionDefinition:
    return replace(definition, href=f"{request.base}{_PATH}/{definition.id}")


def get_page(request: Request) -> Response:
    """GET of the collection, in the order of names; none of them is ever deleted."""
    known = list(DEFINITIONS) if query.include(request) != "deleted" else []
    limit = query.integer(request, "limit", 10, 0, _MOST_PER_PAGE)
    after, before = query.cursors(request, _KIND)
    if before is not None:
        lying = [definition for definition in known if _place(definition) < before]
        rows = lying[max(0, len(lying) - limit) :]
    else:
        rows = [definition for definition in known if after is None or _place(definition) > after][:limit]
    first, last = (_place(rows[0]), _place(rows[-1])) if rows else (None, None)
    paging = Paging(
        total=len(known),
        after=query.encoded(last, _KIND) if last is not None and last < _place(known[-1]) else None,
        before=query.encoded(first, _KIND) if first is not None and first > _place(known[0]) else None,
    )
    return json_response({"data": [_shown(request, definition) for definition in rows], "paging": paging})


def get_by_id(request: Request) -> Response:
    return _found(request, query.uuid_in_path(request), "id")


def get_by_name(request: Request) -> Response:
    """GET by fully qualified name: `Kafka.testConnectionDefinition`."""
    return _found(request, request.params["name"], "fullyQualifiedName")


def _found(request: Request, key: str, field: str) -> Response:
    include = query.include(request)
    for definition in DEFINITIONS:
        if getattr(definition, field) == key and include != "deleted":
            return json_response(_shown(request, definition))
    raise EntityNotFound.of(_KIND, key)


ROUTES = (
    Route("GET", _PATH, get_page, "List how connections are tested", answers={200: {"list": TestConnectionDefinition}},
          query=("include", "limit", "after", "before"), any_scope=True),
    Route("GET", f"{_PATH}/{{id}}", get_by_id, "Get by id how the connections of a service type are tested",
          answers={200: TestConnectionDefinition}, query=("include",), any_scope=True),
    Route("GET", f"{_PATH}/name/{{name}}", get_by_name,
          "Get by name how the connections of a service type are tested",
          answers={200: TestConnectionDefinition}, query=("include",), any_scope=True),
)  # fmt: skip
