"""The words of the API's description that no struct and no route holds: parameters, headers, faults, examples."""

from __future__ import annotations

from typing import Any, get_args

from brokerbook import errors
from brokerbook.api import openapi_lineage, openapi_search
from brokerbook.kinds import KINDS
from brokerbook.kinds.event_subscription import AlertType
from brokerbook.kinds.glossary import RELATION_TYPES
from brokerbook.kinds.ingestion_pipeline import PipelineType
from brokerbook.kinds.workflow import WorkflowStatus, WorkflowType
from brokerbook.model.wire import EntityStatus, Provider

Json = dict[str, Any]

ABOUT = """\
A catalog of messaging platforms that speaks OpenMetadata's REST API.

Every operation that is not marked as open needs a bearer token: `brokerbook token NAME` prints one, and
`POST /api/v1/users/login` gives one for a password. Every error has the same three keys, and every answer has the header
`X-Request-Id`, which the log has too. In a request, an explicit null means the same as leaving the key out.
"""
TAGS = {
    "users": "People, and the bots that act for programs; logins and tokens.",
    "auth": "Signing in with an OpenID Connect issuer, in a browser.",
    "jobs": "What became of work that was promised with a 202.",
    "tokens": "Tokens with names and scopes, of people and of bots.",
    "permissions": "What callers may do, and why.",
    "lineage": "What data flows from where to where, and who is concerned if something changes.",
    "events": "What happened to entities, as it was committed.",
    "search": "Finding entities of all kinds by words, fields and what they refer to.",
    "system": "What the catalog tells of itself, and the settings that clients share.",
    "testConnectionDefinitions": "How the connections to services of each type are tested.",
    "operation": "What supervisors and Prometheus ask.",
    "documentation": "This document, and a page that shows it.",
}

# parameters

UUID: Json = {"type": "string", "format": "uuid"}
_FQN: Json = {"type": "string", "minLength": 1, "maxLength": 3072}
_FLAG: Json = {"type": "boolean", "default": False}
_MILLISECONDS: Json = {"type": "integer", "format": "int64"}
WINDOW: Json = {"type": "integer", "minimum": 0, "maximum": 1000, "default": 10}
"""How long a page may be that is asked for by an offset."""
_OFFSET: Json = {"type": "integer", "minimum": 0, "maximum": 2**31, "default": 0}
_KINDS: Json = {"type": "array", "items": {"type": "string", "enum": ["*", *KINDS]}}

