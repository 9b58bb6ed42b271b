"""Issuers in the settings: every mistake stops the start with its reason, and no secret is in any text."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from brokerbook.errors import StartupError
from brokerbook.issuers import Issuer, private_hosts
from brokerbook.settings import Settings, described, load

SECRET = "v3ry-s3cret"
URL = "https://idp.example.com"
GOOD: dict[str, Any] = {"name": "corp", "issuer": URL, "client_id": "catalog", "client_secret": SECRET}
PUBLIC = {"BROKERBOOK_PUBLIC_URL": "https://catalog.example.com"}
FILE = f"""
public_url = "https://catalog.example.com"

[[issuers]]
name = "corp"
issuer = "{URL}/realms/main"
client_id = "catalog"
client_secret_file = "secret"
teams_claim = "groups"
teams = {{ "kafka-admins" = "Platform" }}

[[issuers]]
name = "machines"
issuer = "https://tokens.example.com"
api_audiences = ["catalog"]
hosts = ["Keys.internal"]
"""


def without_secret(**more: str) -> dict[str, Any]:
    return {name: value for name, value in GOOD.items() if name != "client_secret"} | more


def loaded(*issuers: Any, **environ: str) -> Settings:
    return load({}, environ=PUBLIC | {"BROKERBOOK_ISSUERS": json.dumps(issuers)} | environ)


def refusal(*issuers: Any) -> str:
    with pytest.raises(StartupError) as refused:
        loaded(*issuers)
    assert SECRET not in str(refused.value)
    return str(refused.value)


def test_the_file_has_a_table_for_each_issuer(tmp_path: Path):
    (tmp_path / "brokerbook.toml").write_text(FILE)
    (tmp_path / "secret").write_text(f"{SECRET}\n")
    corp, machines = load({"data": tmp_path}, environ={}).issuers_to_serve()
    assert (corp.name, corp.issuer, corp.client_secret) == ("corp", f"{URL}/realms/main", SECRET)
    assert corp.teams == {"kafka-admins": "Platform"}
    assert corp.signs_in
    assert not machines.signs_in
    assert private_hosts((corp, machines)) == {"idp.example.com", "tokens.example.com", "keys.internal"}


def test_the_environment_has_them_as_json_and_goes_above_the_file(tmp_path: Path):
    (tmp_path / "brokerbook.toml").write_text(FILE)
    (tmp_path / "secret").write_text(SECRET)
    environ = {"BROKERBOOK_ISSUERS": json.dumps([GOOD | {"name": "other"}])}
    assert [issuer.name for issuer in load({"data": tmp_path}, environ=environ).issuers] == ["other"]


def test_the_secret_can_come_from_a_variable(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("IDP_SECRET", SECRET)
    found = loaded(without_secret(client_secret_env="IDP_SECRET"))
    assert found.issuers[0].client_secret is None
    assert found.issuers_to_serve()[0].client_secret == SECRET


@pytest.mark.parametrize("text", ["", " \n"])
def test_a_secret_that_is_not_there_stops_the_server_and_no_other_command(tmp_path: Path, text: str):
    (tmp_path / "secret").write_text(text)
    for more, words in (
        ({"client_secret_env": "NOWHERE"}, "its client_secret_env, NOWHERE, is not there or is empty."),
        ({"client_secret_file": str(tmp_path / "none")}, "none, cannot be read as text."),
        ({"client_secret_file": str(tmp_path / "secret")}, "secret, is not there or is empty."),
    ):
        settings = loaded(without_secret(**more))
        with pytest.raises(StartupError) as refused:
            settings.issuers_to_serve()
        assert str(refused.value).endswith(words)


def test_no_secret_is_in_what_is_printed():
    settings = loaded(GOOD)
    for text in (repr(settings), str(settings.issuers), repr(settings.issuers[0]), f"{settings.issuers[0]}"):
        assert SECRET not in text
        assert "corp" in text


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"name": ""}, "is wrong"),
        ({"name": "Corp"}, "is wrong"),
        ({"name": "a/b"}, "is wrong"),
        ({"name": "corp\n"}, "is wrong"),
        ({"name": None}, "is wrong: Expected `str`, got `null` - at `name`"),
        ({"isuer": URL}, "is wrong: Object contains unknown field `isuer`"),
        ({"clock_skew_seconds": 301}, "is wrong: Expected `int` <= 300 - at `clock_skew_seconds`"),
        ({"clock_skew_seconds": "60"}, "is wrong: Expected `int`, got `str` - at `clock_skew_seconds`"),
        ({"client_secret": [SECRET]}, "is wrong: Expected `str | null`, got `array` - at `client_secret`"),
        ({"client_authentication": SECRET}, "is wrong: Not one of the values that there are - at `client_auth"),
        ({"algorithms": ["RS256", "HS256"]}, "is wrong: Not one of the values that there are - at `algorithms[1]`"),
        ({"algorithms": ["none"]}, "is wrong: Not one of the values that there are - at `algorithms[0]`"),
        ({"algorithms": []}, ": algorithms names none, so that no token could be checked."),
        ({"issuer": "idp.example.com"}, ": issuer must begin with https://."),
        (
            {"issuer": "http://idp.example.com"},
            ": issuer must begin with https://; http is for this very machine only.",
        ),
        ({"issuer": "https://a:b@idp.example.com"}, ": issuer must not hold a user name or a password."),
        ({"issuer": f"{URL}?a=b"}, ": issuer must not have a query."),
        ({"issuer": f"{URL}#x"}, ": issuer must not have a fragment."),
        ({"issuer": f"{URL}/.well-known/openid-configuration"}, ": issuer is the address without /.well-known/"),
        ({"client_secret": None}, " has no client secret."),
        ({"client_secret": ""}, "is wrong"),
        ({"client_secret_env": "NOWHERE"}, ": client_secret and client_secret_env exclude each other. Keep one"),
        ({"client_authentication": "none"}, ": client_authentication is none, but there is a client secret."),
        ({"client_id": None}, ": there is a client secret, but no client_id."),
        ({"client_id": None, "client_secret": None}, " is good for nothing: give it a client_id"),
        ({"scopes": ["email"]}, ": scopes must hold openid."),
        ({"principal_claims": []}, ": principal_claims names none, so that nobody would have a name."),
        ({"teams": {"a": "A"}}, ": teams maps the values of teams_claim, which is not given."),
        ({"roles": {"a": "A"}}, ": roles maps the values of roles_claim, which is not given."),
        ({"update_at_sign_in": True}, ": update_at_sign_in needs a teams_claim or a roles_claim."),
        ({"domains": ["example"]}, ": domains and default_domain are names such as example.com."),
        ({"default_domain": "@example.com"}, ": domains and default_domain are names such as example.com."),
        (
            {"domains": ["example.com"], "default_domain": "example.org"},
            ": default_domain is none of the domains that are let in.",
        ),
        ({"api_clients": ["a"]}, ": api_clients limit API tokens, which are taken only with api_audiences."),
    ],
)
def test_a_mistake_in_an_issuer_is_told(change: dict[str, Any], sentence: str):
    asked = {name: value for name, value in (GOOD | change).items() if value is not None or name == "name"}
    assert refusal(asked).startswith(f"Issuer 1 of BROKERBOOK_ISSUERS{'' if sentence[0] in ' :' else ' '}{sentence}")


def test_an_address_without_a_client_secret_says_what_to_do():
    told = refusal({"name": "corp", "issuer": URL, "client_id": "catalog"})
    assert told.endswith('a client that has none at the provider either needs client_authentication = "none".')
    assert (
        loaded({"name": "corp", "issuer": URL, "client_id": "catalog", "client_authentication": "none"})
        .issuers[0]
        .signs_in
    )


def test_two_issuers_are_two():
    assert refusal(GOOD, GOOD | {"name": "b"}) == "Two issuers of BROKERBOOK_ISSUERS have the same issuer."
    assert refusal(GOOD, GOOD | {"issuer": f"{URL}/b"}) == "Two issuers of BROKERBOOK_ISSUERS have the same name."


def test_sign_in_needs_the_catalogs_own_address():
    settings = load({}, environ={"BROKERBOOK_ISSUERS": json.dumps([GOOD])})
    with pytest.raises(StartupError, match="Say with public_url which address that is"):
        settings.issuers_to_serve()
    api = {"name": "corp", "issuer": URL, "api_audiences": ["catalog"]}
    settings = load({}, environ={"BROKERBOOK_ISSUERS": json.dumps([api])})
    assert settings.issuers_to_serve()[0].name == "corp"


def test_no_issuer_is_the_catalog_itself():
    settings = loaded(GOOD, BROKERBOOK_TOKEN_ISSUER=URL)
    with pytest.raises(StartupError, match="The issuer corp is the token_issuer of this catalog itself"):
        settings.issuers_to_serve()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[", "BROKERBOOK_ISSUERS is not JSON. It holds a list of objects, each an issuer."),
        ("{}", "BROKERBOOK_ISSUERS must be a list of tables, each an issuer."),
        ("[1]", "Issuer 1 of BROKERBOOK_ISSUERS is wrong: Expected `object`, got `int`."),
    ],
)
def test_what_is_no_list_of_issuers_is_refused(text: str, sentence: str):
    with pytest.raises(StartupError) as refused:
        load({}, environ={"BROKERBOOK_ISSUERS": text})
    assert str(refused.value) == sentence


def test_the_reference_says_that_they_are_tables_and_that_there_are_none():
    found = {setting.name: setting for setting in described()}
    assert (found["issuers"].type, found["issuers"].default) == ("tables", "")


def test_a_place_in_the_file_is_named(tmp_path: Path):
    path = tmp_path / "brokerbook.toml"
    path.write_text('issuers = "corp"')
    with pytest.raises(StartupError, match=r"issuers in .*brokerbook\.toml must be a list of tables, each an issuer\."):
        load({"data": tmp_path}, environ={})


@pytest.mark.parametrize("name", Issuer.__struct_fields__)
def test_every_setting_of_an_issuer_is_in_the_guide(name: str):
    guide = (Path(__file__).parents[2] / "docs/guide/secure.md").read_text("utf-8")
    _, _, table = guide.partition("| setting of an issuer |")
    told = [row.split("|")[1] for row in table.partition("\n\n")[0].splitlines()]
    assert any(f"`{name}`" in cell for cell in told)
