"""Hostile RTCP of a publisher and of a subscriber: the innocent pair loses nothing."""

import asyncio
from struct import pack

from lti_room.media.sfu.transport.allowance import KEYFRAMES_AT_ONCE
from tests.media.fuzz.chance import Dice, rounds
from tests.media.fuzz.reports import Reports, packet
from tests.media.fuzz.stage import Innocents, Stage

BITE = 15


def test_hostile_reports_disturb_nobody(dice: Dice) -> None:
    async def scenario() -> None:
        async with Stage() as stage:
            innocents = await Innocents(stage).begin()
            _, uplink = await stage.publish_hostile("p_hostile")
            spy = await stage.view("p_spy")
            async with asyncio.timeout(5):
                while not spy.got("p_innocent", "camera"):
                    await asyncio.sleep(0.01)
            ssrcs = [*spy.ssrcs("p_innocent", "camera"), *spy.ssrcs("p_innocent", "microphone")]
            reports = Reports(dice, (*ssrcs, innocents.camera.ssrc, 0x51000001, 0x5C000001))
            downlink = stage.downlink(spy.who)
            for n in range(rounds(5000)):
                dice.note = reports.next() if n % 20 else reports.nack_storm(ssrcs[0])
                (uplink if n % 3 == 0 else downlink).receive_rtcp(dice.note)
                if n % BITE == 0:
                    await asyncio.sleep(0.001)
                    assert not stage.wrong
            await innocents.end()
            assert not stage.wrong

    asyncio.run(scenario())


def test_a_storm_of_requests_makes_few_keyframes() -> None:
    """Each costs the quality of everybody who watches; a browser that lost one asks a few times at most."""

    async def scenario() -> None:
        async with Stage() as stage:
            innocents = await Innocents(stage).begin()
            spy = await stage.view("p_spy")
            async with asyncio.timeout(5):
                while not spy.got("p_innocent", "camera"):
                    await asyncio.sleep(0.01)
            layer = stage.uplink(innocents.who).tracks["1"].layers[0]
            asked: list[None] = []
            request = layer.keyframes.request
            layer.keyframes.request = lambda: asked.append(request())  # type: ignore[method-assign]
            (ssrc,) = spy.ssrcs("p_innocent", "camera")
            pli = packet(206, 1, pack("!II", 1, ssrc))
            fir = packet(206, 4, pack("!II", 1, 0) + pack("!II", ssrc, 0) * 30)
            for _ in range(100):
                spy.client.send_rtcp(pli * 10)
                spy.client.send_rtcp(fir)
                await asyncio.sleep(0.005)
            await innocents.end()
            assert 1 <= len(asked) <= KEYFRAMES_AT_ONCE + 3

    asyncio.run(scenario())
