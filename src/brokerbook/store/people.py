"""Users, teams and bots as they hang together: what lies above and below teams, who is in them, when users were here.

Teams form a graph: a group may lie below several. What is soft-deleted holds nothing together, unless it says otherwise.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from brokerbook.store.database import array
from brokerbook.store.entities import EntityRow
from brokerbook.store.relations import Edge

if TYPE_CHECKING:
    from collections.abc import Iterable

    from brokerbook.store.database import Tx

_ROW = "e.id, e.kind, e.name, e.fqn, e.parent_id, e.version, e.deleted, e.updated_at, e.put_digest, e.doc"
_EDGE = "e.id, e.kind, e.name, e.fqn, e.deleted, e.doc"

# teams

_UP = (
    "up (origin, id) AS ({start}"
    " UNION SELECT up.origin, r.target_id FROM up JOIN relation r ON r.entity_id = up.id AND r.relation = 'parents'"
    " JOIN entity t ON t.id = r.target_id AND t.deleted = 0)"
)
_DOWN = (
    "down (origin, id) AS (SELECT value, value FROM json_each(:ids)"
    " UNION SELECT down.origin, r.entity_id FROM down JOIN relation r ON r.target_id = down.id"
    " AND r.relation = 'parents' JOIN entity t ON t.id = r.entity_id AND t.deleted = 0)"
)
_LIVE_LINKS = (
    "SELECT r.entity_id, r.target_id FROM relation r JOIN entity t ON t.id = r.target_id AND t.deleted = 0"
    " WHERE r.relation = '{relation}' AND r.entity_id IN (SELECT value FROM json_each(:ids))"
)
_BELOW = f"WITH RECURSIVE {_DOWN} SELECT origin, id FROM down WHERE id <> origin"
_CHILDREN_COUNTS = (
    "SELECT r.target_id, COUNT(*) FROM relation r JOIN entity t ON t.id = r.entity_id AND t.deleted = 0"
    " WHERE r.relation = 'parents' AND r.target_id IN (SELECT value FROM json_each(:ids)) GROUP BY r.target_id"
)
_USER_COUNTS = (
    f"WITH RECURSIVE {_DOWN} SELECT down.origin, COUNT(DISTINCT u.id) FROM down"
    " JOIN relation r ON r.target_id = down.id AND r.relation = 'teams'"
    " JOIN entity u ON u.id = r.entity_id AND u.deleted = 0 GROUP BY down.origin"
)
# Whoever is in no other team is in the organization, unless he is a bot.
_EVERYBODY = (
    "SELECT COUNT(*) FROM entity WHERE kind = 'user' AND deleted = 0"
    " AND (NOT COALESCE(json_extract(doc, '$.isBot'), 0) OR EXISTS (SELECT 1 FROM relation r"
    " JOIN entity t ON t.id = r.target_id AND t.deleted = 0 WHERE r.entity_id = entity.id AND r.relation = 'teams'))"
)
_WITHOUT_PARENTS = (
    f"SELECT {_ROW} FROM entity e WHERE e.kind = 'team' AND e.deleted = 0 AND e.id <> :organization"
    " AND NOT EXISTS (SELECT 1 FROM relation r JOIN entity t ON t.id = r.target_id AND t.deleted = 0"
    " WHERE r.entity_id = e.id AND r.relation = 'parents') ORDER BY e.name, e.id"
)
_ROLES = (
    f"WITH RECURSIVE {_UP}, above (origin, id) AS (SELECT origin, id FROM up"
    " UNION SELECT value, :organization FROM json_each(:ids) WHERE value <> :organization)"
    " SELECT DISTINCT above.origin, r.target_id FROM above JOIN relation r ON r.entity_id = above.id"
    " AND r.relation = 'defaultRoles' JOIN entity t ON t.id = r.target_id AND t.deleted = 0"
)
_ROLES_OF_USERS = _ROLES.format(start=_LIVE_LINKS.format(relation="teams"))
_ROLES_ABOVE_TEAMS = _ROLES.format(start=_LIVE_LINKS.format(relation="parents"))
_PARENTS = (
    "SELECT r.entity_id, r.target_id FROM entity c JOIN relation r ON r.entity_id = c.id AND r.relation = 'parents'"
    " JOIN entity t ON t.id = r.target_id AND t.deleted = 0 WHERE c.kind = 'team' AND c.deleted = 0"
)
_CHILDREN = (
    f"SELECT {_ROW} FROM relation r JOIN entity e ON e.id = r.entity_id"
    " WHERE r.target_id = :id AND r.relation = 'parents' ORDER BY e.name, e.id"
)
# With how many steps at most; those that are soft-deleted count, as they may come back.
_FAR = (
    "WITH RECURSIVE far (id, steps) AS (SELECT value, 0 FROM json_each(:ids)"
    " UNION SELECT r.{there}, far.steps + 1 FROM far JOIN relation r ON r.{here} = far.id AND r.relation = 'parents'"
    " WHERE far.steps < :most)"
    " SELECT id, MAX(steps) FROM far GROUP BY id"
)
_FAR_ABOVE = _FAR.format(here="entity_id", there="target_id")
_FAR_BELOW = _FAR.format(here="target_id", there="entity_id")


def below(tx: Tx, ids: Iterable[str]) -> list[tuple[str, str]]:
    """The live teams below each of these, at any depth: (team, one below it)."""
    return [(origin, team_id) for origin, team_id in tx.all(_BELOW, {"ids": array(ids)})]


def children_counts(tx: Tx, ids: Iterable[str]) -> dict[str, int]:
    """How many live teams lie right below each of these, if any."""
    return dict(tx.all(_CHILDREN_COUNTS, {"ids": array(ids)}))


def user_counts(tx: Tx, ids: Iterable[str]) -> dict[str, int]:
    """How many live users are in each of these teams or below it, if any."""
    return dict(tx.all(_USER_COUNTS, {"ids": array(ids)}))


def everybody(tx: Tx) -> int:
    """How many live users are in the organization or in any team below it."""
    row = tx.one(_EVERYBODY)
    return row[0] if row is not None else 0


def without_parents(tx: Tx, organization: str) -> list[EntityRow]:
    """The live teams that lie below no other but the organization, by name."""
    return [EntityRow._make(row) for row in tx.all(_WITHOUT_PARENTS, {"organization": organization})]


def roles_of_users(tx: Tx, ids: Iterable[str], organization: str) -> list[tuple[str, str]]:
    """The live default roles of these persons' teams and of all above those: (user, role)."""
    return [(a, b) for a, b in tx.all(_ROLES_OF_USERS, {"ids": array(ids), "organization": organization})]


