"""Sign-in with an OpenID Connect issuer: what a browser and a provider can do, and who comes in."""

from __future__ import annotations

import base64
import json
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest

from brokerbook.access.sign_in_states import ENDED
from brokerbook.engine import identity
from brokerbook.engine.admission import NO_SIGN_UP, TAKEN
from brokerbook.engine.providers import REFUSED, SECONDS_BETWEEN
from conftest import Client, running
from make import fresh, made
from provider import AUTH, CATALOG, MECHANISM, Browser, Provider, issuer, jwk, providing

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import httpx

    from conftest import Server

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
def second() -> Iterator[Provider]:
    with providing() as provider:
        yield provider


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, idp: Provider, second: Provider) -> Iterator[Server]:
    issuers = (
        issuer(
            idp,
            teams_claim="groups",
            teams={"brokers": "Brokers", "payers": "Payers", "ghosts": "Nobody made it"},
            roles_claim="realm_access.roles",
            roles={"steward": "DataSteward"},
            administrators=("boss@example.com", "subject-of-the-root"),
        ),
        issuer(
            second,
            "second",
            client_authentication="client_secret_post",
            principal_claims=("preferred_username",),
            domains=("example.com",),
            update_at_sign_in=True,
            teams_claim="groups",
            teams={"brokers": "Brokers", "payers": "Payers"},
            api_audiences=("api",),
        ),
    )
    with running(tmp_path_factory.mktemp("data"), issuers=issuers, public_url=CATALOG) as started:
        admin = Client(started, started.token("admin"))
        for name in ("Brokers", "Payers", "By hand"):
            made(admin, "team", name=name)
        yield started


@pytest.fixture
def browser(server: Server, idp: Provider, second: Provider) -> Browser:
    """A browser, and both providers as they are when nobody has changed them, with a person nobody knows."""
    for provider in (idp, second):
        provider.__init__(provider.issuer)
    server.run(server.catalog.context.sign_in.prepare())
    for provider in (idp, second):
        provider.user = somebody()
        provider.asked.clear()
    return Browser(server)


def somebody(**claims: Any) -> dict[str, Any]:
    name = fresh("person")
    claims = {"sub": f"subject of {name}", "email": f"{name}@example.com", "email_verified": True} | claims
    return {"preferred_username": name, "name": f"The {name}"} | claims


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch):
    def move(seconds: float) -> None:
        at = identity.now() + int(seconds * 1000)
        monkeypatch.setattr(identity, "now", lambda: at)

    return move


def patient(
    server: Server, monkeypatch: pytest.MonkeyPatch, name: str = "corp", seconds: float = SECONDS_BETWEEN
) -> None:
    """Lets an issuer's documents be so many seconds older than they are."""
    provider = server.catalog.context.sign_in.providers[name]
    for document in (provider.discovery, provider.keys):
        monkeypatch.setattr(document, "_clock", lambda: time.monotonic() + seconds)


# all goes well


def test_a_browser_is_sent_to_the_provider_with_a_state_a_nonce_and_a_challenge(browser: Browser, idp: Provider):
    location = urlsplit(browser.begin("corp"))
    assert f"{location.scheme}://{location.netloc}" == idp.issuer
    query = {name: values[0] for name, values in parse_qs(location.query).items()}
    assert {"state", "nonce", "code_challenge"} <= query.keys()
    assert query | {"state": "", "nonce": "", "code_challenge": ""} == {
        "tenant": "1",
        "response_type": "code",
        "client_id": "catalog",
        "redirect_uri": f"{CATALOG}{AUTH}/callback",
        "scope": "openid profile email",
        "state": "",
        "nonce": "",
        "code_challenge": "",
        "code_challenge_method": "S256",
    }


def test_two_sign_ins_have_nothing_in_common(browser: Browser):
    first, cookie = parse_qs(urlsplit(browser.begin("corp")).query), browser.cookie
    other = parse_qs(urlsplit(browser.begin("corp")).query)
    assert browser.cookie != cookie
    assert all(first[name] != other[name] for name in ("state", "nonce", "code_challenge"))


def test_the_cookie_is_for_ten_minutes_and_for_no_script(browser: Browser):
    browser.begin("corp")
    assert browser.set_cookie.split("; ")[1:] == ["Path=/", "Max-Age=600", "HttpOnly", "SameSite=Lax"]


