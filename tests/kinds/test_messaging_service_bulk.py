"""PUT …/bulk of messaging services (ruling 1): contract, "Bulk" (cases 158 to 167) and "Behaviour"."""

from __future__ import annotations

import json
from typing import Any

import pytest

from make import SERVICES, fresh, kafka, made, make, path_of, prepare, ref

BULK = f"{SERVICES}/bulk"
MASK = "*********"


def get(client, name, fields="*"):
    return client.get(f"{SERVICES}/name/{name}", params={"fields": fields}).json()


def test_new_rows_are_made_in_the_order_of_the_request(client):
    rows = [make("messagingService", name=name) for name in (fresh("z"), fresh("a"), f"{fresh('d')}.x")]
    response = client.put(BULK, json=rows)
    assert response.status_code == 200
    assert response.json() == {
        "dryRun": False,
        "status": "success",
        "numberOfRowsProcessed": 3,
        "numberOfRowsPassed": 3,
        "numberOfRowsFailed": 0,
        "successRequest": [
            {"request": rows[0]["name"], "status": 200},
            {"request": rows[1]["name"], "status": 200},
            {"request": f'"{rows[2]["name"]}"', "status": 200},
        ],
        "failedRequest": [],
    }
    assert "x-openmetadata-change" not in response.headers
    assert all(get(client, row["name"])["version"] == 0.1 for row in rows)


def test_the_same_rows_again_change_nothing(client):
    rows = [make("messagingService", connection=kafka(saslPassword="s3cret")) for _ in range(3)]
    client.put(BULK, json=rows)
    before = [get(client, row["name"]) for row in rows]
    assert client.put(BULK, json=rows).json()["numberOfRowsPassed"] == 3
    assert [get(client, row["name"]) for row in rows] == before


def test_one_bad_row_never_harms_another(client):
    good = [make("messagingService") for _ in range(3)]
    bad: list[Any] = [
        make("messagingService", name=""),
        make("messagingService", colour="red"),
        make("messagingService", serviceType="Pulsar"),
        {"name": fresh()},
        make("messagingService", owners=[{"id": "00000000-0000-4000-8000-000000000000", "type": "user"}]),
        make("messagingService", tags=[{"tagFQN": "No.Such"}]),
        make("messagingService", domain="nope"),
        make("messagingService", connection=kafka(foo=1)),
        make("messagingService", description="a\x00b"),
        make("messagingService", domain="a", domains=["b"]),
        None,
        3,
        [],
    ]
    response = client.put(BULK, json=[good[0], *bad[:6], good[1], *bad[6:], good[2]])
    assert response.status_code == 200
    result = response.json()
    assert result["status"] == "partialSuccess"
    assert (result["numberOfRowsPassed"], result["numberOfRowsFailed"]) == (3, len(bad))
    assert [row["request"] for row in result["successRequest"]] == [row["name"] for row in good]
    assert {row["status"] for row in result["failedRequest"]} == {400}
    assert all(row["message"] for row in result["failedRequest"])
    for row in bad[1:10]:
        assert client.get(f"{SERVICES}/name/{row['name']}?include=all").status_code == 404


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"serviceType": "Kafka"}, "[name must not be null]"),
        ({"name": "", "serviceType": "Kafka"}, "[name size must be between 1 and 256]"),
        ({"name": "x"}, "[serviceType must not be null]"),
        ({"name": "x", "serviceType": "Kafka", "tags": [{"tagFQN": "No.Such"}]}, "tag instance for No.Such not found"),
        ({"name": "x", "serviceType": "Kafka", "domain": "no"}, "domain instance for no not found"),
    ],
)
def test_a_rows_fault_is_told_without_the_odd_prefix_and_with_the_row(client, row, message):
    failed = client.put(BULK, json=[row]).json()["failedRequest"]
    assert failed == [{"request": row, "message": message, "status": 400}]


def test_one_bad_row_alone_is_a_failure_and_so_is_no_row(client):
    assert client.put(BULK, json=[make("messagingService", name="")]).json()["status"] == "failure"
    empty = client.put(BULK, json=[])
    assert empty.status_code == 200
    assert empty.json()["status"] == "failure"
    assert empty.json()["numberOfRowsProcessed"] == 0


@pytest.mark.parametrize("body", ["{}", '"x"', "null", "", "[", "5", '[{"name":', "[1,]"])
def test_a_body_that_is_no_array_is_400(client, body):
    assert client.put(BULK, content=body).status_code == 400


