"""What only users, teams and bots do: who is in what, who owns what, how a program proves itself."""

# pyright: reportMissingImports=false, reportAttributeAccessIssue=false

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from metadata.generated.schema.entity.services.messagingService import MessagingService
from metadata.generated.schema.entity.teams.role import Role
from metadata.generated.schema.entity.teams.team import Team
from metadata.generated.schema.entity.teams.teamHierarchy import TeamHierarchy
from metadata.generated.schema.entity.teams.user import User
from metadata.generated.schema.type.changeEvent import ChangeEvent
from metadata.sdk import Teams, Users, to_entity_reference
from steps import changed, listed, names_of, reference_to, refused, same, some, step, text
from subjects import policy, service, team, user

if TYPE_CHECKING:
    from scene import Scene

ORGANIZATION = "Organization"
PICTURE = "https://pictures.example/carl.png"
NEWS = "https://hooks.example/carl"
PROFILE = {"images": {"image": PICTURE, "image512": PICTURE}, "subscription": {"slack": {"endpoint": NEWS}}}
NODE = ("BusinessUnit", "Division", "Department", "Group")


class People:
    """Users, teams and bots among each other."""

    def __init__(self, scene: Scene) -> None:
        self.scene, self.admin = scene, scene.admin

    def run(self) -> None:
        """Every step."""
        self.user()
        self.lists()
        self.tree()
        self.members()
        self.owners()
        self.references()
        self.leaving()

    def role(self, name: str) -> Any:
        """A role."""
        return some(self.admin.get_by_name(Role, name))

    def named(self, name: str, *fields: str) -> Any:
        """A user as he is."""
        return some(self.admin.get_by_name(User, name, fields=list(fields)))

    def group(self, name: str, *fields: str) -> Any:
        """A team as it is."""
        return some(self.admin.get_by_name(Team, name, fields=list(fields)))

    def user(self) -> None:
        """A user with everything, and what follows from it."""
        admin = self.admin
        with step("a user with everything"):
            crew = admin.create(team("crew", defaultRoles=[self.role("DataSteward").id.root], domains=["Stock"]))
            made = admin.create(
                user(
                    "carl", displayName="Carl", description="*He*", timezone="Europe/Berlin", externalId="x-1",
                    scimUserName="Carl", isAdmin=False, profile=PROFILE, teams=[crew.id.root],
                    roles=[self.role("DataConsumer").id.root], domains=["Sales"], createPasswordType="ADMIN_CREATE",
                    password="S3cret-word!", confirmPassword="S3cret-word!",
                )
            )  # fmt: skip
            same((names_of(made.teams), names_of(made.roles)), (["crew"], ["DataConsumer"]))
            carl = self.named("carl", "*")
            same((text(carl.profile.images.image512), carl.timezone), (PICTURE, "Europe/Berlin"))
            same(text(carl.profile.subscription.slack.endpoint), NEWS)
            same((carl.externalId, carl.scimUserName, carl.isEmailVerified), ("x-1", "Carl", False))
            same((names_of(carl.inheritedRoles), names_of(carl.domains)), (["DataConsumer", "DataSteward"], ["Sales"]))
        with step("a user of no team is one of the organisation"):
            admin.create(user("dora"))
            dora = self.named("dora", "teams", "roles", "domains")
            same((names_of(dora.teams), names_of(dora.roles)), ([ORGANIZATION], []))
            same((names_of(dora.inheritedRoles), names_of(dora.domains)), (["DataConsumer"], []))
        with step("patch of a user's teams, roles, profile and time zone"):
            same(names_of(changed(admin, self.named("dora", "teams"), teams=listed(crew)).teams), ["crew"])
            dora = self.named("dora", "teams", "roles", "domains")
            same((names_of(dora.inheritedRoles), names_of(dora.domains)), (["DataConsumer", "DataSteward"], ["Stock"]))
            same(dora.domains.root[0].inherited, wanted=True)
            steward = listed(self.role("DataSteward"))
            same(names_of(changed(admin, self.named("dora", "roles"), roles=steward).roles), ["DataSteward"])
            profile = self.named("carl", "profile").profile.model_copy(deep=True)
            profile.images.image512 = None
            changed(admin, self.named("carl", "profile"), profile=profile, timezone="Asia/Tokyo")
            carl = self.named("carl", "profile")
            same((text(carl.profile.images.image), carl.profile.images.image512), (PICTURE, None))
            same(carl.timezone, "Asia/Tokyo")
        with step("an e-mail address that somebody has: 409"):
            refused(409, lambda: admin.create(user("carla").model_copy(update={"email": carl.email})))

    def lists(self) -> None:
        """Lists of users and teams with their filters."""

        def named(entity: Any, **filters: str) -> list[str]:
            return sorted(text(each.name) for each in self.admin.list_all_entities(entity, params=filters, limit=3))

        with step("list_all_entities of users: of a team, bots, administrators"):
            same(named(User, team="crew"), ["carl", "dora"])
            same(named(User, isAdmin="true"), ["admin"])
            bots = named(User, isBot="true")
            same(("ingestion-bot" in bots, "carl" in bots), (True, False))
            same(
                [text(each.name) for each in Users.list_all(filters={"team": "crew"}, fields=["roles"])],
                ["carl", "dora"],
            )

    def tree(self) -> None:
        """Teams below teams."""
        admin = self.admin
        with step("a business unit, a division, a department and a group, each below the one before"):
            parents: list[Any] = []
            for kind in NODE:
                made = admin.create(team(f"the-{kind}", teamType=kind, parents=parents))
                same(names_of(made.parents), ["the-" + NODE[NODE.index(kind) - 1]] if parents else [ORGANIZATION])
                parents = [made.id.root]
            changed(admin, self.group("the-Group", "users"), users=listed(self.named("dora")))
        with step("a team's parents, children, descendants and counts"):
            top = self.group("the-BusinessUnit", "*")
            same((names_of(top.children), top.childrenCount, top.userCount), (["the-Division"], 1, 1))
            same(names_of(top.descendantTeams), ["the-Department", "the-Division", "the-Group"])
            same(names_of(self.group("the-Group", "parents").parents), ["the-Department"])
            found = self.group(ORGANIZATION, "*")
            same(("the-BusinessUnit" in names_of(found.children), names_of(found.parents)), (True, []))
        with step("the tree of teams"):
            found = admin.client.get("/teams/hierarchy", {"limit": 1000})
            node = next(
                row for row in map(TeamHierarchy.model_validate, found["data"]) if text(row.name) == "the-BusinessUnit"
            )
            for kind in NODE[1:]:
                node = node.children.root[0]
                same((text(node.name), node.teamType.value), (f"the-{kind}", kind))
        with step("list of the teams below one"):
            found = Teams.list_all(filters={"parentTeam": "the-Division"})
            same([text(each.name) for each in found], ["the-Department"])
        with step("a team below one of the wrong type: refused"):
            wrong = team("wrong", teamType="Division", parents=parents)
            refused(400, lambda: admin.create(wrong))
            refused(400, lambda: admin.create(team("another", teamType="Organization")))
        with step("a team moves, and is renamed: those below are still below"):
            division = self.group("the-Division", "parents")
            same(names_of(changed(admin, division, parents=listed(self.group(ORGANIZATION))).parents), [ORGANIZATION])
            changed(admin, self.group("the-Division"), name=type(division.name)("moved"))
            same(names_of(self.group("the-Department", "parents").parents), ["moved"])
            same(names_of(self.group("the-BusinessUnit", "children").children), [])

    def members(self) -> None:
        """Who is in a team, and what it gives them."""
        admin = self.admin
        with step("a team with everything"):
            rules = admin.create(policy("crew-rules"))
            asked = team(
                "all", email="all@example.com", displayName="All", description="Of *us*", profile=PROFILE, isJoinable=False,
                users=[self.named("carl").id.root], defaultRoles=[self.role("DataSteward").id.root],
                policies=[rules.id.root], owners=[self.scene.amy], domains=["Sales"], externalId="t-1",
            )  # fmt: skip
            admin.create(asked)
            found = self.group("all", "*")
            same((names_of(found.users), names_of(found.defaultRoles)), (["carl"], ["DataSteward"]))
            same((names_of(found.policies), names_of(found.owners)), (["crew-rules"], ["amy"]))
            same((names_of(found.domains), found.isJoinable, found.userCount), (["Sales"], False, 1))
            same((text(found.email), text(found.profile.images.image)), ("all@example.com", PICTURE))
        with step("patch of a team's members, roles, policies and parents"):
            changed(admin, self.group("all", "users"), users=listed(self.named("carl"), self.named("dora")))
            changed(admin, self.group("all", "defaultRoles"), defaultRoles=listed(self.role("DataConsumer")))
            changed(admin, self.group("all", "policies"), policies=listed())
            changed(admin, self.group("all", "parents"), parents=listed(self.group("the-Department")))
            found = self.group("all", "users", "defaultRoles", "policies", "parents")
            same((names_of(found.users), names_of(found.defaultRoles)), (["carl", "dora"], ["DataConsumer"]))
            same((names_of(found.policies), names_of(found.parents)), ([], ["the-Department"]))
            same(names_of(self.named("dora", "teams").teams), ["all", "crew", "the-Group"])
        with step("the members of a group, set and taken out one by one"):
            path = f"/teams/{text(found.id)}/users"
            members = [
                reference_to(self.named(name)).model_dump(mode="json", exclude_none=True) for name in ("amy", "dora")
            ]
            event = ChangeEvent.model_validate(admin.client.put(path, json=members))
            same((event.entityType, names_of(self.group("all", "users").users)), ("team", ["amy", "dora"]))
            ChangeEvent.model_validate(admin.client.delete(f"{path}/{text(self.scene.amy.id)}"))
            same(names_of(self.group("all", "users").users), ["dora"])

    def owners(self) -> None:
        """Owners as others show them, after they have got other names."""
        admin = self.admin

        def owner(name: str) -> list[str]:
            return names_of(some(admin.get_by_name(MessagingService, name, fields=["owners"])).owners)

        with step("get_user_assets, get_team_assets, owns, follows"):
            admin.create(service("dora-s", owners=[reference_to(self.named("dora"))]))
            made = admin.create(service("crew-s", owners=[reference_to(self.group("crew"))]))
            same([row["name"] for row in admin.get_user_assets("dora")["data"]], ["crew-s", "dora-s"])
            same(admin.get_user_assets("dora", limit=1, offset=1)["paging"]["total"], 2)
            same([row["name"] for row in admin.get_team_assets("crew")["data"]], ["crew-s"])
            same(names_of(self.group("crew", "owns").owns), ["crew-s"])
            same(names_of(self.named("dora", "owns").owns), ["crew-s", "dora-s"])
            admin.client.put(f"/services/messagingServices/{text(made.id)}/followers", json=text(self.named("dora").id))
            same(names_of(self.named("dora", "follows").follows), ["crew-s"])
        with step("an owner that to_entity_reference has made"):
            source = admin.get_by_name(MessagingService, "crew-s", fields=["owners"])
            given = to_entity_reference(self.named("carl"))
            same((given["type"], given["id"]), ("user", text(self.named("carl").id)))
            same(names_of(changed(admin, source, owners=listed(self.named("carl"))).owners), ["carl"])
        with step("a user and a team are renamed: what they own shows it"):
            changed(
                admin,
                admin.get_by_name(MessagingService, "crew-s", fields=["owners"]),
                owners=listed(self.group("crew")),
            )
            changed(admin, self.named("dora"), name=type(source.name)("dorothy"))
            changed(admin, self.group("crew"), name=type(source.name)("sailors"))
            same((owner("dora-s"), owner("crew-s")), (["dorothy"], ["sailors"]))
            same(names_of(self.named("dorothy", "teams").teams), ["all", "sailors", "the-Group"])

    def references(self) -> None:
        """How ingestion finds an owner."""
        admin = self.admin
        with step("get_reference_by_name: a team, a user, and owners only"):
            for name, kind in (("sailors", "team"), ("dorothy", "user")):
                found = some(admin.get_reference_by_name(name)).root[0]
                same((found.type, found.name), (kind, name))
            same(admin.get_reference_by_name("the-Department", is_owner=True), None)
            same(admin.get_reference_by_name("sailors", is_owner=True).root[0].name, "sailors")
            same(
                (admin.get_reference_by_name("nobody"), admin.get_reference_by_email("nobody@example.com")),
                (None, None),
            )

    def leaving(self) -> None:
        """Users and teams that go, and what they leave."""
        admin = self.admin

        def owner(name: str) -> list[str]:
            return names_of(some(admin.get_by_name(MessagingService, name, fields=["owners"])).owners)

        with step("a user is deleted: hidden, back again, and gone from what he owned"):
            dorothy = self.named("dorothy")
            Users.delete(dorothy.id)
            same((names_of(self.group("sailors", "users").users), owner("dora-s")), (["carl"], []))
            Users.restore(dorothy.id)
            same((names_of(self.group("sailors", "users").users), owner("dora-s")), (["carl", "dorothy"], ["dorothy"]))
            Users.delete(dorothy.id, hard_delete=True)
            same((names_of(self.group("sailors", "users").users), owner("dora-s")), (["carl"], []))
        with step("a team with teams below is deleted for good: they are the organisation's"):
            admin.delete(Team, self.group("the-Department").id, recursive=False, hard_delete=True)
            same(names_of(self.group("the-Group", "parents").parents), [ORGANIZATION])
        with step("the organisation stays: refused"):
            refused(400, lambda: Teams.delete(self.group(ORGANIZATION).id, hard_delete=True))
