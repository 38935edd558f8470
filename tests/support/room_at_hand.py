"""A media room in a thread of the test's own: what has no message yet can be told to it directly."""

import asyncio
import threading
from collections.abc import Callable, Mapping
from typing import TypeVar

from lti_room.base.clock import SystemClock
from lti_room.base.entropy import random_bits
from lti_room.base.ids import ConnectionId, ParticipantId, RoomId
from lti_room.base.settings import Address
from lti_room.media.backend import Endpoint, GrantTable, MediaEvent, MediaSource
from lti_room.media.sfu.forwarding.fast import choose
from lti_room.media.sfu.forwarding.layer import Surroundings
from lti_room.media.sfu.publishing.track import Track
from lti_room.media.sfu.room import MediaRoom
from lti_room.media.sfu.sdp.common import Transport
from lti_room.media.sfu.subscribing.downlink import Downlink
from lti_room.media.sfu.transport.dtls import new_certificate
from lti_room.media.sfu.transport.mux import Mux
from lti_room.media.sfu.transport.peer import Ground, Peer

T = TypeVar("T")
TICK_SECONDS = 0.3


class RoomAtHand:
    """Speaks to pages as a backend does, with one room and without Redis. Nobody adapts what is sent."""

    def __init__(self, port: int = 0, announced_port: int = 0) -> None:
        self.events: list[MediaEvent] = []
        self.backend = self
        self._clock = SystemClock()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._announced_port = announced_port
        self.do(lambda: self._start(port))

    def _start(self, port: int) -> None:
        self.mux = Mux(Address("127.0.0.1", port))
        self.mux.start(self._loop)
        self.ground = Ground(self.mux, new_certificate(), self._loop.time)
        self.around = Surroundings(choose("auto"), self._loop.call_later, self._loop.time, self._clock.now)
        self.room = MediaRoom(RoomId("r_hand"), self, self.events.append)
        self._ticking = [self._loop.create_task(each) for each in (self._tick(), self._report())]

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(TICK_SECONDS)
            self.room.tick()

    async def _report(self) -> None:
        while True:
            await asyncio.sleep(1.0)
            self.room.report(self._loop.time(), self._clock.now())

    def announce(self, peer: Peer) -> Transport:
        """Return what the SDP says of a peer connection."""
        here = self.mux.local_addresses[0]
        address = Address(here.host, self._announced_port or here.port)
        return Transport(random_bits(48), peer.username, peer.password, self.ground.fingerprint, (address,))

    def do(self, call: Callable[[], T]) -> T:
        """Run something on the room's thread and return what it returns."""

        async def run() -> T:
            return call()

        return asyncio.run_coroutine_threadsafe(run(), self._loop).result(10)

    def close(self) -> None:
        """Close everything."""

        async def end() -> None:
            for task in self._ticking:
                task.cancel()
            self.room.close_all()
            await asyncio.sleep(0.05)
            self.mux.close(self._loop)

        asyncio.run_coroutine_threadsafe(end(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()

    def grant(self, table: GrantTable) -> None:
        """Put a table in force."""
        self.do(lambda: self.room.grant(table))

    def publish(self, who: Endpoint, sdp: str, sources: Mapping[str, MediaSource]) -> str:
        """Answer a publish offer."""
        return self.do(lambda: self.room.publish(who, sdp, sources))

    def subscribe(self, who: Endpoint) -> None:
        """Begin to offer the room."""
        self.do(lambda: self.room.subscribe(who))

    def answer(self, who: Endpoint, number: int, sdp: str) -> None:
        """Take an answer."""
        self.do(lambda: self.room.answer(who.connection, number, sdp))

    def close_page(self, who: Endpoint) -> None:
        """Close what a page has."""
        self.do(lambda: self.room.close(who.connection))

    def downlink(self, connection: ConnectionId) -> Downlink:
        """Return what a page receives by."""
        return self.room._downlinks[connection]

    def track(self, participant: ParticipantId, source: MediaSource) -> Track:
        """Return a published track."""
        return next(
            track
            for uplink in self.room._uplinks.values()
            for track in uplink.tracks.values()
            if track.participant == participant and track.source is source
        )
