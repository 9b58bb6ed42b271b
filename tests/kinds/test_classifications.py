"""Classifications: what they count, what is fixed, and what is the system's."""

from __future__ import annotations

import pytest

from make import SERVICES, fresh, made, make, path_of, ref
from strict import fault

CLASSIFICATIONS = path_of("classification")


def get(client, classification, fields=""):
    return client.get(f"{CLASSIFICATIONS}/{classification['id']}?fields={fields}").json()


def patch(client, classification, path, value, op="replace"):
    return client.patch(f"{CLASSIFICATIONS}/{classification['id']}", json=[{"op": op, "path": path, "value": value}])


def tag_in(client, classification, above=None, **fields):
    parent = {"parent": above["fullyQualifiedName"]} if above else {}
    return made(client, "tag", classification=classification["fullyQualifiedName"], **parent, **fields)


def label(tag):
    return {"tagFQN": tag["fullyQualifiedName"]}


def test_terms_are_counted_at_any_depth_while_they_live(client):
    classification = made(client, "classification", name=fresh("with.dot"))
    one = tag_in(client, classification)
    two = tag_in(client, classification, one)
    assert get(client, classification, "termCount")["termCount"] == 2
    client.delete(f"{path_of('tag')}/{two['id']}")
    assert get(client, classification, "termCount")["termCount"] == 1
    assert "termCount" not in get(client, classification)


def test_every_label_of_its_tags_counts_as_a_use(client):
    classification = made(client, "classification")
    one = tag_in(client, classification)
    two = tag_in(client, classification, one)
    made(client, "messagingService", tags=[label(one), label(two)])
    gone = made(client, "messagingService", tags=[label(one)])
    assert get(client, classification, "usageCount")["usageCount"] == 3
    client.delete(f"{SERVICES}/{gone['id']}")
    assert get(client, classification, "usageCount")["usageCount"] == 2
    unused = made(client, "classification")
    listed = client.get(f"{CLASSIFICATIONS}?fields=usageCount,termCount&limit=1000").json()["data"]
    counts = {row["id"]: (row["termCount"], row["usageCount"]) for row in listed}
    assert (counts[classification["id"]], counts[unused["id"]]) == ((2, 2), (0, 0))


def test_counts_cannot_be_patched(client):
    classification = made(client, "classification")
    assert 'Unrecognized field "termCount"' in fault(patch(client, classification, "/termCount", 7, "add"), 400)


@pytest.mark.parametrize("how", ["PATCH", "PUT"])
def test_whether_its_tags_exclude_each_other_is_fixed_once_it_is_made(client, how):
    classification = made(client, "classification", mutuallyExclusive=True)
    if how == "PATCH":
        answer = patch(client, classification, "/mutuallyExclusive", False)  # noqa: FBT003
    else:
        answer = client.put(
            CLASSIFICATIONS, json=make("classification", name=classification["name"], mutuallyExclusive=False)
        )
    assert answer.headers["x-openmetadata-change"] == "entityNoChange"
    assert get(client, classification)["mutuallyExclusive"] is True


@pytest.mark.parametrize("how", ["PATCH", "PUT"])
def test_nobody_makes_a_system_classification_his_own(client, how):
    tier = client.get(f"{CLASSIFICATIONS}/name/Tier").json()
    if how == "PATCH":
        patch(client, tier, "/provider", "user")
    else:
        asked = make("classification", name="Tier", description=tier["description"], provider="user")
        client.put(CLASSIFICATIONS, json=asked)
    assert get(client, tier)["provider"] == "system"


@pytest.mark.parametrize("query", ["", "?recursive=true&hardDelete=true"])
def test_a_seeded_classification_cannot_be_deleted(client, query):
    answer = client.delete(f"{CLASSIFICATIONS}/name/Tier{query}")
    assert fault(answer, 400) == "System entity [Tier] of type classification can not be deleted."
    assert client.get(f"{path_of('tag')}/name/Tier.Tier1").status_code == 200


@pytest.mark.parametrize("hard", ["false", "true"])
def test_a_classification_with_tags_is_deleted_only_with_them(client, hard):
    classification = made(client, "classification")
    tag = tag_in(client, classification)
    path = f"{CLASSIFICATIONS}/{classification['id']}?hardDelete={hard}"
    assert fault(client.delete(path), 400) == "classification is not empty"
    assert client.get(f"{path_of('tag')}/{tag['id']}").status_code == 200
    assert client.delete(f"{path}&recursive=true").status_code == 200
    assert client.get(f"{path_of('tag')}/{tag['id']}").status_code == 404


def test_labels_go_with_a_deleted_classification_and_come_back_with_it(client):
    classification = made(client, "classification")
    service = made(client, "messagingService", tags=[label(tag_in(client, classification))])
    client.delete(f"{CLASSIFICATIONS}/{classification['id']}?recursive=true")
    assert client.get(f"{SERVICES}/{service['id']}?fields=tags").json()["tags"] == []
    client.put(f"{CLASSIFICATIONS}/restore", json={"id": classification["id"]})
    assert len(client.get(f"{SERVICES}/{service['id']}?fields=tags").json()["tags"]) == 1


def test_classifications_are_listed_by_whether_they_are_disabled(client):
    on, off = made(client, "classification"), made(client, "classification")
    patch(client, off, "/disabled", True)  # noqa: FBT003
    for value, wanted, other in (("true", off, on), ("false", on, off)):
        ids = {row["id"] for row in client.get(f"{CLASSIFICATIONS}?disabled={value}&limit=1000").json()["data"]}
        assert wanted["id"] in ids
        assert other["id"] not in ids


def test_how_it_classifies_by_itself_is_stored_with_its_defaults(client):
    made_so = made(client, "classification", autoClassificationConfig={"enabled": True, "minimumConfidence": 0.8})
    assert made_so["autoClassificationConfig"] == {
        "enabled": True,
        "conflictResolution": "highest_confidence",
        "minimumConfidence": 0.8,
        "requireExplicitMatch": True,
    }
    for wrong in ({"conflictResolution": "coin"}, {"minimumConfidence": 2}, {"colour": "red"}):
        fault(client.post(CLASSIFICATIONS, json=make("classification", autoClassificationConfig=wrong)), 400)


def test_a_flag_may_come_as_text(client):
    assert made(client, "classification", mutuallyExclusive="true")["mutuallyExclusive"] is True


def test_it_has_owners_domains_and_reviewers(client):
    user, domain = made(client, "user"), made(client, "domain")
    said = {"owners": [ref(user)], "reviewers": [ref(user)], "domains": [domain["name"]]}
    classification = made(client, "classification", **said)
    shown = get(client, classification, "owners,reviewers,domains")
    assert [shown[field][0]["id"] for field in said] == [user["id"], user["id"], domain["id"]]
