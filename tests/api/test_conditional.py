"""Entity tags: what is not new is not sent again, and what is old does not overwrite (contract, "ETag")."""

from __future__ import annotations

import hashlib

import pytest

from make import SERVICES, made


@pytest.fixture
def path(client):
    return f"{SERVICES}/{made(client, 'messagingService')['id']}"


def described(client, path, text):
    return client.patch(path, json=[{"op": "add", "path": "/description", "value": text}])


def test_a_tag_is_made_of_the_served_body(client, path):
    response = client.get(path)
    assert response.headers["etag"] == f'"{hashlib.sha256(response.content).hexdigest()[:16]}"'
    assert response.headers["cache-control"] == "no-store"


def test_what_the_caller_has_is_not_sent_again(client, path):
    tag = client.get(path).headers["etag"]
    for known in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        response = client.get(path, headers={"If-None-Match": known})
        assert response.status_code == 304
        assert response.content == b""
        assert response.headers["etag"] == tag


def test_what_has_changed_is_sent(client, path):
    tag = client.get(path).headers["etag"]
    assert client.get(path, headers={"If-None-Match": '"0123456789abcdef"'}).status_code == 200
    described(client, path, "new")
    response = client.get(path, headers={"If-None-Match": tag})
    assert response.status_code == 200
    assert response.headers["etag"] != tag


def test_other_fields_are_another_tag(client, path):
    tags = {client.get(f"{path}{query}").headers["etag"] for query in ("", "?fields=owners", "?fields=*")}
    assert len(tags) == 3


def test_lists_and_versions_have_no_tag(client, path):
    for other in (SERVICES, f"{path}/versions", f"{SERVICES}/history"):
        assert "etag" not in client.get(other).headers


def test_a_patch_answers_the_tag_of_the_next_plain_read(client, path):
    tag = described(client, path, "new").headers["etag"]
    assert client.get(path, headers={"If-None-Match": tag}).status_code == 304


def test_put_and_post_have_no_tag(client):
    entity = client.post(SERVICES, json={"name": "untagged", "serviceType": "Kafka"})
    again = client.put(SERVICES, json={"name": "untagged", "serviceType": "Kafka"})
    assert "etag" not in entity.headers
    assert "etag" not in again.headers


def test_a_missing_entity_is_404_whatever_the_caller_has(client):
    assert client.get(f"{SERVICES}/name/nope", headers={"If-None-Match": "*"}).status_code == 404
