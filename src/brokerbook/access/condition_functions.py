"""The functions that conditions call: what each asks of caller and entity, and how editors are told of it. Pure.

Each has its meaning twice: as a test of one entity, and as the predicate that says for which entities of a kind the
test holds, so that a list can be asked for. The two agree. Meanings: contract, "Functions".
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from brokerbook.access.condition_facts import Attachment, Caller, Facts, Service
from brokerbook.access.predicates import (
    Has,
    InService,
    IsAdminUser,
    IsOne,
    OwnedIn,
    Predicate,
    Tagged,
    conjunction,
    disjunction,
    negation,
)

Test = Callable[[Caller, Facts, Attachment], bool]
"""Whether something holds for an entity."""
Selection = Callable[[Caller, str, Attachment], Predicate]
"""For which entities of a kind it holds."""
ArgumentKind = Literal["tag", "role", "team", "text"]


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a function with its arguments means, in both ways."""

    test: Test
    selection: Selection


@dataclass(frozen=True, slots=True)
class Function:
    """A function as `GET /v1/policies/functions` lists it, and what it means with given arguments."""

    name: str
    input: str
    """What it takes, in words."""
    description: str
    examples: tuple[str, ...]
    parameterInputType: str | None
    """`NotRequired` if it takes nothing; the clients' models have no word for the others."""
    takes: ArgumentKind | None
    """What its arguments name; None: it has none."""
    means: Callable[[tuple[str, ...]], Meaning]

    def shown(self) -> dict[str, Any]:
        """The function as the wire has it."""
        found = {
            "name": self.name,
            "input": self.input,
            "description": self.description,
            "examples": list(self.examples),
        }
        return found if self.parameterInputType is None else found | {"parameterInputType": self.parameterInputType}


# owners and reviewers


def _no_owner(_caller: Caller, facts: Facts, _attachment: Attachment) -> bool:
    return not facts.owner_ids


def _without_owner(_caller: Caller, _kind: str, _attachment: Attachment) -> Predicate:
    return negation(Has("owners"))


def _is_owner(caller: Caller, facts: Facts, _attachment: Attachment) -> bool:
    if facts.kind == "user" and facts.id == caller.id:
        return True
    owners = facts.owner_ids
    return caller.id in owners or not owners.isdisjoint(caller.team_ids)


def _owned(caller: Caller, kind: str, _attachment: Attachment) -> Predicate:
    own = IsOne(frozenset({caller.id})) if kind == "user" else False
    return disjunction(own, Has("owners", caller.team_ids | {caller.id}))


def _is_reviewer(caller: Caller, facts: Facts, _attachment: Attachment) -> bool:
    reviewers = facts.reviewer_ids
    return caller.id in reviewers or not reviewers.isdisjoint(caller.team_ids)


def _reviewed(caller: Caller, _kind: str, _attachment: Attachment) -> Predicate:
    return Has("reviewers", caller.team_ids | {caller.id})


def _match_team(caller: Caller, facts: Facts, attachment: Attachment) -> bool:
    if attachment.team_id is None or attachment.team_id not in caller.team_ids:
        return False
    return not facts.owner_team_ids.isdisjoint(attachment.below)


def _of_team(caller: Caller, _kind: str, attachment: Attachment) -> Predicate:
    if attachment.team_id is None or attachment.team_id not in caller.team_ids:
        return False
    return OwnedIn(attachment.below)


# domains

SHARED = frozenset({"user", "team", "role", "policy", "bot", "persona", "type", "classification", "tag"})
"""What belongs to everybody, whatever his domain."""


def _has_domain(caller: Caller, facts: Facts, _attachment: Attachment) -> bool:
    if facts.kind in SHARED:
        return True
    domains = facts.domain_ids
    if not domains or not caller.domain_ids:
        return not domains and not caller.domain_ids
    return not domains.isdisjoint(caller.domain_ids)


def _in_domain(caller: Caller, kind: str, attachment: Attachment) -> Predicate:
    if kind in SHARED:
        return True
    if not caller.domain_ids:
        return _without_domain(caller, kind, attachment)
    itself = IsOne(caller.domain_ids) if kind == "domain" else False
    return disjunction(itself, Has("domains", caller.domain_ids))


def _no_domain(_caller: Caller, facts: Facts, _attachment: Attachment) -> bool:
    return not facts.domain_ids


def _without_domain(_caller: Caller, kind: str, _attachment: Attachment) -> Predicate:
    return False if kind == "domain" else negation(Has("domains"))


# tags


def _all_tags(fqns: tuple[str, ...]) -> Meaning:
    wanted = frozenset(fqns)
    predicate = conjunction(*map(Tagged, fqns)) if fqns else False
    return Meaning(
        lambda _caller, facts, _attachment: bool(wanted) and wanted <= facts.tag_fqns,
        lambda _caller, _kind, _attachment: predicate,
    )


def _any_tag(fqns: tuple[str, ...]) -> Meaning:
    wanted = frozenset(fqns)
    predicate = disjunction(*map(Tagged, fqns))
    return Meaning(
        lambda _caller, facts, _attachment: bool(wanted) and not wanted.isdisjoint(facts.tag_fqns),
        lambda _caller, _kind, _attachment: predicate,
    )


# the caller


def _in_team(names: tuple[str, ...]) -> Meaning:
    wanted = frozenset(names)
    return Meaning(
        lambda caller, _facts, _attachment: not wanted.isdisjoint(caller.team_names),
        lambda caller, _kind, _attachment: not wanted.isdisjoint(caller.team_names),
    )


