"""OpenID Connect's documents: discovery and keys, as they have to be and as they must not be. Tokens: tests/api."""

from __future__ import annotations

import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from brokerbook.access import openid
from brokerbook.access.openid import Claims, Header, discovered, key_for, keys
from brokerbook.access.principals import person
from brokerbook.errors import NotAuthenticated
from brokerbook.issuers import Issuer
from provider import jwk

URL = "https://idp.example.com/realms/main"
ISSUER = Issuer(name="corp", issuer=URL, client_id="catalog", client_secret="word")
GOOD: dict[str, Any] = {
    "issuer": URL,
    "jwks_uri": "https://keys.example.net/jwks",
    "authorization_endpoint": f"{URL}/auth",
    "token_endpoint": f"{URL}/token",
}


def encoded(value: Any) -> bytes:
    return json.dumps(value).encode()


# discovery


def test_a_good_document_is_taken_whatever_else_it_says():
    found = discovered(ISSUER, encoded(GOOD | {"userinfo_endpoint": 7, "claims_supported": ["sub"]}))
    assert (found.jwks_uri, found.token_endpoint) == ("https://keys.example.net/jwks", f"{URL}/token")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"issuer": f"{URL}/"}, "names another issuer than the settings; a slash at the end counts"),
        ({"issuer": "https://evil.example.com"}, "names another issuer than the settings; a slash at the end counts"),
        ({"issuer": None}, "is not the JSON that it has to be"),
        ({"jwks_uri": ""}, "has no jwks_uri"),
        ({"jwks_uri": 7}, "is not the JSON that it has to be"),
        (
            {"jwks_uri": "http://idp.example.com/jwks"},
            "is wrong: its jwks_uri must begin with https://; http is for this very machine only",
        ),
        ({"jwks_uri": "http://127.0.0.1/jwks"}, "is wrong: its jwks_uri has another scheme than the issuer"),
        ({"jwks_uri": "file:///etc/passwd"}, "is wrong: its jwks_uri must begin with https://"),
        ({"token_endpoint": ""}, "has no token_endpoint"),
        ({"token_endpoint": "//evil.example.com"}, "is wrong: its token_endpoint must begin with https://"),
        ({"authorization_endpoint": ""}, "has no authorization_endpoint"),
        (
            {"authorization_endpoint": "javascript:alert(1)"},
            "is wrong: its authorization_endpoint must begin with https://",
        ),
        (
            {"id_token_signing_alg_values_supported": ["HS256", "none"]},
            "knows none of the algorithms that the settings allow",
        ),
        ({"code_challenge_methods_supported": ["plain"]}, "does not know PKCE with S256"),
        (
            {"token_endpoint_auth_methods_supported": ["private_key_jwt"]},
            "does not know the client_authentication client_secret_basic",
        ),
    ],
)
def test_a_document_that_is_wrong_is_refused(change: dict[str, Any], sentence: str):
    with pytest.raises(ValueError) as refused:
        discovered(ISSUER, encoded(GOOD | change))
    assert str(refused.value) == sentence


@pytest.mark.parametrize("body", [b"", b"[]", b"<html>", b"\xff", b"[" * 100_000])
def test_what_is_no_document_is_refused(body: bytes):
    with pytest.raises(ValueError, match="is not the JSON"):
        discovered(ISSUER, body)


def test_an_issuer_of_api_tokens_only_needs_keys_only():
    issuer = Issuer(name="corp", issuer=URL, api_audiences=("api",))
    found = discovered(issuer, encoded({"issuer": URL, "jwks_uri": f"{URL}/jwks"}))
    assert found.jwks_uri == f"{URL}/jwks"


# keys


def public(key: Any, kind: Any) -> dict[str, Any]:
    return json.loads(kind.to_jwk(key.public_key()))


def listed(*found: dict[str, Any]) -> list[openid.Key]:
    """What is taken of these keys, beside one that is good."""
    taken = keys(encoded({"keys": [jwk("good"), *found]}))
    assert taken[0].kid == "good"
    return taken[1:]


def test_keys_of_every_kind_are_for_the_algorithms_of_their_kind():
    taken = listed(
        public(rsa.generate_private_key(public_exponent=65537, key_size=3072), RSAAlgorithm),
        public(ec.generate_private_key(ec.SECP256R1()), ECAlgorithm),
        public(ec.generate_private_key(ec.SECP384R1()), ECAlgorithm),
        public(ec.generate_private_key(ec.SECP521R1()), ECAlgorithm),
        public(ed25519.Ed25519PrivateKey.generate(), OKPAlgorithm),
        jwk("pinned", algorithm="PS256"),
    )
    assert [sorted(key.algorithms) for key in taken] == [
        ["PS256", "PS384", "PS512", "RS256", "RS384", "RS512"],
        ["ES256"],
        ["ES384"],
        ["ES512"],
        ["EdDSA"],
        ["PS256"],
    ]


