"""Custom properties: how they are defined for a type of entities, and what an entity's `extension` may then hold."""

from __future__ import annotations

import json
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import quote

import pytest

from brokerbook.kinds import KINDS
from brokerbook.model.property_types import PROPERTY_TYPES
from make import fresh, made, make, path_of, ref
from strict import fault

TYPES = path_of("type")
DOMAINS = path_of("domain")
COLOURS = {"config": {"values": ["red", "green", "blue"], "multiSelect": True}}


def type_of(client: Any, name: str) -> dict[str, Any]:
    return client.get(f"{TYPES}/name/{name}?fields=customProperties").json()


def property_of(client: Any, kind: str, config: Any = None, **fields: Any) -> dict[str, Any]:
    """What a PUT of a new property of that type sends."""
    asked: dict[str, Any] = {
        "name": fresh("property"),
        "description": "Says something.",
        "propertyType": ref(type_of(client, kind), "type"),
    }
    return asked | ({"customPropertyConfig": config} if config is not None else {}) | fields


def define(client: Any, owner: str, kind: str, config: Any = None, **fields: Any) -> str:
    """Adds a new property to a type of entities; its name."""
    asked = property_of(client, kind, config, **fields)
    response = client.put(f"{TYPES}/{type_of(client, owner)['id']}", json=asked)
    assert response.status_code == 200, response.text
    return asked["name"]


def names(found: dict[str, Any]) -> list[str]:
    return [item["name"] for item in found.get("customProperties", [])]


def extension(client: Any, entity: dict[str, Any], kind: str = "domain") -> Any:
    return client.get(f"{path_of(kind)}/{entity['id']}?fields=extension").json().get("extension")


def scoped(client: Any, *kinds: str) -> str:
    """A token of the administrator for these kinds alone."""
    return client.post("/api/v1/tokens", json={"name": "scoped", "scopes": {"kinds": list(kinds)}}).json()["jwtToken"]


def remove_property(client: Any, name: str, **more: Any) -> Any:
    place = names(type_of(client, "domain")).index(name)
    patch = [{"op": "remove", "path": f"/customProperties/{place}"}]
    return client.patch(f"{TYPES}/name/domain", json=patch, **more)


def patched(client: Any, entity: dict[str, Any], op: str, pointer: str, value: Any = None) -> Any:
    operation = {"op": op, "path": pointer} | ({"value": value} if op != "remove" else {})
    return client.patch(f"{DOMAINS}/{entity['id']}", json=[operation])


# the types that there are


def test_a_catalog_begins_with_a_type_for_each_kind_and_for_each_that_a_property_may_have(client):
    entities = client.get(f"{TYPES}?category=entity&limit=100").json()
    fields = client.get(f"{TYPES}?category=field&limit=100").json()
    assert {row["name"] for row in entities["data"]} >= KINDS.keys()
    assert {row["name"] for row in fields["data"]} >= PROPERTY_TYPES.keys()
    assert entities["paging"]["total"] == len(entities["data"])
    assert {row["category"] for row in fields["data"]} == {"field"}


def test_a_category_that_is_none_is_refused(client):
    message = fault(client.get(f"{TYPES}?category=thing"), 400)
    assert message == "query param category must be one of [field, entity]"


def test_parameters_that_the_client_sends_along_are_not_looked_at(client):
    assert client.get(f"{TYPES}/name/integer?category=field").json()["name"] == "integer"


@pytest.mark.parametrize("name", ["domain", "date-cp"])
def test_a_type_that_the_catalog_lives_by_stays(client, name):
    path = f"{TYPES}/{type_of(client, name)['id']}"
    assert fault(client.delete(path), 400) == f"System entity [{name}] of type type can not be deleted."
    assert client.get(path).status_code == 200


def test_a_type_of_ones_own_can_be_made_and_deleted_but_no_property_can_be_of_it(client):
    own = made(client, "type", category="field")
    asked = property_of(client, "string") | {"propertyType": ref(own, "type")}
    message = fault(client.put(f"{TYPES}/{type_of(client, 'domain')['id']}", json=asked), 400)
    assert message.startswith(f"A custom property cannot be of type {own['name']}. It can be of: date-cp, ")
    assert client.delete(f"{TYPES}/{own['id']}").status_code == 200


