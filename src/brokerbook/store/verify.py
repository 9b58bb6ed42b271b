"""Reading a whole catalog in batches, to check it: rows as they are, in the order of ids, and what hangs in the air."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec

from brokerbook.store.visit import Fault

if TYPE_CHECKING:
    from collections.abc import Iterator

    from brokerbook.store.database import Row, Tx

BATCH = 500

_INTEGRITY = "PRAGMA integrity_check(50)"


def damage(tx: Tx) -> list[str]:
    """What SQLite itself finds wrong with the file; empty if it is whole."""
    try:
        return [text for (text,) in tx.all(_INTEGRITY) if text != "ok"]
    except Fault as error:
        return [str(error)]


class Entity(NamedTuple):
    """A row of the entity table with the kind and name of what it says is above it (None: that is not there)."""

    id: str
    kind: str
    name: str
    fqn: str
    parent_id: str | None
    version: int
    deleted: int
    updated_at: int
    doc: str
    parent_kind: str | None
    parent_fqn: str | None


class Batch(NamedTuple):
    """Some entities and what belongs to them, by entity id."""

    entities: list[Entity]
    versions: dict[str, list[Row]]
    """(version, kind, updated_at, doc), oldest first."""
    edges: dict[str, list[Row]]
    """(relation, target id, data, the target's kind or None)."""
    sealed: dict[str, tuple[str, bytes]]
    """(key id, sealed bytes)."""
    values: dict[str, list[Row]]
    """(kind, field, value)."""


_ENTITIES = (
    "SELECT e.id, e.kind, e.name, e.fqn, e.parent_id, e.version, e.deleted, e.updated_at, e.doc,"
    " p.kind, p.fqn FROM entity e LEFT JOIN entity p ON p.id = e.parent_id"
    " WHERE e.id > :first ORDER BY e.id LIMIT :limit"
)
_VERSIONS = (
    "SELECT entity_id, version, kind, updated_at, doc FROM version"
    " WHERE entity_id > :first AND entity_id <= :last ORDER BY entity_id, version"
)
_EDGES = (
    "SELECT r.entity_id, r.relation, r.target_id, r.data, e.kind FROM relation r"
    " LEFT JOIN entity e ON e.id = r.target_id WHERE r.entity_id > :first AND r.entity_id <= :last"
)
_SEALED = "SELECT entity_id, key_id, sealed FROM secret WHERE entity_id > :first AND entity_id <= :last"
_VALUES = "SELECT entity_id, kind, field, value FROM unique_value WHERE entity_id > :first AND entity_id <= :last"


def batches(tx: Tx) -> Iterator[Batch]:
    """Every entity with what belongs to it, a few queries for each batch."""
    first = ""
    while rows := [Entity._make(row) for row in tx.all(_ENTITIES, {"first": first, "limit": BATCH})]:
        span = {"first": first, "last": rows[-1].id}
        sealed = {entity_id: (key_id, text) for entity_id, key_id, text in tx.all(_SEALED, span)}
        yield Batch(rows, _by_id(tx, _VERSIONS, span), _by_id(tx, _EDGES, span), sealed, _by_id(tx, _VALUES, span))
        first = rows[-1].id


def _by_id(tx: Tx, statement: str, span: dict[str, str]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in tx.all(statement, span):
        found.setdefault(row[0], []).append(row[1:])
    return found


_EVENTS = "SELECT seq, type, kind, entity_id, timestamp, doc FROM event WHERE seq > :seq ORDER BY seq LIMIT :limit"
_CREATED_TWICE = (
    "SELECT entity_id, COUNT(*) FROM event WHERE type = 'entityCreated' GROUP BY entity_id HAVING COUNT(*) > 1"
)


def events(tx: Tx) -> Iterator[list[Row]]:
    """Every event as (seq, type, kind, entity id, timestamp, doc), in batches, oldest first."""
    seq = -1
    while rows := tx.all(_EVENTS, {"seq": seq, "limit": BATCH}):
        yield rows
        seq = rows[-1][0]


def created_twice(tx: Tx) -> list[tuple[str, int]]:
    """The entities that more than one event says were created, and how many do."""
    return [(entity_id, n) for entity_id, n in tx.all(_CREATED_TWICE)]


_NO_ENTITY = "SELECT DISTINCT {column} FROM {table} WHERE {column} NOT IN (SELECT id FROM entity)"
_NO_USER = "SELECT DISTINCT {column} FROM {table} WHERE {column} NOT IN (SELECT id FROM entity WHERE kind = 'user')"
_NO_PIPELINE = (
    "SELECT DISTINCT {column} FROM {table}"
    " WHERE {column} NOT IN (SELECT id FROM entity WHERE kind = 'ingestionPipeline')"
)
_OWNED = (
    ("earlier versions", _NO_ENTITY.format(table="version", column="entity_id"), "entity"),
    ("references", _NO_ENTITY.format(table="relation", column="entity_id"), "entity"),
    ("lineage", _NO_ENTITY.format(table="lineage_edge", column="from_id"), "entity"),
    ("lineage", _NO_ENTITY.format(table="lineage_edge", column="to_id"), "entity"),
    ("lineage", _NO_ENTITY.format(table="lineage_edge", column="pipeline_id"), "entity"),
    ("secrets", _NO_ENTITY.format(table="secret", column="entity_id"), "entity"),
    ("unique values", _NO_ENTITY.format(table="unique_value", column="entity_id"), "entity"),
    ("a password", _NO_USER.format(table="credential", column="user_id"), "user"),
    ("tokens", _NO_USER.format(table="token", column="user_id"), "user"),
    ("sign-ins", _NO_USER.format(table="identity_link", column="user_id"), "user"),
    ("runs", _NO_PIPELINE.format(table="pipeline_run", column="entity_id"), "ingestionPipeline"),
    ("progress of runs", _NO_PIPELINE.format(table="pipeline_progress", column="entity_id"), "ingestionPipeline"),
    ("metrics of runs", _NO_PIPELINE.format(table="pipeline_metric", column="entity_id"), "ingestionPipeline"),
    ("logs of runs", _NO_PIPELINE.format(table="pipeline_log", column="entity_id"), "ingestionPipeline"),
    ("lines of logs", _NO_PIPELINE.format(table="pipeline_log_part", column="entity_id"), "ingestionPipeline"),
    ("sample data", _NO_ENTITY.format(table="sample_data", column="entity_id"), "entity"),
    ("contents", _NO_ENTITY.format(table="content_use", column="entity_id"), "entity"),
    ("a last sign-in", _NO_USER.format(table="login", column="user_id"), "user"),
)


def orphans(tx: Tx) -> Iterator[tuple[str, str, str]]:
    """What belongs to nobody: (what it is, what it should belong to, the id that is not there)."""
    for what, statement, owner in _OWNED:
        for (owner_id,) in tx.all(statement):
            yield what, owner, owner_id


_ONE_SIDED = (
    "SELECT r.entity_id, r.relation, r.target_id FROM relation r JOIN json_each(:inverses) t ON t.key = r.relation"
    " WHERE NOT EXISTS (SELECT 1 FROM relation o"
    " WHERE o.entity_id = r.target_id AND o.relation = t.value AND o.target_id = r.entity_id)"
)


def one_sided(tx: Tx, inverses: dict[str, str]) -> list[Row]:
    """Relations as (entity id, relation, target id) that do not stand at their other end under the inverse's name."""
    return tx.all(_ONE_SIDED, {"inverses": msgspec.json.encode(inverses).decode()})


_CONTENTS = "SELECT hash, doc FROM content WHERE hash > :after ORDER BY hash LIMIT :limit"
_CONTENTS_OF = "SELECT hash FROM content_use WHERE entity_id = :id"
_UNNEEDED = (
    "SELECT hash FROM content c WHERE NOT EXISTS (SELECT 1 FROM content_use u WHERE u.hash = c.hash) ORDER BY hash"
)


def contents(tx: Tx) -> Iterator[tuple[str, str]]:
    """Every content that is stored once: (hash, doc)."""
    after = ""
    while rows := tx.all(_CONTENTS, {"after": after, "limit": BATCH}):
        yield from ((row[0], row[1]) for row in rows)
        after = rows[-1][0]


def contents_of(tx: Tx, entity_id: str) -> set[str]:
    """The hashes of what an entity is noted to need."""
    return {row[0] for row in tx.all(_CONTENTS_OF, {"id": entity_id})}


def unneeded_contents(tx: Tx) -> list[str]:
    """The hashes of what nobody needs."""
    return [row[0] for row in tx.all(_UNNEEDED)]


_COUNTS = "SELECT kind, deleted, COUNT(*) FROM entity GROUP BY kind, deleted"
_TALLIES = "SELECT kind, deleted, n FROM tally"


def counts(tx: Tx) -> dict[tuple[str, int], int]:
    """How many entities there are by (kind, deleted), counted."""
    return {(kind, deleted): n for kind, deleted, n in tx.all(_COUNTS)}


def tallies(tx: Tx) -> dict[tuple[str, int], int]:
    """The same as the catalog keeps it, without zeroes."""
    return {(kind, deleted): n for kind, deleted, n in tx.all(_TALLIES) if n != 0}


_JOBS = "SELECT id, state, doc FROM job"


def jobs(tx: Tx) -> list[Row]:
    """Promised work as (id, state, doc), kept or not."""
    return tx.all(_JOBS)


_SCOPES = "SELECT id, user_id, scope FROM token WHERE scope IS NOT NULL ORDER BY id"


def scopes(tx: Tx) -> list[Row]:
    """What tokens are limited to, as (token id, user id, scope)."""
    return tx.all(_SCOPES)


_SEALED_COUNTS = "SELECT key_id, COUNT(*) FROM secret GROUP BY key_id"
_SIZES = "SELECT (SELECT COUNT(*) FROM entity), (SELECT COUNT(*) FROM version), (SELECT COUNT(*) FROM event)"


def sealed_counts(tx: Tx) -> dict[str, int]:
    """For each key, how many entities' secrets it seals."""
    return {row[0]: row[1] for row in tx.all(_SEALED_COUNTS)}


class Sizes(NamedTuple):
    """How many rows there are to look at."""

    entities: int
    versions: int
    events: int


def sizes(tx: Tx) -> Sizes:
    """How much there is to check; nothing if the file is too damaged to tell."""
    try:
        row = tx.one(_SIZES)
    except Fault:
        row = None
    return Sizes._make(row) if row is not None else Sizes(0, 0, 0)
