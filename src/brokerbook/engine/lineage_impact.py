"""Who is concerned if an entity changes: everything downstream of it, by those who own it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from brokerbook.engine import complete, lineage_graph, lineage_walk, read, refs
from brokerbook.engine.lineage_graph import Drawn
from brokerbook.engine.lineage_walk import Walk
from brokerbook.kinds import KINDS
from brokerbook.store import relations

if TYPE_CHECKING:
    from collections.abc import Sequence

    from brokerbook.engine.lineage_walk import Reached
    from brokerbook.engine.read import Viewer
    from brokerbook.kinds.kind import Document
    from brokerbook.store.database import Tx
    from brokerbook.store.entities import EntityRow

_OWNERS = frozenset({"owners"})


def impact(tx: Tx, viewer: Viewer, row: EntityRow, *, depth: int, limit: int, field: str | None) -> Document:
    """Everything downstream, by its owners: its own or, if it has none, those of the nearest that it lies in."""
    lineage_graph.may_view(tx, viewer, row)
    walk = Walk(tx, lineage_walk.seen(viewer.actor), depth, limit)
    found = lineage_graph.reached(walk, row, "downstream", field)
    drawn = Drawn(tx, viewer, row, [found], edges=False)
    affected = [one for one in found.distances if one != row.id]
    owners = _owners(tx, affected)
    by_owner: dict[str, list[Document]] = {}
    people: dict[str, Document] = {}
    for one in affected:
        for item in owners.get(one, ()):
            people[item.id] = item.shown
            by_owner.setdefault(item.id, []).append(_affected(one, drawn, found, inherited=item.shown.get("inherited")))
    return {
        "entity": drawn.references[row.id],
        "total": len(affected),
        "owners": [
            {"owner": _person(people[owner], viewer.base), "assets": by_owner[owner]}
            for owner in sorted(by_owner, key=lambda owner: (-len(by_owner[owner]), people[owner]["name"], owner))
        ],
        "unowned": [_affected(one, drawn, found) for one in affected if not owners.get(one)],
        "cut": bool(found.more),
    }


def _affected(one: str, drawn: Drawn, found: Reached, *, inherited: bool | None = None) -> Document:
    said: Document = {"entity": drawn.references[one], "downstream": found.distances[one]}
    if one in found.fields:
        said["fields"] = sorted(f"{drawn.rows[one].fqn}.{name}" for name in found.fields[one])
    return said | ({"inherited": True} if inherited else {})


def _person(shown: Document, base: str) -> Document:
    own = {key: value for key, value in shown.items() if key != "inherited"}
    return own | {"href": read.address(KINDS[own["type"]], own["id"], base)}


def _owners(tx: Tx, ids: Sequence[str]) -> dict[str, list[refs.Item]]:
    """The owners of entities; of one that has none, those of the nearest entity above that has some."""
    found: dict[str, refs.Links] = {one: {"owners": []} for one in ids}
    for edge in relations.named_of_many(tx, ids, _OWNERS):
        if not edge.deleted:
            item = refs.Item(edge.target_id, refs.reference(edge, edge.target_id))
            found[edge.entity_id]["owners"].append(item)
    if lacking := [one for one, own in found.items() if not own["owners"]]:
        complete.inherit(tx, found, lacking, _OWNERS)
    return {one: own["owners"] for one, own in found.items()}
