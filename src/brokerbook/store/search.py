"""Reading the search index: conditions as SQL, a page of what they mean, how many there are, and what they count by.

Words are sought by the index, everything else in the entities and relations of now; who may see what is decided by
predicates on the entities themselves, never by the index.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from brokerbook.model import search as c
from brokerbook.model.search import COLUMNS, Condition
from brokerbook.store import predicates
from brokerbook.store.database import array

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from brokerbook.model.search import Pattern, Words
    from brokerbook.store.assets import Seen
    from brokerbook.store.database import Tx

# conditions

_MATCHES = "s.docid IN (SELECT rowid FROM search_text WHERE search_text MATCH {words})"
_CONTAINS = "s.docid IN (SELECT rowid FROM search_text WHERE {columns})"
_KEYS = {
    "id": "s.entity_id",
    "kind": "lower(s.kind)",
    "name": "s.name",
    "title": "s.title",
    "fqn": "s.fqn",
    "service_type": "lower(s.service_type)",
    "deleted": "CASE s.deleted WHEN 1 THEN 'true' ELSE 'false' END",
}
_ORDERED = frozenset({"name", "fqn"})
_HIGHEST = "\U0010ffff"
_VALUE = "CASE v.type WHEN 'true' THEN 'true' WHEN 'false' THEN 'false' ELSE lower(v.value) END"
_SAYS = (
    "(s.kind IN (SELECT value FROM json_each({kinds})) AND EXISTS (SELECT 1 FROM entity e, json_each(e.doc, {path}) v"
    " WHERE e.id = s.entity_id AND v.type <> 'null'{values}))"
)
_LIVE = "JOIN entity t ON t.id = r.target_id AND t.deleted = 0"
_OWN = f"SELECT 1 FROM relation r {_LIVE} WHERE r.entity_id = {{whose}} AND r.relation = {{field}}"
_REFERS = (
    f"s.entity_id IN (SELECT r.entity_id FROM relation r {_LIVE} WHERE r.relation = {{field}}"
    " AND r.target_id IN (SELECT value FROM json_each({ids})))"
)
# A schema's fields have labels of their own, under their paths.
_LABELLED_FIELD = (
    f"s.entity_id IN (SELECT r.entity_id FROM relation r {_LIVE} WHERE r.target_id IN (SELECT value FROM json_each({{ids}}))"
    " AND r.relation >= 'fieldLabels/' AND r.relation < 'fieldLabels0')"
)
# Whoever has none of his own has those of the nearest one above who has some.
_REFERS_FROM_ABOVE = (
    f"s.entity_id IN (WITH RECURSIVE held (id) AS (SELECT r.entity_id FROM relation r {_LIVE} WHERE"
    " r.relation = {field} AND r.target_id IN (SELECT value FROM json_each({ids}))"
    " UNION SELECT e.id FROM held JOIN entity e ON e.parent_id = held.id"
    f" WHERE e.kind IN (SELECT value FROM json_each({{kinds}})) AND NOT EXISTS ({_OWN.format(whose='e.id', field='{field}')}))"
    " SELECT id FROM held)"
)
_REFERS_TO_ANY = f"EXISTS ({_OWN.format(whose='s.entity_id', field='{field}')})"
_ANY_FROM_ABOVE = (
    "EXISTS (WITH RECURSIVE up (id, parent_id, kind) AS (SELECT e.id, e.parent_id, e.kind FROM entity e"
    " WHERE e.id = s.entity_id UNION ALL SELECT e.id, e.parent_id, e.kind FROM up JOIN entity e ON e.id = up.parent_id"
    " WHERE up.kind IN (SELECT value FROM json_each({kinds})))"
    f" SELECT 1 FROM up JOIN relation r ON r.entity_id = up.id {_LIVE} WHERE r.relation = {{field}})"
)
_LIES_IN = "s.parent_id IN (SELECT value FROM json_each({ids}))"
_LIES_IN_ANY = "EXISTS (SELECT 1 FROM entity e WHERE e.id = s.parent_id AND e.kind = 'messagingService')"


class Statement:
    """A condition as SQL on `search_entry s`, with what it binds."""

    def __init__(self) -> None:
        self.params: dict[str, Any] = {}

    def bound(self, value: Any) -> str:
        name = f"c{len(self.params)}"
        self.params[name] = value
        return f":{name}"

    def sql(self, condition: Condition) -> str:
        match condition:
            case bool():
                return "1 = 1" if condition else "1 = 0"
            case c.AllOf(parts):
                return _joined(" AND ", [self.sql(part) for part in parts])
            case c.OneOf(parts):
                return _joined(" OR ", [self.sql(part) for part in parts])
            case c.Not(part):
                return f"({self.sql(part)}) IS NOT TRUE"
            case c.Words():
                return _MATCHES.format(words=self.bound(_phrase(condition)))
            case c.Contains(pattern, columns):
                text = self.bound(pattern)
                return _CONTAINS.format(columns=_any(f"{name} LIKE {text} ESCAPE '\\'" for name in columns or COLUMNS))
            case c.Is(key, patterns):
                return self.one_of(_KEYS[key], patterns, is_ordered=key in _ORDERED)
            case c.LiesIn(ids):
                return _LIES_IN_ANY if ids is None else _LIES_IN.format(ids=self.bound(array(ids)))
            case c.Says() | c.Refers():
                return self._stored(condition)

    def _stored(self, condition: c.Says | c.Refers) -> str:
        match condition:
            case c.Says(path, kinds, patterns):
                values = f" AND {self.one_of(_VALUE, patterns)}" if patterns is not None else ""
                return _SAYS.format(kinds=self.bound(array(kinds)), path=self.bound(path), values=values)
            case c.Refers(field, ids, inheriting):
                name, kinds = self.bound(field), self.bound(array(inheriting))
                if ids is None:
                    return (_ANY_FROM_ABOVE if inheriting else _REFERS_TO_ANY).format(field=name, kinds=kinds)
                among = self.bound(array(ids))
                template = _REFERS_FROM_ABOVE if inheriting else _REFERS
                found = template.format(field=name, ids=among, kinds=kinds)
                return f"({found} OR {_LABELLED_FIELD.format(ids=among)})" if field == "tags" else found

    def one_of(self, value: str, patterns: Sequence[Pattern], *, is_ordered: bool = False) -> str:
        """Whether a value is what one of the patterns means; of one that an index keeps in order, only a part is read."""
        whole = [pattern.text for pattern in patterns if not pattern.like]
        parts: list[str] = []
        for pattern in patterns:
            if pattern.like:
                condition = f"{value} LIKE {self.bound(pattern.text)} ESCAPE '\\'"
                if is_ordered and (start := re.split(r"[\\%_]", pattern.text, maxsplit=1)[0]):
                    low, high = self.bound(start), self.bound(start + _HIGHEST)
                    condition = f"({value} >= {low} AND {value} < {high} AND {condition})"
                parts.append(condition)
        if whole:
            parts.append(f"{value} IN (SELECT value FROM json_each({self.bound(array(whole))}))")
        return _any(parts) if parts else "1 = 0"

    def seen(self, seen: Seen) -> str:
        """Which entities count at all: by their kind, and where that does not say it, by a look at the entity."""
        everywhere = [kind for kind, (predicate, _) in seen.items() if predicate is True]
        parts = [f"s.kind IN (SELECT value FROM json_each({self.bound(array(everywhere))}))"] if everywhere else []
        for kind, (predicate, inherited) in seen.items():
            if predicate is not True:
                name = self.bound(kind)
                where = predicates.where(predicate, inherited, self.params)
                parts.append(
                    f"(s.kind = {name} AND EXISTS (SELECT 1 FROM entity WHERE entity.id = s.entity_id"
                    f" AND entity.kind = {name}{where}))"
                )
        return _any(parts) if parts else "1 = 0"


def _any(parts: Iterable[str]) -> str:
    return _joined(" OR ", list(parts))


def _joined(word: str, parts: list[str]) -> str:
    """All parts, halved again and again: SQLite refuses an expression that is nested too deep."""
    if len(parts) == 1:
        return parts[0]
    middle = len(parts) // 2
    return f"({_joined(word, parts[:middle])}{word}{_joined(word, parts[middle:])})"


def _phrase(words: Words) -> str:
    # for the index's language a text ends at a NUL
    quoted = '"{}"'.format(words.text.replace('"', '""').replace("\x00", " "))
    columns = f"{{{' '.join(words.columns)}}} : " if words.columns else ""
    return f"({columns}{quoted}{' *' if words.prefix else ''})"


def _expression(condition: Condition) -> str | None:
    """A condition about words alone in the index's own language; None if it says anything else."""
    match condition:
        case c.Words():
            return _phrase(condition)
        case c.OneOf(parts):
            found = [_expression(part) for part in parts]
            return None if None in found else _joined(" OR ", [text for text in found if text])
        case c.AllOf(parts):
            wanted = [_expression(part) for part in parts if not isinstance(part, c.Not)]
            unwanted = [_expression(part.part) for part in parts if isinstance(part, c.Not)]
            if None in wanted or None in unwanted or not wanted:
                return None
            text = _joined(" AND ", [text for text in wanted if text])
            return f"({text} NOT {_joined(' OR ', [text for text in unwanted if text])})" if unwanted else text
        case _:
            return None


