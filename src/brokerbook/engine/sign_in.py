"""Sign-in with other issuers (OpenID Connect): begun and finished in a browser; and callers with tokens of theirs.

The browser goes to the provider with a state that is bound to it, and comes back with a code; the catalog asks the
provider what the code is good for, and opens a session of its own, as a login does.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, NamedTuple

from brokerbook.access import tokens
from brokerbook.access.sign_in_states import ENDED, States, new_browser
from brokerbook.engine import admission, identity, sessions
from brokerbook.errors import BadRequest, NotAuthenticated

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from brokerbook.access.principals import Person
    from brokerbook.access.tokens import Signer
    from brokerbook.engine.providers import Provider
    from brokerbook.engine.secrets import Sealer
    from brokerbook.engine.sessions import Session
    from brokerbook.store.database import Database
    from brokerbook.store.identity import UserRow

CALLBACK = "/api/v1/auth/callback"
"""Where providers send browsers back to, below the catalog's address."""
_LONGEST = 4096
_DENIALS = frozenset({"access_denied", "login_required", "consent_required", "interaction_required"})

_log = logging.getLogger(__name__)


class Departure(NamedTuple):
    """Where a browser goes to sign in, and the secret that it keeps until it is back."""

    location: str
    browser: str


class Visitor(NamedTuple):
    """Whom a token of another issuer stands for, until when (epoch milliseconds)."""

    user_id: str
    expires_at: int


class SignIn:
    """The issuers of one process."""

    def __init__(
        self, database: Database, signer: Signer, sealer: Sealer, providers: Iterable[Provider], base: str
    ) -> None:
        self._database = database
        self._signer = signer
        self._sealer = sealer
        self._states = States()
        self._callback = f"{base}{CALLBACK}"
        self.providers = {provider.issuer.name: provider for provider in providers}
        self._vouching = {
            provider.issuer.issuer: provider for provider in self.providers.values() if provider.issuer.api_audiences
        }

    async def prepare(self) -> None:
        """Asks every provider for the first time, all at once; a StartupError says what is wrong with one."""
        await asyncio.gather(*(provider.prepare() for provider in self.providers.values()))

    # in a browser

    async def begin(self, name: str | None) -> Departure:
        """A sign-in with the issuer of that name; without one, with the only one that there is."""
        provider = self._chosen(name)
        browser = new_browser()
        begun = self._states.begin(provider.issuer.name, browser, identity.now())
        return Departure(await provider.authorization(begun, self._callback), browser)

    def _chosen(self, name: str | None) -> Provider:
        choices = [known for known, provider in self.providers.items() if provider.issuer.signs_in]
        if not choices:
            raise BadRequest("There is no issuer to sign in with. Log in with a password.")
        if name is None and len(choices) == 1:
            name = choices[0]
        if name not in choices:
            raise BadRequest(f"The query parameter issuer has to be one of: {', '.join(choices)}.")
        return self.providers[name]

    async def finish(self, query: Mapping[str, str], browser: str | None) -> Session:
        """The session of a browser that is back from the provider; NotAuthenticated says why there is none."""
        state, code = query.get("state", ""), query.get("code", "")
        if browser is None or len(state) > _LONGEST or len(browser) > _LONGEST:
            raise NotAuthenticated(ENDED)
        begun = self._states.take(state, browser, identity.now())
        provider = self.providers[begun.issuer]
        if (denial := query.get("error")) is not None:
            # Anybody may have written it: only what is known is repeated.
            why = f" ({denial})" if denial in _DENIALS else ""
            raise NotAuthenticated(f"The provider did not sign you in{why}. Begin again.")
        await provider.check_sender(query.get("iss"))
        if not 0 < len(code) <= _LONGEST:
            raise NotAuthenticated("The provider sent no code that could be taken. Begin the sign-in again.")
        user = await self._admitted(provider, await provider.signed_in(code, begun, self._callback))
        session = await sessions.opened(self._database, self._signer, user.id)
        _log.info("the user %s has signed in with the issuer %s", user.name, begun.issuer)
        return session

    async def _admitted(self, provider: Provider, person: Person) -> UserRow:
        return await self._database.write(lambda tx: admission.admitted(tx, self._sealer, provider.issuer, person))

    # with a token

    def voucher(self, token: str) -> Provider | None:
        """The provider that a token says it is from, if its API tokens are taken; nothing is verified yet."""
        if not self._vouching:
            return None
        from brokerbook.access import openid  # noqa: PLC0415  most catalogs have no issuers

        return self._vouching.get(openid.unverified_issuer(token))

    async def visitor(self, token: str) -> Visitor:
        """Whom a token of an issuer's stands for; NotAuthenticated if it is none, or nobody may come in with it."""
        provider = self.voucher(token)
        if provider is None:
            raise NotAuthenticated(tokens.INVALID)
        person, expires_at = await provider.caller(token)
        user = self._database.peek(lambda tx: admission.known(tx, provider.issuer, person))
        if user is None:
            user = await self._admitted(provider, person)
        return Visitor(user.id, expires_at)
