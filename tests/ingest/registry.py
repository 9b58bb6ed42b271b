"""A stand-in for a Schema Registry: as much of Confluent's REST interface as Kafka clients use, kept in memory.

It stands in because no registry can be installed here as a package: Confluent's and Apicurio's are Java programs, which
PyPI and Debian do not have, and Karapace is on neither. `TEST_SCHEMA_REGISTRY=URL` puts a real one in its place.
"""

from __future__ import annotations

import base64
import contextlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Generator

CREDENTIALS = "reader:s3cret-word"
"""The user and the password that it asks for."""

_Answer = tuple[int, Any]
_AUTHORIZATION = f"Basic {base64.b64encode(CREDENTIALS.encode()).decode()}"
_NO_SUBJECT, _NO_VERSION, _NO_SCHEMA = 40401, 40402, 40403


class StandIn:
    """Schemas by number, and for each subject the numbers of its versions."""

    def __init__(self) -> None:
        self.schemas: list[dict[str, Any]] = []
        self.subjects: dict[str, list[int]] = {}
        self._lock = threading.Lock()

    def answer(self, method: str, path: list[str], body: dict[str, Any]) -> _Answer:
        """The status and the JSON for a request."""
        with self._lock:
            match method, path:
                case "GET", ["subjects"]:
                    return 200, sorted(self.subjects)
                case "GET", ["subjects", subject, "versions", version]:
                    return self._version(subject, version)
                case "POST", ["subjects", subject, "versions"]:
                    return 200, {"id": self._registered(subject, body)}
                case "GET", ["schemas", "ids", number]:
                    return self._schema(int(number))
                case "GET", ["config", *_]:
                    return 200, {"compatibilityLevel": "NONE"}
                case _:
                    return 404, {"error_code": 404, "message": "HTTP 404 Not Found"}

    def _version(self, subject: str, version: str) -> _Answer:
        numbers = self.subjects.get(subject)
        if numbers is None:
            return 404, {"error_code": _NO_SUBJECT, "message": f"Subject '{subject}' not found."}
        number = len(numbers) if version == "latest" else int(version)
        if not 1 <= number <= len(numbers):
            return 404, {"error_code": _NO_VERSION, "message": f"Version {version} not found."}
        schema = numbers[number - 1]
        return 200, {"subject": subject, "version": number, "id": schema, **self.schemas[schema - 1]}

    def _schema(self, number: int) -> _Answer:
        if not 1 <= number <= len(self.schemas):
            return 404, {"error_code": _NO_SCHEMA, "message": f"Schema {number} not found"}
        return 200, self.schemas[number - 1]

    def _registered(self, subject: str, schema: dict[str, Any]) -> int:
        """The number of a schema: the one it has, whichever subject brought it."""
        if schema.get("schemaType") == "AVRO":
            del schema["schemaType"]  # the default, which is never told
        if schema not in self.schemas:
            self.schemas.append(schema)
        number = self.schemas.index(schema) + 1
        versions = self.subjects.setdefault(subject, [])
        if number not in versions:
            versions.append(number)
        return number


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    stand_in: StandIn

    def do_GET(self) -> None:
        self._do()

    def do_POST(self) -> None:
        self._do()

    def _do(self) -> None:
        content = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        path = [unquote(part) for part in urlsplit(self.path).path.split("/")[1:]]
        if self.headers.get("Authorization") == _AUTHORIZATION:
            status, answer = self.stand_in.answer(self.command, path, json.loads(content or b"{}"))
        else:
            status, answer = 401, {"error_code": 401, "message": "Unauthorized"}
        told = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/vnd.schemaregistry.v1+json")
        self.send_header("Content-Length", str(len(told)))
        self.end_headers()
        self.wfile.write(told)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the name that it has there
        """Says nothing."""


@contextlib.contextmanager
def standing_in() -> Generator[str]:
    """The stand-in for as long as the block lasts; its address."""
    handler = type("Handler", (_Handler,), {"stand_in": StandIn()})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
