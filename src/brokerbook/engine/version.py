"""Version numbers, in tenths, and when two edits are one. Pure.

Rules: contract, "Numbers" and "Consolidation".
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from brokerbook.access.actor import Actor
    from brokerbook.kinds.kind import Document

FIRST = 1
SESSION_MS = 10 * 60 * 1000
_NUMBER = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?\Z")
_HIGHEST = 2**53


def following(version: int, *, breaking: bool = False) -> int:
    """The version after a change: 0.9 is followed by 1.0, or by 1.9 if the change is a breaking one."""
    return version + (10 if breaking else 1)


def session_base(document: Document, actor: Actor, now: int) -> int | None:
    """The version before the session that a patch continues, or None if it begins one of its own.

    A session is the patches of one user that follow each other within ten minutes; they share a version.
    """
    if in_tenths(document["version"]) <= FIRST or document.get("deleted"):
        return None
    if document["updatedBy"] != actor.name or document.get("impersonatedBy") != actor.impersonated_by:
        return None
    if now - document["updatedAt"] > SESSION_MS:
        return None
    described: Document = document.get("changeDescription") or {}
    previous: float | None = described.get("previousVersion")
    return in_tenths(previous) if previous is not None else None


def in_tenths(version: float) -> int:
    """0.3 is 3."""
    return round(version * 10)


def parsed(text: str) -> int:
    """The version in a path, such as `0.3`, in tenths; -1 if no entity can have it, ValueError if it is no number."""
    if not _NUMBER.match(text):
        raise ValueError(text)
    number = float(text) * 10
    if number > _HIGHEST:
        return -1
    tenths = round(number)
    return tenths if abs(number - tenths) < 1e-6 else -1  # 0.25 is no version at all