def roles_above_teams(tx: Tx, ids: Iterable[str], organization: str) -> list[tuple[str, str]]:
    """The live default roles of all teams above these: (team, role)."""
    return [(a, b) for a, b in tx.all(_ROLES_ABOVE_TEAMS, {"ids": array(ids), "organization": organization})]


def parents(tx: Tx) -> list[tuple[str, str]]:
    """Which live team lies right below which: (team, its parent)."""
    return [(team_id, parent_id) for team_id, parent_id in tx.all(_PARENTS)]


def children(tx: Tx, team_id: str) -> list[EntityRow]:
    """The teams right below one, deleted ones too, by name."""
    return [EntityRow._make(row) for row in tx.all(_CHILDREN, {"id": team_id})]


def far_above(tx: Tx, ids: Iterable[str], most: int) -> dict[str, int]:
    """These teams and all above them, deleted ones too, each with how many steps above it lies, `most` at most."""
    return dict(tx.all(_FAR_ABOVE, {"ids": array(ids), "most": most}))


def far_below(tx: Tx, ids: Iterable[str], most: int) -> dict[str, int]:
    """These teams and all below them, deleted ones too, each with how many steps below it lies, `most` at most."""
    return dict(tx.all(_FAR_BELOW, {"ids": array(ids), "most": most}))


