"""Which values of a config are secrets, wherever they lie, and that no error shows one."""

from __future__ import annotations

import json

import pytest

from brokerbook import connectors
from brokerbook.connectors import MASK, secrecy
from brokerbook.errors import BadRequest
from connectors.examples import DEFAULTS, EVERYTHING, Document, checked, every_type, refusal, texts, value_at


@every_type
def test_every_secret_is_found_and_nothing_else(service_type: str) -> None:
    config = EVERYTHING[service_type]
    found = [value_at(config, path) for path in connectors.secret_paths(service_type, config)]
    assert sorted(found) == sorted(text for text in texts(config) if text.startswith("s3cret"))


@every_type
def test_no_secret_is_found_where_none_is(service_type: str) -> None:
    assert connectors.secret_paths(service_type, DEFAULTS[service_type]) == []
    assert connectors.secret_paths(service_type, {}) == []


def test_secrets_of_marked_properties_are_found_with_their_paths() -> None:
    assert connectors.secret_paths("Nats", EVERYTHING["Nats"]) == [
        ("authType", "password"),
        ("tlsConfig", "caCertificate"),
        ("tlsConfig", "sslCertificate"),
        ("tlsConfig", "sslKey"),
        ("additionalConfig", "token"),
    ]
    assert connectors.secret_paths("PubSub", EVERYTHING["PubSub"]) == [("gcpConfig", "gcpConfig", "privateKey")]
    assert connectors.secret_paths("Nats", {"authType": {"nkeySeed": "SU"}}) == [("authType", "nkeySeed")]


def test_an_empty_string_is_no_secret() -> None:
    assert connectors.secret_paths("Kafka", {"saslPassword": "", "consumerConfig": {"sasl.password": ""}}) == []


FREE = [
    ("Kafka", "consumerConfig"),
    ("Kafka", "schemaRegistryConfig"),
    ("Redpanda", "consumerConfig"),
    ("Redpanda", "schemaRegistryConfig"),
    ("CustomMessaging", "connectionOptions"),
    ("CustomMessaging", "anything"),
    ("Nats", "additionalConfig"),
]


@pytest.mark.parametrize(("service_type", "name"), FREE)
def test_secrets_in_free_form_objects_are_found_at_any_depth(service_type: str, name: str) -> None:
    config = {
        name: {"a": [{"b": {"sasl.password": "x", "c": "y"}}], "tokens": ["t1", {"type": "e", "x": "t2"}], "d": "e"}
    }
    assert connectors.secret_paths(service_type, config) == [
        (name, "a", 0, "b", "sasl.password"),
        (name, "tokens", 0),
        (name, "tokens", 1, "x"),
    ]


@pytest.mark.parametrize("name", ["password", "clientSecret", "token"])
def test_an_extra_property_of_custom_messaging_can_be_a_secret_itself(name: str) -> None:
    assert connectors.secret_paths("CustomMessaging", {name: "x"}) == [(name,)]


NAME_A_SECRET = """
    password passwd PASSWORD saslPassword sasl.password ssl.key.password ssl.keystore.password pwd pass userPass
    secret clientSecret client_secret sasl.oauthbearer.client.secret secretKey awsSecretAccessKey secret.access.key
    token authToken bearer.auth.token refresh_token awsSessionToken credential credentials serviceCredentials
    privateKey private.key private_key_pem sasl.oauthbearer.assertion.private.key.passphrase ssl.key.pem sslKey
    ssl.keystore.key apiKey api_key X-Api-Key accessKey access.key sharedAccessKey AccountKey sasl.jaas.config
    basic.auth.user.info basicAuthUserInfo Authorization connectionString connection.string nkeySeed jwt Cookie
"""
SPEAK_ABOUT_ONE = """
    assumeRoleArn assumeRoleSessionName tokenUri tokenURL sasl.oauthbearer.token.endpoint.url ssl.key.location
    ssl.keystore.location ssl.truststore.location ssl.ca.location ssl.certificate.pem basic.auth.credentials.source
    bearer.auth.credentials.source subjectTokenType credentialSource awsAccessKeyId SharedAccessKeyName privateKeyId
    password.file passwordFile credentialsProvider token.refresh.interval.ms group.id bootstrap.servers bypass
    sasl.username sasl.mechanism security.protocol key.deserializer auto.offset.reset partition.assignment.strategy
    schema.registry.url client.id isolation.level enable.ssl.certificate.verification monkey
"""


@pytest.mark.parametrize("key", NAME_A_SECRET.split())
def test_a_key_that_names_a_secret_is_known(key: str) -> None:
    assert secrecy.names_a_secret(key)


@pytest.mark.parametrize("key", SPEAK_ABOUT_ONE.split())
def test_a_key_that_only_speaks_about_a_secret_is_none(key: str) -> None:
    assert not secrecy.names_a_secret(key)


