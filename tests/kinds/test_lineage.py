"""Lineage as clients state it and read it back: edges put, patched, read and deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from make import fresh, made, ref
from streams import (
    LINEAGE,
    around,
    asked,
    by_id,
    by_name,
    chain,
    details,
    ids,
    missing,
    pairs,
    state,
    topic,
    topics,
)
from strict import check_event, fault

if TYPE_CHECKING:
    from conftest import Server

NOT_NULL = "[query param {} must not be null]"


def events_of(server: Server, entity_id: str) -> list[dict[str, Any]]:
    """The events of an entity's lineage, oldest first; `GET /v1/events` does not tell of them."""
    import msgspec

    statement = "SELECT doc FROM event WHERE entity_id = :id AND type LIKE 'entityLineage%' ORDER BY seq"
    rows = server.catalog.context.database.peek(lambda tx: tx.all(statement, {"id": entity_id}))
    return [msgspec.json.decode(doc) for (doc,) in rows]


# stated and read


def test_an_edge_is_read_from_both_its_ends(client):
    a, b = topics(client, 2)
    state(client, a, b)
    found = around(client, a, 1, 1)
    assert found["entity"]["id"] == a["id"]
    assert found["nodes"] == [{**found["nodes"][0], "id": b["id"], "type": "topic", "deleted": False}]
    assert found["nodes"][0]["href"].endswith(f"/api/v1/topics/{b['id']}")
    assert pairs(found["downstreamEdges"]) == {(a["id"], b["id"])}
    assert found["upstreamEdges"] == []
    assert pairs(around(client, b, 1, 1)["upstreamEdges"]) == {(a["id"], b["id"])}


def test_an_entity_without_lineage_has_empty_lists(client):
    found = around(client, topic(client), 3, 3)
    assert (found["nodes"], found["upstreamEdges"], found["downstreamEdges"]) == ([], [], [])


def test_depth_says_over_how_many_edges_is_gone(client):
    a, b, c, d, e = topics(client, 5)
    chain(client, a, b, c, d, e)
    assert pairs(around(client, b, 0, 1)["downstreamEdges"]) == {(b["id"], c["id"])}
    two = around(client, b, 0, 2)
    assert pairs(two["downstreamEdges"]) == {(b["id"], c["id"]), (c["id"], d["id"])}
    assert {node["id"] for node in two["nodes"]} == set(ids(c, d))
    assert two["upstreamEdges"] == []
    assert {node["id"] for node in around(client, e, 3, 0)["nodes"]} == set(ids(b, c, d))


def test_without_depths_one_edge_each_way_is_gone(client):
    a, b, c, d, e = topics(client, 5)
    chain(client, a, b, c, d, e)
    found = client.get(f"{LINEAGE}/{by_name(c)}").json()
    assert pairs(found["upstreamEdges"]) == {(b["id"], c["id"])}
    assert pairs(found["downstreamEdges"]) == {(c["id"], d["id"])}


def test_several_sources_are_all_upstream(client):
    a, b, t = topics(client, 3)
    chain(client, a, t)
    chain(client, b, t)
    assert pairs(around(client, t, 1, 0)["upstreamEdges"]) == {(a["id"], t["id"]), (b["id"], t["id"])}


def test_a_diamond_has_each_node_and_each_edge_once(client):
    a, b, c, d = topics(client, 4)
    chain(client, a, b, d)
    chain(client, a, c, d)
    found = around(client, a, 0, 3)
    assert sorted(node["id"] for node in found["nodes"]) == sorted(ids(b, c, d))
    assert len(pairs(found["downstreamEdges"])) == 4


def test_in_a_cycle_the_entity_itself_is_among_the_nodes(client):
    a, b = topics(client, 2)
    chain(client, a, b, a)
    found = around(client, a, 0, 3)
    assert {node["id"] for node in found["nodes"]} == {a["id"], b["id"]}
    assert pairs(found["downstreamEdges"]) == {(a["id"], b["id"]), (b["id"], a["id"])}


def test_a_topic_may_flow_into_itself(client):
    a = topic(client)
    state(client, a, a)
    found = around(client, a, 1, 1)
    assert [node["id"] for node in found["nodes"]] == [a["id"]]
    assert pairs(found["upstreamEdges"]) == pairs(found["downstreamEdges"]) == {(a["id"], a["id"])}


