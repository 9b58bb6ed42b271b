"""A glossary's terms, a classification's tags, a team's teams and users as a CSV file: what the caller may see of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from brokerbook import names
from brokerbook.access import policy
from brokerbook.access.predicates import Below, IsOne, Says, conjunction, negation
from brokerbook.access.rights import ORGANIZATION
from brokerbook.engine import facts, listing, read, teams
from brokerbook.errors import BadRequest
from brokerbook.kinds import KINDS
from brokerbook.store import people
from brokerbook.transfer import csv_text, tables

if TYPE_CHECKING:
    from brokerbook.access.predicates import Predicate
    from brokerbook.engine.read import Fields, Viewer
    from brokerbook.kinds.kind import Document, Kind
    from brokerbook.store.database import Tx
    from brokerbook.store.entities import EntityRow
    from brokerbook.transfer.tables import Table


def container(tx: Tx, table: Table, *, name: str | None = None, entity_id: str | None = None) -> EntityRow:
    """The live entity that a file is of, or EntityNotFound."""
    return read.find(tx, KINDS[table.container], entity_id=entity_id, name=name, include="non-deleted")


def check(tx: Tx, viewer: Viewer, table: Table, row: EntityRow) -> None:
    """Refuses a caller who may not view all of what the file is of."""
    policy.check(viewer.actor, ("ViewAll",), facts.of_row(tx, KINDS[table.container], row))


def export(tx: Tx, viewer: Viewer, file: str, *, name: str | None = None, entity_id: str | None = None) -> str:
    """The file of a container, by its name or its id; more rows than an import takes are a BadRequest.

    What a row lies below comes before it, so that the file can be imported as it is.
    """
    table = tables.TABLES[file]
    row = container(tx, table, name=name, entity_id=entity_id)
    check(tx, viewer, table, row)
    kind = KINDS[table.kind]
    steps = _steps(tx, row) if table is tables.TEAM else {}
    found = listing.page(
        tx,
        viewer,
        kind,
        _fields(kind, table),
        include="non-deleted",
        limit=csv_text.MOST_ROWS,
        meant=_meant(tx, table, row, steps),
    )
    if found.total > csv_text.MOST_ROWS:
        raise BadRequest(
            f"{row.fqn} has {found.total} rows; a file holds {csv_text.MOST_ROWS}. "
            f"List them page by page: GET /api{kind.path}"
        )
    entities: list[Document] = [msgspec.json.decode(body) for body in found.bodies]
    entities.sort(key=lambda entity: _order(table, entity, steps))
    return csv_text.written([tables.header(table), *(tables.row(table, entity) for entity in entities)])


def _fields(kind: Kind, table: Table) -> Fields:
    shown = {column.field for column in table.columns}
    asked = ",".join(sorted(shown & (kind.link_of.keys() | kind.on_request)))
    return read.parsed_fields(kind, asked)._replace(operation="ViewAll")


def _steps(tx: Tx, row: EntityRow) -> dict[str, int]:
    """A team and all below it, each with how many steps below it lies; nothing stores that a team is in the organization."""
    ids = [team.id for team in people.without_parents(tx, row.id)] if row.name == ORGANIZATION else [row.id]
    return people.far_below(tx, ids, names.DEEPEST)


def _meant(tx: Tx, table: Table, row: EntityRow, steps: dict[str, int]) -> Predicate:
    if table is tables.USER:
        return conjunction(teams.members_of(tx, row.fqn), negation(Says("isBot", True)))  # noqa: FBT003
    if table is not tables.TEAM:
        return Below(row.fqn)
    if row.name == ORGANIZATION:
        return negation(IsOne(frozenset([row.id])))
    return IsOne(frozenset(steps) - {row.id})


def _order(table: Table, entity: Document, steps: dict[str, int]) -> tuple[Any, ...]:
    if table.nested:
        return tuple(names.split(entity["fullyQualifiedName"]))
    return (steps.get(entity["id"], 0), entity["name"])
