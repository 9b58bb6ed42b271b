"""Create and save: the order of steps, in one transaction, for every kind.

Each function runs inside a write transaction: it loads what is stored, decides purely, and writes once. What it
returns is committed when the caller reads it.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from brokerbook import names
from brokerbook.access import policy
from brokerbook.addresses import Reach
from brokerbook.engine import (
    administrators,
    checks,
    diff,
    edges,
    edit_sessions,
    events,
    facts,
    message_schemas,
    own_rules,
    refs,
    rights,
    secrets,
    snapshots,
    version,
)
from brokerbook.engine.pending import Pending
from brokerbook.engine.state import Loaded, State, plain_text
from brokerbook.errors import EntityAlreadyExists, EntityNotFound, PreconditionFailed
from brokerbook.model.ids import new_id
from brokerbook.store import contents, entities, identity, relations, versions
from brokerbook.store.entities import EntityRow

if TYPE_CHECKING:
    from collections.abc import Mapping

    from brokerbook.access.actor import Actor
    from brokerbook.engine.rename import Place
    from brokerbook.engine.secrets import Sealer, Secrets
    from brokerbook.kinds.kind import Document, Kind
    from brokerbook.store.database import Tx


class Work(NamedTuple):
    """What a write happens in: the transaction, who does it, and when (epoch milliseconds)."""

    tx: Tx
    actor: Actor
    sealer: Sealer
    now: int
    reach: Reach = Reach()
    """Which addresses may be written down to be called later."""


class Outcome(NamedTuple):
    """A write's result: the entity's stored JSON, as its answer shows it, its links and secrets, and what happened."""

    kind: Kind
    row: EntityRow
    text: str
    links: refs.Links
    secrets: Secrets
    change: str
    """`entityCreated`, `entityUpdated`, `entityNoChange` …: the header `X-OpenMetadata-Change`."""
    computed: Mapping[str, Any] = MappingProxyType({})
    """Fields that the answer shows and nothing stores."""


def create(
    work: Work,
    kind: Kind,
    request: msgspec.Struct,
    body: bytes | None = None,
    *,
    targets: refs.Targets | None = None,
    place: tuple[EntityRow | None, str] | None = None,
    pending: Pending | None = None,
) -> Outcome:
    """A new entity; a name that is taken, even by a deleted one, is EntityAlreadyExists.

    A caller that has looked already hands over the `place` that he found empty.
    """
    targets = targets or refs.Targets(work.tx)
    parent, fqn = place or placed(targets, kind, request)
    asked = refs.asked(kind, request)
    # What is unknown is told of before a missing permission; but a POST's tags after it, as the contract has it.
    late = asked.keys() & {"tags"} if place is None else set[str]()
    links = {field: refs.resolved(targets, kind.link_of[field], asked[field]) for field in asked.keys() - late}
    policy.check(work.actor, ("Create",), facts.of_new(work.tx, kind, fqn, document_name(kind, request), parent, links))
    administrators.check_admin_only(work.actor, kind, {}, administrators.given(kind, request, links))
    links |= {field: refs.resolved(targets, kind.link_of[field], asked[field]) for field in late}
    defaults = kind.defaults | own_rules.defaults(work, kind.name, parent)
    asked_for = sanitised(defaults | kind.derive(request, False))  # noqa: FBT003
    document = own_rules.unmasked(work, kind.name, asked_for, {})
    if document is not asked_for:
        body = None  # the digest knows nothing of the secrets of others
    if place is None and entities.find_by_fqn(work.tx, kind.name, fqn) is not None:
        raise EntityAlreadyExists
    return insert(work, kind, targets, document, links, parent=parent, fqn=fqn, body=body, pending=pending)


def insert(
    work: Work,
    kind: Kind,
    targets: refs.Targets,
    document: Document,
    links: refs.Links,
    *,
    parent: EntityRow | None,
    fqn: str,
    body: bytes | None,
    pending: Pending | None = None,
) -> Outcome:
    """Writes a new entity whose links are resolved and whose permission is checked; or adds it to what is pending."""
    checks.check(work, kind, targets, None, State(document, links, {}))
    document, clear = secrets.split(kind, document, {})
    checks.check_unique(work, kind, None, document)
    pointing = {field: items for field, items in links.items() if kind.link_of[field].reverse}
    links = {link.field: links.get(link.field, []) for link in kind.links if not link.reverse}
    entity_id = new_id()
    document |= {
        "id": entity_id,
        "fullyQualifiedName": fqn,
        "version": version.FIRST / 10,
        "updatedAt": work.now,
        "updatedBy": work.actor.name,
    }
    if work.actor.impersonated_by is not None:
        document["impersonatedBy"] = work.actor.impersonated_by
    if kind.soft_deletes:
        document["deleted"] = False
    text = plain_text(kind, document, links)
    row = EntityRow(
        id=entity_id,
        kind=kind.name,
        name=document["name"],
        fqn=fqn,
        parent_id=parent.id if parent is not None else None,
        version=version.FIRST,
        deleted=False,
        updated_at=work.now,
        put_digest=_digest(work, body, bare=not any(links.values()) and not pointing),
        doc=text,
    )
    whole = snapshots.text(work.tx, kind, row, links, parent=parent)
    new = pending if pending is not None else Pending()
    new.rows.append(row)
    new.edges += refs.link_rows(kind, entity_id, links | pointing)
    new.contents += [(entity_id, content) for content in message_schemas.needed(kind, document)]
    if clear:
        new.secrets[entity_id] = clear
    new.events.append(events.row(work, kind, row, "entityCreated", whole, links))
    if pending is None:
        new.write(work.tx, work.sealer)
    for field in kind.unique:
        entities.claim(work.tx, kind.name, field, document[field], entity_id)
    if pointing:
        entities.forget_digests(work.tx, [item.id for items in pointing.values() for item in items])
    touch(work, kind)
    return Outcome(kind, row, text, links | pointing, clear, "entityCreated")


def save(
    work: Work,
    kind: Kind,
    targets: refs.Targets,
    found: Loaded,
    merged: State,
    *,
    body: bytes | None = None,
    consolidate: bool = False,
    place: Place | None = None,
    by_catalog: bool = False,
) -> Outcome:
    """Writes what an entity has become, if it has become anything else; its secrets are split off here.

    If it is the catalog itself that changes what follows from something else, nothing is refused.
    With a `place` it gets that name and lies there from now on; the caller lets follow what lies below.
    With `consolidate`, an edit within a session takes the session's version; one that undoes the session takes the
    entity back to the version before it.
    """
    row, stored = found.row, found.state
    checks.check(work, kind, targets, stored, merged, by_catalog=by_catalog)
    document, clear = secrets.split(kind, merged.document, _maskable(kind, stored, merged))
    administrators.keep_an_administrator(work, kind, stored.document, document)
    state = State(document, merged.links, clear)
    checks.check_unique(work, kind, stored.document, document)
    increment = diff.changes(kind, stored, state)
    unversioned = any(stored.document.get(f) != document.get(f) for f in kind.unversioned)
    if increment is None and not unversioned:
        # From now on this body is known to change nothing: after a patch, a rotated key, another wording.
        digest = _digest(work, body, bare=found.bare and not any(stored.links.values()))
        if digest is not None and digest != row.put_digest and not row.deleted:
            entities.set_put_digest(work.tx, row.id, digest)
        return Outcome(kind, row, row.doc, stored.links, stored.secrets, "entityNoChange")

    consolidate = consolidate and not edit_sessions.tells_of_others(kind, stored.document, state.links)
    base = version.session_base(stored.document, work.actor, work.now) if consolidate and increment else None
    base_text = versions.find(work.tx, row.id, base) if base is not None else None
    step = increment.description(row.version) if increment is not None else None
    if increment is None:
        number, change = row.version, stored.document.get("changeDescription")
    elif base is None or base_text is None:
        number = version.following(row.version, breaking=increment.breaking)
        change = increment.description(row.version, _summary(work, increment))
    else:
        combined = diff.changes(kind, edit_sessions.start(work.tx, kind, base_text, found, state), state)
        if combined is None:
            return _undo(work, kind, found, state, base, base_text)
        number = version.following(base, breaking=combined.breaking)
        change = combined.description(base, _summary(work, combined))
    document["version"] = number / 10
    if increment is not None:
        document |= {"changeDescription": change, "incrementalChangeDescription": step}
        stamp(work, document)
    text = plain_text(kind, document, state.links, row.doc)
    bare = found.bare and not any(state.links.values())
    updated = row._replace(
        **(place._asdict() if place is not None else {}),
        version=number,
        deleted=bool(document.get("deleted")),
        updated_at=document["updatedAt"],
        put_digest=_digest(work, body, bare=bare),
        doc=text,
    )
    parent = targets.parent(row) if kind.shows_parent else None
    if increment is not None and base_text is None:
        archive(work, kind, row, stored, parent)
    replace(work, kind, found, updated, state)
    if increment is not None:
        whole = snapshots.text(work.tx, kind, updated, state.links, parent=parent)
        events.emit(work, events.row(work, kind, updated, "entityUpdated", whole, state.links, change=step))
        # the answer tells of this request alone; a later read tells of the whole version
        if change != step:
            text = plain_text(kind, document | {"changeDescription": step}, state.links, row.doc)
    return Outcome(
        kind, updated, text, state.links, clear, "entityUpdated" if increment is not None else "entityNoChange"
    )


def _maskable(kind: Kind, stored: State, merged: State) -> Secrets:
    return dict(kind.kept_secrets(stored.document, merged.document, stored.secrets))


def _undo(work: Work, kind: Kind, found: Loaded, state: State, base: int, base_text: str) -> Outcome:
    """The session's edits cancel out: the entity is what it was before, version and all."""
    document: Document = msgspec.json.decode(base_text)
    for link in kind.links:
        document.pop(link.field, None)
    document |= {f: state.document[f] for f in kind.unversioned if f in state.document}
    # what lies above may have been renamed since
    document |= {"name": found.row.name, "fullyQualifiedName": found.row.fqn}
    text = plain_text(kind, document)
    updated = found.row._replace(version=base, updated_at=document["updatedAt"], put_digest=None, doc=text)
    versions.drop(work.tx, found.row.id, base)
    replace(work, kind, found, updated, state)
    whole = snapshots.text(work.tx, kind, updated, state.links)
    undone = diff.changes(kind, found.state, state)
    change = undone.description(found.row.version) if undone else None
    events.emit(work, events.row(work, kind, updated, "entityUpdated", whole, state.links, change=change))
    return Outcome(kind, updated, text, state.links, state.secrets, "entityNoChange")


