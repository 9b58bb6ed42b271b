"""What a token is limited to beyond what its user may do. Pure.

A scope only takes away. Which routes it leaves is decided before a handler runs (`check_route`): what a route's record
does not say is refused. Which entities it leaves is decided where rights are (`policy.check`, `policy.visible`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from brokerbook import names
from brokerbook.access.policy import principal
from brokerbook.access.predicates import InService
from brokerbook.errors import CatalogError, NotAuthorized

if TYPE_CHECKING:
    from brokerbook.access.actor import Actor
    from brokerbook.access.predicates import Predicate

IN_SERVICES = frozenset({"messagingService", "topic", "ingestionPipeline"})
"""The kinds that a limit to services leaves: the services themselves, and what lies in them."""


class _Stored(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A scope as it is stored; the wire has the same words."""

    readOnly: bool = False
    kinds: list[str] | None = None
    services: list[str] | None = None


_stored = msgspec.json.Decoder(_Stored)


@dataclass(frozen=True, slots=True)
class Scope:
    """The limits of one token; None is no limit. Services are named by their fully qualified names."""

    read_only: bool = False
    kinds: frozenset[str] | None = None
    services: frozenset[str] | None = None

    @property
    def is_partial(self) -> bool:
        """Whether it leaves a part of the catalog only."""
        return self.kinds is not None or self.services is not None

    def admits(self, kind: str) -> bool:
        """Whether it leaves entities of this kind; no kind (empty) is left by any limit to kinds or services."""
        if self.services is not None and kind not in IN_SERVICES:
            return False
        return self.kinds is None or kind in self.kinds

    def permits(self, kind: str, fqn: str) -> bool:
        """Whether it leaves this entity; whether it may be changed, the route has decided."""
        return self.admits(kind) and (self.services is None or service_of(fqn) in self.services)

    def predicate(self, kind: str) -> Predicate:
        """The entities of a kind that it leaves, for lists."""
        if not self.admits(kind):
            return False
        return True if self.services is None else InService("fqn", self.services)

    def without(self, service: str) -> Scope | None:
        """The scope once a service is gone for good; None if it would leave nothing."""
        left = None if self.services is None else self.services - {service}
        return Scope(self.read_only, self.kinds, left) if left is None or left else None

    def limits(self) -> list[str]:
        """Its limits in words, for people."""
        words = ["read only"] if self.read_only else []
        if self.kinds is not None:
            words.append(f"the kinds {', '.join(sorted(self.kinds))}")
        if self.services is not None:
            words.append(f"the services {', '.join(sorted(self.services))}")
        return words

    def text(self) -> str:
        """The scope as it is stored; `parsed` reads it."""
        kinds, services = (None if some is None else sorted(some) for some in (self.kinds, self.services))
        return msgspec.json.encode(_Stored(self.read_only, kinds, services)).decode()


NOTHING = Scope(read_only=True, kinds=frozenset(), services=frozenset())
"""The scope of a token that reaches nothing."""


def parsed(text: str) -> Scope:
    """A stored scope. One that cannot be read raises ValueError: it must not pass for no limit."""
    try:
        said = _stored.decode(text)
    except msgspec.MsgspecError as error:
        raise ValueError(str(error)) from error
    kinds, services = (None if some is None else frozenset(some) for some in (said.kinds, said.services))
    return Scope(said.readOnly, kinds, services)


def service_of(fqn: str) -> str:
    """The fully qualified name of the service that an entity is or lies in; empty if the name cannot be read."""
    try:
        return names.quoted(names.split(fqn)[0])
    except CatalogError:
        return ""


def check_route(actor: Actor, scope: Scope, method: str, kind: str) -> None:
    """Refuses a route (its own method, and the kind that its record names, if any) that the caller's token is not for."""
    if scope.read_only and method != "GET":
        raise NotAuthorized(f"{principal(actor)} uses a token that may only read")
    if (scope.kinds is not None or scope.services is not None) and not (kind and scope.admits(kind)):
        left = " and ".join(Scope(kinds=scope.kinds, services=scope.services).limits())
        raise NotAuthorized(f"{principal(actor)} uses a token that is only for {left}")


def check_kind(actor: Actor, kind: str, why: str) -> None:
    """Refuses what changes entities of a kind by the way, if the caller's token leaves out any of them."""
    limit = actor.scope
    if limit is not None and (limit.services is not None or not limit.admits(kind)):
        raise NotAuthorized(f"{principal(actor)} uses a token that is not for every {kind}: {why}")
