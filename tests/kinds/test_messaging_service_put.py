"""PUT of messaging services: contract, "PUT" (cases 58 to 80) and "PUT semantics", rulings 5, 7 and 13."""

from __future__ import annotations

import json
import time

import pytest

from make import SERVICES, kafka, made, make, path_of, ref


def stored(client, entity, fields="*"):
    return client.get(f"{SERVICES}/{entity['id']}?fields={fields}").json()


def changed(response, list_name):
    return {change["name"]: change for change in response.json()["changeDescription"][list_name]}


@pytest.fixture
def full(client):
    """A request with everything that links a service to others, and the service made from it."""
    user, tag, domain = made(client, "user"), made(client, "tag"), made(client, "domain")
    product = made(client, "dataProduct", domains=[domain["fullyQualifiedName"]])
    asked = make(
        "messagingService",
        displayName="Shown",
        description="first",
        owners=[ref(user)],
        tags=[{"tagFQN": tag["fullyQualifiedName"]}],
        domains=[domain["fullyQualifiedName"]],
        dataProducts=[product["fullyQualifiedName"]],
        style={"color": "#123456"},
        connection=kafka(saslPassword="first-secret"),
    )
    entity = client.post(SERVICES, json=asked).json()
    client.put(f"{SERVICES}/{entity['id']}/followers", json=user["id"])
    return asked, entity


def test_a_repeated_put_changes_nothing_at_all(client, as_bot, full):
    asked, entity = full
    before = stored(client, entity)
    for caller in (client, as_bot):
        response = caller.put(SERVICES, json=asked)
        assert response.status_code == 200
        assert response.headers["x-openmetadata-change"] == "entityNoChange"
        assert response.json()["version"] == 0.1
        assert response.json()["updatedAt"] == entity["updatedAt"]
        assert response.json()["updatedBy"] == "admin"
    assert stored(client, entity) == before


def test_the_order_of_owners_tags_and_keys_is_no_change(client):
    users = [ref(made(client, "user")) for _ in range(3)]
    tags = [{"tagFQN": made(client, "tag")["fullyQualifiedName"]} for _ in range(3)]
    asked = make("messagingService", owners=users, tags=tags, description="d")
    client.post(SERVICES, json=asked)
    turned = dict(reversed(asked.items())) | {"owners": users[::-1], "tags": tags[::-1]}
    assert client.put(SERVICES, json=turned).headers["x-openmetadata-change"] == "entityNoChange"


def test_put_keeps_by_omission_all_that_links_a_service_to_others(client, full):
    asked, entity = full
    result = {"status": "Successful", "steps": []}
    client.put(f"{SERVICES}/{entity['id']}/testConnectionResult", json=result)
    before = stored(client, entity)
    bare = {key: asked[key] for key in ("name", "serviceType", "displayName", "description")}
    response = client.put(SERVICES, json=bare | {"description": "second"})
    assert list(changed(response, "fieldsUpdated")) == ["description"]
    assert response.json()["changeDescription"]["fieldsDeleted"] == []
    after = stored(client, entity)
    kept = ("owners", "tags", "domains", "dataProducts", "followers", "testConnectionResult", "connection", "style")
    assert {key: after[key] for key in kept} == {key: before[key] for key in kept}
    assert {"owners", "tags", "domains", "dataProducts"} <= response.json().keys()
    assert "followers" not in response.json()


@pytest.mark.parametrize("empty", [None, []])
def test_empty_lists_are_omissions(client, full, empty):
    asked, entity = full
    bare = asked | dict.fromkeys(("owners", "tags", "domains", "dataProducts"), empty)
    assert client.put(SERVICES, json=bare).headers["x-openmetadata-change"] == "entityNoChange"
    assert stored(client, entity)["owners"] == entity["owners"]


def test_put_removes_description_and_display_name_by_omission(client, full):
    asked, entity = full
    bare = {key: value for key, value in asked.items() if key not in ("description", "displayName")}
    response = client.put(SERVICES, json=bare)
    deleted = changed(response, "fieldsDeleted")
    assert deleted["description"] == {"name": "description", "oldValue": "first"}
    assert deleted["displayName"] == {"name": "displayName", "oldValue": "Shown"}
    assert not {"description", "displayName"} & stored(client, entity).keys()


