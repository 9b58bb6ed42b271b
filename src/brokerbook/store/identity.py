"""Users as callers, their passwords and their tokens, and the epoch by which servers notice that any of it changed."""

# ruff: noqa: S105  statements about passwords and tokens hold none

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from brokerbook.names import quoted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from brokerbook.store.database import Row, Tx

# users


class UserRow(NamedTuple):
    """What a user's entity says about who may come in."""

    id: str
    name: str
    email: str
    is_admin: bool
    is_bot: bool
    may_impersonate: bool
    deleted: bool


class _User(msgspec.Struct):
    email: str = ""
    isAdmin: bool | None = None
    isBot: bool | None = None
    allowImpersonation: bool | None = None


_user = msgspec.json.Decoder(_User)
_SELECT_USER = "SELECT e.id, e.name, e.deleted, e.doc FROM entity e"
_BY_ID = _SELECT_USER + " WHERE e.id = :id AND e.kind = 'user'"
_BY_NAME = _SELECT_USER + " WHERE e.kind = 'user' AND e.fqn = :fqn"
_BY_EMAIL = (
    _SELECT_USER + " JOIN unique_value u ON u.entity_id = e.id"
    " WHERE u.kind = 'user' AND u.field = 'email' AND u.value = :email AND e.kind = 'user'"
)


def _user_row(row: Row | None) -> UserRow | None:
    if row is None:
        return None
    user_id, name, deleted, doc = row
    said = _user.decode(doc)
    return UserRow(
        id=user_id,
        name=name,
        email=said.email,
        is_admin=said.isAdmin is True,
        is_bot=said.isBot is True,
        may_impersonate=said.allowImpersonation is True,
        deleted=bool(deleted),
    )


def find_user(tx: Tx, user_id: str) -> UserRow | None:
    """The user with that id, deleted or not."""
    return _user_row(tx.one(_BY_ID, {"id": user_id}))


def find_user_by_name(tx: Tx, name: str) -> UserRow | None:
    """The user of that name in any case, deleted or not."""
    if '"' in name:  # no name holds one
        return None
    return _user_row(tx.one(_BY_NAME, {"fqn": quoted(name.lower())}))


def find_user_by_email(tx: Tx, email: str) -> UserRow | None:
    """The user with that address in any case, deleted or not."""
    return _user_row(tx.one(_BY_EMAIL, {"email": email.lower()}))


_GROUPS = (
    "WITH RECURSIVE below (id) AS ("
    " SELECT target_id FROM relation WHERE entity_id = :id AND relation = 'teams'"
    " UNION SELECT r.entity_id FROM relation r JOIN below b ON r.target_id = b.id WHERE r.relation = 'parents')"
    " SELECT id FROM below"
)


_OTHER_ADMINISTRATOR = (
    "SELECT 1 FROM entity WHERE kind = 'user' AND deleted = 0 AND id <> :id"
    " AND json_extract(doc, '$.isAdmin') AND NOT COALESCE(json_extract(doc, '$.isBot'), 0) LIMIT 1"
)


def other_administrator(tx: Tx, user_id: str) -> bool:
    """Whether anybody else, a person and not deleted, is an administrator."""
    return tx.one(_OTHER_ADMINISTRATOR, {"id": user_id}) is not None


def team_ids(tx: Tx, user_id: str) -> list[str]:
    """The teams that a user is in and all teams below them, deleted ones too."""
    return [team_id for (team_id,) in tx.all(_GROUPS, {"id": user_id})]


# passwords


class CredentialRow(NamedTuple):
    """A password's hash, and how often in a row it was missed and when last."""

    password_hash: str
    failures: int
    last_failure_at: int


_CREDENTIAL = "SELECT password_hash, failures, last_failure_at FROM credential WHERE user_id = :user_id"
_SET_PASSWORD = (
    "INSERT INTO credential (user_id, password_hash, changed_at) VALUES (:user_id, :password_hash, :now)"
    " ON CONFLICT (user_id) DO UPDATE SET password_hash = excluded.password_hash, changed_at = excluded.changed_at,"
    " failures = 0, last_failure_at = 0"
)
_FAIL = "UPDATE credential SET failures = failures + 1, last_failure_at = :now WHERE user_id = :user_id"
_FORGIVE = "UPDATE credential SET failures = 0, last_failure_at = 0 WHERE user_id = :user_id AND failures > 0"


