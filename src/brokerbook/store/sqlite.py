"""The embedded database: SQLite in WAL mode, read by many connections, written by one thread with group commit.

The only module that imports sqlite3. Many callers' writes share one transaction, each under its own savepoint, so a
refused one leaves nothing behind and harms no other; nobody is answered before the commit is on disk
(`synchronous=FULL`). Readers see committed snapshots and never wait for the writer.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import queue
import sqlite3
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, TypeVar

from brokerbook.errors import StartupError, TooLong, Unavailable
from brokerbook.store import migrations

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping, Sequence
    from pathlib import Path

    from brokerbook.store.database import Row, Tx

T = TypeVar("T")

FILE_NAME = "brokerbook.db"
OLDEST_SQLITE = (3, 35, 0)  # RETURNING and UPSERT as the statements use them

# A group closes when no write waits, or at these bounds, so that the first of a group is not kept waiting by the last.
LONGEST_GROUP = 256
LONGEST_GROUP_SECONDS = 0.05

READERS = 3
STEPS_BETWEEN_LOOKS = 20_000  # of SQLite's machine, before a read with a limit looks at the clock: about a millisecond
BUSY_SECONDS = 10  # how long a statement waits for another process (a command, a backup) to let go

# Primary result codes that say that the storage cannot serve; any other fault is the statement's, and its caller's.
_STORAGE_FAULTS = frozenset(
    {
        sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_FULL, sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PROTOCOL, sqlite3.SQLITE_NOTADB,
    }
)  # fmt: skip

_NOTHING: Mapping[str, Any] = {}


class SqliteTx:
    """A `Tx` over one connection."""

    __slots__ = ("_execute", "connection")

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection
        self._execute = connection.execute

    def one(self, sql: str, params: Mapping[str, Any] = _NOTHING) -> Row | None:
        return self._execute(sql, params).fetchone()

    def all(self, sql: str, params: Mapping[str, Any] = _NOTHING) -> list[Row]:
        return self._execute(sql, params).fetchall()

    def run(self, sql: str, params: Mapping[str, Any] = _NOTHING) -> int:
        return self._execute(sql, params).rowcount

    def many(self, sql: str, rows: Sequence[Mapping[str, Any]]) -> None:
        if len(rows) == 1:  # most often: and then cheaper so
            self._execute(sql, rows[0])
        else:
            self.connection.executemany(sql, rows)


def connect(path: Path, *, readonly: bool = False) -> sqlite3.Connection:
    """Opens the file with the settings that every connection has; transactions are begun by hand."""
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode={'ro' if readonly else 'rwc'}",
        uri=True,
        timeout=BUSY_SECONDS,
        isolation_level=None,
        check_same_thread=False,
        cached_statements=256,
    )
    connection.execute("PRAGMA foreign_keys = OFF")  # hard deletes remove dependants explicitly, in one place
    connection.execute("PRAGMA cache_size = -3000")
    connection.execute("PRAGMA temp_store = MEMORY")
    if not readonly:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA journal_size_limit = 67108864")
    return connection


def open_database(directory: Path) -> SqliteDatabase:
    """Opens, or creates and migrates, the database in a data directory; a StartupError says why not."""
    if sqlite3.sqlite_version_info < OLDEST_SQLITE:
        raise StartupError(f"SQLite {sqlite3.sqlite_version} is too old: Brokerbook needs 3.35 or newer.")
    path = directory / FILE_NAME
    try:
        # Before SQLite does: the files beside it (-wal, -shm) take over its mode.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        path.chmod(0o600)
        connection = connect(path)
        try:
            migrations.run(SqliteTx(connection))
        except BaseException:
            connection.close()
            raise
    except (sqlite3.Error, OSError) as error:
        raise StartupError(
            f"The database {path} cannot be opened for writing: {error}. "
            "Check that the directory exists, that this user may write to it and that the disk is not full."
        ) from error
    return SqliteDatabase(path, connection)


@contextlib.contextmanager
def transaction(directory: Path) -> Generator[Tx]:
    """One write transaction on a data directory, for commands; works beside a running server."""
    connection = connect(directory / FILE_NAME)
    try:
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield SqliteTx(connection)
        except BaseException:
            connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")
    except sqlite3.Error as error:
        raise unavailable(error) from error
    finally:
        connection.close()


def unavailable(error: sqlite3.Error) -> Unavailable:
    """The storage's own failure as the caller may see it; the detail is for the log (the exception's cause)."""
    text = str(error)
    if "full" in text:
        return Unavailable("The disk is full: nothing was changed. Free some space; the server recovers by itself.", 5)
    if "readonly" in text:
        return Unavailable("The data directory is read-only: nothing was changed.", 5)
    return Unavailable("The storage cannot be used now: nothing was changed. Try again.", 1)


class _Write:
    """One caller's unit of work and where its answer goes."""

    __slots__ = ("error", "future", "loop", "result", "work")

    def __init__(
        self,
        work: Callable[[Tx], Any],
        loop: asyncio.AbstractEventLoop | None,
        future: asyncio.Future[Any] | Future[Any],
    ) -> None:
        self.work = work
        self.loop = loop
        self.future = future
        self.result: Any = None
        self.error: BaseException | None = None


