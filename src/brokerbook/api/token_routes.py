"""Our own routes for what leaves with a user, or outlives a request: tokens with names and scopes, and sole ownership."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from brokerbook.access import scope
from brokerbook.api import query
from brokerbook.api.http import Response, json_response
from brokerbook.api.identity_bodies import (
    NewTokenRequest,
    RotateTokenRequest,
    SoleOwnership,
    Token,
    Tokens,
    TokenScopes,
)
from brokerbook.api.routing import JSON_TYPE, Route
from brokerbook.engine import accounts, named_tokens
from brokerbook.engine.listing import Cursor
from brokerbook.engine.named_tokens import Held, Limits
from brokerbook.kinds import KINDS
from brokerbook.model.decoding import decode
from brokerbook.model.wire import EntityReference, Paging

if TYPE_CHECKING:
    from brokerbook.api.http import Request
    from brokerbook.store.database import Tx

_T = "/api/v1/tokens"
_NO_STORE = (b"cache-control", b"no-store")
_MOST_PER_PAGE = 1000


def _shown(request: Request, held: Held, text: str | None = None) -> Token:
    row, user = held
    kind: Literal["bot", "personal"] = "bot" if row.kind == "BOT" else "personal"
    return Token(
        id=row.id,
        userId=user.id,
        user=user.name,
        name=row.name,
        kind=kind,
        createdAt=row.created_at,
        expiresAt=row.expires_at,
        lastUsedAt=request.context.last_use.of(row),
        scopes=_scopes(row.scope),
        rotatedTo=row.rotated_to,
        jwtToken=text,
    )


def _scopes(text: str | None) -> TokenScopes | None:
    if text is None:
        return None
    found = named_tokens.readable(text) or scope.NOTHING
    kinds, services = (None if some is None else sorted(some) for some in (found.kinds, found.services))
    return TokenScopes(readOnly=found.read_only, kinds=kinds, services=services)


def _limits(asked: TokenScopes | None) -> Limits:
    return Limits() if asked is None else Limits(asked.readOnly, asked.kinds, asked.services)


def _made(request: Request, held: Held, text: str) -> Response:
    location = f"{request.base}{_T}/{held.row.id}".encode()
    return json_response(_shown(request, held, text), 201, [_NO_STORE, (b"location", location)])


async def tokens(request: Request) -> Response:
    actor, username = request.actor, request.query.get("user") or None
    found = await request.context.database.read(lambda tx: named_tokens.listed(tx, actor, username))
    shown = [_shown(request, held) for held in found]
    return json_response(Tokens(data=shown, paging=Paging(total=len(shown))), headers=[_NO_STORE])


def token(request: Request) -> Response:
    actor, token_id = request.actor, query.uuid_in_path(request)
    held = request.context.database.peek(lambda tx: named_tokens.one(tx, actor, token_id))
    return json_response(_shown(request, held), headers=[_NO_STORE])


async def new_token(request: Request) -> Response:
    asked = decode(await request.body(), NewTokenRequest)
    context = request.context
    issued, user = await named_tokens.make(
        context.database,
        context.signer,
        request.actor,
        username=asked.user,
        name=asked.name,
        expiry=asked.expiry,
        expires_at=asked.expiresAt,
        limits=_limits(asked.scopes),
    )
    return _made(request, Held(issued.row, user), issued.text)


async def rotate_token(request: Request) -> Response:
    token_id = query.uuid_in_path(request)
    raw = await request.body()
    asked = decode(raw, RotateTokenRequest) if raw.strip() else RotateTokenRequest()
    context = request.context
    issued, user = await named_tokens.rotate(
        context.database, context.signer, request.actor, token_id, asked.overlapSeconds * 1000
    )
    context.authenticator.forget()
    return _made(request, Held(issued.row, user), issued.text)


async def revoke_token(request: Request) -> Response:
    token_id = query.uuid_in_path(request)
    held = await named_tokens.revoke(request.context.database, request.actor, token_id)
    request.context.authenticator.forget()
    return json_response(_shown(request, held), headers=[_NO_STORE])


# what a user alone owns


async def sole_ownership(request: Request) -> Response:
    actor, user_id = request.actor, query.uuid_in_path(request)
    limit = query.integer(request, "limit", 10, 0, _MOST_PER_PAGE)
    list_name = "soleOwnership"
    after, _ = query.cursors(request, list_name)

    def found(tx: Tx) -> accounts.SoleOwnership:
        accounts.check_sees_ownership(tx, actor, user_id)
        return accounts.sole_ownership(tx, user_id, limit=limit, after=after or ("", ""))

    counts, references, place = await request.context.database.read(found)
    following = query.encoded(None if place is None else Cursor(*place), list_name)
    shown = [
        EntityReference(**one, href=f"{request.base}/api{KINDS[one['type']].path}/{one['id']}") for one in references
    ]
    answer = SoleOwnership(counts=counts, data=shown, paging=Paging(total=sum(counts.values()), after=following))
    return json_response(answer, headers=[_NO_STORE])


ROUTES: tuple[Route, ...] = (
    Route("GET", _T, tokens, "List tokens of bots and persons that work, without the tokens themselves",
          answers={200: Tokens}, query=("user",)),
    Route("POST", _T, new_token, "Make a token, limited to a scope if wanted; it is shown this once",
          consumes=JSON_TYPE, body=NewTokenRequest, answers={201: Token}),
    Route("GET", f"{_T}/{{id}}", token, "Get a token, without the token itself", answers={200: Token}),
    Route("POST", f"{_T}/{{id}}/rotate", rotate_token,
          "Make a token in the place of another, which works for a while yet; it is shown this once",
          consumes=JSON_TYPE, body=RotateTokenRequest, answers={201: Token}),
    Route("DELETE", f"{_T}/{{id}}", revoke_token, "Revoke a token; it does not work at the next request",
          answers={200: Token}),
    Route("GET", "/api/v1/users/{id}/soleOwnership", sole_ownership,
          "What a user, disabled or not, alone owns: it would be nobody's without him",
          answers={200: SoleOwnership}, query=("limit", "after")),
)  # fmt: skip
