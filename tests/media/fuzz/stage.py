"""A room in this process, over real UDP, with an innocent pair in it and whatever a fuzzer adds."""

import asyncio
import logging
import time
from collections.abc import Coroutine
from itertools import pairwise
from typing import Any, cast

from lti_room.base.ids import ConnectionId, RoomId
from lti_room.base.settings import Address
from lti_room.media.backend import Endpoint, MediaEvent, MediaSource, SubscribeOffer
from lti_room.media.sfu.forwarding.fast import choose
from lti_room.media.sfu.forwarding.layer import Surroundings
from lti_room.media.sfu.publishing.uplink import Uplink
from lti_room.media.sfu.room import MediaRoom
from lti_room.media.sfu.sdp.common import Transport
from lti_room.media.sfu.subscribing.downlink import Downlink
from lti_room.media.sfu.transport.dtls import new_certificate
from lti_room.media.sfu.transport.mux import Mux
from lti_room.media.sfu.transport.peer import Ground, Peer
from tests.media.fuzz.hostile_offer import SOURCES, hostile_offer
from tests.support.media import endpoint, may_send, table
from tests.support.rtc_client import Arrived, Remote, RtcClient, Stream, play

ROOM = RoomId("r_fuzz")
LONGEST_GAP = {"microphone": 2.0, "camera": 4.0}
"""Seconds between two packets of an innocent. A picture may be paused and come back with a keyframe, when the
line of its viewer seems full; a busy machine may stop this whole process for a while."""

LONGEST_WORK = 0.25
"""CPU seconds of this process between two packets of sound: however busy the machine, this is our doing."""