PARAMETERS: dict[str, tuple[str, Json]] = openapi_lineage.PARAMETERS | {
    # in paths
    "id": ("The entity's id.", UUID),
    "name": ("The entity's fully qualified name; a part with a dot in it stands in double quotes.", _FQN),
    "nameOrId": ("The entity's id, or its fully qualified name.", _FQN),
    "version": ("The version's number, such as `0.2`.", {"type": "string", "pattern": r"^\d{1,9}\.\d$"}),
    "toId": ("The id of the other entity.", UUID),
    "userId": ("The id of the user who follows, or who is in the team.", UUID),
    "resource": ("A kind of entity.", {"type": "string", "maxLength": 100}),
    "username": ("A user's name; another one's for administrators only.", {"type": "string", "maxLength": 256}),
    "index": (openapi_search.INDEX, {"type": "string", "maxLength": 1000}),
    "expression": ("A condition.", {"type": "string", "maxLength": 4000}),
    "configType": ("The type of a setting, such as `profilerConfiguration`.", {"type": "string", "maxLength": 100}),
    "runId": ("The run's id.", {"type": "string", "minLength": 1, "maxLength": 256}),
    "serviceType": ("A kind of service.", {"type": "string", "enum": ["messagingService"]}),
    "serviceFqn": ("The service's fully qualified name.", _FQN),
    # in queries
    "pipelineType": (
        "Only pipelines of one of these types.",
        {"type": "array", "items": {"type": "string", "enum": list(get_args(PipelineType))}},
    ),
    "provider": (
        "Only what was made by people, by programs, or by the system.",
        {"type": "string", "enum": list(get_args(Provider))},
    ),
    "applicationType": ("Only pipelines that run an application of this type.", {"type": "string"}),
    "agentType": (
        "Only pipelines that run an application, or only others.",
        {"type": "string", "enum": ["metadata", "application"]},
    ),
    "testSuite": ("Only pipelines of a test suite; there are none.", {"type": "string"}),
    "force": ("Whether to go on without the orchestrator; for administrators, with `hardDelete` only.", _FLAG),
    "user": ("Another user, for administrators; without it the caller.", {"type": "string"}),
    "operation": ("An operation, such as `EditTags`.", {"type": "string"}),
    "resourceId": ("The id of the entity that is asked about; without it, entities of the kind in general.", UUID),
    "resourceName": ("Its fully qualified name, in the place of the id.", {"type": "string", "maxLength": 3072}),
    "ids": ("Ids of policies.", {"type": "array", "items": UUID}),
    "last": (
        "How many of the last decisions are looked at.",
        {"type": "integer", "minimum": 1, "maximum": 10_000, "default": 1000},
    ),
    "fields": (
        "Which references the answer is to show, or `*` for all of them.",
        {"type": "array", "items": {"type": "string"}},
    ),
    "include": (
        "Whether soft-deleted entities are seen.",
        {"type": "string", "enum": ["non-deleted", "deleted", "all"], "default": "non-deleted"},
    ),
    "limit": (
        "The most entries in the answer.",
        {"type": "integer", "minimum": 0, "maximum": 1_000_000, "default": 10},
    ),
    "offset": ("How many entries come before the first one in the answer.", _OFFSET),
    "inputLimit": ("The most input ports in the answer; without it `limit`.", WINDOW),
    "inputOffset": ("How many input ports come before the first one in the answer.", _OFFSET),
    "outputLimit": ("The most output ports in the answer; without it `limit`.", WINDOW),
    "outputOffset": ("How many output ports come before the first one in the answer.", _OFFSET),
    "after": (
        "The page after this cursor, which an answer's `paging` gave; not together with `before`.",
        {"type": "string"},
    ),
    "before": ("The page before this cursor, which an answer's `paging` gave.", {"type": "string"}),
    "domain": (
        "Only entities in the domain with this fully qualified name; an empty one is none.",
        {"type": "string", "maxLength": 3072},
    ),
    "startTs": ("The beginning of the time span, in epoch milliseconds.", _MILLISECONDS),
    "endTs": ("The end of the time span, in epoch milliseconds.", _MILLISECONDS),
    "recursive": (
        "Whether what lies below is deleted with it; else an entity with children stays. Domains always go with all below.",
        _FLAG,
    ),
    "hardDelete": ("Whether the entity is removed for good; else it can be restored.", _FLAG),
    "dryRun": ("Whether to tell only what would be touched, and change nothing.", _FLAG),
    "isAdmin": ("Only users who administer, or (false) only others.", _FLAG),
    "isBot": ("Only bots, or (false) only people.", _FLAG),
    "team": (
        "Only users who are in the team with this fully qualified name, or in one below it.",
        {"type": "string", "maxLength": 3072},
    ),
    "from": ("The earlier version; without it, the last one before the schema changed.", {"type": "string"}),
    "to": ("The later version; without it, the current one.", {"type": "string"}),
    "service": (
        "Only what lies in the service with this fully qualified name.",
        {"type": "string"},
    ),
    "parentTeam": (
        "Only teams right below the team with this fully qualified name.",
        {"type": "string", "maxLength": 3072},
    ),
    "isJoinable": ("Only teams that users may join by themselves, or (false) only others.", _FLAG),
    "disabled": ("Only what is disabled, or (false) only what is not.", _FLAG),
    "parent": (
        "Only what lies below the entity with this fully qualified name.",
        {"type": "string", "maxLength": 3072},
    ),
    "category": (
        "Only types of entities, or of the fields that custom properties are.",
        {"type": "string", "enum": ["field", "entity"]},
    ),
    "workflowType": (
        "Only workflows of this type.",
        {"type": "string", "enum": list(get_args(WorkflowType))},
    ),
    "status": ("Only workflows with this status.", {"type": "string", "enum": list(get_args(WorkflowStatus))}),
    "directChildrenOf": (
        "Only what lies right below the entity with this fully qualified name, and what lies below that.",
        {"type": "string", "maxLength": 3072},
    ),
    "glossary": ("Only terms of the glossary with this id.", UUID),
    "glossaryFqn": (
        "Only terms of the glossary with this fully qualified name.",
        {"type": "string", "maxLength": 3072},
    ),
    "parentFqn": ("Only terms below the term with this fully qualified name.", {"type": "string", "maxLength": 3072}),
    "entityStatus": (
        "Only what has this status.",
        {"type": "string", "enum": list(get_args(EntityStatus))},
    ),
    "q": (
        "Only what has this in its name, display name, description or synonyms, in whatever case.",
        {"type": "string"},
    ),
    "relationType": (
        "Only this type of relation; without it all of them.",
        {"type": "string", "enum": [name for name, _ in RELATION_TYPES]},
    ),
    "relationTypes": (
        "Only these types of relation; without it all of them.",
        {"type": "array", "items": {"type": "string", "enum": [name for name, _ in RELATION_TYPES]}},
    ),
    "depth": ("Over how many relations.", {"type": "integer", "minimum": 1, "maximum": 5, "default": 1}),
    "overrideMetadata": ("Whether a bot's rows replace what people have written, tags too.", _FLAG),
    "async": ("Whether to answer at once and do it afterwards.", _FLAG),
    "issuer": (
        "The name of the issuer to sign in with; it may be left out if there is one only.",
        {"type": "string", "maxLength": 40},
    ),
    "state": ("What the sign-in was begun with.", {"type": "string", "maxLength": 4096}),
    "code": ("What the provider gives in exchange for who signed in.", {"type": "string", "maxLength": 4096}),
    "error": ("Why the provider gives none.", {"type": "string"}),
    "iss": ("The issuer that answers.", {"type": "string"}),
    "removeAll": ("Whether every token is meant, whatever the body lists.", _FLAG),
    "destId": ("The id of one of the subscription's destinations.", UUID),
    "alertType": (
        "Only alerts of this type.",
        {"type": "string", "enum": list(get_args(AlertType))},
    ),
    "notificationTemplate": ("Only what refers to the notification template with this id.", UUID),
    "timestamp": ("The time from which events are told, in epoch milliseconds.", _MILLISECONDS),
    "entityCreated": ("Kinds whose new entities are told of.", _KINDS),
    "entityUpdated": ("Kinds whose changed entities are told of.", _KINDS),
    "entityRestored": ("Kinds whose restored entities are told of.", _KINDS),
    "entityDeleted": ("Kinds whose deleted entities are told of, soft-deleted ones included.", _KINDS),
}
_TERMS = "/api/v1/glossaryTerms"
_PIPELINES = "/api/v1/services/ingestionPipelines"
_LINES = (
    "The most lines in the answer.",
    {"type": "integer", "minimum": 1, "maximum": 100_000, "default": 1000},
)
_FIRST_LINE = (
    "The number of the first line, counted from 0: an answer's `after`.",
    {"type": "integer", "minimum": 0, "maximum": 2**53, "default": 0},
)
OF_ROUTE: dict[tuple[str, str], tuple[str, Json]] = openapi_lineage.OF_ROUTE | {
    ("/api/v1/events", "limit"): (
        "The most events in the answer.",
        {"type": "integer", "minimum": 1, "maximum": 1000, "default": 1000},
    ),
    ("/api/v1/events", "after"): (
        "Only events behind this cursor, which an answer's `paging` gave because there are more; it stands above `timestamp`.",
        {"type": "string"},
    ),
    **openapi_search.OF_ROUTE,
    ("/api/v1/teams/hierarchy", "limit"): (
        "The most teams right below the organization in the answer.",
        {"type": "integer", "minimum": 0, "maximum": 1_000_000, "default": 10},
    ),
    ("/api/v1/teams/hierarchy", "isJoinable"): (
        "Only teams that users may join by themselves, and those above them.",
        _FLAG,
    ),
    (_TERMS, "parent"): ("Only terms below the term with this id.", UUID),
    (_TERMS, "directChildrenOf"): (
        "Only terms right below the glossary or term with this fully qualified name.",
        {"type": "string", "maxLength": 3072},
    ),
    (f"{_TERMS}/search", "parent"): ("Only terms below the term with this id.", UUID),
    (f"{_TERMS}/search", "limit"): (
        "The most terms in the answer.",
        {"type": "integer", "minimum": 1, "maximum": 1000, "default": 50},
    ),
    (f"{_PIPELINES}/{{nameOrId}}/pipelineStatus", "limit"): (
        "The most runs in the answer; without it and without a time span 5.",
        {"type": "integer", "minimum": 1},
    ),
    (f"{_PIPELINES}/logs/{{nameOrId}}", "limit"): (
        "The most runs in the answer.",
        {"type": "integer", "minimum": 1, "maximum": 1000, "default": 10},
    ),
    (f"{_PIPELINES}/logs/{{nameOrId}}/{{runId}}", "limit"): _LINES,
    (f"{_PIPELINES}/logs/{{nameOrId}}/{{runId}}", "after"): _FIRST_LINE,
    (f"{_PIPELINES}/logs/{{nameOrId}}/last", "limit"): _LINES,
    (f"{_PIPELINES}/logs/{{nameOrId}}/last", "after"): _FIRST_LINE,
    (f"{_PIPELINES}/logs/{{nameOrId}}/stream/{{runId}}", "after"): _FIRST_LINE,
    **{
        (f"/api/v1/{path}/{word}", "dryRun"): (
            "Whether to tell only what would become of each row, and change nothing; it is meant unless it is false.",
            {"type": "boolean", "default": True},
        )
        for path in ("glossaries/name/{name}", "classifications/name/{name}", "teams/name/{name}", "users")
        for word in ("import", "importAsync")
    },
    **{
        (f"/api/v1/users/{word}", "team"): (
            "The fully qualified name of the team whose users, and those of the teams below it, the file is of.",
            {"type": "string", "maxLength": 3072, "default": "Organization"},
        )
        for word in ("export", "exportAsync", "import", "importAsync")
    },
}
"""(Route, query parameter) → what it means there and nowhere else."""
HISTORY_LIMIT: Json = {"type": "integer", "minimum": 1, "maximum": 500, "default": 10}

