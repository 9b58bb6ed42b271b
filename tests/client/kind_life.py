"""All that happens to an entity of one kind, whichever it is, from its creation to its end."""

# pyright: reportMissingImports=false, reportAttributeAccessIssue=false

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from metadata.generated.schema.type.entityReferenceList import EntityReferenceList
from metadata.ingestion.ometa.mixins.patch_mixin_utils import PatchOperation
from steps import awaited, label, labels_of, names_of, references, refused, same, some, step, text, version_of
from subjects import bot_user, glossary

if TYPE_CHECKING:
    import contextlib

    from scene import Scene
    from subjects import Subject

NOBODY = "00000000-0000-4000-8000-000000000000"
PEOPLE = ("owners", "reviewers", "experts")


def prepare(scene: Scene) -> None:
    """What entities of these kinds need before them."""
    with step("a bot's user, and a glossary"):
        made = scene.admin.create(bot_user("bots-user"))
        same((made.isBot, made.authenticationMechanism.authType.value), (True, "JWT"))
        scene.admin.create(glossary("Trade"))


class KindLife:
    """The life of one entity; steps that a kind has not the fields for are left out."""

    def __init__(self, scene: Scene, subject: Subject) -> None:
        self.scene, self.subject = scene, subject
        self.admin = scene.admin
        self.entity, self.facade = subject.entity, subject.facade
        self.name = "first"

    def run(self) -> None:
        """The steps, in order."""
        self.create()
        self.read()
        self.lists()
        self.describe()
        for field in PEOPLE:
            if self.subject.has(field):
                self.people(field)
        if self.subject.has("tags"):
            self.tag()
        if self.subject.has("domains"):
            self.move()
        if self.subject.has("followers"):
            self.follow()
        self.rename()
        self.versions()
        if self.subject.has("deleted"):
            self.delete_softly()
        self.delete()

    def step(self, words: str) -> contextlib.AbstractContextManager[None]:
        """A step with the kind before it."""
        return step(f"{self.subject.thing}: {words}")

    def now(self, *fields: str) -> Any:
        """The entity as it is."""
        return some(self.admin.get_by_id(self.entity, self.id, fields=list(fields)))

    def create(self) -> None:
        """With POST and with PUT."""
        ask = self.subject.ask
        with self.step("create, create_or_update"):
            made = self.admin.create(ask(self.name))
            self.id = made.id
            same((text(made.name), text(made.fullyQualifiedName)), (self.name, self.subject.fqn(self.name)))
            same((type(made), version_of(made), text(made.updatedBy)), (self.entity, 0.1, "admin"))
            again = self.admin.create_or_update(ask(self.name))
            same((again.id, version_of(again), again.updatedAt), (made.id, 0.1, made.updatedAt))
            changed = self.admin.create_or_update(ask(self.name, displayName="The first"))
            same((changed.id, changed.displayName, version_of(changed)), (made.id, "The first", 0.2))
            refused(409, lambda: self.admin.create(ask(self.name)))
        with self.step("bulk_create_or_update: some new, one that is there, again, and with changes"):
            names = [self.name] if self.subject.single else [self.name, "second", "third"]
            for more in ({}, {}, {"description": "Changed"}):
                result = self.admin.bulk_create_or_update([ask(name, **more) for name in names])
                same((result.status.value, result.numberOfRowsProcessed.root), ("success", len(names)))
                same(len(result.successRequest), len(names))
            found = some(self.admin.get_by_name(self.entity, self.subject.fqn(names[-1])))
            same(text(found.description), "Changed")
        with self.step("create through the SDK's facade"):
            same(self.facade.create(ask(self.name, displayName="The very first")).displayName, "The very first")

    def read(self) -> None:
        """By name and by id, with every field."""
        name = self.subject.fqn(self.name)
        with self.step("get_by_name, get_by_id, and with fields=*"):
            for fields in ([], ["*"], self.subject.fields):
                found = some(self.admin.get_by_name(self.entity, name, fields=fields))
                same(self.admin.get_by_id(self.entity, self.id, fields=fields), found)
                same(self.facade.retrieve(self.id, fields=fields), found)
                same(self.facade.retrieve_by_name(name, fields=fields), found)
            same(self.scene.bot.get_by_name(self.entity, name, fields=["*"]).id, self.id)
        with self.step("each field alone"):
            for field in self.subject.fields:
                same(some(self.admin.get_by_name(self.entity, name, fields=[field])).id, self.id)
            refused(400, lambda: self.admin.get_by_name(self.entity, name, fields=["nonsense"]))
        with self.step("one that is not there: None, or 404 where asked"):
            missing = self.subject.fqn("nobody")
            same(
                (self.admin.get_by_name(self.entity, missing), self.admin.get_by_id(self.entity, NOBODY)), (None, None)
            )
            same(self.admin.get_entity_reference(self.entity, missing), None)
            refused(404, lambda: self.admin.get_by_name(self.entity, missing, nullable=False))
        with self.step("get_entity_reference"):
            found = self.admin.get_entity_reference(self.entity, name)
            same((found.id, text(found.fullyQualifiedName)), (self.id, name))
            some(found.href)

    def lists(self) -> None:
        """Pages, with every field."""
        with self.step("list_entities, list_all_entities with pages of 1, 2 and 100"):
            page = self.admin.list_entities(self.entity, fields=self.subject.fields, limit=1000)
            wanted = [entity.id for entity in page.entities]
            same((page.total, self.id in wanted, page.after), (len(wanted), True, None))
            for limit in (1, 2, 100):
                found = self.admin.list_all_entities(self.entity, fields=["*"], limit=limit)
                same([entity.id for entity in found], wanted)
        with self.step("list and list_all through the SDK's facade"):
            page = self.facade.list(limit=1, fields=["*"])
            same([entity.id for entity in page.entities], wanted[:1])
            if page.after:
                same([entity.id for entity in self.facade.list(limit=1, after=page.after).entities], wanted[1:2])
            same([entity.id for entity in self.facade.list_all(batch_size=7, fields=self.subject.fields)], wanted)

    def describe(self) -> None:
        """The description and the display name."""
        with self.step("patch_description, patch of the display name, update through the SDK's facade"):
            patched = self.admin.patch_description(
                self.entity, self.now(), "Said *so*", force=True, skip_on_failure=False
            )
            same((text(patched.description), text(self.now().description)), ("Said *so*", "Said *so*"))
            same(self.admin.patch_description(self.entity, self.now(), "Ignored", skip_on_failure=False), None)
            source = self.now()
            changed = source.model_copy(deep=True)
            changed.displayName = "One"
            same(self.admin.patch(self.entity, source, changed, skip_on_failure=False).displayName, "One")
            changed = self.now()
            changed.displayName = "Another"
            same((self.facade.update(changed).displayName, self.now().displayName), ("Another", "Another"))
        with self.step("patch with if_match: the version of before is 412, that of now passes"):
            stale = self.now()
            self.scene.bot.patch_description(self.entity, stale, "By the bot", force=True, skip_on_failure=False)
            changed = stale.model_copy(deep=True)
            changed.displayName = "Late"
            weak = f'W/"{version_of(stale)}"'
            refused(412, lambda: self.admin.patch(self.entity, stale, changed, if_match=weak))
            source = self.now()
            changed = source.model_copy(deep=True)
            changed.displayName = "In time"
            weak = f'W/"{version_of(source)}"'
            same(self.admin.patch(self.entity, source, changed, if_match=weak).displayName, "In time")

    def patched(self, field: str, *found: Any) -> list[str]:
        """The names in a list of references, as an answer and a later read show it, after a patch has set it."""
        source = self.now(field)
        changed = source.model_copy(deep=True)
        setattr(changed, field, EntityReferenceList(list(found)))
        answer = self.admin.patch(self.entity, source, changed, skip_on_failure=False)
        same(names_of(getattr(self.now(field), field)), names_of(getattr(answer, field)))
        return names_of(getattr(answer, field))

    def people(self, field: str) -> None:
        """Owners, reviewers or experts."""
        amy, ben, team = self.scene.amy, self.scene.ben, self.scene.team
        with self.step(f"patch of {field}: add, add one, remove one, remove all"):
            same(self.patched(field, amy), ["amy"])
            same(self.patched(field, amy, ben), ["amy", "ben"])
            same(self.patched(field, ben), ["ben"])
            same(self.patched(field), [])
        if field != "owners":
            return
        with self.step("patch_owner: add, keep, replace, team instead of users, remove"):
            for owners, wanted in (
                ((amy,), ["amy"]),
                ((ben,), ["ben"]),
                ((amy, ben), ["amy", "ben"]),
                ((team,), ["data"]),
            ):
                answer = some(self.admin.patch_owner(self.entity, self.now(), references(*owners), force=True))
                same((names_of(answer.owners), names_of(self.now("owners").owners)), (wanted, wanted))
            same(self.admin.patch_owner(self.entity, self.now(), references(amy)), None)
            some(self.admin.patch_owner(self.entity, self.now(), None, force=True))
            same(names_of(self.now("owners").owners), [])

    def tag(self) -> None:
        """Tags, one and several, there and away."""
        gold, silver = label("Rank.Gold"), label("Rank.Silver")
        with self.step("patch_tag, patch_tags: add and remove"):
            some(self.admin.patch_tag(self.entity, self.now(), silver, skip_on_failure=False))
            same(labels_of(self.now("tags")), ["Rank.Silver"])
            some(self.admin.patch_tags(self.entity, self.now(), [gold], skip_on_failure=False))
            same(labels_of(self.now("tags")), ["Rank.Gold", "Rank.Silver"])
            for away, left in ((silver, ["Rank.Gold"]), (gold, [])):
                answer = self.admin.patch_tags(
                    self.entity, self.now(), [away], operation=PatchOperation.REMOVE, skip_on_failure=False
                )
                same((labels_of(some(answer)), labels_of(self.now("tags"))), (left, left))

    def move(self) -> None:
        """Domains."""
        sales, stock = self.scene.domains["Sales"], self.scene.domains["Stock"]
        with self.step("patch_domain: add, replace, remove"):
            had = self.now("domains").domains
            for domain, name in ((stock, "Stock"), (sales, "Sales")):
                answer = self.admin.patch_domain(self.entity, self.now(), references(domain))
                same((names_of(some(answer).domains), names_of(self.now("domains").domains)), ([name], [name]))
            same(self.admin.patch_domain(self.entity, self.now(), references(sales)), None)
            if not names_of(had):
                some(self.admin.patch_domain(self.entity, self.now(), None))
                same(names_of(self.now("domains").domains), [])

    def follow(self) -> None:
        """Followers, through the SDK's facade."""
        amy, ben = self.scene.amy.id, self.scene.ben.id
        with self.step("add_followers, remove_followers"):
            before = version_of(self.now())
            same(names_of(self.facade.add_followers(self.id, [amy, ben]).followers), ["amy", "ben"])
            same(names_of(self.facade.remove_followers(self.id, [amy]).followers), ["ben"])
            same((names_of(self.now("followers").followers), version_of(self.now())), (["ben"], before))

    def rename(self) -> None:
        """Another name, where a patch may give one."""
        source = self.now()
        changed = source.model_copy(deep=True)
        changed.name = type(source.name)("renamed")
        if self.subject.renames:
            with self.step("rename: the new name stands, the old one is gone"):
                answer = self.admin.patch(self.entity, source, changed, skip_on_failure=False)
                old, new = self.subject.fqn(self.name), self.subject.fqn("renamed")
                self.name = "renamed"
                same((text(answer.name), text(answer.fullyQualifiedName)), (self.name, new))
                same(
                    (self.admin.get_by_name(self.entity, old), self.admin.get_by_name(self.entity, new).id),
                    (None, self.id),
                )
            with self.step("rename to a name that is taken: refused"):
                self.admin.create(self.subject.ask("taken"))
                source, changed = self.now(), self.now()
                changed.name = type(source.name)("taken")
                same((self.admin.patch(self.entity, source, changed), text(self.now().name)), (None, self.name))
        else:
            with self.step("rename: the name is put back"):
                self.admin.patch(self.entity, source, changed, skip_on_failure=False)
                same(text(self.now().name), self.name)

    def versions(self) -> None:
        """History."""
        with self.step("get_list_entity_versions, get_entity_version"):
            history = self.admin.get_list_entity_versions(self.id, self.entity)
            found = [self.entity(**json.loads(version)) for version in history.versions]
            numbers = [version_of(entity) for entity in found]
            same((numbers, numbers[-1]), (sorted(set(numbers), reverse=True), 0.1))
            same((numbers[0], text(found[-1].name)), (version_of(self.now()), "first"))
            for number, listed in zip(numbers, found, strict=True):
                alone = some(self.admin.get_entity_version(self.entity, self.id, number))
                same((version_of(alone), alone.displayName), (number, listed.displayName))
                same(version_of(self.facade.get_specific_version(self.id, str(number))), number)
            same(len(self.facade.get_versions(self.id)), len(found))
            same(self.admin.get_entity_version(self.entity, self.id, 9.9), None)

    def delete_softly(self) -> None:
        """Away and back."""
        name = self.subject.fqn(self.name)

        def deleted() -> Any:
            return self.admin.get_by_name(self.entity, name, fields=["*"], include="deleted")

        with self.step("delete (soft), get and list with include=deleted, restore"):
            self.admin.delete(self.entity, self.id)
            same(self.admin.get_by_id(self.entity, self.id), None)
            same((deleted().id, deleted().deleted), (self.id, True))
            gone = self.admin.list_entities(self.entity, fields=["*"], include="deleted").entities
            same([entity.id for entity in gone], [self.id])
            same(self.admin.restore(self.entity, self.id).deleted, wanted=False)
            same((deleted(), self.now().deleted), (None, False))
        with self.step("delete and restore through the SDK's facade, and both afterwards"):
            self.facade.delete(self.id)
            same(self.facade.restore(self.id).id, self.id)
            some(self.admin.delete_async(self.entity, self.id)["jobId"])
            awaited(deleted)
            some(self.facade.restore_request(self.id).with_async().execute().job_id)
            awaited(lambda: self.admin.get_by_id(self.entity, self.id))
        with self.step("a PUT on a deleted one brings it back"):
            self.admin.delete(self.entity, self.id)
            same(self.admin.create_or_update(self.subject.ask(self.name)).id, self.id)
            same(self.now().deleted, wanted=False)

    def delete(self) -> None:
        """Away for good."""
        with self.step("delete (hard): nothing is left"):
            self.admin.delete(self.entity, self.id, recursive=True, hard_delete=True)
            name = self.subject.fqn(self.name)
            same(self.admin.get_by_name(self.entity, name, fields=["*"], include="all"), None)
            refused(404, lambda: self.admin.delete(self.entity, self.id))
            same(self.admin.create(self.subject.ask(self.name)).id == self.id, wanted=False)
