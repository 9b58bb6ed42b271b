"""Who decides about what is in review: its reviewers, and administrators."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from brokerbook.engine import facts
from brokerbook.errors import NotAuthorized

if TYPE_CHECKING:
    from brokerbook.engine.refs import Links
    from brokerbook.engine.write import Work
    from brokerbook.kinds.kind import Kind
    from brokerbook.store.entities import EntityRow

IN_REVIEW = "In Review"


class _Status(msgspec.Struct):
    entityStatus: str = ""


_status = msgspec.json.Decoder(_Status)


def check_delete(work: Work, kind: Kind, row: EntityRow) -> None:
    """Lets only a reviewer, or an administrator, delete what is in review."""
    if _status.decode(row.doc).entityStatus == IN_REVIEW:
        check(work, kind, row)


def check(work: Work, kind: Kind, row: EntityRow, links: Links | None = None) -> None:
    """Refuses whoever is no reviewer of what has some, its own or those of what it lies in; never an administrator."""
    actor = work.actor
    if actor.is_admin:
        return
    reviewers = facts.of_row(work.tx, kind, row, links).reviewer_ids
    if reviewers and reviewers.isdisjoint({actor.id, *actor.rights.team_ids}):
        raise NotAuthorized(f"User '{actor.name}' is not a reviewer")
