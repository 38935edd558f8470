"""What hostile connections leave behind when they are gone: nothing."""

import asyncio
import gc
from collections import Counter

from aiortc import RTCDtlsTransport

from lti_room.media.backend import MediaSource
from lti_room.media.sfu.forwarding.layer import Layer
from lti_room.media.sfu.publishing.track import Track
from lti_room.media.sfu.publishing.uplink import Uplink
from lti_room.media.sfu.subscribing.downlink import Downlink
from lti_room.media.sfu.transport.peer import Peer
from tests.media.fuzz.chance import Dice, damaged, rounds
from tests.media.fuzz.knocker import Knocker, client_flights
from tests.media.fuzz.packets import Packets
from tests.media.fuzz.reports import Reports
from tests.media.fuzz.stage import ROOM, Stage
from tests.support.media import endpoint
from tests.support.rtc_client import Remote, RtcClient, Stream

KINDS = (Peer, Uplink, Downlink, Layer, Track, RTCDtlsTransport)


def _alive() -> Counter[str]:
    gc.collect()
    return Counter(type(each).__name__ for each in gc.get_objects() if isinstance(each, KINDS))


def test_connections_that_end_badly_leave_nothing(dice: Dice) -> None:
    async def scenario() -> None:
        async with Stage() as stage:
            hellos = await client_flights()
            await asyncio.sleep(0.05)
            before, tasks = _alive(), len(asyncio.all_tasks())
            for n in range(rounds(25)):
                await _publish_nonsense(stage, dice, f"p_{n}")
                await _knock_and_vanish(stage, dice, hellos, f"q_{n}")
                stage.room.subscribe(endpoint(ROOM, f"s_{n}"))
            stage.room.close_all()
            stage.clients.clear()
            stage.viewers.clear()
            await asyncio.sleep(1.0)
            assert stage.room.empty
            assert _alive() - before == Counter()
            assert len(asyncio.all_tasks()) <= tasks
            assert not stage.mux._register._claims
            assert not any(listener.known for listener in stage.mux._listeners)
            assert not stage.wrong

    asyncio.run(scenario())


async def _publish_nonsense(stage: Stage, dice: Dice, name: str) -> None:
    client, uplink = await stage.publish_hostile(name)
    packets, reports = Packets(dice), Reports(dice, (0x51000001,))
    for _ in range(60):
        uplink.receive_rtp(packets.next())
        uplink.receive_rtcp(reports.next())
    await client.close(quietly=dice.random() < 0.5)


async def _knock_and_vanish(stage: Stage, dice: Dice, hellos: list[bytes], name: str) -> None:
    offer = RtcClient().publish_offer({"0": Stream(audio=True, mid="0")})
    remote = Remote.read(stage.room.publish(endpoint(ROOM, name), offer, {"0": MediaSource.MICROPHONE}))
    with Knocker(remote.address[1]) as knocker:
        await knocker.verify(remote)
        for hello in hellos:
            knocker.send(hello if dice.random() < 0.7 else damaged(dice, hello))
        await asyncio.sleep(0.01)