# users

_BOTS = "SELECT id FROM entity WHERE id IN (SELECT value FROM json_each(:ids)) AND json_extract(doc, '$.isBot') = 1"
_OF_TEAMS = (
    f"SELECT m.entity_id, r.relation, r.data, {_EDGE} FROM relation m"
    " JOIN entity t ON t.id = m.target_id AND t.deleted = 0"
    " JOIN relation r ON r.entity_id = t.id AND r.relation = 'domains' JOIN entity e ON e.id = r.target_id"
    " WHERE m.relation = 'teams' AND m.entity_id IN (SELECT value FROM json_each(:ids)) AND e.deleted = 0"
)
_OWNED_BY_TEAMS = (
    f"SELECT m.entity_id, r.relation, r.data, {_EDGE} FROM relation m"
    " JOIN entity t ON t.id = m.target_id AND t.deleted = 0"
    " JOIN relation r ON r.target_id = t.id AND r.relation = 'owners' JOIN entity e ON e.id = r.entity_id"
    " WHERE m.relation = 'teams' AND m.entity_id IN (SELECT value FROM json_each(:ids)) AND e.deleted = 0"
)
_BOTS_THROUGH = (
    f"SELECT {_ROW} FROM relation r JOIN entity e ON e.id = r.entity_id AND e.kind = 'bot'"
    " WHERE r.target_id = :id AND r.relation = 'botUser' ORDER BY e.name"
)
_NOTE_LOGIN = (
    "INSERT INTO login (user_id, at) VALUES (:user_id, :at) ON CONFLICT (user_id) DO UPDATE SET at = excluded.at"
)
_LOGINS = "SELECT user_id, at FROM login WHERE user_id IN (SELECT value FROM json_each(:ids))"
# Of a session no use is noted, but it is renewed within the hour.
_ACTIVITIES = (
    "SELECT user_id, MAX(at) FROM ("
    "SELECT user_id, at FROM login WHERE user_id IN (SELECT value FROM json_each(:ids))"
    " UNION ALL SELECT user_id, CASE WHEN session_id IS NULL THEN last_used_at ELSE created_at END FROM token"
    " WHERE user_id IN (SELECT value FROM json_each(:ids))) WHERE at IS NOT NULL GROUP BY user_id"
)


def bots_among(tx: Tx, ids: Iterable[str]) -> set[str]:
    """Which of these users are bots."""
    return {user_id for (user_id,) in tx.all(_BOTS, {"ids": array(ids)})}


def domains_of_teams(tx: Tx, ids: Iterable[str]) -> list[Edge]:
    """The domains of the teams that each of these users is in: `entity_id` is the user."""
    return [Edge._make(row) for row in tx.all(_OF_TEAMS, {"ids": array(ids)})]


def owned_by_teams(tx: Tx, ids: Iterable[str]) -> list[Edge]:
    """What the teams own that each of these users is in: `entity_id` is the user, the rest what is owned."""
    return [Edge._make(row) for row in tx.all(_OWNED_BY_TEAMS, {"ids": array(ids)})]


def bots_through(tx: Tx, user_id: str) -> list[EntityRow]:
    """The bots that act through a user, deleted ones too."""
    return [EntityRow._make(row) for row in tx.all(_BOTS_THROUGH, {"id": user_id})]


def note_login(tx: Tx, user_id: str, *, now: int) -> None:
    """Writes down that a user has signed in."""
    tx.run(_NOTE_LOGIN, {"user_id": user_id, "at": now})


def logins(tx: Tx, ids: Iterable[str]) -> dict[str, int]:
    """When these users last signed in (epoch milliseconds), if they have."""
    return dict(tx.all(_LOGINS, {"ids": array(ids)}))


def activities(tx: Tx, ids: Iterable[str]) -> dict[str, int]:
    """When something was last done with a password or a token of these users (epoch milliseconds), if anything was."""
    return dict(tx.all(_ACTIVITIES, {"ids": array(ids)}))
