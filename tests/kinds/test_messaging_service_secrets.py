"""Who sees the secrets of a connection, and what becomes of a mask: contract, "Secrets", rulings 6 and 8."""

from __future__ import annotations

import json

import pytest

from make import SERVICES, kafka, make

MASK = "*********"
SECRET = "t0p-s3cret"
USER_INFO = "us3r:inf0"


@pytest.fixture
def asked():
    return make(
        "messagingService",
        connection=kafka(saslPassword=SECRET, basicAuthUserInfo=USER_INFO, consumerConfigSSL={"sslKey": SECRET}),
    )


@pytest.fixture
def service(client, asked):
    return client.post(SERVICES, json=asked).json()


def config(client, service):
    return client.get(f"{SERVICES}/{service['id']}").json()["connection"]["config"]


def passwords(answer):
    found = answer["connection"]["config"]
    return found["saslPassword"], found["basicAuthUserInfo"], found["consumerConfigSSL"]["sslKey"]


MASKED, CLEAR = (MASK, MASK, MASK), (SECRET, USER_INFO, SECRET)


def test_a_person_sees_masks_whatever_the_verb(client, as_user, asked):
    created = client.post(SERVICES, json=asked)
    path = f"{SERVICES}/{created.json()['id']}"
    answers = [
        created,
        client.get(path),
        as_user.get(path),
        client.get(f"{SERVICES}/name/{asked['name']}?fields=owners"),
        client.put(SERVICES, json=asked),
        client.put(SERVICES, json=asked | {"description": "d"}),
        client.put(f"{path}/testConnectionResult", json={"steps": []}),
        client.patch(path, json=[]),
        client.patch(path, json=[{"op": "add", "path": "/description", "value": "e"}]),
        client.delete(path),
        client.get(f"{path}?include=all"),
        client.put(f"{SERVICES}/restore", json={"id": created.json()["id"]}),
        client.get(f"{path}/versions/0.1"),
        client.get(f"{path}/versions/{created.json()['version'] + 0.2}"),
    ]
    assert [passwords(answer.json()) for answer in answers] == [MASKED] * len(answers)
    listed = client.get(f"{SERVICES}?limit=1000").json()["data"]
    assert [passwords(row) for row in listed if row["id"] == created.json()["id"]] == [MASKED]
    versions = client.get(f"{path}/versions").json()["versions"]
    assert {passwords(json.loads(text)) for text in versions} == {MASKED}
    everything = [
        client.get(f"{SERVICES}/history?startTs=0&endTs=9999999999999&limit=500").text,
        client.get("/api/v1/events?entityCreated=*&entityUpdated=*&entityDeleted=*&entityRestored=*").text,
        client.delete(f"{path}?hardDelete=true").text,
    ]
    assert not any(SECRET in text or USER_INFO in text for text in everything)


def test_the_bot_sees_clear_text_whatever_the_verb(as_bot, asked, service):
    path = f"{SERVICES}/{service['id']}"
    answers = [
        as_bot.get(path),
        as_bot.get(f"{path}?fields=*"),
        as_bot.get(f"{SERVICES}/name/{asked['name']}"),
        as_bot.put(SERVICES, json=asked),
        as_bot.put(SERVICES, json=asked),
        as_bot.patch(path, json=[{"op": "add", "path": "/description", "value": "bot's"}]),
        as_bot.get(f"{path}/versions/0.2"),
        as_bot.delete(path),
        as_bot.put(f"{SERVICES}/restore", json={"id": service["id"]}),
    ]
    assert [passwords(answer.json()) for answer in answers] == [CLEAR] * len(answers)
    listed = as_bot.get(f"{SERVICES}?limit=1000").json()["data"]
    assert [passwords(row) for row in listed if row["id"] == service["id"]] == [CLEAR]
    assert passwords(json.loads(as_bot.get(f"{path}/versions").json()["versions"][0])) == CLEAR
    # what was sealed is not kept beyond its time: earlier versions are masked for everybody
    assert passwords(as_bot.get(f"{path}/versions/0.1").json()) == MASKED


def test_another_answer_for_the_bot_has_another_entity_tag(client, as_bot, service):
    path = f"{SERVICES}/{service['id']}"
    assert client.get(path).headers["etag"] != as_bot.get(path).headers["etag"]


def test_a_secret_that_is_not_set_stays_absent(client):
    assert (
        "saslPassword"
        not in client.post(SERVICES, json=make("messagingService", connection=kafka())).json()["connection"]["config"]
    )


def test_an_empty_text_is_no_secret(client, as_bot):
    entity = client.post(SERVICES, json=make("messagingService", connection=kafka(saslPassword=""))).json()
    assert entity["connection"]["config"]["saslPassword"] == ""
    assert config(as_bot, entity)["saslPassword"] == ""


def test_what_was_read_can_be_put_back_as_it_is(client, as_bot, asked, service):
    response = client.put(SERVICES, json=asked | {"connection": service["connection"]})
    assert response.headers["x-openmetadata-change"] == "entityNoChange"
    assert config(as_bot, service)["saslPassword"] == SECRET


def test_a_masked_put_that_changes_other_things_keeps_the_secrets(client, as_bot, asked, service):
    changed = service["connection"]["config"] | {"bootstrapServers": "other:1"}
    assert client.put(SERVICES, json=asked | {"connection": {"config": changed}}).json()["version"] == 0.2
    found = config(as_bot, service)
    assert (found["saslPassword"], found["bootstrapServers"]) == (SECRET, "other:1")
    assert found["consumerConfigSSL"]["sslKey"] == SECRET


