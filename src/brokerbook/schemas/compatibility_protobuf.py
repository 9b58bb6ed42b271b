"""Which changes of a Protobuf file are compatible: those that leave the binary form readable.

Fields are the same if their numbers are. Messages and enums are compared by name, and where a field changes from one to
another, by what they hold. What the language's guide calls compatible is, even where values that do not fit are cut. A
rename breaks nobody in the binary form and everybody in the JSON form; the message says so. A field added to a oneof,
and a value added to a closed enum, is what readers of the old schema take for "nothing is set": it breaks them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from brokerbook.schemas.compatibility_changes import BOTH, NOBODY, READERS, WRITERS, Findings, below, listed, shown
from brokerbook.schemas.compatibility_protobuf_types import Enum, Field, File, Message, parsed

if TYPE_CHECKING:
    from brokerbook.schemas.compatibility_changes import Ways, What

_ALIKE = (
    frozenset({"int32", "int64", "uint32", "uint64", "bool", "enum"}),
    frozenset({"sint32", "sint64"}),
    frozenset({"fixed32", "sfixed32"}),
    frozenset({"fixed64", "sfixed64"}),
    frozenset({"string", "bytes"}),
    frozenset({"bytes", "message"}),
)
"""The types that the language's guide calls compatible, as they have one form on the wire."""
_WHOLE = frozenset({"string", "bytes", "message", "group", "elsewhere"})
"""The types that are never packed."""
_KNOWN = "google.protobuf."
_OTHERWISE = "; the binary form is the same, the JSON form is not"


def compare(findings: Findings, old: str, new: str) -> None:
    """Adds what changed from the old text to the new one."""
    before, after = parsed(old), parsed(new)
    if before.syntax != after.syntax:
        findings.add("", "changed", f"the syntax was {shown(before.syntax)} and is {shown(after.syntax)}")
    if before.package != after.package:
        told = f"the package was {shown(before.package) or 'unset'} and is {shown(after.package) or 'unset'}"
        findings.add("", "changed", f"{told}; only `Any` and generated code know it")
    walk = _Walk(findings)
    walk.files(before, after)
    for name in before.enums | after.enums:
        if name in before.enums and name in after.enums:
            walk.enums(name, before.enums[name], after.enums[name])
        else:
            what: What = "removed" if name in before.enums else "added"
            findings.add(shown(name), what, f"the enum was {what}")


