"""A platform that a Python class of the user's own reads: the connection's properties, and any others."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from brokerbook.connectors.base import Config, ReadsMetadata, Text, TopicFilter


class CustomMessagingConfig(Config, forbid_unknown_fields=False):
    """How a source of one's own reaches its platform; properties that are not named here are kept as they are."""

    type: Literal["CustomMessaging"] = "CustomMessaging"
    sourcePythonClass: Annotated[Text, Meta(description="Dotted path of the class that reads the platform.")] = UNSET
    connectionOptions: Annotated[dict[str, str] | UnsetType, Meta(description="Options for that class.")] = UNSET
    topicFilterPattern: TopicFilter = UNSET
    supportsMetadataExtraction: ReadsMetadata = True
