"""POST and PUT of users: as for every kind, and a password in the same transaction if the body brings one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from brokerbook.access import passwords
from brokerbook.api.entity_routes import answered, written
from brokerbook.api.http import Response
from brokerbook.api.routing import JSON_TYPE, Route
from brokerbook.engine import identity, read, sessions, upsert, write
from brokerbook.errors import BadRequest
from brokerbook.kinds.user import USER, CreateUser, User
from brokerbook.model.decoding import decode

if TYPE_CHECKING:
    from brokerbook.api.http import Request
    from brokerbook.engine.write import Outcome, Work


async def _password_hash(asked: CreateUser) -> str | None:
    """The hash of the password that an administrator gives a new user; one that may not be is a BadRequest."""
    if asked.password is None:
        return None
    if asked.createPasswordType != "ADMIN_CREATE":
        raise BadRequest("A password can be given with createPasswordType ADMIN_CREATE only.")
    if asked.password != asked.confirmPassword:
        raise BadRequest("Password and Confirm Password should be same.")
    if asked.isBot:
        raise BadRequest(f"The bot {asked.name} can have no password; it proves itself by tokens.")
    if (weakness := passwords.weakness(asked.password)) is not None:
        raise BadRequest(weakness)
    return await sessions.hashed(asked.password)


async def post(request: Request) -> Response:
    """POST: a new user."""
    asked = decode(await request.body(), CreateUser)
    hashed = await _password_hash(asked)

    def change(work: Work) -> Outcome:
        outcome = write.create(work, USER, asked)
        if hashed is not None:
            identity.set_password(work.tx, outcome.row.id, hashed, now=work.now)
        return outcome

    outcome = await written(request, USER, change)
    response = answered(request, outcome)
    location = read.address(USER, outcome.row.id, request.base).encode()
    return Response(201, [response.headers[0], (b"location", location)], response.body)


async def put(request: Request) -> Response:
    """PUT: create or update a user; an existing one's password is not touched."""
    asked = decode(await request.body(), CreateUser)
    hashed = await _password_hash(asked)

    def change(work: Work) -> Outcome:
        outcome = upsert.put(work, USER, asked)
        if hashed is not None and outcome.change == "entityCreated":
            identity.set_password(work.tx, outcome.row.id, hashed, now=work.now)
        return outcome

    outcome = await written(request, USER, change)
    return answered(request, outcome, status=201 if outcome.change == "entityCreated" else 200)


ROUTES = (
    Route(
        "POST", "/api/v1/users", post, "Create a user", consumes=JSON_TYPE, body=CreateUser, answers={201: User},
    ),
    Route(
        "PUT", "/api/v1/users", put, "Create or update a user",
        consumes=JSON_TYPE, body=CreateUser, answers={200: User, 201: User},
    ),
)  # fmt: skip
