"""Ingestion pipelines: what the client makes, and what it reports of a run: status, progress, operations, logs."""

# pyright: reportMissingImports=false, reportAttributeAccessIssue=false

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from metadata.generated.schema.api.services.createMessagingService import CreateMessagingServiceRequest
from metadata.generated.schema.api.services.ingestionPipelines.createIngestionPipeline import (
    CreateIngestionPipelineRequest,
)
from metadata.generated.schema.entity.services.ingestionPipelines.ingestionPipeline import (
    AirflowConfig,
    IngestionPipeline,
    PipelineState,
    PipelineStatus,
)
from metadata.generated.schema.entity.services.ingestionPipelines.operationMetricsBatch import OperationMetricsBatch
from metadata.generated.schema.entity.services.ingestionPipelines.progressUpdate import ProgressNode, ProgressUpdate
from metadata.generated.schema.entity.services.ingestionPipelines.status import (
    IngestionStatus,
    Progress,
    StackTraceError,
    StepSummary,
)
from metadata.generated.schema.entity.services.messagingService import MessagingService
from metadata.generated.schema.metadataIngestion.messagingServiceMetadataPipeline import (
    MessagingServiceMetadataPipeline,
)
from metadata.generated.schema.metadataIngestion.workflow import SourceConfig
from metadata.generated.schema.type.entityReference import EntityReference
from steps import names_of, refused, same, some, step, text

if TYPE_CHECKING:
    from scene import Scene

TIME = 1767225600000


