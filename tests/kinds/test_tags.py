"""Tags: where they lie, what they have from above, when they are disabled, how often they are used."""

from __future__ import annotations

import uuid

import pytest

from make import SERVICES, fresh, made, make, path_of, prepare, ref
from strict import fault

TAGS = path_of("tag")


@pytest.fixture
def classification(client):
    return made(client, "classification")


def tag_in(client, classification, above=None, **fields):
    parent = {"parent": above["fullyQualifiedName"]} if above else {}
    return made(client, "tag", classification=classification["fullyQualifiedName"], **parent, **fields)


def get(client, tag, fields=""):
    return client.get(f"{TAGS}/{tag['id']}?fields={fields}").json()


def disable(client, kind, entity, value=True):  # noqa: FBT002
    patch = [{"op": "replace", "path": "/disabled", "value": value}]
    assert client.patch(f"{path_of(kind)}/{entity['id']}", json=patch).status_code == 200


def label(tag):
    return {"tagFQN": tag["fullyQualifiedName"]}


def listed(client, **query):
    return {row["id"] for row in client.get(TAGS, params={"limit": 1000} | query).json()["data"]}


# where they lie


def test_a_nested_tag_is_named_by_all_above_it_and_always_shows_them(client, classification):
    one = tag_in(client, classification)
    two = tag_in(client, classification, one)
    assert two["fullyQualifiedName"] == f"{classification['name']}.{one['name']}.{two['name']}"
    shown = get(client, two)
    assert (shown["parent"]["id"], shown["classification"]["id"]) == (one["id"], classification["id"])
    assert [child["id"] for child in get(client, one, "children")["children"]] == [two["id"]]
    row = next(row for row in client.get(f"{TAGS}?limit=1000").json()["data"] if row["id"] == two["id"])
    assert row["parent"]["id"] == one["id"]


@pytest.mark.parametrize("state", ["unknown", "deleted"])
@pytest.mark.parametrize("above", ["parent", "classification"])
def test_a_tag_below_what_is_not_there_is_404(client, classification, state, above):
    tag = tag_in(client, classification)
    kind, entity = ("tag", tag) if above == "parent" else ("classification", classification)
    name = entity["fullyQualifiedName"] if state == "deleted" else f"{classification['name']}.nope"
    if state == "deleted":
        client.delete(f"{path_of(kind)}/{entity['id']}?recursive=true")
    fields = (
        {"classification": classification["name"], "parent": name} if above == "parent" else {"classification": name}
    )
    answer = client.post(TAGS, json=make("tag", **fields))
    assert fault(answer, 404, "ENTITY_NOT_FOUND") == f"{kind} instance for {name} not found"


def test_a_name_is_taken_only_among_those_right_below_the_same(client, classification):
    asked = make("tag", name=fresh("same"), classification=classification["name"])
    assert client.post(TAGS, json=asked).status_code == 201
    assert client.post(TAGS, json=asked).status_code == 409
    above = tag_in(client, classification)
    assert client.post(TAGS, json=asked | {"parent": above["fullyQualifiedName"]}).status_code == 201


def test_tags_are_listed_below_a_classification_or_a_tag(client, classification):
    one = tag_in(client, classification)
    two = tag_in(client, classification, one)
    three = tag_in(client, classification, two)
    assert listed(client, parent=classification["name"]) == {tag["id"] for tag in (one, two, three)}
    assert listed(client, parent=one["fullyQualifiedName"]) == {two["id"], three["id"]}
    assert listed(client, parent="nope") == set()


# what they have from above


def test_owners_and_domains_come_from_the_classification_until_a_tag_has_its_own(client):
    user, own = made(client, "user"), made(client, "user")
    domain = made(client, "domain")
    classification = made(client, "classification", owners=[ref(user)], domains=[domain["name"]])
    one = tag_in(client, classification)
    two = tag_in(client, classification, one, owners=[ref(own)])
    for shown in (one, get(client, one, "owners,domains")):
        assert [(item["id"], item["inherited"]) for item in shown["owners"]] == [(user["id"], True)]
        assert [(item["id"], item["inherited"]) for item in shown["domains"]] == [(domain["id"], True)]
    assert [(item["id"], "inherited" in item) for item in two["owners"]] == [(own["id"], False)]
    assert listed(client, domain=domain["name"]) == {one["id"], two["id"]}


