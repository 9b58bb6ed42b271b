"""From an error to its response: one body for all of them (ruling 3), and nothing internal in it."""

from __future__ import annotations

import msgspec

from brokerbook.api.http import JSON, Headers, Response
from brokerbook.errors import CatalogError, MethodNotAllowed, NotAuthenticated, Unavailable

_INTERNAL = "An internal error happened. The log has the details under this answer's X-Request-Id."


def response_of(error: Exception) -> Response:
    """The response for anything that a handler raised."""
    if not isinstance(error, CatalogError):
        error = CatalogError(_INTERNAL)
    headers: Headers = [JSON]
    if isinstance(error, NotAuthenticated):
        headers.append((b"www-authenticate", b"om-auth"))
    elif isinstance(error, MethodNotAllowed):
        headers.append((b"allow", ", ".join(error.allowed).encode()))
    elif isinstance(error, Unavailable):
        headers.append((b"retry-after", str(error.retry_after).encode()))
    body = {"code": error.status, "errorType": error.error_type, "message": error.message}
    return Response(error.status, headers, msgspec.json.encode(body))
