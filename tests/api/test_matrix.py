"""Every route as every caller: what is let through, what is 403 and what 401 is what `matrix` says by hand.

A route without expectations fails, and so do expectations without a route. What is refused tells nothing of the entity.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote, urlsplit

import jwt
import pytest

from api.matrix import CALLERS, EVERY_KIND, OWNED, ROUTES, SOME_KINDS, expected
from brokerbook import app
from brokerbook.kinds import KINDS
from conftest import Client
from make import BROKER, SERVICES, fresh, kafka, made, make, path_of, prepare, ref

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from brokerbook.api.routing import Route
    from conftest import Server

TABLE = app.routes()
PATHS = sorted(((path_of(name), name) for name in KINDS), reverse=True)
HIDDEN = "what-only-some-may-read"
"""Stands in every entity; no refusal may repeat it."""
WEBHOOK = {"category": "External", "type": "Webhook", "config": {"endpoint": "https://hooks.example.com/"}}
JWT = {"authType": "JWT", "config": {"JWTTokenExpiry": "Unlimited"}}


def place_of(route: Route) -> tuple[str, str]:
    """The kind that a route is about, if any, and what follows the kind's path."""
    for path, kind in PATHS:
        if route.template == path or route.template.startswith(f"{path}/"):
            return kind, route.template.removeprefix(path)
    return "", route.template


def operations_of(route: Route) -> tuple[str, ...] | None:
    """What a route stands for; None if nobody has said it."""
    kind, below = place_of(route)
    if (route.method, route.template) in ROUTES:
        return ROUTES[route.method, route.template]
    if not kind:
        return None
    operations, kinds = SOME_KINDS.get((route.method, below), (None, ()))
    return operations if kind in kinds else EVERY_KIND.get((route.method, below))


def test_every_route_has_expectations():
    unsaid = [f"{route.method} {route.template}" for route in TABLE if operations_of(route) is None]
    assert unsaid == [], "say in tests/api/matrix.py what these stand for"


def test_every_expectation_has_a_route():
    there = {(route.method, route.template) for route in TABLE}
    said = set(ROUTES) | {(method, path_of(kind) + below) for method, below in EVERY_KIND for kind in KINDS}
    said |= {(method, path_of(kind) + below) for (method, below), (_, kinds) in SOME_KINDS.items() for kind in kinds}
    assert sorted(said - there) == []


# what requests are made of


class Thing(NamedTuple):
    """An entity to ask about, the request that made it, and the client of the caller who asks."""

    kind: str
    asked: dict[str, Any]
    found: dict[str, Any]
    client: Client
    caller: dict[str, Any]
    """The record of the caller; of somebody else if it is nobody."""

    @property
    def id(self) -> str:
        return self.found["id"]


