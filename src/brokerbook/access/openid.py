"""OpenID Connect, the pure part: what a provider's documents say, and whether a token is one that it made for us.

A document that is wrong is a ValueError whose sentence goes on after the document's name; a token that is wrong is
NotAuthenticated. Neither repeats what it was given. PyJWT is imported at first use, as in `tokens`.
"""

# ruff: noqa: PLC0415

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import msgspec
from msgspec import Meta

from brokerbook import addresses
from brokerbook.access import tokens
from brokerbook.errors import NotAuthenticated

if TYPE_CHECKING:
    from jwt.api_jws import PyJWS

    from brokerbook.issuers import Issuer

LONGEST_TOKEN = 16 * 1024
MOST_KEYS = 100
_RSA_BITS = (2048, 8192)
"""Below, a key can be broken; above, checking with it takes too long."""
_LARGEST_EXPONENT = 2**32
_CURVES = {"P-256": "ES256", "P-384": "ES384", "P-521": "ES512"}
_RSA = frozenset({"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"})
_ID_TOKEN = frozenset({"", "jwt"})
_API_TOKEN = _ID_TOKEN | {"at+jwt", "application/at+jwt"}

_Text = Annotated[str, Meta(min_length=1, max_length=1000)]
_Seconds = Annotated[float, Meta(ge=0, le=100_000_000_000)]


# the discovery document


class Discovery(msgspec.Struct, frozen=True):
    """What a provider says about itself (OpenID Connect Discovery 1.0, section 3), as far as we ask."""

    issuer: str
    jwks_uri: str = ""
    authorization_endpoint: str = ""
    token_endpoint: str = ""
    id_token_signing_alg_values_supported: list[str] | None = None
    code_challenge_methods_supported: list[str] | None = None
    token_endpoint_auth_methods_supported: list[str] | None = None
    authorization_response_iss_parameter_supported: bool = False


def discovered(issuer: Issuer, body: bytes) -> Discovery:
    """A provider's discovery document, if it is this issuer's and good for what the issuer is used for."""
    try:
        found = msgspec.json.decode(body, type=Discovery)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise ValueError("is not the JSON that it has to be") from None
    if found.issuer != issuer.issuer:
        raise ValueError("names another issuer than the settings; a slash at the end counts")
    needed = ["jwks_uri", *(["authorization_endpoint", "token_endpoint"] if issuer.signs_in else [])]
    for name in needed:
        _check_endpoint(issuer, name, getattr(found, name))
    algorithms = found.id_token_signing_alg_values_supported
    if algorithms is not None and not set(algorithms) & set(issuer.algorithms):
        raise ValueError("knows none of the algorithms that the settings allow")
    if issuer.signs_in:
        _check_flow(issuer, found)
    return found


def _check_endpoint(issuer: Issuer, name: str, url: str) -> None:
    if not url:
        raise ValueError(f"has no {name}")
    try:
        address = addresses.parsed_secure(url)
    except ValueError as error:
        raise ValueError(f"is wrong: its {name} {error}") from None
    if address.scheme != addresses.parsed(issuer.issuer).scheme:
        raise ValueError(f"is wrong: its {name} has another scheme than the issuer")


def _check_flow(issuer: Issuer, found: Discovery) -> None:
    if "S256" not in (found.code_challenge_methods_supported or ["S256"]):
        raise ValueError("does not know PKCE with S256")
    wanted = issuer.client_authentication
    if wanted not in {"none", *(found.token_endpoint_auth_methods_supported or [wanted])}:
        raise ValueError(f"does not know the client_authentication {wanted}")


# keys


class Key(NamedTuple):
    """A public key of a provider's and the algorithms that it is for."""

    kid: str | None
    algorithms: frozenset[str]
    key: Any


class _Keys(msgspec.Struct):
    keys: list[dict[str, Any]]


def keys(body: bytes) -> list[Key]:
    """The keys of a JWKS (RFC 7517) that can check a signature; those of no use to us are left out."""
    try:
        found = msgspec.json.decode(body, type=_Keys).keys
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise ValueError("is not the JSON that it has to be") from None
    if len(found) > MOST_KEYS:
        raise ValueError(f"holds more than {MOST_KEYS} keys")
    usable = [key for each in found if (key := _key(each)) is not None]
    if not usable:
        raise ValueError("holds no key that could check a signature")
    return usable


def _key(members: dict[str, Any]) -> Key | None:
    from jwt.exceptions import PyJWTError

    kid = members.get("kid")
    if not isinstance(kid, str | None) or members.get("use", "sig") != "sig" or "d" in members:
        return None
    if "verify" not in members.get("key_ops", ["verify"]):
        return None
    try:
        algorithms, key = _public_key(members)
    except (PyJWTError, ValueError, TypeError, KeyError, AttributeError):
        return None
    if "alg" in members:
        algorithms &= {members["alg"]}
    return Key(kid, algorithms, key) if algorithms else None


def _public_key(members: dict[str, Any]) -> tuple[frozenset[str], Any]:
    from jwt import algorithms

    kind = members.get("kty")
    if kind == "RSA":
        key: Any = algorithms.RSAAlgorithm.from_jwk(members)
        least, most = _RSA_BITS
        fits = least <= key.key_size <= most and key.public_numbers().e < _LARGEST_EXPONENT
        return (_RSA if fits else frozenset()), key
    if kind == "EC" and members.get("crv") in _CURVES:
        return frozenset({_CURVES[members["crv"]]}), algorithms.ECAlgorithm.from_jwk(members)
    if kind == "OKP" and members.get("crv") == "Ed25519":
        return frozenset({"EdDSA"}), algorithms.OKPAlgorithm.from_jwk(members)
    return frozenset(), None


# tokens


