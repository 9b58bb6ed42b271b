"""Pages of entities with their references as text: what most lists ask for, written without building it first.

A page of a hundred services refers to a few users, tags and domains many times. What is shown of one is written once and
kept, for as long as nothing that others refer to has changed: the epoch that came with the page says so. Reads of
anything else go through `read`, which gives the same answers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from brokerbook.engine import computed, refs
from brokerbook.kinds import KINDS
from brokerbook.store import relations
from brokerbook.store.relations import Edge

if TYPE_CHECKING:
    from collections.abc import Sequence

    from brokerbook.kinds.kind import Kind, Link
    from brokerbook.store.database import Row, Tx

_MOST_KEPT = 8192
_OF_A_TERM = '"Glossary"'

Written = tuple[tuple[str, str], str]
"""Where an item stands among its like, and its text."""
_Known = dict[tuple[str, str | None], Written | None]
"""(target id, what a label says besides) → what is shown of it; None: nothing, because it is deleted."""

_kept: dict[tuple[str, str], _Known] = {}
"""Epoch and address of the server → what was written then. Readers may be at two epochs at once."""


def is_simple(kind: Kind, fields: frozenset[str]) -> bool:
    """Whether these links of a kind are shown just as they are stored."""
    links = [kind.link_of[field] for field in fields]
    return (
        kind.name not in computed.ADJUSTED
        and kind.inherited.isdisjoint(fields)
        and not any(link.reverse or link.given == "relations" for link in links)
    )


def extras(tx: Tx, kind: Kind, ids: Sequence[str], fields: frozenset[str], base: str, epoch: str) -> list[str] | None:
    """For each entity its links as `,"field":…`, in two queries at most; None if a term brings tags along."""
    edges = [edge for edge in relations.outgoing(tx, ids) if edge[1] in fields]
    labels = frozenset(field for field in fields if kind.link_of[field].given == "labels")
    known = _known(epoch, base)
    lacking = [edge for edge in edges if (edge[2], edge[3]) not in known]
    if lacking:
        if any(data is not None and _OF_A_TERM in data for _, _, _, data in lacking):
            return None
        known = _with(tx, lacking, labels, base, known)
    found: list[dict[str, list[Written]]] = [{} for _ in ids]
    place: int
    field: str
    for place, field, target_id, data in edges:
        written = known[target_id, data]
        if written is not None:
            found[place].setdefault(field, []).append(written)
    shown = [link for link in kind.links if link.field in fields]
    return ["".join([_shown(link, items.get(link.field)) for link in shown]) for items in found]


def _known(epoch: str, base: str) -> _Known:
    known = _kept.get((epoch, base))
    if known is None or len(known) > _MOST_KEPT:
        while len(_kept) > 1:  # the one before is yet of use to a reader that is a moment behind
            _kept.pop(next(iter(_kept)), None)
        known = _kept[epoch, base] = {}
    return known


def _with(tx: Tx, lacking: list[Row], labels: frozenset[str], base: str, known: _Known) -> _Known:
    """What is known and what these edges lack; what assets are called is looked up anew each time."""
    targets = {row[0]: row for row in relations.targets_shown(tx, {edge[2] for edge in lacking})}
    passing: _Known = {}
    for _, field, target_id, data in lacking:
        target = targets.get(target_id)
        if target is None or target[4]:
            written = None
        else:
            written = _label(target, data) if field in labels else _reference(target, base)
        keeps = target is not None and not KINDS[target[1]].is_asset
        (known if keeps else passing)[target_id, data] = written
    return {**known, **passing} if passing else known


def _shown(link: Link, items: list[Written] | None) -> str:
    if items is None:
        return f',"{link.field}":[]' if link.many else ""
    if not link.many:
        return f',"{link.field}":{items[0][1]}'
    if len(items) == 1:
        return f',"{link.field}":[{items[0][1]}]'
    items.sort()
    return f',"{link.field}":[{",".join([text for _, text in items])}]'


def _reference(target: Row, base: str) -> Written:
    edge = _edge(target)
    shown = refs.reference(edge, edge.target_id)
    shown["href"] = f"{base}/api{KINDS[edge.kind].path}/{edge.target_id}"
    return (edge.name, edge.target_id), msgspec.json.encode(shown).decode()


def _label(target: Row, data: str | None) -> Written:
    edge = _edge(target)
    shown = refs.label(edge, msgspec.json.decode(data or "{}"))
    return (edge.fqn, edge.target_id), msgspec.json.encode(shown).decode()


def _edge(target: Row) -> Edge:
    target_id, kind, name, fqn, deleted, doc = target
    return Edge("", "", None, target_id, kind, name, fqn, bool(deleted), doc)