def test_an_edge_may_lead_to_an_entity_of_another_kind(client):
    a, product = topic(client), made(client, "dataProduct", domains=[made(client, "domain")["fullyQualifiedName"]])
    edge = {"fromEntity": ref(a, "topic"), "toEntity": ref(product, "dataProduct")}
    assert client.put(LINEAGE, json={"edge": edge}).status_code == 200
    found = around(client, product, 1, 0, "dataProduct")
    assert [(node["id"], node["type"]) for node in found["nodes"]] == [(a["id"], "topic")]
    assert "deleted" not in found["entity"]


def test_an_edge_says_who_stated_it_and_when(client, as_bot):
    a, b = topics(client, 2)
    state(client, a, b)
    said = details(client, a, b)
    assert (said["source"], said["createdBy"], said["updatedBy"]) == ("Manual", "admin", "admin")
    assert said["createdAt"] == said["updatedAt"] > 1_700_000_000_000
    state(as_bot, a, b, source="PipelineLineage")
    again = details(client, a, b)
    assert (again["source"], again["createdBy"]) == ("PipelineLineage", "ingestion-bot")


def test_what_is_said_of_an_edge_is_read_as_it_was_sent(client):
    a, b = topics(client, 2)
    hops = [{"fromEntity": "x", "toEntity": "y"}]
    state(client, a, b, sqlQuery="INSERT …", description="**All** of it.", tempLineageTables=hops, assetEdges=17)
    said = details(client, a, b)
    assert (said["sqlQuery"], said["description"], said["tempLineageTables"]) == ("INSERT …", "**All** of it.", hops)
    assert "assetEdges" not in said
    edge = around(client, a, 0, 1)["downstreamEdges"][0]
    assert edge["lineageDetails"] == said
    assert edge["description"] == "**All** of it."


def test_the_description_of_the_edge_is_meant_where_its_details_have_none(client):
    a, b = topics(client, 2)
    body = asked(a, b)
    body["edge"]["description"] = "Each order."
    assert client.put(LINEAGE, json=body).status_code == 200
    assert details(client, a, b)["description"] == "Each order."


def test_what_could_run_in_a_browser_is_removed_from_a_description(client):
    a, b = topics(client, 2)
    state(client, a, b, description="<script>alert(1)</script>All")
    assert details(client, a, b)["description"] == "All"


def test_a_second_put_replaces_what_the_first_said(client):
    a, b = topics(client, 2)
    state(client, a, b, sqlQuery="one", description="first")
    state(client, a, b, sqlQuery="two")
    said = details(client, a, b)
    assert said["sqlQuery"] == "two"
    assert "description" not in said
    assert len(around(client, a, 0, 1)["downstreamEdges"]) == 1


def test_the_ends_may_be_named_by_their_fully_qualified_names(client):
    a, b = topic(client, name="in.a"), topic(client, name="out b/%")
    path = f"{LINEAGE}/{by_name(a)}/{by_name(b)}"
    response = client.put(path, json={})
    assert (response.status_code, response.content) == (200, b"")
    assert client.get(f"{LINEAGE}/getLineageEdge/{by_name(a)}/{by_name(b)}").json()["edge"]["source"] == "Manual"
    found = client.get(f"{LINEAGE}/{by_name(a)}?downstreamDepth=2").json()
    assert found == around(client, a, 1, 2)
    assert client.patch(path, json=[{"op": "add", "path": "/sqlQuery", "value": "x"}]).json()["sqlQuery"] == "x"
    assert client.delete(path).status_code == 200
    assert missing(client.delete(path)) == "Lineage edge not found"


def test_references_may_name_their_entities_too(client):
    a, b = topics(client, 2)
    edge = {
        "fromEntity": {"type": "topic", "fullyQualifiedName": a["fullyQualifiedName"]},
        "toEntity": {"type": "topic", "fullyQualifiedName": b["fullyQualifiedName"]},
    }
    assert client.put(LINEAGE, json={"edge": edge}).status_code == 200
    assert details(client, a, b)["source"] == "Manual"


def test_a_pipeline_is_shown_as_it_is_now(client):
    a, b = topics(client, 2)
    pipeline = made(client, "ingestionPipeline")
    state(client, a, b, pipeline=ref(pipeline, "ingestionPipeline"))
    client.patch(
        f"/api/v1/services/ingestionPipelines/{pipeline['id']}",
        json=[{"op": "add", "path": "/displayName", "value": "Renamed"}],
    )
    said = details(client, a, b)["pipeline"]
    assert (said["id"], said["displayName"]) == (pipeline["id"], "Renamed")
    assert said["href"].endswith(pipeline["id"])
    client.delete(f"/api/v1/services/ingestionPipelines/{pipeline['id']}?hardDelete=true")
    assert "pipeline" not in details(client, a, b)