@pytest.mark.parametrize(
    "text",
    [
        "-----BEGIN PRIVATE KEY-----\nMII",
        "-----BEGIN RSA PRIVATE KEY-----",
        "amqp://guest:guest@h:5672/",
        "jdbc:postgresql://h/db?user=a&password=b",
        "Endpoint=sb://h/;SharedAccessKeyName=n;SharedAccessKey=abc=",
        'PlainLoginModule required username="u" password="p";',
        MASK,
    ],
)
def test_text_that_is_or_hides_a_secret_is_found_under_any_key(text: str) -> None:
    assert connectors.secret_paths("Kafka", {"consumerConfig": {"x": text}}) == [("consumerConfig", "x")]


@pytest.mark.parametrize("text", ["https://h:8081", "https://h:8081/a@b", "a@b.example", "a=b", "^orders:.*@", "USER"])
def test_text_without_a_secret_is_not_taken_for_one(text: str) -> None:
    assert connectors.secret_paths("Kafka", {"consumerConfig": {"x": text}}) == []


@pytest.mark.parametrize(
    ("service_type", "config", "path"),
    [
        ("Kafka", {"consumerConfig": {"sasl.password": 1234}}, "consumerConfig.sasl.password"),
        ("Nats", {"additionalConfig": {"users": [{"port": 1}, {"pass": 1234.5}]}}, "additionalConfig.users[1].pass"),
        ("CustomMessaging", {"password": 1234}, "password"),
        ("CustomMessaging", {"a": {"password": 1234}}, "a.password"),
    ],
)
def test_a_number_where_a_secret_belongs_is_refused_because_it_could_not_be_masked(
    service_type: str, config: Document, path: str
) -> None:
    message = refusal(service_type, config)
    assert message.endswith(f" {path}: must be a string, because its name says that it is a secret")
    assert "1234" not in message


def test_other_numbers_beside_secrets_are_accepted() -> None:
    options = {"max.tokens": 5, "credentials": {"port": 1, "expires": 9.5, "password": "x"}, "password.retries": 3}
    assert checked("Kafka", {"consumerConfig": options})["consumerConfig"] == options


def test_secrets_are_found_in_google_credentials_of_an_unknown_type() -> None:
    config = {"gcpConfig": {"gcpConfig": {"type": "new", "privateKey": "x", "projectId": "y"}}}
    assert connectors.secret_paths("PubSub", config) == [("gcpConfig", "gcpConfig", "privateKey")]


@every_type
def test_the_mask_passes_as_the_value_of_every_secret(service_type: str) -> None:
    config = json.loads(json.dumps(EVERYTHING[service_type]))
    paths = connectors.secret_paths(service_type, config)
    for path in paths:
        value_at(config, path[:-1])[path[-1]] = MASK
    assert connectors.secret_paths(service_type, checked(service_type, config, updating=True)) == paths


def message_of(service_type: str, config: Document, *, updating: bool) -> str:
    """What the refusal says, or nothing if there is none."""
    try:
        connectors.checked(service_type, "orders", config, updating=updating)
    except BadRequest as refused:
        return refused.message
    return ""


@every_type
def test_no_error_repeats_a_value(service_type: str) -> None:
    canary = "C4NARY"
    for name in connectors.config_struct(service_type).__struct_fields__:
        for value in (canary, [canary], [[canary]], {"x": canary}, {"x": {"x": [canary]}}, [{"x": canary}]):
            for updating in (False, True):
                message = message_of(service_type, EVERYTHING[service_type] | {name: value}, updating=updating)
                assert canary not in message
                assert "s3cret" not in message


SAME: Document = {"a": {"b": [1, {"c": "x"}], "password": "one"}, "d": None, "e": []}


@pytest.mark.parametrize(
    ("other", "place"),
    [
        ({"a": {"b": [1, {"c": "x"}], "password": "two"}, "d": None, "e": []}, None),
        ({"a": {"b": [1, {"c": "x"}]}, "d": None, "e": []}, None),
        ({"e": [], "d": None, "a": {"password": "one", "b": [1, {"c": "x"}]}}, None),
        ({"a": {"b": [1, {"c": "y"}], "password": "one"}, "d": None, "e": []}, ("a", "b", 1, "c")),
        ({"a": {"b": [True, {"c": "x"}], "password": "one"}, "d": None, "e": []}, ("a", "b", 0)),
        ({"a": {"b": [1], "password": "one"}, "d": None, "e": []}, ("a", "b")),
        ({"a": {"b": {}, "password": "one"}, "d": None, "e": []}, ("a", "b")),
        ({"a": {"b": [1, {"c": "x"}], "password": "one"}, "e": []}, ("d",)),
        (SAME | {"f": {}}, ("f",)),
    ],
)
def test_what_two_configs_differ_in_is_found_but_for_their_secrets(other: Document, place: secrecy.Path | None) -> None:
    secrets: set[secrecy.Path] = {("a", "password")}
    assert connectors.differing(SAME, other, secrets) == place
    assert (connectors.differing(other, SAME, secrets) is None) == (place is None)


def test_a_secret_in_a_list_is_not_compared_either() -> None:
    assert connectors.differing({"tokens": ["a", "b"]}, {"tokens": ["a", "c"]}, {("tokens", 1)}) is None
    assert connectors.differing({"tokens": ["a", "b"]}, {"tokens": ["d", "b"]}, {("tokens", 1)}) == ("tokens", 0)
