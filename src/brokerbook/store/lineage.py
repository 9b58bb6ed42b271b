"""Lineage: which entity's data flows into which, as edges that somebody stated, and what follows of them for holders.

What is around many entities is asked for at once. One row tells of all where there may be many, because the driver lets
other threads run before each row, which costs more than the row.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from brokerbook.store import assets
from brokerbook.store.database import array

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from brokerbook.model.lineage import Direction
    from brokerbook.store.assets import Seen
    from brokerbook.store.database import Tx

Pair = tuple[str, str]
"""The ids of an edge's ends: where data comes from, and where it flows to."""


class EdgeRow(NamedTuple):
    """A stated edge; times in epoch milliseconds, `fields` and `doc` as JSON."""

    from_id: str
    to_id: str
    source: str
    stated: str
    pipeline_id: str | None
    from_service_id: str | None
    to_service_id: str | None
    created_at: int
    created_by: str
    updated_at: int
    updated_by: str
    fields: str | None
    doc: str


_COLUMNS = ", ".join(EdgeRow._fields)
_OF_E = ", ".join(f"e.{column}" for column in EdgeRow._fields)
_FIND = f"SELECT {_COLUMNS} FROM lineage_edge WHERE from_id = :from_id AND to_id = :to_id"
_FIND_MANY = (
    f"SELECT json_group_array(json_array({_OF_E})) FROM json_each(:pairs) j CROSS JOIN lineage_edge e"
    " ON e.from_id = json_extract(j.value, '$[0]') AND e.to_id = json_extract(j.value, '$[1]')"
)
_PUT = (
    f"INSERT INTO lineage_edge ({_COLUMNS}) VALUES ({', '.join(f':{column}' for column in EdgeRow._fields)})"
    " ON CONFLICT (from_id, to_id) DO UPDATE SET "
    + ", ".join(f"{column} = excluded.{column}" for column in EdgeRow._fields if column not in ("from_id", "to_id"))
)
_DELETE = "DELETE FROM lineage_edge WHERE from_id = :from_id AND to_id = :to_id"
_OF_SOURCE = f"SELECT {_COLUMNS} FROM lineage_edge WHERE to_id = :id AND source = :source"
_OF_PIPELINE = f"SELECT {_COLUMNS} FROM lineage_edge WHERE pipeline_id = :id AND source = :source"
_rows = msgspec.json.Decoder(list[EdgeRow])


def find(tx: Tx, from_id: str, to_id: str) -> EdgeRow | None:
    """The stated edge from one entity to another."""
    row = tx.one(_FIND, {"from_id": from_id, "to_id": to_id})
    return EdgeRow._make(row) if row is not None else None


def find_many(tx: Tx, pairs: Sequence[Pair]) -> dict[Pair, EdgeRow]:
    """Those of these edges that are stated."""
    row = tx.one(_FIND_MANY, {"pairs": _json(pairs)})
    return {(edge.from_id, edge.to_id): edge for edge in _rows.decode(row[0])} if row is not None else {}


def put(tx: Tx, edge: EdgeRow) -> None:
    """Adds an edge, or replaces all that it says."""
    tx.run(_PUT, edge._asdict())


def delete(tx: Tx, pairs: Sequence[Pair]) -> None:
    """Removes stated edges."""
    tx.many(_DELETE, [{"from_id": from_id, "to_id": to_id} for from_id, to_id in pairs])


def of_source(tx: Tx, entity_id: str, source: str) -> list[EdgeRow]:
    """The edges of a source that lead to an entity, or were made by it, if it is a pipeline."""
    params = {"id": entity_id, "source": source}
    found = [EdgeRow._make(row) for statement in (_OF_SOURCE, _OF_PIPELINE) for row in tx.all(statement, params)]
    return list({(edge.from_id, edge.to_id): edge for edge in found}.values())


def _json(pairs: Iterable[Pair]) -> str:
    return msgspec.json.encode(list(pairs)).decode()


# what lies around

