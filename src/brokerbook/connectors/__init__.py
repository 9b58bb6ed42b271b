"""Connectors: what a connection to each platform consists of, and which parts of it are secret.

The rest of the program calls this module and none inside. To add a platform: a `Config` struct in a module of its own,
and its line in `_STRUCTS`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from brokerbook.connectors.base import Config
from brokerbook.connectors.checks import Fault, UnknownProperty, checked_config, words
from brokerbook.connectors.custom import CustomMessagingConfig
from brokerbook.connectors.kafka import KafkaConfig
from brokerbook.connectors.kinesis import KinesisConfig
from brokerbook.connectors.nats import NatsConfig
from brokerbook.connectors.pubsub import PubSubConfig
from brokerbook.connectors.redpanda import RedpandaConfig
from brokerbook.connectors.secrecy import MASK, Path, differing, free_secret_paths, secret_paths_of, unsealable
from brokerbook.connectors.shapes import shape_of
from brokerbook.errors import BadRequest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from msgspec import Raw

__all__ = [
    "MASK",
    "SERVICE_TYPES",
    "Config",
    "Path",
    "binding",
    "check_free",
    "checked",
    "config_struct",
    "differing",
    "free_secret_paths",
    "secret_paths",
    "words",
]

_STRUCTS: dict[str, type[Config]] = {
    "Kafka": KafkaConfig,
    "Redpanda": RedpandaConfig,
    "Kinesis": KinesisConfig,
    "PubSub": PubSubConfig,
    "CustomMessaging": CustomMessagingConfig,
    "Nats": NatsConfig,
}
_SHAPES = {service_type: shape_of(struct) for service_type, struct in _STRUCTS.items()}

SERVICE_TYPES: tuple[str, ...] = tuple(_STRUCTS)


def config_struct(service_type: str) -> type[Config]:
    """The struct that describes the connection properties of a service type."""
    return _STRUCTS[service_type]


def checked(service_type: str, name: str, config: bytes | Raw | Mapping[str, Any], *, updating: bool) -> dict[str, Any]:
    """The config of the service `name` as a JSON object of its own, with defaults, in the struct's order.

    Refuses, with the contract's sentences (§2.3, ruling 6), what the service type does not know or allow; and, if the
    config comes as text, a key given twice. `updating` says that a stored service is being changed.
    """
    try:
        return checked_config(_SHAPES[service_type], config)
    except UnknownProperty as fault:
        raise BadRequest(
            f"Failed to {'unmask' if updating else 'encrypt'} '{service_type}' connection stored in DB "
            f"due to an unrecognized field: '{words(fault.path)}'. {fault.reason}"
        ) from None
    except Fault as fault:
        sentence = (
            f"Failed to load the connection of type [{service_type}]"
            if updating
            else f"Failed to convert [{name}] to type [{service_type}]"
        )
        place = words(fault.path) or "config"
        raise BadRequest(f"{sentence}. Review the connection. {place}: {fault.reason}") from None


def secret_paths(service_type: str, config: Mapping[str, Any]) -> list[tuple[str | int, ...]]:
    """Where the secrets lie in a config: each path leads to a string that is not empty."""
    return secret_paths_of(_SHAPES[service_type], config)


def check_free(value: Any, path: Path) -> None:
    """Refuses a free-form object, which lies at `path`, with a secret in it that cannot be sealed."""
    if (fault := unsealable(value, path)) is not None:
        raise BadRequest(f"{words(fault)} must be a string, because its name says that it is a secret")


_HARMLESS = frozenset(
    {"topicFilterPattern", "supportsMetadataExtraction", "supportsProfiler", "schemaRegistryTopicSuffixName"}
)
"""Properties that do not say where secrets go, nor how."""


def binding(config: Mapping[str, Any]) -> dict[str, Any]:
    """Those properties of a config that say where it leads, and how: more than its addresses do.

    A secret that was stored for one config may be sent by another only if they agree in all of them.
    """
    return {key: value for key, value in config.items() if key not in _HARMLESS}
