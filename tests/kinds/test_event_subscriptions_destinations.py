"""What a destination has to be, which addresses it may have, and what becomes of its secrets."""

from __future__ import annotations

from typing import Any

import pytest

from conftest import Client, running
from make import fresh, made, make, path_of
from strict import fault

PATH = path_of("eventSubscription")
MASK = "*********"
HOOK = "https://hooks.example.com/catalog"
SECRETS = ("s3cret-of-the-key", "s3cret-of-the-client", "s3cret-of-the-header", "s3cret-of-the-query")


def destination(kind: str = "Webhook", category: str = "External", **more: Any) -> dict[str, Any]:
    return {"category": category, "type": kind} | more


def webhook(endpoint: str = HOOK, **config: Any) -> dict[str, Any]:
    return destination(config={"endpoint": endpoint} | config)


def refused(client: Any, given: dict[str, Any]) -> str:
    return fault(client.post(PATH, json=make("eventSubscription", destinations=[given])), 400)


OAUTH = {"type": "oauth2", "tokenUrl": "https://login.example.com/token", "clientId": "me", "clientSecret": SECRETS[1]}
UNWHOLE_OAUTH = "OAuth2 configuration requires tokenUrl, clientId, and clientSecret"
NO_ENDPOINT = "Webhook destination requires an 'endpoint' URL"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (destination(), "Destination configuration is required for Webhook type"),
        (destination("Slack"), "Destination configuration is required for Slack type"),
        (destination("Email"), "Destination configuration is required for Email type"),
        (destination(config={}), "Destination configuration is empty for Webhook type"),
        (destination("Email", config={}), "Destination configuration is empty for Email type"),
        (destination(config={"sendToAdmins": True}), NO_ENDPOINT),
        (destination("MsTeams", config={"endpoint": ""}), NO_ENDPOINT),
        (webhook(authType={"type": "bearer"}), "Bearer authentication requires a secretKey"),
        (webhook(authType={"type": "bearer", "secretKey": ""}), "Bearer authentication requires a secretKey"),
        (webhook(authType={key: value for key, value in OAUTH.items() if key != "clientId"}), UNWHOLE_OAUTH),
        (webhook(authType={key: value for key, value in OAUTH.items() if key != "tokenUrl"}), UNWHOLE_OAUTH),
        (webhook(authType=OAUTH | {"clientSecret": ""}), UNWHOLE_OAUTH),
        (
            webhook(authType=OAUTH | {"tokenUrl": "http://login.example.com/token"}),
            "Invalid OAuth2 tokenUrl: it must begin with https://; http is for this very machine only",
        ),
        (
            webhook(authType={"type": "basic"}),
            "destinations[0].config.authType.type must be one of none, bearer, oauth2.",
        ),
        (
            destination("Email", config={"sendToAdmins": True}),
            "Email destination requires at least one email address in 'receivers'",
        ),
        (destination("Email", config={"receivers": ["a@example.com", "nobody"]}), "Invalid email format: 'nobody'"),
        (
            webhook(headers={"X-Note": "a\r\nHost: other"}),
            "destinations[0].config.headers.X-Note holds a line end or another control character.",
        ),
        (
            webhook(headers={"Host": "other"}),
            "destinations[0].config.headers has a name that no header of one's own can have: Host",
        ),
        (
            webhook(headers={"X-Api-Key": 7}),
            "destinations[0].config.headers.X-Api-Key must be a string, because its name says that it is a secret",
        ),
    ],
)
def test_what_a_destination_lacks_or_has_too_much_is_named(client, given, said):
    assert refused(client, given) == said


def test_a_key_beside_the_authentication_is_no_property_any_more(client):
    said = refused(client, webhook(secretKey=SECRETS[0]))
    assert said.startswith('destinations[0].config: Unrecognized field "secretKey"')
    assert SECRETS[0] not in said


def test_what_is_not_sent_to_the_outside_needs_no_config(client):
    given = [
        destination("Email", "Owners"),
        destination("Slack", "Teams", config={"receivers": ["payments"]}),
        destination("ActivityFeed"),
        destination("Email", "Users", config={"receivers": ["amy"]}),
    ]
    found = made(client, "eventSubscription", destinations=given)["destinations"]
    assert [(one["type"], one.get("config")) for one in found] == [(one["type"], one.get("config")) for one in given]


# addresses


