"""Assets of users, teams, domains, data products, tags and terms: listed, and put in or taken out many at once.

An asset refers to what holds it. Putting it in or taking it out changes its references and nothing else of it: it keeps
its version, and the event is told of the holder. A row that cannot be is told of in the result and harms no other.
Texts: contract, "Domains and data products", "Classifications and tags".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from brokerbook.access import policy
from brokerbook.engine import asset_moves, asset_rows, edges, events, facts, holdings, read, refs, snapshots
from brokerbook.engine.asset_moves import Holder
from brokerbook.errors import CatalogError, NotAuthorized
from brokerbook.kinds import KINDS
from brokerbook.store import assets as store
from brokerbook.store import entities, impact, relations

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from brokerbook.access.actor import Actor
    from brokerbook.engine.asset_moves import Asset
    from brokerbook.engine.read import Viewer
    from brokerbook.engine.write import Work
    from brokerbook.kinds.kind import Document, Kind
    from brokerbook.model.wire import BulkOperationResult, EntityReference
    from brokerbook.store.database import Tx
    from brokerbook.store.entities import EntityRow

# listed


def listed(
    tx: Tx, viewer: Viewer, kind: Kind, row: EntityRow, *, limit: int, offset: int
) -> tuple[list[Document], int]:
    """References to the assets that the caller may see, by kind, name and id, from an offset; and how many there are."""
    policy.check(viewer.actor, ("ViewBasic",), facts.of_row(tx, kind, row))
    field = holdings.FIELDS[kind.name]
    source = store.referring(field, _holders(tx, kind, row), holdings.inheriting(field))
    found, total = store.page(tx, source, seen(viewer.actor, holdings.kinds(field)), limit=limit, offset=offset)
    shown = [
        refs.reference(asset) | {"href": read.address(KINDS[asset.kind], asset.id, viewer.base)} for asset in found
    ]
    return shown, total


def _holders(tx: Tx, kind: Kind, row: EntityRow) -> list[str]:
    """Whose assets count as the entity's: a user's teams' do, and a domain's are those of the domains below, too."""
    match kind.name:
        case "user":
            return [row.id, *store.referred_ids(tx, row.id, "teams")]
        case "domain":
            return [row.id, *impact.ids_below(tx, row.id)]
        case "tag":
            return [row.id, *store.terms_with(tx, row.id)]
        case _:
            return [row.id]


def seen(actor: Actor, kinds: Iterable[str]) -> store.Seen:
    """Which entities of these kinds the caller may see."""
    found: store.Seen = {}
    for name in kinds:
        try:
            found[name] = (policy.visible(actor, "ViewBasic", name), KINDS[name].inherited)
        except NotAuthorized:
            continue
    return found


# put in and taken out


def change(
    work: Work, kind: Kind, row: EntityRow, asked: Sequence[EntityReference], *, add: bool, dry_run: bool
) -> BulkOperationResult:
    """Puts every asset asked for into a domain or a data product, or under a tag or term; or takes it out.

    The caller must be allowed to change the holder if it is a domain or a data product, and each asset always, as a
    patch of the same references would need it. With `dry_run` nothing is changed.
    """
    holder = Holder(work, kind, row, refs.Targets(work.tx))
    policy.check(work.actor, ("EditAll",) if holder.is_changed else ("ViewBasic",), facts.of_row(work.tx, kind, row))
    # the contract lets a tag's dry run look at nothing
    if not asked or (dry_run and kind.name == "tag"):
        return asset_rows.nothing(dry_run=dry_run)
    return moved(holder, asked, add=add, dry_run=dry_run)


def moved(holder: Holder, asked: Sequence[EntityReference], *, add: bool, dry_run: bool = False) -> BulkOperationResult:
    """The same for a caller who may change the holder."""
    decide = (asset_moves.ADD if add else asset_moves.REMOVE)[holder.kind.name]
    rows = asset_rows.Rows(dry_run=dry_run)
    known = asset_rows.Known(holder.work.tx, holder.targets, asked, holdings.kinds(holder.field))
    before: dict[str, Asset] = {}
    after: dict[str, Asset] = {}
    for reference in asked:
        try:
            asset = known.asset(reference)
            _check(holder, asset)
            move = decide(holder, asset)
            if move.left:
                policy.check(holder.work.actor, sorted(policy.editing("dataProducts")), _facts(holder.work, asset))
        except CatalogError as fault:
            rows.failed(reference, fault)
            continue
        before.setdefault(asset.row.id, asset)
        after[asset.row.id] = asset._replace(links=move.links)
        known.learn(after[asset.row.id])
        rows.passed(asset, move.says, side_effects=move.side_effects)
    if not dry_run:
        _write(holder, before, after, add=add)
    return rows.result()


def _check(holder: Holder, asset: Asset) -> None:
    """Refuses a caller who may not change by a patch what the asset refers to the holder by."""
    labels = [refs.label(holder.row, {"source": holder.source})] if holder.field == "tags" else []
    policy.check(holder.work.actor, sorted(policy.editing(holder.field, labels)), _facts(holder.work, asset))


def _facts(work: Work, asset: Asset) -> facts.Facts:
    return facts.of_row(work.tx, asset.kind, asset.row, asset.links)


def _write(holder: Holder, before: dict[str, Asset], after: dict[str, Asset], *, add: bool) -> None:
    changed = [asset for entity_id, asset in after.items() if store_links(holder.work, before[entity_id], asset)]
    if changed:
        tell(holder.work, holder.kind, holder.row, "assets", [asset_rows.told(asset) for asset in changed], add=add)


def store_links(work: Work, before: Asset, after: Asset) -> bool:
    """Writes what an asset refers to from now on, if it is anything else, so that the body of its last PUT is heard."""
    changed = edges.store(work, after.kind, after.row.id, before.links, after.links)
    if changed:
        entities.forget_digests(work.tx, [after.row.id])
    return changed


def tell(work: Work, kind: Kind, row: EntityRow, field: str, shown: list[Document], *, add: bool) -> None:
    """An event of the holder, which keeps its version: these were added to a field of its, or deleted from it."""
    described: Document = {
        "fieldsAdded": [{"name": field, "newValue": shown}] if add else [],
        "fieldsUpdated": [],
        "fieldsDeleted": [] if add else [{"name": field, "oldValue": shown}],
        "previousVersion": row.version / 10,
    }
    links = refs.loaded(kind, relations.of(work.tx, row.id))
    whole = snapshots.text(work.tx, kind, row, links)
    events.emit(work, events.row(work, kind, row, "entityUpdated", whole, links, change=described))
