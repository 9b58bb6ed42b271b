"""JSON Schema documents: their references followed, `allOf` merged, each schema as the facts that comparisons need.

Drafts 4 to 2020-12. What no rule looks at (titles, descriptions, defaults, examples) is left out. A keyword with a value
that it cannot have says nothing. References are followed within the text only; nothing is fetched.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import inf
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import unquote

import msgspec

from brokerbook.schemas.compatibility_changes import DEEPEST, MOST_COMPARISONS, TooLarge, Unreadable, shown

if TYPE_CHECKING:
    from collections.abc import Iterable

Node = dict[str, Any] | bool
TYPES = ("null", "boolean", "integer", "number", "string", "array", "object")
LOWER = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties", "minContains")
UPPER = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties", "maxContains")
_TYPE_ALONE: dict[str, Node] = {kind: {"type": kind} for kind in TYPES}
_SUMS = ("anyOf", "oneOf")
_REFS = ("$ref", "$dynamicRef", "$recursiveRef")
_NO_SIBLINGS = ("draft-03", "draft-04", "draft-06", "draft-07")
"""The drafts in which everything beside a `$ref` is ignored."""


@dataclass(slots=True, eq=False)
class Facts:
    """What a schema demands of a value; without any fact, every value will do."""

    document: Document
    never: bool = False
    types: frozenset[str] = frozenset(TYPES)
    values: dict[str, str] | None = None
    """From a value in canonical form to how messages show it."""
    limits: dict[str, tuple[float, bool]] = field(default_factory=dict[str, tuple[float, bool]])
    """From `minimum`, `maxLength` … to the limit and whether it is exclusive; upper limits are negative, so that of two
    limits the greater demands more."""
    multiples: frozenset[float] = frozenset()
    patterns: frozenset[str] = frozenset()
    formats: frozenset[str] = frozenset()
    unique: bool = False
    properties: dict[str, Node] = field(default_factory=dict[str, Node])
    by_pattern: dict[str, Node] = field(default_factory=dict[str, Node])
    further: Node = True
    names: Node = True
    required: dict[str, None] = field(default_factory=dict[str, None])
    dependent: dict[str, frozenset[str]] = field(default_factory=dict[str, frozenset[str]])
    dependent_schemas: dict[str, Node] = field(default_factory=dict[str, Node])
    positions: list[Node] = field(default_factory=list[Node])
    items: Node = True
    contains: list[Node] = field(default_factory=list[Node])
    sums: list[tuple[dict[str, Any], str]] = field(default_factory=list[tuple[dict[str, Any], str]])
    """The schemas that hold an `anyOf` or `oneOf`, with that keyword."""
    negations: list[Node] = field(default_factory=list[Node])
    conditions: dict[str, None] = field(default_factory=dict[str, None])
    elsewhere: dict[str, None] = field(default_factory=dict[str, None])
    """References that lead out of the text."""
    parts: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    """The schemas that all have to hold: the schema itself, what it refers to, what stands in its `allOf`."""

    @property
    def anything(self) -> bool:
        """Whether every value will do."""
        return not self.never and not self.parts and not self.elsewhere

    def of(self, node: Node) -> Facts:
        """The facts of a schema inside this one."""
        return self.document.facts(node)

    def branches(self, index: int) -> list[tuple[str, Facts]]:
        """The alternatives of one of its sums with their titles."""
        holder, keyword = self.sums[index]
        return [(title(branch), self.of(branch)) for branch in _nodes(holder.get(keyword))]

    def spread(self) -> list[tuple[str, Facts]]:
        """The schema as alternatives: each branch of its first sum together with everything else that it demands."""
        if not self.sums:
            kinds = [
                kind for kind in TYPES if kind in self.types and not (kind == "integer" and "number" in self.types)
            ]
            if not 1 < len(kinds) < len(TYPES) - 1:
                return [(", ".join(kinds), self)]
            joined = {kind: self.document.both([*self.parts, _TYPE_ALONE[kind]]) for kind in kinds}
            return [(kind, self.of(node)) for kind, node in joined.items()]
        holder, keyword = self.sums[0]
        rest: list[Node] = [self.document.without(part, keyword) if part is holder else part for part in self.parts]
        return [(title(branch), self.of(self.document.both([*rest, branch]))) for branch in _nodes(holder.get(keyword))]


class Document:
    """One text; `root` is its schema."""

    def __init__(self, text: str) -> None:
        try:
            found = msgspec.json.decode(text)
        except (msgspec.DecodeError, RecursionError) as error:
            raise Unreadable("it is not JSON") from error
        if not isinstance(found, dict | bool):
            raise Unreadable("a JSON Schema is an object, `true` or `false`")
        self.root = _node(cast("Any", found))
        self._named: dict[str, Node] = {}
        self._facts: dict[int, tuple[Node, Facts]] = {}
        self._joined: dict[tuple[int, ...], dict[str, Any]] = {}
        self._cut: dict[tuple[int, str], tuple[dict[str, Any], dict[str, Any]]] = {}
        dialect = self.root.get("$schema") if isinstance(self.root, dict) else None
        self._spent = 0
        self._siblings = not (isinstance(dialect, str) and any(draft in dialect for draft in _NO_SIBLINGS))
        self._index(self.root)

    def facts(self, node: Node) -> Facts:
        """What a schema demands; the same object for the same schema, also through references."""
        known = self._facts.get(id(node))  # `True` and `False` are one object each
        if known is not None:
            return known[1]
        parts, elsewhere, never = self._parts(node)
        if len(parts) == 1 and not elsewhere and parts[0] is not node and id(parts[0]) in self._facts:
            facts = self._facts[id(parts[0])][1]
        else:
            facts = Facts(self, never=never, parts=parts, elsewhere=elsewhere)
            if not never:
                for part in parts:
                    _demand(facts, part)
                _demand_of_objects(facts, parts)
                facts.never = not facts.types or facts.values == {}
        for each in (node, *(parts if len(parts) == 1 and not elsewhere else ())):
            self._facts[id(each)] = (each, facts)
        return facts

    def spend(self, work: int) -> None:
        """Counts schemas and properties that facts are made from; TooLarge if it gets too many."""
        self._spent += work
        if self._spent > MOST_COMPARISONS:
            raise TooLarge("the schemas are too large to be compared")

    def both(self, nodes: Iterable[Node]) -> Node:
        """A schema that demands what all of them do; the same object for the same ones."""
        every = [node for node in nodes if node is not True]
        if False in every:
            return False
        if len(every) < 2:
            return every[0] if every else True
        key = tuple(map(id, every))
        return self._joined.setdefault(key, {"allOf": every})

    def without(self, node: dict[str, Any], *keywords: str) -> dict[str, Any]:
        """A schema without some keywords; the same object for the same one."""
        if not any(keyword in node for keyword in keywords):
            return node
        key = (id(node), " ".join(keywords))
        if key not in self._cut:
            self._cut[key] = (node, {name: value for name, value in node.items() if name not in keywords})
        return self._cut[key][1]

    def _parts(self, node: Node) -> tuple[list[dict[str, Any]], dict[str, None], bool]:
        """The schemas that all have to hold, the references that lead elsewhere, whether nothing can hold."""
        parts: list[dict[str, Any]] = []
        elsewhere: dict[str, None] = {}
        seen = set[int]()
        waiting: list[Node] = [node]
        while waiting:
            each = waiting.pop()
            if each is False:
                return [], {}, True
            if not isinstance(each, dict) or id(each) in seen:
                continue
            seen.add(id(each))
            refs = [ref for key in _REFS if isinstance(ref := each.get(key), str)]
            for ref in refs:
                target = self._target(ref)
                if target is None:
                    elsewhere[ref] = None
                else:
                    waiting.append(target)
            if refs and not self._siblings:
                continue
            waiting.extend(reversed(_nodes(each.get("allOf"))))
            own = self.without(each, *_REFS, "allOf")
            if any(key in _DEMANDING for key in own):
                parts.append(own)
            self.spend(1)
        return parts, elsewhere, False

    def _target(self, ref: str) -> Node | None:
        """What a reference leads to within the text."""
        if ref in self._named:
            return self._named[ref]
        base, mark, fragment = ref.partition("#")
        start = self._named.get(base) if base else self.root
        if start is None or not mark or (fragment and not fragment.startswith("/")):
            return None
        found: Any = start
        for step in fragment.split("/")[1:]:
            key = unquote(step).replace("~1", "/").replace("~0", "~")
            if isinstance(found, dict):
                found = cast("dict[str, Any]", found).get(key)
            elif isinstance(found, list) and key.isascii() and key.isdigit() and len(key) < 9:
                every = cast("list[Any]", found)
                found = every[int(key)] if int(key) < len(every) else None
            else:
                return None
        return _node(found) if isinstance(found, dict | bool) else None

    def _index(self, root: Any) -> None:
        """Notes what has an identifier or an anchor; deeper than any comparison goes is refused."""
        waiting: list[tuple[Any, int]] = [(root, 0)]
        while waiting:
            node, depth = waiting.pop()
            if depth > 10 * DEEPEST:
                raise TooLarge("a schema is nested too deeply")
            if isinstance(node, dict):
                found = cast("dict[str, Any]", node)
                for key, form in (("$id", "{}"), ("id", "{}"), ("$anchor", "#{}"), ("$dynamicAnchor", "#{}")):
                    if isinstance(name := found.get(key), str):
                        self._named.setdefault(form.format(name.removesuffix("#")), found)
                waiting.extend((value, depth + 1) for value in found.values())
            elif isinstance(node, list):
                waiting.extend((value, depth + 1) for value in cast("list[Any]", node))


def title(node: Node) -> str:
    """What tells a schema from its alternatives: where it refers to, its title, its constant properties, its type."""
    if not isinstance(node, dict):
        return "any value" if node else "nothing"
    ref, named = node.get("$ref"), node.get("title")
    if isinstance(ref, str):
        return shown(ref.rpartition("/")[2] or ref)
    if isinstance(named, str):
        return shown(named)
    told = [
        f"{name} = {canonical(said['const'])}"
        for name, said in list(_dict(node.get("properties")).items())[:50]
        if isinstance(said, dict) and "const" in said
    ]
    if "const" in node:
        told.append(canonical(node["const"]))
    kinds = node.get("type")
    told = told or [str(kind) for kind in (cast("list[Any]", kinds) if isinstance(kinds, list) else [kinds]) if kind]
    return shown(", ".join(told) or "a schema without a type")


def canonical(value: Any) -> str:
    """A value as text that is the same for equal values."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return msgspec.json.encode(value, order="deterministic").decode()


