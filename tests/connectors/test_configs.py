"""Configs of every service type: what is accepted, filled in and refused."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from brokerbook import connectors
from brokerbook.errors import BadRequest
from connectors.examples import DEFAULTS, EVERYTHING, GCP_DEFAULTS, STRICT, Document, checked, every_type, refusal

# What is accepted, and what it becomes


@every_type
def test_every_property_is_accepted_and_kept_in_order(service_type: str) -> None:
    config = EVERYTHING[service_type]
    for given_as in (json.dumps(config).encode(), msgspec.Raw(json.dumps(config).encode()), config):
        result = connectors.checked(service_type, "orders", given_as, updating=False)
        assert result == config
        assert list(result) == list(config)


@every_type
def test_the_cases_of_this_file_name_every_property(service_type: str) -> None:
    known = set(connectors.config_struct(service_type).__struct_fields__)
    assert known <= EVERYTHING[service_type].keys()


@every_type
def test_no_property_is_required_and_the_defaults_of_simple_types_are_written(service_type: str) -> None:
    assert checked(service_type, {}) == DEFAULTS[service_type]


@every_type
def test_a_checked_config_checked_again_stays_as_it_is(service_type: str) -> None:
    for config in (EVERYTHING[service_type], DEFAULTS[service_type]):
        assert checked(service_type, config, updating=True) == config


@every_type
def test_an_explicit_null_is_the_same_as_leaving_the_property_out(service_type: str) -> None:
    assert checked(service_type, dict.fromkeys(EVERYTHING[service_type])) == DEFAULTS[service_type]


def test_a_null_inside_an_object_is_left_out_too_but_one_in_a_free_form_object_stays() -> None:
    assert checked("Kinesis", {"awsConfig": {"enabled": None, "awsRegion": None}})["awsConfig"] == {
        "enabled": False,
        "assumeRoleSessionName": "OpenMetadataSession",
    }
    assert checked("Kafka", {"saslUsername": None, "consumerConfig": {"a": None}})["consumerConfig"] == {"a": None}


@pytest.mark.parametrize(
    ("service_type", "given", "becomes"),
    [
        ("Kinesis", {"awsConfig": {}}, {"enabled": False, "assumeRoleSessionName": "OpenMetadataSession"}),
        ("PubSub", {"gcpConfig": {}}, {}),
        ("PubSub", {"gcpConfig": {"gcpConfig": {}}}, {"gcpConfig": GCP_DEFAULTS}),
        (
            "PubSub",
            {"gcpConfig": {"gcpImpersonateServiceAccount": {}}},
            {"gcpImpersonateServiceAccount": {"lifetime": 3600}},
        ),
        ("Kafka", {"topicFilterPattern": {}}, {}),
        ("Kafka", {"consumerConfigSSL": {}}, {}),
        ("Nats", {"authType": {}}, {}),
    ],
)
def test_defaults_are_written_into_the_objects_that_are_given(
    service_type: str, given: Document, becomes: Document
) -> None:
    assert checked(service_type, given)[next(iter(given))] == becomes


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        ({"type": "gcp_adc", "projectId": "p"}, "gcp_adc"),
        ({"type": "gcp_credential_path", "path": "/k.json", "projectId": "p"}, "gcp_credential_path"),
        ({"type": "external_account", "audience": "a", "tokenURL": "https://t.example"}, "external_account"),
        ({"path": "/k.json"}, "gcp_credential_path"),
        ({"path": "/k.json", "projectId": "p"}, "gcp_credential_path"),
        ({"credentialSource": {"file": "/token"}}, "external_account"),
        ({"externalType": "external_account"}, "external_account"),
        ({"projectId": "p"}, "service_account"),
        ({"privateKey": "k"}, "service_account"),
        ({"type": None, "path": "/k.json"}, "gcp_credential_path"),
    ],
)
def test_google_credentials_are_told_apart_by_their_type_or_their_properties(given: Document, kind: str) -> None:
    result = checked("PubSub", {"gcpConfig": {"gcpConfig": given}})["gcpConfig"]["gcpConfig"]
    assert result["type"] == kind
    assert result.items() >= {name: value for name, value in given.items() if value is not None}.items()


def test_custom_messaging_keeps_properties_of_any_name_and_form() -> None:
    extras = {"securityProtocol": 3, "deep": {"a": [None, {"b": 1.5}]}, "": "empty", "Ünï": True}
    assert checked("CustomMessaging", extras | {"gone": None}) == DEFAULTS["CustomMessaging"] | extras


@pytest.mark.parametrize("auth", [{"username": "u", "password": "p"}, {"token": "t"}, {"nkeySeed": "s"}])
def test_nats_is_signed_in_to_in_one_of_three_ways(auth: Document) -> None:
    assert checked("Nats", {"authType": auth})["authType"] == auth


@every_type
def test_the_result_shares_nothing_with_what_was_given(service_type: str) -> None:
    config = json.loads(json.dumps(EVERYTHING[service_type]))
    result = connectors.checked(service_type, "orders", config, updating=False)
    result["topicFilterPattern"]["includes"].append("changed")
    result.get("flavour", {"deep": []})["deep"].append("changed")
    assert config == EVERYTHING[service_type]


# What is refused, and how


@pytest.mark.parametrize("service_type", STRICT)
def test_an_unknown_property_is_refused_by_name_and_the_known_ones_are_listed(service_type: str) -> None:
    known = ", ".join(connectors.config_struct(service_type).__struct_fields__)
    fault = f"'{service_type}' connection stored in DB due to an unrecognized field: 'foo'. Known fields: {known}"
    assert refusal(service_type, {"foo": 1}) == f"Failed to encrypt {fault}"
    assert refusal(service_type, {"foo": None}, updating=True) == f"Failed to unmask {fault}"


@pytest.mark.parametrize(
    ("service_type", "config", "path"),
    [
        ("Kafka", {"consumerConfigSSL": {"foo": 1}}, "consumerConfigSSL.foo"),
        ("Redpanda", {"consumerConfigSSL": {}}, "consumerConfigSSL"),
        ("Redpanda", {"topicFilterPattern": {"foo": []}}, "topicFilterPattern.foo"),
        ("Kinesis", {"awsConfig": {"region": "eu"}}, "awsConfig.region"),
        ("PubSub", {"gcpConfig": {"type": "x"}}, "gcpConfig.type"),
        ("PubSub", {"gcpConfig": {"gcpConfig": {"type": "gcp_adc", "path": "x"}}}, "gcpConfig.gcpConfig.path"),
        ("CustomMessaging", {"topicFilterPattern": {"foo": 1}}, "topicFilterPattern.foo"),
        ("Nats", {"authType": {"jwt": "x"}}, "authType.jwt"),
        ("Nats", {"supportsProfiler": True}, "supportsProfiler"),
    ],
)
def test_an_unknown_property_inside_an_object_is_named_with_its_path(
    service_type: str, config: Document, path: str
) -> None:
    assert f"due to an unrecognized field: '{path}'. Known fields: " in refusal(service_type, config)


def test_the_name_of_an_unknown_property_is_not_repeated_at_any_length() -> None:
    assert "x" * 100 not in refusal("Kafka", {"x" * 100_000: 1})


@every_type
def test_the_service_type_decides_and_another_type_in_the_config_is_refused(service_type: str) -> None:
    other = "Redpanda" if service_type == "Kafka" else "Kafka"
    message = refusal(service_type, {"type": other})
    assert message == (
        f"Failed to convert [orders] to type [{service_type}]. Review the connection. type: must be {service_type}"
    )
    assert refusal(service_type, {"type": other}, updating=True) == (
        f"Failed to load the connection of type [{service_type}]. Review the connection. type: must be {service_type}"
    )


@pytest.mark.parametrize("service_type", ["Kafka", "Redpanda"])
@pytest.mark.parametrize(
    ("name", "allowed"),
    [
        ("securityProtocol", "PLAINTEXT, SASL_PLAINTEXT, SASL_SSL, SSL"),
        ("saslMechanism", "GSSAPI, OAUTHBEARER, PLAIN, SCRAM-SHA-256, SCRAM-SHA-512"),
    ],
)
def test_a_bad_enum_value_is_refused_with_the_allowed_ones(service_type: str, name: str, allowed: str) -> None:
    for value in ("plaintext", "", 3, ["PLAIN"]):
        assert refusal(service_type, {name: value}).endswith(f" {name}: must be one of {allowed}")


@pytest.mark.parametrize(
    ("service_type", "config", "fault"),
    [
        ("Kafka", {"bootstrapServers": 9092}, "bootstrapServers: must be a string"),
        ("Kafka", {"saslPassword": 5}, "saslPassword: must be a string"),
        ("Kafka", {"supportsProfiler": "true"}, "supportsProfiler: must be true or false"),
        ("Kafka", {"consumerConfig": "a=b"}, "consumerConfig: must be an object"),
        ("Kafka", {"consumerConfigSSL": "pem"}, "consumerConfigSSL: must be an object"),
        ("Kafka", {"topicFilterPattern": {"includes": "a"}}, "topicFilterPattern.includes: must be a list of strings"),
        ("Kafka", {"topicFilterPattern": {"excludes": ["a", 1]}}, "topicFilterPattern.excludes[1]: must be a list"),
        ("Kinesis", {"awsConfig": [{}]}, "awsConfig: must be an object"),
        ("Kinesis", {"awsConfig": {"awsRegion": 1}}, "awsConfig.awsRegion: must be a string"),
        ("PubSub", {"gcpConfig": {"gcpConfig": "/key.json"}}, "gcpConfig.gcpConfig: must be an object"),
        (
            "PubSub",
            {"gcpConfig": {"gcpConfig": {"type": "adc"}}},
            "gcpConfig.gcpConfig.type: must be one of service_account, gcp_credential_path, external_account, gcp_adc",
        ),
        (
            "PubSub",
            {"gcpConfig": {"gcpConfig": {"type": "gcp_adc", "projectId": 1}}},
            "gcpConfig.gcpConfig.projectId: must be a string or a list of strings",
        ),
        (
            "PubSub",
            {"gcpConfig": {"gcpImpersonateServiceAccount": {"lifetime": "1h"}}},
            "gcpConfig.gcpImpersonateServiceAccount.lifetime: must be a whole number",
        ),
        (
            "CustomMessaging",
            {"connectionOptions": {"a": 1}},
            "connectionOptions[...]: must be an object whose values are strings",
        ),
        ("Nats", {"authType": {"token": "a", "nkeySeed": "b"}}, "authType: must be one of {username, password}, "),
        ("Nats", {"authType": {"username": "a", "token": "b"}}, "authType: must be one of {username, password}, "),
    ],
)
def test_a_wrong_type_is_refused_with_the_property_and_what_it_must_be(
    service_type: str, config: Document, fault: str
) -> None:
    message = refusal(service_type, config)
    assert message.startswith(f"Failed to convert [orders] to type [{service_type}]. Review the connection. {fault}")


@pytest.mark.parametrize("config", [None, "text", 1, True, [], ["x"]])
@every_type
def test_a_config_that_is_no_object_is_refused(service_type: str, config: Any) -> None:
    assert refusal(service_type, config).endswith("Review the connection. config: must be an object")


@pytest.mark.parametrize("text", [b"", b"{", b'{"type":}', b'{"saslUsername":"\xff"}', b'{"a":1e999}'])
def test_text_that_is_not_json_is_refused(text: bytes) -> None:
    assert refusal("Kafka", text).endswith("config: is not valid JSON")


def test_a_config_nested_beyond_measure_is_refused() -> None:
    for text in (b"[" * 100_000 + b"]" * 100_000, b'{"a":' * 100_000 + b"1" + b"}" * 100_000):
        assert refusal("Kafka", b'{"consumerConfig":' + text + b"}").endswith("config: is nested too deep")


@pytest.mark.parametrize("uri", ["registry", "not a uri", "", "/path", "1http://h", "http://h\n", "http:// h", "http:"])
def test_what_is_no_absolute_uri_is_refused(uri: str) -> None:
    assert "schemaRegistryURL: must be an absolute URI" in refusal("Kafka", {"schemaRegistryURL": uri})
    assert "awsConfig.endPointURL: must be an absolute URI" in refusal("Kinesis", {"awsConfig": {"endPointURL": uri}})


@pytest.mark.parametrize("uri", ["http://localhost:8081", "https://h/a?b=c#d", "http://[::1]:8081/x@y", "http:0"])
def test_an_absolute_uri_is_accepted(uri: str) -> None:
    assert checked("Kafka", {"schemaRegistryURL": uri})["schemaRegistryURL"] == uri


@pytest.mark.parametrize(
    ("service_type", "config", "instead"),
    [
        ("Kafka", {"schemaRegistryURL": "https://u:s3cret@h:8081"}, "basicAuthUserInfo"),
        ("Redpanda", {"schemaRegistryURL": "https://:s3cret@h"}, "basicAuthUserInfo"),
        ("Kafka", {"schemaRegistryURL": "http://a:8081,http://u:s3cret@b:8081"}, "basicAuthUserInfo"),
        ("Kafka", {"bootstrapServers": "h1:9092, u:s3cret@h2:9092"}, "saslUsername and saslPassword"),
        ("Kafka", {"bootstrapServers": "SASL_SSL://u:s3/cret@h:9092"}, "saslUsername and saslPassword"),
        ("Nats", {"natsServers": "nats://n1:4222,nats://u:s3cret@n2:4222"}, "authType"),
        ("Nats", {"natsServers": "nats://s3cret@n1:4222"}, "authType"),
        ("Nats", {"natsServers": "s3cret@n1"}, "authType"),
        ("Kinesis", {"awsConfig": {"endPointURL": "https://u:s3cret@h"}}, "awsAccessKeyId and awsSecretAccessKey"),
        ("PubSub", {"gcpConfig": {"gcpConfig": {"tokenUri": "https://u:s3cret@h"}}}, "privateKey"),
        ("PubSub", {"hostPort": "u:s3cret@h:443"}, "gcpConfig"),
    ],
)
def test_an_address_that_holds_credentials_is_refused_and_says_where_they_belong(
    service_type: str, config: Document, instead: str
) -> None:
    message = refusal(service_type, config)
    assert message.endswith(f": may not hold credentials; put credentials into {instead} instead")
    assert "s3" not in message


@pytest.mark.parametrize("address", ["http://h:8081/a@b", "http://h/a:b@c", "https://user@h", "http://h?x=a:b@c"])
def test_an_address_with_an_at_sign_elsewhere_is_accepted(address: str) -> None:
    assert checked("Kafka", {"schemaRegistryURL": address})["schemaRegistryURL"] == address


# Keys given twice


@pytest.mark.parametrize(
    ("text", "key"),
    [
        (b'{"saslPassword":"a","saslPassword":"b"}', "saslPassword"),
        (b'{"saslPassword":"a", "saslPassw\\u006frd" :\n"a"}', "saslPassword"),
        (b'{"consumerConfig":{"a":1,"b":[{"c":1,"c":2}]}}', "c"),
        (b'{"consumerConfig":{"a\\\\":1,"x":1,"x":1}}', "x"),
        (b'{"consumerConfig":{"x":"\\":","x":1}}', "x"),
        (b'{"type":"Kafka","topicFilterPattern":{"includes":[],"includes":[]}}', "includes"),
        (b'{"foo":1,"foo":2}', "foo"),
    ],
)
def test_a_key_given_twice_is_refused_by_name(text: bytes, key: str) -> None:
    assert refusal("Kafka", text) == (
        f"Failed to convert [orders] to type [Kafka]. Review the connection. {key}: is given more than once"
    )
    with pytest.raises(BadRequest):
        connectors.checked("CustomMessaging", "orders", text, updating=False)


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-10, 10) | st.text('":,{}\\ a', max_size=8),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(st.text('":\\ ab', max_size=4), inside, max_size=3),
    max_leaves=8,
)


@given(ANY_JSON, st.sampled_from([None, 1]))
def test_text_that_looks_like_keys_is_not_taken_for_a_key_given_twice(value: Any, indent: int | None) -> None:
    text = json.dumps({"extra": value}, indent=indent).encode()
    expected = {} if value is None else {"extra": value}
    assert connectors.checked("CustomMessaging", "x", text, updating=False) == DEFAULTS["CustomMessaging"] | expected
