"""Terms and tags as CSV: exported, changed, imported; what is exported and imported again changes nothing."""

from __future__ import annotations

import csv
import io
import json
from typing import Any
from urllib.parse import quote

import pytest

from make import fresh, made, path_of, ref
from strict import fault

PLAIN = {"Content-Type": "text/plain"}
HEADER = (
    "parent,name*,displayName,description,synonyms,relatedTerms,references,tags,reviewers,owner,glossaryStatus,"
    "color,iconURL,extension"
)


@pytest.fixture
def admin(as_admin: Any) -> Any:
    return as_admin.bare


@pytest.fixture
def glossary(admin: Any) -> str:
    return made(admin, "glossary")["fullyQualifiedName"]


def of(kind: str, name: str, word: str) -> str:
    return f"{path_of(kind)}/name/{quote(name, safe='')}/{word}"


def exported(client: Any, name: str, kind: str = "glossary") -> str:
    response = client.get(of(kind, name, "export"))
    assert response.status_code == 200, response.text
    return response.text


def put(client: Any, name: str, text: str, kind: str = "glossary", dry_run: str = "false") -> dict[str, Any]:
    response = client.put(of(kind, name, "import"), content=text, headers=PLAIN, params={"dryRun": dry_run})
    assert response.status_code == 200, response.text
    return response.json()


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def term(client: Any, fqn: str) -> dict[str, Any]:
    response = client.get(f"{path_of('glossaryTerm')}/name/{quote(fqn, safe='')}", params={"fields": "*"})
    assert response.status_code == 200, response.text
    return response.json()


def rich(client: Any, glossary: str) -> list[dict[str, Any]]:
    """Terms with whatever a term can have; the second lies below the first, whose name holds a dot."""
    person, group = made(client, "user", name=fresh("some.body")), made(client, "team")
    other, label = made(client, "glossaryTerm"), made(client, "tag")
    upper = made(
        client, "glossaryTerm", glossary=glossary, name="net.worth", description='=HYPERLINK("x")\r\n- one; "two"',
        synonyms=["a;b", 'say "c"', "@all"], references=[{"name": "+1", "endpoint": "https://example.com/a;b"}],
        tags=[{"tagFQN": label["fullyQualifiedName"], "source": "Classification", "labelType": "Automated"}],
        owners=[ref(group, "team")], style={"color": "#112233", "iconURL": "https://example.com/i.png"},
    )  # fmt: skip
    relation = {"relationType": "broader", "term": ref(other, "glossaryTerm")}
    assert client.post(f"{path_of('glossaryTerm')}/{upper['id']}/relations", json=relation).status_code == 200
    lower = made(
        client, "glossaryTerm", glossary=glossary, parent=upper["fullyQualifiedName"], name="a", reviewers=[ref(person)]
    )
    return [term(client, one["fullyQualifiedName"]) for one in (upper, lower)]


def test_what_is_exported_and_imported_again_changes_nothing(admin: Any, glossary: str):
    before = rich(admin, glossary)
    result = put(admin, glossary, exported(admin, glossary))
    assert [row["details"] for row in rows(result["importResultsCsv"])] == ["Entity unchanged"] * 2
    assert result["status"] == "success"
    assert [term(admin, one["fullyQualifiedName"]) for one in before] == before


def test_an_export_makes_the_same_terms_in_another_glossary(admin: Any, glossary: str):
    rich(admin, glossary)
    other = made(admin, "glossary")["fullyQualifiedName"]
    text = exported(admin, glossary)
    result = put(admin, other, text.replace(f"{glossary}.", f"{other}."))
    assert result["status"] == "success", result["importResultsCsv"]
    assert exported(admin, other) == text.replace(f"{glossary}.", f"{other}.")


