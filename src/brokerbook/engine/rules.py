"""The rules between entities: who may own, one domain, whose data products, which tags together.

Texts: contract, "Owners", "Tags", "Domains, data products, extension".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from brokerbook.errors import BadRequest, RuleViolation

if TYPE_CHECKING:
    from brokerbook.engine.refs import Item, Links, Targets
    from brokerbook.kinds.kind import Kind
    from brokerbook.store.entities import EntityRow

_OWNERSHIP = (
    "Multiple Users or Single Team Ownership",
    "Validates that an entity has either multiple owners or a single team as the owner.",
)
_ONE_DOMAIN = (
    "Multiple Domains are not allowed",
    "By default, we only allow entities to be assigned to a single domain, except for Users and Teams.",
)
_ONE_DATA_PRODUCT = (
    "Multiple Data Products are not allowed",
    "By default, we only allow entities to be assigned to a single Data Product.",
)
_DATA_PRODUCT_DOMAIN = (
    "Data Product Domain Validation",
    "Validates that Data Products assigned to an entity match the entity's domains.",
)

_RULED = ("owners", "domains", "dataProducts")


class _Team(msgspec.Struct):
    teamType: str = "Group"


class _Tag(msgspec.Struct):
    mutuallyExclusive: bool = False
    disabled: bool = False


_team = msgspec.json.Decoder(_Team)
_tag = msgspec.json.Decoder(_Tag)


def check_references(targets: Targets, kind: Kind, before: Links | None, after: Links) -> None:
    """Refuses owners, domains and data products that do not go together.

    A change is refused only if it does not lower the number of broken rules, so that old data can be mended in steps;
    a change of other things is not refused for what these have become.
    """
    if before is not None and all(_ids(before, field) == _ids(after, field) for field in _RULED):
        return
    owning = _ids(before or {}, "owners")
    for item in after.get("owners", ()):
        if item.shown["type"] == "team" and item.id not in owning:
            _check_team(targets.by_id("team", item.id))
    if (
        before is not None
        and after.get("dataProducts")
        and not after.get("domains")
        and before.get("domains") is not None
    ):
        raise BadRequest("Domain cannot be empty when data products are provided.")
    broken = _broken(targets, kind, after)
    if not broken or (before is not None and len(broken) < len(_broken(targets, kind, before))):
        return
    if len(broken) == 1:
        name, context = broken[0]
        raise RuleViolation(
            f"Rule [{name}] validation failed: Entity does not satisfy the rule. Rule context: {context}"
        )
    listed = "; ".join(f"Rule [{name}]: {context}" for name, context in broken)
    raise RuleViolation(f"Entity does not satisfy multiple rules: {listed}")


def _ids(links: Links, field: str) -> set[str]:
    return {item.id for item in links.get(field, ())}


def _check_team(row: EntityRow) -> None:
    team_type = _team.decode(row.doc).teamType
    if team_type != "Group":
        raise BadRequest(f"Team of type {team_type} can't own entities. Only Team of type Group can own entities.")


def _broken(targets: Targets, kind: Kind, links: Links) -> list[tuple[str, str]]:
    broken: list[tuple[str, str]] = []
    types = [item.shown["type"] for item in links.get("owners", ())]
    if "team" in types and len(types) > 1:
        broken.append(_OWNERSHIP)
    domains = links.get("domains", ())
    products = links.get("dataProducts", ())
    if kind.name not in {"user", "team"} and len(domains) > 1:
        broken.append(_ONE_DOMAIN)
    if len(products) > 1:
        broken.append(_ONE_DATA_PRODUCT)
    own = {item.id for item in domains}
    if any(not own & _domains_of(targets, product) for product in products):
        broken.append(_DATA_PRODUCT_DOMAIN)
    return broken


def _domains_of(targets: Targets, product: Item) -> set[str]:
    return {edge.target_id for edge in targets.edges(product.id) if edge.relation == "domains"}


def check_tags(targets: Targets, before: Links | None, after: Links) -> None:
    """Refuses a newly given disabled tag, and two tags of which only one may be there."""
    labels = after.get("tags", ())
    known = _ids(before or {}, "tags")
    if not labels or (before is not None and known == _ids(after, "tags")):
        return
    exclusive: dict[str, str] = {}
    for item in labels:
        if item.shown["source"] != "Classification":
            continue
        fqn: str = item.shown["tagFQN"]
        row = targets.by_id("tag", item.id)
        above = targets.parent(row)
        if item.id not in known and _disabled(targets, row):
            raise BadRequest(f"Tag label {fqn} is disabled and can't be assigned to a data asset.")
        if above is not None and _tag.decode(above.doc).mutuallyExclusive:
            other = exclusive.setdefault(above.id, fqn)
            if other != fqn:
                raise BadRequest(f"Tag labels {other} and {fqn} are mutually exclusive and can't be assigned together")


def _disabled(targets: Targets, row: EntityRow) -> bool:
    above: EntityRow | None = row
    while above is not None:
        if _tag.decode(above.doc).disabled:
            return True
        above = targets.parent(above)
    return False