@pytest.mark.parametrize(
    "key",
    [
        {"kty": "oct", "kid": "secret", "k": "c2VjcmV0", "alg": "HS256"},
        {"kty": "new"},
        {},
        jwk("for encryption", use="enc"),
        jwk("for encryption", key_ops=["encrypt"]),
        jwk("of another algorithm", alg="HS256"),
        jwk("of no algorithm", alg="none"),
        jwk("of a strange name") | {"kid": 7},
        jwk("broken", n="!"),
        jwk("broken", n="AQAB"),
        jwk("broken", n=7),
        jwk("broken", e="A" * 40),
        jwk("off the curve", algorithm="ES256") | {"x": jwk("x", 2, "ES256")["x"]},
        public(ec.generate_private_key(ec.SECP256K1()), ECAlgorithm),
        json.loads(RSAAlgorithm.to_jwk(rsa.generate_private_key(public_exponent=65537, key_size=2048))),
        public(rsa.generate_private_key(public_exponent=65537, key_size=1024), RSAAlgorithm),
    ],
)
def test_a_key_that_is_of_no_use_is_left_out(key: dict[str, Any]):
    assert listed(key) == []


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (encoded({"keys": [jwk("x")] * 101}), "holds more than 100 keys"),
        (encoded({"keys": []}), "holds no key that could check a signature"),
        (encoded({"keys": [{"kty": "oct", "k": "c2VjcmV0"}]}), "holds no key that could check a signature"),
        (encoded({"keys": [1]}), "is not the JSON that it has to be"),
        (encoded({}), "is not the JSON that it has to be"),
        (b"", "is not the JSON that it has to be"),
        (b'{"keys":' + b"[" * 100_000, "is not the JSON that it has to be"),
    ],
)
def test_a_set_of_keys_that_cannot_be_is_refused(body: bytes, sentence: str):
    with pytest.raises(ValueError) as refused:
        keys(body)
    assert str(refused.value) == sentence


def test_two_keys_that_could_be_meant_are_none():
    two = listed(jwk("a"), jwk("a", 2), jwk("b", algorithm="ES256"))
    assert key_for(Header("RS256", "a", ""), two) is None
    assert key_for(Header("RS256", None, ""), two) is None
    assert key_for(Header("ES256", None, ""), two) == two[2]
    assert key_for(Header("ES256", "b", ""), two) == two[2]
    assert key_for(Header("RS256", "b", ""), two) is None


def test_a_token_says_whom_it_is_from_or_nothing():
    for token in ("", "x", "a.b.c", "..", "a.W10.c", "a.eyJpc3MiOjd9.c", "é.é.é", "a." + "e" * 20_000 + ".c"):
        assert openid.unverified_issuer(token) == ""
    assert openid.unverified_issuer("a.eyJpc3MiOiJ4In0.c") == "x"


# principals


def claims(**said: Any) -> Claims:
    return Claims("subject", ("catalog",), None, None, 0, said)


def test_the_first_claim_of_the_list_that_is_there_names_the_user():
    said = {"email": "Ann.Lee@Example.com", "preferred_username": "ann"}
    assert person(ISSUER, claims(**said)).name == "ann.lee"
    other = Issuer(name="corp", issuer=URL, principal_claims=("nickname", "preferred_username", "email"))
    assert person(other, claims(**said, nickname="")).name == "ann"
    assert person(other, claims(**said, nickname=["x"])).name == "ann"


def test_nothing_that_is_said_of_the_address_counts_for_another_claim():
    issuer = Issuer(name="corp", issuer=URL, principal_claims=("upn",), email_claim="upn")
    said = {"upn": "boss@example.com", "email": "me@example.com", "email_verified": True}
    assert person(issuer, claims(**said)).is_verified is False
    assert person(issuer, claims(**said | {"email": "Boss@example.com"})).is_verified is True


def test_a_domain_counts_whole():
    issuer = Issuer(name="corp", issuer=URL, domains=("example.com",))
    assert person(issuer, claims(email="ann@example.com")).email == "ann@example.com"
    for email in ("ann@notexample.com", "ann@example.com.evil.org", "ann@example.com@evil.org"):
        with pytest.raises(NotAuthenticated):
            person(issuer, claims(email=email))
    with pytest.raises(NotAuthenticated):
        person(issuer, claims(email="ann@example.com", email_verified=False))


def test_values_of_a_claim_are_mapped_or_are_names_themselves():
    table = Issuer(name="corp", issuer=URL, teams_claim="groups", teams={"a": "A", "b": "B", "also a": "A"})
    names = Issuer(name="corp", issuer=URL, teams_claim="realm.groups")
    said = {"email": "a@example.com", "groups": ["b", "c", "a", "also a", 7, ""], "realm": {"groups": "Brokers"}}
    assert person(table, claims(**said)).teams == ("B", "A")
    assert person(names, claims(**said)).teams == ("Brokers",)
    assert person(names, claims(email="a@example.com", realm="x")).teams == ()
    assert person(ISSUER, claims(**said)).teams is None
