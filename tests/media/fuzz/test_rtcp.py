"""Hostile RTCP of a publisher and of a subscriber: the innocent pair loses nothing."""

import asyncio

from tests.media.fuzz.chance import Dice, rounds
from tests.media.fuzz.reports import Reports
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
