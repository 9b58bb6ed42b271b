"""What the owner of a data directory does to its users from the command line: the same writes as over HTTP.

Functions that take a `Work` are parts of one write transaction; its actor is the catalog itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from brokerbook.access import passwords, policy
from brokerbook.engine import identity, named_tokens, refs, remove, write
from brokerbook.engine.state import load
from brokerbook.errors import BadRequest, EntityAlreadyExists, EntityNotFound
from brokerbook.kinds.user import USER, CreateUser
from brokerbook.model.decoding import converted
from brokerbook.store import entities, relations
from brokerbook.store import identity as store

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from brokerbook.access.actor import Actor
    from brokerbook.access.tokens import Signer
    from brokerbook.engine.named_tokens import Limits
    from brokerbook.engine.write import Work
    from brokerbook.kinds.kind import Document
    from brokerbook.store.database import Tx
    from brokerbook.store.entities import EntityRow
    from brokerbook.store.identity import TokenRow, UserRow

_PAGE = 1000
TOKEN_KINDS = ("BOT", "PERSONAL_ACCESS", store.REFRESH)


def users(tx: Tx) -> Iterator[UserRow]:
    """Every user, in the order of names, deleted ones too."""
    position: tuple[str, str] | None = None
    while True:
        page = entities.page(tx, USER.name, include="all", limit=_PAGE, after=position)
        for row in page.rows:
            user = store.find_user(tx, row.id)
            if user is not None:
                yield user
        if not page.after:
            return
        position = (page.rows[-1].name, page.rows[-1].id)


def find(tx: Tx, name: str) -> UserRow:
    """The user of that name, deleted or not; EntityNotFound if there is none."""
    user = store.find_user_by_name(tx, name)
    if user is None:
        raise EntityNotFound(f"There is no user {name}.")
    return user


def present(tx: Tx, name: str) -> UserRow:
    """The user of that name if he is not disabled."""
    user = find(tx, name)
    if user.deleted:
        raise BadRequest(f"The user {user.name} is disabled.")
    return user


def password_hash(password: str) -> str:
    """What is stored of a new password; a weak one is a BadRequest. Takes tens of milliseconds."""
    if (weakness := passwords.weakness(password)) is not None:
        raise BadRequest(weakness)
    return passwords.hashed(password)


def add(work: Work, name: str, email: str, hashed: str, *, is_admin: bool) -> str:
    """Makes a user with a password; returns his name as it is stored."""
    request = converted({"name": name, "email": email, "isAdmin": is_admin}, CreateUser)
    if (taken := store.find_user_by_name(work.tx, name)) is not None:
        state = "is disabled; enable him instead" if taken.deleted else "exists already"
        raise EntityAlreadyExists(f"The user {taken.name} {state}.")
    if (other := store.find_user_by_email(work.tx, email)) is not None:
        raise EntityAlreadyExists(f"The address {email} belongs to the user {other.name} already.")
    made = write.create(work, USER, request).row
    identity.set_password(work.tx, made.id, hashed, now=work.now)
    return made.name


def set_password(work: Work, name: str, hashed: str) -> None:
    """Gives a person a new password, which ends all his sessions."""
    user = present(work.tx, name)
    if user.is_bot:
        raise BadRequest(f"The bot {user.name} has no password; print a token for it with `brokerbook token`.")
    identity.set_password(work.tx, user.id, hashed, now=work.now)


def disable(work: Work, name: str) -> None:
    """Deletes a user softly: his sessions end, his password and tokens are worth nothing until he is enabled again."""
    user = present(work.tx, name)
    row = remove.check_delete(work, USER, _row(work.tx, user), user.name)
    remove.delete(work, USER, row, recursive=False, hard=False)


def enable(work: Work, name: str) -> None:
    """Brings a disabled user back, with the password and the tokens that he had."""
    user = find(work.tx, name)
    if not user.deleted:
        raise BadRequest(f"The user {user.name} is not disabled.")
    remove.restore(work, USER, _row(work.tx, user))


def set_admin(work: Work, name: str, *, is_admin: bool) -> None:
    """Makes a user an administrator, or an ordinary user again; the last administrator stays one."""
    user = present(work.tx, name)
    if user.is_admin == is_admin:
        raise BadRequest(f"The user {user.name} is {'already' if is_admin else 'not'} an administrator.")
    found = load(work.tx, work.sealer, USER, _row(work.tx, user))
    wanted = found.state._replace(document=found.state.document | {"isAdmin": is_admin})
    write.save(work, USER, refs.Targets(work.tx), found, wanted)


def _row(tx: Tx, user: UserRow) -> EntityRow:
    row = entities.find(tx, USER.name, user.id)
    if row is None:
        raise EntityNotFound.of(USER.name, user.id)
    return row


# what would be nobody's without a user


class SoleOwnership(NamedTuple):
    """The live entities whose only live owner a user is: how many of each kind, and a page of references to them."""

    counts: dict[str, int]
    references: list[Document]
    after: tuple[str, str] | None
    """(name, id) behind which the next page begins."""


def sole_ownership(tx: Tx, user_id: str, *, limit: int = 10, after: tuple[str, str] = ("", "")) -> SoleOwnership:
    """What a user, disabled or not, alone owns; in the order of names."""
    ids = relations.owned_alone(tx, user_id, limit=limit + 1, after=after)
    rows = entities.find_many(tx, ids[:limit])
    page = [rows[entity_id] for entity_id in ids[:limit]]
    following = (page[-1].name, page[-1].id) if page and len(ids) > limit else None
    counts = relations.count_owned_alone(tx, user_id)
    return SoleOwnership(counts, [refs.reference(row) for row in page], following)


def check_sees_ownership(tx: Tx, actor: Actor, user_id: str) -> None:
    """Refuses to tell what a user alone owns to anybody but himself and administrators."""
    if user_id != actor.id:
        policy.check_admin(actor)
    if store.find_user(tx, user_id) is None:
        raise EntityNotFound.of(USER.name, user_id)


# tokens


def issue(tx: Tx, signer: Signer, user: UserRow, *, label: str, lifetime: int | None, limits: Limits, now: int) -> str:
    """A token for a user or bot that lasts so many milliseconds (None: for ever), beside those that he has."""
    expires_at = None if lifetime is None else now + lifetime
    scope = named_tokens.scope_of(tx, limits)
    text = None if scope is None else scope.text()
    issued = identity.signed(signer, user, identity.kind_for(user), label, expires_at=expires_at, now=now, scope=text)
    store.insert_token(tx, issued.row)
    return issued.text


def rotate(tx: Tx, signer: Signer, user: UserRow, token_id: str, *, overlap: int, now: int) -> str:
    """A token in the place of one of a user's, which itself ends so many milliseconds later."""
    row = store.find_token(tx, token_id.lower())
    if row is None or row.user_id != user.id or row.revoked_at is not None or row.session_id is not None:
        raise EntityNotFound(f"{user.name} has no token {token_id}. Nothing was changed.")
    held = named_tokens.rotatable(named_tokens.Held(row, user), now)
    issued = named_tokens.successor(signer, held, now)
    named_tokens.hand_over(tx, held, issued, ends=now + overlap)
    return issued.text


