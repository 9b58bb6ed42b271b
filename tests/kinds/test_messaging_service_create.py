"""POST of messaging services: contract, "Create" (cases 1 to 35), and what a connection may be."""

from __future__ import annotations

import pytest
from make import SERVICES, fresh, kafka, made, make, ref

from brokerbook.connectors import SERVICE_TYPES

CONFIGS = {
    "Kafka": {"bootstrapServers": "h:9092"},
    "Redpanda": {"bootstrapServers": "h:9092"},
    "Kinesis": {"awsConfig": {"awsRegion": "eu-central-1"}},
    "PubSub": {"projectId": "p"},
    "CustomMessaging": {"sourcePythonClass": "a.B"},
    "Nats": {"natsServers": "nats://h:4222"},
}


@pytest.fixture(scope="module")
def tier(as_admin):
    made(as_admin, "classification", name="Tier", mutuallyExclusive=True)
    return [
        made(as_admin, "tag", name=name, classification="Tier")["fullyQualifiedName"] for name in ("Tier1", "Tier2")
    ]


def refusal(client, **fields):
    response = client.post(SERVICES, json=make("messagingService", **fields))
    assert 400 <= response.status_code < 500, response.text
    return response.status_code, response.json()["message"]


def test_a_kafka_service_is_answered_as_the_contract_shows(client):
    asked = {
        "name": "k1",
        "serviceType": "Kafka",
        "connection": {"config": {"type": "Kafka", "bootstrapServers": "h:9092"}},
    }
    response = client.post(SERVICES, json=asked)
    assert response.status_code == 201
    body = response.json()
    assert response.headers["location"] == body["href"]
    assert isinstance(body["updatedAt"], int)
    assert body == {
        "id": body["id"],
        "name": "k1",
        "fullyQualifiedName": "k1",
        "serviceType": "Kafka",
        "connection": {
            "config": {
                "type": "Kafka",
                "bootstrapServers": "h:9092",
                "securityProtocol": "PLAINTEXT",
                "saslMechanism": "PLAIN",
                "schemaRegistryTopicSuffixName": "-value",
                "supportsMetadataExtraction": True,
                "supportsProfiler": True,
            }
        },
        "version": 0.1,
        "updatedAt": body["updatedAt"],
        "updatedBy": "admin",
        "deleted": False,
        "entityStatus": "Unprocessed",
        "owners": [],
        "tags": [],
        "domains": [],
        "dataProducts": [],
        "href": f"http://catalog.test{SERVICES}/{body['id']}",
    }


@pytest.mark.parametrize("service_type", SERVICE_TYPES)
def test_every_service_type_can_be_made_with_and_without_its_type_said_twice(client, service_type):
    config = CONFIGS[service_type]
    short = made(client, "messagingService", serviceType=service_type, connection={"config": config})
    long = made(
        client, "messagingService", serviceType=service_type, connection={"config": {"type": service_type} | config}
    )
    assert short["connection"] == long["connection"]
    assert short["serviceType"] == short["connection"]["config"]["type"] == service_type
    assert config.items() <= short["connection"]["config"].items() or service_type == "Kinesis"


@pytest.mark.parametrize("service_type", SERVICE_TYPES)
def test_a_service_can_be_made_before_its_connection_is_known(client, service_type):
    assert "connection" not in made(client, "messagingService", serviceType=service_type)
    nulled = made(client, "messagingService", serviceType=service_type, connection=None)
    assert "connection" not in nulled
    empty = made(client, "messagingService", serviceType=service_type, connection={"config": {}})
    assert empty["connection"]["config"]["type"] == service_type


def test_a_connection_without_a_config_is_400(client):
    status, message = refusal(client, connection={})
    assert status == 400
    assert "connection.config must not be null" in message


@pytest.mark.parametrize("connection", [{"config": None}, {"config": []}, {"config": "x"}, {"config": {}, "more": 1}, [], 5])
def test_a_connection_of_another_shape_is_400(client, connection):
    assert refusal(client, connection=connection)[0] == 400


def test_an_unknown_property_is_named_with_those_that_are_known(client):
    status, message = refusal(client, connection=kafka(foo=1))
    assert status == 400
    assert message.startswith("Failed to encrypt 'Kafka' connection stored in DB due to an unrecognized field: 'foo'")
    assert "saslPassword" in message


def test_a_bad_enum_value_is_named_with_those_that_are_allowed(client):
    status, message = refusal(client, name="bad-enum", connection=kafka(securityProtocol="TLS"))
    assert status == 400
    assert message.startswith("Failed to convert [bad-enum] to type [Kafka]. Review the connection.")
    assert "PLAINTEXT, SASL_PLAINTEXT, SASL_SSL, SSL" in message


@pytest.mark.parametrize(
    ("config", "place"),
    [
        ({"bootstrapServers": 5}, "bootstrapServers"),
        ({"schemaRegistryURL": "no uri"}, "schemaRegistryURL"),
        ({"consumerConfig": "x"}, "consumerConfig"),
        ({"supportsProfiler": "maybe"}, "supportsProfiler"),
        ({"topicFilterPattern": {"includes": [1]}}, "topicFilterPattern"),
        ({"type": "Redpanda"}, "type"),
    ],
)
def test_a_value_of_another_type_is_400_and_names_its_property(client, config, place):
    status, message = refusal(client, connection={"config": config})
    assert status == 400
    assert place in message


