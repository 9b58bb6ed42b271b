"""POST and PUT of users: as for every kind, with a password, or a bot's token, in the same transaction if asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from brokerbook.access import passwords
from brokerbook.api import identity_routes
from brokerbook.api.entity_routes import answered, written
from brokerbook.api.http import Response
from brokerbook.api.routing import JSON_TYPE, Route
from brokerbook.engine import bot_users, identity, read, sessions
from brokerbook.errors import BadRequest
from brokerbook.kinds.user import USER, CreateUser, WrittenUser
from brokerbook.model.decoding import decode

if TYPE_CHECKING:
    from collections.abc import Callable

    from brokerbook.access.tokens import Signer
    from brokerbook.api.http import Request
    from brokerbook.engine.bot_users import Written
    from brokerbook.engine.identity import Issued
    from brokerbook.engine.write import Outcome, Work

_NO_STORE = (b"cache-control", b"no-store")


async def _password_hash(request: Request, asked: CreateUser) -> str | None:
    """The hash of the password that an administrator gives a new user; one that may not be is a BadRequest."""
    if asked.password is None:
        return None
    identity.check_unlimited(request.actor)
    identity.check_himself(request.actor)
    if asked.createPasswordType != "ADMIN_CREATE":
        raise BadRequest("A password can be given with createPasswordType ADMIN_CREATE only.")
    if asked.password != asked.confirmPassword:
        raise BadRequest("Password and Confirm Password should be same.")
    if asked.isBot:
        raise BadRequest(f"The bot {asked.name} can have no password; it proves itself by tokens.")
    if (weakness := passwords.weakness(asked.password)) is not None:
        raise BadRequest(weakness)
    return await sessions.hashed(asked.password)


async def _written(
    request: Request, write: Callable[[Work, Signer, CreateUser], Written]
) -> tuple[Outcome, list[tuple[bytes, bytes]]]:
    """The user after a write, with what the answer says of how a bot proves itself, and headers for that."""
    asked = decode(await request.body(), CreateUser)
    hashed = await _password_hash(request, asked)
    issued: Issued | None = None

    def change(work: Work) -> Outcome:
        nonlocal issued
        outcome, issued = write(work, request.context.signer, asked)
        if hashed is not None and outcome.change == "entityCreated":
            identity.set_password(work.tx, outcome.row.id, hashed, now=work.now)
        return outcome

    outcome = await written(request, USER, change)
    if not asked.isBot:
        return outcome, []
    said = asked.authenticationMechanism
    mechanism: dict[str, Any] = {"authType": said.authType if said is not None else "JWT"}
    if issued is not None:
        mechanism["config"] = msgspec.to_builtins(identity_routes.mechanism(issued.row, issued.text))
    return outcome._replace(computed={"authenticationMechanism": mechanism}), [_NO_STORE]


async def post(request: Request) -> Response:
    """POST: a new user."""
    outcome, headers = await _written(request, bot_users.post)
    response = answered(request, outcome)
    location = read.address(USER, outcome.row.id, request.base).encode()
    return Response(201, [response.headers[0], (b"location", location), *headers], response.body)


async def put(request: Request) -> Response:
    """PUT: create or update a user; an existing one's password and tokens are not touched."""
    outcome, headers = await _written(request, bot_users.put)
    response = answered(request, outcome, status=201 if outcome.change == "entityCreated" else 200)
    return Response(response.status, [*response.headers, *headers], response.body)


ROUTES = (
    Route(
        "POST", "/api/v1/users", post, "Create a user",
        consumes=JSON_TYPE, body=CreateUser, answers={201: WrittenUser}, kind=USER.name,
    ),
    Route(
        "PUT", "/api/v1/users", put, "Create or update a user",
        consumes=JSON_TYPE, body=CreateUser, answers={200: WrittenUser, 201: WrittenUser}, kind=USER.name,
    ),
)  # fmt: skip