def test_over_https_the_cookie_is_secure_and_no_other_host_can_plant_it(tmp_path: Path, idp: Provider):
    with running(tmp_path, issuers=(issuer(idp),), public_url="https://catalog.test") as server:
        browser = Browser(server)
        browser.begin()
    assert browser.set_cookie.startswith("__Host-brokerbook_sign_in=")
    assert browser.set_cookie.endswith("; HttpOnly; SameSite=Lax; Secure")


def test_who_signs_in_for_the_first_time_becomes_a_user(browser: Browser, idp: Provider):
    name = idp.user["preferred_username"]
    idp.user |= {"groups": ["brokers", "unknown"], "realm_access": {"roles": ["steward", "admin"]}}
    session = browser.sign_in("corp")
    assert session.headers["cache-control"] == "no-store"
    assert set(session.json()) == {"accessToken", "refreshToken", "tokenType", "expiryDuration"}
    assert session.headers["set-cookie"].startswith("brokerbook_sign_in=; Path=/; Max-Age=0")
    me = browser.me(session)
    assert (me["name"], me["email"], me["displayName"]) == (name, f"{name}@example.com", f"The {name}")
    assert (me["isAdmin"], me["isBot"], me["isEmailVerified"]) == (False, False, True)
    assert (me["version"], me["updatedBy"]) == (0.1, name)
    assert [team["name"] for team in me["teams"]] == ["Brokers"]
    assert [role["name"] for role in me["roles"]] == ["DataSteward"]


def test_making_the_user_is_an_event(browser: Browser, client: Client):
    start = identity.now() - 1
    me = browser.me(browser.sign_in("corp"))
    told = client.get("/api/v1/events", params={"entityCreated": "user", "timestamp": start}).json()["data"]
    assert [event["userName"] for event in told if event["entityId"] == me["id"]] == [me["name"]]


def test_the_session_is_renewed_as_any_other(browser: Browser):
    session = browser.sign_in("corp").json()
    renewed = browser.client.post(f"{USERS}/refresh", json={"refreshToken": session["refreshToken"]})
    assert renewed.status_code == 200


def test_who_signs_in_again_is_the_same_user_unchanged(browser: Browser):
    first = browser.me(browser.sign_in("corp"))
    again = browser.me(browser.sign_in("corp"))
    assert again == first


def test_an_issuer_with_keys_of_an_elliptic_curve_works(browser: Browser, idp: Provider, server: Server):
    idp.algorithm, idp.kid, idp.keys = "ES256", "curve", [jwk("curve", algorithm="ES256")]
    server.run(server.catalog.context.sign_in.prepare())
    assert browser.sign_in("corp").status_code == 200


def test_names_and_addresses_are_in_lower_case(browser: Browser, second: Provider):
    name = fresh("Mixed")
    second.user |= {"preferred_username": name, "email": f"{name}@Example.COM"}
    me = browser.me(browser.sign_in("second"))
    assert (me["name"], me["email"]) == (name.lower(), f"{name.lower()}@example.com")


def test_the_built_in_login_stays(browser: Browser, server: Server):
    assert server.catalog.password is not None
    body = {"email": "admin", "password": base64.b64encode(server.catalog.password.encode()).decode()}
    assert browser.client.post(f"{USERS}/login", json=body).status_code == 200


# teams, roles, administrators


def test_teams_and_roles_are_given_at_the_first_sign_in_only(browser: Browser, idp: Provider):
    browser.sign_in("corp")
    idp.user |= {"groups": ["brokers"], "realm_access": {"roles": ["steward"]}}
    me = browser.me(browser.sign_in("corp"))
    assert ([team["name"] for team in me["teams"]], me["roles"]) == (["Organization"], [])


def test_teams_follow_the_claims_at_each_sign_in_if_the_issuer_is_set_so(
    browser: Browser, second: Provider, client: Client
):
    second.user |= {"groups": ["brokers"]}
    me = browser.me(browser.sign_in("second"))
    hand = client.get("/api/v1/teams/name/By hand").json()
    patch = [{"op": "add", "path": "/teams/-", "value": {"id": hand["id"], "type": "team"}}]
    assert client.patch(f"{USERS}/{me['id']}", json=patch).status_code == 200
    second.user |= {"groups": ["payers"]}
    me = browser.me(browser.sign_in("second"))
    assert sorted(team["name"] for team in me["teams"]) == ["By hand", "Payers"]
    second.user.pop("groups")
    me = browser.me(browser.sign_in("second"))
    assert [team["name"] for team in me["teams"]] == ["By hand"]


