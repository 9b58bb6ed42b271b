"""The API's description and a page that shows it. Everything the page needs comes from this server and no other.

The page is Swagger UI, whose files a package brings. That version reads OpenAPI 3.0, so the page's own script puts
the few words of 3.1 that the description uses into those of 3.0 before it hands it over.
"""

from __future__ import annotations

import asyncio
import hashlib
from functools import cache, partial
from importlib import resources
from typing import TYPE_CHECKING

from brokerbook import __version__
from brokerbook.api.http import JSON, Response
from brokerbook.api.routing import Route

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

    from brokerbook.api.http import Request

_PAGE = "/api/docs"
_RULES = (
    b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    b"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_POLICY = (b"content-security-policy", _RULES)
_REFERRER = (b"referrer-policy", b"no-referrer")
_ASK_AGAIN = (b"cache-control", b"no-cache")  # kept, but only used when the server says that it is still true
_A_DAY = (b"cache-control", b"public, max-age=86400")

# Relative addresses, so that the page works below any prefix that a proxy adds; `{base}` leads to its files.
_HTML = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Brokerbook API</title>
<link rel="icon" type="image/png" href="{base}favicon-32x32.png">
<link rel="stylesheet" href="{base}swagger-ui.css">
<script src="{base}swagger-ui-bundle.js" defer></script>
<script src="{base}page.js" defer></script>
</head>
<body>
<div id="page"><noscript>This page needs JavaScript. The description itself is <a href="{base}../openapi.json">openapi.json</a>.</noscript></div>
</body>
</html>
"""

_SCRIPT = """\
"use strict";
// The words of JSON Schema that OpenAPI 3.0 does not have.
function older(value) {
  if (Array.isArray(value)) return value.map(older);
  if (value === null || typeof value !== "object") return value;
  const found = {};
  for (const [key, inner] of Object.entries(value)) found[key] = key === "example" ? inner : older(inner);
  if (Array.isArray(value.type)) {
    found.type = value.type.find((type) => type !== "null");
    found.nullable = true;
  }
  if (Array.isArray(value.anyOf) && value.anyOf.some((option) => option.type === "null")) {
    const options = found.anyOf.filter((option) => option.type !== "null");
    delete found.anyOf;
    if (options.length === 1) found.allOf = options;
    else found.anyOf = options;
    found.nullable = true;
  }
  if (Array.isArray(value.enum)) {
    found.enum = value.enum.filter((item) => item !== null);
    found.type = found.type || "string";
  }
  if (typeof value.pattern === "string") delete found.pattern; // examples made from one help nobody
  if (Array.isArray(value.examples)) {
    found.example = value.examples[0];
    delete found.examples;
  }
  return found;
}

const described = new URL("../openapi.json", document.currentScript.src);
document.addEventListener("DOMContentLoaded", async () => {
  const answer = await fetch(described);
  const spec = older(await answer.json());
  spec.openapi = "3.0.3";
  delete spec.info.license.identifier;
  spec.servers = [{ url: new URL("..", described).href.replace(/\\/$/, "") }];
  SwaggerUIBundle({
    spec,
    dom_id: "#page",
    docExpansion: "none",
    defaultModelsExpandDepth: 0,
    deepLinking: true,
    filter: true,
    persistAuthorization: false,
    validatorUrl: null,
  });
});
"""

_ASSETS = {
    "swagger-ui.css": "text/css",
    "swagger-ui-bundle.js": "text/javascript",
    "favicon-32x32.png": "image/png",
}
"""The files of the package that the page needs; no others are served."""


def root(_: Request) -> Response:
    """To whoever opens the server's address in a browser."""
    return Response(302, [(b"location", _PAGE[1:].encode()), _ASK_AGAIN], b"")


def page(request: Request) -> Response:
    """The documentation."""
    base = "" if request.scope["raw_path"].endswith(b"/") else "docs/"
    return _told(request, "text/html", _HTML.format(base=base).encode(), _ASK_AGAIN, _POLICY, _REFERRER)


def script(request: Request) -> Response:
    """The page's own script."""
    return _told(request, "text/javascript", _SCRIPT.encode(), _ASK_AGAIN)


async def asset(name: str, request: Request) -> Response:
    """One of the package's files."""
    # A megabyte is read from disk now and then rather than kept in memory for good.
    body = await asyncio.to_thread(_folder().joinpath(name).read_bytes)
    return _told(request, _ASSETS[name], body, _A_DAY)


@cache
def _folder() -> Traversable:
    vendor = resources.files("swagger_ui_bundle") / "vendor"
    return next(folder for folder in vendor.iterdir() if folder.name.startswith("swagger-ui"))


async def openapi(request: Request) -> Response:
    """The description, as JSON."""
    described = request.context.description
    body = await asyncio.to_thread(lambda: described.body)  # the first time it has to be made
    return _tagged(request, described.tag, Response(200, [JSON, _ASK_AGAIN], body))


def _told(request: Request, media: str, body: bytes, *headers: tuple[bytes, bytes]) -> Response:
    content = f"{media}; charset=utf-8" if media.startswith("text/") else media
    tag = hashlib.sha256(body + __version__.encode()).hexdigest()[:16]
    return _tagged(request, f'"{tag}"'.encode(), Response(200, [(b"content-type", content.encode()), *headers], body))


def _tagged(request: Request, tag: bytes, response: Response) -> Response:
    """The response with its entity tag, or 304 for a caller who has it already."""
    headers = [*response.headers, (b"etag", tag)]
    known = request.headers.get(b"if-none-match", b"")
    if any(part.strip().removeprefix(b"W/") == tag for part in known.split(b",")):
        return Response(304, headers, b"")
    return Response(200, headers, response.body)


ROUTES = (
    Route("GET", "/", root, "To the documentation", open=True, answers={302: None}, produces="text/html"),
    Route("GET", "/api/openapi.json", openapi, "This document", open=True, answers={200: None, 304: None}),
    Route("GET", _PAGE, page, "A page that shows this document", open=True, answers={200: str, 304: None}, produces="text/html"),
    Route(
        "GET", f"{_PAGE}/page.js", script, "The page's script",
        open=True, answers={200: str, 304: None}, produces="text/javascript",
    ),
    *(
        Route(
            "GET", f"{_PAGE}/{name}", partial(asset, name), "A file that the page needs",
            open=True, answers={200: str, 304: None}, produces=media,
        )
        for name, media in _ASSETS.items()
    ),
)  # fmt: skip
