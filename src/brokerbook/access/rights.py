"""What callers may do, worked out from teams, roles and policies: a directory of them all, and one caller's rights.

A directory is built once after each change of a team, a role or a policy; a caller's rights once for each token. Which
rules are about an operation on a kind of entity is remembered, so that most checks cost one look-up. Evaluation itself
is in `policy`. Order and meaning: contract, "Conditions and evaluation".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from brokerbook.access import conditions, operations
from brokerbook.access.condition_functions import SHARED

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from brokerbook.access.conditions import Condition
    from brokerbook.access.journal import Journal
    from brokerbook.access.predicates import Predicate

ORGANIZATION = "Organization"
"""The team above all teams: who is in no other is in it."""

Effect = Literal["allow", "deny"]
_NOBODY: frozenset[str] = frozenset()


class Rule(NamedTuple):
    """One rule of a policy; `resources` None: every kind; `operations` with all that they cover."""

    name: str
    effect: Effect
    resources: frozenset[str] | None
    operations: frozenset[str]
    condition: Condition | None
    by_domain: bool
    """Whether it allows something for the sake of a domain."""
    shown: dict[str, Any]
    """The rule as the wire has it."""

    def is_about(self, kind: str, operation: str) -> bool:
        """Whether it is about an operation on entities of a kind."""
        if operation not in self.operations or (self.resources is not None and kind not in self.resources):
            return False
        # What belongs to everybody is in nobody's domain: that is no reason to hide it, and none to let it be changed.
        return not self.by_domain or kind not in SHARED or operation.startswith("View")


class Policy(NamedTuple):
    """A policy that is enabled."""

    id: str
    name: str
    rules: tuple[Rule, ...]


class Role(NamedTuple):
    """A role and its policies, by id."""

    id: str
    name: str
    policy_ids: tuple[str, ...]


class Team(NamedTuple):
    """A team with what it refers to, by id."""

    id: str
    name: str
    parent_ids: tuple[str, ...] = ()
    role_ids: tuple[str, ...] = ()
    policy_ids: tuple[str, ...] = ()
    domain_ids: tuple[str, ...] = ()


class Grant(NamedTuple):
    """A policy that applies to a caller, and how it came to him: through a role, a team, or a role of a team."""

    policy: Policy
    role: str | None = None
    team: str | None = None
    team_id: str | None = None
    """The team that the policy itself is attached to; None if it came with a role."""
    below: frozenset[str] = _NOBODY
    """That team and all teams below it."""


Ruling = tuple[Grant, Rule]


def policy(policy_id: str, name: str, rules: Iterable[dict[str, Any]]) -> Policy:
    """A policy from its document's rules."""
    return Policy(policy_id, name, tuple(_rule(rule) for rule in rules))


def _rule(rule: dict[str, Any]) -> Rule:
    resources = operations.normalised_resources(rule["resources"])
    text: str | None = rule.get("condition")
    condition = conditions.parsed(text) if text and text.strip() else None
    return Rule(
        rule["name"],
        rule["effect"],
        None if resources == [operations.ALL] else frozenset(resources),
        operations.expanded(tuple(rule["operations"])),
        condition,
        rule["effect"] == "allow" and condition is not None and conditions.asks(condition, "hasDomain"),
        rule,
    )


