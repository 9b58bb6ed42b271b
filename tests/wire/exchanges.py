"""Golden exchanges: what is sent step by step, and how an answer is written down so that only its meaning counts.

`python tests/wire/exchanges.py` writes the files beside this one anew; read the difference before it is committed.
"""

from __future__ import annotations

import json
import re
import sys
import tempfile
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
S = "/api/v1/services/messagingServices"
KAFKA = {"type": "Kafka", "bootstrapServers": "broker:9092", "saslPassword": "s3cret", "securityProtocol": "SASL_SSL"}
ORDERS = {
    "name": "orders",
    "serviceType": "Kafka",
    "description": "Orders of *all* shops.",
    "connection": {"config": KAFKA},
}
EVENTS = "/api/v1/events?" + "&".join(
    f"entity{change}=messagingService" for change in ("Created", "Updated", "Restored", "Deleted")
)
PEOPLE = [
    ("admin", "PUT", "/api/v1/users", {"name": "amy", "email": "amy@example.com", "displayName": "Amy"}),
    ("admin", "PUT", "/api/v1/domains", {"name": "Sales", "domainType": "Aggregate", "description": "Sells."}),
    ("admin", "PUT", "/api/v1/classifications", {"name": "Worth", "description": "Worth.", "mutuallyExclusive": True}),
    ("admin", "PUT", "/api/v1/tags", {"name": "Gold", "description": "Most.", "classification": "Worth"}),
]

T = "/api/v1/topics"
P = "/api/v1/services/ingestionPipelines"
MAIL = "/messageSchema/schemaFields/0/children/1"
PLACED: dict[str, Any] = {
    "name": "placed.v1",
    "service": "orders",
    "partitions": 3,
    "messageSchema": {
        "schemaType": "Avro",
        "schemaText": json.dumps({
            "type": "record", "name": "Order",
            "fields": [{"name": "id", "type": "long"}, {"name": "mail", "type": "string"}],
        }),
    },
}  # fmt: skip
INGESTED: dict[str, Any] = {
    "name": "a", "service": "shop", "partitions": 1, "replicationFactor": 1, "retentionTime": "86400000",
    "retentionSize": "-1", "cleanupPolicies": ["delete"], "topicConfig": {"cleanup.policy": "delete"},
    "messageSchema": {"schemaText": "", "schemaType": "Other", "schemaFields": []}, "sourceHash": "0123456789abcdef",
}  # fmt: skip
STATUS: dict[str, Any] = {
    "runId": "1d8f43a2-6b3c-4a38-8b2a-4f1f8a3f0c11",
    "startDate": 1790000000000,
    "timestamp": 1790000000000,
}