class World:
    """A catalog with a caller of each sort, and entities that stand in the right relation to them."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.admin = Client(server, server.token("admin"))
        prepare(self.admin)
        made(self.admin, "user", name="another")
        self.another = self._user("another")
        self.machine = made(self.admin, "user", isBot=True, authenticationMechanism=JWT)
        denying = {"name": "nothing", "effect": "deny", "operations": ["All"], "resources": ["All"]}
        denied = made(self.admin, "role", policies=[made(self.admin, "policy", rules=[denying])["fullyQualifiedName"]])
        steward = self.admin.get(f"{path_of('role')}/name/DataSteward").json()
        self.team = made(self.admin, "team", name="owning-team")
        clients = {
            "admin": self.admin,
            "bot": Client(server, server.token("ingestion-bot")),
            "owner": server.as_user("owning-user"),
            "member": server.as_user("member", teams=[self.team["id"]]),
            "steward": server.as_user("steward", roles=[steward["id"]]),
            "consumer": server.as_user("consumer"),
            "stranger": server.as_user("stranger", roles=[denied["id"]]),
        }
        self.clients = clients | {"nobody": Client(server, None)}
        users = {"admin": "admin", "bot": "ingestion-bot", "owner": "owning-user"}
        self.users = {caller: self._user(users.get(caller, caller)) for caller in clients} | {"nobody": self.another}
        self.giving = made(self.admin, "policy")
        self.giving_team = made(self.admin, "team", policies=[self.giving["id"]])
        self.domain = made(self.admin, "domain")
        self.label = made(self.admin, "tag")
        self.term = made(self.admin, "glossaryTerm")
        self.glossary = made(self.admin, "glossary")
        self.asset = made(self.admin, "messagingService", owners=[ref(self.another)])
        self.text = self.admin.get(f"{path_of('type')}/name/string").json()
        self.extended = self.admin.get(f"{path_of('type')}/name/domain").json()
        for kind in KINDS.values():
            if "extension" in kind.fields:
                self.define(self.admin.get(f"{path_of('type')}/name/{kind.name}").json()["id"], "note")
        self._things: dict[tuple[str, str], Thing] = {}

    def _user(self, name: str) -> dict[str, Any]:
        return self.admin.get(f"{path_of('user')}/name/{name}").json()

    def define(self, type_id: str, name: str) -> None:
        response = self.admin.put(f"{path_of('type')}/{type_id}", json=self.property(name))
        assert response.status_code == 200, response.text

    def property(self, name: str) -> dict[str, Any]:
        """A custom property that anything may have."""
        return {"name": name, "description": "A note.", "propertyType": ref(self.text, "type")}

    def topic_of(self, caller: str) -> dict[str, Any]:
        """A topic that its caller owns as his sort says."""
        return self.thing("topic", caller, caller if caller in {"owner", "member"} else "somebody", new=False).found

    def request(self, kind: str, **fields: Any) -> dict[str, Any]:
        """A request for a new entity; a bot gets a bot user of its own."""
        if kind == "bot":
            fields["botUser"] = made(self.admin, "user", isBot=True, authenticationMechanism=JWT)["name"]
        return make(kind, **fields)

    def thing(self, kind: str, caller: str, owned: str, *, new: bool) -> Thing:
        """An entity, a new one or one that was used before, that its caller owns as his sort says."""
        key = (kind, owned)
        if new or key not in self._things:
            thing = self._made(kind, caller, owned)
            if new:
                return thing
            self._things[key] = thing
        thing = self._things[key]
        if owned == "himself":
            return thing
        return thing._replace(client=self.clients[caller], caller=self.users[caller])

    def _made(self, kind: str, caller: str, owned: str) -> Thing:
        owners = {
            "owner": [ref(self.users["owner"])],
            "member": [ref(self.team, "team")],
            "somebody": [ref(self.another)],
        }
        asked = self.request(kind, description=HIDDEN)
        if kind == "messagingService":
            asked["connection"] = kafka(bootstrapServers=f"{HIDDEN}:9092")
        if kind == "eventSubscription":
            asked["destinations"] = [WEBHOOK]
        if "owners" in KINDS[kind].link_of and owned in owners:
            asked["owners"] = owners[owned]
        found = made(self.admin, kind, **asked)
        if owned == "himself":
            return Thing(kind, asked, found, Client(self.server, self.server.token(found["name"])), found)
        return Thing(kind, asked, found, self.clients[caller], self.users[caller])

    def token(self, name: str) -> tuple[str, str]:
        """A new token of a user, and its id."""
        text = self.server.token(name)
        return text, jwt.decode(text, options={"verify_signature": False})["jti"]


@pytest.fixture(scope="module")
def world(server: Server) -> World:
    return World(server)


class Case(NamedTuple):
    """One request to be made."""

    world: World
    route: Route
    kind: str
    below: str
    """What follows the kind's path; the whole template if there is no kind."""
    operation: str
    caller: str
    thing: Thing | None

    @property
    def subject(self) -> Thing:
        assert self.thing is not None
        return self.thing

    @property
    def client(self) -> Client:
        return self.thing.client if self.thing is not None else self.world.clients[self.caller]

    @property
    def himself(self) -> dict[str, Any]:
        return self.thing.caller if self.thing is not None else self.world.users[self.caller]

    @property
    def meant(self) -> dict[str, Any]:
        """The user whom the request is about: the caller, or somebody else."""
        return self.world.another if self.operation == "administer" else self.himself


