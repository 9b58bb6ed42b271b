"""Sessions: what a password opens, and how it is kept, renewed, ended; and how the password is changed.

A login gives an access token for an hour and a refresh token, good for one use within thirty days. Wrong passwords are
counted for each user in the database; from the third on the next try has to wait, twice as long each time.
"""

from __future__ import annotations

import asyncio
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, NamedTuple
from weakref import WeakValueDictionary

from brokerbook.access import passwords, policy, tokens
from brokerbook.engine import identity
from brokerbook.engine.identity import DAY_MS, HOUR_MS
from brokerbook.errors import BadRequest, EntityNotFound, NotAuthenticated
from brokerbook.store import identity as store
from brokerbook.store import people

if TYPE_CHECKING:
    from brokerbook.access.actor import Actor
    from brokerbook.access.tokens import Signer
    from brokerbook.engine.write import Work
    from brokerbook.store.database import Database, Tx
    from brokerbook.store.entities import EntityRow
    from brokerbook.store.identity import CredentialRow, TokenRow, UserRow

WRONG = "You have entered an invalid username or password."
TOO_MANY = "Failed Login Attempts Exceeded. Use Forgot Password or retry after some time."
EXPIRED_REFRESH = "Expired token. Please login again."

ACCESS_MS = HOUR_MS
REFRESH_MS = 30 * DAY_MS
FREE_FAILURES = 3
LONGEST_DELAY_MS = 300_000
RACE_MS = 10_000
"""Two windows that renew one session at once are no thieves: so long a used refresh token merely fails."""

# Each hash fills 19 MiB: two at a time, however many people log in.
_hashing = ThreadPoolExecutor(2, thread_name_prefix="password")
# One attempt at a time for each user, or attempts side by side would outrun the count of failures.
_attempts: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()


class Session(NamedTuple):
    """The tokens of a login, as texts that are shown once, and when the access token ends (epoch milliseconds)."""

    access_token: str
    refresh_token: str
    expires_at: int


def delay(failures: int) -> int:
    """Milliseconds that must pass after so many wrong passwords in a row: 1 s after the third, doubling up to 300 s."""
    if failures < FREE_FAILURES:
        return 0
    # The exponent is bounded, or a patient attacker makes us compute huge numbers.
    return min(1000 << min(failures - FREE_FAILURES, 9), LONGEST_DELAY_MS)


async def login(database: Database, signer: Signer, name: str, password: str) -> Session:
    """A session for the user of that e-mail address or name. Nobody and a bot are 400, a wrong password is 401."""
    user = database.peek(lambda tx: _account(tx, name))
    if user is None:
        await _matches(password, None)
        raise BadRequest(WRONG)
    async with _attempts.setdefault(user.id, asyncio.Lock()):
        credential = await _checked(database, user.id, password, NotAuthenticated(WRONG))
        at = identity.now()
        session, rows = _new_session(signer, user, str(uuid.uuid4()), at)

        def work(tx: Tx) -> Session:
            # Between the check and now the user may have gone or got another password.
            current, present = store.find_credential(tx, user.id), store.find_user(tx, user.id)
            if present is None or present.deleted or current is None:
                raise NotAuthenticated(WRONG)
            if current.password_hash != credential.password_hash:
                raise NotAuthenticated(WRONG)
            store.forget_failures(tx, user.id)
            store.delete_ended_sessions(tx, user.id, now=at)
            people.note_login(tx, user.id, now=at)
            for row in rows:
                store.insert_token(tx, row)
            return session

        return await database.write(work)


async def opened(database: Database, signer: Signer, user_id: str) -> Session:
    """A session for a user whom another issuer has vouched for; NotAuthenticated if he may not come in."""
    user = database.peek(lambda tx: _visitor(tx, user_id))
    at = identity.now()
    session, rows = _new_session(signer, user, str(uuid.uuid4()), at)

    def work(tx: Tx) -> Session:
        _visitor(tx, user_id)  # he may have gone meanwhile
        store.delete_ended_sessions(tx, user_id, now=at)
        people.note_login(tx, user_id, now=at)
        for row in rows:
            store.insert_token(tx, row)
        return session

    return await database.write(work)


def _visitor(tx: Tx, user_id: str) -> UserRow:
    user = store.find_user(tx, user_id)
    if user is None or user.deleted or user.is_bot:
        raise NotAuthenticated(tokens.INVALID)
    return user


async def refresh(database: Database, signer: Signer, refresh_token: str) -> Session:
    """New tokens for a session. Each refresh token works once; one that is used again ends its session."""
    token_hash = tokens.text_hash(refresh_token)
    at = identity.now()
    found, user = database.peek(lambda tx: _session_of(tx, token_hash))
    if found is None or user is None:
        raise NotAuthenticated(tokens.INVALID)
    session_id = found.session_id or ""
    if found.revoked_at is not None:
        if at - found.revoked_at > RACE_MS:
            # One of the two who used it is not who logged in (RFC 9700, 4.14.2).
            await database.write(lambda tx: _end(tx, user.id, session_id, at))
        raise NotAuthenticated(tokens.INVALID)
    if found.expires_at is not None and found.expires_at <= at:
        raise BadRequest(EXPIRED_REFRESH)
    session, rows = _new_session(signer, user, session_id, at)

    def work(tx: Tx) -> Session:
        present = store.find_user(tx, user.id)
        if present is None or present.deleted or not store.revoke_token(tx, found.id, now=at):
            raise NotAuthenticated(tokens.INVALID)
        store.delete_ended_sessions(tx, user.id, now=at)
        for row in rows:
            store.insert_token(tx, row)
        return session

    return await database.write(work)


