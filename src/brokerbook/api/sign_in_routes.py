"""Signing in with an issuer in a browser: out to its provider, and back with a code for a session of ours."""

from __future__ import annotations

from typing import TYPE_CHECKING

from brokerbook.access.sign_in_states import LASTS_SECONDS
from brokerbook.api.http import Response
from brokerbook.api.identity_bodies import JwtResponse
from brokerbook.api.identity_routes import session_response
from brokerbook.api.routing import Route
from brokerbook.engine.sign_in import CALLBACK
from brokerbook.model.wire import Error

if TYPE_CHECKING:
    from brokerbook.api.http import Request

_COOKIE = "brokerbook_sign_in"
# Neither the state nor the code in these addresses is to be kept or told to anybody.
_PRIVATE = [(b"cache-control", b"no-store"), (b"referrer-policy", b"no-referrer")]


async def login(request: Request) -> Response:
    departure = await request.context.sign_in.begin(request.query.get("issuer"))
    headers = [(b"location", departure.location.encode()), _cookie(request, departure.browser, LASTS_SECONDS)]
    return Response(302, [*headers, *_PRIVATE], b"")


async def callback(request: Request) -> Response:
    context = request.context
    session = await context.sign_in.finish(request.query, _sent_cookie(request))
    context.authenticator.forget()  # teams and roles may have changed
    return session_response(session, [_cookie(request, "", 0), (b"referrer-policy", b"no-referrer")])


def _is_secure(request: Request) -> bool:
    return request.base.startswith("https://")


def _name(request: Request) -> str:
    """The cookie's name; over https one that no other host of the domain can plant."""
    return f"__Host-{_COOKIE}" if _is_secure(request) else _COOKIE


def _cookie(request: Request, value: str, seconds: int) -> tuple[bytes, bytes]:
    secure = "; Secure" if _is_secure(request) else ""
    text = f"{_name(request)}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}"
    return b"set-cookie", text.encode()


def _sent_cookie(request: Request) -> str | None:
    wanted = _name(request)
    for pair in request.headers.get(b"cookie", b"").decode("latin-1").split(";"):
        name, _, value = pair.strip().partition("=")
        if name == wanted:
            return value
    return None


ROUTES: tuple[Route, ...] = (
    Route("GET", "/api/v1/auth/login", login, "Sign in with an issuer: sends a browser to its provider",
          open=True, answers={302: None}, query=("issuer",), produces="text/html"),
    Route("GET", CALLBACK, callback, "Where a provider sends the browser back to; opens a session",
          open=True, answers={200: JwtResponse, 401: Error, 403: Error}, query=("state", "code", "error", "iss")),
)  # fmt: skip
