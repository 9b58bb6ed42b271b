"""Messaging services: the brokers of an organisation, and how to connect to them."""

from __future__ import annotations

from typing import Any, Literal

from msgspec import Raw

from brokerbook import connectors
from brokerbook.errors import BadRequest
from brokerbook.kinds.kind import (
    DATA_CONTRACT,
    DATA_PRODUCTS,
    DOMAINS,
    FOLLOWERS,
    OWNERS,
    TAGS,
    Document,
    Kind,
    Link,
    copied,
)
from brokerbook.model.test_connection import TestConnectionResult
from brokerbook.model.wire import (
    Entity,
    EntityName,
    EntityReference,
    EntityStatus,
    Fqn,
    Markdown,
    Style,
    TagLabel,
    Wire,
)

ServiceType = Literal["Kafka", "Redpanda", "Kinesis", "PubSub", "CustomMessaging", "Nats"]


class CreateConnection(Wire, frozen=True, kw_only=True):
    """How to connect; which properties `config` has depends on the service type."""

    config: Raw


class CreateMessagingService(Wire, frozen=True, kw_only=True):
    """What POST, PUT and each row of a bulk request take."""

    name: EntityName
    displayName: str | None = None
    description: Markdown | None = None
    serviceType: ServiceType
    connection: CreateConnection | None = None
    tags: list[TagLabel] | None = None
    style: Style | None = None
    owners: list[EntityReference] | None = None
    dataProducts: list[Fqn] | None = None
    domains: list[Fqn] | None = None
    domain: Fqn | None = None
    ingestionRunner: EntityReference | None = None


class Connection(Wire, frozen=True, kw_only=True):
    config: dict[str, Any]


class MessagingService(Entity, frozen=True, kw_only=True):
    """A broker, or a platform's account, that holds topics."""

    description: Markdown | None = None
    serviceType: ServiceType
    connection: Connection | None = None
    testConnectionResult: TestConnectionResult | None = None
    pipelines: list[EntityReference] | None = None
    tags: list[TagLabel] | None = None
    style: Style | None = None
    owners: list[EntityReference] | None = None
    deleted: bool
    entityStatus: EntityStatus | None = None
    dataProducts: list[EntityReference] | None = None
    dataContract: EntityReference | None = None
    domains: list[EntityReference] | None = None
    domain: str | None = None
    followers: list[EntityReference] | None = None
    ingestionRunner: EntityReference | None = None


def derive(create: CreateMessagingService, updating: bool) -> Document:  # noqa: FBT001
    """The service that the request asks for, its connection checked against its type with defaults filled in."""
    document: Document = {"name": create.name, "serviceType": create.serviceType}
    if create.connection is not None:
        document["connection"] = {
            "config": connectors.checked(create.serviceType, create.name, create.connection.config, updating=updating)
        }
    return document | copied(create, "displayName", "description", "style")


def recheck(stored: Document, patched: Document) -> Document:
    """A patched service with its connection checked again; a type cannot change under it."""
    connection = patched.get("connection")
    if connection is not None and connection != stored.get("connection"):
        config = connectors.checked(patched["serviceType"], patched["name"], connection["config"], updating=True)
        patched = {**patched, "connection": {"config": config}}
    return patched


def conflict(stored: Document, asked: Document) -> None:
    """Refuses a PUT that would turn a service into one of another type (ruling 7)."""
    if stored["serviceType"] != asked["serviceType"]:
        raise BadRequest(
            f"serviceType of messagingService {stored['fullyQualifiedName']} is {stored['serviceType']} and cannot be "
            f"changed to {asked['serviceType']}. Create another service, or delete this one with hardDelete=true first."
        )


def secret_paths(document: Document) -> list[tuple[str | int, ...]]:
    """Where the secrets lie in a service's document."""
    connection = document.get("connection")
    if not connection:
        return []
    return [
        ("connection", "config", *path)
        for path in connectors.secret_paths(document["serviceType"], connection["config"])
    ]


MESSAGING_SERVICE = Kind(
    name="messagingService",
    path="/v1/services/messagingServices",
    entity=MessagingService,
    create=CreateMessagingService,
    derive=derive,
    recheck=recheck,
    conflict=conflict,
    links=(
        OWNERS,
        DOMAINS,
        DATA_PRODUCTS,
        TAGS,
        FOLLOWERS,
        Link("ingestionRunner", ("ingestionRunner",), many=False),
        Link("pipelines", ("ingestionPipeline",), reverse="service"),
        DATA_CONTRACT,
    ),
    defaults={"entityStatus": "Unprocessed"},
    sealed="connection",
    secret_paths=secret_paths,
    reports=frozenset({"testConnectionResult"}),
    immutable=frozenset({"serviceType"}),
    unstored=frozenset({"domain"}),
    unversioned=frozenset({"testConnectionResult"}),
    children=("topic", "ingestionPipeline"),
    is_asset=True,
)