class Stage(logging.Handler):
    """The room. Everything that goes wrong unexpectedly is in `wrong`."""

    def __init__(self, fan_out: str = "auto") -> None:
        super().__init__(logging.WARNING)
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: self.wrong.append(repr(context)))
        logging.getLogger().addHandler(self)
        self.wrong: list[str] = []
        self.mux = Mux(Address("127.0.0.1", 0))
        self.mux.start(loop)
        self.ground = Ground(self.mux, new_certificate(), loop.time)
        self.around = Surroundings(choose(fan_out), loop.call_later, loop.time, loop.time)
        self.room = MediaRoom(ROOM, self, self._event)
        self.clients: list[RtcClient] = []
        self.viewers: dict[ConnectionId, Viewer] = {}
        self._everybody: set[str] = set()
        self._version = 0
        self._tasks: set[asyncio.Task[Any]] = set()

    def emit(self, record: logging.LogRecord) -> None:
        """Take what is logged as a warning or worse."""
        self.wrong.append(self.format(record))

    def announce(self, peer: Peer) -> Transport:
        """Return what the SDP says of a peer connection."""
        where = tuple(self.mux.local_addresses)
        return Transport(1, peer.username, peer.password, self.ground.fingerprint, where)

    async def __aenter__(self) -> "Stage":
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for client in self.clients:
            await client.close()
        self.room.close_all()
        await asyncio.sleep(0.05)
        self.mux.close(asyncio.get_running_loop())
        logging.getLogger().removeHandler(self)

    def soon(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Do something meanwhile."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def admit(self, who: Endpoint) -> None:
        """Let somebody send everything."""
        self._everybody.add(who.participant)
        self._version += 1
        self.room.grant(
            table(ROOM, self._version, {each: may_send(*MediaSource) for each in self._everybody})
        )

    async def publish_hostile(self, name: str) -> tuple[RtcClient, Uplink]:
        """Connect a publisher with everything we know: sound, simulcast, retransmission, all extensions."""
        client, who = RtcClient(keep=False), endpoint(ROOM, name)
        self.clients.append(client)
        self.admit(who)
        answer = self.room.publish(who, hostile_offer(client), SOURCES)
        await client.connect(Remote.read(answer))
        return client, self.uplink(who)

    async def view(self, name: str) -> "Viewer":
        """Connect a subscriber that answers every offer."""
        viewer = Viewer(endpoint(ROOM, name))
        self.clients.append(viewer.client)
        self.viewers[viewer.who.connection] = viewer
        self.room.subscribe(viewer.who)
        await asyncio.wait_for(viewer.connected.wait(), 10)
        return viewer

    def uplink(self, who: Endpoint) -> Uplink:
        """Return an endpoint's uplink."""
        return self.room._uplinks[who.connection]

    def downlink(self, who: Endpoint) -> Downlink:
        """Return an endpoint's downlink."""
        return self.room._downlinks[who.connection]

    def _event(self, event: MediaEvent) -> None:
        if isinstance(event, SubscribeOffer) and event.connection in self.viewers:
            self.soon(self._answer(self.viewers[event.connection], event))

    async def _answer(self, viewer: "Viewer", offer: SubscribeOffer) -> None:
        viewer.learn(offer)
        self.room.answer(viewer.who.connection, offer.number, viewer.client.subscribe_answer(offer.sdp))
        if not viewer.connecting:
            viewer.connecting = True
            await viewer.client.connect(Remote.read(offer.sdp))
            viewer.connected.set()


class Viewer:
    """A subscriber that keeps what it gets of everybody."""

    def __init__(self, who: Endpoint) -> None:
        self.who = who
        self.client = RtcClient()
        self.connecting = False
        self.connected = asyncio.Event()
        self._ssrcs: dict[tuple[str, str], list[int]] = {}

    def learn(self, offer: SubscribeOffer) -> None:
        """Remember under which SSRCs a source comes."""
        for ssrc, mid in Remote.read(offer.sdp).ssrcs.items():
            known = self._ssrcs.setdefault(cast("tuple[str, str]", offer.tracks[mid]), [])
            if ssrc not in known:
                known.append(ssrc)

    def ssrcs(self, participant: str, source: str) -> list[int]:
        """Return the SSRCs a source ever had here."""
        return self._ssrcs.get((participant, source), [])

    def got(self, participant: str, source: str) -> list[Arrived]:
        """Return what came of a source."""
        return [
            each for ssrc in self.ssrcs(participant, source) for each in self.client.received[ssrc].packets
        ]


class Innocents:
    """A publisher and a subscriber who go about their business and lose nothing."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self.who = endpoint(ROOM, "p_innocent")
        self.publisher = RtcClient()
        self.microphone = Stream(audio=True, mid="0")
        self.camera = Stream(audio=False, mid="1")
        self.viewer: Viewer | None = None
        self._longest_work = 0.0

    async def begin(self) -> "Innocents":
        """Connect both and begin to send; returns when the first packets are there."""
        stage = self._stage
        stage.clients.append(self.publisher)
        stage.admit(self.who)
        offer = self.publisher.publish_offer({"0": self.microphone, "1": self.camera})
        sources = {"0": MediaSource.MICROPHONE, "1": MediaSource.CAMERA}
        await self.publisher.connect(Remote.read(stage.room.publish(self.who, offer, sources)))
        self.viewer = await stage.view("p_witness")
        self._playing = stage.soon(play(self.publisher, [self.microphone, self.camera], 600))
        stage.soon(self._tick())
        async with asyncio.timeout(10):
            while not all(self.viewer.got(self.who.participant, each) for each in ("microphone", "camera")):
                await asyncio.sleep(0.01)
        stage.soon(self._watch(self.viewer))
        return self

    async def end(self) -> None:
        """Stop sending, and hold that nothing was lost, doubled or late since it began."""
        self._playing.cancel()
        await asyncio.sleep(0.2)
        assert self.viewer is not None
        for source, stream in (("microphone", self.microphone), ("camera", self.camera)):
            got = self.viewer.got(self.who.participant, source)
            numbers = [packet.sequence for packet in got]
            begun = (numbers[0] + n & 0xFFFF for n in range(len(numbers)))
            assert numbers == list(begun), f"{source}: {len(numbers)} packets, some lost or out of place"
            assert stream.sent >= len(numbers) > 0
            gap, at = max((later.at - earlier.at, earlier.at - got[0].at) for earlier, later in pairwise(got))
            assert gap < LONGEST_GAP[source], f"{source}: nothing for {gap:.2f} s after {at:.2f} s"
        assert self._longest_work < LONGEST_WORK, f"{self._longest_work:.2f} s of work between two sounds"
        newest = self.viewer.got(self.who.participant, "microphone")[-1]
        assert newest.timestamp & 0xFFFFFFFF in range(
            self.microphone.timestamp - 5 * 960, self.microphone.timestamp
        )

    async def _watch(self, viewer: Viewer) -> None:
        """See how much work lies between two packets of sound."""
        heard, worked = 0, time.process_time()
        while not self._playing.done():
            await asyncio.sleep(0.005)
            count = sum(viewer.client.received[ssrc].count for ssrc in self._sound(viewer))
            now = time.process_time()
            self._longest_work = max(self._longest_work, now - worked)
            if count > heard:
                heard, worked = count, now

    def _sound(self, viewer: Viewer) -> list[int]:
        return viewer.ssrcs(self.who.participant, "microphone")

    async def _tick(self) -> None:
        """What a worker does once in a while."""
        loop = asyncio.get_running_loop()
        while True:
            self._stage.room.tick()
            self._stage.room.report(loop.time(), loop.time())
            await asyncio.sleep(0.3)