@pytest.mark.parametrize("name", ["two words", "a.b", "a-b"])
def test_the_name_of_a_new_type_is_one_word(client, name):
    message = fault(client.post(TYPES, json=make("type", name=name)), 400)
    assert message == r'[query param name must match "^[\w]+$"]'


def test_the_schema_of_a_type_is_a_json_object_as_text(client):
    assert fault(client.post(TYPES, json=make("type", schema="[]")), 400).startswith("schema has to be a JSON Schema")
    own = made(client, "type")
    response = client.patch(f"{TYPES}/{own['id']}", json=[{"op": "add", "path": "/schema", "value": "no"}])
    assert fault(response, 400).startswith("schema has to be a JSON Schema")


def test_the_category_of_a_type_stays(client):
    own = make("type", category="field")
    assert client.post(TYPES, json=own).status_code == 201
    message = fault(client.put(TYPES, json=own | {"category": "entity"}), 400)
    assert message == f"The type {own['name']} is of the category field, which cannot change."


# defining properties


def test_a_property_is_added_with_a_version_and_an_event(client):
    before = type_of(client, "domain")
    asked = property_of(client, "integer", displayName="How many")
    response = client.put(f"{TYPES}/{before['id']}", json=asked)
    body = response.json()
    assert response.headers["x-openmetadata-change"] == "entityUpdated"
    assert body["version"] == pytest.approx(before["version"] + 0.1)
    integer = type_of(client, "integer")
    shown = {"id": integer["id"], "type": "type", "name": "integer", "fullyQualifiedName": "integer"}
    added = next(item for item in body["customProperties"] if item["name"] == asked["name"])
    assert added == asked | {"propertyType": shown}
    changed = body["changeDescription"]
    assert [field["name"] for field in (*changed["fieldsAdded"], *changed["fieldsUpdated"])] == ["customProperties"]
    told = client.get(f"/api/v1/events?entityUpdated=type&timestamp={body['updatedAt']}").json()["data"]
    assert told[-1]["entity"]["customProperties"] == body["customProperties"]


def test_properties_are_shown_when_asked_for_and_in_the_order_of_their_names(client):
    for name in ("zeta", "alpha"):
        define(client, "dataProduct", "string", name=name)
    found = type_of(client, "dataProduct")
    assert names(found) == sorted(names(found))
    assert {"alpha", "zeta"} <= set(names(found))
    path = f"{TYPES}/name/dataProduct"
    assert "customProperties" not in client.get(path).json()
    listed = client.get(f"{TYPES}?category=entity&limit=100").json()["data"]
    assert all("customProperties" not in row for row in listed)
    listed = client.get(f"{TYPES}?category=entity&limit=100&fields=customProperties").json()["data"]
    assert found in [row | {"customProperties": row.get("customProperties")} for row in listed]
    assert client.bare.get(f"{path}/customProperties").json() == found["customProperties"]
    shown = client.get(f"{path}?fields=*").json()
    assert shown["customProperties"] == found["customProperties"]


def test_a_type_without_properties_lists_none_and_no_type_is_404(client):
    assert client.bare.get(f"{TYPES}/name/team/customProperties").json() == []
    for name in ("nope", "integer"):
        message = fault(client.get(f"{TYPES}/name/{name}/customProperties"), 404, "ENTITY_NOT_FOUND")
        assert message == f"Entity type '{name}' not found or has no custom properties"


def test_the_same_name_again_is_a_change_and_the_same_again_none(client):
    path = f"{TYPES}/{type_of(client, 'domain')['id']}"
    asked = property_of(client, "enum", COLOURS)
    client.put(path, json=asked)
    same = client.put(path, json=asked)
    assert same.headers["x-openmetadata-change"] == "entityNoChange"
    other = asked | {"description": "Other.", "customPropertyConfig": {"config": {"values": ["red"]}}}
    body = client.put(path, json=other).json()
    assert names(body).count(asked["name"]) == 1
    found = next(item for item in body["customProperties"] if item["name"] == asked["name"])
    assert (found["description"], found["customPropertyConfig"]) == ("Other.", {"config": {"values": ["red"]}})


def test_properties_that_are_added_at_the_same_time_are_all_there(client):
    path = f"{TYPES}/{type_of(client, 'domain')['id']}"
    asked = [property_of(client, "string") for _ in range(8)]
    with ThreadPoolExecutor(max_workers=len(asked)) as pool:
        answers = list(pool.map(lambda one: client.bare.put(path, json=one), asked))
    assert [answer.status_code for answer in answers] == [200] * len(asked)
    assert {one["name"] for one in asked} <= set(names(type_of(client, "domain")))


