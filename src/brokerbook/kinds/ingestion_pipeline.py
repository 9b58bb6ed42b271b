"""Ingestion pipelines: what reads a service into the catalog, how it is configured and when it runs."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from brokerbook import connectors
from brokerbook.errors import BadRequest
from brokerbook.kinds.kind import DOMAINS, FOLLOWERS, OWNERS, Document, Kind, Link, copied
from brokerbook.model.pipeline_run import PipelineStatus
from brokerbook.model.wire import Entity, EntityName, EntityReference, Fqn, Markdown, Provider, Wire

PipelineType = Literal[
    "metadata", "usage", "lineage", "profiler", "autoClassification", "TestSuite", "dataInsight",
    "elasticSearchReindex", "dbt", "application", "policyAgent",
]  # fmt: skip
LoggerLevel = Literal["DEBUG", "INFO", "WARN", "ERROR"]
_Whole = Annotated[int, Meta(ge=-(2**53), le=2**53)]
_Date = Annotated[str | int, Meta(description="A date and time of ISO 8601; a number is taken for epoch milliseconds.")]


class AirflowConfig(Wire, frozen=True, kw_only=True):
    """When a pipeline runs, and how often it is tried."""

    pausePipeline: bool | None = None
    concurrency: _Whole | None = None
    startDate: _Date | None = None
    endDate: _Date | None = None
    pipelineTimezone: str | None = None
    retries: _Whole | None = None
    retryDelay: _Whole | None = None
    pipelineCatchup: bool | None = None
    scheduleInterval: str | None = None
    maxActiveRuns: _Whole | None = None
    workflowTimeout: _Whole | None = None
    workflowDefaultView: str | None = None
    workflowDefaultViewOrientation: str | None = None
    email: Annotated[str, Meta(min_length=6, max_length=127)] | None = None


_SCHEDULED: Document = {
    "pausePipeline": False,
    "concurrency": 1,
    "pipelineTimezone": "UTC",
    "retries": 0,
    "retryDelay": 300,
    "pipelineCatchup": False,
    "maxActiveRuns": 1,
    "workflowDefaultView": "tree",
    "workflowDefaultViewOrientation": "LR",
}
"""How a pipeline is scheduled of which nothing else is said."""


class SourceConfig(Wire, frozen=True, kw_only=True):
    """What a pipeline reads; what `config` holds depends on the type of the pipeline, and is kept as it came."""

    config: dict[str, Any] | None = None


class CreateIngestionPipeline(Wire, frozen=True, kw_only=True):
    """What POST, PUT and each row of a bulk request take."""

    name: EntityName
    displayName: str | None = None
    description: Markdown | None = None
    pipelineType: PipelineType
    sourceConfig: SourceConfig
    airflowConfig: AirflowConfig
    service: EntityReference
    loggerLevel: LoggerLevel | None = None
    raiseOnError: bool | None = None
    enableStreamableLogs: bool | None = None
    owners: list[EntityReference] | None = None
    domains: list[Fqn] | None = None
    provider: Provider | None = None
    processingEngine: EntityReference | None = None


class IngestionPipeline(Entity, frozen=True, kw_only=True):
    """What reads a service into the catalog."""

    description: Markdown | None = None
    pipelineType: PipelineType
    sourceConfig: SourceConfig
    airflowConfig: AirflowConfig
    service: EntityReference | None = None
    pipelineStatuses: list[PipelineStatus] | None = None
    loggerLevel: LoggerLevel | None = None
    raiseOnError: bool | None = None
    enableStreamableLogs: bool | None = None
    deployed: bool | None = None
    enabled: bool | None = None
    applicationType: str | None = None
    owners: list[EntityReference] | None = None
    domains: list[EntityReference] | None = None
    followers: list[EntityReference] | None = None
    deleted: bool
    provider: Provider | None = None
    ingestionRunner: EntityReference | None = None
    processingEngine: EntityReference | None = None


def derive(create: CreateIngestionPipeline, updating: bool) -> Document:  # noqa: ARG001, FBT001
    """The pipeline that the request asks for, its schedule filled in."""
    document: Document = {"name": create.name, "pipelineType": create.pipelineType}
    document |= copied(create, "sourceConfig", "airflowConfig", "displayName", "description", "loggerLevel")
    document |= copied(create, "raiseOnError", "enableStreamableLogs", "provider")
    return _checked(document)


def recheck(_stored: Document, patched: Document) -> Document:
    """A patched pipeline, checked as a new one is."""
    return _checked({key: value for key, value in patched.items() if key != "applicationType"})


def _checked(document: Document) -> Document:
    config = document["sourceConfig"].get("config")
    connectors.check_free(config, ("sourceConfig", "config"))
    checked = {**document, "airflowConfig": _scheduled(document["airflowConfig"])}
    if (application := _application(document["pipelineType"], config)) is not None:
        checked["applicationType"] = application
    return checked


def _scheduled(asked: Document) -> Document:
    """How a pipeline is scheduled, in the order of the struct."""
    known = _SCHEDULED | {key: value for key, value in asked.items() if value is not None}
    for key in ("startDate", "endDate"):
        if key in known:
            known[key] = _date(key, known[key])
    return {
        f.encode_name: known[f.encode_name] for f in msgspec.structs.fields(AirflowConfig) if f.encode_name in known
    }


def _date(key: str, given: str | int) -> str:
    try:
        if isinstance(given, int):
            return datetime.fromtimestamp(given / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        datetime.fromisoformat(given)
    except (ValueError, OverflowError, OSError):
        raise BadRequest(f"airflowConfig.{key} must be a date and time such as 2026-01-31T08:00:00Z.") from None
    return given


def _application(pipeline_type: str, config: Document | None) -> str | None:
    """The type of the application that a pipeline runs, if it runs one."""
    if pipeline_type != "application" or config is None or not isinstance(config.get("appConfig"), dict):
        return None
    said: Any = config["appConfig"].get("type")
    return said if isinstance(said, str) else None


def secret_paths(document: Document) -> list[tuple[str | int, ...]]:
    """Where the secrets lie in a pipeline's document."""
    source: Document = document.get("sourceConfig") or {}
    return connectors.free_secret_paths(source.get("config"), ("sourceConfig", "config"))


INGESTION_PIPELINE = Kind(
    name="ingestionPipeline",
    path="/v1/services/ingestionPipelines",
    entity=IngestionPipeline,
    create=CreateIngestionPipeline,
    derive=derive,
    recheck=recheck,
    parent_link="service",
    nested=True,
    links=(
        Link("service", ("messagingService",), many=False, always=True, lasting=True),
        replace(OWNERS, inherited=True),
        replace(DOMAINS, inherited=True),
        FOLLOWERS,
        Link("ingestionRunner", ("ingestionRunner",), many=False),
        Link("processingEngine", ("processingEngine",), many=False),
    ),
    defaults={
        "loggerLevel": "INFO",
        "raiseOnError": True,
        "enableStreamableLogs": False,
        "deployed": False,
        "enabled": True,
        "provider": "user",
    },
    sealed="sourceConfig",
    secret_paths=secret_paths,
    veil=lambda document: document | {"sourceConfig": {}},
    immutable=frozenset({"service", "pipelineType", "provider"}),
    unstored=frozenset({"pipelineStatuses"}),
)
