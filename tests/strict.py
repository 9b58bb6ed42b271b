"""The keys that OpenMetadata's official client knows: one more in an answer, and the client refuses all of it.

From the models of the 2.0.7 client (contract, "Response models"). `domain` is no key of theirs: it is in an answer
only if the request asked for it (ruling 2).
"""

from __future__ import annotations

import json
from typing import Any

_COMMON = (
    "id name fullyQualifiedName displayName description version updatedAt updatedBy impersonatedBy href "
    "changeDescription incrementalChangeDescription"
)
_ENTITIES = {
    "messagingService": "serviceType connection pipelines testConnectionResult tags style owners deleted entityStatus "
    "dataProducts dataContract domains followers ingestionRunner",
    "topic": "serviceType service messageSchema partitions cleanupPolicies retentionTime replicationFactor "
    "maximumMessageSize minimumInSyncReplicas retentionSize topicConfig sampleData owners followers tags deleted extension "
    "sourceUrl domains dataProducts dataContract votes lifeCycle certification sourceHash entityStatus",
    "ingestionPipeline": "owners service sourceConfig pipelineType airflowConfig pipelineStatuses loggerLevel raiseOnError "
    "deployed enabled enableStreamableLogs followers deleted provider domains applicationType ingestionRunner "
    "processingEngine",
    "user": "email externalId scimUserName timezone isBot isAdmin allowImpersonation authenticationMechanism profile "
    "teams defaultPersona personas owns follows deleted roles inheritedRoles inheritedPersonas isEmailVerified domains "
    "lastLoginTime lastActivityTime personaPreferences",
    "team": "teamType email externalId profile parents children descendantTeams users childrenCount userCount owns "
    "owners isJoinable deleted defaultRoles inheritedRoles defaultPersona policies domains",
    "role": "deleted policies users teams provider disabled allowDelete allowEdit domains",
    "policy": "rules owners enabled teams roles location deleted provider disabled allowDelete allowEdit domains",
    "bot": "botUser provider deleted domains",
    "glossary": "reviewers owners usageCount tags termCount deleted provider disabled mutuallyExclusive domains "
    "dataProducts dataContract votes extension entityStatus namespaces",
    "glossaryTerm": "style iri synonyms glossary parent children relatedTerms references conceptMappings reviewers owners "
    "usageCount tags entityStatus deleted provider disabled mutuallyExclusive extension domains dataProducts dataContract "
    "votes childrenCount",
    "workflow": "workflowType status request response openMetadataServerConnection owners deleted domains dataProducts",
    "type": "category nameSpace schema customProperties domains dataProducts",
    "eventSubscription": "className owners alertType trigger filteringRules notificationTemplate enabled batchSize "
    "provider retries pollInterval input domains config destinations",
    "domain": "domainType style parent children childrenCount owners experts assets tags extension followers votes "
    "certification entityStatus",
    "dataProduct": "style owners experts reviewers domains assets lifecycleStage dataProductType visibility "
    "portfolioPriority sla consumesFrom providesTo tags extension followers votes certification entityStatus",
    "classification": "termCount usageCount deleted provider disabled mutuallyExclusive domains owners reviewers "
    "entityStatus autoClassificationConfig",
    "tag": "style classification parent children usageCount deprecated deleted provider disabled mutuallyExclusive "
    "domains dataProducts dataContract owners reviewers entityStatus recognizers autoClassificationEnabled "
    "autoClassificationPriority",
}
ENTITY_KEYS = {kind: frozenset(f"{_COMMON} {more}".split()) for kind, more in _ENTITIES.items()}
ENTITY_KEYS["eventSubscription"] -= {"impersonatedBy"}
_ALWAYS = frozenset(["id", "name", "fullyQualifiedName", "version", "updatedAt", "updatedBy", "href"])
_REFERENCE = frozenset(
    ["id", "type", "name", "fullyQualifiedName", "description", "displayName", "deleted", "inherited", "href"]
)
_DESTINATION = frozenset(
    ["id", "category", "type", "statusDetails", "timeout", "readTimeout", "enabled", "config", "notifyDownstream",
     "downstreamDepth"]
)  # fmt: skip
_LABEL = frozenset(
    [
        "tagFQN",
        "source",
        "labelType",
        "state",
        "name",
        "displayName",
        "description",
        "style",
        "href",
        "reason",
        "appliedAt",
        "appliedBy",
        "metadata",
    ]
)
_CHANGE = frozenset(["fieldsAdded", "fieldsUpdated", "fieldsDeleted", "previousVersion", "changeSummary"])
_EVENT = frozenset(
    [
        "id",
        "eventType",
        "entityType",
        "entityId",
        "domains",
        "entityFullyQualifiedName",
        "previousVersion",
        "currentVersion",
        "userName",
        "impersonatedBy",
        "timestamp",
        "changeDescription",
        "incrementalChangeDescription",
        "recursive",
        "entity",
    ]
)
_BULK = frozenset(
    [
        "dryRun",
        "status",
        "abortReason",
        "numberOfRowsProcessed",
        "numberOfRowsPassed",
        "numberOfRowsFailed",
        "successRequest",
        "failedRequest",
    ]
)
_ROW = frozenset(["request", "message", "status", "hasSideEffects"])
_JOB = frozenset(["jobId", "message", "entityName", "hardDelete", "recursive"])
_ORCHESTRATOR = frozenset(["code", "reason", "platform", "version", "runId"])
_PAGING = frozenset(["total", "after", "before", "offset", "limit"])
_CONNECTIONS = {
    "Kafka": frozenset(
        [
            "type",
            "bootstrapServers",
            "schemaRegistryURL",
            "saslUsername",
            "saslPassword",
            "securityProtocol",
            "saslMechanism",
            "basicAuthUserInfo",
            "consumerConfig",
            "schemaRegistryConfig",
            "schemaRegistryTopicSuffixName",
            "consumerConfigSSL",
            "schemaRegistrySSL",
            "topicFilterPattern",
            "supportsMetadataExtraction",
            "supportsProfiler",
        ]
    )
}


