"""Tokens with names, ends, last uses and successors; and what is left when their user leaves."""

from __future__ import annotations

import base64
import time
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from brokerbook.access.tokens import text_hash
from brokerbook.engine import identity
from brokerbook.store import sqlite
from conftest import Client, running
from make import SERVICES, fresh, made, ref
from processes import serving
from processes import token as given

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Server

USERS = "/api/v1/users"
ME = f"{USERS}/loggedInUser"
TOKENS = "/api/v1/tokens"
DAY_MS = 86_400_000
NOBODY = "00000000-0000-4000-8000-000000000000"


def error(response: Any, status: int) -> str:
    body = response.json()
    assert response.status_code == status == body["code"], body
    return body["message"]


def make_token(client: Client, **asked: Any) -> dict[str, Any]:
    response = client.post(TOKENS, json={"name": "pipeline"} | asked)
    assert response.status_code == 201, response.text
    return response.json()


def listed(client: Client, user: str | None = None) -> list[dict[str, Any]]:
    response = client.get(TOKENS, params={"user": user} if user else None)
    assert response.status_code == 200, response.text
    assert response.json()["paging"] == {"total": len(response.json()["data"])}
    return response.json()["data"]


@pytest.fixture
def ann(server: Server) -> Client:
    """A person who is no administrator."""
    return server.as_user(fresh("ann"))


@pytest.fixture
def bot(client: Client) -> str:
    return made(client, "user", isBot=True)["name"]


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch):
    """Moves the time by which tokens are judged."""

    def move(milliseconds: int) -> None:
        at = identity.now() + milliseconds
        monkeypatch.setattr(identity, "now", lambda: at)

    return move


# making and listing


def test_a_new_token_is_shown_once_and_works(ann: Client):
    response = ann.post(TOKENS, json={"name": "laptop", "expiry": "7"})
    token = response.json()
    assert response.status_code == 201
    assert set(token) == {"id", "userId", "user", "name", "kind", "createdAt", "expiresAt", "jwtToken"}
    assert (token["name"], token["kind"]) == ("laptop", "personal")
    assert token["expiresAt"] - token["createdAt"] == pytest.approx(7 * DAY_MS, abs=1000)
    assert response.headers["cache-control"] == "no-store"
    assert ann.get(ME, token=token["jwtToken"]).json()["name"] == token["user"]
    shown = {key: value for key, value in token.items() if key != "jwtToken"}
    (found,) = (each for each in listed(ann) if each["id"] == token["id"])
    assert found.pop("lastUsedAt") >= token["createdAt"]
    assert found == shown
    assert ann.get(response.headers["location"]).json().items() >= shown.items()


def test_a_bot_has_several_tokens_beside_each_other(client: Client, bot: str):
    tokens = [make_token(client, user=bot, name=name) for name in ("day", "night", "night")]
    assert [token["kind"] for token in tokens] == ["bot"] * 3
    assert [client.get(ME, token=token["jwtToken"]).json()["name"] for token in tokens] == [bot] * 3
    assert [token["name"] for token in listed(client, bot)] == ["day", "night", "night"]


def test_without_a_time_a_persons_token_lasts_a_month_and_a_bots_for_ever(client: Client, ann: Client, bot: str):
    token = make_token(ann)
    assert token["expiresAt"] - token["createdAt"] == pytest.approx(30 * DAY_MS, abs=1000)
    assert "expiresAt" not in make_token(client, user=bot)


