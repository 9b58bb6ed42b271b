"""What putting an asset into a domain or a data product, or under a tag or term, does to its references; and taking it out.

Nothing is written here. Texts: contract, "Domains and data products".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from brokerbook.engine import complete, holdings, refs, rules, terms
from brokerbook.kinds.kind import TAGS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from brokerbook.engine.refs import Item, Links, Targets
    from brokerbook.engine.write import Work
    from brokerbook.kinds.kind import Kind
    from brokerbook.store.entities import EntityRow


class Asset(NamedTuple):
    """An asset with what it refers to."""

    kind: Kind
    row: EntityRow
    links: Links


class Holder(NamedTuple):
    """What assets are put into or taken out of, in the work that does it."""

    work: Work
    kind: Kind
    row: EntityRow
    targets: Targets

    @property
    def field(self) -> str:
        """The field by which its assets refer to it."""
        return holdings.FIELDS[self.kind.name]

    @property
    def is_changed(self) -> bool:
        """Whether having other assets is a change of it: a tag is the same however often it is used."""
        return self.field != "tags"

    @property
    def source(self) -> str:
        """What a label of it says."""
        return "Glossary" if self.kind.name == "glossaryTerm" else "Classification"


class Move(NamedTuple):
    """What an asset is to refer to, and what a dry run says of it."""

    links: Links
    says: str
    side_effects: bool = False
    left: Sequence[Item] = ()
    """The data products that it leaves because of it."""


def _called(asset: Asset) -> str:
    return f"{asset.kind.name} '{asset.row.fqn}'"


def _has(asset: Asset, field: str, entity_id: str) -> bool:
    return any(item.id == entity_id for item in asset.links.get(field, ()))


def _others(items: Sequence[Item], away: Sequence[Item]) -> list[Item]:
    gone = {item.id for item in away}
    return [item for item in items if item.id not in gone]


def _leaving(left: Sequence[Item]) -> str:
    if not left:
        return ""
    return f" It leaves the data product {', '.join(item.shown['fullyQualifiedName'] for item in left)}."


# domains


def domain_moved(targets: Targets, asset: Asset, domain: Item, staying: str | None = None) -> tuple[Links, list[Item]]:
    """The links of an asset that lies in that domain from now on, and the data products of other domains that it leaves.

    The data product `staying` is known to lie there, whatever is stored.
    """
    products = asset.links.get("dataProducts", [])
    left = [item for item in products if item.id != staying and domain.id not in _domains_of(targets, item.id)]
    links = asset.links | {"domains": [domain]}
    return (links | {"dataProducts": _others(products, left)} if left else links), left


def _domains_of(targets: Targets, product_id: str) -> set[str]:
    return {edge.target_id for edge in targets.edges(product_id) if edge.relation == "domains"}


def _into_domain(holder: Holder, asset: Asset) -> Move:
    if _has(asset, "domains", holder.row.id):
        return Move(asset.links, f"{_called(asset)} is already in this domain.")
    links, left = domain_moved(holder.targets, asset, refs.Item(holder.row.id, refs.reference(holder.row)))
    old = asset.links["domains"]
    does = (
        f"will be moved from domain '{old[0].shown['fullyQualifiedName']}'." if old else "will be added to the domain."
    )
    return Move(links, f"{_called(asset)} {does}{_leaving(left)}", bool(old or left), left)


def _out_of_domain(holder: Holder, asset: Asset) -> Move:
    if not _has(asset, "domains", holder.row.id):
        return Move(asset.links, f"{_called(asset)} is not in this domain.")
    left = asset.links.get("dataProducts", [])
    links = asset.links | {field: [] for field in ("domains", "dataProducts") if field in asset.links}
    return Move(links, f"{_called(asset)} will be removed from the domain.{_leaving(left)}", bool(left), left)


# data products


def domains(work: Work, asset: Asset) -> list[Item]:
    """The domains that an asset lies in: its own, or else those of what is above it."""
    found = {asset.row.id: {"domains": list(asset.links.get("domains", ()))}}
    complete.links(work.tx, asset.kind, found, ("domains",))
    return found[asset.row.id]["domains"]


def _into_product(holder: Holder, asset: Asset) -> Move:
    if _has(asset, "dataProducts", holder.row.id):
        return Move(asset.links, f"{_called(asset)} is already in this data product.")
    product = refs.Item(holder.row.id, refs.reference(holder.row))
    links = asset.links | {"dataProducts": sorted([*asset.links["dataProducts"], product], key=refs.order)}
    lies_in = {"domains": domains(holder.work, asset)}
    rules.check_references(holder.targets, asset.kind, asset.links | lies_in, links | lies_in)
    return Move(links, f"{_called(asset)} will be added to the data product.")


def _out_of_product(holder: Holder, asset: Asset) -> Move:
    if not _has(asset, "dataProducts", holder.row.id):
        return Move(asset.links, f"{_called(asset)} is not in this data product.")
    kept = [item for item in asset.links["dataProducts"] if item.id != holder.row.id]
    links = asset.links | {"dataProducts": kept}
    return Move(links, f"{_called(asset)} will be removed from the data product.")


# tags and terms


def _labelled(holder: Holder, asset: Asset) -> Move:
    if _has(asset, "tags", holder.row.id):
        return Move(asset.links, f"{_called(asset)} carries it already.")
    label = refs.resolved(holder.targets, TAGS, [{"tagFQN": holder.row.fqn, "source": holder.source}])
    links = asset.links | {"tags": sorted([*asset.links["tags"], *label], key=refs.order)}
    rules.check_tags(holder.targets, asset.links, links)
    terms.check_carriers(holder.work, holder.targets, asset.row.id, asset.links, links)
    return Move(links, f"{_called(asset)} will carry it.")


def _unlabelled(holder: Holder, asset: Asset) -> Move:
    if not _has(asset, "tags", holder.row.id):
        return Move(asset.links, f"{_called(asset)} does not carry it by itself.")
    kept = [item for item in asset.links["tags"] if item.id != holder.row.id]
    return Move(asset.links | {"tags": kept}, f"{_called(asset)} will carry it no more.")


ADD: Mapping[str, Callable[[Holder, Asset], Move]] = {
    "domain": _into_domain,
    "dataProduct": _into_product,
    "tag": _labelled,
    "glossaryTerm": _labelled,
}
"""Kind of the holder → what is decided of an asset that is to be put in; a CatalogError says why it cannot be."""

REMOVE: Mapping[str, Callable[[Holder, Asset], Move]] = {
    "domain": _out_of_domain,
    "dataProduct": _out_of_product,
    "tag": _unlabelled,
    "glossaryTerm": _unlabelled,
}
"""The same of an asset that is to be taken out."""