IF_MATCH = 'Change only this version: an ETag, `W/"0.2"` for a version, or `*`.'
IF_NONE_MATCH = "Answer 304 if the answer would still have this ETag."

# headers of answers

HEADERS: dict[str, tuple[str, bool]] = {
    "X-Request-Id": ("The request's number, which its log line has too.", True),
    "ETag": ("Stands for exactly this answer.", True),
    "Location": ("Where the new entity is.", True),
    "X-OpenMetadata-Change": ("What the request did, such as `entityUpdated` or `entityNoChange`.", True),
    "WWW-Authenticate": ("The scheme that is asked for.", True),
    "Retry-After": ("In how many seconds to try again.", True),
}

# faults: the error → when it happens, and a message as an example

FAULTS: dict[type[errors.CatalogError], tuple[str, str]] = {
    errors.BadRequest: ("The request is wrong; the message says where.", "[query param name must not be null]"),
    errors.NotAuthenticated: (
        "There is no token, or it is not valid (any more).",
        "Not Authorized! Token not present",
    ),
    errors.NotAuthorized: (
        "The caller may not do this.",
        "Principal: CatalogPrincipal{name='amy'} operations [Create] not allowed",
    ),
    errors.EntityNotFound: (
        "The entity, or something that the request refers to, does not exist.",
        "messagingService instance for orders not found",
    ),
    errors.NotAcceptable: ("The caller does not accept the type of the answer.", "HTTP 406 Not Acceptable"),
    errors.EntityAlreadyExists: ("There is such an entity already.", "Entity already exists"),
    errors.PreconditionFailed: (
        "The entity has been changed since it was read.",
        "The entity has been modified by another user. Please refresh and retry.",
    ),
    errors.PayloadTooLarge: (
        "The body is larger than the server accepts.",
        "The body has 40000000 bytes; the limit is 33554432.",
    ),
    errors.UnsupportedMediaType: ("The body's Content-Type is another one.", "HTTP 415 Unsupported Media Type"),
    errors.CatalogError: (
        "A mistake of the server's; the log has it under the request's id.",
        "An internal error happened. The log has the details under this answer's X-Request-Id.",
    ),
    errors.Unavailable: (
        "The storage cannot be used now; nothing was changed.",
        "The disk is full: nothing was changed. Free some space; the server recovers by itself.",
    ),
}

