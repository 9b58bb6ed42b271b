"""Graphs of lineage of our own: depth, fields, cycles, limits, owners downstream, and what a caller may see of it."""

from __future__ import annotations

from typing import Any

import pytest

from make import fresh, made, ref
from streams import LINEAGE, around, by_id, by_name, chain, ids, missing, pairs, state, topic, topics
from strict import fault


def graph(client: Any, entity: dict[str, Any], query: str = "", what: str = "graph", kind: str = "topic") -> Any:
    response = client.get(f"{LINEAGE}/{what}/{by_id(entity, kind)}?{query}")
    assert response.status_code == 200, response.text
    return response.json()


def node(found: dict[str, Any], entity: dict[str, Any]) -> dict[str, Any]:
    return next(one for one in found["nodes"] if one["entity"]["id"] == entity["id"])


def reached(found: dict[str, Any], side: str) -> dict[str, int]:
    """Entity → over how many edges."""
    return {one["entity"]["id"]: one[side] for one in found["nodes"] if side in one}


def field(entity: dict[str, Any], name: str) -> str:
    return f"{entity['fullyQualifiedName']}.{name}"


def mapped(client: Any, start: dict[str, Any], end: dict[str, Any], made_of: str, to: str) -> None:
    """States that one field is made of another."""
    entry = {"fromColumns": [field(start, made_of)], "toColumn": field(end, to)}
    state(client, start, end, columnsLineage=[entry])


# the graph


def test_a_graph_has_both_directions_with_distances(client):
    a, b, c, d = topics(client, 4)
    chain(client, a, b, c, d)
    found = graph(client, b)
    assert found["entity"]["id"] == b["id"]
    assert found["nodes"][0]["entity"] == found["entity"]
    assert reached(found, "upstream") == {b["id"]: 0, a["id"]: 1}
    assert reached(found, "downstream") == {b["id"]: 0, c["id"]: 1, d["id"]: 2}
    assert pairs(found["edges"]) == {(a["id"], b["id"]), (b["id"], c["id"]), (c["id"], d["id"])}
    assert found["cut"] is False
    assert not any("more" in one for one in found["nodes"])


def test_a_graph_is_found_by_name(client):
    a, b = topic(client, name=f"{fresh()}.x"), topic(client)
    chain(client, a, b)
    response = client.get(f"{LINEAGE}/graph/{by_name(a)}")
    assert response.json() == graph(client, a)


def test_it_goes_farther_than_clients_do(client):
    line = topics(client, 8)
    chain(client, *line)
    found = graph(client, line[0], "downstreamDepth=100")
    assert reached(found, "downstream") == {one["id"]: place for place, one in enumerate(line)}
    assert found["cut"] is False


def test_where_depth_ends_it_there_is_said_to_be_more(client):
    a, b, c, d = topics(client, 4)
    chain(client, a, b, c, d)
    chain(client, a, d)
    found = graph(client, a, "downstreamDepth=1")
    assert found["cut"] is True
    assert node(found, b)["more"] == ["downstream"]
    assert "more" not in node(found, a)
    assert "more" not in node(found, d)


def test_a_graph_of_no_depth_says_where_there_is_more(client):
    a, b, c = topics(client, 3)
    chain(client, a, b, c)
    found = graph(client, b, "upstreamDepth=0&downstreamDepth=0")
    assert node(found, b)["more"] == ["upstream", "downstream"]
    assert found["edges"] == []


def test_a_limit_cuts_and_says_where(client):
    a, *many = topics(client, 8)
    for one in many:
        chain(client, a, one)
    found = graph(client, a, "limit=3")
    assert len(reached(found, "downstream")) == 4
    assert len(found["edges"]) == 3
    assert (found["cut"], node(found, a)["more"]) == (True, ["downstream"])
    whole = graph(client, a, "limit=7")
    assert (whole["cut"], len(whole["nodes"])) == (False, 8)


def test_a_limit_that_is_met_at_a_level_is_seen_at_the_next(client):
    a, b, c = topics(client, 3)
    chain(client, a, b, c)
    found = graph(client, a, "limit=1")
    assert (found["cut"], node(found, b)["more"]) == (True, ["downstream"])
    assert "more" not in node(found, a)


