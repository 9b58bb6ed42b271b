"""What the rest of the program may ask of a database, whichever it is.

A unit of work is a function that takes a `Tx`. `peek` runs it at once on the calling thread and is for point reads;
`read` runs it on another thread, over one snapshot, and is for anything that may be long; `write` queues it behind
the writer and answers when its transaction is on disk.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import msgspec

from brokerbook.errors import CatalogError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Mapping, Sequence

T = TypeVar("T")
Row = tuple[Any, ...]


class Tx(Protocol):
    """One open transaction. Parameters are named: `:id` in the statement, `id` in the mapping."""

    def one(self, sql: str, params: Mapping[str, Any] = ...) -> Row | None:
        """The first row, or None."""
        ...

    def all(self, sql: str, params: Mapping[str, Any] = ...) -> list[Row]:
        """Every row, in order."""
        ...

    def run(self, sql: str, params: Mapping[str, Any] = ...) -> int:
        """Runs a change; returns how many rows it touched."""
        ...

    def many(self, sql: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """Runs one change for each mapping."""
        ...


@contextlib.contextmanager
def apart(tx: Tx) -> Generator[None]:
    """A part of a transaction that leaves nothing behind if it is refused; the rest goes on."""
    tx.run("SAVEPOINT apart")
    try:
        yield
    except CatalogError:
        tx.run("ROLLBACK TO apart")
        tx.run("RELEASE apart")
        raise
    tx.run("RELEASE apart")


@contextlib.contextmanager
def tried(tx: Tx) -> Generator[None]:
    """A part of a transaction that leaves nothing behind, whatever comes of it."""
    tx.run("SAVEPOINT tried")
    try:
        yield
    finally:
        tx.run("ROLLBACK TO tried")
        tx.run("RELEASE tried")


def array(texts: Iterable[str]) -> str:
    """Texts as the JSON array that a statement takes for `IN (SELECT value FROM json_each(:…))`."""
    return msgspec.json.encode(list(texts)).decode()


class Database(Protocol):
    """An open database. A storage that cannot serve raises `errors.Unavailable`; nothing is half done then."""

    grouped: int
    """How many writes it has committed."""

    def peek(self, work: Callable[[Tx], T]) -> T: ...

    async def read(self, work: Callable[[Tx], T], *, seconds: float | None = None) -> T:
        """Reads over one snapshot; a statement that runs later than `seconds` after the start raises `errors.TooLong`."""
        ...

    async def write(self, work: Callable[[Tx], T]) -> T: ...

    @property
    def waiting(self) -> int:
        """How many writes wait for their turn."""
        ...

    def close(self) -> None: ...