def test_a_header_and_a_row_are_as_openmetadata_has_them(admin: Any, glossary: str):
    name = fresh("person")
    made(admin, "user", name=name)
    text = f'{HEADER}\n,Term1,Shown,"Says ""hello""",one;two,,docs;https://example.com,,,user:{name},Approved,,,\n'
    result = put(admin, glossary, text)
    assert result == {
        "dryRun": False,
        "status": "success",
        "numberOfRowsProcessed": 2,
        "numberOfRowsPassed": 2,
        "numberOfRowsFailed": 0,
        "importResultsCsv": f'status,details,{HEADER}\r\nsuccess,Entity created,,Term1,Shown,"Says ""hello""",one;two,,'
        f"docs;https://example.com,,,user:{name},Approved,,,\r\n",
    }
    assert exported(admin, glossary) == text.replace("\n", "\r\n")
    found = term(admin, f"{glossary}.Term1")
    assert found["references"] == [{"name": "docs", "endpoint": "https://example.com"}]
    assert [owner["name"] for owner in found["owners"]] == [name]


def test_only_the_cells_that_say_something_else_are_changed(admin: Any, glossary: str):
    upper, lower = rich(admin, glossary)
    changed = exported(admin, glossary).replace("#112233", "").replace("broader:", "narrower:")
    result = put(admin, glossary, changed)
    assert [row["details"] for row in rows(result["importResultsCsv"])] == ["Entity updated", "Entity unchanged"]
    after = term(admin, upper["fullyQualifiedName"])
    assert after["style"] == {"iconURL": "https://example.com/i.png"}
    assert [one["relationType"] for one in after["relatedTerms"]] == ["narrower"]
    assert after["tags"] == upper["tags"]
    assert term(admin, lower["fullyQualifiedName"]) == lower


def test_terms_may_speak_of_terms_further_down_in_the_file(admin: Any, glossary: str):
    text = f"parent,name*,relatedTerms\n,a,broader:{glossary}.b\n,b,narrower:{glossary}.a\n"
    result = put(admin, glossary, text)
    assert [row["details"] for row in rows(result["importResultsCsv"])] == ["Entity created"] * 2
    assert [row["relatedTerms"] for row in rows(exported(admin, glossary))] == [
        f"broader:{glossary}.b",
        f"narrower:{glossary}.a",
    ]


def test_a_term_that_cannot_be_related_because_a_later_row_failed_tells_so(admin: Any, glossary: str):
    result = put(admin, glossary, f"name*,relatedTerms,owner\na,{glossary}.b,\nb,,user:nobody-there\n")
    first, second = rows(result["importResultsCsv"])
    assert first["details"].startswith("Entity created, but its relatedTerms could not be: glossaryTerm instance for")
    assert (first["status"], second["status"]) == ("failure", "failure")
    assert [row["name*"] for row in rows(exported(admin, glossary))] == ["a"]


def test_columns_that_a_file_leaves_out_are_left_alone_and_an_empty_cell_empties(admin: Any, glossary: str):
    upper, _ = rich(admin, glossary)
    put(admin, glossary, "name*,owner\nnet.worth,\n")
    after = term(admin, upper["fullyQualifiedName"])
    assert after["owners"] == []
    assert after["synonyms"] == upper["synonyms"]


def test_a_dry_run_tells_the_same_and_changes_nothing(admin: Any, glossary: str):
    text = "parent,name*,description,relatedTerms\n" + f",one,First,\n{glossary}.one,two,Second,{glossary}.one\n,,x,\n"
    told = put(admin, glossary, text, dry_run="true")
    assert rows(exported(admin, glossary)) == []
    done = put(admin, glossary, text)
    assert told == done | {"dryRun": True}
    assert (done["status"], done["numberOfRowsFailed"]) == ("partialSuccess", 1)
    assert [row["name*"] for row in rows(exported(admin, glossary))] == ["one", "two"]


def test_without_a_word_on_it_an_import_is_a_dry_run(admin: Any, glossary: str):
    response = admin.put(of("glossary", glossary, "import"), content="name*\none\n", headers=PLAIN)
    assert response.json()["dryRun"] is True
    assert rows(exported(admin, glossary)) == []