# what is found


class Query(NamedTuple):
    """What is sought: a condition, and which entities of which kinds count."""

    condition: Condition
    seen: Seen


Place = Literal["score", "name", "title", "fqn", "kind", "service_type", "id", "updated_at"]


class Order(NamedTuple):
    """What is found is sorted by a place and then by id; what is called like `exact` has the highest score."""

    by: Place
    descending: bool
    exact: str = ""
    after: tuple[str | float, str | None] | None = None
    """The place and id of the row that a page begins behind."""


class Found(NamedTuple):
    """An entity that was found: its score, unless it was sorted otherwise, and where it stands."""

    id: str
    score: float | None
    place: str | float


_PLACES: dict[Place, str] = {
    "name": "s.name",
    "title": "s.title",
    "fqn": "s.fqn",
    "kind": "s.kind",
    "service_type": "COALESCE(s.service_type, '')",
    "id": "s.entity_id",
    "updated_at": "(SELECT e.updated_at FROM entity e WHERE e.id = s.entity_id)",
}
_SCORE = "-bm25(search_text, 10.0, 8.0, 2.0, 4.0, 1.0, 1.0)"
_EXACT = "CASE WHEN s.name = :exact THEN 1000.0 WHEN s.fqn = :exact OR s.title = :exact THEN 500.0 ELSE 0.0 END"
_PAGE = (
    "SELECT entity_id, place, {total} FROM (SELECT s.entity_id, {place} AS place FROM {source}) found{after}"
    " ORDER BY place {order}, entity_id {order} LIMIT :limit OFFSET :offset"
)
_COUNT = "SELECT COUNT(*) FROM {source}"


