"""Keyframe requests, speakers, reports: each by itself, with the clock in hand."""

from collections.abc import Callable

from lti_room.base.ids import ParticipantId
from lti_room.media.sfu.adapting.speaker import Speakers
from lti_room.media.sfu.formats import rtcp
from lti_room.media.sfu.forwarding.keyframes import KeyframeRequests
from lti_room.media.sfu.publishing.reception import Reception

A, B = ParticipantId("p_a"), ParticipantId("p_b")


class Time:
    """A clock whose calls happen when it is moved."""

    def __init__(self) -> None:
        self.now = 100.0
        self.calls: list[tuple[float, Callable[[], None]]] = []

    def later(self, seconds: float, call: Callable[[], None]) -> "Time":
        self.calls.append((self.now + seconds, call))
        return self

    def cancel(self) -> None:
        self.calls.clear()

    def advance(self, seconds: float) -> None:
        self.now += seconds
        due = [call for at, call in self.calls if at <= self.now]
        self.calls = [(at, call) for at, call in self.calls if at > self.now]
        for call in due:
            call()


def test_a_keyframe_request_too_early_is_deferred_not_dropped() -> None:
    time, sent = Time(), []
    requests = KeyframeRequests(lambda: sent.append(time.now), lambda: time.now, time.later)
    requests.request()
    time.advance(0.2)
    requests.request()
    requests.request()
    assert len(sent) == 1
    time.advance(0.31)
    assert len(sent) == 2, "both requests became one, half a second after the first"
    time.advance(0.2)
    requests.request()
    requests.stop()
    time.advance(5)
    assert len(sent) == 2
    requests.request()
    assert len(sent) == 3


def _say(speakers: Speakers, who: ParticipantId, level: int, packets: int = 15) -> None:
    for _ in range(packets):
        speakers.heard(who, level)


def test_speaking_begins_at_once_and_ends_after_three_quiet_ticks() -> None:
    speakers = Speakers()
    _say(speakers, A, 30)
    assert speakers.tick() == (A,)
    _say(speakers, A, 30)
    assert speakers.tick() is None
    for _ in range(2):
        _say(speakers, A, 127)
        assert speakers.tick() is None
    assert speakers.tick() == (), "no packets at all (DTX) is quiet too"


def test_a_click_is_no_speech() -> None:
    speakers = Speakers()
    _say(speakers, A, 10, packets=2)
    assert speakers.tick() is None


def test_the_louder_comes_first_but_small_differences_change_nothing() -> None:
    speakers = Speakers()
    for _ in range(6):
        _say(speakers, A, 30)
        _say(speakers, B, 40)
        speakers.tick()
    for _ in range(6):
        _say(speakers, A, 30)
        _say(speakers, B, 27)
        assert speakers.tick() is None
    changes = []
    for _ in range(6):
        _say(speakers, A, 30)
        _say(speakers, B, 10)
        changes.append(speakers.tick())
    assert [change for change in changes if change] == [(B, A)]


def test_somebody_who_is_gone_speaks_no_more() -> None:
    speakers = Speakers()
    _say(speakers, A, 30)
    speakers.tick()
    speakers.forget(A)
    assert speakers.tick() == ()


def test_a_reception_report_counts_loss_over_a_wrap() -> None:
    reception = Reception(48_000)
    for n in range(65_500, 65_500 + 100):
        if n % 10:
            reception.add(n & 0xFFFF, n * 960, n * 0.02)
    report = reception.report(7, 0.0)
    assert report is not None
    assert report.packets_lost == 9, "the first one of ten was never expected"
    assert report.fraction_lost == (9 << 8) // 99
    assert report.highest_sequence == 65_599
    assert report.jitter == 0
    again = reception.report(7, 1.0)
    assert again is not None
    assert again.fraction_lost == 0


def test_sender_reports_keep_sound_and_picture_together() -> None:
    """A publisher's clock is an hour off, its streams' reports are delayed: both get the same offset."""
    clock = rtcp.SenderClock()
    ntp = (1000 - 3600 + 2_208_988_800) * (1 << 32)
    clock.observe(ntp, 1000.08)
    clock.observe(ntp + (1 << 32), 1001.02)
    assert clock.offset is not None
    assert abs(clock.offset - 3600.02) < 1e-5
    stream = rtcp.StreamClock(ntp, 5000)
    info = stream.sender_info(clock, 90_000, 1002.02, 3, 4, 0)
    assert info is not None
    assert abs(info.rtp_timestamp - (5000 + 2 * 90_000)) <= 1