def test_a_token_ends_at_the_time_that_was_asked_for(ann: Client, later: Any):
    ends = (identity.now() // 1000 + 3600) * 1000
    token = make_token(ann, expiresAt=ends)
    assert token["expiresAt"] == ends
    assert ann.get(ME, token=token["jwtToken"]).status_code == 200
    later(3_600_000)
    ann.server.catalog.context.authenticator.forget()
    assert error(ann.get(ME, token=token["jwtToken"]), 401) == "Expired token!"
    assert token["id"] not in [each["id"] for each in listed(ann)]


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 257}, "name"),
        ({"name": None}, "name"),
        ({"expiry": "2"}, "expiry"),
        ({"expiresAt": 1}, "expiresAt has to lie in the future"),
        ({"expiresAt": 253_402_300_800_000}, "before the year 10000"),
        ({"expiresAt": "tomorrow"}, "expiresAt"),
        ({"expiry": "7", "expiresAt": 253_402_300_000_000}, "exclude each other"),
        ({"more": 1}, "more"),
        ({"scopes": {"kinds": []}}, "kinds"),
        ({"scopes": {"services": []}}, "services"),
        ({"scopes": {"kinds": ["broker"]}}, "broker is no kind of entity. There are messagingService, topic, "),
        ({"scopes": {"kinds": ["user"], "services": ["tokens-for"]}}, "for no user: it lies in none"),
        ({"scopes": {"readOnly": "yes"}}, "readOnly"),
        ({"scopes": {"write": True}}, "write"),
    ],
)
def test_what_cannot_be_is_400_with_the_reason_and_makes_nothing(client: Client, asked: dict[str, Any], words: str):
    client.put(SERVICES, json={"name": "tokens-for", "serviceType": "Kafka"})
    before = listed(client)
    assert words in error(client.post(TOKENS, json={"name": "pipeline"} | asked), 400)
    assert [token["id"] for token in listed(client)] == [token["id"] for token in before]


@pytest.mark.parametrize("service", ["nowhere", "tokens-for.topic", "Tokens-For"])
def test_a_service_in_a_scope_has_to_be_there(client: Client, service: str):
    client.put(SERVICES, json={"name": "tokens-for", "serviceType": "Kafka"})
    asked = {"name": "pipeline", "scopes": {"services": [service]}}
    assert error(client.post(TOKENS, json=asked), 404) == f"messagingService instance for {service} not found"


def test_scopes_are_listed_as_they_were_asked_for(client: Client):
    client.put(SERVICES, json={"name": "tokens.for", "serviceType": "Kafka"})
    scopes = {"readOnly": True, "kinds": ["messagingService"], "services": ['"tokens.for"']}
    token = make_token(client, scopes=scopes)
    assert token["scopes"] == scopes
    assert client.get(f"{TOKENS}/{token['id']}").json()["scopes"] == scopes
    assert "scopes" not in make_token(client, scopes={})


def test_the_contracts_routes_know_the_same_tokens(client: Client, ann: Client, bot: str):
    token = make_token(ann, name="laptop", scopes={"readOnly": True})
    found = ann.get(f"{USERS}/security/token").json()["data"][-1]
    assert set(found) == {"token", "userId", "tokenType", "tokenName", "expiryDate"}
    assert (found["token"], found["tokenName"]) == (token["id"], "laptop")
    ann.put(f"{USERS}/security/token/revoke", json={"tokenIds": [token["id"]]})
    error(ann.get(ME, token=token["jwtToken"]), 401)

    of_bot = [make_token(client, user=bot), make_token(client, user=bot)]
    client.put(f"{USERS}/generateToken/{of_bot[0]['userId']}", json={"JWTTokenExpiry": "1"}).raise_for_status()
    for each in of_bot:
        error(client.get(ME, token=each["jwtToken"]), 401)
    assert len(listed(client, bot)) == 1


# whose business tokens are


def test_a_stranger_neither_sees_nor_rotates_nor_revokes_a_token(ann: Client, as_user: Client):
    token = make_token(ann)
    name = token["user"]
    assert "is not admin" in error(as_user.get(TOKENS, params={"user": name}), 403)
    assert "is not admin" in error(as_user.post(TOKENS, json={"name": "mine", "user": name}), 403)
    missing = f"token instance for {token['id']} not found"
    assert error(as_user.get(f"{TOKENS}/{token['id']}"), 404) == missing
    assert error(as_user.post(f"{TOKENS}/{token['id']}/rotate", json={}), 404) == missing
    assert error(as_user.delete(f"{TOKENS}/{token['id']}"), 404) == missing
    assert token["id"] not in [each["id"] for each in listed(as_user)]
    assert ann.get(ME, token=token["jwtToken"]).status_code == 200
    assert [each["id"] for each in listed(ann)][-1] == token["id"]


def test_a_rotated_token_is_none_of_a_strangers_business_either(ann: Client, as_user: Client):
    old = make_token(ann)
    new = ann.post(f"{TOKENS}/{old['id']}/rotate", json={}).json()
    for token in (old, new):
        error(as_user.post(f"{TOKENS}/{token['id']}/rotate", json={}), 404)
    assert ann.get(ME, token=new["jwtToken"]).status_code == 200


