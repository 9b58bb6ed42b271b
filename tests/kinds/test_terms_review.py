"""Who approves terms, and who may delete one that is in review."""

from __future__ import annotations

from typing import Any

import pytest

from make import fresh, made, path_of, ref
from strict import fault

TERMS = path_of("glossaryTerm")
STEWARDS = [
    {
        "name": "steward",
        "effect": "allow",
        "operations": ["EditAll", "Delete", "ViewAll"],
        "resources": ["glossary", "glossaryTerm"],
    }
]


@pytest.fixture(scope="module")
def role(client):
    policy = made(client, "policy", rules=STEWARDS)
    return made(client, "role", policies=[policy["name"]])


def person(client: Any, server: Any, role: dict[str, Any], **fields: Any) -> tuple[dict[str, Any], Any]:
    """Somebody who may edit every term, and a client of his."""
    user = made(client, "user", roles=[role["id"]], **fields)
    return user, server.as_user(user["name"], email=user["email"])


def decided(caller: Any, term: dict[str, Any], status: str) -> Any:
    return caller.patch(f"{TERMS}/{term['id']}", json=[{"op": "replace", "path": "/entityStatus", "value": status}])


def draft(client: Any, reviewer: dict[str, Any], kind: str = "user") -> dict[str, Any]:
    glossary = made(client, "glossary", reviewers=[ref(reviewer, kind)])
    return made(client, "glossaryTerm", glossary=glossary["name"])


@pytest.mark.parametrize("status", ["Approved", "Rejected"])
def test_only_a_reviewer_decides_on_a_draft(client, server, role, status):
    (reviewer, as_reviewer), (other, as_other) = (person(client, server, role) for _ in range(2))
    term = draft(client, reviewer)
    said = fault(decided(as_other, term, status), 403, "FORBIDDEN")
    assert said == f"User '{other['name']}' is not a reviewer"
    assert decided(as_reviewer, term, status).json()["entityStatus"] == status


def test_only_a_reviewer_ends_a_review(client, server, role):
    (reviewer, as_reviewer), (_, as_other) = (person(client, server, role) for _ in range(2))
    term = draft(client, reviewer)
    assert decided(as_other, term, "In Review").status_code == 200
    assert "is not a reviewer" in fault(decided(as_other, term, "Approved"), 403, "FORBIDDEN")
    assert decided(as_reviewer, term, "Approved").status_code == 200


def test_whoever_is_in_a_team_that_reviews_is_a_reviewer(client, server, role):
    team = made(client, "team")
    _, as_member = person(client, server, role, teams=[team["id"]])
    term = draft(client, team, "team")
    assert decided(as_member, term, "Approved").status_code == 200


def test_an_administrator_decides_as_well(client):
    term = draft(client, made(client, "user"))
    assert decided(client, term, "Approved").json()["entityStatus"] == "Approved"


def test_a_terms_own_reviewers_stand_in_the_place_of_those_above(client, server, role):
    (above, as_above), (own, as_own) = (person(client, server, role) for _ in range(2))
    term = draft(client, above)
    client.patch(f"{TERMS}/{term['id']}", json=[{"op": "add", "path": "/reviewers", "value": [ref(own)]}])
    assert "is not a reviewer" in fault(decided(as_above, term, "Approved"), 403, "FORBIDDEN")
    assert decided(as_own, term, "Approved").status_code == 200


def test_without_reviewers_everybody_who_may_edit_decides(client, server, role):
    _, as_editor = person(client, server, role)
    glossary = made(client, "glossary")
    term = made(client, "glossaryTerm", glossary=glossary["name"], name=fresh())
    assert decided(as_editor, term, "Draft").status_code == 200
    assert decided(as_editor, term, "Approved").status_code == 200


def test_only_a_reviewer_deletes_a_term_in_review(client, server, role):
    (reviewer, as_reviewer), (other, as_other) = (person(client, server, role) for _ in range(2))
    term = draft(client, reviewer)
    decided(client, term, "In Review")
    said = fault(as_other.delete(f"{TERMS}/{term['id']}"), 403, "FORBIDDEN")
    assert said == f"User '{other['name']}' is not a reviewer"
    assert as_reviewer.delete(f"{TERMS}/{term['id']}").status_code == 200


def test_a_status_that_there_is_not_is_refused(client):
    term = made(client, "glossaryTerm")
    assert "Allowed values are: Draft, In Review" in fault(decided(client, term, "Perhaps"), 400)
