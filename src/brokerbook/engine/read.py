"""Reads of one entity, and what an answer is made of. Lists are in `listing`, earlier versions in `history`.

Stored JSON passes through; it is decoded only for a bot that is to see secrets, where a computed field stands in it, or
where it holds what is shown on request only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, cast

import msgspec

from brokerbook import names
from brokerbook.access import policy
from brokerbook.engine import complete, computed, facts, message_schemas, parents, refs, rendering, secrets, veil
from brokerbook.engine.state import plain_text, spliced, without
from brokerbook.errors import BadRequest, EntityNotFound
from brokerbook.kinds import KINDS
from brokerbook.store import entities, relations

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
    """Which links and computed fields a read asks for; `domain` adds the domain's name beside `domains`.

    Stored fields that only some reads show count as computed ones.
    """

    links: frozenset[str]
    domain: bool = False
    operation: str = "ViewBasic"
    computed: frozenset[str] = frozenset()


NO_FIELDS = Fields(frozenset())


def parsed_fields(kind: Kind, text: str) -> Fields:
    """From the query's `fields`: names separated by commas, or `*` alone; an unknown one is a BadRequest."""
    wanted = [name.strip() for name in text.split(",") if name.strip()]
    if wanted == ["*"]:
        more = (computed.fields(kind) - computed.BY_NAME) | (kind.on_request - kind.by_name)
        links = frozenset(link.field for link in kind.links if link.shown)
        return Fields(links, operation="ViewAll", computed=more)
    for name in wanted:
        if name not in kind.fields and name not in computed.inner(kind):
            raise BadRequest(f"Invalid field name {name}")
    links = {name for name in wanted if name in kind.link_of}
    domain = "domain" in wanted
    if domain:
        links.add("domains")
    more = (computed.fields(kind) | kind.on_request).intersection(computed.with_brought(kind, wanted))
    return Fields(frozenset(links), domain, policy.viewing(wanted), more)


def find(tx: Tx, kind: Kind, *, entity_id: str | None = None, name: str | None = None, include: str) -> EntityRow:
    """The entity by id or by name, if `include` lets it be seen; EntityNotFound else."""
    key = entity_id if entity_id is not None else name or ""
    if entity_id is not None:
        row = entities.find(tx, kind.name, entity_id)
    else:
        row = entities.find_by_fqn(tx, kind.name, refs.lookup_name(kind, key))
    if row is None or not may_be_seen(row.deleted, include):
        raise EntityNotFound.of(kind.name, key)
    return row


def may_view(tx: Tx, viewer: Viewer, kind: Kind, row: EntityRow, operation: str) -> None:
    """Refuses a caller who may not see the entity."""
    policy.check(viewer.actor, (operation,), facts.of_row(tx, kind, row))


def one(tx: Tx, viewer: Viewer, kind: Kind, row: EntityRow, fields: Fields) -> bytes:
    """An entity's JSON with the links and computed fields asked for."""
    text = row.doc
    if viewer.actor.is_bot and kind.reveals:
        text = clear_text(kind, text, viewer.sealer.unseal(tx, row.id))
    text = veil.drawn(tx, viewer.actor, kind, row, text)
    return bodies(tx, viewer, kind, [row.id], [text], fields)[0].encode()


def bodies(
    tx: Tx,
    viewer: Viewer,
    kind: Kind,
    ids: Sequence[str],
    texts: Sequence[str],
    fields: Fields,
    *,
    epoch: str | None = None,
) -> list[str]:
    """Entities as JSON, from their stored documents, with the links and computed fields asked for.

    A list tells the epoch of what its entities refer to, if it is known, and gets the same in a shorter way.
    """
    if hidden := kind.on_request - (fields.computed - computed.fields(kind)):
        texts = [without(text, hidden) for text in texts]
    if kind.schema is not None:
        texts = message_schemas.whole_many(tx, texts)
        if "schemas" in fields.computed:
            texts = [message_schemas.with_further(tx, text) for text in texts]
    if not (fields.links or fields.computed or kind.always or computed.always(kind)):
        start = f',"href":"{viewer.base}/api{kind.path}/'
        return [f'{text[:-1]}{start}{entity_id}"}}' for text, entity_id in zip(texts, ids, strict=True)]
    if epoch is not None and (written := _written(tx, viewer, kind, ids, texts, fields, epoch)) is not None:
        return written
    extra = _extras(tx, viewer, kind, ids, fields)
    return [
        _extended(kind, entity_id, text, extra[entity_id], viewer.base)
        for entity_id, text in zip(ids, texts, strict=True)
    ]


