"""An organisation that is measured: people in teams nested five deep, policies, domains, and the services they own."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from bodies import PATH, body, name, templates
from machine import BenchError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from machine import Client

CLASSIFICATION = "BenchReach"
SHARED = "Shared"
"""The tag in it that every service has; no policy names it."""
NAMED = "Public"
"""The tag in it that every tenth service has; policies name it."""
CONSUMER = "user-00000"
"""An ordinary user: two groups, no role of his own, the organization's default role."""
INSIDER = "insider"
"""A user who sees only what lies in his domain."""
BULK = 1000

Json = dict[str, Any]

# How many teams of a hundred stand on each level, from the top; the type and the name of each.
_LEVELS = (
    ("BusinessUnit", "business-unit", 1),
    ("Division", "division", 3),
    ("Department", "department", 6),
    ("Department", "section", 15),
    ("Group", "group", 75),
)

_LABELS = ["EditTags", "EditTier"]
# What policies are made of: effect, operations, resources, condition; {team} is a business unit. None denies a view.
_RULES: tuple[tuple[str, list[str], list[str], str | None], ...] = (
    ("allow", ["EditDescription", *_LABELS], ["messagingService", "topic"], "hasDomain()"),
    ("allow", ["EditDisplayName", "EditOwners"], ["messagingService", "topic"], "isOwner()"),
    ("deny", ["Delete"], ["All"], "matchAnyTag('Tier.Tier1') && !hasAnyRole('DataSteward')"),
    ("allow", ["Create"], ["messagingService"], "inAnyTeam('{team}')"),
    ("allow", ["EditCustomFields"], ["messagingService"], "matchAnyTag('Tier.Tier4', 'Tier.Tier5')"),
    ("allow", ["EditTags"], ["All"], f"matchAllTags('{CLASSIFICATION}.{NAMED}', 'Tier.Tier1') && !noOwner()"),
    ("deny", ["EditOwners"], ["messagingService"], "!isOwner() && !noOwner() && !hasAnyRole('DataSteward')"),
    ("allow", ["Delete"], ["topic"], "isOwner() && !matchAnyTag('Tier.Tier1', 'Tier.Tier2')"),
    ("allow", ["EditDomains"], ["messagingService"], "noDomain() || (isOwner() && inAnyTeam('{team}'))"),
    ("allow", ["EditAll"], ["dataProduct", "glossaryTerm"], "isReviewer() || isOwner()"),
    ("allow", ["ViewAll"], ["domain", "dataProduct"], None),
)


