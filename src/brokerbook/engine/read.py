"""Reads: one entity, a page, versions, history, events.

Stored JSON passes through; it is decoded only for a bot that is to see secrets.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec

from brokerbook import names
from brokerbook.access import policy
from brokerbook.engine import refs, secrets, version
from brokerbook.engine.state import plain_text, shown_links, spliced
from brokerbook.errors import BadRequest, EntityNotFound
from brokerbook.kinds import KINDS
from brokerbook.store import entities, events, relations

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from brokerbook.access.actor import Actor
    from brokerbook.engine.secrets import Sealer, Secrets
    from brokerbook.engine.write import Outcome
    from brokerbook.kinds.kind import Document, Kind
    from brokerbook.store.database import Tx
    from brokerbook.store.entities import EntityRow
    from brokerbook.store.relations import Edge


class Viewer(NamedTuple):
    """Who reads, and what links in his answers are built on (`http://host:port`)."""

    actor: Actor
    base: str
    sealer: Sealer


class Fields(NamedTuple):
    """Which links a read asks for; `domain` adds the domain's name beside `domains`."""

    links: frozenset[str]
    domain: bool = False
    operation: str = "ViewBasic"


NO_FIELDS = Fields(frozenset())


def parsed_fields(kind: Kind, text: str) -> Fields:
    """From the query's `fields`: names separated by commas, or `*` alone; an unknown one is a BadRequest."""
    wanted = [name.strip() for name in text.split(",") if name.strip()]
    if wanted == ["*"]:
        return Fields(frozenset(kind.link_of), operation="ViewAll")
    for name in wanted:
        if name not in kind.fields:
            raise BadRequest(f"Invalid field name {name}")
    links = {name for name in wanted if name in kind.link_of}
    domain = "domain" in wanted
    if domain:
        links.add("domains")
    return Fields(frozenset(links), domain, policy.viewing(wanted))


def find(tx: Tx, kind: Kind, *, entity_id: str | None = None, name: str | None = None, include: str) -> EntityRow:
    """The entity by id or by name, if `include` lets it be seen; EntityNotFound else."""
    key = entity_id if entity_id is not None else name or ""
    if entity_id is not None:
        row = entities.find(tx, kind.name, entity_id)
    else:
        row = entities.find_by_fqn(tx, kind.name, refs.lookup_name(kind, key))
    if row is None or not _may_be_seen(row.deleted, include):
        raise EntityNotFound.of(kind.name, key)
    return row


def one(tx: Tx, viewer: Viewer, kind: Kind, row: EntityRow, fields: Fields) -> bytes:
    """An entity's JSON with the links asked for."""
    text = row.doc
    if viewer.actor.is_bot and kind.sealed:
        text = _clear(kind, text, viewer.sealer.unseal(tx, row.id))
    wanted = fields.links | kind.always
    if not wanted:
        return _addressed(text, kind, row.id, viewer.base)
    links = _links(tx, kind, [row.id], wanted)[row.id]
    return _addressed(
        spliced(text, _extra(kind, links, wanted, viewer.base, domain=fields.domain)), kind, row.id, viewer.base
    )


def answer(outcome: Outcome, viewer: Viewer, *, domain: bool) -> bytes:
    """A write's answer: the whole entity, secrets clear for a bot, links with their addresses."""
    kind, text = outcome.kind, outcome.text
    if viewer.actor.is_bot:
        text = _clear(kind, text, outcome.secrets)
    extra = _extra(kind, outcome.links, (link.field for link in kind.on_write), viewer.base, domain=domain)
    return _addressed(spliced(text, extra), kind, outcome.row.id, viewer.base)


def plain(
    tx: Tx, viewer: Viewer, kind: Kind, *, entity_id: str | None = None, name: str | None = None, include: str
) -> bytes:
    """An entity without links, to a person: the stored JSON as it is, with its address."""
    key = name if name is not None else entity_id or ""
    fqn = refs.lookup_name(kind, name) if name is not None else None
    found = entities.find_doc(tx, kind.name, entity_id=entity_id, fqn=fqn)
    if found is None or not _may_be_seen(found[1], include):
        raise EntityNotFound.of(kind.name, key)
    return _addressed(found[2], kind, found[0], viewer.base)


def _may_be_seen(deleted: int, include: str) -> bool:
    return include == "all" or bool(deleted) == (include == "deleted")


def unchanged(tx: Tx, viewer: Viewer, kind: Kind, name: str, body: bytes) -> bytes | None:
    """A PUT's answer, if its body is known to leave the top entity of that name as it is; None if it may not.

    The stored digest is of the body that made the entity what it is, and is kept only while it refers to nothing.
    """
    names.check(name)
    row = entities.find_by_fqn(tx, kind.name, refs.lookup_name(kind, name))
    if row is None or row.put_digest is None:
        return None
    if row.put_digest != viewer.sealer.put_digest(body, is_bot=viewer.actor.is_bot):
        return None
    policy.check(viewer.actor, ("EditAll",))
    text = row.doc
    if viewer.actor.is_bot:
        text = _clear(kind, text, viewer.sealer.unseal(tx, row.id))
    return _addressed(text[:-1] + kind.empty_links, kind, row.id, viewer.base)


