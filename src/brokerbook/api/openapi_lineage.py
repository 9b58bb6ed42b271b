"""The words of the API's description that routes of lineage add: their parameters."""

from __future__ import annotations

from typing import Any, get_args

from brokerbook.model.lineage import Source

Json = dict[str, Any]

_UUID: Json = {"type": "string", "format": "uuid"}
_FQN: Json = {"type": "string", "minLength": 1, "maxLength": 3072}
_KIND: Json = {"type": "string", "maxLength": 100}


def _between(least: int, most: int, default: int) -> Json:
    return {"type": "integer", "minimum": least, "maximum": most, "default": default}


PARAMETERS: dict[str, tuple[str, Json]] = {
    "type": ("The kind of the entity, such as `topic`.", _KIND),
    "fromType": ("The kind of the entity that data comes from.", _KIND),
    "fromId": ("The id of the entity that data comes from.", _UUID),
    "fromName": ("The fully qualified name of the entity that data comes from.", _FQN),
    "toType": ("The kind of the entity that data flows to.", _KIND),
    "toName": ("The fully qualified name of the entity that data flows to.", _FQN),
    "source": ("How the lineage came about.", {"type": "string", "enum": list(get_args(Source))}),
    "upstreamDepth": ("Over how many edges upstream.", _between(0, 3, 1)),
    "downstreamDepth": ("Over how many edges downstream.", _between(0, 3, 1)),
    "field": (
        "The fully qualified name of a field of the entity: only what is made of it, or makes it, is followed.",
        {"type": "string", "maxLength": 12_000},
    ),
}
OF_ROUTE: dict[tuple[str, str], tuple[str, Json]] = {
    (f"/api/v1/lineage/{what}/{{type}}/{one}", name): (text, schema)
    for what, name, text, schema in (
        ("graph", "upstreamDepth", "Over how many edges upstream.", _between(0, 100, 3)),
        ("graph", "downstreamDepth", "Over how many edges downstream.", _between(0, 100, 3)),
        ("graph", "limit", "The most entities in each direction.", _between(1, 2000, 200)),
        ("impact", "downstreamDepth", "Over how many edges.", _between(1, 100, 100)),
        ("impact", "limit", "The most entities in the answer.", _between(1, 10_000, 1000)),
    )
    for one in ("{id}", "name/{name}")
}
"""(Route, query parameter) → what it means there and nowhere else."""
