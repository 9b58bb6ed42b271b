"""What holds for every kind of entity alike."""

from __future__ import annotations

import json
import uuid
from typing import Any
from urllib.parse import quote

import pytest

from brokerbook.kinds import KINDS
from make import fresh, made, make, path_of, prepare

SOFT = [kind.name for kind in KINDS.values() if kind.soft_deletes]
HARD_ONLY = sorted(set(KINDS) - set(SOFT))
FOLLOWED = [kind.name for kind in KINDS.values() if "followers" in kind.fields]
every_kind = pytest.mark.parametrize("kind", KINDS)
every_soft_deleted_kind = pytest.mark.parametrize("kind", SOFT)


@pytest.fixture(scope="module", autouse=True)
def _prepared(as_admin):
    prepare(as_admin)


def described(**fields: Any) -> list[dict[str, Any]]:
    return [
        {"op": "add", "path": f"/{key}", "value": value} for key, value in ({"description": "other"} | fields).items()
    ]


@every_kind
def test_a_new_entity_is_version_01_by_its_caller_and_lies_where_the_answer_says(client, kind):
    asked = make(kind)
    response = client.post(path_of(kind), json=asked)
    body = response.json()
    assert response.status_code == 201
    assert body["version"] == 0.1
    assert body["updatedBy"] == "admin"
    assert body["name"] == asked["name"]
    assert body["href"] == response.headers["location"] == f"http://catalog.test{path_of(kind)}/{body['id']}"
    assert "changeDescription" not in body
    assert "x-openmetadata-change" not in response.headers
    assert client.get(body["href"].removeprefix("http://catalog.test")).status_code == 200


@every_kind
def test_it_is_found_by_id_and_by_name_and_is_the_same(client, kind):
    entity = made(client, kind)
    by_id = client.get(f"{path_of(kind)}/{entity['id']}")
    by_name = client.get(f"{path_of(kind)}/name/{quote(entity['fullyQualifiedName'], safe='')}")
    assert by_id.json() == by_name.json()
    assert by_id.headers["etag"] == by_name.headers["etag"]
    assert client.get(f"{path_of(kind)}/{entity['id'].upper()}").json() == by_id.json()


@every_kind
def test_every_field_can_be_asked_for(client, kind):
    entity = made(client, kind)
    links = KINDS[kind].link_of
    for field in sorted(KINDS[kind].fields):
        response = client.get(f"{path_of(kind)}/{entity['id']}", params={"fields": field})
        assert response.status_code == 200, field
        if field in links and links[field].many:
            assert isinstance(response.json()[field], list)
    everything = client.get(f"{path_of(kind)}/{entity['id']}?fields=*").json()
    assert {field for field, link in links.items() if link.many and link.shown} <= everything.keys()


@every_kind
def test_it_is_listed_and_counted(client, kind):
    before = client.get(f"{path_of(kind)}?limit=0").json()["paging"]["total"]
    entity = made(client, kind)
    listed = client.get(f"{path_of(kind)}?limit=1000").json()
    assert listed["paging"] == {"total": before + 1}
    assert entity["id"] in {row["id"] for row in listed["data"]}
    assert [row["name"] for row in listed["data"]] == sorted(row["name"] for row in listed["data"])


@every_kind
def test_a_taken_name_is_409_to_post(client, kind):
    asked = make(kind)
    assert client.post(path_of(kind), json=asked).status_code == 201
    again = client.post(path_of(kind), json=asked)
    assert again.status_code == 409
    assert again.json()["message"] == "Entity already exists"
    assert again.json()["errorType"] == "ENTITY_ALREADY_EXISTS"


@every_kind
def test_put_creates_then_finds_nothing_to_change_then_updates(client, kind):
    asked = make(kind)
    created = client.put(path_of(kind), json=asked)
    assert (created.status_code, created.headers["x-openmetadata-change"]) == (201, "entityCreated")
    same = client.put(path_of(kind), json=asked)
    assert (same.status_code, same.headers["x-openmetadata-change"]) == (200, "entityNoChange")
    assert same.json() == created.json()
    updated = client.put(path_of(kind), json=asked | {"displayName": "Shown"})
    assert (updated.status_code, updated.headers["x-openmetadata-change"]) == (200, "entityUpdated")
    assert updated.json()["version"] == 0.2
    assert updated.json()["displayName"] == "Shown"
    assert updated.json()["id"] == created.json()["id"]


@every_kind
def test_patch_by_id_and_by_name_changes_it(client, kind):
    entity = made(client, kind)
    by_id = client.patch(f"{path_of(kind)}/{entity['id']}", json=described())
    assert by_id.status_code == 200
    assert by_id.json()["description"] == "other"
    assert by_id.json()["version"] == 0.2
    name = quote(entity["fullyQualifiedName"], safe="")
    by_name = client.patch(f"{path_of(kind)}/name/{name}", json=described(displayName="Shown"))
    assert by_name.json()["displayName"] == "Shown"
    assert by_name.headers["etag"] == client.get(f"{path_of(kind)}/{entity['id']}").headers["etag"]


