"""What can go wrong, each with the HTTP status and the error type that the wire shows for it.

CatalogError                      500 INTERNAL_SERVER_ERROR
├── BadRequest                    400 BAD_REQUEST
│   └── RuleViolation             400 RULE_VIOLATION
├── NotAuthenticated              401 UNAUTHORIZED
├── NotAuthorized                 403 FORBIDDEN
├── EntityNotFound                404 ENTITY_NOT_FOUND
├── RouteNotFound                 404 NOT_FOUND
├── MethodNotAllowed              405 METHOD_NOT_ALLOWED
├── NotAcceptable                 406 NOT_ACCEPTABLE
├── EntityAlreadyExists           409 ENTITY_ALREADY_EXISTS
├── PreconditionFailed            412 PRECONDITION_FAILED
├── PayloadTooLarge               413 PAYLOAD_TOO_LARGE
├── UnsupportedMediaType          415 UNSUPPORTED_MEDIA_TYPE
├── NotOffered                    501 NOT_IMPLEMENTED
└── Unavailable                   503 SERVICE_UNAVAILABLE

The message is shown to the caller as it stands: it names the thing, and never holds a secret or an internal.
`StartupError` is not one of them: it stops the process and its text goes to the terminal.
"""

from __future__ import annotations

from typing import ClassVar


class CatalogError(Exception):
    """A request that could not be done; `message` is the sentence that the caller reads."""

    status: ClassVar[int] = 500
    error_type: ClassVar[str] = "INTERNAL_SERVER_ERROR"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class BadRequest(CatalogError):
    status = 400
    error_type = "BAD_REQUEST"


class RuleViolation(BadRequest):
    """A rule between entities is broken: how many owners, which data products."""

    error_type = "RULE_VIOLATION"


class TooLong(BadRequest):
    """The request asks for more than can be found in the time that a request of its sort may take."""


class NotAuthenticated(CatalogError):
    status = 401
    error_type = "UNAUTHORIZED"


class NotAuthorized(CatalogError):
    status = 403
    error_type = "FORBIDDEN"


class EntityNotFound(CatalogError):
    status = 404
    error_type = "ENTITY_NOT_FOUND"

    @classmethod
    def of(cls, kind: str, key: str) -> EntityNotFound:
        """The contract's text for a missing entity, looked up by id or by fully qualified name."""
        return cls(f"{kind} instance for {key} not found")


class RouteNotFound(CatalogError):
    status = 404
    error_type = "NOT_FOUND"

    def __init__(self, message: str = "HTTP 404 Not Found") -> None:
        super().__init__(message)


class MethodNotAllowed(CatalogError):
    status = 405
    error_type = "METHOD_NOT_ALLOWED"

    def __init__(self, allowed: tuple[str, ...]) -> None:
        super().__init__("HTTP 405 Method Not Allowed")
        self.allowed = allowed


class NotAcceptable(CatalogError):
    status = 406
    error_type = "NOT_ACCEPTABLE"

    def __init__(self) -> None:
        super().__init__("HTTP 406 Not Acceptable")


class EntityAlreadyExists(CatalogError):
    status = 409
    error_type = "ENTITY_ALREADY_EXISTS"

    def __init__(self, message: str = "Entity already exists") -> None:
        super().__init__(message)


class PreconditionFailed(CatalogError):
    status = 412
    error_type = "PRECONDITION_FAILED"


class PayloadTooLarge(CatalogError):
    status = 413
    error_type = "PAYLOAD_TOO_LARGE"


class UnsupportedMediaType(CatalogError):
    status = 415
    error_type = "UNSUPPORTED_MEDIA_TYPE"

    def __init__(self) -> None:
        super().__init__("HTTP 415 Unsupported Media Type")


class NotOffered(CatalogError):
    """What others have at this place is not offered here, and will not be by trying again."""

    status = 501
    error_type = "NOT_IMPLEMENTED"


class Unavailable(CatalogError):
    """The storage cannot take or give data now; the caller may try again after `retry_after` seconds."""

    status = 503
    error_type = "SERVICE_UNAVAILABLE"

    def __init__(self, message: str, retry_after: int = 1) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class StartupError(Exception):
    """Why the server or a command cannot start, and what to do about it; never shown over HTTP."""