def archive(work: Work, kind: Kind, row: EntityRow, stored: State, parent: EntityRow | None = None) -> None:
    """Keeps the entity as it is now, with its links, as an earlier version."""
    versions.archive(work.tx, [(row, snapshots.text(work.tx, kind, row, stored.links, parent=parent))])


def replace(work: Work, kind: Kind, found: Loaded, updated: EntityRow, state: State) -> None:
    """Writes the row, the edges and the secrets that changed; a lost race is PreconditionFailed."""
    if not entities.update(work.tx, updated, was=found.row):
        raise PreconditionFailed("The entity has been modified by another user. Please refresh and retry.")
    edges.store(work, kind, updated.id, found.state.links, state.links)
    contents.keep(work.tx, [(updated.id, content) for content in message_schemas.needed(kind, state.document)])
    if state.secrets != found.state.secrets:
        work.sealer.seal(work.tx, updated.id, state.secrets)
    for field in kind.unique:
        if state.document.get(field) != found.state.document.get(field):
            entities.claim(work.tx, kind.name, field, state.document[field], updated.id)
    own_rules.after_save(work, kind.name, found.state, state)
    touch(work, kind)


def touch(work: Work, kind: Kind) -> None:
    """Lets every process know of a change of what others show, what tokens are worth, or what callers may do."""
    if not kind.is_asset:
        relations.touch(work.tx)
    if kind.grants:
        rights.keep_access(work.tx, work.actor)
        identity.touch_access(work.tx)
    elif kind.authenticates:
        identity.touch(work.tx)


