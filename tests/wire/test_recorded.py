"""The wire stays as it is: every scenario is answered as it was when it was written down."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from conftest import Client, running
from wire.exchanges import SCENARIOS, clients_of, file_of, played


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_the_exchanges_are_those_that_were_written_down(scenario, tmp_path):
    with running(tmp_path) as server:
        found = played(scenario, clients_of(server, Client))
    recorded = json.loads(file_of(scenario).read_text("utf-8"))
    for before, now in zip(recorded, found, strict=True):
        assert now == before, "if this is meant, run tests/wire/exchanges.py and read the difference"


def test_no_secret_is_in_what_a_person_was_answered():
    for scenario in SCENARIOS:
        for exchange in json.loads(file_of(scenario).read_text("utf-8")):
            if exchange["caller"] != "bot":
                assert "s3cret" not in json.dumps(exchange["answer"])


def test_every_file_here_is_a_scenarios():
    assert {file.name for file in Path(__file__).parent.glob("*.json")} == {file_of(name).name for name in SCENARIOS}
