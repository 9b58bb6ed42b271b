"""Automation workflows: what a runner is asked to do once, such as testing a connection, and what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal, cast

import msgspec
from msgspec import Meta

from brokerbook import connectors
from brokerbook.kinds.kind import DOMAINS, OWNERS, Document, Kind, copied
from brokerbook.model.decoding import converted
from brokerbook.model.test_connection import TestConnectionResult
from brokerbook.model.wire import Entity, EntityName, EntityReference, Fqn, Markdown, Wire

if TYPE_CHECKING:
    from collections.abc import Mapping

    from brokerbook.connectors import Path

WorkflowType = Literal["TEST_CONNECTION", "REVERSE_INGESTION", "QUERY_RUNNER", "TEST_SPARK_ENGINE_CONNECTION"]
WorkflowStatus = Literal["Pending", "Successful", "Failed", "Running"]
TEST_CONNECTION = "TEST_CONNECTION"

_Request = Annotated[
    dict[str, Any],
    Meta(
        description="What is to be done, by the workflow's type. A test of a connection: `connection` with its `config`,"
        " `serviceType` (as `Messaging`), `connectionType` (as `Kafka`), `serviceName` of the service whose secrets the"
        " mask stands for, `ingestionRunner`."
    ),
]
_Response = Annotated[dict[str, Any], Meta(description="What the runner tells, by the workflow's type.")]


class _Connection(Wire, frozen=True, kw_only=True):
    config: dict[str, Any] | None = None


class _TestConnection(Wire, frozen=True, kw_only=True):
    connection: _Connection | None = None
    serviceType: (
        Literal[
            "Dashboard", "Database", "Drive", "Messaging", "Metadata", "MlModel", "Pipeline", "Storage", "Search",
            "Api", "Security", "LLM", "Mcp",
        ]
        | None
    ) = None  # fmt: skip
    connectionType: str | None = None
    serviceName: EntityName | None = None
    secretsManagerProvider: (
        Literal[
            "db", "managed-aws", "aws", "managed-aws-ssm", "aws-ssm", "managed-azure-kv", "azure-kv", "in-memory",
            "gcp", "kubernetes",
        ]
        | None
    ) = None  # fmt: skip
    ingestionRunner: str | None = None


class _Test(msgspec.Struct):
    """A test's request and response at their places, so that what is wrong is named with its path."""

    request: _TestConnection = _TestConnection()
    response: TestConnectionResult | None = None


class CreateWorkflow(Wire, frozen=True, kw_only=True):
    """What POST and PUT take."""

    name: EntityName
    displayName: str | None = None
    description: Markdown | None = None
    workflowType: WorkflowType
    request: _Request
    status: WorkflowStatus | None = None
    response: _Response | None = None
    owners: list[EntityReference] | None = None
    domains: list[Fqn] | None = None


class Workflow(Entity, frozen=True, kw_only=True):
    """A task for a runner, such as a test of a connection, and what came of it."""

    description: Markdown | None = None
    workflowType: WorkflowType
    status: WorkflowStatus | None = None
    request: _Request
    response: _Response | None = None
    owners: list[EntityReference] | None = None
    deleted: bool
    domains: list[EntityReference] | None = None


def derive(create: CreateWorkflow, updating: bool) -> Document:  # noqa: FBT001
    """The workflow that the request asks for, its request checked against what it is about."""
    document: Document = {"name": create.name, "workflowType": create.workflowType}
    document["request"] = _checked_request(create.workflowType, create.name, create.request, updating=updating)
    if create.response is not None:
        document["response"] = _checked_response(create.workflowType, create.response)
    return document | copied(create, "displayName", "description", "status")


def recheck(stored: Document, patched: Document) -> Document:
    """A patched workflow with what changed of its request and its response checked again."""
    workflow_type = patched["workflowType"]
    same_type = workflow_type == stored["workflowType"]
    if not same_type or patched["request"] != stored["request"]:
        request = _checked_request(workflow_type, patched["name"], patched["request"], updating=True)
        patched = {**patched, "request": request}
    if "response" in patched and not (same_type and patched["response"] == stored.get("response")):
        patched = {**patched, "response": _checked_response(workflow_type, patched["response"])}
    return patched


def _checked_request(workflow_type: str, name: str, request: Document, *, updating: bool) -> Document:
    if workflow_type != TEST_CONNECTION:
        connectors.check_free(request, ("request",))
        return request
    converted({"request": request}, _Test)
    checked: Document = {"secretsManagerProvider": "db"}
    checked |= {key: value for key, value in request.items() if value is not None}
    config = config_of(checked)
    if config is None:
        return checked
    if (service_type := platform(checked)) is not None:
        config = connectors.checked(service_type, name, config, updating=updating)
    else:
        connectors.check_free(config, ("request", "connection", "config"))
    return checked | {"connection": {"config": config}}


def _checked_response(workflow_type: str, response: Document) -> Document:
    if workflow_type != TEST_CONNECTION:
        return response
    result = converted({"response": response}, _Test).response or TestConnectionResult()
    # there even when empty: clients require it
    return msgspec.to_builtins(result) | {"steps": msgspec.to_builtins(result.steps)}


def config_of(request: Document) -> Document | None:
    """The properties of the connection that is to be tested, if the request has one."""
    connection = request.get("connection")
    return cast("Document", connection).get("config") if isinstance(connection, dict) else None


def platform(request: Document) -> str | None:
    """The type of messaging service whose connection is to be tested; None if it is none that is known here."""
    config = config_of(request)
    if config is None or request.get("serviceType") not in (None, "Messaging"):
        return None
    service_type = request.get("connectionType") or config.get("type")
    return service_type if service_type in connectors.SERVICE_TYPES else None


def secret_paths(document: Document) -> list[Path]:
    """Where the secrets lie in a workflow's document: where its platform says so, else where they look like some."""
    request: Document = document["request"]
    if document["workflowType"] != TEST_CONNECTION:
        return connectors.free_secret_paths(request, ("request",))
    config, above = config_of(request), ("request", "connection", "config")
    if config is None:
        return []
    service_type = platform(request)
    if service_type is None:
        return connectors.free_secret_paths(config, above)
    return [(*above, *path) for path in connectors.secret_paths(service_type, config)]


def veil(document: Document) -> Document:
    """The workflow as it is shown to a caller who may not view all of it: not how to connect, nor what to do there."""
    request: Mapping[str, Any] = document["request"]
    if document["workflowType"] != TEST_CONNECTION:
        return document | {"request": {}}
    return document | {"request": {**request, "connection": {"config": None}}} if "connection" in request else document


WORKFLOW = Kind(
    name="workflow",
    path="/v1/automations/workflows",
    entity=Workflow,
    create=CreateWorkflow,
    derive=derive,
    recheck=recheck,
    links=(OWNERS, DOMAINS),
    defaults={"status": "Pending"},
    sealed="request",
    secret_paths=secret_paths,
    reports=frozenset({"response"}),
    veil=veil,
)
