"""Who may do what: a row for each operation, a column for each caller; and the operations that each route stands for.

Written by hand from the contract ("Operation per request", "What the default subjects can do", "Endpoints"). Nothing
here is worked out from the program: `test_matrix` holds the route table against it.
"""

from __future__ import annotations

CALLERS = ("admin", "bot", "owner", "member", "steward", "consumer", "stranger", "nobody")
"""An administrator; the ingestion bot; who owns the entity; who is in the team that owns it; somebody with the role
DataSteward; somebody with no role of his own; somebody to whom a policy denies everything; and no token at all.

Where there is no owner, because entities of the kind have none, the second two are callers like the consumer."""

# +  done     -  403     !  401     ?  404: not even told that it is there
_OPERATIONS = """
                admin bot owner member steward consumer stranger nobody
open            +     +   +     +      +       +        +        +
known           +     +   +     +      +       +        +        !
person          +     -   +     +      +       +        +        !
administer      +     -   -     -      -       -        -        !
another's       +     -   ?     ?      ?       ?        ?        !

view            +     +   +     +      +       +        -        !
view all        +     +   +     +      +       +        -        !
create          +     +   -     -      -       -        -        !
describe        +     +   +     +      +       +        -        !
name            +     -   +     +      +       -        -        !
label           +     +   +     +      +       +        -        !
tier            +     +   +     +      +       +        -        !
term            +     +   +     +      +       +        -        !
certify         +     +   +     +      +       +        -        !
own             +     +   +     +      +       -        -        !
take            +     +   +     +      +       +        -        !
place           +     +   +     +      -       -        -        !
extend          +     +   +     +      -       -        -        !
change          +     +   +     +      -       -        -        !
change any      +     +   -     -      -       -        -        !
sample          +     +   +     +      +       +        -        !
delete any      +     +   -     -      -       -        -        !
another's job   +     ?   ?     ?      ?       ?        ?        !
connect         +     +   +     +      +       -        -        !
grant           +     +   -     -      -       -        -        !
restore         +     +   +     +      -       -        -        !
delete          +     +   +     +      -       -        -        !
report          +     +   +     +      -       -        -        !
deploy          +     -   -     -      -       -        -        !
trigger         +     +   -     -      +       -        -        !
kill            +     -   -     -      -       -        -        !
"""
"""
open        anybody, without a token
known       whoever has one; also what somebody asks of himself
person      the same, but no bot: what a person does with his own tokens
administer  administrators only; also what others ask of somebody else
another's   a token of somebody else
view        ViewBasic             label     EditTags             own       EditOwners, of what has an owner
view all    ViewAll               tier      EditTier             take      EditOwners, of what has none
create      Create                term      EditGlossaryTerms    place     EditDomains
describe    EditDescription       certify   EditCertification    extend    EditCustomFields
name        EditDisplayName       delete    Delete               change    EditAll
sample      ViewSampleData
delete any  Delete, of no entity in particular
another's job   work that was promised to somebody else
change any  EditAll, of no entity in particular            restore   EditAll, of what is deleted
report      EditIngestionPipelineStatus                          deploy, trigger, kill: the operations of these names
connect     EditLineage, of both ends
grant       EditAll, and the right to edit policies: rules, a role's policies, a team's roles, being in such a team
"""

_KINDS = """
                admin bot owner member steward consumer stranger nobody
bot create      +     -   -     -      -       -        -        !
bot delete      +     -   -     -      -       -        -        !
policy delete   +     +   -     -      -       -        -        !
policy restore  +     +   -     -      -       -        -        !
user restore    +     +   !     -      -       -        -        !
user place      +     +   -     -      -       -        -        !
team place      +     +   -     -      -       -        -        !
"""
"""Where a kind has expectations of its own.

The ingestion bot makes and deletes no bots. Who owns a policy or a team has no right to what it
gives. A user who is deleted is not known; and he chooses no domains for himself,
since they decide what he may see.
"""

OWNED = frozenset(
    {"messagingService", "topic", "ingestionPipeline", "team", "policy", "domain", "dataProduct", "classification", "tag",
     "glossary", "glossaryTerm", "user", "workflow", "eventSubscription"}
)  # fmt: skip
"""The kinds whose entities have owners; a user is his own."""


