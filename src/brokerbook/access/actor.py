"""Who asks: the one value that every check and every change is made with."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from brokerbook.access.rights import NOTHING, Rights

if TYPE_CHECKING:
    from brokerbook.access.scope import Scope


class Actor(NamedTuple):
    """A known caller, as his token and his user's record say; `token_id` is the `jti` of the token he came with."""

    id: str
    name: str
    is_admin: bool
    is_bot: bool
    token_id: str = ""
    impersonated_by: str | None = None
    """The bot that acts in this user's name, if any; recorded as `impersonatedBy`."""
    rights: Rights = NOTHING
    """What policies let him do; an administrator needs none."""
    scope: Scope | None = None
    """What his token is limited to; None: nothing but his rights limits it."""
    epoch: str = ""
    """When that was worked out, as the catalog's identity epoch says it; empty: it cannot change."""


SYSTEM = Actor(id="", name="admin", is_admin=True, is_bot=False)
"""The catalog itself: what it seeds at the first start is recorded as the administrator's."""
