"""What a PUT makes of a stored entity: the contract's table for people and for bots, and laws."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brokerbook.engine import diff, merge
from brokerbook.engine.state import State
from pure_states import ASKED, FIXED, GIVEN, SERVICE, STATES, label, reference

ASK = {"name": "n", "serviceType": "Kafka"}
ABSENT = object()


def merged(stored, asked=None, links=None, *, is_bot=False):
    return merge.put(SERVICE, stored, ASK | (asked or {}), links or {}, is_bot=is_bot)


@pytest.mark.parametrize("field", ["description", "displayName"])
@pytest.mark.parametrize(
    ("stored", "given_value", "person", "bot"),
    [
        (ABSENT, "new", "new", "new"),
        ("", "new", "new", "new"),
        ("old", "new", "new", "old"),
        ("old", "", "", "old"),
        ("old", ABSENT, ABSENT, "old"),
        (ABSENT, ABSENT, ABSENT, ABSENT),
    ],
)
def test_texts_are_replaced_or_removed_by_people_and_filled_by_bots(field, stored, given_value, person, bot):
    state = State(FIXED | ({} if stored is ABSENT else {field: stored}), {}, {})
    asked = {} if given_value is ABSENT else {field: given_value}
    for is_bot, wanted in ((False, person), (True, bot)):
        assert merged(state, asked, is_bot=is_bot).document.get(field, ABSENT) == wanted


@pytest.mark.parametrize("field", ["owners", "domains", "dataProducts", "tags"])
@pytest.mark.parametrize("is_bot", [False, True])
def test_links_that_are_not_given_are_kept(field, is_bot):
    items = [label("s")] if field == "tags" else [reference("u")]
    assert merged(State(dict(FIXED), {field: items}, {}), is_bot=is_bot).links[field] == items


@pytest.mark.parametrize(
    ("field", "stored", "given_items", "person", "bot"),
    [
        ("owners", [reference("u")], [reference("v")], ["v"], ["v"]),
        ("owners", [], [reference("v")], ["v"], ["v"]),
        ("domains", [reference("d")], [reference("e")], ["e"], ["d"]),
        ("domains", [], [reference("e")], ["e"], ["e"]),
        ("dataProducts", [reference("p")], [reference("q")], ["q"], ["p"]),
        ("tags", [label("s")], [label("t")], ["s", "t"], ["s", "t"]),
        ("tags", [label("t")], [label("s")], ["s", "t"], ["s", "t"]),
    ],
)
def test_links_that_are_given_replace_or_join(field, stored, given_items, person, bot):
    for is_bot, wanted in ((False, person), (True, bot)):
        state = merged(State(dict(FIXED), {field: stored}, {}), links={field: given_items}, is_bot=is_bot)
        assert [item.id for item in state.links[field]] == wanted


def test_a_stored_label_is_not_overwritten_by_a_given_one():
    state = merged(
        State(dict(FIXED), {"tags": [label("s", "Confirmed")]}, {}), links={"tags": [label("s", "Suggested")]}
    )
    assert state.links["tags"] == [label("s", "Confirmed")]


@pytest.mark.parametrize("field", ["connection", "style", "testConnectionResult", "entityStatus"])
def test_what_a_put_does_not_say_is_kept(field):
    state = merged(State(FIXED | {field: {"x": 1}}, {}, {("connection",): "s"}))
    assert state.document[field] == {"x": 1}
    assert state.secrets == {("connection",): "s"}


def test_a_put_makes_live_what_was_deleted():
    assert merged(State(FIXED | {"deleted": True}, {}, {})).document["deleted"] is False


def test_what_every_kind_has_is_not_the_requests_to_say():
    state = merged(State(dict(FIXED), {}, {}), {"id": "2", "version": 9.9, "updatedBy": "x", "fullyQualifiedName": "y"})
    assert state.document == FIXED


@given(stored=STATES, asked=ASKED, links=GIVEN, is_bot=st.booleans())
def test_the_same_put_again_changes_nothing(stored, asked, links, is_bot):
    once = merge.put(SERVICE, stored, asked, links, is_bot=is_bot)
    again = merge.put(SERVICE, once, asked, links, is_bot=is_bot)
    assert diff.changes(SERVICE, once, again) is None


@given(stored=STATES, asked=ASKED, links=GIVEN, is_bot=st.booleans())
def test_a_put_never_removes_a_tag_a_follower_or_a_connection(stored, asked, links, is_bot):
    state = merge.put(SERVICE, stored, asked, links, is_bot=is_bot)
    assert {item.id for item in stored.links["tags"]} <= {item.id for item in state.links["tags"]}
    assert state.links["followers"] == stored.links["followers"]
    assert ("connection" in stored.document) <= ("connection" in state.document)
    for field in ("owners", "domains", "dataProducts"):
        assert bool(stored.links[field]) <= bool(state.links[field])


@given(stored=STATES, asked=ASKED, links=GIVEN)
def test_a_bot_never_overwrites_a_text(stored, asked, links):
    state = merge.put(SERVICE, stored, asked, links, is_bot=True)
    for field in ("description", "displayName"):
        if stored.document.get(field):
            assert state.document[field] == stored.document[field]


@given(stored=STATES, asked=ASKED, links=GIVEN, is_bot=st.booleans())
def test_merging_leaves_what_it_was_given_as_it_was(stored, asked, links, is_bot):
    import copy

    before = copy.deepcopy((stored, asked, links))
    merge.put(SERVICE, stored, asked, links, is_bot=is_bot)
    assert (stored, asked, links) == before
