"""Teams: groups of users that own things, in departments, divisions and business units."""

from __future__ import annotations

from typing import Literal

from brokerbook.access.rights import ORGANIZATION
from brokerbook.errors import BadRequest
from brokerbook.kinds.kind import DOMAINS, OWNERS, Document, Kind, Link, copied
from brokerbook.model.people import Email, Profile
from brokerbook.model.wire import Entity, EntityName, EntityReference, Fqn, Markdown, Uuid, Wire

ONE_ORGANIZATION = "Only one Organization is allowed. New Organization type can't be created"
NO_CHILDREN = "Team of type Group can't have children of type team. Only users are allowed as part of the team"

TeamType = Literal["Group", "Department", "Division", "BusinessUnit", "Organization"]


class CreateTeam(Wire, frozen=True, kw_only=True):
    """What POST and PUT take."""

    teamType: TeamType
    name: EntityName
    email: Email | None = None
    displayName: str | None = None
    description: Markdown | None = None
    externalId: str | None = None
    profile: Profile | None = None
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
    email: Email | None = None
    externalId: str | None = None
    profile: Profile | None = None
    parents: list[EntityReference] | None = None
    children: list[EntityReference] | None = None
    descendantTeams: list[EntityReference] | None = None
    users: list[EntityReference] | None = None
    childrenCount: int | None = None
    userCount: int | None = None
    owns: list[EntityReference] | None = None
    owners: list[EntityReference] | None = None
    isJoinable: bool | None = None
    deleted: bool
    defaultRoles: list[EntityReference] | None = None
    inheritedRoles: list[EntityReference] | None = None
    defaultPersona: EntityReference | None = None
    policies: list[EntityReference] | None = None
    domains: list[EntityReference] | None = None


_COPIED = ("isJoinable", "email", "displayName", "description", "externalId", "profile")


def derive(create: CreateTeam, updating: bool) -> Document:  # noqa: FBT001
    """The team that the request asks for."""
    if create.teamType == ORGANIZATION and not updating:
        raise BadRequest(ONE_ORGANIZATION)
    if create.teamType == "Group" and create.children is not None:
        raise BadRequest(NO_CHILDREN)
    document: Document = {
        "name": create.name,
        "teamType": create.teamType,
    }
    return document | copied(create, *_COPIED)


def conflict(_stored: Document, asked: Document) -> None:
    """Refuses a PUT that asks for an organization: there is one, and a patch changes it."""
    if asked["teamType"] == ORGANIZATION:
        raise BadRequest(ONE_ORGANIZATION)


def recheck(stored: Document, patched: Document) -> Document:
    """A patched team; it stays of a type."""
    return {"teamType": stored.get("teamType", "Group")} | patched


_COMPUTED = frozenset({"descendantTeams", "childrenCount", "userCount", "inheritedRoles"})

TEAM = Kind(
    name="team",
    path="/v1/teams",
    entity=Team,
    create=CreateTeam,
    derive=derive,
    conflict=conflict,
    recheck=recheck,
    links=(
        Link("parents", ("team",), "ids", implied=ORGANIZATION),
        Link("children", ("team",), "ids", reverse="parents", settable=True),
        Link("users", ("user",), "ids", reverse="teams", settable=True),
        Link("owns", (), reverse="owners"),
        Link("defaultRoles", ("role",), "ids"),
        Link("policies", ("policy",), "ids"),
        Link("defaultPersona", ("persona",), "ids", many=False),
        OWNERS,
        DOMAINS,
    ),
    defaults={"isJoinable": True},
    immutable=_COMPUTED,
    unstored=_COMPUTED,
    renames=True,
    granting=frozenset({"policies", "defaultRoles", "parents", "children", "users", "isJoinable", "owners", "domains"}),
    grants=True,
)
