"""Providers: what the server of an issuer says, asked through the outbound gate and remembered for a while.

What it says at the start and is wrong stops the start. One that cannot be reached stops nothing: its sign-ins and its
tokens are refused with 503, and it is asked again at the next one, but never more often than every ten seconds, however
many callers or unknown keys there are.
"""

from __future__ import annotations

import asyncio
import base64
import logging
import time
from typing import TYPE_CHECKING, Generic, TypeVar
from urllib.parse import quote_plus

import msgspec

from brokerbook import addresses
from brokerbook.access import openid, principals, tokens
from brokerbook.engine import identity
from brokerbook.errors import NotAuthenticated, StartupError, Unavailable
from brokerbook.outbound import OutboundError, Unreachable

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from brokerbook.access.openid import Claims, Discovery, Header, Key
    from brokerbook.access.principals import Person
    from brokerbook.access.sign_in_states import Begun
    from brokerbook.issuers import Issuer
    from brokerbook.outbound import Gate

T = TypeVar("T")

DISCOVERY_BYTES = 128 * 1024
KEYS_BYTES = 128 * 1024
ANSWER_BYTES = 128 * 1024
SECONDS_BETWEEN = 10
"""The least time between two questions for one document."""
DISCOVERY_SECONDS = (3600, 86_400)
KEYS_SECONDS = (600, 3600)
"""After which a document is asked for again, and after which it counts no more if that fails."""

REFUSED = "The provider did not take the code of this sign-in. Begin it again."

_log = logging.getLogger(__name__)


class Wrong(Exception):
    """What a provider says cannot be; in words that go on after the document's name."""


class Kept(Generic[T]):
    """A document of a provider's."""

    def __init__(
        self, name: str, ask: Callable[[], Awaitable[T]], clock: Callable[[], float], seconds: tuple[int, int]
    ) -> None:
        self.value: T | None = None
        """As it was last seen, however long ago."""
        self._name = name
        self._ask = ask
        self._clock = clock
        self._fresh, self._usable = seconds
        self._at = self._tried_at = float("-inf")
        self._lock = asyncio.Lock()

    async def start(self) -> None:
        """Asks for it now; an OutboundError or Wrong says why it is not there."""
        self._tried_at = self._clock()
        self.value = await self._ask()
        self._at = self._clock()

    async def current(self) -> T:
        """The document, asked for again if it is not fresh; Unavailable if there is none that counts."""
        age = self._clock() - self._at
        # While somebody asks already, nobody waits who can do without the answer.
        if self.value is not None and (age < self._fresh or (age < self._usable and self._lock.locked())):
            return self.value
        return await self.newer()

    async def newer(self) -> T:
        """The document, asked for again because something is missing in it, unless that was done just now."""
        async with self._lock:
            if self._clock() - self._tried_at >= SECONDS_BETWEEN:
                try:
                    await self.start()
                except (OutboundError, Wrong) as error:
                    _log.warning("%s %s", self._name, error)
            if self.value is None or self._clock() - self._at >= self._usable:
                raise Unavailable("The provider of this sign-in cannot be asked now. Try again.", SECONDS_BETWEEN)
            return self.value


class _TokenAnswer(msgspec.Struct):
    id_token: str = ""
    error: str = ""


