"""Lineage: stated by references and by names, patched, read and deleted, as the client does it."""

# pyright: reportMissingImports=false, reportAttributeAccessIssue=false

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from metadata.generated.schema.api.data.createTopic import CreateTopicRequest
from metadata.generated.schema.api.lineage.addLineage import AddLineageRequest
from metadata.generated.schema.api.services.createMessagingService import CreateMessagingServiceRequest
from metadata.generated.schema.entity.data.topic import Topic
from metadata.generated.schema.type.entityLineage import ColumnLineage, EntitiesEdge, EntityLineage, LineageDetails
from metadata.generated.schema.type.entityReference import EntityReference
from metadata.generated.schema.type.schema import FieldModel, SchemaType
from metadata.generated.schema.type.schema import Topic as Schema
from steps import same, some, step, text

if TYPE_CHECKING:
    from scene import Scene


class Lineage:
    """Topics of two services whose names have dots in them, and what flows between them."""

    def __init__(self, scene: Scene) -> None:
        self.bot = scene.bot
        for name in ("flow.in", "flow.out"):
            self.bot.create_or_update(CreateMessagingServiceRequest(name=name, serviceType="Kafka"))
        self.a, self.b, self.c = (
            self._topic(service, name) for service, name in (("in", "raw.a"), ("out", "b"), ("out", "c %2"))
        )

    def _topic(self, service: str, name: str) -> Topic:
        fields = [FieldModel(name="Order", dataType="RECORD", children=[FieldModel(name="id", dataType="LONG")])]
        schema = Schema(schemaType=SchemaType.Avro, schemaText="", schemaFields=fields)
        request = CreateTopicRequest(name=name, service=f'"flow.{service}"', partitions=1, messageSchema=schema)
        return self.bot.create_or_update(request)

    def _edge(self, start: Topic, end: Topic, **details: Any) -> EntitiesEdge:
        return EntitiesEdge(
            fromEntity=EntityReference(id=start.id, type="topic"),
            toEntity=EntityReference(id=end.id, type="topic"),
            lineageDetails=LineageDetails(**details) if details else None,
        )

    def run(self) -> None:
        """Every step."""
        self.by_reference()
        self.by_name()
        self.read()
        self.delete()

    def by_reference(self) -> None:
        """`add_lineage`, which reads the graph afterwards."""
        a, b = self.a, self.b
        entry = ColumnLineage(fromColumns=[f"{text(a.fullyQualifiedName)}.Order.id"],
                              toColumn=f"{text(b.fullyQualifiedName)}.Order.id")  # fmt: skip
        with step("add_lineage: the graph around the first topic"):
            found = self.bot.add_lineage(
                AddLineageRequest(edge=self._edge(a, b, sqlQuery="one", columnsLineage=[entry]))
            )
            graph = EntityLineage.model_validate(found)
            same([text(node.id) for node in graph.nodes], [text(b.id)])
            same(text(graph.downstreamEdges[0].lineageDetails.columnsLineage[0].toColumn), text(entry.toColumn))
        with step("add_lineage with check_patch: what is new is patched in, what is there stays"):
            more = ColumnLineage(fromColumns=[f"{text(a.fullyQualifiedName)}.Order"],
                                 toColumn=f"{text(b.fullyQualifiedName)}.Order")  # fmt: skip
            edge = self._edge(a, b, sqlQuery="two", columnsLineage=[more])
            found = self.bot.add_lineage(AddLineageRequest(edge=edge), check_patch=True)
            said = EntityLineage.model_validate(found).downstreamEdges[0].lineageDetails
            same(text(said.sqlQuery), "two")
            same(len(said.columnsLineage), 2)
            same(min(said.updatedAt.root, said.createdAt.root), said.createdAt.root)
        with step("get_lineage_edge"):
            edge = LineageDetails.model_validate(some(self.bot.get_lineage_edge(text(a.id), text(b.id)))["edge"])
            same(edge.createdBy, "ingestion-bot")
            same(self.bot.get_lineage_edge(text(b.id), text(a.id)), None)
        with step("an end that is not there: an error that says so"):
            nobody = EntityReference(id="00000000-0000-4000-8000-000000000000", type="topic")
            asked = AddLineageRequest(edge=EntitiesEdge(fromEntity=nobody, toEntity=nobody))
            same(self.bot.add_lineage(asked)["error"][:9], "Error 404")

    def by_name(self) -> None:
        """`add_lineage_by_name`, with and without looking first."""
        b, c = (text(one.fullyQualifiedName) for one in (self.b, self.c))
        with step("add_lineage_by_name: the graph; again with check_patch"):
            found = EntityLineage.model_validate(self.bot.add_lineage_by_name(b, "topic", c, "topic"))
            same([text(node.id) for node in found.nodes if text(node.id) == text(self.c.id)], [text(self.c.id)])
            details = LineageDetails(sqlQuery="three")
            self.bot.add_lineage_by_name(b, "topic", c, "topic", lineage_details=details, check_patch=True)
            edge = some(self.bot.get_lineage_by_name(Topic, c, up_depth=1, down_depth=0))["upstreamEdges"][0]
            same(edge["lineageDetails"]["sqlQuery"], "three")

    def read(self) -> None:
        """`get_lineage_by_id` and `get_lineage_by_name`."""
        with step("get_lineage_by_id, get_lineage_by_name: the same graph, over two edges"):
            by_id = self.bot.get_lineage_by_id("topic", text(self.a.id), up_depth=0, down_depth=2)
            by_name = self.bot.get_lineage_by_name(Topic, text(self.a.fullyQualifiedName), up_depth=0, down_depth=2)
            same(by_id, by_name)
            graph = EntityLineage.model_validate(by_id)
            same({text(node.id) for node in graph.nodes}, {text(self.b.id), text(self.c.id)})
            same(len(graph.downstreamEdges), 2)
        with step("the services have lineage because their topics have"):
            found = self.bot.get_lineage_by_name("messagingService", '"flow.in"')
            edge = EntityLineage.model_validate(found).downstreamEdges[0]
            same((edge.lineageDetails.source.value, edge.lineageDetails.assetEdges), ("ChildAssets", 1))

    def delete(self) -> None:
        """Edges deleted by reference, by name and by their source."""
        a, b, c = (text(one.fullyQualifiedName) for one in (self.a, self.b, self.c))
        with step("delete_lineage_edge, delete_lineage_by_name, delete_lineage_by_source"):
            self.bot.delete_lineage_edge(self._edge(self.a, self.b))
            same(self._around(self.a), [])
            self.bot.delete_lineage_by_name(b, "topic", c, "topic")
            same(self._around(self.b), [])
            for start, end, source in ((a, b, "QueryLineage"), (b, c, "DbtLineage")):
                details = LineageDetails(source=source)
                self.bot.add_lineage_by_name(start, "topic", end, "topic", lineage_details=details)
            self.bot.delete_lineage_by_source("topic", text(self.b.id), "QueryLineage")
            same(self._around(self.a), [])
            self.bot.delete_lineage_by_source_by_name("topic", c, "DbtLineage")
            same(self._around(self.b), [])

    def _around(self, topic: Topic) -> list[Any]:
        graph = EntityLineage.model_validate(
            self.bot.get_lineage_by_id(Topic, text(topic.id), up_depth=3, down_depth=3)
        )
        return [*graph.nodes, *graph.upstreamEdges, *graph.downstreamEdges]
