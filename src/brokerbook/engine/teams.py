"""How teams lie below each other: what is refused, what becomes of them when one is deleted, the tree, the filters.

Texts and the nesting of team types: contract, "Teams".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from brokerbook.access import policy
from brokerbook.access.predicates import Has, IsOne, Says, conjunction, disjunction, negation
from brokerbook.access.rights import ORGANIZATION
from brokerbook.engine import facts, people, refs
from brokerbook.errors import BadRequest
from brokerbook.kinds.team import NO_CHILDREN, ONE_ORGANIZATION, TEAM
from brokerbook.names import DEEPEST
from brokerbook.store import people as store
from brokerbook.store import relations, trees

if TYPE_CHECKING:
    from collections.abc import Sequence

    from brokerbook.access.predicates import Predicate
    from brokerbook.engine.read import Viewer
    from brokerbook.engine.refs import Links, Targets
    from brokerbook.engine.state import State
    from brokerbook.engine.write import Work
    from brokerbook.kinds.kind import Document
    from brokerbook.store.database import Tx
    from brokerbook.store.entities import EntityRow
    from brokerbook.store.trees import Node

_ABOVE = {
    "Group": {"Department", "Division", "BusinessUnit", ORGANIZATION},
    "Department": {"Department", "Division", "BusinessUnit", ORGANIZATION},
    "Division": {"Division", "BusinessUnit", ORGANIZATION},
    "BusinessUnit": {"BusinessUnit", ORGANIZATION},
    ORGANIZATION: set[str](),
}
"""Type of a team → the types of teams that it may lie below."""
_ONE_PARENT = {"Division", "BusinessUnit"}
_GROUP = "Group"


class Said(msgspec.Struct):
    """What a team's document says beyond its name."""

    teamType: str = _GROUP
    isJoinable: bool = True
    displayName: str | None = None
    description: str | None = None


said = msgspec.json.Decoder(Said)

# a team is saved


def check(work: Work, targets: Targets, before: State | None, after: State) -> None:
    """Refuses a team of a type that it cannot have, and one that would lie where teams of its type cannot."""
    retyped = _check_type(work.tx, before, after)
    held: Links = before.links if before is not None else {}
    new_parents, new_children = (_new(targets, held, after.links, field) for field in ("parents", "children"))
    above = after.links.get("parents", [])
    parents = [targets.by_id(TEAM.name, item.id) for item in above] if retyped else new_parents
    _check_parents(after.document, parents, len(above))
    children = new_children
    if retyped and before is not None:
        children = [*new_children, *store.children(work.tx, before.document["id"])]
    _check_children(after.document, children)
    if after.document["teamType"] == ORGANIZATION and after.links.get("users"):
        raise BadRequest(
            f"Whoever is in no other team is in {ORGANIZATION}. To put somebody there, take him out of his teams."
        )
    for child in new_children:
        _check_only_parent(work.tx, child)
    if new_parents or new_children:
        _check_place(work.tx, before, new_parents, new_children)
    for row in (*new_parents, *new_children):
        # what is given to a team is given to all below it, so the other side has to agree
        policy.check(work.actor, ("EditAll",), facts.of_row(work.tx, TEAM, row))


def _new(targets: Targets, before: Links, after: Links, field: str) -> list[EntityRow]:
    known = {item.id for item in before.get(field, ())}
    return [targets.by_id(TEAM.name, item.id) for item in after.get(field, ()) if item.id not in known]


def _check_type(tx: Tx, before: State | None, after: State) -> bool:
    """Whether the team's type is another than it was, or new; refuses what types a team cannot change between."""
    new = after.document["teamType"]
    if before is None:
        if new == ORGANIZATION and people.organization(tx) is not None:
            raise BadRequest(ONE_ORGANIZATION)
        return True
    old, name = before.document.get("teamType", _GROUP), before.document["name"]
    if old == ORGANIZATION and after.document["name"] != name:
        raise BadRequest(f"System entity [{name}] of type team can not be renamed.")
    if old == new:
        return False
    if new == ORGANIZATION:
        raise BadRequest(ONE_ORGANIZATION)
    if old in (_GROUP, ORGANIZATION):
        raise BadRequest(f"Team of type {old} cannot be updated")
    if new == _GROUP and store.children(tx, before.document["id"]):
        raise BadRequest("A team with children cannot be updated to type Group")
    return True