@pytest.mark.parametrize(
    ("row", "told"),
    [
        (",one,,user:nobody.there,", "user instance for"),
        (",one,,,Perhaps", "entityStatus has a value that is not allowed"),
        ("Elsewhere.a,one,,,", "does not lie in the glossary"),
        (",a::b,,,", "name must match"),
        (",one", "The row has 2 cells; the header has 5."),
        (",,,,", "name* must not be empty."),
        (',one,"a;""b",,', "A list is not readable"),
    ],
)
def test_a_row_that_cannot_be_is_told_of_and_harms_no_other(admin: Any, glossary: str, row: str, told: str):
    result = put(admin, glossary, f"parent,name*,synonyms,owner,glossaryStatus\n{row}\n,good,,,\n")
    failed, good = rows(result["importResultsCsv"])
    assert failed["status"] == "failure"
    assert told in failed["details"]
    assert good["status"] == "success"
    assert (result["status"], result["numberOfRowsFailed"]) == ("partialSuccess", 1)
    assert [one["name*"] for one in rows(exported(admin, glossary))] == ["good"]


def test_a_deleted_term_is_not_written_over(admin: Any, glossary: str):
    found = made(admin, "glossaryTerm", glossary=glossary, name="gone")
    assert admin.delete(f"{path_of('glossaryTerm')}/{found['id']}").status_code == 200
    result = put(admin, glossary, "name*\ngone\n")
    assert result["status"] == "failure"
    assert rows(result["importResultsCsv"])[0]["details"].endswith("is deleted. Restore it first.")


@pytest.mark.parametrize(
    ("text", "told"),
    [("name*,colour\n", "a column that the file cannot have: 'colour'"), ("parent\n", "The header lacks name*"),
     ("name,name*\n", "a column twice"), ("", "The file is empty")],
)  # fmt: skip
def test_a_file_with_another_header_is_aborted_with_the_reason(admin: Any, glossary: str, text: str, told: str):
    result = put(admin, glossary, text)
    assert told in result.pop("abortReason")
    assert result == {
        "dryRun": False, "status": "aborted", "numberOfRowsProcessed": 0, "numberOfRowsPassed": 0,
        "numberOfRowsFailed": 0, "importResultsCsv": "",
    }  # fmt: skip


def test_custom_properties_are_exported_and_read(admin: Any, glossary: str):
    types = path_of("type")
    of_terms = admin.get(f"{types}/name/glossaryTerm").json()["id"]
    text, number = (fresh("property") for _ in range(2))
    for name, kind in ((text, "string"), (number, "integer")):
        said = {"name": name, "description": "", "propertyType": ref(admin.get(f"{types}/name/{kind}").json(), "type")}
        assert admin.put(f"{types}/{of_terms}", json=said).status_code == 200
    result = put(admin, glossary, f'name*,extension\none,"{text}:a:b;{number}:17"\n')
    assert result["status"] == "success", result["importResultsCsv"]
    assert term(admin, f"{glossary}.one")["extension"] == {text: "a:b", number: 17}
    put(admin, glossary, f"name*,extension\none,{text}:18;{number}:17\n")
    assert term(admin, f"{glossary}.one")["extension"] == {text: "18", number: 17}


# who may


def test_each_row_stands_under_the_caller_s_own_rights(admin: Any, glossary: str):
    mine = made(admin, "user")
    found = admin.get(f"{path_of('glossary')}/name/{glossary}").json()
    patch = [{"op": "add", "path": "/owners", "value": [ref(mine)]}]
    assert admin.patch(f"{path_of('glossary')}/{found['id']}", json=patch).status_code == 200
    other = made(admin, "user")
    made(admin, "glossaryTerm", glossary=glossary, name="his", owners=[ref(other)])
    client = type(admin)(admin.server, admin.server.token(mine["name"]))
    result = put(client, glossary, "name*,synonyms\nhis,word\n")
    (row,) = rows(result["importResultsCsv"])
    assert row["details"].startswith("Permission denied: ")
    assert "synonyms" not in term(admin, f"{glossary}.his")


def test_only_who_may_change_the_glossary_may_import_and_a_broken_file_tells_him_nothing(admin: Any, glossary: str):
    client = admin.server.as_user(fresh("consumer"))
    response = client.put(of("glossary", glossary, "import"), content="no,such\n", headers=PLAIN)
    assert "EditAll" in fault(response, 403, "FORBIDDEN")


