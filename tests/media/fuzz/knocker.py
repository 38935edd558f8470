"""Somebody with a socket and perhaps a password: sends whatever it likes and counts what comes back."""

import asyncio
import contextlib
import socket
from collections.abc import Iterable

from aiortc import RTCDtlsFingerprint

from lti_room.media.sfu.transport.dtls import SecureTransport, new_certificate
from tests.media.fuzz.checks import check
from tests.support.rtc_client import Remote

_ANY = RTCDtlsFingerprint("sha-256", "00")


class Knocker:
    """A UDP socket of 127.0.0.1."""

    def __init__(self, port: int) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.connect(("127.0.0.1", port))
        self.socket.setblocking(False)
        self.sent = 0

    def __enter__(self) -> "Knocker":
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, data: bytes) -> None:
        """Send one datagram; when the buffer is full it is lost."""
        with contextlib.suppress(BlockingIOError):
            self.sent += self.socket.send(data)

    def answers(self) -> list[bytes]:
        """Return what came since the last time."""
        found = []
        with contextlib.suppress(BlockingIOError):
            while True:
                found.append(self.socket.recv(2048))
        return found

    async def verify(self, remote: Remote) -> None:
        """Prove to know the password, so that this address is let in."""
        async with asyncio.timeout(5):
            while not self.answers():
                self.send(check(remote.username, remote.password))
                await asyncio.sleep(0.01)


async def client_flights(*, count: int = 1) -> list[bytes]:
    """Return the datagrams a DTLS client opens with: real ClientHellos, one per client."""
    found: list[bytes] = []
    for _ in range(count):
        client = SecureTransport(new_certificate(), found.append, lambda: None, server=False)
        work = asyncio.create_task(client.handshake([_ANY]))
        await asyncio.sleep(0.02)
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)
    return found


def records(datagrams: Iterable[bytes]) -> list[bytes]:
    """Return the DTLS records in datagrams."""
    found = []
    for data in datagrams:
        at = 0
        while at + 13 <= len(data):
            end = at + 13 + int.from_bytes(data[at + 11 : at + 13], "big")
            found.append(data[at:end])
            at = end
    return found


def record(kind: int, body: bytes, *, epoch: int = 0, number: int = 9, version: int = 0xFEFD) -> bytes:
    """Return one DTLS record."""
    head = bytes((kind,)) + version.to_bytes(2, "big") + epoch.to_bytes(2, "big") + number.to_bytes(6, "big")
    return head + len(body).to_bytes(2, "big") + body


def fragments(message: bytes, size: int) -> list[bytes]:
    """Return a handshake record cut into fragments, each in a record of its own (RFC 6347 section 4.2.3).

    A record that is itself a fragment is cut further only if it begins its message.
    """
    head, sequence, body = message[13:17], message[17:19], message[25:]
    return [
        record(
            22,
            head + sequence + at.to_bytes(3, "big") + len(part).to_bytes(3, "big") + part,
            number=n + 1,
        )
        for n, at in enumerate(range(0, len(body), size))
        if (part := body[at : at + size])
    ]
