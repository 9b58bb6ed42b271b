"""What a new service may refer to: owners, tags, domains, data products (contract, §2.5 to §2.7; cases 19 to 28)."""

from __future__ import annotations

import pytest

from make import SERVICES, made, make, ref


@pytest.fixture(scope="module")
def tier(as_admin):
    made(as_admin, "classification", name="Level", mutuallyExclusive=True)
    return [
        made(as_admin, "tag", name=name, classification="Level")["fullyQualifiedName"] for name in ("Tier1", "Tier2")
    ]


def refusal(client, **fields):
    response = client.post(SERVICES, json=make("messagingService", **fields))
    assert 400 <= response.status_code < 500, response.text
    return response.status_code, response.json()["message"]


# owners


def test_owners_are_filled_in_and_sorted_by_name(client):
    users = [made(client, "user", name=name, displayName=name.upper()) for name in ("zoe", "amy")]
    owners = made(client, "messagingService", owners=[ref(user) for user in users])["owners"]
    assert [owner["name"] for owner in owners] == ["amy", "zoe"]
    amy = users[1]
    assert owners[0] == {
        "id": amy["id"],
        "type": "user",
        "name": "amy",
        "fullyQualifiedName": "amy",
        "displayName": "AMY",
        "deleted": False,
        "href": amy["href"],
    }


def test_a_reference_shows_the_name_where_there_is_no_display_name(client):
    user = made(client, "user", name="plain")
    assert made(client, "messagingService", owners=[ref(user)])["owners"][0]["displayName"] == "plain"


def test_the_same_owner_twice_is_one(client):
    user = made(client, "user")
    assert len(made(client, "messagingService", owners=[ref(user), ref(user)])["owners"]) == 1


def test_a_group_may_own_alone(client):
    team = made(client, "team")
    assert made(client, "messagingService", owners=[ref(team, "team")])["owners"][0]["type"] == "team"


def test_two_groups_or_a_group_and_a_user_may_not_own_together(client):
    teams = [ref(made(client, "team"), "team") for _ in range(2)]
    user = ref(made(client, "user"))
    for owners in (teams, [teams[0], user]):
        response = client.post(SERVICES, json=make("messagingService", owners=owners))
        assert response.status_code == 400
        assert response.json()["errorType"] == "RULE_VIOLATION"
        assert response.json()["message"] == (
            "Rule [Multiple Users or Single Team Ownership] validation failed: Entity does not satisfy the rule. "
            "Rule context: Validates that an entity has either multiple owners or a single team as the owner."
        )


def test_only_a_group_may_own_among_teams(client):
    team = made(client, "team", teamType="Department")
    assert refusal(client, owners=[ref(team, "team")]) == (
        400,
        "Team of type Department can't own entities. Only Team of type Group can own entities.",
    )


def test_what_is_neither_user_nor_team_cannot_own(client):
    domain = made(client, "domain")
    for kind in ("role", "domain"):
        assert refusal(client, owners=[ref(domain, kind)]) == (
            400,
            f"Entity of type {kind} can't be the owner. Only Team of type Group or a User can own entities.",
        )


def test_an_owner_without_a_type_is_400(client):
    assert refusal(client, owners=[{"id": made(client, "user")["id"]}])[0] == 400


def test_an_unknown_or_deleted_owner_is_404(client):
    unknown = {"id": "00000000-0000-4000-8000-000000000000", "type": "user"}
    assert refusal(client, owners=[unknown]) == (404, f"user instance for {unknown['id']} not found")
    gone = made(client, "user")
    client.delete(f"/api/v1/users/{gone['id']}")
    assert refusal(client, owners=[ref(gone)]) == (404, f"user instance for {gone['id']} not found")
    # an id of another kind is no user's
    team = made(client, "team")
    assert refusal(client, owners=[ref(team, "user")]) == (404, f"user instance for {team['id']} not found")


# tags


def test_a_label_is_filled_in_and_labels_are_sorted(client):
    made(client, "classification", name="Zone")
    for name in ("b", "a"):
        made(client, "tag", name=name, classification="Zone", displayName=name.upper(), description="d")
    tags = made(client, "messagingService", tags=[{"tagFQN": "Zone.b"}, {"tagFQN": "Zone.a"}])["tags"]
    assert tags[0] == {
        "tagFQN": "Zone.a",
        "name": "a",
        "displayName": "A",
        "description": "d",
        "source": "Classification",
        "labelType": "Manual",
        "state": "Confirmed",
    }
    assert [tag["tagFQN"] for tag in tags] == ["Zone.a", "Zone.b"]


