"""The shapes of search on the wire: OpenMetadata's search engine's, and the catalog's own."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from brokerbook.model.wire import EntityReference, Paging, Wire

Document = Annotated[
    dict[str, Any], Meta(description="An entity with `entityType`, `fqnParts` and `tier`; secrets masked.")
]


class Total(Struct, frozen=True, kw_only=True):
    """How many were found; `relation` is always `eq`."""

    value: int
    relation: str


class Hit(
    Struct, frozen=True, kw_only=True, rename={"index": "_index", "id": "_id", "score": "_score", "source": "_source"}
):
    """One entity that was found; `sort` is what `search_after` takes. Only what is sorted by its score has one."""

    index: str
    id: str
    score: float | None = None
    source: dict[str, Any]
    sort: list[str | float]


class Hits(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What was found."""

    total: Total
    max_score: float | None = None
    hits: list[Hit]


class Bucket(Struct, frozen=True, kw_only=True):
    """A value, and how many have it."""

    key: str
    doc_count: int


class Aggregation(Struct, frozen=True, kw_only=True):
    """The commonest values of a field."""

    doc_count_error_upper_bound: int
    sum_other_doc_count: int
    buckets: list[Bucket]


class SearchAnswer(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An answer in the shape of the search engine; `timed_out`: a large import is not indexed yet, more may be found soon."""

    took: int
    timed_out: bool
    hits: Hits
    aggregations: dict[str, Aggregation] | None = None


class AggregationsAnswer(Struct, frozen=True, kw_only=True):
    """Counts alone; `suggest` repeats them under the name that OpenMetadata's SDK reads."""

    aggregations: dict[str, Aggregation]


class AggregateRequest(Wire, frozen=True, kw_only=True):
    """What to count: the commonest values of a field that contain `fieldValue`, of what is soft-deleted or is not."""

    query: str | None = None
    index: str | None = None
    fieldName: str | None = None
    fieldValue: str | None = None
    size: Annotated[int, Meta(ge=0, le=1000)] | None = None
    sourceFields: list[str] | None = None
    deleted: bool | None = False


class Match(Struct, frozen=True, kw_only=True):
    """A field that says what was sought, and the text around it."""

    field: str
    text: str


class FoundEntity(EntityReference, frozen=True, kw_only=True):
    """A reference to an entity that was found, and where the words stand in it."""

    matched: list[Match]


class Count(Struct, frozen=True, kw_only=True):
    """A value, and how many of what was found have it."""

    value: str
    count: int


class SearchSummary(Struct, frozen=True, kw_only=True):
    """What was found, what is called like the text first; `behind`: how many changes of a large import are not indexed yet."""

    data: list[FoundEntity]
    paging: Paging
    facets: dict[str, list[Count]]
    behind: int = msgspec.field(default=0)
