"""Assets: who may see which of them listed, and what putting them in or taking them out does to each."""

from __future__ import annotations

import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

import pytest

from make import SERVICES, fresh, kafka, made, make, path_of, ref
from strict import fault


def assets(client, kind, entity, **params):
    """The ids of an entity's assets as the caller sees them, and how many there are."""
    body = client.get(f"{path_of(kind)}/{entity['id']}/assets", params=params).json()
    return [item["id"] for item in body["data"]], body["paging"]["total"]


def put(client, kind, entity, action, *things, **more):
    """Adds or removes assets, for good unless told otherwise."""
    body = {"assets": [ref(thing, more.pop("type", "messagingService")) for thing in things], "dryRun": False} | more
    response = client.put(f"{path_of(kind)}/{entity['id']}/assets/{action}", json=body)
    assert response.status_code == 200, response.text
    return response.json()


def shown(client, service, fields="domains,dataProducts,tags"):
    return client.get(f"{SERVICES}/{service['id']}?fields={fields}").json()


# listed


def test_assets_are_listed_by_kind_and_name_with_their_addresses(client):
    domain = made(client, "domain")
    second, first = (made(client, "messagingService", name=fresh(n), domain=domain["name"]) for n in ("zz", "aa"))
    glossaryless = made(client, "classification", domains=[domain["name"]])
    body = client.get(f"{path_of('domain')}/{domain['id']}/assets").json()
    assert [item["id"] for item in body["data"]] == [glossaryless["id"], first["id"], second["id"]]
    assert body["data"][1]["href"] == f"http://catalog.test{SERVICES}/{first['id']}"
    assert body["paging"] == {"total": 3}
    by_name = client.get(f"{path_of('domain')}/name/{domain['name']}/assets").json()
    assert by_name == body


def test_assets_are_paged_by_offset(client):
    domain = made(client, "domain")
    services = [made(client, "messagingService", domain=domain["name"])["id"] for _ in range(3)]
    services.sort(key=lambda entity_id: client.get(f"{SERVICES}/{entity_id}").json()["name"])
    assert assets(client, "domain", domain, limit=2) == (services[:2], 3)
    assert assets(client, "domain", domain, limit=2, offset=2) == (services[2:], 3)
    assert assets(client, "domain", domain, limit=2, offset=9) == ([], 3)
    assert assets(client, "domain", domain, limit=0) == ([], 3)


@pytest.mark.parametrize(("query", "said"), [("limit=1001", "1000"), ("limit=x", "whole number"), ("offset=-1", "0")])
def test_a_window_beyond_its_bounds_is_400(client, query, said):
    domain = made(client, "domain")
    assert said in fault(client.get(f"{path_of('domain')}/{domain['id']}/assets?{query}"), 400)


@pytest.mark.parametrize("kind", ["user", "team", "domain", "dataProduct", "tag"])
def test_assets_of_what_is_not_there_are_404(client, kind):
    nobody = uuid.UUID(int=7)
    path = path_of(kind)
    assert fault(client.get(f"{path}/{nobody}/assets"), 404, "ENTITY_NOT_FOUND").endswith(f"{nobody} not found")
    assert fault(client.get(f"{path}/name/nope/assets"), 404, "ENTITY_NOT_FOUND").endswith("nope not found")
    assert client.get(f"{path}/nope/assets").status_code == 404


def test_a_users_assets_are_his_and_his_teams(client):
    team = made(client, "team")
    user = made(client, "user", teams=[team["id"]])
    his, theirs = (
        made(client, "messagingService", owners=[ref(user)])["id"],
        made(client, "messagingService", owners=[ref(team, "team")])["id"],
    )
    made(client, "messagingService", owners=[ref(made(client, "user"))])
    assert set(assets(client, "user", user)[0]) == {his, theirs}
    assert assets(client, "team", team) == ([theirs], 1)


def test_what_is_owned_through_what_is_above_counts(client):
    user = made(client, "user")
    classification = made(client, "classification", owners=[ref(user)])
    tag = made(client, "tag", classification=classification["name"])
    other = made(client, "tag", classification=classification["name"], owners=[ref(made(client, "user"))])
    found, total = assets(client, "user", user)
    assert (set(found), total) == ({classification["id"], tag["id"]}, 2)
    assert other["id"] not in found