# fields


def field(entity: dict[str, Any], name: str) -> str:
    return f"{entity['fullyQualifiedName']}.{name}"


def test_entries_stay_that_name_fields_of_both_ends(client):
    a, b = topics(client, 2)
    nested = {"fromColumns": [field(a, "Order.id")], "toColumn": field(b, 'Order."price.eur"'), "function": "f"}
    state(client, a, b, columnsLineage=[nested, {"fromColumns": [field(a, "Order")], "toColumn": field(b, "Order")}])
    assert details(client, a, b)["columnsLineage"] == [
        nested,
        {"fromColumns": [field(a, "Order")], "toColumn": field(b, "Order")},
    ]


@pytest.mark.parametrize(
    ("made_of", "to"),
    [
        ([("a", "Order.other")], ("b", "Order")),
        ([("a", "Order")], ("b", "Order.other")),
        ([("b", "Order")], ("b", "Order")),
        ([], ("b", "Order")),
        ([("a", "Order")], None),
    ],
    ids=["unknown source", "unknown target", "a field of the other end", "no source", "no target"],
)
def test_entries_vanish_that_do_not(client, made_of, to):
    ends = dict(zip("ab", topics(client, 2), strict=True))
    entry: dict[str, Any] = {"fromColumns": [field(ends[end], name) for end, name in made_of]}
    if to is not None:
        entry["toColumn"] = field(ends[to[0]], to[1])
    state(client, ends["a"], ends["b"], columnsLineage=[entry])
    assert "columnsLineage" not in details(client, ends["a"], ends["b"])


def test_of_several_fields_those_stay_that_there_are(client):
    a, b = topics(client, 2)
    sent = [field(a, "Order.id"), "what.is.that", field(a, "Order.id")]
    state(client, a, b, columnsLineage=[{"fromColumns": sent, "toColumn": field(b, "Order")}])
    assert details(client, a, b)["columnsLineage"][0]["fromColumns"] == [field(a, "Order.id")]


def test_what_has_no_fields_has_no_lineage_of_fields(client):
    a, b = topic(client), made(client, "messagingService")
    entry = {"fromColumns": [field(a, "Order")], "toColumn": field(b, "Order")}
    edge = {"fromEntity": ref(a, "topic"), "toEntity": ref(b, "messagingService")}
    edge["lineageDetails"] = {"columnsLineage": [entry]}
    assert client.put(LINEAGE, json={"edge": edge}).status_code == 200
    assert "columnsLineage" not in details(client, a, b)


# refused


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"edge": None}, NOT_NULL.format("edge")),
        ({"edge": {}}, NOT_NULL.format("edge.fromEntity")),
        ({"edge": {"fromEntity": {"id": str(uuid4()), "type": "topic"}}}, NOT_NULL.format("edge.toEntity")),
    ],
    ids=["edge", "fromEntity", "toEntity"],
)
def test_what_is_missing_is_named(client, change, message):
    assert fault(client.put(LINEAGE, json=change), 400) == message


def test_a_reference_without_a_type_is_refused(client):
    a, b = topics(client, 2)
    body = asked(a, b)
    del body["edge"]["toEntity"]["type"]
    assert fault(client.put(LINEAGE, json=body), 400) == NOT_NULL.format("edge.toEntity.type")


def test_a_reference_that_names_nothing_is_refused(client):
    a, b = topics(client, 2)
    body = asked(a, b)
    del body["edge"]["fromEntity"]["id"]
    assert fault(client.put(LINEAGE, json=body), 400) == NOT_NULL.format("edge.fromEntity.id")


def test_an_unknown_source_is_refused_with_those_there_are(client):
    a, b = topics(client, 2)
    told = fault(client.put(LINEAGE, json=asked(a, b, source="Gossip")), 400)
    assert "OpenLineage, ExternalTableLineage" in told


def test_an_end_that_is_not_there_is_not_found(client):
    a = topic(client)
    nobody = str(uuid4())
    assert missing(client.put(LINEAGE, json=asked(a, {"id": nobody}))) == f"topic instance for {nobody} not found"
    assert missing(client.put(LINEAGE, json=asked({"id": nobody}, a))) == f"topic instance for {nobody} not found"
    assert missing(client.put(LINEAGE, json=asked(a, a, "table"))) == f"table instance for {a['id']} not found"


