"""Deleting what a source no longer has: everything in a service that a complete look at it has not seen.

Rules: contract, "Delete and restore" and "Topics: leftovers". A list without any name, or of a service that is not
there, deletes nothing: a look that failed must not empty a catalog.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from brokerbook.access import policy
from brokerbook.engine import remove
from brokerbook.errors import BadRequest, CatalogError, NotAuthorized
from brokerbook.kinds import KINDS
from brokerbook.kinds.messaging_service import MESSAGING_SERVICE
from brokerbook.model.wire import BulkOperationResult, BulkRow, DeleteStale
from brokerbook.store import entities
from brokerbook.store.database import apart

if TYPE_CHECKING:
    from collections.abc import Sequence

    from brokerbook.access.actor import Actor
    from brokerbook.engine.write import Work
    from brokerbook.kinds.kind import Kind
    from brokerbook.store.database import Tx

AT_ONCE = 200
"""How many are deleted in one transaction, so that others are not held up for long."""


class Stale(NamedTuple):
    """A live entity that was not seen."""

    id: str
    fqn: str


def checked(actor: Actor, kind: Kind, asked: DeleteStale) -> DeleteStale:
    """The request, if it says what it is about and the caller may delete entities of the kind at all."""
    for field in ("scopeFqn", "scopeEntityType"):
        if not (getattr(asked, field) or "").strip():
            raise BadRequest(f"{field} is required for deleteStale")
    if asked.scopeEntityType not in ("service", MESSAGING_SERVICE.name):
        raise BadRequest(f"Unsupported scopeEntityType '{(asked.scopeEntityType or '')[:80]}' for deleteStale")
    policy.check_in_general(actor, "Delete", kind.name)
    scope, service = actor.scope, asked.scopeFqn or ""
    if scope is not None and not scope.permits(kind.name, service):
        raise NotAuthorized(
            f"{policy.principal(actor)} uses a token that is not for {MESSAGING_SERVICE.name} {service}"
        )
    return asked


def find(tx: Tx, kind: Kind, asked: DeleteStale) -> list[Stale]:
    """What lies in the service and was not seen, in the order of names; nothing if nothing was."""
    seen = {fqn for fqn in asked.seenFqns or () if fqn.strip()}
    service = entities.find_by_fqn(tx, MESSAGING_SERVICE.name, asked.scopeFqn or "")
    if not seen or service is None:
        return []
    return [Stale(*row) for row in entities.live_children(tx, service.id, kind.name) if row[1] not in seen]


def delete(
    work: Work, kind: Kind, stale: Sequence[Stale], *, hard: bool, dry_run: bool = False
) -> tuple[list[BulkRow], list[BulkRow]]:
    """Deletes these, each on its own: (those that were, those that could not be, with the reason).

    What somebody else has deleted meanwhile is gone, and that is what was asked for. A dry run tells what is refused.
    """
    passed: list[BulkRow] = []
    failed: list[BulkRow] = []
    rows = entities.find_many(work.tx, [one.id for one in stale])
    for one in stale:
        row = rows.get(one.id)
        try:
            if row is not None and not (row.deleted and not hard):
                with apart(work.tx):
                    remove.check_delete(work, KINDS[row.kind], row, one.fqn)
                    if not dry_run:
                        remove.delete(work, kind, row, recursive=True, hard=hard)
        except CatalogError as fault:
            status = 403 if isinstance(fault, NotAuthorized) else 500
            failed.append(BulkRow(request=one.fqn, status=status, message=fault.message))
        else:
            passed.append(BulkRow(request=one.fqn, status=200))
    return passed, failed


def result(passed: list[BulkRow], failed: list[BulkRow], *, dry_run: bool) -> BulkOperationResult:
    """What became of each."""
    return BulkOperationResult(
        dryRun=dry_run,
        status="partialSuccess" if failed else "success",
        numberOfRowsProcessed=len(passed) + len(failed),
        numberOfRowsPassed=len(passed),
        numberOfRowsFailed=len(failed),
        successRequest=passed,
        failedRequest=failed,
    )