class Pipelines:
    """A pipeline of a service with a dot in its name, from the first request to the last."""

    def __init__(self, scene: Scene) -> None:
        self.admin, self.bot = scene.admin, scene.bot
        self.run_id = str(uuid.uuid4())

    def run(self) -> None:
        """Every step."""
        self.make()
        self.status()
        self.progress()
        self.logs()
        self.rest()

    def make(self) -> None:
        """The pipeline, as ingestion makes it."""
        with step("a pipeline that is not there: None"):
            same(self.bot.get_by_name(IngestionPipeline, '"read.by".meta'), None)
        with step("pipelines: create_or_update, create again: 409, get by name and id, list"):
            self.service = self.bot.create_or_update(CreateMessagingServiceRequest(name="read.by", serviceType="Kafka"))
            self.request = CreateIngestionPipelineRequest(
                name="meta",
                pipelineType="metadata",
                service=EntityReference(id=self.service.id, type="messagingService"),
                sourceConfig=SourceConfig(
                    config=MessagingServiceMetadataPipeline(topicFilterPattern={"includes": ["^orders"]})
                ),
                airflowConfig=AirflowConfig(scheduleInterval="0 * * * *"),
            )
            made = self.bot.create_or_update(self.request)
            self.fqn = text(made.fullyQualifiedName)
            same(self.fqn, '"read.by".meta')
            same(made.sourceConfig.config.topicFilterPattern.includes, ["^orders"])
            refused(409, lambda: self.bot.create(self.request))
            self.made = some(self.bot.get_by_name(IngestionPipeline, self.fqn, fields=["*"]))
            same(self.made.pipelineStatuses, [])
            same(text(self.made.service.fullyQualifiedName), '"read.by"')
            same(self.bot.get_by_id(IngestionPipeline, made.id).airflowConfig.scheduleInterval, "0 * * * *")
            listed = self.bot.list_entities(IngestionPipeline, params={"service": '"read.by"'}).entities
            same([text(one.name) for one in listed], ["meta"])
            service = self.bot.get_by_name(MessagingService, '"read.by"', fields=["pipelines"])
            same(names_of(service.pipelines), ["meta"])

    def status(self) -> None:
        """A run, from its beginning to its end."""
        with step("a run that nobody knows: None; its status, put, read, completed, listed between two times"):
            same(self.bot.get_pipeline_status(self.fqn, self.run_id), None)
            begun = PipelineStatus(runId=self.run_id, pipelineState="running", startDate=TIME, timestamp=TIME)
            self.bot.create_or_update_pipeline_status(self.fqn, begun)
            known = some(self.bot.get_pipeline_status(self.fqn, self.run_id))
            same(known.pipelineState, PipelineState.running)
            known.pipelineState = PipelineState.partialSuccess
            kafka = StepSummary(
                name="Kafka",
                records=2,
                failures=[StackTraceError(name="orders", error="no schema")],
                progress={"Topic": Progress(total=2, processed=0)},
            )
            known.status = IngestionStatus([kafka])
            self.bot.create_or_update_pipeline_status(self.fqn, known)
            (found,) = some(self.bot.get_pipeline_status_between_ts(self.fqn, TIME, TIME + 1))
            same(found, known)
            same(self.bot.get_pipeline_status_between_ts(self.fqn, TIME + 1, TIME + 2), [])
            same(
                self.bot.get_by_name(IngestionPipeline, self.fqn, fields=["pipelineStatuses"]).pipelineStatuses, [known]
            )

    def progress(self) -> None:
        """What a run tells on its way; the client swallows what is wrong with it, so it is sent once more by hand."""
        with step("progress and operations of a run"):
            tree = ProgressNode(label="", expected=2, processed=1, children=[ProgressNode(label="orders")])
            update = ProgressUpdate(runId=self.run_id, timestamp=TIME, updateType="PROCESSING", progress=tree)
            metric = {"category": "api_calls", "operation": "GET", "timestamp": TIME, "durationMs": 7}
            batch = OperationMetricsBatch(runId=self.run_id, stepName="Kafka", metrics=[metric])
            self.bot.send_progress_update(self.fqn, self.run_id, update)
            self.bot.send_operation_metrics_batch(self.fqn, self.run_id, batch)
            below = "/services/ingestionPipelines"
            self.bot.client.put(f"{below}/progress/{self.fqn}/{self.run_id}", update.model_dump_json(exclude_none=True))
            found = self.bot.client.get(f"{below}/metrics/{self.fqn}/{self.run_id}")
            same(found["byCategory"]["api_calls"]["GET"][""]["count"], 1)

    def logs(self) -> None:
        """Lines, packed ones too."""
        with step("logs of a run: sent, packed, closed, read"):
            run = uuid.UUID(self.run_id)
            some(self.bot.send_logs_batch_best_effort(self.fqn, run, "first\nsecond"))
            sent = self.bot.send_logs_batch(self.fqn, run, "line\n" * 3000, enable_compression=True)
            same(sent["bytes_sent"], 15000)
            some(self.bot.send_close_best_effort(self.fqn, run))
            lines = some(self.bot.get_logs_from_s3(self.fqn, run, limit=5)).splitlines()
            same([line.rpartition("] ")[2] for line in lines], ["first", "second", "line", "line", "line"])

    def rest(self) -> None:
        """Patches, versions, delete, restore."""
        with step("pipelines: patch, versions, delete, restore, hard delete"):
            changed = self.made.model_copy(deep=True)
            changed.description = "Reads topics"
            changed.airflowConfig.concurrency = 2
            patched = some(self.admin.patch(IngestionPipeline, self.made, changed))
            same((text(patched.description), patched.airflowConfig.concurrency), ("Reads topics", 2))
            same(patched.sourceConfig.config.topicFilterPattern.includes, ["^orders"])
            some(self.admin.get_list_entity_versions(self.made.id, IngestionPipeline).versions)
            self.admin.delete(IngestionPipeline, self.made.id)
            same(self.admin.get_by_name(IngestionPipeline, self.fqn), None)
            same(self.admin.restore(IngestionPipeline, self.made.id).id, self.made.id)
            same(len(some(self.admin.get_pipeline_status_between_ts(self.fqn, 0, TIME))), 1)
            self.admin.delete(MessagingService, self.service.id, recursive=True, hard_delete=True)
            same(self.admin.get_by_name(IngestionPipeline, self.fqn), None)
