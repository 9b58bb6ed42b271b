"""The rules between bots and the users that they act through.

Texts: contract, "Users and authentication", "Roles, policies, bots".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from brokerbook.errors import BadRequest
from brokerbook.store import people as store

if TYPE_CHECKING:
    from brokerbook.engine.refs import Targets
    from brokerbook.engine.state import State
    from brokerbook.engine.write import Work
    from brokerbook.store.database import Tx
    from brokerbook.store.entities import EntityRow


class _User(msgspec.Struct):
    isBot: bool = False


_user = msgspec.json.Decoder(_User)


def check(work: Work, targets: Targets, before: State | None, after: State) -> None:
    """Refuses a bot that acts through a person, or through another bot's user."""
    old = [item.id for item in before.links["botUser"]] if before is not None else []
    for item in after.links.get("botUser", ()):
        if item.id in old:
            continue
        row = targets.by_id("user", item.id)
        if not _user.decode(row.doc).isBot:
            raise BadRequest(f"User [{row.name}] is not a bot user")
        check_free(work.tx, row, after.document["name"])


def check_free(tx: Tx, user: EntityRow, bot_name: str) -> None:
    """Refuses to let a bot act through a user through whom another one acts, be that one deleted."""
    for bot in store.bots_through(tx, user.id):
        if bot.name != bot_name:
            raise BadRequest(f"Bot user [{user.name}] is already used by [{bot.name}] bot")


def keep_user(work: Work, row: EntityRow, hard: bool) -> None:  # noqa: FBT001  as for every kind
    """Refuses to remove a user for good through whom a bot acts: a bot without a user is none."""
    for bot in store.bots_through(work.tx, row.id) if hard else ():
        raise BadRequest(f"The bot {bot.name} acts through the user {row.name}. Remove the bot for good first.")
