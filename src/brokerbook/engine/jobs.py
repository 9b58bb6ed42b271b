"""Work promised with a 202: written down before the answer, done afterwards, taken up again after a crash."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from typing import TYPE_CHECKING, Annotated, Any, Literal, cast

import msgspec
from msgspec import Meta

from brokerbook.access.actor import Actor
from brokerbook.access.rights import EVERYTHING
from brokerbook.engine import read, remove
from brokerbook.engine.write import Work
from brokerbook.errors import CatalogError, EntityNotFound
from brokerbook.kinds import KINDS
from brokerbook.model.wire import BulkOperationResult, CsvImportResult, Timestamp, Uuid, Wire
from brokerbook.store import jobs as store
from brokerbook.store.database import apart

if TYPE_CHECKING:
    from collections.abc import Callable

    from brokerbook.engine.secrets import Sealer
    from brokerbook.store.database import Database, Tx

_log = logging.getLogger(__name__)
_RETRY_SECONDS = 1.0
_KEPT_MS = 7 * 24 * 60 * 60 * 1000
"""For how long it can be asked what became of a promise."""
_LONGEST_NAME = 512
Action = Literal["delete", "restore", "move", "bulk", "export", "import"]


class _Promised(msgspec.Struct, frozen=True):
    """In whose name; what he may do was checked when it was promised."""

    id: str
    name: str
    is_admin: bool
    is_bot: bool
    impersonated_by: str | None = None


class Job(msgspec.Struct, frozen=True):
    """One promise: what is to be done to which entity, in whose name."""

    action: Action
    kind: str
    entity_id: str
    actor: _Promised
    recursive: bool = False
    hard: bool = False
    failure: str | None = None
    result: BulkOperationResult | None = None
    """What became of each row, as JSON, where that is what was promised."""
    imported: CsvImportResult | None = None


class Told(Wire, frozen=True, kw_only=True):
    """What became of work that was promised with a 202."""

    id: Uuid
    action: Action
    entityType: str
    entityId: Uuid | None = None
    state: Annotated[str, Meta(description="`waiting`, `done` or `failed`.")]
    createdAt: Timestamp
    failure: str | None = None
    result: BulkOperationResult | None = None
    importResult: CsvImportResult | None = None
    exportedCsv: Annotated[str, Meta(description="Of an export: the file, as it is when it is asked for.")] | None = (
        None
    )


def promise(
    work: Work,
    job_id: str,
    action: Action,
    kind: str,
    entity_id: str,
    *,
    recursive: bool = False,
    hard: bool = False,
    result: BulkOperationResult | None = None,
    imported: CsvImportResult | None = None,
) -> str:
    """Writes a promise down, in the transaction that checked that it can be made; returns it as it is stored."""
    actor = work.actor
    promised = _Promised(actor.id, actor.name, actor.is_admin, actor.is_bot, actor.impersonated_by)
    job = Job(action, kind, entity_id, promised, recursive, hard, result=result, imported=imported)
    text = msgspec.json.encode(job).decode()
    store.forget(work.tx, work.now - _KEPT_MS)
    store.insert(work.tx, job_id, work.now, text)
    return text


def record(
    work: Work,
    job_id: str,
    action: Action,
    kind: str,
    entity_id: str,
    *,
    result: BulkOperationResult | None = None,
    imported: CsvImportResult | None = None,
) -> None:
    """Writes down, in the transaction that does it, work that is promised and done at once; it never waits.

    Of rows that were refused it keeps the names alone: a caller who may nothing is not to fill the disk with them.
    """
    if result is not None:
        refused = [msgspec.structs.replace(row, request=_named(row.request)) for row in result.failedRequest]
        result = msgspec.structs.replace(result, failedRequest=refused)
    text = promise(work, job_id, action, kind, entity_id, result=result, imported=imported)
    store.finish(work.tx, job_id, "done", text)


def _named(request: Any) -> dict[str, str] | None:
    if not isinstance(request, dict):
        return None
    row = cast("dict[str, Any]", request)
    found = {key: row.get(key) for key in ("name", "service")}
    return {key: value for key, value in found.items() if isinstance(value, str) and len(value) <= _LONGEST_NAME}


def told(tx: Tx, actor: Actor, job_id: str) -> Told:
    """What became of a promise, to whom it was made and to administrators; to others there is none."""
    found = store.find(tx, job_id)
    job = msgspec.json.decode(found[2], type=Job) if found is not None else None
    if found is None or job is None or (job.actor.id != actor.id and not actor.is_admin):
        raise EntityNotFound.of("job", job_id)
    state, created_at, _ = found
    return Told(
        id=job_id,
        action=job.action,
        entityType=job.kind,
        entityId=job.entity_id or None,
        state=state,
        createdAt=created_at,
        failure=job.failure,
        result=job.result,
        importResult=job.imported,
    )


def keep(tx: Tx, sealer: Sealer, job_id: str, text: str) -> None:
    """Does what was promised, and marks it; what has become impossible meanwhile is marked as failed."""
    job = msgspec.json.decode(text, type=Job)
    kind = KINDS[job.kind]
    who = job.actor
    actor = Actor(who.id, who.name, who.is_admin, who.is_bot, impersonated_by=who.impersonated_by, rights=EVERYTHING)
    work = Work(tx, actor, sealer, time.time_ns() // 1_000_000)
    try:
        with apart(tx):
            row = read.find(tx, kind, entity_id=job.entity_id, include="all")
            if job.action == "delete":
                remove.delete(work, kind, row, recursive=job.recursive, hard=job.hard)
            else:
                remove.restore(work, kind, row)
    except CatalogError as error:
        failed = msgspec.structs.replace(job, failure=error.message)
        store.finish(tx, job_id, "failed", msgspec.json.encode(failed).decode())
    else:
        store.finish(tx, job_id, "done", text)


class Jobs:
    """Keeps promises in the background, one after the other."""

    def __init__(self, database: Database, sealer: Sealer, after: Callable[[], None]) -> None:
        self._database = database
        self._sealer = sealer
        self._after = after
        self._waiting = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begins, with what an earlier process left."""
        self._waiting.set()
        self._task = asyncio.create_task(self._run())

    def wake(self) -> None:
        """Says that there is a new promise."""
        self._waiting.set()

    async def stop(self) -> None:
        """Ends after the promise in hand."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _run(self) -> None:
        while True:
            await self._waiting.wait()
            self._waiting.clear()
            try:
                for job_id, text in await self._database.read(store.waiting):
                    await self._keep(job_id, text)
                    self._after()
            except CatalogError as error:
                _log.warning("promised work waits: %s", error.message)
                await asyncio.sleep(_RETRY_SECONDS)
                self._waiting.set()

    async def _keep(self, job_id: str, text: str) -> None:
        try:
            await self._database.write(_keeping(self._sealer, job_id, text))
        except CatalogError:
            raise
        except Exception as error:  # noqa: BLE001  one promise that cannot be kept is not to stop the others
            _log.error("promised work %s failed with %s", job_id, type(error).__name__)
            await self._database.write(lambda tx: store.finish(tx, job_id, "failed", text))


def _keeping(sealer: Sealer, job_id: str, text: str) -> Callable[[Tx], None]:
    return lambda tx: keep(tx, sealer, job_id, text)