def test_an_end_that_is_deleted_is_not_found(client):
    a, b = topics(client, 2)
    client.delete(f"/api/v1/topics/{b['id']}")
    assert missing(client.put(LINEAGE, json=asked(a, b))) == f"topic instance for {b['id']} not found"


def test_a_pipeline_that_is_not_there_is_not_found(client):
    a, b = topics(client, 2)
    pipeline = {"id": str(uuid4()), "type": "ingestionPipeline"}
    told = missing(client.put(LINEAGE, json=asked(a, b, pipeline=pipeline)))
    assert told == f"ingestionPipeline instance for {pipeline['id']} not found"
    assert around(client, a, 0, 1)["downstreamEdges"] == []


@pytest.mark.parametrize("parameter", ["upstreamDepth", "downstreamDepth"])
@pytest.mark.parametrize(("depth", "bound"), [(4, "less than or equal to 3"), (-1, "greater than or equal to 0")])
def test_a_depth_out_of_bounds_is_refused(client, parameter, depth, bound):
    response = client.get(f"{LINEAGE}/{by_id(topic(client))}?{parameter}={depth}")
    assert fault(response, 400) == f"[query param {parameter} must be {bound}]"


def test_lineage_of_what_is_not_there_is_not_found(client):
    nobody = str(uuid4())
    assert missing(client.get(f"{LINEAGE}/topic/{nobody}")) == f"topic instance for {nobody} not found"
    assert missing(client.get(f"{LINEAGE}/topic/name/no.such")) == "topic instance for no.such not found"
    assert missing(client.get(f"{LINEAGE}/table/{nobody}")) == f"table instance for {nobody} not found"


def test_an_edge_that_is_not_there_is_not_found(client):
    a, b = topics(client, 2)
    state(client, a, b)
    back = f"{LINEAGE}/getLineageEdge/{b['id']}/{a['id']}"
    assert missing(client.get(back)) == f"Lineage edge not found between {b['id']} and  {a['id']}"
    path = f"{LINEAGE}/topic/{b['id']}/topic/{a['id']}"
    told = missing(client.patch(path, json=[]))
    assert told == f"Lineage edge not found between topic {b['id']} and topic {a['id']}"
    assert missing(client.delete(path)) == "Lineage edge not found"
    nobody = str(uuid4())
    told = missing(client.get(f"{LINEAGE}/getLineageEdge/{nobody}/{a['id']}"))
    assert told == f"Lineage edge not found between {nobody} and  {a['id']}"


# patched


def patched(client: Any, a: dict[str, Any], b: dict[str, Any], *operations: dict[str, Any]) -> Any:
    return client.patch(f"{LINEAGE}/{by_id(a)}/{by_id(b)}", json=list(operations))


def test_a_patch_changes_what_it_names(client, as_bot):
    a, b = topics(client, 2)
    state(client, a, b, description="stays")
    before = details(client, a, b)
    entry = {"fromColumns": [field(a, "Order.id")], "toColumn": field(b, "Order.id")}
    response = patched(
        as_bot,
        a,
        b,
        {"op": "add", "path": "/sqlQuery", "value": "SELECT"},
        {"op": "add", "path": "/columnsLineage/0", "value": entry},
    )
    assert response.headers["x-openmetadata-change"] == "entityUpdated"
    after = response.json()
    assert after == details(client, a, b)
    assert (after["sqlQuery"], after["description"], after["columnsLineage"]) == ("SELECT", "stays", [entry])
    assert (after["createdBy"], after["createdAt"]) == ("admin", before["createdAt"])
    assert after["updatedBy"] == "ingestion-bot"
    assert after["updatedAt"] >= before["updatedAt"]


def test_a_patch_removes_what_it_names(client):
    a, b = topics(client, 2)
    state(client, a, b, sqlQuery="x", pipeline=ref(made(client, "ingestionPipeline"), "ingestionPipeline"))
    after = patched(client, a, b, {"op": "remove", "path": "/sqlQuery"}, {"op": "remove", "path": "/pipeline"}).json()
    assert not {"sqlQuery", "pipeline"} & after.keys()


def test_a_patch_of_what_the_catalog_fills_in_is_put_back(client):
    a, b = topics(client, 2)
    state(client, a, b)
    before = details(client, a, b)
    after = patched(
        client, a, b, *({"op": "add", "path": f"/{key}", "value": 1} for key in ("createdAt", "assetEdges"))
    ).json()
    assert after["createdAt"] == before["createdAt"]
    assert "assetEdges" not in after


