"""Delete, soft or hard, and restore; with what lies below.

Rules: contract, "Delete and restore". Kinds without `deleted` on the wire know only the hard, recursive delete.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from brokerbook.access import policy
from brokerbook.engine import (
    administrators,
    diff,
    events,
    facts,
    granting,
    mentions,
    message_schemas,
    own_deletes,
    snapshots,
    version,
    write,
)
from brokerbook.engine.state import load, plain_text
from brokerbook.engine.write import Outcome, Work
from brokerbook.errors import BadRequest, EntityNotFound, PreconditionFailed
from brokerbook.kinds import KINDS
from brokerbook.store import entities

if TYPE_CHECKING:
    from collections.abc import Sequence

    from brokerbook.kinds.kind import Document, Kind
    from brokerbook.store.entities import EntityRow


def check_delete(work: Work, kind: Kind, row: EntityRow | None, key: str) -> EntityRow:
    """What is refused before a delete begins: what is not there, what the caller may not, what is the system's."""
    if row is None:
        raise EntityNotFound.of(kind.name, key)
    policy.check(work.actor, ("Delete",), facts.of_row(work.tx, kind, row))
    check_rights_in_it(work, kind, row)
    document: Document = msgspec.json.decode(row.doc)
    administrators.keep_an_administrator(work, kind, document, {})
    own_deletes.check(work, row)
    if document.get("provider") == "system" or document.get("allowDelete") is False:
        raise BadRequest(f"System entity [{row.name}] of type {kind.name} can not be deleted.")
    return row


def check_rights_in_it(work: Work, kind: Kind, row: EntityRow) -> None:
    """Refuses to take away, or to bring back, what gives rights or has them, to whoever may not decide on rights."""
    granting.check_removal(work.actor, kind, row.id)
    document: Document = msgspec.json.decode(row.doc)
    if kind.authenticates and any(document.get(field) for field in kind.admin_only):
        policy.check_admin(work.actor)


def delete(work: Work, kind: Kind, row: EntityRow, *, recursive: bool, hard: bool) -> Outcome:
    """Deletes an entity; one with anything below it only if `recursive`."""
    if not kind.soft_deletes:
        recursive = hard = True
    if not recursive and entities.has_children(work.tx, row.id):
        raise BadRequest(f"{kind.name} is not empty")
    lost = own_deletes.before_delete(work, row, hard=hard)
    if hard:
        return _hard(work, kind, row, recursive=recursive, lost=lost)
    if row.deleted:
        found = load(work.tx, work.sealer, kind, row)
        return Outcome(kind, row, row.doc, found.state.links, found.state.secrets, "entitySoftDeleted")
    _soft_children(work, row)
    return _soft(work, kind, row, deleted=True, event="entitySoftDeleted", recursive=recursive, lost=lost)


def _soft_children(work: Work, row: EntityRow) -> None:
    for child in entities.children(work.tx, row.id):
        if not child.deleted:
            own_deletes.before_delete(work, child, hard=False)
            _soft(work, KINDS[child.kind], child, deleted=True)


def check_promise(work: Work, kind: Kind, row: EntityRow) -> None:
    """What refuses a hard delete only while it is done, and has to be known before it is promised."""
    if mentions.of(work, kind, row):
        granting.require(work.actor)


def restore(work: Work, kind: Kind, row: EntityRow) -> Outcome:
    """Brings a soft-deleted entity back, and what was deleted below it."""
    check_restore(work, kind, row)
    outcome = _soft(work, kind, row, deleted=False, event="entityRestored")
    restore_children(work, row)
    return outcome


def check_restore(work: Work, kind: Kind, row: EntityRow) -> None:
    """What is refused before a restore begins."""
    policy.check(work.actor, ("EditAll",), facts.of_row(work.tx, kind, row))
    check_rights_in_it(work, kind, row)
    if not row.deleted:
        raise BadRequest(f"Entity {kind.name}:{row.id} is not in deleted state")
    above = entities.find_many(work.tx, [row.parent_id]).get(row.parent_id) if row.parent_id else None
    if above is not None and above.deleted:
        raise BadRequest(f"{above.kind} {above.fqn}, above {row.fqn}, is deleted. Restore it first.")


def restore_children(work: Work, row: EntityRow) -> None:
    """Brings back what was deleted below an entity."""
    for child in entities.children(work.tx, row.id):
        if child.deleted:
            _soft(work, KINDS[child.kind], child, deleted=False)
        restore_children(work, child)


def _soft(
    work: Work,
    kind: Kind,
    row: EntityRow,
    *,
    deleted: bool,
    event: str | None = None,
    recursive: bool = False,
    lost: Sequence[Document] = (),
) -> Outcome:
    if deleted and event is None:
        _soft_children(work, row)
    found = load(work.tx, work.sealer, kind, row)
    change = diff.Change()
    change.updated.append({"name": "deleted", "oldValue": not deleted, "newValue": deleted})
    change.deleted += lost
    described = change.description(row.version)
    document = found.state.document | {
        "deleted": deleted,
        "version": version.following(row.version) / 10,
        "changeDescription": described,
        "incrementalChangeDescription": described,
    }
    write.stamp(work, document)
    text = plain_text(kind, document, found.state.links, row.doc)
    updated = row._replace(
        version=version.following(row.version), deleted=deleted, updated_at=work.now, put_digest=None, doc=text
    )
    write.archive(work, kind, row, found.state)
    if not entities.update(work.tx, updated, was=row):
        raise PreconditionFailed("The entity has been modified by another user. Please refresh and retry.")
    write.touch(work, kind)
    whole = snapshots.text(work.tx, kind, updated, found.state.links)
    if event is not None:
        links = found.state.links
        told = events.row(work, kind, updated, event, whole, links, change=described, recursive=recursive)
        events.emit(work, told)
    return Outcome(kind, updated, text, found.state.links, found.state.secrets, event or "entityUpdated")


def _hard(work: Work, kind: Kind, row: EntityRow, *, recursive: bool, lost: Sequence[Document]) -> Outcome:
    found = load(work.tx, work.sealer, kind, row)
    change = diff.Change()
    change.deleted += lost
    described = change.description(row.version) if change else None
    if described is not None:
        document = found.state.document | {"changeDescription": described}
        row = row._replace(doc=plain_text(kind, document, found.state.links, row.doc))
    mentions.follow(work, kind, row, None)
    _hard_children(work, row)
    whole = snapshots.text(work.tx, kind, row, found.state.links)
    answered = message_schemas.whole(work.tx, row.doc, found.state.links) if kind.schema is not None else row.doc
    entities.delete(work.tx, row)
    write.touch(work, kind)
    links = found.state.links
    told = events.row(work, kind, row, "entityDeleted", whole, links, change=described, recursive=recursive)
    events.emit(work, told)
    return Outcome(kind, row, answered, links, found.state.secrets, "entityDeleted")


def _hard_children(work: Work, row: EntityRow) -> None:
    for child in entities.children(work.tx, row.id):
        own_deletes.before_delete(work, child, hard=True)
        _hard_children(work, child)
        entities.delete(work.tx, child)
