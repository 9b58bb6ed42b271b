"""`brokerbook backup` and `brokerbook restore`: a catalog in one file, and back, while it serves."""

# ruff: noqa: PLC0415

from __future__ import annotations

import contextlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from brokerbook.cli import directory
from brokerbook.cli.layout import Command
from brokerbook.cli.options import configured
from brokerbook.cli.progress import Progress

if TYPE_CHECKING:
    from brokerbook.settings import Settings
    from brokerbook.store.restore import Restoring

_FILE = click.argument("file", type=click.Path(path_type=Path))


@click.command(cls=Command, short_help="Save the catalog to a file while it serves.")
@_FILE
@click.option("--without-keys", is_flag=True, help="Leave the private keys of the data directory out.")
@click.option("--force", is_flag=True, help="Write over FILE if it is there.")
@configured
def backup(settings: Settings, file: Path, *, without_keys: bool, force: bool) -> None:
    """Save the whole catalog to FILE, as it is at this moment, while it may be serving.

    FILE holds everything that the catalog needs, the private keys too: keep it as safe as the data directory. It appears
    when it is whole.

    Examples:
      brokerbook backup /backups/catalog-$(date +%F).backup
      brokerbook backup --force latest.backup

    """
    from brokerbook.store import backup as store
    from brokerbook.store.keyring import Keyring

    if file.exists() and not force and not file.is_dir():
        raise click.ClickException(f"{file} is there already. Name another file, or write over it with --force.")
    progress = Progress("Saving")
    try:
        saved = store.save(settings, file, with_keys=not without_keys, progress=progress.at)
    finally:
        progress.clear()
    click.echo(f"Saved {settings.data} to {file} ({saved.size:,} bytes).", err=True)
    if saved.key_files:
        click.echo(
            f"It holds private keys ({', '.join(saved.key_files)}): keep it as safe as the data directory.", err=True
        )
    if "secrets.key" not in saved.key_files:
        source = Keyring(settings).source
        click.echo(f"It does not hold the keys that seal secrets: keep {source}, a restore needs them.", err=True)


@click.command(cls=Command, short_help="Put a backup in the place of the catalog.")
@_FILE
@click.option("--force", is_flag=True, help="Replace the key that signs tokens by another one from the backup.")
@click.option("--yes", is_flag=True, help="Do not ask before the catalog that is there is replaced.")
@configured
def restore(settings: Settings, file: Path, *, force: bool, yes: bool) -> None:
    """Put the backup FILE in the place of the catalog, which may be serving; or into an empty directory.

    FILE is checked first, and nothing is changed if anything is wrong with it. What was there is kept in a backup beside
    the database. Keys that seal secrets are added to those that are there. Tokens and passwords are those of the backup:
    what was revoked since then works again.

    Examples:
      brokerbook restore catalog.backup
      brokerbook restore catalog.backup --data /var/lib/brokerbook --yes

    """
    from brokerbook.engine.secrets import CURRENT_KEY
    from brokerbook.store import lock
    from brokerbook.store.restore import Restoring

    with contextlib.closing(Restoring(settings, file, CURRENT_KEY)) as restoring:
        other_key = restoring.replaces_token_key
        if other_key and not force:
            raise click.ClickException(
                f"The backup holds another key to sign tokens than {settings.token_key_file}. With --force that file is "
                "replaced and kept beside; then the tokens that were given out here work no more. Nothing was changed."
            )
        if restoring.replaces is not None and not yes:
            _confirm(settings, restoring)
        lacks_token_key = restoring.lacks_token_key
        progress = Progress("Restoring")
        try:
            kept = restoring.apply(progress.at)
        finally:
            progress.clear()
    directory.settle(settings)
    click.echo(f"Restored {file} into {settings.data}.", err=True)
    for path in kept:
        click.echo(f"What was there is kept in {path}.", err=True)
    if lacks_token_key:
        click.echo(
            f"There is no key to sign tokens with: put {settings.token_key_file} back before you start the server, "
            "or it makes a new one and no older token works.",
            err=True,
        )
    if other_key and (process := lock.holder(settings.data)) is not None:
        click.echo(f"Restart the server, process {process}: it has to read the key that signs tokens.", err=True)


def _confirm(settings: Settings, restoring: Restoring) -> None:
    told = f"In {settings.data} is {restoring.replaces}, which would be replaced."
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise click.ClickException(f"{told} If it is to be, say so with --yes. Nothing was changed.")
    click.confirm(f"{told} Go on?", abort=True, err=True)
