"""Bots and the users that they act through: how these prove themselves, and that each serves one bot."""

from __future__ import annotations

from typing import Any

import pytest

from make import fresh, made, make, prepare, ref
from strict import fault

USERS = "/api/v1/users"
BOTS = "/api/v1/bots"
JWT = {"authType": "JWT", "config": {"JWTTokenExpiry": "Unlimited"}}


def bot_user(**more: Any) -> dict[str, Any]:
    return make("user", isBot=True, authenticationMechanism=JWT) | more


def posted(client: Any, **more: Any) -> dict[str, Any]:
    response = client.post(USERS, json=bot_user(**more))
    assert response.status_code == 201, response.text
    return response.json()


# how a bot proves itself


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_a_new_bots_token_is_shown_once_and_works(client, method):
    asked = bot_user()
    response = client.request(method, USERS, json=asked)
    assert response.status_code == 201
    assert response.headers["cache-control"] == "no-store"
    user, mechanism = response.json(), response.json()["authenticationMechanism"]
    assert (user["isBot"], mechanism["authType"]) == (True, "JWT")
    assert mechanism["config"].keys() == {"JWTToken", "JWTTokenExpiry"}
    token = mechanism["config"]["JWTToken"]
    assert client.bare.get(f"{USERS}/loggedInUser", token=token).json()["id"] == user["id"]
    again = client.put(USERS, json=asked | {"displayName": "Shown"})
    assert again.json()["authenticationMechanism"] == {"authType": "JWT"}
    assert client.bare.get(f"{USERS}/loggedInUser", token=token).status_code == 200
    for text in (client.get(f"{USERS}/{user['id']}?fields=*").text, client.get(f"{USERS}/{user['id']}/versions").text):
        assert token not in text
        assert "authenticationMechanism" not in text


def test_a_token_with_an_end_says_when(client):
    config = {"JWTTokenExpiry": "7", "JWTToken": "given-by-the-caller"}
    shown = posted(client, authenticationMechanism=JWT | {"config": config})["authenticationMechanism"]["config"]
    assert shown["JWTTokenExpiry"] == "7"
    assert shown["JWTTokenExpiresAt"] > 0
    assert shown["JWTToken"] != "given-by-the-caller"


def test_a_bot_of_another_issuer_gets_no_token(client):
    user = posted(client, authenticationMechanism={"authType": "SSO", "config": {"ssoServiceType": "google"}})
    assert user["authenticationMechanism"] == {"authType": "SSO"}
    assert client.bare.get(f"{USERS}/token/{user['id']}").json() == {}


@pytest.mark.parametrize("method", ["POST", "PUT"])
@pytest.mark.parametrize(
    ("mechanism", "said"),
    [
        (None, "Authentication mechanism is empty bot user: [{name}]"),
        ({}, "Incomplete authentication mechanism parameters for bot user: [{name}]"),
        ({"authType": "JWT"}, "Incomplete authentication mechanism parameters for bot user: [{name}]"),
        ({"config": JWT["config"]}, "Incomplete authentication mechanism parameters for bot user: [{name}]"),
        ({"authType": "JWT", "config": {}}, "Incomplete authentication mechanism parameters for bot user: [{name}]"),
        ({"authType": "BASIC", "config": {"password": "x"}}, "Not supported authentication mechanism type: [BASIC]"),
        (
            {"authType": "JWT", "config": {"JWTTokenExpiry": "2"}},
            "JWTTokenExpiry has a value that is not allowed. Allowed values are: OneHour, 1, 7, 30, 60, 90, Unlimited",
        ),
        (
            {"authType": "JWT", "config": {"JWTTokenExpiry": ["7"]}},
            "JWTTokenExpiry has a value that is not allowed. Allowed values are: OneHour, 1, 7, 30, 60, 90, Unlimited",
        ),
    ],
)
def test_a_new_bot_has_to_say_how_it_proves_itself(client, method, mechanism, said):
    asked = bot_user(authenticationMechanism=mechanism)
    assert fault(client.request(method, USERS, json=asked), 400) == said.format(name=asked["name"])
    assert client.get(f"{USERS}/name/{asked['name']}").status_code == 404