class Header(NamedTuple):
    """What a token says about its signature, before that is checked."""

    algorithm: str
    kid: str | None
    kind: str
    """`typ`, in lower case."""


class _Header(msgspec.Struct):
    alg: _Text
    kid: _Text | None = None
    typ: str | None = None
    crit: Any = None
    b64: bool = True


class _Unverified(msgspec.Struct):
    iss: str = ""


class Claims(NamedTuple):
    """What a well-signed token of a provider says that has not expired; times in epoch milliseconds."""

    subject: str
    audiences: tuple[str, ...]
    client: str | None
    """The client that it was given to (`azp`, or `client_id` of RFC 9068)."""
    nonce: str | None
    expires_at: int
    said: dict[str, Any]
    """All of it."""


class _Claims(msgspec.Struct):
    iss: str
    sub: Annotated[str, Meta(min_length=1, max_length=255)]
    aud: str | list[str]
    exp: _Seconds
    iat: _Seconds | None = None
    nbf: _Seconds | None = None
    azp: str | None = None
    client_id: str | None = None
    nonce: str | None = None


@cache
def _jws() -> PyJWS:
    from jwt.api_jws import PyJWS

    return PyJWS()


def unverified_issuer(token: str) -> str:
    """Who a token says that it is from, to find out whose keys check it; empty if it says nothing."""
    part = token.split(".", 2)[1:2]
    if not part or len(token) > LONGEST_TOKEN:
        return ""
    from jwt.utils import base64url_decode

    try:
        return msgspec.json.decode(base64url_decode(part[0]), type=_Unverified).iss
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return ""


def header(issuer: Issuer, token: str) -> Header:
    """How a token is signed, if it is in a way that the issuer's settings allow."""
    from jwt.exceptions import PyJWTError

    if len(token) > LONGEST_TOKEN:
        raise NotAuthenticated(tokens.INVALID)
    try:
        found = msgspec.convert(_jws().get_unverified_header(token), _Header)
    except (PyJWTError, msgspec.MsgspecError, ValueError, RecursionError):
        raise NotAuthenticated(tokens.INVALID) from None
    if found.alg not in issuer.algorithms or found.crit is not None or not found.b64:
        raise NotAuthenticated(f"{tokens.INVALID} It is signed in a way that is not allowed here.")
    return Header(found.alg, found.kid, (found.typ or "").lower())


def key_for(header: Header, known: list[Key]) -> Key | None:
    """The key that checks a token; None if there is none, or if more than one could be meant."""
    fitting = [
        key for key in known if header.algorithm in key.algorithms and (header.kid is None or header.kid == key.kid)
    ]
    return fitting[0] if len(fitting) == 1 else None


def verified(issuer: Issuer, token: str, header: Header, key: Key, now: int) -> Claims:
    """What a token says, if this key signed it, the issuer gave it out and it is valid at `now` (epoch milliseconds)."""
    from jwt.exceptions import PyJWTError

    try:
        payload: bytes = _jws().decode(token, key.key, algorithms=[header.algorithm])
        said = msgspec.json.decode(payload, type=dict[str, Any])
        claims = msgspec.convert(said, _Claims)
    except PyJWTError:
        raise NotAuthenticated(tokens.KEY_MISMATCH) from None
    except (msgspec.MsgspecError, ValueError, RecursionError):
        raise NotAuthenticated(f"{tokens.INVALID} It lacks claims, or they are not what they have to be.") from None
    if claims.iss != issuer.issuer:
        raise NotAuthenticated(f"{tokens.INVALID} It is from another issuer.")
    skew = issuer.clock_skew_seconds
    seconds = now / 1000
    if claims.exp + skew <= seconds:
        raise NotAuthenticated(tokens.EXPIRED)
    if max(claims.nbf or 0, claims.iat or 0) - skew > seconds:
        raise NotAuthenticated(f"{tokens.INVALID} It is not valid yet.")
    return Claims(
        subject=claims.sub,
        audiences=(claims.aud,) if isinstance(claims.aud, str) else tuple(claims.aud),
        client=claims.azp if claims.azp is not None else claims.client_id,
        nonce=claims.nonce,
        expires_at=int((claims.exp + skew) * 1000),
        said=said,
    )


def check_id_token(issuer: Issuer, header: Header, claims: Claims, nonce: str) -> None:
    """Refuses an ID token that was not made for us, in answer to this sign-in (OpenID Connect Core, 3.1.3.7)."""
    if header.kind not in _ID_TOKEN:
        raise NotAuthenticated(f"{tokens.INVALID} It is no ID token.")
    if issuer.client_id not in claims.audiences:
        raise NotAuthenticated(f"{tokens.INVALID} It is for another audience.")
    party = claims.said.get("azp")
    if party != issuer.client_id and (party is not None or len(claims.audiences) > 1):
        raise NotAuthenticated(f"{tokens.INVALID} It was given to another client.")
    if claims.nonce != nonce:
        raise NotAuthenticated(f"{tokens.INVALID} It answers another sign-in.")
    if "iat" not in claims.said:
        raise NotAuthenticated(f"{tokens.INVALID} It does not say when it was made.")


def check_api_token(issuer: Issuer, header: Header, claims: Claims) -> None:
    """Refuses a token that is not for this catalog's API, or was given to a client that the settings do not name."""
    if header.kind not in _API_TOKEN:
        raise NotAuthenticated(f"{tokens.INVALID} It is no access token.")
    if not set(issuer.api_audiences) & set(claims.audiences):
        raise NotAuthenticated(f"{tokens.INVALID} It is for another audience.")
    if issuer.api_clients and claims.client not in issuer.api_clients:
        raise NotAuthenticated(f"{tokens.INVALID} It was given to another client.")
