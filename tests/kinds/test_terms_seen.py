"""What a caller may not see: he relates no term to it, and neither hears of it nor has it counted."""

from __future__ import annotations

from typing import Any

import pytest

from make import made, make, path_of, prepare, ref
from strict import fault

TERMS = path_of("glossaryTerm")


@pytest.fixture(scope="module", autouse=True)
def _prepared(as_admin):
    prepare(as_admin)


@pytest.fixture(scope="module")
def hidden(client):
    """The tag that hides what carries it."""
    return {"tagFQN": made(client, "tag")["fullyQualifiedName"]}


@pytest.fixture(scope="module")
def amy(client, server, hidden):
    """She may do everything with terms, and sees no term and no service that carries the tag."""
    rules = [
        {"name": "all", "effect": "allow", "operations": ["All"], "resources": ["glossaryTerm"]},
        {
            "name": "hide",
            "effect": "deny",
            "operations": ["ViewBasic", "ViewAll"],
            "resources": ["glossaryTerm", "messagingService"],
            "condition": f"matchAnyTag('{hidden['tagFQN']}')",
        },
    ]
    policy = made(client, "policy", rules=rules)
    role = made(client, "role", policies=[policy["name"]])
    user = made(client, "user", roles=[role["id"]])
    return server.as_user(user["name"], email=user["email"])


def related(who: Any, how: str, term: dict[str, Any], other: dict[str, Any]) -> Any:
    path = f"{TERMS}/{term['id']}"
    if how == "POST":
        return who.post(f"{path}/relations", json={"term": ref(other, "glossaryTerm")})
    if how == "PATCH":
        value = {"relationType": "synonym", "term": ref(other, "glossaryTerm")}
        return who.patch(path, json=[{"op": "add", "path": "/relatedTerms/-", "value": value}])
    name = {"name": term["name"]} if how == "PUT" else {}
    asked = make("glossaryTerm", **name, relatedTerms=[other["fullyQualifiedName"]])
    return who.request("POST" if how == "create" else how, TERMS, json=asked)


@pytest.mark.parametrize("how", ["POST", "PATCH", "PUT", "create"])
def test_a_term_is_related_only_to_what_the_caller_may_see(client, amy, hidden, how):
    term, other, secret = (made(client, "glossaryTerm", tags=tags) for tags in ([], [], [hidden]))
    assert "operation ViewBasic denied" in fault(related(amy, how, term, secret), 403, "FORBIDDEN")
    assert client.get(f"{TERMS}/{secret['id']}?fields=relatedTerms").json()["relatedTerms"] == []
    assert related(amy, how, term, other).status_code in (200, 201)


def test_a_relation_that_is_there_already_asks_for_nothing(client, amy, hidden):
    term, other, secret = (made(client, "glossaryTerm", tags=tags) for tags in ([], [], [hidden]))
    related(client, "POST", term, secret)
    assert related(amy, "POST", term, other).status_code == 200


def test_the_check_of_tags_tells_only_of_what_the_caller_may_see(client, amy, hidden):
    group = made(client, "classification", mutuallyExclusive=True)["name"]
    one, other = ({"tagFQN": made(client, "tag", classification=group)["fullyQualifiedName"]} for _ in range(2))
    term = made(client, "glossaryTerm")
    by = {"tagFQN": term["fullyQualifiedName"], "source": "Glossary"}
    tagged = ([by], [by, one], [by, hidden], [by, one, hidden])
    free, clashing, _, _ = (made(client, "messagingService", tags=tags) for tags in tagged)
    path, body = f"{TERMS}/{term['id']}/tags/validate", {"glossaryTags": [other]}
    assert client.put(path, json=body).json()["numberOfRowsProcessed"] == 4
    result = amy.put(path, json=body).json()
    counts = [result[f"numberOfRows{what}"] for what in ("Processed", "Passed", "Failed")]
    assert counts == [2, 1, 1]
    assert [row["request"]["id"] for row in result["successRequest"]] == [free["id"]]
    assert [row["request"]["id"] for row in result["failedRequest"]] == [clashing["id"]]


def test_only_relations_between_terms_that_the_caller_may_see_are_counted(client, amy, hidden):
    path = f"{TERMS}/relationTypes/usage"

    def antonyms(who: Any) -> int:
        return who.get(path).json().get("antonym", 0)

    term, other, secret = (made(client, "glossaryTerm", tags=tags) for tags in ([], [], [hidden]))
    before = antonyms(client.bare), antonyms(amy)
    for to in (other, secret):
        body = {"relationType": "antonym", "term": ref(to, "glossaryTerm")}
        client.post(f"{TERMS}/{term['id']}/relations", json=body)
    assert (antonyms(client.bare) - before[0], antonyms(amy) - before[1]) == (4, 2)
