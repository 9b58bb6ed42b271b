"""The API's description: complete, valid, and kept by what the server answers; and the page that shows it."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
import schemathesis

from brokerbook.api import openapi
from brokerbook.api.openapi_examples import EXAMPLES
from brokerbook.connectors import SERVICE_TYPES, config_struct
from brokerbook.kinds import KINDS
from described import DOCUMENT, ROUTER, faults

if TYPE_CHECKING:
    import httpx

    from conftest import Client

SERVICES = "/api/v1/services/messagingServices"
OPERATIONS = [
    (method, path, operation) for path, methods in DOCUMENT["paths"].items() for method, operation in methods.items()
]
SCHEMAS: dict[str, Any] = DOCUMENT["components"]["schemas"]


def check(answer: httpx.Response) -> httpx.Response:
    """The answer, which has to be as described."""
    path = answer.request.url.raw_path.split(b"?")[0]
    headers = {name.lower(): value for name, value in answer.headers.items()}
    wrong = faults(answer.request.method, path, answer.status_code, headers, answer.content)
    assert not wrong, wrong
    return answer


# the document


def test_every_route_is_described_and_nothing_else():
    routes = {(route.method.lower(), route.template) for route in ROUTER.routes}
    assert {(method, path) for method, path, _ in OPERATIONS} == routes


def test_the_document_is_valid():
    assert DOCUMENT["openapi"].startswith("3.1")
    schemathesis.openapi.from_dict(DOCUMENT).validate()


def test_what_the_server_serves_is_the_document(client: Client):
    answer = check(client.get("/api/openapi.json", token=None))
    assert answer.json() == json.loads(json.dumps(DOCUMENT))
    again = check(client.get("/api/openapi.json", token=None, headers={"If-None-Match": answer.headers["etag"]}))
    assert (again.status_code, again.content) == (304, b"")


def test_a_summary_has_the_article_that_its_noun_takes():
    wrong = re.compile(r"\b(a [aeio]|an [^aeioA-Z])")
    assert [operation["summary"] for _, _, operation in OPERATIONS if wrong.search(operation["summary"])] == []


def test_operations_have_names_that_stay():
    names = [operation["operationId"] for _, _, operation in OPERATIONS]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z][A-Za-z0-9]*", name) for name in names)
    assert {
        "listMessagingServices",
        "postMessagingServices",
        "putMessagingServicesBulk",
        "getMessagingServicesByName",
        "getMessagingServicesVersionsByIdAndVersion",
        "postUsersLogin",
        "getLivez",
    } <= set(names)


def test_open_routes_and_no_others_need_no_token():
    unprotected = {(method.upper(), path) for method, path, operation in OPERATIONS if operation.get("security") == []}
    assert unprotected == {(route.method, route.template) for route in ROUTER.routes if route.open}
    assert all("401" in operation["responses"] for _, _, operation in OPERATIONS if "security" not in operation)


def test_every_tag_is_explained():
    explained = {tag["name"]: tag["description"] for tag in DOCUMENT["tags"]}
    assert all(explained.values())
    assert {tag for _, _, operation in OPERATIONS for tag in operation["tags"]} == explained.keys()


def test_every_parameter_of_a_path_is_declared():
    for _, path, operation in OPERATIONS:
        declared = [each["name"] for each in operation.get("parameters", []) if each["in"] == "path"]
        assert declared == re.findall(r"\{(\w+)\}", path)


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_is_one(name: str):
    struct = next(
        body
        for route in ROUTER.routes
        for body in (route.body, *getattr(route.body, "__args__", ()))
        if getattr(body, "__name__", "") == name
    )
    msgspec.json.decode(msgspec.json.encode(EXAMPLES[name]), type=struct)


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_every_kind_has_an_example_of_its_own(kind: Any):
    assert kind.create.__name__ in EXAMPLES


@pytest.mark.parametrize("service_type", SERVICE_TYPES)
def test_the_properties_of_every_service_type_are_described(service_type: str):
    struct = config_struct(service_type)
    schema = SCHEMAS[f"{struct.__name__.removesuffix('Config')}Connection"]
    assert list(schema["properties"]) == [field.encode_name for field in msgspec.structs.fields(struct)]
    reference = {"$ref": f"#/components/schemas/{schema['title']}"}
    assert reference in SCHEMAS["CreateConnection"]["properties"]["config"]["anyOf"]
    assert reference | {"required": ["type"]} in SCHEMAS["Connection"]["properties"]["config"]["oneOf"]


def test_secrets_are_marked():
    password = SCHEMAS["KafkaConnection"]["properties"]["saslPassword"]
    assert password["format"] == "password"
    assert password["x-secret"] is True
    assert "x-secret" not in SCHEMAS["KafkaConnection"]["properties"]["saslUsername"]


def test_a_null_is_allowed_where_one_may_be_sent_and_nowhere_else():
    assert SCHEMAS["CreateMessagingService"]["properties"]["displayName"]["type"] == ["string", "null"]
    assert SCHEMAS["MessagingService"]["properties"]["displayName"]["type"] == "string"
    assert "null" not in json.dumps(SCHEMAS["MessagingService"])


def test_a_document_of_fewer_routes_holds_their_schemas_only():
    routes = [route for route in ROUTER.routes if route.template.endswith("/system/version")]
    small = openapi.document(routes)
    assert list(small["paths"]) == ["/api/v1/system/version"]
    assert "MessagingService" not in small["components"]["schemas"]


# what the server answers


def test_the_check_finds_what_is_wrong():
    right = {"content-type": "application/json", "x-request-id": "1"}
    assert not faults("GET", b"/livez", 200, right, b'{"status":"ok"}')
    for status, headers, body in [
        (200, right, b'{"status":1}'),
        (200, right, b'{"status":"ok","more":1}'),
        (200, {"content-type": "application/json"}, b'{"status":"ok"}'),
        (200, right | {"content-type": "text/html"}, b"ok"),
        (201, right, b'{"status":"ok"}'),
        (503, right, b'{"code":503,"message":"no"}'),
    ]:
        assert faults("GET", b"/livez", status, headers, body), (status, headers, body)


@pytest.mark.parametrize("service_type", SERVICE_TYPES)
def test_answers_about_a_service_of_every_type_are_as_described(client: Client, as_bot: Client, service_type: str):
    check(client.put("/api/v1/domains", json=EXAMPLES["CreateDomain"]))
    admin = check(client.get("/api/v1/users/name/admin")).json()["id"]
    asked = {
        "name": f"described {service_type}",
        "serviceType": service_type,
        "connection": {"config": {}},
        "owners": [{"id": admin, "type": "user"}],
        "domain": "sales",
    }
    made = check(client.post(SERVICES, json=asked)).json()
    one = f"{SERVICES}/{made['id']}"
    check(client.put(SERVICES, json=asked))
    check(client.put(f"{SERVICES}/bulk", json=[asked, {"name": 1}]))
    check(client.put(f"{one}/testConnectionResult", json=EXAMPLES["TestConnectionResult"]))
    check(client.put(f"{one}/followers", json=admin))
    check(client.patch(one, json=[{"op": "add", "path": "/description", "value": "new"}]))
    for caller in (client, as_bot):
        tag = check(caller.get(one)).headers["etag"]
        assert check(caller.get(one, headers={"If-None-Match": tag})).status_code == 304
        check(caller.get(f"{SERVICES}/name/{made['name']}?fields=*"))
        check(caller.get(f"{SERVICES}?fields=*&limit=1"))
        check(caller.get(f"{one}/versions"))
        check(caller.get(f"{one}/versions/0.1"))
        check(caller.get(f"{SERVICES}/history?startTs=0&endTs=9999999999999"))
    check(client.delete(f"{one}/followers/{admin}"))
    check(client.delete(one))
    check(client.put(f"{SERVICES}/restore", json={"id": made["id"]}))
    check(client.delete(f"{SERVICES}/async/{made['id']}"))
    check(client.get("/api/v1/events?entityCreated=*&entityUpdated=*&entityDeleted=*&entityRestored=*"))


def test_refusals_are_as_described(client: Client, as_user: Client):
    asked = {"name": "refused", "serviceType": "Kafka"}
    made = check(client.post(SERVICES, json=asked)).json()
    one = f"{SERVICES}/{made['id']}"
    seen = [
        check(answer).status_code
        for answer in (
            client.post(SERVICES, json={}),
            client.post(SERVICES, json=asked, token=None),
            as_user.post(SERVICES, json=asked),
            client.get(f"{SERVICES}/name/nope"),
            client.get(SERVICES, headers={"Accept": "text/csv"}),
            client.post(SERVICES, json=asked),
            client.patch(one, json=[], headers={"If-Match": '"stale"'}),
            client.post(SERVICES, content=b"x", headers={"Content-Length": str(2**40)}),
            client.post(SERVICES, json=asked, headers={"Content-Type": "text/plain"}),
        )
    ]
    assert seen == [400, 401, 403, 404, 406, 409, 412, 413, 415]


# What a GET needs in its query that is refused without.
NEEDED = {
    "/api/v1/permissions/explain": {"resource": "user", "operation": "ViewAll"},
    "/api/v1/permissions/debug/evaluate": {"resource": "user", "operation": "ViewAll"},
    "/api/v1/permissions/policies": {"ids": "00000000-0000-4000-8000-000000000000"},
}


@pytest.mark.parametrize(
    "route", [r for r in ROUTER.routes if r.method == "GET" and "{" not in r.template], ids=lambda r: r.template
)
def test_every_plain_get_is_as_described(client: Client, route: Any):
    response = check(client.get(route.template, params=NEEDED.get(route.template)))
    signs_in = route.template.startswith("/api/v1/auth/")  # there is no issuer here
    assert response.status_code < 400 or "ids" in route.query or signs_in or 501 in route.answers


# the page


class Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.inline: list[str] = []
        self._tag = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._tag = tag
        self.found += [value for name, value in attrs if name in {"src", "href"} and value]
        self.inline += [name for name, _ in attrs if name.startswith("on") or name == "style"]

    def handle_data(self, data: str) -> None:
        if self._tag in {"script", "style"} and data.strip():
            self.inline.append(data)


@pytest.mark.parametrize("path", ["/api/docs", "/api/docs/"])
def test_everything_on_the_page_comes_from_this_server(client: Client, path: str):
    page = check(client.get(path, token=None))
    links = Links()
    links.feed(page.text)
    assert not links.inline
    assert len(links.found) >= 4
    for link in links.found:
        assert "//" not in link
        answer = client.get(str(page.url.join(link).raw_path, "ascii"), token=None)
        assert answer.status_code == 200, link
        again = client.get(
            str(page.url.join(link).raw_path, "ascii"), token=None, headers={"If-None-Match": answer.headers["etag"]}
        )
        assert again.status_code == 304
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy


def test_a_browser_is_told_what_each_file_is(client: Client):
    for name, media in [
        ("swagger-ui.css", "text/css; charset=utf-8"),
        ("swagger-ui-bundle.js", "text/javascript; charset=utf-8"),
        ("page.js", "text/javascript; charset=utf-8"),
        ("favicon-32x32.png", "image/png"),
    ]:
        answer = check(client.get(f"/api/docs/{name}", token=None))
        assert answer.headers["content-type"] == media
        assert answer.headers["x-content-type-options"] == "nosniff"


def test_no_other_file_of_the_package_is_served(client: Client):
    for name in ("index.html", "swagger-ui.js", "..%2f__init__.py", "%2e%2e/__init__.py", "swagger-initializer.js"):
        assert client.get(f"/api/docs/{name}").status_code == 404


def test_the_root_leads_to_the_page(client: Client):
    answer = check(client.get("/", token=None))
    assert answer.status_code == 302
    assert answer.url.join(answer.headers["location"]).path == "/api/docs"