def test_a_patch_keeps_a_pipeline_that_is_deleted_by_now(client):
    a, b = topics(client, 2)
    pipeline = made(client, "ingestionPipeline")
    state(client, a, b, pipeline=ref(pipeline, "ingestionPipeline"))
    client.delete(f"/api/v1/services/ingestionPipelines/{pipeline['id']}")
    after = patched(client, a, b, {"op": "add", "path": "/sqlQuery", "value": "x"}).json()
    assert (after["pipeline"]["id"], after["pipeline"]["deleted"]) == (pipeline["id"], True)


def test_a_patch_that_makes_nonsense_changes_nothing(client):
    a, b = topics(client, 2)
    state(client, a, b)
    before = details(client, a, b)
    fault(patched(client, a, b, {"op": "add", "path": "/source", "value": "Gossip"}), 400)
    fault(patched(client, a, b, {"op": "replace", "path": "/columnsLineage/3/toColumn", "value": "x"}), 400)
    assert details(client, a, b) == before


# taken back, and what becomes of edges when their ends do


def test_a_deleted_edge_is_gone(client):
    a, b = topics(client, 2)
    state(client, a, b)
    response = client.delete(f"{LINEAGE}/{by_id(a)}/{by_id(b)}")
    assert (response.status_code, response.content) == (200, b"")
    assert around(client, a, 1, 1)["nodes"] == []


def test_the_edge_of_a_deleted_entity_can_be_deleted(client):
    a, b = topics(client, 2)
    state(client, a, b)
    client.delete(f"/api/v1/topics/{b['id']}")
    assert client.delete(f"{LINEAGE}/{by_id(a)}/{by_id(b)}").status_code == 200
    assert around(client, a, 1, 1)["nodes"] == []


def test_what_is_soft_deleted_is_shown_as_such_and_has_no_lineage_of_its_own(client):
    a, b, c = topics(client, 3)
    chain(client, a, b, c)
    client.delete(f"/api/v1/topics/{b['id']}")
    found = around(client, a, 0, 2)
    assert [(node["id"], node["deleted"]) for node in found["nodes"]] == [(b["id"], True), (c["id"], False)]
    assert missing(client.get(f"{LINEAGE}/{by_id(b)}")) == f"topic instance for {b['id']} not found"
    client.put("/api/v1/topics/restore", json={"id": b["id"]})
    assert [node["deleted"] for node in around(client, b, 1, 1)["nodes"]] == [False, False]


def test_a_hard_delete_takes_its_edges_along(client, server):
    service = made(client, "messagingService")
    a, b = topic(client, service=service["fullyQualifiedName"]), topic(client)
    chain(client, a, b, a)
    client.delete(f"/api/v1/services/messagingServices/{service['id']}?hardDelete=true&recursive=true")
    assert around(client, b, 1, 1)["nodes"] == []
    left = "SELECT COUNT(*) FROM lineage_edge WHERE :id IN (from_id, to_id)"
    assert server.catalog.context.database.peek(lambda tx: tx.one(left, {"id": a["id"]})) == (0,)


def test_all_edges_of_a_source_that_lead_to_an_entity_are_deleted(client):
    a, b, c, d = topics(client, 4)
    state(client, a, c, source="QueryLineage")
    state(client, b, c)
    state(client, c, d, source="QueryLineage")
    response = client.delete(f"{LINEAGE}/{by_id(c)}/type/QueryLineage")
    assert (response.status_code, response.content) == (200, b"")
    assert pairs(around(client, c, 1, 0)["upstreamEdges"]) == {(b["id"], c["id"])}
    assert pairs(around(client, c, 0, 1)["downstreamEdges"]) == {(c["id"], d["id"])}
    assert client.delete(f"{LINEAGE}/source/name/{by_name(c).replace('/name/', '/')}/type/Manual").status_code == 200
    assert around(client, c, 1, 0)["upstreamEdges"] == []
    assert client.delete(f"{LINEAGE}/{by_id(c)}/type/Manual").status_code == 200


def test_the_edges_that_a_pipeline_makes_are_deleted_by_their_source(client):
    a, b = topics(client, 2)
    pipeline = made(client, "ingestionPipeline")
    state(client, a, b, source="PipelineLineage", pipeline=ref(pipeline, "ingestionPipeline"))
    assert client.delete(f"{LINEAGE}/{by_id(pipeline, 'ingestionPipeline')}/type/PipelineLineage").status_code == 200
    assert around(client, a, 1, 1)["nodes"] == []


