"""`brokerbook openapi` and `brokerbook version`: what this Brokerbook is; they need no data."""

# ruff: noqa: PLC0415

from __future__ import annotations

import click

from brokerbook.cli.layout import Command
from brokerbook.cli.options import with_data


@click.command(cls=Command)
@with_data
def openapi() -> None:
    """Print the OpenAPI document of the API.

    Example:
      brokerbook openapi > openapi.json

    """
    import msgspec

    from brokerbook.api.openapi import document
    from brokerbook.app import routes

    click.echo(msgspec.json.format(msgspec.json.encode(document(routes())), indent=2))


@click.command(cls=Command)
@with_data
def version() -> None:
    """Print the version."""
    from brokerbook import __version__

    click.echo(f"brokerbook {__version__}")