def test_a_team_that_is_mapped_and_does_not_exist_gives_nothing(browser: Browser, idp: Provider):
    idp.user |= {"groups": ["ghosts"]}
    assert [team["name"] for team in browser.me(browser.sign_in("corp"))["teams"]] == ["Organization"]


def test_no_claim_makes_an_administrator(browser: Browser, idp: Provider):
    idp.user |= {"isAdmin": True, "admin": True, "roles": ["admin", "Admin"], "realm_access": {"roles": ["Admin"]}}
    assert browser.me(browser.sign_in("corp"))["isAdmin"] is False


def test_the_settings_name_administrators_by_verified_address_or_by_subject(browser: Browser, idp: Provider):
    idp.user = somebody(email="boss@example.com", email_verified=None)
    assert browser.me(browser.sign_in("corp"))["isAdmin"] is False
    idp.user |= {"email_verified": True}
    assert browser.me(browser.sign_in("corp"))["isAdmin"] is True
    idp.user = somebody(sub="subject-of-the-root")
    assert browser.me(browser.sign_in("corp"))["isAdmin"] is True


# who is who


def known_user(client: Client, **more: Any) -> dict[str, Any]:
    return made(client, "user", **more)


def test_a_user_who_was_here_before_is_bound_by_name_and_verified_address(
    browser: Browser, idp: Provider, client: Client
):
    user = known_user(client)
    idp.user = somebody(email=user["email"], groups=["brokers"])
    me = browser.me(browser.sign_in("corp"))
    assert me["id"] == user["id"]
    assert [team["name"] for team in me["teams"]] == ["Brokers"]


@pytest.mark.parametrize("verified", [False, None, "no", 1])
def test_an_address_that_is_not_verified_binds_nobody(browser: Browser, idp: Provider, client: Client, verified: Any):
    user = known_user(client)
    idp.user = somebody(email=user["email"], email_verified=verified)
    assert error(browser.sign_in("corp"), 400) == TAKEN


def test_a_name_that_is_another_users_is_refused(browser: Browser, second: Provider, client: Client):
    user = known_user(client)
    second.user = somebody(preferred_username=user["name"])
    assert error(browser.sign_in("second"), 400) == TAKEN


def test_an_address_that_is_another_users_is_refused(browser: Browser, second: Provider, client: Client):
    user = known_user(client)
    second.user = somebody(email=user["email"])
    assert error(browser.sign_in("second"), 400) == TAKEN


def test_an_address_that_was_given_to_somebody_new_takes_over_nothing(browser: Browser, idp: Provider):
    old = browser.me(browser.sign_in("corp"))
    idp.user |= {"sub": "somebody new"}
    assert error(browser.sign_in("corp"), 400) == TAKEN
    idp.user |= {"sub": f"subject of {old['name']}"}
    assert browser.me(browser.sign_in("corp"))["id"] == old["id"]


def test_who_is_bound_stays_himself_whatever_his_name_and_address_become(browser: Browser, idp: Provider):
    before = browser.me(browser.sign_in("corp"))
    idp.user = somebody(sub=idp.user["sub"], email_verified=False)
    assert browser.me(browser.sign_in("corp"))["id"] == before["id"]


def test_subjects_of_two_issuers_are_two_persons(browser: Browser, idp: Provider, second: Provider):
    second.user = somebody(sub=idp.user["sub"])
    assert browser.me(browser.sign_in("corp"))["id"] != browser.me(browser.sign_in("second"))["id"]


def test_one_user_may_come_by_two_issuers(browser: Browser, second: Provider):
    first = browser.me(browser.sign_in("corp"))
    second.user = somebody(preferred_username=first["name"], email=first["email"])
    assert browser.me(browser.sign_in("second"))["id"] == first["id"]


