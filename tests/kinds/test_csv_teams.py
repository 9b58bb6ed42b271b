"""Teams and users as CSV: what lies below a team, who is in it, and that a file reaches no further than its team."""

from __future__ import annotations

import csv
import io
from typing import Any
from urllib.parse import quote

import pytest

from conftest import Client
from make import fresh, made, path_of, ref
from strict import fault

PLAIN = {"Content-Type": "text/plain"}
TEAMS = "name*,displayName,description,teamType*,parents*,Owner,isJoinable,defaultRoles,policies"
USERS = "name*,displayName,description,email*,timezone,isAdmin,teams*,Roles"


@pytest.fixture
def admin(as_admin: Any) -> Client:
    return as_admin.bare


@pytest.fixture
def division(admin: Client) -> dict[str, Any]:
    return made(admin, "team", name=fresh("a.division"), teamType="Division")


def address(file: str, team: str, word: str) -> tuple[str, dict[str, str]]:
    if file == "user":
        return f"{path_of('user')}/{word}", {"team": team}
    return f"{path_of('team')}/name/{quote(team, safe='')}/{word}", {}


def exported(client: Client, file: str, team: str) -> str:
    path, params = address(file, team, "export")
    response = client.get(path, params=params)
    assert response.status_code == 200, response.text
    return response.text


def put(client: Client, file: str, team: str, text: str) -> dict[str, Any]:
    path, params = address(file, team, "import")
    response = client.put(path, content=text, headers=PLAIN, params=params | {"dryRun": "false"})
    assert response.status_code == 200, response.text
    return response.json()


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def details(result: dict[str, Any]) -> list[str]:
    return [row["details"] for row in rows(result["importResultsCsv"])]


def whole(client: Client, kind: str, name: str) -> dict[str, Any]:
    response = client.get(f"{path_of(kind)}/name/{name}", params={"fields": "*"})
    assert response.status_code == 200, response.text
    return response.json()


# teams


def test_a_tree_of_teams_is_imported_exported_and_imported_again(admin: Client, division: dict[str, Any]):
    top, upper, lower = division["fullyQualifiedName"], fresh("z"), fresh("b")
    text = (
        f"{TEAMS}\r\n"
        f"{upper},Upper,It is **it**,Department,{division['name']},user:admin,false,DataConsumer,DataConsumerPolicy\r\n"
        f"{lower},,,Group,{division['name']};{upper},,true,,\r\n"
    )
    assert details(put(admin, "team", top, text)) == ["Entity created"] * 2
    before = [whole(admin, "team", name) for name in (upper, lower)]
    assert exported(admin, "team", top) == text
    assert details(put(admin, "team", top, text)) == ["Entity unchanged"] * 2
    assert [whole(admin, "team", name) for name in (upper, lower)] == before
    assert {one["name"] for one in before[1]["parents"]} == {division["name"], upper}


def test_every_team_is_exported_of_the_organization_those_above_first(admin: Client, division: dict[str, Any]):
    below = made(admin, "team", name=fresh("A"), parents=[division["id"]])
    found = rows(exported(admin, "team", "Organization"))
    names = [row["name*"] for row in found]
    assert "Organization" not in names
    assert names.index(division["name"]) < names.index(below["name"])
    assert next(row for row in found if row["name*"] == division["name"])["parents*"] == "Organization"


def test_a_file_of_the_organization_changes_nothing_when_it_is_imported_again(admin: Client, division: dict[str, Any]):
    made(admin, "team", parents=[division["id"]])
    text = exported(admin, "team", "Organization")
    assert set(details(put(admin, "team", "Organization", text))) == {"Entity unchanged"}


@pytest.mark.parametrize("there", [True, False], ids=["a team that is there", "a new team"])
def test_a_file_reaches_no_team_that_is_not_below_its_own(admin: Client, division: dict[str, Any], there: bool):  # noqa: FBT001
    other = made(admin, "team", teamType="Division")
    name = made(admin, "team", parents=[other["id"]])["name"] if there else fresh("team")
    result = put(admin, "team", division["fullyQualifiedName"], f"{TEAMS}\n{name},New,,Group,{other['name']},,,,\n")
    assert result["status"] == "failure"
    assert (admin.get(f"{path_of('team')}/name/{name}").status_code == 200) is there
    if there:
        assert "displayName" not in whole(admin, "team", name)


