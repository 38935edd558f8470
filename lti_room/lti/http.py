"""The only code that calls a platform.

One request within one time limit: vetted and pinned addresses, no redirects, no more bytes than asked for.
Body and headers of an answer never reach an error.
"""

import contextlib
import http.client
import ipaddress
import re
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

MOST_BYTES: Final = 256 * 1024
MOST_SECONDS: Final = 5.0

_METHODS: Final = frozenset({"GET", "POST", "PUT", "DELETE"})
_HEADER_NAME: Final = re.compile(r"[A-Za-z0-9-]+")
_OWN_HEADERS: Final = frozenset({"host", "connection", "content-length", "transfer-encoding", "user-agent"})
_NAT64: Final = ipaddress.ip_network("64:ff9b::/96")
_Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class FetchFailed(Exception):
    """Nothing usable was fetched; the text is a fixed reason, safe for logs."""


class AddressRefused(FetchFailed):
    """The address is not one that may be called, whatever answers there."""


@dataclass(frozen=True)
class Answer:
    """What a server answered: status, headers, body of at most the allowed size.

    Headers have lower-case names; a header that came several times is one, joined by commas (RFC 9110
    section 5.3). Their bytes are read as Latin-1.
    """

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class _Target:
    secure: bool
    host: str
    port: int
    path: str

    @property
    def host_header(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.secure else 80) else f"{host}:{self.port}"


@dataclass(frozen=True)
class _Request:
    method: str
    target: _Target
    headers: Mapping[str, str]
    body: bytes | None

    def encoded(self) -> bytes:
        sent = {"Host": self.target.host_header, "User-Agent": "lti-room", "Connection": "close"}
        sent |= self.headers
        if self.body is not None:
            sent["Content-Length"] = str(len(self.body))
        lines = [f"{self.method} {self.target.path} HTTP/1.1", *(f"{n}: {v}" for n, v in sent.items())]
        return "\r\n".join([*lines, "", ""]).encode("ascii") + (self.body or b"")


class GuardedHttp:
    """Calls platforms.

    Args:
        development: allow http, loopback and private addresses.
    """

    def __init__(self, *, development: bool) -> None:
        self._development = development
        self._tls = ssl.create_default_context()

    def get(
        self, url: str, *, seconds: float = MOST_SECONDS, most: int = MOST_BYTES, private: bool = False
    ) -> Answer:
        """Fetch a document; the time limit covers everything from the name to the last byte.

        Args:
            url: where from.
            seconds: time limit of the whole call.
            most: largest body.
            private: allow addresses of private networks.

        Raises:
            FetchFailed: address not allowed, not reachable, too slow, too large, not HTTP.
        """
        return self.send(
            "GET",
            url,
            headers={"Accept": "application/json"},
            body=None,
            seconds=seconds,
            most=most,
            private=private,
        )

    def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        body: bytes | None = None,
        seconds: float = MOST_SECONDS,
        most: int = MOST_BYTES,
        private: bool = False,
    ) -> Answer:
        """Send one request, once; the time limit covers everything from the name to the last byte.

        Args:
            method: GET, POST, PUT or DELETE.
            url: where to.
            headers: beside Host, User-Agent and Content-Length, which are set here.
            body: what is sent; None for none.
            seconds: time limit of the whole call.
            most: largest body of the answer.
            private: allow addresses of private networks.

        Raises:
            FetchFailed: address or header not allowed, not reachable, too slow, too large, not HTTP.
            ValueError: a method we do not use.
        """
        if method not in _METHODS:
            raise ValueError(method)
        deadline = time.monotonic() + seconds
        asked = _Request(method, self._target(url), _sendable(headers), body)
        addresses = self._vetted(_resolved(asked.target, deadline), private or self._development)
        return self._exchange(asked, _connected(addresses, asked.target.port, deadline), deadline, most)

    def _target(self, url: str) -> _Target:
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            raise AddressRefused("url not allowed") from None
        secure = parts.scheme == "https"
        if (
            not parts.hostname
            or "@" in parts.netloc
            or not (secure or (self._development and parts.scheme == "http"))
        ):
            raise AddressRefused("url not allowed")
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        if not path.isascii() or not path.isprintable() or " " in path:
            raise AddressRefused("url not allowed")
        return _Target(secure, parts.hostname, port or (443 if secure else 80), path)

    def _vetted(self, found: list[str], private: bool) -> list[str]:
        """All addresses of a name must be allowed: a name with one bad address is a trick."""
        if not found or not all(
            is_allowed(text, private=private, loopback=self._development) for text in found
        ):
            raise AddressRefused("address not allowed")
        return found

    def _exchange(self, asked: _Request, plain: socket.socket, deadline: float, most: int) -> Answer:
        # A server that drips bytes resets every time limit of a single read; cutting the line does not care.
        line = plain.dup()
        cut = threading.Timer(max(0.0, deadline - time.monotonic()), _shut, [line])
        cut.daemon = True
        cut.start()
        try:
            plain.settimeout(_left(deadline))
            target = asked.target
            stream = self._tls.wrap_socket(plain, server_hostname=target.host) if target.secure else plain
            stream.sendall(asked.encoded())
            return _answer(stream, deadline, most)
        except (OSError, http.client.HTTPException, ValueError):
            raise FetchFailed("time is up" if time.monotonic() >= deadline else "not reachable") from None
        finally:
            cut.cancel()
            line.close()
            plain.close()