def _read(table: str) -> dict[str, dict[str, str]]:
    rows: dict[str, dict[str, str]] = {}
    for line in table.strip().splitlines()[1:]:
        words = line.split()
        if words:
            operation, signs = " ".join(words[: -len(CALLERS)]), words[-len(CALLERS) :]
            rows[operation] = dict(zip(CALLERS, signs, strict=True))
    return rows


OPERATIONS = _read(_OPERATIONS)
_OF_KINDS = _read(_KINDS)


def expected(operation: str, kind: str, caller: str) -> str:
    """The sign of what is to happen; no kind (empty) for what is about none."""
    column = "consumer" if kind and kind not in OWNED and caller in {"owner", "member"} else caller
    if kind == "user" and caller == "member":
        column = "consumer"
    return _OF_KINDS.get(f"{kind} {operation}", OPERATIONS[operation])[column]


# What each route stands for. Of several, all are tried: a PUT creates, and it changes what is there.

_PATCHES = (
    "view", "describe", "name", "label", "tier", "term", "certify", "own", "take", "place", "extend", "change",
    "grant",
)  # fmt: skip
"""`view`: a patch that changes nothing is answered with the entity all the same."""

EVERY_KIND: dict[tuple[str, str], tuple[str, ...]] = {
    ("GET", ""): ("view", "view all"),
    ("POST", ""): ("create",),
    ("PUT", ""): ("create", "change"),
    ("PUT", "/bulk"): ("create", "change"),
    ("GET", "/history"): ("view",),
    ("GET", "/{id}"): ("view", "view all"),
    ("GET", "/name/{name}"): ("view", "view all"),
    ("GET", "/{id}/versions"): ("view",),
    ("GET", "/{id}/versions/{version}"): ("view",),
    ("PATCH", "/{id}"): _PATCHES,
    ("PATCH", "/name/{name}"): _PATCHES,
    ("DELETE", "/{id}"): ("delete",),
    ("DELETE", "/name/{name}"): ("delete",),
    ("DELETE", "/async/{id}"): ("delete",),
}
"""(method, what follows the kind's path) → the operations."""

_FOLLOWED = ("messagingService", "topic", "ingestionPipeline", "domain", "dataProduct")
_VOTED = ("topic", "domain", "dataProduct", "glossary", "glossaryTerm")
_HOLDERS = ("user", "team", "domain", "dataProduct", "tag", "glossaryTerm")

SOME_KINDS: dict[tuple[str, str], tuple[tuple[str, ...], tuple[str, ...]]] = {
    ("PUT", "/restore"): (
        ("restore",),
        ("messagingService", "topic", "ingestionPipeline", "user", "team", "role", "policy", "bot", "classification",
         "tag", "glossary", "glossaryTerm", "workflow"),
    ),
    ("PUT", "/{id}/followers"): (("view", "administer"), _FOLLOWED),
    ("DELETE", "/{id}/followers/{userId}"): (("view", "administer"), _FOLLOWED),
    ("PUT", "/{id}/testConnectionResult"): (("create",), ("messagingService",)),
    ("PUT", "/{id}/vote"): (("view",), _VOTED),
    ("GET", "/{id}/assets"): (("view",), _HOLDERS),
    ("GET", "/name/{name}/assets"): (("view",), _HOLDERS),
    ("PUT", "/{nameOrId}/assets/add"): (("change",), ("domain", "dataProduct")),
    ("PUT", "/{nameOrId}/assets/remove"): (("change",), ("domain", "dataProduct")),
    ("PUT", "/{id}/assets/add"): (("view", "label"), ("tag", "glossaryTerm")),
    ("PUT", "/{id}/assets/remove"): (("view", "label"), ("tag", "glossaryTerm")),
}  # fmt: skip
"""The same of what only some kinds have: the operations, and the kinds."""

