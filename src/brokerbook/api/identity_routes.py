"""Logins, passwords and tokens over HTTP. No answer but the one that makes a token shows it."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Any

import msgspec

from brokerbook.api.http import Response, json_response
from brokerbook.api.identity_bodies import (
    ChangePasswordRequest,
    EmailRequest,
    GenerateTokenRequest,
    JWTAuthMechanism,
    JwtResponse,
    LoginRequest,
    LogoutRequest,
    PersonalAccessToken,
    PersonalAccessTokens,
    PersonalTokenRequest,
    RefreshRequest,
    RevokePersonalTokens,
    RevokeTokenRequest,
    ShownMechanism,
    SignupRequest,
)
from brokerbook.api.query import uuid_in_path
from brokerbook.api.read_routes import get_one
from brokerbook.api.routing import JSON_TYPE, Route
from brokerbook.engine import identity, sessions
from brokerbook.errors import BadRequest, NotAuthorized, NotOffered
from brokerbook.kinds.user import USER, User, WrittenUser
from brokerbook.model.decoding import decode
from brokerbook.model.wire import EntityReference, Error, Paging

if TYPE_CHECKING:
    from brokerbook.api.http import Headers, Request
    from brokerbook.engine.identity import TokenRow
    from brokerbook.engine.sessions import Session

_TEXT = (b"content-type", b"text/plain; charset=utf-8")
# The bodies of these answers are secrets or depend on one: nothing on the way may keep them.
_PRIVATE = [(b"cache-control", b"no-store")]
_NEVER = 253_402_300_799_000  # the client insists on a date: the last second of the year 9999
_SIGN_UP = "Self Signup is not enabled. Please contact your Administrator for assistance with account creation"
_NO_MAIL = (
    "This server sends no mail, and so nothing that a mail would have confirmed. "
    "Ask an administrator to set your password: PUT /api/v1/users/changePassword with requestType USER."
)


def _text(sentence: str) -> Response:
    return Response(200, [_TEXT], sentence.encode())


def _user_body(request: Request, user_id: str) -> Response:
    """The answer of `GET /v1/users/{id}` for this user, with the `fields` that the request asks for."""
    return get_one(USER, request, user_id)


# sessions


async def login(request: Request) -> Response:
    body = decode(await request.body(), LoginRequest)
    try:
        password = base64.b64decode(body.password, validate=True).decode("utf-8")
    except (binascii.Error, ValueError):
        raise BadRequest("Password needs to be encoded in Base-64.") from None
    context = request.context
    return session_response(await sessions.login(context.database, context.signer, body.email.strip(), password))


async def refresh(request: Request) -> Response:
    body = decode(await request.body(), RefreshRequest)
    context = request.context
    return session_response(await sessions.refresh(context.database, context.signer, body.refreshToken))


def session_response(session: Session, headers: Headers | None = None) -> Response:
    """The answer that hands a session over, with these headers besides its own."""
    answer = JwtResponse(
        accessToken=session.access_token,
        refreshToken=session.refresh_token,
        tokenType="Bearer",
        expiryDuration=session.expires_at,
    )
    return json_response(answer, headers=[*_PRIVATE, *(headers or ())])


async def logout(request: Request) -> Response:
    body = decode(await request.body(), LogoutRequest)
    context = request.context
    await sessions.logout(context.database, context.signer, request.actor, body.token, body.refreshToken)
    context.authenticator.forget()
    return _text("Logout Successful")


async def sign_up(request: Request) -> Response:
    decode(await request.body(), SignupRequest)
    return json_response({"code": 501, "errorType": "SELF_SIGNUP_NOT_ENABLED", "message": _SIGN_UP}, 501)


def needs_mail(_: Request) -> Response:
    raise NotOffered(_NO_MAIL)


async def change_password(request: Request) -> Response:
    body = decode(await request.body(), ChangePasswordRequest)
    context = request.context
    if body.requestType == "USER":
        if body.username is None:
            raise BadRequest("[query param username must not be null]")
        await sessions.set_password(
            context.database, request.actor, body.username, body.newPassword, body.confirmPassword
        )
    else:
        if body.username is not None and body.username.lower() != request.actor.name:
            raise BadRequest("username is another user: to set his password, send requestType USER.")
        await sessions.change_password(
            context.database, request.actor, body.oldPassword, body.newPassword, body.confirmPassword
        )
    context.authenticator.forget()
    return _text("Password Updated Successfully")


def random_password(request: Request) -> Response:
    return Response(200, [_TEXT, *_PRIVATE], sessions.suggested_password(request.actor).encode())


# the caller, and addresses


def logged_in_user(request: Request) -> Response:
    scope = request.actor.scope
    if scope is not None and scope.is_partial and request.query.get("fields"):
        raise NotAuthorized(
            "A token that is limited to a part of the catalog shows who its user is, and no more fields."
        )
    request.actor = request.actor._replace(scope=None)  # whoever may come in may know who he is
    return _user_body(request, request.actor.id)


async def group_teams(request: Request) -> Response:
    user_id = request.actor.id
    teams = await request.context.database.read(lambda tx: identity.group_teams(tx, user_id))
    return json_response([team | {"href": f"{request.base}/api/v1/teams/{team['id']}"} for team in teams])


async def email_in_use(request: Request) -> Response:
    email = decode(await request.body(), EmailRequest).email
    return json_response(request.context.database.peek(lambda tx: identity.email_in_use(tx, email)))


async def email_verified(request: Request) -> Response:
    email = decode(await request.body(), EmailRequest).email
    return json_response(request.context.database.peek(lambda tx: identity.email_verified(tx, email)))


# personal tokens


def _personal(row: TokenRow, text: str | None = None) -> PersonalAccessToken:
    return PersonalAccessToken(
        token=row.id,
        userId=row.user_id,
        tokenType="PERSONAL_ACCESS_TOKEN",
        tokenName=row.name,
        expiryDate=row.expires_at if row.expires_at is not None else _NEVER,
        jwtToken=text,
    )


def _personal_list(rows: list[TokenRow]) -> Response:
    return json_response(
        PersonalAccessTokens(data=[_personal(row) for row in rows], paging=Paging(total=len(rows))), headers=_PRIVATE
    )


async def personal_tokens(request: Request) -> Response:
    actor, username = request.actor, request.query.get("username")
    rows = await request.context.database.read(lambda tx: identity.personal_tokens(tx, actor, username))
    return _personal_list(rows)


async def new_personal_token(request: Request) -> Response:
    body = decode(await request.body(), PersonalTokenRequest)
    context = request.context
    issued = await identity.issue_personal(
        context.database, context.signer, request.actor, body.tokenName, body.JWTTokenExpiry
    )
    return json_response(_personal(issued.row, issued.text), headers=_PRIVATE)


async def revoke_personal_tokens(request: Request) -> Response:
    removes_all = request.flag("removeAll")
    raw = await request.body()
    body = RevokePersonalTokens() if removes_all and not raw.strip() else decode(raw, RevokePersonalTokens)
    if not removes_all and body.tokenIds is None:
        raise BadRequest("[query param tokenIds must not be null]")
    context = request.context
    rows = await identity.revoke_personal(
        context.database, request.actor, request.query.get("username"), None if removes_all else body.tokenIds
    )
    context.authenticator.forget()
    return _personal_list(rows)


# bots' tokens


def mechanism(row: TokenRow, text: str | None = None) -> JWTAuthMechanism:
    """A bot's token as answers tell of it; its text only in the one that makes it."""
    expiry: Any = identity.expiry_of(row)
    return JWTAuthMechanism(JWTToken=text, JWTTokenExpiry=expiry, JWTTokenExpiresAt=row.expires_at)