# ---------------------------------------------------------------------------------------------------------------- demands

_DEMANDING = frozenset({
    "type", "enum", "const", *LOWER, *UPPER, "multipleOf", "pattern", "format", "uniqueItems", "properties",
    "patternProperties", "additionalProperties", "unevaluatedProperties", "propertyNames", "required", "dependencies",
    "dependentRequired", "dependentSchemas", "items", "prefixItems", "additionalItems", "unevaluatedItems", "contains",
    *_SUMS, "not", "if",
})  # fmt: skip


def _demand(facts: Facts, said: dict[str, Any]) -> None:
    """Adds what one schema demands of values of all types but objects."""
    types, values = _types(said), _values(said)
    if values is not None:
        types &= _types_of(said)
        facts.values = (
            values if facts.values is None else {key: facts.values[key] for key in values if key in facts.values}
        )
    facts.types &= types
    for key in (*LOWER, *UPPER):
        _limit(facts, said, key)
    if isinstance(factor := said.get("multipleOf"), int | float) and 0 < factor < inf:
        facts.multiples |= {factor}
    if isinstance(pattern := said.get("pattern"), str):
        facts.patterns |= {pattern}
    if isinstance(named := said.get("format"), str):
        facts.formats |= {named}
    facts.unique = facts.unique or said.get("uniqueItems") is True
    _demand_of_arrays(facts, said)
    facts.sums.extend((said, key) for key in _SUMS if _nodes(said.get(key)))
    if isinstance(negated := said.get("not"), dict | bool):
        facts.negations.append(cast("Node", negated))
    if "if" in said and ("then" in said or "else" in said):
        facts.conditions[canonical([said["if"], said.get("then"), said.get("else")])] = None


