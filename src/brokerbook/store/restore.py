"""Restoring a backup: checked in a copy of its own, then put in the place of the catalog in one transaction.

A server that runs goes on: its readers see the old state until the commit and the new one after it, its writers wait.
What was there is kept in a backup of its own, taken while nobody can write.
"""

from __future__ import annotations

import contextlib
import os
import time
from typing import TYPE_CHECKING

from brokerbook.errors import StartupError
from brokerbook.store import backup, identity, keyfiles, lock, migrations, sqlite, verify, visit
from brokerbook.store.keyring import Keyring, write_private
from brokerbook.store.secrets import meta
from brokerbook.store.sqlite import SqliteTx

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from brokerbook.settings import Settings

    Connection = sqlite.sqlite3.Connection

_STAGED = f"{sqlite.FILE_NAME}.restoring"
_MAGIC = b"SQLite format 3\x00"
_OK = 0  # SQLITE_OK: a step was made, but not the last, and the lock that it needs is held


class Restoring:
    """A backup that was found good, in a copy beside the catalog; `close` removes the copy."""

    def __init__(self, settings: Settings, file: Path, current_key: str | None) -> None:
        """Checks the backup; a StartupError says what is wrong with it, and nothing was changed then.

        `current_key` is the name, among the catalog's single values, of the key that seals.
        """
        self._settings = settings
        self._path = settings.data / sqlite.FILE_NAME
        self._copy = settings.data / _STAGED
        self._made = not settings.data.exists()
        self._unreadable = False
        self.files: dict[str, bytes] = {}
        """The key files in the backup, by name."""
        _check_file(file, self._path)
        try:
            settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.replaces = self._existing()
            """What is there that is replaced, in words; None if nothing is."""
            self.files = backup.staged(file, self._copy, lambda _done, _total: None)
            self._check(file, current_key)
        except visit.Fault as error:
            self.close()
            raise StartupError(f"{file} cannot be restored: {error}. Nothing was changed.") from error
        except OSError as error:
            self.close()
            raise lock.unwritable(settings.data, error) from error
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Removes the copy, and a directory that was made for it alone."""
        backup.remove(self._copy)
        if self._made:
            with contextlib.suppress(OSError):
                self._settings.data.rmdir()

    @property
    def replaces_token_key(self) -> bool:
        """Whether the backup has another key that signs tokens than the directory."""
        path = self._settings.token_key_file
        ours = self.files.get(keyfiles.TOKEN_KEY_FILE)
        return ours is not None and path.is_file() and path.read_bytes() != ours

    @property
    def lacks_token_key(self) -> bool:
        """Whether there will be no key that signs tokens, so that a start makes one and older tokens are void."""
        return keyfiles.TOKEN_KEY_FILE not in self.files and not self._settings.token_key_file.is_file()

    # checking

    def _existing(self) -> str | None:
        if not self._path.is_file():
            return None
        try:
            with contextlib.closing(sqlite.connect(self._path)) as live:
                tx = SqliteTx(live)
                if not visit.ledger(tx):
                    return None  # an earlier restore was killed before anything was in it
                if lock.holder(self._settings.data) is not None:
                    visit.check_version(tx, self._path)
                return f"a catalog of {verify.sizes(tx).entities} entities"
        except visit.Fault:
            self._unreadable = True
            return "a catalog that cannot be read"

    def _check(self, file: Path, current_key: str | None) -> None:
        with contextlib.closing(sqlite.connect(self._copy)) as copy:
            copy.execute("PRAGMA journal_mode = DELETE")
            tx = SqliteTx(copy)
            if damage := verify.damage(tx):
                raise StartupError(f"{file} is damaged: {damage[0]}. Nothing was changed.")
            if not visit.ledger(tx):
                raise StartupError(f"{file} is a database, but no catalog's. Nothing was changed.")
            migrations.run(tx)  # an older backup is brought to this version; a newer one is refused
            needed = set(verify.sealed_counts(tx))
            current = meta(tx, current_key) if current_key is not None else None
            self._check_keys(needed | ({current} if current is not None else set()))
            identity.touch(tx)  # servers look up again what tokens are worth
            self._fit_pages(copy)

    def _check_keys(self, needed: set[str]) -> None:
        ring = Keyring(self._settings)
        carried = keyfiles.ids(self.files.get(keyfiles.SECRETS_KEY_FILE, b""))
        missing = needed - ring.keys.keys()
        if ring.in_file:
            missing -= carried
        if not missing:
            return
        told = f"The secrets in the backup are sealed with the key {', '.join(sorted(missing))}, which is "
        if missing <= carried:
            told += f"in the backup, but not in {ring.source}: add it there, or restore without that setting."
        else:
            told += f"neither in the backup nor in {ring.source}: put it there first."
        raise StartupError(f"{told} Nothing was changed.")

    def _fit_pages(self, copy: Connection) -> None:
        # SQLite copies into a database in use only pages of the size that it has.
        if self.replaces is None or self._unreadable:
            return
        with contextlib.closing(sqlite.connect(self._path)) as live:
            size: int = live.execute("PRAGMA page_size").fetchone()[0]
        if size != copy.execute("PRAGMA page_size").fetchone()[0]:
            copy.execute(f"PRAGMA page_size = {size}")
            copy.execute("VACUUM")

    # doing it

    def apply(self, progress: Callable[[int, int], None]) -> list[Path]:
        """Replaces the catalog; returns the files in which what was there is kept."""
        directory = self._settings.data
        try:
            with (
                lock.hold(directory) if lock.holder(directory) is None else contextlib.nullcontext(),
                lock.keys(directory),
            ):
                kept = self._put_aside() if self._unreadable else []
                return kept + self._copied(progress)
        except visit.Fault as error:
            raise StartupError(f"The backup cannot be restored: {error}. The catalog is what it was.") from error
        except OSError as error:
            raise lock.unwritable(directory, error) from error
        finally:
            self._made = False

    def _copied(self, progress: Callable[[int, int], None]) -> list[Path]:
        kept: list[Path] = []
        locked = False

        def step(status: int, left: int, total: int) -> None:
            nonlocal locked
            if status == _OK and not locked:
                # From here until the commit nobody else can write, and everybody still reads the old state.
                locked = True
                kept.extend(self._kept())
                kept.extend(self._write_keys())
            progress(total - left, total)

        if not self._path.exists():
            backup.fresh(self._path)  # private from its first byte
        with (
            contextlib.closing(sqlite.connect(self._copy)) as copy,
            contextlib.closing(sqlite.connect(self._path)) as live,
        ):
            copy.execute("PRAGMA journal_mode = DELETE")
            pages: int = copy.execute("PRAGMA page_count").fetchone()[0]
            # At least two steps, so that one of them ends with the lock held and nothing committed.
            copy.backup(live, pages=max(1, min(backup.PAGES, pages // 2)), progress=step)
        self._path.chmod(backup.PRIVATE)
        return kept

    def _put_aside(self) -> list[Path]:
        """Gives the files of a catalog that SQLite cannot read another name: they may be worth something to somebody."""
        if (process := lock.holder(self._settings.data)) not in {None, os.getpid()}:
            raise StartupError(f"The catalog cannot be read. Stop the server, process {process}, and restore again.")
        aside = _aside(self._path)
        for suffix in ("-wal", "-shm", ""):
            path = self._path.with_name(self._path.name + suffix)
            if path.is_file():
                path.replace(aside.with_name(aside.name + suffix))
        return [aside]

    def _kept(self) -> list[Path]:
        if self.replaces is None or self._unreadable:
            return []
        path = _aside(self._path)
        backup.save(self._settings, path, as_it_is=True)
        return [path]

    def _write_keys(self) -> list[Path]:
        kept: list[Path] = []
        secrets, path = self.files.get(keyfiles.SECRETS_KEY_FILE), keyfiles.secrets_path(self._settings)
        if secrets is not None and path is not None:
            there = path.read_bytes() if path.is_file() else b""
            # The backup's come first: with them its secrets were sealed. None that is there is lost.
            write_private(path, keyfiles.united(secrets, there).decode("ascii"))
        if (token_key := self.files.get(keyfiles.TOKEN_KEY_FILE)) is not None:
            path = self._settings.token_key_file
            if self.replaces_token_key:
                kept.append(path.replace(_aside(path)))
            write_private(path, token_key.decode("ascii"))
        return kept


def _aside(path: Path) -> Path:
    return path.with_name(f"{path.name}.before-restore-{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}")


def _check_file(file: Path, live: Path) -> None:
    try:
        with file.open("rb") as opened:
            start = opened.read(len(_MAGIC))
    except OSError as error:
        raise StartupError(f"{file} cannot be read: {error.strerror}.") from error
    if start != _MAGIC:
        raise StartupError(f"{file} is not a backup. Nothing was changed.")
    if live.exists() and file.samefile(live):
        raise StartupError(f"{file} is the catalog itself. Name a backup.")