def test_an_administrator_handles_anybodys(client: Client, ann: Client):
    name = ann.get(ME).json()["name"]
    token = make_token(client, user=name)
    assert ann.get(ME, token=token["jwtToken"]).json()["name"] == name
    assert token["id"] in [each["id"] for each in listed(client, name)]
    assert client.post(f"{TOKENS}/{token['id']}/rotate", json={}).status_code == 201
    assert client.delete(f"{TOKENS}/{token['id']}").status_code == 200
    error(ann.get(ME, token=token["jwtToken"]), 401)
    assert error(client.get(TOKENS, params={"user": "nobody"}), 404) == "user instance for nobody not found"


def test_a_bot_handles_none_not_even_its_own(client: Client, bot: str):
    token = make_token(client, user=bot)
    sentence = f"Principal: CatalogPrincipal{{name='{bot}'}} is a bot, and only persons handle tokens"
    for answer in (
        client.get(TOKENS, token=token["jwtToken"]),
        client.post(TOKENS, json={"name": "x"}, token=token["jwtToken"]),
        client.get(f"{TOKENS}/{token['id']}", token=token["jwtToken"]),
        client.post(f"{TOKENS}/{token['id']}/rotate", json={}, token=token["jwtToken"]),
        client.delete(f"{TOKENS}/{token['id']}", token=token["jwtToken"]),
    ):
        assert error(answer, 403) == sentence


def test_a_bot_that_acts_for_a_person_does_not_handle_his(client: Client, ann: Client, bot: str):
    token = make_token(client, user=bot)
    patch = [{"op": "add", "path": "/allowImpersonation", "value": True}]
    client.patch(f"{USERS}/{token['userId']}", json=patch).raise_for_status()
    name = ann.get(ME).json()["name"]
    more: dict[str, Any] = {"token": token["jwtToken"], "headers": {"X-Impersonate-User": name}}
    assert client.get(ME, **more).json()["name"] == name
    his = make_token(ann)
    for answer in (
        client.get(TOKENS, **more),
        client.post(TOKENS, json={"name": "x"}, **more),
        client.post(f"{TOKENS}/{his['id']}/rotate", json={}, **more),
        client.delete(f"{TOKENS}/{his['id']}", **more),
    ):
        assert error(answer, 403) == f"A bot cannot handle the passwords and tokens of {name}, for whom it acts."


def test_a_session_is_no_token_that_can_be_handled_here(client: Client, server: Server):
    name, password = fresh("user"), "Secret-word-1"
    body = {"password": password, "confirmPassword": password, "createPasswordType": "ADMIN_CREATE"}
    made(client, "user", name=name, **body)
    login = {"email": name, "password": base64.b64encode(password.encode()).decode()}
    session = client.post(f"{USERS}/login", json=login, token=None).json()["accessToken"]
    token_id = server.catalog.context.signer.verify(session, identity.now()).token_id
    for method, path in (("GET", ""), ("POST", "/rotate"), ("DELETE", "")):
        error(client.request(method, f"{TOKENS}/{token_id}{path}", json={}), 404)
    assert listed(client, name) == []


@pytest.mark.parametrize("token_id", [NOBODY, "nonsense"])
def test_a_token_that_is_not_there_is_404(client: Client, token_id: str):
    for method, path in (("GET", ""), ("POST", "/rotate"), ("DELETE", "")):
        error(client.request(method, f"{TOKENS}/{token_id}{path}", json={}), 404)


# revoking


def test_a_revoked_token_is_refused_at_the_next_request(ann: Client):
    token, kept = make_token(ann), make_token(ann)
    assert ann.get(ME, token=token["jwtToken"]).status_code == 200
    response = ann.delete(f"{TOKENS}/{token['id']}")
    assert (response.status_code, response.json()["id"]) == (200, token["id"])
    assert error(ann.get(ME, token=token["jwtToken"]), 401) == "Not Authorized! Invalid personal access token!"
    assert ann.get(ME, token=kept["jwtToken"]).status_code == 200
    error(ann.delete(f"{TOKENS}/{token['id']}"), 404)
    error(ann.get(f"{TOKENS}/{token['id']}"), 404)
    error(ann.post(f"{TOKENS}/{token['id']}/rotate", json={}), 404)


