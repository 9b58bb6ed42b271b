"""Tokens with a name and, if wanted, a scope, of bots and of persons: listed, made, rotated, taken back.

A person handles his own, an administrator anybody's, a bot none. The contract's routes for tokens (`identity`) know the
same tokens, but no scopes. Functions that take a transaction are parts of one; the others do their own reading and
writing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, cast

from brokerbook import names
from brokerbook.access import policy
from brokerbook.access.scope import IN_SERVICES, Scope, parsed
from brokerbook.engine import identity
from brokerbook.errors import BadRequest, EntityNotFound, NotAuthorized
from brokerbook.kinds import KINDS
from brokerbook.kinds.messaging_service import MESSAGING_SERVICE
from brokerbook.kinds.user import USER
from brokerbook.store import entities
from brokerbook.store import identity as store

if TYPE_CHECKING:
    from collections.abc import Sequence

    from brokerbook.access.actor import Actor
    from brokerbook.access.tokens import Signer, TokenKind
    from brokerbook.engine.identity import Issued
    from brokerbook.engine.write import Work
    from brokerbook.store.database import Database, Tx
    from brokerbook.store.entities import EntityRow
    from brokerbook.store.identity import TokenRow, UserRow

PERSON_TOKEN_MS = 30 * identity.DAY_MS
"""How long a token for a person lasts that nobody gave a time: an administrator's should not lie about for ever."""
OVERLAP_MS = identity.DAY_MS
LONGEST_OVERLAP_MS = 7 * identity.DAY_MS
_LAST_END = 253_402_300_799_000  # the last second of the year 9999
_KINDS = ("BOT", "PERSONAL_ACCESS")


class Held(NamedTuple):
    """A token, and whose it is."""

    row: TokenRow
    user: UserRow


class Limits(NamedTuple):
    """What a token is to be limited to, as it was asked for: names of kinds, fully qualified names of services."""

    read_only: bool = False
    kinds: Sequence[str] | None = None
    services: Sequence[str] | None = None


# what is asked for


def usual_lifetime(user: UserRow) -> int | None:
    """How long, in milliseconds, a token lasts that nobody gave a time; None: a bot's never expires."""
    return None if user.is_bot else PERSON_TOKEN_MS


def end_of(user: UserRow, expiry: str | None, expires_at: int | None, now: int) -> int | None:
    """When a new token ends that is asked for with a word of the wire, with a time, or with neither; None: never."""
    if expiry is not None and expires_at is not None:
        raise BadRequest("expiry and expiresAt exclude each other.")
    if expiry is not None:
        return identity.end_of(expiry, now)
    if expires_at is not None:
        if not now < expires_at <= _LAST_END:
            raise BadRequest("expiresAt has to lie in the future, before the year 10000.")
        return expires_at
    lasts = usual_lifetime(user)
    return None if lasts is None else now + lasts


def scope_of(tx: Tx, limits: Limits) -> Scope | None:
    """The scope that these limits are; None if they limit nothing. What they name has to be there."""
    kinds = None if limits.kinds is None else frozenset(limits.kinds)
    services = None if limits.services is None else frozenset(_service(tx, fqn) for fqn in limits.services)
    if kinds is not None and (unknown := sorted(kinds - KINDS.keys())):
        raise BadRequest(f"{unknown[0]} is no kind of entity. There are {', '.join(KINDS)}.")
    if services is not None and kinds is not None and (outside := sorted(kinds - IN_SERVICES)):
        raise BadRequest(f"A token that is only for some services is for no {outside[0]}: it lies in none.")
    if (kinds is not None and not kinds) or (services is not None and not services):
        raise BadRequest("A token whose kinds or services are none would be good for nothing.")
    scope = Scope(limits.read_only, kinds, services)
    return None if scope == Scope() else scope


def _service(tx: Tx, fqn: str) -> str:
    found = names.split(fqn)
    row = entities.find_by_fqn(tx, MESSAGING_SERVICE.name, names.quoted(found[0])) if len(found) == 1 else None
    if row is None:
        raise EntityNotFound.of(MESSAGING_SERVICE.name, fqn)
    return row.fqn


def forget_service(work: Work, row: EntityRow, hard: bool) -> None:  # noqa: FBT001  as for every kind
    """Takes a service that goes for good out of every scope: another one of its name is none of those tokens' business.

    A token that was for nothing else is taken back.
    """
    if not hard:
        return
    found = [(token_id, known) for token_id, text in store.scopes(work.tx) if (known := readable(text)) is not None]
    affected = [(token_id, known) for token_id, known in found if row.fqn in (known.services or ())]
    for token_id, known in affected:
        if (left := known.without(row.fqn)) is not None:
            store.set_scope(work.tx, token_id, left.text())
        else:
            store.revoke_token(work.tx, token_id, now=work.now)
    if affected:
        store.touch(work.tx)


def readable(text: str) -> Scope | None:
    """A stored scope; None if it cannot be read, and lets nobody in."""
    try:
        return parsed(text)
    except ValueError:
        return None


# listing


