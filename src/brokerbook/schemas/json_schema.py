"""Fields of a JSON schema.

The properties of an object lie directly below the field that holds it, and so do those of an array's items and of all
branches of `oneOf`, `anyOf` and `allOf`; where two have a name in common, the first is told.
"""

from __future__ import annotations

from collections import deque
from functools import partial
from typing import TYPE_CHECKING, Any

from brokerbook.schemas.json_references import REFERENCES, References, reference
from brokerbook.schemas.json_text import as_list, as_object, as_text, decoded
from brokerbook.schemas.json_words import data_type, display, facts, object_choice, root_type
from brokerbook.schemas.tree import Origin, Place, Tree, Unreadable, paragraphs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

UNTITLED = "default"
"""The root's name where the schema has no title."""
VALUE = "value"
"""The field that stands for properties without a name of their own."""

_BRANCHES = ("allOf", "anyOf", "oneOf", "prefixItems", "items")
_SINGLE = ("then", "else", "items", "additionalItems", "contains")
_NAMED = ("properties", "patternProperties")
_UNNAMED = ("additionalProperties", "unevaluatedProperties")
_HOLDING = frozenset((*_BRANCHES, *_SINGLE, *_NAMED, *_UNNAMED, *REFERENCES))
"""What is in a schema that may have properties."""


def grow(tree: Tree, text: str) -> None:
    """Adds what the schema says."""
    document = as_object(decoded(text))
    if document is None:
        raise Unreadable("it is no object.")
    _Fields(tree, document).root()
    tree.grow()


class _Fields:
    """Adds the fields of schemas to a tree.

    First goes what OpenMetadata's client finds, which is at most as much as the text; then, as far as there is room,
    what is referred to and what branches hold.
    """

    def __init__(self, tree: Tree, document: dict[str, Any]) -> None:
        self._tree = tree
        self._document = document
        self._references = References(document)

    def root(self) -> None:
        document = self._document
        kind = root_type(document, self._references)
        plain = self._references.plain(document)
        if kind == "UNKNOWN" and not any(key in plain for key in ("$ref", "enum", "const", "type")):
            raise Unreadable("it says nothing of what it describes.")
        # What has a type of its own is a root to OpenMetadata's client too, which does not look for a title elsewhere.
        sources = (document,) if isinstance(document.get("type"), str) else (document, plain)
        root = self._add(self._tree.root, None, kind, sources, plain)
        if root:
            root.origin = Origin(document, None)
            root.field["children"] = []
            self._tree.next([partial(self._expand, root, document, document.get("properties"))])

    def _add(
        self, above: Place, name: str | None, kind: str, sources: tuple[dict[str, Any], ...], plain: dict[str, Any]
    ) -> Place | None:
        """Adds a field of the first source, titled and described by the first that has a word for it."""
        schema = sources[0]
        title = next(filter(None, (as_text(source.get("title")) for source in sources)), None)
        description = next(filter(None, (as_text(source.get("description")) for source in sources)), None)
        return self._tree.add(
            above,
            name or title or UNTITLED,
            kind,
            display=display(schema, kind, self._references),
            title=title if name else None,
            description=paragraphs(description, *facts(plain)),
        )

    def _expand(self, place: Place, schema: dict[str, Any], properties: Any) -> None:
        """Adds properties below a field, and puts off what else its schema may hold."""
        named = as_object(properties)
        if named is not None:
            place.field.setdefault("children", [])
            self._tree.next(self._children(place, named, place.origin))
        self._tree.later(partial(self._rest, place, schema))

    def _children(
        self, place: Place, properties: dict[str, Any], origin: Origin | None
    ) -> Iterator[Callable[[], None]]:
        jobs: list[Callable[[], None]] = []
        for name, schema in properties.items():
            self._tree.step()
            inner = as_object(schema)
            if not name:
                self._tree.tell_of("A property without a name is left out below", place.path)
            elif inner is not None:
                jobs += self._field(place, name, inner, origin)
            elif schema is True:
                self._tree.add(place, name, "UNKNOWN")
        return iter(jobs)

    def _field(
        self, above: Place, name: str, schema: dict[str, Any], origin: Origin | None
    ) -> Iterator[Callable[[], None]]:
        """Adds one field; returns what is to be done next below it."""
        branch = object_choice(schema)
        plain = self._references.plain(schema)
        sources = (schema, *([branch] if branch else []), *([plain] if plain is not schema else []))
        place = self._add(above, name, data_type(schema), sources, plain)
        if place is None or _HOLDING.isdisjoint(schema):
            return iter(())
        place.origin = Origin(schema, origin)
        return iter([partial(self._expand, place, schema, _direct(schema, branch))])

    def _rest(self, place: Place, schema: dict[str, Any]) -> None:
        """Adds the properties that a schema has by way of references, branches and items, and not yet below it."""
        seen = {id(schema)}
        waiting = deque([(schema, place.origin)])
        while waiting:
            self._tree.step()
            part, origin = waiting.popleft()
            self._own(place, part, origin)
            for inner in self._inner(place, part, origin):
                if id(inner) not in seen and not _HOLDING.isdisjoint(inner):
                    seen.add(id(inner))
                    waiting.append((inner, Origin(inner, origin)))

    def _own(self, place: Place, part: dict[str, Any], origin: Origin | None) -> None:
        for key in _NAMED:
            properties = as_object(part.get(key)) or {}
            new = {name: one for name, one in properties.items() if name not in place.names}
            self._tree.next(self._children(place, new, origin))
        for key in _UNNAMED:
            more = as_object(part.get(key))
            if more is not None and VALUE not in place.names:
                self._tree.next(self._field(place, VALUE, more, origin))

    def _inner(self, place: Place, part: dict[str, Any], origin: Origin | None) -> Iterator[dict[str, Any]]:
        """The schemas whose properties lie where the schema's own do."""
        ref = reference(part)
        if ref is not None:
            target = self._references.target(ref)
            if target is None:
                self._tree.tell_of("Not defined in the text:", ref)
            elif self._tree.within(origin, target):
                self._tree.cut(place, ref)
            else:
                yield target
        for key in _BRANCHES:
            branches = as_list(part.get(key)) or ()
            self._tree.step(len(branches))
            yield from filter(None, map(as_object, branches))
        for key in _SINGLE:
            one = as_object(part.get(key))
            if one:
                yield one


def _direct(schema: dict[str, Any], branch: dict[str, Any] | None) -> Any:
    """The properties where OpenMetadata's client looks for them; not a dict if there are none."""
    if isinstance(schema.get("oneOf"), list):
        return branch.get("properties", {}) if branch else None
    if schema.get("type") == "object":
        return schema.get("properties")
    items = as_object(schema.get("items"))
    if schema.get("type") == "array" and items and items.get("type") == "object":
        return items.get("properties") or None
    return None
