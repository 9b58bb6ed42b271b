"""`brokerbook token`: a token for a user or a bot, for whoever owns the data directory."""

# ruff: noqa: PLC0415

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from brokerbook.cli import directory
from brokerbook.cli.layout import Command
from brokerbook.cli.options import configured

if TYPE_CHECKING:
    from brokerbook.engine.named_tokens import Limits
    from brokerbook.settings import Settings

_HOUR_MS = 3_600_000
_DAY_MS = 24 * _HOUR_MS
_MOST_DAYS = 36_500
_MOST_HOURS = 7 * 24


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


class _Hours(click.ParamType[int]):
    """A whole number of hours that two tokens work side by side."""

    name = "hours"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        text = str(value)
        if text.isdecimal() and int(text) <= _MOST_HOURS:
            return int(text)
        raise click.BadParameter(f"{text!r} is not a number of hours from 0 to {_MOST_HOURS}.", ctx, param)


@click.command(cls=Command)
@click.argument("name")
@click.option(
    "--expires",
    type=_Days(),
    metavar="DAYS|never",
    help="How long the token lasts.  [default: 30 days for a person, never for a bot]",
)
@click.option("--name", "label", help="What the token is called in lists.  [default: command line]")
@click.option("--read-only", is_flag=True, help="The token changes nothing.")
@click.option("--kind", "kinds", multiple=True, metavar="KIND", help="The token is for this kind only; repeatable.")
@click.option(
    "--service", "services", multiple=True, metavar="FQN", help="The token is for this service only; repeatable."
)
@click.option("--rotate", "old", metavar="TOKEN_ID", help="Make it like this one of NAME's tokens, in its place.")
@click.option(
    "--overlap", type=_Hours(), metavar="HOURS", help="How long the old one works yet, with --rotate.  [default: 24]"
)
@configured
def token(
    settings: Settings,
    name: str,
    expires: int | None,
    label: str | None,
    *,
    read_only: bool,
    kinds: tuple[str, ...],
    services: tuple[str, ...],
    old: str | None,
    overlap: int | None,
) -> None:
    """Print a token for the user or bot NAME, and nothing else.

    It works at once, beside the tokens that are there. `brokerbook user tokens` lists them, `brokerbook user revoke`
    takes them back. With --rotate, the new token has the name, the limits and the length of the old one.

    Examples:
      export TOKEN=$(brokerbook token admin --expires 1)
      brokerbook token ingestion-bot --name "nightly ingestion"
      brokerbook token admin --name dashboard --read-only --kind messagingService
      brokerbook token ingestion-bot --rotate 0b1f6a52-9d0c-4a55-9f6e-2f0f6f6f2d11 --overlap 2

    """
    from brokerbook.engine.named_tokens import Limits

    limits = Limits(read_only, kinds or None, services or None)
    if old is None:
        if overlap is not None:
            raise click.UsageError("--overlap goes with --rotate.")
        click.echo(_new(settings, name, expires, label or "command line", limits))
    elif limits != Limits() or expires is not None or label is not None:
        raise click.UsageError("A token that is rotated keeps its name, its length and its limits.")
    else:
        click.echo(_rotated(settings, name, old, overlap))


def _new(settings: Settings, name: str, expires: int | None, label: str, limits: Limits) -> str:
    from brokerbook.engine import accounts, named_tokens
    from brokerbook.store.visit import writing

    signer = directory.signer(settings)
    with writing(settings.data) as tx:
        user = accounts.present(tx, name)
        lifetime = named_tokens.usual_lifetime(user) if expires is None else expires * _DAY_MS or None
        return accounts.issue(tx, signer, user, label=label, lifetime=lifetime, limits=limits, now=directory.now())


def _rotated(settings: Settings, name: str, old: str, overlap: int | None) -> str:
    from brokerbook.engine import accounts, named_tokens
    from brokerbook.store.visit import writing

    signer = directory.signer(settings)
    kept = named_tokens.OVERLAP_MS if overlap is None else overlap * _HOUR_MS
    with writing(settings.data) as tx:
        return accounts.rotate(tx, signer, accounts.present(tx, name), old, overlap=kept, now=directory.now())
