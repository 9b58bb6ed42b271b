"""Which entities another one holds: what a team owns, what lies in a domain or a data product, where a tag is used.

A source is a statement that names ids; what it holds is restricted to live entities that a caller may see, and paged.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from brokerbook.store import predicates
from brokerbook.store.database import array
from brokerbook.store.entities import EntityRow

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from brokerbook.access.predicates import Predicate
    from brokerbook.store.database import Tx

_COLUMNS = (
    "entity.id, entity.kind, entity.name, entity.fqn, entity.parent_id, entity.version, entity.deleted,"
    " entity.updated_at, entity.put_digest, entity.doc"
)

Seen = dict[str, tuple["Predicate", frozenset[str]]]
"""Kind → which of its entities count, and the fields that they have from those above them."""


class Source(NamedTuple):
    """A common table expression `held (id)` and what it binds."""

    held: str
    params: dict[str, Any]


_REFERRING = (
    "held (id) AS (SELECT DISTINCT entity_id FROM relation"
    " WHERE relation = :relation AND target_id IN (SELECT value FROM json_each(:targets)))"
)
# Whoever has none of his own has those of the entity above.
_REFERRING_OR_BELOW = (
    "held (id) AS (SELECT entity_id FROM relation"
    " WHERE relation = :relation AND target_id IN (SELECT value FROM json_each(:targets))"
    " UNION SELECT e.id FROM held JOIN entity e ON e.parent_id = held.id"
    " WHERE e.kind IN (SELECT value FROM json_each(:inheriting)) AND NOT EXISTS ("
    "SELECT 1 FROM relation own JOIN entity t ON t.id = own.target_id AND t.deleted = 0"
    " WHERE own.entity_id = e.id AND own.relation = :relation))"
)
_REFERRED = "held (id) AS (SELECT target_id FROM relation WHERE entity_id = :holder AND relation = :relation)"


def referring(relation: str, targets: Iterable[str], inheriting: Sequence[str]) -> Source:
    """What refers to any of the targets in a field, and what has that from above; `inheriting` kinds may."""
    params: dict[str, Any] = {"relation": relation, "targets": array(targets)}
    if not inheriting:
        return Source(_REFERRING, params)
    return Source(_REFERRING_OR_BELOW, params | {"inheriting": array(inheriting)})


def referred(relation: str, holder_id: str) -> Source:
    """What an entity refers to in a field."""
    return Source(_REFERRED, {"relation": relation, "holder": holder_id})


_COUNT = "WITH RECURSIVE {held} SELECT COUNT(*) FROM held JOIN entity ON entity.id = held.id WHERE {where}"
# The documents are read for the page alone, not for all that is sorted.
_PAGE = (
    f"WITH RECURSIVE {{held}} SELECT {_COLUMNS}, page.total FROM ("
    "SELECT entity.id AS asset_id, COUNT(*) OVER () AS total FROM held JOIN entity ON entity.id = held.id"
    " WHERE {where} ORDER BY entity.kind, entity.name, entity.id LIMIT :limit OFFSET :offset) page"
    " JOIN entity ON entity.id = page.asset_id ORDER BY entity.kind, entity.name, entity.id"
)


def where(seen: Seen, params: dict[str, Any]) -> str:
    """Which rows of `entity` count, as a condition that adds to the parameters what it binds; empty if none can."""
    parts: list[str] = []
    if everywhere := [kind for kind, (predicate, _) in seen.items() if predicate is True]:
        params["kinds"] = array(everywhere)
        parts.append("entity.kind IN (SELECT value FROM json_each(:kinds))")
    for number, (kind, (predicate, inherited)) in enumerate(seen.items()):
        if predicate is not True:
            params[f"kind{number}"] = kind
            parts.append(f"(entity.kind = :kind{number}{predicates.where(predicate, inherited, params)})")
    return " OR ".join(parts)


def page(tx: Tx, source: Source, seen: Seen, *, limit: int, offset: int) -> tuple[list[EntityRow], int]:
    """The live entities of a source that count, by kind, name and id, from an offset; and how many there are in all."""
    params: dict[str, Any] = {**source.params, "limit": limit, "offset": offset}
    counts = where(seen, params)
    if not counts:
        return [], 0
    condition = f"entity.deleted = 0 AND ({counts})"
    rows = tx.all(_PAGE.format(held=source.held, where=condition), params) if limit else []
    if rows:
        return [EntityRow._make(row[:-1]) for row in rows], rows[0][-1]
    total = tx.one(_COUNT.format(held=source.held, where=condition), params)
    return [], total[0] if total else 0


_TERMS_WITH = (
    "SELECT r.entity_id FROM relation r JOIN entity e ON e.id = r.entity_id"
    " WHERE r.target_id = :id AND r.relation = 'tags' AND e.kind = 'glossaryTerm' AND e.deleted = 0"
)
# Data products all of whose domains are these.
_PRODUCTS_ONLY_IN = (
    f"SELECT {_COLUMNS} FROM entity WHERE entity.kind = 'dataProduct' AND entity.id IN (SELECT r.entity_id"
    " FROM relation r WHERE r.relation = 'domains' AND r.target_id IN (SELECT value FROM json_each(:ids)))"
    " AND NOT EXISTS (SELECT 1 FROM relation r WHERE r.entity_id = entity.id AND r.relation = 'domains'"
    " AND r.target_id NOT IN (SELECT value FROM json_each(:ids))) ORDER BY entity.name, entity.id"
)
_REFERRED_IDS = (
    "SELECT r.target_id FROM relation r JOIN entity e ON e.id = r.target_id AND e.deleted = 0"
    " WHERE r.entity_id = :id AND r.relation = :relation ORDER BY r.target_id"
)
_REFERRING_IDS = (
    "SELECT r.entity_id FROM relation r JOIN entity e ON e.id = r.entity_id"
    " WHERE r.target_id = :id AND r.relation = :relation ORDER BY r.entity_id"
)


def terms_with(tx: Tx, tag_id: str) -> list[str]:
    """The ids of the live glossary terms that carry a tag."""
    return [row[0] for row in tx.all(_TERMS_WITH, {"id": tag_id})]


def products_only_in(tx: Tx, domain_ids: Iterable[str]) -> list[EntityRow]:
    """The data products that lie in these domains and in no other."""
    return [EntityRow._make(row) for row in tx.all(_PRODUCTS_ONLY_IN, {"ids": array(domain_ids)})]


def referred_ids(tx: Tx, entity_id: str, relation: str) -> list[str]:
    """The ids of the live entities that one refers to in a field."""
    return [row[0] for row in tx.all(_REFERRED_IDS, {"id": entity_id, "relation": relation})]


def referring_ids(tx: Tx, entity_id: str, relation: str) -> list[str]:
    """The ids of the entities, deleted or not, that refer to one in a field."""
    return [row[0] for row in tx.all(_REFERRING_IDS, {"id": entity_id, "relation": relation})]
