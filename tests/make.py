"""The smallest valid request of every kind, and what it needs to be there first. No factory, no magic."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

from brokerbook.kinds import KINDS

if TYPE_CHECKING:
    from conftest import Client

SERVICES = "/api/v1/services/messagingServices"
LABELS = "Labels"
"""The classification that tags lie in unless told otherwise."""

_numbers = itertools.count(1)
_SMALLEST: dict[str, dict[str, Any]] = {
    "messagingService": {"serviceType": "Kafka"},
    "user": {},
    "team": {"teamType": "Group"},
    "domain": {"domainType": "Aggregate", "description": "A part of the business."},
    "dataProduct": {"description": "Data as a product.", "domains": []},
    "classification": {"description": "A set of tags."},
    "tag": {"description": "A tag.", "classification": LABELS},
}


def fresh(prefix: str = "n") -> str:
    """A name that nothing has yet."""
    return f"{prefix}{next(_numbers)}"


def make(kind_name: str, **fields: Any) -> dict[str, Any]:
    """The smallest valid create request of a kind, with a fresh name unless one is given, and the given fields."""
    asked = {"name": fresh(kind_name.lower())} | _SMALLEST[kind_name] | fields
    if kind_name == "user":
        asked.setdefault("email", f"{asked['name']}@example.com".lower())
    return asked


def path_of(kind_name: str) -> str:
    """The path of a kind's collection."""
    return f"/api{KINDS[kind_name].path}"


def made(client: Client, kind_name: str, **fields: Any) -> dict[str, Any]:
    """An entity made from the smallest request and the given fields."""
    if kind_name == "tag" and "classification" not in fields:
        prepare(client)
    response = client.post(path_of(kind_name), json=make(kind_name, **fields))
    assert response.status_code == 201, response.text
    return response.json()


def prepare(client: Client) -> None:
    """Makes what the smallest requests refer to."""
    response = client.put(path_of("classification"), json=make("classification", name=LABELS))
    assert response.status_code in (200, 201), response.text


def ref(entity: dict[str, Any], kind_name: str = "user") -> dict[str, Any]:
    """A reference to an entity, as requests have it."""
    return {"id": entity["id"], "type": kind_name}


def kafka(**config: Any) -> dict[str, Any]:
    """The connection of a Kafka service."""
    return {"config": {"bootstrapServers": "broker:9092"} | config}
