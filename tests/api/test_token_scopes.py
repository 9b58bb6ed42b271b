"""What a scope leaves of each route: walked over the route table, so that no route can forget it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from brokerbook import app
from brokerbook.api import kind_routes
from brokerbook.engine import verify
from brokerbook.kinds import KINDS
from make import SERVICES, fresh, kafka, made, make, path_of, prepare, ref

if TYPE_CHECKING:
    from conftest import Client, Server

USERS = "/api/v1/users"
ME = f"{USERS}/loggedInUser"
TOKENS = "/api/v1/tokens"
UUID = "00000000-0000-4000-8000-000000000000"
ROUTES = [route for route in app.routes() if not route.open]
_DEFINITIONS = "/api/v1/services/testConnectionDefinitions"
_SEARCHES = ("", "/query", "/fieldQuery", "/aggregate", "/get/{index}/doc/{id}")
ALWAYS = (
    {("GET", ME)}
    | {("GET", f"{_DEFINITIONS}{below}") for below in ("", "/{id}", "/name/{name}")}
    | {("GET", f"/api/v1/search{below}") for below in _SEARCHES}  # they find what the token leaves
)
"""Written by hand: a route that every token reaches has to be added here as well."""
OF_KIND = {kind.name: {(route.method, route.template) for route in kind_routes.routes(kind)} for kind in KINDS.values()}
READS = {"GET", "HEAD"}
PASSWORD = "Secret-word-1"


def called(route: Any) -> str:
    return f"{route.method} {route.template}"


def path(template: str) -> str:
    for name in ("id", "userId"):
        template = template.replace("{" + name + "}", UUID)
    return template.replace("{", "").replace("}", "")


def scoped(client: Client, user: str = "admin", **scopes: Any) -> str:
    response = client.post(TOKENS, json={"name": "scoped", "user": user, "scopes": scopes})
    assert response.status_code == 201, response.text
    return response.json()["jwtToken"]


def refusal(response: Any) -> str:
    assert response.status_code == 403, (response.status_code, response.text)
    assert response.json()["errorType"] == "FORBIDDEN"
    return response.json()["message"]


def by_scope(response: Any) -> bool:
    """Whether it was the token's scope that refused."""
    return response.status_code == 403 and "uses a token that" in response.json()["message"]


@pytest.fixture(scope="module")
def reading(client: Client) -> str:
    return scoped(client, readOnly=True)


@pytest.fixture(scope="module")
def for_kind(client: Client) -> dict[str, str]:
    return {name: scoped(client, kinds=[name]) for name in KINDS}


@pytest.fixture(scope="module")
def for_service(client: Client) -> str:
    client.put(SERVICES, json={"name": "scope-of-routes", "serviceType": "Kafka"}).raise_for_status()
    return scoped(client, services=["scope-of-routes"])


# every route


def test_the_routes_that_every_token_reaches_are_these_and_no_others():
    assert {(route.method, route.template) for route in ROUTES if route.any_scope} == ALWAYS


def test_a_route_names_a_kind_only_if_it_is_below_the_kinds_path():
    for route in ROUTES:
        if route.kind:
            assert route.template.startswith(path_of(route.kind)), called(route)


def test_the_routes_that_every_kind_has_name_their_kind():
    for route in ROUTES:
        for kind, own in OF_KIND.items():
            if (route.method, route.template) in own:
                assert route.kind == kind, called(route)


@pytest.mark.parametrize("route", ROUTES, ids=called)
def test_a_token_that_only_reads_is_refused_by_whatever_is_no_get(route: Any, client: Client, reading: str):
    response = client.request(route.method, path(route.template), token=reading, json={})
    if route.method in READS:
        assert not by_scope(response)
    else:
        assert refusal(response) == "Principal: CatalogPrincipal{name='admin'} uses a token that may only read"


@pytest.mark.parametrize("route", ROUTES, ids=called)
def test_a_token_for_one_kind_is_refused_by_every_route_of_another(
    route: Any, client: Client, for_kind: dict[str, str]
):
    for kind, token in for_kind.items():
        response = client.request(route.method, path(route.template), token=token, json={})
        if route.kind == kind or (route.method, route.template) in ALWAYS:
            assert not by_scope(response), kind
        else:
            assert refusal(response).endswith(f"uses a token that is only for the kinds {kind}"), kind