def is_allowed(text: str, *, private: bool, loopback: bool) -> bool:
    """Whether an IP address may be called; one wrapped into another is judged by what is inside."""
    address = _unwrapped(ipaddress.ip_address(text.partition("%")[0]))
    if address.is_loopback:
        return loopback
    if address.is_multicast or address.is_unspecified or address.is_link_local or address.is_reserved:
        return False
    return address.is_global or (private and address.is_private)


def _unwrapped(address: _Address) -> _Address:
    if isinstance(address, ipaddress.IPv6Address):
        if address in _NAT64:
            return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        return address.ipv4_mapped or address.sixtofour or address
    return address


def _resolved(target: _Target, deadline: float) -> list[str]:
    # getaddrinfo knows no time limit: it runs beside us, and we stop waiting.
    found: list[str] = []

    def resolve() -> None:
        try:
            answers = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
        except OSError:
            return
        found.extend(dict.fromkeys(str(answer[4][0]) for answer in answers))

    worker = threading.Thread(target=resolve, daemon=True)
    worker.start()
    worker.join(_left(deadline))
    if worker.is_alive() or not found:
        raise FetchFailed("name not found")
    return list(found)


def _connected(addresses: list[str], port: int, deadline: float) -> socket.socket:
    for position, address in enumerate(addresses):
        share = _left(deadline) / (len(addresses) - position)
        try:
            return socket.create_connection((address, port), timeout=share)
        except OSError:
            continue
    raise FetchFailed("not reachable")


def _sendable(headers: Mapping[str, str]) -> Mapping[str, str]:
    """A value with a line break would begin a header of its own."""
    for name, value in headers.items():
        own = name.lower() in _OWN_HEADERS
        if own or not _HEADER_NAME.fullmatch(name) or not (value.isascii() and value.isprintable()):
            raise FetchFailed("header not allowed")
    return headers


def _answer(stream: socket.socket, deadline: float, most: int) -> Answer:
    response = http.client.HTTPResponse(stream)
    try:
        response.begin()
        body = response.read(most + 1)
        missing = response.length
    finally:
        response.close()
    if time.monotonic() >= deadline:
        raise FetchFailed("time is up")
    if len(body) > most:
        raise FetchFailed("too large")
    if missing:
        raise FetchFailed("not reachable")
    return Answer(response.status, _joined(response.getheaders()), body)


def _joined(headers: list[tuple[str, str]]) -> dict[str, str]:
    joined: dict[str, str] = {}
    for name, value in headers:
        key = name.lower()
        joined[key] = f"{joined[key]}, {value}" if key in joined else value
    return joined


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise FetchFailed("time is up")
    return left


def _shut(line: socket.socket) -> None:
    # It may have ended by itself in the meantime.
    with contextlib.suppress(OSError):
        line.shutdown(socket.SHUT_RDWR)
