"""`brokerbook token`: a token for a user or a bot, for whoever owns the data directory."""

# ruff: noqa: PLC0415

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from brokerbook.cli import directory
from brokerbook.cli.layout import Command
from brokerbook.cli.options import configured

if TYPE_CHECKING:
    from brokerbook.settings import Settings

_DAY_MS = 24 * 3_600_000
_MOST_DAYS = 36_500


class _Days(click.ParamType[int]):
    """A whole number of days, or `never` (0)."""

    name = "days"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        text = str(value)
        if text == "never":
            return 0
        if text.isdecimal() and 1 <= int(text) <= _MOST_DAYS:
            return int(text)
        raise click.BadParameter(f"{text!r} is neither a number of days from 1 to {_MOST_DAYS} nor never.", ctx, param)


@click.command(cls=Command)
@click.argument("name")
@click.option(
    "--expires",
    type=_Days(),
    metavar="DAYS|never",
    help="How long the token lasts.  [default: 30 days for a person, never for a bot]",
)
@click.option("--name", "label", default="command line", show_default=True, help="What the token is called in lists.")
@configured
def token(settings: Settings, name: str, expires: int | None, label: str) -> None:
    """Print a token for the user or bot NAME, and nothing else.

    It works at once, beside the tokens that are there. `brokerbook user revoke` takes it back.

    Examples:
      export TOKEN=$(brokerbook token admin --expires 1)
      brokerbook token ingestion-bot --name "nightly ingestion"

    """
    from brokerbook.engine import accounts
    from brokerbook.store.visit import writing

    signer = directory.signer(settings)
    with writing(settings.data) as tx:
        user = accounts.present(tx, name)
        lifetime = accounts.usual_lifetime(user) if expires is None else expires * _DAY_MS or None
        text = accounts.issue(tx, signer, user, label=label, lifetime=lifetime, now=directory.now())
    click.echo(text)
