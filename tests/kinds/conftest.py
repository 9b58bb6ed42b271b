"""Clients for the tests of kinds: every answer is checked against the keys that the official client knows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import pytest

import strict
from brokerbook.kinds import KINDS

if TYPE_CHECKING:
    import httpx

_KIND_OF = sorted(((f"/api{kind.path}", kind.name) for kind in KINDS.values()), reverse=True)


class StrictClient:
    """Another client, whose answers are looked at before they are handed on."""

    def __init__(self, client: Any) -> None:
        self.bare = client
        """The client itself, for answers that are no entities."""

    def request(self, method: str, path: str, **more: Any) -> httpx.Response:
        response = self.bare.request(method, path, **more)
        assert "x-request-id" in response.headers
        if not response.content:
            return response
        body = response.json()
        if response.status_code >= 400:
            strict.check_error(body, response.status_code)
            return response
        asked = more.get("json")
        fields = ",".join(parse_qs(response.request.url.query.decode()).get("fields", []))
        domain = (isinstance(asked, dict) and "domain" in asked) or "domain" in fields.split(",")
        for prefix, kind in _KIND_OF:
            if path.split("?", maxsplit=1)[0].startswith(prefix):
                strict.check_answer(kind, body, domain=domain)
                break
        return response

    def get(self, path: str, **more: Any) -> httpx.Response:
        return self.request("GET", path, **more)

    def post(self, path: str, **more: Any) -> httpx.Response:
        return self.request("POST", path, **more)

    def put(self, path: str, **more: Any) -> httpx.Response:
        return self.request("PUT", path, **more)

    def patch(self, path: str, **more: Any) -> httpx.Response:
        return self.request("PATCH", path, **more)

    def delete(self, path: str, **more: Any) -> httpx.Response:
        return self.request("DELETE", path, **more)


@pytest.fixture(scope="module")
def as_admin(as_admin: Any) -> StrictClient:
    return StrictClient(as_admin)


@pytest.fixture(scope="module")
def as_bot(as_bot: Any) -> StrictClient:
    return StrictClient(as_bot)


@pytest.fixture(scope="module")
def as_user(as_user: Any) -> StrictClient:
    return StrictClient(as_user)


@pytest.fixture(scope="module")
def client(as_admin: StrictClient) -> StrictClient:
    return as_admin