@pytest.mark.parametrize("route", ROUTES, ids=called)
def test_a_token_for_a_service_is_refused_by_every_route_that_is_not_of_services(
    route: Any, client: Client, for_service: str
):
    response = client.request(route.method, path(route.template), token=for_service, json={})
    if route.kind in {"messagingService", "topic", "ingestionPipeline"} or (route.method, route.template) in ALWAYS:
        assert not by_scope(response)
    else:
        assert refusal(response).endswith("uses a token that is only for the services scope-of-routes")


def test_a_path_that_is_no_route_is_404_for_a_scoped_token_too(client: Client, reading: str):
    assert client.post("/api/v1/nowhere", token=reading, json={}).status_code == 404
    assert client.request("HEAD", SERVICES, token=reading).status_code == 200


def test_everybody_may_know_who_he_is(client: Client, for_kind: dict[str, str]):
    for token in for_kind.values():
        assert client.get(ME, token=token).json()["name"] == "admin"


# one service


class Two:
    """Two services, and a token for the first."""

    def __init__(self, client: Client, user: str = "admin", **scopes: Any) -> None:
        self.client = client
        self.mine, self.other = (made(client, "messagingService", name=fresh("scope")) for _ in range(2))
        self.token = scoped(client, user, services=[self.mine["name"]], **scopes)
        self.refused = f"uses a token that is not for messagingService {self.other['name']}"

    def request(self, method: str, below: str, **more: Any) -> Any:
        return self.client.request(method, f"{SERVICES}{below}", token=self.token, **more)


@pytest.fixture(scope="module")
def two(client: Client) -> Two:
    return Two(client)


DESCRIBED = [{"op": "add", "path": "/description", "value": "Described."}]
RENAMED = [{"op": "add", "path": "/displayName", "value": "Renamed."}]
TESTED = {"status": "Successful", "steps": []}


def of_one(service: dict[str, Any], user_id: str) -> list[tuple[str, str, Any]]:
    """Every request about one service, what deletes it last."""
    service_id, name = service["id"], service["name"]
    return [
        ("GET", f"/{service_id}", None),
        ("GET", f"/{service_id}?fields=*", None),
        ("GET", f"/name/{name}", None),
        ("GET", f"/{service_id}/versions", None),
        ("GET", f"/{service_id}/versions/0.1", None),
        ("PUT", f"/{service_id}/followers", user_id),
        ("DELETE", f"/{service_id}/followers/{user_id}", None),
        ("PUT", f"/{service_id}/testConnectionResult", TESTED),
        ("PATCH", f"/{service_id}?dryRun=true", DESCRIBED),
        ("PATCH", f"/{service_id}", DESCRIBED),
        ("PATCH", f"/name/{name}", DESCRIBED),
        ("PUT", "", {"name": name, "serviceType": "Kafka", "displayName": "Another"}),
        ("DELETE", f"/{service_id}?dryRun=true", None),
        ("DELETE", f"/{service_id}", None),
        ("PUT", "/restore", {"id": service_id}),
        ("DELETE", f"/name/{name}", None),
        ("PUT", "/restore", {"id": service_id}),
        ("DELETE", f"/async/{service_id}?hardDelete=true", None),
    ]


def test_a_token_for_a_service_does_everything_with_it_and_nothing_with_another(client: Client):
    two, user = Two(client), client.get(ME).json()
    for method, below, body in of_one(two.other, user["id"]):
        assert two.refused in refusal(two.request(method, below, json=body)), (method, below)
    # the last of these requests leaves the token nothing
    for method, below, body in of_one(two.mine, user["id"]):
        response = two.request(method, below, json=body)
        # a service keeps its name: there is no rename to preview
        expected = {400} if (method, below) == ("PATCH", f"/{two.mine['id']}?dryRun=true") else {200, 201, 202}
        assert response.status_code in expected, (method, below, response.text)
    stored = client.get(f"{SERVICES}/{two.other['id']}?include=all").json()
    assert (stored["version"], stored["deleted"]) == (0.1, False)


def test_it_makes_no_service(two: Two):
    name = fresh("scope")
    asked = make("messagingService", name=name)
    for method in ("POST", "PUT"):
        assert f"is not for messagingService {name}" in refusal(two.request(method, "", json=asked))
    assert two.client.get(f"{SERVICES}/name/{name}").status_code == 404


