"""Routes of lineage: edges stated, patched and deleted, by the ids or the names of their ends; and graphs around entities.

`PUT` and `DELETE` answer without a body, as clients expect.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args

import msgspec

from brokerbook.api import query
from brokerbook.api.entity_routes import work
from brokerbook.api.http import JSON, Request, Response
from brokerbook.api.read_routes import viewer
from brokerbook.api.routing import JSON_PATCH_TYPE, JSON_TYPE, NOTHING, Route
from brokerbook.engine import json_patch, lineage, lineage_graph, lineage_impact
from brokerbook.engine.lineage_details import Ends
from brokerbook.engine.lineage_graph import Depths
from brokerbook.errors import BadRequest, EntityNotFound
from brokerbook.model.decoding import decode
from brokerbook.model.lineage import (
    AddLineage,
    EdgeFound,
    EntityLineage,
    LineageDetails,
    LineageGraph,
    LineageImpact,
    Source,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from brokerbook.engine.write import Work
    from brokerbook.kinds.kind import Document
    from brokerbook.store.database import Tx
    from brokerbook.store.entities import EntityRow

_NO_STORE = (b"cache-control", b"no-store")
_DONE = Response(200, [], b"")
_UPDATED = (b"x-openmetadata-change", b"entityUpdated")
_DEEPEST = 3
_DEEPEST_GRAPH = 100
_MOST_NODES = 2000
_MOST_AFFECTED = 10_000
_SOURCES = frozenset(get_args(Source))


def _entity(tx: Tx, request: Request, *, live: bool = True) -> EntityRow:
    """The entity of the path."""
    return _at(tx, request, "type", "id", "name", live=live)


def _ends(tx: Tx, request: Request, *, live: bool) -> Ends:
    """Both ends of the path."""
    return Ends(
        _at(tx, request, "fromType", "fromId", "fromName", live=live),
        _at(tx, request, "toType", "toId", "toName", live=live),
    )


def _at(tx: Tx, request: Request, kind: str, entity_id: str, name: str, *, live: bool) -> EntityRow:
    named, by_id = request.params.get(name), entity_id in request.params
    asked = query.uuid_in_path(request, entity_id) if by_id else None
    return lineage.entity(tx, request.params[kind], entity_id=asked, name=named, live=live)


async def _changed(request: Request, change: Callable[[Work], None]) -> Response:
    await request.context.database.write(lambda tx: change(work(request, tx)))
    return _DONE


# stated


async def put(request: Request) -> Response:
    """PUT of an edge whose ends the body names."""
    asked = decode(await request.body(), AddLineage)
    return await _changed(request, lambda work: lineage.add(work, asked.edge))


async def put_named(request: Request) -> Response:
    """PUT of what an edge says whose ends the path names."""
    asked = decode(await request.body(), LineageDetails)
    return await _changed(request, lambda work: lineage.put(work, _ends(work.tx, request, live=True), asked))


async def patch(request: Request) -> Response:
    """PATCH of what an edge says."""
    operations = json_patch.parsed(await request.body(), keys_once=False)

    def change(tx: Tx) -> Document:
        return lineage.patch(work(request, tx), _ends(tx, request, live=True), operations)

    found = await request.context.database.write(change)
    return Response(200, [JSON, _UPDATED], msgspec.json.encode(lineage_graph.addressed(found, request.base)))


async def delete(request: Request) -> Response:
    """DELETE of an edge."""
    return await _changed(request, lambda work: lineage.delete(work, _ends(work.tx, request, live=False)))


async def delete_by_source(request: Request) -> Response:
    """DELETE of all edges of a source that lead to an entity."""
    source = request.params["source"]
    if source not in _SOURCES:
        raise BadRequest(f"The source of lineage has a value that is not allowed. Allowed values are: {_listed()}")
    return await _changed(
        request, lambda work: lineage.delete_by_source(work, _entity(work.tx, request, live=False), source)
    )


def _listed() -> str:
    return ", ".join(get_args(Source))


# read


async def get_edge(request: Request) -> Response:
    """GET of one edge, by the ids of its ends or by their kinds and names."""
    reader = viewer(request)

    def found(tx: Tx) -> Document:
        if "fromId" in request.params:
            from_id, to_id = (query.uuid_in_path(request, name) for name in ("fromId", "toId"))
            ends, between = lineage.any_ends(tx, from_id, to_id), (from_id, to_id)
        else:
            ends = _ends(tx, request, live=False)
            between = (ends.start.fqn, ends.end.fqn)
        said = lineage.one(tx, reader.actor, ends) if ends is not None else None
        if said is None:
            raise EntityNotFound(f"Lineage edge not found between {between[0]} and  {between[1]}")
        return {"edge": lineage_graph.addressed(said, reader.base)}

    return await _read(request, found)


async def get_lineage(request: Request) -> Response:
    """GET of what is around an entity, as clients know it."""
    depths = _depths(request, 1, _DEEPEST)
    reader = viewer(request)
    return await _read(request, lambda tx: lineage_graph.around(tx, reader, _entity(tx, request), depths))


async def get_graph(request: Request) -> Response:
    """GET of a larger graph around an entity, or around one of its fields."""
    depths = _depths(request, 3, _DEEPEST_GRAPH)
    limit = query.integer(request, "limit", 200, 1, _MOST_NODES)
    field = request.query.get("field") or None
    reader = viewer(request)
    return await _read(
        request, lambda tx: lineage_graph.graph(tx, reader, _entity(tx, request), depths, limit=limit, field=field)
    )


async def get_impact(request: Request) -> Response:
    """GET of everything downstream, by its owners."""
    depth = query.integer(request, "downstreamDepth", _DEEPEST_GRAPH, 1, _DEEPEST_GRAPH)
    limit = query.integer(request, "limit", 1000, 1, _MOST_AFFECTED)
    field = request.query.get("field") or None
    reader = viewer(request)
    return await _read(
        request,
        lambda tx: lineage_impact.impact(tx, reader, _entity(tx, request), depth=depth, limit=limit, field=field),
    )


def _depths(request: Request, default: int, most: int) -> Depths:
    return Depths(
        query.integer(request, "upstreamDepth", default, 0, most),
        query.integer(request, "downstreamDepth", default, 0, most),
    )


async def _read(request: Request, found: Callable[[Tx], Document]) -> Response:
    body = await request.context.database.read(lambda tx: msgspec.json.encode(found(tx)))
    return Response(200, [JSON, _NO_STORE], body)


# the table

_PATH = "/api/v1/lineage"
_IDS = f"{_PATH}/{{fromType}}/{{fromId}}/{{toType}}/{{toId}}"
_NAMES = "{fromType}/name/{fromName}/{toType}/name/{toName}"
_AROUND = ("upstreamDepth", "downstreamDepth")
_ENTITY = (("{type}/{id}", "by id"), ("{type}/name/{name}", "by fully qualified name"))


def _around(below: str, handler: Any, summary: str, answer: Any, query: tuple[str, ...]) -> list[Route]:
    return [
        Route("GET", f"{_PATH}{below}/{one}", handler, f"{summary} {how}", answers={200: answer}, query=query)
        for one, how in _ENTITY
    ]


ROUTES = (
    Route("PUT", _PATH, put, "State that data flows from an entity to another", consumes=JSON_TYPE, body=AddLineage, answers={200: NOTHING}),
    Route("PUT", f"{_PATH}/{_NAMES}", put_named, "State that data flows from an entity to another, by their names",
          consumes=JSON_TYPE, body=LineageDetails, answers={200: NOTHING}),
    Route("PATCH", _IDS, patch, "Patch what a lineage edge says", consumes=JSON_PATCH_TYPE, body=list[Any],
          answers={200: LineageDetails}),
    Route("PATCH", f"{_PATH}/{_NAMES}", patch, "Patch what a lineage edge says, by the names of its ends",
          consumes=JSON_PATCH_TYPE, body=list[Any], answers={200: LineageDetails}),
    Route("DELETE", _IDS, delete, "Delete a lineage edge", answers={200: NOTHING}),
    Route("DELETE", f"{_PATH}/{_NAMES}", delete, "Delete a lineage edge, by the names of its ends", answers={200: NOTHING}),
    Route("DELETE", f"{_PATH}/{{type}}/{{id}}/type/{{source}}", delete_by_source,
          "Delete the lineage of a source that leads to an entity", answers={200: NOTHING}),
    Route("DELETE", f"{_PATH}/source/name/{{type}}/{{name}}/type/{{source}}", delete_by_source,
          "Delete the lineage of a source that leads to an entity, by its name", answers={200: NOTHING}),
    Route("GET", f"{_PATH}/getLineageEdge/{{fromId}}/{{toId}}", get_edge, "Get a lineage edge", answers={200: EdgeFound}),
    Route("GET", f"{_PATH}/getLineageEdge/{_NAMES}", get_edge, "Get a lineage edge, by the names of its ends",
          answers={200: EdgeFound}),
    *_around("", get_lineage, "Get the lineage around an entity", EntityLineage, _AROUND),
    *_around("/graph", get_graph, "Get a graph of lineage", LineageGraph, (*_AROUND, "field", "limit")),
    *_around("/impact", get_impact, "Get everything downstream by its owners", LineageImpact,
             ("downstreamDepth", "field", "limit")),
)  # fmt: skip
