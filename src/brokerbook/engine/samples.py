"""Sample data of topics: some messages, as somebody brought them. They make no version and no event.

Messages of a topic that is labelled as sensitive, itself or by a glossary term, or any field of which is, are shown to its owners, to administrators
and to bots; others see how many there are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from brokerbook.access import policy
from brokerbook.engine import complete, facts, read, refs
from brokerbook.engine.message_schemas import LABELS
from brokerbook.engine.secrets import MASK
from brokerbook.errors import BadRequest
from brokerbook.kinds.topic import SampleData
from brokerbook.store import relations
from brokerbook.store import samples as store

if TYPE_CHECKING:
    from brokerbook.engine.read import Viewer
    from brokerbook.engine.refs import Links
    from brokerbook.engine.write import Work
    from brokerbook.kinds.kind import Kind
    from brokerbook.store.database import Tx
    from brokerbook.store.entities import EntityRow

SENSITIVE = "PII.Sensitive"
MOST_MESSAGES = 1000
LARGEST = 4 * 1024 * 1024
"""Of all messages of a topic together, in bytes of JSON."""


def put(work: Work, kind: Kind, row: EntityRow, given: SampleData) -> None:
    """Keeps messages in the place of the earlier ones."""
    policy.check(work.actor, ("EditSampleData",), facts.of_row(work.tx, kind, row))
    messages = given.messages or []
    if len(messages) > MOST_MESSAGES:
        raise BadRequest(f"sampleData has {len(messages)} messages; a topic may have at most {MOST_MESSAGES}.")
    doc = msgspec.json.encode({"messages": messages}).decode()
    if len(doc) > LARGEST:
        raise BadRequest(f"The messages of sampleData are larger than {LARGEST} bytes together. Send fewer of them.")
    store.keep(work.tx, row.id, doc)


def delete(work: Work, kind: Kind, row: EntityRow) -> None:
    """Removes the messages; none is no fault."""
    policy.check(work.actor, ("EditSampleData",), facts.of_row(work.tx, kind, row))
    store.delete(work.tx, row.id)


def shown(tx: Tx, viewer: Viewer, kind: Kind, row: EntityRow) -> bytes:
    """The topic with its sample data, if it has any; masked for whoever is not to see what is sensitive."""
    text = read.one(tx, viewer, kind, row, read.NO_FIELDS).decode()
    doc = store.find(tx, row.id)
    if doc is None:
        return text.encode()
    links = refs.loaded(kind, relations.of(tx, row.id))
    if _is_sensitive(tx, links) and not _may_see(tx, viewer, kind, row, links):
        messages = msgspec.json.decode(doc, type=SampleData).messages or []
        doc = msgspec.json.encode({"messages": [MASK] * len(messages)}).decode()
    return f'{text[:-1]},"sampleData":{doc}}}'.encode()


def _is_sensitive(tx: Tx, links: Links) -> bool:
    of_fields = [refs.Item(item.id, item.shown["label"]) for item in links.get(LABELS, ())]
    labelled = {"": {"tags": [*links.get("tags", ()), *of_fields]}}
    complete.derive_labels(tx, labelled)
    return any(item.shown["tagFQN"] == SENSITIVE for item in labelled[""]["tags"])


def _may_see(tx: Tx, viewer: Viewer, kind: Kind, row: EntityRow, links: Links) -> bool:
    actor = viewer.actor
    if actor.is_admin or actor.is_bot:
        return True
    owning = facts.of_row(tx, kind, row, links).owner_ids
    return actor.id in owning or bool(owning & set(actor.rights.team_ids))
