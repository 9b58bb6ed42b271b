"""Custom properties: of every type, on every kind that has them, set and changed by all the ways that the client has."""

# pyright: reportMissingImports=false, reportAttributeAccessIssue=false

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from metadata.generated.schema.api.data.createCustomProperty import CreateCustomPropertyRequest
from metadata.generated.schema.entity.data.glossary import Glossary
from metadata.generated.schema.entity.data.glossaryTerm import GlossaryTerm
from metadata.generated.schema.entity.domains.dataProduct import DataProduct
from metadata.generated.schema.entity.domains.domain import Domain
from metadata.generated.schema.entity.type import Type
from metadata.ingestion.models.custom_properties import CustomPropertyDataTypes, OMetaCustomProperties
from metadata.sdk import DataProducts, Domains, Glossaries, GlossaryTerms
from metadata.sdk.entities.custom_properties import GlossaryCustomProperties
from steps import same, some, step, text
from subjects import SUBJECTS

if TYPE_CHECKING:
    from scene import Scene

FACADES = {Domain: Domains, DataProduct: DataProducts, Glossary: Glossaries, GlossaryTerm: GlossaryTerms}
# What a definition needs besides its type.
CONFIGS: dict[str, Any] = {
    "DATE": {"config": "yyyy-MM-dd"},
    "DATETIME": {"config": "yyyy-MM-dd HH:mm:ss"},
    "TIME": {"config": "HH:mm:ss"},
    "ENUM": {"config": {"values": ["high", "low"], "multiSelect": True}},
    "ENTITY_REFERENCE": {"config": ["user", "team"]},
    "ENTITY_REFERENCE_LIST": {"config": ["user"]},
}
VALUES: dict[str, Any] = {
    "STRING": "words",
    "INTEGER": 7,
    "MARKDOWN": "*words*",
    "DATE": "2026-02-28",
    "DATETIME": "2026-02-28 23:59:59",
    "DURATION": "P1DT2H",
    "EMAIL": "amy@example.com",
    "NUMBER": 1.5,
    "SQLQUERY": "SELECT 1",
    "TIME": "23:59:59",
    "TIMEINTERVAL": {"start": 1, "end": 2},
    "TIMESTAMP": 1700000000000,
    "ENUM": ["high"],
}


class CustomProperties:
    """What administrators add to the kinds' own fields."""

    def __init__(self, scene: Scene) -> None:
        self.scene, self.admin = scene, scene.admin

    def run(self) -> None:
        """Every step."""
        amy = self.scene.amy.model_dump(mode="json", exclude_none=True)
        self.values = VALUES | {"ENTITY_REFERENCE": amy, "ENTITY_REFERENCE_LIST": [amy]}
        for subject in SUBJECTS:
            if subject.has("extension"):
                self.define(subject.entity)
                self.give(subject)

    def define(self, entity: Any) -> None:
        """One property of each type."""
        admin, kind = self.admin, entity.__name__
        with step(f"{kind}: a custom property of each type, defined, changed and listed"):
            for data_type in CustomPropertyDataTypes:
                found = admin.get_custom_property_type(data_type)
                same((text(found.name), found.category), (data_type.value, "field"))
                for description in ("One", "Another"):
                    asked = CreateCustomPropertyRequest(
                        name=data_type.name,
                        description=description,
                        propertyType=admin.get_property_type_ref(data_type),
                        customPropertyConfig=CONFIGS.get(data_type.name),
                    )
                    answer = admin.create_or_update_custom_property(
                        OMetaCustomProperties(entity_type=entity, createCustomPropertyRequest=asked)
                    )
                    Type.model_validate(answer)
            listed = {each["name"]: each["description"] for each in some(admin.get_entity_custom_properties(entity))}
            same({name: listed.get(name) for name in self.values}, dict.fromkeys(self.values, "Another"))

    def give(self, subject: Any) -> None:
        """Values, given, changed and taken away."""
        admin, facade = self.admin, FACADES[subject.entity]
        name = subject.fqn("extended")

        def now() -> dict[str, Any] | None:
            found = some(admin.get_by_name(subject.entity, name, fields=["extension"])).extension
            return found.root if found is not None else None

        with step(f"{subject.thing}: values of custom properties, at creation"):
            made = admin.create(subject.ask("extended", extension=self.values))
            given = some(now())
            same({key: value for key, value in given.items() if key in VALUES}, VALUES)
            same(
                (given["ENTITY_REFERENCE"]["name"], [each["name"] for each in given["ENTITY_REFERENCE_LIST"]]),
                ("amy", ["amy"]),
            )
        with step(
            f"{subject.thing}: values changed through the SDK's facade, by id and by name, and by patch_custom_properties"
        ):
            some(facade.update_custom_properties(made.id).with_property("INTEGER", 8).execute())
            same((some(now())["INTEGER"], some(now())["STRING"]), (8, "words"))
            some(facade.update_custom_properties_by_name(name).with_properties({"INTEGER": 9, "NUMBER": 2.5}).execute())
            same((some(now())["INTEGER"], some(now())["NUMBER"]), (9, 2.5))
            some(admin.patch_custom_properties(subject.entity, made.id, {"STRING": "more"}, force=True))
            same(now(), {"STRING": "more"})
        with step(f"{subject.thing}: a value of the wrong type is refused, all are taken away"):
            same(admin.patch_custom_properties(subject.entity, made.id, {"INTEGER": "seven"}, force=True), None)
            same(admin.patch_custom_properties(subject.entity, made.id, {"nobody": 1}, force=True), None)
            same(now(), {"STRING": "more"})
            some(facade.update_custom_properties(made.id).clear_all().execute())
            same(now() or None, None)
        if subject.entity is Glossary:
            with step("Glossary: values changed through its own facade for custom properties"):
                some(GlossaryCustomProperties.update(made.id).use_client(admin).with_property("INTEGER", 3).execute())
                some(
                    GlossaryCustomProperties.update_by_name(name).use_client(admin).clear_property("INTEGER").execute()
                )
                same(now() or None, None)
