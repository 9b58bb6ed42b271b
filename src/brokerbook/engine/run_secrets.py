"""What is reported of runs, without the secrets that programs may have come across on the way.

Whatever the catalog keeps sealed for the pipeline or its service is masked wherever it stands; in free-form objects, so
is what looks like a secret. What is masked here is stored nowhere, so nobody gets it back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from brokerbook import connectors
from brokerbook.engine import redaction
from brokerbook.engine.secrets import MASK, placed

if TYPE_CHECKING:
    from collections.abc import Callable

    from brokerbook.engine.secrets import Sealer
    from brokerbook.kinds.kind import Document
    from brokerbook.store.database import Tx
    from brokerbook.store.entities import EntityRow


def masking(tx: Tx, sealer: Sealer, row: EntityRow) -> Callable[[Any], Any]:
    """What masks the secrets of a pipeline and of its service in a text, or in the values of JSON."""
    ids = [row.id, *([row.parent_id] if row.parent_id is not None else [])]
    found = {secret for secrets in sealer.unseal_many(tx, ids).values() for secret in secrets.values()}
    if not found:
        return lambda value: value
    sought = redaction.sought(found)
    return lambda value: redaction.redacted(value, sought, MASK, keys=False)


def free_form(value: Document) -> Document:
    """A free-form object with masks in the places of what looks like a secret."""
    masked: Any = value
    for path in connectors.free_secret_paths(value, ()):
        masked = placed(masked, path, MASK)
    return masked