class _Walk:
    def __init__(self, findings: Findings) -> None:
        self._findings = findings
        self._compared: set[tuple[Message | Enum, Message | Enum]] = set()

    def files(self, old: File, new: File) -> None:
        """Adds what differs between the messages of two files."""
        lost = {name: message for name, message in old.messages.items() if name not in new.messages}
        added = {name: message for name, message in new.messages.items() if name not in old.messages}
        used = {each.target for message in old.messages.values() for each in message.fields.values()}
        tops = [name for name in lost if "." not in name], [name for name in added if "." not in name]
        renamed = len(tops[0]) == len(tops[1]) == 1 and _same_fields(lost[tops[0][0]], added[tops[1][0]])
        if renamed:
            was, is_ = lost.pop(tops[0][0]), added.pop(tops[1][0])
            told = f"{shown(was.name)} became {shown(is_.name)}; only `Any` and generated code know the name"
            self._findings.add(shown(is_.name), "renamed", told)
            self.messages(shown(is_.name), was, is_, 0)
        for name, message in new.messages.items():
            if name in old.messages:
                self.messages(shown(name), old.messages[name], message, 0)
        for name in added:
            self._findings.add(shown(name), "added", "the message was added")
        for name, message in lost.items():
            alone = "." not in name and message not in used
            told = "the message was removed" + ("; what was written as it cannot be read" if alone else "")
            self._findings.add(shown(name), "removed", told, WRITERS if alone else NOBODY)

    def messages(self, path: str, old: Message, new: Message, depth: int) -> None:
        """Adds what differs between two messages."""
        self._findings.count(depth, len(old.fields) + len(new.fields) + 1)
        if (old, new) in self._compared:
            return
        self._compared.add((old, new))
        moved = self._moved(path, old, new)
        grown, shrunk = _shared_oneofs(new, old), _shared_oneofs(old, new)
        for number, field in new.fields.items():
            was = old.fields.get(number)
            if was is not None:
                self._field(below(path, field.name), was, field, depth)
            elif field.name not in moved:
                self._added(below(path, field.name), field, old, grown)
        for number, field in old.fields.items():
            if number not in new.fields and field.name not in moved:
                self._removed(below(path, field.name), field, new, shrunk)
        self._oneofs(path, old, new)
        if gone := sorted(_reserved_words(old) - _reserved_words(new)):
            self._findings.add(path, "removed", f"{listed(gone)} is no longer reserved")

    def enums(self, path: str, old: Enum, new: Enum) -> None:
        """Adds what differs between two enums."""
        self._findings.count(0, len(old.values) + len(new.values) + 1)
        if (old, new) in self._compared:
            return
        self._compared.add((old, new))
        before = {name: number for number, names in old.values.items() for name in names}
        after = {name: number for number, names in new.values.items() for name in names}
        moved = {name for name, number in after.items() if before.get(name, number) != number}
        for name in moved:
            told = f"the number of {shown(name)} was {before[name]} and is {after[name]}"
            self._findings.add(below(path, name), "moved", told, BOTH)
        for number, names in new.values.items():
            if moved.issuperset(names):
                continue
            title = listed(names)
            was = old.values.get(number)
            if was is None:
                told = "; readers of the old schema take it for unset" if old.closed else ""
                breaks = READERS if old.closed else NOBODY
                self._findings.add(below(path, names[0]), "widened", f"the value {title} was added{told}", breaks)
            elif not set(was) & set(names):
                self._findings.add(below(path, names[0]), "renamed", f"{listed(was)} became {title}{_OTHERWISE}")
        for number, names in old.values.items():
            if number not in new.values and not moved.issuperset(names):
                told = "; readers of the new schema take it for unset" if new.closed else ""
                told += "" if new.reserved.holds(number) else _reusable(number)
                breaks = WRITERS if new.closed else NOBODY
                self._findings.add(
                    below(path, names[0]), "narrowed", f"the value {listed(names)} was removed{told}", breaks
                )
        if old.closed != new.closed:
            self._findings.add(path, "changed", f"the enum is {'closed' if new.closed else 'open'} now")

    # ------------------------------------------------------------------------------------------------------------ fields

    def _moved(self, path: str, old: Message, new: Message) -> set[str]:
        """Adds the fields that kept their names and not their numbers; returns their names."""
        before = {field.name: field.number for field in old.fields.values()}
        after = {field.name: field.number for field in new.fields.values()}
        moved = {name for name, number in after.items() if before.get(name, number) != number}
        for name in sorted(moved):
            told = f"the number was {before[name]} and is {after[name]}: it is another field on the wire"
            self._findings.add(below(path, name), "moved", told, BOTH)
        return moved

    def _added(self, path: str, field: Field, old: Message, shared: set[str | None]) -> None:
        breaks: Ways = NOBODY
        told = f"the field {field.number} was added"
        if field.label == "required":
            breaks |= WRITERS
            told = f"the required field {field.number} was added, which old data does not hold"
        if old.reserved.holds(field.number):
            breaks |= WRITERS
            told += "; its number was reserved, old data may hold something else under it"
        if field.name in old.reserved.names:
            told += "; its name was reserved, old JSON may hold something else under it"
        if field.oneof in shared:
            breaks |= READERS
            told += f" to the oneof {shown(field.oneof)}; readers of the old schema see nothing set in it"
        self._findings.add(path, "added", told, breaks)

    def _removed(self, path: str, field: Field, new: Message, shared: set[str | None]) -> None:
        breaks: Ways = NOBODY
        told = f"the field {field.number} was removed"
        if field.label == "required":
            breaks |= READERS
            told += "; readers of the old schema require it"
        if field.oneof in shared:
            breaks |= WRITERS
            told += f" from the oneof {shown(field.oneof)}; readers of the new schema see nothing set in it"
        if not new.reserved.holds(field.number):
            told += _reusable(field.number)
        self._findings.add(path, "removed", told, breaks)

    def _field(self, path: str, old: Field, new: Field, depth: int) -> None:
        """Adds what differs between two fields of one number."""
        if old.name != new.name:
            self._findings.add(path, "renamed", f"{shown(old.name)} became {shown(new.name)}{_OTHERWISE}")
        self._type(path, old, new, depth)
        self._label(path, old, new)
        if old.default != new.default:
            told = f"the default was {shown(old.default or 'unset')} and is {shown(new.default or 'unset')}"
            self._findings.add(path, "changed", told)

    def _type(self, path: str, old: Field, new: Field, depth: int) -> None:
        before, after = old.target, new.target
        if old.type == new.type == "elsewhere":
            if not (old.title == new.title and old.title.startswith(_KNOWN)):
                self._findings.uncompared[old.title] = self._findings.uncompared[new.title] = None
            if old.title != new.title:
                self._findings.add(path, "changed", f"{old.title} became {new.title}", BOTH)
        elif old.type != new.type:
            alike = any({old.type, new.type} <= group for group in _ALIKE)
            told = ", which has the same form on the wire; values that do not fit are cut or refused" if alike else ""
            self._findings.add(path, "changed", f"{old.title} became {new.title}{told}", NOBODY if alike else BOTH)
        elif isinstance(before, Message) and isinstance(after, Message):
            if before.name != after.name:
                self._findings.add(path, "changed", f"{old.title} became {new.title}")
                self.messages(path, before, after, depth + 1)
            elif before.name.startswith("map<"):
                self.messages(path, before, after, depth + 1)
        elif isinstance(before, Enum) and isinstance(after, Enum) and before.name != after.name:
            self._findings.add(path, "changed", f"{old.title} became {new.title}")
            self.enums(path, before, after)

    def _label(self, path: str, old: Field, new: Field) -> None:
        if old.label == new.label:
            return
        breaks: Ways = NOBODY
        told = f"it was {old.label or 'singular'} and is {new.label or 'singular'}"
        if new.label == "required":
            breaks |= WRITERS
        if old.label == "required":
            breaks |= READERS
        if new.label == "repeated" and new.type not in _WHOLE and new.packed:
            breaks |= READERS
            told += ", packed, which readers of the old schema do not expect"
        elif new.label == "repeated":
            told += "; readers of the old schema see the last one only"
        if old.label == "repeated" and old.type not in _WHOLE and old.packed:
            breaks |= WRITERS
            told += ", which does not expect what was written packed"
        elif old.label == "repeated":
            told += "; of many, readers of the new schema see the last one only"
        self._findings.add(path, "changed", told, breaks)

    def _oneofs(self, path: str, old: Message, new: Message) -> None:
        """Adds which fields can no longer be set together, or can now: a reader keeps the last one of a oneof."""
        for name, parted in _parted(new, old).items():
            told = f"{listed(parted)} cannot be set together any more, as old data may have it"
            self._findings.add(below(path, name), "narrowed", told, WRITERS)
        for name, parted in _parted(old, new).items():
            told = f"{listed(parted)} can be set together now; readers of the old schema keep the last one"
            self._findings.add(below(path, name), "widened", told, READERS)


