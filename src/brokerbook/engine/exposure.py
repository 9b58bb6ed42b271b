"""Whether secrets lie where they belong and nowhere else: masks against what is sealed, and clear text in documents.

Reads nothing itself, and never says a secret: only where one is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import msgspec

from brokerbook.engine.secrets import MASK, unpacked
from brokerbook.errors import CatalogError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from brokerbook.engine.secrets import Sealer, Secrets
    from brokerbook.kinds.kind import Document, Kind

Search = Callable[[str], Iterator[str]]
"""From a JSON text: a phrase for each place where a secret stands in it."""

_object = msgspec.json.Decoder(dict[str, Any])

SHORTEST = 6
"""Characters; a shorter text stands somewhere by chance."""


class Vault:
    """Opens sealed secrets, as far as their keys are at hand."""

    def __init__(self, sealer: Sealer | None) -> None:
        self._sealer = sealer
        self._at_hand: dict[str, bool] = {}

    def has(self, key_id: str) -> bool:
        """Whether there is a key of that id."""
        if key_id not in self._at_hand:
            try:
                self._at_hand[key_id] = self._sealer is not None and bool(self._sealer.sealed(key_id, "", b""))
            except CatalogError:
                self._at_hand[key_id] = False
        return self._at_hand[key_id]

    def opened(self, entity_id: str, sealed: tuple[str, bytes]) -> Secrets | None:
        """An entity's secrets, or None if they cannot be opened."""
        key_id, text = sealed
        if self._sealer is None or not self.has(key_id):
            return None
        try:
            return unpacked(self._sealer.unsealed(key_id, entity_id, text))
        except (CatalogError, msgspec.MsgspecError, ValueError):
            return None


def misplaced(kind: Kind, text: str, secrets: Secrets | None) -> Iterator[str]:
    """What is wrong between the masks in a document and the secrets that are stored for it (None: they are sealed)."""
    document = decoded(text)
    if document is None:
        return
    try:
        paths = {path: _at(document, path) for path in kind.secret_paths(document)}
    except (CatalogError, KeyError, TypeError, AttributeError):
        return  # what is wrong with such a document is said elsewhere
    for path, value in paths.items():
        if value != MASK:
            yield f"the secret at {_dotted(path)} stands in its document in clear text."
    if secrets is None or secrets.keys() == paths.keys():
        return
    yield from (f"no secret is stored for the mask at {_dotted(path)}." for path in paths if path not in secrets)
    yield from (f"a secret is stored for {_dotted(path)}, where no mask is." for path in secrets if path not in paths)


def search(secrets: Secrets, name: str) -> Search:
    """A search for these secrets; one that is in the entity's own name is public by the choice of whoever set it."""
    wanted = [
        (_dotted(path), value, *_forms(value))
        for path, value in secrets.items()
        if len(value) >= SHORTEST and value not in name
    ]

    def found(text: str) -> Iterator[str]:
        for path, value, encoded, nested in wanted:
            # Most texts hold none of it, which is seen without reading them as JSON.
            if encoded in text or nested in text:
                for place in _places(decoded(text), {value, encoded}):
                    yield f"the text of the secret at {path} stands in clear at {place}"

    return found


def decoded(text: str) -> Document | None:
    """The JSON object that a text holds, or None."""
    try:
        return _object.decode(text)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None


def _at(document: Document, path: Iterable[str | int]) -> Any:
    holder: Any = document
    for step in path:
        holder = holder[step]
    return holder


def _dotted(path: Iterable[str | int]) -> str:
    return ".".join(map(str, path))


def _forms(text: str) -> tuple[str, str]:
    """How a text stands in JSON, and in JSON that is itself a text in JSON."""
    encoded = _encoded(text)
    return encoded, encoded if encoded == text else _encoded(encoded)


def _encoded(text: str) -> str:
    return msgspec.json.encode(text).decode()[1:-1]


def _places(value: Any, wanted: set[str], place: str = "") -> Iterator[str]:
    if isinstance(value, str):
        if any(_stands(form, value) for form in wanted):
            yield place
    elif isinstance(value, dict):
        items: Document = value  # type: ignore[reportUnknownVariableType]
        for key, inside in items.items():
            yield from _places(inside, wanted, f"{place}.{key}" if place else key)
    elif isinstance(value, list):
        inner: list[Any] = value  # type: ignore[reportUnknownVariableType]
        for index, inside in enumerate(inner):
            yield from _places(inside, wanted, f"{place}.{index}")


def _stands(wanted: str, text: str) -> bool:
    """Whether one text stands in the other as a word of its own: `broker` does not stand in `brokers`."""
    start = text.find(wanted)
    while start >= 0:
        end = start + len(wanted)
        before, after = text[max(start - 1, 0) : start], text[end : end + 1]
        if not (before.isalnum() and wanted[0].isalnum()) and not (after.isalnum() and wanted[-1].isalnum()):
            return True
        start = text.find(wanted, start + 1)
    return False
