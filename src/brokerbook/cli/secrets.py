"""`brokerbook secrets`: the keys that seal the secrets of services."""

# ruff: noqa: PLC0415

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

import click

from brokerbook.cli.layout import Group
from brokerbook.cli.options import configured
from brokerbook.cli.progress import Progress

if TYPE_CHECKING:
    from brokerbook.settings import Settings
    from brokerbook.store.keyring import Keyring

_REST_SECONDS = 0.01
"""Between two transactions, so that the writers of a running server come to their turn."""


@click.group(cls=Group)
def secrets() -> None:
    """See and rotate the keys that seal secrets."""


@secrets.command(short_help="Seal all secrets anew under another key.")
@click.option(
    "--yes",
    is_flag=True,
    help="Do not ask whether a running server has the new keys; keys from a file raise no such question.",
)
@configured
def rotate(settings: Settings, *, yes: bool) -> None:
    """Seal all secrets anew under another key, while the server runs.

    With the keys in a file, a new key is made and those that are no longer needed are dropped from it. With the keys from
    a setting or a command, put the new key in front of the old ones first, restart the server, and then give this
    command: everything is sealed anew under the first key, and the others can go. It can be interrupted anywhere; given
    again, it goes on. A backup needs the keys of its own time, which are in it unless it was made with --without-keys.

    Examples:
      brokerbook secrets rotate
      BROKERBOOK_SECRETS_KEY="$NEW_KEY,$OLD_KEY" brokerbook secrets rotate

    """
    from brokerbook.cli import directory
    from brokerbook.engine import rotation
    from brokerbook.engine.secrets import Sealer
    from brokerbook.store import lock, visit
    from brokerbook.store.keyring import Keyring

    visit.catalog(settings.data)
    keyring = Keyring(settings)
    running = lock.holder(settings.data) is not None
    if running and not keyring.in_file and not yes:
        _confirm(keyring)
    with lock.keys(settings.data):
        begun = rotation.begin(settings.data, keyring)
        if begun.resumed:
            click.echo("Going on with a rotation that was interrupted.", err=True)
        progress = Progress("Sealing", begun.waiting)
        sealer, total = Sealer(keyring), 0
        while n := rotation.step(settings.data, sealer, begun):
            total += n
            progress.at(total, begun.waiting)
            if running:
                time.sleep(_REST_SECONDS)
        progress.clear()
        dropped = rotation.finish(settings.data, keyring, begun)
    directory.settle(settings)
    click.echo(f"Sealed the secrets of {total} entities anew; all are sealed with the key {begun.key_id}.", err=True)
    if dropped:
        click.echo(f"Dropped from {keyring.source}: {', '.join(dropped)}.", err=True)
    elif len(keyring.keys) > 1:
        click.echo(f"The other keys in {keyring.source} are no longer needed.", err=True)
    elif not keyring.in_file and total == 0:
        click.echo(f"It is the only one in {keyring.source}; to rotate, put a new key in front of it first.", err=True)


def _confirm(keyring: Keyring) -> None:
    told = f"The keys come from {keyring.source}: the running server must have been started with the same keys."
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise click.ClickException(f"{told} If it was, say so with --yes.")
    click.confirm(f"{told} Was it?", abort=True, err=True)


@secrets.command(short_help="Show which key seals how many secrets.")
@configured
def status(settings: Settings) -> None:
    """Show which key seals how many entities' secrets. Exit code 1 if a key is missing."""
    from brokerbook.engine.secrets import CURRENT_KEY
    from brokerbook.store import secrets as store
    from brokerbook.store.keyring import Keyring
    from brokerbook.store.verify import sealed_counts
    from brokerbook.store.visit import reading

    with reading(settings.data) as tx:
        counts, current = sealed_counts(tx), store.meta(tx, CURRENT_KEY)
    keyring = Keyring(settings)
    used = {*counts, *([] if current is None else [current])}
    missing = used - keyring.keys.keys()
    click.echo(f"Keys from {keyring.source}:")
    for key_id in [*keyring.keys, *sorted(missing)]:
        state = (
            "missing"
            if key_id in missing
            else "seals"
            if key_id == current
            else "old"
            if key_id in counts
            else "not in use"
        )
        click.echo(f"  {key_id}  {state:<10}  secrets of {counts.get(key_id, 0)} entities")
    if missing:
        raise click.ClickException(
            f"The key {', '.join(sorted(missing))} is missing. Put it back, from a backup if need be."
        )
