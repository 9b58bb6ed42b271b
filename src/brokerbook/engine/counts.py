"""Computed fields of domains, data products, classifications and tags: counts, the first assets, what is disabled."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from brokerbook.engine import holdings, refs
from brokerbook.store import counts as store

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from brokerbook.store.database import Tx

Values = dict[str, Any]
"""Entity id → the field's value."""

MOST_ASSETS = 1000
"""The most references that one answer shows in `assets`, over all its entities; `/assets` pages through all."""


def below(tx: Tx, ids: Sequence[str]) -> Values:
    """How many live entities lie below each, at any depth."""
    return store.below(tx, ids)


def usage(tx: Tx, ids: Sequence[str]) -> Values:
    """How many labels live entities have of each, and of what lies below it."""
    return store.labels(tx, ids)


def disabled(tx: Tx, ids: Sequence[str]) -> Values:
    """Whether each, or anything above it, is disabled."""
    return store.disabled(tx, ids)


def first_assets(field: str) -> Callable[[Tx, Sequence[str]], Values]:
    """The first assets that refer to each through a field: no more than what they are and how they are called."""

    def shown(tx: Tx, ids: Sequence[str]) -> Values:
        found: Values = {entity_id: [] for entity_id in ids}
        most = max(1, MOST_ASSETS // max(1, len(ids)))
        for edge in store.first_held(tx, ids, field, holdings.kinds(field), most):
            reference = refs.reference(edge, edge.target_id)
            reference.pop("description", None)
            found[edge.entity_id].append(reference)
        return found

    return shown
