"""`make client-check`: OpenMetadata's official client against a running catalog; see check_client.py beside this file.

run.py      (with the project's Python)

Not part of `make test`: the client is installed first, in an environment of its own, which takes about a minute and
400 MB. `make client-check CLIENT_ENV=FOLDER` keeps that environment for the next time; without it, it lies in
a temporary folder and is removed at the end. Do not export the variable: `brokerbook` would take it for a setting.
"""

# ruff: noqa: T201  a script that prints

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Generator

HERE = Path(__file__).parent
UV = Path(sys.executable).with_name("uv")
KEPT = "CLIENT_ENV"
CLIENT = "openmetadata-ingestion[kafka]==2.0.7.0"
# `collate-data-diff` needs a package that is on no package index, and without it even `import metadata` fails: it is
# left out with all that it needs, and then put in alone, with those parts of it that are imported.
OVERRIDES = 'certifi>=2026.7\ncollate-data-diff ; python_version < "3.0"\n'
ALONE = (
    "collate-data-diff==0.11.18", "dsnparse==0.4.0", "toml==0.10.2", "keyring==25.7.0", "mashumaro==3.23",
    "pytimeparse==1.1.10", "parsedatetime==2.6",
)  # fmt: skip
BESIDES = ("pytz", "rich")
RECIPE = "\n".join((CLIENT, OVERRIDES, *ALONE, *BESIDES))


@contextlib.contextmanager
def environment() -> Generator[Path]:
    """The Python of an environment with the client in it, which is made if it is not there."""
    with contextlib.ExitStack() as stack:
        kept = os.environ.get(KEPT)
        folder = Path(kept or stack.enter_context(tempfile.TemporaryDirectory(prefix="brokerbook-client-"))).absolute()
        python, done = folder / "bin" / "python", folder / "recipe.txt"
        if not done.exists() or done.read_text("utf-8") != RECIPE:
            where = f"in {folder}" if kept else f"for this time; {KEPT}=FOLDER keeps it"
            print(f"Installing {CLIENT} {where} …", flush=True)
            install(folder, python)
            done.write_text(RECIPE, "utf-8")
        yield python


def install(folder: Path, python: Path) -> None:
    """Makes the environment anew."""
    if folder.exists() and any(folder.iterdir()) and not (folder / "pyvenv.cfg").exists():
        sys.exit(f"{folder} holds something else. Name an empty folder in {KEPT}.")
    shutil.rmtree(folder, ignore_errors=True)
    run(UV, "venv", "--quiet", "--python", sys.executable, folder)
    overrides = folder / "overrides.txt"
    overrides.write_text(OVERRIDES, "utf-8")
    pip = (UV, "pip", "install", "--quiet", "--system-certs", "--python", python)
    run(*pip, "--override", overrides, CLIENT)
    run(*pip, "--no-deps", *ALONE)
    run(*pip, *BESIDES)


def run(*words: str | Path) -> None:
    """Runs a program, which has to succeed."""
    if code := subprocess.run(words, check=False).returncode:
        sys.exit(f"{' '.join(map(str, words))} ended with {code}.")


def main() -> None:
    """Sets everything up, runs the check, takes everything down; ends as the check did."""
    sys.path.insert(0, str(HERE.parent))
    from processes import serving, token

    with environment() as python, tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        with serving(data) as server:
            words = [HERE / "check_client.py", server.address, token(data, "ingestion-bot"), token(data)]
            code = subprocess.run([python, "-W", "ignore", *words], check=False).returncode
            stopped = server.stop()
        if logged := server.errors.read_text("utf-8"):
            print(f"The server logged:\n{logged}")
    sys.exit(code or stopped)


if __name__ == "__main__":
    main()
