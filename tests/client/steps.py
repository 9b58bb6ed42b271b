"""A step of the check, how it is reported, and what the steps have in common: comparing, reading the client's models."""

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

from metadata.generated.schema.entity.services.connections.metadata.openMetadataConnection import OpenMetadataConnection
from metadata.generated.schema.type.entityReference import EntityReference
from metadata.generated.schema.type.entityReferenceList import EntityReferenceList
from metadata.generated.schema.type.tagLabel import TagLabel
from metadata.ingestion.ometa.client import APIError
from metadata.ingestion.ometa.ometa_api import OpenMetadata
from pydantic import BaseModel, RootModel, SecretStr

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

WAIT_SECONDS = 10


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
    else:
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


def reference_to(entity: Any) -> EntityReference:
    """A reference to an entity that was read."""
    kind = type(entity).__name__
    return EntityReference(id=entity.id, type=kind[0].lower() + kind[1:])


def listed(*entities: Any) -> EntityReferenceList:
    """References to entities that were read."""
    return references(*map(reference_to, entities))


def changed(client: Any, source: Any, **values: Any) -> Any:
    """An entity as a patch answers that gives these fields of it these values."""
    destination = source.model_copy(deep=True)
    for field, value in values.items():
        setattr(destination, field, value)
    return some(client.patch(type(source), source, destination, skip_on_failure=False))


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
