"""Subscribers that cost the machine little: real ICE, DTLS and SRTP, then read in turns by `recvmmsg`.

They are the same for every server. Headers lie in the clear, so what came is counted without decrypting it.
They keep the consent fresh and send receiver reports as browsers do; with `feedback` also what Chromium tells
a server that sends transport-wide numbers.
"""

import asyncio
import socket
import time
from struct import Struct
from typing import Final

from benchmarks.crowd.answers import Answers
from benchmarks.crowd.client import GivenAway
from benchmarks.crowd.counting import Flow
from benchmarks.crowd.drain import BATCH, HEAD, Drain, stamp_arrivals

TURNS: Final = 10
TURN_SECONDS: Final = 0.1
_RTX: Final = 97
_NUMBER_TAG: Final = 4 << 4 | 1
_PACKET: Final = Struct("!BBHIIHHIBH")


class Watcher:
    """One subscriber, connected."""

    def __init__(self, client: GivenAway, *, feedback: bool) -> None:
        self._feedback = feedback
        self._line = client.give_away()
        self._line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        stamp_arrivals(self._line)
        self._flows: dict[int, Flow] = {}
        self._answers = Answers(client, self._line, time.monotonic())
        self.came = 0

    def read(self, drain: Drain, now: float) -> None:
        """Count what waits and answer."""
        count = BATCH
        while count == BATCH:
            count = drain.read(self._line.fileno())
            for n in range(count):
                self._take(drain, n)
        self._answers.send(self._flows, now)

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
            self._answers.arrived(ssrc, number, at)
        if second & 0x7F != _RTX:
            self.came += 1
            self._flows.setdefault(ssrc, Flow()).take(sequence, at)


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
