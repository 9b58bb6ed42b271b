"""The documentation: links lead somewhere, checks that are named exist, and everything that can be set or called is told of."""

import importlib
import re
import subprocess
import tomllib
from operator import attrgetter
from pathlib import Path
from typing import Any

import click
import msgspec
import pytest

from brokerbook import cli, connectors, settings
from brokerbook.kinds import KINDS
from brokerbook.kinds.kind import Kind
from conftest import Client, running

ROOT = Path(__file__).parents[2]
LONGEST_README = 80
SECTIONS = ["Context", "Decision", "Consequences", "Alternatives", "Check"]

LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^()\s]+)\)")
FENCED = re.compile(r"^(```+).*?^\1\s*$", re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^#+ +(.+?) *$", re.MULTILINE)
# What stands in backquotes and looks like a path of the project: a folder of ours, or a file at the top.
PATH = re.compile(r"`((?:src|tests|docs|bench|requirements)/[\w./-]+|[A-Z]\w+\.md|Makefile|pyproject\.toml)`")


def pages() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "*.md"],
        cwd=ROOT, check=True, capture_output=True, text=True,
    )  # fmt: skip
    return sorted(ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file())


PAGES = pages()
DECISIONS = sorted(ROOT.glob("docs/decisions/[0-9]*.md"))


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


def prose(page: Path) -> str:
    """A page without its blocks of code."""
    return FENCED.sub("", page.read_text("utf-8"))


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, made as code hosts make them: a repeated one is numbered."""
    found: set[str] = set()
    for heading in HEADING.findall(prose(page)):
        text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower()
        anchor = re.sub(r"[^\w\- ]", "", text).replace(" ", "-")
        number = 0
        while (numbered := f"{anchor}-{number}" if number else anchor) in found:
            number += 1
        found.add(numbered)
    return found


def reference() -> str:
    return "\n".join(page.read_text("utf-8") for page in sorted(ROOT.glob("docs/reference/*.md")))


@pytest.mark.parametrize("page", PAGES, ids=relative)
def test_every_link_leads_to_a_file_and_a_heading_that_exist(page: Path):
    broken: list[str] = []
    for target in LINK.findall(prose(page)):
        if "://" in target or target.startswith("mailto:"):
            continue
        name, _, anchor = target.partition("#")
        file = (page.parent / name).resolve() if name else page
        if not file.exists() or (anchor and anchor not in anchors(file)):
            broken.append(target)
    assert broken == []


@pytest.mark.parametrize("page", PAGES, ids=relative)
def test_every_file_that_a_page_names_exists(page: Path):
    assert [path for path in PATH.findall(prose(page)) if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("decision", DECISIONS, ids=relative)
def test_every_decision_has_its_number_and_its_sections_in_order(decision: Path):
    title, *sections = HEADING.findall(prose(decision))
    assert title.startswith(f"{int(decision.name[:4])}. ")
    assert sections == SECTIONS


def test_every_decision_is_in_the_list_of_decisions():
    listed = LINK.findall((ROOT / "docs/decisions/README.md").read_text("utf-8"))
    assert listed == [decision.name for decision in DECISIONS]


def test_the_readme_is_one_screen():
    assert len((ROOT / "README.md").read_text("utf-8").splitlines()) <= LONGEST_README


@pytest.mark.parametrize("setting", settings.described(), ids=lambda setting: setting.name)
def test_every_setting_is_in_the_reference(setting: settings.Setting):
    assert setting.variable in reference()
    assert setting.sentence in reference()


def commands(command: click.Command, name: str) -> list[str]:
    if not isinstance(command, click.Group):
        return [name]
    return [below for key, inner in command.commands.items() for below in commands(inner, f"{name} {key}")]


@pytest.mark.parametrize("command", commands(cli.main, "brokerbook"))
def test_every_command_is_in_the_reference(command: str):
    assert command in reference()


@pytest.mark.parametrize("service_type", connectors.SERVICE_TYPES)
def test_every_service_type_and_each_of_its_properties_is_in_the_reference(service_type: str):
    page = reference()
    properties = [field.encode_name for field in msgspec.structs.fields(connectors.config_struct(service_type))]
    assert [word for word in (service_type, *properties) if word not in page] == []


def test_every_dependency_is_among_the_libraries_that_were_taken():
    with (ROOT / "pyproject.toml").open("rb") as file:
        declared = tomllib.load(file)["project"]["dependencies"]
    taken, _, _ = (ROOT / "docs/decisions/0012-libraries.md").read_text("utf-8").lower().partition("\nrefused:\n")
    assert [name for name in (re.split(r"[<>=\[ ]", line)[0] for line in declared) if name not in taken] == []


@pytest.mark.parametrize("module", ["merge", "diff", "version"])
def test_what_decides_a_write_does_no_io(module: str):
    text = (ROOT / f"src/brokerbook/engine/{module}.py").read_text("utf-8")
    assert "brokerbook.store" not in text
    assert "tx: Tx" not in text


def test_every_import_contract_that_is_named_exists():
    with (ROOT / "pyproject.toml").open("rb") as file:
        contracts = tomllib.load(file)["tool"]["importlinter"]["contracts"]
    named = re.findall(r'import contract "([^"]+)"', (ROOT / "ARCHITECTURE.md").read_text("utf-8"))
    assert named
    assert [name for name in named if not any(contract["name"].startswith(name) for contract in contracts)] == []


STEPS = re.findall(
    r"^(\w+/\w+)\.py +([A-Za-z_]+[a-z_.]*[a-z_]) ", (ROOT / "ARCHITECTURE.md").read_text("utf-8"), re.MULTILINE
)


def test_the_walk_of_a_request_has_its_steps():
    assert len(STEPS) > 15


@pytest.mark.parametrize(("module", "name"), STEPS)
def test_every_step_of_the_walk_of_a_request_exists(module: str, name: str):
    attrgetter(name)(importlib.import_module(f"brokerbook.{module.replace('/', '.')}"))


def shown_kind() -> Kind:
    """The kind that CONTRIBUTING.md shows."""
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    (code,) = re.findall(r"^```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    names: dict[str, Any] = {"__name__": "shown"}
    exec(compile(code, "CONTRIBUTING.md", "exec"), names)  # the page's own code
    (kind,) = (value for value in names.values() if isinstance(value, Kind))
    return kind


def test_the_kind_that_contributing_shows_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    kind = shown_kind()
    monkeypatch.setitem(KINDS, kind.name, kind)
    with running(tmp_path) as server:
        admin = Client(server, server.token("admin"))
        made = admin.post(f"/api{kind.path}", json={"name": "steward", "description": "Cares."})
        assert made.status_code == 201
        found = admin.get(f"/api{kind.path}/name/steward", params={"fields": "users"}).json()
        assert (found["description"], found["version"], found["users"]) == ("Cares.", 0.1, [])
        changed = admin.put(f"/api{kind.path}", json={"name": "steward", "description": "Cares more."}).json()
        assert changed["changeDescription"]["fieldsUpdated"][0]["name"] == "description"
