"""Who holds a data directory: one server at a time, and one command at a time that changes its keys.

The locks are the kernel's (flock): however a process ends, its lock ends with it. The file beside the database only
says which process it was.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import time
from typing import TYPE_CHECKING, Self

from brokerbook.errors import StartupError

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

FILE_NAME = "brokerbook.lock"

# `holder` takes a shared lock for microseconds; a server that starts at that moment must not take it for another one.
_PATIENCE_SECONDS = 0.2
_KEYS_PATIENCE_SECONDS = 5.0
_POLL_SECONDS = 0.01


class Held:
    """A data directory that this process holds until it lets go or ends."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor: int | None = descriptor

    def release(self) -> None:
        """Lets go; again is no fault."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()


def hold(directory: Path) -> Held:
    """Takes a data directory, which is made if it is not there, for a server.

    A StartupError names the process that has it already, or says why nothing can be written there.
    """
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(directory / FILE_NAME, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise unwritable(directory, error) from error
    if not _locked(descriptor, fcntl.LOCK_EX, _PATIENCE_SECONDS):
        process = _named(descriptor)
        os.close(descriptor)
        raise StartupError(
            f"The data directory {directory} is held by another server, process {process or 'unknown'}. "
            "Stop that one first, or give this one a directory of its own with --data."
        )
    try:
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
    except OSError as error:
        os.close(descriptor)
        raise unwritable(directory, error) from error
    return Held(descriptor)


def holder(directory: Path) -> int | None:
    """The process id of the server that holds a data directory (0: one that cannot be told), or None."""
    try:
        descriptor = os.open(directory / FILE_NAME, os.O_RDONLY)
    except OSError:
        return None  # never held, or not for this user to see
    try:
        return None if _locked(descriptor, fcntl.LOCK_SH, 0) else _named(descriptor)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def keys(directory: Path) -> Generator[None]:
    """Keeps every other command from changing the keys of a data directory, for as long as the block lasts."""
    try:
        descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        raise unwritable(directory, error) from error
    try:
        if not _locked(descriptor, fcntl.LOCK_EX, _KEYS_PATIENCE_SECONDS):
            raise StartupError(f"Another command is changing the keys of {directory}. Try again when it has finished.")
        yield
    finally:
        os.close(descriptor)


def unwritable(directory: Path, error: OSError) -> StartupError:
    """Why nothing can be written to a data directory, and what to do about it."""
    match error.errno:
        case errno.ENOSPC | errno.EDQUOT:
            told = f"The disk of the data directory {directory} is full: free some space"
        case errno.EROFS:
            told = f"The data directory {directory} lies on a read-only file system: make it writable, or use --data"
        case errno.EACCES | errno.EPERM:
            told = f"This user may not write to the data directory {directory}: change its owner, or use --data"
        case errno.ENOENT:
            told = f"There is no data directory {directory}: name another with --data"
        case errno.ENOTDIR | errno.EEXIST:
            told = f"{directory} is not a directory: name another with --data"
        case _:
            told = f"The data directory {directory} cannot be used ({error.strerror}): mend that"
    return StartupError(f"{told}, and start again. Nothing was changed.")


def _locked(descriptor: int, operation: int, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while True:
        try:
            fcntl.flock(descriptor, operation | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                return False
            time.sleep(_POLL_SECONDS)
        else:
            return True


def _named(descriptor: int) -> int:
    # The holder writes its number a moment after it has the lock.
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        text = os.pread(descriptor, 32, 0).strip()
        if text.isdigit() or time.monotonic() >= deadline:
            return int(text) if text.isdigit() else 0
        time.sleep(_POLL_SECONDS)
