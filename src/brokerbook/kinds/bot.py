"""Bots: programs that act through a user of their own."""

from __future__ import annotations

from brokerbook.kinds.kind import DOMAINS, Document, Kind, Link, copied
from brokerbook.model.wire import Entity, EntityName, EntityReference, Fqn, Markdown, Provider, Wire


class CreateBot(Wire, frozen=True, kw_only=True):
    """What POST and PUT take; `botUser` is the name of a user with `isBot`."""

    name: EntityName
    botUser: Fqn
    displayName: str | None = None
    description: Markdown | None = None
    provider: Provider | None = None
    allowImpersonation: bool | None = None
    domains: list[Fqn] | None = None


class Bot(Entity, frozen=True, kw_only=True):
    """A program, and the user that it acts through."""

    description: Markdown | None = None
    botUser: EntityReference | None = None
    deleted: bool
    provider: Provider | None = None
    domains: list[EntityReference] | None = None


def derive(create: CreateBot, updating: bool) -> Document:  # noqa: FBT001
    """The bot that the request asks for; a PUT keeps the provider that is stored."""
    document: Document = {"name": create.name}
    return document | copied(create, "displayName", "description", *(() if updating else ("provider",)))


BOT = Kind(
    name="bot",
    path="/v1/bots",
    entity=Bot,
    create=CreateBot,
    derive=derive,
    links=(Link("botUser", ("user",), "fqns", many=False, always=True, exclusive=True, lasting=True), DOMAINS),
    defaults={"provider": "user"},
    immutable=frozenset({"provider", "botUser"}),
    write_only=frozenset({"allowImpersonation"}),
)
