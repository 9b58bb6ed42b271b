"""May this caller do this? Pure: whoever asks brings what conditions may want to know of the entity.

An administrator may do everything. For everybody else deny rules come first, then each operation needs an allow rule;
what no rule speaks of is refused. A token's scope stands above both. Order and texts: contract, "Order", "403 texts".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from brokerbook.access import conditions
from brokerbook.access.predicates import Has, conjunction, disjunction, negation
from brokerbook.errors import NotAuthorized

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from brokerbook.access.actor import Actor
    from brokerbook.access.conditions import Facts
    from brokerbook.access.predicates import Predicate
    from brokerbook.access.rights import Effect, Rights, Ruling

# What a patch of a top-level attribute needs; anything else needs EditAll (contract, "Operation per request").
_EDIT = {
    "description": "EditDescription",
    "displayName": "EditDisplayName",
    "owners": "EditOwners",
    "domains": "EditDomains",
    "extension": "EditCustomFields",
    "lifeCycle": "EditLifeCycle",
    "certification": "EditCertification",
}
_BASIC = frozenset(
    {"owners", "followers", "votes", "tags", "extension", "domains", "domain", "dataProducts", "experts", "reviewers"}
)

LABEL_EDITS = ("EditTags", "EditGlossaryTerms", "EditTier", "EditCertification")
"""One of these is needed to change what an entity is labelled with; which, the labels say."""


def check(actor: Actor, wanted: Iterable[str], facts: Facts) -> None:
    """Refuses the request if the caller may not do all of these operations on the entity; says which, or which rule."""
    check_scope(actor, facts)
    if actor.is_admin:
        return
    operations = tuple(wanted)
    refusal = _refusal(actor, operations, facts)
    for operation in operations:
        _note(actor, operation, facts.kind, facts.id or facts.fqn, allowed=refusal is None)
    if refusal is not None:
        raise NotAuthorized(refusal)


def _refusal(actor: Actor, operations: tuple[str, ...], facts: Facts) -> str | None:
    rights = actor.rights
    if all(settled(rights, facts.kind, operation) for operation in operations):
        return None
    for operation in operations:
        if (denied := _deciding(rights, "deny", operation, facts)) is not None:
            return _denial(actor, operation, denied)
    refused = [operation for operation in operations if _deciding(rights, "allow", operation, facts) is None]
    return f"{principal(actor)} operations [{', '.join(refused)}] not allowed" if refused else None


def _note(actor: Actor, operation: str, kind: str, key: str | None, *, allowed: bool) -> None:
    journal = actor.rights.directory.journal
    if journal is not None:
        journal.note(actor.id, kind, key, operation, allowed=allowed)


def check_kind(actor: Actor, operation: str, kind: str, key: str | None = None) -> bool:
    """Refuses what the caller may do to no entity of a kind; whether he may do it to all. If not, ask `check` for one.

    `key` says which entity he asks for, if he asks for one.
    """
    if actor.is_admin:
        return actor.scope is None
    found = settled(actor.rights, kind, operation)
    if found is not None:
        _note(actor, operation, kind, key, allowed=found)
    if found is False:
        if ruling := _unconditional(actor.rights, "deny", kind, operation):
            raise NotAuthorized(_denial(actor, operation, ruling))
        raise NotAuthorized(f"{principal(actor)} operations [{operation}] not allowed")
    return found is True and actor.scope is None


def may_all(actor: Actor, operation: str, kind: str) -> bool:
    """Whether the caller may do one operation on every entity of a kind."""
    return actor.scope is None and (actor.is_admin or settled(actor.rights, kind, operation) is True)


def check_in_general(actor: Actor, operation: str, kind: str) -> None:
    """Refuses whoever has no rule without a condition for an operation on a kind, or one that denies it."""
    rights = actor.rights
    if actor.scope is None or actor.scope.admits(kind):
        if actor.is_admin:
            return
        if (denied := _unconditional(rights, "deny", kind, operation)) is not None:
            raise NotAuthorized(_denial(actor, operation, denied))
        if _unconditional(rights, "allow", kind, operation) is not None:
            return
    raise NotAuthorized(f"{principal(actor)} operations [{operation}] not allowed")


def allows(actor: Actor, operation: str, facts: Facts) -> bool:
    """Whether the caller may do one operation on the entity."""
    if actor.scope is not None and not actor.scope.permits(facts.kind, facts.fqn):
        return False
    return actor.is_admin or _refusal(actor, (operation,), facts) is None


def check_denied(actor: Actor, operation: str, facts: Facts) -> None:
    """Refuses an operation that some rule denies; that a rule allows it is not asked for."""
    if not actor.is_admin and (ruling := _deciding(actor.rights, "deny", operation, facts)) is not None:
        raise NotAuthorized(_denial(actor, operation, ruling))


def check_scope(actor: Actor, facts: Facts) -> None:
    """Refuses an entity that the caller's token is not for."""
    if actor.scope is not None and not actor.scope.permits(facts.kind, facts.fqn):
        raise NotAuthorized(f"{principal(actor)} uses a token that is not for {facts.kind} {facts.fqn}")


