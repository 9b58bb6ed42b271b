"""What can be wrong with stored lineage, for `verify`: what cannot be read, and services that are not those of the ends."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

import msgspec

from brokerbook.engine import lineage_details
from brokerbook.model.lineage import Source
from brokerbook.store import lineage as store

if TYPE_CHECKING:
    from collections.abc import Iterator

    from brokerbook.store.database import Tx
    from brokerbook.store.lineage import EdgeRow

_BATCH = 500
_SOURCES = frozenset(get_args(Source))
_STATED = frozenset({"declared", "ingested"})


def problems(tx: Tx) -> Iterator[str]:
    """Every fault as a sentence."""
    after = ("", "")
    while edges := store.batch(tx, after, _BATCH):
        for edge in edges:
            if not _readable(edge):
                yield f"What the lineage from {edge.from_id} to {edge.to_id} says cannot be read."
        after = (edges[-1].from_id, edges[-1].to_id)
    for from_id, to_id in store.misplaced(tx, lineage_details.SERVICES):
        yield f"The lineage from {from_id} to {to_id} names other services than those that its ends lie in."


def _readable(edge: EdgeRow) -> bool:
    try:
        lineage_details.shown(edge, "", "", {})
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return False
    return edge.source in _SOURCES and edge.stated in _STATED
