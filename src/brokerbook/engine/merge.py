"""Stored and requested to next: what a PUT does to an entity that exists. Pure.

Rules: contract, "PUT semantics", rulings 5 and 13. A PUT never removes what links an entity to others; a person's PUT
removes a description or display name by leaving it out; a bot never overwrites what is there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from brokerbook.engine.diff import COMMON
from brokerbook.engine.state import State

if TYPE_CHECKING:
    from brokerbook.engine.refs import Item, Links
    from brokerbook.kinds.kind import Document, Kind

_NOT_FOR_BOTS = frozenset({"extension"})
"""Plain fields that a bot's PUT leaves as they are, there or not."""


def put(kind: Kind, stored: State, asked: Document, links: Links, *, is_bot: bool, override: bool = False) -> State:
    """The entity after a PUT: `asked` holds the plain fields given, `links` the links given.

    With `override` a bot's values replace those that are there, tags too; what it leaves out stays.
    Secrets are the stored ones still; the caller splits the result's document against them.
    """
    document = {key: value for key, value in stored.document.items() if key not in kind.removed_on_put or is_bot}
    for field, value in asked.items():
        if field in COMMON or field in kind.immutable:
            continue
        if is_bot and not override and field in _NOT_FOR_BOTS:
            continue
        if is_bot and not override and field in kind.removed_on_put and stored.document.get(field):
            continue
        document[field] = value
    if "deleted" in document:
        document["deleted"] = False
    merged = dict(stored.links)
    for field, items in links.items():
        link, there = kind.link_of[field], stored.links.get(field, [])
        if link.union_on_put and not override:
            merged[field] = _union(there, items)
        elif link.given == "relations":
            merged[field] = _related(there, items)
        elif override or not (is_bot and there and not link.bot_may_replace):
            merged[field] = items
    return State(document, merged, stored.secrets)


def _related(there: list[Item], given: list[Item]) -> list[Item]:
    """A request to create says what is related and not how: what is related already stays so, in all its types."""
    named, known = {item.id for item in given}, {item.id for item in there}
    kept = [item for item in there if item.id in named] + [item for item in given if item.id not in known]
    return sorted(kept, key=lambda item: (item.shown["term"]["name"], item.id, item.shown["relationType"]))


def _union(there: list[Item], given: list[Item]) -> list[Item]:
    items = {item.id: item for item in given} | {item.id: item for item in there}
    return sorted(items.values(), key=lambda item: item.shown["tagFQN"])