# disabled


def test_a_tag_is_shown_disabled_while_anything_above_it_is(client, classification):
    one = tag_in(client, classification)
    two = tag_in(client, classification, one)

    def shown():
        return [get(client, tag)["disabled"] for tag in (one, two)]

    assert shown() == [False, False]
    disable(client, "tag", one)
    assert shown() == [True, True]
    disable(client, "tag", one, value=False)
    disable(client, "classification", classification)
    assert shown() == [True, True]
    disable(client, "classification", classification, value=False)
    assert shown() == [False, False]


def test_a_write_says_too_that_a_tag_is_disabled_from_above(client, classification):
    disable(client, "classification", classification)
    tag = tag_in(client, classification)
    assert tag["disabled"] is True
    patched = client.patch(f"{TAGS}/{tag['id']}", json=[{"op": "replace", "path": "/description", "value": "Other."}])
    assert patched.json()["disabled"] is True
    disable(client, "classification", classification, value=False)
    assert get(client, tag)["disabled"] is False


def test_tags_are_listed_by_whether_they_or_anything_above_is_disabled(client, classification):
    one = tag_in(client, classification)
    two = tag_in(client, classification, one)
    free = tag_in(client, classification)
    disable(client, "tag", one)
    above = classification["name"]
    assert listed(client, parent=above, disabled="true") == {one["id"], two["id"]}
    assert listed(client, parent=above, disabled="false") == {free["id"]}
    disable(client, "classification", classification)
    assert listed(client, parent=above, disabled="false") == set()
    paging = client.get(f"{TAGS}?parent={above}&disabled=true&limit=1").json()["paging"]
    assert paging["total"] == 3


@pytest.mark.parametrize("kind", ["tag", "classification"])
def test_a_disabled_tag_stays_where_it_is_and_goes_nowhere_else(client, classification, kind):
    tag = tag_in(client, classification)
    service = made(client, "messagingService", tags=[label(tag)])
    disable(client, kind, tag if kind == "tag" else classification)
    refused = client.post(SERVICES, json=make("messagingService", tags=[label(tag)]))
    assert fault(refused, 400) == (
        f"Tag label {tag['fullyQualifiedName']} is disabled and can't be assigned to a data asset."
    )
    assert len(client.get(f"{SERVICES}/{service['id']}?fields=tags").json()["tags"]) == 1


# used


def test_every_label_of_a_tag_and_of_those_below_counts_as_a_use(client, classification):
    one = tag_in(client, classification)
    two = tag_in(client, classification, one)
    made(client, "messagingService", tags=[label(one), label(two)])
    made(client, "domain", tags=[label(two)])
    assert get(client, one, "usageCount")["usageCount"] == 3
    assert get(client, two, "usageCount")["usageCount"] == 2
    assert get(client, tag_in(client, classification), "usageCount")["usageCount"] == 0
    assert "usageCount" not in get(client, one)


def test_a_tag_is_part_of_a_data_product_when_it_is_said_so(client):
    domain = made(client, "domain")
    product = made(client, "dataProduct", domains=[domain["name"]])
    tag = made(client, "tag", domains=[domain["name"]])
    patch = [{"op": "add", "path": "/dataProducts", "value": [ref(product, "dataProduct")]}]
    client.patch(f"{TAGS}/{tag['id']}", json=patch)
    assert [item["id"] for item in get(client, tag, "dataProducts")["dataProducts"]] == [product["id"]]


# deleted, and the system's


@pytest.mark.parametrize("hard", ["false", "true"])
def test_a_tag_with_others_below_is_deleted_only_with_them(client, classification, hard):
    one = tag_in(client, classification)
    two = tag_in(client, classification, one)
    path = f"{TAGS}/{one['id']}?hardDelete={hard}"
    assert fault(client.delete(path), 400) == "tag is not empty"
    assert client.delete(f"{path}&recursive=true").status_code == 200
    assert client.get(f"{TAGS}/{two['id']}").status_code == 404