def test_the_same_name_twice_creates_then_updates(client):
    row = make("messagingService", description="first")
    result = client.put(BULK, json=[row, row | {"description": "second"}, row | {"description": "second"}]).json()
    assert [entry["request"] for entry in result["successRequest"]] == [row["name"]] * 3
    entity = get(client, row["name"])
    assert (entity["description"], entity["version"]) == ("second", 0.2)


def test_rows_are_updated_by_the_rules_of_put(client):
    user, tags = made(client, "user"), [made(client, "tag")["fullyQualifiedName"] for _ in range(2)]
    domain = made(client, "domain")["fullyQualifiedName"]
    row = make("messagingService", tags=[{"tagFQN": tags[0]}], connection=kafka(), description="d")
    client.put(BULK, json=[row])
    changed = {
        "name": row["name"],
        "serviceType": "Kafka",
        "owners": [ref(user)],
        "tags": [{"tagFQN": tags[1]}],
        "domain": domain,
    }
    assert client.put(BULK, json=[changed]).json()["status"] == "success"
    entity = get(client, row["name"])
    assert entity["owners"][0]["id"] == user["id"]
    assert [tag["tagFQN"] for tag in entity["tags"]] == sorted(tags)
    assert entity["domains"][0]["name"] == domain
    assert "connection" in entity
    assert "description" not in entity
    assert entity["version"] == 0.2


def test_a_deleted_row_is_restored(client):
    row = make("messagingService")
    entity = client.put(SERVICES, json=row).json()
    client.delete(f"{SERVICES}/{entity['id']}")
    client.put(BULK, json=[row])
    assert get(client, row["name"])["deleted"] is False


def test_bulk_edits_make_no_session(client):
    row = make("messagingService")
    for number in range(3):
        client.put(BULK, json=[row | {"description": f"d{number}"}])
    assert get(client, row["name"])["version"] == 0.3


def test_each_changed_row_is_an_event(client):
    rows = [make("messagingService") for _ in range(3)]
    client.put(BULK, json=rows)
    client.put(BULK, json=[rows[0], rows[1] | {"description": "d"}, rows[2]])
    told = client.get("/api/v1/events?entityCreated=messagingService&entityUpdated=messagingService").json()["data"]
    names = [row["name"] for row in rows]
    mine = [(event["eventType"], event["entityFullyQualifiedName"]) for event in told]
    mine = [event for event in mine if event[1] in names]
    assert mine == [("entityCreated", name) for name in names] + [("entityUpdated", names[1])]


def test_a_plain_users_rows_are_all_forbidden(client, as_user):
    known, new = make("messagingService"), make("messagingService")
    client.post(SERVICES, json=known)
    result = as_user.put(BULK, json=[known, known | {"description": "x"}, new]).json()
    assert result["status"] == "failure"
    who = "Permission denied: Principal: CatalogPrincipal{name='reader'} operations"
    expected = [f"{who} [{operation}] not allowed" for operation in ("EditAll", "EditAll", "Create")]
    assert [(row["status"], row["message"]) for row in result["failedRequest"]] == [(403, text) for text in expected]


def test_a_hundred_rows_pass_at_once(as_bot):
    rows = [make("messagingService", connection=kafka(saslPassword=f"s{number}")) for number in range(100)]
    assert as_bot.put(BULK, json=rows).json()["numberOfRowsPassed"] == 100
    assert as_bot.put(BULK, json=rows).json()["numberOfRowsPassed"] == 100
    assert get(as_bot, rows[99]["name"])["connection"]["config"]["saslPassword"] == "s99"


def test_a_failed_rows_secrets_do_not_come_back(client):
    rows: list[Any] = [
        make("messagingService", connection=kafka(saslPassword="s3cret-1"), tags=[{"tagFQN": "No.Such"}]),
        make("messagingService", connection=kafka(saslPassword="s3cret-2", foo=1)),
        make("messagingService", connection=kafka(consumerConfig={"x": ["s3cret-3"]}), colour="red"),
        make("messagingService", connection=kafka(saslPassword="s3cret-4"), serviceType="Pulsar"),
        make("messagingService", connection="s3cret-5"),
        "s3cret-6",
    ]
    response = client.put(BULK, json=rows)
    assert response.json()["numberOfRowsFailed"] == len(rows)
    assert "s3cret" not in response.text
    first = response.json()["failedRequest"][0]["request"]
    assert first == rows[0] | {"connection": kafka(saslPassword=MASK)}, "what was understood is masked where it must be"
    twice = f'[{{"name":"{fresh()}","serviceType":"Kafka","connection":{{"config":{{"saslPassword":"s3cret-7","saslPassword":"x"}}}}}}]'
    assert "s3cret" not in client.put(BULK, content=twice).text


