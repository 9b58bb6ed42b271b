"""What only roles and policies do: rules, what a user may do by them, what conditions are made of."""

# pyright: reportMissingImports=false, reportAttributeAccessIssue=false

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from metadata.generated.schema.api.domains.createDomain import CreateDomainRequest
from metadata.generated.schema.entity.policies.accessControl.resourceDescriptor import ResourceDescriptor
from metadata.generated.schema.entity.policies.accessControl.resourcePermission import ResourcePermission
from metadata.generated.schema.entity.policies.accessControl.rule import Rule
from metadata.generated.schema.entity.policies.policy import Policy
from metadata.generated.schema.entity.teams.role import Role
from metadata.generated.schema.entity.teams.user import User
from metadata.generated.schema.type.function import Function
from metadata.ingestion.ometa.mixins.patch_mixin_utils import PatchOperation
from steps import changed, listed, names_of, refused, same, some, step, text, version_of
from subjects import Policies, Roles, policy, role, rule, team, user

if TYPE_CHECKING:
    from scene import Scene


class Rights:
    """Roles and policies, and what follows from them."""

    def __init__(self, scene: Scene) -> None:
        self.scene, self.admin = scene, scene.admin

    def run(self) -> None:
        """Every step."""
        self.policies()
        self.rules()
        self.roles()
        self.permissions()
        self.words()
        self.seeded()

    def policy(self, name: str, *fields: str) -> Any:
        """A policy as it is."""
        return some(self.admin.get_by_name(Policy, name, fields=list(fields)))

    def role(self, name: str, *fields: str) -> Any:
        """A role as it is."""
        return some(self.admin.get_by_name(Role, name, fields=list(fields)))

    def policies(self) -> None:
        """A policy with everything."""
        admin = self.admin
        with step("a policy with everything"):
            asked = policy(
                "guard", displayName="Guard", description="*Who* may", owners=[self.scene.amy], enabled=True,
                domains=["Sales"],
                rules=[
                    rule("own", operations=["EditAll", "Delete"], resources=["All"], condition="isOwner()"),
                    rule("never", effect="deny", operations=["EditOwners"], description="Nobody", condition="!isOwner()"),
                    rule("gold", condition="matchAnyTag('Rank.Gold') && !hasAnyRole('DataSteward')"),
                ],
            )  # fmt: skip
            admin.create(asked)
            found = self.policy("guard", "*")
            same((names_of(found.owners), names_of(found.domains), found.enabled), (["amy"], ["Sales"], True))
            by_name = {each.name: each for each in found.rules.root}
            same(sorted(by_name), ["gold", "never", "own"])
            same((by_name["never"].effect.value, text(by_name["never"].description)), ("deny", "Nobody"))
            same(text(by_name["gold"].condition), "matchAnyTag('Rank.Gold') && !hasAnyRole('DataSteward')")
            same(sorted(each.value for each in by_name["own"].operations), ["Delete", "EditAll"])
            same(version_of(admin.create_or_update(asked)), 0.1)
        with step("conditions that cannot be parsed, and unknown operations: refused"):
            for wrong in ("isOwner(", "nobody()", "matchAnyTag('No.Such')"):
                refused(400, lambda: admin.create(policy("wrong", rules=[rule("r", condition=wrong)])))  # noqa: B023
            refused(400, lambda: admin.create(policy("wrong", rules=[])))
        with step("a policy is switched off and on"):
            same(changed(admin, self.policy("guard"), enabled=False).enabled, wanted=False)
            same(changed(admin, self.policy("guard"), enabled=True).enabled, wanted=True)

    def rules(self) -> None:
        """Rules, one after the other."""
        admin = self.admin
        with step("patch of a policy's rules: change one, add one, remove one"):
            source = self.policy("guard")
            destination = source.model_copy(deep=True)
            destination.rules.root[0].description = type(source.description)("Said")
            destination.rules.root.append(Rule(**rule("zoo", condition="noOwner()")))
            some(admin.patch(Policy, source, destination, skip_on_failure=False))
            found = self.policy("guard").rules.root
            same((text(found[0].description), [each.name for each in found]), ("Said", ["gold", "never", "own", "zoo"]))
            source = self.policy("guard")
            destination = source.model_copy(deep=True)
            del destination.rules.root[1]
            some(admin.patch(Policy, source, destination, skip_on_failure=False))
            same([each.name for each in self.policy("guard").rules.root], ["gold", "own", "zoo"])
        with step("patch_policy_rule: add, remove"):
            more = Rule(**rule("more", condition="isOwner()", description="More"))
            answer = some(admin.patch_policy_rule(self.policy("guard").id, more))
            same([each.name for each in answer.rules.root], ["gold", "more", "own", "zoo"])
            answer = some(admin.patch_policy_rule(self.policy("guard").id, more, operation=PatchOperation.REMOVE))
            same([each.name for each in answer.rules.root], ["gold", "own", "zoo"])
            same([each.name for each in self.policy("guard").rules.root], ["gold", "own", "zoo"])

    def roles(self) -> None:
        """Roles, and who has them."""
        admin = self.admin
        with step("a role with everything, its policies, its users and its teams"):
            made = admin.create(
                role(
                    "guardian",
                    displayName="G",
                    description="*Of*",
                    policies=["guard", "DataConsumerPolicy"],
                    domains=["Sales"],
                )
            )
            eve = admin.create(user("eve", roles=[made.id.root]))
            admin.create(team("guards", defaultRoles=[made.id.root], policies=[self.policy("guard").id.root]))
            found = self.role("guardian", "*")
            same((names_of(found.policies), names_of(found.users)), (["DataConsumerPolicy", "guard"], ["eve"]))
            same((names_of(found.teams), names_of(found.domains)), (["guards"], ["Sales"]))
            found = self.policy("guard", "roles", "teams")
            same((names_of(found.roles), names_of(found.teams)), (["guardian"], ["guards"]))
            same(names_of(admin.get_by_id(User, eve.id, fields=["roles"]).roles), ["guardian"])
        with step("patch of a role's policies, patch_role_policy: add, remove"):
            both = listed(self.policy("guard"), self.policy("DataStewardPolicy"))
            answer = changed(admin, self.role("guardian", "policies"), policies=both)
            same(names_of(answer.policies), ["DataStewardPolicy", "guard"])
            steward, consumer = self.policy("DataStewardPolicy").id, self.policy("DataConsumerPolicy").id
            answer = some(admin.patch_role_policy(made.id, consumer))
            same(names_of(answer.policies), ["DataConsumerPolicy", "DataStewardPolicy", "guard"])
            answer = some(admin.patch_role_policy(made.id, steward, operation=PatchOperation.REMOVE))
            same(names_of(self.role("guardian", "policies").policies), ["DataConsumerPolicy", "guard"])
        with step("a role without policies, and one with a policy that is not there: refused"):
            refused(400, lambda: admin.create(role("empty", policies=[])))
            refused(404, lambda: admin.create(role("empty", policies=["nobody"])))
        with step("a policy is deleted: no role refers to it"):
            Policies.delete(self.policy("guard").id, hard_delete=True)
            same(names_of(self.role("guardian", "policies").policies), ["DataConsumerPolicy"])
        with step("a role is deleted: nobody has it"):
            Roles.delete(made.id, hard_delete=True)
            same(names_of(admin.get_by_id(User, eve.id, fields=["roles"]).roles), [])

    def permissions(self) -> None:
        """What a user may do."""

        def of(path: str, **filters: str) -> list[Any]:
            answer = self.admin.client.get(f"/permissions{path}", filters)
            return [ResourcePermission.model_validate(row) for row in answer.get("data", [answer])]

        with step("permissions: of an administrator, of another, for one resource, for one entity"):
            some(of(""))
            found = of("/messagingService", user="amy")[0]
            access = {each.operation.value: each.access.value for each in found.permissions}
            same((access["ViewAll"], access["Create"], access["EditAll"]), ("allow", "notAllow", "conditionalAllow"))
            domain = some(
                self.admin.create(
                    CreateDomainRequest(
                        name="hers", domainType="Aggregate", description="Hers", owners=[self.scene.amy]
                    )
                )
            )
            found = of(f"/domain/{text(domain.id)}", user="amy")[0]
            same({each.operation.value: each.access.value for each in found.permissions}["EditAll"], "allow")

    def words(self) -> None:
        """What rules and conditions are made of."""
        with step("the resources and functions that rules may name"):
            rows = self.admin.client.get("/policies/resources")["data"]
            found = {row.name: row for row in map(ResourceDescriptor.model_validate, rows)}
            same({"EditOwners", "ViewAll"} - {each.value for each in found["messagingService"].operations}, set())
            rows = self.admin.client.get("/policies/functions")["data"]
            found = {row.name: row for row in map(Function.model_validate, rows)}
            same({"isOwner", "noOwner", "matchAnyTag", "hasAnyRole", "inAnyTeam"} - set(found), set())

    def seeded(self) -> None:
        """What comes with the catalog."""
        with step("roles and policies that come with the catalog stay: refused"):
            refused(400, lambda: Policies.delete(self.policy("DataConsumerPolicy").id, hard_delete=True))
            refused(400, lambda: Roles.delete(self.role("DataConsumer").id, hard_delete=True))
            same(self.role("DataConsumer").provider.value, "system")
            same(
                (self.policy("DataConsumerPolicy").provider.value, self.policy("DataConsumerPolicy").allowDelete),
                ("system", False),
            )