def test_a_cycle_ends(client):
    a, b, c = topics(client, 3)
    chain(client, a, b, c, a)
    found = graph(client, a, "upstreamDepth=100&downstreamDepth=100")
    assert reached(found, "downstream") == {a["id"]: 0, b["id"]: 1, c["id"]: 2}
    assert reached(found, "upstream") == {a["id"]: 0, c["id"]: 1, b["id"]: 2}
    assert len(pairs(found["edges"])) == 3
    assert found["cut"] is False


def test_edges_between_the_farthest_are_told_too(client):
    a, b, c = topics(client, 3)
    chain(client, a, b, c)
    chain(client, a, c)
    found = graph(client, a, "downstreamDepth=1")
    assert pairs(found["edges"]) == {(a["id"], b["id"]), (a["id"], c["id"]), (b["id"], c["id"])}
    assert found["cut"] is False


def test_an_edge_says_how_it_came_about(client, as_bot):
    a, b, c = topics(client, 3)
    state(client, a, b)
    state(as_bot, b, c)
    said = {edge["fromEntity"]: edge["stated"] for edge in graph(client, a)["edges"]}
    assert said == {a["id"]: "declared", b["id"]: "ingested"}


def test_a_patch_leaves_how_it_came_about(client, as_bot):
    a, b = topics(client, 2)
    state(as_bot, a, b)
    client.patch(f"{LINEAGE}/{by_id(a)}/{by_id(b)}", json=[{"op": "add", "path": "/sqlQuery", "value": "x"}])
    assert graph(client, a)["edges"][0]["stated"] == "ingested"


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("upstreamDepth=101", "upstreamDepth must be less than or equal to 100"),
        ("limit=0", "limit must be greater than or equal to 1"),
        ("limit=2001", "limit must be less than or equal to 2000"),
    ],
)
def test_what_is_out_of_bounds_is_refused(client, query, message):
    response = client.get(f"{LINEAGE}/graph/{by_id(topic(client))}?{query}")
    assert fault(response, 400) == f"[query param {message}]"


@pytest.mark.parametrize("what", ["graph", "impact"])
def test_the_graph_of_what_is_deleted_is_not_found(client, what):
    a = topic(client)
    client.delete(f"/api/v1/topics/{a['id']}")
    missing(client.get(f"{LINEAGE}/{what}/{by_id(a)}"))


def test_what_is_too_large_for_clients_is_refused_and_not_cut(client, monkeypatch):
    a, *many = topics(client, 5)
    for one in many:
        chain(client, a, one)
    monkeypatch.setattr("brokerbook.engine.lineage_graph.MOST_AROUND", 3)
    told = fault(client.get(f"{LINEAGE}/{by_id(a)}"), 400)
    assert "/v1/lineage/graph" in told
    assert around(client, many[0], 1, 0)["nodes"][0]["id"] == a["id"]


def test_more_edges_than_clients_may_be_told_are_refused(client, monkeypatch):
    a, b, c = topics(client, 3)
    chain(client, a, b, c, a)
    monkeypatch.setattr("brokerbook.engine.lineage_graph.MOST_EDGES_AROUND", 2)
    fault(client.get(f"{LINEAGE}/{by_id(a)}?downstreamDepth=3"), 400)
    assert len(around(client, a, 0, 2)["downstreamEdges"]) == 2


def test_more_edges_than_an_answer_has_are_said_to_be_more(client, monkeypatch):
    a, b, c = topics(client, 3)
    chain(client, a, b, c, a)
    monkeypatch.setattr("brokerbook.engine.lineage_walk.MOST_EDGES", 2)
    found = graph(client, a, "upstreamDepth=0")
    assert len(found["edges"]) == 2
    assert found["cut"] is True


# along fields


def test_a_field_is_followed_through_what_is_made_of_it(client):
    a, b, c, d = topics(client, 4)
    mapped(client, a, b, "Order.id", 'Order."price.eur"')
    mapped(client, b, c, 'Order."price.eur"', "Order.id")
    mapped(client, b, d, "Order.id", "Order.id")
    found = graph(client, a, f"field={field(a, 'Order.id')}")
    assert reached(found, "downstream") == {a["id"]: 0, b["id"]: 1, c["id"]: 2}
    assert pairs(found["edges"]) == {(a["id"], b["id"]), (b["id"], c["id"])}
    assert node(found, b)["fields"] == [field(b, 'Order."price.eur"')]
    assert found["cut"] is False


