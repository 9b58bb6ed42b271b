"""The ceiling of writes: a bare sqlite3 loop that writes the rows which the catalog has just written.

    bare_sqlite.py FROM.db INTO.db AFTER COUNT GROUP

takes the rows of the COUNT services whose creation stands behind the event number AFTER in FROM.db (entity, tally,
secret, relations, event), reads them into memory, and then writes them into INTO.db, a copy of the catalog as it was
before: the same migrations and indexes, the catalog's own connection settings, GROUP services in each durable commit,
each service under its own savepoint, as the catalog has it; the group of 1,000 stands for a bulk request and is one
transaction without savepoints. Prints {"services": …, "seconds": [… of each group]}.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from brokerbook.store.sqlite import connect

if TYPE_CHECKING:
    import sqlite3

BULK = 1000
TALLY = (
    "INSERT INTO tally (kind, deleted, n) VALUES (?, 0, ?) ON CONFLICT (kind, deleted) DO UPDATE SET n = n + excluded.n"
)
KIND = "messagingService"

Statement = tuple[str, tuple[Any, ...]]


def insert(source: sqlite3.Connection, table: str) -> tuple[str, str]:
    """(the columns of a table, the statement that adds a row of it); `seq` is the database's to give."""
    columns = [row[1] for row in source.execute(f"PRAGMA table_info({table})") if row[1] != "seq"]
    marks = ", ".join("?" * len(columns))
    return ", ".join(f"t.{name}" for name in columns), f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})"


def services(source: sqlite3.Connection, after: int, count: int) -> list[list[Statement]]:
    """For each service the statements that write it, in the order in which the catalog wrote them."""
    found: dict[str, list[Statement]] = {}
    created = f"(SELECT seq, entity_id FROM event WHERE seq > {after} AND type = 'entityCreated' AND kind = '{KIND}' ORDER BY seq LIMIT {count})"
    for table, key in (("entity", "id"), ("relation", "entity_id"), ("secret", "entity_id"), ("event", "entity_id")):
        columns, statement = insert(source, table)
        only = "AND t.seq = c.seq" if table == "event" else ""
        for entity_id, *row in source.execute(
            f"SELECT c.entity_id, {columns} FROM {created} c JOIN {table} t ON t.{key} = c.entity_id {only} ORDER BY c.seq"
        ):
            statements = found.setdefault(entity_id, [])
            statements.append((statement, tuple(row)))
            if table == "entity":
                statements.append((TALLY, (KIND, 1)))
    return list(found.values())


def write(database: sqlite3.Connection, group: list[list[Statement]]) -> None:
    """Writes a group in one durable transaction, with a savepoint for each service."""
    execute = database.execute
    execute("BEGIN IMMEDIATE")
    for statements in group:
        execute("SAVEPOINT one")
        for statement, row in statements:
            execute(statement, row)
        execute("RELEASE one")
    execute("COMMIT")


def write_bulk(database: sqlite3.Connection, tables: list[tuple[str, list[tuple[Any, ...]]]]) -> None:
    """Writes many services in one durable transaction, with one statement for each table."""
    database.execute("BEGIN IMMEDIATE")
    for statement, rows in tables:
        database.executemany(statement, rows)
    database.execute("COMMIT")


def by_table(group: list[list[Statement]]) -> list[tuple[str, list[tuple[Any, ...]]]]:
    """The rows of a group, table by table; the tally is counted once."""
    tables: dict[str, list[tuple[Any, ...]]] = {}
    for statements in group:
        for statement, row in statements:
            tables.setdefault(statement, []).append(row)
    tables[TALLY] = [(KIND, len(group))]
    return list(tables.items())


def main() -> None:
    """Reads, writes, and prints how long the writing took."""
    source_path, into, after, count, size = Path(sys.argv[1]), Path(sys.argv[2]), *map(int, sys.argv[3:6])
    source = connect(source_path, readonly=True)
    rows = services(source, after, count)
    source.close()
    database = connect(into)
    seconds: list[float] = []
    groups = [rows[start : start + size] for start in range(0, len(rows), size)]
    for group in groups:
        tables = by_table(group) if size == BULK else []
        began = time.perf_counter()
        if size == BULK:
            write_bulk(database, tables)
        else:
            write(database, group)
        seconds.append(time.perf_counter() - began)
    database.close()
    print(json.dumps({"services": len(rows), "seconds": seconds}))


if __name__ == "__main__":
    main()
