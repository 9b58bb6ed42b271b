"""Which kinds hold assets, through which field of the assets, and which kinds such assets can be. Pure."""

from __future__ import annotations

import functools

from brokerbook.kinds import KINDS

FIELDS = {
    "user": "owners",
    "team": "owners",
    "domain": "domains",
    "dataProduct": "dataProducts",
    "tag": "tags",
    "glossaryTerm": "tags",
}
"""Kind → the field by which its assets refer to it."""

# Who works in a domain, and what it is made of, is in it as well, but is no asset of it.
_NO_ASSETS = {"domains": frozenset({"user", "team", "role", "policy", "bot", "dataProduct", "ingestionPipeline"})}


@functools.cache
def kinds(field: str) -> tuple[str, ...]:
    """The kinds whose entities may be assets through a field."""
    others = _NO_ASSETS.get(field, frozenset())
    return tuple(
        kind.name
        for kind in KINDS.values()
        if kind.name not in others and field in kind.link_of and kind.link_of[field].reverse is None
    )


@functools.cache
def inheriting(field: str) -> tuple[str, ...]:
    """Those of them that have the field from above when they say nothing."""
    return tuple(name for name in kinds(field) if field in KINDS[name].inherited)
