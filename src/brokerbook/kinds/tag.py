"""Classifications and the tags in them: what entities are labelled with."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from brokerbook.errors import BadRequest
from brokerbook.kinds.kind import DATA_CONTRACT, DATA_PRODUCTS, DOMAINS, OWNERS, REVIEWERS, Document, Kind, Link, copied
from brokerbook.model.wire import (
    Entity,
    EntityName,
    EntityReference,
    EntityStatus,
    Fqn,
    Markdown,
    Provider,
    Style,
    Timestamp,
    Uuid,
    Wire,
)

_DEFAULTS: Document = {
    "provider": "user",
    "mutuallyExclusive": False,
    "disabled": False,
    "entityStatus": "Unprocessed",
}


UsageCount = Annotated[int, Meta(description="How many labels there are of it, and of the tags below it.")]


class AutoClassificationConfig(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How tags of a classification are given by what recognises them; stored with its defaults."""

    enabled: bool = False
    conflictResolution: Literal["highest_confidence", "highest_priority", "most_specific"] = "highest_confidence"
    minimumConfidence: Annotated[float, Meta(ge=0, le=1)] = 0.6
    requireExplicitMatch: bool = True


class CreateClassification(Wire, frozen=True, kw_only=True):
    """What POST and PUT take."""

    name: EntityName
    description: Markdown
    displayName: str | None = None
    provider: Provider | None = None
    mutuallyExclusive: bool | None = None
    domains: list[Fqn] | None = None
    owners: list[EntityReference] | None = None
    reviewers: list[EntityReference] | None = None
    autoClassificationConfig: AutoClassificationConfig | None = None


class Classification(Entity, frozen=True, kw_only=True):
    """A set of tags; `mutuallyExclusive` lets an entity carry only one of them."""

    description: Markdown
    termCount: Annotated[int, Meta(description="How many live tags lie in it, at any depth.")] | None = None
    usageCount: UsageCount | None = None
    deleted: bool
    provider: Provider | None = None
    disabled: bool | None = None
    mutuallyExclusive: bool | None = None
    domains: list[EntityReference] | None = None
    owners: list[EntityReference] | None = None
    reviewers: list[EntityReference] | None = None
    entityStatus: EntityStatus | None = None
    autoClassificationConfig: AutoClassificationConfig | None = None


def derive_classification(create: CreateClassification, updating: bool) -> Document:  # noqa: ARG001, FBT001
    """The classification that the request asks for."""
    document: Document = {
        "name": create.name,
        "description": create.description,
    }
    return document | copied(create, "provider", "mutuallyExclusive", "displayName", "autoClassificationConfig")


CLASSIFICATION = Kind(
    name="classification",
    path="/v1/classifications",
    entity=Classification,
    create=CreateClassification,
    derive=derive_classification,
    links=(DOMAINS, OWNERS, REVIEWERS),
    defaults=_DEFAULTS,
    immutable=frozenset({"mutuallyExclusive", "provider"}),
    unstored=frozenset({"termCount", "usageCount"}),
    renames=True,
    children=("tag",),
)

Priority = Annotated[int, Meta(ge=0, le=100)]


class Recognizer(Wire, frozen=True, kw_only=True):
    """How the tag is recognised in data; `recognizerConfig` says it in one of five ways, by its `type`."""

    id: Uuid | None = None
    name: EntityName
    displayName: str | None = None
    description: Markdown | None = None
    enabled: bool | None = None
    isSystemDefault: bool | None = None
    recognizerConfig: dict[str, Any]
    confidenceThreshold: Annotated[float, Meta(ge=0, le=1)] | None = None
    exceptionList: list[dict[str, Any]] | None = None
    version: float | None = None
    updatedAt: Timestamp | None = None
    updatedBy: str | None = None
    target: Literal["content", "column_name"] | None = None


_WAYS = {
    "pattern": {"patterns", "regexFlags", "supportedLanguage"},
    "exact_terms": {"exactTerms", "regexFlags", "supportedLanguage"},
    "context": {"contextWords", "supportedLanguage"},
    "custom": {"validatorFunction", "supportedLanguage"},
    "predefined": {"name"},
}
"""Type of a recognizer → what its configuration has to have."""


