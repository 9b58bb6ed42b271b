"""What is special about ingestion pipelines as entities: contract, "CreateIngestionPipeline" and "Rules"."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest

from make import BROKER, SERVICES, fresh, made, make, path_of, ref
from strict import fault

PIPELINES = path_of("ingestionPipeline")
MASK = "*********"
SECRET = "t0p-s3cret-t0ken"
DBT: dict[str, Any] = {
    "type": "DBT",
    "dbtConfigSource": {"dbtConfigType": "cloud", "dbtCloudAuthToken": SECRET, "dbtCloudUrl": "u"},
}


def service_of(client: Any, **fields: Any) -> dict[str, Any]:
    return made(client, "messagingService", **fields)


def pipeline_of(client: Any, service: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return made(client, "ingestionPipeline", service=ref(service, "messagingService"), **fields)


def read(client: Any, pipeline: dict[str, Any], **params: Any) -> Any:
    return client.get(f"{PIPELINES}/{pipeline['id']}", params=params).json()


def names(client: Any, **params: Any) -> set[str]:
    return {row["name"] for row in client.get(PIPELINES, params={"limit": 1000} | params).json()["data"]}


# what a request makes


def test_the_smallest_request_makes_a_pipeline_below_its_service(client):
    service = service_of(client, name="kaf.ka")
    asked = make("ingestionPipeline", name="me.ta", service=ref(service, "messagingService"))
    created = client.post(PIPELINES, json=asked)
    body = created.json()
    assert created.status_code == 201
    assert created.headers["location"] == body["href"]
    assert body["fullyQualifiedName"] == '"kaf.ka"."me.ta"'
    assert (body["service"]["id"], body["service"]["type"]) == (service["id"], "messagingService")
    assert body["loggerLevel"] == "INFO"
    assert (body["enabled"], body["deployed"], body["raiseOnError"]) == (True, False, True)
    assert (body["provider"], body["enableStreamableLogs"]) == ("user", False)
    assert client.get(f"{PIPELINES}/name/{quote(body['fullyQualifiedName'], safe='')}").json()["id"] == body["id"]


def test_two_services_may_have_pipelines_of_the_same_name_and_one_may_not(client):
    one, other = service_of(client), service_of(client)
    pipeline_of(client, one, name="meta")
    pipeline_of(client, other, name="meta")
    again = client.post(PIPELINES, json=make("ingestionPipeline", name="meta", service=ref(one, "messagingService")))
    fault(again, 409, "ENTITY_ALREADY_EXISTS")


@pytest.mark.parametrize("field", ["pipelineType", "sourceConfig", "airflowConfig", "service"])
def test_a_field_that_is_missing_is_named(client, field):
    asked = make("ingestionPipeline")
    del asked[field]
    assert fault(client.post(PIPELINES, json=asked), 400) == f"[query param {field} must not be null]"


def test_a_service_has_to_be_there_and_to_be_live(client):
    nobody = "00000000-0000-4000-8000-000000000007"
    asked = make("ingestionPipeline", service={"id": nobody, "type": "messagingService"})
    message = f"messagingService instance for {nobody} not found"
    assert fault(client.post(PIPELINES, json=asked), 404, "ENTITY_NOT_FOUND") == message
    assert fault(client.put(PIPELINES, json=asked), 404, "ENTITY_NOT_FOUND") == message
    gone = service_of(client)
    client.delete(f"{SERVICES}/{gone['id']}")
    asked = make("ingestionPipeline", service=ref(gone, "messagingService"))
    fault(client.post(PIPELINES, json=asked), 404, "ENTITY_NOT_FOUND")


def test_a_pipeline_cannot_lie_in_what_is_no_service(client):
    team = made(client, "team")
    message = fault(client.post(PIPELINES, json=make("ingestionPipeline", service=ref(team, "team"))), 400)
    assert message == "service cannot refer to a team. Allowed types are: messagingService"


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"pipelineType": "guess"}, "autoClassification"),
        ({"loggerLevel": "LOUD"}, "DEBUG, INFO, WARN, ERROR"),
        ({"airflowConfig": {"shedule": "x"}}, '"shedule" at airflowConfig'),
        ({"sourceConfig": {"config": {}, "more": 1}}, '"more" at sourceConfig'),
        ({"airflowConfig": {"startDate": "tomorrow"}}, "airflowConfig.startDate"),
        ({"airflowConfig": {"email": "a@b"}}, "airflowConfig.email"),
        ({"sourceConfig": {"config": {"db": {"password": 17}}}}, "sourceConfig.config.db.password"),
        ({"openMetadataServerConnection": {"hostPort": "x"}}, '"openMetadataServerConnection"'),
    ],
)
def test_what_a_pipeline_cannot_be_is_refused_with_the_place(client, fields, named):
    assert named in fault(client.post(PIPELINES, json=make("ingestionPipeline", **fields)), 400)


def test_a_schedule_is_filled_in_and_a_number_is_a_date(client):
    pipeline = made(
        client, "ingestionPipeline", airflowConfig={"startDate": 1767225600000, "scheduleInterval": "0 * * * *"}
    )
    assert pipeline["airflowConfig"] == {
        "pausePipeline": False,
        "concurrency": 1,
        "startDate": "2026-01-01T00:00:00.000Z",
        "pipelineTimezone": "UTC",
        "retries": 0,
        "retryDelay": 300,
        "pipelineCatchup": False,
        "scheduleInterval": "0 * * * *",
        "maxActiveRuns": 1,
        "workflowDefaultView": "tree",
        "workflowDefaultViewOrientation": "LR",
    }


def test_what_a_pipeline_reads_is_kept_as_it_came(client):
    config = {
        "type": "MessagingMetadata",
        "topicFilterPattern": {"includes": ["^a"]},
        "own": [1, 2.5, None, {"x": True}],
    }
    pipeline = made(client, "ingestionPipeline", sourceConfig={"config": config})
    assert read(client, pipeline)["sourceConfig"] == {"config": config}
    assert list(read(client, pipeline)["sourceConfig"]["config"]) == list(config)


@pytest.mark.parametrize("given", [{}, {"config": None}])
def test_nothing_to_read_is_an_empty_object_and_never_null(client, given):
    assert read(client, made(client, "ingestionPipeline", sourceConfig=given))["sourceConfig"] == {}


def test_an_application_is_known_by_its_type(client):
    config = {"config": {"type": "Application", "appConfig": {"type": "Collate"}}}
    pipeline = made(client, "ingestionPipeline", pipelineType="application", sourceConfig=config)
    assert pipeline["applicationType"] == "Collate"
    assert "applicationType" not in made(client, "ingestionPipeline", sourceConfig=config)
    other = [{"op": "replace", "path": "/sourceConfig/config/appConfig/type", "value": "Other"}]
    assert client.patch(f"{PIPELINES}/{pipeline['id']}", json=other).json()["applicationType"] == "Other"


# changes


def test_a_put_of_another_description_is_told_as_a_change_of_it(client):
    asked = make("ingestionPipeline", description="one")
    client.put(PIPELINES, json=asked)
    changed = client.put(PIPELINES, json=asked | {"description": "two"}).json()
    assert changed["changeDescription"]["fieldsUpdated"] == [
        {"name": "description", "oldValue": "one", "newValue": "two"}
    ]


def test_a_patch_changes_the_schedule_and_how_much_is_logged(client):
    pipeline = made(client, "ingestionPipeline")
    patched = client.patch(
        f"{PIPELINES}/{pipeline['id']}",
        json=[
            {"op": "add", "path": "/airflowConfig/scheduleInterval", "value": "0 0 * * *"},
            {"op": "replace", "path": "/airflowConfig/concurrency", "value": 3},
            {"op": "add", "path": "/airflowConfig/startDate", "value": "2026-01-01T00:00:00Z"},
            {"op": "replace", "path": "/loggerLevel", "value": "DEBUG"},
        ],
    )
    assert patched.status_code == 200
    body = read(client, pipeline)
    found = body["airflowConfig"]
    assert (found["scheduleInterval"], found["concurrency"], found["startDate"]) == (
        "0 0 * * *",
        3,
        "2026-01-01T00:00:00Z",
    )
    assert body["loggerLevel"] == "DEBUG"
    assert {change["name"] for change in body["changeDescription"]["fieldsUpdated"]} == {"airflowConfig", "loggerLevel"}


def test_where_it_lies_its_type_and_its_provider_stay(client):
    pipeline = made(client, "ingestionPipeline")
    other = service_of(client)
    patched = client.patch(
        f"{PIPELINES}/{pipeline['id']}",
        json=[
            {"op": "replace", "path": "/service", "value": ref(other, "messagingService")},
            {"op": "replace", "path": "/pipelineType", "value": "dbt"},
            {"op": "replace", "path": "/provider", "value": "system"},
        ],
    )
    assert patched.headers["x-openmetadata-change"] == "entityNoChange"
    asked = make("ingestionPipeline", name=pipeline["name"], pipelineType="dbt", provider="system")
    assert client.put(PIPELINES, json=asked).json()["pipelineType"] == "metadata"


def test_a_connection_to_the_catalog_cannot_be_patched_in(client):
    pipeline = made(client, "ingestionPipeline")
    operations = [{"op": "add", "path": "/openMetadataServerConnection", "value": {"hostPort": "x"}}]
    fault(client.patch(f"{PIPELINES}/{pipeline['id']}", json=operations), 400)


# secrets


def test_secrets_are_masked_for_people_and_clear_for_bots(client, as_user, as_bot):
    asked = make("ingestionPipeline", pipelineType="dbt", sourceConfig={"config": DBT})
    created = client.post(PIPELINES, json=asked)
    path = f"{PIPELINES}/{created.json()['id']}"
    answers = [created, client.get(path), as_user.get(path), client.put(PIPELINES, json=asked)]
    answers.append(client.get(f"{path}/versions/0.1"))
    for answer in answers:
        assert answer.json()["sourceConfig"]["config"]["dbtConfigSource"]["dbtCloudAuthToken"] == MASK
    assert as_bot.get(path).json()["sourceConfig"]["config"] == DBT
    listed = as_bot.get(f"{PIPELINES}?limit=1000").json()["data"]
    assert DBT in [row["sourceConfig"].get("config") for row in listed]


def test_a_mask_that_comes_back_keeps_what_is_stored(client, as_bot):
    asked = make("ingestionPipeline", sourceConfig={"config": DBT})
    pipeline = client.post(PIPELINES, json=asked).json()
    path = f"{PIPELINES}/{pipeline['id']}"
    masked = read(client, pipeline)["sourceConfig"]
    masked["config"]["dbtConfigSource"]["dbtCloudUrl"] = "v"
    client.put(PIPELINES, json=asked | {"sourceConfig": masked})
    assert as_bot.get(path).json()["sourceConfig"]["config"]["dbtConfigSource"] == DBT["dbtConfigSource"] | {
        "dbtCloudUrl": "v"
    }
    client.patch(
        path, json=[{"op": "replace", "path": "/sourceConfig/config/dbtConfigSource/dbtCloudUrl", "value": "w"}]
    )
    source = as_bot.get(path).json()["sourceConfig"]["config"]["dbtConfigSource"]
    assert (source["dbtCloudAuthToken"], source["dbtCloudUrl"]) == (SECRET, "w")


def test_a_change_of_what_is_read_is_told_without_saying_what(client):
    pipeline = made(client, "ingestionPipeline", sourceConfig={"config": DBT})
    path = f"{PIPELINES}/{pipeline['id']}"
    new = [{"op": "replace", "path": "/sourceConfig/config/dbtConfigSource/dbtCloudAuthToken", "value": "an0ther-one"}]
    told = client.patch(path, json=new).json()["changeDescription"]["fieldsUpdated"]
    assert told == [{"name": "sourceConfig", "oldValue": '"old-encrypted-value"', "newValue": '"new-encrypted-value"'}]


def test_no_answer_speaks_of_a_connection_to_the_catalog(client, as_bot):
    pipeline = made(client, "ingestionPipeline")
    path = f"{PIPELINES}/{pipeline['id']}"
    for reader in (client, as_bot):
        for answer in (path, f"{path}?fields=*", f"{path}/versions", f"{path}/versions/0.1", f"{PIPELINES}?limit=1000"):
            assert "openMetadataServerConnection" not in reader.get(answer).text


# who sees what is read


@pytest.fixture
def looker(client, server):
    """Somebody who may see pipelines and describe them, but not see all of them."""
    operations = ["ViewBasic", "EditDescription"]
    looks = {"name": "look", "effect": "allow", "operations": operations, "resources": ["ingestionPipeline"]}
    policy = made(client, "policy", rules=[looks])
    role = made(client, "role", policies=[policy["fullyQualifiedName"]])
    organization = f"{path_of('team')}/name/Organization"
    everybodys = client.get(f"{organization}?fields=defaultRoles").json()["defaultRoles"]
    client.patch(organization, json=[{"op": "remove", "path": "/defaultRoles"}])
    yield server.as_user(fresh("person"), roles=[role["id"]])
    kept = [ref(one, "role") for one in everybodys]
    assert client.patch(organization, json=[{"op": "add", "path": "/defaultRoles", "value": kept}]).status_code == 200


def test_who_may_not_see_all_sees_no_configuration(client, looker):
    person = looker
    user = person.get("/api/v1/users/loggedInUser").json()
    pipeline = made(client, "ingestionPipeline", sourceConfig={"config": {"type": "hidden-from-some"}})
    client.patch(f"{PIPELINES}/{pipeline['id']}", json=[{"op": "add", "path": "/description", "value": "d"}])
    path = f"{PIPELINES}/{pipeline['id']}"
    texts = [
        person.get(f"{path}{more}").text
        for more in ("", "?fields=owners", "/versions", "/versions/0.1", "/versions/0.2")
    ]
    texts.append(person.get(f"{PIPELINES}?limit=1000").text)
    texts.append(person.get(f"{PIPELINES}/history?startTs=0&endTs=99999999999999&limit=500").text)
    texts.append(person.put(f"{path}/followers", json=user["id"]).text)
    texts.append(person.patch(path, json=[{"op": "add", "path": "/description", "value": "e"}]).text)
    for text in texts:
        assert pipeline["id"] in text
        assert "hidden-from-some" not in text
    assert person.get(path).json()["sourceConfig"] == {}
    peeking = [{"op": "test", "path": "/sourceConfig/config/type", "value": "hidden-from-some"}]
    fault(person.patch(path, json=peeking), 403, "FORBIDDEN")
    assert person.get(f"{path}?fields=pipelineStatuses").status_code == 403
    assert read(client, pipeline)["sourceConfig"] == {"config": {"type": "hidden-from-some"}}


# lists


def test_a_list_is_filtered(client):
    service = service_of(client)
    pipeline_of(client, service, name="plain")
    pipeline_of(client, service, name="own", provider="automation", pipelineType="dbt")
    config = {"config": {"appConfig": {"type": "Tidy"}}}
    pipeline_of(client, service, name="app", pipelineType="application", sourceConfig=config)
    made(client, "ingestionPipeline", name="elsewhere")
    mine = {"service": service["fullyQualifiedName"]}
    assert names(client, **mine) == {"plain", "own", "app"}
    assert "elsewhere" in names(client, serviceType="messagingService")
    assert names(client, serviceType="databaseService") == set()
    assert names(client, **mine, pipelineType="metadata") == {"plain"}
    assert names(client, **mine, pipelineType="metadata,dbt") == {"plain", "own"}
    assert names(client, **mine, provider="automation") == {"own"}
    assert names(client, **mine, applicationType="Tidy") == {"app"}
    assert names(client, **mine, agentType="application") == {"app"}
    assert names(client, **mine, agentType="metadata") == {"plain", "own"}
    assert names(client, **mine, testSuite="suite") == set()


@pytest.mark.parametrize("query", ["pipelineType=metadata,guess", "provider=me", "agentType=double"])
def test_a_filter_by_what_cannot_be_is_refused(client, query):
    assert "query param" in fault(client.get(f"{PIPELINES}?{query}"), 400)


# what lies above


def test_a_service_shows_its_pipelines_and_nothing_else_that_lies_in_it(client):
    service = service_of(client)
    made(client, "topic", service=service["fullyQualifiedName"])
    pipelines = {pipeline_of(client, service)["id"], pipeline_of(client, service)["id"]}
    shown = client.get(f"{SERVICES}/{service['id']}?fields=pipelines").json()["pipelines"]
    assert {ref["id"] for ref in shown} == pipelines
    assert {ref["type"] for ref in shown} == {"ingestionPipeline"}
    client.delete(f"{PIPELINES}/{next(iter(pipelines))}")
    assert len(client.get(f"{SERVICES}/{service['id']}?fields=*").json()["pipelines"]) == 1


def test_owners_and_domains_come_from_the_service_unless_the_pipeline_has_its_own(client):
    owner, other = made(client, "user"), made(client, "user")
    domain = made(client, "domain")
    service = service_of(client, owners=[ref(owner)], domains=[domain["fullyQualifiedName"]])
    pipeline = pipeline_of(client, service)
    body = read(client, pipeline, fields="owners,domains")
    assert [(one["id"], one["inherited"]) for one in body["owners"]] == [(owner["id"], True)]
    assert [(one["id"], one["inherited"]) for one in body["domains"]] == [(domain["id"], True)]
    owned = pipeline_of(client, service, owners=[ref(other)])
    assert [one["id"] for one in read(client, owned, fields="owners")["owners"]] == [other["id"]]


def test_it_goes_and_comes_back_with_its_service(client):
    service = service_of(client)
    pipeline = pipeline_of(client, service)
    path = f"{SERVICES}/{service['id']}"
    assert "not empty" in fault(client.delete(path), 400)
    client.delete(f"{path}?recursive=true")
    assert client.get(f"{PIPELINES}/{pipeline['id']}").status_code == 404
    hidden = client.get(f"{PIPELINES}/{pipeline['id']}?include=deleted").json()
    assert hidden["service"]["id"] == service["id"]
    client.put(f"{SERVICES}/restore", json={"id": service["id"]})
    assert read(client, pipeline)["deleted"] is False
    client.delete(f"{path}?recursive=true&hardDelete=true")
    assert client.get(f"{PIPELINES}/{pipeline['id']}?include=all").status_code == 404


def test_a_delete_by_force_is_a_hard_one_and_an_administrators(client, as_bot):
    pipeline = made(client, "ingestionPipeline")
    path = f"{PIPELINES}/{pipeline['id']}"
    message = "Force deleting an ingestion pipeline requires hardDelete=true"
    assert fault(client.delete(f"{path}?force=true"), 400) == message
    fault(as_bot.delete(f"{path}?force=true&hardDelete=true"), 403, "FORBIDDEN")
    assert client.delete(f"{path}?force=true&hardDelete=true").headers["x-openmetadata-change"] == "entityDeleted"


def test_what_the_system_has_made_stays(client):
    pipeline = made(client, "ingestionPipeline", provider="system")
    assert "System entity" in fault(client.delete(f"{PIPELINES}/{pipeline['id']}?hardDelete=true"), 400)


def test_a_token_for_a_service_is_for_its_pipelines_and_no_others(client):
    mine, others = service_of(client), service_of(client)
    pipeline, other = pipeline_of(client, mine), pipeline_of(client, others)
    asked = {"name": fresh("token"), "scopes": {"services": [mine["fullyQualifiedName"]]}}
    token = client.bare.post("/api/v1/tokens", json=asked).json()["jwtToken"]
    assert client.bare.get(f"{PIPELINES}/{pipeline['id']}", token=token).status_code == 200
    assert client.bare.get(f"{PIPELINES}/{other['id']}", token=token).status_code == 403
    listed = client.bare.get(f"{PIPELINES}?limit=1000", token=token).json()["data"]
    assert [row["id"] for row in listed] == [pipeline["id"]]


# an orchestrator, of which there is none


@pytest.mark.parametrize("word", ["deploy", "trigger", "kill"])
def test_nothing_can_be_run_without_an_orchestrator(client, word):
    pipeline = made(client, "ingestionPipeline")
    answer = client.bare.post(f"{PIPELINES}/{word}/{pipeline['id']}")
    assert (answer.status_code, answer.json()) == (
        200,
        {"code": 200, "platform": "none", "reason": "Pipeline Client Disabled"},
    )
    assert read(client, pipeline)["deployed"] is False
    nobody = "00000000-0000-4000-8000-000000000007"
    fault(client.bare.post(f"{PIPELINES}/{word}/{nobody}"), 404, "ENTITY_NOT_FOUND")
    fault(client.bare.post(f"{PIPELINES}/{word}/nope"), 404, "NOT_FOUND")


def test_the_other_questions_to_an_orchestrator_are_answered_alike(client):
    pipeline = made(client, "ingestionPipeline")
    disabled = {"code": 200, "platform": "none", "reason": "Pipeline Client Disabled"}
    assert client.bare.get(f"{PIPELINES}/status").json() == disabled
    assert client.bare.get(f"{PIPELINES}/ip").text == "Pipeline Client Disabled"
    assert client.bare.post(f"{PIPELINES}/toggleIngestion/{pipeline['id']}").text == "Pipeline Client Disabled"
    assert client.bare.post(f"{PIPELINES}/bulk/deploy", json=[pipeline["id"]]).json() == [disabled]
    fault(client.bare.post(f"{PIPELINES}/bulk/deploy", json=["nope"]), 400)


def test_events_of_pipelines_hold_masks_only(client):
    pipeline = made(client, "ingestionPipeline", sourceConfig={"config": DBT})
    told = client.bare.get(f"/api/v1/events?entityCreated=ingestionPipeline&timestamp={pipeline['updatedAt']}").json()
    mine = [event for event in told["data"] if event["entityId"] == pipeline["id"]]
    assert len(mine) == 1
    assert SECRET not in json.dumps(mine)
    assert mine[0]["entity"]["service"]["name"] == BROKER
