"""A config of each service type with every property, its defaults, and how the tests here check one."""

from __future__ import annotations

import json
from typing import Any

import pytest

from brokerbook import connectors
from brokerbook.connectors import SERVICE_TYPES
from brokerbook.errors import BadRequest

Document = dict[str, Any]

SSL = {"caCertificate": "s3cret-ca", "sslCertificate": "s3cret-cert", "sslKey": "s3cret-key"}
FILTER = {"includes": ["^orders"], "excludes": ["^__"]}
KAFKA: Document = {
    "type": "Kafka",
    "bootstrapServers": "b1:9092,b2:9092",
    "schemaRegistryURL": "https://registry.example:8081",
    "saslUsername": "reader",
    "saslPassword": "s3cret-sasl",
    "securityProtocol": "SASL_SSL",
    "saslMechanism": "SCRAM-SHA-512",
    "basicAuthUserInfo": "s3cret-user:s3cret-info",
    "consumerConfig": {"group.id": "readers", "sasl.oauthbearer.client.secret": "s3cret-oauth"},
    "schemaRegistryConfig": {"timeout": 3, "basic.auth.credentials.source": "USER_INFO"},
    "schemaRegistryTopicSuffixName": "-val",
    "consumerConfigSSL": SSL,
    "schemaRegistrySSL": SSL,
    "topicFilterPattern": FILTER,
    "supportsMetadataExtraction": False,
    "supportsProfiler": False,
}
EVERYTHING: dict[str, Document] = {
    "Kafka": KAFKA,
    "Redpanda": {name: value for name, value in KAFKA.items() if not name.endswith("SSL")} | {"type": "Redpanda"},
    "Kinesis": {
        "type": "Kinesis",
        "awsConfig": {
            "enabled": True,
            "awsAccessKeyId": "AKIA",
            "awsSecretAccessKey": "s3cret-aws",
            "awsRegion": "eu-central-1",
            "awsSessionToken": "s3cret-session",
            "endPointURL": "https://kinesis.example",
            "profileName": "readers",
            "assumeRoleArn": "arn:aws:iam::1:role/reader",
            "assumeRoleSessionName": "catalog",
            "assumeRoleSourceIdentity": "catalog",
        },
        "topicFilterPattern": FILTER,
        "supportsMetadataExtraction": False,
        "supportsProfiler": False,
    },
    "PubSub": {
        "type": "PubSub",
        "gcpConfig": {
            "gcpConfig": {
                "type": "service_account",
                "projectId": ["one", "two"],
                "privateKeyId": "k1",
                "privateKey": "s3cret-gcp",
                "clientEmail": "reader@one.example",
                "clientId": "17",
                "authUri": "https://a.example",
                "tokenUri": "https://t.example",
                "authProviderX509CertUrl": "https://c.example",
                "clientX509CertUrl": "https://d.example",
            },
            "gcpImpersonateServiceAccount": {"impersonateServiceAccount": "other@one.example", "lifetime": 60},
        },
        "projectId": "one",
        "hostPort": "localhost:8085",
        "useEmulator": True,
        "schemaRegistryEnabled": False,
        "includeSubscriptions": False,
        "includeDeadLetterTopics": True,
        "topicFilterPattern": FILTER,
        "supportsMetadataExtraction": False,
        "supportsProfiler": False,
    },
    "CustomMessaging": {
        "type": "CustomMessaging",
        "sourcePythonClass": "acme.Source",
        "connectionOptions": {"host": "h", "password": "s3cret-option"},
        "topicFilterPattern": FILTER,
        "supportsMetadataExtraction": False,
        "flavour": {"deep": [{"apiKey": "s3cret-api"}]},
    },
    "Nats": {
        "type": "Nats",
        "natsServers": "nats://n1:4222,nats://n2:4222",
        "authType": {"username": "reader", "password": "s3cret-nats"},
        "tlsConfig": SSL,
        "additionalConfig": {"name": "catalog", "token": "s3cret-token"},
        "schemaKvBucket": "schemas",
        "topicFilterPattern": FILTER,
        "supportsMetadataExtraction": False,
    },
}
KAFKA_DEFAULTS = {
    "securityProtocol": "PLAINTEXT",
    "saslMechanism": "PLAIN",
    "schemaRegistryTopicSuffixName": "-value",
    "supportsMetadataExtraction": True,
    "supportsProfiler": True,
}
DEFAULTS: dict[str, Document] = {
    "Kafka": {"type": "Kafka"} | KAFKA_DEFAULTS,
    "Redpanda": {"type": "Redpanda"} | KAFKA_DEFAULTS,
    "Kinesis": {"type": "Kinesis", "supportsMetadataExtraction": True, "supportsProfiler": True},
    "PubSub": {
        "type": "PubSub",
        "hostPort": "pubsub.googleapis.com",
        "useEmulator": False,
        "schemaRegistryEnabled": True,
        "includeSubscriptions": True,
        "includeDeadLetterTopics": False,
        "supportsMetadataExtraction": True,
        "supportsProfiler": True,
    },
    "CustomMessaging": {"type": "CustomMessaging", "supportsMetadataExtraction": True},
    "Nats": {"type": "Nats", "supportsMetadataExtraction": True},
}
GCP_DEFAULTS = {
    "type": "service_account",
    "authUri": "https://accounts.google.com/o/oauth2/auth",
    "tokenUri": "https://oauth2.googleapis.com/token",
    "authProviderX509CertUrl": "https://www.googleapis.com/oauth2/v1/certs",
}
STRICT = [service_type for service_type in SERVICE_TYPES if service_type != "CustomMessaging"]
every_type = pytest.mark.parametrize("service_type", SERVICE_TYPES)


def checked(service_type: str, config: Any, *, updating: bool = False) -> Document:
    """Checks the config as it comes on the wire."""
    return connectors.checked(service_type, "orders", json.dumps(config).encode(), updating=updating)


def refusal(service_type: str, config: Any, *, updating: bool = False) -> str:
    """What the refusal says, of the config as text and, the same, as an object."""
    text = config if isinstance(config, bytes) else json.dumps(config).encode()
    with pytest.raises(BadRequest) as refused:
        connectors.checked(service_type, "orders", text, updating=updating)
    if not isinstance(config, bytes):
        with pytest.raises(BadRequest, check=lambda error: error.message == refused.value.message):
            connectors.checked(service_type, "orders", config, updating=updating)
    return refused.value.message


def value_at(config: Any, path: tuple[str | int, ...]) -> Any:
    for step in path:
        config = config[step]
    return config


def texts(value: Any) -> list[str]:
    """All strings in a config, of any depth."""
    if isinstance(value, dict):
        return [text for inside in value.values() for text in texts(inside)]
    if isinstance(value, list):
        return [text for inside in value for text in texts(inside)]
    return [value] if isinstance(value, str) else []