def source(query: Query, statement: Statement) -> tuple[str, bool]:
    """FROM what, and WHERE; and whether the words of the query are sought first, which gives what they find a score."""
    parts = query.condition.parts if isinstance(query.condition, c.AllOf) else (query.condition,)
    words, others = _split(parts)
    conditions = [statement.seen(query.seen), *(statement.sql(part) for part in others)]
    if words is None:
        return f"search_entry s WHERE {' AND '.join(conditions)}", False
    matched = f"search_text MATCH {statement.bound(words)}"
    return (
        f"search_text CROSS JOIN search_entry s ON s.docid = search_text.rowid WHERE {' AND '.join([matched, *conditions])}",
        True,
    )


def _split(parts: Sequence[Condition]) -> tuple[str | None, list[Condition]]:
    """The parts about words as one expression of the index, if there are any, and the other parts."""
    said = [part for part in parts if _expression(part) is not None]
    refused = [part for part in parts if isinstance(part, c.Not) and _expression(part.part) is not None]
    if not said:
        return None, list(parts)
    text = _expression(c.AllOf((*said, *refused)))
    return text, [part for part in parts if part not in said and part not in refused]


def page(tx: Tx, query: Query, order: Order, *, limit: int, offset: int) -> tuple[list[Found], int]:
    """What a query finds, from an offset or behind a place; and how many it finds in all."""
    statement = Statement()
    from_where, is_scored = source(query, statement)
    scored = order.by == "score"
    exact = f" + {_EXACT}" if order.exact else ""
    place = f"{_SCORE if is_scored else '1.0'}{exact}" if scored else _PLACES[order.by]
    params = statement.params | {"limit": limit, "offset": offset, "exact": order.exact}
    after = ""
    if order.after is not None:
        sign, (value, entity_id) = "<" if order.descending else ">", order.after
        params |= {"after": value, "after_id": entity_id}
        after = f" WHERE (place, entity_id) {sign} (:after, :after_id)"
        if entity_id is None:
            after = f" WHERE place {sign} :after"
    # counted on the way, where nothing is left out
    total = "COUNT(*) OVER ()" if order.after is None else "NULL"
    direction = "DESC" if order.descending else "ASC"
    text = _PAGE.format(total=total, place=place, source=from_where, after=after, order=direction)
    rows = tx.all(text, params) if limit else []
    counted = rows[0][2] if rows else None
    found = [Found(row[0], row[1] if scored else None, row[1]) for row in rows]
    return found, counted if counted is not None else count(tx, query)