def _check_recognizers(recognizers: list[dict[str, Any]] | None) -> None:
    for recognizer in recognizers or ():
        config: dict[str, Any] = recognizer["recognizerConfig"]
        wanted = _WAYS.get(str(config.get("type")))
        if wanted is None:
            raise BadRequest(
                f"The recognizer {recognizer['name']} has no known recognizerConfig.type. "
                f"Allowed values are: {', '.join(_WAYS)}"
            )
        if missing := sorted(wanted - config.keys()):
            raise BadRequest(f"The recognizerConfig of {recognizer['name']} lacks {', '.join(missing)}.")


class CreateTag(Wire, frozen=True, kw_only=True):
    """What POST and PUT take."""

    name: EntityName
    description: Markdown
    classification: Fqn | None = None
    parent: Fqn | None = None
    displayName: str | None = None
    provider: Provider | None = None
    mutuallyExclusive: bool | None = None
    domains: list[Fqn] | None = None
    owners: list[EntityReference] | None = None
    reviewers: list[EntityReference] | None = None
    style: Style | None = None
    associatedTags: (
        Annotated[list[str], Meta(description="Tags that have to be there; they are not stored.")] | None
    ) = None
    recognizers: list[Recognizer] | None = None
    autoClassificationEnabled: bool | None = None
    autoClassificationPriority: Priority | None = None


class Tag(Entity, frozen=True, kw_only=True):
    """One tag of a classification, possibly below another tag."""

    description: Markdown
    style: Style | None = None
    classification: EntityReference | None = None
    parent: EntityReference | None = None
    children: list[EntityReference] | None = None
    usageCount: UsageCount | None = None
    deprecated: bool | None = None
    deleted: bool
    provider: Provider | None = None
    disabled: Annotated[bool, Meta(description="Whether it, or anything above it, is disabled.")] | None = None
    mutuallyExclusive: bool | None = None
    domains: list[EntityReference] | None = None
    dataProducts: list[EntityReference] | None = None
    dataContract: EntityReference | None = None
    owners: list[EntityReference] | None = None
    reviewers: list[EntityReference] | None = None
    entityStatus: EntityStatus | None = None
    recognizers: list[Recognizer] | None = None
    autoClassificationEnabled: bool | None = None
    autoClassificationPriority: Priority | None = None


def derive_tag(create: CreateTag, updating: bool) -> Document:  # noqa: ARG001, FBT001
    """The tag that the request asks for."""
    if create.classification is None:
        raise BadRequest("[query param classification must not be null]")
    if create.parent is not None and not create.parent.startswith(f"{create.classification}."):
        raise BadRequest(f"The parent {create.parent} is not a tag of the classification {create.classification}.")
    document: Document = {
        "name": create.name,
        "description": create.description,
    }
    document |= copied(
        create,
        "provider",
        "mutuallyExclusive",
        "displayName",
        "style",
        "recognizers",
        "autoClassificationEnabled",
        "autoClassificationPriority",
    )
    _check_recognizers(document.get("recognizers"))
    return document


def recheck_tag(_stored: Document, patched: Document) -> Document:
    """A patched tag, what recognises it checked again."""
    _check_recognizers(patched.get("recognizers"))
    return patched


def parent_of_tag(create: CreateTag) -> tuple[str, str] | None:
    """The tag above, or else the classification."""
    if create.parent is not None:
        return ("tag", create.parent)
    return ("classification", create.classification) if create.classification is not None else None


TAG = Kind(
    name="tag",
    path="/v1/tags",
    entity=Tag,
    create=CreateTag,
    derive=derive_tag,
    recheck=recheck_tag,
    parent_of=parent_of_tag,
    nested=True,
    links=(
        Link("classification", ("classification",), "fqns", many=False, always=True),
        Link("parent", ("tag",), "fqns", many=False, always=True),
        Link("children", (), reverse="parent"),
        replace(DOMAINS, inherited=True),
        DATA_PRODUCTS,
        DATA_CONTRACT,
        replace(OWNERS, inherited=True),
        REVIEWERS,
    ),
    defaults=_DEFAULTS | {"autoClassificationEnabled": False, "autoClassificationPriority": 50},
    unstored=frozenset({"usageCount"}),
    immutable=frozenset({"mutuallyExclusive", "provider"}),
    place=("parent", "classification"),
    renames=True,
    children=("tag",),
)
