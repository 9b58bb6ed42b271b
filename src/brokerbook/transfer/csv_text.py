"""CSV as text: rows of cells to bytes and back, lists within a cell, and cells that a spreadsheet would run. Pure."""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING

from brokerbook.errors import BadRequest

if TYPE_CHECKING:
    from collections.abc import Iterable

MOST_ROWS = 5000
"""In one file, its header not counted."""
_LONGEST_CELL = 32 * 1024 * 1024  # a description may be long; how long a body may be is decided elsewhere
_RUNS = re.compile(r"[\s']*[=+\-@\uff0b\uff0d\uff1d\uff20]")
"""What a spreadsheet may take for a formula, with or without apostrophes before it."""

csv.field_size_limit(_LONGEST_CELL)


def written(rows: Iterable[Iterable[str]]) -> str:
    """Rows as CSV, each ended with CR LF. A cell that looks like a formula gets an apostrophe before it."""
    file = io.StringIO(newline="")
    csv.writer(file).writerows([shielded(cell) for cell in row] for row in rows)
    return file.getvalue()


def parsed(body: bytes) -> list[list[str]]:
    """The rows of a file without its empty lines: the inverse of `written`; what is no CSV is a BadRequest."""
    try:
        text = body.decode("utf-8-sig")
        rows = [row for row in csv.reader(io.StringIO(text, newline=""), strict=True) if row]
    except UnicodeDecodeError as error:
        raise BadRequest(f"The file is not UTF-8: byte {error.start} cannot be read.") from None
    except csv.Error as error:
        raise BadRequest(f"The file is not CSV: {error}.") from None
    if not rows:
        raise BadRequest("The file is empty. Its first line has to be a header, as an export has it.")
    if len(rows) - 1 > MOST_ROWS:
        raise BadRequest(f"The file has {len(rows) - 1} rows; the limit is {MOST_ROWS}. Send it in parts.")
    return [[unshielded(cell) for cell in row] for row in rows]


def shielded(cell: str) -> str:
    """The cell as no spreadsheet runs it."""
    return f"'{cell}" if _RUNS.match(cell) else cell


def unshielded(cell: str) -> str:
    """The cell as it was before `shielded`."""
    return cell[1:] if cell.startswith("'") and _RUNS.match(cell[1:]) else cell


def packed(items: Iterable[str]) -> str:
    """A list in one cell: separated by `;`, an item that holds one in double quotes."""
    file = io.StringIO(newline="")
    csv.writer(file, delimiter=";").writerow(items)
    return file.getvalue().removesuffix("\r\n")


def unpacked(cell: str) -> list[str]:
    """The items of a cell, without the blanks around them; the empty cell has none."""
    try:
        rows = list(csv.reader(io.StringIO(cell, newline=""), delimiter=";", strict=True))
    except csv.Error as error:
        raise BadRequest(f"A list is not readable: {error}. Items are separated by ';'.") from None
    return [item.strip() for row in rows for item in row]
