"""How the connection to each platform is tested: the steps that OpenMetadata's client runs, by the names it knows.

A step that a connector of the client does not know ends its ingestion, so a platform has exactly those that it does.
Who writes a source of his own (CustomMessaging) writes its test, too: there is nothing to define.
"""

from __future__ import annotations

import uuid

from brokerbook.model.test_connection import TestConnectionDefinition, TestConnectionDefinitionStep

_NAMESPACE = uuid.UUID("5e1f2f36-9c3b-5a5e-8d52-0d5b2f6c7a10")
"""The ids are made from it and the names: the same in every catalog, and after every start."""

_WRITTEN = 1_795_478_400_000
"""When the texts below were last changed, in epoch milliseconds."""


def _topics(description: str, error: str) -> TestConnectionDefinitionStep:
    return TestConnectionDefinitionStep(
        name="GetTopics",
        description=description,
        mandatory=True,
        errorMessage=error,
        shortCircuit=True,
        category="ConnectionGate",
    )


def _schemas(description: str, error: str) -> TestConnectionDefinitionStep:
    return TestConnectionDefinitionStep(
        name="CheckSchemaRegistry",
        description=description,
        mandatory=False,
        errorMessage=error,
        shortCircuit=False,
        category="Capability",
    )


_BROKERS = _topics(
    "Connects to the brokers and lists the topics.",
    "The topics could not be listed. Check the bootstrap servers, the security protocol, the credentials, and that the"
    " user may describe topics.",
)
_REGISTRY = _schemas(
    "Connects to the schema registry and lists its subjects.",
    "The schema registry could not be read, so topics come without schemas. Check its URL and credentials; without a"
    " registry this step fails and may be ignored.",
)

_STEPS: dict[str, tuple[TestConnectionDefinitionStep, ...]] = {
    "Kafka": (_BROKERS, _REGISTRY),
    "Redpanda": (_BROKERS, _REGISTRY),
    "Kinesis": (
        _topics(
            "Connects to Amazon Kinesis and lists the streams.",
            "The streams could not be listed. Check the region, the endpoint, the credentials, and that they allow"
            " kinesis:ListStreams.",
        ),
    ),
    "PubSub": (
        _topics(
            "Connects to Google Cloud Pub/Sub and lists the project's topics.",
            "The topics could not be listed. Check the project, the credentials, and that they allow"
            " pubsub.topics.list.",
        ),
        _schemas(
            "Lists the project's schemas.",
            "The schemas could not be listed, so topics come without them. Check that the credentials allow"
            " pubsub.schemas.list.",
        ),
    ),
    "Nats": (
        _topics(
            "Connects to the NATS servers and lists the streams.",
            "The streams could not be listed. Check the servers, the credentials, and that JetStream is enabled.",
        ),
        _schemas(
            "Opens the key-value bucket that holds the schemas.",
            "The bucket could not be read, so topics come without schemas. Check its name; without a bucket this step"
            " fails and may be ignored.",
        ),
    ),
}


def _definition(service_type: str, steps: tuple[TestConnectionDefinitionStep, ...]) -> TestConnectionDefinition:
    return TestConnectionDefinition(
        id=str(uuid.uuid5(_NAMESPACE, service_type)),
        name=service_type,
        fullyQualifiedName=f"{service_type}.testConnectionDefinition",
        displayName=f"{service_type} Test Connection",
        description=f"How the connection to a {service_type} service is tested.",
        steps=list(steps),
        version=0.1,
        updatedAt=_WRITTEN,
        updatedBy="admin",
        deleted=False,
    )


DEFINITIONS: tuple[TestConnectionDefinition, ...] = tuple(
    sorted((_definition(*item) for item in _STEPS.items()), key=lambda definition: definition.name)
)
"""Every definition, in the order of names."""