def settled(rights: Rights, kind: str, operation: str) -> bool | None:
    """Whether he may do an operation on every entity of a kind (True), on none (False); None: it depends."""
    key = (kind, operation)
    try:
        return rights.settled[key]
    except KeyError:
        found = rights.settled[key] = _settle(rights, kind, operation)
        return found


def _settle(rights: Rights, kind: str, operation: str) -> bool | None:
    if _unconditional(rights, "deny", kind, operation):
        return False
    denies = rights.about("deny", kind, operation) or rights.guards("deny", kind, operation)
    if _unconditional(rights, "allow", kind, operation):
        return None if denies else True
    if rights.about("allow", kind, operation) or rights.guards("allow", kind, operation):
        return None
    return False


def _unconditional(rights: Rights, effect: Effect, kind: str, operation: str) -> Ruling | None:
    found = rights.about(effect, kind, operation)
    return found[0] if found and found[0][1].condition is None else None


def _deciding(rights: Rights, effect: Effect, operation: str, facts: Facts) -> Ruling | None:
    """The first rule with that effect that holds for the entity."""
    candidates = _candidates(rights, effect, operation, facts)
    return next((ruling for ruling in candidates if _holds(rights, ruling, facts)), None)


def _holds(rights: Rights, ruling: Ruling, facts: Facts) -> bool:
    grant, rule = ruling
    return rule.condition is None or conditions.holds(rule.condition, rights, facts, grant)


def _candidates(rights: Rights, effect: Effect, operation: str, facts: Facts) -> Iterator[Ruling]:
    yield from rights.about(effect, facts.kind, operation)
    if guards := rights.guards(effect, facts.kind, operation):
        for owner_id in facts.owner_ids:
            yield from (ruling for ruling in guards.get(owner_id, ()) if ruling[0].team_id not in rights.team_ids)


def visible(actor: Actor, operation: str, kind: str) -> Predicate:
    """Which entities of a kind the caller may do an operation on; refuses him if it can be none."""
    if check_kind(actor, operation, kind):
        return True
    found: Predicate = True if actor.is_admin else _permitted(actor.rights, operation, kind)
    return conjunction(found, actor.scope.predicate(kind)) if actor.scope is not None else found


def _permitted(rights: Rights, operation: str, kind: str) -> Predicate:
    key = (kind, operation)
    if key not in rights.permitted:
        denied, allowed = (_any(rights, effect, operation, kind) for effect in ("deny", "allow"))
        rights.permitted[key] = conjunction(allowed, negation(denied))
    return rights.permitted[key]


def _any(rights: Rights, effect: Effect, operation: str, kind: str) -> Predicate:
    found = [_held(rights, ruling, kind) for ruling in rights.about(effect, kind, operation)]
    # To whoever is not in the team a condition says the same whichever team the policy is attached to.
    guards: dict[tuple[str, str], tuple[Ruling, set[str]]] = {}
    for rulings in rights.guards(effect, kind, operation).values():
        for grant, rule in rulings:
            if grant.team_id not in rights.team_ids:
                guards.setdefault((grant.policy.id, rule.name), ((grant, rule), set()))[1].update(grant.below)
    for ruling, owning in guards.values():
        found.append(conjunction(Has("owners", frozenset(owning)), _held(rights, ruling, kind)))
    return disjunction(*found)


