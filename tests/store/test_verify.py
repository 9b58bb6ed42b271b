"""`problems` finds each kind of damage and says where it is; a sound catalog has none."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path
from typing import Any

import msgspec
import pytest

import sample
from brokerbook.engine.secrets import Sealer
from brokerbook.engine.verify import problems
from brokerbook.settings import Settings
from brokerbook.store.keyring import Keyring
from brokerbook.store.verify import sizes
from brokerbook.store.visit import reading


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("built") / "data"
    data.mkdir()
    sample.build(data)
    return data


@pytest.fixture
def data(built: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(built, tmp_path / "data"))


def found(data: Path, *, with_keys: bool = True) -> list[str]:
    sealer = Sealer(Keyring(Settings(data=data))) if with_keys else None
    with reading(data) as tx:
        return list(problems(tx, sealer))


def execute(data: Path, *statements: str, **parameters: Any) -> None:
    connection = sqlite3.connect(data / "brokerbook.db")
    with connection:
        for statement in statements:
            assert connection.execute(statement, parameters).rowcount != 0, statement
    connection.close()


ORDERS = "(SELECT id FROM entity WHERE fqn = 'orders')"
ANN = "(SELECT id FROM entity WHERE fqn = 'ann')"

DAMAGE = {
    "entity that no search finds": (f"DELETE FROM search_entry WHERE entity_id = {ANN}", "is not indexed"),
    "entity that searches find and that is not there": (
        "UPDATE search_entry SET entity_id = 'nobody' WHERE docid = 1",
        "The entity nobody is indexed, and not there",
    ),
    "document that is not JSON": ("UPDATE entity SET doc = '{' WHERE name = 'orders'", "is not JSON"),
    "document that its kind does not allow": (
        "UPDATE entity SET doc = json_set(doc, '$.serviceType', 'Carrier pigeon') WHERE name = 'orders'",
        "its document is no messagingService: serviceType has a value that is not allowed",
    ),
    "kind that does not exist": ("UPDATE entity SET kind = 'ghost' WHERE name = 'ann'", "of the kind ghost"),
    "id": (
        (
            "UPDATE entity SET doc = json_set(doc, '$.id', lower(hex(randomblob(4))) || '-aaaa-aaaa-aaaa-aaaaaaaaaaaa')"
            " WHERE name = 'ann'"
        ),
        "the column id and the document disagree",
    ),
    "name": ("UPDATE entity SET name = 'anna', fqn = 'anna' WHERE name = 'ann'", "the column name and the document"),
    "fully qualified name": ("UPDATE entity SET fqn = 'sales.shop' WHERE name = 'retail'", "should be sales.retail"),
    "quoting": ("UPDATE entity SET fqn = 'a.b' WHERE name = 'a.b'", 'should be "a.b"'),
    "version": ("UPDATE entity SET version = 7 WHERE name = 'ann'", "the column version and the document disagree"),
    "deleted": ("UPDATE entity SET deleted = 1 WHERE name = 'ann'", "the column deleted and the document disagree"),
    "time": ("UPDATE entity SET updated_at = 5 WHERE name = 'ann'", "the column updated_at and the document disagree"),
    "parent that is gone": (
        "UPDATE entity SET parent_id = 'nobody' WHERE name = 'retail'",
        "its parent nobody is not there",
    ),
    "parent of another kind": (
        f"UPDATE entity SET parent_id = {ANN} WHERE name = 'retail'",
        "is a user, below which it cannot be",
    ),
    "parent that the reference does not name": (
        (
            "UPDATE relation SET target_id = (SELECT id FROM entity WHERE name = 'retail') WHERE relation = 'parent'"
            " AND entity_id = (SELECT id FROM entity WHERE name = 'retail')"
        ),
        "but lies below",
    ),
    "version that is missing": (
        f"DELETE FROM version WHERE entity_id = {ORDERS} AND version = 1",
        "its earlier versions 0.1 are missing",
    ),
    "version that is too high": (
        f"UPDATE version SET version = 9 WHERE entity_id = {ORDERS} AND version = 2",
        "the earlier version 0.9 is kept",
    ),
    "version that cannot be read": (
        f"UPDATE version SET doc = '[]' WHERE entity_id = {ORDERS} AND version = 2",
        "the document of its version 0.2 cannot be read",
    ),
    "version of somebody else": (
        f"UPDATE version SET doc = json_set(doc, '$.id', {ANN}) WHERE entity_id = {ORDERS} AND version = 2",
        "the columns of its version 0.2 and the document disagree",
    ),
    "version before": (
        f"UPDATE entity SET doc = json_set(doc, '$.changeDescription.previousVersion', 0.9) WHERE id = {ORDERS}",
        "its version 0.3 says that it follows 0.9, which is not kept",
    ),
    "versions of nobody": (
        f"UPDATE version SET entity_id = 'nobody' WHERE entity_id = {ORDERS}",
        "earlier versions of the entity nobody",
    ),
    "reference to nobody": (
        f"UPDATE relation SET target_id = 'nobody' WHERE entity_id = {ORDERS} AND relation = 'owners'",
        "it refers to nobody through owners, which is not there",
    ),
    "reference from nobody": (
        f"UPDATE relation SET entity_id = 'nobody' WHERE entity_id = {ORDERS} AND relation = 'owners'",
        "references of the entity nobody",
    ),
    "reference that is none": (
        f"UPDATE relation SET relation = 'friends' WHERE entity_id = {ORDERS} AND relation = 'owners'",
        "through friends, which is no reference of its kind",
    ),
    "reference to another kind": (
        f"UPDATE relation SET target_id = {ANN} WHERE entity_id = {ORDERS} AND relation = 'domains'",
        "through domains, which cannot hold one",
    ),
    "two references where one may be": (
        (
            "INSERT INTO relation SELECT r.entity_id, r.relation, e.id, NULL FROM relation r, entity e"
            " WHERE r.relation = 'classification' AND e.name = 'ann' LIMIT 1"
        ),
        "more than one entity through classification",
    ),
    "label": (
        f"UPDATE relation SET data = '7' WHERE entity_id = {ORDERS} AND relation = 'tags'",
        "is not a JSON object",
    ),
    "relation that one side does not show": (
        (
            "DELETE FROM relation WHERE relation = 'relatedTerms/relatedTo'"
            " AND entity_id = (SELECT id FROM entity WHERE name = 'order')"
        ),
        "through relatedTerms/relatedTo, which does not show it from its side",
    ),
    "relation of no type": (
        "UPDATE relation SET relation = 'relatedTerms/cousin' WHERE relation = 'relatedTerms/relatedTo'",
        "through relatedTerms/cousin, which is no reference of its kind",
    ),
    "vote that is none": (
        "UPDATE relation SET relation = 'votes/loved' WHERE relation = 'votes/votedUp'",
        "through votes/loved, which is no reference of its kind",
    ),
    "lineage to nobody": ("UPDATE lineage_edge SET to_id = 'nobody'", "lineage of the entity nobody"),
    "lineage by nobody": ("UPDATE lineage_edge SET pipeline_id = 'nobody'", "lineage of the entity nobody"),
    "lineage that cannot be read": ("UPDATE lineage_edge SET doc = '[]'", "says cannot be read"),
    "lineage of fields that cannot be read": ("UPDATE lineage_edge SET fields = '{'", "says cannot be read"),
    "lineage of no source": ("UPDATE lineage_edge SET source = 'Gossip'", "says cannot be read"),
    "lineage between other services": (
        f"UPDATE lineage_edge SET from_service_id = {ANN}",
        "names other services than those that its ends lie in",
    ),
    "lineage that hides its services": (
        "UPDATE lineage_edge SET from_service_id = NULL, to_service_id = NULL",
        "names other services than those that its ends lie in",
    ),
    "unique value": (
        "UPDATE unique_value SET value = 'x@y.zz' WHERE value = 'bob@example.com'",
        "unique value of email",
    ),
    "unique value that is missing": (
        "DELETE FROM unique_value WHERE value = 'bob@example.com'",
        "unique value of email",
    ),
    "unique value of nobody": (
        "INSERT INTO unique_value VALUES ('user', 'email', 'a@b.cc', 'nobody')",
        "unique values of the entity nobody",
    ),
    "secret of nobody": (
        f"UPDATE secret SET entity_id = 'nobody' WHERE entity_id = {ORDERS}",
        "secrets of the entity nobody",
    ),
    "secret that is missing": (
        f"DELETE FROM secret WHERE entity_id = {ORDERS}",
        "no secret is stored for the mask at connection.config.saslPassword",
    ),
    "secret of a kind without": (
        f"INSERT INTO secret SELECT {ANN}, key_id, sealed FROM secret LIMIT 1",
        "secrets, which its kind cannot have",
    ),
    "secret of somebody else": (
        f"UPDATE secret SET sealed = (SELECT sealed FROM secret WHERE entity_id <> {ORDERS}) WHERE entity_id = {ORDERS}",
        "its secrets cannot be unsealed",
    ),
    "secret where no mask is": (
        f"UPDATE entity SET doc = json_remove(doc, '$.connection.config.saslPassword') WHERE id = {ORDERS}",
        "a secret is stored for connection.config.saslPassword, where no mask is",
    ),
    "secret in clear text": (
        f"UPDATE entity SET doc = json_set(doc, '$.connection.config.saslPassword', 'visible') WHERE id = {ORDERS}",
        "the secret at connection.config.saslPassword stands in its document in clear text",
    ),
    "secret elsewhere in the document": (
        f"UPDATE entity SET doc = json_set(doc, '$.description', 'Ask for \"{sample.SECRET}\".') WHERE id = {ORDERS}",
        "connection.config.saslPassword stands in clear at description in its document",
    ),
    "secret in a version": (
        (
            f"UPDATE version SET doc = json_set(doc, '$.connection.config.saslPassword', '{sample.SECRET}')"
            f" WHERE entity_id = {ORDERS} AND version = 1"
        ),
        "stands in clear at connection.config.saslPassword in its version 0.1",
    ),
    "secret in an event": (
        (
            f"UPDATE event SET doc = json_set(doc, '$.entity.connection.config.saslPassword', '{sample.SECRET}')"
            f" WHERE entity_id = {ORDERS} AND type = 'entityCreated'"
        ),
        "stands in clear at entity.connection.config.saslPassword in the event",
    ),
    "key": (
        "UPDATE secret SET key_id = 'ffff' WHERE rowid = 1",
        "The key ffff is not at hand. The secrets of 1 entities",
    ),
    "key that seals": ("UPDATE meta SET value = 'ffff' WHERE name = 'secrets_key'", "The key ffff is not at hand"),
    "event that cannot be read": ("UPDATE event SET doc = '{}' WHERE seq = 1", "The event 1 cannot be read"),
    "event of somebody else": (
        f"UPDATE event SET entity_id = {ORDERS} WHERE seq = 1",
        "The columns of the event 1 and its document disagree",
    ),
    "entity made twice": (
        (
            "INSERT INTO event (type, kind, entity_id, timestamp, doc)"
            f" SELECT type, kind, entity_id, timestamp, doc FROM event WHERE entity_id = {ORDERS} AND type = 'entityCreated'"
        ),
        "2 events say that the entity",
    ),
    "tally": ("UPDATE tally SET n = n + 1 WHERE kind = 'user'", "live entities of the kind user, but the tally says"),
    "tally that is missing": ("DELETE FROM tally WHERE deleted = 1", "There are 1 deleted entities of the kind"),
    "password of nobody": ("UPDATE credential SET user_id = 'nobody'", "a password of the user nobody"),
    "tokens of no user": (f"UPDATE token SET user_id = {ORDERS}", "There are tokens of the user"),
    "sign-in of nobody": (
        "INSERT INTO identity_link VALUES ('https://idp.example.com', 'subject', 'nobody', 1)",
        "sign-ins of the user nobody",
    ),
    "content that is gone": ("DELETE FROM content", "what its schema is made of,"),
    "content that is another": ("UPDATE content SET doc = '[]'", "is damaged"),
    "content that nobody is said to need": ("DELETE FROM content_use", "it is not noted that it needs"),
    "content that nobody needs": (
        "INSERT INTO content VALUES ('ffff', '[]')",
        "Nobody needs the content ffff any more",
    ),
    "contents of nobody": ("UPDATE content_use SET entity_id = 'nobody'", "There are contents of the entity nobody"),
    "sample data of nobody": (
        "UPDATE sample_data SET entity_id = 'nobody'",
        "There are sample data of the entity nobody",
    ),
    "job": ("UPDATE job SET doc = '{}'", "cannot be read"),
    "state of a job": ("UPDATE job SET state = 'dreaming'", "cannot be read"),
}


def test_a_sound_catalog_has_no_problems(data: Path):
    assert found(data) == []


@pytest.mark.parametrize(("statement", "words"), DAMAGE.values(), ids=DAMAGE)
def test_damage_is_found(data: Path, statement: str, words: str):
    execute(data, statement)
    said = found(data)
    assert any(words in line for line in said), said


def test_no_line_repeats_a_secret(data: Path):
    path = "$.connection.config.saslPassword"
    execute(
        data,
        "UPDATE entity SET doc = json_set(doc, :path, :secret, '$.displayName', :secret) WHERE name = 'orders'",
        path=path,
        secret=sample.SECRET,
    )
    said = found(data)
    assert len(said) == 3  # the mask, the same place again as a leak, the display name
    assert all(sample.SECRET not in line for line in said)


def test_a_secret_inside_quoted_json_is_found(data: Path):
    change = msgspec.json.encode({"fieldsUpdated": [{"name": "x", "newValue": f'{{"password":"{sample.SECRET}"}}'}]})
    execute(
        data,
        "UPDATE entity SET doc = json_set(doc, '$.changeDescription', json(:change)) WHERE name = 'orders'",
        change=change.decode(),
    )
    assert any("stands in clear at changeDescription.fieldsUpdated.0.newValue" in line for line in found(data))


def test_a_part_of_a_longer_word_is_no_leak(data: Path):
    execute(
        data,
        "UPDATE entity SET doc = json_set(doc, '$.displayName', :text) WHERE name = 'orders'",
        text=f"un{sample.SECRET}ed",
    )
    assert found(data) == []


def test_without_keys_everything_else_is_checked(data: Path):
    execute(data, "UPDATE entity SET updated_at = 5 WHERE name = 'ann'")
    said = found(data, with_keys=False)
    assert len(said) == 2
    assert "not at hand. The secrets of 2 entities" in said[0]
    assert "updated_at" in said[1]


def test_a_damaged_file_is_said_to_be_damaged(data: Path):
    execute(data, "PRAGMA wal_checkpoint(TRUNCATE)")
    connection = sqlite3.connect(data / "brokerbook.db")
    (page,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'entity_page'").fetchone()
    (size,) = connection.execute("PRAGMA page_size").fetchone()
    connection.close()
    with (data / "brokerbook.db").open("r+b") as file:
        file.seek((page - 1) * size + 8)
        file.write(b"\xff" * 64)
    said = found(data)
    assert said[0].startswith("The database file is damaged: ")
    assert said[-1] == "The rest was not checked. Restore a backup."


def test_progress_counts_everything_once(data: Path):
    seen: list[int] = []
    with reading(data) as tx:
        assert list(problems(tx, Sealer(Keyring(Settings(data=data))), seen.append)) == []
        assert sum(seen) == sum(sizes(tx))
