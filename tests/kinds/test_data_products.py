"""Data products: their fields, their assets and ports, and what moves with one."""

from __future__ import annotations

import uuid

import pytest

from make import SERVICES, fresh, made, make, path_of, ref
from strict import fault

PRODUCTS = path_of("dataProduct")
OUTSIDE = (
    "Rule [Data Product Domain Validation] validation failed: Entity does not satisfy the rule. Rule context: "
    "Validates that Data Products assigned to an entity match the entity's domains."
)


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


def patch(client, product, path, value, op="add"):
    return client.patch(f"{PRODUCTS}/{product['id']}", json=[{"op": op, "path": path, "value": value}])


def placed(client, service):
    shown = client.get(f"{SERVICES}/{service['id']}?fields=domains,dataProducts").json()
    assert shown["version"] == 0.1
    return ids(shown["domains"]), ids(shown["dataProducts"])


# fields


def test_a_new_data_product_is_private_in_development_and_named_by_itself(client, domain):
    product = made(client, "dataProduct", domains=[domain["name"]])
    assert product["fullyQualifiedName"] == product["name"]
    assert (product["lifecycleStage"], product["visibility"]) == ("DEVELOPMENT", "PRIVATE")
    assert product["entityStatus"] == "Unprocessed"


def test_what_a_data_product_is_comes_with_its_request(client, domain):
    said = {"dataProductType": "DATASET", "visibility": "PUBLIC", "portfolioPriority": "HIGH"}
    product = made(client, "dataProduct", domains=[domain["name"]], **said)
    assert {key: product[key] for key in said} == said


@pytest.mark.parametrize("field", ["dataProductType", "visibility", "portfolioPriority"])
def test_an_unknown_value_is_400_and_lists_the_known_ones(client, field):
    message = fault(client.post(PRODUCTS, json=make("dataProduct", **{field: "NONSENSE"})), 400)
    assert field in message


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("/lifecycleStage", "NONSENSE"),
        ("/sla", {"tier": "WOOD"}),
        ("/sla", {"availability": 101}),
        ("/sla", {"colour": "red"}),
        ("/entityStatus", "NONSENSE"),
    ],
)
def test_a_patch_with_what_cannot_be_is_400(client, product, path, value):
    fault(patch(client, product, path, value), 400)
    assert get(client, product)["version"] == 0.1


def test_the_stage_and_the_promises_are_patched(client, product):
    sla = {"tier": "GOLD", "availability": 99.9, "responseTime": 20, "dataFreshness": 5, "dataQuality": 80.0}
    assert patch(client, product, "/sla", sla).json()["sla"] == sla
    assert patch(client, product, "/lifecycleStage", "PRODUCTION", "replace").json()["lifecycleStage"] == "PRODUCTION"


def test_what_it_consumes_and_provides_are_references(client, product, domain):
    other = made(client, "dataProduct", domains=[domain["name"]])
    for field in ("consumesFrom", "providesTo"):
        patch(client, product, f"/{field}", [ref(other, "dataProduct")])
        assert ids(get(client, product, field)[field]) == [other["id"]]
        itself = patch(client, product, f"/{field}", [ref(product, "dataProduct")])
        assert fault(itself, 400) == f"The data product {product['name']} cannot be in its own {field}."
        nobody = ref({"id": str(uuid.UUID(int=7))}, "dataProduct")
        assert fault(patch(client, product, f"/{field}", [nobody]), 404, "ENTITY_NOT_FOUND")
    client.delete(f"{PRODUCTS}/{other['id']}")
    assert get(client, product, "consumesFrom")["consumesFrom"] == []


def test_a_data_product_without_domains_is_400(client):
    asked = make("dataProduct")
    del asked["domains"]
    assert "domains must not be null" in fault(client.post(PRODUCTS, json=asked), 400)


def test_the_last_domain_of_a_data_product_stays(client, product, domain):
    removed = client.patch(f"{PRODUCTS}/{product['id']}", json=[{"op": "remove", "path": "/domains"}])
    assert "domains must not be null" in fault(removed, 400)
    assert ids(get(client, product, "domains")["domains"]) == [domain["id"]]


@pytest.mark.parametrize(("field", "kind"), [("domains", "domain"), ("experts", "user")])
def test_an_unknown_domain_or_expert_is_404(client, field, kind):
    answer = client.post(PRODUCTS, json=make("dataProduct", **{field: ["nope"]}))
    assert fault(answer, 404, "ENTITY_NOT_FOUND") == f"{kind} instance for nope not found"


def test_a_name_is_one_data_products_whatever_its_domain(client, product):
    asked = make("dataProduct", name=product["name"], domains=[made(client, "domain")["name"]])
    assert client.post(PRODUCTS, json=asked).status_code == 409