def test_labels_go_with_a_deleted_tag_at_once_and_come_back_with_it(client, classification):
    tag = tag_in(client, classification)
    service = made(client, "messagingService", tags=[label(tag)])

    def labels():
        return len(client.get(f"{SERVICES}/{service['id']}?fields=tags").json()["tags"])

    client.delete(f"{TAGS}/{tag['id']}")
    assert labels() == 0
    client.put(f"{TAGS}/restore", json={"id": tag["id"]})
    assert labels() == 1
    client.delete(f"{TAGS}/{tag['id']}?hardDelete=true")
    assert labels() == 0
    assert client.get(f"{SERVICES}/{service['id']}").json()["version"] == 0.1


@pytest.mark.parametrize("query", ["", "?recursive=true&hardDelete=true"])
def test_a_seeded_tag_cannot_be_deleted(client, query):
    answer = client.delete(f"{TAGS}/name/Tier.Tier1{query}")
    assert fault(answer, 400) == "System entity [Tier1] of type tag can not be deleted."


@pytest.mark.parametrize("how", ["PATCH", "PUT"])
def test_nobody_makes_a_system_tag_his_own(client, how):
    tag = client.get(f"{TAGS}/name/Tier.Tier1").json()
    if how == "PATCH":
        client.patch(f"{TAGS}/{tag['id']}", json=[{"op": "replace", "path": "/provider", "value": "user"}])
    else:
        asked = make("tag", name="Tier1", classification="Tier", description=tag["description"], provider="user")
        client.put(TAGS, json=asked)
    assert get(client, tag)["provider"] == "system"
    assert client.delete(f"{TAGS}/{tag['id']}").status_code == 400


@pytest.mark.parametrize("field", ["mutuallyExclusive", "provider"])
def test_what_is_fixed_stays_whatever_a_patch_says(client, field):
    tag = made(client, "tag")
    value = {"mutuallyExclusive": True, "provider": "system"}[field]
    patch = [{"op": "replace", "path": f"/{field}", "value": value}]
    assert client.patch(f"{TAGS}/{tag['id']}", json=patch).headers["x-openmetadata-change"] == "entityNoChange"


# bad input


def test_a_new_tag_has_the_contracts_defaults(client):
    tag = made(client, "tag")
    assert (tag["provider"], tag["mutuallyExclusive"], tag["disabled"]) == ("user", False, False)
    assert (tag["autoClassificationEnabled"], tag["autoClassificationPriority"]) == (False, 50)


@pytest.mark.parametrize(
    "fields", [{"autoClassificationPriority": 101}, {"autoClassificationPriority": -1}, {"provider": "nobody"}]
)
def test_a_tag_with_what_cannot_be_is_400(client, fields):
    prepare(client)
    assert next(iter(fields)) in fault(client.post(TAGS, json=make("tag", **fields)), 400)


def test_a_tag_that_is_not_there_is_404(client):
    assert client.get(f"{TAGS}/{uuid.UUID(int=7)}").status_code == 404
    assert client.put(f"{TAGS}/{uuid.UUID(int=7)}/assets/add", json={}).status_code == 404


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_tags_said_to_be_associated_have_to_be_there(client, method):
    tag = made(client, "tag")
    asked = make("tag", associatedTags=[tag["fullyQualifiedName"], "Labels.nowhere"])
    said = fault(client.request(method, TAGS, json=asked), 404, "ENTITY_NOT_FOUND")
    assert said == "tag instance for Labels.nowhere not found"
    asked["associatedTags"].pop()
    assert client.request(method, TAGS, json=asked).status_code == 201


@pytest.mark.parametrize(
    ("recognizer", "sentence"),
    [
        ({"foo": 1}, "foo"),
        ({"name": "r", "recognizerConfig": {"type": "magic"}}, "Allowed values are: pattern, exact_terms"),
        ({"name": "r", "recognizerConfig": {"type": "pattern"}}, "lacks patterns, regexFlags, supportedLanguage"),
    ],
)
def test_what_recognises_a_tag_has_to_be_what_clients_can_read(client, recognizer, sentence):
    asked = make("tag", recognizers=[recognizer])
    assert sentence in fault(client.post(path_of("tag"), json=asked), 400)
    tag = made(client, "tag")
    patch = [{"op": "add", "path": "/recognizers", "value": [recognizer]}]
    assert sentence in fault(client.patch(f"{path_of('tag')}/{tag['id']}", json=patch), 400)
    config = {"type": "predefined", "name": "EmailRecognizer"}
    assert made(client, "tag", recognizers=[{"name": "r", "recognizerConfig": config}])["recognizers"][0]["name"] == "r"
