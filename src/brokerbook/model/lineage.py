"""Lineage on the wire: what clients state of an edge, the graph as they read it, and the larger graphs of our own."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from brokerbook.model.wire import EntityReference, Fqn, Markdown, Timestamp, Uuid, Wire

Source = Literal[
    "Manual",
    "ViewLineage",
    "QueryLineage",
    "PipelineLineage",
    "DashboardLineage",
    "DbtLineage",
    "SparkLineage",
    "OpenLineage",
    "ExternalTableLineage",
    "CrossDatabaseLineage",
    "ChildAssets",
]
Stated = Literal["declared", "ingested", "derived"]
Direction = Literal["upstream", "downstream"]


class ColumnLineage(Wire, frozen=True, kw_only=True, forbid_unknown_fields=False):
    """Which fields one field is made of; all by their fully qualified names."""

    fromColumns: list[Fqn] | None = None
    toColumn: Fqn | None = None
    function: str | None = None


class TempLineageTable(Wire, frozen=True, kw_only=True, forbid_unknown_fields=False):
    """A hop over something in between that is no entity."""

    fromEntity: str
    toEntity: str


class LineageDetails(Wire, frozen=True, kw_only=True, forbid_unknown_fields=False):
    """What an edge says; times, people and `assetEdges` are the catalog's to fill in. Unknown keys are dropped."""

    sqlQuery: str | None = None
    columnsLineage: list[ColumnLineage] | None = None
    pipeline: EntityReference | None = None
    description: Markdown | None = None
    source: Source | None = None
    createdAt: Timestamp | None = None
    createdBy: str | None = None
    updatedAt: Timestamp | None = None
    updatedBy: str | None = None
    assetEdges: Annotated[int | None, Meta(description="How many edges of assets one of `ChildAssets` stands for.")] = (
        None
    )
    tempLineageTables: list[TempLineageTable] | None = None


class EntitiesEdge(Wire, frozen=True, kw_only=True):
    """Data flows from the one entity to the other."""

    fromEntity: EntityReference
    toEntity: EntityReference
    description: Markdown | None = None
    lineageDetails: LineageDetails | None = None


class AddLineage(Wire, frozen=True, kw_only=True):
    """What PUT takes."""

    edge: EntitiesEdge


class EdgeFound(Wire, frozen=True, kw_only=True):
    """One edge by its ends."""

    edge: LineageDetails


class Edge(Wire, frozen=True, kw_only=True):
    """An edge in a graph, its ends by their ids."""

    fromEntity: Uuid
    toEntity: Uuid
    description: Markdown | None = None
    lineageDetails: LineageDetails | None = None


class EntityLineage(Wire, frozen=True, kw_only=True):
    """What is around an entity."""

    entity: EntityReference
    nodes: list[EntityReference]
    upstreamEdges: list[Edge]
    downstreamEdges: list[Edge]


class GraphNode(Wire, frozen=True, kw_only=True):
    """An entity in a graph."""

    entity: EntityReference
    upstream: Annotated[int | None, Meta(description="Over how many edges it lies upstream.")] = None
    downstream: Annotated[int | None, Meta(description="Over how many edges it lies downstream.")] = None
    fields: Annotated[list[Fqn] | None, Meta(description="Which of its fields were reached, if one was asked for.")] = (
        None
    )
    more: Annotated[list[Direction] | None, Meta(description="Where it has neighbours that are not shown.")] = None


class GraphEdge(Wire, frozen=True, kw_only=True):
    """An edge in a graph, and how it came about."""

    fromEntity: Uuid
    toEntity: Uuid
    stated: Annotated[
        Stated,
        Meta(description="By a person (declared), by a bot (ingested), or by the edges of what lies in its ends."),
    ]
    lineageDetails: LineageDetails


class LineageGraph(Wire, frozen=True, kw_only=True):
    """An entity with what lies up and down the stream, itself the first of the nodes."""

    entity: EntityReference
    nodes: list[GraphNode]
    edges: list[GraphEdge]
    cut: Annotated[bool, Meta(description="Whether there is more; the nodes say where.")]


class Affected(Wire, frozen=True, kw_only=True):
    """Something downstream."""

    entity: EntityReference
    downstream: Annotated[int, Meta(description="Over how many edges.")]
    fields: list[Fqn] | None = None
    inherited: Annotated[bool | None, Meta(description="Whether the owner is that of what it lies in.")] = None


class AffectedOwner(Wire, frozen=True, kw_only=True):
    """A user or a team, and what he, or it, owns of what is downstream."""

    owner: EntityReference
    assets: list[Affected]


class LineageImpact(Wire, frozen=True, kw_only=True):
    """Who is concerned if an entity changes: everything downstream by its owners."""

    entity: EntityReference
    total: Annotated[int, Meta(description="How many entities downstream are in the answer.")]
    owners: list[AffectedOwner]
    unowned: list[Affected]
    cut: Annotated[bool, Meta(description="Whether there is more downstream than is in the answer.")]
