"""Who is behind a token, and which tokens there are: given out, listed, taken back. Logins are in `sessions`.

A token is worth something while its id stands in the database, unrevoked, and its user is there and not deleted. The
functions that take a transaction are units of work (or parts of one); the others do their own reading and writing.
"""

from __future__ import annotations

import time
import uuid
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from brokerbook.access import policy, scope, tokens
from brokerbook.access.actor import Actor
from brokerbook.engine import facts, refs, rights
from brokerbook.errors import BadRequest, EntityNotFound, NotAuthenticated, NotAuthorized
from brokerbook.kinds.user import USER
from brokerbook.store import entities
from brokerbook.store import identity as store
from brokerbook.store.identity import TokenRow, access_epoch, epoch

if TYPE_CHECKING:
    from collections.abc import Iterable

    from brokerbook.access.rights import Directory
    from brokerbook.access.scope import Scope
    from brokerbook.access.tokens import Claims, Signer, TokenKind
    from brokerbook.kinds.kind import Document
    from brokerbook.store.database import Database, Tx
    from brokerbook.store.identity import UserRow

__all__ = ["TokenRow", "access_epoch", "epoch"]

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS

EXPIRY_MS: dict[str, int | None] = {
    "OneHour": HOUR_MS,
    "1": DAY_MS,
    "7": 7 * DAY_MS,
    "30": 30 * DAY_MS,
    "60": 60 * DAY_MS,
    "90": 90 * DAY_MS,
    "Unlimited": None,
}
"""How long a token may last, as the wire's `JWTTokenExpiry` says it."""


def now() -> int:
    """The time, in epoch milliseconds."""
    return time.time_ns() // 1_000_000


# who is asking


class Bearer(NamedTuple):
    """Whom a token stands for, until when (epoch milliseconds), and whether he is a bot that may act for others."""

    actor: Actor
    may_impersonate: bool
    expires_at: int | None = None


def bearer(tx: Tx, text: str, claims: Claims, directory: Directory) -> Bearer:
    """The user behind a well-signed token; NotAuthenticated if the token or the user stands no more."""
    token = store.find_token(tx, claims.token_id)
    if token is None:
        # Not recorded: taken back and forgotten, or from another life of this catalog. A session's says no more.
        raise NotAuthenticated(tokens.INVALID if claims.kind == "OM_USER" else tokens.REVOKED[claims.kind])
    user = store.find_user(tx, token.user_id)
    if user is None or user.deleted:
        raise NotAuthenticated(tokens.INVALID)
    if token.revoked_at is not None:
        raise NotAuthenticated(tokens.REVOKED.get(token.kind, tokens.INVALID))
    if token.hash is not None and token.hash != tokens.text_hash(text):
        raise NotAuthenticated(tokens.INVALID)
    if token.expires_at is not None and token.expires_at <= now():
        # A token that was rotated ends before the time that it says itself.
        raise NotAuthenticated(tokens.EXPIRED)
    actor = Actor(
        user.id,
        user.name,
        is_admin=user.is_admin,
        is_bot=user.is_bot,
        token_id=token.id,
        rights=rights.rights(tx, directory, user.id, is_bot=user.is_bot),
        scope=_scope(token),
        epoch=epoch(tx),
    )
    return Bearer(actor, may_impersonate=user.is_bot and user.may_impersonate, expires_at=token.expires_at)


def _scope(token: TokenRow) -> Scope | None:
    try:
        return None if token.scope is None else scope.parsed(token.scope)
    except ValueError:
        raise NotAuthenticated(tokens.INVALID) from None


def impersonated(tx: Tx, caller: Bearer, name: str, directory: Directory) -> Actor:
    """The user in whose name a bot asks (contract, "Special headers").

    Only a bot whose record says `allowImpersonation` and whom no policy denies it may, and only for a person. The result
    has that person's rights, but it is an administrator only if the bot is one as well, and it is not the bot, so it
    sees no secrets.
    """
    bot = caller.actor
    if not bot.is_bot:
        raise NotAuthorized("Only bot users can impersonate other users")
    if not caller.may_impersonate:
        raise NotAuthorized(f"{policy.principal(bot)} operations [Impersonate] not allowed")
    user = store.find_user_by_name(tx, name)
    if user is None or user.deleted:
        raise NotAuthenticated(f"Cannot impersonate non-existent user: {name}")
    if user.is_bot:
        raise NotAuthorized(f"{policy.principal(bot)} cannot impersonate the bot {user.name}")
    if (row := entities.find(tx, "user", user.id)) is not None:
        policy.check_denied(bot, "Impersonate", facts.of_row(tx, USER, row))
    return Actor(
        user.id,
        user.name,
        is_admin=user.is_admin and bot.is_admin,
        is_bot=False,
        token_id=bot.token_id,
        impersonated_by=bot.name,
        rights=rights.rights(tx, directory, user.id, is_bot=False),
        scope=bot.scope,
        epoch=epoch(tx),
    )


