"""Addresses of other servers (URLs): taken apart strictly, put together from their parts; which may be reached. Pure.

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
_NUMBER = re.compile(r"(?:[0-9]+|0x[0-9a-f]*)\Z")
_LOWEST_PORT = 1024  # below it only those of the web: what listens there speaks other protocols

# Names and addresses under which clouds hand out their machines' credentials, and which nobody may allow.
_METADATA_NAMES = frozenset({"metadata", "metadata.google.internal", "metadata.goog", "instance-data"})
_METADATA = frozenset(
    map(
        ipaddress.ip_address,
        (
            "169.254.169.254",
            "100.100.100.200",
            "168.63.129.16",
            "192.0.0.192",
            "fd00:ec2::254",
            "fd20:ce::254",
        ),
    )
)
# Networks whose addresses hold another one, to which a gateway may pass on what is sent there.
_TRANSLATED = (ipaddress.IPv6Network("64:ff9b::/96"), ipaddress.IPv6Network("64:ff9b:1::/48"))

Ip = ipaddress.IPv4Address | ipaddress.IPv6Address


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


class Reach(NamedTuple):
    """Which addresses may be connected to: those of the whole world, and of others the hosts that the operator named.

    Each check is a ValueError if it refuses, as those of `parsed`.
    """

    private_hosts: frozenset[str] = frozenset()
    """Hosts, in lower case, that may have addresses of this machine or of a private network."""
    own_port: int = 0
    """The port at which the catalog itself listens, if it is known."""

    def check_host(self, address: Address) -> None:
        """Refuses what can be known without looking up the host's name: names and ports, and the host if it is an IP."""
        if address.host.rstrip(".") in _METADATA_NAMES:
            raise ValueError("is a cloud's metadata service")
        if address.port < _LOWEST_PORT and address.port not in {80, 443}:
            raise ValueError("has a port at which no web server listens")
        if _is_literal(address.host):
            self.check_ip(address, ipaddress.ip_address(address.host))
        elif _NUMBER.match(address.host.rstrip(".").rpartition(".")[2]):
            raise ValueError("has a number for a host")  # which the system would take for an address

    def check_ip(self, address: Address, ip: Ip) -> None:
        """Refuses an IP that the address's host is, or that its name has."""
        real = reached(ip)
        if real in _METADATA or real.is_link_local or real.is_multicast or real.is_unspecified:
            raise ValueError("has an address that is never connected to")
        if real.is_reserved and not real.is_loopback:
            raise ValueError("has an address that nobody has")
        if real.is_loopback and self.own_port and address.port == self.own_port:
            raise ValueError("is this catalog itself")
        if not real.is_global and address.host not in self.private_hosts:
            raise ValueError("has an address of this machine or of a private network, which the settings do not allow")


def reached(ip: Ip) -> Ip:
    """The address that is reached in the end: some IPv6 addresses hold an IPv4 one."""
    if isinstance(ip, ipaddress.IPv4Address):
        return ip
    inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
    if inner is None and any(ip in network for network in _TRANSLATED):
        inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    return inner or ip


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
