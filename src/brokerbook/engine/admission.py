"""Admission: which user a person is whom another issuer has vouched for; made at the first time, and kept up to date.

From the first time on a user is bound to the issuer's subject. Before, he is found by his name and his e-mail address,
and only if both are his, the issuer says that the address is verified, and nobody else of that issuer's is bound to him:
an address that was given to somebody new takes over nothing.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from brokerbook import names
from brokerbook.access import tokens
from brokerbook.access.actor import SYSTEM, Actor
from brokerbook.engine import identity, refs, rights, write
from brokerbook.engine.identity import Bearer
from brokerbook.engine.state import load
from brokerbook.engine.write import Work
from brokerbook.errors import BadRequest, EntityNotFound, NotAuthenticated, NotAuthorized
from brokerbook.kinds.user import USER, CreateUser
from brokerbook.model.decoding import converted
from brokerbook.store import entities
from brokerbook.store import identity as users
from brokerbook.store import sign_in as store

if TYPE_CHECKING:
    from collections.abc import Iterable

    from brokerbook.access.principals import Person
    from brokerbook.access.rights import Directory
    from brokerbook.engine.refs import Item, Targets
    from brokerbook.engine.secrets import Sealer
    from brokerbook.engine.sign_in import Visitor
    from brokerbook.issuers import Issuer
    from brokerbook.kinds.kind import Document
    from brokerbook.store.database import Tx
    from brokerbook.store.identity import UserRow

TAKEN = "Account already exists. Please contact administrator."
NO_SIGN_UP = "Self Signup is not enabled. Please contact your Administrator for assistance with account creation"
DISOWNED = f"{tokens.INVALID} Its address is not verified, so that no user can be made of it."

COUNTS_MS = 300_000
"""How long a token of another issuer's counts until it is verified again."""

_log = logging.getLogger(__name__)


def bearer(tx: Tx, visitor: Visitor, directory: Directory) -> Bearer:
    """A caller with a token of another issuer's, as `identity.bearer` makes one with a token of ours.

    It counts for a few minutes at most, so that a key that the issuer withdraws is noticed.
    """
    user = _present(_found(tx, visitor.user_id))
    actor = Actor(
        user.id,
        user.name,
        is_admin=user.is_admin,
        is_bot=False,
        rights=rights.rights(tx, directory, user.id, is_bot=False),
        epoch=identity.epoch(tx),
    )
    return Bearer(actor, may_impersonate=False, expires_at=min(visitor.expires_at, identity.now() + COUNTS_MS))


def known(tx: Tx, issuer: Issuer, person: Person) -> UserRow | None:
    """The user who is bound to a subject; None if nobody is, NotAuthenticated if he may not come in."""
    user_id = store.linked_user(tx, issuer.issuer, person.subject)
    user = users.find_user(tx, user_id) if user_id is not None else None
    return None if user is None else _present(user)


def admitted(tx: Tx, sealer: Sealer, issuer: Issuer, person: Person) -> UserRow:
    """The user that a person is, made or bound if this is the first time, with the teams and roles that he is to have."""
    now = identity.now()
    user = known(tx, issuer, person)
    if user is not None:
        return _updated(tx, sealer, issuer, person, user, first=False)
    user = _unbound(tx, issuer, person)
    if user is None:
        user_id = _made(tx, sealer, issuer, person)
        store.link(tx, issuer.issuer, person.subject, user_id, now=now)
        return _found(tx, user_id)
    store.link(tx, issuer.issuer, person.subject, user.id, now=now)
    return _updated(tx, sealer, issuer, person, user, first=True)


def _unbound(tx: Tx, issuer: Issuer, person: Person) -> UserRow | None:
    """The user who was here before he came by this issuer; BadRequest if it cannot be told that he is this person."""
    by_name = users.find_user_by_name(tx, person.name)
    by_email = users.find_user_by_email(tx, person.email)
    if by_name is None and by_email is None:
        return None
    if by_name is None or by_email is None or by_name.id != by_email.id or not person.is_verified:
        raise BadRequest(TAKEN)
    if store.linked_subject(tx, issuer.issuer, by_name.id) is not None:
        raise BadRequest(TAKEN)
    return _present(by_name)