def current(tx: Tx, actor: Actor) -> Actor:
    """The caller with the rights that he has in this transaction; NotAuthenticated if he has none any more.

    A request is admitted before its body is read, and may wait for others to be written: what was taken from him
    meanwhile must not be used.
    """
    if not actor.epoch or (now_epoch := epoch(tx)) == actor.epoch:
        return actor
    token = store.find_token(tx, actor.token_id) if actor.token_id else None
    user = store.find_user(tx, actor.id)
    if user is None or user.deleted or (actor.token_id and (token is None or token.revoked_at is not None)):
        raise NotAuthenticated(tokens.INVALID)
    directory = actor.rights.directory
    if directory.epoch != access_epoch(tx):
        directory = rights.directory(tx, directory.journal)
    is_admin = user.is_admin and (actor.impersonated_by is None or actor.is_admin)
    held = rights.rights(tx, directory, user.id, is_bot=user.is_bot)
    return actor._replace(is_admin=is_admin, is_bot=user.is_bot, rights=held, epoch=now_epoch)


def check_himself(actor: Actor) -> None:
    """Refuses a bot that acts for a user: passwords and tokens outlive the request, so only the user handles them."""
    if actor.impersonated_by is not None:
        raise NotAuthorized(f"A bot cannot handle the passwords and tokens of {actor.name}, for whom it acts.")


def check_unlimited(actor: Actor) -> None:
    """Refuses a token with a scope: a password or a token that is made with it would not have that scope."""
    if actor.scope is not None:
        raise NotAuthorized(
            f"{policy.principal(actor)} uses a token with a scope, with which no passwords and tokens are handled"
        )


# giving tokens out


class Issued(NamedTuple):
    """A new token: its text, which is shown once, and the row that makes it worth something."""

    text: str
    row: TokenRow


def signed(
    signer: Signer,
    user: UserRow,
    kind: TokenKind,
    name: str,
    *,
    expires_at: int | None,
    now: int,
    session_id: str | None = None,
    scope: str | None = None,
) -> Issued:
    """A token for a user, not yet recorded. Signing takes a millisecond: not for the writer's thread."""
    if expires_at is not None:
        expires_at -= expires_at % 1000  # the token itself keeps whole seconds
    token_id = str(uuid.uuid4())
    text = signer.sign(tokens.Claims(token_id, user.name, user.email, user.is_bot, kind, now, expires_at))
    row = store.TokenRow(
        id=token_id,
        user_id=user.id,
        kind=kind,
        name=name,
        session_id=session_id,
        hash=tokens.text_hash(text),
        created_at=now,
        expires_at=expires_at,
        scope=scope,
    )
    return Issued(text, row)


def issue_to(tx: Tx, signer: Signer, name: str, *, expires_at: int | None = None, now: int) -> str:
    """A token for the user or bot of that name, for whoever owns the data directory; EntityNotFound if there is none.

    It stands beside the tokens that are there; a person finds it, and can revoke it, among his personal tokens.
    """
    user = store.find_user_by_name(tx, name)
    if user is None or user.deleted:
        raise EntityNotFound.of("user", name)
    issued = signed(signer, user, kind_for(user), "command line", expires_at=expires_at, now=now)
    store.insert_token(tx, issued.row)
    return issued.text


def kind_for(user: UserRow) -> TokenKind:
    """The kind of the tokens that a user is given."""
    return "BOT" if user.is_bot else "PERSONAL_ACCESS"


def expiry_of(row: TokenRow) -> str:
    """The wire's word for how long a token lasts: the shortest of them that is not shorter than it."""
    if row.expires_at is None:
        return "Unlimited"
    lasts = row.expires_at - row.created_at
    return next((word for word, ms in EXPIRY_MS.items() if ms is not None and lasts <= ms), "Unlimited")


def end_of(expiry: str, now: int) -> int | None:
    """When a token ends that starts now and lasts as long as that word of the wire says; None: never."""
    lasts = EXPIRY_MS[expiry]
    return None if lasts is None else now + lasts


# the tokens of bots


async def replace_bot_token(database: Database, signer: Signer, actor: Actor, user_id: str, expiry: str) -> Issued:
    """A bot's new token; all that it had before stand no more."""
    policy.check_admin(actor)
    check_himself(actor)
    check_unlimited(actor)
    at = now()
    user = database.peek(lambda tx: _bot(tx, user_id, "JWT token is only supported for bot users"))
    issued = signed(signer, user, "BOT", "", expires_at=end_of(expiry, at), now=at)

    def work(tx: Tx) -> Issued:
        _bot(tx, user_id, "JWT token is only supported for bot users")
        store.revoke_tokens(tx, user_id, "BOT", now=at)
        store.insert_token(tx, issued.row)
        store.touch(tx)
        return issued

    return await database.write(work)


