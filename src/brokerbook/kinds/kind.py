"""What makes a kind of entity: one `Kind` value. The engine reads it; nothing inherits from it."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Document = dict[str, Any]
"""An entity as JSON: the wire's own keys and values."""


@dataclass(frozen=True, slots=True)
class Link:
    """A field that refers to other entities; stored as ids, resolved when read."""

    field: str
    targets: tuple[str, ...]
    """The kinds that it may refer to, by name."""
    given: Literal["refs", "fqns", "ids", "labels", "relations", "certification", "fieldLabels"] = "refs"
    """How a create request names the targets (`relations`: by fully qualified name). A patch names them by reference,
    by label, by a reference with the type of the relation, by a label with the times between which it holds, or
    (`fieldLabels`) by the labels of the schema's fields."""
    many: bool = True
    union_on_put: bool = False
    """Whether a PUT adds its targets to the stored ones; otherwise targets given replace them. None given: kept."""
    bot_may_replace: bool = True
    """Whether a bot's PUT may replace targets that are there already."""
    reverse: str | None = None
    """The other kind's field that this one shows from the other side: team.users is the users' `teams`."""
    settable: bool = False
    """Of a link with `reverse`: whether a request may name who is to refer here from now on."""
    implied: str | None = None
    """The fully qualified name of what is meant by naming nothing: it is shown then, and never stored."""
    exclusive: bool = False
    """Whether no two entities may refer to the same target."""
    lasting: bool = False
    """Whether a target goes on to be shown when it is soft-deleted."""
    always: bool = False
    """In every answer; others are in a read only when asked for, and in a write's answer unless `on_write` is off."""
    on_write: bool = True
    versioned: bool = True
    shown: bool = True
    """Whether answers show it as a field."""
    inherited: bool = False
    """Whether an entity that has none of its own shows those of the entity above it, marked `inherited`."""
    types: tuple[tuple[str, str], ...] = ()
    """Of `relations`: each type with what it is called from the other side, where it stands too; the first is meant
    where none is said."""


OWNERS = Link("owners", ("user", "team"))
DOMAINS = Link("domains", ("domain",), "fqns", bot_may_replace=False)
DATA_PRODUCTS = Link("dataProducts", ("dataProduct",), "fqns", bot_may_replace=False)
DATA_CONTRACT = Link("dataContract", ("dataContract",), many=False, reverse="entity")
TAGS = Link("tags", ("tag", "glossaryTerm"), "labels", union_on_put=True)
CERTIFICATION = Link("certification", ("tag",), "certification", many=False)
FIELD_LABELS = Link("fieldLabels", ("tag", "glossaryTerm"), "fieldLabels", union_on_put=True, shown=False)
"""What the fields of a schema are labelled with; answers show it in the schema."""
FOLLOWERS = Link("followers", ("user",), on_write=False, versioned=False)
REVIEWERS = Link("reviewers", ("user", "team"))
EXPERTS = Link("experts", ("user",), "fqns")


