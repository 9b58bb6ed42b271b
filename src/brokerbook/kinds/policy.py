"""Policies: rules that allow or deny operations on resources, possibly under a condition."""

from __future__ import annotations

from typing import Any, Literal

from msgspec import to_builtins

from brokerbook.access import conditions, operations
from brokerbook.errors import BadRequest
from brokerbook.kinds.kind import DOMAINS, OWNERS, Document, Kind, Link, copied
from brokerbook.model.wire import Entity, EntityName, EntityReference, Fqn, Markdown, Provider, Uuid, Wire


class Rule(Wire, frozen=True, kw_only=True):
    """One rule; `condition` is an expression over the functions that `GET /v1/policies/functions` lists."""

    name: EntityName
    effect: Literal["allow", "deny"]
    operations: list[str]
    resources: list[str]
    condition: str | None = None
    description: Markdown | None = None
    fullyQualifiedName: str | None = None


class CreatePolicy(Wire, frozen=True, kw_only=True):
    """What POST and PUT take."""

    name: EntityName
    rules: list[Rule]
    displayName: str | None = None
    description: Markdown | None = None
    owners: list[EntityReference] | None = None
    enabled: bool | None = None
    location: Uuid | None = None
    domains: list[Fqn] | None = None


class Policy(Entity, frozen=True, kw_only=True):
    """Rules under a name, attached to roles and to teams."""

    description: Markdown | None = None
    rules: list[Rule]
    owners: list[EntityReference] | None = None
    enabled: bool | None = None
    teams: list[EntityReference] | None = None
    roles: list[EntityReference] | None = None
    location: EntityReference | None = None
    deleted: bool
    provider: Provider | None = None
    disabled: bool | None = None
    allowDelete: bool | None = None
    allowEdit: bool | None = None
    domains: list[EntityReference] | None = None


def derive(create: CreatePolicy, updating: bool) -> Document:  # noqa: ARG001, FBT001
    """The policy that the request asks for, its rules checked and in order."""
    document: Document = {"name": create.name, "rules": normalised(to_builtins(create.rules))}
    return document | copied(create, "displayName", "description", "enabled")


def recheck(_stored: Document, patched: Document) -> Document:
    """A patched policy, its rules checked and put in order again."""
    return patched | {"rules": normalised(patched["rules"])}


def normalised(rules: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rules in the order of their names, each in its shortest form; BadRequest for what cannot be one."""
    if not rules:
        raise BadRequest("At least one rule is required in a policy")
    if len({rule["name"] for rule in rules}) != len(rules):
        raise BadRequest("Policy contains duplicate Rules. Please use unique name for Rules.")
    return [_checked(rule) for rule in sorted(rules, key=lambda rule: rule["name"])]


def _checked(rule: dict[str, Any]) -> dict[str, Any]:
    name = rule["name"]
    for field, known, word in (
        ("operations", operations.OPERATIONS, "operation"),
        ("resources", operations.RESOURCES, "resource"),
    ):
        given: list[str] = rule[field]
        if not given:
            raise BadRequest(f"The rule {name} names no {word}. Give it at least one in {field}.")
        for value in given:
            if value not in known and not (field == "resources" and value.lower() == "all"):
                raise BadRequest(
                    f"The rule {name} names an unknown {word}: {value}. See GET /api/v1/policies/resources."
                )
    checked = rule | {
        "operations": operations.normalised(rule["operations"]),
        "resources": operations.normalised_resources(rule["resources"]),
    }
    condition: str | None = rule.get("condition")
    if condition is not None:
        if condition.strip():
            conditions.parsed(condition)
        else:
            del checked["condition"]
    return checked


POLICY = Kind(
    name="policy",
    path="/v1/policies",
    entity=Policy,
    create=CreatePolicy,
    derive=derive,
    recheck=recheck,
    links=(
        OWNERS,
        DOMAINS,
        Link("teams", ("team",), reverse="policies"),
        Link("roles", ("role",), reverse="policies"),
        Link("location", ("location",), "ids", many=False),
    ),
    defaults={"enabled": True, "provider": "user"},
    immutable=frozenset({"provider", "allowDelete", "allowEdit"}),
    granting=frozenset({"rules", "enabled", "owners"}),
    grants=True,
)
