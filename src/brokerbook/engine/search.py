"""Search over all kinds: which entities a caller may find, in which order, and how many there are.

An answer in the shape of OpenMetadata's search engine is made in `search_hits`, our own in `search_summary`.
"""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING, NamedTuple

from brokerbook.access import policy
from brokerbook.errors import BadRequest, NotAuthorized
from brokerbook.kinds import KINDS
from brokerbook.model.search import Words, positive
from brokerbook.store import entities
from brokerbook.store import search as store
from brokerbook.store.search import Order, Query

if TYPE_CHECKING:
    from collections.abc import Iterable

    from brokerbook.access.actor import Actor
    from brokerbook.model.search import Condition
    from brokerbook.store.assets import Seen
    from brokerbook.store.database import Tx
    from brokerbook.store.entities import EntityRow
    from brokerbook.store.search import Found, Place

MOST = 10_000
"""How far into what is found a page may reach that is asked for by an offset; the original has the same bound."""
OPERATION = "ViewBasic"
"""What a caller must be allowed to do with what he finds; answers show no more than it covers."""

# indexes

_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")


@functools.cache
def index_of(kind: str) -> str:
    """The name of the index that OpenMetadata keeps the entities of a kind in."""
    return f"{_HUMP.sub('_', kind).lower()}_search_index"


@functools.cache
def _indexes() -> dict[str, tuple[str, ...]]:
    found = {index_of(kind): (kind,) for kind in KINDS} | {kind: (kind,) for kind in KINDS}
    assets = tuple(kind.name for kind in KINDS.values() if kind.is_asset)
    return found | {"all": tuple(KINDS), "dataAsset": assets, "data_asset_search_index": assets}


def kinds_of(index: str) -> tuple[str, ...]:
    """The kinds whose entities lie in an index, or in several with commas between them; none in an unknown one."""
    names = [name.strip() for name in index.split(",")]
    return tuple(dict.fromkeys(kind for name in names for kind in _indexes().get(name, ())))


# who may find what


def seen(actor: Actor, kinds: Iterable[str]) -> Seen:
    """Which entities of these kinds the caller may find."""
    found: Seen = {}
    for name in kinds:
        try:
            found[name] = (policy.visible(actor, OPERATION, name), KINDS[name].inherited)
        except NotAuthorized:
            continue
    return found


# order

_SCORE = "_score"
_PLACES: dict[str, Place] = {
    _SCORE: "score",
    "name": "name",
    "displayName": "title",
    "fullyQualifiedName": "fqn",
    "entityType": "kind",
    "serviceType": "service_type",
    "id": "id",
    "_id": "id",
    "updatedAt": "updated_at",
}


def order(field: str, direction: str, after: list[str]) -> Order:
    """By a field or by `_score`, and behind the values that the `sort` of an earlier hit has."""
    name = field.removesuffix(".keyword") or _SCORE
    if name not in _PLACES:
        raise BadRequest(f"sort_field {field[:80]} is none of: {', '.join(sorted(_PLACES))}")
    if direction.lower() not in ("asc", "desc"):
        raise BadRequest("sort_order must be asc or desc")
    place = _PLACES[name]
    if not after:
        return Order(place, descending=direction.lower() == "desc")
    value: str | float = after[0]
    if place in ("score", "updated_at"):
        try:
            value = float(after[0])
        except ValueError:
            raise BadRequest(f"search_after of a search sorted by {name} has to be a number") from None
    return Order(place, descending=direction.lower() == "desc", after=(value, after[1] if len(after) > 1 else None))


class Page(NamedTuple):
    """What was found: some of it, with the rows of the entities, and how many there are in all."""

    found: list[Found]
    rows: dict[str, EntityRow]
    total: int


def page(
    tx: Tx, actor: Actor, kinds: Iterable[str], condition: Condition, by: Order, *, limit: int, offset: int
) -> tuple[Query, Page]:
    """What a condition finds that the caller may see."""
    if offset + limit > MOST:
        raise BadRequest(
            f"A page may reach to the {MOST:,}th of what is found. For more, sort by a field and hand over the sort "
            "values of the last hit as search_after."
        )
    query = Query(condition, seen(actor, kinds))
    if not query.seen or condition is False:
        return query, Page([], {}, 0)
    exact = " ".join(part.text for part in positive(condition) if isinstance(part, Words)).lower()
    by = by._replace(exact=exact)
    found, total = store.page(tx, query, by, limit=limit, offset=offset)
    rows = entities.find_many(tx, [one.id for one in found])
    # what the index has and the catalog has not was deleted this moment
    kept = [one for one in found if one.id in rows and rows[one.id].kind in query.seen]
    return query, Page(kept, rows, total)
