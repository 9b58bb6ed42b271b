"""What changed between two states: the contract's table, and laws."""

from __future__ import annotations

import json

import pytest
from hypothesis import given

from brokerbook.engine import diff
from brokerbook.engine.state import State
from pure_states import FIXED, LINKS, SERVICE, STATES, label, reference

EMPTY = State(dict(FIXED), {}, {})
SEALED = {"name": "connection", "oldValue": '"old-encrypted-value"', "newValue": '"new-encrypted-value"'}


def plain(**fields):
    return State(FIXED | fields, {}, {})


def linked(**links):
    return State(dict(FIXED), links, {})


@pytest.mark.parametrize(
    ("old", "new", "added", "updated", "deleted"),
    [
        (EMPTY, plain(description="d"), [{"name": "description", "newValue": "d"}], [], []),
        (
            plain(description=""),
            plain(description="d"),
            [],
            [{"name": "description", "oldValue": "", "newValue": "d"}],
            [],
        ),
        (plain(description="d"), EMPTY, [], [], [{"name": "description", "oldValue": "d"}]),
        (EMPTY, plain(deleted=True), [], [{"name": "deleted", "oldValue": False, "newValue": True}], []),
        (EMPTY, plain(style={"color": "red"}), [{"name": "style", "newValue": '{"color":"red"}'}], [], []),
        (EMPTY, plain(connection={"config": {}}), [], [SEALED], []),
        (plain(connection={"config": {}}), EMPTY, [], [SEALED], []),
        (EMPTY, State(dict(FIXED), {}, {("connection",): "x"}), [], [SEALED], []),
    ],
)
def test_each_kind_of_field_is_told_in_its_own_way(old, new, added, updated, deleted):
    change = diff.changes(SERVICE, old, new)
    assert change is not None
    assert (change.added, change.updated, change.deleted) == (added, updated, deleted)


def test_lists_tell_only_what_came_and_went_as_json_text():
    old, new = linked(owners=[reference("u"), reference("v")]), linked(owners=[reference("v"), reference("w")])
    change = diff.changes(SERVICE, old, new)
    assert change is not None
    assert [item["id"] for item in json.loads(change.added[0]["newValue"])] == ["w"]
    assert [item["id"] for item in json.loads(change.deleted[0]["oldValue"])] == ["u"]
    assert change.fields == {"owners"}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (plain(updatedAt=1), plain(updatedAt=2)),
        (plain(updatedBy="a"), plain(updatedBy="b", impersonatedBy="c", version=0.2)),
        (EMPTY, plain(testConnectionResult={"steps": []})),
        (EMPTY, plain(changeDescription={})),
        (linked(followers=[]), linked(followers=[reference("u")])),
        (linked(owners=[reference("u"), reference("v")]), linked(owners=[reference("v"), reference("u")])),
        (
            linked(owners=[reference("u")]),
            linked(owners=[reference("u")._replace(shown={"id": "u", "name": "renamed"})]),
        ),
    ],
)
def test_these_are_no_changes(old, new):
    assert diff.changes(SERVICE, old, new) is None


def test_a_label_that_says_something_else_has_changed():
    change = diff.changes(SERVICE, linked(tags=[label("s")]), linked(tags=[label("s", "Suggested")]))
    assert change is not None
    assert change.fields == {"tags"}


def test_a_description_has_all_three_lists_and_the_version_before():
    change = diff.changes(SERVICE, EMPTY, plain(description="d"))
    assert change is not None
    assert change.description(9) == {
        "fieldsAdded": [{"name": "description", "newValue": "d"}],
        "fieldsUpdated": [],
        "fieldsDeleted": [],
        "previousVersion": 0.9,
    }


@given(state=STATES)
def test_nothing_differs_from_itself(state):
    assert diff.changes(SERVICE, state, state) is None


@given(old=STATES, new=STATES)
def test_what_is_added_one_way_is_deleted_the_other(old, new):
    there, back = diff.changes(SERVICE, old, new), diff.changes(SERVICE, new, old)
    assert (there is None) == (back is None)
    if there is None or back is None:
        return
    names = [
        [change["name"] for change in changes] for changes in (there.added, there.deleted, back.deleted, back.added)
    ]
    assert names[0] == names[2]
    assert names[1] == names[3]
    assert [change["name"] for change in there.updated] == [change["name"] for change in back.updated]


@given(old=STATES, new=STATES)
def test_applying_a_change_gives_the_new_state(old, new):
    change = diff.changes(SERVICE, old, new)
    document = {key: value for key, value in old.document.items() if key != "connection"}
    links = {field: {item.id: item.shown for item in items} for field, items in old.links.items()}
    for told in (*change.deleted, *change.updated, *change.added) if change else ():
        field = told["name"]
        if field in links:
            for item in json.loads(told.get("oldValue", "[]")):
                del links[field][item.get("id") or item["tagFQN"]]
            for item in json.loads(told.get("newValue", "[]")):
                links[field][item.get("id") or item["tagFQN"]] = item
        elif field == "connection":
            assert told == SEALED
        elif "newValue" in told:
            document[field] = json.loads(told["newValue"]) if field == "style" else told["newValue"]
        else:
            del document[field]
    assert document == {key: value for key, value in new.document.items() if key != "connection"}
    for field in ("owners", "domains", "dataProducts", "tags"):
        assert links[field] == {item.id: item.shown for item in new.links[field]}
    sealed = (old.document.get("connection"), old.secrets) != (new.document.get("connection"), new.secrets)
    assert sealed == (change is not None and "connection" in change.fields)


@given(links=LINKS)
def test_a_change_never_tells_of_followers(links):
    change = diff.changes(SERVICE, EMPTY, State(dict(FIXED), links, {}))
    assert change is None or "followers" not in change.fields
