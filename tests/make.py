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
SSO = {"authType": "SSO", "config": {}}
"""How a bot proves itself that is made without a token of ours; one that comes in bulk says nothing of it."""
WORDS = "Words"
"""The glossary that terms lie in unless told otherwise."""

BROKER = "Broker"
"""The service that topics and pipelines lie in unless told otherwise."""

_numbers = itertools.count(1)
_BOT_USERS = [f"machine{number}" for number in range(60)]
_bot_users = itertools.cycle(_BOT_USERS)
_SMALLEST: dict[str, dict[str, Any]] = {
    "messagingService": {"serviceType": "Kafka"},
    "topic": {"service": BROKER, "partitions": 1},
    "ingestionPipeline": {
        "pipelineType": "metadata",
        "sourceConfig": {"config": {"type": "MessagingMetadata"}},
        "airflowConfig": {},
        "service": {"type": "messagingService", "fullyQualifiedName": BROKER},
    },
    "user": {},
    "team": {"teamType": "Group"},
    "role": {"policies": ["DataConsumerPolicy"]},
    "policy": {"rules": [{"name": "look", "effect": "allow", "operations": ["ViewAll"], "resources": ["All"]}]},
    "bot": {},
    "domain": {"domainType": "Aggregate", "description": "A part of the business."},
    "dataProduct": {"description": "Data as a product.", "domains": []},
    "classification": {"description": "A set of tags."},
    "tag": {"description": "A tag.", "classification": LABELS},
    "glossary": {"description": "What things are called."},
    "glossaryTerm": {"description": "A word.", "glossary": WORDS},
    "workflow": {
        "workflowType": "TEST_CONNECTION",
        "request": {
            "connection": {"config": {"bootstrapServers": "broker:9092"}},
            "serviceType": "Messaging",
            "connectionType": "Kafka",
        },
    },
    "eventSubscription": {"alertType": "Notification", "resources": ["messagingService"]},
    "type": {"description": "A type.", "nameSpace": "custom", "schema": "{}"},
}


def fresh(prefix: str = "n") -> str:
    """A name that nothing has yet."""
    return f"{prefix}{next(_numbers)}"


def make(kind_name: str, **fields: Any) -> dict[str, Any]:
    """The smallest valid create request of a kind, with a fresh name unless one is given, and the given fields."""
    asked = {"name": fresh(kind_name.lower())} | _SMALLEST[kind_name] | fields
    if kind_name == "user":
        asked.setdefault("email", f"{asked['name']}@example.com".lower())
    if kind_name == "bot":
        asked.setdefault("botUser", next(_bot_users))  # `prepare` has made them; a bot user serves one bot
    return asked


def path_of(kind_name: str) -> str:
    """The path of a kind's collection."""
    return f"/api{KINDS[kind_name].path}"


def made(client: Client, kind_name: str, **fields: Any) -> dict[str, Any]:
    """An entity made from the smallest request and the given fields."""
    given = {
        "tag": "classification",
        "glossaryTerm": "glossary",
        "bot": "botUser",
        "topic": "service",
        "ingestionPipeline": "service",
    }.get(kind_name)
    if given is not None and given not in fields:
        prepare(client)
    if kind_name == "user" and fields.get("isBot"):
        fields.setdefault("authenticationMechanism", SSO)
    response = client.post(path_of(kind_name), json=make(kind_name, **fields))
    assert response.status_code == 201, response.text
    return response.json()


def prepare(client: Client) -> None:
    """Makes what the smallest requests refer to."""
    for kind_name, name in (("classification", LABELS), ("glossary", WORDS), ("messagingService", BROKER)):
        response = client.put(path_of(kind_name), json=make(kind_name, name=name))
        assert response.status_code in (200, 201), response.text
    if client.get(f"{path_of('user')}/name/{_BOT_USERS[-1]}").status_code == 404:
        rows = [make("user", name=name, isBot=True) for name in _BOT_USERS]
        response = client.put(f"{path_of('user')}/bulk", json=rows)
        assert response.json()["status"] == "success", response.text


def ref(entity: dict[str, Any], kind_name: str = "user") -> dict[str, Any]:
    """A reference to an entity, as requests have it."""
    return {"id": entity["id"], "type": kind_name}


def kafka(**config: Any) -> dict[str, Any]:
    """The connection of a Kafka service."""
    return {"config": {"bootstrapServers": "broker:9092"} | config}
