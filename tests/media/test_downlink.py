"""A subscriber's m-lines and what goes over them: real clients, a room at hand."""

import asyncio
import itertools
import re
from collections.abc import Callable, Iterator

import pytest

from lti_room.base.ids import RoomId
from lti_room.media.backend import MediaSource, SubscribeOffer
from lti_room.media.sfu.subscribing.downlink import Downlink
from tests.support.media import endpoint, may_send, table
from tests.support.room_at_hand import RoomAtHand
from tests.support.rtc_client import Remote, RtcClient, Stream, play

ROOM = RoomId("r_hand")


@pytest.fixture
def hand() -> Iterator[RoomAtHand]:
    made = RoomAtHand()
    yield made
    made.close()


class Speaker:
    """Publishes a picture."""

    def __init__(self, hand: RoomAtHand) -> None:
        self.who = endpoint(ROOM)
        self.camera = Stream(audio=False, mid="0")
        self._hand = hand
        self.client = RtcClient()

    async def connect(self) -> "Speaker":
        """Connect."""
        offer = self.client.publish_offer({"0": self.camera})
        answer = await asyncio.to_thread(self._hand.publish, self.who, offer, {"0": MediaSource.CAMERA})
        await self.client.connect(Remote.read(answer))
        return self


class Watcher:
    """Answers every offer."""

    def __init__(self, hand: RoomAtHand) -> None:
        self.who = endpoint(ROOM)
        self.client = RtcClient()
        self.offers: list[SubscribeOffer] = []
        self._hand = hand
        self._task: asyncio.Task[None] | None = None

    async def connect(self) -> "Watcher":
        """Subscribe and connect."""
        await asyncio.to_thread(self._hand.subscribe, self.who)
        self._task = asyncio.create_task(self._answer())
        await until(lambda: self.offers)
        await self.client.connect(Remote.read(self.offers[0].sdp))
        return self

    async def close(self) -> None:
        """Go away."""
        if self._task is not None:
            self._task.cancel()
        await self.client.close()

    async def _answer(self) -> None:
        while True:
            mine = [
                event
                for event in self._hand.events
                if isinstance(event, SubscribeOffer) and event.connection == self.who.connection
            ]
            if mine and (not self.offers or mine[-1].number != self.offers[-1].number):
                self.offers.append(mine[-1])
                answer = self.client.subscribe_answer(mine[-1].sdp)
                await asyncio.to_thread(self._hand.answer, self.who, mine[-1].number, answer)
            await asyncio.sleep(0.01)

    @property
    def downlink(self) -> Downlink:
        """What the server sends by."""
        return self._hand.downlink(self.who.connection)

    def groups(self) -> list[tuple[int, int]]:
        """The media and retransmission SSRCs of the newest offer."""
        found = re.findall(r"^a=ssrc-group:FID (\d+) (\d+)", self.offers[-1].sdp, re.M)
        return [(int(media), int(repair)) for media, repair in found]


async def until(look: Callable[[], object], seconds: float = 5.0) -> None:
    async with asyncio.timeout(seconds):
        while not look():
            await asyncio.sleep(0.01)


def test_a_recycled_line_gets_new_numbers_for_what_is_sent_again_too(hand: RoomAtHand) -> None:
    async def scenario() -> None:
        watcher = Watcher(hand)
        seen: list[tuple[int, int]] = []
        await watcher.connect()
        for version in range(1, 4):
            speaker = await Speaker(hand).connect()
            hand.grant(table(ROOM, version, {str(speaker.who.participant): may_send()}))
            playing = asyncio.create_task(play(speaker.client, [speaker.camera], 1.0))
            await until(
                lambda speaker=speaker: (
                    watcher.offers[-1].tracks.values()
                    and any(who == speaker.who.participant for who, _ in watcher.offers[-1].tracks.values())
                )
            )
            await until(lambda: watcher.client.received[watcher.groups()[-1][0]].count > 10)
            seen += watcher.groups()
            await playing
            await speaker.client.close()
            await until(lambda: not watcher.groups())
        assert watcher.offers[-1].sdp.count("m=video") == 1
        assert len({ssrc for group in seen for ssrc in group}) == 6
        await watcher.close()

    asyncio.run(scenario())


def test_what_goes_out_is_measured_paused_and_padded(hand: RoomAtHand) -> None:
    async def scenario() -> None:
        watcher = await Watcher(hand).connect()
        speaker = await Speaker(hand).connect()
        hand.grant(table(ROOM, 1, {str(speaker.who.participant): may_send()}))
        playing = asyncio.create_task(play(speaker.client, [speaker.camera], 4.0))
        await until(lambda: watcher.offers[-1].tracks)
        await until(watcher.groups)
        ((media, repair),) = watcher.groups()
        await until(lambda: watcher.client.received[media].count > 10)
        downlink = watcher.downlink
        track = hand.track(speaker.who.participant, MediaSource.CAMERA)
        now = hand.do(lambda: hand.around.now())
        hand.do(lambda: downlink.sent_bits_per_second(now))
        await asyncio.sleep(1.0)
        rate = hand.do(lambda: downlink.sent_bits_per_second(hand.around.now()))
        expected = 150 * (1150 + 64) * 8
        assert expected * 0.85 < rate < expected * 1.15
        assert (
            abs(hand.do(lambda: track.layers[0].bits_per_second(hand.around.now())) - expected) < expected / 5
        )
        assert [(state.rank, state.wanted) for state in downlink.streams()] == [(0, 0)]
        hand.do(lambda: downlink.choose(track, None))
        await asyncio.sleep(0.1)
        held = watcher.client.received[media].count
        hand.do(lambda: downlink.send_padding(2000))
        await until(lambda: watcher.client.received[repair].octets >= 1700)
        assert watcher.client.received[media].count == held
        assert [(state.rank, state.wanted) for state in downlink.streams()] == [(None, None)]
        hand.do(lambda: downlink.choose(track, 0))
        await until(lambda: watcher.client.received[media].count > held + 10)
        numbers = [packet.sequence for packet in watcher.client.received[media].packets]
        assert {(b - a) & 0xFFFF for a, b in itertools.pairwise(numbers)} == {1}
        playing.cancel()
        await speaker.client.close()
        await watcher.close()

    asyncio.run(scenario())
