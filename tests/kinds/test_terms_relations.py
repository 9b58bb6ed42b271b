"""Relations between terms: seen from both sides, patched, ended, followed as a graph."""

from __future__ import annotations

import json
from typing import Any

import pytest

from brokerbook.kinds.glossary import RELATION_TYPES
from make import fresh, made, make, path_of, prepare, ref
from strict import fault

TERMS = path_of("glossaryTerm")
UNKNOWN = (
    "Invalid relation type 'cousin'. Valid types are: relatedTo, synonym, broader, narrower, antonym, partOf, hasPart, "
    "calculatedFrom, usedToCalculate, seeAlso"
)


@pytest.fixture(scope="module", autouse=True)
def _prepared(as_admin):
    prepare(as_admin)


def related(client: Any, term: dict[str, Any], other: dict[str, Any], said: str | None = None) -> Any:
    body = {"term": ref(other, "glossaryTerm")} | ({"relationType": said} if said is not None else {})
    return client.post(f"{TERMS}/{term['id']}/relations", json=body)


def shown(client: Any, term: dict[str, Any]) -> list[tuple[str, str]]:
    relations = client.get(f"{TERMS}/{term['id']}?fields=relatedTerms").json()["relatedTerms"]
    return [(relation["relationType"], relation["term"]["id"]) for relation in relations]


def graph(client: Any, term: dict[str, Any], **query: Any) -> tuple[list[str], list[tuple[str, str, str]]]:
    response = client.bare.get(f"{TERMS}/{term['id']}/relationsGraph", params=query)
    assert response.status_code == 200, response.text
    found = response.json()
    edges = [(edge["from"], edge["relationType"], edge["to"]) for edge in found["edges"]]
    return [node["id"] for node in found["nodes"]], edges


def test_a_request_to_create_relates_a_term_and_both_show_it(client):
    other = made(client, "glossaryTerm")
    term = made(client, "glossaryTerm", relatedTerms=[other["fullyQualifiedName"]])
    assert [(one["relationType"], one["term"]["id"]) for one in term["relatedTerms"]] == [("relatedTo", other["id"])]
    assert shown(client, term) == [("relatedTo", other["id"])]
    assert shown(client, other) == [("relatedTo", term["id"])]


def test_a_term_that_is_not_there_cannot_be_related(client):
    asked = make("glossaryTerm", relatedTerms=["Words.nowhere"])
    said = fault(client.post(TERMS, json=asked), 404, "ENTITY_NOT_FOUND")
    assert said == "glossaryTerm instance for Words.nowhere not found"


@pytest.mark.parametrize(("said", "from_there"), RELATION_TYPES)
def test_each_type_has_its_name_on_the_other_side(client, said, from_there):
    term, other = made(client, "glossaryTerm"), made(client, "glossaryTerm")
    answer = related(client, term, other, said)
    assert answer.status_code == 200
    assert answer.json()["version"] == 0.2
    relation = answer.json()["relatedTerms"][0]
    assert relation["relationType"] == said
    assert relation["term"]["href"].endswith(other["id"])
    assert shown(client, other) == [(from_there, term["id"])]
    assert client.get(f"{TERMS}/{other['id']}").json()["version"] == 0.1


def test_a_relation_without_a_type_is_the_general_one(client):
    term, other = made(client, "glossaryTerm"), made(client, "glossaryTerm")
    assert related(client, term, other).json()["relatedTerms"][0]["relationType"] == "relatedTo"


def test_a_relation_is_told_in_the_version_that_made_it(client):
    term, other = made(client, "glossaryTerm"), made(client, "glossaryTerm")
    change = related(client, term, other, "broader").json()["changeDescription"]
    (added,) = change["fieldsAdded"]
    assert added["name"] == "relatedTerms"
    relation = json.loads(added["newValue"])[0]
    assert (relation["relationType"], relation["term"]["id"]) == ("broader", other["id"])


def test_the_same_relation_again_changes_nothing(client):
    term, other = made(client, "glossaryTerm"), made(client, "glossaryTerm")
    related(client, term, other, "broader")
    again = related(client, term, other, "broader")
    assert (again.status_code, again.headers["x-openmetadata-change"]) == (200, "entityNoChange")
    from_there = related(client, other, term, "narrower")
    assert from_there.headers["x-openmetadata-change"] == "entityNoChange"


def test_two_terms_may_be_several_things_to_each_other(client):
    term, other = made(client, "glossaryTerm"), made(client, "glossaryTerm")
    related(client, term, other, "broader")
    related(client, term, other, "seeAlso")
    assert shown(client, term) == [("broader", other["id"]), ("seeAlso", other["id"])]
    assert shown(client, other) == [("narrower", term["id"]), ("seeAlso", term["id"])]


