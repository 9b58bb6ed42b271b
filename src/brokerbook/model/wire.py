"""The shapes that all kinds share on the wire: references, labels, changes, events, lists, results.

A struct is the schema: it validates, encodes and is what the API's description is made from. `None` is absence; an
explicit null in a request means the same as leaving the key out.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

Uuid = Annotated[
    str,
    Meta(
        pattern=r"^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$(?!\s)",
        description="A UUID.",
    ),
]
Timestamp = Annotated[int, Meta(description="Epoch milliseconds.")]
Markdown = Annotated[str, Meta(description="Markdown; what could run in a browser is removed when written.")]
EntityName = Annotated[
    str,
    Meta(
        description="1 to 256 characters without `::`, double quotes and line ends.",
        # told, but checked by `names.check`, which has the contract's sentences
        extra_json_schema={"minLength": 1, "maxLength": 256, "pattern": r'^(?:(?!::)[^"\x00-\x1f\x7f])*$'},
    ),
]
Provider = Literal["system", "user", "automation"]
EntityStatus = Literal["Draft", "In Review", "Approved", "Archived", "Deprecated", "Rejected", "Unprocessed"]
Fqn = Annotated[str, Meta(min_length=1, max_length=3072, description="A fully qualified name.")]
HTTP = r"https?://[^\s/?#\[\]\\@:\"<>^|`{}]+(?::(?:[0-9]{1,4}|[1-5][0-9]{4}|6[0-4][0-9]{3}))?(?:[/?#][^\s\"<>]*)?"
"""What an address on the web looks like, as a pattern: safe to show as a link, and readable by strict clients."""


class Wire(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """Base of the structs: unknown keys are refused, absent ones are left out."""


class EntityReference(Wire, frozen=True, kw_only=True):
    """Another entity, by id and type; the rest is filled in when it is read."""

    id: Uuid | None = None
    type: str | None = None
    name: str | None = None
    fullyQualifiedName: str | None = None
    description: str | None = None
    displayName: str | None = None
    deleted: bool | None = None
    inherited: bool | None = None
    href: str | None = None


class CoverImage(Wire, frozen=True, kw_only=True):
    url: str | None = None
    position: str | None = None


class Style(Wire, frozen=True, kw_only=True):
    """How user interfaces show an entity."""

    color: str | None = None
    iconURL: str | None = None
    coverImage: CoverImage | None = None


class TagLabel(Wire, frozen=True, kw_only=True):
    """A tag or glossary term on an entity."""

    tagFQN: Fqn
    name: str | None = None
    displayName: str | None = None
    description: str | None = None
    style: Style | None = None
    source: Literal["Classification", "Glossary"] = msgspec.field(default="Classification")
    labelType: Literal["Manual", "Propagated", "Automated", "Derived", "Generated"] = "Manual"
    state: Literal["Suggested", "Confirmed"] = "Confirmed"
    href: str | None = None
    reason: str | None = None
    appliedAt: Any = None
    appliedBy: str | None = None
    metadata: dict[str, Any] | None = None


class FieldChange(Wire, frozen=True, kw_only=True):
    """One field's change: an added field has no old value, a deleted one no new value."""

    name: str
    oldValue: Any = None
    newValue: Any = None


class ChangeSummary(Wire, frozen=True, kw_only=True):
    changeSource: str | None = None
    changedBy: str | None = None
    changedAt: Timestamp | None = None


class ChangeDescription(Struct, frozen=True, kw_only=True):
    """What a version changed over `previousVersion`; lists are present even when empty."""

    fieldsAdded: list[FieldChange] = []
    fieldsUpdated: list[FieldChange] = []
    fieldsDeleted: list[FieldChange] = []
    previousVersion: float | None = None
    changeSummary: dict[str, ChangeSummary] | None = None


class ChangeEvent(Wire, frozen=True, kw_only=True):
    """Something that happened to an entity, as it was committed."""

    id: Uuid
    eventType: Literal[
        "entityCreated",
        "entityUpdated",
        "entityFieldsChanged",
        "entityNoChange",
        "entitySoftDeleted",
        "entityDeleted",
        "entityRestored",
        "entityLineageAdded",
        "entityLineageUpdated",
        "entityLineageDeleted",
    ]
    entityType: str
    entityId: Uuid
    domains: list[Uuid] | None = None
    entityFullyQualifiedName: str | None = None
    previousVersion: float | None = None
    currentVersion: float | None = None
    userName: str | None = None
    impersonatedBy: str | None = None
    timestamp: Timestamp
    changeDescription: ChangeDescription | None = None
    incrementalChangeDescription: ChangeDescription | None = None
    recursive: bool | None = None
    entity: dict[str, Any] | None = None


