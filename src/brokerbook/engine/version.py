"""Version numbers, in tenths, and when two edits are one. Pure.

Rules: contract, "Numbers" and "Consolidation".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from brokerbook.access.actor import Actor
    from brokerbook.kinds.kind import Document

FIRST = 1
SESSION_MS = 10 * 60 * 1000


def following(version: int) -> int:
    """The version after a compatible change: 0.9 is followed by 1.0."""
    return version + 1


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
    previous = (document.get("changeDescription") or {}).get("previousVersion")
    return in_tenths(previous) if previous is not None else None


def in_tenths(version: float) -> int:
    """0.3 is 3."""
    return round(version * 10)


def parsed(text: str) -> int:
    """The version in a path, such as `0.3`, in tenths; ValueError if it is no number."""
    number = float(text)
    if number != number or number in (float("inf"), float("-inf")):  # noqa: PLR0124  not a number
        raise ValueError(text)
    tenths = round(number * 10)
    return tenths if abs(number * 10 - tenths) < 1e-6 else -1  # noqa: PLR2004  0.25 is no version at all
