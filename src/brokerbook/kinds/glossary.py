"""Glossaries and the terms in them: what the business calls things, and how these things are related."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any, Literal

from msgspec import Meta

from brokerbook.errors import BadRequest
from brokerbook.kinds.kind import (
    DATA_CONTRACT,
    DATA_PRODUCTS,
    DOMAINS,
    OWNERS,
    REVIEWERS,
    TAGS,
    Document,
    Kind,
    Link,
    copied,
)
from brokerbook.model.wire import (
    HTTP,
    Entity,
    EntityName,
    EntityReference,
    EntityStatus,
    Fqn,
    Markdown,
    Provider,
    Style,
    TagLabel,
    Votes,
    Wire,
)

RELATION_TYPES = (
    ("relatedTo", "relatedTo"),
    ("synonym", "synonym"),
    ("broader", "narrower"),
    ("narrower", "broader"),
    ("antonym", "antonym"),
    ("partOf", "hasPart"),
    ("hasPart", "partOf"),
    ("calculatedFrom", "usedToCalculate"),
    ("usedToCalculate", "calculatedFrom"),
    ("seeAlso", "seeAlso"),
)
"""Each type of relation between terms, with what it is called from the other term's side."""

_DEFAULTS: Document = {"provider": "user", "mutuallyExclusive": False, "disabled": False}
_IMMUTABLE = frozenset({"mutuallyExclusive", "provider"})

# Only what is safe to show as a link, and what strict clients can read.
_URN = r"urn:[A-Za-z0-9][A-Za-z0-9-]{0,31}:[^\s\"<>]+"
Endpoint = Annotated[str, Meta(max_length=2048, pattern=f"^{HTTP}$(?!\\s)", description="An address on the web.")]
Iri = Annotated[
    str, Meta(max_length=2048, pattern=f"^(?:{HTTP}|{_URN})$(?!\\s)", description="An address on the web, or a URN.")
]
Synonym = Annotated[str, Meta(min_length=1, max_length=256, pattern=r"^(?:(?!::).)*$(?!\s)")]
UsageCount = Annotated[int, Meta(description="How many labels there are of it, and of the terms below it.")]
Exclusive = Annotated[
    bool, Meta(description="Whether an entity may carry only one of the terms right below it; fixed once it is made.")
]


class Namespace(Wire, frozen=True, kw_only=True):
    """What a prefix stands for in the IRIs of terms that come from elsewhere."""

    prefix: str | None = None
    namespace: Iri | None = None


class CreateGlossary(Wire, frozen=True, kw_only=True):
    """What POST and PUT take."""

    name: EntityName
    description: Markdown
    displayName: str | None = None
    owners: list[EntityReference] | None = None
    reviewers: list[EntityReference] | None = None
    tags: list[TagLabel] | None = None
    provider: Provider | None = None
    mutuallyExclusive: Exclusive | None = None
    domains: list[Fqn] | None = None
    extension: dict[str, Any] | None = None


class Glossary(Entity, frozen=True, kw_only=True):
    """A set of terms, which belong to one part of the business or are meant for all of it."""

    description: Markdown
    reviewers: list[EntityReference] | None = None
    owners: list[EntityReference] | None = None
    usageCount: UsageCount | None = None
    tags: list[TagLabel] | None = None
    termCount: Annotated[int, Meta(description="How many live terms lie in it, at any depth.")] | None = None
    deleted: bool
    provider: Provider | None = None
    disabled: bool | None = None
    mutuallyExclusive: Exclusive | None = None
    domains: list[EntityReference] | None = None
    dataProducts: list[EntityReference] | None = None
    dataContract: EntityReference | None = None
    votes: Votes | None = None
    extension: dict[str, Any] | None = None
    entityStatus: EntityStatus | None = None
    namespaces: list[Namespace] | None = None


def derive_glossary(create: CreateGlossary, updating: bool) -> Document:  # noqa: ARG001, FBT001
    """The glossary that the request asks for."""
    document: Document = {"name": create.name, "description": create.description}
    return document | copied(create, "displayName", "provider", "mutuallyExclusive", "extension")


GLOSSARY = Kind(
    name="glossary",
    path="/v1/glossaries",
    entity=Glossary,
    create=CreateGlossary,
    derive=derive_glossary,
    links=(OWNERS, REVIEWERS, TAGS, DOMAINS, DATA_PRODUCTS, DATA_CONTRACT),
    defaults=_DEFAULTS | {"entityStatus": "Unprocessed"},
    immutable=_IMMUTABLE,
    unstored=frozenset({"termCount", "usageCount", "votes"}),
    renames=True,
    children=("glossaryTerm",),
)


class TermReference(Wire, frozen=True, kw_only=True):
    """Where else a term is explained."""

    name: str | None = None
    endpoint: Endpoint | None = None


