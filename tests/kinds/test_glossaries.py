"""Glossaries and where terms lie in them: names, places, counts, filters, status."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest

from make import SERVICES, fresh, made, make, path_of, prepare, ref
from strict import fault

TERMS, GLOSSARIES = path_of("glossaryTerm"), path_of("glossary")


@pytest.fixture(scope="module", autouse=True)
def _prepared(as_admin):
    prepare(as_admin)


def term(client: Any, glossary: dict[str, Any], parent: dict[str, Any] | None = None, **fields: Any) -> dict[str, Any]:
    above = {"parent": parent["fullyQualifiedName"]} if parent is not None else {}
    return made(client, "glossaryTerm", glossary=glossary["fullyQualifiedName"], **above, **fields)


def patched(client: Any, entity: dict[str, Any], *operations: dict[str, Any], kind: str = "glossaryTerm") -> Any:
    return client.patch(f"{path_of(kind)}/{entity['id']}", json=list(operations))


def renamed(client: Any, entity: dict[str, Any], name: str, kind: str = "glossaryTerm") -> Any:
    return patched(client, entity, {"op": "replace", "path": "/name", "value": name}, kind=kind)


def moved(client: Any, entity: dict[str, Any], to: dict[str, Any], kind: str) -> Any:
    return client.put(f"{TERMS}/{entity['id']}/moveAsync", json={"parent": ref(to, kind)})


def shown(client: Any, entity: dict[str, Any], fields: str = "", **more: Any) -> dict[str, Any]:
    return client.get(f"{TERMS}/{entity['id']}", params={"fields": fields} | more).json()


def listed(client: Any, **query: Any) -> list[str]:
    response = client.get(TERMS, params={"limit": 1000} | query)
    assert response.status_code == 200, response.text
    assert response.json()["paging"]["total"] == len(response.json()["data"])
    return [row["name"] for row in response.json()["data"]]


# what they are


def test_a_glossary_begins_with_what_nobody_has_to_say(client):
    glossary = made(client, "glossary")
    assert (glossary["provider"], glossary["mutuallyExclusive"], glossary["disabled"]) == ("user", False, False)
    assert glossary["entityStatus"] == "Unprocessed"
    assert glossary["tags"] == glossary["owners"] == glossary["reviewers"] == glossary["domains"] == []


def test_a_term_keeps_all_that_it_is_made_with(client):
    glossary = made(client, "glossary")
    said: dict[str, Any] = {
        "displayName": "Order",
        "synonyms": ["Purchase"],
        "iri": "https://example.com/onto#Order",
        "references": [{"name": "The book", "endpoint": "https://example.com/book"}],
        "conceptMappings": [{"conceptIri": "https://example.com/c", "mappingType": "EXACT_MATCH"}],
        "style": {"color": "#ff0000"},
    }
    made_so = term(client, glossary, **said)
    assert {key: made_so[key] for key in said} == said
    assert made_so["fullyQualifiedName"] == f"{glossary['name']}.{made_so['name']}"


@pytest.mark.parametrize(
    "said",
    [
        {"references": [{"endpoint": "javascript:alert(1)"}]},
        {"references": [{"endpoint": "https://example.com/\n"}]},
        {"references": [{"endpoint": "example.com"}]},
        {"references": [{"endpoint": "https://user:word@example.com"}]},
        {"iri": "data:text/html,x"},
        {"conceptMappings": [{"conceptIri": "https://", "mappingType": "SAME_AS"}]},
        {"conceptMappings": [{"conceptIri": "urn:x:y", "mappingType": "MAYBE"}]},
        {"synonyms": [""]},
        {"synonyms": ["a::b"]},
    ],
)
def test_what_no_client_should_follow_or_could_read_is_refused(client, said):
    assert fault(client.post(TERMS, json=make("glossaryTerm", **said)), 400)
    entity = made(client, "glossaryTerm")
    ((field, value),) = said.items()
    assert fault(patched(client, entity, {"op": "add", "path": f"/{field}", "value": value}), 400)


def test_a_urn_and_an_address_with_a_port_are_addresses(client):
    said = {"iri": "urn:isbn:0451450523", "references": [{"endpoint": "http://wiki.local:8080/a?b#c"}]}
    found = made(client, "glossaryTerm", **said)
    assert {key: found[key] for key in said} == said


def test_a_terms_glossary_and_parent_are_always_shown_and_its_children_on_request(client):
    glossary = made(client, "glossary")
    top = term(client, glossary)
    below = term(client, glossary, top)
    found = shown(client, below)
    assert found["fullyQualifiedName"] == f"{glossary['name']}.{top['name']}.{below['name']}"
    assert (found["glossary"]["id"], found["parent"]["id"]) == (glossary["id"], top["id"])
    assert "parent" not in shown(client, top)
    assert "children" not in shown(client, top)
    assert [child["id"] for child in shown(client, top, "children")["children"]] == [below["id"]]


def test_a_client_may_say_a_flag_as_text(client):
    made_so = made(client, "glossary", mutuallyExclusive="false")
    assert made_so["mutuallyExclusive"] is False


@pytest.mark.parametrize("kind", ["glossary", "glossaryTerm"])
def test_what_excludes_its_parts_is_fixed_once_it_is_made(client, kind):
    entity = made(client, kind, mutuallyExclusive=True)
    answer = patched(client, entity, {"op": "replace", "path": "/mutuallyExclusive", "value": False}, kind=kind)
    assert (answer.status_code, answer.json()["mutuallyExclusive"], answer.json()["version"]) == (200, True, 0.1)
    again = {"name": entity["name"], "description": entity["description"], "mutuallyExclusive": False}
    if kind == "glossaryTerm":
        again["glossary"] = entity["glossary"]["fullyQualifiedName"]
    assert client.put(path_of(kind), json=again).json()["mutuallyExclusive"] is True


@pytest.mark.parametrize("kind", ["glossary", "glossaryTerm"])
def test_the_systems_own_is_neither_renamed_nor_deleted(client, kind):
    entity = made(client, kind, provider="system")
    said = fault(renamed(client, entity, fresh(), kind), 400)
    assert said == f"System entity [{entity['name']}] of type {kind} can not be renamed."
    deleted = client.delete(f"{path_of(kind)}/{entity['id']}")
    assert fault(deleted, 400) == f"System entity [{entity['name']}] of type {kind} can not be deleted."


def test_a_term_needs_a_glossary_that_is_there(client):
    asked = make("glossaryTerm")
    del asked["glossary"]
    assert "glossary must not be null" in fault(client.post(TERMS, json=asked), 400)
    missing = client.post(TERMS, json=make("glossaryTerm", glossary="nowhere"))
    assert fault(missing, 404, "ENTITY_NOT_FOUND") == "glossary instance for nowhere not found"


def test_the_term_above_has_to_lie_in_the_glossary(client):
    glossary, other = made(client, "glossary"), made(client, "glossary")
    elsewhere = term(client, other)
    asked = make("glossaryTerm", glossary=glossary["name"], parent=elsewhere["fullyQualifiedName"])
    said = fault(client.post(TERMS, json=asked), 400)
    assert said == f"The parent {elsewhere['fullyQualifiedName']} is not a term of the glossary {glossary['name']}."


def test_a_dot_in_a_glossarys_name_is_no_step(client):
    glossary = made(client, "glossary", name=fresh("a.b"))
    top = term(client, glossary)
    below = term(client, glossary, top, name=fresh("c.d"))
    assert below["fullyQualifiedName"] == f'"{glossary["name"]}".{top["name"]}."{below["name"]}"'
    assert client.get(f"{TERMS}/name/{quote(below['fullyQualifiedName'], safe='')}").json()["id"] == below["id"]


# what they have from above


def test_owners_reviewers_and_domains_come_from_the_term_above_or_else_the_glossary(client):
    owner, reviewer, domain = made(client, "user"), made(client, "user"), made(client, "domain")
    glossary = made(client, "glossary", owners=[ref(owner)], domains=[domain["fullyQualifiedName"]])
    top = term(client, glossary, reviewers=[ref(reviewer)])
    below = term(client, glossary, top)
    for found in (below, shown(client, below, "owners,reviewers,domains")):
        for field, source in (("owners", owner), ("reviewers", reviewer), ("domains", domain)):
            assert [(item["id"], item["inherited"]) for item in found[field]] == [(source["id"], True)]


def test_reviewers_are_users_or_teams(client):
    domain = made(client, "domain")
    asked = make("glossary", reviewers=[ref(domain, "domain")])
    said = fault(client.post(GLOSSARIES, json=asked), 400)
    assert said == "Reviewers can only be a Team or User. Given Reviewer Type : domain"


# names


def test_a_name_is_in_a_glossary_once_in_whatever_case_and_wherever(client):
    glossary = made(client, "glossary")
    term(client, glossary, name="Foo")
    above = term(client, glossary, name="Above")
    for name in ("foo", "FOO", "Foo"):
        asked = make("glossaryTerm", name=name, glossary=glossary["name"], parent=above["fullyQualifiedName"])
        said = fault(client.post(TERMS, json=asked), 400)
        assert said == f"A term with the name '{name}' already exists in '{glossary['name']}' glossary."
        assert fault(client.put(TERMS, json=asked), 400) == said
    assert term(client, made(client, "glossary"), name="foo")["name"] == "foo"


def test_the_case_of_every_script_is_ignored(client):
    glossary = made(client, "glossary")
    term(client, glossary, name="Übersicht")
    asked = make("glossaryTerm", name="ÜBERSICHT", glossary=glossary["name"])
    assert "already exists" in fault(client.post(TERMS, json=asked), 400)


def test_a_deleted_term_keeps_its_name(client):
    glossary = made(client, "glossary")
    gone = term(client, glossary, name="Gone")
    client.delete(f"{TERMS}/{gone['id']}")
    asked = make("glossaryTerm", name="gone", glossary=glossary["name"])
    assert "already exists" in fault(client.post(TERMS, json=asked), 400)


def test_a_rename_may_change_the_case_but_takes_no_others_name(client):
    glossary = made(client, "glossary")
    first, second = term(client, glossary, name="First"), term(client, glossary, name="Second")
    assert "'second' already exists" in fault(renamed(client, first, "second"), 400)
    assert renamed(client, second, "SECOND").json()["name"] == "SECOND"


def test_bulk_tells_of_a_name_that_another_row_has_taken(client):
    glossary = made(client, "glossary")
    rows = [make("glossaryTerm", name=name, glossary=glossary["name"]) for name in ("Twice", "twice")]
    result = client.put(f"{TERMS}/bulk", json=rows).json()
    assert (result["status"], result["numberOfRowsPassed"]) == ("partialSuccess", 1)
    assert "A term with the name 'twice' already exists" in result["failedRequest"][0]["message"]


def test_a_new_name_of_a_glossary_shows_in_all_its_terms_and_labels(client):
    glossary = made(client, "glossary")
    top = term(client, glossary)
    below = term(client, glossary, top)
    label = {"tagFQN": below["fullyQualifiedName"], "source": "Glossary"}
    service = made(client, "messagingService", tags=[label])
    name = fresh("called")
    assert renamed(client, glossary, name, "glossary").status_code == 200
    fqn = f"{name}.{top['name']}.{below['name']}"
    assert shown(client, below)["fullyQualifiedName"] == fqn
    assert shown(client, below)["glossary"]["name"] == name
    tags = client.get(f"{SERVICES}/{service['id']}?fields=tags").json()["tags"]
    assert [tag["tagFQN"] for tag in tags] == [fqn]


# places


def test_a_term_moves_with_all_below_it_to_another_glossary(client):
    source, target = made(client, "glossary"), made(client, "glossary")
    top = term(client, source)
    below = term(client, source, top)
    answer = moved(client, top, target, "glossary")
    assert answer.status_code == 202
    assert answer.json()["jobId"]
    found = shown(client, below)
    assert found["fullyQualifiedName"] == f"{target['name']}.{top['name']}.{below['name']}"
    assert (found["glossary"]["id"], found["parent"]["id"]) == (target["id"], top["id"])
    versions = client.get(f"{TERMS}/{top['id']}/versions").json()["versions"]
    assert json.loads(versions[1])["fullyQualifiedName"] == top["fullyQualifiedName"]
    changed = {change["name"] for change in json.loads(versions[0])["changeDescription"]["fieldsAdded"]}
    assert changed == {"glossary"}


def test_a_term_moves_below_another_and_up_again(client):
    glossary = made(client, "glossary")
    top, other = term(client, glossary), term(client, glossary)
    assert moved(client, top, other, "glossaryTerm").status_code == 202
    assert shown(client, top)["fullyQualifiedName"] == f"{other['fullyQualifiedName']}.{top['name']}"
    assert shown(client, other, "childrenCount")["childrenCount"] == 1
    assert moved(client, top, glossary, "glossary").status_code == 202
    assert shown(client, top)["fullyQualifiedName"] == top["fullyQualifiedName"]
    assert "parent" not in shown(client, top)


def test_a_patch_of_the_parent_moves_too(client):
    glossary = made(client, "glossary")
    top, other = term(client, glossary), term(client, glossary)
    answer = patched(client, top, {"op": "add", "path": "/parent", "value": ref(other, "glossaryTerm")})
    assert answer.json()["fullyQualifiedName"] == f"{other['fullyQualifiedName']}.{top['name']}"


def test_a_term_cannot_be_moved_below_itself(client):
    glossary = made(client, "glossary")
    top = term(client, glossary)
    below = term(client, glossary, term(client, glossary, top))
    said = (
        f"Can't move Glossary term {top['fullyQualifiedName']} to its child Glossary term {below['fullyQualifiedName']}"
    )
    assert fault(moved(client, top, below, "glossaryTerm"), 400) == said
    assert (
        fault(patched(client, top, {"op": "add", "path": "/parent", "value": ref(below, "glossaryTerm")}), 400) == said
    )
    assert shown(client, top)["version"] == 0.1


def test_a_move_is_checked_before_it_is_promised(client):
    glossary = made(client, "glossary")
    top = term(client, glossary)
    assert fault(moved(client, top, made(client, "domain"), "domain"), 400) == "Invalid parent type: domain"
    nowhere = {"id": "00000000-0000-0000-0000-000000000007"}
    said = fault(moved(client, top, nowhere, "glossary"), 404, "ENTITY_NOT_FOUND")
    assert said == f"glossary instance for {nowhere['id']} not found"
    assert "must not be null" in fault(client.put(f"{TERMS}/{top['id']}/moveAsync", json={}), 400)


def test_a_move_takes_no_name_that_the_other_glossary_has(client):
    source, target = made(client, "glossary"), made(client, "glossary")
    top = term(client, source)
    below = term(client, source, top)
    term(client, target, name=below["name"].upper())
    said = fault(moved(client, top, target, "glossary"), 400)
    assert said == f"A term with the name '{below['name']}' already exists in '{target['name']}' glossary."
    assert shown(client, below)["fullyQualifiedName"] == below["fullyQualifiedName"]


def test_a_reader_moves_nothing(client, as_user):
    top, target = made(client, "glossaryTerm"), made(client, "glossary")
    assert "[EditAll]" in fault(moved(as_user, top, target, "glossary"), 403, "FORBIDDEN")


# deletes


def test_a_glossary_with_terms_is_deleted_recursively_only(client):
    glossary = made(client, "glossary")
    top = term(client, glossary)
    term(client, glossary, top)
    assert fault(client.delete(f"{GLOSSARIES}/{glossary['id']}"), 400) == "glossary is not empty"
    assert fault(client.delete(f"{TERMS}/{top['id']}"), 400) == "glossaryTerm is not empty"
    assert client.delete(f"{GLOSSARIES}/{glossary['id']}?recursive=true&hardDelete=true").status_code == 200
    assert client.get(f"{TERMS}/{top['id']}?include=all").status_code == 404


def test_a_deleted_glossary_comes_back_with_its_terms(client):
    glossary = made(client, "glossary")
    top = term(client, glossary)
    below = term(client, glossary, top)
    client.delete(f"{GLOSSARIES}/{glossary['id']}?recursive=true")
    gone = shown(client, below, include="deleted")
    # strict clients cannot read a term without its glossary
    assert (gone["glossary"]["id"], gone["glossary"]["deleted"], gone["parent"]["id"]) == (
        glossary["id"],
        True,
        top["id"],
    )
    client.put(f"{GLOSSARIES}/restore", json={"id": glossary["id"]})
    assert shown(client, below)["glossary"]["deleted"] is False


# counts


def test_counts_are_of_all_that_lies_below_and_lives(client):
    glossary = made(client, "glossary")
    top = term(client, glossary)
    middle = term(client, glossary, top)
    below = term(client, glossary, middle)
    gone = term(client, glossary, middle)
    client.delete(f"{TERMS}/{gone['id']}")
    assert client.get(f"{GLOSSARIES}/{glossary['id']}?fields=termCount").json()["termCount"] == 3
    assert shown(client, top, "childrenCount")["childrenCount"] == 2
    label = {"source": "Glossary"}
    made(client, "messagingService", tags=[label | {"tagFQN": below["fullyQualifiedName"]}])
    made(client, "messagingService", tags=[label | {"tagFQN": top["fullyQualifiedName"]}])
    assert shown(client, top, "usageCount")["usageCount"] == 2
    assert shown(client, below, "usageCount")["usageCount"] == 1
    assert client.get(f"{GLOSSARIES}/{glossary['id']}?fields=usageCount").json()["usageCount"] == 2
    assert "usageCount" not in shown(client, top)


# lists


def test_terms_are_listed_by_glossary_by_parent_and_right_below(client):
    glossary = made(client, "glossary")
    top, other = term(client, glossary, name="a"), term(client, glossary, name="b")
    middle = term(client, glossary, top, name="c")
    below = term(client, glossary, middle, name="d")
    assert listed(client, glossary=glossary["id"]) == ["a", "b", "c", "d"]
    assert listed(client, parent=top["id"]) == ["c", "d"]
    assert listed(client, glossary=glossary["id"], parent=top["id"]) == ["c", "d"]
    assert listed(client, directChildrenOf=glossary["fullyQualifiedName"]) == ["a", "b"]
    assert listed(client, directChildrenOf=middle["fullyQualifiedName"]) == [below["name"]]
    assert listed(client, parent=other["id"]) == []


def test_a_parent_of_another_glossary_is_refused(client):
    glossary, top = made(client, "glossary"), made(client, "glossaryTerm")
    said = fault(client.get(TERMS, params={"glossary": glossary["id"], "parent": top["id"]}), 400)
    assert said == (
        f"Invalid queryParameters - glossary term `parent` {top['id']} is not in the `glossary` {glossary['id']}"
    )


@pytest.mark.parametrize("name", ["glossary", "parent", "directChildrenOf"])
def test_a_filter_by_what_is_not_there_is_404(client, name):
    fault(client.get(TERMS, params={name: "00000000-0000-0000-0000-000000000007"}), 404, "ENTITY_NOT_FOUND")


# status


def test_a_term_begins_as_a_draft_if_what_it_lies_in_has_reviewers(client):
    reviewer = made(client, "user")
    glossary = made(client, "glossary", reviewers=[ref(reviewer)])
    top = term(client, glossary)
    assert top["entityStatus"] == "Draft"
    assert term(client, glossary, top)["entityStatus"] == "Draft"
    free = made(client, "glossary")
    assert term(client, free)["entityStatus"] == "Approved"
    # its own reviewers look at what lies in it, not at itself
    own = term(client, free, reviewers=[ref(reviewer)])
    assert own["entityStatus"] == "Approved"
    assert term(client, free, own)["entityStatus"] == "Draft"


def test_a_put_leaves_the_status_as_it_is(client):
    glossary = made(client, "glossary", reviewers=[ref(made(client, "user"))])
    asked = make("glossaryTerm", glossary=glossary["name"])
    draft = client.put(TERMS, json=asked).json()
    assert draft["entityStatus"] == "Draft"
    patched(client, draft, {"op": "replace", "path": "/entityStatus", "value": "Approved"})
    assert client.put(TERMS, json=asked | {"displayName": "Shown"}).json()["entityStatus"] == "Approved"


def test_terms_are_listed_by_status(client):
    glossary = made(client, "glossary", reviewers=[ref(made(client, "user"))])
    draft, approved = term(client, glossary, name="draft"), term(client, glossary, name="approved")
    patched(client, approved, {"op": "replace", "path": "/entityStatus", "value": "Approved"})
    assert listed(client, glossary=glossary["id"], entityStatus="Draft") == [draft["name"]]
    assert listed(client, glossary=glossary["id"], entityStatus="Draft,Approved") == ["approved", "draft"]
    assert "must be one of [Draft, In Review" in fault(client.get(TERMS, params={"entityStatus": "draft"}), 400)
