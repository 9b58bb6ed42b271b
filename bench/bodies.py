"""The services that are measured: Kafka services as an ingestion would describe them, told apart by a number."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

MARK = "@N@"
"""Stands for the service's name wherever it occurs in a body; the load tool's scripts put it in alike."""

PATH = "/api/v1/services/messagingServices"

_DESCRIPTION = (
    f"Events of the **{MARK}** domain: orders, payments and shipments as they happen, keyed by customer.\n\n"
    "- retention is seven days, compacted topics are kept\n"
    "- schemas live in the registry; changes are backward compatible\n"
    "- on call: [the streaming team](https://wiki.example.com/streaming)"
)
# Six properties, and what more the second, third and fourth kind of service have: up to nine.
_CONFIG: dict[str, Any] = {
    "bootstrapServers": f"b1.{MARK}.example.com:9093,b2.{MARK}.example.com:9093,b3.{MARK}.example.com:9093",
    "schemaRegistryURL": f"https://registry.{MARK}.example.com",
    "saslUsername": f"catalog-{MARK}",
    "saslPassword": f"p4ss-{MARK}-Zm9vYmFyYmF6",
    "securityProtocol": "SASL_SSL",
    "saslMechanism": "SCRAM-SHA-512",
}
_MORE: tuple[tuple[str, Any], ...] = (
    ("schemaRegistryTopicSuffixName", "-value"),
    ("topicFilterPattern", {"includes": ["orders\\..*", "payments\\..*"], "excludes": ["__.*"]}),
    ("consumerConfig", {"session.timeout.ms": "45000", "request.timeout.ms": "30000"}),
)


def templates(more: dict[str, Any] | None = None) -> list[str]:
    """The bodies, one for each number of properties, as JSON texts on one line; `more` is added to each."""
    return [
        json.dumps(
            {
                "name": MARK,
                "displayName": f"Kafka {MARK}",
                "description": _DESCRIPTION,
                "serviceType": "Kafka",
                "connection": {"config": _CONFIG | dict(_MORE[:count])},
                **(more or {}),
            }
        )
        for count in range(len(_MORE) + 1)
    ]


def name(number: int) -> str:
    """The name of a loaded service; names sort as their numbers do."""
    return f"kafka-{number:06d}"


def body(of: list[str], number: int, called: str) -> str:
    """The body of one service."""
    return of[number % len(of)].replace(MARK, called)


def tagged_range(size: int) -> range:
    """The numbers of those services that have an owner and a tag, a tenth of all."""
    return range(size * 4 // 10, size // 2)


class Bodies:
    """The templates of one catalog, and the files in which the load tool finds them."""

    def __init__(self, folder: Path, owner_id: str, tag: str) -> None:
        label = {"tagFQN": tag, "source": "Classification", "labelType": "Manual", "state": "Confirmed"}
        self.plain = templates()
        self.tagged = templates({"owners": [{"id": owner_id, "type": "user"}], "tags": [label]})
        folder.mkdir(exist_ok=True)
        self.plain_file = self._written(folder / "plain.txt", self.plain)
        self.tagged_file = self._written(folder / "tagged.txt", self.tagged)
        # The same request in other bytes: what a client sends that writes its JSON differently.
        self.respelt_file = self._written(folder / "respelt.txt", [f"{{ {text[1:]}" for text in self.plain])

    @staticmethod
    def _written(path: Path, texts: list[str]) -> Path:
        path.write_text("".join(f"{text}\n" for text in texts))
        return path

    def loaded(self, size: int, numbers: range) -> bytes:
        """A bulk body with the services of a catalog of that size that have these numbers."""
        tagged = tagged_range(size)
        texts = (body(self.tagged if n in tagged else self.plain, n, name(n)) for n in numbers)
        return f"[{','.join(texts)}]".encode()

    def fresh(self, run: str, count: int) -> bytes:
        """A bulk body with new services, named after a run."""
        return f"[{','.join(body(self.plain, n, f'{run}-{n:06d}') for n in range(count))}]".encode()