class Directory:
    """All teams, roles and policies that are in force, by id."""

    def __init__(
        self,
        teams: Mapping[str, Team],
        roles: Mapping[str, Role],
        policies: Mapping[str, Policy],
        journal: Journal | None = None,
        epoch: str = "",
    ) -> None:
        self.teams = teams
        self.roles = roles
        self.policies = policies
        self.epoch = epoch
        """When it was read, as the catalog's access epoch says it."""
        self.journal = journal
        """Where decisions are noted, if anywhere."""
        self.organization = next((team for team in teams.values() if team.name == ORGANIZATION), None)
        self._children: dict[str, list[str]] = {}
        for team in teams.values():
            for parent_id in self.parents(team):
                self._children.setdefault(parent_id, []).append(team.id)
        self._below: dict[str, frozenset[str]] = {}
        self.named = frozenset(
            argument.value
            for one in policies.values()
            for rule in one.rules
            if rule.condition is not None
            for argument in conditions.arguments(rule.condition)
            if argument.kind == "team"
        )
        """The names of the teams that conditions ask for."""
        self._guards: dict[tuple[Effect, str, str], dict[str, tuple[Ruling, ...]]] = {}

    def with_policy(self, changed: Policy, *, enabled: bool) -> Directory:
        """The directory as it would be with another policy in the place of the one with its id; decisions unnoted."""
        others = {policy_id: policy for policy_id, policy in self.policies.items() if policy_id != changed.id}
        return Directory(self.teams, self.roles, others | ({changed.id: changed} if enabled else {}))

    def parents(self, team: Team) -> tuple[str, ...]:
        """The teams right above one: the organization if nothing else is."""
        above = tuple(parent_id for parent_id in team.parent_ids if parent_id in self.teams)
        if above or self.organization is None or team.id == self.organization.id:
            return above
        return (self.organization.id,)

    def children(self, team_id: str) -> list[str]:
        """The teams right below one."""
        return self._children.get(team_id, [])

    def up(self, team_ids: Iterable[str]) -> tuple[Team, ...]:
        """These teams and all above them, each once, the nearest first."""
        found: dict[str, Team] = {}
        waiting = [team_id for team_id in team_ids if team_id in self.teams]
        while waiting:
            following: list[str] = []
            for team_id in waiting:
                if team_id not in found:
                    found[team_id] = self.teams[team_id]
                    following += self.parents(self.teams[team_id])
            waiting = following
        return tuple(found.values())

    def below(self, team_id: str) -> frozenset[str]:
        """A team and all below it."""
        if team_id not in self._below:
            found: set[str] = set()
            waiting = [team_id]
            while waiting:
                one = waiting.pop()
                if one not in found:
                    found.add(one)
                    waiting += self.children(one)
            self._below[team_id] = frozenset(found)
        return self._below[team_id]

    def teams_of(self, team_ids: Iterable[str], *, is_bot: bool) -> tuple[str, ...]:
        """The live teams of a user; a person in none is in the organization, a bot in none is in none."""
        found = tuple(team_id for team_id in team_ids if team_id in self.teams)
        if not found and not is_bot and self.organization is not None:
            return (self.organization.id,)
        return found

    def inherited_roles(self, team_ids: Iterable[str]) -> tuple[tuple[Role, Team], ...]:
        """The default roles of these teams and of all above them, each once, with the team that gives it."""
        found: dict[str, tuple[Role, Team]] = {}
        for team in self.up(team_ids):
            for role_id in team.role_ids:
                if role_id in self.roles:
                    found.setdefault(role_id, (self.roles[role_id], team))
        return tuple(found.values())

    def rights(
        self, user_id: str, *, is_bot: bool, team_ids: Iterable[str], role_ids: Iterable[str], domain_ids: Iterable[str]
    ) -> Rights:
        """What a user with these teams, roles and domains of his own may do."""
        own = self.teams_of(team_ids, is_bot=is_bot)
        above = self.up(own)
        roles = [(self.roles[role_id], None) for role_id in role_ids if role_id in self.roles]
        given = {role.id for role, _ in roles}
        inherited = [(role, team) for role, team in self.inherited_roles(own) if role.id not in given]
        grants = [
            Grant(self.policies[policy_id], role.name, team.name if team is not None else None)
            for role, team in (*roles, *inherited)
            for policy_id in role.policy_ids
            if policy_id in self.policies
        ]
        grants += [grant for team in above for grant in self.attached(team)]
        domains = frozenset(domain_ids) or frozenset(
            domain for team_id in own for domain in self.teams[team_id].domain_ids
        )
        return Rights(
            self,
            user_id,
            frozenset(team.id for team in above),
            frozenset(team.name for team in above),
            frozenset(role.name for role, _ in (*roles, *inherited)),
            domains,
            tuple(sorted(grants, key=_order)),
        )

    def attached(self, team: Team) -> list[Grant]:
        """The policies attached to a team itself."""
        return [
            Grant(self.policies[policy_id], None, team.name, team.id, self.below(team.id))
            for policy_id in team.policy_ids
            if policy_id in self.policies
        ]

    def of_role(self, role: Role) -> list[Grant]:
        """The policies that a role gives."""
        return [Grant(self.policies[one], role.name) for one in role.policy_ids if one in self.policies]

    def guards(self, effect: Effect, kind: str, operation: str) -> Mapping[str, tuple[Ruling, ...]]:
        """Team → the rules that apply to whoever touches what that team owns: those of its and the upper teams' policies.

        The organization's are left out: they apply to every person anyway, and are not meant for bots.
        """
        key = (effect, kind, operation)
        if key not in self._guards:
            found: dict[str, tuple[Ruling, ...]] = {}
            for team in self.teams.values():
                if team is not self.organization and team.policy_ids:
                    rulings = about(self.attached(team), effect, kind, operation)
                    for team_id in self.below(team.id) if rulings else ():
                        found[team_id] = found.get(team_id, ()) + rulings
            self._guards[key] = found
        return self._guards[key]


