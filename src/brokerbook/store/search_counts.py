"""What a search finds, counted: by kind, by service, by what it refers to, and by values in documents."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from brokerbook.store import search
from brokerbook.store.database import array

if TYPE_CHECKING:
    from collections.abc import Sequence

    from brokerbook.store.database import Tx
    from brokerbook.store.search import Query

_FOUND = (
    "WITH found (entity_id, kind, parent_id, service_type, deleted) AS MATERIALIZED"
    " (SELECT s.entity_id, s.kind, s.parent_id, s.service_type, s.deleted FROM {source})"
)
_BY_COLUMN = {
    "entityType": "SELECT 'entityType', kind, COUNT(*) FROM found GROUP BY kind",
    "serviceType": (
        "SELECT 'serviceType', service_type, COUNT(*) FROM found WHERE service_type IS NOT NULL GROUP BY service_type"
    ),
    "deleted": "SELECT 'deleted', CASE deleted WHEN 1 THEN 'true' ELSE 'false' END, COUNT(*) FROM found GROUP BY deleted",
}
_BY_SERVICE = (
    "SELECT 'service', f.parent_id, COUNT(*) FROM found f JOIN entity p ON p.id = f.parent_id"
    " AND p.kind = 'messagingService' GROUP BY f.parent_id"
)
_LIVE = "JOIN entity t ON t.id = r.target_id AND t.deleted = 0"
_BY_TARGET = (
    "SELECT '{field}', r.target_id, COUNT(*) FROM found f JOIN relation r ON r.entity_id = f.entity_id"
    f" AND r.relation = '{{field}}' {_LIVE} GROUP BY r.target_id"
)
# A term brings its own tags along.
_BY_TAG = (
    "SELECT 'tags', r.target_id, COUNT(*) FROM (SELECT f.entity_id, r.target_id FROM found f JOIN relation r"
    " ON r.entity_id = f.entity_id AND r.relation = 'tags'"
    " UNION SELECT f.entity_id, d.target_id FROM found f JOIN relation r ON r.entity_id = f.entity_id"
    f" AND r.relation = 'tags' {_LIVE} AND t.kind = 'glossaryTerm'"
    " JOIN relation d ON d.entity_id = t.id AND d.relation = 'tags')"
    f" r {_LIVE} GROUP BY r.target_id"
)
# Those that say nothing, by what is above them.
_BY_ABOVE = (
    "SELECT 'above {field}', f.parent_id, COUNT(*) FROM found f WHERE f.parent_id IS NOT NULL"
    " AND f.kind IN (SELECT value FROM json_each(:inheriting_{field})) AND NOT EXISTS (SELECT 1 FROM relation r"
    f" {_LIVE} WHERE r.entity_id = f.entity_id AND r.relation = '{{field}}') GROUP BY f.parent_id"
)
REFERENCES = ("owners", "domains", "dataProducts", "tags", "certification")
"""The fields whose targets can be counted."""


class Count(NamedTuple):
    """How many of what was found have a value, or (`above …`) have from above what they say nothing of."""

    facet: str
    key: str
    n: int


def counted(tx: Tx, query: Query, facets: Sequence[str], inheriting: dict[str, tuple[str, ...]]) -> list[Count]:
    """Counts of all that a query finds, in one statement. Keys of services and references are ids.

    `inheriting`: field → the kinds that have it from above.
    """
    statement = search.Statement()
    source, _ = search.source(query, statement)
    parts: list[str] = []
    for facet in facets:
        if facet in _BY_COLUMN:
            parts.append(_BY_COLUMN[facet])
        elif facet == "service":
            parts.append(_BY_SERVICE)
        elif facet in REFERENCES:
            parts.append(_BY_TAG if facet == "tags" else _BY_TARGET.format(field=facet))
            if inheriting.get(facet):
                parts.append(_BY_ABOVE.format(field=facet))
                statement.params[f"inheriting_{facet}"] = array(inheriting[facet])
    if not parts:
        return []
    text = f"{_FOUND.format(source=source)} {' UNION ALL '.join(parts)}"
    return [Count._make(row) for row in tx.all(text, statement.params)]


_KEYS = {"name": "e.name", "fullyQualifiedName": "e.fqn"}
_BY_VALUE = (
    f"{_FOUND} SELECT {{key}}, COUNT(*) FROM found f JOIN entity e ON e.id = f.entity_id{{values}}"
    " WHERE 1 = 1{where} GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT :limit"
)
_VALUES = ", json_each(e.doc, :path) v"
_PLAIN = " AND f.kind IN (SELECT value FROM json_each(:kinds)) AND v.type NOT IN ('null', 'object', 'array')"
_VALUE = "CASE v.type WHEN 'true' THEN 'true' WHEN 'false' THEN 'false' ELSE CAST(v.value AS TEXT) END"


def by_value(
    tx: Tx, query: Query, field: str, kinds: Sequence[str], containing: str, limit: int
) -> list[tuple[str, int]]:
    """The commonest values of a field of what a query finds that contain a piece of text, and how many have each.

    The field is `name`, `fullyQualifiedName`, or a plain field of documents (dotted) that entities of these kinds have.
    """
    statement = search.Statement()
    source, _ = search.source(query, statement)
    params = statement.params | {"limit": limit}
    key, where = _KEYS.get(field, _VALUE), ""
    if field not in _KEYS:
        params |= {"path": f"$.{field}", "kinds": array(kinds)}
        where = _PLAIN
    if containing:
        params["containing"] = containing.lower()
        where += f" AND instr(lower({key}), :containing) > 0"
    text = _BY_VALUE.format(source=source, key=key, values="" if field in _KEYS else _VALUES, where=where)
    return [(value, n) for value, n in tx.all(text, params)]
