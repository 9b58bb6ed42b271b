"""What a delete or a rename would touch: it is tried, counted, and taken back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec

from brokerbook.engine import accounts, mentions, refs
from brokerbook.errors import BadRequest
from brokerbook.model.wire import EntityReference, Preview, TouchedEntities
from brokerbook.store import impact
from brokerbook.store.database import tried

if TYPE_CHECKING:
    from collections.abc import Callable

    from brokerbook.engine.write import Outcome, Work
    from brokerbook.kinds.kind import Kind
    from brokerbook.store.entities import EntityRow

_MOST_NAMES = 10
_MOST_TRIED = 1000
"""With more below it, a delete is not tried: others wait meanwhile, and nothing would come of it."""


def delete(work: Work, kind: Kind, row: EntityRow, change: Callable[[], Outcome]) -> Preview:
    """What a delete would take away or take from others; what refuses the delete refuses the preview."""
    below = impact.below(work.tx, row.id)
    touched = _told(below) + _told(impact.referring(work.tx, row.id))
    policies = mentions.of(work, kind, row)
    alone = _alone(work, row) if kind.authenticates else None
    if sum(one.n for one in below) <= _MOST_TRIED:
        with tried(work.tx):
            change()
    return msgspec.structs.replace(_preview("delete", row, [*touched, *_conditions(policies)]), alone=alone)


def rename(work: Work, kind: Kind, row: EntityRow, change: Callable[[], Outcome]) -> Preview:
    """What would show another name after a patch; one that renames nothing is a BadRequest."""
    with tried(work.tx):
        after = change().row
    if after.fqn == row.fqn:
        raise BadRequest("This patch renames nothing. dryRun tells what a rename or a delete would touch.")
    touched = _told(impact.below(work.tx, row.id)) + _told(impact.referring(work.tx, row.id))
    policies = mentions.of(work, kind, row)
    return _preview("rename", row, [*touched, *_conditions(policies)])


def _alone(work: Work, row: EntityRow) -> list[TouchedEntities]:
    found = accounts.sole_ownership(work.tx, row.id, limit=_MOST_NAMES)
    return [
        TouchedEntities(
            type=kind,
            field="owners",
            count=count,
            names=[one["fullyQualifiedName"] for one in found.references if one["type"] == kind],
        )
        for kind, count in found.counts.items()
    ]


def _told(found: list[impact.Touched]) -> list[TouchedEntities]:
    # what stands after a slash is the type of a relation, or of a vote
    return [
        TouchedEntities(type=one.kind, field=one.field.partition("/")[0] or None, count=one.n, names=one.first)
        for one in found
    ]


def _conditions(policies: list[str]) -> list[TouchedEntities]:
    if not policies:
        return []
    return [TouchedEntities(type="policy", field="condition", count=len(policies), names=policies[:_MOST_NAMES])]


def _preview(operation: Literal["delete", "rename"], row: EntityRow, touched: list[TouchedEntities]) -> Preview:
    entity = msgspec.convert(refs.reference(row), EntityReference)
    return Preview(
        dryRun=True, operation=operation, entity=entity, count=sum(t.count for t in touched), touched=touched
    )
