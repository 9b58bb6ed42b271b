"""For each service type that the client knows a connection with nearly every property."""

from __future__ import annotations

from typing import Any

MASK = "*********"
FILTER = {"includes": ["^orders"], "excludes": ["^__"]}
SSL = {"caCertificate": "s3cret-ca", "sslCertificate": "s3cret-cert", "sslKey": "s3cret-key"}
REDPANDA = {
    "type": "Redpanda",
    "bootstrapServers": "b1:9092,b2:9092",
    "schemaRegistryURL": "https://registry.example:8081/",
    "saslUsername": "reader",
    "saslPassword": "s3cret-sasl",
    "securityProtocol": "SASL_SSL",
    "saslMechanism": "SCRAM-SHA-512",
    "basicAuthUserInfo": "s3cret-user:s3cret-info",
    "consumerConfig": {"group.id": "readers"},
    "schemaRegistryConfig": {"timeout": 3},
    "schemaRegistryTopicSuffixName": "-val",
    "topicFilterPattern": FILTER,
    "supportsMetadataExtraction": False,
    "supportsProfiler": False,
}
AWS = {
    "enabled": True,
    "awsAccessKeyId": "AKIA",
    "awsSecretAccessKey": "s3cret-aws",
    "awsRegion": "eu-central-1",
    "endPointURL": "https://kinesis.example/",
    "assumeRoleArn": "arn:aws:iam::1:role/reader",
    "assumeRoleSessionName": "catalog",
}
GCP = {
    "type": "service_account",
    "projectId": ["one", "two"],
    "privateKeyId": "k1",
    "privateKey": "s3cret-gcp",
    "clientEmail": "reader@one.example",
    "clientId": "17",
    "authUri": "https://a.example/",
    "tokenUri": "https://t.example/",
    "authProviderX509CertUrl": "https://c.example/",
    "clientX509CertUrl": "https://d.example/",
}
# For each service type a connection with nearly every property, and how many of them the client calls secret.
CONNECTIONS: dict[str, tuple[dict[str, Any], int]] = {
    "Kafka": (REDPANDA | {"type": "Kafka", "consumerConfigSSL": SSL, "schemaRegistrySSL": SSL}, 8),
    "Redpanda": (REDPANDA, 2),
    "Kinesis": ({"type": "Kinesis", "awsConfig": AWS, "topicFilterPattern": FILTER, "supportsProfiler": False}, 1),
    "PubSub": (
        {
            "type": "PubSub",
            "gcpConfig": {
                "gcpConfig": GCP,
                "gcpImpersonateServiceAccount": {"impersonateServiceAccount": "other@one.example", "lifetime": 60},
            },
            "projectId": "one",
            "hostPort": "localhost:8085",
            "useEmulator": True,
            "schemaRegistryEnabled": False,
            "includeSubscriptions": False,
            "includeDeadLetterTopics": True,
        },
        1,
    ),
    "CustomMessaging": (
        {
            "type": "CustomMessaging",
            "sourcePythonClass": "brokers.Mine",
            "connectionOptions": {"url": "mine://b1"},
            "topicFilterPattern": FILTER,
            "anything": {"nested": [1, "two"]},
        },
        0,
    ),
}
