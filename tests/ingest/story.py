"""What lies on the broker and in the registry when ingestion runs, and how it is run."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ingest.programs import Hand, broker, client_environment, client_program
from ingest.registry import CREDENTIALS, standing_in
from processes import PATCH, Process, serving, token

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    import httpx

Json = dict[str, Any]
API = "/api/v1"
DAY = "86400000"
MESSAGES = 12
SAMPLES = 10
"""As many messages of a topic the client takes, if there are that many: with fewer it waits ten seconds for more."""

ORDER: Json = {
    "type": "record",
    "name": "Order",
    "doc": "What somebody has bought.",
    "fields": [
        {"name": "id", "type": "long", "doc": "Its number."},
        {"name": "customer", "type": {"type": "record", "name": "Customer", "fields": [{"name": "email", "type": "string"}]}},
        {"name": "items", "type": {"type": "array", "items": "string"}},
    ],
}  # fmt: skip
NOTE: Json = {"name": "note", "type": ["null", "string"], "default": None}
ORDER_WITH_NOTE: Json = ORDER | {"fields": [*ORDER["fields"], NOTE]}
INVOICE: Json = {"type": "record", "name": "Invoice", "fields": [{"name": "total", "type": "double"}]}
PAYMENT: Json = {
    "title": "Payment",
    "type": "object",
    "properties": {
        "amount": {"type": "number"},
        "card": {"type": "object", "properties": {"last": {"type": "string"}}},
    },
}
SHIPMENT = 'syntax = "proto3"; message Shipments { int64 order = 1; Place to = 2; } message Place { string city = 1; }'

ORDERS: list[Json] = [
    {"id": n, "customer": {"email": f"c{n}@example.com"}, "items": ["tea", "cups"]} for n in range(MESSAGES)
]
PAYMENTS: list[Json] = [{"amount": n + 0.5, "card": {"last": f"{n:04}"}} for n in range(MESSAGES)]
INVOICES: list[Json] = [{"total": n + 0.25} for n in range(MESSAGES)]
LINES = [f"line {n}: grüezi" for n in range(MESSAGES)]

TOPICS: list[Json] = [
    {"name": "orders", "partitions": 3, "config": {"retention.ms": DAY, "cleanup.policy": "compact,delete"}},
    {"name": "payments.v1"},
    {"name": "shipments"},
    {"name": "lines", "config": {"retention.ms": DAY, "max.message.bytes": "1048588"}},
    {"name": "fleeting"},
    {"name": "__internal"},
]
KEPT = {topic["name"] for topic in TOPICS} - {"__internal"}
"""The topics that ingestion does not leave out."""

# The broker waits half a session before it lets a consumer into its group; by default that is longer than the client
# waits for messages.
_CONSUMER = {"session.timeout.ms": "1000", "heartbeat.interval.ms": "100"}


@dataclass
class Run:
    """A run of ingestion for a service: how it ended, what the catalog was asked meanwhile, what it holds then."""

    id: str
    code: int
    told: str
    """What the client has logged."""
    requests: list[Json]
    topics: dict[str, Json]
    """Deleted ones too; each with all fields and, under `sampleData`, what was taken of its messages."""

    @property
    def refused(self) -> set[tuple[str, str, int]]:
        """(method, route, status) of what was not answered as it was asked."""
        return {(each["method"], each["route"], each["status"]) for each in self.requests if each["status"] >= 400}

    @property
    def live(self) -> set[str]:
        return {name for name, topic in self.topics.items() if not topic.get("deleted")}

    @property
    def sampled(self) -> dict[str, list[str]]:
        """The messages of each topic of which there are some."""
        return {name: topic["sampleData"]["messages"] for name, topic in self.topics.items() if topic.get("sampleData")}

    @property
    def versions(self) -> dict[str, float]:
        return {name: topic["version"] for name, topic in self.topics.items()}


class World:
    """A catalog, a broker, a registry, and the hand that acts with the client's Python."""

    def __init__(self, folder: Path, server: Process, kafka: str, registry: str) -> None:
        self.folder, self.server, self.kafka, self.registry = folder, server, kafka, registry
        self.bot_token = token(server.data, "ingestion-bot")
        self.admin: httpx.Client = server.client(token(server.data))
        self.hand = Hand(folder, broker=kafka, registry=registry, credentials=CREDENTIALS)

    def get(self, path: str, **params: Any) -> Json:
        """What an administrator is answered."""
        return self.admin.get(API + path, params=params).raise_for_status().json()

    def patch(self, path: str, *operations: Json) -> Json:
        """What a person does."""
        answer = self.admin.patch(API + path, content=json.dumps(operations), headers=PATCH)
        return answer.raise_for_status().json()

    def topics(self, service: str) -> dict[str, Json]:
        """See `Run.topics`."""
        listed = self.get("/topics", service=service, include="all", fields="*", limit=1000)["data"]
        return {topic["name"]: topic | {"sampleData": self._sample(topic)} for topic in listed}

    def _sample(self, topic: Json) -> Json | None:
        if topic.get("deleted"):
            return None
        return self.get(f"/topics/{topic['id']}/sampleData").get("sampleData")

    def connection(self, *, registry: bool) -> Json:
        """The configuration of a connection to the broker."""
        more = {"schemaRegistryURL": self.registry, "basicAuthUserInfo": CREDENTIALS} if registry else {}
        return {"type": "Kafka", "bootstrapServers": self.kafka, "consumerConfig": _CONSUMER} | more

    def ingest(
        self,
        service: str,
        connection: Json | None,
        *,
        by_command: bool = False,
        workflow: Json | None = None,
        **source: Any,
    ) -> Run:
        """A run. Without a connection the one that the catalog has is taken."""
        run = str(uuid.uuid4())
        file = self.configuration(service, connection, {"pipelineRunId": run} | (workflow or {}), **source)
        began = self.server.errors.stat().st_size
        code, told = self.commanded(file) if by_command else self._handed(file)
        lines = [json.loads(line) for line in self.server.errors.read_bytes()[began:].splitlines()]
        requests = [line for line in lines if line.get("user") == "ingestion-bot"]
        return Run(run, code, told, requests, self.topics(service))

    def configuration(self, service: str, connection: Json | None, workflow: Json, **source: Any) -> Path:
        """The file that says what to ingest and how."""
        options = {"type": "MessagingMetadata", "topicFilterPattern": {"excludes": ["^__.*"]}} | source
        ingested: Json = {"type": "kafka", "serviceName": service, "sourceConfig": {"config": options}}
        if connection is not None:
            ingested["serviceConnection"] = {"config": connection}
        server = {
            "hostPort": f"{self.server.address}/api",
            "authProvider": "openmetadata",
            "securityConfig": {"jwtToken": self.bot_token},
        }
        config = {
            "source": ingested,
            "sink": {"type": "metadata-rest", "config": {}},
            "workflowConfig": {"loggerLevel": "INFO", "openMetadataServerConfig": server},
        }
        file = self.folder / f"{service}.yaml"
        file.write_text(json.dumps(config | workflow), "utf-8")
        return file

    def commanded(self, config: Path) -> tuple[int, str]:
        """Exit code and output of `metadata ingest`."""
        done = subprocess.run(
            [client_program("metadata"), "ingest", "-c", config],
            env=client_environment(self.folder), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, timeout=600, check=False, text=True,
        )  # fmt: skip
        return done.returncode, done.stdout

    def _handed(self, config: Path) -> tuple[int, str]:
        began = self.hand.log.stat().st_size
        code = self.hand("ingest", config=str(config))
        return code, self.hand.log.read_bytes()[began:].decode()