def _types(said: dict[str, Any]) -> frozenset[str]:
    kinds = said.get("type")
    named = {kinds} if isinstance(kinds, str) else set(_strings(kinds)) if isinstance(kinds, list) else set(TYPES)
    return frozenset(named & set(TYPES) | ({"integer"} if "number" in named else set[str]()))


def _types_of(said: dict[str, Any]) -> frozenset[str]:
    every: list[Any] = said["enum"] if isinstance(said.get("enum"), list) else [said.get("const")]
    return frozenset(kind for value in every for kind in _kinds(value))


def _kinds(value: Any) -> tuple[str, ...]:
    match value:
        case None:
            return ("null",)
        case bool():
            return ("boolean",)
        case int():
            return ("integer",)
        case float():
            return ("integer" if value.is_integer() else "number",)
        case str():
            return ("string",)
        case list():
            return ("array",)
        case _:
            return ("object",)


def _values(said: dict[str, Any]) -> dict[str, str] | None:
    found = (
        {canonical(each): shown(canonical(each)) for each in said["enum"]}
        if isinstance(said.get("enum"), list)
        else None
    )
    if "const" in said:
        key = canonical(said["const"])
        found = {key: shown(key)} if found is None or key in found else {}
    return found


def _limit(facts: Facts, said: dict[str, Any], key: str) -> None:
    value = said.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return
    exclusive = key.startswith("exclusive")
    name = key.replace("exclusiveM", "m")
    if said.get("exclusive" + key.capitalize()) is True:  # draft 4
        exclusive = True
    limit = (value if key in LOWER else -value, exclusive)
    facts.limits[name] = max(facts.limits.get(name, limit), limit)


