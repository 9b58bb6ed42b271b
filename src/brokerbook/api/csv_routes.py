"""Files: what a glossary, a classification or a team holds as CSV, to take away and to bring back."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Any

from brokerbook.access.rights import ORGANIZATION
from brokerbook.api.entity_routes import forget, work
from brokerbook.api.http import Request, Response, json_response
from brokerbook.api.read_routes import viewer
from brokerbook.api.routing import Route
from brokerbook.engine import csv_export, csv_import, jobs
from brokerbook.kinds import KINDS
from brokerbook.model.ids import new_id
from brokerbook.model.wire import CsvImportResult, JobAccepted
from brokerbook.transfer import tables

if TYPE_CHECKING:
    from brokerbook.store.database import Tx

_TEXT_TYPE = b"text/plain"
_NO_STORE = (b"cache-control", b"no-store")
_HEADERS = [(b"content-type", b"text/plain; charset=utf-8"), _NO_STORE]


def _name(request: Request) -> str:
    """What the file is of: as the path says, or of users the query; without a team it is of everybody."""
    return request.params.get("name") or request.query.get("team") or ORGANIZATION


async def export(file: str, request: Request) -> Response:
    """GET of the file."""
    name, reader = _name(request), viewer(request)
    text = await request.context.database.read(lambda tx: csv_export.export(tx, reader, file, name=name))
    return Response(200, _HEADERS, text.encode())


async def export_async(file: str, request: Request) -> Response:
    """GET of a job that tells the file."""
    name, reader, job_id = _name(request), viewer(request), new_id()

    def promise(tx: Tx) -> None:
        doing, table = work(request, tx), tables.TABLES[file]
        row = csv_export.container(tx, table, name=name)
        csv_export.check(tx, reader._replace(actor=doing.actor), table, row)
        jobs.record(doing, job_id, "export", file, row.id)

    await request.context.database.write(promise)
    return json_response(JobAccepted(jobId=job_id, message="Export initiated successfully."), 202)


async def put(file: str, request: Request, *, at_once: bool) -> Response:
    """PUT of the file; with `dryRun`, which is meant unless it is false, it is only told what would become of it."""
    name, job_id = _name(request), new_id()
    dry_run = request.query.get("dryRun", "true").lower() != "false"
    found = await asyncio.to_thread(csv_import.sheet, file, await request.body())

    def change(tx: Tx) -> CsvImportResult:
        doing = work(request, tx)
        row = csv_import.check(doing, file, name)
        result = csv_import.put(doing, file, row, found, dry_run=dry_run)
        if not at_once:
            jobs.record(doing, job_id, "import", file, row.id, imported=result)
        return result

    result = await request.context.database.write(change)
    if not dry_run:
        forget(request, KINDS[tables.TABLES[file].kind])
    if at_once:
        return json_response(result)
    return json_response(JobAccepted(jobId=job_id, message="Import is in progress."))


def _routes(file: str, table: tables.Table) -> list[Route]:
    named = file == table.container
    path = f"/api{KINDS[file].path}" + ("/name/{name}" if named else "")
    query = () if named else ("team",)
    rows, of = KINDS[table.kind].resource, f"a {table.container}"
    csv: dict[str, Any] = {"answers": {200: str}, "produces": _TEXT_TYPE.decode()}
    read: dict[str, Any] = {"consumes": _TEXT_TYPE, "body": bytes, "query": (*query, "dryRun")}
    kind = file if named else ""  # users are of a team: a token that is for users alone is not enough
    return [
        Route("GET", f"{path}/export", partial(export, file), f"Export the {rows} of {of} as CSV",
              kind=kind, query=query, **csv),
        Route("GET", f"{path}/exportAsync", partial(export_async, file), f"Export the {rows} of {of} as CSV, by a job",
              kind=kind, query=query, answers={202: JobAccepted}),
        Route("PUT", f"{path}/import", partial(put, file, at_once=True), f"Import {rows} of {of} from CSV",
              kind=kind, answers={200: CsvImportResult}, **read),
        Route("PUT", f"{path}/importAsync", partial(put, file, at_once=False), f"Import {rows} of {of} from CSV, by a job",
              kind=kind, answers={200: JobAccepted}, **read),
    ]  # fmt: skip


ROUTES = tuple(route for file, table in tables.TABLES.items() for route in _routes(file, table))
