"""Bulk requests of topics: what ingestion sends, over and over."""

from __future__ import annotations

import json
import uuid
from urllib.parse import urlsplit

import pytest

from brokerbook.engine import bulk as engine
from make import BROKER, fresh, made, make, path_of
from strict import fault

TOPICS = path_of("topic")
BULK = f"{TOPICS}/bulk"


def bulk(client, rows, query=""):
    answer = client.put(BULK + query, json=rows)
    assert answer.status_code == 200, answer.text
    return answer.json()


def get(client, name, query=""):
    return client.get(f"{TOPICS}/name/{BROKER}.{name}{query}").json()


def as_the_broker_says(name, **more):
    """A row as the official client sends it: numbers of the broker as text."""
    return {
        "name": name,
        "service": BROKER,
        "messageSchema": {"schemaText": "", "schemaType": "Other", "schemaFields": []},
        "partitions": 1,
        "replicationFactor": 1,
        "topicConfig": {"cleanup.policy": "delete"},
        "retentionTime": "86400000",
        "maximumMessageSize": "1048588",
        "minimumInSyncReplicas": "1",
        "retentionSize": "-1",
        "cleanupPolicies": ["delete"],
        "sourceHash": "0123456789abcdef",
    } | more


def test_rows_are_created_then_left_alone_then_changed(client, as_bot):
    names = [fresh("b") for _ in range(3)]
    rows = [as_the_broker_says(name) for name in names]
    first = bulk(as_bot, rows)
    assert (first["status"], first["numberOfRowsPassed"]) == ("success", 3)
    assert first["successRequest"][0] == {"request": f"{BROKER}.{names[0]}", "status": 200}
    assert get(client, names[0])["retentionTime"] == 86400000
    assert bulk(as_bot, rows)["status"] == "success"
    assert [get(client, name)["version"] for name in names] == [0.1, 0.1, 0.1]
    rows[1] = as_the_broker_says(names[1], partitions=6, sourceHash="another")
    bulk(as_bot, rows)
    assert [get(client, name)["version"] for name in names] == [0.1, 0.2, 0.1]
    assert get(client, names[1])["sourceHash"] == "another"


def test_an_equal_hash_of_the_source_changes_nothing_whatever_else_the_row_says(client, as_bot):
    name = fresh("b")
    bulk(as_bot, [as_the_broker_says(name)])
    bulk(as_bot, [as_the_broker_says(name, partitions=9)])
    assert get(client, name)["partitions"] == 1
    bulk(as_bot, [as_the_broker_says(name, partitions=9)], "?overrideMetadata=true")
    assert get(client, name)["partitions"] == 9


def test_a_deleted_topic_comes_back_though_its_source_is_the_same(client, as_bot):
    name = fresh("b")
    bulk(as_bot, [as_the_broker_says(name)])
    client.delete(f"{TOPICS}/{get(client, name)['id']}")
    assert client.get(f"{TOPICS}/name/{BROKER}.{name}").status_code == 404
    assert bulk(as_bot, [as_the_broker_says(name)])["status"] == "success"
    assert get(client, name)["version"] == 0.3


def test_a_bot_does_not_overwrite_what_people_wrote_unless_it_says_so(client, as_bot):
    name = fresh("b")
    client.post(
        TOPICS, json=make("topic", name=name, description="ours", displayName="Ours", tags=[{"tagFQN": "Tier.Tier1"}])
    )
    row = as_the_broker_says(name, description="theirs", displayName="Theirs")
    bulk(as_bot, [row])
    topic = get(client, name, "?fields=tags")
    assert (topic["description"], topic["displayName"]) == ("ours", "Ours")
    bulk(as_bot, [row | {"sourceHash": "two", "tags": [{"tagFQN": "Tier.Tier2"}]}], "?overrideMetadata=true")
    topic = get(client, name, "?fields=tags")
    assert (topic["description"], topic["displayName"]) == ("theirs", "Theirs")
    assert [tag["tagFQN"] for tag in topic["tags"]] == ["Tier.Tier2"]


def test_the_same_topic_twice_is_created_and_then_changed(client):
    name = fresh("b")
    result = bulk(client, [as_the_broker_says(name), as_the_broker_says(name, partitions=2, sourceHash="two")])
    assert result["numberOfRowsPassed"] == 2
    assert (get(client, name)["partitions"], get(client, name)["version"]) == (2, 0.2)


def test_who_may_not_is_told_row_by_row(client, as_user):
    known = made(client, "topic")
    rows = [make("topic"), make("topic", name=known["name"], partitions=3)]
    result = bulk(as_user, rows)
    assert (result["status"], [row["status"] for row in result["failedRequest"]]) == ("failure", [403, 403])
    assert all(row["message"].startswith("Permission denied: Principal") for row in result["failedRequest"])


@pytest.mark.parametrize("body", [{}, "x", None, 1])
def test_a_body_that_is_no_list_is_400(client, body):
    assert fault(client.put(BULK, json=body), 400)


def test_no_rows_are_a_failure_of_nothing(client):
    result = bulk(client, [])
    assert (result["status"], result["numberOfRowsProcessed"]) == ("failure", 0)


