"""The API's description: an OpenAPI 3.1 document made from the route table and the structs.

What a route reads and answers is said in its `Route`; what a body holds is said by its struct. Here is only what they
have in common: parameters, headers, faults, examples, names.
"""

from __future__ import annotations

import hashlib
from functools import cached_property
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, get_args

import msgspec

from brokerbook import __version__
from brokerbook.api.schemas import REF, Schemas
from brokerbook.kinds import KINDS
from brokerbook.model.wire import Error, Paging

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from brokerbook.api.routing import Route
    from brokerbook.kinds.kind import Kind

Json = dict[str, Any]

VERSION = "3.1.0"
_ABOUT = """\
A catalog of messaging platforms that speaks OpenMetadata's REST API.

Every operation that is not marked as open needs a bearer token: `brokerbook token NAME` prints one, and
`POST /api/v1/users/login` gives one for a password. Every error has the same three keys, and every answer has the header
`X-Request-Id`, which the log has too. In a request, an explicit null means the same as leaving the key out.
"""
_TAGS = {
    "users": "People, and the bots that act for programs; logins and tokens.",
    "events": "What happened to entities, as it was committed.",
    "system": "What a client asks before it is known.",
    "operation": "What supervisors and Prometheus ask.",
    "documentation": "This document, and a page that shows it.",
}

# parameters

_UUID: Json = {"type": "string", "format": "uuid"}
_FQN: Json = {"type": "string", "minLength": 1, "maxLength": 3072}
_FLAG: Json = {"type": "boolean", "default": False}
_MILLISECONDS: Json = {"type": "integer", "format": "int64"}
_KINDS: Json = {"type": "array", "items": {"enum": ["*", *KINDS]}}

_PARAMETERS: dict[str, tuple[str, Json]] = {
    # in paths
    "id": ("The entity's id.", _UUID),
    "name": ("The entity's fully qualified name; a part with a dot in it stands in double quotes.", _FQN),
    "version": ("The version's number, such as `0.2`.", {"type": "string", "pattern": r"^\d{1,9}\.\d$"}),
    "userId": ("The id of the user who follows.", _UUID),
    # in queries
    "fields": ("Which references the answer is to show, or `*` for all of them.", {"type": "array"}),
    "include": (
        "Whether soft-deleted entities are seen.",
        {"enum": ["non-deleted", "deleted", "all"], "default": "non-deleted"},
    ),
    "limit": (
        "The most entries in the answer.",
        {"type": "integer", "minimum": 0, "maximum": 1_000_000, "default": 10},
    ),
    "after": (
        "The page after this cursor, which an answer's `paging` gave; not together with `before`.",
        {"type": "string"},
    ),
    "before": ("The page before this cursor, which an answer's `paging` gave.", {"type": "string"}),
    "domain": ("Only entities in the domain with this fully qualified name.", _FQN),
    "startTs": ("The beginning of the time span, in epoch milliseconds.", _MILLISECONDS),
    "endTs": ("The end of the time span, in epoch milliseconds.", _MILLISECONDS),
    "recursive": ("Whether what lies below the entity is deleted with it; else an entity with children stays.", _FLAG),
    "hardDelete": ("Whether the entity is removed for good; else it can be restored.", _FLAG),
    "async": ("Whether to answer at once and do it afterwards.", _FLAG),
    "username": ("Another user, for administrators; without it the caller.", {"type": "string"}),
    "removeAll": ("Whether every token is meant, whatever the body lists.", _FLAG),
    "timestamp": ("The time from which events are told, in epoch milliseconds.", _MILLISECONDS),
    "entityCreated": ("Kinds whose new entities are told of.", _KINDS),
    "entityUpdated": ("Kinds whose changed entities are told of.", _KINDS),
    "entityRestored": ("Kinds whose restored entities are told of.", _KINDS),
    "entityDeleted": ("Kinds whose deleted entities are told of, soft-deleted ones included.", _KINDS),
}
_HISTORY_LIMIT: Json = {"type": "integer", "minimum": 1, "maximum": 500, "default": 10}

