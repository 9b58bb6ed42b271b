"""`brokerbook token` prints tokens that work, with and without a running server."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from brokerbook.access.tokens import Signer
from brokerbook.engine import accounts
from conftest import Client, running
from processes import serving, token

if TYPE_CHECKING:
    from pathlib import Path

    from commands import Commands

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
    assert lasts(commands.data, commands.done("token", "admin").strip()) == accounts.PERSON_TOKEN_MS // DAY_MS == 30
    assert lasts(commands.data, commands.done("token", "ingestion-bot").strip()) is None


def test_how_long_it_lasts_can_be_said(commands: Commands):
    assert lasts(commands.data, commands.done("token", "admin", "--expires", "never").strip()) is None
    assert lasts(commands.data, commands.done("token", "ingestion-bot", "--expires", "7").strip()) == 7


def test_it_is_listed_by_its_name(commands: Commands):
    commands.done("token", "ann", "--name", "laptop")
    assert "laptop" in commands.done("user", "tokens", "ann")


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
