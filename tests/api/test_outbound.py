"""The outbound gate: what it lets out, to which address, and what it takes back."""

from __future__ import annotations

import asyncio
import datetime as dt
import ipaddress
import socket
import ssl
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest
import uvloop
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509.oid import NameOID

from brokerbook import outbound
from brokerbook.outbound import Answer, Gate, OutboundError, Refused, Unreachable, Unusable
from provider import rsa_key

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from pathlib import Path


class Asked:
    """A server that notes what it is asked, and answers as it is told to."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.requests: list[tuple[str, str, dict[str, str], bytes]] = []
        self.answer: tuple[int, dict[str, str], bytes] = (200, {}, b"hello")
        self.goes_on = threading.Event()
        self.goes_on.set()


class _Handler(BaseHTTPRequestHandler):
    asked: Asked
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.asked.requests.append((self.command, self.path, dict(self.headers.items()), body))
        self.asked.goes_on.wait(10)
        status, headers, answer = self.asked.answer
        try:
            self.send_response(status)
            for name, value in ({"Content-Length": str(len(answer))} | headers).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer)
        except OSError:
            pass  # whoever asked is gone

    do_POST = do_GET

    def log_message(self, format: str, *_: Any) -> None:  # noqa: A002  as its base has it
        """Says nothing."""


class _Web(ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that does not trust us hangs up."""


@contextmanager
def serving(context: ssl.SSLContext | None = None) -> Generator[Asked]:
    handler = type("Handler", (_Handler,), {})
    server = _Web(("127.0.0.1", 0), handler)
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    handler.asked = asked = Asked(server.server_port)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield asked
    finally:
        asked.goes_on.set()
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def web() -> Iterator[Asked]:
    with serving() as asked:
        yield asked


LOCAL = Gate({"127.0.0.1", "localhost", "idp.test"})


def fetch(url: str, gate: Gate = LOCAL, **more: Any) -> Answer:
    return asyncio.run(gate.fetch(url, most_bytes=1000, **more))


def names(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> list[str]:
    """Lets every name have these addresses; returns the names that are looked up from now on."""
    asked: list[str] = []

    async def getaddrinfo(_: Any, host: str, port: int, **_more: Any) -> list[Any]:
        asked.append(host)
        return [
            (socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))
            for address in addresses
        ]

    monkeypatch.setattr(asyncio.base_events.BaseEventLoop, "getaddrinfo", getaddrinfo)
    return asked


# what is sent and taken


def test_a_get_sends_no_more_than_it_has_to(web: Asked):
    assert fetch(f"http://127.0.0.1:{web.port}/a%20b?c=d&e=f") == (200, b"hello")
    ((method, path, headers, body),) = web.requests
    assert (method, path, body) == ("GET", "/a%20b?c=d&e=f", b"")
    assert headers == {
        "Host": f"127.0.0.1:{web.port}",
        "Accept": "application/json",
        "Accept-Encoding": "identity",
        "Connection": "close",
    }


def test_the_loop_that_serves_can_ask_as_well(web: Asked):
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        answer = runner.run(LOCAL.fetch(f"http://localhost:{web.port}", most_bytes=10))
    assert answer == (200, b"hello")


def test_a_form_is_posted(web: Asked):
    fetch(f"http://127.0.0.1:{web.port}", form={"a": "b c"}, headers={"Authorization": "Basic eA=="})
    ((method, path, headers, body),) = web.requests
    assert (method, path, body) == ("POST", "/", b"a=b+c")
    assert headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert headers["Authorization"] == "Basic eA=="


def test_any_status_but_a_redirect_is_an_answer(web: Asked):
    web.answer = (404, {}, b"no")
    assert fetch(f"http://127.0.0.1:{web.port}") == (404, b"no")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(web: Asked, status: int):
    web.answer = (status, {"Location": f"http://127.0.0.1:{web.port}/elsewhere"}, b"")
    with pytest.raises(Unusable, match="redirect"):
        fetch(f"http://127.0.0.1:{web.port}")
    assert len(web.requests) == 1


def test_an_answer_may_be_as_long_as_it_was_said_and_no_longer(web: Asked):
    web.answer = (200, {}, b"x" * 1000)
    assert len(fetch(f"http://127.0.0.1:{web.port}").body) == 1000
    web.answer = (200, {}, b"x" * 1001)
    with pytest.raises(Unusable, match="more than 1000 bytes"):
        fetch(f"http://127.0.0.1:{web.port}")


def test_an_answer_without_an_end_is_cut_off(web: Asked):
    chunk = b"64\r\n" + b"x" * 100 + b"\r\n"
    web.answer = (200, {"Transfer-Encoding": "chunked", "Content-Length": ""}, chunk * 5000)
    with pytest.raises(Unusable):
        fetch(f"http://127.0.0.1:{web.port}")


