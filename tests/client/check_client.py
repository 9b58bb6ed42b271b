"""What the official OpenMetadata client does with messaging services, done by it against a running catalog.

check_client.py URL BOT-TOKEN ADMIN-TOKEN      (with the client's Python; run.py beside this file sets all of it up)

Calls only the client's own classes and methods, for every service type that it knows, and checks what comes back; its
models refuse every key that OpenMetadata does not have. Prints one line per step; ends with exit code 1 at the first
step that fails, with the reason and with what the client has logged. Leaves its entities behind: give it a new catalog.
"""

# ruff: noqa: T201  a script that prints
# pyright: reportMissingImports=false, reportAttributeAccessIssue=false, reportUntypedBaseClass=false

from __future__ import annotations

import contextlib
import json
import logging
import sys
import time
import traceback
from typing import TYPE_CHECKING, Any

from metadata.generated.schema.api.classification.createClassification import CreateClassificationRequest
from metadata.generated.schema.api.classification.createTag import CreateTagRequest
from metadata.generated.schema.api.domains.createDataProduct import CreateDataProductRequest
from metadata.generated.schema.api.domains.createDomain import CreateDomainRequest
from metadata.generated.schema.api.services.createMessagingService import CreateMessagingServiceRequest
from metadata.generated.schema.api.teams.createTeam import CreateTeamRequest
from metadata.generated.schema.api.teams.createUser import CreateUserRequest
from metadata.generated.schema.entity.classification.classification import Classification
from metadata.generated.schema.entity.classification.tag import Tag
from metadata.generated.schema.entity.domains.dataProduct import DataProduct
from metadata.generated.schema.entity.domains.domain import Domain
from metadata.generated.schema.entity.services.connections.metadata.openMetadataConnection import OpenMetadataConnection
from metadata.generated.schema.entity.services.messagingService import MessagingService, MessagingServiceType
from metadata.generated.schema.entity.teams.team import Team
from metadata.generated.schema.entity.teams.user import User
from metadata.generated.schema.metadataIngestion.workflow import Source
from metadata.generated.schema.type.entityReference import EntityReference
from metadata.generated.schema.type.entityReferenceList import EntityReferenceList
from metadata.generated.schema.type.tagLabel import TagLabel
from metadata.ingestion.ometa.client import APIError
from metadata.ingestion.ometa.mixins.patch_mixin_utils import PatchOperation
from metadata.ingestion.ometa.ometa_api import OpenMetadata
from metadata.sdk.entities.base import BaseEntity
from pydantic import BaseModel, RootModel, SecretStr

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

