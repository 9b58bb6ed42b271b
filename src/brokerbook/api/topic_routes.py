"""Routes that only topics have: sample data, and deleting what their source no longer has."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from brokerbook.access import policy
from brokerbook.api import query
from brokerbook.api.entity_routes import work
from brokerbook.api.http import JSON, Request, Response, json_response
from brokerbook.api.read_routes import viewer
from brokerbook.api.routing import JSON_TYPE, Route
from brokerbook.engine import facts, read, samples, schema_changes, stale, write
from brokerbook.kinds.topic import TOPIC, SampleData, Topic
from brokerbook.model.decoding import decode
from brokerbook.model.wire import BulkOperationResult, BulkRow, DeleteStale

if TYPE_CHECKING:
    from brokerbook.store.database import Tx

_PATH = f"/api{TOPIC.path}"
_CHANGED = [JSON, (b"x-openmetadata-change", b"entityFieldsChanged")]


async def put_sample_data(request: Request) -> Response:
    """PUT of messages: the topic with them."""
    entity_id = query.uuid_in_path(request)
    given = decode(await request.body(), SampleData)

    def change(tx: Tx) -> bytes:
        row = write.live(tx, TOPIC, entity_id)
        samples.put(work(request, tx), TOPIC, row, given)
        return samples.shown(tx, viewer(request), TOPIC, row)

    return Response(200, _CHANGED, await request.context.database.write(change))


def get_sample_data(request: Request) -> Response:
    """GET of a topic with its messages."""
    entity_id = query.uuid_in_path(request)

    def found(tx: Tx) -> bytes:
        row = read.find(tx, TOPIC, entity_id=entity_id, include="all")
        policy.check(request.actor, ("ViewSampleData",), facts.of_row(tx, TOPIC, row))
        return samples.shown(tx, viewer(request), TOPIC, row)

    return Response(200, [JSON], request.context.database.peek(found))


async def delete_sample_data(request: Request) -> Response:
    """DELETE of a topic's messages: the topic without them."""
    entity_id = query.uuid_in_path(request)

    def change(tx: Tx) -> bytes:
        row = write.live(tx, TOPIC, entity_id)
        samples.delete(work(request, tx), TOPIC, row)
        return samples.shown(tx, viewer(request), TOPIC, row)

    return Response(200, _CHANGED, await request.context.database.write(change))


async def delete_stale(request: Request) -> Response:
    """DELETE, with a body, of the live topics of a service that were not seen; a part after the other."""
    asked = decode(await request.body(), DeleteStale)
    database = request.context.database

    def find(tx: Tx) -> list[stale.Stale]:
        return stale.find(tx, TOPIC, stale.checked(work(request, tx).actor, TOPIC, asked))

    found = await database.write(find)
    passed: list[BulkRow] = []
    failed: list[BulkRow] = []
    for start in range(0, len(found), stale.AT_ONCE):
        part = found[start : start + stale.AT_ONCE]
        done, refused = await database.write(
            lambda tx, part=part: stale.delete(
                work(request, tx), TOPIC, part, hard=asked.hardDelete, dry_run=asked.dryRun
            )
        )
        passed += done
        failed += refused
    return json_response(stale.result(passed, failed, dry_run=asked.dryRun))


async def get_schema_changes(request: Request) -> Response:
    """GET of what changed between the schemas of two versions."""
    entity_id = query.uuid_in_path(request)
    first, last = request.query.get("from", ""), request.query.get("to", "")
    pair = request.context.database.peek(
        lambda tx: schema_changes.of_versions(tx, viewer(request), entity_id, first, last)
    )
    return json_response(await asyncio.to_thread(schema_changes.compared, pair))


async def check_schema(request: Request) -> Response:
    """POST of another schema: what would change with it. Nothing is stored."""
    entity_id = query.uuid_in_path(request)
    candidate = decode(await request.body(), schema_changes.Candidate)
    pair = request.context.database.peek(
        lambda tx: schema_changes.of_candidate(tx, viewer(request), entity_id, candidate)
    )
    return json_response(await asyncio.to_thread(schema_changes.compared, pair))


ROUTES = (
    Route(
        "GET", f"{_PATH}/{{id}}/schemaChanges", get_schema_changes,
        "Get what changed between the schemas of two versions of a topic, and whom it breaks",
        answers={200: schema_changes.SchemaChanges}, query=("from", "to"), kind=TOPIC.name,
    ),
    Route(
        "POST", f"{_PATH}/{{id}}/schemaChanges", check_schema,
        "Get what would change if a topic got another schema, and whom it would break",
        consumes=JSON_TYPE, body=schema_changes.Candidate, answers={200: schema_changes.SchemaChanges}, kind=TOPIC.name,
    ),
    Route(
        "PUT", f"{_PATH}/{{id}}/sampleData", put_sample_data, "Store some messages of a topic",
        consumes=JSON_TYPE, body=SampleData, answers={200: Topic}, kind=TOPIC.name,
    ),
    Route(
        "GET", f"{_PATH}/{{id}}/sampleData", get_sample_data, "Get a topic with its sample messages",
        answers={200: Topic}, kind=TOPIC.name,
    ),
    Route(
        "DELETE", f"{_PATH}/{{id}}/sampleData", delete_sample_data, "Remove the sample messages of a topic",
        answers={200: Topic}, kind=TOPIC.name,
    ),
    Route(
        "DELETE", f"{_PATH}/deleteStale", delete_stale, "Delete the topics of a service that were not seen",
        consumes=JSON_TYPE, body=DeleteStale, answers={200: BulkOperationResult}, kind=TOPIC.name,
    ),
)  # fmt: skip
