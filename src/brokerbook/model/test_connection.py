"""Tests of connections: how services of a type are tested, and the result as clients report it (contract)."""

from __future__ import annotations

from typing import Literal

from brokerbook.model.wire import Timestamp, Uuid, Wire


class Diagnosis(Wire, frozen=True, kw_only=True):
    title: str | None = None
    remediation: str | None = None
    docUrl: str | None = None


class TestConnectionStep(Wire, frozen=True, kw_only=True):
    """One step of the test and how it went."""

    __test__ = False  # the name is the wire's; pytest need not look inside

    name: str
    mandatory: bool
    passed: bool
    message: str | None = None
    errorLog: str | None = None
    status: Literal["Queued", "Running", "Passed", "Failed", "Skipped", "Warning"] | None = None
    skipReason: Literal["NotImplemented", "ConnectionNotEstablished"] | None = None
    diagnosis: Diagnosis | None = None
    durationMs: int | None = None
    executedCommand: str | None = None
    resultSummary: str | None = None


class TestConnectionResult(Wire, frozen=True, kw_only=True):
    """The last known state of a service's connection."""

    __test__ = False

    lastUpdatedAt: Timestamp | None = None
    status: Literal["Successful", "Failed", "Running"] | None = None
    steps: list[TestConnectionStep] = []  # noqa: RUF012  msgspec gives each its own


class TestConnectionDefinitionStep(Wire, frozen=True, kw_only=True, omit_defaults=False):
    """One step of a test. The connector of the program that runs it knows it by name.

    `mandatory`: without it nothing can be read from the platform. `shortCircuit`: if it fails, no further step is tried.
    """

    __test__ = False

    name: str
    description: str
    mandatory: bool
    errorMessage: str
    shortCircuit: bool
    category: Literal["ConnectionGate", "Capability"]


class TestConnectionDefinition(Wire, frozen=True, kw_only=True):
    """How the connection to services of one type is tested."""

    __test__ = False

    id: Uuid
    name: str
    fullyQualifiedName: str
    displayName: str
    description: str
    steps: list[TestConnectionDefinitionStep]
    version: float
    updatedAt: Timestamp
    updatedBy: str
    href: str | None = None
    deleted: bool
