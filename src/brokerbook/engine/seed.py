"""What a catalog holds from its first start, and what a newer version adds: made once, upgraded, never overwritten.

For each seed it is recorded from which text it was made. A seed that is not on record is made, unless something has its
name; one whose text has changed is brought up to date if nobody has touched the entity since; one that somebody deleted
stays away.
"""

from __future__ import annotations

import hashlib
import logging
import time
from typing import TYPE_CHECKING

import msgspec

from brokerbook.access import passwords
from brokerbook.access.actor import SYSTEM
from brokerbook.access.rights import ORGANIZATION
from brokerbook.engine import refs, seeds, types, write
from brokerbook.engine.state import State, load
from brokerbook.engine.version import FIRST
from brokerbook.engine.write import Work
from brokerbook.errors import CatalogError
from brokerbook.kinds.team import TEAM
from brokerbook.kinds.user import USER, CreateUser
from brokerbook.store import entities, identity
from brokerbook.store import secrets as store
from brokerbook.store.database import apart

if TYPE_CHECKING:
    from brokerbook.engine.secrets import Sealer
    from brokerbook.engine.seeds import Seed
    from brokerbook.store.database import Tx

_log = logging.getLogger(__name__)
ADMINISTRATOR = "admin"
_SEEDED = "seeded"
_RECORD = "seeds"


def is_done(tx: Tx) -> bool:
    """Whether this catalog has been started before."""
    return store.meta(tx, _SEEDED) is not None


def is_current(tx: Tx) -> bool:
    """Whether everything that this version seeds is on record."""
    return _recorded(tx) == {_key(seed): _digest(seed) for seed in _all()}


def first_start(tx: Tx, sealer: Sealer, password: str) -> None:
    """Makes the administrator, with this password, and every seed, in the caller's transaction."""
    now = time.time_ns() // 1_000_000
    work = Work(tx, SYSTEM, sealer, now)
    administrator = CreateUser(
        name=ADMINISTRATOR, email=f"{ADMINISTRATOR}@{seeds.MAIL_DOMAIN}", displayName="Administrator", isAdmin=True
    )
    made = write.create(work, USER, administrator)
    identity.set_password(tx, made.row.id, passwords.hashed(password), now=now)
    upgrade(tx, sealer)
    store.set_meta(tx, _SEEDED, str(now))


def upgrade(tx: Tx, sealer: Sealer) -> None:
    """Makes what is missing and brings up to date what nobody has touched, in the caller's transaction."""
    work = Work(tx, SYSTEM, sealer, time.time_ns() // 1_000_000)
    recorded = _recorded(tx)
    for seed in _all():
        key, digest = _key(seed), _digest(seed)
        if recorded.get(key) != digest:
            try:
                with apart(tx):
                    _plant(work, seed, known=key in recorded)
            except CatalogError as fault:
                _log.warning("the seed %s was left out: %s It is tried again at the next start.", key, fault.message)
            else:
                recorded[key] = digest
    store.set_meta(tx, _RECORD, msgspec.json.encode(recorded).decode())


def _all() -> list[Seed]:
    return [*seeds.policies_and_roles(), *seeds.bots(), *seeds.classifications(), *types.seeds()]


def _key(seed: Seed) -> str:
    above = seed.kind.parent_of(seed.request)
    name: str = getattr(seed.request, "name", "")
    return f"{seed.kind.name}:{above[1]}.{name}" if above else f"{seed.kind.name}:{name}"


def _digest(seed: Seed) -> str:
    text = msgspec.json.encode([seed.request, seed.extra, dict(seed.links)], order="sorted")
    return hashlib.sha256(text).hexdigest()[:16]


def _recorded(tx: Tx) -> dict[str, str]:
    text = store.meta(tx, _RECORD)
    return msgspec.json.decode(text, type=dict[str, str]) if text is not None else {}


def _plant(work: Work, seed: Seed, *, known: bool) -> None:
    targets = refs.Targets(work.tx)
    parent, fqn = write.placed(targets, seed.kind, seed.request)
    row = entities.find_by_fqn(work.tx, seed.kind.name, fqn)
    if row is None and known:
        return  # somebody has deleted it
    links = _links(seed, targets)
    # what no request may make, such as a second organization, counts as an update here
    document = seed.kind.derive(seed.request, True) | seed.extra  # noqa: FBT003
    if row is None:
        document = seed.kind.defaults | document
        write.insert(work, seed.kind, targets, document, links, parent=parent, fqn=fqn, body=None)
    elif not row.deleted and (not known or row.version == FIRST):
        found = load(work.tx, work.sealer, seed.kind, row)
        if not known:  # made before there were seeds: only what it lacks is added, and what it must be
            document = {"teamType": ORGANIZATION} if seed.kind is TEAM and fqn == ORGANIZATION else {}
            links = {field: items for field, items in links.items() if not found.state.links[field]}
        state = found.state
        merged = State(state.document | document, state.links | links, state.secrets)
        write.save(work, seed.kind, targets, found, merged, by_catalog=True)


def _links(seed: Seed, targets: refs.Targets) -> refs.Links:
    asked = refs.asked(seed.kind, seed.request)
    links = {field: refs.resolved(targets, seed.kind.link_of[field], wanted) for field, wanted in asked.items()}
    for field, names in seed.links.items():
        link = seed.kind.link_of[field]
        rows = [targets.by_fqn(link.targets[0], name) for name in names]
        links[field] = [refs.Item(found.id, refs.reference(found)) for found in rows]
    return links
