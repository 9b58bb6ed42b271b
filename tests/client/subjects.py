"""The kinds beside services: the client's class for each, its facade in the SDK, and the smallest request that makes one."""

# pyright: reportMissingImports=false, reportUntypedBaseClass=false

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from metadata.generated.schema.api.classification.createClassification import CreateClassificationRequest
from metadata.generated.schema.api.classification.createTag import CreateTagRequest
from metadata.generated.schema.api.createBot import CreateBot
from metadata.generated.schema.api.data.createGlossary import CreateGlossaryRequest
from metadata.generated.schema.api.data.createGlossaryTerm import CreateGlossaryTermRequest
from metadata.generated.schema.api.domains.createDataProduct import CreateDataProductRequest
from metadata.generated.schema.api.domains.createDomain import CreateDomainRequest
from metadata.generated.schema.api.policies.createPolicy import CreatePolicyRequest
from metadata.generated.schema.api.services.createMessagingService import CreateMessagingServiceRequest
from metadata.generated.schema.api.teams.createRole import CreateRoleRequest
from metadata.generated.schema.api.teams.createTeam import CreateTeamRequest
from metadata.generated.schema.api.teams.createUser import CreateUserRequest
from metadata.generated.schema.entity.bot import Bot
from metadata.generated.schema.entity.classification.classification import Classification
from metadata.generated.schema.entity.classification.tag import Tag
from metadata.generated.schema.entity.data.glossary import Glossary
from metadata.generated.schema.entity.data.glossaryTerm import GlossaryTerm
from metadata.generated.schema.entity.domains.dataProduct import DataProduct
from metadata.generated.schema.entity.domains.domain import Domain
from metadata.generated.schema.entity.policies.policy import Policy
from metadata.generated.schema.entity.teams.role import Role
from metadata.generated.schema.entity.teams.team import Team
from metadata.generated.schema.entity.teams.user import User
from metadata.generated.schema.events.api.createEventSubscription import CreateEventSubscription
from metadata.generated.schema.events.eventSubscription import EventSubscription
from metadata.sdk import Classifications, DataProducts, Domains, Glossaries, GlossaryTerms, Tags, Teams, Users
from metadata.sdk.entities.base import BaseEntity

if TYPE_CHECKING:
    from collections.abc import Callable


class Roles(BaseEntity[Role, CreateRoleRequest]):
    """The SDK's facade for roles; the client has none of its own."""

    @classmethod
    def entity_type(cls) -> type[Role]:
        """The entity that the facade is for."""
        return Role


class Policies(BaseEntity[Policy, CreatePolicyRequest]):
    """The SDK's facade for policies; the client has none of its own."""

    @classmethod
    def entity_type(cls) -> type[Policy]:
        """The entity that the facade is for."""
        return Policy


class Bots(BaseEntity[Bot, CreateBot]):
    """The SDK's facade for bots; the client has none of its own."""

    @classmethod
    def entity_type(cls) -> type[Bot]:
        """The entity that the facade is for."""
        return Bot


class Subscriptions(BaseEntity[EventSubscription, CreateEventSubscription]):
    """The SDK's facade for event subscriptions; the client has none of its own."""

    @classmethod
    def entity_type(cls) -> type[EventSubscription]:
        """The entity that the facade is for."""
        return EventSubscription


class Subject(NamedTuple):
    """One kind."""

    entity: Any
    facade: Any
    ask: Callable[..., Any]
    """From a name, and more of the request, the request for an entity."""
    above: str = ""
    """The fully qualified name of what its entities lie below."""
    renames: bool = True
    """Whether a patch may change the name; otherwise the name is silently put back."""
    single: bool = False
    """Whether its requests differ in more than the name, so that no second one can be made as the first was."""

    @property
    def thing(self) -> str:
        """What one of its entities is called."""
        return self.entity.__name__

    def fqn(self, name: str) -> str:
        """The fully qualified name of the entity with that name."""
        return f"{self.above}.{name}" if self.above else name

    def has(self, field: str) -> bool:
        """Whether the client knows that field of its entities."""
        return field in self.entity.model_fields

    @property
    def fields(self) -> list[str]:
        """Every field that may be asked for; how a user proves himself may not."""
        found = [field.alias or name for name, field in self.entity.model_fields.items()]
        return [name for name in found if name != "authenticationMechanism"]


