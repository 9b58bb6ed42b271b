"""Backups: a catalog in one file, taken while a server writes; the private keys in it, unless they are to stay out.

The file is an ordinary database that says by the table `backup_file` that it is a backup, and holds the key files of
the data directory in it. A running catalog never has that table.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from brokerbook.errors import StartupError
from brokerbook.store import keyring, lock, sqlite, visit
from brokerbook.store.sqlite import SqliteTx
from brokerbook.store.verify import sealed_counts

if TYPE_CHECKING:
    from collections.abc import Callable

    from brokerbook.settings import Settings

    Connection = sqlite.sqlite3.Connection

PRIVATE = 0o600
PAGES = 256
"""Pages copied at a time: a megabyte, after which progress is told."""

_TABLE = "CREATE TABLE backup_file (name TEXT NOT NULL PRIMARY KEY, mode INTEGER NOT NULL, content BLOB NOT NULL)"
_INSERT = "INSERT INTO backup_file (name, mode, content) VALUES (:name, :mode, :content)"
_CHECK = "PRAGMA quick_check(1)"

Progress = "Callable[[int, int], None]"
"""Told how many pages are copied, and of how many."""


class Saved(NamedTuple):
    """What a backup holds: its size in bytes, and the names of the key files in it."""

    size: int
    key_files: list[str]


def secrets_file(settings: Settings) -> Path | None:
    """The file with the keys that seal secrets, if they lie in a file of the data directory."""
    ring_path = settings.secrets_key_file or settings.data / keyring.FILE_NAME
    from_elsewhere = settings.secrets_key is not None or settings.secrets_key_command is not None
    inside = ring_path.absolute().parent == settings.data.absolute()
    return None if from_elsewhere or not inside else ring_path


def save(settings: Settings, target: Path, *, with_keys: bool, progress: Callable[[int, int], None]) -> Saved:
    """Writes a backup of the catalog as it is now to a file, which is there whole or as it was before."""
    source_path = visit.catalog(settings.data)
    _refuse_own_files(settings, target)
    part = target.with_name(f"{target.name}.part")
    try:
        made = _saved(settings, source_path, part, with_keys=with_keys, progress=progress)
        part.replace(target)
        _sync(target.absolute().parent)
    except visit.Fault as error:
        raise StartupError(f"The backup {target} cannot be written: {error}. Nothing was changed.") from error
    except OSError as error:
        raise StartupError(f"The backup {target} cannot be written: {error.strerror}. Nothing was changed.") from error
    finally:
        for path in (part, part.with_name(f"{part.name}-journal")):
            path.unlink(missing_ok=True)
    return made


def _refuse_own_files(settings: Settings, target: Path) -> None:
    own = {sqlite.FILE_NAME, f"{sqlite.FILE_NAME}-wal", f"{sqlite.FILE_NAME}-shm", lock.FILE_NAME, keyring.FILE_NAME}
    own.add(settings.token_key_file.name)
    if target.is_dir():
        raise StartupError(f"{target} is a directory. Name a file.")
    if target.resolve().parent == settings.data.resolve() and target.name in own:
        raise StartupError(f"{target} is a file of the catalog itself. Name another.")


def _saved(
    settings: Settings, source_path: Path, part: Path, *, with_keys: bool, progress: Callable[[int, int], None]
) -> Saved:
    before = _key_files(settings) if with_keys else {}
    with contextlib.closing(sqlite.connect(source_path)) as source:
        # A snapshot that is held from the first page to the last: without it, each write of a server would make
        # SQLite begin again.
        source.execute("BEGIN")
        visit.check_version(SqliteTx(source), source_path)
        needed = sealed_counts(SqliteTx(source)).keys()
        # The keys of the snapshot's moment are among those before and those after it, should they change just now.
        files = _merged(before, _key_files(settings), settings) if with_keys else {}
        _check_keys(settings, files, set(needed))
        with contextlib.closing(fresh(part)) as copy:
            source.backup(copy, pages=PAGES, progress=lambda _, left, total: progress(total - left, total))
            source.execute("ROLLBACK")
            copy.execute("PRAGMA journal_mode = DELETE")  # one file, without a second one beside it
            copy.execute(_TABLE)
            rows = [{"name": name, "mode": PRIVATE, "content": content} for name, content in files.items()]
            copy.executemany(_INSERT, rows)
            found: str = copy.execute(_CHECK).fetchone()[0]
    if found != "ok":
        raise StartupError(f"The catalog is damaged ({found}). It was not saved, and earlier backups were left.")
    _sync(part)
    return Saved(part.stat().st_size, sorted(files))


def fresh(path: Path) -> Connection:
    """A new, empty database that is one file, readable by its owner only."""
    path.unlink(missing_ok=True)
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE))
    connection = sqlite.connect(path)
    connection.execute("PRAGMA journal_mode = DELETE")
    return connection


def _key_files(settings: Settings) -> dict[str, bytes]:
    """The private key files of the data directory that are there, by the name that they have in a backup."""
    paths = {keyring.FILE_NAME: secrets_file(settings), settings.token_key_file.name: settings.token_key_file}
    return {name: path.read_bytes() for name, path in paths.items() if path is not None and path.is_file()}


def _merged(before: dict[str, bytes], after: dict[str, bytes], settings: Settings) -> dict[str, bytes]:
    files = before | after
    name = keyring.FILE_NAME
    if name in before and name in after:
        files[name] = with_keys_of(after[name], before[name])
    return files


def with_keys_of(first: bytes, second: bytes) -> bytes:
    """The text of a key file with the keys of one, and then those that only another has."""
    lines = dict.fromkeys([*first.replace(b",", b"\n").split(), *second.replace(b",", b"\n").split()])
    return b"\n".join(lines) + b"\n"


def _check_keys(settings: Settings, files: dict[str, bytes], needed: set[str]) -> None:
    if keyring.FILE_NAME not in files:
        return
    if missing := sorted(needed - keyring.ids(files[keyring.FILE_NAME])):
        raise StartupError(
            f"Secrets are sealed with the key {', '.join(missing)}, which is not in {secrets_file(settings)}. "
            "Put it back, or save without the keys (--without-keys)."
        )


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
