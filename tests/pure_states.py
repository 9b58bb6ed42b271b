"""Entities as the engine holds them while it decides, for laws: small alphabets, so that states often meet."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from brokerbook.engine.refs import Item, label_data
from brokerbook.engine.state import State
from brokerbook.kinds import KINDS

SERVICE = KINDS["messagingService"]
FIXED: dict[str, Any] = {
    "id": "1",
    "name": "n",
    "fullyQualifiedName": "n",
    "serviceType": "Kafka",
    "version": 0.1,
    "updatedAt": 1,
    "updatedBy": "admin",
    "deleted": False,
}


def reference(target: str, kind: str = "user") -> Item:
    return Item(target, {"id": target, "type": kind, "name": target, "fullyQualifiedName": target})


def label(fqn: str, state: str = "Confirmed") -> Item:
    shown = {"tagFQN": fqn, "source": "Classification", "labelType": "Manual", "state": state}
    return Item(fqn, shown, label_data(shown))


def _some(items: st.SearchStrategy[Item]) -> st.SearchStrategy[list[Item]]:
    return st.lists(items, unique_by=lambda item: item.id, max_size=3).map(
        lambda found: sorted(found, key=lambda i: i.id)
    )


TEXT = st.sampled_from(["", "a", "b"])
PLAIN = st.fixed_dictionaries(
    {},
    optional={
        "description": TEXT,
        "displayName": TEXT,
        "style": st.sampled_from([{"color": "red"}, {"color": "blue"}]),
        "connection": st.sampled_from([{"config": {"type": "Kafka", "saslUsername": name}} for name in ("x", "y")]),
    },
)
LINKS = st.fixed_dictionaries(
    {
        "owners": _some(st.sampled_from("uvw").map(reference)),
        "domains": _some(st.sampled_from("de").map(lambda name: reference(name, "domain"))),
        "dataProducts": _some(st.sampled_from("pq").map(lambda name: reference(name, "dataProduct"))),
        "tags": _some(st.builds(label, st.sampled_from("stx"), st.sampled_from(["Confirmed", "Suggested"]))),
        "followers": _some(st.sampled_from("uv").map(reference)),
        "ingestionRunner": st.just([]),
    }
)
SECRETS = st.dictionaries(st.sampled_from([("connection", "config", "saslPassword")]), st.sampled_from(["1", "2"]))
STATES = st.builds(lambda plain, links, secrets: State(FIXED | plain, links, secrets), PLAIN, LINKS, SECRETS)
"""States of messaging services."""
ASKED = PLAIN.map(lambda plain: {"name": "n", "serviceType": "Kafka"} | plain)
GIVEN = LINKS.map(lambda links: {field: items for field, items in links.items() if items and field != "followers"})
"""What a PUT asks for: plain fields and links; it never has an empty list or followers."""