def address(kind: Kind, entity_id: str, base: str) -> str:
    """Where an entity is found."""
    return f"{base}/api{kind.path}/{entity_id}"


def _addressed(text: str, kind: Kind, entity_id: str, base: str) -> bytes:
    return _with_address(text, kind, entity_id, base).encode()


def _with_address(text: str, kind: Kind, entity_id: str, base: str) -> str:
    return f'{text[:-1]},"href":"{base}/api{kind.path}/{entity_id}"}}'


def _clear(kind: Kind, text: str, found: Secrets) -> str:
    return plain_text(kind, secrets.joined(msgspec.json.decode(text), found)) if found else text


def _links(tx: Tx, kind: Kind, ids: Sequence[str], wanted: frozenset[str]) -> dict[str, refs.Links]:
    """For each entity its links, in at most two queries whatever the number of entities."""
    found: dict[str, refs.Links] = {}
    edges: dict[str, list[Edge]] = {entity_id: [] for entity_id in ids}
    if any(not kind.link_of[field].reverse for field in wanted):
        for edge in relations.of(tx, ids[0]) if len(ids) == 1 else relations.of_many(tx, ids):
            edges[edge.entity_id].append(edge)
    for entity_id in ids:
        found[entity_id] = refs.loaded(kind, edges[entity_id])
    reverse = [kind.link_of[field] for field in wanted if kind.link_of[field].reverse]
    if reverse:
        incoming = relations.to_many(tx, ids)
        for link in reverse:
            for entity_id in ids:
                found[entity_id][link.field] = refs.incoming(
                    link, (edge for edge in incoming if edge.entity_id == entity_id)
                )
    return found


def _extra(kind: Kind, links: refs.Links, wanted: Iterable[str], base: str, *, domain: bool) -> Document:
    shown = refs.shown(kind, links, frozenset(wanted))
    extra: Document = {field: _with_href(value, base) for field, value in shown.items()}
    if domain and extra.get("domains"):
        extra["domain"] = extra["domains"][0]["fullyQualifiedName"]
    return extra


def _with_href(value: list[Document] | Document, base: str) -> list[Document] | Document:
    if isinstance(value, list):
        return [_reference_with_href(item, base) for item in value]
    return _reference_with_href(value, base)


def _reference_with_href(item: Document, base: str) -> Document:
    if "tagFQN" in item:
        return item
    return item | {"href": address(KINDS[item["type"]], item["id"], base)}


# lists


class Cursor(NamedTuple):
    """A place in a list: the row that the page begins behind, or ends before."""

    name: str
    id: str


def page(
    tx: Tx,
    viewer: Viewer,
    kind: Kind,
    fields: Fields,
    *,
    include: str,
    limit: int,
    after: Cursor | None = None,
    before: Cursor | None = None,
    domain: str | None = None,
) -> tuple[list[str], int, Cursor | None, Cursor | None]:
    """(entities as JSON, total, cursor after, cursor before) of one page."""
    domain_id = refs.Targets(tx).by_fqn("domain", domain).id if domain else None
    total = entities.count(tx, kind.name, include=include, domain_id=domain_id)
    if limit == 0:
        return [], total, None, None

    def rows_by(limit: int, *, after: Cursor | None = None, before: Cursor | None = None) -> entities.Page:
        return entities.page(
            tx, kind.name, include=include, limit=limit, after=after, before=before, domain_id=domain_id
        )

    found = rows_by(limit, after=after, before=before)
    rows = found.rows
    if not rows:
        return [], total, None, None
    first, last = Cursor(rows[0].name, rows[0].id), Cursor(rows[-1].name, rows[-1].id)
    # What lay on the side that the caller came from may have been deleted since.
    more_before = found.before and (after is None or rows_by(0, before=first).before)
    more_after = found.after and (before is None or rows_by(0, after=last).after)
    texts = [row.doc for row in rows]
    ids = [row.id for row in rows]
    if viewer.actor.is_bot and kind.sealed:
        clear = viewer.sealer.unseal_many(tx, ids)
        texts = [_clear(kind, row.doc, clear[row.id]) if row.id in clear else row.doc for row in rows]
    wanted = fields.links | kind.always
    if wanted:
        links = _links(tx, kind, ids, wanted)
        texts = [
            spliced(text, _extra(kind, links[entity_id], wanted, viewer.base, domain=fields.domain))
            for text, entity_id in zip(texts, ids, strict=True)
        ]
    start = f',"href":"{viewer.base}/api{kind.path}/'
    bodies = [f'{text[:-1]}{start}{entity_id}"}}' for text, entity_id in zip(texts, ids, strict=True)]
    return bodies, total, last if more_after else None, first if more_before else None


