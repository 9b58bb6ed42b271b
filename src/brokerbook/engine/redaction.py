"""Secrets out of reports: a program that connects may tell, in a message or a trace, what it connects with. Pure."""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING, Any, NamedTuple, cast
from urllib.parse import quote, quote_plus

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable

_ANYWHERE = 6
"""Characters; a shorter secret is masked only where it stands as a word of its own."""
_LONG = 2000
"""Characters from which on it is quicker to look first which secrets a text holds, which are few if any."""


class Sought(NamedTuple):
    """Secrets in all the ways in which they may be written, the longest first, and what finds any of them."""

    texts: list[str]
    pattern: re.Pattern[str]

    def masked(self, text: str, mask: str) -> str:
        """A text with the mask in the place of each secret; time grows with the text, however many secrets there are."""
        if len(text) < _LONG:
            return self.pattern.sub(mask, text)
        held = [one for one in self.texts if one in text]
        return _pattern(held).sub(mask, text) if held else text


def sought(secrets: Iterable[str]) -> Sought:
    """What finds secrets in a text: as they are, and as JSON, URLs and HTTP's basic authentication write them."""
    texts: set[str] = set()
    for secret in secrets:
        _, colon, password = secret.partition(":")
        for text in (secret, password) if colon and password else (secret,):
            encoded = msgspec.json.encode(text).decode()[1:-1]
            texts |= {text, encoded, quote(text, safe=""), quote_plus(text), repr(text)[1:-1]}
        texts.add(base64.b64encode(secret.encode()).decode())
    # the longest first: one secret may be the beginning of another
    ordered = sorted(texts, key=len, reverse=True)
    return Sought(ordered, _pattern(ordered))


def _pattern(texts: Iterable[str]) -> re.Pattern[str]:
    return re.compile("|".join(map(_branch, texts)))


def _branch(text: str) -> str:
    # It begins with the text itself, so that the search can skip whatever no secret begins with.
    whole = re.escape(text)
    return whole if len(text) >= _ANYWHERE else rf"{whole}(?<!\w{whole})(?!\w)"


def redacted(value: Any, secrets: Sought, mask: str, *, keys: bool = True) -> Any:
    """A JSON value with the mask in the place of each secret that stands in one of its texts, and in one of its `keys`."""
    if isinstance(value, str):
        return secrets.masked(value, mask)
    if isinstance(value, dict):
        return {
            secrets.masked(key, mask) if keys else key: redacted(inner, secrets, mask, keys=keys)
            for key, inner in cast("dict[str, Any]", value).items()
        }
    if isinstance(value, list):
        return [redacted(inner, secrets, mask, keys=keys) for inner in cast("list[Any]", value)]
    return value