def find_credential(tx: Tx, user_id: str) -> CredentialRow | None:
    """A user's password, as a hash; None if he has none."""
    row = tx.one(_CREDENTIAL, {"user_id": user_id})
    return CredentialRow._make(row) if row is not None else None


def set_password(tx: Tx, user_id: str, password_hash: str, *, now: int) -> None:
    """Gives a user a password in place of any that he had, and forgets his failures."""
    tx.run(_SET_PASSWORD, {"user_id": user_id, "password_hash": password_hash, "now": now})


def add_failure(tx: Tx, user_id: str, *, now: int) -> None:
    """Counts one more wrong password."""
    tx.run(_FAIL, {"user_id": user_id, "now": now})


def forget_failures(tx: Tx, user_id: str) -> None:
    """Starts counting at zero again."""
    tx.run(_FORGIVE, {"user_id": user_id})


# tokens

REFRESH = "REFRESH"
"""The kind of a refresh token's row; the other kinds are those of `access.tokens`."""


class TokenRow(NamedTuple):
    """A token that was given out: `id` is its `jti`. Times in epoch milliseconds; without `expires_at` it never ends."""

    id: str
    user_id: str
    kind: str
    name: str
    session_id: str | None
    hash: str | None
    """Of its text; None for tokens from before hashes were kept of all."""
    created_at: int
    expires_at: int | None
    revoked_at: int | None = None
    scope: str | None = None
    """As `access.scope` writes it; None: no limit."""
    last_used_at: int | None = None
    rotated_to: str | None = None
    """The token that takes its place."""


_COLUMNS = (
    "id, user_id, kind, name, session_id, hash, created_at, expires_at, revoked_at, scope, last_used_at, rotated_to"
)
_TOKEN = f"SELECT {_COLUMNS} FROM token"
_TOKEN_BY_ID = _TOKEN + " WHERE id = :id"
_REFRESH_BY_HASH = _TOKEN + " WHERE hash = :hash AND kind = 'REFRESH'"
_STANDING = _TOKEN + " WHERE user_id = :user_id AND kind = :kind AND revoked_at IS NULL ORDER BY created_at, id"
_SCOPED = "SELECT id, scope FROM token WHERE scope IS NOT NULL ORDER BY id"
_SET_SCOPE = "UPDATE token SET scope = :scope WHERE id = :id"
_INSERT_TOKEN = (
    f"INSERT INTO token ({_COLUMNS}) VALUES (:id, :user_id, :kind, :name, :session_id, :hash, :created_at, :expires_at,"
    " :revoked_at, :scope, :last_used_at, :rotated_to)"
)
_SUCCEED = (
    "UPDATE token SET rotated_to = :successor, expires_at = MIN(COALESCE(expires_at, :ends), :ends)"
    " WHERE id = :id AND revoked_at IS NULL AND rotated_to IS NULL"
)
_USED = "UPDATE token SET last_used_at = :at WHERE id = :id AND session_id IS NULL"
_REVOKE = "UPDATE token SET revoked_at = :now WHERE id = :id AND revoked_at IS NULL"
_REVOKE_KIND = "UPDATE token SET revoked_at = :now WHERE user_id = :user_id AND kind = :kind AND revoked_at IS NULL"
_REVOKE_SESSION = (
    "UPDATE token SET revoked_at = :now WHERE user_id = :user_id AND session_id = :session_id AND revoked_at IS NULL"
)
_REVOKE_OTHER_SESSIONS = (
    "UPDATE token SET revoked_at = :now WHERE user_id = :user_id AND session_id IS NOT NULL"
    " AND session_id <> :kept AND revoked_at IS NULL"
)
_DELETE_EXPIRED = "DELETE FROM token WHERE user_id = :user_id AND session_id IS NOT NULL AND expires_at < :now"


def find_token(tx: Tx, token_id: str) -> TokenRow | None:
    """The token with that id, whether it still stands or not."""
    row = tx.one(_TOKEN_BY_ID, {"id": token_id})
    return TokenRow._make(row) if row is not None else None


def find_token_by_hash(tx: Tx, token_hash: str) -> TokenRow | None:
    """The refresh token with that hash, whether it still stands or not."""
    row = tx.one(_REFRESH_BY_HASH, {"hash": token_hash})
    return TokenRow._make(row) if row is not None else None


