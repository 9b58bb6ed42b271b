"""Tokens: what is signed comes back, and nothing else gets through."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from brokerbook.access import tokens
from brokerbook.access.tokens import Claims, Signer
from brokerbook.errors import NotAuthenticated, StartupError

NOW = 1_700_000_000_000
CLAIMS = Claims(
    token_id="4a1c1b1e-0000-4000-8000-000000000001",
    user="ingestion-bot",
    email="ingestion-bot@example.com",
    is_bot=True,
    kind="BOT",
    issued_at=NOW,
    expires_at=NOW + 60_000,
)


@pytest.fixture(scope="module")
def key() -> bytes:
    return tokens.new_private_key()


@pytest.fixture(scope="module")
def signer(key: bytes) -> Signer:
    return Signer(key)


def encoded(part: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()


def decoded(part: str) -> dict:
    return json.loads(base64.urlsafe_b64decode(part + "=="))


def refusal(signer: Signer, token: str, now: int = NOW) -> str:
    with pytest.raises(NotAuthenticated) as caught:
        signer.verify(token, now)
    return caught.value.message


def test_what_was_signed_comes_back(signer: Signer):
    assert signer.verify(signer.sign(CLAIMS), NOW) == CLAIMS
    endless = CLAIMS._replace(expires_at=None, kind="OM_USER", is_bot=False)
    assert signer.verify(signer.sign(endless), NOW * 100) == endless


def test_a_token_says_what_the_contract_says(signer: Signer):
    header, payload, _ = signer.sign(CLAIMS).split(".")
    assert decoded(header) == {"alg": "RS256", "kid": signer.kid, "typ": "JWT"}
    assert decoded(payload) == {
        "iss": "open-metadata.org",
        "sub": "ingestion-bot",
        "email": "ingestion-bot@example.com",
        "roles": [],
        "isBot": True,
        "tokenType": "BOT",
        "iat": 1_700_000_000,
        "exp": 1_700_000_060,
        "jti": "4a1c1b1e-0000-4000-8000-000000000001",
    }
    endless = signer.sign(CLAIMS._replace(expires_at=None)).split(".")[1]
    assert "exp" not in decoded(endless)


def test_a_client_verifies_a_token_with_the_published_key(signer: Signer):
    (published,) = signer.jwks()["keys"]
    assert set(published) == {"kty", "kid", "n", "e", "alg", "use"}
    public = jwt.PyJWK.from_dict(dict(published)).key
    assert public.key_size == 2048
    said = jwt.decode(signer.sign(CLAIMS._replace(expires_at=None)), public, algorithms=["RS256"])
    assert said["sub"] == "ingestion-bot"


def test_the_key_is_named_by_its_thumbprint(signer: Signer, key: bytes):
    (published,) = signer.jwks()["keys"]
    text = f'{{"e":"{published["e"]}","kty":"RSA","n":"{published["n"]}"}}'
    thumbprint = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
    assert signer.kid == published["kid"] == thumbprint == Signer(key).kid


def test_a_token_ends_at_its_time_to_the_millisecond(signer: Signer):
    token = signer.sign(CLAIMS)
    signer.verify(token, NOW + 59_999)
    assert refusal(signer, token, NOW + 60_000) == "Expired token!"


def test_another_key_is_a_mismatch(signer: Signer):
    other = Signer(tokens.new_private_key())
    sentence = "Not Authorized! Invalid token. Token verification failed. Public key mismatch."
    assert refusal(signer, other.sign(CLAIMS)) == sentence
    # the same with our key's name written over it
    _, payload, _ = other.sign(CLAIMS).split(".")
    private = other._private_key
    forged = jwt.encode(decoded(payload), private, "RS256", {"kid": signer.kid})
    assert refusal(signer, forged) == sentence


def test_a_changed_payload_or_a_stripped_signature_is_a_mismatch(signer: Signer):
    header, payload, signature = signer.sign(CLAIMS).split(".")
    admin = encoded(decoded(payload) | {"sub": "admin", "isBot": False})
    mismatch = "Not Authorized! Invalid token. Token verification failed. Public key mismatch."
    assert refusal(signer, f"{header}.{admin}.{signature}") == mismatch
    assert refusal(signer, f"{header}.{payload}.") == mismatch
    assert refusal(signer, f"{header}.{payload}.{signature[:-8]}AAAAAAAA") == mismatch


def test_an_expired_forgery_is_not_told_that_it_expired(signer: Signer):
    header, payload, _ = signer.sign(CLAIMS).split(".")
    assert "mismatch" in refusal(signer, f"{header}.{payload}.AAAA", NOW * 2)


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "HS256", "RS512", "PS256", "ES256", "", 256, None])
def test_no_other_algorithm_is_taken(signer: Signer, algorithm: object):
    _, payload, signature = signer.sign(CLAIMS).split(".")
    header = encoded({"alg": algorithm, "kid": signer.kid, "typ": "JWT"})
    for ending in (signature, ""):
        assert refusal(signer, f"{header}.{payload}.{ending}") == "Not Authorized! Invalid token."


def test_the_public_key_is_no_shared_secret(signer: Signer):
    pem = signer._public_key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    _, payload, _ = signer.sign(CLAIMS).split(".")
    text = f"{encoded({'alg': 'HS256', 'kid': signer.kid})}.{payload}"
    signature = base64.urlsafe_b64encode(hmac.digest(pem, text.encode(), "sha256")).rstrip(b"=").decode()
    assert refusal(signer, f"{text}.{signature}") == "Not Authorized! Invalid token."


def test_a_key_that_comes_with_the_token_is_not_used(signer: Signer):
    other = Signer(tokens.new_private_key())
    _, payload, _ = other.sign(CLAIMS).split(".")
    private = other._private_key
    header = {"kid": signer.kid, "jwk": dict(other.jwks()["keys"][0]), "jku": "http://127.0.0.1:1/jwks"}
    assert "mismatch" in refusal(signer, jwt.encode(decoded(payload), private, "RS256", header))


@pytest.mark.parametrize(
    "token",
    [
        "", ".", "..", "...", "a", "a.b", "a.b.c", "a.b.c.d", "e30.e30.e30", "bnVsbA.e30.e30", "W10.e30.e30",
        "\u00e9.\u00e9.\u00e9", "eyJhbGciOiJSUzI1NiJ9.e30.AAAA", "x" * 100_000, " ", "\x00",
    ],
)  # fmt: skip
def test_garbage_is_an_invalid_token(signer: Signer, token: str):
    assert refusal(signer, token) == "Not Authorized! Invalid token."


@pytest.mark.parametrize(
    "change",
    [
        {"iss": "somebody-else"}, {"iss": None}, {"sub": 7}, {"jti": None}, {"tokenType": "ROOT"}, {"exp": "never"},
        {"isBot": "yes"},
    ],
)  # fmt: skip
def test_well_signed_nonsense_is_an_invalid_token(signer: Signer, change: dict):
    payload = decoded(signer.sign(CLAIMS).split(".")[1]) | change
    token = jwt.encode(
        {k: v for k, v in payload.items() if v is not None}, signer._private_key, "RS256", {"kid": signer.kid}
    )
    assert refusal(signer, token) == "Not Authorized! Invalid token."


def test_the_issuer_can_be_another_one(key: bytes):
    ours = Signer(key, issuer="catalog.example.com")
    assert ours.verify(ours.sign(CLAIMS), NOW) == CLAIMS
    assert refusal(ours, Signer(key).sign(CLAIMS)) == "Not Authorized! Invalid token."


def pem(private: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> bytes:
    return private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


@pytest.mark.parametrize(
    "bad",
    [b"", b"not a key", pem(rsa.generate_private_key(65537, 1024)), pem(ec.generate_private_key(ec.SECP256R1()))],
    ids=["empty", "garbage", "short", "elliptic"],
)
def test_what_is_no_key_stops_the_start(bad: bytes):
    with pytest.raises(StartupError, match="RSA private key of 2048 bits"):
        Signer(bad).prepare()


def test_a_truncated_key_stops_the_start(key: bytes):
    with pytest.raises(StartupError):
        Signer(key[: len(key) // 2]).prepare()


def test_refresh_tokens_are_random_and_stored_as_a_hash():
    one, other = tokens.new_refresh_token(), tokens.new_refresh_token()
    assert one != other
    assert len(one) >= 43
    assert tokens.text_hash(one) == hashlib.sha256(one.encode()).hexdigest()
    tokens.text_hash("\ud800")  # whatever a caller sends
