"""The words of the API's description that no struct and no route holds: parameters, headers, faults, examples."""

from __future__ import annotations

from typing import Any

from brokerbook import errors
from brokerbook.kinds import KINDS

Json = dict[str, Any]

ABOUT = """\
A catalog of messaging platforms that speaks OpenMetadata's REST API.

Every operation that is not marked as open needs a bearer token: `brokerbook token NAME` prints one, and
`POST /api/v1/users/login` gives one for a password. Every error has the same three keys, and every answer has the header
`X-Request-Id`, which the log has too. In a request, an explicit null means the same as leaving the key out.
"""
TAGS = {
    "users": "People, and the bots that act for programs; logins and tokens.",
    "events": "What happened to entities, as it was committed.",
    "system": "What a client asks before it is known.",
    "operation": "What supervisors and Prometheus ask.",
    "documentation": "This document, and a page that shows it.",
}

# parameters

UUID: Json = {"type": "string", "format": "uuid"}
_FQN: Json = {"type": "string", "minLength": 1, "maxLength": 3072}
_FLAG: Json = {"type": "boolean", "default": False}
_MILLISECONDS: Json = {"type": "integer", "format": "int64"}
_KINDS: Json = {"type": "array", "items": {"type": "string", "enum": ["*", *KINDS]}}

PARAMETERS: dict[str, tuple[str, Json]] = {
    # in paths
    "id": ("The entity's id.", UUID),
    "name": ("The entity's fully qualified name; a part with a dot in it stands in double quotes.", _FQN),
    "version": ("The version's number, such as `0.2`.", {"type": "string", "pattern": r"^\d{1,9}\.\d$"}),
    "userId": ("The id of the user who follows.", UUID),
    # in queries
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
    "recursive": ("Whether what lies below the entity is deleted with it; else an entity with children stays.", _FLAG),
    "hardDelete": ("Whether the entity is removed for good; else it can be restored.", _FLAG),
    "overrideMetadata": ("Whether a bot's rows replace what people have written, tags too.", _FLAG),
    "async": ("Whether to answer at once and do it afterwards.", _FLAG),
    "username": ("Another user, for administrators; without it the caller.", {"type": "string"}),
    "removeAll": ("Whether every token is meant, whatever the body lists.", _FLAG),
    "timestamp": ("The time from which events are told, in epoch milliseconds.", _MILLISECONDS),
    "entityCreated": ("Kinds whose new entities are told of.", _KINDS),
    "entityUpdated": ("Kinds whose changed entities are told of.", _KINDS),
    "entityRestored": ("Kinds whose restored entities are told of.", _KINDS),
    "entityDeleted": ("Kinds whose deleted entities are told of, soft-deleted ones included.", _KINDS),
}
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

# bodies as people write them, by struct

_SOMETHING = "0b6a9f4e-7a43-4c1e-9f55-5f0c6d1f2a11"
EXAMPLES: dict[str, Json] = {
    "CreateMessagingService": {
        "name": "orders",
        "serviceType": "Kafka",
        "description": "Orders and their **payments**.",
        "connection": {"config": {"type": "Kafka", "bootstrapServers": "localhost:9092"}},
    },
    "CreateUser": {"name": "amy", "email": "amy@example.com", "displayName": "Amy"},
    "CreateTeam": {"name": "payments", "teamType": "Group", "description": "They take the money."},
    "CreateDomain": {"name": "sales", "domainType": "Aggregate", "description": "All that is sold."},
    "CreateDataProduct": {"name": "orders", "description": "Every order, once.", "domains": ["sales"]},
    "CreateClassification": {"name": "PII", "description": "Says something about a person."},
    "CreateTag": {"name": "Sensitive", "classification": "PII", "description": "Not for everybody."},
    "LoginRequest": {"email": "admin", "password": "c2VjcmV0LXBhc3N3b3Jk"},
    "RestoreEntity": {"id": _SOMETHING},
    "TestConnectionResult": {
        "status": "Successful",
        "steps": [{"name": "GetTopics", "mandatory": True, "passed": True}],
    },
}
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
