"""Lists: a page of the entities that the caller may see, and how many there are of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from brokerbook.access import policy
from brokerbook.access.predicates import conjunction
from brokerbook.engine import read, veil
from brokerbook.errors import NotAuthorized
from brokerbook.store import entities

if TYPE_CHECKING:
    from brokerbook.access.actor import Actor
    from brokerbook.access.predicates import Predicate
    from brokerbook.engine.read import Fields, Viewer
    from brokerbook.kinds.kind import Kind
    from brokerbook.store.database import Tx


class Cursor(NamedTuple):
    """A place in a list: the row that the page begins behind, or ends before."""

    name: str
    id: str


class Listing(NamedTuple):
    """A page: entities as JSON, how many there are in all, and the cursors on either side."""

    bodies: list[str]
    total: int
    after: Cursor | None = None
    before: Cursor | None = None


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
    meant: Predicate = True,
) -> Listing:
    """One page of the entities that are meant, in the order of names; only those that the caller may see count."""
    seen = policy.visible(viewer.actor, fields.operation, kind.name)
    found = entities.page(
        tx,
        kind.name,
        include=include,
        limit=limit,
        after=after,
        before=before,
        predicate=conjunction(seen, meant),
        inherited=kind.inherited,
    )
    rows = found.rows
    if not rows:
        return Listing([], found.total)
    first, last = Cursor(rows[0].name, rows[0].id), Cursor(rows[-1].name, rows[-1].id)
    ids = [row.id for row in rows]
    texts = [row.doc for row in rows]
    if viewer.actor.is_bot and kind.reveals:
        clear = viewer.sealer.unseal_many(tx, ids)
        texts = [read.clear_text(kind, row.doc, clear[row.id]) if row.id in clear else row.doc for row in rows]
    texts = veil.drawn_over(tx, viewer.actor, kind, ids, texts)
    bodies = read.bodies(tx, viewer, kind, ids, texts, fields, epoch=found.epoch)
    return Listing(bodies, found.total, last if found.after else None, first if found.before else None)


def count(tx: Tx, actor: Actor, kind: Kind, *, include: str) -> int:
    """How many entities of a kind the caller may see: as many as his lists have, none if he may not list them."""
    try:
        seen = policy.visible(actor, "ViewBasic", kind.name)
    except NotAuthorized:
        return 0
    found = entities.page(tx, kind.name, include=include, limit=0, predicate=seen, inherited=kind.inherited)
    return found.total