async def generate_token(request: Request) -> Response:
    user_id = uuid_in_path(request)
    body = decode(await request.body(), GenerateTokenRequest)
    if body.id is not None and body.id.lower() != user_id:
        raise BadRequest("The id in the body is not the one in the path.")
    context = request.context
    issued = await identity.replace_bot_token(
        context.database, context.signer, request.actor, user_id, body.JWTTokenExpiry
    )
    context.authenticator.forget()
    return json_response(mechanism(issued.row, issued.text), headers=_PRIVATE)


async def revoke_token(request: Request) -> Response:
    user_id = decode(await request.body(), RevokeTokenRequest).id.lower()
    context = request.context
    await identity.revoke_bot_tokens(context.database, request.actor, user_id)
    context.authenticator.forget()
    body: dict[str, Any] = msgspec.json.decode(_user_body(request, user_id).body)
    # strict clients want an expiry even where there is no token
    body["authenticationMechanism"] = {"authType": "JWT", "config": {"JWTToken": "", "JWTTokenExpiry": "OneHour"}}
    return json_response(body, headers=_PRIVATE)


def token(request: Request) -> Response:
    actor, user_id = request.actor, uuid_in_path(request)
    row = request.context.database.peek(lambda tx: identity.bot_token(tx, actor, user_id))
    return json_response(JWTAuthMechanism() if row is None else mechanism(row), headers=_PRIVATE)