def test_a_revoked_token_of_a_bot_says_that_it_was(client: Client, bot: str):
    token = make_token(client, user=bot)
    client.delete(f"{TOKENS}/{token['id']}").raise_for_status()
    sentence = error(client.get(ME, token=token["jwtToken"]), 401)
    assert sentence == "Not Authorized! The given token does not match the current bot's token!"


# rotating


def test_a_rotated_token_has_a_successor_like_it_and_works_for_the_overlap(client: Client, bot: str, later: Any):
    old = make_token(client, user=bot, name="nightly", expiry="30", scopes={"readOnly": True})
    response = client.post(f"{TOKENS}/{old['id']}/rotate", json={"overlapSeconds": 60})
    new = response.json()
    assert response.status_code == 201
    assert response.headers["location"].endswith(f"{TOKENS}/{new['id']}")
    assert {key: new[key] for key in ("name", "kind", "user", "scopes")} == {
        key: old[key] for key in ("name", "kind", "user", "scopes")
    }
    assert new["expiresAt"] - new["createdAt"] == pytest.approx(30 * DAY_MS, abs=1000)
    shown = client.get(f"{TOKENS}/{old['id']}").json()
    assert shown["rotatedTo"] == new["id"]
    assert shown["expiresAt"] - new["createdAt"] == 60_000
    for token in (old, new):
        assert client.get(ME, token=token["jwtToken"]).json()["name"] == bot
    later(59_000)
    client.server.catalog.context.authenticator.forget()
    assert client.get(ME, token=old["jwtToken"]).status_code == 200
    later(1_100)
    client.server.catalog.context.authenticator.forget()
    assert error(client.get(ME, token=old["jwtToken"]), 401) == "Expired token!"
    assert client.get(ME, token=new["jwtToken"]).status_code == 200
    assert [token["id"] for token in listed(client, bot)] == [new["id"]]


def test_an_overlap_ends_even_for_a_token_that_is_known(ann: Client):
    old = make_token(ann, expiry="Unlimited")
    assert ann.get(ME, token=old["jwtToken"]).status_code == 200
    new = ann.post(f"{TOKENS}/{old['id']}/rotate", json={"overlapSeconds": 1}).json()
    assert "expiresAt" not in new
    assert ann.get(ME, token=old["jwtToken"]).status_code == 200
    time.sleep(1.1)
    assert error(ann.get(ME, token=old["jwtToken"]), 401) == "Expired token!"


def test_without_an_overlap_the_old_token_ends_at_once(ann: Client):
    old = make_token(ann)
    assert ann.get(ME, token=old["jwtToken"]).status_code == 200
    ann.post(f"{TOKENS}/{old['id']}/rotate", json={"overlapSeconds": 0}).raise_for_status()
    assert error(ann.get(ME, token=old["jwtToken"]), 401) == "Expired token!"


def test_an_overlap_is_a_day_unless_told_and_never_lengthens_a_token(ann: Client):
    old, short = make_token(ann), make_token(ann, expiry="OneHour")
    new = ann.post(f"{TOKENS}/{old['id']}/rotate", content="").json()
    assert ann.get(f"{TOKENS}/{old['id']}").json()["expiresAt"] - new["createdAt"] == DAY_MS
    ann.post(f"{TOKENS}/{short['id']}/rotate", json={"overlapSeconds": 604_800}).raise_for_status()
    assert ann.get(f"{TOKENS}/{short['id']}").json()["expiresAt"] == short["expiresAt"]


@pytest.mark.parametrize("body", [{"overlapSeconds": -1}, {"overlapSeconds": 604_801}, {"overlap": 1}, []])
def test_an_overlap_that_cannot_be_is_400_and_changes_nothing(ann: Client, body: Any):
    token = make_token(ann)
    error(ann.post(f"{TOKENS}/{token['id']}/rotate", json=body), 400)
    assert "rotatedTo" not in ann.get(f"{TOKENS}/{token['id']}").json()