def test_labels_keep_what_they_say_and_the_same_twice_is_one(client):
    tag = made(client, "tag")["fullyQualifiedName"]
    label = {"tagFQN": tag, "labelType": "Automated", "state": "Suggested", "reason": "looks so"}
    tags = made(client, "messagingService", tags=[label, label])["tags"]
    assert len(tags) == 1
    assert label.items() <= tags[0].items()


def test_a_derived_label_is_dropped(client):
    tag = made(client, "tag")["fullyQualifiedName"]
    assert made(client, "messagingService", tags=[{"tagFQN": tag, "labelType": "Derived"}])["tags"] == []


def test_an_unknown_tag_is_404(client):
    assert refusal(client, tags=[{"tagFQN": "No.Such"}]) == (404, "tag instance for No.Such not found")
    glossary = {"tagFQN": "No.Term", "source": "Glossary"}
    assert refusal(client, tags=[glossary]) == (404, "glossaryTerm instance for No.Term not found")


def test_two_tags_that_exclude_each_other_are_400(client, tier):
    status, message = refusal(client, tags=[{"tagFQN": tag} for tag in tier])
    assert status == 400
    assert message == f"Tag labels {tier[0]} and {tier[1]} are mutually exclusive and can't be assigned together"


def test_a_disabled_tag_cannot_be_given(client):
    tag = made(client, "tag")
    assert client.patch(f"/api/v1/tags/{tag['id']}", json=[{"op": "add", "path": "/disabled", "value": True}]).json()[
        "disabled"
    ]
    assert refusal(client, tags=[{"tagFQN": tag["fullyQualifiedName"]}]) == (
        400,
        f"Tag label {tag['fullyQualifiedName']} is disabled and can't be assigned to a data asset.",
    )


# domains and data products


def test_an_unknown_domain_or_data_product_is_404(client):
    assert refusal(client, domains=["nope"]) == (404, "domain instance for nope not found")
    assert refusal(client, dataProducts=["nope"]) == (404, "dataProduct instance for nope not found")


def test_more_than_one_domain_or_data_product_breaks_a_rule(client):
    domains = [made(client, "domain")["name"] for _ in range(2)]
    status, message = refusal(client, domains=domains)
    assert status == 400
    assert message.startswith("Rule [Multiple Domains are not allowed] validation failed")
    products = [made(client, "dataProduct", domains=[domains[0]])["name"] for _ in range(2)]
    status, message = refusal(client, domains=[domains[0]], dataProducts=products)
    assert message.startswith("Rule [Multiple Data Products are not allowed] validation failed")
    status, message = refusal(client, domains=domains, dataProducts=products)
    assert message.startswith("Entity does not satisfy multiple rules")


def test_a_data_product_must_be_of_the_services_domain(client):
    mine, other = (made(client, "domain")["name"] for _ in range(2))
    product = made(client, "dataProduct", domains=[other])["name"]
    for fields in ({"domains": [mine]}, {}):
        status, message = refusal(client, dataProducts=[product], **fields)
        assert status == 400
        assert message.startswith("Rule [Data Product Domain Validation] validation failed: ")
    entity = made(client, "messagingService", domains=[other], dataProducts=[product])
    assert [item["name"] for item in entity["dataProducts"]] == [product]
    # the client's model of these has no `deleted`
    assert "deleted" not in entity["dataProducts"][0]
    assert "deleted" not in entity["domains"][0]


def test_a_list_shows_of_each_service_what_a_read_of_it_shows(client):
    users, team = [made(client, "user", displayName="Somebody") for _ in range(2)], made(client, "team")
    domain = made(client, "domain", description="Where.")
    product = made(client, "dataProduct", domains=[domain["name"]])
    labels = [{"tagFQN": made(client, "tag", displayName="Shown", style={"color": "#fff"})["fullyQualifiedName"]}]
    labels += [{"tagFQN": made(client, "tag")["fullyQualifiedName"], "labelType": "Automated", "reason": "rule"}]
    here = {"domains": [domain["fullyQualifiedName"]]}
    made(client, "messagingService", owners=[ref(user) for user in users], tags=labels, **here)
    made(
        client, "messagingService", owners=[ref(team, "team")], tags=labels[:1], dataProducts=[product["name"]], **here
    )
    made(client, "messagingService")
    fields = "owners,tags,domains,dataProducts,followers,ingestionRunner"
    listed = client.get(f"{SERVICES}?limit=1000&fields={fields}").json()["data"]
    assert len(listed) > 2
    for service in listed:
        assert client.get(f"{SERVICES}/{service['id']}?fields={fields}").json() == service
