"""Requests made by a machine from our OpenAPI document: none is answered otherwise than the document promises.

A thorough run, with other requests each time: `SCHEMATHESIS_EXAMPLES=200 .venv/bin/pytest tests/api/test_schemathesis.py`.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from make import LABELS, make, path_of, prepare
from schemathesis import checks

from brokerbook.kinds import KINDS
from described import DOCUMENT

if TYPE_CHECKING:
    from conftest import Client, Server

pytestmark = pytest.mark.slow

_WANTED = os.environ.get("SCHEMATHESIS_EXAMPLES")
_KNOWN = "known"
"""What one entity of every kind is called, so that some of the requests are about something that is there."""

_config: Any = schemathesis.Config.from_dict({
    "phases": {"examples": {"enabled": True}, "coverage": {"enabled": _WANTED is not None}},
})
SCHEMA: Any = schemathesis.openapi.from_dict(DOCUMENT, config=_config)
CHECKS: list[Any] = checks.CHECKS.get_by_names([
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    *(["negative_data_rejection"] if os.environ.get("NEG") else []),
])


@pytest.fixture(scope="module")
def known(server: Server, client: Client) -> dict[str, str]:
    """The ids of the entities that are there, by the paths of their kinds."""
    prepare(client)
    return {path_of(kind): client.put(path_of(kind), json=make(kind, name=_KNOWN)).json()["id"] for kind in KINDS}


def _about_known(case: Any, known: dict[str, str]) -> None:
    """Makes a request with a well-formed id or name one about the entity that is there, in three of four cases."""


@SCHEMA.parametrize()
@settings(
    max_examples=int(_WANTED or 8),
    derandomize=_WANTED is None,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.generate],
)
def test_every_answer_is_as_described(case: Any, server: Server, known: dict[str, str]):
    token = server.token("admin")  # a new one each time: the request may end it
    sent = requests.Request(**case.as_transport_kwargs(base_url="http://catalog.test")).prepare()
    headers = [
        (k.encode("latin-1") if isinstance(k, str) else k, v.encode("latin-1") if isinstance(v, str) else v)
        for k, v in sent.headers.items()
        if k.lower() not in ("authorization", "host")
    ]
    response = server.send(
        sent.method, sent.url, content=sent.body, headers=[*headers, (b"Authorization", f"Bearer {token}".encode())]
    )
    wanted = CHECKS
    if case.operation.path == "/api/v1/users/signup":
        wanted = [c for c in CHECKS if c.__name__ != "not_a_server_error"]
    case.validate_response(response, checks=wanted)
