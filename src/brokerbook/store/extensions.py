"""Values of custom properties in the documents of entities, where many are changed at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from brokerbook.store.database import Tx

# Who sends the body of an earlier PUT again is to be heard, so what is known of it is forgotten.
_DROP = (
    "UPDATE entity SET doc = json_remove(doc, :path), put_digest = NULL"
    " WHERE kind = :kind AND json_type(doc, :path) IS NOT NULL"
)
_DROP_EMPTY = (
    "UPDATE entity SET doc = json_remove(doc, '$.extension')"
    " WHERE kind = :kind AND json_type(doc, '$.extension') = 'object' AND json_extract(doc, '$.extension') = '{}'"
)


def drop(tx: Tx, kind: str, name: str) -> int:
    """Takes the value of a custom property from every entity of a kind, deleted ones too; returns from how many.

    The name holds neither double quotes nor backslashes.
    """
    count = tx.run(_DROP, {"kind": kind, "path": f'$.extension."{name}"'})
    if count:
        tx.run(_DROP_EMPTY, {"kind": kind})
    return count