GONE_AFTERWARDS = {("PUT", ""), ("PUT", "/bulk"), ("PUT", "/restore"), ("PUT", "/{id}/moveAsync")}


def case_of(world: World, route: Route, operation: str, caller: str) -> Case:
    """The case with its entity: one of its own if the request could change it for the others."""
    kind, below = place_of(route)
    owned = "nobody" if operation == "take" else caller if caller in {"owner", "member"} else "somebody"
    if kind == "user":
        owned = "himself" if caller == "owner" else "somebody"
    elif kind not in OWNED:
        owned = "somebody"
    new = route.method == "DELETE" or operation == "grant" or (route.method, below) in GONE_AFTERWARDS
    thing = world.thing(kind, caller, owned, new=new) if kind else None
    if (route.method, below) == ("PUT", "/restore") and thing is not None:
        assert world.admin.delete(f"{path_of(kind)}/{thing.id}").status_code == 200
    return Case(world, route, kind, below, operation, caller, thing)


# paths and queries


def path_of_its_own(case: Case) -> str | None:
    """The path of a request about what is no entity of a kind."""
    if case.route.template.startswith("/api/v1/tokens/{id}"):
        owner = case.world.another if case.operation == "another's" else case.himself
        return case.route.template.replace("{id}", case.world.token(owner["name"])[1])
    if case.route.template == "/api/v1/jobs/{id}":
        promised = case.world.admin.put("/api/v1/topics/bulk?async=true", json=[make("topic")])
        return urlsplit(promised.headers["location"]).path
    if case.route.template == "/api/v1/permissions/{resource}/{id}":
        return f"/api/v1/permissions/messagingService/{case.world.asset['id']}"
    if case.route.template == "/api/v1/permissions/{resource}/name/{name}":
        return f"/api/v1/permissions/messagingService/name/{case.world.asset['name']}"
    return None


def path_to(case: Case) -> str:
    """The path of a request, with what its template leaves open."""
    if (own := path_of_its_own(case)) is not None:
        return own
    values = {"version": "0.1", "resource": "domain", "expression": quote("noOwner()", safe="")}
    values |= {"index": "all", "id": case.world.asset["id"]}  # of a search, which is about no kind
    values |= {"configType": "customUiThemePreference"}
    values |= {"runId": RUN, "serviceType": "messagingService", "serviceFqn": BROKER}
    if case.route.template.startswith(DEFINITIONS):
        definition = case.world.admin.get(DEFINITIONS).json()["data"][0]
        values |= {"id": definition["id"], "name": definition["fullyQualifiedName"]}
    values |= {"userId": case.meant["id"], "username": case.meant["name"], "toId": case.world.term["id"]}
    values |= linked(case)
    if case.thing is not None:
        entity = case.thing.found
        if case.kind == "user" and case.operation in {"known", "administer"}:
            entity = case.world.machine if case.route.template in OF_MACHINES else case.meant
        if "destinations" in entity:
            values["destId"] = entity["destinations"][0]["id"]
        values |= {"id": entity["id"], "nameOrId": entity["id"], "name": quote(entity["fullyQualifiedName"], safe="")}
        if case.route.template.endswith("/customProperties"):
            values["name"] = "domain"
        elif (case.route.method, case.below, case.kind) == ("PUT", "/{id}", "type"):
            values["id"] = case.world.extended["id"]
    return re.sub(r"\{(\w+)\}", lambda found: values[found[1]], case.route.template)


LINEAGE = "/api/v1/lineage"


