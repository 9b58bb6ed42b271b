"""The rules of glossaries and their terms: names, who approves, what may be put on a term, where it may be moved to.

Texts: contract, "Glossaries and terms".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from brokerbook.engine import facts, rules
from brokerbook.errors import BadRequest, NotAuthorized
from brokerbook.kinds import KINDS
from brokerbook.kinds.glossary import GLOSSARY_TERM
from brokerbook.store import entities
from brokerbook.store import terms as store

if TYPE_CHECKING:
    from brokerbook.engine.refs import Item, Links, Targets
    from brokerbook.engine.state import State
    from brokerbook.engine.write import Work
    from brokerbook.kinds.kind import Document
    from brokerbook.store.entities import EntityRow

_IN_REVIEW = "In Review"
_OPEN = frozenset({"Draft", _IN_REVIEW})
_DECIDED = frozenset({"Approved", "Rejected"})


def defaults(work: Work, parent: EntityRow | None) -> Document:
    """What a new term begins with: it is a draft if the term above, or else the glossary, has reviewers."""
    if parent is None:
        return {}
    reviewers = facts.of_row(work.tx, KINDS[parent.kind], parent).reviewer_ids
    return {"entityStatus": "Draft"} if reviewers else {}


def check(work: Work, targets: Targets, before: State | None, after: State) -> None:
    """Refuses a term whose name is taken in its glossary, that is approved by nobody who may, or whose tags clash."""
    _check_names(work, before, after)
    if before is None:
        return
    entity_id: str = before.document["id"]
    _check_approval(work, entity_id, before, after)
    if any(item.id == entity_id for item in after.links.get("relatedTerms", ())):
        raise BadRequest(f"The term {before.document['fullyQualifiedName']} cannot be related to itself.")
    _check_place(work, targets, before, after)
    check_carriers(work, targets, entity_id, before.links, after.links)


def _check_place(work: Work, targets: Targets, before: State, after: State) -> None:
    """Refuses to move a term below what excludes it from something that carries it."""
    above = _above(after.links)
    if above.id == _above(before.links).id:
        return
    row = targets.by_id(above.shown["type"], above.id)
    entity_id = before.document["id"]
    clash = store.clashes(work.tx, entity_id, row.id, entity_id, most=1) if rules.excludes(row) else None
    if clash:
        raise BadRequest(rules.EXCLUSIVE.format(clash[0].other_fqn, before.document["fullyQualifiedName"]))


def _above(links: Links) -> Item:
    return (links["parent"] or links["glossary"])[0]


def check_glossary(work: Work, targets: Targets, before: State | None, after: State) -> None:
    """Refuses tags of a glossary that clash with those of what carries one of its terms."""
    if before is not None:
        check_carriers(work, targets, before.document["id"], before.links, after.links)


def _check_names(work: Work, before: State | None, after: State) -> None:
    glossary = after.links["glossary"][0]
    fqn: str = glossary.shown["fullyQualifiedName"]
    name: str = after.document["name"]
    own: dict[str, str] = {}
    if before is not None:
        moved = before.links["glossary"][0].id != glossary.id
        if not moved and before.document["name"] == name:
            return
        entity_id = before.document["id"]
        own = store.names_below(work.tx, entity_id) if moved else {}
        own[entity_id] = name
    for wanted in {name, *own.values()}:
        if any(other not in own for other in store.named(work.tx, fqn, wanted)):
            raise BadRequest(f"A term with the name '{wanted}' already exists in '{fqn}' glossary.")


def _check_approval(work: Work, entity_id: str, before: State, after: State) -> None:
    if before.document.get("entityStatus") in _OPEN and after.document.get("entityStatus") in _DECIDED:
        row = entities.find(work.tx, GLOSSARY_TERM.name, entity_id)
        if row is not None:
            _check_reviewer(work, row, before.links)


def check_delete(work: Work, row: EntityRow, hard: bool) -> None:  # noqa: ARG001, FBT001  either way it is gone
    """Lets only a reviewer delete a term that is in review."""
    if _status.decode(row.doc).entityStatus == _IN_REVIEW:
        _check_reviewer(work, row, None)


class _Status(msgspec.Struct):
    entityStatus: str = ""


_status = msgspec.json.Decoder(_Status)


def _check_reviewer(work: Work, row: EntityRow, links: Links | None) -> None:
    """Refuses whoever is no reviewer of a term that has some, its own or those of what it lies in."""
    actor = work.actor
    if actor.is_admin:
        return
    reviewers = facts.of_row(work.tx, GLOSSARY_TERM, row, links).reviewer_ids
    if reviewers and reviewers.isdisjoint({actor.id, *actor.rights.team_ids}):
        raise NotAuthorized(f"User '{actor.name}' is not a reviewer")


def check_carriers(work: Work, targets: Targets, entity_id: str, before: Links | None, after: Links) -> None:
    """Refuses a new tag of a term, or of a glossary, that excludes one of what carries the term (or one of its terms)."""
    for label in rules.new_exclusive(targets, before, after):
        clash = store.clashes(work.tx, entity_id, label.group_id, label.id, most=1)
        if clash:
            raise BadRequest(rules.EXCLUSIVE.format(clash[0].other_fqn, label.fqn))
