"""Votes of users for entities and against them: like followers, they make no version."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from brokerbook.access import policy
from brokerbook.engine import events, facts, message_schemas, refs, snapshots
from brokerbook.errors import BadRequest
from brokerbook.store import relations

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from brokerbook.engine.write import Work
    from brokerbook.kinds.kind import Document, Kind
    from brokerbook.store.database import Tx
    from brokerbook.store.entities import EntityRow
    from brokerbook.store.relations import Edge

VOTES = {"votes/votedUp": "votedUp", "votes/votedDown": "votedDown"}
"""What the store calls the edge from an entity to whoever voted → the vote."""


def values(tx: Tx, ids: Sequence[str]) -> dict[str, Any]:
    """The votes for each entity."""
    edges: dict[str, list[Edge]] = {entity_id: [] for entity_id in ids}
    for edge in relations.named_of_many(tx, ids, VOTES):
        edges[edge.entity_id].append(edge)
    return {entity_id: _shown(found) for entity_id, found in edges.items()}


def _shown(edges: Iterable[Edge]) -> Document:
    voters: dict[str, list[refs.Item]] = {vote: [] for vote in VOTES.values()}
    for edge in edges:
        if edge.relation in VOTES and not edge.deleted:
            item = refs.Item(edge.target_id, refs.reference(edge, edge.target_id))
            voters[VOTES[edge.relation]].append(item)
    up, down = ([item.shown for item in sorted(voters[vote], key=refs.order)] for vote in ("votedUp", "votedDown"))
    return {"upVotes": len(up), "downVotes": len(down), "upVoters": up, "downVoters": down}


def vote(work: Work, kind: Kind, row: EntityRow, wanted: str) -> str:
    """Lets the caller's vote be `votedUp`, `votedDown` or (`unVoted`) none; returns the change event as JSON text.

    Again is no fault, and answered as the first time; but nothing has happened then that others are to hear of.
    """
    actor = work.actor
    edges = relations.of(work.tx, row.id)
    links = refs.loaded(kind, edges)
    # the answer shows the whole entity
    policy.check(actor, ("ViewBasic",), facts.of_row(work.tx, kind, row, links))
    if not actor.id:
        raise BadRequest("Only a user can vote.")
    known = next(
        (VOTES[edge.relation] for edge in edges if edge.relation in VOTES and edge.target_id == actor.id), None
    )
    happened = wanted != (known or "unVoted")
    if happened:
        relations.delete(work.tx, [(row.id, relation, actor.id) for relation in VOTES])
        relations.insert(work.tx, [(row.id, name, actor.id, None) for name, said in VOTES.items() if said == wanted])
    change: Document = {
        "fieldsAdded": [],
        "fieldsUpdated": [{"name": "votes", "newValue": wanted}],
        "fieldsDeleted": [],
        "previousVersion": row.version / 10,
    }
    whole = snapshots.text(work.tx, kind, row, links, {"votes": values(work.tx, [row.id])[row.id]})
    told = events.row(work, kind, row, "entityUpdated", whole, links, change=change)
    if happened:
        events.emit(work, told)
    return message_schemas.whole_event(work.tx, told.doc)