def test_a_token_is_rotated_once_and_its_successor_again(ann: Client):
    first = make_token(ann, name="laptop", expiry="7")
    second = ann.post(f"{TOKENS}/{first['id']}/rotate", json={}).json()
    assert error(ann.post(f"{TOKENS}/{first['id']}/rotate", json={}), 400) == (
        f"The token laptop was rotated already; the token {second['id']} has its place."
    )
    third = ann.post(f"{TOKENS}/{second['id']}/rotate", json={}).json()
    ends = [token["expiresAt"] - token["createdAt"] for token in (first, second, third)]
    assert ends == pytest.approx([7 * DAY_MS] * 3, abs=1000)


def test_an_expired_token_is_not_rotated(ann: Client, later: Any):
    token = make_token(ann, name="laptop", expiry="OneHour")
    later(3_600_001)
    assert error(ann.post(f"{TOKENS}/{token['id']}/rotate", json={}), 400) == (
        "The token laptop has expired; make a new one."
    )


# last use


def test_a_token_tells_when_it_was_last_used(ann: Client):
    token = make_token(ann)
    assert "lastUsedAt" not in ann.get(f"{TOKENS}/{token['id']}").json()
    before = int(time.time() * 1000)
    ann.get(ME, token=token["jwtToken"])
    used = ann.get(f"{TOKENS}/{token['id']}").json()["lastUsedAt"]
    assert before <= used <= time.time() * 1000


def test_a_refused_token_was_not_used(ann: Client):
    token = make_token(ann)
    error(ann.get(ME, token=token["jwtToken"] + "x"), 401)
    assert "lastUsedAt" not in ann.get(f"{TOKENS}/{token['id']}").json()


def test_uses_are_written_together_and_not_with_each_request(ann: Client, server: Server):
    token, other = make_token(ann), make_token(ann)
    context = server.catalog.context
    server.run(context.last_use.write())
    groups = context.database.groups
    for _ in range(5):
        for each in (token, other):
            assert ann.get(ME, token=each["jwtToken"]).status_code == 200
    assert context.database.groups == groups
    server.run(context.last_use.write())
    assert context.database.groups == groups + 1
    server.run(context.last_use.write())
    assert context.database.groups == groups + 1
    assert ann.get(f"{TOKENS}/{token['id']}").json()["lastUsedAt"] >= token["createdAt"]


def test_last_uses_outlive_a_stop(tmp_path: Path):
    with running(tmp_path) as server:
        admin = Client(server, server.token("admin"))
        token = make_token(admin)
        assert admin.get(ME, token=token["jwtToken"]).status_code == 200
        used = admin.get(f"{TOKENS}/{token['id']}").json()["lastUsedAt"]
    with running(tmp_path) as server:
        admin = Client(server, server.token("admin"))
        assert admin.get(f"{TOKENS}/{token['id']}").json()["lastUsedAt"] == used


# what is kept and shown of a token


def test_what_is_stored_of_a_token_is_its_hash(ann: Client, server: Server):
    token = make_token(ann)
    with sqlite.transaction(server.catalog.settings.data) as tx:
        (stored,) = tx.all("SELECT * FROM token WHERE id = :id", {"id": token["id"]})
    assert text_hash(token["jwtToken"]) in stored
    for file in server.catalog.settings.data.glob("brokerbook.db*"):
        assert token["jwtToken"].rsplit(".", 1)[1].encode() not in file.read_bytes()


def test_tokens_from_before_hashes_were_kept_work_on(server: Server, client: Client):
    text = server.token("admin")
    token_id = server.catalog.context.signer.verify(text, identity.now()).token_id
    with closing(sqlite.connect(server.catalog.settings.data / sqlite.FILE_NAME)) as connection:
        connection.execute("UPDATE token SET hash = NULL WHERE id = ?", (token_id,))
    assert client.get(ME, token=text).status_code == 200


def test_a_token_that_is_signed_anew_under_a_known_id_is_refused(ann: Client, server: Server):
    signer = server.catalog.context.signer
    token = make_token(ann)
    claims = signer.verify(token["jwtToken"], identity.now())
    assert ann.get(ME, token=signer.sign(claims)).status_code == 200  # the same claims make the same text
    forged = signer.sign(claims._replace(issued_at=claims.issued_at - 1000))
    assert error(ann.get(ME, token=forged), 401) == "Not Authorized! Invalid token."


def test_a_token_is_no_refresh_token(ann: Client):
    token = make_token(ann)
    body = {"refreshToken": token["jwtToken"]}
    assert error(ann.post(f"{USERS}/refresh", json=body, token=None), 401) == "Not Authorized! Invalid token."