def test_a_packed_answer_is_not_unpacked(web: Asked):
    web.answer = (200, {"Content-Encoding": "gzip"}, b"\x1f\x8b")
    with pytest.raises(Unusable, match="coding"):
        fetch(f"http://127.0.0.1:{web.port}")


def test_a_slow_answer_is_not_waited_for(web: Asked):
    web.goes_on.clear()
    with pytest.raises(Unreachable, match="did not answer in time"):
        fetch(f"http://127.0.0.1:{web.port}", seconds=0.2)


def test_an_answer_that_comes_byte_by_byte_is_not_waited_for():
    async def drip(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            for byte in b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 100:
                writer.write(bytes([byte]))
                await writer.drain()
                await asyncio.sleep(0.05)
        except OSError:
            pass
        finally:
            writer.close()

    async def ask() -> None:
        server = await asyncio.start_server(drip, "127.0.0.1", 0)
        async with server:
            port = server.sockets[0].getsockname()[1]
            with pytest.raises(Unreachable, match="did not answer in time"):
                await LOCAL.fetch(f"http://127.0.0.1:{port}", most_bytes=1000, seconds=0.3)

    asyncio.run(ask())


def test_what_does_not_speak_http_is_unusable():
    async def mutter(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example.com ESMTP\r\n")
        await writer.drain()
        writer.close()

    async def ask() -> None:
        server = await asyncio.start_server(mutter, "127.0.0.1", 0)
        async with server:
            port = server.sockets[0].getsockname()[1]
            with pytest.raises(Unusable, match="does not speak HTTP"):
                await LOCAL.fetch(f"http://127.0.0.1:{port}", most_bytes=1000)

    asyncio.run(ask())


def test_where_nobody_listens_nobody_is_reached():
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        with pytest.raises(Unreachable, match="cannot be connected to"):
            fetch(f"http://127.0.0.1:{bound.getsockname()[1]}")


def test_no_error_repeats_what_the_other_side_said(web: Asked):
    web.answer = (302, {"Location": "http://secret.example.com/", "X": "s3cret"}, b"s3cret")
    with pytest.raises(OutboundError) as refused:
        fetch(f"http://127.0.0.1:{web.port}")
    assert "s" + "3cret" not in str(refused.value)
    assert "secret.example.com" not in str(refused.value)


def test_only_so_many_requests_are_under_way(web: Asked, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(outbound, "MOST_AT_ONCE", 2)
    web.goes_on.clear()

    async def ask() -> list[Any]:
        gate = Gate({"127.0.0.1"})
        url = f"http://127.0.0.1:{web.port}"
        waiting = [asyncio.create_task(gate.fetch(url, most_bytes=10)) for _ in range(2)]
        await asyncio.sleep(0.1)
        with pytest.raises(Unreachable, match="too many"):
            await gate.fetch(url, most_bytes=10)
        web.goes_on.set()
        await asyncio.gather(*waiting)
        return [await gate.fetch(url, most_bytes=10)]

    assert asyncio.run(ask()) == [(200, b"hello")]


def test_settings_for_a_proxy_are_not_looked_at(web: Asked, monkeypatch: pytest.MonkeyPatch):
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert fetch(f"http://127.0.0.1:{web.port}").status == 200


# where it goes

NEVER = [
    "169.254.169.254",
    "169.254.1.1",
    "100.100.100.200",
    "168.63.129.16",
    "192.0.0.192",
    "0.0.0.0",
    "224.0.0.1",
    "255.255.255.255",
    "240.0.0.1",
    "fd00:ec2::254",
    "fd20:ce::254",
    "fe80::1",
    "ff02::1",
    "::",
    "::ffff:169.254.169.254",
    "64:ff9b::a9fe:a9fe",
    "2002:a9fe:a9fe::1",
    "::169.254.169.254",
]
PRIVATE = [
    "127.0.0.1",
    "127.9.9.9",
    "10.0.0.1",
    "172.16.0.1",
    "192.168.1.1",
    "100.64.0.1",
    "::1",
    "fd12::1",
    "::ffff:10.0.0.1",
    "64:ff9b::a00:1",
    "2002:a00:1::1",
]


def url_of(address: str, scheme: str = "https") -> str:
    return f"{scheme}://[{address}]/" if ":" in address else f"{scheme}://{address}/"


@pytest.mark.parametrize("address", NEVER)
def test_some_addresses_are_refused_whatever_the_settings_say(address: str, monkeypatch: pytest.MonkeyPatch):
    host = str(ipaddress.ip_address(address))
    with pytest.raises(Refused):
        fetch(url_of(address), Gate({host, address}))
    names(monkeypatch, address)
    with pytest.raises(Refused):
        fetch("https://idp.test/")


@pytest.mark.parametrize("address", PRIVATE)
def test_private_addresses_are_refused_unless_the_settings_name_the_host(address: str, monkeypatch: pytest.MonkeyPatch):
    with pytest.raises(Refused, match="which the settings do not allow"):
        fetch(url_of(address), Gate())
    names(monkeypatch, address)
    with pytest.raises(Refused, match="which the settings do not allow"):
        fetch("https://other.test/")
    allowed = LOCAL._checked(outbound.addresses.parsed("https://idp.test/"), [ipaddress.ip_address(address)])
    assert [str(ip) for ip in allowed] == [str(ipaddress.ip_address(address))]


@pytest.mark.parametrize("host", ["metadata.google.internal", "metadata", "metadata.google.internal."])
def test_names_of_metadata_services_are_refused(host: str, monkeypatch: pytest.MonkeyPatch):
    names(monkeypatch, "8.8.8.8")
    with pytest.raises(Refused, match="metadata"):
        fetch(f"https://{host}/", Gate({host}))


def test_one_bad_address_of_a_name_is_enough(monkeypatch: pytest.MonkeyPatch):
    names(monkeypatch, "8.8.8.8", "10.0.0.1")
    with pytest.raises(Refused):
        fetch("https://other.test/")


def test_the_address_that_was_checked_is_the_one_that_is_connected_to(web: Asked, monkeypatch: pytest.MonkeyPatch):
    asked = names(monkeypatch, "127.0.0.1")
    assert fetch(f"http://idp.test:{web.port}/").status == 200
    assert asked == ["idp.test"]
    assert web.requests[0][2]["Host"] == f"idp.test:{web.port}"


def test_a_second_address_is_tried_if_nobody_listens_at_the_first(web: Asked, monkeypatch: pytest.MonkeyPatch):
    names(monkeypatch, "::1", "127.0.0.1")
    assert fetch(f"http://idp.test:{web.port}/").status == 200


def test_a_name_that_nobody_has_is_not_reached(monkeypatch: pytest.MonkeyPatch):
    async def unknown(*_: Any, **_more: Any) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(asyncio.base_events.BaseEventLoop, "getaddrinfo", unknown)
    with pytest.raises(Unreachable, match="cannot be resolved"):
        fetch("https://idp.test/")


def test_http_is_for_this_machine_only(monkeypatch: pytest.MonkeyPatch):
    names(monkeypatch, "10.0.0.1")
    with pytest.raises(Refused, match="must begin with https://"):
        fetch("http://idp.test/")


@pytest.mark.parametrize("port", [22, 25, 110, 389])
def test_ports_of_other_protocols_are_refused(port: int):
    with pytest.raises(Refused, match="no web server"):
        fetch(f"https://8.8.8.8:{port}/")


def test_the_catalog_does_not_call_itself(web: Asked):
    with pytest.raises(Refused, match="this catalog itself"):
        fetch(f"http://127.0.0.1:{web.port}/", Gate({"127.0.0.1"}, own_port=web.port))
    assert web.requests == []


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://127.0.0.1/", "https://a@b/", "", "http://"])
def test_what_is_no_address_is_refused(url: str):
    with pytest.raises(Refused):
        fetch(url)


# certificates


def certificate(folder: Path, name: str) -> tuple[Path, Path]:
    """A certificate for a name, signed by itself, and its key."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = dt.datetime.now(dt.UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(rsa_key(1).public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(rsa_key(1), hashes.SHA256())
    )
    chain, key = folder / f"{name}.pem", folder / f"{name}.key"
    chain.write_bytes(built.public_bytes(serialization.Encoding.PEM))
    key.write_bytes(
        rsa_key(1).private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return chain, key


@contextmanager
def secure(folder: Path, name: str) -> Generator[tuple[Asked, Path]]:
    chain, key = certificate(folder, name)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain, key)
    with serving(context) as asked:
        yield asked, chain


def test_a_certificate_is_verified_for_the_name_that_was_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    names(monkeypatch, "127.0.0.1")
    with secure(tmp_path, "idp.test") as (asked, chain):
        monkeypatch.setenv("SSL_CERT_FILE", str(chain))
        gate = Gate({"idp.test", "other.test", "127.0.0.1"})
        assert fetch(f"https://idp.test:{asked.port}/", gate).status == 200
        for host in ("other.test", "127.0.0.1"):
            with pytest.raises(Unreachable, match="certificate"):
                fetch(f"https://{host}:{asked.port}/", gate)
        assert len(asked.requests) == 1


def test_a_certificate_that_nobody_has_vouched_for_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    names(monkeypatch, "127.0.0.1")
    with secure(tmp_path, "idp.test") as (asked, _):
        with pytest.raises(Unreachable, match="certificate"):
            fetch(f"https://idp.test:{asked.port}/")
        assert asked.requests == []


def test_what_does_not_speak_tls_is_not_asked(web: Asked):
    with pytest.raises(Unreachable, match="does not speak TLS"):
        fetch(f"https://127.0.0.1:{web.port}/")
    assert web.requests == []
