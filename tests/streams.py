"""Topics and the lineage between them, as the tests of lineage make and read it."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import strict
from make import made, ref

if TYPE_CHECKING:
    import httpx

LINEAGE = "/api/v1/lineage"
SCHEMA = {
    "schemaType": "Other",
    "schemaFields": [
        {
            "name": "Order",
            "dataType": "RECORD",
            "children": [{"name": "id", "dataType": "LONG"}, {"name": "price.eur", "dataType": "INT"}],
        }
    ],
}
"""With the fields `Order`, `Order.id` and `Order."price.eur"`."""


def topic(client: Any, **fields: Any) -> dict[str, Any]:
    """A topic with fields."""
    return made(client, "topic", **({"messageSchema": SCHEMA} | fields))


def topics(client: Any, count: int, **fields: Any) -> list[dict[str, Any]]:
    return [topic(client, **fields) for _ in range(count)]


def asked(start: dict[str, Any], end: dict[str, Any], kind: str = "topic", **details: Any) -> dict[str, Any]:
    """The body that states an edge."""
    edge: dict[str, Any] = {"fromEntity": ref(start, kind), "toEntity": ref(end, kind)}
    return {"edge": edge | ({"lineageDetails": details} if details else {})}


def state(client: Any, start: dict[str, Any], end: dict[str, Any], kind: str = "topic", **details: Any) -> None:
    """States an edge."""
    response = client.put(LINEAGE, json=asked(start, end, kind, **details))
    assert (response.status_code, response.content) == (200, b""), response.text


def chain(client: Any, *entities: dict[str, Any]) -> None:
    """States an edge from each entity to the next."""
    for start, end in pairwise(entities):
        state(client, start, end)


def by_id(entity: dict[str, Any], kind: str = "topic") -> str:
    return f"{kind}/{entity['id']}"


def by_name(entity: dict[str, Any], kind: str = "topic") -> str:
    return f"{kind}/name/{quote(entity['fullyQualifiedName'], safe='')}"


def around(client: Any, entity: dict[str, Any], up: int, down: int, kind: str = "topic") -> dict[str, Any]:
    """What is around an entity, checked against the keys that the official client knows."""
    response = client.get(f"{LINEAGE}/{by_id(entity, kind)}?upstreamDepth={up}&downstreamDepth={down}")
    assert response.status_code == 200, response.text
    strict.check_lineage(response.json())
    return response.json()


def pairs(edges: list[dict[str, Any]]) -> set[tuple[str, str]]:
    assert len(edges) == len({(edge["fromEntity"], edge["toEntity"]) for edge in edges}), "an edge is there twice"
    return {(edge["fromEntity"], edge["toEntity"]) for edge in edges}


def ids(*entities: dict[str, Any]) -> list[str]:
    return [entity["id"] for entity in entities]


def details(client: Any, start: dict[str, Any], end: dict[str, Any]) -> dict[str, Any]:
    """What the edge between two entities says."""
    response = client.get(f"{LINEAGE}/getLineageEdge/{start['id']}/{end['id']}")
    assert response.status_code == 200, response.text
    assert set(response.json()) == {"edge"}
    strict.check_details(response.json()["edge"])
    return response.json()["edge"]


def missing(response: httpx.Response) -> str:
    """The message of a 404."""
    return strict.fault(response, 404, "ENTITY_NOT_FOUND")
