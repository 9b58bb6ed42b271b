"""POST of messaging services: contract, "Create" (cases 1 to 35), and what a connection may be."""

from __future__ import annotations

import pytest

from brokerbook.connectors import SERVICE_TYPES
from make import SERVICES, fresh, kafka, made, make

CONFIGS = {
    "Kafka": {"bootstrapServers": "h:9092"},
    "Redpanda": {"bootstrapServers": "h:9092"},
    "Kinesis": {"awsConfig": {"awsRegion": "eu-central-1"}},
    "PubSub": {"projectId": "p"},
    "CustomMessaging": {"sourcePythonClass": "a.B"},
    "Nats": {"natsServers": "nats://h:4222"},
}


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


@pytest.mark.parametrize(
    "connection", [{"config": None}, {"config": []}, {"config": "x"}, {"config": {}, "more": 1}, [], 5]
)
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
    style = {
        "color": "#123456",
        "iconURL": "https://icons.example/a.png",
        "coverImage": {"url": "u", "position": "top"},
    }
    entity = made(client, "messagingService", displayName="D", description="**m**", style=style)
    assert entity["style"] == style
    assert entity["displayName"] == "D"
    assert entity["description"] == "**m**"


@pytest.mark.parametrize(
    "field",
    [
        "id",
        "version",
        "owner",
        "extension",
        "pipelines",
        "followers",
        "testConnectionResult",
        "deleted",
        "entityStatus",
    ],
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


# permission and order of the checks


def test_a_plain_user_may_not_create(as_user):
    response = as_user.post(SERVICES, json=make("messagingService"))
    assert response.status_code == 403
    assert response.json()["message"] == ("Principal: CatalogPrincipal{name='reader'} operations [Create] not allowed")


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