def auth_mechanism(request: Request) -> Response:
    actor, user_id = request.actor, uuid_in_path(request)
    row = request.context.database.peek(lambda tx: identity.bot_token(tx, actor, user_id))
    answer = ShownMechanism(authType="JWT", config=None if row is None else mechanism(row))
    return json_response(answer, headers=_PRIVATE)


_U = "/api/v1/users"
_REFUSED = "Always refused: no mail is sent"

ROUTES: tuple[Route, ...] = (
    Route("POST", f"{_U}/login", login, "Log in with an e-mail address or name and a Base64 password",
          open=True, consumes=JSON_TYPE, body=LoginRequest, answers={200: JwtResponse}),
    Route("POST", f"{_U}/refresh", refresh, "Renew a session; each refresh token works once",
          open=True, consumes=JSON_TYPE, body=RefreshRequest, answers={200: JwtResponse}),
    Route("POST", f"{_U}/logout", logout, "End a session: its tokens work no more",
          consumes=JSON_TYPE, body=LogoutRequest, answers={200: str}, produces="text/plain"),
    Route("POST", f"{_U}/signup", sign_up, "Always refused: administrators make users",
          open=True, consumes=JSON_TYPE, body=SignupRequest, answers={501: Error}),
    Route("POST", f"{_U}/generatePasswordResetLink", needs_mail, _REFUSED, open=True, answers={501: Error}),
    Route("POST", f"{_U}/password/reset", needs_mail, _REFUSED, open=True, answers={501: Error}),
    Route("PUT", f"{_U}/registrationConfirmation", needs_mail, _REFUSED, open=True, answers={501: Error}),
    Route("PUT", f"{_U}/resendRegistrationToken", needs_mail, _REFUSED, open=True, answers={501: Error}),
    Route("POST", f"{_U}/checkEmailInUse", email_in_use, "Whether a user has this e-mail address",
          consumes=JSON_TYPE, body=EmailRequest, answers={200: bool}),
    Route("POST", f"{_U}/checkEmailVerified", email_verified, "Whether this e-mail address was verified",
          consumes=JSON_TYPE, body=EmailRequest, answers={200: bool}),
    Route("GET", f"{_U}/loggedInUser", logged_in_user, "The caller",
          answers={200: User}, query=("fields", "include"), any_scope=True),
    Route("GET", f"{_U}/loggedInUser/groupTeams", group_teams, "The caller's groups",
          answers={200: list[EntityReference]}),
    Route("PUT", f"{_U}/changePassword", change_password, "Change one's own password, or, as administrator, a user's",
          consumes=JSON_TYPE, body=ChangePasswordRequest, answers={200: str}, produces="text/plain"),
    Route("GET", f"{_U}/generateRandomPwd", random_password, "A strong password to give to a user",
          answers={200: str}, produces="text/plain"),
    Route("GET", f"{_U}/security/token", personal_tokens, "List personal tokens, without the tokens themselves",
          answers={200: PersonalAccessTokens}, query=("username",)),
    Route("PUT", f"{_U}/security/token", new_personal_token, "Make a personal token; it is shown this once",
          consumes=JSON_TYPE, body=PersonalTokenRequest, answers={200: PersonalAccessToken}),
    Route("PUT", f"{_U}/security/token/revoke", revoke_personal_tokens, "Revoke personal tokens; lists what remains",
          consumes=JSON_TYPE, body=RevokePersonalTokens, answers={200: PersonalAccessTokens},
          query=("username", "removeAll")),
    Route("PUT", f"{_U}/generateToken/{{id}}", generate_token,
          "Make a bot's token, shown this once; the bot's other tokens work no more",
          consumes=JSON_TYPE, body=GenerateTokenRequest, answers={200: JWTAuthMechanism}),
    Route("PUT", f"{_U}/revokeToken", revoke_token, "Revoke a bot's tokens",
          consumes=JSON_TYPE, body=RevokeTokenRequest, answers={200: WrittenUser}),
    Route("GET", f"{_U}/token/{{id}}", token, "How long a bot's token lasts, without the token",
          answers={200: JWTAuthMechanism}),
    Route("GET", f"{_U}/auth-mechanism/{{id}}", auth_mechanism, "How a bot proves itself, without the token",
          answers={200: ShownMechanism}),
)  # fmt: skip