def test_a_put_that_changes_nothing_is_refused_too(two: Two):
    asked = {"name": fresh("scope"), "serviceType": "Kafka"}
    assert two.client.put(SERVICES, json=asked).status_code == 201
    assert two.client.put(SERVICES, json=asked).headers["x-openmetadata-change"] == "entityNoChange"
    assert f"is not for messagingService {asked['name']}" in refusal(two.request("PUT", "", json=asked))


def test_of_a_bulk_request_its_own_row_alone_is_done(two: Two):
    before = two.client.get(f"{SERVICES}/{two.other['id']}").json()
    rows = [make("messagingService", name=each["name"], description="In bulk.") for each in (two.mine, two.other)]
    result = two.request("PUT", "/bulk", json=rows).json()
    assert result["status"] == "partialSuccess"
    (failed,) = result["failedRequest"]
    assert two.refused in failed["message"]
    assert two.client.get(f"{SERVICES}/{two.mine['id']}").json()["description"] == "In bulk."
    assert two.client.get(f"{SERVICES}/{two.other['id']}").json() == before


def test_rows_that_change_nothing_are_refused_in_bulk_too(two: Two):
    rows = [{"name": fresh("scope"), "serviceType": "Kafka"}]
    assert two.client.put(f"{SERVICES}/bulk", json=rows).json()["status"] == "success"
    assert two.client.put(f"{SERVICES}/bulk", json=rows).json()["status"] == "success"
    assert two.request("PUT", "/bulk", json=rows).json()["status"] == "failure"


def test_a_list_shows_and_counts_its_service_alone(two: Two):
    for query in ("", "?include=all", "?fields=owners,tags", "?limit=0"):
        found = two.request("GET", query).json()
        assert found["paging"]["total"] == 1
        assert [each["name"] for each in found["data"]] == ([] if "limit=0" in query else [two.mine["name"]])


def test_a_history_shows_its_service_alone(two: Two):
    two.client.patch(f"{SERVICES}/{two.other['id']}", json=DESCRIBED).raise_for_status()
    found = two.request("GET", "/history?startTs=0&endTs=99999999999999&limit=500").json()
    assert {each["name"] for each in found["data"]} == {two.mine["name"]}


def test_a_service_whose_name_holds_a_dot_is_meant_by_its_quoted_name(client: Client):
    service = made(client, "messagingService", name=f"{fresh('scope')}.eu")
    token = scoped(client, services=[f'"{service["name"]}"'])
    assert client.get(f"{SERVICES}/{service['id']}", token=token).status_code == 200
    assert client.get(SERVICES, token=token).json()["paging"]["total"] == 1


# what a scope is not


def test_a_scope_gives_nothing(client: Client, server: Server):
    reader = server.as_user(fresh("reader"))
    name = reader.get(ME).json()["name"]
    two = Two(client, name)
    for method, below, body in (("PATCH", f"/{two.mine['id']}", RENAMED), ("DELETE", f"/{two.mine['id']}", None)):
        plain = reader.request(method, f"{SERVICES}{below}", json=body)
        assert refusal(two.request(method, below, json=body)) == refusal(plain)
    assert two.request("GET", f"/{two.mine['id']}").status_code == 200


def test_a_token_with_a_scope_makes_no_password_and_no_token(client: Client):
    token = scoped(client, kinds=["user"])
    asked = make("user", password=PASSWORD, confirmPassword=PASSWORD, createPasswordType="ADMIN_CREATE")
    for method in ("POST", "PUT"):
        answer = client.request(method, USERS, json=asked, token=token)
        assert refusal(answer).endswith("uses a token with a scope, with which no passwords and tokens are handled")
    assert client.get(f"{USERS}/name/{asked['name']}").status_code == 404
    assert client.post(USERS, json=make("user"), token=token).status_code == 201


def test_a_token_that_only_reads_lists_tokens(client: Client, reading: str):
    assert client.get(TOKENS, token=reading).status_code == 200


def test_a_bot_with_a_scope_acts_for_others_within_it(client: Client):
    bot = made(client, "user", isBot=True)
    patch = [{"op": "add", "path": "/allowImpersonation", "value": True}]
    client.patch(f"{USERS}/{bot['id']}", json=patch).raise_for_status()
    owner = made(client, "user")
    mine, other = (made(client, "messagingService", owners=[ref(owner)]) for _ in range(2))
    more: dict[str, Any] = {
        "headers": {"X-Impersonate-User": owner["name"]},
        "token": scoped(client, bot["name"], services=[mine["name"]]),
    }
    assert client.patch(f"{SERVICES}/{mine['id']}", json=DESCRIBED, **more).status_code == 200
    assert "is not for messagingService" in refusal(client.patch(f"{SERVICES}/{other['id']}", json=DESCRIBED, **more))
    more["token"] = scoped(client, bot["name"], readOnly=True)
    assert "may only read" in refusal(client.patch(f"{SERVICES}/{mine['id']}", json=DESCRIBED, **more))


