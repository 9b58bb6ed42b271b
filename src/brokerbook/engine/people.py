"""What users and teams show that nothing stores, and the rules of users.

Whoever is in no team is in the organization, unless he is a bot; a team without parents lies below it. Neither is
stored. Every function here costs a fixed number of queries, however many ids it is given.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from brokerbook.access import policy
from brokerbook.access.rights import ORGANIZATION
from brokerbook.engine import granting, refs
from brokerbook.engine.refs import Item
from brokerbook.errors import BadRequest
from brokerbook.kinds.team import TEAM
from brokerbook.store import entities, relations
from brokerbook.store import people as store

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from brokerbook.engine.refs import Links, Targets
    from brokerbook.engine.state import Loaded, State
    from brokerbook.engine.write import Work
    from brokerbook.kinds.kind import Document
    from brokerbook.store.database import Tx
    from brokerbook.store.entities import EntityRow
    from brokerbook.store.relations import Edge

Values = dict[str, Any]
"""Entity id → the field's value."""


def organization(tx: Tx) -> EntityRow | None:
    """The team above all teams."""
    return entities.find_by_fqn(tx, TEAM.name, ORGANIZATION)


def _item(row: EntityRow) -> Item:
    return Item(row.id, refs.reference(row))


# users


def adjust_users(tx: Tx, links: dict[str, Links], wanted: frozenset[str]) -> None:
    """Adds to what users show the organization, the domains of their teams, and what their teams own."""
    if wanted.isdisjoint({"teams", "domains", "owns"}):
        return
    if "owns" in wanted:
        _add_owned(links, store.owned_by_teams(tx, links))
    alone = [user_id for user_id, own in links.items() if not own.get("teams")]
    bots = store.bots_among(tx, alone) if alone else set[str]()
    members = [user_id for user_id in alone if user_id not in bots]
    above = organization(tx) if members else None
    if "domains" in wanted:
        _inherit_domains(tx, links, members, above)
    if "teams" in wanted and above is not None:
        for user_id in members:
            links[user_id]["teams"] = [_item(above)]


def _add_owned(links: dict[str, Links], edges: Iterable[Edge]) -> None:
    added: dict[str, dict[str, Item]] = {}
    for edge in edges:
        items = added.setdefault(edge.entity_id, {item.id: item for item in links[edge.entity_id].get("owns", ())})
        if edge.target_id not in items:
            shown = refs.reference(edge, edge.target_id)
            shown.pop("description", None)  # who reads it may not see it all
            items[edge.target_id] = Item(edge.target_id, shown)
    for user_id, items in added.items():
        links[user_id]["owns"] = sorted(items.values(), key=refs.order)


def _inherit_domains(tx: Tx, links: dict[str, Links], members: Sequence[str], above: EntityRow | None) -> None:
    """Gives users without domains those of their teams; `members` are in no team but the organization."""
    lacking = [user_id for user_id, own in links.items() if not own.get("domains")]
    if not lacking:
        return
    inherited: dict[str, dict[str, Item]] = {}
    edges = [(edge.entity_id, edge) for edge in store.domains_of_teams(tx, lacking)]
    if above is not None:
        waiting = set(members).intersection(lacking)
        own = [edge for edge in relations.named_of_many(tx, [above.id], ["domains"]) if not edge.deleted]
        edges += [(user_id, edge) for edge in own for user_id in waiting]
    for user_id, edge in edges:
        shown = refs.reference(edge, edge.target_id) | {"inherited": True}
        inherited.setdefault(user_id, {})[edge.target_id] = Item(edge.target_id, shown)
    for user_id, items in inherited.items():
        links[user_id]["domains"] = sorted(items.values(), key=refs.order)


def inherited_roles(tx: Tx, ids: Sequence[str]) -> Values:
    """The default roles of each user's teams and of all above those; a bot shows none."""
    above = organization(tx)
    bots = store.bots_among(tx, ids)
    persons = [user_id for user_id in ids if user_id not in bots]
    pairs = store.roles_of_users(tx, persons, above.id if above is not None else "")
    return _references(tx, ids, pairs)


def inherited_personas(_: Tx, ids: Sequence[str]) -> Values:
    """None: this catalog has no personas."""
    return {user_id: [] for user_id in ids}


def last_logins(tx: Tx, ids: Sequence[str]) -> Values:
    """When each user last signed in."""
    return dict(store.logins(tx, ids))


def last_activities(tx: Tx, ids: Sequence[str]) -> Values:
    """When each user, or a program with a token of his, last did something; give or take an hour."""
    return dict(store.activities(tx, ids))


