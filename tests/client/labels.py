"""What only classifications, tags, glossaries and terms do: lie below each other, exclude each other, label assets."""

# pyright: reportMissingImports=false, reportAttributeAccessIssue=false

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from metadata.generated.schema.entity.classification.classification import Classification
from metadata.generated.schema.entity.classification.tag import Tag
from metadata.generated.schema.entity.services.messagingService import MessagingService
from metadata.generated.schema.type.bulkOperationResult import BulkOperationResult
from metadata.ingestion.ometa.mixins.patch_mixin_utils import PatchOperation
from metadata.sdk import Classifications, Tags
from steps import changed, label, labels_of, names_of, reference_to, refused, same, some, step, text
from subjects import classification, service, tag

if TYPE_CHECKING:
    from scene import Scene

RECOGNIZERS = [
    {
        "name": "cards",
        "description": "Numbers of cards",
        "enabled": True,
        "isSystemDefault": False,
        "confidenceThreshold": 0.8,
        "recognizerConfig": {
            "type": "pattern",
            "regexFlags": {"dotAll": True, "multiline": True, "ignoreCase": False},
            "patterns": [{"name": "digits", "regex": "[0-9]{16}", "score": 0.9}],
            "context": ["card"],
            "supportedLanguage": "en",
        },
        "target": "content",
    }
]