def test_a_domain_counts_the_assets_of_the_domains_below_it(client):
    top = made(client, "domain")
    below = made(client, "domain", parent=top["name"])
    service = made(client, "messagingService", domain=below["fullyQualifiedName"])
    made(client, "dataProduct", domains=[top["name"]])
    assert assets(client, "domain", top) == ([service["id"]], 1)
    assert assets(client, "domain", below) == ([service["id"]], 1)


def test_deleted_assets_are_not_listed(client):
    domain = made(client, "domain")
    service = made(client, "messagingService", domain=domain["name"])
    client.delete(f"{SERVICES}/{service['id']}")
    assert assets(client, "domain", domain) == ([], 0)


@pytest.fixture(scope="module")
def as_half_blind(client, server):
    """A user who sees no service that carries the tag `Hidden.Yes`, and that tag."""
    client.put(path_of("classification"), json={"name": "Hidden", "description": "Not for everybody."})
    tag = client.put(
        path_of("tag"), json={"name": "Yes", "classification": "Hidden", "description": "Not shown."}
    ).json()
    rule = {
        "name": "hide", "effect": "deny", "operations": ["All"], "resources": ["messagingService"],
        "condition": "matchAnyTag('Hidden.Yes')",
    }  # fmt: skip
    made(client, "policy", name="HalfBlind", rules=[rule])
    role = made(client, "role", policies=["HalfBlind"])
    return server.as_user("halfblind", roles=[role["id"]]), tag


def test_assets_that_the_caller_may_not_see_are_neither_shown_nor_counted(client, as_half_blind):
    blind, _ = as_half_blind
    domain = made(client, "domain")
    open_one = made(client, "messagingService", domain=domain["name"])
    hidden = made(client, "messagingService", domain=domain["name"], tags=[{"tagFQN": "Hidden.Yes"}])
    assert set(assets(client, "domain", domain)[0]) == {open_one["id"], hidden["id"]}
    assert assets(blind, "domain", domain) == ([open_one["id"]], 1)


def test_whoever_may_not_see_an_entity_sees_no_assets_of_it(client, server):
    rule = {"name": "no", "effect": "deny", "operations": ["All"], "resources": ["domain"]}
    made(client, "policy", name="NoDomains", rules=[rule])
    role = made(client, "role", policies=["NoDomains"])
    domain = made(client, "domain")
    answer = server.as_user("nodomains", roles=[role["id"]]).get(f"{path_of('domain')}/{domain['id']}/assets")
    assert "denied by role" in fault(answer, 403, "FORBIDDEN")


# domains


def test_an_added_asset_lies_in_the_domain_and_keeps_its_version(client):
    domain, service = made(client, "domain"), made(client, "messagingService", connection=kafka(saslPassword="x1y2z3"))
    result = put(client, "domain", domain, "add", service)
    assert (result["status"], result["numberOfRowsProcessed"], result["numberOfRowsPassed"]) == ("success", 1, 1)
    row = result["successRequest"][0]
    assert (row["status"], row["hasSideEffects"], row["request"]["id"]) == (200, False, service["id"])
    after = shown(client, service)
    assert [item["id"] for item in after["domains"]] == [domain["id"]]
    assert (after["version"], after["updatedAt"]) == (0.1, service["updatedAt"])


def test_an_added_asset_keeps_its_secrets(client, as_bot):
    domain, service = made(client, "domain"), made(client, "messagingService", connection=kafka(saslPassword="x1y2z3"))
    put(client, "domain", domain, "add", service)
    config = as_bot.get(f"{SERVICES}/{service['id']}").json()["connection"]["config"]
    assert config["saslPassword"] == "x1y2z3"


def test_a_put_after_an_asset_was_added_answers_with_its_domain(client):
    asked = {"name": fresh("again"), "serviceType": "Kafka"}
    service = client.put(SERVICES, json=asked).json()
    domain = made(client, "domain")
    put(client, "domain", domain, "add", service)
    again = client.put(SERVICES, json=asked).json()
    assert [item["id"] for item in again["domains"]] == [domain["id"]]


