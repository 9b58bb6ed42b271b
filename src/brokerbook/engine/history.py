"""Earlier versions of entities, and the change events."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec

from brokerbook.access import policy
from brokerbook.engine import facts, message_schemas, read, refs, secrets, snapshots, veil, version
from brokerbook.engine.state import without
from brokerbook.errors import BadRequest, EntityNotFound, NotAuthorized
from brokerbook.kinds import KINDS
from brokerbook.store import entities, events, relations
from brokerbook.store import versions as store

if TYPE_CHECKING:
    from brokerbook.access.predicates import Predicate
    from brokerbook.engine.read import Viewer
    from brokerbook.engine.secrets import Secrets
    from brokerbook.kinds.kind import Kind
    from brokerbook.store.database import Tx
    from brokerbook.store.entities import EntityRow

_NO_SUCH = "{kind} instance for {id} and version {version} not found"


def versions(tx: Tx, viewer: Viewer, kind: Kind, entity_id: str) -> list[str]:
    """Every version of an entity as JSON text, newest first; the first is the current state."""
    row = _viewable(tx, viewer, kind, entity_id)
    stored = _readable(tx, kind, [current_text(tx, kind, row), *store.of(tx, entity_id)])
    clear = viewer.sealer.unseal(tx, entity_id) if viewer.actor.is_bot and kind.reveals else {}
    # Older versions show the mask to everybody: only the current secrets are kept.
    stored[0] = _clear_whole(stored[0], clear)
    return [veil.drawn(tx, viewer.actor, kind, row, text) for text in stored]


def _viewable(tx: Tx, viewer: Viewer, kind: Kind, entity_id: str) -> EntityRow:
    row = read.find(tx, kind, entity_id=entity_id, include="all")
    policy.check(viewer.actor, ("ViewBasic",), facts.of_row(tx, kind, row))
    return row


def _readable(tx: Tx, kind: Kind, texts: list[str]) -> list[str]:
    """Versions as answers show them: with their schemas, and without what only reads show that ask for it."""
    if kind.schema is None:
        return texts
    return message_schemas.whole_many(tx, [without(text, kind.by_name) for text in texts])


def current_text(tx: Tx, kind: Kind, row: EntityRow) -> str:
    """The current version as a stored one would be: with its links, without addresses."""
    return snapshots.text(tx, kind, row, refs.loaded(kind, relations.of(tx, row.id)))


def _clear_whole(text: str, found: Secrets) -> str:
    return msgspec.json.encode(secrets.joined(msgspec.json.decode(text), found)).decode() if found else text


def one_version(tx: Tx, viewer: Viewer, kind: Kind, entity_id: str, text: str) -> bytes:
    """One version of an entity; `text` is its number as in the path."""
    try:
        number = version.parsed(text)
    except ValueError:
        raise BadRequest(f'For input string: "{text}"') from None
    row = _viewable(tx, viewer, kind, entity_id)
    if number == row.version:
        clear = viewer.sealer.unseal(tx, entity_id) if viewer.actor.is_bot and kind.reveals else {}
        found: str | None = _clear_whole(current_text(tx, kind, row), clear)
    else:
        found = store.find(tx, entity_id, number)
    if found is None:
        raise EntityNotFound(_NO_SUCH.format(kind=kind.name, id=entity_id, version=text))
    found = veil.drawn(tx, viewer.actor, kind, row, found)
    return read.with_address(_readable(tx, kind, [found])[0], kind, entity_id, viewer.base).encode()


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
    rows, total = store.history(
        tx,
        kind.name,
        start=start,
        end=end,
        limit=limit + 1,
        position=before or after or NEWEST,
        backward=backward,
        predicate=policy.visible(viewer.actor, "ViewBasic", kind.name),
        inherited=kind.inherited,
    )
    more = len(rows) > limit
    rows = rows[:limit]
    if backward:
        rows.reverse()
    bodies: list[str] = []
    now = entities.find_many(tx, [row[1] for row in rows if row[4]])
    for _, entity_id, _, text, current in rows:
        if current:
            text = current_text(tx, kind, now[entity_id])  # noqa: PLW2901
        bodies.append(text)
    ids = [row[1] for row in rows]
    bodies = veil.drawn_over(tx, viewer.actor, kind, ids, _readable(tx, kind, bodies))
    bodies = [
        read.with_address(text, kind, entity_id, viewer.base) for entity_id, text in zip(ids, bodies, strict=True)
    ]
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
"""In one answer."""


class Place(NamedTuple):
    """A place among the events: all of an earlier time lie before it, and those of this time up to a number."""

    timestamp: int
    seq: int = -1


def events_since(
    tx: Tx, viewer: Viewer, place: Place, filters: dict[str, str], *, limit: int = MOST_EVENTS
) -> tuple[list[str], Place | None]:
    """Change events behind a place, oldest first, and the place behind which there are more, if there are.

    With `*` those of all kinds of which the caller may see any entity; a kind named that he may not see is refused.
    """
    wanted: list[tuple[str, str]] = []
    meant: dict[str, Predicate] = {}
    for parameter, types in EVENT_FILTERS.items():
        for name in (part.strip() for part in filters.get(parameter, "").split(",")):
            if not name:
                continue
            if name != "*" and name not in KINDS:
                raise BadRequest(f"Invalid entity {name} in query param {parameter}")
            for kind in KINDS if name == "*" else (name,):
                try:
                    meant[kind] = policy.visible(viewer.actor, "ViewAll", kind)
                except NotAuthorized:
                    if name != "*":
                        raise
                else:
                    wanted += [(event_type, kind) for event_type in types]
    limits = [(kind, seen, KINDS[kind].inherited) for kind, seen in meant.items() if seen is not True]
    found = events.since(tx, place, wanted, limit + 1, limits) if wanted else []
    last = found[limit - 1] if len(found) > limit else None
    docs = [message_schemas.whole_event(tx, told.doc) for told in found[:limit]]
    return docs, Place(last.timestamp, last.seq) if last is not None else None