def linked(case: Case) -> dict[str, str]:
    """The ends of an edge from a topic to itself, which is there unless the request is to state it; else nothing."""
    if not case.route.template.startswith(LINEAGE):
        return {}
    topic = case.world.topic_of(case.caller)
    if case.route.method != "PUT":
        asked = {"edge": {end: ref(topic, "topic") for end in ("fromEntity", "toEntity")}}
        assert case.world.admin.put(LINEAGE, json=asked).status_code == 200
    name = quote(topic["fullyQualifiedName"], safe="")
    ends = {
        f"{end}{what}": value
        for end in ("from", "to")
        for what, value in (("Type", "topic"), ("Id", topic["id"]), ("Name", name))
    }
    return ends | {"type": "topic", "id": topic["id"], "name": name, "source": "Manual"}


DEFINITIONS = "/api/v1/services/testConnectionDefinitions"
OF_MACHINES = {f"/api/v1/users/{what}/{{id}}" for what in ("generateToken", "token", "auth-mechanism")}
USER_PARAMETER = {"/api/v1/tokens": "user", "/api/v1/users/security/token": "username"}
FAR = 99_999_999_999_999
RUN = "6a1f7c52-8d0e-4b36-9c1a-3f0d7e5b2a90"
"""A run that every pipeline has, or is about to have."""
FILES_OF_USERS = {f"/api/v1/users/{word}" for word in ("export", "exportAsync", "import", "importAsync")}
HEADERS = {
    "glossary": "name*",
    "classification": "name*",
    "team": "name*,teamType*,parents*",
    "user": "name*,email*,teams*",
}
"""The shortest file of a kind."""


def query_of(case: Case) -> dict[str, Any]:
    """The query of a request."""
    template = case.route.template
    if template.endswith("/history"):
        return {"startTs": 0, "endTs": FAR, "limit": 1}
    if template in FILES_OF_USERS:
        owner = case.himself if case.caller == "owner" else case.world.another
        return {"team": made(case.world.admin, "team", owners=[ref(owner)])["name"]}
    if template == "/api/v1/events":
        return {"entityCreated": "messagingService", "timestamp": FAR}
    if template == "/api/v1/search/fieldQuery":
        return {"fieldName": "name", "fieldValue": "*"}
    if template == "/api/v1/permissions/policies":
        return {"ids": case.world.admin.get(f"{path_of('policy')}/name/OrganizationPolicy").json()["id"]}
    found: dict[str, Any] = {"fields": "*"} if case.operation == "view all" else {}
    if template in {"/api/v1/permissions/explain", "/api/v1/permissions/debug/evaluate"}:
        found |= {"resource": "domain", "operation": "Delete"}
    if case.operation == "administer" and case.route.method in {"GET", "PUT"}:
        if template.startswith("/api/v1/permissions"):
            found["user"] = "another"
        elif template in USER_PARAMETER or template.endswith("/revoke"):
            found[USER_PARAMETER.get(template, "username")] = "another"
    return found


# bodies


def patch_of(case: Case) -> list[dict[str, Any]]:
    """A patch that needs one operation, and changes nothing that another case hangs on."""
    world, owners = case.world, case.subject.asked.get("owners", [])
    certified = {
        "tagFQN": "Certification.Gold",
        "source": "Classification",
        "labelType": "Manual",
        "state": "Confirmed",
    }
    term = {"tagFQN": world.term["fullyQualifiedName"], "source": "Glossary"}
    pointer, value = {
        "view": ("", None),
        "describe": ("/description", HIDDEN),
        "name": ("/displayName", "Shown"),
        "label": ("/tags/-", {"tagFQN": world.label["fullyQualifiedName"]}),
        "tier": ("/tags/-", {"tagFQN": "Tier.Tier1"}),
        "term": ("/tags/-", term),
        "certify": ("/certification", {"tagLabel": certified}),
        "own": ("/owners", owners),
        "take": ("/owners", []),
        "place": ("/domains", [ref(world.domain, "domain")]),
        "extend": ("/extension", {"note": "x"}),
        "change": OTHER.get(case.kind, ("/style", {"color": "#00ff00"})),
        "grant": GRANTS.get(case.kind, lambda _: ("", None))(world),
    }[case.operation]
    return [{"op": "add", "path": pointer, "value": value}] if pointer else []


