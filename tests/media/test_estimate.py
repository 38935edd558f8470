"""The estimate of a subscriber's line, on made-up lines in simulated time."""

import random  # noqa: TID251
from itertools import pairwise

import pytest

from lti_room.media.sfu.congestion.estimate import LEAST, START, Estimate, Sample
from lti_room.media.sfu.congestion.silence import Unanswered
from tests.support.line import Line, Viewing

LOW, MIDDLE, HIGH = 0, 1, 2


def step_down_and_up(now: float) -> float:
    """3 Mb/s, from second 10 to 25 only 300 kb/s."""
    return 300_000 if 10 <= now < 25 else 3_000_000


def steady(rate: float) -> Line:
    return Line(lambda now: rate)


def wifi(draw: random.Random, now: float) -> float:
    """Most packets a few milliseconds late, one in a hundred by 40."""
    return abs(draw.gauss(0, 0.008)) + (0.04 if draw.random() < 0.01 else 0)


def changes(ranks: list[int | None]) -> int:
    return sum(1 for before, after in pairwise(ranks) if before != after)


@pytest.mark.parametrize(
    ("queue", "every"),
    [(0.05, 0.1), (0.3, 0.1), (0.3, 0.25), (1.0, 0.05)],
    ids=["short", "usual", "slow", "long"],
)
def test_a_narrowed_line_is_followed_down_within_a_second_and_up_within_ten(
    queue: float, every: float
) -> None:
    view = Viewing(Line(step_down_and_up, queue=queue), feedback_every=every).run(36)
    assert view.ranks(5, 10) == [HIGH] * 50
    down = [moment for moment in view.moments if moment.at >= 11 and moment.at < 25]
    assert all(moment.draining or moment.available < 500_000 for moment in down), "seen within a second"
    assert all(rank in (None, LOW) for rank in view.ranks(11.5, 25))
    assert view.ranks(16, 25).count(LOW) > 80, "a picture that fits comes back"
    assert HIGH in view.ranks(25, 35), "up again within ten seconds"
    assert set(view.ranks(35, 36)) == {HIGH}


def test_sound_hardly_notices_a_narrowed_line() -> None:
    view = Viewing(Line(step_down_and_up)).run(36)
    assert max(view.sound_gaps(0, 36)) < 0.3
    late = [arrived - sent for sent, arrived in view.sound if arrived and 12.5 < sent < 25]
    assert max(late) < 0.3, "after the queue is gone only keyframes and probes are before it"


def test_a_queue_that_tears_pictures_is_noticed_with_the_first_that_come_through_it() -> None:
    view = Viewing(Line(step_down_and_up)).run(12)
    first = next(at for at in view.alarms if at > 9.9)
    assert first < 10 + 0.06 + 0.3 + 0.04 + 0.08, "queue filled, queue passed, round trip, and a few packets"


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_random_loss_alone_throttles_nothing(seed: int) -> None:
    line = Line(lambda now: 5_000_000, loss=0.05, draw=random.Random(seed))
    view = Viewing(line, feedback_loss=0.05, seed=seed).run(40)
    assert set(view.ranks(3, 40)) == {HIGH}
    assert not view.alarms


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_torn_pictures_on_the_air_hold_nothing_back(seed: int) -> None:
    """15 % of the packets lost, and as many of the answers; or every second 40 ms of nothing."""
    draw = random.Random(seed)
    bad = Viewing(Line(lambda now: 5_000_000, loss=0.149, draw=draw), feedback_loss=0.15, seed=seed).run(30)
    assert len(bad.alarms) <= 1
    line = Line(lambda now: 5_000_000)
    view = Viewing(line, seed=seed)
    through = line.send
    line.send = lambda octets, now: None if now % 1 < 0.04 else through(octets, now)  # type: ignore[method-assign]
    view.run(30)
    assert not view.alarms


@pytest.mark.parametrize("drift", [-2e-4, 2e-4])
def test_jitter_and_a_drifting_clock_are_no_queue(drift: float) -> None:
    view = Viewing(Line(lambda now: 5_000_000, jitter=wifi), drift=drift, feedback_loss=0.02).run(60)
    assert set(view.ranks(10, 60)) == {HIGH}


def test_a_steady_megabit_does_not_swing() -> None:
    view = Viewing(steady(1_000_000)).run(60)
    assert set(view.ranks(2, 60)) == {MIDDLE}
    assert max(arrived - sent for sent, arrived in view.sound if arrived and sent > 2) < 0.15, "short probes"


def test_a_jittery_megabit_swings_seldom() -> None:
    line = Line(lambda now: 1_000_000, jitter=wifi, loss=0.03)
    view = Viewing(line, feedback_loss=0.05).run(60)
    assert changes(view.ranks(3, 60)) <= 8
    assert view.ranks(3, 60).count(MIDDLE) > 500


def test_a_line_that_lets_short_trains_pass_is_tried_ever_less_often() -> None:
    """A token bucket: 12 kB at any speed, then 1 Mb/s. Trains show far too much."""

    class Bucket(Line):
        tokens, last = 12_000.0, 0.0

        def send(self, octets: int, now: float) -> float | None:
            self.tokens = min(12_000.0, self.tokens + (now - self.last) * 125_000)
            self.last = now
            if self.tokens >= octets and now >= self._free:
                self.tokens -= octets
                return now + self.delay
            return super().send(octets, now)

    view = Viewing(Bucket(lambda now: 1_000_000)).run(120)
    tries = [
        at for at in range(len(view.moments) - 1)
        if view.moments[at].rank != HIGH and view.moments[at + 1].rank == HIGH
    ]  # fmt: skip
    assert len(tries) <= 6
    assert view.ranks(60, 120).count(MIDDLE) > 450


