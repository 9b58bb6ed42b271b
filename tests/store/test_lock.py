"""One server for each data directory, for as long as its process lives."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import pytest

from brokerbook.errors import StartupError
from brokerbook.store import lock

if TYPE_CHECKING:
    from pathlib import Path

HOLD = """
import sys, pathlib
from brokerbook.store import lock
held = lock.hold(pathlib.Path(sys.argv[1]))
print("held", flush=True)
sys.stdin.read()
"""


def holding(directory: Path) -> subprocess.Popen[str]:
    """Another process that holds a directory until it is killed."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, directory], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def ended(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.communicate()


def test_a_free_directory_has_no_holder(tmp_path: Path):
    assert lock.holder(tmp_path) is None
    assert lock.holder(tmp_path / "nowhere") is None


def test_holding_makes_the_directory_for_its_owner_only(tmp_path: Path):
    directory = tmp_path / "a" / "b"
    with lock.hold(directory):
        assert directory.stat().st_mode & 0o777 == 0o700
        assert lock.holder(directory) == os.getpid()
    assert lock.holder(directory) is None


def test_a_second_holder_is_refused_and_told_which_process_it_is(tmp_path: Path):
    process = holding(tmp_path)
    try:
        assert lock.holder(tmp_path) == process.pid
        with pytest.raises(StartupError, match=f"is held by another server, process {process.pid}\\."):
            lock.hold(tmp_path)
        assert lock.holder(tmp_path) == process.pid
    finally:
        ended(process)


def test_a_killed_process_holds_nothing(tmp_path: Path):
    ended(holding(tmp_path))
    assert lock.holder(tmp_path) is None
    lock.hold(tmp_path).release()


def test_letting_go_twice_is_no_fault(tmp_path: Path):
    held = lock.hold(tmp_path)
    held.release()
    held.release()
    assert lock.holder(tmp_path) is None


def test_looking_for_the_holder_keeps_nobody_from_holding(tmp_path: Path):
    lock.hold(tmp_path).release()
    stop = threading.Event()

    def look() -> None:
        while not stop.is_set():
            lock.holder(tmp_path)

    lookers = [threading.Thread(target=look) for _ in range(2)]
    for looker in lookers:
        looker.start()
    try:
        for _ in range(20):
            lock.hold(tmp_path).release()
    finally:
        stop.set()
        for looker in lookers:
            looker.join()


def test_a_file_in_the_place_of_the_directory_is_refused(tmp_path: Path):
    (tmp_path / "data").touch()
    with pytest.raises(StartupError, match=r"data is not a directory: name another with --data, and start again\."):
        lock.hold(tmp_path / "data")


def test_one_command_at_a_time_changes_the_keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(lock, "_KEYS_PATIENCE_SECONDS", 0.05)
    with (
        lock.keys(tmp_path),
        pytest.raises(StartupError, match="Another command is changing the keys"),
        lock.keys(tmp_path),
    ):
        pass
    with lock.keys(tmp_path):
        pass


@pytest.mark.parametrize(
    ("number", "words"),
    [(28, "is full: free some space"), (30, "read-only file system"), (13, "may not write"), (5, "Input/output error")],
)
def test_a_start_that_fails_says_what_to_do(tmp_path: Path, number: int, words: str):
    assert words in str(lock.unwritable(tmp_path, OSError(number, os.strerror(number))))
