"""The catalog's own answer to a search: references to what was found, where the words stand in it, and what there is."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from brokerbook.engine import read, refs, search, search_facets, search_fields, search_words
from brokerbook.engine.search_filter import text_condition
from brokerbook.engine.search_matches import matches
from brokerbook.errors import BadRequest, EntityNotFound
from brokerbook.kinds import KINDS
from brokerbook.model.search import Is, LiesIn, Pattern, Refers, any_of, every, positive
from brokerbook.store import search as store
from brokerbook.store.search import Order

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from brokerbook.engine.read import Viewer
    from brokerbook.kinds.kind import Document
    from brokerbook.model.search import Condition
    from brokerbook.store.database import Tx
    from brokerbook.store.entities import EntityRow

FACETS = {
    "kind": "entityType",
    "serviceType": "serviceType",
    "service": "service.fullyQualifiedName",
    "owner": "owners.name",
    "domain": "domains.fullyQualifiedName",
    "tag": "tags.tagFQN",
    "tier": "tier.tagFQN",
}
"""What answers count by, and the field that it stands for."""
FILTERS = {"owner": "owners", "domain": "domains", "tag": "tags", "service": "service"}
"""Query parameter → the reference that it filters by."""
_DELETED = {"non-deleted": "false", "deleted": "true"}


class Asked(NamedTuple):
    """What a search asks for; of several values of one filter any will do."""

    text: str
    kinds: tuple[str, ...]
    filters: Mapping[str, Sequence[str]]
    include: str
    limit: int
    offset: int
    with_facets: bool


class Answer(NamedTuple):
    """References with `matched`, how many there are in all, and field → value → how many have it."""

    data: list[Document]
    total: int
    facets: dict[str, list[Document]]


def answer(tx: Tx, viewer: Viewer, asked: Asked) -> Answer:
    """What the caller may see of what is asked for, what is called like the text first."""
    if unknown := [kind for kind in asked.kinds if kind not in KINDS]:
        raise BadRequest(f"[query param kind: {unknown[0][:80]} is none of {', '.join(KINDS)}]")
    said = text_condition(tx, asked.text, prefix=True)
    by = Order("score", descending=True) if said is not True else Order("name", descending=False)
    sought = every(said, *_filters(tx, asked))
    query, page = search.page(
        tx, viewer.actor, asked.kinds or tuple(KINDS), sought, by, limit=asked.limit, offset=asked.offset
    )
    data = _shown(tx, viewer, [page.rows[one.id] for one in page.found], said)
    facets: dict[str, list[Document]] = {}
    if asked.with_facets:
        counted = search_facets.buckets(tx, query, FACETS.values(), size=20)
        facets = {
            name: [{"value": bucket.key, "count": bucket.n} for bucket in counted[field]]
            for name, field in FACETS.items()
        }
    return Answer(data, page.total, facets)


def _filters(tx: Tx, asked: Asked) -> list[Condition]:
    found: list[Condition] = []
    if asked.include in _DELETED:
        found.append(Is("deleted", (Pattern(_DELETED[asked.include]),)))
    for name, field in FILTERS.items():
        if texts := asked.filters.get(name):
            found.append(any_of(*(_referring(tx, name, field, text) for text in texts)))
    return found


def _referring(tx: Tx, name: str, field: str, text: str) -> Condition:
    """What refers to what is called so: by its fully qualified name, or its id."""
    to = search_fields.REFERENCES[field]
    pattern = Pattern(text.lower())
    ids = store.named(tx, to.kinds, "fullyQualifiedName", [pattern]) or store.named(tx, to.kinds, "id", [pattern])
    if not ids:
        raise EntityNotFound.of(name, text)
    if field == "service":
        return LiesIn(tuple(ids))
    if field == "tags":
        ids = store.with_terms(tx, ids)
    return Refers(field, tuple(ids), search_fields.inheriting(field))


def _shown(tx: Tx, viewer: Viewer, rows: Sequence[EntityRow], said: Condition) -> list[Document]:
    sought = positive(said)
    entries = search_words.entries(tx, rows)
    fields = search_words.field_names(tx, rows)
    found: list[Document] = []
    for row, entry, names in zip(rows, entries, fields, strict=True):
        shown = {
            "href": read.address(KINDS[row.kind], row.id, viewer.base),
            "matched": [match._asdict() for match in matches(entry, names, sought)],
        }
        found.append(refs.reference(row) | shown)
    return found
