"""Issuers at the start: what a provider says and is wrong stops it, and one that cannot be reached does not."""

from __future__ import annotations

import logging
import socket
from typing import TYPE_CHECKING, Any

import pytest

from brokerbook import app
from brokerbook.errors import StartupError
from brokerbook.issuers import Issuer
from brokerbook.settings import Settings
from conftest import running
from provider import AUTH, CATALOG, SECRET, Browser, Provider, issuer, jwk, providing

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WELL_KNOWN = "/.well-known/openid-configuration"


@pytest.fixture
def idp() -> Iterator[Provider]:
    with providing() as provider:
        yield provider


def refusal(data: Path, *issuers: Issuer, **more: Any) -> str:
    with pytest.raises(StartupError) as refused:
        app.create_app(Settings(data=data, issuers=issuers, public_url=CATALOG, **more)).close()
    assert SECRET not in str(refused.value)
    return str(refused.value)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"issuer": "http://127.0.0.1:1"}, "discovery document names another issuer than the settings"),
        ({"jwks_uri": None}, "discovery document has no jwks_uri"),
        ({"token_endpoint": None}, "discovery document has no token_endpoint"),
        ({"authorization_endpoint": None}, "discovery document has no authorization_endpoint"),
        ({"jwks_uri": "https://127.0.0.1/jwks"}, "discovery document is wrong: its jwks_uri has another scheme"),
        ({"jwks_uri": "http://idp.example.com/"}, "discovery document is wrong: its jwks_uri must begin with https://"),
        ({"jwks_uri": "http://127.0.0.1:22/jwks"}, "set of keys (jwks_uri) has a port at which no web server listens"),
        ({"id_token_signing_alg_values_supported": ["HS256"]}, "discovery document knows none of the algorithms"),
        ({"code_challenge_methods_supported": ["plain"]}, "discovery document does not know PKCE"),
        ({"token_endpoint_auth_methods_supported": ["tls_client_auth"]}, "discovery document does not know the client"),
    ],
)
def test_a_discovery_document_that_is_wrong_stops_the_start(
    tmp_path: Path, idp: Provider, change: dict[str, Any], sentence: str
):
    idp.discovery |= change
    assert refusal(tmp_path, issuer(idp)).startswith(f"The issuer corp: its {sentence}")


@pytest.mark.parametrize(
    ("path", "answer", "sentence"),
    [
        (WELL_KNOWN, (404, {}, b""), "discovery document is answered with status 404."),
        (WELL_KNOWN, (200, {}, b"<html>"), "discovery document is not the JSON that it has to be."),
        (WELL_KNOWN, (200, {}, b" " * 200_000), "discovery document answers with more than 131072 bytes."),
        (
            WELL_KNOWN,
            (302, {"Location": "http://127.0.0.1/"}, b""),
            "discovery document answers with a redirect, which is not followed.",
        ),
        ("/jwks", (403, {}, b""), "set of keys (jwks_uri) is answered with status 403."),
        ("/jwks", (200, {}, b'{"keys": []}'), "set of keys (jwks_uri) holds no key that could check a signature."),
        ("/jwks", (200, {}, b" " * 200_000), "set of keys (jwks_uri) answers with more than 131072 bytes."),
    ],
)
def test_an_answer_that_is_wrong_stops_the_start(tmp_path: Path, idp: Provider, path: str, answer: Any, sentence: str):
    idp.instead[path] = answer
    assert refusal(tmp_path, issuer(idp)) == f"The issuer corp: its {sentence}"


def test_keys_of_a_private_host_that_the_settings_do_not_name_stop_the_start(tmp_path: Path, idp: Provider):
    port = idp.issuer.rpartition(":")[2]
    idp.discovery |= {"jwks_uri": f"http://localhost:{port}/jwks"}
    assert refusal(tmp_path, issuer(idp)).startswith("The issuer corp: its set of keys (jwks_uri) has an address of")
    with running(tmp_path, issuers=(issuer(idp, hosts=("localhost",)),), public_url=CATALOG) as server:
        assert Browser(server).sign_in().status_code == 200


def test_a_catalog_that_is_its_own_issuer_does_not_start(tmp_path: Path, idp: Provider):
    port = int(idp.issuer.rpartition(":")[2])
    assert (
        refusal(tmp_path, issuer(idp), port=port) == "The issuer corp: its discovery document is this catalog itself."
    )


def test_one_wrong_issuer_among_several_is_named(tmp_path: Path, idp: Provider):
    with providing() as other:
        other.keys = [jwk("one", use="enc")]
        assert refusal(tmp_path, issuer(idp), issuer(other, "other")).startswith("The issuer other: its set of keys")


def test_a_first_start_that_is_stopped_leaves_the_administrator_to_the_next(tmp_path: Path, idp: Provider):
    idp.discovery |= {"jwks_uri": None}
    refusal(tmp_path, issuer(idp))
    with running(tmp_path) as server:
        assert server.catalog.password is not None


@pytest.mark.parametrize("path", [WELL_KNOWN, "/jwks"])
def test_a_provider_that_is_down_is_warned_of_and_asked_again(
    tmp_path: Path, idp: Provider, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, path: str
):
    idp.instead[path] = (503, {}, b"s3cret")
    with (
        caplog.at_level(logging.WARNING, "brokerbook"),
        running(tmp_path, issuers=(issuer(idp),), public_url=CATALOG) as server,
    ):
        assert "is answered with status 503. Its sign-ins and tokens are refused until" in caplog.text
        assert "s3cret" not in caplog.text
        browser = Browser(server)
        answer = browser.client.get(f"{AUTH}/login") if path == WELL_KNOWN else browser.sign_in()
        assert answer.status_code == 503
        assert answer.headers["retry-after"] == "10"
        del idp.instead[path]
        provider = server.catalog.context.sign_in.providers["corp"]
        for document in (provider.discovery, provider.keys):
            monkeypatch.setattr(document, "_tried_at", float("-inf"))
        assert browser.sign_in().status_code == 200


def test_a_provider_that_is_not_there_stops_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        away = Issuer(name="away", issuer=f"http://127.0.0.1:{bound.getsockname()[1]}", api_audiences=("catalog",))
        with running(tmp_path, issuers=(away,)) as server:
            assert "the issuer away: its discovery document cannot be connected to." in caplog.text
            assert server.as_user("ann").get("/api/v1/users/loggedInUser").status_code == 200


def test_the_first_sign_in_does_not_wait_for_what_the_start_has_asked(tmp_path: Path, idp: Provider):
    with running(tmp_path, issuers=(issuer(idp),), public_url=CATALOG) as server:
        assert sorted(idp.asked) == [WELL_KNOWN, "/jwks"]
        assert Browser(server).sign_in().status_code == 200
        assert sorted(idp.asked) == [WELL_KNOWN, "/authorize", "/jwks", "/token"]
