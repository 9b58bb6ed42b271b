"""NATS with JetStream: the connection's properties (ruling 10). The 2.0.7 client of OpenMetadata cannot read them."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from brokerbook.connectors.base import (
    Config,
    Properties,
    ReadsMetadata,
    Secret,
    SslConfig,
    Text,
    TopicFilter,
    address,
)


class NatsAuth(Config):
    """How to sign in: a user with a password, a token, or the seed of an NKey."""

    username: Annotated[Text, Meta(description="The user.")] = UNSET
    password: Annotated[Secret | UnsetType, Meta(description="The user's password.")] = UNSET
    token: Annotated[Secret | UnsetType, Meta(description="A token that needs no user.")] = UNSET
    nkeySeed: Annotated[Secret | UnsetType, Meta(description="The private seed of an NKey.")] = UNSET

    def __post_init__(self) -> None:
        by_password = self.username is not UNSET or self.password is not UNSET
        if by_password + (self.token is not UNSET) + (self.nkeySeed is not UNSET) > 1:
            raise ValueError("must be one of {username, password}, {token}, {nkeySeed}, not several at once")


class NatsConfig(Config):
    """How to reach the streams of a NATS system."""

    type: Literal["Nats"] = "Nats"
    natsServers: Annotated[
        Text, address("URLs of servers, separated by commas.", instead="authType", bare_user_is_secret=True)
    ] = UNSET
    authType: Annotated[NatsAuth | UnsetType, Meta(description="How to sign in.")] = UNSET
    tlsConfig: Annotated[SslConfig | UnsetType, Meta(description="Certificates for the servers.")] = UNSET
    additionalConfig: Annotated[Properties | UnsetType, Meta(description="More settings of the NATS client.")] = UNSET
    schemaKvBucket: Annotated[Text, Meta(description="Key-value bucket that holds the schemas.")] = UNSET
    topicFilterPattern: TopicFilter = UNSET
    supportsMetadataExtraction: ReadsMetadata = True
