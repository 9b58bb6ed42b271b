"""What the client does with many messaging services: names, masks, bulk, lists, and what ingestion does with its own."""

# pyright: reportMissingImports=false, reportAttributeAccessIssue=false, reportUntypedBaseClass=false

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connections import CONNECTIONS, MASK
from metadata.generated.schema.api.services.createMessagingService import CreateMessagingServiceRequest
from metadata.generated.schema.entity.services.messagingService import MessagingService
from metadata.generated.schema.metadataIngestion.workflow import Source
from pydantic import SecretStr
from service_life import LINKS, Services
from steps import label, names_of, plain, refused, same, secrets_of, some, step, text, version_of

if TYPE_CHECKING:
    from scene import Scene


class Many:
    """Services by the dozen, and one that ingestion looks after."""

    def __init__(self, scene: Scene) -> None:
        self.bot, self.admin, self.amy = scene.bot, scene.admin, scene.amy

    def run(self) -> None:
        """Every step."""
        self.masks()
        self.names()
        self.bulk()
        self.lists()
        self.ingestion()

    def masks(self) -> None:
        """The client's own mask, which it writes into every patch in the place of a secret."""

        def config(**more: str) -> dict[str, Any]:
            return {"config": {"type": "Kafka", "bootstrapServers": "b:1", **more}}

        def secret() -> dict[str, str]:
            return secrets_of(self.bot.get_by_name(MessagingService, "masks").connection.config)

        with step("patch that adds a secret, in whose place the client sends a mask: refused, not taken for a secret"):
            made = self.bot.create(
                CreateMessagingServiceRequest(name="masks", serviceType="Kafka", connection=config())
            )
            changed = made.model_copy(deep=True)
            changed.connection.config.saslPassword = SecretStr("s3cret")
            same((self.bot.patch(MessagingService, made, changed), secret()), (None, {}))
        with step("the same mask where a secret is stored keeps it"):
            for sent in ("s3cret", "*" * 10):
                self.bot.create_or_update(
                    CreateMessagingServiceRequest(
                        name="masks", serviceType="Kafka", connection=config(saslPassword=sent)
                    )
                )
            same(secret(), {"config.saslPassword": "s3cret"})

    def names(self) -> None:
        """Names that have to be quoted, in the path or in the fully qualified name."""
        for name, fqn in (("eu.orders", '"eu.orders"'), ("a/b %2F?&#", "a/b %2F?&#"), ("Größe +1", "Größe +1")):
            with step(f"the name {name!r}: create, get by name, patch, delete"):
                made = self.admin.create(CreateMessagingServiceRequest(name=name, serviceType="Kafka"))
                same((text(made.name), text(made.fullyQualifiedName)), (name, fqn))
                same(self.admin.get_by_name(MessagingService, fqn, fields=["tags"]).id, made.id)
                some(self.admin.patch_description(MessagingService, made, "named", skip_on_failure=False))
                self.admin.delete(MessagingService, made.id, hard_delete=True)
                same(self.admin.get_by_name(MessagingService, fqn), None)

    def bulk(self) -> None:
        """Many services in one request."""

        def rows(**more: Any) -> list[CreateMessagingServiceRequest]:
            return [
                CreateMessagingServiceRequest(
                    name=f"bulk-{kind}", serviceType=kind, connection={"config": config}, owners=[self.amy], **more
                )
                for kind, (config, _) in CONNECTIONS.items()
            ]

        with step("bulk_create_or_update: every type at once, again, and with changes"):
            for sent in (rows(), rows(), rows(description="Changed")):
                result = self.admin.bulk_create_or_update(sent)
                same((result.status.value, result.numberOfRowsProcessed.root), ("success", len(sent)))
                same([row.request for row in result.successRequest], [text(row.name) for row in sent])
        with step("bulk_create_or_update: what it wrote, with its secrets"):
            for kind, (config, _) in CONNECTIONS.items():
                found = self.bot.get_by_name(MessagingService, f"bulk-{kind}", fields=["owners"])
                same((text(found.description), names_of(found.owners), version_of(found)), ("Changed", ["amy"], 0.2))
                same(plain(found), plain(found) | config)
        with step("bulk_create_or_update: one bad row harms no other"):
            sent = rows(displayName="Third")
            sent.insert(1, CreateMessagingServiceRequest(name="bad", serviceType="Kafka", tags=[label("No.Such")]))
            result = self.admin.bulk_create_or_update(sent)
            same((result.numberOfRowsProcessed.root, result.numberOfRowsFailed.root), (len(sent), 1))
            same([row.request["name"] for row in result.failedRequest], ["bad"])
            same(text(result.failedRequest[0].message), "tag instance for No.Such not found")
            same(self.admin.get_by_name(MessagingService, "bad"), None)
            same(self.admin.get_by_name(MessagingService, "bulk-PubSub").displayName, "Third")

    def lists(self) -> None:
        """Pages and filters."""
        everything = [text(service.name) for service in self.admin.list_entities(MessagingService, limit=1000).entities]
        with step("list_entities: total, fields, pages there and back"):
            first = self.admin.list_entities(MessagingService, fields=LINKS, limit=3)
            same((first.total, len(first.entities), first.before), (len(everything), 3, None))
            second = self.admin.list_entities(MessagingService, limit=3, after=some(first.after))
            back = self.admin.list_entities(MessagingService, limit=3, before=some(second.before))
            same([entity.id for entity in back.entities], [entity.id for entity in first.entities])
            same([text(entity.name) for entity in second.entities], everything[3:6])
        with step("list_all_entities with pages of 1, 2 and 100"):
            for limit in (1, 2, 100):
                found = self.admin.list_all_entities(MessagingService, fields=["*"], limit=limit)
                same([text(service.name) for service in found], everything)
        with step("list_services"):
            same([text(service.name) for service in self.admin.list_services(MessagingService)], everything[:10])
        with step("list_entities and list_all of a domain"):
            wanted = [f"domain-{number}" for number in range(3)]
            for name in wanted:
                self.admin.create(CreateMessagingServiceRequest(name=name, serviceType="Kafka", domains=["Stock"]))
            page = self.admin.list_entities(MessagingService, fields=["domains"], params={"domain": "Stock"})
            same(([text(service.name) for service in page.entities], page.total), (wanted, 3))
            same(names_of(page.entities[0].domains), ["Stock"])
            found = Services.list_all(batch_size=2, filters={"domain": "Stock"})
            same([text(service.name) for service in found], wanted)
            refused(404, lambda: self.admin.list_entities(MessagingService, params={"domain": "nowhere"}))
        with step("list_entities masks secrets for the administrator, not for the bot"):
            for client, masked in ((self.admin, True), (self.bot, False)):
                for service in client.list_all_entities(MessagingService):
                    found = secrets_of(service.connection.config) if service.connection else {}
                    same({value == MASK for value in found.values()} - {masked}, set())

    def ingestion(self) -> None:
        """What `metadata ingest` does with its service, before it comes to topics."""
        source = Source.model_validate(
            {
                "type": "kafka",
                "serviceName": "ingested",
                "serviceConnection": {"config": {"type": "Kafka", "bootstrapServers": "b:1", "saslPassword": "s3cret"}},
                "sourceConfig": {"config": {"type": "MessagingMetadata"}},
            }
        )
        with step("ingestion: GET with fields=*, PUT, GET again, and the same in a second run"):
            same(self.bot.get_by_name(MessagingService, "ingested", fields=["*"]), None)
            asked = self.bot.get_create_service_from_source(MessagingService, source)
            made = self.bot.create_or_update(asked)
            found = self.bot.get_by_name(MessagingService, "ingested", fields=["*"])
            same((found.id, secrets_of(found.connection.config)), (made.id, {"config.saslPassword": "s3cret"}))
            same(self.bot.get_service_or_create(MessagingService, source).id, made.id)
            same(version_of(self.bot.create_or_update(asked)), 0.1)
        with step("ingestion with storeServiceConnection: false keeps the connection that is there"):
            self.bot.config.storeServiceConnection = False
            asked = self.bot.get_create_service_from_source(MessagingService, source)
            same(asked.connection, None)
            same(plain(self.bot.create_or_update(asked))["saslPassword"], "s3cret")
        with step("ingestion keeps what a person has written"):
            self.admin.patch_description(MessagingService, made, "Written by hand", skip_on_failure=False)
            self.bot.create_or_update(asked.model_copy(update={"description": "Found"}))
            same(text(self.admin.get_by_name(MessagingService, "ingested").description), "Written by hand")