def test_an_empty_configuration_is_none(client):
    path = f"{TYPES}/{type_of(client, 'domain')['id']}"
    asked = property_of(client, "string", {"config": None})
    found = client.put(path, json=asked).json()["customProperties"]
    assert "customPropertyConfig" not in next(item for item in found if item["name"] == asked["name"])


def test_the_type_of_a_property_stays(client):
    path = f"{TYPES}/{type_of(client, 'domain')['id']}"
    name = define(client, "domain", "string")
    message = fault(client.put(path, json=property_of(client, "integer", name=name)), 400)
    assert message.startswith(f"The custom property {name} of domain is of type string, which cannot change.")


def test_the_type_of_a_property_may_be_given_by_name(client):
    asked = property_of(client, "string") | {"propertyType": {"type": "type", "name": "email"}}
    body = client.put(f"{TYPES}/{type_of(client, 'domain')['id']}", json=asked).json()
    found = next(item for item in body["customProperties"] if item["name"] == asked["name"])
    assert found["propertyType"]["name"] == "email"


def test_what_defines_no_property_is_refused_in_the_contracts_words(client):
    path = f"{TYPES}/{type_of(client, 'domain')['id']}"
    before = type_of(client, "domain")
    nobody = str(uuid.UUID(int=7))
    unknown = property_of(client, "string") | {"propertyType": {"id": nobody, "type": "type"}}
    assert fault(client.put(path, json=unknown), 404, "ENTITY_NOT_FOUND") == f"type instance for {nobody} not found"
    missing = client.put(f"{TYPES}/{nobody}", json=property_of(client, "string"))
    assert fault(missing, 404, "ENTITY_NOT_FOUND") == f"type instance for {nobody} not found"
    of_field = client.put(f"{TYPES}/{type_of(client, 'integer')['id']}", json=property_of(client, "string"))
    assert fault(of_field, 400) == "Only entity types can be extended and field types can't be extended"
    for config, message in (
        (None, "Enum Custom Property Type must have EnumConfig."),
        ({"config": {"values": []}}, "Enum Custom Property Type must have EnumConfig populated with values."),
        ({"config": {"values": ["a", "a"]}}, "Enum Custom Property values cannot have duplicates."),
    ):
        assert fault(client.put(path, json=property_of(client, "enum", config)), 400) == message
    no_description = property_of(client, "string")
    del no_description["description"]
    assert fault(client.put(path, json=no_description), 400) == "[query param description must not be null]"
    nameless = property_of(client, "string") | {"propertyType": {"type": "type"}}
    assert fault(client.put(path, json=nameless), 400) == "[query param propertyType.id must not be null]"
    assert type_of(client, "domain") == before


def test_a_kind_whose_entities_have_no_extension_has_no_properties(client):
    path = f"{TYPES}/{type_of(client, 'messagingService')['id']}"
    message = fault(client.put(path, json=property_of(client, "string")), 400)
    assert message.startswith("Entities of type messagingService have no custom properties. Those of these have: ")
    assert "domain" in message


@pytest.mark.parametrize("name", ["a.b", "a b", "a(b", "a%b", "7", "a|b`c'd?e[f]{g}"])
def test_odd_names_are_names(client, name):
    define(client, "dataProduct", "string", name=name)
    product = made(client, "dataProduct", domains=[made(client, "domain")["name"]], extension={name: "here"})
    assert extension(client, product, "dataProduct") == {name: "here"}
    path = f"{TYPES}/name/dataProduct"
    place = names(type_of(client, "dataProduct")).index(name)
    assert client.patch(path, json=[{"op": "remove", "path": f"/customProperties/{place}"}]).status_code == 200
    assert extension(client, product, "dataProduct") is None


@pytest.mark.parametrize("name", ["", "_a", 'a"b', "a/b", "a~b", "a$b", "a\\b", "a\n", "x" * 257])
def test_other_names_are_none(client, name):
    asked = property_of(client, "string", name=name)
    assert "name" in fault(client.put(f"{TYPES}/{type_of(client, 'domain')['id']}", json=asked), 400)