def test_a_bot_that_is_there_need_not_say_it_again_but_not_wrongly(client):
    user = posted(client)
    asked = {"name": user["name"], "email": user["email"], "isBot": True}
    assert client.put(USERS, json=asked | {"description": "d"}).json()["authenticationMechanism"] == {"authType": "JWT"}
    wrong = client.put(USERS, json=asked | {"authenticationMechanism": {"authType": "BASIC", "config": {}}})
    assert fault(wrong, 400) == "Not supported authentication mechanism type: [BASIC]"


def test_a_person_becomes_no_bot_by_a_put(client):
    person = made(client, "user")
    refused = client.put(USERS, json=bot_user(name=person["name"], email=person["email"]))
    assert fault(refused, 400) == f"User [{person['name']}] already exists."


def test_only_an_administrator_with_an_unlimited_token_makes_bots(client, as_bot, as_user):
    for other in (as_bot, as_user):
        for method in ("POST", "PUT"):
            assert other.request(method, USERS, json=bot_user()).status_code == 403
    scoped = client.bare.post("/api/v1/tokens", json={"name": fresh("t"), "scopes": {"kinds": ["user"]}}).json()
    refused = client.bare.post(USERS, json=bot_user(), token=scoped["jwtToken"])
    assert "is limited to" in fault(refused, 403, "FORBIDDEN")


# bots and their users


def test_a_bot_acts_through_a_bots_user_that_no_other_acts_through(client):
    user, person = posted(client), made(client, "user")
    assert fault(client.post(BOTS, json=make("bot", botUser=person["name"])), 400) == (
        f"User [{person['name']}] is not a bot user"
    )
    bot = made(client, "bot", botUser=user["name"])
    assert bot["botUser"]["id"] == user["id"]
    said = f"Bot user [{user['name']}] is already used by [{bot['name']}] bot"
    assert fault(client.post(BOTS, json=make("bot", botUser=user["name"])), 400) == said
    other = made(client, "bot")
    assert fault(client.put(BOTS, json=make("bot", name=other["name"], botUser=user["name"])), 400) == said
    client.delete(f"{BOTS}/{bot['id']}")
    assert fault(client.post(BOTS, json=make("bot", botUser=user["name"])), 400) == said
    client.delete(f"{BOTS}/{bot['id']}?hardDelete=true")
    assert client.post(BOTS, json=make("bot", botUser=user["name"])).status_code == 201
    missing = client.post(BOTS, json=make("bot", botUser="nobody"))
    assert fault(missing, 404, "ENTITY_NOT_FOUND") == "user instance for nobody not found"


def test_two_bots_of_one_request_do_not_share_a_user(client):
    user = posted(client)
    result = client.put(f"{BOTS}/bulk", json=[make("bot", botUser=user["name"]) for _ in range(2)]).json()
    assert result["numberOfRowsPassed"] == 1
    assert "is already used by" in result["failedRequest"][0]["message"]


def test_a_put_of_a_user_for_another_bot_is_refused(client):
    user = posted(client)
    bot = made(client, "bot", botUser=user["name"])
    asked = {"name": user["name"], "email": user["email"], "isBot": True}
    refused = client.put(USERS, json=asked | {"botName": "another"})
    assert fault(refused, 400) == f"Bot user [{user['name']}] is already used by [{bot['name']}] bot"
    assert client.put(USERS, json=asked | {"botName": bot["name"]}).status_code == 200


def test_a_put_may_give_a_bot_another_user_and_a_patch_may_not(client):
    first, second = posted(client), posted(client)
    bot = made(client, "bot", botUser=first["name"])
    patch = [{"op": "replace", "path": "/botUser", "value": ref(second)}]
    same = client.patch(f"{BOTS}/{bot['id']}", json=patch)
    assert same.headers["x-openmetadata-change"] == "entityNoChange"
    body = client.put(BOTS, json=make("bot", name=bot["name"], botUser=second["name"], provider="system")).json()
    assert (body["botUser"]["id"], body["provider"]) == (second["id"], "user")


