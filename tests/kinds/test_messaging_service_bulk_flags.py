"""The flags of PUT …/bulk: `async` and `overrideMetadata` (contract, "Behaviour" of bulk)."""

from __future__ import annotations

import pytest

from make import SERVICES, make

BULK = f"{SERVICES}/bulk"


def get(client, name, fields="tags"):
    return client.get(f"{SERVICES}/name/{name}", params={"fields": fields}).json()


def test_an_asynchronous_bulk_answers_what_it_accepted_and_what_it_refused(client):
    good, bad = make("messagingService"), {"name": "no-type"}
    response = client.put(BULK, params={"async": "true"}, json=[good, bad])
    result = response.json()
    assert response.status_code == 202
    assert (result["status"], result["numberOfRowsProcessed"]) == ("partialSuccess", 2)
    assert (result["numberOfRowsPassed"], result["numberOfRowsFailed"]) == (0, 1)
    assert result["successRequest"] == [{"request": good["name"], "status": 202}]
    assert get(client, good["name"])["version"] == 0.1


def test_an_asynchronous_bulk_that_changes_nothing_is_accepted_too(client):
    row = make("messagingService")
    client.put(BULK, json=[row])
    response = client.put(BULK, params={"async": "true"}, json=[row])
    assert (response.status_code, response.json()["successRequest"][0]["status"]) == (202, 202)


@pytest.mark.parametrize("override", [False, True])
def test_a_bot_overwrites_what_a_person_wrote_only_if_it_says_so(client, as_bot, override):
    row = make("messagingService", description="by a person", displayName="Person")
    client.put(SERVICES, json=row)
    asked = row | {"description": "by a bot", "displayName": "Bot"}
    for _ in range(2):
        result = as_bot.put(BULK, params={"overrideMetadata": str(override).lower()}, json=[asked])
        assert result.json()["status"] == "success"
    found = get(client, row["name"])
    expected = ("by a bot", "Bot") if override else ("by a person", "Person")
    assert (found["description"], found["displayName"]) == expected


def test_an_overriding_bulk_keeps_what_it_leaves_out(client, as_bot):
    row = make("messagingService", description="stays")
    client.put(SERVICES, json=row)
    del row["description"]
    as_bot.put(BULK, params={"overrideMetadata": "true"}, json=[row])
    assert get(client, row["name"])["description"] == "stays"
