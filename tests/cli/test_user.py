"""`brokerbook user`: the same writes as over HTTP, and a running server that notices."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import pytest

from conftest import Client, running
from processes import serving, succeeded, token

if TYPE_CHECKING:
    from pathlib import Path

    from commands import Commands
    from conftest import Server

GOOD = "Good-enough-1"


def login(server: Server, name: str, password: str) -> int:
    body = {"email": name, "password": base64.b64encode(password.encode()).decode()}
    return server.send("POST", "/api/v1/users/login", json=body).status_code


def user(server: Server, name: str) -> dict[str, Any]:
    return Client(server, server.token("admin")).get(f"/api/v1/users/name/{name}?include=all").json()


def test_the_list_shows_who_is_what(commands: Commands):
    commands.done("user", "disable", "bob")
    known = {"NAME", "admin", "ann", "bob", "ingestion-bot"}
    lines = [line.split() for line in commands.done("user", "list").splitlines()]
    assert [line for line in lines if line[0] in known] == [
        ["NAME", "E-MAIL", "ROLE", "STATE"],
        ["admin", "admin@open-metadata.org", "administrator"],
        ["ann", "ann@example.com"],
        ["bob", "bob@example.com", "disabled"],
        ["ingestion-bot", "ingestion-bot@open-metadata.org", "bot"],
    ]


def test_a_new_user_can_log_in_with_the_password_that_was_made(commands: Commands):
    password = commands.done("user", "add", "Cleo", "--email", "Cleo@Example.com").strip()
    with running(commands.data) as server:
        assert login(server, "cleo@example.com", password) == 200
        assert user(server, "cleo")["isAdmin"] is False
    assert commands.done("verify")


def test_a_password_can_be_given_on_standard_input(commands: Commands):
    made = commands.done(
        "user", "add", "cleo", "--email", "c@example.com", "--admin", "--password-stdin", typed=f"{GOOD}\n"
    )
    assert made == ""
    with running(commands.data) as server:
        assert login(server, "cleo", GOOD) == 200
        assert user(server, "cleo")["isAdmin"] is True


def test_a_password_can_be_asked_for(commands: Commands):
    commands.done("user", "password", "ann", "--prompt", typed=f"{GOOD}\n{GOOD}\n")
    with running(commands.data) as server:
        assert login(server, "ann", GOOD) == 200


def test_a_new_password_ends_the_old_one(commands: Commands):
    first = commands.done("user", "password", "admin").strip()
    second = commands.done("user", "password", "admin").strip()
    with running(commands.data) as server:
        assert login(server, "admin", first) == 401
    with running(commands.data) as server:
        assert login(server, "admin", second) == 200


@pytest.mark.parametrize(
    ("arguments", "typed", "words"),
    [
        (("add", "cleo", "--email", "c@example.com", "--password-stdin"), "weak\n", "Password must be of minimum 8"),
        (("add", "ann", "--email", "c@example.com"), None, "The user ann exists already."),
        (("add", "cleo", "--email", "ANN@example.com"), None, "belongs to the user ann already."),
        (("add", "cleo", "--email", "nowhere"), None, "email must match"),
        (("add", 'c"o', "--email", "c@example.com"), None, "Invalid name"),
        (("password", "nobody"), None, "There is no user nobody."),
        (("password", "ingestion-bot"), None, "The bot ingestion-bot has no password"),
        (("disable", "nobody"), None, "There is no user nobody."),
        (("enable", "ann"), None, "The user ann is not disabled."),
        (("disable", "admin"), None, "admin is the last administrator. Make another user one first."),
        (("admin", "admin", "--revoke"), None, "admin is the last administrator."),
        (("admin", "admin", "--grant"), None, "admin is already an administrator."),
        (("admin", "ann", "--revoke"), None, "ann is not an administrator."),
        (("revoke", "ann", "no-such-token"), None, "ann has no token no-such-token that works."),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(
    commands: Commands, arguments: tuple[str, ...], typed: str | None, words: str
):
    before = commands.done("user", "list")
    assert words in commands.refused("user", *arguments, typed=typed)
    assert commands.done("user", "list") == before


def test_a_user_comes_back_with_versions_and_events(commands: Commands):
    commands.done("user", "disable", "ann")
    assert "is disabled; enable him instead" in commands.refused("user", "add", "ann", "--email", "a@example.com")
    commands.done("user", "enable", "ann")
    with running(commands.data) as server:
        assert (user(server, "ann")["version"], user(server, "ann")["deleted"]) == (0.3, False)
        events = Client(server, server.token("admin")).get(
            "/api/v1/events?entityDeleted=user&entityRestored=user&timestamp=0"
        )
        assert [event["eventType"] for event in events.json()["data"]] == ["entitySoftDeleted", "entityRestored"]
    assert commands.done("verify")


def test_a_disabled_users_sole_ownership_is_listed(commands: Commands):
    result = commands("user", "disable", "ann")
    assert result.stdout.split() == ["KIND", "NAME", "messagingService", "orders"]
    assert result.stderr.splitlines() == ["Disabled ann.", "Nobody else owns (1 messagingService):"]
    assert commands.done("user", "disable", "bob") == ""


def test_of_much_that_a_disabled_user_alone_owns_the_first_is_listed(commands: Commands):
    with running(commands.data) as server:
        admin = Client(server, server.token("admin"))
        bob = user(server, "bob")
        rows = [
            {"name": f"s{n:02}", "serviceType": "Kafka", "owners": [{"id": bob["id"], "type": "user"}]}
            for n in range(51)
        ]
        assert admin.put("/api/v1/services/messagingServices/bulk", json=rows).json()["status"] == "success"
    result = commands("user", "disable", "bob")
    assert [line.split()[1] for line in result.stdout.splitlines()[1:]] == [f"s{n:02}" for n in range(50)]
    assert "Nobody else owns (51 messagingService):" in result.stderr
    assert f"GET /api/v1/users/{bob['id']}/soleOwnership lists all." in result.stderr


def test_the_last_administrator_can_go_when_there_is_another(commands: Commands):
    commands.done("user", "admin", "ann", "--grant")
    commands.done("user", "admin", "admin", "--revoke")
    assert "ann is the last administrator" in commands.refused("user", "disable", "ann")
    assert commands.done("verify")


def test_tokens_are_listed_and_taken_back_by_id(commands: Commands):
    first, second = (commands.done("token", "ann", "--name", name).strip() for name in ("first", "second"))
    ids = {line.split()[2]: line.split()[0] for line in commands.done("user", "tokens", "ann").splitlines()[1:]}
    commands.done("user", "revoke", "ann", ids["first"].upper())
    assert "first" not in commands.done("user", "tokens", "ann")
    with running(commands.data) as server:
        assert Client(server, first).get("/api/v1/users").status_code == 401
        assert Client(server, second).get("/api/v1/users").status_code == 200


def test_all_tokens_and_sessions_are_taken_back_together(commands: Commands):
    password = commands.done("user", "password", "ann").strip()
    text = commands.done("token", "ann").strip()
    with running(commands.data) as server:
        body = {"email": "ann", "password": base64.b64encode(password.encode()).decode()}
        session = server.send("POST", "/api/v1/users/login", json=body).json()["accessToken"]
    assert "session" in commands.done("user", "tokens", "ann")
    commands.done("user", "revoke", "ann", "--all")
    with running(commands.data) as server:
        assert [Client(server, each).get("/api/v1/users").status_code for each in (text, session)] == [401, 401]


@pytest.mark.slow
def test_a_running_server_has_noticed_when_the_command_ends(data: Path):
    with serving(data) as process:
        bearer = token(data, "ann")
        with process.client(bearer) as client:
            for change, back in ((("disable", "ann"), ("enable", "ann")), (("revoke", "ann", "--all"), ())):
                assert client.get("/api/v1/users").status_code == 200
                succeeded("user", *change, "--data", data)
                assert client.get("/api/v1/users").status_code == 401
                if back:
                    succeeded("user", *back, "--data", data)
