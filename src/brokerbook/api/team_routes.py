"""Routes that only teams have: the tree, and who is in a group."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from brokerbook.api import query
from brokerbook.api.entity_routes import forget, work
from brokerbook.api.http import JSON, Response
from brokerbook.api.read_routes import viewer
from brokerbook.api.routing import JSON_TYPE, Route
from brokerbook.engine import members, teams, write
from brokerbook.kinds.team import TEAM, TeamType
from brokerbook.model.decoding import decode
from brokerbook.model.wire import ChangeEvent, EntityName, EntityReference, Markdown, Uuid, Wire

if TYPE_CHECKING:
    from collections.abc import Callable

    from brokerbook.api.http import Request
    from brokerbook.engine.write import Work
    from brokerbook.store.database import Tx
    from brokerbook.store.entities import EntityRow

_PATH = "/api/v1/teams"
_NO_STORE = (b"cache-control", b"no-store")
_CHANGED = [JSON, (b"x-openmetadata-change", b"entityFieldsChanged")]


class TeamHierarchy(Wire, frozen=True, kw_only=True):
    """A team in the tree of all teams, with what lies below it."""

    id: Uuid
    name: EntityName
    fullyQualifiedName: str
    teamType: TeamType
    isJoinable: bool
    displayName: str | None = None
    description: Markdown | None = None
    href: str
    children: list[TeamHierarchy]


async def get_hierarchy(request: Request) -> Response:
    """GET of teams as a tree; the organization, below which they all are, is not in it."""
    limit = query.integer(request, "limit", 10, 0, 1_000_000)
    reader, joinable = viewer(request), request.flag("isJoinable")
    found, total = await request.context.database.read(
        lambda tx: teams.hierarchy(tx, reader, limit=limit, joinable=joinable)
    )
    return Response(200, [JSON, _NO_STORE], msgspec.json.encode({"data": found, "paging": {"total": total}}))


async def put_users(request: Request) -> Response:
    """PUT of all users who are to be in a group."""
    asked = decode(await request.body(), list[EntityReference])
    return await _changed(request, lambda work, row: members.replace(work, row, asked))


async def delete_user(request: Request) -> Response:
    """DELETE of a user from a group."""
    user_id = query.uuid_in_path(request, "userId")
    return await _changed(request, lambda work, row: members.remove(work, row, user_id))


async def _changed(request: Request, change: Callable[[Work, EntityRow], str]) -> Response:
    team_id = query.uuid_in_path(request)

    def changing(tx: Tx) -> str:
        return change(work(request, tx), write.live(tx, TEAM, team_id))

    told = await request.context.database.write(changing)
    forget(request, TEAM)
    return Response(200, _CHANGED, told.encode())


ROUTES = (
    Route(
        "GET", f"{_PATH}/hierarchy", get_hierarchy, "List teams as a tree",
        answers={200: {"list": TeamHierarchy}}, query=("limit", "isJoinable"), kind=TEAM.name,
    ),
    Route(
        "PUT", f"{_PATH}/{{id}}/users", put_users, "Say who is in a group",
        consumes=JSON_TYPE, body=list[EntityReference], answers={200: ChangeEvent}, kind=TEAM.name,
    ),
    Route(
        "DELETE", f"{_PATH}/{{id}}/users/{{userId}}", delete_user, "Take a user out of a group",
        answers={200: ChangeEvent}, kind=TEAM.name,
    ),
)  # fmt: skip