def count(tx: Tx, query: Query) -> int:
    """How many entities a query finds."""
    statement = Statement()
    from_where, _ = source(query, statement)
    row = tx.one(_COUNT.format(source=from_where), statement.params)
    return row[0] if row else 0


# what a filter names

_NAMED = "SELECT id FROM entity WHERE kind IN (SELECT value FROM json_each(:kinds)) AND deleted = 0 AND {condition} LIMIT :limit"
_CALLED = {
    "id": "id",
    "name": "lower(name)",
    "fullyQualifiedName": "lower(fqn)",
    "displayName": "lower(COALESCE(json_extract(doc, '$.displayName'), name))",
    "type": "lower(kind)",
    "serviceType": "lower(json_extract(doc, '$.serviceType'))",
}
CALLED = frozenset(_CALLED)
_MOST_NAMED = 10_000


def named(tx: Tx, kinds: Iterable[str], what: str, patterns: Sequence[Pattern]) -> list[str]:
    """The ids of the live entities of these kinds that are called so, by what of `CALLED` says; ten thousand at most."""
    statement = Statement()
    condition = statement.one_of(_CALLED[what], patterns)
    params = statement.params | {"kinds": array(kinds), "limit": _MOST_NAMED}
    return [row[0] for row in tx.all(_NAMED.format(condition=condition), params)]


_TERMS_WITH = (
    "SELECT value FROM json_each(:ids) UNION SELECT r.entity_id FROM relation r JOIN entity e ON e.id = r.entity_id"
    " AND e.kind = 'glossaryTerm' AND e.deleted = 0"
    " WHERE r.relation = 'tags' AND r.target_id IN (SELECT value FROM json_each(:ids))"
)


def with_terms(tx: Tx, ids: Iterable[str]) -> list[str]:
    """These tags, and the terms that bring one of them along."""
    return [row[0] for row in tx.all(_TERMS_WITH, {"ids": array(ids)})]