def test_a_field_is_followed_upstream(client):
    a, b, c = topics(client, 3)
    mapped(client, a, c, "Order.id", "Order.id")
    state(client, b, c)
    found = graph(client, c, f"field={field(c, 'Order.id')}")
    assert reached(found, "upstream") == {c["id"]: 0, a["id"]: 1}


def test_what_holds_a_field_counts_as_it(client):
    a, b, c = topics(client, 3)
    mapped(client, a, b, "Order", "Order")
    mapped(client, b, c, "Order.id", "Order.id")
    found = graph(client, a, f"field={field(a, 'Order.id')}")
    assert reached(found, "downstream") == {a["id"]: 0, b["id"]: 1, c["id"]: 2}


def test_a_cycle_of_fields_ends(client):
    a, b = topics(client, 2)
    mapped(client, a, b, "Order.id", "Order.id")
    mapped(client, b, a, "Order.id", 'Order."price.eur"')
    found = graph(client, a, f"field={field(a, 'Order.id')}&downstreamDepth=50")
    assert node(found, a)["fields"] == [field(a, 'Order."price.eur"'), field(a, "Order.id")]
    assert found["cut"] is False


def test_where_a_field_is_followed_no_farther_there_is_said_to_be_more(client):
    a, b, c = topics(client, 3)
    mapped(client, a, b, "Order.id", "Order.id")
    mapped(client, b, c, "Order.id", "Order.id")
    by_depth = graph(client, a, f"field={field(a, 'Order.id')}&downstreamDepth=1")
    assert (by_depth["cut"], node(by_depth, b)["more"]) == (True, ["downstream"])
    by_limit = graph(client, a, f"field={field(a, 'Order.id')}&limit=1")
    assert (by_limit["cut"], node(by_limit, b)["more"]) == (True, ["downstream"])


def test_a_field_that_is_not_there_is_refused(client):
    a = topic(client)
    told = fault(client.get(f"{LINEAGE}/graph/{by_id(a)}?field={field(a, 'Order.nothing')}"), 400)
    assert told.startswith(f"topic {a['fullyQualifiedName']} has no field {field(a, 'Order.nothing')}.")


# who is concerned


def impact(client: Any, entity: dict[str, Any], query: str = "", kind: str = "topic") -> Any:
    return graph(client, entity, query, "impact", kind)


def owned(found: dict[str, Any]) -> dict[str, list[str]]:
    """Owner → the ids of what is his, in order."""
    return {one["owner"]["name"]: [asset["entity"]["id"] for asset in one["assets"]] for one in found["owners"]}


def test_everything_downstream_is_told_by_its_owners(client):
    user, team = made(client, "user"), made(client, "team")
    a, b, c, d = (
        topic(client),
        topic(client, owners=[ref(user)]),
        topic(client, owners=[ref(team, "team")]),
        topic(client, owners=[ref(user)]),
    )
    chain(client, a, b, c, d)
    found = impact(client, a)
    assert owned(found) == {user["name"]: [b["id"], d["id"]], team["name"]: [c["id"]]}
    assert found["owners"][0]["assets"][1]["downstream"] == 3
    assert found["owners"][0]["owner"]["href"].endswith(user["id"])
    assert found["owners"][1]["owner"]["type"] == "team"
    assert (found["total"], found["unowned"], found["cut"]) == (3, [], False)


def test_who_owns_nothing_himself_has_the_owners_of_what_he_lies_in(client):
    team = made(client, "team")
    service = made(client, "messagingService", owners=[ref(team, "team")])
    a, b = topic(client), topic(client, service=service["fullyQualifiedName"])
    chain(client, a, b)
    found = impact(client, a)
    assert owned(found) == {team["name"]: [b["id"]]}
    assert found["owners"][0]["assets"][0]["inherited"] is True
    assert "inherited" not in found["owners"][0]["owner"]


def test_what_nobody_owns_is_told_apart(client):
    a, b = topics(client, 2)
    chain(client, a, b)
    found = impact(client, a)
    assert [one["entity"]["id"] for one in found["unowned"]] == [b["id"]]


