"""Users: people, and the bots that act for programs."""

from __future__ import annotations

from typing import Any, Literal

from brokerbook.access.rights import ORGANIZATION
from brokerbook.errors import BadRequest
from brokerbook.kinds.kind import DOMAINS, Document, Kind, Link, copied
from brokerbook.model.people import Email, PersonaPreferences, Profile
from brokerbook.model.wire import Entity, EntityName, EntityReference, Fqn, Markdown, Timestamp, Uuid, Wire


class AuthenticationMechanism(Wire, frozen=True, kw_only=True):
    """How a bot proves itself; its token is shown in the answer that makes it, and never again."""

    authType: Literal["JWT", "SSO", "BASIC"] | None = None
    config: dict[str, Any] | None = None


class CreateUser(Wire, frozen=True, kw_only=True):
    """What POST and PUT take."""

    name: EntityName
    email: Email
    displayName: str | None = None
    description: Markdown | None = None
    timezone: str | None = None
    externalId: str | None = None
    scimUserName: str | None = None
    isBot: bool | None = None
    botName: str | None = None
    isAdmin: bool | None = None
    profile: Profile | None = None
    teams: list[Uuid] | None = None
    roles: list[Uuid] | None = None
    personas: list[EntityReference] | None = None
    defaultPersona: EntityReference | None = None
    domains: list[Fqn] | None = None
    authenticationMechanism: AuthenticationMechanism | None = None
    createPasswordType: Literal["ADMIN_CREATE", "USER_CREATE"] | None = None
    password: str | None = None
    confirmPassword: str | None = None


class User(Entity, frozen=True, kw_only=True):
    """Somebody who owns, follows and changes things."""

    description: Markdown | None = None
    externalId: str | None = None
    scimUserName: str | None = None
    email: Email
    timezone: str | None = None
    isBot: bool | None = None
    isAdmin: bool | None = None
    allowImpersonation: bool | None = None
    profile: Profile | None = None
    teams: list[EntityReference] | None = None
    owns: list[EntityReference] | None = None
    follows: list[EntityReference] | None = None
    deleted: bool
    roles: list[EntityReference] | None = None
    inheritedRoles: list[EntityReference] | None = None
    isEmailVerified: bool | None = None
    domains: list[EntityReference] | None = None
    personas: list[EntityReference] | None = None
    inheritedPersonas: list[EntityReference] | None = None
    defaultPersona: EntityReference | None = None
    personaPreferences: list[PersonaPreferences] | None = None
    lastLoginTime: Timestamp | None = None
    lastActivityTime: Timestamp | None = None


class WrittenUser(User, frozen=True, kw_only=True):
    """A user after POST or PUT; of a bot it says how it proves itself, and when it is new its token, this once."""

    authenticationMechanism: AuthenticationMechanism | None = None


_COPIED = ("isBot", "isAdmin", "displayName", "description", "timezone", "externalId", "scimUserName", "profile")


def derive(create: CreateUser, updating: bool) -> Document:  # noqa: ARG001, FBT001
    """The user that the request asks for; name and e-mail are stored in lower case."""
    document: Document = {
        "name": create.name.lower(),
        "email": create.email.lower(),
    }
    return document | copied(create, *_COPIED)


def conflict(stored: Document, asked: Document) -> None:
    """Refuses a PUT that would make a bot of a person."""
    if asked.get("isBot") and not stored.get("isBot"):
        raise BadRequest(f"User [{stored['name']}] already exists.")


def recheck(_stored: Document, patched: Document) -> Document:
    """A patched user; the e-mail is stored in lower case however it comes."""
    return patched | {"email": patched["email"].lower()}


_COMPUTED = frozenset({"inheritedRoles", "inheritedPersonas", "lastLoginTime", "lastActivityTime"})

USER = Kind(
    name="user",
    path="/v1/users",
    entity=User,
    create=CreateUser,
    derive=derive,
    conflict=conflict,
    recheck=recheck,
    links=(
        Link("teams", ("team",), "ids", implied=ORGANIZATION),
        Link("roles", ("role",), "ids"),
        Link("personas", ("persona",)),
        Link("defaultPersona", ("persona",), many=False),
        DOMAINS,
        Link("owns", (), reverse="owners"),
        Link("follows", (), reverse="followers"),
    ),
    defaults={"isBot": False, "isAdmin": False, "isEmailVerified": False},
    immutable=_COMPUTED | {"authenticationMechanism"},
    unstored=_COMPUTED,
    own=frozenset(
        {
            "displayName",
            "description",
            "profile",
            "timezone",
            "teams",
            "personas",
            "defaultPersona",
            "personaPreferences",
        }
    ),
    admin_only=frozenset({"isAdmin", "isBot", "allowImpersonation", "roles"}),
    write_only=frozenset({"password", "confirmPassword", "authenticationMechanism"}),
    unique=("email",),
    lower_names=True,
    renames=True,
    granting=frozenset({"teams"}),
    authenticates=True,
)
