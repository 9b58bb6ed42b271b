"""How help is laid out: paragraphs are wrapped, what is indented stays as it is written."""

from __future__ import annotations

import inspect
from typing import Any

import click

_KEEP = "\b\n"  # click's mark at the start of a paragraph that is not to be wrapped


def laid_out(text: str | None) -> str | None:
    """A command's docstring with marks where lines are to stay as they are: where some are indented."""
    if text is None:
        return None
    paragraphs = inspect.cleandoc(text).split("\n\n")
    return "\n\n".join(_KEEP + paragraph if "\n  " in paragraph else paragraph for paragraph in paragraphs)


class Command(click.Command):
    """A command whose help may hold examples."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.help = laid_out(self.help)


class Group(click.Group):
    """A group of such commands."""

    command_class = Command

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.help = laid_out(self.help)