async def revoke_bot_tokens(database: Database, actor: Actor, user_id: str) -> None:
    """Lets none of a bot's tokens stand."""
    policy.check_admin(actor)
    check_himself(actor)
    check_unlimited(actor)
    at = now()

    def work(tx: Tx) -> None:
        _bot(tx, user_id, "Revoke Token can only be applied to Bot Users.")
        store.revoke_tokens(tx, user_id, "BOT", now=at)
        store.touch(tx)

    await database.write(work)


def bot_token(tx: Tx, actor: Actor, user_id: str) -> TokenRow | None:
    """A bot's newest token that stands, for an administrator to see that and until when; never its text."""
    _bot(tx, user_id, "JWT token is only supported for bot users")
    policy.check_admin(actor)
    check_himself(actor)
    standing = store.standing_tokens(tx, user_id, "BOT")
    return standing[-1] if standing else None


def _bot(tx: Tx, user_id: str, otherwise: str) -> UserRow:
    user = store.find_user(tx, user_id)
    if user is None or user.deleted:
        raise EntityNotFound.of("user", user_id)
    if not user.is_bot:
        raise BadRequest(otherwise)
    return user


# the tokens of persons


async def issue_personal(database: Database, signer: Signer, actor: Actor, name: str, expiry: str) -> Issued:
    """A new personal token for the caller."""
    check_himself(actor)
    check_unlimited(actor)
    if actor.is_bot:
        raise BadRequest("Bots cannot have a Personal Access Token.")
    at = now()
    user = database.peek(lambda tx: _present(tx, actor.id))
    issued = signed(signer, user, "PERSONAL_ACCESS", name, expires_at=end_of(expiry, at), now=at)

    def work(tx: Tx) -> Issued:
        _present(tx, actor.id)
        store.insert_token(tx, issued.row)
        return issued

    return await database.write(work)


def personal_tokens(tx: Tx, actor: Actor, username: str | None) -> list[TokenRow]:
    """The personal tokens that stand: the caller's, or, for an administrator, those of the user of that name."""
    return store.standing_tokens(tx, _owner(tx, actor, username), "PERSONAL_ACCESS")


async def revoke_personal(
    database: Database, actor: Actor, username: str | None, token_ids: Iterable[str] | None
) -> list[TokenRow]:
    """Takes these personal tokens (None: all) back; returns those that still stand. Others' ids do nothing."""
    check_unlimited(actor)
    at = now()
    wanted = None if token_ids is None else {token_id.lower() for token_id in token_ids}

    def work(tx: Tx) -> list[TokenRow]:
        user_id = _owner(tx, actor, username)
        for row in store.standing_tokens(tx, user_id, "PERSONAL_ACCESS"):
            if wanted is None or row.id in wanted:
                store.revoke_token(tx, row.id, now=at)
        store.touch(tx)
        return store.standing_tokens(tx, user_id, "PERSONAL_ACCESS")

    return await database.write(work)


def _owner(tx: Tx, actor: Actor, username: str | None) -> str:
    check_himself(actor)
    if username is None:
        return actor.id
    if actor.is_bot:
        raise NotAuthorized(f"The bot {actor.name} cannot handle the tokens of persons.")
    policy.check_admin(actor)
    user = store.find_user_by_name(tx, username)
    if user is None or user.deleted:
        raise EntityNotFound.of("user", username)
    return user.id


def _present(tx: Tx, user_id: str) -> UserRow:
    user = store.find_user(tx, user_id)
    if user is None or user.deleted:
        raise NotAuthenticated(tokens.INVALID)
    return user


# users


class _Team(msgspec.Struct):
    teamType: str = "Group"


_team = msgspec.json.Decoder(_Team)


def group_teams(tx: Tx, user_id: str) -> list[Document]:
    """References, without `href`, to a user's groups; a team that is none is replaced by the groups below it."""
    rows = entities.find_many(tx, store.team_ids(tx, user_id)).values()
    groups = (row for row in rows if not row.deleted and _team.decode(row.doc).teamType == "Group")
    return [refs.reference(row) for row in sorted(groups, key=lambda row: (row.name, row.id))]


def email_in_use(tx: Tx, email: str) -> bool:
    """Whether some user, deleted ones too, has that address."""
    return store.find_user_by_email(tx, email) is not None


class _Verified(msgspec.Struct):
    isEmailVerified: bool | None = None


def email_verified(tx: Tx, email: str) -> bool:
    """Whether the user with that address has shown that it is his."""
    user = store.find_user_by_email(tx, email)
    row = entities.find(tx, "user", user.id) if user is not None and not user.deleted else None
    return row is not None and msgspec.json.decode(row.doc, type=_Verified).isEmailVerified is True


def set_password(tx: Tx, user_id: str, password_hash: str, *, now: int) -> None:
    """Gives a user a password (as `access.passwords.hashed` made it) and ends all his sessions."""
    store.set_password(tx, user_id, password_hash, now=now)
    store.revoke_other_sessions(tx, user_id, kept=None, now=now)
    store.touch(tx)
