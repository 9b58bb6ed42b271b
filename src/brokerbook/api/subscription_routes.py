"""Routes that only event subscriptions have: what they can be about, how delivery goes, how many events wait."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from msgspec import Meta

from brokerbook.access import policy
from brokerbook.api import query
from brokerbook.api.http import Request, Response, json_response
from brokerbook.api.read_routes import viewer
from brokerbook.api.routing import JSON_TYPE, Route
from brokerbook.engine import read, subscriptions
from brokerbook.errors import BadRequest, NotOffered
from brokerbook.kinds import destinations
from brokerbook.kinds.alert_filters import OBSERVABILITY, FilterResourceDescriptor
from brokerbook.kinds.destinations import Destination, SubscriptionStatus
from brokerbook.kinds.event_subscription import EVENT_SUBSCRIPTION
from brokerbook.model.decoding import decode
from brokerbook.model.wire import Error, Wire

if TYPE_CHECKING:
    from brokerbook.store.database import Tx
    from brokerbook.store.entities import EntityRow

_NO_STORE = (b"cache-control", b"no-store")
_PATH = f"/api{EVENT_SUBSCRIPTION.path}"
_NO_HISTORY = "History endpoint is not supported for Event Subscriptions"
_NO_DESTINATION = "At least one destination must be provided to send a test message."

_Count = Annotated[int, Meta(ge=0)]


class EventsRecord(msgspec.Struct, frozen=True, kw_only=True):
    """Events that a subscription is about since it was made; those that its filters leave out count while they wait."""

    totalEventsCount: _Count
    pendingEventsCount: _Count
    successfulEventsCount: _Count
    failedEventsCount: _Count


class TestDestinations(Wire, frozen=True, kw_only=True):
    """Where a test message is to go."""

    destinations: list[Destination] | None = None


def _viewed(tx: Tx, request: Request) -> EntityRow:
    """The subscription of the path, which the caller may see whole."""
    name = request.params.get("name")
    entity_id = query.uuid_in_path(request) if name is None else None
    row = read.find(tx, EVENT_SUBSCRIPTION, entity_id=entity_id, name=name, include="non-deleted")
    read.may_view(tx, viewer(request), EVENT_SUBSCRIPTION, row, "ViewAll")
    return row


def _admitted(request: Request, operation: str) -> None:
    """Refuses whoever may do this to no subscription at all."""
    policy.check_kind(request.actor, operation, EVENT_SUBSCRIPTION.name)


async def get_history(_: Request) -> Response:
    """GET of what all other kinds have."""
    raise NotOffered(_NO_HISTORY)


async def get_status(request: Request) -> Response:
    """GET of how delivery to a destination goes; nothing at all as long as none was tried."""
    destination_id = query.uuid_in_path(request, "destId")
    found = await request.context.database.read(
        lambda tx: subscriptions.status_of(_viewed(tx, request), destination_id)
    )
    return Response(200, [_NO_STORE], b"") if found is None else json_response(found, headers=[_NO_STORE])


async def get_resources(alert_type: str, request: Request) -> Response:
    """GET of what alerts of a type can be about."""
    _admitted(request, "ViewBasic")
    found = subscriptions.resources(alert_type)
    return json_response({"data": found, "paging": {"total": len(found)}})


async def get_record(request: Request) -> Response:
    """GET of how many events there were, and how many of them wait."""
    found = await request.context.database.read(lambda tx: subscriptions.record(tx, _viewed(tx, request)))
    told = EventsRecord(
        totalEventsCount=found.total,
        pendingEventsCount=found.pending,
        successfulEventsCount=found.successful,
        failedEventsCount=found.failed,
    )
    return json_response(told, headers=[_NO_STORE])


async def test_destinations(request: Request) -> Response:
    """POST of destinations, which are checked; as nothing is sent yet, none of them has answered."""
    policy.check_in_general(request.actor, "Create", EVENT_SUBSCRIPTION.name)
    asked = decode(await request.body(), TestDestinations)
    if not asked.destinations:
        raise BadRequest(_NO_DESTINATION)
    checked = destinations.normalised("", asked.destinations)
    subscriptions.check_addresses(request.context.webhook_reach, checked)
    return json_response([])


def _route(method: Any, below: str, handler: Any, summary: str, answer: Any, **more: Any) -> Route:
    answers = more.pop("answers", {200: answer})
    return Route(method, _PATH + below, handler, summary, answers=answers, kind=EVENT_SUBSCRIPTION.name, **more)


_RECORD = "Count the events of an eventSubscription"
_STATUS = "Get how delivery to a destination goes"

ROUTES = (
    _route("GET", "/history", get_history, "Not offered for subscriptions", None, answers={501: Error}),
    _route("GET", "/{id}/status/{destId}", get_status, _STATUS, SubscriptionStatus, may_be_empty=True),
    _route("GET", "/name/{name}/status/{destId}", get_status, _STATUS, SubscriptionStatus, may_be_empty=True),
    _route("GET", "/id/{id}/eventsRecord", get_record, _RECORD, EventsRecord),
    _route("GET", "/name/{name}/eventsRecord", get_record, _RECORD, EventsRecord),
    *(
        _route(
            "GET", f"/{alert_type}/resources", partial(get_resources, alert_type),
            "List what subscriptions can be about", {"list": FilterResourceDescriptor},
        )
        for alert_type in ("Notification", OBSERVABILITY)
    ),
    _route(
        "POST", "/testDestination", test_destinations, "Send a test message: not yet, so that no destination answers",
        list[Destination], consumes=JSON_TYPE, body=TestDestinations,
    ),
)  # fmt: skip
