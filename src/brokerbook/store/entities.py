"""Rows of entities and of their earlier versions, their tallies and their unique values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from brokerbook.errors import EntityAlreadyExists
from brokerbook.store import predicates, relations
from brokerbook.store.database import array

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from brokerbook.access.predicates import Predicate
    from brokerbook.store.database import Row, Tx

_COLUMNS = "id, kind, name, fqn, parent_id, version, deleted, updated_at, put_digest, doc"


class EntityRow(NamedTuple):
    """One entity as stored: `version` in tenths, `doc` the JSON text without links and without secrets."""

    id: str
    kind: str
    name: str
    fqn: str
    parent_id: str | None
    version: int
    deleted: bool
    updated_at: int
    put_digest: bytes | None
    doc: str


_BY_ID = f"SELECT {_COLUMNS} FROM entity WHERE id = :id"
_BY_FQN = f"SELECT {_COLUMNS} FROM entity WHERE kind = :kind AND fqn = :fqn"


def find(tx: Tx, kind: str, entity_id: str) -> EntityRow | None:
    """The entity of that kind with that id, deleted or not."""
    row = tx.one(_BY_ID, {"id": entity_id})
    return EntityRow._make(row) if row is not None and row[1] == kind else None


def find_by_fqn(tx: Tx, kind: str, fqn: str) -> EntityRow | None:
    """The entity of that kind with that fully qualified name, deleted or not."""
    row = tx.one(_BY_FQN, {"kind": kind, "fqn": fqn})
    return EntityRow._make(row) if row is not None else None


_DOC_BY_ID = "SELECT id, deleted, doc FROM entity WHERE id = :id AND kind = :kind"
_DOC_BY_FQN = "SELECT id, deleted, doc FROM entity WHERE kind = :kind AND fqn = :fqn"


def find_doc(tx: Tx, kind: str, *, entity_id: str | None = None, fqn: str | None = None) -> tuple[str, int, str] | None:
    """The id, whether it is deleted, and the document of an entity: what a plain read shows, and no more."""
    if fqn is not None:
        return tx.one(_DOC_BY_FQN, {"kind": kind, "fqn": fqn})
    return tx.one(_DOC_BY_ID, {"kind": kind, "id": entity_id})


_BESIDE_PARENT_BY_FQN = "SELECT id, deleted, doc, parent_id FROM entity WHERE kind = :kind AND fqn = :fqn"
_BESIDE_PARENT_BY_ID = "SELECT id, deleted, doc, parent_id FROM entity WHERE kind = :kind AND id = :id"
_SHOWN_PARENT = "SELECT kind, name, fqn, deleted, doc FROM entity WHERE id = :id"


def find_with_parent(tx: Tx, kind: str, *, entity_id: str | None = None, fqn: str | None = None) -> Row | None:
    """(id, deleted, doc, parent's id) of an entity and (kind, name, fqn, deleted, doc) of what it lies in, in one row."""
    # One statement that joins them takes SQLite several times as long: it plans a join anew each time.
    if fqn is not None:
        row = tx.one(_BESIDE_PARENT_BY_FQN, {"kind": kind, "fqn": fqn})
    else:
        row = tx.one(_BESIDE_PARENT_BY_ID, {"kind": kind, "id": entity_id})
    return row if row is None else (*row, *(tx.one(_SHOWN_PARENT, {"id": row[3]}) or ()))


_MANY_BY_ID = f"SELECT {_COLUMNS} FROM entity WHERE id IN (SELECT value FROM json_each(:ids))"
_MANY_BY_FQN = f"SELECT {_COLUMNS} FROM entity WHERE kind = :kind AND fqn IN (SELECT value FROM json_each(:fqns))"


def find_many(tx: Tx, ids: Iterable[str]) -> dict[str, EntityRow]:
    """The entities with these ids, of any kind, by id."""
    return {row[0]: EntityRow._make(row) for row in tx.all(_MANY_BY_ID, {"ids": array(ids)})}


def find_many_by_fqn(tx: Tx, kind: str, fqns: Iterable[str]) -> dict[str, EntityRow]:
    """The entities of that kind with these fully qualified names, by name."""
    return {row[3]: EntityRow._make(row) for row in tx.all(_MANY_BY_FQN, {"kind": kind, "fqns": array(fqns)})}


class PutMarks(NamedTuple):
    """By what a request that changes nothing is known: a digest of the last one's body, and what its source's hash was."""

    digest: bytes | None
    source_hash: str | None


_PUT_MARKS = (
    "SELECT fqn, put_digest, json_extract(doc, '$.sourceHash') FROM entity"
    " WHERE kind = :kind AND fqn IN (SELECT value FROM json_each(:fqns)) AND deleted = 0"
)


def put_marks(tx: Tx, kind: str, fqns: Iterable[str]) -> dict[str, PutMarks]:
    """By name, what requests that leave these live entities as they are may be known by."""
    return {row[0]: PutMarks(row[1], row[2]) for row in tx.all(_PUT_MARKS, {"kind": kind, "fqns": array(fqns)})}


_SET_PUT_DIGEST = "UPDATE entity SET put_digest = :digest WHERE id = :id"


def set_put_digest(tx: Tx, entity_id: str, digest: bytes) -> None:
    """Remembers a request that leaves an entity as it is."""
    tx.run(_SET_PUT_DIGEST, {"id": entity_id, "digest": digest})


class Listed(NamedTuple):
    """What a list shows of an entity."""

    id: str
    name: str
    doc: str


class Page(NamedTuple):
    """One page of rows in ascending order, whether there are rows on either side, and how many there are in all.

    `epoch` is another one whenever what entities show of those that they refer to may be.
    """

    rows: list[Listed]
    before: bool
    after: bool
    total: int
    epoch: str = ""


LIVE = {"non-deleted": " AND entity.deleted = 0", "deleted": " AND entity.deleted = 1", "all": ""}
"""`include` as a condition on a row of `entity`."""
_TALLY = {
    include: "SELECT COALESCE(SUM(n), 0) FROM tally WHERE kind = :kind" + live.replace("entity.", "")
    for include, live in LIVE.items()
}
_COUNT = "SELECT COUNT(*) FROM entity WHERE kind = :kind{where}"
# The page, what it is a page of, and whether anything lies on the side that it was come from: one statement.
_PAGE = (
    "SELECT entity.id, entity.name, entity.doc, ({count}),"
    " EXISTS (SELECT 1 FROM entity WHERE kind = :kind AND (name, id) {behind} (:name, :id){where}),"
    f" ({relations.EPOCH})"
    " FROM entity WHERE kind = :kind AND (name, id) {ahead} (:name, :id){where}"
    " ORDER BY entity.name {order}, entity.id {order} LIMIT :limit"
)


def page(
    tx: Tx,
    kind: str,
    *,
    include: str,
    limit: int,
    after: tuple[str, str] | None = None,
    before: tuple[str, str] | None = None,
    predicate: Predicate = True,
    inherited: frozenset[str] = frozenset(),
) -> Page:
    """Up to `limit` rows that the predicate means in the order of name and id, after or before a (name, id).

    `inherited`: the fields that entities of the kind have from those above them.
    """
    backward = before is not None
    name, entity_id = before or after or ("", "")
    params: dict[str, Any] = {"kind": kind, "name": name, "id": entity_id, "limit": limit + 1}
    where = LIVE[include] + predicates.where(predicate, inherited, params)
    count = _TALLY[include] if predicate is True else _COUNT.format(where=where)
    ahead, behind, order = ("<", ">=", "DESC") if backward else (">", "<=", "ASC")
    rows = (
        tx.all(_PAGE.format(count=count, where=where, ahead=ahead, behind=behind, order=order), params) if limit else []
    )
    if not rows:
        total = tx.one(count, params)
        return Page([], before=False, after=False, total=total[0] if total else 0)
    more, passed, total = len(rows) > limit, bool(rows[0][4]), rows[0][3]
    epoch = rows[0][5] or ""
    found = [Listed._make(row[:3]) for row in rows[:limit]]
    if backward:
        found.reverse()
        return Page(found, before=more, after=passed, total=total, epoch=epoch)
    return Page(found, before=passed, after=more, total=total, epoch=epoch)


_INSERT = (
    "INSERT INTO entity (id, kind, name, fqn, parent_id, version, deleted, updated_at, put_digest, doc)"
    " VALUES (:id, :kind, :name, :fqn, :parent_id, :version, :deleted, :updated_at, :put_digest, :doc)"
)
_ADD_TO_TALLY = (
    "INSERT INTO tally (kind, deleted, n) VALUES (:kind, :deleted, :n)"
    " ON CONFLICT (kind, deleted) DO UPDATE SET n = n + excluded.n"
)


def insert(tx: Tx, rows: Sequence[EntityRow]) -> None:
    """Adds new entities, all of one kind and live; a name that is taken breaks the unique index."""
    tx.many(_INSERT, [row._asdict() for row in rows])
    tx.run(_ADD_TO_TALLY, {"kind": rows[0].kind, "deleted": 0, "n": len(rows)})


_UPDATE = (
    "UPDATE entity SET name = :name, fqn = :fqn, parent_id = :parent_id, version = :version, deleted = :deleted,"
    " updated_at = :updated_at, put_digest = :put_digest, doc = :doc WHERE id = :id AND version = :was"
)


def update(tx: Tx, row: EntityRow, *, was: EntityRow) -> bool:
    """Replaces an entity's row; False if it is no longer at the version that was read."""
    params = row._asdict() | {"was": was.version}
    if tx.run(_UPDATE, params) != 1:
        return False
    if row.deleted != was.deleted:
        tx.run(_ADD_TO_TALLY, {"kind": row.kind, "deleted": int(was.deleted), "n": -1})
        tx.run(_ADD_TO_TALLY, {"kind": row.kind, "deleted": int(row.deleted), "n": 1})
    return True


_FORGET_DIGESTS = "UPDATE entity SET put_digest = NULL WHERE id IN (SELECT value FROM json_each(:ids))"


def forget_digests(tx: Tx, ids: Iterable[str]) -> None:
    """Says of entities that they may no longer be answered by digest."""
    tx.run(_FORGET_DIGESTS, {"ids": array(ids)})


_CHILDREN = f"SELECT {_COLUMNS} FROM entity WHERE parent_id = :id ORDER BY name, id"
_HAS_CHILD = "SELECT 1 FROM entity WHERE parent_id = :id LIMIT 1"


def children(tx: Tx, entity_id: str) -> list[EntityRow]:
    """The entities directly below one, deleted ones too."""
    return [EntityRow._make(row) for row in tx.all(_CHILDREN, {"id": entity_id})]


_LIVE_CHILDREN = "SELECT id, fqn FROM entity WHERE parent_id = :id AND kind = :kind AND deleted = 0 ORDER BY fqn"


def live_children(tx: Tx, entity_id: str, kind: str) -> list[tuple[str, str]]:
    """The live entities of a kind directly below one: (id, fully qualified name), in the order of names."""
    return [(row[0], row[1]) for row in tx.all(_LIVE_CHILDREN, {"id": entity_id, "kind": kind})]


def has_children(tx: Tx, entity_id: str) -> bool:
    """Whether anything, deleted or not, lies below an entity."""
    return tx.one(_HAS_CHILD, {"id": entity_id}) is not None


_OF_KIND = f"SELECT {_COLUMNS} FROM entity WHERE kind = :kind ORDER BY name, id"


def of_kind(tx: Tx, kind: str) -> list[EntityRow]:
    """Every entity of a kind, deleted ones too; for kinds of which there are few."""
    return [EntityRow._make(row) for row in tx.all(_OF_KIND, {"kind": kind})]


_DELETE_CONTENTS = (
    "DELETE FROM content WHERE hash IN (SELECT hash FROM content_use WHERE entity_id = :id)"
    " AND NOT EXISTS (SELECT 1 FROM content_use u WHERE u.hash = content.hash AND u.entity_id <> :id)"
)
_DELETE = (
    "DELETE FROM relation WHERE entity_id = :id",
    "DELETE FROM relation WHERE target_id = :id",
    "DELETE FROM lineage_edge WHERE from_id = :id",
    "DELETE FROM lineage_edge WHERE to_id = :id",
    "UPDATE lineage_edge SET pipeline_id = NULL WHERE pipeline_id = :id",
    "DELETE FROM secret WHERE entity_id = :id",
    "DELETE FROM version WHERE entity_id = :id",
    "DELETE FROM unique_value WHERE entity_id = :id",
    "DELETE FROM credential WHERE user_id = :id",
    "DELETE FROM token WHERE user_id = :id",
    "DELETE FROM identity_link WHERE user_id = :id",
    "DELETE FROM login WHERE user_id = :id",
    "DELETE FROM sample_data WHERE entity_id = :id",
    _DELETE_CONTENTS,
    "DELETE FROM content_use WHERE entity_id = :id",
    "DELETE FROM entity WHERE id = :id",
)


def delete(tx: Tx, row: EntityRow) -> None:
    """Removes an entity with all that hangs on it: versions, secrets, references and lineage from and to it."""
    for statement in _DELETE:
        tx.run(statement, {"id": row.id})
    tx.run(_ADD_TO_TALLY, {"kind": row.kind, "deleted": int(row.deleted), "n": -1})


_CLAIM = (
    "INSERT INTO unique_value (kind, field, value, entity_id) VALUES (:kind, :field, :value, :entity_id)"
    " ON CONFLICT DO NOTHING"
)
_RELEASE = "DELETE FROM unique_value WHERE kind = :kind AND field = :field AND entity_id = :entity_id"


_HOLDER = "SELECT entity_id FROM unique_value WHERE kind = :kind AND field = :field AND value = :value"


def holder(tx: Tx, kind: str, field: str, value: str) -> str | None:
    """The id of the entity that has claimed a value."""
    row = tx.one(_HOLDER, {"kind": kind, "field": field, "value": value})
    return row[0] if row else None


def claim(tx: Tx, kind: str, field: str, value: str, entity_id: str) -> None:
    """Takes a value that no two entities of a kind may share; one that is taken is EntityAlreadyExists."""
    tx.run(_RELEASE, {"kind": kind, "field": field, "entity_id": entity_id})
    if tx.run(_CLAIM, {"kind": kind, "field": field, "value": value, "entity_id": entity_id}) != 1:
        raise EntityAlreadyExists(f"Another {kind} has this {field} already")
