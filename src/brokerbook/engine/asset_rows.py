"""The rows of a request about many assets: what each names, and what became of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from brokerbook.engine import refs
from brokerbook.engine.asset_moves import Asset
from brokerbook.errors import CatalogError, NotAuthorized
from brokerbook.kinds import KINDS
from brokerbook.kinds.kind import Link
from brokerbook.model.wire import BulkOperationResult, BulkRow
from brokerbook.store import entities, relations

if TYPE_CHECKING:
    from collections.abc import Iterable

    from brokerbook.engine.refs import Targets
    from brokerbook.kinds.kind import Document
    from brokerbook.model.wire import EntityReference
    from brokerbook.store.database import Tx


class Known:
    """The assets that a request names, loaded together; only those of some kinds are meant."""

    def __init__(self, tx: Tx, targets: Targets, asked: Iterable[EntityReference], kinds: tuple[str, ...]) -> None:
        self._targets = targets
        self._link = Link("assets", kinds)
        ids = {reference.id.lower() for reference in asked if reference.id is not None}
        for row in entities.find_many(tx, ids).values():
            targets.learn(row)
        self._edges: dict[str, list[relations.Edge]] = {entity_id: [] for entity_id in ids}
        for edge in relations.of_many(tx, ids):
            self._edges[edge.entity_id].append(edge)
        self._assets: dict[str, Asset] = {}

    def asset(self, reference: EntityReference) -> Asset:
        """The asset that a reference means, as it is by now; what is not there, or can be none, is refused."""
        own = msgspec.structs.replace(reference, inherited=None)
        item = refs.resolved(self._targets, self._link, [own])[0]
        if item.id not in self._assets:
            row = self._targets.by_id(item.shown["type"], item.id)
            edges = self._edges[row.id] if row.id in self._edges else self._targets.edges(row.id)
            self._assets[row.id] = Asset(KINDS[row.kind], row, refs.loaded(KINDS[row.kind], edges))
        return self._assets[item.id]

    def learn(self, asset: Asset) -> None:
        """Takes note of what an asset has become."""
        self._assets[asset.row.id] = asset


def told(asset: Asset) -> Document:
    """An asset as results and events name it."""
    row = asset.row
    return {"id": row.id, "type": row.kind, "name": row.name, "fullyQualifiedName": row.fqn}


class Rows:
    """What became of each row so far; of what passed, only a dry run says what it would do."""

    def __init__(self, *, dry_run: bool) -> None:
        self._dry_run = dry_run
        self._passed: list[BulkRow] = []
        self._failed: list[BulkRow] = []

    def passed(self, asset: Asset, says: str, *, side_effects: bool = False) -> None:
        """Takes note of a row that can be, or was, done."""
        row = BulkRow(
            request=told(asset),
            status=200,
            message=says if self._dry_run else None,
            hasSideEffects=side_effects,
        )
        self._passed.append(row)

    def failed(self, reference: EntityReference, fault: CatalogError) -> None:
        """Takes note of a row that cannot be done."""
        forbidden = isinstance(fault, NotAuthorized)
        # rows are not query parameters: the contract's row texts go without that odd prefix
        said = fault.message.replace("[query param ", "[", 1)
        row = BulkRow(
            request=msgspec.to_builtins(reference),
            status=403 if forbidden else 400,
            message=f"Permission denied: {said}" if forbidden else said,
        )
        self._failed.append(row)

    def result(self) -> BulkOperationResult:
        """What the answer says."""
        passed, failed = self._passed, self._failed
        return BulkOperationResult(
            dryRun=self._dry_run,
            status="failure" if not passed else "partialSuccess" if failed else "success",
            numberOfRowsProcessed=len(passed) + len(failed),
            numberOfRowsPassed=len(passed),
            numberOfRowsFailed=len(failed),
            successRequest=passed,
            failedRequest=failed,
        )


def nothing(*, dry_run: bool) -> BulkOperationResult:
    """What the answer says where there is nothing to look at."""
    row = BulkRow(request=None, status=200, message="Nothing to Validate.")
    return BulkOperationResult(dryRun=dry_run, status="success", successRequest=[row])
