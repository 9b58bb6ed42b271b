"""Relations between terms while they are decided upon: what stands at the other end, what a PUT keeps, what tells them apart."""

from __future__ import annotations

import pytest

from brokerbook.engine import diff, merge, refs
from brokerbook.engine.refs import Item
from brokerbook.engine.state import State, edge_changes
from brokerbook.kinds.glossary import GLOSSARY_TERM, RELATION_TYPES

DOCUMENT = {"id": "t", "name": "t", "description": "d", "deleted": False}


def relation(target: str, said: str) -> Item:
    shown = {"relationType": said, "term": {"id": target, "type": "glossaryTerm", "name": target}}
    return Item(target, shown, refs.data_of(shown))


def state(*items: Item) -> State:
    return State(DOCUMENT, {"relatedTerms": list(items)}, {})


def after_put(stored: State, *given: Item) -> list[Item]:
    merged = merge.put(GLOSSARY_TERM, stored, {}, {"relatedTerms": list(given)}, is_bot=False)
    return merged.links["relatedTerms"]


@pytest.mark.parametrize(("said", "inverse"), RELATION_TYPES)
def test_the_inverse_of_a_types_inverse_is_the_type(said, inverse):
    assert dict(RELATION_TYPES)[inverse] == said


@pytest.mark.parametrize(("said", "inverse"), RELATION_TYPES)
def test_a_relation_is_a_row_at_both_ends(said, inverse):
    item = relation("o", said)
    rows = refs.edge_rows(GLOSSARY_TERM, "t", [(refs.relation("relatedTerms", item), item)])
    assert [row[:3] for row in rows] == [("t", f"relatedTerms/{said}", "o"), ("o", f"relatedTerms/{inverse}", "t")]


def test_two_types_of_one_term_are_two_edges():
    broader, synonym = relation("o", "broader"), relation("o", "synonym")
    added, removed = edge_changes(state(broader).links, state(broader, synonym).links)
    assert ([name for name, _ in added], removed) == (["relatedTerms/synonym"], [])
    added, removed = edge_changes(state(broader, synonym).links, state(synonym).links)
    assert (added, [name for name, _ in removed]) == ([], ["relatedTerms/broader"])


def test_another_type_is_one_relation_added_and_one_deleted():
    change = diff.changes(GLOSSARY_TERM, state(relation("o", "broader")), state(relation("o", "partOf")))
    assert change is not None
    assert [one["name"] for one in (*change.added, *change.deleted)] == ["relatedTerms", "relatedTerms"]
    assert diff.changes(GLOSSARY_TERM, state(relation("o", "broader")), state(relation("o", "broader"))) is None


def test_a_put_keeps_the_types_of_those_that_it_names():
    broader, synonym, other = relation("o", "broader"), relation("o", "synonym"), relation("p", "partOf")
    stored = state(broader, synonym, other)
    new = relation("n", "relatedTo")
    assert after_put(stored, relation("o", "relatedTo"), new) == [new, broader, synonym]


def test_relations_stand_in_the_order_of_names_and_types():
    items = [relation("b", "synonym"), relation("a", "seeAlso"), relation("b", "broader")]
    shown = [(item.id, item.shown["relationType"]) for item in sorted(items, key=refs.order)]
    assert shown == [("a", "seeAlso"), ("b", "broader"), ("b", "synonym")]
