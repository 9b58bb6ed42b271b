"""Labels that are terms: the tags that they bring along, those that exclude each other, what is disabled or deleted."""

from __future__ import annotations

from typing import Any

import pytest

from make import SERVICES, fresh, made, make, path_of, prepare, ref
from strict import fault

TERMS, GLOSSARIES = path_of("glossaryTerm"), path_of("glossary")


@pytest.fixture(scope="module", autouse=True)
def _prepared(as_admin):
    prepare(as_admin)


def label(entity: dict[str, Any]) -> dict[str, Any]:
    """A term or tag as a label."""
    source = "Glossary" if "glossary" in entity else "Classification"
    return {"tagFQN": entity["fullyQualifiedName"], "source": source}


def service(client: Any, *labels: dict[str, Any]) -> dict[str, Any]:
    return made(client, "messagingService", tags=[label(entity) for entity in labels])


def tags_of(client: Any, entity: dict[str, Any]) -> dict[str, str]:
    """Fully qualified name → type of each label."""
    tags = client.get(f"{SERVICES}/{entity['id']}?fields=tags").json()["tags"]
    return {tag["tagFQN"]: tag["labelType"] for tag in tags}


def tagged(client: Any, entity: dict[str, Any], *labels: dict[str, Any], kind: str = "messagingService") -> Any:
    value = [label(one) for one in labels]
    patch = [{"op": "add", "path": "/tags", "value": value}]
    return client.patch(f"{path_of(kind)}/{entity['id']}", json=patch)


def exclusive_tags(client: Any, count: int = 2) -> list[dict[str, Any]]:
    classification = made(client, "classification", mutuallyExclusive=True)["name"]
    return [made(client, "tag", classification=classification) for _ in range(count)]


def exclusion(one: dict[str, Any], other: dict[str, Any]) -> str:
    return (
        f"Tag labels {one['fullyQualifiedName']} and {other['fullyQualifiedName']}"
        " are mutually exclusive and can't be assigned together"
    )


# what terms bring along


def test_a_terms_tags_show_as_derived_on_what_carries_it(client):
    tag = made(client, "tag")
    term = made(client, "glossaryTerm", tags=[label(tag)])
    found = service(client, term)
    wanted = {term["fullyQualifiedName"]: "Manual", tag["fullyQualifiedName"]: "Derived"}
    assert {one["tagFQN"]: one["labelType"] for one in found["tags"]} == wanted
    assert tags_of(client, found) == wanted
    (listed,) = [
        row for row in client.get(f"{SERVICES}?fields=tags&limit=1000").json()["data"] if row["id"] == found["id"]
    ]
    assert {one["tagFQN"]: one["labelType"] for one in listed["tags"]} == wanted


def test_what_a_term_brings_along_follows_the_term(client):
    tag, term = made(client, "tag"), made(client, "glossaryTerm")
    found = service(client, term)
    assert tagged(client, term, tag, kind="glossaryTerm").status_code == 200
    assert tags_of(client, found)[tag["fullyQualifiedName"]] == "Derived"
    tagged(client, term, kind="glossaryTerm")
    assert tags_of(client, found) == {term["fullyQualifiedName"]: "Manual"}


def test_a_tag_that_an_entity_has_itself_is_not_derived_as_well(client):
    tag = made(client, "tag")
    found = service(client, tag, made(client, "glossaryTerm", tags=[label(tag)]))
    assert tags_of(client, found)[tag["fullyQualifiedName"]] == "Manual"


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
def test_a_derived_label_that_a_client_sends_is_not_stored(client, method):
    tag = made(client, "tag")
    term = made(client, "glossaryTerm", tags=[label(tag)])
    found = service(client, term)
    sent = client.get(f"{SERVICES}/{found['id']}?fields=tags").json()["tags"]
    if method == "PATCH":
        patch = [{"op": "replace", "path": "/tags", "value": sent}]
        answer = client.patch(f"{SERVICES}/{found['id']}", json=patch)
        assert answer.headers["x-openmetadata-change"] == "entityNoChange"
    else:
        name = found["name"] if method == "PUT" else fresh()
        answer = client.request(method, SERVICES, json=make("messagingService", name=name, tags=sent))
    without = [{"op": "replace", "path": "/tags", "value": []}]
    client.patch(f"{TERMS}/{term['id']}", json=without)
    assert tags_of(client, answer.json()) == {term["fullyQualifiedName"]: "Manual"}


# what excludes what