def _order(grant: Grant) -> tuple[str, str, str]:
    # which of several rules that say the same is told must not hang on how ids fall
    return (grant.policy.name, grant.role or "", grant.team or "")


def about(grants: Iterable[Grant], effect: Effect, kind: str, operation: str) -> tuple[Ruling, ...]:
    """The rules of some grants that are about an operation on a kind, those without a condition first."""
    found = [
        (grant, rule)
        for grant in grants
        for rule in grant.policy.rules
        if rule.effect == effect and rule.is_about(kind, operation)
    ]
    return tuple(sorted(found, key=lambda ruling: ruling[1].condition is not None))


class Rights:
    """One caller's: the teams, roles and domains that conditions ask for, and the policies that apply to him."""

    __slots__ = (
        "_about",
        "directory",
        "domain_ids",
        "grants",
        "id",
        "permitted",
        "role_names",
        "settled",
        "team_ids",
        "team_names",
    )

    def __init__(
        self,
        directory: Directory,
        user_id: str = "",
        team_ids: frozenset[str] = _NOBODY,
        team_names: frozenset[str] = _NOBODY,
        role_names: frozenset[str] = _NOBODY,
        domain_ids: frozenset[str] = _NOBODY,
        grants: tuple[Grant, ...] = (),
    ) -> None:
        self.directory = directory
        self.id = user_id
        self.team_ids = team_ids
        self.team_names = team_names
        self.role_names = role_names
        self.domain_ids = domain_ids
        self.grants = grants
        self.settled: dict[tuple[str, str], bool | None] = {}
        """(kind, operation) → whether it is decided without looking at the entity, and how; `policy` fills it."""
        self.permitted: dict[tuple[str, str], Predicate] = {}
        """(kind, operation) → the entities on which he may do it; `policy` fills it."""
        self._about: dict[tuple[Effect, str, str], tuple[Ruling, ...]] = {}

    def about(self, effect: Effect, kind: str, operation: str) -> tuple[Ruling, ...]:
        """His rules about an operation on a kind, those without a condition first."""
        key = (effect, kind, operation)
        found = self._about.get(key)
        if found is None:
            found = self._about[key] = about(self.grants, effect, kind, operation)
        return found

    def guards(self, effect: Effect, kind: str, operation: str) -> Mapping[str, tuple[Ruling, ...]]:
        """The rules that apply to him for the sake of the team that owns an entity, by that team's id."""
        return self.directory.guards(effect, kind, operation)


NOTHING = Rights(Directory({}, {}, {}))
"""Of somebody to whom no policy applies."""


_EVERYTHING = policy(
    "", "", [{"name": "", "effect": "allow", "resources": [operations.ALL], "operations": [operations.ALL]}]
)
EVERYTHING = Rights(Directory({}, {}, {}), grants=(Grant(_EVERYTHING),))
"""For work that was checked when it was promised."""
