"""What a search finds, in the shape of OpenMetadata's search engine: documents with scores, and aggregations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, cast

import msgspec

from brokerbook import names
from brokerbook.engine import read, search, search_facets, veil
from brokerbook.engine.read import Fields
from brokerbook.engine.search_filter import Malformed, condition, text_condition
from brokerbook.errors import EntityNotFound
from brokerbook.kinds import KINDS
from brokerbook.model.search import Is, Pattern, every
from brokerbook.store import entities
from brokerbook.store.search import Query

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from brokerbook.engine.read import Viewer
    from brokerbook.engine.search_facets import Bucket
    from brokerbook.kinds.kind import Document, Kind
    from brokerbook.model.search import Condition
    from brokerbook.store.database import Tx
    from brokerbook.store.search import Found, Order

_SHOWN = frozenset({"owners", "tags", "domains", "dataProducts", "experts", "reviewers"})
"""The references that documents show: those that a basic view covers, without what may be long."""
FACETS = (
    "entityType",
    "serviceType",
    "service.displayName.keyword",
    "owners.displayName.keyword",
    "tags.tagFQN",
    "tier.tagFQN",
    "domains.displayName.keyword",
    "dataProducts.displayName.keyword",
    "certification.tagLabel.tagFQN",
    "entityStatus",
    "deleted",
)


class Asked(NamedTuple):
    """What a search asks for; `deleted` None: whether deleted or not."""

    indexes: str
    text: str
    filters: tuple[str, ...]
    """Queries as JSON."""
    deleted: bool | None
    order: Order
    offset: int
    size: int
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    with_source: bool = True
    facets: tuple[str, ...] = ()


LONGEST_VALUE = 3100
"""Characters of a pattern for whole values: no name is longer."""


def wanted(tx: Tx, asked: Asked) -> Condition:
    """What a search asks for as a condition; filters that are not well formed are ignored."""
    parts = [text_condition(tx, asked.text)]
    for text in asked.filters:
        try:
            parts.append(condition(tx, text))
        except Malformed:
            continue
    if asked.deleted is not None:
        parts.append(Is("deleted", (Pattern("true" if asked.deleted else "false"),)))
    return every(*parts)


def answer(tx: Tx, viewer: Viewer, asked: Asked, sought: Condition | None = None) -> Document:
    """The answer to a search; a condition that is handed over replaces the text's and the filters'."""
    meant = wanted(tx, asked) if sought is None else sought
    kinds = search.kinds_of(asked.indexes)
    query, page = search.page(tx, viewer.actor, kinds, meant, asked.order, limit=asked.size, offset=asked.offset)
    sources = _sources(tx, viewer, page, asked) if asked.with_source else {}
    hits = [_hit(one, page.rows[one.id].kind, sources.get(one.id, {})) for one in page.found]
    found: Document = {"hits": {"total": {"value": page.total, "relation": "eq"}, "hits": hits}}
    if scores := [one.score for one in page.found if one.score is not None]:
        found["hits"]["max_score"] = max(scores)
    if asked.facets:
        found["aggregations"] = aggregations(search_facets.buckets(tx, query, asked.facets, size=10))
    return found


def _hit(one: Found, kind: str, source: Document) -> Document:
    found: Document = {"_index": search.index_of(kind), "_id": one.id, "_source": source, "sort": [one.place, one.id]}
    return found if one.score is None else found | {"_score": one.score}


# documents


def _sources(tx: Tx, viewer: Viewer, page: search.Page, asked: Asked) -> dict[str, Document]:
    ids: dict[str, list[str]] = {}
    for one in page.found:
        ids.setdefault(page.rows[one.id].kind, []).append(one.id)
    found: dict[str, Document] = {}
    for name, these in ids.items():
        texts = [page.rows[entity_id].doc for entity_id in these]
        for entity_id, document in zip(these, _documents(tx, viewer, KINDS[name], these, texts), strict=True):
            found[entity_id] = _chosen(document, asked.include, asked.exclude)
    return found


def _documents(tx: Tx, viewer: Viewer, kind: Kind, ids: Sequence[str], texts: Sequence[str]) -> list[Document]:
    """Entities as the search engine's documents; secrets are masked for everybody."""
    links = _SHOWN.intersection(link.field for link in kind.on_write)
    fields = Fields(links, operation=search.OPERATION, computed=frozenset({"extension"}) & kind.on_request)
    seen = veil.drawn_over(tx, viewer.actor, kind, ids, texts)
    return [_document(kind, msgspec.json.decode(text)) for text in read.bodies(tx, viewer, kind, ids, seen, fields)]