@pytest.mark.parametrize("kind", ["glossary", "glossaryTerm"])
def test_of_the_terms_right_below_what_excludes_them_only_one_may_be_given(client, kind):
    above = made(client, kind, mutuallyExclusive=True)
    if kind == "glossary":
        where: dict[str, Any] = {"glossary": above["name"]}
    else:
        where = {"glossary": above["glossary"]["name"], "parent": above["fullyQualifiedName"]}
    one, other = (made(client, "glossaryTerm", name=fresh(name), **where) for name in "ab")
    asked = make("messagingService", tags=[label(one), label(other)])
    assert fault(client.post(SERVICES, json=asked), 400) == exclusion(one, other)
    found = service(client, one)
    assert fault(client.put(SERVICES, json=make("messagingService", name=found["name"], tags=[label(other)])), 400)
    assert tagged(client, found, other).status_code == 200


def test_a_term_and_one_below_it_do_not_exclude_each_other(client):
    glossary = made(client, "glossary", mutuallyExclusive=True)
    one = made(client, "glossaryTerm", glossary=glossary["name"])
    below = made(client, "glossaryTerm", glossary=glossary["name"], parent=one["fullyQualifiedName"])
    assert len(service(client, one, below)["tags"]) == 2


def test_what_a_term_brings_along_excludes_what_is_given(client):
    one, other = exclusive_tags(client)
    term = made(client, "glossaryTerm", tags=[label(one)])
    asked = make("messagingService", tags=[label(term), label(other)])
    assert fault(client.post(SERVICES, json=asked), 400) == exclusion(other, one)
    assert len(service(client, term, one)["tags"]) == 2


def test_what_two_terms_bring_along_may_exclude_each_other(client):
    one, other = exclusive_tags(client)
    first, second = (made(client, "glossaryTerm", tags=[label(tag)]) for tag in (one, other))
    found = service(client, first)
    assert fault(tagged(client, found, first, second), 400) == exclusion(one, other)
    assert tags_of(client, found) == {first["fullyQualifiedName"]: "Manual", one["fullyQualifiedName"]: "Derived"}


def test_a_tag_cannot_be_put_on_a_term_if_something_that_carries_it_has_another(client):
    one, other = exclusive_tags(client)
    term = made(client, "glossaryTerm")
    service(client, term, one)
    assert fault(tagged(client, term, other, kind="glossaryTerm"), 400) == exclusion(one, other)
    asked = make("glossaryTerm", name=term["name"], tags=[label(other)])
    assert fault(client.put(TERMS, json=asked), 400) == exclusion(one, other)
    assert tagged(client, term, one, kind="glossaryTerm").status_code == 200


def test_what_another_term_brings_along_counts_as_well(client):
    one, other = exclusive_tags(client)
    term, second = made(client, "glossaryTerm"), made(client, "glossaryTerm", tags=[label(one)])
    service(client, term, second)
    assert fault(tagged(client, term, other, kind="glossaryTerm"), 400) == exclusion(one, other)


def test_a_tag_cannot_be_put_on_a_glossary_if_something_that_carries_one_of_its_terms_has_another(client):
    one, other = exclusive_tags(client)
    glossary = made(client, "glossary")
    term = made(client, "glossaryTerm", glossary=glossary["name"])
    service(client, term, one)
    assert fault(tagged(client, glossary, other, kind="glossary"), 400) == exclusion(one, other)
    assert tagged(client, glossary, one, kind="glossary").status_code == 200


def test_a_term_is_not_moved_below_what_excludes_it_from_something_that_carries_it(client):
    glossary = made(client, "glossary", mutuallyExclusive=True)
    there, term = made(client, "glossaryTerm", glossary=glossary["name"]), made(client, "glossaryTerm")
    service(client, there, term)
    move = [{"op": "replace", "path": "/glossary", "value": ref(glossary, "glossary")}]
    assert fault(client.patch(f"{TERMS}/{term['id']}", json=move), 400) == exclusion(there, term)
    free = made(client, "glossaryTerm")
    assert client.patch(f"{TERMS}/{free['id']}", json=move).status_code == 200


def test_what_is_deleted_excludes_nothing(client):
    one, other = exclusive_tags(client)
    term = made(client, "glossaryTerm")
    found = service(client, term, one)
    client.delete(f"{SERVICES}/{found['id']}")
    assert tagged(client, term, other, kind="glossaryTerm").status_code == 200


def test_a_tag_put_on_a_term_as_on_an_asset_is_checked_alike(client):
    one, other = exclusive_tags(client)
    term = made(client, "glossaryTerm")
    service(client, term, one)
    body = {"assets": [ref(term, "glossaryTerm")], "dryRun": False}
    result = client.put(f"{path_of('tag')}/{other['id']}/assets/add", json=body).json()
    assert (result["status"], result["failedRequest"][0]["message"]) == ("failure", exclusion(one, other))


