"""All that happens to a messaging service of one type, from its creation to its end."""

# pyright: reportMissingImports=false, reportAttributeAccessIssue=false, reportUntypedBaseClass=false

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from connections import CONNECTIONS, MASK
from metadata.generated.schema.api.services.createMessagingService import CreateMessagingServiceRequest
from metadata.generated.schema.entity.services.messagingService import MessagingService
from metadata.ingestion.ometa.mixins.patch_mixin_utils import PatchOperation
from metadata.sdk.entities.base import BaseEntity
from steps import (
    awaited,
    label,
    labels_of,
    names_of,
    plain,
    references,
    refused,
    same,
    secrets_of,
    some,
    step,
    text,
    version_of,
)

if TYPE_CHECKING:
    import contextlib

    from metadata.generated.schema.type.entityReference import EntityReference
    from scene import Scene

LINKS = ["owners", "domains", "dataProducts", "followers", "tags"]


class Services(BaseEntity[MessagingService, CreateMessagingServiceRequest]):
    """The SDK's facade for messaging services; the client has none of its own."""

    @classmethod
    def entity_type(cls) -> type[MessagingService]:
        """The entity that the facade is for."""
        return MessagingService


class Lifecycle:
    """All that happens to a service of one type, from its creation to its end."""

    def __init__(self, scene: Scene, service_type: str) -> None:
        self.scene = scene
        self.bot, self.admin = scene.bot, scene.admin
        self.type = service_type
        self.name = f"orders-{service_type}"
        self.config, self.secret_count = CONNECTIONS[service_type]

    def run(self) -> None:
        """The steps, in order."""
        self.create()
        self.read()
        if self.secret_count:
            self.secrets()
        self.describe()
        self.tag()
        self.own()
        self.move()
        self.match()
        self.versions()
        self.follow()
        self.delete()

    def step(self, words: str) -> contextlib.AbstractContextManager[None]:
        """A step with the type before it."""
        return step(f"{self.type}: {words}")

    def asked(self, config: dict[str, Any], **more: Any) -> CreateMessagingServiceRequest:
        """A request for the service."""
        return CreateMessagingServiceRequest(
            name=self.name, serviceType=self.type, connection={"config": config}, **more
        )

    def now(self, *fields: str, client: Any = None) -> Any:
        """The service as it is."""
        return some((client or self.admin).get_by_name(MessagingService, self.name, fields=list(fields)))

    def create(self) -> None:
        """By the bot, as ingestion does."""
        with self.step("create_or_update, twice"):
            made = self.bot.create_or_update(self.asked(self.config, description="All orders"))
            same((text(made.name), made.serviceType.value, version_of(made)), (self.name, self.type, 0.1))
            again = self.bot.create_or_update(self.asked(self.config, description="All orders"))
            same((again.id, version_of(again), again.updatedAt), (made.id, 0.1, made.updatedAt))
            self.id = made.id
        with self.step("create of one that is there: 409"):
            refused(409, lambda: self.admin.create(self.asked(self.config)))
        with self.step("create with everything"):
            made = self.admin.create(
                CreateMessagingServiceRequest(
                    name=f"whole-{self.type}",
                    displayName="Whole",
                    description="# All\n\nof *it*",
                    serviceType=self.type,
                    connection={"config": self.config},
                    owners=[self.scene.amy, self.scene.ben],
                    tags=[label("Rank.Gold")],
                    domains=["Sales"],
                    dataProducts=["Orders"],
                    style={"color": "#00ff00"},
                )
            )
            same(
                (names_of(made.owners), labels_of(made), names_of(made.domains)),
                (["amy", "ben"], ["Rank.Gold"], ["Sales"]),
            )
            same((names_of(made.dataProducts), made.style.color), (["Orders"], "#00ff00"))
        with self.step("create with only a name and a type"):
            made = self.admin.create(CreateMessagingServiceRequest(name=f"bare-{self.type}", serviceType=self.type))
            same((made.connection, made.description, made.deleted), (None, None, False))

    def read(self) -> None:
        """By name and by id, with and without fields."""
        with self.step("get_by_name and get_by_id, with fields"):
            by_name, by_id = self.now(), self.admin.get_by_id(MessagingService, self.id)
            same(by_name, by_id)
            same((by_name.owners, by_name.tags, by_name.domains), (None, [], None))
            for fields in (LINKS, ["*"], ["owners"]):
                by_name, by_id = self.now(*fields), self.admin.get_by_id(MessagingService, self.id, fields=fields)
                same(by_name, by_id)
                same(by_name.owners.root, [])
            refused(400, lambda: self.now("nonsense"))
        with self.step("every property of the connection comes back"):
            found = plain(self.now(client=self.bot))
            same({name: found.get(name) for name in self.config}, self.config)
        with self.step("get_entity_reference"):
            reference = self.admin.get_entity_reference(MessagingService, self.name)
            same((text(reference.id), reference.type), (text(self.id), "messagingService"))
            some(reference.href)

    def secrets(self) -> None:
        """Masked for a person, clear for the bot, kept when the mask comes back."""
        with self.step(f"secrets ({self.secret_count}): masked for the administrator, clear for the bot"):
            clear = secrets_of(self.now(client=self.bot).connection.config)
            set_ones = {path: value for path, value in clear.items() if value.startswith("s3cret")}
            same((len(set_ones), set_ones), (self.secret_count, clear))
            masked = secrets_of(self.now().connection.config)
            same(masked, dict.fromkeys(clear, MASK))
        with self.step("a PUT with masks keeps the secrets and changes the rest"):
            changed = plain(self.now()) | {"topicFilterPattern": {"includes": ["^changed"], "excludes": []}}
            answer = self.admin.create_or_update(self.asked(changed, description="All orders"))
            same(set(secrets_of(answer.connection.config).values()), {MASK})
            found = self.now(client=self.bot).connection.config
            same((secrets_of(found), found.topicFilterPattern.includes), (clear, ["^changed"]))
        with self.step("a PATCH of something else keeps the secrets"):
            source = self.now()
            destination = source.model_copy(deep=True)
            destination.displayName = "Orders"
            some(self.admin.patch(MessagingService, source, destination, skip_on_failure=False))
            same(secrets_of(self.now(client=self.bot).connection.config), clear)
        with self.step("versions mask them for the administrator"):
            history = self.admin.get_list_entity_versions(self.id, MessagingService)
            same([version for version in history.versions if "s3cret" in version], [])

    def describe(self) -> None:
        """The description, by itself and with other changes."""
        with self.step("patch_description: only with force where there is one"):
            same(self.admin.patch_description(MessagingService, self.now(), "Ignored", skip_on_failure=False), None)
            patched = self.admin.patch_description(
                MessagingService, self.now(), "The *orders*", force=True, skip_on_failure=False
            )
            same((text(patched.description), text(self.now().description)), ("The *orders*", "The *orders*"))
        with self.step("update through the SDK's facade"):
            changed = self.now()
            changed.displayName = "Our orders"
            same(Services.update(changed).displayName, "Our orders")
            same(Services.retrieve_by_name(self.name).displayName, "Our orders")
            same(Services.retrieve(self.id).displayName, "Our orders")

    def tag(self) -> None:
        """Tags, one and several, there and away."""
        with self.step("patch_tag, patch_tags: add and remove"):
            gold, silver, tin = label("Rank.Gold"), label("Rank.Silver"), label("Rank.Tin")
            some(self.admin.patch_tag(MessagingService, self.now(), silver, skip_on_failure=False))
            same(labels_of(self.now("tags")), ["Rank.Silver"])
            some(self.admin.patch_tags(MessagingService, self.now(), [gold, tin], skip_on_failure=False))
            same(labels_of(self.now("tags")), ["Rank.Gold", "Rank.Silver", "Rank.Tin"])
            patched = self.admin.patch_tags(
                MessagingService, self.now(), [silver], operation=PatchOperation.REMOVE, skip_on_failure=False
            )
            same((labels_of(patched), labels_of(self.now("tags"))), (["Rank.Gold", "Rank.Tin"],) * 2)
            found = self.now("tags").tags[0]
            same((found.source.value, found.labelType.value, found.name), ("Classification", "Manual", "Gold"))
        with self.step("patch_tags with a tag that is not there: refused, nothing changed"):
            same(self.admin.patch_tags(MessagingService, self.now(), [label("No.Such")]), None)
            same(labels_of(self.now("tags")), ["Rank.Gold", "Rank.Tin"])

    def own(self) -> None:
        """Owners."""

        def patched(*owners: EntityReference, force: bool = True) -> list[str] | None:
            answer = self.admin.patch_owner(
                MessagingService, self.now(), references(*owners) if owners else None, force=force
            )
            return None if answer is None else names_of(answer.owners)

        with self.step("patch_owner: add, keep, replace, team instead of users, remove"):
            same(patched(self.scene.amy, force=False), ["amy"])
            same(patched(self.scene.ben, force=False), None)
            same(names_of(self.now("owners").owners), ["amy"])
            same(patched(self.scene.ben), ["ben"])
            same(patched(self.scene.amy, self.scene.ben), ["amy", "ben"])
            same(patched(self.scene.team), ["data"])
            same(self.now("owners").owners.root[0].type, "team")
            same(patched(), [])
            same(names_of(self.now("owners").owners), [])
        with self.step("patch_owner with users and a team at once: refused"):
            same(patched(self.scene.amy, self.scene.team), None)
            same(names_of(self.now("owners").owners), [])

    def move(self) -> None:
        """Domains."""
        with self.step("patch_domain: add, replace, remove"):
            for name in ("Sales", "Stock"):
                answer = self.admin.patch_domain(MessagingService, self.now(), references(self.scene.domains[name]))
                same((names_of(some(answer).domains), names_of(self.now("domains").domains)), ([name], [name]))
            same(self.admin.patch_domain(MessagingService, self.now(), references(self.scene.domains["Stock"])), None)
            some(self.admin.patch_domain(MessagingService, self.now(), None))
            same(names_of(self.now("domains").domains), [])

    def match(self) -> None:
        """Writes on condition."""
        with self.step("patch with if_match: the version of before is 412, that of now passes"):
            stale = self.now()
            self.bot.patch_description(MessagingService, stale, "By the bot", force=True, skip_on_failure=False)
            some(version_of(self.now()) > version_of(stale))
            changed = stale.model_copy(deep=True)
            changed.displayName = "Too late"
            weak = f'W/"{version_of(stale)}"'
            refused(412, lambda: self.admin.patch(MessagingService, stale, changed, if_match=weak))
            source = self.now()
            changed = source.model_copy(deep=True)
            changed.displayName = "In time"
            weak = f'W/"{version_of(source)}"'
            same(self.admin.patch(MessagingService, source, changed, if_match=weak).displayName, "In time")

    def versions(self) -> None:
        """History."""
        with self.step("get_list_entity_versions, get_entity_version"):
            history = self.admin.get_list_entity_versions(self.id, MessagingService)
            same(history.entityType, "messagingService")
            found = [MessagingService(**json.loads(version)) for version in history.versions]
            numbers = [version_of(service) for service in found]
            same(numbers, sorted(set(numbers), reverse=True))
            same((numbers[0], numbers[-1]), (version_of(self.now()), 0.1))
            for number, listed in zip(numbers, found, strict=True):
                alone = self.admin.get_entity_version(MessagingService, self.id, number)
                same(
                    (version_of(alone), alone.displayName, alone.description),
                    (number, listed.displayName, listed.description),
                )
            first = self.admin.get_entity_version(MessagingService, self.id, 0.1)
            same((text(first.description), first.displayName, first.changeDescription), ("All orders", None, None))
            same([change.name.root for change in found[0].changeDescription.fieldsUpdated], ["displayName"])
            same(len(self.admin.list_versions(self.id, MessagingService).versions), len(found))
            same(self.admin.get_entity_version(MessagingService, self.id, 9.9), None)

    def follow(self) -> None:
        """Followers, through the SDK's facade."""
        with self.step("add_followers, remove_followers"):
            amy, ben = self.scene.amy.id, self.scene.ben.id
            before = version_of(self.now())
            same(names_of(Services.add_followers(self.id, [amy, ben]).followers), ["amy", "ben"])
            same(names_of(Services.add_followers(self.id, [ben]).followers), ["amy", "ben"])
            same(names_of(Services.remove_followers(self.id, [amy]).followers), ["ben"])
            same(names_of(self.now("followers").followers), ["ben"])
            same(version_of(self.now()), before)

    def delete(self) -> None:
        """Away, back, away for good."""

        def deleted() -> Any:
            return self.admin.get_by_name(MessagingService, self.name, fields=["owners"], include="deleted")

        with self.step("delete (soft), get with include=deleted, restore"):
            clear = plain(self.now(client=self.bot))
            self.admin.delete(MessagingService, self.id)
            same(self.admin.get_by_id(MessagingService, self.id), None)
            same((deleted().id, deleted().deleted), (self.id, True))
            gone = self.admin.list_entities(MessagingService, include="deleted").entities
            same([text(service.name) for service in gone], [self.name])
            same(self.admin.restore(MessagingService, self.id).deleted, wanted=False)
            same((deleted(), labels_of(self.now("tags"))), (None, ["Rank.Gold", "Rank.Tin"]))
            same((plain(self.now(client=self.bot)), names_of(self.now("followers").followers)), (clear, ["ben"]))
        with self.step("restore of one that is not deleted: refused"):
            same(self.admin.restore(MessagingService, self.id), None)
            refused(400, lambda: self.admin.restore_async(MessagingService, self.id))
        with self.step("delete_async, restore_async"):
            some(self.admin.delete_async(MessagingService, self.id)["jobId"])
            awaited(deleted)
            some(self.admin.restore_async(MessagingService, self.id)["jobId"])
            awaited(lambda: self.admin.get_by_id(MessagingService, self.id))
            some(self.admin.delete_async(MessagingService, self.id)["jobId"])
            awaited(deleted)
            some(Services.restore_request(self.id).with_async().execute().job_id)
            awaited(lambda: self.admin.get_by_id(MessagingService, self.id))
        with self.step("a PUT on a deleted service brings it back"):
            Services.delete(self.id)
            same(self.bot.create_or_update(self.asked(self.config)).id, self.id)
            same(self.now().deleted, wanted=False)
        with self.step("delete (hard): nothing is left"):
            self.admin.delete(MessagingService, self.id, recursive=True, hard_delete=True)
            same(self.admin.get_by_name(MessagingService, self.name, fields=["owners"], include="all"), None)
            refused(404, lambda: self.admin.get_list_entity_versions(self.id, MessagingService))
            refused(404, lambda: self.admin.delete(MessagingService, self.id))
            again = self.admin.create(self.asked(self.config))
            same((again.id == self.id, version_of(again)), (False, 0.1))
