"""What a lineage edge says: from the words of a client to the row that is stored, and back to what is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from brokerbook.engine import lineage_fields, refs, write
from brokerbook.errors import BadRequest
from brokerbook.model.lineage import LineageDetails, TempLineageTable
from brokerbook.store import entities
from brokerbook.store import lineage as store
from brokerbook.store.lineage import EdgeRow

if TYPE_CHECKING:
    from collections.abc import Iterable

    from brokerbook.engine.write import Work
    from brokerbook.kinds.kind import Document
    from brokerbook.model.wire import EntityReference
    from brokerbook.store.assets import Seen
    from brokerbook.store.database import Tx
    from brokerbook.store.entities import EntityRow
    from brokerbook.store.lineage import FieldMap

SERVICES = frozenset({"messagingService"})
"""The kinds of entities between which there is lineage because there is between what lies in them."""
CHILD_ASSETS = "ChildAssets"


class Said(msgspec.Struct, omit_defaults=True):
    """What is stored of an edge besides its columns, in the words of the wire."""

    description: str | None = None
    sqlQuery: str | None = None
    tempLineageTables: list[TempLineageTable] | None = None


_said = msgspec.json.Decoder(dict[str, Any])
_fields = msgspec.json.Decoder(list[tuple[list[str], str, str | None]])


class Ends(NamedTuple):
    """Where data comes from, and where it flows to."""

    start: EntityRow
    end: EntityRow


def target(targets: refs.Targets, asked: EntityReference, place: str) -> EntityRow:
    """The live entity that a reference of a request means, by its id or else by its name; `place` names the reference."""
    if asked.type is None:
        raise BadRequest(f"[query param {place}.type must not be null]")
    if asked.id is not None:
        return targets.by_id(asked.type, asked.id)
    if asked.fullyQualifiedName is None:
        raise BadRequest(f"[query param {place}.id must not be null]")
    return targets.by_fqn(asked.type, asked.fullyQualifiedName)


def row(
    work: Work,
    targets: refs.Targets,
    ends: Ends,
    asked: LineageDetails,
    pipeline: EntityRow | None,
    *,
    description: str | None = None,
) -> EdgeRow:
    """The row of an edge that is stated now, by whom, and how; `description` is meant where the details have none."""
    start, end = ends
    fields = lineage_fields.kept(work.tx, asked.columnsLineage or (), start, end)
    services = [_service_id(targets, one) for one in ends]
    apart = None not in services and services[0] != services[1]
    said = Said(_safe(asked.description or description), asked.sqlQuery, asked.tempLineageTables)
    return EdgeRow(
        from_id=start.id,
        to_id=end.id,
        source=asked.source or "Manual",
        stated="ingested" if work.actor.is_bot else "declared",
        pipeline_id=pipeline.id if pipeline is not None else None,
        from_service_id=services[0] if apart else None,
        to_service_id=services[1] if apart else None,
        created_at=work.now,
        created_by=work.actor.name,
        updated_at=work.now,
        updated_by=work.actor.name,
        fields=msgspec.json.encode(fields).decode() if fields else None,
        doc=msgspec.json.encode(said).decode(),
    )


def _service_id(targets: refs.Targets, row: EntityRow) -> str | None:
    above = targets.parent(row)
    while above is not None and above.kind not in SERVICES:
        above = targets.parent(above)
    return above.id if above is not None else None


def _safe(text: str | None) -> str | None:
    return write.sanitised({"description": text})["description"] if text else None


def field_map(edge: EdgeRow) -> FieldMap:
    """Which fields make which."""
    return _fields.decode(edge.fields) if edge.fields is not None else []


def pipelines(tx: Tx, edges: Iterable[EdgeRow], seen: Seen | None) -> dict[str, EntityRow]:
    """The pipelines that these edges name, of what counts, by id."""
    ids = {edge.pipeline_id for edge in edges if edge.pipeline_id is not None}
    return entities.find_many(tx, store.visible(tx, ids, seen)) if ids else {}


def shown(
    edge: EdgeRow | None, from_fqn: str, to_fqn: str, made_by: dict[str, EntityRow], assets: int | None = None
) -> Document:
    """What an edge says as clients read it, without addresses; None for one that only follows of `assets` edges."""
    if edge is None:
        return {"source": CHILD_ASSETS, "assetEdges": assets}
    said = _said.decode(edge.doc)
    found: Document = {"source": edge.source}
    if edge.fields is not None:
        found["columnsLineage"] = lineage_fields.shown(field_map(edge), from_fqn, to_fqn)
    if edge.pipeline_id is not None and (pipeline := made_by.get(edge.pipeline_id)) is not None:
        found["pipeline"] = refs.reference(pipeline)
    found |= said
    if assets is not None:
        found["assetEdges"] = assets
    found["createdAt"], found["createdBy"] = edge.created_at, edge.created_by
    found["updatedAt"], found["updatedBy"] = edge.updated_at, edge.updated_by
    return found