def _held(rights: Rights, ruling: Ruling, kind: str) -> Predicate:
    grant, rule = ruling
    return True if rule.condition is None else conditions.predicate(rule.condition, rights, kind, grant)


# telling why


Access = Literal["deny", "allow", "conditionalDeny", "conditionalAllow", "notAllow"]


# In general, the stronger first (contract, "Permissions").
_STRENGTH: tuple[tuple[Effect, Access, bool], ...] = (
    ("deny", "deny", False),
    ("allow", "allow", False),
    ("deny", "conditionalDeny", True),
    ("allow", "conditionalAllow", True),
)


class Judgement(NamedTuple):
    """A decision, and the rule that led to it; None: an administrator needs none, or no rule speaks for the caller."""

    access: Access
    ruling: Ruling | None = None


def judged(actor: Actor, operation: str, kind: str, facts: Facts | None) -> Judgement:
    """What is decided of an operation on one entity; without facts, of entities of a kind in general."""
    if actor.is_admin:
        return Judgement("allow")
    rights = actor.rights
    if facts is not None:
        if (ruling := _deciding(rights, "deny", operation, facts)) is not None:
            return Judgement("deny", ruling)
        ruling = _deciding(rights, "allow", operation, facts)
        return Judgement("allow", ruling) if ruling is not None else Judgement("notAllow")
    for effect, access, conditional in _STRENGTH:
        found = rights.about(effect, kind, operation)
        ruling = next((one for one in found if (one[1].condition is not None) is conditional), None)
        if ruling is not None:
            return Judgement(access, ruling)
    return Judgement("notAllow")


def alike(actor: Actor, operation: str, kind: str, facts: Facts | None, ruling: Ruling) -> list[Ruling]:
    """The rules that decide as one does: all of them have to go for another decision."""
    effect = ruling[1].effect
    if facts is None:
        conditional = ruling[1].condition is not None
        found = actor.rights.about(effect, kind, operation)
        return [one for one in found if (one[1].condition is not None) is conditional]
    return [one for one in _candidates(actor.rights, effect, operation, facts) if _holds(actor.rights, one, facts)]


def _denial(actor: Actor, operation: str, ruling: Ruling) -> str:
    grant, rule = ruling
    by = f"denied by role {grant.role}, policy" if grant.role is not None else "denied policy"
    return f"{principal(actor)} operation {operation} {by} {grant.policy.name}, rule {rule.name}"


def check_admin(actor: Actor) -> None:
    """Refuses anybody but an administrator whose token is not limited to a part of the catalog."""
    if not actor.is_admin:
        raise NotAuthorized(f"{principal(actor)} is not admin")
    if actor.scope is not None and actor.scope.is_partial:
        raise NotAuthorized(f"{principal(actor)} uses a token that is limited to {' and '.join(actor.scope.limits())}")


def principal(actor: Actor) -> str:
    """The caller as the texts of refusals name him."""
    return f"Principal: CatalogPrincipal{{name='{actor.name}'}}"


def viewing(fields: Iterable[str]) -> str:
    """The operation of a read that asks for these fields."""
    return "ViewBasic" if all(field in _BASIC for field in fields) else "ViewAll"


def editing(field: str, labels: Iterable[dict[str, str]] = ()) -> set[str]:
    """The operations of a patch that touches a top-level field; of `tags`, by the labels that changed."""
    if field != "tags":
        return {_EDIT.get(field, "EditAll")}
    return {_label_operation(label) for label in labels} or {"EditTags"}


def _label_operation(label: dict[str, str]) -> str:
    if label.get("source") == "Glossary":
        return "EditGlossaryTerms"
    fqn = label["tagFQN"]
    if fqn.startswith("Tier."):
        return "EditTier"
    return "EditCertification" if fqn.startswith("Certification.") else "EditTags"
