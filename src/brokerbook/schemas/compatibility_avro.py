"""Which changes of an Avro schema are compatible: the specification's schema resolution, asked in both directions.

Records, enums and fixed types are the same if their names are, without the namespace, or if the reader has the writer's
name as an alias. Two logical types of the specification that differ are taken to break: what one has written, the other
reads as another value. Documentation, order and properties that the specification does not know are no change.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import UNSET

from brokerbook.schemas.compatibility_avro_types import NAMED, Field, Type, parsed
from brokerbook.schemas.compatibility_changes import BOTH, NOBODY, READERS, WRITERS, Breaks, below, listed, shown

if TYPE_CHECKING:
    from brokerbook.schemas.compatibility_changes import Findings, Ways, What

_PROMOTED = {
    ("int", "long"), ("int", "float"), ("int", "double"), ("long", "float"), ("long", "double"), ("float", "double"),
    ("string", "bytes"), ("bytes", "string"),
}  # fmt: skip
"""What is written as the first can be read as the second."""


def compare(findings: Findings, old: str, new: str) -> None:
    """Adds what changed from the old text to the new one."""
    before, after = parsed(old), parsed(new)
    _Walk(findings).types(after.name.rpartition(".")[2], before, after, BOTH, 0)


class _Walk:
    """One comparison of two schemas; what it has seen of types that contain themselves."""

    def __init__(self, findings: Findings) -> None:
        self._findings = findings
        self._compared: set[tuple[Type, Type, Ways]] = set()
        self._unresolved: set[tuple[Type, Type]] = set()

    # ------------------------------------------------------------------------------------------------------ differences

    def types(self, path: str, old: Type, new: Type, ways: Ways, depth: int) -> None:
        """Adds what differs between two types that stand at the same place; only `ways` can break."""
        self._findings.count(depth, old.weight + new.weight)
        if "union" in {old.kind, new.kind}:
            self._unions(path, old, new, ways, depth)
            return
        if old.kind != new.kind:
            self._became(path, old, new, ways, depth)
            return
        if old.kind in NAMED:
            if (old, new, ways) in self._compared:
                return
            self._compared.add((old, new, ways))
            self._names(path, old, new, ways)
        if old.kind == "record":
            self._records(path, old, new, ways, depth)
        elif old.kind == "enum":
            self._enums(path, old, new, ways)
        elif old.kind == "fixed" and old.size != new.size:
            self._findings.add(path, "changed", f"{old.size} bytes became {new.size}", ways)
        elif old.items is not None and new.items is not None:
            self.types(path if old.kind == "array" else below(path, "*"), old.items, new.items, ways, depth + 1)
        self._logical(path, old, new, ways)

    def _became(self, path: str, old: Type, new: Type, ways: Ways, depth: int) -> None:
        breaks = self._broken(old, new, depth)
        what: dict[Ways, What] = {READERS: "widened", WRITERS: "narrowed"}
        self._findings.add(path, what.get(breaks, "changed"), f"{old.title} became {new.title}", breaks & ways)

    def _names(self, path: str, old: Type, new: Type, ways: Ways) -> None:
        if old.kind == "reference" and old.name == new.name:
            self._findings.uncompared[old.name] = None
        if old.name == new.name:
            return
        breaks = set[Breaks]()
        if not _same_name(new, old):
            breaks.add("writers")
        if not _same_name(old, new):
            breaks.add("readers")
        self._findings.add(path, "renamed", f"{old.title} became {new.title}", ways & breaks)

    def _logical(self, path: str, old: Type, new: Type, ways: Ways) -> None:
        if old.logical == new.logical:
            return
        if old.logical and new.logical:
            self._findings.add(path, "changed", f"{_logic(old)} became {_logic(new)}", ways)
        elif new.logical:
            self._findings.add(path, "changed", f"{new.kind} is meant as {_logic(new)} now")
        else:
            self._findings.add(path, "changed", f"{old.kind} is no longer meant as {_logic(old)}")

    def _enums(self, path: str, old: Type, new: Type, ways: Ways) -> None:
        if added := [symbol for symbol in new.symbols if symbol not in old.symbols]:
            told = f"; readers of the old schema take {shown(old.default)} for it" if old.default else ""
            self._findings.add(
                path, "widened", f"symbol {listed(added)} was added{told}", NOBODY if old.default else ways & READERS
            )
        if removed := [symbol for symbol in old.symbols if symbol not in new.symbols]:
            told = f"; readers of the new schema take {shown(new.default)} for it" if new.default else ""
            self._findings.add(
                path,
                "narrowed",
                f"symbol {listed(removed)} was removed{told}",
                NOBODY if new.default else ways & WRITERS,
            )
        if old.default != new.default:
            self._findings.add(
                path, "changed", f"the default symbol was {shown(old.default)} and is {shown(new.default)}"
            )

    def _unions(self, path: str, old: Type, new: Type, ways: Ways, depth: int) -> None:
        pairs, left, added = _paired(_branches(old), _branches(new))
        for was, branch in pairs:
            self.types(path, was, branch, ways, depth + 1)
        if len(left) == len(added) == 1:
            breaks = set[Breaks]()
            if not self._resolves(new, left[0], depth):
                breaks.add("writers")
            if not self._resolves(old, added[0], depth):
                breaks.add("readers")
            self._findings.add(path, "changed", f"{left[0].title} became {added[0].title}", ways & breaks)
            return
        for branch in added:
            breaks = NOBODY if self._resolves(old, branch, depth) else READERS
            self._findings.add(path, "widened", f"{branch.title} may occur now", ways & breaks)
        for branch in left:
            breaks = NOBODY if self._resolves(new, branch, depth) else WRITERS
            self._findings.add(path, "narrowed", f"{branch.title} can no longer occur", ways & breaks)

    def _records(self, path: str, old: Type, new: Type, ways: Ways, depth: int) -> None:
        gone = [field for name, field in old.fields.items() if name not in new.fields]
        knowing = {field: _source(field, new) for field in gone}  # from which new field readers of an old one fill it
        known_by = {source: field for field, source in knowing.items() if source is not None}
        for name, field in new.fields.items():
            if (same := old.fields.get(name)) is not None:
                self.types(below(path, name), same.type, field.type, ways, depth + 1)
                self._defaults(below(path, name), same, field)
                continue
            source = _source(field, old)
            was = source if source in knowing else known_by.get(field)
            if was is None or was not in knowing:
                self._one_sided(path, field, source, "added", ways, depth)
            else:
                self._renamed(path, (was, knowing.pop(was)), (field, source), ways, depth)
        for field, source in knowing.items():
            self._one_sided(path, field, source, "removed", ways, depth)

    def _renamed(
        self, path: str, old: tuple[Field, Field | None], new: tuple[Field, Field | None], ways: Ways, depth: int
    ) -> None:
        """A field under another name: whoever has the alias reads it, whoever has not needs a default."""
        (was, read_from), (field, filled_from) = old, new
        breaks = set[Breaks]()
        if filled_from is None and field.default is UNSET:
            breaks.add("writers")
        if read_from is None and was.default is UNSET:
            breaks.add("readers")
        inside = below(path, field.name)
        self._findings.add(inside, "renamed", f"{shown(was.name)} became {shown(field.name)}", ways & breaks)
        if filled_from is was and read_from is field:
            self.types(inside, was.type, field.type, ways, depth + 1)
            return
        if filled_from is not None:
            self.types(inside, filled_from.type, field.type, ways & WRITERS, depth + 1)
        if read_from is not None:
            self.types(inside, was.type, read_from.type, ways & READERS, depth + 1)

    def _one_sided(self, path: str, field: Field, source: Field | None, what: What, ways: Ways, depth: int) -> None:
        """A field that only one version has: its readers fill it from where an alias leads, or by its default."""
        added = what == "added"
        inside, broken = below(path, field.name), ways & (WRITERS if added else READERS)
        if source is not None:
            self._findings.add(
                inside, what, f"the field was {what}; its readers take what was written as {shown(source.name)}"
            )
            pair = (source.type, field.type) if added else (field.type, source.type)
            self.types(inside, *pair, broken, depth + 1)
        elif field.default is not UNSET:
            self._findings.add(inside, what, f"the field, which has a default, was {what}")
        else:
            self._findings.add(inside, what, f"the field, which has no default, was {what}", broken)

    def _defaults(self, path: str, old: Field, new: Field) -> None:
        if old.default == new.default and type(old.default) is type(new.default):
            return
        if old.default is UNSET:
            self._findings.add(path, "changed", "the field has a default now")
        elif new.default is UNSET:
            self._findings.add(path, "changed", "the field no longer has a default")
        else:
            self._findings.add(path, "changed", "the field has another default")

    # ------------------------------------------------------------------------------------------------------- resolution

    def _broken(self, old: Type, new: Type, depth: int) -> Ways:
        backward = NOBODY if self._resolves(new, old, depth) else WRITERS
        return backward | (NOBODY if self._resolves(old, new, depth) else READERS)

    def _resolves(self, reader: Type, writer: Type, depth: int) -> bool:
        """Whether the reader can read everything that the writer may write."""
        return self._reads(reader, writer, set(), depth)

    def _reads(self, reader: Type, writer: Type, assumed: set[tuple[Type, Type]], depth: int) -> bool:
        self._findings.count(depth, reader.weight + writer.weight)
        if (reader, writer) in self._unresolved:
            return False
        if (reader, writer) in assumed:
            return True
        assumed.add((reader, writer))
        found = self._reads_parts(reader, writer, assumed, depth + 1)
        if not found:
            assumed.discard((reader, writer))
            self._unresolved.add((reader, writer))
        return found

    def _reads_parts(self, reader: Type, writer: Type, assumed: set[tuple[Type, Type]], depth: int) -> bool:
        if writer.kind == "union":
            return all(self._reads(reader, branch, assumed, depth) for branch in writer.branches)
        if reader.kind == "union":
            chosen = _partner(reader.branches, writer)
            if chosen is not None:
                return self._reads(chosen, writer, assumed, depth)
            return any((writer.kind, branch.kind) in _PROMOTED for branch in reader.branches)
        if reader.logical and writer.logical and reader.logical != writer.logical:
            return False
        if reader.kind != writer.kind:
            return (writer.kind, reader.kind) in _PROMOTED
        if not _same(reader, writer):
            return False
        return self._reads_inside(reader, writer, assumed, depth)

    def _reads_inside(self, reader: Type, writer: Type, assumed: set[tuple[Type, Type]], depth: int) -> bool:
        match reader.kind:
            case "record":
                return self._reads_fields(reader, writer, assumed, depth)
            case "enum":
                return reader.default is not None or reader.symbols.keys() >= writer.symbols.keys()
            case "fixed":
                return reader.size == writer.size
            case "array" | "map" if reader.items is not None and writer.items is not None:
                return self._reads(reader.items, writer.items, assumed, depth)
            case _:
                return True

    def _reads_fields(self, reader: Type, writer: Type, assumed: set[tuple[Type, Type]], depth: int) -> bool:
        for name, field in reader.fields.items():
            source = writer.fields.get(name) or _source(field, writer)
            if source is None:
                if field.default is UNSET:
                    return False
            elif not self._reads(field.type, source.type, assumed, depth):
                return False
        return True


def _source(field: Field, writer: Type) -> Field | None:
    """The field whose data an alias lets a reader take for one of his that the writer does not know."""
    return next((writer.fields[alias] for alias in sorted(field.aliases) if alias in writer.fields), None)


def _logic(type_: Type) -> str:
    match type_.logical:
        case ("decimal", precision, scale):
            return f"decimal({shown(precision)}, {shown(scale)})"
        case (name, *_):
            return str(name)
        case _:
            return type_.kind


def _branches(type_: Type) -> list[Type]:
    return type_.branches if type_.kind == "union" else [type_]


def _same_name(reader: Type, writer: Type) -> bool:
    return reader.name.rpartition(".")[2] == writer.name.rpartition(".")[2] or writer.name in reader.aliases


def _same(reader: Type, writer: Type) -> bool:
    """Whether the reader's type is meant for the writer's, before their parts are looked at."""
    return reader.kind == writer.kind and (reader.kind not in NAMED or _same_name(reader, writer))


def _partner(branches: list[Type], other: Type) -> Type | None:
    """The branch that a reader takes for what is written as another type."""
    pairs, _, _ = _paired(branches, [other])
    return pairs[0][0] if pairs else None


def _paired(old: list[Type], new: list[Type]) -> tuple[list[tuple[Type, Type]], list[Type], list[Type]]:
    """The branches of two unions that stand for the same, and what is left of both.

    By full name if possible, else by name, else by an alias of one of the two.
    """
    pairs: list[tuple[Type, Type]] = []
    left, added = dict.fromkeys(old), list(new)
    for names in (_full_names, _short_names, _known_names):
        index = {(was.kind, name): was for was in reversed(left) for name in names(was)}
        missing: list[Type] = []
        for branch in added:
            found = (index.get((branch.kind, name)) for name in names(branch))
            was = next((each for each in found if each in left), None)
            if was is None:
                missing.append(branch)
            else:
                pairs.append((was, branch))
                del left[was]
        added = missing
    return pairs, list(left), added


def _full_names(type_: Type) -> tuple[str, ...]:
    return (type_.name,)


def _short_names(type_: Type) -> tuple[str, ...]:
    return (type_.name.rpartition(".")[2],)


def _known_names(type_: Type) -> tuple[str, ...]:
    return (type_.name, *sorted(type_.aliases))
