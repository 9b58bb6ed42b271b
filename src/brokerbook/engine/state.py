"""The whole of one entity while it is decided upon: document, links, secrets, and the row it came from."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec

from brokerbook.engine import message_schemas, refs
from brokerbook.store import relations

if TYPE_CHECKING:
    from collections.abc import Iterable

    from brokerbook.engine.refs import Item, Links
    from brokerbook.engine.secrets import Sealer, Secrets
    from brokerbook.kinds.kind import Document, Kind
    from brokerbook.store.database import Tx
    from brokerbook.store.entities import EntityRow


class State(NamedTuple):
    """An entity as it is, or as it is to be: `document` holds plain fields only, with masks where secrets are."""

    document: Document
    links: Links
    secrets: Secrets


class Loaded(NamedTuple):
    """A stored entity. `bare` says that it has no edges at all, hidden ones included, besides its followers'."""

    row: EntityRow
    state: State
    bare: bool


def load(tx: Tx, sealer: Sealer, kind: Kind, row: EntityRow) -> Loaded:
    """Everything that belongs to a stored entity."""
    edges = relations.of(tx, row.id)
    secrets = sealer.unseal(tx, row.id) if kind.sealed else {}
    document = message_schemas.opened(tx, kind, msgspec.json.decode(row.doc))
    state = State(document, refs.loaded(kind, edges), secrets)
    return Loaded(row, state, bare=all(edge.relation == "followers" for edge in edges))


def widened(tx: Tx, kind: Kind, found: Loaded, fields: Iterable[str]) -> Loaded:
    """A loaded entity with those of these links, too, that are stored at their other ends and can be set from here."""
    named = [link for link in kind.settable if link.field in fields]
    if not named:
        return found
    edges = relations.to_many(tx, [found.row.id], [link.reverse or "" for link in named])
    links = found.state.links | {link.field: refs.incoming(link, edges) for link in named}
    return found._replace(state=found.state._replace(links=links))


def plain_text(kind: Kind, document: Document, links: Links | None = None, was: str = "") -> str:
    """The stored form of a document: plain fields in the order of the struct; of a schema what it is found by.

    Of an entity whose schema is at hand, `links` and what `was` stored say whether its fields have labels.
    """
    if kind.schema is not None:
        document = message_schemas.referred(kind.schema, document, links or {}, was)
    return msgspec.json.encode({key: document[key] for key in kind.plain if key in document}).decode()


def shown_links(kind: Kind, links: Links) -> Document:
    """The links that a write's answer, a stored version and an event show."""
    return refs.shown(kind, links, {link.field for link in kind.on_write if links.get(link.field) or link.shown})


def spliced(text: str, extra: Document) -> str:
    """A JSON object with more keys at its end, without parsing it."""
    return f"{text[:-1]},{msgspec.json.encode(extra).decode()[1:]}" if extra else text


def without(text: str, hidden: frozenset[str]) -> str:
    """A stored document without these fields; most have none of them, and stay as they are."""
    if not any(f'"{field}":' in text for field in hidden):
        return text
    document: Document = msgspec.json.decode(text)
    return msgspec.json.encode({field: value for field, value in document.items() if field not in hidden}).decode()


def edge_changes(before: Links, after: Links) -> tuple[list[tuple[str, Item]], list[tuple[str, Item]]]:
    """(added or changed, removed) edges between two states of an entity's links: how the store calls each, and its item."""
    added: list[tuple[str, Item]] = []
    removed: list[tuple[str, Item]] = []
    for field, items in after.items():
        old = {(refs.relation(field, item), item.id): item for item in before.get(field, ())}
        new = {(refs.relation(field, item), item.id): item for item in items}
        added += [(key[0], item) for key, item in new.items() if key not in old or old[key].data != item.data]
        removed += [(key[0], item) for key, item in old.items() if key not in new]
    return added, removed