def test_a_new_description_is_added_and_another_one_updated(client):
    asked = make("messagingService")
    client.post(SERVICES, json=asked)
    response = client.put(SERVICES, json=asked | {"description": "first"})
    assert changed(response, "fieldsAdded")["description"] == {"name": "description", "newValue": "first"}
    response = client.put(SERVICES, json=asked | {"description": "second"})
    expected = {"name": "description", "oldValue": "first", "newValue": "second"}
    assert changed(response, "fieldsUpdated")["description"] == expected
    assert response.json()["changeDescription"]["previousVersion"] == 0.2
    assert response.json()["version"] == 0.3


def test_an_empty_description_is_updated_not_added(client):
    asked = make("messagingService", description="")
    assert client.post(SERVICES, json=asked).json()["description"] == ""
    response = client.put(SERVICES, json=asked | {"description": "first"})
    assert changed(response, "fieldsUpdated")["description"]["oldValue"] == ""


def test_a_new_owner_replaces_the_old_one_and_both_are_told(client, full):
    asked, entity = full
    new = made(client, "user")
    response = client.put(SERVICES, json=asked | {"owners": [ref(new)]})
    assert response.json()["version"] == 0.2
    added, deleted = changed(response, "fieldsAdded")["owners"], changed(response, "fieldsDeleted")["owners"]
    assert [item["id"] for item in json.loads(added["newValue"])] == [new["id"]]
    assert [item["id"] for item in json.loads(deleted["oldValue"])] == [entity["owners"][0]["id"]]
    assert "oldValue" not in added
    assert "newValue" not in deleted
    assert [owner["id"] for owner in response.json()["owners"]] == [new["id"]]


def test_put_never_removes_a_tag(client):
    tags = [{"tagFQN": made(client, "tag")["fullyQualifiedName"]} for _ in range(2)]
    asked = make("messagingService")
    client.post(SERVICES, json=asked | {"tags": tags[:1]})
    response = client.put(SERVICES, json=asked | {"tags": tags[1:]})
    assert [tag["tagFQN"] for tag in response.json()["tags"]] == sorted(tag["tagFQN"] for tag in tags)
    assert changed(response, "fieldsDeleted") == {}
    assert len(json.loads(changed(response, "fieldsAdded")["tags"]["newValue"])) == 1


def test_many_tags_are_merged_and_merging_again_changes_nothing(client):
    made(client, "classification", name="Many")
    rows = [make("tag", name=f"t{number:03}", classification="Many") for number in range(200)]
    assert client.put(f"{path_of('tag')}/bulk", json=rows).json()["numberOfRowsPassed"] == 200
    labels = [{"tagFQN": f"Many.{row['name']}"} for row in rows]
    asked = make("messagingService")
    client.post(SERVICES, json=asked | {"tags": labels[:120]})
    assert len(client.put(SERVICES, json=asked | {"tags": labels[80:]}).json()["tags"]) == 200
    again = client.put(SERVICES, json=asked | {"tags": labels})
    assert again.headers["x-openmetadata-change"] == "entityNoChange"


def test_a_union_of_tags_that_exclude_each_other_is_400(client):
    made(client, "classification", name="Either", mutuallyExclusive=True)
    one, other = ({"tagFQN": made(client, "tag", classification="Either")["fullyQualifiedName"]} for _ in range(2))
    asked = make("messagingService", tags=[one])
    client.post(SERVICES, json=asked)
    response = client.put(SERVICES, json=asked | {"tags": [other]})
    assert response.status_code == 400
    assert "are mutually exclusive and can't be assigned together" in response.json()["message"]


def test_put_without_a_connection_keeps_the_stored_one(client, as_bot, full):
    asked, entity = full
    bare = {key: value for key, value in asked.items() if key != "connection"}
    for body in (bare, bare | {"connection": None}):
        assert client.put(SERVICES, json=body).headers["x-openmetadata-change"] == "entityNoChange"
    assert stored(as_bot, entity)["connection"]["config"]["saslPassword"] == "first-secret"


