"""When a publisher is asked for what is missing: the soonest of all its streams decides."""

from struct import pack
from typing import cast

from lti_room.media.sfu.formats import rtp
from lti_room.media.sfu.forwarding.fanout import Fanout
from lti_room.media.sfu.forwarding.layer import Layer, Surroundings
from lti_room.media.sfu.publishing.incoming import Incoming
from lti_room.media.sfu.publishing.missing import (
    AWAITED_SECONDS,
    FIRST_ROUND_TRIP,
    REORDER_SECONDS,
    TAIL_SECONDS,
)
from lti_room.media.sfu.publishing.responses import Responses
from tests.media.test_pieces import Time
from tests.media.test_uplink_streams import Sink


class Publisher:
    """Two streams of one publisher. `asked` are the times at which it was asked for something."""

    def __init__(self) -> None:
        self.time = Time()
        self.asked: list[float] = []
        around = Surroundings(cast(Fanout, None), self.time.later, lambda: self.time.now, lambda: 0.0)
        self._streams: list[Incoming] = []
        responses = Responses(1, lambda _: self.asked.append(self.time.now), lambda: self._streams, around)
        for ssrc in (7, 8):
            layer = cast(Layer, Sink(ssrc))
            self._streams.append(Incoming(layer, 96, video=True, ask=responses.ask))

    def send(self, stream: int, *numbers: int, key: bool = False, last: bool = True) -> None:
        kind = 0x80 | 96 if last else 96
        for number in numbers:
            packet = pack("!BBHII", 0x80, kind, number, 3000 * number, stream) + bytes((0x10, not key))
            self._streams[stream].receive(rtp.parse(packet), self.time.now, None)


def test_what_is_missing_is_asked_for_in_time_though_another_stream_waits_for_long() -> None:
    publisher = Publisher()
    publisher.send(0, 1, 3)
    publisher.send(0, 4, key=True)
    publisher.send(1, 1, 3)
    publisher.time.advance(REORDER_SECONDS + 0.001)
    assert len(publisher.asked) == 1, "of the first stream only a keyframe is awaited, for a second"
    publisher.time.advance(1.25 * FIRST_ROUND_TRIP + 0.001)
    assert len(publisher.asked) == 2
    publisher.send(1, 5)
    publisher.time.advance(REORDER_SECONDS + 0.001)
    assert len(publisher.asked) == 3, "sooner than what is asked for again"
    publisher.time.advance(AWAITED_SECONDS)


def test_a_picture_that_is_whole_leaves_no_timer_behind() -> None:
    publisher = Publisher()
    publisher.send(0, 1)
    publisher.send(0, 2, 3, last=False)
    assert publisher.time.calls, "its end may get lost"
    publisher.send(0, 4)
    assert publisher.time.calls == []
    publisher.send(0, 6)
    assert publisher.time.calls, "a gap"
    publisher.send(0, 5)
    assert publisher.time.calls == []


def test_the_end_of_a_picture_is_asked_for_after_its_last_packet_that_came() -> None:
    publisher = Publisher()
    publisher.send(0, 1)
    for number in range(2, 6):
        publisher.send(0, number, last=False)
        publisher.time.advance(TAIL_SECONDS / 2)
    assert publisher.asked == [], "they follow one another"
    publisher.time.advance(TAIL_SECONDS / 2 + 0.001)
    publisher.time.advance(TAIL_SECONDS / 2)
    assert len(publisher.asked) == 1
    publisher.send(0, 6)
    publisher.time.advance(AWAITED_SECONDS)
    assert len(publisher.asked) == 1
