"""What a subscriber's reports say of his line while his word of single packets gets lost."""

import pytest
from aiortc.rtp import RtcpReceiverInfo

from lti_room.media.sfu.formats import rtcp
from tests.media.test_holes import Subscriber

FRAME_SECONDS = 1 / 30


class Silent(Subscriber):
    """His word of single packets gets lost from now on, his reports do not."""

    def __init__(self) -> None:
        super().__init__()
        self.answer(0.0)

    def watch(self, seconds: float, *, late: float) -> bool:
        """Report five times a second what arrived `late`; tell whether pictures were held back."""
        held = False
        for frame in range(round(seconds / FRAME_SECONDS)):
            self.bench.pass_time(FRAME_SECONDS)
            self.encoder.send()
            self.peer.samples.sent(self.peer.samples.next, self.bench.now, [1000, 1000])
            if frame % 6 == 5:
                self._report(round(late / FRAME_SECONDS))
            self.estimate.unanswered(self.peer.samples.unanswered, self.bench.now)
            held = held or self.estimate.draining(self.bench.now)
        return held

    def _report(self, frames_behind: int) -> None:
        highest = self.bench.got(self.down)[-1 - 2 * frames_behind].sequence
        report = RtcpReceiverInfo(self.down.ssrc, 0, 0, highest, 0, 0, 0)
        self.listening.receive(rtcp.receiver_report(1, [report]))


@pytest.mark.parametrize(("late", "held"), [(0.0, False), (0.1, False), (0.6, True)])
def test_what_a_report_says_has_arrived_was_not_stuck_though_nothing_else_tells_of_it(
    late: float, held: bool
) -> None:
    assert Silent().watch(1.5, late=late) == held


def test_how_long_a_report_lay_aside_is_no_part_of_the_round_trip() -> None:
    viewer = Silent()
    before = viewer.resender.round_trip
    sent = int((viewer.bench.now + rtcp.NTP_EPOCH) * 65536) & 0xFFFFFFFF
    viewer.bench.pass_time(0.45)
    viewer.peer.waited = 0.4
    highest = viewer.down.newest_sequence
    viewer.listening.receive(
        rtcp.receiver_report(1, [RtcpReceiverInfo(viewer.down.ssrc, 0, 0, highest, 0, sent, 0)])
    )
    assert viewer.resender.round_trip == pytest.approx(before + (0.05 - before) / 4, abs=0.001)


def test_a_report_of_numbers_nobody_knows_tells_nothing() -> None:
    viewer = Silent()
    report = RtcpReceiverInfo(viewer.down.ssrc, 0, 0, viewer.down.newest_sequence + 500 & 0xFFFF, 0, 0, 0)
    viewer.listening.receive(rtcp.receiver_report(1, [report]))
    viewer.bench.pass_time(0.1)
    for _ in range(4):
        viewer.peer.samples.sent(viewer.peer.samples.next, viewer.bench.now, [1000])
        viewer.bench.pass_time(0.2)
    viewer.estimate.unanswered(viewer.peer.samples.unanswered, viewer.bench.now)
    assert viewer.estimate.draining(viewer.bench.now)