def test_a_failed_users_password_does_not_come_back(client):
    row = make("user", name="", email="x@example.com", password="S3cret-word", confirmPassword="S3cret-word")
    response = client.put(f"{path_of('user')}/bulk", json=[row])
    assert response.json()["numberOfRowsFailed"] == 1
    assert "S3cret" not in response.text


def test_a_masked_row_keeps_the_stored_secret(client, as_bot):
    row = make("messagingService", connection=kafka(saslPassword="first"))
    client.put(BULK, json=[row])
    result = client.put(BULK, json=[row | {"connection": kafka(saslPassword=MASK), "description": "d"}])
    assert result.json()["status"] == "success"
    assert get(as_bot, row["name"])["connection"]["config"]["saslPassword"] == "first"


# rows that refer to each other, and values that only one may have


def test_a_row_may_lie_below_an_earlier_one(client):
    top = make("domain")
    rows = [top, make("domain", parent=top["name"])]
    result = client.put(f"{path_of('domain')}/bulk", json=rows).json()
    assert result["status"] == "success", json.dumps(result)
    assert result["successRequest"][1]["request"] == f"{top['name']}.{rows[1]['name']}"


def test_a_row_below_one_that_was_made_after_a_look_for_it_is_found(client):
    prepare(client)
    parent = make("tag")
    below = make("tag", parent=f"Labels.{parent['name']}")
    result = client.put(f"{path_of('tag')}/bulk", json=[below, parent, below]).json()
    assert (result["numberOfRowsPassed"], result["numberOfRowsFailed"]) == (2, 1)


def test_a_row_with_anothers_email_fails_and_leaves_nothing(client):
    holder = made(client, "user")
    thief, honest = make("user", email=holder["email"].upper()), make("user")
    result = client.put(f"{path_of('user')}/bulk", json=[thief, honest]).json()
    assert result["numberOfRowsPassed"] == 1
    assert result["failedRequest"][0]["message"] == "Entity already exists"
    assert client.get(f"{path_of('user')}/name/{thief['name']}?include=all").status_code == 404
    update = make("user", name=honest["name"], email=holder["email"])
    assert client.put(f"{path_of('user')}/bulk", json=[update]).json()["numberOfRowsFailed"] == 1
    assert client.get(f"{path_of('user')}/name/{honest['name']}").json()["email"] == honest["email"]


def test_an_email_is_one_users_however_it_comes(client):
    holder, other = made(client, "user"), made(client, "user")
    path = f"{path_of('user')}/{other['id']}"
    responses = [
        client.post(path_of("user"), json=make("user", email=holder["email"].upper())),
        client.put(path_of("user"), json=make("user", name=other["name"], email=holder["email"])),
        client.patch(path, json=[{"op": "replace", "path": "/email", "value": holder["email"].upper()}]),
    ]
    assert [(response.status_code, response.json()["errorType"]) for response in responses] == [
        (409, "ENTITY_ALREADY_EXISTS")
    ] * 3
    own = client.patch(path, json=[{"op": "replace", "path": "/email", "value": other["email"].upper()}])
    assert own.headers["x-openmetadata-change"] == "entityNoChange"


def test_a_team_that_takes_another_below_it_shows_in_the_others_next_answer(client):
    below = make("team", teamType="Department")
    client.put(path_of("team"), json=below)
    child = client.put(path_of("team"), json=below).json()
    parent = made(client, "team", teamType="Division", children=[child["id"]])
    assert [item["id"] for item in client.put(path_of("team"), json=below).json()["parents"]] == [parent["id"]]


def test_a_refused_row_does_not_take_others_below_it(client):
    child = made(client, "team", teamType="Department")
    owners = [ref(made(client, "team"), "team") for _ in range(2)]
    row = make("team", teamType="Division")
    client.put(path_of("team"), json=row)
    result = client.put(f"{path_of('team')}/bulk", json=[row | {"children": [child["id"]], "owners": owners}]).json()
    assert result["numberOfRowsFailed"] == 1
    parents = client.get(f"{path_of('team')}/{child['id']}?fields=parents").json()["parents"]
    assert [parent["name"] for parent in parents] == ["Organization"]
