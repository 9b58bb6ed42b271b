"""Domains: their tree, what they inherit, and what goes with one that is deleted."""

from __future__ import annotations

import uuid
from urllib.parse import quote

import pytest

from brokerbook.store import relations
from make import SERVICES, fresh, made, make, path_of, ref
from strict import fault

DOMAINS = path_of("domain")


def get(client, domain, fields=""):
    return client.get(f"{DOMAINS}/{domain['id']}", params={"fields": fields} if fields else {}).json()


def ids(items):
    return [item["id"] for item in items]


def chain(client, depth):
    """Domains one below the other, the top first."""
    domains = [made(client, "domain")]
    while len(domains) < depth:
        domains.append(made(client, "domain", parent=domains[-1]["fullyQualifiedName"]))
    return domains


# the tree


def test_a_domain_below_another_shows_it_only_when_asked(client):
    top, below = chain(client, 2)
    assert below["fullyQualifiedName"] == f"{top['name']}.{below['name']}"
    assert below["parent"]["id"] == top["id"]
    assert "parent" not in get(client, below)
    assert get(client, below, "parent")["parent"]["id"] == top["id"]
    assert "parent" not in get(client, top, "parent")


def test_children_are_those_right_below_and_the_count_is_of_all(client):
    top, middle, _ = chain(client, 3)
    shown = get(client, top, "children,childrenCount")
    assert (ids(shown["children"]), shown["childrenCount"]) == ([middle["id"]], 2)
    assert "childrenCount" not in get(client, top)
    assert get(client, made(client, "domain"), "childrenCount")["childrenCount"] == 0


def test_the_hierarchy_shows_each_top_domain_with_all_below_it(client):
    top, middle, bottom = chain(client, 3)
    body = client.bare.get(f"{DOMAINS}/hierarchy?limit=1000").json()
    node = next(node for node in body["data"] if node["id"] == top["id"])
    assert set(node) == {"id", "name", "fullyQualifiedName", "description", "children"}
    assert ids(node["children"]) == [middle["id"]]
    assert ids(node["children"][0]["children"]) == [bottom["id"]]
    assert node["children"][0]["children"][0]["children"] == []
    assert middle["id"] not in ids(body["data"])
    assert body["paging"]["total"] == len(body["data"])
    assert [n["name"] for n in body["data"]] == sorted(n["name"] for n in body["data"])


def test_the_hierarchy_is_paged_and_begins_where_it_is_told(client):
    top = made(client, "domain")
    below = [made(client, "domain", name=fresh("below"), parent=top["name"]) for _ in range(3)]
    body = client.bare.get(f"{DOMAINS}/hierarchy?directChildrenOf={top['name']}&limit=2&offset=1").json()
    names = sorted(domain["name"] for domain in below)
    assert ([node["name"] for node in body["data"]], body["paging"]["total"]) == (names[1:], 3)
    unknown = client.bare.get(f"{DOMAINS}/hierarchy?directChildrenOf=nope")
    assert fault(unknown, 404, "ENTITY_NOT_FOUND") == "domain instance for nope not found"


def test_the_hierarchy_shows_only_what_the_caller_may_see(client, server):
    rule = {
        "name": "hide", "effect": "deny", "operations": ["All"], "resources": ["domain"],
        "condition": "isOwner()",
    }  # fmt: skip
    made(client, "policy", name="NotOwn", rules=[rule])
    role = made(client, "role", policies=["NotOwn"])
    as_owner = server.as_user("treeowner", roles=[role["id"]])
    owner = client.get(f"{path_of('user')}/name/treeowner").json()
    top = made(client, "domain")
    hidden = made(client, "domain", parent=top["name"], owners=[ref(owner)])
    made(client, "domain", parent=hidden["fullyQualifiedName"])
    seen = made(client, "domain", parent=top["name"])
    nodes = as_owner.get(f"{DOMAINS}/hierarchy?limit=1000").json()["data"]
    node = next(node for node in nodes if node["id"] == top["id"])
    assert ids(node["children"]) == [seen["id"]]