def test_no_answer_shows_a_token_but_the_one_that_makes_it(client: Client, ann: Client, bot: str):
    tokens = [make_token(ann), make_token(client, user=bot)]
    tokens.append(client.post(f"{TOKENS}/{tokens[1]['id']}/rotate", json={}).json())
    for maker, name in ((ann, tokens[0]["user"]), (client, bot)):
        for token in (each for each in tokens if each["user"] == name):
            user_id = token["userId"]
            for path in (
                TOKENS, f"{TOKENS}?user={name}", f"{TOKENS}/{token['id']}", f"{USERS}/{user_id}?fields=*",
                f"{USERS}/{user_id}/versions", f"{USERS}/security/token", f"{USERS}/token/{user_id}",
                f"{USERS}/auth-mechanism/{user_id}", f"{USERS}/{user_id}/soleOwnership", "/api/v1/events?timestamp=0",
                f"{USERS}/history?startTs=0&endTs=99999999999999", "/metrics", "/api/v1/permissions/debug/me",
            ):  # fmt: skip
                answer = maker.get(path)
                assert all(each["jwtToken"] not in answer.text for each in tokens), path
                assert "eyJ" not in answer.text, path
            error(maker.get(f"{TOKENS}/{token['id']}x"), 404)
            assert "eyJ" not in maker.delete(f"{TOKENS}/{token['id']}").text


@pytest.mark.slow
def test_no_log_line_shows_a_token(tmp_path: Path):
    with serving(tmp_path, log_level="debug") as process:
        with process.client(given(tmp_path)) as client:
            first = client.post(TOKENS, json={"name": "laptop", "scopes": {"readOnly": True}}).json()
            second = client.post(f"{TOKENS}/{first['id']}/rotate", json={"overlapSeconds": 0}).json()
            texts = [token["jwtToken"] for token in (first, second)]
            for text in texts:
                for header in (f"Bearer {text}", f"Basic {text}", text):
                    client.get(f"{ME}?token={text}", headers={"Authorization": header})
                client.get(f"{TOKENS}/{text}")
                client.post(TOKENS, json={"name": text, "expiry": text})
                client.post(f"{USERS}/refresh", json={"refreshToken": text})
                client.put(f"{USERS}/security/token/revoke", json={"tokenIds": [text]})
                client.get(TOKENS, params={"user": text})
            client.delete(f"{TOKENS}/{second['id']}").raise_for_status()
        process.stop()
        told = process.errors.read_text() + process.output.read_text()
    assert TOKENS in told
    assert all(text.rsplit(".", 1)[1] not in told for text in texts)


# a user who leaves


def test_deactivating_a_user_ends_his_tokens_and_sessions_at_once(client: Client, server: Server):
    name, password = fresh("leaver"), "Secret-word-1"
    body = {"password": password, "confirmPassword": password, "createPasswordType": "ADMIN_CREATE"}
    user = made(client, "user", name=name, **body)
    login = {"email": name, "password": base64.b64encode(password.encode()).decode()}
    session = client.post(f"{USERS}/login", json=login, token=None).json()
    tokens = [
        session["accessToken"],
        make_token(client, user=name)["jwtToken"],
        make_token(client, user=name, scopes={"readOnly": True})["jwtToken"],
        server.token(name),
    ]
    assert [client.get(ME, token=token).status_code for token in tokens] == [200] * 4
    assert client.delete(f"{USERS}/{user['id']}").status_code == 200
    assert [client.get(ME, token=token).status_code for token in tokens] == [401] * 4
    refresh = {"refreshToken": session["refreshToken"]}
    assert client.post(f"{USERS}/refresh", json=refresh, token=None).status_code == 401
    error(client.post(f"{USERS}/login", json=login, token=None), 400)
    error(client.post(TOKENS, json={"name": "x", "user": name}), 404)


