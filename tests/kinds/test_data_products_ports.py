"""The ports of data products: what one takes in, and what it gives out."""

from __future__ import annotations

import pytest

from brokerbook.engine import verify
from make import SERVICES, kafka, made, path_of, ref
from strict import fault

PRODUCTS = path_of("dataProduct")


@pytest.fixture
def domain(client):
    return made(client, "domain")


@pytest.fixture
def product(client, domain):
    return made(client, "dataProduct", domains=[domain["name"]])


def get(client, product, fields=""):
    return client.get(f"{PRODUCTS}/{product['id']}", params={"fields": fields} if fields else {}).json()


def ids(items):
    return [item["id"] for item in items]


def service_in(client, domain, **fields):
    return made(client, "messagingService", domain=domain["name"], **fields)


def put(client, product, path, *services, **more):
    body = {"assets": [ref(service, "messagingService") for service in services]} | more
    answer = client.put(f"{PRODUCTS}/{product['id']}/{path}", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_what_a_data_product_takes_in_and_gives_out_is_listed(client, product, domain):
    taken, given = made(client, "messagingService", connection=kafka(saslPassword="x1y2z3")), service_in(client, domain)
    put(client, product, "assets/add", given)
    assert put(client, product, "inputPorts/add", taken)["status"] == "success"
    assert put(client, product, "outputPorts/add", given)["status"] == "success"
    path = f"{PRODUCTS}/{product['id']}"
    listed = client.bare.get(f"{path}/inputPorts?fields=domains,owners").json()
    assert [(row["entityType"], row["id"], row["domains"]) for row in listed["data"]] == [
        ("messagingService", taken["id"], [])
    ]
    assert listed["paging"] == {"total": 1}
    assert listed["data"][0]["connection"]["config"]["saslPassword"] == "*********"
    named = client.bare.get(f"{PRODUCTS}/name/{product['name']}/outputPorts").json()
    assert ids(named["data"]) == [given["id"]]
    assert "domains" not in named["data"][0]
    view = client.bare.get(f"{path}/portsView").json()
    assert (view["entity"]["id"], ids(view["inputPorts"]["data"])) == (product["id"], [taken["id"]])
    assert ids(view["outputPorts"]["data"]) == [given["id"]]
    shorter = client.bare.get(f"{path}/portsView?inputLimit=0&outputOffset=1").json()
    assert (shorter["inputPorts"], shorter["outputPorts"]) == (
        {"data": [], "paging": {"total": 1}},
        {"data": [], "paging": {"total": 1}},
    )


def test_ports_are_no_field_of_the_data_product(client, product):
    put(client, product, "inputPorts/add", made(client, "messagingService"))
    assert "inputPorts" not in get(client, product, "*")
    fault(client.get(f"{PRODUCTS}/{product['id']}?fields=inputPorts"), 400)
    shown = [{"op": "add", "path": "/displayName", "value": "Shown"}]
    assert client.patch(f"{PRODUCTS}/{product['id']}", json=shown).json()["displayName"] == "Shown"


def test_an_unknown_field_of_ports_is_400(client, product):
    for path in ("inputPorts", "portsView"):
        answer = client.bare.get(f"{PRODUCTS}/{product['id']}/{path}?fields=owners,connection")
        assert fault(answer, 400).startswith("Invalid field name connection")


def test_one_asset_is_on_one_side(client, product, domain):
    service = service_in(client, domain)
    put(client, product, "assets/add", service)
    put(client, product, "inputPorts/add", service)
    row = put(client, product, "outputPorts/add", service)["failedRequest"][0]
    assert row["message"] == (
        f"Asset '{service['name']}' is already part of input ports and cannot be added to outputPorts"
    )
    put(client, product, "inputPorts/remove", service)
    put(client, product, "outputPorts/add", service)
    row = put(client, product, "inputPorts/add", service)["failedRequest"][0]
    assert row["message"] == (
        f"Asset '{service['name']}' is already part of output ports and cannot be added to inputPorts"
    )


def test_what_is_given_out_must_be_an_asset(client, product, domain):
    service = service_in(client, domain)
    row = put(client, product, "outputPorts/add", service)["failedRequest"][0]
    assert row["message"] == (
        f"Asset '{service['name']}' must belong to the data product before it can be added as an output port"
    )


@pytest.mark.parametrize("leave", ["dataProduct", "domain"])
def test_an_asset_that_leaves_is_given_out_no_more(client, product, domain, leave):
    service = service_in(client, domain)
    put(client, product, "assets/add", service)
    put(client, product, "outputPorts/add", service)
    if leave == "dataProduct":
        put(client, product, "assets/remove", service)
    else:
        body = {"assets": [ref(service, "messagingService")]}
        client.put(f"{path_of('domain')}/{domain['id']}/assets/remove", json=body)
    assert client.bare.get(f"{PRODUCTS}/{product['id']}/outputPorts").json()["paging"]["total"] == 0


def test_ports_are_told_as_events_of_the_data_product(client, product):
    service = made(client, "messagingService")
    put(client, product, "inputPorts/add", service, dryRun=True)
    put(client, product, "inputPorts/add", service)
    put(client, product, "inputPorts/remove", service)
    told = client.bare.get(f"/api/v1/events?entityUpdated=dataProduct&timestamp={service['updatedAt']}").json()["data"]
    changes = [event["changeDescription"] for event in told if event["entityId"] == product["id"]]
    assert [c["name"] for change in changes for c in (*change["fieldsAdded"], *change["fieldsDeleted"])] == [
        "inputPorts",
        "inputPorts",
    ]
    assert get(client, product)["version"] == 0.1


def test_whoever_may_not_change_a_data_product_changes_no_port(product, as_user):
    for path in ("inputPorts/add", "assets/add"):
        answer = as_user.put(f"{PRODUCTS}/{product['id']}/{path}", json={"assets": []})
        assert "operations [EditAll] not allowed" in fault(answer, 403, "FORBIDDEN")


def test_a_data_product_and_its_ports_are_sound(client, product, domain, server):
    put(client, product, "inputPorts/add", service_in(client, domain))
    catalog = server.catalog.context
    found = catalog.database.peek(lambda tx: list(verify.problems(tx, catalog.sealer)))
    assert [text for text in found if product["id"] in text] == []


@pytest.fixture(scope="module")
def as_blind(client, server):
    """A user who may change data products and their domains, and sees no service."""
    rules = [
        {"name": "hide", "effect": "deny", "operations": ["All"], "resources": ["messagingService"]},
        {"name": "edit", "effect": "allow", "operations": ["EditAll"], "resources": ["dataProduct"]},
    ]
    made(client, "policy", name="Blind", rules=rules)
    return server.as_user("blind", roles=[made(client, "role", policies=["Blind"])["id"]])


def test_what_the_caller_cannot_see_he_makes_no_port(client, product, as_blind):
    row = put(as_blind, product, "inputPorts/add", made(client, "messagingService"))["failedRequest"][0]
    assert (row["status"], "operation ViewBasic denied" in row["message"]) == (403, True)


def test_ports_that_the_caller_cannot_see_are_neither_shown_nor_counted(client, product, as_blind):
    put(client, product, "inputPorts/add", made(client, "messagingService"))
    listed = as_blind.get(f"{PRODUCTS}/{product['id']}/inputPorts").json()
    assert listed == {"data": [], "paging": {"total": 0}}


def test_whoever_may_not_see_a_data_product_sees_no_ports_of_it(client, product, server):
    rule = {"name": "no", "effect": "deny", "operations": ["All"], "resources": ["dataProduct"]}
    made(client, "policy", name=f"No{product['name']}", rules=[rule])
    role = made(client, "role", policies=[f"No{product['name']}"])
    as_outsider = server.as_user("outsider", roles=[role["id"]])
    for path in ("inputPorts", "outputPorts", "portsView"):
        fault(as_outsider.get(f"{PRODUCTS}/{product['id']}/{path}"), 403, "FORBIDDEN")


def test_a_port_moves_only_with_whoever_may_move_it(client, product, domain, as_blind):
    new, taken, given = made(client, "domain"), service_in(client, domain), service_in(client, domain)
    put(client, product, "inputPorts/add", taken)
    put(client, product, "assets/add", given)
    move = [{"op": "replace", "path": "/domains", "value": [ref(new, "domain")]}]
    assert as_blind.patch(f"{PRODUCTS}/{product['id']}", json=move).status_code == 200
    lies_in = [
        ids(client.get(f"{SERVICES}/{service['id']}?fields=domains").json()["domains"]) for service in (taken, given)
    ]
    assert lies_in == [[domain["id"]], [new["id"]]]


@pytest.mark.parametrize("leave", ["dataProducts", "domains", "move"])
def test_an_asset_that_a_patch_takes_out_is_given_out_no_more(client, product, domain, leave):
    service, stays = service_in(client, domain), service_in(client, domain)
    for path in ("assets/add", "outputPorts/add"):
        put(client, product, path, service, stays)
    elsewhere = ref(made(client, "domain"), "domain")
    empty = {"op": "replace", "path": "/dataProducts", "value": []}
    patch = {
        "dataProducts": [empty],
        "domains": [empty, {"op": "replace", "path": "/domains", "value": []}],
        "move": [empty, {"op": "replace", "path": "/domains", "value": [elsewhere]}],
    }[leave]
    answer = client.patch(f"{SERVICES}/{service['id']}", json=patch)
    assert answer.status_code == 200, answer.text
    listed = client.bare.get(f"{PRODUCTS}/{product['id']}/outputPorts").json()
    assert ids(listed["data"]) == [stays["id"]]


def test_an_asset_whose_domain_alone_is_patched_is_no_port_of_a_data_product_that_it_is_not_in(client, product, domain):
    service = service_in(client, domain)
    for path in ("assets/add", "outputPorts/add"):
        put(client, product, path, service)
    elsewhere = ref(made(client, "domain"), "domain")
    patch = [{"op": "replace", "path": "/domains", "value": [elsewhere]}]
    client.patch(f"{SERVICES}/{service['id']}", json=patch)
    shown = client.get(f"{SERVICES}/{service['id']}?fields=domains,dataProducts").json()
    listed = client.bare.get(f"{PRODUCTS}/{product['id']}/outputPorts").json()
    assert (ids(shown["dataProducts"]) == [product["id"]]) is (ids(listed["data"]) == [service["id"]])
