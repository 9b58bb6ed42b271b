"""Puts the parts together and runs them: data directory, keys, database, first start, routes, background work.

The only module that knows all parts.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import importlib
import secrets
import signal
import socket
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from brokerbook.access.passwords import random_password
from brokerbook.access.tokens import Signer, new_private_key
from brokerbook.api import (
    asset_routes,
    bot_routes,
    csv_routes,
    docs_routes,
    health_routes,
    identity_routes,
    job_routes,
    kind_routes,
    lineage_routes,
    logs,
    permission_routes,
    pipeline_log_routes,
    pipeline_routes,
    pipeline_stream_routes,
    read_routes,
    search_routes,
    settings_routes,
    sign_in_routes,
    subscription_routes,
    system_routes,
    team_routes,
    term_routes,
    test_connection_routes,
    token_routes,
    topic_routes,
    type_routes,
    user_routes,
    vote_routes,
    workflow_routes,
)
from brokerbook.api.auth import Authenticator
from brokerbook.api.context import Context
from brokerbook.api.errors import response_of
from brokerbook.api.openapi import Description
from brokerbook.api.routing import Route, Router
from brokerbook.api.server import Api
from brokerbook.api.telemetry import Telemetry
from brokerbook.engine import seed
from brokerbook.engine.jobs import Jobs
from brokerbook.engine.last_use import LastUse
from brokerbook.engine.search_index import SearchIndex
from brokerbook.engine.secrets import CURRENT_KEY, Sealer
from brokerbook.engine.sign_in import SignIn
from brokerbook.errors import BadRequest, StartupError
from brokerbook.issuers import private_hosts
from brokerbook.kinds import KINDS
from brokerbook.settings import Settings
from brokerbook.store import lock
from brokerbook.store import secrets as secret_store
from brokerbook.store.keyring import Keyring, write_private
from brokerbook.store.sqlite import SqliteDatabase, open_database

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator
    from pathlib import Path
    from types import FrameType


_EXAMPLE = (
    'curl -X POST {base}/api/v1/services/messagingServices -H "Content-Type: application/json"'
    ' -H "Authorization: Bearer $({command} token admin{where})"'
    ' -d \'{{"name": "orders", "serviceType": "Kafka",'
    ' "connection": {{"config": {{"bootstrapServers": "localhost:9092"}}}}}}\''
)


def routes() -> list[Route]:
    """Every route there is. Kinds' own routes come before the generic ones, which they may not repeat."""
    table: list[Route] = [
        *system_routes.ROUTES,
        *identity_routes.ROUTES,
        *token_routes.ROUTES,
        *sign_in_routes.ROUTES,
        *user_routes.ROUTES,
        *team_routes.ROUTES,
        *bot_routes.ROUTES,
        *asset_routes.ROUTES,
        *term_routes.ROUTES,
        *vote_routes.ROUTES,
        *csv_routes.ROUTES,
        *health_routes.ROUTES,
        *docs_routes.ROUTES,
        *read_routes.EVENT_ROUTES,
        *permission_routes.ROUTES,
        *lineage_routes.ROUTES,
        *type_routes.ROUTES,
        *topic_routes.ROUTES,
        *job_routes.ROUTES,
        *test_connection_routes.ROUTES,
        *settings_routes.ROUTES,
        *workflow_routes.ROUTES,
        *pipeline_routes.ROUTES,
        *pipeline_log_routes.ROUTES,
        *pipeline_stream_routes.ROUTES,
        *subscription_routes.ROUTES,
        *search_routes.ROUTES,
    ]
    own = {(route.method, route.template) for route in table}
    for kind in KINDS.values():
        table += [route for route in kind_routes.routes(kind) if (route.method, route.template) not in own]
    return table


