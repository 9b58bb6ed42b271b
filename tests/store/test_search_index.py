"""The search index and its queue: the newest change first, nothing twice, nothing lost, and one bad row harms no other."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from brokerbook import app
from brokerbook.engine import message_schemas
from brokerbook.engine import search_index as engine
from brokerbook.settings import Settings
from brokerbook.store import contents
from brokerbook.store import search_index as store
from conftest import Client, running
from make import made

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from brokerbook.store.database import Tx
    from brokerbook.store.sqlite import SqliteDatabase

_ENTRIES = "SELECT entity_id, name FROM search_entry ORDER BY entity_id"
_FOUND = "SELECT e.name FROM search_text JOIN search_entry e ON e.docid = search_text.rowid WHERE search_text MATCH :word ORDER BY 1"


@pytest.fixture
def database(tmp_path: Path) -> Iterator[SqliteDatabase]:
    """A new catalog whose background work does not run."""
    catalog = app.create_app(Settings(data=tmp_path, log_level="error"))
    yield catalog.context.database
    catalog.close()


def indexed(database: SqliteDatabase) -> list[Any]:
    while database.write_now(engine.index):
        pass
    return database.peek(lambda tx: tx.all(_ENTRIES))


def found(database: SqliteDatabase, word: str) -> list[str]:
    return [name for (name,) in database.peek(lambda tx: tx.all(_FOUND, {"word": word}))]


def change(database: SqliteDatabase, statement: str, **values: Any) -> None:
    assert database.write_now(lambda tx: tx.run(statement, values)) == 1


def test_everything_that_is_seeded_is_indexed_once(database: SqliteDatabase):
    there = database.peek(lambda tx: tx.all("SELECT id, lower(name) FROM entity ORDER BY id"))
    assert indexed(database) == there
    database.write_now(lambda tx: tx.run("INSERT INTO search_queue (entity_id) SELECT id FROM entity"))
    assert indexed(database) == there
    texts = database.peek(lambda tx: tx.one("SELECT COUNT(*) FROM search_text"))
    assert texts == (len(there),)


def test_the_newest_changes_are_indexed_first(database: SqliteDatabase):
    indexed(database)

    def fill(tx: Tx) -> store.Waiting:
        for name in ("admin", "Organization"):
            tx.run("INSERT INTO search_queue (entity_id) SELECT id FROM entity WHERE name = :name", {"name": name})
        return store.newest(tx, 1)

    waiting = database.write_now(fill)
    last = database.peek(lambda tx: tx.one("SELECT id FROM entity WHERE name = 'Organization'"))
    assert (waiting.ids[0],) == last
    database.write_now(lambda tx: store.done(tx, waiting))
    left = database.peek(lambda tx: store.newest(tx, 10))
    assert len(left.ids) == 1
    assert (left.ids[0],) != last


def test_a_change_outside_of_the_engine_is_indexed_too(database: SqliteDatabase):
    indexed(database)
    change(database, "UPDATE entity SET name = 'turquoise' WHERE name = 'admin' AND kind = 'user'")
    assert database.peek(store.is_behind)
    indexed(database)
    assert found(database, "turquoise") == ["turquoise"]
    change(database, "DELETE FROM entity WHERE name = 'turquoise'")
    indexed(database)
    assert found(database, "turquoise") == []


def test_what_is_not_searched_by_is_not_queued(database: SqliteDatabase):
    indexed(database)
    change(database, "UPDATE entity SET put_digest = NULL WHERE name = 'admin' AND kind = 'user'")
    assert not database.peek(store.is_behind)


def test_a_document_that_cannot_be_read_is_found_by_its_name_and_harms_no_other(database: SqliteDatabase):
    change(database, "UPDATE entity SET doc = '{' WHERE name = 'admin' AND kind = 'user'")
    indexed(database)
    assert "admin" in found(database, "admin")
    assert "organization" in found(database, "organization")


def test_a_change_that_is_undone_leaves_nothing_in_the_queue(database: SqliteDatabase):
    indexed(database)

    def refused(tx: Tx) -> None:
        tx.run("UPDATE entity SET name = 'nobody' WHERE name = 'admin'")
        raise ValueError

    with pytest.raises(ValueError):
        database.write_now(refused)
    assert not database.peek(store.is_behind)


def test_the_background_indexes_what_nobody_searches_for(tmp_path: Path):
    with running(tmp_path) as server:
        made(Client(server, server.token("admin")), "domain")
        database = server.catalog.context.database
        deadline = time.monotonic() + 30
        while database.peek(store.is_behind):
            assert time.monotonic() < deadline
            time.sleep(0.05)


def test_fields_that_cannot_be_read_keep_nothing_else_from_being_found(database: SqliteDatabase):
    fields_of = message_schemas.fields_hash("dead:Avro:beef")
    database.write_now(lambda tx: contents.keep(tx, [("nobody", (fields_of, "{"))]))
    topic = """UPDATE entity SET doc = '{"messageSchema":"dead:Avro:beef"}' WHERE name = 'admin' AND kind = 'user'"""
    change(database, topic)
    indexed(database)
    assert "admin" in found(database, "admin")
    assert "organization" in found(database, "organization")
