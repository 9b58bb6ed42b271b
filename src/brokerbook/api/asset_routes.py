"""Routes about assets: what users, teams, domains, data products, tags and terms hold; ports; the tree of domains.

And POST and PUT of data products, which may bring assets along.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec

from brokerbook.api import query
from brokerbook.api.entity_routes import answered, work, written
from brokerbook.api.http import JSON, Request, Response, json_response
from brokerbook.api.read_routes import viewer
from brokerbook.api.routing import JSON_TYPE, Route
from brokerbook.engine import assets, domains, holdings, ports, read, refs, upsert, write
from brokerbook.engine.asset_moves import Holder
from brokerbook.errors import BadRequest, EntityNotFound, NotAuthorized, RouteNotFound
from brokerbook.kinds import KINDS
from brokerbook.kinds.domain import DATA_PRODUCT, DOMAIN, CreateDataProduct, DataProduct
from brokerbook.model.assets import BulkAssets, DomainHierarchy, PortsView
from brokerbook.model.decoding import decode
from brokerbook.model.wire import BulkOperationResult, EntityReference, Paging

if TYPE_CHECKING:
    from collections.abc import Callable

    from brokerbook.engine.ports import Side
    from brokerbook.engine.write import Outcome, Work
    from brokerbook.kinds.kind import Kind
    from brokerbook.store.database import Tx
    from brokerbook.store.entities import EntityRow

_NO_STORE = (b"cache-control", b"no-store")
_MOST = 1000
_FARTHEST = 2**31


def _found(tx: Tx, kind: Kind, request: Request) -> EntityRow:
    """The live entity of the path: by id, by name, or by whichever it is."""
    if "id" in request.params:
        return read.find(tx, kind, entity_id=query.uuid_in_path(request), include="non-deleted")
    if "name" in request.params:
        return read.find(tx, kind, name=request.params["name"], include="non-deleted")
    try:
        return read.find(tx, kind, entity_id=query.uuid_in_path(request, "nameOrId"), include="non-deleted")
    except (RouteNotFound, EntityNotFound):
        # a name may look like an id
        return read.find(tx, kind, name=request.params["nameOrId"], include="non-deleted")


def _window(request: Request, most: int = _MOST) -> tuple[int, int]:
    """How many are asked for, and from which on."""
    return query.integer(request, "limit", 10, 0, most), query.integer(request, "offset", 0, 0, _FARTHEST)


# assets


async def get_assets(kind: Kind, request: Request) -> Response:
    """GET of references to an entity's assets."""
    limit, offset = _window(request)
    reader = viewer(request)

    def page(tx: Tx) -> tuple[list[dict[str, Any]], int]:
        return assets.listed(tx, reader, kind, _found(tx, kind, request), limit=limit, offset=offset)

    found, total = await request.context.database.read(page)
    return Response(200, [JSON, _NO_STORE], msgspec.json.encode({"data": found, "paging": {"total": total}}))


async def change_assets(kind: Kind, request: Request, *, add: bool) -> Response:
    """PUT of assets to add or to remove; a tag's and a term's only say what would happen unless told otherwise."""
    asked = decode(await request.body(), BulkAssets)
    dry_run = asked.dryRun if asked.dryRun is not None else holdings.FIELDS[kind.name] == "tags"

    def change(tx: Tx) -> BulkOperationResult:
        row = _found(tx, kind, request)
        return assets.change(work(request, tx), kind, row, asked.assets or [], add=add, dry_run=dry_run)

    return json_response(await _done(request, change, dry_run=dry_run))


async def _done(request: Request, change: Callable[[Tx], BulkOperationResult], *, dry_run: bool) -> BulkOperationResult:
    """Runs a change; one that only says what would happen writes nothing, and keeps no writer waiting."""
    database = request.context.database
    return await (database.read(change) if dry_run else database.write(change))


# ports