def test_a_new_connection_replaces_the_old_one_and_is_told_without_its_values(client, as_bot, full):
    asked, entity = full
    response = client.put(SERVICES, json=asked | {"connection": {"config": {"bootstrapServers": "other:1"}}})
    assert changed(response, "fieldsUpdated")["connection"] == {
        "name": "connection",
        "oldValue": '"old-encrypted-value"',
        "newValue": '"new-encrypted-value"',
    }
    assert response.json()["version"] == 0.2
    config = stored(as_bot, entity)["connection"]["config"]
    assert config["bootstrapServers"] == "other:1"
    assert "saslPassword" not in config


def test_a_first_connection_is_told_as_an_update_too(client):
    asked = make("messagingService")
    client.post(SERVICES, json=asked)
    response = client.put(SERVICES, json=asked | {"connection": kafka()})
    assert list(changed(response, "fieldsUpdated")) == ["connection"]
    assert response.json()["changeDescription"]["fieldsAdded"] == []


def test_an_unknown_property_is_refused_with_the_word_for_updates(client, full):
    asked, _ = full
    response = client.put(SERVICES, json=asked | {"connection": kafka(foo=1)})
    assert response.status_code == 400
    assert response.json()["message"].startswith(
        "Failed to unmask 'Kafka' connection stored in DB due to an unrecognized field: 'foo'"
    )


def test_another_service_type_is_400_and_says_so(client, full):
    asked, entity = full
    response = client.put(SERVICES, json=asked | {"serviceType": "Redpanda", "connection": {"config": {}}})
    assert response.status_code == 400
    message = response.json()["message"]
    assert "serviceType" in message
    assert "Kafka" in message
    assert "Redpanda" in message
    assert stored(client, entity)["serviceType"] == "Kafka"


def test_a_plain_user_may_not_update_and_unknown_things_are_told_first(client, as_user, full):
    asked, entity = full
    response = as_user.put(SERVICES, json=asked | {"description": "mine"})
    assert response.status_code == 403
    assert response.json()["message"].endswith("operations [EditAll] not allowed")
    assert as_user.put(SERVICES, json=asked).status_code == 403
    assert as_user.put(SERVICES, json=asked | {"tags": [{"tagFQN": "No.Such"}]}).status_code == 404
    assert stored(client, entity)["version"] == 0.1


def test_put_restores_what_was_deleted_in_one_step(client):
    asked = make("messagingService", description="first")
    entity = client.post(SERVICES, json=asked).json()
    client.delete(f"{SERVICES}/{entity['id']}")
    response = client.put(SERVICES, json=asked | {"description": "second"})
    assert response.status_code == 200
    assert response.headers["x-openmetadata-change"] == "entityUpdated"
    body = response.json()
    assert (body["deleted"], body["version"], body["id"]) == (False, 0.3, entity["id"])
    updated = changed(response, "fieldsUpdated")
    assert updated["deleted"] == {"name": "deleted", "oldValue": True, "newValue": False}
    assert set(updated) == {"deleted", "description"}


def test_an_identical_put_restores_too(client):
    asked = make("messagingService")
    entity = client.put(SERVICES, json=asked).json()
    client.delete(f"{SERVICES}/{entity['id']}")
    assert client.put(SERVICES, json=asked).json()["deleted"] is False
    assert client.get(f"{SERVICES}/{entity['id']}").status_code == 200


def test_put_of_a_deleted_classification_brings_its_tags_back(client):
    classification = made(client, "classification")
    tag = made(client, "tag", classification=classification["name"])
    client.delete(f"{path_of('classification')}/{classification['id']}?recursive=true")
    assert client.get(f"{path_of('tag')}/{tag['id']}").status_code == 404
    client.put(path_of("classification"), json=make("classification", name=classification["name"]))
    assert client.get(f"{path_of('tag')}/{tag['id']}").status_code == 200


