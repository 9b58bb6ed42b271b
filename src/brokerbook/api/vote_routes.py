"""Votes, for every kind whose entities have them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from brokerbook.api import query
from brokerbook.api.entity_routes import work
from brokerbook.api.http import JSON, Request, Response
from brokerbook.api.routing import JSON_TYPE, Route
from brokerbook.engine import votes, write
from brokerbook.kinds import KINDS
from brokerbook.model.decoding import decode
from brokerbook.model.wire import ChangeEvent, Vote

if TYPE_CHECKING:
    from brokerbook.kinds.kind import Kind
    from brokerbook.store.database import Tx

_VOTED = [JSON, (b"x-openmetadata-change", b"entityFieldsChanged")]


async def put_vote(kind: Kind, request: Request) -> Response:
    """PUT of the caller's vote."""
    entity_id = query.uuid_in_path(request)
    asked = decode(await request.body(), Vote)

    def change(tx: Tx) -> str:
        return votes.vote(work(request, tx), kind, write.live(tx, kind, entity_id), asked.updatedVoteType)

    return Response(200, _VOTED, (await request.context.database.write(change)).encode())


ROUTES = tuple(
    Route(
        "PUT", f"/api{kind.path}/{{id}}/vote", partial(put_vote, kind), f"Vote for a {kind.name}",
        consumes=JSON_TYPE, body=Vote, answers={200: ChangeEvent}, kind=kind.name,
    )
    for kind in KINDS.values()
    if "votes" in kind.fields
)  # fmt: skip
