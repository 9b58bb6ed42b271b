"""May this caller do this? Pure: whoever asks has loaded what there is to know.

For now the rules are three: an administrator may do everything, the ingestion bot everything that the contract lets
it, any other known caller may read. Texts: contract, "403 texts".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from brokerbook.errors import NotAuthorized

if TYPE_CHECKING:
    from collections.abc import Iterable

    from brokerbook.access.actor import Actor

INGESTION_BOT = "ingestion-bot"

_READING = frozenset({"ViewAll", "ViewBasic"})

# What a patch of a top-level attribute needs; anything else needs EditAll (contract, "Operation per request").
_EDIT = {
    "description": "EditDescription",
    "displayName": "EditDisplayName",
    "owners": "EditOwners",
    "domains": "EditDomains",
    "extension": "EditCustomFields",
    "lifeCycle": "EditLifeCycle",
}
_BASIC = frozenset(
    {"owners", "followers", "votes", "tags", "extension", "domains", "domain", "dataProducts", "experts", "reviewers"}
)


LABEL_EDITS = ("EditTags", "EditGlossaryTerms", "EditTier", "EditCertification")
"""One of these is needed to change what an entity is labelled with; which, the labels say."""


def allows(actor: Actor, operation: str) -> bool:
    """Whether the caller may do one operation on any entity."""
    if actor.is_admin or operation in _READING:
        return True
    return actor.is_bot and actor.name == INGESTION_BOT


def check(actor: Actor, operations: Iterable[str]) -> None:
    """Refuses the request if the caller may not do all of its operations; names those that he may not."""
    if actor.is_admin:
        return
    refused = [operation for operation in operations if not allows(actor, operation)]
    if refused:
        raise NotAuthorized(f"{principal(actor)} operations [{', '.join(refused)}] not allowed")


def check_admin(actor: Actor) -> None:
    """Refuses anybody but an administrator."""
    if not actor.is_admin:
        raise NotAuthorized(f"{principal(actor)} is not admin")


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