_PORTS = {
    ("PUT", f"/api/v1/dataProducts/{by}/{side}/{word}"): ("change",)
    for by in ("{nameOrId}", "name/{name}")
    for side in ("inputPorts", "outputPorts")
    for word in ("add", "remove")
} | {
    ("GET", f"/api/v1/dataProducts/{by}/{what}"): ("view",)
    for by in ("{id}", "name/{name}")
    for what in ("inputPorts", "outputPorts", "portsView")
}

_PIPELINES = {
    (method, f"/api/v1/services/ingestionPipelines/{below}"): operations
    for method, below, operations in (
        ("PUT", "{nameOrId}/pipelineStatus", ("report",)),
        ("GET", "{nameOrId}/pipelineStatus", ("view",)),
        ("GET", "{nameOrId}/pipelineStatus/{runId}", ("view all",)),
        ("DELETE", "{nameOrId}/pipelineStatus", ("delete",)),
        ("DELETE", "{nameOrId}/pipelineStatus/{runId}", ("delete",)),
        ("PUT", "progress/{nameOrId}/{runId}", ("report",)),
        ("GET", "progress/{nameOrId}/stream/{runId}", ("view all",)),
        ("GET", "progress/service/{serviceType}/{serviceFqn}/stream", ("view all",)),
        ("POST", "metrics/{nameOrId}/{runId}", ("report",)),
        ("GET", "metrics/{nameOrId}/{runId}", ("view all",)),
        ("POST", "logs/{nameOrId}/{runId}", ("change",)),
        ("POST", "logs/{nameOrId}/{runId}/close", ("change",)),
        ("GET", "logs/{nameOrId}/{runId}", ("view all",)),
        ("GET", "logs/{nameOrId}", ("view all",)),
        ("GET", "logs/{nameOrId}/last", ("view all",)),
        ("GET", "logs/{nameOrId}/last/download", ("view all",)),
        ("GET", "logs/{nameOrId}/stream/{runId}", ("view all",)),
        ("POST", "deploy/{id}", ("deploy",)),
        ("POST", "bulk/deploy", ("deploy",)),
        ("POST", "trigger/{id}", ("trigger",)),
        ("POST", "kill/{id}", ("kill",)),
        ("POST", "toggleIngestion/{id}", ("change",)),
        ("GET", "status", ("known",)),
        ("GET", "ip", ("known",)),
    )
}

_LINEAGE = "/api/v1/lineage"
_ENDS = ("{fromType}/{fromId}/{toType}/{toId}", "{fromType}/name/{fromName}/{toType}/name/{toName}")
_ENTITY = ("{type}/{id}", "{type}/name/{name}")
_EDGES = (
    {("PUT", _LINEAGE): ("connect",), ("PUT", f"{_LINEAGE}/{_ENDS[1]}"): ("connect",)}
    | {(method, f"{_LINEAGE}/{ends}"): ("connect",) for method in ("PATCH", "DELETE") for ends in _ENDS}
    | {
        ("DELETE", f"{_LINEAGE}/{one}/type/{{source}}"): ("connect",)
        for one in (_ENTITY[0], "source/name/{type}/{name}")
    }
    | {("GET", f"{_LINEAGE}/getLineageEdge/{ends}"): ("view",) for ends in ("{fromId}/{toId}", _ENDS[1])}
    | {("GET", f"{_LINEAGE}{part}/{one}"): ("view",) for part in ("", "/graph", "/impact") for one in _ENTITY}
)

_FILES = {
    (method, f"/api/v1/{path}/{word}"): (operation,)
    for path in ("glossaries/name/{name}", "classifications/name/{name}", "teams/name/{name}", "users")
    for method, word, operation in (
        ("GET", "export", "view all"),
        ("GET", "exportAsync", "view all"),
        ("PUT", "import", "change"),
        ("PUT", "importAsync", "change"),
    )
}

