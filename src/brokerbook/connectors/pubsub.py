"""Google Cloud Pub/Sub: the connection's properties."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from brokerbook.connectors.base import Config, Profiles, ReadsMetadata, Secret, Text, TopicFilter, Uri, address

ProjectId = Annotated[str | list[str] | UnsetType, Meta(description="One project, or a list of them.")]


class GcpValues(Config, tag_field="type", tag="service_account"):
    """A service account's key, its values given one by one."""

    projectId: ProjectId = UNSET
    privateKeyId: Annotated[Text, Meta(description="Identifier of the key.")] = UNSET
    privateKey: Annotated[Secret | UnsetType, Meta(description="The key itself, as PEM text.")] = UNSET
    clientEmail: Annotated[Text, Meta(description="Address of the service account.")] = UNSET
    clientId: Annotated[Text, Meta(description="Identifier of the service account.")] = UNSET
    authUri: Annotated[Uri, address("Where to authorise.", instead="privateKey")] = (
        "https://accounts.google.com/o/oauth2/auth"
    )
    tokenUri: Annotated[Uri, address("Where to get tokens.", instead="privateKey")] = (
        "https://oauth2.googleapis.com/token"
    )
    authProviderX509CertUrl: Annotated[Uri, address("Certificates of Google's.", instead="privateKey")] = (
        "https://www.googleapis.com/oauth2/v1/certs"
    )
    clientX509CertUrl: Annotated[
        Uri | UnsetType, address("Certificate of the service account.", instead="privateKey")
    ] = UNSET


class GcpPath(Config, tag_field="type", tag="gcp_credential_path"):
    """A service account's key in a file of the machine that reads the platform."""

    path: Annotated[Text, Meta(description="Path of the key file.")] = UNSET
    projectId: ProjectId = UNSET


class GcpExternalAccount(Config, tag_field="type", tag="external_account"):
    """An account elsewhere that Google trusts (workload identity federation)."""

    externalType: Literal["external_account"] = "external_account"
    audience: Annotated[Text, Meta(description="The provider that vouches for the account.")] = UNSET
    subjectTokenType: Annotated[Text, Meta(description="Kind of the token that the provider gives.")] = UNSET
    tokenURL: Annotated[Text, address("Where the token is exchanged.", instead="credentialSource")] = UNSET
    credentialSource: Annotated[
        dict[str, str] | UnsetType, Meta(description="Where the provider's token is found.")
    ] = UNSET


class GcpAdc(Config, tag_field="type", tag="gcp_adc"):
    """The application default credentials of the machine that reads the platform."""

    projectId: ProjectId = UNSET


class GcpImpersonation(Config):
    """A service account to act as."""

    impersonateServiceAccount: Annotated[Text, Meta(description="Address of the service account.")] = UNSET
    lifetime: Annotated[int, Meta(description="Seconds for which a token is valid.")] = 3600


class GcpCredentials(Config):
    """How to sign in to Google Cloud."""

    gcpConfig: Annotated[
        GcpValues | GcpPath | GcpExternalAccount | GcpAdc | UnsetType,
        Meta(description="One of four ways, told apart by `type`; without it by the properties that are there."),
    ] = UNSET
    gcpImpersonateServiceAccount: Annotated[
        GcpImpersonation | UnsetType, Meta(description="A service account to act as.")
    ] = UNSET


class PubSubConfig(Config):
    """How to reach the topics of a Google Cloud project."""

    type: Literal["PubSub"] = "PubSub"
    gcpConfig: Annotated[GcpCredentials | UnsetType, Meta(description="How to sign in.")] = UNSET
    projectId: Annotated[Text, Meta(description="Project of the topics; without it that of the credentials.")] = UNSET
    hostPort: Annotated[str, address("Address of the Pub/Sub API.", instead="gcpConfig")] = "pubsub.googleapis.com"
    useEmulator: Annotated[bool, Meta(description="Whether the address is an emulator's.")] = False
    schemaRegistryEnabled: Annotated[bool, Meta(description="Whether schemas are read too.")] = True
    includeSubscriptions: Annotated[bool, Meta(description="Whether subscriptions are read too.")] = True
    includeDeadLetterTopics: Annotated[bool, Meta(description="Whether dead-letter topics are read too.")] = False
    topicFilterPattern: TopicFilter = UNSET
    supportsMetadataExtraction: ReadsMetadata = True
    supportsProfiler: Profiles = True
