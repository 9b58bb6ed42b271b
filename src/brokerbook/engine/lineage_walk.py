"""Walking lineage from one entity, level by level: what is reached over how many edges, and where there is more.

What a caller may not see is not there for him: neither it nor what is reached over it alone. Edges between services,
domains and data products that follow from the edges of what lies in them are worked out on the way.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from brokerbook.engine import assets, lineage_fields
from brokerbook.kinds import KINDS
from brokerbook.store import lineage as store

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from brokerbook.access.actor import Actor
    from brokerbook.model.lineage import Direction
    from brokerbook.store.assets import Seen
    from brokerbook.store.database import Tx
    from brokerbook.store.lineage import EdgeRow, Pair

MOST_EDGES = 5_000
"""The most edges of one direction in a graph."""
_HOLDING = ("domains", "dataProducts")


def seen(actor: Actor) -> Seen | None:
    """What the caller may see; None: everything."""
    found = assets.seen(actor, KINDS)
    everything = len(found) == len(KINDS) and all(predicate is True for predicate, _ in found.values())
    return None if everything else found


@dataclass
class Reached:
    """What lies in one direction; ids in the order in which they were reached, with the number of edges to each."""

    side: Direction
    distances: dict[str, int]
    fields: dict[str, set[str]] = field(default_factory=dict[str, set[str]])
    """Entity → its fields that were reached, by their names below it, if the walk is one along fields."""
    edges: list[Pair] = field(default_factory=list["Pair"])
    stated: dict[Pair, EdgeRow] = field(default_factory=dict["Pair", "EdgeRow"])
    """What edges say, of those of which it is at hand."""
    derived: dict[Pair, int] = field(default_factory=dict["Pair", int])
    """Edges that follow from others, and from how many."""
    full: bool = False
    """Whether something is left out because there is too much of it."""
    more: set[str] = field(default_factory=set[str])
    """What has neighbours that were not reached, or edges that are not told of."""


@dataclass(frozen=True)
class Walk:
    """How far to go: over how many edges, to how many entities."""

    tx: Tx
    seen: Seen | None
    depth: int
    limit: int

    def along(self, start: str, side: Direction) -> Reached:
        """Everything in one direction; its edges, and where there is more, are asked for apart."""
        found = Reached(side, {start: 0})
        frontier = [start]
        for distance in range(1, self.depth + 1):
            room = self.limit + 1 - len(found.distances)
            new = self._next(found, frontier, room + 1)
            if len(new) > room:
                found.full = True
                found.more.update(frontier)
            frontier = new[:room]
            found.distances |= dict.fromkeys(frontier, distance)
            if not frontier:
                break
        found.derived = {pair: n for pair, n in found.derived.items() if _far(pair, side) in found.distances}
        return found

    def _next(self, found: Reached, ids: Collection[str], most: int) -> list[str]:
        """What is one edge away and was not reached before; keeps the edges that follow of others."""
        new = dict.fromkeys(store.neighbours(self.tx, ids, found.distances, found.side, self.seen, limit=most))
        derived = self._derived(ids, found.side)
        found.derived |= derived
        new |= dict.fromkeys(_far(pair, found.side) for pair in sorted(derived))
        return [one for one in new if one not in found.distances]

    def _derived(self, ids: Collection[str], side: Direction) -> dict[Pair, int]:
        pairs = derived(self.tx, ids, side, self.seen)
        there = store.visible(self.tx, {_far(pair, side) for pair in pairs}, self.seen)
        return {pair: n for pair, n in pairs.items() if _far(pair, side) in there}

    def tell_edges(self, found: Reached, *, most: int) -> None:
        """Adds the edges among what was reached, as many as may be."""
        inner = list(found.distances)
        found.edges = self._stated(found, inner, most + 1)
        if len(found.edges) > most:
            found.full = True
            left_out = found.edges.pop()
            found.more.update(inner[inner.index(_near(left_out, found.side)) :])

    def tell_walked(self, found: Reached, *, most: int) -> None:
        """Adds the edges that were walked along, or none of them if there are more than may be."""
        inner = [one for one, distance in found.distances.items() if distance < self.depth]
        if store.count_among(self.tx, inner, found.distances, found.side, limit=most + 1) > most:
            found.full = True
        if not found.full:
            found.edges = self._stated(found, inner, most)

    def _stated(self, found: Reached, inner: Collection[str], limit: int) -> list[Pair]:
        rows = store.among(self.tx, inner, found.distances, found.side, limit=limit)
        found.stated = {(row.from_id, row.to_id): row for row in rows}
        return list(found.stated)

    def look_beyond(self, found: Reached) -> None:
        """Finds out which of those where the walk ended have more, and how they hang together."""
        ends = found.more | {one for one, distance in found.distances.items() if distance == self.depth}
        found.more = set(store.beyond(self.tx, ends, found.distances, found.side, self.seen))
        for pair, n in self._derived(ends, found.side).items():
            if _far(pair, found.side) in found.distances:
                found.derived[pair] = n
            else:
                found.more.add(_near(pair, found.side))

    # along fields

    def along_field(self, start: str, name: str, side: Direction) -> Reached:
        """Everything in one direction that is made of a field (or, upstream, makes it), over edges that say so."""
        found = Reached(side, {start: 0}, {start: {name}})
        frontier = {start: {name}}
        edges: dict[Pair, None] = {}
        for distance in range(1, self.depth + 2):
            reached = list(self._mapped(side, frontier))
            frontier = dict[str, set[str]]()
            for pair, names in reached:
                near, far = _near(pair, side), _far(pair, side)
                full = far not in found.distances and len(found.distances) > self.limit
                if distance > self.depth or full:
                    if full or not names <= found.fields.get(far, set()):
                        found.more.add(near)
                    continue
                edges[pair] = None
                found.distances.setdefault(far, distance)
                if new := names - found.fields.setdefault(far, set()):
                    found.fields[far] |= new
                    frontier.setdefault(far, set()).update(new)
            if not frontier:
                break
        found.edges = list(edges)[:MOST_EDGES]
        found.more.update(_near(pair, side) for pair in list(edges)[MOST_EDGES:])
        return found

    def _mapped(self, side: Direction, frontier: dict[str, set[str]]) -> Iterator[tuple[Pair, set[str]]]:
        for from_id, to_id, fields in store.mapped(self.tx, frontier, side, self.seen):
            pair = (from_id, to_id)
            at = frontier[_near(pair, side)]
            if names := lineage_fields.reached(fields, at, downstream=side == "downstream"):
                yield pair, names


def derived(tx: Tx, ids: Collection[str], side: Direction, visible: Seen | None) -> dict[Pair, int]:
    """The edges of these that follow from the edges of what lies in them, each with how many these are."""
    found = store.between_services(tx, ids, side, visible)
    for relation in _HOLDING:
        inheriting = [kind.name for kind in KINDS.values() if relation in kind.inherited]
        found |= store.between_holders(tx, ids, relation, inheriting, side, visible)
    return found


def _far(pair: Pair, side: Direction) -> str:
    return pair[1] if side == "downstream" else pair[0]


def _near(pair: Pair, side: Direction) -> str:
    return pair[0] if side == "downstream" else pair[1]
