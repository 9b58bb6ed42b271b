"""What is put into a domain, a data product or under a tag, many at once; ports, and how far something is certified."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta

from brokerbook.model.wire import EntityReference, Paging, TagLabel, Timestamp, Wire

MOST_ASSETS = 10_000
Assets = Annotated[list[EntityReference], Meta(max_length=MOST_ASSETS, description="The assets, at most 10000.")]
"""The assets that one request may name."""


class BulkAssets(Wire, frozen=True, kw_only=True):
    """Assets to add or to remove; with `dryRun` the answer only says what would happen."""

    assets: Assets | None = None
    dryRun: bool | None = None


class AssetCertification(Wire, frozen=True, kw_only=True):
    """A tag of the classification `Certification`, and for how long it holds; a patch may leave the times out."""

    tagLabel: TagLabel
    appliedDate: Timestamp | None = None
    expiryDate: Timestamp | None = None


class Ports(Wire, frozen=True, kw_only=True):
    """A page of entities of any kind, each with its `entityType`."""

    data: list[dict[str, Any]]
    paging: Paging


class PortsView(Wire, frozen=True, kw_only=True):
    """What a data product takes in and gives out, a page of each."""

    entity: EntityReference
    inputPorts: Ports
    outputPorts: Ports


class DomainHierarchy(Wire, frozen=True, kw_only=True):
    """A domain with those below it."""

    id: str
    name: str
    fullyQualifiedName: str
    displayName: str | None = None
    description: str | None = None
    children: Annotated[list[dict[str, Any]], Meta(description="Domains in this same shape.")]
