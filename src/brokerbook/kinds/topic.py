"""Topics: what messages flow through, in which form, and how the broker keeps them."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any, Literal, NamedTuple

import msgspec
from msgspec import Meta

from brokerbook.errors import BadRequest
from brokerbook.kinds.kind import (
    CERTIFICATION,
    DATA_CONTRACT,
    DATA_PRODUCTS,
    DOMAINS,
    FIELD_LABELS,
    FOLLOWERS,
    OWNERS,
    TAGS,
    Document,
    Kind,
    copied,
)
from brokerbook.kinds.messaging_service import MESSAGING_SERVICE, ServiceType
from brokerbook.model import schema_fields
from brokerbook.model.assets import AssetCertification
from brokerbook.model.wire import (
    Entity,
    EntityName,
    EntityReference,
    EntityStatus,
    Fqn,
    Markdown,
    TagLabel,
    Timestamp,
    Votes,
    Wire,
)

SchemaType = Literal["Avro", "Protobuf", "JSON", "Other", "None"]
_READABLE = frozenset({"Avro", "Protobuf", "JSON"})
DataType = Literal[
    "RECORD",
    "NULL",
    "BOOLEAN",
    "INT",
    "LONG",
    "BYTES",
    "FLOAT",
    "DOUBLE",
    "TIMESTAMP",
    "TIMESTAMPZ",
    "TIME",
    "DATE",
    "STRING",
    "ARRAY",
    "MAP",
    "ENUM",
    "UNION",
    "FIXED",
    "ERROR",
    "UNKNOWN",
]
FieldName = Annotated[str, Meta(min_length=1, max_length=128)]
CleanupPolicy = Literal["delete", "compact"]
Subject = Annotated[str, Meta(min_length=1, max_length=512)]
Note = Annotated[str, Meta(description="What of a schema's text could not be read, and why.")]
SourceHash = Annotated[str, Meta(min_length=1, max_length=32, description="Stands for what the source last said.")]


class CreateTopicSchema(Wire, frozen=True, kw_only=True):
    """A further schema of a topic: its key's, or one of several that its messages may have."""

    role: Literal["key", "value"] = "value"
    subject: Subject | None = None
    recordName: Subject | None = None
    schemaText: str
    schemaType: SchemaType


class Field(Wire, frozen=True, kw_only=True):
    """A field of a schema, with those inside it."""

    name: FieldName
    dataType: DataType
    displayName: str | None = None
    dataTypeDisplay: str | None = None
    description: Markdown | None = None
    fullyQualifiedName: str | None = None
    tags: list[TagLabel] | None = None
    children: list[Field] | None = None


class MessageSchema(Wire, frozen=True, kw_only=True):
    """What messages look like; of a text that comes without fields they are read."""

    schemaText: str | None = None
    schemaType: SchemaType | None = None
    schemaFields: list[Field] | None = None


class TopicSchema(Wire, frozen=True, kw_only=True):
    """A further schema of a topic, with the fields that are in its text."""

    role: Literal["key", "value"]
    subject: str | None = None
    recordName: str | None = None
    schemaText: str | None = None
    schemaType: SchemaType | None = None
    schemaFields: list[Field] | None = None
    note: Note | None = None


class Access(Wire, frozen=True, kw_only=True):
    """When something was done to the data, and by whom or what."""

    timestamp: Timestamp
    accessedBy: EntityReference | None = None
    accessedByAProcess: str | None = None


class LifeCycle(Wire, frozen=True, kw_only=True):
    """When the data was created, changed and read."""

    created: Access | None = None
    updated: Access | None = None
    accessed: Access | None = None


class SampleData(Wire, frozen=True, kw_only=True):
    """Some messages, as text."""

    messages: list[str] | None = None


class Prepared(NamedTuple):
    """A schema that was taken out of a request: what is stored of it, what its fields are labelled with, what was wrong."""

    schema: schema_fields.Schema
    labels: list[schema_fields.FieldLabel]
    note: str | None