async def change_ports(side: Side, request: Request, *, add: bool) -> Response:
    """PUT of what a data product takes in, or gives out."""
    asked = decode(await request.body(), BulkAssets)
    dry_run = bool(asked.dryRun)

    def change(tx: Tx) -> BulkOperationResult:
        row = _found(tx, DATA_PRODUCT, request)
        return ports.change(work(request, tx), row, side, asked.assets or [], add=add, dry_run=dry_run)

    return json_response(await _done(request, change, dry_run=dry_run))


async def get_ports(side: Side, request: Request) -> Response:
    """GET of one side of a data product."""
    fields = ports.parsed_fields(request.query.get("fields", ""))
    limit, offset = _window(request)
    reader = viewer(request)

    def page(tx: Tx) -> bytes:
        row = _found(tx, DATA_PRODUCT, request)
        return _listed(*ports.page(tx, reader, row, side, fields, limit=limit, offset=offset))

    return Response(200, [JSON, _NO_STORE], await request.context.database.read(page))


async def get_ports_view(request: Request) -> Response:
    """GET of both sides, each with a window of its own, or the same for both."""
    fields = ports.parsed_fields(request.query.get("fields", ""))
    limit, offset = _window(request)
    windows = {side: _window_of(request, side, limit, offset) for side in ("input", "output")}
    reader = viewer(request)

    def page(tx: Tx) -> bytes:
        row = _found(tx, DATA_PRODUCT, request)
        taken, given = (
            _listed(*ports.page(tx, reader, row, name, fields, limit=windows[side][0], offset=windows[side][1]))
            for side, name in _SIDES.items()
        )
        shown = refs.reference(row) | {"href": read.address(DATA_PRODUCT, row.id, reader.base)}
        return b'{"entity":%b,"inputPorts":%b,"outputPorts":%b}' % (msgspec.json.encode(shown), taken, given)

    return Response(200, [JSON, _NO_STORE], await request.context.database.read(page))


_SIDES: dict[str, Side] = {"input": "inputPorts", "output": "outputPorts"}


def _window_of(request: Request, side: str, limit: int, offset: int) -> tuple[int, int]:
    return (
        query.integer(request, f"{side}Limit", limit, 0, _MOST),
        query.integer(request, f"{side}Offset", offset, 0, _FARTHEST),
    )


def _listed(texts: list[str], total: int) -> bytes:
    paging = msgspec.json.encode(Paging(total=total)).decode()
    return f'{{"data":[{",".join(texts)}],"paging":{paging}}}'.encode()


# domains


async def get_hierarchy(request: Request) -> Response:
    """GET of domains as a tree."""
    _ = query.fields(request, DOMAIN)  # what the tree shows is fixed; a name that is none is refused all the same
    limit, offset = _window(request, 1_000_000)
    above = request.query.get("directChildrenOf") or None
    reader = viewer(request)
    found, total = await request.context.database.read(
        lambda tx: domains.hierarchy(tx, reader, above, limit=limit, offset=offset)
    )
    return Response(200, [JSON, _NO_STORE], msgspec.json.encode({"data": found, "paging": {"total": total}}))


# data products that bring assets along


def _with_assets(work: Work, outcome: Outcome, asked: CreateDataProduct) -> Outcome:
    """Adds the assets that the request brings; if one of them cannot be added, nothing is done at all."""
    if asked.assets:
        holder = Holder(work, DATA_PRODUCT, outcome.row, refs.Targets(work.tx))
        result = assets.moved(holder, asked.assets, add=True)
        for row in result.failedRequest:
            raise NotAuthorized(row.message or "") if row.status == 403 else BadRequest(row.message or "")
    return outcome


async def post_product(request: Request) -> Response:
    """POST: a new data product."""
    asked = decode(await request.body(), CreateDataProduct)
    outcome = await written(
        request, DATA_PRODUCT, lambda work: _with_assets(work, write.create(work, DATA_PRODUCT, asked), asked)
    )
    response = answered(request, outcome)
    location = read.address(DATA_PRODUCT, outcome.row.id, request.base).encode()
    return Response(201, [JSON, (b"location", location)], response.body)


