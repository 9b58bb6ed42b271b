"""Glossary terms: names within a glossary, what carries a term, relations between terms, and the search for terms."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from brokerbook.store import predicates
from brokerbook.store.assets import Source
from brokerbook.store.database import array
from brokerbook.store.entities import LIVE, Listed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from brokerbook.access.predicates import Predicate
    from brokerbook.store.database import Tx

# names

# Left to itself the database goes through all terms by another index that begins with the kind.
UNFOLDED = (
    "SELECT id, name FROM entity INDEXED BY entity_folded_name WHERE kind = 'glossaryTerm' AND folded_name IS NULL"
)
_FOLD = "UPDATE entity SET folded_name = :folded WHERE id = :id AND kind = 'glossaryTerm'"
# The few terms of these names are gone through, and not all of the glossary.
NAMED = (
    "SELECT folded_name, id FROM entity INDEXED BY entity_folded_name WHERE kind = 'glossaryTerm'"
    " AND folded_name IN (SELECT value FROM json_each(:names)) AND substr(fqn, 1, length(:fqn) + 1) = :fqn || '.'"
)
_NAMES_BELOW = (
    "WITH RECURSIVE below (id) AS (SELECT id FROM entity WHERE parent_id = :id"
    " UNION ALL SELECT e.id FROM below JOIN entity e ON e.parent_id = below.id)"
    " SELECT e.id, e.name FROM below JOIN entity e ON e.id = below.id"
)


def named(tx: Tx, glossary_fqn: str, folded: Iterable[str]) -> list[tuple[str, str]]:
    """The terms of a glossary, deleted or not, that have one of these names in whatever case: casefolded name, id."""
    # a new term comes without it
    tx.many(_FOLD, [{"id": term_id, "folded": name.casefold()} for term_id, name in tx.all(UNFOLDED)])
    return [(row[0], row[1]) for row in tx.all(NAMED, {"fqn": glossary_fqn, "names": array(folded)})]


def rename(tx: Tx, term_id: str, name: str) -> None:
    """Lets a term be found under the name that it is about to get."""
    tx.run(_FOLD, {"id": term_id, "folded": name.casefold()})


def names_below(tx: Tx, term_id: str) -> dict[str, str]:
    """The names of all terms below one, deleted or not, by id."""
    return dict(tx.all(_NAMES_BELOW, {"id": term_id}))


# what carries a term


class Clash(NamedTuple):
    """An entity, and one of its labels that another label excludes."""

    entity_id: str
    other_fqn: str


_THESE = "held (id) AS (SELECT value FROM json_each(:ids))"
# A term, or the terms of a glossary.
_TERMS = (
    "term (id) AS (SELECT :id UNION SELECT entity_id FROM relation WHERE target_id = :id AND relation = 'glossary')"
)
# A tag or a term, and the terms that bring it along.
_BRINGING = (
    "term (id) AS (SELECT :id UNION SELECT r.entity_id FROM relation r JOIN entity e ON e.id = r.entity_id"
    " AND e.kind = 'glossaryTerm' AND e.deleted = 0 WHERE r.target_id = :id AND r.relation = 'tags')"
)
_HELD = (
    "held (id) AS (SELECT DISTINCT e.id FROM term JOIN relation r ON r.target_id = term.id"
    " AND r.relation = 'tags' JOIN entity e ON e.id = r.entity_id AND e.deleted = 0)"
)
# All labels of what carries them, with those that its terms bring along.
_CLASHES = (
    f"WITH {{terms}}, {_HELD}, own (carrier_id, id) AS (SELECT c.id, r.target_id FROM held c JOIN relation r"
    " ON r.entity_id = c.id AND r.relation = 'tags'),"
    " label (carrier_id, id) AS (SELECT carrier_id, id FROM own"
    " UNION ALL SELECT own.carrier_id, d.target_id FROM own JOIN entity t ON t.id = own.id AND t.deleted = 0"
    " AND t.kind = 'glossaryTerm' JOIN relation d ON d.entity_id = t.id AND d.relation = 'tags')"
    " SELECT label.carrier_id, MIN(t.fqn) FROM label JOIN entity t ON t.id = label.id AND t.deleted = 0"
    " WHERE t.parent_id = :group_id AND t.id <> :label_id GROUP BY label.carrier_id LIMIT :most"
)
_CLASHES_GIVEN = _CLASHES.format(terms=_TERMS)
_CLASHES_MOVED = _CLASHES.format(terms=_BRINGING)
_ALL = -1


def clashes(tx: Tx, term_id: str, group_id: str, label_id: str, *, most: int = _ALL) -> list[Clash]:
    """What carries a term (or one of a glossary's terms) and, of what lies right below `group_id`, another label."""
    params = {"id": term_id, "group_id": group_id, "label_id": label_id, "most": most}
    return [Clash._make(row) for row in tx.all(_CLASHES_GIVEN, params)]


def clash_of_moved(tx: Tx, label_id: str, group_id: str) -> Clash | None:
    """Something that carries a tag or term, itself or by a term, and another label of those right below `group_id`."""
    params = {"id": label_id, "group_id": group_id, "label_id": label_id, "most": 1}
    found = tx.one(_CLASHES_MOVED, params)
    return Clash._make(found) if found is not None else None


def carriers(term_id: str) -> Source:
    """What carries a term."""
    return Source(f"{_TERMS}, {_HELD}", {"id": term_id})


def these(ids: Iterable[str]) -> Source:
    """Entities that are known by their ids."""
    return Source(_THESE, {"ids": array(ids)})


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
    "WITH seen (id) AS (SELECT entity.id FROM entity WHERE kind = 'glossaryTerm' AND entity.deleted = 0{where})"
    " SELECT r.relation, COUNT(*) FROM seen e JOIN relation r ON r.entity_id = e.id JOIN seen t ON t.id = r.target_id"
    f" WHERE {_TYPED} GROUP BY r.relation"
)