def test_a_patch_with_a_bad_property_stores_nothing(client):
    define(client, "domain", "string")
    before = type_of(client, "domain")
    path = f"{TYPES}/{before['id']}"
    good = property_of(client, "string")
    for bad in (
        good | {"name": "a/b"},
        good | {"name": names(before)[0]},
        good | {"propertyType": {"id": str(uuid.UUID(int=7)), "type": "type"}},
        good | {"more": 1},
    ):
        response = client.patch(path, json=[{"op": "add", "path": "/customProperties/-", "value": bad}])
        assert response.status_code in (400, 404), response.text
    assert type_of(client, "domain") == before


def test_a_patch_adds_a_property_too(client):
    define(client, "domain", "string")
    asked = property_of(client, "string")
    patch = [{"op": "add", "path": "/customProperties/-", "value": asked | {"displayName": None}}]
    body = client.patch(f"{TYPES}/name/domain", json=patch).json()
    found = next(item for item in body["customProperties"] if item["name"] == asked["name"])
    assert found["propertyType"]["name"] == "string"
    assert "displayName" not in found


def test_the_description_of_a_property_is_made_safe(client):
    name = define(client, "domain", "string", description="a<script>b</script>c")
    found = next(item for item in type_of(client, "domain")["customProperties"] if item["name"] == name)
    assert found["description"] == "ac"


def test_only_who_may_create_types_defines_properties(as_user, client):
    path = f"{TYPES}/{type_of(client, 'domain')['id']}"
    message = fault(as_user.put(path, json=property_of(client, "string")), 403, "FORBIDDEN")
    assert message == "Principal: CatalogPrincipal{name='reader'} operations [Create] not allowed"
    removal = [{"op": "add", "path": "/customProperties", "value": []}]
    assert fault(as_user.patch(path, json=removal), 403, "FORBIDDEN").endswith("operations [EditAll] not allowed")
    assert as_user.bare.get(f"{TYPES}/name/domain/customProperties").status_code == 200


# values


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_a_new_entity_has_the_values_it_was_given(client, method):
    number, colour = define(client, "domain", "integer"), define(client, "domain", "enum", COLOURS)
    asked = make("domain", extension={number: 7, colour: ["red", "blue"]})
    body = client.request(method, DOMAINS, json=asked).json()
    assert body["extension"] == {number: 7, colour: ["blue", "red"]}
    assert extension(client, body) == {number: 7, colour: ["blue", "red"]}


def test_values_are_shown_by_reads_that_ask_for_them(client):
    name = define(client, "domain", "integer")
    domain = made(client, "domain", extension={name: 7})
    path = f"{DOMAINS}/{domain['id']}"
    assert "extension" not in client.get(path).json()
    assert "extension" not in client.get(f"{path}?fields=owners").json()
    assert client.get(f"{path}?fields=owners,extension").json()["extension"] == {name: 7}
    assert client.get(f"{path}?fields=*").json()["extension"] == {name: 7}
    for fields, shown in (("", None), ("&fields=extension", {name: 7})):
        listed = client.get(f"{DOMAINS}?limit=1000{fields}").json()["data"]
        assert next(row for row in listed if row["id"] == domain["id"]).get("extension") == shown


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_a_key_that_is_no_property_is_refused(client, method):
    asked = make("domain", extension={"nope": 7})
    assert fault(client.request(method, DOMAINS, json=asked), 400) == "Unknown custom field nope"
    assert client.get(f"{DOMAINS}/name/{asked['name']}").status_code == 404


def test_a_property_of_one_type_is_none_of_another(client):
    name = define(client, "dataProduct", "integer")
    message = fault(client.post(DOMAINS, json=make("domain", extension={name: 7})), 400)
    assert message == f"Unknown custom field {name}"


def test_a_value_that_does_not_fit_is_refused_by_every_way_of_writing(client):
    name = define(client, "domain", "integer")
    domain = made(client, "domain", extension={name: 7})
    expected = f"Custom field {name} has invalid JSON [: string found, integer expected]"
    wrong = {name: "seven"}
    asked = make("domain", name=domain["name"], extension=wrong)
    assert fault(client.post(DOMAINS, json=make("domain", extension=wrong)), 400) == expected
    assert fault(client.put(DOMAINS, json=asked), 400) == expected
    assert fault(patched(client, domain, "add", "/extension", wrong), 400) == expected
    assert fault(patched(client, domain, "replace", f"/extension/{name}", "seven"), 400) == expected
    result = client.put(f"{DOMAINS}/bulk", json=[asked, make("domain", extension={name: 8})]).json()
    assert [row["message"] for row in result["failedRequest"]] == [expected]
    assert result["numberOfRowsPassed"] == 1
    assert extension(client, domain) == {name: 7}


