"""Event subscriptions: what hangs on the kinds that there are and on what may be reached; how far delivery has come.

Nothing is delivered yet: of a destination that is not disabled there is no status, and every event is pending.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from brokerbook import kinds
from brokerbook.errors import BadRequest, EntityNotFound
from brokerbook.kinds import alert_filters, destinations
from brokerbook.kinds.alert_filters import ACTIONS, EVERYTHING, FILTERS, OBSERVABILITY
from brokerbook.store import entities, events

if TYPE_CHECKING:
    from collections.abc import Sequence

    from brokerbook.addresses import Reach
    from brokerbook.engine.refs import Targets
    from brokerbook.engine.state import State
    from brokerbook.engine.write import Work
    from brokerbook.kinds.kind import Document
    from brokerbook.store.database import Tx
    from brokerbook.store.entities import EntityRow

_CHOICE = ("alertType", "filteringRules", "input")
_EVENT_TYPES = ["entityCreated", "entityUpdated"]


# rules


def check(work: Work, _targets: Targets, before: State | None, after: State) -> None:
    """Refuses resources that there are not, filters that these do not have, and addresses that may not be called."""
    document = after.document
    stored: Document = before.document if before is not None else {}
    if any(stored.get(field) != document.get(field) for field in _CHOICE):
        _check_choice(document)
    if stored.get("destinations") != document["destinations"]:
        check_addresses(work.reach, document["destinations"])


def check_addresses(reach: Reach, given: Sequence[Document]) -> None:
    """Refuses destinations with an address that may not be called, as far as it tells without a look-up."""
    for called in destinations.called(given):
        try:
            reach.check_host(called.address)
        except ValueError as error:
            raise called.refused(error) from None


def _check_choice(document: Document) -> None:
    alert_type: str = document["alertType"]
    known = {one["name"]: one for one in resources(alert_type)}
    for resource in document["filteringRules"]["resources"]:
        if resource not in known:
            listed = f"GET /api/v1/events/subscriptions/{_family(alert_type)}/resources"
            raise BadRequest(f"There is no resource {resource[:100]} for alerts of type {alert_type}. See {listed}.")
        for field, supported, word in (
            ("filters", "supportedFilters", "filter"),
            ("actions", "supportedActions", "action"),
        ):
            names = {one["name"] for one in known[resource][supported]}
            for chosen in document["input"][field]:
                if chosen["name"] not in names:
                    raise alert_filters.refusal(word, chosen["name"])


def _family(alert_type: str) -> str:
    return OBSERVABILITY if alert_type == OBSERVABILITY else "Notification"


# resources


def resources(alert_type: str) -> list[Document]:
    """What alerts of a type can be about, each with what they can be narrowed by."""
    observing = alert_type == OBSERVABILITY
    names = [name for name in sorted(kinds.KINDS) if not observing or alert_filters.is_observed(name)]
    return [_descriptor(name, alert_type) for name in (names if observing else [EVERYTHING, *names])]


def _descriptor(name: str, alert_type: str) -> Document:
    kind = kinds.KINDS.get(name)
    fields = kind.fields if kind is not None else frozenset[str]()
    soft = kind is None or kind.soft_deletes
    return {
        "name": name,
        "supportedFilters": [
            alert_filters.described(FILTERS, one) for one in alert_filters.filters_of(name, fields, alert_type)
        ],
        "supportedActions": [
            alert_filters.described(ACTIONS, one) for one in alert_filters.actions_of(name, alert_type)
        ],
        "containerEntities": sorted(above.name for above in kinds.KINDS.values() if name in above.children),
        "supportedEventTypes": [
            *_EVENT_TYPES,
            *(["entitySoftDeleted", "entityRestored"] if soft else []),
            "entityDeleted",
        ],
    }


# delivery


def status(document: Document, destination: Document) -> Document | None:
    """How delivery to a destination goes; None if nothing has been delivered to it, or tried to."""
    if document.get("enabled") is False or destination.get("enabled") is False:
        return {"status": "disabled"}
    return None


def status_of(row: EntityRow, destination_id: str) -> Document | None:
    """As `status`, for the destination with an id; EntityNotFound if the subscription has none such."""
    document: Document = msgspec.json.decode(row.doc)
    for destination in document["destinations"]:
        if destination["id"] == destination_id:
            return status(document, destination)
    raise EntityNotFound(f"destination {destination_id} of eventSubscription {row.fqn} not found")


def with_status(tx: Tx, ids: Sequence[str]) -> dict[str, Any]:
    """The destinations of each subscription, each with its status if it has one."""
    found: dict[str, Any] = {}
    for entity_id, row in entities.find_many(tx, ids).items():
        document: Document = msgspec.json.decode(row.doc)
        found[entity_id] = [
            destination | ({"statusDetails": told} if (told := status(document, destination)) is not None else {})
            for destination in document["destinations"]
        ]
    return found


class Record(NamedTuple):
    """How many events a subscription is about since it was made, and what became of them."""

    total: int
    pending: int
    successful: int
    failed: int


def record(tx: Tx, row: EntityRow) -> Record:
    """Counts the events of a subscription's resources since it was made.

    Filters are applied when an event is sent, so those that they leave out are counted as long as they wait.
    """
    document: Document = msgspec.json.decode(row.doc)
    wanted: list[str] = document["filteringRules"]["resources"]
    total = events.count_since(tx, row.id, None if EVERYTHING in wanted else wanted)
    return Record(total, total, 0, 0)