BROKEN = {
    "no name": {"name": None},
    "empty name": {"name": ""},
    "long name": {"name": "x" * 257},
    "colons": {"name": "a::b"},
    "quotes": {"name": 'a"b'},
    "no service": {"service": None},
    "unknown service": {"service": "nowhere"},
    "service that is no text": {"service": 7},
    "no partitions": {"partitions": None},
    "partitions 0": {"partitions": 0},
    "partitions that are no number": {"partitions": "many"},
    "unknown field": {"foo": 1},
    "unknown cleanup policy": {"cleanupPolicies": ["shred"]},
    "unknown type of schema": {"messageSchema": {"schemaType": "XML"}},
    "unknown type of field": {"messageSchema": {"schemaFields": [{"name": "a", "dataType": "NUMBER"}]}},
    "field without name": {"messageSchema": {"schemaFields": [{"dataType": "INT"}]}},
    "unknown tag": {"tags": [{"tagFQN": "Tier.None"}]},
    "two tiers": {"tags": [{"tagFQN": "Tier.Tier1"}, {"tagFQN": "Tier.Tier2"}]},
    "unknown owner": {"owners": [{"id": str(uuid.UUID(int=9)), "type": "user"}]},
    "owner of no kind": {"owners": [{"id": str(uuid.UUID(int=9)), "type": "topic"}]},
    "unknown domain": {"domains": ["nowhere"]},
    "unknown product": {"dataProducts": ["nowhere"]},
    "unknown property": {"extension": {"unknown": 1}},
    "hash that is too long": {"sourceHash": "x" * 33},
    "tag of a field": {
        "messageSchema": {"schemaFields": [{"name": "a", "dataType": "INT", "tags": [{"tagFQN": "No.No"}]}]}
    },
}


def test_ten_thousand_rows_of_which_some_are_broken_in_every_way_harm_no_other(client, as_bot):
    prefix = fresh("many")
    rows = [as_the_broker_says(f"{prefix}.{n}", sourceHash=f"h{n}") for n in range(10_000)]
    places = dict(zip(range(7, 10_000, 390), BROKEN, strict=False))
    assert len(places) == len(BROKEN)
    for place, why in places.items():
        rows[place] = rows[place] | BROKEN[why]
    rows[9_999] = "no row at all"
    result = bulk(as_bot, rows)
    assert result["status"] == "partialSuccess"
    assert result["numberOfRowsProcessed"] == 10_000
    assert result["numberOfRowsFailed"] == len(BROKEN) + 1
    assert all(row["status"] == 400 and row["message"] for row in result["failedRequest"])
    assert [row["request"] for row in result["failedRequest"]] == [*(rows[place] for place in places), rows[-1]]
    found = client.get(f"{TOPICS}?service={BROKER}&limit=100000").json()["data"]
    stored = {topic["name"] for topic in found if topic["name"].startswith(f"{prefix}.")}
    assert stored == {row["name"] for place, row in enumerate(rows[:-1]) if place not in places}
    again = bulk(as_bot, rows)
    assert (again["status"], again["numberOfRowsFailed"]) == ("partialSuccess", len(BROKEN) + 1)


def test_an_asynchronous_one_can_be_asked_for(client, as_user):
    good, bad = make("topic"), make("topic", partitions=0)
    answer = client.put(f"{BULK}?async=true", json=[good, bad])
    assert answer.status_code == 202
    promised = answer.json()
    assert (promised["status"], promised["numberOfRowsPassed"]) == ("partialSuccess", 0)
    assert promised["successRequest"] == [{"request": f"{BROKER}.{good['name']}", "status": 202}]
    path = urlsplit(answer.headers["location"]).path
    job = client.bare.get(path).json()
    assert (job["state"], job["action"], job["entityType"]) == ("done", "bulk", "topic")
    assert (job["result"]["numberOfRowsPassed"], job["result"]["numberOfRowsFailed"]) == (1, 1)
    assert as_user.bare.get(path).status_code == 404
    assert client.bare.get(f"/api/v1/jobs/{uuid.UUID(int=3)}").status_code == 404


def test_what_became_of_an_asynchronous_one_is_kept_for_a_week_and_without_what_was_refused(client, as_user):
    row = make("topic", name=fresh("refused"), description="x" * 100_000)
    answer = as_user.put(f"{BULK}?async=true", json=[row, "no row"])
    path = urlsplit(answer.headers["location"]).path
    refused = as_user.bare.get(path).json()["result"]["failedRequest"]
    assert [one["request"] for one in refused] == [{"name": row["name"], "service": BROKER}, None]
    database = client.bare.server.catalog.context.database
    job = {"id": path.rsplit("/", 1)[1], "ago": 8 * 24 * 3600 * 1000}
    client.bare.server.run(
        database.write(lambda tx: tx.run("UPDATE job SET created_at = created_at - :ago WHERE id = :id", job))
    )
    assert as_user.bare.get(path).status_code == 200
    client.put(f"{BULK}?async=true", json=[make("topic")])
    assert as_user.bare.get(path).status_code == 404


def _unfolding(name):
    """A schema whose short text stands for very many fields."""
    places = {
        f"{name}{n}": {"properties": {f"p{m}": {"$ref": f"#/$defs/{name}{n + 1}"} for m in range(9)}} for n in range(6)
    }
    return {"schemaType": "JSON", "schemaText": json.dumps({"$ref": f"#/$defs/{name}0", "$defs": places})}


def test_a_request_whose_schemas_unfold_without_end_is_refused_in_part(client, monkeypatch):
    monkeypatch.setattr(engine, "_MOST_CONTENTS", 2_000_000)  # else it takes seconds
    rows = [make("topic", messageSchema=_unfolding(f"n{n}")) for n in range(8)]
    result = bulk(client, [*rows, make("topic")])
    assert 1 < result["numberOfRowsPassed"] < 6
    assert "too many fields" in result["failedRequest"][-1]["message"]
    assert result["failedRequest"][-1]["status"] == 400


def test_further_schemas_that_unfold_without_end_are_refused(client):
    asked = make("topic", schemas=[_unfolding(f"n{n}") for n in range(100)])
    assert "further schemas have more than" in fault(client.post(TOPICS, json=asked), 400)
