"""Who may do what, read from the store: the directory of teams, roles and policies, and one user's rights."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import msgspec

from brokerbook.access.policy import judged
from brokerbook.access.rights import EVERYTHING, Directory, Policy, Role, Team, policy
from brokerbook.errors import BadRequest
from brokerbook.store import directory as store
from brokerbook.store.identity import access_epoch

if TYPE_CHECKING:
    from brokerbook.access.actor import Actor
    from brokerbook.access.journal import Journal
    from brokerbook.access.rights import Rights
    from brokerbook.store.database import Tx


class _Policy(msgspec.Struct):
    rules: list[dict[str, Any]] = []
    enabled: bool = True


_policy = msgspec.json.Decoder(_Policy)


@lru_cache(maxsize=4096)
def _compiled(policy_id: str, name: str, doc: str) -> Policy | None:
    found = _policy.decode(doc)
    return policy(policy_id, name, found.rules) if found.enabled else None


def directory(tx: Tx, journal: Journal | None = None) -> Directory:
    """Every team, role and policy that is in force now; decisions by it are noted in the journal."""
    links: dict[tuple[str, str], tuple[str, ...]] = {}
    for entity_id, field, target_id in store.edges(tx):
        links[entity_id, field] = (*links.get((entity_id, field), ()), target_id)
    teams: dict[str, Team] = {}
    roles: dict[str, Role] = {}
    policies: dict[str, Policy] = {}
    for row in store.granting(tx):
        if row.kind == "team":
            fields = (links.get((row.id, field), ()) for field in ("parents", "defaultRoles", "policies", "domains"))
            teams[row.id] = Team(row.id, row.name, *fields)
        elif row.kind == "role":
            roles[row.id] = Role(row.id, row.name, links.get((row.id, "policies"), ()))
        elif (found := _compiled(row.id, row.name, row.doc)) is not None:
            policies[row.id] = found
    return Directory(teams, roles, policies, journal, access_epoch(tx))


def rights(tx: Tx, known: Directory, user_id: str, *, is_bot: bool) -> Rights:
    """What a user may do."""
    own: dict[str, list[str]] = {"teams": [], "roles": [], "domains": []}
    for field, target_id in store.of_user(tx, user_id):
        own[field].append(target_id)
    return known.rights(user_id, is_bot=is_bot, team_ids=own["teams"], role_ids=own["roles"], domain_ids=own["domains"])


def keep_access(tx: Tx, actor: Actor) -> None:
    """Refuses a change by which somebody who may edit policies would lock himself out of them."""
    if actor.is_admin or actor.rights is EVERYTHING or not _edits_policies(actor):
        return
    if not _edits_policies(actor._replace(rights=rights(tx, directory(tx), actor.id, is_bot=actor.is_bot))):
        raise BadRequest(
            f"After this change {actor.name} could edit no policy any more, not even to undo it. An administrator can make it."
        )


def _edits_policies(actor: Actor) -> bool:
    # under a condition everybody may: those that he owns
    return judged(actor, "EditAll", "policy", None).access == "allow"
