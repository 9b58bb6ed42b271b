"""What schemathesis found, each as small as it can be said; the requests themselves are test_schemathesis.py's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from make import SERVICES, made

if TYPE_CHECKING:
    from conftest import Client


def test_the_caller_asked_for_among_the_deleted_is_not_found(client: Client):
    assert client.get("/api/v1/users/loggedInUser", params={"include": "deleted"}).status_code == 404


def test_an_empty_domain_is_none(client: Client):
    made(client, "messagingService")
    assert client.get(SERVICES, params={"domain": ""}).json()["paging"]["total"] >= 1


def test_what_an_operation_of_a_patch_does_not_use_is_not_looked_at(client: Client):
    one = f"{SERVICES}/{made(client, 'messagingService')['id']}"
    operation = {"op": "add", "path": "/description", "value": "new", "from": ""}
    assert client.patch(one, json=[operation]).json()["description"] == "new"
