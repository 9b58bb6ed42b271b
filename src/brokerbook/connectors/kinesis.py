"""Amazon Kinesis Data Streams: the connection's properties."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from brokerbook.connectors.base import Config, Profiles, ReadsMetadata, Secret, Text, TopicFilter, Uri, address


class AwsConfig(Config):
    """An AWS account and region, and how to sign in: keys, a named profile, a role, or what the host has."""

    enabled: Annotated[bool, Meta(description="Whether requests are signed with IAM.")] = False
    awsAccessKeyId: Annotated[Text, Meta(description="Identifier of the access key.")] = UNSET
    awsSecretAccessKey: Annotated[Secret | UnsetType, Meta(description="Secret half of the access key.")] = UNSET
    awsRegion: Annotated[Text, Meta(description="Region of the streams, such as `eu-central-1`.")] = UNSET
    # OpenMetadata treats the session token as plain text. It is half of a temporary credential, and whoever reads it
    # beside the other half is that account, so it is sealed here; its clients read any text in its place.
    awsSessionToken: Annotated[Secret | UnsetType, Meta(description="Token of a temporary access key.")] = UNSET
    endPointURL: Annotated[
        Uri | UnsetType,
        address("Another address than the region's own.", instead="awsAccessKeyId and awsSecretAccessKey"),
    ] = UNSET
    profileName: Annotated[Text, Meta(description="A profile of the host's AWS configuration.")] = UNSET
    assumeRoleArn: Annotated[Text, Meta(description="Role to act as.")] = UNSET
    assumeRoleSessionName: Annotated[str, Meta(description="Names the session of that role in AWS's logs.")] = (
        "OpenMetadataSession"
    )
    assumeRoleSourceIdentity: Annotated[Text, Meta(description="Who acts as that role, in AWS's logs.")] = UNSET


class KinesisConfig(Config):
    """How to reach the data streams of an AWS account."""

    type: Literal["Kinesis"] = "Kinesis"
    awsConfig: Annotated[AwsConfig | UnsetType, Meta(description="The account and region.")] = UNSET
    topicFilterPattern: TopicFilter = UNSET
    supportsMetadataExtraction: ReadsMetadata = True
    supportsProfiler: Profiles = True