def test_old_labels_that_exclude_each_other_do_not_stand_in_the_way_of_others(client):
    one, other = exclusive_tags(client)
    term, free = made(client, "glossaryTerm"), made(client, "tag")
    found = service(client, term, one)
    client.delete(f"{SERVICES}/{found['id']}")
    tagged(client, term, other, kind="glossaryTerm")
    client.put(f"{SERVICES}/restore", json={"id": found["id"]})
    assert tagged(client, found, term, one, free).status_code == 200
    assert tagged(client, found, term).status_code == 200


def test_tags_that_a_term_is_to_have_are_looked_at_beforehand(client):
    one, other = exclusive_tags(client)
    term = made(client, "glossaryTerm")
    path = f"{TERMS}/{term['id']}/tags/validate"
    body = {"glossaryTags": [label(other)]}
    nothing = client.put(path, json=body).json()
    assert (nothing["status"], nothing["successRequest"][0]["message"]) == ("success", "Nothing to Validate.")
    clashing, free = service(client, term, one), service(client, term)
    result = client.put(path, json=body).json()
    assert (result["status"], result["numberOfRowsProcessed"], result["dryRun"]) == ("partialSuccess", 2, True)
    assert [row["request"]["id"] for row in result["successRequest"]] == [free["id"]]
    (failed,) = result["failedRequest"]
    assert (failed["request"]["id"], failed["message"]) == (clashing["id"], exclusion(one, other))
    assert client.put(path, json={"glossaryTags": [label(one)]}).json()["status"] == "success"
    assert client.get(f"{TERMS}/{term['id']}").json()["version"] == 0.1


def test_tags_that_exclude_each_other_are_refused_beforehand(client):
    one, other = exclusive_tags(client)
    term = made(client, "glossaryTerm")
    service(client, term)
    body = {"glossaryTags": [label(one), label(other)]}
    said = fault(client.put(f"{TERMS}/{term['id']}/tags/validate", json=body), 400)
    assert said == exclusion(one, other)


# what is disabled


@pytest.mark.parametrize("kind", ["glossary", "glossaryTerm"])
def test_a_disabled_term_and_those_below_it_cannot_be_given(client, kind):
    above = made(client, kind)
    if kind == "glossary":
        where: dict[str, Any] = {"glossary": above["name"]}
    else:
        where = {"glossary": above["glossary"]["name"], "parent": above["fullyQualifiedName"]}
    term = made(client, "glossaryTerm", **where)
    kept = service(client, term)
    client.patch(f"{path_of(kind)}/{above['id']}", json=[{"op": "add", "path": "/disabled", "value": True}])
    said = f"Tag label {term['fullyQualifiedName']} is disabled and can't be assigned to a data asset."
    assert fault(client.post(SERVICES, json=make("messagingService", tags=[label(term)])), 400) == said
    assert tagged(client, kept, term, made(client, "tag")).status_code == 200


# what is deleted


def test_the_label_goes_with_the_term_and_comes_back_with_it(client):
    tag = made(client, "tag")
    term = made(client, "glossaryTerm", tags=[label(tag)])
    found = service(client, term)
    client.delete(f"{TERMS}/{term['id']}")
    assert tags_of(client, found) == {}
    client.put(f"{TERMS}/restore", json={"id": term["id"]})
    assert set(tags_of(client, found)) == {term["fullyQualifiedName"], tag["fullyQualifiedName"]}
    client.delete(f"{TERMS}/{term['id']}?hardDelete=true")
    assert tags_of(client, found) == {}


def test_a_deleted_tag_is_brought_along_no_more(client):
    tag = made(client, "tag")
    term = made(client, "glossaryTerm", tags=[label(tag)])
    found = service(client, term)
    client.delete(f"{path_of('tag')}/{tag['id']}")
    assert tags_of(client, found) == {term["fullyQualifiedName"]: "Manual"}


def test_labels_go_with_the_glossary_and_come_back_with_it(client):
    glossary = made(client, "glossary")
    term = made(client, "glossaryTerm", glossary=glossary["name"])
    found = service(client, term)
    client.delete(f"{GLOSSARIES}/{glossary['id']}?recursive=true")
    assert tags_of(client, found) == {}
    client.put(f"{GLOSSARIES}/restore", json={"id": glossary["id"]})
    assert tags_of(client, found) == {term["fullyQualifiedName"]: "Manual"}
