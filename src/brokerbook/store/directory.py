"""What rights are made of: the rows of teams, roles and policies, and what users refer to."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from brokerbook.store.database import Tx


class Granting(NamedTuple):
    """A live team, role or policy; `doc` of a policy only."""

    id: str
    kind: str
    name: str
    doc: str


_GRANTING = (
    "SELECT id, kind, name, CASE kind WHEN 'policy' THEN doc ELSE '' END FROM entity"
    " WHERE kind IN ('team', 'role', 'policy') AND deleted = 0"
)
_EDGES = (
    "SELECT r.entity_id, r.relation, r.target_id FROM entity e JOIN relation r ON r.entity_id = e.id"
    " WHERE e.kind IN ('team', 'role') AND e.deleted = 0"
    " AND r.relation IN ('parents', 'defaultRoles', 'policies', 'domains')"
)
_OF_USER = (
    "SELECT relation, target_id FROM relation WHERE entity_id = :id AND relation IN ('teams', 'roles', 'domains')"
    " ORDER BY target_id"
)


def granting(tx: Tx) -> list[Granting]:
    """Every live team, role and policy."""
    return [Granting._make(row) for row in tx.all(_GRANTING)]


def edges(tx: Tx) -> list[tuple[str, str, str]]:
    """What live teams and roles refer to: (id, field, target id)."""
    return [(entity_id, field, target_id) for entity_id, field, target_id in tx.all(_EDGES)]


def of_user(tx: Tx, user_id: str) -> list[tuple[str, str]]:
    """A user's own teams, roles and domains: (field, target id)."""
    return [(field, target_id) for field, target_id in tx.all(_OF_USER, {"id": user_id})]
