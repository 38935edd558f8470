"""When connections end, as media/sfu/README.md says: a room in this process, real UDP, a clock in hand."""

import asyncio
import contextlib
from collections.abc import Callable, Coroutine
from typing import Any

from lti_room.base.ids import RoomId
from lti_room.base.settings import Address
from lti_room.media.backend import EndpointClosed, GrantRow, MediaEvent, MediaSource, SubscribeOffer
from lti_room.media.sfu.forwarding.fanout import Fanout
from lti_room.media.sfu.forwarding.layer import Surroundings
from lti_room.media.sfu.room import MediaRoom
from lti_room.media.sfu.sdp.common import Transport
from lti_room.media.sfu.transport.dtls import new_certificate
from lti_room.media.sfu.transport.mux import Mux
from lti_room.media.sfu.transport.peer import Ground, Peer
from tests.support.media import endpoint, may_send, table
from tests.support.rtc_client import Remote, RtcClient, Stream

ROOM = RoomId("r_closing")
SOURCES = {"0": MediaSource.MICROPHONE, "1": MediaSource.CAMERA}


class Here:
    """A room on a worker's ground, without Redis and with a clock that moves when told."""

    def __init__(self) -> None:
        self.time = 1000.0
        self.events: list[MediaEvent] = []
        self.mux = Mux(Address("127.0.0.1", 0))
        loop = asyncio.get_running_loop()
        self.mux.start(loop)
        self.ground = Ground(self.mux, new_certificate(), lambda: self.time)
        self.around = Surroundings(Fanout(), loop.call_later, lambda: self.time, lambda: self.time)
        self.room = MediaRoom(ROOM, self, self.events.append)
        self.clients: list[RtcClient] = []

    def announce(self, peer: Peer) -> Transport:
        where = tuple(self.mux.local_addresses)
        return Transport(1, peer.username, peer.password, self.ground.fingerprint, where)

    async def publish(self, participant: str) -> tuple[RtcClient, str]:
        who = endpoint(ROOM, participant)
        client = RtcClient()
        offer = client.publish_offer({"0": Stream(audio=True, mid="0"), "1": Stream(audio=False, mid="1")})
        self.clients.append(client)
        await client.connect(Remote.read(self.room.publish(who, offer, SOURCES)))
        return client, who.connection

    def at(self, seconds: float) -> list[EndpointClosed]:
        """Move the clock, let the room look around, and return the closings that were told."""
        self.time += seconds
        self.room.report(self.time, self.time)
        return [event for event in self.events if isinstance(event, EndpointClosed)]


def here(scenario: Callable[[Here], Coroutine[Any, Any, None]]) -> None:
    async def run() -> None:
        place = Here()
        try:
            await scenario(place)
        finally:
            for client in place.clients:
                await client.close()
            place.room.close_all()
            await asyncio.sleep(0.01)
            place.mux.close(asyncio.get_running_loop())

    asyncio.run(run())


def test_without_consent_for_30_seconds_it_ends() -> None:
    async def scenario(here: Here) -> None:
        here.room.grant(table(ROOM, 1, {"p_a": may_send()}))
        client, connection = await here.publish("p_a")
        assert here.at(29) == []
        client.send_raw(client.binding_request())
        await asyncio.sleep(0.05)
        assert here.at(29) == [], "a check that verifies is consent"
        client.send_raw(b"\x80" + bytes(50))
        await asyncio.sleep(0.05)
        assert here.at(2) == [EndpointClosed(connection, "publish", "timeout")]
        assert here.room.empty

    here(scenario)


def test_a_connection_that_is_never_made_is_given_up_after_30_seconds() -> None:
    async def scenario(here: Here) -> None:
        who = endpoint(ROOM)
        here.room.subscribe(who)
        assert here.at(29) == []
        assert here.at(2) == [EndpointClosed(who.connection, "subscribe", "timeout")]
        assert here.room.empty

    here(scenario)


