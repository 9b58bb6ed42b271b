"""What narrows the events of a subscription: the filters and actions that there are, and the rules made from them. Pure.

A rule's condition is the text that OpenMetadata has for it; nothing here evaluates one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple

from msgspec import Meta

from brokerbook.errors import BadRequest
from brokerbook.model.wire import Wire

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from brokerbook.kinds.kind import Document

Effect = Literal["include", "exclude"]
PrefixCondition = Literal["AND", "OR"]

EVERYTHING = "all"
"""The resource that stands for every kind."""
OBSERVABILITY = "Observability"
"""The type of alert that has actions, and resources of its own; all others have those of notifications."""


class Argument(Wire, frozen=True, kw_only=True):
    """Values for a filter."""

    name: str
    input: list[str] | None = None


class ArgumentsInput(Wire, frozen=True, kw_only=True):
    """A filter, or an action, with its arguments."""

    name: str
    effect: Effect = "include"
    prefixCondition: PrefixCondition = "AND"
    arguments: list[Argument] | None = None


class AlertFilteringInput(Wire, frozen=True, kw_only=True):
    """Which events are meant: only those that pass every filter, and that an action asks for if there is one."""

    filters: list[ArgumentsInput] | None = None
    actions: list[ArgumentsInput] | None = None


class EventFilterRule(Wire, frozen=True, kw_only=True):
    """A filter or action as a condition; `arguments` are the names of what stands in the condition."""

    name: str
    displayName: str | None = None
    fullyQualifiedName: str | None = None
    description: str | None = None
    effect: Effect
    condition: str
    arguments: list[str] | None = None
    inputType: Literal["static", "runtime", "none"] | None = None
    prefixCondition: PrefixCondition | None = None


class FilteringRules(Wire, frozen=True, kw_only=True):
    """About which kinds a subscription is, and the conditions that follow from its `input`."""

    resources: Annotated[list[str], Meta(description="Kinds of entities, or `all`.")]
    rules: list[EventFilterRule] | None = None
    actions: list[EventFilterRule] | None = None


class FilterResourceDescriptor(Wire, frozen=True, kw_only=True):
    """What a subscription to a kind can be narrowed by."""

    name: str
    supportedFilters: list[EventFilterRule]
    supportedActions: list[EventFilterRule]
    containerEntities: list[str] | None = None
    supportedEventTypes: list[str] | None = None


class _Known(NamedTuple):
    title: str
    sentence: str
    condition: str
    argument: str | None = None


FILTERS: Mapping[str, _Known] = {
    "filterByDomain": _Known(
        "Domain", "Events of what is in one of these domains.", "matchAnyDomain(${domainList})", "domainList"
    ),
    "filterByEntityId": _Known(
        "Entity Id", "Events of the entities with these ids.", "matchAnyEntityId(${entityIdList})", "entityIdList"
    ),
    "filterByEventType": _Known(
        "Event Type", "Events of these types.", "matchAnyEventType(${eventTypeList})", "eventTypeList"
    ),
    "filterByFqn": _Known(
        "FQN", "Events of what has one of these fully qualified names.", "matchAnyEntityFqn(${fqnList})", "fqnList"
    ),
    "filterByGeneralMetadataEvents": _Known(
        "General Metadata Events",
        "Changes of descriptions and tags.",
        "matchAnyFieldChange({'description', 'tags'})",
    ),
    "filterByOwnerName": _Known(
        "Owner Name", "Events of what one of these owns.", "matchAnyOwnerName(${ownerNameList})", "ownerNameList"
    ),
    "filterByUpdaterIsBot": _Known("Updater is Bot", "Events that a bot has caused.", "isBot()"),
    "filterByUpdaterName": _Known(
        "Updater Name",
        "Events that one of these users has caused.",
        "matchUpdatedBy(${updateByUserList})",
        "updateByUserList",
    ),
}
ACTIONS: Mapping[str, _Known] = {
    "GetIngestionPipelineStatusUpdates": _Known(
        "Get Ingestion Pipeline Status Updates",
        "Runs that came to one of these states.",
        "matchIngestionPipelineState(${ingestionPipelineStateList})",
        "ingestionPipelineStateList",
    ),
    "GetTopicSchemaChanges": _Known(
        "Get Schema Changes", "Changes of a topic's schema.", "matchAnyFieldChange({'messageSchema'})"
    ),
}
_OBSERVED: Mapping[str, tuple[str, ...]] = {
    "ingestionPipeline": ("GetIngestionPipelineStatusUpdates",),
    "topic": ("GetTopicSchemaChanges",),
}
"""Kind → the actions of alerts of observability about it."""
_OF_OBSERVED = ("filterByDomain", "filterByFqn", "filterByOwnerName")
_NEEDED_FIELD = {"filterByDomain": "domains", "filterByOwnerName": "owners"}


def is_observed(kind: str) -> bool:
    """Whether alerts of observability can be about a kind."""
    return kind in _OBSERVED


def filters_of(resource: str, fields: Iterable[str], alert_type: str) -> list[str]:
    """The filters that a resource has whose entities have these fields."""
    if resource == EVERYTHING:
        return sorted(FILTERS)
    names = _OF_OBSERVED if alert_type == OBSERVABILITY else FILTERS.keys() - {"filterByEntityId"}
    return sorted(name for name in names if _NEEDED_FIELD.get(name, "name") in fields)


def actions_of(resource: str, alert_type: str) -> list[str]:
    """The actions that a resource has."""
    return sorted(_OBSERVED.get(resource, ())) if alert_type == OBSERVABILITY else []


def described(known: Mapping[str, _Known], name: str) -> Document:
    """A filter or action as a descriptor shows it, its argument still open in the condition."""
    one = known[name]
    return {
        "name": name,
        "displayName": one.title,
        "fullyQualifiedName": f"eventSubscription.{name}",
        "description": one.sentence,
        "effect": "include",
        "condition": one.condition,
        "arguments": [one.argument] if one.argument is not None else [],
        "inputType": "runtime" if one.argument is not None else "none",
        "prefixCondition": "AND",
    }


def normalised(given: AlertFilteringInput | None) -> Document:
    """Filters and actions in the order of their names, each with all that it means; a BadRequest for what is none."""
    return {
        "filters": _sorted(given.filters if given is not None else None, FILTERS, "filter"),
        "actions": _sorted(given.actions if given is not None else None, ACTIONS, "action"),
    }


def rules(resources: Sequence[str], chosen: Document) -> Document:
    """The filtering rules that follow from resources and a normalised input."""
    return {
        "resources": list(resources),
        "rules": [_rule(FILTERS, one) for one in chosen["filters"]],
        "actions": [_rule(ACTIONS, one) for one in chosen["actions"]],
    }


def refusal(word: str, name: str) -> BadRequest:
    """Of a filter or an action that the resource of a subscription does not have."""
    return BadRequest(f"Give Resource doesn't support the {word} {name}")


def _sorted(given: Sequence[ArgumentsInput] | None, known: Mapping[str, _Known], word: str) -> list[Document]:
    return [_completed(one, known, word) for one in sorted(given or (), key=lambda one: one.name)]


def _completed(given: ArgumentsInput, known: Mapping[str, _Known], word: str) -> Document:
    if given.name not in known:
        raise refusal(word, given.name)
    argument = known[given.name].argument
    values = {one.name: list(one.input or ()) for one in given.arguments or ()}
    if argument is not None and not values.get(argument):
        raise BadRequest(f"Input for argument {argument} is missing")
    if unknown := sorted(values.keys() - {argument}):
        allowed = f"its only argument is {argument}" if argument is not None else "it has none"
        raise BadRequest(f"The {word} {given.name} has no argument {unknown[0]}; {allowed}.")
    return {
        "name": given.name,
        "effect": given.effect,
        "prefixCondition": given.prefixCondition,
        "arguments": [{"name": name, "input": found} for name, found in values.items()],
    }


def _rule(known: Mapping[str, _Known], chosen: Document) -> Document:
    found = described(known, chosen["name"])
    condition: str = found["condition"]
    for argument in chosen["arguments"]:
        condition = condition.replace(f"${{{argument['name']}}}", _listed(argument["input"]))
    return found | {
        "condition": condition,
        "effect": chosen["effect"],
        "prefixCondition": chosen["prefixCondition"],
    }


def _listed(values: Iterable[Any]) -> str:
    """Values as a list in a condition, quotes in them doubled."""
    texts = (str(value).replace("'", "''") for value in values)
    return "{" + ",".join(f"'{text}'" for text in texts) + "}"
