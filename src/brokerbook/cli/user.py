"""`brokerbook user`: the users of a catalog, for whoever owns the data directory."""

# ruff: noqa: PLC0415

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, NamedTuple

import click

from brokerbook.cli import directory
from brokerbook.cli.layout import Group
from brokerbook.cli.options import configured

if TYPE_CHECKING:
    from collections.abc import Callable

    from brokerbook.settings import Settings
    from brokerbook.store.identity import TokenRow, UserRow


@click.group(cls=Group, short_help="List, add and change users and their tokens.")
def user() -> None:
    """List, add and change users, their passwords and their tokens.

    Changes are recorded with versions and events, as those over HTTP are. What takes something away has been noticed by
    a running server when the command ends.

    Examples:
      brokerbook user add ann --email ann@example.com --admin
      brokerbook user password admin
      brokerbook user revoke ann --all

    """


@user.command("list")
@configured
def list_users(settings: Settings) -> None:
    """List all users and bots."""
    from brokerbook.engine import accounts
    from brokerbook.store.visit import reading

    with reading(settings.data) as tx:
        rows = [(u.name, u.email, _role(u), "disabled" if u.deleted else "") for u in accounts.users(tx)]
    _print_table(("NAME", "E-MAIL", "ROLE", "STATE"), rows)


def _role(row: UserRow) -> str:
    roles = ["bot"] if row.is_bot else []
    return ", ".join([*roles, "administrator"] if row.is_admin else roles)


# passwords


class _Password(NamedTuple):
    text: str
    shown: bool
    """Whether it was made up here, so that it has to be shown once."""


def _with_password(command: Callable[..., None]) -> Callable[..., None]:
    command = click.option("--prompt", is_flag=True, help="Ask for the password on the terminal.")(command)
    return click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")(command)


def _password(*, password_stdin: bool, prompt: bool) -> _Password:
    if password_stdin and prompt:
        raise click.UsageError("--password-stdin and --prompt exclude each other.")
    if password_stdin:
        return _Password(sys.stdin.readline().rstrip("\r\n"), shown=False)
    if prompt:
        text: str = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
        return _Password(text, shown=False)
    from brokerbook.access.passwords import random_password

    return _Password(random_password(), shown=True)


def _tell(sentence: str, password: _Password) -> None:
    if password.shown:
        click.echo(f"{sentence} The password, shown this once:", err=True)
        click.echo(password.text)
    else:
        click.echo(sentence, err=True)


@user.command()
@click.argument("name")
@click.option("--email", required=True, help="The user's e-mail address.")
@click.option("--admin", is_flag=True, help="Make the user an administrator.")
@_with_password
@configured
def add(settings: Settings, name: str, email: str, *, admin: bool, password_stdin: bool, prompt: bool) -> None:
    """Add the user NAME.

    Without --password-stdin and --prompt the password is made at random and printed.

    Examples:
      brokerbook user add ann --email ann@example.com
      pass show ann | brokerbook user add ann --email ann@example.com --password-stdin

    """
    from brokerbook.engine import accounts

    password = _password(password_stdin=password_stdin, prompt=prompt)
    hashed = accounts.password_hash(password.text)
    with directory.working(settings) as work:
        stored = accounts.add(work, name, email, hashed, is_admin=admin)
    _tell(f"Added the {'administrator' if admin else 'user'} {stored}.", password)


@user.command(short_help="Give a user a new password.")
@click.argument("name")
@_with_password
@configured
def password(settings: Settings, name: str, *, password_stdin: bool, prompt: bool) -> None:
    """Give the user NAME a new password, which ends all sessions of that user.

    Without --password-stdin and --prompt it is made at random and printed.
    """
    from brokerbook.engine import accounts

    new = _password(password_stdin=password_stdin, prompt=prompt)
    hashed = accounts.password_hash(new.text)
    with directory.working(settings) as work:
        accounts.set_password(work, name, hashed)
    directory.settle(settings)
    _tell(f"Changed the password of {name}.", new)


# rights

_MOST_SHOWN = 50


