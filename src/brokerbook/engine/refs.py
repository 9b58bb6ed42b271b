"""References between entities: from what a request names to ids, and from stored ids to what an answer shows.

A reference is stored as an id and resolved when it is read, so that a rename or a delete of its target shows at the
next read. Soft-deleted targets are not shown; their edges wait for the restore.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, cast

import msgspec

from brokerbook import names
from brokerbook.errors import BadRequest, EntityNotFound
from brokerbook.kinds import KINDS
from brokerbook.model.wire import EntityReference
from brokerbook.store import entities, relations

if TYPE_CHECKING:
    from collections.abc import Iterable

    from brokerbook.kinds.kind import Document, Kind, Link
    from brokerbook.model.schema_fields import FieldLabel
    from brokerbook.store.database import Tx
    from brokerbook.store.entities import EntityRow
    from brokerbook.store.relations import Edge


class Item(NamedTuple):
    """One target of a link: its id, how it is shown (without `href`), and what a label says besides its tag."""

    id: str
    shown: Document
    data: str | None = None


Links = dict[str, list[Item]]
"""Field → what it refers to, in the order in which it is shown."""


class _Shown(msgspec.Struct):
    displayName: str | None = None
    description: str | None = None
    style: dict[str, Any] | None = None


_shown = msgspec.json.Decoder(_Shown)
_LABEL_DEFAULTS = {"source": "Classification", "labelType": "Manual", "state": "Confirmed"}
_DATES = ("appliedDate", "expiryDate")
_LABEL_DATA = ("source", "labelType", "state", "reason", "appliedAt", "appliedBy", "metadata")


def reference(row: EntityRow | Edge, target_id: str | None = None) -> Document:
    """How an entity is shown where another refers to it."""
    shown = _shown.decode(row.doc)
    found: Document = {
        "id": target_id or row[0],
        "type": row.kind,
        "name": row.name,
        "fullyQualifiedName": row.fqn,
    }
    if shown.description is not None:
        found["description"] = shown.description
    found["displayName"] = shown.displayName if shown.displayName is not None else row.name
    if KINDS[row.kind].soft_deletes:
        found["deleted"] = bool(row.deleted)
    return found


def label(row: EntityRow | Edge, data: Document) -> Document:
    """How a tag is shown on an entity; `data` is what the label says besides its tag."""
    shown = _shown.decode(row.doc)
    found: Document = {"tagFQN": row.fqn, "name": row.name}
    for key in ("displayName", "description", "style"):
        if (value := getattr(shown, key)) is not None:
            found[key] = value
    return found | _LABEL_DEFAULTS | data


class Targets:
    """Finds what requests refer to; remembers it, so that a bulk request asks once for each."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx
        self._by_fqn: dict[tuple[str, str], EntityRow | None] = {}
        self._by_id: dict[str, EntityRow | None] = {}
        self._edges: dict[str, list[Edge]] = {}

    def by_fqn(self, kind: str, fqn: str) -> EntityRow:
        """The live entity of that name, or EntityNotFound."""
        key = (kind, fqn)
        if key not in self._by_fqn:
            row = None
            if (known := KINDS.get(kind)) is not None:
                row = entities.find_by_fqn(self._tx, kind, fqn.lower() if known.lower_names else fqn)
            self._by_fqn[key] = row
            if row is not None:
                self._by_id[row.id] = row
        row = self._by_fqn[key]
        if row is None or row.deleted:
            raise EntityNotFound.of(kind, fqn)
        return row

    def by_id(self, kind: str, entity_id: str) -> EntityRow:
        """The live entity of that kind and id, or EntityNotFound."""
        entity_id = entity_id.lower()
        if entity_id not in self._by_id:
            self._by_id[entity_id] = entities.find_many(self._tx, [entity_id]).get(entity_id)
        row = self._by_id[entity_id]
        if row is None or row.kind != kind or row.deleted:
            raise EntityNotFound.of(kind, entity_id)
        return row

    def learn(self, row: EntityRow) -> None:
        """Takes note of an entity that has just been written, in place of what was known of it."""
        self._by_fqn[row.kind, row.fqn] = self._by_id[row.id] = row
        self._edges.pop(row.id, None)

    def parent(self, row: EntityRow) -> EntityRow | None:
        """The entity above one, deleted or not."""
        if row.parent_id is None:
            return None
        if row.parent_id not in self._by_id:
            self._by_id[row.parent_id] = entities.find_many(self._tx, [row.parent_id]).get(row.parent_id)
        return self._by_id[row.parent_id]

    def edges(self, entity_id: str) -> list[Edge]:
        """The edges from an entity."""
        if entity_id not in self._edges:
            self._edges[entity_id] = relations.of(self._tx, entity_id)
        return self._edges[entity_id]