# versions

_NO_SUCH = "{kind} instance for {id} and version {version} not found"


def versions(tx: Tx, viewer: Viewer, kind: Kind, entity_id: str) -> list[str]:
    """Every version of an entity as JSON text, newest first; the first is the current state."""
    row = find(tx, kind, entity_id=entity_id, include="all")
    stored = [current_text(tx, kind, row), *entities.versions(tx, entity_id)]
    clear = viewer.sealer.unseal(tx, entity_id) if viewer.actor.is_bot and kind.sealed else {}
    # Older versions show the mask to everybody: only the current secrets are kept.
    return [_clear_whole(stored[0], clear), *stored[1:]]


def current_text(tx: Tx, kind: Kind, row: EntityRow) -> str:
    """The current version as a stored one would be: with its links, without addresses."""
    return spliced(row.doc, shown_links(kind, refs.loaded(kind, relations.of(tx, row.id))))


def _clear_whole(text: str, found: Secrets) -> str:
    return msgspec.json.encode(secrets.joined(msgspec.json.decode(text), found)).decode() if found else text


def one_version(tx: Tx, viewer: Viewer, kind: Kind, entity_id: str, text: str) -> bytes:
    """One version of an entity; `text` is its number as in the path."""
    try:
        number = version.parsed(text)
    except ValueError:
        raise BadRequest(f'For input string: "{text}"') from None
    row = find(tx, kind, entity_id=entity_id, include="all")
    if number == row.version:
        clear = viewer.sealer.unseal(tx, entity_id) if viewer.actor.is_bot and kind.sealed else {}
        found: str | None = _clear_whole(current_text(tx, kind, row), clear)
    else:
        found = entities.find_version(tx, entity_id, number)
    if found is None:
        raise EntityNotFound(_NO_SUCH.format(kind=kind.name, id=entity_id, version=text))
    return _addressed(found, kind, entity_id, viewer.base)


class Moment(NamedTuple):
    """A place in a history: the version that a page begins behind, or ends before."""

    updated_at: int
    id: str
    version: int


NEWEST = Moment(2**62, "~", 2**31)
"""Before anything."""


def history(
    tx: Tx,
    viewer: Viewer,
    kind: Kind,
    *,
    start: int,
    end: int,
    limit: int,
    after: Moment | None,
    before: Moment | None,
) -> tuple[list[str], int, Moment | None, Moment | None]:
    """(versions as JSON, total, cursor after, cursor before) of all entities of a kind, newest first."""
    backward = before is not None
    rows = entities.history(
        tx,
        kind.name,
        start=start,
        end=end,
        limit=limit + 1,
        position=before or after or NEWEST,
        backward=backward,
    )
    more = len(rows) > limit
    rows = rows[:limit]
    if backward:
        rows.reverse()
    bodies: list[str] = []
    for _, entity_id, _, text, current in rows:
        if current:
            text = spliced(text, shown_links(kind, refs.loaded(kind, relations.of(tx, entity_id))))  # noqa: PLW2901
        bodies.append(_with_address(text, kind, entity_id, viewer.base))
    total = entities.count_history(tx, kind.name, start=start, end=end)
    if not rows:
        return [], total, None, None
    has_after, has_before = (True, more) if backward else (more, after is not None)
    first, last = rows[0], rows[-1]
    return (
        bodies,
        total,
        Moment(last[0], last[1], last[2]) if has_after else None,
        Moment(first[0], first[1], first[2]) if has_before else None,
    )


# events

EVENT_FILTERS = {
    "entityCreated": ("entityCreated",),
    "entityUpdated": ("entityUpdated", "entityFieldsChanged"),
    "entityRestored": ("entityRestored",),
    "entityDeleted": ("entityDeleted", "entitySoftDeleted"),
}
"""Query parameter of `GET /v1/events` → the types of events that it selects."""

MOST_EVENTS = 1000


def events_since(tx: Tx, timestamp: int, filters: dict[str, str]) -> list[str]:
    """Change events from a time on, oldest first, at most 1000; ask again from the last one's time for more."""
    wanted: list[tuple[str, str]] = []
    for parameter, types in EVENT_FILTERS.items():
        for name in (part.strip() for part in filters.get(parameter, "").split(",")):
            if not name:
                continue
            if name != "*" and name not in KINDS:
                raise BadRequest(f"Invalid entity {name} in query param {parameter}")
            kinds = KINDS if name == "*" else (name,)
            wanted += [(event_type, kind) for event_type in types for kind in kinds]
    return events.since(tx, timestamp, wanted, MOST_EVENTS) if wanted else []
