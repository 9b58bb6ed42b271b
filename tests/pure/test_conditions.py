"""What conditions mean: each function, the operators, and that the predicate for a list says the same as the test of one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from brokerbook.access import predicates as p
from brokerbook.access.condition_text import quoted
from brokerbook.access.conditions import FUNCTIONS, Service, holds, parsed, predicate
from pure_access import (
    ATTACHED,
    CALLERS,
    CONDITIONS,
    ENTITIES,
    QUOTES,
    TAGS,
    WORDS,
    Attached,
    Entity,
    Said,
    Somebody,
    Stored,
    chosen,
    some,
    written,
)

if TYPE_CHECKING:
    from random import Random

    from brokerbook.access.predicates import Predicate


def true(text: str, caller: Somebody, entity: Any, attached: Attached | None = None) -> bool:
    return holds(parsed(text), caller, entity, attached or Attached())


MEMBER = Somebody(team_ids=some("t1", "up"), team_names=some("T1", "Up"), role_names=some("R1", "R2"))
AT_UP = Attached("up", some("up", "t1", "t2"))


@pytest.mark.parametrize(
    ("text", "entity", "expected"),
    [
        ("noOwner()", Entity(), True),
        ("noOwner()", Entity(owner_ids=some("x")), False),
        ("isOwner()", Entity(), False),
        ("isOwner()", Entity(owner_ids=some("x", "u1")), True),
        ("isOwner()", Entity(owner_ids=some("t1")), True),
        ("isOwner()", Entity(owner_ids=some("up")), True),
        ("isOwner()", Entity(owner_ids=some("t2", "u2")), False),
        ("isOwner()", Entity(kind="user", id="u1"), True),
        ("isOwner()", Entity(kind="user", id="u2"), False),
        ("isOwner()", Entity(kind="user", id=None), False),
        ("isOwner()", Entity(kind="team", id="t1"), False),
        ("isOwner()", Entity(reviewer_ids=some("u1")), False),
        ("isReviewer()", Entity(), False),
        ("isReviewer()", Entity(reviewer_ids=some("u1")), True),
        ("isReviewer()", Entity(reviewer_ids=some("up")), True),
        ("isReviewer()", Entity(reviewer_ids=some("t2")), False),
        ("isReviewer()", Entity(owner_ids=some("u1")), False),
        ("noDomain()", Entity(), True),
        ("noDomain()", Entity(domain_ids=some("d")), False),
        ("matchAllTags('A', 'B')", Entity(tag_fqns=some("A", "B", "C")), True),
        ("matchAllTags('A', 'B')", Entity(tag_fqns=some("A", "A.B")), False),
        ("matchAllTags('A')", Entity(tag_fqns=some("A.x")), False),
        ("matchAllTags()", Entity(tag_fqns=some("A")), False),
        ("matchAnyTag('A', 'B')", Entity(tag_fqns=some("B")), True),
        ("matchAnyTag('A', 'B')", Entity(tag_fqns=some("C", "A.x")), False),
        ("matchAnyTag('a')", Entity(tag_fqns=some("A")), False),
        ("matchAnyTag()", Entity(tag_fqns=some("A")), False),
        ("matchAnyCertification('C.Gold', 'C.Silver')", Entity(tag_fqns=some("C.Gold")), True),
        ("matchAnyCertification('C.Gold')", Entity(tag_fqns=some("C.Bronze")), False),
        ("matchAnyCertification()", Entity(tag_fqns=some("C.Gold")), False),
        ("inAnyTeam('T1')", Entity(), True),
        ("inAnyTeam('x', 'Up')", Entity(), True),
        ("inAnyTeam('t1')", Entity(), False),
        ("inAnyTeam()", Entity(), False),
        ("hasAnyRole('x', 'R2')", Entity(), True),
        ("hasAnyRole('x')", Entity(), False),
        ("hasAnyRole()", Entity(), False),
        ("isAdminUser()", Entity(kind="user", is_admin_user=True), True),
        ("isAdminUser()", Entity(kind="user"), False),
        ("isTaskFiler()", Entity(), False),
        ("isTaskAssignee()", Entity(), False),
        ("isTaskReviewer()", Entity(), False),
        ("matchAnyServiceName('a', 'b')", Entity(service=Service("b", "Kafka", some("A"))), True),
        ("matchAnyServiceName('a')", Entity(service=Service("b", "Kafka", some("A"))), False),
        ("matchAnyServiceName('a')", Entity(), False),
        ("matchAnyServiceName()", Entity(service=Service("b", "Kafka", some("A"))), False),
        ("matchAnyServiceType('Nats', 'Kafka')", Entity(service=Service("b", "Kafka", some("A"))), True),
        ("matchAnyServiceType('Nats')", Entity(service=Service("b", "Kafka", some("A"))), False),
        ("matchAnyServiceType('Kafka')", Entity(), False),
        ("matchAnyServiceType()", Entity(service=Service("b", "Kafka", some("A"))), False),
        ("matchAnyServiceTag('A', 'B')", Entity(service=Service("b", "Kafka", some("A"))), True),
        ("matchAnyServiceTag('B')", Entity(tag_fqns=some("B"), service=Service("b", "Kafka", some("A"))), False),
        ("matchAnyServiceTag('A')", Entity(tag_fqns=some("A")), False),
        ("matchAnyServiceTag()", Entity(service=Service("b", "Kafka", some("A"))), False),
        ("matchAnyServiceEnvironment('b')", Entity(service=Service("b", "Kafka", some("A"))), False),
        ("matchAnyServiceEnvironment()", Entity(service=Service("b", "Kafka", some("A"))), False),
    ],
)
def test_a_function_says_of_caller_and_entity_what_the_contract_says(text: str, entity: Entity, *, expected: bool):
    assert true(text, MEMBER, entity) is expected
    assert true(f"!{text}", MEMBER, entity) is not expected


@pytest.mark.parametrize(
    ("his", "its", "expected"),
    [
        (some(), some(), True),
        (some("d1"), some(), False),
        (some(), some("d1"), False),
        (some("d1"), some("d2"), False),
        (some("d1", "d2"), some("d2", "d3"), True),
    ],
)
def test_caller_and_entity_share_a_domain_or_both_have_none(
    his: frozenset[str], its: frozenset[str], *, expected: bool
):
    assert true("hasDomain()", Somebody(domain_ids=his), Entity(domain_ids=its)) is expected


@pytest.mark.parametrize("kind", ["user", "team", "role", "policy", "bot", "persona", "type", "classification", "tag"])
def test_what_belongs_to_everybody_is_in_every_domain(kind: str):
    assert true("hasDomain()", Somebody(domain_ids=some("d1")), Entity(kind=kind, domain_ids=some("d2")))


def test_a_domain_is_in_itself_and_in_no_other():
    domain = Entity(kind="domain", id="d1", domain_ids=some("d1"))
    assert true("hasDomain()", Somebody(domain_ids=some("d1")), domain)
    assert not true("hasDomain()", Somebody(domain_ids=some("d2")), domain)
    assert not true("hasDomain()", Somebody(), domain)
    assert not true("noDomain()", Somebody(), domain)


@pytest.mark.parametrize(
    ("caller", "owners", "attached", "expected"),
    [
        (MEMBER, some("t1"), AT_UP, True),
        (MEMBER, some("t2"), AT_UP, True),
        (MEMBER, some("up", "u2"), AT_UP, True),
        (MEMBER, some("u1"), AT_UP, True),
        (MEMBER, some("t3"), AT_UP, False),
        (MEMBER, some("u2"), AT_UP, False),
        (MEMBER, some(), AT_UP, False),
        (Somebody(team_ids=some("t3")), some("t1"), AT_UP, False),
        (Somebody(), some("u1"), AT_UP, False),
        (MEMBER, some("t1"), Attached(), False),
    ],
)
def test_a_team_matches_if_caller_and_owner_are_below_the_one_that_the_policy_is_attached_to(
    caller: Somebody, owners: frozenset[str], attached: Attached, *, expected: bool
):
    assert true("matchTeam()", caller, Entity(owner_ids=owners), attached) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("true", True),
        ("false", False),
        ("true && true", True),
        ("true && false", False),
        ("false || true", True),
        ("false || false", False),
        ("true || false && false", True),
        ("(true || false) && false", False),
        ("!false && !false", True),
        ("!(true && false)", True),
        ("not true or not false", True),
    ],
)
def test_operators_mean_what_they_say(text: str, *, expected: bool):
    assert true(text, Somebody(), Entity()) is expected
    assert predicate(parsed(text), Somebody(), "topic", Attached()) is expected


class Watched:
    """An entity that tells what was asked about it."""

    def __init__(self, entity: Entity) -> None:
        self.entity = entity
        self.asked: set[str] = set()

    def __getattr__(self, name: str) -> Any:
        self.asked.add(name)
        return getattr(self.entity, name)


@pytest.mark.parametrize(
    ("text", "needed"),
    [
        ("noOwner()", {"owner_ids"}),
        ("isOwner()", {"kind", "owner_ids"}),
        ("isReviewer()", {"reviewer_ids"}),
        ("hasDomain()", {"kind", "domain_ids"}),
        ("matchAnyTag('A')", {"tag_fqns"}),
        ("matchAnyTag()", set()),
        ("matchAllTags()", set()),
        ("matchTeam()", set()),
        ("inAnyTeam('T') || hasAnyRole('R')", set()),
        ("isAdminUser()", {"kind"}),
        ("matchAnyServiceType('Kafka')", {"service"}),
        ("matchAnyServiceType()", set()),
        ("matchAnyServiceEnvironment('e') || isTaskFiler()", set()),
        ("false && noOwner()", set()),
        ("true || noOwner()", set()),
    ],
)
def test_only_what_a_condition_needs_is_asked_about_the_entity(text: str, needed: set[str]):
    entity = Watched(Entity())
    true(text, Somebody(), entity)
    assert entity.asked == needed


@pytest.mark.parametrize(
    ("text", "kind", "expected"),
    [
        ("isOwner()", "topic", p.Has("owners", some("u1", "t1", "up"))),
        ("isOwner()", "user", p.OneOf((p.IsOne(some("u1")), p.Has("owners", some("u1", "t1", "up"))))),
        ("noOwner()", "topic", p.Not(p.Has("owners"))),
        ("!noOwner()", "topic", p.Has("owners")),
        ("hasDomain()", "topic", p.Not(p.Has("domains"))),
        ("hasDomain()", "tag", True),
        ("hasDomain() && matchAnyTag('A')", "tag", p.Tagged("A")),
        ("inAnyTeam('T1') || matchAnyTag('A')", "topic", True),
        ("inAnyTeam('x') || matchAnyTag('A')", "topic", p.Tagged("A")),
        ("hasAnyRole('x') && matchAnyTag('A')", "topic", False),
        ("isAdminUser()", "topic", False),
        ("matchTeam()", "topic", False),
        ("matchAnyServiceType()", "topic", False),
    ],
)
def test_what_does_not_depend_on_the_entity_is_folded_in_a_predicate(text: str, kind: str, expected: Predicate):
    assert predicate(parsed(text), MEMBER, kind, Attached()) == expected


def test_a_list_of_domains_shows_those_that_the_caller_is_in():
    found = predicate(parsed("hasDomain()"), Somebody(domain_ids=some("d1")), "domain", Attached())
    assert found == p.OneOf((p.IsOne(some("d1")), p.Has("domains", some("d1"))))
    assert predicate(parsed("hasDomain() || noDomain()"), Somebody(), "domain", Attached()) is False


def test_a_list_for_a_team_shows_what_the_teams_below_and_their_members_own():
    assert predicate(parsed("matchTeam()"), MEMBER, "topic", AT_UP) == p.OwnedIn(some("up", "t1", "t2"))


# laws


def meant(said: Said, caller: Somebody, entity: Entity, attached: Attached) -> bool:
    """The truth of a condition from that of its functions."""
    sign, *parts = said
    if sign == "call":
        name, values = parts
        return true(f"{name}({','.join(quoted(value, QUOTES[0]) for value in values)})", caller, entity, attached)
    if sign in {"true", "false"}:
        return sign == "true"
    truths = [meant(part, caller, entity, attached) for part in parts]
    return not truths[0] if sign == "!" else all(truths) if sign == "&&" else any(truths)


@settings(deadline=None)
@given(CONDITIONS, st.randoms(use_true_random=False), CALLERS, ENTITIES, ATTACHED)
def test_however_a_condition_is_written_it_means_the_same(
    said: Said, style: Random, caller: Somebody, entity: Stored, attached: Attached
):
    expected = meant(said, caller, entity.facts(), attached)
    assert true(written(said, style), caller, entity.facts(), attached) is expected


@settings(deadline=None)
@given(CONDITIONS, st.randoms(use_true_random=False), CALLERS, ENTITIES, ATTACHED)
def test_a_list_shows_exactly_the_entities_for_which_the_condition_holds(
    said: Said, style: Random, caller: Somebody, entity: Stored, attached: Attached
):
    condition = parsed(written(said, style))
    listed = chosen(predicate(condition, caller, entity.kind, attached), entity)
    assert listed is holds(condition, caller, entity.facts(), attached)


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.name)
@settings(deadline=None)
@given(st.lists(st.sampled_from((*TAGS, *WORDS)), max_size=3), CALLERS, ENTITIES, ATTACHED)
def test_the_predicate_of_every_function_agrees_with_its_test(
    function: Any, values: list[str], caller: Somebody, entity: Stored, attached: Attached
):
    listed = ", ".join(quoted(value, QUOTES[0]) for value in values) if function.takes is not None else ""
    condition = parsed(f"{function.name}({listed})")
    selected = chosen(predicate(condition, caller, entity.kind, attached), entity)
    assert selected is holds(condition, caller, entity.facts(), attached)