def asked(kind: Kind, create: msgspec.Struct) -> dict[str, list[Any]]:
    """Field → targets as a create request names them, for every link that it names some of; none is left out."""
    found: dict[str, list[Any]] = {}
    for link in kind.links:
        value = getattr(create, link.field, None)
        if link.field == "domains" and (single := getattr(create, "domain", None)) is not None:
            if value is not None and value != [single]:
                raise BadRequest("domain and domains name different domains; send one of them.")
            value = [single]
        if value:
            found[link.field] = value if link.many else [value]
    return found


def resolved(targets: Targets, link: Link, asked_for: Iterable[Any]) -> list[Item]:
    """What a request refers to, in the order in which it is shown, each target once."""
    asked_for = [item for item in asked_for if not _inherited(item)]
    if link.given == "labels":
        return _labels(targets, asked_for)
    if link.given == "relations":
        return _relations(targets, link, asked_for)
    if link.given == "fieldLabels":
        return _field_labels(targets, asked_for)
    if link.given == "certification":
        return _certifications(targets, asked_for)
    rows: dict[str, EntityRow] = {}
    for item in asked_for:
        row = target(targets, link, item)
        if row.fqn != link.implied:
            rows[row.id] = row
    return sorted((Item(row.id, reference(row)) for row in rows.values()), key=order)


def _inherited(item: Any) -> bool:
    """Whether it is a reference that an answer showed as the upper entity's; it is not this one's own."""
    if isinstance(item, EntityReference):
        return bool(item.inherited)
    return isinstance(item, dict) and bool(cast("Document", item).get("inherited"))


def target(targets: Targets, link: Link, item: Any) -> EntityRow:
    """The live entity that an item of a request refers to; what the link cannot refer to is a BadRequest."""
    if isinstance(item, str):
        if link.given == "ids":
            return targets.by_id(link.targets[0], item)
        return targets.by_fqn(link.targets[0], item)
    asked_for: Document = msgspec.to_builtins(item) if isinstance(item, msgspec.Struct) else item
    kind, entity_id = asked_for.get("type"), asked_for.get("id")
    if kind is None and len(link.targets) == 1:
        kind = link.targets[0]
    if kind is None:
        raise BadRequest(
            f"Owner type must be specified for owner with id [{entity_id}]"
            if link.field == "owners"
            else f"[query param {link.field}.type must not be null]"
        )
    if kind not in link.targets:
        if link.field == "owners":
            raise BadRequest(
                f"Entity of type {kind} can't be the owner. Only Team of type Group or a User can own entities."
            )
        if link.field == "reviewers":
            raise BadRequest(f"Reviewers can only be a Team or User. Given Reviewer Type : {kind}")
        raise BadRequest(f"{link.field} cannot refer to a {kind}. Allowed types are: {', '.join(link.targets)}")
    if entity_id is None:
        if (fqn := asked_for.get("fullyQualifiedName") or asked_for.get("name")) is None:
            raise BadRequest(f"[query param {link.field}.id must not be null]")
        return targets.by_fqn(kind, fqn)
    return targets.by_id(kind, entity_id)


