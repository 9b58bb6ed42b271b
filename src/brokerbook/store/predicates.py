"""Predicates as SQL: a condition on a row of `entity`, its values bound as parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from brokerbook.access import predicates as p
from brokerbook.store.database import array

if TYPE_CHECKING:
    from brokerbook.access.predicates import Predicate

# Deleted targets are not shown, so they do not count.
_HAS = (
    "EXISTS (SELECT 1 FROM relation r JOIN entity t ON t.id = r.target_id AND t.deleted = 0"
    " WHERE r.entity_id = entity.id AND r.relation = {relation}{among})"
)
# What refers to these few is found from their side, so that counting need not look at all that does not.
_HAS_ONE = (
    "entity.id IN (SELECT r.entity_id FROM relation r JOIN entity t ON t.id = r.target_id AND t.deleted = 0"
    " WHERE r.relation = {relation}{among})"
)
# Whoever has none of his own has those of the nearest one above who has some.
_INHERITS = (
    "EXISTS (WITH RECURSIVE up (id, parent_id) AS (SELECT entity.id, entity.parent_id"
    " UNION ALL SELECT a.id, a.parent_id FROM up JOIN entity a ON a.id = up.parent_id"
    " WHERE NOT EXISTS (SELECT 1 FROM relation n JOIN entity t ON t.id = n.target_id AND t.deleted = 0"
    " WHERE n.entity_id = up.id AND n.relation = {relation}))"
    " SELECT 1 FROM up JOIN relation r ON r.entity_id = up.id JOIN entity t ON t.id = r.target_id AND t.deleted = 0"
    " WHERE r.relation = {relation}{among})"
)
_AMONG = " AND r.target_id IN (SELECT value FROM json_each({ids}))"
# Tags only, as conditions name no terms; but a term brings its own tags along.
_TAGGED = (
    "EXISTS (SELECT 1 FROM relation r JOIN entity t ON t.id = r.target_id AND t.deleted = 0"
    " LEFT JOIN relation d ON d.entity_id = t.id AND d.relation = 'tags' AND t.kind = 'glossaryTerm'"
    " LEFT JOIN entity dt ON dt.id = d.target_id AND dt.deleted = 0 AND dt.kind = 'tag'"
    " WHERE r.entity_id = {whose} AND r.relation IN ('tags', 'certification') AND {tests})"
)
_IS_TAG = "((t.kind = 'tag' AND t.fqn = {fqn}) OR dt.fqn = {fqn})"
# An owner who is a person counts for the teams that he is in.
_IN_TEAMS = (
    " AND (r.target_id IN (SELECT value FROM json_each({ids})) OR EXISTS (SELECT 1 FROM relation m"
    " WHERE m.entity_id = r.target_id AND m.relation = 'teams'"
    " AND m.target_id IN (SELECT value FROM json_each({ids}))))"
)
_SERVICE = (
    "EXISTS (WITH RECURSIVE up (id, parent_id) AS (SELECT entity.id, entity.parent_id"
    " UNION ALL SELECT a.id, a.parent_id FROM up JOIN entity a ON a.id = up.parent_id)"
    " SELECT 1 FROM up JOIN entity s ON s.id = up.id AND s.kind = 'messagingService' WHERE {condition})"
)
_SERVICE_IS = {
    "name": "s.name IN (SELECT value FROM json_each({values}))",
    "fqn": "s.fqn IN (SELECT value FROM json_each({values}))",
    "type": "json_extract(s.doc, '$.serviceType') IN (SELECT value FROM json_each({values}))",
    "tag": _TAGGED.format(
        whose="s.id",
        tests="((t.kind = 'tag' AND t.fqn IN (SELECT value FROM json_each({values})))"
        " OR dt.fqn IN (SELECT value FROM json_each({values})))",
    ),
}


def where(predicate: Predicate, inherited: frozenset[str], params: dict[str, Any]) -> str:
    """The condition as ` AND …`, or nothing if everything is meant; adds to the parameters what it binds.

    `inherited` are the fields that entities of the kind have from those above them.
    """
    return "" if predicate is True else f" AND {_sql(predicate, inherited, params)}"


def _sql(predicate: Predicate, inherited: frozenset[str], params: dict[str, Any]) -> str:
    match predicate:
        case bool():
            return "1 = 1" if predicate else "1 = 0"
        case p.AllOf(parts):
            return _joined(" AND ", [_sql(part, inherited, params) for part in parts])
        case p.OneOf(parts):
            return _joined(" OR ", [_sql(part, inherited, params) for part in parts])
        case p.Not(part):
            return f"({_sql(part, inherited, params)}) IS NOT TRUE"  # nor unknown, as the parent of what has none
        case p.Has() | p.Tagged() | p.OwnedIn() | p.InService():
            return _linked(predicate, inherited, params)
        case _:
            return _own(predicate, params)


def _joined(word: str, parts: list[str]) -> str:
    """All parts, halved again and again: SQLite refuses an expression that is nested deeper than a thousand levels."""
    if len(parts) == 1:
        return parts[0]
    middle = len(parts) // 2
    return f"({_joined(word, parts[:middle])}{word}{_joined(word, parts[middle:])})"


def _bound(params: dict[str, Any], value: str | int | frozenset[str]) -> str:
    name = f"p{len(params)}"
    params[name] = array(sorted(value)) if isinstance(value, frozenset) else value
    return f":{name}"


def _linked(
    predicate: p.Has | p.Tagged | p.OwnedIn | p.InService, inherited: frozenset[str], params: dict[str, Any]
) -> str:
    """What an entity refers to, or lies in."""
    match predicate:
        case p.Has(relation, ids):
            among = _AMONG.format(ids=_bound(params, ids)) if ids is not None else ""
            template = _INHERITS if relation in inherited else _HAS_ONE if among else _HAS
            return template.format(relation=_bound(params, relation), among=among)
        case p.Tagged(fqn):
            return _TAGGED.format(whose="entity.id", tests=_IS_TAG.format(fqn=_bound(params, fqn)))
        case p.OwnedIn(team_ids):
            template = _INHERITS if "owners" in inherited else _HAS
            return template.format(relation="'owners'", among=_IN_TEAMS.format(ids=_bound(params, team_ids)))
        case p.InService(what, values):
            return _SERVICE.format(condition=_SERVICE_IS[what].format(values=_bound(params, values)))


def _own(predicate: p.IsOne | p.IsAdminUser | p.Says | p.Below | p.ChildOf, params: dict[str, Any]) -> str:
    """What an entity is by itself."""
    match predicate:
        case p.IsOne(ids):
            return f"entity.id IN (SELECT value FROM json_each({_bound(params, ids)}))"
        case p.IsAdminUser():
            return "COALESCE(json_extract(entity.doc, '$.isAdmin'), 0) = 1"
        case p.Says(field, value):
            extracted = f"COALESCE(json_extract(entity.doc, {_bound(params, f'$.{field}')}), 0)"
            return f"{extracted} = {_bound(params, int(value) if isinstance(value, bool) else value)}"
        case p.Below(fqn):
            # what begins with it and a dot lies between that and it and a slash
            return f"(entity.fqn > {_bound(params, f'{fqn}.')} AND entity.fqn < {_bound(params, f'{fqn}/')})"
        case p.ChildOf(parent_id):
            return (
                "entity.parent_id IS NULL" if parent_id is None else f"entity.parent_id = {_bound(params, parent_id)}"
            )
