"""References inside of a JSON schema: `#`, `#/a/b` and `#name` lead to a part of the same text, all else to nothing."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

from brokerbook.schemas.json_text import as_list, as_object, as_text

_HOPS = 20
REFERENCES = ("$ref", "$dynamicRef", "$recursiveRef")
_REFERENCES = frozenset(REFERENCES)


def reference(schema: dict[str, Any]) -> str | None:
    """What a schema refers to, if it does."""
    if _REFERENCES.isdisjoint(schema):  # nearly always
        return None
    return next(filter(None, (as_text(schema.get(key)) for key in REFERENCES)), None)


class References:
    """Follows references within one document."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._document = document
        identity = document.get("$id", document.get("id"))
        self._identity = identity.rstrip("#") if isinstance(identity, str) else ""
        self._found: dict[str, Any] = {}

    def target(self, ref: str) -> dict[str, Any] | None:
        """The schema that a reference leads to; None if it leads out of the text or to nothing."""
        if ref not in self._found:
            self._found[ref] = self._followed(ref)
        return self._found[ref]

    def plain(self, schema: dict[str, Any]) -> dict[str, Any]:
        """The schema itself, or what it refers to, however often that refers on."""
        for _ in range(_HOPS):
            ref = reference(schema)
            target = self.target(ref) if ref is not None else None
            if target is None:
                break
            schema = target
        return schema

    def _followed(self, ref: str) -> dict[str, Any] | None:
        file, _, fragment = ref.partition("#")
        if file and file != self._identity:
            return None
        part: Any = self._document
        if fragment and not fragment.startswith("/"):
            part = self._anchored(fragment)
        else:
            for token in fragment.split("/")[1:]:
                part = _inner(part, unquote(token).replace("~1", "/").replace("~0", "~"))
        return as_object(part)

    def _anchored(self, name: str) -> Any:
        """The definition with that anchor."""
        for key in ("$defs", "definitions"):
            for one in map(as_object, (as_object(self._document.get(key)) or {}).values()):
                if one and name in (one.get("$anchor"), one.get("$dynamicAnchor")):
                    return one
                if one and f"#{name}" in (one.get("$id"), one.get("id")):
                    return one
        return None


def _inner(part: Any, token: str) -> Any:
    inner = as_object(part)
    if inner is not None:
        return inner.get(token)
    items = as_list(part) or []
    is_index = token.isascii() and token.isdigit() and len(token) < 7
    return items[int(token)] if is_index and int(token) < len(items) else None