async def put_product(request: Request) -> Response:
    """PUT: create or update a data product; assets that it has already stay."""
    asked = decode(await request.body(), CreateDataProduct)
    outcome = await written(
        request, DATA_PRODUCT, lambda work: _with_assets(work, upsert.put(work, DATA_PRODUCT, asked), asked)
    )
    return answered(request, outcome, status=201 if outcome.change == "entityCreated" else 200)


# the table


def _bulk(path: str, handler: Any, summary: str, kind: Kind) -> Route:
    return Route(
        "PUT", path, handler, summary,
        consumes=JSON_TYPE, body=BulkAssets, answers={200: BulkOperationResult}, kind=kind.name,
    )  # fmt: skip


def _asset_routes(kind: Kind) -> list[Route]:
    path, listed = f"/api{kind.path}", {200: {"list": EntityReference}}
    table = [
        Route("GET", f"{path}/{by}/assets", partial(get_assets, kind), f"List the assets of a {kind.name} {how}",
              answers=listed, query=("limit", "offset"), kind=kind.name)
        for by, how in (("{id}", "by id"), ("name/{name}", "by fully qualified name"))
    ]  # fmt: skip
    if kind.name in {"user", "team"}:
        return table  # what they own is changed by its owners
    one = "{id}" if holdings.FIELDS[kind.name] == "tags" else "{nameOrId}"
    for word, does, add in (("add", "Add assets to", True), ("remove", "Remove assets from", False)):
        handler = partial(change_assets, kind, add=add)
        table.append(_bulk(f"{path}/{one}/assets/{word}", handler, f"{does} a {kind.name}", kind))
    return table


def _port_routes() -> list[Route]:
    path, table = f"/api{DATA_PRODUCT.path}", list[Route]()
    window = ("fields", "limit", "offset")
    for side in _SIDES.values():
        table += [
            Route("GET", f"{path}/{by}/{side}", partial(get_ports, side), f"List the {side} of a dataProduct {how}",
                  query=window, kind=DATA_PRODUCT.name)
            for by, how in (("{id}", "by id"), ("name/{name}", "by fully qualified name"))
        ]  # fmt: skip
        table += [
            _bulk(
                f"{path}/{by}/{side}/{word}",
                partial(change_ports, side, add=add),
                f"{does} {side} of a dataProduct",
                DATA_PRODUCT,
            )
            for by in ("{nameOrId}", "name/{name}")
            for word, does, add in (("add", "Add", True), ("remove", "Remove", False))
        ]
    table += [
        Route("GET", f"{path}/{by}/portsView", get_ports_view, f"Get both sides of a dataProduct {how}",
              answers={200: PortsView}, kind=DATA_PRODUCT.name,
              query=(*window, "inputLimit", "inputOffset", "outputLimit", "outputOffset"))
        for by, how in (("{id}", "by id"), ("name/{name}", "by fully qualified name"))
    ]  # fmt: skip
    return table


ROUTES = (
    *(route for name in holdings.FIELDS if name in KINDS for route in _asset_routes(KINDS[name])),
    *_port_routes(),
    Route(
        "GET", "/api/v1/domains/hierarchy", get_hierarchy, "List domains as a tree",
        answers={200: {"list": DomainHierarchy}}, query=("fields", "limit", "offset", "directChildrenOf"),
        kind="domain",
    ),
    Route(
        "POST", "/api/v1/dataProducts", post_product, "Create a dataProduct",
        consumes=JSON_TYPE, body=CreateDataProduct, answers={201: DataProduct}, kind=DATA_PRODUCT.name,
    ),
    Route(
        "PUT", "/api/v1/dataProducts", put_product, "Create or update a dataProduct",
        consumes=JSON_TYPE, body=CreateDataProduct, answers={200: DataProduct, 201: DataProduct}, kind=DATA_PRODUCT.name,
    ),
)  # fmt: skip
