"""`brokerbook token` prints tokens that work, with and without a running server."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from brokerbook.access.tokens import Signer
from brokerbook.engine import identity, named_tokens
from conftest import Client, running
from processes import serving, token

if TYPE_CHECKING:
    from pathlib import Path

    from commands import Commands
    from conftest import Server

DAY_MS = 86_400_000


def lasts(data: Path, text: str) -> int | None:
    """How many days a token lasts."""
    claims = Signer((data / "token.key").read_bytes()).verify(text, time.time_ns() // 1_000_000)
    return None if claims.expires_at is None else (claims.expires_at - claims.issued_at) // DAY_MS


def test_it_prints_a_token_that_works_and_nothing_else(commands: Commands):
    text = commands.done("token", "admin")
    assert text.count("\n") == 1
    with running(commands.data) as server:
        found = Client(server, text.strip()).get("/api/v1/users/loggedInUser")
        assert found.json()["name"] == "admin"


def test_a_name_is_found_in_any_case(commands: Commands):
    assert commands.done("token", "Admin")


def test_a_persons_token_lasts_a_month_and_a_bots_for_ever(commands: Commands):
    assert lasts(commands.data, commands.done("token", "admin").strip()) == named_tokens.PERSON_TOKEN_MS // DAY_MS == 30
    assert lasts(commands.data, commands.done("token", "ingestion-bot").strip()) is None


def test_how_long_it_lasts_can_be_said(commands: Commands):
    assert lasts(commands.data, commands.done("token", "admin", "--expires", "never").strip()) is None
    assert lasts(commands.data, commands.done("token", "ingestion-bot", "--expires", "7").strip()) == 7


def test_it_is_listed_by_its_name(commands: Commands):
    commands.done("token", "ann", "--name", "laptop")
    assert "laptop" in commands.done("user", "tokens", "ann")


def me(server: Server, text: str) -> int:
    return Client(server, text).get("/api/v1/users/loggedInUser").status_code


def test_it_can_be_limited(commands: Commands):
    text = commands.done(
        "token", "admin", "--read-only", "--kind", "messagingService", "--service", "orders", "--service", '"a.b"'
    ).strip()
    with running(commands.data) as server:
        admin = Client(server, text)
        assert admin.get("/api/v1/users").status_code == 403
        found = admin.get("/api/v1/services/messagingServices").json()["data"]
        assert [service["name"] for service in found] == ["a.b", "orders"]
        assert admin.put("/api/v1/services/messagingServices", json={}).status_code == 403
    listed = commands.done("user", "tokens", "admin")
    assert 'read only; the kinds messagingService; the services "a.b", orders' in listed


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--kind", "broker"), "broker is no kind of entity."),
        (("--service", "nowhere"), "messagingService instance for nowhere not found"),
        (("--kind", "user", "--service", "orders"), "for no user: it lies in none"),
        (("--rotate", "no-such-token"), "admin has no token no-such-token. Nothing was changed."),
    ],
)
def test_what_cannot_be_is_refused(commands: Commands, arguments: tuple[str, ...], words: str):
    before = commands.done("user", "tokens", "admin")
    assert words in commands.refused("token", "admin", *arguments)
    assert commands.done("user", "tokens", "admin") == before


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--rotate", "x", "--expires", "1"), "A token that is rotated keeps"),
        (("--rotate", "x", "--name", "other"), "A token that is rotated keeps"),
        (("--rotate", "x", "--read-only"), "A token that is rotated keeps"),
        (("--rotate", "x", "--overlap", "169"), "'169' is not a number of hours from 0 to 168."),
        (("--overlap", "1"), "--overlap goes with --rotate."),
    ],
)
def test_options_that_contradict_each_other_are_a_usage_error(
    commands: Commands, arguments: tuple[str, ...], words: str
):
    result = commands("token", "admin", *arguments)
    assert (result.exit_code, words in result.output) == (2, True)


def rows(commands: Commands, name: str) -> dict[str, list[str]]:
    """The tokens of a user as they are listed: the id, and the cells after it."""
    lines = commands.done("user", "tokens", name).splitlines()[1:]
    return {line.split()[0]: line.split()[1:] for line in lines}


def test_it_is_rotated_and_the_old_one_works_for_the_overlap(commands: Commands, monkeypatch: pytest.MonkeyPatch):
    old = commands.done("token", "ingestion-bot", "--name", "nightly", "--expires", "90", "--read-only").strip()
    (old_id,) = (key for key, cells in rows(commands, "ingestion-bot").items() if "nightly" in cells)
    new = commands.done("token", "ingestion-bot", "--rotate", old_id.upper(), "--overlap", "1").strip()
    assert lasts(commands.data, new) == 90
    assert sorted(cells[1] for cells in rows(commands, "ingestion-bot").values()) == ["nightly", "nightly"]
    assert "was rotated already" in commands.refused("token", "ingestion-bot", "--rotate", old_id)
    with running(commands.data) as server:
        assert [me(server, text) for text in (old, new)] == [200, 200]
        assert Client(server, new).put("/api/v1/services/messagingServices", json={}).status_code == 403
        server.catalog.context.authenticator.forget()
        at = identity.now() + 3_600_001
        monkeypatch.setattr(identity, "now", lambda: at)
        assert [me(server, text) for text in (old, new)] == [401, 200]


def test_a_token_of_somebody_else_is_not_rotated(commands: Commands):
    commands.done("token", "ann", "--name", "laptop")
    (token_id,) = rows(commands, "ann")
    assert "bob has no token" in commands.refused("token", "bob", "--rotate", token_id)
    assert list(rows(commands, "ann")) == [token_id]


def test_the_list_says_when_it_was_last_used(commands: Commands):
    text = commands.done("token", "ann", "--name", "laptop").strip()
    (before,) = rows(commands, "ann").values()
    with running(commands.data) as server:
        assert me(server, text) == 200
    (after,) = rows(commands, "ann").values()
    assert after[: len(before)] == before
    assert after[len(before) :][0] == time.strftime("%Y-%m-%d", time.gmtime())


def test_an_unknown_user_is_named(commands: Commands):
    assert commands.refused("token", "nobody") == "There is no user nobody."


def test_a_disabled_user_gets_none(commands: Commands):
    commands.done("user", "disable", "ann")
    assert commands.refused("token", "ann") == "The user ann is disabled."


def test_without_the_key_it_says_what_to_do(commands: Commands):
    (commands.data / "token.key").unlink()
    assert "There is no key to sign tokens with" in commands.refused("token", "admin")


@pytest.mark.slow
def test_it_works_at_once_while_the_server_runs(data: Path):
    with serving(data) as process:
        text = token(data)
        with process.client(text) as client:
            assert client.get("/api/v1/users/loggedInUser").json()["name"] == "admin"
