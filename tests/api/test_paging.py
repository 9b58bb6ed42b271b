"""Lists, walked in both directions while they stand still and while they change (contract, "Lists"; case 43)."""

from __future__ import annotations

import base64
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conftest import Client, running
from make import SERVICES, fresh, kafka, made, make, path_of

NAMES = ["B", "a", "a b", "b.c", "e", "z", "\u00e9", "\u65e5\u672c", "\U0001f600"]


@pytest.fixture(scope="module")
def shelf(tmp_path_factory):
    """A catalog that holds these services and no other, every third of them deleted."""
    with running(tmp_path_factory.mktemp("shelf")) as server:
        admin = Client(server, server.token("admin"))
        for number, name in enumerate(reversed(NAMES)):
            entity = made(admin, "messagingService", name=name, connection=kafka(saslPassword=name))
            if number % 3 == 0:
                admin.delete(f"{SERVICES}/{entity['id']}")
        yield admin


def walk(client, path=SERVICES, direction="after", cursor=None, **params):
    pages = []
    while True:
        page = client.get(path, params=params | ({direction: cursor} if cursor else {}))
        assert page.status_code == 200, page.text
        pages.append(page.json())
        cursor = pages[-1]["paging"].get(direction)
        if cursor is None:
            return pages


def names(page):
    return [row["name"] for row in page["data"]]


@pytest.mark.parametrize("include", ["non-deleted", "deleted", "all"])
@pytest.mark.parametrize("limit", range(1, 11))
def test_every_row_comes_once_in_order_and_the_same_pages_come_back(shelf, include, limit):
    deleted = set(NAMES[::-1][::3])
    wanted = sorted(name for name in NAMES if include == "all" or (name in deleted) == (include == "deleted"))
    forth = walk(shelf, limit=limit, include=include)
    assert [name for page in forth for name in names(page)] == wanted
    assert {page["paging"]["total"] for page in forth} == {len(wanted)}
    assert all(len(page["data"]) == limit for page in forth[:-1])
    assert "before" not in forth[0]["paging"]
    assert all("before" in page["paging"] for page in forth[1:])
    if len(forth) > 1:
        back = walk(shelf, direction="before", cursor=forth[-1]["paging"]["before"], limit=limit, include=include)
        assert [names(page) for page in back] == [names(page) for page in forth[-2::-1]]
        assert back[-1]["paging"].get("after") == forth[0]["paging"]["after"]


def test_a_list_item_is_what_a_single_read_gives(shelf):
    for row in shelf.get(SERVICES, params={"limit": 100, "fields": "*"}).json()["data"]:
        assert shelf.get(f"{SERVICES}/{row['id']}?fields=*").json() == row


def test_the_default_page_has_ten_rows(client):
    for _ in range(12):
        made(client, "messagingService")
    page = client.get(SERVICES).json()
    assert len(page["data"]) == 10
    assert page == client.get(f"{SERVICES}?limit=10").json() == client.get(f"{SERVICES}?limit=&after=").json()


def test_no_row_asked_for_is_the_total_alone(shelf):
    assert shelf.get(f"{SERVICES}?limit=0").json() == {"data": [], "paging": {"total": 6}}


def test_an_absurd_limit_is_400_and_the_greatest_is_not(shelf):
    for limit, said in (
        ("-1", "[query param limit must be greater than or equal to 0]"),
        ("1000001", "[query param limit must be less than or equal to 1000000]"),
        ("9" * 19, "[query param limit must be less than or equal to 1000000]"),
        ("9" * 500, "[query param limit must be a whole number]"),
        ("abc", "[query param limit must be a whole number]"),
        ("1.5", "[query param limit must be a whole number]"),
        ("1e3", "[query param limit must be a whole number]"),
        ("\u0663", "[query param limit must be a whole number]"),
        ("0x10", "[query param limit must be a whole number]"),
        ("1_000", "[query param limit must be a whole number]"),
    ):
        response = shelf.get(SERVICES, params={"limit": limit})
        assert response.status_code == 400, limit
        assert response.json()["message"] == said
    assert len(shelf.get(f"{SERVICES}?limit=1000000").json()["data"]) == 6


@pytest.mark.parametrize("query", ["before=&after=", "before=x&after=y", "after=&before"])
def test_both_directions_at_once_are_400(shelf, query):
    response = shelf.get(f"{SERVICES}?{query}")
    assert response.status_code == 400
    assert response.json()["message"] == "Only one of before or after query parameter allowed"


def token(value):
    text = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(text).decode()


@pytest.mark.parametrize(
    "cursor",
    [
        "invalid-cursor-string", "%", "a", "=", "\u00e9", "x" * 5000, token(b"\xff"), token("x"), token([]), token({}), token(5),
        token(None), token({"name": "x"}), token({"name": 5, "id": "x"}), token({"name": "x", "id": None}),
        token(b'{"name":"\\ud800","id":"x"}'), token(b'{"name":NaN}'), token(b"[" * 5000),
    ],
)  # fmt: skip
def test_a_cursor_that_no_list_gave_is_400(shelf, cursor):
    for direction in ("after", "before"):
        response = shelf.get(SERVICES, params={direction: cursor})
        assert response.status_code == 400
        assert "cursor" in response.json()["message"]


