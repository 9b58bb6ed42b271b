"""Secrets out of reports: a program that connects may tell, in a message or a trace, what it connects with. Pure."""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import quote, quote_plus

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable

_ANYWHERE = 6
"""Characters; a shorter secret is masked only where it stands as a word of its own."""


def pattern(secrets: Iterable[str]) -> re.Pattern[str]:
    """What finds secrets in a text: as they are, and as JSON, URLs and HTTP's basic authentication write them."""
    texts: set[str] = set()
    for secret in secrets:
        _, colon, password = secret.partition(":")
        for text in (secret, password) if colon and password else (secret,):
            encoded = msgspec.json.encode(text).decode()[1:-1]
            texts |= {text, encoded, quote(text, safe=""), quote_plus(text), repr(text)[1:-1]}
        texts.add(base64.b64encode(secret.encode()).decode())
    # the longest first: one secret may be the beginning of another
    return re.compile("|".join(_sought(text) for text in sorted(texts, key=len, reverse=True)))


def _sought(text: str) -> str:
    return re.escape(text) if len(text) >= _ANYWHERE else rf"(?<!\w){re.escape(text)}(?!\w)"


def redacted(value: Any, secrets: re.Pattern[str], mask: str, *, keys: bool = True) -> Any:
    """A JSON value with the mask in the place of each secret that stands in one of its texts, and in one of its `keys`."""
    if isinstance(value, str):
        return secrets.sub(mask, value)
    if isinstance(value, dict):
        return {
            secrets.sub(mask, key) if keys else key: redacted(inner, secrets, mask, keys=keys)
            for key, inner in cast("dict[str, Any]", value).items()
        }
    if isinstance(value, list):
        return [redacted(inner, secrets, mask, keys=keys) for inner in cast("list[Any]", value)]
    return value
