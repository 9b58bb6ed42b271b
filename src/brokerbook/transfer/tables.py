"""The files that there are: which columns each has, and what a cell of a column says about an entity. Pure.

Headers are OpenMetadata's. A cell is compared with the one that would be exported before it is read, so whatever a
form cannot say in full is left as it is by a file that says it again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from brokerbook import names
from brokerbook.errors import BadRequest
from brokerbook.kinds.glossary import RELATION_TYPES
from brokerbook.transfer import csv_text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from brokerbook.kinds.kind import Document

_TYPES = frozenset(name for name, _ in RELATION_TYPES)
_RELATED = RELATION_TYPES[0][0]


class Form(NamedTuple):
    """How a field stands in a cell: from an entity to the cell, and from a cell to what a patch or a request takes."""

    shown: Callable[[Document, str], str]
    read: Callable[[Document, str, str], Any]
    """From what is there now, the field and the cell; None takes the field away."""


class Column(NamedTuple):
    """A column: its header, the field of the entity that it shows, and how."""

    header: str
    field: str
    form: Form
    required: bool = False
    keeps: bool = False
    """Whether an empty cell leaves things as they are; otherwise it empties the field."""
    fixed: bool = False
    """Whether it can be said of new entities only."""
    late: bool = False
    """Whether a request to create cannot say it."""

    @property
    def title(self) -> str:
        return f"{self.header}*" if self.required else self.header


class Table(NamedTuple):
    """A file: the kind of what it is exported from (`container`), the kind of its rows, and its columns."""

    container: str
    kind: str
    columns: tuple[Column, ...]
    holder: str
    """The field of a request to create that names the container, or that names what an entity is in or below."""
    nested: bool
    """Whether its rows lie below the container by name, and below each other by the column `parent`."""


# forms


def _text(blank: str | None) -> Form:
    def shown(entity: Document, field: str) -> str:
        return entity.get(field) or ""

    def read(_entity: Document, _field: str, cell: str) -> str | None:
        return cell or blank

    return Form(shown, read)


def _shown_flag(entity: Document, field: str) -> str:
    return "true" if entity.get(field) else "false"


def _read_flag(_entity: Document, field: str, cell: str) -> bool:
    if cell.strip().lower() not in {"true", "false"}:
        raise BadRequest(f"{field} must be true or false.")
    return cell.strip().lower() == "true"


def _items(entity: Document, field: str) -> list[Document]:
    """The references and labels of a field that are the entity's own."""
    return [item for item in entity.get(field) or () if not item.get("inherited")]


def _reference(kind: str, name: str) -> Document:
    fqn = name if kind == "domain" or '"' in name else names.quoted(name)
    return {"type": kind, "fullyQualifiedName": fqn}


def _names(kind: str) -> Form:
    def shown(entity: Document, field: str) -> str:
        key = "fullyQualifiedName" if kind == "domain" else "name"
        return csv_text.packed(item[key] for item in _items(entity, field))

    def read(_entity: Document, _field: str, cell: str) -> list[Document]:
        return [_reference(kind, name) for name in csv_text.unpacked(cell) if name]

    return Form(shown, read)


def _shown_people(entity: Document, field: str) -> str:
    return csv_text.packed(f"{item['type']}:{item['name']}" for item in _items(entity, field))


def _read_people(_entity: Document, _field: str, cell: str) -> list[Document]:
    found: list[Document] = []
    for item in csv_text.unpacked(cell):
        kind, colon, name = item.partition(":")
        if not (colon and kind in {"user", "team"}):
            kind, name = "user", item
        if name:
            found.append(_reference(kind, name))
    return found


def _shown_labels(entity: Document, field: str) -> str:
    labels = [label for label in entity.get(field) or () if label.get("labelType") != "Derived"]
    return csv_text.packed(label["tagFQN"] for label in labels)


def _read_labels(entity: Document, field: str, cell: str) -> list[Document]:
    """Labels that are there keep what else they say; new ones are of tags."""
    there = {label["tagFQN"]: label for label in entity.get(field) or ()}
    return [there.get(fqn, {"tagFQN": fqn, "source": "Classification"}) for fqn in csv_text.unpacked(cell) if fqn]


def _shown_relations(entity: Document, field: str) -> str:
    said: list[str] = []
    for relation in entity.get(field) or ():
        kind, fqn = relation["relationType"], relation["term"]["fullyQualifiedName"]
        said.append(fqn if kind == _RELATED and fqn.partition(":")[0] not in _TYPES else f"{kind}:{fqn}")
    return csv_text.packed(said)


def _read_relations(_entity: Document, _field: str, cell: str) -> list[Document]:
    found: list[Document] = []
    for item in csv_text.unpacked(cell):
        kind, colon, fqn = item.partition(":")
        if not (colon and kind in _TYPES):
            kind, fqn = _RELATED, item
        if fqn:
            found.append({"relationType": kind, "term": {"type": "glossaryTerm", "fullyQualifiedName": fqn}})
    return found


def _shown_words(entity: Document, field: str) -> str:
    return csv_text.packed(entity.get(field) or ())


def _read_words(_entity: Document, _field: str, cell: str) -> list[str]:
    return [word for word in csv_text.unpacked(cell) if word]


def _shown_references(entity: Document, field: str) -> str:
    pairs = [(item.get("name") or "", item.get("endpoint") or "") for item in entity.get(field) or ()]
    return csv_text.packed(text for pair in pairs for text in pair)


def _read_references(_entity: Document, field: str, cell: str) -> list[Document]:
    items = csv_text.unpacked(cell)
    if len(items) % 2:
        raise BadRequest(f"{field} must be pairs of a name and an address: name;address;name;address")
    found = [{"name": name, "endpoint": address} for name, address in zip(items[::2], items[1::2], strict=True)]
    return [{key: text for key, text in pair.items() if text} for pair in found]


