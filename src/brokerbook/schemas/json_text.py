"""Text that is JSON, decoded, and what may be in it."""

from __future__ import annotations

import contextlib
import json
from typing import Any, cast

import msgspec

from brokerbook.schemas.tree import Unreadable


def decoded(text: str) -> Any:
    """What a JSON text says; Unreadable, or a RecursionError where it is nested too deep."""
    with contextlib.suppress(ValueError):
        return msgspec.json.decode(text)
    # Slower, and knows what some writers of schemas write: NaN and Infinity as defaults, halves of surrogate pairs.
    try:
        return json.loads(text)
    except json.JSONDecodeError as fault:
        raise Unreadable(f"it is no JSON at line {fault.lineno}, column {fault.colno}.") from None
    except ValueError:
        raise Unreadable("it is no JSON.") from None


def as_object(value: Any) -> dict[str, Any] | None:
    """The value if it is a JSON object."""
    return cast("dict[str, Any]", value) if isinstance(value, dict) else None


def as_list(value: Any) -> list[Any] | None:
    """The value if it is a JSON array."""
    return cast("list[Any]", value) if isinstance(value, list) else None


def as_text(value: Any) -> str | None:
    """The value if it is text."""
    return value if isinstance(value, str) else None
