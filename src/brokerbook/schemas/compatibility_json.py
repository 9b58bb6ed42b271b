"""Which changes of a JSON Schema are compatible: whether every value that one version allows is allowed by the other.

A version that allows less than the old one (`narrowed`) breaks writers, one that allows more (`widened`) breaks readers.
One exception, without which no open schema could ever gain a property: that data holds a property which its schema does
not name is possible and not assumed, so that naming one more, or one fewer, breaks nobody where further properties are
allowed without a condition. `oneOf` is compared as `anyOf`; `if` and `not` in so far as they are the same or not;
patterns are never run, so another pattern is taken to allow less and more; `format` is what the specification calls it,
an annotation.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from brokerbook.schemas import compatibility_json_objects
from brokerbook.schemas.compatibility_changes import (
    BOTH,
    NOBODY,
    READERS,
    WRITERS,
    Breaks,
    Broken,
    Findings,
    below,
    listed,
    shown,
)
from brokerbook.schemas.compatibility_json_documents import TYPES, UPPER, Document, Facts, canonical

if TYPE_CHECKING:
    from collections.abc import Iterable

    from brokerbook.schemas.compatibility_changes import Ways, What

_LIMITS = {
    "number": ("minimum", "maximum"),
    "string": ("minLength", "maxLength"),
    "array": ("minItems", "maxItems", "minContains", "maxContains"),
    "object": ("minProperties", "maxProperties"),
}


def compare(findings: Findings, old: str, new: str) -> None:
    """Adds what changed from the old text to the new one."""
    before, after = Document(old), Document(new)
    Walk(findings, Inclusions()).schemas("", before.facts(before.root), after.facts(after.root), BOTH, 0)


class Inclusions:
    """What is known of one schema's values being values of another, pair by pair: the wide schema, the narrow one.

    Schemas may contain themselves: a pair that is being looked at counts as true until it turns out otherwise. What was
    found on the strength of it is forgotten then. What turns out false although all else counts as true stays false.
    """

    def __init__(self) -> None:
        self._true: dict[tuple[Facts, Facts], None] = {}
        self._false: set[tuple[Facts, Facts]] = set()

    def known(self, pair: tuple[Facts, Facts]) -> bool | None:
        """What is known of a pair, or None; then it counts as true from now on."""
        if pair in self._true or pair in self._false:
            return pair in self._true
        self._true[pair] = None
        return None

    def refute(self, pair: tuple[Facts, Facts]) -> None:
        """Notes that a pair that counted as true is not, and forgets what was found since."""
        while self._true.popitem()[0] != pair:
            pass
        self._false.add(pair)


class Walk:
    """One comparison of two schemas, or one question whether the first one's values are all values of the second."""

    def __init__(self, findings: Findings, inclusions: Inclusions) -> None:
        self.findings = findings
        self._inclusions = inclusions
        self._compared: set[tuple[Facts, Facts, Ways]] = set()

    def schemas(self, path: str, old: Facts, new: Facts, ways: Ways, depth: int) -> None:
        """Adds what differs between two schemas of the same place; only `ways` can break."""
        if old.anything and new.anything:
            return
        self.findings.count(depth, len(old.properties) + len(new.properties) + 1)
        if self._seen(old, new, ways):
            return
        self.facts(path, old, new, ways, depth)

    def facts(self, path: str, old: Facts, new: Facts, ways: Ways, depth: int) -> None:
        """The same for two schemas that were not looked at yet."""
        if old.never or new.never:
            if not new.never:
                self.allows(path, "more", "values are allowed now, where there were none", ways)
            elif not old.never:
                self.allows(path, "less", "no value is allowed any more", ways)
            return
        if bool(old.sums) != bool(new.sums) or len(old.sums) != len(new.sums):
            self._alternatives(path, old.spread(), new.spread(), ways, depth)
            return
        self._elsewhere(path, old, new, ways)
        self._types(path, old, new, ways)
        self._values(path, old, new, ways)
        shared = old.types & new.types
        self._limits(path, old, new, shared, ways)
        if "string" in shared:
            self._words(path, "pattern", old.patterns, new.patterns, ways)
        for form in sorted(old.formats ^ new.formats):
            became = "is no longer" if form in old.formats else "is"
            self.findings.add(path, "changed", f"the format {became} {shown(form)}")
        if "array" in shared:
            self._arrays(path, old, new, ways, depth)
        if "object" in shared:
            compatibility_json_objects.compare(self, path, old, new, ways, depth)
        for index in range(len(old.sums)):
            self._alternatives(path, old.branches(index), new.branches(index), ways, depth)
        self._negations(path, old, new, ways, depth)
        self._words(path, "condition", old.conditions, new.conditions, ways, tell=False)

    def allows(self, path: str, how: str, message: str, ways: Ways, what: What | None = None) -> None:
        """Adds that `more` is allowed than before, or `less`."""
        if how == "more":
            self.findings.add(path, what or "widened", message, ways & READERS)
        else:
            self.findings.add(path, what or "narrowed", message, ways & WRITERS)

    def includes(self, wide: Facts, narrow: Facts, depth: int) -> bool:
        """Whether every value of the second is one of the first."""
        self.findings.count(depth)
        question = Findings(listing=False, comparisons=self.findings.comparisons)
        known = self._inclusions.known((wide, narrow))
        if known is not None:
            return known
        try:
            Walk(question, self._inclusions).facts("", narrow, wide, WRITERS, depth + 1)
        except Broken:
            self._inclusions.refute((wide, narrow))
            return False
        finally:
            self.findings.comparisons = question.comparisons
        return True

    def _seen(self, old: Facts, new: Facts, ways: Ways) -> bool:
        """Whether a pair needs no other look."""
        if self.findings.listing:
            seen = (old, new, ways) in self._compared
            self._compared.add((old, new, ways))
            return seen
        known = self._inclusions.known((new, old)) if ways else True
        if known is False:
            raise Broken
        return known is not None

    def _elsewhere(self, path: str, old: Facts, new: Facts, ways: Ways) -> None:
        for ref in old.elsewhere | new.elsewhere:
            self.findings.uncompared[ref] = None
        self._words(path, "reference", old.elsewhere, new.elsewhere, ways)

    def _types(self, path: str, old: Facts, new: Facts, ways: Ways) -> None:
        gained, lost = new.types - old.types, old.types - new.types
        if gained and lost:
            self.findings.add(path, "changed", f"{_titles(old.types)} became {_titles(new.types)}", ways)
        elif gained == frozenset({"number"}) and "integer" in old.types:
            self.allows(path, "more", "integer became number", ways)
        elif lost == frozenset({"number"}) and "integer" in new.types:
            self.allows(path, "less", "number became integer", ways)
        elif gained:
            self.allows(path, "more", f"{_titles(gained)} may occur now", ways)
        elif lost:
            self.allows(path, "less", f"{_titles(lost)} can no longer occur", ways)

    def _values(self, path: str, old: Facts, new: Facts, ways: Ways) -> None:
        if old.values is None and new.values is None:
            return
        if new.values is None:
            self.allows(path, "more", "other values than the listed ones may occur now", ways)
        elif old.values is None:
            self.allows(path, "less", f"only {listed(new.values.values())} may occur now", ways)
        else:
            before, after = old.values, new.values
            if added := [told for key, told in after.items() if key not in before]:
                self.allows(path, "more", f"the value {listed(added)} was added", ways)
            if removed := [told for key, told in before.items() if key not in after]:
                self.allows(path, "less", f"the value {listed(removed)} was removed", ways)

    def _limits(self, path: str, old: Facts, new: Facts, shared: Iterable[str], ways: Ways) -> None:
        for kind in sorted({"number" if each == "integer" else each for each in shared} & _LIMITS.keys()):
            for key in _LIMITS[kind]:
                before, after = old.limits.get(key), new.limits.get(key)
                if before == after:
                    continue
                message = f"{key} was {_limit(key, before)} and is {_limit(key, after)}"
                less = before is None or (after is not None and after > before)
                self.allows(path, "less" if less else "more", message, ways)
            if kind == "number" and old.multiples != new.multiples:
                self._multiples(path, old, new, ways)

    def _multiples(self, path: str, old: Facts, new: Facts, ways: Ways) -> None:
        before, after = sorted(old.multiples), sorted(new.multiples)
        message = f"multipleOf was {listed(before) or 'unset'} and is {listed(after) or 'unset'}"
        breaks = set[Breaks]()
        if not _multiples_of(after, before):
            breaks.add("writers")
        if not _multiples_of(before, after):
            breaks.add("readers")
        what: What = "changed" if len(breaks) == 2 else "narrowed" if "writers" in breaks else "widened"
        self.findings.add(path, what, message, ways & breaks)

    def _words(
        self, path: str, name: str, old: Iterable[str], new: Iterable[str], ways: Ways, *, tell: bool = True
    ) -> None:
        """Demands that are known by their text only: the same, one more, one fewer, or another."""
        added, removed = [each for each in new if each not in set(old)], [each for each in old if each not in set(new)]
        if added and removed:
            told = f": {listed(removed)} became {listed(added)}" if tell else ""
            self.findings.add(path, "changed", f"the {name} is another{told}", ways)
        elif added:
            self.allows(path, "less", f"a {name} was added" + (f": {listed(added)}" if tell else ""), ways)
        elif removed:
            self.allows(path, "more", f"a {name} was removed" + (f": {listed(removed)}" if tell else ""), ways)

    def _arrays(self, path: str, old: Facts, new: Facts, ways: Ways, depth: int) -> None:
        for at in range(max(len(old.positions), len(new.positions))):
            before = old.positions[at] if at < len(old.positions) else old.items
            after = new.positions[at] if at < len(new.positions) else new.items
            self.schemas(below(path, str(at)), old.of(before), new.of(after), ways, depth + 1)
        before, after = old.of(old.items), new.of(new.items)
        if before.never and not after.never:
            self.allows(path, "more", "further items are allowed now", ways)
        elif after.never and not before.never:
            self.allows(path, "less", "further items are refused now", ways)
        else:
            self.schemas(path, before, after, ways, depth + 1)
        if old.unique != new.unique:
            message = "items have to be unique now" if new.unique else "items no longer have to be unique"
            self.allows(path, "less" if new.unique else "more", message, ways)
        inside = f"{path} contains".strip()
        for at in range(max(len(old.contains), len(new.contains))):
            if at >= len(new.contains):
                self.allows(path, "more", "`contains` was removed", ways)
            elif at >= len(old.contains):
                self.allows(path, "less", "`contains` was added", ways)
            else:
                self.schemas(inside, old.of(old.contains[at]), new.of(new.contains[at]), ways, depth + 1)

    def _negations(self, path: str, old: Facts, new: Facts, ways: Ways, depth: int) -> None:
        for at in range(max(len(old.negations), len(new.negations))):
            if at >= len(new.negations):
                self.allows(path, "more", "`not` was removed", ways)
            elif at >= len(old.negations):
                self.allows(path, "less", "`not` was added", ways)
            else:
                before, after = old.of(old.negations[at]), new.of(new.negations[at])
                if not self.includes(before, after, depth):
                    self.allows(path, "less", "`not` excludes more than before", ways)
                if not self.includes(after, before, depth):
                    self.allows(path, "more", "`not` excludes less than before", ways)

    def _alternatives(
        self, path: str, old: list[tuple[str, Facts]], new: list[tuple[str, Facts]], ways: Ways, depth: int
    ) -> None:
        """Adds what differs between alternatives: a value has to fit one of them."""
        lost = self._outside([each for _, each in old], [each for _, each in new], depth)
        gained = self._outside([each for _, each in new], [each for _, each in old], depth)
        titles = [title for title, _ in old], [title for title, _ in new]
        pairs = _pairs(*titles, lost, gained)
        for was, is_ in pairs:
            broken: Ways = (WRITERS if was in lost else NOBODY) | (READERS if is_ in gained else NOBODY)
            self.schemas(path, old[was][1], new[is_][1], ways & broken, depth + 1)
        telling = _telling(*titles)
        for at in sorted((set(range(len(new))) if telling else gained) - {is_ for _, is_ in pairs}):
            broken = ways if at in gained else NOBODY
            self.allows(path, "more", f"an alternative was added: {new[at][0]}", broken)
        for at in sorted((set(range(len(old))) if telling else lost) - {was for was, _ in pairs}):
            broken = ways if at in lost else NOBODY
            self.allows(path, "less", f"an alternative was removed: {old[at][0]}", broken)

    def _outside(self, alternatives: list[Facts], others: list[Facts], depth: int) -> set[int]:
        """Which of the alternatives, by index, are not included in one of the others; the likeliest is asked first."""
        found = set[int]()
        for at, each in enumerate(alternatives):
            ordered = (*others[at : at + 1], *others[:at], *others[at + 1 :])
            if not any(self.includes(other, each, depth) for other in ordered):
                found.add(at)
        return found


