"""What a subscriber's NACKs say of his line, and the first train behind a queue."""

from struct import pack
from types import SimpleNamespace
from typing import Any, cast

import pytest

from lti_room.media.sfu.congestion.estimate import Estimate, Sample
from lti_room.media.sfu.congestion.holes import FRESH_SECONDS, STRETCH, TORN, Holes
from lti_room.media.sfu.congestion.probing import MARGIN, Probing
from lti_room.media.sfu.formats import feedback
from lti_room.media.sfu.subscribing.listening import Listening
from lti_room.media.sfu.subscribing.resend import Resender
from tests.support.layers import Bench, ConnectedPeer, Encoder


def test_rags_are_told_from_holes() -> None:
    assert not Holes().torn([], 0.0)
    assert not Holes().torn(range(100, 100 + TORN - 1), 0.0)
    assert Holes().torn(range(100, 100 + TORN), 0.0)
    assert not Holes().torn(range(100, 300, STRETCH // 2), 0.0), "every fourth: much, but no queue"


def test_rags_may_be_named_one_by_one_but_soon_and_repeating_is_no_news() -> None:
    holes = Holes()
    assert [holes.torn([number], number / 100) for number in range(TORN)] == [False] * (TORN - 1) + [True]
    slow = Holes()
    assert not any(slow.torn([number], number * FRESH_SECONDS / 2) for number in range(20))
    assert not any(slow.torn([500, 501], 50 + n / 100) for n in range(20))


class Subscriber:
    """One who watches a camera, answered lately, and whose NACKs are read."""

    def __init__(self) -> None:
        self.bench = Bench()
        peer = ConnectedPeer()
        self.peer = cast(Any, peer)
        self.down = self.bench.down(peer)
        layer = self.bench.layer()
        self.down.follow(layer)
        self.encoder = Encoder(layer, self.bench)
        self.encoder.send(40, key=True)
        flow = SimpleNamespace(down=self.down, layer=layer, track=SimpleNamespace(kind="video"))
        self.estimate = Estimate()
        outflow = cast(Any, SimpleNamespace(bits_per_second=lambda now: 1_000_000))
        flows = cast(Any, {self.down.ssrc: flow})
        self.resender = Resender(self.peer)
        self.listening = Listening(self.peer, flows, self.bench.around, self.estimate, self.resender, outflow)

    def answer(self, late: float) -> None:
        """Say of a second's packets that they came, the last one so much late."""
        for tenth in range(11):
            sent = self.bench.now - 1.1 + tenth / 10
            way = 0.02 + (late if tenth == 10 else 0.0)
            self.estimate.feedback([Sample(sent, sent + way, 1000)], sent + 0.06)
        for tenth in range(2):
            self.peer.samples.sent(self.peer.samples.next, self.bench.now - 0.1 + tenth / 20, [1000])

    def name(self, *, every: int) -> None:
        """Send a NACK for one in so many of the newest packets."""
        self.bench.pass_time(0.06)
        numbers = [sent.sequence & 0xFFFF for sent in self.bench.got(self.down)[20:-1:every]]
        body = b"".join(pack("!HH", number, 0) for number in numbers)
        head = pack("!BBHII", 0x80 | feedback.NACK, 205, 2 + len(numbers), 1, self.down.ssrc)
        self.listening.receive(head + body)


@pytest.mark.parametrize(("late", "every", "held"), [(0.3, 1, True), (0.3, 4, False), (0.0, 1, False)])
def test_rags_and_word_of_a_queue_together_hold_pictures_back_at_once(
    late: float, every: int, held: bool
) -> None:
    viewer = Subscriber()
    alarms: list[float] = []
    viewer.estimate.alarm = alarms.append
    viewer.answer(late)
    viewer.name(every=every)
    assert viewer.estimate.draining(viewer.bench.now) == held
    assert alarms == ([viewer.bench.now] if held else [])
    assert bool(viewer.peer.sent) != held, "what a queue lost is not sent into it again"


def test_behind_a_queue_one_train_is_believed_in_both_directions() -> None:
    for rate, shown in ((300_000, 300_000 * MARGIN), (900_000, 400_000 * 2)):
        probing = Probing()
        probing.drained(10.0)
        octets = probing.start(400_000, 10.0)
        assert probing.measured(octets, 8 * octets / rate, 400_000, 50_000, 10.1) == pytest.approx(
            min(shown, rate * MARGIN)
        )
        assert not probing.may_start(400_000, 10.5)
        assert probing.may_start(400_000, 11.5), "then as usual"
        probing.start(400_000, 11.5)
        assert probing.measured(3000, 0.01, 400_000, 50_000, 11.6) == 400_000, "two trains"
