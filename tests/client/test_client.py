"""OpenMetadata's official client against a running catalog."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from ingest.programs import client_environment, client_program
from processes import serving, token

pytestmark = pytest.mark.slow

CHECK = Path(__file__).with_name("check_client.py")
_PATIENCE_SECONDS = 300


def test_the_official_client_gets_what_it_asks_for(tmp_path: Path):
    """Its steps are in `check_client.py`, which runs with the client's Python."""
    data = tmp_path / "data"
    with serving(data) as server:
        done = subprocess.run(
            [client_program("python"), CHECK, server.address, token(data, "ingestion-bot"), token(data)],
            env=client_environment(tmp_path), stdin=subprocess.DEVNULL, timeout=_PATIENCE_SECONDS, check=False,
        )  # fmt: skip
    assert done.returncode == 0, "the step that failed is the last one in the output"
    assert server.errors.read_text("utf-8") == ""
