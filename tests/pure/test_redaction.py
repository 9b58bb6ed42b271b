"""Secrets are found in reports in all the ways in which they may be written, in long texts as in short ones, and soon."""

from __future__ import annotations

import pytest

from brokerbook.engine.redaction import redacted, sought

LONG = "nothing to see " * 1000


@pytest.mark.parametrize("around", ["", LONG])
@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("with s3cr3t-value!", "with ***"),
        ("xs3cr3t-value!x", "x***x"),
        ('{"p": "a\\"b/c d"}', '{"p": "***"}'),
        ("?p=a%22b%2Fc%20d&", "?p=***&"),
        ("key pw.", "key ***."),
        ("pwd apw pw_", "pwd apw pw_"),
        ("user:s3cr3t-value!", "user:***"),
        ("Basic dXNlcjpsb25nZXI=", "Basic ***"),
        ("longer", "***"),
    ],
)
def test_a_secret_is_masked_as_it_may_be_written_and_nothing_else(around: str, text: str, shown: str):
    secrets = sought(["s3cr3t-value!", 'a"b/c d', "pw", "user:longer"])
    assert redacted(f"{around} {text} {around}", secrets, "***") == f"{around} {shown} {around}"


def test_a_long_report_without_secrets_stays_as_it_is_however_many_there_are():
    secrets = sought(f"{'x' * (number % 5)}{number}" for number in range(60))
    text = "a line of words, x xx xxx xxxx\n" * 60_000
    assert redacted(text, secrets, "***") == text