def test_a_date_in_another_pattern_is_refused_with_the_pattern(client):
    name = define(client, "domain", "date-cp", {"config": "yyyy-MM-dd"})
    message = fault(client.post(DOMAINS, json=make("domain", extension={name: "1.1.2024"})), 400)
    assert message == f"Custom field {name} value is not as per defined format yyyy-MM-dd"


def test_a_patch_adds_changes_and_removes_one_value(client):
    first, second = define(client, "domain", "integer"), define(client, "domain", "string")
    domain = made(client, "domain")
    added = patched(client, domain, "add", "/extension", {first: 7}).json()
    assert added["changeDescription"]["fieldsAdded"] == [{"name": "extension", "newValue": f'{{"{first}":7}}'}]
    changed = patched(client, domain, "add", f"/extension/{second}", "more").json()
    assert changed["extension"] == {first: 7, second: "more"}
    patched(client, domain, "remove", f"/extension/{first}")
    assert extension(client, domain) == {second: "more"}
    last = patched(client, domain, "remove", f"/extension/{second}").json()
    assert "extension" not in last
    assert extension(client, domain) is None


def test_a_null_is_no_value(client):
    name = define(client, "domain", "integer")
    domain = made(client, "domain", extension={name: None})
    assert "extension" not in domain
    assert "extension" not in patched(client, domain, "add", "/extension", {name: None}).json()


def test_the_extension_is_edited_by_who_may_edit_custom_fields(as_user, client):
    name = define(client, "domain", "integer")
    domain = made(client, "domain")
    message = fault(patched(as_user, domain, "add", "/extension", {name: 7}), 403, "FORBIDDEN")
    assert message == "Principal: CatalogPrincipal{name='reader'} operations [EditCustomFields] not allowed"


def test_a_put_keeps_values_that_it_leaves_out_and_replaces_those_that_it_brings(client):
    name = define(client, "domain", "integer")
    asked = make("domain", extension={name: 7})
    client.put(DOMAINS, json=asked)
    without = {key: value for key, value in asked.items() if key != "extension"}
    kept = client.put(DOMAINS, json=without)
    assert kept.json()["extension"] == {name: 7}
    assert kept.headers["x-openmetadata-change"] == "entityNoChange"
    body = client.put(DOMAINS, json=asked | {"extension": {name: 8}}).json()
    assert body["extension"] == {name: 8}
    assert body["version"] == 0.2
    assert [change["name"] for change in body["changeDescription"]["fieldsUpdated"]] == ["extension"]


def test_a_bots_put_never_changes_values(as_bot, client):
    name = define(client, "domain", "integer")
    with_value, without = make("domain", extension={name: 7}), make("domain")
    for asked in (with_value, without):
        assert client.put(DOMAINS, json=asked).status_code == 201
        put = as_bot.put(DOMAINS, json=asked | {"extension": {name: 8, "nope": 1}})
        assert put.headers["x-openmetadata-change"] == "entityNoChange"
        assert put.json().get("extension") == asked.get("extension")
    assert as_bot.post(DOMAINS, json=make("domain", extension={name: 9})).json()["extension"] == {name: 9}


def test_versions_and_events_hold_the_values_that_there_were(client):
    name = define(client, "domain", "integer")
    asked = make("domain", extension={name: 7})
    domain = client.put(DOMAINS, json=asked).json()
    client.put(DOMAINS, json=asked | {"extension": {name: 8}})
    path = f"{DOMAINS}/{domain['id']}/versions"
    shown = [client.get(f"{path}/{number}").json()["extension"] for number in ("0.1", "0.2")]
    assert shown == [{name: 7}, {name: 8}]
    told = client.get(f"/api/v1/events?entityUpdated=domain&timestamp={domain['updatedAt']}").json()["data"]
    assert told[-1]["entity"]["extension"] == {name: 8}


def test_what_a_narrower_configuration_no_longer_allows_stays_but_cannot_be_given_anew(client):
    name = define(client, "domain", "enum", COLOURS)
    domain = made(client, "domain", extension={name: ["red"]})
    narrower = property_of(client, "enum", {"config": {"values": ["green"]}}, name=name)
    assert client.put(f"{TYPES}/{type_of(client, 'domain')['id']}", json=narrower).status_code == 200
    assert patched(client, domain, "add", "/displayName", "Shown").json()["extension"] == {name: ["red"]}
    message = fault(client.post(DOMAINS, json=make("domain", extension={name: ["red"]})), 400)
    assert message == f"Values '[red]' not supported for property {name}"


