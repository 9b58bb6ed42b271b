"""The last decisions that were made by policies, in memory: what a changed policy is rehearsed on.

Administrators' requests are decided by no policy and are not in it. Each process keeps its own; a restart forgets it.
"""

from __future__ import annotations

import time
from collections import deque
from typing import NamedTuple

MOST = 10_000


class Decision(NamedTuple):
    """One decision about an operation of a user on an entity."""

    at: int
    """Epoch milliseconds."""
    user_id: str
    kind: str
    key: str | None
    """The entity's id, or the fully qualified name that was asked for; None: about the kind as a whole, as of a list."""
    operation: str
    allowed: bool


class Journal:
    """A bounded list of decisions, the oldest forgotten first."""

    def __init__(self) -> None:
        self._decisions: deque[tuple[int, str, str, str | None, str, bool]] = deque(maxlen=MOST)

    def note(self, user_id: str, kind: str, key: str | None, operation: str, *, allowed: bool) -> None:
        """Adds a decision that was just made."""
        self._decisions.append((time.time_ns() // 1_000_000, user_id, kind, key, operation, allowed))

    def last(self, count: int) -> list[Decision]:
        """The newest decisions, the newest first."""
        found = list(self._decisions)
        return [Decision._make(one) for one in reversed(found[-count:])]
