"""What only administrators may give or change, and that one of them stays."""

from __future__ import annotations

from typing import TYPE_CHECKING

from brokerbook.access import policy
from brokerbook.errors import BadRequest
from brokerbook.store import identity

if TYPE_CHECKING:
    from collections.abc import Iterable

    import msgspec

    from brokerbook.access.actor import Actor
    from brokerbook.engine.refs import Item, Links
    from brokerbook.engine.state import State
    from brokerbook.engine.write import Work
    from brokerbook.kinds.kind import Document, Kind


def given(kind: Kind, request: msgspec.Struct, links: Links) -> Document:
    """What a create request says of the fields that only an administrator may set; links, resolved, as ids."""
    said = {field: value for field in kind.admin_only if (value := getattr(request, field, None)) is not None}
    return said | {field: _ids(links[field]) for field in kind.admin_only & links.keys()}


def held(kind: Kind, stored: State) -> Document:
    """What a stored entity says of these fields."""
    return stored.document | {field: _ids(stored.links[field]) for field in kind.admin_only & stored.links.keys()}


def _ids(items: Iterable[Item]) -> list[str]:
    return sorted(item.id for item in items)


def check_admin_only(actor: Actor, kind: Kind, stored: Document, given: Document) -> None:
    """Lets only an administrator give or change what only he may."""
    if any(
        (value or None) != (stored.get(field) or None) for field, value in given.items() if field in kind.admin_only
    ):
        policy.check_admin(actor)


def keep_an_administrator(work: Work, kind: Kind, stored: Document, after: Document) -> None:
    """Refuses a change after which nobody could administer the catalog any more."""
    if not kind.authenticates or not _administers(stored) or _administers(after):
        return
    if not identity.other_administrator(work.tx, stored["id"]):
        raise BadRequest(f"{stored['name']} is the last administrator. Make another user one first.")


def _administers(user: Document) -> bool:
    return bool(user.get("isAdmin") and not user.get("isBot") and not user.get("deleted"))
