"""Logins, sessions, passwords, tokens, and who is let in with them."""

from __future__ import annotations

import base64
import time
import uuid
from typing import TYPE_CHECKING, Any

import pytest

from brokerbook.access.tokens import Claims
from brokerbook.engine import identity
from brokerbook.store import identity as store
from brokerbook.store import sqlite

if TYPE_CHECKING:
    from conftest import Client, Server

USERS = "/api/v1/users"
ME = f"{USERS}/loggedInUser"
WRONG = "You have entered an invalid username or password."
TOO_MANY = "Failed Login Attempts Exceeded. Use Forgot Password or retry after some time."
PASSWORD = "Secret-word-1"


def encoded(password: str) -> str:
    return base64.b64encode(password.encode()).decode()


def error(response: Any, status: int) -> str:
    body = response.json()
    assert response.status_code == status == body["code"], body
    assert set(body) == {"code", "errorType", "message"}
    return body["message"]


class Person:
    """Somebody with a password, and what he does with it."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.name = f"person{uuid.uuid4().hex[:8]}"
        self.email = f"{self.name}@example.com"
        made = client.post(USERS, json={"name": self.name, "email": self.email})
        assert made.status_code == 201, made.text
        self.id = made.json()["id"]
        asked = {"username": self.name, "newPassword": PASSWORD, "confirmPassword": PASSWORD, "requestType": "USER"}
        assert client.put(f"{USERS}/changePassword", json=asked).status_code == 200

    def log_in(self, password: str = PASSWORD, name: str | None = None) -> Any:
        return self.client.post(
            f"{USERS}/login", json={"email": name or self.email, "password": encoded(password)}, token=None
        )

    def session(self) -> dict[str, Any]:
        response = self.log_in()
        assert response.status_code == 200, response.text
        return response.json()

    def refresh(self, token: str) -> Any:
        return self.client.post(f"{USERS}/refresh", json={"refreshToken": token}, token=None)


@pytest.fixture
def person(client: Client) -> Person:
    return Person(client)


@pytest.fixture
def bot(client: Client) -> dict[str, Any]:
    name = f"bot{uuid.uuid4().hex[:8]}"
    asked = {
        "name": name,
        "email": f"{name}@example.com",
        "isBot": True,
        "authenticationMechanism": {"authType": "JWT", "config": {"JWTTokenExpiry": "Unlimited"}},
    }
    made = client.post(USERS, json=asked)
    assert made.status_code == 201, made.text
    return made.json()


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch):
    def move(seconds: float) -> None:
        at = identity.now() + int(seconds * 1000)
        monkeypatch.setattr(identity, "now", lambda: at)

    return move


def write(server: Server, work: Any) -> Any:
    return server.run(server.catalog.context.database.write(work))


# logging in


def test_the_first_administrator_logs_in_with_the_password_that_was_shown(client: Client, admin_password: str):
    response = client.post(f"{USERS}/login", json={"email": "admin", "password": encoded(admin_password)}, token=None)
    body = response.json()
    assert response.status_code == 200
    assert set(body) == {"accessToken", "refreshToken", "tokenType", "expiryDuration"}
    assert body["tokenType"] == "Bearer"
    assert 3_590_000 < body["expiryDuration"] - time.time() * 1000 <= 3_600_000
    assert client.get(ME, token=body["accessToken"]).json()["name"] == "admin"


def test_a_login_takes_the_address_or_the_name_in_any_case(person: Person):
    for name in (person.email, person.name, person.email.upper(), person.name.upper(), f" {person.name} "):
        assert person.log_in(name=name).status_code == 200


def test_a_wrong_password_is_401(person: Person):
    assert error(person.log_in("Secret-word-2"), 401) == WRONG


@pytest.mark.parametrize("name", ["nobody@example.com", "nobody", "", '"', "@", "ingestion-bot", "x" * 5000])
def test_an_unknown_name_or_a_bots_is_400(client: Client, name: str):
    response = client.post(f"{USERS}/login", json={"email": name, "password": encoded(PASSWORD)}, token=None)
    assert error(response, 400) == WRONG


def test_a_user_without_a_password_cannot_log_in(client: Client, as_user: Client):
    name = as_user.get(ME).json()["name"]
    response = client.post(f"{USERS}/login", json={"email": name, "password": encoded("")}, token=None)
    assert error(response, 401) == WRONG


@pytest.mark.parametrize("password", ["not base64!", "YWJ", "YW Jj", base64.b64encode(b"\xff\xfe").decode()])
def test_a_password_that_is_not_base64_is_400(client: Client, password: str):
    response = client.post(f"{USERS}/login", json={"email": "admin", "password": password}, token=None)
    assert error(response, 400) == "Password needs to be encoded in Base-64."


@pytest.mark.parametrize("body", [{}, {"email": "a"}, {"email": "a", "password": "YQ==", "more": 1}, [], "a", None])
def test_a_login_with_another_body_is_400(client: Client, body: Any):
    error(client.post(f"{USERS}/login", json=body, token=None), 400)


def test_failures_delay_the_next_try_longer_each_time(person: Person, later: Any):
    for _ in range(3):
        assert error(person.log_in("wrong"), 401) == WRONG
    assert error(person.log_in(), 401) == TOO_MANY
    later(1.1)
    assert error(person.log_in("wrong"), 401) == WRONG
    later(1.1)
    assert error(person.log_in(), 401) == TOO_MANY
    later(1.1)
    assert person.log_in().status_code == 200
    assert error(person.log_in("wrong"), 401) == WRONG  # counted from zero again
    assert person.log_in().status_code == 200


def test_one_users_failures_do_not_delay_another(client: Client, person: Person):
    for _ in range(4):
        person.log_in("wrong")
    assert Person(client).log_in().status_code == 200


def test_tries_side_by_side_do_not_outrun_the_count(person: Person, server: Server):
    import asyncio

    async def many() -> list[Any]:
        body = {"email": person.name, "password": encoded("wrong")}
        return await asyncio.gather(*(server._http.post(f"{USERS}/login", json=body) for _ in range(12)))

    answers = [error(response, 401) for response in server.run(many())]
    assert answers.count(WRONG) == 3
    assert answers.count(TOO_MANY) == 9


# sessions


def test_a_refresh_gives_new_tokens_once(person: Person):
    first = person.session()
    second = person.refresh(first["refreshToken"]).json()
    assert second["refreshToken"] != first["refreshToken"]
    assert person.client.get(ME, token=second["accessToken"]).json()["id"] == person.id
    assert error(person.refresh(first["refreshToken"]), 401) == "Not Authorized! Invalid token."
    assert person.refresh(second["refreshToken"]).status_code == 200  # a race is no theft


def test_a_refresh_token_that_is_used_again_later_ends_the_session(person: Person, later: Any):
    first = person.session()
    second = person.refresh(first["refreshToken"]).json()
    later(11)
    error(person.refresh(first["refreshToken"]), 401)
    error(person.refresh(second["refreshToken"]), 401)
    time.sleep(0.3)
    assert error(person.client.get(ME, token=second["accessToken"]), 401) == "Invalid token, used after logout!"


def test_an_expired_refresh_token_says_so_and_is_not_repeated(person: Person, later: Any):
    token = person.session()["refreshToken"]
    later(31 * 86_400)
    assert error(person.refresh(token), 400) == "Expired token. Please login again."


@pytest.mark.parametrize("token", ["", "nonsense", "\u00e9"])
def test_an_unknown_refresh_token_is_401(person: Person, token: str):
    assert error(person.refresh(token), 401) == "Not Authorized! Invalid token."


def test_a_logout_ends_the_session_at_once_and_no_other(person: Person):
    one, other = person.session(), person.session()
    body = {"token": one["accessToken"], "refreshToken": one["refreshToken"], "username": person.name}
    response = person.client.post(f"{USERS}/logout", json=body, token=one["accessToken"])
    assert (response.status_code, response.text) == (200, "Logout Successful")
    assert error(person.client.get(ME, token=one["accessToken"]), 401) == "Invalid token, used after logout!"
    error(person.refresh(one["refreshToken"]), 401)
    assert person.client.get(ME, token=other["accessToken"]).status_code == 200
    assert person.refresh(other["refreshToken"]).status_code == 200


def test_a_logout_without_a_token_in_the_body_ends_the_callers_session(person: Person):
    session = person.session()
    assert person.client.post(f"{USERS}/logout", json={}, token=session["accessToken"]).status_code == 200
    error(person.client.get(ME, token=session["accessToken"]), 401)
    error(person.refresh(session["refreshToken"]), 401)


def test_nobody_logs_another_out(person: Person, client: Client):
    session = person.session()
    for body in ({"token": session["accessToken"]}, {"refreshToken": session["refreshToken"]}):
        error(client.post(f"{USERS}/logout", json=body), 400)
    assert client.get(ME, token=session["accessToken"]).status_code == 200


# passwords


def change(person: Person, session: dict[str, Any], **body: Any) -> Any:
    asked = {"oldPassword": PASSWORD, "newPassword": "Other-word-2", "confirmPassword": "Other-word-2"} | body
    return person.client.put(f"{USERS}/changePassword", json=asked, token=session["accessToken"])


def test_changing_ones_password_ends_all_other_sessions(person: Person):
    other, mine = person.session(), person.session()
    response = change(person, mine, requestType="SELF", username=person.name)
    assert (response.status_code, response.text) == (200, "Password Updated Successfully")
    assert person.log_in("Other-word-2").status_code == 200
    assert error(person.log_in(), 401) == WRONG
    assert person.client.get(ME, token=mine["accessToken"]).status_code == 200
    error(person.client.get(ME, token=other["accessToken"]), 401)
    error(person.refresh(other["refreshToken"]), 401)


def test_a_random_password_is_good_enough_to_be_given(client: Client, person: Person):
    suggested = [client.get(f"{USERS}/generateRandomPwd") for _ in range(2)]
    assert [one.headers["cache-control"] for one in suggested] == ["no-store"] * 2
    first, second = (one.text for one in suggested)
    assert first != second
    asked = {"username": person.name, "newPassword": first, "confirmPassword": first, "requestType": "USER"}
    assert client.put(f"{USERS}/changePassword", json=asked).status_code == 200
    assert person.log_in(first).status_code == 200


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({"oldPassword": "wrong"}, "Old Password is not correct"),
        ({"oldPassword": None}, "Old Password is not correct"),
        ({"confirmPassword": "Other-word-3"}, "Password and Confirm Password should match"),
        ({"newPassword": "weak", "confirmPassword": "weak"}, "Password must be of minimum 8 characters, with one"),
        ({"requestType": "OTHER"}, "requestType"),
        ({"username": "admin"}, "requestType USER"),
    ],
)
def test_a_password_change_that_is_wrong_is_400_and_changes_nothing(person: Person, body: dict, sentence: str):
    session = person.session()
    assert sentence in error(change(person, session, **body), 400)
    assert person.log_in().status_code == 200


def test_wrong_old_passwords_are_counted_like_failed_logins(person: Person):
    session = person.session()
    for _ in range(3):
        change(person, session, oldPassword="wrong")
    assert error(change(person, session), 401) == TOO_MANY
    assert error(person.log_in(), 401) == TOO_MANY


def test_an_administrator_sets_a_password_and_ends_the_sessions(person: Person):
    session = person.session()
    body = {"username": person.name, "newPassword": "New-word-33", "confirmPassword": "New-word-33"}
    body["requestType"] = "USER"
    assert error(person.client.put(f"{USERS}/changePassword", json=body, token=session["accessToken"]), 403)
    assert person.client.put(f"{USERS}/changePassword", json=body).status_code == 200
    error(person.client.get(ME, token=session["accessToken"]), 401)
    assert person.log_in("New-word-33").status_code == 200


@pytest.mark.parametrize(("name", "status"), [("nobody", 404), ("ingestion-bot", 400), (None, 400)])
def test_only_persons_who_are_there_get_passwords(client: Client, name: str | None, status: int):
    body = {"username": name, "newPassword": PASSWORD, "confirmPassword": PASSWORD, "requestType": "USER"}
    error(client.put(f"{USERS}/changePassword", json=body), status)


# who is let in


@pytest.mark.parametrize("scheme", ["", "bearer ", "BEARER ", "Bearer", "Basic ", "Token ", "Bearer\t"])
def test_another_scheme_is_no_token(client: Client, scheme: str):
    response = client.get(ME, headers={"Authorization": f"{scheme}{client.token}"}, token=None)
    assert error(response, 401) == "Not Authorized! Token not present"
    assert response.headers["www-authenticate"]


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Bearer  "])
def test_an_empty_token_is_no_token(client: Client, header: str):
    response = client.get(ME, headers={"Authorization": header}, token=None)
    assert error(response, 401) == "Not Authorized! Token not present"


@pytest.mark.parametrize("token", ["x", "a.b.c", " eyJ", "\u00e9"])
def test_garbage_is_an_invalid_token(client: Client, token: str):
    headers = {b"Authorization": f"Bearer {token}".encode()}
    assert error(client.get(ME, headers=headers, token=None), 401) == "Not Authorized! Invalid token."


def test_two_blanks_make_another_token(client: Client):
    response = client.get(ME, headers={"Authorization": f"Bearer  {client.token}"}, token=None)
    assert error(response, 401) == "Not Authorized! Invalid token."


def test_a_well_signed_token_that_is_not_recorded_is_refused(client: Client, server: Server):
    admin = client.get(f"{USERS}/name/admin").json()
    now = identity.now()
    for kind in ("BOT", "PERSONAL_ACCESS", "OM_USER"):
        claims = Claims(
            str(uuid.uuid4()), "admin", admin["email"], is_bot=False, kind=kind, issued_at=now, expires_at=None
        )
        error(client.get(ME, token=server.catalog.context.signer.sign(claims)), 401)


def test_a_token_ends_at_its_time_even_when_it_is_known(client: Client, server: Server):
    signer, now = server.catalog.context.signer, identity.now()
    token = write(server, lambda tx: identity.issue_to(tx, signer, "admin", expires_at=now + 2000, now=now))
    assert client.get(ME, token=token).status_code == 200
    time.sleep(2.1)
    assert error(client.get(ME, token=token), 401) == "Expired token!"


def test_a_deleted_users_token_is_refused_until_he_is_restored(client: Client, server: Server, person: Person):
    token, session = server.token(person.name), person.session()["accessToken"]
    assert client.get(ME, token=token).status_code == 200
    assert client.delete(f"{USERS}/{person.id}").status_code == 200
    for each in (token, session):
        assert error(client.get(ME, token=each), 401) == "Not Authorized! Invalid token."
    assert error(person.log_in(), 400) == WRONG
    assert client.put(f"{USERS}/restore", json={"id": person.id}).status_code == 200
    assert client.get(ME, token=token).status_code == 200


def test_a_user_who_is_gone_leaves_no_token_behind(client: Client, person: Person):
    token = person.session()["accessToken"]
    assert client.delete(f"{USERS}/{person.id}", params={"hardDelete": "true"}).status_code == 200
    error(client.get(ME, token=token), 401)
    client.post(USERS, json={"name": person.name, "email": person.email})
    error(client.get(ME, token=token), 401)
    error(person.log_in(), 401)


def test_an_administrator_who_is_one_no_more_is_one_no_more_at_the_next_request(client: Client, person: Person):
    token = person.session()["accessToken"]
    patch = [{"op": "add", "path": "/isAdmin", "value": True}]
    assert client.patch(f"{USERS}/{person.id}", json=patch).status_code == 200
    listing = f"{USERS}/security/token?username=admin"
    assert client.get(listing, token=token).status_code == 200
    patch = [{"op": "replace", "path": "/isAdmin", "value": False}]
    assert client.patch(f"{USERS}/{person.id}", json=patch).status_code == 200
    assert "is not admin" in error(client.get(listing, token=token), 403)


def test_what_another_process_revokes_is_noticed(client: Client, server: Server, person: Person):
    token = server.token(person.name)
    assert client.get(ME, token=token).status_code == 200
    with sqlite.transaction(server.catalog.settings.data) as tx:
        store.revoke_tokens(tx, person.id, "PERSONAL_ACCESS", now=identity.now())
        store.touch(tx)
    deadline = time.monotonic() + 5
    while client.get(ME, token=token).status_code == 200 and time.monotonic() < deadline:
        time.sleep(0.02)
    assert error(client.get(ME, token=token), 401) == "Not Authorized! Invalid personal access token!"


def test_only_so_many_callers_are_remembered(client: Client, server: Server, monkeypatch: pytest.MonkeyPatch):
    from brokerbook.api import auth

    monkeypatch.setattr(auth, "MOST_KNOWN", 3)
    authenticator = server.catalog.context.authenticator
    authenticator.forget()
    for _ in range(6):
        assert client.get(ME, token=server.token("admin")).status_code == 200
    assert len(authenticator._known) <= 3


# the caller


def test_the_logged_in_user_is_the_user_himself(client: Client, person: Person):
    token = person.session()["accessToken"]
    for query in ("", "?fields=teams"):
        assert client.get(ME + query, token=token).json() == client.get(f"{USERS}/{person.id}{query}").json()


def test_group_teams_are_the_groups_that_he_is_in_or_under(client: Client, person: Person):
    def team(kind: str, **more: Any) -> dict[str, Any]:
        made = client.post("/api/v1/teams", json={"name": f"team{uuid.uuid4().hex[:8]}", "teamType": kind} | more)
        assert made.status_code == 201, made.text
        return made.json()

    department = team("Department")
    below, alone = team("Group", parents=[department["id"]]), team("Group")
    team("Group")
    body = {"name": person.name, "email": person.email, "teams": [department["id"], alone["id"]]}
    assert client.put(USERS, json=body).status_code == 200
    found = client.get(f"{ME}/groupTeams", token=person.session()["accessToken"]).json()
    assert {team["id"] for team in found} == {below["id"], alone["id"]}
    assert all(team["type"] == "team" and team["href"].endswith(f"/api/v1/teams/{team['id']}") for team in found)


def test_whether_an_address_is_in_use(client: Client, person: Person):
    assert client.post(f"{USERS}/checkEmailInUse", json={"email": person.email.upper()}).json() is True
    assert client.post(f"{USERS}/checkEmailInUse", json={"email": "no@example.com"}).json() is False
    assert client.post(f"{USERS}/checkEmailVerified", json={"email": person.email}).json() is False


def test_nobody_signs_himself_up(client: Client):
    response = client.post(f"{USERS}/signup", json={"email": "a@example.com", "password": "x"}, token=None)
    error(response, 501)
    assert response.json()["errorType"] == "SELF_SIGNUP_NOT_ENABLED"


# personal tokens


def personal(person: Person, token: str, name: str = "laptop", expiry: str = "7") -> dict[str, Any]:
    asked = {"tokenName": name, "JWTTokenExpiry": expiry}
    response = person.client.put(f"{USERS}/security/token", json=asked, token=token)
    assert response.status_code == 200, response.text
    return response.json()


def test_a_personal_token_works_until_it_is_revoked(person: Person):
    token = person.session()["accessToken"]
    made = personal(person, token)
    assert set(made) == {"token", "tokenName", "userId", "tokenType", "expiryDate", "jwtToken"}
    assert made["tokenType"] == "PERSONAL_ACCESS_TOKEN"
    assert abs(made["expiryDate"] - time.time() * 1000 - 7 * 86_400_000) < 10_000
    kept = personal(person, token, "kept", "Unlimited")
    assert person.client.get(ME, token=made["jwtToken"]).json()["id"] == person.id

    listed = person.client.get(f"{USERS}/security/token", token=token).json()
    assert listed["paging"] == {"total": 2}
    assert [row["tokenName"] for row in listed["data"]] == ["laptop", "kept"]
    assert not any("jwtToken" in row for row in listed["data"])

    revoked = person.client.put(f"{USERS}/security/token/revoke", json={"tokenIds": [made["token"]]}, token=token)
    assert [row["token"] for row in revoked.json()["data"]] == [kept["token"]]
    sentence = error(person.client.get(ME, token=made["jwtToken"]), 401)
    assert sentence == "Not Authorized! Invalid personal access token!"
    assert person.client.get(ME, token=kept["jwtToken"]).status_code == 200


def test_all_personal_tokens_are_revoked_at_once(person: Person):
    token = person.session()["accessToken"]
    made = [personal(person, token), personal(person, token)]
    response = person.client.put(f"{USERS}/security/token/revoke?removeAll=true", content="", token=token)
    assert response.json()["data"] == []
    for each in made:
        error(person.client.get(ME, token=each["jwtToken"]), 401)


def test_others_tokens_are_an_administrators_business(person: Person, as_user: Client):
    made = personal(person, person.session()["accessToken"])
    query = f"?username={person.name}"
    body = {"tokenIds": [made["token"]]}
    assert "is not admin" in error(as_user.get(f"{USERS}/security/token{query}"), 403)
    assert "is not admin" in error(as_user.put(f"{USERS}/security/token/revoke{query}", json=body), 403)
    as_user.put(f"{USERS}/security/token/revoke", json=body)  # not one of his: does nothing
    assert person.client.get(ME, token=made["jwtToken"]).status_code == 200
    assert len(person.client.get(f"{USERS}/security/token{query}").json()["data"]) == 1
    assert person.client.put(f"{USERS}/security/token/revoke{query}", json=body).json()["data"] == []
    error(person.client.get(ME, token=made["jwtToken"]), 401)
    error(person.client.get(f"{USERS}/security/token?username=nobody"), 404)


def test_a_bot_has_no_personal_token(as_bot: Client):
    body = {"tokenName": "x", "JWTTokenExpiry": "1"}
    sentence = error(as_bot.put(f"{USERS}/security/token", json=body), 400)
    assert sentence == "Bots cannot have a Personal Access Token."


@pytest.mark.parametrize("body", [{}, {"tokenName": "x"}, {"tokenName": "x", "JWTTokenExpiry": "2"}, {"tokenIds": []}])
def test_a_personal_token_needs_a_name_and_a_known_expiry(client: Client, body: dict):
    error(client.put(f"{USERS}/security/token", json=body), 400)


# bots' tokens


def test_a_bots_new_token_replaces_the_old_one(client: Client, bot: dict[str, Any]):
    def generate(expiry: str) -> dict[str, Any]:
        response = client.put(f"{USERS}/generateToken/{bot['id']}", json={"JWTTokenExpiry": expiry})
        assert response.status_code == 200, response.text
        return response.json()

    old = generate("Unlimited")
    assert set(old) == {"JWTToken", "JWTTokenExpiry"}
    assert client.get(ME, token=old["JWTToken"]).json()["id"] == bot["id"]
    new = generate("30")
    assert new["JWTTokenExpiry"] == "30"
    assert abs(new["JWTTokenExpiresAt"] - time.time() * 1000 - 30 * 86_400_000) < 10_000
    sentence = error(client.get(ME, token=old["JWTToken"]), 401)
    assert sentence == "Not Authorized! The given token does not match the current bot's token!"
    assert client.get(ME, token=new["JWTToken"]).status_code == 200

    shown = client.get(f"{USERS}/token/{bot['id']}").json()
    assert shown == {key: value for key, value in new.items() if key != "JWTToken"}
    assert client.get(f"{USERS}/auth-mechanism/{bot['id']}").json() == {"authType": "JWT", "config": shown}

    revoked = client.put(f"{USERS}/revokeToken", json={"id": bot["id"]})
    assert revoked.json()["id"] == bot["id"]
    error(client.get(ME, token=new["JWTToken"]), 401)
    assert client.get(f"{USERS}/token/{bot['id']}").json() == {}


def test_only_administrators_handle_bots_tokens(as_user: Client, bot: dict[str, Any]):
    for answer in (
        as_user.put(f"{USERS}/generateToken/{bot['id']}", json={"JWTTokenExpiry": "1"}),
        as_user.put(f"{USERS}/revokeToken", json={"id": bot["id"]}),
        as_user.get(f"{USERS}/token/{bot['id']}"),
        as_user.get(f"{USERS}/auth-mechanism/{bot['id']}"),
    ):
        assert "is not admin" in error(answer, 403)


def test_a_person_has_no_bot_token(client: Client, person: Person):
    error(client.put(f"{USERS}/generateToken/{person.id}", json={"JWTTokenExpiry": "1"}), 400)
    sentence = error(client.put(f"{USERS}/revokeToken", json={"id": person.id}), 400)
    assert sentence == "Revoke Token can only be applied to Bot Users."
    assert error(client.get(f"{USERS}/token/{person.id}"), 400) == "JWT token is only supported for bot users"


@pytest.mark.parametrize(("key", "status"), [("00000000-0000-4000-8000-000000000000", 404), ("nonsense", 404)])
def test_a_bot_that_is_not_there_is_404(client: Client, key: str, status: int):
    error(client.put(f"{USERS}/generateToken/{key}", json={"JWTTokenExpiry": "1"}), status)
    error(client.get(f"{USERS}/token/{key}"), status)


# acting for somebody


def trusted(client: Client, bot: dict[str, Any]) -> str:
    patch = [{"op": "add", "path": "/allowImpersonation", "value": True}]
    assert client.patch(f"{USERS}/{bot['id']}", json=patch).status_code == 200
    return client.put(f"{USERS}/generateToken/{bot['id']}", json={"JWTTokenExpiry": "1"}).json()["JWTToken"]


def test_a_person_acts_for_nobody(client: Client, as_user: Client):
    for each in (client, as_user):
        response = each.get(ME, headers={"X-Impersonate-User": "admin"})
        assert error(response, 403) == "Only bot users can impersonate other users"


def test_a_bot_acts_for_others_only_if_its_record_says_so(client: Client, bot: dict[str, Any], person: Person):
    token = client.put(f"{USERS}/generateToken/{bot['id']}", json={"JWTTokenExpiry": "1"}).json()["JWTToken"]
    headers = {"X-Impersonate-User": person.name}
    assert "operations [Impersonate] not allowed" in error(client.get(ME, headers=headers, token=token), 403)
    token = trusted(client, bot)
    assert client.get(ME, headers=headers, token=token).json()["id"] == person.id
    assert client.get(ME, token=token).json()["id"] == bot["id"]


def test_a_bot_acts_for_persons_who_are_there(client: Client, bot: dict[str, Any]):
    token = trusted(client, bot)
    for name in ("nobody", "", '"'):
        response = client.get(ME, headers={"X-Impersonate-User": name}, token=token)
        assert error(response, 401) == f"Cannot impersonate non-existent user: {name}"
    error(client.get(ME, headers={"X-Impersonate-User": "ingestion-bot"}, token=token), 403)


def test_acting_for_an_administrator_makes_none(client: Client, bot: dict[str, Any], person: Person):
    token, headers = trusted(client, bot), {"X-Impersonate-User": "admin"}
    assert client.get(ME, headers=headers, token=token).status_code == 200
    body = {"username": person.name, "newPassword": PASSWORD, "confirmPassword": PASSWORD, "requestType": "USER"}
    assert "is not admin" in error(client.put(f"{USERS}/changePassword", json=body, headers=headers, token=token), 403)


def test_a_bot_cannot_take_its_users_tokens_along(client: Client, bot: dict[str, Any], person: Person):
    token, headers = trusted(client, bot), {"X-Impersonate-User": person.name}
    body = {"tokenName": "x", "JWTTokenExpiry": "Unlimited"}
    error(client.put(f"{USERS}/security/token", json=body, headers=headers, token=token), 403)
    error(client.get(f"{USERS}/security/token", headers=headers, token=token), 403)
    body = {"oldPassword": PASSWORD, "newPassword": "Other-word-2", "confirmPassword": "Other-word-2"}
    error(client.put(f"{USERS}/changePassword", json=body, headers=headers, token=token), 403)
    error(client.post(f"{USERS}/logout", json={}, headers=headers, token=token), 403)


# at rest


def test_neither_tokens_nor_passwords_are_kept(client: Client, server: Server, person: Person, bot: dict[str, Any]):
    session = person.session()
    generated = client.put(f"{USERS}/generateToken/{bot['id']}", json={"JWTTokenExpiry": "1"}).json()["JWTToken"]
    made = personal(person, session["accessToken"])["jwtToken"]
    kept = b"".join(file.read_bytes() for file in server.catalog.settings.data.glob("brokerbook.db*"))
    assert person.name.encode() in kept
    for text in (PASSWORD, encoded(PASSWORD), session["refreshToken"]):
        assert text.encode() not in kept
    for token in (session["accessToken"], generated, made):
        assert token.split(".")[2].encode() not in kept


def test_answers_with_tokens_are_not_to_be_stored_on_the_way(person: Person):
    assert person.log_in().headers["cache-control"] == "no-store"


# what is open


def test_a_client_asks_the_system_before_it_is_known(client: Client):
    def get(path: str) -> Any:
        response = client.get(f"/api/v1/system/{path}", token=None)
        assert response.status_code == 200, response.text
        return response.json()

    version = get("version")
    assert version["version"].startswith("2.0.")
    assert set(version) == {"version", "revision", "timestamp"}
    (key,) = get("config/jwks")["keys"]
    assert (key["kty"], key["alg"], key["use"]) == ("RSA", "RS256", "sig")
    auth = get("config/auth")
    assert (auth["provider"], auth["enableSelfSignup"]) == ("basic", False)
    assert auth["publicKeyUrls"] == ["http://catalog.test/api/v1/system/config/jwks"]
    assert get("config/authorizer")["adminPrincipals"] == ["admin"]
    assert get("config/customUiThemePreference")["customTheme"]["primaryColor"] == ""
    assert get("config/rdf") == {"enabled": False}
    assert client.get("/api/v1/system/health", token=None).text == "OK"
