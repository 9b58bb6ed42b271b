"""A small catalog on disk with something of everything: kinds, references, versions, secrets, events, tokens, a job."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from conftest import Client, running
from make import SERVICES, kafka, made, make, path_of, prepare, ref

if TYPE_CHECKING:
    from pathlib import Path

SECRET = "hunter2-of-orders"


def build(data: Path) -> None:
    """Makes it, and stops."""
    with running(data) as server:
        admin = Client(server, server.token("admin"))
        prepare(admin)
        ann = made(admin, "user", name="ann")
        made(admin, "user", name="bob", email="bob@example.com")
        domain = made(admin, "domain", name="sales")
        made(admin, "domain", name="retail", parent="sales")
        tag = made(admin, "tag", name="important")
        made(admin, "tag", name="very", parent="Labels.important")
        team = made(admin, "team", name="platform")
        term = made(admin, "glossaryTerm", name="order")
        made(admin, "glossaryTerm", name="line", relatedTerms=[term["fullyQualifiedName"]])
        vote = {"updatedVoteType": "votedUp"}
        admin.put(f"/api/v1/glossaryTerms/{term['id']}/vote", json=vote).raise_for_status()
        orders = made(
            admin, "messagingService", name="orders", owners=[ref(ann)], domains=[domain["fullyQualifiedName"]],
            tags=[{"tagFQN": tag["fullyQualifiedName"]}],
            connection=kafka(saslUsername="reader", saslPassword=SECRET),
        )  # fmt: skip
        made(
            admin,
            "messagingService",
            name="a.b",
            owners=[ref(team, "team")],
            connection=kafka(saslPassword="other-one"),
        )
        topics = [made(admin, "topic", service=service) for service in ("orders", '"a.b"')]
        edge = {end: ref(topic, "topic") for end, topic in zip(("fromEntity", "toEntity"), topics, strict=True)}
        admin.put("/api/v1/lineage", json={"edge": edge}).raise_for_status()
        for name in ("closed", "gone"):
            admin.delete(f"{SERVICES}/{made(admin, 'messagingService', name=name)['id']}").raise_for_status()
        admin.put(f"{SERVICES}/{orders['id']}/followers", json=ann["id"]).raise_for_status()
        for words in ("Orders.", "All orders."):
            patch = [{"op": "add", "path": "/description", "value": words}]
            admin.patch(f"{SERVICES}/{orders['id']}", json=patch).raise_for_status()
        admin.put(SERVICES, json={"name": "orders", "serviceType": "Kafka", "displayName": "Orders"}).raise_for_status()
        _topic(admin)
        gone = admin.get(f"{SERVICES}/name/gone?include=deleted").json()
        admin.delete(f"{SERVICES}/async/{gone['id']}?hardDelete=true").raise_for_status()
        while admin.get(f"{SERVICES}/{gone['id']}?include=all").status_code != 404:
            time.sleep(0.01)
        admin.get("/api/v1/search").raise_for_status()  # all of it is indexed


def _topic(admin: Client) -> None:
    """A topic whose schema has labels, has changed, and has others beside it; with sample data."""
    text = (
        '{"type": "record", "name": "Order", "fields": [{"name": "id", "type": "long"}, {"name": "n", "type": "int"}]}'
    )
    schema = {"schemaType": "Avro", "schemaText": text}
    further = [{"role": "key", "schemaType": "Avro", "schemaText": '{"type": "enum", "name": "E", "symbols": ["A"]}'}]
    topic = made(admin, "topic", name="orders.placed", messageSchema=schema, schemas=further)
    path = f"{path_of('topic')}/{topic['id']}"
    label = {"op": "add", "path": "/messageSchema/schemaFields/0/children/0/tags/0", "value": {"tagFQN": "Tier.Tier1"}}
    admin.patch(path, json=[label]).raise_for_status()
    changed = [{"name": "Order", "dataType": "RECORD", "children": [{"name": "id", "dataType": "LONG"}]}]
    asked = make("topic", name="orders.placed", messageSchema=schema | {"schemaText": "{}", "schemaFields": changed})
    admin.put(path_of("topic"), json=asked).raise_for_status()
    admin.put(f"{path}/sampleData", json={"messages": ["one"]}).raise_for_status()