# references


def test_a_reference_shows_what_it_names_as_it_is_now(client):
    name = define(client, "domain", "entityReference", {"config": ["domain"]})
    many = define(client, "domain", "entityReferenceList")
    target, user = made(client, "domain"), made(client, "user")
    given = {name: ref(target, "domain"), many: [ref(target, "domain"), ref(user)]}
    domain = made(client, "domain", extension=given)
    assert domain["extension"][name]["name"] == target["name"]
    renamed = fresh("renamed")
    rename = [{"op": "replace", "path": "/name", "value": renamed}]
    assert client.patch(f"{DOMAINS}/{target['id']}", json=rename).status_code == 200
    shown = extension(client, domain)
    assert shown[name]["name"] == shown[name]["fullyQualifiedName"] == renamed
    assert shown[name]["href"].endswith(f"{DOMAINS}/{target['id']}")
    assert [item["name"] for item in shown[many]] == [renamed, user["name"]]


def test_what_a_reference_names_has_to_be_there_and_of_an_allowed_type(client):
    name = define(client, "domain", "entityReference", {"config": ["user"]})
    nobody = str(uuid.UUID(int=7))
    absent = client.post(DOMAINS, json=make("domain", extension={name: {"id": nobody, "type": "user"}}))
    assert fault(absent, 404, "ENTITY_NOT_FOUND") == f"user instance for {nobody} not found"
    other = {name: ref(made(client, "domain"), "domain")}
    message = fault(client.post(DOMAINS, json=make("domain", extension=other)), 400)
    assert message == f"Custom field {name} has invalid JSON [/type: one of user is expected]"


def test_what_is_deleted_is_no_longer_shown(client):
    one = define(client, "domain", "entityReference")
    many = define(client, "domain", "entityReferenceList")
    stays, goes = made(client, "domain"), made(client, "domain")
    both = [ref(stays, "domain"), ref(goes, "domain")]
    domain = made(client, "domain", extension={one: ref(goes, "domain"), many: both})
    client.delete(f"{DOMAINS}/{goes['id']}")
    shown = extension(client, domain)
    assert one not in shown
    assert [item["id"] for item in shown[many]] == [stays["id"]]
    more = patched(client, domain, "add", f"/extension/{many}/-", ref(made(client, "domain"), "domain"))
    assert more.status_code == 200


# removing a property


def test_removing_a_property_removes_its_values_everywhere(client):
    goes, stays = define(client, "domain", "integer"), define(client, "domain", "integer")
    both = make("domain", extension={goes: 1, stays: 2})
    alone = make("domain", extension={goes: 1})
    entities = [client.put(DOMAINS, json=asked).json() for asked in (both, alone)]
    place = names(type_of(client, "domain")).index(goes)
    removed = client.patch(f"{TYPES}/name/domain", json=[{"op": "remove", "path": f"/customProperties/{place}"}])
    assert goes not in names(removed.json())
    assert [extension(client, entity) for entity in entities] == [{stays: 2}, None]
    assert [client.get(f"{DOMAINS}/{entity['id']}").json()["version"] for entity in entities] == [0.1, 0.1]
    assert fault(client.put(DOMAINS, json=alone), 400) == f"Unknown custom field {goes}"


def test_a_property_that_comes_back_comes_back_without_values(client):
    name = define(client, "domain", "integer")
    domain = made(client, "domain", extension={name: 1})
    path = f"{TYPES}/name/domain"
    place = names(type_of(client, "domain")).index(name)
    client.patch(path, json=[{"op": "remove", "path": f"/customProperties/{place}"}])
    define(client, "domain", "string", name=name)
    assert extension(client, domain) is None
    assert patched(client, domain, "add", "/extension", {name: "text"}).json()["extension"] == {name: "text"}


def test_removing_the_last_property_leaves_none(client):
    patch = [{"op": "add", "path": "/customProperties", "value": []}]
    define(client, "dataProduct", "integer")
    body = client.patch(f"{TYPES}/name/{quote('dataProduct')}", json=patch).json()
    assert "customProperties" not in body
    assert client.bare.get(f"{TYPES}/name/dataProduct/customProperties").json() == []


