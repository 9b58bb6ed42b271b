"""What conditions may ask for: the caller, the entity that he wants to do something to, and how a policy came to him."""

from __future__ import annotations

from typing import NamedTuple, Protocol


class Caller(Protocol):
    """Who asks; teams are his own and all above them, roles those that come with teams too."""

    @property
    def id(self) -> str: ...
    @property
    def team_ids(self) -> frozenset[str]: ...
    @property
    def team_names(self) -> frozenset[str]: ...
    @property
    def role_names(self) -> frozenset[str]: ...
    @property
    def domain_ids(self) -> frozenset[str]: ...


class Service(NamedTuple):
    """The messaging service that an entity is or belongs to."""

    name: str
    type: str
    tag_fqns: frozenset[str]


class Facts(Protocol):
    """What may be asked about an entity, or about the one to be made; each is looked up when it is asked for.

    Inherited references and the tags that terms bring along count, and a domain is among its own domains.
    """

    @property
    def kind(self) -> str: ...
    @property
    def id(self) -> str | None: ...
    @property
    def fqn(self) -> str: ...
    @property
    def owner_ids(self) -> frozenset[str]: ...
    @property
    def owner_team_ids(self) -> frozenset[str]:
        """The teams that own it, and the teams of the users who own it."""
        ...

    @property
    def reviewer_ids(self) -> frozenset[str]: ...
    @property
    def domain_ids(self) -> frozenset[str]: ...
    @property
    def tag_fqns(self) -> frozenset[str]: ...
    @property
    def is_admin_user(self) -> bool: ...
    @property
    def service(self) -> Service | None: ...


class Attachment(Protocol):
    """How a policy came to the caller: the team that it is attached to, if not through a role; that team and all below."""

    @property
    def team_id(self) -> str | None: ...
    @property
    def below(self) -> frozenset[str]: ...
