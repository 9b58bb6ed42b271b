"""What only glossaries and their terms do: explain words, relate them to each other, label assets with them."""

# pyright: reportMissingImports=false, reportAttributeAccessIssue=false

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from metadata.generated.schema.entity.data.glossary import Glossary
from metadata.generated.schema.entity.data.glossaryTerm import GlossaryTerm
from metadata.generated.schema.entity.services.messagingService import MessagingService
from metadata.generated.schema.type.bulkOperationResult import BulkOperationResult
from metadata.generated.schema.type.changeEvent import ChangeEvent
from metadata.generated.schema.type.tagLabel import TagLabel
from metadata.sdk import Glossaries, GlossaryTerms
from metadata.sdk.entities.glossaryterms import GlossaryTerms as RelatedTerms
from steps import awaited, changed, label, labels_of, names_of, reference_to, refused, same, some, step, text
from subjects import glossary, glossary_term, service

if TYPE_CHECKING:
    from scene import Scene

REFERENCES = [{"name": "law", "endpoint": "https://law.example/sale"}]
MAPPINGS = [
    {
        "conceptIri": "https://words.example/sale",
        "mappingType": "EXACT_MATCH",
        "schemeIri": "https://words.example/",
        "source": "words",
    }
]


def term_label(fqn: str) -> TagLabel:
    """A term as a person labels something with it."""
    return TagLabel(tagFQN=fqn, source="Glossary", labelType="Manual", state="Confirmed")


def related(term: Any) -> list[tuple[str, str]]:
    """The relations of a term: their types, and the names of the others."""
    return sorted((each.relationType, text(each.term.name)) for each in term.relatedTerms or [])