def test_an_unknown_source_is_not_deleted(client):
    told = fault(client.delete(f"{LINEAGE}/{by_id(topic(client))}/type/Gossip"), 400)
    assert "Allowed values are: Manual" in told


# who may


def test_who_may_not_edit_lineage_of_both_ends_states_none(client, as_user):
    his = topic(client, owners=[ref(client.get("/api/v1/users/name/reader").json())])
    other = topic(client)
    state(as_user, his, his)
    for start, end in ((his, other), (other, his)):
        told = fault(as_user.put(LINEAGE, json=asked(start, end)), 403, "FORBIDDEN")
        assert told.endswith("operations [EditLineage] not allowed")
    state(client, his, other)
    for method, path in (
        ("PATCH", f"{LINEAGE}/{by_id(his)}/{by_id(other)}"),
        ("DELETE", f"{LINEAGE}/{by_id(his)}/{by_id(other)}"),
        ("DELETE", f"{LINEAGE}/{by_id(other)}/type/Manual"),
    ):
        fault(as_user.request(method, path, json=[] if method == "PATCH" else None), 403, "FORBIDDEN")
    assert details(client, his, other)["createdBy"] == "admin"


def test_deleting_by_source_needs_the_other_ends_too(client, as_user):
    his = topic(client, owners=[ref(client.get("/api/v1/users/name/reader").json())])
    other = topic(client)
    state(client, other, his)
    fault(as_user.delete(f"{LINEAGE}/{by_id(his)}/type/Manual"), 403, "FORBIDDEN")
    assert details(client, other, his)["source"] == "Manual"


def test_what_is_not_there_is_told_before_what_is_forbidden(client, as_user):
    nobody = {"id": str(uuid4())}
    assert missing(as_user.put(LINEAGE, json=asked(topic(client), nobody)))


# events


def test_each_change_of_an_edge_is_an_event_of_where_it_begins(server, client):
    a, b = topics(client, 2)
    state(client, a, b, sqlQuery="one")
    state(client, a, b, sqlQuery="two")
    patched(client, a, b, {"op": "add", "path": "/sqlQuery", "value": "three"})
    client.delete(f"{LINEAGE}/{by_id(a)}/{by_id(b)}")
    found = events_of(server, a["id"])
    for event in found:
        check_event(event)
        assert (event["entityType"], event["entityFullyQualifiedName"]) == ("topic", a["fullyQualifiedName"])
        assert event["currentVersion"] == event["previousVersion"] == 0.1
    kinds = [event["eventType"].removeprefix("entityLineage") for event in found]
    assert kinds == ["Added", "Updated", "Updated", "Deleted"]
    updated = found[1]["changeDescription"]["fieldsUpdated"][0]
    assert updated["name"] == "lineage"
    assert updated["oldValue"]["lineageDetails"]["sqlQuery"] == "one"
    assert updated["newValue"]["lineageDetails"]["sqlQuery"] == "two"
    assert found[0]["changeDescription"]["fieldsAdded"][0]["newValue"]["toEntity"]["id"] == b["id"]
    assert found[3]["changeDescription"]["fieldsDeleted"][0]["oldValue"]["lineageDetails"]["sqlQuery"] == "three"


def test_a_refused_edge_is_no_event(server, client, as_user):
    a, b = topics(client, 2)
    fault(as_user.put(LINEAGE, json=asked(a, b)), 403, "FORBIDDEN")
    assert events_of(server, a["id"]) == []


def test_the_change_events_of_entities_are_told_without_those_of_lineage(client):
    a, b = topics(client, 2)
    state(client, a, b)
    every = "entityCreated=*&entityUpdated=*&entityRestored=*&entityDeleted=*"
    told = client.get(f"/api/v1/events?{every}&timestamp={a['updatedAt']}").json()["data"]
    assert [event["eventType"] for event in told if event["entityId"] == a["id"]] == ["entityCreated"]


def test_lineage_outlives_a_rename(client):
    domains = [made(client, "domain", name=fresh("Before")) for _ in range(2)]
    state(client, domains[0], domains[1], "domain")
    path = f"/api/v1/domains/{domains[0]['id']}"
    assert client.patch(path, json=[{"op": "replace", "path": "/name", "value": fresh("After")}]).status_code == 200
    node = around(client, domains[1], 1, 0, "domain")["nodes"][0]
    assert node["fullyQualifiedName"].startswith("After")
