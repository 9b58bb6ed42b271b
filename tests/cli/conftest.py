"""A catalog of a test's own, and commands run on it in this process."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

import sample
from commands import Commands


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


@pytest.fixture
def commands(data: Path) -> Commands:
    return Commands(data)


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What the environment of the test run says about catalogs is no business of theirs."""
    for name in [name for name in os.environ if name.startswith("BROKERBOOK_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