def test_an_unknown_glossary_is_not_found(admin: Any):
    assert fault(admin.get(of("glossary", "none", "export")), 404, "ENTITY_NOT_FOUND")
    response = admin.put(of("glossary", "none", "import"), content="name*\n", headers=PLAIN)
    assert fault(response, 404, "ENTITY_NOT_FOUND")


# jobs


def test_an_export_by_a_job_is_asked_for_at_the_job(admin: Any, glossary: str):
    rich(admin, glossary)
    response = admin.get(of("glossary", glossary, "exportAsync"))
    assert response.status_code == 202
    accepted = response.json()
    assert accepted["message"] == "Export initiated successfully."
    told = admin.get(f"/api/v1/jobs/{accepted['jobId']}").json()
    assert (told["action"], told["state"], told["entityType"]) == ("export", "done", "glossary")
    assert told["exportedCsv"] == exported(admin, glossary)


def test_an_export_by_a_job_is_for_no_one_who_has_lost_the_right_to_it(admin: Any, glossary: str):
    client = admin.server.as_user(fresh("reader"))
    job_id = client.get(of("glossary", glossary, "exportAsync")).json()["jobId"]
    assert client.get(f"/api/v1/jobs/{job_id}").status_code == 200
    rule = {"name": "no", "effect": "deny", "operations": ["ViewAll"], "resources": ["glossary"]}
    role = made(admin, "role", policies=[made(admin, "policy", rules=[rule])["fullyQualifiedName"]])
    user = client.get("/api/v1/users/loggedInUser").json()
    patch = [{"op": "add", "path": "/roles", "value": [ref(role, "role")]}]
    assert admin.patch(f"{path_of('user')}/{user['id']}", json=patch).status_code == 200
    fault(client.get(f"/api/v1/jobs/{job_id}"), 403, "FORBIDDEN")


def test_an_import_by_a_job_is_done_and_its_result_asked_for_at_the_job(admin: Any, glossary: str):
    response = admin.put(
        of("glossary", glossary, "importAsync"), content="name*\none\n", headers=PLAIN, params={"dryRun": "false"}
    )
    assert response.status_code == 200
    accepted = response.json()
    assert accepted["message"] == "Import is in progress."
    told = admin.get(f"/api/v1/jobs/{accepted['jobId']}").json()
    assert (told["action"], told["state"]) == ("import", "done")
    assert told["importResult"]["numberOfRowsPassed"] == 2
    assert term(admin, f"{glossary}.one")["name"] == "one"


# tags


def test_tags_are_exported_and_imported_with_all_that_a_tag_has(admin: Any):
    domain = made(admin, "domain")["fullyQualifiedName"]
    first = made(admin, "classification")["fullyQualifiedName"]
    text = (
        "parent,name*,displayName,description,reviewers,owner,tagStatus,color,iconURL,domains,mutuallyExclusive\r\n"
        f",High,,Very,,user:admin,Approved,#FF5733,,{domain},true\r\n"
        f"{first}.High,Low,,,user:admin,,Unprocessed,,,,false\r\n"
    )
    assert put(admin, first, text, "classification")["status"] == "success"
    assert exported(admin, first, "classification") == text
    again = put(admin, first, text.replace("true", "false"), "classification")
    assert "mutuallyExclusive of tag" in rows(again["importResultsCsv"])[0]["details"]


def test_a_classification_of_the_system_is_exported_and_not_imported(admin: Any):
    text = exported(admin, "Tier", "classification")
    assert [row["name*"] for row in rows(text)] == [f"Tier{number}" for number in range(1, 6)]
    response = admin.put(of("classification", "Tier", "import"), content=text, headers=PLAIN)
    assert fault(response, 400) == "System entity [Tier] of type classification can not be modified."


def test_what_a_spreadsheet_would_run_is_shown_with_an_apostrophe_and_stored_without(admin: Any, glossary: str):
    put(admin, glossary, json.loads('"name*,description\\none,\'=1+1\\n"'))
    assert term(admin, f"{glossary}.one")["description"] == "=1+1"
    assert rows(exported(admin, glossary))[0]["description"] == "'=1+1"
