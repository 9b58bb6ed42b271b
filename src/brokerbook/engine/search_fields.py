"""What the names of fields mean in a search: columns of words, whole values, references, and fields of documents.

References are looked up by what their targets are called now, so that nothing is found under an old name.
"""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from brokerbook.engine.search_text import says
from brokerbook.kinds import KINDS
from brokerbook.model.search import Column, Is, Key, LiesIn, Refers, Says, any_of, without
from brokerbook.model.wire import Entity
from brokerbook.store import search as store

if TYPE_CHECKING:
    from collections.abc import Sequence

    from brokerbook.engine.search_text import Term
    from brokerbook.kinds.kind import Kind
    from brokerbook.model.search import Condition, Pattern
    from brokerbook.store.database import Tx

_SUFFIX = re.compile(r"\.(keyword|raw|ngram|compound|text|lowercase)\Z")
_PATH = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z0-9_]+){0,5}\Z")
_COMMON = frozenset(field.encode_name for field in msgspec.structs.fields(Entity))

COLUMNS: dict[str, tuple[Column, Key | None]] = {
    "name": ("name", "name"),
    "displayName": ("title", "title"),
    "fullyQualifiedName": ("path", "fqn"),
    "fqnParts": ("path", None),
    "description": ("description", None),
    "synonyms": ("more", None),
    "fieldNames": ("fields", None),
    "messageSchema.schemaFields.name": ("fields", None),
    "messageSchema.schemaFields.children.name": ("fields", None),
}
"""Field → where its words stand, and its whole value if that is kept."""
_KEYS: dict[str, Key] = {
    "id": "id",
    "_id": "id",
    "entityType": "kind",
    "serviceType": "service_type",
    "deleted": "deleted",
}


class Reference(NamedTuple):
    """A field that refers to other entities, the kinds that it refers to, and what they are called by in the first place."""

    field: str
    kinds: tuple[str, ...]
    called: str


_LABEL = ("tag", "glossaryTerm")
REFERENCES = {
    "owners": Reference("owners", ("user", "team"), "name"),
    "domains": Reference("domains", ("domain",), "fullyQualifiedName"),
    "dataProducts": Reference("dataProducts", ("dataProduct",), "fullyQualifiedName"),
    "tags": Reference("tags", _LABEL, "fullyQualifiedName"),
    "certification": Reference("certification", ("tag",), "fullyQualifiedName"),
    "reviewers": Reference("reviewers", ("user", "team"), "name"),
    "experts": Reference("experts", ("user",), "name"),
    "followers": Reference("followers", ("user",), "name"),
    "service": Reference("service", ("messagingService",), "name"),
}
_SAME = {"owner": "owners", "domain": "domains", "tier": "tags", "classificationTags": "tags", "glossaryTags": "tags"}
_CALLED = {"tagFQN": "fullyQualifiedName", "tagLabel.tagFQN": "fullyQualifiedName", "fqn": "fullyQualifiedName"}
_ALONE = {"ownerName": ("owners", "name"), "ownerDisplayName": ("owners", "displayName")}


def base(field: str) -> tuple[str, bool]:
    """A field without what says how it is compared, and whether that is as a whole."""
    short = _SUFFIX.sub("", field)
    return short, field.endswith((".keyword", ".raw", ".lowercase"))


def reference(field: str) -> tuple[Reference, str] | None:
    """The reference that a field is about, and by what of its target."""
    if field in _ALONE:
        name, called = _ALONE[field]
        return REFERENCES[name], called
    head, _, tail = field.partition(".")
    found = REFERENCES.get(_SAME.get(head, head))
    called = _CALLED.get(tail, tail) or (found.called if found is not None else "")
    return (found, called) if found is not None and called in store.CALLED else None


@functools.cache
def kinds_with(field: str) -> tuple[str, ...]:
    """The kinds whose documents have a plain field that everybody sees who sees the entity."""
    if not _PATH.match(field):
        return ()
    head = field.partition(".")[0]
    return tuple(kind.name for kind in KINDS.values() if head in _shown(kind))


def _shown(kind: Kind) -> frozenset[str]:
    shown = frozenset(kind.plain) - (kind.on_request - {"extension"})
    return shown if kind.veil is None else shown & _COMMON  # what a veil leaves, only it knows


@functools.cache
def inheriting(field: str) -> tuple[str, ...]:
    """The kinds that have a reference from above when they have none of their own."""
    return tuple(kind.name for kind in KINDS.values() if field in kind.inherited)


def meant(tx: Tx, field: str, terms: Sequence[Term], *, whole: bool = False) -> Condition | None:
    """What has one of the values in a field: as a whole value, or, where a field has words, as words of it.

    None: there is no such field.
    """
    name, by_suffix = base(field)
    whole = whole or by_suffix
    if name in COLUMNS:
        return any_of(*(_in_column(name, term, whole=whole) for term in terms))
    patterns = tuple(term.pattern for term in terms)
    if name in _KEYS:
        return Is(_KEYS[name], patterns)
    if (found := reference(name)) is not None:
        return _referring(tx, *found, patterns)
    kinds = kinds_with(name)
    if not kinds:
        return None
    if any(pattern.text == "false" for pattern in patterns):
        # what is not said is not so
        rest = tuple(pattern for pattern in patterns if pattern.text != "false")
        true = Says(f"$.{name}", kinds, (patterns[0]._replace(text="true", like=False),))
        return any_of(without(true), Says(f"$.{name}", kinds, rest))
    return Says(f"$.{name}", kinds, patterns)


def _in_column(name: str, term: Term, *, whole: bool) -> Condition:
    column, key = COLUMNS[name]
    if key is not None and (whole or (term.has_wildcards and term.begins is None)):
        return Is(key, (term.pattern,))
    if whole and name in ("description", "synonyms"):
        return Says(f"$.{name}", kinds_with(name), (term.pattern,))
    return says(term, (column,))


def _referring(tx: Tx, to: Reference, called: str, patterns: tuple[Pattern, ...]) -> Condition:
    ids = store.named(tx, to.kinds, called, patterns)
    if to.field == "service":
        return LiesIn(tuple(ids))
    if to.field == "tags":
        ids = store.with_terms(tx, ids)
    return Refers(to.field, tuple(ids), inheriting(to.field))


def exists(field: str) -> Condition | None:
    """What has anything in a field; None: there is no such field."""
    name, _ = base(field)
    if name in ("name", "fullyQualifiedName", "deleted", *_KEYS.keys() - {"serviceType"}):
        return True
    if (found := reference(name)) is not None:
        to = found[0]
        return LiesIn(None) if to.field == "service" else Refers(to.field, None, inheriting(to.field))
    kinds = kinds_with(name)
    return Says(f"$.{name}", kinds, None) if kinds else None