def _written(
    tx: Tx, viewer: Viewer, kind: Kind, ids: Sequence[str], texts: Sequence[str], fields: Fields, epoch: str
) -> list[str] | None:
    if fields.computed or fields.domain or kind.always or computed.always(kind):
        return None
    if not rendering.is_simple(kind, fields.links):
        return None
    links = rendering.extras(tx, kind, ids, fields.links, viewer.base, epoch)
    if links is None:
        return None
    start = f',"href":"{viewer.base}/api{kind.path}/'
    return [f'{text[:-1]}{link}{start}{one}"}}' for text, link, one in zip(texts, links, ids, strict=True)]


def completed(tx: Tx, actor: Actor, outcome: Outcome) -> Outcome:
    """A write's outcome with what its answer shows the caller, besides what is stored."""
    kind, entity_id = outcome.kind, outcome.row.id
    links = {entity_id: {field: list(items) for field, items in outcome.links.items()}}
    wanted = frozenset(link.field for link in kind.on_write)
    complete.links(tx, kind, links, wanted)
    computed.adjust(tx, kind, links, wanted)
    always = computed.always(kind)
    values = computed.values(tx, kind, [entity_id], always)[entity_id] if always else {}
    if kind.shows_parent and outcome.row.parent_id and kind.shows_parent not in values:  # it has just been deleted
        values[kind.shows_parent] = parents.reference(tx, outcome.row.parent_id)
    text = veil.drawn(tx, actor, kind, outcome.row, outcome.text)
    if kind.schema is not None:
        text = message_schemas.whole(tx, without(text, kind.by_name), links[entity_id])
        links[entity_id].pop(message_schemas.LABELS, None)
    return outcome._replace(links=links[entity_id], computed=values, text=text)


def answer(outcome: Outcome, viewer: Viewer, *, domain: bool) -> bytes:
    """A write's answer: the whole entity, secrets clear for a bot, links with their addresses."""
    kind, text = outcome.kind, outcome.text
    if viewer.actor.is_bot:
        text = clear_text(kind, text, outcome.secrets)
    shown = [link.field for link in (*kind.on_write, *kind.settable) if link.field in outcome.links]
    extra = _extra(kind, outcome.links, shown, viewer.base, domain=domain)
    extra |= {field: _with_href(value, viewer.base) for field, value in outcome.computed.items()}
    return _extended(kind, outcome.row.id, text, extra, viewer.base).encode()


def plain(
    tx: Tx, viewer: Viewer, kind: Kind, *, entity_id: str | None = None, name: str | None = None, include: str
) -> bytes:
    """An entity without links, to a person: the stored JSON as it is, with its address."""
    key = name if name is not None else entity_id or ""
    fqn = refs.lookup_name(kind, name) if name is not None else None
    found = entities.find_doc(tx, kind.name, entity_id=entity_id, fqn=fqn)
    if found is None or not may_be_seen(found[1], include):
        raise EntityNotFound.of(kind.name, key)
    return _addressed(without(found[2], kind.on_request), kind, found[0], viewer.base)


def may_be_seen(deleted: int, include: str) -> bool:
    """Whether `include` lets an entity be seen."""
    return include == "all" or bool(deleted) == (include == "deleted")


def unchanged(tx: Tx, viewer: Viewer, kind: Kind, name: str, body: bytes) -> bytes | None:
    """A PUT's answer, if its body is known to leave the top entity of that name as it is; None if it may not.

    The stored digest is of the body that made the entity what it is, and is kept only while it refers to nothing.
    """
    names.check(name)
    if kind.name in computed.ADJUSTED or kind.veil is not None:
        return None  # it shows references even when it has none; or not all of it to everybody
    row = entities.find_by_fqn(tx, kind.name, refs.lookup_name(kind, name))
    if row is None or row.put_digest is None:
        return None
    if row.put_digest != viewer.sealer.put_digest(body, is_bot=viewer.actor.is_bot):
        return None
    policy.check(viewer.actor, ("EditAll",), facts.of_row(tx, kind, row))
    text = row.doc
    if viewer.actor.is_bot:
        text = clear_text(kind, text, viewer.sealer.unseal(tx, row.id))
    return _addressed(text[:-1] + kind.empty_links, kind, row.id, viewer.base)


