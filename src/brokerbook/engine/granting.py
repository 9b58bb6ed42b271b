"""Changes of what callers may do: they need the right to edit any policy, whoever owns what is changed.

By default everybody may own what nobody owns, and an owner may change what he owns. Without this, both together would
let anybody own a policy or a team and give himself every right. What matters is `Kind.granting`, the links that give a
team's members anything, and who such members are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from brokerbook.access import policy

if TYPE_CHECKING:
    from collections.abc import Iterable

    from brokerbook.access.actor import Actor
    from brokerbook.engine.refs import Links
    from brokerbook.engine.state import State
    from brokerbook.engine.write import Work
    from brokerbook.kinds.kind import Kind

OPERATION = "EditPolicy"
"""What it needs, on policies in general: `EditAll` on them covers it."""

_TO_TEAMS = frozenset({"teams", "parents"})
"""Fields that say in, or below, which teams something is: they matter if one of those gives anything."""
_OF_A_TEAM = frozenset({"users", "children", "isJoinable"})
"""Fields that say who is in a team, or below it: they matter if it gives anything."""


def check(work: Work, kind: Kind, before: State | None, after: State) -> None:
    """Refuses a new entity, or a change of one, that gives rights or takes them, to whoever may not edit policies."""
    actor = work.actor
    if _is_unlimited(actor) or not kind.granting:
        return
    for field in kind.granting:
        touched = _touched(kind, field, before, after)
        if not touched:
            continue
        if field in _TO_TEAMS:
            matters = _any_gives(actor, touched)
        elif field in _OF_A_TEAM:
            matters = before is not None and _any_gives(actor, [before.document["id"]])
        else:
            # a new policy or role is nobody's yet, and a new team owns nothing
            matters = before is not None or (kind.name == "team" and field != "owners")
        if matters:
            require(actor)


def _touched(kind: Kind, field: str, before: State | None, after: State) -> set[str]:
    """The ids that a field refers to and did not, or did and does not; of a plain field that changed, its name."""
    if field in kind.link_of:
        return _ids(before.links if before is not None else {}, field) ^ _ids(after.links, field)
    old = before.document.get(field) if before is not None else None
    return {field} if old != after.document.get(field) else set()


def check_team(actor: Actor, team_id: str) -> None:
    """Refuses a change of a team that gives its members anything, to whoever may not edit policies."""
    if not _is_unlimited(actor) and _any_gives(actor, [team_id]):
        require(actor)


def check_removal(actor: Actor, kind: Kind, entity_id: str) -> None:
    """Refuses the delete, and the restore, of what gives rights or takes them."""
    if _is_unlimited(actor) or not kind.grants:
        return
    if kind.name != "team" or _any_gives(actor, [entity_id]):
        require(actor)


def require(actor: Actor) -> None:
    """Refuses whoever may not edit policies."""
    policy.check_in_general(actor, OPERATION, "policy")


def _is_unlimited(actor: Actor) -> bool:
    return actor.is_admin and (actor.scope is None or not actor.scope.is_partial)


def _any_gives(actor: Actor, team_ids: Iterable[str]) -> bool:
    """Whether one of these teams, or one above it but the organization, gives its members anything.

    Roles, policies and domains do, and so does a name that a condition asks for.
    """
    directory = actor.rights.directory
    return any(
        team.role_ids or team.policy_ids or team.domain_ids or team.name in directory.named
        for team in directory.up(team_ids)
        if team is not directory.organization
    )


def _ids(links: Links, field: str) -> set[str]:
    return {item.id for item in links.get(field, ())}