def _telling(old: list[str], new: list[str]) -> bool:
    """Whether the titles tell the alternatives of one version apart."""
    return len(set(old)) == len(old) and len(set(new)) == len(new)


def _pairs(old: list[str], new: list[str], lost: set[int], gained: set[int]) -> list[tuple[int, int]]:
    """Which alternatives are versions of each other: those of one title, else of one place; and the last two left."""
    if _telling(old, new):
        at = {title: index for index, title in enumerate(new)}
        pairs = [(index, at[title]) for index, title in enumerate(old) if title in at]
    else:
        pairs = [(index, index) for index in range(len(old))] if len(old) == len(new) else []
    alone, partner = lost - {was for was, _ in pairs}, gained - {is_ for _, is_ in pairs}
    if len(alone) == len(partner) == 1:
        pairs.append((alone.pop(), partner.pop()))
    return pairs


def _limit(key: str, limit: tuple[float, bool] | None) -> str:
    if limit is None:
        return "unset"
    value = -limit[0] if key in UPPER else limit[0]
    return shown(canonical(value)) + (" exclusive" if limit[1] else "")


def _multiples_of(factors: list[float], multiples: list[float]) -> bool:
    """Whether what is a multiple of all the second is one of all the first."""
    return all(any(_fraction(each) % _fraction(factor) == 0 for each in multiples) for factor in factors)


def _fraction(number: float) -> Fraction:
    return Fraction(str(number))


def _titles(types: frozenset[str]) -> str:
    return " or ".join(kind for kind in TYPES if kind in types and not (kind == "integer" and "number" in types))
