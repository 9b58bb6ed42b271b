"""Policies whose conditions name a tag, a role or a team: they follow its new name, and drop it when it is gone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from brokerbook.access import conditions
from brokerbook.engine import refs, write
from brokerbook.engine.state import load
from brokerbook.kinds.policy import POLICY
from brokerbook.store import entities

if TYPE_CHECKING:
    from collections.abc import Iterator

    from brokerbook.engine.state import Loaded
    from brokerbook.engine.write import Work
    from brokerbook.kinds.kind import Kind
    from brokerbook.store.entities import EntityRow

_TAGS = frozenset({"tag", "classification"})
"""Kinds that conditions name by the fully qualified name of a tag: by its own, or as the start of it."""
_NAMED = frozenset({"role", "team"})
"""Kinds that conditions name by their plain names."""


class _Rules(msgspec.Struct):
    rules: list[dict[str, Any]] = []


_rules = msgspec.json.Decoder(_Rules)


def follow(work: Work, kind: Kind, before: EntityRow, after: EntityRow | None) -> None:
    """Rewrites the conditions that name an entity; after None: it is gone."""
    for found, rules in _rewritten(work, kind, before, after):
        state = found.state._replace(document=found.state.document | {"rules": rules})
        # A new name changes nothing of what a policy says; what is gone does, and is for whoever may edit policies.
        write.save(work, POLICY, refs.Targets(work.tx), found, state, by_catalog=after is not None)


def of(work: Work, kind: Kind, row: EntityRow) -> list[str]:
    """The names of the policies whose conditions name an entity, or something below it."""
    return [found.row.fqn for found, _ in _rewritten(work, kind, row, None)]


def _rewritten(
    work: Work, kind: Kind, before: EntityRow, after: EntityRow | None
) -> Iterator[tuple[Loaded, list[dict[str, Any]]]]:
    if kind.name in _TAGS:
        word, old, new = "tag", before.fqn, after.fqn if after is not None else None
    elif kind.name in _NAMED:
        word, old, new = kind.name, before.name, after.name if after is not None else None
    else:
        return
    for row in entities.of_kind(work.tx, POLICY.name):
        stored: list[dict[str, Any]] = _rules.decode(row.doc).rules
        rules = [_renamed(rule, word, old, new) for rule in stored]
        if rules != stored:
            yield load(work.tx, work.sealer, POLICY, row), rules


def _renamed(rule: dict[str, Any], word: str, old: str, new: str | None) -> dict[str, Any]:
    text: str | None = rule.get("condition")
    return rule if text is None else rule | {"condition": conditions.renamed(text, word, old, new)}