class Entity(Wire, frozen=True, kw_only=True):
    """What every kind of entity shows: who it is, which version, who changed it, and how."""

    id: Uuid
    name: EntityName
    fullyQualifiedName: str
    displayName: str | None = None
    version: float
    updatedAt: Timestamp
    updatedBy: str
    impersonatedBy: str | None = None
    href: str | None = None
    changeDescription: ChangeDescription | None = None
    incrementalChangeDescription: ChangeDescription | None = None


class Votes(Struct, frozen=True, kw_only=True):
    """Who has voted for an entity, and who against it; references to users."""

    upVotes: int
    downVotes: int
    upVoters: list[EntityReference]
    downVoters: list[EntityReference]


class Vote(Wire, frozen=True, kw_only=True):
    """What the caller's vote is to be from now on; without a type it is taken back."""

    updatedVoteType: Literal["votedUp", "votedDown", "unVoted"] = "unVoted"


class TouchedEntities(Wire, frozen=True, kw_only=True):
    """Entities of one type that a change touches: through a field of theirs, or because they lie below."""

    type: str
    field: str | None = None
    count: int
    names: Annotated[list[str], Meta(description="The first fully qualified names, ten at most.")]


class Preview(Wire, frozen=True, kw_only=True):
    """What `dryRun=true` answers: what a delete or a rename would touch. Nothing was changed."""

    dryRun: bool
    operation: Literal["delete", "rename"]
    entity: EntityReference
    count: int
    touched: list[TouchedEntities]
    alone: Annotated[list[TouchedEntities] | None, Meta(description="What nobody but a user to be deleted owns.")] = (
        None
    )


class Paging(Wire, frozen=True, kw_only=True):
    """Where a page lies: `after` and `before` are opaque cursors, absent at the ends."""

    total: int
    after: str | None = None
    before: str | None = None


class EntityHistory(Wire, frozen=True, kw_only=True):
    """All versions of one entity, newest first, each as JSON text."""

    entityType: str
    versions: list[str]


class BulkRow(Wire, frozen=True, kw_only=True):
    """The outcome of one row: the request itself, or the fully qualified name of what it made."""

    request: Any
    status: int
    message: str | None = None
    hasSideEffects: bool | None = None


class BulkOperationResult(Struct, frozen=True, kw_only=True):
    """What became of each row of a bulk request, in the order of the request."""

    dryRun: bool = False
    status: Literal["success", "failure", "partialSuccess", "aborted", "running"]
    numberOfRowsProcessed: int = 0
    numberOfRowsPassed: int = 0
    numberOfRowsFailed: int = 0
    successRequest: list[BulkRow] = []
    failedRequest: list[BulkRow] = []


class CsvImportResult(Wire, frozen=True, kw_only=True):
    """What became of each row of a file; its header counts as a row that passed."""

    dryRun: bool
    status: Literal["success", "failure", "partialSuccess", "aborted"]
    abortReason: Annotated[str | None, Meta(description="Why no row was looked at.")] = None
    numberOfRowsProcessed: int
    numberOfRowsPassed: int
    numberOfRowsFailed: int
    importResultsCsv: Annotated[str, Meta(description="The file with `status,details` before each row.")]


class DeleteStale(Wire, frozen=True, kw_only=True):
    """What a complete look at a source has seen; what lies in the scope and is not among it is to be deleted."""

    scopeFqn: Annotated[str, Meta(description="The service, by fully qualified name.")] | None = None
    scopeEntityType: Annotated[str, Meta(description="`messagingService`, or `service`.")] | None = None
    seenFqns: (
        Annotated[list[str], Meta(description="All that was seen; if it is empty, nothing is deleted.")] | None
    ) = None
    recursive: bool = True
    hardDelete: bool = False
    dryRun: bool = False


class JobAccepted(Wire, frozen=True, kw_only=True):
    """Work that was written down and goes on after the answer."""

    jobId: Uuid
    message: str
    entityName: str | None = None
    hardDelete: bool | None = None
    recursive: bool | None = None


class RestoreEntity(Wire, frozen=True, kw_only=True):
    id: Uuid


class Error(Wire, frozen=True, kw_only=True):
    """Every error body: these three keys and no other."""

    code: int
    errorType: str
    message: str
