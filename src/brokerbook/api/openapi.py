"""The API's description: an OpenAPI 3.1 document made from the route table and the structs.

What a route reads and answers is said in its `Route`; what a body holds is said by its struct. Here is only what they
have in common: parameters, headers, faults, examples, names.
"""

from __future__ import annotations

import hashlib
from functools import cached_property
from http import HTTPStatus
from itertools import pairwise
from typing import TYPE_CHECKING, Any, cast, get_args

import msgspec

from brokerbook import __version__
from brokerbook.api import openapi_words as words
from brokerbook.api.openapi_examples import EXAMPLES
from brokerbook.api.routing import NOTHING
from brokerbook.api.schemas import REF, Schemas
from brokerbook.engine import computed
from brokerbook.kinds import KINDS
from brokerbook.model.wire import Error, Paging

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from brokerbook.api.routing import Route
    from brokerbook.errors import CatalogError
    from brokerbook.kinds.kind import Kind

Json = dict[str, Any]

VERSION = "3.1.0"
_PATCHES = list[Any]
"""What the routes of JSON Patch say that they read."""


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
    about = {kind.resource: _about(kind.entity) for kind in KINDS.values()} | words.TAGS
    return {
        "openapi": VERSION,
        "info": {
            "title": "Brokerbook",
            "version": __version__,
            "description": words.ABOUT,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": tag, "description": text} for tag, text in about.items()],
        "security": [{"bearer": []}],
        "paths": paths,
        "components": {
            "schemas": schemas.components,
            "responses": {_fault_name(error.status): _fault(error) for error in words.FAULTS},
            "headers": {
                name: {"description": text, "required": required, "schema": {"type": "string"}}
                for name, (text, required) in words.HEADERS.items()
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
        for segment, following in pairwise([*segments, ""])
        if not segment.startswith("{") and following != f"{{{segment}}}"
    ]
    verb = "list" if route.method == "GET" and _is_list(_main(route)) else route.method.lower()
    what = "".join(_capital(part) for literal in literals for part in literal.replace("-", ".").split("."))
    by = "And".join(_capital(parameter) for parameter in parameters)
    return f"{verb}{what or 'Root'}{'By' if by else ''}{by}"


def _capital(word: str) -> str:
    return word[:1].upper() + word[1:]


def _tag(route: Route) -> str:
    segments = route.template.strip("/").split("/")
    if segments[:2] == ["api", "v1"]:
        deeper = segments[2] in {"services", "metadata", "automations", "events"} and len(segments) > 3
        return segments[3 if deeper else 2]
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
    if route.method == "GET" and _has_tag(route):
        answers["304"] = _described("Nothing has changed since the ETag that the caller knows.", "ETag")
    faults = {str(status): {"$ref": f"#/components/responses/{_fault_name(status)}"} for status in _faults(route)}
    found["responses"] = dict(sorted((faults | answers).items()))
    return found


def _parameters(route: Route) -> Iterator[Json]:
    for segment in route.template.split("/"):
        if segment.startswith("{"):
            text, schema = words.PARAMETERS[segment[1:-1]]
            yield {"name": segment[1:-1], "in": "path", "required": True, "description": text, "schema": schema}
    for name in route.query:
        own = words.OF_ROUTE.get((route.template, name))
        text, schema = own or words.PARAMETERS[name]
        found: Json = {"name": name, "in": "query", "description": text, "schema": schema}
        if own is not None:
            pass
        elif name == "limit" and route.template.endswith("/history"):
            found["schema"] = words.HISTORY_LIMIT
        elif name == "limit" and "offset" in route.query and not route.template.endswith("/hierarchy"):
            found["schema"] = words.WINDOW
        elif name == "fields" and (kind := _kind(route)) is not None:
            found["schema"] = {"type": "array", "items": {"type": "string", "enum": _askable(kind)}}
        if found["schema"].get("type") == "array":
            found |= {"style": "form", "explode": False}  # separated by commas
        yield found
    if _has_tag(route):
        name, text = ("If-None-Match", words.IF_NONE_MATCH) if route.method == "GET" else ("If-Match", words.IF_MATCH)
        yield {"name": name, "in": "header", "description": text, "schema": {"type": "string"}}


def _askable(kind: Kind) -> list[str]:
    domain = ["domain"] if "domain" in kind.fields else []
    return [*kind.link_of, *sorted(kind.on_request), *sorted(computed.inner(kind)), *domain]


def _kind(route: Route) -> Kind | None:
    """The kind whose entity, or entities, a route answers."""
    entity = _told(_main(route))
    return next((kind for kind in KINDS.values() if kind.entity is entity), None)


def _has_tag(route: Route) -> bool:
    """Whether answers have an ETag: those of one entity, by id or by name, and those that say so themselves."""
    if 304 in route.answers:
        return True
    kind = _kind(route)
    if kind is None or route.method not in {"GET", "PATCH"}:
        return False
    return route.template in {f"/api{kind.path}/{{id}}", f"/api{kind.path}/name/{{name}}"}


def _main(route: Route) -> Any:
    """What a route answers if all goes well."""
    return route.answers.get(200)


def _is_list(answer: object) -> bool:
    return isinstance(answer, dict)


def _told(answer: Any) -> Any:
    """The type of an answer, or of the entries of a page; of several that it may be, the first."""
    if isinstance(answer, tuple):
        return cast("tuple[Any, ...]", answer)[0]
    return answer["list"] if _is_list(answer) else answer


# answers


def _answer(route: Route, status: int, answer: Any, schemas: Schemas) -> Json:
    headers: list[str] = []
    changed = _kind(route) is not None or getattr(answer, "__name__", "") == "ChangeEvent"
    if _has_tag(route) and status == 200:
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
    empty = "; without a body while there is nothing to tell" if route.may_be_empty and status < 300 else ""
    found = _described(HTTPStatus(status).phrase + empty, *headers)
    if ((status < 300 and status != 204) or status >= 400) and answer is not NOTHING:
        media = "application/json" if status >= 400 else route.produces
        found["content"] = {media: _content(answer, media, schemas)}
    return found


def _described(text: str, *headers: str) -> Json:
    return {
        "description": text,
        "headers": {name: {"$ref": f"#/components/headers/{name}"} for name in ("X-Request-Id", *headers)},
    }


def _faults(route: Route) -> Iterator[int]:
    reads = route.consumes is not None
    names = "{" in route.template
    yield 400
    if not route.open or reads:  # an open route that reads a body takes a password or a token in it
        yield 401
    if not route.open:
        yield 403
    if (
        names
        or reads
        or not {"directChildrenOf", "domain", "ids", "include", "team", "user", "username"}.isdisjoint(route.query)
    ):
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


def _fault(error: type[CatalogError]) -> Json:
    when, message = words.FAULTS[error]
    headers = {401: ["WWW-Authenticate"], 503: ["Retry-After"]}.get(error.status, [])
    content: Json = {
        "schema": {"$ref": f"{REF}Error"},
        "example": {"code": error.status, "errorType": error.error_type, "message": message},
    }
    return _described(when, *headers) | {"content": {"application/json": content}}


def _about(struct: type) -> str:
    return " ".join((struct.__doc__ or "").split())


# bodies and answers


def _schemas(routes: list[Route]) -> Schemas:
    bodies = [route.body for route in routes if route.body not in {None, bytes, str, _PATCHES}]
    answers = [told for route in routes for answer in route.answers.values() for told in _each(answer)]
    return Schemas(bodies, [Error, Paging, *(answer for answer in answers if answer not in {None, NOTHING})])


def _each(answer: Any) -> tuple[Any, ...]:
    return cast("tuple[Any, ...]", answer) if isinstance(answer, tuple) else (_told(answer),)


def _body(route: Route, schemas: Schemas) -> Json:
    if route.body == _PATCHES:
        return {"schema": words.PATCH}
    if route.body is bytes:
        return {"schema": words.CSV}
    if route.body is str:
        return {"schema": words.UUID | {"description": "A user's id, as JSON text."}}
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
    if isinstance(answer, tuple):
        return {"schema": {"anyOf": [schemas.of(one) for one in _each(answer)]}}
    return {"schema": schemas.page_of(_told(answer)) if _is_list(answer) else schemas.of(answer)}