def test_a_bot_with_a_scope_sees_the_secrets_of_its_service_and_no_others(client: Client):
    mine, other = (
        made(client, "messagingService", connection=kafka(saslPassword=f"word-{number}")) for number in range(2)
    )
    token = scoped(client, "ingestion-bot", services=[mine["name"]], readOnly=True)
    shown = client.get(f"{SERVICES}/{mine['id']}", token=token).json()
    assert shown["connection"]["config"]["saslPassword"] == "word-0"
    refusal(client.get(f"{SERVICES}/{other['id']}", token=token))


def test_a_scope_that_cannot_be_read_lets_nobody_in(client: Client, server: Server):
    name = made(client, "user")["name"]
    token = scoped(client, name, readOnly=True)
    (token_id,) = (each["id"] for each in client.get(TOKENS, params={"user": name}).json()["data"])

    def spoil(tx: Any) -> None:
        tx.run("UPDATE token SET scope = 'x' WHERE id = :id", {"id": token_id})

    server.run(server.catalog.context.database.write(spoil))
    assert client.get(ME, token=token).status_code == 401


def test_a_rotated_token_keeps_its_scope(client: Client):
    response = client.post(TOKENS, json={"name": "scoped", "scopes": {"kinds": ["user"]}})
    new = client.post(f"{TOKENS}/{response.json()['id']}/rotate", json={}).json()
    prepare(client)
    refusal(client.get(path_of("tag"), token=new["jwtToken"]))
    assert client.get(USERS, token=new["jwtToken"]).status_code == 200


# services that go


def test_a_service_of_the_same_name_is_not_the_one_that_a_token_was_for(client: Client):
    gone, stays = (made(client, "messagingService") for _ in range(2))
    only, both = (scoped(client, services=[each["name"] for each in some]) for some in ((gone,), (gone, stays)))
    for token in (only, both):
        assert client.get(f"{SERVICES}/{gone['id']}", token=token).status_code == 200
    client.delete(f"{SERVICES}/{gone['id']}")
    again = client.put(f"{SERVICES}/restore", json={"id": gone["id"]}, token=only)
    assert again.status_code == 200, "a service that can come back is still its own"
    client.delete(f"{SERVICES}/{gone['id']}?hardDelete=true")
    other = made(client, "messagingService", name=gone["name"])
    assert client.get(f"{SERVICES}/{other['id']}", token=only).status_code == 401
    assert by_scope(client.get(f"{SERVICES}/{other['id']}", token=both))
    assert client.get(f"{SERVICES}/{stays['id']}", token=both).status_code == 200


def test_a_preview_of_a_delete_leaves_scopes_as_they_are(client: Client):
    service = made(client, "messagingService")
    token = scoped(client, services=[service["name"]])
    client.delete(f"{SERVICES}/{service['id']}?hardDelete=true&dryRun=true")
    assert client.get(f"{SERVICES}/{service['id']}", token=token).status_code == 200


def test_a_token_whose_scope_cannot_be_read_is_listed_as_one_that_reaches_nothing(client: Client, server: Server):
    name = made(client, "user")["name"]
    scoped(client, name, kinds=["user"])
    (token_id,) = (each["id"] for each in client.get(TOKENS, params={"user": name}).json()["data"])

    def spoil(tx: Any) -> None:
        tx.run("UPDATE token SET scope = '{}x' WHERE id = :id", {"id": token_id})

    context = server.catalog.context
    server.run(context.database.write(spoil))
    (listed,) = client.get(TOKENS, params={"user": name}).json()["data"]
    assert listed["scopes"] == {"readOnly": True, "kinds": [], "services": []}
    assert client.get(f"{TOKENS}/{token_id}").json() == listed
    found = context.database.peek(lambda tx: list(verify.problems(tx, context.sealer)))
    assert [text for text in found if token_id in text and "cannot be read" in text]
    assert client.delete(f"{TOKENS}/{token_id}").status_code == 200
