"""Queries as JSON, as OpenMetadata's clients send them to its search engine: the part of that language that they use.

What is not well formed is `Malformed`, which the contract has ignored; a query that is known elsewhere and not here is
a BadRequest, because to leave it out would find what was not asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, cast

import msgspec

from brokerbook.engine import search_fields
from brokerbook.engine.search_text import Term, parsed, says
from brokerbook.errors import BadRequest
from brokerbook.model.search import Is, Pattern, any_of, every, without

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from brokerbook.model.search import Column, Condition
    from brokerbook.store.database import Tx

Json = dict[str, Any]
DEEPEST = 30
MOST_VALUES = 10_000


class Malformed(ValueError):
    """A query that is none."""


def condition(tx: Tx, text: str) -> Condition:
    """What a query asks for, given as JSON text with or without `query` around it; raises Malformed."""
    try:
        node = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed(str(error)) from error
    node = _object(node)
    if "query" in node:
        node = _object(node["query"])
    return _Reader(tx).read(node, 0) if node else True


def _object(value: Any) -> Json:
    if not isinstance(value, dict):
        raise Malformed("an object is expected")
    return cast("Json", value)


def _list(value: Any) -> list[Any]:
    found = cast("list[Any]", value) if isinstance(value, list) else [value]
    if len(found) > MOST_VALUES:
        raise BadRequest(f"A query lists {len(found)} values; at most {MOST_VALUES} are allowed.")
    return found


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (str, int, float)):
        return str(value)
    raise Malformed("a value is expected")


def _pair(body: Any, key: str) -> tuple[str, Any, Json]:
    """Of `{field: value}` or `{field: {key: value, …}}`: the field, the value, and what else is said."""
    items = [(name, value) for name, value in _object(body).items() if name != "boost"]
    if len(items) != 1:
        raise Malformed("one field is expected")
    field, value = items[0]
    if isinstance(value, dict):
        more = cast("Json", value)
        return field, more.get(key, more.get("query")), more
    return field, value, {}


class _Reader:
    """Reads one query."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx
        self._known: dict[str, Callable[[Any, int], Condition]] = {
            "match_all": lambda _body, _depth: True,
            "match_none": lambda _body, _depth: False,
            "bool": self._bool,
            "constant_score": lambda body, depth: self.read(_object(body).get("filter"), depth),
            "nested": lambda body, depth: self.read(_object(body).get("query"), depth),
            "term": self._term,
            "terms": self._terms,
            "ids": self._ids,
            "exists": self._exists,
            "prefix": self._prefix,
            "wildcard": self._wildcard,
            "match": self._match,
            "match_phrase": self._match_phrase,
            "match_phrase_prefix": self._match_phrase,
            "multi_match": self._multi_match,
            "query_string": self._query_string,
            "simple_query_string": self._query_string,
        }

    def read(self, node: Any, depth: int) -> Condition:
        found = _object(node)
        if len(found) != 1:
            raise Malformed("one query is expected")
        if depth > DEEPEST:
            raise BadRequest(f"The query is nested deeper than {DEEPEST} levels.")
        name, body = next(iter(found.items()))
        if name not in self._known:
            raise BadRequest(f"There is no query {name[:80]} here. Known are: {', '.join(sorted(self._known))}.")
        return self._known[name](body, depth + 1)

    def _bool(self, body: Any, depth: int) -> Condition:
        said = _object(body)
        if unknown := said.keys() - {"must", "filter", "should", "must_not", "minimum_should_match", "boost"}:
            raise Malformed(f"bool has no {min(unknown)}")
        parts = {
            name: [self.read(node, depth) for node in _list(said[name])]
            for name in ("must", "filter", "should", "must_not")
            if said.get(name) is not None
        }
        needed = [*parts.get("must", ()), *parts.get("filter", ()), *map(without, parts.get("must_not", ()))]
        optional = parts.get("should", [])
        least = said.get("minimum_should_match", 0 if parts.get("must") or parts.get("filter") else 1)
        if optional and least not in (0, "0"):
            if least not in (1, "1"):
                raise BadRequest("minimum_should_match may be 0 or 1.")
            needed.append(any_of(*optional))
        return every(*needed)

    def _field(self, field: str, terms: list[Term], *, whole: bool = False) -> Condition:
        if not isinstance(field, str):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise Malformed("the name of a field is expected")
        found = search_fields.meant(self._tx, field, terms, whole=whole)
        return False if found is None else found

    def _term(self, body: Any, _depth: int) -> Condition:
        field, value, _ = _pair(body, "value")
        return self._field(field, [Term(_text(value), is_phrase=True)])

    def _terms(self, body: Any, _depth: int) -> Condition:
        field, values, _ = _pair(body, "")
        return self._field(field, [Term(_text(value), is_phrase=True) for value in _list(values)])

    def _ids(self, body: Any, _depth: int) -> Condition:
        return Is("id", tuple(Pattern(_text(value).lower()) for value in _list(_object(body).get("values"))))

    def _exists(self, body: Any, _depth: int) -> Condition:
        found = search_fields.exists(_text(_object(body).get("field")))
        return False if found is None else found

    def _prefix(self, body: Any, _depth: int) -> Condition:
        field, value, _ = _pair(body, "value")
        return self._field(field, [Term(_escaped(_text(value)) + "*")])

    def _wildcard(self, body: Any, _depth: int) -> Condition:
        field, value, said = _pair(body, "value")
        return self._field(field, [Term(_text(value or said.get("wildcard")))])

    def _match(self, body: Any, _depth: int) -> Condition:
        field, value, said = _pair(body, "query")
        join = every if _text(said.get("operator", "or")).lower() == "and" else any_of
        words = _text(value).split()
        return join(*(self._field(field, [Term(word, is_phrase=True)]) for word in words)) if words else True

    def _match_phrase(self, body: Any, _depth: int) -> Condition:
        field, value, _ = _pair(body, "query")
        return self._field(field, [Term(_text(value), is_phrase=True)])

    def _multi_match(self, body: Any, _depth: int) -> Condition:
        said = _object(body)
        columns = _columns(said.get("fields"))
        join = every if _text(said.get("operator", "or")).lower() == "and" else any_of
        words = _text(said.get("query")).split()
        return join(*(says(Term(word, is_phrase=True), columns) for word in words)) if words else True

    def _query_string(self, body: Any, _depth: int) -> Condition:
        said = _object(body)
        columns = _columns(said.get("fields"))
        default: Literal["AND", "OR"] = "AND" if _text(said.get("default_operator", "OR")).upper() == "AND" else "OR"
        return text_condition(self._tx, _text(said.get("query")), columns=columns, default=default)


def _escaped(text: str) -> str:
    return "".join(f"\\{sign}" if sign in "\\*?" else sign for sign in text)


def _columns(fields: Any) -> tuple[Column, ...]:
    """Where words are to stand; fields that have none are left out, and if nothing is left, words may stand anywhere."""
    if fields is None:
        return ()
    found: Iterable[str] = (search_fields.base(_text(field).partition("^")[0])[0] for field in _list(fields))
    return tuple(dict.fromkeys(search_fields.COLUMNS[name][0] for name in found if name in search_fields.COLUMNS))


def text_condition(
    tx: Tx,
    text: str,
    *,
    columns: tuple[Column, ...] = (),
    default: Literal["AND", "OR"] = "AND",
    prefix: bool = False,
) -> Condition:
    """What a search's text asks for; with `prefix` a word may go on."""

    def leaf(field: str, term: Term) -> Condition | None:
        if not field:
            return says(term, columns, prefix=prefix)
        if field == "_exists_":
            return search_fields.exists(term.text)
        return search_fields.meant(tx, field, [term])

    return parsed(text, leaf, default=default)
