"""An OpenID Connect provider on 127.0.0.1 with real keys and signatures, and a browser that signs in with it."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
import time
from contextlib import contextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, parse_qsl, unquote_plus, urlencode, urlsplit

import httpx
import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from brokerbook.issuers import Issuer

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from conftest import Client, Server

CLIENT = "catalog"
SECRET = "s3cret & of the=client"
CATALOG = "http://catalog.test"
AUTH = "/api/v1/auth"
MECHANISM = {"authType": "JWT", "config": {"JWTTokenExpiry": "Unlimited"}}
"""How a bot proves itself, as its request has to say."""

_Answer = tuple[int, dict[str, str], bytes]


@cache
def rsa_key(number: int) -> rsa.RSAPrivateKey:  # noqa: ARG001  a key for each
    """A key for each number, made once: making one takes long."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@cache
def ec_key(number: int) -> ec.EllipticCurvePrivateKey:  # noqa: ARG001  as above
    """The same on the curve P-256."""
    return ec.generate_private_key(ec.SECP256R1())


def jwk(kid: str | None, number: int = 1, algorithm: str = "RS256", **more: Any) -> dict[str, Any]:
    """A public key as a JWKS lists it."""
    public: Any = (rsa_key(number) if algorithm[0] != "E" else ec_key(number)).public_key()
    kind = RSAAlgorithm if algorithm[0] != "E" else ECAlgorithm
    members: dict[str, Any] = json.loads(kind.to_jwk(public)) | {"use": "sig", "alg": algorithm} | more
    return members if kid is None else members | {"kid": kid}


class Provider:
    """What one provider knows and does; tests change it as they like."""

    def __init__(self, address: str) -> None:
        self.issuer = address
        self.algorithm = "RS256"
        self.kid: str | None = "one"
        self.key = 1
        self.keys: list[dict[str, Any]] = [jwk("one")]
        self.user: dict[str, Any] = {"sub": "subject-1", "email": "ann@example.com", "email_verified": True}
        self.discovery: dict[str, Any] = {
            "issuer": address,
            "jwks_uri": f"{address}/jwks",
            "authorization_endpoint": f"{address}/authorize?tenant=1",
            "token_endpoint": f"{address}/token",
            "id_token_signing_alg_values_supported": ["RS256", "ES256"],
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        }
        self.claims: Callable[[dict[str, Any]], dict[str, Any]] = lambda claims: claims
        """Changes what the next ID tokens say."""
        self.header: dict[str, Any] = {}
        self.instead: dict[str, _Answer] = {}
        """Path → what is answered there in the place of everything else."""
        self.slow: dict[str, float] = {}
        """Path → seconds until it is answered."""
        self.asked: list[str] = []
        """The paths that were asked for."""
        self.sends_issuer = False
        self._codes: dict[str, dict[str, str]] = {}

    def token(self, **claims: Any) -> str:
        """A token that it signs; a claim that is None is left out."""
        now = int(time.time())
        said = {"iss": self.issuer, "sub": "subject-1", "iat": now, "exp": now + 300} | claims
        return self.signed({name: value for name, value in said.items() if value is not None})

    def signed(self, said: dict[str, Any], **header: Any) -> str:
        header = {"kid": self.kid} | self.header | header
        key = rsa_key(self.key) if self.algorithm[0] != "E" else ec_key(self.key)
        return jwt.encode(
            said, key, self.algorithm, {name: value for name, value in header.items() if value is not None}
        )

    def authorize(self, query: dict[str, str]) -> _Answer:
        code = secrets.token_urlsafe(12)
        self._codes[code] = query
        back = {"code": code, "state": query["state"]} | ({"iss": self.issuer} if self.sends_issuer else {})
        return 302, {"Location": f"{query['redirect_uri']}?{urlencode(back)}"}, b""

    def exchange(self, form: dict[str, str], authorization: str) -> _Answer:
        scheme, _, encoded = authorization.partition(" ")
        if scheme == "Basic":
            client, _, secret = base64.b64decode(encoded).decode().partition(":")
            known = (unquote_plus(client), unquote_plus(secret)) == (CLIENT, SECRET)
        else:
            known = (form.get("client_id"), form.get("client_secret", SECRET)) == (CLIENT, SECRET)
        if not known:
            return _json({"error": "invalid_client"}, 401)
        asked = self._codes.pop(form["code"], None)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest()).rstrip(b"=")
        if (
            asked is None
            or form["grant_type"] != "authorization_code"
            or asked["code_challenge"] != challenge.decode()
            or asked["code_challenge_method"] != "S256"
            or asked["redirect_uri"] != form["redirect_uri"]
        ):
            return _json({"error": "invalid_grant"}, 400)
        claims = self.claims({"aud": CLIENT, "nonce": asked["nonce"]} | self.user)
        return _json({"id_token": self.token(**claims), "access_token": "not looked at", "token_type": "Bearer"})

    def answer(self, path: str, query: dict[str, str], form: dict[str, str], authorization: str) -> _Answer:
        self.asked.append(path)
        time.sleep(self.slow.get(path, 0))
        if path in self.instead:
            return self.instead[path]
        if path == "/.well-known/openid-configuration":
            return _json({name: value for name, value in self.discovery.items() if value is not None})
        if path == "/jwks":
            return _json({"keys": self.keys})
        if path == "/authorize":
            return self.authorize(query)
        if path == "/token":
            return self.exchange(form, authorization)
        return 404, {}, b""