def test_a_deactivated_user_does_not_come_in_and_a_restored_one_does(browser: Browser, client: Client):
    me = browser.me(browser.sign_in("corp"))
    assert client.delete(f"{USERS}/{me['id']}").status_code == 200
    assert error(browser.sign_in("corp"), 401) == INVALID
    assert client.put(f"{USERS}/restore", json={"id": me["id"]}).status_code == 200
    assert browser.me(browser.sign_in("corp"))["id"] == me["id"]


def test_a_user_who_was_removed_for_good_comes_in_as_a_new_one(browser: Browser, client: Client):
    me = browser.me(browser.sign_in("corp"))
    assert client.delete(f"{USERS}/{me['id']}", params={"hardDelete": "true"}).status_code == 200
    again = browser.me(browser.sign_in("corp"))
    assert again["name"] == me["name"]
    assert again["id"] != me["id"]


def test_a_deactivated_user_is_not_bound(browser: Browser, idp: Provider, client: Client):
    user = known_user(client)
    assert client.delete(f"{USERS}/{user['id']}").status_code == 200
    idp.user = somebody(email=user["email"])
    assert error(browser.sign_in("corp"), 401) == INVALID


def test_a_bot_never_signs_in(browser: Browser, idp: Provider, client: Client):
    bot = known_user(client, isBot=True, authenticationMechanism=MECHANISM)
    idp.user = somebody(email=bot["email"])
    assert error(browser.sign_in("corp"), 401) == INVALID
    person = browser_user(browser, idp)
    patch = [{"op": "add", "path": "/isBot", "value": True}]
    assert client.patch(f"{USERS}/{person['id']}", json=patch).status_code == 200
    assert error(browser.sign_in("corp"), 401) == INVALID


def browser_user(browser: Browser, idp: Provider) -> dict[str, Any]:
    idp.user = somebody()
    return browser.me(browser.sign_in("corp"))


def test_no_user_is_made_of_an_address_that_the_issuer_has_not_verified(browser: Browser, idp: Provider):
    idp.user |= {"email_verified": False}
    assert error(browser.sign_in("corp"), 401).endswith("not verified, so that no user can be made of it.")


def test_only_addresses_of_the_domains_come_in(browser: Browser, second: Provider):
    second.user = somebody(email=f"{fresh()}@elsewhere.com")
    assert error(browser.sign_in("second"), 401).endswith("in none of the domains that are let in.")
    second.user = somebody(email=f"{fresh()}@sub.example.com")
    error(browser.sign_in("second"), 401)


@pytest.mark.parametrize("name", ["a::b", 'a"b', "a" * 300, "x\ny"])
def test_a_name_that_no_user_may_have_is_refused(browser: Browser, second: Provider, name: str):
    second.user |= {"preferred_username": name}
    error(browser.sign_in("second"), 400)


def test_users_are_made_only_if_the_issuer_may(tmp_path: Path, idp: Provider):
    idp.__init__(idp.issuer)
    with running(tmp_path, issuers=(issuer(idp, create_users=False),), public_url=CATALOG) as server:
        browser = Browser(server)
        assert error(browser.sign_in(), 403) == NO_SIGN_UP
        made(Client(server, server.token("admin")), "user", name="ann", email="ann@example.com")
        assert browser.me(browser.sign_in())["name"] == "ann"


# a state is for one browser, one use, ten minutes


def test_another_browser_cannot_finish_the_sign_in(browser: Browser, server: Server):
    query = browser.visit(browser.begin("corp"))
    other = Browser(server)
    other.begin("corp")
    assert error(browser.come_back(query, cookie=other.cookie), 401) == ENDED
    assert error(browser.come_back(query, cookie="nothing=here"), 401) == ENDED
    assert browser.come_back(query).status_code == 200


@pytest.mark.parametrize("state", ["", "x", "corp.9999999999.abc.def", "....", "corp.x.y.", "x" * 5000, "é.1.2.3"])
def test_a_state_that_was_made_up_is_refused(browser: Browser, state: str):
    query = browser.visit(browser.begin("corp"))
    assert error(browser.come_back(query | {"state": state}), 401) == ENDED


def test_no_part_of_a_state_can_be_changed(browser: Browser):
    query = browser.visit(browser.begin("corp"))
    name, ends, salt, mac = query["state"].split(".")
    for forged in (f"second.{ends}.{salt}.{mac}", f"{name}.{int(ends) + 1}.{salt}.{mac}", f"{name}.{ends}.x.{mac}"):
        assert error(browser.come_back(query | {"state": forged}), 401) == ENDED


