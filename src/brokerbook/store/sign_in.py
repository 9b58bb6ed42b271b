"""Which user a subject of an issuer's is."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from brokerbook.store.database import Tx

_USER = "SELECT user_id FROM identity_link WHERE issuer = :issuer AND subject = :subject"
_SUBJECT = "SELECT subject FROM identity_link WHERE issuer = :issuer AND user_id = :user_id"
_LINK = (
    "INSERT INTO identity_link (issuer, subject, user_id, linked_at) VALUES (:issuer, :subject, :user_id, :linked_at)"
)


def linked_user(tx: Tx, issuer: str, subject: str) -> str | None:
    """The id of the user who is that subject; None if nobody is."""
    row = tx.one(_USER, {"issuer": issuer, "subject": subject})
    return row[0] if row is not None else None


def linked_subject(tx: Tx, issuer: str, user_id: str) -> str | None:
    """The subject that a user is at an issuer; None if he is none."""
    row = tx.one(_SUBJECT, {"issuer": issuer, "user_id": user_id})
    return row[0] if row is not None else None


def link(tx: Tx, issuer: str, subject: str, user_id: str, *, now: int) -> None:
    """Lets a user be that subject from now on; neither may be linked at that issuer already."""
    tx.run(_LINK, {"issuer": issuer, "subject": subject, "user_id": user_id, "linked_at": now})
