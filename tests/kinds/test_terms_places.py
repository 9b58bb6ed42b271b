"""A term or a tag in another place: who may bring it there, what it begins with, what excludes it, the work's record."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from brokerbook.engine.jobs import Job
from make import SERVICES, fresh, made, path_of, prepare, ref
from strict import fault

TERMS = path_of("glossaryTerm")


@pytest.fixture(scope="module", autouse=True)
def _prepared(as_admin):
    prepare(as_admin)


def caller(client: Any, server: Any, *rules: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
    """Somebody for whom these rules hold beside those for everybody, and his user."""
    named = [{"name": f"rule{number}", "effect": "allow"} | rule for number, rule in enumerate(rules)]
    policy = made(client, "policy", rules=named)
    role = made(client, "role", policies=[policy["name"]])
    user = made(client, "user", roles=[role["id"]])
    return server.as_user(user["name"], email=user["email"]), user


def moved(who: Any, how: str, entity: dict[str, Any], to: dict[str, Any], kind: str) -> Any:
    """A move by a patch or by the request of its own."""
    if how == "moveAsync":
        return who.put(f"{TERMS}/{entity['id']}/moveAsync", json={"parent": ref(to, kind)})
    field = {"glossary": "glossary", "classification": "classification"}.get(kind, "parent")
    of = "tag" if "classification" in entity else "glossaryTerm"
    patch = [{"op": "add", "path": f"/{field}", "value": ref(to, kind)}]
    return who.patch(f"{path_of(of)}/{entity['id']}", json=patch)


def status(client: Any, term: dict[str, Any]) -> str:
    return client.get(f"{TERMS}/{term['id']}").json()["entityStatus"]


# who may


@pytest.mark.parametrize("how", ["PATCH", "moveAsync"])
@pytest.mark.parametrize("below", ["glossary", "glossaryTerm"])
def test_a_term_goes_only_where_the_caller_may_create_one(client, server, how, below):
    tag, glossary = made(client, "tag"), made(client, "glossary")
    label = [{"tagFQN": tag["fullyQualifiedName"]}]
    to = glossary if below == "glossary" else made(client, "glossaryTerm", glossary=glossary["name"])
    free, kept = made(client, "glossaryTerm", tags=label), made(client, "glossaryTerm")
    edit = {"operations": ["EditAll"], "resources": ["glossaryTerm"]}
    create = {
        "operations": ["Create"],
        "resources": ["glossaryTerm"],
        "condition": f"matchAnyTag('{tag['fullyQualifiedName']}')",
    }
    amy, _ = caller(client, server, edit, create)
    assert "operations [Create] not allowed" in fault(moved(amy, how, kept, to, below), 403, "FORBIDDEN")
    assert client.get(f"{TERMS}/{kept['id']}").json()["fullyQualifiedName"] == kept["fullyQualifiedName"]
    assert moved(amy, how, free, to, below).status_code in (200, 202)


def test_a_tag_goes_only_where_the_caller_may_create_one(client, server):
    tag, to = made(client, "tag"), made(client, "classification")
    amy, _ = caller(client, server, {"operations": ["EditAll"], "resources": ["tag"]})
    said = fault(moved(amy, "PATCH", tag, to, "classification"), 403, "FORBIDDEN")
    assert "operations [Create] not allowed" in said


def test_a_new_name_in_the_same_place_asks_for_no_right_to_create(client, server):
    term = made(client, "glossaryTerm")
    amy, _ = caller(client, server, {"operations": ["EditAll"], "resources": ["glossaryTerm"]})
    patch = [{"op": "replace", "path": "/name", "value": fresh("other")}]
    assert amy.patch(f"{TERMS}/{term['id']}", json=patch).status_code == 200


# reviewed there


@pytest.mark.parametrize("how", ["PATCH", "moveAsync"])
@pytest.mark.parametrize("below", ["glossary", "glossaryTerm"])
def test_a_term_that_is_moved_to_where_others_review_is_a_draft_again(client, how, below):
    glossary = made(client, "glossary", reviewers=[ref(made(client, "user"))])
    to = glossary if below == "glossary" else made(client, "glossaryTerm", glossary=glossary["name"])
    term = made(client, "glossaryTerm")
    child = made(client, "glossaryTerm", parent=term["fullyQualifiedName"])
    assert (status(client, term), status(client, child)) == ("Approved", "Approved")
    assert moved(client, how, term, to, below).status_code in (200, 202)
    assert (status(client, term), status(client, child)) == ("Draft", "Draft")


def test_a_term_that_is_moved_to_where_nobody_reviews_keeps_its_status(client):
    term, to = made(client, "glossaryTerm"), made(client, "glossary")
    patch = [{"op": "replace", "path": "/entityStatus", "value": "Deprecated"}]
    client.patch(f"{TERMS}/{term['id']}", json=patch)
    moved(client, "PATCH", term, to, "glossary")
    assert status(client, term) == "Deprecated"


# what excludes it


def exclusion(there: dict[str, Any], tag: dict[str, Any]) -> str:
    names = f"{there['fullyQualifiedName']} and {tag['fullyQualifiedName']}"
    return f"Tag labels {names} are mutually exclusive and can't be assigned together"


def label(entity: dict[str, Any]) -> dict[str, Any]:
    source = "Glossary" if "glossary" in entity else "Classification"
    return {"tagFQN": entity["fullyQualifiedName"], "source": source}


@pytest.mark.parametrize("carried", ["itself", "by a term"])
def test_a_tag_is_not_moved_below_what_excludes_it_from_something_that_carries_it(client, carried):
    above = made(client, "classification", mutuallyExclusive=True)
    there, tag = made(client, "tag", classification=above["name"]), made(client, "tag")
    given = tag if carried == "itself" else made(client, "glossaryTerm", tags=[label(tag)])
    service = made(client, "messagingService", tags=[label(there), label(given)])
    assert fault(moved(client, "PATCH", tag, above, "classification"), 400) == exclusion(there, tag)
    client.patch(f"{SERVICES}/{service['id']}", json=[{"op": "replace", "path": "/tags", "value": [label(there)]}])
    assert moved(client, "PATCH", tag, above, "classification").status_code == 200


def test_a_term_is_not_moved_below_what_excludes_it_from_what_another_term_brings_it_to(client):
    above = made(client, "glossary", mutuallyExclusive=True)
    there, term = made(client, "glossaryTerm", glossary=above["name"]), made(client, "glossaryTerm")
    bringing = made(client, "glossaryTerm", tags=[label(term)])
    made(client, "messagingService", tags=[label(there), label(bringing)])
    assert fault(moved(client, "PATCH", term, above, "glossary"), 400) == exclusion(there, term)


# the record


def test_the_id_that_a_move_answers_with_is_that_of_a_finished_job(client, server):
    term, to = made(client, "glossaryTerm"), made(client, "glossary")
    job_id = moved(client, "moveAsync", term, to, "glossary").json()["jobId"]
    query = "SELECT state, doc FROM job WHERE id = :id"
    state, doc = server.catalog.context.database.peek(lambda tx: tx.one(query, {"id": job_id}))
    job = msgspec.json.decode(doc, type=Job)
    assert (state, job.action, job.kind, job.entity_id) == ("done", "move", "glossaryTerm", term["id"])


def test_a_move_that_is_refused_leaves_no_job(client, server):
    term = made(client, "glossaryTerm")
    below = made(client, "glossaryTerm", parent=term["fullyQualifiedName"])
    count = "SELECT COUNT(*) FROM job"
    before = server.catalog.context.database.peek(lambda tx: tx.one(count))
    fault(moved(client, "moveAsync", term, below, "glossaryTerm"), 400)
    assert server.catalog.context.database.peek(lambda tx: tx.one(count)) == before
