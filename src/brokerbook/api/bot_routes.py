"""POST and PUT of bots: as for every kind, and what the body says of its user in the same transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING

from brokerbook.api.entity_routes import answered, forget, written
from brokerbook.api.http import Response
from brokerbook.api.routing import JSON_TYPE, Route
from brokerbook.engine import bot_users, read, upsert, write
from brokerbook.kinds.bot import BOT, Bot, CreateBot
from brokerbook.kinds.user import USER
from brokerbook.model.decoding import decode

if TYPE_CHECKING:
    from collections.abc import Callable

    from brokerbook.api.http import Request
    from brokerbook.engine.write import Outcome, Work


async def _written(request: Request, change: Callable[[Work, CreateBot], Outcome]) -> Outcome:
    asked = decode(await request.body(), CreateBot)
    outcome = await written(request, BOT, lambda work: bot_users.allow_impersonation(work, change(work, asked), asked))
    forget(request, USER)
    return outcome


async def post(request: Request) -> Response:
    """POST: a new bot."""
    outcome = await _written(request, lambda work, asked: write.create(work, BOT, asked))
    response = answered(request, outcome, status=201)
    location = read.address(BOT, outcome.row.id, request.base).encode()
    return Response(201, [response.headers[0], (b"location", location)], response.body)


async def put(request: Request) -> Response:
    """PUT: create or update a bot."""
    outcome = await _written(request, lambda work, asked: upsert.put(work, BOT, asked))
    return answered(request, outcome, status=201 if outcome.change == "entityCreated" else 200)


ROUTES = (
    Route(
        "POST", "/api/v1/bots", post, "Create a bot",
        consumes=JSON_TYPE, body=CreateBot, answers={201: Bot}, kind=BOT.name,
    ),
    Route(
        "PUT", "/api/v1/bots", put, "Create or update a bot",
        consumes=JSON_TYPE, body=CreateBot, answers={200: Bot, 201: Bot}, kind=BOT.name,
    ),
)  # fmt: skip
