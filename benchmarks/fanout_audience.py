"""Subscribers that cost the machine little: real ICE, DTLS and SRTP, then read in turns by `recvmmsg`.

They are the same for every server. Headers lie in the clear, so what came is counted without decrypting it.
They keep the consent fresh and send receiver reports as browsers do; with `feedback` also what Chromium tells
a server that sends transport-wide numbers.
"""

import asyncio
import socket
import time
from contextlib import suppress
from struct import Struct
from typing import Final

from aiortc.rtp import RtcpReceiverInfo, RtcpRrPacket

from benchmarks.crowd.client import GivenAway
from benchmarks.crowd.counting import Flow
from benchmarks.crowd.drain import BATCH, HEAD, Drain, stamp_arrivals
from lti_room.media.sfu.publishing.arrivals import Arrivals

TURNS: Final = 10
TURN_SECONDS: Final = 0.1
CONSENT_SECONDS: Final = 2.5
REPORT_SECONDS: Final = 1.0
_RTX: Final = 97
_NUMBER_TAG: Final = 4 << 4 | 1
_PACKET: Final = Struct("!BBHIIHHIBH")


class Watcher:
    """One subscriber, connected."""

    def __init__(self, client: GivenAway, *, feedback: bool) -> None:
        self._client = client
        self._feedback = feedback
        self._line = client.give_away()
        self._line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        stamp_arrivals(self._line)
        self._flows: dict[int, Flow] = {}
        self._arrivals = Arrivals(1)
        self._counted_ssrc = 0
        self._reported_at = self._consented_at = time.monotonic()
        self.came = 0

    def read(self, drain: Drain, now: float) -> None:
        """Count what waits and answer."""
        count = BATCH
        while count == BATCH:
            count = drain.read(self._line.fileno())
            for n in range(count):
                self._take(drain, n)
        with suppress(BlockingIOError, ConnectionError):
            self._respond(now)

    def close(self) -> None:
        """Go away."""
        self._line.close()

    def _take(self, drain: Drain, n: int) -> None:
        first, second, sequence, _, ssrc, _, words, _, tag, number = _PACKET.unpack_from(
            drain.heads, n * HEAD
        )
        if first < 128 or 192 <= second <= 223:
            return
        at = drain.arrived(n)
        if self._feedback and tag == _NUMBER_TAG and words == 2:
            self._arrivals.add(number, at)
            self._counted_ssrc = ssrc
        if second & 0x7F != _RTX:
            self.came += 1
            self._flows.setdefault(ssrc, Flow()).take(sequence, at)

    def _respond(self, now: float) -> None:
        assert self._client.cipher is not None
        for packet in self._arrivals.feedback(self._counted_ssrc):
            self._line.send(self._client.cipher.protect_rtcp(packet))
        if now - self._reported_at >= REPORT_SECONDS and self._flows:
            self._reported_at = now
            self._line.send(self._client.cipher.protect_rtcp(self._report()))
        if now - self._consented_at >= CONSENT_SECONDS:
            self._consented_at = now
            self._line.send(self._client.binding_request())

    def _report(self) -> bytes:
        blocks = [
            RtcpReceiverInfo(
                ssrc=ssrc,
                fraction_lost=0,
                packets_lost=0,
                highest_sequence=flow.highest & 0xFFFFFFFF,
                jitter=0,
                lsr=0,
                dlsr=0,
            )
            for ssrc, flow in self._flows.items()
        ]
        return bytes(RtcpRrPacket(ssrc=1, reports=blocks[:31]))


class Audience:
    """The watchers of all servers, read in one loop."""

    def __init__(self) -> None:
        self._watchers: list[Watcher] = []
        self._drain = Drain()
        self._reading = asyncio.create_task(self._read())

    def add(self, client: GivenAway, *, feedback: bool = False) -> Watcher:
        """Take over a connected client."""
        self._watchers.append(Watcher(client, feedback=feedback))
        return self._watchers[-1]

    async def close(self) -> None:
        """Stop reading and disconnect all."""
        self._reading.cancel()
        await asyncio.gather(self._reading, return_exceptions=True)
        for watcher in self._watchers:
            watcher.close()

    async def _read(self) -> None:
        turn, due = 0, time.monotonic()
        while True:
            due = max(due + TURN_SECONDS / TURNS, time.monotonic() - TURN_SECONDS)
            await asyncio.sleep(max(0.001, due - time.monotonic()))
            now = time.monotonic()
            for watcher in self._watchers[turn % TURNS :: TURNS]:
                watcher.read(self._drain, now)
            turn += 1
