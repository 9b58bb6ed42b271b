"""Requests made by a machine from our OpenAPI document: none is answered otherwise than the document promises.

The same few requests each time, for CI. `SCHEMATHESIS_EXAMPLES=200` before pytest makes that many for each operation, and
others each time. Schemathesis's systematic phase (`schemathesis run --phases coverage`) takes minutes and is not part of it.
"""

from __future__ import annotations

import os
import re
import zlib
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis import checks

from brokerbook.api import openapi_words
from brokerbook.kinds import KINDS
from conftest import Client
from described import DOCUMENT, ROUTER
from make import LABELS, WORDS, make, path_of, prepare

if TYPE_CHECKING:
    from brokerbook.api.routing import Route
    from conftest import Server

pytestmark = pytest.mark.slow

_MANY = os.environ.get("SCHEMATHESIS_EXAMPLES")
_ROUTES = {(route.method, route.template): route for route in ROUTER.routes}
_ADDRESS = "http://catalog.test"
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_KNOWN = "known"
"""What one entity of every kind is called, so that many requests are about something that is there."""
_ABOVE = {"tag": LABELS, "glossaryTerm": WORDS}
"""Below what those of some kinds lie."""

SCHEMA: Any = schemathesis.openapi.from_dict(
    {key: value for key, value in DOCUMENT.items() if key != "security"},  # who may is test_routes_denied.py's business
    config=schemathesis.Config.from_dict({"phases": {"coverage": {"enabled": False}}}),
)
CHECKS: list[Any] = checks.CHECKS.get_by_names(
    [
        "not_a_server_error",
        "status_code_conformance",
        "content_type_conformance",
        "response_headers_conformance",
        "response_schema_conformance",
        "negative_data_rejection",
    ]
)


def _known(client: Client, kind_name: str) -> str:
    """The id of the entity that is there; made (again) if an earlier request removed or spoilt it."""
    if kind_name in _ABOVE:
        prepare(client)
    answer = client.put(path_of(kind_name), json=make(kind_name, name=_KNOWN))
    if answer.status_code >= 400:
        answer = client.put(path_of(kind_name), json=make(kind_name))
    assert answer.status_code < 400, answer.text
    return answer.json()["id"]


def _aim(case: Any, client: Client) -> None:
    """Three of four requests with a well-formed id or a name are about entities that are there."""
    kind_name = next((name for name in KINDS if case.operation.path.startswith(path_of(name))), None)
    body: Any = case.body
    if kind_name is None or zlib.crc32(repr((case.path_parameters, case.query, body)).encode()) % 4 == 0:
        return
    path = dict(case.path_parameters or {})
    for name, value in path.items():
        if name in ("id", "userId") and _UUID.fullmatch(str(value)):
            path[name] = _known(client, "user" if name == "userId" else kind_name)
        elif name == "name" and len(str(value)) <= 3072:
            _known(client, kind_name)
            path[name] = f"{_ABOVE[kind_name]}.{_KNOWN}" if kind_name in _ABOVE else _KNOWN
        elif name == "version" and re.fullmatch(r"[0-9]+\.[0-9]", str(value)):
            path[name] = "0.1"
    if path:
        case.path_parameters = path
    if isinstance(body, dict) and _UUID.fullmatch(str(body.get("id"))):
        case.body = body | {"id": path.get("id", _known(client, kind_name))}
    elif isinstance(body, str) and _UUID.fullmatch(body):
        case.body = _known(client, "user")


def _checks(case: Any) -> list[Any]:
    """The checks of a request's answer, without those that the contract itself wants to fail."""
    route = _ROUTES[case.operation.method.upper(), case.operation.path]
    left_out: set[str] = set()
    if 501 in route.answers:
        left_out.add("not_a_server_error")
    if route.template.endswith("/bulk") or _is_read_leniently(case, route):
        left_out.add("negative_data_rejection")  # each row of a bulk request has an answer of its own
    return [check for check in CHECKS if check.__name__ not in left_out]


def _schema_of(route: Route, name: str) -> Any:
    """What the description says of a parameter of the query."""
    own = openapi_words.OF_ROUTE.get((route.template, name))
    return (own or openapi_words.PARAMETERS[name])[1]


def _is_read_leniently(case: Any, route: Route) -> bool:
    """Whether a request breaks its schema as the contract lets it: `0` and `"no"` are taken for a boolean, and such."""
    flags = {name for name in route.query if _schema_of(route, name).get("type") == "boolean"}
    if any(str(value).lower() not in ("true", "false") for name, value in case.query.items() if name in flags):
        return True
    given = [value for name, value in case.query.items() if name in route.query]
    if any(
        value in ("", None, []) or (isinstance(value, list) and not all(str(part).strip() for part in value))
        for value in given
    ):
        return True  # an empty parameter is an absent one, and so is an empty entry of a list
    if route.body in (None, list[Any]) or not isinstance(case.body, (dict, list, str)):
        return False
    return _is_read(case.body, route.body, strict=False) and not _is_read(case.body, route.body, strict=True)


def _is_read(value: Any, kind: Any, *, strict: bool) -> bool:
    try:
        msgspec.convert(value, kind, strict=strict)
    except msgspec.ValidationError:
        return False
    return True


@SCHEMA.parametrize()
@settings(
    max_examples=int(_MANY or 8),
    derandomize=_MANY is None,
    deadline=None,
    database=None,
    suppress_health_check=[
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
        HealthCheck.filter_too_much,
        HealthCheck.function_scoped_fixture,
        HealthCheck.large_base_example,
    ],
    phases=[Phase.explicit, Phase.generate],  # shrinking would take minutes
)
def test_every_answer_is_as_described(case: Any, server: Server):
    client = Client(server, server.token("admin"))  # a new token each time: a request may be one that ends it
    _aim(case, client)
    sent: Any = requests.Request(**case.as_transport_kwargs(base_url=_ADDRESS)).prepare()
    headers = [
        (name.encode("latin-1"), value.encode("latin-1") if isinstance(value, str) else value)
        for name, value in sent.headers.items()
        if name.lower() not in ("authorization", "host")
    ]
    headers.append((b"authorization", f"Bearer {client.token}".encode()))
    response = server.send(sent.method, sent.url, content=sent.body, headers=headers)
    case.validate_response(response, checks=_checks(case))