def standing_tokens(tx: Tx, user_id: str, kind: str) -> list[TokenRow]:
    """A user's tokens of a kind that were not revoked, expired ones too, oldest first."""
    return [TokenRow._make(row) for row in tx.all(_STANDING, {"user_id": user_id, "kind": kind})]


def scopes(tx: Tx) -> list[tuple[str, str]]:
    """(id, scope as it is stored) of every token that has one."""
    return [(token_id, text) for token_id, text in tx.all(_SCOPED)]


def set_scope(tx: Tx, token_id: str, text: str) -> None:
    """Limits a token to something else."""
    tx.run(_SET_SCOPE, {"id": token_id, "scope": text})


def insert_token(tx: Tx, token: TokenRow) -> None:
    """Records a token: from here on it is worth something."""
    tx.run(_INSERT_TOKEN, token._asdict())


def succeed_token(tx: Tx, token_id: str, successor: str, *, ends: int) -> bool:
    """Lets another token take a token's place, which ends at a time at the latest; the caller calls `touch` too.

    False if it cannot: it stands no more, or another one has its place already.
    """
    return tx.run(_SUCCEED, {"id": token_id, "successor": successor, "ends": ends}) == 1


def note_uses(tx: Tx, uses: Mapping[str, int]) -> None:
    """Writes down when tokens, by id, were last used; of sessions nobody asks."""
    tx.many(_USED, [{"id": token_id, "at": at} for token_id, at in uses.items()])


def revoke_token(tx: Tx, token_id: str, *, now: int) -> bool:
    """Takes a token back; False if it stands no more. Whoever takes a signed one back calls `touch` too."""
    return tx.run(_REVOKE, {"id": token_id, "now": now}) == 1


def revoke_tokens(tx: Tx, user_id: str, kind: str, *, now: int) -> int:
    """Takes a user's tokens of a kind back; returns how many stood."""
    return tx.run(_REVOKE_KIND, {"user_id": user_id, "kind": kind, "now": now})


def revoke_session(tx: Tx, user_id: str, session_id: str, *, now: int) -> int:
    """Takes all tokens of one session back; returns how many stood."""
    return tx.run(_REVOKE_SESSION, {"user_id": user_id, "session_id": session_id, "now": now})


def revoke_other_sessions(tx: Tx, user_id: str, *, kept: str | None, now: int) -> int:
    """Takes the tokens of all of a user's sessions but one back; returns how many stood."""
    return tx.run(_REVOKE_OTHER_SESSIONS, {"user_id": user_id, "kept": kept or "", "now": now})


def delete_ended_sessions(tx: Tx, user_id: str, *, now: int) -> None:
    """Forgets a user's session and refresh tokens that have expired: nobody can use or list them any more."""
    tx.run(_DELETE_EXPIRED, {"user_id": user_id, "now": now})


# the epoch

_EPOCH = "SELECT value FROM meta WHERE name = 'identity_epoch'"
_TOUCH = (
    "INSERT INTO meta (name, value) VALUES ('identity_epoch', :value)"
    " ON CONFLICT (name) DO UPDATE SET value = excluded.value"
)


def epoch(tx: Tx) -> str:
    """A text that is another one after every change of what a token is worth."""
    row = tx.one(_EPOCH)
    return row[0] if row is not None else ""


_ACCESS_EPOCH = "SELECT value FROM meta WHERE name = 'access_epoch'"
_TOUCH_ACCESS = (
    "INSERT INTO meta (name, value) VALUES ('access_epoch', :value)"
    " ON CONFLICT (name) DO UPDATE SET value = excluded.value"
)


def access_epoch(tx: Tx) -> str:
    """A text that is another one after every change of teams, roles and policies."""
    row = tx.one(_ACCESS_EPOCH)
    return row[0] if row is not None else ""


def touch_access(tx: Tx) -> None:
    """Makes every process work out again what callers may do; called in the transaction of every such change."""
    tx.run(_TOUCH_ACCESS, {"value": os.urandom(16).hex()})
    touch(tx)


def touch(tx: Tx) -> None:
    """Makes every process look up again what tokens are worth.

    Called in the transaction of every revocation, change or delete of a user, and restore of a backup.
    """
    tx.run(_TOUCH, {"value": os.urandom(16).hex()})