def test_a_domain_is_named_by_id_or_by_name(client):
    domain, service = made(client, "domain", name=fresh("with.dot")), made(client, "messagingService")
    for name in (quote(domain["fullyQualifiedName"]), domain["id"]):
        answer = client.put(
            f"{path_of('domain')}/{name}/assets/add", json={"assets": [ref(service, "messagingService")]}
        )
        assert answer.json()["status"] == "success", answer.text
    for name in ("nope", str(uuid.UUID(int=7))):
        answer = client.put(f"{path_of('domain')}/{name}/assets/add", json={"assets": []})
        assert fault(answer, 404, "ENTITY_NOT_FOUND") == f"domain instance for {name} not found"


def test_a_dry_run_says_what_would_happen_and_changes_nothing(client):
    old, new = made(client, "domain"), made(client, "domain")
    service = made(client, "messagingService", domain=old["name"])
    free = made(client, "messagingService")

    def said(domain, action, thing):
        row = put(client, "domain", domain, action, thing, dryRun=True)["successRequest"][0]
        return row["message"], row["hasSideEffects"]

    called, freely = (f"messagingService '{thing['fullyQualifiedName']}'" for thing in (service, free))
    assert said(new, "add", service) == (f"{called} will be moved from domain '{old['name']}'.", True)
    assert said(old, "add", service) == (f"{called} is already in this domain.", False)
    assert said(new, "add", free) == (f"{freely} will be added to the domain.", False)
    assert said(old, "remove", service) == (f"{called} will be removed from the domain.", False)
    assert [item["id"] for item in shown(client, service)["domains"]] == [old["id"]]


def test_an_asset_that_moves_leaves_the_data_products_of_other_domains(client):
    old, new = made(client, "domain"), made(client, "domain")
    product = made(client, "dataProduct", domains=[old["name"]])
    service = made(client, "messagingService", domain=old["name"], dataProducts=[product["name"]])
    told = put(client, "domain", new, "add", service, dryRun=True)["successRequest"][0]
    assert told["hasSideEffects"] is True
    assert told["message"].endswith(f"It leaves the data product {product['name']}.")
    result = put(client, "domain", new, "add", service)
    assert result["successRequest"][0]["hasSideEffects"] is True
    after = shown(client, service)
    assert ([item["id"] for item in after["domains"]], after["dataProducts"]) == ([new["id"]], [])


def test_a_removed_asset_is_in_no_domain_and_in_no_data_product(client):
    domain = made(client, "domain")
    product = made(client, "dataProduct", domains=[domain["name"]])
    service = made(client, "messagingService", domain=domain["name"], dataProducts=[product["name"]])
    assert put(client, "domain", domain, "remove", service)["status"] == "success"
    after = shown(client, service)
    assert (after["domains"], after["dataProducts"], after["version"]) == ([], [], 0.1)


def test_taking_out_what_is_not_there_changes_nothing(client):
    domain, other = made(client, "domain"), made(client, "domain")
    service = made(client, "messagingService", domain=other["name"])
    assert put(client, "domain", domain, "remove", service)["status"] == "success"
    assert [item["id"] for item in shown(client, service)["domains"]] == [other["id"]]


@pytest.mark.parametrize("body", [{}, {"assets": []}, {"assets": None}])
@pytest.mark.parametrize("kind", ["domain", "dataProduct", "tag"])
def test_no_assets_are_no_fault(client, kind, body):
    entity = made(client, kind)
    result = client.put(f"{path_of(kind)}/{entity['id']}/assets/add", json=body | {"dryRun": False}).json()
    assert (result["status"], result["numberOfRowsProcessed"]) == ("success", 0)
    assert [row["message"] for row in result["successRequest"]] == ["Nothing to Validate."]


