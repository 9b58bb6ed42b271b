"""New entities that are decided and not written yet: one is written at once, those of a bulk request together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from brokerbook.store import contents, entities, events, relations

if TYPE_CHECKING:
    from brokerbook.engine.secrets import Sealer, Secrets
    from brokerbook.store.contents import Content
    from brokerbook.store.database import Tx
    from brokerbook.store.entities import EntityRow
    from brokerbook.store.events import EventRow


class Pending:
    """What is to be written for new entities of one kind, a statement for each table however many they are."""

    __slots__ = ("contents", "edges", "events", "rows", "secrets")

    def __init__(self) -> None:
        self.rows: list[EntityRow] = []
        self.edges: list[tuple[str, str, str, str | None]] = []
        self.secrets: dict[str, Secrets] = {}
        self.events: list[EventRow] = []
        self.contents: list[tuple[str, Content]] = []

    def write(self, tx: Tx, sealer: Sealer) -> None:
        """Writes everything, in the caller's transaction, and holds nothing any more."""
        if not self.rows:
            return
        entities.insert(tx, self.rows)
        contents.keep(tx, self.contents)
        relations.insert(tx, self.edges)
        sealer.seal_new(tx, self.secrets)
        events.insert(tx, self.events)
        self.__init__()