class Terms:
    """Glossaries and the terms in them."""

    def __init__(self, scene: Scene) -> None:
        self.scene, self.admin = scene, scene.admin

    def run(self) -> None:
        """Every step."""
        self.glossary()
        self.term()
        self.lists()
        self.relations()
        self.assets()
        self.review()
        self.renames()
        self.end()

    def glossed(self, name: str, *fields: str) -> Any:
        """A glossary as it is."""
        return some(self.admin.get_by_name(Glossary, name, fields=list(fields)))

    def term_of(self, fqn: str, *fields: str) -> Any:
        """A term as it is."""
        return some(self.admin.get_by_name(GlossaryTerm, fqn, fields=list(fields)))

    def shown(self, name: str) -> list[str]:
        """The tags of a service."""
        return labels_of(some(self.admin.get_by_name(MessagingService, name, fields=["tags"])))

    def glossary(self) -> None:
        """A glossary with everything."""
        admin = self.admin
        with step("a glossary with everything"):
            admin.create(
                glossary(
                    "Law", displayName="Of law", owners=[self.scene.amy], tags=[label("Rank.Gold")], domains=["Sales"],
                    provider="user", mutuallyExclusive=False,
                )
            )  # fmt: skip
            found = self.glossed("Law", "*")
            same(
                (names_of(found.owners), labels_of(found), names_of(found.domains)), (["amy"], ["Rank.Gold"], ["Sales"])
            )
            same((found.termCount, found.usageCount, found.disabled), (0, 0, False))
        with step("votes for a glossary and a term"):
            term = admin.create(glossary_term("Voted", glossary="Law"))
            for path, entity, made in (("glossaries", Glossary, found), ("glossaryTerms", GlossaryTerm, term)):
                vote = {"updatedVoteType": "votedUp"}
                ChangeEvent.model_validate(admin.client.put(f"/{path}/{text(made.id)}/vote", json=vote))
                votes = admin.get_by_id(entity, made.id, fields=["votes"]).votes
                same((votes.upVotes, names_of(votes.upVoters)), (1, ["admin"]))
            admin.delete(GlossaryTerm, term.id, hard_delete=True)
        with step("the namespaces of a glossary"):
            given = [{"prefix": "words", "namespace": "https://words.example/"}]
            source = self.glossed("Law")
            said = Glossary.model_validate(source.model_dump(mode="json", exclude_unset=True) | {"namespaces": given})
            some(admin.patch(Glossary, source, said, skip_on_failure=False))
            same([each.prefix for each in self.glossed("Law").namespaces], ["words"])

    def term(self) -> None:
        """Terms with everything, and below each other."""
        admin = self.admin
        with step("a term with everything, and one below it, which inherits"):
            admin.create(
                glossary_term(
                    "Contract", glossary="Law", displayName="The contract", iri="https://words.example/contract",
                    style={"color": "#0000ff"}, synonyms=["agreement", "deal"], references=REFERENCES,
                    conceptMappings=MAPPINGS, owners=[self.scene.ben], tags=[label("Rank.Silver")], domains=["Stock"],
                )
            )  # fmt: skip
            made = admin.create(
                glossary_term("Sale", glossary="Law", parent="Law.Contract", relatedTerms=["Law.Contract"])
            )
            same((text(made.fullyQualifiedName), text(made.parent.name)), ("Law.Contract.Sale", "Contract"))
            found, below = self.term_of("Law.Contract", "*"), self.term_of("Law.Contract.Sale", "*")
            same((text(found.glossary.name), names_of(found.children), found.childrenCount), ("Law", ["Sale"], 1))
            same(([text(each) for each in found.synonyms], found.style.color), (["agreement", "deal"], "#0000ff"))
            same((text(found.references[0].endpoint), found.references[0].name), ("https://law.example/sale", "law"))
            same(
                (text(found.iri), found.conceptMappings[0].mappingType.value),
                ("https://words.example/contract", "EXACT_MATCH"),
            )
            same(
                (names_of(found.owners), labels_of(found), names_of(found.domains)),
                (["ben"], ["Rank.Silver"], ["Stock"]),
            )
            same(
                (names_of(below.owners), below.owners.root[0].inherited, found.entityStatus.value),
                (["ben"], True, "Approved"),
            )
            same((related(below), related(found)), ([("relatedTo", "Contract")], [("relatedTo", "Sale")]))
            same(self.glossed("Law", "termCount").termCount, 2)
        with step("a term of a glossary, and below a term, that is not there: 404; one that is there: refused"):
            refused(404, lambda: admin.create(glossary_term("Lost", glossary="Nowhere")))
            refused(404, lambda: admin.create(glossary_term("Lost", glossary="Law", parent="Law.Nowhere")))
            refused(400, lambda: admin.create(glossary_term("sale", glossary="Law")))
        with step("patch of a term's synonyms and references"):
            source = self.term_of("Law.Contract")
            said = source.model_dump(mode="json", exclude_unset=True) | {
                "synonyms": ["pact"],
                "references": REFERENCES * 2,
            }
            some(admin.patch(GlossaryTerm, source, GlossaryTerm.model_validate(said), skip_on_failure=False))
            found = self.term_of("Law.Contract")
            same(([text(each) for each in found.synonyms], len(found.references)), (["pact"], 2))

    def lists(self) -> None:
        """Lists of terms with their filters, and their search."""
        law, contract = text(self.glossed("Law").id), text(self.term_of("Law.Contract").id)
        with step("list_all of the terms of a glossary, below a term, right below one"):
            for filters, wanted in (
                ({"glossary": law}, ["Contract", "Sale"]),
                ({"parent": contract}, ["Sale"]),
                ({"directChildrenOf": "Law"}, ["Contract"]),
                ({"glossary": law, "entityStatus": "Approved"}, ["Contract", "Sale"]),
            ):
                found = GlossaryTerms.list_all(filters=filters, fields=["*"], batch_size=1)
                same([text(each.name) for each in found], wanted)
        with step("the search for terms"):
            found = self.admin.client.get("/glossaryTerms/search", {"q": "contr", "glossaryFqn": "Law", "fields": "*"})
            same(text(GlossaryTerm.model_validate(found["data"][0]).name), "Contract")

    def relations(self) -> None:
        """Relations between terms, through the SDK's facade."""
        admin = self.admin
        with step("add_relation, remove_relation, relations_graph, relation_type_usage"):
            lease = admin.create(glossary_term("Lease", glossary="Law"))
            contract = self.term_of("Law.Contract")
            same(related(RelatedTerms.add_relation(lease, "Law.Contract", "broader")), [("broader", "Contract")])
            same(related(self.term_of("Law.Contract", "relatedTerms")), [("narrower", "Lease"), ("relatedTo", "Sale")])
            some(RelatedTerms.add_relation("Law.Lease", contract.id, "seeAlso"))
            graph = RelatedTerms.relations_graph(lease, depth=2, relation_types=["broader", "relatedTo"])
            same(sorted(node["name"] for node in graph["nodes"]), ["Contract", "Lease", "Sale"])
            same({(edge["relationType"]) for edge in graph["edges"]} - {"broader", "narrower", "relatedTo"}, set())
            some(RelatedTerms.relation_type_usage()["seeAlso"])
            same(related(RelatedTerms.remove_relation(lease, contract, "seeAlso")), [("broader", "Contract")])
            same(related(RelatedTerms.remove_relation(lease, contract)), [])
            same(related(self.term_of("Law.Contract", "relatedTerms")), [("relatedTo", "Sale")])
        with step("a relation of a type that is not known: refused"):
            refused(400, lambda: RelatedTerms.add_relation(lease, contract, "cousin"))
        with step("patch of a term's relations"):
            source = self.term_of("Law.Lease", "relatedTerms")
            relation = {
                "relationType": "antonym",
                "term": reference_to(contract).model_dump(mode="json", exclude_none=True),
            }
            said = source.model_dump(mode="json", exclude_unset=True) | {"relatedTerms": [relation]}
            some(admin.patch(GlossaryTerm, source, GlossaryTerm.model_validate(said), skip_on_failure=False))
            same(related(self.term_of("Law.Lease", "relatedTerms")), [("antonym", "Contract")])

    def assets(self) -> None:
        """What is labelled with a term."""
        admin = self.admin
        with step("terms put on assets and taken off; get_glossary_term_assets"):
            made = admin.create(service("deeds"))
            path = f"/glossaryTerms/{text(self.term_of('Law.Contract.Sale').id)}/assets"
            body = {"assets": [reference_to(made).model_dump(mode="json", exclude_none=True)], "dryRun": False}
            result = BulkOperationResult.model_validate(admin.client.put(f"{path}/add", json=body))
            same((result.status.value, self.shown("deeds")), ("success", ["Law.Contract.Sale"]))
            found = admin.get_glossary_term_assets("Law.Contract.Sale")
            same(([row["name"] for row in found["data"]], found["paging"]["total"]), (["deeds"], 1))
            result = BulkOperationResult.model_validate(admin.client.put(f"{path}/remove", json=body))
            same((result.status.value, self.shown("deeds")), ("success", []))
        with step("patch_tags with a term: its own tags come with it"):
            some(admin.patch_tags(MessagingService, made, [term_label("Law.Contract")], skip_on_failure=False))
            found = admin.get_by_name(MessagingService, "deeds", fields=["tags"]).tags
            shown = {text(each.tagFQN): (each.source.value, each.labelType.value) for each in found}
            same(shown, {"Law.Contract": ("Glossary", "Manual"), "Rank.Silver": ("Classification", "Derived")})

    def review(self) -> None:
        """Terms that somebody has to look at."""
        admin = self.admin
        with step("a glossary with reviewers: a new term is a draft"):
            admin.create(glossary("Reviewed", reviewers=[self.scene.amy]))
            admin.create(glossary_term("Word", glossary="Reviewed"))
            found = self.term_of("Reviewed.Word", "*")
            same((found.entityStatus.value, names_of(found.reviewers)), ("Draft", ["amy"]))

    def renames(self) -> None:
        """Other names and other places, as others show them."""
        admin = self.admin
        with step("a term and a glossary are renamed: what is labelled with them shows it"):
            source = self.term_of("Law.Contract")
            changed(admin, source, name=type(source.name)("Pact"))
            same(
                (self.shown("deeds"), text(self.term_of("Law.Pact.Sale").parent.name)),
                (["Law.Pact", "Rank.Silver"], "Pact"),
            )
            source = self.glossed("Law")
            changed(admin, source, name=type(source.name)("Right"))
            same(
                (self.shown("deeds"), admin.get_by_name(GlossaryTerm, "Law.Pact")),
                (["Rank.Silver", "Right.Pact"], None),
            )
        with step("a term moves, by a patch and afterwards: what is labelled with it shows it"):
            source = self.term_of("Right.Pact")
            destination = source.model_copy(deep=True)
            destination.parent = reference_to(self.term_of("Right.Lease"))
            some(admin.patch(GlossaryTerm, source, destination, skip_on_failure=False))
            same(
                (self.shown("deeds"), text(self.term_of("Right.Lease.Pact.Sale").name)),
                (["Rank.Silver", "Right.Lease.Pact"], "Sale"),
            )
            to = {"parent": {"id": text(self.glossed("Right").id), "type": "glossary"}}
            some(admin.client.put(f"/glossaryTerms/{text(source.id)}/moveAsync", json=to)["jobId"])
            awaited(lambda: admin.get_by_name(GlossaryTerm, "Right.Pact"))
            same(self.shown("deeds"), ["Rank.Silver", "Right.Pact"])

    def end(self) -> None:
        """Terms that go."""
        with step("a term is deleted: nothing is labelled with it, and with its tags neither"):
            refused(400, lambda: GlossaryTerms.delete(self.term_of("Right.Pact").id, hard_delete=True))
            GlossaryTerms.delete(self.term_of("Right.Pact").id, recursive=True, hard_delete=True)
            same((self.shown("deeds"), related(self.term_of("Right.Lease", "relatedTerms"))), ([], []))
        with step("a glossary is deleted with its terms only, and both are back"):
            right = self.glossed("Right")
            refused(400, lambda: Glossaries.delete(right.id))
            Glossaries.delete(right.id, recursive=True)
            same(self.admin.get_by_name(GlossaryTerm, "Right.Lease"), None)
            Glossaries.restore(right.id)
            some(self.term_of("Right.Lease"))