def _json(value: Any, status: int = 200) -> _Answer:
    return status, {"Content-Type": "application/json"}, json.dumps(value).encode()


class _Handler(BaseHTTPRequestHandler):
    provider: Provider

    def do_GET(self) -> None:
        self._answer({})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self._answer(dict(parse_qsl(body)))

    def _answer(self, form: dict[str, str]) -> None:
        parts = urlsplit(self.path)
        status, headers, body = self.provider.answer(
            parts.path, dict(parse_qsl(parts.query)), form, self.headers.get("Authorization", "")
        )
        try:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
        except (BrokenPipeError, ConnectionResetError):
            pass  # whoever asked did not wait

    def log_message(self, format: str, *_: Any) -> None:  # noqa: A002  as its base has it
        """Says nothing."""


@contextmanager
def providing() -> Generator[Provider]:
    """A provider for as long as the block lasts."""
    handler = type("Handler", (_Handler,), {})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    handler.provider = provider = Provider(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def issuer(provider: Provider, name: str = "corp", **more: Any) -> Issuer:
    """The settings of a provider's issuer."""
    return Issuer(name=name, issuer=provider.issuer, client_id=CLIENT, client_secret=SECRET, **more)


class Browser:
    """A browser in front of a catalog: keeps the cookie, follows redirects when it is told to."""

    def __init__(self, server: Server) -> None:
        from conftest import Client

        self.client: Client = Client(server, None)
        self.cookie = "nothing=here"
        self.set_cookie = ""

    def begin(self, name: str | None = None) -> str:
        """Begins a sign-in; returns the provider's address that it is sent to."""
        answer = self.client.get(f"{AUTH}/login", params={} if name is None else {"issuer": name})
        assert answer.status_code == 302, answer.text
        self.set_cookie = answer.headers["set-cookie"]
        self.cookie = self.set_cookie.partition(";")[0]
        return answer.headers["location"]

    def visit(self, location: str) -> dict[str, str]:
        """Signs in at the provider; returns the query with which that sends it back."""
        back = httpx.get(location).headers["location"]
        assert back.startswith(f"{CATALOG}{AUTH}/callback?"), back
        return {name: values[0] for name, values in parse_qs(urlsplit(back).query).items()}

    def come_back(self, query: dict[str, str], cookie: str | None = None) -> httpx.Response:
        return self.client.get(f"{AUTH}/callback", params=query, headers={"Cookie": cookie or self.cookie})

    def sign_in(self, name: str | None = None) -> httpx.Response:
        """All of it."""
        return self.come_back(self.visit(self.begin(name)))

    def me(self, session: httpx.Response, fields: str = "teams,roles") -> dict[str, Any]:
        """The user of a session."""
        assert session.status_code == 200, session.text
        found = self.client.get(
            "/api/v1/users/loggedInUser", token=session.json()["accessToken"], params={"fields": fields}
        )
        assert found.status_code == 200, found.text
        return found.json()