@pytest.mark.parametrize(
    ("endpoint", "why"),
    [
        ("hooks.example.com", "must begin with https://"),
        ("ftp://hooks.example.com/", "must begin with https://"),
        ("https://", "names no host"),
        ("https://a b/", "has characters that no address has"),
        ("https://amy:pw@hooks.example.com/", "must not hold a user name or a password"),
        ("https://hooks.example.com:22/", "has a port at which no web server listens"),
        ("http://127.0.0.1:9000/", "has an address of this machine or of a private network"),
        ("https://127.9.9.9/", "has an address of this machine or of a private network"),
        ("https://[::1]/", "has an address of this machine or of a private network"),
        ("https://[::ffff:127.0.0.1]/", "has an address of this machine or of a private network"),
        ("https://10.1.2.3/", "has an address of this machine or of a private network"),
        ("https://169.254.1.1/", "has an address that is never connected to"),
        ("https://169.254.169.254/latest", "has an address that is never connected to"),
        ("https://[fe80::1]/", "has an address that is never connected to"),
        ("https://0.0.0.0/", "has an address that is never connected to"),
        ("https://metadata.google.internal/", "is a cloud's metadata service"),
        ("https://2130706433/", "has a number for a host"),
        ("https://127.1/", "has a number for a host"),
        ("https://0x7f.0.0.0x1/", "has a number for a host"),
    ],
)
def test_an_address_that_may_not_be_called_is_refused_in_whatever_request(client, endpoint, why):
    said = f"Invalid webhook endpoint URL: it {why}"
    assert refused(client, webhook(endpoint)).startswith(said)
    found = made(client, "eventSubscription", destinations=[webhook()])
    patch = [{"op": "replace", "path": "/destinations/0/config/endpoint", "value": endpoint}]
    assert fault(client.patch(f"{PATH}/{found['id']}", json=patch), 400).startswith(said)
    asked = make("eventSubscription", name=found["name"], destinations=[webhook(endpoint)])
    assert fault(client.put(PATH, json=asked), 400).startswith(said)
    rows = client.put(f"{PATH}/bulk", json=[asked]).json()["failedRequest"]
    assert rows[0]["message"].startswith(said)
    now = client.get(f"{PATH}/{found['id']}").json()
    assert (now["version"], now["destinations"]) == (0.1, found["destinations"])


def test_the_address_that_tokens_are_asked_for_is_looked_at_too(client):
    said = refused(client, webhook(authType=OAUTH | {"tokenUrl": "https://10.0.0.1/token"}))
    assert said.startswith("Invalid OAuth2 tokenUrl: it has an address of this machine or of a private network")


@pytest.mark.parametrize("endpoint", ["http://localhost:9000/hook", "http://hooks.example.com/hook", f"{HOOK}?a=b"])
def test_names_are_kept_as_what_they_lead_to_is_looked_up_when_something_is_sent(client, endpoint):
    found = made(client, "eventSubscription", destinations=[webhook(endpoint)])
    assert found["destinations"][0]["config"]["endpoint"] == endpoint


def test_what_the_operator_names_is_taken_but_never_a_clouds_credentials(tmp_path):
    with running(tmp_path, private_webhook_hosts="127.0.0.1,10.0.0.7,169.254.169.254", port=8585) as server:
        admin = Client(server, server.token("admin"))
        for endpoint in ("http://127.0.0.1:9000/", "https://10.0.0.7/"):
            made(admin, "eventSubscription", destinations=[webhook(endpoint)])
        assert "never connected to" in refused(admin, webhook("https://169.254.169.254/"))
        assert refused(admin, webhook("http://127.0.0.1:8585/")).endswith("it is this catalog itself")
        assert "which the settings do not allow" in refused(admin, webhook("https://10.0.0.8/"))


def test_a_change_of_something_else_is_not_refused_for_an_address_that_was_taken_before(tmp_path):
    with running(tmp_path, private_webhook_hosts="10.0.0.7") as server:
        admin = Client(server, server.token("admin"))
        found = made(admin, "eventSubscription", destinations=[webhook("https://10.0.0.7/")])
    with running(tmp_path) as server:
        admin = Client(server, server.token("admin"))
        patch = [{"op": "add", "path": "/description", "value": "x"}]
        assert admin.patch(f"{PATH}/{found['id']}", json=patch).status_code == 200


# secrets


def guarded() -> list[dict[str, Any]]:
    headers = {"Authorization": SECRETS[2], "X-Team": "payments"}
    return [
        webhook(authType={"type": "bearer", "secretKey": SECRETS[0]}, headers=headers),
        webhook("https://hooks.example.com/2", authType=OAUTH, queryParams={"key": SECRETS[3], "shown": "yes"}),
    ]


def kept(server: Any, found: dict[str, Any]) -> dict[Any, str]:
    context = server.catalog.context
    return server.run(context.database.read(lambda tx: context.sealer.unseal(tx, found["id"])))


