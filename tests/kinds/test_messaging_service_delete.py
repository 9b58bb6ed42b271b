"""Delete and restore of messaging services: contract, "Delete, restore, versions" (cases 107 to 124), ruling 9."""

from __future__ import annotations

import time

import pytest

from make import LABELS, SERVICES, kafka, made, make, path_of, prepare, ref

NOBODY = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def service(client):
    return made(client, "messagingService", connection=kafka(saslPassword="first-secret"))


def soon(look, wanted):
    """What `look` gives once it is what is wanted, which promised work makes it within a moment."""
    for _ in range(200):
        if (found := look()) == wanted:
            return found
        time.sleep(0.01)
    return look()


def test_a_soft_delete_tells_its_change(client, service):
    body = client.delete(f"{SERVICES}/{service['id']}").json()
    assert body["changeDescription"]["fieldsUpdated"] == [{"name": "deleted", "oldValue": False, "newValue": True}]
    assert body["changeDescription"]["previousVersion"] == 0.1
    assert body["owners"] == body["tags"] == body["domains"] == []
    assert body["connection"]["config"]["saslPassword"] == "*********"


def test_a_soft_delete_hides_a_service_from_lists_and_counts(client, service):
    total = client.get(f"{SERVICES}?limit=0").json()["paging"]["total"]
    client.delete(f"{SERVICES}/{service['id']}")
    counts = {
        kind: client.get(f"{SERVICES}?limit=0&include={kind}").json()["paging"]["total"] for kind in ("all", "deleted")
    }
    assert client.get(f"{SERVICES}?limit=0").json()["paging"]["total"] == total - 1
    assert counts["all"] == total - 1 + counts["deleted"]
    assert service["id"] not in {row["id"] for row in client.get(f"{SERVICES}?limit=1000").json()["data"]}
    deleted = client.get(f"{SERVICES}?limit=1000&include=deleted").json()["data"]
    assert service["id"] in {row["id"] for row in deleted}
    assert all(row["deleted"] for row in deleted)


def test_a_second_soft_delete_changes_nothing_more(client, service):
    first = client.delete(f"{SERVICES}/{service['id']}").json()
    again = client.delete(f"{SERVICES}/{service['id']}")
    assert (again.status_code, again.headers["x-openmetadata-change"]) == (200, "entitySoftDeleted")
    assert again.json() == first


def test_a_deleted_service_can_be_deleted_for_good(client, service):
    client.delete(f"{SERVICES}/{service['id']}")
    response = client.delete(f"{SERVICES}/{service['id']}?hardDelete=true")
    assert response.headers["x-openmetadata-change"] == "entityDeleted"
    assert response.json()["version"] == 0.2
    assert client.get(f"{SERVICES}/{service['id']}?include=all").status_code == 404


@pytest.mark.parametrize(("text", "hard"), [("true", True), ("TRUE", True), ("yes", False), ("1", False), ("", False)])
def test_only_the_text_true_is_true(client, service, text, hard):
    client.delete(f"{SERVICES}/{service['id']}?hardDelete={text}")
    status = client.get(f"{SERVICES}/{service['id']}?include=all").status_code
    assert status == (404 if hard else 200)


def test_a_hard_delete_takes_everything_with_it(client, as_bot, service):
    asked = make("messagingService", name=service["name"], connection=kafka(saslPassword="*********"))
    user = made(client, "user")
    client.put(f"{SERVICES}/{service['id']}/followers", json=user["id"])
    assert client.delete(f"{SERVICES}/name/{service['name']}?hardDelete=true").status_code == 200
    assert client.get(f"{path_of('user')}/{user['id']}?fields=follows").json()["follows"] == []
    # the secret went too: the mask stands for nothing now
    assert client.post(SERVICES, json=asked).status_code == 400
    again = client.post(SERVICES, json=asked | {"connection": kafka()}).json()
    assert again["version"] == 0.1
    assert "saslPassword" not in as_bot.get(f"{SERVICES}/{again['id']}").json()["connection"]["config"]


