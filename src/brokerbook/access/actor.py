"""Who asks: the one value that every check and every change is made with."""

from __future__ import annotations

from typing import NamedTuple


class Actor(NamedTuple):
    """A known caller, as his token and his user's record say; `token_id` is the `jti` of the token he came with."""

    id: str
    name: str
    is_admin: bool
    is_bot: bool
    token_id: str = ""
    impersonated_by: str | None = None
    """The bot that acts in this user's name, if any; recorded as `impersonatedBy`."""


SYSTEM = Actor(id="", name="admin", is_admin=True, is_bot=False)
"""The catalog itself: what it seeds at the first start is recorded as the administrator's."""
