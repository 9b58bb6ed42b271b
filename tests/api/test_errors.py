"""What bad requests get: one body for all errors, and never a 500 for the caller's mistake (rulings 3, 4 and 9)."""

from __future__ import annotations

import pytest

from brokerbook.kinds import KINDS
from make import SERVICES, fresh, made, make, path_of
from strict import fault


@pytest.fixture(scope="module")
def service(client):
    return made(client, "messagingService")


# media types


@pytest.mark.parametrize(
    "media", ["text/plain", "application/xml", "application/json-patch+json", "nonsense", "application/jsonx"]
)
def test_another_media_type_is_415(client, media):
    for method, path in (
        ("POST", SERVICES),
        ("PUT", SERVICES),
        ("PUT", f"{SERVICES}/bulk"),
        ("PUT", f"{SERVICES}/restore"),
    ):
        response = client.request(method, path, content="{}", headers={"Content-Type": media})
        assert fault(response, 415, "UNSUPPORTED_MEDIA_TYPE") == "HTTP 415 Unsupported Media Type"


@pytest.mark.parametrize("media", ["application/json; charset=utf-8", "APPLICATION/JSON", "application/json ;a=b"])
def test_the_media_type_is_read_without_case_and_parameters(client, media):
    response = client.post(SERVICES, json=make("messagingService"), headers={"Content-Type": media})
    assert response.status_code == 201


def test_a_get_does_not_care_about_its_content_type(client):
    assert client.get(SERVICES, headers={"Content-Type": "text/plain"}).status_code == 200


@pytest.mark.parametrize("accepted", ["text/html", "image/*", "application/json;q=0", "text/plain, text/html"])
def test_who_does_not_take_json_gets_406(client, service, accepted):
    for path in (SERVICES, f"{SERVICES}/{service['id']}"):
        response = client.get(path, headers={"Accept": accepted})
        assert fault(response, 406, "NOT_ACCEPTABLE") == "HTTP 406 Not Acceptable"


@pytest.mark.parametrize(
    "accepted", ["*/*", "application/*", "application/json", "text/html, application/json;q=0.5", "text/html,*/*;q=0.1"]
)
def test_who_takes_json_among_others_gets_it(client, accepted):
    assert client.get(SERVICES, headers={"Accept": accepted}).status_code == 200


# methods and paths


@pytest.mark.parametrize(
    ("method", "below", "allowed"),
    [
        ("DELETE", "", "GET, HEAD, POST, PUT"),
        ("PATCH", "", "GET, HEAD, POST, PUT"),
        ("OPTIONS", "", "GET, HEAD, POST, PUT"),
        ("POST", "/{id}", "DELETE, GET, HEAD, PATCH"),
        ("PUT", "/{id}", "DELETE, GET, HEAD, PATCH"),
        ("PUT", "/name/x", "DELETE, GET, HEAD, PATCH"),
        ("GET", "/{id}/testConnectionResult", "PUT"),
        ("GET", "/{id}/followers", "PUT"),
        ("POST", "/{id}/versions", "GET, HEAD"),
        ("TRACE", "/history", "GET, HEAD"),
    ],
)
def test_another_method_is_405_with_those_that_are_allowed(client, service, method, below, allowed):
    response = client.request(method, SERVICES + below.format(id=service["id"]))
    assert fault(response, 405, "METHOD_NOT_ALLOWED") == "HTTP 405 Method Not Allowed"
    methods = {name.strip() for name in response.headers["allow"].split(",")}
    assert set(allowed.split(", ")) <= methods
    assert method not in methods


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/{id}/nope"),
        ("PUT", "/{id}/vote"),
        ("GET", "/restore"),
        ("GET", "/bulk"),
        ("GET", "/name/x/export"),
        ("GET", "/{id}/versions/0.1/more"),
        ("GET", "/name/a/b"),
    ],
)
def test_what_is_no_route_is_404_as_json(client, service, method, path):
    response = client.request(method, SERVICES + path.format(id=service["id"]))
    assert fault(response, 404, "NOT_FOUND") == "HTTP 404 Not Found"


def test_an_unknown_part_of_the_api_is_404_as_json(client):
    for path in ("/api/v1/nope", "/api/nope", "/api/v2/users", "/api/v1/services/messagingservices"):
        fault(client.get(path), 404, "NOT_FOUND")


def test_the_caller_is_asked_for_before_anything_else_is_told(client, service):
    for method, path, content in (
        ("GET", f"{SERVICES}/name/nope", None),
        ("GET", "/api/v1/nope", None),
        ("DELETE", SERVICES, None),
        ("POST", SERVICES, "{"),
        ("GET", f"{SERVICES}/{service['id']}?fields=nope", None),
    ):
        response = client.request(method, path, content=content, token=None)
        assert fault(response, 401, "UNAUTHORIZED") == "Not Authorized! Token not present"
        assert response.headers["www-authenticate"] == "om-auth"