def test_the_ingestion_bot_may_delete_and_a_plain_user_may_not(as_bot, as_user, service):
    refused = as_user.delete(f"{SERVICES}/{service['id']}")
    assert refused.status_code == 403
    assert refused.json()["message"].endswith("operations [Delete] not allowed")
    assert as_user.delete(f"{SERVICES}/async/{service['id']}").status_code == 403
    assert as_bot.delete(f"{SERVICES}/{service['id']}").status_code == 200
    assert as_user.put(f"{SERVICES}/restore", json={"id": service["id"]}).status_code == 403
    assert as_bot.put(f"{SERVICES}/restore", json={"id": service["id"]}).status_code == 200


def test_what_something_lies_below_is_deleted_recursively_only(client):
    classification = made(client, "classification")
    tag = made(client, "tag", classification=classification["name"])
    path = f"{path_of('classification')}/{classification['id']}"
    for query in ("", "?hardDelete=true"):
        response = client.delete(path + query)
        assert (response.status_code, response.json()["message"]) == (400, "classification is not empty")
    assert client.delete(f"{path}?recursive=true").status_code == 200
    assert client.get(f"{path_of('tag')}/{tag['id']}?include=deleted").json()["version"] == 0.2
    # deleted ones count too
    assert client.delete(f"{path}?hardDelete=true").status_code == 400
    assert client.put(f"{path_of('classification')}/restore", json={"id": classification["id"]}).status_code == 200
    assert client.get(f"{path_of('tag')}/{tag['id']}").json()["version"] == 0.3
    assert client.delete(f"{path}?recursive=true&hardDelete=true").status_code == 200
    assert client.get(f"{path_of('tag')}/{tag['id']}?include=all").status_code == 404


def test_what_the_system_needs_cannot_be_deleted(client):
    tag = made(
        client, "tag", classification=made(client, "classification", provider="system")["name"], provider="system"
    )
    response = client.delete(f"{path_of('tag')}/{tag['id']}")
    assert response.status_code == 400
    assert response.json()["message"] == f"System entity [{tag['name']}] of type tag can not be deleted."


def test_a_deleted_owner_or_tag_is_hidden_until_it_is_restored(client):
    prepare(client)
    user, tag = made(client, "user"), made(client, "tag", classification=LABELS)
    service = made(client, "messagingService", owners=[ref(user)], tags=[{"tagFQN": tag["fullyQualifiedName"]}])
    path = f"{SERVICES}/{service['id']}?fields=owners,tags"
    before = client.get(path).json()
    for kind, entity in (("user", user), ("tag", tag)):
        client.delete(f"{path_of(kind)}/{entity['id']}")
    hidden = client.get(path).json()
    assert hidden["owners"] == hidden["tags"] == []
    # an edit meanwhile, even one answered by digest, does not lose what is hidden
    asked = make("messagingService", name=service["name"], description="edited")
    client.put(SERVICES, json=asked)
    assert client.put(SERVICES, json=asked).json()["owners"] == []
    for kind, entity in (("user", user), ("tag", tag)):
        assert client.put(f"{path_of(kind)}/restore", json={"id": entity["id"]}).status_code == 200
    after = client.get(path).json()
    assert (after["owners"], after["tags"]) == (before["owners"], before["tags"])
    assert [owner["id"] for owner in client.put(SERVICES, json=asked).json()["owners"]] == [user["id"]]


def test_an_owner_that_is_gone_for_good_vanishes_from_what_he_owned(client):
    user = made(client, "user")
    service = made(client, "messagingService", owners=[ref(user)])
    client.delete(f"{path_of('user')}/{user['id']}?hardDelete=true")
    shown = client.get(f"{SERVICES}/{service['id']}?fields=owners").json()
    assert shown["owners"] == []
    assert shown["version"] == 0.1


def test_a_renamed_owner_shows_at_the_next_read(client):
    user = made(client, "user")
    service = made(client, "messagingService", owners=[ref(user)])
    client.patch(f"{path_of('user')}/{user['id']}", json=[{"op": "add", "path": "/displayName", "value": "New"}])
    assert client.get(f"{SERVICES}/{service['id']}?fields=owners").json()["owners"][0]["displayName"] == "New"