@dataclass
class Catalog:
    """A catalog with its database open; `api` is the ASGI application."""

    settings: Settings
    context: Context
    api: Api
    telemetry: Telemetry
    password: str | None
    """The administrator's, at the first start only."""

    async def live(self, receive: Any, send: Any) -> None:
        """ASGI's lifespan: background work for as long as the server runs."""
        await receive()
        async with self.running():
            await send({"type": "lifespan.startup.complete"})
            await receive()
        await send({"type": "lifespan.shutdown.complete"})

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        """Background work, for as long as requests are served."""
        self.context.jobs.start()
        watching = asyncio.create_task(self.context.authenticator.watch())
        noting = asyncio.create_task(self.context.last_use.keep())
        indexing = asyncio.create_task(self.context.search_index.keep())
        preparing = asyncio.create_task(asyncio.to_thread(_prepare, self.context.signer))
        try:
            yield
        finally:
            watching.cancel()
            noting.cancel()
            indexing.cancel()
            await asyncio.gather(watching, noting, indexing, preparing, return_exceptions=True)
            await self.context.last_use.write()
            await self.context.jobs.stop()

    def close(self) -> None:
        """Finishes what is being written and lets go of the database."""
        self.telemetry.flush()
        self.context.database.close()


def _prepare(signer: Signer) -> None:
    """Loads, while requests are served already, what a start does not wait for but the first requests would."""
    for name in ("brokerbook.model.markdown", "jsonpatch", "cryptography.hazmat.primitives.ciphers.aead"):
        importlib.import_module(name)
    signer.prepare()
    gc.freeze()  # what was loaded stays; a full collection need not look at it each time


def create_app(settings: Settings) -> Catalog:
    """Opens, or at the first start makes, everything in the data directory; a StartupError says why it cannot."""
    database = open_database(settings.data)
    try:
        keyring = _keyring(settings, database)
        signer = Signer(_signing_key(settings.token_key_file), issuer=settings.token_issuer)
        _ = signer.kid  # a key that is none is to stop the start
        sealer = Sealer(keyring)
        sign_in = _sign_in(settings, database, signer, sealer)
        password = _first_start(database, sealer)  # last: should the start stop later, nobody would see the password
        last_use = LastUse(database)
        authenticator = Authenticator(database, signer, sign_in, last_use)
        jobs = Jobs(database, sealer, after=authenticator.forget)
        telemetry = Telemetry(settings, database)
        table = health_routes.opened(routes(), settings)
        context = Context(
            settings,
            database,
            sealer,
            signer,
            sign_in,
            authenticator,
            last_use,
            jobs,
            telemetry,
            Description(table),
            settings.webhook_reach,
            SearchIndex(database),
        )
        api = Api(Router(table), context, telemetry)
    except BaseException:
        database.close()
        raise
    catalog = Catalog(settings, context, api, telemetry, password)
    api.lifespan = catalog.live
    return catalog


def _first_start(database: SqliteDatabase, sealer: Sealer) -> str | None:
    """Seeds a new catalog, or what a newer version adds; returns the password of a new one, which exists nowhere else."""
    if database.peek(seed.is_done):
        if not database.peek(seed.is_current):
            database.write_now(lambda tx: seed.upgrade(tx, sealer))
        return None
    password = random_password()
    database.write_now(lambda tx: seed.first_start(tx, sealer, password))
    return password


def _sign_in(settings: Settings, database: SqliteDatabase, signer: Signer, sealer: Sealer) -> SignIn:
    """The issuers, asked for the first time; what one of them says and is wrong is a StartupError."""
    if not settings.issuers:
        return SignIn(database, signer, sealer, (), "")
    from brokerbook.engine.providers import Provider  # noqa: PLC0415  most catalogs have no issuers
    from brokerbook.outbound import Gate  # noqa: PLC0415  as above

    gate = Gate(private_hosts(settings.issuers), own_port=settings.port)
    providers = [Provider(issuer, gate) for issuer in settings.issuers_to_serve()]
    sign_in = SignIn(database, signer, sealer, providers, settings.public_url or "")
    asyncio.run(sign_in.prepare())
    return sign_in