def check_entity(kind: str, entity: dict[str, Any], *, domain: bool = False, stored: bool = False) -> None:
    """Fails if an entity has a key that the client does not know, or lacks one that every answer has.

    `stored` says that it is a version's text or an event's, which has no `href`.
    """
    _known(entity, ENTITY_KEYS[kind] | ({"domain"} if domain else set()), kind)
    missing = _ALWAYS - entity.keys() - ({"href"} if stored else set())
    assert not missing, f"{kind} lacks {sorted(missing)}"
    assert isinstance(entity["version"], float)
    assert round(entity["version"] * 10) == entity["version"] * 10 or abs(entity["version"] * 10 % 1) < 1e-9
    for key in ("changeDescription", "incrementalChangeDescription"):
        if key in entity:
            check_change(entity[key])
    for value in entity.values():
        _check_value(value)
    if kind == "messagingService" and "connection" in entity:
        assert set(entity["connection"]) == {"config"}
        _known(entity["connection"]["config"], _CONNECTIONS.get(entity["serviceType"]), "connection.config")


def _check_value(value: Any) -> None:
    for item in value if isinstance(value, list) else [value]:
        if isinstance(item, dict) and "tagFQN" in item:
            _known(item, _LABEL, "a label")
            assert {"tagFQN", "source", "labelType", "state"} <= item.keys()
        elif isinstance(item, dict) and {"category", "type"} <= item.keys():
            _known(item, _DESTINATION, "a destination")
        elif isinstance(item, dict) and {"id", "type"} <= item.keys():
            _known(item, _REFERENCE, "a reference")


def check_change(change: dict[str, Any]) -> None:
    _known(change, _CHANGE, "a changeDescription")
    for list_name in ("fieldsAdded", "fieldsUpdated", "fieldsDeleted"):
        assert isinstance(change[list_name], list), f"{list_name} is there even when empty"
        for field in change[list_name]:
            _known(field, frozenset({"name", "oldValue", "newValue"}), "a field change")


