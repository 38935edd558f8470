"""Hostile RTP of a participant who may send: the room goes on, the innocent pair loses nothing."""

import asyncio

import pytest

from tests.media.fuzz.chance import Dice, rounds
from tests.media.fuzz.packets import Packets
from tests.media.fuzz.stage import Innocents, Stage

BITE = 15


@pytest.mark.parametrize("fan_out", ["off", "auto"])
def test_hostile_packets_disturb_nobody(dice: Dice, fan_out: str) -> None:
    """Decrypted packets, among them some that no SRTP library would let through."""

    async def scenario() -> None:
        async with Stage(fan_out) as stage:
            innocents = await Innocents(stage).begin()
            _, uplink = await stage.publish_hostile("p_hostile")
            packets = Packets(dice, (innocents.microphone.ssrc, innocents.camera.ssrc))
            for n in range(rounds(15_000)):
                dice.note = packets.next()
                uplink.receive_rtp(dice.note)
                if n % BITE == 0:
                    await asyncio.sleep(0.001)
                    assert not stage.wrong
            await innocents.end()
            assert not stage.wrong
            assert innocents.viewer is not None
            assert innocents.viewer.got("p_hostile", "camera"), "some of it was good enough to go on"

    asyncio.run(scenario())
