"""Backups: a catalog in one file, taken while a server writes; with its private keys, unless they are to stay out.

The file is an ordinary database that says by the table `backup_file` that it is a backup, and holds the key files of
the data directory in it. The database of a running catalog never has that table.
"""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING, NamedTuple

from brokerbook.errors import StartupError
from brokerbook.store import keyfiles, lock, sqlite, visit
from brokerbook.store.sqlite import SqliteTx
from brokerbook.store.verify import sealed_counts

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from brokerbook.settings import Settings

PRIVATE = 0o600
PAGES = 256
"""Pages copied at a time: a megabyte, after which progress is told."""

_TABLE = "CREATE TABLE backup_file (name TEXT NOT NULL PRIMARY KEY, mode INTEGER NOT NULL, content BLOB NOT NULL)"
_INSERT = "INSERT INTO backup_file (name, mode, content) VALUES (:name, :mode, :content)"
_CHECK = "PRAGMA quick_check(1)"
_HAS_TABLE = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'backup_file'"
_FILES = "SELECT name, content FROM backup_file"
_DROP = "DROP TABLE backup_file"


class Saved(NamedTuple):
    """What a backup holds: its size in bytes, and the names of the key files in it."""

    size: int
    key_files: list[str]


def save(
    settings: Settings,
    target: Path,
    *,
    with_keys: bool = True,
    as_it_is: bool = False,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> Saved:
    """Writes a backup of the catalog at this moment to a file, which is there whole, or as it was before.

    A catalog that is damaged, lacks keys or is of another version is refused, unless it is to be saved `as_it_is`.
    `progress` is told how many pages are copied, and of how many.
    """
    _check_target(settings, target)
    source = visit.catalog(settings.data)
    part = target.with_name(f"{target.name}.part")
    try:
        saved = _saved(settings, source, part, with_keys=with_keys, as_it_is=as_it_is, progress=progress)
        part.replace(target)
        _sync(target.absolute().parent)
    except visit.Fault as error:
        raise StartupError(f"The backup {target} cannot be written: {error}. Nothing was changed.") from error
    except OSError as error:
        raise StartupError(f"The backup {target} cannot be written: {error.strerror}. Nothing was changed.") from error
    finally:
        remove(part)
    return saved


def _check_target(settings: Settings, target: Path) -> None:
    own = {sqlite.FILE_NAME, f"{sqlite.FILE_NAME}-wal", f"{sqlite.FILE_NAME}-shm", lock.FILE_NAME, *keyfiles.NAMES}
    if target.is_dir():
        raise StartupError(f"{target} is a directory. Name a file.")
    if target.name in own and target.resolve().parent == settings.data.resolve():
        raise StartupError(f"{target} is a file of the catalog itself. Name another.")


def _saved(
    settings: Settings,
    source_path: Path,
    part: Path,
    *,
    with_keys: bool,
    as_it_is: bool,
    progress: Callable[[int, int], None],
) -> Saved:
    before = keyfiles.read(settings) if with_keys else {}
    with contextlib.closing(sqlite.connect(source_path)) as source:
        # One snapshot from the first page to the last: otherwise each write of a server would make SQLite begin again.
        source.execute("BEGIN")
        if not as_it_is:
            visit.check_version(SqliteTx(source), source_path)
        # A command may be changing the keys now. The snapshot's are among those before it and those after it.
        files = before | (keyfiles.read(settings) if with_keys else {})
        if (secrets := keyfiles.SECRETS_KEY_FILE) in files:
            files[secrets] = keyfiles.united(files[secrets], before.get(secrets, b""))
            if not as_it_is:
                _check_keys(SqliteTx(source), files[secrets])
        with contextlib.closing(sqlite.connect(fresh(part))) as copy:
            _into_one_file(copy)
            source.backup(copy, pages=PAGES, progress=lambda _, left, total: progress(total - left, total))
            source.execute("ROLLBACK")
            _into_one_file(copy)
            copy.execute(_TABLE)
            rows = [{"name": name, "mode": PRIVATE, "content": content} for name, content in files.items()]
            copy.executemany(_INSERT, rows)
            if not as_it_is and (found := copy.execute(_CHECK).fetchone()[0]) != "ok":
                raise StartupError(f"The catalog is damaged ({found}), so it was not saved. Nothing was changed.")
    _sync(part)
    return Saved(part.stat().st_size, sorted(files))


def _check_keys(tx: SqliteTx, content: bytes) -> None:
    if missing := sorted(sealed_counts(tx).keys() - keyfiles.ids(content)):
        raise StartupError(
            f"Secrets are sealed with the key {', '.join(missing)}, which is not in {keyfiles.SECRETS_KEY_FILE}. "
            "Put it back, or save without the keys (--without-keys). Nothing was changed."
        )


def _into_one_file(copy: sqlite.sqlite3.Connection) -> None:
    copy.execute("PRAGMA journal_mode = DELETE")


def fresh(path: Path) -> Path:
    """Makes a file anew, empty and readable by its owner only."""
    remove(path)
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE))
    return path


def remove(path: Path) -> None:
    """Removes a database file, and what SQLite may have left beside it."""
    for suffix in ("", "-journal", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def staged(source_path: Path, copy_path: Path, progress: Callable[[int, int], None]) -> dict[str, bytes]:
    """Copies a backup to a file where it can be checked and changed; returns the key files that were in it.

    A database that is no backup, such as a copy of a stopped catalog's, is one without key files.
    """
    with (
        contextlib.closing(sqlite.connect(source_path, readonly=True)) as source,
        contextlib.closing(sqlite.connect(fresh(copy_path))) as copy,
    ):
        _into_one_file(copy)
        source.backup(copy, pages=PAGES, progress=lambda _, left, total: progress(total - left, total))
        _into_one_file(copy)
        if copy.execute(_HAS_TABLE).fetchone() is None:
            return {}
        files: dict[str, bytes] = {name: content for name, content in copy.execute(_FILES) if name in keyfiles.NAMES}
        copy.execute("PRAGMA secure_delete = ON")  # no key may stay in the free pages of a catalog
        copy.execute(_DROP)
        return files


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
