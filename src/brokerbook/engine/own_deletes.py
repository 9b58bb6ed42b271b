"""What only one kind has to refuse or to do before one of its entities is deleted.

The functions are in the modules of their subject.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from brokerbook.engine import bots, domains, named_tokens, pipeline_runs, sessions, teams, terms, types

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from brokerbook.engine.write import Work
    from brokerbook.kinds.kind import Document
    from brokerbook.store.entities import EntityRow


def _user(work: Work, row: EntityRow, hard: bool) -> None:  # noqa: FBT001  as for every kind
    bots.keep_user(work, row, hard)
    sessions.end_all(work, row, hard)


def _team(_: Work, row: EntityRow) -> None:
    teams.check_delete(row)


REFUSED: Mapping[str, Callable[[Work, EntityRow], None]] = {"domain": domains.check_products, "team": _team}
"""Kind → what refuses a delete before it begins, or is promised."""


def check(work: Work, row: EntityRow) -> None:
    """Calls what the kind has, if anything."""
    if row.kind in REFUSED:
        REFUSED[row.kind](work, row)


BEFORE_DELETE: Mapping[str, Callable[[Work, EntityRow, bool], Sequence[Document] | None]] = {
    "messagingService": named_tokens.forget_service,
    "ingestionPipeline": pipeline_runs.forget,
    "domain": domains.delete_products,
    "dataProduct": domains.check_reviewed,
    "glossaryTerm": terms.check_delete,
    "type": types.check_delete,
    "team": teams.let_children_go,
    "user": _user,
}
"""Kind → what is called in the transaction of a delete, before it; told whether it is a hard one.

It may return what the entity loses with it: `fieldsDeleted` of the change description that tells of the delete.
"""


def before_delete(work: Work, row: EntityRow, *, hard: bool) -> Sequence[Document]:
    """Calls what the kind has, if anything; returns what the entity loses."""
    if row.kind not in BEFORE_DELETE:
        return ()
    return BEFORE_DELETE[row.kind](work, row, hard) or ()
