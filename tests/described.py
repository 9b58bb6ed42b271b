"""Does an answer keep what our own OpenAPI document promises? Used on answers that tests ask for anyway."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import Any

import jsonschema_rs

from brokerbook import app
from brokerbook.api import openapi
from brokerbook.api.routing import Router
from brokerbook.errors import CatalogError

ROUTER = Router(app.routes())
DOCUMENT = openapi.document(ROUTER.routes)
_REFERRED = re.compile(r'"#/components/schemas/([^"]+)"')


def faults(method: str, path: bytes, status: int, headers: dict[str, str], body: bytes) -> list[str]:
    """What is wrong with an answer, in sentences; nothing for a path that no route has. Header names are lower case."""
    try:
        route, _ = ROUTER.match(method, path)
    except CatalogError:
        return []
    place = f"{method} {route.template} {status}"
    described = DOCUMENT["paths"][route.template][route.method.lower()]["responses"].get(str(status))
    if described is None:
        return [f"{place} is not described"]
    if "$ref" in described:
        described = DOCUMENT["components"]["responses"][described["$ref"].rsplit("/", 1)[1]]
    found = [f"{place} lacks the header {name}" for name in described["headers"] if name.lower() not in headers]
    if route.may_be_empty and not body:
        return found
    if "content" not in described:
        return [*found, f"{place} has a body"] if body else found
    media = headers.get("content-type", "").split(";")[0]
    if media not in described["content"]:
        return [*found, f"{place} is {media}, which is not described"]
    if media == "application/json" and method != "HEAD":
        validator = _validator(route.template, route.method.lower(), status)
        found += [
            f"{place} at {'/'.join(map(str, error.instance_path))}: {error.message[:400]}"
            for error in validator.iter_errors(json.loads(body))
        ]
    return found


def _validator(template: str, method: str, status: int) -> jsonschema_rs.Draft202012Validator:
    described = DOCUMENT["paths"][template][method]["responses"][str(status)]
    if "$ref" in described:
        described = DOCUMENT["components"]["responses"][described["$ref"].rsplit("/", 1)[1]]
    return _of(json.dumps(described["content"]["application/json"]["schema"]))


@cache
def _of(schema: str) -> jsonschema_rs.Draft202012Validator:
    """The validator of a schema, with those components alone that it needs: all of them take megabytes each time."""
    needed: dict[str, Any] = {}
    waiting = _REFERRED.findall(schema)
    while waiting:
        name = waiting.pop()
        if name not in needed:
            needed[name] = DOCUMENT["components"]["schemas"][name]
            waiting += _REFERRED.findall(json.dumps(needed[name]))
    return jsonschema_rs.Draft202012Validator(
        json.loads(schema) | {"components": {"schemas": needed}}, validate_formats=True, ignore_unknown_formats=True
    )
