"""The users that bots act through: made with a token, and allowed to act for others by what the bot's request says.

Functions that take a `Work` are parts of one write transaction.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from brokerbook.access import policy
from brokerbook.engine import bots, identity, refs, upsert, write
from brokerbook.engine.state import load
from brokerbook.errors import BadRequest
from brokerbook.kinds.user import USER
from brokerbook.store import entities
from brokerbook.store import identity as store

if TYPE_CHECKING:
    from brokerbook.access.tokens import Signer
    from brokerbook.engine.identity import Issued
    from brokerbook.engine.write import Outcome, Work
    from brokerbook.kinds.bot import CreateBot
    from brokerbook.kinds.user import AuthenticationMechanism, CreateUser


class Written(NamedTuple):
    """A user after a write, and the token that was made with him if he is a new bot."""

    outcome: Outcome
    issued: Issued | None = None


def post(work: Work, signer: Signer, asked: CreateUser) -> Written:
    """A new user; a bot's says how it proves itself."""
    expiry = _expiry_of_new(work, asked) if asked.isBot else None
    outcome = write.create(work, USER, asked)
    return Written(outcome, _issued(work, signer, outcome, expiry))


def put(work: Work, signer: Signer, asked: CreateUser) -> Written:
    """A PUT of a user. A bot that is there keeps its tokens; one that is made is as one that is posted."""
    _, fqn = write.placed(refs.Targets(work.tx), USER, asked)
    row = entities.find_by_fqn(work.tx, USER.name, fqn)
    expiry = None
    if asked.isBot and row is None:
        expiry = _expiry_of_new(work, asked)
    elif asked.isBot and row is not None:
        if asked.authenticationMechanism is not None:
            _expiry(asked, asked.authenticationMechanism)
        if asked.botName is not None:
            bots.check_free(work.tx, row, asked.botName)
    outcome = upsert.put(work, USER, asked)
    return Written(outcome, _issued(work, signer, outcome, expiry))


def _expiry_of_new(work: Work, asked: CreateUser) -> str | None:
    policy.check_admin(work.actor)
    if asked.authenticationMechanism is None:
        raise BadRequest(f"Authentication mechanism is empty bot user: [{asked.name}]")
    expiry = _expiry(asked, asked.authenticationMechanism)
    if expiry is not None:
        identity.check_himself(work.actor)
        identity.check_unlimited(work.actor)
    return expiry


def _expiry(asked: CreateUser, mechanism: AuthenticationMechanism) -> str | None:
    """How long the bot's token is to last; None if another issuer gives it one. Which token it is, is not asked."""
    config = mechanism.config
    expiry: Any = config.get("JWTTokenExpiry") if config is not None else None
    if mechanism.authType is None or config is None or (mechanism.authType == "JWT" and expiry is None):
        raise BadRequest(f"Incomplete authentication mechanism parameters for bot user: [{asked.name}]")
    if mechanism.authType == "SSO":
        return None
    if mechanism.authType != "JWT":
        raise BadRequest(f"Not supported authentication mechanism type: [{mechanism.authType}]")
    if not isinstance(expiry, str) or expiry not in identity.EXPIRY_MS:
        allowed = ", ".join(identity.EXPIRY_MS)
        raise BadRequest(f"JWTTokenExpiry has a value that is not allowed. Allowed values are: {allowed}")
    return expiry


def _issued(work: Work, signer: Signer, outcome: Outcome, expiry: str | None) -> Issued | None:
    user = store.find_user(work.tx, outcome.row.id) if expiry is not None else None
    if user is None or expiry is None:
        return None
    # signing takes the writer a millisecond: bots are made rarely
    ends = identity.end_of(expiry, work.now)
    issued = identity.signed(signer, user, "BOT", "", expires_at=ends, now=work.now)
    store.insert_token(work.tx, issued.row)
    return issued


class _User(msgspec.Struct):
    allowImpersonation: bool = False


_user = msgspec.json.Decoder(_User)


def allow_impersonation(work: Work, outcome: Outcome, asked: CreateBot) -> Outcome:
    """Lets the user of a bot that was written act for others, or no more, if the request says so; administrators may."""
    for item in outcome.links["botUser"] if asked.allowImpersonation is not None else ():
        row = write.live(work.tx, USER, item.id)
        if _user.decode(row.doc).allowImpersonation == asked.allowImpersonation:
            continue
        policy.check_admin(work.actor)
        found = load(work.tx, work.sealer, USER, row)
        changed = found.state._replace(document=found.state.document | {"allowImpersonation": asked.allowImpersonation})
        write.save(work, USER, refs.Targets(work.tx), found, changed)
    return outcome
