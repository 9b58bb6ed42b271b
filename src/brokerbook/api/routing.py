"""The route table: which handler answers which method and path, who may reach it, what it reads.

Routes are matched on the raw path, segment by segment, before any decoding: an encoded slash stays part of a name, and
no spelling of a path (`;`, `//`, `..`, case, trailing dots) can reach a handler other than by its own template. Only a
parameter that its route's record names (`slashes`) may run over several segments.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from brokerbook.api.http import unquoted
from brokerbook.errors import MethodNotAllowed, RouteNotFound

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from brokerbook.api.http import Request

JSON_TYPE = b"application/json"
JSON_PATCH_TYPE = b"application/json-patch+json"


NOTHING: Any = type(None)
"""In `Route.answers`: an answer without a body."""


@dataclass(frozen=True, slots=True)
class Route:
    """One operation of the API. `open` is the only way past authentication, and is said here and nowhere else."""

    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
    template: str
    """The path with `{name}` for one segment, such as `/api/v1/services/messagingServices/{id}`."""
    handler: Callable[[Request], Any]
    """Takes the request; returns a Response, or an awaitable of one."""
    summary: str
    open: bool = False
    consumes: bytes | None = None
    """The media type of the body, if it reads one."""
    body: Any = None
    """The type of the body, for the API's description."""
    answers: dict[int, Any] = field(default_factory=lambda: {200: None})
    """Status → type of the answer (None: any JSON), for the API's description."""
    query: tuple[str, ...] = ()
    """The query parameters that it reads."""
    produces: str = "application/json"
    kind: str = ""
    """The kind whose entities it is about. A token for some kinds only reaches no route that does not say one."""
    slashes: str = ""
    """The parameter that may hold slashes as they are, because the official client does not encode them there."""
    may_be_empty: bool = False
    """Whether an answer has no body at all while there is nothing to tell."""
    any_scope: bool = False
    """Whether it is reached with every token, whatever that is limited to."""


class _Node:
    __slots__ = ("goes_on", "literal", "parameter", "routes")

    def __init__(self) -> None:
        self.literal: dict[bytes, _Node] = {}
        self.parameter: _Node | None = None
        self.goes_on = False  # whether what follows may still be of the parameter that led here
        self.routes: dict[str, tuple[Route, tuple[tuple[int, str], ...]]] = {}


class Router:
    """Finds the route of a request; the same table serves the API's description, the metrics and the tests."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self.routes = tuple(routes)
        self._root = _Node()
        self._literal: dict[bytes, _Node] = {}
        for route in self.routes:
            self._add(route)

    def _add(self, route: Route) -> None:
        node = self._root
        names: list[tuple[int, str]] = []
        for position, segment in enumerate(route.template.split("/")):
            if segment.startswith("{"):
                names.append((position, segment[1:-1]))
                node.parameter = node = node.parameter or _Node()
                node.goes_on = node.goes_on or segment[1:-1] == route.slashes
            else:
                node = node.literal.setdefault(segment.encode(), _Node())
            if not names:
                self._literal["/".join(route.template.split("/")[: position + 1]).encode()] = node
        if route.method in node.routes:
            raise ValueError(f"two routes for {route.method} {route.template}")
        node.routes[route.method] = (route, tuple(names))

    def match(self, method: str, raw_path: bytes) -> tuple[Route, dict[str, str]]:
        """The route and its decoded parameters. Raises RouteNotFound, or MethodNotAllowed with what is allowed.

        One slash at the end is tolerated. A literal segment wins over a parameter unless only the latter knows the
        method (`GET …/restore` asks for the entity called `restore`, as on the real server).
        """
        segments = raw_path.split(b"/")
        if not segments[-1] and len(segments) > 2:
            segments.pop()
        found = self._reached(raw_path, segments)
        wanted = "GET" if method == "HEAD" else method
        for node in found:
            if (hit := node.routes.get(wanted)) is not None:
                route, names = hit
                if route.slashes:
                    return route, _values(route, names, segments)
                return route, {name: unquoted(segments[position]) for position, name in names}
        allowed = sorted({known for node in found for known in node.routes})
        if not allowed:
            raise RouteNotFound
        raise MethodNotAllowed(tuple(["HEAD", *allowed] if "GET" in allowed else allowed))

    def _reached(self, raw_path: bytes, segments: list[bytes]) -> list[_Node]:
        """Where a path leads: most lead through literals alone to their last segment, which one look-up tells."""
        above, last = self._literal.get(raw_path.rpartition(b"/")[0]), segments[-1]
        if above is None or not last or raw_path.endswith(b"/"):
            return self._walk(segments)
        literal = above.literal.get(last)
        return [node for node in (literal, above.parameter) if node is not None]

    def _walk(self, segments: list[bytes]) -> list[_Node]:
        nodes = [self._root]
        for segment in segments:
            reached: list[_Node] = []
            for node in nodes:
                if (literal := node.literal.get(segment)) is not None:
                    reached.append(literal)
                if node.parameter is not None and segment:
                    reached.append(node.parameter)
                if node.goes_on and segment:
                    reached.append(node)
            nodes = reached
        return nodes


def _values(route: Route, names: tuple[tuple[int, str], ...], segments: list[bytes]) -> dict[str, str]:
    """The parameters of a route of which one may have taken more segments than its own."""
    more = len(segments) - route.template.count("/") - 1
    found: dict[str, str] = {}
    moved = 0
    for position, name in names:
        first = position + moved
        if name == route.slashes:
            moved = more
        found[name] = "/".join(unquoted(segment) for segment in segments[first : position + moved + 1])
    return found