def prepared(create: CreateTopic) -> CreateTopic:
    """The request with the fields of its schemas; of a text that comes without any they are read from it."""
    given: Any = create.messageSchema
    further: Any = create.schemas
    if given is not None and not isinstance(given, Prepared):
        given = _prepared(given, create.name)
    if further is not None and not isinstance(further, Kept):
        further = _further(further, create.name)
    return msgspec.structs.replace(create, messageSchema=given, schemas=further)


def _prepared(given: MessageSchema, topic: str) -> Prepared:
    labels: list[schema_fields.FieldLabel] = []
    fields, note = given.schemaFields or [], None
    if fields:
        schema_fields.check_size(fields)
    elif given.schemaText and given.schemaType in _READABLE:
        fields, note = _read(given.schemaText, given.schemaType, topic)
    return Prepared(
        schema_fields.schema(given.schemaText, given.schemaType, schema_fields.taken(fields, labels)), labels, note
    )


def _read(text: str, schema_type: str, topic: str) -> tuple[list[Field], str | None]:
    from brokerbook import schemas  # noqa: PLC0415  clients mostly bring the fields

    found = schemas.fields_of(schema_type, text, topic=topic)
    return msgspec.convert(found.fields, list[Field]), found.note


_MOST_CONTENTS = 8 * 1024 * 1024
"""Of all further schemas of a topic, in characters of their texts and fields as they are stored."""


class Kept(list[Any]):
    """Further schemas as a document holds them, with the contents to be stored for them."""

    def __init__(self, items: list[Document], contents: tuple[tuple[str, str], ...]) -> None:
        super().__init__(items)
        self.contents = contents


def _further(schemas: list[CreateTopicSchema], topic: str) -> Kept:
    items: list[Document] = []
    contents: list[tuple[str, str]] = []
    for given in schemas:
        if sum(len(text) for _, text in contents) > _MOST_CONTENTS:
            raise BadRequest(f"The further schemas have more than {_MOST_CONTENTS} characters with their fields.")
        found = _prepared(MessageSchema(schemaText=given.schemaText, schemaType=given.schemaType), topic)
        item = copied(given, "role", "subject", "recordName") | {"schema": found.schema.ref}
        items.append(item | {"note": found.note} if found.note else item)
        contents += found.schema.contents
    return Kept(items, tuple(contents))


Given = Annotated[int | float | str, Meta(description="A number; clients also send it as text.")]


class CreateTopic(Wire, frozen=True, kw_only=True):
    """What POST, PUT and each row of a bulk request take."""

    name: EntityName
    displayName: str | None = None
    description: Markdown | None = None
    service: Fqn
    messageSchema: MessageSchema | None = None
    partitions: Given
    cleanupPolicies: list[CleanupPolicy] | None = None
    retentionTime: Given | None = None
    replicationFactor: Given | None = None
    maximumMessageSize: Given | None = None
    minimumInSyncReplicas: Given | None = None
    retentionSize: Given | None = None
    topicConfig: dict[str, Any] | None = None
    owners: list[EntityReference] | None = None
    tags: list[TagLabel] | None = None
    extension: dict[str, Any] | None = None
    sourceUrl: str | None = None
    domains: list[Fqn] | None = None
    domain: Fqn | None = None
    dataProducts: list[Fqn] | None = None
    lifeCycle: LifeCycle | None = None
    sourceHash: SourceHash | None = None
    schemas: (
        Annotated[list[CreateTopicSchema], Meta(max_length=100, description="Further schemas: of the key, of records.")]
        | None
    ) = None

    @property
    def fieldLabels(self) -> list[schema_fields.FieldLabel] | None:  # noqa: N802  named like the link
        """What the fields of the schema are to be labelled with, once the request is prepared."""
        return self.messageSchema.labels if isinstance(self.messageSchema, Prepared) else None


