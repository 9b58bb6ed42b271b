"""PUT: an entity is created, or brought to what the request asks for, deleted or not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from brokerbook.access import policy
from brokerbook.engine import merge, refs, remove, write
from brokerbook.engine.state import load
from brokerbook.store import entities

if TYPE_CHECKING:
    import msgspec

    from brokerbook.engine.write import Outcome, Work
    from brokerbook.kinds.kind import Kind
    from brokerbook.store.entities import EntityRow


def put(work: Work, kind: Kind, request: msgspec.Struct, body: bytes | None = None) -> Outcome:
    """Creates the entity, or brings a stored one, deleted or not, to what the request asks for."""
    targets = refs.Targets(work.tx)
    parent, fqn = write.placed(targets, kind, request)
    row = entities.find_by_fqn(work.tx, kind.name, fqn)
    if row is None:
        return write.create(work, kind, request, body, targets=targets, place=(parent, fqn))
    return put_over(work, kind, targets, row, request, body)


def put_over(
    work: Work,
    kind: Kind,
    targets: refs.Targets,
    row: EntityRow,
    request: msgspec.Struct,
    body: bytes | None,
    *,
    override: bool = False,
) -> Outcome:
    """A PUT over a stored entity; what was deleted below a deleted one comes back with it."""
    found = load(work.tx, work.sealer, kind, row)
    asked = refs.asked(kind, request)
    links = {field: refs.resolved(targets, kind.link_of[field], wanted) for field, wanted in asked.items()}
    document = write.sanitised(kind.derive(request, True))  # noqa: FBT003
    kind.conflict(found.state.document, document)
    policy.check(work.actor, ["EditAll"])
    write.check_admin_only(work.actor, kind, found.state.document, write.given(kind, request))
    pointing = {field: links.pop(field) for field in list(links) if kind.link_of[field].reverse}
    if pointing:
        body = None  # the digest knows nothing of what others refer to
    merged = merge.put(kind, found.state, document, links, is_bot=work.actor.is_bot, override=override)
    outcome = write.save(work, kind, targets, found, merged, body=body)
    write.point_back(work, kind, row.id, pointing)
    if row.deleted:
        remove.restore_children(work, row)
    return outcome
