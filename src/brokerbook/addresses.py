"""Addresses of other servers (URLs): taken apart strictly, put together from their parts. Pure.

Nothing is ever glued: what is not an absolute http(s) address of plain parts is a ValueError, whose sentence goes on
after the address's name ("the issuer …") and never repeats the address.
"""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlencode, urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping

LONGEST = 2048
_PORTS = {"http": 80, "https": 443}
# What RFC 3986 lets stand in a URL; neither blanks nor backslashes nor anything beyond ASCII is among it.
_PLAIN = re.compile(r"[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]+\Z")
_HOST = re.compile(
    r"(?=.{1,253}\Z)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*\.?\Z"
)


class Address(NamedTuple):
    """An absolute address. `host` is lower-case and has no brackets; `path` begins with a slash."""

    scheme: str
    host: str
    port: int
    path: str
    query: str

    def with_query(self, **parameters: str) -> str:
        """The address as text with these parameters after those that it has."""
        query = "&".join(part for part in (self.query, urlencode(parameters)) if part)
        return f"{self.origin}{self.path}?{query}"

    @property
    def origin(self) -> str:
        """Scheme, host and, if it is not the scheme's own, port."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}" + ("" if self.port == _PORTS[self.scheme] else f":{self.port}")


def parsed(text: str) -> Address:
    """The parts of an address; a ValueError says what is wrong with it."""
    if len(text) > LONGEST:
        raise ValueError(f"is longer than {LONGEST} characters")
    if not _PLAIN.match(text):
        raise ValueError("has characters that no address has")
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise ValueError("is no address") from None
    if parts.scheme not in _PORTS:
        raise ValueError("must begin with https://")
    if "@" in parts.netloc:
        raise ValueError("must not hold a user name or a password")
    if parts.fragment or text.endswith("#"):
        raise ValueError("must not have a fragment")
    host = parts.hostname or ""
    if not _HOST.match(host) and not _is_literal(host):
        raise ValueError("names no host")
    if port == 0:
        raise ValueError("has no port that can be connected to")
    return Address(parts.scheme, host, port or _PORTS[parts.scheme], parts.path or "/", parts.query)


def parsed_secure(text: str) -> Address:
    """The parts of an address that nobody on the way can read or change: https, or this very machine."""
    address = parsed(text)
    if address.scheme != "https" and not is_loopback(address.host):
        raise ValueError("must begin with https://; http is for this very machine only")
    return address


def is_loopback(host: str) -> bool:
    """Whether a host is called so that it is this very machine."""
    if host == "localhost":
        return True
    return _is_literal(host) and ipaddress.ip_address(host).is_loopback


def joined(parameters: Mapping[str, str]) -> bytes:
    """Parameters as the body of a form."""
    return urlencode(parameters).encode()


def _is_literal(host: str) -> bool:
    try:
        return "%" not in host and bool(ipaddress.ip_address(host))
    except ValueError:
        return False