# bots


def test_a_bots_put_does_not_overwrite_what_is_there(client, as_bot, full):
    asked, entity = full
    body = {key: asked[key] for key in ("name", "serviceType")}
    other = made(client, "domain")["fullyQualifiedName"]
    for more in ({}, {"description": "bot's", "displayName": "Bot's", "domains": [other]}):
        response = as_bot.put(SERVICES, json=body | more)
        assert response.headers["x-openmetadata-change"] == "entityNoChange"
    after = stored(client, entity)
    assert (after["description"], after["displayName"]) == ("first", "Shown")
    assert after["domains"] == entity["domains"]
    assert after["dataProducts"] == entity["dataProducts"]


def test_a_bots_put_fills_what_is_empty(client, as_bot):
    asked = make("messagingService")
    client.post(SERVICES, json=asked)
    domain = made(client, "domain")["fullyQualifiedName"]
    body = as_bot.put(
        SERVICES, json=asked | {"description": "bot's", "displayName": "Bot's", "domains": [domain]}
    ).json()
    assert (body["description"], body["displayName"]) == ("bot's", "Bot's")
    assert body["domains"][0]["fullyQualifiedName"] == domain
    assert body["updatedBy"] == "ingestion-bot"


def test_a_persons_and_a_bots_identical_puts_are_told_apart(client, as_bot):
    asked = make("messagingService", description="first")
    client.put(SERVICES, json=asked)
    client.put(SERVICES, json=asked | {"description": "second"})
    assert as_bot.put(SERVICES, json=asked).json()["description"] == "second"
    assert client.put(SERVICES, json=asked).json()["description"] == "first"


# what else a version does


def test_versions_count_on_past_09(client):
    asked = make("messagingService")
    bodies = [client.put(SERVICES, json=asked | {"description": f"d{number}"}).json() for number in range(11)]
    assert [body["version"] for body in bodies[-3:]] == [0.9, 1.0, 1.1]
    assert bodies[-1]["changeDescription"]["previousVersion"] == 1.0


def test_updated_at_moves_with_the_version_only(client):
    asked = make("messagingService")
    first = client.put(SERVICES, json=asked).json()
    time.sleep(0.005)
    assert client.put(SERVICES, json=asked).json()["updatedAt"] == first["updatedAt"]
    assert client.put(SERVICES, json=asked | {"description": "d"}).json()["updatedAt"] > first["updatedAt"]


def test_an_answer_tells_the_change_of_its_request_and_a_read_who_made_it(client):
    asked = make("messagingService")
    client.put(SERVICES, json=asked)
    body = client.put(SERVICES, json=asked | {"description": "d"}).json()
    assert body["changeDescription"] == body["incrementalChangeDescription"]
    summary = stored(client, body)["changeDescription"]["changeSummary"]
    assert summary == {"description": {"changedBy": "admin", "changedAt": body["updatedAt"]}}


def test_a_data_product_needs_a_domain_when_it_comes_later(client):
    domain = made(client, "domain")["fullyQualifiedName"]
    product = made(client, "dataProduct", domains=[domain])["fullyQualifiedName"]
    asked = make("messagingService")
    client.post(SERVICES, json=asked)
    response = client.put(SERVICES, json=asked | {"dataProducts": [product]})
    assert response.status_code == 400
    assert response.json()["message"] == "Domain cannot be empty when data products are provided."
    assert client.put(SERVICES, json=asked | {"dataProducts": [product], "domains": [domain]}).status_code == 200


def test_a_change_of_other_things_is_not_refused_for_what_its_tags_have_become(client):
    team, tag = made(client, "team"), made(client, "tag")
    asked = make("messagingService")
    links = {"owners": [ref(team, "team")], "tags": [{"tagFQN": tag["fullyQualifiedName"]}]}
    client.post(SERVICES, json=asked | links)
    client.patch(f"{path_of('tag')}/{tag['id']}", json=[{"op": "add", "path": "/disabled", "value": True}])
    assert client.put(SERVICES, json=asked | links | {"description": "d"}).status_code == 200
