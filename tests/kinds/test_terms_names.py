"""A glossary has a name only once, in whatever case; what that is, is known without going through its terms."""

from __future__ import annotations

import sqlite3
from typing import Any

import pytest

from brokerbook.store import migrations
from brokerbook.store import terms as store
from brokerbook.store.sqlite import SqliteTx
from make import fresh, made, make, path_of
from strict import fault

TERMS = path_of("glossaryTerm")
KELVIN = "\N{KELVIN SIGN}"


def taken(name: str, glossary: dict[str, Any]) -> str:
    return f"A term with the name '{name}' already exists in '{glossary['name']}' glossary."


def asked(glossary: dict[str, Any], name: str, **fields: Any) -> dict[str, Any]:
    return make("glossaryTerm", glossary=glossary["name"], name=name, **fields)


@pytest.mark.parametrize(
    ("first", "second"),
    [(f"{KELVIN}x", "kX"), ("kx", f"{KELVIN}X"), ("Straße", "STRASSE"), ("Über", "ÜBER"), ("über", "Über")],
)
def test_a_name_is_the_same_in_every_case(client, first, second):
    glossary = made(client, "glossary")
    made(client, "glossaryTerm", glossary=glossary["name"], name=first)
    assert fault(client.post(TERMS, json=asked(glossary, second)), 400) == taken(second, glossary)
    assert client.post(TERMS, json=asked(made(client, "glossary"), second)).status_code == 201


def test_rows_of_one_request_count_for_each_other(client):
    glossary = made(client, "glossary")
    rows = [asked(glossary, name) for name in ("Größe", "GRÖSSE", "Höhe")]
    result = client.put(f"{TERMS}/bulk", json=rows).json()
    assert [row["request"]["name"] for row in result["failedRequest"]] == ["GRÖSSE"]


def test_a_renamed_term_leaves_its_old_name_and_takes_the_new_one(client):
    glossary = made(client, "glossary")
    term = made(client, "glossaryTerm", glossary=glossary["name"], name="Öl")
    patch = [{"op": "replace", "path": "/name", "value": "Ärger"}]
    assert client.patch(f"{TERMS}/{term['id']}", json=patch).status_code == 200
    assert fault(client.post(TERMS, json=asked(glossary, "ÄRGER")), 400) == taken("ÄRGER", glossary)
    assert client.post(TERMS, json=asked(glossary, "ÖL")).status_code == 201


def test_a_term_may_change_the_case_of_its_own_name(client):
    glossary = made(client, "glossary")
    term = made(client, "glossaryTerm", glossary=glossary["name"], name="öl")
    patch = [{"op": "replace", "path": "/name", "value": "ÖL"}]
    assert client.patch(f"{TERMS}/{term['id']}", json=patch).json()["name"] == "ÖL"


def test_a_name_is_free_once_its_term_is_gone_for_good(client):
    glossary = made(client, "glossary")
    term = made(client, "glossaryTerm", glossary=glossary["name"], name="Öl")
    client.delete(f"{TERMS}/{term['id']}")
    assert fault(client.post(TERMS, json=asked(glossary, "ÖL")), 400) == taken("ÖL", glossary)
    client.delete(f"{TERMS}/{term['id']}?hardDelete=true")
    assert client.post(TERMS, json=asked(glossary, "ÖL")).status_code == 201


def test_what_is_moved_with_its_glossarys_name_is_looked_for_there(client):
    source, target = made(client, "glossary"), made(client, "glossary")
    top = made(client, "glossaryTerm", glossary=source["name"])
    made(client, "glossaryTerm", glossary=source["name"], name=f"{KELVIN}y", parent=top["fullyQualifiedName"])
    made(client, "glossaryTerm", glossary=target["name"], name="ky")
    move = [{"op": "replace", "path": "/glossary", "value": {"id": target["id"], "type": "glossary"}}]
    assert fault(client.patch(f"{TERMS}/{top['id']}", json=move), 400) == taken(f"{KELVIN}y", target)


def test_a_term_that_is_moved_takes_no_name_of_one_below_it(client):
    source, target = made(client, "glossary"), made(client, "glossary")
    top = made(client, "glossaryTerm", glossary=source["name"])
    below = made(client, "glossaryTerm", glossary=source["name"], parent=top["fullyQualifiedName"])
    name = below["name"].upper()
    move = [
        {"op": "replace", "path": "/glossary", "value": {"id": target["id"], "type": "glossary"}},
        {"op": "replace", "path": "/name", "value": name},
    ]
    assert fault(client.patch(f"{TERMS}/{top['id']}", json=move), 400) == taken(name, target)


def test_names_that_were_there_before_they_were_looked_up_so_are_found(client, server):
    glossary = made(client, "glossary")
    made(client, "glossaryTerm", glossary=glossary["name"], name="Öl")
    database = server.catalog.context.database
    server.run(database.write(lambda tx: tx.run("UPDATE entity SET folded_name = NULL")))
    assert fault(client.post(TERMS, json=asked(glossary, "ÖL")), 400) == taken("ÖL", glossary)


def test_a_name_is_looked_up_in_an_index(server):
    plan = server.catalog.context.database.peek(
        lambda tx: [
            row[-1]
            for statement in (store.NAMED, store.UNFOLDED)
            for row in tx.all(f"EXPLAIN QUERY PLAN {statement}", {"fqn": "a", "names": "[]"})
        ]
    )
    assert sum("entity_folded_name" in step for step in plan) == 2, plan


def test_a_search_finds_what_only_in_another_case_is_ascii(client):
    glossary = made(client, "glossary")
    name = fresh(f"0{KELVIN}elvin")
    made(client, "glossaryTerm", glossary=glossary["name"], name=name, description="straße")
    made(client, "glossaryTerm", glossary=glossary["name"], description='He said "quoted\\".')
    for text, count in (("0kelvin", 1), ("STRASSE", 1), ('SAID "QUOTED\\"', 1), ("nothing of it", 0)):
        query = {"q": text, "glossary": glossary["id"]}
        answer = client.get(f"{TERMS}/search", params=query).json()
        assert (text, answer["paging"]["total"]) == (text, count)


def test_the_names_of_an_older_database_are_filled_in_as_far_as_the_database_knows_their_case():
    database = SqliteTx(sqlite3.connect(":memory:", isolation_level=None))
    *older, new = (sql for _, name, sql in migrations.known() if name <= "0007_term_names")
    for statement in (one for sql in older for one in migrations.statements(sql)):
        database.run(statement)
    insert = "INSERT INTO entity VALUES (:name, :kind, :name, :name, NULL, 1, 0, 0, NULL, '{}')"
    for name, kind in (("Kx", "glossaryTerm"), ("Öl", "glossaryTerm"), ("Tag", "tag")):
        database.run(insert, {"name": name, "kind": kind})
    for statement in migrations.statements(new):
        database.run(statement)
    assert dict(database.all("SELECT name, folded_name FROM entity")) == {"Kx": "kx", "Öl": None, "Tag": None}
    assert store.named(database, "Words", ["öl"]) == []
    assert database.one("SELECT folded_name FROM entity WHERE name = 'Öl'") == ("öl",)
