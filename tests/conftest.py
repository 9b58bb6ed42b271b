"""What tests share: a running catalog in this process, and clients that speak to it as different callers."""

from __future__ import annotations

import asyncio
import gc
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

import httpx
import pytest

import described
import make
from brokerbook import app
from brokerbook.engine import identity
from brokerbook.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from pathlib import Path

_DEFAULT: Any = object()


class Client:
    """A synchronous client of an application in this process; sends one caller's token unless told otherwise."""

    def __init__(self, server: Server, token: str | None) -> None:
        self.server = server
        self.token = token

    def request(
        self, method: str, path: str, *, json: Any = None, content: bytes | str | None = None,
        headers: dict[str, str] | None = None, token: Any = _DEFAULT, params: dict[str, Any] | None = None,
    ) -> httpx.Response:  # fmt: skip
        sent = {"Content-Type": "application/json-patch+json" if method == "PATCH" else "application/json"}
        token = self.token if token is _DEFAULT else token
        if token is not None:
            sent["Authorization"] = f"Bearer {token}"
        sent |= headers or {}
        return self.server.send(method, path, json=json, content=content, headers=sent, params=params)

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


class Server:
    """A catalog whose event loop runs on a thread of its own, reached through ASGI without a socket.

    Every answer is held against our own OpenAPI document, so tests written for other reasons test it too.
    """

    def __init__(self, settings: Settings) -> None:
        self.catalog = app.create_app(settings)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._running = self.catalog.running()
        self.run(self._running.__aenter__())
        self._http = httpx.AsyncClient(
            transport=httpx.ASGITransport(cast("Any", self.catalog.api), raise_app_exceptions=True),
            base_url="http://catalog.test",
        )

    def run(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(60)

    def send(self, method: str, path: str, **more: Any) -> httpx.Response:
        response = self.run(self._http.request(method, path, **more))
        headers = dict(response.headers.items())
        found = described.faults(
            method, response.request.url.raw_path.split(b"?")[0], response.status_code, headers, response.content
        )
        assert not found, "\n".join(found)
        return response

    def token(self, name: str) -> str:
        context = self.catalog.context

        def issue(tx: Any) -> str:
            return identity.issue_to(tx, context.signer, name, now=identity.now())

        return self.run(context.database.write(issue))

    def as_user(self, name: str, **more: Any) -> Client:
        """A client for a user, who is made if he is not there."""
        admin = Client(self, self.token("admin"))
        admin.put("/api/v1/users", json={"name": name, "email": f"{name}@example.com"} | more)
        return Client(self, self.token(name))

    def close(self) -> None:
        self.run(self._running.__aexit__(None, None, None))
        self.run(self._http.aclose())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        self.catalog.close()
        # A start freezes what is there, which would keep all of this server for as long as tests run.
        gc.unfreeze()
        gc.collect()


@contextmanager
def running(data: Path, **settings: Any) -> Generator[Server]:
    """A catalog on a data directory, for as long as the block lasts."""
    server = Server(Settings(data=data, log_level="error", **settings))
    try:
        yield server
    finally:
        server.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("data")) as started:
        yield started


@pytest.fixture(scope="module")
def admin_password(server: Server) -> str:
    assert server.catalog.password is not None
    return server.catalog.password


@pytest.fixture(scope="module")
def as_admin(server: Server) -> Client:
    """The administrator, of a catalog that has what the smallest requests refer to: tests come in any order."""
    admin = Client(server, server.token("admin"))
    make.prepare(admin)
    return admin


@pytest.fixture(scope="module")
def as_bot(server: Server) -> Client:
    return Client(server, server.token("ingestion-bot"))


@pytest.fixture(scope="module")
def as_user(server: Server) -> Client:
    return server.as_user("reader")


@pytest.fixture(scope="module")
def client(as_admin: Client) -> Client:
    return as_admin
