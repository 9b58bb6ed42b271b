"""The newest runs of ingestion pipelines, as the pipelines themselves show them."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import msgspec

from brokerbook.store import pipeline_runs as store

if TYPE_CHECKING:
    from collections.abc import Sequence

    from brokerbook.store.database import Tx

SHOWN = 5
"""How many statuses are shown where no time span says which."""
QUEUED_MS = 24 * 60 * 60 * 1000
"""After how long a run that is still queued is no longer listed, in milliseconds."""


def queued_since() -> int:
    """Since when a run may have been queued to be listed, in epoch milliseconds."""
    return time.time_ns() // 1_000_000 - QUEUED_MS


def shown(tx: Tx, ids: Sequence[str]) -> dict[str, Any]:
    """The newest statuses of each pipeline, as JSON text that is written as it is."""
    found: dict[str, list[str]] = {entity_id: [] for entity_id in ids}
    for entity_id, text in store.newest(tx, ids, limit=SHOWN, queued_since=queued_since()):
        found[entity_id].append(text)
    return {entity_id: msgspec.Raw(f"[{','.join(texts)}]".encode()) for entity_id, texts in found.items()}
