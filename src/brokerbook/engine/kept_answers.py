"""Plain reads of entities with schemas: the answer, and its tag, are kept for as long as what they show is the same.

Such answers are large, and to put one together takes longer than all the rest of its request. What an answer shows is
read each time, so it is never stale: the entity's row, and that of what it lies in. All else stands in them by hash.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from typing import TYPE_CHECKING, NamedTuple

from brokerbook.engine import message_schemas, read, refs
from brokerbook.errors import EntityNotFound
from brokerbook.store import entities

if TYPE_CHECKING:
    from brokerbook.engine.read import Viewer
    from brokerbook.kinds.kind import Kind
    from brokerbook.store.database import Row, Tx

_MOST_BYTES = 8 * 1024 * 1024
_LARGEST = _MOST_BYTES // 16


class Answer(NamedTuple):
    """A body with its strong entity tag, and the rows that it was made of."""

    row: Row
    body: bytes
    tag: bytes


class _Answers:
    """Those of the last reads, by entity and by what their links are built on."""

    def __init__(self) -> None:
        self._answers: OrderedDict[tuple[str, str], Answer] = OrderedDict()
        self._size = 0

    def find(self, key: tuple[str, str], row: Row) -> Answer | None:
        answer = self._answers.get(key)
        return answer if answer is not None and answer.row == row else None

    def keep(self, key: tuple[str, str], answer: Answer) -> None:
        if len(answer.body) > _LARGEST:
            return
        if (before := self._answers.pop(key, None)) is not None:
            self._size -= len(before.body)
        self._answers[key] = answer
        self._size += len(answer.body)
        while self._size > _MOST_BYTES and self._answers:
            self._size -= len(self._answers.popitem(last=False)[1].body)


_answers = _Answers()


def etag(body: bytes) -> bytes:
    """The strong entity tag of a served body."""
    return b'"' + hashlib.sha256(body).hexdigest()[:16].encode() + b'"'


def plain(
    tx: Tx, viewer: Viewer, kind: Kind, *, entity_id: str | None = None, name: str | None = None, include: str
) -> Answer:
    """An entity by id or by name, without anything that has to be asked for."""
    fqn = refs.lookup_name(kind, name) if name is not None else None
    row = entities.find_with_parent(tx, kind.name, entity_id=entity_id, fqn=fqn)
    if row is None or not read.may_be_seen(row[1], include):
        raise EntityNotFound.of(kind.name, name if name is not None else entity_id or "")
    key = (row[0], viewer.base)
    if (known := _answers.find(key, row)) is not None:
        return known
    body = read.bodies(tx, viewer, kind, [row[0]], [row[2]], read.NO_FIELDS)[0].encode()
    answer = Answer(row, body, etag(body))
    if not message_schemas.has_labels(row[2]):  # what a label shows is in no row of these
        _answers.keep(key, answer)
    return answer