def related(tx: Tx, ids: Iterable[str], predicate: Predicate, inherited: frozenset[str]) -> list[Related]:
    """The live terms to which these are related, of those that the predicate means, in the order of names."""
    params: dict[str, Any] = {"ids": array(ids)}
    where = predicates.where(predicate, inherited, params)
    return [Related._make(row) for row in tx.all(_RELATED.format(where=where), params)]


def types_used(tx: Tx, predicate: Predicate, inherited: frozenset[str]) -> dict[str, int]:
    """How often each type of relation (`relatedTerms/` and the type) stands between terms that the predicate means."""
    params: dict[str, Any] = {}
    where = predicates.where(predicate, inherited, params)
    return dict(tx.all(_TYPES_USED.format(where=where), params))


# search

# The database knows the case of ASCII only: what holds anything else has to be looked at by the caller.
_MAY_SAY = " AND (instr(lower(entity.doc), :said) > 0 OR entity.doc GLOB '*[^ -~]*')"
_FOUND = "FROM entity WHERE kind = 'glossaryTerm'{where}"
_COUNT = f"SELECT COUNT(*) {_FOUND}"
_PAGE = (
    f"SELECT entity.id, entity.name, entity.doc {_FOUND} ORDER BY entity.name, entity.id LIMIT :limit OFFSET :offset"
)


def page(
    tx: Tx, *, include: str, predicate: Predicate, inherited: frozenset[str], limit: int, offset: int, said: str = ""
) -> tuple[list[Listed], int]:
    """The terms that a predicate means in the order of names, from an offset; and how many there are in all.

    With `said`, ASCII in lower case as JSON has it, terms are left out whose documents cannot say it in any case.
    """
    params: dict[str, Any] = {"limit": limit, "offset": offset}
    where = LIVE[include] + predicates.where(predicate, inherited, params)
    if said:
        params["said"] = said
        where += _MAY_SAY
    total = tx.one(_COUNT.format(where=where), params)
    rows = tx.all(_PAGE.format(where=where), params)
    return [Listed._make(row) for row in rows], total[0] if total else 0