def test_another_lists_cursor_is_400(client):
    for _ in range(2):
        made(client, "user")
        made(client, "messagingService")
    cursor = client.get(f"{path_of('user')}?limit=1").json()["paging"]["after"]
    response = client.get(SERVICES, params={"after": cursor})
    assert (response.status_code, response.json()["message"]) == (400, "The cursor is another list's.")


def test_a_cursor_goes_back_unencoded_in_a_url(shelf):
    for page in walk(shelf, limit=1, include="all"):
        for cursor in (page["paging"].get("after", ""), page["paging"].get("before", "")):
            assert not set(cursor) - set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_=")


def test_a_cursor_as_the_real_server_makes_it_is_taken(shelf):
    cursor = token({"name": "a", "id": "00000000-0000-4000-8000-000000000000"})
    assert names(shelf.get(SERVICES, params={"after": cursor, "include": "all", "limit": 2}).json()) == ["a", "a b"]


# while the list changes


@pytest.fixture
def rows(client):
    """Five tags of a classification of their own prefix, which no other test touches."""
    prefix = fresh("~page")
    return [made(client, "messagingService", name=f"{prefix}-{letter}") for letter in "abcde"]


def after(row):
    return token({"name": row["name"], "id": row["id"]})


def test_a_cursor_outlives_the_row_that_it_was_made_of(client, rows):
    for query in ("", "?hardDelete=true"):
        client.delete(f"{SERVICES}/{rows[1]['id']}{query}")
        page = client.get(SERVICES, params={"after": after(rows[1]), "limit": 2}).json()
        assert names(page) == [rows[2]["name"], rows[3]["name"]]
        back = client.get(SERVICES, params={"before": after(rows[2]), "limit": 1}).json()
        assert names(back) == [rows[0]["name"]]


def test_rows_that_come_and_go_beside_the_cursor_disturb_nothing(client, rows):
    first = client.get(SERVICES, params={"before": after(rows[2]), "limit": 2}).json()
    made(client, "messagingService", name=rows[0]["name"] + "0")
    client.delete(f"{SERVICES}/{rows[4]['id']}")
    page = client.get(SERVICES, params={"after": first["paging"]["after"], "limit": 9}).json()
    assert names(page)[:2] == [rows[2]["name"], rows[3]["name"]]
    assert rows[4]["name"] not in names(page)


def test_a_page_says_nothing_of_a_side_where_nothing_is_left(tmp_path):
    with running(tmp_path) as server:
        admin = Client(server, server.token("admin"))
        rows = [made(admin, "messagingService", name=name) for name in "abc"]
        middle = admin.get(SERVICES, params={"after": after(rows[0]), "limit": 1}).json()
        assert {"before", "after"} <= middle["paging"].keys()
        admin.delete(f"{SERVICES}/{rows[0]['id']}")
        admin.delete(f"{SERVICES}/{rows[2]['id']}")
        for params in ({"after": after(rows[0])}, {"before": after(rows[2])}):
            page = admin.get(SERVICES, params=params | {"limit": 1}).json()
            assert names(page) == ["b"]
            assert page["paging"] == {"total": 1}
        everything = admin.get(SERVICES, params={"after": after(rows[0]), "limit": 1, "include": "all"}).json()
        assert {"before", "after"} <= everything["paging"].keys()
        beyond = admin.get(SERVICES, params={"after": after(rows[2])}).json()
        assert beyond == {"data": [], "paging": {"total": 1}}


@pytest.fixture(scope="module")
def growing(tmp_path_factory):
    with running(tmp_path_factory.mktemp("growing")) as server:
        yield Client(server, server.token("admin")), {}


LETTERS = st.text(st.sampled_from("aAbB.\u00e9"), min_size=1, max_size=2)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    changes=st.lists(st.tuples(st.sampled_from(["make", "delete", "restore", "purge"]), LETTERS), max_size=6),
    limit=st.integers(1, 5),
)
def test_a_walk_returns_what_the_catalog_holds_whatever_has_happened(growing, changes, limit):
    client, known = growing
    for change, name in changes:
        if change == "make":
            entity = client.put(SERVICES, json=make("messagingService", name=name)).json()
            known[name] = (entity["id"], False)
        elif name in known:
            entity_id, _ = known[name]
            if change == "restore":
                client.put(f"{SERVICES}/restore", json={"id": entity_id})
                known[name] = (entity_id, False)
            else:
                client.delete(f"{SERVICES}/{entity_id}", params={"hardDelete": change == "purge"})
                known[name] = (entity_id, True)
                if change == "purge":
                    del known[name]
    for include in ("all", "deleted", "non-deleted"):
        wanted = sorted(n for n, (_, gone) in known.items() if include == "all" or gone == (include == "deleted"))
        pages = walk(client, limit=limit, include=include)
        assert [name for page in pages for name in names(page)] == wanted
        assert pages[0]["paging"]["total"] == len(wanted)
        if cursor := pages[-1]["paging"].get("before"):
            back = walk(client, direction="before", cursor=cursor, limit=limit, include=include)
            assert [names(page) for page in back] == [names(page) for page in pages[-2::-1]]
