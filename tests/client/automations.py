"""Automation workflows: the client's own runner tests a connection, as ingestion does, and reports to the catalog."""

# pyright: reportMissingImports=false, reportAttributeAccessIssue=false

from __future__ import annotations

import json
import socket
from typing import TYPE_CHECKING, Any

from metadata.automations.execute_runner import execute
from metadata.generated.schema.api.automations.createWorkflow import CreateWorkflowRequest
from metadata.generated.schema.api.services.createMessagingService import CreateMessagingServiceRequest
from metadata.generated.schema.entity.automations.workflow import Workflow
from metadata.generated.schema.entity.services.connections.testConnectionDefinition import TestConnectionDefinition
from metadata.generated.schema.entity.services.ingestionPipelines.pipelineServiceClientResponse import (
    PipelineServiceClientResponse,
)
from metadata.generated.schema.settings.settings import Settings
from steps import names_of, refused, same, some, step, text

if TYPE_CHECKING:
    from scene import Scene

MASK = "*********"
SECRET = "pass-for-nobody"


def closed_port() -> str:
    """An address where nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{taken.getsockname()[1]}"


def password_of(workflow: Any) -> str:
    """The password in a workflow's connection."""
    return workflow.request.connection.config.saslPassword.get_secret_value()


class Automations:
    """Tests of connections, and what the client asks for them."""

    def __init__(self, scene: Scene) -> None:
        self.scene, self.admin, self.bot = scene, scene.admin, scene.bot

    def run(self) -> None:
        """Every step."""
        self.definitions()
        self.make()
        self.execute()
        self.rest()

    def definitions(self) -> None:
        """What a test consists of, and the settings that ingestion asks for."""
        with step("test connection definitions of every type: by name, by id, listed"):
            listed = self.admin.list_entities(TestConnectionDefinition, limit=100).entities
            for service_type in ("Kafka", "Redpanda", "Kinesis", "PubSub"):
                name = f"{service_type}.testConnectionDefinition"
                found = some(self.bot.get_by_name(TestConnectionDefinition, name))
                same(self.bot.get_by_id(TestConnectionDefinition, found.id), found)
                some([one for one in listed if one == found])
                same(found.steps[0].name, "GetTopics")
            same(self.bot.get_by_name(TestConnectionDefinition, "Nothing.testConnectionDefinition"), None)
        with step("the profiler's settings"):
            found = some(self.bot.get_profiler_config_settings())
            same(type(found).__name__, Settings.__name__)
            some(found.config_value.sampleDataConfig.storeSampleData)

    def make(self) -> None:
        """A workflow that borrows the secret of a service."""
        self.address = closed_port()
        connection = {
            "config": {
                "type": "Kafka",
                "bootstrapServers": self.address,
                "saslUsername": "nobody",
                "saslPassword": SECRET,
                "consumerConfig": {"log_level": "0"},  # it would tell of each attempt
            }
        }
        with step("a workflow with a mask in the place of the secret of the service that it tests"):
            self.admin.create(CreateMessagingServiceRequest(name="tested", serviceType="Kafka", connection=connection))
            masked = {"config": connection["config"] | {"saslPassword": MASK}}
            asked = {"connection": masked, "serviceType": "Messaging", "connectionType": "Kafka"}
            body = {"name": "test-it", "workflowType": "TEST_CONNECTION", "request": asked | {"serviceName": "tested"}}
            answer = self.admin.client.put("/automations/workflows", data=json.dumps(body))
            made = Workflow.model_validate(answer)
            same((made.status.value, password_of(made)), ("Pending", MASK))
            self.id = made.id
            same(password_of(self.bot.get_by_name(Workflow, "test-it")), SECRET)
        with step("the same with create_or_update, the secret in clear; again by create: 409"):
            asked["connection"] = connection
            request = CreateWorkflowRequest(name="test-it", workflowType="TEST_CONNECTION", request=asked)
            same(self.bot.create_or_update(request).id, self.id)
            refused(409, lambda: self.bot.create(request))
        with step("a trigger without an orchestrator"):
            answer = self.admin.client.post(f"/automations/workflows/trigger/{text(self.id)}")
            same(PipelineServiceClientResponse.model_validate(answer).code, 200)

    def execute(self) -> None:
        """The runner, against a port where nobody listens."""
        with step("the client's runner tests the connection and reports each step"):
            workflow = some(self.bot.get_by_name(Workflow, "test-it"))
            workflow.openMetadataServerConnection = self.bot.config
            execute(workflow)
            done = some(self.admin.get_by_name(Workflow, "test-it", fields=["owners"]))
            same((done.status.value, done.response.status.value), ("Successful", "Failed"))
            first = done.response.steps[0]
            same((first.name, first.mandatory, first.passed), ("GetTopics", True, False))
            some(first.message or first.errorLog)
            same(done.updatedBy, "ingestion-bot")
            same(password_of(done), MASK)
            same(done.model_dump_json().count(SECRET), 0)

    def rest(self) -> None:
        """Owners, versions, delete."""
        with step("list with filters, versions, delete and restore of workflows"):
            page = self.admin.list_entities(Workflow, params={"status": "Successful"}, fields=["owners"])
            same([text(one.name) for one in page.entities], ["test-it"])
            same(names_of(page.entities[0].owners), [])
            some(self.admin.get_list_entity_versions(self.id, Workflow).versions)
            self.admin.delete(Workflow, self.id)
            same(self.admin.get_by_id(Workflow, self.id), None)
            same(self.admin.restore(Workflow, self.id).id, self.id)
            self.admin.delete(Workflow, self.id, hard_delete=True)
            same(self.admin.get_by_name(Workflow, "test-it"), None)