def _document(kind: Kind, document: Document) -> Document:
    labels = cast("list[Document]", document.get("tags") or [])
    tier = next((label for label in labels if label["tagFQN"].startswith(search_facets.TIER)), None)
    shown = {
        "entityType": kind.name,
        "displayName": document.get("displayName") or document["name"],
        "fqnParts": names.split(document["fullyQualifiedName"]),
        "tier": tier,
    }
    return document | {key: value for key, value in shown.items() if value is not None}


def _chosen(document: Document, include: Iterable[str], exclude: Iterable[str]) -> Document:
    """The parts of a document that are asked for, by dotted names of keys; all of it if none is named."""
    included = [path.split(".") for path in include if path not in ("", "*")]
    found: Any = _only(document, included) if included else document
    for path in exclude:
        found = _without(found, path.split("."))
    return found


def _only(value: Any, paths: list[list[str]]) -> Any:
    if any(not path for path in paths):
        return value
    if isinstance(value, list):
        return [_only(item, paths) for item in cast("list[Any]", value)]
    if not isinstance(value, dict):
        return value
    heads: dict[str, list[list[str]]] = {}
    for head, *rest in paths:
        heads.setdefault(head, []).append(rest)
    return {key: _only(item, heads[key]) for key, item in cast("Document", value).items() if key in heads}


def _without(value: Any, path: list[str]) -> Any:
    if isinstance(value, list):
        return [_without(item, path) for item in cast("list[Any]", value)]
    if not isinstance(value, dict):
        return value
    head, *rest = path
    items = cast("Document", value).items()
    return {key: _without(item, rest) if key == head else item for key, item in items if rest or key != head}


def document(tx: Tx, viewer: Viewer, index: str, entity_id: str) -> Document:
    """One entity as the search engine's document; EntityNotFound if it is not in the index."""
    kinds = search.kinds_of(index)
    row = entities.find_many(tx, [entity_id]).get(entity_id)
    if row is None or row.kind not in kinds:
        raise EntityNotFound(f"There is no document {entity_id} in the index {index[:80]}.")
    kind = KINDS[row.kind]
    read.may_view(tx, viewer, kind, row, search.OPERATION)
    return _documents(tx, viewer, kind, [row.id], [row.doc])[0]


# aggregations


def aggregations(buckets: dict[str, list[Bucket]]) -> Document:
    """Counts in the search engine's shape: the name of each has its type before it."""
    return {f"sterms#{field}": aggregation(found) for field, found in buckets.items()}


def aggregation(buckets: list[Bucket]) -> Document:
    """The counts of one field."""
    return {
        "doc_count_error_upper_bound": 0,
        "sum_other_doc_count": 0,
        "buckets": [{"key": bucket.key, "doc_count": bucket.n} for bucket in buckets],
    }


def counted(tx: Tx, viewer: Viewer, asked: Asked, field: str, containing: str) -> Document:
    """The commonest values of a field among what a search finds; as many as its size says."""
    query = Query(wanted(tx, asked), search.seen(viewer.actor, search.kinds_of(asked.indexes)))
    found = search_facets.buckets(tx, query, [field], size=asked.size, containing=containing)
    return aggregation(found[field])
