"""JSON Patch (RFC 6902) on an entity: the document is what a read with every field serves.

Rules: contract, "PATCH semantics" and "Consolidation". What cannot change is silently put back; what is a mistake is
a BadRequest that names the operation, and never repeats a value.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any, cast

import msgspec

from brokerbook.access import policy
from brokerbook.engine import diff, refs, write
from brokerbook.engine.state import State, load
from brokerbook.errors import BadRequest
from brokerbook.model.decoding import check_depth, check_duplicates, check_texts, converted

if TYPE_CHECKING:
    from collections.abc import Callable

    from brokerbook.engine.state import Loaded
    from brokerbook.engine.write import Outcome, Work
    from brokerbook.kinds.kind import Document, Kind
    from brokerbook.store.entities import EntityRow

MOST_OPERATIONS = 1000
MOST_COPIES = 100
_TESTED = "the tested value is another"
_NOWHERE = "there is no such place in the document"
LARGEST_DOCUMENT = 1024 * 1024  # a chain of copies must not grow a document without bound
_OPERATIONS = {"add": True, "replace": True, "test": True, "remove": False, "move": False, "copy": False}


def parsed(kind: Kind, body: bytes) -> list[Document]:
    """The operations of a patch body, checked for their form; those on `href` are dropped."""
    check_depth(body)
    try:
        operations: Any = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise BadRequest(f"Unable to process JSON: {error}" if body.strip() else "The request has no body.") from None
    check_texts(operations)
    if kind.sealed:
        check_duplicates(body)
    if not isinstance(operations, list):
        raise BadRequest("JSON patch has to be an array of objects")
    if len(operations) > MOST_OPERATIONS:  # type: ignore[reportUnknownArgumentType]
        raise BadRequest(f"A patch may have at most {MOST_OPERATIONS} operations.")
    copies = sum(1 for operation in operations if isinstance(operation, dict) and operation.get("op") == "copy")  # type: ignore[reportUnknownVariableType, reportUnknownMemberType]
    if copies > MOST_COPIES:
        raise BadRequest(f"A patch may have at most {MOST_COPIES} copy operations.")
    checked = [_checked(number, operation) for number, operation in enumerate(operations)]  # type: ignore[reportUnknownVariableType]
    return [operation for operation in checked if not operation["path"].endswith("/href")]


def _checked(number: int, operation: Any) -> Document:
    if not isinstance(operation, dict):
        raise BadRequest("JSON patch has to be an array of objects")
    found: Document = operation  # type: ignore[reportUnknownVariableType]
    op = found.get("op")
    if not isinstance(op, str) or op not in _OPERATIONS:
        raise BadRequest(
            f"Operation {number} of the patch has no known op. Allowed values are: {', '.join(_OPERATIONS)}"
        )
    pointers = ("path", "from") if op in ("move", "copy") else ("path",)
    for key in pointers:
        pointer = found.get(key)
        if not isinstance(pointer, str) or not pointer.startswith("/"):
            raise BadRequest(f"Operation {number} of the patch ({op}) needs a {key} that starts with a slash.")
    if _OPERATIONS[op] and "value" not in found:
        raise BadRequest(f"Operation {number} of the patch ({op} {found['path']}) needs a value.")
    return {key: found[key] for key in ("op", "path", "from", "value") if key in found}


def patch(
    work: Work,
    kind: Kind,
    row: EntityRow,
    operations: list[Document],
    matches: Callable[[Loaded], None] | None = None,
) -> Outcome:
    """Applies a patch to a live entity; `matches` raises PreconditionFailed if the caller has seen another state."""
    found = load(work.tx, work.sealer, kind, row)
    before = served(kind, found)
    touched = {part for operation in operations for part in _touched(operation)}
    for field in sorted(touched - {"tags"}):
        policy.check(work.actor, sorted(policy.editing(field)))
    if matches is not None:
        matches(found)
    if "tags" in touched and not any(policy.allows(work.actor, edit) for edit in policy.LABEL_EDITS):
        policy.check(work.actor, sorted(policy.editing("tags", _given_labels(operations))))
    after = _applied(operations, before)
    if after.get("deleted") is not before.get("deleted") and "deleted" in kind.fields:
        if after.get("deleted"):
            raise BadRequest(f"{kind.name} attribute deleted can't be modified")
        after["deleted"] = before["deleted"]
    targets = refs.Targets(work.tx)
    state = _state(work, kind, targets, found, before, after)
    if "tags" in touched:
        changed = _changed_labels(found, state)
        policy.check(work.actor, sorted(policy.editing("tags", changed)))
    write.check_admin_only(work.actor, kind, before, _admin_only(kind, before, after))
    return write.save(work, kind, targets, found, state, consolidate=matches is None)


def served(kind: Kind, found: Loaded) -> Document:
    """The document that patches are written against: plain fields and links, lists even when empty.

    It holds masks for bots too: a secret that a patch could copy or move would no longer be one.
    """
    return found.state.document | refs.shown(kind, found.state.links)


def _touched(operation: Document) -> set[str]:
    parts = {operation["path"].split("/")[1]}
    if operation["op"] == "move":
        parts.add(operation["from"].split("/")[1])
    return {part.replace("~1", "/").replace("~0", "~") for part in parts} if operation["op"] != "test" else set()


def _given_labels(operations: list[Document]) -> list[Document]:
    given: list[Any] = []
    for operation in operations:
        value = operation.get("value")
        given += cast("list[Any]", value) if isinstance(value, list) else [value]
    labels = [cast("Document", label) for label in given if isinstance(label, dict)]
    return [label for label in labels if isinstance(label.get("tagFQN"), str)]


def _applied(operations: list[Document], document: Document) -> Document:
    import jsonpatch  # noqa: PLC0415  not needed until somebody patches
    from jsonpointer import JsonPointerException  # noqa: PLC0415

    patched: Any = copy.deepcopy(document)
    for number, operation in enumerate(operations):
        try:
            patched = jsonpatch.JsonPatch([operation]).apply(patched, in_place=True)
        except (
            jsonpatch.JsonPatchException,
            JsonPointerException,
            TypeError,
            ValueError,
            KeyError,
            IndexError,
        ) as error:
            raise BadRequest(
                f"Operation {number} of the patch ({operation['op']} {operation['path']}) cannot be applied: "
                f"{_TESTED if isinstance(error, jsonpatch.JsonPatchTestFailed) else _NOWHERE}."
            ) from None
        if operation["op"] == "copy" and len(msgspec.json.encode(patched)) > LARGEST_DOCUMENT:
            raise BadRequest(f"The patched document would be larger than {LARGEST_DOCUMENT} bytes.")
    return patched


def _state(work: Work, kind: Kind, targets: refs.Targets, found: Loaded, before: Document, after: Document) -> State:
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
    converted({key: value for key, value in after.items() if key != "changeDescription"}, kind.entity)
    links = {
        link.field: _link(targets, kind, found, link.field, before, after) for link in kind.links if not link.reverse
    }
    plain = {field: after[field] for field in kind.plain if field in after}
    if work.actor.is_bot and found.state.document.get("displayName"):
        plain["displayName"] = found.state.document["displayName"]
    plain = kind.recheck(found.state.document, plain)
    return State(write.sanitised(plain), links, found.state.secrets)


def _link(
    targets: refs.Targets, kind: Kind, found: Loaded, field: str, before: Document, after: Document
) -> list[refs.Item]:
    link = kind.link_of[field]
    if not link.versioned or field in kind.immutable or before.get(field) == after.get(field):
        return found.state.links[field]
    value: Any = after.get(field) or []
    return refs.resolved(targets, link, cast("list[Any]", value) if isinstance(value, list) else [value])


def _changed_labels(found: Loaded, state: State) -> list[Document]:
    old = {item.id: item for item in found.state.links.get("tags", ())}
    new = {item.id: item for item in state.links.get("tags", ())}
    return [(new.get(tag) or old[tag]).shown for tag in old.keys() | new.keys() if old.get(tag) != new.get(tag)]


def _admin_only(kind: Kind, before: Document, after: Document) -> Document:
    return {field: after.get(field) for field in kind.admin_only if before.get(field) != after.get(field)}