def _present(user: UserRow) -> UserRow:
    """The user, if he is one who comes in this way: bots never do, nor do those who were deactivated."""
    if user.deleted or user.is_bot:
        raise NotAuthenticated(tokens.INVALID)
    return user


def _found(tx: Tx, user_id: str) -> UserRow:
    user = users.find_user(tx, user_id)
    if user is None:
        raise NotAuthenticated(tokens.INVALID)
    return user


def _made(tx: Tx, sealer: Sealer, issuer: Issuer, person: Person) -> str:
    if not issuer.create_users:
        raise NotAuthorized(NO_SIGN_UP)
    if person.is_disowned:
        raise NotAuthenticated(DISOWNED)
    work, targets = _work(tx, sealer, person.name), refs.Targets(tx)
    asked = {"name": person.name, "email": person.email, "displayName": person.display_name}
    request = converted(asked, CreateUser)
    _, fqn = write.placed(targets, USER, request)
    document = USER.defaults | USER.derive(request, False)  # noqa: FBT003
    document |= {"isEmailVerified": person.is_verified, "isAdmin": person.is_admin}
    links = {
        "teams": _items(targets, issuer, "team", person.teams or ()),
        "roles": _items(targets, issuer, "role", person.roles or ()),
    }
    return write.insert(work, USER, targets, document, links, parent=None, fqn=fqn, body=None).row.id


def _updated(tx: Tx, sealer: Sealer, issuer: Issuer, person: Person, user: UserRow, *, first: bool) -> UserRow:
    """Gives a user what he is to have; nothing is written if he has it."""
    row = entities.find(tx, USER.name, user.id)
    if row is None:
        raise NotAuthenticated(tokens.INVALID)
    targets = refs.Targets(tx)
    found = load(tx, sealer, USER, row)
    state = found.state
    document: Document = dict(state.document)
    if person.is_admin:
        document["isAdmin"] = True
    if first:
        document["isEmailVerified"] = person.is_verified
    links = dict(state.links)
    if first or issuer.update_at_sign_in:
        for field, kind, wanted, mapping in (
            ("teams", "team", person.teams, issuer.teams),
            ("roles", "role", person.roles, issuer.roles),
        ):
            if wanted is not None:
                items = _items(targets, issuer, kind, wanted)
                links[field] = _merged(links.get(field, []), items, mapping, keep_all=not issuer.update_at_sign_in)
    wanted_state = state._replace(document=document, links=links)
    write.save(_work(tx, sealer, user.name), USER, targets, found, wanted_state)
    return _found(tx, user.id)


def _merged(held: list[Item], wanted: list[Item], mapping: dict[str, str] | None, *, keep_all: bool) -> list[Item]:
    """What a user holds from now on. With a mapping the issuer decides on what that names, without one on everything."""
    managed = set(mapping.values()) if mapping is not None else None
    ids = {item.id for item in wanted}
    kept = [
        item
        for item in held
        if item.id not in ids and (keep_all or (managed is not None and item.shown["name"] not in managed))
    ]
    return [*kept, *wanted]


def _items(targets: Targets, issuer: Issuer, kind: str, wanted: Iterable[str]) -> list[Item]:
    """References to the teams, or roles, of these names; what is not there gives nothing, and is logged."""
    items: list[Item] = []
    for name in wanted:
        try:
            row = targets.by_fqn(kind, names.quoted(name))
        except (EntityNotFound, BadRequest):
            _log.warning("the issuer %s gives the %s %.100s, which is not there", issuer.name, kind, name)
        else:
            items.append(refs.Item(row.id, refs.reference(row)))
    return items


def _work(tx: Tx, sealer: Sealer, name: str) -> Work:
    """What is written at a sign-in is the user's own doing, with the rights of the catalog itself."""
    return Work(tx, SYSTEM._replace(name=name), sealer, identity.now())