def test_a_state_works_once(browser: Browser):
    query = browser.visit(browser.begin("corp"))
    assert browser.come_back(query).status_code == 200
    assert error(browser.come_back(query), 401) == ENDED


def test_a_state_whose_sign_in_failed_does_not_work_again(browser: Browser):
    query = browser.visit(browser.begin("corp"))
    error(browser.come_back(query | {"code": "another"}), 401)
    assert error(browser.come_back(query), 401) == ENDED


def test_a_code_works_once(browser: Browser):
    query = browser.visit(browser.begin("corp"))
    assert browser.come_back(query).status_code == 200
    used = query["code"]
    query = browser.visit(browser.begin("corp"))
    assert error(browser.come_back(query | {"code": used}), 401) == REFUSED


def test_a_state_ends_after_ten_minutes(browser: Browser, later: Any):
    query = browser.visit(browser.begin("corp"))
    later(601)
    assert error(browser.come_back(query), 401) == ENDED


def test_the_code_of_another_sign_in_is_refused(browser: Browser, server: Server):
    # Somebody lets a victim's browser come back with a code of his own.
    stolen = browser.visit(browser.begin("corp"))["code"]
    victim = Browser(server)
    query = victim.visit(victim.begin("corp"))
    assert error(victim.come_back(query | {"code": stolen}), 401) == REFUSED


@pytest.mark.parametrize("code", ["", "x" * 5000])
def test_a_code_that_is_none_asks_nobody(browser: Browser, idp: Provider, code: str):
    query = browser.visit(browser.begin("corp"))
    error(browser.come_back(query | {"code": code}), 401)
    assert "/token" not in idp.asked


def test_a_provider_that_says_no_is_believed_and_not_repeated(browser: Browser):
    query = browser.visit(browser.begin("corp"))
    denied = {"state": query["state"], "error": "access_denied", "error_description": "<b>call 555</b>"}
    assert error(browser.come_back(denied), 401) == "The provider did not sign you in (access_denied). Begin again."
    query = browser.visit(browser.begin("corp"))
    strange = {"state": query["state"], "error": "<script>"}
    assert error(browser.come_back(strange), 401) == "The provider did not sign you in. Begin again."


def test_an_answer_of_another_issuer_is_refused(browser: Browser, idp: Provider, second: Provider):
    query = browser.visit(browser.begin("corp"))
    assert "Another issuer" in error(browser.come_back(query | {"iss": second.issuer}), 401)
    idp.sends_issuer = True
    assert browser.sign_in("corp").status_code == 200


def test_an_issuer_that_says_that_it_names_itself_has_to(tmp_path: Path, idp: Provider):
    idp.__init__(idp.issuer)
    idp.discovery |= {"authorization_response_iss_parameter_supported": True}
    with running(tmp_path, issuers=(issuer(idp),), public_url=CATALOG) as server:
        browser = Browser(server)
        assert "Another issuer" in error(browser.sign_in(), 401)
        idp.sends_issuer = True
        assert browser.sign_in().status_code == 200


# the ID token


@pytest.mark.parametrize(
    ("claims", "sentence"),
    [
        ({"nonce": "another"}, "It answers another sign-in."),
        ({"nonce": None}, "It answers another sign-in."),
        ({"aud": "somebody-else"}, "It is for another audience."),
        ({"aud": []}, "It is for another audience."),
        ({"aud": None}, "It lacks claims, or they are not what they have to be."),
        ({"aud": ["catalog", "other"]}, "It was given to another client."),
        ({"azp": "somebody-else"}, "It was given to another client."),
        ({"iss": "http://127.0.0.1:1"}, "It is from another issuer."),
        ({"iat": None}, "It does not say when it was made."),
        ({"exp": None}, "It lacks claims, or they are not what they have to be."),
        ({"exp": "soon"}, "It lacks claims, or they are not what they have to be."),
        ({"sub": None}, "It lacks claims, or they are not what they have to be."),
        ({"sub": ""}, "It lacks claims, or they are not what they have to be."),
        ({"email": None}, "It has no claim email with an address."),
    ],
)
def test_an_id_token_that_was_not_made_for_this_sign_in_is_refused(
    browser: Browser, idp: Provider, claims: dict[str, Any], sentence: str
):
    idp.claims = lambda said: said | claims
    assert error(browser.sign_in("corp"), 401) == f"{INVALID} {sentence}"