async def logout(
    database: Database, signer: Signer, actor: Actor, token: str | None, refresh_token: str | None
) -> None:
    """Ends the sessions of these tokens of the caller's (no token: of the one that he came with); they work no more."""
    identity.check_himself(actor)
    at = identity.now()
    token_id = actor.token_id if token is None else signer.verify(token, at).token_id

    def work(tx: Tx) -> None:
        given = [store.find_token(tx, token_id)]
        if refresh_token is not None:
            given.append(store.find_token_by_hash(tx, tokens.text_hash(refresh_token)))
        for row in given:
            if row is None:
                continue
            if row.user_id != actor.id:
                raise BadRequest("The token to log out is not one of the caller's.")
            if row.session_id is None:
                store.revoke_token(tx, row.id, now=at)
            else:
                store.revoke_session(tx, row.user_id, row.session_id, now=at)
        store.touch(tx)

    await database.write(work)


async def change_password(database: Database, actor: Actor, old: str | None, new: str, confirmed: str) -> None:
    """Gives the caller another password; his other sessions end. The old one is asked for, and counted if wrong."""
    identity.check_himself(actor)
    identity.check_unlimited(actor)
    _check_new(new, confirmed)
    if actor.is_bot:
        raise BadRequest("A bot has no password.")
    async with _attempts.setdefault(actor.id, asyncio.Lock()):
        credential = await _checked(database, actor.id, old or "", BadRequest("Old Password is not correct"))
        password_hash = await hashed(new)
        at = identity.now()

        def work(tx: Tx) -> None:
            current = store.find_credential(tx, actor.id)
            if current is None or current.password_hash != credential.password_hash:
                raise BadRequest("Old Password is not correct")
            token = store.find_token(tx, actor.token_id)
            store.set_password(tx, actor.id, password_hash, now=at)
            store.revoke_other_sessions(tx, actor.id, kept=token.session_id if token else None, now=at)
            store.touch(tx)

        await database.write(work)


async def set_password(database: Database, actor: Actor, username: str, new: str, confirmed: str) -> None:
    """An administrator gives a user another password; all sessions of that user end."""
    policy.check_admin(actor)
    identity.check_himself(actor)
    identity.check_unlimited(actor)
    _check_new(new, confirmed)
    password_hash = await hashed(new)

    def work(tx: Tx) -> None:
        user = store.find_user_by_name(tx, username)
        if user is None or user.deleted:
            raise EntityNotFound.of("user", username)
        if user.is_bot:
            raise BadRequest("A bot has no password.")
        identity.set_password(tx, user.id, password_hash, now=identity.now())

    await database.write(work)


def suggested_password(actor: Actor) -> str:
    """A password that an administrator may give to somebody; nothing keeps it."""
    policy.check_admin(actor)
    return passwords.random_password()


def end_all(work: Work, row: EntityRow, hard: bool) -> None:  # noqa: ARG001, FBT001  as for every kind
    """Ends the sessions of a user who is deleted, for good; should he come back, he logs in anew."""
    store.revoke_other_sessions(work.tx, row.id, kept=None, now=work.now)
    store.touch(work.tx)


def _check_new(new: str, confirmed: str) -> None:
    if new != confirmed:
        raise BadRequest("Password and Confirm Password should match")
    if (fault := passwords.weakness(new)) is not None:
        raise BadRequest(fault)


def _account(tx: Tx, name: str) -> UserRow | None:
    user = store.find_user_by_email(tx, name) if "@" in name else store.find_user_by_name(tx, name)
    return None if user is None or user.deleted or user.is_bot else user


async def _checked(
    database: Database, user_id: str, password: str, wrong: BadRequest | NotAuthenticated
) -> CredentialRow:
    """The user's password, if it is this one; else the error, and one more failure. Too early a try is refused."""
    credential = database.peek(lambda tx: store.find_credential(tx, user_id))
    if credential is not None and 0 <= identity.now() - credential.last_failure_at < delay(credential.failures):
        raise NotAuthenticated(TOO_MANY)
    if not await _matches(password, credential.password_hash if credential else None) or credential is None:
        at = identity.now()
        if credential is not None:
            await database.write(lambda tx: store.add_failure(tx, user_id, now=at))
        raise wrong
    return credential


async def _matches(password: str, stored: str | None) -> bool:
    if len(password) > passwords.LONGEST:
        password, stored = "", None
    return await asyncio.get_running_loop().run_in_executor(_hashing, passwords.matches, password, stored)


async def hashed(password: str) -> str:
    """The text to store for a password, made without holding up the event loop."""
    return await asyncio.get_running_loop().run_in_executor(_hashing, passwords.hashed, password)


def _session_of(tx: Tx, token_hash: str) -> tuple[TokenRow | None, UserRow | None]:
    token = store.find_token_by_hash(tx, token_hash)
    user = store.find_user(tx, token.user_id) if token is not None else None
    return token, None if user is None or user.deleted else user


def _end(tx: Tx, user_id: str, session_id: str, at: int) -> None:
    if store.revoke_session(tx, user_id, session_id, now=at):
        store.touch(tx)


def _new_session(signer: Signer, user: UserRow, session_id: str, at: int) -> tuple[Session, list[TokenRow]]:
    access = identity.signed(signer, user, "OM_USER", "", expires_at=at + ACCESS_MS, now=at, session_id=session_id)
    refresh_token = tokens.new_refresh_token()
    refresh_row = access.row._replace(
        id=str(uuid.uuid4()),
        kind=store.REFRESH,
        hash=tokens.text_hash(refresh_token),
        expires_at=at + REFRESH_MS,
    )
    session = Session(access.text, refresh_token, access.row.expires_at or at)
    return session, [access.row, refresh_row]
