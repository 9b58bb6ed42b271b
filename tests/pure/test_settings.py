"""Settings: where they come from, which goes above which, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from brokerbook.errors import StartupError
from brokerbook.settings import FILE_NAME, Settings, described, load

KEY = "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3I="


def written(folder: Path, text: str, name: str = "settings.toml") -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(text)
    return path


def refusal(options: dict[str, Any] | None = None, *, config: Path | None = None, **environ: str) -> str:
    with pytest.raises(StartupError) as refused:
        load(options or {}, config=config, environ=environ)
    assert KEY not in str(refused.value)
    return str(refused.value)


def test_without_anything_the_defaults_hold(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.chdir(tmp_path)
    assert load({}, environ={"PATH": "/bin"}) == Settings()


def test_an_option_goes_above_the_environment_and_that_above_the_file(tmp_path: Path):
    config = written(tmp_path, "port = 1\nhost = '::1'\nlog_level = 'debug'")
    environ = {"BROKERBOOK_PORT": "2", "BROKERBOOK_HOST": "0.0.0.0"}
    found = load({"port": 3, "host": None}, config=config, environ=environ)
    assert (found.port, found.host, found.log_level) == (3, "0.0.0.0", "debug")


def test_the_environment_can_name_the_file(tmp_path: Path):
    config = written(tmp_path, "port = 1")
    assert load({}, environ={"BROKERBOOK_CONFIG": str(config)}).port == 1


def test_the_file_in_the_data_directory_is_read_unless_another_is_named(tmp_path: Path):
    written(tmp_path, "port = 1", FILE_NAME)
    other = written(tmp_path, "port = 2")
    assert load({"data": tmp_path}, environ={}).port == 1
    assert load({}, environ={"BROKERBOOK_DATA": str(tmp_path)}).port == 1
    assert load({"data": tmp_path}, config=other, environ={}).port == 2


def test_paths_in_a_file_are_relative_to_its_folder_and_others_are_not(tmp_path: Path):
    config = written(tmp_path / "etc", "data = 'catalog'\nsecrets_key_file = '/run/key'")
    found = load({}, config=config, environ={})
    assert found.data == tmp_path / "etc/catalog"
    assert found.secrets_key_file == Path("/run/key")
    assert load({}, environ={"BROKERBOOK_DATA": "here"}).data == Path("here")


def test_a_slash_at_the_end_of_the_public_address_goes():
    assert load({"public_url": "https://catalog.example.com/"}, environ={}).public_url == "https://catalog.example.com"


def test_hosts_for_webhooks_are_read_as_addresses_have_them():
    found = load({}, environ={"BROKERBOOK_PRIVATE_WEBHOOK_HOSTS": "Hooks.internal, 10.0.0.7,fd12::1"}).webhook_reach
    assert found.private_hosts == {"hooks.internal", "10.0.0.7", "fd12::1"}
    assert found.own_port == 8585
    assert load({}, environ={}).webhook_reach.private_hosts == set()


def test_an_unknown_variable_is_refused_with_the_nearest_setting():
    assert refusal(BROKERBOOK_PROT="1") == "There is no setting BROKERBOOK_PROT (did you mean BROKERBOOK_PORT?)."
    assert refusal(BROKERBOOK_QWXYZ="1") == "There is no setting BROKERBOOK_QWXYZ."


def test_an_unknown_key_in_the_file_is_refused_with_the_nearest_setting(tmp_path: Path):
    config = written(tmp_path, "log_levl = 'info'")
    assert refusal(config=config) == (
        f"There is no setting log_levl, which stands in {config} (did you mean log_level?)."
    )


def test_the_file_in_the_data_directory_cannot_move_the_data_directory(tmp_path: Path):
    written(tmp_path, "data = 'elsewhere'", FILE_NAME)
    assert "cannot stand in" in refusal({"data": tmp_path})


@pytest.mark.parametrize(
    ("variable", "text", "words"),
    [
        ("PORT", "http", "BROKERBOOK_PORT must be a whole number."),
        ("PORT", "65536", "BROKERBOOK_PORT must be at most 65535."),
        ("PORT", "-1", "BROKERBOOK_PORT must be at least 0."),
        ("MAX_BODY_BYTES", "0", "BROKERBOOK_MAX_BODY_BYTES must be at least 1."),
        ("LOG_LEVEL", "loud", "BROKERBOOK_LOG_LEVEL must be debug or info or warning or error."),
        ("LOG_FORMAT", "xml", "BROKERBOOK_LOG_FORMAT must be json or text."),
        ("PUBLIC_URL", "catalog", "BROKERBOOK_PUBLIC_URL must be an address such as https://catalog.example.com."),
        (
            "PUBLIC_URL",
            "ftp://catalog",
            "BROKERBOOK_PUBLIC_URL must be an address such as https://catalog.example.com.",
        ),
        *(
            (
                "PRIVATE_WEBHOOK_HOSTS",
                text,
                "BROKERBOOK_PRIVATE_WEBHOOK_HOSTS must be hosts with commas between them, such as hooks.internal,10.0.0.7.",
            )
            for text in ("https://hooks.internal", "hooks.internal:8080", "a,,b", "a/b", "10.0.0.0/8", "::g")
        ),
        ("HOST", "", "BROKERBOOK_HOST is empty. Give it a value or remove it."),
        ("SECRETS_KEY", "", "BROKERBOOK_SECRETS_KEY is empty. Give it a value or remove it."),
        ("CONFIG", "", "BROKERBOOK_CONFIG is empty. Give it a value or remove it."),
    ],
)
def test_a_wrong_value_in_the_environment_is_refused(variable: str, text: str, words: str):
    assert refusal(None, config=None, **{f"BROKERBOOK_{variable}": text}) == words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("port = '8585'", "port in {} must be a whole number."),
        ("port = true", "port in {} must be a whole number."),
        ("host = 1", "host in {} must be text, and not empty."),
        ("host = ''", "host in {} must be text, and not empty."),
        (f"secrets_key = ['{KEY}']", "secrets_key in {} must be text, and not empty."),
        (
            "port 1",
            "The settings file {} is not TOML: Expected '=' after a key in a key/value pair (at line 1, column 6).",
        ),
    ],
)
def test_a_wrong_value_in_the_file_is_refused(tmp_path: Path, text: str, words: str):
    config = written(tmp_path, text)
    assert refusal(config=config) == words.format(config)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path):
    assert refusal(config=tmp_path / "none.toml").endswith("none.toml cannot be read: No such file or directory.")


def test_a_file_that_is_not_text_is_refused(tmp_path: Path):
    (tmp_path / "x.toml").write_bytes(b"\xff")
    assert refusal(config=tmp_path / "x.toml").endswith("is not UTF-8 text.")


def test_keys_come_from_one_place_only():
    assert refusal(BROKERBOOK_SECRETS_KEY=KEY, BROKERBOOK_SECRETS_KEY_FILE="/run/key") == (
        "The settings secrets_key and secrets_key_file exclude each other. Keep one of them."
    )


def test_settings_can_be_printed_without_showing_a_key():
    found = load({}, environ={"BROKERBOOK_SECRETS_KEY": KEY})
    assert found.secrets_key == KEY
    assert KEY not in repr(found)


def test_every_setting_is_described_by_a_sentence():
    for setting in described():
        assert setting.sentence[0].isupper()
        assert setting.sentence.endswith(".")
        assert setting.variable == f"BROKERBOOK_{setting.name.upper()}"


def test_the_description_says_types_and_defaults():
    found = {setting.name: setting for setting in described()}
    assert (found["port"].type, found["port"].default) == ("whole number", "8585")
    assert (found["log_format"].type, found["log_format"].default) == ("`json` or `text`", "json")
    assert (found["data"].type, found["data"].default) == ("path", "data")
    assert (found["public_url"].type, found["public_url"].default) == ("text", "")
