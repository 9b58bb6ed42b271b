"""What every command takes: where the data is, and which settings file."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec

import click

if TYPE_CHECKING:
    from collections.abc import Callable

    from brokerbook.settings import Settings

P = ParamSpec("P")

_data = click.option(
    "--data",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="The data directory.  [default: ./data; env: BROKERBOOK_DATA]",
)
_config = click.option(
    "--config",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="A TOML file with settings.  [default: brokerbook.toml in the data directory; env: BROKERBOOK_CONFIG]",
)


def configured(command: Callable[Concatenate[Settings, P], None]) -> Callable[..., None]:
    """Gives a command the settings as its first argument, read with its `--data` and `--config`."""

    @_data
    @_config
    @functools.wraps(command)
    def run(*args: Any, data: Path | None, config: Path | None, **more: Any) -> None:
        command(settings({"data": data}, config), *args, **more)

    return run


def settings(options: dict[str, Any], config: Path | None) -> Settings:
    """The settings, with a command's own options above them."""
    from brokerbook.settings import load  # noqa: PLC0415  late, as everything that a command needs

    return load(options, config=config)


def with_data(command: Callable[..., None]) -> Callable[..., None]:
    """Lets a command that needs no data be called like all others."""
    return click.option("--data", expose_value=False, hidden=True)(command)


def with_data_and_config(command: Callable[..., None]) -> Callable[..., None]:
    """As `configured`, for a command whose own options are settings too."""
    return _data(_config(command))
