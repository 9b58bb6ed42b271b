"""Glossary terms: names within a glossary, what carries a term, relations between terms, and the search for terms."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from brokerbook.store import predicates
from brokerbook.store.database import array
from brokerbook.store.entities import LIVE, Listed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from brokerbook.access.predicates import Predicate
    from brokerbook.store.database import Tx

# names

# Written so that the few terms of that name are gone through, and not all of the glossary.
_NAMED = (
    "SELECT id FROM entity WHERE kind = 'glossaryTerm' AND lower(name) = lower(:name)"
    " AND substr(fqn, 1, length(:fqn) + 1) = :fqn || '.'"
)
# What begins with a name and a dot lies between that and the name and a slash.
_NAMES = "SELECT id, name FROM entity WHERE kind = 'glossaryTerm' AND fqn > :fqn || '.' AND fqn < :fqn || '/'"
_NAMES_BELOW = (
    "WITH RECURSIVE below (id) AS (SELECT id FROM entity WHERE parent_id = :id"
    " UNION ALL SELECT e.id FROM below JOIN entity e ON e.parent_id = below.id)"
    " SELECT e.id, e.name FROM below JOIN entity e ON e.id = below.id"
)


def named(tx: Tx, glossary_fqn: str, name: str) -> list[str]:
    """The ids of the terms of a glossary, deleted or not, that have a name, in whatever case."""
    if name.isascii():
        return [row[0] for row in tx.all(_NAMED, {"fqn": glossary_fqn, "name": name})]
    # the database knows the case of ASCII only
    folded = name.casefold()
    return [row[0] for row in tx.all(_NAMES, {"fqn": glossary_fqn}) if row[1].casefold() == folded]


def names_below(tx: Tx, term_id: str) -> dict[str, str]:
    """The names of all terms below one, deleted or not, by id."""
    return dict(tx.all(_NAMES_BELOW, {"id": term_id}))


# what carries a term


class Clash(NamedTuple):
    """An entity, and one of its labels that another label excludes."""

    entity_id: str
    other_fqn: str


# What carries a term, or one of a glossary's terms; and all labels of that, with those that its terms bring along.
_CARRIERS = (
    "WITH term (id) AS (SELECT :id UNION SELECT entity_id FROM relation"
    " WHERE target_id = :id AND relation = 'glossary'),"
    " carrier (id) AS (SELECT DISTINCT e.id FROM term JOIN relation r ON r.target_id = term.id"
    " AND r.relation = 'tags' JOIN entity e ON e.id = r.entity_id AND e.deleted = 0)"
)
_CLASHES = (
    f"{_CARRIERS}, own (carrier_id, id) AS (SELECT c.id, r.target_id FROM carrier c JOIN relation r"
    " ON r.entity_id = c.id AND r.relation = 'tags'),"
    " label (carrier_id, id) AS (SELECT carrier_id, id FROM own"
    " UNION ALL SELECT own.carrier_id, d.target_id FROM own JOIN entity t ON t.id = own.id AND t.deleted = 0"
    " AND t.kind = 'glossaryTerm' JOIN relation d ON d.entity_id = t.id AND d.relation = 'tags')"
    " SELECT label.carrier_id, MIN(t.fqn) FROM label JOIN entity t ON t.id = label.id AND t.deleted = 0"
    " WHERE t.parent_id = :group_id AND t.id <> :label_id GROUP BY label.carrier_id LIMIT :most"
)
_COUNT_CARRIERS = f"{_CARRIERS} SELECT COUNT(*) FROM carrier"
_CARRIER_IDS = f"{_CARRIERS} SELECT id FROM carrier ORDER BY id LIMIT :most"


def clashes(tx: Tx, term_id: str, group_id: str, label_id: str, *, most: int) -> list[Clash]:
    """What carries a term (or one of a glossary's terms) and, of what lies right below `group_id`, another label."""
    params = {"id": term_id, "group_id": group_id, "label_id": label_id, "most": most}
    return [Clash._make(row) for row in tx.all(_CLASHES, params)]


def carriers(tx: Tx, term_id: str, *, most: int) -> tuple[list[str], int]:
    """The ids of the first live entities that carry a term, and how many do."""
    total = tx.one(_COUNT_CARRIERS, {"id": term_id})
    ids = [row[0] for row in tx.all(_CARRIER_IDS, {"id": term_id, "most": most})]
    return ids, total[0] if total else 0


# relations


class Related(NamedTuple):
    """A term that another (`entity_id`) is related to; `relation` is `relatedTerms/` and the relation's type."""

    entity_id: str
    relation: str
    id: str
    name: str
    fqn: str
    doc: str


_TYPED = "r.relation > 'relatedTerms/' AND r.relation < 'relatedTerms0'"
_RELATED = (
    "SELECT r.entity_id, r.relation, entity.id, entity.name, entity.fqn, entity.doc FROM relation r"
    " JOIN entity ON entity.id = r.target_id AND entity.deleted = 0"
    f" WHERE r.entity_id IN (SELECT value FROM json_each(:ids)) AND {_TYPED}{{where}}"
    " ORDER BY entity.name, entity.id, r.relation"
)
_TYPES_USED = (
    f"SELECT r.relation, COUNT(*) FROM relation r JOIN entity e ON e.id = r.entity_id AND e.deleted = 0"
    f" JOIN entity t ON t.id = r.target_id AND t.deleted = 0 WHERE e.kind = 'glossaryTerm' AND {_TYPED}"
    " GROUP BY r.relation"
)


def related(tx: Tx, ids: Iterable[str], predicate: Predicate, inherited: frozenset[str]) -> list[Related]:
    """The live terms to which these are related, of those that the predicate means, in the order of names."""
    params: dict[str, Any] = {"ids": array(ids)}
    where = predicates.where(predicate, inherited, params)
    return [Related._make(row) for row in tx.all(_RELATED.format(where=where), params)]


def types_used(tx: Tx) -> dict[str, int]:
    """How often each type of relation stands at a live term, by `relatedTerms/` and the type."""
    return dict(tx.all(_TYPES_USED))


# search

_FOUND = "FROM entity WHERE kind = 'glossaryTerm'{where}"
_COUNT = f"SELECT COUNT(*) {_FOUND}"
_PAGE = (
    f"SELECT entity.id, entity.name, entity.doc {_FOUND} ORDER BY entity.name, entity.id LIMIT :limit OFFSET :offset"
)


def page(
    tx: Tx, *, include: str, predicate: Predicate, inherited: frozenset[str], limit: int, offset: int
) -> tuple[list[Listed], int]:
    """The terms that a predicate means in the order of names, from an offset; and how many there are in all."""
    params: dict[str, Any] = {"limit": limit, "offset": offset}
    where = LIVE[include] + predicates.where(predicate, inherited, params)
    total = tx.one(_COUNT.format(where=where), params)
    rows = tx.all(_PAGE.format(where=where), params)
    return [Listed._make(row) for row in rows], total[0] if total else 0