def test_a_row_that_fails_harms_no_other(client):
    domain, service = made(client, "domain"), made(client, "messagingService")
    nobody = {"id": str(uuid.UUID(int=7))}
    team = made(client, "team")
    body = {
        "assets": [
            ref(nobody, "messagingService"), ref(team, "team"), ref(service, "messagingService"),
            {"id": service["id"]}, {"id": service["id"], "type": "nonsense"},
        ],
    }  # fmt: skip
    result = client.put(f"{path_of('domain')}/{domain['id']}/assets/add", json=body).json()
    assert (result["status"], result["numberOfRowsPassed"], result["numberOfRowsFailed"]) == ("partialSuccess", 1, 4)
    messages = [row["message"] for row in result["failedRequest"]]
    assert messages[0] == f"messagingService instance for {nobody['id']} not found"
    assert messages[1].startswith("assets cannot refer to a team. Allowed types are: ")
    assert messages[2] == "[assets.type must not be null]"
    assert messages[3].startswith("assets cannot refer to a nonsense.")
    assert {row["status"] for row in result["failedRequest"]} == {400}
    assert result["failedRequest"][0]["request"] == ref(nobody, "messagingService")
    assert [item["id"] for item in shown(client, service)["domains"]] == [domain["id"]]


def test_a_request_all_of_whose_rows_fail_is_a_failure(client):
    nobody = {"id": str(uuid.UUID(int=7))}
    assert put(client, "domain", made(client, "domain"), "add", nobody)["status"] == "failure"


def test_a_body_that_is_none_is_400(client):
    path = f"{path_of('domain')}/{made(client, 'domain')['id']}/assets/add"
    assert 'Unrecognized field "things"' in fault(client.put(path, json={"things": []}), 400)
    assert "assets" in fault(client.put(path, json={"assets": {}}), 400)
    fault(client.put(path, json={"assets": [{"id": "nope", "type": "user"}]}), 400)


def test_what_is_added_twice_is_there_once(client):
    domain, service = made(client, "domain"), made(client, "messagingService")
    result = put(client, "domain", domain, "add", service, service)
    assert result["numberOfRowsPassed"] == 2
    assert assets(client, "domain", domain) == ([service["id"]], 1)


def told(client, kind, entity, since):
    events = client.bare.get(f"/api/v1/events?entityUpdated={kind}&timestamp={since}").json()["data"]
    return [event for event in events if event["entityId"] == entity["id"]]


@pytest.mark.parametrize("kind", ["domain", "tag"])
def test_the_event_is_the_holders_and_tells_what_was_added_and_deleted(client, kind):
    holder, service, there = made(client, kind), made(client, "messagingService"), made(client, "messagingService")
    put(client, kind, holder, "add", there)
    put(client, kind, holder, "add", there, service)
    put(client, kind, holder, "remove", service)
    put(client, kind, holder, "remove", service)
    first, added, removed = told(client, kind, holder, service["updatedAt"])
    for event in (first, added, removed):
        assert (event["previousVersion"], event["currentVersion"]) == (0.1, 0.1)
        assert event["entity"]["id"] == holder["id"]
    change = added["changeDescription"]
    assert [(c["name"], [a["id"] for a in c["newValue"]]) for c in change["fieldsAdded"]] == [
        ("assets", [service["id"]])
    ]
    change = removed["changeDescription"]
    assert [(c["name"], [a["id"] for a in c["oldValue"]]) for c in change["fieldsDeleted"]] == [
        ("assets", [service["id"]])
    ]
    assert told(client, "messagingService", service, service["updatedAt"]) == []


def test_a_dry_run_tells_nobody(client):
    domain, service = made(client, "domain"), made(client, "messagingService")
    put(client, "domain", domain, "add", service, dryRun=True)
    assert told(client, "domain", domain, service["updatedAt"]) == []


# who may


def test_each_asset_must_be_the_callers_to_change_and_so_must_the_domain(client, server):
    as_owner = server.as_user("domainowner")
    owner = client.get(f"{path_of('user')}/name/domainowner").json()
    domain = made(client, "domain", owners=[ref(owner)])
    his = made(client, "messagingService", owners=[ref(owner)])
    other = made(client, "messagingService", owners=[ref(made(client, "user"))])
    result = put(as_owner, "domain", domain, "add", other, his)
    assert result["status"] == "partialSuccess"
    refused = result["failedRequest"][0]
    assert refused["status"] == 403
    assert refused["message"] == (
        "Permission denied: Principal: CatalogPrincipal{name='domainowner'} operations [EditDomains] not allowed"
    )
    assert assets(client, "domain", domain) == ([his["id"]], 1)
    strange = made(client, "domain")
    answer = as_owner.put(f"{path_of('domain')}/{strange['id']}/assets/add", json={"assets": []})
    assert "operations [EditAll] not allowed" in fault(answer, 403, "FORBIDDEN")


