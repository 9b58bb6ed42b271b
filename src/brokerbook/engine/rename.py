"""A new name, or a new place: what lies below gets new fully qualified names, what refers to it shows them by itself.

References are ids, so a rename of a tag that a hundred thousand entities carry changes the tag, what lies below it, and
the policies whose conditions name it. Earlier versions keep the old names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, cast

import msgspec

from brokerbook import names
from brokerbook.access import policy
from brokerbook.engine import facts, mentions, own_rules, refs
from brokerbook.engine.refs import Item
from brokerbook.engine.state import plain_text
from brokerbook.errors import BadRequest
from brokerbook.kinds import KINDS
from brokerbook.store import entities, impact
from brokerbook.store.database import array

if TYPE_CHECKING:
    from brokerbook.engine.refs import Links, Targets
    from brokerbook.engine.write import Work
    from brokerbook.kinds.kind import Document, Kind
    from brokerbook.store.entities import EntityRow


class Place(NamedTuple):
    """Where an entity is to lie: its name, the entity above it, and what follows from both."""

    name: str
    parent_id: str | None
    fqn: str


def new_name(kind: Kind, before: Document, after: Document) -> str:
    """The name that a patched document asks for, checked; the stored one if the kind has no renames."""
    asked: Any = after.get("name")
    old: str = before["name"]
    if not kind.renames or asked == old or not isinstance(asked, str):
        return old
    name = asked.lower() if kind.lower_names else asked
    names.check(name)
    if before.get("provider") == "system":
        raise BadRequest(f"System entity [{old}] of type {kind.name} can not be renamed.")
    return name


def placed(work: Work, kind: Kind, targets: Targets, row: EntityRow, name: str, links: Links) -> Place:
    """The place of an entity with that name and these links; refused if another lies there, or if it lay in itself.

    The links that say where it lies (`Kind.place`) are brought in agreement with each other.
    """
    above = _above(kind, targets, row, links)
    fqn = names.join(above.fqn if above is not None else None, name)
    if fqn != row.fqn:
        taken = entities.find_by_fqn(work.tx, kind.name, fqn)
        if taken is not None and taken.id != row.id:
            raise BadRequest(f"Another {kind.name} is called {fqn} already. Choose another name.")
    return Place(name, above.id if above is not None else None, fqn)


def _above(kind: Kind, targets: Targets, row: EntityRow, links: Links) -> EntityRow | None:
    parent = next((links[field][0] for field in kind.place if links.get(field)), None)
    if parent is None:
        return targets.parent(row)
    found = targets.by_id(parent.shown["type"], parent.id)
    if found.id == row.parent_id:
        return found
    step: EntityRow | None = found
    while step is not None:
        if step.id == row.id:
            raise BadRequest(_CYCLE.get(kind.name, _IN_ITSELF).format(kind=kind.name, fqn=row.fqn, parent=found.fqn))
        step = targets.parent(step)
    return found


def admitted(work: Work, kind: Kind, place: Place, links: Links) -> Document:
    """What an entity begins with where it is moved to, as a new one would; refused if the caller may make none there."""
    above = entities.find_many(work.tx, [place.parent_id]).get(place.parent_id) if place.parent_id is not None else None
    policy.check(work.actor, ("Create",), facts.of_new(work.tx, kind, place.fqn, place.name, above, links))
    return own_rules.defaults(work, kind.name, above)


_CYCLE = {"glossaryTerm": "Can't move Glossary term {fqn} to its child Glossary term {parent}"}
_IN_ITSELF = "The {kind} {fqn} cannot be moved below {parent}, which is or lies below itself."


def agreed(kind: Kind, targets: Targets, before: Links, after: Links) -> Links:
    """The links that say where an entity lies, in agreement: a new parent brings its top, a new top leaves the parent."""
    if len(kind.place) < 2 or all(_ids(before, field) == _ids(after, field) for field in kind.place):
        return after
    near, top = kind.place
    if not after.get(near) or _ids(before, near) == _ids(after, near):
        moved_top = _ids(before, top) != _ids(after, top)
        return after | {near: []} if moved_top else after
    item = after[near][0]
    step = targets.by_id(item.shown["type"], item.id)
    while (above := targets.parent(step)) is not None:
        step = above
    return after | {top: [Item(step.id, refs.reference(step))]}


def _ids(links: Links, field: str) -> list[str]:
    return [item.id for item in links.get(field, ())]


def cascade(work: Work, kind: Kind, before: EntityRow, after: EntityRow, begins: Document) -> None:
    """Lets everything below an entity, and every policy that names it, follow its new fully qualified name.

    What is approved below begins anew with it (`begins`, from `admitted`), so that nothing comes in below another.
    """
    if before.fqn == after.fqn:
        return
    ids = impact.ids_below(work.tx, after.id)
    moved: list[EntityRow] = []
    for row in entities.find_many(work.tx, ids).values():
        fqn = after.fqn + row.fqn.removeprefix(before.fqn)
        names.check_fqn(fqn)
        document = cast("Document", msgspec.json.decode(row.doc)) | {"fullyQualifiedName": fqn}
        if document.get("entityStatus") == "Approved":
            document |= begins
        moved.append(row._replace(fqn=fqn, doc=plain_text(KINDS[row.kind], document)))
    if moved:
        impact.move(work.tx, moved)
    mentions.follow(work, kind, before, after)


def carry(work: Work, kind: Kind, entity_id: str, before: Links, after: Links) -> None:
    """Lets what lies below an entity that was moved to another top, such as a classification, name that top."""
    top = kind.place[-1] if kind.place else None
    if top is None or not before.get(top) or not after.get(top) or before[top][0].id == after[top][0].id:
        return
    ids = array(impact.ids_below(work.tx, entity_id))
    impact.replace_target(work.tx, ids, top, old=before[top][0].id, new=after[top][0].id)
