"""Those who watch: connected like browsers, counted by header, answering as browsers answer.

Sockets are read in turns, each ten times a second; what came meanwhile waits in the kernel with its time.
Receiver reports go back every second and transport-wide feedback with each turn, so that a server that adapts
has something to adapt to.
"""

import asyncio
import socket
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from struct import Struct
from typing import Final

from aiortc import RTCCertificate

from benchmarks.crowd.answers import Answers
from benchmarks.crowd.client import GivenAway
from benchmarks.crowd.counting import LONGEST_GAP_SECONDS, Flow, Gaps
from benchmarks.crowd.drain import BATCH, HEAD, Drain, stamp_arrivals
from benchmarks.crowd.post import ForPage, Post
from benchmarks.crowd.sources import OPUS
from lti_room.media.backend import Endpoint, EndpointClosed, SubscribeOffer, View
from tests.support.rtc_client import Remote

TURNS: Final = 10
TURN_SECONDS: Final = 0.1
RECEIVE_BUFFER: Final = 1 << 20
_RTCP_FIRST, _RTCP_LAST = 192, 223
_RTX: Final = 97
_TRANSPORT_NUMBER: Final = 4 << 4 | 1
_PACKET: Final = Struct("!BBHIIHHIBH")
"""The server's extension block: abs-send-time, then an audio level or a transport-wide number."""


@dataclass
class Viewer:
    """One subscribing page."""

    who: Endpoint
    client: GivenAway
    post: Post
    speaking: frozenset[str]
    view: View
    line: socket.socket | None = None
    offer: SubscribeOffer | None = None
    closed: str = ""
    flows: dict[int, Flow] = field(default_factory=dict)
    gaps: Gaps = field(default_factory=Gaps)
    voices: set[int] = field(default_factory=set)
    answers: Answers | None = None
    offered: asyncio.Event = field(default_factory=asyncio.Event)

    async def join(self) -> None:
        """Subscribe, answer, connect, and give the socket away.

        Raises:
            TimeoutError: no offer or no connection within 20 s.
        """
        loop = asyncio.get_running_loop()

        def heard(event: ForPage) -> None:
            loop.call_soon_threadsafe(self._heard, event)

        self.post.listen(self.who.connection, heard)
        await asyncio.to_thread(self.post.backend.subscribe, self.who)
        async with asyncio.timeout(20):
            await self.offered.wait()
        assert self.offer is not None
        await self._answer(self.offer)
        await asyncio.to_thread(self.post.backend.view, self.who, self.view)
        await self.client.connect(Remote.read(self.offer.sdp))
        self.line = self.client.give_away()
        self.line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
        stamp_arrivals(self.line)
        self.answers = Answers(self.client, self.line, time.monotonic())

    def begin(self) -> None:
        """Count from now on."""
        self.gaps.clear()
        for flow in self.flows.values():
            flow.begin()
            flow.last_at = 0.0

    def finish(self, wall: float, seconds: float) -> None:
        """Stop counting: a voice that fell silent for good is a gap, too."""
        for ssrc in self.voices:
            flow = self.flows.get(ssrc)
            silent = wall - flow.last_at if flow is not None and flow.last_at else seconds
            if silent > LONGEST_GAP_SECONDS + TURN_SECONDS:
                self.gaps.add(silent)

    def read(self, drain: Drain, now: float) -> int:
        """Count what came, then answer as a browser would; return how many packets."""
        assert self.line is not None
        assert self.answers is not None
        total = 0
        while True:
            count = drain.read(self.line.fileno())
            self._count(drain, count)
            total += count
            if count < BATCH:
                break
        self.answers.send(self.flows, now)
        return total

    def _count(self, drain: Drain, count: int) -> None:
        assert self.answers is not None
        heads, flows = drain.heads, self.flows
        for n in range(count):
            _, second, sequence, _, ssrc, _, words, _, tag, number = _PACKET.unpack_from(heads, n * HEAD)
            if _RTCP_FIRST <= second <= _RTCP_LAST or heads[n * HEAD] < 128:
                continue
            at = drain.arrived(n)
            if tag == _TRANSPORT_NUMBER and words == 2:
                self.answers.arrived(ssrc, number, at)
            if second & 0x7F == _RTX:
                continue
            flow = flows.get(ssrc)
            if flow is None:
                spoken = second & 0x7F == OPUS and ssrc in self.voices
                flow = flows[ssrc] = Flow(self.gaps if spoken else None)
            flow.take(sequence, at)

    def _heard(self, event: ForPage) -> None:
        if isinstance(event, EndpointClosed):
            self.closed = event.reason
        elif isinstance(event, SubscribeOffer):
            self._take(event)

    def _take(self, event: SubscribeOffer) -> None:
        known, self.offer = self.offer, event
        by_mid = {mid: ssrc for ssrc, mid in Remote.read(event.sdp).ssrcs.items()}
        for mid, (participant, source) in event.tracks.items():
            if source == "microphone" and participant in self.speaking:
                self.voices.add(by_mid[mid])
        self.offered.set()
        if known is not None and known.number != event.number:
            self._answering = asyncio.create_task(self._answer(event))

    async def _answer(self, offer: SubscribeOffer) -> None:
        answer = self.client.subscribe_answer(offer.sdp)
        await asyncio.to_thread(self.post.backend.answer, self.who, offer.number, answer)


class Audience:
    """All viewers of one process, and the loop that reads their sockets."""

    def __init__(self, post: Post, certificate: RTCCertificate) -> None:
        self.viewers: list[Viewer] = []
        self.packets = 0
        self.latest_turn = 0.0
        self._post = post
        self._certificate = certificate
        self._reading: asyncio.Task[None] | None = None

    async def join(
        self, pages: Iterable[Endpoint], speaking: frozenset[str], view: View, at_once: int = 8
    ) -> None:
        """Let all pages join, a few at a time, and read what they get from the first moment on."""
        gate = asyncio.Semaphore(at_once)
        self._reading = self._reading or asyncio.create_task(self._read())

        async def one(who: Endpoint) -> None:
            viewer = Viewer(who, GivenAway(self._certificate, keep=False), self._post, speaking, view)
            async with gate:
                await viewer.join()
            self.viewers.append(viewer)

        await asyncio.gather(*(one(who) for who in pages))

    def begin(self) -> None:
        """Count from now on."""
        self.packets, self.latest_turn = 0, 0.0
        for viewer in self.viewers:
            viewer.begin()

    def finish(self, seconds: float) -> None:
        """Stop counting what was counted for so many seconds."""
        wall = time.clock_gettime(time.CLOCK_REALTIME)
        for viewer in self.viewers:
            viewer.finish(wall, seconds)

    async def close(self) -> None:
        """Stop reading."""
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.gather(self._reading, return_exceptions=True)
        for viewer in self.viewers:
            if viewer.line is not None:
                viewer.line.close()

    async def _read(self) -> None:
        drain, turn, due = Drain(), 0, time.monotonic()
        while True:
            due += TURN_SECONDS / TURNS
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            now = time.monotonic()
            self.latest_turn = max(self.latest_turn, now - due)
            for viewer in self.viewers[turn % TURNS :: TURNS]:
                self.packets += viewer.read(drain, now)
            turn += 1
