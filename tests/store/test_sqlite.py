"""What the rest of the program may rely on: group commit, answers after it, reads that never wait."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from brokerbook.errors import BadRequest, EntityAlreadyExists, StartupError, TooLong, Unavailable
from brokerbook.store import sqlite
from brokerbook.store.database import apart
from brokerbook.store.sqlite import FILE_NAME, SqliteDatabase, open_database

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ADD = "INSERT INTO thing (n) VALUES (:n)"
ALL = "SELECT n FROM thing ORDER BY n"
PATIENCE = 20


@pytest.fixture
def database(tmp_path: Path) -> Iterator[SqliteDatabase]:
    opened = open_database(tmp_path)
    opened.write_now(lambda tx: tx.run("CREATE TABLE thing (n INTEGER NOT NULL PRIMARY KEY)"))
    yield opened
    with contextlib.suppress(sqlite3.ProgrammingError):
        opened.close()


def add(n: int) -> Any:
    return lambda tx: tx.run(ADD, {"n": n})


def stored(database: SqliteDatabase) -> list[int]:
    """What another process would see: what is committed."""
    with contextlib.closing(sqlite3.connect(database.path)) as other:
        return [n for (n,) in other.execute(ALL)]


class Held:
    """Holds the writer in a unit of work until told to let go."""

    def __init__(self, database: SqliteDatabase) -> None:
        self.begun, self.end = threading.Event(), threading.Event()
        self._database = database
        threading.Thread(target=self._hold, daemon=True).start()
        assert self.begun.wait(PATIENCE)

    def _hold(self) -> None:
        with contextlib.suppress(Unavailable):  # it shares the fate of its group
            self._database.write_now(self._work)

    def _work(self, _: Any) -> None:
        self.begun.set()
        assert self.end.wait(PATIENCE)

    def release(self) -> None:
        self.end.set()


async def gathered(*writes: Any) -> list[Any]:
    return await asyncio.wait_for(asyncio.gather(*writes, return_exceptions=True), PATIENCE)


# writing


def test_writers_that_wait_share_a_commit(database: SqliteDatabase) -> None:
    async def many() -> None:
        held = Held(database)
        before = database.groups
        writes = [asyncio.ensure_future(database.write(add(n))) for n in range(100)]
        await asyncio.sleep(0)
        held.release()
        await gathered(*writes)
        assert database.groups - before <= 3

    asyncio.run(many())
    assert stored(database) == [*range(100)]
    assert sum(database.group_sizes) == database.groups


def test_a_refused_write_leaves_nothing_and_harms_nobody_in_its_group(database: SqliteDatabase) -> None:
    def refused(tx: Any) -> None:
        tx.run(ADD, {"n": 1000})
        raise BadRequest("no")

    def broken(tx: Any) -> None:
        tx.run(ADD, {"n": 1001})
        raise ZeroDivisionError

    def twice(tx: Any) -> None:
        tx.run(ADD, {"n": 1002})
        tx.run(ADD, {"n": 1})

    async def many() -> list[Any]:
        held = Held(database)
        works = [add(1), refused, add(2), broken, add(3), twice, add(4)]
        writes = [asyncio.ensure_future(database.write(work)) for work in works]
        await asyncio.sleep(0)
        held.release()
        return await gathered(*writes)

    answers = asyncio.run(many())
    assert [type(answer) for answer in answers] == [
        int, BadRequest, int, ZeroDivisionError, int, sqlite3.IntegrityError, int,
    ]  # fmt: skip
    assert stored(database) == [1, 2, 3, 4]


def test_nobody_is_answered_before_his_write_is_committed(database: SqliteDatabase) -> None:
    def write(first: int) -> None:
        for n in range(first, first + 25):
            database.write_now(add(n))
            if n not in stored(database):
                missing.append(n)

    missing: list[int] = []
    threads = [threading.Thread(target=write, args=(1000 * k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert not missing
    assert len(stored(database)) == 100


def test_a_write_is_not_answered_while_its_group_goes_on(database: SqliteDatabase) -> None:
    """The first of a group is answered with the last."""

    async def two() -> None:
        began, end = threading.Event(), threading.Event()

        def slow(tx: Any) -> None:
            began.set()
            assert end.wait(PATIENCE)
            tx.run(ADD, {"n": 2})

        held = Held(database)
        first, second = (asyncio.ensure_future(database.write(work)) for work in (add(1), slow))
        await asyncio.sleep(0)
        held.release()
        assert await asyncio.to_thread(began.wait, PATIENCE)
        assert not first.done()
        assert stored(database) == []
        end.set()
        await gathered(first, second)
        assert stored(database) == [1, 2]

    asyncio.run(two())


def test_a_group_closes_though_writes_keep_coming(database: SqliteDatabase) -> None:
    async def many() -> list[Any]:
        return await gathered(*(database.write(add(n)) for n in range(sqlite.LONGEST_GROUP * 3)))

    before = database.groups
    asyncio.run(many())
    assert database.groups - before >= 3
    assert len(stored(database)) == sqlite.LONGEST_GROUP * 3


def test_a_write_stands_though_its_caller_went_away(database: SqliteDatabase) -> None:
    async def gone() -> None:
        held = Held(database)
        leaving = asyncio.ensure_future(database.write(add(1)))
        staying = asyncio.ensure_future(database.write(add(2)))
        await asyncio.sleep(0)
        leaving.cancel()
        held.release()
        await staying

    asyncio.run(gone())
    assert stored(database) == [1, 2]


def test_close_finishes_the_writes_that_wait(database: SqliteDatabase) -> None:
    held = Held(database)
    done: list[int] = []
    threads = [
        threading.Thread(target=lambda n=n: done.append(database.write_now(add(n))), daemon=True) for n in range(20)
    ]
    for thread in threads:
        thread.start()
    while database.waiting < 20:
        time.sleep(0.001)
    closing = threading.Thread(target=database.close)
    closing.start()
    held.release()
    closing.join(PATIENCE)
    for thread in threads:
        thread.join(PATIENCE)
    assert len(done) == 20
    assert stored(database) == [*range(20)]


def test_a_part_that_is_refused_leaves_nothing_and_the_rest_goes_on(database: SqliteDatabase) -> None:
    def work(tx: Any) -> None:
        tx.run(ADD, {"n": 1})
        with contextlib.suppress(EntityAlreadyExists), apart(tx):
            tx.run(ADD, {"n": 2})
            raise EntityAlreadyExists
        with apart(tx):
            tx.run(ADD, {"n": 3})

    database.write_now(work)
    assert stored(database) == [1, 3]


# reading


def test_no_read_waits_for_the_writer(database: SqliteDatabase) -> None:
    database.write_now(add(1))
    held = Held(database)

    async def reads() -> None:
        for _ in range(20):
            assert database.peek(lambda tx: tx.all(ALL)) == [(1,)]
            assert await database.read(lambda tx: tx.all(ALL)) == [(1,)]

    started = time.monotonic()
    asyncio.run(asyncio.wait_for(reads(), PATIENCE))
    assert time.monotonic() - started < PATIENCE / 4
    assert held.begun.is_set()
    assert not held.end.is_set()
    held.release()
    assert database.peek(lambda tx: tx.all(ALL)) == [(1,)]


def test_long_reads_hold_up_neither_a_peek_nor_a_write(database: SqliteDatabase) -> None:
    end = threading.Event()
    begun = threading.Barrier(sqlite.READERS + 1)

    def slow(tx: Any) -> list[Any]:
        first = tx.all(ALL)
        begun.wait(PATIENCE)
        assert end.wait(PATIENCE)
        assert tx.all(ALL) == first  # its snapshot is its own
        return first

    async def reads() -> None:
        long = [asyncio.ensure_future(database.read(slow)) for _ in range(sqlite.READERS)]
        await asyncio.to_thread(begun.wait, PATIENCE)
        assert database.peek(lambda tx: tx.all(ALL)) == []
        await asyncio.wait_for(database.write(add(1)), PATIENCE)
        assert database.peek(lambda tx: tx.all(ALL)) == [(1,)]
        assert not any(read.done() for read in long)
        end.set()
        assert await gathered(*long) == [[]] * sqlite.READERS

    asyncio.run(reads())


SLOW = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :most) SELECT COUNT(*) FROM n"


def test_a_read_with_a_limit_is_given_up_and_its_reader_goes_on(database: SqliteDatabase) -> None:
    async def reads() -> list[Any]:
        with pytest.raises(TooLong, match=r"in 0\.05 seconds"):
            await database.read(lambda tx: tx.one(SLOW, {"most": 10**12}), seconds=0.05)
        return [await database.read(lambda tx: tx.one(SLOW, {"most": 10**6})) for _ in range(sqlite.READERS * 2)]

    assert set(asyncio.run(reads())) == {(10**6,)}


def test_whoever_is_answered_reads_his_own_write(database: SqliteDatabase) -> None:
    async def write_and_read(n: int) -> bool:
        database.peek(lambda tx: tx.all(ALL))  # may open the snapshot of this turn
        await database.write(add(n))
        seen = (n,) in database.peek(lambda tx: tx.all(ALL))
        return seen and (n,) in await database.read(lambda tx: tx.all(ALL))

    async def many() -> list[Any]:
        return await gathered(*(write_and_read(n) for n in range(200)))

    assert asyncio.run(many()) == [True] * 200


def test_a_commit_of_another_process_shows_in_the_data_version(database: SqliteDatabase) -> None:
    before = database.data_version()
    assert database.data_version() == before
    with sqlite.transaction(database.path.parent) as tx:
        tx.run(ADD, {"n": 7})
    assert database.data_version() != before


# failures of the storage


def no_room(database: SqliteDatabase) -> None:
    pages = database.write_now(lambda tx: tx.one("PRAGMA page_count"))
    assert pages is not None
    database._writer.execute(f"PRAGMA max_page_count = {pages[0]}")


def room(database: SqliteDatabase) -> None:
    database._writer.execute("PRAGMA max_page_count = 1000000")


def fill(tx: Any) -> None:
    tx.run("CREATE TABLE filling (text TEXT)")
    tx.run("INSERT INTO filling VALUES (:text)", {"text": "x" * 1_000_000})


def test_a_storage_error_fails_its_whole_group_and_the_next_write_works(database: SqliteDatabase) -> None:
    def refused(_: Any) -> None:
        raise BadRequest("no")

    async def many() -> list[Any]:
        held = Held(database)
        writes = [asyncio.ensure_future(database.write(work)) for work in (add(1), refused, fill)]
        await asyncio.sleep(0)
        held.release()
        return await gathered(*writes)

    no_room(database)
    answers = asyncio.run(many())
    assert [type(answer) for answer in answers] == [Unavailable, BadRequest, Unavailable]
    assert "disk is full: nothing was changed" in answers[0].message
    assert answers[0].retry_after == 5
    assert database.failing is not None
    assert database.failures == 1
    assert stored(database) == []
    assert database.peek(lambda tx: tx.all(ALL)) == []

    room(database)
    database.write_now(add(2))
    assert database.failing is None
    assert stored(database) == [2]
    asyncio.run(database.touch())


def test_a_full_disk_is_told_of_by_touch_too(database: SqliteDatabase) -> None:
    database._writer.execute("PRAGMA query_only = ON")
    with pytest.raises(Unavailable, match="read-only"):
        asyncio.run(database.touch())
    database._writer.execute("PRAGMA query_only = OFF")
    asyncio.run(database.touch())


def test_another_process_that_holds_the_file_too_long_makes_a_write_unavailable(
    database: SqliteDatabase, tmp_path: Path
) -> None:
    database._writer.execute("PRAGMA busy_timeout = 50")
    with contextlib.closing(sqlite3.connect(tmp_path / FILE_NAME, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(Unavailable, match="cannot be used now"):
            database.write_now(add(1))
        other.execute("ROLLBACK")
    database.write_now(add(2))
    assert stored(database) == [2]


def test_a_file_that_is_no_database_stops_the_start_and_stays_as_it_is(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_bytes(b"not a database, " * 100)
    with pytest.raises(StartupError, match="cannot be opened for writing"):
        open_database(tmp_path)
    assert (tmp_path / FILE_NAME).read_bytes() == b"not a database, " * 100


def test_a_database_of_a_newer_version_stops_the_start(tmp_path: Path) -> None:
    open_database(tmp_path).close()
    with sqlite.transaction(tmp_path) as tx:
        tx.run("INSERT INTO migration (number, name, ran_at) VALUES (9999, '9999_future', 0)")
    with pytest.raises(StartupError, match="newer Brokerbook"):
        open_database(tmp_path)


def test_every_commit_is_flushed_to_the_disk(database: SqliteDatabase) -> None:
    assert database._writer.execute("PRAGMA synchronous").fetchone() == (2,)
    assert database._writer.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert database.path.stat().st_mode & 0o777 == 0o600