OTHER: dict[str, tuple[str, Any]] = {
    "topic": ("/partitions", 3),
    "user": ("/timezone", "UTC"),
    "team": ("/externalId", "17"),
    "role": ("/disabled", False),
    "policy": ("/disabled", False),
    "bot": ("/provider", "user"),
    "classification": ("/disabled", False),
    "glossary": ("/disabled", False),
    "glossaryTerm": ("/synonyms", ["word"]),
    "type": ("/nameSpace", "custom"),
    "workflow": ("/status", "Failed"),
    "ingestionPipeline": ("/loggerLevel", "DEBUG"),
    "eventSubscription": ("/batchSize", 11),
}
"""A field of the kind that needs EditAll."""
GRANTS: dict[str, Callable[[World], tuple[str, Any]]] = {
    "policy": lambda _: ("/rules/0/operations", ["All"]),
    "role": lambda world: ("/policies/-", ref(world.giving, "policy")),
    "team": lambda world: ("/policies", [ref(world.giving, "policy")]),
    "user": lambda world: ("/teams", [ref(world.giving_team, "team")]),
}
"""A change of the kind that gives somebody rights."""
NEEDS = {"label": "tags", "tier": "tags", "term": "tags", "certify": "certification", "own": "owners", "take": "owners",
         "place": "domains", "extend": "extension"}  # fmt: skip
"""What an entity has to have for a patch of it."""


def upserted(case: Case) -> dict[str, Any]:
    """What a PUT or a POST asks for: something new, or what is there already."""
    if case.operation == "create":
        return case.world.request(case.kind)
    asked = {key: value for key, value in case.subject.asked.items() if key not in {"owners", "connection"}}
    return asked | {"description": "Another text."}


def assets(case: Case) -> dict[str, Any]:
    """None, so that the holder alone decides; one that is another's, to be labelled."""
    listed = [ref(case.world.asset, "messagingService")] if case.operation == "label" else []
    return {"assets": listed, "dryRun": False}


def moved(case: Case) -> dict[str, Any]:
    return {"parent": ref(case.world.glossary, "glossary")}


def password(case: Case) -> dict[str, Any]:
    asked = {"newPassword": "An0ther-Secret!", "confirmPassword": "An0ther-Secret!", "requestType": "SELF"}
    if case.operation == "administer":
        return asked | {"requestType": "USER", "username": "another"}
    return asked | {"oldPassword": "not the one"}


def rehearsed(case: Case) -> dict[str, Any]:
    return {key: case.subject.asked[key] for key in ("name", "rules")}


def new_token(case: Case) -> dict[str, Any]:
    return {"name": fresh("token")} | ({"user": "another"} if case.operation == "administer" else {})


