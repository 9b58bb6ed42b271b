"""Checks every invariant of a catalog and says what is wrong, a line for each. Reads only, over the caller's snapshot.

Entities are read in batches with all that belongs to them, so that a large catalog costs a few queries for each batch
and no memory. What is said names the place and never repeats a value: it could be a secret.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import msgspec

from brokerbook.engine import content_faults, exposure, lineage_verify, message_schemas, named_tokens
from brokerbook.engine.jobs import Job
from brokerbook.engine.secrets import CURRENT_KEY
from brokerbook.engine.version import in_tenths
from brokerbook.engine.votes import VOTES
from brokerbook.errors import CatalogError
from brokerbook.kinds import KINDS
from brokerbook.kinds.kind import Link
from brokerbook.model.decoding import sentence
from brokerbook.model.wire import ChangeEvent
from brokerbook.names import join
from brokerbook.store import search_index
from brokerbook.store import secrets as secret_store
from brokerbook.store import verify as store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from brokerbook.engine.exposure import Vault
    from brokerbook.engine.secrets import Sealer
    from brokerbook.kinds.kind import Kind
    from brokerbook.store.database import Row, Tx
    from brokerbook.store.verify import Batch, Entity

_JOB_STATES = {"waiting", "done", "failed"}


class _Change(msgspec.Struct):
    previousVersion: float | None = None


class _Version(msgspec.Struct):
    """What must be in any version of any entity; a kind may have had other fields when an old one was written."""

    id: str
    name: str
    fullyQualifiedName: str
    version: float
    updatedAt: int
    changeDescription: _Change | None = None


_version = msgspec.json.Decoder(_Version)
_event = msgspec.json.Decoder(ChangeEvent)
_job = msgspec.json.Decoder(Job)


@functools.cache
def _decoder(entity: type[msgspec.Struct]) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(entity)


def problems(tx: Tx, sealer: Sealer | None, seen: Callable[[int], object] = lambda _: None) -> Iterator[str]:
    """Every fault of a catalog as a sentence. Without a sealer sealed secrets stay unchecked, which is said.

    `seen` is told how many entities, versions and events more have been looked at; there are `store.sizes`.
    """
    damage = store.damage(tx)
    if damage:
        yield from (f"The database file is damaged: {text}." for text in damage)
        yield "The rest was not checked. Restore a backup."
        return
    vault = exposure.Vault(sealer)
    yield from _keys(tx, vault)
    for what, owner, owner_id in store.orphans(tx):
        yield f"There are {what} of the {owner} {owner_id}, which is not there."
    for entity_id, relation, target_id in store.one_sided(tx, _inverses()):
        yield f"The entity {entity_id} refers to {target_id} through {relation}, which does not show it from its side."
    for batch in store.batches(tx):
        yield from _batch(tx, batch, vault)
        seen(len(batch.entities) + sum(map(len, batch.versions.values())))
    for rows in store.events(tx):
        yield from _events(tx, rows, vault)
        seen(len(rows))
    for entity_id, n in store.created_twice(tx):
        yield f"{n} events say that the entity {entity_id} was created."
    yield from lineage_verify.problems(tx)
    yield from content_faults.problems(tx)
    yield from _tallies(tx)
    yield from _jobs(tx)
    yield from _scopes(tx)
    for entity_id, what in search_index.amiss(tx):
        yield f"The entity {entity_id} {what}: searches do not find what is there."


def _keys(tx: Tx, vault: Vault) -> Iterator[str]:
    needed = store.sealed_counts(tx)
    if (current := secret_store.meta(tx, CURRENT_KEY)) is not None:
        needed.setdefault(current, 0)
    for key_id, n in sorted(needed.items()):
        if not vault.has(key_id):
            yield f"The key {key_id} is not at hand. The secrets of {n} entities are sealed with it, and were not checked."


# entities


def _batch(tx: Tx, batch: Batch, vault: Vault) -> Iterator[str]:
    for row in batch.entities:
        kind = KINDS.get(row.kind)
        if kind is None:
            yield f"The entity {row.id} is of the kind {row.kind}, which does not exist."
            continue
        versions = batch.versions.get(row.id, [])
        for text in (
            *_document(tx, kind, row),
            *content_faults.lacking(tx, kind, row.id, [row.doc, *(doc for _, _, _, doc in versions)]),
            *_place(kind, row),
            *_versions(kind, row, versions),
            *_edges(kind, row, batch.edges.get(row.id, [])),
            *_values(kind, row, batch.values.get(row.id, [])),
            *_secrets(kind, row, versions, batch.sealed.get(row.id), vault),
        ):
            yield f"{kind.name} {row.fqn} ({row.id}): {text}"


def _document(tx: Tx, kind: Kind, row: Entity) -> Iterator[str]:
    try:
        said = _decoder(kind.entity).decode(message_schemas.everything(tx, kind, row.doc))
    except msgspec.ValidationError as error:
        yield f"its document is no {kind.name}: {sentence(str(error), kind.entity).rstrip('.')}."
        return
    except (msgspec.DecodeError, UnicodeDecodeError):
        yield "its document is not JSON."
        return
    pairs = {
        "id": (row.id, said.id),
        "name": (row.name, said.name),
        "fqn": (row.fqn, said.fullyQualifiedName),
        "version": (row.version, in_tenths(said.version)),
        "deleted": (bool(row.deleted), bool(getattr(said, "deleted", False))),
        "updated_at": (row.updated_at, said.updatedAt),
    }
    for column, (stored, written) in pairs.items():
        if stored != written:
            yield f"the column {column} and the document disagree."


def _place(kind: Kind, row: Entity) -> Iterator[str]:
    if row.parent_id is not None:
        if row.parent_kind is None or row.parent_fqn is None:
            yield f"its parent {row.parent_id} is not there."
            return
        if kind.name not in _children(row.parent_kind):
            yield f"its parent {row.parent_id} is a {row.parent_kind}, below which it cannot be."
    try:
        expected = join(row.parent_fqn, row.name)
    except CatalogError:
        yield "its name is none that an entity may have."
        return
    if row.fqn != expected:
        yield f"its fully qualified name should be {expected}."


def _children(kind: str) -> tuple[str, ...]:
    known = KINDS.get(kind)
    return known.children if known is not None else ()


def _versions(kind: Kind, row: Entity, versions: list[Row]) -> Iterator[str]:
    numbers = {number for number, _, _, _ in versions}
    if too_high := sorted(number for number in numbers if number >= row.version):
        yield f"it is at version {_shown(row.version)}, but the earlier version {_shown(too_high[-1])} is kept."
    # A version follows each other one by one, and an edit that is undone drops the one that it began; but after a breaking
    # change of a schema ten numbers are left out.
    missing = [number for number in range(1, row.version) if number not in numbers] if kind.schema is None else []
    if missing:
        yield f"its earlier versions {', '.join(map(_shown, missing[:10]))} are missing ({len(missing)} in all)."
    for number, its_kind, updated_at, doc in versions:
        said = _decoded_version(doc)
        if said is None:
            yield f"the document of its version {_shown(number)} cannot be read."
            continue
        if (said.id, in_tenths(said.version), said.updatedAt) != (row.id, number, updated_at) or its_kind != row.kind:
            yield f"the columns of its version {_shown(number)} and the document disagree."
        yield from _previous(said, number, numbers)
    said = _decoded_version(row.doc) if row.version > 1 else None
    if said is not None:
        yield from _previous(said, row.version, numbers)


def _decoded_version(doc: str) -> _Version | None:
    try:
        return _version.decode(doc)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None


def _previous(said: _Version, number: int, numbers: set[int]) -> Iterator[str]:
    change = said.changeDescription
    if change is None or change.previousVersion is None or number == 1:
        return
    previous = in_tenths(change.previousVersion)
    if previous not in numbers or previous >= number:
        yield f"its version {_shown(number)} says that it follows {_shown(previous)}, which is not kept."


def _edges(kind: Kind, row: Entity, edges: list[Row]) -> Iterator[str]:
    single: set[str] = set()
    for relation, target_id, data, target_kind in edges:
        link = _link(kind, relation)
        if link is None or link.reverse is not None:
            yield f"it refers to {target_id} through {relation}, which is no reference of its kind."
            continue
        if target_kind is None:
            yield f"it refers to {target_id} through {relation}, which is not there."
        elif link.targets and target_kind not in link.targets:
            yield f"it refers to the {target_kind} {target_id} through {relation}, which cannot hold one."
        if not link.many:
            if relation in single:
                yield f"it refers to more than one entity through {relation}."
            single.add(relation)
        if relation == "parent" and row.parent_id is not None and target_id != row.parent_id:
            yield f"it refers to the parent {target_id}, but lies below {row.parent_id}."
        if data is not None and exposure.decoded(data) is None:
            yield f"what it says of {target_id} in {relation} is not a JSON object."


def _inverses() -> dict[str, str]:
    links = [link for kind in KINDS.values() for link in kind.links]
    return {f"{link.field}/{said}": f"{link.field}/{inverse}" for link in links for said, inverse in link.types}


def _link(kind: Kind, relation: str) -> Link | None:
    """The reference that the store calls so; what stands after a slash is the type of a relation, or of a vote."""
    field, typed, said = relation.partition("/")
    link = kind.link_of.get(field) or next((link for link in kind.apart if link.field == field), None)
    if not typed:
        return link
    if link is None and "votes" in kind.fields and relation in VOTES:
        return Link("votes", ("user",))
    return link if link is not None and (said in dict(link.types) or link.given == "fieldLabels") else None


def _secrets(
    kind: Kind, row: Entity, versions: list[Row], sealed: tuple[str, bytes] | None, vault: Vault
) -> Iterator[str]:
    if not kind.sealed:
        if sealed is not None:
            yield "it has secrets, which its kind cannot have."
        return
    secrets = vault.opened(row.id, sealed) if sealed is not None else {}
    if secrets is None and sealed is not None and vault.has(sealed[0]):
        yield "its secrets cannot be unsealed; they were damaged, or belong to another entity."
    yield from exposure.misplaced(kind, row.doc, secrets)
    if not secrets:
        return
    search = exposure.search(secrets, row.name)
    yield from (f"{leak} in its document." for leak in search(row.doc))
    for number, _, _, doc in versions:
        yield from (f"{leak} in its version {_shown(number)}." for leak in search(doc))


def _values(kind: Kind, row: Entity, values: list[Row]) -> Iterator[str]:
    if not kind.unique and not values:
        return
    document = exposure.decoded(row.doc)
    if document is None:
        return
    expected = {(kind.name, field, document.get(field)) for field in kind.unique}
    if set(values) != expected:
        fields = sorted({field for _, field, _ in set(values) ^ expected})
        yield f"the unique value of {', '.join(fields)} is not the one in its document."


# events and the rest


def _events(tx: Tx, rows: list[Row], vault: Vault) -> Iterator[str]:
    sealed = secret_store.find_many(tx, {entity_id for _, _, _, entity_id, _, _ in rows})
    searches = {
        entity_id: exposure.search(vault.opened(entity_id, found) or {}, "") for entity_id, found in sealed.items()
    }
    for seq, event_type, kind, entity_id, timestamp, doc in rows:
        try:
            said = _event.decode(doc)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            yield f"The event {seq} cannot be read."
            continue
        if (said.eventType, said.entityType, said.entityId, said.timestamp) != (event_type, kind, entity_id, timestamp):
            yield f"The columns of the event {seq} and its document disagree."
        if entity_id in searches:
            for leak in searches[entity_id](doc):
                yield f"{kind} {entity_id}: {leak} in the event {seq}."


def _tallies(tx: Tx) -> Iterator[str]:
    counted, kept = store.counts(tx), store.tallies(tx)
    for kind, deleted in sorted(counted.keys() | kept.keys()):
        there, told = counted.get((kind, deleted), 0), kept.get((kind, deleted), 0)
        if there != told:
            state = "deleted" if deleted else "live"
            yield f"There are {there} {state} entities of the kind {kind}, but the tally says {told}."


def _jobs(tx: Tx) -> Iterator[str]:
    for job_id, state, doc in store.jobs(tx):
        try:
            known = _job.decode(doc).kind in KINDS and state in _JOB_STATES
        except (msgspec.MsgspecError, UnicodeDecodeError):
            known = False
        if not known:
            yield f"The promised work {job_id} cannot be read."


def _scopes(tx: Tx) -> Iterator[str]:
    for token_id, user_id, text in store.scopes(tx):
        if named_tokens.readable(text) is None:
            yield f"The scope of the token {token_id} of the user {user_id} cannot be read, so it lets nobody in. Revoke it."


def _shown(version: int) -> str:
    return f"{version / 10:.1f}"
