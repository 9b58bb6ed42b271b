"""How connections are tested: contract, "Test connection definitions"."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from brokerbook.connectors import SERVICE_TYPES
from conftest import running
from strict import fault

PATH = "/api/v1/services/testConnectionDefinitions"
KEYS = {
    "name", "steps", "id", "displayName", "description", "fullyQualifiedName", "owners", "version", "updatedAt",
    "updatedBy", "impersonatedBy", "href", "changeDescription", "incrementalChangeDescription", "deleted", "domains",
}  # fmt: skip
"""What the official client knows of a definition; below, of a step."""
STEP_KEYS = {"name", "description", "mandatory", "errorMessage", "shortCircuit", "category"}
WITHOUT = {"CustomMessaging"}


def named(client, service_type):
    return client.get(f"{PATH}/name/{service_type}.testConnectionDefinition")


@pytest.mark.parametrize("service_type", sorted(set(SERVICE_TYPES) - WITHOUT))
def test_a_service_type_has_a_definition_that_the_client_can_read(client, service_type):
    found = named(client, service_type).json()
    assert (found["name"], found["fullyQualifiedName"]) == (service_type, f"{service_type}.testConnectionDefinition")
    assert found.keys() <= KEYS
    assert all(step.keys() == STEP_KEYS for step in found["steps"])
    assert client.get(found["href"].removeprefix("http://catalog.test")).json() == found


@pytest.mark.parametrize(
    ("service_type", "steps"),
    [
        ("Kafka", {"GetTopics": (True, True), "CheckSchemaRegistry": (False, False)}),
        ("Redpanda", {"GetTopics": (True, True), "CheckSchemaRegistry": (False, False)}),
        ("Kinesis", {"GetTopics": (True, True)}),
        ("PubSub", {"GetTopics": (True, True), "CheckSchemaRegistry": (False, False)}),
    ],
)
def test_its_steps_are_those_that_the_clients_connector_knows(client, service_type, steps):
    found = named(client, service_type).json()["steps"]
    assert {step["name"]: (step["mandatory"], step["shortCircuit"]) for step in found} == steps


@pytest.mark.parametrize("name", ["CustomMessaging.testConnectionDefinition", "Kafka", "NonExistent", "a b"])
def test_a_name_that_no_definition_has_is_not_found(client, name):
    message = fault(client.get(f"{PATH}/name/{quote(name, safe='')}"), 404, "ENTITY_NOT_FOUND")
    assert message == f"testConnectionDefinition instance for {name} not found"


def test_an_id_that_no_definition_has_is_not_found(client):
    fault(client.get(f"{PATH}/00000000-0000-4000-8000-000000000000"), 404, "ENTITY_NOT_FOUND")
    fault(client.get(f"{PATH}/Kafka"), 404, "NOT_FOUND")


def test_they_are_listed_in_the_order_of_names(client):
    listed = client.get(PATH).json()
    assert [row["name"] for row in listed["data"]] == sorted(set(SERVICE_TYPES) - WITHOUT)
    assert listed["paging"] == {"total": len(listed["data"])}
    assert listed["data"][0] == named(client, listed["data"][0]["name"]).json()


@pytest.mark.parametrize("size", [1, 2, 3])
def test_a_walk_over_pages_there_and_back_sees_each_of_them_once(client, size):
    everything = [row["name"] for row in client.get(PATH).json()["data"]]
    pages = [client.get(PATH, params={"limit": size}).json()]
    while "after" in pages[-1]["paging"]:
        pages.append(client.get(PATH, params={"limit": size, "after": pages[-1]["paging"]["after"]}).json())
    assert [row["name"] for page in pages for row in page["data"]] == everything
    back = [pages[-1]]
    while "before" in back[-1]["paging"]:
        back.append(client.get(PATH, params={"limit": size, "before": back[-1]["paging"]["before"]}).json())
    assert [row["name"] for page in reversed(back) for row in page["data"]] == everything


def test_none_of_them_is_deleted(client):
    assert client.get(f"{PATH}?include=deleted").json() == {"data": [], "paging": {"total": 0}}
    assert client.get(f"{PATH}?include=all").json() == client.get(PATH).json()
    fault(client.get(f"{PATH}/name/Kafka.testConnectionDefinition?include=deleted"), 404, "ENTITY_NOT_FOUND")


def test_everybody_with_a_token_reads_them(as_user, as_bot, client):
    for reader in (as_user, as_bot):
        assert reader.get(PATH).json() == client.get(PATH).json()
    fault(client.get(PATH, token=None), 401, "UNAUTHORIZED")


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_nobody_changes_them(client, method):
    one = named(client, "Kafka").json()["id"]
    for path in (PATH, f"{PATH}/{one}", f"{PATH}/name/Kafka.testConnectionDefinition"):
        response = client.request(method, path, json={})
        fault(response, 405, "METHOD_NOT_ALLOWED")
        assert response.headers["allow"] == "HEAD, GET"


def test_another_catalog_has_the_same_ids(client, tmp_path):
    with running(tmp_path) as other:
        ids = [row["id"] for row in other.as_user("reader").get(PATH).json()["data"]]
    assert ids == [row["id"] for row in client.get(PATH).json()["data"]]