def test_whoever_may_label_an_asset_may_label_many(client, as_user):
    tag, service = made(client, "tag"), made(client, "messagingService")
    assert put(as_user, "tag", tag, "add", service)["status"] == "success"
    assert [label["tagFQN"] for label in shown(client, service)["tags"]] == [tag["fullyQualifiedName"]]


def test_whoever_may_not_label_an_asset_may_not_label_many(client, server):
    rule = {"name": "no", "effect": "deny", "operations": ["EditTags"], "resources": ["messagingService"]}
    made(client, "policy", name="NoLabels", rules=[rule])
    role = made(client, "role", policies=["NoLabels"])
    tag, service = made(client, "tag"), made(client, "messagingService")
    row = put(server.as_user("nolabels", roles=[role["id"]]), "tag", tag, "add", service)["failedRequest"][0]
    assert (row["status"], "operation EditTags denied by role" in row["message"]) == (403, True)
    assert shown(client, service)["tags"] == []


def test_whoever_may_only_change_an_assets_domain_does_not_take_it_out_of_a_data_product(client, server):
    rules = [
        {"name": "move", "effect": "allow", "operations": ["EditDomains"], "resources": ["messagingService"]},
        {"name": "take", "effect": "allow", "operations": ["EditAll"], "resources": ["domain"]},
    ]
    made(client, "policy", name="Movers", rules=rules)
    role = made(client, "role", policies=["Movers"])
    as_mover = server.as_user("mover", roles=[role["id"]])
    old, new = made(client, "domain"), made(client, "domain")
    product = made(client, "dataProduct", domains=[old["name"]])
    bound = made(client, "messagingService", domain=old["name"], dataProducts=[product["name"]])
    free = made(client, "messagingService", domain=old["name"])
    result = put(as_mover, "domain", new, "add", bound, free)
    assert [row["request"]["id"] for row in result["successRequest"]] == [free["id"]]
    assert "operations [EditAll] not allowed" in result["failedRequest"][0]["message"]
    assert [item["id"] for item in shown(client, bound)["dataProducts"]] == [product["id"]]


# bounds


@pytest.mark.parametrize("path", ["{domain}/assets/add", "{domain}/assets/remove"])
def test_a_request_names_ten_thousand_assets_at_most(client, path):
    domain = made(client, "domain")
    body = {"assets": [{"id": str(uuid.UUID(int=7)), "type": "user"}] * 10_001, "dryRun": True}
    answer = client.put(f"{path_of('domain')}/{path.format(domain=domain['id'])}", json=body)
    assert fault(answer, 400) == "[query param assets size must be at most 10000 items]"
    asked = make("dataProduct", domains=[domain["name"]], assets=body["assets"])
    assert "at most 10000 items" in fault(client.post(path_of("dataProduct"), json=asked), 400)


@pytest.mark.parametrize("path", ["domains/{domain}/assets/add", "dataProducts/{product}/inputPorts/add"])
def test_a_dry_run_waits_for_no_write(client, server, path):
    domain, service = made(client, "domain"), made(client, "messagingService")
    product = made(client, "dataProduct", domains=[domain["name"]])
    body = {"assets": [ref(service, "messagingService")], "dryRun": True}
    held, answered = threading.Event(), threading.Event()

    def hold(_tx):
        held.set()
        assert answered.wait(30)

    with ThreadPoolExecutor(1) as pool:
        writing = pool.submit(server.run, server.catalog.context.database.write(hold))
        assert held.wait(30)
        try:
            answer = client.put(f"/api/v1/{path.format(domain=domain['id'], product=product['id'])}", json=body)
        finally:
            answered.set()
        writing.result()
    assert (answer.status_code, answer.json()["numberOfRowsPassed"]) == (200, 1)