def _check_parents(team: Document, above: Sequence[EntityRow], count: int) -> None:
    name, own = team["name"], team["teamType"]
    if own == ORGANIZATION and count:
        raise BadRequest("Team of type Organization can't have a parent team")
    for parent in above:
        if (kind := _type(parent)) not in _ABOVE[own]:
            raise BadRequest(f"Team {parent.name} of type {kind} can't be of parent of team {name} of type {own}")
    if own in _ONE_PARENT and count > 1:
        raise BadRequest(f"Team of type {own} can have only 1 parents")


def _check_children(team: Document, below: Sequence[EntityRow]) -> None:
    name, own = team["name"], team["teamType"]
    if below and own == _GROUP:
        raise BadRequest(NO_CHILDREN)
    if below and own == ORGANIZATION:
        raise BadRequest(
            f"Every team without parents lies below {name}. To put one there, take it out of those that it lies below."
        )
    for child in below:
        if own not in _ABOVE[kind := _type(child)]:
            raise BadRequest(f"Team {name} of type {own} can't have child team {child.name} of type {kind}")


def _check_only_parent(tx: Tx, child: EntityRow) -> None:
    """Refuses to put a team below a second one if teams of its type lie below one only."""
    if (kind := _type(child)) not in _ONE_PARENT:
        return
    if any(not edge.deleted for edge in relations.named_of_many(tx, [child.id], ["parents"])):
        raise BadRequest(f"Team of type {kind} can have only 1 parents")


def _type(row: EntityRow) -> str:
    return said.decode(row.doc).teamType


def _check_place(tx: Tx, before: State | None, above: Sequence[EntityRow], below: Sequence[EntityRow]) -> None:
    """Refuses a team that would lie below itself, and one so deep that nobody could walk the tree."""
    own_id = before.document["id"] if before is not None else ""
    kept = [item.id for item in before.links["parents"]] if before is not None else []
    upper = store.far_above(tx, [*kept, *(row.id for row in above)], DEEPEST)
    for parent in above:
        if own_id in upper and own_id in store.far_above(tx, [parent.id], DEEPEST):
            raise BadRequest(f"{parent.name} cannot be a parent of the team: it is that team, or lies below it.")
    for child in below:
        if child.id == own_id or child.id in upper:
            raise BadRequest(f"{child.name} cannot be a child of the team: it is that team, or lies above it.")
    lower = [*store.far_below(tx, [own_id], DEEPEST).values()]
    lower += [steps + 1 for steps in store.far_below(tx, [row.id for row in below], DEEPEST).values()]
    if max(upper.values(), default=-1) + 1 + max(lower) >= DEEPEST:
        raise BadRequest(f"Teams cannot be nested deeper than {DEEPEST} levels.")


# a team is deleted


def check_delete(row: EntityRow) -> None:
    """Refuses to delete the organization."""
    if _type(row) == ORGANIZATION:
        raise BadRequest("Organization team type can't be deleted")


def let_children_go(work: Work, row: EntityRow, hard: bool) -> Sequence[Document]:  # noqa: ARG001, FBT001  for both
    """Takes its children out of a team that is deleted, into the organization if they are in no other; tells which."""
    children = store.children(work.tx, row.id)
    relations.delete(work.tx, [(child.id, "parents", row.id) for child in children])
    live = [refs.reference(child) for child in children if not child.deleted]
    return [{"name": "children", "oldValue": msgspec.json.encode(live).decode()}] if live else []


# the tree

_EVERY = -1
_MOST_PLACES = 100_000
"""A group may stand in many places of the tree; so many are shown at most."""


