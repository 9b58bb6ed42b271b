"""Followers, and the result of testing a connection: changes that make no version."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from brokerbook.access import policy
from brokerbook.engine import events, facts, message_schemas, refs, snapshots, veil, write
from brokerbook.engine.state import load
from brokerbook.errors import BadRequest, EntityNotFound
from brokerbook.store import entities, relations

if TYPE_CHECKING:
    from brokerbook.engine.write import Outcome, Work
    from brokerbook.kinds.kind import Document, Kind
    from brokerbook.model.test_connection import TestConnectionResult
    from brokerbook.store.entities import EntityRow


def follow(work: Work, kind: Kind, row: EntityRow, user_id: str) -> tuple[EntityRow, str]:
    """Makes a user follow an entity; returns the row and the change event as JSON text.

    Again is no fault, and answered as the first time; but nothing has happened then that others are to hear of.
    """
    _check_view(work, kind, row)
    user = _user(work, user_id)
    if user.deleted:
        raise BadRequest(f"User {user.name} is deleted")
    _check(work, user)
    before = refs.loaded(kind, relations.of(work.tx, row.id))["followers"]
    shown = refs.reference(user)
    new = all(item.id != user.id for item in before)
    if new:
        relations.insert(work.tx, [(row.id, "followers", user.id, None)])
    return row, _event(work, kind, row, added=[shown], happened=new)


def unfollow(work: Work, kind: Kind, row: EntityRow, user_id: str) -> tuple[EntityRow, str]:
    """Ends it; ending what was not is no fault."""
    _check_view(work, kind, row)
    user = _user(work, user_id)
    _check(work, user)
    there = any(edge.relation == "followers" and edge.target_id == user.id for edge in relations.of(work.tx, row.id))
    if there:
        relations.delete(work.tx, [(row.id, "followers", user.id)])
    return row, _event(work, kind, row, deleted=[refs.reference(user)], happened=there)


def _user(work: Work, user_id: str) -> EntityRow:
    user = entities.find(work.tx, "user", user_id.lower())
    if user is None:
        raise EntityNotFound.of("user", user_id)
    return user


def _check_view(work: Work, kind: Kind, row: EntityRow) -> None:
    # the answer shows the whole entity
    policy.check(work.actor, ("ViewBasic",), facts.of_row(work.tx, kind, row))


def _check(work: Work, user: EntityRow) -> None:
    # ruling 14: the user himself or an administrator
    if user.id != work.actor.id:
        policy.check_admin(work.actor)


def _event(
    work: Work,
    kind: Kind,
    row: EntityRow,
    *,
    happened: bool,
    added: list[Document] | None = None,
    deleted: list[Document] | None = None,
) -> str:
    change: Document = {
        "fieldsAdded": [{"name": "followers", "newValue": added}] if added else [],
        "fieldsUpdated": [],
        "fieldsDeleted": [{"name": "followers", "oldValue": deleted}] if deleted else [],
        "previousVersion": row.version / 10,
    }
    found = load(work.tx, work.sealer, kind, row)
    followers = refs.shown(kind, found.state.links, {"followers"})
    whole = snapshots.text(work.tx, kind, row, found.state.links, followers)
    told = events.row(work, kind, row, "entityUpdated", whole, found.state.links, change=change)
    if happened:
        events.emit(work, told)
    return message_schemas.whole_event(work.tx, veil.drawn_event(work.tx, work.actor, kind, row, told.doc))


def record_test(work: Work, kind: Kind, row: EntityRow, result: TestConnectionResult) -> Outcome:
    """Stores the result of testing a service's connection: no version, no event."""
    policy.check(work.actor, ("Create",), facts.of_row(work.tx, kind, row))
    found = load(work.tx, work.sealer, kind, row)
    stored: Document = {"lastUpdatedAt": work.now, **msgspec.to_builtins(result)}
    stored["steps"] = msgspec.to_builtins(result.steps)  # there even when empty: clients require it
    state = found.state._replace(document=found.state.document | {"testConnectionResult": stored})
    return write.save(work, kind, refs.Targets(work.tx), found, state)
