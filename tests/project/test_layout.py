"""What holds for the project's files as such: sizes, first lines, left-over notes, locks."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MODULES = sorted(ROOT.glob("src/brokerbook/**/*.py"))
LOCKS = sorted(ROOT.glob("requirements/*.txt"))
LONGEST_MODULE = 400
LEFT_OVER = re.compile(rb"\b(TO[D]O|FIX[M]E)\b|/wor[k]/")  # spelt so that this file does not find itself


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


def project_files() -> list[Path]:
    """What git tracks, and what it would track if it were added now."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    return [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


@pytest.mark.parametrize("module", MODULES, ids=relative)
def test_every_module_says_what_lives_in_it(module: Path):
    assert ast.get_docstring(ast.parse(module.read_text("utf-8"))), "starts without a docstring"


@pytest.mark.parametrize("module", MODULES, ids=relative)
def test_no_module_outgrows_a_reader(module: Path):
    assert len(module.read_text("utf-8").splitlines()) <= LONGEST_MODULE, "split it by noun"


def test_no_file_holds_a_left_over_note_or_a_path_of_one_machine():
    found = [
        f"{relative(file)}:{number}: {line.decode('utf-8', 'replace').strip()}"
        for file in project_files()
        for number, line in enumerate(file.read_bytes().splitlines(), start=1)
        if LEFT_OVER.search(line)
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("lock", LOCKS, ids=relative)
def test_every_locked_package_has_a_version_and_hashes(lock: Path):
    # One requirement: its first line and the lines that a backslash joins to it.
    text = re.sub(r"\\\n\s*", "", lock.read_text("utf-8"))
    requirements = [line for line in text.splitlines() if line and not line.lstrip().startswith("#")]
    assert requirements
    for requirement in requirements:
        assert re.match(r"[\w.-]+==\S+ .*--hash=sha256:[0-9a-f]{64}", requirement), requirement


@pytest.mark.parametrize("lock", LOCKS, ids=relative)
def test_a_lock_names_no_address_and_no_folder_of_one_machine(lock: Path):
    text = lock.read_text("utf-8")
    assert "://" not in text
    assert not re.search(r"^\s*--?(i|f|index-url|extra-index-url|find-links|trusted-host)\b", text, re.MULTILINE)
