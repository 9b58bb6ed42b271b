"""A CSV file written into the catalog, row by row: what is not there is created, what is there is patched.

Each row stands under the rules and permissions that its create request or its patch stands under, and none harms
another. A cell that says what an export would say is no part of a patch, so an export that is imported changes nothing.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar, cast

import msgspec

from brokerbook import names
from brokerbook.access import policy
from brokerbook.access.rights import ORGANIZATION
from brokerbook.engine import csv_export, facts, patch, refs, write
from brokerbook.engine.state import load
from brokerbook.errors import BadRequest, CatalogError, NotAuthorized
from brokerbook.kinds import KINDS
from brokerbook.model.decoding import converted
from brokerbook.model.wire import CsvImportResult
from brokerbook.store import entities, people
from brokerbook.store.database import apart, tried
from brokerbook.transfer import csv_text, tables

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from brokerbook.engine.write import Work
    from brokerbook.kinds.kind import Document, Kind
    from brokerbook.store.database import Tx
    from brokerbook.store.entities import EntityRow
    from brokerbook.transfer.tables import Column, Table

T = TypeVar("T")
_CREATED, _UPDATED, _UNCHANGED = "Entity created", "Entity updated", "Entity unchanged"
_SYSTEM = "System entity [{}] of type classification can not be modified."


class Sheet(NamedTuple):
    """A file that was read: its columns, and its rows with its first line; or why it cannot be."""

    columns: list[Column]
    rows: list[list[str]]
    fault: str | None = None


class _Import(NamedTuple):
    """What rows are written into, and the fully qualified names of the teams in it; None if every team is."""

    work: Work
    table: Table
    container: EntityRow
    teams: set[str] | None

    @property
    def kind(self) -> Kind:
        return KINDS[self.table.kind]


def sheet(file: str, body: bytes) -> Sheet:
    """The file in a body; what is wrong with it as a whole is told by the import, to whoever may do that. Pure."""
    try:
        rows = csv_text.parsed(body)
        return Sheet(tables.columns(tables.TABLES[file], rows[0]), rows)
    except BadRequest as fault:
        return Sheet([], [], fault.message)


def check(work: Work, file: str, name: str) -> EntityRow:
    """The container that a file may be imported into by the caller."""
    table = tables.TABLES[file]
    row = csv_export.container(work.tx, table, name=name)
    policy.check(work.actor, ("EditAll",), facts.of_row(work.tx, KINDS[table.container], row))
    if table is tables.CLASSIFICATION and msgspec.json.decode(row.doc).get("provider") == "system":
        raise BadRequest(_SYSTEM.format(row.name))
    return row


def put(work: Work, file: str, row: EntityRow, found: Sheet, *, dry_run: bool) -> CsvImportResult:
    """Writes a file into its container; a dry run does the same and leaves nothing behind."""
    if found.fault is not None:
        return CsvImportResult(
            dryRun=dry_run,
            status="aborted",
            abortReason=found.fault,
            numberOfRowsProcessed=0,
            numberOfRowsPassed=0,
            numberOfRowsFailed=0,
            importResultsCsv="",
        )
    table = tables.TABLES[file]
    into = _Import(work, table, row, None if table.nested else _teams(work.tx, row))
    if not dry_run:
        return _put(into, found, dry_run=False)
    with tried(work.tx):
        return _put(into, found, dry_run=True)


def _teams(tx: Tx, row: EntityRow) -> set[str] | None:
    if row.name == ORGANIZATION:
        return None
    ids = [team_id for _, team_id in people.below(tx, [row.id])]
    return {row.fqn, *(team.fqn for team in entities.find_many(tx, ids).values())}


class _Row(NamedTuple):
    """A row that has a place: what it says of the entity there, besides its name and parent."""

    name: str
    parent: str | None
    fqn: str
    cells: dict[Column, str]


def _put(into: _Import, found: Sheet, *, dry_run: bool) -> CsvImportResult:
    header, *rows = found.rows
    told = [_tried(into, partial(_placed, into, found.columns, row)) for row in rows]
    last = {row.fqn: number for number, row in enumerate(told) if isinstance(row, _Row)}
    details: list[str | CatalogError] = []
    held: list[tuple[int, _Row, dict[Column, str], str]] = []
    for number, row in enumerate(told):
        if not isinstance(row, _Row):
            details.append(row)
            continue
        waiting = {column: cell for column, cell in row.cells.items() if _waits(column, cell, last, number)}
        done = _tried(into, partial(_put_row, into, row._replace(cells=_without(row.cells, waiting))))
        details.append(done)
        if waiting and isinstance(done, str):
            held.append((number, row, waiting, done))
    for number, row, waiting, done in held:
        details[number] = _tried(into, partial(_put_held, into, row, waiting, done))
    return _result(header, rows, details, dry_run=dry_run)


def _tried(into: _Import, step: Callable[[], T]) -> T | CatalogError:
    """What a step gives; if it is refused, why, and nothing of it is left."""
    try:
        with apart(into.work.tx):
            return step()
    except CatalogError as fault:
        return fault


def _waits(column: Column, cell: str, last: dict[str, int], number: int) -> bool:
    """Whether a cell speaks of terms that the file makes only further down; they are related when all are there."""
    if column.field != "relatedTerms" or not cell:
        return False
    try:
        relations = column.form.read({}, column.field, cell)
    except BadRequest:
        return False  # told of when its turn comes
    return any(last.get(one["term"]["fullyQualifiedName"], -1) > number for one in relations)


def _without(cells: dict[Column, str], others: dict[Column, str]) -> dict[Column, str]:
    return {column: cell for column, cell in cells.items() if column not in others}


def _result(
    header: list[str], rows: list[list[str]], details: Sequence[str | CatalogError], *, dry_run: bool
) -> CsvImportResult:
    lines: list[list[str]] = [["status", "details", *header]]
    for row, told in zip(rows, details, strict=True):
        denied = "Permission denied: " if isinstance(told, NotAuthorized) else ""
        said = told if isinstance(told, str) else f"{denied}{told.message}".replace("[query param ", "[", 1)
        lines.append(["success" if isinstance(told, str) else "failure", said, *row])
    failed = sum(not isinstance(told, str) for told in details)
    passed = len(rows) - failed + 1
    return CsvImportResult(
        dryRun=dry_run,
        status="success" if not failed else "partialSuccess" if passed > 1 else "failure",
        numberOfRowsProcessed=len(rows) + 1,
        numberOfRowsPassed=passed,
        numberOfRowsFailed=failed,
        importResultsCsv=csv_text.written(lines),
    )


def _placed(into: _Import, columns: list[Column], row: Sequence[str]) -> _Row:
    if len(row) != len(columns):
        raise BadRequest(f"The row has {len(row)} cells; the header has {len(columns)}.")
    cells = dict(zip(columns, row, strict=True))
    if empty := [column.title for column, cell in cells.items() if column.required and not cell]:
        raise BadRequest(f"{', '.join(empty)} must not be empty.")
    named = {column.field: cell for column, cell in cells.items() if column.field in {"name", "parent"}}
    container, nested = into.container.fqn, into.table.nested
    parent = named.get("parent") or None
    if parent and not parent.startswith(f"{container}."):
        raise BadRequest(f"The parent {parent} does not lie in the {into.table.container} {container}.")
    name = named["name"].lower() if into.kind.lower_names else named["name"]
    names.check(name)
    said = {column: cell for column, cell in cells.items() if column.field not in named}
    return _Row(name, parent, names.join(parent or (container if nested else None), name), said)


def _put_row(into: _Import, row: _Row) -> str:
    """Does what a row says; what it tells of that."""
    stored = entities.find_by_fqn(into.work.tx, into.kind.name, row.fqn)
    if stored is None:
        _create(into, {"name": row.name} | ({"parent": row.parent} if row.parent else {}), row.cells)
        return _CREATED
    if stored.deleted:
        raise BadRequest(f"The {into.kind.name} {row.fqn} is deleted. Restore it first.")
    return _UPDATED if _change(into, stored, row.cells) else _UNCHANGED


def _put_held(into: _Import, row: _Row, cells: dict[Column, str], told: str) -> str:
    """Does what had to wait for other rows; of a row that was done else but for that, it tells both."""
    try:
        stored = entities.find_by_fqn(into.work.tx, into.kind.name, row.fqn)
        changed = stored is not None and _change(into, stored, cells)
    except CatalogError as fault:
        titles = ", ".join(column.title for column in cells)
        fault.message = f"{told}, but its {titles} could not be: {fault.message}"
        raise
    return _UPDATED if changed and told == _UNCHANGED else told


def _create(into: _Import, asked: Document, cells: dict[Column, str]) -> None:
    kind, targets = into.kind, refs.Targets(into.work.tx)
    if into.table.nested:
        asked |= {into.table.holder: into.container.fqn, "description": ""}
    said = {column: cell for column, cell in cells.items() if not column.late and (cell or not column.keeps)}
    for column, cell in said.items():
        if (value := column.form.read(asked, column.field, cell)) is not None:
            asked[column.field] = value
    _check_teams(into, {}, asked)
    request = {field: _as_requested(targets, kind, field, value) for field, value in asked.items()}
    outcome = write.create(into.work, kind, kind.prepared(converted(request, kind.create)))
    if into.table is tables.TEAM and into.teams is not None:
        into.teams.add(outcome.row.fqn)
    if late := {column: cell for column, cell in cells.items() if column.late and cell}:
        _change(into, outcome.row, late)


def _as_requested(targets: refs.Targets, kind: Kind, field: str, value: Any) -> Any:
    """References by name as a create request of the kind has them."""
    link = kind.link_of.get(field)
    if link is None or not isinstance(value, list):
        return value
    named = cast("list[Document]", value)
    if link.given == "ids":
        return [targets.by_fqn(item["type"], item["fullyQualifiedName"]).id for item in named]
    return [item["fullyQualifiedName"] for item in named] if link.given == "fqns" else named


def _change(into: _Import, row: EntityRow, cells: dict[Column, str]) -> bool:
    """Patches an entity with the cells that say something else than it does; whether that changed it."""
    found = load(into.work.tx, into.work.sealer, into.kind, row)
    before = patch.served(into.work, into.kind, found)
    after = dict(before)
    for column, cell in cells.items():
        if cell == column.form.shown(before, column.field) or (column.keeps and not cell):
            continue
        value = column.form.read(after, column.field, cell)
        if column.fixed and value != before.get(column.field):
            raise BadRequest(f"{column.header} of {into.kind.name} {row.fqn} cannot be changed.")
        after[column.field] = value
    changed = [field for field, value in after.items() if value != before.get(field)]
    if not changed:
        return False
    _check_teams(into, before, after)
    operations: list[Document] = [{"op": "add", "path": f"/{field}", "value": after[field]} for field in changed]
    return patch.patch(into.work, into.kind, row, operations).row != row


def _check_teams(into: _Import, before: Document, after: Document) -> None:
    """Refuses what would be put into other teams than those of the file, or into none of them."""
    if into.teams is None:
        return
    held, said = (
        {item["fullyQualifiedName"] for item in said.get(into.table.holder) or ()} for said in (before, after)
    )
    if outside := sorted(said - held - into.teams):
        raise BadRequest(f"{outside[0]} is not {into.container.fqn} nor a team below it.")
    if not said & into.teams:
        raise BadRequest(f"{into.table.holder} must name {into.container.fqn} or a team below it.")
