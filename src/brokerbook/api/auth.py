"""Who is calling: from a bearer token to an Actor. Not what he may do.

A token is verified and looked up once; then it is known until it expires or anything changes that any token's worth
depends on. Such a change renews the identity epoch in its transaction. Within this process `forget` is called before
the change is answered; what another process changed (the command line) is noticed by `watch` within a tenth of a
second.

A token of another issuer is verified with keys that may have to be asked for first: `actor` says so by ForeignToken, and
`welcome` makes it known.
"""

from __future__ import annotations

import asyncio
from time import time
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeVar

from brokerbook.access import tokens
from brokerbook.access.journal import Journal
from brokerbook.engine import admission, identity, rights
from brokerbook.errors import NotAuthenticated, Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable

    from brokerbook.access.actor import Actor
    from brokerbook.access.rights import Directory
    from brokerbook.access.tokens import Signer
    from brokerbook.api.http import Request
    from brokerbook.engine.identity import Bearer
    from brokerbook.engine.last_use import LastUse
    from brokerbook.engine.sign_in import SignIn

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


class ForeignToken(NotAuthenticated):
    """The token says that it is from another issuer, and is not known (any more): `welcome` is to find out."""

    def __init__(self) -> None:
        super().__init__(tokens.INVALID)


class Authenticator:
    """Knows the callers of one process; all of it runs on the event loop's thread."""

    def __init__(self, database: _Database, signer: Signer, sign_in: SignIn, last_use: LastUse) -> None:
        self._database = database
        self._signer = signer
        self._sign_in = sign_in
        self._last_use = last_use
        # By the whole header, so that a known caller costs one look-up.
        self._known: dict[bytes, _Known] = {}
        self._data_version = -1
        self._epoch = ""
        self._access_epoch = ""
        self._directory: Directory | None = None
        self.journal = Journal()
        self.look()

    def actor(self, request: Request) -> Actor:
        """Who is calling; NotAuthenticated, with the contract's sentence, if that cannot be told."""
        headers = request.headers
        header = headers.get(AUTHORIZATION, b"")
        known, at = self._known.get(header), time()
        if known is None or known.expires_at <= at:
            known = self._admitted(header)
        self._last_use.noted[known.actor.token_id] = at
        if IMPERSONATE in headers:
            return self._impersonated(known, headers[IMPERSONATE])
        return known.actor

    def _admitted(self, header: bytes) -> _Known:
        token = header[len(SCHEME) :]
        if not header.startswith(SCHEME) or not token.strip():
            raise NotAuthenticated(tokens.NOT_PRESENT)
        self._known.pop(header, None)
        text = token.decode("latin-1")
        if self._sign_in.voucher(text) is not None:
            raise ForeignToken
        claims = self._signer.verify(text, identity.now())
        bearer = self._database.peek(lambda tx: identity.bearer(tx, text, claims, self._current(tx)))
        return self._remembered(header, bearer)

    async def welcome(self, request: Request) -> None:
        """Lets the caller be known whose token is from another issuer; NotAuthenticated says why he is not."""
        header = request.headers[AUTHORIZATION]
        visitor = await self._sign_in.visitor(header[len(SCHEME) :].decode("latin-1"))
        bearer = self._database.peek(lambda tx: admission.bearer(tx, visitor, self._current(tx)))
        self._remembered(header, bearer)

    def _remembered(self, header: bytes, bearer: Bearer) -> _Known:
        expires_at = _NEVER if bearer.expires_at is None else bearer.expires_at / 1000
        known = _Known(bearer, bearer.actor, expires_at)
        if len(self._known) >= MOST_KNOWN:
            del self._known[next(iter(self._known))]
        self._known[header] = known
        return known

    def _impersonated(self, known: _Known, name: bytes) -> Actor:
        wanted = name.decode("utf-8", "replace").strip()
        return self._database.peek(lambda tx: identity.impersonated(tx, known.bearer, wanted, self._current(tx)))

    def _current(self, tx: Any) -> Directory:
        """Teams, roles and policies as they are, read again only when one of them has changed."""
        epoch = identity.access_epoch(tx)
        if self._directory is None or epoch != self._access_epoch:
            self._directory, self._access_epoch = rights.directory(tx, self.journal), epoch
        return self._directory

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
