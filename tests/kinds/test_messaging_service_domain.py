"""The singular `domain` beside `domains` (rulings 1 and 2), and lists by domain."""

from __future__ import annotations

import pytest

from make import SERVICES, fresh, made, make, path_of


@pytest.fixture
def domain(client):
    return made(client, "domain")["fullyQualifiedName"]


def test_the_public_pages_body_works_as_it_stands(client, domain):
    user, tag = made(client, "user"), made(client, "tag")
    asked = {
        "name": fresh("page"),
        "displayName": "Page",
        "serviceType": "Kafka",
        "description": "As the *page* writes it.",
        "connection": {"config": {"type": "Kafka", "bootstrapServers": "h:9092"}},
        "owners": [{"id": user["id"], "type": "user"}],
        "domain": domain,
        "tags": [
            {
                "tagFQN": tag["fullyQualifiedName"],
                "source": "Classification",
                "labelType": "Manual",
                "state": "Confirmed",
            }
        ],
    }
    for response, status in ((client.post(SERVICES, json=asked), 201), (client.put(SERVICES, json=asked), 200)):
        body = response.json()
        assert response.status_code == status
        assert body["domain"] == domain
        assert [item["fullyQualifiedName"] for item in body["domains"]] == [domain]
        assert {"id", "version", "owners", "tags", "connection", "serviceType", "description"} <= body.keys()
    assert response.headers["x-openmetadata-change"] == "entityNoChange"
    result = client.put(f"{SERVICES}/bulk", json=[asked]).json()
    assert result["status"] == "success"


def test_no_answer_has_domain_unless_the_request_had_it(client, domain):
    asked = make("messagingService", domain=domain)
    entity = client.post(SERVICES, json=asked).json()
    path = f"{SERVICES}/{entity['id']}"
    assert "domain" not in client.get(path).json()
    assert "domain" not in client.get(f"{path}?fields=*").json()
    assert "domain" not in client.get(f"{path}?fields=domains").json()
    assert "domain" not in client.get(f"{path}/versions/0.1").json()
    assert "domain" not in client.patch(path, json=[]).json()
    assert "domain" not in client.put(SERVICES, json=make("messagingService", name=asked["name"])).json()
    plural = make("messagingService", domains=[domain])
    assert "domain" not in client.post(SERVICES, json=plural).json()


def test_fields_domain_shows_the_name_beside_the_references(client, domain):
    entity = made(client, "messagingService", domains=[domain])
    for path in (f"{SERVICES}/{entity['id']}?fields=domain", f"{SERVICES}/{entity['id']}?fields=owners,domain"):
        shown = client.get(path).json()
        assert shown["domain"] == domain
        assert shown["domains"][0]["fullyQualifiedName"] == domain
    listed = client.get(f"{SERVICES}?limit=1000&fields=domain").json()["data"]
    assert [row["domain"] for row in listed if row["id"] == entity["id"]] == [domain]
    without = made(client, "messagingService")
    assert "domain" not in client.get(f"{SERVICES}/{without['id']}?fields=domain").json()


def test_domain_and_domains_may_agree_and_not_differ(client, domain):
    other = made(client, "domain")["fullyQualifiedName"]
    assert made(client, "messagingService", domain=domain, domains=[domain])["domain"] == domain
    for domains in ([other], [domain, other], []):
        asked = make("messagingService", domain=domain, domains=domains)
        for response in (client.post(SERVICES, json=asked), client.put(SERVICES, json=asked)):
            assert response.status_code == 400
            assert "domain" in response.json()["message"]


def test_an_unknown_domain_is_404(client):
    response = client.post(SERVICES, json=make("messagingService", domain="nope"))
    assert (response.status_code, response.json()["message"]) == (404, "domain instance for nope not found")


def test_put_replaces_the_domain(client, domain):
    other = made(client, "domain")["fullyQualifiedName"]
    asked = make("messagingService", domain=domain)
    client.post(SERVICES, json=asked)
    moved = client.put(SERVICES, json=asked | {"domain": other}).json()
    assert moved["domain"] == other
    assert [change["name"] for change in moved["changeDescription"]["fieldsAdded"]] == ["domains"]
    assert [change["name"] for change in moved["changeDescription"]["fieldsDeleted"]] == ["domains"]


def test_a_patch_names_domains_by_reference_only(client, domain):
    entity = made(client, "messagingService")
    path = f"{SERVICES}/{entity['id']}"
    response = client.patch(path, json=[{"op": "add", "path": "/domain", "value": domain}])
    assert response.status_code == 400
    assert response.json()["message"].startswith('Unrecognized field "domain"')
    reference = client.get(f"{path_of('domain')}/name/{domain}").json()
    value = {"id": reference["id"], "type": "domain"}
    patched = client.patch(path, json=[{"op": "add", "path": "/domains/0", "value": value}]).json()
    assert [item["name"] for item in patched["domains"]] == [domain]


def test_a_list_by_domain_holds_that_domains_services_and_no_subdomains(client, domain):
    below = made(client, "domain", parent=domain)["fullyQualifiedName"]
    inside = made(client, "messagingService", domain=domain)
    made(client, "messagingService", domain=below)
    made(client, "messagingService")
    listed = client.get(SERVICES, params={"domain": domain}).json()
    assert [row["id"] for row in listed["data"]] == [inside["id"]]
    assert listed["paging"] == {"total": 1}


def test_a_list_by_domain_is_paged_and_follows_include(client, domain):
    ids = [made(client, "messagingService", domain=domain)["id"] for _ in range(3)]
    client.delete(f"{SERVICES}/{ids[1]}")
    first = client.get(SERVICES, params={"domain": domain, "limit": 1}).json()
    assert first["paging"]["total"] == 2
    second = client.get(SERVICES, params={"domain": domain, "limit": 1, "after": first["paging"]["after"]}).json()
    assert [first["data"][0]["id"], second["data"][0]["id"]] == [ids[0], ids[2]]
    deleted = client.get(SERVICES, params={"domain": domain, "include": "deleted"}).json()
    assert [row["id"] for row in deleted["data"]] == [ids[1]]


def test_a_list_by_an_unknown_domain_is_404_and_by_a_blank_one_everything(client):
    response = client.get(f"{SERVICES}?domain=nope")
    assert (response.status_code, response.json()["message"]) == (404, "domain instance for nope not found")
    assert client.get(f"{SERVICES}?domain=").json()["paging"] == client.get(SERVICES).json()["paging"]


def test_a_domain_that_is_deleted_leaves_its_services(client, domain):
    entity = made(client, "messagingService", domain=domain)
    client.delete(f"{path_of('domain')}/name/{domain}")
    path = f"{SERVICES}/{entity['id']}"
    assert client.get(f"{path}?fields=domains").json()["domains"] == []
    assert client.patch(path, json=[{"op": "add", "path": "/description", "value": "still"}]).status_code == 200