def test_an_id_token_that_nobody_or_everybody_could_have_signed_is_refused(browser: Browser, idp: Provider):
    keys: dict[str, Any] = {"none": None, "HS256": "s3cret & of the=client, long enough for a key"}
    for algorithm, key in keys.items():
        query = browser.visit(browser.begin("corp"))
        claims = {"iss": idp.issuer, "aud": "catalog", "iat": 1, "exp": 9_999_999_999} | idp.user
        forged = jwt.encode(claims, key, algorithm, {"kid": "one"})
        idp.instead["/token"] = (200, {}, json.dumps({"id_token": forged}).encode())
        assert error(browser.come_back(query), 401) == f"{INVALID} It is signed in a way that is not allowed here."


def test_an_access_token_is_no_id_token(browser: Browser, idp: Provider):
    idp.header = {"typ": "at+jwt"}
    assert error(browser.sign_in("corp"), 401) == f"{INVALID} It is no ID token."


def test_several_audiences_are_fine_if_it_was_given_to_us(browser: Browser, idp: Provider):
    idp.claims = lambda said: said | {"aud": ["other", "catalog"], "azp": "catalog"}
    assert browser.sign_in("corp").status_code == 200


@pytest.mark.parametrize(("late", "status"), [(55, 200), (65, 401)])
def test_an_expired_id_token_is_taken_within_the_skew_only(browser: Browser, idp: Provider, late: int, status: int):
    idp.claims = lambda said: said | {"exp": int(time.time()) - late, "iat": int(time.time()) - 300}
    answer = browser.sign_in("corp")
    assert answer.status_code == status
    assert status == 200 or error(answer, 401) == "Expired token!"


@pytest.mark.parametrize("claim", ["iat", "nbf"])
@pytest.mark.parametrize(("early", "status"), [(50, 200), (70, 401)])
def test_an_id_token_from_the_future_is_taken_within_the_skew_only(
    browser: Browser, idp: Provider, claim: str, early: int, status: int
):
    idp.claims = lambda said: said | {claim: int(time.time()) + early}
    answer = browser.sign_in("corp")
    assert answer.status_code == status
    assert status == 200 or error(answer, 401) == f"{INVALID} It is not valid yet."


# keys


def test_a_new_key_is_fetched_when_a_token_names_it(
    browser: Browser, idp: Provider, server: Server, monkeypatch: pytest.MonkeyPatch
):
    idp.keys = [jwk("one"), jwk("next", 2)]
    idp.kid, idp.key = "next", 2
    patient(server, monkeypatch)
    assert browser.sign_in("corp").status_code == 200
    assert idp.asked.count("/jwks") == 1


def test_unknown_keys_ask_the_provider_once_in_a_while_only(
    browser: Browser, idp: Provider, server: Server, monkeypatch: pytest.MonkeyPatch
):
    idp.kid = "nobody's"
    monkeypatch.setattr(server.catalog.context.sign_in.providers["corp"].keys, "_tried_at", time.monotonic())
    for _ in range(5):
        assert "Public key mismatch" in error(browser.sign_in("corp"), 401)
    assert idp.asked.count("/jwks") == 0


def test_a_token_signed_with_another_key_under_a_known_name_is_refused(browser: Browser, idp: Provider):
    idp.key = 3
    assert "Public key mismatch" in error(browser.sign_in("corp"), 401)


def test_keys_that_a_provider_has_withdrawn_count_no_more(
    browser: Browser, idp: Provider, server: Server, monkeypatch: pytest.MonkeyPatch
):
    idp.keys = [jwk("next", 2)]
    patient(server, monkeypatch, seconds=601)
    assert "Public key mismatch" in error(browser.sign_in("corp"), 401)


def test_known_keys_count_for_an_hour_while_the_provider_does_not_tell_them(
    browser: Browser, idp: Provider, server: Server, monkeypatch: pytest.MonkeyPatch
):
    idp.instead["/jwks"] = (500, {}, b"")
    patient(server, monkeypatch, seconds=1200)
    assert browser.sign_in("corp").status_code == 200
    patient(server, monkeypatch, seconds=5000)
    error(browser.sign_in("corp"), 503)


