"""Bodies of requests as people write them, by the struct that reads them, for the API's description."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]

_SOMETHING = "0b6a9f4e-7a43-4c1e-9f55-5f0c6d1f2a11"
EXAMPLES: dict[str, Json] = {
    "CreateMessagingService": {
        "name": "orders",
        "serviceType": "Kafka",
        "description": "Orders and their **payments**.",
        "connection": {"config": {"type": "Kafka", "bootstrapServers": "localhost:9092"}},
    },
    "CreateTopic": {
        "name": "payments",
        "service": "orders",
        "partitions": 12,
        "messageSchema": {
            "schemaType": "Avro",
            "schemaText": '{"type": "record", "name": "Payment", "fields": [{"name": "id", "type": "long"}]}',
        },
    },
    "CreateIngestionPipeline": {
        "name": "orders_metadata",
        "pipelineType": "metadata",
        "service": {"id": _SOMETHING, "type": "messagingService"},
        "sourceConfig": {"config": {"type": "MessagingMetadata", "markDeletedTopics": True}},
        "airflowConfig": {"scheduleInterval": "0 * * * *"},
    },
    "PipelineStatus": {
        "runId": _SOMETHING,
        "pipelineState": "running",
        "timestamp": 1767225600000,
        "startDate": 1767225600000,
    },
    "ProgressUpdate": {"runId": _SOMETHING, "timestamp": 1767225600000, "updateType": "PROCESSING"},
    "OperationMetricsBatch": {
        "runId": _SOMETHING,
        "stepName": "Kafka",
        "metrics": [
            {"category": "api_calls", "operation": "GET /topics", "timestamp": 1767225600000, "durationMs": 12}
        ],
    },
    "LogBatch": {"logs": "Read 12 topics\n", "connectorId": "ingestion-1"},
    "CreateUser": {"name": "amy", "email": "amy@example.com", "displayName": "Amy"},
    "CreateTeam": {"name": "payments", "teamType": "Group", "description": "They take the money."},
    "CreateRole": {"name": "reader", "policies": ["DataConsumerPolicy"]},
    "CreatePolicy": {
        "name": "brokers",
        "rules": [
            {
                "name": "describe",
                "effect": "allow",
                "operations": ["EditDescription"],
                "resources": ["messagingService"],
                "condition": "isOwner()",
            }
        ],
    },
    "CreateBot": {"name": "crawler", "botUser": "crawler"},
    "CreateDomain": {"name": "sales", "domainType": "Aggregate", "description": "All that is sold."},
    "CreateDataProduct": {"name": "orders", "description": "Every order, once.", "domains": ["sales"]},
    "CreateClassification": {"name": "PII", "description": "Says something about a person."},
    "CreateType": {
        "name": "shelf",
        "category": "field",
        "nameSpace": "custom",
        "description": "Where it stands.",
        "schema": '{"type":"string"}',
    },
    "CustomProperty": {
        "name": "criticality",
        "description": "How bad it is when it is down.",
        "propertyType": {"id": _SOMETHING, "type": "type"},
        "customPropertyConfig": {"config": {"values": ["low", "high"], "multiSelect": False}},
    },
    "CreateTag": {"name": "Sensitive", "classification": "PII", "description": "Not for everybody."},
    "CreateGlossary": {"name": "Trade", "description": "What we call what we buy and sell."},
    "CreateGlossaryTerm": {
        "name": "Order",
        "glossary": "Trade",
        "description": "What a customer has **bound** himself to buy.",
        "synonyms": ["Purchase"],
    },
    "CreateEventSubscription": {
        "name": "service-changes",
        "alertType": "Notification",
        "resources": ["messagingService"],
        "input": {"filters": [{"name": "filterByDomain", "arguments": [{"name": "domainList", "input": ["sales"]}]}]},
        "destinations": [
            {"category": "External", "type": "Webhook", "config": {"endpoint": "https://hooks.example.com/catalog"}}
        ],
    },
    "TermRelation": {"relationType": "broader", "term": {"id": _SOMETHING, "type": "glossaryTerm"}},
    "MoveTerm": {"parent": {"id": _SOMETHING, "type": "glossary"}},
    "ValidateTags": {"dryRun": True, "glossaryTags": [{"tagFQN": "PII.Sensitive"}]},
    "Vote": {"updatedVoteType": "votedUp"},
    "BulkAssets": {"assets": [{"id": _SOMETHING, "type": "messagingService"}], "dryRun": False},
    "AddLineage": {
        "edge": {
            "fromEntity": {"id": _SOMETHING, "type": "topic"},
            "toEntity": {"id": _SOMETHING, "type": "topic"},
            "lineageDetails": {
                "source": "PipelineLineage",
                "description": "Every **paid** order.",
                "columnsLineage": [
                    {"fromColumns": ["shop.orders.Order.id"], "toColumn": "shop.payments.Payment.orderId"}
                ],
            },
        }
    },
    "LineageDetails": {"description": "Every **paid** order."},
    "LoginRequest": {"email": "admin", "password": "c2VjcmV0LXBhc3N3b3Jk"},
    "NewTokenRequest": {"name": "dashboard", "expiry": "90", "scopes": {"readOnly": True, "services": ["orders"]}},
    "RestoreEntity": {"id": _SOMETHING},
    "Setting": {
        "config_type": "profilerConfiguration",
        "config_value": {"sampleDataConfig": {"storeSampleData": False, "readSampleData": False}},
    },
    "CreateWorkflow": {
        "name": "test-orders",
        "workflowType": "TEST_CONNECTION",
        "request": {
            "connection": {"config": {"type": "Kafka", "bootstrapServers": "localhost:9092"}},
            "serviceType": "Messaging",
            "connectionType": "Kafka",
            "serviceName": "orders",
        },
    },
    "TestConnectionResult": {
        "status": "Successful",
        "steps": [{"name": "GetTopics", "mandatory": True, "passed": True}],
    },
}
