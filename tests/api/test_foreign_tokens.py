"""API tokens of a trusted issuer: whose are taken, for what, and everything that is not."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from typing import TYPE_CHECKING, Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization

from brokerbook.access import tokens
from brokerbook.api import auth
from brokerbook.engine import admission, identity
from brokerbook.engine.admission import TAKEN
from conftest import Client, running
from make import fresh, made
from provider import CATALOG, MECHANISM, Provider, issuer, jwk, providing, rsa_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import httpx

    from conftest import Server

ME = "/api/v1/users/loggedInUser"
USERS = "/api/v1/users"
INVALID = "Not Authorized! Invalid token."


def error(response: httpx.Response, status: int) -> str:
    assert response.status_code == status, response.text
    return response.json()["message"]


@pytest.fixture(scope="module")
def idp() -> Iterator[Provider]:
    with providing() as provider:
        yield provider


@pytest.fixture(scope="module")
def machines() -> Iterator[Provider]:
    with providing() as provider:
        yield provider


@pytest.fixture(scope="module")
def untrusted() -> Iterator[Provider]:
    with providing() as provider:
        yield provider


@pytest.fixture(scope="module")
def server(
    tmp_path_factory: pytest.TempPathFactory, idp: Provider, machines: Provider, untrusted: Provider
) -> Iterator[Server]:
    issuers = (
        issuer(idp, api_audiences=("catalog-api", "other-api")),
        issuer(
            machines,
            "machines",
            principal_claims=("client_id", "sub"),
            default_domain="machines.example.com",
            api_audiences=("catalog-api",),
            api_clients=("crawler", "reporter"),
        ),
        issuer(untrusted, "sign-in-only"),
    )
    with running(tmp_path_factory.mktemp("data"), issuers=issuers, public_url=CATALOG) as started:
        yield started


@pytest.fixture(autouse=True)
def as_at_first(server: Server, idp: Provider, machines: Provider, untrusted: Provider) -> None:
    for provider in (idp, machines, untrusted):
        provider.__init__(provider.issuer)
    server.run(server.catalog.context.sign_in.prepare())
    server.catalog.context.authenticator.forget()
    for provider in (idp, machines, untrusted):
        provider.asked.clear()


@pytest.fixture
def anybody(server: Server) -> Client:
    return Client(server, None)


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch):
    def move(seconds: float) -> None:
        at = time.time() + seconds
        monkeypatch.setattr(identity, "now", lambda: int(at * 1000))
        monkeypatch.setattr(auth, "time", lambda: at)

    return move


def said(**claims: Any) -> dict[str, Any]:
    name = fresh("caller")
    return {"aud": "catalog-api", "sub": f"subject of {name}", "email": f"{name}@example.com"} | claims


# accepted


def test_an_api_token_lets_its_user_in_who_is_made_at_the_first(anybody: Client, idp: Provider):
    claims = said()
    for _ in range(2):
        me = anybody.get(ME, token=idp.token(**claims)).json()
        assert me["email"] == claims["email"]
        assert me["name"] == claims["email"].partition("@")[0]
        assert me["version"] == 0.1


def test_a_known_token_asks_the_provider_nothing(anybody: Client, idp: Provider):
    token = idp.token(**said())
    for _ in range(3):
        assert anybody.get(ME, token=token).status_code == 200
    assert idp.asked == []


@pytest.mark.parametrize("kind", ["JWT", "at+jwt", "AT+JWT", "application/at+jwt"])
def test_access_tokens_of_every_kind_are_taken(anybody: Client, idp: Provider, kind: str):
    idp.header = {"typ": kind}
    assert anybody.get(ME, token=idp.token(**said())).status_code == 200


@pytest.mark.parametrize("audience", ["other-api", ["somebody", "catalog-api"]])
def test_one_of_the_audiences_is_enough(anybody: Client, idp: Provider, audience: Any):
    assert anybody.get(ME, token=idp.token(**said(aud=audience))).status_code == 200


def test_a_caller_has_the_rights_of_his_user_and_no_more(anybody: Client, idp: Provider, client: Client):
    token = idp.token(**said())
    assert anybody.get("/api/v1/teams", token=token).status_code == 200
    body = {"name": fresh("service"), "serviceType": "Kafka"}
    error(anybody.post("/api/v1/services/messagingServices", json=body, token=token), 403)
    me = anybody.get(ME, token=token).json()
    patch = [{"op": "add", "path": "/isAdmin", "value": True}]
    assert client.patch(f"{USERS}/{me['id']}", json=patch).status_code == 200
    assert anybody.post("/api/v1/services/messagingServices", json=body, token=token).status_code == 201


def test_the_first_claim_that_a_token_has_names_the_user(anybody: Client, machines: Provider):
    service = fresh("crawler")
    token = machines.token(aud="catalog-api", sub=fresh(), client_id=service, azp="crawler")
    me = anybody.get(ME, token=token).json()
    assert (me["name"], me["email"]) == (service, f"{service}@machines.example.com")
    subject = fresh("reporter")
    me = anybody.get(ME, token=machines.token(aud="catalog-api", sub=subject, azp="reporter")).json()
    assert (me["name"], me["email"]) == (subject, f"{subject}@machines.example.com")


def test_a_token_signed_with_a_new_key_is_verified_with_it(
    anybody: Client, idp: Provider, server: Server, monkeypatch: pytest.MonkeyPatch
):
    idp.keys.append(jwk("next", 2))
    idp.kid, idp.key = "next", 2
    keys = server.catalog.context.sign_in.providers["corp"].keys
    monkeypatch.setattr(keys, "_tried_at", float("-inf"))
    assert anybody.get(ME, token=idp.token(**said())).status_code == 200


def test_the_first_call_of_a_path_that_is_no_route_is_answered_as_any_other(anybody: Client, idp: Provider):
    assert anybody.get("/api/v1/no-such-thing", token=idp.token(**said())).status_code == 404


def test_many_first_calls_at_once_make_one_user(server: Server, idp: Provider, client: Client):
    import asyncio

    claims = said()

    async def call() -> list[int]:
        async def one() -> int:
            # Each of them another token: none of them is known.
            header = {"Authorization": f"Bearer {idp.token(**claims, jti=fresh())}"}
            return (await server._http.get(ME, headers=header)).status_code

        return await asyncio.gather(*(one() for _ in range(10)))

    assert server.run(call()) == [200] * 10
    assert client.get(f"{USERS}/name/{claims['email'].partition('@')[0]}").json()["version"] == 0.1


# refused


@pytest.mark.parametrize(
    ("claims", "sentence"),
    [
        ({"aud": "somebody"}, "It is for another audience."),
        ({"aud": "catalog"}, "It is for another audience."),  # an ID token
        ({"aud": None}, "It lacks claims, or they are not what they have to be."),
        ({"exp": None}, "It lacks claims, or they are not what they have to be."),
        ({"exp": 1e300}, "It lacks claims, or they are not what they have to be."),
        ({"sub": None}, "It lacks claims, or they are not what they have to be."),
        ({"sub": 7}, "It lacks claims, or they are not what they have to be."),
        ({"email": None}, "It has none of the claims email, preferred_username, sub that name a user."),
    ],
)
def test_a_token_with_other_claims_is_refused(anybody: Client, idp: Provider, claims: dict[str, Any], sentence: str):
    token = idp.token(**said() | claims)
    if claims == {"email": None}:
        sentence = "It has no claim email with an address."
    assert error(anybody.get(ME, token=token), 401) == f"{INVALID} {sentence}"


@pytest.mark.parametrize("party", [None, "somebody", "catalog"])
def test_a_token_of_a_client_that_is_not_named_is_refused(anybody: Client, machines: Provider, party: str | None):
    token = machines.token(aud="catalog-api", sub=fresh(), azp=party)
    assert error(anybody.get(ME, token=token), 401) == f"{INVALID} It was given to another client."


@pytest.mark.parametrize("kind", ["logout+jwt", "dpop+jwt", "x"])
def test_a_token_of_another_kind_is_refused(anybody: Client, idp: Provider, kind: str):
    idp.header = {"typ": kind}
    assert error(anybody.get(ME, token=idp.token(**said())), 401) == f"{INVALID} It is no access token."


def test_a_token_ends_when_it_says_and_the_skew_is_over(anybody: Client, idp: Provider, later: Callable[[float], None]):
    token = idp.token(**said(exp=int(time.time()) + 100))
    assert anybody.get(ME, token=token).status_code == 200
    later(155)
    assert anybody.get(ME, token=token).status_code == 200
    later(165)
    assert error(anybody.get(ME, token=token), 401) == tokens.EXPIRED


def test_a_token_from_the_future_is_refused(anybody: Client, idp: Provider):
    token = idp.token(**said(nbf=int(time.time()) + 100))
    assert error(anybody.get(ME, token=token), 401) == f"{INVALID} It is not valid yet."


def test_a_token_of_an_issuer_for_sign_in_only_is_refused(anybody: Client, untrusted: Provider):
    error(anybody.get(ME, token=untrusted.token(**said())), 401)
    assert untrusted.asked == []


def test_a_token_of_an_issuer_that_nobody_knows_is_refused(anybody: Client, idp: Provider):
    error(anybody.get(ME, token=idp.token(**said(iss="https://issuer.example.com"))), 401)


def test_a_token_of_another_issuers_key_is_refused(anybody: Client, idp: Provider, machines: Provider):
    machines.key = 4
    machines.keys = [jwk("one", 4)]
    token = machines.token(**said(iss=idp.issuer))
    assert error(anybody.get(ME, token=token), 401) == tokens.KEY_MISMATCH


def parts(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    head, body, _ = token.split(".")
    return tuple(json.loads(base64.urlsafe_b64decode(part + "==")) for part in (head, body))


def encoded(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def with_alg_none(token: str) -> str:
    head, body = parts(token)
    return f"{encoded(head | {'alg': 'none'})}.{encoded(body)}."


def with_alg_none_and_the_signature(token: str) -> str:
    head, body = parts(token)
    return f"{encoded(head | {'alg': 'None'})}.{encoded(body)}.{token.rpartition('.')[2]}"


def without_signature(token: str) -> str:
    return token.rpartition(".")[0] + "."


def signed_with_the_public_key_as_a_secret(token: str) -> str:
    head, body = parts(token)
    pem = (
        rsa_key(1)
        .public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    signed = f"{encoded(head | {'alg': 'HS256'})}.{encoded(body)}"
    mac = hmac.new(pem, signed.encode(), hashlib.sha256).digest()
    return f"{signed}.{base64.urlsafe_b64encode(mac).decode().rstrip('=')}"


def signed_with_another_hash(token: str) -> str:
    return jwt.encode(parts(token)[1], rsa_key(1), "RS512", {"kid": "one"})


def with_the_key_in_its_header(token: str) -> str:
    return jwt.encode(parts(token)[1], rsa_key(5), "RS256", {"kid": "mine", "jwk": jwk("mine", 5)})


def with_the_address_of_its_key(token: str) -> str:
    headers = {"kid": "mine", "jku": "http://127.0.0.1:1/jwks", "x5u": "http://127.0.0.1:1/x"}
    return jwt.encode(parts(token)[1], rsa_key(5), "RS256", headers)


def with_something_critical(token: str) -> str:
    return jwt.encode(parts(token)[1], rsa_key(1), "RS256", {"kid": "one", "crit": ["exp"], "exp": 1})


def with_a_changed_claim(token: str) -> str:
    head, body = parts(token)
    return f"{encoded(head)}.{encoded(body | {'email': 'admin@open-metadata.org'})}.{token.rpartition('.')[2]}"


def that_is_long(token: str) -> str:
    return jwt.encode(parts(token)[1] | {"more": "x" * 20_000}, rsa_key(1), "RS256", {"kid": "one"})


def with_a_deep_header(token: str) -> str:
    deep = base64.urlsafe_b64encode(b'{"a":' + b"[" * 8000 + b"]" * 8000 + b"}").decode().rstrip("=")
    return f"{deep}.{token.split('.')[1]}.{token.split('.')[2]}"


FORGERIES = [
    with_alg_none,
    with_alg_none_and_the_signature,
    without_signature,
    signed_with_the_public_key_as_a_secret,
    signed_with_another_hash,
    with_the_key_in_its_header,
    with_the_address_of_its_key,
    with_something_critical,
    with_a_changed_claim,
    that_is_long,
    with_a_deep_header,
]


@pytest.mark.parametrize("forge", FORGERIES, ids=lambda forge: forge.__name__)
def test_a_forged_token_is_refused(forge: Callable[[str], str], anybody: Client, idp: Provider):
    claims = said()
    error(anybody.get(ME, token=forge(idp.token(**claims))), 401)
    assert set(idp.asked) <= {"/jwks"}
    assert anybody.get(ME, token=idp.token(**claims)).status_code == 200


def test_a_token_without_the_name_of_its_key_is_verified_if_there_is_one_key_only(
    anybody: Client, idp: Provider, server: Server
):
    idp.kid = None
    assert anybody.get(ME, token=idp.token(**said())).status_code == 200
    idp.keys.append(jwk("next", 2))
    server.run(server.catalog.context.sign_in.prepare())
    assert error(anybody.get(ME, token=idp.token(**said())), 401) == tokens.KEY_MISMATCH


# who may come in


def test_a_deactivated_user_is_refused_at_the_next_call(anybody: Client, idp: Provider, client: Client):
    token = idp.token(**said())
    me = anybody.get(ME, token=token).json()
    assert client.delete(f"{USERS}/{me['id']}").status_code == 200
    assert error(anybody.get(ME, token=token), 401) == INVALID


def test_a_token_takes_over_nobody(anybody: Client, idp: Provider, client: Client):
    user = made(client, "user")
    token = idp.token(**said(email=user["email"]))
    assert error(anybody.get(ME, token=token), 400) == TAKEN
    assert error(anybody.get(ME, token=idp.token(**said(email="admin@open-metadata.org"))), 400) == TAKEN


def test_a_bot_does_not_come_in_this_way(anybody: Client, idp: Provider, client: Client):
    bot = made(client, "user", isBot=True, authenticationMechanism=MECHANISM)
    token = idp.token(**said(email=bot["email"], email_verified=True))
    assert error(anybody.get(ME, token=token), 401) == INVALID


def test_a_known_token_is_verified_again_after_a_while(
    anybody: Client, idp: Provider, server: Server, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(admission, "COUNTS_MS", 200)
    token = idp.token(**said())
    assert anybody.get(ME, token=token).status_code == 200
    idp.keys = [jwk("next", 2)]
    server.run(server.catalog.context.sign_in.prepare())
    time.sleep(0.25)
    assert error(anybody.get(ME, token=token), 401) == tokens.KEY_MISMATCH


def test_nothing_is_refused_for_good_while_the_provider_cannot_be_asked(
    anybody: Client, idp: Provider, server: Server, monkeypatch: pytest.MonkeyPatch
):
    keys = server.catalog.context.sign_in.providers["corp"].keys
    monkeypatch.setattr(keys, "value", None)
    monkeypatch.setattr(keys, "_tried_at", float("-inf"))
    idp.instead["/jwks"] = (503, {}, b"")
    answer = anybody.get(ME, token=idp.token(**said()))
    error(answer, 503)
    assert answer.headers["retry-after"] == "10"
    error(anybody.get(ME, token=idp.token(**said())), 503)
    assert idp.asked.count("/jwks") == 1


def test_tokens_of_the_catalog_itself_are_none_of_the_issuers_business(client: Client, idp: Provider):
    assert client.get(ME).json()["name"] == "admin"
    assert idp.asked == []
