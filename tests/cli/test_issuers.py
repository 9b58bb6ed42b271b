"""Issuers and the command: a mistake stops `serve` with its reason, and never shows the secret."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from processes import command, serving
from provider import CLIENT, SECRET, Provider, providing

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def idp() -> Iterator[Provider]:
    with providing() as provider:
        yield provider


def configured(data: Path, idp: Provider, more: str = "") -> Path:
    data.mkdir()
    (data / "brokerbook.toml").write_text(
        'public_url = "http://catalog.test"\n\n[[issuers]]\nname = "corp"\n'
        f'issuer = "{idp.issuer}"\nclient_id = "{CLIENT}"\nclient_secret = "{SECRET}"\n{more}'
    )
    return data


def test_a_server_takes_the_tokens_of_an_issuer(tmp_path: Path, idp: Provider):
    table = [{"name": "corp", "issuer": idp.issuer, "api_audiences": ["catalog"]}]
    token = idp.token(aud="catalog", email="ann@example.com")
    with (
        serving(tmp_path / "data", env={"BROKERBOOK_ISSUERS": json.dumps(table)}) as process,
        process.client(token) as client,
    ):
        assert client.get("/api/v1/users/loggedInUser").json()["name"] == "ann"


def test_a_mistake_in_the_settings_stops_the_server_with_its_reason(tmp_path: Path, idp: Provider):
    data = configured(tmp_path / "data", idp, "clock_skew = 5\n")
    done = command("serve", "--data", data, "--port", "0")
    assert done.returncode == 1
    assert "Object contains unknown field `clock_skew`" in done.stderr
    assert SECRET not in done.stdout + done.stderr


def test_a_mistake_of_the_provider_stops_the_server_with_its_reason(tmp_path: Path, idp: Provider):
    idp.discovery |= {"issuer": "https://idp.example.com"}
    done = command("serve", "--data", configured(tmp_path / "data", idp), "--port", "0")
    assert done.returncode == 1
    assert "The issuer corp: its discovery document names another issuer than the settings" in done.stderr
    assert SECRET not in done.stdout + done.stderr


def test_without_an_issuer_nothing_is_loaded_that_asks_others(tmp_path: Path):
    program = (
        "import sys; from pathlib import Path; from brokerbook import app; from brokerbook.settings import Settings\n"
        f"app.create_app(Settings(data=Path({str(tmp_path)!r}))).close()\n"
        "print([name for name in ('httpcore2', 'anyio', 'brokerbook.outbound') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "[]"
