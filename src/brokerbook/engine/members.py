"""Who is in a group, changed by itself: like followers, members make no version of the group.

It is the users' own `teams` that change; a PUT or PATCH of a team with `users` does the same, with a version.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from brokerbook.access import policy
from brokerbook.engine import events, facts, granting, refs, write
from brokerbook.engine.state import load, shown_links, spliced, widened
from brokerbook.engine.teams import said
from brokerbook.errors import BadRequest
from brokerbook.kinds.team import TEAM
from brokerbook.store import entities, relations

if TYPE_CHECKING:
    from collections.abc import Sequence

    from brokerbook.engine.refs import Item
    from brokerbook.engine.state import Loaded
    from brokerbook.engine.write import Work
    from brokerbook.kinds.kind import Document
    from brokerbook.model.wire import EntityReference
    from brokerbook.store.entities import EntityRow


def replace(work: Work, row: EntityRow, asked: Sequence[EntityReference]) -> str:
    """Lets exactly these users be in a group; returns the change event as JSON text. Deleted members stay hidden ones."""
    found = _loaded(work, row)
    users = refs.resolved(refs.Targets(work.tx), TEAM.link_of["users"], asked)
    there = found.state.links["users"]
    return _change(work, found, _without(users, there), _without(there, users))


def remove(work: Work, row: EntityRow, user_id: str) -> str:
    """Lets a user be in a group no more; that he was not in it is no fault."""
    found = _loaded(work, row)
    user = refs.Targets(work.tx).by_id("user", user_id)
    leaving = [item for item in found.state.links["users"] if item.id == user.id]
    return _change(work, found, [], leaving)


def _loaded(work: Work, row: EntityRow) -> Loaded:
    found = widened(work.tx, TEAM, load(work.tx, work.sealer, TEAM, row), ["users"])
    policy.check(work.actor, ("EditUsers",), facts.of_row(work.tx, TEAM, row, found.state.links))
    if (kind := said.decode(row.doc).teamType) != "Group":
        raise BadRequest(f"Team is of type {kind}. Users can be updated only in team of type Group.")
    return found


def _without(items: Sequence[Item], others: Sequence[Item]) -> list[Item]:
    known = {item.id for item in others}
    return [item for item in items if item.id not in known]


def _change(work: Work, found: Loaded, joining: Sequence[Item], leaving: Sequence[Item]) -> str:
    row = found.row
    if joining or leaving:
        granting.check_team(work.actor, row.id)
    relations.insert(work.tx, [(item.id, "teams", row.id, None) for item in joining])
    relations.delete(work.tx, [(item.id, "teams", row.id) for item in leaving])
    described: Document = {
        "fieldsAdded": [{"name": "users", "newValue": [item.shown for item in joining]}] if joining else [],
        "fieldsUpdated": [],
        "fieldsDeleted": [{"name": "users", "oldValue": [item.shown for item in leaving]}] if leaving else [],
        "previousVersion": row.version / 10,
    }
    links = widened(work.tx, TEAM, found, ["users"]).state.links
    whole = spliced(row.doc, shown_links(TEAM, links) | refs.shown(TEAM, links, {"users"}))
    told = events.row(work, TEAM, row, "entityUpdated", whole, links, change=described)
    if joining or leaving:
        entities.forget_digests(work.tx, [item.id for item in (*joining, *leaving)])
        write.touch(work, TEAM)
        events.emit(work, told)
    return told.doc