def standing(tx: Tx, user: UserRow, now: int) -> list[TokenRow]:
    """A user's tokens that work at a time; a session counts once, by its refresh token."""
    rows = [row for kind in TOKEN_KINDS for row in store.standing_tokens(tx, user.id, kind)]
    return [row for row in rows if row.expires_at is None or row.expires_at > now]


def revoke(tx: Tx, name: str, token_ids: Sequence[str] | None, *, now: int) -> int:
    """Takes tokens back, by id or (None) all of them, sessions included; returns how many. An unknown id: none is."""
    user = find(tx, name)
    rows = standing(tx, user, now)
    if token_ids is not None:
        by_id = {row.id: row for row in rows}
        if unknown := [token_id for token_id in token_ids if token_id.lower() not in by_id]:
            raise EntityNotFound(f"{user.name} has no token {unknown[0]} that works. Nothing was changed.")
        rows = [by_id[token_id.lower()] for token_id in dict.fromkeys(token_ids)]
    for row in rows:
        if row.session_id is not None:
            store.revoke_session(tx, user.id, row.session_id, now=now)
        else:
            store.revoke_token(tx, row.id, now=now)
    if token_ids is None:
        store.revoke_other_sessions(tx, user.id, kept=None, now=now)
    store.touch(tx)
    return len(rows)
