"""What is special about domains and data products: their hierarchy, what moves with a data product, what goes with a domain.

Texts: contract, "Domains and data products".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from brokerbook.access import policy
from brokerbook.access.predicates import ChildOf, conjunction
from brokerbook.engine import asset_moves, asset_rows, assets, events, facts, refs, reviews, rules
from brokerbook.engine.asset_moves import Asset
from brokerbook.engine.state import shown_links, spliced
from brokerbook.errors import BadRequest, EntityNotFound
from brokerbook.kinds import KINDS
from brokerbook.kinds.domain import DATA_PRODUCT, DOMAIN
from brokerbook.store import assets as store
from brokerbook.store import entities, identity, impact, relations, trees

if TYPE_CHECKING:
    from collections.abc import Iterable

    from brokerbook.engine.read import Viewer
    from brokerbook.engine.refs import Links, Targets
    from brokerbook.engine.state import State
    from brokerbook.engine.write import Work
    from brokerbook.kinds.kind import Document
    from brokerbook.store.database import Tx
    from brokerbook.store.entities import EntityRow
    from brokerbook.store.trees import Node

# the hierarchy


class _Said(msgspec.Struct):
    displayName: str | None = None
    description: str | None = None


_said = msgspec.json.Decoder(_Said)


def hierarchy(tx: Tx, viewer: Viewer, above: str | None, *, limit: int, offset: int) -> tuple[list[Document], int]:
    """Domains with all that lies below them, from an offset: those at the top, or right below one; and how many.

    Only what the caller may see, and only where he may see all that is above it in the answer.
    """
    visible = policy.visible(viewer.actor, "ViewBasic", DOMAIN.name)
    parent_id = None
    if above is not None:
        row = entities.find_by_fqn(tx, DOMAIN.name, above)
        if row is None:
            raise EntityNotFound.of(DOMAIN.name, above)
        parent_id = row.id
    inherited = DOMAIN.inherited
    meant = conjunction(visible, ChildOf(parent_id))
    top, total = trees.top(tx, DOMAIN.name, meant, inherited, limit=limit, offset=offset)
    below = trees.below(tx, DOMAIN.name, [node.id for node in top], visible, inherited)
    shown = {node.id: _shown(node) for node in (*top, *below)}
    for node in below:
        shown[node.parent_id or ""]["children"].append(shown[node.id])
    return [shown[node.id] for node in top], total


def _shown(node: Node) -> Document:
    said = _said.decode(node.doc)
    found: dict[str, Any] = {"id": node.id, "name": node.name, "fullyQualifiedName": node.fqn}
    found |= {key: value for key, value in msgspec.structs.asdict(said).items() if value is not None}
    return found | {"children": []}


# a domain or a data product is saved

_CERTIFICATION = "Certification."
VALID_MS = 30 * 24 * 3_600_000
"""How long a certification holds that does not say it."""


def certify(work: Work, targets: Targets, before: State | None, after: State) -> None:
    """Refuses a certification by any tag that may not be given for one; one without its times gets them."""
    old = before.links.get("certification", []) if before is not None else []
    new = after.links.get("certification", [])
    if not new or new == old:
        return
    shown = new[0].shown
    fqn: str = shown["tagLabel"]["tagFQN"]
    if not fqn.startswith(_CERTIFICATION):
        raise BadRequest(f"The tag {fqn} certifies nothing. Choose one of the classification Certification.")
    rules.check_tags(targets, {"tags": _labels(old)}, {"tags": _labels(new)})
    applied: int = shown.get("appliedDate") or work.now
    expires: int = shown.get("expiryDate") or applied + VALID_MS
    if expires < applied:
        raise BadRequest("A certification cannot expire before it is applied.")
    timed = shown | {"appliedDate": applied, "expiryDate": expires}
    after.links["certification"] = [refs.Item(new[0].id, timed, refs.data_of(timed))]


def _labels(items: list[refs.Item]) -> list[refs.Item]:
    return [refs.Item(item.id, item.shown["tagLabel"]) for item in items]


def check_product(work: Work, targets: Targets, before: State | None, after: State) -> None:
    """Refuses a data product that would hang on itself, or lose its last domain."""
    certify(work, targets, before, after)
    if before is None:
        return
    product_id: str = before.document["id"]
    for field in ("consumesFrom", "providesTo"):
        if product_id in _ids(after.links, field):
            raise BadRequest(f"The data product {before.document['name']} cannot be in its own {field}.")
    old, new = _ids(before.links, "domains"), _ids(after.links, "domains")
    if old and not new:
        raise BadRequest("[query param domains must not be null]")


def _ids(links: Links, field: str) -> set[str]:
    return {item.id for item in links.get(field, ())}


def carry(work: Work, before: State, after: State) -> None:
    """Lets a data product's assets lie in its new domain, and its ports that lay in the one that it leaves.

    Who put an asset into the data product has agreed to that. A port that is none of its assets moves only if it is no
    other data product's, and if the caller may move it. The new domain's event tells of all that came.
    """
    product_id: str = before.document["id"]
    new, left = after.links["domains"], _ids(before.links, "domains") - _ids(after.links, "domains")
    if not left:
        return
    targets = refs.Targets(work.tx)
    own = set(store.referring_ids(work.tx, product_id, "dataProducts"))
    ports = set(store.referred_ids(work.tx, product_id, "inputPorts")) - own
    moved: list[Document] = []
    for asset in _loaded(work.tx, own | ports):
        there = {item.id for item in asset_moves.domains(work, asset)}
        if there & {item.id for item in new} or (asset.row.id in ports and not _may_follow(work, asset, there & left)):
            continue
        links, _ = asset_moves.domain_moved(targets, asset, new[0], staying=product_id)
        if assets.store_links(work, asset, asset._replace(links=links)):
            moved.append(asset_rows.told(asset))
    if moved:
        assets.tell(work, DOMAIN, targets.by_id(DOMAIN.name, new[0].id), "assets", moved, add=True)


def _may_follow(work: Work, port: Asset, left: set[str]) -> bool:
    if not left or port.links.get("dataProducts"):
        return False
    known = facts.of_row(work.tx, port.kind, port.row, port.links)
    return all(policy.allows(work.actor, edit, known) for edit in policy.editing("domains"))


def _loaded(tx: Tx, ids: Iterable[str]) -> list[Asset]:
    rows = entities.find_many(tx, ids)
    edges: dict[str, list[relations.Edge]] = {entity_id: [] for entity_id in rows}
    for edge in relations.of_many(tx, rows):
        edges[edge.entity_id].append(edge)
    found = [(KINDS[row.kind], row) for row in rows.values()]
    return [Asset(kind, row, refs.loaded(kind, edges[row.id])) for kind, row in found if "domains" in kind.link_of]


# a domain or a data product is deleted


def _products(work: Work, row: EntityRow) -> list[EntityRow]:
    return store.products_only_in(work.tx, [row.id, *impact.ids_below(work.tx, row.id)])


def check_products(work: Work, row: EntityRow) -> None:
    """Refuses to delete a domain if a data product that goes with it is in others' review, or not the token's to change.

    A right to delete the data products is not needed: they go with their domain.
    """
    for product in _products(work, row):
        policy.check_scope(work.actor, facts.of_row(work.tx, DATA_PRODUCT, product))
        reviews.check_delete(work, DATA_PRODUCT, product)


def delete_products(work: Work, row: EntityRow, hard: bool) -> None:  # noqa: ARG001, FBT001  a domain's is always hard
    """Deletes the data products of a domain that goes, and of those below it; one that others hold as well stays."""
    for product in _products(work, row):
        links = refs.loaded(DATA_PRODUCT, relations.of(work.tx, product.id))
        whole = spliced(product.doc, shown_links(DATA_PRODUCT, links))
        entities.delete(work.tx, product)
        events.emit(work, events.row(work, DATA_PRODUCT, product, "entityDeleted", whole, links))
    identity.touch_access(work.tx)  # whoever was in the domain is in it no more


def check_reviewed(work: Work, row: EntityRow, hard: bool) -> None:  # noqa: ARG001, FBT001  one is never soft-deleted
    """Lets only a reviewer, or an administrator, delete a data product that is in review."""
    reviews.check_delete(work, DATA_PRODUCT, row)