BODIES: dict[tuple[str, str], Callable[[Case], Any]] = {
    ("POST", ""): upserted,
    ("PUT", ""): upserted,
    ("PUT", "/bulk"): lambda case: [upserted(case)],
    ("PATCH", "/{id}"): patch_of,
    ("PATCH", "/name/{name}"): patch_of,
    ("PUT", "/restore"): lambda case: {"id": case.subject.id},
    ("PUT", "/{id}/followers"): lambda case: case.meant["id"],
    ("PUT", "/{id}/testConnectionResult"): lambda _: {"status": "Successful", "steps": []},
    ("POST", "/{id}/schemaChanges"): lambda _: {"schemaText": "{}"},
    ("PUT", "/{id}/sampleData"): lambda _: {"messages": ["one"]},
    ("DELETE", "/deleteStale"): lambda _: {"scopeFqn": "nowhere", "scopeEntityType": "service", "seenFqns": ["x"]},
    ("PUT", "/{id}/vote"): lambda _: {"updatedVoteType": "unVoted"},
    ("PUT", "/{id}/users"): lambda _: [],
    ("POST", "/rehearse"): rehearsed,
    ("POST", "/{id}/relations"): lambda case: {
        "relationType": "relatedTo",
        "term": ref(case.world.term, "glossaryTerm"),
    },
    ("PUT", "/{id}/moveAsync"): moved,
    ("POST", "/testDestination"): lambda _: {"destinations": [WEBHOOK]},
    ("PUT", "/{id}/tags/validate"): lambda _: {"glossaryTags": []},
    ("PUT", "/{id}"): lambda case: case.world.property("other"),
    ("PUT", "/{nameOrId}/pipelineStatus"): lambda _: {"runId": RUN, "timestamp": 1, "pipelineState": "running"},
    ("PUT", "/progress/{nameOrId}/{runId}"): lambda _: {"runId": RUN, "timestamp": 1, "updateType": "ERROR"},
    ("POST", "/metrics/{nameOrId}/{runId}"): lambda _: {"runId": RUN, "stepName": "Kafka", "metrics": []},
    ("POST", "/logs/{nameOrId}/{runId}"): lambda _: {"logs": "A line"},
    ("POST", "/logs/{nameOrId}/{runId}/close"): lambda _: {},
    ("POST", "/bulk/deploy"): lambda case: [case.subject.id],
    ("POST", "/login"): lambda _: {"email": "nobody@example.com", "password": "c2VjcmV0"},
    ("POST", "/refresh"): lambda _: {"refreshToken": "none"},
    ("POST", "/signup"): lambda _: {},
    ("POST", "/logout"): lambda _: {},
    ("POST", "/checkEmailInUse"): lambda _: {"email": "another@example.com"},
    ("POST", "/checkEmailVerified"): lambda _: {"email": "another@example.com"},
    ("PUT", "/changePassword"): password,
    ("PUT", "/generateToken/{id}"): lambda _: {"JWTTokenExpiry": "1"},
    ("PUT", "/revokeToken"): lambda case: {"id": case.world.machine["id"]},
    ("PUT", "/security/token"): lambda _: {"tokenName": "t", "JWTTokenExpiry": "1"},
    ("PUT", "/security/token/revoke"): lambda _: {"tokenIds": []},
    ("PUT", "/api/v1/system/settings"): lambda _: {"config_type": "profilerConfiguration", "config_value": {}},
    ("PATCH", "/api/v1/system/settings/{configType}"): lambda _: [],
    ("PUT", LINEAGE): lambda case: {
        "edge": {end: ref(case.world.topic_of(case.caller), "topic") for end in ("fromEntity", "toEntity")}
    },
    ("PUT", f"{LINEAGE}/{{fromType}}/name/{{fromName}}/{{toType}}/name/{{toName}}"): lambda _: {},
    **{
        ("PATCH", f"{LINEAGE}/{{fromType}}/{ends}"): lambda _: []
        for ends in ("{fromId}/{toType}/{toId}", "name/{fromName}/{toType}/name/{toName}")
    },
    ("POST", "/api/v1/tokens"): new_token,
    ("POST", "/api/v1/search/aggregate"): lambda _: {"fieldName": "entityType"},
    ("POST", "/api/v1/tokens/{id}/rotate"): lambda _: {},
}
"""(method, what follows the kind's path, or the template) → the body."""

LET_THROUGH = {
    ("GET", "/api/v1/auth/login"): 400,
    ("GET", "/api/v1/auth/callback"): 401,
    ("POST", "/api/v1/users/login"): 400,
    ("POST", "/api/v1/users/refresh"): 401,
    ("POST", "/api/v1/users/signup"): 501,
    ("POST", "/api/v1/users/generatePasswordResetLink"): 501,
    ("POST", "/api/v1/users/password/reset"): 501,
    ("PUT", "/api/v1/users/registrationConfirmation"): 501,
    ("PUT", "/api/v1/users/resendRegistrationToken"): 501,
    ("PUT", "/api/v1/users/changePassword"): 400,
    ("PUT", "/api/v1/users/security/token"): 400,
    ("GET", "/api/v1/services/ingestionPipelines/logs/{nameOrId}/last/download"): 404,
    ("GET", "/api/v1/events/subscriptions/history"): 501,
}
"""What answers otherwise than with success even those who may ask: no issuer, wrong passwords, bots without tokens, no
log."""


