"""Domains and the data products in them: which part of the business an entity belongs to."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any, Literal

from msgspec import Meta

from brokerbook.kinds.kind import (
    CERTIFICATION,
    DOMAINS,
    EXPERTS,
    FOLLOWERS,
    OWNERS,
    REVIEWERS,
    TAGS,
    Document,
    Kind,
    Link,
    copied,
)
from brokerbook.model.assets import AssetCertification, Assets
from brokerbook.model.wire import (
    Entity,
    EntityName,
    EntityReference,
    EntityStatus,
    Fqn,
    Markdown,
    Style,
    TagLabel,
    Votes,
    Wire,
)

DomainType = Literal["Source-aligned", "Consumer-aligned", "Aggregate"]
LifecycleStage = Literal["IDEATION", "DESIGN", "DEVELOPMENT", "TESTING", "PRODUCTION", "DEPRECATED", "RETIRED"]
DataProductType = Literal[
    "RAW_DATA",
    "DERIVED_DATA",
    "DATASET",
    "REPORTS",
    "ANALYTIC_VIEW",
    "VISUALISATION_3D",
    "ALGORITHM",
    "DECISION_SUPPORT",
    "AUTOMATED_DECISION_MAKING",
    "DATA_ENHANCED_PRODUCT",
    "DATA_DRIVEN_SERVICE",
    "DATA_ENABLED_PERFORMANCE",
    "BI_DIRECTIONAL",
]
Visibility = Literal["PRIVATE", "INVITATION", "ORGANISATION", "DATASPACE", "PUBLIC"]
PortfolioPriority = Literal["CRITICAL", "HIGH", "MEDIUM", "LOW"]
Percentage = Annotated[float, Meta(ge=0, le=100, description="A percentage.")]


class CreateDomain(Wire, frozen=True, kw_only=True):
    """What POST and PUT take."""

    domainType: DomainType
    name: EntityName
    description: Markdown
    displayName: str | None = None
    fullyQualifiedName: str | None = None
    parent: Fqn | None = None
    experts: list[Fqn] | None = None
    owners: list[EntityReference] | None = None
    tags: list[TagLabel] | None = None
    style: Style | None = None
    extension: dict[str, Any] | None = None


class Domain(Entity, frozen=True, kw_only=True):
    """A part of the business; a domain has no soft delete."""

    domainType: DomainType
    description: Markdown
    style: Style | None = None
    parent: EntityReference | None = None
    children: list[EntityReference] | None = None
    childrenCount: Annotated[int, Meta(description="How many domains lie below it, at any depth.")] | None = None
    owners: list[EntityReference] | None = None
    experts: list[EntityReference] | None = None
    assets: (
        Annotated[list[EntityReference], Meta(description="The first of its own assets; `/assets` pages through all.")]
        | None
    ) = None
    tags: list[TagLabel] | None = None
    extension: dict[str, Any] | None = None
    followers: list[EntityReference] | None = None
    votes: Votes | None = None
    certification: AssetCertification | None = None
    entityStatus: EntityStatus | None = None


def derive(create: CreateDomain, updating: bool) -> Document:  # noqa: ARG001, FBT001
    """The domain that the request asks for."""
    document: Document = {
        "domainType": create.domainType,
        "name": create.name,
        "description": create.description,
    }
    return document | copied(create, "displayName", "style", "extension")


DOMAIN = Kind(
    name="domain",
    path="/v1/domains",
    entity=Domain,
    create=CreateDomain,
    derive=derive,
    parent_of=lambda create: ("domain", create.parent) if create.parent else None,
    nested=True,
    links=(
        Link("parent", ("domain",), "fqns", many=False),
        Link("children", (), reverse="parent"),
        replace(OWNERS, inherited=True),
        replace(EXPERTS, inherited=True),
        TAGS,
        CERTIFICATION,
        FOLLOWERS,
    ),
    defaults={"entityStatus": "Unprocessed"},
    immutable=frozenset({"parent"}),
    unstored=frozenset({"childrenCount", "assets", "votes"}),
    renames=True,
    children=("domain",),
)


class ServiceLevel(Wire, frozen=True, kw_only=True):
    """What a data product promises."""

    tier: Literal["GOLD", "SILVER", "BRONZE", "CUSTOM"] | None = None
    availability: Percentage | None = None
    responseTime: Annotated[int, Meta(description="Milliseconds.")] | None = None
    dataFreshness: Annotated[int, Meta(description="Minutes.")] | None = None
    dataQuality: Percentage | None = None


class CreateDataProduct(Wire, frozen=True, kw_only=True):
    """What POST and PUT take; assets are added as `/assets/add` adds them, all of them or none."""

    name: EntityName
    description: Markdown
    domains: list[Fqn]
    displayName: str | None = None
    fullyQualifiedName: str | None = None
    experts: list[Fqn] | None = None
    owners: list[EntityReference] | None = None
    reviewers: list[EntityReference] | None = None
    assets: Assets | None = None
    tags: list[TagLabel] | None = None
    style: Style | None = None
    extension: dict[str, Any] | None = None
    dataProductType: DataProductType | None = None
    visibility: Visibility | None = None
    portfolioPriority: PortfolioPriority | None = None


class DataProduct(Entity, frozen=True, kw_only=True):
    """Data that a domain offers as a product; it has no soft delete."""

    description: Markdown
    style: Style | None = None
    owners: list[EntityReference] | None = None
    experts: list[EntityReference] | None = None
    reviewers: list[EntityReference] | None = None
    domains: list[EntityReference] | None = None
    assets: (
        Annotated[list[EntityReference], Meta(description="The first of its assets; `/assets` pages through all.")]
        | None
    ) = None
    lifecycleStage: LifecycleStage | None = None
    dataProductType: DataProductType | None = None
    visibility: Visibility | None = None
    portfolioPriority: PortfolioPriority | None = None
    sla: ServiceLevel | None = None
    consumesFrom: list[EntityReference] | None = None
    providesTo: list[EntityReference] | None = None
    tags: list[TagLabel] | None = None
    extension: dict[str, Any] | None = None
    followers: list[EntityReference] | None = None
    votes: Votes | None = None
    certification: AssetCertification | None = None
    entityStatus: EntityStatus | None = None


_COPIED = ("displayName", "style", "extension", "dataProductType", "visibility", "portfolioPriority")


def derive_data_product(create: CreateDataProduct, updating: bool) -> Document:  # noqa: ARG001, FBT001
    """The data product that the request asks for."""
    document: Document = {"name": create.name, "description": create.description}
    return document | copied(create, *_COPIED)


DATA_PRODUCT = Kind(
    name="dataProduct",
    path="/v1/dataProducts",
    entity=DataProduct,
    create=CreateDataProduct,
    derive=derive_data_product,
    links=(
        DOMAINS,
        OWNERS,
        EXPERTS,
        REVIEWERS,
        Link("consumesFrom", ("dataProduct",)),
        Link("providesTo", ("dataProduct",)),
        TAGS,
        CERTIFICATION,
        FOLLOWERS,
    ),
    apart=(Link("inputPorts", ()), Link("outputPorts", ())),
    defaults={"entityStatus": "Unprocessed", "lifecycleStage": "DEVELOPMENT", "visibility": "PRIVATE"},
    unstored=frozenset({"assets", "votes"}),
    # a bulk request cannot bring them: each of them is a change of its own
    write_only=frozenset({"assets"}),
    renames=True,
)