def test_only_a_401_asks_to_authenticate(client, as_user):
    responses = [
        client.get(f"{SERVICES}/name/nope"),
        as_user.post(SERVICES, json=make("messagingService")),
        client.post(SERVICES, json={}),
        client.delete(SERVICES),
    ]
    assert not any("www-authenticate" in response.headers for response in responses)


def test_head_is_get_without_its_body(client, service):
    for path in (SERVICES, f"{SERVICES}/{service['id']}", f"{SERVICES}/name/nope"):
        got, head = client.get(path), client.request("HEAD", path)
        assert head.status_code == got.status_code
        assert head.content == b""
        assert head.headers["content-length"] == got.headers["content-length"]
        assert head.headers.get("etag") == got.headers.get("etag")


@pytest.mark.parametrize("text", ["%FF", "%C3%28", "%ED%A0%80"])
def test_a_path_or_query_that_is_no_utf8_is_400(client, text):
    fault(client.get(f"{SERVICES}/name/{text}"), 400)
    fault(client.get(f"{SERVICES}?domain={text}"), 400)


def test_a_nul_in_a_path_or_query_finds_nothing(client):
    fault(client.get(f"{SERVICES}/name/a%00b"), 404, "ENTITY_NOT_FOUND")
    fault(client.get(f"{SERVICES}?domain=a%00b"), 404, "ENTITY_NOT_FOUND")
    fault(client.get(f"{SERVICES}?fields=a%00b"), 400)


@pytest.mark.parametrize("text", ["x", "1", "-", "00000000-0000-0000-0000-00000000000", "{id}", "%20", "null"])
def test_a_bad_uuid_is_404_in_every_path(client, text):
    for method, below in (
        ("GET", ""),
        ("PATCH", ""),
        ("DELETE", ""),
        ("GET", "/versions"),
        ("GET", "/versions/0.1"),
        ("PUT", "/followers"),
        ("PUT", "/testConnectionResult"),
    ):
        content = {"PATCH": "[]", "PUT": '"x"' if below == "/followers" else "{}"}.get(method)
        response = client.request(method, f"{SERVICES}/{text}{below}", content=content)
        assert fault(response, 404, "NOT_FOUND") == "HTTP 404 Not Found"
    fault(client.delete(f"{SERVICES}/async/{text}"), 404, "NOT_FOUND")


# queries


@pytest.mark.parametrize("kind", KINDS)
def test_unknown_query_parameters_are_ignored(client, kind):
    plain = client.get(path_of(kind)).json()
    assert client.get(f"{path_of(kind)}?colour=red&serviceType=Kafka&x&=y&fields=&include=").json() == plain


@pytest.mark.parametrize("text", ["all", "ALL", "deleted", "Deleted", "non-deleted", "NON_DELETED", ""])
def test_include_is_read_without_case(client, text):
    assert client.get(f"{SERVICES}?include={text}").status_code == 200


def test_another_include_is_400(client, service):
    for path in (SERVICES, f"{SERVICES}/{service['id']}", f"{SERVICES}/name/x"):
        message = fault(client.get(f"{path}?include=invalid-enum-value"), 400)
        assert message == "query param include must be one of [all, deleted, non-deleted]"


@pytest.mark.parametrize(
    "text", ["owners, domains", "owners,domains,", ",owners", "tags", "pipelines,dataProducts", "%20*%20"]
)
def test_fields_are_separated_by_commas_and_blanks_do_not_count(client, service, text):
    assert client.get(f"{SERVICES}/{service['id']}?fields={text}").status_code == 200


@pytest.mark.parametrize(("text", "named"), [("invalidField", "invalidField"), ("*,owners", "*"), ("Owners", "Owners")])
def test_a_field_that_is_none_is_400_and_named(client, service, text, named):
    for path in (SERVICES, f"{SERVICES}/{service['id']}"):
        assert fault(client.get(f"{path}?fields={text}"), 400) == f"Invalid field name {named}"


def test_of_a_repeated_parameter_the_first_counts(client, service):
    shown = client.get(f"{SERVICES}/{service['id']}?fields=owners&fields=tags").json()
    assert "owners" in shown
    assert "tags" not in shown


def test_a_name_with_a_misplaced_include_is_not_found(client):
    name = made(client, "messagingService", name=fresh("misplaced"))["name"]
    assert client.get(f"{SERVICES}/name/{name}").status_code == 200
    fault(client.get(f"{SERVICES}/name/{name}&include=all"), 404, "ENTITY_NOT_FOUND")


def test_plain_fields_come_without_asking(client, service):
    asked = "fields=id,name,version,connection,href,deleted"
    assert client.get(f"{SERVICES}/{service['id']}?{asked}").json() == client.get(f"{SERVICES}/{service['id']}").json()


def test_every_answer_has_a_request_id_of_its_own(client):
    ids = {client.get(path).headers["x-request-id"] for path in (SERVICES, SERVICES, "/api/v1/nope", f"{SERVICES}/x")}
    assert len(ids) == 4