def _references(tx: Tx, ids: Iterable[str], pairs: Iterable[tuple[str, str]]) -> Values:
    """For each id references to what stands with it in a pair, by name."""
    pairs = list(pairs)
    rows = entities.find_many(tx, {target_id for _, target_id in pairs})
    items = {row.id: _item(row) for row in rows.values()}
    found: dict[str, list[Item]] = {entity_id: [] for entity_id in ids}
    for entity_id, target_id in pairs:
        found[entity_id].append(items[target_id])
    return {entity_id: [item.shown for item in sorted(those, key=refs.order)] for entity_id, those in found.items()}


# teams


def adjust_teams(tx: Tx, links: dict[str, Links], wanted: frozenset[str]) -> None:
    """Adds to what teams show the organization above those without parents, and these below the organization."""
    if wanted.isdisjoint({"parents", "children"}) or (above := organization(tx)) is None:
        return
    if "parents" in wanted:
        for team_id, own in links.items():
            if team_id != above.id and not own.get("parents"):
                own["parents"] = [_item(above)]
    if "children" in wanted and above.id in links:
        links[above.id]["children"] = [_item(row) for row in store.without_parents(tx, above.id)]


def children_counts(tx: Tx, ids: Sequence[str]) -> Values:
    """How many teams lie right below each."""
    found: Values = dict.fromkeys(ids, 0) | store.children_counts(tx, ids)
    if (above := organization(tx)) is not None and above.id in found:
        found[above.id] = len(store.without_parents(tx, above.id))
    return found


def user_counts(tx: Tx, ids: Sequence[str]) -> Values:
    """How many users are in each, or in any team below it."""
    found: Values = dict.fromkeys(ids, 0) | store.user_counts(tx, ids)
    if (above := organization(tx)) is not None and above.id in found:
        found[above.id] = store.everybody(tx)
    return found


def descendants(tx: Tx, ids: Sequence[str]) -> Values:
    """References to all teams below each."""
    pairs = store.below(tx, ids)
    if (above := organization(tx)) is not None and above.id in ids:
        pairs = [pair for pair in pairs if pair[0] != above.id]
        tops = [row.id for row in store.without_parents(tx, above.id)]
        every = {*tops, *(team_id for _, team_id in store.below(tx, tops))}
        pairs += [(above.id, team_id) for team_id in every]
    return _references(tx, ids, pairs)


def upper_roles(tx: Tx, ids: Sequence[str]) -> Values:
    """The default roles of all teams above each."""
    above = organization(tx)
    return _references(tx, ids, store.roles_above_teams(tx, ids, above.id if above is not None else ""))


# the rules of users

_WHO_HE_IS = ("name", "email", "externalId", "scimUserName", "isEmailVerified")


class _Team(msgspec.Struct):
    isJoinable: bool = True


_team = msgspec.json.Decoder(_Team)


def check(work: Work, targets: Targets, before: State | None, after: State) -> None:
    """Refuses a change of who he is by the user himself, of who is in a closed team, and a bot that is to be none."""
    if not work.actor.is_admin:
        old, new = _ids(before.links if before is not None else {}, "teams"), _ids(after.links, "teams")
        for team_id in sorted(old ^ new):
            if not _team.decode(targets.by_id(TEAM.name, team_id).doc).isJoinable:
                policy.check_admin(work.actor)  # who is in a closed team is not for its members to say
    if before is None:
        return
    if not work.actor.is_admin:
        _check_who_he_is(work, before, after)
    if before.document.get("isBot") and not after.document.get("isBot"):
        for bot in store.bots_through(work.tx, before.document["id"]):
            raise BadRequest(
                f"The bot {bot.name} acts through the user {before.document['name']}, who has to be a bot."
            )


def _check_who_he_is(work: Work, before: State, after: State) -> None:
    """Refuses to let anybody say who he is, or who somebody is who may do more: sign-ins and policies hang on it."""
    said = any(before.document.get(field) != after.document.get(field) for field in _WHO_HE_IS)
    moved = _ids(before.links, "domains") != _ids(after.links, "domains")
    if not said and not moved:
        return
    if before.document["id"] == work.actor.id or before.document.get("isAdmin"):
        policy.check_admin(work.actor)
    granting.require(work.actor)


def _ids(links: Links, field: str) -> set[str]:
    return {item.id for item in links.get(field, ())}


def check_patch(found: Loaded, operations: Sequence[Document]) -> None:
    """Refuses to add a team that the user is in already (contract, "Users and authentication")."""
    teams = {item.id: item.shown for item in found.state.links["teams"]}
    for operation in operations:
        value: Any = operation.get("value")
        if operation["op"] != "add" or not operation["path"].startswith("/teams/") or not isinstance(value, dict):
            continue
        team = teams.get(str(value.get("id")).lower())  # type: ignore[reportUnknownArgumentType, reportUnknownMemberType]
        if team is not None:
            name = found.state.document["name"]
            raise BadRequest(f"User '{name}' is already part of the team '{team['displayName']}'")