def test_a_line_for_sound_alone_gets_no_picture() -> None:
    view = Viewing(Line(lambda now: 80_000, queue=1.0)).run(40)
    assert set(view.ranks(6, 40)) == {None}
    assert max(arrived - sent for sent, arrived in view.sound if arrived and sent > 8) < 0.2


def test_a_longer_route_is_accepted() -> None:
    line = Line(lambda now: 3_000_000, jitter=lambda draw, now: 0.15 if now > 10 else 0)
    view = Viewing(line).run(30)
    assert view.ranks(10, 20).count(None) < 15, "a short look whether it is a queue"
    assert set(view.ranks(20, 30)) == {HIGH}


def test_a_break_of_the_line_holds_pictures_back_and_is_forgotten() -> None:
    line = Line(lambda now: 3_000_000)
    view = Viewing(line)
    through = line.send
    line.send = lambda octets, now: None if 10 < now < 13 else through(octets, now)  # type: ignore[method-assign]
    view.run(30)
    assert None in view.ranks(10.5, 13)
    assert set(view.ranks(23, 30)) == {HIGH}


def test_who_never_answers_is_limited_by_reported_loss_alone() -> None:
    estimate = Estimate()
    for tenth in range(30):
        estimate.sending(500_000, tenth / 10)
    assert estimate.available(3.0) == 20_000_000
    for second in range(4, 8):
        estimate.loss(0.5, float(second))
    assert estimate.available(8.0) < 250_000


def test_silence_after_answers_is_a_queue_or_no_line() -> None:
    estimate = Estimate()
    for n in range(10):
        estimate.feedback([Sample(n * 0.1, 50 + n * 0.1, 1000)], n * 0.1)
    estimate.unanswered(Unanswered(2, 1.0, 2.0), 3.0)
    assert estimate.available(3.0) == START, "two that are late may be lost"
    estimate.unanswered(Unanswered(3, 1.0, 1.3), 1.3)
    assert estimate.available(3.0) == START, "not late yet"
    estimate.unanswered(Unanswered(3, 1.0, 1.3), 3.0)
    assert estimate.available(3.0) == START, "nothing left since: their one answer got lost"
    estimate.unanswered(Unanswered(5, 1.0, 1.6), 1.7)
    assert estimate.draining(3.0)
    assert estimate.available(3.0) < 0.6 * START


def test_silence_after_word_of_a_queue_is_believed_sooner() -> None:
    for late, held in ((0.0, False), (0.2, True)):
        estimate = Estimate()
        for n in range(10):
            estimate.feedback([Sample(n * 0.1, 50 + n * 0.1 + (late if n == 9 else 0), 1000)], n * 0.1)
        estimate.unanswered(Unanswered(3, 1.0, 1.3), 1.3)
        assert estimate.draining(1.3) == held
        begun = Estimate()
        begun.begins(0.9)
        for n in range(10):
            begun.feedback([Sample(n * 0.1, 50 + n * 0.1 + (late if n == 9 else 0), 1000)], n * 0.1)
        begun.unanswered(Unanswered(3, 1.0, 1.3), 1.3)
        assert not begun.draining(1.3), "a keyframe was expected"


def test_without_feedback_the_browsers_own_estimate_counts() -> None:
    estimate = Estimate()
    assert estimate.available(0) == START
    estimate.remb(400_000, 1.0)
    assert estimate.available(1.0) == 360_000
    estimate.remb(10_000, 2.0)
    assert estimate.available(2.0) == LEAST


def test_beside_our_own_measure_the_browsers_counts_nothing() -> None:
    estimate = Estimate()
    for n in range(10):
        late = 0.06 if n > 4 else 0.0
        estimate.feedback([Sample(n * 0.1, 50 + n * 0.1 + late, 1000)], n * 0.1)
    estimate.remb(100_000, 1.0)
    for second in range(1, 5):
        estimate.loss(0.5, float(second))
    assert estimate.available(5.0) == START


def test_reported_loss_counts_when_it_is_heavy_and_lasts() -> None:
    estimate = Estimate()
    for second in range(20):
        estimate.loss(0.08, float(second))
    assert estimate.available(20) == START
    estimate.sending(900_000, 20.0)
    for second in range(20, 24):
        estimate.loss(0.5, float(second))
    assert estimate.available(24) < 450_000


def test_answers_that_lie_break_nothing() -> None:
    draw = random.Random(5)
    estimate = Estimate()
    for n in range(500):
        now = n * 0.05
        wild = [
            Sample(
                now - draw.random(), draw.choice([None, now, -1e9, 1e9, draw.random()]), draw.randrange(1500)
            )
            for _ in range(draw.randrange(6))
        ]
        estimate.feedback(wild, now)
        estimate.sending(draw.random() * 1e7, now)
        estimate.remb(draw.randrange(1, 1 << 40), now)
        assert LEAST <= estimate.available(now) <= 20_000_000
