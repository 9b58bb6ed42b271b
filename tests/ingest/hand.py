"""The hand of the test in the client's environment: makes topics and messages, runs ingestion and connection tests.

hand.py {"broker": ADDRESS, "registry": URL, "credentials": USER:PASSWORD}      (with the client's Python; programs.py beside this file starts it)

Takes orders as lines of JSON on its standard input and answers each with a line. It is one process because the client
takes ten seconds to load.
"""

# pyright: reportMissingImports=false, reportAttributeAccessIssue=false

from __future__ import annotations

import json
import os
import sys
import traceback
from typing import TYPE_CHECKING, Any

from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, NewTopic
from confluent_kafka.schema_registry import Schema, SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroSerializer
from confluent_kafka.serialization import MessageField, SerializationContext

if TYPE_CHECKING:
    from collections.abc import Callable

_PATIENCE_SECONDS = 20


class Hand:
    """What can be ordered: the public methods."""

    def __init__(self, broker: str, registry: str, credentials: str) -> None:
        self._admin = AdminClient({"bootstrap.servers": broker})
        self._producer = Producer({"bootstrap.servers": broker})
        self._registry = SchemaRegistryClient({"url": registry, "basic.auth.user.info": credentials})

    def make(self, topics: list[dict[str, Any]]) -> None:
        """Topics: name, partitions, config."""
        made = [NewTopic(each["name"], each.get("partitions", 1), 1, config=each.get("config", {})) for each in topics]
        _awaited(self._admin.create_topics(made))

    def drop(self, names: list[str]) -> None:
        """The opposite."""
        _awaited(self._admin.delete_topics(names))

    def configure(self, topic: str, config: dict[str, str]) -> None:
        """Values of a topic's configuration."""
        entries = [
            ConfigEntry(name, value, incremental_operation=AlterConfigOpType.SET) for name, value in config.items()
        ]
        resource = ConfigResource(ConfigResource.Type.TOPIC, topic, incremental_configs=entries)
        _awaited(self._admin.incremental_alter_configs([resource]))

    def register(self, subject: str, schema_type: str, text: str) -> int:
        """A schema, the subject's new version; returns its id."""
        return self._registry.register_schema(subject, Schema(text, schema_type))

    def produce(self, topic: str, messages: list[Any], encoding: str) -> None:
        """Messages, encoded as Avro in the topic's newest schema, as JSON behind a schema's id, or as plain text."""
        for message in messages:
            self._producer.produce(topic, self._encoded(topic, message, encoding))
        left = self._producer.flush(_PATIENCE_SECONDS)
        if left:
            raise TimeoutError(f"{left} messages to {topic} were not delivered")

    def _encoded(self, topic: str, message: Any, encoding: str) -> bytes:
        if encoding == "text":
            return message.encode()
        newest = self._registry.get_latest_version(f"{topic}-value")
        if encoding == "json":
            return b"\0" + newest.schema_id.to_bytes(4, "big") + json.dumps(message).encode()
        options = {"auto.register.schemas": False, "use.latest.version": True}
        serializer = AvroSerializer(self._registry, newest.schema.schema_str, conf=options)
        return serializer(message, SerializationContext(topic, MessageField.VALUE))

    def ingest(self, config: str) -> int:
        """What `metadata ingest -c config` does, in this process; returns its exit code."""
        from metadata.cmd import metadata

        try:
            metadata(["ingest", "-c", config])
        except SystemExit as ended:
            return int(ended.code or 0)
        except Exception:  # noqa: BLE001  a program would end with it
            traceback.print_exc()
            return 1
        return 0

    def test_connection(self, url: str, token: str, name: str) -> None:
        """Runs an automation workflow that tests a connection, with the client's own runner."""
        from metadata.automations.execute_runner import execute
        from metadata.generated.schema.entity.automations.workflow import Workflow
        from metadata.generated.schema.entity.services.connections.metadata.openMetadataConnection import (
            OpenMetadataConnection,
        )
        from metadata.ingestion.ometa.ometa_api import OpenMetadata

        server = OpenMetadataConnection(
            hostPort=f"{url}/api", authProvider="openmetadata", securityConfig={"jwtToken": token}
        )
        workflow = OpenMetadata(server).get_by_name(Workflow, name, nullable=False)
        workflow.openMetadataServerConnection = server
        execute(workflow)


def _awaited(futures: dict[Any, Any]) -> None:
    for future in futures.values():
        future.result(_PATIENCE_SECONDS)


def main() -> None:
    """Does what is ordered until there is no more."""
    # What the client prints goes to the log; the answers alone go out.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    hand = Hand(**json.loads(sys.argv[1]))
    for line in sys.stdin:
        order = json.loads(line)
        do: Callable[..., Any] = getattr(hand, order["what"])
        try:
            answer = {"done": do(**order["how"])}
        except Exception:  # noqa: BLE001  whoever ordered it has to know
            answer = {"failed": traceback.format_exc()}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
