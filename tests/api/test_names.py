"""Any name that may be: made, then found under its percent-encoded fully qualified name (contract, "FQN rules")."""

from __future__ import annotations

import string

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from brokerbook import names
from brokerbook.errors import BadRequest
from make import SERVICES, made, make, path_of

ODD = [
    ".",
    "..",
    "/",
    "//",
    "\\",
    "%",
    "%2F",
    "%2e",
    "%25",
    "&",
    "?",
    "#",
    ";",
    "+",
    "=",
    ",",
    "@",
    ":",
    "'",
    "`",
    "~",
    "*",
    "|",
    "<",
    ">",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    "$",
    "!",
    "^",
    "-",
    "_",
]
CHARACTERS = st.one_of(
    st.sampled_from(ODD),
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters='"\u2028\u2029'),
    st.sampled_from(string.ascii_letters),
)
NAMES = st.lists(CHARACTERS, min_size=1, max_size=20).map("".join).filter(lambda name: "::" not in name)
anything_may_happen = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


def encoded(name):
    """Percent-encoded with nothing left safe, dots and letters included."""
    return "".join(f"%{byte:02X}" for byte in name.encode())


@anything_may_happen
@given(name=NAMES)
@example(name=".")
@example(name="..")
@example(name="a/../b")
@example(name="%2F")
@example(name="a%b")
@example(name=" ")
@example(name="n" * 256)
@example(name="\U0001f600" * 256)
@example(name="restore")
@example(name="name")
def test_a_service_of_any_name_is_found_under_it(client, name):
    response = client.put(SERVICES, json=make("messagingService", name=name))
    assert response.status_code in (200, 201), response.text
    entity = response.json()
    assert entity["name"] == name
    assert entity["fullyQualifiedName"] == (f'"{name}"' if "." in name else name)
    for text in (name, entity["fullyQualifiedName"]):
        found = client.get(f"{SERVICES}/name/{encoded(text)}")
        assert found.status_code == 200, found.text
        assert found.json()["id"] == entity["id"]
    assert client.put(SERVICES, json=make("messagingService", name=name)).json()["id"] == entity["id"]
    patched = client.patch(f"{SERVICES}/name/{encoded(name)}", json=[])
    assert patched.json()["id"] == entity["id"]
    assert client.delete(f"{SERVICES}/name/{encoded(name)}?hardDelete=true").json()["name"] == name


@anything_may_happen
@given(above=NAMES, name=NAMES)
def test_a_tag_of_any_name_lies_below_a_classification_of_any_name(client, above, name):
    assume(len(names.quoted(above)) + len(names.quoted(name)) < 3000)
    client.put(path_of("classification"), json=make("classification", name=above))
    classification = names.quoted(above)
    response = client.put(path_of("tag"), json=make("tag", name=name, classification=classification))
    assert response.status_code in (200, 201), response.text
    fqn = response.json()["fullyQualifiedName"]
    assert names.split(fqn) == [above, name]
    assert client.get(f"{path_of('tag')}/name/{encoded(fqn)}").json()["id"] == response.json()["id"]
    service = client.post(SERVICES, json=make("messagingService", tags=[{"tagFQN": fqn}]))
    assert [label["tagFQN"] for label in service.json()["tags"]] == [fqn]


@anything_may_happen
@given(name=NAMES)
def test_names_differ_by_case_except_users(client, name):
    assume(name.lower() != name.upper() and len(name.lower()) == len(name.upper()))
    one, other = (
        client.put(SERVICES, json=make("messagingService", name=n)).json() for n in (name.lower(), name.upper())
    )
    assert one["id"] != other["id"]


def test_users_are_found_whatever_the_case(client):
    user = made(client, "user", name="MiXed")
    assert user["name"] == "mixed"
    assert client.get(f"{path_of('user')}/name/MIXED").json()["id"] == user["id"]
    assert client.post(path_of("user"), json=make("user", name="MIXED")).status_code == 409


@anything_may_happen
@given(name=st.text(st.characters(exclude_categories=["Cs"]), max_size=300), kept=NAMES)
def test_a_name_is_made_or_refused_and_never_a_failure(client, name, kept):
    for tried in (name, name + '"' + kept, kept + "::" + name, kept + "\x85"):
        status = client.post(SERVICES, json=make("messagingService", name=tried)).status_code
        assert status in (201, 400, 409)
        if '"' in tried or "::" in tried or "\x85" in tried:
            assert status == 400
        assert client.get(f"{SERVICES}/name/{encoded(tried) or '%20%20'}").status_code in (200, 404)


# the pure part


@given(parts=st.lists(NAMES, min_size=1, max_size=5))
def test_splitting_undoes_joining(parts):
    fqn = names.join(None, parts[0])
    for part in parts[1:]:
        fqn = names.join(fqn, part)
    assert names.split(fqn) == parts


@given(one=st.lists(NAMES, min_size=1, max_size=3), other=st.lists(NAMES, min_size=1, max_size=3))
def test_different_names_are_different_fully_qualified_names(one, other):
    assume(one != other)
    joined = [".".join(map(names.quoted, parts)) for parts in (one, other)]
    assert joined[0] != joined[1]


@given(text=st.text(max_size=40))
def test_splitting_anything_gives_names_or_a_refusal(text):
    try:
        parts = names.split(text)
    except BadRequest:
        return
    assert all('"' not in part for part in parts)
    if all(parts):
        assert names.split(".".join(map(names.quoted, parts))) == parts


@pytest.mark.parametrize("fqn", ['"', '""', '"a', 'a"b', '"a"b', '"a".b"', 'a."', '"a""b"', 'x."".y'])
def test_bad_quoting_is_refused(fqn):
    with pytest.raises(BadRequest):
        names.split(fqn)


def test_a_fully_qualified_name_has_at_most_3072_characters():
    part = "n" * 256
    fqn = part
    for _ in range(10):
        fqn = names.join(fqn, part)
    assert len(names.join(fqn, "n" * (3072 - len(fqn) - 1))) == 3072
    with pytest.raises(BadRequest):
        names.join(fqn, part)


@pytest.mark.parametrize("name", ["a.b", "a/b", "a:b", " ", "é", "%", "'", "n" * 256])
def test_these_names_may_be(name):
    names.check(name)


@pytest.mark.parametrize("name", ["", "n" * 257, "a::b", "::", "\n", "a\r", "\x00", "\x7f", "\u2028", '"', '"a"'])
def test_these_may_not(name):
    with pytest.raises(BadRequest):
        names.check(name)
