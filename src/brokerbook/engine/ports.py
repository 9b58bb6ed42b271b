"""The ports of data products: what one takes in, and what it gives out, which is among its assets.

A port is a reference from the data product; routes of its own show and change it. Texts: contract, "Domains and data
products".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from brokerbook.access import policy
from brokerbook.engine import asset_rows, assets, computed, facts, holdings, read, refs
from brokerbook.errors import BadRequest, CatalogError
from brokerbook.kinds import KINDS
from brokerbook.kinds.domain import DATA_PRODUCT
from brokerbook.store import assets as store
from brokerbook.store import relations

if TYPE_CHECKING:
    from collections.abc import Sequence

    from brokerbook.engine.asset_moves import Asset
    from brokerbook.engine.read import Viewer
    from brokerbook.engine.write import Work
    from brokerbook.model.wire import BulkOperationResult, EntityReference
    from brokerbook.store.database import Tx
    from brokerbook.store.entities import EntityRow

Side = Literal["inputPorts", "outputPorts"]

FIELDS = ("owners", "tags", "followers", "domains", "votes", "extension")
"""What may be asked for of entities of any kind; what a kind does not have is left out."""


def change(
    work: Work, row: EntityRow, side: Side, asked: Sequence[EntityReference], *, add: bool, dry_run: bool
) -> BulkOperationResult:
    """Makes entities ports of a data product, or lets them be none; whoever may change it may, for what he can see."""
    policy.check(work.actor, ("EditAll",), facts.of_row(work.tx, DATA_PRODUCT, row))
    if not asked:
        return asset_rows.nothing(dry_run=dry_run)
    targets = refs.Targets(work.tx)
    known = asset_rows.Known(work.tx, targets, asked, holdings.kinds("dataProducts"))
    rows = asset_rows.Rows(dry_run=dry_run)
    there, others = (
        {edge.target_id for edge in targets.edges(row.id) if edge.relation == relation}
        for relation in (side, _other(side))
    )
    changed: dict[str, Asset] = {}
    for reference in asked:
        try:
            asset = known.asset(reference)
            policy.check(work.actor, ("ViewBasic",), facts.of_row(work.tx, asset.kind, asset.row, asset.links))
            if add:
                _check(row, side, asset, others)
        except CatalogError as fault:
            rows.failed(reference, fault)
            continue
        if (asset.row.id in there) is not add:
            changed[asset.row.id] = asset
        rows.passed(asset, f"{asset.kind.name} '{asset.row.fqn}' will {'be' if add else 'not be'} in {side}.")
    if changed and not dry_run:
        _write(work, row, side, changed, add=add)
    return rows.result()


def _other(side: Side) -> Side:
    return "outputPorts" if side == "inputPorts" else "inputPorts"


def _check(row: EntityRow, side: Side, asset: Asset, others: set[str]) -> None:
    if asset.row.id in others:
        other = "output" if side == "inputPorts" else "input"
        raise BadRequest(f"Asset '{asset.row.fqn}' is already part of {other} ports and cannot be added to {side}")
    if side == "outputPorts" and all(item.id != row.id for item in asset.links["dataProducts"]):
        raise BadRequest(
            f"Asset '{asset.row.fqn}' must belong to the data product before it can be added as an output port"
        )


def _write(work: Work, row: EntityRow, side: Side, changed: dict[str, Asset], *, add: bool) -> None:
    if add:
        relations.insert(work.tx, [(row.id, side, asset_id, None) for asset_id in changed])
    else:
        relations.delete(work.tx, [(row.id, side, asset_id) for asset_id in changed])
    shown = [asset_rows.told(asset) for asset in changed.values()]
    assets.tell(work, DATA_PRODUCT, row, side, shown, add=add)


# read


def parsed_fields(text: str) -> frozenset[str]:
    """From the query's `fields`; one that cannot be asked for is a BadRequest."""
    wanted = [name.strip() for name in text.split(",") if name.strip()]
    for name in wanted:
        if name not in FIELDS:
            raise BadRequest(f"Invalid field name {name}. Allowed fields are: {', '.join(FIELDS)}")
    return frozenset(wanted)


def page(
    tx: Tx, viewer: Viewer, row: EntityRow, side: Side, fields: frozenset[str], *, limit: int, offset: int
) -> tuple[list[str], int]:
    """Entities that the caller may see, as JSON with their `entityType` and secrets masked; and how many there are."""
    policy.check(viewer.actor, ("ViewBasic",), facts.of_row(tx, DATA_PRODUCT, row))
    seen = assets.seen(viewer.actor, holdings.kinds("dataProducts"))
    found, total = store.page(tx, store.referred(side, row.id), seen, limit=limit, offset=offset)
    bodies: dict[str, str] = {}
    for name in {entity.kind for entity in found}:
        kind = KINDS[name]
        mine = [entity for entity in found if entity.kind == name]
        wanted = read.Fields(fields.intersection(kind.link_of), computed=fields & computed.fields(kind))
        texts = read.bodies(tx, viewer, kind, [entity.id for entity in mine], [entity.doc for entity in mine], wanted)
        bodies |= {entity.id: f'{{"entityType":"{name}",{text[1:]}' for entity, text in zip(mine, texts, strict=True)}
    return [bodies[entity.id] for entity in found], total