def _style(part: str) -> Form:
    def shown(entity: Document, field: str) -> str:
        return _inner(entity, field).get(part) or ""

    def read(entity: Document, field: str, cell: str) -> Document | None:
        style = {key: value for key, value in _inner(entity, field).items() if key != part}
        return style | ({part: cell} if cell else {}) or None

    return Form(shown, read)


def _inner(entity: Document, field: str) -> Document:
    return entity.get(field) or {}


def _shown_extension(entity: Document, field: str) -> str:
    said = _inner(entity, field)
    texts = {
        name: value if isinstance(value, str) else msgspec.json.encode(value).decode() for name, value in said.items()
    }
    return csv_text.packed(f"{name}:{text}" for name, text in texts.items())


def _read_extension(entity: Document, field: str, cell: str) -> Document | None:
    """Values that are there stay as they are; new ones are read as JSON if they are JSON, else as text."""
    there = _inner(entity, field)
    found: Document = {}
    for item in csv_text.unpacked(cell):
        name, colon, text = item.partition(":")
        if not (colon and name):
            raise BadRequest(f"{field} must be a list of name:value with ';' between them.")
        kept = name in there and csv_text.unpacked(_shown_extension({field: {name: there[name]}}, field)) == [item]
        found[name] = there[name] if kept else _value(text, there.get(name))
    return found or None


def _value(text: str, there: Any) -> Any:
    if isinstance(there, str):
        return text
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError:
        return text


_TEXT, _KEPT_TEXT = _text(None), _text("")
_FLAG = Form(_shown_flag, _read_flag)
_PEOPLE = Form(_shown_people, _read_people)
_WORDS = Form(_shown_words, _read_words)

# tables

_NAMED = (Column("name", "name", _TEXT, required=True), Column("displayName", "displayName", _TEXT))
_NESTED = (Column("parent", "parent", _TEXT), *_NAMED, Column("description", "description", _KEPT_TEXT))
_STYLE = (Column("color", "style", _style("color")), Column("iconURL", "style", _style("iconURL")))
_DESCRIPTION = Column("description", "description", _TEXT)

GLOSSARY = Table(
    "glossary",
    "glossaryTerm",
    (
        *_NESTED,
        Column("synonyms", "synonyms", _WORDS),
        Column("relatedTerms", "relatedTerms", Form(_shown_relations, _read_relations), late=True),
        Column("references", "references", Form(_shown_references, _read_references)),
        Column("tags", "tags", Form(_shown_labels, _read_labels)),
        Column("reviewers", "reviewers", _PEOPLE),
        Column("owner", "owners", _PEOPLE),
        Column("glossaryStatus", "entityStatus", _TEXT, keeps=True, late=True),
        *_STYLE,
        Column("extension", "extension", Form(_shown_extension, _read_extension)),
    ),
    holder="glossary",
    nested=True,
)
CLASSIFICATION = Table(
    "classification",
    "tag",
    (
        *_NESTED,
        Column("reviewers", "reviewers", _PEOPLE),
        Column("owner", "owners", _PEOPLE),
        Column("tagStatus", "entityStatus", _TEXT, keeps=True, late=True),
        *_STYLE,
        Column("domains", "domains", _names("domain")),
        Column("mutuallyExclusive", "mutuallyExclusive", _FLAG, keeps=True, fixed=True),
    ),
    holder="classification",
    nested=True,
)
TEAM = Table(
    "team",
    "team",
    (
        *_NAMED,
        _DESCRIPTION,
        Column("teamType", "teamType", _TEXT, required=True),
        Column("parents", "parents", _names("team"), required=True),
        Column("Owner", "owners", _PEOPLE),
        Column("isJoinable", "isJoinable", _FLAG, keeps=True),
        Column("defaultRoles", "defaultRoles", _names("role")),
        Column("policies", "policies", _names("policy")),
    ),
    holder="parents",
    nested=False,
)
USER = Table(
    "team",
    "user",
    (
        *_NAMED,
        _DESCRIPTION,
        Column("email", "email", _TEXT, required=True),
        Column("timezone", "timezone", _TEXT),
        Column("isAdmin", "isAdmin", _FLAG, keeps=True),
        Column("teams", "teams", _names("team"), required=True),
        Column("Roles", "roles", _names("role")),
    ),
    holder="teams",
    nested=False,
)
TABLES = {"glossary": GLOSSARY, "classification": CLASSIFICATION, "team": TEAM, "user": USER}
"""By the kind in whose path the file is asked for."""

# rows


def header(table: Table) -> list[str]:
    """The first line of an export."""
    return [column.title for column in table.columns]


def row(table: Table, entity: Document) -> list[str]:
    """An entity as a read with the table's fields shows it, as a row of the file."""
    parent: Document = entity.get("parent") or {}
    shown = entity | {"parent": parent.get("fullyQualifiedName", "")} if table.nested else entity
    return [column.form.shown(shown, column.field) for column in table.columns]


def columns(table: Table, titles: Sequence[str]) -> list[Column]:
    """The columns that a file has, by its first line: any of the table's in any order, but all that are required."""
    known = {name: column for column in table.columns for name in (column.header, column.title)}
    allowed = f"Allowed are: {','.join(header(table))}"
    if unknown := [title for title in titles if title not in known]:
        raise BadRequest(f"The header has a column that the file cannot have: {unknown[0][:80]!r}. {allowed}")
    found = [known[title] for title in titles]
    if len(set(found)) < len(found):
        raise BadRequest(f"The header has a column twice. {allowed}")
    if missing := [column.title for column in table.columns if column.required and column not in found]:
        raise BadRequest(f"The header lacks {', '.join(missing)}. {allowed}")
    return found