MASK = "*********"
LINKS = ["owners", "domains", "dataProducts", "followers", "tags"]
WAIT_SECONDS = 10
FILTER = {"includes": ["^orders"], "excludes": ["^__"]}
SSL = {"caCertificate": "s3cret-ca", "sslCertificate": "s3cret-cert", "sslKey": "s3cret-key"}
REDPANDA = {
    "type": "Redpanda",
    "bootstrapServers": "b1:9092,b2:9092",
    "schemaRegistryURL": "https://registry.example:8081/",
    "saslUsername": "reader",
    "saslPassword": "s3cret-sasl",
    "securityProtocol": "SASL_SSL",
    "saslMechanism": "SCRAM-SHA-512",
    "basicAuthUserInfo": "s3cret-user:s3cret-info",
    "consumerConfig": {"group.id": "readers"},
    "schemaRegistryConfig": {"timeout": 3},
    "schemaRegistryTopicSuffixName": "-val",
    "topicFilterPattern": FILTER,
    "supportsMetadataExtraction": False,
    "supportsProfiler": False,
}
AWS = {
    "enabled": True,
    "awsAccessKeyId": "AKIA",
    "awsSecretAccessKey": "s3cret-aws",
    "awsRegion": "eu-central-1",
    "endPointURL": "https://kinesis.example/",
    "assumeRoleArn": "arn:aws:iam::1:role/reader",
    "assumeRoleSessionName": "catalog",
}
GCP = {
    "type": "service_account",
    "projectId": ["one", "two"],
    "privateKeyId": "k1",
    "privateKey": "s3cret-gcp",
    "clientEmail": "reader@one.example",
    "clientId": "17",
    "authUri": "https://a.example/",
    "tokenUri": "https://t.example/",
    "authProviderX509CertUrl": "https://c.example/",
    "clientX509CertUrl": "https://d.example/",
}
# For each service type a connection with nearly every property, and how many of them the client calls secret.
CONNECTIONS: dict[str, tuple[dict[str, Any], int]] = {
    "Kafka": (REDPANDA | {"type": "Kafka", "consumerConfigSSL": SSL, "schemaRegistrySSL": SSL}, 8),
    "Redpanda": (REDPANDA, 2),
    "Kinesis": ({"type": "Kinesis", "awsConfig": AWS, "topicFilterPattern": FILTER, "supportsProfiler": False}, 1),
    "PubSub": (
        {
            "type": "PubSub",
            "gcpConfig": {
                "gcpConfig": GCP,
                "gcpImpersonateServiceAccount": {"impersonateServiceAccount": "other@one.example", "lifetime": 60},
            },
            "projectId": "one",
            "hostPort": "localhost:8085",
            "useEmulator": True,
            "schemaRegistryEnabled": False,
            "includeSubscriptions": False,
            "includeDeadLetterTopics": True,
        },
        1,
    ),
    "CustomMessaging": (
        {
            "type": "CustomMessaging",
            "sourcePythonClass": "brokers.Mine",
            "connectionOptions": {"url": "mine://b1"},
            "topicFilterPattern": FILTER,
            "anything": {"nested": [1, "two"]},
        },
        0,
    ),
}


class Services(BaseEntity[MessagingService, CreateMessagingServiceRequest]):
    """The SDK's facade for messaging services; the client has none of its own."""

    @classmethod
    def entity_type(cls) -> type[MessagingService]:
        """The entity that the facade is for."""
        return MessagingService


class Failed(Exception):
    """A step has not brought what it should."""


class Log(logging.Handler):
    """Keeps what the client logs: that is where it says why it has skipped a patch."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keeps one message."""
        self.lines.append(record.getMessage())


LOG = Log()


@contextlib.contextmanager
def step(text: str) -> Generator[None]:
    """One line of the report; a failure within ends the program."""
    LOG.lines.clear()
    try:
        yield
    except Exception as error:  # noqa: BLE001  whatever it is, the step has failed
        print(f"FAILED  {text}")
        place = traceback.extract_tb(error.__traceback__)[1]
        print(f"        line {place.lineno}: {place.line}")
        print(f"        {type(error).__name__}: {error}")
        for line in LOG.lines:
            print(f"        the client logged: {line}")
        sys.exit(1)
    print(f"ok      {text}", flush=True)


def same(got: Any, wanted: Any) -> None:
    """Fails unless both are equal."""
    if got != wanted:
        raise Failed(f"got {got!r} instead of {wanted!r}")


def some(got: Any) -> Any:
    """What was got, which must not be nothing."""
    if not got:
        raise Failed(f"got {got!r}")
    return got


def refused(code: int, call: Callable[[], Any]) -> str:
    """The message of the error with that code, with which the call must end."""
    try:
        got = call()
    except APIError as error:
        same((error.code, error.status_code), (code, code))
        return str(error)
    raise Failed(f"got {got!r} instead of an error {code}")


def awaited(call: Callable[[], Any]) -> Any:
    """What the call brings in the end, tried again and again: for work that the server does afterwards."""
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        if got := call():
            return got
        time.sleep(0.05)
    raise Failed(f"nothing within {WAIT_SECONDS} s")


def text(value: Any) -> str:
    """An identifier or a name as text."""
    return str(getattr(value, "root", value))


def names_of(references: Any) -> list[str]:
    """The names of references, sorted."""
    if isinstance(references, RootModel):
        references = references.root
    return sorted(text(reference.name) for reference in references or [])


