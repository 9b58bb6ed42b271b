"""What is special about automation workflows: contract, "Automation workflows", and where secrets may come from."""

from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import quote

import pytest

from brokerbook.model.orchestration import NO_ORCHESTRATOR
from conftest import Client, running
from make import SERVICES, fresh, kafka, made, make, path_of, ref
from strict import fault

PATH = path_of("workflow")
MASK = "*********"
SECRET = "t0p-s3cret/word"
CONFIG = {"bootstrapServers": "broker:9092", "saslUsername": "amy", "saslPassword": SECRET}


def request(config: Any = None, **more: Any) -> dict[str, Any]:
    """A request to test a connection to Kafka."""
    asked = {"connection": {"config": CONFIG if config is None else config}, "serviceType": "Messaging"}
    return asked | {"connectionType": "Kafka"} | more


def asked(config: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    return make("workflow", request=request(config), **more)


def config_of(workflow: dict[str, Any]) -> dict[str, Any]:
    return workflow["request"]["connection"]["config"]


def password(client: Any, workflow: dict[str, Any]) -> str:
    return config_of(client.get(f"{PATH}/{workflow['id']}").json())["saslPassword"]


@pytest.fixture
def workflow(client):
    return client.post(PATH, json=asked()).json()


@pytest.fixture
def service(client):
    """A service that is connected to as the workflows of these tests are."""
    return made(client, "messagingService", connection={"config": CONFIG})


# what it is


def test_a_new_workflow_is_pending(client):
    response = client.post(PATH, json=asked(name="test.orders"))
    body = response.json()
    assert (body["status"], body["workflowType"]) == ("Pending", "TEST_CONNECTION")
    assert body["fullyQualifiedName"] == '"test.orders"'
    assert "openMetadataServerConnection" not in body
    assert body["request"]["secretsManagerProvider"] == "db"


def test_a_status_is_taken_as_it_is_given(client):
    assert client.post(PATH, json=asked(status="Running")).json()["status"] == "Running"
    assert "status" in fault(client.post(PATH, json=asked(status="Lost")), 400)


def test_a_soft_deleted_workflow_keeps_its_name_until_a_put_revives_it(client, workflow):
    asked_again = asked(name=workflow["name"])
    client.delete(f"{PATH}/{workflow['id']}")
    fault(client.get(f"{PATH}/{workflow['id']}"), 404, "ENTITY_NOT_FOUND")
    fault(client.post(PATH, json=asked_again), 409, "ENTITY_ALREADY_EXISTS")
    revived = client.put(PATH, json=asked_again).json()
    assert (revived["id"], revived["deleted"]) == (workflow["id"], False)


def test_lists_are_filtered_by_type_and_status(client):
    spark = make("workflow", workflowType="TEST_SPARK_ENGINE_CONNECTION", request={}, status="Failed")
    names = {client.post(PATH, json=body).json()["name"] for body in (spark, asked(status="Failed"))}

    def found(**query: str) -> set[str]:
        rows = client.get(PATH, params={"limit": 1000} | query).json()["data"]
        return {row["name"] for row in rows} & names

    assert found(status="Failed") == names
    assert found(status="Running") == set()
    assert found(workflowType="TEST_SPARK_ENGINE_CONNECTION") == {spark["name"]}
    assert found(workflowType="TEST_CONNECTION", status="Failed") == names - {spark["name"]}
    assert found(workflowStatus="Running") == names
    assert "Pending, Successful, Failed, Running" in fault(client.get(f"{PATH}?status=nope"), 400)


@pytest.mark.parametrize(
    ("asked_for", "named"),
    [
        (request({"bootstrapServer": "x"}), "bootstrapServer"),
        (request({"securityProtocol": "TLS"}), "securityProtocol"),
        (request({"bootstrapServers": "amy:pw@broker:9092"}), "bootstrapServers"),
        (request("broker:9092"), "request.connection.config"),
        (request(serviceType="Broker"), "request.serviceType"),
        (request(colour="red"), "colour"),
        ([], "request"),
        (request({"password": 7}, connectionType="Mysql", serviceType="Database"), "request.connection.config.password"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_request_is_named(client, workflow, asked_for, named):
    assert named in fault(client.post(PATH, json=make("workflow", request=asked_for)), 400)
    operation = {"op": "replace", "path": "/request", "value": asked_for}
    assert named in fault(client.patch(f"{PATH}/{workflow['id']}", json=[operation]), 400)


def test_a_test_without_a_connection_is_taken(client):
    for connection in ({}, {"connection": None}, {"connection": {}}, {"connection": {"config": None}}):
        response = client.post(PATH, json=make("workflow", request={"serviceName": "orders"} | connection))
        assert response.status_code == 201, response.text


# secrets


def test_a_person_sees_masks_and_a_bot_what_it_needs(client, as_user, as_bot):
    body = asked()
    created = client.post(PATH, json=body)
    one = f"{PATH}/{created.json()['id']}"
    for_people = [created, client.get(one), as_user.get(one), client.put(PATH, json=body), client.patch(one, json=[])]
    assert {config_of(answer.json())["saslPassword"] for answer in for_people} == {MASK}
    for_bots = [as_bot.get(one), as_bot.get(f"{PATH}/name/{body['name']}"), as_bot.put(PATH, json=body)]
    assert {config_of(answer.json())["saslPassword"] for answer in for_bots} == {SECRET}
    listed = as_bot.get(f"{PATH}?limit=1000").json()["data"]
    assert [config_of(row)["saslPassword"] for row in listed if row["name"] == body["name"]] == [SECRET]
    everything = [
        client.get(f"{one}/versions").text,
        client.get("/api/v1/events?entityCreated=workflow&entityUpdated=workflow").text,
        client.delete(f"{one}?hardDelete=true").text,
    ]
    assert not any(SECRET in text for text in everything)


@pytest.mark.parametrize(
    "body",
    [
        make("workflow", request=request({"hostPort": "db:1", "authType": {"password": SECRET}}, connectionType="Mysql")),
        make("workflow", request=request({"hostPort": "db:1", "password": SECRET}, connectionType=None)),
        make(
            "workflow", request=request({"type": "Kafka", "password": SECRET}, serviceType="Database")
        ),
        make(
            "workflow",
            workflowType="QUERY_RUNNER",
            request={"query": "select 1", "storageConfig": {"storageConfig": {"awsSecretAccessKey": SECRET}}},
        ),
    ],
    ids=["another platform", "no type", "a database", "a query"],
)  # fmt: skip
def test_secrets_of_what_is_not_known_here_are_sealed_by_their_names(client, as_bot, body):
    created = client.post(PATH, json=body)
    assert SECRET not in created.text
    assert MASK in created.text
    assert SECRET in as_bot.get(f"{PATH}/{created.json()['id']}").text


def test_what_was_read_can_be_put_back_and_keeps_the_secret(client, as_bot, workflow):
    body = {key: workflow[key] for key in ("name", "workflowType", "request")}
    response = client.put(PATH, json=body)
    assert response.headers["x-openmetadata-change"] == "entityNoChange"
    assert password(as_bot, client.put(PATH, json=body | {"status": "Failed"}).json()) == SECRET


def test_a_mask_where_nothing_is_stored_is_refused(client):
    message = fault(client.post(PATH, json=asked(CONFIG | {"saslPassword": MASK})), 400)
    assert message.startswith("request.connection.config.saslPassword is the mask")


@pytest.mark.parametrize("how", ["post", "put", "put over a workflow with another secret"])
def test_a_mask_stands_for_the_secret_of_the_service(client, as_bot, service, how):
    body = make("workflow", request=request(config_of_service(service), serviceName=service["name"]))
    if how == "put over a workflow with another secret":
        other = request(CONFIG | {"saslPassword": "an0ther-word"})
        client.post(PATH, json=make("workflow", name=body["name"], request=other))
    answer = client.request("POST" if how == "post" else "PUT", PATH, json=body)
    assert answer.status_code in (200, 201), answer.text
    assert config_of(answer.json())["saslPassword"] == MASK
    assert password(as_bot, answer.json()) == SECRET


def config_of_service(service: dict[str, Any], **other: Any) -> dict[str, Any]:
    assert service["connection"]["config"]["saslPassword"] == MASK
    return service["connection"]["config"] | other


def test_a_put_of_the_same_takes_the_secret_that_the_service_has_now(client, as_bot, service):
    body = make("workflow", request=request(config_of_service(service), serviceName=service["name"]))
    workflow = client.put(PATH, json=body).json()
    operation = {"op": "replace", "path": "/connection/config/saslPassword", "value": "n3w-word"}
    client.patch(f"{SERVICES}/{service['id']}", json=[operation]).raise_for_status()
    assert client.put(PATH, json=body).json()["version"] == 0.2
    assert password(as_bot, workflow) == "n3w-word"


def test_harmless_properties_may_be_others_than_the_services(client, as_bot, service):
    config = config_of_service(service, topicFilterPattern={"includes": ["a.*"]}, supportsMetadataExtraction=False)
    answer = client.post(PATH, json=make("workflow", request=request(config, serviceName=service["name"])))
    assert password(as_bot, answer.json()) == SECRET


@pytest.mark.parametrize(
    ("other", "place"),
    [
        ({"bootstrapServers": "evil:9092"}, "bootstrapServers"),
        ({"schemaRegistryURL": "http://evil:1"}, "schemaRegistryURL"),
        ({"securityProtocol": "SASL_PLAINTEXT"}, "securityProtocol"),
        ({"consumerConfig": {"bootstrap.servers": "evil:9092"}}, "consumerConfig"),
    ],
)
def test_the_secret_of_a_service_goes_nowhere_else(client, service, other, place):
    config = config_of_service(service, **other)
    body = make("workflow", request=request(config, serviceName=service["name"]))
    for method in ("POST", "PUT"):
        message = fault(client.request(method, PATH, json=body), 400)
        assert f"{place} is not as in messagingService {service['name']}" in message
        assert SECRET not in message
    fault(client.get(f"{PATH}/name/{body['name']}"), 404, "ENTITY_NOT_FOUND")


def test_the_secret_of_a_service_is_used_only_for_those_who_may_edit_it(client, server, as_bot, service):
    rule = {"name": "w", "effect": "allow", "operations": ["Create", "EditAll"], "resources": ["workflow"]}
    role = made(client, "role", policies=[made(client, "policy", rules=[rule])["fullyQualifiedName"]])
    tester = server.as_user(fresh("tester"), roles=[role["id"]])
    body = make("workflow", request=request(config_of_service(service), serviceName=service["name"]))
    for method in ("POST", "PUT"):
        message = fault(tester.request(method, PATH, json=body), 400)
        assert "used only for those who may edit it" in message
    own = tester.post(PATH, json=body | {"request": request(serviceName=service["name"])}).json()
    # the secret that he has sent himself is kept
    assert tester.put(PATH, json=body).status_code == 200
    assert password(as_bot, own) == SECRET


def test_a_service_of_another_type_or_a_deleted_one_lends_nothing(client, service):
    redpanda = make("workflow", request=request(config_of_service(service), connectionType="Redpanda"))
    redpanda["request"]["connection"]["config"].pop("type")
    redpanda["request"]["serviceName"] = service["name"]
    assert "is not of the type Redpanda" in fault(client.post(PATH, json=redpanda), 400)
    client.delete(f"{SERVICES}/{service['id']}")
    body = make("workflow", request=request(config_of_service(service), serviceName=service["name"]))
    assert "no secret is stored there" in fault(client.post(PATH, json=body), 400)


@pytest.mark.parametrize("verb", ["put", "patch"])
def test_the_secret_of_a_stored_workflow_goes_nowhere_else(client, as_bot, workflow, verb):
    config = config_of(workflow) | {"bootstrapServers": "evil:9092"}
    if verb == "put":
        answer = client.put(PATH, json=asked(config, name=workflow["name"]))
    else:
        operation = {"op": "replace", "path": "/request/connection/config/bootstrapServers", "value": "evil:9092"}
        answer = client.patch(f"{PATH}/{workflow['id']}", json=[operation])
    assert "bootstrapServers is not as in the workflow that is stored" in fault(answer, 400)
    assert config_of(as_bot.get(f"{PATH}/{workflow['id']}").json())["bootstrapServers"] == "broker:9092"
    with_secret = asked(config | {"saslPassword": "0ther-word"}, name=workflow["name"])
    assert config_of(client.put(PATH, json=with_secret).json())["bootstrapServers"] == "evil:9092"


def test_the_secret_of_a_stored_workflow_stays_while_harmless_things_change(client, as_bot, workflow):
    config = config_of(workflow) | {"topicFilterPattern": {"excludes": ["_.*"]}}
    body = make("workflow", name=workflow["name"], request=request(config, ingestionRunner="other"))
    changed = client.put(PATH, json=body).json()
    assert (changed["version"], changed["request"]["ingestionRunner"]) == (0.2, "other")
    assert password(as_bot, workflow) == SECRET


def test_the_secret_of_another_task_is_used_for_no_other_task(client, as_bot):
    storage = {"storageConfig": {"awsSecretAccessKey": SECRET, "endPointURL": "https://s3"}}
    body = make("workflow", workflowType="QUERY_RUNNER", request={"query": "select 1", "storageConfig": storage})
    made_so = client.post(PATH, json=body).json()
    assert client.put(PATH, json=body | {"request": made_so["request"], "status": "Failed"}).status_code == 200
    assert SECRET in as_bot.get(f"{PATH}/{made_so['id']}").text
    for path, value in (("/query", "select 2"), ("/storageConfig/storageConfig/endPointURL", "https://evil")):
        operation = {"op": "replace", "path": f"/request{path}", "value": value}
        message = fault(client.patch(f"{PATH}/{made_so['id']}", json=[operation]), 400)
        assert "is not as in the workflow that is stored" in message


def test_a_failed_row_of_a_bulk_request_shows_no_secret(client):
    rows = [asked(), asked(CONFIG | {"nope": 1}), asked() | {"name": ""}]
    result = client.put(f"{PATH}/bulk", json=rows)
    assert result.json()["numberOfRowsFailed"] == 2
    assert SECRET not in result.text


# who sees it


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    """A catalog in which nobody may view all of everything just because he is there."""
    with running(tmp_path_factory.mktemp("own")) as server:
        client = Client(server, server.token("admin"))
        organization = client.get(f"{path_of('team')}/name/Organization").json()
        nothing = [{"op": "add", "path": "/defaultRoles", "value": []}]
        assert client.patch(f"{path_of('team')}/{organization['id']}", json=nothing).status_code == 200
        yield server


def person(client, server, *operations: str) -> Client:
    """Somebody who may do these operations on workflows and no others."""
    rule = {"name": "r", "effect": "allow", "operations": list(operations), "resources": ["workflow"]}
    role = made(client, "role", policies=[made(client, "policy", rules=[rule])["fullyQualifiedName"]])
    return server.as_user(fresh("person"), roles=[role["id"]])


@pytest.fixture(scope="module")
def admin(own):
    return Client(own, own.token("admin"))


@pytest.fixture(scope="module")
def half_blind(admin, own):
    return person(admin, own, "ViewBasic", "EditDescription", "EditStatus")


def described(text: str) -> list[dict[str, Any]]:
    return [{"op": "add", "path": "/description", "value": text}]


def test_how_to_connect_is_shown_only_to_who_may_view_all(admin, half_blind):
    body = asked(description="one")
    workflow = admin.post(PATH, json=body).json()
    path = f"{PATH}/{workflow['id']}"
    answers = [
        half_blind.get(path).json(),
        half_blind.get(f"{PATH}/name/{body['name']}?fields=owners").json(),
        half_blind.patch(path, json=described("two")).json(),
        half_blind.get(f"{path}/versions/0.1").json(),
        half_blind.get(f"{path}/versions/0.2").json(),
        *(json.loads(text) for text in half_blind.get(f"{path}/versions").json()["versions"]),
        *half_blind.get(f"{PATH}/history?startTs=0&endTs=99999999999999&limit=500").json()["data"],
        *half_blind.get(f"{PATH}?limit=1000").json()["data"],
    ]
    answers = [answer for answer in answers if answer["id"] == workflow["id"]]
    assert len(answers) == 10
    assert {json.dumps(answer["request"]["connection"]) for answer in answers} == {'{"config": null}'}
    assert {answer["request"]["connectionType"] for answer in answers} == {"Kafka"}
    assert config_of(admin.get(path).json())["bootstrapServers"] == "broker:9092"


def test_what_else_is_asked_of_a_runner_is_not_shown_to_him_at_all(admin, half_blind):
    query = make("workflow", workflowType="QUERY_RUNNER", request={"query": "select secret from words"})
    workflow = admin.post(PATH, json=query).json()
    assert half_blind.get(f"{PATH}/{workflow['id']}").json()["request"] == {}
    assert admin.get(f"{PATH}/{workflow['id']}").json()["request"] == query["request"]


def test_an_owner_views_all_of_what_is_his(admin, half_blind):
    me = half_blind.get("/api/v1/users/loggedInUser").json()
    workflow = admin.post(PATH, json=asked(owners=[ref(me)])).json()
    assert config_of(half_blind.get(f"{PATH}/{workflow['id']}").json())["bootstrapServers"] == "broker:9092"


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "test", "path": "/request/connection/config/bootstrapServers", "value": "broker:9092"},
        {"op": "copy", "from": "/request/connection/config/bootstrapServers", "path": "/description"},
    ],
    ids=["test", "copy"],
)
def test_a_patch_finds_out_nothing_for_who_may_not_view_all(admin, half_blind, operation):
    workflow = admin.post(PATH, json=asked()).json()
    refused = half_blind.patch(f"{PATH}/{workflow['id']}", json=[operation])
    assert "operations [ViewAll] not allowed" in fault(refused, 403, "FORBIDDEN")


# the runner


def result(status: str = "Successful", **step: Any) -> dict[str, Any]:
    """What the official client sends after a step: every field, most of them null."""
    empty = {"message": None, "errorLog": None, "status": None, "skipReason": None, "diagnosis": None}
    steps = [empty | {"name": "GetTopics", "mandatory": True, "passed": True} | step]
    return {"status": status, "lastUpdatedAt": 1_700_000_000_000, "steps": steps}


def reported(response: Any, status: str) -> list[dict[str, Any]]:
    return [
        {"op": "add", "path": "/response", "value": response},
        {"op": "add", "path": "/status", "value": status},
    ]


def test_a_runner_reports_after_each_step_and_gets_the_whole_workflow(client, as_bot, workflow):
    path = f"{PATH}/{workflow['id']}"
    running_now = as_bot.patch(path, json=reported(result("Running"), "Running"))
    assert (running_now.status_code, running_now.json()["status"]) == (200, "Running")
    assert config_of(running_now.json())["saslPassword"] == SECRET
    done = as_bot.patch(path, json=reported(result("Failed", passed=False, message="no"), "Successful")).json()
    assert done["id"] == workflow["id"]
    shown = client.get(path).json()
    assert (shown["status"], shown["response"]["status"]) == ("Successful", "Failed")
    assert shown["response"]["steps"] == [{"name": "GetTopics", "mandatory": True, "passed": False, "message": "no"}]
    assert shown["updatedBy"] == "ingestion-bot"


def test_a_response_is_put_too_and_kept_by_a_put_without_one(client, workflow):
    body = asked(name=workflow["name"])
    assert client.put(PATH, json=body | {"response": {"status": "Running"}}).json()["response"] == {
        "status": "Running",
        "steps": [],
    }
    crashed = client.put(PATH, json=body | {"status": "Failed"}).json()
    assert (crashed["status"], crashed["response"]["status"]) == ("Failed", "Running")


def test_a_response_that_is_none_is_refused(client, workflow):
    for wrong, named in (({"steps": [{"name": "x"}]}, "response.steps"), ({"colour": 1}, "colour"), ([], "response")):
        patched = client.patch(f"{PATH}/{workflow['id']}", json=reported(wrong, "Running"))
        assert named in fault(patched, 400)
        assert named in fault(client.post(PATH, json=asked(response=wrong)), 400)
    assert client.get(f"{PATH}/{workflow['id']}?fields=owners,domains").json() == workflow


def test_other_workflows_have_responses_of_their_own(client):
    answer = {"results": {"rows": [[1]]}, "duration": 0.5}
    body = make("workflow", workflowType="QUERY_RUNNER", request={"query": "q"}, response=answer)
    assert client.post(PATH, json=body).json()["response"] == answer


@pytest.mark.parametrize(
    "told",
    [SECRET, quote(SECRET, safe=""), base64.b64encode(SECRET.encode()).decode(), json.dumps({"p": SECRET})],
    ids=["plain", "in a URL", "in a header", "in JSON"],
)
def test_a_report_that_tells_the_secret_is_stored_without_it(client, as_bot, workflow, told):
    report = result("Failed", passed=False, errorLog=f"connecting with [{told}] failed", message=f"{told}: refused")
    as_bot.patch(f"{PATH}/{workflow['id']}", json=reported(report, "Failed")).raise_for_status()
    shown = client.get(f"{PATH}/{workflow['id']}").json()["response"]["steps"][0]
    assert told not in json.dumps(shown)
    assert SECRET not in json.dumps(shown)
    assert MASK in shown["errorLog"]
    assert shown["errorLog"].startswith("connecting with [")
    assert told not in client.get("/api/v1/events?entityUpdated=workflow").text


def test_a_short_secret_is_masked_only_where_it_is_a_word(client):
    report = result(errorLog="password abc, alphabet abcdef")
    body = asked(CONFIG | {"saslPassword": "abc"}, response=report)
    step = client.post(PATH, json=body).json()["response"]["steps"][0]
    assert step["errorLog"] == f"password {MASK}, alphabet abcdef"


def test_the_tests_result_of_a_service_tells_no_secret_either(client):
    service = made(client, "messagingService", connection=kafka(basicAuthUserInfo="amy:pass-w0rd"))
    path = f"{SERVICES}/{service['id']}"
    body = result("Failed", errorLog="401 for amy with pass-w0rd")
    answer = client.put(f"{path}/testConnectionResult", json=body).json()
    assert answer["testConnectionResult"]["steps"][0]["errorLog"] == f"401 for amy with {MASK}"


# triggers


def test_a_trigger_without_an_orchestrator_says_that_nothing_was_started(client, workflow):
    answer = client.post(f"{PATH}/trigger/{workflow['id']}")
    assert (answer.status_code, answer.json()) == (200, {"code": 200, "platform": "none", "reason": NO_ORCHESTRATOR})
    assert client.get(f"{PATH}/{workflow['id']}?fields=owners,domains").json() == workflow


def test_what_is_not_there_is_not_triggered(client, workflow):
    client.delete(f"{PATH}/{workflow['id']}")
    fault(client.post(f"{PATH}/trigger/{workflow['id']}"), 404, "ENTITY_NOT_FOUND")
    fault(client.post(f"{PATH}/trigger/nope"), 404, "NOT_FOUND")
