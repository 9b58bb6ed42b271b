"""Which changes of what a JSON Schema demands of objects are compatible: properties, required ones, further ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from brokerbook.schemas.compatibility_changes import NOBODY, READERS, WRITERS, Breaks, below, listed, shown

if TYPE_CHECKING:
    from brokerbook.schemas.compatibility_changes import Ways, What
    from brokerbook.schemas.compatibility_json import Walk
    from brokerbook.schemas.compatibility_json_documents import Facts, Node


def compare(walk: Walk, path: str, old: Facts, new: Facts, ways: Ways, depth: int) -> None:
    """Adds what differs between what two schemas of the same place demand of objects."""
    objects = _Objects(walk, path, old, new, ways, depth)
    for name in old.properties | new.properties | old.required | new.required:
        objects.property(name)
    objects.further()
    for pattern in old.by_pattern | new.by_pattern:
        before, after = old.by_pattern.get(pattern, old.further), new.by_pattern.get(pattern, new.further)
        objects.inside(below(path, f"/{pattern}/"), before, after)
    objects.inside(f"{path} names".strip(), old.names, new.names)
    objects.dependencies()


@dataclass(slots=True)
class _Objects:
    walk: Walk
    path: str
    old: Facts
    new: Facts
    ways: Ways
    depth: int

    def inside(self, path: str, old: Node, new: Node) -> None:
        self.walk.schemas(path, self.old.of(old), self.new.of(new), self.ways, self.depth + 1)

    def property(self, name: str) -> None:
        """Adds what differs for one property, which one of the two schemas at least names or requires."""
        path = below(self.path, name)
        before, after = self.old.properties.get(name), self.new.properties.get(name)
        demanded = name in self.new.required and name not in self.old.required
        released = name in self.old.required and name not in self.new.required
        if before is not None and after is not None:
            self.inside(path, before, after)
        elif after is not None:
            self._added(path, after, demanded=demanded)
            demanded = False
        elif before is not None:
            self._removed(path, before, released=released)
            released = False
        if demanded:
            self.walk.allows(path, "less", "the property is required now", self.ways)
        if released:
            self.walk.allows(path, "more", "the property is no longer required", self.ways)

    def _added(self, path: str, node: Node, *, demanded: bool) -> None:
        allowed = self.old.of(self.old.further)
        kind = "a required property" if demanded else "an optional property"
        breaks = WRITERS if demanded else NOBODY
        if allowed.never and not self.new.of(node).never:
            told = f"{kind} was added, which the old schema refuses as it allows no further ones"
            self.walk.findings.add(path, "added", told, self.ways & (breaks | READERS))
            return
        self.walk.findings.add(path, "added", f"{kind} was added", self.ways & breaks)
        if not allowed.anything or self.new.of(node).never:
            self.inside(path, self.old.further, node)

    def _removed(self, path: str, node: Node, *, released: bool) -> None:
        allowed = self.new.of(self.new.further)
        kind = "a required property" if released else "a property"
        breaks = READERS if released else NOBODY
        if allowed.never and not self.old.of(node).never:
            told = f"{kind} was removed, which the new schema refuses as it allows no further ones"
            self.walk.findings.add(path, "removed", told, self.ways & (breaks | WRITERS))
            return
        self.walk.findings.add(path, "removed", f"{kind} was removed", self.ways & breaks)
        if not allowed.anything or self.old.of(node).never:
            self.inside(path, node, self.new.further)

    def further(self) -> None:
        """Adds what differs for properties that are not named."""
        before, after = self.old.of(self.old.further), self.new.of(self.new.further)
        if before.never and after.anything:
            self.walk.allows(self.path, "more", "further properties are allowed now", self.ways)
        elif before.anything and after.never:
            self.walk.allows(self.path, "less", "further properties are refused now", self.ways)
        else:
            self.inside(below(self.path, "*"), self.old.further, self.new.further)

    def dependencies(self) -> None:
        """Adds what differs for what is demanded once a property is there."""
        for name in self.old.dependent | self.new.dependent:
            before = self.old.dependent.get(name, frozenset[str]())
            after = self.new.dependent.get(name, frozenset[str]())
            breaks = set[Breaks]()
            if after - before:
                breaks.add("writers")
            if before - after:
                breaks.add("readers")
            if breaks:
                told = f"with {shown(name)}, {listed(sorted(after)) or 'nothing'} is required, not {listed(sorted(before)) or 'nothing'}"
                what: What = "changed" if len(breaks) == 2 else "narrowed" if "writers" in breaks else "widened"
                self.walk.findings.add(self.path, what, told, self.ways & breaks)
        for name in self.old.dependent_schemas | self.new.dependent_schemas:
            before, after = self.old.dependent_schemas.get(name, True), self.new.dependent_schemas.get(name, True)
            self.inside(f"{self.path} with {shown(name)}".strip(), before, after)