def test_a_bots_request_lets_its_user_act_for_others(client):
    user = posted(client)
    asked = make("bot", botUser=user["name"], allowImpersonation=True)

    def allowed() -> bool:
        return client.get(f"{USERS}/{user['id']}").json().get("allowImpersonation", False)

    assert client.post(BOTS, json=asked).status_code == 201
    assert allowed() is True
    client.put(BOTS, json=asked | {"allowImpersonation": False, "description": "d"})
    assert allowed() is False
    client.put(BOTS, json=make("bot", name=asked["name"], botUser=user["name"]))
    assert allowed() is False
    assert client.get(f"{USERS}/{user['id']}").json()["version"] == 0.3


def test_only_an_administrator_lets_a_bot_act_for_others(client, server):
    rule = {"name": "bots", "effect": "allow", "operations": ["All"], "resources": ["bot"]}
    policy = made(client, "policy", rules=[rule])
    role = made(client, "role", policies=[policy["fullyQualifiedName"]])
    keeper, user = server.as_user(fresh("keeper"), roles=[role["id"]]), posted(client)
    asked = make("bot", botUser=user["name"])
    refused = keeper.post(BOTS, json=asked | {"allowImpersonation": True})
    assert fault(refused, 403, "FORBIDDEN").endswith("is not admin")
    assert client.get(f"{BOTS}/name/{asked['name']}").status_code == 404
    assert keeper.post(BOTS, json=asked | {"allowImpersonation": False}).status_code == 201


def test_a_bot_keeps_its_user(client):
    user = posted(client)
    bot = made(client, "bot", botUser=user["name"])
    path = f"{USERS}/{user['id']}"
    said = fault(client.delete(f"{path}?hardDelete=true"), 400)
    assert said == f"The bot {bot['name']} acts through the user {user['name']}. Remove the bot for good first."
    refused = client.patch(path, json=[{"op": "replace", "path": "/isBot", "value": False}])
    assert fault(refused, 400) == f"The bot {bot['name']} acts through the user {user['name']}, who has to be a bot."
    assert client.delete(path).status_code == 200
    assert client.get(f"{BOTS}/{bot['id']}").json()["botUser"]["deleted"] is True
    client.put(f"{USERS}/restore", json={"id": user["id"]})
    assert client.get(f"{BOTS}/{bot['id']}").json()["botUser"]["deleted"] is False


def test_a_deleted_bot_leaves_its_user(client):
    user = posted(client)
    bot = made(client, "bot", botUser=user["name"])
    client.delete(f"{BOTS}/{bot['id']}?hardDelete=true")
    assert client.get(f"{USERS}/{user['id']}").json()["isBot"] is True
    assert client.delete(f"{USERS}/{user['id']}?hardDelete=true").status_code == 200


@pytest.mark.parametrize("query", ["", "?hardDelete=true"])
def test_the_seeded_bots_stay(client, query):
    bot = client.get(f"{BOTS}/name/ingestion-bot").json()
    refused = client.delete(f"{BOTS}/{bot['id']}{query}")
    assert fault(refused, 400) == "System entity [ingestion-bot] of type bot can not be deleted."
    user = client.get(f"{USERS}/name/ingestion-bot").json()
    assert client.delete(f"{USERS}/{user['id']}?hardDelete=true").status_code == 400


def test_bots_that_come_in_bulk_say_nothing_of_tokens(client):
    prepare(client)
    row = make("user", isBot=True)
    assert client.put(f"{USERS}/bulk", json=[row]).json()["status"] == "success"
    refused = client.put(f"{USERS}/bulk", json=[row | {"authenticationMechanism": JWT}]).json()
    assert "may not bring authenticationMechanism" in refused["failedRequest"][0]["message"]