@pytest.mark.parametrize(
    "answer",
    [
        (200, {}, b'{"keys": [' + b'{"kty": "oct"},' * 100 + b'{"kty": "oct"}]}'),
        (200, {}, b'{"keys": [' + b" " * 200_000 + b"]}"),
        (200, {}, b'{"keys": []}'),
        (200, {}, b"no JSON"),
        (302, {"Location": "http://127.0.0.1:1/"}, b""),
        (404, {}, b""),
    ],
    ids=["many", "long", "none", "no JSON", "redirect", "gone"],
)
def test_keys_that_cannot_be_are_not_taken_in_the_place_of_those_that_are_known(
    browser: Browser, idp: Provider, server: Server, monkeypatch: pytest.MonkeyPatch, answer: Any
):
    idp.instead["/jwks"] = answer
    patient(server, monkeypatch, seconds=700)
    assert browser.sign_in("corp").status_code == 200
    assert idp.asked.count("/jwks") == 1


# a provider that does not do what it should


@pytest.mark.parametrize(
    "answer",
    [
        (500, {}, b"{}"),
        (200, {}, b"{}"),
        (200, {}, b"no JSON"),
        (200, {}, b"x" * 200_000),
        (200, {"Content-Encoding": "gzip"}, b"{}"),
        (302, {"Location": "http://127.0.0.1:1/"}, b""),
        (401, {}, b'{"error": "invalid_client"}'),
        (400, {}, b'{"error": "invalid_client"}'),
    ],
    ids=["500", "nothing", "no JSON", "long", "packed", "redirect", "401", "400"],
)
def test_an_answer_that_is_no_token_is_503(browser: Browser, idp: Provider, answer: Any):
    idp.instead["/token"] = answer
    assert error(browser.sign_in("corp"), 503) == ("The provider of this sign-in cannot be asked now. Begin it again.")


def test_a_slow_provider_is_not_waited_for(
    browser: Browser, idp: Provider, server: Server, monkeypatch: pytest.MonkeyPatch
):
    gate = server.catalog.context.sign_in.providers["corp"]._gate
    fetch = gate.fetch
    monkeypatch.setattr(gate, "fetch", lambda url, **more: fetch(url, **more, seconds=0.2))
    idp.slow["/token"] = 1.0
    error(browser.sign_in("corp"), 503)


# several issuers


def test_of_several_issuers_one_has_to_be_named(browser: Browser):
    for params in ({}, {"issuer": "nobody"}):
        assert error(browser.client.get(f"{AUTH}/login", params=params), 400) == (
            "The query parameter issuer has to be one of: corp, second."
        )


def test_a_token_of_one_issuer_is_none_of_another(browser: Browser, idp: Provider, second: Provider):
    idp.claims = lambda said: said | {"iss": second.issuer}
    assert error(browser.sign_in("corp"), 401) == f"{INVALID} It is from another issuer."


def test_clients_are_told_how_to_log_in(browser: Browser, idp: Provider, second: Provider):
    told = browser.client.get("/api/v1/system/config/auth").json()
    assert told | {"publicKeyUrls": []} == {
        "clientType": "confidential",
        "provider": "custom-oidc",
        "responseType": "code",
        "providerName": "corp",
        "publicKeyUrls": [],
        "authority": idp.issuer,
        "clientId": "catalog",
        "callbackUrl": f"{CATALOG}{AUTH}/callback",
        "jwtPrincipalClaims": ["email", "preferred_username", "sub"],
        "jwtPrincipalClaimsMapping": [],
        "enableSelfSignup": True,
    }
    own = f"{CATALOG}/api/v1/system/config/jwks"
    assert told["publicKeyUrls"] == [own, f"{idp.issuer}/jwks", f"{second.issuer}/jwks"]


def test_without_an_issuer_there_is_none_to_sign_in_with(tmp_path: Path):
    with running(tmp_path) as server:
        browser = Browser(server)
        assert error(browser.client.get(f"{AUTH}/login"), 400) == (
            "There is no issuer to sign in with. Log in with a password."
        )
        assert error(browser.come_back({"state": "x", "code": "y"}), 401) == ENDED
