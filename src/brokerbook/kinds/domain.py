"""Domains and the data products in them: which part of the business an entity belongs to."""

from __future__ import annotations

from typing import Any, Literal

from brokerbook.kinds.kind import (
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
from brokerbook.model.wire import (
    Entity,
    EntityName,
    EntityReference,
    Fqn,
    Markdown,
    Style,
    TagLabel,
    Wire,
)

DomainType = Literal["Source-aligned", "Consumer-aligned", "Aggregate"]


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
    owners: list[EntityReference] | None = None
    experts: list[EntityReference] | None = None
    tags: list[TagLabel] | None = None
    extension: dict[str, Any] | None = None
    followers: list[EntityReference] | None = None
    entityStatus: str | None = None


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
        OWNERS,
        EXPERTS,
        TAGS,
        FOLLOWERS,
    ),
    defaults={"entityStatus": "Unprocessed"},
    immutable=frozenset({"parent"}),
    children=("domain",),
)


class CreateDataProduct(Wire, frozen=True, kw_only=True):
    """What POST and PUT take."""

    name: EntityName
    description: Markdown
    domains: list[Fqn]
    displayName: str | None = None
    fullyQualifiedName: str | None = None
    experts: list[Fqn] | None = None
    owners: list[EntityReference] | None = None
    reviewers: list[EntityReference] | None = None
    tags: list[TagLabel] | None = None
    style: Style | None = None
    extension: dict[str, Any] | None = None
    dataProductType: str | None = None
    visibility: Literal["PRIVATE", "INVITATION", "ORGANISATION", "DATASPACE", "PUBLIC"] | None = None
    portfolioPriority: Literal["CRITICAL", "HIGH", "MEDIUM", "LOW"] | None = None


class DataProduct(Entity, frozen=True, kw_only=True):
    """Data that a domain offers as a product; it has no soft delete."""

    description: Markdown
    style: Style | None = None
    owners: list[EntityReference] | None = None
    experts: list[EntityReference] | None = None
    reviewers: list[EntityReference] | None = None
    domains: list[EntityReference] | None = None
    dataProductType: str | None = None
    visibility: str | None = None
    portfolioPriority: str | None = None
    tags: list[TagLabel] | None = None
    extension: dict[str, Any] | None = None
    followers: list[EntityReference] | None = None
    entityStatus: str | None = None


def derive_data_product(create: CreateDataProduct, updating: bool) -> Document:  # noqa: ARG001, FBT001
    """The data product that the request asks for."""
    document: Document = {"name": create.name, "description": create.description}
    return document | copied(
        create, "displayName", "style", "extension", "dataProductType", "visibility", "portfolioPriority"
    )


DATA_PRODUCT = Kind(
    name="dataProduct",
    path="/v1/dataProducts",
    entity=DataProduct,
    create=CreateDataProduct,
    derive=derive_data_product,
    links=(DOMAINS, OWNERS, EXPERTS, REVIEWERS, TAGS, FOLLOWERS),
    defaults={"entityStatus": "Unprocessed"},
)
