"""What only one kind has to check before it is written, or to do afterwards, beyond what its `Kind` says.

The functions are in the modules of their subject. A rule that three kinds need becomes a field of `Kind`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from brokerbook.engine import bots, domains, parents, people, policies, subscriptions, teams, terms, types, workflows

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from brokerbook.engine.refs import Targets
    from brokerbook.engine.secrets import Secrets
    from brokerbook.engine.state import Loaded, State
    from brokerbook.engine.write import Work
    from brokerbook.kinds.kind import Document
    from brokerbook.store.entities import EntityRow

BEFORE_SAVE: Mapping[str, Callable[[Work, Targets, State | None, State], None]] = {
    "user": people.check,
    "team": teams.check,
    "bot": bots.check,
    "policy": policies.check,
    "domain": domains.certify,
    "dataProduct": domains.check_product,
    "glossary": terms.check_glossary,
    "glossaryTerm": terms.check,
    "tag": terms.check_tag,
    "type": types.check,
    "workflow": workflows.check,
    "eventSubscription": subscriptions.check,
}
"""Kind → what refuses a new entity (before: None) or a change of one, while nothing is written yet."""


def before_save(work: Work, kind: str, targets: Targets, before: State | None, after: State) -> None:
    """Calls the rule of a kind, if it has one."""
    if kind in BEFORE_SAVE:
        BEFORE_SAVE[kind](work, targets, before, after)


AFTER_SAVE: Mapping[str, Callable[[Work, State, State], None]] = {
    "dataProduct": domains.carry,
    "type": types.drop_values,
}
"""Kind → what a change of an entity, which is written by now, does to others."""


def after_save(work: Work, kind: str, before: State, after: State) -> None:
    """Lets follow what a kind has to, if anything."""
    if kind in AFTER_SAVE:
        AFTER_SAVE[kind](work, before, after)


BEFORE_PATCH: Mapping[str, Callable[[Loaded, Sequence[Document]], None]] = {"user": people.check_patch}
"""Kind → what refuses the operations of a patch, for what they say and not for what comes of them."""


def before_patch(kind: str, found: Loaded, operations: Sequence[Document]) -> None:
    """Calls the rule of a kind, if it has one."""
    if kind in BEFORE_PATCH:
        BEFORE_PATCH[kind](found, operations)


REQUESTED: Mapping[str, Callable[[Targets, Any], None]] = {"tag": terms.check_associated}
"""Kind → what refuses a request to create or replace, for what it names and nothing stores."""


def check_request(targets: Targets, kind: str, request: Any) -> None:
    """Calls the rule of a kind, if it has one."""
    if kind in REQUESTED:
        REQUESTED[kind](targets, request)


DEFAULTS: Mapping[str, Callable[[Work, EntityRow | None], Document]] = {
    "glossaryTerm": terms.defaults,
    "topic": parents.service_type,
}
"""Kind → plain fields of a new entity, in the place of `Kind.defaults`, that hang on what it lies in."""


def defaults(work: Work, kind: str, parent: EntityRow | None) -> Document:
    """The fields that a new entity gets because of what it lies in."""
    return DEFAULTS[kind](work, parent) if kind in DEFAULTS else {}


UNMASKED: Mapping[str, Callable[[Work, Document, Secrets], Document]] = {"workflow": workflows.unmasked}
"""Kind → from the document that a POST or PUT asks for, and the secrets that are stored: the document with what its masks
stand for elsewhere."""


def unmasked(work: Work, kind: str, document: Document, stored: Secrets) -> Document:
    """The document with secrets in the place of those masks that stand for some of another entity."""
    return UNMASKED[kind](work, document, stored) if kind in UNMASKED else document