_IF_MATCH = 'Change only this version: an ETag, `W/"0.2"` for a version, or `*`.'
_IF_NONE_MATCH = "Answer 304 if the entity still has this ETag."

# headers of answers

_HEADERS: dict[str, tuple[str, bool]] = {
    "X-Request-Id": ("The request's number, which its log line has too.", True),
    "ETag": ("Stands for exactly this answer.", True),
    "Location": ("Where the new entity is.", True),
    "X-OpenMetadata-Change": ("What the request did, such as `entityUpdated` or `entityNoChange`.", True),
    "WWW-Authenticate": ("The scheme that is asked for.", True),
    "Retry-After": ("In how many seconds to try again.", True),
}

# faults: status → when it happens

_FAULTS = {
    400: "The request is wrong; the message says where.",
    401: "There is no token, or it is not valid (any more).",
    403: "The caller may not do this.",
    404: "The entity, or something that the request refers to, does not exist.",
    406: "The caller does not accept the type of the answer.",
    409: "There is such an entity already.",
    412: "The entity has been changed since it was read.",
    413: "The body is larger than the server accepts.",
    415: "The body's Content-Type is another one.",
    500: "A mistake of the server's; the log has it under the request's id.",
    503: "The storage cannot be used now; nothing was changed.",
}

# bodies as people write them, by struct

_SOMETHING = "0b6a9f4e-7a43-4c1e-9f55-5f0c6d1f2a11"
EXAMPLES: dict[str, Json] = {
    "CreateMessagingService": {
        "name": "orders",
        "serviceType": "Kafka",
        "description": "Orders and their **payments**.",
        "connection": {"config": {"type": "Kafka", "bootstrapServers": "localhost:9092"}},
    },
    "CreateUser": {"name": "amy", "email": "amy@example.com", "displayName": "Amy"},
    "CreateTeam": {"name": "payments", "teamType": "Group", "description": "They take the money."},
    "CreateDomain": {"name": "sales", "domainType": "Aggregate", "description": "All that is sold."},
    "CreateDataProduct": {"name": "orders", "description": "Every order, once.", "domains": ["sales"]},
    "CreateClassification": {"name": "PII", "description": "Says something about a person."},
    "CreateTag": {"name": "Sensitive", "classification": "PII", "description": "Not for everybody."},
    "LoginRequest": {"email": "admin", "password": "c2VjcmV0LXBhc3N3b3Jk"},
    "RestoreEntity": {"id": _SOMETHING},
    "TestConnectionResult": {
        "status": "Successful",
        "steps": [{"name": "GetTopics", "mandatory": True, "passed": True}],
    },
}
_PATCHES = list[Any]
_PATCH: Json = {
    "type": "array",
    "description": "JSON Patch (RFC 6902). What cannot be changed is silently put back.",
    "items": {
        "type": "object",
        "properties": {
            "op": {"enum": ["add", "remove", "replace", "move", "copy", "test"]},
            "path": {"type": "string", "description": "A JSON Pointer.", "pattern": "^/"},
            "from": {"type": "string", "description": "A JSON Pointer, for `move` and `copy`.", "pattern": "^/"},
            "value": {"description": "For `add`, `replace` and `test`."},
        },
        "required": ["op", "path"],
    },
    "examples": [[{"op": "add", "path": "/description", "value": "Orders, **all** of them."}]],
}


class Description:
    """The document of one route table, as it is served; made when it is first asked for."""

    def __init__(self, routes: Sequence[Route]) -> None:
        self._routes = routes

    @cached_property
    def body(self) -> bytes:
        """The document as JSON."""
        return msgspec.json.encode(document(self._routes))

    @cached_property
    def tag(self) -> bytes:
        """Its entity tag."""
        return b'"' + hashlib.sha256(self.body).hexdigest()[:16].encode() + b'"'