@every_kind
def test_a_patch_of_nothing_changes_nothing(client, kind):
    entity = made(client, kind)
    response = client.patch(f"{path_of(kind)}/{entity['id']}", json=[])
    assert response.headers["x-openmetadata-change"] == "entityNoChange"
    assert response.json() == entity


@every_kind
def test_versions_are_listed_newest_first_and_read_one_by_one(client, kind):
    asked = make(kind)
    entity = client.put(path_of(kind), json=asked).json()
    path = f"{path_of(kind)}/{entity['id']}"
    for number in (2, 3):
        client.put(path_of(kind), json=asked | {"displayName": f"v{number}"})
    history = client.get(f"{path}/versions").json()
    assert history["entityType"] == kind
    assert [json.loads(text)["version"] for text in history["versions"]] == [0.3, 0.2, 0.1]
    assert client.get(f"{path}/versions/0.2").json()["displayName"] == "v2"
    assert "displayName" not in client.get(f"{path}/versions/0.1").json()
    current = client.get(f"{path}/versions/0.3").json()
    shown = client.get(path).json()
    assert {key: current[key] for key in shown} == shown | {
        key: current[key] for key in (KINDS[kind].always | {KINDS[kind].shows_parent}) & shown.keys()
    }


@every_kind
def test_a_version_that_is_not_there_is_404_and_one_that_is_no_number_400(client, kind):
    entity = made(client, kind)
    path = f"{path_of(kind)}/{entity['id']}/versions"
    missing = client.get(f"{path}/9.9")
    assert missing.status_code == 404
    assert missing.json()["message"] == f"{kind} instance for {entity['id']} and version 9.9 not found"
    wrong = client.get(f"{path}/abc")
    assert (wrong.status_code, wrong.json()["message"]) == (400, 'For input string: "abc"')


@pytest.mark.parametrize("kind", sorted(set(KINDS) - {"eventSubscription"}))
def test_its_history_holds_every_version(client, kind):
    asked = make(kind)
    entity = client.put(path_of(kind), json=asked).json()
    client.put(path_of(kind), json=asked | {"displayName": "Shown"})
    rows = client.get(f"{path_of(kind)}/history?startTs=0&endTs=99999999999999&limit=500").json()["data"]
    assert [row["version"] for row in rows if row["id"] == entity["id"]] == [0.2, 0.1]


@every_soft_deleted_kind
def test_a_soft_delete_hides_it_and_a_restore_brings_it_back(client, kind):
    entity = made(client, kind)
    path = f"{path_of(kind)}/{entity['id']}"
    deleted = client.delete(path)
    assert (deleted.status_code, deleted.headers["x-openmetadata-change"]) == (200, "entitySoftDeleted")
    assert deleted.json()["deleted"] is True
    assert deleted.json()["version"] == 0.2
    assert client.get(path).status_code == 404
    assert client.get(f"{path}?include=deleted").json()["deleted"] is True
    assert client.get(f"{path}?include=all").json()["deleted"] is True
    assert client.post(path_of(kind), json=make(kind, name=entity["name"])).status_code == 409
    restored = client.put(f"{path_of(kind)}/restore", json={"id": entity["id"]})
    assert (restored.status_code, restored.headers["x-openmetadata-change"]) == (200, "entityRestored")
    assert restored.json()["deleted"] is False
    assert restored.json()["version"] == 0.3
    assert client.get(f"{path}?include=deleted").status_code == 404
    assert client.get(path).status_code == 200


@every_kind
def test_a_hard_delete_answers_the_last_state_and_frees_the_name(client, kind):
    asked = make(kind)
    entity = client.post(path_of(kind), json=asked).json()
    path = f"{path_of(kind)}/{entity['id']}"
    deleted = client.delete(f"{path}?hardDelete=true")
    assert (deleted.status_code, deleted.headers["x-openmetadata-change"]) == (200, "entityDeleted")
    assert deleted.json() == entity
    assert client.get(f"{path}?include=all").status_code == 404
    assert client.get(f"{path}/versions").status_code == 404
    assert client.post(path_of(kind), json=asked).status_code == 201


@pytest.mark.parametrize("kind", HARD_ONLY)
def test_a_kind_without_deleted_on_the_wire_is_gone_at_once(client, kind):
    entity = made(client, kind)
    path = f"{path_of(kind)}/{entity['id']}"
    assert client.delete(path).headers["x-openmetadata-change"] == "entityDeleted"
    assert client.get(f"{path}?include=all").status_code == 404
    # a PUT below the types adds a custom property to the one with that id, and `restore` is none
    status = 404 if kind == "type" else 405
    assert client.put(f"{path_of(kind)}/restore", json={"id": entity["id"]}).status_code == status


@every_kind
def test_it_is_deleted_by_name_too(client, kind):
    entity = made(client, kind)
    name = quote(entity["fullyQualifiedName"], safe="")
    assert client.delete(f"{path_of(kind)}/name/{name}?hardDelete=true").json()["id"] == entity["id"]
    assert client.get(f"{path_of(kind)}/name/{name}?include=all").status_code == 404


