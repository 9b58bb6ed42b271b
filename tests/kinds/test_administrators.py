"""Nobody takes the catalog from its administrators, and nobody unknown is dear to answer."""

from __future__ import annotations

import pytest

from make import SERVICES, fresh, make

USERS = "/api/v1/users"


def user(client, name):
    return client.get(f"{USERS}/name/{name}").json()


def test_the_ingestion_bot_cannot_take_an_administrator_down(client, as_bot):
    admin = user(client, "admin")
    asked = {"name": "admin", "email": admin["email"], "isAdmin": False}
    assert as_bot.put(USERS, json=asked).status_code == 403
    assert as_bot.put(f"{USERS}/bulk", json=[asked]).json()["failedRequest"][0]["status"] == 403
    patch = [{"op": "replace", "path": "/isAdmin", "value": False}]
    assert as_bot.patch(f"{USERS}/{admin['id']}", json=patch).status_code == 403
    for hard in ("true", "false"):
        assert as_bot.delete(f"{USERS}/{admin['id']}?hardDelete={hard}").status_code == 403
    assert user(client, "admin")["isAdmin"] is True


def test_the_last_administrator_stays_one(client):
    admin = user(client, "admin")
    patch = [{"op": "replace", "path": "/isAdmin", "value": False}]
    for response in (
        client.patch(f"{USERS}/{admin['id']}", json=patch),
        client.delete(f"{USERS}/{admin['id']}"),
        client.delete(f"{USERS}/{admin['id']}?hardDelete=true"),
    ):
        assert response.status_code == 400
        assert response.json()["message"] == "admin is the last administrator. Make another user one first."


def test_a_bulk_request_brings_no_passwords(client):
    row = {"name": fresh("u"), "email": f"{fresh('u')}@example.com", "password": "Aa1!aaaa", "confirmPassword": "x"}
    failed = client.put(f"{USERS}/bulk", json=[row]).json()["failedRequest"][0]
    assert "A bulk request may not bring confirmPassword, password" in failed["message"]
    assert failed["request"]["password"] == "*********"


def test_a_bot_cannot_copy_a_secret_into_the_open(client, as_bot):
    config = {"bootstrapServers": "h:9092", "saslPassword": "s3cret-copy"}
    made = client.post(SERVICES, json=make("messagingService", connection={"config": config})).json()
    for target in ("/description", "/connection/config/saslUsername"):
        patch = [{"op": "copy", "from": "/connection/config/saslPassword", "path": target}]
        as_bot.patch(f"{SERVICES}/{made['id']}", json=patch)
    assert "s3cret-copy" not in client.get(f"{SERVICES}/{made['id']}").text


def test_a_line_end_behind_an_id_is_400_and_harms_nobody(client, as_user):
    owner = {"id": user(client, "admin")["id"] + "\n", "type": "user"}
    assert as_user.post(SERVICES, json=make("messagingService", owners=[owner])).status_code == 400


def test_a_reader_cannot_make_the_writer_patch(client, as_user):
    made = client.post(SERVICES, json=make("messagingService")).json()
    patch = [{"op": "copy", "from": "/domains", "path": "/domains/0"}] * 50
    assert as_user.patch(f"{SERVICES}/{made['id']}", json=patch).status_code == 403
    assert client.patch(f"{SERVICES}/{made['id']}", json=patch * 3).status_code == 400


def test_a_tree_has_a_depth(client):
    response = client.post("/api/v1/domains", json=make("domain", name="d0"))
    while response.status_code == 201:
        parent = response.json()["fullyQualifiedName"]
        response = client.post("/api/v1/domains", json=make("domain", parent=parent))
    assert "nested deeper than 64 levels" in response.json()["message"]
    assert client.delete("/api/v1/domains/name/d0").status_code == 200


def test_a_put_of_a_team_brings_back_a_member_who_left(client):
    person = client.post(USERS, json={"name": fresh("m"), "email": f"{fresh('m')}@example.com"}).json()
    team = {"name": fresh("t"), "teamType": "Group", "users": [person["id"]]}
    client.put("/api/v1/teams", json=team)
    client.patch(f"{USERS}/{person['id']}", json=[{"op": "replace", "path": "/teams", "value": []}])
    client.put("/api/v1/teams", json=team)
    members = client.get(f"/api/v1/teams/name/{team['name']}?fields=users").json()["users"]
    assert [member["id"] for member in members] == [person["id"]]


def test_a_child_is_restored_with_its_parent_not_without_it(client):
    top = client.post("/api/v1/classifications", json={"name": fresh("c"), "description": "d"}).json()
    tag = client.post("/api/v1/tags", json={"name": "t", "description": "d", "classification": top["name"]}).json()
    client.delete(f"/api/v1/classifications/{top['id']}?recursive=true")
    assert client.put("/api/v1/tags/restore", json={"id": tag["id"]}).status_code == 400
    rows = [
        {"name": top["name"], "description": "d"},
    ]
    client.put("/api/v1/classifications", json=rows[0])
    assert client.get(f"/api/v1/tags/{tag['id']}").status_code == 200


def test_a_bulk_request_may_bring_back_a_parent_and_its_child(client):
    top = fresh("c")
    client.post("/api/v1/classifications", json={"name": top, "description": "d"})
    parent = {"name": "p", "description": "d", "classification": top}
    child = {"name": "k", "description": "d", "classification": top, "parent": f"{top}.p"}
    client.post("/api/v1/tags", json=parent)
    client.post("/api/v1/tags", json=child)
    client.delete(f"/api/v1/tags/name/{top}.p?recursive=true")
    other = {"name": "o", "description": "d", "classification": top}
    result = client.put("/api/v1/tags/bulk", json=[parent, child, other]).json()
    assert (result["status"], result["numberOfRowsPassed"]) == ("success", 3)


@pytest.mark.parametrize("path", ["/api/v1/users/login", "/api/v1/users/refresh"])
def test_nobody_unknown_makes_the_server_read_much(client, path):
    response = client.post(path, token=None, content=b"[" * 200_000)
    assert response.status_code == 413
