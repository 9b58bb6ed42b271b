"""Search as OpenMetadata's clients use it: texts, filters, order, pages, documents and counts."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

from brokerbook.engine import search_index
from brokerbook.store import sqlite
from conftest import Client
from make import kafka, made, make, path_of, ref

if TYPE_CHECKING:
    from conftest import Server

QUERY, FIELD = "/api/v1/search/query", "/api/v1/search/fieldQuery"
TOPICS = "topic_search_index"


def found(client: Client, **asked: Any) -> dict[str, Any]:
    """The hits of a search for topics."""
    response = client.get(asked.pop("path", QUERY), params={"index": TOPICS, "size": 100} | asked)
    assert response.status_code == 200, response.text
    return response.json()["hits"]


def names(client: Client, **asked: Any) -> list[str]:
    return [hit["_source"]["name"] for hit in found(client, **asked)["hits"]]


def filtered(**query: Any) -> str:
    return json.dumps({"query": query})


FIELDS = [
    {"name": "Order", "dataType": "RECORD", "children": [
        {"name": "customerId", "dataType": "STRING"},
        {"name": "total_amount", "dataType": "INT", "displayName": "Gross price"},
    ]}
]  # fmt: skip


class Shop:
    """A service `shop` with topics that say different things, and what they refer to."""

    def __init__(self, admin: Client) -> None:
        self.admin = admin
        self.service = made(admin, "messagingService", name="shop", serviceType="Kafka", connection=kafka())
        self.other = made(admin, "messagingService", name="annex", serviceType="Redpanda")
        self.amy = made(admin, "user", name="amy", displayName="Amy Ames", email="amy.ames@example.com")
        self.amyl = made(admin, "user", name="amyl", displayName="Amy Ames Lee")
        self.team = made(admin, "team", name="sellers", displayName="Those who sell")
        self.domain = made(admin, "domain", name="Sales")
        self.tag = made(admin, "tag", name="Personal", classification="Labels")
        labels = [{"tagFQN": "Labels.Personal"}, {"tagFQN": "Tier.Tier1"}]
        schema = {"schemaType": "Avro", "schemaText": "{}", "schemaFields": FIELDS}
        self.orders = self._topic(
            "orders", description="Every purchase, once.", messageSchema=schema, tags=labels, owners=[ref(self.amy)]
        )
        self._topic("orders.cancelled", description="What becomes of some orders.", owners=[ref(self.team, "team")])
        self._topic("payments", displayName="Money that comes in", domains=["Sales"], partitions=6)
        self._topic("refunds", description="Sent back: payments and orders.")
        self._topic("Crème_brûlée", description="Dessert")
        self._topic("100%_sure")
        self._topic("elsewhere", service="annex")

    def _topic(self, name: str, **fields: Any) -> dict[str, Any]:
        return made(self.admin, "topic", name=name, **({"service": "shop"} | fields))


@pytest.fixture(scope="module")
def shop(as_admin: Client) -> Shop:
    return Shop(as_admin)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("purchase", {"orders"}),
        ("orders AND payments", {"refunds"}),
        ("orders payments", {"refunds"}),
        ("purchase OR dessert", {"orders", "Crème_brûlée"}),
        ("orders NOT payments", {"orders", "orders.cancelled"}),
        ("(purchase OR dessert) AND NOT dessert", {"orders"}),
        ('"becomes of some"', {"orders.cancelled"}),
        ('"some becomes"', set()),
        ("cancel*", {"orders.cancelled"}),
        ("cancel", set()),
        ("*ancel*", {"orders.cancelled"}),
        ("creme brulee", {"Crème_brûlée"}),
        ("CUSTOMERID", {"orders"}),
        ("customer", {"orders"}),
        ("amount", {"orders"}),
        ('"gross price"', {"orders"}),
        ("messageSchema.schemaFields.name:total_amount", {"orders"}),
        ("money", {"payments"}),
        ("displayName:money", {"payments"}),
        ("name:money", set()),
        ("name:orders", {"orders", "orders.cancelled"}),
        ("name.keyword:orders", {"orders"}),
        ("name.keyword:ORDERS", {"orders"}),
        ("name.keyword:orders*", {"orders", "orders.cancelled"}),
        ("name.keyword:*order*", {"orders", "orders.cancelled"}),
        ('fullyQualifiedName.keyword:"shop.payments"', {"payments"}),
        ("annex", {"elsewhere"}),
        ("service.name.keyword:annex", {"elsewhere"}),
        ("serviceType:Redpanda", {"elsewhere"}),
        ("owners.name:amy", {"orders"}),
        ('owners.displayName.keyword:"Amy Ames"', {"orders"}),
        ('owners.displayName.keyword:"Those who sell"', {"orders.cancelled"}),
        ("tags.tagFQN:Labels.Personal", {"orders"}),
        ("tier.tagFQN:Tier.Tier1", {"orders"}),
        ("domains.fullyQualifiedName:Sales", {"payments"}),
        ("partitions:6", {"payments"}),
        ("name.keyword:100%_sure", {"100%_sure"}),
        ("name.keyword:100?_sure", {"100%_sure"}),
        ("name.keyword:100_*", set()),
    ],
)
def test_a_text_finds(shop: Shop, text: str, expected: set[str]):
    assert set(names(shop.admin, q=f"({text}) AND (service.name:shop OR service.name:annex)")) == expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"term": {"name.keyword": "orders"}}, {"orders"}),
        ({"term": {"serviceType": {"value": "Redpanda"}}}, {"elsewhere"}),
        ({"terms": {"name.keyword": ["orders", "payments"]}}, {"orders", "payments"}),
        ({"bool": {"must": [{"term": {"service.name.keyword": "shop"}}, {"match": {"description": "dessert"}}]}},
         {"Crème_brûlée"}),
        ({"bool": {"should": [{"term": {"name.keyword": "orders"}}, {"term": {"name.keyword": "refunds"}}]}},
         {"orders", "refunds"}),
        ({"bool": {"filter": {"exists": {"field": "owners"}}, "must_not": [{"term": {"owners.name": "amy"}}]}},
         {"orders.cancelled"}),
        ({"wildcard": {"fullyQualifiedName": {"value": "shop.pay*"}}}, {"payments"}),
        ({"prefix": {"name.keyword": "ref"}}, {"refunds"}),
        ({"match_phrase": {"description": "payments and orders"}}, {"refunds"}),
        ({"query_string": {"query": "purchase dessert"}}, {"orders", "Crème_brûlée"}),
        ({"query_string": {"query": "purchase dessert", "default_operator": "AND"}}, set()),
        ({"query_string": {"query": "orders", "fields": ["name^10", "displayName"]}}, {"orders", "orders.cancelled"}),
        ({"bool": {"must": [{"bool": {"should": [{"term": {"deleted": False}}]}}, {"exists": {"field": "displayName"}}]}},
         {"payments"}),
    ],
)  # fmt: skip
def test_a_query_filter_finds(shop: Shop, query: dict[str, Any], expected: set[str]):
    text = "service.name:shop OR service.name:annex"
    assert set(names(shop.admin, q=text, query_filter=filtered(**query))) == expected


def test_ids_find_entities_whether_deleted_or_not(shop: Shop):
    gone = made(shop.admin, "topic")
    shop.admin.delete(f"{path_of('topic')}/{gone['id']}")
    query = filtered(ids={"values": [shop.orders["id"], gone["id"]]})
    assert set(names(shop.admin, query_filter=query)) == {"orders", gone["name"]}
    assert names(shop.admin, query_filter=query, deleted="false") == ["orders"]
    assert names(shop.admin, query_filter=query, deleted="true") == [gone["name"]]


@pytest.mark.parametrize(
    "text", ["{", "[]", '{"query": {"term": "x"}}', '{"query": {"bool": {"must": 1}}}', "nonsense"]
)
def test_a_malformed_filter_is_ignored(shop: Shop, text: str):
    assert names(shop.admin, q="name.keyword:orders", query_filter=text) == ["orders"]


def test_a_query_that_is_known_elsewhere_only_is_refused_and_told_what_there_is(shop: Shop):
    response = shop.admin.get(QUERY, params={"query_filter": filtered(geo_shape={"location": {}})})
    assert response.status_code == 400
    assert "geo_shape" in response.json()["message"]
    assert "query_string" in response.json()["message"]


def test_what_is_called_like_the_text_comes_first(shop: Shop):
    for _ in range(3):
        made(shop.admin, "topic", description="orders, orders and orders once more")
    assert names(shop.admin, q="orders")[:2] == ["orders", "orders.cancelled"]


def test_an_unknown_index_has_no_hits(shop: Shop):
    for index in ("table_search_index", "nothing"):
        hits = found(shop.admin, q="*", index=index)
        assert hits == {"total": {"value": 0, "relation": "eq"}, "hits": []}


def test_indexes_hold_their_kinds(shop: Shop):
    for index, kinds in {
        "messaging_service_search_index": {"messagingService"},
        "user_search_index,team_search_index": {"user", "team"},
        "tag_search_index": {"tag"},
        "data_product_search_index": set(),
        "dataAsset": {"messagingService", "topic"},
    }.items():
        hits = found(shop.admin, q="shop OR amy OR sellers OR personal OR orders", index=index)["hits"]
        assert {hit["_source"]["entityType"] for hit in hits} == kinds, index


def test_a_user_is_found_by_the_whole_of_his_address(shop: Shop):
    hits = found(shop.admin, q="email.keyword:amy.ames@example.com", index="user_search_index", size=1)
    assert [hit["_source"]["fullyQualifiedName"] for hit in hits["hits"]] == ["amy"]
    assert found(shop.admin, q="email.keyword:ames@example.com", index="user_search_index")["total"]["value"] == 0


def test_the_clients_search_for_an_owner_finds_the_one_of_that_very_name(shop: Shop):
    said = {"query": "Amy Ames AND isBot:false", "fields": ["name", "displayName"], "default_operator": "AND",
            "fuzziness": "AUTO"}  # fmt: skip
    hits = found(shop.admin, index="user_search_index", query_filter=filtered(query_string=said))["hits"]
    assert [hit["_source"]["name"] for hit in hits] == ["amy", "amyl"]


# documents


def test_a_document_is_the_entity_with_what_searches_carry(shop: Shop):
    hit = found(shop.admin, q="name.keyword:orders")["hits"][0]
    source = hit["_source"]
    assert (hit["_index"], hit["_id"]) == (TOPICS, shop.orders["id"])
    assert source["entityType"] == "topic"
    assert source["serviceType"] == "Kafka"
    assert source["service"]["name"] == "shop"
    assert source["fqnParts"] == ["shop", "orders"]
    assert source["tier"]["tagFQN"] == "Tier.Tier1"
    assert [owner["name"] for owner in source["owners"]] == ["amy"]
    assert source["messageSchema"]["schemaFields"][0]["children"][0]["name"] == "customerId"


def test_a_document_has_the_fields_that_are_asked_for(shop: Shop):
    asked = {"q": "name.keyword:orders", "include_source_fields": ["name", "owners.name"]}
    response = shop.admin.get(QUERY, params={"index": TOPICS} | asked)
    assert response.json()["hits"]["hits"][0]["_source"] == {"name": "orders", "owners": [{"name": "amy"}]}
    left = found(shop.admin, q="name.keyword:orders", exclude_source_fields="messageSchema")["hits"][0]["_source"]
    assert "messageSchema" not in left
    assert left["name"] == "orders"
    assert found(shop.admin, q="name.keyword:orders", fetch_source="false")["hits"][0]["_source"] == {}


def test_no_document_holds_a_secret_even_for_a_bot(server: Server, shop: Shop):
    sealed = kafka(
        saslUsername="u", saslPassword="in-the-vault-only", securityProtocol="SASL_SSL", saslMechanism="PLAIN"
    )
    service = made(shop.admin, "messagingService", connection=sealed)
    for client in (shop.admin, Client(server, server.token("ingestion-bot"))):
        for path in (f"{QUERY}?index=all&q={service['name']}", f"/api/v1/search/get/all/doc/{service['id']}"):
            response = client.get(path)
            assert service["id"] in response.text
            assert "in-the-vault-only" not in response.text


def test_one_document_is_read_by_its_id(shop: Shop):
    path = f"/api/v1/search/get/{TOPICS}/doc/{shop.orders['id']}"
    assert shop.admin.get(path).json()["entityType"] == "topic"
    assert shop.admin.get(path.replace(TOPICS, "user_search_index")).status_code == 404
    assert shop.admin.get(path.replace(TOPICS, "nothing")).status_code == 404


# whole values


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("fullyQualifiedName", "annex.else*", {"elsewhere"}),
        ("fullyQualifiedName", "shop.orders", {"orders"}),
        ("fullyQualifiedName", "shop", set()),
        ("fullyQualifiedName", 'shop."orders.cancelled"', {"orders.cancelled"}),
        ("fullyQualifiedName", "*.p?yments", {"payments"}),
        ("name", "100%_sure", {"100%_sure"}),
        ("displayName.keyword", "Money that*", {"payments"}),
        ("owners.name", "am*", {"orders"}),
        ("nothing", "*", set()),
    ],
)
def test_a_field_query_compares_the_whole_value(shop: Shop, name: str, value: str, expected: set[str]):
    assert set(names(shop.admin, path=FIELD, fieldName=name, fieldValue=value, deleted="false")) == expected


def test_a_field_query_leaves_out_what_is_deleted_and_what_is_elsewhere(as_admin: Client):
    service = made(as_admin, "messagingService")["name"]
    topics = [made(as_admin, "topic", service=service)["name"] for _ in range(3)]
    as_admin.delete(f"{path_of('topic')}/name/{service}.{topics[0]}")
    asked = {"path": FIELD, "fieldName": "fullyQualifiedName", "fieldValue": f"{service}.*"}
    assert set(names(as_admin, deleted="false", **asked)) == set(topics[1:])
    assert found(as_admin, deleted="false", size=1, **asked)["total"]["value"] == 2


def test_only_a_search_by_text_looks_among_what_is_deleted_too_without_being_told(as_admin: Client):
    service = made(as_admin, "messagingService")["name"]
    gone, live = (made(as_admin, "topic", service=service)["name"] for _ in range(2))
    as_admin.delete(f"{path_of('topic')}/name/{service}.{gone}")
    assert set(names(as_admin, q=f"service.name:{service}")) == {gone, live}
    asked = {"path": FIELD, "fieldName": "fullyQualifiedName", "fieldValue": f"{service}.*"}
    assert names(as_admin, **asked) == [live]
    assert names(as_admin, deleted="true", **asked) == [gone]
    asked = {"q": f"service.name:{service}", "index": TOPICS, "field": "name.keyword"}
    assert counts(as_admin.get("/api/v1/search/aggregate", params=asked), asked["field"]) == {live: 1}
    body = {"query": asked["q"], "index": TOPICS, "fieldName": "name.keyword"}
    for more, expected in (({}, live), ({"deleted": None}, live), ({"deleted": True}, gone)):
        response = as_admin.post("/api/v1/search/aggregate", json=body | more)
        assert counts(response, "name.keyword") == {expected: 1}


def test_a_pattern_that_could_run_away_ends_at_once(shop: Shop):
    pattern = "*a" * 1000 + "b"
    assert names(shop.admin, path=FIELD, fieldName="description.keyword", fieldValue=pattern) == []
    assert shop.admin.get(FIELD, params={"fieldName": "name", "fieldValue": "x" * 4000}).status_code == 400


# order and pages


@pytest.mark.parametrize("field", ["fullyQualifiedName", "name.keyword", "updatedAt", "serviceType", "_score"])
@pytest.mark.parametrize("direction", ["asc", "desc"])
def test_pages_have_every_row_once(shop: Shop, field: str, direction: str):
    asked: list[tuple[str, Any]] = [
        ("q", ""),
        ("index", "all"),
        ("size", 23),
        ("sort_field", field),
        ("sort_order", direction),
    ]
    seen: list[str] = []
    places: list[Any] = []
    after: list[Any] = []
    while True:
        pairs = asked + [("search_after", str(value)) for value in after]
        text = "&".join(f"{key}={quote(str(value))}" for key, value in pairs)
        hits = shop.admin.get(f"{QUERY}?{text}").json()["hits"]
        if not hits["hits"]:
            break
        seen += [hit["_id"] for hit in hits["hits"]]
        places += [hit["sort"][0] for hit in hits["hits"]]
        after = hits["hits"][-1]["sort"]
    assert len(seen) == len(set(seen)) == hits["total"]["value"]
    assert places == sorted(places, reverse=direction == "desc")


def test_a_window_has_bounds(shop: Shop):
    assert len(found(shop.admin, q="*", size=2)["hits"]) == 2
    first, second = (found(shop.admin, q="*", size=1, **{"from": place})["hits"][0]["_id"] for place in (0, 1))
    assert first != second
    for asked in ({"size": 10_001}, {"from": 9_999, "size": 2}, {"size": -1}, {"sort_field": "nothing"}):
        assert shop.admin.get(QUERY, params=asked).status_code == 400


# counts


def counts(response: Any, field: str) -> dict[str, int]:
    assert response.status_code == 200, response.text
    return {
        bucket["key"]: bucket["doc_count"] for bucket in response.json()["aggregations"][f"sterms#{field}"]["buckets"]
    }


def test_a_search_counts_what_it_finds(shop: Shop):
    asked = {"q": "service.name:shop", "index": TOPICS, "include_aggregations": "true", "size": 0}
    response = shop.admin.get(QUERY, params=asked)
    assert counts(response, "entityType") == {"topic": 6}
    assert counts(response, "serviceType") == {"Kafka": 6}
    assert counts(response, "service.displayName.keyword") == {"shop": 6}
    assert counts(response, "owners.displayName.keyword") == {"Amy Ames": 1, "Those who sell": 1}
    assert counts(response, "tags.tagFQN") == {"Labels.Personal": 1, "Tier.Tier1": 1}
    assert counts(response, "tier.tagFQN") == {"Tier.Tier1": 1}
    assert counts(response, "domains.displayName.keyword") == {"Sales": 1}
    assert counts(response, "deleted") == {"false": 6}


def test_an_aggregate_counts_by_one_field(shop: Shop):
    asked = {"q": "service.name:shop", "index": TOPICS, "field": "partitions", "size": 5}
    assert counts(shop.admin.get("/api/v1/search/aggregate", params=asked), "partitions") == {"1": 5, "6": 1}
    body = {"query": "service.name:shop", "index": TOPICS, "fieldName": "name.keyword", "fieldValue": "ORD"}
    response = shop.admin.post("/api/v1/search/aggregate", json=body)
    assert counts(response, "name.keyword") == {"orders": 1, "orders.cancelled": 1}


def test_domains_that_come_from_above_are_found_and_counted(as_admin: Client):
    domain = made(as_admin, "domain")["fullyQualifiedName"]
    service = made(as_admin, "messagingService", domains=[domain])["name"]
    topics = {made(as_admin, "topic", service=service)["name"] for _ in range(2)}
    made(as_admin, "topic", service=service, domains=[made(as_admin, "domain")["fullyQualifiedName"]])
    assert set(names(as_admin, q=f"domains.fullyQualifiedName:{domain}")) == topics
    asked = {"q": f"service.name:{service}", "index": TOPICS, "field": "domains.fullyQualifiedName"}
    assert counts(as_admin.get("/api/v1/search/aggregate", params=asked), asked["field"])[domain] == 2
    asked = filtered(bool={"must_not": {"exists": {"field": "domains"}}})
    assert not topics & set(names(as_admin, q=f"service.name:{service}", query_filter=asked))


def test_tags_that_a_term_brings_along_are_found_and_counted(as_admin: Client):
    tag = made(as_admin, "tag")["fullyQualifiedName"]
    term = made(as_admin, "glossaryTerm", tags=[{"tagFQN": tag}])["fullyQualifiedName"]
    topic = made(as_admin, "topic", tags=[{"tagFQN": term, "source": "Glossary"}])["name"]
    assert names(as_admin, q=f"tags.tagFQN:{tag}") == [topic]
    response = as_admin.get("/api/v1/search/aggregate", params={"q": topic, "index": TOPICS, "field": "tags.tagFQN"})
    assert counts(response, "tags.tagFQN") == {tag: 1, term: 1}


def test_a_topic_is_found_by_what_a_field_of_its_schema_is_labelled_with(as_admin: Client):
    tag = made(as_admin, "tag")["fullyQualifiedName"]
    inner = {"name": "mail", "dataType": "STRING", "tags": [{"tagFQN": tag}]}
    fields = [{"name": "Order", "dataType": "RECORD", "children": [inner]}]
    topic = made(as_admin, "topic", messageSchema={"schemaFields": fields})
    assert names(as_admin, q=f"tags.tagFQN:{tag}") == [topic["name"]]
    path = f"{path_of('topic')}/{topic['id']}"
    gone = [{"op": "remove", "path": "/messageSchema/schemaFields/0/children/0/tags/0"}]
    assert as_admin.patch(path, json=gone).status_code == 200
    assert names(as_admin, q=f"tags.tagFQN:{tag}") == []


def test_suggestions_are_names(shop: Shop):
    response = shop.admin.get("/api/v1/search/aggregate", params={"q": "refund*", "size": 5})
    assert [bucket["key"] for bucket in response.json()["aggregations"]["suggest"]["buckets"]] == ["refunds"]


def test_a_bulk_request_is_found_at_once(as_admin: Client):
    service = made(as_admin, "messagingService")["name"]
    rows = [make("topic", name=f"wave{number}", service=service) for number in range(700)]
    assert as_admin.put(f"{path_of('topic')}/bulk", json=rows).json()["status"] == "success"
    assert found(as_admin, q=f"service.name:{service}", size=0)["total"]["value"] == 700
    assert names(as_admin, q="wave0") == ["wave0"]


@pytest.mark.usefixtures("shop")
def test_a_text_with_a_nul_is_no_fault_of_the_storage(client: Client):
    assert names(client, q='"pur\x00chase"') == []
    assert "orders" in names(client, q="purchase\x00")


@pytest.mark.usefixtures("shop")
def test_a_search_that_takes_too_long_is_given_up(client: Client, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(search_index, "LONGEST_SEARCH", 0.0)
    monkeypatch.setattr(sqlite, "STEPS_BETWEEN_LOOKS", 1)
    for path in (QUERY, "/api/v1/search", "/api/v1/search/aggregate"):
        answer = client.get(path, params={"q": "*urchas*"})
        assert (answer.status_code, answer.json()["errorType"]) == (400, "BAD_REQUEST")
        assert "0 seconds" in answer.json()["message"]
    monkeypatch.undo()
    assert "orders" in names(client, q="*urchas*")