@dataclass(frozen=True)
class Shape:
    """How much there is of what; all follows from the number of services."""

    services: int

    @property
    def users(self) -> int:
        return max(1000, self.services // 10)

    @property
    def teams(self) -> int:
        return max(100, self.services // 10_000 * 100)

    @property
    def policies(self) -> int:
        return max(20, self.teams // 5)

    @property
    def roles(self) -> int:
        """Half of the policies come with roles, two with each."""
        return self.policies // 4

    @property
    def domains(self) -> int:
        return max(20, self.services // 1000)

    @cached_property
    def levels(self) -> tuple[tuple[str, list[str]], ...]:
        """The teams of each level, from the top: (type, names)."""
        return tuple(
            (kind, [f"{called}-{n:04d}" for n in range(self.teams * share // 100)]) for kind, called, share in _LEVELS
        )

    @property
    def groups(self) -> list[str]:
        return self.levels[-1][1]

    @property
    def upper(self) -> list[str]:
        """The teams that are no groups."""
        return [team for _, names in self.levels[:-1] for team in names]

    def above(self, level: int, number: int) -> str | None:
        """The name of the team above the one of that number on a level; None: the organization."""
        if level == 0:
            return None
        own, upper = self.levels[level][1], self.levels[level - 1][1]
        return upper[number * len(upper) // len(own)]

    def domain(self, number: int) -> str:
        """The name of a domain; four of five lie in one of the others."""
        top = f"domain-{number // 5:03d}"
        return f"{top}.part-{number % 5}" if number % 5 else top

    def domain_of(self, service: int) -> int:
        """The number of the domain of a service: neighbours share one."""
        return service * self.domains // self.services

    def __str__(self) -> str:
        return (
            f"{self.users:,} users in {self.teams:,} teams nested {len(self.levels)} deep, {self.policies:,} policies, "
            f"{self.domains:,} domains, {self.services:,} services"
        )


def filled(client: Client, shape: Shape, tell: Callable[[str], None]) -> None:
    """Fills an empty catalog through the API, as an administrator."""
    tell("tags and domains")
    _made(client, "classifications", {"name": CLASSIFICATION, "description": "How far the use of a service reaches."})
    for tag in (SHARED, NAMED):
        _made(client, "tags", {"name": tag, "classification": CLASSIFICATION, "description": f"Its use is {tag}."})
    for number in range(shape.domains):
        _made(client, "domains", _domain(shape, number))
    tell("teams")
    ids: dict[str, str] = {}
    for level in range(len(shape.levels)):
        _sent(client, "teams", _teams(shape, level, ids))
        ids = _ids(client, "teams")
    tell("policies and roles")
    _sent(client, "policies", _policies(shape))
    policy_ids = _ids(client, "policies")
    _sent(client, "roles", _roles(shape))
    role_ids = _ids(client, "roles")
    _sent(client, "teams", _granting(shape, ids, policy_ids, role_ids))
    tell("users")
    _sent(client, "users", _users(shape, ids, role_ids))
    _sent(client, "services/messagingServices", _services(shape), lambda n: tell(f"services, {n:,}"))
    total = client.call("GET", f"{PATH}?limit=0")["paging"]["total"]
    if total != shape.services:
        raise BenchError(f"The catalog of {shape.services} services says that it has {total}.")


def _made(client: Client, collection: str, document: Json) -> Any:
    return client.call("POST", f"/api/v1/{collection}", json.dumps(document).encode(), 201)


def _sent(
    client: Client, collection: str, rows: Iterable[Json | str], tell: Callable[[int], None] = lambda _: None
) -> None:
    """Sends rows, documents or their JSON, in bulk requests; every row has to pass."""
    waiting: list[str] = []
    sent = 0

    def send() -> None:
        nonlocal sent
        result = client.call("PUT", f"/api/v1/{collection}/bulk", f"[{','.join(waiting)}]".encode())
        if result["status"] != "success":
            raise BenchError(f"Bulk {collection}: {result['failedRequest'][0]}")
        sent += len(waiting)
        tell(sent)
        waiting.clear()

    for row in rows:
        waiting.append(row if isinstance(row, str) else json.dumps(row))
        if len(waiting) == BULK:
            send()
    if waiting:
        send()


def _ids(client: Client, collection: str) -> dict[str, str]:
    """Name → id of all that a collection has."""
    found: dict[str, str] = {}
    path: str | None = f"/api/v1/{collection}?limit={BULK}"
    while path is not None:
        page = client.call("GET", path)
        found |= {entity["name"]: entity["id"] for entity in page["data"]}
        after = page["paging"].get("after")
        path = f"/api/v1/{collection}?limit={BULK}&after={after}" if after else None
    return found


def _domain(shape: Shape, number: int) -> Json:
    parent, _, below = shape.domain(number).partition(".")
    document = {"name": below or parent, "domainType": "Aggregate", "description": f"Part {number} of the business."}
    return document | ({"parent": parent} if below else {})


def _team(shape: Shape, level: int, number: int, ids: dict[str, str]) -> Json:
    kind, names = shape.levels[level]
    above = shape.above(level, number)
    parents = {"parents": [ids[above]]} if above is not None else {}
    title = names[number].replace("-", " ").capitalize()
    return {"name": names[number], "teamType": kind, "displayName": title, "description": f"{title} of ours."} | parents


def _teams(shape: Shape, level: int, ids: dict[str, str]) -> Iterator[Json]:
    for number in range(len(shape.levels[level][1])):
        yield _team(shape, level, number, ids)


def _policies(shape: Shape) -> Iterator[Json]:
    """Three rules each, no two policies with the same three near each other."""
    units = shape.levels[0][1]
    for number in range(shape.policies):
        rules = [_RULES[(number + step * (number % 5 + 1)) % len(_RULES)] for step in range(3)]
        yield {
            "name": f"policy-{number:04d}",
            "description": f"What is agreed on in matter {number}.",
            "rules": [
                {"name": f"rule-{place}", "effect": effect, "operations": operations, "resources": resources}
                | ({"condition": condition.format(team=units[number % len(units)])} if condition else {})
                for place, (effect, operations, resources, condition) in enumerate(rules)
            ],
        }


def _roles(shape: Shape) -> Iterator[Json]:
    for number in range(shape.roles):
        pair = [f"policy-{2 * number + i:04d}" for i in range(2)]
        yield {"name": f"role-{number:04d}", "description": f"Task {number}.", "policies": pair}


def _granting(shape: Shape, ids: dict[str, str], policies: dict[str, str], roles: dict[str, str]) -> Iterator[Json]:
    """All teams but the groups once more, with policies of their own; business units and divisions with default roles."""
    attached: dict[str, list[str]] = {team: [] for team in shape.upper}
    single = range(2 * shape.roles, shape.policies)
    for place, number in enumerate(single):
        for third in range(3):
            team = shape.upper[(place + third * len(single)) % len(shape.upper)]
            attached[team].append(policies[f"policy-{number:04d}"])
    given = 0
    for level, (_, names) in enumerate(shape.levels[:-1]):
        for number, team in enumerate(names):
            default = {"defaultRoles": [roles[f"role-{given % shape.roles:04d}"]]} if level < 2 else {}
            given += 1
            yield _team(shape, level, number, ids) | {"policies": attached[team]} | default


def _users(shape: Shape, teams: dict[str, str], roles: dict[str, str]) -> Iterator[Json]:
    """Everybody is in one, two or three groups; every tenth has a role of his own."""
    groups = shape.groups
    for number in range(shape.users):
        called = f"user-{number:05d}"
        mine = [groups[(number + step * 7) % len(groups)] for step in range((number + 1) % 3 + 1)]
        own = {"roles": [roles[f"role-{number % shape.roles:04d}"]]} if number % 10 == 5 else {}
        yield {
            "name": called,
            "email": f"{called}@example.com",
            "displayName": f"User {number}",
            "teams": [teams[group] for group in mine],
            "domains": [shape.domain(number % shape.domains)],
        } | own
    yield {
        "name": INSIDER,
        "email": f"{INSIDER}@example.com",
        "teams": [teams[groups[-1]]],
        "domains": [shape.domain(0)],
        "roles": [roles["DomainOnlyAccessRole"]],
    }


def owners(shape: Shape, service: int) -> list[Json]:
    """Seven of ten services are a group's, the others one or two users'; the consumer's group has the first."""
    if service % 10 < 7:
        return [{"type": "team", "fullyQualifiedName": shape.groups[service % len(shape.groups)]}]
    numbers = {service % shape.users, service * 7 % shape.users} if service % 2 else {service % shape.users}
    return [{"type": "user", "fullyQualifiedName": f"user-{number:05d}"} for number in sorted(numbers)]


def tags(service: int) -> list[str]:
    """The tags of a service: the one that all have, one that some have, a tier."""
    own = [NAMED, SHARED] if service % 10 == 0 else [SHARED]
    return [*(f"{CLASSIFICATION}.{tag}" for tag in own), f"Tier.Tier{service % 5 + 1}"]


def _services(shape: Shape) -> Iterator[str]:
    plain = templates()
    for number in range(shape.services):
        labels = [
            {"tagFQN": fqn, "source": "Classification", "labelType": "Manual", "state": "Confirmed"}
            for fqn in tags(number)
        ]
        more = {"owners": owners(shape, number), "tags": labels, "domains": [shape.domain(shape.domain_of(number))]}
        yield f"{body(plain, number, name(number))[:-1]},{json.dumps(more)[1:]}"
