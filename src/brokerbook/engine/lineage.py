"""Lineage as it is stated: edges put, patched and deleted. Texts and order of checks: contract, "Lineage".

What somebody refers to has to be there (404) before it is asked whether he may say anything of it (403).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from brokerbook.access import policy
from brokerbook.engine import events, facts, json_patch, lineage_details, lineage_walk, refs
from brokerbook.engine.lineage_details import Ends
from brokerbook.errors import BadRequest, EntityNotFound
from brokerbook.kinds import KINDS
from brokerbook.model.decoding import converted
from brokerbook.model.lineage import LineageDetails
from brokerbook.store import entities
from brokerbook.store import lineage as store

if TYPE_CHECKING:
    from collections.abc import Iterable

    from brokerbook.access.actor import Actor
    from brokerbook.engine.write import Work
    from brokerbook.kinds.kind import Document
    from brokerbook.model.lineage import EntitiesEdge
    from brokerbook.store.database import Tx
    from brokerbook.store.entities import EntityRow
    from brokerbook.store.lineage import EdgeRow

_EDIT = ("EditLineage",)


def entity(tx: Tx, kind: str, *, entity_id: str | None = None, name: str | None = None, live: bool = True) -> EntityRow:
    """The entity of a path, of whatever kind it names; EntityNotFound if there is none, or it is deleted and `live`."""
    known = KINDS.get(kind)
    row = None
    if known is not None and entity_id is not None:
        row = entities.find(tx, kind, entity_id)
    elif known is not None:
        row = entities.find_by_fqn(tx, kind, refs.lookup_name(known, name or ""))
    if row is None or (live and row.deleted):
        raise EntityNotFound.of(kind, entity_id if entity_id is not None else name or "")
    return row


def any_ends(tx: Tx, from_id: str, to_id: str) -> Ends | None:
    """Two entities of whatever kind, deleted or not; None if one of them is not there."""
    rows = entities.find_many(tx, [from_id, to_id])
    return Ends(rows[from_id], rows[to_id]) if from_id in rows and to_id in rows else None


def _may_edit(work: Work, rows: Iterable[EntityRow]) -> None:
    for row in {row.id: row for row in rows}.values():
        policy.check(work.actor, _EDIT, facts.of_row(work.tx, KINDS[row.kind], row))


# stated


def add(work: Work, asked: EntitiesEdge) -> None:
    """States an edge between two live entities; one that is there says from now on what this one says."""
    targets = refs.Targets(work.tx)
    start = lineage_details.target(targets, asked.fromEntity, "edge.fromEntity")
    end = lineage_details.target(targets, asked.toEntity, "edge.toEntity")
    put(work, Ends(start, end), asked.lineageDetails or LineageDetails(), description=asked.description)


def put(work: Work, ends: Ends, asked: LineageDetails, *, description: str | None = None) -> None:
    """The same between entities that are known; `description` is meant where the details have none."""
    targets = refs.Targets(work.tx)
    pipeline = _pipeline(targets, asked)
    _may_edit(work, ends)
    stated = lineage_details.row(work, targets, ends, asked, pipeline, description=description)
    before = store.find(work.tx, ends.start.id, ends.end.id)
    store.put(work.tx, stated)
    _tell(work, ends, before, stated)


def _pipeline(targets: refs.Targets, asked: LineageDetails) -> EntityRow | None:
    return lineage_details.target(targets, asked.pipeline, "pipeline") if asked.pipeline is not None else None


def patch(work: Work, ends: Ends, operations: list[Document]) -> Document:
    """Applies a JSON Patch to what an edge says, and returns that as `lineage_details.shown` does."""
    tx, (start, end) = work.tx, ends
    _may_edit(work, ends)
    found = store.find(tx, start.id, end.id)
    if found is None:
        _refuse_derived(work, ends)
        between = f"{start.kind} {start.id} and {end.kind} {end.id}"
        raise EntityNotFound(f"Lineage edge not found between {between}")
    before = _shown(tx, work.actor, ends, found)
    before.setdefault("columnsLineage", [])
    operations = [operation for operation in operations if not operation["path"].endswith("/href")]
    asked = converted(json_patch.applied(operations, before), LineageDetails)
    targets = refs.Targets(tx)
    stays = "pipeline" not in before if asked.pipeline is None else asked.pipeline.id == found.pipeline_id
    if found.pipeline_id is not None and stays:  # though it is deleted by now, or is not for him to see
        pipeline = entities.find_many(tx, [found.pipeline_id]).get(found.pipeline_id)
    else:
        pipeline = _pipeline(targets, asked)
    patched = lineage_details.row(work, targets, ends, asked, pipeline)
    patched = patched._replace(stated=found.stated, created_at=found.created_at, created_by=found.created_by)
    store.put(tx, patched)
    _tell(work, ends, found, patched)
    return _shown(tx, work.actor, ends, patched)


def one(tx: Tx, actor: Actor, ends: Ends) -> Document | None:
    """What the edge between two entities says, stated or not; None if there is none."""
    for row in ends:
        policy.check(actor, ("ViewBasic",), facts.of_row(tx, KINDS[row.kind], row))
    found = store.find(tx, ends.start.id, ends.end.id)
    if found is None and _assets_between(tx, actor, ends) is None:
        return None
    return _shown(tx, actor, ends, found)


def _shown(tx: Tx, actor: Actor, ends: Ends, edge: EdgeRow | None) -> Document:
    seen = lineage_walk.seen(actor)
    made_by = lineage_details.pipelines(tx, [edge] if edge is not None else [], seen)
    return lineage_details.shown(edge, ends.start.fqn, ends.end.fqn, made_by, _assets_between(tx, actor, ends))


def _assets_between(tx: Tx, actor: Actor, ends: Ends) -> int | None:
    """How many edges of what lies in them two entities have between them; None if they have none."""
    pairs = lineage_walk.derived(tx, [ends.start.id], "downstream", lineage_walk.seen(actor))
    return pairs.get((ends.start.id, ends.end.id))


# taken back


def delete(work: Work, ends: Ends) -> None:
    """Removes a stated edge; its ends may be soft-deleted."""
    _may_edit(work, ends)
    found = store.find(work.tx, ends.start.id, ends.end.id)
    if found is None:
        _refuse_derived(work, ends)
        raise EntityNotFound("Lineage edge not found")
    store.delete(work.tx, [(found.from_id, found.to_id)])
    _tell(work, ends, found, None)


def delete_by_source(work: Work, row: EntityRow, source: str) -> None:
    """Removes the edges of a source that lead to an entity, or that it makes, if it is a pipeline; there may be none."""
    found = store.of_source(work.tx, row.id, source)
    rows = entities.find_many(work.tx, {one for edge in found for one in (edge.from_id, edge.to_id)})
    _may_edit(work, [row, *rows.values()])
    store.delete(work.tx, [(edge.from_id, edge.to_id) for edge in found])
    for edge in found:
        _tell(work, Ends(rows[edge.from_id], rows[edge.to_id]), edge, None)


def _refuse_derived(work: Work, ends: Ends) -> None:
    start, end = ends
    if (assets := _assets_between(work.tx, work.actor, ends)) is not None:
        raise BadRequest(
            f"The lineage from {start.kind} {start.fqn} to {end.kind} {end.fqn} follows from {assets} edges of what lies"
            " in them, and goes with the last of these. What you want to say of it yourself, say with a PUT."
        )


# told

_CHANGES = {
    (False, True): ("entityLineageAdded", "fieldsAdded"),
    (True, True): ("entityLineageUpdated", "fieldsUpdated"),
    (True, False): ("entityLineageDeleted", "fieldsDeleted"),
}


def _tell(work: Work, ends: Ends, before: EdgeRow | None, after: EdgeRow | None) -> None:
    """Writes the event of an edge, told of the entity that data comes from; that keeps its version."""
    name, told_in = _CHANGES[before is not None, after is not None]
    told: Document = {"name": "lineage"}
    for key, edge in (("oldValue", before), ("newValue", after)):
        if edge is not None:
            told[key] = _told(work.tx, ends, edge)
    start = ends.start
    described: Document = {"fieldsAdded": [], "fieldsUpdated": [], "fieldsDeleted": []}
    described |= {told_in: [told], "previousVersion": start.version / 10}
    kind = KINDS[start.kind]
    events.emit(work, events.bare_row(work, kind, start, name, change=described))


def _told(tx: Tx, ends: Ends, edge: EdgeRow) -> Document:
    made_by = lineage_details.pipelines(tx, [edge], None)
    return {
        "fromEntity": refs.reference(ends.start),
        "toEntity": refs.reference(ends.end),
        "lineageDetails": lineage_details.shown(edge, ends.start.fqn, ends.end.fqn, made_by),
    }
