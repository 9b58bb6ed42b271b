"""Teams: groups of users that own things, in departments, divisions and business units."""

from __future__ import annotations

from typing import Any, Literal

from brokerbook.errors import BadRequest
from brokerbook.kinds.kind import DOMAINS, OWNERS, Document, Kind, Link, copied
from brokerbook.model.wire import (
    Entity,
    EntityName,
    EntityReference,
    Fqn,
    Markdown,
    Uuid,
    Wire,
)

TeamType = Literal["Group", "Department", "Division", "BusinessUnit", "Organization"]


class CreateTeam(Wire, frozen=True, kw_only=True):
    """What POST and PUT take."""

    teamType: TeamType
    name: EntityName
    email: str | None = None
    displayName: str | None = None
    description: Markdown | None = None
    externalId: str | None = None
    profile: dict[str, Any] | None = None
    parents: list[Uuid] | None = None
    children: list[Uuid] | None = None
    users: list[Uuid] | None = None
    defaultRoles: list[Uuid] | None = None
    policies: list[Uuid] | None = None
    defaultPersona: Uuid | None = None
    owners: list[EntityReference] | None = None
    domains: list[Fqn] | None = None
    isJoinable: bool | None = None


class Team(Entity, frozen=True, kw_only=True):
    """A group of users, or of teams."""

    description: Markdown | None = None
    teamType: TeamType | None = None
    email: str | None = None
    externalId: str | None = None
    profile: dict[str, Any] | None = None
    parents: list[EntityReference] | None = None
    children: list[EntityReference] | None = None
    users: list[EntityReference] | None = None
    owns: list[EntityReference] | None = None
    owners: list[EntityReference] | None = None
    isJoinable: bool | None = None
    deleted: bool
    defaultRoles: list[EntityReference] | None = None
    defaultPersona: EntityReference | None = None
    policies: list[EntityReference] | None = None
    domains: list[EntityReference] | None = None


_COPIED = ("isJoinable", "email", "displayName", "description", "externalId", "profile")


def derive(create: CreateTeam, updating: bool) -> Document:  # noqa: FBT001
    """The team that the request asks for."""
    if create.teamType == "Organization" and not updating:
        raise BadRequest("Only one Organization is allowed. New Organization type can't be created")
    if create.teamType == "Group" and create.children is not None:
        raise BadRequest(
            "Team of type Group can't have children of type team. Only users are allowed as part of the team"
        )
    document: Document = {
        "name": create.name,
        "teamType": create.teamType,
    }
    return document | copied(create, *_COPIED)


TEAM = Kind(
    name="team",
    path="/v1/teams",
    entity=Team,
    create=CreateTeam,
    derive=derive,
    links=(
        Link("parents", ("team",), "ids"),
        Link("children", ("team",), "ids", reverse="parents"),
        Link("users", ("user",), "ids", reverse="teams"),
        Link("owns", (), reverse="owners"),
        Link("defaultRoles", ("role",), "ids"),
        Link("policies", ("policy",), "ids"),
        Link("defaultPersona", ("persona",), "ids", many=False),
        OWNERS,
        DOMAINS,
    ),
    defaults={"isJoinable": True},
)