def test_an_unknown_parent_or_expert_is_404(client):
    for fields, said in (
        ({"parent": "nope"}, "domain instance for nope not found"),
        ({"experts": ["nope"]}, "user instance for nope not found"),
    ):
        assert fault(client.post(DOMAINS, json=make("domain", **fields)), 404, "ENTITY_NOT_FOUND") == said


@pytest.mark.parametrize("fields", [{"domainType": "Nonsense"}, {"domainType": None}, {"description": None}])
def test_a_domain_without_its_type_or_description_is_400(client, fields):
    assert next(iter(fields)) in fault(client.post(DOMAINS, json=make("domain", **fields)), 400)


def test_a_name_is_taken_only_among_those_right_below_the_same_domain(client):
    one, two = made(client, "domain"), made(client, "domain")
    asked = make("domain", name=fresh("same"), parent=one["name"])
    assert client.post(DOMAINS, json=asked).status_code == 201
    assert fault(client.post(DOMAINS, json=asked), 409, "ENTITY_ALREADY_EXISTS") == "Entity already exists"
    assert client.post(DOMAINS, json=asked | {"parent": two["name"]}).status_code == 201


@pytest.mark.parametrize("op", ["add", "replace"])
def test_a_domain_cannot_be_moved_and_so_never_lies_below_itself(client, op):
    top, below = chain(client, 2)
    for domain, target in ((below, made(client, "domain")), (top, below)):
        operation = {"op": op if domain is below else "add", "path": "/parent", "value": ref(target, "domain")}
        answer = client.patch(f"{DOMAINS}/{domain['id']}", json=[operation])
        assert answer.headers["x-openmetadata-change"] == "entityNoChange"
    children = [{"op": "add", "path": "/children", "value": []}]
    assert client.patch(f"{DOMAINS}/{top['id']}", json=children).headers["x-openmetadata-change"] == "entityNoChange"
    assert get(client, below, "parent")["parent"]["id"] == top["id"]
    assert "parent" not in get(client, top, "parent")
    assert ids(get(client, top, "children")["children"]) == [below["id"]]


# what it has, and has from above


def test_owners_and_experts_come_from_above_until_a_domain_has_its_own(client):
    owner, expert, own = (made(client, "user") for _ in range(3))
    top = made(client, "domain", owners=[ref(owner)], experts=[expert["name"]])
    middle = made(client, "domain", parent=top["name"], owners=[ref(own)])
    bottom = made(client, "domain", parent=middle["fullyQualifiedName"])
    assert [(o["id"], o["inherited"]) for o in bottom["owners"]] == [(own["id"], True)]
    assert [(e["id"], e["inherited"]) for e in bottom["experts"]] == [(expert["id"], True)]
    shown = get(client, middle, "owners,experts")
    assert [(o["id"], "inherited" in o) for o in shown["owners"]] == [(own["id"], False)]
    assert [e["id"] for e in shown["experts"]] == [expert["id"]]


def test_what_is_inherited_is_not_stored(client):
    owner = made(client, "user")
    top = made(client, "domain", owners=[ref(owner)])
    below = made(client, "domain", parent=top["name"])
    client.patch(f"{DOMAINS}/{top['id']}", json=[{"op": "remove", "path": "/owners"}])
    assert get(client, below, "owners")["owners"] == []


def test_a_domain_shows_its_own_assets_when_asked(client):
    top, below = chain(client, 2)
    service = made(client, "messagingService", domain=top["name"], description="Not for everybody.")
    made(client, "messagingService", domain=below["fullyQualifiedName"])
    shown = get(client, top, "assets")["assets"]
    assert ids(shown) == [service["id"]]
    assert "description" not in shown[0]
    assert "assets" not in get(client, top)
    listed = client.get(f"{DOMAINS}?fields=assets,childrenCount&limit=1000").json()["data"]
    assert [ids(row["assets"]) for row in listed if row["id"] == top["id"]] == [[service["id"]]]


