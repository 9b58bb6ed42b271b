"""The search index: its queue of changed entities, and the rows that say what an entity is found by.

Triggers fill the queue in the transaction of the change (migration 0012). Reading the index is in `search`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from brokerbook.store.database import array

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from brokerbook.store.database import Tx


class Entry(NamedTuple):
    """What an entity is found by: whole values in lower case, then its words as texts."""

    entity_id: str
    kind: str
    deleted: bool
    parent_id: str | None
    service_type: str | None
    name: str
    title: str
    fqn: str
    name_words: str
    title_words: str
    description: str
    path: str
    fields: str
    more: str


class Waiting(NamedTuple):
    """The changed entities that are indexed next, and where they stand in the queue."""

    ids: list[str]
    lowest: int


_IS_BEHIND = "SELECT 1 FROM search_queue LIMIT 1"
_COUNT = "SELECT COUNT(*) FROM search_queue"
_NEWEST = "SELECT seq, entity_id FROM search_queue ORDER BY seq DESC LIMIT :limit"
_DONE = "DELETE FROM search_queue WHERE seq >= :lowest"


def is_behind(tx: Tx) -> bool:
    """Whether anything has changed since it was indexed."""
    return tx.one(_IS_BEHIND) is not None


def count_waiting(tx: Tx) -> int:
    """How many changes are not indexed yet."""
    row = tx.one(_COUNT)
    return row[0] if row else 0


def newest(tx: Tx, limit: int) -> Waiting:
    """The entities that changed last: whoever searches looks for what he has just written, whatever waits before it."""
    rows = tx.all(_NEWEST, {"limit": limit})
    return Waiting(list(dict.fromkeys(row[1] for row in rows)), rows[-1][0] if rows else 0)


def done(tx: Tx, waiting: Waiting) -> None:
    """Takes from the queue what `newest` gave in this transaction."""
    tx.run(_DONE, {"lowest": waiting.lowest})


_PLACES = "SELECT entity_id, docid FROM search_entry WHERE entity_id IN (SELECT value FROM json_each(:ids))"
_LAST_PLACE = "SELECT COALESCE(MAX(docid), 0) FROM search_entry"
_TEXTS = (
    "SELECT rowid, name, title, description, path, fields, more FROM search_text"
    " WHERE rowid IN (SELECT value FROM json_each(:places))"
)
_INSERT = (
    "INSERT INTO search_entry (docid, entity_id, kind, deleted, parent_id, service_type, name, title, fqn)"
    " VALUES (:docid, :entity_id, :kind, :deleted, :parent_id, :service_type, :name, :title, :fqn)"
    " ON CONFLICT (docid) DO UPDATE SET deleted = excluded.deleted, parent_id = excluded.parent_id,"
    " service_type = excluded.service_type, name = excluded.name, title = excluded.title, fqn = excluded.fqn"
)
_INSERT_TEXT = (
    "INSERT INTO search_text (rowid, name, title, description, path, fields, more)"
    " VALUES (:docid, :name_words, :title_words, :description, :path, :fields, :more)"
)
_FIRST_TEXT = Entry._fields.index("name_words")
_DELETE = "DELETE FROM search_entry WHERE docid = :docid"
_DELETE_TEXT = "DELETE FROM search_text WHERE rowid = :docid"


def replace(tx: Tx, ids: Iterable[str], entries: Sequence[Entry]) -> None:
    """Indexes entries anew, of these entities; those without an entry are found no more."""
    places: dict[str, int] = dict(tx.all(_PLACES, {"ids": array(ids)}))
    texts = {row[0]: row[1:] for row in tx.all(_TEXTS, {"places": array(map(str, places.values()))})}
    last = tx.one(_LAST_PLACE)
    following = (last[0] if last else 0) + 1
    rows: list[dict[str, Any]] = []
    said: list[dict[str, Any]] = []
    for entry in entries:
        docid = places.pop(entry.entity_id, None)
        if docid is None:
            docid, following = following, following + 1
        rows.append(entry._asdict() | {"docid": docid})
        if texts.get(docid) != entry[_FIRST_TEXT:]:
            said.append(rows[-1])
    gone = [{"docid": docid} for docid in places.values()]
    tx.many(_DELETE, gone)
    tx.many(_DELETE_TEXT, [*gone, *({"docid": row["docid"]} for row in said if row["docid"] in texts)])
    tx.many(_INSERT, rows)
    tx.many(_INSERT_TEXT, said)


_AMISS = (
    "SELECT e.id, 'is not indexed' FROM entity e WHERE NOT EXISTS (SELECT 1 FROM search_entry s"
    " JOIN search_text t ON t.rowid = s.docid WHERE s.entity_id = e.id AND s.kind = e.kind AND s.deleted = e.deleted)"
    " AND e.id NOT IN (SELECT entity_id FROM search_queue)"
    " UNION ALL SELECT s.entity_id, 'is indexed, and not there' FROM search_entry s"
    " WHERE NOT EXISTS (SELECT 1 FROM entity e WHERE e.id = s.entity_id)"
    " AND s.entity_id NOT IN (SELECT entity_id FROM search_queue)"
)


def amiss(tx: Tx) -> list[tuple[str, str]]:
    """The ids of entities that the index has wrong and that do not wait for it, with what is wrong."""
    return [(entity_id, what) for entity_id, what in tx.all(_AMISS)]