def placed(targets: refs.Targets, kind: Kind, request: Any) -> tuple[EntityRow | None, str]:
    """The parent of what is asked for, and its fully qualified name; a name that cannot be is a BadRequest."""
    names.check(request.name)
    name = document_name(kind, request)
    above = kind.parent_of(request)
    parent = targets.by_fqn(*above) if above is not None else None
    if kind.parent_link is not None:
        parent = refs.target(targets, kind.link_of[kind.parent_link], getattr(request, kind.parent_link))
    own_rules.check_request(targets, kind.name, request)
    return parent, names.join(parent.fqn if parent is not None else None, name)


def document_name(kind: Kind, request: Any) -> str:
    """The name that an entity gets."""
    return request.name.lower() if kind.lower_names else request.name


def stamp(work: Work, document: Document) -> None:
    """Records who changed a document, and when."""
    document["updatedAt"] = work.now
    document["updatedBy"] = work.actor.name
    if work.actor.impersonated_by is not None:
        document["impersonatedBy"] = work.actor.impersonated_by
    else:
        document.pop("impersonatedBy", None)


def sanitised(document: Document) -> Document:
    """The document with its Markdown safe to show."""
    text: str = document.get("description") or ""
    if "<" in text or "]" in text:  # without one of these nothing can run
        from brokerbook.model import markdown  # noqa: PLC0415  its patterns take a fifth of a start to compile

        document["description"] = markdown.safe(text)
    return document


def live(tx: Tx, kind: Kind, entity_id: str) -> EntityRow:
    """The row of an entity that is not deleted, or EntityNotFound."""
    row = entities.find(tx, kind.name, entity_id)
    if row is None or row.deleted:
        raise EntityNotFound.of(kind.name, entity_id)
    return row


def _digest(work: Work, body: bytes | None, *, bare: bool) -> bytes | None:
    return work.sealer.put_digest(body, is_bot=work.actor.is_bot) if body is not None and bare else None


def _summary(work: Work, change: diff.Change) -> Document:
    tracked = change.fields & {"description", "owners"}
    return {field: {"changedBy": work.actor.name, "changedAt": work.now} for field in sorted(tracked)}
