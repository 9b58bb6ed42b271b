"""What callers may do, and why; and the tools of those who write policies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from brokerbook.access import conditions, policy
from brokerbook.api import query
from brokerbook.api.entity_routes import work
from brokerbook.api.http import Response, json_response
from brokerbook.api.routing import JSON_TYPE, Route
from brokerbook.engine import facts, permissions, policies, read, rehearsal
from brokerbook.errors import BadRequest
from brokerbook.kinds.policy import POLICY, CreatePolicy
from brokerbook.model.decoding import converted, decode

if TYPE_CHECKING:
    from brokerbook.access.actor import Actor
    from brokerbook.access.conditions import Facts
    from brokerbook.api.http import Request
    from brokerbook.store.database import Tx

_LAST = 1000


def _page(rows: list[Any]) -> Response:
    return json_response({"data": rows, "paging": {"total": len(rows)}})


def _of(request: Request, tx: Tx) -> Actor:
    return permissions.subject(tx, request.actor, request.query.get("user") or None)


async def every_resource(request: Request) -> Response:
    return _page(await request.context.database.read(lambda tx: permissions.of_all(_of(request, tx))))


async def one_resource(request: Request) -> Response:
    resource = permissions.known(request.params["resource"])
    return json_response(
        await request.context.database.read(lambda tx: permissions.of_resource(_of(request, tx), resource))
    )


async def one_entity(request: Request) -> Response:
    resource = permissions.known(request.params["resource"])
    name = request.params.get("name")
    entity_id = query.uuid_in_path(request) if name is None else None

    def found(tx: Tx) -> Any:
        known = permissions.facts_of(tx, resource, entity_id=entity_id, name=name)
        return permissions.of_resource(_of(request, tx), resource, known)

    return json_response(await request.context.database.read(found))


async def of_policies(request: Request) -> Response:
    ids = query.uuids(request, "ids")

    def found(tx: Tx) -> Any:
        for policy_id in ids:
            row = read.find(tx, POLICY, entity_id=policy_id, include="non-deleted")
            policy.check(request.actor, ("ViewAll",), facts.of_row(tx, POLICY, row))
        return permissions.of_policies(request.actor.rights.directory, ids)

    return _page(await request.context.database.read(found))


# why


async def explain(request: Request) -> Response:
    """Our own: the decision, the rule, policy, role and team that led to it, and what would have to change."""
    return await _explained(request, request.query.get("user") or None)


async def debug_evaluate(request: Request) -> Response:
    return await _explained(request, request.query.get("user") or None)


async def _explained(request: Request, username: str | None) -> Response:
    given = request.query
    resource, operation = (given.get(name, "") for name in ("resource", "operation"))
    if not resource or not operation:
        missing = "resource" if not resource else "operation"
        raise BadRequest(f"[query param {missing} must not be null]")
    entity_id = query.uuid_in_query(request, "resourceId")
    name = given.get("resourceName") or None

    def found(tx: Tx) -> Any:
        actor = permissions.subject(tx, request.actor, username)
        entity: Facts | None = None
        if entity_id is not None or name is not None:
            entity = permissions.facts_of(tx, resource, entity_id=entity_id, name=name)
        return permissions.explained(actor, permissions.asked(resource, operation, entity))

    return json_response(await request.context.database.read(found))


async def debug_me(request: Request) -> Response:
    return json_response(await request.context.database.read(lambda tx: permissions.applied(tx, request.actor)))


async def debug_user(request: Request) -> Response:
    name = request.params["username"]

    def found(tx: Tx) -> Any:
        return permissions.applied(tx, permissions.subject(tx, request.actor, name))

    return json_response(await request.context.database.read(found))


# for those who write policies


def functions(_: Request) -> Response:
    return _page([function.shown() for function in conditions.FUNCTIONS])


def resources(_: Request) -> Response:
    return _page(permissions.resources())


async def validate(request: Request) -> Response:
    """204 for a condition that can be saved, 400 with what is wrong with it else; not parsed for who may not save."""
    text = request.params["expression"]
    policy.check_in_general(request.actor, "EditAll", POLICY.name)
    conditions.parsed(text)
    await request.context.database.read(lambda tx: policies.check_text(tx, text))
    return Response(204, [], b"")


async def rehearse(request: Request) -> Response:
    """Our own: which of the last decisions a changed policy would have turned."""
    # a policy as it was read is taken too: of it, only what it decides is looked at
    given = decode(await request.body(), dict[str, Any])
    asked = converted({key: given[key] for key in ("name", "rules", "enabled") if key in given}, CreatePolicy)
    last = query.integer(request, "last", _LAST, 1, 10_000)
    journal = request.context.authenticator.journal
    return json_response(
        await request.context.database.read(lambda tx: rehearsal.rehearse(work(request, tx), asked, journal, last))
    )


_P = "/api/v1/permissions"
_USER = ("user",)

ROUTES: tuple[Route, ...] = (
    Route("GET", _P, every_resource, "What a user may do with entities of each kind", query=_USER),
    Route("GET", f"{_P}/policies", of_policies, "What some policies by themselves allow and deny", query=("ids",)),
    Route("GET", f"{_P}/explain", explain, "Why a user may do something or not, and what would have to change",
          query=("user", "resource", "operation", "resourceId", "resourceName")),
    Route("GET", f"{_P}/debug/me", debug_me, "The policies that apply to the caller, and how they came to him"),
    Route("GET", f"{_P}/debug/user/{{username}}", debug_user, "The policies that apply to a user"),
    Route("GET", f"{_P}/debug/evaluate", debug_evaluate, "As explain",
          query=("user", "resource", "operation", "resourceId", "resourceName")),
    Route("GET", f"{_P}/{{resource}}", one_resource, "What a user may do with entities of a kind", query=_USER),
    Route("GET", f"{_P}/{{resource}}/{{id}}", one_entity, "What a user may do with an entity, by id", query=_USER),
    Route("GET", f"{_P}/{{resource}}/name/{{name}}", one_entity, "What a user may do with an entity, by name",
          query=_USER),
    Route("GET", "/api/v1/policies/functions", functions, "The functions that conditions are made of",
          kind=POLICY.name),
    Route("GET", "/api/v1/policies/resources", resources, "What rules may name, and which operations there are",
          kind=POLICY.name),
    Route("GET", "/api/v1/policies/validation/condition/{expression}", validate, "Whether a condition can be saved",
          answers={204: None}, kind=POLICY.name),
    Route("POST", "/api/v1/policies/rehearse", rehearse, "Which of the last decisions a changed policy would turn",
          consumes=JSON_TYPE, body=CreatePolicy, query=("last",), kind=POLICY.name),
)  # fmt: skip