def test_counts_and_assets_cannot_be_patched(client):
    domain = made(client, "domain")
    for field, value in (("childrenCount", 7), ("assets", [])):
        patch = [{"op": "add", "path": f"/{field}", "value": value}]
        assert f'Unrecognized field "{field}"' in fault(client.patch(f"{DOMAINS}/{domain['id']}", json=patch), 400)


@pytest.mark.parametrize(("field", "value"), [("entityStatus", "Nonsense"), ("domainType", "Nonsense")])
def test_a_patch_keeps_to_the_known_values(client, field, value):
    patch = [{"op": "replace", "path": f"/{field}", "value": value}]
    assert field in fault(client.patch(f"{DOMAINS}/{made(client, 'domain')['id']}", json=patch), 400)


# deleted


def test_a_deleted_domain_takes_along_what_lies_below_it(client):
    top, middle, bottom = chain(client, 3)
    answer = client.delete(f"{DOMAINS}/{top['id']}")
    assert answer.headers["x-openmetadata-change"] == "entityDeleted"
    for domain in (top, middle, bottom):
        assert client.get(f"{DOMAINS}/{domain['id']}?include=all").status_code == 404


def test_a_deleted_domain_takes_along_its_data_products_and_leaves_its_assets(client):
    top, below = chain(client, 2)
    products = [made(client, "dataProduct", domains=[domain["fullyQualifiedName"]]) for domain in (top, below)]
    kept = made(client, "dataProduct", domains=[made(client, "domain")["name"]])
    service = made(client, "messagingService", domain=top["name"], dataProducts=[products[0]["name"]])
    user = made(client, "user", domains=[below["fullyQualifiedName"]])
    before = client.bare.get(f"/api/v1/events?entityDeleted=dataProduct&timestamp={service['updatedAt']}").json()[
        "data"
    ]
    client.delete(f"{DOMAINS}/{top['id']}")
    for product in products:
        assert client.get(f"{path_of('dataProduct')}/{product['id']}").status_code == 404
    assert client.get(f"{path_of('dataProduct')}/{kept['id']}").status_code == 200
    shown = client.get(f"{SERVICES}/{service['id']}?fields=domains,dataProducts").json()
    assert (shown["domains"], shown["dataProducts"], shown["version"]) == ([], [], 0.1)
    assert client.get(f"{path_of('user')}/{user['id']}?fields=domains").json()["domains"] == []
    after = client.bare.get(f"/api/v1/events?entityDeleted=dataProduct&timestamp={service['updatedAt']}").json()["data"]
    assert {event["entityId"] for event in after[len(before) :]} == {product["id"] for product in products}


def test_a_data_product_that_another_domain_holds_as_well_is_only_detached(client, server):
    top, below = chain(client, 2)
    other = made(client, "domain")
    product, doomed = (made(client, "dataProduct", domains=[top["name"]]) for _ in range(2))
    edges = [(product["id"], "domains", other["id"], None), (doomed["id"], "domains", below["id"], None)]
    server.run(server.catalog.context.database.write(lambda tx: relations.insert(tx, edges)))
    client.delete(f"{DOMAINS}/name/{top['name']}")
    assert client.get(f"{path_of('dataProduct')}/{doomed['id']}").status_code == 404
    shown = client.get(f"{path_of('dataProduct')}/{product['id']}?fields=domains").json()
    assert ids(shown["domains"]) == [other["id"]]


def test_a_domain_deleted_afterwards_takes_along_the_same(client):
    domain = made(client, "domain", name=fresh("la.ter"))
    product = made(client, "dataProduct", domains=[domain["fullyQualifiedName"]])
    assert client.delete(f"{DOMAINS}/async/{domain['id']}").status_code == 202
    for _ in range(1000):
        if client.get(f"{DOMAINS}/{domain['id']}").status_code == 404:
            break
    assert client.get(f"{path_of('dataProduct')}/{product['id']}").status_code == 404
    assert client.get(f"{DOMAINS}/name/{quote(domain['name'])}").status_code == 404


