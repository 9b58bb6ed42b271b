"""JSON Patch (RFC 6902) on an entity: the document is what a read with every field serves.

Rules: contract, "PATCH semantics" and "Consolidation". What cannot change is silently put back; what is a mistake is
a BadRequest that names the operation, and never repeats a value.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from brokerbook.access import policy
from brokerbook.engine import (
    administrators,
    complete,
    computed,
    diff,
    facts,
    json_patch,
    message_schemas,
    own_record,
    own_rules,
    refs,
    rename,
    write,
)
from brokerbook.engine.state import State, load, widened
from brokerbook.errors import BadRequest
from brokerbook.kinds.kind import FIELD_LABELS
from brokerbook.model.decoding import converted

if TYPE_CHECKING:
    from collections.abc import Callable

    from brokerbook.engine.state import Loaded
    from brokerbook.engine.write import Outcome, Work
    from brokerbook.kinds.kind import Document, Kind
    from brokerbook.store.entities import EntityRow


def parsed(kind: Kind, body: bytes) -> list[Document]:
    """The operations of a patch body, checked for their form; those on `href` are dropped."""
    operations = json_patch.parsed(body, keys_once=kind.sealed is not None)
    return [operation for operation in operations if not _is_moot(kind, operation)]


def _is_moot(kind: Kind, operation: Document) -> bool:
    """Whether what it changes would be put back anyway, and is not in the document that it would be applied to."""
    return operation["path"].endswith("/href") or _field(operation["path"]) in kind.put_back


def patch(
    work: Work,
    kind: Kind,
    row: EntityRow,
    operations: list[Document],
    matches: Callable[[Loaded], None] | None = None,
) -> Outcome:
    """Applies a patch to a live entity; `matches` raises PreconditionFailed if the caller has seen another state."""
    named = {_field(pointer) for operation in operations for pointer in _named(operation)}
    touched = {message_schemas.edited(kind, pointer) for operation in operations for pointer in _touched(operation)}
    if touched & kind.admin_only:
        policy.check_admin(work.actor)
    found = widened(work.tx, kind, load(work.tx, work.sealer, kind, row), named)
    own_record.check_patch(work, kind, found, touched)
    if kind.veil is not None and kind.sealed in named:
        policy.check(work.actor, ("ViewAll",), facts.of_row(work.tx, kind, row, found.state.links))
    if matches is not None:
        matches(found)
    own_rules.before_patch(kind.name, found, operations)
    before = served(work, kind, found)
    known = facts.of_row(work.tx, kind, row, found.state.links)
    if "tags" in touched and not any(policy.allows(work.actor, edit, known) for edit in policy.LABEL_EDITS):
        policy.check(work.actor, sorted(policy.editing("tags", _given_labels(operations))), known)
    after = json_patch.applied(operations, before)
    if after.get("deleted") is not before.get("deleted") and "deleted" in kind.fields:
        if after.get("deleted"):
            raise BadRequest(f"{kind.name} attribute deleted can't be modified")
        after["deleted"] = before["deleted"]
    targets = refs.Targets(work.tx)
    name = rename.new_name(kind, before, after)
    state = _state(kind, targets, found, before, after)
    state = state._replace(links=rename.agreed(kind, targets, found.state.links, state.links))
    if "tags" in touched:
        changed = _changed_labels(found, state)
        policy.check(work.actor, sorted(policy.editing("tags", changed)), known)
    administrators.check_admin_only(work.actor, kind, before, _admin_only(kind, before, after))
    place = rename.placed(work, kind, targets, row, name, state.links)
    if place.fqn == row.fqn and place.parent_id == row.parent_id:
        return write.save(work, kind, targets, found, state, consolidate=matches is None)
    begins = rename.admitted(work, kind, place, state.links) if place.parent_id != row.parent_id else {}
    renamed = state._replace(document=state.document | {"name": name, "fullyQualifiedName": place.fqn} | begins)
    outcome = write.save(work, kind, targets, found, renamed, place=place)
    rename.carry(work, kind, row.id, found.state.links, renamed.links)
    rename.cascade(work, kind, row, outcome.row, begins)
    return outcome


def served(work: Work, kind: Kind, found: Loaded) -> Document:
    """The document that patches are written against: plain fields and links as a read shows them, lists even when empty.

    It holds masks for bots too: a secret that a patch could copy or move would no longer be one.
    """
    links = {found.row.id: {field: list(items) for field, items in found.state.links.items()}}
    complete.links(work.tx, kind, links, found.state.links)
    computed.adjust(work.tx, kind, links, frozenset(found.state.links))
    document = {field: value for field, value in found.state.document.items() if field not in kind.by_name}
    return message_schemas.served(kind, document | refs.shown(kind, links[found.row.id]))


def _field(pointer: str) -> str:
    return pointer.split("/")[1].replace("~1", "/").replace("~0", "~")


def _named(operation: Document) -> set[str]:
    """Where an operation looks, or changes something."""
    keys = ("path", "from") if operation["op"] in ("move", "copy") else ("path",)
    return {operation[key] for key in keys}


def _touched(operation: Document) -> set[str]:
    """Where it changes something."""
    match operation["op"]:
        case "test":
            return set()
        case "copy":
            return {operation["path"]}
        case _:
            return _named(operation)


def _given_labels(operations: list[Document]) -> list[Document]:
    given: list[Any] = []
    for operation in operations:
        value = operation.get("value")
        given += cast("list[Any]", value) if isinstance(value, list) else [value]
    labels = [cast("Document", label) for label in given if isinstance(label, dict)]
    return [label for label in labels if isinstance(label.get("tagFQN"), str)]


def _state(kind: Kind, targets: refs.Targets, found: Loaded, before: Document, after: Document) -> State:
    for field in diff.COMMON | kind.immutable:
        if field in before:
            after[field] = before[field]
        else:
            after.pop(field, None)
    for field, value in list(after.items()):
        if field not in kind.fields or field in kind.unstored:
            known = ", ".join(sorted(kind.fields - kind.unstored))
            raise BadRequest(
                f'Unrecognized field "{field}", not marked as ignorable. '
                f"Invalid field '{field}' for {kind.entity.__name__}. Valid fields are: {known}"
            )
        if value is None:
            del after[field]
    for field in kind.by_name & after.keys():
        raise BadRequest(f"{field} of {kind.name} {found.row.fqn} cannot be patched. PUT the {kind.name} with it.")
    converted({key: value for key, value in after.items() if key != "changeDescription"}, kind.entity)
    links = {field: _link(targets, kind, found, field, before, after) for field in found.state.links}
    plain = {field: after[field] for field in kind.plain if field in after}
    plain |= {field: found.state.document[field] for field in kind.by_name if field in found.state.document}
    if kind.schema is not None and before.get(kind.schema) != after.get(kind.schema):
        plain[kind.schema], labels = message_schemas.taken(kind, after)
        links[FIELD_LABELS.field] = refs.resolved(targets, FIELD_LABELS, labels)
        if after.get(kind.schema) is None:
            del plain[kind.schema]
    elif kind.schema in plain:
        plain[kind.schema] = found.state.document[kind.schema]
    plain = kind.recheck(found.state.document, plain)
    return State(write.sanitised(plain), links, found.state.secrets)


def _link(
    targets: refs.Targets, kind: Kind, found: Loaded, field: str, before: Document, after: Document
) -> list[refs.Item]:
    link = kind.link_of[field]
    if not link.versioned or field in kind.immutable or before.get(field) == after.get(field):
        return found.state.links[field]
    value: Any = after.get(field) or []
    asked = cast("list[Any]", value) if isinstance(value, list) else [value]
    if link.many:
        # what is shown without being stored, because it is inherited for one, may come back and is still not stored
        stored = [item.shown for item in found.state.links[field]]
        shown_only = [item for item in before[field] if item not in stored]
        asked = [item for item in asked if item not in shown_only]
    return refs.resolved(targets, link, asked)


def _changed_labels(found: Loaded, state: State) -> list[Document]:
    """The labels of the entity, and of the fields of its schema, that are others now."""
    old, new = (
        {
            (item.shown.get("field"), item.id): item
            for field in ("tags", FIELD_LABELS.field)
            for item in links.get(field, ())
        }
        for links in (found.state.links, state.links)
    )
    changed = [new.get(key) or old[key] for key in old.keys() | new.keys() if old.get(key) != new.get(key)]
    return [item.shown.get("label") or item.shown for item in changed]


def _admin_only(kind: Kind, before: Document, after: Document) -> Document:
    return {field: after.get(field) for field in kind.admin_only if before.get(field) != after.get(field)}
