"""A catalog of a test's own, and commands run on it in this process."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

import sample
from brokerbook.cli import main

if TYPE_CHECKING:
    from click.testing import Result


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("built") / "data"
    data.mkdir()
    sample.build(data)
    return data


@pytest.fixture
def data(built: Path, tmp_path: Path) -> Path:
    """A catalog that no server holds."""
    return Path(shutil.copytree(built, tmp_path / "data"))


class Commands:
    """Runs commands on one data directory."""

    def __init__(self, data: Path) -> None:
        self.data = data

    def __call__(self, *arguments: str | Path, typed: str | None = None, **env: str) -> Result:
        return CliRunner().invoke(
            main, [*map(str, arguments), "--data", str(self.data)], input=typed, env=env, catch_exceptions=False
        )

    def done(self, *arguments: str | Path, typed: str | None = None, **env: str) -> str:
        """What a command that has to succeed prints."""
        result = self(*arguments, typed=typed, **env)
        assert result.exit_code == 0, result.output
        return result.stdout

    def refused(self, *arguments: str | Path, typed: str | None = None, **env: str) -> str:
        """The sentence with which a command refuses."""
        result = self(*arguments, typed=typed, **env)
        assert result.exit_code == 1, result.output
        assert result.stderr.startswith("Error: "), result.stderr
        assert "Traceback" not in result.stderr
        return result.stderr.removeprefix("Error: ").strip()


@pytest.fixture
def commands(data: Path) -> Commands:
    return Commands(data)


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What the environment of the test run says about catalogs is no business of theirs."""
    import os

    for name in [name for name in os.environ if name.startswith("BROKERBOOK_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