class Labels:
    """Classifications and the tags in them."""

    def __init__(self, scene: Scene) -> None:
        self.scene, self.admin = scene, scene.admin

    def run(self) -> None:
        """Every step."""
        self.classification()
        self.tag()
        self.assets()
        self.exclusive()
        self.disabled()
        self.renames()
        self.end()

    def classified(self, name: str, *fields: str) -> Any:
        """A classification as it is."""
        return some(self.admin.get_by_name(Classification, name, fields=list(fields)))

    def tagged(self, fqn: str, *fields: str) -> Any:
        """A tag as it is."""
        return some(self.admin.get_by_name(Tag, fqn, fields=list(fields)))

    def shown(self, name: str) -> list[str]:
        """The tags of a service."""
        return labels_of(some(self.admin.get_by_name(MessagingService, name, fields=["tags"])))

    def classification(self) -> None:
        """A classification with everything."""
        admin = self.admin
        with step("a classification with everything"):
            admin.create(
                classification(
                    "Colour", displayName="The colour", mutuallyExclusive=True, domains=["Sales"], owners=[self.scene.amy],
                    reviewers=[self.scene.ben], provider="user",
                    autoClassificationConfig={"enabled": True, "conflictResolution": "most_specific", "minimumConfidence": 0.5},
                )
            )  # fmt: skip
            found = self.classified("Colour", "*")
            same((names_of(found.owners), names_of(found.domains)), (["amy"], ["Sales"]))
            same((names_of(found.reviewers), found.mutuallyExclusive, found.disabled), (["ben"], True, False))
            config = found.autoClassificationConfig
            same(
                (config.enabled, config.conflictResolution.value, config.minimumConfidence),
                (True, "most_specific", 0.5),
            )
            same((found.provider.value, found.termCount, found.usageCount), ("user", 0, 0))

        with step("the bot makes a classification and a tag, as ingestion does"):
            for _ in range(2):
                self.scene.bot.create_or_update(classification("Found"))
                self.scene.bot.create_or_update(tag("One", classification="Found"))
            same(self.tagged("Found.One").updatedBy, "ingestion-bot")

    def tag(self) -> None:
        """Tags with everything, and below each other."""
        admin = self.admin
        with step("a tag with everything, and one below it, which inherits"):
            admin.create(
                tag(
                    "Red", classification="Colour", displayName="Red", style={"color": "#ff0000"}, owners=[self.scene.ben],
                    domains=["Stock"], reviewers=[self.scene.amy], recognizers=RECOGNIZERS, autoClassificationEnabled=True,
                    autoClassificationPriority=80,
                )
            )  # fmt: skip
            made = admin.create(tag("Dark", classification="Colour", parent="Colour.Red"))
            same((text(made.fullyQualifiedName), text(made.parent.name)), ("Colour.Red.Dark", "Red"))
            red, dark = self.tagged("Colour.Red", "*"), self.tagged("Colour.Red.Dark", "*")
            same((text(red.classification.name), names_of(red.children)), ("Colour", ["Dark"]))
            same((names_of(red.owners), names_of(red.domains), names_of(red.reviewers)), (["ben"], ["Stock"], ["amy"]))
            same(
                (red.style.color, red.autoClassificationEnabled, red.autoClassificationPriority), ("#ff0000", True, 80)
            )
            same([text(each.name) for each in red.recognizers], ["cards"])
            same((names_of(dark.owners), dark.owners.root[0].inherited), (["ben"], True))
            admin.create(tag("Blue", classification="Colour"))
            blue = self.tagged("Colour.Blue", "owners", "domains")
            same((names_of(blue.owners), names_of(blue.domains)), (["amy"], ["Sales"]))
            same(self.classified("Colour", "termCount").termCount, 3)
        with step("list_all of the tags below one"):
            found = Tags.list_all(filters={"parent": "Colour"}, fields=["*"], batch_size=2)
            same(sorted(text(each.name) for each in found), ["Blue", "Dark", "Red"])
            same([text(each.name) for each in Tags.list_all(filters={"parent": "Colour.Red"})], ["Dark"])
        with step("a tag of a classification, and below a tag, that is not there: 404"):
            refused(404, lambda: admin.create(tag("Lost", classification="Nowhere")))
            refused(404, lambda: admin.create(tag("Lost", classification="Colour", parent="Colour.Nowhere")))

    def assets(self) -> None:
        """What carries a tag."""
        admin = self.admin
        with step("tags put on assets and taken off, dry and in earnest; get_tag_assets"):
            made = admin.create(service("rose", tags=[label("Rank.Tin")]))
            path = f"/tags/{text(self.tagged('Colour.Red').id)}/assets"
            body = {"assets": [reference_to(made).model_dump(mode="json", exclude_none=True)]}

            def put(word: str, *, dry: bool) -> Any:
                result = admin.client.put(f"{path}/{word}", json=body | {"dryRun": dry})
                return BulkOperationResult.model_validate(result).status.value

            same((put("add", dry=True), self.shown("rose")), ("success", ["Rank.Tin"]))
            same((put("add", dry=False), self.shown("rose")), ("success", ["Colour.Red", "Rank.Tin"]))
            found = admin.get_tag_assets("Colour.Red")
            same(([row["name"] for row in found["data"]], found["paging"]["total"]), (["rose"], 1))
            same(
                (
                    self.tagged("Colour.Red", "usageCount").usageCount,
                    self.classified("Colour", "usageCount").usageCount,
                ),
                (1, 1),
            )
            same((put("remove", dry=False), self.shown("rose")), ("success", ["Rank.Tin"]))
            same((admin.get_tag_assets("Colour.Red")["data"], put("add", dry=False)), ([], "success"))

    def exclusive(self) -> None:
        """Tags that exclude each other."""
        with step("a second tag of a mutually exclusive classification: refused"):
            source = self.admin.get_by_name(MessagingService, "rose")
            same(self.admin.patch_tags(MessagingService, source, [label("Colour.Blue")]), None)
            same(self.shown("rose"), ["Colour.Red", "Rank.Tin"])
            same(
                changed(
                    self.admin, self.classified("Colour"), displayName="Hue", mutuallyExclusive=False
                ).mutuallyExclusive,
                wanted=True,
            )

    def disabled(self) -> None:
        """Tags that may not be given any more."""
        admin = self.admin
        with step("a tag and a classification are disabled: not given any more; and enabled again"):
            source = admin.get_by_name(MessagingService, "rose")
            admin.patch_tags(MessagingService, source, [label("Colour.Red")], operation=PatchOperation.REMOVE)
            same(changed(admin, self.tagged("Colour.Red"), disabled=True).disabled, wanted=True)
            same(
                (admin.patch_tags(MessagingService, source, [label("Colour.Red")]), self.shown("rose")),
                (None, ["Rank.Tin"]),
            )
            same(changed(admin, self.tagged("Colour.Red"), disabled=False).disabled, wanted=False)
            same(changed(admin, self.classified("Colour"), disabled=True).disabled, wanted=True)
            same((self.tagged("Colour.Blue").disabled, self.tagged("Colour.Red.Dark").disabled), (True, True))
            same([text(each.name) for each in Classifications.list_all(filters={"disabled": "true"})], ["Colour"])
            changed(admin, self.classified("Colour"), disabled=False)
            some(admin.patch_tags(MessagingService, source, [label("Colour.Red")]))
            same(self.shown("rose"), ["Colour.Red", "Rank.Tin"])

    def renames(self) -> None:
        """Other names, as others show them."""
        admin = self.admin
        with step("a tag and a classification are renamed: what carries them shows it"):
            source = self.tagged("Colour.Red")
            changed(admin, source, name=type(source.name)("Crimson"))
            same(
                (self.shown("rose"), text(self.tagged("Colour.Crimson.Dark").parent.name)),
                (["Colour.Crimson", "Rank.Tin"], "Crimson"),
            )
            source = self.classified("Colour")
            changed(admin, source, name=type(source.name)("Hue"))
            same((self.shown("rose"), admin.get_by_name(Tag, "Colour.Crimson")), (["Hue.Crimson", "Rank.Tin"], None))
            found = admin.get_by_name(MessagingService, "rose", fields=["tags"]).tags[0]
            same((text(found.name), found.displayName, found.style.color), ("Crimson", "Red", "#ff0000"))
        with step("a tag moves below another: what carries it shows it"):
            source = self.tagged("Hue.Crimson.Dark")
            admin.create(service("plush", tags=[label("Hue.Crimson.Dark")]))
            destination = source.model_copy(deep=True)
            destination.parent = reference_to(self.tagged("Hue.Blue"))
            moved = some(admin.patch(Tag, source, destination, skip_on_failure=False))
            same((text(moved.fullyQualifiedName), self.shown("plush")), ("Hue.Blue.Dark", ["Hue.Blue.Dark"]))

    def end(self) -> None:
        """Tags that go."""
        admin = self.admin
        with step("a tag with tags below: deleted with them only"):
            refused(400, lambda: Tags.delete(self.tagged("Hue.Blue").id, hard_delete=True))
            Tags.delete(self.tagged("Hue.Blue").id, recursive=True, hard_delete=True)
            same((admin.get_by_name(Tag, "Hue.Blue.Dark"), self.shown("plush")), (None, []))
        with step("a tag is deleted, and back: what carried it carries it again"):
            red = self.tagged("Hue.Crimson")
            Tags.delete(red.id)
            same((self.shown("rose"), Tags.restore(red.id).id), (["Rank.Tin"], red.id))
            same(self.shown("rose"), ["Hue.Crimson", "Rank.Tin"])
        with step("a classification is deleted for good: its tags are gone from everywhere"):
            refused(400, lambda: admin.delete(Classification, self.classified("Hue").id, hard_delete=True))
            admin.delete(Classification, self.classified("Hue").id, recursive=True, hard_delete=True)
            same((self.shown("rose"), admin.get_by_name(Tag, "Hue.Crimson")), (["Rank.Tin"], None))
        with step("tags that come with the catalog stay: refused"):
            refused(400, lambda: Tags.delete(self.tagged("Tier.Tier1").id, hard_delete=True))
            source = self.tagged("Tier.Tier1")
            destination = source.model_copy(deep=True)
            destination.name = type(source.name)("First")
            same(admin.patch(Tag, source, destination), None)