def _keyring(settings: Settings, database: SqliteDatabase) -> Keyring:
    """The keys that seal secrets, checked against what is sealed already."""
    keyring = Keyring(settings)
    current = database.peek(lambda tx: secret_store.meta(tx, CURRENT_KEY))
    if current is None:
        if not keyring.keys:
            if not keyring.in_file:
                raise StartupError(f"There is no secrets key in {keyring.source}.")
            keyring.create()
        database.write_now(lambda tx: secret_store.set_meta(tx, CURRENT_KEY, next(iter(keyring.keys))))
        return keyring
    needed = database.peek(secret_store.key_ids) | {current}
    if missing := sorted(needed - keyring.keys.keys()):
        raise StartupError(
            f"The secrets of this catalog are sealed with the key {', '.join(missing)}, which is not in "
            f"{keyring.source}. Put that key back (from a backup, or where it was set before) and start again. "
            "Nothing was changed; without the key the stored secrets cannot be read by anybody."
        )
    return keyring


def _signing_key(path: Path) -> bytes:
    if not path.exists():
        write_private(path, new_private_key().decode())
    return path.read_bytes()


def serve(settings: Settings) -> None:
    """Runs the catalog until it is told to stop; what is in flight then is finished."""
    import uvicorn  # noqa: PLC0415  tests and commands that open a catalog do not serve

    with lock.hold(settings.data):
        logs.configure(settings)
        listening = _listen(settings)
        catalog = create_app(settings)
        try:
            _announce(settings, catalog, listening)
            config = uvicorn.Config(
                catalog.api,
                loop="uvloop",
                http=_protocol(),
                lifespan="on",
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=False,  # `public_url` says how the catalog is addressed; callers' headers do not
                timeout_graceful_shutdown=settings.shutdown_seconds,
            )
            # uvicorn raises the signal again after its graceful stop; the database is to be closed first.
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, _ignored)
            # A request leaves little behind that only the collector can free; looking for it often costs more than it.
            gc.set_threshold(20_000, 20, 50)
            gc.collect()
            gc.freeze()
            server = uvicorn.Server(config)
            catalog.context.is_stopping = lambda: server.should_exit
            server.run(sockets=[listening])
        finally:
            catalog.close()


def _ignored(_number: int, _frame: FrameType | None) -> None:
    """What a signal does after the graceful stop that it asked for."""


def _protocol() -> type[Any]:
    """Uvicorn's protocol, which answers in our words to what is not even HTTP."""
    from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol  # noqa: PLC0415  as in `serve`

    class Protocol(HttpToolsProtocol):
        def send_400_response(self, msg: str) -> None:
            status, headers, body = response_of(BadRequest(msg))
            lines = [b"HTTP/1.1 %d Bad Request" % status]
            lines += [name + b": " + value for name, value in headers]
            lines += [b"x-request-id: " + secrets.token_hex(8).encode(), b"content-length: %d" % len(body)]
            self.transport.write(b"\r\n".join([*lines, b"connection: close", b"", body]))
            self.transport.close()

    return Protocol


def _listen(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((settings.host, settings.port))
        listening.listen(2048)
    except OSError as error:
        raise StartupError(
            f"Cannot listen on {settings.host} port {settings.port}: {error.strerror}. "
            "Choose another with --port (or PORT= with make)."
        ) from error
    return listening


def _announce(settings: Settings, catalog: Catalog, listening: socket.socket) -> None:
    host, port = listening.getsockname()[:2]
    shown = "127.0.0.1" if host == "0.0.0.0" else f"[{host}]" if ":" in host else host  # noqa: S104  compared only
    base = settings.public_url or f"http://{shown}:{port}"
    command = sys.argv[0] if "brokerbook" in sys.argv[0] else "brokerbook"
    data = settings.data.resolve()
    where = "" if settings.data == Settings().data else f" --data {data}"
    lines = [
        f"Brokerbook serves {data} at {base}",
        "  administrator:  admin",
    ]
    if catalog.password is not None:
        change = f"{command} user password admin{where}"
        lines.append(f"  password:       {catalog.password}   (shown this once; change it with `{change}`)")
    lines += [
        f"  documentation:  {base}/api/docs",
        "  create a Kafka service:",
        "    " + _EXAMPLE.format(base=base, command=command, where=where),
    ]
    print("\n".join(lines), flush=True)  # noqa: T201  this is the command's output
