"""PUT: an entity is created, or brought to what the request asks for, deleted or not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from brokerbook.access import policy
from brokerbook.engine import administrators, facts, merge, own_record, own_rules, refs, remove, write
from brokerbook.engine.state import load, widened
from brokerbook.store import entities

if TYPE_CHECKING:
    import msgspec

    from brokerbook.engine.refs import Links
    from brokerbook.engine.state import Loaded
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
    asked = refs.asked(kind, request)
    found = widened(work.tx, kind, load(work.tx, work.sealer, kind, row), asked)
    links = {field: refs.resolved(targets, kind.link_of[field], wanted) for field, wanted in asked.items()}
    if work.actor.is_bot and not override:
        links = _without_kept_owners(work, kind, found, links)
    document = write.sanitised(kind.derive(request, True))  # noqa: FBT003
    merged = merge.put(kind, found.state, document, links, is_bot=work.actor.is_bot, override=override)
    own_record.check_put(work, kind, found, merged)
    if row.deleted:
        remove.check_rights_in_it(work, kind, row)
    kind.conflict(found.state.document, document)  # its refusal tells what is stored
    stored = administrators.held(kind, found.state)
    administrators.check_admin_only(work.actor, kind, stored, administrators.given(kind, request, links))
    whole = own_rules.unmasked(work, kind.name, merged.document, found.state.secrets)
    if whole is not merged.document or any(kind.link_of[field].reverse for field in links):
        body = None  # the digest knows nothing of what others refer to, nor of their secrets
    merged = merged._replace(document=whole)
    outcome = write.save(work, kind, targets, found, merged, body=body)
    if row.deleted:
        remove.restore_children(work, row)
    return outcome


def _without_kept_owners(work: Work, kind: Kind, found: Loaded, links: Links) -> Links:
    """The links that a bot gives, without owners if there are some and a rule denies the bot to change them.

    The rest of what it says is stored all the same, as with a description that is there: ingestion has to go on.
    """
    if not (links.get("owners") and found.state.links.get("owners")):
        return links
    if policy.allows(work.actor, "EditOwners", facts.of_row(work.tx, kind, found.row, found.state.links)):
        return links
    return {field: items for field, items in links.items() if field != "owners"}
