"""The catalog's own search: short answers with where the words stand, narrowed down by what entities refer to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from make import fresh, made, path_of, ref

if TYPE_CHECKING:
    from conftest import Client


def summary(client: Client, **asked: Any) -> dict[str, Any]:
    response = client.get("/api/v1/search", params=asked)
    assert response.status_code == 200, response.text
    return response.json()


def names(client: Client, **asked: Any) -> list[str]:
    return [entity["name"] for entity in summary(client, **asked)["data"]]


def counted(answer: dict[str, Any], facet: str) -> dict[str, int]:
    return {count["value"]: count["count"] for count in answer["facets"][facet]}


def test_the_beginning_of_a_word_finds_it_and_the_exact_name_comes_first(as_admin: Client):
    word = fresh("quartz")
    long, short = (made(as_admin, "topic", name=name)["name"] for name in (f"{word}ite", word))
    assert names(as_admin, q=word) == [short, long]


def test_an_answer_says_where_the_words_stand(as_admin: Client):
    word = fresh("zircon")
    schema = {"schemaType": "Avro", "schemaText": "{}",
              "schemaFields": [{"name": f"{word}Weight", "dataType": "INT"}, {"name": "other", "dataType": "INT"}]}  # fmt: skip
    text = f"{'Before. ' * 40}The {word} of all stones. {'After. ' * 40}"
    topic = made(as_admin, "topic", description=text, messageSchema=schema)
    found = summary(as_admin, q=word)["data"][0]
    assert found["id"] == topic["id"]
    assert found["href"].endswith(f"{path_of('topic')}/{topic['id']}")
    said = {match["field"]: match["text"] for match in found["matched"]}
    assert said.keys() == {"description", "schemaFields"}
    assert said["schemaFields"] == f"{word}Weight"
    assert f"The {word} of all" in said["description"]
    assert len(said["description"]) < 200


def test_only_what_refers_to_what_is_named_is_found(as_admin: Client):
    word = fresh("opal")
    owner, tag, domain = made(as_admin, "user"), made(as_admin, "tag"), made(as_admin, "domain")
    service = made(as_admin, "messagingService")["name"]
    named = {
        "owner": made(as_admin, "topic", description=word, owners=[ref(owner)])["name"],
        "tag": made(as_admin, "topic", description=word, tags=[{"tagFQN": tag["fullyQualifiedName"]}])["name"],
        "domain": made(as_admin, "topic", description=word, domains=[domain["fullyQualifiedName"]])["name"],
        "service": made(as_admin, "topic", description=word, service=service)["name"],
    }
    asked = {"owner": owner["name"], "tag": tag["fullyQualifiedName"], "domain": domain["id"], "service": service}
    for parameter, value in asked.items():
        assert names(as_admin, q=word, **{parameter: value}) == [named[parameter]], parameter
    answer = summary(as_admin, q=word, kind="topic")
    assert answer["paging"]["total"] == 4
    assert counted(answer, "kind") == {"topic": 4}
    assert counted(answer, "owner") == {owner["name"]: 1}
    assert counted(answer, "tag") == {tag["fullyQualifiedName"]: 1}
    assert counted(answer, "domain") == {domain["fullyQualifiedName"]: 1}
    assert counted(answer, "service")[service] == 1


@pytest.mark.parametrize(("parameter", "status"), [("owner", 404), ("tag", 404), ("domain", 404), ("kind", 400)])
def test_what_is_not_there_is_no_filter(as_admin: Client, parameter: str, status: int):
    response = as_admin.get("/api/v1/search", params={parameter: "nobody.knows"})
    assert response.status_code == status
    assert "nobody.knows" in response.json()["message"]


def test_what_is_renamed_is_found_by_its_new_name_only(as_admin: Client):
    tag = made(as_admin, "tag")
    topic = made(as_admin, "topic", tags=[{"tagFQN": tag["fullyQualifiedName"]}])["name"]
    name = fresh("renamed")
    patch = [{"op": "replace", "path": "/name", "value": name}]
    renamed = as_admin.patch(f"{path_of('tag')}/{tag['id']}", json=patch).json()
    assert names(as_admin, tag=renamed["fullyQualifiedName"]) == [topic]
    assert as_admin.get("/api/v1/search", params={"tag": tag["fullyQualifiedName"]}).status_code == 404
    assert names(as_admin, q=name, kind="tag") == [name]
    assert names(as_admin, q=tag["name"], kind="tag") == []


def test_what_lies_below_is_found_by_the_new_name_above_it(as_admin: Client):
    above = made(as_admin, "domain")
    below = made(as_admin, "domain", parent=above["fullyQualifiedName"])["name"]
    name = fresh("above")
    as_admin.patch(f"{path_of('domain')}/{above['id']}", json=[{"op": "replace", "path": "/name", "value": name}])
    assert set(names(as_admin, q=f"fullyQualifiedName:{name}")) == {name, below}
    assert names(as_admin, q=f"fullyQualifiedName:{above['name']}") == []


def test_every_change_is_found_and_everything_gone_is_not(as_admin: Client):
    word, other = fresh("garnet"), fresh("topaz")
    topic = made(as_admin, "topic", description=word)
    path = f"{path_of('topic')}/{topic['id']}"
    as_admin.patch(path, json=[{"op": "replace", "path": "/description", "value": other}])
    assert names(as_admin, q=word) == []
    assert names(as_admin, q=other) == [topic["name"]]
    as_admin.delete(path)
    assert names(as_admin, q=other) == []
    assert names(as_admin, q=other, include="deleted") == [topic["name"]]
    as_admin.put(f"{path_of('topic')}/restore", json={"id": topic["id"]})
    assert names(as_admin, q=other) == [topic["name"]]
    as_admin.delete(path, params={"hardDelete": "true"})
    assert names(as_admin, q=other, include="all") == []


def test_what_is_deleted_with_its_service_is_found_no_more(as_admin: Client):
    service = made(as_admin, "messagingService")
    word = fresh("beryl")
    made(as_admin, "topic", description=word, service=service["name"])
    path = f"{path_of('messagingService')}/{service['id']}"
    as_admin.delete(path, params={"recursive": "true"})
    assert names(as_admin, q=word) == []
    as_admin.delete(path, params={"recursive": "true", "hardDelete": "true"})
    assert names(as_admin, q=word, include="all") == []


def test_pages_are_asked_for_by_an_offset(as_admin: Client):
    word = fresh("jade")
    made_names = {made(as_admin, "topic", description=word)["name"] for _ in range(5)}
    seen: list[str] = []
    offset: str | None = "0"
    while offset is not None:
        answer = summary(as_admin, q=word, limit=2, offset=offset, facets="false")
        assert answer["facets"] == {}
        seen += [entity["name"] for entity in answer["data"]]
        offset = answer["paging"].get("after")
    assert sorted(seen) == sorted(made_names)