@dataclass(frozen=True)
class Kind:
    """A kind of entity as data: where it lies on the wire, its structs, its references, its few own rules."""

    name: str
    """The entity type on the wire, such as `messagingService`."""
    path: str
    """Below `/api`, such as `/v1/services/messagingServices`."""
    entity: type[msgspec.Struct]
    create: type[msgspec.Struct]
    derive: Callable[[Any, bool], Document]
    """The document, without its links, that a create request asks for; told whether the entity exists already. Pure."""
    links: tuple[Link, ...] = ()
    apart: tuple[Link, ...] = ()
    """References that have routes of their own: no answer of the entity shows them, no version and no patch."""
    recheck: Callable[[Document, Document], Document] = lambda _, patched: patched
    """From the stored and the patched document: the patched one with the kind's own rules applied. Pure."""
    conflict: Callable[[Document, Document], None] = lambda _stored, _asked: None
    """Refuses a PUT of one document over another, for the kind's own reasons. Pure."""
    prepared: Callable[[Any], Any] = lambda create: create
    """A create request with what takes time to work out of it, before its turn to be written comes. Pure."""
    parent_of: Callable[[Any], tuple[str, str] | None] = lambda _: None
    """From a create request: the parent's kind and fully qualified name, or None for a top entity. Pure."""
    parent_link: str | None = None
    """The link by which a create request names the parent, if it does so by reference."""
    nested: bool = False
    """Whether its entities have others above them in their fully qualified names."""
    shows_parent: str | None = None
    """The field in which every answer shows what an entity lies in, as it is now; nothing stores it."""
    defaults: Document = field(default_factory=dict)
    """Plain fields of a new entity that nobody gave."""
    removed_on_put: frozenset[str] = frozenset({"description", "displayName"})
    """Plain fields that a person's PUT removes by leaving them out; all others are kept."""
    replaced_on_put: frozenset[str] = frozenset()
    """Plain fields that anybody's PUT removes by leaving them out."""
    schema: str | None = None
    """The field that holds a schema, which is stored once for all entities that have the same."""
    by_name: frozenset[str] = frozenset()
    """Fields that only a read shows that names them; neither a write's answer nor `*`."""
    sealed: str | None = None
    """The field that holds secrets; `secret_paths` finds them in it."""
    secret_paths: Callable[[Document], list[tuple[str | int, ...]]] = lambda _: []
    reports: frozenset[str] = frozenset()
    """Fields in which programs tell what happened to them; the entity's secrets are masked wherever they stand there."""
    veil: Callable[[Document], Document] | None = None
    """From a document: the one that is shown to a caller who may not view all of the entity. Pure."""
    kept_secrets: Callable[
        [Document, Document, Mapping[tuple[str | int, ...], str]], Mapping[tuple[str | int, ...], str]
    ] = lambda _stored, _next, secrets: secrets
    """From the stored and the next document: the stored secrets, by their places in the next, that masks in it may stand
    for. Pure."""
    write_only_secrets: bool = False
    """Whether bots, too, read masks in the place of secrets."""
    immutable: frozenset[str] = frozenset()
    """Fields, beyond the common ones, that a patch silently puts back; of plain ones a PUT keeps what is stored, too."""
    write_only: frozenset[str] = frozenset()
    """Fields of create requests that no answer repeats."""
    unstored: frozenset[str] = frozenset()
    """Fields that some answers show and nothing stores; a patch may not name them."""
    unversioned: frozenset[str] = frozenset()
    """Fields that are stored without a new version."""
    admin_only: frozenset[str] = frozenset()
    """Fields that only an administrator may set or change."""
    own: frozenset[str] = frozenset()
    """Fields that a caller may change of his own record without being allowed it by a policy."""
    unique: tuple[str, ...] = ()
    """Fields whose value no two entities of the kind may share."""
    lower_names: bool = False
    place: tuple[str, ...] = ()
    """The links that say below what an entity lies, the nearest first; a patch of one moves the entity."""
    renames: bool = False
    """Whether a patch may change the name; otherwise it silently puts it back."""
    authenticates: bool = False
    """Whether what tokens are worth hangs on entities of this kind."""
    granting: frozenset[str] = frozenset()
    """Fields on which hangs what callers may do; to change one needs the right to edit policies."""
    grants: bool = False
    """Whether what callers may do hangs on entities of this kind."""
    children: tuple[str, ...] = ()
    """The kinds whose entities may lie below one of this kind."""
    is_asset: bool = False
    """Whether it is what the catalog is about, of which there are many: what others show of it is not kept at hand."""

    @cached_property
    def fields(self) -> frozenset[str]:
        """Every key that an entity of this kind may have on the wire."""
        return frozenset(f.encode_name for f in msgspec.structs.fields(self.entity))

    @cached_property
    def link_of(self) -> dict[str, Link]:
        return {link.field: link for link in self.links}

    @cached_property
    def plain(self) -> tuple[str, ...]:
        """The keys of the stored document, in the order of the struct."""
        found = tuple(
            f.encode_name
            for f in msgspec.structs.fields(self.entity)
            if f.encode_name not in self.link_of and f.encode_name not in self.unstored and f.encode_name != "href"
        )
        return tuple(sorted(found, key=lambda field: field != self.schema))  # a schema comes first, where it is sought

    @cached_property
    def on_request(self) -> frozenset[str]:
        """The keys of the stored document that a read shows only when asked for; a write's answer shows them."""
        return (
            frozenset({"extension", "customProperties", "profile", "lifeCycle"}.intersection(self.plain)) | self.by_name
        )

    @cached_property
    def put_back(self) -> frozenset[str]:
        """The fields that a patch may name as if they could be changed, though nothing stores them here."""
        return frozenset(field for field in self.immutable if field in self.unstored or field not in self.fields)

    @cached_property
    def settable(self) -> tuple[Link, ...]:
        """The links that are stored at their other ends, and can be set from this one."""
        return tuple(link for link in self.links if link.settable)

    @cached_property
    def self_nested(self) -> bool:
        """Whether its entities may lie below others of the same kind."""
        return self.name in self.children

    @cached_property
    def independent(self) -> bool:
        """Whether several new entities of one request can never hang on each other, or exclude each other."""
        return not (self.self_nested or self.unique or self.settable or any(link.exclusive for link in self.links))

    @cached_property
    def on_write(self) -> tuple[Link, ...]:
        """The links that a write's answer shows, and that a stored version holds."""
        return tuple(link for link in self.links if link.on_write and not link.reverse)

    @cached_property
    def inherited(self) -> frozenset[str]:
        """The links that an entity may have from the entity above it."""
        return frozenset(link.field for link in self.links if link.inherited)

    @cached_property
    def always(self) -> frozenset[str]:
        """The links that every answer shows."""
        return frozenset(link.field for link in self.links if link.always)

    @cached_property
    def empty_links(self) -> str:
        """The end of a document, as JSON text, that refers to nothing."""
        return "".join(f',"{link.field}":[]' for link in self.on_write if link.many) + "}"

    @cached_property
    def reveals(self) -> bool:
        """Whether a bot reads secrets in clear text."""
        return self.sealed is not None and not self.write_only_secrets

    @cached_property
    def soft_deletes(self) -> bool:
        """Whether a delete without `hardDelete` keeps the entity: it does where the wire knows `deleted`."""
        return "deleted" in self.fields

    @cached_property
    def resource(self) -> str:
        """The last part of the path, for descriptions."""
        return self.path.rsplit("/", 1)[1]


def copied(create: msgspec.Struct, *keys: str) -> Document:
    """The given fields of a create request that it has, as plain JSON."""
    return {key: msgspec.to_builtins(value) for key in keys if (value := getattr(create, key)) is not None}
