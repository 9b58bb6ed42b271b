"""Predicates as SQL: over catalogs made by chance, a list has exactly the rows that a reading of the predicate chooses.

The reading is `chosen`, over what `Row` says of an entity from its edges: inherited owners and domains, deleted targets,
tags that terms bring along. What conditions are told of one entity has to be the same.
"""

from __future__ import annotations

import json
from collections import defaultdict
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from brokerbook.access import predicates as p
from brokerbook.access.conditions import Service
from brokerbook.access.predicates import conjunction, disjunction, negation
from brokerbook.engine import facts
from brokerbook.kinds import KINDS
from brokerbook.store import entities, relations, versions
from brokerbook.store.entities import EntityRow
from brokerbook.store.sqlite import open_database
from pure_access import chosen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from brokerbook.access.predicates import Predicate
    from brokerbook.store.database import Tx
    from brokerbook.store.sqlite import SqliteDatabase

INHERITED = {name: kind.inherited for name, kind in KINDS.items()} | {"topic": frozenset({"domains"})}
NAMES = ("a", "b", "B", "a b", "a-b", "a/b", '"a.b"', "é")
STATUSES = ("Draft", "Approved")


class Row:
    """An entity as the catalog by chance has it, and what follows from its edges and those around it."""

    def __init__(self, catalog: Catalog, kind: str, name: str, parent: Row | None, says: Mapping[str, Any]) -> None:
        self.id = f"{kind}-{len(catalog.rows)}"
        self.kind = kind
        self.name = name
        self.fqn = f"{parent.fqn}.{name}" if parent is not None else name
        self.parent = parent
        self.says = says
        self.deleted = catalog.chance.random() < 0.15
        self.edges: dict[str, list[Row]] = defaultdict(list)

    @property
    def parent_id(self) -> str | None:
        return self.parent.id if self.parent is not None else None

    def live(self, field: str) -> frozenset[Row]:
        """What it refers to itself, as far as that is not deleted."""
        return frozenset(target for target in self.edges.get(field, ()) if not target.deleted)

    def has(self, field: str) -> frozenset[Row]:
        """The same; or what the nearest one above has, if the kind inherits the field."""
        own = self.live(field)
        if own or field not in INHERITED[self.kind] or self.parent is None:
            return own
        return self.parent.has(field)

    @property
    def refers(self) -> Mapping[str, frozenset[str]]:
        return {
            field: frozenset(target.id for target in self.has(field))
            for field in ("owners", "reviewers", "domains", "experts", "teams")
        }

    @property
    def tags(self) -> frozenset[Row]:
        """Its labels and its certification, and the labels of the terms among them."""
        own = self.live("tags") | self.live("certification")
        found = own.union(*(label.live("tags") for label in own if label.kind == "glossaryTerm"))
        return frozenset(label for label in found if label.kind == "tag")  # conditions name no terms

    @property
    def tag_fqns(self) -> frozenset[str]:
        return frozenset(tag.fqn for tag in self.tags)

    @property
    def owner_team_ids(self) -> frozenset[str]:
        owners = self.has("owners")
        teams = [team for owner in owners for team in owner.edges.get("teams", ())]
        return frozenset(row.id for row in (*owners, *teams))

    @property
    def is_admin(self) -> bool:
        return bool(self.says.get("isAdmin"))

    @property
    def above(self) -> Row | None:
        """The service that it is, or lies in."""
        return self if self.kind == "messagingService" else self.parent.above if self.parent is not None else None

    @property
    def service(self) -> Service | None:
        return Service(self.above.name, self.above.says["serviceType"], self.above.tag_fqns) if self.above else None

    @property
    def service_fqn(self) -> str:
        return self.above.fqn if self.above is not None else ""

    def stored(self) -> EntityRow:
        document = {"id": self.id, "name": self.name} | dict(self.says)
        return EntityRow(
            self.id, self.kind, self.name, self.fqn, self.parent_id, 1, False, 1, None, json.dumps(document)  # noqa: FBT003
        )  # fmt: skip