def test_whoever_may_not_delete_a_domain_deletes_none_of_its_data_products(client, as_user):
    domain = made(client, "domain")
    product = made(client, "dataProduct", domains=[domain["name"]])
    fault(as_user.delete(f"{DOMAINS}/{domain['id']}"), 403, "FORBIDDEN")
    assert client.get(f"{path_of('dataProduct')}/{product['id']}").status_code == 200


def test_whoever_was_in_a_deleted_domain_is_in_none(client, server):
    domain, free = made(client, "domain"), made(client, "messagingService")
    role = client.get(f"{path_of('role')}/name/DomainOnlyAccessRole").json()
    as_member = server.as_user("member", roles=[role["id"]], domains=[domain["name"]])

    async def look():
        server.catalog.context.authenticator.look()

    server.run(look())
    path = f"{SERVICES}/{free['id']}"
    assert as_member.get(path).status_code == 403
    client.delete(f"{DOMAINS}/{domain['id']}")
    server.run(look())
    assert as_member.get(path).status_code == 200


def test_deleting_what_is_not_there_is_404(client):
    assert client.delete(f"{DOMAINS}/{uuid.UUID(int=7)}").status_code == 404


# certified


def certify(client, domain, fqn, **times):
    value = {"tagLabel": {"tagFQN": fqn, "source": "Classification", "labelType": "Manual", "state": "Confirmed"}}
    patch = [{"op": "add", "path": "/certification", "value": value | times}]
    return client.patch(f"{DOMAINS}/{domain['id']}", json=patch)


def test_a_certification_shows_its_tag_and_for_how_long_it_holds(client):
    domain = made(client, "domain")
    given = certify(client, domain, "Certification.Gold").json()["certification"]
    assert given["tagLabel"]["style"] == {"color": "#FFD700"}
    assert given["expiryDate"] - given["appliedDate"] == 30 * 24 * 3_600_000
    assert get(client, domain, "certification")["certification"] == given
    assert "certification" not in get(client, domain)
    times = {"appliedDate": given["appliedDate"], "expiryDate": given["appliedDate"] + 1}
    again = certify(client, domain, "Certification.Silver", **times)
    assert again.json()["certification"]["expiryDate"] == times["expiryDate"]
    assert again.json()["version"] == 0.2, "one session is one version"
    same = certify(client, domain, "Certification.Silver", **times)
    assert same.headers["x-openmetadata-change"] == "entityNoChange"
    taken = client.patch(f"{DOMAINS}/{domain['id']}", json=[{"op": "remove", "path": "/certification"}])
    assert "certification" not in taken.json()
    assert taken.json()["version"] == 0.1


def test_a_certification_follows_the_name_of_its_tag(client):
    tag = made(client, "tag", classification="Certification")
    domain = made(client, "domain")
    certify(client, domain, tag["fullyQualifiedName"])
    new = fresh("renamed")
    client.patch(f"{path_of('tag')}/{tag['id']}", json=[{"op": "replace", "path": "/name", "value": new}])
    label = get(client, domain, "certification")["certification"]["tagLabel"]
    assert label["tagFQN"] == f"Certification.{new}"
    client.delete(f"{path_of('tag')}/{tag['id']}")
    assert "certification" not in get(client, domain, "certification")


def test_what_certifies_is_a_tag_that_does(client):
    domain, tag = made(client, "domain"), made(client, "tag", classification="Certification")
    client.patch(f"{path_of('tag')}/{tag['id']}", json=[{"op": "replace", "path": "/disabled", "value": True}])
    assert "certifies nothing" in fault(certify(client, domain, "Tier.Tier1"), 400)
    assert "is disabled" in fault(certify(client, domain, tag["fullyQualifiedName"]), 400)
    assert "expire before" in fault(certify(client, domain, "Certification.Gold", appliedDate=2, expiryDate=1), 400)
    fault(certify(client, domain, "Certification.Nope"), 404, "ENTITY_NOT_FOUND")
    fault(client.patch(f"{DOMAINS}/{domain['id']}", json=[{"op": "add", "path": "/certification", "value": 7}]), 400)
    assert get(client, domain)["version"] == 0.1


