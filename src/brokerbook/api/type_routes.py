"""Custom properties of types: PUT to define one, and the list of those that entities of a type may have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from brokerbook.api import query
from brokerbook.api.entity_routes import answered, written
from brokerbook.api.http import Response, json_response
from brokerbook.api.routing import JSON_TYPE, Route
from brokerbook.engine import custom_properties
from brokerbook.kinds.type import TYPE, CustomProperty, Type
from brokerbook.model.decoding import decode

if TYPE_CHECKING:
    from brokerbook.api.http import Request

_PATH = f"/api{TYPE.path}"


async def put_property(request: Request) -> Response:
    """PUT of a custom property to the type that has it from then on."""
    type_id = query.uuid_in_path(request)
    asked = decode(await request.body(), CustomProperty)
    return answered(request, await written(request, TYPE, lambda work: custom_properties.put(work, type_id, asked)))


async def get_properties(request: Request) -> Response:
    """GET of a type's custom properties, in the order of their names."""
    name = request.params["name"]
    found = await request.context.database.read(lambda tx: custom_properties.of(tx, request.actor, name))
    return json_response(found)


ROUTES = (
    Route(
        "PUT", f"{_PATH}/{{id}}", put_property, "Add a custom property to a type of entities, or change it",
        consumes=JSON_TYPE, body=CustomProperty, answers={200: Type}, kind=TYPE.name,
    ),
    Route(
        "GET", f"{_PATH}/name/{{name}}/customProperties", get_properties,
        "List the custom properties that entities of a type may have", answers={200: list[CustomProperty]},
        kind=TYPE.name,
    ),
)  # fmt: skip
