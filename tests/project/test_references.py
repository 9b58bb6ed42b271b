"""The reference pages are what the code says, and everything there is has its place in them."""

import importlib.util
import shutil
from pathlib import Path
from types import ModuleType

import click
import pytest

from brokerbook import cli, settings
from brokerbook.connectors import SERVICE_TYPES

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "docs" / "reference"


@pytest.fixture(scope="module")
def generate() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_pages_are_what_the_code_says(generate: ModuleType, capsys: pytest.CaptureFixture[str]):
    assert generate.main(["--check"]) == 0, capsys.readouterr().err


def test_a_stale_page_is_named_with_the_command_that_mends_it(
    generate: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    folder = tmp_path / "reference"
    shutil.copytree(REFERENCE, folder)
    (folder / "settings.md").write_text("old")
    (folder / "stray.md").write_text("who made this?")
    assert generate.main(["--check", "--folder", str(folder)]) == 1
    told = capsys.readouterr().err
    assert f"{folder / 'settings.md'} is not what the code says. Run `make docs`." in told
    assert "stray.md" in told
    assert "api.md" not in told
    (folder / "stray.md").unlink()
    assert generate.main(["--folder", str(folder)]) == 0
    assert generate.main(["--check", "--folder", str(folder)]) == 0


def test_the_pages_are_the_same_every_time(generate: ModuleType):
    assert generate.pages() == generate.pages()


@pytest.mark.parametrize("setting", settings.described(), ids=lambda setting: setting.name)
def test_every_setting_is_documented(setting: settings.Setting):
    assert f"| `{setting.name}` | `{setting.variable}` |" in (REFERENCE / "settings.md").read_text("utf-8")


def names(command: click.Command, name: str) -> list[str]:
    children = command.commands.items() if isinstance(command, click.Group) else ()
    return [name, *(found for child, one in children for found in names(one, f"{name} {child}"))]


@pytest.mark.parametrize("name", names(cli.main, "brokerbook"))
def test_every_command_is_documented(name: str):
    assert f"# {name}\n" in (REFERENCE / "cli.md").read_text("utf-8")


@pytest.mark.parametrize("service_type", SERVICE_TYPES)
def test_every_service_type_is_documented(service_type: str):
    assert f"\n## {service_type}\n" in (REFERENCE / "service-types.md").read_text("utf-8")
