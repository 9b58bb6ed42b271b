"""What the system tells of itself, and the settings that clients share: contract, "System"."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from conftest import Client, running
from make import made
from strict import fault

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Server

SYSTEM = "/api/v1/system"
SETTINGS = f"{SYSTEM}/settings"
PROFILER = f"{SETTINGS}/profilerConfiguration"
UNSET = {"metricConfiguration": [], "sampleDataConfig": {"storeSampleData": True, "readSampleData": True}}
NO_SAMPLES = {"metricConfiguration": [], "sampleDataConfig": {"storeSampleData": False, "readSampleData": True}}


def setting(config_type: str, value: Any) -> dict[str, Any]:
    return {"config_type": config_type, "config_value": value}


@pytest.fixture
def _unset(client: Client):
    """Leaves the profiler's setting as it is when nobody has set it."""
    yield
    assert client.put(SETTINGS, json=setting("profilerConfiguration", {})).json()["config_value"] == UNSET


# settings


def test_the_profilers_setting_has_a_value_before_anybody_sets_it(as_bot: Client):
    assert as_bot.get(f"{PROFILER}?entityType=table").json() == setting("profilerConfiguration", UNSET)


@pytest.mark.usefixtures("_unset")
def test_what_is_put_is_read_by_everybody_who_may(client: Client, as_bot: Client, as_user: Client):
    asked = setting("profilerConfiguration", {"sampleDataConfig": {"storeSampleData": False}})
    answered = client.put(SETTINGS, json=asked)
    assert (answered.status_code, answered.json()) == (200, setting("profilerConfiguration", NO_SAMPLES))
    for reader in (client, as_bot, as_user):
        assert reader.get(PROFILER).json() == answered.json()


@pytest.mark.usefixtures("_unset")
def test_a_patch_begins_inside_of_the_value(client: Client):
    operation = {"op": "replace", "path": "/sampleDataConfig/storeSampleData", "value": False}
    answered = client.patch(PROFILER, json=[operation])
    assert answered.json() == client.get(PROFILER).json() == setting("profilerConfiguration", NO_SAMPLES)


def test_a_setting_outlives_the_server(tmp_path: Path):
    with running(tmp_path) as first:
        asked = setting("profilerConfiguration", {"sampleDataConfig": {"readSampleData": False}})
        stored = Client(first, first.token("admin")).put(SETTINGS, json=asked).json()
    with running(tmp_path) as second:
        assert Client(second, second.token("admin")).get(PROFILER).json() == stored
    assert stored["config_value"]["sampleDataConfig"]["readSampleData"] is False


def test_an_administrator_lists_them_and_none_of_signing_in_is_among_them(client: Client):
    listed = client.get(SETTINGS).json()
    assert [row["config_type"] for row in listed["data"]] == ["customUiThemePreference", "profilerConfiguration"]
    assert listed["paging"] == {"total": 2}
    assert [client.get(f"{SETTINGS}/{row['config_type']}").json() for row in listed["data"]] == listed["data"]


@pytest.mark.parametrize("caller", ["as_user", "as_bot"])
def test_nobody_else_lists_or_changes_them(request: pytest.FixtureRequest, caller: str, client: Client):
    other: Client = request.getfixturevalue(caller)
    for response in (
        other.get(SETTINGS),
        other.get(f"{SETTINGS}/customUiThemePreference"),
        other.get(f"{SETTINGS}/nope"),
        other.put(SETTINGS, json=setting("profilerConfiguration", NO_SAMPLES)),
        other.patch(PROFILER, json=[]),
    ):
        assert "is not admin" in fault(response, 403, "FORBIDDEN")
    assert client.get(PROFILER).json()["config_value"] == UNSET


@pytest.mark.parametrize("name", ["authenticationConfiguration", "authorizerConfiguration", "securityConfiguration"])
def test_settings_of_signing_in_are_neither_shown_nor_changed(client: Client, name: str):
    for response in (
        client.get(f"{SETTINGS}/{name}"),
        client.put(SETTINGS, json=setting(name, {})),
        client.patch(f"{SETTINGS}/{name}", json=[]),
    ):
        assert name in fault(response, 403, "FORBIDDEN")


def test_a_setting_that_is_not_kept_is_not_found_and_not_set(client: Client):
    assert fault(client.get(f"{SETTINGS}/nope"), 404, "ENTITY_NOT_FOUND") == "settings instance for nope not found"
    fault(client.patch(f"{SETTINGS}/nope", json=[]), 404, "ENTITY_NOT_FOUND")
    message = fault(client.put(SETTINGS, json=setting("nope", {})), 400)
    assert message.endswith("Allowed values of config_type are: customUiThemePreference, profilerConfiguration")


