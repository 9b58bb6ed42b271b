"""Handlers of the routes that every kind has and that write: decode, call the engine, encode. The table is in `kind_routes`."""

from __future__ import annotations

import asyncio
import time
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from brokerbook.api import job_routes, query
from brokerbook.api.http import JSON, Request, Response, json_response
from brokerbook.api.read_routes import etag, viewer
from brokerbook.engine import bulk, follow, identity, jobs, patch, preview, read, remove, upsert, write
from brokerbook.engine.write import Outcome, Work
from brokerbook.errors import EntityNotFound, PreconditionFailed
from brokerbook.model.decoding import decode, elements
from brokerbook.model.ids import new_id
from brokerbook.model.test_connection import TestConnectionResult
from brokerbook.model.wire import (
    BulkOperationResult,
    JobAccepted,
    Preview,
    RestoreEntity,
    Uuid,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from brokerbook.engine.read import Viewer
    from brokerbook.engine.state import Loaded
    from brokerbook.kinds.kind import Kind
    from brokerbook.store.database import Tx
    from brokerbook.store.entities import EntityRow

_NOTHING_CHANGED = [(b"x-openmetadata-change", b"entityNoChange")]
_LARGE_BODY = 64 * 1024  # above it, parsing a bulk body would hold up other requests and goes to a thread


def work(request: Request, tx: Tx) -> Work:
    """What a write happens in, for the engine; the caller's rights are those that he has now."""
    context = request.context
    return Work(
        tx,
        identity.current(tx, request.actor),
        context.sealer,
        time.time_ns() // 1_000_000,
        context.webhook_reach,
    )


async def written(request: Request, kind: Kind, change: Callable[[Work], Outcome]) -> Outcome:
    """Runs a change in a write transaction; who may do what is known anew before the answer."""

    def done(tx: Tx) -> Outcome:
        job = work(request, tx)
        return read.completed(tx, job.actor, change(job))

    outcome = await request.context.database.write(done)
    forget(request, kind)
    return outcome


def forget(request: Request, kind: Kind) -> None:
    """Knows anew who may do what, after a committed change of a kind on which that hangs."""
    if kind.authenticates or kind.grants:
        request.context.authenticator.forget()


def answered(
    request: Request, outcome: Outcome, *, status: int = 200, domain: bool = False, tagged: bool = False
) -> Response:
    """The whole entity after a change, with the header that says which change it was."""
    reader = viewer(request)
    body = read.answer(outcome, reader, domain=domain)
    headers = [JSON, (b"x-openmetadata-change", outcome.change.encode())]
    if tagged:
        plain = request.context.database.peek(lambda tx: _tag_of(tx, reader, outcome.kind, outcome.row))
        headers.append((b"etag", plain))
    return Response(status, headers, body)


def _tag_of(tx: Tx, reader: Viewer, kind: Kind, row: EntityRow) -> bytes:
    return etag(read.one(tx, reader, kind, row, read.NO_FIELDS))


async def post(kind: Kind, request: Request) -> Response:
    """POST: a new entity."""
    body = await request.body()
    asked = await _decoded(kind, body)
    outcome = await written(request, kind, lambda work: write.create(work, kind, asked, body))
    response = answered(request, outcome, status=201, domain=_says_domain(asked))
    location = read.address(kind, outcome.row.id, request.base).encode()
    return Response(201, [JSON, (b"location", location)], response.body)


async def put(kind: Kind, request: Request) -> Response:
    """PUT: create or update. One that is known to change nothing is answered without a write."""
    body = await request.body()
    asked: Any = await _decoded(kind, body)
    domain = _says_domain(asked)
    if not kind.nested and (same := _unchanged(request, kind, asked, body)) is not None:
        return same
    outcome = await written(request, kind, lambda work: upsert.put(work, kind, asked, body))
    return answered(request, outcome, status=201 if outcome.change == "entityCreated" else 200, domain=domain)


async def _decoded(kind: Kind, body: bytes) -> Any:
    """A request to create, with what has to be worked out of it; one that may take long does not hold up others."""

    def prepared() -> Any:
        return kind.prepared(decode(body, kind.create))

    return await asyncio.to_thread(prepared) if _may_take_long(kind, body) else prepared()


def _may_take_long(kind: Kind, body: bytes) -> bool:
    return len(body) > _LARGE_BODY or kind.schema is not None  # a short text of a schema may stand for many fields


def _unchanged(request: Request, kind: Kind, asked: Any, body: bytes) -> Response | None:
    reader = viewer(request)
    same = request.context.database.peek(lambda tx: read.unchanged(tx, reader, kind, asked.name, body))
    return None if same is None else Response(200, [JSON, (b"x-openmetadata-change", b"entityNoChange")], same)


def _says_domain(asked: Any) -> bool:
    return getattr(asked, "domain", None) is not None


async def put_bulk(kind: Kind, request: Request) -> Response:
    """PUT of many: each row created or updated on its own; with `async=true` the answer only says what was accepted."""
    override = request.flag("overrideMetadata")
    body = await request.body()
    context, actor = request.context, request.actor
    large = _may_take_long(kind, body)
    texts = await asyncio.to_thread(elements, body) if large else elements(body)
    known: bulk.Known = {}
    if not override:
        known = await context.database.read(lambda tx: bulk.unchanged(tx, actor, context.sealer, kind, texts))
    if known and len(known) == len(texts) and not request.flag("async"):
        return json_response(bulk.nothing(known))
    rows = await asyncio.to_thread(bulk.parsed, kind, texts, known) if large else bulk.parsed(kind, texts, known)
    job_id = new_id() if request.flag("async") else None

    def change(tx: Tx) -> BulkOperationResult:
        doing = work(request, tx)
        result = bulk.put(doing, kind, rows, override=override)
        if job_id is not None:
            jobs.record(doing, job_id, "bulk", kind.name, "", result=result)
        return result

    result = await context.database.write(change)
    forget(request, kind)
    if job_id is None:
        return json_response(result)
    location = f"{request.base}/api{job_routes.PATH}/{job_id}".encode()
    return json_response(bulk.accepted(result), 202, headers=[(b"location", location)])


async def patch_one(kind: Kind, request: Request) -> Response:
    """PATCH by id or by name."""
    name = request.params.get("name")
    entity_id = query.uuid_in_path(request) if name is None else None
    operations = patch.parsed(kind, await request.body())
    header = request.headers.get(b"if-match")

    def patched(tx: Tx) -> EntityRow:
        return read.find(tx, kind, entity_id=entity_id, name=name, include="non-deleted")

    def change(work: Work) -> Outcome:
        row = patched(work.tx)
        matches = partial(_check_match, work.tx, viewer(request), kind, header) if header is not None else None
        return patch.patch(work, kind, row, operations, matches)

    if request.flag("dryRun"):

        def previewed(tx: Tx) -> Preview:
            return preview.rename(work(request, tx), kind, patched(tx), lambda: change(work(request, tx)))

        seen = await request.context.database.write(previewed)
        tag = request.context.database.peek(lambda tx: _tag_of(tx, viewer(request), kind, patched(tx)))
        return json_response(seen, headers=[*_NOTHING_CHANGED, (b"etag", tag)])
    return answered(request, await written(request, kind, change), tagged=True)


def _check_match(tx: Tx, reader: Viewer, kind: Kind, header: bytes, found: Loaded) -> None:
    weak = f'W/"{found.row.version / 10}"'.encode()
    wanted = {part.strip() for part in header.split(b",")}
    wanted |= {part.replace(b'--gzip"', b'"') for part in wanted}
    if wanted & {b"*", weak}:
        return
    strong = _tag_of(tx, reader, kind, found.row)
    everything = etag(read.one(tx, reader, kind, found.row, read.parsed_fields(kind, "*")))
    if not wanted & {strong, everything}:
        raise PreconditionFailed(
            f"The entity has been modified. Current ETag: {strong.decode()}. "
            "Please refresh and retry with the latest version."
        )


async def delete_one(kind: Kind, request: Request) -> Response:
    """DELETE by id or by name."""
    name = request.params.get("name")
    entity_id = query.uuid_in_path(request) if name is None else None
    recursive, hard = request.flag("recursive"), request.flag("hardDelete")

    def change(work: Work) -> Outcome:
        row = _find_any(work, kind, entity_id, name)
        return remove.delete(work, kind, row, recursive=recursive, hard=hard)

    if request.flag("dryRun"):

        def previewed(tx: Tx) -> Preview:
            row = _find_any(work(request, tx), kind, entity_id, name)
            return preview.delete(work(request, tx), kind, row, lambda: change(work(request, tx)))

        return json_response(await request.context.database.write(previewed), headers=_NOTHING_CHANGED)
    outcome = await written(request, kind, change)
    if hard:
        request.context.authenticator.look()  # tokens that were for this entity may be worth less
    return answered(request, outcome)


def _find_any(work: Work, kind: Kind, entity_id: str | None, name: str | None) -> EntityRow:
    try:
        row = read.find(work.tx, kind, entity_id=entity_id, name=name, include="all")
    except EntityNotFound:
        row = None
    return remove.check_delete(work, kind, row, entity_id or name or "")


async def delete_async(kind: Kind, request: Request) -> Response:
    """DELETE that is written down, answered, and done afterwards."""
    entity_id = query.uuid_in_path(request)
    recursive, hard = request.flag("recursive"), request.flag("hardDelete")
    job_id = new_id()

    def promise(tx: Tx) -> str:
        row = _find_any(work(request, tx), kind, entity_id, None)
        if hard:
            remove.check_promise(work(request, tx), kind, row)
        jobs.promise(work(request, tx), job_id, "delete", kind.name, entity_id, recursive=recursive, hard=hard)
        return row.name

    name = await request.context.database.write(promise)
    request.context.jobs.wake()
    accepted = JobAccepted(
        jobId=job_id,
        message=f"Delete operation initiated for {name}",
        entityName=name,
        hardDelete=hard,
        recursive=recursive,
    )
    return json_response(accepted, 202)


async def restore(kind: Kind, request: Request) -> Response:
    """PUT of `{id}` to bring a soft-deleted entity back, now or (`async=true`) afterwards."""
    asked = decode(await request.body(), RestoreEntity)
    entity_id = asked.id.lower()
    if request.flag("async"):
        job_id = new_id()

        def promise(tx: Tx) -> None:
            row = read.find(tx, kind, entity_id=entity_id, include="all")
            remove.check_restore(work(request, tx), kind, row)
            jobs.promise(work(request, tx), job_id, "restore", kind.name, entity_id)

        await request.context.database.write(promise)
        request.context.jobs.wake()
        return json_response(JobAccepted(jobId=job_id, message="Restore initiated successfully."), 202)

    def change(work: Work) -> Outcome:
        return remove.restore(work, kind, read.find(work.tx, kind, entity_id=entity_id, include="all"))

    return answered(request, await written(request, kind, change))


# followers and the connection's test

_FOLLOWED = [JSON, (b"x-openmetadata-change", b"entityFieldsChanged")]


async def add_follower(kind: Kind, request: Request) -> Response:
    """PUT of a user's id, as a JSON text."""
    entity_id = query.uuid_in_path(request)
    user_id = decode(await request.body(), cast("type[str]", Uuid))

    def change(tx: Tx) -> str:
        row = write.live(tx, kind, entity_id)
        return follow.follow(work(request, tx), kind, row, user_id)[1]

    return Response(200, _FOLLOWED, (await request.context.database.write(change)).encode())


async def remove_follower(kind: Kind, request: Request) -> Response:
    """DELETE of a follower."""
    entity_id = query.uuid_in_path(request)
    user_id = query.uuid_in_path(request, "userId")

    def change(tx: Tx) -> str:
        row = write.live(tx, kind, entity_id)
        return follow.unfollow(work(request, tx), kind, row, user_id)[1]

    return Response(200, _FOLLOWED, (await request.context.database.write(change)).encode())


async def put_test_result(kind: Kind, request: Request) -> Response:
    """PUT of what testing the connection gave."""
    entity_id = query.uuid_in_path(request)
    result = decode(await request.body(), TestConnectionResult)

    def change(work: Work) -> Outcome:
        return follow.record_test(work, kind, write.live(work.tx, kind, entity_id), result)

    return answered(request, await written(request, kind, change))
