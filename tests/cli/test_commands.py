"""What all commands have in common: help, exit codes, one sentence for an error; and the small ones."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from typing import TYPE_CHECKING

import click
import pytest
from click.testing import CliRunner

import brokerbook
from brokerbook.cli import main
from processes import command, environment, serving

if TYPE_CHECKING:
    from pathlib import Path

    from commands import Commands


def every(group: click.Group, *names: str) -> list[tuple[str, ...]]:
    found: list[tuple[str, ...]] = [names]
    for name, inner in group.commands.items():
        found += every(inner, *names, name) if isinstance(inner, click.Group) else [(*names, name)]
    return found


EVERY = every(main)
LEAVES = [names for names in EVERY if names not in {(), ("user",), ("secrets",)}]
NEEDING_A_CATALOG = [
    ("token", "admin"), ("user", "list"), ("user", "add", "x", "--email", "x@example.com"), ("user", "password", "admin"),
    ("user", "disable", "x"), ("user", "enable", "x"), ("user", "admin", "x", "--grant"), ("user", "tokens", "x"),
    ("user", "revoke", "x", "--all"), ("secrets", "rotate"), ("secrets", "status"), ("backup", "x.backup"), ("verify",),
]  # fmt: skip


@pytest.mark.parametrize("names", EVERY, ids=" ".join)
def test_every_command_explains_itself(names: tuple[str, ...]):
    result = CliRunner().invoke(main, [*names, "--help"])
    assert result.exit_code == 0
    assert "Usage: " in result.stdout
    assert len(result.stdout.splitlines()) > 5


@pytest.mark.parametrize("names", LEAVES, ids=" ".join)
def test_every_command_takes_a_data_directory(names: tuple[str, ...]):
    inner: click.Command = main
    for name in names:
        assert isinstance(inner, click.Group)
        inner = inner.commands[name]
    assert any("--data" in parameter.opts for parameter in inner.params)


@pytest.mark.parametrize("arguments", NEEDING_A_CATALOG, ids=" ".join)
def test_before_the_first_start_every_command_says_how_to_start(tmp_path: Path, arguments: tuple[str, ...]):
    result = CliRunner().invoke(main, [*arguments, "--data", str(tmp_path / "none")])
    assert result.exit_code == 1
    assert result.stderr.startswith(
        f"Error: There is no catalog in {tmp_path}/none yet. Start one with `brokerbook serve"
    )
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize("arguments", [("--version",), ("version",), ("version", "--data", "x")], ids=" ".join)
def test_the_version_is_printed(arguments: tuple[str, ...]):
    assert CliRunner().invoke(main, arguments).stdout == f"brokerbook {brokerbook.__version__}\n"


def test_the_api_is_described():
    result = CliRunner().invoke(main, ["openapi"])
    assert "/api/v1/services/messagingServices" in json.loads(result.stdout)["paths"]


@pytest.mark.parametrize(
    "arguments",
    [("fly",), ("token",), ("token", "admin", "--expires", "soon"), ("user", "revoke", "ann")],
    ids=" ".join,
)
def test_wrong_usage_is_exit_code_2(arguments: tuple[str, ...]):
    assert CliRunner().invoke(main, arguments).exit_code == 2


def test_an_unknown_setting_is_an_error(commands: Commands):
    said = commands.refused("user", "list", BROKERBOOK_DATTA="x")
    assert said == "There is no setting BROKERBOOK_DATTA (did you mean BROKERBOOK_DATA?)."


def test_the_data_directory_can_come_from_the_environment(data: Path):
    result = CliRunner().invoke(main, ["user", "list"], env={"BROKERBOOK_DATA": str(data)})
    assert "ann@example.com" in result.stdout


def test_the_data_directory_can_come_from_a_file(data: Path, tmp_path: Path):
    (tmp_path / "x.toml").write_text("data = 'data'")
    result = CliRunner().invoke(main, ["user", "list", "--config", "x.toml"])
    assert result.exit_code == 0
    assert data.is_dir()


def test_a_database_of_another_program_is_refused(commands: Commands):
    (commands.data / "brokerbook.db").unlink()
    connection = sqlite3.connect(commands.data / "brokerbook.db")
    connection.execute("CREATE TABLE t (x)")
    connection.close()
    assert "is not a catalog's database" in commands.refused("user", "list")


def test_a_database_of_a_newer_version_is_refused(commands: Commands):
    connection = sqlite3.connect(commands.data / "brokerbook.db")
    with connection:
        connection.execute("UPDATE migration SET number = 999 WHERE number = 2")
    connection.close()
    assert "was written by a newer Brokerbook" in commands.refused("user", "list")


def test_a_database_of_an_older_version_is_refused(commands: Commands):
    connection = sqlite3.connect(commands.data / "brokerbook.db")
    with connection:
        connection.execute("DELETE FROM migration WHERE number = 2")
    connection.close()
    assert "was written by an older Brokerbook" in commands.refused("user", "list")


def test_a_file_that_is_no_database_is_refused(commands: Commands):
    (commands.data / "brokerbook.db").write_bytes(b"not a database" * 1000)
    assert "file is not a database" in commands.refused("verify")


def test_a_sound_catalog_verifies(commands: Commands):
    assert commands.done("verify").startswith(f"No problems: {commands.entities} entities, ")


def test_verify_prints_a_line_for_each_problem_and_fails(commands: Commands):
    connection = sqlite3.connect(commands.data / "brokerbook.db")
    with connection:
        connection.execute("UPDATE tally SET n = n + 1 WHERE kind IN ('user', 'team') AND deleted = 0")
    connection.close()
    result = commands("verify")
    assert result.exit_code == 1
    assert len(result.stdout.splitlines()) == 2
    assert result.stderr == f"Error: 2 problems found in {commands.data}.\n"


def test_verify_without_the_key_says_so_and_checks_the_rest(commands: Commands):
    (commands.data / "secrets.key").unlink()
    result = commands("verify")
    assert result.exit_code == 1
    assert "There is no secrets key in the file" in result.stdout


@pytest.mark.slow
def test_a_second_server_is_refused_and_told_of_the_first(data: Path):
    with serving(data) as process:
        done = command("serve", "--data", data, "--port", "0")
        assert done.returncode == 1
        assert f"is held by another server, process {process.popen.pid}." in done.stderr


@pytest.mark.slow
def test_help_loads_no_more_than_it_needs():
    code = "import sys, brokerbook.cli; print(sorted(m for m in sys.modules if m in {'msgspec', 'sqlite3', 'uvicorn', 'asyncio'}))"
    done = subprocess.run([sys.executable, "-c", code], env=environment(), capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