# every route as every caller


def send(case: Case) -> httpx.Response:
    method, token = case.route.method, case.client.token
    body = None
    if (make_body := BODIES.get((method, case.below))) is not None:
        body = make_body(case)
    elif method in {"PUT", "POST"}:
        body = assets(case)
    if case.below == "/logout" and token is not None:
        token = case.world.token(case.himself["name"])[0]  # the caller's own works on
    if case.below.endswith(("/import", "/importAsync")):
        plain = {"Content-Type": "text/plain"}
        return case.client.request(
            method, path_to(case), content=HEADERS[case.kind], headers=plain, params=query_of(case)
        )
    if "/stream" in case.below:
        method = "HEAD"  # whether it would be let through; nobody waits for what comes
    return case.client.request(method, path_to(case), json=body, params=query_of(case), token=token)


def sign_of(case: Case, response: httpx.Response) -> str:
    """What has happened, in the signs of the matrix."""
    status = response.status_code
    if status == LET_THROUGH.get((case.route.method, case.route.template)):
        return "+"
    if status in {200, 201, 202, 204, 302}:
        answer = response.json() if response.headers.get("content-type") == "application/json" else None
        rows = answer.get("failedRequest", []) if isinstance(answer, dict) else []
        return "-" if any(row["status"] == 403 for row in rows) else str(rows) if rows else "+"
    return {401: "!", 403: "-", 404: "?"}.get(status, response.text)


def told(case: Case, response: httpx.Response) -> list[str]:
    """What a refusal tells of the entity beyond its name."""
    secret = [HIDDEN, *(user["name"] for user in (case.world.another, case.world.users["owner"], case.world.team))]
    return [word for word in secret if word in response.text and word != case.himself["name"]]


@pytest.mark.parametrize("route", TABLE, ids=lambda route: f"{route.method} {route.template}")
def test_each_caller_is_answered_as_the_matrix_says(world: World, route: Route):
    found: list[str] = []
    kind = place_of(route)[0]
    for operation in operations_of(route) or ():
        if route.method == "PATCH" and kind and NEEDS.get(operation, "id") not in KINDS[kind].fields:
            continue
        if operation == "grant" and kind not in GRANTS:
            continue
        for caller in CALLERS:
            case = case_of(world, route, operation, caller)
            response = send(case)
            sign = sign_of(case, response)
            wanted = expected(operation, kind, caller)
            if sign != wanted:
                found.append(f"{operation} as {caller}: {sign} instead of {wanted}: {response.text[:200]}")
            if sign in "-!?":
                found += [f"{operation} as {caller}: tells {word}: {response.text}" for word in told(case, response)]
    assert not found, "\n".join(found)


def test_what_is_owned_belongs_to_whom_the_matrix_thinks(world: World):
    service = world.thing("messagingService", "member", "member", new=True)
    owners = world.admin.get(f"{SERVICES}/{service.id}?fields=owners").json()["owners"]
    assert [owner["name"] for owner in owners] == ["owning-team"]
    assert {name for name, kind in KINDS.items() if "owners" in kind.link_of} | {"user"} == OWNED


@pytest.mark.parametrize(
    "asked",
    [{"serviceType": "Redpanda"}, {"connection": kafka(saslPassword="*********")}],
    ids=["of another type", "with a password that is said to be stored"],
)
def test_a_put_is_refused_before_it_is_compared_with_what_is_stored(world: World, asked: dict[str, Any]):
    service = world.thing("messagingService", "stranger", "somebody", new=True)
    response = service.client.put(SERVICES, json=make("messagingService", name=service.found["name"], **asked))
    assert response.status_code == 403, response.text
