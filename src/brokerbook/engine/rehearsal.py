"""A changed policy rehearsed: which of the last decisions would have turned with it. Nothing is changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from brokerbook.access import policy
from brokerbook.access.actor import Actor
from brokerbook.access.rights import policy as compiled
from brokerbook.engine import facts, granting, refs, rights
from brokerbook.engine.policies import check
from brokerbook.engine.state import State, load
from brokerbook.errors import EntityNotFound
from brokerbook.kinds import KINDS
from brokerbook.kinds.policy import POLICY
from brokerbook.store import entities
from brokerbook.store import identity as store

if TYPE_CHECKING:
    from brokerbook.access.conditions import Facts
    from brokerbook.access.journal import Decision, Journal
    from brokerbook.access.rights import Directory
    from brokerbook.engine.write import Work
    from brokerbook.kinds.kind import Document
    from brokerbook.kinds.policy import CreatePolicy
    from brokerbook.store.identity import UserRow


def rehearse(work: Work, asked: CreatePolicy, journal: Journal | None, last: int) -> Document:
    """What the changed policy, found by its name, would turn of the last decisions; each case once, the newest first.

    Decisions are made anew on what is stored now, with the policy as it is and as it would be; what has gone since, and
    what was asked of a kind as a whole, is decided where it can be and counted as skipped where it cannot.
    """
    row = entities.find_by_fqn(work.tx, POLICY.name, refs.lookup_name(POLICY, asked.name))
    if row is None or row.deleted:
        raise EntityNotFound.of(POLICY.name, asked.name)
    found = load(work.tx, work.sealer, POLICY, row)
    # it tells what others did, which is not for whoever just owns the policy
    policy.check(work.actor, ("EditAll",), facts.of_row(work.tx, POLICY, row, found.state.links))
    granting.require(work.actor)
    document = found.state.document | POLICY.derive(asked, True)  # noqa: FBT003
    check(work, refs.Targets(work.tx), found.state, State(document, found.state.links, {}))
    now = rights.directory(work.tx)
    then = now.with_policy(compiled(row.id, row.name, document["rules"]), enabled=document.get("enabled", True))
    rehearsal = _Rehearsal(work, now, then)
    decisions = journal.last(last) if journal is not None else []
    turned = [case for decision in decisions if (case := rehearsal.case(decision)) is not None]
    return {
        "policy": row.fqn,
        "examined": len(decisions),
        "distinct": rehearsal.distinct,
        "skipped": rehearsal.skipped,
        "turned": turned,
    }


class _Rehearsal:
    """Decides cases twice; remembers users, so that each is looked up once."""

    def __init__(self, work: Work, now: Directory, then: Directory) -> None:
        self.distinct = 0
        self.skipped = 0
        self._work = work
        self._directories = (now, then)
        self._users: dict[str, tuple[UserRow, Actor, Actor] | None] = {}
        self._seen: set[tuple[str, str, str | None, str]] = set()

    def case(self, decision: Decision) -> Document | None:
        """What the wire tells of a decision that would turn; None if it would not, or was looked at already."""
        key = decision[1:5]
        if key in self._seen:
            return None
        self._seen.add(key)
        self.distinct += 1
        user = self._user(decision.user_id)
        known, entity = self._entity(decision)
        if user is None or not known:
            self.skipped += 1
            return None
        row, now, then = user
        before, after = (policy.judged(actor, decision.operation, decision.kind, entity) for actor in (now, then))
        if before.access == after.access:
            return None
        shown: Document = {
            "at": decision.at,
            "user": row.name,
            "resource": decision.kind,
            "operation": decision.operation,
            "before": before.access,
            "after": after.access,
        }
        if entity is not None:
            shown["entity"] = {"id": entity.id, "type": decision.kind, "fullyQualifiedName": entity.fqn}
        ruling = after.ruling or before.ruling
        return shown | ({"rule": ruling[1].name, "policy": ruling[0].policy.name} if ruling is not None else {})

    def _user(self, user_id: str) -> tuple[UserRow, Actor, Actor] | None:
        if user_id not in self._users:
            self._users[user_id] = self._looked_up(user_id)
        return self._users[user_id]

    def _looked_up(self, user_id: str) -> tuple[UserRow, Actor, Actor] | None:
        tx = self._work.tx
        row = store.find_user(tx, user_id)
        if row is None or row.deleted or row.is_admin:
            return None
        now, then = (
            Actor(
                row.id,
                row.name,
                is_admin=False,
                is_bot=row.is_bot,
                rights=rights.rights(tx, directory, row.id, is_bot=row.is_bot),
            )
            for directory in self._directories
        )
        return row, now, then

    def _entity(self, decision: Decision) -> tuple[bool, Facts | None]:
        """(whether it can be decided, the entity it was about if it was about one)."""
        if decision.key is None:
            return True, None
        kind, tx = KINDS[decision.kind], self._work.tx
        row = entities.find(tx, kind.name, decision.key)
        row = row or entities.find_by_fqn(tx, kind.name, refs.lookup_name(kind, decision.key))
        if row is None:
            return decision.operation == "Create", None  # what was refused is not there to be looked at
        return True, facts.of_row(tx, kind, row)
