"""What the query of a list asks for besides paging: each filter of a kind as a predicate.

Filters: contract, "Endpoints". An unknown name in a filter that refers to another entity is EntityNotFound.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast, get_args

from brokerbook.access.predicates import Below, Has, IsOne, Predicate, Says, conjunction, disjunction, negation
from brokerbook.engine import teams, term_search
from brokerbook.engine.refs import Targets
from brokerbook.errors import BadRequest
from brokerbook.kinds.event_subscription import AlertType
from brokerbook.kinds.ingestion_pipeline import PipelineType
from brokerbook.kinds.workflow import WorkflowStatus, WorkflowType
from brokerbook.model.decoding import converted
from brokerbook.model.wire import Provider, Uuid
from brokerbook.store import counts

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from brokerbook.kinds.kind import Kind
    from brokerbook.store.database import Tx


def _in_domain(tx: Tx, fqn: str) -> Predicate:
    return Has("domains", frozenset([Targets(tx).by_fqn("domain", fqn).id]))


def _flag(field: str) -> Callable[[Tx, str], Predicate]:
    def filtered(_: Tx, text: str) -> Predicate:
        said = Says(field, True)  # noqa: FBT003
        return said if text.lower() == "true" else negation(said)

    return filtered


def _disabled(tx: Tx, text: str) -> Predicate:
    """Tags that are disabled, or lie below what is."""
    found = IsOne(counts.disabled_tags(tx))
    return found if text.lower() == "true" else negation(found)


def _below(_: Tx, fqn: str) -> Predicate:
    return Below(fqn)


def _with_template(_: Tx, text: str) -> Predicate:
    try:
        return Has("notificationTemplate", frozenset([converted(text, cast("type[str]", Uuid)).lower()]))
    except BadRequest:
        raise BadRequest("[query param notificationTemplate must be a UUID]") from None


def _one_of(field: str, values: tuple[str, ...]) -> Callable[[Tx, str], Predicate]:
    def filtered(_: Tx, text: str) -> Predicate:
        if text not in values:
            raise BadRequest(f"query param {field} must be one of [{', '.join(values)}]")
        return Says(field, text)

    return filtered


def _some_of(field: str, allowed: tuple[str, ...]) -> Callable[[Tx, str], Predicate]:
    """What has one of the values that a text lists with commas between them; a value that is none is a BadRequest."""

    def filtered(_: Tx, text: str) -> Predicate:
        wanted = [part.strip() for part in text.split(",") if part.strip()]
        if bad := [part for part in wanted if part not in allowed]:
            raise BadRequest(f"query param {field} must be of [{', '.join(allowed)}], which {bad[0][:80]} is not")
        return disjunction(*(Says(field, part) for part in wanted))

    return filtered


def _of_service_type(_: Tx, text: str) -> Predicate:
    """Pipelines of services of that kind; there are messaging services only."""
    return text == "messagingService"


def _of_agent_type(_: Tx, text: str) -> Predicate:
    if text not in ("metadata", "application"):
        raise BadRequest("query param agentType must be one of [metadata, application]")
    applications = Says("pipelineType", "application")
    return applications if text == "application" else negation(applications)


def _nothing(_tx: Tx, _text: str) -> Predicate:
    return False


FILTERS: Mapping[str, Mapping[str, Callable[[Tx, str], Predicate]]] = {
    "user": {"isAdmin": _flag("isAdmin"), "isBot": _flag("isBot"), "team": teams.members_of},
    "team": {"isJoinable": _flag("isJoinable"), "parentTeam": teams.children_of},
    "classification": {"disabled": _flag("disabled")},
    "tag": {"parent": _below, "disabled": _disabled},
    "glossaryTerm": term_search.FILTERS,
    "type": {"category": _one_of("category", ("field", "entity"))},
    "topic": {"service": _below},
    "workflow": {
        "workflowType": _one_of("workflowType", get_args(WorkflowType)),
        "status": _one_of("status", get_args(WorkflowStatus)),
    },
    "ingestionPipeline": {
        "service": _below,
        "serviceType": _of_service_type,
        "pipelineType": _some_of("pipelineType", get_args(PipelineType)),
        "provider": _one_of("provider", get_args(Provider)),
        "applicationType": lambda _, text: Says("applicationType", text),
        "agentType": _of_agent_type,
        "testSuite": _nothing,  # there are no test suites that one could be of
    },
    "eventSubscription": {
        "alertType": _one_of("alertType", get_args(AlertType)),
        "notificationTemplate": _with_template,
    },
}
"""Kind → query parameter → what it means; `domain` is one of every kind that has domains."""

CHECKS: Mapping[str, Callable[[Tx, Mapping[str, str]], None]] = {"glossaryTerm": term_search.check}
"""Kind → what refuses a query whose parameters do not go together."""


def parameters(kind: Kind) -> tuple[str, ...]:
    """The query parameters that filter a list of the kind."""
    own = tuple(FILTERS.get(kind.name, ()))
    return ("domain", *own) if "domains" in kind.link_of else own


def meant(tx: Tx, kind: Kind, query: Mapping[str, str]) -> Predicate:
    """The entities of a kind that a query asks for; an empty parameter asks for nothing."""
    if kind.name in CHECKS:
        CHECKS[kind.name](tx, query)
    known = FILTERS.get(kind.name, {})
    found: list[Predicate] = [known[name](tx, text) for name, text in query.items() if name in known and text]
    if (domain := query.get("domain")) and "domains" in kind.link_of:
        found.append(_in_domain(tx, domain))
    return conjunction(*found)