def test_certifying_needs_the_right_to_it_and_no_other(client, as_user, server):
    domain = made(client, "domain")
    assert certify(as_user, domain, "Certification.Gold").status_code == 200
    rule = {"name": "no", "effect": "deny", "operations": ["EditCertification"], "resources": ["domain"]}
    made(client, "policy", name="NoCertificates", rules=[rule])
    role = made(client, "role", policies=["NoCertificates"])
    answer = certify(server.as_user("uncertifying", roles=[role["id"]]), domain, "Certification.Silver")
    assert "operation EditCertification denied" in fault(answer, 403, "FORBIDDEN")


def test_a_condition_may_ask_for_the_certification(client, server):
    rule = {
        "name": "hide", "effect": "deny", "operations": ["All"], "resources": ["domain"],
        "condition": "matchAnyCertification('Certification.Bronze')",
    }  # fmt: skip
    made(client, "policy", name="NoBronze", rules=[rule])
    role = made(client, "role", policies=["NoBronze"])
    as_choosy = server.as_user("choosy", roles=[role["id"]])
    domain = made(client, "domain")
    assert as_choosy.get(f"{DOMAINS}/{domain['id']}").status_code == 200
    certify(client, domain, "Certification.Bronze")
    assert as_choosy.get(f"{DOMAINS}/{domain['id']}").status_code == 403
    assert domain["id"] not in ids(as_choosy.get(f"{DOMAINS}?limit=1000").json()["data"])


def test_a_token_for_domains_alone_deletes_no_data_product_with_one(client):
    domain = made(client, "domain")
    product = made(client, "dataProduct", domains=[domain["name"]])

    def token(*kinds):
        asked = {"name": "scoped", "scopes": {"kinds": list(kinds)}}
        return client.post("/api/v1/tokens", json=asked).json()["jwtToken"]

    for path in (domain["id"], f"name/{domain['name']}", f"async/{domain['id']}", f"{domain['id']}?dryRun=true"):
        refused = client.delete(f"{DOMAINS}/{path}", token=token("domain"))
        assert f"not for dataProduct {product['name']}" in fault(refused, 403, "FORBIDDEN")
    assert client.get(f"{path_of('dataProduct')}/{product['id']}").status_code == 200
    assert client.delete(f"{DOMAINS}/{domain['id']}", token=token("domain", "dataProduct")).status_code == 200


@pytest.mark.parametrize("way", ["", "async/"])
def test_a_data_product_in_review_goes_with_its_domain_only_if_a_reviewer_deletes_that(client, server, way):
    rule = {"name": "delete", "effect": "allow", "operations": ["Delete"], "resources": ["domain"]}
    policy = made(client, "policy", name=fresh("Deleting"), rules=[rule])
    role = made(client, "role", policies=[policy["name"]])
    as_reviewer, as_other = (server.as_user(fresh("deleter"), roles=[role["id"]]) for _ in range(2))
    reviewer = as_reviewer.get("/api/v1/users/loggedInUser").json()
    top, below = chain(client, 2)
    product = made(client, "dataProduct", domains=[below["fullyQualifiedName"]], reviewers=[ref(reviewer)])
    status = [{"op": "replace", "path": "/entityStatus", "value": "In Review"}]
    client.patch(f"{path_of('dataProduct')}/{product['id']}", json=status)
    refused = as_other.delete(f"{DOMAINS}/{way}{top['id']}?recursive=true")
    assert fault(refused, 403, "FORBIDDEN").endswith("is not a reviewer")
    assert client.get(f"{path_of('dataProduct')}/{product['id']}").status_code == 200
    assert as_reviewer.delete(f"{DOMAINS}/{way}{top['id']}?recursive=true").status_code in (200, 202)
