"""Subscribers of a fan-out without DTLS: keys made up, real libsrtp, real UDP on loopback."""

import os
import select
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from pylibsrtp import Policy, Session

from lti_room.media.sfu.congestion.samples import TransportSequence
from lti_room.media.sfu.forwarding.fanout import Fanout, Outgoing, Row
from lti_room.media.sfu.forwarding.fast import FastCipher
from lti_room.media.sfu.transport.dtls import SALT_LENGTH, Cipher, MasterKey
from lti_room.media.sfu.transport.mux import Route

PROFILES: Final = {
    "AEAD_AES_256_GCM": Policy.SRTP_PROFILE_AEAD_AES_256_GCM,
    "AEAD_AES_128_GCM": Policy.SRTP_PROFILE_AEAD_AES_128_GCM,
    "AES_CM_128_HMAC_SHA1_80": Policy.SRTP_PROFILE_AES128_CM_SHA1_80,
}
PATIENCE_SECONDS: Final = 0.5
WALL: Final = 1_790_000_000.123


def session(profile: str, key: bytes, kind: int) -> Session:
    """Return one direction of SRTP with the settings aiortc uses."""
    policy = Policy(key=key, ssrc_type=kind, srtp_profile=PROFILES[profile])
    policy.allow_repeat_tx = True
    policy.window_size = 1024
    return Session(policy)


def cipher(profile: str, sending: Session, key: bytes) -> Cipher:
    """Return a cipher as the fast path makes them: AES-GCM by OpenSSL, all else by libsrtp."""
    length = {"AEAD_AES_256_GCM": 32, "AEAD_AES_128_GCM": 16}.get(profile)
    master = MasterKey(key[:length], key[length : length + SALT_LENGTH]) if length else None
    return FastCipher(sending, sending, master)


@dataclass(frozen=True)
class Offsets:
    """What one subscriber's row adds."""

    ssrc: int = 1
    sequence: int = 0
    time: int = 0
    picture: int = 0
    tl0: int = 0
    first_number: int = 0


class Subscriber:
    """One row and the socket its packets come to."""

    def __init__(
        self, by: socket.socket, offsets: Offsets, profile: str = "AEAD_AES_256_GCM", key: bytes = bytes(46)
    ) -> None:
        self._key, self._profile = key, profile
        self.socket = socket.socket(by.family, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        self.socket.bind((by.getsockname()[0], 0))
        self.socket.setblocking(False)
        self.transport = TransportSequence()
        self.transport.next = offsets.first_number
        sending = session(profile, key, Policy.SSRC_ANY_OUTBOUND)
        self.row = Row(
            offsets.ssrc,
            offsets.sequence,
            offsets.time,
            offsets.picture,
            offsets.tl0,
            cipher(profile, sending, key),
            Route(by, self.socket.getsockname()[:2]),
            self.transport,
        )
        self._receiving = session(profile, key, Policy.SSRC_ANY_INBOUND)

    def datagrams(self, expected: int) -> list[bytes]:
        """Return what came, in order; waits for as many as expected, but not for ever."""
        got: list[bytes] = []
        while len(got) < expected and select.select([self.socket], [], [], PATIENCE_SECONDS)[0]:
            got.append(self.socket.recv(2048))
        while select.select([self.socket], [], [], 0)[0]:
            got.append(self.socket.recv(2048))
        return got

    def decrypt(self, datagram: bytes) -> bytes:
        """Return the RTP packet inside; raises when it is not for us or repeated."""
        return self._receiving.unprotect(datagram)


@contextmanager
def sending_socket(host: str = "127.0.0.1") -> Iterator[socket.socket]:
    """A socket as the mux binds them."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as bound:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 22)
        bound.bind((host, 0))
        bound.setblocking(False)
        yield bound


def picture(sequence: int, payload: int, *, marker: bool = True, counted: bool = False) -> Outgoing:
    """Return a VP8 packet with a wide picture id and a TL0PICIDX; `payload` in bytes."""
    head = bytes((0x90, 0xC0, 0x80 | 5, 6, 7, 0x10))
    body = head + os.urandom(payload - len(head))
    second = 96 | (0x80 if marker else 0)
    return Outgoing(
        second,
        sequence,
        sequence * 3000,
        body,
        None,
        counted,
        2,
        5 << 8 | 6,
        picture_id_wide=True,
        tl0_at=4,
        tl0=7,
    )


def fanned(fanout: Fanout, subscribers: list[Subscriber], packets: list[Outgoing]) -> list[list[bytes]]:
    """Forward in one call and return what each subscriber got."""
    fanout.forward(fanout.prepare([each.row for each in subscribers]), packets, WALL)
    return [each.datagrams(len(packets)) for each in subscribers]
