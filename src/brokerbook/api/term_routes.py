"""Routes that only glossary terms have: search, relations and their graph, moving, and what tags a term may have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from msgspec import Meta

from brokerbook.api import query
from brokerbook.api.entity_routes import answered, work, written
from brokerbook.api.http import JSON, Request, Response, json_response
from brokerbook.api.read_routes import viewer
from brokerbook.api.routing import JSON_TYPE, Route
from brokerbook.engine import read, term_relations, term_search, write
from brokerbook.engine.term_search import Asked
from brokerbook.kinds.glossary import GLOSSARY_TERM, GlossaryTerm, TermRelation
from brokerbook.model.decoding import decode
from brokerbook.model.ids import new_id
from brokerbook.model.wire import BulkOperationResult, EntityReference, JobAccepted, Paging, TagLabel, Uuid, Wire

if TYPE_CHECKING:
    from brokerbook.engine.write import Outcome, Work
    from brokerbook.store.database import Tx
    from brokerbook.store.entities import EntityRow

_NO_STORE = (b"cache-control", b"no-store")
_PATH = "/api/v1/glossaryTerms"
_FARTHEST = 2**31
_DEEPEST = 5


class MoveTerm(Wire, frozen=True, kw_only=True):
    """Where a term is to lie: in a glossary, or below another term."""

    parent: EntityReference


class ValidateTags(Wire, frozen=True, kw_only=True):
    """Tags that a term is to have; nothing is changed, whatever `dryRun` says."""

    dryRun: bool = True
    glossaryTags: list[TagLabel] | None = None


class RelationNode(Wire, frozen=True, kw_only=True):
    """A term in a graph."""

    id: Uuid
    name: str
    fullyQualifiedName: str
    displayName: str


class RelationEdge(Wire, frozen=True, kw_only=True, rename={"source": "from"}):
    """What one term of a graph is to another."""

    source: Uuid
    to: Uuid
    relationType: str


class RelationsGraph(Wire, frozen=True, kw_only=True):
    """Terms and how they are related, 200 terms at most."""

    nodes: list[RelationNode]
    edges: list[RelationEdge]


def _live(tx: Tx, request: Request) -> EntityRow:
    return write.live(tx, GLOSSARY_TERM, query.uuid_in_path(request))


async def search(request: Request) -> Response:
    """GET of terms by a text in them; pages are asked for by an offset, which the paging's cursors are."""
    wanted = query.fields(request, GLOSSARY_TERM)
    asked = Asked(
        request.query.get("q", ""),
        request.query,
        query.include(request),
        query.integer(request, "limit", 50, 1, 1000),
        query.integer(request, "offset", 0, 0, _FARTHEST),
    )
    reader = viewer(request)
    texts, total = await request.context.database.read(lambda tx: term_search.search(tx, reader, wanted, asked))
    following, preceding = asked.offset + asked.limit, max(0, asked.offset - asked.limit)
    paging = Paging(
        total=total,
        after=str(following) if following < total else None,
        before=str(preceding) if asked.offset > 0 else None,
    )
    body = f'{{"data":[{",".join(texts)}],"paging":{msgspec.json.encode(paging).decode()}}}'
    return Response(200, [JSON, _NO_STORE], body.encode())


async def relate(request: Request) -> Response:
    """POST of a relation to another term."""
    said = decode(await request.body(), TermRelation)

    def change(work: Work) -> Outcome:
        return term_relations.relate(work, _live(work.tx, request), said)

    return answered(request, await written(request, GLOSSARY_TERM, change))


async def unrelate(request: Request) -> Response:
    """DELETE of the relations to another term, or of one type of them."""
    other_id = query.uuid_in_path(request, "toId")
    said = request.query.get("relationType") or None

    def change(work: Work) -> Outcome:
        return term_relations.unrelate(work, _live(work.tx, request), other_id, said)

    return answered(request, await written(request, GLOSSARY_TERM, change))


