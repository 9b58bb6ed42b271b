"""What a policy's condition may ask about an entity: loaded when it is asked, and not before.

Most checks are settled without looking at the entity; then nothing here runs but a constructor.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, cast

import msgspec

from brokerbook.access.conditions import Service
from brokerbook.engine import complete, refs
from brokerbook.kinds import KINDS
from brokerbook.store import entities, relations

if TYPE_CHECKING:
    from brokerbook.access.conditions import Facts
    from brokerbook.engine.refs import Links
    from brokerbook.kinds.kind import Kind
    from brokerbook.store.database import Tx
    from brokerbook.store.entities import EntityRow

_SERVICES = frozenset({"messagingService"})


class _Said(msgspec.Struct):
    isAdmin: bool = False
    serviceType: str = ""


_said = msgspec.json.Decoder(_Said)


class _EntityFacts:
    """Facts about one entity, stored or about to be made."""

    def __init__(
        self,
        tx: Tx,
        kind: Kind,
        fqn: str,
        *,
        entity_id: str | None = None,
        name: str = "",
        parent_id: str | None = None,
        doc: str | None = None,
        links: Links | None = None,
    ) -> None:
        self.kind = kind.name
        self.id = entity_id
        self.fqn = fqn
        self._tx = tx
        self._kind = kind
        self._name = name
        self._parent_id = parent_id
        self._doc = doc
        self._links = links

    @cached_property
    def owner_ids(self) -> frozenset[str]:
        return self._ids("owners")

    @cached_property
    def owner_team_ids(self) -> frozenset[str]:
        owners = self.owner_ids
        return owners | frozenset(relations.targets(self._tx, owners, "teams"))

    @cached_property
    def reviewer_ids(self) -> frozenset[str]:
        return self._ids("reviewers")

    @cached_property
    def domain_ids(self) -> frozenset[str]:
        found = self._ids("domains")
        # a domain lies in itself
        return found | {self.id} if self.kind == "domain" and self.id is not None else found

    @cached_property
    def tag_fqns(self) -> frozenset[str]:
        labelled = {"": {"tags": list(self._own.get("tags", ()))}}
        complete.derive_labels(self._tx, labelled)
        certified = [item.shown["tagLabel"]["tagFQN"] for item in self._own.get("certification", ())]
        tags = [item.shown for item in labelled[""]["tags"] if item.shown["source"] != "Glossary"]
        return frozenset([*certified, *(shown["tagFQN"] for shown in tags)])

    @cached_property
    def is_admin_user(self) -> bool:
        return self.kind == "user" and self._doc is not None and _said.decode(self._doc).isAdmin

    @cached_property
    def service(self) -> Service | None:
        if self.kind in _SERVICES:
            service_type = _said.decode(self._doc).serviceType if self._doc is not None else ""
            return Service(self._name, service_type, self.tag_fqns)
        return self._above.service if self._above is not None else None

    @cached_property
    def _own(self) -> Links:
        if self._links is not None:
            return self._links
        return refs.loaded(self._kind, relations.of(self._tx, self.id)) if self.id is not None else {}

    @cached_property
    def _above(self) -> _EntityFacts | None:
        row = entities.find_many(self._tx, [self._parent_id]).get(self._parent_id) if self._parent_id else None
        return _of_row(self._tx, KINDS[row.kind], row, None) if row is not None else None

    def _ids(self, field: str) -> frozenset[str]:
        own = frozenset(item.id for item in self._own.get(field, ()))
        if own or field not in self._kind.inherited or self._above is None:
            return own
        return self._above._ids(field)  # noqa: SLF001  of the same class


def of_row(tx: Tx, kind: Kind, row: EntityRow, links: Links | None = None) -> Facts:
    """Facts about a stored entity; its links may be at hand already."""
    # a cached property is one that is read, which type checkers do not see in a protocol
    return cast("Facts", _of_row(tx, kind, row, links))


def _of_row(tx: Tx, kind: Kind, row: EntityRow, links: Links | None) -> _EntityFacts:
    return _EntityFacts(
        tx, kind, row.fqn, entity_id=row.id, name=row.name, parent_id=row.parent_id, doc=row.doc, links=links
    )


def of_new(tx: Tx, kind: Kind, fqn: str, name: str, parent: EntityRow | None, links: Links) -> Facts:
    """Facts about an entity that is asked for."""
    parent_id = parent.id if parent is not None else None
    return cast("Facts", _EntityFacts(tx, kind, fqn, name=name, parent_id=parent_id, links=links))
