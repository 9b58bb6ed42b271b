"""Addresses: taken apart as they are meant, refused if they could be meant otherwise."""

from __future__ import annotations

import pytest

from brokerbook import addresses
from brokerbook.addresses import Address, parsed, parsed_secure


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("https://idp.example.com", Address("https", "idp.example.com", 443, "/", "")),
        ("https://IdP.Example.com:8443/realms/a", Address("https", "idp.example.com", 8443, "/realms/a", "")),
        ("http://[::1]:80/a?b=c", Address("http", "::1", 80, "/a", "b=c")),
        ("https://10.0.0.1", Address("https", "10.0.0.1", 443, "/", "")),
        ("https://a_b.example.com./x", Address("https", "a_b.example.com.", 443, "/x", "")),
    ],
)
def test_an_address_has_its_parts(text: str, found: Address):
    assert parsed(text) == found


@pytest.mark.parametrize(
    "text",
    [
        "",
        "idp.example.com",
        "//idp.example.com",
        "ftp://idp.example.com",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "https://",
        "https:///path",
        "https://user@idp.example.com",
        "https://user:word@idp.example.com",
        "https://idp.example.com@169.254.169.254",
        "https://idp.example.com#@evil.example.com",
        "https://idp.example.com/#",
        "https://idp.example.com\\@evil.example.com",
        "https://idp.example.com/a b",
        "https://idp.example.com\n.evil.example.com",
        " https://idp.example.com",
        "https://idp.example.com:0",
        "https://idp.example.com:65536",
        "https://idp.example.com:port",
        "https://idp..example.com",
        "https://-idp.example.com",
        "https://[::1",
        "https://[fe80::1%eth0]",
        "https://bücher.example.com",
        "https://%69dp.example.com",
        "https://" + "a" * 64 + ".example.com",
        "https://idp.example.com/" + "a" * 3000,
    ],
)
def test_what_is_no_plain_address_is_refused(text: str):
    with pytest.raises(ValueError) as refused:
        parsed(text)
    assert "example.com" not in str(refused.value)


@pytest.mark.parametrize("text", ["http://localhost:8080/a", "http://127.0.0.1", "http://127.8.9.1", "http://[::1]"])
def test_this_machine_needs_no_tls(text: str):
    assert parsed_secure(text).scheme == "http"


@pytest.mark.parametrize(
    "text", ["http://idp.example.com", "http://10.0.0.1", "http://localhost.example.com", "http://127.0.0.1.nip.io"]
)
def test_everything_else_does(text: str):
    with pytest.raises(ValueError, match="must begin with https://"):
        parsed_secure(text)


def test_parameters_are_added_and_never_glued():
    address = parsed("https://idp.example.com:8443/authorize?tenant=a%26b")
    assert address.with_query(state="x&y=z", scope="openid profile") == (
        "https://idp.example.com:8443/authorize?tenant=a%26b&state=x%26y%3Dz&scope=openid+profile"
    )
    assert parsed("http://[::1]:9/").with_query(a="1") == "http://[::1]:9/?a=1"


def test_a_form_is_encoded():
    assert addresses.joined({"a": "b c&d", "e": "é"}) == b"a=b+c%26d&e=%C3%A9"