Step = tuple[str, str, str, Any]
"""(caller, method, path, body). `{0.id}` in a path or body is a value of the answer to step 0."""
SCENARIOS: dict[str, list[Step]] = {
    "life of a service": [
        ("admin", "POST", S, ORDERS),
        ("admin", "GET", f"{S}/{{0.id}}", None),
        ("bot", "GET", f"{S}/name/orders", None),
        ("admin", "PUT", S, ORDERS),
        ("admin", "PUT", S, ORDERS | {"displayName": "Orders"}),
        ("admin", "PATCH", f"{S}/{{0.id}}", [{"op": "replace", "path": "/description", "value": "Orders."}]),
        ("admin", "GET", f"{S}/{{0.id}}/versions", None),
        ("admin", "GET", f"{S}/{{0.id}}/versions/0.1", None),
        ("admin", "DELETE", f"{S}/{{0.id}}?recursive=false&hardDelete=false", None),
        ("admin", "GET", f"{S}/{{0.id}}", None),
        ("admin", "PUT", f"{S}/restore", {"id": "{0.id}"}),
        ("admin", "DELETE", f"{S}/name/orders?hardDelete=true", None),
        ("admin", "GET", EVENTS, None),
    ],
    "what a service refers to": [
        *PEOPLE,
        ("admin", "POST", S, {
            "name": "a.b", "serviceType": "Redpanda", "owners": [{"id": "{0.id}", "type": "user"}], "domain": "Sales",
            "tags": [{"tagFQN": "Worth.Gold"}],
        }),
        ("admin", "GET", f"{S}/name/%22a.b%22?fields=*", None),
        ("admin", "GET", f"{S}?domain=Sales&fields=domain,owners", None),
        ("admin", "PUT", f"{S}/{{4.id}}/followers", "{0.id}"),
        ("admin", "PATCH", f"{S}/{{4.id}}", [{"op": "remove", "path": "/owners/0"}, {"op": "remove", "path": "/tags/0"}]),
        ("admin", "DELETE", f"{S}/{{4.id}}/followers/{{0.id}}", None),
        ("admin", "PUT", f"{S}/{{4.id}}/testConnectionResult", {
            "lastUpdatedAt": 1790000000000, "status": "Successful",
            "steps": [{"name": "GetTopics", "mandatory": True, "passed": True}],
        }),
    ],
    "many at once": [
        ("admin", "PUT", f"{S}/bulk", [
            ORDERS,
            {"name": "returns", "serviceType": "Kinesis", "connection": {"config": {"awsConfig": {"awsRegion": "eu-west-1"}}}},
            {"name": "bad", "serviceType": "Kafka", "connection": {"config": {"saslPassword": "s3cret", "nope": 1}}},
            {"serviceType": "Kafka"},
        ]),
        ("bot", "PUT", f"{S}/bulk?async=false&overrideMetadata=false", []),
        ("admin", "GET", f"{S}?limit=1", None),
        ("admin", "GET", f"{S}?limit=1&after={{2.paging.after}}", None),
        ("reader", "GET", f"{S}?limit=0&include=all", None),
    ],
    "life of a topic": [
        ("admin", "POST", S, {"name": "orders", "serviceType": "Kafka"}),
        ("admin", "POST", T, PLACED),
        ("admin", "GET", f"{T}/name/orders.%22placed.v1%22?fields=owners,tags,votes,followers", None),
        ("admin", "PATCH", f"{T}/{{1.id}}", [
            {"op": "add", "path": f"{MAIL}/tags/0", "value": {"tagFQN": "PII.Sensitive"}},
            {"op": "add", "path": f"{MAIL}/description", "value": "Of the customer."},
        ]),
        ("bot", "PUT", T, PLACED | {"messageSchema": PLACED["messageSchema"] | {"schemaFields": [
            {"name": "Order", "dataType": "RECORD", "children": [{"name": "mail", "dataType": "STRING"}]},
        ]}}),
        ("admin", "GET", f"{T}/{{1.id}}/versions", None),
        ("admin", "PUT", f"{T}/{{1.id}}/vote", {"updatedVoteType": "votedUp"}),
        ("admin", "PUT", f"{T}/{{1.id}}/sampleData", {"messages": ["one", "two"]}),
        ("reader", "GET", f"{T}/{{1.id}}/sampleData", None),
        ("admin", "DELETE", f"{T}/{{1.id}}?recursive=false&hardDelete=false", None),
        ("admin", "PUT", f"{T}/restore", {"id": "{1.id}"}),
        ("admin", "DELETE", f"{T}/name/orders.%22placed.v1%22?hardDelete=true", None),
        ("admin", "GET", EVENTS.replace("messagingService", "topic"), None),
    ],
    "an ingestion": [
        ("bot", "GET", f"{S}/name/shop?fields=*", None),
        ("bot", "PUT", S, {"name": "shop", "serviceType": "Kafka"}),
        ("bot", "PUT", f"{T}/bulk?async=false&overrideMetadata=false", [INGESTED, INGESTED | {"name": "b", "partitions": 0}]),
        ("bot", "PUT", f"{T}/bulk?async=false&overrideMetadata=false", [INGESTED]),
        ("bot", "DELETE", f"{T}/deleteStale", {
            "scopeFqn": "shop", "scopeEntityType": "service", "seenFqns": ['shop."x.y"'], "recursive": True,
        }),
        ("bot", "PUT", f"{T}/bulk?async=false&overrideMetadata=false", [INGESTED]),
        ("bot", "GET", f"{T}/name/shop.a", None),
        ("bot", "PUT", P, {
            "name": "meta", "pipelineType": "metadata", "airflowConfig": {},
            "sourceConfig": {"config": {"type": "MessagingMetadata"}},
            "service": {"id": "{1.id}", "type": "messagingService"},
        }),
        ("bot", "PUT", f"{P}/shop.meta/pipelineStatus", STATUS | {"pipelineState": "running"}),
        ("bot", "PUT", f"{P}/shop.meta/pipelineStatus", STATUS | {"pipelineState": "success", "endDate": 1790000000009}),
        ("bot", "GET", f"{P}/shop.meta/pipelineStatus/{STATUS['runId']}", None),
        ("bot", "GET", f"{P}/name/shop.meta?fields=pipelineStatuses", None),
    ],
    "refusals": [
        ("nobody", "GET", S, None),
        ("reader", "POST", S, ORDERS),
        ("admin", "POST", S, {"name": "x"}),
        ("admin", "POST", S, {"serviceType": "Kafka"}),
        ("admin", "POST", S, {"name": "a::b", "serviceType": "Kafka"}),
        ("admin", "POST", S, {"name": "x", "serviceType": "Pulsar"}),
        ("admin", "POST", S, {"name": "x", "serviceType": "Kafka", "nope": 1}),
        ("admin", "POST", S, {"name": "x", "serviceType": "Kafka", "connection": {"config": {"nope": 1}}}),
        ("admin", "POST", S, {"name": "x", "serviceType": "Kafka", "tags": [{"tagFQN": "No.Such"}]}),
        ("admin", "GET", f"{S}/name/nope", None),
        ("admin", "GET", f"{S}/nope", None),
        ("admin", "GET", f"{S}?limit=-1", None),
        ("admin", "GET", f"{S}?fields=nope", None),
        ("admin", "GET", f"{S}?include=nope", None),
        ("admin", "GET", f"{S}?after=&before=", None),
        ("admin", "DELETE", S, None),
        ("admin", "PUT", S, ORDERS),
        ("admin", "POST", S, ORDERS),
        ("admin", "PUT", f"{S}/restore", {"id": "{16.id}"}),
        ("admin", "PATCH", f"{S}/{{16.id}}", [{"op": "remove", "path": "/displayName"}]),
    ],
}  # fmt: skip

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_TIME = re.compile(r'("(?:updatedAt|changedAt|timestamp)\\*":)\d{13}')
_CURSOR = re.compile(r'("(?:after|before)":")[^"]+')
_HEADERS = ("allow", "cache-control", "content-type", "etag", "location", "www-authenticate", "x-openmetadata-change")


