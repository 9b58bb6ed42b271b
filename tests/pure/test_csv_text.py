"""Cells and lists come back from CSV as they went in, and nothing in a file begins as a formula does."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brokerbook.errors import BadRequest
from brokerbook.transfer import csv_text

TEXTS = st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from("=+-@'\"; ,\t\r\n"), max_size=20)


@given(st.lists(st.lists(TEXTS, min_size=2, max_size=4), min_size=1, max_size=5))
def test_rows_come_back_as_they_were(rows: list[list[str]]):
    assert csv_text.parsed(csv_text.written(rows).encode()) == rows


@given(st.lists(TEXTS, min_size=2, max_size=4))
def test_no_cell_begins_as_a_formula_does(row: list[str]):
    (found,) = csv.reader(io.StringIO(csv_text.written([row]), newline=""))
    assert not [cell for cell in found if cell.strip()[:1] in tuple("=+-@＝＋－＠")]


@given(st.lists(TEXTS.map(str.strip), max_size=5))
def test_lists_in_a_cell_come_back_as_they_were(items: list[str]):
    assert csv_text.unpacked(csv_text.packed(items)) == items


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"", "The file is empty"),
        (b"\xff", "The file is not UTF-8: byte 0"),
        (b'name\r\n"a', "The file is not CSV"),
        (b"name\r\n" * (csv_text.MOST_ROWS + 2), "the limit is 5000"),
    ],
    ids=["empty", "not UTF-8", "an open quote", "too many rows"],
)
def test_what_is_no_file_of_ours_is_refused_in_a_sentence(body: bytes, told: str):
    with pytest.raises(BadRequest, match=told):
        csv_text.parsed(body)


def test_a_byte_order_mark_is_no_part_of_the_header():
    assert csv_text.parsed(b"\xef\xbb\xbfname*\r\n") == [["name*"]]