def _labels(targets: Targets, asked_for: Iterable[Any]) -> list[Item]:
    found: dict[str, Item] = {}
    for item in asked_for:
        wanted: Document = msgspec.to_builtins(item) if isinstance(item, msgspec.Struct) else item
        if wanted.get("labelType") == "Derived":
            continue
        kind = "glossaryTerm" if wanted.get("source") == "Glossary" else "tag"
        row = targets.by_fqn(kind, wanted["tagFQN"])
        data = {key: wanted[key] for key in _LABEL_DATA if wanted.get(key) is not None}
        shown = label(row, data)
        found[row.id] = Item(row.id, shown, label_data(shown))
    return sorted(found.values(), key=order)


def label_data(shown: Document) -> str:
    """What a label says besides its tag, as it is stored."""
    return msgspec.json.encode({key: shown[key] for key in _LABEL_DATA if key in shown}).decode()


def _field_labels(targets: Targets, asked_for: Iterable[FieldLabel]) -> list[Item]:
    found = [
        Item(item.id, {"field": wanted.field, "label": item.shown}, item.data)
        for wanted in asked_for
        for item in _labels(targets, [wanted.label])
    ]
    return sorted({(item.shown["field"], item.id): item for item in found}.values(), key=order)


def field_label(edge: Edge) -> Item:
    """What an edge says of a field of a schema: which one it is, and what it is labelled with."""
    said = label(edge, msgspec.json.decode(edge.data or "{}"))
    return Item(edge.target_id, {"field": edge.relation.partition("/")[2], "label": said}, edge.data)


def _certifications(targets: Targets, asked_for: Iterable[Any]) -> list[Item]:
    found: list[Item] = []
    for wanted in asked_for:
        for item in _labels(targets, [wanted["tagLabel"]]):
            shown: Document = {"tagLabel": item.shown} | {key: wanted[key] for key in _DATES if wanted.get(key)}
            found.append(Item(item.id, shown, data_of(shown)))
    return found


def _certification(edge: Edge, data: Document) -> Document:
    said = {key: value for key, value in data.items() if key not in _DATES}
    return {"tagLabel": label(edge, said)} | {key: data[key] for key in _DATES if key in data}


def _relations(targets: Targets, link: Link, asked_for: Iterable[Any]) -> list[Item]:
    types = dict(link.types)
    found: dict[tuple[str, str], Item] = {}
    for item in asked_for:
        wanted: Document = {"term": item} if isinstance(item, str) else item
        said: str = wanted.get("relationType") or link.types[0][0]
        if said not in types:
            raise BadRequest(f"Invalid relation type '{said[:80]}'. Valid types are: {', '.join(types)}")
        row = target(targets, link, wanted["term"])
        found[row.id, said] = Item(row.id, {"relationType": said, "term": reference(row)}, _relation_data(said))
    return sorted(found.values(), key=order)


def _relation_data(said: str) -> str:
    return msgspec.json.encode({"relationType": said}).decode()


def relation(field: str, item: Item) -> str:
    """How the store calls an edge: by its field, and by the type of the relation, or the labelled field, if it has one."""
    said: str | None = item.shown.get("relationType") or item.shown.get("field")
    return field if said is None else f"{field}/{said}"


def edge_rows(kind: Kind, entity_id: str, edges: Iterable[tuple[str, Item]]) -> list[tuple[str, str, str, str | None]]:
    """Edges (how the store calls each, its item) as rows of the store.

    A relation stands at both ends, and what is stored at the other end alone stands there.
    """
    found: list[tuple[str, str, str, str | None]] = []
    for name, item in edges:
        field, _, said = name.partition("/")
        if (reverse := kind.link_of[field].reverse) is not None:
            found.append((item.id, reverse, entity_id, item.data))
            continue
        found.append((entity_id, name, item.id, item.data))
        if said and kind.link_of[field].types:
            inverse = dict(kind.link_of[field].types)[said]
            found.append((item.id, f"{field}/{inverse}", entity_id, _relation_data(inverse)))
    return found


def link_rows(kind: Kind, entity_id: str, links: Links) -> list[tuple[str, str, str, str | None]]:
    """All links of an entity as rows of the store."""
    edges = [(relation(field, item), item) for field, items in links.items() for item in items]
    return edge_rows(kind, entity_id, edges)


