"""Lineage that follows: between services, domains and data products because there is some between what lies in them."""

from __future__ import annotations

from typing import Any

import pytest

from make import made, ref
from streams import LINEAGE, around, asked, by_id, chain, details, pairs, state, topic
from strict import fault

SERVICE = "messagingService"


@pytest.fixture
def services(client):
    return [made(client, SERVICE) for _ in range(2)]


def within(client: Any, service: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return topic(client, service=service["fullyQualifiedName"], **fields)


def test_topics_of_two_services_link_these(client, services):
    one, two = services
    chain(client, within(client, one), within(client, two))
    found = around(client, one, 1, 1, SERVICE)
    assert [(node["id"], node["type"]) for node in found["nodes"]] == [(two["id"], SERVICE)]
    assert found["upstreamEdges"] == []
    assert found["downstreamEdges"] == [
        {
            "fromEntity": one["id"],
            "toEntity": two["id"],
            "lineageDetails": {"source": "ChildAssets", "assetEdges": 1},
        }
    ]
    assert pairs(around(client, two, 1, 0, SERVICE)["upstreamEdges"]) == {(one["id"], two["id"])}


def test_the_edge_counts_and_goes_with_the_last(client, services):
    one, two = services
    a, b, c = within(client, one), within(client, one), within(client, two)
    chain(client, a, c)
    chain(client, b, c)
    assert details(client, one, two) == {"source": "ChildAssets", "assetEdges": 2}
    client.delete(f"{LINEAGE}/{by_id(a)}/{by_id(c)}")
    assert details(client, one, two)["assetEdges"] == 1
    client.delete(f"/api/v1/topics/{b['id']}?hardDelete=true")
    assert client.get(f"{LINEAGE}/getLineageEdge/{one['id']}/{two['id']}").status_code == 404
    assert around(client, one, 1, 1, SERVICE)["nodes"] == []


def test_topics_of_one_service_link_it_with_nothing(client, services):
    one, _ = services
    chain(client, within(client, one), within(client, one))
    assert around(client, one, 1, 1, SERVICE)["nodes"] == []


def test_a_chain_of_services_is_gone_along(client, services):
    one, two = services
    three = made(client, SERVICE)
    chain(client, within(client, one), within(client, two))
    chain(client, within(client, two), within(client, three))
    found = around(client, one, 0, 2, SERVICE)
    assert pairs(found["downstreamEdges"]) == {(one["id"], two["id"]), (two["id"], three["id"])}
    graph = client.get(f"{LINEAGE}/graph/{by_id(one, SERVICE)}?downstreamDepth=1").json()
    assert graph["edges"][0]["stated"] == "derived"
    assert graph["nodes"][1]["more"] == ["downstream"]
    assert graph["cut"] is True


def test_domains_are_linked_by_what_lies_in_them(client):
    one, two = made(client, "domain"), made(client, "domain")
    a, b = (topic(client, domains=[domain["fullyQualifiedName"]]) for domain in (one, two))
    chain(client, a, b)
    assert details(client, one, two) == {"source": "ChildAssets", "assetEdges": 1}
    assert pairs(around(client, two, 1, 0, "domain")["upstreamEdges"]) == {(one["id"], two["id"])}
    moved = [{"op": "remove", "path": "/domains"}]
    assert client.patch(f"/api/v1/topics/{b['id']}", json=moved).status_code == 200
    assert around(client, one, 1, 1, "domain")["nodes"] == []


def test_what_has_its_domain_from_its_service_counts(client, services):
    one, two = services
    domains = [made(client, "domain") for _ in range(3)]
    for service, domain in zip((one, two), domains, strict=False):
        path = f"/api/v1/services/messagingServices/{service['id']}"
        client.patch(path, json=[{"op": "add", "path": "/domains", "value": [ref(domain, "domain")]}])
    chain(client, within(client, one), within(client, two))
    other = within(client, two, domains=[domains[2]["fullyQualifiedName"]])
    chain(client, within(client, one), other)
    assert details(client, domains[0], domains[1])["assetEdges"] == 1
    assert details(client, domains[0], domains[2])["assetEdges"] == 1
    assert pairs(around(client, domains[1], 1, 0, "domain")["upstreamEdges"]) == {(domains[0]["id"], domains[1]["id"])}


def test_data_products_are_linked_by_what_lies_in_them(client):
    domain = made(client, "domain")["fullyQualifiedName"]
    products = [made(client, "dataProduct", domains=[domain]) for _ in range(2)]
    a, b = (topic(client, domains=[domain], dataProducts=[one["fullyQualifiedName"]]) for one in products)
    chain(client, a, b)
    assert details(client, *products) == {"source": "ChildAssets", "assetEdges": 1}
    assert around(client, products[0], 0, 3, "dataProduct")["nodes"][0]["type"] == "dataProduct"


def test_what_follows_cannot_be_deleted_or_patched_by_itself(client, services):
    one, two = services
    chain(client, within(client, one), within(client, two))
    path = f"{LINEAGE}/{by_id(one, SERVICE)}/{by_id(two, SERVICE)}"
    for response in (client.delete(path), client.patch(path, json=[])):
        told = fault(response, 400)
        assert f"from {SERVICE} {one['name']} to {SERVICE} {two['name']} follows from 1 edges" in told
    client.delete(f"{LINEAGE}/{by_id(two, SERVICE)}/type/ChildAssets")
    assert details(client, one, two)["assetEdges"] == 1


def test_what_is_stated_of_services_stands_before_what_follows(client, services):
    one, two = services
    chain(client, within(client, one), within(client, two))
    state(client, one, two, SERVICE, description="By hand.")
    said = details(client, one, two)
    assert (said["source"], said["description"], said["assetEdges"]) == ("Manual", "By hand.", 1)
    assert around(client, one, 0, 1, SERVICE)["downstreamEdges"][0]["lineageDetails"] == said
    client.delete(f"{LINEAGE}/{by_id(one, SERVICE)}/{by_id(two, SERVICE)}")
    assert details(client, one, two) == {"source": "ChildAssets", "assetEdges": 1}


def test_who_may_not_see_what_lies_in_services_sees_no_edge_between_them(server, client, services):
    denying = {"name": "topics", "effect": "deny", "operations": ["All"], "resources": ["topic"]}
    role = made(client, "role", policies=[made(client, "policy", rules=[denying])["fullyQualifiedName"]])
    as_blind = server.as_user("blind", roles=[role["id"]])
    one, two = services
    chain(client, within(client, one), within(client, two))
    assert around(as_blind, one, 1, 1, SERVICE)["nodes"] == []
    assert len(around(client, one, 1, 1, SERVICE)["nodes"]) == 1


def test_an_asset_and_a_service_are_linked_only_if_somebody_says_so(client, services):
    one, two = services
    a = within(client, one)
    edge = {"fromEntity": ref(a, "topic"), "toEntity": ref(two, SERVICE)}
    assert client.put(LINEAGE, json={"edge": edge}).status_code == 200
    assert around(client, one, 1, 1, SERVICE)["nodes"] == []
    assert [node["id"] for node in around(client, two, 1, 0, SERVICE)["nodes"]] == [a["id"]]


def test_a_body_that_says_that_it_follows_is_taken_as_stated(client, services):
    one, two = services
    assert client.put(LINEAGE, json=asked(one, two, SERVICE, source="ChildAssets", assetEdges=3)).status_code == 200
    said = details(client, one, two)
    assert (said["source"], said["createdBy"]) == ("ChildAssets", "admin")
    assert "assetEdges" not in said