class ConceptMapping(Wire, frozen=True, kw_only=True):
    """The concept of another vocabulary that a term is, or is close to."""

    conceptIri: Iri
    mappingType: Literal["EXACT_MATCH", "CLOSE_MATCH", "BROAD_MATCH", "NARROW_MATCH", "RELATED_MATCH", "SAME_AS"]
    schemeIri: Iri | None = None
    source: str | None = None


class TermRelation(Wire, frozen=True, kw_only=True):
    """Another term, and what this one has to do with it; the other shows the same from its side."""

    relationType: (
        Annotated[
            str,
            Meta(
                max_length=100,
                # told, but checked where the contract has its own sentence for it
                extra_json_schema={"examples": [name for name, _ in RELATION_TYPES]},
            ),
        ]
        | None
    ) = None
    term: EntityReference


class CreateGlossaryTerm(Wire, frozen=True, kw_only=True):
    """What POST and PUT take."""

    glossary: Fqn
    name: EntityName
    description: Markdown
    parent: Fqn | None = None
    displayName: str | None = None
    iri: Iri | None = None
    style: Style | None = None
    synonyms: list[Synonym] | None = None
    relatedTerms: list[Fqn] | None = None
    references: list[TermReference] | None = None
    conceptMappings: list[ConceptMapping] | None = None
    reviewers: list[EntityReference] | None = None
    owners: list[EntityReference] | None = None
    tags: list[TagLabel] | None = None
    provider: Provider | None = None
    mutuallyExclusive: Exclusive | None = None
    extension: dict[str, Any] | None = None
    domains: list[Fqn] | None = None


class GlossaryTerm(Entity, frozen=True, kw_only=True):
    """One term of a glossary, possibly below another; entities are labelled with it as with a tag."""

    description: Markdown
    style: Style | None = None
    iri: Iri | None = None
    synonyms: list[Synonym] | None = None
    glossary: EntityReference | None = None
    parent: EntityReference | None = None
    children: list[EntityReference] | None = None
    relatedTerms: list[TermRelation] | None = None
    references: list[TermReference] | None = None
    conceptMappings: list[ConceptMapping] | None = None
    reviewers: list[EntityReference] | None = None
    owners: list[EntityReference] | None = None
    usageCount: UsageCount | None = None
    tags: list[TagLabel] | None = None
    entityStatus: EntityStatus | None = None
    deleted: bool
    provider: Provider | None = None
    disabled: bool | None = None
    mutuallyExclusive: Exclusive | None = None
    extension: dict[str, Any] | None = None
    domains: list[EntityReference] | None = None
    dataProducts: list[EntityReference] | None = None
    dataContract: EntityReference | None = None
    votes: Votes | None = None
    childrenCount: Annotated[int, Meta(description="How many live terms lie below it, at any depth.")] | None = None


_COPIED = (
    "displayName", "iri", "style", "synonyms", "references", "conceptMappings", "provider", "mutuallyExclusive",
    "extension",
)  # fmt: skip


def derive_term(create: CreateGlossaryTerm, updating: bool) -> Document:  # noqa: ARG001, FBT001
    """The term that the request asks for."""
    if create.parent is not None and not create.parent.startswith(f"{create.glossary}."):
        raise BadRequest(f"The parent {create.parent} is not a term of the glossary {create.glossary}.")
    document: Document = {"name": create.name, "description": create.description}
    return document | copied(create, *_COPIED)


def parent_of_term(create: CreateGlossaryTerm) -> tuple[str, str]:
    """The term above, or else the glossary."""
    if create.parent is not None:
        return ("glossaryTerm", create.parent)
    return ("glossary", create.glossary)


GLOSSARY_TERM = Kind(
    name="glossaryTerm",
    path="/v1/glossaryTerms",
    entity=GlossaryTerm,
    create=CreateGlossaryTerm,
    derive=derive_term,
    parent_of=parent_of_term,
    nested=True,
    links=(
        Link("glossary", ("glossary",), "fqns", many=False, always=True),
        Link("parent", ("glossaryTerm",), "fqns", many=False, always=True),
        Link("children", (), reverse="parent"),
        Link("relatedTerms", ("glossaryTerm",), "relations", types=RELATION_TYPES),
        replace(REVIEWERS, inherited=True),
        replace(OWNERS, inherited=True),
        TAGS,
        replace(DOMAINS, inherited=True),
        DATA_PRODUCTS,
        DATA_CONTRACT,
    ),
    # whether it begins as a draft hangs on who reviews what it lies in
    defaults=_DEFAULTS | {"entityStatus": "Approved"},
    immutable=_IMMUTABLE,
    place=("parent", "glossary"),
    unstored=frozenset({"usageCount", "votes", "childrenCount"}),
    renames=True,
    children=("glossaryTerm",),
)