@pytest.mark.parametrize(
    ("value", "named"),
    [
        ({"colour": 1}, "colour"),
        ({"sampleDataConfig": {"storeSampleData": "yes"}}, "sampleDataConfig.storeSampleData"),
        ({"metricConfiguration": {}}, "metricConfiguration"),
    ],
)
def test_a_value_that_is_wrong_is_named_and_changes_nothing(client: Client, value: Any, named: str):
    assert named in fault(client.put(SETTINGS, json=setting("profilerConfiguration", value)), 400)
    operations = [{"op": "add", "path": f"/{key}", "value": inner} for key, inner in value.items()]
    assert named in fault(client.patch(PROFILER, json=operations), 400)
    assert client.get(PROFILER).json()["config_value"] == UNSET


def test_a_null_means_the_default(client: Client):
    asked = setting("profilerConfiguration", {"metricConfiguration": None, "sampleDataConfig": None})
    assert client.put(SETTINGS, json=asked).json()["config_value"] == UNSET


def test_a_theme_is_shown_to_whoever_has_not_logged_in_yet(client: Client):
    theme = {"customTheme": {"primaryColor": "#7147e8"}, "customLogoConfig": {"customLogoUrlPath": "https://x.y/l.svg"}}
    whole = client.put(SETTINGS, json=setting("customUiThemePreference", theme)).json()["config_value"]
    shown = client.get(f"{SYSTEM}/config/customUiThemePreference", token=None).json()
    assert shown == whole
    assert (shown["customTheme"]["primaryColor"], shown["customTheme"]["errorColor"]) == ("#7147e8", "")


def test_a_logo_is_an_address_on_the_web(client: Client):
    theme = {"customLogoConfig": {"customLogoUrlPath": "javascript:alert(1)"}}
    assert "customLogoUrlPath" in fault(client.put(SETTINGS, json=setting("customUiThemePreference", theme)), 400)


# counts


def counts(client: Client, what: str, **params: str) -> dict[str, int]:
    return client.get(f"{SYSTEM}/{what}/count", params=params).json()


def test_entities_are_counted_as_they_come_and_go(client: Client, as_user: Client):
    before, services = counts(as_user, "entities"), counts(as_user, "services")
    service, glossary = made(client, "messagingService"), made(client, "glossary")
    made(client, "glossaryTerm", glossary=glossary["name"])
    made(client, "team")
    made(client, "topic", service=service["name"])
    now = counts(as_user, "entities")
    grown = {"servicesCount", "topicCount", "glossaryCount", "glossaryTermCount", "teamCount"}
    assert {name for name in now if now[name] == before[name] + 1} == grown
    assert {name for name in now if now[name] == before[name]} == now.keys() - grown
    assert counts(as_user, "services") == services | {"messagingServiceCount": services["messagingServiceCount"] + 1}
    client.delete(f"/api/v1/services/messagingServices/{service['id']}?recursive=true")
    assert counts(as_user, "entities")["topicCount"] == before["topicCount"]
    assert counts(as_user, "services") == services
    all_services = counts(as_user, "services", include="all")["messagingServiceCount"]
    assert all_services == services["messagingServiceCount"] + 1


def test_nobody_counts_what_he_may_not_see(client: Client, server: Server):
    made(client, "messagingService")
    rule = {"name": "none", "effect": "deny", "operations": ["ViewAll"], "resources": ["messagingService"]}
    role = made(client, "role", policies=[made(client, "policy", rules=[rule])["fullyQualifiedName"]])
    blind = server.as_user("blind", roles=[role["id"]])
    found = counts(blind, "entities")
    assert found["servicesCount"] == 0
    assert found["userCount"] == counts(client, "entities")["userCount"] > 0
    assert counts(blind, "services")["messagingServiceCount"] == 0


# status


def test_every_part_of_the_system_says_whether_it_works(client: Client):
    found = client.get(f"{SYSTEM}/status", token=None).json()
    assert set(found) == {"database", "searchInstance", "pipelineServiceClient", "jwks", "migrations", "logStorage"}
    assert all(set(part) == {"description", "passed", "message"} for part in found.values())
    assert all(part["passed"] for part in found.values())


def test_a_database_that_cannot_be_written_is_told(tmp_path: Path):
    with running(tmp_path) as own:
        client = Client(own, own.token("admin"))
        writer = own.catalog.context.database._writer
        writer.execute("PRAGMA query_only = ON")
        assert client.put(SETTINGS, json=setting("profilerConfiguration", {})).status_code == 503
        database = client.get(f"{SYSTEM}/status").json()["database"]
        writer.execute("PRAGMA query_only = OFF")
    assert (database["passed"], database["message"]) == (False, "Writes fail; the server's log says why.")