class Provider:
    """The server of one issuer."""

    def __init__(self, issuer: Issuer, gate: Gate, clock: Callable[[], float] = time.monotonic) -> None:
        self.issuer = issuer
        self._gate = gate
        name = f"the issuer {issuer.name}: its"
        self.discovery = Kept(f"{name} discovery document", self._discovered, clock, DISCOVERY_SECONDS)
        self.keys = Kept(f"{name} keys (jwks_uri)", self._asked_for_keys, clock, KEYS_SECONDS)

    async def prepare(self) -> None:
        """Asks for the documents for the first time; a StartupError says which of them is wrong."""
        for what, document in (("discovery document", self.discovery), ("set of keys (jwks_uri)", self.keys)):
            try:
                await document.start()
            except Unreachable as error:
                _log.warning(
                    "the issuer %s: its %s %s. Its sign-ins and tokens are refused until it can be asked.",
                    self.issuer.name,
                    what,
                    error,
                )
                return
            except (OutboundError, Wrong) as error:
                raise StartupError(f"The issuer {self.issuer.name}: its {what} {error}.") from None

    async def authorization(self, begun: Begun, callback: str) -> str:
        """Where a browser begins a sign-in (OpenID Connect Core, 3.1.2.1)."""
        found = await self.discovery.current()
        return addresses.parsed(found.authorization_endpoint).with_query(
            response_type="code",
            client_id=self.issuer.client_id or "",
            redirect_uri=callback,
            scope=" ".join(self.issuer.scopes),
            state=begun.state,
            nonce=begun.nonce,
            code_challenge=begun.challenge,
            code_challenge_method="S256",
        )

    async def check_sender(self, sender: str | None) -> None:
        """Refuses an answer to a sign-in that another issuer gave (RFC 9207)."""
        found = await self.discovery.current()
        if sender is None and not found.authorization_response_iss_parameter_supported:
            return
        if sender != self.issuer.issuer:
            raise NotAuthenticated("Another issuer has answered than the one that was asked. Begin the sign-in again.")

    async def signed_in(self, code: str, begun: Begun, callback: str) -> Person:
        """Whom the ID token stands for that a code is good for."""
        token = await self._exchanged(code, begun, callback)
        header = openid.header(self.issuer, token)
        claims = await self._verified(token, header)
        openid.check_id_token(self.issuer, header, claims, begun.nonce)
        return principals.person(self.issuer, claims)

    async def caller(self, token: str) -> tuple[Person, int]:
        """Whom an API token stands for, if it is one that is taken here, and until when (epoch milliseconds)."""
        header = openid.header(self.issuer, token)
        claims = await self._verified(token, header)
        openid.check_api_token(self.issuer, header, claims)
        return principals.person(self.issuer, claims), claims.expires_at

    async def _verified(self, token: str, header: Header) -> Claims:
        key = openid.key_for(header, await self.keys.current())
        if key is None:
            key = openid.key_for(header, await self.keys.newer())
        if key is None:
            raise NotAuthenticated(tokens.KEY_MISMATCH)
        return openid.verified(self.issuer, token, header, key, identity.now())

    # asking

    async def _discovered(self) -> Discovery:
        address = addresses.parsed(self.issuer.issuer)
        path = f"{address.path.rstrip('/')}/.well-known/openid-configuration"
        body = await self._document(f"{address.origin}{path}", DISCOVERY_BYTES)
        try:
            return openid.discovered(self.issuer, body)
        except ValueError as error:
            raise Wrong(str(error)) from None

    async def _asked_for_keys(self) -> list[Key]:
        body = await self._document((await self.discovery.current()).jwks_uri, KEYS_BYTES)
        try:
            return openid.keys(body)
        except ValueError as error:
            raise Wrong(str(error)) from None

    async def _document(self, url: str, most_bytes: int) -> bytes:
        answer = await self._gate.fetch(url, most_bytes=most_bytes)
        if answer.status >= 500 or answer.status == 429:
            raise Unreachable(f"is answered with status {answer.status}")
        if answer.status != 200:
            raise Wrong(f"is answered with status {answer.status}")
        return answer.body

    async def _exchanged(self, code: str, begun: Begun, callback: str) -> str:
        """The ID token for a code (RFC 6749, 4.1.3, with RFC 7636)."""
        endpoint = (await self.discovery.current()).token_endpoint
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": callback}
        form["code_verifier"] = begun.verifier
        headers: dict[str, str] = {}
        client, secret = self.issuer.client_id or "", self.issuer.client_secret or ""
        if self.issuer.client_authentication == "client_secret_basic":
            credentials = f"{quote_plus(client)}:{quote_plus(secret)}"
            headers["Authorization"] = f"Basic {base64.b64encode(credentials.encode()).decode()}"
        else:
            form["client_id"] = client
            if secret:
                form["client_secret"] = secret
        try:
            answer = await self._gate.fetch(endpoint, form=form, headers=headers, most_bytes=ANSWER_BYTES)
            said = msgspec.json.decode(answer.body, type=_TokenAnswer)
        except OutboundError as error:
            raise self._no_token(str(error)) from None
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            raise self._no_token("does not answer with the JSON that it has to") from None
        if answer.status == 200 and said.id_token:
            return said.id_token
        if answer.status == 400 and said.error not in {"invalid_client", "unauthorized_client"}:
            raise NotAuthenticated(REFUSED)
        raise self._no_token(f"is answered with status {answer.status}; client_id and secret may be wrong")

    def _no_token(self, why: str) -> Unavailable:
        _log.warning("the issuer %s: its token_endpoint %s", self.issuer.name, why)
        return Unavailable("The provider of this sign-in cannot be asked now. Begin it again.", SECONDS_BETWEEN)
