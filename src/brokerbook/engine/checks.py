"""What is refused of a new entity, or of a change of one, while nothing is written yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from brokerbook.engine import extensions, granting, own_rules, rules
from brokerbook.errors import EntityAlreadyExists
from brokerbook.store import entities

if TYPE_CHECKING:
    from brokerbook.engine.refs import Targets
    from brokerbook.engine.state import State
    from brokerbook.engine.write import Work
    from brokerbook.kinds.kind import Document, Kind


def check(
    work: Work, kind: Kind, targets: Targets, before: State | None, after: State, *, by_catalog: bool = False
) -> None:
    """Refuses what an entity may not be, or become, while nothing is written yet; nothing of what the catalog does."""
    if by_catalog:
        return
    links = before.links if before is not None else None
    rules.check_references(targets, kind, links, after.links)
    rules.check_tags(targets, links, after.links)
    rules.check_field_labels(targets, links, after.links)
    extensions.check(work, targets, kind, before.document if before is not None else None, after.document)
    granting.check(work, kind, before, after)
    own_rules.before_save(work, kind.name, targets, before, after)


def check_unique(work: Work, kind: Kind, before: Document | None, after: Document) -> None:
    """Refuses a value that another entity of the kind has, while nothing is written yet."""
    for field in kind.unique:
        if before is not None and before.get(field) == after.get(field):
            continue
        holder = entities.holder(work.tx, kind.name, field, after[field])
        if holder is not None and (before is None or holder != before["id"]):
            # of a new entity the contract has it so
            raise (
                EntityAlreadyExists
                if before is None
                else EntityAlreadyExists(f"Entity already exists: another {kind.name} has the {field} {after[field]}.")
            )
