"""Which terms a list or a search asks for: by glossary, by the term above, by status, by a text in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, get_args

import msgspec

from brokerbook.access import policy
from brokerbook.access.predicates import Below, ChildOf, Says, conjunction, disjunction
from brokerbook.engine import read
from brokerbook.errors import BadRequest, EntityNotFound
from brokerbook.kinds.glossary import GLOSSARY, GLOSSARY_TERM
from brokerbook.model.wire import EntityStatus
from brokerbook.store import entities
from brokerbook.store import terms as store

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from brokerbook.access.predicates import Predicate
    from brokerbook.engine.read import Fields, Viewer
    from brokerbook.kinds.kind import Kind
    from brokerbook.store.database import Tx
    from brokerbook.store.entities import EntityRow, Listed

_EVERYTHING = 2**31


def _by_id(tx: Tx, kind: Kind, text: str) -> EntityRow:
    if (row := entities.find(tx, kind.name, text.lower())) is None:
        raise EntityNotFound.of(kind.name, text)
    return row


def _by_fqn(tx: Tx, kind: Kind, fqn: str) -> EntityRow:
    if (row := entities.find_by_fqn(tx, kind.name, fqn)) is None:
        raise EntityNotFound.of(kind.name, fqn)
    return row


def _in_glossary(tx: Tx, text: str) -> Predicate:
    return Below(_by_id(tx, GLOSSARY, text).fqn)


def _below_term(tx: Tx, text: str) -> Predicate:
    return Below(_by_id(tx, GLOSSARY_TERM, text).fqn)


def _right_below(tx: Tx, fqn: str) -> Predicate:
    row = entities.find_by_fqn(tx, GLOSSARY_TERM.name, fqn) or _by_fqn(tx, GLOSSARY, fqn)
    return ChildOf(row.id)


def _with_status(_: Tx, text: str) -> Predicate:
    known = get_args(EntityStatus)
    wanted = [status.strip() for status in text.split(",") if status.strip()]
    if any(status not in known for status in wanted):
        raise BadRequest(f"query param entityStatus must be one of [{', '.join(known)}]")
    return disjunction(*(Says("entityStatus", status) for status in wanted))


FILTERS: Mapping[str, Callable[[Tx, str], Predicate]] = {
    "glossary": _in_glossary,
    "parent": _below_term,
    "directChildrenOf": _right_below,
    "entityStatus": _with_status,
}
"""Query parameter of a list of terms → what it means."""


def check(tx: Tx, query: Mapping[str, str]) -> None:
    """Refuses a term above that does not lie in the glossary that is asked for with it."""
    glossary, parent = query.get("glossary"), query.get("parent")
    if not glossary or not parent:
        return
    above = _by_id(tx, GLOSSARY, glossary).fqn
    if not _by_id(tx, GLOSSARY_TERM, parent).fqn.startswith(f"{above}."):
        raise BadRequest(
            f"Invalid queryParameters - glossary term `parent` {parent} is not in the `glossary` {glossary}"
        )


class Asked(NamedTuple):
    """What a search asks for: texts as the query has them, empty where it says nothing."""

    text: str
    query: Mapping[str, str]
    include: str
    limit: int
    offset: int


class _Said(msgspec.Struct):
    displayName: str | None = None
    description: str | None = None
    synonyms: list[str] = []


_said = msgspec.json.Decoder(_Said)


def search(tx: Tx, viewer: Viewer, fields: Fields, asked: Asked) -> tuple[list[str], int]:
    """Terms as JSON in the order of names, and how many there are; only those that the caller may see count.

    The text may be part, in whatever case, of a term's name, display name, description or one of its synonyms.
    """
    check(tx, asked.query)
    meant = [FILTERS[name](tx, text) for name, text in asked.query.items() if name in FILTERS and text]
    for name, kind in (("glossaryFqn", GLOSSARY), ("parentFqn", GLOSSARY_TERM)):
        if fqn := asked.query.get(name):
            meant.append(Below(_by_fqn(tx, kind, fqn).fqn))
    predicate = conjunction(policy.visible(viewer.actor, fields.operation, GLOSSARY_TERM.name), *meant)
    limit, offset = (_EVERYTHING, 0) if asked.text else (asked.limit, asked.offset)
    text = asked.text.casefold()
    said = msgspec.json.encode(text).decode()[1:-1].lower() if text.isascii() else ""
    rows, total = store.page(
        tx,
        include=asked.include,
        predicate=predicate,
        inherited=GLOSSARY_TERM.inherited,
        limit=limit,
        offset=offset,
        said=said,
    )
    if asked.text:
        rows = [row for row in rows if _says(row, text)]
        total, rows = len(rows), rows[asked.offset : asked.offset + asked.limit]
    ids, texts = [row.id for row in rows], [row.doc for row in rows]
    return (read.bodies(tx, viewer, GLOSSARY_TERM, ids, texts, fields) if rows else []), total


def _says(row: Listed, text: str) -> bool:
    # the database knows the case of ASCII only
    said = _said.decode(row.doc)
    texts = (row.name, said.displayName or "", said.description or "", *said.synonyms)
    return any(text in one.casefold() for one in texts)
