"""`brokerbook serve`: runs the catalog."""

# ruff: noqa: PLC0415

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from brokerbook.cli import options
from brokerbook.cli.layout import Command

if TYPE_CHECKING:
    from pathlib import Path


@click.command(cls=Command, short_help="Run the catalog.")
@options.with_data_and_config
@click.option("--host", metavar="ADDRESS", help="The address to listen on.  [default: 127.0.0.1]")
@click.option("--port", type=click.IntRange(0, 65535), metavar="PORT", help="The port to listen on.  [default: 8585]")
@click.option("--public-url", metavar="URL", help="The address that clients use, if a proxy stands before the server.")
@click.option("--log-level", metavar="LEVEL", help="debug, info, warning or error.  [default: info]")
@click.option("--log-format", metavar="FORMAT", help="json or text.  [default: json]")
def serve(data: Path | None, config: Path | None, **more: Any) -> None:
    """Run the catalog until it is stopped (Ctrl-C, or SIGTERM); what is being answered then is finished.

    The first start makes the data directory, the keys, and the administrator, whose password is shown this once.

    Examples:
      brokerbook serve
      brokerbook serve --data /var/lib/brokerbook --host 0.0.0.0 --port 8080
      BROKERBOOK_PUBLIC_URL=https://catalog.example.com brokerbook serve --config /etc/brokerbook.toml

    """
    from brokerbook import app

    app.serve(options.settings({"data": data, **more}, config))
