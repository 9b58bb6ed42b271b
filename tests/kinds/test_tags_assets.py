"""The assets of tags and terms: labels put on many entities at once, and taken off."""

from __future__ import annotations

import uuid

from make import SERVICES, made, path_of, ref


def assets(client, kind, entity):
    """The ids of an entity's assets as the caller sees them, and how many there are."""
    body = client.get(f"{path_of(kind)}/{entity['id']}/assets").json()
    return [item["id"] for item in body["data"]], body["paging"]["total"]


def put(client, kind, entity, action, *things, type="messagingService"):  # noqa: A002
    """Adds or removes assets, for good."""
    body = {"assets": [ref(thing, type) for thing in things], "dryRun": False}
    response = client.put(f"{path_of(kind)}/{entity['id']}/assets/{action}", json=body)
    assert response.status_code == 200, response.text
    return response.json()


def shown(client, service):
    return client.get(f"{SERVICES}/{service['id']}?fields=tags").json()


# tags


def test_a_tags_assets_are_a_dry_run_unless_told_otherwise_which_looks_at_nothing(client):
    tag, service = made(client, "tag"), made(client, "messagingService")
    path = f"{path_of('tag')}/{tag['id']}/assets/add"
    result = client.put(path, json={"assets": [ref(service, "messagingService")]}).json()
    assert (result["dryRun"], result["status"]) == (True, "success")
    assert [row["message"] for row in result["successRequest"]] == ["Nothing to Validate."]
    assert shown(client, service)["tags"] == []


def test_a_tag_is_put_on_many_and_taken_off(client):
    tag = made(client, "tag")
    services = [made(client, "messagingService") for _ in range(2)]
    domain = made(client, "domain")
    put(client, "tag", tag, "add", *services)
    put(client, "tag", tag, "add", domain, type="domain")
    found, total = assets(client, "tag", tag)
    assert (set(found), total) == ({*(service["id"] for service in services), domain["id"]}, 3)
    label = shown(client, services[0])["tags"][0]
    assert (label["tagFQN"], label["labelType"], label["state"]) == (tag["fullyQualifiedName"], "Manual", "Confirmed")
    assert shown(client, services[0])["version"] == 0.1
    put(client, "tag", tag, "remove", *services)
    assert assets(client, "tag", tag) == ([domain["id"]], 1)


def test_of_two_exclusive_tags_the_second_fails_in_its_row_alone(client):
    classification = made(client, "classification", mutuallyExclusive=True)["name"]
    one, two = (made(client, "tag", classification=classification) for _ in range(2))
    service = made(client, "messagingService", tags=[{"tagFQN": one["fullyQualifiedName"]}])
    free, last = (made(client, "messagingService") for _ in range(2))
    result = put(client, "tag", two, "add", free, service, last)
    assert result["status"] == "partialSuccess"
    first, second = sorted(tag["fullyQualifiedName"] for tag in (one, two))
    assert result["failedRequest"][0]["message"] == (
        f"Tag labels {first} and {second} are mutually exclusive and can't be assigned together"
    )
    assert set(assets(client, "tag", two)[0]) == {free["id"], last["id"]}


def test_a_disabled_tag_cannot_be_put_on_assets(client):
    tag, service = made(client, "tag"), made(client, "messagingService")
    disable = [{"op": "replace", "path": "/disabled", "value": True}]
    client.patch(f"{path_of('tag')}/{tag['id']}", json=disable)
    message = put(client, "tag", tag, "add", service)["failedRequest"][0]["message"]
    assert message == f"Tag label {tag['fullyQualifiedName']} is disabled and can't be assigned to a data asset."


def test_assets_of_a_deleted_tag_are_404(client):
    tag = made(client, "tag")
    client.delete(f"{path_of('tag')}/{tag['id']}")
    assert client.put(f"{path_of('tag')}/{tag['id']}/assets/add", json={"assets": []}).status_code == 404


# terms


def test_a_terms_assets_are_a_dry_run_unless_told_otherwise_which_looks_at_each(client):
    term, service = made(client, "glossaryTerm"), made(client, "messagingService")
    nobody = {"id": str(uuid.UUID(int=7))}
    path = f"{path_of('glossaryTerm')}/{term['id']}/assets/add"
    body = {"assets": [ref(thing, "messagingService") for thing in (service, nobody)]}
    result = client.put(path, json=body).json()
    assert (result["dryRun"], result["status"]) == (True, "partialSuccess")
    assert result["successRequest"][0]["message"] == f"messagingService '{service['name']}' will carry it."
    assert shown(client, service)["tags"] == []


def test_a_term_is_put_on_many_and_taken_off(client):
    term = made(client, "glossaryTerm")
    services = [made(client, "messagingService") for _ in range(2)]
    put(client, "glossaryTerm", term, "add", *services)
    label = shown(client, services[0])["tags"][0]
    assert (label["tagFQN"], label["source"]) == (term["fullyQualifiedName"], "Glossary")
    assert set(assets(client, "glossaryTerm", term)[0]) == {service["id"] for service in services}
    put(client, "glossaryTerm", term, "remove", services[0])
    assert assets(client, "glossaryTerm", term) == ([services[1]["id"]], 1)


def test_what_carries_a_tag_through_a_term_is_among_the_tags_assets(client):
    tag = made(client, "tag")
    term = made(client, "glossaryTerm", tags=[{"tagFQN": tag["fullyQualifiedName"]}])
    service = made(client, "messagingService", tags=[{"tagFQN": term["fullyQualifiedName"], "source": "Glossary"}])
    assert assets(client, "tag", tag) == ([term["id"], service["id"]], 2)
    assert put(client, "tag", tag, "remove", service)["status"] == "success"
    assert len(shown(client, service)["tags"]) == 2, "the term still brings it along"


def test_terms_need_a_right_of_their_own(client, server):
    rule = {"name": "no", "effect": "deny", "operations": ["EditGlossaryTerms"], "resources": ["messagingService"]}
    made(client, "policy", name="NoTerms", rules=[rule])
    role = made(client, "role", policies=["NoTerms"])
    term, service = made(client, "glossaryTerm"), made(client, "messagingService")
    row = put(server.as_user("noterms", roles=[role["id"]]), "glossaryTerm", term, "add", service)["failedRequest"][0]
    assert (row["status"], "EditGlossaryTerms" in row["message"]) == (403, True)
