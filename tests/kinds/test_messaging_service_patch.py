"""PATCH of messaging services: contract, "PATCH" (cases 82 to 106) and "PATCH semantics"."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from make import SERVICES, kafka, made, make, path_of, ref


def patched(client, entity, *operations, **headers):
    return client.patch(
        f"{SERVICES}/{entity['id']}",
        json=[dict(zip(("op", "path", "value"), operation, strict=False)) for operation in operations],
        headers=headers,
    )


def refused(client, entity, *operations):
    response = patched(client, entity, *operations)
    assert response.status_code == 400, response.text
    now = client.get(f"{SERVICES}/{entity['id']}").json()
    assert now["version"] == entity["version"]
    return response.json()["message"]


@pytest.fixture
def service(client):
    return made(client, "messagingService", connection=kafka(saslPassword="first-secret"))


def test_a_description_is_added_replaced_and_removed(client, service):
    assert patched(client, service, ("add", "/description", "first")).json()["description"] == "first"
    assert patched(client, service, ("replace", "/description", "second")).json()["description"] == "second"
    assert "description" not in patched(client, service, ("remove", "/description")).json()
    assert "description" not in client.get(f"{SERVICES}/{service['id']}").json()


def test_all_six_operations_work(client, service):
    response = client.patch(
        f"{SERVICES}/{service['id']}",
        json=[
            {"op": "test", "path": "/name", "value": service["name"]},
            {"op": "add", "path": "/description", "value": "d"},
            {"op": "copy", "from": "/description", "path": "/displayName"},
            {"op": "replace", "path": "/description", "value": "e"},
            {"op": "add", "path": "/style", "value": {"color": "red"}},
            {"op": "move", "from": "/style/color", "path": "/style/iconURL"},
            {"op": "remove", "path": "/style"},
        ],
    )
    assert response.status_code == 200
    assert response.json()["displayName"] == "d"
    assert response.json()["description"] == "e"
    assert "style" not in response.json()


def test_tags_are_patched_by_index_even_if_there_are_none(client, service):
    tags = [made(client, "tag")["fullyQualifiedName"] for _ in range(2)]
    answers = [
        patched(client, service, ("add", "/tags/0", {"tagFQN": tag, "source": "Classification"})) for tag in tags
    ]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert [label["tagFQN"] for label in answers[1].json()["tags"]] == sorted(tags)
    left = patched(client, service, ("remove", "/tags/0")).json()
    assert [label["tagFQN"] for label in left["tags"]] == sorted(tags)[1:]
    assert patched(client, service, ("remove", "/tags")).json()["tags"] == []


def test_owners_are_patched_as_the_client_does_it(client, service):
    amy, bob = made(client, "user"), made(client, "user")
    first = patched(client, service, ("add", "/owners/0", ref(amy))).json()
    assert [owner["id"] for owner in first["owners"]] == [amy["id"]]
    # the client changes one reference into another field by field, href among them
    shown = client.get(f"{SERVICES}/{service['id']}?fields=owners").json()["owners"][0]
    removals = [("remove", f"/owners/0/{key}") for key in shown if key not in ("id", "type")]
    response = patched(client, service, *removals, ("replace", "/owners/0/id", bob["id"]))
    assert response.status_code == 200, response.text
    assert [owner["name"] for owner in response.json()["owners"]] == [bob["name"]]
    assert patched(client, service, ("remove", "/owners")).json()["owners"] == []


def test_an_owner_may_be_replaced_by_a_team_and_both_are_told(client, service):
    user, team = made(client, "user"), made(client, "team")
    patched(client, service, ("add", "/owners", [ref(user)]))
    response = patched(client, service, ("replace", "/owners", [ref(team, "team")]))
    increment = response.json()["incrementalChangeDescription"]
    assert [change["name"] for change in increment["fieldsAdded"]] == ["owners"]
    assert [change["name"] for change in increment["fieldsDeleted"]] == ["owners"]


def test_domains_and_data_products_are_patched_by_reference(client, service):
    domain = made(client, "domain")
    product = made(client, "dataProduct", domains=[domain["fullyQualifiedName"]])
    response = patched(
        client,
        service,
        ("add", "/domains/0", ref(domain, "domain")),
        ("add", "/dataProducts/0", ref(product, "dataProduct")),
    )
    assert response.json()["dataProducts"][0]["id"] == product["id"]
    assert patched(client, service, ("remove", "/dataProducts/0"), ("remove", "/domains/0")).json()["domains"] == []


def test_unknown_targets_are_404(client, service):
    nobody = "00000000-0000-4000-8000-000000000000"
    for path, kind in (("owners", "user"), ("domains", "domain"), ("dataProducts", "dataProduct")):
        response = patched(client, service, ("add", f"/{path}/0", {"id": nobody, "type": kind}))
        assert response.status_code == 404
        assert response.json()["message"] == f"{kind} instance for {nobody} not found"
    response = patched(client, service, ("add", "/tags/0", {"tagFQN": "No.Such"}))
    assert response.status_code == 404


def test_the_rules_of_owners_and_domains_hold_here_too(client, service):
    teams = [ref(made(client, "team"), "team") for _ in range(2)]
    assert patched(client, service, ("add", "/owners", teams)).json()["errorType"] == "RULE_VIOLATION"
    product = made(client, "dataProduct", domains=[made(client, "domain")["fullyQualifiedName"]])
    message = refused(client, service, ("add", "/dataProducts/0", ref(product, "dataProduct")))
    assert message == "Domain cannot be empty when data products are provided."


def test_a_broken_rule_may_be_mended_step_by_step(client):
    domain, other = made(client, "domain"), made(client, "domain")
    product = made(client, "dataProduct", domains=[domain["fullyQualifiedName"]])
    service = made(
        client, "messagingService", domains=[domain["fullyQualifiedName"]], dataProducts=[product["fullyQualifiedName"]]
    )
    moved = make("dataProduct", name=product["name"], domains=[other["fullyQualifiedName"]])
    client.put(path_of("dataProduct"), json=moved)
    assert patched(client, service, ("remove", "/dataProducts/0")).status_code == 200


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("/id", "00000000-0000-4000-8000-000000000000"),
        ("/name", "renamed"),
        ("/fullyQualifiedName", "renamed"),
        ("/version", 9.9),
        ("/updatedAt", 1),
        ("/updatedBy", "somebody"),
        ("/serviceType", "Redpanda"),
        ("/href", "http://elsewhere"),
        ("/changeDescription", {}),
    ],
)
def test_what_cannot_change_is_silently_put_back(client, service, path, value):
    response = patched(client, service, ("add", path, value))
    assert response.status_code == 200, response.text
    assert response.headers["x-openmetadata-change"] == "entityNoChange"
    assert response.json() == service


def test_deleted_cannot_be_set_by_patch(client, service):
    message = refused(client, service, ("replace", "/deleted", True))
    assert message == "messagingService attribute deleted can't be modified"
    assert patched(client, service, ("replace", "/deleted", False)).status_code == 200


def test_a_deleted_service_cannot_be_patched(client, service):
    client.delete(f"{SERVICES}/{service['id']}")
    assert patched(client, service, ("add", "/description", "x")).status_code == 404


def test_only_the_patch_media_type_is_taken(client, service):
    response = client.patch(f"{SERVICES}/{service['id']}", json=[], headers={"Content-Type": "application/json"})
    assert response.status_code == 415
    assert response.json()["message"] == "HTTP 415 Unsupported Media Type"
    charset = {"Content-Type": "application/json-patch+json; charset=utf-8"}
    assert client.patch(f"{SERVICES}/{service['id']}", json=[], headers=charset).status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        "", "null", "{", '{"op":"add"}', '"x"', "5", '["x"]', "[null]", "[[]]", "[{}]",
        '[{"op":"merge","path":"/description","value":"x"}]',
        '[{"op":5,"path":"/description","value":"x"}]',
        '[{"op":"add","value":"x"}]',
        '[{"op":"add","path":"/description"}]',
        '[{"op":"add","path":"description","value":"x"}]',
        '[{"op":"add","path":"","value":{}}]',
        '[{"op":"add","path":5,"value":"x"}]',
        '[{"op":"move","path":"/description"}]',
        '[{"op":"copy","from":"x","path":"/description"}]',
        '[{"op":"add","path":"/description","value":NaN}]',
        '[{"op":"add","path":"/description","value":"\\u0000"}]',
        '[{"op":"add","path":"/description","value":"\\ud800"}]',
    ],
)  # fmt: skip
def test_a_body_that_is_no_patch_is_400(client, service, body):
    response = client.patch(f"{SERVICES}/{service['id']}", content=body)
    assert response.status_code == 400, response.text
    assert response.json()["errorType"] == "BAD_REQUEST"
    assert client.get(f"{SERVICES}/{service['id']}").json()["version"] == 0.1


@pytest.mark.parametrize(
    "operation",
    [
        ("remove", "/nope"),
        ("remove", "/description"),
        ("replace", "/description", "x"),
        ("remove", "/owners/0"),
        ("add", "/tags/1", {"tagFQN": "x"}),
        ("add", "/tags/x", {"tagFQN": "x"}),
        ("add", "/style/color", "red"),
        ("add", "/name/x", "y"),
        ("test", "/name", "other"),
        ("test", "/nope", None),
        ("remove", "/connection/config/nope"),
    ],
)
def test_an_operation_that_cannot_be_applied_is_400_and_named(client, service, operation):
    assert operation[1] in refused(client, service, *[operation])


def test_an_unknown_field_is_named_with_those_that_are_known(client, service):
    message = refused(client, service, ("add", "/status", "x"))
    assert message.startswith('Unrecognized field "status"')
    assert "description" in message


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("/entityStatus", "Finished", "Allowed values are: Draft, In Review, Approved"),
        ("/description", 5, "description must be a text"),
        ("/owners", "x", "owners must be an array"),
        ("/tags", [{"source": "Classification"}], "tagFQN must not be null"),
        ("/tags", [{"tagFQN": "x", "state": "Maybe"}], "Allowed values are: Suggested, Confirmed"),
        ("/style", {"colour": "x"}, 'Unrecognized field "colour"'),
        ("/connection", {}, "connection.config must not be null"),
        ("/connection", 5, "connection must be an object"),
        ("/connection/config/saslMechanism", "NONE", "SCRAM-SHA-256"),
        ("/connection/config/foo", "x", "'foo'"),
        ("/connection/config", "x", "connection.config must be an object"),
    ],
)
def test_a_wrong_value_is_400_with_what_is_allowed(client, service, path, value, said):
    assert said in refused(client, service, ("add", path, value))


def test_removing_a_connections_config_is_400(client, service):
    assert "connection.config must not be null" in refused(client, service, ("remove", "/connection/config"))


@pytest.mark.parametrize("operation", [("remove", "/connection"), ("replace", "/connection", None)])
def test_a_connection_can_be_removed_and_is_gone_with_its_secrets(client, as_bot, service, operation):
    response = patched(client, service, operation)
    assert "connection" not in response.json()
    assert [change["name"] for change in response.json()["changeDescription"]["fieldsUpdated"]] == ["connection"]
    assert "connection" not in as_bot.get(f"{SERVICES}/{service['id']}").json()
    masked = kafka(saslPassword="*********")
    assert patched(client, service, ("add", "/connection", masked)).status_code == 400


def test_a_key_given_twice_in_a_connection_is_400(client, service):
    body = '[{"op":"add","path":"/connection/config","value":{"saslPassword":"a","saslPassword":"b"}}]'
    response = client.patch(f"{SERVICES}/{service['id']}", content=body)
    assert (response.status_code, response.json()["message"]) == (400, '"saslPassword" is given more than once.')


def test_entity_status_can_be_patched(client, service):
    assert patched(client, service, ("replace", "/entityStatus", "Approved")).json()["entityStatus"] == "Approved"


def test_several_relations_in_one_session_are_one_version(client, service):
    user, domain, tag = made(client, "user"), made(client, "domain"), made(client, "tag")
    patched(client, service, ("add", "/owners/0", ref(user)))
    patched(client, service, ("add", "/domains/0", ref(domain, "domain")))
    body = patched(client, service, ("add", "/tags/0", {"tagFQN": tag["fullyQualifiedName"]})).json()
    assert body["version"] == 0.2
    assert [change["name"] for change in body["changeDescription"]["fieldsAdded"]] == ["tags"]
    whole = client.get(f"{SERVICES}/{service['id']}").json()["changeDescription"]
    assert {change["name"] for change in whole["fieldsAdded"]} == {"owners", "domains", "tags"}
    assert whole["previousVersion"] == 0.1


# permissions


def test_a_plain_user_is_told_which_operation_he_lacks(as_user, client, service):
    for path, value, operation in (
        ("/displayName", "x", "EditDisplayName"),
        ("/connection", None, "EditAll"),
        ("/domains", [], "EditDomains"),
    ):
        response = patched(as_user, service, ("add", path, value))
        assert response.status_code == 403
        assert response.json()["message"].endswith(f"operations [{operation}] not allowed")
    tag = made(client, "tag")["fullyQualifiedName"]
    assert patched(as_user, service, ("add", "/tags/0", {"tagFQN": tag})).status_code == 200
    assert patched(as_user, service, ("add", "/description", "x")).status_code == 200


def test_display_names_are_for_people_to_give(client, as_bot, service):
    response = patched(as_bot, service, ("add", "/displayName", "Bot's"))
    assert response.status_code == 403
    assert response.json()["message"] == (
        "Principal: CatalogPrincipal{name='ingestion-bot'} operation EditDisplayName denied by role IngestionBotRole, "
        "policy DefaultBotPolicy, rule DisplayName-Deny"
    )
    patched(client, service, ("add", "/displayName", "Person's"))
    for operation in (("replace", "/displayName", "Bot's"), ("remove", "/displayName")):
        assert patched(as_bot, service, operation).status_code == 403
    assert client.get(f"{SERVICES}/{service['id']}").json()["displayName"] == "Person's"


# If-Match


def test_if_match_takes_the_weak_version_the_strong_tag_and_the_star(client, service):
    path = f"{SERVICES}/{service['id']}"
    for number, tag in enumerate(
        [
            lambda: 'W/"0.1"',
            lambda: client.get(path).headers["etag"],
            lambda: client.get(f"{path}?fields=*").headers["etag"],
            lambda: "*",
            lambda: f'"other", {client.get(path).headers["etag"]}',
            lambda: client.get(path).headers["etag"][:-1] + '--gzip"',
        ]
    ):
        response = patched(client, service, ("add", "/description", f"d{number}"), **{"If-Match": tag()})
        assert response.status_code == 200, number
        assert response.json()["version"] == round(0.2 + number / 10, 1), "such an edit is a version of its own"
        assert response.headers["etag"] == client.get(path).headers["etag"]


@pytest.mark.parametrize("tag", ['W/"0.1"', '"0123456789abcdef"', 'W/"0.20"', "0.2", ""])
def test_a_stale_if_match_is_412_with_the_current_tag(client, service, tag):
    patched(client, service, ("add", "/description", "first"))
    response = patched(client, service, ("add", "/description", "second"), **{"If-Match": tag})
    assert response.status_code == 412
    current = client.get(f"{SERVICES}/{service['id']}").headers["etag"]
    assert response.json()["errorType"] == "PRECONDITION_FAILED"
    assert response.json()["message"] == (
        f"The entity has been modified. Current ETag: {current}. Please refresh and retry with the latest version."
    )


def test_of_two_patches_at_once_with_the_same_tag_one_fails(client, service):
    def change(text):
        return patched(client, service, ("add", "/description", text), **{"If-Match": 'W/"0.1"'}).status_code

    with ThreadPoolExecutor(8) as pool:
        codes = sorted(pool.map(change, "abcdefgh"))
    assert codes == [200] + [412] * 7


def test_a_json_patch_may_not_grow_without_bound(client, service):
    doubling = [{"op": "add", "path": "/style", "value": {"color": "x" * 1000}}]
    doubling += [{"op": "copy", "from": "/style", "path": "/style/coverImage"}] * 40
    response = client.patch(f"{SERVICES}/{service['id']}", content=json.dumps(doubling))
    assert response.status_code == 400
    too_many = json.dumps([{"op": "test", "path": "/name", "value": service["name"]}] * 10_001)
    assert client.patch(f"{SERVICES}/{service['id']}", content=too_many).status_code == 400
