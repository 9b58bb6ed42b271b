"""Settings that clients share: read and changed by administrators, the profiler's read by whoever may."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from brokerbook.api.entity_routes import work
from brokerbook.api.http import Response, json_response
from brokerbook.api.routing import JSON_PATCH_TYPE, JSON_TYPE, Route
from brokerbook.engine import json_patch, shared_settings
from brokerbook.model.decoding import decode
from brokerbook.model.system import Setting

if TYPE_CHECKING:
    from brokerbook.api.http import Request


async def get_every(request: Request) -> Response:
    rows = await request.context.database.read(lambda tx: shared_settings.every(tx, request.actor))
    return json_response({"data": rows, "paging": {"total": len(rows)}})


async def get_one(request: Request) -> Response:
    name = request.params["configType"]
    return json_response(await request.context.database.read(lambda tx: shared_settings.one(tx, request.actor, name)))


async def get_profiler(request: Request) -> Response:
    return json_response(await request.context.database.read(lambda tx: shared_settings.profiler(tx, request.actor)))


async def put_one(request: Request) -> Response:
    asked = decode(await request.body(), Setting)
    return json_response(
        await request.context.database.write(lambda tx: shared_settings.put(tx, work(request, tx).actor, asked))
    )


async def patch_one(request: Request) -> Response:
    """PATCH of a setting's value: the paths begin inside of it."""
    name = request.params["configType"]
    operations = json_patch.parsed(await request.body(), keys_once=False)
    return json_response(
        await request.context.database.write(
            lambda tx: shared_settings.patch(tx, work(request, tx).actor, name, operations)
        )
    )


_PATH = "/api/v1/system/settings"

ROUTES = (
    Route("GET", _PATH, get_every, "List the settings that clients share", answers={200: {"list": Setting}}),
    Route("PUT", _PATH, put_one, "Set one of the settings that clients share",
          consumes=JSON_TYPE, body=Setting, answers={200: Setting}),
    Route("GET", f"{_PATH}/{shared_settings.PROFILER}", get_profiler, "What profilers and ingestion may do",
          answers={200: Setting}),
    Route("GET", f"{_PATH}/{{configType}}", get_one, "Get one of the settings that clients share",
          answers={200: Setting}),
    Route("PATCH", f"{_PATH}/{{configType}}", patch_one, "Change the value of one of the settings that clients share",
          consumes=JSON_PATCH_TYPE, body=list[Any], answers={200: Setting}),
)  # fmt: skip