def document(routes: Iterable[Route]) -> Json:
    """The OpenAPI document of a route table."""
    routes = list(routes)
    schemas = _schemas(routes)
    paths: dict[str, Json] = {}
    for route in routes:
        paths.setdefault(route.template, {})[route.method.lower()] = _operation(route, schemas)
    used = dict.fromkeys(_tag(route) for route in routes)
    about = _TAGS | {kind.resource: _about(kind.entity) for kind in KINDS.values() if kind.resource not in _TAGS}
    return {
        "openapi": VERSION,
        "info": {
            "title": "Brokerbook",
            "version": __version__,
            "description": _ABOUT,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": tag, "description": about.get(tag, "")} for tag in used],
        "security": [{"bearer": []}],
        "paths": paths,
        "components": {
            "schemas": schemas.components,
            "responses": {_fault_name(status): _fault(status) for status in _FAULTS},
            "headers": {
                name: {"description": words, "required": required, "schema": {"type": "string"}}
                for name, (words, required) in _HEADERS.items()
            },
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
        },
    }


# one operation


def operation_id(route: Route) -> str:
    """Method, literals and parameters of a route as one word: `getMessagingServicesByName`."""
    segments = [segment for segment in route.template.split("/") if segment not in {"", "api", "v1", "services"}]
    parameters = [segment[1:-1] for segment in segments if segment.startswith("{")]
    literals = [
        segment
        for segment, following in zip(segments, [*segments[1:], ""], strict=True)
        if not segment.startswith("{") and following != f"{{{segment}}}"
    ]
    verb = "list" if route.method == "GET" and _is_list(route.answers.get(200)) else route.method.lower()
    words = "".join(_capital(part) for literal in literals for part in literal.replace("-", ".").split("."))
    by = "And".join(_capital(parameter) for parameter in parameters)
    return f"{verb}{words or 'Root'}{'By' if by else ''}{by}"


def _capital(word: str) -> str:
    return word[:1].upper() + word[1:]


def _tag(route: Route) -> str:
    segments = route.template.strip("/").split("/")
    if segments[:2] == ["api", "v1"]:
        return segments[3] if segments[2] == "services" else segments[2]
    return "documentation" if segments[0] in {"", "api"} else "operation"


def _operation(route: Route, schemas: Schemas) -> Json:
    found: Json = {"operationId": operation_id(route), "summary": route.summary, "tags": [_tag(route)]}
    if route.open:
        found["security"] = []
    parameters = list(_parameters(route))
    if parameters:
        found["parameters"] = parameters
    if route.consumes is not None:
        found["requestBody"] = {"required": True, "content": {route.consumes.decode(): _body(route, schemas)}}
    answers = {str(status): _answer(route, status, answer, schemas) for status, answer in sorted(route.answers.items())}
    if _kind_at_a_point(route) is not None and route.method == "GET":
        answers["304"] = _described("The entity still has the ETag that the caller knows.", "ETag")
    faults = {str(status): {"$ref": f"#/components/responses/{_fault_name(status)}"} for status in _faults(route)}
    found["responses"] = dict(sorted((faults | answers).items()))
    return found


def _parameters(route: Route) -> Iterator[Json]:
    for segment in route.template.split("/"):
        if segment.startswith("{"):
            words, schema = _PARAMETERS[segment[1:-1]]
            yield {"name": segment[1:-1], "in": "path", "required": True, "description": words, "schema": schema}
    for name in route.query:
        words, schema = _PARAMETERS[name]
        found = {"name": name, "in": "query", "description": words, "schema": schema}
        if name == "limit" and route.template.endswith("/history"):
            found["schema"] = _HISTORY_LIMIT
        elif name == "fields" and (kind := _kind(route)) is not None:
            found["schema"] = {"type": "array", "items": {"enum": _askable(kind)}}
        if found["schema"].get("type") == "array":
            found |= {"style": "form", "explode": False}  # separated by commas
        yield found
    if _kind_at_a_point(route) is not None and route.method in {"GET", "PATCH"}:
        name, words = ("If-None-Match", _IF_NONE_MATCH) if route.method == "GET" else ("If-Match", _IF_MATCH)
        yield {"name": name, "in": "header", "description": words, "schema": {"type": "string"}}


def _askable(kind: Kind) -> list[str]:
    return [*kind.link_of, *(["domain"] if "domain" in kind.fields else [])]


def _kind(route: Route) -> Kind | None:
    """The kind whose entity, or entities, a route answers."""
    entity = _told(route.answers.get(200))
    return next((kind for kind in KINDS.values() if kind.entity is entity), None)


def _kind_at_a_point(route: Route) -> Kind | None:
    """The kind, if the route is that of one entity, by id or by name."""
    kind = _kind(route)
    if kind is None or _is_list(route.answers.get(200)):
        return None
    return kind if route.template in {f"/api{kind.path}/{{id}}", f"/api{kind.path}/name/{{name}}"} else None


def _is_list(answer: Any) -> bool:
    return isinstance(answer, dict)


def _told(answer: Any) -> Any:
    """The type of an answer, or of the entries of a page."""
    return answer["list"] if _is_list(answer) else answer


# answers


def _answer(route: Route, status: int, answer: Any, schemas: Schemas) -> Json:
    headers: list[str] = []
    changed = _kind(route) is not None or getattr(answer, "__name__", "") == "ChangeEvent"
    if _kind_at_a_point(route) is not None and route.method in {"GET", "PATCH"}:
        headers.append("ETag")
    if status == 201 and route.method == "POST":
        headers.append("Location")
    elif (
        route.method in {"PUT", "PATCH", "DELETE"}
        and changed
        and status in {200, 201}
        and "/users/" not in route.template
    ):
        headers.append("X-OpenMetadata-Change")
    found = _described(HTTPStatus(status).phrase, *headers)
    if status < 300 or status >= 400:
        media = "application/json" if status >= 400 else route.produces
        found["content"] = {media: _content(answer, media, schemas)}
    return found


def _described(words: str, *headers: str) -> Json:
    return {
        "description": words,
        "headers": {name: {"$ref": f"#/components/headers/{name}"} for name in ("X-Request-Id", *headers)},
    }


def _faults(route: Route) -> Iterator[int]:
    reads = route.consumes is not None
    names = "{" in route.template
    yield 400
    if not route.open:
        yield 401
        yield 403
    if names or reads or "domain" in route.query or "username" in route.query:
        yield 404
    yield 406
    if not route.open and route.method in {"POST", "PUT", "PATCH"}:
        yield 409
    if route.method == "PATCH":
        yield 412
    if reads:
        yield 413
        yield 415
    yield 500
    yield 503


def _fault_name(status: int) -> str:
    return HTTPStatus(status).phrase.title().replace(" ", "")


def _fault(status: int) -> Json:
    headers = {401: ["WWW-Authenticate"], 503: ["Retry-After"]}.get(status, [])
    found = _described(_FAULTS[status], *headers)
    return found | {"content": {"application/json": {"schema": {"$ref": f"{REF}Error"}}}}


def _about(struct: type) -> str:
    return " ".join((struct.__doc__ or "").split())


# bodies and answers


def _schemas(routes: list[Route]) -> Schemas:
    bodies = [route.body for route in routes if route.body not in {None, str, _PATCHES}]
    answers = [_told(answer) for route in routes for answer in route.answers.values()]
    return Schemas(bodies, [Error, Paging, *(answer for answer in answers if answer is not None)])


def _body(route: Route, schemas: Schemas) -> Json:
    if route.body == _PATCHES:
        return {"schema": _PATCH}
    if route.body is str:
        return {"schema": _UUID | {"description": "A user's id, as JSON text."}}
    found: Json = {"schema": schemas.of(route.body)}
    name = getattr(route.body, "__name__", "")
    if name in EXAMPLES:
        found["example"] = EXAMPLES[name]
    elif (rows := get_args(route.body)) and rows[0].__name__ in EXAMPLES:
        found["example"] = [EXAMPLES[rows[0].__name__]]
    return found


def _content(answer: Any, media: str, schemas: Schemas) -> Json:
    if media != "application/json":
        return {"schema": {"type": "string"}} if media.startswith("text/") else {}
    if answer is None:
        return {"schema": {}}
    return {"schema": schemas.page_of(_told(answer)) if _is_list(answer) else schemas.of(answer)}
