"""What a search finds, counted by kind, service, owner, tag and so on: by what these are called now."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec

from brokerbook.engine import search_fields
from brokerbook.store import entities, relations
from brokerbook.store import search_counts as store

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from brokerbook.store.database import Tx
    from brokerbook.store.entities import EntityRow
    from brokerbook.store.search import Query

TIER = "Tier."
_COLUMNS = ("entityType", "serviceType", "deleted")


class Bucket(NamedTuple):
    """A value, and how many of what was found have it."""

    key: str
    n: int


class _Shown(msgspec.Struct):
    displayName: str | None = None


_shown = msgspec.json.Decoder(_Shown)


def buckets(tx: Tx, query: Query, fields: Iterable[str], *, size: int, containing: str = "") -> dict[str, list[Bucket]]:
    """Field → its commonest values with how many there are, the commonest first; none of an unknown field.

    A field is a name as in a filter, such as `owners.displayName.keyword`; `containing` leaves only values with a text.
    """
    asked = {field: _facet(field) for field in fields}
    if not query.seen or query.condition is False:
        return {field: [] for field in asked}
    facets = list(dict.fromkeys(facet for facet, _ in asked.values() if facet))
    counts = _counts(tx, query, facets)
    targets = _targets(tx, counts)
    found: dict[str, list[Bucket]] = {}
    for field, (facet, called) in asked.items():
        if not facet:
            found[field] = _by_value(tx, query, field, size, containing)
            continue
        named: dict[str, int] = {}
        for key, n in counts.get(facet, {}).items():
            name = key if facet in _COLUMNS else _name(targets.get(key), called)
            if name and containing.lower() in name.lower() and _belongs(field, name):
                named[name] = named.get(name, 0) + n
        ranked = sorted(named.items(), key=lambda item: (-item[1], item[0]))
        found[field] = [Bucket(*item) for item in ranked[:size]]
    return found


def _belongs(field: str, name: str) -> bool:
    is_tier = name.startswith(TIER)
    return is_tier if field.startswith("tier") else True


def _facet(field: str) -> tuple[str, str]:
    """What is to be counted for a field, and by what of a reference's target; nothing if it is a plain value."""
    name, _ = search_fields.base(field)
    if name in _COLUMNS:
        return name, ""
    found = search_fields.reference(name)
    if found is None or found[0].field not in ("service", *store.REFERENCES):
        return "", ""
    return found[0].field, found[1]


def _counts(tx: Tx, query: Query, facets: Sequence[str]) -> dict[str, dict[str, int]]:
    inheriting = {facet: search_fields.inheriting(facet) for facet in facets if facet in store.REFERENCES}
    found: dict[str, dict[str, int]] = {}
    for facet, key, n in store.counted(tx, query, facets, inheriting):
        found.setdefault(facet, {})[key] = n
    for facet in facets:
        if above := found.pop(f"above {facet}", None):
            _add_inherited(tx, found.setdefault(facet, {}), facet, above)
    return found


def _add_inherited(tx: Tx, counts: dict[str, int], field: str, above: dict[str, int]) -> None:
    """Adds what entities have from the nearest one above them that has any; `above`: parent → how many ask it."""
    nearest: dict[str, int] = {}
    own = [(edge, 0) for edge in relations.named_of_many(tx, above, [field])]
    for edge, distance in (*own, *relations.above_many(tx, above, [field])):
        if not edge.deleted and nearest.setdefault(edge.entity_id, distance) == distance:
            counts[edge.target_id] = counts.get(edge.target_id, 0) + above[edge.entity_id]


def _targets(tx: Tx, counts: dict[str, dict[str, int]]) -> dict[str, EntityRow]:
    ids = {key for facet, found in counts.items() if facet not in _COLUMNS for key in found}
    return entities.find_many(tx, ids) if ids else {}


def _name(row: EntityRow | None, called: str) -> str:
    if row is None:
        return ""
    match called:
        case "id":
            return row.id
        case "type":
            return row.kind
        case "fullyQualifiedName":
            return row.fqn
        case "displayName":
            return _shown.decode(row.doc).displayName or row.name
        case _:
            return row.name


def _by_value(tx: Tx, query: Query, field: str, size: int, containing: str) -> list[Bucket]:
    name, _ = search_fields.base(field)
    kinds = search_fields.kinds_with(name)
    if name not in ("name", "fullyQualifiedName") and not kinds:
        return []
    return [Bucket(*item) for item in store.by_value(tx, query, name, kinds, containing, size)]
