"""Event subscriptions: who is to be told of which events. They are kept and checked here; sending is no part of it.

The secrets in destinations are for the sender alone: everybody, bots too, reads masks in their place, and a mask that
is sent back keeps what is stored only while the destination leads where it did.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import Meta

from brokerbook.connectors import secrecy
from brokerbook.errors import BadRequest
from brokerbook.kinds import alert_filters, destinations
from brokerbook.kinds.alert_filters import AlertFilteringInput, FilteringRules
from brokerbook.kinds.destinations import Destination
from brokerbook.kinds.kind import DOMAINS, OWNERS, Document, Kind, Link, copied
from brokerbook.model.decoding import converted
from brokerbook.model.wire import (
    ChangeDescription,
    EntityName,
    EntityReference,
    Fqn,
    Markdown,
    Provider,
    Timestamp,
    Uuid,
    Wire,
)

AlertType = Literal["Notification", "Observability", "ActivityFeed", "GovernanceWorkflowChangeEvent", "Custom"]
_AtLeastOne = Annotated[int, Meta(ge=1)]
_NO_RESOURCE = "One resource can be specified. Zero or Multiple resources are not supported."


class Trigger(Wire, frozen=True, kw_only=True):
    """When events are sent: as they happen, or gathered."""

    triggerType: Literal["RealTime", "Scheduled"]
    scheduleInfo: Literal["Daily", "Weekly", "Monthly", "Custom"] | None = None
    cronExpression: Annotated[str | None, Meta(description="For `scheduleInfo` Custom.")] = None


class CreateEventSubscription(Wire, frozen=True, kw_only=True):
    """What POST and PUT take; what is said of resources and filters replaces what was said before."""

    name: EntityName
    alertType: AlertType
    className: str | None = None
    displayName: str | None = None
    description: Markdown | None = None
    owners: list[EntityReference] | None = None
    enabled: Annotated[bool | None, Meta(description="True unless said.")] = None
    batchSize: Annotated[_AtLeastOne | None, Meta(description="Most events at once; 10 unless said.")] = None
    trigger: Trigger | None = None
    resources: Annotated[list[str] | None, Meta(description="Kinds of entities, or `all`; at least one.")] = None
    destinations: list[Destination] | None = None
    provider: Provider | None = None
    retries: Annotated[Annotated[int, Meta(ge=0)] | None, Meta(description="3 unless said.")] = None
    pollInterval: Annotated[_AtLeastOne | None, Meta(description="In seconds; 10 unless said.")] = None
    input: AlertFilteringInput | None = None
    notificationTemplate: EntityReference | None = None
    domains: list[Fqn] | None = None
    config: dict[str, Any] | None = None


class EventSubscription(Wire, frozen=True, kw_only=True):
    """Who is to be told of which events."""

    id: Uuid
    name: EntityName
    fullyQualifiedName: str
    displayName: str | None = None
    version: float
    updatedAt: Timestamp
    updatedBy: str
    href: str | None = None
    changeDescription: ChangeDescription | None = None
    incrementalChangeDescription: ChangeDescription | None = None
    className: str | None = None
    description: Markdown | None = None
    owners: list[EntityReference] | None = None
    alertType: AlertType
    trigger: Trigger | None = None
    filteringRules: FilteringRules | None = None
    destinations: list[Destination]
    notificationTemplate: EntityReference | None = None
    enabled: bool | None = None
    batchSize: _AtLeastOne | None = None
    provider: Provider | None = None
    retries: Annotated[int, Meta(ge=0)] | None = None
    pollInterval: _AtLeastOne | None = None
    input: AlertFilteringInput | None = None
    domains: list[EntityReference] | None = None
    config: dict[str, Any] | None = None


def derive(create: CreateEventSubscription, updating: bool) -> Document:  # noqa: FBT001
    """The subscription that the request asks for; a PUT keeps the provider that is stored."""
    if not create.resources:
        raise BadRequest(_NO_RESOURCE)
    chosen = alert_filters.normalised(create.input)
    document: Document = {
        "name": create.name,
        "alertType": create.alertType,
        "filteringRules": alert_filters.rules(_once(create.resources), chosen),
        "input": chosen,
    }
    if create.destinations is not None:
        document["destinations"] = destinations.normalised(create.name, create.destinations)
    if create.trigger is not None:
        document["trigger"] = _trigger(create.trigger)
    if create.config is not None:
        document["config"] = _config(create.config)
    plain = ("className", "displayName", "description", "enabled", "batchSize", "retries", "pollInterval")
    return document | copied(create, *plain, *(() if updating else ("provider",)))


def recheck(stored: Document, patched: Document) -> Document:
    """A patched subscription, checked again where it was touched; its rules are those that follow from its input."""
    patched = dict(patched)
    if patched.get("destinations") != stored.get("destinations"):
        receivers = converted(patched.get("destinations", []), list[Destination])
        patched["destinations"] = destinations.normalised(patched["name"], receivers)
    given = patched.get("input")
    chosen = alert_filters.normalised(converted(given, AlertFilteringInput) if given is not None else None)
    there: Document = patched.get("filteringRules") or {}
    resources: list[str] = there.get("resources") or []
    if not resources:
        raise BadRequest(_NO_RESOURCE)
    patched |= {"input": chosen, "filteringRules": alert_filters.rules(_once(resources), chosen)}
    if patched.get("trigger") is not None:
        patched["trigger"] = _trigger(converted(patched["trigger"], Trigger))
    if patched.get("config") is not None:
        patched["config"] = _config(patched["config"])
    return patched


def _once(resources: list[str]) -> list[str]:
    return list(dict.fromkeys(resources))


def _trigger(given: Trigger) -> Document:
    if given.triggerType == "Scheduled" and given.scheduleInfo == "Custom" and not given.cronExpression:
        raise BadRequest("A trigger with the scheduleInfo Custom needs a cronExpression.")
    return {"triggerType": given.triggerType, "scheduleInfo": given.scheduleInfo or "Weekly"} | copied(
        given, "cronExpression"
    )


def _config(given: dict[str, Any]) -> Document:
    if (found := secrecy.free_paths(given, ())) or (
        found := [fault for fault in [secrecy.unsealable(given, ())] if fault]
    ):
        place = ".".join(str(step)[:80] for step in found[0])
        raise BadRequest(f"config.{place} looks like a secret; the place for one is the config of a destination.")
    return given


EVENT_SUBSCRIPTION = Kind(
    name="eventSubscription",
    path="/v1/events/subscriptions",
    entity=EventSubscription,
    create=CreateEventSubscription,
    derive=derive,
    recheck=recheck,
    links=(OWNERS, DOMAINS, Link("notificationTemplate", ("notificationTemplate",), many=False)),
    defaults={
        "destinations": [],
        "enabled": True,
        "batchSize": 10,
        "provider": "user",
        "retries": 3,
        "pollInterval": 10,
    },
    sealed="destinations",
    secret_paths=destinations.secret_paths,
    kept_secrets=destinations.kept,
    write_only_secrets=True,
    immutable=frozenset({"provider"}),
)