def test_of_a_field_only_what_is_made_of_it_is_concerned(client):
    user = made(client, "user")
    a, b, c = topic(client), topic(client, owners=[ref(user)]), topic(client, owners=[ref(user)])
    mapped(client, a, b, "Order.id", "Order.id")
    state(client, a, c)
    found = impact(client, a, f"field={field(a, 'Order.id')}")
    assert owned(found) == {user["name"]: [b["id"]]}
    assert found["owners"][0]["assets"][0]["fields"] == [field(b, "Order.id")]


def test_who_is_concerned_is_cut_too(client):
    a, b, c = topics(client, 3)
    chain(client, a, b, c)
    by_limit, by_depth = impact(client, a, "limit=1"), impact(client, a, "downstreamDepth=1")
    assert (by_limit["total"], by_limit["cut"]) == (by_depth["total"], by_depth["cut"]) == (1, True)


# what a caller may see


@pytest.fixture(scope="module")
def as_outsider(server, as_admin):
    """A caller who may not see what carries the tag `Labels.Hidden`."""
    tag = made(as_admin, "tag", name="Hidden")["fullyQualifiedName"]
    hiding = {
        "name": "hidden",
        "effect": "deny",
        "operations": ["All"],
        "resources": ["All"],
        "condition": f"matchAnyTag('{tag}')",
    }
    policy = made(as_admin, "policy", rules=[hiding])
    role = made(as_admin, "role", policies=[policy["fullyQualifiedName"]])
    return server.as_user("outsider", roles=[role["id"]])


HIDDEN = {"tags": [{"tagFQN": "Labels.Hidden"}]}


def test_what_a_caller_may_not_see_is_not_there_nor_what_lies_behind_it(client, as_outsider):
    a, b, c, d = topic(client), topic(client, **HIDDEN), topic(client), topic(client)
    chain(client, a, b, c)
    chain(client, a, d)
    for found in (graph(as_outsider, a), graph(as_outsider, a, "downstreamDepth=1")):
        assert reached(found, "downstream") == {a["id"]: 0, d["id"]: 1}
        assert pairs(found["edges"]) == {(a["id"], d["id"])}
        assert found["cut"] is False
    assert [one["entity"]["id"] for one in impact(as_outsider, a)["unowned"]] == [d["id"]]
    for_clients = around(as_outsider, a, 0, 3)
    assert [one["id"] for one in for_clients["nodes"]] == [d["id"]]
    assert set(ids(b, c)) <= set(reached(graph(client, a), "downstream"))


def test_a_field_is_not_followed_through_what_a_caller_may_not_see(client, as_outsider):
    a, b = topic(client), topic(client, **HIDDEN)
    mapped(client, a, b, "Order.id", "Order.id")
    assert reached(graph(as_outsider, a, f"field={field(a, 'Order.id')}"), "downstream") == {a["id"]: 0}
    assert b["id"] in reached(graph(client, a, f"field={field(a, 'Order.id')}"), "downstream")


@pytest.mark.parametrize("what", ["", "/graph", "/impact"])
def test_the_lineage_of_what_a_caller_may_not_see_is_refused(client, as_outsider, what):
    a = topic(client, **HIDDEN)
    fault(as_outsider.get(f"{LINEAGE}{what}/{by_id(a)}"), 403, "FORBIDDEN")


def test_an_edge_to_what_a_caller_may_not_see_is_refused(client, as_outsider):
    a, b = topic(client), topic(client, **HIDDEN)
    chain(client, a, b)
    fault(as_outsider.get(f"{LINEAGE}/getLineageEdge/{a['id']}/{b['id']}"), 403, "FORBIDDEN")


def test_a_pipeline_that_a_caller_may_not_see_is_not_shown_to_him(client, as_outsider):
    a, b = topics(client, 2)
    hidden = made(client, "messagingService", **HIDDEN)
    state(client, a, b, pipeline=ref(hidden, "messagingService"))
    assert "pipeline" not in around(as_outsider, a, 0, 1)["downstreamEdges"][0]["lineageDetails"]
    assert around(client, a, 0, 1)["downstreamEdges"][0]["lineageDetails"]["pipeline"]["id"] == hidden["id"]