def user(name: str, **more: Any) -> CreateUserRequest:
    """A request for a person."""
    return CreateUserRequest(name=name, email=f"{name}@example.com", **more)


def bot_user(name: str, **more: Any) -> CreateUserRequest:
    """A request for a bot's user with a token."""
    mechanism = {"authType": "JWT", "config": {"JWTTokenExpiry": "30"}}
    return user(name, isBot=True, authenticationMechanism=mechanism, **more)


def team(name: str, **more: Any) -> CreateTeamRequest:
    """A request for a team, of persons unless said otherwise."""
    return CreateTeamRequest(**{"name": name, "teamType": "Group"} | more)


def role(name: str, **more: Any) -> CreateRoleRequest:
    """A request for a role."""
    return CreateRoleRequest(**{"name": name, "policies": ["DataConsumerPolicy"]} | more)


def rule(name: str, **more: Any) -> dict[str, Any]:
    """A rule of a policy, which allows to view topics."""
    return {"name": name, "effect": "allow", "operations": ["ViewAll"], "resources": ["topic"]} | more


def policy(name: str, **more: Any) -> CreatePolicyRequest:
    """A request for a policy."""
    return CreatePolicyRequest(**{"name": name, "rules": [rule("see")]} | more)


def bot(name: str, **more: Any) -> CreateBot:
    """A request for a bot, whose user is there already."""
    return CreateBot(name=name, botUser="bots-user", **more)


def domain(name: str, **more: Any) -> CreateDomainRequest:
    """A request for a domain."""
    return CreateDomainRequest(**{"name": name, "domainType": "Aggregate", "description": name} | more)


def data_product(name: str, **more: Any) -> CreateDataProductRequest:
    """A request for a data product."""
    return CreateDataProductRequest(**{"name": name, "description": name, "domains": ["Sales"]} | more)


def classification(name: str, **more: Any) -> CreateClassificationRequest:
    """A request for a classification."""
    return CreateClassificationRequest(**{"name": name, "description": name} | more)


def tag(name: str, **more: Any) -> CreateTagRequest:
    """A request for a tag."""
    return CreateTagRequest(**{"name": name, "description": name, "classification": "Rank"} | more)


def glossary(name: str, **more: Any) -> CreateGlossaryRequest:
    """A request for a glossary."""
    return CreateGlossaryRequest(**{"name": name, "description": name} | more)


def glossary_term(name: str, **more: Any) -> CreateGlossaryTermRequest:
    """A request for a term."""
    return CreateGlossaryTermRequest(**{"name": name, "description": name, "glossary": "Trade"} | more)


def subscription(name: str, **more: Any) -> CreateEventSubscription:
    """A request for a subscription to what happens to services."""
    return CreateEventSubscription(
        **{"name": name, "alertType": "Notification", "resources": ["messagingService"]} | more
    )


SUBJECTS = (
    Subject(User, Users, user),
    Subject(Team, Teams, team),
    Subject(Role, Roles, role, renames=False),
    Subject(Policy, Policies, policy, renames=False),
    Subject(Bot, Bots, bot, renames=False, single=True),
    Subject(Domain, Domains, domain),
    Subject(DataProduct, DataProducts, data_product),
    Subject(Classification, Classifications, classification),
    Subject(Tag, Tags, tag, above="Rank"),
    Subject(Glossary, Glossaries, glossary),
    Subject(GlossaryTerm, GlossaryTerms, glossary_term, above="Trade"),
    Subject(EventSubscription, Subscriptions, subscription, renames=False),
)


def service(name: str, **more: Any) -> CreateMessagingServiceRequest:
    """A request for a Kafka service without a connection."""
    return CreateMessagingServiceRequest(name=name, serviceType="Kafka", **more)