ROUTES: dict[tuple[str, str], tuple[str, ...]] = _FILES | _PORTS | _PIPELINES | _EDGES | {
    # what anybody may ask
    ("GET", "/"): ("open",),
    ("GET", "/api/docs"): ("open",),
    ("GET", "/api/docs/favicon-32x32.png"): ("open",),
    ("GET", "/api/docs/page.js"): ("open",),
    ("GET", "/api/docs/swagger-ui-bundle.js"): ("open",),
    ("GET", "/api/docs/swagger-ui.css"): ("open",),
    ("GET", "/api/openapi.json"): ("open",),
    ("GET", "/api/v1/system/config/auth"): ("open",),
    ("GET", "/api/v1/system/config/authorizer"): ("open",),
    ("GET", "/api/v1/system/config/customUiThemePreference"): ("open",),
    ("GET", "/api/v1/system/config/jwks"): ("open",),
    ("GET", "/api/v1/system/config/rdf"): ("open",),
    ("GET", "/api/v1/system/health"): ("open",),
    ("GET", "/api/v1/system/version"): ("open",),
    ("GET", "/api/v1/system/status"): ("open",),
    ("GET", "/livez"): ("open",),
    ("GET", "/readyz"): ("open",),
    ("GET", "/metrics"): ("known",),
    # what the catalog tells of itself, and what clients share
    ("GET", "/api/v1/system/entities/count"): ("known",),
    ("GET", "/api/v1/system/services/count"): ("known",),
    ("GET", "/api/v1/system/settings"): ("administer",),
    ("PUT", "/api/v1/system/settings"): ("administer",),
    ("GET", "/api/v1/system/settings/profilerConfiguration"): ("view all",),
    ("GET", "/api/v1/system/settings/{configType}"): ("administer",),
    ("PATCH", "/api/v1/system/settings/{configType}"): ("administer",),
    ("GET", "/api/v1/services/testConnectionDefinitions"): ("known",),
    ("GET", "/api/v1/services/testConnectionDefinitions/{id}"): ("known",),
    ("GET", "/api/v1/services/testConnectionDefinitions/name/{name}"): ("known",),
    ("POST", "/api/v1/automations/workflows/trigger/{id}"): ("trigger",),
    # logins, passwords, tokens
    ("GET", "/api/v1/auth/login"): ("open",),
    ("GET", "/api/v1/auth/callback"): ("open",),
    ("POST", "/api/v1/users/login"): ("open",),
    ("POST", "/api/v1/users/refresh"): ("open",),
    ("POST", "/api/v1/users/signup"): ("open",),
    ("POST", "/api/v1/users/generatePasswordResetLink"): ("open",),
    ("POST", "/api/v1/users/password/reset"): ("open",),
    ("PUT", "/api/v1/users/registrationConfirmation"): ("open",),
    ("PUT", "/api/v1/users/resendRegistrationToken"): ("open",),
    ("POST", "/api/v1/users/logout"): ("known",),
    ("POST", "/api/v1/users/checkEmailInUse"): ("known",),
    ("POST", "/api/v1/users/checkEmailVerified"): ("known",),
    ("PUT", "/api/v1/users/changePassword"): ("known", "administer"),
    ("GET", "/api/v1/users/generateRandomPwd"): ("administer",),
    ("PUT", "/api/v1/users/generateToken/{id}"): ("administer",),
    ("PUT", "/api/v1/users/revokeToken"): ("administer",),
    ("GET", "/api/v1/users/token/{id}"): ("administer",),
    ("GET", "/api/v1/users/auth-mechanism/{id}"): ("administer",),
    ("GET", "/api/v1/users/security/token"): ("known", "administer"),
    ("PUT", "/api/v1/users/security/token"): ("known",),
    ("PUT", "/api/v1/users/security/token/revoke"): ("known", "administer"),
    ("GET", "/api/v1/tokens"): ("person", "administer"),
    ("POST", "/api/v1/tokens"): ("person", "administer"),
    ("GET", "/api/v1/tokens/{id}"): ("person", "another's"),
    ("DELETE", "/api/v1/tokens/{id}"): ("person", "another's"),
    ("POST", "/api/v1/tokens/{id}/rotate"): ("person", "another's"),
    # oneself
    ("GET", "/api/v1/users/{id}"): ("known", "view", "view all"),
    ("GET", "/api/v1/users/loggedInUser"): ("known",),
    ("GET", "/api/v1/users/loggedInUser/groupTeams"): ("known",),
    ("GET", "/api/v1/users/{id}/soleOwnership"): ("known", "administer"),
    ("PUT", "/api/v1/topics/{id}/sampleData"): ("change",),
    ("GET", "/api/v1/topics/{id}/sampleData"): ("sample",),
    ("DELETE", "/api/v1/topics/{id}/sampleData"): ("change",),
    ("DELETE", "/api/v1/topics/deleteStale"): ("delete any",),
    ("GET", "/api/v1/topics/{id}/schemaChanges"): ("view",),
    ("POST", "/api/v1/topics/{id}/schemaChanges"): ("view",),
    ("GET", "/api/v1/jobs/{id}"): ("another's job",),
    ("GET", "/api/v1/permissions"): ("known", "administer"),
    ("GET", "/api/v1/permissions/{resource}"): ("known", "administer"),
    ("GET", "/api/v1/permissions/{resource}/{id}"): ("known", "administer"),
    ("GET", "/api/v1/permissions/{resource}/name/{name}"): ("known", "administer"),
    ("GET", "/api/v1/permissions/explain"): ("known", "administer"),
    ("GET", "/api/v1/permissions/debug/evaluate"): ("known", "administer"),
    ("GET", "/api/v1/permissions/debug/me"): ("known",),
    ("GET", "/api/v1/permissions/debug/user/{username}"): ("known", "administer"),
    # what is about a kind
    ("GET", "/api/v1/permissions/policies"): ("view all",),
    ("GET", "/api/v1/policies/functions"): ("known",),
    ("GET", "/api/v1/policies/resources"): ("known",),
    ("GET", "/api/v1/policies/validation/condition/{expression}"): ("change any",),
    ("POST", "/api/v1/policies/rehearse"): ("grant",),
    ("GET", "/api/v1/events"): ("view all",),
    ("GET", "/api/v1/events/subscriptions/history"): ("known",),
    ("GET", "/api/v1/events/subscriptions/{id}/status/{destId}"): ("view all",),
    ("GET", "/api/v1/events/subscriptions/name/{name}/status/{destId}"): ("view all",),
    ("GET", "/api/v1/events/subscriptions/id/{id}/eventsRecord"): ("view all",),
    ("GET", "/api/v1/events/subscriptions/name/{name}/eventsRecord"): ("view all",),
    ("GET", "/api/v1/events/subscriptions/Notification/resources"): ("view",),
    ("GET", "/api/v1/events/subscriptions/Observability/resources"): ("view",),
    ("POST", "/api/v1/events/subscriptions/testDestination"): ("create",),
    # whoever may find nothing is told of nothing
    ("GET", "/api/v1/search"): ("known",),
    ("GET", "/api/v1/search/query"): ("known",),
    ("GET", "/api/v1/search/fieldQuery"): ("known",),
    ("GET", "/api/v1/search/aggregate"): ("known",),
    ("POST", "/api/v1/search/aggregate"): ("known",),
    ("GET", "/api/v1/search/get/{index}/doc/{id}"): ("view",),
    ("GET", "/api/v1/domains/hierarchy"): ("view",),
    ("GET", "/api/v1/teams/hierarchy"): ("view",),
    ("PUT", "/api/v1/teams/{id}/users"): ("change",),
    ("DELETE", "/api/v1/teams/{id}/users/{userId}"): ("change",),
    ("GET", "/api/v1/glossaryTerms/search"): ("view", "view all"),
    ("GET", "/api/v1/glossaryTerms/relationTypes/usage"): ("view",),
    ("GET", "/api/v1/glossaryTerms/{id}/relationsGraph"): ("view",),
    ("POST", "/api/v1/glossaryTerms/{id}/relations"): ("change",),
    ("DELETE", "/api/v1/glossaryTerms/{id}/relations/{toId}"): ("change",),
    ("PUT", "/api/v1/glossaryTerms/{id}/moveAsync"): ("create",),
    ("PUT", "/api/v1/glossaryTerms/{id}/tags/validate"): ("label",),
    ("PUT", "/api/v1/metadata/types/{id}"): ("create",),
    ("GET", "/api/v1/metadata/types/name/{name}/customProperties"): ("view all",),
}  # fmt: skip
"""(method, template) → the operations, for the routes that only one kind has, or none."""
