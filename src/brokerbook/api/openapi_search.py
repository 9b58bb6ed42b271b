"""The words of the API's description for the query parameters of searches, which mean nothing elsewhere."""

from __future__ import annotations

from typing import Any

from brokerbook.kinds import KINDS

Json = dict[str, Any]

_PATH = "/api/v1/search"
_TEXT: Json = {"type": "string", "maxLength": 4000}
_VALUE: Json = {"type": "string", "maxLength": 3100}
_NAME: Json = {"type": "string", "maxLength": 3072}
_QUERY: Json = {"type": "string"}
_FLAG: Json = {"type": "boolean", "default": False}
_WINDOW: Json = {"type": "integer", "minimum": 0, "maximum": 10_000}
_LANGUAGE = (
    'Words, `"a phrase"`, `part*`, `*part*`, `field:value`, `field.keyword:"a whole value"`, AND, OR, NOT and parentheses;'
    " without any, everything."
)
INDEX = "Names of indexes with commas between them, such as `topic_search_index`, `dataAsset` or `all`."

_OWN: dict[str, tuple[str, Json]] = {
    "q": (f"{_LANGUAGE} The last letters of a word may be left out.", _TEXT),
    "kind": ("Only entities of this kind; may be repeated.", {"type": "string", "enum": list(KINDS)}),
    "owner": ("Only what this user or team owns, by fully qualified name or id; may be repeated.", _NAME),
    "domain": ("Only what lies in this domain, by fully qualified name or id; may be repeated.", _NAME),
    "tag": ("Only what has this tag or term, by fully qualified name or id; may be repeated.", _NAME),
    "service": ("Only what lies in this service, by fully qualified name or id; may be repeated.", _NAME),
    "limit": ("The most entries in the answer.", {"type": "integer", "minimum": 0, "maximum": 100, "default": 10}),
    "offset": ("How many entries come before the first one in the answer.", {**_WINDOW, "default": 0}),
    "facets": ("Whether to count by kind, service, owner, domain, tag and tier.", {"type": "boolean", "default": True}),
}
_SHARED: dict[str, tuple[str, Json]] = {
    "q": (_LANGUAGE, _TEXT),
    "index": (f"{INDEX} Without it all of them; in an unknown one is nothing.", {"type": "string"}),
    "deleted": ("Only what is, or (false) is not, soft-deleted; without it both.", {"type": "boolean"}),
    "from": ("How many hits come before the first one in the answer.", {**_WINDOW, "default": 0}),
    "size": ("The most hits in the answer; for counts 1000 at most.", {**_WINDOW, "default": 10}),
    "search_after": ("The values of the last hit's `sort`, one for each parameter, to go on behind it.", _QUERY),
    "sort_field": ("`_score`, or a field such as `name.keyword`, `fullyQualifiedName` or `updatedAt`.", _QUERY),
    "sort_order": ("The direction.", {"type": "string", "enum": ["asc", "desc"], "default": "desc"}),
    "track_total_hits": ("Not needed: totals are always exact.", _FLAG),
    "query_filter": (
        "A query as JSON, in the search engine's language; one that is not well formed is ignored.",
        _QUERY,
    ),
    "post_filter": ("As `query_filter`.", _QUERY),
    "fetch_source": ("Whether hits have documents.", {"type": "boolean", "default": True}),
    "include_source_fields": ("A field that documents are to have; may be repeated.", _QUERY),
    "exclude_source_fields": ("A field that documents are not to have; may be repeated.", _QUERY),
    "include_aggregations": ("Whether to count by kind, service, owner and so on.", _FLAG),
    "fieldName": ("The field; without it `fullyQualifiedName`.", _QUERY),
    "fieldValue": ("Its whole value; `*` and `?` stand for anything and for any one sign.", _VALUE),
    "field": ("The field to count by, such as `tags.tagFQN`; without it `name.keyword`.", _QUERY),
    "value": ("Only values that contain this.", _QUERY),
    "sourceFields": ("Not looked at: counts have no documents.", _QUERY),
}
_LIVE: tuple[str, Json] = ("Whether to look among what is soft-deleted instead of what is not.", _FLAG)
OF_ROUTE: dict[tuple[str, str], tuple[str, Json]] = {
    **{(_PATH, name): said for name, said in _OWN.items()},
    **{
        (f"{_PATH}/{route}", name): said
        for route in ("query", "fieldQuery", "aggregate")
        for name, said in _SHARED.items()
    },
    **{(f"{_PATH}/{route}", "deleted"): _LIVE for route in ("fieldQuery", "aggregate")},
}
"""(Route, query parameter) → what it means there."""
