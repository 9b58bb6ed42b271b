"""Roles: named sets of policies, given to users, and to teams for all who are in them."""

from __future__ import annotations

from brokerbook.errors import BadRequest
from brokerbook.kinds.kind import DOMAINS, Document, Kind, Link, copied
from brokerbook.model.wire import Entity, EntityName, EntityReference, Fqn, Markdown, Provider, Wire


class CreateRole(Wire, frozen=True, kw_only=True):
    """What POST and PUT take; `policies` are fully qualified names."""

    name: EntityName
    policies: list[Fqn]
    displayName: str | None = None
    description: Markdown | None = None
    domains: list[Fqn] | None = None


class Role(Entity, frozen=True, kw_only=True):
    """A set of policies under a name."""

    description: Markdown | None = None
    policies: list[EntityReference] | None = None
    teams: list[EntityReference] | None = None
    users: list[EntityReference] | None = None
    deleted: bool
    provider: Provider | None = None
    disabled: bool | None = None
    allowDelete: bool | None = None
    allowEdit: bool | None = None
    domains: list[EntityReference] | None = None


_EMPTY = "At least one policy is required in a role"


def derive(create: CreateRole, updating: bool) -> Document:  # noqa: ARG001, FBT001
    """The role that the request asks for."""
    if not create.policies:
        raise BadRequest(_EMPTY)
    document: Document = {"name": create.name}
    return document | copied(create, "displayName", "description")


ROLE = Kind(
    name="role",
    path="/v1/roles",
    entity=Role,
    create=CreateRole,
    derive=derive,
    links=(
        Link("policies", ("policy",), "fqns"),
        Link("teams", ("team",), reverse="defaultRoles"),
        Link("users", ("user",), reverse="roles"),
        DOMAINS,
    ),
    defaults={"provider": "user"},
    immutable=frozenset({"provider", "allowDelete", "allowEdit"}),
    granting=frozenset({"policies"}),
    grants=True,
)
