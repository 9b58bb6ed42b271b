"""Redpanda: the connection's properties. They are Kafka's without certificates given as text."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from brokerbook.connectors.base import (
    Config,
    Profiles,
    Properties,
    ReadsMetadata,
    SaslMechanism,
    Secret,
    SecurityProtocol,
    Text,
    TopicFilter,
    Uri,
    address,
)


class RedpandaConfig(Config):
    """How to reach a Redpanda cluster and its schema registry."""

    type: Literal["Redpanda"] = "Redpanda"
    bootstrapServers: Annotated[
        Text,
        address("Brokers to start from: `host:port`, separated by commas.", instead="saslUsername and saslPassword"),
    ] = UNSET
    schemaRegistryURL: Annotated[
        Uri | UnsetType, address("Address of the cluster's schema registry.", instead="basicAuthUserInfo")
    ] = UNSET
    saslUsername: Annotated[Text, Meta(description="User for SASL with PLAIN or SCRAM.")] = UNSET
    saslPassword: Annotated[Secret | UnsetType, Meta(description="Password of that user.")] = UNSET
    securityProtocol: Annotated[SecurityProtocol, Meta(description="How brokers are talked to.")] = "PLAINTEXT"
    saslMechanism: Annotated[SaslMechanism, Meta(description="Used when the protocol is one with SASL.")] = "PLAIN"
    basicAuthUserInfo: Annotated[Secret | UnsetType, Meta(description="`user:password` for the schema registry.")] = (
        UNSET
    )
    consumerConfig: Annotated[Properties | UnsetType, Meta(description="More settings of the Kafka client.")] = UNSET
    schemaRegistryConfig: Annotated[
        Properties | UnsetType, Meta(description="More settings of the schema registry's client.")
    ] = UNSET
    schemaRegistryTopicSuffixName: Annotated[
        str, Meta(description="What a topic's name is followed by in the subject of its value.")
    ] = "-value"
    topicFilterPattern: TopicFilter = UNSET
    supportsMetadataExtraction: ReadsMetadata = True
    supportsProfiler: Profiles = True
