"""Hostile SRTP: forged, repeated, damaged, under ever new SSRCs, and more than anybody needs."""

import asyncio
from struct import pack

from lti_room.media.sfu.transport.allowance import (
    MOST_SSRCS,
    PACKETS_PER_SECOND,
    REPORT_OCTETS_PER_SECOND,
    Bucket,
)
from tests.media.fuzz.chance import Dice, damaged, rounds
from tests.media.fuzz.hostile_offer import SOUND_SSRC
from tests.media.fuzz.packets import rtp
from tests.media.fuzz.reports import packet
from tests.media.fuzz.stage import Innocents, Stage
from tests.support.rtc_client import RtcClient


def _overheard(client: RtcClient) -> list[bytes]:
    """Return a list that fills with the datagrams a client sends."""
    heard: list[bytes] = []
    send = client._send

    def keep(data: bytes) -> None:
        heard.append(data)
        send(data)

    client._send = keep  # type: ignore[method-assign]
    return heard


def test_forged_repeated_and_damaged_packets_get_nowhere(dice: Dice) -> None:
    """All of it under the innocent's own address, as if somebody had forged it."""

    async def scenario() -> None:
        async with Stage() as stage:
            innocents = await Innocents(stage).begin()
            hostile, _ = await stage.publish_hostile("p_hostile")
            forged = innocents.publisher.send_raw
            heard = _overheard(innocents.publisher)
            await asyncio.sleep(0.1)
            wrong_key = hostile.cipher
            assert wrong_key is not None
            heard = [data for data in heard if data[0] > 127]
            for n in range(rounds(4000)):
                match n % 4:
                    case 0:
                        dice.note = dice.choice(heard)
                    case 1:
                        dice.note = damaged(dice, dice.choice(heard))
                    case 2:
                        head = pack("!BBHII", 0x80, dice.randrange(256), n & 0xFFFF, 1, innocents.camera.ssrc)
                        dice.note = head + dice.randbytes(dice.choice((0, 1, 16, 1200)))
                    case _:
                        plain = rtp(111, n & 0xFFFF, 1, innocents.microphone.ssrc, {}, b"evil")
                        dice.note = wrong_key.protect(plain)
                if dice.note:
                    forged(dice.note)
                if n % 10 == 0:
                    await asyncio.sleep(0.002)
            await innocents.end()
            assert not stage.wrong

    asyncio.run(scenario())


def test_ever_new_ssrcs_are_not_remembered_for_ever() -> None:
    """libsrtp keeps every SSRC it ever decrypted and looks through them all for each packet."""

    async def scenario() -> None:
        async with Stage() as stage:
            hostile, uplink = await stage.publish_hostile("p_hostile")
            peer = uplink.peer
            seen: list[bytes] = []
            assert peer.cipher is not None
            unprotect = peer.cipher.unprotect
            peer.cipher.unprotect = lambda data: seen.append(data[8:12]) or unprotect(data)  # type: ignore[method-assign, func-returns-value]
            hostile.send_rtp(rtp(111, 1, 1, SOUND_SSRC, {}, b"sound"))
            for ssrc in range(1, 1000):
                hostile.send_rtp(rtp(111, 1, 1, ssrc, {}, b"x"))
                hostile.send_rtcp(packet(201, 0, pack("!I", ssrc)))
                if ssrc % 20 == 0:
                    await asyncio.sleep(0.002)
            await asyncio.sleep(0.05)
            assert len(set(seen)) <= MOST_SSRCS
            hostile.send_rtp(rtp(111, 2, 1, SOUND_SSRC, {}, b"sound"))
            await asyncio.sleep(0.05)
            assert seen[-1] == pack("!I", SOUND_SSRC), "those that were there first are still heard"

    asyncio.run(scenario())


def test_forged_ssrcs_do_not_use_up_those_of_the_innocent() -> None:
    async def scenario() -> None:
        async with Stage() as stage:
            innocents = await Innocents(stage).begin()
            for ssrc in range(3000):
                innocents.publisher.send_raw(pack("!BBHII", 0x80, 96, 1, 1, ssrc) + bytes(40))
                if ssrc % 20 == 0:
                    await asyncio.sleep(0.001)
            await innocents.end()
            peer = stage.uplink(innocents.who).peer
            assert peer._allowance.may_decrypt(b"new!")

    asyncio.run(scenario())


def test_more_than_anybody_needs_is_dropped() -> None:
    async def scenario() -> None:
        async with Stage() as stage:
            hostile, uplink = await stage.publish_hostile("p_hostile")
            taken: list[bytes] = []
            reports: list[bytes] = []
            uplink.peer._owner = _Sink(taken, reports)
            loop = asyncio.get_running_loop()
            begun = loop.time()
            report = packet(201, 0, pack("!I", SOUND_SSRC)) + packet(204, 0, bytes(1200))
            for n in range(4 * PACKETS_PER_SECOND):
                hostile.send_rtp(rtp(111, n & 0xFFFF, 1, SOUND_SSRC, {}, b"x"))
                if n % 10 == 0:
                    hostile.send_rtcp(report)
                    await asyncio.sleep(0)
            await asyncio.sleep(0.05)
            seconds = loop.time() - begun + 1
            assert PACKETS_PER_SECOND / 2 < len(taken) <= PACKETS_PER_SECOND * seconds
            assert 0 < sum(map(len, reports)) <= REPORT_OCTETS_PER_SECOND * seconds

    asyncio.run(scenario())


class _Sink:
    def __init__(self, taken: list[bytes], reports: list[bytes]) -> None:
        self.receive_rtp = taken.append
        self.receive_rtcp = reports.append

    def peer_connected(self) -> None: ...

    def peer_rerouted(self) -> None: ...

    def peer_closed(self, reason: str) -> None: ...


def test_a_bucket_fills_to_one_second_and_no_further() -> None:
    bucket = Bucket(10, now=5.0)
    assert [bucket.take(4, 5.0) for _ in range(3)] == [True, True, False]
    assert bucket.take(4, 5.2)
    assert not bucket.take(1, 5.2)
    assert bucket.take(10, 500.0)
    assert not bucket.take(1, 500.0)