def test_a_masked_patch_keeps_the_secrets(client, as_bot, service):
    value = service["connection"]["config"] | {"bootstrapServers": "other:1"}
    client.patch(f"{SERVICES}/{service['id']}", json=[{"op": "replace", "path": "/connection/config", "value": value}])
    assert config(as_bot, service)["saslPassword"] == SECRET


@pytest.mark.parametrize("verb", ["put", "patch"])
def test_a_new_secret_is_a_change_that_says_nothing(client, as_bot, asked, service, verb):
    if verb == "put":
        body = client.put(SERVICES, json=asked | {"connection": kafka(saslPassword="n3w")}).json()
    else:
        operation = {"op": "replace", "path": "/connection/config/saslPassword", "value": "n3w"}
        body = client.patch(f"{SERVICES}/{service['id']}", json=[operation]).json()
    assert body["version"] == 0.2
    assert body["changeDescription"]["fieldsUpdated"] == [
        {"name": "connection", "oldValue": '"old-encrypted-value"', "newValue": '"new-encrypted-value"'}
    ]
    assert config(as_bot, service)["saslPassword"] == "n3w"


def test_the_same_secret_again_is_no_change(client, service):
    operation = {"op": "replace", "path": "/connection/config/saslPassword", "value": SECRET}
    response = client.patch(f"{SERVICES}/{service['id']}", json=[operation])
    assert response.headers["x-openmetadata-change"] == "entityNoChange"


def test_a_mask_where_nothing_is_stored_is_400_and_names_its_place(client, service):
    name = service["name"]
    masked = kafka(saslPassword=MASK)
    new = make("messagingService", connection=masked)
    elsewhere = make("messagingService", name=name, connection=kafka(schemaRegistrySSL={"sslKey": MASK}))
    for response, place in (
        (client.post(SERVICES, json=new), "connection.config.saslPassword"),
        (client.put(SERVICES, json=new), "connection.config.saslPassword"),
        (client.put(SERVICES, json=elsewhere), "connection.config.schemaRegistrySSL.sslKey"),
    ):
        assert response.status_code == 400
        assert place in response.json()["message"]


def test_a_mask_cannot_be_moved_to_another_secrets_place(client, as_bot, service):
    operations = [
        {"op": "remove", "path": "/connection/config/basicAuthUserInfo"},
        {"op": "copy", "from": "/connection/config/saslPassword", "path": "/connection/config/schemaRegistryURL"},
    ]
    response = client.patch(f"{SERVICES}/{service['id']}", json=operations)
    assert response.status_code == 400
    moved = [{"op": "move", "from": "/connection/config/saslPassword", "path": "/description"}]
    assert client.patch(f"{SERVICES}/{service['id']}", json=moved).json()["description"] == MASK
    assert "saslPassword" not in config(as_bot, service)


def test_a_persons_test_operation_cannot_find_out_a_secret(client, service):
    for value, status in ((SECRET, 400), (MASK, 200)):
        operation = {"op": "test", "path": "/connection/config/saslPassword", "value": value}
        assert client.patch(f"{SERVICES}/{service['id']}", json=[operation]).status_code == status


def test_secrets_in_free_form_settings_are_masked_and_kept(client, as_bot):
    settings = {"group.id": "readers", "sasl.oauthbearer.client.secret": SECRET}
    asked = make("messagingService", connection=kafka(consumerConfig=settings))
    entity = client.post(SERVICES, json=asked).json()
    shown = entity["connection"]["config"]["consumerConfig"]
    assert shown == settings | {"sasl.oauthbearer.client.secret": MASK}
    again = client.put(SERVICES, json=asked | {"connection": entity["connection"]})
    assert again.headers["x-openmetadata-change"] == "entityNoChange"
    assert config(as_bot, entity)["consumerConfig"] == settings


def test_no_refusal_repeats_a_value(client, service):
    responses = [
        client.post(SERVICES, json=make("messagingService", connection=kafka(saslPassword=[SECRET]))),
        client.post(SERVICES, json=make("messagingService", connection=kafka(securityProtocol=SECRET))),
        client.post(SERVICES, json=make("messagingService", connection=SECRET)),
        client.post(SERVICES, json=make("messagingService", serviceType=SECRET)),
        client.post(SERVICES, content=f'{{"name":"x","connection":{{"config":{{"saslPassword":"{SECRET}'),
        client.patch(
            f"{SERVICES}/{service['id']}",
            json=[{"op": "add", "path": "/connection/config/saslPassword", "value": {SECRET: SECRET}}],
        ),
        client.patch(f"{SERVICES}/{service['id']}", json=[{"op": SECRET, "path": "/x", "value": SECRET}]),
    ]
    for response in responses:
        assert response.status_code == 400
        assert SECRET not in response.text


def test_a_key_given_twice_where_secrets_are_is_400(client):
    for text in (
        '{"config":{"saslPassword":"a","saslPassword":"b"}}',
        '{"config":{"saslPassword":"a"},"config":{}}',
        '{"config":{"consumerConfigSSL":{"sslKey":"a","sslKey":"b"}}}',
    ):
        for method in ("POST", "PUT"):
            body = f'{{"name":"twice","serviceType":"Kafka","connection":{text}}}'
            response = client.request(method, SERVICES, content=body)
            assert response.status_code == 400
            assert "is given more than once" in response.json()["message"]
    two = '{"name":"twice","serviceType":"Kafka","connection":{"config":{}},"connection":null}'
    assert client.post(SERVICES, content=two).status_code == 400