class Topic(Entity, frozen=True, kw_only=True):
    """A topic, stream or subject of a messaging service."""

    messageSchema: MessageSchema | None = None
    description: Markdown | None = None
    service: EntityReference | None = None
    serviceType: ServiceType | None = None
    partitions: int
    cleanupPolicies: list[CleanupPolicy] | None = None
    retentionTime: float | None = None
    replicationFactor: int | None = None
    maximumMessageSize: int | None = None
    minimumInSyncReplicas: int | None = None
    retentionSize: float | None = None
    topicConfig: dict[str, Any] | None = None
    sampleData: SampleData | None = None
    owners: list[EntityReference] | None = None
    followers: list[EntityReference] | None = None
    tags: list[TagLabel] | None = None
    deleted: bool
    extension: dict[str, Any] | None = None
    sourceUrl: str | None = None
    domains: list[EntityReference] | None = None
    domain: str | None = None
    dataProducts: list[EntityReference] | None = None
    dataContract: EntityReference | None = None
    votes: Votes | None = None
    lifeCycle: LifeCycle | None = None
    certification: AssetCertification | None = None
    sourceHash: SourceHash | None = None
    schemaNote: Note | None = None
    schemas: list[TopicSchema] | None = None
    entityStatus: EntityStatus | None = None


_HIGHEST = 2**63 - 1
_WHOLE = ("replicationFactor", "maximumMessageSize", "minimumInSyncReplicas")
_NUMBERS = ("retentionTime", "retentionSize")


def number(field: str, given: float | str, *, whole: bool = True) -> float:
    """A number that may come as text; what is none is a BadRequest. Of a whole number the fraction is cut off."""
    try:
        found = int(given) if isinstance(given, str) and given.isdecimal() else float(given)
        cut = int(found) if whole or found == int(found) else found
    except (ValueError, OverflowError):
        raise BadRequest(f"{field} has to be a number.") from None
    if abs(cut) > _HIGHEST:
        raise BadRequest(f"{field} is too large; at most {_HIGHEST} is allowed.")
    return cut


def derive(create: CreateTopic, updating: bool) -> Document:  # noqa: ARG001, FBT001
    """The topic that the request asks for."""
    partitions = number("partitions", create.partitions)
    if partitions < 1:
        raise BadRequest("[query param partitions must be greater than or equal to 1]")
    document: Document = {"name": create.name, "partitions": partitions}
    for field in _WHOLE:
        if (given := getattr(create, field)) is not None:
            document[field] = number(field, given)
    for field in _NUMBERS:
        if (given := getattr(create, field)) is not None:
            document[field] = number(field, given, whole=False)
    document.setdefault("retentionSize", -1)
    document["cleanupPolicies"] = list(dict.fromkeys(create.cleanupPolicies or ()))
    ready = prepared(create)
    found: Any = ready.messageSchema
    if found is not None:
        document["messageSchema"] = found.schema
        if found.note:
            document["schemaNote"] = found.note
    if ready.schemas is not None:
        document["schemas"] = ready.schemas
    more = ("displayName", "description", "topicConfig", "extension", "sourceUrl", "lifeCycle", "sourceHash")
    return document | copied(create, *more)


TOPIC = Kind(
    name="topic",
    path="/v1/topics",
    entity=Topic,
    create=CreateTopic,
    derive=derive,
    prepared=prepared,
    parent_of=lambda create: (MESSAGING_SERVICE.name, create.service),
    nested=True,
    shows_parent="service",
    links=(
        OWNERS,
        replace(DOMAINS, inherited=True),
        DATA_PRODUCTS,
        DATA_CONTRACT,
        TAGS,
        FIELD_LABELS,
        CERTIFICATION,
        FOLLOWERS,
    ),
    defaults={"entityStatus": "Unprocessed"},
    unstored=frozenset({"service", "sampleData", "votes"}),
    immutable=frozenset({"service", "serviceType"}),
    schema="messageSchema",
    by_name=frozenset({"schemas", "schemaNote"}),
    replaced_on_put=frozenset(
        {
            "retentionTime",
            "replicationFactor",
            "maximumMessageSize",
            "minimumInSyncReplicas",
            "topicConfig",
            "sourceUrl",
            "sourceHash",
        }
    ),
    unversioned=frozenset({"sourceHash"}),
    is_asset=True,
)
