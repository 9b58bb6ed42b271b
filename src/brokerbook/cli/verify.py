"""`brokerbook verify`: checks every invariant of a data directory."""

# ruff: noqa: PLC0415

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from brokerbook.cli import directory
from brokerbook.cli.layout import Command
from brokerbook.cli.options import configured
from brokerbook.cli.progress import Progress
from brokerbook.errors import StartupError

if TYPE_CHECKING:
    from brokerbook.settings import Settings


@click.command(cls=Command, short_help="Check everything that has to hold in a catalog.")
@configured
def verify(settings: Settings) -> None:
    """Check everything that has to hold in a catalog, and print what is wrong, a line each.

    It only reads, over one snapshot, and may run beside the server. Exit code 1 if anything is wrong.

    Example:
      brokerbook verify --data /var/lib/brokerbook && echo fine

    """
    from brokerbook.engine.verify import problems
    from brokerbook.store.verify import sizes
    from brokerbook.store.visit import catalog, reading

    catalog(settings.data)
    found = 0
    try:
        sealer = directory.sealer(settings)
    except StartupError as error:
        sealer, found = None, 1
        click.echo(error)
    with reading(settings.data) as tx:
        size = sizes(tx)
        progress = Progress("Checking", sum(size))
        for problem in problems(tx, sealer, progress.add):
            progress.clear()
            click.echo(problem)
            found += 1
        progress.clear()
    if found:
        raise click.ClickException(f"{found} problem{'' if found == 1 else 's'} found in {settings.data}.")
    click.echo(
        f"No problems: {size.entities} entities, {size.versions} earlier versions, {size.events} events are as they should be."
    )