_ENDS: dict[Direction, tuple[str, str]] = {"downstream": ("from", "to"), "upstream": ("to", "from")}
"""Direction → (the end that is known, the end that is asked for)."""
_NEW = (
    "SELECT json_group_array(id) FROM (SELECT DISTINCT e.{far}_id AS id FROM json_each(:ids) j"
    " CROSS JOIN lineage_edge e ON e.{near}_id = j.value{seen}"
    " WHERE e.{far}_id NOT IN (SELECT value FROM json_each(:known)) LIMIT :limit)"
)
_SEEN_FAR = " CROSS JOIN entity ON entity.id = e.{far}_id AND ({where})"
# In the order of the ids, as the loops go: sorting all edges for the few that are meant would take longer than the rest.
_AMONG = (
    f"SELECT json_group_array(json_array({_COLUMNS})) FROM (SELECT {_OF_E} FROM json_each(:ids) j"
    " CROSS JOIN lineage_edge e ON e.{near}_id = j.value"
    " WHERE e.{far}_id IN (SELECT value FROM json_each(:known)) LIMIT :limit)"
)
_COUNT_AMONG = (
    "SELECT COUNT(*) FROM (SELECT 1 FROM json_each(:ids) j CROSS JOIN lineage_edge e ON e.{near}_id = j.value"
    " WHERE e.{far}_id IN (SELECT value FROM json_each(:known)) LIMIT :limit)"
)
_BEYOND = (
    "SELECT json_group_array(j.value) FROM json_each(:ids) j WHERE EXISTS ("
    "SELECT 1 FROM lineage_edge e{seen} WHERE e.{near}_id = j.value"
    " AND e.{far}_id NOT IN (SELECT value FROM json_each(:known)))"
)
_MAPPED = (
    "SELECT json_group_array(json_array(e.from_id, e.to_id, json(e.fields))) FROM json_each(:ids) j"
    " CROSS JOIN lineage_edge e ON e.{near}_id = j.value{seen} WHERE e.fields IS NOT NULL"
)
_VISIBLE = (
    "SELECT json_group_array(entity.id) FROM json_each(:ids) j CROSS JOIN entity ON entity.id = j.value AND ({where})"
)
_ids = msgspec.json.Decoder(list[str])
FieldMap = list[tuple[list[str], str, str | None]]
"""Which fields make which: (from which, which, by what function), names below those of the edge's ends."""
_mapped = msgspec.json.Decoder(list[tuple[str, str, FieldMap]])


def _asked(statement: str, side: Direction, seen: Seen | None, params: dict[str, Any]) -> str:
    near, far = _ENDS[side]
    condition = ""
    if seen is not None:
        condition = _SEEN_FAR.format(far=far, where=assets.where(seen, params) or "1 = 0")
    return statement.format(near=near, far=far, seen=condition)


def neighbours(
    tx: Tx, ids: Collection[str], known: Collection[str], side: Direction, seen: Seen | None, *, limit: int
) -> list[str]:
    """What is one edge away from any of these and not known yet, of what counts (None: everything)."""
    params: dict[str, Any] = {"ids": array(ids), "known": array(known), "limit": limit}
    row = tx.one(_asked(_NEW, side, seen, params), params)
    return _ids.decode(row[0]) if row is not None else []


def among(tx: Tx, ids: Collection[str], known: Collection[str], side: Direction, *, limit: int) -> list[EdgeRow]:
    """The edges from these (downstream) or to these (upstream) to others that are known, in the order of these."""
    params: dict[str, Any] = {"ids": array(ids), "known": array(known), "limit": limit}
    row = tx.one(_asked(_AMONG, side, None, params), params)
    return _rows.decode(row[0]) if row is not None else []


def count_among(tx: Tx, ids: Collection[str], known: Collection[str], side: Direction, *, limit: int) -> int:
    """How many these are, counted up to the limit."""
    params: dict[str, Any] = {"ids": array(ids), "known": array(known), "limit": limit}
    row = tx.one(_asked(_COUNT_AMONG, side, None, params), params)
    return row[0] if row is not None else 0


def beyond(tx: Tx, ids: Collection[str], known: Collection[str], side: Direction, seen: Seen | None) -> list[str]:
    """Which of these have a neighbour that is not known."""
    params: dict[str, Any] = {"ids": array(ids), "known": array(known)}
    row = tx.one(_asked(_BEYOND, side, seen, params), params)
    return _ids.decode(row[0]) if row is not None else []


def mapped(tx: Tx, ids: Collection[str], side: Direction, seen: Seen | None) -> list[tuple[str, str, FieldMap]]:
    """The edges from or to these that say which fields make which."""
    params: dict[str, Any] = {"ids": array(ids)}
    row = tx.one(_asked(_MAPPED, side, seen, params), params)
    return _mapped.decode(row[0]) if row is not None else []


def visible(tx: Tx, ids: Collection[str], seen: Seen | None) -> set[str]:
    """Which of these count."""
    if seen is None or not ids:
        return set(ids)
    params: dict[str, Any] = {"ids": array(ids)}
    row = tx.one(_VISIBLE.format(where=assets.where(seen, params) or "1 = 0"), params)
    return set(_ids.decode(row[0])) if row is not None else set()


# what follows for the services, domains and data products that assets are in