def check_event(event: dict[str, Any]) -> None:
    _known(event, _EVENT, "a change event")
    if "changeDescription" in event:
        check_change(event["changeDescription"])
    if "entity" in event:
        check_entity(event["entityType"], event["entity"], stored=True)


_EDGE = frozenset(["fromEntity", "toEntity", "description", "lineageDetails"])
_DETAILS = frozenset(
    [
        "sqlQuery",
        "columnsLineage",
        "pipeline",
        "description",
        "source",
        "createdAt",
        "createdBy",
        "updatedAt",
        "updatedBy",
        "assetEdges",
        "tempLineageTables",
    ]
)


def check_lineage(found: dict[str, Any]) -> None:
    """Fails unless an answer is what the client reads as an EntityLineage: all four keys, always, and no other."""
    assert set(found) == {"entity", "nodes", "upstreamEdges", "downstreamEdges"}
    for reference in (found["entity"], *found["nodes"]):
        _known(reference, _REFERENCE, "a reference")
        assert {"id", "type", "href"} <= reference.keys()
    for edge in (*found["upstreamEdges"], *found["downstreamEdges"]):
        _known(edge, _EDGE, "an edge")
        assert {"fromEntity", "toEntity"} <= edge.keys()
        check_details(edge["lineageDetails"])


def check_details(found: dict[str, Any]) -> None:
    """Fails if what an edge says has keys that the client's model does not have."""
    _known(found, _DETAILS, "lineage details")
    if "pipeline" in found:
        _known(found["pipeline"], _REFERENCE, "a reference")


def check_bulk(result: dict[str, Any]) -> None:
    _known(result, _BULK, "a bulk result")
    for row in (*result["successRequest"], *result["failedRequest"]):
        _known(row, _ROW, "a bulk row")
    # of what is promised only (`async=true`), none has passed yet
    assert result["numberOfRowsProcessed"] >= result["numberOfRowsPassed"] + result["numberOfRowsFailed"]


def check_error(body: dict[str, Any], status: int) -> None:
    """Ruling 3: these three keys and no other."""
    assert set(body) == {"code", "errorType", "message"}, body
    assert body["code"] == status
    assert isinstance(body["errorType"], str)
    assert isinstance(body["message"], str)
    assert body["message"]


def check_answer(kind: str, body: Any, *, domain: bool = False) -> None:
    """Checks any answer below a kind's collection by what it looks like."""
    match body:
        case {"data": rows, "paging": paging}:
            _known(paging, _PAGING, "paging")
            assert isinstance(paging["total"], int)
            for row in rows:
                if "eventType" in row:
                    check_event(row)
                elif "type" in row and "version" not in row:
                    _known(row, _REFERENCE, "a reference")
                else:
                    check_entity(kind, row, domain=domain)
        case {"entityType": _, "versions": versions}:
            assert set(body) == {"entityType", "versions"}
            for text in versions:
                check_entity(kind, json.loads(text), stored=True)
        case {"numberOfRowsProcessed": _}:
            check_bulk(body)
        case {"eventType": _}:
            check_event(body)
        case {"jobId": _} | {"platform": _}:
            _known(body, _JOB if "jobId" in body else _ORCHESTRATOR, "an accepted job, or an orchestrator's answer")
        case _:
            check_entity(kind, body, domain=domain)


def _known(found: dict[str, Any], known: frozenset[str] | set[str] | None, what: str) -> None:
    unknown = sorted(found.keys() - known) if known is not None else []
    assert not unknown, f"{what} has keys that the client refuses: {unknown}"


def fault(response: Any, status: int, error_type: str = "BAD_REQUEST") -> str:
    """The message of a refused request, whose answer is what every error's is."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/json"
    assert response.headers["x-request-id"]
    body = response.json()
    check_error(body, status)
    assert body["errorType"] == error_type
    return body["message"]