async def get_graph(request: Request) -> Response:
    """GET of the terms that are related to one, directly or over others."""
    depth = query.integer(request, "depth", 1, 1, _DEEPEST)
    types = [name.strip() for name in request.query.get("relationTypes", "").split(",") if name.strip()]
    reader = viewer(request)

    def found(tx: Tx) -> dict[str, Any]:
        row = read.find(tx, GLOSSARY_TERM, entity_id=query.uuid_in_path(request), include="non-deleted")
        return term_relations.graph(tx, reader, row, depth=depth, types=types)

    return json_response(await request.context.database.read(found), headers=[_NO_STORE])


async def get_usage(request: Request) -> Response:
    """GET of how often each type of relation is used."""
    reader = viewer(request)
    found = await request.context.database.read(lambda tx: term_relations.usage(tx, reader))
    return json_response(found, headers=[_NO_STORE])


async def move(request: Request) -> Response:
    """PUT of a new place. It is one transaction, on disk before the answer: nothing of what 202 promises can fail."""
    asked = decode(await request.body(), MoveTerm)
    job_id = new_id()

    def change(work: Work) -> Outcome:
        return term_relations.move(work, _live(work.tx, request), asked.parent, job_id)

    outcome = await written(request, GLOSSARY_TERM, change)
    name = outcome.row.name
    return json_response(JobAccepted(jobId=job_id, message=f"Move operation initiated for {name}"), 202)


async def validate_tags(request: Request) -> Response:
    """PUT of tags that a term is to have: which of what carries it has others that exclude them."""
    asked = decode(await request.body(), ValidateTags)

    def found(tx: Tx) -> BulkOperationResult:
        row = _live(tx, request)
        return term_relations.validated(work(request, tx), row, asked.glossaryTags or [], dry_run=asked.dryRun)

    return json_response(await request.context.database.read(found))


_COUNTS = dict[str, Annotated[int, Meta(ge=0)]]

ROUTES = (
    Route(
        "GET", f"{_PATH}/search", search, "Search glossary terms", answers={200: {"list": GlossaryTerm}}, kind=GLOSSARY_TERM.name,
        query=(
            "q", "glossary", "glossaryFqn", "parent", "parentFqn", "limit", "offset", "fields", "include",
            "entityStatus",
        ),
    ),
    Route(
        "POST", f"{_PATH}/{{id}}/relations", relate, "Relate a glossaryTerm to another",
        consumes=JSON_TYPE, body=TermRelation, answers={200: GlossaryTerm}, kind=GLOSSARY_TERM.name,
    ),
    Route(
        "DELETE", f"{_PATH}/{{id}}/relations/{{toId}}", unrelate, "End the relations of two terms",
        answers={200: GlossaryTerm}, query=("relationType",), kind=GLOSSARY_TERM.name,
    ),
    Route(
        "GET", f"{_PATH}/{{id}}/relationsGraph", get_graph, "Get the terms that a glossaryTerm is related to",
        answers={200: RelationsGraph}, query=("depth", "relationTypes"), kind=GLOSSARY_TERM.name,
    ),
    Route(
        "GET", f"{_PATH}/relationTypes/usage", get_usage, "Count the relations of each type", answers={200: _COUNTS},
        kind=GLOSSARY_TERM.name,
    ),
    Route(
        "PUT", f"{_PATH}/{{id}}/moveAsync", move, "Move a glossaryTerm", consumes=JSON_TYPE, body=MoveTerm,
        answers={202: JobAccepted}, kind=GLOSSARY_TERM.name,
    ),
    Route(
        "PUT", f"{_PATH}/{{id}}/tags/validate", validate_tags, "Look for tags that exclude a glossaryTerm's new ones",
        consumes=JSON_TYPE, body=ValidateTags, answers={200: BulkOperationResult}, kind=GLOSSARY_TERM.name,
    ),
)  # fmt: skip