@every_kind
@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
def test_what_is_not_there_is_404_with_the_name_of_its_kind(client, kind, method):
    nobody = uuid.UUID(int=7)
    body = described() if method == "PATCH" else None
    by_id = client.request(method, f"{path_of(kind)}/{nobody}", json=body)
    assert by_id.status_code == 404
    assert by_id.json()["message"] == f"{kind} instance for {nobody} not found"
    by_name = client.request(method, f"{path_of(kind)}/name/nope", json=body)
    assert by_name.json()["message"] == f"{kind} instance for nope not found"
    assert by_name.json()["errorType"] == "ENTITY_NOT_FOUND"


@every_kind
@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
def test_a_path_that_is_no_uuid_is_404(client, kind, method):
    response = client.request(method, f"{path_of(kind)}/nope", json=[] if method == "PATCH" else None)
    assert response.status_code == 404
    assert response.json()["message"] == "HTTP 404 Not Found"


@every_kind
def test_a_field_that_nobody_knows_is_named_in_the_refusal(client, kind):
    response = client.post(path_of(kind), json=make(kind, colour="red"))
    assert response.status_code == 400
    assert response.json()["message"].startswith('Unrecognized field "colour"')
    read = client.get(f"{path_of(kind)}?fields=colour")
    assert (read.status_code, read.json()["message"]) == (400, "Invalid field name colour")


@every_kind
def test_a_missing_name_is_named_in_the_refusal(client, kind):
    asked = make(kind, email="x@example.com") if kind == "user" else make(kind)
    del asked["name"]
    response = client.post(path_of(kind), json=asked)
    assert response.status_code == 400
    assert "name must not be null" in response.json()["message"]


@every_kind
def test_a_reader_reads_and_changes_nothing_but_descriptions(as_user, client, kind):
    entity = made(client, kind)
    path = f"{path_of(kind)}/{entity['id']}"
    assert as_user.get(path).status_code == 200
    assert as_user.get(path_of(kind)).status_code == 200
    refused = [
        as_user.post(path_of(kind), json=make(kind)),
        as_user.put(path_of(kind), json=make(kind)),
        as_user.put(path_of(kind), json=make(kind, name=entity["name"])),
        as_user.delete(path),
        as_user.patch(path, json=[{"op": "add", "path": "/displayName", "value": "Mine"}]),
    ]
    for response in refused:
        assert response.status_code == 403
        assert response.json()["errorType"] == "FORBIDDEN"
        assert response.json()["message"].startswith("Principal: CatalogPrincipal{name='reader'} operations [")
    assert client.get(path).json()["version"] == 0.1
    assert as_user.patch(path, json=described()).json()["description"] == "other"


@every_kind
def test_bulk_upserts_each_row(client, kind):
    known, new, unnamed = make(kind), make(kind), make(kind) | {"name": ""}
    assert client.post(path_of(kind), json=known).status_code == 201
    result = client.put(f"{path_of(kind)}/bulk", json=[known | {"displayName": "Shown"}, new, unnamed]).json()
    assert result["status"] == "partialSuccess"
    assert [row["status"] for row in result["successRequest"]] == [200, 200]
    assert "name size must be between 1 and 256" in result["failedRequest"][0]["message"]
    again = client.put(f"{path_of(kind)}/bulk", json=[known | {"displayName": "Shown"}, new]).json()
    assert again["status"] == "success"
    names = [row["request"] for row in again["successRequest"]]
    entities = [client.get(f"{path_of(kind)}/name/{quote(name, safe='')}").json() for name in names]
    assert [entity["version"] for entity in entities] == [0.2, 0.1]


@pytest.mark.parametrize("kind", FOLLOWED)
def test_it_can_be_followed(client, kind):
    entity = made(client, kind)
    user = made(client, "user", name=fresh("fan"))
    path = f"{path_of(kind)}/{entity['id']}"
    assert client.put(f"{path}/followers", json=user["id"]).status_code == 200
    assert [ref["id"] for ref in client.get(f"{path}?fields=followers").json()["followers"]] == [user["id"]]
    assert client.delete(f"{path}/followers/{user['id']}").status_code == 200
    assert client.get(f"{path}?fields=followers").json()["followers"] == []


@every_kind
def test_its_changes_are_told_as_events(client, kind):
    asked = make(kind)
    entity = client.put(path_of(kind), json=asked).json()
    client.put(path_of(kind), json=asked)
    client.put(path_of(kind), json=asked | {"displayName": "Shown"})
    client.delete(f"{path_of(kind)}/{entity['id']}?hardDelete=true")
    asked_for = f"entityCreated={kind}&entityUpdated={kind}&entityDeleted={kind}&timestamp={entity['updatedAt']}"
    told = client.get(f"/api/v1/events?{asked_for}").json()["data"]
    mine = [event for event in told if event["entityId"] == entity["id"]]
    assert [event["eventType"] for event in mine] == ["entityCreated", "entityUpdated", "entityDeleted"]
    assert [(event["previousVersion"], event["currentVersion"]) for event in mine] == [
        (0.1, 0.1),
        (0.1, 0.2),
        (0.2, 0.2),
    ]