def test_one_type_is_ended_or_all_of_them(client):
    term, other, third = (made(client, "glossaryTerm") for _ in range(3))
    for said in ("broader", "seeAlso", "synonym"):
        related(client, term, other, said)
    related(client, term, third, "broader")
    path = f"{TERMS}/{term['id']}/relations/{other['id']}"
    answer = client.delete(f"{path}?relationType=seeAlso")
    assert answer.status_code == 200
    assert sorted(one for one, _ in shown(client, other)) == ["narrower", "synonym"]
    assert client.delete(path).status_code == 200
    assert shown(client, other) == []
    assert shown(client, term) == [("broader", third["id"])]
    assert client.delete(path).headers["x-openmetadata-change"] == "entityNoChange"


def test_a_relation_may_be_ended_from_the_other_side(client):
    term, other = made(client, "glossaryTerm"), made(client, "glossaryTerm")
    related(client, term, other, "partOf")
    client.delete(f"{TERMS}/{other['id']}/relations/{term['id']}?relationType=hasPart")
    assert shown(client, term) == shown(client, other) == []


def test_an_unknown_type_is_refused_with_those_that_there_are(client):
    term, other = made(client, "glossaryTerm"), made(client, "glossaryTerm")
    assert fault(related(client, term, other, "cousin"), 400) == UNKNOWN
    path = f"{TERMS}/{term['id']}"
    assert fault(client.delete(f"{path}/relations/{other['id']}?relationType=cousin"), 400) == UNKNOWN
    assert fault(client.get(f"{path}/relationsGraph?relationTypes=broader,cousin"), 400) == UNKNOWN
    value = {"relationType": "cousin", "term": ref(other, "glossaryTerm")}
    patch = [{"op": "add", "path": "/relatedTerms/-", "value": value}]
    assert fault(client.patch(path, json=patch), 400) == UNKNOWN


def test_a_term_is_not_related_to_itself(client):
    term = made(client, "glossaryTerm")
    said = fault(related(client, term, term), 400)
    assert said == f"The term {term['fullyQualifiedName']} cannot be related to itself."


def test_only_a_term_can_be_related(client):
    term, tag = made(client, "glossaryTerm"), made(client, "tag")
    body = {"term": ref(tag, "tag")}
    assert "cannot refer to a tag" in fault(client.post(f"{TERMS}/{term['id']}/relations", json=body), 400)


def test_a_reader_relates_nothing(client, as_user):
    term, other = made(client, "glossaryTerm"), made(client, "glossaryTerm")
    assert "[EditAll]" in fault(related(as_user, term, other), 403, "FORBIDDEN")
    ended = as_user.delete(f"{TERMS}/{term['id']}/relations/{other['id']}")
    assert "[EditAll]" in fault(ended, 403, "FORBIDDEN")


# patches and PUTs


def test_a_patch_against_what_a_read_shows_adds_and_removes_relations(client):
    term, other, third = (made(client, "glossaryTerm") for _ in range(3))
    related(client, other, term, "broader")
    path = f"{TERMS}/{term['id']}"
    served = client.get(f"{path}?fields=relatedTerms").json()["relatedTerms"]
    new = {"relationType": "synonym", "term": ref(third, "glossaryTerm")}
    same = client.patch(path, json=[{"op": "replace", "path": "/relatedTerms", "value": served}])
    assert same.headers["x-openmetadata-change"] == "entityNoChange"
    patch = [{"op": "replace", "path": "/relatedTerms", "value": [*served, new]}]
    assert client.patch(path, json=patch).json()["version"] == 0.2
    assert set(shown(client, term)) == {("narrower", other["id"]), ("synonym", third["id"])}
    at = [one for _, one in shown(client, term)].index(other["id"])
    client.patch(path, json=[{"op": "remove", "path": f"/relatedTerms/{at}"}])
    assert shown(client, term) == [("synonym", third["id"])]
    assert shown(client, other) == []
    assert shown(client, third) == [("synonym", term["id"])]


def test_a_patch_changes_the_type_of_a_relation(client):
    term, other = made(client, "glossaryTerm"), made(client, "glossaryTerm")
    related(client, term, other, "broader")
    patch = [{"op": "replace", "path": "/relatedTerms/0/relationType", "value": "partOf"}]
    client.patch(f"{TERMS}/{term['id']}", json=patch)
    assert shown(client, term) == [("partOf", other["id"])]
    assert shown(client, other) == [("hasPart", term["id"])]


def test_edits_of_one_session_that_undo_each_other_leave_no_version(client):
    term, other = made(client, "glossaryTerm"), made(client, "glossaryTerm")
    path = f"{TERMS}/{term['id']}"
    value = {"relationType": "broader", "term": ref(other, "glossaryTerm")}
    added = client.patch(path, json=[{"op": "add", "path": "/relatedTerms/-", "value": value}])
    assert added.json()["version"] == 0.2
    described = client.patch(path, json=[{"op": "replace", "path": "/description", "value": "other"}]).json()
    assert described["version"] == 0.2
    client.patch(path, json=[{"op": "remove", "path": "/relatedTerms/0"}])
    undone = client.patch(path, json=[{"op": "replace", "path": "/description", "value": term["description"]}])
    assert undone.json()["version"] == 0.1
    assert shown(client, other) == []


