"""Whatever is renamed, moved, deleted and restored: no reference dangles, and everything can still be read."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from brokerbook.engine.verify import problems
from conftest import Client, running
from make import LABELS, fresh, made, path_of, prepare, ref

RENAMED = ("user", "team", "domain", "dataProduct", "classification", "tag", "glossary", "glossaryTerm")
DELETED = (*RENAMED, "role", "policy", "messagingService")


class Catalog:
    """A catalog that changes at random; it remembers what it made, by kind."""

    def __init__(self, client: Client, seed: int) -> None:
        self.client = client
        self.random = Random(seed)
        self.made: dict[str, list[dict[str, Any]]] = {kind: [] for kind in DELETED}

    def some(self, kind: str) -> list[dict[str, Any]]:
        """At most one live entity of a kind, as it is now."""
        live = []
        for entity in self.made[kind]:
            answer = self.client.get(f"{path_of(kind)}/{entity['id']}")
            live += [answer.json()] if answer.status_code == 200 else []
        return [self.random.choice(live)] if live and self.random.random() < 0.8 else []

    def make(self, kind: str) -> None:
        owned = kind in {"domain", "tag", "glossary", "glossaryTerm", "dataProduct", "messagingService"}
        owners = {"owners": [ref(user) for user in self.some("user")]} if owned else {}
        more = getattr(self, f"of_{kind}", dict)()
        self.made[kind].append(made(self.client, kind, **owners, **more))

    def of_user(self) -> dict[str, Any]:
        return {"teams": ids(self.some("team")), "roles": ids(self.some("role"))}

    def of_team(self) -> dict[str, Any]:
        return {"defaultRoles": ids(self.some("role")), "policies": ids(self.some("policy"))}

    def of_role(self) -> dict[str, Any]:
        return {"policies": fqns(self.some("policy")) or ["DataConsumerPolicy"]}

    def of_policy(self) -> dict[str, Any]:
        rule = {"name": "one", "effect": "allow", "operations": ["ViewAll"], "resources": ["All"]}
        tags = fqns(self.some("tag"))
        return {"rules": [rule | ({"condition": f"matchAnyTag('{tags[0]}')"} if tags else {})]}

    def of_domain(self) -> dict[str, Any]:
        above = fqns(self.some("domain"))
        return {"parent": above[0]} if above else {}

    def of_dataProduct(self) -> dict[str, Any]:  # noqa: N802  a kind's name
        return {"domains": fqns(self.some("domain")) or [made(self.client, "domain")["name"]]}

    def of_tag(self) -> dict[str, Any]:
        above = self.some("tag")
        if not above:
            return {"classification": LABELS}
        return {"classification": fqns([above[0]["classification"]])[0], "parent": fqns(above)[0]}

    def of_glossaryTerm(self) -> dict[str, Any]:  # noqa: N802  a kind's name
        glossary = self.some("glossary") or [made(self.client, "glossary")]
        return {"glossary": glossary[0]["fullyQualifiedName"], "tags": self.labels()}

    def of_messagingService(self) -> dict[str, Any]:  # noqa: N802  a kind's name
        return {"tags": self.labels(), "domains": fqns(self.some("domain"))}

    def labels(self) -> list[dict[str, Any]]:
        tags = [{"tagFQN": fqn} for fqn in fqns(self.some("tag"))]
        return tags + [{"tagFQN": fqn, "source": "Glossary"} for fqn in fqns(self.some("glossaryTerm"))]

    def step(self) -> None:
        """One change; what the catalog refuses has to be refused cleanly."""
        kind = self.random.choice(DELETED)
        action = self.random.choice(["make", "make", "make", "rename", "move", "delete", "hard", "restore"])
        found = self.some(kind)
        if action == "make" or not found:
            self.make(kind)
            return
        path = f"{path_of(kind)}/{found[0]['id']}"
        if action == "rename":
            answer = self.client.patch(path, json=[{"op": "replace", "path": "/name", "value": fresh("renamed.")}])
        elif action == "move":
            above = self.some(kind) if kind in {"tag", "glossaryTerm"} else []
            parent = [{"op": "add", "path": "/parent", "value": ref(above[0], kind)}] if above else []
            answer = self.client.patch(path, json=parent)
        elif action == "restore":
            deleted = self.client.get(f"{path_of(kind)}?include=deleted&limit=1000").json()["data"]
            if not deleted:
                return
            answer = self.client.put(f"{path_of(kind)}/restore", json={"id": self.random.choice(deleted)["id"]})
        else:
            answer = self.client.delete(f"{path}?recursive=true&hardDelete={action == 'hard'}")
        assert answer.status_code < 500, answer.text

    def check(self) -> None:
        """Everything can be read with everything that it refers to, and the catalog is sound."""
        for kind in DELETED:
            answer = self.client.get(f"{path_of(kind)}?include=all&limit=1000&fields=*")
            assert answer.status_code == 200, answer.text
            names = [row["fullyQualifiedName"] for row in answer.json()["data"]]
            assert len(names) == len(set(names))
            assert answer.json()["paging"]["total"] == len(names)
        context = self.client.server.catalog.context
        found = self.client.server.run(context.database.read(lambda tx: list(problems(tx, context.sealer))))
        assert not found, found


def ids(found: list[dict[str, Any]]) -> list[str]:
    return [entity["id"] for entity in found]


def fqns(found: list[dict[str, Any]]) -> list[str]:
    return [entity["fullyQualifiedName"] for entity in found]


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_a_catalog_stays_sound_whatever_is_done_to_it(tmp_path, seed):
    with running(tmp_path) as server:
        client = Client(server, server.token("admin"))
        prepare(client)
        catalog = Catalog(client, seed)
        for number in range(120):
            catalog.step()
            if number % 20 == 19:
                catalog.check()
