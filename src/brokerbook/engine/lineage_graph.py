"""Lineage as it is read: what is around an entity, in the form of the wire and in a larger one of our own."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from brokerbook.access import policy
from brokerbook.engine import facts, lineage_details, lineage_fields, lineage_walk, read, refs
from brokerbook.engine.lineage_walk import Walk
from brokerbook.errors import BadRequest
from brokerbook.kinds import KINDS
from brokerbook.store import entities
from brokerbook.store import lineage as store

if TYPE_CHECKING:
    from collections.abc import Iterable

    from brokerbook.engine.lineage_walk import Reached
    from brokerbook.engine.read import Viewer
    from brokerbook.kinds.kind import Document
    from brokerbook.model.lineage import Direction
    from brokerbook.store.database import Tx
    from brokerbook.store.entities import EntityRow
    from brokerbook.store.lineage import EdgeRow, Pair

MOST_AROUND, MOST_EDGES_AROUND = 10_000, 20_000
"""The most entities and edges of one direction that an answer without a mark for what is missing may have."""


class Depths(NamedTuple):
    """Over how many edges to go."""

    upstream: int
    downstream: int

    def sides(self) -> tuple[tuple[Direction, int], tuple[Direction, int]]:
        """Each direction with its depth."""
        return ("upstream", self.upstream), ("downstream", self.downstream)


def reference(row: EntityRow, base: str) -> Document:
    """An entity as answers show it."""
    return refs.reference(row) | {"href": read.address(KINDS[row.kind], row.id, base)}


def may_view(tx: Tx, viewer: Viewer, row: EntityRow) -> None:
    """Refuses a caller who may not see an entity, and so not what is around it."""
    policy.check(viewer.actor, ("ViewBasic",), facts.of_row(tx, KINDS[row.kind], row))


# the form of the wire


def around(tx: Tx, viewer: Viewer, row: EntityRow, depths: Depths) -> Document:
    """An entity's lineage as clients know it. It has no mark for what is missing: what is too large is refused."""
    may_view(tx, viewer, row)
    seen = lineage_walk.seen(viewer.actor)
    both: list[Reached] = []
    for side, depth in depths.sides():
        walk = Walk(tx, seen, depth, MOST_AROUND)
        both.append(found := walk.along(row.id, side))
        walk.tell_walked(found, most=MOST_EDGES_AROUND)
    if any(found.full for found in both):
        raise BadRequest(
            f"More than {MOST_AROUND} entities or {MOST_EDGES_AROUND} edges lie so far around {row.kind} {row.fqn}."
            " Ask for a smaller depth, or for /v1/lineage/graph, which says where it ends."
        )
    drawn = Drawn(tx, viewer, row, both)
    nodes = dict.fromkeys(one for found in both for one in _met(found))
    return {
        "entity": reference(row, viewer.base),
        "nodes": [drawn.references[one] for one in nodes],
        "upstreamEdges": [_edge(pair, drawn.details[pair]) for pair in _pairs(both[0])],
        "downstreamEdges": [_edge(pair, drawn.details[pair]) for pair in _pairs(both[1])],
    }


def _met(found: Reached) -> Iterable[str]:
    """What was reached; the entity itself only if an edge leads back to it."""
    start, *others = found.distances
    far = 1 if found.side == "downstream" else 0
    return [start, *others] if any(pair[far] == start for pair in _pairs(found)) else others


def _pairs(found: Reached) -> list[Pair]:
    return list(dict.fromkeys([*found.edges, *found.derived]))


def _edge(pair: Pair, details: Document) -> Document:
    found: Document = {"fromEntity": pair[0], "toEntity": pair[1], "lineageDetails": details}
    return found | ({"description": details["description"]} if "description" in details else {})


class Drawn:
    """References to the entities that were reached, and what the edges between them say."""

    def __init__(
        self, tx: Tx, viewer: Viewer, start: EntityRow, both: Iterable[Reached], *, edges: bool = True
    ) -> None:
        self.rows = entities.find_many(tx, {one for found in both for one in found.distances})
        self.rows[start.id] = start
        self.references = {one: reference(row, viewer.base) for one, row in self.rows.items()}
        pairs = dict.fromkeys(pair for found in both for pair in _pairs(found)) if edges else {}
        self.stated = {pair: row for found in both for pair, row in found.stated.items()}
        self.stated |= store.find_many(tx, [pair for pair in pairs if pair not in self.stated])
        derived = {pair: n for found in both for pair, n in found.derived.items()}
        made_by = lineage_details.pipelines(tx, self.stated.values(), lineage_walk.seen(viewer.actor))
        self.details = {
            pair: addressed(self._details(self.stated.get(pair), pair, made_by, derived.get(pair)), viewer.base)
            for pair in pairs
        }

    def _details(self, edge: EdgeRow | None, pair: Pair, made_by: dict[str, EntityRow], assets: int | None) -> Document:
        start, end = (self.rows[one].fqn for one in pair)
        return lineage_details.shown(edge, start, end, made_by, assets)


def addressed(details: Document, base: str) -> Document:
    """What an edge says, with the address of its pipeline."""
    if (pipeline := details.get("pipeline")) is None:
        return details
    return details | {"pipeline": pipeline | {"href": read.address(KINDS[pipeline["type"]], pipeline["id"], base)}}


# graphs of our own


def graph(tx: Tx, viewer: Viewer, row: EntityRow, depths: Depths, *, limit: int, field: str | None) -> Document:
    """An entity with what lies up and down the stream, at most `limit` entities each way, and where there is more.

    With a field, only what is made of it, and what it is made of.
    """
    may_view(tx, viewer, row)
    seen = lineage_walk.seen(viewer.actor)
    both: list[Reached] = []
    for side, depth in depths.sides():
        walk = Walk(tx, seen, depth, limit)
        both.append(found := reached(walk, row, side, field))
        if field is None:
            walk.tell_edges(found, most=lineage_walk.MOST_EDGES)
    drawn = Drawn(tx, viewer, row, both)
    ids = dict.fromkeys([row.id, *(one for found in both for one in found.distances)])
    return {
        "entity": drawn.references[row.id],
        "nodes": [_node(one, drawn, both) for one in ids],
        "edges": [
            {
                "fromEntity": pair[0],
                "toEntity": pair[1],
                "stated": drawn.stated[pair].stated if pair in drawn.stated else "derived",
                "lineageDetails": details,
            }
            for pair, details in drawn.details.items()
        ],
        "cut": any(found.more for found in both),
    }


def _node(one: str, drawn: Drawn, both: Iterable[Reached]) -> Document:
    node: Document = {"entity": drawn.references[one]}
    fields: set[str] = set()
    more: list[str] = []
    for found in both:
        if one in found.distances:
            node[found.side] = found.distances[one]
            fields |= found.fields.get(one, set())
            more += [found.side] if one in found.more else []
    if fields:
        node["fields"] = sorted(f"{drawn.rows[one].fqn}.{name}" for name in fields)
    return node | ({"more": more} if more else {})


def reached(walk: Walk, row: EntityRow, side: Direction, field: str | None) -> Reached:
    """What lies in one direction of an entity, or of one of its fields, and where there is more."""
    if field is not None:
        return walk.along_field(row.id, _checked(walk.tx, row, field), side)
    found = walk.along(row.id, side)
    walk.look_beyond(found)
    return found


def _checked(tx: Tx, row: EntityRow, field: str) -> str:
    path = lineage_fields.path(field, row)
    if path not in lineage_fields.field_paths(tx, row):
        raise BadRequest(f"{row.kind} {row.fqn} has no field {field[:300]}. Name one by its fully qualified name.")
    return path
