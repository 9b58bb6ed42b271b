"""What the system tells of itself: which version it is, how to log in, which keys sign, whether it works: all of it open.

How much there is, it tells to known callers only.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from brokerbook import __version__
from brokerbook.api import query
from brokerbook.api.http import Response, json_response
from brokerbook.api.routing import Route
from brokerbook.engine import listing, seeds, shared_settings
from brokerbook.engine.sign_in import CALLBACK
from brokerbook.kinds import KINDS
from brokerbook.model.orchestration import NO_ORCHESTRATOR
from brokerbook.model.system import EntitiesCount, ServicesCount, StepValidation, SystemStatus, UiThemePreference

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from brokerbook.access.openid import Discovery
    from brokerbook.api.http import Request
    from brokerbook.store.database import Tx

CONTRACT_VERSION = "2.0.7"
"""The version of OpenMetadata that we say we are: its client refuses a server of another major.minor than its own."""


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


def ui_theme(request: Request) -> Response:
    """Logos and colours, which a user interface shows before anybody logs in."""
    setting = request.context.database.peek(lambda tx: shared_settings.found(tx, shared_settings.THEME))
    return json_response(setting.config_value)


def rdf(_: Request) -> Response:
    return json_response({"enabled": False})


def health(request: Request) -> Response:
    """Fails, with 503, if the database cannot be read."""
    request.context.database.data_version()
    return Response(200, [(b"content-type", b"text/plain; charset=utf-8")], b"OK")


def status(request: Request) -> Response:
    """Whether the parts work; like `health` it fails, with 503, if the database cannot be read."""
    database = request.context.database
    database.data_version()

    def step(description: str, message: str, *, passed: bool = True) -> StepValidation:
        return StepValidation(description=description, passed=passed, message=message)

    writes = database.failing is None and database.writer_lives
    return json_response(
        SystemStatus(
            database=step(
                "Whether data can be read and written.",
                "Reads and writes work." if writes else "Writes fail; the server's log says why.",
                passed=writes,
            ),
            searchInstance=step("Whether the search engine answers.", "There is none: the catalog needs none."),
            pipelineServiceClient=step("Whether the orchestrator answers.", NO_ORCHESTRATOR),
            jwks=step(
                "Whether there is a key that signs tokens.",
                "Tokens are signed with the key that is published.",
                passed=bool(request.context.signer.jwks()["keys"]),
            ),
            migrations=step("Whether the database has the form that this version needs.", "All migrations have run."),
            logStorage=step("Whether logs can be stored.", "The server's log goes to its output."),
        )
    )


# how much there is


def _counts(request: Request, *kinds: str) -> Awaitable[dict[str, int]]:
    """By name, how many entities of these kinds the caller may see."""
    include = query.include(request)
    actor = request.actor

    def counted(tx: Tx) -> dict[str, int]:
        return {name: listing.count(tx, actor, KINDS[name], include=include) if name in KINDS else 0 for name in kinds}

    return request.context.database.read(counted)


async def entities_count(request: Request) -> Response:
    found = await _counts(request, "topic", "messagingService", "user", "team", "glossary", "glossaryTerm")
    found["services"] = found.pop("messagingService")
    return json_response(EntitiesCount(**{f"{name}Count": number for name, number in found.items()}))


async def services_count(request: Request) -> Response:
    found = await _counts(request, "messagingService")
    return json_response(ServicesCount(messagingServiceCount=found["messagingService"]))


_S = "/api/v1/system"

ROUTES: tuple[Route, ...] = (
    Route("GET", f"{_S}/version", version, "The version of the API, and ours as revision", open=True),
    Route("GET", f"{_S}/config/jwks", jwks, "The keys that sign tokens", open=True),
    Route("GET", f"{_S}/config/auth", auth, "How to log in", open=True),
    Route("GET", f"{_S}/config/authorizer", authorizer, "Who administers", open=True),
    Route("GET", f"{_S}/config/customUiThemePreference", ui_theme, "Logos and colours of user interfaces", open=True,
          answers={200: UiThemePreference}),
    Route("GET", f"{_S}/config/rdf", rdf, "Whether there is an RDF store: no", open=True),
    Route("GET", f"{_S}/health", health, "Whether the catalog can read its data", open=True,
          answers={200: str}, produces="text/plain"),
    Route("GET", f"{_S}/status", status, "Whether the parts of the catalog work", open=True,
          answers={200: SystemStatus}),
    Route("GET", f"{_S}/entities/count", entities_count, "How many entities there are", query=("include",),
          answers={200: EntitiesCount}),
    Route("GET", f"{_S}/services/count", services_count, "How many services there are", query=("include",),
          answers={200: ServicesCount}),
)  # fmt: skip
