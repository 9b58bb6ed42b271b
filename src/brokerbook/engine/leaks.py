"""Finds the clear text of an entity's secrets in documents that are shown or kept. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from brokerbook.engine.secrets import Path, Secrets

Search = Callable[[str], Iterator[tuple["Path", str]]]
"""From a JSON text: the path of each secret that stands in it, and the place where it does."""

SHORTEST = 6
"""Characters; a shorter text stands somewhere by chance."""


def search(secrets: Secrets, name: str) -> Search:
    """A search for these secrets; one that is in the entity's own name is public by the choice of whoever set it."""
    wanted = [
        (path, value, _encoded(value), _encoded(_encoded(value)))
        for path, value in secrets.items()
        if len(value) >= SHORTEST and value not in name
    ]

    def found(text: str) -> Iterator[tuple[Path, str]]:
        for path, value, encoded, nested in wanted:
            # Most texts hold none of it, which is seen without reading them as JSON.
            if encoded in text or nested in text:
                for place in _places(msgspec.json.decode(text), value):
                    yield path, place

    return found


def _encoded(text: str) -> str:
    return msgspec.json.encode(text).decode()[1:-1]


def _places(value: Any, wanted: str, place: str = "") -> Iterator[str]:
    if isinstance(value, str):
        if any(_stands(form, value) for form in {wanted, _encoded(wanted)}):
            yield place
    elif isinstance(value, dict):
        for key, inside in value.items():  # type: ignore[reportUnknownVariableType]
            yield from _places(inside, wanted, f"{place}.{key}" if place else str(key))  # type: ignore[reportUnknownArgumentType]
    elif isinstance(value, list):
        for index, inside in enumerate(value):  # type: ignore[reportUnknownVariableType, reportUnknownArgumentType]
            yield from _places(inside, wanted, f"{place}.{index}")


def _stands(wanted: str, text: str) -> bool:
    """Whether one text stands in the other as a word of its own: `broker` does not stand in `brokers`."""
    start = text.find(wanted)
    while start >= 0:
        end = start + len(wanted)
        before, after = text[start - 1 : start], text[end : end + 1]
        if not (before.isalnum() and wanted[0].isalnum()) and not (after.isalnum() and wanted[-1].isalnum()):
            return True
        start = text.find(wanted, start + 1)
    return False