def _shared_oneofs(message: Message, other: Message) -> set[str | None]:
    """The oneofs of a message with a field that the other message has in a oneof too."""
    return {
        field.oneof
        for number, field in message.fields.items()
        if field.oneof and number in other.fields and other.fields[number].oneof
    }


def _parted(joined: Message, other: Message) -> dict[str, list[str]]:
    """The oneofs of a message whose fields, as far as the other message has them, do not all share one there."""
    members: dict[str, list[Field]] = {}
    for field in joined.fields.values():
        if field.oneof and field.number in other.fields:
            members.setdefault(field.oneof, []).append(other.fields[field.number])
    return {
        name: [joined.fields[field.number].name for field in fields]
        for name, fields in members.items()
        if len({field.oneof or field.number for field in fields}) > 1
    }


def _same_fields(old: Message, new: Message) -> bool:
    """Whether two messages of different names are one: the same numbers, at least one, with the same types."""
    return bool(old.fields) and {number: field.type for number, field in old.fields.items()} == {
        number: field.type for number, field in new.fields.items()
    }


def _reserved_words(message: Message) -> set[str]:
    ranges = {str(first) if first == last else f"{first} to {last}" for first, last in message.reserved.ranges}
    return ranges | {shown(name) for name in message.reserved.names}


def _reusable(number: int) -> str:
    return f"; {number} is not reserved, so that it could be used again for something else"
