"""A data directory as commands use it, beside a running server or without one: one snapshot, or one transaction."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from brokerbook.errors import StartupError, Unavailable
from brokerbook.store import migrations, sqlite
from brokerbook.store.sqlite import FILE_NAME, SqliteTx

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from brokerbook.store.database import Tx

Fault = sqlite.sqlite3.Error
"""What the driver raises."""


def catalog(directory: Path) -> Path:
    """The database file of a data directory; a StartupError if nobody has started a server there yet."""
    path = directory / FILE_NAME
    if not path.is_file():
        raise StartupError(
            f"There is no catalog in {directory} yet. Start one with `brokerbook serve --data {directory}`, "
            "or name the directory where it is with --data."
        )
    return path


@contextlib.contextmanager
def reading(directory: Path) -> Generator[Tx]:
    """One snapshot of a catalog of this version; nothing can be written through it."""
    path = catalog(directory)
    try:
        # Not `mode=ro`: SQLite has to make the shared memory beside the file if no server has.
        connection = sqlite.connect(path)
        with contextlib.closing(connection):
            connection.execute("PRAGMA query_only = ON")
            connection.execute("BEGIN")
            tx = SqliteTx(connection)
            check_version(tx, path)
            yield tx
            connection.execute("ROLLBACK")
    except Fault as error:
        raise unusable(path, error) from error


@contextlib.contextmanager
def writing(directory: Path) -> Generator[Tx]:
    """One transaction on a catalog of this version; it is on disk when the block is left, or undone if it failed."""
    path = catalog(directory)
    try:
        connection = sqlite.connect(path)
        with contextlib.closing(connection):
            connection.execute("BEGIN IMMEDIATE")
            tx = SqliteTx(connection)
            check_version(tx, path)
            yield tx
            connection.execute("COMMIT")  # closing undoes what was not committed
    except Fault as error:
        raise unusable(path, error) from error


_LEDGER = "SELECT number FROM migration"
_HAS_LEDGER = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'migration'"


def ledger(tx: Tx) -> set[int]:
    """The numbers of the migrations that a database has seen; empty for one that is no catalog."""
    return {number for (number,) in tx.all(_LEDGER)} if tx.one(_HAS_LEDGER) is not None else set()


def check_version(tx: Tx, path: Path) -> None:
    """Refuses a database that an older or a newer Brokerbook has written."""
    done, known = ledger(tx), {number for number, _, _ in migrations.known()}
    if done == known:
        return
    if not done:
        raise StartupError(f"{path} is not a catalog's database. Name the right data directory with --data.")
    if done - known:
        raise StartupError(
            f"{path} was written by a newer Brokerbook than this one. Install that version, or a newer one."
        )
    raise StartupError(f"{path} was written by an older Brokerbook. Start a server of this version on it once.")


def unusable(path: Path, error: Exception) -> Unavailable:
    """The storage's failure in a command, as a sentence; the driver's own words hold no data."""
    return Unavailable(f"{path} cannot be used now: {error}. Nothing was changed.")