@contextlib.contextmanager
def empty(folder: Path) -> Generator[World]:
    """All of it, for as long as the block lasts."""
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(serving(folder / "data", log_level="info"))
        kafka = stack.enter_context(broker(folder))
        registry = os.environ.get("TEST_SCHEMA_REGISTRY") or stack.enter_context(standing_in())
        made = World(folder, server, kafka, registry)
        stack.callback(made.admin.close)
        stack.callback(made.hand.close)
        yield made


@contextlib.contextmanager
def world(folder: Path) -> Generator[World]:
    """The same with the topics, schemas and messages of the beginning."""
    with empty(folder) as made:
        hand = made.hand
        hand("make", topics=TOPICS)
        hand("register", subject="orders-value", schema_type="AVRO", text=json.dumps(ORDER))
        hand("register", subject="payments.v1-value", schema_type="JSON", text=json.dumps(PAYMENT))
        hand("register", subject="shipments-value", schema_type="PROTOBUF", text=SHIPMENT)
        hand("produce", topic="orders", messages=ORDERS, encoding="avro")
        hand("produce", topic="payments.v1", messages=PAYMENTS, encoding="json")
        for topic in ("shipments", "lines", "fleeting"):
            hand("produce", topic=topic, messages=LINES, encoding="text")
        yield made