@user.command(short_help="Disable a user.")
@click.argument("name")
@configured
def disable(settings: Settings, name: str) -> None:
    """Disable the user NAME: all sessions end, and neither password nor tokens work until `enable`.

    What nobody but NAME owns is listed: it needs another owner.
    """
    from brokerbook.engine import accounts

    with directory.working(settings) as work:
        accounts.disable(work, name)
        user_id = accounts.find(work.tx, name).id
        alone = accounts.sole_ownership(work.tx, user_id, limit=_MOST_SHOWN)
    directory.settle(settings)
    click.echo(f"Disabled {name}.", err=True)
    if alone.counts:
        told = ", ".join(f"{n} {kind}" for kind, n in alone.counts.items())
        click.echo(f"Nobody else owns ({told}):", err=True)
        _print_table(("KIND", "NAME"), [(one["type"], one["fullyQualifiedName"]) for one in alone.references])
        if alone.after is not None:
            click.echo(f"… and more: GET /api/v1/users/{user_id}/soleOwnership lists all.", err=True)


@user.command(short_help="Enable a user again.")
@click.argument("name")
@configured
def enable(settings: Settings, name: str) -> None:
    """Enable the user NAME again, with the password and the tokens that there were."""
    from brokerbook.engine import accounts

    with directory.working(settings) as work:
        accounts.enable(work, name)
    click.echo(f"Enabled {name}.", err=True)


@user.command(short_help="Make a user an administrator, or no more.")
@click.argument("name")
@click.option("--grant/--revoke", "grant", required=True, default=None, help="Make NAME an administrator, or no more.")
@configured
def admin(settings: Settings, name: str, *, grant: bool) -> None:
    """Make the user NAME an administrator, or an ordinary user again; the last administrator stays one."""
    from brokerbook.engine import accounts

    with directory.working(settings) as work:
        accounts.set_admin(work, name, is_admin=grant)
    directory.settle(settings)
    click.echo(f"{name} is {'now' if grant else 'no longer'} an administrator.", err=True)


# tokens

_KINDS = {"BOT": "bot", "PERSONAL_ACCESS": "personal", "REFRESH": "session"}


@user.command(short_help="List the tokens and sessions of a user.")
@click.argument("name")
@configured
def tokens(settings: Settings, name: str) -> None:
    """List the tokens and sessions of the user or bot NAME that work; the tokens themselves are not kept."""
    from brokerbook.engine import accounts
    from brokerbook.store.visit import reading

    with reading(settings.data) as tx:
        rows = accounts.standing(tx, accounts.find(tx, name), directory.now())
    _print_table(("ID", "KIND", "NAME", "CREATED", "EXPIRES", "LAST USED", "LIMITS"), [_told(row) for row in rows])


def _told(row: TokenRow) -> tuple[str, ...]:
    from brokerbook.access import scope

    expires = _date(row.expires_at) if row.expires_at is not None else "never"
    used = _date(row.last_used_at) if row.last_used_at is not None else ""
    limits = "" if row.scope is None else "; ".join(scope.parsed(row.scope).limits())
    return (row.id, _KINDS.get(row.kind, row.kind), row.name, _date(row.created_at), expires, used, limits)


@user.command(short_help="Take tokens of a user back.")
@click.argument("name")
@click.argument("token_ids", metavar="[TOKEN_ID]...", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="All tokens and all sessions.")
@configured
def revoke(settings: Settings, name: str, token_ids: tuple[str, ...], *, everything: bool) -> None:
    """Take tokens of the user or bot NAME back: those with these ids (see `tokens`), or all of them.

    Examples:
      brokerbook user revoke ann 0b1f6a52-9d0c-4a55-9f6e-2f0f6f6f2d11
      brokerbook user revoke ingestion-bot --all

    """
    from brokerbook.engine import accounts
    from brokerbook.store.visit import writing

    if everything == bool(token_ids):
        raise click.UsageError("Name the tokens to take back, or give --all.")
    with writing(settings.data) as tx:
        n = accounts.revoke(tx, name, None if everything else token_ids, now=directory.now())
    directory.settle(settings)
    click.echo(f"Took {n} token{'' if n == 1 else 's'} of {name} back.", err=True)


# printing


def _date(milliseconds: int) -> str:
    return time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(milliseconds / 1000))


def _print_table(titles: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    widths = [max(len(row[i]) for row in (titles, *rows)) for i in range(len(titles))]
    for row in (titles, *rows):
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
