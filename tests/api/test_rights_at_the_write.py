"""A request counts with the rights that its caller has when it is written, not with those of when it came."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

from make import SERVICES, fresh, made, make, path_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Client, Server


def stalled(server: Server, token: str, body: dict[str, Any], meanwhile: Callable[[], object]) -> int:
    """The status of a POST whose body comes only after something else has happened."""
    statuses: list[int] = []
    headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
    scope = {
        "type": "http", "method": "POST", "path": SERVICES, "raw_path": SERVICES.encode(), "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }  # fmt: skip

    async def receive() -> dict[str, Any]:
        await asyncio.get_running_loop().run_in_executor(None, meanwhile)
        return {"type": "http.request", "body": json.dumps(body).encode()}

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    server.run(server.catalog.api(scope, receive, send))
    return statuses[0]


def creator(client: Client, server: Server) -> tuple[Client, dict[str, Any]]:
    rule = {"name": "create", "effect": "allow", "operations": ["Create"], "resources": ["messagingService"]}
    policy = made(client, "policy", rules=[rule])
    role = made(client, "role", policies=[policy["name"]])
    person = server.as_user(fresh("person"), roles=[role["id"]])
    return person, person.get("/api/v1/users/loggedInUser").json()


def test_a_role_that_was_taken_meanwhile_is_not_used(client: Client, server: Server):
    person, user = creator(client, server)
    assert person.token is not None
    assert stalled(server, person.token, make("messagingService"), lambda: None) == 201
    no_roles = [{"op": "replace", "path": "/roles", "value": []}]
    taken = lambda: client.patch(f"{path_of('user')}/{user['id']}", json=no_roles)  # noqa: E731
    assert stalled(server, person.token, make("messagingService"), taken) == 403


def test_who_was_deactivated_meanwhile_writes_nothing(client: Client, server: Server):
    person, user = creator(client, server)
    assert person.token is not None
    gone = lambda: client.delete(f"{path_of('user')}/{user['id']}")  # noqa: E731
    assert stalled(server, person.token, make("messagingService"), gone) == 401
