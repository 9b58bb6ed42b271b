"""What an answer shows beyond what is stored with an entity: what it inherits, and what its glossary terms bring along.

Both are worked out at each read, so that they are never stale. What only some kinds show, such as counts, is in
`computed`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from brokerbook.engine import refs
from brokerbook.store import relations

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from brokerbook.kinds.kind import Kind
    from brokerbook.store.database import Tx

_GLOSSARY = "Glossary"
DERIVED = "Derived"


def links(tx: Tx, kind: Kind, found: dict[str, refs.Links], wanted: Iterable[str]) -> None:
    """Completes the links of entities (by id), in at most one query for each of the two reasons."""
    fields = kind.inherited.intersection(wanted)
    lacking = [entity_id for entity_id, own in found.items() if any(not own.get(field) for field in fields)]
    if lacking:
        inherit(tx, found, lacking, fields)
    if "tags" in kind.link_of and "tags" in wanted:
        derive_labels(tx, found)


def inherit(tx: Tx, found: dict[str, refs.Links], lacking: Sequence[str], fields: frozenset[str]) -> None:
    """Adds to entities (by id) that lack some of these links those of the nearest entity above that has any."""
    nearest: dict[tuple[str, str], int] = {}
    for edge, distance in relations.above_many(tx, lacking, fields):
        own = found[edge.entity_id]
        key = (edge.entity_id, edge.relation)
        if edge.deleted or (own.get(edge.relation) and key not in nearest):
            continue
        if nearest.setdefault(key, distance) == distance:
            shown = refs.reference(edge, edge.target_id) | {"inherited": True}
            own[edge.relation] = sorted([*own.get(edge.relation, []), refs.Item(edge.target_id, shown)], key=refs.order)


def derive_labels(tx: Tx, found: dict[str, refs.Links]) -> None:
    """Adds to each entity the tags that its glossary terms carry, as labels of type `Derived`."""
    terms: dict[str, list[str]] = {}
    for entity_id, own in found.items():
        for item in own.get("tags", ()):
            if item.shown.get("source") == _GLOSSARY:
                terms.setdefault(item.id, []).append(entity_id)
    if not terms:
        return
    for edge in relations.labels_of_many(tx, terms):
        if edge.deleted:
            continue
        shown = refs.label(edge, msgspec.json.decode(edge.data or "{}")) | {"labelType": DERIVED}
        for entity_id in terms[edge.entity_id]:
            own = found[entity_id]["tags"]
            if all(item.id != edge.target_id for item in own):
                own.append(refs.Item(edge.target_id, shown))
                own.sort(key=refs.order)
