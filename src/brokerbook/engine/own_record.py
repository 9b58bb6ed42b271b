"""A caller's own record: what he may change of it without being allowed it by a policy. What a policy denies stays denied.

Kinds say which fields that is (`Kind.own`); everything else needs the right that it always needs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from brokerbook.access import policy
from brokerbook.engine import diff, facts

if TYPE_CHECKING:
    from brokerbook.access.conditions import Facts
    from brokerbook.engine.state import Loaded, State
    from brokerbook.engine.write import Work
    from brokerbook.kinds.kind import Kind


def check_patch(work: Work, kind: Kind, found: Loaded, touched: set[str]) -> None:
    """Refuses a caller who may not patch these fields; labels are looked at when it is known what becomes of them."""
    known = facts.of_row(work.tx, kind, found.row, found.state.links)
    free = kind.own & touched if found.row.id == work.actor.id else frozenset[str]()
    edits = {edit for field in touched - free - {"tags"} for edit in policy.editing(field)}
    # a patch that touches nothing is answered with the entity all the same
    policy.check(work.actor, sorted(edits if touched else {"ViewBasic"}), known)
    _check_free(work, free, known)
    policy.check_denied(work.actor, "ViewBasic", known)  # the answer shows the whole entity


def check_put(work: Work, kind: Kind, found: Loaded, merged: State) -> None:
    """Refuses a caller who may not bring an entity to this state by a PUT."""
    known = facts.of_row(work.tx, kind, found.row, found.state.links)
    if found.row.id == work.actor.id:
        change = diff.changes(kind, found.state, merged)
        changed = change.fields if change is not None else set[str]()
        if changed <= kind.own:
            policy.check_scope(work.actor, known)
            _check_free(work, frozenset(changed), known)
            return
    policy.check(work.actor, ("EditAll",), known)


def _check_free(work: Work, fields: frozenset[str], known: Facts) -> None:
    for operation in sorted({edit for field in fields for edit in policy.editing(field)}):
        policy.check_denied(work.actor, operation, known)
