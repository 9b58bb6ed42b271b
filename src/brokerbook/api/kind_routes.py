"""The table of the routes that every kind has, made from its Kind."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from brokerbook.api.entity_routes import (
    add_follower,
    delete_async,
    delete_one,
    patch_one,
    post,
    put,
    put_bulk,
    put_test_result,
    remove_follower,
    restore,
)
from brokerbook.api.read_routes import get_entity, get_history, get_page, get_version, get_versions
from brokerbook.api.routing import JSON_PATCH_TYPE, JSON_TYPE, Route
from brokerbook.engine import filters
from brokerbook.model.test_connection import TestConnectionResult
from brokerbook.model.wire import (
    BulkOperationResult,
    ChangeEvent,
    EntityHistory,
    JobAccepted,
    Preview,
    RestoreEntity,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from brokerbook.kinds.kind import Kind

_READ = ("fields", "include")
_DELETE = ("recursive", "hardDelete", "dryRun")


def routes(kind: Kind) -> list[Route]:
    """Every route of a kind; what its struct does not know (followers, `deleted`) has no route."""
    path = f"/api{kind.path}"
    one, page, previewed = kind.entity, {"list": kind.entity}, (kind.entity, Preview)
    table: list[Route] = []

    def add(method: Any, below: str, handler: Callable[..., Any], summary: str, **more: Any) -> None:
        table.append(Route(method, path + below, partial(handler, kind), summary, kind=kind.name, **more))

    thing = kind.name
    a_thing = f"{'an' if thing.startswith(('a', 'e', 'i', 'o')) else 'a'} {thing}"
    add(
        "GET", "", get_page, f"List {kind.resource}", answers={200: page},
        query=("fields", "include", "limit", "after", "before", *filters.parameters(kind)),
    )  # fmt: skip
    add("POST", "", post, f"Create {a_thing}", consumes=JSON_TYPE, body=kind.create, answers={201: one})
    add(
        "PUT",
        "",
        put,
        f"Create or update {a_thing}",
        consumes=JSON_TYPE,
        body=kind.create,
        answers={200: one, 201: one},
    )
    add(
        "PUT", "/bulk", put_bulk, f"Create or update many {kind.resource}",
        consumes=JSON_TYPE, body=list[kind.create],
        answers={200: BulkOperationResult, 202: BulkOperationResult}, query=("async", "overrideMetadata"),
    )  # fmt: skip
    add(
        "GET", "/history", get_history, f"List versions of all {kind.resource} in a time span", answers={200: page},
        query=("startTs", "endTs", "limit", "after", "before"),
    )  # fmt: skip
    add("GET", "/{id}", get_entity, f"Get {a_thing} by id", answers={200: one}, query=_READ)
    add("GET", "/name/{name}", get_entity, f"Get {a_thing} by fully qualified name", answers={200: one}, query=_READ)
    add("GET", "/{id}/versions", get_versions, f"List the versions of {a_thing}", answers={200: EntityHistory})
    add("GET", "/{id}/versions/{version}", get_version, f"Get one version of {a_thing}", answers={200: one})
    add(
        "PATCH",
        "/{id}",
        patch_one,
        f"Patch {a_thing} by id",
        consumes=JSON_PATCH_TYPE,
        body=list[Any],
        answers={200: previewed},
        query=("dryRun",),
    )
    add(
        "PATCH", "/name/{name}", patch_one, f"Patch {a_thing} by fully qualified name",
        consumes=JSON_PATCH_TYPE, body=list[Any], answers={200: previewed}, query=("dryRun",),
    )  # fmt: skip
    add("DELETE", "/{id}", delete_one, f"Delete {a_thing} by id", answers={200: previewed}, query=_DELETE)
    add(
        "DELETE",
        "/name/{name}",
        delete_one,
        f"Delete {a_thing} by fully qualified name",
        answers={200: previewed},
        query=_DELETE,
    )
    add(
        "DELETE", "/async/{id}", delete_async, f"Delete {a_thing} afterwards", answers={202: JobAccepted}, query=_DELETE
    )
    if kind.soft_deletes:
        add(
            "PUT", "/restore", restore, f"Restore a deleted {thing}", consumes=JSON_TYPE, body=RestoreEntity,
            answers={200: one, 202: JobAccepted}, query=("async",),
        )  # fmt: skip
    if "followers" in kind.fields:
        add(
            "PUT",
            "/{id}/followers",
            add_follower,
            f"Follow {a_thing}",
            consumes=JSON_TYPE,
            body=str,
            answers={200: ChangeEvent},
        )
        add(
            "DELETE",
            "/{id}/followers/{userId}",
            remove_follower,
            f"Stop following {a_thing}",
            answers={200: ChangeEvent},
        )
    if "testConnectionResult" in kind.fields:
        add(
            "PUT", "/{id}/testConnectionResult", put_test_result, f"Store the result of testing {a_thing}'s connection",
            consumes=JSON_TYPE, body=TestConnectionResult, answers={200: one},
        )  # fmt: skip
    return table
