"""Numbered SQL files, run once each, in order, every one in a transaction of its own; a ledger table remembers them."""

from __future__ import annotations

import time
from importlib import resources
from typing import TYPE_CHECKING

from brokerbook.errors import StartupError

if TYPE_CHECKING:
    from brokerbook.store.database import Tx

_NEWER = (
    "The database was written by a newer Brokerbook than this one. Install that version, or a newer one; "
    "nothing was changed."
)
_LEDGER = (
    "CREATE TABLE IF NOT EXISTS migration (number INTEGER PRIMARY KEY, name TEXT NOT NULL, ran_at INTEGER NOT NULL)"
)
_DONE = "SELECT number FROM migration ORDER BY number"
_RECORD = "INSERT INTO migration (number, name, ran_at) VALUES (:number, :name, :ran_at)"


def known() -> list[tuple[int, str, str]]:
    """Every migration of this version as (number, name, SQL), in order."""
    found = [
        (int(file.name[:4]), file.name.removesuffix(".sql"), file.read_text("utf-8"))
        for file in resources.files(__name__).iterdir()
        if file.name.endswith(".sql")
    ]
    return sorted(found)


def run(tx: Tx) -> list[str]:
    """Brings the database to this version; returns the names of what ran. A newer database is a StartupError."""
    tx.run("BEGIN IMMEDIATE")
    try:
        tx.run(_LEDGER)
        done = {number for (number,) in tx.all(_DONE)}
        migrations = known()
        if done - {number for number, _, _ in migrations}:
            raise StartupError(_NEWER)  # noqa: TRY301  rolled back like any failure
        names: list[str] = []
        for number, name, sql in migrations:
            if number in done:
                continue
            for statement in statements(sql):
                tx.run(statement)
            tx.run(_RECORD, {"number": number, "name": name, "ran_at": int(time.time() * 1000)})
            names.append(name)
    except BaseException:
        tx.run("ROLLBACK")
        raise
    tx.run("COMMIT")
    return names


def statements(sql: str) -> list[str]:
    """The statements of a migration file: separated by a semicolon at the end of a line; comment lines dropped."""
    kept = "\n".join(line for line in sql.splitlines() if not line.lstrip().startswith("--"))
    return [statement.strip() for statement in kept.split(";\n") if statement.strip().strip(";")]
