"""Version numbers, and when two edits are one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brokerbook.access.actor import Actor
from brokerbook.engine import version

AMY = Actor("1", "amy", is_admin=False, is_bot=False)
NOW = 1_790_000_000_000
EDITED = {
    "version": 0.2,
    "updatedBy": "amy",
    "updatedAt": NOW,
    "deleted": False,
    "changeDescription": {"previousVersion": 0.1},
}


@pytest.mark.parametrize(("before", "after"), [(0.1, 0.2), (0.9, 1.0), (1.0, 1.1), (9.9, 10.0)])
def test_a_compatible_change_counts_up_by_a_tenth(before, after):
    assert version.following(version.in_tenths(before)) / 10 == after


@given(tenths=st.integers(1, 10**9))
def test_a_version_on_the_wire_is_the_one_that_is_counted(tenths):
    assert version.in_tenths(tenths / 10) == tenths == version.parsed(str(tenths / 10))


@pytest.mark.parametrize(
    ("text", "tenths"),
    [("0.1", 1), ("0.30", 3), ("1", 10), ("1.0", 10), ("0.25", -1), ("9" * 400, -1), ("0", 0), ("-0.1", -1)],
)
def test_a_version_in_a_path_is_read_as_a_number(text, tenths):
    assert version.parsed(text) == tenths


@pytest.mark.parametrize(
    "text", ["", "abc", "1e3", "NaN", "inf", "0x1", "1_0", "0.1.2", " 0.1", "0.1\n", "\u0661", ".5", "1."]
)
def test_what_is_no_number_is_a_value_error(text):
    with pytest.raises(ValueError):
        version.parsed(text)


@pytest.mark.parametrize(
    ("changed", "later", "base"),
    [
        ({}, 0, 1),
        ({}, version.SESSION_MS, 1),
        ({}, version.SESSION_MS + 1, None),
        ({"updatedBy": "bob"}, 0, None),
        ({"impersonatedBy": "bot"}, 0, None),
        ({"deleted": True}, 0, None),
        ({"version": 0.1}, 0, None),
        ({"changeDescription": None}, 0, None),
        ({"changeDescription": {}}, 0, None),
        ({"version": 1.3, "changeDescription": {"previousVersion": 1.2}}, 0, 12),
    ],
)
def test_a_session_is_one_users_edits_within_ten_minutes(changed, later, base):
    assert version.session_base(EDITED | changed, AMY, NOW + later) == base


def test_what_a_bot_does_in_somebodys_name_is_a_session_of_its_own():
    acting = AMY._replace(impersonated_by="bot")
    assert version.session_base(EDITED, acting, NOW) is None
    assert version.session_base(EDITED | {"impersonatedBy": "bot"}, acting, NOW) == 1
