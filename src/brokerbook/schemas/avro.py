"""Fields of an Avro schema.

A record becomes a field named like the type, below the field, array, map or union that holds it.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from brokerbook.schemas.avro_types import DEEPEST, Array, Map, Record, Reference, Simple, Type, Types, Union
from brokerbook.schemas.json_text import decoded
from brokerbook.schemas.tree import Origin, Place, Tree, Unreadable, paragraphs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

UNNAMED = "default"
"""The root's name where its type has none; that of a JSON schema without a title."""
VALUE = "value"
"""The field that stands for the values of a map."""


def grow(tree: Tree, text: str) -> None:
    """Adds what the schema says."""
    types = Types()
    root = types.resolved(types.read(decoded(text)))
    if isinstance(root, Reference) or root.kind == "unknown":
        raise Unreadable("it declares no type of Avro.")
    if types.too_deep:
        tree.tell(f"Types more than {DEEPEST} deep inside each other are left out.")
    _Fields(tree, types).root(root)
    tree.grow()


class _Fields:
    """Adds the fields of types to a tree.

    First goes what OpenMetadata's client finds, which is at most as much as the text: each record once. Then, as far as
    there is room, records that are used again and what unions and maps hold.
    """

    def __init__(self, tree: Tree, types: Types) -> None:
        self._tree = tree
        self._types = types
        self._met: set[int] = set()  # records, by identity

    def root(self, root: Type) -> None:
        jobs: list[Callable[[], None]] = []
        for branch in root.branches if isinstance(root, Union) else [root]:
            type_ = self._types.resolved(branch)
            if isinstance(type_, Record):
                place = self._record(self._tree.root, type_)
                if place:
                    jobs.append(partial(self._expand, place, type_, first=True))
            elif isinstance(type_, Reference):
                self._field(self._tree.root, type_.name.rpartition(".")[2] or UNNAMED, type_, None)
            else:
                name = type_.name if isinstance(type_, Simple) else None
                unnamed = type_.kind if isinstance(root, Union) else UNNAMED
                jobs += self._field(self._tree.root, name or unnamed, type_, None)
        self._tree.next(jobs)

    def _expand(self, place: Place, record: Record, *, first: bool) -> None:
        """Adds a record's fields below the field that stands for it, or puts that off if they stand elsewhere."""
        if self._tree.within(place.origin, record):
            self._tree.cut(place, record.name)
            return
        if first and id(record) in self._met:
            self._tree.later(partial(self._expand, place, record, first=False))
            return
        self._met.add(id(record))
        place.origin = Origin(record, place.origin)
        place.field["children"] = []
        jobs: list[Callable[[], None]] = []
        for field in record.fields:
            jobs += self._field(place, field.name, field.type, field.doc)
        self._tree.next(jobs)

    def _field(self, above: Place, name: str, declared: Type, doc: str | None) -> Iterator[Callable[[], None]]:
        """Adds one field; returns what is to be done next below it."""
        self._tree.step()
        type_ = self._types.resolved(declared)
        kind, display = type_.kind.upper(), self._display(type_)
        if isinstance(type_, Record):
            kind, display = "RECORD", None
        elif isinstance(type_, Reference):
            self._tree.tell_of("Not defined in the text:", type_.name)
        if isinstance(type_, Simple) and type_.doc and not doc:
            doc = type_.doc
        place = self._tree.add(
            above, name, kind, display=display, description=paragraphs(doc, *dict.fromkeys(self._facts(type_)))
        )
        if place is None:
            return iter(())
        return self._below(place, type_)

    def _below(self, place: Place, type_: Type) -> Iterator[Callable[[], None]]:
        if isinstance(type_, Record):
            child = self._tree.add(place, type_.name, "RECORD", description=type_.doc)
            return iter([partial(self._expand, child, type_, first=True)] if child else [])
        if isinstance(type_, Simple | Reference):
            return iter(())
        only = self._only_record(type_)
        child = self._record(place, only) if only else None
        if any(held is not only for held in self._held(type_)):
            self._tree.later(partial(self._rest, place, type_, only))
        return iter([partial(self._expand, child, only, first=True)] if only and child else [])

    def _rest(self, place: Place, type_: Type, only: Record | None) -> None:
        """Adds what an array, a map or a union holds besides the one record that it may hold."""
        for held in self._held(type_):
            if held is only:
                continue
            if not isinstance(held, Record):
                self._tree.next(self._field(place, VALUE, held.values, None))
                continue
            child = self._record(place, held)
            if child:
                self._tree.later(partial(self._expand, child, held, first=False))

    def _record(self, above: Place, record: Record) -> Place | None:
        name = record.full_name if record.name in above.names else record.name
        return self._tree.add(above, name, record.kind.upper(), description=record.doc)

    def _only_record(self, type_: Type) -> Record | None:
        """The record in arrays, and in unions of it or of an array with null: where OpenMetadata's client looks."""
        while True:
            if isinstance(type_, Array):
                type_ = self._types.resolved(type_.items)
            elif isinstance(type_, Union) and (other := self._nullable(type_)):
                type_ = other
                if not isinstance(type_, Array | Record):
                    return None
            else:
                return type_ if isinstance(type_, Record) else None

    def _held(self, type_: Type) -> Iterator[Record | Map]:
        """The records and maps in arrays and unions."""
        self._tree.step()
        if isinstance(type_, Record | Map):
            yield type_
        elif isinstance(type_, Array):
            yield from self._held(self._types.resolved(type_.items))
        elif isinstance(type_, Union):
            for branch in type_.branches:
                yield from self._held(self._types.resolved(branch))

    def _facts(self, type_: Type) -> Iterator[str]:
        if isinstance(type_, Simple):
            yield from type_.facts
        elif isinstance(type_, Array):
            yield from self._facts(self._types.resolved(type_.items))
        elif isinstance(type_, Union):
            for branch in type_.branches:
                yield from self._facts(self._types.resolved(branch))

    def _nullable(self, union: Union) -> Type | None:
        """What a union of two, one of them null, holds besides."""
        found = [self._types.resolved(branch) for branch in union.branches]
        others = [branch for branch in found if branch.kind != "null"]
        return others[0] if len(found) == 2 and len(others) == 1 else None

    def _display(self, type_: Type) -> str:
        if isinstance(type_, Array):
            return f"ARRAY<{self._display(self._types.resolved(type_.items))}>"
        if isinstance(type_, Reference):
            return type_.name
        if not isinstance(type_, Union):
            return type_.kind
        nullable = self._nullable(type_)
        branches = (self._types.resolved(branch) for branch in type_.branches)
        return f"UNION<{','.join(self._word(branch, whole=branch is nullable) for branch in branches)}>"

    def _word(self, branch: Type, *, whole: bool) -> str:
        if isinstance(branch, Reference):
            return branch.name
        return self._display(branch) if whole and isinstance(branch, Array) else branch.kind