class SqliteDatabase:
    """An open SQLite database; see the module's first lines for how it reads and writes."""

    def __init__(self, path: Path, writer: sqlite3.Connection) -> None:
        self.path = path
        self.groups = 0  # committed groups
        self.grouped = 0  # writes in them
        self.group_sizes = [0] * ((LONGEST_GROUP - 1).bit_length() + 1)  # committed groups of up to 1, 2, 4, … writes
        self.failures = 0  # groups that the storage refused
        self.failing: str | None = None  # why the last group was refused, until one succeeds
        self._queue: queue.SimpleQueue[_Write | None] = queue.SimpleQueue()
        self._writer = writer
        self._peek_connection = connect(path)
        self._peek = SqliteTx(self._peek_connection)
        self._turn_is_open = False
        self._local = threading.local()
        self._opened: list[sqlite3.Connection] = [self._peek_connection]
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="reader")
        self._thread = threading.Thread(target=self._write_groups, name="writer", daemon=True)
        self._thread.start()

    # reading

    def peek(self, work: Callable[[Tx], T]) -> T:
        """Runs a point read on this thread: a few microseconds, less than handing it to another would cost.

        All point reads of one turn of the event loop share a snapshot, which saves each of them the locks of its own.
        Whoever is answered after a commit reads in a later turn: the snapshot of a turn ends before any answer to a
        write that it does not show.
        """
        try:
            if not self._turn_is_open:
                try:
                    loop = asyncio.get_running_loop()
                except RuntimeError:
                    return self._in_snapshot(self._peek, work)
                self._peek_connection.execute("BEGIN")
                self._turn_is_open = True
                loop.call_soon(self._end_turn)
            return work(self._peek)
        except sqlite3.Error as error:
            raise unavailable(error) from error

    def _end_turn(self) -> None:
        self._turn_is_open = False
        with contextlib.suppress(sqlite3.Error):  # closed meanwhile, or nothing was read
            self._peek_connection.execute("ROLLBACK")

    async def read(self, work: Callable[[Tx], T], *, seconds: float | None = None) -> T:
        """Runs a read on a reader thread, over one snapshot: of any length, or one that is given up after some seconds."""
        return await asyncio.get_running_loop().run_in_executor(self._readers, self._read, work, seconds)

    def _read(self, work: Callable[[Tx], T], seconds: float | None) -> T:
        try:
            tx = getattr(self._local, "tx", None)
            if tx is None:
                connection = connect(self.path)
                self._opened.append(connection)
                tx = self._local.tx = SqliteTx(connection)
            with _limited(tx.connection, seconds):
                return self._in_snapshot(tx, work)
        except sqlite3.Error as error:
            if getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_INTERRUPT:
                raise TooLong(f"What is asked for was not found in {seconds:g} seconds. Ask for less.") from None
            raise unavailable(error) from error

    @staticmethod
    def _in_snapshot(tx: SqliteTx, work: Callable[[Tx], T]) -> T:
        tx.connection.execute("BEGIN")
        try:
            return work(tx)
        finally:
            tx.connection.execute("ROLLBACK")

    def data_version(self) -> int:
        """Changes whenever anybody, in this process or another, has committed."""
        row = self.peek(lambda tx: tx.one("PRAGMA data_version"))
        return row[0] if row else 0

    # writing

    async def write(self, work: Callable[[Tx], T]) -> T:
        """Runs `work` in the writer's next group; returns when the group is on disk."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[T] = loop.create_future()
        self._queue.put(_Write(work, loop, answer))
        return await answer

    def write_now(self, work: Callable[[Tx], T]) -> T:
        """As `write`, for a thread whose waiting holds up nobody: before serving begins, and in commands."""
        answer: Future[T] = Future()
        self._queue.put(_Write(work, None, answer))
        return answer.result()

    @property
    def waiting(self) -> int:
        """How many writes wait for the writer."""
        return self._queue.qsize()

    async def touch(self) -> None:
        """Writes a page as it is, durably; raises Unavailable if the storage does not take it."""

        def rewrite(tx: Tx) -> None:
            row = tx.one("PRAGMA user_version")
            tx.run(f"PRAGMA user_version = {row[0] if row else 0:d}")

        await self.write(rewrite)

    @property
    def writer_lives(self) -> bool:
        """Whether anybody takes writes from the queue."""
        return self._thread.is_alive()

    def _write_groups(self) -> None:
        tx = SqliteTx(self._writer)
        while (job := self._queue.get()) is not None:
            group, last = self._run_group(tx, job)
            for loop in {job.loop for job in group}:
                if loop is None:
                    _answer([job for job in group if job.loop is None])
                    continue
                with contextlib.suppress(RuntimeError):  # the loop is gone: nobody waits any more
                    loop.call_soon_threadsafe(_answer, [job for job in group if job.loop is loop])
            if last:
                break

    def _run_group(self, tx: SqliteTx, first: _Write) -> tuple[list[_Write], bool]:
        """Runs the waiting writes in one transaction; returns them, and whether the closing mark was among them."""
        execute = tx.connection.execute
        group: list[_Write] = []
        job: _Write | None = first
        deadline = time.monotonic() + LONGEST_GROUP_SECONDS
        try:
            execute("BEGIN IMMEDIATE")
            while job is not None:
                group.append(job)
                self._run_one(tx, job)
                if len(group) >= LONGEST_GROUP or time.monotonic() > deadline:
                    break
                try:
                    job = self._queue.get_nowait()
                except queue.Empty:
                    break
            execute("COMMIT")
            self.groups += 1
            self.grouped += len(group)
            self.group_sizes[(len(group) - 1).bit_length()] += 1
            self.failing = None
        except sqlite3.Error as error:
            # The group's transaction is lost as a whole: whoever was not refused already is told so.
            if tx.connection.in_transaction:
                with contextlib.suppress(sqlite3.Error):
                    execute("ROLLBACK")
            self.failures += 1
            self.failing = unavailable(error).message
            if not group:
                group.append(first)
            for failed in group:
                failed.error = failed.error if isinstance(failed.error, Exception) else unavailable(error)
                failed.error.__cause__ = failed.error.__cause__ or error
        return group, job is None

    @staticmethod
    def _run_one(tx: SqliteTx, job: _Write) -> None:
        execute = tx.connection.execute
        execute("SAVEPOINT one")
        try:
            job.result = job.work(tx)
        except sqlite3.Error as error:
            if not tx.connection.in_transaction or (getattr(error, "sqlite_errorcode", 0) & 0xFF) in _STORAGE_FAULTS:
                raise
            job.error = error
        except Exception as error:  # noqa: BLE001  whatever it is belongs to the caller, not to the group
            job.error = error
        if job.error is not None:
            execute("ROLLBACK TO one")
        execute("RELEASE one")

    def close(self) -> None:
        """Finishes the waiting writes and closes every connection."""
        self._queue.put(None)
        self._thread.join()
        self._readers.shutdown()
        for connection in self._opened:
            connection.close()
        with contextlib.suppress(sqlite3.Error):
            self._writer.execute("PRAGMA optimize")
        self._writer.close()


@contextlib.contextmanager
def _limited(connection: sqlite3.Connection, seconds: float | None) -> Generator[None]:
    """Has statements of a connection interrupted once so many seconds are over."""
    if seconds is None:
        yield
        return
    end = time.monotonic() + seconds
    connection.set_progress_handler(lambda: time.monotonic() > end, STEPS_BETWEEN_LOOKS)
    try:
        yield
    finally:
        connection.set_progress_handler(None, 0)


def _answer(group: list[_Write]) -> None:
    for job in group:
        if job.future.done():  # the caller went away; his write stands all the same
            continue
        if job.error is None:
            job.future.set_result(job.result)
        else:
            job.future.set_exception(job.error)
