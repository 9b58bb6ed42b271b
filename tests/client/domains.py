"""What only domains and data products do: lie below each other, hold assets, take in and give out, be voted for."""

# pyright: reportMissingImports=false, reportAttributeAccessIssue=false

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from metadata.generated.schema.api.domains.dataProductPortsView import DataProductPortsView
from metadata.generated.schema.entity.classification.tag import Tag
from metadata.generated.schema.entity.domains.dataProduct import DataProduct
from metadata.generated.schema.entity.domains.domain import Domain
from metadata.generated.schema.entity.services.messagingService import MessagingService
from metadata.generated.schema.entity.teams.user import User
from metadata.generated.schema.type.assetCertification import AssetCertification
from metadata.generated.schema.type.bulkOperationResult import BulkOperationResult
from metadata.generated.schema.type.changeEvent import ChangeEvent
from metadata.generated.schema.type.entityHierarchy import EntityHierarchy
from metadata.sdk import DataProducts, Domains
from steps import changed, label, labels_of, listed, names_of, reference_to, refused, same, some, step, text
from subjects import data_product, domain, service, user

if TYPE_CHECKING:
    from scene import Scene

STYLE = {"color": "#00ff00", "iconURL": "https://pictures.example/icon.png"}


class Areas:
    """Domains, data products, and what lies in them."""

    def __init__(self, scene: Scene) -> None:
        self.scene, self.admin = scene, scene.admin

    def run(self) -> None:
        """Every step."""
        self.tree()
        self.product()
        self.assets()
        self.product_assets()
        self.ports()
        self.votes()
        self.renames()
        self.end()

    def domain(self, name: str, *fields: str) -> Any:
        """A domain as it is."""
        return some(self.admin.get_by_name(Domain, name, fields=list(fields)))

    def shown(self, name: str) -> tuple[list[str], list[str]]:
        """The domains and the data products of a service."""
        found = some(self.admin.get_by_name(MessagingService, name, fields=["domains", "dataProducts"]))
        return names_of(found.domains), names_of(found.dataProducts)

    def service(self, name: str) -> Any:
        """A reference to a service."""
        return reference_to(some(self.admin.get_by_name(MessagingService, name)))

    def tree(self) -> None:
        """Domains below domains."""
        admin = self.admin
        with step("a domain with everything, and one below it, which inherits"):
            admin.create(user("expert"))
            admin.create(
                domain(
                    "Market", domainType="Source-aligned", displayName="The market", style=STYLE, experts=["expert"],
                    owners=[self.scene.amy], tags=[label("Rank.Gold")],
                )
            )  # fmt: skip
            made = admin.create(domain("Fruit", parent="Market", domainType="Consumer-aligned"))
            same(text(made.fullyQualifiedName), "Market.Fruit")
            market, fruit = self.domain("Market", "*"), self.domain("Market.Fruit", "*")
            same(
                (names_of(market.children), market.childrenCount, names_of(market.experts)), (["Fruit"], 1, ["expert"])
            )
            same(
                (labels_of(market), market.style.color, market.domainType.value),
                (["Rank.Gold"], "#00ff00", "Source-aligned"),
            )
            same((text(fruit.parent.name), names_of(fruit.owners)), ("Market", ["amy"]))
            same((names_of(fruit.experts), fruit.owners.root[0].inherited), (["expert"], True))
        with step("the tree of domains"):
            rows = admin.client.get("/domains/hierarchy", {"limit": 1000})["data"]
            found = {text(row.fullyQualifiedName): row for row in map(EntityHierarchy.model_validate, rows)}
            same([text(each.fullyQualifiedName) for each in found["Market"].children.root], ["Market.Fruit"])
        with step("patch of a domain's experts, style and type"):
            both = listed(admin.get_by_name(User, "expert"), admin.get_by_name(User, "amy"))
            same(names_of(changed(admin, self.domain("Market", "experts"), experts=both).experts), ["amy", "expert"])
            source = self.domain("Market")
            style = source.style.model_copy(update={"color": "#ff0000"})
            changed(admin, source, style=style, domainType=type(source.domainType)("Aggregate"))
            same((self.domain("Market").style.color, self.domain("Market").domainType.value), ("#ff0000", "Aggregate"))
        with step("a domain below one that is not there, and with an expert who is not: 404"):
            refused(404, lambda: admin.create(domain("Lost", parent="Nowhere")))
            refused(404, lambda: admin.create(domain("Lost", experts=["nobody"])))
        with step("a domain's certification"):
            given = AssetCertification(tagLabel=label("Certification.Gold"), appliedDate=1, expiryDate=4102444800000)
            changed(admin, self.domain("Market", "certification"), certification=given)
            same(text(self.domain("Market", "certification").certification.tagLabel.tagFQN), "Certification.Gold")

    def product(self) -> None:
        """A data product."""
        admin = self.admin
        with step("a data product with everything"):
            admin.create(
                data_product(
                    "Apples", displayName="All apples", domains=["Market"], experts=["expert"], owners=[self.scene.amy],
                    reviewers=[self.scene.ben], tags=[label("Rank.Silver")], style=STYLE, dataProductType="DATASET",
                    visibility="PUBLIC", portfolioPriority="HIGH",
                )
            )  # fmt: skip
            found = some(admin.get_by_name(DataProduct, "Apples", fields=["*"]))
            same((names_of(found.domains), names_of(found.experts)), (["Market"], ["expert"]))
            same((names_of(found.owners), names_of(found.reviewers)), (["amy"], ["ben"]))
            same((labels_of(found), found.style.color), (["Rank.Silver"], "#00ff00"))
            said = (found.dataProductType.value, found.visibility.value, found.portfolioPriority.value)
            same((said, found.lifecycleStage.value), (("DATASET", "PUBLIC", "HIGH"), "DEVELOPMENT"))
        with step("patch of a data product's stage, its service levels, what it consumes and provides to"):
            admin.create(data_product("Pears", domains=["Market"]))
            source = admin.get_by_name(DataProduct, "Apples", fields=["consumesFrom", "providesTo"])
            sla = {"tier": "GOLD", "availability": 99.9, "responseTime": 100, "dataFreshness": 5, "dataQuality": 98}
            destination = DataProduct.model_validate(
                source.model_dump(mode="json", exclude_unset=True)
                | {
                    "lifecycleStage": "PRODUCTION",
                    "sla": sla,
                    "consumesFrom": [reference_to(admin.get_by_name(DataProduct, "Pears")).model_dump(mode="json")],
                }
            )
            some(admin.patch(DataProduct, source, destination, skip_on_failure=False))
            found = admin.get_by_name(DataProduct, "Apples", fields=["*"])
            same((found.lifecycleStage.value, names_of(found.consumesFrom)), ("PRODUCTION", ["Pears"]))
            same({key: value for key, value in found.sla.model_dump(mode="json").items() if key in sla}, sla)
        with step("list_all of the data products of a domain"):
            found = DataProducts.list_all(filters={"domain": "Market"}, fields=["domains"])
            same([text(each.name) for each in found], ["Apples", "Pears"])

    def assets(self) -> None:
        """What lies in a domain."""
        admin = self.admin
        with step("assets put into a domain and taken out, dry and in earnest"):
            for name in ("cherry", "plum"):
                admin.create(service(name))
            body = {
                "assets": [self.service("cherry").model_dump(mode="json"), self.service("plum").model_dump(mode="json")]
            }

            def put(path: str, **more: Any) -> Any:
                return BulkOperationResult.model_validate(admin.client.put(f"/domains/{path}", json=body | more))

            dry = put("Market.Fruit/assets/add", dryRun=True)
            same((dry.dryRun, dry.status.value, self.shown("plum")), (True, "success", ([], [])))
            same(put("Market.Fruit/assets/add").numberOfRowsPassed.root, 2)
            same(self.shown("plum"), (["Fruit"], []))
            body["assets"].pop(0)
            same((put("Market.Fruit/assets/remove").status.value, self.shown("plum")), ("success", ([], [])))
        with step("get_domain_assets, with those of the domains below, page by page"):
            admin.create(service("market-s", domains=["Market"]))
            same([row["name"] for row in admin.get_domain_assets("Market.Fruit")["data"]], ["cherry"])
            found = admin.get_domain_assets("Market", limit=1000)
            same({"cherry", "market-s", "plum"} & {row["name"] for row in found["data"]}, {"cherry", "market-s"})
            same(found["paging"]["total"], len(found["data"]))
            page = admin.get_domain_assets("Market", limit=1, offset=1)
            same(
                ([row["id"] for row in page["data"]], page["paging"]["total"]),
                ([found["data"][1]["id"]], len(found["data"])),
            )

    def product_assets(self) -> None:
        """What is of a data product."""
        admin = self.admin
        with step("add_assets_to_data_product, get_data_product_assets, remove_assets_from_data_product"):
            asset = self.service("market-s")
            result = BulkOperationResult.model_validate(admin.add_assets_to_data_product("Apples", [asset]))
            same((result.status.value, self.shown("market-s")), ("success", (["Market"], ["Apples"])))
            found = admin.get_data_product_assets("Apples")
            same(([row["name"] for row in found["data"]], found["paging"]["total"]), (["market-s"], 1))
            result = BulkOperationResult.model_validate(admin.remove_assets_from_data_product("Apples", [asset]))
            same((result.status.value, self.shown("market-s")), ("success", (["Market"], [])))
        with step("add_assets, remove_assets of the SDK's facade"):
            same(BulkOperationResult.model_validate(DataProducts.add_assets("Apples", [asset])).status.value, "success")
            same(self.shown("market-s"), (["Market"], ["Apples"]))
            same(
                BulkOperationResult.model_validate(DataProducts.remove_assets("Apples", [asset])).status.value,
                "success",
            )
            same(self.shown("market-s"), (["Market"], []))
        with step("an asset of another domain: its row fails"):
            result = BulkOperationResult.model_validate(
                admin.add_assets_to_data_product("Apples", [self.service("plum")])
            )
            same((result.status.value, result.numberOfRowsFailed.root), ("failure", 1))
            some(text(result.failedRequest[0].message))

    def ports(self) -> None:
        """What a data product takes in and gives out."""
        admin = self.admin

        def view() -> tuple[list[str], list[str]]:
            path = f"/dataProducts/{text(admin.get_by_name(DataProduct, 'Apples').id)}"
            found = DataProductPortsView.model_validate(admin.client.get(f"{path}/portsView"))
            sides = found.inputPorts.data, found.outputPorts.data
            for side, rows in zip(("inputPorts", "outputPorts"), sides, strict=True):
                same([row["id"] for row in admin.client.get(f"{path}/{side}")["data"]], [row["id"] for row in rows])
            return [row["name"] for row in sides[0]], [row["name"] for row in sides[1]]

        with step("add and remove input and output ports, through the client and the SDK's facade"):
            taken, given = self.service("plum"), self.service("market-s")
            admin.add_assets_to_data_product("Apples", [given])
            for add_in, add_out, remove_in, remove_out in (
                (
                    admin.add_input_ports_to_data_product, admin.add_output_ports_to_data_product,
                    admin.remove_input_ports_from_data_product, admin.remove_output_ports_from_data_product,
                ),
                (
                    DataProducts.add_input_ports, DataProducts.add_output_ports,
                    DataProducts.remove_input_ports, DataProducts.remove_output_ports,
                ),
            ):  # fmt: skip
                for call, port in ((add_in, taken), (add_out, given)):
                    same(BulkOperationResult.model_validate(call("Apples", [port])).status.value, "success")
                same(view(), (["plum"], ["market-s"]))
                for call, port in ((remove_in, taken), (remove_out, given)):
                    same(BulkOperationResult.model_validate(call("Apples", [port])).status.value, "success")
                same(view(), ([], []))
        with step("an output port that is no asset of the product: its row fails"):
            result = BulkOperationResult.model_validate(DataProducts.add_output_ports("Apples", [taken]))
            same((result.status.value, result.numberOfRowsFailed.root), ("failure", 1))

    def votes(self) -> None:
        """Votes."""
        with step("votes for a domain and a data product"):
            for facade, name in ((Domains, "Market"), (DataProducts, "Apples")):
                found = facade.retrieve_by_name(name, fields=["votes"])
                kind = "domains" if facade is Domains else "dataProducts"
                for vote, counts in (("votedUp", (1, 0)), ("votedDown", (0, 1)), ("unVoted", (0, 0))):
                    path = f"/{kind}/{text(found.id)}/vote"
                    ChangeEvent.model_validate(self.admin.client.put(path, json={"updatedVoteType": vote}))
                    votes = facade.retrieve(found.id, fields=["votes"]).votes
                    same((votes.upVotes, votes.downVotes), counts)
                    same(names_of(votes.upVoters), ["admin"] if vote == "votedUp" else [])

    def renames(self) -> None:
        """Other names, as others show them."""
        admin = self.admin
        with step("a domain and a data product are renamed: what lies in them shows it"):
            admin.add_assets_to_data_product("Apples", [self.service("market-s")])
            source = self.domain("Market")
            changed(admin, source, name=type(source.name)("Fair"))
            changed(admin, admin.get_by_name(DataProduct, "Apples"), name=type(source.name)("Pomes"))
            same((self.shown("market-s"), self.shown("cherry")), ((["Fair"], ["Pomes"]), (["Fruit"], [])))
            same(text(self.domain("Fair.Fruit", "parent").parent.name), "Fair")
            same(names_of(admin.get_by_name(DataProduct, "Pomes", fields=["domains"]).domains), ["Fair"])
            same(admin.get_by_name(Domain, "Market.Fruit"), None)

    def end(self) -> None:
        """Domains and data products that go."""
        admin = self.admin
        with step("a data product is deleted: its assets are of none"):
            admin.delete(DataProduct, admin.get_by_name(DataProduct, "Pomes").id)
            same(self.shown("market-s"), (["Fair"], []))
        with step("a domain is deleted: what lay below it too, its assets lie in none"):
            Domains.delete(self.domain("Fair").id, recursive=True, hard_delete=True)
            same((admin.get_by_name(Domain, "Fair.Fruit"), admin.get_by_name(DataProduct, "Pears")), (None, None))
            same((self.shown("market-s"), self.shown("cherry")), (([], []), ([], [])))
            some(admin.get_by_name(Tag, "Rank.Gold"))
