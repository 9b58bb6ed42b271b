"""The commands, run in this process on one data directory."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from click.testing import CliRunner

from brokerbook.cli import main

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result


class Commands:
    """Runs commands on one data directory."""

    def __init__(self, data: Path) -> None:
        self.data = data

    def __call__(self, *arguments: str | Path, typed: str | None = None, **env: str) -> Result:
        return CliRunner().invoke(
            main, [*map(str, arguments), "--data", str(self.data)], input=typed, env=env, catch_exceptions=False
        )

    @property
    def entities(self) -> int:
        """How many entities the catalog holds, seeded ones included."""
        with closing(sqlite3.connect(self.data / "brokerbook.db")) as connection:
            return connection.execute("SELECT COUNT(*) FROM entity").fetchone()[0]

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
