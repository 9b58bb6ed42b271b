"""What a user may do, and why: for clients that ask before they offer, and for people who want to understand a refusal.

Shapes of the first kind: contract, "Permissions". `explained` is our own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from brokerbook.access import policy
from brokerbook.access.actor import Actor
from brokerbook.access.operations import ALL, OPERATIONS, RESOURCES
from brokerbook.access.rights import Grant, Rights, about
from brokerbook.engine import facts, granting, read, rights
from brokerbook.engine.seeds import BOT_ROLES
from brokerbook.errors import BadRequest, EntityNotFound
from brokerbook.kinds import KINDS
from brokerbook.kinds.policy import POLICY
from brokerbook.store import identity as store

if TYPE_CHECKING:
    from collections.abc import Iterator

    from brokerbook.access.conditions import Facts
    from brokerbook.access.policy import Judgement
    from brokerbook.access.rights import Directory, Ruling
    from brokerbook.kinds.kind import Document
    from brokerbook.store.database import Tx

_COMMON = ("Create", "Delete", "EditAll", "EditDescription", "EditDisplayName", "ViewAll", "ViewBasic")
_OF_FIELDS = {
    "owners": ("EditOwners",),
    "tags": ("EditTags", "EditGlossaryTerms", "EditTier", "EditCertification"),
    "domains": ("EditDomains",),
    "extension": ("EditCustomFields",),
    "testConnectionResult": (),
}
_MOST_ROLES = 5


def resources() -> list[Document]:
    """Every resource that a rule may name, with the operations that are asked about it."""
    return [{"name": name, "operations": operations(name)} for name in sorted({*RESOURCES, ALL.lower()})]


def operations(resource: str) -> list[str]:
    """The operations that are asked about a resource; for what this catalog does not have, all there are."""
    kind = KINDS.get(resource)
    if kind is None:
        return sorted(OPERATIONS)
    own = {operation for field, found in _OF_FIELDS.items() if field in kind.fields for operation in found}
    return sorted({*_COMMON, *own, *({granting.OPERATION} if kind.granting else ())})


def subject(tx: Tx, asker: Actor, username: str | None) -> Actor:
    """The user of that name as one who asks; only an administrator may ask about another than himself."""
    if username is None or username.lower() == asker.name:
        return asker
    policy.check_admin(asker)
    user = store.find_user_by_name(tx, username)
    if user is None or user.deleted:
        raise EntityNotFound.of("user", username)
    held = rights.rights(tx, rights.directory(tx), user.id, is_bot=user.is_bot)
    return Actor(user.id, user.name, is_admin=user.is_admin, is_bot=user.is_bot, rights=held)


def known(resource: str) -> str:
    """A resource that this catalog has; EntityNotFound else."""
    if resource not in KINDS:
        raise EntityNotFound(f"Resource type {resource} not found")
    return resource


def facts_of(tx: Tx, resource: str, *, entity_id: str | None = None, name: str | None = None) -> Facts:
    """What conditions may ask about a stored entity."""
    kind = KINDS[known(resource)]
    return facts.of_row(tx, kind, read.find(tx, kind, entity_id=entity_id, name=name, include="all"))


def of_all(actor: Actor) -> list[Document]:
    """What somebody may do to entities of every kind."""
    return [of_resource(actor, name) for name in sorted(KINDS)]


def of_resource(actor: Actor, resource: str, subject_facts: Facts | None = None) -> Document:
    """What somebody may do to one entity, or to those of a kind: one entry for each operation (`ResourcePermission`)."""
    found = [
        (operation, policy.judged(actor, operation, resource, subject_facts)) for operation in operations(resource)
    ]
    return {"resource": resource, "permissions": [_permission(operation, judgement) for operation, judgement in found]}


def of_policies(directory: Directory, policy_ids: list[str]) -> list[Document]:
    """What some policies by themselves allow and deny."""
    found: list[Document] = []
    for name in sorted(KINDS):
        permissions: list[Document] = []
        for policy_id in policy_ids:
            if policy_id in directory.policies:
                alone = Rights(directory, grants=(Grant(directory.policies[policy_id]),))
                nobody = Actor("", "", is_admin=False, is_bot=False, rights=alone)
                permissions += of_resource(nobody, name)["permissions"]
        allowed = [permission for permission in permissions if permission["access"] != "notAllow"]
        found.append({"resource": name, "permissions": allowed})
    return found


def _permission(operation: str, judgement: Judgement) -> Document:
    shown: Document = {"operation": operation, "access": judgement.access}
    if judgement.ruling is not None:
        grant, rule = judgement.ruling
        shown |= {"rule": rule.shown, "policy": grant.policy.name}
        if grant.role is not None:
            shown["role"] = grant.role
    return shown


# why


class Asked(NamedTuple):
    """What is to be explained: an operation on a kind of entity, or on one."""

    resource: str
    operation: str
    entity: Facts | None = None


def asked(resource: str, operation: str, entity: Facts | None) -> Asked:
    """The question, checked."""
    if operation not in OPERATIONS:
        raise BadRequest(f"There is no operation {operation}. See GET /api/v1/policies/resources.")
    return Asked(known(resource), operation, entity)


def explained(actor: Actor, question: Asked) -> Document:
    """The decision, what led to it, and what would have to change for another."""
    resource, operation, entity = question
    if operation == granting.OPERATION:  # who may decide on rights is decided in general, whatever it is about
        resource, entity = POLICY.name, None
        question = Asked(resource, operation)
    judgement = policy.judged(actor, operation, resource, entity)
    shown: Document = {
        "user": actor.name,
        "resource": resource,
        "operation": operation,
        "allowed": judgement.access == "allow",
        "access": judgement.access,
        "reason": _reason(actor, question, judgement),
        "toChange": list(_ways(actor, question, judgement)),
        "teams": sorted(actor.rights.team_names),
        "roles": sorted(actor.rights.role_names),
    }
    if entity is not None:
        shown["entity"] = {"id": entity.id, "type": resource, "fullyQualifiedName": entity.fqn}
    if judgement.ruling is not None:
        grant, rule = judgement.ruling
        shown |= {"rule": rule.shown, "policy": grant.policy.name, "role": grant.role, "team": grant.team}
    if shown["allowed"] and actor.scope is not None and actor.scope.read_only and not operation.startswith("View"):
        shown |= {
            "allowed": False,
            "reason": f"The token that {actor.name} uses only reads. {shown['reason']}",
            "toChange": ["Use a token that is not limited to reading."],
        }
    return {key: value for key, value in shown.items() if value is not None}


def _reason(actor: Actor, question: Asked, judgement: Judgement) -> str:
    if actor.is_admin:
        return f"{actor.name} is an administrator, who may do everything."
    if judgement.ruling is None:
        return f"None of the {len(actor.rights.grants)} policies that apply to {actor.name} allows {question.operation} here."
    verb = {
        "allow": "allows it",
        "deny": "denies it, and what is denied stays denied whatever else allows it",
        "conditionalAllow": "allows it for entities of which its condition holds",
        "conditionalDeny": "denies it for entities of which its condition holds",
    }[judgement.access]
    return f"The rule {judgement.ruling[1].name} of the policy {_came(actor, judgement.ruling)}, {verb}."


def _came(actor: Actor, ruling: Ruling) -> str:
    grant, _ = ruling
    if grant.role is not None:
        through = f"role {grant.role}, a default role of the team {grant.team}" if grant.team else f"role {grant.role}"
        return f"{grant.policy.name}, which comes to {actor.name} with the {through}"
    return f"{grant.policy.name}, which is attached to the team {grant.team}"


def _ways(actor: Actor, question: Asked, judgement: Judgement) -> Iterator[str]:
    if actor.is_admin:
        yield f"To limit {actor.name}, he must no longer be an administrator."
    elif judgement.ruling is not None and judgement.access != "conditionalAllow":
        for ruling in policy.alike(actor, question.operation, question.resource, question.entity, judgement.ruling):
            yield from _undoing(actor, ruling)
    else:
        yield from _granting(actor, question)


def _undoing(actor: Actor, ruling: Ruling) -> Iterator[str]:
    grant, rule = ruling
    yield f"Change the rule {rule.name} of the policy {grant.policy.name}, or its condition."
    if grant.role is not None and grant.team is None:
        yield f"Take the role {grant.role} from {actor.name}."
    elif grant.role is not None:
        yield f"Take the default role {grant.role} from the team {grant.team}, or {actor.name} out of that team."
    elif grant.team is not None:
        yield f"Detach the policy {grant.policy.name} from the team {grant.team}."


def _granting(actor: Actor, question: Asked) -> Iterator[str]:
    for grant, rule in actor.rights.about("allow", question.resource, question.operation):
        if rule.condition is not None:
            yield f"The rule {rule.name} of the policy {grant.policy.name} would allow it if `{rule.condition.text}` held."
    directory = actor.rights.directory
    giving = [
        role.name
        for role in sorted(directory.roles.values(), key=lambda role: role.name)
        if (actor.is_bot or role.name not in BOT_ROLES)
        and any(rule.condition is None for _, rule in about(directory.of_role(role), "allow", *question[:2]))
        and not about(directory.of_role(role), "deny", *question[:2])
    ]
    if giving:
        more = f" (and {len(giving) - _MOST_ROLES} more)" if len(giving) > _MOST_ROLES else ""
        yield f"Give {actor.name} one of these roles, which allow it: {', '.join(giving[:_MOST_ROLES])}{more}."
    yield f"Or give {actor.name} a role with a policy that allows {question.operation} on {question.resource}."


def applied(tx: Tx, actor: Actor) -> Document:
    """A user's teams and roles, and every policy that applies to him with the way that it came."""
    held = actor.rights
    grants = [
        {
            "policy": grant.policy.name,
            "role": grant.role,
            "team": grant.team,
            "rules": [rule.shown for rule in grant.policy.rules],
        }
        for grant in held.grants
    ]
    user = store.find_user(tx, actor.id)
    return {
        "user": user.name if user is not None else actor.name,
        "isAdmin": actor.is_admin,
        "isBot": actor.is_bot,
        "teams": sorted(held.team_names),
        "roles": sorted(held.role_names),
        "policies": [{key: value for key, value in grant.items() if value is not None} for grant in grants],
    }
