"""Where the words of a search stand in what was found. Pure.

The index tells which entities; this tells people why, with the text around the first place of each field.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, NamedTuple

from brokerbook.model.search import COLUMNS, Words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from brokerbook.model.search import Column, Contains
    from brokerbook.store.search_index import Entry

_WORD = re.compile(r"[^\W_]+")
_AROUND = 60
MOST_FIELDS = 5
"""Fields of a schema that are told; a search for `id` could name hundreds."""
_CALLED: dict[Column, str] = {
    "name": "name",
    "title": "displayName",
    "description": "description",
    "path": "fullyQualifiedName",
    "fields": "schemaFields",
    "more": "more",
}


class Match(NamedTuple):
    """A field that says what was sought, and the text that says it."""

    field: str
    text: str


def matches(entry: Entry, field_names: Sequence[str], sought: Sequence[Words | Contains]) -> list[Match]:
    """The fields of an entity that say any of what was sought; the fully qualified name only if no other does."""
    texts: dict[Column, Sequence[str]] = {
        "name": [entry.name_words],
        "title": [entry.title_words],
        "description": [entry.description],
        "fields": field_names,
        "more": [entry.more],
        "path": [entry.path],
    }
    found: list[Match] = []
    for column, values in texts.items():
        if column == "path" and found:
            continue
        parts = [part for part in sought if column in (part.columns or COLUMNS)]
        said = (Match(_CALLED[column], text) for value in values for text in _said(value, parts))
        found += [match for match, _ in zip(said, range(MOST_FIELDS), strict=False)]
    return found


def _said(text: str, sought: Iterable[Words | Contains]) -> Iterator[str]:
    """The text, shortened around its first place that says anything of what was sought; nothing if it has none."""
    for part in sought:
        place = _place(text, part)
        if place is not None:
            start, end = max(place - _AROUND, 0), place + 2 * _AROUND
            yield f"{'…' if start else ''}{text[start:end].strip()}{'…' if end < len(text) else ''}"
            return


def _place(text: str, part: Words | Contains) -> int | None:
    if not isinstance(part, Words):
        piece = part.pattern.strip("%")
        place = text.lower().find(piece)
        return place if place >= 0 else None
    wanted = [word for word, _ in _words(part.text)]
    said = list(_words(text))
    for first in range(len(said) - len(wanted) + 1):
        words = [word for word, _ in said[first : first + len(wanted)]]
        whole = words[:-1] == wanted[:-1]
        if whole and wanted and (words[-1].startswith(wanted[-1]) if part.prefix else words[-1] == wanted[-1]):
            return said[first][1]
    return None


def _words(text: str) -> Iterator[tuple[str, int]]:
    """The words of a text as the index has them, without case and accents, and where each begins."""
    for match in _WORD.finditer(text):
        folded = unicodedata.normalize("NFKD", match[0]).lower()
        yield "".join(sign for sign in folded if not unicodedata.combining(sign)), match.start()