def labels_of(service: Any) -> list[str]:
    """The names of the tags on a service."""
    return sorted(text(label.tagFQN) for label in service.tags or [])


def label(fqn: str) -> TagLabel:
    """A tag as a person sets it."""
    return TagLabel(tagFQN=fqn, source="Classification", labelType="Manual", state="Confirmed")


def references(*found: EntityReference) -> EntityReferenceList:
    """A list of references."""
    return EntityReferenceList(list(found))


def version_of(service: Any) -> float:
    """A version as a number."""
    return round(service.version.root, 1)


def secrets_of(model: Any, path: str = "config") -> dict[str, str]:
    """The value of every property that the client's classes call secret."""
    if isinstance(model, SecretStr):
        return {path: model.get_secret_value()}
    if isinstance(model, RootModel):
        return secrets_of(model.root, path)
    found: dict[str, str] = {}
    if isinstance(model, BaseModel):
        for name in type(model).model_fields:
            found |= secrets_of(getattr(model, name), f"{path}.{name}")
    return found


def plain(service: Any) -> dict[str, Any]:
    """The properties of a service's connection as they came, secrets too."""
    return json.loads(service.connection.config.model_dump_json(mask_secrets=False, exclude_unset=True))


def connect(url: str, token: str) -> Any:
    """A client, which checks that the server is of its version."""
    return OpenMetadata(
        OpenMetadataConnection(
            hostPort=f"{url}/api",
            authProvider="openmetadata",
            securityConfig={"jwtToken": token},
            enableVersionValidation=True,
        )
    )


class Check:
    """The steps, and what they share: a client for the bot, one for the administrator."""

    def __init__(self, url: str, bot_token: str, admin_token: str) -> None:
        self.url = url
        with step("the constructor accepts the server's version"):
            self.bot = connect(url, bot_token)
            self.admin = connect(url, admin_token)
        Services.use_client(self.admin)

    def run(self) -> None:
        """Every step."""
        self.first()
        self.others()
        for service_type in MessagingServiceType:
            Lifecycle(self, service_type.value).run()
        self.masks()
        self.names()
        self.bulk()
        self.lists()
        self.ingestion()

    def first(self) -> None:
        """What a client does before anything else, and what a stranger gets."""
        with step("health_check, get_server_version"):
            some(self.bot.health_check())
            same(text(self.bot.get_server_version())[:3], "2.0")
        with step("a token that was not made here: 401"):
            stranger = connect(self.url, "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZG1pbiJ9.")
            refused(401, lambda: stranger.get_by_name(MessagingService, "kafka"))
        with step("a service that is not there: None, or 404 where asked"):
            same(self.admin.get_by_name(MessagingService, "nobody"), None)
            same(self.admin.get_by_id(MessagingService, "00000000-0000-4000-8000-000000000000"), None)
            same(self.admin.get_by_name(MessagingService, "nobody", fields=["*"]), None)
            refused(404, lambda: self.admin.get_by_name(MessagingService, "nobody", nullable=False))
            same(self.admin.get_entity_reference(MessagingService, "nobody"), None)

    def others(self) -> None:
        """The kinds that a service refers to."""
        admin = self.admin
        with step("users: create, create_or_update, get"):
            amy = admin.create(CreateUserRequest(name="amy", email="amy@example.com"))
            again = admin.create_or_update(CreateUserRequest(name="amy", email="amy@example.com", displayName="Amy"))
            same((again.id, again.displayName), (amy.id, "Amy"))
            refused(409, lambda: admin.create(CreateUserRequest(name="amy", email="amy@example.com")))
            same(admin.get_by_id(User, amy.id).email.root, "amy@example.com")
        with step("teams: create, create_or_update, get with members"):
            team = admin.create(CreateTeamRequest(name="data", teamType="Group", users=[amy.id.root]))
            admin.create_or_update(CreateTeamRequest(name="data", teamType="Group", description="Data"))
            same(names_of(admin.get_by_name(Team, "data", fields=["users"]).users), ["amy"])
            same(names_of(admin.get_by_name(User, "amy", fields=["teams"]).teams), ["data"])
        with step("classifications, tags: create, create_or_update, get"):
            admin.create(CreateClassificationRequest(name="Rank", description="How dear it is"))
            for name in ("Gold", "Silver", "Tin"):
                admin.create(CreateTagRequest(classification="Rank", name=name, description=name))
            changed = CreateTagRequest(classification="Rank", name="Gold", description="Dearest")
            same(text(admin.create_or_update(changed).fullyQualifiedName), "Rank.Gold")
            same(text(admin.get_by_name(Tag, "Rank.Gold").description), "Dearest")
            same(text(admin.get_by_name(Classification, "Rank").name), "Rank")
        with step("domains, data products: create, create_or_update, get"):
            for name in ("Sales", "Stock"):
                admin.create(CreateDomainRequest(name=name, domainType="Aggregate", description=name))
            admin.create_or_update(CreateDomainRequest(name="Sales", domainType="Aggregate", description="Sold"))
            admin.create(CreateDataProductRequest(name="Orders", description="Orders", domains=["Sales"]))
            same(text(admin.get_by_name(Domain, "Sales").description), "Sold")
            same(names_of(admin.get_by_name(DataProduct, "Orders", fields=["domains"]).domains), ["Sales"])
        self.amy = EntityReference(id=amy.id, type="user")
        self.ben = EntityReference(
            id=admin.create(CreateUserRequest(name="ben", email="b@example.com")).id, type="user"
        )
        self.team = EntityReference(id=team.id, type="team")
        self.domains = {
            name: EntityReference(id=admin.get_by_name(Domain, name).id, type="domain") for name in ("Sales", "Stock")
        }

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