def test_data_products_are_listed_by_domain(client, product, domain):
    below = made(client, "domain", parent=domain["name"])
    made(client, "dataProduct", domains=[below["fullyQualifiedName"]])
    listed = client.get(f"{PRODUCTS}?domain={domain['name']}").json()
    assert (ids(listed["data"]), listed["paging"]["total"]) == ([product["id"]], 1)
    assert client.get(f"{PRODUCTS}?domain=nope").status_code == 404


# assets


def test_assets_of_the_same_domain_are_added_and_taken_out(client, product, domain):
    service = service_in(client, domain)
    assert put(client, product, "assets/add", service)["status"] == "success"
    assert placed(client, service) == ([domain["id"]], [product["id"]])
    assert ids(get(client, product, "assets")["assets"]) == [service["id"]]
    assert client.get(f"{PRODUCTS}/{product['id']}/assets").json()["paging"]["total"] == 1
    assert put(client, product, "assets/remove", service)["status"] == "success"
    assert placed(client, service) == ([domain["id"]], [])


def test_an_asset_of_another_domain_fails_in_its_row_alone(client, product, domain):
    inside, outside = service_in(client, domain), service_in(client, made(client, "domain"))
    nowhere = made(client, "messagingService")
    result = put(client, product, "assets/add", outside, nowhere, inside)
    assert result["status"] == "partialSuccess"
    assert [row["message"] for row in result["failedRequest"]] == [
        OUTSIDE,
        "Domain cannot be empty when data products are provided.",
    ]
    assert ids(get(client, product, "assets")["assets"]) == [inside["id"]]
    assert put(client, product, "assets/add", outside)["status"] == "failure"


def test_an_asset_is_in_one_data_product(client, product, domain):
    other = made(client, "dataProduct", domains=[domain["name"]])
    service = service_in(client, domain, dataProducts=[other["name"]])
    message = put(client, product, "assets/add", service)["failedRequest"][0]["message"]
    assert message.startswith("Rule [Multiple Data Products are not allowed] validation failed")
    assert placed(client, service)[1] == [other["id"]]


def test_a_domain_that_an_asset_has_from_above_counts(client, product, domain):
    classification = made(client, "classification", domains=[domain["name"]])
    tag = made(client, "tag", classification=classification["name"])
    body = {"assets": [ref(tag, "tag")]}
    assert client.put(f"{PRODUCTS}/{product['id']}/assets/add", json=body).json()["status"] == "success"
    shown = client.get(f"{path_of('tag')}/{tag['id']}?fields=dataProducts").json()
    assert ids(shown["dataProducts"]) == [product["id"]]


def test_a_dry_run_of_assets_changes_nothing(client, product, domain):
    service = service_in(client, domain)
    row = put(client, product, "assets/add", service, dryRun=True)["successRequest"][0]
    assert row["message"] == f"messagingService '{service['name']}' will be added to the data product."
    assert placed(client, service)[1] == []


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_a_new_data_product_may_bring_its_assets(client, domain, method):
    service = service_in(client, domain)
    asked = make("dataProduct", domains=[domain["name"]], assets=[ref(service, "messagingService")])
    answer = client.request(method, PRODUCTS, json=asked)
    assert answer.status_code == 201
    assert placed(client, service)[1] == [answer.json()["id"]]
    if method == "POST":
        assert answer.headers["location"].endswith(answer.json()["id"])


def test_a_put_over_a_data_product_adds_its_assets(client, product, domain):
    first, second = service_in(client, domain), service_in(client, domain)
    put(client, product, "assets/add", first)
    asked = make("dataProduct", name=product["name"], domains=[domain["name"]])
    answer = client.put(PRODUCTS, json=asked | {"assets": [ref(second, "messagingService")]})
    assert answer.status_code == 200
    assert set(ids(get(client, product, "assets")["assets"])) == {first["id"], second["id"]}


def test_a_data_product_whose_assets_cannot_be_added_is_not_made(client, domain, server):
    inside, outside = service_in(client, domain), service_in(client, made(client, "domain"))
    asked = make(
        "dataProduct", domains=[domain["name"]], assets=[ref(s, "messagingService") for s in (inside, outside)]
    )
    assert fault(client.post(PRODUCTS, json=asked), 400) == OUTSIDE
    assert client.get(f"{PRODUCTS}/name/{asked['name']}").status_code == 404
    assert placed(client, inside)[1] == []
    rule = {"name": "make", "effect": "allow", "operations": ["Create"], "resources": ["dataProduct"]}
    made(client, "policy", name="MakesProducts", rules=[rule])
    role = made(client, "role", policies=["MakesProducts"])
    as_maker = server.as_user("maker", roles=[role["id"]])
    asked["assets"] = [ref(inside, "messagingService")]
    assert "operations [EditAll] not allowed" in fault(as_maker.post(PRODUCTS, json=asked), 403, "FORBIDDEN")
    assert client.get(f"{PRODUCTS}/name/{asked['name']}").status_code == 404