def test_removing_a_property_is_told_as_an_event_of_its_type(client):
    name = define(client, "domain", "integer")
    domain = made(client, "domain", extension={name: 1})
    remove_property(client, name)
    since = domain["updatedAt"]
    events = client.bare.get(f"/api/v1/events?entityUpdated=type&timestamp={since}").json()["data"]
    change = events[-1]["changeDescription"]
    (told,) = (*change["fieldsUpdated"], *change["fieldsDeleted"])
    assert told["name"] == "customProperties"
    assert (name in str(told["oldValue"]), name in str(told.get("newValue"))) == (True, False)


def test_a_token_that_is_not_for_the_entities_removes_none_of_their_values(client):
    name = define(client, "domain", "integer")
    domain = made(client, "domain", extension={name: 1})
    refused = remove_property(client, name, token=scoped(client, "type"))
    assert "uses a token that is not for every domain" in fault(refused, 403, "FORBIDDEN")
    assert extension(client, domain) == {name: 1}
    assert remove_property(client, name, token=scoped(client, "type", "domain")).status_code == 200
    assert extension(client, domain) is None


# references that are not the caller's to see


@pytest.fixture(scope="module")
def as_blind(client, server):
    """A user who edits domains and sees no service."""
    rules = [
        {"name": "hide", "effect": "deny", "operations": ["All"], "resources": ["messagingService"]},
        {"name": "edit", "effect": "allow", "operations": ["EditAll"], "resources": ["domain"]},
    ]
    made(client, "policy", name="BlindToServices", rules=rules)
    return server.as_user("blindtoservices", roles=[made(client, "role", policies=["BlindToServices"])["id"]])


@pytest.mark.parametrize("kind", ["entityReference", "entityReferenceList"])
def test_what_the_caller_may_not_see_he_refers_to_by_no_value(client, as_blind, kind):
    name, domain = define(client, "domain", kind), made(client, "domain")
    hidden = ref(made(client, "messagingService"), "messagingService")
    value = hidden if kind == "entityReference" else [hidden]
    refused = patched(as_blind, domain, "add", "/extension", {name: value})
    assert "operation ViewBasic denied" in fault(refused, 403, "FORBIDDEN")
    assert extension(client, domain) is None


def test_what_a_value_refers_to_already_stays_whoever_changes_another(client, as_blind):
    name, other = define(client, "domain", "entityReference"), define(client, "domain", "integer")
    hidden = ref(made(client, "messagingService"), "messagingService")
    domain = made(client, "domain", extension={name: hidden})
    assert patched(as_blind, domain, "add", f"/extension/{other}", 1).status_code == 200
    assert extension(client, domain)[name]["id"] == hidden["id"]


def test_a_reference_in_a_value_does_not_describe_what_it_names(client):
    name = define(client, "domain", "entityReference")
    service = made(client, "messagingService", description="For few.")
    domain = made(client, "domain", extension={name: ref(service, "messagingService")})
    shown = extension(client, domain)[name]
    assert (shown["name"], "description" in shown) == (service["name"], False)


# values from before their properties were defined


ODD: list[Any] = [
    {"id": ["x"]},
    {"id": 1, "type": "user"},
    {"id": "x"},
    {"id": {}, "type": []},
    ["x"],
    [[{}]],
    "x",
    1,
    True,
]


@pytest.mark.parametrize("kind", ["entityReference", "entityReferenceList"])
@pytest.mark.parametrize("odd", ODD, ids=str)
def test_values_that_are_no_references_are_read_around_and_written_over(client, server, kind, odd):
    name, domain = define(client, "domain", kind), made(client, "domain")
    text = json.dumps({name: odd, "other": 1})

    def store(tx: Any) -> None:
        statement = "UPDATE entity SET doc = json_set(doc, '$.extension', json(:text)) WHERE id = :id"
        tx.run(statement, {"text": text, "id": domain["id"]})

    server.run(server.catalog.context.database.write(store))
    assert extension(client, domain)["other"] == 1
    assert client.get(f"{DOMAINS}?fields=extension&limit=1000").status_code == 200
    one = ref(made(client, "user"))
    written = patched(client, domain, "add", f"/extension/{name}", one if kind == "entityReference" else [one])
    assert written.status_code == 200, written.text
    found = extension(client, domain)[name]
    assert (found if kind == "entityReference" else found[0])["id"] == one["id"]