def file_of(scenario: str) -> Path:
    return HERE / f"{scenario.replace(' ', '_')}.json"


def played(scenario: str, clients: dict[str, Any]) -> list[dict[str, Any]]:
    """The exchanges of a scenario, on a catalog that nothing has happened in, with ids, times and tags blanked."""
    answers: list[Any] = []
    exchanges: list[dict[str, Any]] = []
    ids: dict[str, str] = {}
    for caller, method, path, body in SCENARIOS[scenario]:
        filled = json.loads(_filled(json.dumps([path, body]), answers))
        response = clients[caller].request(method, filled[0], json=filled[1] if body is not None else None)
        answers.append(response.json())
        headers = {name: response.headers[name] for name in _HEADERS if name in response.headers}
        if "etag" in headers:
            headers["etag"] = "<etag>"
        said = {"caller": caller, "request": f"{method} {path}"} | ({"body": body} if body is not None else {})
        exchanges.append(said | {"status": response.status_code, "headers": headers, "answer": response.json()})
    return json.loads(_blanked(json.dumps(exchanges, separators=(",", ":")), ids))


def _filled(text: str, answers: list[Any]) -> str:
    def value(match: re.Match[str]) -> str:
        found = answers[int(match[1])]
        for step in match[2].split("."):
            found = found[step]
        return found

    return re.sub(r"\{(\d+)\.([\w.]+)\}", value, text)


def _blanked(text: str, ids: dict[str, str]) -> str:
    text = _CURSOR.sub(r"\1<cursor>", _TIME.sub(r"\g<1>0", text))
    return _UUID.sub(lambda match: ids.setdefault(match[0], f"<id {len(ids) + 1}>"), text)


def main() -> None:
    sys.path.insert(0, str(HERE.parent))
    from conftest import Client, running

    for scenario in SCENARIOS:
        with tempfile.TemporaryDirectory() as data, running(Path(data)) as server:
            found = played(scenario, clients_of(server, Client))
        file_of(scenario).write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", "utf-8")


def clients_of(server: Any, client: Any) -> dict[str, Any]:
    """Who speaks in the scenarios."""
    return {
        "admin": client(server, server.token("admin")),
        "bot": client(server, server.token("ingestion-bot")),
        "reader": server.as_user("reader"),
        "nobody": client(server, None),
    }


if __name__ == "__main__":
    main()