def listed(tx: Tx, actor: Actor, username: str | None) -> list[Held]:
    """The tokens that work, oldest first: the caller's, or, for an administrator, those of the user of that name."""
    user, at = owner(tx, actor, username), identity.now()
    rows = [row for kind in _KINDS for row in store.standing_tokens(tx, user.id, kind)]
    return [Held(row, user) for row in rows if row.expires_at is None or row.expires_at > at]


def one(tx: Tx, actor: Actor, token_id: str) -> Held:
    """One token that was not taken back; one that is none of the caller's business is not found."""
    _check(actor)
    row = store.find_token(tx, token_id)
    user = store.find_user(tx, row.user_id) if row is not None else None
    if row is None or user is None or row.kind not in _KINDS or row.revoked_at is not None:
        raise EntityNotFound.of("token", token_id)
    if user.id != actor.id and not actor.is_admin:
        raise EntityNotFound.of("token", token_id)
    return Held(row, user)


def owner(tx: Tx, actor: Actor, username: str | None) -> UserRow:
    """The user of that name (None: the caller), disabled or not, if the caller may handle his tokens."""
    _check(actor)
    if username is None or username.lower() == actor.name:
        user = store.find_user(tx, actor.id)
    else:
        policy.check_admin(actor)
        user = store.find_user_by_name(tx, username)
    if user is None:
        raise EntityNotFound.of(USER.name, username or actor.id)
    return user


def _check(actor: Actor) -> None:
    identity.check_himself(actor)
    if actor.is_bot:
        raise NotAuthorized(f"{policy.principal(actor)} is a bot, and only persons handle tokens")


def _present(user: UserRow) -> UserRow:
    if user.deleted:
        raise EntityNotFound.of(USER.name, user.name)
    return user


# making, rotating, taking back


async def make(
    database: Database,
    signer: Signer,
    actor: Actor,
    *,
    username: str | None,
    name: str,
    expiry: str | None,
    expires_at: int | None,
    limits: Limits,
) -> tuple[Issued, UserRow]:
    """A new token beside those that are there, and whose it is."""
    identity.check_unlimited(actor)
    at = identity.now()

    def checked(tx: Tx) -> tuple[UserRow, Scope | None]:
        return _present(owner(tx, actor, username)), scope_of(tx, limits)

    user, scope = database.peek(checked)
    ends = end_of(user, expiry, expires_at, at)
    text = None if scope is None else scope.text()
    issued = identity.signed(signer, user, identity.kind_for(user), name, expires_at=ends, now=at, scope=text)

    def work(tx: Tx) -> tuple[Issued, UserRow]:
        checked(tx)
        store.insert_token(tx, issued.row)
        return issued, user

    return await database.write(work)


async def rotate(
    database: Database, signer: Signer, actor: Actor, token_id: str, overlap_ms: int
) -> tuple[Issued, UserRow]:
    """A token in the place of another, with its name, scope and length; that one ends after the overlap."""
    identity.check_unlimited(actor)
    at = identity.now()
    old = database.peek(lambda tx: rotatable(one(tx, actor, token_id), at))
    issued = successor(signer, old, at)

    def work(tx: Tx) -> tuple[Issued, UserRow]:
        held = rotatable(one(tx, actor, token_id), at)
        # a service of its scope may be gone since
        current = issued._replace(row=issued.row._replace(scope=held.row.scope))
        hand_over(tx, held, current, ends=at + overlap_ms)
        return current, old.user

    return await database.write(work)


async def revoke(database: Database, actor: Actor, token_id: str) -> Held:
    """Takes a token back: it does not work at the next request."""
    identity.check_unlimited(actor)

    def work(tx: Tx) -> Held:
        held = one(tx, actor, token_id)
        store.revoke_token(tx, held.row.id, now=identity.now())
        store.touch(tx)
        return held

    return await database.write(work)


def rotatable(held: Held, now: int) -> Held:
    """A token that can be rotated: it works still, and no other has its place yet."""
    row = held.row
    _present(held.user)
    if row.rotated_to is not None:
        raise BadRequest(f"The token {row.name} was rotated already; the token {row.rotated_to} has its place.")
    if row.expires_at is not None and row.expires_at <= now:
        raise BadRequest(f"The token {row.name} has expired; make a new one.")
    return held


def successor(signer: Signer, held: Held, now: int) -> Issued:
    """A token like another that lasts as long as that did from its beginning, not yet recorded."""
    row, user = held
    ends: int | None = None
    if row.expires_at is not None:
        lasted = row.expires_at - row.created_at
        ends = now + lasted + -lasted % 1000  # ends are cut to whole seconds: without this, each one lasted less
    return identity.signed(
        signer, user, cast("TokenKind", row.kind), row.name, expires_at=ends, now=now, scope=row.scope
    )


def hand_over(tx: Tx, held: Held, issued: Issued, *, ends: int) -> None:
    """Records the successor of a token, which itself ends at that time or before."""
    store.insert_token(tx, issued.row)
    store.succeed_token(tx, held.row.id, issued.row.id, ends=ends)
    store.touch(tx)
