"""What a policy's conditions name has to exist when it is written; what was named before may have gone since."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from brokerbook import names
from brokerbook.access import conditions
from brokerbook.engine import refs
from brokerbook.errors import BadRequest, EntityNotFound

if TYPE_CHECKING:
    from brokerbook.access.conditions import Argument
    from brokerbook.engine.refs import Targets
    from brokerbook.engine.state import State
    from brokerbook.engine.write import Work
    from brokerbook.kinds.kind import Document
    from brokerbook.store.database import Tx


def check(_: Work, targets: Targets, before: State | None, after: State) -> None:
    """Refuses conditions that name a tag, role or team that is not there (contract, "Roles, policies, bots")."""
    known = _named(before.document) if before is not None else set[tuple[str, str]]()
    _check_named(targets, _named(after.document) - known)


def check_text(tx: Tx, text: str) -> None:
    """Refuses a condition that cannot be parsed, or that names what is not there."""
    _check_named(refs.Targets(tx), {(one.kind, one.value) for one in conditions.arguments(conditions.parsed(text))})


def _check_named(targets: Targets, named: set[tuple[str, str]]) -> None:
    for kind, name in sorted(named):
        if kind == "text":
            continue
        try:
            targets.by_fqn(kind, name if kind == "tag" else names.quoted(name))
        except EntityNotFound as error:
            raise BadRequest(f"Failed to evaluate - {error.message}") from None


def _named(document: Document) -> set[tuple[str, str]]:
    return {(argument.kind, argument.value) for rule in document["rules"] for argument in arguments(rule)}


def arguments(rule: dict[str, Any]) -> tuple[Argument, ...]:
    """What a rule's condition names."""
    text: str | None = rule.get("condition")
    return conditions.arguments(conditions.parsed(text)) if text else ()
