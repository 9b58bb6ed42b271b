"""What a client asks before it is known: which version this is, how to log in, which keys sign. All of it is open."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from brokerbook import __version__
from brokerbook.api.http import Response, json_response
from brokerbook.api.routing import Route
from brokerbook.engine import seeds
from brokerbook.engine.sign_in import CALLBACK

if TYPE_CHECKING:
    from brokerbook.access.openid import Discovery
    from brokerbook.api.http import Request

CONTRACT_VERSION = "2.0.7"
"""The version of OpenMetadata that we say we are: its client refuses a server of another major.minor than its own."""

"""The domain of the e-mail addresses of the users that the first start makes."""

_STARTED = time.time_ns() // 1_000_000


def version(_: Request) -> Response:
    return json_response({"version": CONTRACT_VERSION, "revision": __version__, "timestamp": _STARTED})


def jwks(request: Request) -> Response:
    return json_response(request.context.signer.jwks())


def auth(request: Request) -> Response:
    """How to log in; of several issuers to sign in with, the shape has place for the first one only."""
    answer = {
        "clientType": "public",
        "provider": "basic",
        "responseType": "id_token",
        "providerName": "",
        "publicKeyUrls": [
            f"{request.base}/api/v1/system/config/jwks",
            *(document.jwks_uri for document in _discovered(request)),
        ],
        "authority": "",
        "clientId": "",
        "callbackUrl": "",
        "jwtPrincipalClaims": ["email", "preferred_username", "sub"],
        "jwtPrincipalClaimsMapping": [],
        "enableSelfSignup": False,
    }
    issuer = next((issuer for issuer in request.context.settings.issuers if issuer.signs_in), None)
    if issuer is not None:
        answer |= {
            "clientType": "confidential",  # the catalog itself asks the provider, at `/api/v1/auth/login`
            "provider": "custom-oidc",
            "responseType": "code",
            "providerName": issuer.name,
            "authority": issuer.issuer,
            "clientId": issuer.client_id,
            "callbackUrl": f"{request.base}{CALLBACK}",
            "jwtPrincipalClaims": issuer.principal_claims,
            "enableSelfSignup": issuer.create_users,
        }
    return json_response(answer)


def _discovered(request: Request) -> list[Discovery]:
    found = [provider.discovery.value for provider in request.context.sign_in.providers.values()]
    return [document for document in found if document is not None]


def authorizer(request: Request) -> Response:
    issuers = request.context.settings.issuers
    return json_response(
        {
            "className": "DefaultAuthorizer",
            "containerRequestFilter": "JwtFilter",
            "adminPrincipals": ["admin"],
            "testPrincipals": [],
            "allowedEmailRegistrationDomains": sorted({d for issuer in issuers for d in issuer.domains}) or ["all"],
            "principalDomain": seeds.MAIL_DOMAIN,
            "enforcePrincipalDomain": bool(issuers) and all(issuer.domains for issuer in issuers),
            "enableSecureSocketConnection": False,
            "useRolesFromProvider": any(issuer.roles_claim is not None for issuer in issuers),
        }
    )


def ui_theme(_: Request) -> Response:
    colours = ("primaryColor", "errorColor", "successColor", "warningColor", "infoColor")
    logos = ("customLogoUrlPath", "customMonogramUrlPath", "customFaviconUrlPath")
    return json_response({"customLogoConfig": dict.fromkeys(logos, ""), "customTheme": dict.fromkeys(colours, "")})


def rdf(_: Request) -> Response:
    return json_response({"enabled": False})


def health(request: Request) -> Response:
    """Fails, with 503, if the database cannot be read."""
    request.context.database.data_version()
    return json_response({"status": "OK"})


_S = "/api/v1/system"

ROUTES: tuple[Route, ...] = (
    Route("GET", f"{_S}/version", version, "The version of the API, and ours as revision", open=True),
    Route("GET", f"{_S}/config/jwks", jwks, "The keys that sign tokens", open=True),
    Route("GET", f"{_S}/config/auth", auth, "How to log in", open=True),
    Route("GET", f"{_S}/config/authorizer", authorizer, "Who administers", open=True),
    Route("GET", f"{_S}/config/customUiThemePreference", ui_theme, "Logos and colours: none", open=True),
    Route("GET", f"{_S}/config/rdf", rdf, "Whether there is an RDF store: no", open=True),
    Route("GET", f"{_S}/health", health, "Whether the catalog can read its data", open=True),
)