# restore


def test_a_restore_tells_its_change_and_keeps_secrets(client, as_bot, service):
    client.delete(f"{SERVICES}/{service['id']}")
    body = client.put(f"{SERVICES}/restore", json={"id": service["id"].upper()}).json()
    assert body["changeDescription"]["fieldsUpdated"] == [{"name": "deleted", "oldValue": True, "newValue": False}]
    assert body["connection"] == service["connection"]
    secret = as_bot.get(f"{SERVICES}/{service['id']}").json()["connection"]["config"]["saslPassword"]
    assert secret == "first-secret"


@pytest.mark.parametrize("query", ["", "?async=true"])
def test_a_restore_of_a_live_service_is_400_and_of_an_unknown_one_404(client, service, query):
    live = client.put(f"{SERVICES}/restore{query}", json={"id": service["id"]})
    assert live.status_code == 400
    assert live.json()["message"] == f"Entity messagingService:{service['id']} is not in deleted state"
    unknown = client.put(f"{SERVICES}/restore{query}", json={"id": NOBODY})
    assert unknown.status_code == 404
    assert unknown.json()["message"] == f"messagingService instance for {NOBODY} not found"


@pytest.mark.parametrize("body", [{}, {"id": "x"}, {"id": None}, {"id": NOBODY, "foo": 1}, [], "x", None])
def test_a_restore_body_is_an_id_and_nothing_else(client, body):
    assert client.put(f"{SERVICES}/restore", json=body).status_code == 400


def test_another_kinds_id_cannot_be_restored_here(client):
    user = made(client, "user")
    client.delete(f"{path_of('user')}/{user['id']}")
    assert client.put(f"{SERVICES}/restore", json={"id": user["id"]}).status_code == 404


# afterwards


@pytest.mark.parametrize(
    ("query", "hard", "recursive"), [("", False, False), ("?hardDelete=true&recursive=true", True, True)]
)
def test_an_asynchronous_delete_is_promised_and_then_done(client, service, query, hard, recursive):
    response = client.delete(f"{SERVICES}/async/{service['id']}{query}")
    assert response.status_code == 202
    promised = response.json()
    assert promised == {
        "jobId": promised["jobId"],
        "message": f"Delete operation initiated for {service['name']}",
        "entityName": service["name"],
        "hardDelete": hard,
        "recursive": recursive,
    }
    path = f"{SERVICES}/{service['id']}"
    assert soon(lambda: client.get(path).status_code, 404) == 404
    assert client.get(f"{path}?include=deleted").status_code == (404 if hard else 200)


def test_an_asynchronous_delete_of_what_is_not_there_is_404_at_once(client):
    assert client.delete(f"{SERVICES}/async/{NOBODY}").status_code == 404
    assert client.delete(f"{SERVICES}/async/nope").status_code == 404


def test_an_asynchronous_delete_of_what_is_not_empty_is_promised_and_does_nothing(client):
    classification = made(client, "classification")
    made(client, "tag", classification=classification["name"])
    path = f"{path_of('classification')}/{classification['id']}"
    assert client.delete(f"{path_of('classification')}/async/{classification['id']}").status_code == 202
    later = made(client, "classification")
    client.delete(f"{path_of('classification')}/async/{later['id']}")
    # promises are kept in order: when the later one is, the earlier one was tried
    assert soon(lambda: client.get(f"{path_of('classification')}/{later['id']}").status_code, 404) == 404
    assert client.get(path).status_code == 200


def test_an_asynchronous_restore_is_promised_and_then_done(client, service):
    client.delete(f"{SERVICES}/{service['id']}")
    response = client.put(f"{SERVICES}/restore?async=true", json={"id": service["id"]})
    assert response.status_code == 202
    assert set(response.json()) == {"jobId", "message"}
    assert response.json()["message"] == "Restore initiated successfully."
    assert soon(lambda: client.get(f"{SERVICES}/{service['id']}").status_code, 200) == 200