def test_a_group_that_is_to_hold_teams_is_refused_as_ever(admin: Client, division: dict[str, Any]):
    group = made(admin, "team", parents=[division["id"]])
    result = put(admin, "team", division["fullyQualifiedName"], f"{TEAMS}\n{fresh('t')},,,Group,{group['name']},,,,\n")
    assert "can't be of parent of team" in details(result)[0]


# users


def test_users_are_imported_exported_and_imported_again(admin: Client, division: dict[str, Any]):
    top, group = division["fullyQualifiedName"], made(admin, "team", parents=[division["id"]])
    one, two = fresh("amy.p"), fresh("ben")
    text = (
        f"{USERS}\r\n"
        f"{one},Amy,-Hello,{one}@example.com,Europe/Rome,true,{group['name']},DataSteward\r\n"
        f"{two},,,{two}@example.com,,false,{group['name']},\r\n"
    ).replace("-Hello", "'-Hello")
    assert details(put(admin, "user", top, text)) == ["Entity created"] * 2
    before = [whole(admin, "user", name) for name in (one, two)]
    assert before[0]["description"] == "-Hello"
    assert before[0]["isAdmin"] is True
    assert exported(admin, "user", top) == text
    assert details(put(admin, "user", top, text)) == ["Entity unchanged"] * 2
    assert [whole(admin, "user", name) for name in (one, two)] == before


def test_no_bots_are_exported_and_who_is_in_no_team_is_in_the_organization(admin: Client):
    alone = made(admin, "user")
    found = {row["name*"]: row for row in rows(exported(admin, "user", "Organization"))}
    assert found[alone["name"]]["teams*"] == "Organization"
    assert "ingestion-bot" not in found


def test_who_may_change_a_team_makes_no_administrators_with_a_file(admin: Client, division: dict[str, Any]):
    user = made(admin, "user")
    everything = {"name": "all", "effect": "allow", "operations": ["All"], "resources": ["user", "team"]}
    role = made(admin, "role", policies=[made(admin, "policy", rules=[everything])["fullyQualifiedName"]])
    patch = [{"op": "add", "path": "/roles", "value": [ref(role, "role")]}]
    assert admin.patch(f"{path_of('user')}/{user['id']}", json=patch).status_code == 200
    client = Client(admin.server, admin.server.token(user["name"]))
    new = fresh("user")
    text = f"{USERS}\n{new},,,{new}@example.com,,true,{division['fullyQualifiedName'].replace(chr(34), '')},\n"
    assert details(put(client, "user", division["fullyQualifiedName"], text))[0].startswith("Permission denied: ")
    assert admin.get(f"{path_of('user')}/name/{new}").status_code == 404


def test_a_user_is_put_into_no_team_outside_of_the_file_s(admin: Client, division: dict[str, Any]):
    outside, new = made(admin, "team"), fresh("user")
    row = f"{new},,,{new}@example.com,,,{outside['name']},"
    result = put(admin, "user", division["fullyQualifiedName"], f"{USERS}\n{row}\n")
    assert "nor a team below it" in details(result)[0]
    assert admin.get(f"{path_of('user')}/name/{new}").status_code == 404


def test_without_a_team_everybody_is_meant(admin: Client):
    response = admin.get(f"{path_of('user')}/export")
    assert response.text == exported(admin, "user", "Organization")


def test_a_file_of_an_unknown_team_is_not_found(admin: Client):
    fault(admin.get(f"{path_of('user')}/export", params={"team": "none"}), 404, "ENTITY_NOT_FOUND")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "generatePasswordResetLink"),
        ("POST", "password/reset"),
        ("PUT", "registrationConfirmation?token=x"),
        ("PUT", "resendRegistrationToken?user=x"),
    ],
)
def test_what_needs_a_mail_is_refused_with_whom_to_ask_instead(admin: Client, method: str, path: str):
    response = admin.request(method, f"{path_of('user')}/{path}", json={"email": "amy@example.com"}, token=None)
    assert "Ask an administrator" in fault(response, 501, "NOT_IMPLEMENTED")
