"""Dates in patterns of Java: which patterns there are, and which texts are dates in them."""

from __future__ import annotations

import pytest

from brokerbook.model.date_patterns import DATE, DATE_TIME, LONGEST_PATTERN, TIME, is_pattern, matches


@pytest.mark.parametrize(
    ("pattern", "letters"),
    [
        ("yyyy-MM-dd", DATE),
        ("d.M.y", DATE),
        ("EEEE, d MMMM yyyy", DATE),
        ("yyyy/DDD", DATE),
        ("HH:mm:ss.SSS", TIME),
        ("h:mm a", TIME),
        ("yyyy-MM-dd'T'HH:mm:ssXXX", DATE_TIME),
        ("hh 'o''clock'", TIME),
    ],
)
def test_a_pattern_of_allowed_letters_is_one(pattern: str, letters: frozenset[str]):
    assert is_pattern(pattern, letters)


@pytest.mark.parametrize(
    ("pattern", "letters"),
    [
        ("yyyy-MM-gg", DATE),
        ("HH:mm", DATE),
        ("yyyy-MM-dd", TIME),
        ("", DATE),
        ("--", DATE),
        ("ddd", DATE),
        ("MMMMM", DATE),
        ("yyyy[-MM]", DATE),
        ("yyyy-MM-dd'T", DATE_TIME),
        ("yyyy yyyy", DATE),
        ("yyyy" + "-" * LONGEST_PATTERN, DATE),
    ],
)
def test_anything_else_is_no_pattern(pattern: str, letters: frozenset[str]):
    assert not is_pattern(pattern, letters)


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("yyyy-MM-dd", "2024-02-29"),
        ("yyMMdd", "240229"),
        ("MM-dd", "02-29"),
        ("dd MMM yyyy", "01 Jan 2024"),
        ("EEEE, d MMMM yyyy", "Monday, 1 January 2024"),
        ("E", "Sun"),
        ("yyyy/DDD", "2024/366"),
        ("H:m:s", "1:2:3"),
        ("HH:mm", "00:00"),
        ("h:mm a", "12:05 PM"),
        ("yyyy-MM-dd'T'HH:mm:ss.SSSXXX", "2024-01-01T10:11:12.123+02:00"),
        ("yyyy-MM-dd'T'HH:mm:ssZ", "2024-01-01T10:11:12-0530"),
        ("hh 'o''clock'", "11 o'clock"),
    ],
)
def test_a_text_in_the_pattern_is_a_date(pattern: str, text: str):
    assert matches(pattern, text)


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("yyyy-MM-dd", "2023-02-29"),
        ("yyyy-MM-dd", "2024-13-01"),
        ("yyyy-MM-dd", "2024-1-1"),
        ("yyyy-MM-dd", "2024-01-01 "),
        ("yyyy-MM-dd", "2024-01-01\n"),
        ("yyyy-MM-dd", "0000-01-01"),
        ("yyyy-MM-dd", "٢٠٢٤-01-01"),
        ("MM-dd", "02-30"),
        ("dd MMM yyyy", "01 Xyz 2024"),
        ("EEEE, d MMMM yyyy", "Tuesday, 1 January 2024"),
        ("yyyy/DDD", "2023/366"),
        ("HH:mm", "24:00"),
        ("h:mm a", "13:00 PM"),
        ("yyyy-MM-dd'T'HH:mm", "2024-01-01t10:11"),
    ],
)
def test_a_text_that_is_no_such_date_is_none(pattern: str, text: str):
    assert not matches(pattern, text)


def test_no_text_takes_long():
    pattern = "dMyHhmsDwW"
    assert is_pattern(pattern, DATE_TIME)
    assert not matches(pattern, "1" * 100 + "x")
    assert not matches(pattern, "1" * 100_000)
