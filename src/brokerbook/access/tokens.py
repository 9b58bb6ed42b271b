"""Tokens: JSON Web Tokens that this catalog signs (RS256) and checks. Pure; nothing here reads or writes a file.

A good signature only says that the token is ours. Whether it still stands, and for whom, is the database's word:
`engine.identity.bearer`. The libraries are imported at first use, because they take a third of a start.
"""

# ruff: noqa: PLC0415

from __future__ import annotations

import base64
import hashlib
import secrets
from functools import cached_property
from typing import TYPE_CHECKING, Literal, NamedTuple, TypedDict

import msgspec

from brokerbook.errors import NotAuthenticated, StartupError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
    from jwt.api_jws import PyJWS

ISSUER = "open-metadata.org"
ALGORITHM: Literal["RS256"] = "RS256"
KEY_BITS = 2048

NOT_PRESENT = "Not Authorized! Token not present"
INVALID = "Not Authorized! Invalid token."
KEY_MISMATCH = "Not Authorized! Invalid token. Token verification failed. Public key mismatch."
EXPIRED = "Expired token!"

TokenKind = Literal["BOT", "PERSONAL_ACCESS", "OM_USER"]

REVOKED: dict[str, str] = {
    "BOT": "Not Authorized! The given token does not match the current bot's token!",
    "PERSONAL_ACCESS": "Not Authorized! Invalid personal access token!",
    "OM_USER": "Invalid token, used after logout!",
}
"""What a caller reads whose well-signed token of that kind was taken back."""


class Claims(NamedTuple):
    """What a token says; times in epoch milliseconds, of which the wire keeps whole seconds."""

    token_id: str
    user: str
    email: str
    is_bot: bool
    kind: TokenKind
    issued_at: int
    expires_at: int | None
    """None: never."""


class _Payload(msgspec.Struct, frozen=True, omit_defaults=True):
    """The claims as the token carries them (contract, "Token")."""

    iss: str
    sub: str
    email: str
    roles: list[str]
    isBot: bool
    tokenType: TokenKind
    iat: int
    jti: str
    exp: int | None = None


class _Header(msgspec.Struct):
    kid: str


class JsonWebKey(TypedDict):
    """A public key as clients read it (RFC 7517)."""

    kty: str
    kid: str
    n: str
    e: str
    alg: str
    use: str


_payload = msgspec.json.Decoder(_Payload)


def new_private_key() -> bytes:
    """A fresh private key for a `Signer`, as PEM; whoever has it can be anybody."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    return rsa.generate_private_key(public_exponent=65537, key_size=KEY_BITS).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


class Signer:
    """Signs and checks tokens with one key pair."""

    def __init__(self, private_key: bytes, *, issuer: str = ISSUER) -> None:
        self._pem = private_key
        self.issuer = issuer

    def prepare(self) -> None:
        """Loads libraries and key now, so that the first request need not; a key that is none is a StartupError."""
        _ = self._jws, self._public_key, self.kid

    def sign(self, claims: Claims) -> str:
        """The token that says this."""
        payload = _Payload(
            iss=self.issuer,
            sub=claims.user,
            email=claims.email,
            roles=[],
            isBot=claims.is_bot,
            tokenType=claims.kind,
            iat=claims.issued_at // 1000,
            jti=claims.token_id,
            exp=None if claims.expires_at is None else claims.expires_at // 1000,
        )
        return self._jws.encode(msgspec.json.encode(payload), self._private_key, ALGORITHM, {"kid": self.kid})

    def verify(self, token: str, now: int) -> Claims:
        """What a token says, if it is ours and has not expired at `now` (epoch milliseconds); else NotAuthenticated.

        The signature comes first: nothing of a forged token's content shows in the answer.
        """
        from jwt.exceptions import InvalidSignatureError, PyJWTError

        try:
            header = msgspec.convert(self._jws.get_unverified_header(token), _Header)
            if header.kid != self.kid:
                raise NotAuthenticated(KEY_MISMATCH)
            verified = self._jws.decode_complete(token, self._public_key, algorithms=[ALGORITHM])
            payload = _payload.decode(verified["payload"])
        except InvalidSignatureError:
            raise NotAuthenticated(KEY_MISMATCH) from None
        except (PyJWTError, msgspec.MsgspecError, ValueError):
            raise NotAuthenticated(INVALID) from None
        if payload.iss != self.issuer:
            raise NotAuthenticated(INVALID)
        if payload.exp is not None and payload.exp * 1000 <= now:
            raise NotAuthenticated(EXPIRED)
        return Claims(
            token_id=payload.jti,
            user=payload.sub,
            email=payload.email,
            is_bot=payload.isBot,
            kind=payload.tokenType,
            issued_at=payload.iat * 1000,
            expires_at=None if payload.exp is None else payload.exp * 1000,
        )

    def jwks(self) -> dict[str, list[JsonWebKey]]:
        """The public key as the set that clients read (RFC 7517)."""
        members = self._members
        return {
            "keys": [
                {"kty": "RSA", "kid": self.kid, "n": members["n"], "e": members["e"], "alg": ALGORITHM, "use": "sig"}
            ]
        }

    @cached_property
    def kid(self) -> str:
        """The key's name: its RFC 7638 thumbprint."""
        # The RFC hashes the required members in the order of their names, without blanks.
        text = msgspec.json.encode(self._members)
        return _base64url(hashlib.sha256(text).digest())

    @cached_property
    def _members(self) -> dict[str, str]:
        numbers = self._public_key.public_numbers()
        return {"e": _base64url(_big_endian(numbers.e)), "kty": "RSA", "n": _base64url(_big_endian(numbers.n))}

    @cached_property
    def _private_key(self) -> RSAPrivateKey:
        from cryptography.exceptions import UnsupportedAlgorithm
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric import rsa

        try:
            # The arithmetic check of the key takes longer than all else at a start; whoever may write the key's file
            # needs no trick with a malformed key.
            key = serialization.load_pem_private_key(self._pem, None, unsafe_skip_rsa_key_validation=True)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            key = None
        if not isinstance(key, rsa.RSAPrivateKey) or key.key_size < KEY_BITS:
            raise StartupError(
                f"The key that signs tokens is not an RSA private key of {KEY_BITS} bits or more in PEM form without "
                "a password. Put back the file that was there; without it every token that was ever given out is void."
            )
        return key

    @cached_property
    def _public_key(self) -> RSAPublicKey:
        return self._private_key.public_key()

    @cached_property
    def _jws(self) -> PyJWS:
        from jwt.api_jws import PyJWS

        return PyJWS(algorithms=[ALGORITHM])


def _big_endian(number: int) -> bytes:
    return number.to_bytes((number.bit_length() + 7) // 8, "big")


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def new_refresh_token() -> str:
    """A random text that stands for a session until it is used once."""
    return secrets.token_urlsafe(32)


def text_hash(token: str) -> str:
    """What is stored of a token: a signature or 256 random bits cannot be guessed, so a plain hash tells nothing."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