def address(kind: Kind, entity_id: str, base: str) -> str:
    """Where an entity is found."""
    return f"{base}/api{kind.path}/{entity_id}"


def _extended(kind: Kind, entity_id: str, text: str, extra: Document, base: str) -> str:
    """A stored document with more at its end, and its address; what replaces a plain field stands in its place."""
    if computed.replaces(kind, extra):
        document: Document = msgspec.json.decode(text)
        for field in extra.keys() & document.keys():
            document[field] = extra.pop(field)
        text = plain_text(kind, document)
    return with_address(spliced(text, extra), kind, entity_id, base)


def _addressed(text: str, kind: Kind, entity_id: str, base: str) -> bytes:
    return with_address(text, kind, entity_id, base).encode()


def with_address(text: str, kind: Kind, entity_id: str, base: str) -> str:
    """A JSON object with the entity's `href` at its end."""
    return f'{text[:-1]},"href":"{base}/api{kind.path}/{entity_id}"}}'


def clear_text(kind: Kind, text: str, found: Secrets) -> str:
    """A stored document as a bot sees it, with its secrets unless they are for nobody to read."""
    return plain_text(kind, secrets.joined(msgspec.json.decode(text), found)) if found and kind.reveals else text


def _extras(tx: Tx, viewer: Viewer, kind: Kind, ids: Sequence[str], fields: Fields) -> dict[str, Document]:
    """For each entity what is to be shown besides its document, in a fixed number of queries."""
    wanted = fields.links | kind.always
    asked = fields.computed | computed.always(kind)
    links: dict[str, refs.Links] = _links(tx, kind, ids, wanted) if wanted else {entity_id: {} for entity_id in ids}
    values = computed.values(tx, kind, ids, asked) if asked else {}
    return {
        entity_id: _extra(kind, links[entity_id], wanted, viewer.base, domain=fields.domain)
        | {field: _with_href(value, viewer.base) for field, value in values.get(entity_id, {}).items()}
        for entity_id in ids
    }


def _links(tx: Tx, kind: Kind, ids: Sequence[str], wanted: frozenset[str]) -> dict[str, refs.Links]:
    found: dict[str, refs.Links] = {}
    edges: dict[str, list[Edge]] = {entity_id: [] for entity_id in ids}
    if any(not kind.link_of[field].reverse for field in wanted):
        for edge in relations.of(tx, ids[0]) if len(ids) == 1 else relations.of_many(tx, ids):
            edges[edge.entity_id].append(edge)
    for entity_id in ids:
        found[entity_id] = refs.loaded(kind, edges[entity_id])
    reverse = [kind.link_of[field] for field in wanted if kind.link_of[field].reverse]
    if reverse:
        incoming: dict[str, list[Edge]] = {entity_id: [] for entity_id in ids}
        for edge in relations.to_many(tx, ids, {link.reverse or "" for link in reverse}):
            incoming[edge.entity_id].append(edge)
        for link in reverse:
            for entity_id in ids:
                found[entity_id][link.field] = refs.incoming(link, incoming[entity_id])
    complete.links(tx, kind, found, wanted)
    computed.adjust(tx, kind, found, wanted)
    return found


def _extra(kind: Kind, links: refs.Links, wanted: Iterable[str], base: str, *, domain: bool) -> Document:
    shown = refs.shown(kind, links, frozenset(wanted))
    extra: Document = {field: _with_href(value, base) for field, value in shown.items()}
    if domain and extra.get("domains"):
        extra["domain"] = extra["domains"][0]["fullyQualifiedName"]
    return extra


def _with_href(value: Any, base: str) -> Any:
    """A computed or linked value with the addresses of the references in it."""
    if isinstance(value, list):
        return [_with_href(item, base) for item in cast("list[Any]", value)]
    if not isinstance(value, dict):
        return value
    item = cast("Document", value)
    if "tagFQN" in item:
        return item
    kind, entity_id = item.get("type"), item.get("id")
    # a value of a custom property may look like a reference and be none
    if not isinstance(kind, str) or kind not in KINDS or not isinstance(entity_id, str):
        return {key: _with_href(inner, base) for key, inner in item.items()}
    return item | {"href": address(KINDS[kind], entity_id, base)}
