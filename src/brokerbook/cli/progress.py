"""How far long work has come, on a terminal; elsewhere nothing."""

from __future__ import annotations

import sys
import time

_EVERY_SECONDS = 0.1
_START_OF_LINE = "\r\x1b[K"


class Progress:
    """One line on standard error that is written over and over: `label 42 %`."""

    def __init__(self, label: str, total: int = 0) -> None:
        self._label = label
        self._total = total
        self._done = 0
        self._shown = sys.stderr.isatty()
        self._next = 0.0

    def add(self, n: int) -> None:
        """So much more is done."""
        self.at(self._done + n, self._total)

    def at(self, done: int, total: int) -> None:
        """So much is done, of so much."""
        self._done, self._total = done, total
        if self._shown and total > 0 and time.monotonic() >= self._next:
            self._next = time.monotonic() + _EVERY_SECONDS
            sys.stderr.write(f"{_START_OF_LINE}{self._label} {min(100 * done // total, 100)} %")
            sys.stderr.flush()

    def clear(self) -> None:
        """Takes the line away, so that another can be written."""
        if self._shown and self._next > 0:
            self._next = 0.0
            sys.stderr.write(_START_OF_LINE)
            sys.stderr.flush()