def test_a_user_who_comes_back_has_his_tokens_but_no_session(client: Client):
    name, password = fresh("leaver"), "Secret-word-1"
    body = {"password": password, "confirmPassword": password, "createPasswordType": "ADMIN_CREATE"}
    user = made(client, "user", name=name, **body)
    login = {"email": name, "password": base64.b64encode(password.encode()).decode()}
    session = client.post(f"{USERS}/login", json=login, token=None).json()
    kept, gone = (make_token(client, user=name) for _ in range(2))
    client.delete(f"{USERS}/{user['id']}").raise_for_status()
    assert [token["id"] for token in listed(client, name)] == [kept["id"], gone["id"]]
    assert client.delete(f"{TOKENS}/{gone['id']}").status_code == 200
    client.put(f"{USERS}/restore", json={"id": user["id"]}).raise_for_status()
    assert client.get(ME, token=kept["jwtToken"]).status_code == 200
    for token in (session["accessToken"], gone["jwtToken"]):
        assert client.get(ME, token=token).status_code == 401
    refresh = {"refreshToken": session["refreshToken"]}
    assert client.post(f"{USERS}/refresh", json=refresh, token=None).status_code == 401


def test_a_preview_of_a_delete_ends_no_session(client: Client):
    name, password = fresh("stayer"), "Secret-word-1"
    body = {"password": password, "confirmPassword": password, "createPasswordType": "ADMIN_CREATE"}
    user = made(client, "user", name=name, **body)
    login = {"email": name, "password": base64.b64encode(password.encode()).decode()}
    session = client.post(f"{USERS}/login", json=login, token=None).json()
    assert client.delete(f"{USERS}/{user['id']}?dryRun=true").json()["dryRun"] is True
    assert client.get(ME, token=session["accessToken"]).status_code == 200


# what he alone owns


def sole(client: Client, user_id: str, **query: Any) -> dict[str, Any]:
    response = client.get(f"{USERS}/{user_id}/soleOwnership", params=query)
    assert response.status_code == 200, response.text
    return response.json()


def test_what_a_user_alone_owns_is_what_has_no_other_live_owner(client: Client):
    leaver, other, gone = (made(client, "user") for _ in range(3))
    alone = made(client, "messagingService", owners=[ref(leaver)])
    domain = made(client, "domain", owners=[ref(leaver)])
    made(client, "messagingService", owners=[ref(leaver), ref(other)])
    made(client, "messagingService", owners=[ref(other)])
    with_gone = made(client, "messagingService", owners=[ref(leaver), ref(gone)])
    deleted = made(client, "messagingService", owners=[ref(leaver)])
    client.delete(f"{SERVICES}/{deleted['id']}").raise_for_status()
    client.delete(f"{USERS}/{gone['id']}").raise_for_status()
    for _ in range(2):
        found = sole(client, leaver["id"])
        assert found["counts"] == {"domain": 1, "messagingService": 2}
        assert found["paging"] == {"total": 3}
        assert [one["id"] for one in found["data"]] == [
            each["id"] for each in sorted((alone, domain, with_gone), key=lambda each: each["name"])
        ]
        for one in found["data"]:
            assert client.get(one["href"]).json()["name"] == one["name"]
        client.delete(f"{USERS}/{leaver['id']}").raise_for_status()
    assert sole(client, other["id"])["counts"] == {"messagingService": 2}  # what they shared is his alone now


def test_what_a_user_alone_owns_is_read_in_pages(client: Client):
    leaver = made(client, "user")
    owned = [made(client, "messagingService", owners=[ref(leaver)])["name"] for _ in range(5)]
    seen: list[str] = []
    query: dict[str, Any] = {"limit": 2}
    for _ in range(3):
        page = sole(client, leaver["id"], **query)
        assert page["paging"]["total"] == 5
        seen += [one["name"] for one in page["data"]]
        query["after"] = page["paging"].get("after")
    assert seen == sorted(owned)
    assert query["after"] is None
    assert sole(client, leaver["id"], limit=0)["data"] == []


def test_what_a_user_alone_owns_is_for_him_and_administrators(client: Client, ann: Client, as_user: Client):
    user_id = ann.get(ME).json()["id"]
    assert sole(ann, user_id) == {"counts": {}, "data": [], "paging": {"total": 0}}
    assert "is not admin" in error(as_user.get(f"{USERS}/{user_id}/soleOwnership"), 403)
    error(as_user.get(f"{USERS}/{NOBODY}/soleOwnership"), 403)
    error(client.get(f"{USERS}/{NOBODY}/soleOwnership"), 404)
    error(client.get(f"{USERS}/{made(client, 'team')['id']}/soleOwnership"), 404)