def test_a_put_keeps_the_types_of_what_it_names_and_ends_what_it_does_not(client):
    term, other, third, fourth = (made(client, "glossaryTerm") for _ in range(4))
    related(client, term, other, "broader")
    related(client, term, third, "synonym")
    asked = make("glossaryTerm", name=term["name"], description=term["description"])
    client.put(TERMS, json=asked)
    assert len(shown(client, term)) == 2
    client.put(TERMS, json=asked | {"relatedTerms": [other["fullyQualifiedName"], fourth["fullyQualifiedName"]]})
    assert set(shown(client, term)) == {("broader", other["id"]), ("relatedTo", fourth["id"])}
    assert shown(client, third) == []


# what becomes of the terms


def test_a_relation_shows_the_other_terms_new_name(client):
    other = made(client, "glossaryTerm")
    term = made(client, "glossaryTerm", relatedTerms=[other["fullyQualifiedName"]])
    name = fresh("renamed")
    client.patch(f"{TERMS}/{other['id']}", json=[{"op": "replace", "path": "/name", "value": name}])
    (relation,) = client.get(f"{TERMS}/{term['id']}?fields=relatedTerms").json()["relatedTerms"]
    assert relation["term"]["fullyQualifiedName"] == f"Words.{name}"


def test_a_relation_goes_with_a_term_and_comes_back_with_it(client):
    other = made(client, "glossaryTerm")
    term = made(client, "glossaryTerm", relatedTerms=[other["fullyQualifiedName"]])
    client.delete(f"{TERMS}/{other['id']}")
    assert shown(client, term) == []
    client.put(f"{TERMS}/restore", json={"id": other["id"]})
    assert shown(client, term) == [("relatedTo", other["id"])]
    client.delete(f"{TERMS}/{other['id']}?hardDelete=true")
    assert shown(client, term) == []


# the graph


def test_the_graph_goes_as_far_as_it_is_asked_to(client):
    first, second, third = (made(client, "glossaryTerm") for _ in range(3))
    related(client, first, second, "broader")
    related(client, second, third, "broader")
    assert graph(client, first) == ([first["id"], second["id"]], [(first["id"], "broader", second["id"])])
    nodes, edges = graph(client, first, depth=2)
    assert set(nodes) == {first["id"], second["id"], third["id"]}
    assert edges == [(first["id"], "broader", second["id"]), (second["id"], "broader", third["id"])]
    assert graph(client, third, depth=2)[1][0] == (third["id"], "narrower", second["id"])


def test_the_graph_may_follow_some_types_only(client):
    first, second, third = (made(client, "glossaryTerm") for _ in range(3))
    related(client, first, second, "broader")
    related(client, first, third, "synonym")
    nodes, edges = graph(client, first, relationTypes="synonym,antonym")
    assert (nodes, edges) == ([first["id"], third["id"]], [(first["id"], "synonym", third["id"])])


def test_a_ring_of_terms_is_gone_through_once(client):
    ring = [made(client, "glossaryTerm") for _ in range(3)]
    for term, following in zip(ring, [*ring[1:], ring[0]], strict=True):
        related(client, term, following, "seeAlso")
    nodes, edges = graph(client, ring[0], depth=5)
    assert (len(nodes), len(edges)) == (3, 3)


def test_the_graph_says_what_its_terms_are_called_and_no_more(client):
    term = made(client, "glossaryTerm", displayName="Shown")
    (node,) = client.bare.get(f"{TERMS}/{term['id']}/relationsGraph").json()["nodes"]
    assert node == {
        "id": term["id"],
        "name": term["name"],
        "fullyQualifiedName": term["fullyQualifiedName"],
        "displayName": "Shown",
    }


def test_the_graph_ends_at_two_hundred_terms(client):
    rows = [make("glossaryTerm") for _ in range(201)]
    client.put(f"{TERMS}/bulk", json=rows)
    term = made(client, "glossaryTerm", relatedTerms=[f"Words.{row['name']}" for row in rows])
    nodes, edges = graph(client, term)
    assert (len(nodes), len(edges)) == (200, 199)


@pytest.mark.parametrize("depth", ["0", "6", "x"])
def test_a_depth_that_cannot_be_is_refused(client, depth):
    term = made(client, "glossaryTerm")
    assert "depth must be" in fault(client.get(f"{TERMS}/{term['id']}/relationsGraph?depth={depth}"), 400)


def test_the_types_in_use_are_counted(client):
    term, other = made(client, "glossaryTerm"), made(client, "glossaryTerm")
    before = client.bare.get(f"{TERMS}/relationTypes/usage").json()
    related(client, term, other, "calculatedFrom")
    after = client.bare.get(f"{TERMS}/relationTypes/usage").json()
    counted = {said: after[said] - before.get(said, 0) for said in ("calculatedFrom", "usedToCalculate")}
    assert counted == {"calculatedFrom": 1, "usedToCalculate": 1}
