"""What a sign-in carries to the provider and back: bound to one browser and one issuer, for ten minutes, for one use.

Nothing is stored for a sign-in that was begun, so that strangers who begin many fill nothing: the state is signed, the
nonce and PKCE's verifier follow from it, and the browser keeps the secret that makes it his. What was used is remembered
until it would have ended anyway.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from typing import NamedTuple

from brokerbook.errors import NotAuthenticated

LASTS_SECONDS = 600
MOST_USED = 10_000
"""States remembered as used; above, the oldest are forgotten, whose codes the provider takes only once as well."""

ENDED = "This sign-in was not begun in this browser, was used already or took more than ten minutes. Begin it again."


class Begun(NamedTuple):
    """A sign-in: `state` and `challenge` go to the provider, the verifier is told when the code is handed in."""

    issuer: str
    """The name that the settings give it."""
    state: str
    nonce: str
    verifier: str

    @property
    def challenge(self) -> str:
        """The verifier's hash (RFC 7636, S256)."""
        return _base64url(hashlib.sha256(self.verifier.encode()).digest())


class States:
    """The sign-ins of one process; its key dies with it."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)
        self._used: dict[bytes, float] = {}

    def begin(self, issuer: str, browser: str, now: int) -> Begun:
        """A new sign-in of the browser with that secret; `now` in epoch milliseconds."""
        said = f"{issuer}.{now // 1000 + LASTS_SECONDS}.{secrets.token_urlsafe(16)}"
        return self._begun(issuer, f"{said}.{self._mac('state', said, browser)}", browser)

    def take(self, state: str, browser: str, now: int) -> Begun:
        """The sign-in that was begun with this state, this once; NotAuthenticated if it was not, or has ended."""
        said, _, mac = state.rpartition(".")
        if not hmac.compare_digest(mac.encode(), self._mac("state", said, browser).encode()):
            raise NotAuthenticated(ENDED)
        issuer, ends, _ = said.split(".")
        if int(ends) * 1000 <= now or not self._use(state, now):
            raise NotAuthenticated(ENDED)
        return self._begun(issuer, state, browser)

    def _use(self, state: str, now: int) -> bool:
        while self._used:
            oldest = next(iter(self._used))
            if self._used[oldest] > now and len(self._used) < MOST_USED:
                break
            del self._used[oldest]
        digest = hashlib.sha256(state.encode()).digest()
        if digest in self._used:
            return False
        self._used[digest] = now + LASTS_SECONDS * 1000
        return True

    def _begun(self, issuer: str, state: str, browser: str) -> Begun:
        return Begun(issuer, state, self._mac("nonce", state, browser), self._mac("verifier", state, browser))

    def _mac(self, purpose: str, said: str, browser: str) -> str:
        text = f"{purpose}\n{said}\n{browser}"
        return _base64url(hmac.digest(self._key, text.encode("utf-8", "surrogatepass"), "sha256"))


def new_browser() -> str:
    """A secret for a browser to keep."""
    return secrets.token_urlsafe(32)


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
