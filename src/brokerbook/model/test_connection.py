"""The result of testing a service's connection, as clients report it (contract, "TestConnectionResult")."""

from __future__ import annotations

from typing import Literal

from brokerbook.model.wire import Timestamp, Wire


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
