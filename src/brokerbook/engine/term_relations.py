"""Relations between terms: made, ended, followed as a graph; and a term moved to another place.

A relation stands at both terms, each of which shows it from its side. Texts: contract, "Glossaries and terms".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from brokerbook.access import policy
from brokerbook.engine import assets, facts, holdings, jobs, patch, refs, rules, write
from brokerbook.engine.state import load
from brokerbook.errors import BadRequest
from brokerbook.kinds import KINDS
from brokerbook.kinds.glossary import GLOSSARY, GLOSSARY_TERM, RELATION_TYPES
from brokerbook.kinds.kind import TAGS
from brokerbook.model.wire import BulkOperationResult, BulkRow
from brokerbook.store import assets as asset_store
from brokerbook.store import entities
from brokerbook.store import terms as store

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from brokerbook.engine.read import Viewer
    from brokerbook.engine.refs import Item
    from brokerbook.engine.write import Outcome, Work
    from brokerbook.kinds.glossary import TermRelation
    from brokerbook.kinds.kind import Document
    from brokerbook.model.wire import EntityReference, TagLabel
    from brokerbook.store.database import Tx
    from brokerbook.store.entities import EntityRow
    from brokerbook.store.terms import Related

MOST_NODES = 200
MOST_ROWS = 1000
"""The most assets that the answer to a validation lists; its counts are of all."""

_FIELD = "relatedTerms"
_LINK = GLOSSARY_TERM.link_of[_FIELD]
_INVERSE = dict(RELATION_TYPES)


def relate(work: Work, row: EntityRow, said: TermRelation) -> Outcome:
    """Relates a term to another that the caller may see; what they are to each other already is no fault.

    The other term shows the relation from its side; no right to change that one is asked for.
    """

    def added(targets: refs.Targets, there: list[Item]) -> list[Item]:
        new = refs.resolved(targets, _LINK, [msgspec.to_builtins(said)])
        known = {(item.id, item.data) for item in there}
        return sorted([*there, *(item for item in new if (item.id, item.data) not in known)], key=refs.order)

    return _changed(work, row, added)


def unrelate(work: Work, row: EntityRow, other_id: str, said: str | None) -> Outcome:
    """Ends what two terms are to each other, or one type of it; what they are not is no fault."""
    if said is not None:
        check_types([said])

    def left(_: refs.Targets, there: list[Item]) -> list[Item]:
        return [item for item in there if item.id != other_id or said not in (None, item.shown["relationType"])]

    return _changed(work, row, left)


def _changed(work: Work, row: EntityRow, change: Callable[[refs.Targets, list[Item]], list[Item]]) -> Outcome:
    found = load(work.tx, work.sealer, GLOSSARY_TERM, row)
    known = facts.of_row(work.tx, GLOSSARY_TERM, row, found.state.links)
    policy.check(work.actor, sorted(policy.editing(_FIELD)), known)
    targets = refs.Targets(work.tx)
    links = found.state.links | {_FIELD: change(targets, found.state.links[_FIELD])}
    return write.save(work, GLOSSARY_TERM, targets, found, found.state._replace(links=links), consolidate=True)


def check_types(types: Collection[str]) -> None:
    """Refuses a type of relation that there is not."""
    for said in types:
        if said not in _INVERSE:
            raise BadRequest(f"Invalid relation type '{said[:80]}'. Valid types are: {', '.join(_INVERSE)}")


def graph(tx: Tx, viewer: Viewer, row: EntityRow, *, depth: int, types: Collection[str]) -> Document:
    """The terms that a term is related to, over `depth` relations (of these types, if any are given) and 200 at most.

    Only terms that the caller may see are in it. A relation stands in it once, as it is seen from the nearer term.
    """
    check_types(types)
    policy.check(viewer.actor, (policy.viewing([_FIELD]),), facts.of_row(tx, GLOSSARY_TERM, row))
    visible = policy.visible(viewer.actor, "ViewBasic", GLOSSARY_TERM.name)
    nodes = {row.id: _node(row.id, row.name, row.fqn, row.doc)}
    edges: dict[tuple[str, str, str], Document] = {}
    reached: list[str] = [row.id]
    for _ in range(depth):
        if not reached:
            break
        found = store.related(tx, reached, visible, GLOSSARY_TERM.inherited)
        reached = []
        for edge in found:
            said = edge.relation.partition("/")[2]
            if types and said not in types:
                continue
            if edge.id not in nodes:
                if len(nodes) >= MOST_NODES:
                    continue
                nodes[edge.id] = _node(edge.id, edge.name, edge.fqn, edge.doc)
                reached.append(edge.id)
            _add(edges, edge, said)
    return {"nodes": list(nodes.values()), "edges": list(edges.values())}


def _add(edges: dict[tuple[str, str, str], Document], edge: Related, said: str) -> None:
    if (edge.id, edge.entity_id, _INVERSE[said]) not in edges:
        edges[edge.entity_id, edge.id, said] = {"from": edge.entity_id, "to": edge.id, "relationType": said}


class _Shown(msgspec.Struct):
    displayName: str | None = None


_shown = msgspec.json.Decoder(_Shown)


def _node(term_id: str, name: str, fqn: str, doc: str) -> Document:
    return {
        "id": term_id,
        "name": name,
        "fullyQualifiedName": fqn,
        "displayName": _shown.decode(doc).displayName or name,
    }


def usage(tx: Tx, viewer: Viewer) -> dict[str, int]:
    """How often each type of relation is used; a relation counts once for each of the terms that show it so.

    Only relations between terms that the caller may see count.
    """
    visible = policy.visible(viewer.actor, policy.viewing([_FIELD]), GLOSSARY_TERM.name)
    used = store.types_used(tx, visible, GLOSSARY_TERM.inherited)
    return {name.partition("/")[2]: count for name, count in used.items()}


# moved


def move(work: Work, row: EntityRow, parent: EntityReference, job_id: str) -> Outcome:
    """Lets a term lie, with all below it, right in a glossary or below another term; it is the job of that id, done."""
    jobs.record(work, job_id, "move", GLOSSARY_TERM.name, row.id)
    if parent.type not in (GLOSSARY.name, GLOSSARY_TERM.name):
        raise BadRequest(f"Invalid parent type: {parent.type}")
    reference: Document = msgspec.to_builtins(parent)
    if parent.type == GLOSSARY_TERM.name:
        return patch.patch(work, GLOSSARY_TERM, row, [{"op": "add", "path": "/parent", "value": reference}])
    above = entities.find_many(work.tx, [row.parent_id or ""]).get(row.parent_id or "")
    operations: list[Document] = [{"op": "replace", "path": "/glossary", "value": reference}]
    if above is not None and above.kind == GLOSSARY_TERM.name:
        operations.append({"op": "remove", "path": "/parent"})
    return patch.patch(work, GLOSSARY_TERM, row, operations)


# tags that a term is to have


def validated(work: Work, row: EntityRow, labels: list[TagLabel], *, dry_run: bool) -> BulkOperationResult:
    """Whether what carries a term may have these tags as well: a row for each such entity. Nothing is changed.

    Only what the caller may see is told of, and counted.
    """
    targets = refs.Targets(work.tx)
    known = facts.of_row(work.tx, GLOSSARY_TERM, row)
    items = refs.resolved(targets, TAGS, labels)
    policy.check(work.actor, sorted(policy.editing("tags", [item.shown for item in items])), known)
    seen = assets.seen(work.actor, holdings.kinds("tags"))
    carriers, total = asset_store.page(work.tx, store.carriers(row.id), seen, limit=MOST_ROWS, offset=0)
    if not items or not total:
        nothing = BulkRow(request=None, status=200, message="Nothing to Validate.")
        return BulkOperationResult(dryRun=dry_run, status="success", successRequest=[nothing])
    rules.check_tags(targets, None, {"tags": items})
    clashing: dict[str, str] = {}
    for label in rules.new_exclusive(targets, None, {"tags": items}):
        for clash in store.clashes(work.tx, row.id, label.group_id, label.id):
            clashing.setdefault(clash.entity_id, rules.EXCLUSIVE.format(clash.other_fqn, label.fqn))
    refused, failed = asset_store.page(work.tx, store.these(clashing), seen, limit=MOST_ROWS, offset=0)
    passing = [one for one in carriers if one.id not in clashing]
    return BulkOperationResult(
        dryRun=dry_run,
        status="success" if not failed else "failure" if failed == total else "partialSuccess",
        numberOfRowsProcessed=total,
        numberOfRowsPassed=total - failed,
        numberOfRowsFailed=failed,
        successRequest=[BulkRow(request=_told(one), status=200) for one in passing],
        failedRequest=[BulkRow(request=_told(one), status=400, message=clashing[one.id]) for one in refused],
    )


def _told(row: EntityRow) -> Document:
    return {"id": row.id, "type": KINDS[row.kind].name, "name": row.name, "fullyQualifiedName": row.fqn}
