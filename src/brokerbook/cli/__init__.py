"""The command `brokerbook`: parse, call, print. No SQL and no rules.

Imports wait until a command runs, so that `--help` and `version` answer at once.
"""

from __future__ import annotations

from typing import Any

import click

from brokerbook import __version__
from brokerbook.cli import about, backup, secrets, serve, token, user, verify
from brokerbook.cli.layout import Group
from brokerbook.errors import CatalogError, StartupError

__all__ = ["main"]


class _Commands(Group):
    """The commands; what a command refuses, or cannot do, is one sentence on standard error and exit code 1."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (CatalogError, StartupError) as error:
            raise click.ClickException(str(error)) from error
        except BrokenPipeError:
            raise  # whoever read our output has enough of it: click's business
        except OSError as error:
            place = f"{error.filename}: " if error.filename is not None else ""
            raise click.ClickException(f"{place}{error.strerror or error}.") from error


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120})
@click.version_option(__version__, prog_name="brokerbook", message="%(prog)s %(version)s")
def main() -> None:
    """Brokerbook, a catalog of messaging platforms that speaks OpenMetadata's REST API.

    Everything that a catalog knows lies in one data directory. All commands but `serve` work beside a running server as
    well as without one, for whoever owns that directory.

    Start a catalog in ./data at http://127.0.0.1:8585:
      brokerbook serve
    Call it:
      curl -H "Authorization: Bearer $(brokerbook token admin)" http://127.0.0.1:8585/api/v1/users
    Save it while it runs, and see whether all is well:
      brokerbook backup catalog.backup
      brokerbook verify

    Every setting can stand in a TOML file (--config, or brokerbook.toml in the data directory) and in the environment
    (BROKERBOOK_PORT=8080), which goes above the file; an option goes above both.

    Exit codes: 0 done, 1 refused or something wrong was found, 2 wrong usage.
    """


for _command in (
    serve.serve,
    token.token,
    user.user,
    secrets.secrets,
    backup.backup,
    backup.restore,
    verify.verify,
    about.openapi,
    about.version,
):
    main.add_command(_command)