def key(shown: Document) -> str:
    """What tells a reference, a label or a relation, as it is shown, from the others of its field."""
    if "term" in shown:
        return f"{shown['relationType']} {shown['term']['id']}"
    if "tagLabel" in shown:
        return shown["tagLabel"]["tagFQN"]
    if "label" in shown:
        return f"{shown['field']} {shown['label']['tagFQN']}"
    return shown.get("tagFQN") or shown["id"]


def data_of(shown: Document) -> str | None:
    """What a label or a relation, as it is shown, says besides its target, as it is stored."""
    if "term" in shown:
        return _relation_data(shown["relationType"])
    if "tagLabel" in shown:
        said = {key: shown["tagLabel"][key] for key in _LABEL_DATA if key in shown["tagLabel"]}
        return msgspec.json.encode(said | {key: shown[key] for key in _DATES if key in shown}).decode()
    if "label" in shown:
        return label_data(shown["label"])
    return label_data(shown) if "tagFQN" in shown else None


def order(item: Item) -> tuple[str, ...]:
    """Where an item stands among its like: by its fully qualified name if it is a label, else by its name."""
    shown = item.shown
    if "term" in shown:
        return (shown["term"]["name"], item.id, shown["relationType"])
    if "label" in shown:
        return (shown["field"], shown["label"]["tagFQN"], item.id)
    return (shown.get("tagFQN") or shown["name"], item.id)


def loaded(kind: Kind, edges: Iterable[Edge]) -> Links:
    """The links of one entity from its edges: every field that a write's answer shows, with a list even when empty."""
    found: Links = {link.field: [] for link in kind.links if not link.reverse}
    for edge in edges:
        link = kind.link_of.get(edge.relation) or _related(kind, edge.relation)
        # what lies in something deleted goes on to say in what
        if link is None or link.reverse or (edge.deleted and link.field not in kind.place and not link.lasting):
            continue
        if link.given == "labels":
            item = Item(edge.target_id, label(edge, msgspec.json.decode(edge.data or "{}")), edge.data)
        elif link.given == "relations":
            shown = msgspec.json.decode(edge.data or "{}") | {"term": reference(edge, edge.target_id)}
            item = Item(edge.target_id, shown, edge.data)
        elif link.given == "fieldLabels":
            item = field_label(edge)
        elif link.given == "certification":
            item = Item(edge.target_id, _certification(edge, msgspec.json.decode(edge.data or "{}")), edge.data)
        else:
            item = Item(edge.target_id, reference(edge, edge.target_id))
        found[link.field].append(item)
    for items in found.values():
        if len(items) > 1:
            items.sort(key=order)
    return found


def _related(kind: Kind, relation: str) -> Link | None:
    field, typed, _ = relation.partition("/")
    return kind.link_of.get(field) if typed else None


def _named(shown: Document, link: Link) -> Document:
    """What refers here may be anything, also what the reader may not see: then it is told by name only."""
    if not link.targets:
        shown.pop("description", None)
    return shown


def incoming(link: Link, edges: Iterable[Edge]) -> list[Item]:
    """What refers to an entity through the other kinds' field that a reverse link shows."""
    items = [
        Item(edge.target_id, _named(reference(edge, edge.target_id), link))
        for edge in edges
        if edge.relation == link.reverse and not edge.deleted and (not link.targets or edge.kind in link.targets)
    ]
    return sorted(items, key=order)


def shown(kind: Kind, links: Links, fields: Iterable[str] | None = None) -> Document:
    """Links as an answer has them, all or only the given fields: a list, empty if there is none; one or nothing."""
    found: Document = {}
    for field, items in links.items():
        if fields is not None and field not in fields:
            continue
        if kind.link_of[field].many:
            found[field] = [item.shown for item in items]
        elif items:
            found[field] = items[0].shown
    return found


def lookup_name(kind: Kind, name: str) -> str:
    """The fully qualified name that a caller means by the name in a path: `a.b` of a top kind is `"a.b"`."""
    if kind.lower_names:
        name = name.lower()
    return name if kind.nested or '"' in name else names.quoted(name)
