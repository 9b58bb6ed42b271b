"""JSON Patch (RFC 6902) as such: the form of a patch, and a document with a patch applied.

What a patch may do to an entity is in `patch`. A mistake is a BadRequest that names the operation, and never repeats a
value.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import msgspec

from brokerbook.errors import BadRequest
from brokerbook.model.decoding import check_depth, check_duplicates, check_texts

if TYPE_CHECKING:
    from brokerbook.kinds.kind import Document

MOST_OPERATIONS = 1000
MOST_COPIES = 100
_TESTED = "the tested value is another"
_NOWHERE = "there is no such place in the document"
LARGEST_DOCUMENT = 1024 * 1024  # a chain of copies must not grow a document without bound
_OPERATIONS = {"add": True, "replace": True, "test": True, "remove": False, "move": False, "copy": False}


def parsed(body: bytes, *, keys_once: bool) -> list[Document]:
    """The operations of a patch body, checked for their form; with `keys_once`, no object in it may give a key twice."""
    check_depth(body)
    try:
        operations: Any = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise BadRequest(f"Unable to process JSON: {error}" if body.strip() else "The request has no body.") from None
    check_texts(operations)
    if keys_once:
        check_duplicates(body)
    if not isinstance(operations, list):
        raise BadRequest("JSON patch has to be an array of objects")
    if len(operations) > MOST_OPERATIONS:  # type: ignore[reportUnknownArgumentType]
        raise BadRequest(f"A patch may have at most {MOST_OPERATIONS} operations.")
    copies = sum(1 for operation in operations if isinstance(operation, dict) and operation.get("op") == "copy")  # type: ignore[reportUnknownVariableType, reportUnknownMemberType]
    if copies > MOST_COPIES:
        raise BadRequest(f"A patch may have at most {MOST_COPIES} copy operations.")
    return [_checked(number, operation) for number, operation in enumerate(operations)]  # type: ignore[reportUnknownVariableType]


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


def applied(operations: list[Document], document: Document) -> Document:
    """A copy of the document with the operations applied to it."""
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
