"""What policies decide: order, coverage, teams and roles, guards of owning teams; and that a list shows what a check lets."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from brokerbook.access import policy
from brokerbook.access.actor import Actor
from brokerbook.access.journal import MOST, Journal
from brokerbook.access.operations import covers, normalised, normalised_resources
from brokerbook.access.rights import NOTHING, ORGANIZATION, Directory, Policy, Role, Team
from brokerbook.access.rights import policy as compiled
from brokerbook.access.scope import Scope
from brokerbook.errors import NotAuthorized
from pure_access import ENTITIES, Entity, Stored, chosen, some, subset

SAID = re.compile(r"(allow|deny) ([\w, ]+?)(?: on ([\w, ]+?))?(?: if (.+))?")
ORG = Team("org", ORGANIZATION)


def rules_of(*texts: str) -> list[dict[str, Any]]:
    """Rules r1, r2 … from texts such as `deny Delete, EditTags on topic if isOwner()`."""
    rules: list[dict[str, Any]] = []
    for number, text in enumerate(texts, start=1):
        found = SAID.fullmatch(text)
        assert found is not None, text
        effect, operations, resources, condition = found.groups()
        rule = {"name": f"r{number}", "effect": effect, "operations": operations.split(", ")}
        rule["resources"] = (resources or "All").split(", ")
        rules.append(rule | ({"condition": condition} if condition else {}))
    return rules


def policy_of(name: str, *texts: str) -> Policy:
    return compiled(name, name, rules_of(*texts))


def directory(*found: Team | Role | Policy) -> Directory:
    return Directory(
        {one.id: one for one in found if isinstance(one, Team)},
        {one.id: one for one in found if isinstance(one, Role)},
        {one.id: one for one in found if isinstance(one, Policy)},
    )


def somebody(known: Directory, *, teams: tuple[str, ...] = (), roles: tuple[str, ...] = (), bot: bool = False) -> Actor:
    held = known.rights("u1", is_bot=bot, team_ids=teams, role_ids=roles, domain_ids=())
    return Actor("u1", "ann", is_admin=False, is_bot=bot, rights=held)


def caller(*texts: str) -> Actor:
    """Somebody with a role R that has a policy P of these rules, and nothing else."""
    return somebody(directory(policy_of("P", *texts), Role("R", "R", ("P",))), roles=("R",))


def refusal(actor: Actor, wanted: str, entity: Entity) -> str | None:
    """Why he may not do these operations on the entity, without the words that name him; None if he may."""
    try:
        policy.check(actor, wanted.split(", "), entity)
    except NotAuthorized as error:
        return error.message.removeprefix("Principal: CatalogPrincipal{name='ann'} ")
    return None


MINE = Entity(owner_ids=some("u1"))
OTHERS = Entity(owner_ids=some("u2"))


# which operations a rule is about


@pytest.mark.parametrize(
    ("granted", "operation", "expected"),
    [
        ("EditTags", "EditTags", True),
        ("EditTags", "EditTier", False),
        ("EditAll", "EditTags", True),
        ("EditAll", "EditGlossaryTerms", True),
        ("EditAll", "EditAll", True),
        ("EditAll", "Delete", False),
        ("EditAll", "ViewBasic", False),
        ("EditTags", "EditAll", False),
        ("ViewAll", "ViewBasic", True),
        ("ViewAll", "ViewCustomFields", True),
        ("ViewAll", "EditAll", False),
        ("ViewBasic", "ViewAll", False),
        ("All", "Create", True),
        ("All", "Delete", True),
        ("All", "Impersonate", True),
        ("Create", "BulkCreate", False),
        ("Create", "All", False),
    ],
)
def test_one_operation_covers_another(granted: str, operation: str, *, expected: bool):
    assert covers(granted, operation) is expected
    assert (refusal(caller(f"allow {granted}"), operation, OTHERS) is None) is expected
    assert (refusal(caller("allow All", f"deny {granted}"), operation, OTHERS) is not None) is expected


@pytest.mark.parametrize(
    ("operations", "expected"),
    [
        (["EditTags", "Delete", "EditTags"], ["Delete", "EditTags"]),
        (["EditTags", "EditAll", "ViewBasic"], ["EditAll", "ViewBasic"]),
        (["ViewBasic", "ViewAll", "Create"], ["Create", "ViewAll"]),
        (["All", "EditTags"], ["All", "EditTags"]),
    ],
)
def test_operations_are_stored_in_order_without_those_that_another_covers(operations: list[str], expected: list[str]):
    assert normalised(operations) == expected


def test_resources_are_stored_in_order_and_as_all_if_one_of_them_is():
    assert normalised_resources(["topic", "Domain", "topic"]) == ["Domain", "topic"]
    assert normalised_resources(["topic", "aLL"]) == ["All"]


def test_a_rule_about_a_resource_is_about_no_other():
    actor = caller("allow Delete on topic, domain")
    assert refusal(actor, "Delete", Entity(kind="topic")) is None
    assert refusal(actor, "Delete", Entity(kind="domain")) is None
    assert refusal(actor, "Delete", Entity(kind="team")) == "operations [Delete] not allowed"


# order


@pytest.mark.parametrize(
    ("texts", "wanted", "entity", "expected"),
    [
        ((), "ViewBasic", OTHERS, "operations [ViewBasic] not allowed"),
        (("allow ViewAll",), "ViewBasic", OTHERS, None),
        (("allow ViewAll",), "ViewBasic, Delete", OTHERS, "operations [Delete] not allowed"),
        (("allow ViewAll",), "Delete, EditTags, ViewBasic", OTHERS, "operations [Delete, EditTags] not allowed"),
        (("allow All", "deny Delete"), "Delete", OTHERS, "operation Delete denied by role R, policy P, rule r2"),
        (("deny Delete", "allow All"), "Delete", OTHERS, "operation Delete denied by role R, policy P, rule r1"),
        (("deny Delete", "allow All"), "EditTags", OTHERS, None),
        # what is denied is told of before what is not allowed
        (("deny Delete",), "EditTags, Delete", OTHERS, "operation Delete denied by role R, policy P, rule r1"),
        (("allow EditAll if isOwner()",), "EditTags", MINE, None),
        (("allow EditAll if isOwner()",), "EditTags", OTHERS, "operations [EditTags] not allowed"),
        (("allow All", "deny EditAll if !isOwner()"), "EditTags", MINE, None),
        (
            ("allow All", "deny EditAll if !isOwner()"),
            "EditTags",
            OTHERS,
            "operation EditTags denied by role R, policy P, rule r2",
        ),
        # of several that deny, one without a condition is named
        (
            ("deny All if !isOwner()", "deny Delete"),
            "Delete",
            OTHERS,
            "operation Delete denied by role R, policy P, rule r2",
        ),
        # each operation by a rule of its own
        (("allow Delete", "allow EditTags if isOwner()"), "Delete, EditTags", MINE, None),
        (("allow Delete if noOwner()", "allow Delete if isOwner()"), "Delete", MINE, None),
    ],
)
def test_deny_rules_come_first_and_then_each_operation_needs_an_allow_rule(
    texts: tuple[str, ...], wanted: str, entity: Entity, expected: str | None
):
    assert refusal(caller(*texts), wanted, entity) == expected


def test_an_administrator_needs_no_rule_and_heeds_none():
    denied = caller("deny All").rights
    policy.check(Actor("a", "admin", is_admin=True, is_bot=False, rights=denied), ("Delete",), OTHERS)


def test_who_has_no_policies_may_do_nothing():
    assert refusal(Actor("u1", "ann", is_admin=False, is_bot=False), "ViewBasic", MINE) is not None


@pytest.mark.parametrize(
    ("texts", "operation", "expected"),
    [
        ((), "Delete", False),
        (("allow All",), "Delete", True),
        (("allow All on topic",), "Delete", False),
        (("allow EditAll",), "Delete", False),
        (("allow All", "deny Delete"), "Delete", False),
        (("allow Delete if isOwner()",), "Delete", None),
        (("allow All", "deny Delete if isOwner()"), "Delete", None),
        (("allow All", "deny Delete if isOwner()"), "EditTags", True),
        (("deny Delete if isOwner()",), "Delete", False),
        (("allow Delete if isOwner()", "allow Delete"), "Delete", True),
        (("allow Delete if isOwner()", "deny Delete"), "Delete", False),
    ],
)
def test_what_hangs_on_no_entity_is_settled_for_all_of_them(
    texts: tuple[str, ...], operation: str, *, expected: bool | None
):
    actor = caller(*texts)
    assert policy.settled(actor.rights, "messagingService", operation) is expected
    assert policy.may_all(actor, operation, "messagingService") is (expected is True)
    if expected is False:
        with pytest.raises(NotAuthorized):
            policy.check_kind(actor, operation, "messagingService")
        with pytest.raises(NotAuthorized):
            policy.visible(actor, operation, "messagingService")
    else:
        assert policy.check_kind(actor, operation, "messagingService") is (expected is True)


# how policies come to somebody


def chain(levels: int) -> list[Team]:
    """Teams t1 (the lowest) to tn, each below the next, the last below the organization."""
    return [Team(f"t{n}", f"T{n}", (f"t{n + 1}",) if n < levels else (), (f"R{n}",)) for n in range(1, levels + 1)]


def test_roles_come_down_five_levels_and_from_the_organization():
    roles = [Role(f"R{n}", f"Role{n}", ("P",)) for n in range(6)]
    known = directory(ORG._replace(role_ids=("R0",)), *chain(5), *roles, policy_of("P", "allow ViewAll"))
    lowest, third = (somebody(known, teams=(team,)).rights for team in ("t1", "t3"))
    assert lowest.role_names == {f"Role{n}" for n in range(6)}
    assert third.role_names == {"Role3", "Role4", "Role5", "Role0"}
    assert lowest.team_names == {"T1", "T2", "T3", "T4", "T5", ORGANIZATION}
    assert sorted((grant.role, grant.team) for grant in lowest.grants) == [
        ("Role0", ORGANIZATION), ("Role1", "T1"), ("Role2", "T2"), ("Role3", "T3"), ("Role4", "T4"), ("Role5", "T5"),
    ]  # fmt: skip


def test_a_team_that_is_reached_on_two_ways_counts_once():
    known = directory(
        ORG,
        Team("top", "Top", (), ("R",), ("Q",)),
        Team("left", "Left", ("top",)),
        Team("right", "Right", ("top",)),
        Team("low", "Low", ("left", "right")),
        Role("R", "R", ("P",)),
        policy_of("P", "allow ViewAll"),
        policy_of("Q", "allow Delete"),
    )
    held = somebody(known, teams=("low", "left")).rights
    found = sorted((grant.policy.name, grant.role, grant.team) for grant in held.grants)
    assert found == [("P", "R", "Top"), ("Q", None, "Top")]
    assert known.below("top") == {"top", "left", "right", "low"}


@pytest.mark.parametrize("parents", [("a",), ("b",), ("b", "c")])
def test_a_circle_of_teams_ends(parents: tuple[str, ...]):
    circle = [Team("a", "A", parents), Team("b", "B", ("c", "a")), Team("c", "C", ("a",))]
    known = directory(*circle, Role("R", "R", ("P",)), policy_of("P", "allow ViewAll"))
    assert somebody(known, teams=("a",)).rights.team_ids <= {"a", "b", "c"}
    assert "a" in known.below("a")


def test_a_role_that_somebody_has_himself_does_not_come_a_second_time_with_his_team():
    known = directory(ORG, Team("t", "T", (), ("R",)), Role("R", "R", ("P",)), policy_of("P", "allow ViewAll"))
    held = somebody(known, teams=("t",), roles=("R",)).rights
    assert [(grant.role, grant.team) for grant in held.grants] == [("R", None)]


def test_a_team_whose_parent_has_gone_is_right_below_the_organization():
    known = directory(ORG._replace(policy_ids=("P",)), Team("t", "T", ("gone",)), policy_of("P", "allow ViewAll"))
    assert somebody(known, teams=("t",)).rights.team_ids == {"t", "org"}
    assert known.below("org") == {"org", "t"}


def test_what_is_not_in_force_counts_for_nothing():
    known = directory(ORG, Team("t", "T", (), ("gone",), ("gone",)), Role("R", "R", ("gone",)))
    assert somebody(known, teams=("t", "gone"), roles=("R", "gone")).rights.grants == ()


def test_a_person_in_no_team_is_in_the_organization_and_a_bot_in_none_is_nowhere():
    known = directory(
        ORG._replace(policy_ids=("P",), role_ids=("R",)), Role("R", "R", ("P",)), policy_of("P", "allow All")
    )
    assert refusal(somebody(known), "Delete", OTHERS) is None
    assert refusal(somebody(known, teams=("gone",)), "Delete", OTHERS) is None
    bot = somebody(known, bot=True)
    assert (bot.rights.grants, bot.rights.team_ids, bot.rights.role_names) == ((), some(), some())
    assert refusal(bot, "ViewBasic", OTHERS) == "operations [ViewBasic] not allowed"


def test_somebody_is_in_his_own_domains_or_else_in_those_of_his_own_teams():
    known = directory(ORG, Team("up", "Up", domain_ids=("d3",)), Team("t", "T", ("up",), domain_ids=("d1",)))
    of = {own: known.rights("u1", is_bot=False, team_ids=("t",), role_ids=(), domain_ids=own) for own in ((), ("d2",))}
    assert of[()].domain_ids == {"d1"}
    assert of["d2",].domain_ids == {"d2"}


def test_a_directory_with_another_policy_leaves_this_one_as_it_is():
    known = directory(policy_of("P", "allow All"), policy_of("Q", "allow ViewAll"), Role("R", "R", ("P", "Q")))
    changed = known.with_policy(policy_of("P", "deny Delete"), enabled=True)
    switched_off = known.with_policy(policy_of("P", "deny All"), enabled=False)
    assert refusal(somebody(changed, roles=("R",)), "Delete", OTHERS) == (
        "operation Delete denied by role R, policy P, rule r1"
    )
    assert refusal(somebody(switched_off, roles=("R",)), "Delete", OTHERS) == "operations [Delete] not allowed"
    assert refusal(somebody(switched_off, roles=("R",)), "ViewBasic", OTHERS) is None
    assert refusal(somebody(known, roles=("R",)), "Delete", OTHERS) is None


# the policies of the team that owns an entity


def guarded(*texts: str) -> Directory:
    """A department with a policy G, two groups below it, another group, and a role R that lets everything."""
    return directory(
        ORG,
        Team("dept", "Dept", (), (), ("G",)),
        Team("g1", "G1", ("dept",)),
        Team("g2", "G2", ("dept",)),
        Team("x", "X"),
        policy_of("G", *texts),
        policy_of("All", "allow All"),
        Role("R", "R", ("All",)),
    )


DENIED = "operation Delete denied policy G, rule r1"
NOT_ALLOWED = "operations [Delete] not allowed"


@pytest.mark.parametrize(
    ("rule", "teams", "owner", "expected"),
    [
        ("deny Delete", ("x",), "g1", DENIED),
        ("deny Delete", ("x",), "dept", DENIED),
        ("deny Delete", (), "g1", DENIED),
        ("deny Delete", ("x",), "x", None),
        ("deny Delete", ("x",), "u1", None),
        # to those below the team it applies whatever they touch
        ("deny Delete", ("g1",), "g2", DENIED),
        ("deny Delete", ("g1",), "x", DENIED),
        ("deny Delete if !matchTeam()", ("x",), "g1", DENIED),
        ("deny Delete if !matchTeam()", ("x",), "x", None),
        ("deny Delete if !matchTeam()", ("g1",), "g1", None),
        ("deny Delete if !matchTeam()", ("g1",), "g2", None),
        ("deny Delete if !matchTeam()", ("g1",), "x", DENIED),
        ("deny Delete if inAnyTeam('X')", ("x",), "g1", DENIED),
        ("deny Delete if inAnyTeam('X')", (), "g1", None),
        ("deny Delete on topic", ("x",), "g1", None),
    ],
)
def test_a_policy_of_a_team_applies_to_outsiders_who_touch_what_it_owns(
    rule: str, teams: tuple[str, ...], owner: str, expected: str | None
):
    actor = somebody(guarded(rule), teams=teams, roles=("R",))
    assert refusal(actor, "Delete", Entity(owner_ids=some(owner))) == expected


@pytest.mark.parametrize(
    ("teams", "owner", "expected"),
    [
        (("x",), "g1", None),
        (("x",), "dept", None),
        (("x",), "x", NOT_ALLOWED),
        (("g1",), "x", None),
        ((), "u1", NOT_ALLOWED),
    ],
)
def test_what_a_team_allows_it_allows_outsiders_with_what_it_owns(
    teams: tuple[str, ...], owner: str, expected: str | None
):
    actor = somebody(guarded("allow Delete"), teams=teams)
    assert refusal(actor, "Delete", Entity(owner_ids=some(owner))) == expected


def test_what_the_organization_allows_its_people_it_does_not_allow_bots():
    known = directory(ORG._replace(policy_ids=("P",)), Team("t", "T"), policy_of("P", "allow All"))
    owned = Entity(owner_ids=some("org", "t"))
    assert refusal(somebody(known, bot=True), "Delete", owned) == NOT_ALLOWED
    assert refusal(somebody(known), "Delete", owned) is None


def test_nothing_is_settled_for_an_outsider_that_a_team_could_guard():
    known = guarded("deny Delete")
    assert policy.settled(somebody(known, roles=("R",)).rights, "topic", "Delete") is None
    assert policy.settled(somebody(known, roles=("R",)).rights, "topic", "EditTags") is True
    assert policy.settled(somebody(known, teams=("g1",), roles=("R",)).rights, "topic", "Delete") is False


# telling why


@pytest.mark.parametrize(
    ("texts", "access", "rule"),
    [
        ((), "notAllow", None),
        (("allow Delete if isOwner()",), "conditionalAllow", "r1"),
        (("allow Delete if isOwner()", "deny Delete if noOwner()"), "conditionalDeny", "r2"),
        (("allow Delete if isOwner()", "deny Delete if noOwner()", "allow All"), "allow", "r3"),
        (("deny Delete if noOwner()", "allow All", "deny Delete"), "deny", "r3"),
        (("allow ViewAll",), "notAllow", None),
    ],
)
def test_in_general_the_stronger_decides(texts: tuple[str, ...], access: str, rule: str | None):
    judgement = policy.judged(caller(*texts), "Delete", "topic", None)
    assert judgement.access == access
    assert (judgement.ruling[1].name if judgement.ruling is not None else None) == rule


@pytest.mark.parametrize(
    ("entity", "access", "rule"),
    [(MINE, "allow", "r1"), (Entity(), "deny", "r2"), (OTHERS, "notAllow", None)],
)
def test_for_an_entity_conditions_are_evaluated(entity: Entity, access: str, rule: str | None):
    actor = caller("allow Delete if isOwner()", "deny Delete if noOwner()")
    judgement = policy.judged(actor, "Delete", entity.kind, entity)
    assert judgement.access == access
    assert (judgement.ruling[1].name if judgement.ruling is not None else None) == rule


@pytest.mark.parametrize(
    ("field", "labels", "expected"),
    [
        ("description", [], {"EditDescription"}),
        ("displayName", [], {"EditDisplayName"}),
        ("owners", [], {"EditOwners"}),
        ("domains", [], {"EditDomains"}),
        ("extension", [], {"EditCustomFields"}),
        ("lifeCycle", [], {"EditLifeCycle"}),
        ("certification", [], {"EditCertification"}),
        ("dataProducts", [], {"EditAll"}),
        ("name", [], {"EditAll"}),
        ("nothing", [], {"EditAll"}),
        ("tags", [], {"EditTags"}),
        ("tags", [{"tagFQN": "Tier.Tier1"}, {"tagFQN": "PII.None"}], {"EditTier", "EditTags"}),
        ("tags", [{"tagFQN": "Tiers.Tier1"}], {"EditTags"}),
        ("tags", [{"tagFQN": "Certification.Gold"}], {"EditCertification"}),
        ("tags", [{"tagFQN": "Tier.Tier1", "source": "Glossary"}], {"EditGlossaryTerms"}),
        ("tags", [{"tagFQN": "Tier.Tier1", "source": "Classification"}], {"EditTier"}),
    ],
)
def test_each_field_that_a_patch_touches_needs_its_operation(
    field: str, labels: list[dict[str, str]], expected: set[str]
):
    assert policy.editing(field, labels) == expected


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ((), "ViewBasic"),
        (("owners", "followers", "votes", "tags", "extension", "domains", "dataProducts"), "ViewBasic"),
        (("experts", "reviewers"), "ViewBasic"),
        (("owners", "usageCount"), "ViewAll"),
        (("testConnectionResult",), "ViewAll"),
    ],
)
def test_only_a_read_of_other_fields_needs_to_see_everything(fields: tuple[str, ...], expected: str):
    assert policy.viewing(fields) == expected


# what was decided is remembered


def noting(*texts: str) -> tuple[Journal, Actor]:
    known = directory(policy_of("P", *texts), Role("R", "R", ("P",)))
    journal = Journal()
    return journal, somebody(Directory(known.teams, known.roles, known.policies, journal), roles=("R",))


def test_each_decision_is_noted_with_what_it_was_about():
    journal, actor = noting("allow ViewAll", "allow EditAll if isOwner()", "deny Delete")
    policy.check(actor, ("ViewBasic", "EditTags"), MINE)
    refusal(actor, "EditTags", OTHERS)
    policy.check_kind(actor, "ViewBasic", "topic")
    with pytest.raises(NotAuthorized):
        policy.check_kind(actor, "Delete", "topic", "a.b")
    found = [(one.kind, one.key, one.operation, one.allowed) for one in journal.last(10)]
    assert found == [
        ("topic", "a.b", "Delete", False),
        ("topic", None, "ViewBasic", True),
        ("messagingService", "e", "EditTags", False),
        ("messagingService", "e", "EditTags", True),
        ("messagingService", "e", "ViewBasic", True),
    ]
    assert {one.user_id for one in journal.last(10)} == {"u1"}


def test_what_is_only_asked_or_hangs_on_the_entity_is_not_noted():
    journal, actor = noting("allow EditAll if isOwner()")
    policy.allows(actor, "EditTags", MINE)
    policy.judged(actor, "EditTags", "topic", None)
    policy.check_kind(actor, "EditTags", "topic")
    policy.check(actor._replace(is_admin=True), ("Delete",), MINE)
    assert journal.last(10) == []


def test_the_oldest_decisions_are_forgotten_first():
    journal = Journal()
    for number in range(MOST + 2):
        journal.note(str(number), "topic", None, "Delete", allowed=True)
    assert [one.user_id for one in journal.last(2)] == [str(MOST + 1), str(MOST)]
    assert len(journal.last(MOST + 2)) == MOST
    assert journal.last(MOST)[-1].user_id == "2"


# laws

OPERATIONS = ("All", "All", "ViewAll", "Delete")
RESOURCES = ("All", "All", "topic", "domain")
# every function that looks at the entity, and some that look at the caller; `test_conditions` has all the others
ASKS = (
    "isOwner()",
    "!isOwner()",
    "noOwner()",
    "isReviewer()",
    "matchTeam()",
    "!matchTeam()",
    "hasDomain()",
    "!hasDomain()",
    "noDomain() && !isOwner()",
    "matchAnyTag('A')",
    "matchAllTags('A', 'A.x') || isOwner()",
    "!matchAnyServiceType('Kafka')",
    "inAnyTeam('T1') && noOwner()",
    "hasAnyRole('R1')",
)
RULES = st.builds(
    lambda effect, operation, resource, condition: (
        {"effect": effect, "operations": [operation], "resources": [resource]}
        | ({"condition": condition} if condition is not None else {})
    ),
    st.sampled_from(["allow", "allow", "deny"]),
    st.sampled_from(OPERATIONS),
    st.sampled_from(RESOURCES),
    st.none() | st.sampled_from(ASKS) | st.sampled_from(ASKS),
)
POLICIES = st.lists(st.lists(RULES, min_size=1, max_size=2), min_size=3, max_size=3)


SOME_TEAMS, SOME_ROLES, SOME_POLICIES, SOME_DOMAINS = (
    subset(*names).map(lambda found: tuple(sorted(found)))
    for names in (("t1", "t2", "up"), ("R1", "R2"), ("p0", "p1", "p2"), ("d1", "d2"))
)
ROLES = st.lists(SOME_POLICIES, min_size=2, max_size=2)
TEAMS = st.lists(st.tuples(SOME_TEAMS, SOME_ROLES, SOME_POLICIES, SOME_DOMAINS), min_size=4, max_size=4)


def made(policies: list[list[dict[str, Any]]], roles: list[tuple[str, ...]], teams: list[Any]) -> Directory:
    """Three policies, two roles, three teams that lie anywhere below each other, in circles too, and the organization."""
    named = zip((("t1", "T1"), ("t2", "T2"), ("up", "Up"), ("org", ORGANIZATION)), teams, strict=True)
    return directory(
        *(
            compiled(f"p{n}", f"P{n}", [rule | {"name": f"r{m}"} for m, rule in enumerate(rules)])
            for n, rules in enumerate(policies)
        ),
        *(Role(name, name, held) for name, held in zip(("R1", "R2"), roles, strict=True)),
        *(Team(*name, parents if name[0] != "org" else (), *more) for name, (parents, *more) in named),
    )


def acting(known: Directory, who: str, bot: bool, teams: Any, roles: Any, domains: Any, more: Any) -> Actor:  # noqa: FBT001
    """A person, a bot or an administrator, some with a token that has a scope."""
    is_admin, scope = more
    held = known.rights(who, is_bot=bot, team_ids=teams, role_ids=roles, domain_ids=domains)
    return Actor(who, "ann", is_admin=is_admin, is_bot=bot, rights=held, scope=scope)


SCOPES = st.none() | st.builds(
    Scope,
    st.booleans(),
    st.none() | subset("topic", "messagingService", "tag"),
    st.none() | subset("s1", "s2"),
)
ACTORS = st.builds(
    acting,
    st.builds(made, POLICIES, ROLES, TEAMS),
    st.sampled_from(["u1", "u2"]),
    st.booleans(),
    SOME_TEAMS,
    SOME_ROLES,
    SOME_DOMAINS,
    st.tuples(st.sampled_from([False] * 9 + [True]), SCOPES),
)
ASKED = st.sampled_from(["ViewBasic", "Delete"])


def listed(actor: Actor, operation: str, entity: Stored) -> bool:
    """Whether a list would show the entity; one that is refused shows nothing."""
    try:
        return chosen(policy.visible(actor, operation, entity.kind), entity)
    except NotAuthorized:
        return False


def let(actor: Actor, operation: str, entity: Entity) -> bool:
    try:
        policy.check(actor, (operation,), entity)
    except NotAuthorized:
        return False
    return True


@settings(deadline=None, max_examples=400)
@given(ACTORS, ASKED, ENTITIES)
def test_a_list_shows_exactly_what_a_check_would_let_him_see(actor: Actor, operation: str, entity: Stored):
    expected = let(actor, operation, entity.facts())
    assert listed(actor, operation, entity) is expected
    assert policy.allows(actor, operation, entity.facts()) is expected


@settings(deadline=None, max_examples=100)
@given(ACTORS, ASKED, ENTITIES)
def test_what_is_settled_is_what_evaluation_gives(actor: Actor, operation: str, entity: Stored):
    settled = policy.settled(actor.rights, entity.kind, operation)
    judgement = policy.judged(actor._replace(is_admin=False), operation, entity.kind, entity.facts())
    assert settled is None or settled is (judgement.access == "allow")


@settings(deadline=None, max_examples=60)
@given(ACTORS, ASKED, ASKED, ENTITIES)
def test_several_operations_are_let_if_each_of_them_is(actor: Actor, one: str, other: str, entity: Stored):
    facts = entity.facts()
    together = True
    try:
        policy.check(actor, (one, other), facts)
    except NotAuthorized:
        together = False
    assert together is (let(actor, one, facts) and let(actor, other, facts))


@settings(deadline=None, max_examples=60)
@given(ACTORS, ASKED, ENTITIES)
def test_a_scope_only_takes_away(actor: Actor, operation: str, entity: Stored):
    if let(actor, operation, entity.facts()):
        assert let(actor._replace(scope=None), operation, entity.facts())
    if listed(actor, operation, entity):
        assert listed(actor._replace(scope=None), operation, entity)


def test_nothing_is_let_by_no_rights():
    assert NOTHING.grants == ()
    assert policy.settled(NOTHING, "topic", "ViewBasic") is False
