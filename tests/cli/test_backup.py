"""`brokerbook backup` and `brokerbook restore`: whole, private, and nothing is lost by either."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import threading
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

import sample
from brokerbook.access.tokens import new_private_key
from brokerbook.settings import Settings
from brokerbook.store.keyring import Keyring, new_key
from commands import Commands
from conftest import Client, running
from make import BROKER, SERVICES
from processes import command, secret_of, service, serving, succeeded, token

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def saved(commands: Commands, tmp_path: Path) -> Path:
    """A backup of the sample catalog."""
    commands.done("backup", tmp_path / "saved")
    return tmp_path / "saved"


@pytest.fixture
def empty(tmp_path: Path) -> Commands:
    """Commands on a directory that is not there yet."""
    return Commands(tmp_path / "empty")


def query(path: Path, statement: str) -> list[Any]:
    with closing(sqlite3.connect(path)) as connection, connection:
        return connection.execute(statement).fetchall()


def secret(data: Path) -> str:
    with running(data) as server:
        return secret_of(Client(server, server.token("ingestion-bot")).get(f"{SERVICES}/name/orders").json())


def names(data: Path) -> set[str]:
    return {
        name for (name,) in query(data / "brokerbook.db", "SELECT name FROM entity WHERE kind = 'messagingService'")
    }


def listing(folder: Path) -> dict[str, bytes]:
    """Every file in a folder, without what SQLite makes beside an open database."""
    return {
        path.name: path.read_bytes()
        for path in folder.iterdir()
        if not path.name.endswith(("-wal", "-shm")) and path.name != "brokerbook.lock"
    }


def change(data: Path) -> None:
    """Something that happens after a backup."""
    query(data / "brokerbook.db", "UPDATE entity SET name = 'shop', fqn = 'shop' WHERE name = 'orders'")


# saving


def test_a_backup_is_one_private_file_that_a_restore_makes_a_catalog_of(
    commands: Commands, saved: Path, empty: Commands
):
    bearer = commands.done("token", "admin").strip()
    commands.done("backup", saved, "--force")
    assert saved.stat().st_mode & 0o777 == 0o600
    assert not [path for path in saved.parent.iterdir() if path.name.startswith("saved") and path != saved]
    empty.done("restore", saved)
    assert empty.done("verify").startswith(f"No problems: {commands.entities} entities")
    assert secret(empty.data) == sample.SECRET
    with running(empty.data) as server:
        assert Client(server, bearer).get("/api/v1/users/loggedInUser").json()["name"] == "admin"


def test_that_it_holds_keys_is_told(commands: Commands, tmp_path: Path):
    said = commands("backup", tmp_path / "saved").stderr
    assert "It holds private keys (secrets.key, token.key): keep it as safe as the data directory." in said


def test_keys_can_stay_out_and_then_a_restore_needs_them(commands: Commands, empty: Commands, tmp_path: Path):
    said = commands("backup", tmp_path / "saved", "--without-keys").stderr
    key = (commands.data / "secrets.key").read_bytes()
    assert f"keep the file {commands.data}/secrets.key, a restore needs them" in said
    assert key.strip() not in (tmp_path / "saved").read_bytes()
    assert "neither in the backup nor in the file" in empty.refused("restore", tmp_path / "saved")
    assert not empty.data.exists()
    empty.data.mkdir()
    (empty.data / "secrets.key").write_bytes(key)
    told = empty("restore", tmp_path / "saved")
    assert told.exit_code == 0
    assert "There is no key to sign tokens with" in told.stderr
    assert secret(empty.data) == sample.SECRET


def test_keys_that_lie_elsewhere_are_not_in_it(commands: Commands, empty: Commands, tmp_path: Path):
    shutil.move(commands.data / "secrets.key", tmp_path / "elsewhere")
    setting = {"BROKERBOOK_SECRETS_KEY_FILE": str(tmp_path / "elsewhere")}
    said = commands("backup", tmp_path / "saved", **setting).stderr
    assert "(token.key)" in said
    assert f"keep the file {tmp_path}/elsewhere" in said
    empty.done("restore", tmp_path / "saved", **setting)
    assert not (empty.data / "secrets.key").exists()
    assert empty.done("verify", **setting)


def test_a_file_that_is_there_is_written_over_only_by_force(commands: Commands, saved: Path):
    before = saved.read_bytes()
    assert "is there already" in commands.refused("backup", saved)
    assert saved.read_bytes() == before
    change(commands.data)
    commands.done("backup", saved, "--force")
    assert saved.read_bytes() != before


def test_what_is_left_of_a_killed_backup_is_no_hindrance(commands: Commands, tmp_path: Path):
    (tmp_path / "saved.part").write_bytes(b"half")
    commands.done("backup", tmp_path / "saved")
    assert not (tmp_path / "saved.part").exists()


@pytest.mark.parametrize("name", ["brokerbook.db", "brokerbook.db-wal", "secrets.key", "token.key", "brokerbook.lock"])
def test_the_catalogs_own_files_are_never_written_over(commands: Commands, name: str):
    before = listing(commands.data)
    assert "is a file of the catalog itself" in commands.refused("backup", commands.data / name, "--force")
    assert listing(commands.data) == before


def test_a_place_that_cannot_be_written_to_is_named(commands: Commands, tmp_path: Path):
    assert "No such file or directory" in commands.refused("backup", tmp_path / "nowhere" / "saved")
    assert "is a directory" in commands.refused("backup", tmp_path)


def test_a_catalog_without_its_key_is_saved_without_keys_only(commands: Commands, tmp_path: Path):
    (commands.data / "secrets.key").write_text(new_key())
    assert "which is not in secrets.key" in commands.refused("backup", tmp_path / "saved")
    assert not (tmp_path / "saved").exists()
    commands.done("backup", tmp_path / "saved", "--without-keys")


def damage(data: Path) -> None:
    """Breaks a page in the middle of a database, so that it opens and is not whole."""
    path = data / "brokerbook.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        (page,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'entity_page'").fetchone()
        (size,) = connection.execute("PRAGMA page_size").fetchone()
    with path.open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\xff" * 64)


def test_a_damaged_catalog_does_not_replace_an_earlier_backup(commands: Commands, saved: Path):
    before = saved.read_bytes()
    damage(commands.data)
    assert "was not saved" in commands.refused("backup", saved, "--force")
    assert saved.read_bytes() == before


# restoring


def test_what_was_there_is_replaced_and_kept(commands: Commands, saved: Path):
    change(commands.data)
    assert "shop" in names(commands.data)
    said = commands("restore", saved, "--yes").stderr
    assert "shop" not in names(commands.data)
    (kept,) = commands.data.glob("*.before-restore-*")
    assert f"What was there is kept in {kept}." in said
    assert kept.stat().st_mode & 0o777 == 0o600
    commands.done("restore", kept, "--yes")
    assert "shop" in names(commands.data)


def test_a_catalog_is_not_replaced_without_a_yes(commands: Commands, saved: Path):
    change(commands.data)
    before = listing(commands.data)
    assert (
        f"In {commands.data} is a catalog of {commands.entities} entities, which would be replaced."
        in commands.refused("restore", saved)
    )
    assert listing(commands.data) == before


def test_no_key_stays_in_the_database(commands: Commands, saved: Path, empty: Commands):
    empty.done("restore", saved)
    content = b"".join(path.read_bytes() for path in empty.data.glob("brokerbook.db*"))
    assert (commands.data / "secrets.key").read_bytes().strip() in saved.read_bytes()
    assert (commands.data / "secrets.key").read_bytes().strip() not in content
    assert (commands.data / "token.key").read_bytes().splitlines()[1] not in content
    assert query(empty.data / "brokerbook.db", "SELECT name FROM sqlite_master WHERE name = 'backup_file'") == []


def test_restored_files_are_private_and_nothing_else_is_left(saved: Path, empty: Commands):
    empty.done("restore", saved)
    assert set(listing(empty.data)) == {"brokerbook.db", "secrets.key", "token.key"}
    assert empty.data.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in empty.data.iterdir()} == {0o600}


def spoil(file: Path, statement: str) -> None:
    query(file, statement)


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("UPDATE migration SET number = 999 WHERE number = 2", "written by a newer Brokerbook"),
        ("DROP TABLE migration", "is a database, but no catalog's"),
        ("UPDATE secret SET key_id = 'ffff'", "sealed with the key ffff, which is neither in the backup nor in"),
    ],
)
def test_a_file_that_is_no_good_backup_changes_nothing(
    commands: Commands, saved: Path, empty: Commands, statement: str, words: str
):
    query(saved, statement)
    before = listing(commands.data)
    assert words in commands.refused("restore", saved, "--yes")
    assert listing(commands.data) == before
    assert words in empty.refused("restore", saved)
    assert not empty.data.exists()


def test_a_damaged_backup_changes_nothing(commands: Commands, saved: Path):
    with saved.open("r+b") as file:
        file.seek(8192)
        file.write(b"\xff" * 64)
    before = listing(commands.data)
    assert "is damaged" in commands.refused("restore", saved, "--yes")
    assert listing(commands.data) == before


def test_half_a_backup_changes_nothing(commands: Commands, saved: Path):
    saved.write_bytes(saved.read_bytes()[:20_000])
    before = listing(commands.data)
    assert commands.refused("restore", saved, "--yes")
    assert listing(commands.data) == before


def test_what_is_no_backup_at_all_is_refused(commands: Commands, tmp_path: Path):
    (tmp_path / "letter").write_text("Dear reader")
    assert "letter is not a backup" in commands.refused("restore", tmp_path / "letter")
    assert "No such file" in commands.refused("restore", tmp_path / "none")
    assert "is the catalog itself" in commands.refused("restore", commands.data / "brokerbook.db")


def test_a_backup_of_an_older_version_is_brought_to_this_one(saved: Path, empty: Commands):
    for table in ("credential", "token", "unique_value"):
        query(saved, f"DROP TABLE {table}")
    query(saved, "DELETE FROM migration WHERE number = 2")
    empty.done("restore", saved)
    assert empty.done("user", "list")


def test_a_database_with_other_pages_fits(commands: Commands, saved: Path):
    with closing(sqlite3.connect(saved, isolation_level=None)) as connection:
        connection.execute("PRAGMA page_size = 8192")
        connection.execute("VACUUM")
    commands.done("restore", saved, "--yes")
    assert commands.done("verify")


def test_another_key_that_signs_is_replaced_by_force_only(commands: Commands, saved: Path):
    other = new_private_key()
    (commands.data / "token.key").write_bytes(other)
    before = listing(commands.data)
    assert "With --force that file is replaced and kept beside" in commands.refused("restore", saved, "--yes")
    assert listing(commands.data) == before
    commands.done("restore", saved, "--yes", "--force")
    (kept,) = commands.data.glob("token.key.before-restore-*")
    assert kept.read_bytes() == other
    assert (commands.data / "token.key").read_bytes() != other


def test_keys_that_are_there_stay(commands: Commands, saved: Path):
    commands.done("secrets", "rotate")
    (newer,) = Keyring(Settings(data=commands.data)).keys
    commands.done("restore", saved, "--yes")
    assert newer in Keyring(Settings(data=commands.data)).keys
    assert len(Keyring(Settings(data=commands.data)).keys) == 2
    assert secret(commands.data) == sample.SECRET
    (kept,) = commands.data.glob("*.before-restore-*")
    commands.done("restore", kept, "--yes")
    assert commands.done("verify")


def test_keys_from_a_setting_must_open_the_backup(saved: Path, empty: Commands):
    said = empty.refused("restore", saved, BROKERBOOK_SECRETS_KEY=new_key())
    assert "in the backup, but not in the setting secrets_key: add it there" in said
    assert not empty.data.exists()


def test_a_catalog_whose_key_is_lost_can_be_replaced(commands: Commands, saved: Path):
    (commands.data / "secrets.key").unlink()
    commands.done("restore", saved, "--yes")
    assert commands.done("verify")


@pytest.mark.parametrize("how", ["page", "header"])
def test_a_damaged_catalog_can_be_replaced_and_is_kept(commands: Commands, saved: Path, how: str):
    if how == "page":
        damage(commands.data)
    else:
        (commands.data / "brokerbook.db").write_bytes(b"\xff" * 4096)
    commands.done("restore", saved, "--yes")
    assert commands.done("verify")
    assert len(list(commands.data.glob("brokerbook.db.before-restore-*"))) == 1


def test_a_copy_of_a_stopped_catalog_can_be_restored(commands: Commands, tmp_path: Path):
    with closing(sqlite3.connect(commands.data / "brokerbook.db")) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
    shutil.copy(commands.data / "brokerbook.db", tmp_path / "copy.db")
    change(commands.data)
    commands.done("restore", tmp_path / "copy.db", "--yes")
    assert "orders" in names(commands.data)


# beside a server


@pytest.mark.slow
def test_a_backup_under_load_is_whole(data: Path, tmp_path: Path):
    with serving(data) as process:
        bearer = token(data)
        stop = threading.Event()

        def write(number: int) -> None:
            with process.client(bearer) as client:
                n = 0
                while not stop.is_set():
                    n += 1
                    name = f"s{number}-{n % 40}"
                    client.put(SERVICES, json=service(name, f"secret-{n}", displayName=str(n))).raise_for_status()

        writers = [threading.Thread(target=write, args=(number,)) for number in range(4)]
        for writer in writers:
            writer.start()
        try:
            for n in range(4):
                succeeded("backup", tmp_path / f"saved-{n}", "--data", data)
        finally:
            stop.set()
            for writer in writers:
                writer.join()
    for n in range(4):
        succeeded("restore", tmp_path / f"saved-{n}", "--data", tmp_path / f"restored-{n}")
        assert succeeded("verify", "--data", tmp_path / f"restored-{n}")


@pytest.mark.slow
def test_a_server_goes_on_over_a_restore(data: Path, tmp_path: Path):
    with serving(data) as process:
        first = token(data)
        succeeded("backup", tmp_path / "saved", "--data", data)
        later = token(data)
        with process.client(first) as client, process.client(later) as other:
            client.post(SERVICES, json=service("later")).raise_for_status()
            assert other.get(f"{SERVICES}/name/later").status_code == 200
            succeeded("restore", tmp_path / "saved", "--data", data, "--yes")
            assert client.get(f"{SERVICES}/name/later").status_code == 404
            assert other.get(f"{SERVICES}/name/orders").status_code == 401  # given out after the backup
            client.post(SERVICES, json=service("after")).raise_for_status()
            assert client.get(f"{SERVICES}/name/after").status_code == 200
            found = client.get(f"{SERVICES}?limit=10").json()
            assert {row["name"] for row in found["data"]} - {BROKER} == {"orders", "a.b", "after"}
    assert succeeded("verify", "--data", data)


@pytest.mark.slow
def test_what_is_replaced_is_kept_up_to_its_last_write(data: Path, tmp_path: Path):
    with serving(data) as process:
        bearer = token(data)
        succeeded("backup", tmp_path / "saved", "--data", data)
        answered: list[str] = []
        stop = threading.Event()

        def write() -> None:
            with process.client(bearer) as client:
                while not stop.is_set():
                    name = f"n{len(answered)}"
                    client.post(SERVICES, json=service(name)).raise_for_status()
                    answered.append(name)

        writer = threading.Thread(target=write)
        writer.start()
        try:
            succeeded("restore", tmp_path / "saved", "--data", data, "--yes")
        finally:
            stop.set()
            writer.join()
    (kept,) = data.glob("brokerbook.db.before-restore-*")
    before = {name for (name,) in query(kept, "SELECT name FROM entity")}
    assert [name for name in answered if name not in before | names(data)] == []
    assert succeeded("verify", "--data", data)


# disks


@pytest.fixture
def small_disk(tmp_path: Path):
    """A disk of a megabyte; only where this process may mount one."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", place], capture_output=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip("mounting a disk is not allowed here")
    yield place
    subprocess.run(["umount", "-l", place], check=True)


def test_a_full_disk_leaves_the_earlier_backup(commands: Commands, small_disk: Path):
    commands.done("backup", small_disk / "saved")
    before = (small_disk / "saved").read_bytes()
    (small_disk / "filler").write_bytes(b"x" * (1024 * 1024 - len(before) - 20_000))
    assert "full" in commands.refused("backup", small_disk / "saved", "--force")
    assert (small_disk / "saved").read_bytes() == before
    assert not (small_disk / "saved.part").exists()


def test_a_restore_onto_a_full_disk_changes_nothing(saved: Path, small_disk: Path):
    (small_disk / "filler").write_bytes(b"x" * (1024 * 1024 - 50_000))
    full = Commands(small_disk / "data")
    assert "full" in full.refused("restore", saved)
    assert not full.data.exists()


@pytest.mark.slow
def test_a_server_on_a_full_or_read_only_disk_says_what_to_do(small_disk: Path):
    (small_disk / "filler").write_bytes(b"x" * (1024 * 1024 - 8_192))
    done = command("serve", "--data", small_disk / "data", "--port", "0")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "full" in done.stderr
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    done = command("serve", "--data", small_disk / "other", "--port", "0")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "read-only" in done.stderr.lower()
