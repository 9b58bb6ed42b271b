"""Defining a custom property, and listing those that entities of a type may have."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from brokerbook.access import policy
from brokerbook.engine import facts, write
from brokerbook.engine.refs import Targets, lookup_name
from brokerbook.engine.state import load
from brokerbook.errors import EntityNotFound
from brokerbook.kinds.type import TYPE, CustomProperty
from brokerbook.store import entities

if TYPE_CHECKING:
    from brokerbook.access.actor import Actor
    from brokerbook.engine.write import Outcome, Work
    from brokerbook.kinds.kind import Document
    from brokerbook.store.database import Tx


def put(work: Work, type_id: str, asked: CustomProperty) -> Outcome:
    """Adds a custom property to a type of entities, or brings the one of that name to what is asked for."""
    row = write.live(work.tx, TYPE, type_id)
    found = load(work.tx, work.sealer, TYPE, row)
    policy.check(work.actor, ("Create",), facts.of_row(work.tx, TYPE, row, found.state.links))
    stored: list[Document] = found.state.document.get("customProperties") or []
    others = [item for item in stored if item["name"] != asked.name]
    document = found.state.document | {"customProperties": [*others, msgspec.to_builtins(asked)]}
    return write.save(work, TYPE, Targets(work.tx), found, found.state._replace(document=document))


def of(tx: Tx, actor: Actor, name: str) -> list[Document]:
    """The custom properties of a type of entities, in the order of their names; EntityNotFound if it is none."""
    row = entities.find_by_fqn(tx, TYPE.name, lookup_name(TYPE, name))
    document: Document = msgspec.json.decode(row.doc) if row is not None else {}
    if document.get("category") != "entity":
        raise EntityNotFound(f"Entity type '{name}' not found or has no custom properties")
    policy.check_kind(actor, "ViewCustomFields", name)
    return document.get("customProperties") or []
