"""What is counted and worked out for many entities at once: what lies below them, how often they are used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from brokerbook.store.database import array
from brokerbook.store.relations import Edge

if TYPE_CHECKING:
    from collections.abc import Iterable

    from brokerbook.store.database import Tx

_BELOW = (
    "WITH RECURSIVE below (origin, id) AS ("
    " SELECT id, id FROM entity WHERE id IN (SELECT value FROM json_each(:ids))"
    " UNION ALL SELECT below.origin, e.id FROM below JOIN entity e ON e.parent_id = below.id AND e.deleted = 0)"
)
_COUNT_BELOW = f"{_BELOW} SELECT origin, COUNT(*) - 1 FROM below GROUP BY origin"
# What is deleted is looked up once: each label's entity, to see whether it is, would take much longer.
_COUNT_LABELS = (
    f"{_BELOW} SELECT origin, COUNT(r.entity_id) FROM below LEFT JOIN relation r ON r.target_id = below.id"
    " AND (r.relation = 'tags' OR (r.relation >= 'fieldLabels/' AND r.relation < 'fieldLabels0')) AND r.entity_id NOT IN (SELECT id FROM entity WHERE deleted = 1) GROUP BY origin"
)
_DISABLED = (
    "WITH RECURSIVE up (origin, id) AS ("
    " SELECT id, id FROM entity WHERE id IN (SELECT value FROM json_each(:ids))"
    " UNION ALL SELECT up.origin, e.parent_id FROM up JOIN entity e ON e.id = up.id WHERE e.parent_id IS NOT NULL)"
    " SELECT up.origin, MAX(COALESCE(json_extract(e.doc, '$.disabled'), 0)) FROM up JOIN entity e ON e.id = up.id"
    " GROUP BY up.origin"
)
_ALL_DISABLED = (
    "WITH RECURSIVE off (id) AS ("
    " SELECT id FROM entity WHERE kind IN ('classification', 'tag') AND json_extract(doc, '$.disabled') = 1"
    " UNION SELECT e.id FROM off JOIN entity e ON e.parent_id = off.id)"
    " SELECT off.id FROM off JOIN entity e ON e.id = off.id WHERE e.kind = 'tag'"
)
# The documents are read for what is shown alone, not for all that is numbered.
_FIRST_HELD = (
    "SELECT held.holder, :relation, NULL, e.id, e.kind, e.name, e.fqn, e.deleted, e.doc FROM ("
    "SELECT r.target_id AS holder, a.id, ROW_NUMBER() OVER"
    " (PARTITION BY r.target_id ORDER BY a.kind, a.name, a.id) AS place"
    " FROM relation r JOIN entity a ON a.id = r.entity_id AND a.deleted = 0"
    " WHERE r.relation = :relation AND r.target_id IN (SELECT value FROM json_each(:ids))"
    " AND a.kind IN (SELECT value FROM json_each(:kinds))) held JOIN entity e ON e.id = held.id"
    " WHERE held.place <= :most ORDER BY held.holder, held.place"
)


def below(tx: Tx, ids: Iterable[str]) -> dict[str, int]:
    """How many live entities lie below each of these, at any depth."""
    return dict(tx.all(_COUNT_BELOW, {"ids": array(ids)}))


def labels(tx: Tx, ids: Iterable[str]) -> dict[str, int]:
    """How many labels live entities have of each of these, or of what lies below it."""
    return dict(tx.all(_COUNT_LABELS, {"ids": array(ids)}))


def disabled(tx: Tx, ids: Iterable[str]) -> dict[str, bool]:
    """Whether each of these, or anything above it, is disabled."""
    return {entity_id: bool(off) for entity_id, off in tx.all(_DISABLED, {"ids": array(ids)})}


def disabled_tags(tx: Tx) -> frozenset[str]:
    """The ids of all tags that are disabled, or lie below what is."""
    return frozenset(row[0] for row in tx.all(_ALL_DISABLED))


def first_held(tx: Tx, ids: Iterable[str], relation: str, kinds: Iterable[str], most: int) -> list[Edge]:
    """The first live entities of some kinds that refer to each of these in a field, `most` at most for each.

    As with every edge that is looked at from its end, `entity_id` is the one that is referred to.
    """
    params = {"ids": array(ids), "relation": relation, "kinds": array(kinds), "most": most}
    return [Edge._make(row) for row in tx.all(_FIRST_HELD, params)]
