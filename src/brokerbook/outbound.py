"""The one gate for every connection that the catalog opens by itself.

An address is taken apart strictly and resolved once; each address that the name has is checked, and the connection
goes to one that was: there is no second look-up. Nothing follows a redirect or a proxy's setting. A request has a limit
in time and an answer one in size, certificates are verified for the name that was asked for, and nothing that the other
side said is part of an error.
"""

# ruff: noqa: PLC0415  the HTTP client is loaded when there is something to ask

from __future__ import annotations

import asyncio
import ipaddress
import socket
import ssl
from typing import TYPE_CHECKING, NamedTuple, cast

from brokerbook import addresses
from brokerbook.addresses import Reach

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from httpcore2 import AsyncNetworkBackend, AsyncNetworkStream, Response

    from brokerbook.addresses import Address, Ip

SECONDS = 5.0
"""How long a request may take, from the look-up of the name to the last byte."""
_NEXT_SECONDS = 1.0  # after which another address of the same name is tried
MOST_AT_ONCE = 16


class OutboundError(Exception):
    """Why there is no answer, in words that go on after the address's name."""


class Refused(OutboundError):
    """The gate let nothing out: the address is none that may be reached."""


class Unreachable(OutboundError):
    """Nobody answered, or not in time; it may be better later."""


class Unusable(OutboundError):
    """What answered did so with something that is not taken."""


class Answer(NamedTuple):
    """A whole answer that is no redirect."""

    status: int
    body: bytes


class Gate:
    """Sends requests. Hosts with addresses of this machine or of a private network are those that it is told of."""

    def __init__(self, private_hosts: Collection[str] = (), *, own_port: int = 0) -> None:
        self._reach = Reach(frozenset(private_hosts), own_port)
        self._under_way = 0
        self._ssl_context: ssl.SSLContext | None = None

    async def fetch(
        self,
        url: str,
        *,
        most_bytes: int,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        seconds: float = SECONDS,
    ) -> Answer:
        """What a GET, or with a form a POST, is answered; an OutboundError says why there is nothing."""
        try:
            address = addresses.parsed(url)
        except ValueError as error:
            raise Refused(str(error)) from None
        if self._under_way >= MOST_AT_ONCE:
            raise Unreachable("waits: too many requests are under way")
        self._under_way += 1
        try:
            async with asyncio.timeout(seconds):
                targets = self._checked(address, await _resolved(address))
                return await self._exchanged(address, targets, form, dict(headers or {}), most_bytes)
        except TimeoutError:
            raise Unreachable("did not answer in time") from None
        finally:
            self._under_way -= 1

    def _checked(self, address: Address, found: list[Ip]) -> list[Ip]:
        """The addresses that a name has, each of which may be connected to."""
        try:
            self._reach.check_host(address)
            for ip in found:
                self._reach.check_ip(address, ip)
        except ValueError as error:
            raise Refused(str(error)) from None
        if address.scheme == "http" and not all(addresses.reached(ip).is_loopback for ip in found):
            raise Refused("must begin with https://; http is for this very machine only")
        return found

    async def _exchanged(
        self,
        address: Address,
        targets: list[Ip],
        form: Mapping[str, str] | None,
        headers: dict[str, str],
        most_bytes: int,
    ) -> Answer:
        import httpcore2

        if self._ssl_context is None:
            self._ssl_context = httpcore2.default_ssl_context()
        headers |= {"Host": address.origin.partition("://")[2], "Accept": "application/json", "Connection": "close"}
        headers["Accept-Encoding"] = "identity"
        body = None
        if form is not None:
            body = addresses.joined(form)
            headers |= {"Content-Type": "application/x-www-form-urlencoded", "Content-Length": str(len(body))}
        url = httpcore2.URL(
            scheme=address.scheme.encode(),
            host=address.host.encode(),
            port=address.port,
            target=(address.path + (f"?{address.query}" if address.query else "")).encode(),
        )
        pool = httpcore2.AsyncConnectionPool(
            ssl_context=self._ssl_context, max_connections=1, network_backend=_pinned(targets)
        )
        try:
            async with (
                pool,
                pool.stream(
                    "GET" if form is None else "POST", url, headers=list(headers.items()), content=body
                ) as response,
            ):
                return await _read(response, most_bytes)
        except (httpcore2.NetworkError, httpcore2.TimeoutException, httpcore2.ProtocolError) as error:
            raise _failure(error) from None


async def _resolved(address: Address) -> list[Ip]:
    try:
        return [ipaddress.ip_address(address.host)]
    except ValueError:
        pass
    try:
        found = await asyncio.get_running_loop().getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)
    except OSError:
        raise Unreachable("has a name that cannot be resolved") from None
    return list(dict.fromkeys(ipaddress.ip_address(str(info[4][0]).partition("%")[0]) for info in found))


def _pinned(targets: list[Ip]) -> AsyncNetworkBackend:
    """Connects to the addresses that were checked, one after the other, whatever name it is given."""
    import httpcore2

    network = cast("AsyncNetworkBackend", httpcore2.AnyIOBackend())

    class Pinned(httpcore2.AsyncNetworkBackend):
        async def connect_tcp(
            self,
            host: str,  # noqa: ARG002  its addresses are the targets
            port: int,
            timeout: float | None = None,  # noqa: ASYNC109  the library's signature
            local_address: str | None = None,
            socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
        ) -> AsyncNetworkStream:
            for target in targets[:-1]:
                try:
                    return await network.connect_tcp(str(target), port, _NEXT_SECONDS, local_address, socket_options)
                except (httpcore2.ConnectError, httpcore2.ConnectTimeout):
                    continue
            return await network.connect_tcp(str(targets[-1]), port, timeout, local_address, socket_options)

    return Pinned()


async def _read(response: Response, most_bytes: int) -> Answer:
    if 300 <= response.status < 400:
        raise Unusable("answers with a redirect, which is not followed")
    for name, value in response.headers:
        if name.lower() == b"content-encoding" and value.lower() != b"identity":
            raise Unusable("answers in a coding that was not asked for")
    chunks: list[bytes] = []
    size = 0
    async for chunk in response.aiter_stream():
        size += len(chunk)
        if size > most_bytes:
            raise Unusable(f"answers with more than {most_bytes} bytes")
        chunks.append(chunk)
    return Answer(response.status, b"".join(chunks))


def _failure(error: Exception) -> OutboundError:
    import httpcore2

    causes = list(_causes(error))
    if any(isinstance(cause, ssl.SSLCertVerificationError) for cause in causes):
        return Unreachable("has a certificate that is not valid for it")
    if any(isinstance(cause, ssl.SSLError) for cause in causes):
        return Unreachable("does not speak TLS as it has to")
    if isinstance(error, httpcore2.ProtocolError):
        return Unusable("does not speak HTTP as it has to")
    return Unreachable("cannot be connected to")


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
