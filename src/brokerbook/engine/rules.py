"""The rules between entities: who may own, one domain, whose data products, which tags together.

Texts: contract, "Owners", "Tags", "Domains, data products, extension".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec

from brokerbook.engine.refs import Item
from brokerbook.errors import BadRequest, RuleViolation

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from brokerbook.engine.refs import Links, Targets
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


EXCLUSIVE = "Tag labels {} and {} are mutually exclusive and can't be assigned together"


class Label(NamedTuple):
    """A tag or term that excludes the others right below the same `group_id`."""

    id: str
    fqn: str
    group_id: str


def check_tags(targets: Targets, before: Links | None, after: Links) -> None:
    """Refuses a newly given disabled tag or term, and two of which only one may be there.

    What terms bring along counts as if it were given with them.
    """
    labels = after.get("tags", ())
    known = _ids(before or {}, "tags")
    if not labels or (before is not None and known == _ids(after, "tags")):
        return
    exclusive: dict[str, tuple[str, bool]] = {}
    for row, new in _carried(targets, labels, known):
        if (group := _group(targets, row)) is None:
            continue
        other, other_new = exclusive.setdefault(group, (row.fqn, new))
        if other != row.fqn and (new or other_new):
            raise BadRequest(EXCLUSIVE.format(other, row.fqn))


def check_field_labels(targets: Targets, before: Links | None, after: Links) -> None:
    """The same of each field of a schema."""
    labels = after.get("fieldLabels")
    if not labels or (before is not None and before.get("fieldLabels") == labels):
        return
    for path in {item.shown["field"] for item in labels}:
        known, own = (_labels_of(found, path) if found is not None else None for found in (before, after))
        check_tags(targets, known, own or {})


def _labels_of(links: Links, path: str) -> Links:
    labels = [item for item in links.get("fieldLabels", ()) if item.shown["field"] == path]
    return {"tags": [Item(item.id, item.shown["label"]) for item in labels]}


def _carried(targets: Targets, labels: Sequence[Item], known: set[str]) -> Iterator[tuple[EntityRow, bool]]:
    """The tags and terms of labels, then what the terms bring along; and whether each is new."""
    for item in labels:
        row = targets.by_id(_labelled_by(item), item.id)
        if item.id not in known and _disabled(targets, row):
            raise BadRequest(f"Tag label {row.fqn} is disabled and can't be assigned to a data asset.")
        yield row, item.id not in known
    own = {item.id for item in labels}
    for item in labels:
        if _labelled_by(item) == "glossaryTerm":
            for edge in targets.edges(item.id):
                if edge.relation == "tags" and not edge.deleted and edge.target_id not in own:
                    yield targets.by_id(edge.kind, edge.target_id), item.id not in known


def _labelled_by(item: Item) -> str:
    return "glossaryTerm" if item.shown["source"] == "Glossary" else "tag"


def _group(targets: Targets, row: EntityRow) -> str | None:
    """The id of what lies right above, if only one of what lies right below that may be given."""
    above = targets.parent(row)
    return above.id if above is not None and excludes(above) else None


def excludes(row: EntityRow) -> bool:
    """Whether only one of what lies right below it may be given."""
    return _tag.decode(row.doc).mutuallyExclusive


def new_exclusive(targets: Targets, before: Links | None, after: Links) -> list[Label]:
    """The labels that are new, and of a group of which only one may be given."""
    known = _ids(before or {}, "tags")
    rows = [targets.by_id(_labelled_by(item), item.id) for item in after.get("tags", ()) if item.id not in known]
    return [Label(row.id, row.fqn, group) for row in rows if (group := _group(targets, row)) is not None]


def _disabled(targets: Targets, row: EntityRow) -> bool:
    above: EntityRow | None = row
    while above is not None:
        if _tag.decode(above.doc).disabled:
            return True
        above = targets.parent(above)
    return False