def test_everybody_reads_masks_bots_too_and_no_answer_holds_a_secret(client, as_bot, as_user, server):
    asked = make("eventSubscription", destinations=guarded())
    found = client.post(PATH, json=asked).json()
    first, second = (one["config"] for one in found["destinations"])
    assert first["authType"] == {"type": "bearer", "secretKey": MASK}
    assert first["headers"] == {"Authorization": MASK, "X-Team": "payments"}
    assert second["authType"] == OAUTH | {"clientSecret": MASK}
    assert second["queryParams"] == {"key": MASK, "shown": "yes"}
    assert set(kept(server, found).values()) == set(SECRETS)
    path = f"{PATH}/{found['id']}"
    patch = [{"op": "add", "path": "/description", "value": "x"}]
    answers = [
        as_bot.put(PATH, json=asked),
        as_bot.put(f"{PATH}/bulk", json=[asked, asked | {"name": ""}]),
        as_bot.patch(path, json=patch),
        *(
            reader.get(below)
            for reader in (client, as_bot, as_user)
            for below in (
                path, f"{path}?fields=*", f"{path}?fields=statusDetails", f"{PATH}?limit=1000", f"{path}/versions",
                f"{path}/versions/0.1", f"{path}/versions/0.2",
                f"/api/v1/events?entityCreated=eventSubscription&entityUpdated=*&timestamp={found['updatedAt']}",
            )
        ),
        client.delete(path),
    ]  # fmt: skip
    for answer in answers:
        assert answer.status_code == 200, answer.text
        assert not any(secret in answer.text for secret in SECRETS), answer.text
    assert kept(server, found) == {}


def test_a_mask_that_is_sent_back_keeps_what_is_stored(client, server):
    found = made(client, "eventSubscription", destinations=guarded())
    asked = make("eventSubscription", name=found["name"], destinations=found["destinations"], retries=4)
    assert client.put(PATH, json=asked).json()["retries"] == 4
    assert set(kept(server, found).values()) == set(SECRETS)
    patch = [{"op": "replace", "path": "/destinations/0/config/headers/X-Team", "value": "orders"}]
    assert client.patch(f"{PATH}/{found['id']}", json=patch).status_code == 200
    assert set(kept(server, found).values()) == set(SECRETS)


def test_each_destination_keeps_its_own_secret_wherever_it_stands(client, server):
    found = made(client, "eventSubscription", destinations=guarded())
    patch = [{"op": "remove", "path": "/destinations/0"}]
    assert client.patch(f"{PATH}/{found['id']}", json=patch).status_code == 200
    assert kept(server, found) == {
        ("destinations", 0, "config", "authType", "clientSecret"): SECRETS[1],
        ("destinations", 0, "config", "queryParams", "key"): SECRETS[3],
    }


@pytest.mark.parametrize(
    ("pointer", "value"),
    [
        ("/destinations/0/config/endpoint", "https://elsewhere.example.com/"),
        ("/destinations/1/config/authType/tokenUrl", "https://elsewhere.example.com/token"),
        ("/destinations/0/id", "0b6a9f4e-7a43-4c1e-9f55-5f0c6d1f2a11"),
        ("/destinations/0/type", "Slack"),
    ],
)
def test_a_secret_does_not_go_elsewhere_under_its_mask(client, server, pointer, value):
    found = made(client, "eventSubscription", destinations=guarded())
    patch = [{"op": "replace", "path": pointer, "value": value}]
    said = fault(client.patch(f"{PATH}/{found['id']}", json=patch), 400)
    assert said.endswith("no secret is stored there that it could stand for. Send the secret.")
    assert set(kept(server, found).values()) == set(SECRETS)


def test_a_mask_where_nothing_is_stored_is_refused(client):
    said = refused(client, webhook(authType={"type": "bearer", "secretKey": MASK}))
    assert said == (
        f"destinations.0.config.authType.secretKey is the mask {MASK}, "
        "but no secret is stored there that it could stand for. Send the secret."
    )


def test_a_new_secret_is_a_change_that_tells_nothing_of_it(client, server):
    found = made(client, "eventSubscription", name=fresh("alert"), destinations=guarded())
    patch = [{"op": "replace", "path": "/destinations/0/config/authType/secretKey", "value": "an0ther-secret"}]
    changed = client.patch(f"{PATH}/{found['id']}", json=patch).json()
    assert changed["version"] == 0.2
    assert [one["name"] for one in changed["changeDescription"]["fieldsUpdated"]] == ["destinations"]
    assert "an0ther" not in str(changed)
    assert "an0ther-secret" in kept(server, found).values()


def test_what_looks_secret_in_a_free_config_is_sealed_too(client, server):
    given = destination("GovernanceWorkflowChangeEvent", config={"step": {"apiKey": SECRETS[0], "name": "x"}})
    found = made(client, "eventSubscription", destinations=[given])
    assert found["destinations"][0]["config"] == {"step": {"apiKey": MASK, "name": "x"}}
    assert list(kept(server, found).values()) == [SECRETS[0]]


def test_a_key_given_twice_in_an_object_is_refused(client):
    text = '{"name":"twice","alertType":"Custom","resources":["user"],"destinations":[{"category":"External","type":"Webhook",'
    text += f'"config":{{"endpoint":"{HOOK}"}},"config":{{"endpoint":"{HOOK}"}}}}]}}'
    assert fault(client.post(PATH, content=text), 400) == '"config" is given more than once.'