def test_a_bulk_request_brings_no_assets(client, domain):
    service = service_in(client, domain)
    rows = [make("dataProduct", domains=[domain["name"]], assets=[ref(service, "messagingService")])]
    result = client.put(f"{PRODUCTS}/bulk", json=rows).json()
    assert result["failedRequest"][0]["message"].startswith("A bulk request may not bring assets.")


# moved


def test_the_assets_of_a_data_product_move_with_it(client, product, domain):
    new, service, other = made(client, "domain"), service_in(client, domain), service_in(client, domain)
    put(client, product, "assets/add", service)
    assert patch(client, product, "/domains", [ref(new, "domain")], "replace").status_code == 200
    assert placed(client, service) == ([new["id"]], [product["id"]])
    assert placed(client, other) == ([domain["id"]], [])
    asked = make("dataProduct", name=product["name"], domains=[domain["name"]])
    assert client.put(PRODUCTS, json=asked).status_code == 200
    assert placed(client, service) == ([domain["id"]], [product["id"]])


def test_ports_move_with_a_data_product_but_for_those_of_other_domains_and_products(client, product, domain):
    new, elsewhere = made(client, "domain"), made(client, "domain")
    given, taken = service_in(client, domain), service_in(client, domain)
    foreign = service_in(client, elsewhere)
    other = made(client, "dataProduct", domains=[domain["name"]])
    others = service_in(client, domain, dataProducts=[other["name"]])
    put(client, product, "assets/add", given)
    put(client, product, "outputPorts/add", given)
    put(client, product, "inputPorts/add", taken, foreign, others)
    patch(client, product, "/domains", [ref(new, "domain")], "replace")
    assert placed(client, given)[0] == placed(client, taken)[0] == [new["id"]]
    assert placed(client, foreign)[0] == [elsewhere["id"]]
    assert placed(client, others) == ([domain["id"]], [other["id"]])


def test_a_refused_move_moves_nothing(client, product, domain, as_user):
    service = service_in(client, domain)
    put(client, product, "assets/add", service)
    new = made(client, "domain")
    fault(patch(as_user, product, "/domains", [ref(new, "domain")], "replace"), 403, "FORBIDDEN")
    both = [ref(new, "domain"), ref(made(client, "domain"), "domain")]
    fault(patch(client, product, "/domains", both, "replace"), 400, "RULE_VIOLATION")
    assert placed(client, service)[0] == [domain["id"]]


def test_the_assets_that_a_data_product_takes_along_are_told_as_the_new_domains(client, product, domain):
    new, service, other = made(client, "domain"), service_in(client, domain), service_in(client, domain)
    put(client, product, "assets/add", service, other)
    patch(client, product, "/domains", [ref(new, "domain")], "replace")
    since = service["updatedAt"]
    events = client.bare.get(f"/api/v1/events?entityUpdated=domain&timestamp={since}").json()["data"]
    (told,) = [event["changeDescription"] for event in events if event["entityId"] == new["id"]]
    (added,) = told["fieldsAdded"]
    assert added["name"] == "assets"
    assert sorted(ids(added["newValue"])) == sorted([service["id"], other["id"]])


# deleted


def test_only_a_reviewer_deletes_what_is_in_review(client, domain, server):
    as_reviewer = server.as_user("reviewer")
    reviewer = client.get(f"{path_of('user')}/name/reviewer").json()
    product = made(client, "dataProduct", name=fresh("rev"), domains=[domain["name"]], reviewers=[ref(reviewer)])
    as_owner = server.as_user("ownerofreviewed")
    owner = client.get(f"{path_of('user')}/name/ownerofreviewed").json()
    patch(client, product, "/owners", [ref(reviewer), ref(owner)], "add")
    patch(client, product, "/entityStatus", "In Review", "replace")
    refused = as_owner.delete(f"{PRODUCTS}/{product['id']}")
    assert fault(refused, 403, "FORBIDDEN") == "User 'ownerofreviewed' is not a reviewer"
    assert as_reviewer.delete(f"{PRODUCTS}/{product['id']}").status_code == 200


def test_an_administrator_deletes_what_is_in_review_as_well(client, product):
    patch(client, product, "/reviewers", [ref(made(client, "user"))], "add")
    patch(client, product, "/entityStatus", "In Review", "replace")
    assert client.delete(f"{PRODUCTS}/{product['id']}").status_code == 200


def test_a_deleted_data_product_leaves_its_assets(client, product, domain):
    service = service_in(client, domain, dataProducts=[product["name"]])
    client.delete(f"{PRODUCTS}/{product['id']}")
    assert placed(client, service) == ([domain["id"]], [])


def test_a_data_product_is_certified_as_a_domain_is(client, product):
    value = {"tagLabel": {"tagFQN": "Certification.Gold"}}
    given = patch(client, product, "/certification", value).json()["certification"]
    assert given["tagLabel"]["tagFQN"] == "Certification.Gold"
    assert "certifies nothing" in fault(
        patch(client, product, "/certification", {"tagLabel": {"tagFQN": "PII.None"}}), 400
    )
