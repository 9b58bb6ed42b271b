"""The search for terms: by text, by place, by status; paged by offsets."""

from __future__ import annotations

from typing import Any

import pytest

from make import fresh, made, path_of
from strict import fault

TERMS = path_of("glossaryTerm")
SEARCH = f"{TERMS}/search"


@pytest.fixture(scope="module")
def glossary(client):
    return made(client, "glossary", name=fresh("searched"))


@pytest.fixture(scope="module", autouse=True)
def _terms(client, glossary):
    where = {"glossary": glossary["name"]}
    made(client, "glossaryTerm", name="Order", synonyms=["Purchase"], **where)
    below = {"parent": f"{glossary['name']}.Order"}
    made(client, "glossaryTerm", name="Position", description="A line of an ORDER.", **below, **where)
    made(client, "glossaryTerm", name="Übergabe", displayName="Handover", **where)
    gone = made(client, "glossaryTerm", name="Reorder", **where)
    client.delete(f"{TERMS}/{gone['id']}")


def found(client: Any, **query: Any) -> list[str]:
    response = client.get(SEARCH, params=query)
    assert response.status_code == 200, response.text
    return [row["name"] for row in response.json()["data"]]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("order", ["Order", "Position"]),
        ("PURCH", ["Order"]),
        ("handover", ["Übergabe"]),
        ("ÜBER", ["Übergabe"]),
        ("über", ["Übergabe"]),
        ("%", []),
        ("", ["Order", "Position", "Übergabe"]),
    ],
)
def test_a_text_is_looked_for_in_all_that_a_term_is_called_in_whatever_case(client, glossary, text, names):
    assert found(client, q=text, glossary=glossary["id"]) == names


def test_the_place_is_said_by_id_or_by_name(client, glossary):
    order = client.get(f"{TERMS}/name/{glossary['name']}.Order").json()
    assert found(client, glossaryFqn=glossary["name"]) == ["Order", "Position", "Übergabe"]
    assert found(client, parent=order["id"]) == found(client, parentFqn=order["fullyQualifiedName"]) == ["Position"]
    assert found(client, glossary=glossary["id"], parent=order["id"], q="line") == ["Position"]


def test_a_place_that_is_not_there_is_404(client):
    for name in ("glossaryFqn", "parentFqn", "glossary", "parent"):
        fault(client.get(SEARCH, params={name: "nowhere"}), 404, "ENTITY_NOT_FOUND")


def test_a_parent_of_another_glossary_is_refused(client, glossary):
    other = made(client, "glossaryTerm")
    said = fault(client.get(SEARCH, params={"glossary": glossary["id"], "parent": other["id"]}), 400)
    assert said.startswith("Invalid queryParameters - glossary term `parent`")


@pytest.mark.parametrize("text", ["", "r"])
def test_the_pages_cursors_are_offsets(client, glossary, text):
    query = {"glossary": glossary["id"], "q": text, "limit": 1}
    pages = [client.get(SEARCH, params=query | {"offset": offset}).json() for offset in range(3)]
    names = [row["name"] for page in pages for row in page["data"]]
    assert names == ["Order", "Position", "Übergabe"]
    assert [page["paging"] for page in pages] == [
        {"total": 3, "after": "1"},
        {"total": 3, "after": "2", "before": "0"},
        {"total": 3, "before": "1"},
    ]


def test_deleted_terms_are_found_where_they_are_asked_for(client, glossary):
    assert found(client, glossary=glossary["id"], include="deleted") == ["Reorder"]
    assert found(client, glossary=glossary["id"], include="all", q="order") == ["Order", "Position", "Reorder"]


def test_status_and_fields_are_those_of_a_list(client, glossary):
    assert found(client, glossary=glossary["id"], entityStatus="Draft") == []
    rows = client.get(SEARCH, params={"glossary": glossary["id"], "q": "order", "fields": "childrenCount"}).json()[
        "data"
    ]
    assert [row["childrenCount"] for row in rows] == [1, 0]


@pytest.mark.parametrize(("name", "value"), [("limit", "0"), ("limit", "1001"), ("offset", "-1"), ("limit", "x")])
def test_a_window_that_cannot_be_is_refused(client, name, value):
    assert f"{name} must be" in fault(client.get(SEARCH, params={name: value}), 400)


def test_only_what_the_caller_may_see_is_found_and_counted(client, server, glossary):
    tag = made(client, "tag")
    condition = f"!matchAnyTag('{tag['fullyQualifiedName']}')"
    rule = {"name": "look", "effect": "deny", "operations": ["ViewAll"], "resources": ["glossaryTerm"]}
    policy = made(client, "policy", rules=[rule | {"condition": condition}])
    role = made(client, "role", policies=[policy["name"]])
    user = made(client, "user", roles=[role["id"]])
    seen = made(
        client,
        "glossaryTerm",
        glossary=glossary["name"],
        name="Seen order",
        tags=[{"tagFQN": tag["fullyQualifiedName"]}],
    )
    caller = server.as_user(user["name"], email=user["email"])
    answer = caller.get(SEARCH, params={"glossary": glossary["id"], "q": "order"}).json()
    assert ([row["name"] for row in answer["data"]], answer["paging"]) == ([seen["name"]], {"total": 1})
    client.delete(f"{TERMS}/{seen['id']}?hardDelete=true")