def test_a_publisher_without_grants_is_closed_after_30_seconds() -> None:
    async def scenario(here: Here) -> None:
        client, connection = await here.publish("p_a")

        async def later(seconds: float) -> list[EndpointClosed]:
            client.send_raw(client.binding_request())
            await asyncio.sleep(0.03)
            return here.at(seconds)

        assert await later(20) == []
        here.room.grant(table(ROOM, 1, {"p_a": may_send()}))
        assert await later(20) == []
        here.room.grant(table(ROOM, 2, {}))
        assert await later(20) == []
        assert await later(20) == []
        assert await later(20) == [EndpointClosed(connection, "publish", "not_granted")]

    here(scenario)


def test_removal_from_the_room_closes_both_connections_at_once() -> None:
    async def scenario(here: Here) -> None:
        await here.publish("p_a")
        here.room.subscribe(endpoint(ROOM, "p_a"))
        here.room.grant(table(ROOM, 1, {"p_a": GrantRow(receive=False)}))
        closed = {(e.which, e.reason) for e in here.events if isinstance(e, EndpointClosed)}
        assert closed == {("publish", "removed"), ("subscribe", "removed")}
        assert here.room.empty

    here(scenario)


def test_a_wrong_certificate_ends_as_failed_and_nothing_is_forwarded() -> None:
    async def scenario(here: Here) -> None:
        who = endpoint(ROOM, "p_a")
        honest, thief = RtcClient(), RtcClient()
        here.clients += [honest, thief]
        offer = honest.publish_offer({"0": Stream(audio=True, mid="0")})
        remote = Remote.read(here.room.publish(who, offer, SOURCES))
        with contextlib.suppress(ConnectionError, TimeoutError):
            await thief.connect(remote)
        await asyncio.sleep(0.1)
        assert EndpointClosed(who.connection, "publish", "failed") in here.events
        assert here.room.empty

    here(scenario)


def test_many_joins_at_once_all_get_in() -> None:
    async def scenario(here: Here) -> None:
        count = 24
        joined = await asyncio.gather(*(here.publish(f"p_{n}") for n in range(count)))
        assert len(joined) == count
        assert here.room.peers == count

    here(scenario)


def test_a_stalled_handshake_ends_and_others_get_in_meanwhile() -> None:
    async def scenario(here: Here) -> None:
        for n in range(20):
            stalled = RtcClient()
            here.clients.append(stalled)
            offer = stalled.publish_offer({"0": Stream(audio=True, mid="0")})
            await _verify_only(
                stalled, Remote.read(here.room.publish(endpoint(ROOM, f"p_s{n}"), offer, SOURCES))
            )
            stalled.send_raw(b"\x16\xfe\xfd" + bytes(60))
        await asyncio.wait_for(here.publish("p_honest"), 2)

    here(scenario)


async def _verify_only(client: RtcClient, remote: Remote) -> None:
    """Pass the connectivity check and then stay silent."""
    connecting = asyncio.create_task(client.connect(remote, server=True))
    await asyncio.sleep(0.05)
    connecting.cancel()
    await asyncio.gather(connecting, return_exceptions=True)


def test_the_answer_to_an_offer_may_come_after_the_clients_first_dtls_datagram() -> None:
    async def scenario(here: Here) -> None:
        who = endpoint(ROOM)
        here.room.subscribe(who)
        while not any(isinstance(e, SubscribeOffer) for e in here.events):
            await asyncio.sleep(0.005)
        offer = next(e for e in here.events if isinstance(e, SubscribeOffer))
        client = RtcClient()
        here.clients.append(client)
        connecting = asyncio.create_task(client.connect(Remote.read(offer.sdp)))
        await asyncio.sleep(0.2)
        here.room.answer(who.connection, offer.number, client.subscribe_answer(offer.sdp))
        await asyncio.wait_for(connecting, 0.3)

    here(scenario)