def hierarchy(tx: Tx, viewer: Viewer, *, limit: int, joinable: bool) -> tuple[list[Document], int]:
    """The first teams right below the organization with all that lies below them, and how many of these there are.

    Only what the caller may see, and only where he may see all that is above it. With `joinable` only what users may
    join by themselves, and what leads there.
    """
    visible = policy.visible(viewer.actor, "ViewBasic", TEAM.name)
    found, _ = trees.top(tx, TEAM.name, visible, TEAM.inherited, limit=_EVERY, offset=0)
    nodes = {node.id: node for node in found if said.decode(node.doc).teamType != ORGANIZATION}
    children: dict[str, list[str]] = {}
    held: set[str] = set()
    parents = store.parents(tx)
    for child_id, parent_id in sorted(parents, key=lambda pair: _order(nodes.get(pair[0]))):
        held.add(child_id)
        if child_id in nodes and parent_id in nodes:
            children.setdefault(parent_id, []).append(child_id)
    tree = _Tree(nodes, children, viewer.base)
    if joinable:
        tree.keep_joinable()
    top = [node_id for node_id in nodes if node_id not in held and node_id in tree.kept]
    if sum(tree.size(node_id) for node_id in top[:limit]) > _MOST_PLACES:
        raise BadRequest(f"The tree would show more than {_MOST_PLACES} teams. Ask for fewer with limit.")
    return [tree.shown(node_id) for node_id in top[:limit]], len(top)


def _order(node: Node | None) -> tuple[str, str]:
    return (node.name, node.id) if node is not None else ("", "")


class _Tree:
    """Teams and what lies right below them, both by name; `kept` are those that are shown."""

    def __init__(self, nodes: dict[str, Node], children: dict[str, list[str]], base: str) -> None:
        self._nodes = nodes
        self._children = children
        self._base = base
        self._sizes: dict[str, int] = {}
        self.kept = set(nodes)

    def _below(self, team_id: str) -> list[str]:
        return [child_id for child_id in self._children.get(team_id, ()) if child_id in self.kept]

    def keep_joinable(self) -> None:
        """Leaves out what users may not join by themselves, unless it leads to what they may."""
        above: dict[str, list[str]] = {}
        for parent_id, child_ids in self._children.items():
            for child_id in child_ids:
                above.setdefault(child_id, []).append(parent_id)
        kept: set[str] = set()
        waiting = [node.id for node in self._nodes.values() if said.decode(node.doc).isJoinable]
        while waiting:
            team_id = waiting.pop()
            if team_id not in kept:
                kept.add(team_id)
                waiting += above.get(team_id, ())
        self.kept = kept

    def size(self, team_id: str) -> int:
        """In how many places a team and all below it would stand."""
        if team_id not in self._sizes:
            self._sizes[team_id] = 1 + sum(self.size(child_id) for child_id in self._below(team_id))
        return self._sizes[team_id]

    def shown(self, team_id: str) -> Document:
        """A team with all below it."""
        node = self._nodes[team_id]
        told = said.decode(node.doc)
        found: dict[str, Any] = {
            "id": node.id,
            "name": node.name,
            "fullyQualifiedName": node.fqn,
            "teamType": told.teamType,
            "isJoinable": told.isJoinable,
            "displayName": told.displayName,
            "description": told.description,
            "href": f"{self._base}/api{TEAM.path}/{node.id}",
            "children": [self.shown(child_id) for child_id in self._below(team_id)],
        }
        return {key: value for key, value in found.items() if value is not None}


# filters


def members_of(tx: Tx, fqn: str) -> Predicate:
    """Users who are in a team or in any below it."""
    row = refs.Targets(tx).by_fqn(TEAM.name, fqn)
    if _type(row) == ORGANIZATION:
        return disjunction(negation(Says("isBot", True)), Has("teams"))  # noqa: FBT003
    return Has("teams", frozenset([row.id, *(team_id for _, team_id in store.below(tx, [row.id]))]))


def children_of(tx: Tx, fqn: str) -> Predicate:
    """Teams that lie right below a team."""
    row = refs.Targets(tx).by_fqn(TEAM.name, fqn)
    if _type(row) == ORGANIZATION:
        return conjunction(negation(Has("parents")), negation(IsOne(frozenset([row.id]))))
    return Has("parents", frozenset([row.id]))