def _demand_of_arrays(facts: Facts, said: dict[str, Any]) -> None:
    items, rest = said.get("items"), said.get("additionalItems", True)
    if isinstance(items, list):
        positions = _nodes(cast("list[Any]", items))
    else:
        positions, rest = _nodes(said.get("prefixItems")), said.get("items", said.get("unevaluatedItems", True))
    rest = _node(rest)
    both, mine = facts.document.both, facts.positions
    facts.positions = [
        both([mine[at] if at < len(mine) else facts.items, positions[at] if at < len(positions) else rest])
        for at in range(max(len(mine), len(positions)))
    ]
    facts.items = both([facts.items, rest])
    if isinstance(contains := said.get("contains"), dict | bool):
        facts.contains.append(cast("Node", contains))


def _demand_of_objects(facts: Facts, parts: list[dict[str, Any]]) -> None:
    """Adds what all schemas together demand of objects: a property that one does not name is a further one for it."""
    both = facts.document.both
    facts.document.spend(len(parts) * sum(len(_dict(part.get("properties"))) for part in parts))
    for name in {name: None for part in parts for name in _dict(part.get("properties"))}:
        facts.properties[name] = both(
            _node(_dict(part.get("properties")).get(name, part.get("additionalProperties", True))) for part in parts
        )
    for part in parts:
        for pattern, node in _dict(part.get("patternProperties")).items():
            facts.by_pattern[pattern] = both([facts.by_pattern.get(pattern, True), _node(node)])
        facts.names = both([facts.names, _node(part.get("propertyNames", True))])
        facts.required.update(dict.fromkeys(_strings(part.get("required"))))
        for name, needed in (_dict(part.get("dependencies")) | _dict(part.get("dependentRequired"))).items():
            if isinstance(needed, list):
                facts.dependent[name] = facts.dependent.get(name, frozenset()) | frozenset(_strings(needed))
        for name, node in (_dict(part.get("dependencies")) | _dict(part.get("dependentSchemas"))).items():
            if isinstance(node, dict | bool):
                facts.dependent_schemas[name] = both([facts.dependent_schemas.get(name, True), cast("Node", node)])
    further = both(_node(part.get("additionalProperties", True)) for part in parts)
    facts.further = (
        further if further is not True else both(_node(part.get("unevaluatedProperties", True)) for part in parts)
    )


def _node(found: Any) -> Node:
    return cast("Node", found) if isinstance(found, dict | bool) else True


def _nodes(found: Any) -> list[Node]:
    return [_node(each) for each in cast("list[Any]", found)] if isinstance(found, list) else []


def _dict(found: Any) -> dict[str, Any]:
    return cast("dict[str, Any]", found) if isinstance(found, dict) else {}


def _strings(found: Any) -> list[str]:
    return [each for each in cast("list[Any]", found) if isinstance(each, str)] if isinstance(found, list) else []
