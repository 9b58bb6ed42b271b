"""Who is calling: from a bearer token to an Actor. Not what he may do.

A token is verified and looked up once; then it is known until it expires or anything changes that any token's worth
depends on. Such a change renews the identity epoch in its transaction. Within this process `forget` is called before
the change is answered; what another process changed (the command line) is noticed by `watch` within a tenth of a
second.
"""

from __future__ import annotations

import asyncio
from time import time
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeVar

from brokerbook.access import tokens
from brokerbook.engine import identity
from brokerbook.errors import NotAuthenticated, Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable

    from brokerbook.access.actor import Actor
    from brokerbook.access.tokens import Signer
    from brokerbook.api.http import Request
    from brokerbook.engine.identity import Bearer

AUTHORIZATION = b"authorization"
IMPERSONATE = b"x-impersonate-user"
SCHEME = b"Bearer "

MOST_KNOWN = 10_000
LOOK_SECONDS = 0.1
_NEVER = float("inf")
T = TypeVar("T")


class _Database(Protocol):
    def peek(self, work: Callable[[Any], T]) -> T: ...

    def data_version(self) -> int: ...


class _Known(NamedTuple):
    bearer: Bearer
    actor: Actor
    expires_at: float
    """Epoch seconds."""


class Authenticator:
    """Knows the callers of one process; all of it runs on the event loop's thread."""

    def __init__(self, database: _Database, signer: Signer) -> None:
        self._database = database
        self._signer = signer
        # By the whole header, so that a known caller costs one look-up.
        self._known: dict[bytes, _Known] = {}
        self._data_version = -1
        self._epoch = ""
        self.look()

    def actor(self, request: Request) -> Actor:
        """Who is calling; NotAuthenticated, with the contract's sentence, if that cannot be told."""
        headers = request.headers
        header = headers.get(AUTHORIZATION, b"")
        known = self._known.get(header)
        if known is None or known.expires_at <= time():
            known = self._admitted(header)
        if IMPERSONATE in headers:
            return self._impersonated(known, headers[IMPERSONATE])
        return known.actor

    def _admitted(self, header: bytes) -> _Known:
        token = header[len(SCHEME) :]
        if not header.startswith(SCHEME) or not token.strip():
            raise NotAuthenticated(tokens.NOT_PRESENT)
        self._known.pop(header, None)
        claims = self._signer.verify(token.decode("latin-1"), identity.now())
        bearer = self._database.peek(lambda tx: identity.bearer(tx, claims))
        expires_at = _NEVER if claims.expires_at is None else claims.expires_at / 1000
        known = _Known(bearer, bearer.actor, expires_at)
        if len(self._known) >= MOST_KNOWN:
            del self._known[next(iter(self._known))]
        self._known[header] = known
        return known

    def _impersonated(self, known: _Known, name: bytes) -> Actor:
        wanted = name.decode("utf-8", "replace").strip()
        return self._database.peek(lambda tx: identity.impersonated(tx, known.bearer, wanted))

    def forget(self) -> None:
        """Looks every token up again from now on; called after each committed change of users and tokens."""
        self._known.clear()

    def look(self) -> None:
        """Forgets, if another process or a caller who went away has changed users or tokens."""
        try:
            data_version = self._database.data_version()
            if data_version == self._data_version:
                return
            epoch = self._database.peek(identity.epoch)
        except Unavailable:
            self._known.clear()  # who cannot be looked up cannot be trusted to be unchanged
            return
        self._data_version = data_version
        if epoch != self._epoch:
            self._epoch = epoch
            self._known.clear()

    async def watch(self) -> None:
        """Looks, ten times a second, until it is cancelled."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            self.look()