class Lifecycle:
    """All that happens to a service of one type, from its creation to its end."""

    def __init__(self, check: Check, service_type: str) -> None:
        self.check = check
        self.bot, self.admin = check.bot, check.admin
        self.type = service_type
        self.name = f"orders-{service_type}"
        self.config, self.secret_count = CONNECTIONS[service_type]

    def run(self) -> None:
        """The steps, in order."""
        self.create()
        self.read()
        if self.secret_count:
            self.secrets()
        self.describe()
        self.tag()
        self.own()
        self.move()
        self.match()
        self.versions()
        self.follow()
        self.delete()

    def step(self, words: str) -> contextlib.AbstractContextManager[None]:
        """A step with the type before it."""
        return step(f"{self.type}: {words}")

    def asked(self, config: dict[str, Any], **more: Any) -> CreateMessagingServiceRequest:
        """A request for the service."""
        return CreateMessagingServiceRequest(
            name=self.name, serviceType=self.type, connection={"config": config}, **more
        )

    def now(self, *fields: str, client: Any = None) -> Any:
        """The service as it is."""
        return some((client or self.admin).get_by_name(MessagingService, self.name, fields=list(fields)))

    def create(self) -> None:
        """By the bot, as ingestion does."""
        with self.step("create_or_update, twice"):
            made = self.bot.create_or_update(self.asked(self.config, description="All orders"))
            same((text(made.name), made.serviceType.value, version_of(made)), (self.name, self.type, 0.1))
            again = self.bot.create_or_update(self.asked(self.config, description="All orders"))
            same((again.id, version_of(again), again.updatedAt), (made.id, 0.1, made.updatedAt))
            self.id = made.id
        with self.step("create of one that is there: 409"):
            refused(409, lambda: self.admin.create(self.asked(self.config)))
        with self.step("create with everything"):
            made = self.admin.create(
                CreateMessagingServiceRequest(
                    name=f"whole-{self.type}",
                    displayName="Whole",
                    description="# All\n\nof *it*",
                    serviceType=self.type,
                    connection={"config": self.config},
                    owners=[self.check.amy, self.check.ben],
                    tags=[label("Rank.Gold")],
                    domains=["Sales"],
                    dataProducts=["Orders"],
                    style={"color": "#00ff00"},
                )
            )
            same(
                (names_of(made.owners), labels_of(made), names_of(made.domains)),
                (["amy", "ben"], ["Rank.Gold"], ["Sales"]),
            )
            same((names_of(made.dataProducts), made.style.color), (["Orders"], "#00ff00"))
        with self.step("create with only a name and a type"):
            made = self.admin.create(CreateMessagingServiceRequest(name=f"bare-{self.type}", serviceType=self.type))
            same((made.connection, made.description, made.deleted), (None, None, False))

    def read(self) -> None:
        """By name and by id, with and without fields."""
        with self.step("get_by_name and get_by_id, with fields"):
            by_name, by_id = self.now(), self.admin.get_by_id(MessagingService, self.id)
            same(by_name, by_id)
            same((by_name.owners, by_name.tags, by_name.domains), (None, [], None))
            for fields in (LINKS, ["*"], ["owners"]):
                by_name, by_id = self.now(*fields), self.admin.get_by_id(MessagingService, self.id, fields=fields)
                same(by_name, by_id)
                same(by_name.owners.root, [])
            refused(400, lambda: self.now("nonsense"))
        with self.step("every property of the connection comes back"):
            found = plain(self.now(client=self.bot))
            same({name: found.get(name) for name in self.config}, self.config)
        with self.step("get_entity_reference"):
            reference = self.admin.get_entity_reference(MessagingService, self.name)
            same((text(reference.id), reference.type), (text(self.id), "messagingService"))
            some(reference.href)

    def secrets(self) -> None:
        """Masked for a person, clear for the bot, kept when the mask comes back."""
        with self.step(f"secrets ({self.secret_count}): masked for the administrator, clear for the bot"):
            clear = secrets_of(self.now(client=self.bot).connection.config)
            set_ones = {path: value for path, value in clear.items() if value.startswith("s3cret")}
            same((len(set_ones), set_ones), (self.secret_count, clear))
            masked = secrets_of(self.now().connection.config)
            same(masked, dict.fromkeys(clear, MASK))
        with self.step("a PUT with masks keeps the secrets and changes the rest"):
            changed = plain(self.now()) | {"topicFilterPattern": {"includes": ["^changed"], "excludes": []}}
            answer = self.admin.create_or_update(self.asked(changed, description="All orders"))
            same(set(secrets_of(answer.connection.config).values()), {MASK})
            found = self.now(client=self.bot).connection.config
            same((secrets_of(found), found.topicFilterPattern.includes), (clear, ["^changed"]))
        with self.step("a PATCH of something else keeps the secrets"):
            source = self.now()
            destination = source.model_copy(deep=True)
            destination.displayName = "Orders"
            some(self.admin.patch(MessagingService, source, destination, skip_on_failure=False))
            same(secrets_of(self.now(client=self.bot).connection.config), clear)
        with self.step("versions mask them for the administrator"):
            history = self.admin.get_list_entity_versions(self.id, MessagingService)
            same([version for version in history.versions if "s3cret" in version], [])

    def describe(self) -> None:
        """The description, by itself and with other changes."""
        with self.step("patch_description: only with force where there is one"):
            same(self.admin.patch_description(MessagingService, self.now(), "Ignored", skip_on_failure=False), None)
            patched = self.admin.patch_description(
                MessagingService, self.now(), "The *orders*", force=True, skip_on_failure=False
            )
            same((text(patched.description), text(self.now().description)), ("The *orders*", "The *orders*"))
        with self.step("update through the SDK's facade"):
            changed = self.now()
            changed.displayName = "Our orders"
            same(Services.update(changed).displayName, "Our orders")
            same(Services.retrieve_by_name(self.name).displayName, "Our orders")
            same(Services.retrieve(self.id).displayName, "Our orders")

    def tag(self) -> None:
        """Tags, one and several, there and away."""
        with self.step("patch_tag, patch_tags: add and remove"):
            gold, silver, tin = label("Rank.Gold"), label("Rank.Silver"), label("Rank.Tin")
            some(self.admin.patch_tag(MessagingService, self.now(), silver, skip_on_failure=False))
            same(labels_of(self.now("tags")), ["Rank.Silver"])
            some(self.admin.patch_tags(MessagingService, self.now(), [gold, tin], skip_on_failure=False))
            same(labels_of(self.now("tags")), ["Rank.Gold", "Rank.Silver", "Rank.Tin"])
            patched = self.admin.patch_tags(
                MessagingService, self.now(), [silver], operation=PatchOperation.REMOVE, skip_on_failure=False
            )
            same((labels_of(patched), labels_of(self.now("tags"))), (["Rank.Gold", "Rank.Tin"],) * 2)
            found = self.now("tags").tags[0]
            same((found.source.value, found.labelType.value, found.name), ("Classification", "Manual", "Gold"))
        with self.step("patch_tags with a tag that is not there: refused, nothing changed"):
            same(self.admin.patch_tags(MessagingService, self.now(), [label("No.Such")]), None)
            same(labels_of(self.now("tags")), ["Rank.Gold", "Rank.Tin"])

    def own(self) -> None:
        """Owners."""

        def patched(*owners: EntityReference, force: bool = True) -> list[str] | None:
            answer = self.admin.patch_owner(
                MessagingService, self.now(), references(*owners) if owners else None, force=force
            )
            return None if answer is None else names_of(answer.owners)

        with self.step("patch_owner: add, keep, replace, team instead of users, remove"):
            same(patched(self.check.amy, force=False), ["amy"])
            same(patched(self.check.ben, force=False), None)
            same(names_of(self.now("owners").owners), ["amy"])
            same(patched(self.check.ben), ["ben"])
            same(patched(self.check.amy, self.check.ben), ["amy", "ben"])
            same(patched(self.check.team), ["data"])
            same(self.now("owners").owners.root[0].type, "team")
            same(patched(), [])
            same(names_of(self.now("owners").owners), [])
        with self.step("patch_owner with users and a team at once: refused"):
            same(patched(self.check.amy, self.check.team), None)
            same(names_of(self.now("owners").owners), [])

    def move(self) -> None:
        """Domains."""
        with self.step("patch_domain: add, replace, remove"):
            for name in ("Sales", "Stock"):
                answer = self.admin.patch_domain(MessagingService, self.now(), references(self.check.domains[name]))
                same((names_of(some(answer).domains), names_of(self.now("domains").domains)), ([name], [name]))
            same(self.admin.patch_domain(MessagingService, self.now(), references(self.check.domains["Stock"])), None)
            some(self.admin.patch_domain(MessagingService, self.now(), None))
            same(names_of(self.now("domains").domains), [])

    def match(self) -> None:
        """Writes on condition."""
        with self.step("patch with if_match: the version of before is 412, that of now passes"):
            stale = self.now()
            self.bot.patch_description(MessagingService, stale, "By the bot", force=True, skip_on_failure=False)
            some(version_of(self.now()) > version_of(stale))
            changed = stale.model_copy(deep=True)
            changed.displayName = "Too late"
            weak = f'W/"{version_of(stale)}"'
            refused(412, lambda: self.admin.patch(MessagingService, stale, changed, if_match=weak))
            source = self.now()
            changed = source.model_copy(deep=True)
            changed.displayName = "In time"
            weak = f'W/"{version_of(source)}"'
            same(self.admin.patch(MessagingService, source, changed, if_match=weak).displayName, "In time")

    def versions(self) -> None:
        """History."""
        with self.step("get_list_entity_versions, get_entity_version"):
            history = self.admin.get_list_entity_versions(self.id, MessagingService)
            same(history.entityType, "messagingService")
            found = [MessagingService(**json.loads(version)) for version in history.versions]
            numbers = [version_of(service) for service in found]
            same(numbers, sorted(set(numbers), reverse=True))
            same((numbers[0], numbers[-1]), (version_of(self.now()), 0.1))
            for number, listed in zip(numbers, found, strict=True):
                alone = self.admin.get_entity_version(MessagingService, self.id, number)
                same(
                    (version_of(alone), alone.displayName, alone.description),
                    (number, listed.displayName, listed.description),
                )
            first = self.admin.get_entity_version(MessagingService, self.id, 0.1)
            same((text(first.description), first.displayName, first.changeDescription), ("All orders", None, None))
            same([change.name.root for change in found[0].changeDescription.fieldsUpdated], ["displayName"])
            same(len(self.admin.list_versions(self.id, MessagingService).versions), len(found))
            same(self.admin.get_entity_version(MessagingService, self.id, 9.9), None)

    def follow(self) -> None:
        """Followers, through the SDK's facade."""
        with self.step("add_followers, remove_followers"):
            amy, ben = self.check.amy.id, self.check.ben.id
            before = version_of(self.now())
            same(names_of(Services.add_followers(self.id, [amy, ben]).followers), ["amy", "ben"])
            same(names_of(Services.add_followers(self.id, [ben]).followers), ["amy", "ben"])
            same(names_of(Services.remove_followers(self.id, [amy]).followers), ["ben"])
            same(names_of(self.now("followers").followers), ["ben"])
            same(version_of(self.now()), before)

    def delete(self) -> None:
        """Away, back, away for good."""

        def deleted() -> Any:
            return self.admin.get_by_name(MessagingService, self.name, fields=["owners"], include="deleted")

        with self.step("delete (soft), get with include=deleted, restore"):
            clear = plain(self.now(client=self.bot))
            self.admin.delete(MessagingService, self.id)
            same(self.admin.get_by_id(MessagingService, self.id), None)
            same((deleted().id, deleted().deleted), (self.id, True))
            gone = self.admin.list_entities(MessagingService, include="deleted").entities
            same([text(service.name) for service in gone], [self.name])
            same(self.admin.restore(MessagingService, self.id).deleted, wanted=False)
            same((deleted(), labels_of(self.now("tags"))), (None, ["Rank.Gold", "Rank.Tin"]))
            same((plain(self.now(client=self.bot)), names_of(self.now("followers").followers)), (clear, ["ben"]))
        with self.step("restore of one that is not deleted: refused"):
            same(self.admin.restore(MessagingService, self.id), None)
            refused(400, lambda: self.admin.restore_async(MessagingService, self.id))
        with self.step("delete_async, restore_async"):
            some(self.admin.delete_async(MessagingService, self.id)["jobId"])
            awaited(deleted)
            some(self.admin.restore_async(MessagingService, self.id)["jobId"])
            awaited(lambda: self.admin.get_by_id(MessagingService, self.id))
            some(self.admin.delete_async(MessagingService, self.id)["jobId"])
            awaited(deleted)
            some(Services.restore_request(self.id).with_async().execute().job_id)
            awaited(lambda: self.admin.get_by_id(MessagingService, self.id))
        with self.step("a PUT on a deleted service brings it back"):
            Services.delete(self.id)
            same(self.bot.create_or_update(self.asked(self.config)).id, self.id)
            same(self.now().deleted, wanted=False)
        with self.step("delete (hard): nothing is left"):
            self.admin.delete(MessagingService, self.id, recursive=True, hard_delete=True)
            same(self.admin.get_by_name(MessagingService, self.name, fields=["owners"], include="all"), None)
            refused(404, lambda: self.admin.get_list_entity_versions(self.id, MessagingService))
            refused(404, lambda: self.admin.delete(MessagingService, self.id))
            again = self.admin.create(self.asked(self.config))
            same((again.id == self.id, version_of(again)), (False, 0.1))


def main() -> None:
    """Runs every step; see the top of this file."""
    _, url, bot_token, admin_token = sys.argv
    client = logging.getLogger("metadata")
    client.handlers[:] = [LOG]
    client.propagate = False
    Check(url.rstrip("/"), bot_token, admin_token).run()


if __name__ == "__main__":
    main()
