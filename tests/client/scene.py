"""The clients that steps use, and the first entities: people, a team, tags and domains that services refer to."""

# pyright: reportMissingImports=false, reportAttributeAccessIssue=false, reportUntypedBaseClass=false

from __future__ import annotations

from metadata.generated.schema.api.classification.createClassification import CreateClassificationRequest
from metadata.generated.schema.api.classification.createTag import CreateTagRequest
from metadata.generated.schema.api.data.createCustomProperty import CreateCustomPropertyRequest
from metadata.generated.schema.api.domains.createDataProduct import CreateDataProductRequest
from metadata.generated.schema.api.domains.createDomain import CreateDomainRequest
from metadata.generated.schema.api.teams.createTeam import CreateTeamRequest
from metadata.generated.schema.api.teams.createUser import CreateUserRequest
from metadata.generated.schema.entity.classification.classification import Classification
from metadata.generated.schema.entity.classification.tag import Tag
from metadata.generated.schema.entity.domains.dataProduct import DataProduct
from metadata.generated.schema.entity.domains.domain import Domain
from metadata.generated.schema.entity.services.messagingService import MessagingService
from metadata.generated.schema.entity.teams.team import Team
from metadata.generated.schema.entity.teams.user import User
from metadata.generated.schema.type.basic import EntityExtension
from metadata.generated.schema.type.entityReference import EntityReference
from metadata.ingestion.models.custom_properties import CustomPropertyDataTypes, OMetaCustomProperties
from metadata.sdk.entities.base import BaseEntity
from steps import connect, names_of, refused, same, some, step, text


class Scene:
    """What the steps share: a client for the bot, one for the administrator, and the entities that others refer to."""

    def __init__(self, url: str, bot_token: str, admin_token: str) -> None:
        self.url = url
        with step("the constructor accepts the server's version"):
            self.bot = connect(url, bot_token)
            self.admin = connect(url, admin_token)
        BaseEntity.use_client(self.admin)

    def first(self) -> None:
        """What a client does before anything else, and what a stranger gets."""
        with step("health_check, get_server_version"):
            some(self.bot.health_check())
            same(text(self.bot.get_server_version())[:3], "2.0")
        with step("a token that was not made here: 401"):
            stranger = connect(self.url, "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZG1pbiJ9.")
            refused(401, lambda: stranger.get_by_name(MessagingService, "kafka"))
        with step("a service that is not there: None, or 404 where asked"):
            same(self.admin.get_by_name(MessagingService, "nobody"), None)
            same(self.admin.get_by_id(MessagingService, "00000000-0000-4000-8000-000000000000"), None)
            same(self.admin.get_by_name(MessagingService, "nobody", fields=["*"]), None)
            refused(404, lambda: self.admin.get_by_name(MessagingService, "nobody", nullable=False))
            same(self.admin.get_entity_reference(MessagingService, "nobody"), None)

    def others(self) -> None:
        """The kinds that a service refers to."""
        admin = self.admin
        with step("users: create, create_or_update, get"):
            amy = admin.create(CreateUserRequest(name="amy", email="amy@example.com"))
            again = admin.create_or_update(CreateUserRequest(name="amy", email="amy@example.com", displayName="Amy"))
            same((again.id, again.displayName), (amy.id, "Amy"))
            refused(409, lambda: admin.create(CreateUserRequest(name="amy", email="amy@example.com")))
            same(admin.get_by_id(User, amy.id).email.root, "amy@example.com")
        with step("teams: create, create_or_update, get with members"):
            team = admin.create(CreateTeamRequest(name="data", teamType="Group", users=[amy.id.root]))
            admin.create_or_update(CreateTeamRequest(name="data", teamType="Group", description="Data"))
            same(names_of(admin.get_by_name(Team, "data", fields=["users"]).users), ["amy"])
            same(names_of(admin.get_by_name(User, "amy", fields=["teams"]).teams), ["data"])
        with step("classifications, tags: create, create_or_update, get"):
            admin.create(CreateClassificationRequest(name="Rank", description="How dear it is"))
            for name in ("Gold", "Silver", "Tin"):
                admin.create(CreateTagRequest(classification="Rank", name=name, description=name))
            changed = CreateTagRequest(classification="Rank", name="Gold", description="Dearest")
            same(text(admin.create_or_update(changed).fullyQualifiedName), "Rank.Gold")
            same(text(admin.get_by_name(Tag, "Rank.Gold").description), "Dearest")
            same(text(admin.get_by_name(Classification, "Rank").name), "Rank")
        with step("domains, data products: create, create_or_update, get"):
            for name in ("Sales", "Stock"):
                admin.create(CreateDomainRequest(name=name, domainType="Aggregate", description=name))
            admin.create_or_update(CreateDomainRequest(name="Sales", domainType="Aggregate", description="Sold"))
            admin.create(CreateDataProductRequest(name="Orders", description="Orders", domains=["Sales"]))
            same(text(admin.get_by_name(Domain, "Sales").description), "Sold")
            same(names_of(admin.get_by_name(DataProduct, "Orders", fields=["domains"]).domains), ["Sales"])
        with step("custom properties: define, list, give values, patch them"):
            for name, kind in (("rows", CustomPropertyDataTypes.INTEGER), ("contact", CustomPropertyDataTypes.EMAIL)):
                asked = CreateCustomPropertyRequest(
                    name=name, description=name, propertyType=admin.get_property_type_ref(kind)
                )
                admin.create_or_update_custom_property(
                    OMetaCustomProperties(entity_type=DataProduct, createCustomPropertyRequest=asked)
                )
            defined = some(admin.get_entity_custom_properties(DataProduct))
            same([each["name"] for each in defined], ["contact", "rows"])
            admin.create_or_update(
                CreateDataProductRequest(name="Orders", description="Orders", domains=["Sales"], extension={"rows": 7})
            )
            source = some(admin.get_by_name(DataProduct, "Orders", fields=["extension"]))
            same(source.extension.root, {"rows": 7})
            changed = source.model_copy(deep=True)
            changed.extension = EntityExtension({"rows": 8, "contact": "amy@example.com"})
            some(admin.patch(DataProduct, source, changed))
            now = some(admin.get_by_name(DataProduct, "Orders", fields=["extension"]))
            same(now.extension.root, changed.extension.root)
        self.amy = EntityReference(id=amy.id, type="user")
        self.ben = EntityReference(
            id=admin.create(CreateUserRequest(name="ben", email="b@example.com")).id, type="user"
        )
        self.team = EntityReference(id=team.id, type="team")
        self.domains = {
            name: EntityReference(id=admin.get_by_name(Domain, name).id, type="domain") for name in ("Sales", "Stock")
        }