OTHER_FAULTS: dict[type[errors.CatalogError], tuple[str, str]] = {
    errors.RuleViolation: (
        "A rule about several entities is broken, such as who may own one together.",
        "Rule [Multiple Users or Single Team Ownership] validation failed: Entity does not satisfy the rule. …",
    ),
    errors.RouteNotFound: ("There is no such path, or an id in it is no UUID.", "HTTP 404 Not Found"),
    errors.MethodNotAllowed: (
        "The path has other methods, which the header `Allow` lists.",
        "HTTP 405 Method Not Allowed",
    ),
}
"""Errors with the status of another one, or of no operation that there is."""

PATCH: Json = {
    "title": "JSON Patch",
    "type": "array",
    "description": "JSON Patch (RFC 6902). What cannot be changed is silently put back.",
    "items": {
        "type": "object",
        "properties": {
            "op": {"type": "string", "enum": ["add", "remove", "replace", "move", "copy", "test"]},
            "path": {"type": "string", "description": "A JSON Pointer.", "pattern": "^/"},
            "from": {
                "type": "string",
                "description": "A JSON Pointer, for `move` and `copy`; else it is not looked at.",
            },
            "value": {"description": "For `add`, `replace` and `test`."},
        },
        "required": ["op", "path"],
    },
    "examples": [[{"op": "add", "path": "/description", "value": "Orders, **all** of them."}]],
}
CSV: Json = {
    "type": "string",
    "description": "CSV (RFC 4180) in UTF-8, its first line a header as an export has it.",
}