class Catalog:
    """A few dozen entities of every kind that lies in others or refers to others, by chance."""

    def __init__(self, seed: int) -> None:
        self.chance = Random(seed)
        self.rows: list[Row] = []
        teams = self.add("team", 4)
        users = self.add("user", 5, says=lambda: {"isAdmin": True} if self.chance.random() < 0.3 else {})
        domains = self.nested("domain", [None], 6)
        classifications = self.add("classification", 2)
        tags = self.nested("tag", [*classifications], 8)
        glossaries = self.add("glossary", 2)
        terms = self.nested("glossaryTerm", [*glossaries], 8)
        services = self.add("messagingService", 10, says=lambda: {"serviceType": self.chance.choice(["Kafka", "Nats"])})
        topics = self.add("topic", 10, above=[*services])
        owned = (*domains, *classifications, *tags, *glossaries, *terms, *services)
        self.link("teams", users, teams)
        self.link("owners", (*owned, *teams), (*users, *teams))
        self.link("reviewers", (*classifications, *tags, *glossaries, *terms), (*users, *teams))
        self.link("experts", domains, users)
        self.link(
            "domains", (*users, *teams, *classifications, *tags, *glossaries, *terms, *services, *topics), domains
        )
        self.link("tags", (*domains, *glossaries, *terms, *services, *topics), (*tags, *terms))
        self.link("certification", domains, tags, most=1)

    def _says(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        if self.chance.random() < 0.5:
            found["disabled"] = self.chance.random() < 0.5
        if self.chance.random() < 0.7:
            found["entityStatus"] = self.chance.choice(STATUSES)
        return found

    def add(
        self, kind: str, count: int, says: Callable[[], dict[str, Any]] = dict, above: list[Row] | None = None
    ) -> list[Row]:
        """Entities at the top, or right below some others; each name once in its place."""
        found: list[Row] = []
        for number in range(count):
            parent = self.chance.choice(above) if above else None
            row = Row(
                self, kind, NAMES[number % len(NAMES)] * (1 + number // len(NAMES)), parent, self._says() | says()
            )
            self.rows.append(row)
            found.append(row)
        return found

    def nested(self, kind: str, tops: list[Row] | list[None], count: int) -> list[Row]:
        """Entities below others of their kind, or right below one of `tops`."""
        found: list[Row] = []
        for _ in range(count):
            found += self.add(kind, 1, above=[row for row in (*tops, *found) if row is not None])
            found[-1].name = NAMES[len(found) % len(NAMES)] * (1 + len(found) // len(NAMES))
            parent = found[-1].parent
            found[-1].fqn = f"{parent.fqn}.{found[-1].name}" if parent is not None else found[-1].name
        return found

    def link(self, field: str, whose: Any, targets: list[Row] | tuple[Row, ...], most: int = 2) -> None:
        """Lets some of them refer to some of the others, never to themselves."""
        for row in whose:
            if self.chance.random() < 0.55:
                others = [target for target in targets if target is not row]
                row.edges[field] = self.chance.sample(others, self.chance.randint(1, most))

    def store(self, tx: Tx) -> None:
        for kind in {row.kind for row in self.rows}:
            entities.insert(tx, [row.stored() for row in self.rows if row.kind == kind])
        for row in self.rows:
            if row.deleted:
                assert entities.update(tx, row.stored()._replace(deleted=True), was=row.stored())
            for field, targets in row.edges.items():
                relations.insert(tx, [(row.id, field, target.id, _label(field, target)) for target in targets])

    # predicates

    def of(self, *kinds: str) -> list[Row]:
        return [row for row in self.rows if row.kind in kinds]

    def leaves(self) -> list[Sequence[Predicate]]:
        """All predicates, of each sort, about one thing that is there."""
        holders = {
            "owners": ("user", "team"),
            "reviewers": ("user", "team"),
            "domains": ("domain",),
            "experts": ("user",),
        }
        services = self.of("messagingService")
        return [
            [p.Has(field) for field in holders],
            *([p.Has(field, frozenset({row.id})) for row in self.of(*kinds)] for field, kinds in holders.items()),
            [p.Tagged(row.fqn) for row in self.of("tag", "glossaryTerm")],
            [p.OwnedIn(frozenset({row.id})) for row in self.of("team")],
            [p.IsOne(frozenset({row.id})) for row in self.rows],
            [p.IsAdminUser()],
            [p.InService("name", frozenset({row.name})) for row in services],
            [p.InService("fqn", frozenset({row.fqn})) for row in services],
            [p.InService("type", frozenset({name})) for name in ("Kafka", "Nats")],
            [p.InService("tag", frozenset({row.fqn})) for row in self.of("tag", "glossaryTerm")],
            [p.Says("disabled", value) for value in (True, False)],
            [p.Says("entityStatus", value) for value in STATUSES],
            [p.Below(row.fqn) for row in self.rows],
            [p.ChildOf(row.id) for row in self.rows] + [p.ChildOf(None)],
        ]

    def predicate(self, depth: int = 3) -> Predicate:
        """Any predicate; those of which few entities are meant are as likely as the others."""
        if depth == 0 or self.chance.random() < 0.3:
            return self.chance.choice(self.chance.choice(self.leaves()))
        parts = [self.predicate(depth - 1) for _ in range(self.chance.randint(2, 3))]
        return self.chance.choice([conjunction, disjunction, lambda *some: negation(some[0])])(*parts)


def _label(field: str, target: Row) -> str | None:
    if field not in {"tags", "certification"}:
        return None
    return json.dumps({"source": "Glossary" if target.kind == "glossaryTerm" else "Classification"})


@pytest.fixture(params=range(4))
def catalog(request: Any, tmp_path: Path) -> Iterator[tuple[Catalog, SqliteDatabase]]:
    made, opened = Catalog(request.param), open_database(tmp_path)
    opened.write_now(made.store)
    yield made, opened
    opened.close()


def listed(database: SqliteDatabase, kind: str, meant: Predicate, include: str) -> set[str]:
    """What a list has, gone through page by page; its total has to be the number of rows."""
    found: list[str] = []
    place: tuple[str, str] | None = None
    while True:
        page = database.peek(
            lambda tx, after=place: entities.page(
                tx, kind, include=include, limit=3, after=after, predicate=meant, inherited=INHERITED[kind]
            )
        )
        found += [row.id for row in page.rows]
        assert page.before is (place is not None and bool(page.rows))
        if not page.after:
            assert page.total == len(found)
            assert len(set(found)) == len(found)
            return set(found)
        place = (page.rows[-1].name, page.rows[-1].id)


def wrong(catalog: Catalog, database: SqliteDatabase, kind: str, meant: Predicate, include: str = "all") -> str | None:
    """How a list differs from what the predicate means, if it does."""
    shown = {"all": (True, False), "deleted": (True,), "non-deleted": (False,)}[include]
    expected = {row.id for row in catalog.of(kind) if row.deleted in shown and chosen(meant, row)}
    found = listed(database, kind, meant, include)
    if found == expected:
        return None
    return f"{kind} {include} {meant}: too many {found - expected}, too few {expected - found}"


def test_a_list_has_exactly_the_rows_that_each_predicate_means(catalog: tuple[Catalog, SqliteDatabase]):
    known, database = catalog
    for meant in [leaf for leaves in known.leaves() for leaf in leaves]:
        kinds = {row.kind for row in known.rows if chosen(meant, row)} | {known.chance.choice(known.rows).kind}
        for kind in sorted(kinds):
            assert wrong(known, database, kind, meant) is None
            assert wrong(known, database, kind, negation(meant)) is None


def test_a_list_has_exactly_the_rows_that_combined_predicates_mean(catalog: tuple[Catalog, SqliteDatabase]):
    known, database = catalog
    kinds = sorted({row.kind for row in known.rows})
    for _ in range(60):
        kind, include = known.chance.choice(kinds), known.chance.choice(["non-deleted", "deleted", "all"])
        assert wrong(known, database, kind, known.predicate(), include) is None


def test_what_conditions_are_told_of_an_entity_is_what_the_predicates_go_by(catalog: tuple[Catalog, SqliteDatabase]):
    known, database = catalog
    for row in known.rows:
        if row.kind not in KINDS:
            continue

        def told(tx: Tx, row: Row = row) -> dict[str, Any]:
            stored = entities.find(tx, row.kind, row.id)
            assert stored is not None
            found = facts.of_row(tx, KINDS[row.kind], stored)
            return {
                "owners": found.owner_ids,
                "reviewers": found.reviewer_ids,
                "domains": found.domain_ids - ({row.id} if row.kind == "domain" else set()),
                "tags": found.tag_fqns,
                "teams": found.owner_team_ids,
                "admin": found.is_admin_user,
                "service": found.service,
            }

        assert database.peek(told) == {
            "owners": row.refers["owners"],
            "reviewers": row.refers["reviewers"],
            "domains": row.refers["domains"],
            "tags": row.tag_fqns,
            "teams": row.owner_team_ids,
            "admin": row.is_admin,
            "service": row.service,
        }, row.id


def test_a_history_and_events_are_of_exactly_the_entities_that_the_predicate_means(
    catalog: tuple[Catalog, SqliteDatabase],
):
    known, database = catalog
    for _ in range(20):
        meant, kind = known.predicate(), known.chance.choice(["tag", "messagingService", "domain"])
        rows, total = database.peek(
            lambda tx, meant=meant, kind=kind: versions.history(
                tx, kind, start=0, end=2, limit=1000, position=(9, "~", 9), backward=False, predicate=meant,
                inherited=INHERITED[kind],
            )
        )  # fmt: skip
        assert {row[1] for row in rows} == listed(database, kind, meant, "all")
        assert total == len(rows)
