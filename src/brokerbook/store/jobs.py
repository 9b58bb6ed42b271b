"""Work promised with a 202 and not done yet; it survives the process that promised it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from brokerbook.store.database import Tx

_INSERT = "INSERT INTO job (id, state, created_at, doc) VALUES (:id, 'waiting', :created_at, :doc)"
_FORGET = "DELETE FROM job WHERE state IN ('done', 'failed') AND created_at < :before"
_FINISH = "UPDATE job SET state = :state, doc = :doc WHERE id = :id"
_WAITING = "SELECT id, doc FROM job WHERE state = 'waiting' ORDER BY created_at, id"


def insert(tx: Tx, job_id: str, created_at: int, doc: str) -> None:
    """Writes a promise down."""
    tx.run(_INSERT, {"id": job_id, "created_at": created_at, "doc": doc})


def forget(tx: Tx, before: int) -> None:
    """Removes what became of promises that were made before a time (epoch milliseconds)."""
    tx.run(_FORGET, {"before": before})


def finish(tx: Tx, job_id: str, state: str, doc: str) -> None:
    """Marks a promise as kept (`done`) or as impossible (`failed`, with the reason in `doc`)."""
    tx.run(_FINISH, {"id": job_id, "state": state, "doc": doc})


_FIND = "SELECT state, created_at, doc FROM job WHERE id = :id"


def find(tx: Tx, job_id: str) -> tuple[str, int, str] | None:
    """A promise: its state, when it was made (epoch milliseconds), and what it is."""
    return tx.one(_FIND, {"id": job_id})


def waiting(tx: Tx) -> list[tuple[str, str]]:
    """The promises not kept yet, oldest first."""
    return [(job_id, doc) for job_id, doc in tx.all(_WAITING)]