_SERVICES = (
    "SELECT e.from_service_id, e.to_service_id, COUNT(*) FROM lineage_edge e"
    " WHERE e.{near}_service_id IN (SELECT value FROM json_each(:ids)){seen}"
    " GROUP BY e.{near}_service_id, e.{far}_service_id"
)
# Whoever has none of his own has those of the entity above.
_HOLDERS = (
    "WITH RECURSIVE asset (holder_id, id) AS (SELECT r.target_id, r.entity_id FROM json_each(:ids) j"
    " CROSS JOIN relation r ON r.target_id = j.value AND r.relation = :relation"
    " UNION SELECT asset.holder_id, x.id FROM asset CROSS JOIN entity x ON x.parent_id = asset.id"
    " WHERE x.kind IN (SELECT value FROM json_each(:inheriting))"
    " AND NOT EXISTS (SELECT 1 FROM relation own WHERE own.entity_id = x.id AND own.relation = :relation)),"
    " flow (holder_id, far_id) AS (SELECT asset.holder_id, e.{far}_id FROM asset"
    " CROSS JOIN lineage_edge e ON e.{near}_id = asset.id{seen}),"
    " up (far_id, id) AS (SELECT DISTINCT far_id, far_id FROM flow"
    " UNION SELECT up.far_id, x.parent_id FROM up CROSS JOIN entity x ON x.id = up.id"
    " WHERE x.parent_id IS NOT NULL AND x.kind IN (SELECT value FROM json_each(:inheriting))"
    " AND NOT EXISTS (SELECT 1 FROM relation own WHERE own.entity_id = x.id AND own.relation = :relation))"
    " SELECT flow.holder_id, r.target_id, COUNT(*) FROM flow JOIN up ON up.far_id = flow.far_id"
    " JOIN relation r ON r.entity_id = up.id AND r.relation = :relation"
    " WHERE r.target_id <> flow.holder_id GROUP BY 1, 2"
)
_SEEN_BOTH = (
    " AND EXISTS (SELECT 1 FROM entity WHERE entity.id = e.from_id AND ({where}))"
    " AND EXISTS (SELECT 1 FROM entity WHERE entity.id = e.to_id AND ({where}))"
)


def _both(seen: Seen | None, params: dict[str, Any]) -> str:
    return "" if seen is None else _SEEN_BOTH.format(where=assets.where(seen, params) or "1 = 0")


def between_services(tx: Tx, ids: Collection[str], side: Direction, seen: Seen | None) -> dict[Pair, int]:
    """The services that edges of assets lead to from these (upstream: come from), and how many such edges there are."""
    params: dict[str, Any] = {"ids": array(ids)}
    near, far = _ENDS[side]
    rows = tx.all(_SERVICES.format(near=near, far=far, seen=_both(seen, params)), params)
    return {(from_id, to_id): n for from_id, to_id, n in rows}


def between_holders(
    tx: Tx, ids: Collection[str], relation: str, inheriting: Iterable[str], side: Direction, seen: Seen | None
) -> dict[Pair, int]:
    """The same of what assets refer to in a field; kinds that are `inheriting` have that from above."""
    params: dict[str, Any] = {"ids": array(ids), "relation": relation, "inheriting": array(inheriting)}
    near, far = _ENDS[side]
    rows = tx.all(_HOLDERS.format(near=near, far=far, seen=_both(seen, params)), params)
    return {(far_id, holder) if side == "upstream" else (holder, far_id): n for holder, far_id, n in rows}


# checked

_MISPLACED = (
    "WITH RECURSIVE up (id, above_id) AS (SELECT id, parent_id FROM entity WHERE id IN ("
    "SELECT from_id FROM lineage_edge UNION SELECT to_id FROM lineage_edge)"
    " UNION ALL SELECT up.id, x.parent_id FROM up CROSS JOIN entity x ON x.id = up.above_id),"
    " held (id, service_id) AS (SELECT up.id, s.id FROM up CROSS JOIN entity s ON s.id = up.above_id"
    " WHERE s.kind IN (SELECT value FROM json_each(:services)))"
    " SELECT e.from_id, e.to_id FROM lineage_edge e LEFT JOIN held f ON f.id = e.from_id"
    " LEFT JOIN held t ON t.id = e.to_id WHERE"
    " e.from_service_id IS NOT CASE WHEN f.service_id <> t.service_id THEN f.service_id END"
    " OR e.to_service_id IS NOT CASE WHEN f.service_id <> t.service_id THEN t.service_id END"
)
_ALL = (
    f"SELECT {_COLUMNS} FROM lineage_edge WHERE (from_id, to_id) > (:from_id, :to_id) ORDER BY from_id, to_id LIMIT :n"
)


def misplaced(tx: Tx, services: Iterable[str]) -> list[Pair]:
    """The edges that do not say in which two services (entities of these kinds) their ends lie."""
    return [(from_id, to_id) for from_id, to_id in tx.all(_MISPLACED, {"services": array(services)})]


def batch(tx: Tx, after: Pair, n: int) -> list[EdgeRow]:
    """The next stated edges in the order of their ends, from behind one on."""
    return [EdgeRow._make(row) for row in tx.all(_ALL, {"from_id": after[0], "to_id": after[1], "n": n})]
