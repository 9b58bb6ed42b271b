"""The rules of glossaries, terms and tags: names, who approves, what may be put on a term, where one may be moved to.

Texts: contract, "Glossaries and terms".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from brokerbook.access import policy
from brokerbook.engine import facts, reviews, rules
from brokerbook.errors import BadRequest
from brokerbook.kinds import KINDS
from brokerbook.kinds.glossary import GLOSSARY_TERM
from brokerbook.store import entities
from brokerbook.store import terms as store

if TYPE_CHECKING:
    from brokerbook.engine.refs import Item, Links, Targets
    from brokerbook.engine.state import State
    from brokerbook.engine.write import Work
    from brokerbook.kinds.kind import Document
    from brokerbook.kinds.tag import CreateTag
    from brokerbook.store.entities import EntityRow

_OPEN = frozenset({"Draft", reviews.IN_REVIEW})
_TAKEN = "A term with the name '{}' already exists in '{}' glossary."
_DECIDED = frozenset({"Approved", "Rejected"})


def defaults(work: Work, parent: EntityRow | None) -> Document:
    """What a new term begins with: it is a draft if the term above, or else the glossary, has reviewers."""
    if parent is None:
        return {}
    reviewers = facts.of_row(work.tx, KINDS[parent.kind], parent).reviewer_ids
    return {"entityStatus": "Draft"} if reviewers else {}


def check(work: Work, targets: Targets, before: State | None, after: State) -> None:
    """Refuses a term whose name is taken in its glossary, that is approved by nobody who may, or whose tags clash.

    What it is newly related to has to be something that the caller may see. The other term shows the relation as well,
    but no right to change that one is asked for.
    """
    _check_names(work, before, after)
    _check_related(work, before, after)
    if before is None:
        return
    entity_id: str = before.document["id"]
    _check_approval(work, entity_id, before, after)
    if any(item.id == entity_id for item in after.links.get("relatedTerms", ())):
        raise BadRequest(f"The term {before.document['fullyQualifiedName']} cannot be related to itself.")
    _check_place(work, targets, before, after)
    check_carriers(work, targets, entity_id, before.links, after.links)


def _check_related(work: Work, before: State | None, after: State) -> None:
    known = {item.id for item in before.links["relatedTerms"]} if before is not None else set[str]()
    new = {item.id for item in after.links.get("relatedTerms", ())} - known
    for row in entities.find_many(work.tx, new).values() if new else ():
        policy.check(work.actor, ("ViewBasic",), facts.of_row(work.tx, GLOSSARY_TERM, row))


def check_tag(work: Work, targets: Targets, before: State | None, after: State) -> None:
    """Refuses to move a tag below what excludes it from something that carries it."""
    if before is not None:
        _check_place(work, targets, before, after)


def check_associated(targets: Targets, request: CreateTag) -> None:
    """Refuses tags that are not there; no answer has a place for the others, so they are checked and not stored."""
    for fqn in request.associatedTags or ():
        targets.by_fqn("tag", fqn)


def _check_place(work: Work, targets: Targets, before: State, after: State) -> None:
    above = _above(after.links)
    if above.id == _above(before.links).id:
        return
    row = targets.by_id(above.shown["type"], above.id)
    if not rules.excludes(row):
        return
    if (clash := store.clash_of_moved(work.tx, before.document["id"], row.id)) is not None:
        raise BadRequest(rules.EXCLUSIVE.format(clash.other_fqn, before.document["fullyQualifiedName"]))


def _above(links: Links) -> Item:
    return next(links[field][0] for field in ("parent", "glossary", "classification") if links.get(field))


def check_glossary(work: Work, targets: Targets, before: State | None, after: State) -> None:
    """Refuses tags of a glossary that clash with those of what carries one of its terms."""
    if before is not None:
        check_carriers(work, targets, before.document["id"], before.links, after.links)


def _check_names(work: Work, before: State | None, after: State) -> None:
    glossary = after.links["glossary"][0]
    fqn: str = glossary.shown["fullyQualifiedName"]
    name: str = after.document["name"]
    wanted = {name.casefold(): name}
    own: set[str] = set()
    if before is not None:
        moved = before.links["glossary"][0].id != glossary.id
        if not moved and before.document["name"] == name:
            return
        entity_id = before.document["id"]
        below = store.names_below(work.tx, entity_id) if moved else {}
        if any(other.casefold() in wanted for other in below.values()):
            raise BadRequest(_TAKEN.format(name, fqn))
        own = {entity_id, *below}
        wanted |= {other.casefold(): other for other in below.values()}
    for folded, other_id in store.named(work.tx, fqn, wanted):
        if other_id not in own:
            raise BadRequest(_TAKEN.format(wanted[folded], fqn))
    if before is not None:
        store.rename(work.tx, before.document["id"], name)


def _check_approval(work: Work, entity_id: str, before: State, after: State) -> None:
    if before.document.get("entityStatus") in _OPEN and after.document.get("entityStatus") in _DECIDED:
        row = entities.find(work.tx, GLOSSARY_TERM.name, entity_id)
        if row is not None:
            reviews.check(work, GLOSSARY_TERM, row, before.links)


def check_delete(work: Work, row: EntityRow, hard: bool) -> None:  # noqa: ARG001, FBT001  either way it is gone
    """Lets only a reviewer delete a term that is in review."""
    reviews.check_delete(work, GLOSSARY_TERM, row)


def check_carriers(work: Work, targets: Targets, entity_id: str, before: Links | None, after: Links) -> None:
    """Refuses a new tag of a term, or of a glossary, that excludes one of what carries the term (or one of its terms)."""
    for label in rules.new_exclusive(targets, before, after):
        clash = store.clashes(work.tx, entity_id, label.group_id, label.id, most=1)
        if clash:
            raise BadRequest(rules.EXCLUSIVE.format(clash[0].other_fqn, label.fqn))