def test_a_custom_service_keeps_properties_that_nobody_knows(client):
    extra = {"poll": {"every": 5}, "regions": ["eu", "us"]}
    entity = made(client, "messagingService", serviceType="CustomMessaging", connection={"config": extra})
    assert extra.items() <= entity["connection"]["config"].items()


def test_a_missing_service_type_is_named(client):
    response = client.post(SERVICES, json={"name": fresh()})
    assert response.status_code == 400
    assert "serviceType must not be null" in response.json()["message"]


@pytest.mark.parametrize("service_type", ["Pulsar", "kafka", 3, None, "", ["Kafka"]])
def test_a_service_type_that_is_none_is_400(client, service_type):
    assert refusal(client, serviceType=service_type)[0] == 400


def test_a_wrong_service_type_is_answered_with_the_right_ones(client):
    assert refusal(client, serviceType="Pulsar")[1].endswith(", ".join(SERVICE_TYPES))


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("", "name size must be between 1 and 256"),
        ("n" * 257, "name size must be between 1 and 256"),
        ("a::b", "name must match"),
        ("a\nb", "name must match"),
        ("a\u2028b", "name must match"),
        ('a"b', "Invalid name"),
        (None, "name must not be null"),
        (["x"], "name must be"),
    ],
)
def test_a_name_that_cannot_be_is_400(client, name, said):
    status, message = refusal(client, name=name)
    assert status == 400
    assert said in message


def test_names_differ_by_case(client):
    assert made(client, "messagingService", name="Case")["id"] != made(client, "messagingService", name="case")["id"]


def test_a_dotted_name_is_quoted_in_the_fully_qualified_name(client):
    entity = made(client, "messagingService", name="a.b")
    assert entity["name"] == "a.b"
    assert entity["fullyQualifiedName"] == '"a.b"'
    for name in ("a.b", "%22a.b%22"):
        assert client.get(f"{SERVICES}/name/{name}").json()["id"] == entity["id"]


def test_a_quoted_name_without_a_dot_is_no_name(client):
    made(client, "messagingService", name="undotted")
    assert client.get(f"{SERVICES}/name/%22undotted%22").status_code == 404


def test_blanks_around_a_name_are_kept(client):
    assert made(client, "messagingService", name="  x ")["name"] == "  x "
    assert made(client, "messagingService", name="   ")["fullyQualifiedName"] == "   "


def test_explicit_null_means_absence(client):
    entity = made(client, "messagingService", displayName=None, description=None, tags=None, owners=None, domains=None)
    assert "displayName" not in entity
    assert "description" not in entity
    assert entity["owners"] == entity["tags"] == entity["domains"] == []


def test_everything_that_a_create_request_may_hold_is_answered(client):
    style = {"color": "#123456", "iconURL": "https://icons.example/a.png", "coverImage": {"url": "u", "position": "top"}}
    entity = made(client, "messagingService", displayName="D", description="**m**", style=style)
    assert entity["style"] == style
    assert entity["displayName"] == "D"
    assert entity["description"] == "**m**"


@pytest.mark.parametrize(
    "field",
    ["id", "version", "owner", "extension", "pipelines", "followers", "testConnectionResult", "deleted", "entityStatus"],
)
def test_what_a_create_request_may_not_hold_is_named(client, field):
    status, message = refusal(client, **{field: "x"})
    assert status == 400
    assert message.startswith(f'Unrecognized field "{field}"')


def test_what_could_run_in_a_browser_is_removed_from_a_description(client):
    text = "*kept* <script>alert(1)</script><b onclick='x()'>bold</b>"
    description = made(client, "messagingService", description=text)["description"]
    assert "script" not in description
    assert "onclick" not in description
    assert "*kept*" in description
    assert "bold" in description


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
    assert client.patch(f"/api/v1/tags/{tag['id']}", json=[{"op": "add", "path": "/disabled", "value": True}]).json()["disabled"]
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


# permission and order of the checks


def test_a_plain_user_may_not_create(as_user):
    response = as_user.post(SERVICES, json=make("messagingService"))
    assert response.status_code == 403
    assert response.json()["message"] == (
        "Principal: CatalogPrincipal{name='reader'} operations [Create] not allowed"
    )


def test_unknown_owners_and_domains_are_told_before_a_missing_permission_and_tags_after_it(as_user):
    unknown = {"id": "00000000-0000-4000-8000-000000000000", "type": "user"}
    for fields, status in (
        ({"owners": [unknown]}, 404),
        ({"domains": ["nope"]}, 404),
        ({"tags": [{"tagFQN": "No.Such"}]}, 403),
        ({"connection": {"config": {"foo": 1}}}, 403),
    ):
        assert as_user.post(SERVICES, json=make("messagingService", **fields)).status_code == status, fields


def test_the_ingestion_bot_may_create_and_is_named(as_bot):
    assert made(as_bot, "messagingService")["updatedBy"] == "ingestion-bot"


def test_a_refused_create_leaves_nothing(client):
    asked = make("messagingService", tags=[{"tagFQN": "No.Such"}])
    assert client.post(SERVICES, json=asked).status_code == 404
    assert client.get(f"{SERVICES}/name/{asked['name']}?include=all").status_code == 404