def _has_role(names: tuple[str, ...]) -> Meaning:
    wanted = frozenset(names)
    return Meaning(
        lambda caller, _facts, _attachment: not wanted.isdisjoint(caller.role_names),
        lambda caller, _kind, _attachment: not wanted.isdisjoint(caller.role_names),
    )


# the service


def _service_name(values: tuple[str, ...]) -> Meaning:
    wanted = frozenset(values)
    return _of_service("name", wanted, lambda service: service.name in wanted)


def _service_type(values: tuple[str, ...]) -> Meaning:
    wanted = frozenset(values)
    return _of_service("type", wanted, lambda service: service.type in wanted)


def _service_tag(values: tuple[str, ...]) -> Meaning:
    wanted = frozenset(values)
    return _of_service("tag", wanted, lambda service: not wanted.isdisjoint(service.tag_fqns))


def _of_service(
    what: Literal["name", "type", "tag"], wanted: frozenset[str], matches: Callable[[Service], bool]
) -> Meaning:
    def test(_caller: Caller, facts: Facts, _attachment: Attachment) -> bool:
        return bool(wanted) and (service := facts.service) is not None and matches(service)

    predicate = InService(what, wanted) if wanted else False
    return Meaning(test, lambda _caller, _kind, _attachment: predicate)


# what the entity is


def _is_admin_user(_caller: Caller, facts: Facts, _attachment: Attachment) -> bool:
    return facts.kind == "user" and facts.is_admin_user


def _admin_users(_caller: Caller, kind: str, _attachment: Attachment) -> Predicate:
    return IsAdminUser() if kind == "user" else False


def _never(_caller: Caller, _about: Facts | str, _attachment: Attachment) -> bool:
    return False


def _plain(name: str, description: str, test: Test, selection: Selection) -> Function:
    meaning = Meaning(test, selection)
    return Function(name, "none", description, (f"{name}()", f"!{name}()"), "NotRequired", None, lambda _: meaning)


def _listing(
    name: str,
    takes: ArgumentKind,
    what: str,
    description: str,
    example: str,
    means: Callable[[tuple[str, ...]], Meaning],
) -> Function:
    return Function(name, f"list of {what}", description, (f"{name}({example})",), None, takes, means)


_NO_TASKS = "This catalog has no tasks: always false."

FUNCTIONS: tuple[Function, ...] = (
    _plain("noOwner", "True if the entity has no owner.", _no_owner, _without_owner),
    _plain(
        "isOwner",
        "True if the caller, or one of his teams or of those above them, owns the entity; of a user: if it is himself.",
        _is_owner,
        _owned,
    ),
    _plain(
        "isReviewer",
        "True if the caller, or one of his teams or of those above them, is among the entity's reviewers.",
        _is_reviewer,
        _reviewed,
    ),
    _plain(
        "hasDomain",
        "True if caller and entity have a domain in common, or both have none; and for what belongs to no domain by"
        " its kind: users, teams, roles, policies, bots, personas, types, classifications, tags.",
        _has_domain,
        _in_domain,
    ),
    _plain("noDomain", "True if the entity is in no domain.", _no_domain, _without_domain),
    _listing(
        "matchAllTags",
        "tag",
        "tag FQNs",
        "True if the entity carries each of these tags or glossary terms.",
        "'PersonalData.Personal', 'Tier.Tier1'",
        _all_tags,
    ),
    _listing(
        "matchAnyTag",
        "tag",
        "tag FQNs",
        "True if the entity carries at least one of these tags or glossary terms.",
        "'PersonalData.Personal', 'Tier.Tier1'",
        _any_tag,
    ),
    _listing(
        "matchAnyCertification",
        "tag",
        "tag FQNs",
        "True if the entity is certified with one of these tags.",
        "'Certification.Gold', 'Certification.Silver'",
        _any_tag,
    ),
    _plain(
        "matchTeam",
        "True if the policy is attached to a team, the caller is in that team or below it, and the entity is owned by him,"
        " by that team or by one below it; false if the policy came with a role.",
        _match_team,
        _of_team,
    ),
    _listing(
        "inAnyTeam",
        "team",
        "team names",
        "True if the caller is in one of these teams or below it.",
        "'payments', 'logistics'",
        _in_team,
    ),
    _listing(
        "hasAnyRole",
        "role",
        "role names",
        "True if the caller has one of these roles, of his own or through a team.",
        "'DataSteward', 'DataConsumer'",
        _has_role,
    ),
    _plain("isAdminUser", "True if the entity is a user who administers.", _is_admin_user, _admin_users),
    _plain("isTaskFiler", f"True if the caller filed the task. {_NO_TASKS}", _never, _never),
    _plain("isTaskAssignee", f"True if the task is assigned to the caller. {_NO_TASKS}", _never, _never),
    _plain("isTaskReviewer", f"True if the caller reviews the task. {_NO_TASKS}", _never, _never),
    _listing(
        "matchAnyServiceTag",
        "tag",
        "tag FQNs",
        "True if the entity is, or belongs to, a service that carries one of these tags.",
        "'Tier.Tier1'",
        _service_tag,
    ),
    _listing(
        "matchAnyServiceName",
        "text",
        "service names",
        "True if the entity is, or belongs to, a service with one of these names.",
        "'payments', 'orders'",
        _service_name,
    ),
    _listing(
        "matchAnyServiceType",
        "text",
        "service types",
        "True if the entity is, or belongs to, a service of one of these types.",
        "'Kafka', 'Redpanda'",
        _service_type,
    ),
    _listing(
        "matchAnyServiceEnvironment",
        "text",
        "environments",
        "True if the entity is, or belongs to, a service in one of these environments. Services of this catalog name no"
        " environment: always false.",
        "'production'",
        lambda _: Meaning(_never, _never),
    ),
)
